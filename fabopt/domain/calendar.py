"""The calendar: days as people write them, and the periods that a horizon is cut into.

A period is a whole week (Monday to Sunday), month, quarter, half-year or year of the calendar. Its label is how people
write it (``2027W05``, ``2027-03``, ``2027Q1``, ``2027H1``, ``2027``), its end the first day after it, and its nominal
length in years the same for every period of a kind: 1/4 for a quarter, 1/12 for a month, 7/365.25 for a week. A horizon
may have periods of several lengths, one *stretch* after the other.

Dates and durations meet on one axis of *positions*, counted in periods from the decision date: 1.5 is the middle of
the second period, however long it is. A date lies where its day begins within its period, by days; a duration moves a
position by its months over the months of the periods that it passes (`Calendar.after`), with nothing rounded;
`Calendar.shares` says what part of each period lies between two positions. Where lengths differ, "a period" as a
measure of time (a ramp by period, so much per period) is one of the length of the first.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from fabopt.domain.text import printable
from fabopt.domain.tolerances import NEGLIGIBLE

Length = Literal["week", "month", "quarter", "half-year", "year"]

NOMINAL_YEARS: dict[Length, float] = {
    "week": 7 / 365.25,
    "month": 1 / 12,
    "quarter": 0.25,
    "half-year": 0.5,
    "year": 1.0,
}
"""Nominal length of each kind of period, years."""

MOST_PERIODS = 2000
"""More periods than any plan needs; a larger number is taken for a slip."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_FIRST_DAY, _LAST_DAY = date(1, 1, 2).toordinal(), date(9998, 1, 1).toordinal()
_WHEN = re.compile(
    r"(?P<end>end-)?(?P<year>[0-9]{4})"
    r"(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})|-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
)
_FORMS = "write it like 2027, 2027H1, 2027Q1, 2027-03, 2027W05, 2027-03-15 or end-2026"

Stretch = tuple[int, Length]
"""So many periods of one length."""


@dataclass(frozen=True, slots=True)
class Span:
    """One period: `end` is the first day after it, `years` its nominal length."""

    index: int
    label: str
    start: date
    end: date
    years: float


@dataclass(frozen=True, slots=True)
class _Part:
    """Periods of one length, from the index `first` up to `end`, which begin at the running number `ordinal`."""

    length: Length
    first: int
    end: int
    ordinal: int

    @property
    def years(self) -> float:
        return NOMINAL_YEARS[self.length]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a horizon, numbered from 0.

    The calendar reaches beyond the horizon on both sides, with periods of the first and of the last length: a day
    before the first period has a negative index, and a day after the last one an index of `periods` or more.

    Parameters
    ----------
    start
        The decision date, first day of the first period.
    stretches
        How many periods of which length, one stretch after the other; 1 to `MOST_PERIODS` in all.

    Raises
    ------
    ValueError
        When a stretch does not begin on the first day of such a period, the number of periods is out of range, or the
        horizon ends too late.
    """

    start: date
    stretches: tuple[Stretch, ...]
    _parts: tuple[_Part, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        total = sum(count for count, _ in self.stretches)
        if not 1 <= total <= MOST_PERIODS or min(count for count, _ in self.stretches) < 1:
            raise ValueError(f"a horizon has 1 to {MOST_PERIODS} periods, not {total}")
        parts: list[_Part] = []
        day, first = self.start, 0
        for count, length in self.stretches:
            ordinal = _ordinal(day, length)
            if _first_day(ordinal, length) != day:
                raise ValueError(_misfit(day, length, parts))
            if ordinal + count > _ordinal(date(_LAST_YEAR, 12, 31), length):
                raise ValueError(f"the horizon ends after the year {_LAST_YEAR}")
            if parts and parts[-1].length == length:
                last = parts.pop()
                parts.append(_Part(length, last.first, first + count, last.ordinal))
            else:
                parts.append(_Part(length, first, first + count, ordinal))
            day, first = _first_day(ordinal + count, length), first + count
        object.__setattr__(self, "_parts", tuple(parts))

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self._parts[-1].end

    @property
    def years(self) -> tuple[float, ...]:
        """Nominal length of each period, years."""
        return tuple(part.years for part in self._parts for _ in range(part.first, part.end))

    @property
    def end(self) -> date:
        """First day after the last period."""
        return self.start_of(self.periods)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All periods in order."""
        return tuple(
            Span(index, self.label(index), self.start_of(index), self.start_of(index + 1), years)
            for index, years in enumerate(self.years)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all periods in order."""
        return tuple(self.label(index) for index in range(self.periods))

    def _part(self, position: float) -> _Part:
        """Return the part that holds a position; the first or the last one outside the horizon."""
        return next((part for part in reversed(self._parts) if part.first <= position), self._parts[0])

    def start_of(self, index: int) -> date:
        """First day of a period; the index may lie outside the horizon."""
        part = self._part(index)
        return _first_day(part.ordinal + index - part.first, part.length)

    def label(self, index: int) -> str:
        """Label of a period; the index may lie outside the horizon."""
        return period_label(self.start_of(index), self._part(index).length)

    def period_index(self, day: date) -> int:
        """Index of the period that holds a day; negative before the horizon, `periods` or more after it."""
        begun = (part for part in reversed(self._parts) if _first_day(part.ordinal, part.length) <= day)
        part = next(begun, self._parts[0])
        return part.first + _ordinal(day, part.length) - part.ordinal

    def index_of(self, label: str) -> int:
        """Index of the period with this label; it may lie outside the horizon.

        Raises
        ------
        ValueError
            When the text is no label of such a period.
        """
        index = self.period_index(parse_when(label))
        if self.label(index) != label:
            part = self._part(index)
            raise ValueError(f"'{label}' is no label of a {part.length}, such as {self.label(part.first)}")
        return index

    def after(self, position: float, months: float) -> float:
        """Position so many months after another one, or before it where they are negative; no fraction is lost."""
        years, part = months / 12.0, self._part(position)
        place = self._parts.index(part)
        while True:
            moved = position + years / part.years
            onward = 1 if years > 0.0 else -1
            edge = part.end if onward > 0 else part.first
            if not 0 <= place + onward < len(self._parts) or (moved - edge) * onward <= 0.0:
                return moved
            years -= (edge - position) * part.years
            position, place = float(edge), place + onward
            part = self._parts[place]

    def position(self, day: date) -> float:
        """Position at which a day begins."""
        index = self.period_index(day)
        first, after = self.start_of(index), self.start_of(index + 1)
        return index + (day - first).days / (after - first).days

    def opens(self, first: date | None) -> float:
        """Position from which something runs whose first day is given; without one it always did."""
        return -math.inf if first is None else self.position(first)

    def closes(self, last: date | None) -> float:
        """Position up to which something runs whose last day is given; without one it never ends."""
        return math.inf if last is None else self.position(last + timedelta(days=1))

    def day_number(self, position: float) -> float:
        """Ordinal number of the day at a position, with its fraction; far positions stand for the calendar's ends."""
        part = self._part(position)
        years = self.start_of(part.first).year + (position - part.first) * part.years
        if not 2 < years < 9990:
            return float(_FIRST_DAY if years < 1000 else _LAST_DAY)
        index = math.floor(position + NEGLIGIBLE)
        first, after = self.start_of(index).toordinal(), self.start_of(index + 1).toordinal()
        return first + max(position - index, 0.0) * (after - first)

    def day_at(self, position: float) -> date:
        """Day that a position lies in."""
        return date.fromordinal(math.floor(self.day_number(position) + NEGLIGIBLE))

    def shares(self, first: float, end: float) -> tuple[float, ...]:
        """Share of each period that lies between two positions, 0 to 1; either may be infinite."""
        return tuple(_share(min(t + 1.0, end) - max(float(t), first)) for t in range(self.periods))

    def holds(self, day: date) -> bool:
        """Whether a day lies inside the horizon."""
        return self.start <= day < self.end


def _misfit(day: date, length: Length, before: list[_Part]) -> str:
    """Say that a stretch does not begin on the first day of a period of its length."""
    ordinal = _ordinal(day, length)
    near = _first_day(ordinal, length), _first_day(ordinal + 1, length)
    if not before:
        return f"{day} is not the first day of a {length}; the nearest are {near[0]} and {near[1]}"
    last = before[-1]
    fewer, more = (_ordinal(edge, last.length) - _ordinal(day, last.length) for edge in near)
    message = f"the {length}s would begin on {day}, which is not the first day of a {length}"
    if any(_first_day(_ordinal(edge, last.length), last.length) != edge for edge in near):
        return f"{message}; the nearest are {near[0]} and {near[1]}, where no {last.length} ends"
    counts = [last.end - last.first + moved for moved in (fewer, more)]
    named = " or ".join(str(count) for count in counts if count > 0)
    return f"{message}; the nearest are {near[0]} and {near[1]}: take {named} {last.length}s before them"


def _share(part: float) -> float:
    return 0.0 if part <= NEGLIGIBLE else 1.0 if part >= 1.0 - NEGLIGIBLE else part


def period_label(day: date, length: Length) -> str:
    """Label of the period of this length that holds a day."""
    if length == "year":
        return f"{day.year:04d}"
    if length == "quarter":
        return f"{day.year:04d}Q{(day.month - 1) // 3 + 1}"
    if length == "half-year":
        return f"{day.year:04d}H{(day.month - 1) // 6 + 1}"
    if length == "month":
        return f"{day.year:04d}-{day.month:02d}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}W{week:02d}"


def span_of(start: date, end: date) -> Span:
    """Return days as a span (the end is no more of it), with the label of the year, quarter or month that they are."""
    lengths: tuple[Length, ...] = ("year", "half-year", "quarter", "month", "week")
    for length in lengths:
        label = period_label(start, length)
        if (parse_when(label), parse_when(label, last=True) + timedelta(days=1)) == (start, end):
            return Span(0, label, start, end, NOMINAL_YEARS[length])
    return Span(0, f"{start} to {end - timedelta(days=1)}", start, end, (end - start).days / 365.25)


def parse_when(raw: object, last: bool = False) -> date:
    """Read a day as people write it; a period means its first day, and ``end-`` before it its last.

    Parameters
    ----------
    raw
        A date, a year as an integer, or a text: ``2027``, ``2027H1``, ``2027Q1``, ``2027-03``,
        ``2027W05``, ``2027-03-15``, ``end-2026``, ``end-2026Q3``.
    last
        Whether the day is the last of something, so that a period means its last day without ``end-`` too.

    Raises
    ------
    ValueError
        When it is none of these.
    """
    if isinstance(raw, datetime) and raw.time() != time():
        # Cut off, a time that was shifted between zones would move the date by a day.
        raise ValueError(f"{_brief(raw)} has a time of day; write the day alone")
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str):
        raise ValueError(f"{_brief(raw)} is no date; {_FORMS}")
    match = _WHEN.fullmatch(raw.strip())
    if match is None:
        raise ValueError(f"{_brief(raw)} is no date; {_FORMS}")
    year = int(match["year"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{_brief(raw)} is no date between {_FIRST_YEAR} and {_LAST_YEAR}")
    try:
        first, after = _bounds(match, year)
    except ValueError as error:
        raise ValueError(f"{_brief(raw)} is no day of the calendar; {_FORMS}") from error
    return after - timedelta(days=1) if match["end"] or last else first


def parse_last(raw: object) -> date:
    """Read the last day of something: a period means its last day."""
    return parse_when(raw, last=True)


def _bounds(match: re.Match[str], year: int) -> tuple[date, date]:
    if match["half"]:
        first = date(year, 6 * int(match["half"]) - 5, 1)
        return first, _first_day(_ordinal(first, "half-year") + 1, "half-year")
    if match["quarter"]:
        first = date(year, 3 * int(match["quarter"]) - 2, 1)
        return first, _first_day(_ordinal(first, "quarter") + 1, "quarter")
    if match["week"]:
        first = date.fromisocalendar(year, int(match["week"]), 1)
        return first, first + timedelta(days=7)
    if match["day"]:
        first = date(year, int(match["month"]), int(match["day"]))
        return first, first + timedelta(days=1)
    if match["month"]:
        first = date(year, int(match["month"]), 1)
        return first, _first_day(_ordinal(first, "month") + 1, "month")
    return date(year, 1, 1), date(year + 1, 1, 1)


def _ordinal(day: date, length: Length) -> int:
    """Running number of the period that holds a day."""
    if length == "year":
        return day.year
    if length == "half-year":
        return day.year * 2 + (day.month - 1) // 6
    if length == "quarter":
        return day.year * 4 + (day.month - 1) // 3
    if length == "month":
        return day.year * 12 + day.month - 1
    # Day 1 of Python's calendar, 0001-01-01, is a Monday.
    return (day.toordinal() - 1) // 7


def _first_day(ordinal: int, length: Length) -> date:
    if length == "year":
        return date(ordinal, 1, 1)
    if length == "half-year":
        return date(ordinal // 2, ordinal % 2 * 6 + 1, 1)
    if length == "quarter":
        return date(ordinal // 4, ordinal % 4 * 3 + 1, 1)
    if length == "month":
        return date(ordinal // 12, ordinal % 12 + 1, 1)
    return date.fromordinal(ordinal * 7 + 1)


def _brief(raw: object) -> str:
    text = printable(str(raw)[:60])
    return f"'{text if len(text) <= 40 else text[:37] + '...'}'"

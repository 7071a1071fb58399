"""The calendar: days as people write them, and the periods that a horizon is cut into.

A period is a whole week (Monday to Sunday), month, quarter or year of the calendar. Its label is how people
write it (``2027W05``, ``2027-03``, ``2027Q1``, ``2027``), its end the first day after it, and its nominal
length in years the same for every period of a kind: 1/4 for a quarter, 1/12 for a month, 7/365.25 for a week.

Dates and durations meet on one axis of *positions*, counted in periods from the decision date: 1.5 is the middle of
the second period. A date lies where its day begins within its period, by days; a duration is its months over the
months of a period, with nothing rounded; `Calendar.shares` says what part of each period lies between two positions.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from fabopt.domain.text import printable
from fabopt.domain.tolerances import NEGLIGIBLE

Length = Literal["week", "month", "quarter", "year"]

NOMINAL_YEARS: dict[Length, float] = {"week": 7 / 365.25, "month": 1 / 12, "quarter": 0.25, "year": 1.0}
"""Nominal length of each kind of period, years."""

MOST_PERIODS = 2000
"""More periods than any plan needs; a larger number is taken for a slip."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_FIRST_DAY, _LAST_DAY = date(1, 1, 2).toordinal(), date(9998, 1, 1).toordinal()
_WHEN = re.compile(
    r"(?P<end>end-)?(?P<year>[0-9]{4})"
    r"(?:Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})|-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
)
_FORMS = "write it like 2027, 2027Q1, 2027-03, 2027W05, 2027-03-15 or end-2026"


@dataclass(frozen=True, slots=True)
class Span:
    """One period: `end` is the first day after it, `years` its nominal length."""

    index: int
    label: str
    start: date
    end: date
    years: float


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a horizon, numbered from 0.

    The calendar reaches beyond the horizon on both sides: a day before the first period has a negative index,
    and a day after the last one an index of `periods` or more.

    Parameters
    ----------
    start
        The decision date, first day of the first period.
    periods
        How many periods the horizon has, 1 to `MOST_PERIODS`.
    length
        What a period is.

    Raises
    ------
    ValueError
        When `start` is not the first day of such a period, or the number of periods is out of range.
    """

    start: date
    periods: int
    length: Length

    def __post_init__(self) -> None:
        if not 1 <= self.periods <= MOST_PERIODS:
            raise ValueError(f"a horizon has 1 to {MOST_PERIODS} periods, not {self.periods}")
        before = _first_day(_ordinal(self.start, self.length), self.length)
        if before != self.start:
            after = _first_day(_ordinal(self.start, self.length) + 1, self.length)
            raise ValueError(
                f"{self.start} is not the first day of a {self.length}; the nearest are {before} and {after}"
            )
        if _ordinal(self.start, self.length) + self.periods > _ordinal(date(_LAST_YEAR, 12, 31), self.length):
            raise ValueError(f"the horizon ends after the year {_LAST_YEAR}")

    @property
    def years(self) -> float:
        """Nominal length of every period, years."""
        return NOMINAL_YEARS[self.length]

    @property
    def end(self) -> date:
        """First day after the last period."""
        return self.start_of(self.periods)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All periods in order."""
        return tuple(
            Span(index, self.label(index), self.start_of(index), self.start_of(index + 1), self.years)
            for index in range(self.periods)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all periods in order."""
        return tuple(self.label(index) for index in range(self.periods))

    def start_of(self, index: int) -> date:
        """First day of a period; the index may lie outside the horizon."""
        return _first_day(_ordinal(self.start, self.length) + index, self.length)

    def label(self, index: int) -> str:
        """Label of a period; the index may lie outside the horizon."""
        return period_label(self.start_of(index), self.length)

    def period_index(self, day: date) -> int:
        """Index of the period that holds a day; negative before the horizon, `periods` or more after it."""
        return _ordinal(day, self.length) - _ordinal(self.start, self.length)

    def index_of(self, label: str) -> int:
        """Index of the period with this label; it may lie outside the horizon.

        Raises
        ------
        ValueError
            When the text is no label of such a period.
        """
        day = parse_when(label)
        if period_label(day, self.length) != label:
            raise ValueError(f"'{label}' is no label of a {self.length}, such as {self.label(0)}")
        return self.period_index(day)

    def duration(self, months: float) -> float:
        """Duration in periods of so many months; no fraction is lost."""
        return months / 12.0 / self.years

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
        years = self.start.year + position * self.years
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


def _share(part: float) -> float:
    return 0.0 if part <= NEGLIGIBLE else 1.0 if part >= 1.0 - NEGLIGIBLE else part


def period_label(day: date, length: Length) -> str:
    """Label of the period of this length that holds a day."""
    if length == "year":
        return f"{day.year:04d}"
    if length == "quarter":
        return f"{day.year:04d}Q{(day.month - 1) // 3 + 1}"
    if length == "month":
        return f"{day.year:04d}-{day.month:02d}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}W{week:02d}"


def parse_when(raw: object, last: bool = False) -> date:
    """Read a day as people write it; a period means its first day, and ``end-`` before it its last.

    Parameters
    ----------
    raw
        A date, a year as a whole number, or a text: ``2027``, ``2027Q1``, ``2027-03``, ``2027W05``,
        ``2027-03-15``, ``end-2026``, ``end-2026Q3``.
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
    if length == "quarter":
        return day.year * 4 + (day.month - 1) // 3
    if length == "month":
        return day.year * 12 + day.month - 1
    # Day 1 of Python's calendar, 0001-01-01, is a Monday.
    return (day.toordinal() - 1) // 7


def _first_day(ordinal: int, length: Length) -> date:
    if length == "year":
        return date(ordinal, 1, 1)
    if length == "quarter":
        return date(ordinal // 4, ordinal % 4 * 3 + 1, 1)
    if length == "month":
        return date(ordinal // 12, ordinal % 12 + 1, 1)
    return date.fromordinal(ordinal * 7 + 1)


def _brief(raw: object) -> str:
    text = printable(str(raw)[:60])
    return f"'{text if len(text) <= 40 else text[:37] + '...'}'"

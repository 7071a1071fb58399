"""Quantities: numbers with a unit, a range, a source and, where allowed, a course over time.

A field of the schema is declared as ``Annotated[Quantity, In("USD/wafer", ge=0)]``
(:class:`~fabopt.domain.quantity_field.In`). Its raw form in an
instance is

* a number in the field's own unit (``180``) or a text (``"180 kwafer/month"``);
* a mapping ``{value, unit, low, high, range, source, as_of, confidence, assumed, note, times}``, where
  `range` is symmetrical (``15%``) and `times` multiplies value, low and high (these end where the field's limits do);
* where the field may vary over time, a mapping with ``linear`` or ``steps``: dates and, for each, one of the
  above; beside it ``before``, a number.

Validation converts everything to the field's unit. A series is flat before its first and after its last
point, unless ``before`` states what holds before the first (``before: 0`` for what is not there yet). A number
without source counts as assumed; without a published range it gets an assumed one of 5, 15 or 30 % to either side
for high, medium or low (also no) confidence, cut off where the field's limits end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal, cast

from fabopt.domain.plausible import LARGEST, SMALLEST, Usual

Day = date | float
"""A day, or its number (`date.toordinal`), which may have a fraction."""

Confidence = Literal["high", "medium", "low", "seed", "estimate"]
Shape = Literal["constant", "steps", "linear"]

ASSUMED_RANGE: Mapping[str | None, float] = {
    "high": 0.05,
    "medium": 0.15,
    "low": 0.30,
    "seed": 0.30,
    "estimate": 0.30,
    None: 0.30,
}
"""Half-width of the range of a number that none was published for, as a share of the number."""


@dataclass(frozen=True, slots=True)
class Point:
    """A number at a date, in the unit of its quantity.

    Attributes
    ----------
    when
        The date; None in a constant.
    low, high
        Published range, or None.
    source, as_of, confidence, assumed, note
        Provenance of this point alone; what holds for a whole series stands in the `Quantity`.
    """

    when: date | None
    value: float
    low: float | None = None
    high: float | None = None
    source: tuple[str, ...] = ()
    as_of: str | None = None
    confidence: Confidence | None = None
    assumed: bool = False
    note: str = ""

    def plus(self, by: float, limits: Limits) -> Point:
        """Return the point with something added to it and to its range, which ends where the limits of the field do."""
        value = self.value + by
        low, high = (None if end is None else limits.clip(end + by, value) for end in (self.low, self.high))
        return replace(self, value=value, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Limits:
    """What values a field admits, None where it is open, and what is plausible among them.

    Attributes
    ----------
    ge, gt, le, lt
        At least, more than, at most, less than.
    usual
        Plausible sizes of a number other than 0; None where nothing is known.
    whole
        Whether only integers are plausible.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    usual: Usual | None = None
    whole: bool = False

    def broken_by(self, value: float) -> str:
        """Return what a value should have been (``at least 0``), or an empty text when it is admitted."""
        if self.ge is not None and value < self.ge:
            return f"at least {self.ge:g}"
        if self.gt is not None and value <= self.gt:
            return f"more than {self.gt:g}"
        if self.le is not None and value > self.le:
            return f"at most {self.le:g}"
        if self.lt is not None and value >= self.lt:
            return f"less than {self.lt:g}"
        if 0 < abs(value) < SMALLEST:
            return f"0, or at least {SMALLEST:g} in size"
        return "" if abs(value) <= LARGEST else f"at most {LARGEST:g} in size"

    def doubted(self, value: float, unit: str) -> str:
        """Return what a value would plausibly be (``1 to 50,000 MW``), or an empty text when it is plausible."""
        if self.usual is not None and value and not self.usual.low <= abs(value) <= self.usual.high:
            return f"{self.usual.low:,g} to {self.usual.high:,.10g}" + ("" if unit == "1" else f" {unit}")
        return "an integer" if self.whole and value != round(value) else ""

    def clip(self, edge: float, value: float) -> float:
        """Move the edge of an assumed range to the limit, or 99 % of the way to one that is excluded."""
        if self.ge is not None:
            edge = max(edge, self.ge)
        if self.gt is not None:
            edge = max(edge, value + 0.99 * (self.gt - value))
        if self.le is not None:
            edge = min(edge, self.le)
        if self.lt is not None:
            edge = min(edge, value + 0.99 * (self.lt - value))
        return float(edge)


@dataclass(frozen=True)
class Quantity:
    """A number, or a course of numbers over time, in the field's unit and with its provenance.

    Attributes
    ----------
    unit
        Unit of every number in it.
    points
        One point for a constant; for a series at least one, by date.
    shape
        How the series runs between its points: `steps` keeps each value until the next date.
    source
        Ids in the instance's table of sources, those of all points included.
    as_of, confidence, note
        Provenance as given for the whole.
    assumed
        True when it was declared so, or when a number in it has no source.
    before
        Value before the first date of a series; None where the first value holds backwards.
    limits
        What the field admits; assumed ranges end there.
    """

    unit: str
    points: tuple[Point, ...]
    shape: Shape = "constant"
    source: tuple[str, ...] = ()
    as_of: str | None = None
    confidence: Confidence | None = None
    assumed: bool = False
    note: str = ""
    before: float | None = None
    limits: Limits = Limits()

    @property
    def value(self) -> float:
        """The number of a constant; the first number of a series."""
        return self.points[0].value

    def at(self, day: date) -> float:
        """Value on a day."""
        return self._at(day.toordinal())

    def _at(self, day: float) -> float:
        points = self.points
        if len(points) == 1 and self.before is None:
            return points[0].value
        after = bisect_right(points, day, key=_day)
        if after == 0:
            return points[0].value if self.before is None else self.before
        before = points[after - 1]
        if self.shape == "steps" or after == len(points):
            return before.value
        return _between(before, points[after], day)

    def mean(self, start: Day, end: Day) -> float:
        """Exact mean over the days from `start` up to, not including, `end`.

        Raises
        ------
        ValueError
            When `end` does not lie after `start`.
        """
        start, end = _number(start), _number(end)
        if end <= start:
            raise ValueError(f"a mean needs an end after its start, not {start} to {end}")
        if self.shape == "constant":
            return self.value
        inner = [day for day in map(_day, self.points) if start < day < end]
        total = 0.0
        for first, last in pairwise([start, *inner, end]):
            # Within a piece a step is constant and a line straight, so its middle gives the integral exactly.
            total += self._at((first + last) / 2) * (last - first)
        return total / (end - start)

    @property
    def begins(self) -> date | None:
        """First date of a series that does not say what holds before it; None for other quantities."""
        return self.points[0].when if self.before is None else None

    @property
    def low_high(self) -> tuple[float, float, bool]:
        """Low and high of a constant, or of the first point of a series, and whether it is assumed."""
        return self.range_of(self.points[0])

    @property
    def bounds(self) -> tuple[float, float]:
        """Low and high of a constant, or of the first point of a series."""
        low, high, _ = self.low_high
        return low, high

    def range_of(self, point: Point) -> tuple[float, float, bool]:
        """Low and high of one of the points, and whether any part of that range is assumed."""
        share = ASSUMED_RANGE[point.confidence or self.confidence] * abs(point.value)
        low, high = point.low, point.high
        assumed = low is None or high is None
        if low is None:
            low = min(self.limits.clip(point.value - share, point.value), point.value)
        if high is None:
            high = max(self.limits.clip(point.value + share, point.value), point.value)
        return low, high, assumed

    def scaled(self, factor: float) -> Quantity:
        """Return it with values and ranges multiplied by a factor of 0 or more; provenance stays.

        Raises
        ------
        ValueError
            When the factor is negative.
        """
        if not factor >= 0:
            raise ValueError(f"a quantity is scaled by 0 or more, not by {factor}")
        before = None if self.before is None else self.before * factor
        return replace(self, points=tuple(_scaled(point, factor) for point in self.points), before=before)

    def raw(self) -> dict[str, Any]:
        """Return the mapping from which validation builds this quantity again, exactly."""
        whole: dict[str, Any] = {"unit": self.unit}
        if self.shape == "constant":
            whole |= _raw_point(self.points[0])
        else:
            whole[self.shape] = {str(point.when): _raw_point(point) for point in self.points}
            whole |= {} if self.before is None else {"before": self.before}
        provenance = {
            "source": list(self.source),
            "as_of": self.as_of,
            "confidence": self.confidence,
            "assumed": self.assumed,
            "note": self.note,
        }
        return whole | {key: value for key, value in provenance.items() if value}


def constant(value: float, unit: str) -> Quantity:
    """Return an assumed constant, for the default of a field; `unit` must be the field's own."""
    return Quantity(unit, (Point(None, value),), assumed=True)


def _number(day: Day) -> float:
    return day.toordinal() if isinstance(day, date) else day


def _day(point: Point) -> int:
    return cast("date", point.when).toordinal()


def _between(before: Point, after: Point, day: float) -> float:
    share = (day - _day(before)) / (_day(after) - _day(before))
    return before.value + share * (after.value - before.value)


def _scaled(point: Point, factor: float) -> Point:
    low = None if point.low is None else point.low * factor
    high = None if point.high is None else point.high * factor
    return replace(point, value=point.value * factor, low=low, high=high)


def _raw_point(point: Point) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "low": point.low,
        "high": point.high,
        "source": list(point.source),
        "as_of": point.as_of,
        "confidence": point.confidence,
        "assumed": point.assumed,
        "note": point.note,
    }
    # A published bound of 0 is kept: only what was not given is left out.
    given = {key: value for key, value in fields.items() if value or (value == 0 and value is not False)}
    return {"value": point.value, **given}

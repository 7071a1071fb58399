"""Numbers with a low and a high end, and the arithmetic of needs on them.

Only positive numbers are combined, each by operations that are monotone in it, and no number enters an expression in
both directions. So the ends are exact: ``low`` is reached when every input lies at the end that makes the result
small, ``high`` when every input lies at the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from fabopt.domain.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its ends, low <= value <= high."""

    low: float
    value: float
    high: float

    def __mul__(self, other: Range) -> Range:
        return Range(self.low * other.low, self.value * other.value, self.high * other.high)

    def __truediv__(self, other: Range) -> Range:
        return Range(self.low / other.high, self.value / other.value, self.high / other.low)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.value + other.value, self.high + other.high)

    def scaled(self, factor: float) -> Range:
        """Return it times a factor of 0 or more."""
        return Range(self.low * factor, self.value * factor, self.high * factor)

    def complement(self) -> Range:
        """Return 1 minus it (a share of cost from a gross margin)."""
        return Range(1.0 - self.high, 1.0 - self.value, 1.0 - self.low)


ZERO = Range(0.0, 0.0, 0.0)


def exact(value: float) -> Range:
    """Return a number that is known as it stands."""
    return Range(value, value, value)


def total(parts: Iterable[Range]) -> Range:
    """Return the sum of ranges, zero for none."""
    result = ZERO
    for part in parts:
        result = result + part
    return result


def weighted_mean(parts: Iterable[tuple[float, Range]]) -> Range:
    """Return the mean of ranges by weights; plain when all weights are zero."""
    given = list(parts)
    whole = sum(weight for weight, _ in given)
    shares = [weight / whole if whole > 0 else 1.0 / len(given) for weight, _ in given]
    return total(part.scaled(share) for share, (_, part) in zip(shares, given, strict=True))


def range_at(quantity: Quantity, day: date) -> Range:
    """Return a quantity on a day with its range, published or assumed; a series' range runs as its values do."""
    ends = [quantity.range_of(point) for point in quantity.points]
    low, high = (
        replace(
            quantity,
            points=tuple(replace(point, value=end[side]) for point, end in zip(quantity.points, ends, strict=True)),
        ).at(day)
        for side in (0, 1)
    )
    return Range(low, quantity.at(day), high)


def number_at(quantity: Quantity, day: date) -> Range:
    """Return a number of pieces on a day: a count of the design where it does not vary, else with its range."""
    return count(quantity) if quantity.shape == "constant" else range_at(quantity, day)


def count(quantity: Quantity) -> Range:
    """Return a count of the design (dies in a package): exact, unless a range is published for it."""
    point = quantity.points[0]
    low = point.value if point.low is None else point.low
    high = point.value if point.high is None else point.high
    return Range(low, point.value, high)

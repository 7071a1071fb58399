"""Distributions as functions from a quantile to a value, given the low, the number itself and the high."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from fabopt.domain.quantity import Quantity
from fabopt.domain.uncertainty import WITHIN
from fabopt.domain.uncertainty import Distribution as Stated
from fabopt.io.levers import Scale
from fabopt.io.uncertainty import Spoken

Distribution = Callable[[float, float, float, float], float]
"""What is at a quantile between a low and a high, given the number itself: (quantile, low, number, high)."""

EDGE = 2.0**-53
"""Quantiles nearer to 0 or 1 than a generator of random numbers can tell are kept away from infinity."""


def triangular(quantile: float, low: float, mode: float, high: float) -> float:
    """Return the quantile of the triangular distribution."""
    if not low < high:
        return mode
    split = (mode - low) / (high - low)
    if quantile <= split:
        return low + math.sqrt(quantile * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - quantile) * (high - low) * (high - mode))


def uniform(quantile: float, low: float, number: float, high: float) -> float:
    """Return what lies at a share of the way from low to high."""
    return low + quantile * (high - low)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal on either side of the number, which is the median; `within` of it lies between low and high.

    Where low and high are not equally far from the number by their ratios, each side has a spread of its own.
    """

    within: float

    def __call__(self, quantile: float, low: float, number: float, high: float) -> float:
        """Return the value at a quantile; all numbers are above 0."""
        reach = float(ndtri(min(max(quantile, EDGE), 1.0 - EDGE)) / ndtri((1.0 + self.within) / 2.0))
        end = low if reach < 0.0 else high
        return float(number * (end / number) ** abs(reach))


@dataclass(frozen=True, slots=True)
class Discrete:
    """Values, or factors of the number, by rising value; each has its weight."""

    values: tuple[float | Scale, ...]
    weights: tuple[float, ...]

    def __call__(self, quantile: float, low: float, number: float, high: float) -> float:
        """Return the value at a quantile."""
        likely = [(_valued(v, number), w) for v, w in zip(self.values, self.weights, strict=True)]
        left = quantile * sum(self.weights)
        for value, weight in sorted(likely):
            left -= weight
            if left < 0.0:
                return value
        return max(value for value, _ in likely)


def _valued(value: float | Scale, number: float) -> float:
    return number * value.factor if isinstance(value, Scale) else value


def distribution_of(path: str, stated: Stated, spoken: Spoken) -> Distribution:
    """Return the distribution that an instance states for a number."""
    if stated.shape == "discrete":
        values = tuple(spoken.value_of(entry.value, path) for entry in stated.values)
        return Discrete(values, tuple(entry.weight.value for entry in stated.values))
    if stated.shape == "lognormal":
        return Lognormal(WITHIN if stated.within is None else stated.within)
    return uniform if stated.shape == "uniform" else triangular


def place_of(distribution: Distribution, low: float, number: float, high: float) -> float:
    """Return the quantile at which a number stands that is not drawn."""
    if isinstance(distribution, Lognormal | Discrete) or not low < high:
        return 0.5
    return (number - low) / (high - low)


def reaches(quantity: Quantity, distribution: Distribution) -> bool:
    """Return whether a number that is drawn from a distribution can be another than it is."""
    if isinstance(distribution, Discrete):
        return True
    return any(low < high for low, high, _ in map(quantity.range_of, quantity.points))


@dataclass(frozen=True, slots=True)
class Coupling:
    """Numbers that go together: groups that move as one, and the root of the correlations of their normal variables.

    Attributes
    ----------
    groups
        Places of the numbers of each group among all that are drawn.
    root
        Matrix whose product with its transpose is the correlation matrix [groups, groups], by rows.
    """

    groups: tuple[tuple[int, ...], ...]
    root: tuple[tuple[float, ...], ...]


def coupled(drawn: Sequence[float], couplings: Sequence[Coupling]) -> list[float]:
    """Return quantiles with the numbers of couplings going together, from independent ones."""
    import numpy as np
    from scipy.special import ndtr

    quantiles = list(drawn)
    for coupling in couplings:
        alone = ndtri(np.clip([drawn[group[0]] for group in coupling.groups], EDGE, 1.0 - EDGE))
        for group, quantile in zip(coupling.groups, ndtr(np.array(coupling.root) @ alone), strict=True):
            for place in group:
                quantiles[place] = float(quantile)
    return quantiles

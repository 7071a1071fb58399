r"""Which numbers matter: rank correlations and Sobol indices of the first order, from the draws as they are.

The index :math:`S_i = \mathrm{Var}(E[Y \mid X_i]) / \mathrm{Var}(Y)` is estimated from the draws that were made anyway
(given data): they are sorted by :math:`X_i` into classes of equal size, and the variance between classes is set against
the whole, less what chance alone puts between so many classes (the adjusted correlation ratio,
:math:`\epsilon^2 = (SS_b - (k-1)\,MS_w) / SS_t`). It needs no draws of its own, whatever the count of numbers. Its
error falls as one over the root of the draws: an interval comes from a bootstrap over draws, and what the largest of so
many numbers would have by chance from shuffled answers. Where numbers go together, what one explains holds what it
shares with the others.
"""

from __future__ import annotations

import math

import numpy as np

from fabopt.model.families import IntArray
from fabopt.network.tables import Array

LEAST = 8
"""Fewest draws in a class."""

MOST_CLASSES = 64

RESAMPLED = 200
"""Bootstrap samples."""

SHUFFLED = 40
"""Shuffles of the answers."""

ENDS = (5.0, 95.0)
"""Percentiles of the interval: it holds the index with a chance of 90 %."""


def classes(draws: int) -> int:
    """Return in how many classes draws are sorted: about the root of their number, each with a few."""
    return max(2, min(MOST_CLASSES, math.isqrt(draws), draws // LEAST))


def sorted_by(x: Array) -> IntArray:
    """Return the draws in the order of each number [draws, numbers]; any rising function of the numbers will do."""
    return np.argsort(x, axis=0, kind="stable").astype(np.int64)


def first_order(order: IntArray, y: Array) -> Array:
    """Return the Sobol index of the first order of each number.

    Parameters
    ----------
    order
        Draws in the order of each number [draws, numbers].
    y
        What is explained [draws].
    """
    n, k = len(y), classes(len(y))
    total = float(((y - y.mean()) ** 2).sum())
    if n < 2 * LEAST or total <= 0.0:
        return np.zeros(order.shape[1])
    ends = np.linspace(0, n, k + 1).astype(int)
    sizes = np.diff(ends)[:, None]
    means = np.add.reduceat(y[order], ends[:-1], axis=0) / sizes
    between = (sizes * (means - y.mean()) ** 2).sum(axis=0)
    within = (total - between) / (n - k)
    return np.asarray((between - (k - 1) * within) / total)


def by_chance(order: IntArray, y: Array, seed: int) -> float:
    """Return the index that the largest of so many numbers would have by chance alone: at most, in 19 of 20 cases."""
    chance = np.random.default_rng([seed, len(y), order.shape[1]])
    most = [float(first_order(order, chance.permutation(y)).max(initial=0.0)) for _ in range(SHUFFLED)]
    return float(np.percentile(most, ENDS[1]))


def interval(x: Array, y: Array, seed: int) -> tuple[float, float]:
    """Return the ends of the interval of one number's index [draws], from bootstrap samples of the draws.

    Samples repeat draws, which makes classes too tight; what that adds on average is taken off, so that the interval
    lies about the index.
    """
    chance = np.random.default_rng([seed, len(y)])
    found = []
    for _ in range(RESAMPLED):
        at = chance.integers(0, len(y), len(y))
        found.append(float(first_order(sorted_by(x[at, None]), y[at])[0]))
    low, high = np.percentile(found, ENDS)
    shift = float(first_order(sorted_by(x[:, None]), y)[0]) - float(np.median(found))
    return float(low) + shift, float(high) + shift


def rank_correlation(x: Array, y: Array) -> float:
    """Return Spearman's rank correlation; 0 where one of them does not move."""
    a, b = ranks(x), ranks(y)
    return 0.0 if np.ptp(a) == 0.0 or np.ptp(b) == 0.0 else float(np.corrcoef(a, b)[0, 1])


def ranks(values: Array) -> Array:
    """Return the rank of each value, equal ones at the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place])

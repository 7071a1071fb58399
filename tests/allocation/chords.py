r"""alpha-fairness by chords: a linear program on breakpoints, and how far it can be from the exact answer.

The concave :math:`w_v u_\alpha` is replaced by its chords on breakpoints :math:`b_{v0} < b_{v1} < \dots \le o_v`. The
program :math:`\max \sum_v \sum_k s_{vk} d_{vk}`, :math:`\sum d \le K`, needs no binaries, since chords get flatter: it
is solved by filling segments in the order of their slopes. Its answer stands on breakpoints but for one customer.

Error: at the price :math:`\mu` that is the slope of the segment that capacity ends in, each exact answer lies in a
segment that touches :math:`a_v`, so within its width :math:`h_v`. Prices that differ move all exact answers the same
way, by :math:`\sum_w h_w` in all. Hence :math:`|a_v - a_v^*| \le h_v + \sum_w h_w`. Every pass cuts the segments around
the last answer anew and shrinks the bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.tables import Array

SMALLEST = 1e-3
"""First breakpoint as a share of the order; fairness above alpha = 1 has no value at zero."""


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A piecewise linear answer: allocation ``[V]``, bound on its error ``[V]``, price of a unit of capacity."""

    allocation: Array
    error: Array
    price: float


def alpha_fair_by_chords(
    orders: Sequence[float] | Array,
    weights: Sequence[float] | Array,
    alpha: float,
    capacity: float,
    segments: int = 20,
    passes: int = 5,
) -> Piecewise:
    """Split capacity by alpha-fairness on chords.

    Parameters
    ----------
    orders, weights
        Of each customer ``[V]``, above zero.
    alpha
        Above zero and finite.
    capacity
        What is split, at least `SMALLEST` of the orders and less than all of them.
    segments, passes
        Chords of each customer in a pass, and passes.
    """
    wanted, weight = np.asarray(orders, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    grids = [np.geomspace(SMALLEST * order, order, segments + 1) for order in wanted]
    answer = _fill(grids, weight, alpha, capacity)
    for _ in range(passes - 1):
        grids = [
            _refined(grid, a, e, segments) for grid, a, e in zip(grids, answer.allocation, answer.error, strict=True)
        ]
        answer = _fill(grids, weight, alpha, capacity)
    return answer


def _refined(grid: Array, allocation: float, error: float, segments: int) -> Array:
    """Return breakpoints that cut the range in which the exact answer must lie, and reach to both ends."""
    low, high = max(allocation - error, grid[0]), min(allocation + error, grid[-1])
    return np.unique(np.concatenate([grid[:1], np.linspace(low, high, segments + 1), grid[-1:]]))


def _utility(amount: Array, alpha: float) -> Array:
    return np.log(amount) if alpha == 1.0 else amount ** (1.0 - alpha) / (1.0 - alpha)


def _fill(grids: list[Array], weights: Array, alpha: float, capacity: float) -> Piecewise:
    """Fill segments in the order of their slopes until capacity ends."""
    widths = [np.diff(grid) for grid in grids]
    slopes = [w * np.diff(_utility(grid, alpha)) / np.diff(grid) for w, grid in zip(weights, grids, strict=True)]
    who = np.repeat(np.arange(len(grids)), [width.size for width in widths])
    width, slope = np.concatenate(widths), np.concatenate(slopes)
    order = np.argsort(-slope, kind="stable")
    left = capacity - sum(float(grid[0]) for grid in grids)
    before = np.concatenate([[0.0], np.cumsum(width[order])[:-1]])
    taken = np.asarray(np.clip(left - before, 0.0, width[order]), dtype=np.float64)
    filled = np.asarray(np.bincount(who[order], taken, len(grids)), dtype=np.float64)
    allocation = np.array([float(grid[0]) for grid in grids]) + filled
    last = int(np.flatnonzero(taken > 0.0)[-1]) if np.any(taken > 0.0) else 0
    reach = np.array([_widest(grid, a) for grid, a in zip(grids, allocation, strict=True)])
    return Piecewise(allocation, reach + math.fsum(reach), float(slope[order][last]))


def _widest(grid: Array, allocation: float) -> float:
    """Return the width of the widest segment that touches an amount."""
    slack = SAME * grid[-1]
    touching = (grid[:-1] <= allocation + slack) & (grid[1:] >= allocation - slack)
    return float(np.diff(grid)[touching].max())

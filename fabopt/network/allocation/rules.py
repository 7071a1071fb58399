r"""The allocation rules, one function each: orders and capacity in, what each customer gets out.

Notation: customers v, orders :math:`o_v \ge 0`, capacity :math:`K \ge 0`, allocation :math:`a_v`. Orders, capacity and
allocation are in one unit. Every rule gives :math:`0 \le a_v \le o_v` and :math:`\sum_v a_v = \min(K, \sum_v o_v)`
(turn-and-earn and shares among those who have a weight), and each :math:`a_v` is a piecewise linear, rising function of
K. The worked examples share the orders (80, 50, 20) of customers A, B, C and, unless stated, K = 100.

Sources: Cachon and Lariviere, *Management Science* 45(5), 1999 (linear, turn-and-earn) and 45(8), 1999
(manipulation of proportional and linear rules); Sprumont, *Econometrica* 59(2), 1991 and Ching, *Social Choice and
Welfare* 11, 1994 (uniform rule: the only efficient, anonymous and strategy-proof one under single-peaked preferences);
Mo and Walrand, *IEEE/ACM Transactions on Networking* 8(5), 2000 (alpha-fairness).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from fabopt.domain.tolerances import ROUNDING
from fabopt.network.tables import Array

Rule = Callable[[Array, float], Array]
"""A rule with everything but orders ``[V]`` and capacity fixed; returns the allocation ``[V]``."""


def proportional(orders: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return :math:`a_v = \min(o_v, K\, o_v / \sum o)`: every order is cut by the same share.

    Examples
    --------
    >>> [round(float(a), 4) for a in proportional([80, 50, 20], 100)]
    [53.3333, 33.3333, 13.3333]
    """
    wanted = np.asarray(orders, dtype=np.float64)
    total = float(wanted.sum())
    return np.asarray(wanted if total <= capacity else wanted * (capacity / total))


def linear(orders: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return :math:`a_v = \max(0, o_v - c)` with one cut c for all: equal absolute cuts, the smallest drop out first.

    Examples
    --------
    >>> [round(float(a), 4) for a in linear([80, 50, 20], 100)]
    [63.3333, 33.3333, 3.3333]
    >>> linear([80, 50, 20], 60).tolist()
    [45.0, 15.0, 0.0]
    """
    wanted = np.asarray(orders, dtype=np.float64)
    if wanted.sum() <= capacity:
        return wanted.copy()
    largest = np.sort(wanted)[::-1]
    cuts = (np.cumsum(largest) - capacity) / np.arange(1, wanted.size + 1)
    # The largest group of biggest orders whose smallest member still covers the cut.
    cut = cuts[np.flatnonzero(largest >= cuts)[-1]]
    return np.asarray(np.maximum(wanted - cut, 0.0))


def uniform(orders: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return :math:`a_v = \min(o_v, \lambda)`, :math:`\sum a = K`: water filling, so no order above it pays.

    Examples
    --------
    >>> uniform([80, 50, 20], 100).tolist()
    [40.0, 40.0, 20.0]
    """
    return weighted(orders, np.ones(len(orders)), capacity)


def weighted(orders: Sequence[float] | Array, weights: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return :math:`a_v = \min(o_v, s_v L)`, :math:`\sum a = K`: shares of K, what is not taken offered again on them.

    This is where offering the untaken part again and again ends. Customers without weight get nothing.

    Examples
    --------
    >>> weighted([80, 50, 20], [20, 60, 20], 100).round(9).tolist()
    [30.0, 50.0, 20.0]
    """
    wanted, share = np.asarray(orders, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    wanted = np.where(share > 0.0, wanted, 0.0)
    cut = level(wanted, share, capacity) if share.any() else math.inf
    return wanted if math.isinf(cut) else np.minimum(wanted, share * cut)


def level(orders: Array, weights: Array, capacity: float) -> float:
    """Return L of :func:`weighted`: allocation per unit of weight of those who are cut; infinite where nobody is."""
    live = np.flatnonzero(weights > 0.0)
    full = orders[live] / weights[live]
    left = capacity
    share = float(weights[live].sum())
    for place in np.argsort(full, kind="stable"):
        if full[place] * share >= left:
            return left / share
        left -= float(orders[live[place]])
        share -= float(weights[live[place]])
    return math.inf


def priority(orders: Sequence[float] | Array, ranks: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return the allocation by priority class: rank 1 in full, then rank 2, ...; within a class in proportion.

    Examples
    --------
    >>> priority([80, 50, 20], [2, 1, 3], 100).tolist()
    [50.0, 50.0, 0.0]
    """
    wanted, rank = np.asarray(orders, dtype=np.float64), np.asarray(ranks, dtype=np.float64)
    given, left = np.zeros(wanted.size), float(capacity)
    for place in np.unique(rank):
        members = rank == place
        given[members] = proportional(wanted[members], left)
        left = max(left - float(given.sum(where=members)), 0.0)
    return given


def turn_and_earn(orders: Sequence[float] | Array, past: Sequence[float] | Array, capacity: float) -> Array:
    r"""Return shares of K by past use, :math:`K s_v / \sum s`; what is not taken is offered again on the same shares.

    What nobody with past use takes goes to the others by the uniform rule.

    Examples
    --------
    >>> turn_and_earn([80, 50, 20], [20, 60, 20], 100).round(9).tolist()
    [30.0, 50.0, 20.0]
    >>> turn_and_earn([80, 50, 20], [30, 50, 20], 120).round(9).tolist()
    [50.0, 50.0, 20.0]
    """
    wanted = np.asarray(orders, dtype=np.float64)
    given = weighted(wanted, past, capacity)
    left = float(capacity) - float(given.sum())
    return given if left <= ROUNDING * capacity else given + uniform(wanted - given, left)


def alpha_fair(
    orders: Sequence[float] | Array, weights: Sequence[float] | Array, alpha: float, capacity: float
) -> Array:
    r"""Return the maximiser of :math:`\sum w_v u(a_v)` with :math:`u(a) = a^{1-\alpha}/(1-\alpha)`, the logarithm at 1.

    :math:`a_v = \min(o_v, (w_v/\mu)^{1/\alpha})`, which is :func:`weighted` with :math:`s_v = w_v^{1/\alpha}`. At 0 it
    is the largest weighted total (equal weights share in proportion), at 1 weighted Nash bargaining, at infinity
    max-min.

    Examples
    --------
    >>> [alpha_fair([80, 50, 20], [3, 2, 1], a, 100).round(4).tolist() for a in (0, 1)]
    [[80.0, 20.0, 0.0], [50.0, 33.3333, 16.6667]]
    >>> [alpha_fair([80, 50, 20], [3, 2, 1], a, 100).round(4).tolist() for a in (2, math.inf)]
    [[44.0408, 35.9592, 20.0], [40.0, 40.0, 20.0]]
    """
    if alpha == 0.0:
        return priority(orders, -np.asarray(weights, dtype=np.float64), capacity)
    return weighted(orders, fair_weights(weights, alpha), capacity)


def fair_weights(weights: Sequence[float] | Array, alpha: float) -> Array:
    """Return the shares of :func:`alpha_fair` for alpha above 0, scaled so that the largest is 1."""
    sizes = np.asarray(weights, dtype=np.float64)
    return np.asarray((sizes / sizes.max()) ** (0.0 if math.isinf(alpha) else 1.0 / alpha))


def committed_first(
    orders: Sequence[float] | Array, commitments: Sequence[float] | Array, capacity: float, rule: Rule
) -> Array:
    r"""Return commitments (at most the orders) first, then `rule` on the rest of orders and capacity.

    Commitments that do not fit are cut by the same share.

    Examples
    --------
    >>> by_rank = lambda orders, capacity: priority(orders, [2, 1, 3], capacity)
    >>> committed_first([80, 50, 20], [30, 10, 20], 100, by_rank).tolist()
    [30.0, 50.0, 20.0]
    >>> committed_first([80, 50, 20], [30, 10, 20], 50, by_rank).round(4).tolist()
    [25.0, 8.3333, 16.6667]
    """
    wanted = np.asarray(orders, dtype=np.float64)
    held = np.minimum(np.asarray(commitments, dtype=np.float64), wanted)
    if held.sum() >= capacity:
        return proportional(held, capacity)
    return held + rule(wanted - held, capacity - float(held.sum()))

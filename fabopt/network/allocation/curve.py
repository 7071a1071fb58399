r"""What each customer has a right to, as a function of capacity, and that function as linear rows.

A right :math:`R_v(K)` is the allocation under the rule with commitments first, under caps and above floors; what all
orders together leave of the capacity is offered again on the same shares :math:`\sigma_v`:

.. math:: R_v(K) = r_v(K) + \sigma_v \max\Bigl(0,\; K - \sum_w r_w(K)\Bigr), \qquad r_v(K) = \max(a_v(K), \varphi_v K)

Whom the rule gives less than its floor :math:`\varphi_v K` gets its order up to the floor, which is kept for it whole;
the rule splits the rest among the others, again and again until nobody is below its floor.

Where orders are absent, shares alone count: :math:`R_v(K) = s_v K`. Over the capacities that are possible,
:math:`[\underline K, \overline K]`, a right becomes its least concave majorant, the minimum of finitely many lines:
no integers are needed, and it is exact where capacity is data, where the right is linear (shares, proportional)
or concave in K, and at both ends of the range in any case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from fabopt.domain.tolerances import ROUNDING
from fabopt.network.allocation import rules
from fabopt.network.allocation.market import clear
from fabopt.network.tables import Array

RuleName = Literal[
    "value", "shares", "proportional", "linear", "uniform", "priority", "alpha-fair", "turn-and-earn", "market"
]

GRID = 65
"""Capacities at which a right under caps or floors is sampled, whose corners have no simple form."""


@dataclass(frozen=True)
class Claims:
    """What customers ``[V]`` bring to a rule in one window.

    Attributes
    ----------
    rule, alpha
        The rule; alpha of alpha-fair.
    orders
        Orders; infinite where a rule of shares goes without.
    commitments
        What was promised; zero where nothing.
    weights
        Shares, past use or weights, whatever the rule weighs by; ones where it does not.
    ranks
        Priority classes.
    caps
        Largest share of the capacity of each; infinite where none.
    bids
        Quantity, price and position of the customer ``[3, J]``.
    floors
        Share of the capacity that is kept for each; empty where none.
    """

    rule: RuleName
    orders: Array
    commitments: Array
    weights: Array
    ranks: Array
    caps: Array
    alpha: float = 1.0
    bids: Array = field(default_factory=lambda: np.zeros((3, 0)))
    floors: Array = field(default_factory=lambda: np.zeros(0))

    def allotted(self, capacity: float) -> Array:
        """Return the allocation ``[V]`` of a capacity: commitments, then the rule, under the caps, above the floors."""
        whole, kept = self._whole(capacity), self.kept(capacity)
        # Who orders without end takes whatever there is; an order above the cap counts as the cap.
        orders = np.where(np.isinf(self.orders), whole, self.orders)
        capped = np.isfinite(self.caps)
        orders[capped] = np.minimum(orders[capped], self.caps[capped] * capacity)
        low = np.zeros(orders.size, dtype=np.bool_)
        while True:
            left = max(whole - float(kept.sum(where=low)), 0.0)
            others = np.where(low, 0.0, orders)
            given = np.asarray(rules.committed_first(others, self.commitments, left, self._rule))
            below = ~low & (kept > given + ROUNDING * capacity)
            if not below.any():
                return np.where(low, np.minimum(orders, kept), given)
            low |= below

    def kept(self, capacity: float) -> Array:
        """Return what is kept for each customer ``[V]`` of a capacity, whether it takes it or not."""
        return self.floors * capacity if self.floors.size else np.zeros(self.orders.size)

    def rights(self, capacity: float) -> Array:
        """Return the right ``[V]`` of each customer in a capacity."""
        given = np.maximum(self.allotted(capacity), self.kept(capacity))
        return np.asarray(given + self.tail() * max(0.0, self._whole(capacity) - float(given.sum())))

    def tail(self) -> Array:
        """Return the shares ``[V]`` on which what is not taken is offered again; they add up to 1."""
        base = self.weights
        if self.rule == "alpha-fair" and self.alpha > 0.0:
            base = rules.fair_weights(self.weights, self.alpha)
        elif self.rule in ("proportional", "linear", "priority", "market", "alpha-fair"):
            base = self.orders
        total = float(base.sum())
        return base / total if total > 0.0 else np.full(base.size, 1.0 / base.size)

    def _whole(self, capacity: float) -> float:
        """Return what the customers named share: with the rule of shares, no more than these add up to."""
        return capacity * min(float(self.weights.sum()), 1.0) if self.rule == "shares" else capacity

    def _rule(self, orders: Array, capacity: float) -> Array:
        match self.rule:
            case "proportional":
                return rules.proportional(orders, capacity)
            case "linear":
                return rules.linear(orders, capacity)
            case "uniform":
                return rules.uniform(orders, capacity)
            case "priority":
                return rules.priority(orders, self.ranks, capacity)
            case "alpha-fair":
                return rules.alpha_fair(orders, self.weights, self.alpha, capacity)
            case "market":
                return self._market(orders, capacity)
            case "turn-and-earn":
                return rules.turn_and_earn(orders, self.weights, capacity)
            case _:
                return rules.weighted(orders, self.weights, capacity)

    def _market(self, orders: Array, capacity: float) -> Array:
        quantity, price, who = self.bids[0].copy(), self.bids[1], self.bids[2]
        # What a customer has been given already served its highest bids.
        served = np.bincount(who.astype(np.int64), quantity, orders.size) - orders
        for bid in np.argsort(-price, kind="stable"):
            taken = min(quantity[bid], max(served[int(who[bid])], 0.0))
            quantity[bid] -= taken
            served[int(who[bid])] -= taken
        sold = clear(quantity, price, capacity).quantity
        return np.minimum(np.bincount(who.astype(np.int64), sold, orders.size), orders)

    def corners(self) -> Array:
        """Return the capacities at which some allocation without caps changes its slope."""
        held = np.minimum(self.commitments, self.orders)
        first, rest = float(held.sum()), self.orders - held
        corners: list[float] = [first, float(self.orders.sum())]
        if self.rule == "linear":
            corners += [first + float(np.maximum(rest - cut, 0.0).sum()) for cut in rest]
        elif self.rule == "market":
            by_price = np.argsort(-self.bids[1], kind="stable")
            corners += (first + np.cumsum(self.bids[0][by_price])).tolist()
        elif self.rule == "priority" or (self.rule == "alpha-fair" and self.alpha == 0.0):
            rank = self.ranks if self.rule == "priority" else -self.weights
            corners += [first + float(rest.sum(where=rank <= place)) for place in rank]
        elif self.rule != "proportional":
            share = self.tail()
            live = share > 0.0
            for full in rest[live] / share[live]:
                corners.append(first + float(np.minimum(rest[live], share[live] * full).sum()))
        return np.array(sorted({corner for corner in corners if math.isfinite(corner)}))


@dataclass(frozen=True, slots=True)
class Line:
    """A linear bound on a right: constant + slope x capacity."""

    constant: float
    slope: float


def lines(claims: Claims, low: float, high: float) -> list[list[Line]]:
    """Return for each customer the lines whose minimum is its right over capacities from low to high.

    Parameters
    ----------
    claims
        Customers and rule.
    low, high
        Capacity without and with everything that may be built; high may be infinite.
    """
    if math.isfinite(high) and high - low <= ROUNDING * abs(high):
        return [[Line(float(right), 0.0)] for right in claims.rights(low)]
    far = max(low, float(max(claims.corners(), default=low)))
    beyond = far or 1.0  # behind the last corner rights are straight lines, however far that is
    ends = high if math.isfinite(high) else far + beyond
    points = {low, ends, *(c for c in claims.corners().tolist() if low < c < ends)}
    if np.isfinite(claims.caps).any() or claims.floors.any():
        points |= set(np.linspace(low, ends, GRID).tolist())
    capacity = np.array(sorted(points))
    values = np.array([claims.rights(k) for k in capacity])
    tail = None if math.isfinite(high) else (claims.rights(ends + beyond) - values[-1]) / beyond
    return [majorant(capacity, values[:, v], None if tail is None else float(tail[v])) for v in range(values.shape[1])]


def majorant(x: Array, y: Array, tail: float | None = None) -> list[Line]:
    """Return the least concave majorant of points with rising x, as lines; `tail` is the slope after the last.

    Examples
    --------
    >>> majorant(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2.0]))
    [Line(constant=0.0, slope=1.0)]
    """
    hull: list[int] = []
    for k in range(x.size):
        while len(hull) > 1 and _turns_up(x, y, hull[-2], hull[-1], k):
            hull.pop()
        hull.append(k)
    slopes = [float((y[b] - y[a]) / (x[b] - x[a])) for a, b in pairwise(hull)]
    anchors = hull[:-1]
    if tail is not None:
        keep = [n for n, slope in enumerate(slopes) if slope > tail]
        anchors = [*(anchors[n] for n in keep), hull[len(keep)]]
        slopes = [*(slopes[n] for n in keep), tail]
    majorant = [Line(float(y[k] - slope * x[k]), slope) for k, slope in zip(anchors, slopes, strict=True)]
    least = ROUNDING * float(np.abs(y).max()) / (float(x[-1] - x[0]) or 1.0)
    # Neighbours that differ by rounding only are one line.
    return [line for n, line in enumerate(majorant) if n == 0 or abs(line.slope - majorant[n - 1].slope) > least]


def _turns_up(x: Array, y: Array, a: int, b: int, c: int) -> bool:
    """Whether the middle of three points lies on or below the straight line through the others."""
    run, size = x[c] - x[a], max(abs(y[a]), abs(y[b]), abs(y[c]))
    return bool((y[b] - y[a]) * run <= (y[c] - y[a]) * (x[b] - x[a]) + ROUNDING * size * run)

r"""Prices both ways (F1) and how far each holds (F2).

**One-sided derivatives.** With the integers held, at any optimal :math:`x^*` with its active rows and bounds, and
for a direction :math:`d` of relief,

.. math::
   v'(b; d) = \max \{ c'w :\ & (Aw)_i \le d_i \text{ (active upper sides)},\ (Aw)_i \ge -d_i
   \text{ (active lower sides)}, \\
   & w_j \ge 0 \text{ at a lower bound},\ w_j \le d_j \text{ at an upper bound, all else free} \}

.. math:: \text{right} = v'(b; d) = \min_y y'd \qquad \text{left} = -v'(b; -d) = \max_y y'd \qquad
          \text{left} \ge \text{right} \ge 0

over all optimal duals :math:`y`: the honest marginal value is the interval [right, left], and the dual that a solver
reports is some point of it. At :math:`d = 0` the answer is 0 and the basis of the plan is optimal, so each question is
a change of a few right-hand sides and a handful of pivots. What is slack has no price (complementarity), and where the
solver's own dual is zero along :math:`d`, right is zero too. Left is infinite where the limit cannot be tightened.
Where time is up, or a price of a large program takes too many pivots, that dual stands for both, and it is said.

**Range.** :math:`v` is concave in :math:`t` with the integers held, so the price holds up to the largest :math:`T`
with :math:`v(b + td) = v(b) + t\,\text{right}`. From a small step, :math:`t` grows while the value is on the line; then
Newton's method finds the end: while the value at :math:`t` lies below the line, go to the point where the line meets
the tangent at :math:`t`. It ends, since the curve has finitely many pieces. A price of zero upwards holds without end;
any other is followed up to :data:`FAR` times the right-hand side, and its range is said to be that if it still holds.
Ranging of a basis is not used: at a degenerate vertex it gives ranges of length zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.choke.bench import Bench, Question
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.parametric import with_reliefs
from fabopt.analysis.frames import frame_of
from fabopt.domain.tolerances import COUNTS, LINE
from fabopt.network.tables import Array
from fabopt.plan.groups import NO_RELIEF, Relief
from fabopt.solve.budget import OutOfTimeError
from fabopt.solve.matrices import Matrices
from fabopt.solve.noise import priceless
from fabopt.solve.resolver import Resolver, worth
from fabopt.solve.session import Ended, HighsSession, Outcome

if TYPE_CHECKING:
    import pandas as pd

CHAIN = 32
"""Neighbouring directions that are asked one after the other, each from where the one before it ended."""

FIRST, FAR = 0.01, 16.0
"""Ranges are looked for from a step of 1 % of the mean right-hand side up to 16 times that right-hand side."""


@dataclass(frozen=True, slots=True)
class Price:
    """Worth of one unit less and of one unit more along a direction, in the unit of the objective.

    Attributes
    ----------
    label
        Of the direction.
    left, right
        What the last unit earns, and what the next one would; left is infinite where there is no less.
    range_down, range_up
        How many units each holds for; None where that was not asked.
    both
        Whether both were solved for; else a price of the linear program, which lies between, stands for both.
    """

    label: str
    left: float
    right: float
    range_down: float | None = None
    range_up: float | None = None
    both: bool = True


@dataclass(frozen=True, slots=True)
class GroupPrice:
    """Prices of a limit group: of all its counted entries together, and of each.

    Attributes
    ----------
    id
        Of the group.
    whole
        For one unit in every counted period.
    periods
        Period of each entry.
    left, right
        Prices by entry.
    """

    id: str
    whole: Price
    periods: tuple[int, ...]
    left: tuple[float, ...]
    right: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GroupPrices:
    """Prices of all groups that can be moved, in their order."""

    groups: tuple[GroupPrice, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a group: prices of one unit in every counted period, and their ranges."""
        return frame_of([{"id": g.id, **_fields(g.whole)} for g in self.groups])

    @property
    def by_period(self) -> pd.DataFrame:
        """One row a group and entry."""
        return frame_of(
            [
                {"id": g.id, "period": t, "left": left, "right": right}
                for g in self.groups
                for t, left, right in zip(g.periods, g.left, g.right, strict=True)
            ]
        )


def _fields(price: Price) -> dict[str, object]:
    return {n: getattr(price, n) for n in ("label", "left", "right", "range_down", "range_up")}


def prices(oracle: Oracle, directions: Sequence[Relief], question: Question = "fixed") -> tuple[Price, ...]:
    """Return the prices both ways along any directions: a group, a window of periods, a package.

    Parameters
    ----------
    oracle
        With the plan.
    directions
        What one unit moves.
    question
        ``fixed``: integers as in the plan; ``relaxed``: of the relaxation with fractions.
    """
    chains = [directions[first : first + CHAIN] for first in range(0, len(directions), CHAIN)]
    parts = oracle.ask([partial(_prices, chain, question) for chain in chains])
    return tuple(price for part in parts for price in part)


def group_prices(oracle: Oracle, ranges: bool = True) -> GroupPrices:
    """Return the prices of every group that can be moved: together, and by entry; whole groups come first.

    Parameters
    ----------
    oracle
        With the plan.
    ranges
        Whether to find how far the prices of whole groups hold.
    """
    groups = oracle.problem.movable
    whole = [oracle.problem.direction(g.id) for g in groups]
    single = [g.by(np.eye(len(g))[k], g.label) for g in groups for k in range(len(g))]
    group_prices = prices(oracle, [*whole, *single])
    together, rest = group_prices[: len(groups)], iter(group_prices[len(groups) :])
    if ranges:
        together = with_ranges(oracle, whole, together)
    result = []
    for group, price in zip(groups, together, strict=True):
        own = [next(rest) for _ in range(len(group))]
        result.append(
            GroupPrice(
                group.id,
                price,
                tuple(group.periods.tolist()),
                tuple(p.left for p in own),
                tuple(p.right for p in own),
            )
        )
    return GroupPrices(tuple(result))


def with_ranges(oracle: Oracle, directions: Sequence[Relief], prices: Sequence[Price]) -> tuple[Price, ...]:
    """Return prices with how far each holds, in units of its direction."""
    jobs = [partial(_ranges, d, p) for d, p in zip(directions, prices, strict=True)]
    return tuple(oracle.ask(jobs))


def slope(outcome: Outcome, relief: Relief) -> float:
    """Return the slope y'd of the value along a direction, from the duals of a linear program."""
    if outcome.row_price is None or outcome.column_price is None:
        return 0.0
    row, column = outcome.row_price, outcome.column_price
    return float(
        sum(max(row[i], 0.0) * a for i, a in relief.upper.items())
        + sum(max(-row[i], 0.0) * a for i, a in relief.lower.items())
        + sum(max(column[j], 0.0) * a for j, a in relief.column.items())
    )


# -- derivatives -----------------------------------------------------------------------------------------------------


class _Derivative:
    """The derivative program at the plan."""

    def __init__(self, question: Question, bench: Bench) -> None:
        basis, self.plan = bench.resolver.anchor(question)
        session = bench.resolver.session(question)
        self.program = _derivative(session, self.plan)
        self.free = priceless(session)
        self.resolver = Resolver(self.program, basis=basis, seed=bench.effort.seed, budget=bench.resolver.budget)
        self.hot = False

    def twin(self) -> _Derivative:
        """Return another for another thread."""
        other = copy(self)
        other.resolver = self.resolver.twin()
        return other

    def price(self, direction: Relief) -> Price:
        """Return left and right along a direction; where neither can be found in time, a price that lies between."""
        d = self._felt(direction)
        if not d:
            return Price(direction.label, 0.0, 0.0)
        between = slope(self.plan, d)
        one = Price(direction.label, max(between, 0.0), max(between, 0.0), both=False)
        if self.resolver.budget.over:
            return one
        right = 0.0 if between <= _free(self.free, d) else self._along(d)
        left = right if np.isnan(right) else -self._along(d.times(-1.0))
        if np.isnan(left):
            return one
        right = max(right, 0.0)
        return Price(direction.label, max(right, left), right)

    def _felt(self, d: Relief) -> Relief:
        """Return the part of a direction that moves what is active and free to move."""
        m = self.program
        return Relief(
            d.label,
            {i: a for i, a in d.upper.items() if np.isfinite(m.row_upper[i])},
            {i: a for i, a in d.lower.items() if np.isfinite(m.row_lower[i])},
            {j: a for j, a in d.column.items() if np.isfinite(m.column_upper[j]) and m.column_lower[j] < 0},
        )

    def _along(self, d: Relief) -> float:
        try:
            value = self.resolver.slope(d.on(self.program), label=d.label, hot=self.hot)
        except OutOfTimeError:
            value = np.nan
        self.hot = bool(np.isfinite(value))  # else its basis is far from all that is asked next
        return value


def _derivative(session: HighsSession, plan: Outcome) -> Matrices:
    """Return the derivative program: zero where a row or bound is active, free elsewhere."""
    assert plan.x is not None
    assert plan.row_price is not None
    assert plan.column_price is not None
    m, (no_row, no_column) = session.matrices, priceless(session)
    n = m.n_rows
    row = _active(
        np.asarray(m.a @ plan.x), plan.row_price[:n] / no_row[:n], m.row_lower, m.row_upper, session.row_unit[:n]
    )
    column = _active(plan.x, plan.column_price / no_column, m.column_lower, m.column_upper, session.column_unit)
    return replace(
        m,
        row_lower=row[0],
        row_upper=row[1],
        column_lower=column[0],
        column_upper=column[1],
        integer=np.zeros(m.n_columns, dtype=bool),
        offset=0.0,
    )


def _active(value: Array, price: Array, lower: Array, upper: Array, unit: Array) -> tuple[Array, Array]:
    """Return 0 for each side that is active and infinity for each that is not; what has a price is active.

    ``price``: as a multiple of the largest that is none; ``unit``: in which the solver counts.
    """
    near = COUNTS * np.maximum(unit, np.abs(value))
    low = np.isfinite(lower) & ((value <= lower + near) | (price < -1.0))
    high = np.isfinite(upper) & ((value >= upper - near) | (price > 1.0))
    return np.where(low, 0.0, -np.inf), np.where(high, 0.0, np.inf)


def _free(none: tuple[Array, Array], direction: Relief) -> float:
    """Return the largest slope along a direction that the solver takes for none."""
    rows, columns = none
    at = [rows[i] * abs(a) for side in (direction.upper, direction.lower) for i, a in side.items()]
    return float(max([*at, *(columns[j] * abs(a) for j, a in direction.column.items())], default=0.0))


def _prices(chain: Sequence[Relief], question: Question, bench: Bench) -> list[Price]:
    """Return the prices of a chain of directions, which begins at the plan."""
    own = bench.own(question, partial(_Derivative, question))
    own.hot = False
    return [own.price(d) for d in chain]


# -- ranges ----------------------------------------------------------------------------------------------------------


def _ranges(direction: Relief, price: Price, bench: Bench) -> Price:
    base = worth(bench.linear("fixed", NO_RELIEF))
    session = bench.resolver.session("fixed")
    scale = _scale(session.matrices, direction)
    up = (
        np.inf
        if price.right <= _free(priceless(session), direction)
        else _reach(bench, base, direction, price.right, scale)
    )
    down = 0.0 if np.isinf(price.left) else _reach(bench, base, direction.times(-1.0), -price.left, scale)
    return replace(price, range_up=up, range_down=down)


def _scale(m: Matrices, direction: Relief) -> float:
    """Return the mean size of what a direction moves, in units of the direction; 1 where that is zero."""
    sizes = [abs(m.row_upper[i] / a) for i, a in direction.upper.items() if a]
    sizes += [abs(m.row_lower[i] / a) for i, a in direction.lower.items() if a]
    sizes += [abs(m.column_upper[j] / a) for j, a in direction.column.items() if a]
    finite = [size for size in sizes if np.isfinite(size)]
    return float(np.mean(finite)) or 1.0 if finite else 1.0


def _reach(bench: Bench, base: float, direction: Relief, steep: float, scale: float) -> float:
    """Return the largest step, up to FAR times the scale, at which the value is still on the line."""
    t, most, held, grown, hot = FIRST * scale, FAR * scale, 0.0, False, False
    while True:
        if not hot:
            bench.resolver.begin("fixed")
        outcome = bench.linear("fixed", direction.times(t), hot=True)
        hot = outcome.ended is Ended.OPTIMAL
        value, line = worth(outcome), base + steep * t
        if value >= line - COUNTS * abs(steep * t) - LINE * max(bench.problem.size, abs(base)):
            if grown or t >= most:
                return t
            held, t = t, min(4.0 * t, most)
        elif np.isinf(value):
            possible = _most_possible(bench, direction, t)
            if possible <= held or possible >= t:
                return held
            t, grown = possible, True
        else:
            grown = True
            gentler = slope(outcome, direction)
            closer = (value - gentler * t - base) / (steep - gentler) if gentler < steep else t
            if not held < closer < t:  # rounding has left no angle between line and tangent
                return min(max(closer, held), t)
            t = closer


def _most_possible(bench: Bench, direction: Relief, most: float) -> float:
    """Return the furthest step up to ``most`` along a direction at which there still is a plan, integers fixed."""
    program = with_reliefs(bench.problem.matrices, [direction], np.array([most]))
    cost = np.zeros(program.n_columns)
    cost[-1] = 1.0
    outcome = bench.once(replace(program, cost=cost, offset=0.0), direction.label, "fixed", np.inf)
    return 0.0 if outcome.ended is not Ended.OPTIMAL or outcome.objective is None else outcome.objective

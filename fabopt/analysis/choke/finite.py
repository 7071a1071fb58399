r"""Finite steps: exact curves, first gain and saturation, the average price, proof of idleness.

**Trace of a linear program.** With the integers held (a curve that plans reach) or relaxed (one that no plan
exceeds), :math:`t \mapsto v(b + td)` is concave with finitely many pieces. Where the tangents at two points meet, the
value is either theirs, which makes a breakpoint, or lies below, and both halves are asked again: at most
:math:`2k + 1` programs for :math:`k` pieces.

**Curve of a mixed-integer program.** Neither concave nor continuous, but it never falls: where the value certified at
:math:`t = b` is no more than that at :math:`t = a`, all between is *proven flat* by two runs. Two single programs, with
the step as a decision, find the ends of what matters:

.. math:: \text{first gain} = \min \{ t : c'x \ge U_0 + \varepsilon \} \qquad
          \text{saturation} = \min \{ t : c'x \ge v(b + Td) \}

**Average shadow price** (Kim and Cho 1988; Crema 1995): the highest price per unit at which some purchase up to
:math:`T` pays,

.. math:: \mathrm{ASP} = \sup_{0 < t \le T} \frac{v(b + td) - v(b)}{t}

by Dinkelbach's method: maximise :math:`c'x - \lambda t` over :math:`(x, t)`, raise :math:`\lambda` to the ratio of the
answer, until nothing pays more than :math:`\lambda`. It ends after a few programs, since :math:`\lambda` only rises.

**Proof of idleness.** A gain smaller than the gap of the base can still be proven zero. If no plan of the relaxation
that is worth at least :math:`L_0` uses more of a limit than is there, with the limit lifted, then lifting it loses no
plan and gains none that is better: the gain is zero, whatever the gap. One linear program a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.choke.bench import Bench, Question
from fabopt.analysis.choke.derivative import slope
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.parametric import with_reliefs, with_target
from fabopt.analysis.frames import frame_of
from fabopt.domain.tolerances import COUNTS, SAME
from fabopt.plan.groups import LIFTED, Relief, Step
from fabopt.plan.problem import Interval
from fabopt.solve.perturbation import between, numbers_at
from fabopt.solve.resolver import worth
from fabopt.solve.session import Ended

if TYPE_CHECKING:
    import pandas as pd


# -- F3: the trace of a linear program -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One straight piece of a curve: from step ``start`` with ``value`` there, up to ``end``, with a slope."""

    start: float
    end: float
    value: float
    slope: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A concave curve as its straight pieces, and the number of linear programs that it took."""

    pieces: tuple[Piece, ...]
    asked: int

    def at(self, t: float) -> float:
        """Return the value at a step within the curve."""
        piece = next((p for p in self.pieces if t <= p.end), self.pieces[-1])
        return piece.value + piece.slope * (t - piece.start)

    @property
    def breakpoints(self) -> tuple[tuple[float, float], ...]:
        """Step and value of the ends of all pieces."""
        last = self.pieces[-1]
        return (*((p.start, p.value) for p in self.pieces), (last.end, self.at(last.end)))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a piece."""
        return frame_of([{"start": p.start, "end": p.end, "value": p.value, "slope": p.slope} for p in self.pieces])


def trace(oracle: Oracle, direction: Relief, most: float, question: Question = "fixed") -> Trace:
    """Return the exact curve of the value along a direction, from 0 to ``most`` units.

    Parameters
    ----------
    oracle
        With the plan.
    direction
        What one unit moves.
    most
        Last step.
    question
        ``fixed``: integers as in the plan, a lower curve; ``relaxed``: of the relaxation, an upper curve.
    """
    return oracle.ask([partial(_trace, direction, most, question)])[0]


def _trace(direction: Relief, most: float, question: Question, bench: Bench) -> Trace:
    known: dict[float, tuple[float, float]] = {}

    def value(t: float) -> tuple[float, float]:
        if t not in known:
            outcome = bench.linear(question, direction.times(t))
            known[t] = worth(outcome), slope(outcome, direction)
        return known[t]

    breaks: set[float] = {0.0, most}

    def split(a: float, b: float) -> None:
        (va, ga), (vb, gb) = value(a), value(b)
        small = bench.problem.near(va, vb)
        if abs(va + ga * (b - a) - vb) <= small or abs(vb - gb * (b - a) - va) <= small or (ga - gb) * (b - a) <= small:
            return
        t = (vb - gb * b - va + ga * a) / (ga - gb)
        if not a < t < b or min(t - a, b - t) <= SAME * most:
            return
        if value(t)[0] < va + ga * (t - a) - small:
            split(a, t)
            split(t, b)
        breaks.add(t)

    split(0.0, most)
    ends = sorted(breaks)
    pieces: list[Piece] = []
    for a, b in pairwise(ends):
        steep = (value(b)[0] - value(a)[0]) / (b - a)
        bend = abs(steep - pieces[-1].slope) if pieces else np.inf
        if bend <= COUNTS * abs(steep) or bend * (b - a) <= bench.problem.near(value(a)[0], value(b)[0]):
            pieces[-1] = replace(pieces[-1], end=b)
        else:
            pieces.append(Piece(a, b, value(a)[0], steep))
    return Trace(tuple(pieces), len(known))


# -- F4: the curve of a mixed-integer program ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """Value certified at a step."""

    t: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The value of a mixed-integer program along a direction.

    Attributes
    ----------
    points
        Certified values, by step.
    flat
        Stretches (from, to) on which the value is proven to gain no more than the smallest gain that counts.
    first_gain
        Step at which the value first gains; None where it is proven not to gain at all.
    saturates
        Step from which the value no longer gains; None where it gains nowhere.
    """

    points: tuple[Point, ...]
    flat: tuple[tuple[float, float], ...]
    first_gain: Interval | None
    saturates: Interval | None

    @property
    def frame(self) -> pd.DataFrame:
        """One row a point."""
        return frame_of([{"step": p.t, "lo": p.lo, "hi": p.hi} for p in self.points])


def value_curve(oracle: Oracle, direction: Relief, most: float, pieces: int = 8) -> Curve:
    """Return the value of the mixed-integer program along a direction, from 0 to ``most`` units.

    Parameters
    ----------
    oracle
        With the plan.
    direction
        What one unit moves.
    most
        Last step.
    pieces
        Number of equal parts that are asked, besides the first gain and the saturation.
    """
    first = first_gain(oracle, direction, most)
    last = None if first is None else saturation(oracle, direction, most)
    steps = {most * k / pieces for k in range(pieces + 1)}
    steps |= {i.hi for i in (first, last) if i is not None and np.isfinite(i.hi)}
    order = sorted(steps)
    value_curve = oracle.certify([direction.times(t) for t in order])
    points = tuple(Point(t, i.lo, i.hi) for t, i in zip(order, value_curve, strict=True))
    flat: list[tuple[float, float]] = []
    for a, b in pairwise(points):
        if b.hi <= a.lo + oracle.eps:
            joined = flat and flat[-1][1] == a.t and b.hi <= _at(points, flat[-1][0]).lo + oracle.eps
            flat[-1:] = [(flat[-1][0], b.t)] if joined else [*flat[-1:], (a.t, b.t)]
    return Curve(points, tuple(flat), first, last)


def _at(points: Sequence[Point], t: float) -> Point:
    return next(p for p in points if p.t == t)


def least_step(oracle: Oracle, direction: Relief, target: float, most: float) -> Interval | None:
    """Return the least step up to ``most`` that reaches a value, as an interval; None where none is proven to.

    The upper end is infinite where time did not suffice to find one.
    """
    return oracle.ask([partial(_least_step, direction, target, most)])[0]


def _least_step(direction: Relief, target: float, most: float, bench: Bench) -> Interval | None:
    m = bench.problem.matrices
    program = with_target(with_reliefs(m, [direction], np.array([most])), m.cost, target - m.offset)
    cost = np.zeros(program.n_columns)
    cost[-1] = -1.0
    outcome = bench.once(replace(program, cost=cost, offset=0.0), direction.label)
    if outcome.ended is Ended.INFEASIBLE:
        return None
    upper = np.inf if outcome.objective is None else max(0.0, -outcome.objective)
    lower = 0.0 if outcome.bound is None else min(upper, max(0.0, -outcome.bound))
    return Interval(lower, upper)


def first_gain(oracle: Oracle, direction: Relief, most: float) -> Interval | None:
    """Return the step at which the value first gains; None where it is proven to gain nothing up to ``most``."""
    if oracle.improves(direction.times(most)) is False:
        return None
    return least_step(oracle, direction, oracle.better, most)


def saturation(oracle: Oracle, direction: Relief, most: float) -> Interval | None:
    """Return the step at which all is gained that ``most`` units gain (the value found there)."""
    value = oracle.certified(direction.times(most)).lo
    return least_step(oracle, direction, value - oracle.problem.near(value), most)


# -- F5: the average shadow price ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AveragePrice:
    """The highest price per unit at which some purchase pays.

    Attributes
    ----------
    lo, hi
        What is proven of it; ``hi`` is infinite where time or gap left that open.
    at
        The purchase, in units; None where none pays.
    """

    lo: float
    hi: float
    at: float | None


def average_price(oracle: Oracle, direction: Relief, most: float) -> AveragePrice:
    """Return the average shadow price of a direction for purchases of up to ``most`` units."""
    top = oracle.certified(direction.times(most)).over(oracle.base)
    if top.proof(oracle.eps) == "zero":
        return AveragePrice(0.0, 0.0, None)
    return oracle.ask([partial(_average, oracle.base, oracle.eps, direction, most, top.lo / most)])[0]


def _average(base: Interval, eps: float, direction: Relief, most: float, first: float, bench: Bench) -> AveragePrice:
    program = with_reliefs(bench.problem.matrices, [direction], np.array([most]))
    price, at = first, most if first > 0 else None
    while True:
        cost = program.cost.copy()
        cost[-1] = -price
        label = f"{direction.label} at {price:.6g} a unit"
        outcome = bench.once(replace(program, cost=cost), label)
        if outcome.x is None or outcome.objective is None:
            return AveragePrice(price, np.inf, at)
        step = float(outcome.x[-1])
        surplus = outcome.objective - base.hi
        if surplus <= eps or step <= SAME * most:
            open_ = outcome.bound is None or outcome.bound - base.lo > eps
            return AveragePrice(price, np.inf if open_ else price, at)
        price, at = price + surplus / step, step


def idle(oracle: Oracle, ids: Sequence[str], question: Step = LIFTED) -> dict[str, bool]:
    """Return which groups are proven to gain nothing, however large the gap of the base.

    Parameters
    ----------
    oracle
        With the plan.
    ids
        Groups that can be moved.
    question
        The relief that is shown to gain nothing.
    """
    reliefs = [oracle.problem.relief(id, question) for id in ids]
    answers = oracle.ask([partial(_idle, relief, oracle.base.lo) for relief in reliefs])
    return dict(zip(ids, answers, strict=True))


def _idle(relief: Relief, value: float, bench: Bench) -> bool:
    """Return whether no better plan of the relaxation uses what the relief gives."""
    m = bench.problem.matrices
    better = between(m, with_target(m, m.cost, value - m.offset - bench.problem.near(value)))
    change, columns, none = relief.on(m).then(better), np.arange(m.n_columns), np.zeros(m.n_columns)
    rows = m.a.tocsr()
    bench.resolver.begin("relaxed")
    unit = bench.problem.units
    wanted = [(rows[[i], :].toarray()[0], m.row_upper[i], 1 / unit.row[i]) for i, a in relief.upper.items() if a > 0]
    wanted += [(-rows[[i], :].toarray()[0], -m.row_lower[i], 1 / unit.row[i]) for i, a in relief.lower.items() if a > 0]
    wanted += [
        (np.eye(1, m.n_columns, j)[0], m.column_upper[j], unit.column[j]) for j, a in relief.column.items() if a > 0
    ]
    for cost, limit, one in wanted:
        asked = replace(change.then(numbers_at(m, columns, none + cost)), offset=(m.offset, 0.0))
        most = worth(bench.resolver.ask(asked, "relaxed", label=relief.label, hot=True))
        if most > limit + COUNTS * max(one, abs(limit)):
            return False
    return True

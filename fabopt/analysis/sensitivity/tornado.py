r"""The tornado: which numbers matter, found by the adjoint and proven by solving again.

1. **Adjoint** (:mod:`.adjoint`): what every number with a range is worth, from one solve. Prices that a plan has at a
   kink are some of many, so the same movements are also priced at :data:`PAIRS` neighbouring programs in which every
   limit is moved at random by about :data:`NUDGE`; the largest of the answers decides who is looked at further.
2. **Both sides**: those numbers are moved by :data:`.ends.SIDE` of the way to each end and the linear program is solved
   again, integers held. Where the two slopes differ, the number stands at a kink.
3. **Ends**: the widest are solved at their low and high. With the integers of the plan held this is a linear
   program; when it is asked for, integers may move, to the gap of the run. The choke point of each end is the
   limit of which 10 % more earns most there.

**Worth of information.** Before the plan's integers are decided, knowing a number exactly is worth what they could
then be chosen better. At an end, the regret is what plans with other integers would earn more than the plan's own:

.. math:: r = \max\{0,\ (v_\text{free} - v_\text{held})_\text{end} - (v_\text{free} - v_\text{held})_\text{now}\}

with :math:`v_\text{free}` the mixed-integer plan found where integers are free, or else the bound in which they
may be fractions. Straight between the ends, and zero at the value, the mean regret over the triangular distribution is

.. math:: \tfrac13 \left( w\, r_\text{low} + (1 - w)\, r_\text{high} \right) \qquad w = \frac{\text{value} - \text{low}}
          {\text{high} - \text{low}}

This is an estimate of the expected value of perfect information about that number alone. What does not need
integers is re-planned at no cost in it, so what it leaves out is the worth of knowing before such decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fabopt.analysis.sensitivity.adjoint import NO_TIME, Slope, slopes
from fabopt.analysis.sensitivity.ends import Away, Count, Ends
from fabopt.analysis.sensitivity.numbers import Number, Numbers
from fabopt.analysis.sensitivity.places import Prices, prices_of
from fabopt.analysis.sensitivity.records import Bar, Basis, EndValue, NumberSlope, Tornado
from fabopt.domain.tolerances import ranked
from fabopt.plan.groups import together
from fabopt.plan.problem import sides
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.perturbation import Perturbation, between
from fabopt.solve.work.executor import LocalProcesses
from fabopt.solve.work.journal import Journal

PAIRS, NUDGE = 4, 1e-3
"""How many neighbouring programs are priced too, and by about how much their limits are moved."""

WIDER = 3
"""Numbers whose sides are found, for each that is solved at its ends."""


@dataclass(frozen=True, slots=True)
class TornadoOptions:
    """What is asked of a tornado.

    Attributes
    ----------
    top
        Numbers that are solved at their ends.
    basis
        Whether integers are held at the ends, or free to move.
    workers
        Processes that price numbers, and threads that solve ends.
    scheduler
        Address of a Dask cluster that does both in their place.
    journal
        File in which numbers that were solved again are kept as they come; what it has is not solved again.
    only
        Levers of the numbers that are looked at; all with a range when left out.
    """

    top: int = 20
    basis: Basis = "held"
    workers: int = 1
    scheduler: str | None = None
    journal: Path | None = None
    only: frozenset[str] | None = None


def neighbours(ends: Ends, count: int = PAIRS) -> list[Prices]:
    """Return the plan and its prices, and those of neighbouring programs in which every limit is moved a little."""
    pairs = [prices_of(ends.base)]
    for k in range(count):
        with ends.budget.attempt("the prices of neighbouring programs"):
            answer = ends.whatif.held(_nudged(ends.plan, k))
            if answer.x is not None:
                pairs.append(prices_of(answer))
    return pairs


def _nudged(plan: SolvedProgram, k: int) -> Perturbation:
    """Return a patch that loosens (k even) or tightens (k odd) every limit by a random amount of about NUDGE."""
    rng = np.random.default_rng([0, k])
    sign = 1.0 if k % 2 == 0 else -1.0
    groups = [g for g in plan.problem.groups if g.relaxable and len(g)]
    relief = together(g.by(sign * NUDGE * (0.5 + rng.random(len(g))) * g.base) for g in groups)
    low, high, top = sides(plan.program, relief)
    low = np.minimum(low, high)
    top = np.maximum(top, plan.program.column_lower)
    return between(plan.program, replace(plan.program, row_lower=low, row_upper=high, column_upper=top))


def tornado(
    name: str,
    said: str,
    unit: str,
    numbers: Numbers,
    plan: SolvedProgram,
    asked: TornadoOptions,
    budget: TimeBudget | None = None,
    count: Count | None = None,
    away: Away | None = None,
    journal: Journal[Any] | None = None,
) -> Tornado:
    """Return what the numbers of an instance are worth.

    Parameters
    ----------
    name, said
        The instance, and in words the plan.
    unit
        Unit of the objective.
    numbers
        Its numbers.
    plan
        The plan, brought back to life.
    asked
        What is asked.
    budget
        Time for it; without end when left out. What it does not allow is left out and said.
    count
        Told of the numbers that are done within a step.
    away
        Where numbers are priced and moved in the place of processes and threads.
    journal
        Where numbers that were solved again are kept.

    Raises
    ------
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended it before any number was priced.
    """
    clock = TimeBudget() if budget is None else budget
    with clock.timed("neighbouring prices"):
        ends = Ends(numbers, plan, asked.basis, clock, away, journal)
        pairs = neighbours(ends)
    with clock.timed("adjoint"):
        here = LocalProcesses(asked.workers, solves=False) if asked.workers > 1 else None
        executor = here if away is None else away.executor
        tornado = slopes(numbers, plan.net.name, plan.options, pairs, executor, count, plan.hooks, clock, asked.only)
    unpriced = sum(s.reason == NO_TIME for s in tornado)
    if tornado and unpriced == len(tornado):
        raise clock.out_of_time("what the numbers are worth")
    if unpriced:
        clock.leave_out(f"the prices of {unpriced:,} of {len(tornado):,} numbers")
    with clock.timed("both sides"):
        slope = {s.path: _number_slope(numbers[s.path], s) for s in tornado}
        order = sorted(tornado, key=_reach, reverse=True)
        looked_at = [s for s in order if _reach(s) > 0][: WIDER * asked.top]
        if not plan.program.large:  # another structure is a program from nothing: minutes where it is large
            looked_at += [s for s in order if _without_slope(s) and s not in looked_at]
        slope |= {n.path: n for n in ends.both_sides([slope[s.path] for s in looked_at], asked.workers, count)}
        if clock.over:
            clock.leave_out("solving both sides of every number that matters")
    with clock.timed("ends"):
        chosen = [slope[path] for path in ranked({path: _width(n) for path, n in slope.items()})]
        widest = [n for n in chosen if _width(n) > 0][: asked.top]
        solved = ends.all([numbers[n.path] for n in widest], asked.workers, count)
        bars = {
            n.path: Bar(n, *both, _information(numbers[n.path], *both))
            for n, both in zip(widest, solved, strict=True)
            if both is not None
        }
        if len(bars) < len(widest):
            clock.leave_out(f"the ends of {len(widest) - len(bars)} of the {len(widest)} widest numbers")
    return Tornado(
        name=name,
        held=said,
        objective=ends.objective,
        objective_name=plan.options.objective,
        unit=unit,
        choke=ends.choke,
        basis=asked.basis,
        bars=tuple(bars[path] for path in ranked({path: bar.span for path, bar in bars.items()})),
        slopes=tuple(chosen),
        steps=clock.seconds_by_stage,
        notes=(*_notes(tornado), *clock.said_left_out()),
    )


def _without_slope(s: Slope) -> bool:
    """Return whether the smallest movement of a number is no small change of the program."""
    return s.low is None and s.high is None and s.reason != NO_TIME


def _reach(s: Slope) -> float:
    """Return the largest change that any of the prices gives a number."""
    return max((abs(v) for side in (s.low, s.high) if side is not None for v in side), default=0.0)


def _width(n: NumberSlope) -> float:
    return max(abs(v) for v in (n.at_low or 0.0, n.at_high or 0.0))


def _number_slope(number: Number, s: Slope) -> NumberSlope:
    low, high = number.range
    return NumberSlope(
        path=number.path,
        unit=number.quantity.unit,
        value=number.value,
        low=low,
        high=high,
        series=len(number.quantity.points) > 1,
        quality=number.quality,
        source=number.source,
        at_low=None if s.low is None else s.low[0],
        at_high=None if s.high is None else s.high[0],
        reason=s.reason,
    )


def _information(number: Number, low: EndValue | None, high: EndValue | None) -> float:
    """Return the mean regret over the triangular distribution, straight between value and ends."""
    bottom, top = number.range
    weight = (number.value - bottom) / (top - bottom)
    regrets = [0.0 if e is None or e.regret is None else e.regret for e in (low, high)]
    return (weight * regrets[0] + (1.0 - weight) * regrets[1]) / 3.0


def _notes(slopes: Sequence[Slope]) -> tuple[str, ...]:
    open_ = [s for s in slopes if _without_slope(s)]
    half = [s for s in slopes if (s.low is None) != (s.high is None) and s.reason != NO_TIME]
    notes = []
    if open_:
        notes.append(f"Numbers without a slope, whose smallest movement is no small change: {len(open_)}.")
    if half:
        notes.append(f"Numbers with a slope to one side only, for the same reason: {len(half)}.")
    return tuple(notes)

"""What is left of a plan's value where decisions are closed or moved and the rest is planned again.

On a small program integers are searched again; on a large one they are held as in the plan, but for those that are
closed or moved, and the linear program around them is solved. Then a loss is that of this plan, and the exact one may
be less.

Where demand that is required cannot be met under a change, as much of it as can be is met first, by its worth, and the
rest is planned around that: what is not met then is missing in the value.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import COUNTS, rounding
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.network.tagged import ids
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import Perturbation, aimed_at, bounds_at, row_more, sides_at
from fabopt.solve.resolver import Mode, worth

LEAST = 1e-3
"""What a unit of what is required counts at least, where it is worth less, of the largest worth of a unit of any."""

OF_ACTIVITY = ("start", "on", "lots")
OF_UNIT = ("order", "placed")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is left of a plan's value.

    Attributes
    ----------
    value
        Of the best plan that was found; minus infinity where there is none.
    bound
        What no plan exceeds.
    x
        That plan [columns], None where there is none.
    short
        Whether demand that is required falls short in it.
    """

    value: float
    bound: float
    x: Array | None
    short: bool = False


NOTHING = Answer(-np.inf, -np.inf, None)
"""No plan is possible."""

UNKNOWN = Answer(-np.inf, np.inf, None)
"""No plan was found in the time, or the solver gave up: nothing is known."""


def closed(
    plan: SolvedProgram, activities: Collection[str], units: Collection[str], shut: NDArray[np.bool_]
) -> Perturbation:
    """Return the change that closes activities and units in some periods.

    Nothing is started, switched on or ordered in them; what is pinned as ordered stays. Integers that only count what
    several units order together (scanners of an owner in a year) are free where a closed unit is counted.

    Parameters
    ----------
    plan
        The plan.
    activities, units
        Their ids.
    shut
        Whether a period is closed [T].
    """
    columns, at, lower = plan.tables.columns, plan.tables.columns.at, plan.program.column_lower
    closed: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for name in OF_ACTIVITY:
        index = columns[name].index
        closed += [index[at.activity[id]][shut] for id in activities]
    for name in OF_UNIT:
        index = columns[name].index
        closed += [_unpinned(index[at.unit[id]][shut], lower) for id in units]
    zero = np.concatenate(closed)
    zero = zero[zero >= 0]
    none = np.zeros(len(zero))
    return bounds_at(plan.program, zero, none, none, free=_counters(plan, units))


def _unpinned(index: IntArray, lower: Array) -> IntArray:
    there = index[index >= 0]
    return there[lower[there] <= 0.0]


def _counters(plan: SolvedProgram, units: Collection[str]) -> IntArray:
    """Return the columns that count what several units order, of groups that count one of these."""
    own, at, counters = set(units), plan.tables.columns["counter"].offset, list[int]()
    for group in plan.net.whole_groups:
        here = range(at, at + len(group.windows))
        at += len(group.windows)
        if any(term.kind in ("unit", "placed", "retire") and term.id in own for term in group.terms):
            counters += here
    return np.array(counters, dtype=np.int64)


class Again:
    """Plans again around changes of a plan.

    Parameters
    ----------
    plan
        A plan brought back to life.
    whole
        Whether integers are searched again; None: on a small program.
    seconds
        Longest search of integers, and longest linear program that only bounds a loss.
    budget
        Time for all of it; without end when left out. What it ends has no answer.

    Attributes
    ----------
    base
        Value of the plan.
    """

    def __init__(
        self,
        plan: SolvedProgram,
        whole: bool | None = None,
        seconds: float = 20.0,
        budget: TimeBudget | None = None,
    ) -> None:
        self.plan, self.seconds = plan, seconds
        self.whole = not plan.program.large if whole is None else whole
        self.base = plan.problem.value(plan.x)
        self._resolver = plan.resolver(budget)

    def twin(self) -> Again:
        """Return another for a thread of its own, with the same memory and the time that is left now."""
        other = copy(self)
        other._resolver = self._resolver.twin()
        other._resolver.budget = self._resolver.budget.sub()
        return other

    @property
    def how(self) -> str:
        """Return in words what is free when a plan is made again."""
        return "integers searched again" if self.whole else "integers held"

    def without(self, change: Perturbation, least: float, *, far: bool = False) -> Answer:
        """Return what is left of the plan's value under a change, as far as it takes to know whether it loses so much.

        On a large program the linear program in which integers may be fractions is asked first: no plan exceeds it.
        Where that does not prove the loss, the one with the plan's integers tells what at least is left.

        Parameters
        ----------
        change
            The change.
        least
            Loss that is to be decided, M USD.
        far
            The change is a large one: the linear program is then solved from nothing.
        """
        if self.whole:
            return self.value(change)
        try:
            with self._resolver.budget.part(seconds=self.seconds):
                bound = worth(self._resolver.ask(change, "relaxed", far=far))
        except (SolverError, OutOfTimeError):
            return UNKNOWN
        if bound == -np.inf:
            return NOTHING
        if self.base - bound > least:
            return replace(UNKNOWN, bound=bound)
        held = self.value(change, far=far)
        return replace(UNKNOWN, bound=bound) if held.x is None else replace(held, bound=max(bound, held.value))

    def searched(self, change: Perturbation, seconds: float, gap: float) -> Answer:
        """Return what is left of the plan's value under a change, integers searched again within a relative gap."""
        try:
            with self._resolver.budget.part(seconds=seconds):
                outcome = self._resolver.ask(change, "exact", seconds=seconds, gap=gap)
        except (SolverError, OutOfTimeError):
            return UNKNOWN
        return _answer(outcome)

    def value(self, change: Perturbation, *, lenient: bool = False, far: bool = False) -> Answer:
        """Return what is left of the plan's value under a change.

        Parameters
        ----------
        change
            The change.
        lenient
            Whether demand that is required may fall short where no plan meets it.
        far
            The change is a large one: a large linear program is then solved from nothing.
        """
        try:
            answer = _answer(self._asked(change, far))
            return self._short(change) if answer is NOTHING and lenient else answer
        except (SolverError, OutOfTimeError):
            return UNKNOWN

    def most(self, change: Perturbation, of: Array) -> float | None:
        """Return the most of ``of . x`` [columns] under a change, whatever it is worth; None where it is not known."""
        try:
            return self._asked(change.then(aimed_at(self.plan.program, of))).objective
        except (SolverError, OutOfTimeError):
            return None

    def without_chip(self, chip: str, lab: str, *, programme: bool = False) -> Answer:
        """Return what is left of the plan's value if a lab is shipped none of a chip, or does not fund it either."""
        net = self.plan.net
        shipped = ids(net.activities, role="shipment", chip=chip, lab=lab)
        funded = ids(net.units, role="programme", chip=chip, lab=lab) if programme else ()
        return self.value(closed(self.plan, shipped, funded, np.ones(net.n_periods, dtype=bool)))

    def _short(self, change: Perturbation) -> Answer:
        """Meet as much of what is required as can be, and plan the rest around that."""
        program, (rows, worth) = self.plan.program, _required(self.plan)
        if not len(rows):
            return NOTHING
        may_lack = change.then(sides_at(program, rows, np.full(len(rows), -np.inf), program.row_upper[rows]))
        most = self._asked(may_lack.then(aimed_at(program, worth)))
        if most.objective is None:
            return _answer(most)
        least = most.objective - rounding(most.objective)
        met = row_more(program, worth, least, np.inf)
        return replace(_answer(self._asked(may_lack.then(met))), short=True)

    def _asked(self, change: Perturbation, far: bool = False) -> Outcome:
        mode: Mode = "exact" if self.whole else "fixed"
        return self._resolver.ask(change, mode, far=far, seconds=self.seconds, gap=COUNTS, constant_objective=0.0)


def _answer(outcome: Outcome) -> Answer:
    if outcome.objective is None:
        return NOTHING if outcome.ended is Ended.INFEASIBLE else UNKNOWN
    bound = outcome.objective if outcome.bound is None else max(outcome.bound, outcome.objective)
    return Answer(outcome.objective, bound, outcome.x)


def _required(plan: SolvedProgram) -> tuple[IntArray, Array]:
    """Return the rows of demand that is required, and what a unit that is delivered to it is worth [columns]."""
    demands = [(j, d) for j, d in enumerate(plan.net.demands) if d.required and d.expiry is None]
    ids = {demand.id for _, demand in demands}
    rows = [r for r, (family, key) in enumerate(plan.program.labels) if family == "demand" and key[0] in ids]
    index = plan.tables.columns["deliver"].index
    most = max((float(step.value.max()) for _, demand in demands for step in demand.steps), default=0.0)
    least = LEAST * most if most > 0.0 else 1.0
    worth = np.zeros(plan.program.n_columns)
    for j, demand in demands:
        for k, step in enumerate(demand.steps):
            for period in plan.net.periods:
                if (column := int(index[j, k, period.index])) >= 0:
                    worth[column] = max(float(step.value[period.index]), least) * period.discount
    return np.array(rows, dtype=np.int64), worth

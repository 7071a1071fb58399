"""A plan's program, live, in which decisions are closed or moved and the rest is planned again.

On a small program whole numbers are searched again; on a large one they are held as in the plan, but for those that
are closed or moved, and the linear program around them is solved. Then a loss is that of this plan, and the exact one
may be less.

Where demand that is required cannot be met under a change, as much of it as can be is met first, by its worth, and the
rest is planned around that: what is not met then is missing in the value.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import COUNTS, rounding
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.finish import linear_answer, stands
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import held
from fabopt.solve.resolver import UNKNOWN as FAILED
from fabopt.solve.session import HighsSession

LEAST = 1e-3
"""What a unit of what is required counts at least, where it is worth less, of the largest worth of a unit of any."""

OF_ACTIVITY = ("start", "on", "lots")
OF_UNIT = ("order", "placed")


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """New bounds of some columns of a program; ``columns``, ``lower`` and ``upper`` are [n]."""

    columns: IntArray
    lower: Array
    upper: Array

    @property
    def key(self) -> bytes:
        """What tells it from others."""
        order = np.argsort(self.columns, kind="stable")
        return b"".join(part[order].tobytes() for part in (self.columns, self.lower, self.upper))


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


def closed(plan: SolvedProgram, activities: Collection[str], units: Collection[str], shut: NDArray[np.bool_]) -> Change:
    """Return the change that closes activities and units in some periods.

    Nothing is started, switched on or ordered in them; what is pinned as ordered stays. Whole numbers that only count
    what several units order together (scanners of an owner in a year) are free again where a closed unit is counted.

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
    found: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for name in OF_ACTIVITY:
        index = columns[name].index
        found += [index[at.activity[id]][shut] for id in activities]
    for name in OF_UNIT:
        index = columns[name].index
        found += [_unpinned(index[at.unit[id]][shut], lower) for id in units]
    zero = np.concatenate(found)
    zero = zero[zero >= 0]
    free = _counters(plan, units)
    none = np.zeros(len(zero))
    return Change(
        np.concatenate([zero, free]),
        np.concatenate([none, plan.program.column_lower[free]]),
        np.concatenate([none, plan.program.column_upper[free]]),
    )


def _unpinned(index: IntArray, lower: Array) -> IntArray:
    there = index[index >= 0]
    return there[lower[there] <= 0.0]


def _counters(plan: SolvedProgram, units: Collection[str]) -> IntArray:
    """Return the columns that count what several units order, of groups that count one of these."""
    own, at, found = set(units), plan.tables.columns["counter"].offset, list[int]()
    for group in plan.net.whole_groups:
        here = range(at, at + len(group.windows))
        at += len(group.windows)
        if any(term.kind in ("unit", "placed", "retire") and term.id in own for term in group.terms):
            found += here
    return np.array(found, dtype=np.int64)


class Again:
    """A plan's program that is solved again under changes, each of them undone before the next.

    Parameters
    ----------
    plan
        A plan brought back to life.
    whole
        Whether whole numbers are searched again; None: on a small program.
    seconds
        Longest search of whole numbers.
    budget
        Time for all of it; without end when left out. What it ends has no answer, and is asked again.

    Attributes
    ----------
    base
        Value of the plan.
    solved
        Number of programs that were solved.
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
        self.solved = 0
        program = plan.program if self.whole else held(plan.program, plan.x)
        self._session = HighsSession(program, threads=1, seed=plan.options.seed, budget=budget)
        self._required, worth = _required(plan)
        if not self.whole:
            self._session.basis = plan.basis
        self._met = self._session.add_row(worth.columns, worth.weight, -np.inf, np.inf) if len(self._required) else -1
        self._worth = worth
        self._start = None if self.whole else self._session.basis
        self._known: dict[bytes, Answer] = {}

    @property
    def how(self) -> str:
        """Return in words what is free when a plan is made again."""
        return "whole numbers searched again" if self.whole else "whole numbers held"

    def rest(self) -> None:
        """Go back to the plan, from which the next program is begun."""
        if self._start is not None:
            self._session.basis = self._start

    def value(self, change: Change, *, lenient: bool = False) -> Answer:
        """Return what is left of the plan's value under a change.

        Parameters
        ----------
        change
            The change.
        lenient
            Whether demand that is required may fall short where no plan meets it.
        """
        key = change.key + bytes([lenient])
        if key not in self._known:
            self.solved += 1
            answer = self._solve(change, lenient)
            if answer is UNKNOWN and self._session.budget.over:
                return UNKNOWN
            self._known[key] = answer
        return self._known[key]

    def _solve(self, change: Change, lenient: bool) -> Answer:
        at, session = change.columns, self._session
        before = session.column_lower[at].copy(), session.column_upper[at].copy()
        session.set_column_bounds(at, change.lower, change.upper)
        try:
            outcome = self._outcome()
            if outcome.ended is Ended.INFEASIBLE and lenient and self._met >= 0:
                return self._short()
        finally:
            self._session.set_column_bounds(at, *before)
        return _answer(outcome)

    def _short(self) -> Answer:
        """Meet as much of what is required as can be, and plan the rest around that."""
        rows, cost = self._required, self._session.cost.copy()
        low, high = self._session.row_lower[rows].copy(), self._session.row_upper[rows].copy()
        met = np.array([self._met], dtype=np.int64)
        endless = np.array([np.inf])
        worth = np.zeros_like(cost)
        worth[self._worth.columns] = self._worth.weight
        self._session.set_row_bounds(rows, np.full(len(rows), -np.inf), high)
        self._session.set_costs(worth)
        try:
            most = self._outcome()
            self._session.set_costs(cost, self.plan.program.offset)
            if most.objective is None:
                return _answer(most)
            least = np.array([most.objective - rounding(most.objective)])
            self._session.set_row_bounds(met, least, endless)
            return replace(_answer(self._outcome()), short=True)
        finally:
            self._session.set_costs(cost, self.plan.program.offset)
            self._session.set_row_bounds(rows, low, high)
            self._session.set_row_bounds(met, -endless, endless)

    def _outcome(self) -> Outcome:
        """Solve the program as it stands; from nothing where the solver cannot go on from its last basis."""
        try:
            return self._asked()
        except SolverError:
            self._session = self._session.renewed()
            try:
                return self._asked()
            except SolverError:
                return FAILED

    def _asked(self) -> Outcome:
        if not self.whole:
            return linear_answer(self._session)
        self._session.set_start(self.plan.x)
        outcome = self._session.solve(gap=COUNTS, time_limit=self.seconds)
        if not stands(self._session, outcome):
            raise SolverError("HiGHS called optimal what is no plan.")
        return outcome


def _answer(outcome: Outcome) -> Answer:
    ended = outcome.ended in (Ended.TIME_LIMIT, Ended.INTERRUPTED) and outcome.bound is None  # a linear program
    if outcome.objective is None or ended:
        return NOTHING if outcome.ended is Ended.INFEASIBLE else UNKNOWN
    bound = outcome.objective if outcome.bound is None else max(outcome.bound, outcome.objective)
    return Answer(outcome.objective, bound, outcome.x)


@dataclass(frozen=True, eq=False, slots=True)
class _Worth:
    """Columns that deliver what is required, and what a unit of each is worth [n]."""

    columns: IntArray
    weight: Array


def _required(plan: SolvedProgram) -> tuple[IntArray, _Worth]:
    """Return the rows of demand that is required, and what delivers to it, by its worth."""
    demands = [(j, d) for j, d in enumerate(plan.net.demands) if d.required and d.expiry is None]
    ids = {demand.id for _, demand in demands}
    rows = [r for r, (family, key) in enumerate(plan.program.labels) if family == "demand" and key[0] in ids]
    index = plan.tables.columns["deliver"].index
    most = max((float(step.value.max()) for _, demand in demands for step in demand.steps), default=0.0)
    least = LEAST * most if most > 0.0 else 1.0
    found = [
        (column, max(float(step.value[period.index]), least) * period.discount)
        for j, demand in demands
        for k, step in enumerate(demand.steps)
        for period in plan.net.periods
        if (column := int(index[j, k, period.index])) >= 0
    ]
    columns, weight = [column for column, _ in found], [worth for _, worth in found]
    return np.array(rows, dtype=np.int64), _Worth(np.array(columns, dtype=np.int64), np.array(weight))

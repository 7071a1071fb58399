"""The live programs of one worker: what a relief makes of the value, asked in four ways.

==========  =======================================================  ===========================================
question    program                                                  answer
==========  =======================================================  ===========================================
held        whole numbers as in the plan                             value of a plan: a lower bound, with prices
relaxed     whole numbers may be fractions                           an upper bound, with prices
whole       the mixed-integer program, started from the held plan    both, as close as gap and time allow
reaches     no objective, and a row that asks for a value            whether any plan has it
chosen      relief is a decision (:mod:`.parametric`)                the step or the cost
==========  =======================================================  ===========================================

Every session has one solver thread and belongs to one worker; it is created at the first question. A relief is applied
to it and undone, so every question starts at the same program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from fabopt.domain.tolerances import EXACT, TIGHT
from fabopt.network.tables import Array
from fabopt.plan.groups import NO_RELIEF, Relief
from fabopt.plan.problem import ChokeProblem, Interval, sides
from fabopt.solve.matrices import Matrices
from fabopt.solve.perturbation import held, relaxed
from fabopt.solve.session import Ended, HighsSession, Outcome, SolverError

Question = Literal["held", "relaxed", "whole", "reaches", "chosen"]

DEVEX = 1
"""HiGHS' number for Devex pricing: steepest-edge weights, lost in presolve, cost far more than a small change."""

RUNGS = (1.0, 8.0, 64.0)
"""Steps by which limits are taken away in a large program, as multiples of their right-hand sides."""

RUNG_ITERATIONS = 4000
"""Simplex iterations on a step after which the program is solved from nothing instead."""

NOTHING = Outcome(Ended.INFEASIBLE, None, None, None, 0.0, 0)
FAILED = Outcome(Ended.TIME_LIMIT, None, None, None, 0.0, 0)
"""A search that the solver gave up proves nothing, like one that time stopped at once."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Attributes
    ----------
    gap
        Relative gap at which a mixed-integer run may stop.
    seconds
        Longest time of one mixed-integer run.
    workers
        Runs at a time, one solver thread each.
    seed
        Random seed of the solver.
    """

    gap: float = EXACT
    seconds: float = 60.0
    workers: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Evidence: a question that was put to the solver, with which it can be put again.

    Attributes
    ----------
    id
        Number of the run; -1 before it has one.
    question
        Program that was run.
    relief
        What was moved.
    target
        Value that was asked for, with ``reaches``.
    ended
        How the run ended.
    lo, hi
        What it proved of the value; with ``chosen`` of the objective of that program.
    """

    id: int
    question: Question
    relief: Relief
    target: float | None
    ended: str
    lo: float
    hi: float
    seconds: float
    nodes: int


class Bench:
    """The sessions of one worker.

    Parameters
    ----------
    problem
        With a plan.
    effort
        Gap, time and seed of its runs.
    start
        Basis and answer of each linear program as it stands, by question; shared by all workers.
    """

    def __init__(self, problem: ChokeProblem, effort: Effort, start: dict[Question, tuple[Any, Outcome]]) -> None:
        assert problem.x is not None
        self.problem, self.effort, self.plan, self.start = problem, effort, problem.x, start
        self.made: list[Run] = []
        self._sessions: dict[Question, HighsSession] = {}
        self._last: dict[Question, Relief] = {}

    def stop(self) -> None:
        """End what is running as soon as the solver looks."""
        for session in list(self._sessions.values()):
            session.stop()

    def linear(self, question: Literal["held", "relaxed"], relief: Relief) -> Outcome:
        """Return the answer of a linear program: its value is in ``objective``, infinite where it has no limit."""
        try:
            outcome = self._unmoved(question, relief) or self._solved(question, relief)
        except SolverError:  # a long way from a basis that no longer suits: once more, from nothing
            self._sessions[question] = self._create(question)
            outcome = self._solved(question, relief)
        value = worth(outcome)
        below, above = (value, np.inf) if question == "held" else (-np.inf, value)
        self._note(question, relief, None, outcome, Interval(below, above))
        return replace(outcome, objective=value)

    def _unmoved(self, question: Question, relief: Relief) -> Outcome | None:
        """Return the answer as things stand if a relief cannot change it, else None.

        Limits that only loosen and have no price leave plan and prices optimal: the value is concave in them.
        """
        if question not in self.start:
            return None
        _, outcome = self.start[question]
        free = _priceless(self.problem.matrices, outcome, relief)
        return replace(outcome, seconds=0.0) if free else None

    def _solved(self, question: Question, relief: Relief) -> Outcome:
        """Solve from the last basis; a large program from which a limit is taken away, by rungs, else from nothing."""
        if not self.problem.matrices.large or not relief.unbounded:
            return self._run(question, relief)
        session = self.session(question)
        session.set_option("simplex_iteration_limit", RUNG_ITERATIONS)
        try:
            outcome = self._by_rungs(question, relief)
            if outcome is None:
                self._sessions[question] = self._create(question)
                outcome = self._run(question, relief)
            return outcome
        finally:
            del self._sessions[question]  # its basis is far from all that is asked next

    def _run(self, question: Question, relief: Relief) -> Outcome:
        """Solve from the last basis if it is that of a tighter relief, else from that of the program as it stands.

        The way from one limit's relief to another's is twice as long as from none.
        """
        session = self.session(question)
        if question in self.start and not relief.covers(self._last.get(question, NO_RELIEF)):
            session.basis = self.start[question][0]
        self._last[question] = relief
        with _moved(session, relief) as possible:
            return session.solve() if possible else NOTHING

    def _by_rungs(self, question: Question, relief: Relief) -> Outcome | None:
        """Take limits away by finite steps until none of them has a price: the value is concave, so it stays there.

        None where the last rung still has a price, or the way there is too long. Measured on 15,000 rows x 36,000
        columns: 0.2 to 2 s from the last basis, where the program without the limit takes 3 to 11 s from nothing and
        16 to 46 s from the basis.
        """
        m = self.problem.matrices
        for rung in RUNGS:
            finite = relief.finite(m.row_upper, m.row_lower, m.column_upper, rung)
            outcome = self._run(question, finite)
            if outcome.ended is not Ended.OPTIMAL:
                return None
            if _priceless(m, outcome, finite):
                return outcome
        return None

    def leave_basis(self, question: Literal["held", "relaxed"]) -> None:
        """Solve a linear program as it stands, and leave its basis for all workers to start at."""
        outcome = self.linear(question, NO_RELIEF)
        self.start[question] = self.session(question).basis, outcome

    def certified(self, relief: Relief, seconds: float) -> Interval:
        """Return what is proven of the value after a relief, within so many seconds of search."""
        start = self.linear("held", relief)
        lo = -np.inf if start.objective is None else start.objective
        if not self.problem.matrices.integer.any():
            return Interval(lo, lo)
        top = self.linear("relaxed", relief).objective
        found = Interval(lo, max(lo, np.inf if top is None else top))
        near = max(self.effort.gap * abs(lo - self.problem.standing), self.problem.near(lo))
        if found.width <= near or seconds <= 0:
            return found
        whole = self._whole(relief, start.x, seconds)
        lo = max(lo, whole.lo)
        return Interval(lo, max(lo, min(found.hi, whole.hi)))

    def reaches(self, relief: Relief, target: float, seconds: float) -> bool | None:
        """Return whether some plan after a relief is worth ``target``; None if time does not suffice to tell."""
        small = self.problem.near(target)
        if worth(self.linear("held", relief)) >= target - small:
            return True
        if not self.problem.matrices.integer.any() or worth(self.linear("relaxed", relief)) < target - small:
            return False
        if seconds <= 0:
            return None
        session = self.session("reaches")
        row = np.array([len(session.row_lower) - 1], dtype=np.int64)
        session.set_row_bounds(row, np.array([target - self.problem.matrices.offset]), np.array([np.inf]))
        with _moved(session, relief):
            outcome = _searched(session, seconds)
        answer = True if outcome.x is not None else False if outcome.ended is Ended.INFEASIBLE else None
        proven = Interval(target if answer else -np.inf, target if answer is False else np.inf)
        self._note("reaches", relief, target, outcome, proven)
        return answer

    def fresh(self, program: Matrices) -> HighsSession:
        """Return a session of a program of its own, in the place of the last one; :meth:`stop` ends it too."""
        session = self._sessions["chosen"] = HighsSession(program, threads=1, seed=self.effort.seed)
        self._tighten(session)
        return session

    def _tighten(self, session: HighsSession) -> None:
        """Have whole numbers met more closely in a small search: what HiGHS leaves of them would pass for a gain."""
        if not self.problem.matrices.large:
            session.set_option("mip_feasibility_tolerance", TIGHT)

    def once(self, program: Matrices, relief: Relief, target: float | None, seconds: float) -> Outcome:
        """Return the answer of a program in which relief is a decision; ``relief`` and ``target`` say which."""
        session = self.fresh(program)
        outcome = _searched(session, seconds, self.effort.gap)
        self._note("chosen", relief, target, outcome, interval(outcome))
        return outcome

    def _whole(self, relief: Relief, start: Array | None, seconds: float) -> Interval:
        session = self.session("whole")
        with _moved(session, relief) as possible:
            if possible and start is not None:
                session.set_start(start)
            outcome = _searched(session, seconds, self.effort.gap, self.problem.standing) if possible else NOTHING
        found = interval(outcome)
        self._note("whole", relief, None, outcome, found)
        return found

    def _note(self, question: Question, relief: Relief, target: float | None, out: Outcome, found: Interval) -> None:
        self.made.append(Run(-1, question, relief, target, out.ended.value, found.lo, found.hi, out.seconds, out.nodes))

    def session(self, question: Question) -> HighsSession:
        """Return the live program of a question."""
        if question not in self._sessions:
            self._sessions[question] = self._create(question)
            if question in self.start:
                self._sessions[question].basis = self.start[question][0]
        return self._sessions[question]

    def _create(self, question: Question) -> HighsSession:
        self._last.pop(question, None)
        m = self.problem.matrices
        if question == "held":
            m = held(m, self.plan)
        elif question == "relaxed":
            m = relaxed(m)
        elif question == "reaches":
            m = replace(m, cost=np.zeros(m.n_columns), offset=0.0)
        session = HighsSession(m, threads=1, seed=self.effort.seed)
        if question not in ("whole", "reaches"):
            session.set_option("simplex_dual_edge_weight_strategy", DEVEX)
        if question in ("whole", "reaches"):
            self._tighten(session)
        if question == "reaches":
            cost = self.problem.matrices.cost
            session.add_row(np.arange(len(cost), dtype=np.int64), cost, -np.inf, np.inf)
        return session


def _searched(session: HighsSession, seconds: float, gap: float = 0.0, apart: float = 0.0) -> Outcome:
    try:
        return session.solve(time_limit=seconds, gap=gap, apart=apart)
    except SolverError:
        return FAILED


def _priceless(matrices: Matrices, outcome: Outcome, relief: Relief) -> bool:
    """Return whether a relief only loosens what has no price.

    The gates of what is on or off follow every bound, so a gate that has a price may loosen with any relief.
    """
    if outcome.row_price is None or outcome.column_price is None:
        return False
    row, column = outcome.row_price, outcome.column_price
    if np.any(row[matrices.gates.row] != 0.0):
        return False
    prices = [(row[i], a) for i, a in relief.upper.items()] + [(-row[i], a) for i, a in relief.lower.items()]
    prices += [(column[j], a) for j, a in relief.column.items()]
    return all(a >= 0 and price <= 0 for price, a in prices)


def worth(outcome: Outcome) -> float:
    """Return the value of a linear program: minus infinity without a plan, infinity where it has no limit."""
    if outcome.ended is Ended.UNBOUNDED:
        return np.inf
    return -np.inf if outcome.objective is None else outcome.objective


def interval(outcome: Outcome) -> Interval:
    """Return what a run proves of the value."""
    if outcome.ended is Ended.INFEASIBLE:
        return Interval(-np.inf, -np.inf)
    if outcome.ended is Ended.UNBOUNDED:
        return Interval(np.inf, np.inf)
    lo = -np.inf if outcome.objective is None else outcome.objective
    return Interval(lo, max(lo, np.inf if outcome.bound is None else outcome.bound))


@contextmanager
def _moved(session: HighsSession, relief: Relief) -> Iterator[bool]:
    """While in force, the limits of a session are moved; gives False where a row's sides then cross.

    The bounds of columns whose whole numbers are held stay: the plan's orders are not to move.
    """
    low, high, top = sides(session.matrices, relief)
    rows = np.array(sorted({*relief.upper, *relief.lower}), dtype=np.int64)
    columns = np.array(sorted(relief.column), dtype=np.int64)
    columns = columns[session.matrices.column_lower[columns] < session.matrices.column_upper[columns]]
    before = session.row_lower[rows], session.row_upper[rows]
    bounds = session.column_lower[columns], session.column_upper[columns]
    if np.any(low[rows] > high[rows]) or np.any(bounds[0] > top[columns]):
        yield False
        return
    session.set_row_bounds(rows, low[rows], high[rows])
    session.set_column_bounds(columns, bounds[0], top[columns])
    try:
        yield True
    finally:
        session.set_row_bounds(rows, *before)
        session.set_column_bounds(columns, *bounds)

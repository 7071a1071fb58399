"""What a relief makes of the value, asked of a resolver: as a value, as an interval, whether it reaches a target.

A bench is what a worker has: live programs of its own. Here it is a :meth:`Bench.twin` of one that all share; in
another process it is made of a :class:`Source`, once, and time goes there with every question.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from fabopt.domain.tolerances import EXACT
from fabopt.plan.groups import Relief
from fabopt.plan.problem import ChokeProblem, Interval
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Basis
from fabopt.solve.perturbation import Perturbation, aimed_at, between, row_more
from fabopt.solve.resolver import UNKNOWN, Mode, Resolver, Run, proven, worth
from fabopt.solve.session import Ended, Outcome, SolverError, solver_basis


class Twin(Protocol):
    """What is made once and has twins that share what they have found."""

    def twin(self) -> Any:
        """Return another for another worker."""
        ...


T = TypeVar("T", bound=Twin)

Question = Literal["fixed", "relaxed"]
"""Of which linear program: integers as in the plan, or fractions for them."""


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
class Asked:
    """A question as it goes to a worker.

    Attributes
    ----------
    job
        Called with the bench of the worker: a function of a module, or a part of one.
    searching
        Whether it may begin mixed-integer runs.
    together
        Number of the questions that are asked at a time, and have one time.
    seconds
        Time for all of them.
    """

    job: Callable[[Bench], Any]
    searching: bool
    together: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer of a worker.

    Attributes
    ----------
    answer
        What the job returned; None where its time was over.
    runs
        What was asked of the solver for it.
    late
        What there was no time for; empty where there was.
    """

    answer: Any
    runs: tuple[Run, ...] = ()
    late: str = ""


class Bench:
    """Asks the questions of one worker.

    Parameters
    ----------
    problem
        With a plan.
    effort
        Gap, time and seed of its runs.
    resolver
        Of the problem's program and plan; one a worker.

    Attributes
    ----------
    searching
        Whether mixed-integer runs may be begun.
    """

    def __init__(self, problem: ChokeProblem, effort: Effort, resolver: Resolver) -> None:
        self.problem, self.effort, self.resolver, self.searching = problem, effort, resolver, True
        self._first, self._made, self._twins = threading.Lock(), dict[str, Any](), list[Bench]()
        self._own: dict[str, Any] = {}

    def twin(self) -> Bench:
        """Return another with live programs of its own: one a worker."""
        other = copy(self)
        other.resolver, other._own = self.resolver.twin(), {}
        self._twins.append(other)
        return other

    def stop(self) -> None:
        """End what its twins have running, as soon as the solver looks, and leave them."""
        while self._twins:
            self._twins.pop().resolver.stop()

    def own(self, key: str, make: Callable[[Bench], T]) -> T:
        """Return this worker's twin of what is made once for all, by whoever needs it first."""
        if key not in self._own:
            with self._first:
                if key not in self._made:
                    self._made[key] = make(self)
            self._own[key] = self._made[key].twin()
        kept: T = self._own[key]
        return kept

    def answer(self, asked: Asked) -> Answered:
        """Return the answer to a question, with its runs."""
        self.searching, self.resolver.runs = asked.searching, []
        try:
            return Answered(asked.job(self), tuple(self.resolver.runs))
        except OutOfTimeError as error:
            return Answered(None, late=error.what)

    @property
    def seconds(self) -> float:
        """How long a mixed-integer run that begins now may take; 0: none may begin."""
        return min(self.effort.seconds, self.resolver.budget.left) if self.searching else 0.0

    def _way(self, relief: Relief) -> tuple[Perturbation, tuple[Perturbation, ...]]:
        m = self.problem.matrices
        return relief.on(m), tuple(before.on(m) for before in relief.way) if m.large else ()

    def linear(self, question: Question, relief: Relief, *, hot: bool = False) -> Outcome:
        """Return the answer of a linear program: its value is in ``objective``, infinite where it has no limit."""
        change, via = self._way(relief)
        outcome = self.resolver.ask(change, question, label=relief.label, hot=hot, via=via)
        return replace(outcome, objective=worth(outcome))

    def certified(self, relief: Relief) -> Interval:
        """Return what is proven of the value after a relief."""
        change, via = self._way(relief)
        outcome = self.resolver.ask(change, "exact", label=relief.label, seconds=self.seconds, via=via)
        lo, hi = proven(outcome)
        return Interval(lo, hi if self.problem.matrices.integer.any() else lo)

    def reaches(self, relief: Relief, target: float) -> bool | None:
        """Return whether some plan after a relief is worth ``target``; None if time does not suffice to tell."""
        small, m = self.problem.near(target), self.problem.matrices
        if worth(self.linear("fixed", relief)) >= target - small:
            return True
        if not m.integer.any() or worth(self.linear("relaxed", relief)) < target - small:
            return False
        if (seconds := self.seconds) <= 0:
            return None
        change = relief.on(m).then(_worth_at_least(m, target))
        outcome = self.resolver.search(change, question="reaches", label=relief.label, seconds=seconds, gap=0.0)
        answer = True if outcome.x is not None else False if outcome.ended is Ended.INFEASIBLE else None
        lo, hi = target if answer else -np.inf, target if answer is False else np.inf
        runs = self.resolver.runs
        runs[-1] = replace(runs[-1], lo=lo, hi=hi)
        return answer

    def once(self, program: Matrices, label: str, mode: Mode = "exact", seconds: float | None = None) -> Outcome:
        """Return the answer of the problem's program with more columns and rows, in which relief is a decision.

        It may take as long as any run; or so many seconds, where they are given.
        """
        change = between(self.problem.matrices, program)
        if mode == "fixed" and not program.integer[self.problem.matrices.n_columns :].any():
            try:
                return self.resolver.ask(change, mode, label=label)
            except SolverError:
                return UNKNOWN
        seconds = self.seconds if seconds is None else seconds
        return self.resolver.search(
            change, mode, question="chosen", label=label, seconds=seconds, constant_objective=0.0
        )


@dataclass(frozen=True, slots=True)
class Source:
    """What a worker elsewhere makes its bench of: arrays and records.

    Attributes
    ----------
    problem
        The program and its plan; without groups, which questions do not need.
    effort
        Gap, time and seed of its runs.
    basis
        Basis of the linear program with the integers of the plan, where it is known.
    """

    problem: ChokeProblem
    effort: Effort
    basis: Basis | None

    def bench(self, budget: TimeBudget) -> Bench:
        """Return a bench whose runs have a time."""
        problem, basis = self.problem, None if self.basis is None else solver_basis(self.basis)
        resolver = Resolver(
            problem.matrices,
            problem.x,
            basis=basis,
            seed=self.effort.seed,
            gap=self.effort.gap,
            standing=problem.standing,
            budget=budget,
        )
        return Bench(problem, self.effort, resolver)


def linear(question: Question, relief: Relief, bench: Bench) -> Outcome:
    """Return the answer of a linear program to a relief."""
    return bench.linear(question, relief)


def here(bench: Bench) -> Callable[[Asked], Answered]:
    """Return what answers questions in a thread of this process: the time is that of the bench."""
    return bench.twin().answer


def elsewhere(source: Source) -> Callable[[Asked], Answered]:
    """Return what answers questions in another process: questions that are asked together have one time there."""
    budget = TimeBudget()
    bench = source.bench(budget)
    ends: dict[int, float] = {}

    def answer(asked: Asked) -> Answered:
        if asked.together not in ends:
            ends.clear()
            ends[asked.together] = budget.spent + asked.seconds
        with budget.part(seconds=max(ends[asked.together] - budget.spent, 0.0)):
            return bench.answer(asked)

    return answer


def _worth_at_least(m: Matrices, target: float) -> Perturbation:
    """Return the perturbation that asks for a plan of some worth, and for no more."""
    return aimed_at(m, np.zeros(m.n_columns)).then(row_more(m, m.cost, target - m.offset, np.inf))

"""The oracle: what a relief is worth, asked of live programs, each answer on record.

The oracle has a few workers, each with a resolver of its own (:mod:`fabopt.solve.resolver`): threads of this process,
or those of an executor (:mod:`fabopt.solve.work.executor`). The answer to a question is a function of the question
alone, so the same questions get the same answers from any workers, as long as no run meets its time limit.

What is proven once is used again: a value is never below that of a tighter relief, nor above that of a looser one. So
gains never fall with the step or with the set, also where the gap is wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import numpy as np

from fabopt.analysis.choke.bench import Answered, Asked, Bench, Effort, Question, Source, elsewhere, here
from fabopt.network.tables import Array
from fabopt.plan.groups import NO_RELIEF, Relief
from fabopt.plan.problem import ChokeProblem, Interval, Proof
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.resolver import Resolver, Run, worth
from fabopt.solve.session import kept_basis
from fabopt.solve.work.executor import Crew, Executor, Job, Threads, answers

T = TypeVar("T")
Key = tuple[tuple[tuple[int, float], ...], ...]
BATCH = 4
"""Questions that are put together before the next are chosen: the same for any number of workers."""

Basis = Literal["plan", "certified"]
"""By what a value is told: this plan with its integers held, or what is proven of the program."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a relief earns over the base.

    Attributes
    ----------
    relief
        What is moved.
    plan
        Gain of this plan, its integers held.
    lo, hi
        Certified ends of the gain of the program.
    proof
        Whether the gain is proven zero, proven positive, or undecided.
    seconds
        Time of its runs.
    runs
        Places of the runs that it rests on.
    """

    relief: Relief
    plan: float
    lo: float
    hi: float
    proof: Proof
    seconds: float
    runs: tuple[int, ...]

    @property
    def interval(self) -> Interval:
        """Both ends."""
        return Interval(self.lo, self.hi)


class Oracle:
    """Answers what a relief makes of the optimal value.

    Parameters
    ----------
    problem
        The program and its groups; without a plan it is solved first.
    effort
        Gap, time, workers and seed.
    eps
        Smallest gain that counts, in the unit of the objective; when left out
        :attr:`~fabopt.plan.problem.ChokeProblem.counts`.
    basis
        Basis of the linear program with the integers of the plan, where it is known.
    budget
        Time for all that is asked; without end when left out.
    executor
        Where questions are answered; by threads of this process, as many as `effort` says, when left out. It has the
        program from the first question until :meth:`close`, which leaving a ``with`` does.
    keep
        Returns an executor that keeps its answers (:mod:`.kept`); nothing is kept when left out.

    Raises
    ------
    ValueError
        If the program has no plan, or no limit to its value.

    Attributes
    ----------
    problem
        With its plan.
    searching
        Whether mixed-integer runs may be begun.
    """

    def __init__(
        self,
        problem: ChokeProblem,
        effort: Effort | None = None,
        eps: float | None = None,
        *,
        basis: Any = None,
        budget: TimeBudget | None = None,
        executor: Executor | None = None,
        keep: Callable[[Executor], Executor] | None = None,
    ) -> None:
        self.effort = effort or Effort()
        self.problem = problem if problem.x is not None else solved(problem, self.effort)
        self.budget, self.searching = budget or TimeBudget(), True
        self.runs: list[Run] = []
        self._known: dict[Key, tuple[Relief, Interval]] = {}
        self._fixed: dict[Key, float] = {}
        self._searched: set[Key] = set()
        assert self.problem.x is not None
        self._executor, self._keep, self._asks = executor, keep, 0
        self._opened = ExitStack()
        self._crew: Crew[Asked, Answered] | None = None
        bare = replace(self.problem, groups=())
        self._source = Source(bare, self.effort, None if basis is None else kept_basis(basis))
        self._bench = self._source.bench(self.budget)
        value = self.problem.value(self.problem.x)
        bound = np.inf if self.problem.bound is None else self.problem.bound
        self._known[NO_RELIEF.key] = NO_RELIEF, Interval(value, max(value, bound))
        self.eps = self.problem.counts if eps is None else eps

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End as :meth:`close` does."""
        self.close()

    def close(self) -> None:
        """Let the workers go; who is asked next is another."""
        self._bench.stop()
        self._crew = None
        self._opened.close()

    # -- values ------------------------------------------------------------------------------------------------------

    @property
    def base(self) -> Interval:
        """The plan's value, and what no plan exceeds as things stand; certified here where there was no bound.

        Without time for a run it is the value that the plan came with.
        Whoever certifies :data:`NO_RELIEF` brings the upper end down; the lower end stays that of the plan.
        """
        try:
            value = self._value
        except OutOfTimeError:
            value = self._known[NO_RELIEF.key][1].lo
        return Interval(value, max(value, self._known[NO_RELIEF.key][1].hi))

    @cached_property
    def _value(self) -> float:
        if self.problem.bound is None:
            return self.certified(NO_RELIEF).lo
        value = max(self._known[NO_RELIEF.key][1].lo, self.plan_value(NO_RELIEF))
        self._learn(NO_RELIEF, Interval(value, np.inf))
        return value

    def plan_value(self, relief: Relief) -> float:
        """Return the value after a relief with the integers of the plan held."""
        return self.plan_values([relief])[0]

    def plan_values(self, reliefs: Sequence[Relief]) -> list[float]:
        """Return the value after each relief with the integers of the plan held; none is asked twice."""
        fresh = {r.key: r for r in reliefs if r.key not in self._fixed}
        plan_values = self.ask([partial(_linear, "fixed", r) for r in fresh.values()])
        self._fixed |= dict(zip(fresh, plan_values, strict=True))
        return [self._fixed[r.key] for r in reliefs]

    def relaxed_values(self, reliefs: Sequence[Relief]) -> list[float]:
        """Return an upper bound of the value after each relief: fractions for integers."""
        return self.ask([partial(_linear, "relaxed", r) for r in reliefs])

    def certified(self, relief: Relief) -> Interval:
        """Return what is proven of the value after a relief."""
        return self.certify([relief])[0]

    def certify(self, reliefs: Sequence[Relief]) -> list[Interval]:
        """Return what is proven of the value after each relief."""
        fresh = {r.key: r for r in reliefs if r.key not in self._searched and not self._implied(r)}
        certified = self.ask([partial(_certified, r) for r in fresh.values()])
        for relief, interval in zip(fresh.values(), certified, strict=True):
            self._learn(relief, interval)
        self._searched |= fresh.keys()
        return [self._known[r.key][1] for r in reliefs]

    def values(self, reliefs: Sequence[Relief], basis: Basis) -> list[Interval]:
        """Return the value after each relief on a basis; that of a plan is a single number."""
        if basis == "certified":
            return self.certify(reliefs)
        return [Interval(value, value) for value in self.plan_values(reliefs)]

    def _implied(self, relief: Relief) -> bool:
        """Keep what tighter and looser reliefs prove of this one; say whether it leaves nothing to ask."""
        bounds = self._learn(relief, Interval(-np.inf, np.inf))
        return bounds.width <= self.problem.near(bounds.lo) and abs(bounds.lo) < np.inf

    def gains(self, reliefs: Sequence[Relief]) -> list[Gain]:
        """Return the certified gain of each relief, with the gain of the plan whose integers are held."""
        base, first = self.base, len(self.runs)
        intervals = self.certify(reliefs)
        at: dict[bytes, list[tuple[int, Run]]] = {}
        for id, run in enumerate(self.runs[first:], first):
            at.setdefault(run.key, []).append((id, run))
        gains = []
        for relief, interval in zip(reliefs, intervals, strict=True):
            runs = at.get(relief.on(self.problem.matrices).key, [])
            fixed = [run.lo for _, run in runs if run.question == "fixed"]
            plan = self._fixed.setdefault(relief.key, fixed[0]) if fixed else self.plan_value(relief)
            over = interval.over(base)
            gains.append(
                Gain(
                    relief=relief,
                    plan=max(0.0, plan - base.lo),
                    lo=over.lo,
                    hi=over.hi,
                    proof=over.proof(self.eps),
                    seconds=sum(run.seconds for _, run in runs),
                    runs=tuple(id for id, _ in runs),
                )
            )
        return gains

    def gain(self, relief: Relief) -> Gain:
        """Return the certified gain of a relief."""
        return self.gains([relief])[0]

    # -- targets -----------------------------------------------------------------------------------------------------

    @property
    def better(self) -> float:
        """The least value that is proven better than the base."""
        return self.base.hi + self.eps

    def improves(self, relief: Relief, target: float | None = None) -> bool | None:
        """Return whether a relief reaches a value (:attr:`better` when left out); None where time did not suffice.

        What earlier answers imply is not asked again.
        """
        goal = self.better if target is None else target
        for known, interval in self._known.values():
            if interval.lo >= goal and relief.covers(known):
                return True
            if interval.hi < goal and known.covers(relief):
                return False
        answer = self.ask([partial(_reaches, relief, goal)])[0]
        if answer is not None:
            less = float(np.nextafter(goal, -np.inf))
            self._learn(relief, Interval(goal, np.inf) if answer else Interval(-np.inf, less))
        return answer

    # -- bookkeeping -------------------------------------------------------------------------------------------------

    def _learn(self, relief: Relief, bounds: Interval) -> Interval:
        """Keep what was proven, drawn together with what tighter and looser reliefs have proven."""
        lo, hi = bounds.lo, bounds.hi
        for known, interval in self._known.values():
            if relief.covers(known):
                lo = max(lo, interval.lo)
            if known.covers(relief):
                hi = min(hi, interval.hi)
        result = Interval(lo, max(lo, hi))
        self._known[relief.key] = relief, result
        return result

    def ask(self, jobs: Sequence[Callable[[Bench], T]]) -> list[T]:
        """Give jobs to the workers; answers and runs come in the order of the jobs.

        Every job is called with the bench of its worker. It is a function of a module or a part of one, and what it
        holds and returns is plain, so that it can go to another process.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If time is over before all are done.
        """
        if not jobs:
            return []
        self._asks += 1
        asked = [Asked(job, self.searching, self._asks, self.budget.left) for job in jobs]
        try:
            found = answers(self._workers(), asked, None if self._executor is None else self._going_on)
        except BaseException:
            self.close()
            raise
        for one in found:
            if one.late:
                raise self.budget.out_of_time(one.late)
        for one in found:
            self.runs += one.runs
        return [one.answer for one in found]

    def _workers(self) -> Crew[Asked, Answered]:
        """Return the workers; they begin with the first question."""
        if self._crew is None:
            away = self._executor
            executor: Executor = Threads(self.effort.workers) if away is None else away
            job: Job[Any, Asked, Answered] = (
                Job("question", here, self._bench) if away is None else Job("question", elsewhere, self._source)
            )
            keeping = executor if self._keep is None else self._keep(executor)
            self._crew = self._opened.enter_context(keeping.crew(job))
        return self._crew

    def _going_on(self, _done: int) -> None:
        """End where the work was interrupted: who works elsewhere does not hear of it."""
        if self.budget.cancelled:
            raise self.budget.out_of_time("a question that is asked elsewhere")


def _linear(question: Question, relief: Relief, bench: Bench) -> float:
    return worth(bench.linear(question, relief))


def _certified(relief: Relief, bench: Bench) -> Interval:
    return bench.certified(relief)


def _reaches(relief: Relief, goal: float, bench: Bench) -> bool | None:
    return bench.reaches(relief, goal)


def solved(problem: ChokeProblem, effort: Effort) -> ChokeProblem:
    """Return the problem with the plan and bound that the solver finds.

    Raises
    ------
    ValueError
        If it finds no plan, or the value has no limit.
    """
    resolver = Resolver(problem.matrices, seed=effort.seed, gap=effort.gap, standing=problem.standing)
    outcome = resolver.search(seconds=effort.seconds)
    if outcome.x is None:
        raise ValueError(f"There is no plan to begin with: the solver ended with {outcome.ended.value!r}.")
    return problem.with_plan(_whole(problem, outcome.x), outcome.bound)


def _whole(problem: ChokeProblem, x: Array) -> Array:
    return np.where(problem.matrices.integer, np.round(x), x)

"""An instance with numbers moved, solved from the plan: both ends of a range, and the slope of either side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from fabopt.analysis.choke.reprice import Repriced
from fabopt.analysis.sensitivity.numbers import End, Move, Moved, Number, Numbers, numbers_of
from fabopt.analysis.sensitivity.records import GAVE_UP, Basis, EndValue, NumberSlope
from fabopt.domain.instance import Instance
from fabopt.model.limits import limits
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import CUT_SHORT, Ended, Outcome, SolverError
from fabopt.solve.whatif import Answer, WhatIf
from fabopt.solve.work.executor import Executor, Job, Threads, answers
from fabopt.solve.work.journal import Journal, Kept, composed, digest
from fabopt.solve.work.plain import plain

SIDE = 1e-3
"""Share of the way to an end at which the slope of a side is found."""

APART = 0.02
"""Slopes of two sides that differ by more than this share are a kink."""

Count = Callable[[int, int, str], None]
"""Told how many are done, of how many, and the word for them."""

Asked = tuple[Literal["ends", "sides"], Any]
"""A number at both ends, or the slopes of its sides."""


@dataclass(frozen=True, slots=True)
class Away:
    """Where numbers are moved that are not moved in threads of this process, and the plan from which they are.

    Attributes
    ----------
    executor
        Where.
    plan
        The plan, with what another process needs of it (:meth:`fabopt.plan.plan.Plan.light`).
    """

    executor: Executor
    plan: Plan


class Ends:
    """Solves an instance with numbers moved, from the plan.

    Parameters
    ----------
    numbers
        The numbers and their movements.
    plan
        The plan, brought back to life.
    basis
        Whether integers are held or free to move.
    budget
        Time for all that is asked; without end when left out.
    away
        Where numbers are moved in the place of threads.
    journal
        Where what was found of a number is kept; what stands there is not solved again.

    Attributes
    ----------
    base
        The plan itself, priced.
    objective
        Its objective.
    choke
        Label of its choke point, empty where nothing earns anything.
    """

    def __init__(
        self,
        numbers: Numbers,
        plan: SolvedProgram,
        basis: Basis = "held",
        budget: TimeBudget | None = None,
        away: Away | None = None,
        journal: Journal[Any] | None = None,
    ) -> None:
        self.numbers, self.plan, self.basis, self.away, self.journal = numbers, plan, basis, away, journal
        self.budget = TimeBudget() if budget is None else budget
        self.whatif = WhatIf(
            plan.net,
            replace(plan.options, threads=1),
            plan=plan.x,
            basis=plan.basis,
            extra=plan.hooks,
            budget=self.budget,
        )
        self._reprice = Repriced(plan, [p.index for p in plan.net.periods if p.reported], ())
        self._labels = {group.id: group.label for group in plan.problem.by_class(plan.net).groups}
        self.base = self.whatif.held()
        if self.base.objective is None:
            raise ValueError("The plan does not stand with its integers held.")
        self.objective = self.base.objective
        self.choke = self._first(self.base, None)

    def all(
        self, numbers: Sequence[Number], workers: int, count: Count | None = None
    ) -> list[tuple[EndValue | None, EndValue | None] | None]:
        """Return both ends of some numbers, in their order, by a few threads with sessions of their own.

        None for those that there was no time for.
        """
        if numbers and self.plan.program.integer.any() and not self.budget.over:
            with self.budget.attempt("what other integers would earn as things are"):
                _ = self._now  # asked once, before others copy it
        told = None if count is None else lambda done: count(done, len(numbers), "numbers solved at their ends")
        return self._shared([("ends", n) for n in numbers], workers, told)

    def both_sides(self, slopes: Sequence[NumberSlope], workers: int, count: Count | None = None) -> list[NumberSlope]:
        """Return numbers with the slopes of both sides, found by solving again; order and threads as :meth:`all`.

        Those that there was no time for stay as they were.
        """
        told = None if count is None else lambda done: count(done, len(slopes), "numbers solved on both sides")
        both = self._shared([("sides", n) for n in slopes], workers, told)
        return [n if solved is None else solved for n, solved in zip(slopes, both, strict=True)]

    def _shared(self, items: Sequence[Asked], workers: int, told: Callable[[int], None] | None) -> list[Any]:
        """Return what is asked of each item; None for what there was no time for."""
        if not items:
            return []
        executor: Executor = Threads(min(workers, len(items))) if self.away is None else self.away.executor
        if self.journal is not None:
            executor = Kept(executor, self.journal, _question, self._in_full)
        job: Job[Any, Asked, Any] = Job("number", Ends._answering, self)
        if self.away is not None:
            job = Job("number", _answering, _Source(self.away.plan, self.basis, self.budget.left))
        with executor.crew(job) as crew:
            return answers(crew, items, told)

    def _in_full(self, answer: Any) -> bool:
        """Return whether time, or the solver, has cut an answer nowhere short."""
        ends = [end for end in answer if end is not None] if isinstance(answer, tuple) else []
        short = any(end.ended in (*CUT_SHORT, GAVE_UP) for end in ends)
        return answer is not None and not short and not self.budget.over

    def _answering(self) -> Callable[[Asked], Any]:
        """Return what answers questions with sessions of its own."""
        return self._twin()._answer

    def _answer(self, asked: Asked) -> Any:
        if self.budget.over:
            return None
        question, item = asked
        try:
            return _both(self, item) if question == "sides" else (self.end(item, "low"), self.end(item, "high"))
        except OutOfTimeError:
            return None

    def _twin(self) -> Ends:
        other = copy(self)
        other.whatif = self.whatif.twin()
        return other

    def slope(self, path: str, end: End) -> float | None:
        """Return the change of the objective over the whole way to an end by the slope of that side, or None."""
        moved = self.numbers.near([Move(path, end, SIDE)])
        try:
            answer = None if moved is None else self.whatif.held(self.net(moved))
        except SolverError:
            return None
        if answer is None or answer.objective is None:
            return None
        return (answer.objective - self.objective) / SIDE

    def end(self, number: Number, end: End) -> EndValue | None:
        """Return a number at an end of its range, solved; None where its value is that end."""
        if not any(number.room(end)):
            return None
        moved = self.numbers.at(number.path, end)
        if isinstance(moved, str):
            return EndValue(0.0, number.value, None, None, None, "", "refused", moved, None)
        try:
            return self._solved(number, end, moved)
        except SolverError as error:
            at = number.shown(end, moved.share)
            return EndValue(moved.share, at, None, None, None, "", GAVE_UP, str(error), None)

    def _solved(self, number: Number, end: End, moved: Moved) -> EndValue:
        net = self.net(moved.data)
        answer = self.whatif.held(net, far=True) if self.basis == "held" else self.whatif.full(net)
        objective = answer.objective
        return EndValue(
            share=moved.share,
            value=number.shown(end, moved.share),
            objective=objective,
            change=None if objective is None else objective - self.objective,
            bound=answer.bound,
            choke=self.first(answer, moved.data),
            ended=answer.ended.value,
            note=_note(moved, answer),
            regret=self._regret(net, answer),
        )

    def held(self, data: Instance) -> Answer:
        """Return the answer of an instance with the integers of the plan."""
        if self.budget.over:
            raise self.budget.out_of_time("what a moved number is worth")
        return self.whatif.held(self.net(data))

    def net(self, data: Instance) -> Network:
        """Return the network of an instance."""
        return self.numbers.network(data, self.plan.net.name)

    def first(self, answer: Answer, data: Instance) -> str:
        """Return the label of the limit of which 10 % more earns most around an answer."""
        same = answer.cold is None and not answer.change.size
        return self.choke if same else self._first(answer, data)

    def _first(self, answer: Answer, data: Instance | None) -> str:
        tables = answer.case.tables
        if answer.x is None or answer.objective is None or tables is None:
            return ""
        if answer.cold is not None and data is not None:
            gains = self._reprice(data) or {}
        else:
            registered = (*limits(tables.net, tables.columns, tables.rows), *answer.case.registered)
            tables = replace(tables, limits=registered)
            stage = answer.case.stage
            worth = stage.sign * (answer.objective - stage.constant)
            outcome = Outcome(
                answer.ended, answer.x, worth, worth, 0.0, 0, answer.row_price, answer.column_price
            )  # fmt: skip
            gains = self._reprice.gains(tables, answer.case.program, self.whatif.resolver, answer.change, outcome)
        first = max(gains, key=lambda id: gains[id], default=None)
        if first is None or gains[first] <= self.plan.problem.near(answer.objective):
            return ""
        return self._labels.get(first, first)

    def _regret(self, net: Network, answer: Answer) -> float | None:
        """Return what other integers would earn more there, beyond what they might earn as things are."""
        if answer.cold is not None or not self.plan.program.integer.any():
            return None if answer.cold is not None else 0.0
        there, now = self._more(net, answer), self._now
        return None if there is None or now is None else max(0.0, there - now)

    @cached_property
    def _now(self) -> float | None:
        """What other integers would earn more as things are."""
        return self._more(self.plan.net, self.base)

    def _more(self, net: Network, answer: Answer) -> float | None:
        """Return what integers that are free earn more than those of the plan."""
        kept = answer if self.basis == "held" else self.whatif.held(net)
        free = self.whatif.relaxed(net, far=net is not self.plan.net) if self.basis == "held" else self.whatif.full(net)
        if kept.objective is None or free.objective is None:
            return None
        return self.plan.stage.sign * (free.objective - kept.objective)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a worker elsewhere makes its own of: the plan, and the seconds that are left."""

    plan: Plan
    basis: Basis
    seconds: float


def ends_journal(path: Path, plan: Plan, basis: Basis) -> Journal[Any]:
    """Return the journal of the ends of a plan's numbers."""
    return Journal(path, digest({"study": "ends", "basis": basis, **plan.rests_on}), composed(EndValue, NumberSlope))


def _question(asked: Asked) -> Any:
    """Return what an answer depends on."""
    question, item = asked
    return [question, item.path if isinstance(item, Number) else plain(item)]


def _answering(source: _Source) -> Callable[[Asked], Any]:
    """Return what answers questions elsewhere."""
    ends = Ends(numbers_of(source.plan), source.plan.solved, source.basis, TimeBudget(source.seconds))
    return ends._answer


def _note(moved: Moved, answer: Answer) -> str:
    said = []
    if moved.share < 1.0:
        said.append(f"the rules of the instance allow {100.0 * moved.share:g} % of the way: {moved.refused}")
    if answer.cold is not None:
        said.append(f"other decisions are possible there: {answer.cold}")
    if answer.ended is Ended.INFEASIBLE:
        said.append("no plan has these integers there")
    return "; ".join(said)


def _both(ends: Ends, n: NumberSlope) -> NumberSlope:
    """Return a number with the slopes of both sides, found by solving again."""
    number = ends.numbers[n.path]
    low = ends.slope(n.path, "low") if any(number.room("low")) else n.at_low
    high = ends.slope(n.path, "high") if any(number.room("high")) else n.at_high
    solved = replace(n, at_low=low, at_high=high, checked=True)
    less, more = solved.per_unit
    kink = less is not None and more is not None and abs(less + more) > APART * max(abs(less), abs(more))
    return replace(solved, kink=kink)

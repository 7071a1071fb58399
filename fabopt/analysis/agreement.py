r"""Whether published outcomes can all hold at once.

A figure with the range from L to H is missed by :math:`\max(0, L - M, M - H)`, counted in half the range. The objective
``agreement`` makes the plan in which these misses are least in all. Where they are not zero, no plan agrees with every
figure, and three questions follow:

1. **What clashes**: figures and limits of which the linear program with fractions for integers cannot keep all, and can
   once any one of them is left out. Prices prove a miss from what has one alone, so only that is tried, and each answer
   that still misses leaves fewer to try.
2. **Which others**: the figures of a clash are let go and what is still missed is taken up in the same way.
3. **What move of data ends it**: numbers are moved to an end of their ranges, those first of which the adjoint promises
   most, each only as far as it must; the move is verified, and is not proved to be the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.reconcile import OutcomeRow, frame_of, outcomes_of
from fabopt.analysis.sensitivity.adjoint import NO_TIME, slopes
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import End, Move, Numbers, numbers_of
from fabopt.analysis.sensitivity.places import prices_of
from fabopt.domain.tolerances import CLOSE
from fabopt.errors import StudyError
from fabopt.model.columns import SIDES
from fabopt.network.tables import Array
from fabopt.plan.groups import LIFTED, LimitGroup, together
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.outcome import Outcome, SolverError
from fabopt.solve.perturbation import NOTHING, Perturbation, numbers_at
from fabopt.solve.resolver import Resolver, worth

if TYPE_CHECKING:
    import pandas as pd

MOVES = 24
"""Most numbers that are tried for a move of data."""

HALVINGS = 6
"""Halvings by which each move is made as small as it may be."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Figures and limits that cannot all hold; without any one of them the others can.

    ``whole`` says whether every single one was tried: where time was over first, some may not belong to it.
    """

    figures: tuple[str, ...]
    limits: tuple[str, ...]
    missed: float
    whole: bool


@dataclass(frozen=True, slots=True)
class DataMove:
    """A number moved within its range: by a share of the way to an end, and what is missed with it and those before."""

    path: str
    end: End
    share: float
    value: float
    to: float
    unit: str
    left: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether published outcomes can all hold at once.

    Attributes
    ----------
    name
        The instance.
    rows
        The figures, against the plan that misses them least.
    missed, least
        Half ranges that plan misses in all, and what no plan can miss less than.
    relaxed
        The same with fractions for integers.
    clashes
        What cannot hold together.
    moves
        Movements of numbers that end it, one after the other; empty where none was found.
    tried
        Numbers that were tried for a move.
    left_out
        What time did not allow, in words.
    fractions
        Whether the plan has fractions for its integers.
    asked
        Linear programs that were asked for what clashes.
    """

    name: str
    rows: tuple[OutcomeRow, ...]
    missed: float
    least: float
    relaxed: float
    clashes: tuple[Clash, ...]
    moves: tuple[DataMove, ...]
    tried: int
    left_out: tuple[str, ...]
    fractions: bool = False
    asked: int = 0

    @property
    def agrees(self) -> bool:
        """Whether all figures hold at once."""
        return self.missed <= CLOSE

    @property
    def frame(self) -> pd.DataFrame:
        """The figures, a row each."""
        return frame_of(self.rows)

    @property
    def ended(self) -> bool:
        """Whether a move of data was found with which all figures hold."""
        return bool(self.moves) and self.moves[-1].left <= CLOSE


def agreement(plan: Plan, budget: TimeBudget | None = None) -> Agreement:
    """Return whether the published outcomes of an instance can all hold at once, and if not, why.

    Parameters
    ----------
    plan
        A plan with the objective ``agreement``.
    budget
        Time for all of it.

    Raises
    ------
    fabopt.errors.StudyError
        If the plan has another objective.
    """
    if plan.run.options.objective != "agreement":
        raise StudyError("Only a plan with the objective agreement says whether published outcomes can hold at once.")
    budget = budget or TimeBudget()
    study = _Study(plan, budget)
    relaxed = study.missed(NOTHING)
    clashes = tuple(study.clashes(relaxed)) if relaxed > CLOSE else ()
    moves: tuple[DataMove, ...] = ()
    tried = 0
    if clashes and budget.allows("a move of data that ends it"):
        with budget.attempt("a move of data that ends it"):
            moves, tried = study.moves()
    run = plan.run
    least = plan.objective if run.bound is None else min(run.bound, plan.objective)
    return Agreement(
        plan.name, outcomes_of(plan), plan.objective, max(least, 0.0), relaxed, clashes, moves, tried,
        tuple(budget.left_out), run.options.relaxed, study.asked,
    )  # fmt: skip


class _Study:
    """Asks the program of the plan that misses least."""

    def __init__(self, plan: Plan, budget: TimeBudget) -> None:
        self.plan, self.budget = plan, budget
        self.solved: SolvedProgram = plan.solved
        self.resolver: Resolver = self.solved.resolver(budget)
        self.at = self.solved.tables.columns["missed"].index.reshape(-1, len(SIDES))
        self.names = {one.id: one.name for one in self.solved.net.outcomes}
        self.ids = list(self.names)
        first = self.solved.tables.offsets["outcome"]
        self.rows = slice(first, first + len(self.solved.tables.rows["outcome"]))
        self.groups = {group.id: group for group in self.solved.problem.groups if group.relaxable}
        self.asked = 0

    def missed(self, change: Perturbation) -> float:
        """Return the least that is missed in all, in half ranges, with fractions for integers."""
        return max(0.0, -worth(self._ask(change)))

    def clashes(self, missed: float) -> Iterator[Clash]:
        """Yield what cannot hold together, one clash after the other, while anything is missed."""
        free: list[str] = []
        with self.budget.attempt("further clashes"):
            while missed > CLOSE and len(free) < len(self.ids) and self.budget.allows("further clashes"):
                clash, figures = self._clash(free, missed)
                yield clash
                free += figures
                missed = self.missed(self._without(free, ()))

    def _without(self, free: Sequence[str], lifted: Sequence[LimitGroup]) -> Perturbation:
        """Return figures let go and limits taken away."""
        program = self.solved.program
        columns = np.sort(self.at[[self.ids.index(id) for id in free]].ravel())
        change = numbers_at(program, columns, np.zeros(len(columns)))
        return change.then(together(group.relief(LIFTED) for group in lifted).on(program))

    def _clash(self, free: Sequence[str], missed: float) -> tuple[Clash, list[str]]:
        """Return what cannot hold beside figures that are let go, and the ids of its figures.

        It begins with what has a price, which proves the miss by itself; what is left out in vain shrinks it to what
        has a price without that.
        """
        every = [*((True, id) for id in self.ids if id not in free), *((False, id) for id in self.groups)]
        kept = self._core(self._with_price(self._ask(self._without(free, ())), every)) or every
        whole = False
        with self.budget.attempt("parts of a clash"):
            for part in list(kept):
                if part in kept:
                    kept = self._core([one for one in kept if one != part]) or kept
            whole = True
        there = [id for figure, id in kept if figure]
        limits = tuple(self.groups[id].label for figure, id in kept if not figure)
        return Clash(tuple(self.names[id] for id in there), limits, missed, whole), there

    def _core(self, parts: Sequence[tuple[bool, str]]) -> list[tuple[bool, str]] | None:
        """Return those of some figures and limits that cannot all hold by themselves; None where all can."""
        core = None
        while core is None or len(parts) < len(core):
            gone = [id for id in self.ids if (True, id) not in parts]
            lifted = [group for id, group in self.groups.items() if (False, id) not in parts]
            # With nearly all limits away little is left of a large program: it takes less time than the way there.
            outcome = self._ask(self._without(gone, lifted), far=True)
            if -worth(outcome) <= CLOSE:
                return core
            core, parts = list(parts), self._with_price(outcome, parts)
        return core

    def _ask(self, change: Perturbation, far: bool = False) -> Outcome:
        self.asked += 1
        return self.resolver.ask(change, "relaxed", far=far)

    def _with_price(self, outcome: Outcome, parts: Sequence[tuple[bool, str]]) -> list[tuple[bool, str]]:
        """Return those of some figures and limits that have a price in an answer; all where it has no prices."""
        rows, columns = outcome.row_price, outcome.column_price
        if rows is None or columns is None:
            return list(parts)
        told = self.solved.tables.rows["outcome"].entity[np.flatnonzero(rows[self.rows])]
        figures = {self.ids[n] for n in told}
        return [
            (figure, id)
            for figure, id in parts
            if (id in figures if figure else _priced(self.groups[id], rows, columns))
        ]

    def moves(self) -> tuple[tuple[DataMove, ...], int]:
        """Return movements of numbers within their ranges that end what is missed, as few and small as are found."""
        numbers = numbers_of(self.plan, relaxed=True)
        ends = Ends(numbers, self.solved, budget=self.budget)
        taken: list[Move] = []
        left, tried = self.plan.objective, 0
        for move in self._promising(numbers, ends):
            if left <= CLOSE:
                break
            if tried == MOVES or self.budget.over:
                self.budget.leave_out("further numbers that might be moved")
                break
            tried += 1
            if isinstance(numbers.moved([*taken, move]), str):
                continue  # the rules of the instance refuse it
            now = _at(ends, numbers, [*taken, move])
            if now is not None and now < left - CLOSE:
                taken, left = [*taken, move], now
        if left > CLOSE:
            return (), tried
        return tuple(self._shown(ends, numbers, self._shrunk(ends, numbers, taken))), tried

    def _promising(self, numbers: Numbers, ends: Ends) -> list[Move]:
        """Return the movements that promise to end most, first to last."""
        plan = self.plan
        promised: list[tuple[float, Move]] = []
        pairs = [prices_of(ends.base)]
        found = slopes(numbers, plan.name, self.solved.options, pairs, hooks=plan.hooks, budget=self.budget)
        if any(slope.reason == NO_TIME for slope in found):
            self.budget.leave_out("what some numbers promise")
        for slope in found:
            sides: tuple[tuple[End, tuple[float, ...] | None], ...] = (("low", slope.low), ("high", slope.high))
            for end, change in sides:
                move = Move(slope.path, end, 1.0)
                if change and change[0] < -CLOSE and not move.alone:
                    promised.append((change[0], move))
        return [move for _, move in sorted(promised, key=lambda one: one[0])]

    def _shrunk(self, ends: Ends, numbers: Numbers, moves: Sequence[Move]) -> list[Move]:
        """Return the movements, each as small as the others allow; those that are not needed are left out."""
        kept = list(moves)
        for move in reversed(moves):
            place = kept.index(move)
            without = kept[:place] + kept[place + 1 :]
            if without and (_at(ends, numbers, without) or 1.0) <= CLOSE:
                kept = without
                continue
            low, high = 0.0, move.share
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                there = _at(ends, numbers, [*kept[:place], move._replace(share=middle), *kept[place + 1 :]])
                low, high = (low, middle) if there is not None and there <= CLOSE else (middle, high)
            kept[place] = move._replace(share=high)
        return kept

    def _shown(self, ends: Ends, numbers: Numbers, moves: Sequence[Move]) -> Iterator[DataMove]:
        for place, move in enumerate(moves):
            number = numbers[move.path]
            left = _at(ends, numbers, moves[: place + 1])
            yield DataMove(
                move.path, move.end, move.share, number.value, number.shown(move.end, move.share),
                number.quantity.unit, np.nan if left is None else left,
            )  # fmt: skip


def _priced(group: LimitGroup, rows: Array, columns: Array) -> bool:
    """Return whether a limit has a price anywhere, however small: prices are in half ranges for one of its units."""
    return bool(np.any(rows[group.rows]) or np.any(columns[group.columns]))


def _at(ends: Ends, numbers: Numbers, moves: Sequence[Move]) -> float | None:
    """Return what is missed with numbers moved, integers held; None where there is no such instance or plan."""
    data = numbers.near(moves)
    try:
        answer = None if data is None else ends.held(data)
    except SolverError:
        return None
    return None if answer is None or answer.objective is None else max(0.0, answer.objective)

r"""The search for a plan: what is done before and beside the solver's tree, in one place.

A small program goes to HiGHS as it is. A larger one is made easier first, in steps that each give a bound that holds or
a plan that stands:

1. *dive*: the relaxation gives a bound, and a dive from it a plan; from a plan that was given, what fits of that plan
   (:mod:`fabopt.solve.dive`); of a large program, integers of the plan are then turned by one where that gains
   (:mod:`fabopt.solve.turns`);
2. *counts*: units are searched over what stands of them (:mod:`fabopt.solve.standing`);
3. *alike*: alike capacities are merged, the merged program gives a bound, and its plan, held by group and split
   again, gives a plan (:mod:`fabopt.solve.merge`);
4. *tree*: HiGHS goes on from the best plan so far, unless bound and plan are near enough already.

Where the tree would not close, a heuristic goes by blocks of periods instead of all this (:mod:`fabopt.solve.blocks`).

The best of all plans and the least of all bounds is the outcome, so that no step can make the answer worse than the
plan that was given. Steps are limited by nodes and programs, never by a share of the time, so that the same program
takes the same steps on every machine; the time limit ends all of them. Every plan is verified against the rows of the
program itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import FEASIBLE
from fabopt.model.families import IntArray
from fabopt.model.gates import NO_GATES
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.blocks import BLOCK_NODES, Blocked, Solve, relax_and_fix, rolling
from fabopt.solve.dive import dive
from fabopt.solve.finish import linear_answer
from fabopt.solve.matrices import Matrices
from fabopt.solve.merge import Merged, merged
from fabopt.solve.options import EASY
from fabopt.solve.outcome import Ended, Outcome, Progress, SolverError
from fabopt.solve.proof import proof
from fabopt.solve.session import DEVEX, HighsSession
from fabopt.solve.standing import History, Standing, histories, over_standing
from fabopt.solve.turns import turned

GROUP_NODES = 10_000
"""Nodes for the tree of a merged program."""

SPLITS = ((0.0, 100), (1.0, 500))
"""How far the integers of a group may be from what the merged plan has, and nodes for such a split, in this order.

A plan that can be split as it is is found at the root; where room on single sites does not add up, none is in thousands
of nodes (measured on tool plans), and one that is near comes sooner."""

BLOCKS_UNTIL = 0.75
"""Share of a time limit by which blocks end; the rest is for a dive that finds a plan where they found none."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a search may use of a model.

    Attributes
    ----------
    down
        Whether an integer only makes room for others, so that a dive rounds it down [columns].
    kinds
        A number for each row: only rows of one number may be merged [rows].
    period
        Period of each column; the first of what has none [columns].
    units
        Where the history of each unit stands.
    """

    down: NDArray[np.bool_]
    kinds: IntArray
    period: IntArray
    units: tuple[History, ...]


def structure(tables: ModelTables) -> Structure:
    """Return what a search may use of a model."""
    down = np.zeros(tables.columns.n, dtype=bool)
    down[tables.columns["counter"].columns] = True
    periods = len(tables.columns.labels) + 1
    kinds = [family * periods + rows.period + 1 for family, rows in enumerate(tables.rows.values())]
    period = np.zeros(tables.columns.n, dtype=np.int64)
    for block in tables.columns:
        there = block.index >= 0
        period[block.index[there]] = np.nonzero(there)[-1] if block.index.shape[-1] == len(tables.columns.labels) else 0
    return Structure(down, np.concatenate([np.zeros(0, np.int64), *kinds]), period, histories(tables))


def uses_start(integer: NDArray[np.bool_]) -> bool:
    """Return whether a search of a program with these integers [columns] gains by a plan to begin with."""
    return len(integer) >= EASY and bool(integer.any())


def search(
    session: HighsSession,
    shape: Structure,
    *,
    gap: float = 0.0,
    constant_objective: float = 0.0,
    time_limit: float = np.inf,
    start: Array | None = None,
    basis: Any = None,
    by_blocks: tuple[str, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Solve the program of a session.

    Parameters
    ----------
    session
        The program; with integers or without.
    shape
        What may be used of the model behind it. Columns and rows that were added come after those of the model.
    gap, constant_objective, time_limit, progress
        As for :meth:`~fabopt.solve.session.HighsSession.solve`.
    start
        A plan [columns] to begin with; it need not fit any more.
    basis
        A basis that the relaxation begins from, as the solver has it.
    by_blocks
        A heuristic by blocks of periods and their number, which stands in for all other steps.

    Raises
    ------
    fabopt.solve.outcome.SolverError
        If HiGHS fails.
    """
    session.settle_gates()
    with session.budget.part(seconds=time_limit):
        run = _Search(session, shape, gap, constant_objective, basis, progress)
        if start is not None:
            run.take(start, "the plan given")
        if by_blocks is not None and session.integer.any():
            return run.by_blocks(*by_blocks)
        return run.run(start) if uses_start(session.integer) else run.tree(None, start)


class _Search:
    """The best plan and bound so far."""

    def __init__(
        self,
        session: HighsSession,
        shape: Structure,
        gap: float,
        constant_objective: float,
        basis: Any,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.session, self.shape, self.gap, self.constant_objective = session, shape, gap, constant_objective
        self.basis, self.tell = basis, progress
        self.budget, self.began = session.budget, session.budget.spent
        self.x: Array | None = None
        self.bound = np.inf
        self.nodes = 0

    def run(self, start: Array | None) -> Outcome:
        """Take all steps that are needed."""
        program = replace(self.session.snapshot(), gates=NO_GATES)  # their constants are found
        ended = self._dive(program, start)
        if ended in (Ended.INFEASIBLE, Ended.UNBOUNDED) and self.x is None:
            return self._outcome(ended)
        counts = None if self._proved() else over_standing(program, self.shape.units)
        inner = program if counts is None else counts.program
        alike = None if self._proved() else merged(inner, self._kinds(inner, counts))
        if alike is not None and not self.budget.over:
            self._groups(inner, alike, counts)
        if self._proved():
            return self._outcome(Ended.OPTIMAL)
        return self.tree(counts)

    def by_blocks(self, way: str, blocks: int) -> Outcome:
        """Go by blocks of periods; a dive finds a plan where they find none."""
        program = replace(self.session.snapshot(), gates=NO_GATES)
        added = np.zeros(program.n_columns - len(self.shape.period), np.int64)
        period = np.concatenate([self.shape.period, added])

        def solve(part: Matrices, step: str) -> Outcome:
            outcome = self._solve(self.session.derived(part), step, self.gap / 2, BLOCK_NODES, part=True)
            self._said(step, f"{int((part.integer & (part.column_lower < part.column_upper)).sum())} integers open")
            return outcome

        try:
            with self.budget.part(until=BLOCKS_UNTIL):
                found = (
                    relax_and_fix(program, period, blocks, solve)
                    if way == "relax-and-fix"
                    else self._rolling(program, period, blocks, solve)
                )
        except SolverError as failure:
            self.session.note(f"{way}: {failure}")
            found = Blocked(None, None, Ended.TIME_LIMIT, 0)
        self._lower(found.bound)
        if found.joined:
            self.session.note(f"{way}: {found.joined} times a block left no plan and was joined with the one before")
        if found.ended in (Ended.INFEASIBLE, Ended.UNBOUNDED) and self.x is None:
            return self._outcome(found.ended)
        stands = way == "relax-and-fix" and found.x is not None and self.take(found.x, way)
        if not stands and not self.budget.over:
            self._dive(program, found.x, again=self.x is None)
        return self._outcome(Ended.TIME_LIMIT if self.x is None or self.budget.over else Ended.OPTIMAL)

    def _rolling(self, program: Matrices, period: IntArray, blocks: int, solve: Solve) -> Blocked:
        relaxed = self.session.derived(replace(program, integer=np.zeros_like(program.integer)))
        if self.basis is not None:
            relaxed.basis = self.basis
        relaxation = linear_answer(relaxed)
        if relaxation.x is None or relaxation.row_price is None:
            return Blocked(None, None, relaxation.ended, 0)
        self.basis = relaxed.basis
        self._lower(relaxation.bound)
        self._said("relaxation", "prices of what comes after a window")
        return rolling(program, period, blocks, relaxation, solve)

    def tree(self, counts: Standing | None, given: Array | None = None) -> Outcome:
        """Let HiGHS search from the best plan so far, or from one that was given and may not fit."""
        session = self.session if counts is None else self.session.derived(counts.program)
        start = given if self.x is None else self.x
        if start is not None and session.integer.any():
            session.set_start(start if counts is None else counts.of(start))
        try:
            outcome = self._solve(session, "tree", self.gap)
            wrong = outcome.x is not None and not self.take(self._original(outcome.x, counts), "the tree")
        except SolverError as failure:
            if start is None:
                raise
            self.session.note(f"the tree failed from the plan it was given: {failure}")
            wrong = True
        if wrong:
            self.session.note("searched again without a plan to begin with")
            session = self.session.derived(self.session.snapshot())
            outcome = self._solve(session, "tree", self.gap)
            if outcome.x is not None and not self.take(outcome.x, "the tree") and self.x is None:
                raise SolverError("The solver's plan breaks a row, also without a plan to begin with.")
        self._lower(outcome.bound)
        if outcome.row_price is not None:
            return outcome
        ended = Ended.OPTIMAL if self._proved() else outcome.ended
        if ended is Ended.INFEASIBLE and self.x is not None:
            self.session.note("the tree found no plan, though one stands; that one is kept, and nothing proved of it")
            ended = Ended.OPTIMAL
        return self._outcome(ended)

    # -- steps -------------------------------------------------------------------------------------------------------

    def _groups(self, inner: Matrices, alike: Merged, counts: Standing | None) -> None:
        """Solve the merged program for a bound, hold its plan by group, and split it."""
        try:
            outcome = self._solve(self.session.derived(alike.program), "alike", self.gap / 2, GROUP_NODES)
            self._lower(outcome.bound)
            self._said("alike", f"{alike.program.n_columns} columns, {int(alike.program.integer.sum())} integers")
            if outcome.x is None:
                return
            for room, nodes in SPLITS:
                split = self.session.derived(alike.split(inner, outcome.x, room))
                groups = self._solve(split, "split", self.gap / 2, nodes)
                if groups.x is not None:
                    self.take(self._original(groups.x, counts), "the split")
                    self._said("split", f"within {room:g} of what the groups have")
                    break
        except SolverError as failure:
            self.session.note(f"alike: {failure}")

    def _dive(self, program: Matrices, start: Array | None, again: bool = True) -> Ended:
        """Dive from the relaxation: after the plan that was given, and again from nothing where that is not enough.

        The dive has a session of its own, so that the one in which plans are verified stays as it is.
        """
        ended, session = Ended.OPTIMAL, self.session.derived(program)
        if self.basis is not None:
            session.basis = self.basis
        down = np.zeros(len(self.session.cost), dtype=bool)
        down[: len(self.shape.down)] = self.shape.down
        for given in (start, None) if start is not None and again else (start,):
            try:
                dived = dive(session, down, given=given)
            except SolverError as failure:
                self.session.note(f"dive: {failure}")
                break
            self._lower(dived.bound)
            if dived.x is not None and self.take(dived.x, "the dive") and self.session.matrices.large:
                self.session.basis = session.basis  # of the program with these integers, whose prices are asked next
            told = f"{dived.programs} programs, {dived.undone} batches taken back"
            self._said("dive" if given is None else "dive from the plan given", told)
            ended = dived.ended
            if ended is not Ended.OPTIMAL or self._proved():
                break
        if self.x is not None and self.session.matrices.large and not self._proved():
            self._turn(session, self.x)
        return ended

    def _turn(self, session: HighsSession, x: Array) -> None:
        """Turn integers of the best plan, as long as that gains and is needed."""
        session.set_option("simplex_dual_edge_weight_strategy", DEVEX)  # steepest edges take 3 s at each turn refused
        try:
            better = turned(session, x, lambda worth: self._gap(worth, self.bound) <= self.gap)
        except SolverError as failure:
            self.session.note(f"turns: {failure}")
            return
        if better is not None and self.take(better.x, "the plan of the turns"):
            self.session.basis = session.basis
            self._said("turns", f"{better.kept} of {better.tried} kept")

    def _solve(
        self, session: HighsSession, step: str, gap: float, nodes: int | None = None, part: bool = False
    ) -> Outcome:
        """Solve the program of a step; of one with a `part` of the rows or integers neither plan nor bound is told."""
        began = self._seconds()

        def tell(p: Progress) -> None:
            plan = self._worth() if part or step == "alike" else _most(p.incumbent, self._worth())
            bound = self.bound if part or step == "split" else min(self.bound, np.inf if p.bound is None else p.bound)
            self._tell(replace(p, seconds=p.seconds + began, incumbent=plan, step=step), bound)

        if not session.integer.any():
            # A linear program has more than one way to an answer, where HiGHS gives up on the first.
            return linear_answer(session)
        outcome = session.solve(
            gap=gap, constant_objective=self.constant_objective, nodes=nodes, progress=tell if self.tell else None
        )
        self.nodes += outcome.nodes
        return outcome

    # -- best plan and bound -----------------------------------------------------------------------------------------

    def take(self, x: Array, whose: str) -> bool:
        """Keep a plan if it is better than what is there; tell whether it stands."""
        broken = self.session.violation(x)
        if broken > FEASIBLE:
            self.session.note(f"{whose} breaks a row or bound by {broken:.2g} of its size and is left out")
            return False
        worth = self._worth()
        if worth is None or self.session.offset + float(self.session.cost @ x) > worth:
            self.x = x
        return True

    def _original(self, x: Array, counts: Standing | None) -> Array:
        return x if counts is None else counts.back(x)

    def _worth(self) -> float | None:
        return None if self.x is None else self.session.offset + float(self.session.cost @ self.x)

    def _lower(self, bound: float | None) -> None:
        if bound is not None:
            self.bound = min(self.bound, bound)

    def _gap(self, worth: float, bound: float) -> float:
        size = 0.0 if self.x is None else float(np.abs(self.session.cost) @ np.abs(self.x))
        return proof(worth, max(bound, worth), self.constant_objective, size).gap

    def _proved(self) -> bool:
        worth = self._worth()
        return worth is not None and np.isfinite(self.bound) and self._gap(worth, self.bound) <= self.gap

    def _seconds(self) -> float:
        return self.budget.spent - self.began

    def _kinds(self, program: Matrices, counts: Standing | None) -> IntArray:
        """Return the kinds of all rows; rows that were added to the model are alike to none."""
        sums = np.zeros(0, np.int64) if counts is None else counts.kinds + self.shape.kinds.max(initial=0) + 1
        added = program.n_rows - len(self.shape.kinds) - len(sums)
        return np.concatenate([self.shape.kinds, -1 - np.arange(added), sums])

    def _outcome(self, ended: Ended) -> Outcome:
        worth = self._worth()
        if self.session.interrupted and ended is not Ended.OPTIMAL:
            ended = Ended.INTERRUPTED
        bound = self.bound if worth is None else max(self.bound, worth)
        finite = float(bound) if np.isfinite(bound) else None
        return Outcome(ended, self.x, worth, finite, self._seconds(), self.nodes)

    # -- words -------------------------------------------------------------------------------------------------------

    def _said(self, step: str, what: str) -> None:
        """Write a step into the log and tell it."""
        worth, seconds = self._worth(), self._seconds()
        self.session.note(f"{step}: {what}; plan {worth}, bound {self.bound}, {seconds:.1f} s")
        self._tell(Progress(seconds, worth, None, None, self.nodes, step), self.bound)

    def _tell(self, p: Progress, bound: float) -> None:
        if self.tell is None:
            return
        known = bool(np.isfinite(bound))
        gap = self._gap(p.incumbent, bound) if known and p.incumbent is not None else None
        self.tell(replace(p, bound=bound if known else None, gap=gap))


def _most(one: float | None, other: float | None) -> float | None:
    """Return the larger of two numbers that are there."""
    there = [value for value in (one, other) if value is not None]
    return max(there) if there else None

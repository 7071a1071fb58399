"""What-ifs around an instance: lever settings, another network or numbers of the program become a perturbation.

A :class:`WhatIf` holds an instance, its network, its tables and the resolver of its program
(:mod:`fabopt.solve.resolver`), which is asked. A change is a list of lever settings, another network, or a
:class:`~fabopt.solve.perturbation.Perturbation`. It is always counted from the instance that the object was made with,
so the order in which questions are asked changes no answer.

Where a change makes or removes rows or columns (a lead time that pushes an order out of the horizon), a new program is
built; the plan is carried over by the names of its decisions, and the answer says why in ``cold``.

**Two ways to ask.** :meth:`WhatIf.held` keeps the integers of the plan (a number that the change forbids goes to
the nearest that it allows) and gives prices. :meth:`WhatIf.full` lets them move: if the plan with integers held
comes within the gap of the relaxed bound, it is the answer, and the tree is never searched; otherwise the search starts
from that plan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.instance import Instance
from fabopt.io.load import apply_sets
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.model.limits import Limit, limits
from fabopt.model.tables import ModelTables
from fabopt.network.lower import lower
from fabopt.network.tables import Array, Network
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import carried_basis, carried_plan
from fabopt.solve.finish import finish
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Stage, Staged, proof_of, stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import StageReport
from fabopt.solve.perturbation import Perturbation, between, fixing, structure_change
from fabopt.solve.resolver import Mode, Resolver
from fabopt.solve.run import common_of, solution_of
from fabopt.solve.search import structure
from fabopt.solve.session import Ended, HighsSession, Outcome, SolverError
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    from fabopt.model.build import Hook

Change = Network | Perturbation | Sequence[str]
"""Another network, a perturbation, or lever settings: ``["sites.plains.pue=1.1"]``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One state of the instance as a program.

    Attributes
    ----------
    tables
        Its lowering; None where a perturbation has changed numbers that no instance stands behind.
    program
        Its matrices, with the objective that was asked for.
    stage
        That objective.
    registered
        Limits that hooks have registered.
    """

    tables: ModelTables | None
    program: Matrices
    stage: Stage
    registered: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a what-if gave.

    Attributes
    ----------
    change
        What turns the instance's program into that of which the answer has plan and prices; where the tree was searched
        or the program is a new one, with the integers that were found.
    ended
        How it ended; with integers held, infeasible says nothing about other integers.
    objective
        Worth of the plan in the unit of the objective, or None without a plan.
    bound, gap
        What no plan can exceed, and the relative gap to it; None with the integers held.
    denominator
        What the gap is a share of, in the unit of the objective; None without a gap.
    x
        The plan [columns of ``case``].
    row_price, column_price
        Change of the objective per unit of right-hand side or bound, integers held.
    seconds
        Time of the answer, from the change to the prices.
    searched
        Whether the tree of the mixed-integer program was searched.
    cold
        Why a new program had to be built, or None.
    """

    case: Case
    change: Perturbation
    ended: Ended
    objective: float | None
    bound: float | None
    gap: float | None
    denominator: float | None
    x: Array | None
    row_price: Array | None
    column_price: Array | None
    seconds: float
    searched: bool = False
    cold: str | None = None


class WhatIf:
    """Warm what-ifs around one instance.

    Parameters
    ----------
    net
        The lowered network.
    options
        Objective and gap; of an objective in stages, only the first is asked. ``time_limit`` counts for each answer.
    plan
        Plan of the network [columns], such as ``Solution.columns``; when left out, the network is solved.
    tree
        Raw tree of the instance; lever settings need it.
    extra
        Hooks that are called with the Pyomo model; with them, each change builds the Pyomo model again.
    basis
        Basis of the linear program in which the integers of the plan are held, where it is known.
    budget
        Time for all answers; without end when left out.

    Attributes
    ----------
    base
        The instance as it was given.
    resolver
        What is asked; a caller may ask it more around the ``change`` of an answer.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model.
    fabopt.solve.session.SolverError
        If the solver fails.
    """

    def __init__(
        self,
        net: Network,
        options: SolveOptions | None = None,
        *,
        plan: Array | None = None,
        tree: Tree | None = None,
        extra: Sequence[Hook] = (),
        basis: Any = None,
        budget: TimeBudget | None = None,
    ) -> None:
        self.net, self.options, self.tree, self.extra = net, options or SolveOptions(), tree, tuple(extra)
        self.base = self._lowered(net)
        self.options = self.options.sized(self.base.program.n_columns)
        base = self.base
        self.resolver = Resolver(
            base.program,
            plan,
            basis=basis,
            seed=self.options.seed,
            threads=self.options.threads,
            gap=self.options.asked,
            standing=base.stage.standing,
            shape=structure(_tables(base)),
            budget=budget,
        )
        if plan is None:
            self.resolver.keep(self.full().x)

    @classmethod
    def of(cls, tree: Tree, options: SolveOptions | None = None, plan: Array | None = None) -> WhatIf:
        """Return the what-ifs of an instance, read as a tree (`fabopt.io.load.load_tree`)."""
        return cls(lower(validate(tree, Instance)), options, plan=plan, tree=tree)

    def twin(self) -> WhatIf:
        """Return another object with sessions of its own: one a thread."""
        other = copy(self)
        other.resolver = self.resolver.twin()
        return other

    @property
    def plan(self) -> Array | None:
        """The plan whose integers :meth:`held` keeps, or None where the instance has none."""
        return self.resolver.plan

    @property
    def turn(self) -> threading.RLock:
        """Held by the thread that asks; whoever asks things of which one rests on the other holds it meanwhile."""
        return self.resolver.turn

    # -- questions ---------------------------------------------------------------------------------------------------

    def held(self, change: Change = (), *, far: bool = False) -> Answer:
        """Answer with the integers of the plan; ``far``: the change is a large one.

        Raises
        ------
        fabopt.io.problems.InstanceError
            If a lever or its value is not valid.
        fabopt.solve.session.SolverError
            If there is no plan to hold, or the solver fails.
        """
        return self._asked(change, "fixed", far=far)

    def relaxed(self, change: Change = (), *, far: bool = False) -> Answer:
        """Answer with fractions for integers: what no plan can exceed; errors as for :meth:`held`."""
        return self._asked(change, "relaxed", far=far)

    def full(self, change: Change = (), *, gap: float | None = None) -> Answer:
        """Answer with all decisions free, to a relative gap (that of the options when left out).

        Raises
        ------
        fabopt.io.problems.InstanceError
            If a lever or its value is not valid.
        fabopt.solve.session.SolverError
            If the solver fails.
        """
        return self._asked(change, "exact", gap=gap)

    def _asked(self, change: Change, mode: Mode, *, far: bool = False, gap: float | None = None) -> Answer:
        began = time.monotonic()
        case, cold = self._case(change)
        if cold:
            answer = self._other(_tables(case))._asked((), mode, gap=gap)
            return replace(answer, cold=cold, seconds=time.monotonic() - began)
        if self.plan is None and mode == "fixed":
            raise SolverError("The instance has no plan whose integers could be held.")
        moved, resolver = between(self.base.program, case.program), self.resolver
        with resolver.turn:
            resolver.runs.clear()
            resolver.refused = None
            limit, constant_objective = self.options.time_limit, case.stage.standing
            outcome = resolver.ask(moved, mode, far=far, gap=gap, seconds=limit, constant_objective=constant_objective)
            if resolver.refused is not None:
                raise resolver.refused
            searched = resolver.searched
            if searched and outcome.x is not None:
                fixed = moved.then(fixing(case.program, outcome.x))
                priced = resolver.ask(fixed)
                if priced.ended is Ended.OPTIMAL:
                    moved, outcome = fixed, replace(priced, ended=outcome.ended, bound=outcome.bound)
        bound = None if mode == "fixed" or outcome.x is None else outcome.bound
        return _answer(case, moved, outcome, bound, began, searched)

    def solution(self, answer: Answer) -> Solution:
        """Return the full solution of an answer with a plan: exact, with prices, limits and tables.

        The search is not repeated; among plans of equal worth the fixed tie-break decides.

        Raises
        ------
        fabopt.solve.session.SolverError
            If the answer has no plan, was made by a perturbation, or does not stand.
        """
        case = answer.case
        if answer.x is None or case.tables is None:
            raise SolverError("Only an answer with a plan, of an instance and not of a perturbation, is a solution.")
        live = HighsSession(case.program, threads=self.options.threads, seed=self.options.seed)
        done = finish(live, answer.x, case.stage.cost)
        if done is None:
            raise SolverError("The plan does not survive the rounding of its integers.")
        stage, tables = case.stage, case.tables
        told = StageReport(
            stage.name,
            stage.unit,
            answer.ended,
            answer.objective,
            answer.bound,
            answer.gap,
            answer.denominator,
            answer.seconds,
            0,
        )
        staged = Staged(answer.x, (told,), None if answer.ended is Ended.OPTIMAL else answer.ended)
        solution = (*limits(tables.net, tables.columns, tables.rows), *case.registered)
        common = common_of(case.program, live, staged, self.options)
        return solution_of(tables, case.program, solution, (stage,), staged, done, common, answer.seconds)

    # -- programs ----------------------------------------------------------------------------------------------------

    def _lowered(self, net: Network) -> Case:
        options = self.options
        how = {"through_pyomo": options.through_pyomo, "relaxed": options.relaxed}
        made = formulate(net, options.aim, self.extra, registry=False, **how)
        stage = stages(made.tables, options, made.program.cost, made.program.offset)[0]
        return Case(made.tables, replace(made.program, cost=stage.cost, offset=0.0), stage, made.registered)

    def case(self, net: Network) -> tuple[Case, str]:
        """Return the program of another network, and why it is no perturbation; nothing where it is one."""
        if net is self.net:
            return self.base, ""
        case = self._lowered(net)
        changed = structure_change(_tables(self.base), _tables(case))
        if changed is not None:
            return case, changed.reason
        old, new = self.base.program, case.program
        same = (old.labels, old.n_columns) == (new.labels, new.n_columns)
        return case, "" if same else "The rows that hooks have added differ."

    def _case(self, change: Change) -> tuple[Case, str]:
        """Return the program of a change, and why it is no perturbation; nothing where it is one."""
        if isinstance(change, Perturbation):
            program = change.changed(self.base.program)
            stage = replace(self.base.stage, cost=program.cost)
            return replace(self.base, tables=None, program=program, stage=stage), ""
        return self.case(change if isinstance(change, Network) else self._changed(change))

    def _other(self, after: ModelTables) -> WhatIf:
        """Return the what-ifs of a program of another structure, with the plan carried over."""
        before, basis, budget = _tables(self.base), self.resolver.basis, self.resolver.budget
        plan = None if self.plan is None else carried_plan(self.plan, before, after)
        basis = None if basis is None or self.extra else carried_basis(basis, before, after)
        return WhatIf(after.net, self.options, plan=plan, extra=self.extra, basis=basis, budget=budget)

    def _changed(self, settings: Sequence[str]) -> Network:
        """Return the network with levers set."""
        if not settings:
            return self.net
        if self.tree is None:
            raise SolverError("Levers can only be set where the what-ifs were made from an instance.")
        return lower(validate(apply_sets(self.tree, settings, Instance), Instance))


def _tables(case: Case) -> ModelTables:
    if case.tables is None:
        raise SolverError("A perturbation has no instance behind it.")
    return case.tables


def _answer(
    case: Case, change: Perturbation, outcome: Outcome, bound: float | None, began: float, searched: bool
) -> Answer:
    """Return the answer that an outcome gives; ``bound`` is what no plan can exceed, as the solver counts it."""
    stage = case.stage
    objective = None if outcome.objective is None else stage.reported(outcome.objective)
    limit = answer = None
    if bound is not None and np.isfinite(bound):
        # Holding integers may find a little more than the search had; a bound never stands below the plan.
        limit = stage.reported(max(bound, -np.inf if outcome.objective is None else outcome.objective))
        size = 0.0 if outcome.x is None else float(np.abs(stage.cost) @ np.abs(outcome.x))
        answer = proof_of(stage, objective, limit, size)
    return Answer(
        case=case,
        change=change,
        ended=outcome.ended,
        objective=objective,
        bound=limit,
        gap=None if answer is None else answer.gap,
        denominator=None if answer is None else answer.denominator,
        x=outcome.x,
        row_price=outcome.row_price,
        column_price=outcome.column_price,
        seconds=time.monotonic() - began,
        searched=searched,
    )

"""The program of a solved plan, with the plan, its prices and its basis: what studies move and solve again.

All of it stands in the tables of a result, so that a question of a plan solves nothing before its own first program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.tolerances import CLOSE, rounding
from fabopt.model.limits import Limit
from fabopt.network.tables import Array, Network
from fabopt.plan.groups import groups_of
from fabopt.plan.problem import ChokeProblem
from fabopt.solve.budget import TimeBudget
from fabopt.solve.finish import Finished
from fabopt.solve.formulate import Formulated, formulate
from fabopt.solve.noise import size_of
from fabopt.solve.objectives import stages
from fabopt.solve.options import SYSTEM, SolveOptions
from fabopt.solve.outcome import Basis, Ended
from fabopt.solve.plan import limit_states
from fabopt.solve.resolver import Resolver
from fabopt.solve.results.folder import Read, ResultError
from fabopt.solve.results.hooks import check_hooks
from fabopt.solve.results.run_info import RunInfo
from fabopt.solve.session import solver_basis
from fabopt.solve.solution import LimitState

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook


def options_of(run: RunInfo) -> SolveOptions:
    """Return the options of a saved run, as far as they concern the problem and not the time it took.

    Where others are held to a given plan, the problem is that of the whole system.
    """
    seen = SYSTEM if run.options.party else run.options.perspective
    return replace(run.options, perspective=seen, time_limit=math.inf, threads=0, through_pyomo=False)


def solved_program(run: RunInfo, read: Read, net: Network, hooks: Sequence[Hook] = ()) -> SolvedProgram:
    """Return the program of a result with its plan, prices and basis as its tables hold them.

    Where the objective was solved in several stages, its tables hold the prices of the last one; those of the first are
    then solved for, integers held.

    Parameters
    ----------
    run
        What is known of the run.
    read
        Returns a table of the result by its name.
    net
        The network of the instance that was solved.
    hooks
        Those that the plan was solved with.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance, other hooks are given than it was solved with, or the program does not
        give the result's objective at the result's plan.
    """
    check_hooks(run, hooks)
    options = options_of(run)
    made = formulate(net, options.aim, hooks, relaxed=options.relaxed)
    decisions, rows = read("core/decisions"), read("core/rows")
    if (len(decisions), len(rows)) != (made.program.n_columns, made.program.n_rows):
        raise ResultError("The program has other decisions than the one that was solved; solve the instance again.")
    x = decisions["value"].to_numpy(float)
    plan = SolvedProgram(net, made, options, x, run.bound, hooks, _known(decisions, rows, x))
    assert run.objective is not None
    objective, there = run.objective, plan.objective
    if abs(objective - there) > CLOSE * max(abs(objective), abs(there)) + rounding(size_of(plan.program, plan.x)):
        raise ResultError(
            f"The plan of the result is worth {objective:,.6g} {run.objective_unit}, and {there:,.6g} in the "
            "program that its instance gives, so nothing that is solved again would be about this plan. Solve it again."
        )
    return plan


def _known(decisions: pd.DataFrame, rows: pd.DataFrame, x: Array) -> Finished | None:
    """Return what the tables of a result hold of its linear program; None where that is no program of one objective."""
    basis = Basis(tuple(decisions["basis"]), tuple(rows["basis"]))
    if not (all(basis.columns) and all(basis.rows)):
        return None
    held = decisions["whole"].to_numpy(bool)
    reduced = np.where(held, decisions["held_reduced_cost"], decisions["reduced_cost"]).astype(float)
    return Finished(x, rows["price"].to_numpy(float), reduced, basis=basis)


class SolvedProgram:
    """The program of a plan: its problem, the state of its limits, and the prices of its linear program.

    Parameters
    ----------
    net, made
        The network and its program.
    options
        Options of the run.
    plan
        A plan whose integers hold [columns].
    bound
        What no plan can exceed, as a person sees it; None where nobody knows.
    hooks
        Those that have changed the program.
    known
        Prices and basis of the plan with its integers held, where they are known; else they are solved for.

    Attributes
    ----------
    problem
        The program with its limit groups and the plan.
    x, row_price, column_price
        The plan [columns] and optimal prices [rows, columns], integers held.
    basis
        Basis of that linear program.
    states
        Every limit with its use.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        If the instance has no plan with these integers.
    """

    def __init__(
        self,
        net: Network,
        made: Formulated,
        options: SolveOptions,
        plan: Array,
        bound: float | None,
        hooks: Sequence[Hook] = (),
        known: Finished | None = None,
    ) -> None:
        self.net, self.options, self.hooks = net, options, tuple(hooks)
        tables, program = made.with_limits, made.program
        self.tables = tables
        stage = stages(tables, options, program.cost, program.offset)[0]
        self.stage = stage
        self.program = replace(program, cost=stage.cost, offset=stage.sign * stage.constant)
        done = known or self._priced(plan)
        assert done.basis is not None
        self.basis: Any = solver_basis(done.basis)
        self.x, self.row_price, self.column_price = done.x, done.row_price, done.column_price
        self.limits: tuple[Limit, ...] = tables.limits
        self.states: tuple[LimitState, ...] = limit_states(
            tables, self.program, self.limits, done, np.asarray(self.program.a @ done.x)
        )
        self.problem = ChokeProblem(
            matrices=self.program,
            groups=groups_of(self.limits, [state.limit for state in self.states]),
            x=done.x,
            bound=None if bound is None else stage.sign * bound,
            reportable=tuple(p.index for p in net.periods if p.reported),
            standing=stage.standing,
            objective=options.objective,
            sign=stage.sign,
        )

    def _priced(self, plan: Array) -> Finished:
        """Return the best plan with the integers of ``plan``, its prices and its basis."""
        resolver = Resolver(self.program, plan, seed=self.options.seed)
        outcome, basis = resolver.ask(), resolver.session("fixed").named_basis()
        if outcome.ended is not Ended.OPTIMAL or outcome.x is None or outcome.row_price is None or basis is None:
            raise ResultError("The instance has no plan with the integers of the result.")
        assert outcome.column_price is not None
        return Finished(outcome.x, outcome.row_price, outcome.column_price, basis=basis)

    @property
    def objective(self) -> float:
        """The objective of the plan, as a person sees it."""
        return self.stage.reported(float(self.stage.cost @ self.x))

    def resolver(self, budget: TimeBudget | None = None) -> Resolver:
        """Return what answers perturbations of the program, from the plan and its basis."""
        return Resolver(
            self.program,
            self.x,
            basis=self.basis,
            seed=self.options.seed,
            gap=self.options.asked,
            standing=self.stage.standing,
            budget=budget,
        )

    def with_problem(self, problem: ChokeProblem) -> SolvedProgram:
        """Return the same plan in another problem that it solves."""
        other = object.__new__(SolvedProgram)
        other.__dict__.update(self.__dict__, problem=problem, program=problem.matrices)
        return other

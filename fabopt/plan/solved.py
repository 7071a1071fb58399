"""From a saved result back to a plan: the whole numbers stand in its tables, the rest is a linear program.

So a study of a saved plan never searches the tree of the mixed-integer program again: it holds what the plan decided
and solves once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.model.columns import Block
from fabopt.model.limits import Limit
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array, Network, Term
from fabopt.plan.groups import groups_of
from fabopt.plan.problem import ChokeProblem
from fabopt.solve.finish import Finished, linear_answer
from fabopt.solve.matrices import Formulated, formulate
from fabopt.solve.objectives import stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import Ended
from fabopt.solve.patch import held
from fabopt.solve.plan import limit_states
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.hooks import check_hooks
from fabopt.solve.session import HighsSession
from fabopt.solve.solution import LimitState

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook

    Read = Callable[[str], pd.DataFrame]


def whole_numbers(tables: ModelTables, read: Read, reached: str | None = None) -> Array:
    """Return a plan in which every whole-number column has its value of a saved result [columns].

    Parameters
    ----------
    tables
        The model of the instance that was solved.
    read
        Returns a table of the result by its name (``core/units``).
    reached
        Label of the period that reached the target, where there was one.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        If the result speaks of something that the instance does not have.
    """
    x = np.zeros(tables.columns.n)
    units, activities = read("core/units"), read("core/activities")
    for name, frame, column in (
        ("order", units, "ordered"),
        ("placed", units, "placed"),
        ("retire", units, "retired"),
        ("start", activities, "level"),
        ("on", activities, "on"),
        ("switch", activities, "switched_on"),
    ):
        _fill(x, tables.columns[name], frame, column)
    _lots(x, tables)
    _counters(x, tables)
    if reached is not None:
        x[tables.columns["reached"].index[0, tables.columns.labels.index(reached)]] = 1.0
    return x


def _fill(x: Array, block: Block, frame: pd.DataFrame, column: str) -> None:
    place = {key: block.offset + i for i, key in enumerate(block.keys)}
    for who, period, value in zip(frame["id"], frame["period"], frame[column].astype(float), strict=True):
        at = place.get((who, period))
        if at is not None:
            x[at] = value
        elif block.integer.any() and abs(value) > 1e-6:
            raise ResultError(f"The result's plan has {who!r} in {period}, which the instance does not allow.")


def _lots(x: Array, tables: ModelTables) -> None:
    start, lots = tables.columns["start"].index, tables.columns["lots"].index
    for a, activity in enumerate(tables.net.activities):
        if activity.lot:
            there = lots[a] >= 0
            x[lots[a][there]] = np.round(x[start[a][there]] / activity.lot)


def _counters(x: Array, tables: ModelTables) -> None:
    net, block = tables.net, tables.columns["counter"]
    at = iter(range(block.offset, block.offset + len(block)))
    for group in net.whole_groups:
        for window in group.windows:
            total = sum(_term(x, tables, term, t) for term in group.terms for t in window)
            x[next(at)] = round(total / group.lot)


def _term(x: Array, tables: ModelTables, term: Term, t: int) -> float:
    """Return one term of a row in period ``t``; terms of demands and stocks are no part of whole groups."""
    block = {"unit": "order", "retire": "retire", "placed": "placed", "activity": "start"}[term.kind]
    places = tables.columns.at.activity if term.kind == "activity" else tables.columns.at.unit
    at = t - term.shift
    index = tables.columns[block].index[places[term.id]]
    if not 0 <= at < len(index) or index[at] < 0:
        return 0.0
    return float(term.coefficient[t] * x[index[at]])


def options_of(manifest: Mapping[str, Any]) -> SolveOptions:
    """Return the options of a saved run, as far as they concern the problem and not the time it took."""
    kept = manifest["options"]
    return SolveOptions(
        objective=kept["objective"],
        by=kept["by"],
        target=kept["target"],
        measure=kept["measure"],
        demands=tuple(kept["demands"]),
        gap=kept["gap"],
        seed=kept["seed"],
    )


AGREES = 1e-6
"""Share of the objective by which a plan that is brought back may differ from what the result says."""


def restored(manifest: Mapping[str, Any], read: Read, net: Network, hooks: Sequence[Hook] = ()) -> SolvedProgram:
    """Return the plan of a result, brought back to life: the one way from a result to a program that is solved again.

    Parameters
    ----------
    manifest
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
    check_hooks(manifest, hooks)
    options = options_of(manifest)
    made = formulate(net, options.aim, hooks)
    x = whole_numbers(made.tables, read, manifest["reached"])
    added = np.asarray(manifest.get("hook_columns", ()), dtype=float)
    if len(x) + len(added) != made.program.n_columns:
        raise ResultError("The program has other decisions than the one that was solved; solve the instance again.")
    plan = SolvedProgram(net, made, options, np.concatenate([x, added]), manifest["bound"], hooks)
    objective, there = float(manifest["objective"]), plan.objective
    size = max(abs(objective), abs(there)) + 1e-3 * float(np.abs(plan.program.cost) @ np.abs(plan.x))
    if abs(objective - there) > AGREES * size:
        raise ResultError(
            f"The plan of the result is worth {objective:,.6g} {manifest['objective_unit']}, and {there:,.6g} in the "
            "program that its instance gives, so nothing that is solved again would be about this plan. Solve it again."
        )
    return plan


class SolvedProgram:
    """A plan that lives again: its problem, the state of its limits, and the prices of its linear program.

    Parameters
    ----------
    net, made
        The network and its program.
    options
        Options of the run.
    plan
        A plan whose whole numbers hold [columns].
    bound
        What no plan can exceed, as a person sees it; None where nobody knows.
    hooks
        Those that have changed the program.

    Attributes
    ----------
    problem
        The program with its limit groups and the plan.
    x, row_price, column_price
        The plan [columns] and optimal prices [rows, columns], whole numbers held.
    basis
        Basis of that linear program.
    states
        Every limit with its use.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        If the instance has no plan with these whole numbers.
    """

    def __init__(
        self,
        net: Network,
        made: Formulated,
        options: SolveOptions,
        plan: Array,
        bound: float | None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.net, self.options, self.hooks = net, options, tuple(hooks)
        tables, program = made.with_limits, made.program
        self.tables = tables
        stage = stages(tables, options, program.cost, program.offset)[0]
        self.stage = stage
        self.program = replace(program, cost=stage.cost, offset=stage.sign * stage.constant)
        session = HighsSession(held(self.program, plan), threads=1, seed=options.seed)
        outcome = linear_answer(session)
        self.basis: Any = session.basis
        if outcome.ended is not Ended.OPTIMAL or outcome.x is None or outcome.row_price is None:
            raise ResultError("The instance has no plan with the whole numbers of the result.")
        assert outcome.column_price is not None
        self.x, self.row_price, self.column_price = outcome.x, outcome.row_price, outcome.column_price
        self.limits: tuple[Limit, ...] = tables.limits
        done = Finished(outcome.x, outcome.row_price, outcome.column_price)
        self.states: tuple[LimitState, ...] = limit_states(
            tables, self.program, self.limits, done, np.asarray(self.program.a @ outcome.x)
        )
        self.problem = ChokeProblem(
            matrices=self.program,
            groups=groups_of(self.limits, [state.limit for state in self.states]),
            x=outcome.x,
            bound=None if bound is None else stage.sign * bound,
            reportable=tuple(p.index for p in net.periods if p.reported),
            standing=stage.standing,
            objective=options.objective,
            sign=stage.sign,
        )

    @property
    def objective(self) -> float:
        """The objective of the plan, as a person sees it."""
        return self.stage.reported(float(self.stage.cost @ self.x))

    def with_problem(self, problem: ChokeProblem) -> SolvedProgram:
        """Return the same plan in another problem that it solves."""
        other = object.__new__(SolvedProgram)
        other.__dict__.update(self.__dict__, problem=problem, program=problem.matrices)
        return other

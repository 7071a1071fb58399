"""The programs of a study of states: all through one place that counts them, with some first decisions held or not.

What is held is held by the bounds of columns, so that rows, gates and limits are those of the states. Without states to
tell apart, a program is that of one state alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from fabopt.domain.risk import EXPECTED, Risk
from fabopt.domain.tolerances import WHOLE
from fabopt.model.columns import Block, decided
from fabopt.model.objective import cost_vector
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.budget import TimeBudget
from fabopt.solve.objectives import stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import SolverError
from fabopt.solve.stack import Branch
from fabopt.solve.start import Key, decision_key
from fabopt.solve.stochastic import solve_states

Values = Mapping[Key, float]
"""Decisions of a plan by name."""

What = Literal["ordered", "started"]

MADE: Mapping[What, frozenset[str]] = {"ordered": frozenset({"order"}), "started": frozenset({"start"})}
"""Block of what is ordered, and of what is started."""

ORDERS = frozenset({"order", "retire"})
"""Blocks of what is committed: orders of units and contracts, and what is retired."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What came of a program.

    Attributes
    ----------
    values
        Of each state: what its plan is worth, in the unit of the objective; empty without a plan.
    plans
        The decisions of each.
    reason
        Why there is no plan; empty with one.
    """

    values: tuple[float, ...] = ()
    plans: tuple[Values, ...] = ()
    reason: str = ""


class Programs:
    """Solves programs of some states, as many as may be.

    Parameters
    ----------
    options
        As for a solve; the gap is by the size of each program where nobody asked for one.
    most
        How many may be solved.
    budget
        Tells of each, and ends with Ctrl-C.

    Attributes
    ----------
    solves
        How many have been.
    not_run
        What was not solved, in words.
    open
        How much better the plan might be of which that is most, by what it was judged.
    """

    def __init__(self, options: SolveOptions, most: int, budget: TimeBudget) -> None:
        gap = None if options.gap_from == "size" else options.gap
        self.options = replace(options, time_limit=math.inf, gap=gap, gap_from=options.gap_from)
        self.most, self.budget, self.solves = most, budget, 0
        self.not_run: list[str] = []
        self.open = 0.0

    def allows(self, what: str) -> bool:
        """Return whether another program may be solved; where not, ``what`` is listed as not run."""
        if self.solves < self.most and not self.budget.over:
            return True
        self.not_run.append(what)
        return False

    @contextmanager
    def part(self, share: float) -> Iterator[None]:
        """While in force, no more than a share of the programs that are left may be solved."""
        whole, self.most = self.most, self.solves + int(share * max(self.most - self.solves, 0))
        try:
            yield
        finally:
            self.most = whole

    def solve(
        self, what: str, branches: Sequence[Branch], risk: Risk = EXPECTED, best: Sequence[float] = ()
    ) -> Solved | None:
        """Return the plan that is best in the mean of some states; None where it may not be solved any more.

        Parameters
        ----------
        what
            What is solved, in words.
        branches
            The states.
        risk, best
            How the plan is judged, if not by its mean; for ``regret`` what the best plan for each state alone is worth.
        """
        if not self.allows(what):
            return None
        self.solves += 1
        with self.budget.timed(what):
            try:
                done = solve_states(branches, self.options, risk, best, budget=self.budget.sub())
            except SolverError as error:
                return Solved(reason=str(error))
        if self.budget.cancelled:
            self.not_run.append(what)
            return None
        if not done.has_plan:
            return Solved(reason=f"no plan ({done.status.value})")
        values, plans = [], []
        for branch, x in zip(branches, done.plans, strict=True):
            tables = branch.tables
            stage = stages(tables, done.options, cost_vector(tables.terms, tables.columns.n))[0]
            values.append(stage.reported(float(stage.cost @ x)))
            plans.append(dict(zip(keys_of(tables), x.tolist(), strict=True)))
        if done.bound is not None and done.objective is not None:
            self.open = max(self.open, abs(done.bound - done.objective))
        return Solved(tuple(values), tuple(plans))


def alone(branch: Branch) -> Branch:
    """Return a state as the only one."""
    return replace(branch, probability=1.0, known=())


def keys_of(tables: ModelTables) -> list[Key]:
    """Return the names of all columns of a model."""
    labels = tables.columns.labels
    return [decision_key(block.name, key, labels) for block in tables.columns for key in block.keys]


def held(
    branch: Branch, periods: range, values: Values, blocks: frozenset[str] | None = None, entity: str = ""
) -> Branch:
    """Return a state in which what is decided in some periods is held; what `values` does not name, at nothing.

    Parameters
    ----------
    branch
        The state.
    periods
        Positions of the periods.
    values
        Decisions by name.
    blocks
        Blocks of columns that are held; all when left out.
    entity
        Id of the one record whose decisions are held; of all when left out.
    """
    columns = branch.tables.columns
    when, labels = decided(branch.tables.net, columns), columns.labels
    early = (when >= periods.start) & (when < periods.stop)
    made: dict[str, Block] = {}
    for block in columns:
        mine = early[block.columns]
        if entity:
            mine = mine & np.array([key[0] == entity for key in block.keys], dtype=bool)
        if (blocks is None or block.name in blocks) and mine.any():
            at = np.array([values.get(decision_key(block.name, key, labels), 0.0) for key in block.keys])
            near = np.round(at)  # of an LP relaxation parts of what comes whole are held as they are
            at = np.where(block.integer & (np.abs(at - near) <= WHOLE), near, at)
            block = replace(block, lower=np.where(mine, at, block.lower), upper=np.where(mine, at, block.upper))
        made[block.name] = block
    fixed = replace(columns, blocks=MappingProxyType(made))
    return replace(branch, tables=replace(branch.tables, columns=fixed))


def levels(tables: ModelTables, values: Values, periods: range, what: What) -> dict[str, Array]:
    """Return what a plan orders of each unit in some periods, less what it retires, or starts of each activity."""
    labels = tables.columns.labels[periods.start : periods.stop]
    records = tables.net.units if what == "ordered" else tables.net.activities
    found: dict[str, Array] = {}
    for record in records:
        signs = {"order": 1.0, "retire": -1.0} if what == "ordered" else {"start": 1.0}
        amounts = [
            sum(sign * values.get((block, record.id, "", label), 0.0) for block, sign in signs.items())
            for label in labels
        ]
        if any(amounts):
            found[record.id] = np.array(amounts)
    return found

r"""Gains of an instance whose data have moved: lowered again, priced on the linear program with the integers held.

The plan's integers are carried over by the names of the decisions, and its basis with them: of all programs that are
solved it is the nearest to most draws, for where hundreds of numbers move, two draws lie farther apart than either from
the middle. So an answer depends on the moved data and the plan alone, whatever was asked before. Moved data may leave
too little for what is ordered (machines that take more tools than there are): then integers may be fewer than in the
plan, and fractions. They may contradict themselves (a demand that must be met, and fabs that now start less): the
limits of such a draw give way by what is missing, by the least sum of shares of limits, and stay there while gains are
asked.

Prices bound every gain from above (:math:`v(b + \Delta) \le v(b) + y'\Delta`), so gains are asked in the order of that
bound, until the best of them exceeds the next bound or :data:`MOST` were asked; the limits after that are counted at
their bound or just below the best of the gains that were asked, whichever is less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from fabopt.analysis.choke.derivative import slope
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import COUNTS, SAME
from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.lower import lower
from fabopt.network.substitutes import substitutes
from fabopt.network.tables import Array
from fabopt.plan.groups import LimitGroup, by_class, groups_of, percent
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import carried_basis, carried_plan
from fabopt.solve.finish import Finished
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Stage, stages
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.perturbation import (
    NOTHING,
    Growth,
    Perturbation,
    bounds_at,
    held,
    nearest,
    relaxed,
    row_more,
    sides_at,
    structure_change,
)
from fabopt.solve.plan import limit_states
from fabopt.solve.resolver import Resolver, worth
from fabopt.solve.scale import scales
from fabopt.solve.session import SolverError

STEP = percent(10)
"""The relief by which limits are ranked."""

MOST = 3
"""Most gains that are asked of one draw, besides those of the limits that are always asked."""


@dataclass(frozen=True, eq=False, slots=True)
class Moved:
    """An instance whose data have moved, with its plan.

    Attributes
    ----------
    tables, program, stage
        The model with its registry of limits, its program, and the objective.
    whole
        Its program with all integers; `program` itself, but where it has no plan with as many.
    plan
        The plan whose integers are held [columns].
    resolver, change, outcome
        What is asked, what makes of its program one that has a plan, and the answer to that.
    """

    tables: ModelTables
    program: Matrices
    whole: Matrices
    stage: Stage
    plan: Array
    resolver: Resolver
    change: Perturbation
    outcome: Outcome

    @property
    def given_way(self) -> bool:
        """Whether limits or integers had to give way for a plan."""
        return bool(self.change.size) or self.program is not self.whole


class Repriced:
    """Prices instances that differ from a plan's own in their numbers.

    Parameters
    ----------
    plan
        The plan, brought back to life.
    periods
        Positions of the periods that count.
    always
        Ids of the groups whose gain is always asked.
    budget
        Time for all instances; without end when left out.
    most
        Most gains that are asked of one instance, besides those; with 0 gains are what prices promise, at most.
    """

    def __init__(
        self,
        plan: SolvedProgram,
        periods: Sequence[int],
        always: Sequence[str],
        budget: TimeBudget | None = None,
        most: int = MOST,
    ) -> None:
        self.budget, self.most = budget or TimeBudget(), most
        self.plan, self.periods, self.always = plan, tuple(periods), tuple(always)
        self.classes = substitutes(plan.net)

    def __call__(self, data: Instance) -> Mapping[str, float] | None:
        """Return the gain at +10 % by group; None where the instance has no such plan, or the solver finds none.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If time is over before they are known.
        """
        moved = self.moved(data)
        if moved is None:
            return None
        return self.gains(moved.tables, moved.program, moved.resolver, moved.change, moved.outcome)

    def moved(self, data: Instance) -> Moved | None:
        """Return the plan of an instance, integers held; None where it has none, or the solver finds none.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If time is over before it is known.
        """
        if self.budget.over:
            raise self.budget.out_of_time("the gains of a draw")
        net = lower(data, self.plan.net.name)
        if self.budget.over:
            raise self.budget.out_of_time("the gains of a draw")
        made = formulate(net, self.plan.options.aim, self.plan.hooks)
        tables, program = made.with_limits, made.program
        stage = stages(tables, self.plan.options, program.cost, program.offset)[0]
        x, basis = self.plan.x, self.plan.basis
        if structure_change(self.plan.tables, tables) is not None:
            x = carried_plan(x, self.plan.tables, tables)
            basis = None if self.plan.hooks else carried_basis(basis, self.plan.tables, tables)
        program = replace(program, cost=stage.cost, offset=0.0)
        fewer = _fewer(program, x) if program.integer.any() else program
        ways = [(program, False), *([] if fewer is program else [(fewer, False)]), (fewer, True)]
        for some, soften in ways:
            try:
                resolver, change = Resolver(some, x, basis=basis, budget=self.budget), NOTHING
                if soften:
                    resolver, change = _possible(some, x, _soft(tables), self.budget)
                outcome = resolver.ask(change)
            except SolverError:
                return None
            if outcome.ended is not Ended.INFEASIBLE:
                break
        return None if outcome.x is None else Moved(tables, some, program, stage, x, resolver, change, outcome)

    def gains(
        self,
        tables: ModelTables,
        program: Matrices,
        resolver: Resolver,
        change: Perturbation,
        outcome: Outcome,
        groups: Sequence[LimitGroup] | None = None,
    ) -> Mapping[str, float]:
        """Return the gain at +10 % by group that is no obligation, integers held.

        Parameters
        ----------
        tables, program
            The model, with its registry of limits, and its program.
        resolver, change, outcome
            What is asked, what makes of its program the one of the tables, and the answer to that, with a plan.
        groups
            The limits of that plan, where they are known.
        """
        base, known = worth(outcome), self.groups(tables, program, outcome) if groups is None else groups
        reliefs = {g.id: g.relief(STEP) for g in known if g.relaxable and len(g) and not g.obligation}
        bounds = {id: max(slope(outcome, relief), 0.0) for id, relief in reliefs.items()}

        def gain(id: str) -> float | None:
            if bounds[id] <= 0:
                return 0.0
            try:
                value = resolver.value(change.then(reliefs[id].on(program)))
            except SolverError:
                return None
            return max(value - base, 0.0) if np.isfinite(value) else 0.0

        return self._gains(bounds, gain)

    def groups(self, tables: ModelTables, program: Matrices, outcome: Outcome) -> list[LimitGroup]:
        """Return the limits of a plan, those that take each other's place as one, in the periods that count."""
        n = program.n_columns
        assert outcome.x is not None
        assert outcome.row_price is not None
        assert outcome.column_price is not None
        done = Finished(outcome.x[:n], outcome.row_price[: program.n_rows], outcome.column_price[:n])
        activity = np.asarray(program.a @ outcome.x[:n])
        states = limit_states(tables, program, tables.limits, done, activity)
        groups = by_class(
            groups_of(tables.limits, [state.limit for state in states]), self.classes, self.plan.net.names
        )
        return [g.in_periods(self.periods) for g in groups]

    def _gains(self, bounds: Mapping[str, float], gain: Callable[[str], float | None]) -> dict[str, float]:
        order = sorted(bounds, key=lambda id: -bounds[id])
        if not self.most and not self.always:
            return {id: bounds[id] for id in order}
        asked: dict[str, float] = {}
        others = [id for id in order if id not in self.always][: self.most]
        for id in [*(id for id in self.always if id in bounds), *others]:
            if id in others and asked and bounds[id] <= max(asked.values()):
                break
            gains = gain(id)
            if gains is not None:
                asked[id] = gains
        best = max(asked.values(), default=0.0)
        return {id: asked.get(id, min(bounds[id], best * (1.0 - SAME))) for id in order}


def choke_point(plan: SolvedProgram) -> tuple[str, float]:
    """Return the choke point of a plan, and what it is worth.

    Returns
    -------
    tuple of str and float
        Label of the limit of which 10 % more in all reported periods earns most with the integers held, and that
        gain; an empty label and 0 where nothing earns anything.
    """
    resolver = plan.resolver()
    outcome = resolver.ask()
    if outcome.x is None or outcome.objective is None:
        return "", 0.0
    reported = [p.index for p in plan.net.periods if p.reported]
    gains = Repriced(plan, reported, ()).gains(plan.tables, plan.program, resolver, NOTHING, outcome)
    first = max(gains, key=lambda id: gains[id], default=None)
    if first is None or gains[first] <= plan.problem.near(outcome.objective):
        return "", 0.0
    return plan.problem.by_class(plan.net).group(first).label, gains[first]


def _fewer(program: Matrices, x: Array) -> Matrices:
    """Return the linear program in which every integer is at most what it is in a plan [columns]; fractions count."""
    most = np.maximum(nearest(x, program.column_lower, program.column_upper), program.column_lower)
    upper = np.where(program.integer, most, program.column_upper)
    return relaxed(replace(program, column_upper=upper))


def _soft(tables: ModelTables) -> IntArray:
    """Return the rows that an elastic run may relax."""
    return np.array(
        [tables.offsets[name] + i for name, rows in tables.rows.items() if rows.family.soft for i in range(len(rows))],
        dtype=np.int64,
    )


def _possible(program: Matrices, x: Array, soft: IntArray, budget: TimeBudget) -> tuple[Resolver, Perturbation]:
    """Return a resolver and the change with which its program, integers held, has a plan.

    Soft rows give way by what is missing: a row may give way if doing nothing beyond what is held breaks it. First the
    least sum of shares of rows by which they must, whatever that earns; then the best plan that gives way by no more.
    In one program, with a penalty that no gain is worth, the solver takes ten times as long.
    """
    rows, sign, size = _broken(held(program, x), soft)
    n, none = program.n_columns, np.zeros(len(rows))
    slack = Growth(
        columns=sparse.csc_array(
            (sign, rows.astype(np.int32), np.arange(len(rows) + 1)), shape=(program.n_rows, len(rows))
        ),
        cost=-1.0 / size,
        column_lower=none,
        column_upper=np.full(len(rows), np.inf),
        integer=none.astype(bool),
        rows=sparse.csr_array((0, n + len(rows))),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
    )
    giving = slack.grown(replace(program, cost=np.zeros(n)))
    kept, at = np.concatenate([x, none]), np.arange(n, n + len(rows), dtype=np.int64)
    least = Resolver(giving, kept, budget=budget).ask().x if len(rows) else None
    if least is None or not np.any(least[n:] > COUNTS * size):
        return Resolver(program, x, budget=budget), NOTHING
    most = float(np.sum(least[n:] / size))
    no_more = row_more(giving, -giving.cost, -np.inf, most * (1.0 + COUNTS) + COUNTS).changed(giving)
    earning = replace(no_more, cost=np.concatenate([program.cost, none]))
    resolver = Resolver(earning, kept, budget=budget)
    best = resolver.ask().x
    if best is None:
        return resolver, NOTHING
    missing = best[n:]
    given = np.where(missing > COUNTS * size, missing * (1.0 + COUNTS) + COUNTS * size, 0.0)
    last, free = np.array([program.n_rows]), np.array([np.inf])
    return resolver, bounds_at(earning, at, none, given).then(sides_at(earning, last, -free, free))


def _broken(program: Matrices, soft: IntArray) -> tuple[IntArray, Array, Array]:
    """Return the soft rows that doing nothing breaks: their numbers, the sign of what is missing, and their sizes."""
    activity = np.asarray(program.a @ np.clip(0.0, program.column_lower, program.column_upper))[soft]
    low, high = program.row_lower[soft], program.row_upper[soft]
    under, over = soft[activity < low], soft[activity > high]
    rows: IntArray = np.concatenate([under, over]).astype(np.int64)
    sign = np.concatenate([np.ones(len(under)), -np.ones(len(over))])
    size = np.abs(np.where(sign > 0, program.row_lower[rows], program.row_upper[rows]))
    return rows, sign, np.maximum(1.0 / scales(program).row[rows], size)

r"""Gains of an instance whose data have moved: lowered again, priced on the linear program with the whole numbers held.

The plan's whole numbers are carried over by the names of the decisions. Moved data may contradict themselves (a demand
that must be met, and fabs that now start less): the limits of such a draw give way by what is missing, at a penalty per
share of a limit that no gain is worth, and stay there while gains are asked.

Prices bound every gain from above (:math:`v(b + \Delta) \le v(b) + y'\Delta`), so gains are asked in the order of that
bound, until the best of them exceeds the next bound or :data:`MOST` were asked; the limits after that are counted at
their bound or just below the best of the gains that were asked, whichever is less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from fabopt.analysis.choke.derivative import slope
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import COUNTS, SAME
from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.lower import lower
from fabopt.network.tables import Array
from fabopt.plan.groups import LimitGroup, Relief, groups_of, percent
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.finish import Finished, linear_answer
from fabopt.solve.formulate import formulate
from fabopt.solve.live import DEVEX, carried_plan
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import stages
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.perturbation import held
from fabopt.solve.plan import limit_states
from fabopt.solve.resolver import worth
from fabopt.solve.session import HighsSession, SolverError

STEP = percent(10)
"""The relief by which limits are ranked."""

PENALTY = 10.0
"""Penalty of a whole row that gives way, as a multiple of all that the plan earns and costs."""

MOST = 3
"""Most gains that are asked of one draw, besides those of the limits that are always asked."""


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
    """

    def __init__(
        self, plan: SolvedProgram, periods: Sequence[int], always: Sequence[str], budget: TimeBudget | None = None
    ) -> None:
        self.budget = budget or TimeBudget()
        self.plan, self.periods, self.always = plan, tuple(periods), tuple(always)
        self.worth = PENALTY * (plan.problem.size or 1.0)

    def __call__(self, data: Instance) -> Mapping[str, float] | None:
        """Return the gain at +10 % by group; None where the instance has no such plan, or the solver finds none.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If time is over before they are known.
        """
        if self.budget.over:
            raise self.budget.out_of_time("the gains of a draw")
        net = lower(data, self.plan.net.name)
        made = formulate(net, self.plan.options.aim, self.plan.hooks)
        tables, program = made.with_limits, made.program
        stage = stages(tables, self.plan.options, program.cost, program.offset)[0]
        x = carried_plan(self.plan.x, self.plan.tables, tables)
        program = held(replace(program, cost=stage.cost, offset=0.0), x)
        try:
            session, outcome = _solved(program, _soft(tables), self.worth, self.budget)
        except SolverError:
            return None
        known = outcome.ended is Ended.OPTIMAL and outcome.objective is not None
        gains = self.gains(tables, program, session, outcome) if known else None
        if self.budget.over:  # what time has ended is not known, and not nothing
            raise self.budget.out_of_time("the gains of a draw")
        return gains

    def gains(
        self, tables: ModelTables, program: Matrices, session: HighsSession, outcome: Outcome
    ) -> Mapping[str, float]:
        """Return the gain at +10 % by group that is no obligation, from the answer of a linear program and its session.

        Parameters
        ----------
        tables
            The model, with its registry of limits.
        program
            Its linear program, whole numbers held.
        session, outcome
            A session that stands at the program, and its answer, with a plan.
        """
        assert outcome.objective is not None
        groups = [g for g in self._groups(tables, program, outcome) if g.relaxable and len(g) and not g.obligation]
        reliefs = {g.id: g.relief(STEP) for g in groups}
        bounds = {id: max(slope(outcome, relief), 0.0) for id, relief in reliefs.items()}
        return self._gains(session, outcome.objective, reliefs, bounds)

    def _groups(self, tables: ModelTables, program: Matrices, outcome: Outcome) -> list[LimitGroup]:
        n = program.n_columns
        assert outcome.x is not None
        assert outcome.row_price is not None
        assert outcome.column_price is not None
        done = Finished(outcome.x[:n], outcome.row_price, outcome.column_price[:n])
        activity = np.asarray(program.a @ outcome.x[:n])
        states = limit_states(tables, program, tables.limits, done, activity)
        found = groups_of(tables.limits, [state.limit for state in states])
        return [g.in_periods(self.periods) for g in found]

    def _gains(
        self, session: HighsSession, base: float, reliefs: Mapping[str, Relief], bounds: Mapping[str, float]
    ) -> dict[str, float]:
        order = sorted(bounds, key=lambda id: -bounds[id])
        basis = session.basis
        asked: dict[str, float] = {}
        others = [id for id in order if id not in self.always][:MOST]
        for id in [*(id for id in self.always if id in bounds), *others]:
            if id in others and asked and bounds[id] <= max(asked.values()):
                break
            found = _gain(session, basis, reliefs[id], base, bounds[id])
            if found is not None:
                asked[id] = found
        best = max(asked.values(), default=0.0)
        return {id: asked.get(id, min(bounds[id], best * (1.0 - SAME))) for id in order}


def _gain(session: HighsSession, basis: Any, relief: Relief, base: float, bound: float) -> float | None:
    """Return a gain, asked from the basis of the program without relief; None where the solver cannot find it."""
    if bound <= 0:
        return 0.0
    session.basis = basis
    rows = np.array(sorted({*relief.upper, *relief.lower}), dtype=np.int64)
    columns = np.array(sorted(relief.column), dtype=np.int64)
    columns = columns[session.column_lower[columns] < session.column_upper[columns]]
    low, high = session.row_lower[rows], session.row_upper[rows]
    left, right = session.column_lower[columns], session.column_upper[columns]
    down = np.array([relief.lower.get(i, 0.0) for i in rows.tolist()])
    up = np.array([relief.upper.get(i, 0.0) for i in rows.tolist()])
    session.set_row_bounds(rows, low - down, high + up)
    session.set_column_bounds(columns, left, right + np.array([relief.column[j] for j in columns.tolist()]))
    try:
        value = _value(session)
    except SolverError:
        return None
    finally:
        session.set_row_bounds(rows, low, high)
        session.set_column_bounds(columns, left, right)
    return max(value - base, 0.0) if np.isfinite(value) else 0.0


def _value(session: HighsSession) -> float:
    """Return the value of a linear program; where the solver gives up, once more without scaling."""
    try:
        return session.value()
    except SolverError:
        return worth(session.solve_afresh())


def choke_point(plan: SolvedProgram) -> tuple[str, float]:
    """Return the choke point of a plan, and what it is worth.

    Returns
    -------
    tuple of str and float
        Label of the limit of which 10 % more in all reported periods earns most with the whole numbers held, and that
        gain; an empty label and 0 where nothing earns anything.
    """
    session = HighsSession(held(plan.program, plan.x), threads=1, seed=plan.options.seed)
    session.basis = plan.basis
    outcome = linear_answer(session)
    if outcome.x is None or outcome.objective is None:
        return "", 0.0
    reported = [p.index for p in plan.net.periods if p.reported]
    gains = Repriced(plan, reported, ()).gains(plan.tables, plan.program, session, outcome)
    first = max(gains, key=lambda id: gains[id], default=None)
    if first is None or gains[first] <= plan.problem.near(outcome.objective):
        return "", 0.0
    return next((g.label for g in plan.problem.groups if g.id == first), first), gains[first]


def _soft(tables: ModelTables) -> IntArray:
    """Return the rows that an elastic run may relax."""
    return np.array(
        [tables.offsets[name] + i for name, rows in tables.rows.items() if rows.family.soft for i in range(len(rows))],
        dtype=np.int64,
    )


def _solved(program: Matrices, soft: IntArray, worth: float, budget: TimeBudget) -> tuple[HighsSession, Outcome]:
    """Solve a linear program; where it has no plan, soft rows give way by what is missing.

    A row may give way, at a penalty of ``worth`` per share of it, if doing nothing beyond what is held breaks it: with
    these there always is a plan, and one program tells what is missing and where the plan then stands.
    """
    session = HighsSession(program, threads=1, budget=budget)
    rows, sign, size = _broken(session, soft)
    entries = sparse.csc_array(
        (sign, rows.astype(np.int32), np.arange(len(rows) + 1)), shape=(program.n_rows, len(rows))
    )
    slack = session.add_columns(entries, -worth / size, np.zeros(len(rows)), np.full(len(rows), np.inf))
    outcome = linear_answer(session)
    if outcome.x is None or outcome.ended is not Ended.OPTIMAL:
        return session, outcome
    missing = outcome.x[slack]
    given = np.where(missing > COUNTS * size, missing * (1.0 + COUNTS) + COUNTS * size, 0.0)
    session.set_costs(np.concatenate([program.cost, np.zeros(len(rows))]), program.offset)
    session.set_column_bounds(slack, np.zeros(len(rows)), given)
    session.set_option("simplex_dual_edge_weight_strategy", DEVEX)
    return session, linear_answer(session)


def _broken(session: HighsSession, soft: IntArray) -> tuple[IntArray, Array, Array]:
    """Return the soft rows that doing nothing breaks: their numbers, the sign of what is missing, and their sizes."""
    program = session.matrices
    activity = np.asarray(program.a @ np.clip(0.0, program.column_lower, program.column_upper))[soft]
    low, high = program.row_lower[soft], program.row_upper[soft]
    under, over = soft[activity < low], soft[activity > high]
    rows: IntArray = np.concatenate([under, over]).astype(np.int64)
    sign = np.concatenate([np.ones(len(under)), -np.ones(len(over))])
    size = np.abs(np.where(sign > 0, program.row_lower[rows], program.row_upper[rows]))
    return rows, sign, np.maximum(session.row_unit[rows], size)

r"""Objectives as stages that are solved in order, each held while the next is solved.

HiGHS' own lexicographic mode reports no objective and no duals, so the loop is ours. A stage maximises a linear
function of the plan; its result is then held by one row, and the next stage is solved:

================  ========================================================  =============================
objective         first stage                                               unit of the objective
================  ========================================================  =============================
value             discounted value less cost                                million dollars
compute           compute delivered up to the end of period ``by``, or in   compute
                  that period alone (``measure="rate"``)
time_to_compute   the earliest period that reaches the target               position of the period (0: first)
least_cost        discounted cost, terminal values taken off; deliveries    million dollars
                  are worth nothing, so only what is required is made
max_min           the least share, then the next, ... (leximin)             share
agreement         by how much published outcomes are missed, in all         half their ranges
value, seen by a  what the party gets (:mod:`fabopt.model.payoff`), or all  million dollars
party             others (``rest``)
value, of the     what labs and other markets get at list prices            million dollars
buyers
================  ========================================================  =============================

Several objectives are stages in the order in which they stand; of each, later ones may give up its tolerance. Where
value of the whole is not the last of them, it is one more stage; then comes the fixed tie-break of
:mod:`fabopt.solve.finish`. Prices are in the money of the last stage, or of the party that sees the plan.

**Leximin.** The least share phi is raised as far as it goes; every customer that cannot get more than phi while all
others keep at least phi is frozen there, one question (a solve) each; then phi is raised for the rest. With
integers it may happen that each of two customers could get more but not both: then the first in the order of the
instance is frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fabopt.domain.goals import NOTHING, ObjectiveName, Tolerance
from fabopt.domain.tolerances import CLOSE, SAME
from fabopt.model.aim import counted
from fabopt.model.families import IntArray, ModelError
from fabopt.model.objective import PREMIUM, cost_vector
from fabopt.model.payoff import for_buyers, payoff
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.earliest import Periods
from fabopt.solve.options import BUYERS, LARGE, OptionError, SolveOptions
from fabopt.solve.outcome import StageReport
from fabopt.solve.proof import Proof, proof
from fabopt.solve.search import Structure, search
from fabopt.solve.session import Ended, HighsSession, Outcome, Progress


@dataclass(frozen=True, slots=True)
class Stage:
    """One objective: maximise ``cost . x``; what is reported is ``constant + sign * cost . x``.

    ``standing`` is the part of ``cost . x`` that what stands at the decision date earns whatever is planned;
    ``tolerance`` what later stages may give up of it.
    """

    name: str
    unit: str
    cost: Array
    sign: float = 1.0
    constant: float = 0.0
    standing: float = 0.0
    tolerance: Tolerance = NOTHING

    def reported(self, maximised: float) -> float:
        """Return the figure a person sees."""
        return self.constant + self.sign * maximised


@dataclass(frozen=True, slots=True)
class Staged:
    """What the stages gave: the plan so far (None without one), how each ended, and how the first and all ended."""

    x: Array | None
    reports: tuple[StageReport, ...]
    stopped: Ended | None

    @property
    def first(self) -> StageReport:
        """The stage of the objective that was asked for."""
        return self.reports[0]


Notify = Callable[[str, Progress], None]


def stages(tables: ModelTables, options: SolveOptions, value: Array, offset: float = 0.0) -> tuple[Stage, ...]:
    """Return the stages of the objective that ``options`` ask for.

    Parameters
    ----------
    tables
        The model.
    options
        Options of the run.
    value
        Cost vector of the model's objective [columns], with what hooks have changed.
    offset
        What hooks have added to the objective whatever is decided.

    Raises
    ------
    OptionError
        If the date is no period of the horizon.
    fabopt.model.families.ModelError
        If nothing counts as compute.
    """
    constant = tables.net.constant_value + offset
    last = Stage("value", "million dollars", value, constant=constant, standing=tables.net.standing_value)
    if options.perspective == BUYERS:
        return (replace(last, cost=for_buyers(tables, value)),)
    if options.party:
        return (Stage("value", "million dollars", _of_party(tables, len(value), options)), last)
    stages = tuple(
        replace(last if goal.objective == "value" else _stage(goal.objective, tables, len(value), options),
                tolerance=goal.tolerance)
        for goal in options.goals
    )  # fmt: skip
    # Of a large program value is not the tie-break of agreement: it would be another program on a face of the first.
    alone = stages[-1].name == "agreement" and len(value) >= LARGE
    return stages if alone or stages[-1].name == "value" else (*stages, last)


def premiums(tables: ModelTables, options: SolveOptions, x: Array) -> float:
    """Return what premiums come to in the objective of a plan ``x`` [columns], in million dollars: in its first stage.

    They steer and are nobody's money: the plan is worth its objective less these.
    """
    if options.objective != "value":
        return 0.0
    total = 0.0
    for term in tables.terms:
        if term.name == PREMIUM:
            mine = np.ones(len(term.columns), dtype=bool) if not options.party else term.party == options.party
            counted = ~mine if options.perspective.startswith("rest:") else mine
            total += float(term.coefficients[counted] @ x[term.columns[counted]])
    return total


def _stage(objective: ObjectiveName, tables: ModelTables, columns: int, options: SolveOptions) -> Stage:
    """Return the stage of an objective that is not value."""
    if objective == "compute":
        return Stage("compute", "compute", _compute(tables, columns, options))
    if objective == "time_to_compute":
        periods = np.zeros(columns)
        reached = tables.columns["reached"].index[0]
        periods[reached] = -np.arange(len(reached))
        return Stage("time_to_compute", "period", periods, sign=-1.0)
    if objective == "least_cost":
        cost = np.zeros(columns)
        cost[: tables.columns.n] = cost_vector(tables.terms, tables.columns.n, frozenset({"delivery_value", PREMIUM}))
        return Stage("least_cost", "million dollars", cost, sign=-1.0, constant=-tables.net.constant_value)
    if objective == "agreement":
        missed = np.zeros(columns)
        missed[tables.columns["missed"].columns] = -1.0
        return Stage("agreement", "half ranges", missed, sign=-1.0)
    share = np.zeros(columns)
    share[tables.columns["least_share"].index[0, 0]] = 1.0
    return Stage("max_min", "share", share)


def _of_party(tables: ModelTables, columns: int, options: SolveOptions) -> Array:
    """Return the cost vector of what the party of the perspective gets, or of what all others get."""
    cost = np.zeros(columns)
    cost[: tables.columns.n] = payoff(tables, options.party)
    if options.perspective.startswith("rest:"):
        cost[: tables.columns.n] = cost_vector(tables.terms, tables.columns.n) - cost[: tables.columns.n]
    return cost


def _compute(tables: ModelTables, columns: int, options: SolveOptions) -> Array:
    """Return the cost vector of the compute delivered by (or in) the period of the options."""
    net, labels = tables.net, list(tables.columns.labels)
    if options.by is not None and options.by not in labels:
        raise OptionError(f"{options.by!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}.")
    reported = [p.index for p in net.periods if p.reported] or [len(labels) - 1]
    last = labels.index(options.by) if options.by is not None else reported[-1]
    first = 0 if options.measure == "cumulative" else last
    members = counted(net, options.demands)
    if not members:
        raise ModelError("No demand has a weight in compute, so there is no compute to maximise.")
    cost = np.zeros(columns)
    for j, weight in members.items():
        index = tables.columns["deliver"].index[j][:, first : last + 1]
        cost[index[index >= 0]] = weight
    return cost


class Runner:
    """Solves stages in order on one session, within the session's budget."""

    def __init__(
        self,
        session: HighsSession,
        shape: Structure,
        options: SolveOptions,
        notify: Notify | None,
        start: Array | None = None,
        basis: Any = None,
    ) -> None:
        self.session, self.shape, self.options, self.notify = session, shape, options, notify
        self.budget = session.budget
        self.start, self.basis = start, basis
        self.x: Array | None = None
        self.reports: list[StageReport] = []
        self.stopped: Ended | None = None
        self.held: list[tuple[int, float]] = []

    def run(self, todo: tuple[Stage, ...], tables: ModelTables) -> Staged:
        """Solve the stages; stop at the first that ends without an optimum."""
        for number, stage in enumerate(todo):
            if stage.name == "max_min":
                outcome = self._leximin(stage, tables)
            elif stage.name == "time_to_compute" and self.session.matrices.large:
                outcome = self._earliest(stage, tables, todo[-1])
            else:
                outcome = self._stage(stage)
            if outcome is None or outcome.x is None or self.stopped is not None:
                break
            if number < len(todo) - 1:
                self._hold(stage, self._exact(stage.cost, outcome.x))
        return Staged(self.x, tuple(self.reports), self.stopped)

    def again(self, stage: Stage) -> Array | None:
        """Solve a stage once more, as far as time allows, and return its plan."""
        outcome = self._solve(stage.name, stage.cost, stage.constant, stage.sign, stage.standing)
        return None if outcome is None else outcome.x

    def _solve(
        self, name: str, cost: Array, constant: float = 0.0, sign: float = 1.0, standing: float = 0.0
    ) -> Outcome | None:
        """Maximise ``cost . x`` from the plan at hand; None if there is no time left."""
        if self.x is not None and (self.budget.over or self.session.interrupted):
            self.stopped = Ended.INTERRUPTED if self.session.interrupted else Ended.TIME_LIMIT
            return None
        self.session.set_costs(cost)

        def progress(p: Progress) -> None:
            if self.notify is not None:
                self.notify(name, _told(p, constant, sign))

        outcome = search(
            self.session,
            self.shape,
            gap=self.options.asked,
            constant_objective=standing,
            start=self.start if self.x is None else self.x,
            basis=self.basis if self.x is None else None,
            by_blocks=self.options.by_blocks,
            progress=progress,
        )
        if outcome.x is not None:
            self.x = outcome.x
        if outcome.ended is not Ended.OPTIMAL:
            self.stopped = outcome.ended
        return outcome

    def _stage(self, stage: Stage) -> Outcome | None:
        outcome = self._solve(stage.name, stage.cost, stage.constant, stage.sign, stage.standing)
        if outcome is not None and outcome.ended is Ended.INFEASIBLE and self.held:
            self._loosen()
            outcome = self._solve(stage.name, stage.cost, stage.constant, stage.sign, stage.standing)
        if outcome is not None:
            self.reports.append(report(stage, outcome))
        return outcome

    def _earliest(self, stage: Stage, tables: ModelTables, value: Stage) -> Outcome | None:
        """Find the earliest period that reaches the target, with a plan of value, so that it is no odd one."""
        began, dates = self.budget.spent, tables.columns["reached"].index[0]
        self.session.set_costs(value.cost)

        def search_one() -> Outcome:
            return search(self.session, self.shape, gap=np.inf, start=self.start)

        def tell(step: str, at: int) -> None:
            self.session.note(f"target by {tables.columns.labels[at]}: {step}")
            if self.notify is not None:
                seconds = self.budget.spent - began
                self.notify(f"by {tables.columns.labels[at]}", Progress(seconds, None, None, None, 0, step))

        rows = tables.offsets["target"] + np.arange(len(dates))
        periods = Periods(self.session, self.shape, dates, rows, self.start, search_one, tell)
        earliest = periods.earliest(self.options.measure == "cumulative")
        self.session.set_column_bounds(dates, np.zeros(len(dates)), np.ones(len(dates)))
        x, ended = earliest.x, earliest.ended
        reached = None if x is None else float(stage.cost @ x)
        bound = None if x is None else -float(earliest.low)
        outcome = Outcome(ended, x, reached, bound, self.budget.spent - began, 0)
        self.x = self.x if x is None else x
        self.stopped = None if ended is Ended.OPTIMAL else ended
        self.reports.append(report(stage, outcome))
        return outcome

    def _exact(self, cost: Array, x: Array) -> float:
        """Return the worth of a plan whose integers are exact: rounded and held, the rest solved again."""
        if not self.session.integer.any():
            return float(cost @ x)
        self.session.hold_integers(x)
        try:
            with self.session.finishing():
                outcome = self.session.solve()
        finally:
            self.session.release_integers()
        if outcome.x is None or outcome.ended is not Ended.OPTIMAL:
            return float(cost @ x)
        self.x = outcome.x
        return float(cost @ outcome.x)

    def _hold(self, stage: Stage, reached: float) -> None:
        """Let later stages give up no more of a stage than its tolerance."""
        cost, least = stage.cost, reached - stage.tolerance.of(stage.reported(reached))
        columns = np.flatnonzero(cost).astype(np.int64)
        if len(columns):
            size = float(np.abs(cost).max())
            row = self.session.add_row(columns, cost[columns] / size, least / size, np.inf)
            self.held.append((row, SAME * max(self.session.money_unit, abs(reached)) / size))

    def _loosen(self) -> None:
        """Let what is held fall a little below its value: rounding errors have left it no plan."""
        self.stopped = None
        for row, slack in self.held:
            at = np.array([row])
            self.session.set_row_bounds(at, self.session.row_lower[at] - slack, self.session.row_upper[at])

    def _leximin(self, stage: Stage, tables: ModelTables) -> Outcome | None:
        """Raise the least share, freeze who cannot get more, and go on with the others."""
        rows = tables.offsets["fairness"] + np.arange(len(tables.rows["fairness"]))
        phi = int(tables.columns["least_share"].index[0, 0])
        shares = [self._share(int(row), phi) for row in rows]
        open_rows = list(range(len(rows)))
        first: Outcome | None = None
        while open_rows:
            outcome = self._solve(stage.name, stage.cost)
            if first is None and outcome is not None:
                first = outcome
                self.reports.append(report(stage, outcome))
            if outcome is None or outcome.x is None or self.stopped is not None:
                break
            level = float(outcome.x[phi])
            close = self._close(shares, level)
            stuck = [c for c in open_rows if level >= 1 - CLOSE or not self._may_rise(shares[c], level, close, phi)]
            if self.stopped is not None:
                break
            for c in stuck or open_rows[:1]:
                self._freeze(int(rows[c]), phi, level, SAME * close / CLOSE)
                open_rows.remove(c)
        if first is not None and first.x is not None:
            self._pin_least(phi, float(first.x[phi]))
        return first

    def _share(self, row: int, phi: int) -> tuple[IntArray, Array]:
        """Return columns and coefficients of a customer's share."""
        entries = self.session.a[[row], :].tocoo()
        mine = entries.col != phi
        return entries.col[mine].astype(np.int64), entries.data[mine]

    def _close(self, shares: list[tuple[IntArray, Array]], level: float) -> float:
        """Return how close to the level a share is the same: relative to the largest in the plan."""
        given = [] if self.x is None else [float(values @ self.x[columns]) for columns, values in shares]
        return CLOSE * max(level, *given, 0.0)

    def _may_rise(self, share: tuple[IntArray, Array], level: float, close: float, phi: int) -> bool:
        """Return whether a customer can get more than ``level`` while everybody else keeps what they have."""
        columns, values = share
        if self.x is not None and float(values @ self.x[columns]) > level + close:
            return True
        cost = np.zeros(len(self.session.cost))
        cost[columns] = values
        low, high = self.session.column_lower[phi], self.session.column_upper[phi]
        one = np.array([phi])
        self.session.set_column_bounds(one, np.array([level - SAME * close / CLOSE]), np.array([level]))
        keep = self.x
        outcome = self._solve("max_min", cost)
        self.x = keep
        self.session.set_column_bounds(one, np.array([low]), np.array([high]))
        return outcome is not None and outcome.objective is not None and outcome.objective > level + close

    def _freeze(self, row: int, phi: int, level: float, slack: float) -> None:
        self.session.set_coefficients(np.array([row]), np.array([phi]), np.zeros(1))
        self.session.set_row_bounds(np.array([row]), np.array([level - slack]), np.array([np.inf]))

    def _pin_least(self, phi: int, level: float) -> None:
        """Give the column of the least share the value it stands for."""
        self.session.set_column_bounds(np.array([phi]), np.array([level]), np.array([level]))


def _told(p: Progress, constant: float, sign: float) -> Progress:
    plan = None if p.incumbent is None else constant + sign * p.incumbent
    bound = None if p.bound is None else constant + sign * p.bound
    return replace(p, incumbent=plan, bound=bound)


def proof_of(stage: Stage, objective: float | None, bound: float | None, size: float = 0.0) -> Proof | None:
    """Return what is proved of a plan in a stage; None where there is no plan or no bound."""
    if objective is None or bound is None:
        return None
    return proof(objective, bound, stage.constant + stage.standing, size)


def report(stage: Stage, outcome: Outcome) -> StageReport:
    """Return the report of a stage from the solver's outcome."""
    objective = None if outcome.objective is None else stage.reported(outcome.objective)
    bound = None if outcome.bound is None else stage.reported(outcome.bound)
    size = 0.0 if outcome.x is None else float(np.abs(stage.cost) @ np.abs(outcome.x))
    report = proof_of(stage, objective, bound, size)
    gap, denominator = (None, None) if report is None else (report.gap, report.denominator)
    return StageReport(
        stage.name, stage.unit, outcome.ended, objective, bound, gap, denominator, outcome.seconds, outcome.nodes
    )

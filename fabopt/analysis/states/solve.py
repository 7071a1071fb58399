"""Solve an instance under its states: one plan until something is known, and one plan a state from then on.

Each state's plan is an ordinary plan of an ordinary instance: the state's, in which all that was decided before the
state could be told apart is pinned. So every study of a plan can be made of it, and its prices are those of somebody
who knows by then what has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt import __version__
from fabopt.analysis.states.measure import mean, measured
from fabopt.analysis.states.records import MINIMISED, NowLimit, StateInfo, StatesInfo, without_infinities
from fabopt.analysis.states.tree import Leaf
from fabopt.domain.instance import Instance
from fabopt.domain.risk import EXPECTED, Risk
from fabopt.domain.tolerances import COUNTS
from fabopt.errors import StudyError
from fabopt.io.load import apply_merge
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.io.write import instance_hash, instance_json
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.lower import lower
from fabopt.network.tables import Array, Network
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.losses import Relaxed
from fabopt.solve.matrices import program_of
from fabopt.solve.objectives import Notify
from fabopt.solve.options import SolveOptions
from fabopt.solve.plan import plan_arrays
from fabopt.solve.results.build import Origin, core_and_domain, run_info
from fabopt.solve.results.run_info import Earning, Versions, finite
from fabopt.solve.run import completed, formulated, solve
from fabopt.solve.solution import Conflict, Solution
from fabopt.solve.stack import Branch
from fabopt.solve.start import StartPlan, decision_key
from fabopt.solve.stochastic import Method, StackSolution, check_states, solve_states
from fabopt.solve.work.executor import Executor
from fabopt.solve.work.versions import version_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class StatesPlan:
    """What a solve under several states gave.

    Attributes
    ----------
    info
        What was solved, how, and how good it is.
    plans
        The plan of each state, in their order; empty without a plan.
    logs
        What the solver said of each.
    log, conflicts
        What it said of the whole, and why there is no plan.
    """

    info: StatesInfo
    plans: tuple[Plan, ...]
    logs: tuple[str, ...]
    log: str
    conflicts: tuple[Conflict, ...]


def states_plan(
    leaves: Sequence[Leaf],
    origin: Origin,
    options: SolveOptions,
    risk: Risk = EXPECTED,
    *,
    best: Sequence[float] | None = None,
    progress: Notify | None = None,
    start: StartPlan | None = None,
    method: Method = "extensive",
    executor: Executor | None = None,
) -> StatesPlan:
    """Return the plan of an instance under some states.

    Parameters
    ----------
    leaves
        The states (:func:`fabopt.analysis.states.tree.leaves`).
    origin
        What is solved.
    options, progress, start
        As for :func:`fabopt.solve.run.solve`.
    risk
        How the plan is judged.
    best
        What the best plan for each state alone is worth, where that is known; for ``regret`` it is solved for else.

    method, executor
        As for :func:`fabopt.solve.stochastic.solve_states`.

    Raises
    ------
    fabopt.solve.options.OptionError
        If an option does not fit a plan under several states.
    fabopt.solve.stack.PastError
        If a state changes what comes before it is known.
    """
    check_states(options)
    budget = TimeBudget(options.time_limit)
    leaves, earning = _earning(leaves, origin, options, budget, progress)
    nets = [lower(leaf.data, origin.instance) for leaf in leaves]
    if risk.name == "regret" and best is None:
        best = [_alone(net, options, leaf.name) for net, leaf in zip(nets, leaves, strict=True)]
    branches = [
        # The limits of one state say what holds back before anything is known.
        Branch(leaf.name, leaf.probability, leaf.known, model_tables(net, options.aim, registry=not s), leaf.throughout)
        for s, (net, leaf) in enumerate(zip(nets, leaves, strict=True))
    ]
    solved = solve_states(branches, options, risk, best or (), progress, start, budget, method, executor)
    plans: list[Plan] = []
    logs: list[str] = []
    states: list[StateInfo] = []
    for s, leaf in enumerate(leaves) if solved.has_plan else ():
        alone = solved.stack.shared(s)
        tables = branches[s].tables
        tree, data = held(leaf, tables, solved.plans[s], alone)
        plan, log = _whole(tree, data, leaf, origin, solved.options, _started(leaf.name, tables, solved.plans[s]))
        plans.append(plan)
        logs.append(log)
        known = None if best is None else best[s]
        states.append(
            StateInfo(leaf.name, leaf.description, leaf.probability, leaf.known, alone, plan.objective, known)
        )
    info = _info(origin, solved, risk, tuple(states), nets[0], _unit(plans))
    info = replace(info, earning=earning, seconds=round(budget.spent, 3))
    return StatesPlan(info, tuple(plans), tuple(logs), solved.log, solved.conflicts)


def _earning(
    leaves: Sequence[Leaf], origin: Origin, options: SolveOptions, budget: TimeBudget, progress: Notify | None
) -> tuple[Sequence[Leaf], Earning | None]:
    """Return the states without the steps that lose money for their owners in the one in which least changes.

    Where the instance asks that steps earn. They are found in the relaxation of that state and forbidden in all.
    """
    leaf = leaves[0]
    if not leaf.data.solving.expansions_earn:
        return leaves, None
    relaxed, pinned = replace(options, relaxed=True), leaf.data.pins.units
    made = formulated(lower(leaf.data, origin.instance), relaxed)
    search = Relaxed(made, relaxed, budget, progress)
    earning, _ = search.forbidden(lambda unit, period: not pinned.get(unit, {}).get(period))
    if not earning.forbidden:
        return leaves, earning
    return [_pinned(leaf, {"units": earning.pins}, "steps that lose money are forbidden") for leaf in leaves], earning


def _pinned(leaf: Leaf, pins: dict[str, Any], says: str) -> Leaf:
    """Return a state with decisions pinned."""
    tree = apply_merge(leaf.tree, {"pins": pins}, says)
    return replace(leaf, tree=tree, data=validate(tree, Instance, (leaf.tree, leaf.data)))


def _alone(net: Network, options: SolveOptions, name: str) -> float:
    """Return what the best plan for a state alone is worth."""
    solution = solve(net, options)
    if solution.objective is None:
        raise StudyError(f"The state '{name}' has no plan by itself ({solution.status}), so nothing can be regretted.")
    return solution.objective


def held(leaf: Leaf, tables: ModelTables, x: Array, before: int) -> tuple[Tree, Instance]:
    """Return a state's instance in which what a plan decides before a period is pinned.

    Parameters
    ----------
    leaf
        The state.
    tables, x
        Its model, and the plan by its columns.
    before
        Position of the first period that is open; 0: nothing is pinned.
    """
    if before == 0:
        return leaf.tree, leaf.data
    program = program_of(tables)
    arrays = plan_arrays(tables, program, x, np.asarray(program.a @ x))
    own = _pinned(leaf, pins_of(tables.net, arrays, before), "what was decided before is held")
    return own.tree, own.data


def pins_of(net: Network, arrays: dict[str, Any], before: int) -> dict[str, Any]:
    """Return what the arrays of a plan decide before a period, as the section ``pins`` of an instance."""
    labels = [p.label for p in net.periods[:before]]

    def by_label(levels: Array) -> dict[str, float]:
        return {label: max(float(level), 0.0) for label, level in zip(labels, levels, strict=False)}

    retiring = [(n, u) for n, u in enumerate(net.units) if u.retire_cost is not None]
    return {
        "units": {u.id: by_label(arrays["orders"][n]) for n, u in enumerate(net.units)},
        "activities": {a.id: by_label(arrays["levels"][n]) for n, a in enumerate(net.activities)},
        "retired": {u.id: by_label(arrays["retired"][n]) for n, u in retiring},
        "deliveries": {d.id: by_label(arrays["delivered"][n].sum(axis=0)) for n, d in enumerate(net.demands)},
        "stocks": {m.id: by_label(arrays["stock"][n]) for n, m in enumerate(net.materials) if m.storable},
        "done_until": str(net.periods[before].start),
    }


def _started(name: str, tables: ModelTables, x: Array) -> StartPlan:
    """Return a plan by the columns of a model as one to begin with."""
    labels = tables.columns.labels
    keys = (decision_key(block.name, key, labels) for block in tables.columns for key in block.keys)
    return StartPlan(f"the plan of state {name}", dict(zip(keys, x.tolist(), strict=True)))


def _whole(
    tree: Tree, data: Instance, leaf: Leaf, origin: Origin, options: SolveOptions, start: StartPlan
) -> tuple[Plan, str]:
    """Return the plan of a state as an ordinary one, and what the solver said of it."""
    net = lower(data, origin.instance)
    solution = completed(net, replace(options, time_limit=float("inf")), start, TimeBudget())
    called = f"{origin.scenario}+{leaf.name}" if origin.scenario else leaf.name
    own = Origin(origin.instance, called, tree.applied, instance_hash(data), origin.money_unit)
    return Plan(run_info(own, net, solution), _Tables(net, solution), instance_json(data)), solution.log


class _Tables:
    """The tables of a state's plan, made when one is asked for: many states are never looked at."""

    def __init__(self, net: Network, solution: Solution) -> None:
        self._of = net, solution
        self._made: dict[str, pd.DataFrame] = {}

    def __call__(self, name: str) -> pd.DataFrame:
        if not self._made:
            self._made = {f"{spec.group}/{spec.name}": frame for spec, frame in core_and_domain(*self._of).items()}
        return self._made[name]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the tables alone."""
        self("core/periods")
        return getattr, (self._made, "__getitem__")


def _unit(plans: Sequence[Plan]) -> str:
    return plans[0].unit if plans else ""


def _info(
    origin: Origin, solved: StackSolution, risk: Risk, states: tuple[StateInfo, ...], net: Network, unit: str
) -> StatesInfo:
    """Return the record of a solve; the figure is that of the plans that were made whole, which are worth no less."""
    name = solved.options.objective
    sign = -1.0 if name in MINIMISED else 1.0
    objective, bound, expected = solved.objective, solved.bound, None
    if states:
        shares, worth = [s.probability for s in states], [s.objective for s in states]
        best = [s.best for s in states if s.best is not None]
        objective, expected = measured(risk, shares, worth, sign, best), mean(shares, worth)
    libraries = ("pyomo", "highspy", "numpy", "pandas", "pyarrow")
    return StatesInfo(
        instance=origin.instance,
        scenario=origin.scenario,
        sets=origin.sets,
        input_hash=origin.input_hash,
        money_unit=origin.money_unit,
        options=solved.options,
        risk=risk.said,
        status=solved.status,
        has_plan=solved.has_plan,
        objective_name=name,
        objective_unit=unit,
        objective=finite(objective),
        bound=finite(bound),
        gap=finite(solved.gap),
        gap_denominator=finite(solved.gap_denominator),
        expected=expected,
        seconds=round(solved.seconds, 3),
        stages=without_infinities(solved.stages),
        size=solved.size,
        periods=tuple(p.label for p in net.periods),
        versions=Versions(fabopt=__version__, **{one: version_of(one) for one in libraries}),
        states=states,
        limits=_now_limits(solved),
    )


def _now_limits(solved: StackSolution) -> tuple[NowLimit, ...] | None:
    """Return the limits of the time in which nothing is known that have a price in the stack; None without prices."""
    if solved.prices is None:
        return None
    stack, price = solved.stack, solved.prices
    tables, rows = stack.branches[0].tables, stack.rows[0]
    labels = tables.columns.labels
    size = float(np.abs(price).max(initial=0.0))
    return tuple(
        NowLimit(
            one.family, one.entity, one.name, one.owner, one.stage, labels[one.period], one.unit,
            abs(float(price[rows[one.row]])),
        )
        for one in tables.limits
        if one.row >= 0 and 0 <= one.period < stack.first and abs(price[rows[one.row]]) > COUNTS * size
    )  # fmt: skip

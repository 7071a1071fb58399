"""What became of a plan at a later date: what is there then, what is ordered now, and what it regrets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fabopt.analysis.roll.pins import dated, first_open, orders_in, pinned
from fabopt.analysis.roll.records import Changed, Opening, Outcome, Raised, Roll
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import CLOSE, above
from fabopt.errors import StudyError
from fabopt.io.difference import differences
from fabopt.io.load import apply_merge
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import make_periods
from fabopt.network.lowering.stability import charges
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import options_of
from fabopt.solve.proof import proof
from fabopt.solve.results.build import Origin, core_and_domain, run_info
from fabopt.solve.results.folder import Read
from fabopt.solve.run import solve
from fabopt.solve.start import start_plan

NOTICED = 0.01
"""Work that differs by less than this share is the same."""

MINIMISED = ("least_cost", "time_to_compute", "agreement")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An instance before it is planned from a later date.

    Attributes
    ----------
    first
        Position of the first period that is open.
    opened, held
        The instance with all open, and with what was decided before the date held.
    throughout
        Levers that are not what they were for the plan and hold before the date too.
    """

    first: int
    opened: Tree
    held: Tree
    throughout: tuple[str, ...]


def prepared(plan: Plan, tree: Tree, to: str, stability: float | None = None) -> Prepared:
    """Return the instance as it is to be planned from a later date on.

    Parameters
    ----------
    plan
        The plan as it was.
    tree
        The instance as it is known now.
    to
        The new decision date.
    stability
        What changing an order of the plan from then on is charged, as a share of what it costs; None: nothing, but for
        what the instance says itself.

    Raises
    ------
    StudyError
        When no period begins at the date, the instance has other periods, or the plan is one party's view.
    """
    plan.of_system("a decision date moves for the system's plan")
    planned = list(plan.table("core/periods")["period"])
    now = validate(tree, Instance)
    periods = make_periods(now)[1]
    first = first_open(periods, to)
    missing = [p.label for p in periods[:first] if p.label not in planned]
    if missing or planned[0] != periods[0].label:
        raise StudyError(
            f"The plan begins with {planned[0]}, the instance with {periods[0].label}: to move the decision date both "
            "need the same first period."
        )
    opened, throughout = dated(tree, now, plan.data, first)
    own = opened.raw.get("stability")
    opened = replace(opened, raw={key: part for key, part in opened.raw.items() if key != "stability"})
    net = lower(validate(opened, Instance), plan.run.instance)
    held = {"pins": pinned(net, plan.table, first)}
    if stability is not None:
        labels = [p.label for p in periods[first:] if p.label in planned]
        own = {"share": stability, "orders": orders_in(net, plan.table, labels)}
    held |= {} if own is None else {"stability": own}
    held_tree = apply_merge(opened, held, f"decided before {periods[first].label} held")
    return Prepared(first, opened, held_tree, throughout)


def rolled(
    net: Network, open_net: Network, before: Plan, held: Plan, free: Plan, first: int, throughout: Sequence[str]
) -> Roll:
    """Return what moving the decision date tells.

    Parameters
    ----------
    net, open_net
        The network in which the past is held, and that of the same data in which all is open.
    before, held, free
        The plan as it was, the best one that keeps to it until the date, and the best one of the same data.
    first
        Position of the first period that is open.
    throughout
        Levers that changed for all periods.
    """
    past, to = [p.label for p in net.periods[:first]], net.periods[first].label
    run, both = before.run, held.has_plan and free.has_plan
    charged = _charged(net, held) if run.objective_name == "value" else 0.0
    return Roll(
        name=before.name,
        to=to,
        objective_name=run.objective_name,
        unit=before.unit,
        sign=-1.0 if run.objective_name in MINIMISED else 1.0,
        before=_outcome(before),
        held=_without(_outcome(held), charged),
        free=_outcome(free),
        regrets=(*_orders(held.table, free.table, past), *_starts(held.table, free.table, past)) if both else (),
        next=_orders(held.table, before.table, [p.label for p in net.periods[first:] if p.reported])
        if held.has_plan
        else (),
        opening=tuple(_opening(net, before.table, first)),
        inputs=tuple((d.path, d.before or "-", d.after or "-") for d in differences(before.data, free.data)),
        throughout=tuple(throughout),
        raised=tuple(_raised(net, open_net, first)),
        charged=charged,
    )


def free_plan(net: Network, open_net: Network, before: Plan, held: Plan, instance: str, seconds: float) -> Plan:
    """Return the best plan if all could be decided again, within the limits of the network in which the past is held.

    What keeps to the past is such a plan too, so that it is the best one where the search found none that is better.

    Parameters
    ----------
    net, open_net
        The network in which the past is held, and that of the same data in which all is open.
    before
        The plan as it was: what is maximised, to which gap, in which unit.
    held
        The plan that keeps to the past.
    instance
        The instance behind the networks, in which all is open, as JSON.
    seconds
        Time for the solver.
    """
    options = replace(options_of(before.run), time_limit=seconds)
    start = start_plan("the plan that keeps to the past", held.table("core/decisions")) if held.has_plan else None
    within = {group.id: group.rhs for group in net.groups}
    spending = {budget.id: budget.amount for budget in net.budgets}
    own = {unit.id: unit.pinned for unit in open_net.units}
    room = {material.id: material.stock_limit for material in net.materials}
    with_room = replace(
        open_net,
        materials=tuple(replace(m, stock_limit=room.get(m.id, m.stock_limit)) for m in open_net.materials),
        resources=net.resources,
        units=tuple(replace(unit, pinned=own.get(unit.id)) for unit in net.units),
        unit_effects=net.unit_effects,
        unit_materials=net.unit_materials,
        groups=tuple(replace(group, rhs=within.get(group.id, group.rhs)) for group in open_net.groups),
        budgets=tuple(replace(budget, amount=spending[budget.id]) for budget in open_net.budgets),
    )
    solution = solve(with_room, options, extra=before.hooks, start=start)
    run = run_info(Origin(net.name, None, (), "", before.run.money_unit), with_room, solution)
    frames = core_and_domain(with_room, solution) if solution.has_plan else {}
    tables = {f"{spec.group}/{spec.name}": frame for spec, frame in frames.items()}
    free = Plan(run, tables.__getitem__, instance)
    return _better(free, held) if held.has_plan else free


def _better(free: Plan, held: Plan) -> Plan:
    """Return the plan that is worth more, with the bound of the search in which all was free."""
    sign = -1.0 if free.run.objective_name in MINIMISED else 1.0
    free_value, kept = free.run.objective, held.objective
    if free_value is not None and sign * (kept - free_value) <= 0.0:
        return free
    bound = free.run.bound
    if bound is not None and sign * (bound - kept) < 0.0:
        bound = kept  # both hold up to the tolerance of the solver
    denominator = held.run.gap_denominator
    gap = None if bound is None or denominator is None else proof(kept, bound, kept - denominator).gap
    return Plan(replace(held.run, bound=bound, gap=gap), held.table, free.instance)


def _raised(net: Network, open_net: Network, first: int) -> Iterator[Raised]:
    """Yield the capacities from a period on that are raised for work that was started before."""
    for held, free in zip(net.resources, open_net.resources, strict=True):
        for period in net.periods[first:]:
            more, there = float(held.base[period.index]), float(free.base[period.index])
            if above(more, there):
                yield Raised(held.id, held.name, held.tags.owner, period.label, more - there, held.unit)


def _charged(net: Network, plan: Plan) -> float:
    """Return what a plan is charged for changed orders."""
    if not plan.has_plan or plan.data.stability is None:
        return 0.0
    rows = plan.table("core/activities")
    return charges(net, dict(zip(zip(rows["id"], rows["period"], strict=True), rows["level"], strict=True)))


def _without(outcome: Outcome, charged: float) -> Outcome:
    """Return an outcome without what is charged; what is best without it, a bound with it does not say."""
    if not charged or outcome.objective is None:
        return outcome
    return replace(outcome, objective=outcome.objective + charged, bound=None)


def _outcome(plan: Plan) -> Outcome:
    run = plan.run
    return Outcome(run.status, run.objective, run.bound, run.gap)


def _orders(held: Read, free: Read, labels: Sequence[str]) -> tuple[Changed, ...]:
    """Return the orders of some periods that differ, retirements as less than nothing; most expensive first."""
    amounts: list[dict[tuple[str, str], float]] = []
    said: dict[str, tuple[str, str, str, str]] = {}
    price: dict[tuple[str, str], float] = {}
    for read in (held, free):
        units = read("core/units")
        net_orders = (units["ordered"] - units["retired"]).tolist()
        keys = list(zip(units["id"], units["period"], strict=True))
        amounts.append({key: float(n) for key, n in zip(keys, net_orders, strict=True)})
        price |= dict(zip(keys, units["unit_cost"].astype(float), strict=True))
        columns = (units[name] for name in ("id", "name", "owner", "instrument", "unit"))
        said |= {id: (name, owner, what, unit) for id, name, owner, what, unit in zip(*columns, strict=True)}
    order = {label: k for k, label in enumerate(labels)}
    most: dict[str, float] = {}
    for (id, _), amount in itertools.chain.from_iterable(some.items() for some in amounts):
        most[id] = max(most.get(id, 0.0), abs(amount))
    orders = []
    for id, period in dict.fromkeys((*amounts[0], *amounts[1])):
        kept, other = (a.get((id, period), 0.0) for a in amounts)
        if period in order and abs(kept - other) > CLOSE * most[id]:
            name, owner, what, unit = said[id]
            orders.append(Changed("order", id, name, owner, what, period, kept, other, unit))
    orders.sort(key=lambda c: (-abs(c.change) * price.get((c.id, c.period), 0.0), order[c.period]))
    return tuple(orders)


def _starts(held: Read, free: Read, labels: Sequence[str]) -> tuple[Changed, ...]:
    """Return the activities of which another amount is started before the date; the largest shares first."""
    sums: list[dict[str, float]] = []
    said: dict[str, tuple[str, str, str, str]] = {}
    for read in (held, free):
        rows = read("core/activities")
        rows = rows[rows["period"].isin(labels)]
        total = rows.groupby("id", sort=False)["level"].sum()
        sums.append({str(id): float(level) for id, level in total.items()})
        columns = (rows[name] for name in ("id", "name", "owner", "stage", "unit"))
        said |= {id: (name, owner, stage, unit) for id, name, owner, stage, unit in zip(*columns, strict=True)}
    starts = []
    for id in dict.fromkeys((*sums[0], *sums[1])):
        kept, other = (s.get(id, 0.0) for s in sums)
        if abs(kept - other) > NOTICED * max(kept, other):
            name, owner, stage, unit = said[id]
            starts.append(Changed("starts", id, name, owner, stage, "", kept, other, unit))
    starts.sort(key=lambda c: -abs(c.change) / max(c.held, c.free))
    return tuple(starts)


def _opening(net: Network, read: Read, first: int) -> Iterator[Opening]:
    """Yield what is there when a period begins."""
    last = net.periods[first - 1].label
    materials = read("core/materials")
    there = materials[materials["period"] == last]
    columns = (there[name] for name in ("id", "name", "owner", "stock", "unit"))
    for id, name, owner, stock, unit in zip(*columns, strict=True):
        if stock > 0.0:
            yield Opening("stock", id, name, owner, float(stock), unit)
    labels = {p.label: p.index for p in net.periods}
    levels: dict[str, dict[int, float]] = {}
    activities = read("core/activities")
    for id, period, level in zip(activities["id"], activities["period"], activities["level"], strict=True):
        if labels.get(period, first) < first:
            levels.setdefault(id, {})[labels[period]] = float(level)
    landing: dict[str, float] = {}
    for flow in net.flows:
        for t, level in levels.get(flow.activity, {}).items():
            if t + flow.age >= first and flow.amount[t] > 0.0:
                landing[flow.material] = landing.get(flow.material, 0.0) + level * float(flow.amount[t])
    for material in net.materials:
        quantity = landing.get(material.id, 0.0)
        if quantity > 0.0:
            kind = "fleet" if material.tags.stage == "deployment" else "in work"
            yield Opening(kind, material.id, material.name, material.tags.owner, quantity, material.unit)
    units = read("core/units")
    due: dict[str, float] = {}
    columns = (units[name] for name in ("id", "period", "effective", "ordered"))
    for id, period, effective, ordered in zip(*columns, strict=True):
        acts = labels.get(effective, net.n_periods)
        if labels.get(period, first) < first <= acts and ordered > 0.0:
            due[id] = due.get(id, 0.0) + float(ordered)
    for unit in net.units:
        if unit.id in due:
            yield Opening("on order", unit.id, unit.name, unit.tags.owner, due[unit.id], unit.unit)

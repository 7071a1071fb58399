"""What became of a plan at a later date: what is there then, what is ordered now, and what it regrets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from fabopt.analysis.roll.actuals import Known, as_planned, known
from fabopt.analysis.roll.facts import NUMBER
from fabopt.analysis.roll.pins import dated, first_open, orders_in, pinned
from fabopt.analysis.roll.records import Changed, Happened, Opening, Outcome, Raised, Roll
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.domain.tolerances import CLOSE, above
from fabopt.errors import StudyError
from fabopt.io.difference import Difference, differences
from fabopt.io.facts import Fact
from fabopt.io.levers import list_levers
from fabopt.io.load import apply_merge
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import make_periods
from fabopt.network.lowering.stability import charges
from fabopt.network.tables import Network, Period
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
    past
        What was decided before the date, and what is told of it.
    """

    first: int
    opened: Tree
    held: Tree
    throughout: tuple[str, ...]
    past: Known


def prepared(
    plan: Plan, tree: Tree, to: str, stability: float | None = None, facts: Sequence[Fact] | None = None
) -> Prepared:
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
    facts
        What is told of the past; None: it was as planned.

    Raises
    ------
    StudyError
        When no period begins at the date, the instance has other periods, or the plan is one party's view.
    fabopt.io.problems.InstanceError
        When what is told is of another instance or time, or cannot have been.
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
    past = as_planned(plan) if facts is None else known(plan, facts, first)
    opened, throughout = dated(tree, now, past.data, first)
    own = opened.raw.get("stability")
    opened = replace(opened, raw={key: part for key, part in opened.raw.items() if key != "stability"})
    net = lower(validate(opened, Instance), plan.run.instance)
    pins = pinned(net, past.read, first)
    if facts is not None:
        pins["actuals"] = [_stored(one) for one in past.happened]
    held = {"pins": pins}
    later = orders_in(net, plan.table, [p.label for p in periods[first:] if p.label in planned])
    if facts is not None:
        pins["orders_before"] = later
    if stability is not None:
        own = {"share": stability, "orders": later}
    held |= {} if own is None else {"stability": own}
    held_tree = apply_merge(opened, held, f"decided before {periods[first].label} held")
    return Prepared(first, opened, held_tree, throughout, past)


def _stored(one: Happened) -> dict[str, object]:
    return {key: value for key, value in asdict(one).items() if value is not None}


def rolled(
    net: Network, open_net: Network, before: Plan, held: Plan, free: Plan, made: Prepared, told: bool = False
) -> Roll:
    """Return what moving the decision date tells.

    Parameters
    ----------
    net, open_net
        The network in which the past is held, and that of the same data in which all is open.
    before, held, free
        The plan as it was, the best one that keeps to it until the date, and the best one of the same data.
    made
        How the instance was prepared.
    told
        Whether anything is told of the past.
    """
    first = made.first
    past, to = [p.label for p in net.periods[:first]], net.periods[first].label
    later = [p.label for p in net.periods[first:] if p.reported]
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
        next=_orders(held.table, before.table, later) if held.has_plan else (),
        opening=tuple(_opening(net, held.table if made.past.off and held.has_plan else before.table, first)),
        inputs=tuple((d.path, d.before or "-", d.after or "-") for d in _news(before, free, made)),
        throughout=made.throughout,
        raised=tuple(_raised(net, open_net, first)),
        charged=charged,
        told=told,
        actuals=made.past.happened,
        unused=made.past.unused,
        followed=made.past.followed,
        pushed=_shipped(held.table, before.table, later) if held.has_plan and told else (),
    )


def _news(before: Plan, free: Plan, made: Prepared) -> Iterator[Difference]:
    """Yield the numbers that are not those of the plan; what only was another one in the past is told as that."""
    told = {one.name for one in made.past.happened if one.what == NUMBER}
    levers = [{one.path: one.quantity for one in list_levers(plan.data)} if told else {} for plan in (before, free)]
    after = before.net.periods[made.first :] if told else ()
    for one in differences(before.data, free.data):
        path = one.path.partition("@")[0]
        then, now = (_course(some, path, after) for some in levers)
        if path not in told or not np.array_equal(then, now):
            yield one


def _course(levers: Mapping[str, Quantity], path: str, periods: Sequence[Period]) -> list[float]:
    """Return a number in some periods, be it a series or a list."""
    whole = levers.get(path)
    parts = [(whole if whole is not None else levers.get(f"{path}.{p.index}"), p) for p in periods]
    return [math.nan if one is None else one.mean(p.start, p.end) for one, p in parts]


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


def _shipped(held: Read, before: Read, labels: Sequence[str]) -> tuple[Changed, ...]:
    """Return the deliveries of some periods that differ: of chips to sites, and without any to demands; by period."""
    tables = [("core/activities", "level", "deployment"), ("core/demands", "delivered", "delivered")]
    for table, column, what in tables:
        sums: list[dict[tuple[str, str], float]] = []
        said: dict[str, tuple[str, str, str]] = {}
        for read in (held, before):
            rows = read(table)
            rows = rows[rows["role"] == "shipment"] if table == "core/activities" else rows
            keys = list(zip(rows["id"], rows["period"], strict=True))
            sums.append({key: float(n) for key, n in zip(keys, rows[column], strict=True)})
            names = (rows[name] for name in ("id", "name", "owner", "unit"))
            said |= {id: (name, owner, unit) for id, name, owner, unit in zip(*names, strict=True)}
        if not said:
            continue
        most: dict[str, float] = {}
        for (id, _), level in itertools.chain.from_iterable(some.items() for some in sums):
            most[id] = max(most.get(id, 0.0), level)
        found = []
        for id, period in dict.fromkeys((*sums[0], *sums[1])):
            now, was = (some.get((id, period), 0.0) for some in sums)
            if period in labels and abs(now - was) > NOTICED * most[id]:
                name, owner, unit = said[id]
                found.append(Changed("shipped", id, name, owner, what, period, now, was, unit))
        return tuple(sorted(found, key=lambda c: (labels.index(c.period), -abs(c.change) / most[c.id])))
    return ()


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

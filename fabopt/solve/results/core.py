"""The core tables of a result: what the plan does, in the words of the process network, one fact a row.

Rows stand in the order of the network's records and then of the periods, so that equal plans give equal tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.tolerances import INTEGER
from fabopt.model.families import by_period
from fabopt.network.lengths import Lengths
from fabopt.network.movements import (
    Effects,
    activity_flows,
    activity_uses,
    carried_over,
    unit_capacity,
    unit_flows,
)
from fabopt.network.tables import Activity, Array, Network, Unit
from fabopt.solve.results.columns import COLUMNS, CORE, TableSpec
from fabopt.solve.results.frames import Cells, Frames, cells, frame, picked, without_noise
from fabopt.solve.results.money import money_tables
from fabopt.solve.results.windows import window_rows
from fabopt.solve.solution import Priced, Solution

if TYPE_CHECKING:
    import pandas as pd


def core_tables(net: Network, solution: Solution) -> dict[str, pd.DataFrame]:
    """Return the core tables of a solution that has a plan, by name.

    Parameters
    ----------
    net
        The network that was solved.
    solution
        A solution with a plan.
    """
    make = Frames(net)
    flows = activity_flows(net, solution.levels), unit_flows(net, solution.orders)
    uses = activity_uses(net, solution.levels)
    columns: dict[str, Mapping[str, Any]] = {
        "periods": _periods(net),
        "activities": _activities(make, solution),
        "flows": _flows(make, *flows),
        "uses": _uses(make, uses),
        "resources": _resources(make, solution, uses),
        "units": _units(make, solution),
        "materials": _materials(make, solution, *flows),
        "demands": _demands(make, solution),
        "deliveries": _deliveries(make, solution),
        "windows": window_rows(make, solution),
        "limits": _limits(make, solution),
        "decisions": _decisions(make, solution),
        "rows": _rows(make, solution),
    }
    specs = {spec.name: spec for spec in CORE}
    tables = {name: frame(specs[name], values) for name, values in columns.items()}
    tables |= {name: frame(specs[name], values) for name, values in money_tables(make, solution, flows).items()}
    return {spec.name: tables[spec.name] for spec in CORE}


def columns_table(specs: Sequence[TableSpec]) -> pd.DataFrame:
    """Return the table that says what every column of every table holds."""
    rows = [(spec.name, c) for spec in (*specs, COLUMNS) for c in spec.columns]
    return frame(
        COLUMNS,
        {
            "table": [table for table, _ in rows],
            "column": [c.name for _, c in rows],
            "kind": [c.kind for _, c in rows],
            "unit": [c.unit for _, c in rows],
            "says": [c.says for _, c in rows],
        },
    )


def _periods(net: Network) -> dict[str, Any]:
    periods = net.periods
    return {
        "period": [p.label for p in periods],
        "start": [p.start.isoformat() for p in periods],
        "end": [p.end.isoformat() for p in periods],
        "years": [p.years for p in periods],
        "discount": [p.discount for p in periods],
        "reported": [p.reported for p in periods],
    }


def whole(values: Array) -> Array:
    """Return integers that the solver gives nearly as they are; what is none, in a relaxed plan, stays."""
    near = np.round(values)
    return np.where(np.abs(values - near) <= INTEGER, near, values)


def _activities(make: Frames, solution: Solution) -> dict[str, Any]:
    records, T = make.net.activities, make.net.n_periods
    a, t = cells(solution.levels, solution.on, solution.switched_on)
    unit_cost = by_period([r.cost for r in records], T)
    fixed = by_period([r.fixed_cost for r in records], T)
    start = np.array([r.start_cost for r in records])
    return {
        **make.records(records, a),
        **make.periods(t),
        "unit": picked([r.unit for r in records], a),
        "level": solution.levels[a, t],
        "on": whole(solution.on[a, t]),
        "switched_on": whole(solution.switched_on[a, t]),
        "unit_cost": unit_cost[a, t],
        "fixed_cost": fixed[a, t],
        "start_cost": start[a],
    }


def _flows(make: Frames, by_activity: Effects, by_unit: Effects) -> dict[str, Any]:
    net = make.net
    sources: tuple[Activity | Unit, ...] = (*net.activities, *net.units)
    source = np.concatenate([by_activity.source, by_unit.source + len(net.activities)])
    target = np.concatenate([by_activity.target, by_unit.target])
    period = np.concatenate([by_activity.period, by_unit.period])
    return {
        "id": picked([s.id for s in sources], source),
        "material": picked([m.id for m in net.materials], target),
        **make.tags([s.tags for s in sources], source),
        **make.periods(period),
        "unit": picked([m.unit for m in net.materials], target),
        "amount": np.concatenate([by_activity.amount, by_unit.amount]),
    }


def _uses(make: Frames, uses: Effects) -> dict[str, Any]:
    net = make.net
    uses = uses.where(uses.period < net.n_periods)
    return {
        "id": picked([a.id for a in net.activities], uses.source),
        "resource": picked([r.id for r in net.resources], uses.target),
        **make.tags([a.tags for a in net.activities], uses.source),
        **make.periods(uses.period),
        "unit": picked([r.unit for r in net.resources], uses.target),
        "amount": uses.amount,
    }


def _resources(make: Frames, solution: Solution, uses: Effects) -> dict[str, Any]:
    records, T = make.net.resources, make.net.n_periods
    base = by_period([r.base for r in records], T)
    added, occupied = unit_capacity(make.net, solution.orders, solution.retired)
    used = uses.total(len(records), T)
    r, t = _everywhere(len(records), T)
    return {
        **make.records(records, r),
        "capacity_kind": picked([x.kind for x in records], r),
        **make.periods(t),
        "unit": picked([x.unit for x in records], r),
        "base": base[r, t],
        "added": added[r, t],
        "occupied": occupied[r, t],
        "used": used[r, t],
        "free": without_noise(base + added - occupied - used, base + added + occupied + used)[r, t],
    }


def _units(make: Frames, solution: Solution) -> dict[str, Any]:
    net = make.net
    records, T = net.units, net.n_periods
    lengths = Lengths.of(net.periods)
    first = {u.id: lengths.begun(u.lead) for u in records}
    for effect in sorted(net.unit_effects, key=lambda x: -x.first_age):
        if effect.gains:
            first[effect.unit] = effect.begins(T)
    ages = np.array([first[u.id] for u in records], dtype=np.int64).reshape(len(records), T)
    e, t = cells(solution.orders, solution.retired, solution.placed)
    return {
        **make.records(records, e),
        "instrument": picked([u.instrument for u in records], e),
        **make.periods(t),
        "unit": picked([u.unit for u in records], e),
        "ordered": solution.orders[e, t],
        "retired": solution.retired[e, t],
        "placed": whole(solution.placed[e, t]),
        "lead": np.array([u.lead for u in records])[e],
        "effective": make.periods(t + ages[e, t])["period"],
        "unit_cost": by_period([u.cost for u in records], T)[e, t],
        "fixed_cost": by_period([u.fixed_cost for u in records], T)[e, t],
        "retire_cost": by_period([u.retire_cost for u in records], T)[e, t],
    }


def _materials(make: Frames, solution: Solution, by_activity: Effects, by_unit: Effects) -> dict[str, Any]:
    net = make.net
    records, T = net.materials, net.n_periods
    positive = [part.where(part.amount > 0.0) for part in (by_activity, by_unit)]
    negative = [part.where(part.amount < 0.0) for part in (by_activity, by_unit)]
    made = np.sum([part.total(len(records), T) for part in positive], axis=0)
    consumed = -np.sum([part.total(len(records), T) for part in negative], axis=0)
    received = by_period([m.receipts for m in records], T)
    delivered = delivered_by_material(net, solution)
    carried = carried_over(net, solution.stock)
    m, t = cells(carried, received, made, consumed, delivered, solution.disposal, solution.stock, solution.shortfall)
    return {
        **make.records(records, m),
        **make.periods(t),
        "unit": picked([x.unit for x in records], m),
        "carried": carried[m, t],
        "received": received[m, t],
        "made": made[m, t],
        "consumed": consumed[m, t],
        "delivered": delivered[m, t],
        "disposed": solution.disposal[m, t],
        "stock": solution.stock[m, t],
        "shortfall": solution.shortfall[m, t],
        "carrying_cost": by_period([x.carrying_cost for x in records], T)[m, t],
        "disposal_cost": np.array([x.disposal_cost or 0.0 for x in records])[m],
        "shortfall_cost": by_period([x.shortfall_cost for x in records], T)[m, t],
    }


def delivered_by_material(net: Network, solution: Solution) -> Array:
    """Return deliveries by material and period [materials, T]."""
    position = {m.id: n for n, m in enumerate(net.materials)}
    total = np.zeros((len(net.materials), net.n_periods))
    for demand, delivered in zip(net.demands, solution.delivered, strict=True):
        total[position[demand.material]] += delivered.sum(axis=0)
    return total


def _material_units(net: Network) -> list[str]:
    unit = {m.id: m.unit for m in net.materials}
    return [unit[d.material] for d in net.demands]


def _demands(make: Frames, solution: Solution) -> dict[str, Any]:
    records, T = make.net.demands, make.net.n_periods
    quantity = by_period([d.quantity for d in records], T)
    delivered = by_period([d.sum(axis=0) for d in solution.delivered], T)
    waits = np.array([d.expiry is not None for d in records], dtype=bool)[:, None]
    unmet = np.where(waits | np.isinf(quantity), 0.0, quantity - delivered)
    j, t = _everywhere(len(records), T)
    return {
        **make.records(records, j),
        "material": picked([d.material for d in records], j),
        **make.periods(t),
        "unit": picked(_material_units(make.net), j),
        "quantity": quantity[j, t],
        "delivered": delivered[j, t],
        "unmet": unmet[j, t],
        "backlog": solution.backlog[j, t],
        "lost": solution.lost[j, t],
        "backlog_cost": by_period([d.backlog_cost for d in records], T)[j, t],
        "lost_cost": np.array([d.lost_cost for d in records])[j],
        "weight": np.array([d.weight for d in records])[j],
    }


def _deliveries(make: Frames, solution: Solution) -> dict[str, Any]:
    net = make.net
    deliveries = [np.nonzero(delivered) for delivered in solution.delivered]
    j = np.concatenate([np.zeros(0), *(np.full(len(k), n) for n, (k, _) in enumerate(deliveries))]).astype(np.int64)
    k = np.concatenate([np.zeros(0), *(k for k, _ in deliveries)]).astype(np.int64)
    t = np.concatenate([np.zeros(0), *(t for _, t in deliveries)]).astype(np.int64)
    steps = [net.demands[d].steps[s] for d, s in zip(j, k, strict=True)]
    return {
        "id": picked([d.id for d in net.demands], j),
        **make.tags([d.tags for d in net.demands], j),
        **make.periods(t),
        "step": k + 1,
        "unit": picked(_material_units(net), j),
        "width": np.array([step.width[p] for step, p in zip(steps, t, strict=True)]),
        "delivered": np.array([solution.delivered[d][s, p] for d, s, p in zip(j, k, t, strict=True)]),
        "unit_value": np.array([step.value[p] for step, p in zip(steps, t, strict=True)]),
    }


def _limits(make: Frames, solution: Solution) -> dict[str, Any]:
    limits = solution.limits

    def column(of: Callable[[Any], Any]) -> list[Any]:
        return [of(limit) for limit in limits]

    return {
        "family": column(lambda x: x.family),
        "id": column(lambda x: x.entity),
        "name": column(lambda x: x.name),
        "stage": column(lambda x: x.stage),
        "owner": column(lambda x: x.owner),
        "region": column(lambda x: x.region),
        **make.periods(np.array(column(lambda x: x.period), dtype=np.int64)),
        "side": column(lambda x: x.side),
        "kind": column(lambda x: x.kind),
        "unit": column(lambda x: x.unit),
        "limit": column(lambda x: x.limit),
        "used": column(lambda x: x.used),
        "slack": column(lambda x: x.slack),
        "price": column(lambda x: x.price),
    }


def _decisions(make: Frames, solution: Solution) -> dict[str, Any]:
    decisions = solution.decisions
    assert decisions is not None
    moves = np.where(decisions.whole, np.nan, decisions.price), np.where(decisions.whole, decisions.price, np.nan)
    return {
        "decision": [block for block, _ in decisions.labels],
        **_placed(make, decisions),
        "whole": decisions.whole,
        "value": decisions.value,
        "lower": decisions.lower,
        "upper": decisions.upper,
        "cost": decisions.cost,
        "reduced_cost": moves[0],
        "held_reduced_cost": moves[1],
        "cost_low": decisions.low,
        "cost_high": decisions.high,
        "basis": decisions.basis,
    }


def _rows(make: Frames, solution: Solution) -> dict[str, Any]:
    rows = solution.requirements
    assert rows is not None
    return {
        "family": [family for family, _ in rows.labels],
        **_placed(make, rows),
        "used": rows.value,
        "lower": rows.lower,
        "upper": rows.upper,
        "price": rows.price,
        "limit_low": rows.low,
        "limit_high": rows.high,
        "basis": rows.basis,
    }


def _placed(make: Frames, priced: Priced) -> dict[str, Any]:
    """Return columns id, name, more, period, reported and unit of decisions or rows."""
    index = {label: t for t, label in enumerate(make.labels)}
    at, more = [], []
    for _, key in priced.labels:
        t = index.get(key[-1], -1) if key else -1
        at.append(t)
        more.append(" ".join(key[1 : len(key) - (t >= 0)]))
    return {
        "id": [key[0] if key else "" for _, key in priced.labels],
        "name": priced.names,
        "more": more,
        **make.periods(np.array(at, dtype=np.int64)),
        "unit": priced.units,
    }


def _everywhere(n: int, periods: int) -> Cells:
    return np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)

"""The tables of money: what is worth how much at the end, every value and cost by period, and the terms' sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.model.families import by_period
from fabopt.network.movements import Effects, landing_after_end
from fabopt.network.tables import Array, Network
from fabopt.solve.results.columns import TAG_NAMES
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    from fabopt.solve.results.frames import Frames


def money_tables(make: Frames, solution: Solution, flows: Sequence[Effects]) -> dict[str, dict[str, Any]]:
    """Return the columns of the tables `terminal`, `costs` and `terms`."""
    terms = solution.objective_terms
    return {
        "terminal": terminal(make.net, solution, flows),
        "costs": _costs(make, solution),
        "terms": {"term": list(terms), "amount": list(terms.values())},
    }


def terminal(net: Network, solution: Solution, flows: Sequence[Effects]) -> dict[str, Any]:
    """Return the columns of the table `terminal`: what is worth how much at the end."""
    rows: list[tuple[str, str, str, str, float, float]] = []
    landing = landing_after_end(net, flows)
    for n, material in enumerate(net.materials):
        left = float(solution.stock[n, -1]) * float(material.kept(net.n_periods)[-1])
        for kind, amount in (("stock", left), ("landing", float(landing[n]))):
            if amount != 0.0:
                rows.append((material.id, kind, "", material.unit, amount, material.terminal_value))
    for n, unit in enumerate(net.units):
        worth = np.zeros(net.n_periods) if unit.terminal_value is None else unit.terminal_value
        for t in np.flatnonzero(solution.orders[n]):
            order = float(solution.orders[n, t])
            rows.append((unit.id, "unit", net.periods[t].label, unit.unit, order, float(worth[t])))
        if solution.retired[n].any():
            # A retired unit forfeits the worth of one ordered in the first period.
            gone = -float(solution.retired[n].sum())
            rows.append((unit.id, "retired", net.periods[0].label, unit.unit, gone, float(worth[0])))
    names = ("id", "kind", "period", "unit", "amount", "unit_worth")
    return {
        **{name: [row[n] for row in rows] for n, name in enumerate(names)},
        "discount": [net.end_discount] * len(rows),
    }


def _costs(make: Frames, solution: Solution) -> dict[str, Any]:
    """Return every value and cost that is not zero, by record and period of payment."""
    net = make.net
    discount = np.array([p.discount for p in net.periods])
    term: list[Any] = []
    parts: list[dict[str, Any]] = []
    for name, records, amounts in ledger(net, solution):
        n, t = (x.astype(np.int64) for x in np.nonzero(amounts))
        ids = make.records(records, n)
        ids.pop("name")
        term += [name] * len(n)
        paid = amounts[n, t]
        parts.append({**ids, **make.periods(t), "amount": paid, "discounted": paid * discount[t]})
    columns = ("id", *TAG_NAMES, "period", "reported", "amount", "discounted")
    return {"term": term, **{c: np.concatenate([part[c] for part in parts]) for c in columns}}


def ledger(net: Network, solution: Solution) -> list[tuple[str, Sequence[Any], Array]]:
    """Return for every kind of value or cost its records and the money by record and period [n, T], gains positive."""

    def rate(values: Sequence[Array | float | None]) -> Array:
        return by_period(values, net.n_periods)

    def each(values: Sequence[float]) -> Array:
        return np.array(values, dtype=float).reshape(-1, 1)

    activities, units, materials, demands = net.activities, net.units, net.materials, net.demands
    values = [
        sum((step.value * row for step, row in zip(d.steps, got, strict=True)), np.zeros(net.n_periods))
        for d, got in zip(demands, solution.delivered, strict=True)
    ]
    forgone = np.where(each([d.expiry is None for d in demands]), solution.unmet, solution.lost)
    return [
        ("delivery_value", demands, rate(values)),
        ("activity_cost", activities, -solution.levels * rate([a.cost for a in activities])),
        ("fixed_cost", activities, -solution.on * rate([a.fixed_cost for a in activities])),
        ("start_cost", activities, -solution.switched_on * each([a.start_cost for a in activities])),
        ("order_cost", units, -solution.orders * rate([u.cost for u in units])),
        ("order_fixed_cost", units, -solution.placed * rate([u.fixed_cost for u in units])),
        ("retire_cost", units, -solution.retired * rate([u.retire_cost for u in units])),
        ("carrying_cost", materials, -solution.stock * rate([m.carrying_cost for m in materials])),
        ("disposal_cost", materials, -solution.disposal * each([m.disposal_cost or 0.0 for m in materials])),
        ("shortfall_cost", materials, -solution.shortfall * rate([m.shortfall_cost for m in materials])),
        ("backlog_cost", demands, -solution.backlog * rate([d.backlog_cost for d in demands])),
        ("lost_cost", demands, -forgone * each([d.lost_cost for d in demands])),
    ]

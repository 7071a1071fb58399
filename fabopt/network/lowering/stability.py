r"""A charge for ordering otherwise than an earlier plan did: orders as elastic rows against what was ordered.

With :math:`n_{e,t}` of unit e ordered in period t before, and :math:`\sigma` the share,

.. math:: y_{e,t} - m_{e,t} + l_{e,t} = n_{e,t}, \qquad m, l \ge 0, \qquad
   \text{charge} = \sigma \sum_{e,t} \delta_t \Big( c_{e,t} + \frac{F_{e,t}}{\max(1, \underline{y}_e)} \Big)
   (m_{e,t} + l_{e,t})

m is what is ordered more and l what is ordered less, c what a unit costs, F the fixed cost of an order, spread over the
least order :math:`\underline{y}`. An order that moves to another period is one less and one more. What costs nothing
changes for nothing, and what is pinned is not charged. The charge is a premium (`fabopt.model.objective`): the plan is
chosen with it, and no value, cost or payment counts it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.stability import Stability
from fabopt.network.tables import Activity, Array, GroupLimit, Network, Term, Unit
from fabopt.network.tagged import tagged

STAGE = "stability"
"""Stage of what keeps account of changed orders."""


def lower_stability(net: Network, stability: Stability | None) -> Network:
    """Return the network in which orders that are not those of the earlier plan are charged for.

    Raises
    ------
    FieldProblem
        Where an order is of a unit that the network does not have.
    """
    if stability is None or not stability.orders:
        return net
    units = {unit.id: unit for unit in net.units}
    unknown = [_unknown(key, units) for key in stability.orders if key not in units]
    if unknown:
        raise FieldProblem(unknown)
    index = {period.label: period.index for period in net.periods}
    activities: list[Activity] = []
    rows: list[GroupLimit] = []
    for key, orders in stability.orders.items():
        unit, before = units[key], np.full(net.n_periods, np.nan)
        for label, number in orders.items():
            before[index[label]] = number
        charge = stability.share * cost_of(unit, net.n_periods)
        open_then = ~np.isnan(before) & (charge > 0.0)
        if unit.pinned is not None:
            open_then &= np.isnan(unit.pinned)
        if open_then.any():
            _elastic(unit, before, charge, open_then, activities, rows)
    return replace(net, activities=(*net.activities, *activities), definitions=(*net.definitions, *rows))


def cost_of(unit: Unit, periods: int) -> Array:
    """Return what one unit of an order costs by period ``[T]``, its share of a fixed cost with it."""
    cost, fixed = (np.zeros(periods) if one is None else one for one in (unit.cost, unit.fixed_cost))
    return np.asarray(np.maximum(cost + fixed / max(1.0, unit.min_order), 0.0))


def charges(net: Network, levels: Mapping[tuple[str, str], float]) -> float:
    """Return what changed orders are charged in a plan, discounted: `levels` by activity and period label."""
    return sum(
        -float(activity.premium[p.index]) * p.discount * levels.get((activity.id, p.label), 0.0)
        for activity in tagged(net.activities, role="changed")
        for p in net.periods
        if activity.premium is not None
    )


def _unknown(key: str, units: dict[str, Unit]) -> Fault:
    near = difflib.get_close_matches(key, units, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "leave it out"
    return Fault(("stability", "orders", key), f"there is nothing that is ordered with the id '{key}'", hint)


def _elastic(
    unit: Unit, before: Array, charge: Array, open_then: Array, activities: list[Activity], rows: list[GroupLimit]
) -> None:
    """Add what is ordered more and less of a unit, and the rows that say so."""
    tags = replace(unit.tags, stage=STAGE).of("changed", f"stability.orders.{unit.id}")
    upper, one = np.where(open_then, np.inf, 0.0), np.ones(len(before))
    terms = [Term("unit", unit.id, one)]
    for word, sign in (("more", -1.0), ("less", 1.0)):
        key = f"{STAGE}:{unit.id}:{word}"
        activities.append(
            Activity(key, f"{unit.name}, {word} than before", unit.unit, tags, upper=upper, premium=-charge)
        )
        terms.append(Term("activity", key, sign * one))
    windows = tuple((int(t),) for t in np.flatnonzero(open_then))
    tags, key, held = replace(tags, role="rule"), f"{STAGE}:{unit.id}", before[open_then]
    rows.append(GroupLimit(key, unit.name, unit.unit, "==", windows, held, tuple(terms), tags, family="as_ordered"))

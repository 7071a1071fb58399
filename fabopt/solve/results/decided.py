"""What the plan has of the decisions that terms name: starts, orders, deliveries, stocks, units retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fabopt.network.perspective import Decided
from fabopt.network.tables import Activity, Array, Material, Network, Term, Unit
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd


def decisions(net: Network, solution: Solution) -> dict[tuple[str, str], Array]:
    """Return every decision that a term may name, by kind and id [T]."""
    decisions: dict[tuple[str, str], Array] = {}
    for n, activity in enumerate(net.activities):
        decisions[("activity", activity.id)] = solution.levels[n]
        decisions[("on", activity.id)] = solution.on[n]
        decisions[("switch", activity.id)] = solution.switched_on[n]
    for n, unit in enumerate(net.units):
        decisions[("unit", unit.id)] = solution.orders[n]
        decisions[("retire", unit.id)] = solution.retired[n]
        decisions[("placed", unit.id)] = solution.placed[n]
    decisions |= {("stock", m.id): solution.stock[n] for n, m in enumerate(net.materials)}
    for n, demand in enumerate(net.demands):
        decisions[("demand", demand.id)] = solution.delivered[n].sum(axis=0)
        worth = [step.value * solution.delivered[n][k] for k, step in enumerate(demand.steps)]
        decisions[("value", demand.id)] = np.sum(worth, axis=0)
    return decisions


def stood_before(net: Network) -> dict[tuple[str, str], float]:
    """Return what there was before the first period of what a term may name, by kind and id."""
    stocks = {("stock", material.id): material.opening for material in net.materials}
    return stocks | {("on", activity.id): float(activity.was_on) for activity in net.activities}


def term_by_period(term: Term, decided: dict[tuple[str, str], Array], opening: dict[tuple[str, str], float]) -> Array:
    """Return a term by period of the row [T]; before the horizon there is what stood before it, and else nothing."""
    values = decided[(term.kind, term.id)]
    periods = len(values)
    shifted = np.zeros(periods)
    for t in range(periods):
        seen = (t - term.shift) % periods if term.cyclic else t - term.shift
        if 0 <= seen < periods:
            shifted[t] = values[seen]
        elif seen == -1:
            shifted[t] = opening.get((term.kind, term.id), 0.0)
    return np.asarray(term.coefficient * shifted)


def decided_in(net: Network, activities: pd.DataFrame, units: pd.DataFrame) -> Decided:
    """Return what a saved plan decides in the periods of a network, from its core tables of these names."""
    levels = by_record(net, net.activities, activities, "level")
    return Decided.of_plan(net, levels, by_record(net, net.units, units, "ordered"))


def by_record(net: Network, records: Sequence[Activity | Material | Unit], frame: pd.DataFrame, column: str) -> Array:
    """Return a column of a core table by record and period ``[n, T]``; what it does not have is nothing."""
    place = {record.id: n for n, record in enumerate(records)}
    period = {period.label: t for t, period in enumerate(net.periods)}
    by_record = np.zeros((len(records), net.n_periods))
    for key, label, value in zip(frame["id"], frame["period"], frame[column], strict=True):
        if key in place and label in period:
            by_record[place[key], period[label]] = value
    return by_record

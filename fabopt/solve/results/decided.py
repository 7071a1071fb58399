"""What the plan has of the decisions that terms name: starts, orders, deliveries, stocks, units retired."""

from __future__ import annotations

import numpy as np

from fabopt.network.tables import Array, Network, Term
from fabopt.solve.solution import Solution


def decisions(net: Network, solution: Solution) -> dict[tuple[str, str], Array]:
    """Return every decision that a term may name, by kind and id [T]."""
    found: dict[tuple[str, str], Array] = {}
    found |= {("activity", a.id): solution.levels[n] for n, a in enumerate(net.activities)}
    for n, unit in enumerate(net.units):
        found[("unit", unit.id)] = solution.orders[n]
        found[("retire", unit.id)] = solution.retired[n]
        found[("placed", unit.id)] = solution.placed[n]
    found |= {("stock", m.id): solution.stock[n] for n, m in enumerate(net.materials)}
    found |= {("demand", d.id): solution.delivered[n].sum(axis=0) for n, d in enumerate(net.demands)}
    return found


def term_by_period(term: Term, decided: dict[tuple[str, str], Array], opening: dict[str, float]) -> Array:
    """Return a term by period of the row [T]; what lies before the horizon is zero, of a stock the opening one."""
    values = decided[(term.kind, term.id)]
    periods = len(values)
    shifted = np.zeros(periods)
    for t in range(periods):
        seen = t - term.shift
        if 0 <= seen < periods:
            shifted[t] = values[seen]
        elif seen == -1 and term.kind == "stock":
            shifted[t] = opening[term.id]
    return np.asarray(term.coefficient * shifted)

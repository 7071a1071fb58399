"""What of a lab's compute depends on each supplier: the plan pegged (`fabopt.network.pegging`) from one to the other.

A source is all that a supplier runs (`fabopt.network.suppliers`). So the share of a lab's compute says what would be
missing in a period had the supplier started nothing since the decision date, with nothing else done than planned;
fleets that stand and goods in work at the decision date depend on nobody.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.pegging import pegged
from fabopt.network.suppliers import suppliers
from fabopt.network.tables import Network
from fabopt.solve.results.columns import PERIOD, REPORTED, TableSpec, number, text
from fabopt.solve.solution import Solution

EXPOSURE = TableSpec(
    "exposure",
    "domain",
    "the share of a lab's compute in a period that depends on a supplier",
    (
        PERIOD,
        REPORTED,
        text("lab", "lab"),
        text("kind", "designer, foundry, memory-maker, packager, owner, region or resource"),
        text("supplier", "id of the supplier, in its kind"),
        number("share", "1", "share of the lab's compute that was made with it since the decision date"),
    ),
)


def exposure_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table: rows by lab, supplier and period, only where something depends on it.

    Parameters
    ----------
    net, solution
        The network, and a solution with a plan.
    """
    active = {a.id for a, runs in zip(net.activities, solution.levels, strict=True) if runs.any()}
    behind = {supplier: runs for supplier, runs in suppliers(net).items() if not active.isdisjoint(runs)}
    labs: dict[str, dict[int, float]] = {}
    position = {m.id: n for n, m in enumerate(net.materials)}
    for demand in net.demands:
        if demand.tags.lab and demand.weight > 0.0:
            labs.setdefault(demand.tags.lab, {})[position[demand.material]] = demand.weight
    shares = np.zeros((len(labs), len(behind), net.n_periods))

    traced = pegged(net, solution.levels, solution.orders, solution.stock, list(behind.values())) if labs else ()
    for period, (depends, arrived) in enumerate(traced):
        for lab, weights in enumerate(labs.values()):
            rows = list(weights)
            amounts = np.array([weights[m] * arrived[m] for m in rows])
            if amounts.sum() > 0.0:
                shares[lab, :, period] = amounts @ depends[rows] / amounts.sum()
    shares[shares < SAME] = 0.0
    n, s, t = np.nonzero(shares)
    names, whole = list(labs), list(behind)
    return {
        "period": [net.periods[p].label for p in t],
        "reported": [net.periods[p].reported for p in t],
        "lab": [names[k] for k in n],
        "kind": [whole[k][0] for k in s],
        "supplier": [whole[k][1] for k in s],
        "share": shares[n, s, t],
    }

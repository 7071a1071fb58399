r"""Demand: a customer gets what was asked for, or a part of it, in the period it was asked for.

.. math::
   \sum_k d_{j,k,t} + u_{j,t} = Q_{j,t} \quad\text{(required: no } u\text{; a penalty: } u \ge 0\text{)}
   \qquad \sum_k d_{j,k,t} \le Q_{j,t} \quad\text{(optional, no penalty)}

========  =======================================================  ====================
symbol    meaning                                                  unit
========  =======================================================  ====================
d[j,k,t]  delivered on value step k                                unit of the material
u[j,t]    unmet, where a penalty is paid for it                    unit of the material
Q[j,t]    quantity: the sum of the widths of the value steps       unit of the material
========  =======================================================  ====================

Every step but the last of a period is bounded by its width; the last is bounded by the row, so that the row's price is
what one more unit of demand on the lowest step is worth, in million dollars (negative where the demand is required and
costs more than it is worth). A demand without limit has no row. Demands whose unmet part waits are in
:mod:`fabopt.model.backlog`.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns, step_widths
from fabopt.model.families import Family, Rows, Triplets, grid, grid_rows
from fabopt.network.tables import Network

DEMAND = Family(
    name="demand",
    index=("demand", "period"),
    unit="unit of the material",
    says="{name} takes {rhs} {unit} in {period}",
    price_says="{one} wanted by {name} in {period}",
    soft=True,
    per="{unit} wanted",
    label="{name} (demand)",
    limited="demand of {name} in {period}",
)
FAMILIES = (DEMAND,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the demand rows: one a demand (without backlog) and period in which it wants something."""
    T, demands = net.n_periods, net.demands
    cell = grid(len(demands), T)
    here = np.array([d.expiry is None for d in demands], dtype=bool)[:, None]
    cell = np.where(here, cell, -1)
    entries = Triplets()
    deliver = columns["deliver"].index
    entries.add(cell[:, None, :], deliver, 1.0)
    entries.add(cell, columns["unmet"].index, 1.0)
    quantity = step_widths(demands, T).sum(axis=1)
    settled = np.array([d.required or d.lost_cost > 0 for d in demands], dtype=bool)[:, None]
    lower = np.where(settled, quantity, -np.inf)
    keep = entries.touched(cell.size) & np.isfinite(quantity.ravel())
    return (grid_rows(DEMAND, entries, lower, quantity, demand_names(net), columns.labels, keep),)


def demand_names(net: Network) -> list[tuple[str, str, str]]:
    """Return id, name and unit (of the material) of the demands."""
    unit = {m.id: m.unit for m in net.materials}
    return [(d.id, d.name, unit.get(d.material, "")) for d in net.demands]

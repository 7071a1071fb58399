r"""Safety stock: what is kept at the end of a period is at least so much, or its lack is paid for.

.. math:: s_{i,t} + f_{i,t} \;\ge\; S_{i,t} \qquad \forall i, t

========  ============================================================  ====================
symbol    meaning                                                       unit
========  ============================================================  ====================
s[i,t]    stock at the end of t                                         unit of the material
f[i,t]    shortfall, only where its cost is positive; without a cost    unit of the material
          the safety stock is a floor that must hold
S[i,t]    safety stock                                                  unit of the material
========  ============================================================  ====================

The price (negative) is what one more unit of safety stock in that period costs, in million dollars.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns, safety
from fabopt.model.families import Family, Rows, Triplets, grid, grid_rows, names
from fabopt.network.tables import Network

SAFETY_STOCK = Family(
    name="safety_stock",
    index=("material", "period"),
    unit="unit of the material",
    says="{name}: at least {rhs} {unit} are in stock at the end of {period}",
    price_says="{one} of safety stock of {name} at the end of {period}",
    soft=True,
    per="{unit} of safety stock",
    label="{name} (safety stock)",
    limited="safety stock of {name} at the end of {period}",
)
FAMILIES = (SAFETY_STOCK,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows: one a material and period with a safety stock."""
    level = safety(net)
    cell = grid(len(net.materials), net.n_periods)
    entries = Triplets()
    entries.add(cell, columns["stock"].index, 1.0)
    entries.add(cell, columns["shortfall"].index, 1.0)
    keep = (level > 0).ravel()
    return (grid_rows(SAFETY_STOCK, entries, level, np.inf, names(net.materials), columns.labels, keep),)

r"""Whole lots: an activity runs in whole multiples of its lot.

.. math:: x_{a,t} - \ell_a\, n_{a,t} = 0, \qquad n_{a,t} \in \mathbb{Z}_{\ge 0}

========  ======================  ====================
symbol    meaning                 unit
========  ======================  ====================
x[a,t]    level started in t      unit of the activity
n[a,t]    number of lots          lot
l[a]      size of a lot           unit of the activity
========  ======================  ====================

The price is that of one unit made outside the lots, with the number of lots held.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.families import Family, Rows, Triplets, grid, grid_rows, names
from fabopt.network.tables import Network

LOT_SIZE = Family(
    name="lot_size",
    index=("activity", "period"),
    unit="unit of the activity",
    says="{name} starts in whole lots in {period}",
    price_says="one {unit} of {name} in {period} outside its whole lots",
)
FAMILIES = (LOT_SIZE,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the lot rows: one an activity with a lot and period."""
    lots = columns["lots"].index
    cell = np.where(lots >= 0, grid(len(net.activities), net.n_periods), -1)
    size = np.array([a.lot or 0.0 for a in net.activities], dtype=float)[:, None]
    entries = Triplets()
    entries.add(cell, columns["start"].index, 1.0)
    entries.add(cell, lots, -size)
    return (grid_rows(LOT_SIZE, entries, 0.0, 0.0, names(net.activities), columns.labels),)

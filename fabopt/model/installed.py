r"""Installed units: no more is retired than stands, and what stands has finished its ramp.

.. math:: \sum_{t' \le t} q_{e,t'} - \sum_{t' \le t - K_e} y_{e,t'} \;\le\; n_e \qquad \forall e, t

========  ===========================================================  =======
symbol    meaning                                                      unit
========  ===========================================================  =======
q[e,t]    units retired at the start of t                              unit
y[e,t]    units ordered in t                                           unit
K[e]      age at which the last of a unit's lasting effects is at its  periods
          end value; before it a unit cannot be retired
n[e]      units standing at the decision date                          unit
========  ===========================================================  =======

The price is what one more standing unit is worth for being retired, in million dollars.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.families import Family, Rows, Triplets, grid, grid_rows, names
from fabopt.network.lengths import full_age
from fabopt.network.tables import Network

INSTALLED = Family(
    name="installed",
    index=("unit", "period"),
    unit="unit",
    says="{name}: no more may be retired up to {period} than stands ({rhs} {unit} at the decision date)",
    price_says="one more standing {unit} of {name} to retire by {period}",
    limited="units of {name} to retire up to {period}",
)
FAMILIES = (INSTALLED,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows: one a unit that may be retired and period."""
    T, units = net.n_periods, net.units
    retire, order = columns["retire"].index, columns["order"].index
    cell = grid(len(units), T)
    entries, ages = Triplets(), full_age(net)
    s, t = np.triu_indices(T)
    for e in np.flatnonzero((retire >= 0).any(axis=1)):
        entries.add(cell[e][t], retire[e][s], 1.0)
        ready = t - s >= ages[e][s]
        entries.add(cell[e][t[ready]], order[e][s[ready]], -1.0)
    opening = np.array([u.opening for u in units], dtype=float)[:, None]
    return (grid_rows(INSTALLED, entries, -np.inf, opening, names(units), columns.labels),)

r"""Capacity: what activities use and units occupy fits into what is there and what has been added.

.. math::
   \sum_{a,\tau} \rho_{a,r,\tau}(t-\tau)\, x_{a,t-\tau} - \sum_{e,\tau} \pi_{e,r}(\tau)\, y_{e,t-\tau}
   + \sum_{e} \bar\pi_{e,r} \sum_{t' \le t} q_{e,t'} \;\le\; c_{r,t} \qquad \forall r, t

=============  ========================================================  ====================
symbol         meaning                                                   unit
=============  ========================================================  ====================
rho[a,r,tau]   use of the resource by one start, tau periods later       unit per level
pi[e,r](tau)   what a unit of age tau adds (negative: occupies): ramp    unit per unit
pibar[e,r]     the last entry of a lasting effect (0 where it ends)      unit per unit
q[e,t]         units retired at the start of t                           unit
c[r,t]         capacity of the period that is there whatever is decided, unit of the resource
               opening units and what they occupy included
=============  ========================================================  ====================

The price is what one more unit of the resource in that period is worth, in million dollars.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fabopt.model.balance import cyclic, landing
from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray, Rows, Triplets, grid, grid_rows, names, stacked
from fabopt.model.index import lookup
from fabopt.network.tables import Network, UnitEffect

CAPACITY = Family(
    name="capacity",
    index=("resource", "period"),
    unit="unit of the resource",
    says="{name} offers at most {rhs} {unit} in {period}, apart from what units add",
    price_says="{one} of {name} in {period}",
    soft=True,
    limited="capacity of {name} in {period}",
)
FAMILIES = (CAPACITY,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the capacity rows: one a resource and period in which something may use or occupy it."""
    T, resources = net.n_periods, net.resources
    cell = grid(len(resources), T)
    entries = Triplets()
    if net.uses:
        activity = lookup(columns.at.activity, (u.activity for u in net.uses), "A use")
        resource = lookup(columns.at.resource, (u.resource for u in net.uses), "A use")
        age = np.array([u.age for u in net.uses])
        amount = stacked([u.amount for u in net.uses], T)
        entries.add(landing(cell, resource, age, cyclic(net, activity)), columns["start"].index[activity], amount)
    _effects(entries, [effect for effect in net.unit_effects if takes(effect)], columns, cell)
    keep = entries.touched(cell.size)
    _effects(entries, [effect for effect in net.unit_effects if not takes(effect)], columns, cell)
    base = stacked([r.base for r in resources], T)
    keep |= base.ravel() < 0
    return (grid_rows(CAPACITY, entries, -np.inf, base, names(resources), columns.labels, keep),)


def takes(effect: UnitEffect) -> bool:
    """Return whether the effect occupies capacity at any age."""
    return bool(np.any(effect.profile < 0))


def _effects(entries: Triplets, effects: Sequence[UnitEffect], columns: Columns, cell: IntArray) -> None:
    """Enter effects: ordered in s, felt in every t >= s + first age; what is retired is felt no more."""
    T = cell.shape[1]
    s, t = np.triu_indices(T)
    unit = lookup(columns.at.unit, (effect.unit for effect in effects), "A unit's effect")
    row = cell[lookup(columns.at.resource, (effect.resource for effect in effects), "A unit's effect")]
    amount = np.array([effect.by_order(T)[s, t - s] for effect in effects]).reshape(len(effects), len(s))
    entries.add(np.where(amount != 0.0, row[:, t], -1), columns["order"].index[unit][:, s], -amount)
    last = np.array([effect.at_end(T) for effect in effects]).reshape(len(effects), T)
    entries.add(np.where(last[:, t] != 0.0, row[:, t], -1), columns["retire"].index[unit][:, s], last[:, t])

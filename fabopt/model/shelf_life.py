r"""Shelf life: what came in too long ago can no longer be used, and is lost.

.. math::
   s_{i,t} \;\le\; \sum_{k=0}^{L_i - 1} \sigma_{i,t-k} \cdots \sigma_{i,t-1} \, p_{i,t-k}

==========  ==========================================================  ====================
symbol      meaning                                                     unit
==========  ==========================================================  ====================
s[i,t]      stock at the end of t                                       unit of the material
p[i,t]      what comes in in t: receipts, what starts and orders make   unit of the material
L[i]        periods after that one in which it can still be used        periods
sigma[i,t]  share of a stock that survives from t to the next period    1
==========  ==========================================================  ====================

The row is exact: it says that what came in before has left by the end of t, so that using the oldest first serves every
plan that keeps it; what nobody uses in time is thrown away in the balance. The opening stock came in in the first
period. While all that has come in may still be in stock the row says nothing and is not there. Its price is what one
unit more is worth that keeps for longer.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.balance import cyclic, landing
from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray, Rows, Triplets, by_period, grid, grid_rows, names, stacked
from fabopt.model.index import lookup
from fabopt.network.tables import Array, Network

SHELF_LIFE = Family(
    name="shelf_life",
    index=("material", "period"),
    unit="unit of the material",
    says="{name} in stock at the end of {period} came in within its shelf life",
    price_says="{one} of {name} that keeps beyond its shelf life at the end of {period}",
    limited="{name} in stock at the end of {period} that came in within its shelf life:",
)
FAMILIES = (SHELF_LIFE,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows of shelf lives: one a material that has one, and period by which some of it may be too old."""
    T, materials = net.n_periods, net.materials
    some = [n for n, m in enumerate(materials) if m.shelf_life is not None]
    if not some:
        return ()
    cell = grid(len(materials), T)
    came = by_period([m.receipts for m in materials], T)
    kept = by_period([m.survival for m in materials], T)
    entries, upper = Triplets(), np.full(cell.shape, np.inf)
    stock = columns["stock"].index
    for n in some:
        life, around = materials[n].shelf_life or 0, materials[n].cyclic
        first = 0 if around else life
        upper[n, first:] = 0.0
        entries.add(cell[n, first:], stock[n, first:], 1.0)
        alive = np.ones(T)
        for age in range(life):
            t = np.arange(T)[first:]
            upper[n, first:] += alive[first:] * came[n, (t - age) % T]
            _made(entries, net, columns, cell, n, age, alive, first)
            alive = alive * kept[n, (np.arange(T) - age - 1) % T]
    keep = entries.touched(cell.size) & np.isfinite(upper.ravel())
    return (grid_rows(SHELF_LIFE, entries, -np.inf, upper, names(materials), columns.labels, keep),)


def _made(
    entries: Triplets, net: Network, columns: Columns, cell: IntArray, material: int, age: int, alive: Array, first: int
) -> None:
    """Enter what starts and orders made so many periods before each of those from the first on, and what is left."""
    T = cell.shape[1]
    own = net.materials[material].id
    flows = [f for f in net.flows if f.material == own and np.any(f.amount > 0)]
    parts = [m for m in net.unit_materials if m.material == own and np.any(np.asarray(m.amount) > 0)]
    # Where what came in in each period is counted: in the row of the period so much later.
    later = np.arange(T) + age
    inside = (later >= first) & ((later < T) | net.materials[material].cyclic)
    target = np.where(inside, cell[material, later % T], -1)[None, :]
    share = np.append(alive[later % T], 0.0)
    for records, ages, amounts, index, around in (
        (
            lookup(columns.at.activity, (f.activity for f in flows), "A flow"),
            np.array([f.age for f in flows], dtype=np.int64),
            stacked([f.amount for f in flows], T),
            columns["start"].index,
            True,
        ),
        (
            lookup(columns.at.unit, (m.unit for m in parts), "A unit's material"),
            np.array([m.age for m in parts], dtype=np.int64),
            by_period([m.amount for m in parts], T),
            columns["order"].index,
            False,
        ),
    ):
        if not len(ages):
            continue
        turns = cyclic(net, records) if around else False
        period = landing(np.arange(T)[None, :], np.zeros(len(ages), dtype=np.int64), ages, turns)
        row = np.where(period >= 0, np.append(target[0], -1)[period], -1)
        entries.add(row, index[records], -np.maximum(amounts, 0.0) * share[period])

r"""Material balance: nothing is used, delivered or kept that was not made, received or kept before.

.. math::
   s_{i,t} - \sigma_i s_{i,t-1} + \sum_{j,k} d_{j,k,t} + w_{i,t}
   - \sum_{a,\tau} \mu_{a,i,\tau}(t-\tau)\, x_{a,t-\tau} - \sum_{e,\tau} \nu_{e,i,\tau}\, y_{e,t-\tau}
   \;\le\; g_{i,t} \qquad \forall i, t

============  ==========================================================  ====================
symbol        meaning                                                     unit
============  ==========================================================  ====================
s[i,t]        stock at the end of t (storable materials only)             unit of the material
sigma[i]      share of a stock that survives to the next period           1
d[j,k,t]      deliveries of demand j of this material                     unit of the material
w[i,t]        disposal at a cost                                          unit of the material
mu[a,i,tau]   effect of one start, tau periods later; the period of the   unit per level
              start says which yield holds
nu[e,i,tau]   material released (or taken, negative) by one unit ordered  unit per unit
g[i,t]        receipts that come whatever is decided; the opening stock   unit of the material
              is there in full in the first period
============  ==========================================================  ====================

The row is an inequality where throwing away is free, and an equality where it costs (then ``w`` is a column) or is not
allowed. What is cyclic comes round: the stock before the first period is that of the last one, and what would land
after the end lands in the first periods. The row's price is what one more unit of the material in that period is worth,
in million dollars.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray, Rows, Triplets, by_period, grid, grid_rows, names, stacked
from fabopt.model.index import lookup
from fabopt.network.tables import Array, Network

BALANCE = Family(
    name="balance",
    index=("material", "period"),
    unit="unit of the material",
    says="{name}: no more is used, delivered and kept in {period} than is made, kept from before and received "
    "({rhs} {unit} received)",
    price_says="{one} of {name} at hand in {period}",
    soft=True,
    per="{unit} at hand",
    label="{name} (supply)",
)
FAMILIES = (BALANCE,)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the balance rows: one a material and period that any decision touches."""
    T, materials = net.n_periods, net.materials
    cell = grid(len(materials), T)
    entries = Triplets()
    _stocks(entries, net, columns, cell)
    _flows(entries, net, columns, cell)
    _unit_materials(entries, net, columns, cell)
    deliver = columns["deliver"].index
    if len(net.demands):
        target = lookup(columns.at.material, (d.material for d in net.demands), "A demand")
        entries.add(cell[target][:, None, :], deliver, 1.0)
    supply = supplies(net)
    free = np.array([m.disposal_cost == 0 for m in materials], dtype=bool)[:, None]
    lower = np.where(free, -np.inf, supply)
    # A row without decisions matters only where it cannot hold: something arrives that nothing may be done with.
    keep = entries.touched(cell.size) | (lower.ravel() > 0)
    return (grid_rows(BALANCE, entries, lower, supply, names(materials), columns.labels, keep),)


def supplies(net: Network) -> Array:
    """Return what comes whatever is decided [materials, T]: receipts, and the opening stock in the first period."""
    supply = by_period([m.receipts for m in net.materials], net.n_periods)
    if len(supply):
        supply[:, 0] += [m.opening for m in net.materials]
    return supply


def _stocks(entries: Triplets, net: Network, columns: Columns, cell: IntArray) -> None:
    stock = columns["stock"].index
    survival = by_period([m.survival for m in net.materials], net.n_periods)
    entries.add(cell, stock, 1.0)
    entries.add(cell[:, 1:], stock[:, :-1], -survival[:, :-1])
    around = np.array([m.cyclic for m in net.materials], dtype=bool)[:, None]
    entries.add(np.where(around, cell[:, :1], -1), stock[:, -1:], -survival[:, -1:])
    entries.add(cell, columns["disposal"].index, 1.0)


def _flows(entries: Triplets, net: Network, columns: Columns, cell: IntArray) -> None:
    if not net.flows:
        return
    activity = lookup(columns.at.activity, (f.activity for f in net.flows), "A flow")
    material = lookup(columns.at.material, (f.material for f in net.flows), "A flow")
    age = np.array([f.age for f in net.flows])
    amount = stacked([f.amount for f in net.flows], net.n_periods)
    entries.add(landing(cell, material, age, cyclic(net, activity)), columns["start"].index[activity], -amount)


def _unit_materials(entries: Triplets, net: Network, columns: Columns, cell: IntArray) -> None:
    if not net.unit_materials:
        return
    unit = lookup(columns.at.unit, (m.unit for m in net.unit_materials), "A unit's material")
    material = lookup(columns.at.material, (m.material for m in net.unit_materials), "A unit's material")
    age = np.array([m.age for m in net.unit_materials])
    amount = by_period([m.amount for m in net.unit_materials], net.n_periods)
    entries.add(landing(cell, material, age), columns["order"].index[unit], -amount)


def cyclic(net: Network, activity: IntArray) -> NDArray[np.bool_]:
    """Return of each of some activities whether what it does after the last period falls on the first ones."""
    return np.array([a.cyclic for a in net.activities], dtype=bool)[activity]


def landing(cell: IntArray, entity: IntArray, age: IntArray, around: NDArray[np.bool_] | bool = False) -> IntArray:
    """Return the row in which an effect of ``age`` of a start in each period lands [n, T]; -1 past the end.

    ``cell`` [entities, T] holds the candidate rows; ``entity``, ``age`` and ``around`` are per effect [n], the last
    whether it goes on from the first period.
    """
    T = cell.shape[1]
    period = np.arange(T)[None, :] + age[:, None]
    period = np.where(np.reshape(around, (-1, 1)), period % T, period)
    return np.where(period < T, cell[entity[:, None], np.minimum(period, T - 1)], -1)

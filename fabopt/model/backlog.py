r"""Backlog: unmet demand waits, for so many periods and no longer, and is then lost.

.. math::
   b_{j,k,t} - b_{j,k,t-1} + d_{j,k,t} + l_{j,k,t} = q_{j,k,t} \qquad
   b_{j,k,t} \le \sum_{\tau = t - E_j + 1}^{t} q_{j,k,\tau} \qquad
   b_{j,k,t} \ge \sum_{u = t + 1}^{t + E_j} l_{j,k,u} \qquad
   l_{j,k,t} \le q_{j,k,t - E_j}

========  ==========================================================  ====================
symbol    meaning                                                     unit
========  ==========================================================  ====================
q[j,k,t]  wanted in t at the value of step k                          unit of the material
d[j,k,t]  delivered in t, to what is wanted in t or still waits       unit of the material
b[j,k,t]  waiting at the end of t                                     unit of the material
l[j,k,t]  lost in t: wanted in t - E and not delivered since          unit of the material
E[j]      periods that demand waits (0: it is lost at once)           periods
========  ==========================================================  ====================

The four together are exact: they hold if and only if deliveries can be matched to the units wanted so that each is
served within its E periods or lost at their end. (The second says that what is older has left; the third, that what is
lost soon is waiting now, so nothing is lost before its time; the second and fourth are bounds of columns.) Each value
step waits by itself. What still waits when the horizon ends counts as lost; what is required may not wait then. The
price of a backlog row is what one unit wanted more on that step is worth.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns, step_widths
from fabopt.model.demand import demand_names
from fabopt.model.families import Family, IntArray, Rows, Triplets, assemble
from fabopt.model.told import Keys
from fabopt.network.tables import Array, Network

BACKLOG = Family(
    name="backlog_balance",
    index=("demand", "step", "period"),
    unit="unit of the material",
    says="{name}: what is wanted in {period} ({rhs} {unit}) is delivered, waits, or is lost",
    price_says="{one} wanted by {name} in {period}, to wait if need be",
    soft=True,
    per="{unit} wanted",
    label="{name} (demand)",
    limited="demand of {name} in {period}",
)
EXPIRY = Family(
    name="expiry",
    index=("demand", "step", "period"),
    unit="unit of the material",
    says="{name}: what is lost after {period} for waiting too long is waiting in {period}",
    price_says="one {unit} of {name} lost before its time after {period}",
)
FAMILIES = (BACKLOG, EXPIRY)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the backlog and expiry rows: one a demand that waits, value step and period."""
    T, demands = net.n_periods, net.demands
    deliver = columns["deliver"].index
    waiting, lost = columns["backlog"].index, columns["lost"].index
    cell = np.arange(deliver.size, dtype=np.int64).reshape(deliver.shape)
    queue = np.array([d.expiry is not None for d in demands], dtype=bool)[:, None, None]
    cell = np.where(queue, cell, -1)
    entries = Triplets()
    entries.add(cell, deliver, 1.0)
    entries.add(cell, waiting, 1.0)
    entries.add(cell[:, :, 1:], waiting[:, :, :-1], -1.0)
    entries.add(cell, lost, 1.0)
    wanted = step_widths(demands, T)
    return (
        _rows(BACKLOG, entries, net, columns, wanted.ravel(), wanted.ravel()),
        _rows(EXPIRY, _expiry(net, cell, waiting, lost), net, columns, np.zeros(cell.size), None),
    )


def _expiry(net: Network, cell: IntArray, waiting: IntArray, lost: IntArray) -> Triplets:
    """Enter waiting - (lost within the next E periods) >= 0 where something may be lost."""
    entries = Triplets()
    T = cell.shape[2]
    for j, demand in enumerate(net.demands):
        if not demand.expiry:
            continue
        t, u = np.triu_indices(T, 1)
        soon = u - t <= demand.expiry
        t, u = t[soon], u[soon]
        for k in range(cell.shape[1]):
            losable = np.zeros(T, dtype=bool)
            losable[t[lost[j, k, u] >= 0]] = True
            place = np.where(losable, cell[j, k], -1)
            entries.add(place, waiting[j, k], 1.0)
            entries.add(place[t], lost[j, k, u], -1.0)
    return entries


def _rows(family: Family, entries: Triplets, net: Network, columns: Columns, lower: Array, upper: Array | None) -> Rows:
    T, steps = net.n_periods, columns["deliver"].index.shape[1]
    who, cells = demand_names(net), np.arange(len(lower))
    return assemble(
        family,
        entries,
        lower,
        np.full(len(lower), np.inf) if upper is None else upper,
        key=Keys(tuple((one,) for one, _, _ in who), steps, columns.labels),
        who=who,
        entity=(cells // max(steps * T, 1)).astype(np.int64),
        period=(cells % T).astype(np.int64),
    )

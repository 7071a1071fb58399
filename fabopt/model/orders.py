r"""Orders of units: in all, and, where an order costs a fixed sum or has a least size, placed or not.

.. math::
   \sum_t y_{e,t} \le N_e \qquad
   y_{e,t} \le M_{e,t}\, z_{e,t} \qquad
   y_{e,t} \ge m_e\, z_{e,t} \qquad
   y_{e,t} \le L_e\, z_{e,t}

========  ====================================================  =======
symbol    meaning                                               unit
========  ====================================================  =======
y[e,t]    units ordered in t                                    unit
z[e,t]    orders placed in t: 1 or 0 where their size has no    order
          limit, else as many as the amount needs
N[e]      most units that may be ordered over the horizon       unit
M[e,t]    most units that one order can be in the program,      unit
          where its size has no limit (:mod:`fabopt.model.gates`)
m[e]      least order                                           unit
L[e]      largest order, where several may be placed            unit
========  ====================================================  =======

The price of the total is what the right to one more unit is worth; the other rows have prices only with
integers held, and these mean little.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.families import Family, Rows, Triplets, assemble, grid, grid_rows, names
from fabopt.network.tables import Network

TOTAL_ORDERS = Family(
    name="total_orders",
    index=("unit",),
    unit="unit",
    says="{name}: at most {rhs} {unit} may be ordered in all",
    price_says="the right to order {one} of {name} in all",
    soft=True,
    per="{unit} in all",
    label="{name} (orders in all)",
    limited="orders of {name} in all",
)
ORDER_MAX = Family(
    name="order_max",
    index=("unit", "period"),
    unit="unit",
    says="{name}: nothing is ordered in {period} unless an order is placed",
    price_says="one more {unit} of {name} in {period} without placing an order",
)
ORDER_MIN = Family(
    name="order_min",
    index=("unit", "period"),
    unit="unit",
    says="{name}: an order placed in {period} has the least size",
    price_says="one {unit} less in the least order of {name} in {period}",
    limited="order of {name} in {period}, where one is placed,",
)
ORDER_SIZE = Family(
    name="order_size",
    index=("unit", "period"),
    unit="unit",
    says="{name}: no more is ordered in {period} than the orders placed can hold",
    price_says="one more {unit} of {name} in {period} in the same orders",
)
FAMILIES = (TOTAL_ORDERS, ORDER_MAX, ORDER_MIN, ORDER_SIZE)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return total, largest and least orders."""
    if not net.units:
        return ()
    return _totals(net, columns), *_placing(net, columns)


def _totals(net: Network, columns: Columns) -> Rows:
    units, order = net.units, columns["order"].index
    total = np.array([u.total for u in units], dtype=float)
    limited = np.isfinite(total) & ((order >= 0).sum(axis=1) > 1)
    entries = Triplets()
    entries.add(np.where(limited, np.arange(len(units)), -1)[:, None], order, 1.0)
    return assemble(
        TOTAL_ORDERS,
        entries,
        np.full(len(units), -np.inf),
        total,
        key=lambda e: (units[e].id,),
        who=names(units),
        entity=np.arange(len(units), dtype=np.int64),
        period=np.zeros(len(units), dtype=np.int64),
    )


def _placing(net: Network, columns: Columns) -> tuple[Rows, Rows, Rows]:
    T, units = net.n_periods, net.units
    order, placed = columns["order"].index, columns["placed"].index
    cell = np.where(placed >= 0, grid(len(units), T), -1)
    least = np.array([u.min_order for u in units], dtype=float)[:, None]
    most = np.array([u.max_order for u in units], dtype=float)[:, None]
    upper, lower, size = Triplets(), Triplets(), Triplets()
    endless, several = np.where(np.isinf(most), cell, -1), np.where(np.isinf(most), -1, cell)
    upper.add(endless, order, 1.0)
    upper.add(endless, placed, -1.0)
    size.add(several, order, 1.0)
    size.add(several, placed, -np.where(np.isinf(most), 0.0, most))
    sized = np.where(least > 0, cell, -1)
    lower.add(sized, order, 1.0)
    lower.add(sized, placed, -least)
    who, labels = names(units), columns.labels
    return (
        grid_rows(ORDER_MAX, upper, -np.inf, 0.0, who, labels),
        grid_rows(ORDER_MIN, lower, 0.0, np.inf, who, labels),
        grid_rows(ORDER_SIZE, size, -np.inf, 0.0, who, labels),
    )

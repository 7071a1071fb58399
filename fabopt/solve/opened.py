"""The program of a network with its limits of zero in it.

The model leaves out decisions whose limit is zero. To ask whether such a limit conflicts, the decision must be there:
the network is opened, and the limits are given back to the program.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fabopt.model.columns import order_limits
from fabopt.model.families import by_period
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.tables import Array, Material, Network, Unit
from fabopt.solve.matrices import Matrices, program_of


def with_zeros(tables: ModelTables) -> tuple[ModelTables, Matrices]:
    """Return tables in which decisions with a limit of zero are, and the program with the limits as they are."""
    opened = model_tables(_opened(tables.net), tables.columns.aim, registry=False)
    return opened, _closed(program_of(opened), opened, tables.net)


def _opened(net: Network) -> Network:
    """Return a network in which every limit of zero is one of 1."""

    def of_unit(unit: Unit) -> Unit:
        free = None if unit.pinned is None else np.where(unit.pinned == 0.0, np.nan, unit.pinned)
        return replace(unit, upper=_not_zero(unit.upper), total=unit.total or 1.0, pinned=free)

    def of_material(material: Material) -> Material:
        limit = np.full(net.n_periods, material.stock_limit)
        return replace(material, stock_limit=np.where(limit == 0.0, 1.0, limit))

    return replace(
        net,
        activities=tuple(replace(a, upper=_not_zero(a.upper)) for a in net.activities),
        units=tuple(of_unit(u) for u in net.units),
        materials=tuple(of_material(m) for m in net.materials),
    )


def _not_zero(limit: Array | None) -> Array | None:
    return None if limit is None else np.where(limit == 0.0, 1.0, limit)


def _closed(program: Matrices, opened: ModelTables, net: Network) -> Matrices:
    """Return the program of an opened network with the limits that the network has."""
    T, columns, upper, rows = net.n_periods, opened.columns, program.column_upper.copy(), program.row_upper.copy()
    pinned = by_period([u.pinned for u in net.units], T, np.nan)
    limits = {
        "start": by_period([a.upper for a in net.activities], T, np.inf),
        "order": np.where(pinned == 0.0, 0.0, order_limits(net.units, T)),
        "stock": np.array([np.full(T, m.stock_limit) for m in net.materials]).reshape(-1, T),
    }
    for name, limit in limits.items():
        at = columns[name].index
        zero = (at >= 0) & (limit == 0.0)
        if name == "order":
            zero &= np.isnan(pinned) | (pinned == 0.0)
        upper[at[zero]] = 0.0
    if "total_orders" in opened.rows:
        first, totals = opened.offsets["total_orders"], opened.rows["total_orders"]
        rows[first : first + len(totals)] = [net.units[e].total for e in totals.entity.tolist()]
    return replace(program, column_upper=upper, row_upper=rows)

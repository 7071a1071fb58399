"""The constraint families in the order of their rows. What is not in this list is not in the model."""

from __future__ import annotations

from fabopt.model import (
    backlog,
    balance,
    capacity,
    demand,
    goals,
    installed,
    linear,
    lots,
    on_off,
    orders,
    remainder,
    safety_stock,
    shelf_life,
)
from fabopt.model.columns import Columns
from fabopt.model.families import Family, Rows
from fabopt.network.tables import Network

MODULES = (
    balance,
    capacity,
    installed,
    orders,
    demand,
    backlog,
    lots,
    on_off,
    safety_stock,
    shelf_life,
    linear,
    remainder,
    goals,
)

FAMILIES: tuple[Family, ...] = tuple(family for module in MODULES for family in module.FAMILIES)


def all_rows(net: Network, columns: Columns) -> dict[str, Rows]:
    """Return the rows of every family that has any, by name, in the order of the model."""
    made = (rows for module in MODULES for rows in module.rows(net, columns))
    return {rows.family.name: rows for rows in made if len(rows)}

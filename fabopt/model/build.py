"""The Pyomo model: one variable a block, one constraint a family, the objective, and the hooks of users.

The mathematics stands in the tables (:mod:`fabopt.model.tables`); one generic function turns a table of rows into an
indexed ``Constraint`` whose rule returns a ``LinearExpression`` over the row's part of the table. The Pyomo model is
open: a hook may add variables and constraints, fix variables or deactivate rows before anything is compiled, and may
register limits of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pyomo import environ
from pyomo.core.expr import numeric_expr

from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.columns import Block
from fabopt.model.families import ModelError, Rows
from fabopt.model.limits import Limit
from fabopt.model.objective import cost_vector
from fabopt.model.reach import settle
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.tables import Network

# Pyomo has no type information that a strict check could use.
pyo: Any = environ
LinearExpression: Any = numeric_expr.LinearExpression

FORMS = (".lp", ".mps", ".nl")
"""Endings of the files that a model is written to."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready to be compiled.

    Attributes
    ----------
    pyomo
        The Pyomo model; its variables are named after the blocks, its constraints after the families.
    tables
        The tables it was made from.
    variables
        The Pyomo variable of each column, in the order of the columns.
    registered
        Limits that hooks have registered, with the constraint each belongs to.
    """

    pyomo: Any
    tables: ModelTables
    variables: list[Any]
    registered: list[tuple[Any, Limit]] = field(default_factory=list)

    def register(self, constraint: Any, limit: Limit) -> None:
        """Register ``limit`` for a constraint (one row, so with its index) that a hook has added."""
        self.registered.append((constraint, limit))

    def to_file(self, path: str | Path) -> None:
        """Write the model for another solver, as Pyomo writes it, with the names of blocks and families.

        Parameters
        ----------
        path
            The file; its ending, ``.lp``, ``.mps`` or ``.nl``, says in which form.

        Raises
        ------
        ModelError
            If the ending is another one.
        """
        if Path(path).suffix.lower() not in FORMS:
            raise ModelError(f"A model is written as {', '.join(FORMS)}, not as {Path(path).name!r}.")
        self.pyomo.write(str(path), io_options={"symbolic_solver_labels": True})


Hook = Callable[[Any, Model], None]


@collector_off()
def build(net: Network, extra: Sequence[Hook] = (), aim: Aim | None = None, *, registry: bool = True) -> Model:
    """Build the Pyomo model of a network.

    Parameters
    ----------
    net
        The lowered network.
    extra
        Hooks, called in order with the Pyomo model and the :class:`Model`.
    aim
        What the objective asks of the model.
    registry
        Whether the limits of the tables are registered.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model.
    """
    tables = model_tables(net, aim, registry=registry)
    m = pyo.ConcreteModel(name=net.name)
    variables: list[Any] = []
    for block in tables.columns:
        if len(block):
            variables += _add_block(m, block)
    for rows in settled_rows(tables).values():
        _add_rows(m, rows, variables)
    _add_objective(m, tables, variables)
    model = Model(m, tables, variables)
    for hook in extra:
        hook(m, model)
    return model


def index_of(key: tuple[str, ...]) -> Any:
    """Return a key as Pyomo writes it: a single word is not a tuple."""
    return key[0] if len(key) == 1 else key


def _add_block(m: Any, block: Block) -> list[Any]:
    keys = [index_of(key) for key in block.keys]
    bounds = {
        key: (low if np.isfinite(low) else None, high if np.isfinite(high) else None)
        for key, low, high in zip(keys, block.lower.tolist(), block.upper.tolist(), strict=True)
    }
    whole = dict(zip(keys, block.integer.tolist(), strict=True))

    def domain(_: Any, *key: str) -> Any:
        return pyo.Integers if whole[index_of(key)] else pyo.Reals

    def limits(_: Any, *key: str) -> tuple[float | None, float | None]:
        return bounds[index_of(key)]

    variable = pyo.Var(pyo.Set(initialize=keys, ordered=True), domain=domain, bounds=limits)
    m.add_component(block.name, variable)
    return [variable[key] for key in keys]


def settled_rows(tables: ModelTables) -> dict[str, Rows]:
    """Return the rows by family, gates with the largest levels that the tables let them reach."""
    rows, gates, n = dict(tables.rows), tables.gates, tables.columns.n
    if not len(gates):
        return rows
    settled_rows, is_open = settle(tables.arrays(), gates, -gates.share)
    wanted = gates.row[gates.gate] * n + gates.column
    for name, family in tables.rows.items():
        if not len(family.row):
            continue
        first = tables.offsets[name]
        place = (family.row + first) * n + family.col
        at = np.minimum(np.searchsorted(place, wanted), len(place) - 1)
        here = place[at] == wanted
        value, upper = family.val.copy(), family.upper.copy()
        value[at[here]] = settled_rows[here]
        opened = gates.row[is_open] - first
        upper[opened[(opened >= 0) & (opened < len(family))]] = np.inf
        rows[name] = replace(family, val=value, upper=upper)
    return rows


def _add_rows(m: Any, rows: Rows, variables: list[Any]) -> None:
    keys = [index_of(key) for key in rows.keys]
    number = {key: i for i, key in enumerate(keys)}
    starts = rows.starts.tolist()
    members = [variables[c] for c in rows.col.tolist()]
    values = rows.val.tolist()
    lower = [b if np.isfinite(b) else None for b in rows.lower.tolist()]
    upper = [b if np.isfinite(b) else None for b in rows.upper.tolist()]

    def rule(_: Any, *key: str) -> Any:
        i = number[index_of(key)]
        part = slice(starts[i], starts[i + 1])
        body = LinearExpression(constant=0.0, linear_coefs=values[part], linear_vars=members[part])
        return (lower[i], body, upper[i])

    m.add_component(rows.family.name, pyo.Constraint(pyo.Set(initialize=keys, ordered=True), rule=rule))


def _add_objective(m: Any, tables: ModelTables, variables: list[Any]) -> None:
    cost = cost_vector(tables.terms, tables.columns.n)
    there = np.flatnonzero(cost)
    body = LinearExpression(
        constant=0.0, linear_coefs=cost[there].tolist(), linear_vars=[variables[c] for c in there.tolist()]
    )
    m.value = pyo.Objective(expr=body, sense=pyo.maximize)

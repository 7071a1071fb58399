"""The plan as arrays: from the columns of the program to the records of the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.model.balance import supplies
from fabopt.model.columns import step_widths
from fabopt.model.limits import Limit
from fabopt.model.sums import SUMS
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.finish import Finished
from fabopt.solve.matrices import Matrices
from fabopt.solve.solution import LimitState, Priced


def plan_arrays(tables: ModelTables, matrices: Matrices, x: Array, activity: Array) -> dict[str, Any]:
    """Return the arrays of a :class:`~fabopt.solve.solution.Solution` from a plan.

    Parameters
    ----------
    tables, matrices
        The model and its program.
    x, activity
        The plan by column, and A x by row.
    """
    values = {block.name: block.values(x) for block in tables.columns}
    demands = tables.net.demands
    waits = np.array([d.expiry is not None for d in demands], dtype=bool)[:, None]
    deliver, width = values["deliver"], step_widths(demands, tables.net.n_periods)
    unmet = np.where(waits, 0.0, width.sum(axis=1) - deliver.sum(axis=1))
    backlog, lost = values["backlog"].sum(axis=1), values["lost"].sum(axis=1)
    lost[:, -1:] += backlog[:, -1:]
    reached = np.flatnonzero(values["reached"][0] > 0.5)
    return {
        "levels": values["start"],
        "on": values["on"],
        "switched_on": values["switch"],
        "lots": values["lots"],
        "orders": values["order"],
        "placed": values["placed"],
        "retired": values["retire"],
        "stock": values["stock"],
        "disposal": values["disposal"] + _thrown_away(tables, matrices, x, activity),
        "shortfall": values["shortfall"],
        "delivered": tuple(deliver[j, : len(d.steps)] for j, d in enumerate(demands)),
        "unmet": np.where(unmet > SAME * width.sum(axis=1), unmet, 0.0),
        "backlog": backlog,
        "lost": lost,
        "counters": values["counter"][:, 0],
        "reached": tables.columns.labels[reached[0]] if len(reached) else None,
    }


def _thrown_away(tables: ModelTables, matrices: Matrices, x: Array, activity: Array) -> Array:
    """Return what is thrown away for nothing [materials, T]: the slack of the balance rows."""
    net = tables.net
    free = np.array([m.disposal_cost == 0 for m in net.materials], dtype=bool)[:, None]
    supply = supplies(net)
    left = np.where(free, supply, 0.0)
    if "balance" in tables.rows:
        rows, first = tables.rows["balance"], tables.offsets["balance"]
        own = slice(first, first + len(rows))
        slack, turnover = rows.upper - activity[own], (abs(matrices.a) @ np.abs(x))[own]
        slack = np.where(slack > SAME * np.maximum(turnover, np.abs(rows.upper)), slack, 0.0)
        left[rows.entity, rows.period] = np.where(free[rows.entity, 0], slack, 0.0)
    return left


def limit_states(
    tables: ModelTables, matrices: Matrices, limits: Sequence[Limit], done: Finished, activity: Array
) -> tuple[LimitState, ...]:
    """Return every limit with its use, slack and price.

    What decisions add to a limit counts in it: units that add capacity, and what stands against the use in a limit on a
    sum (a share of others, what a contract in force allows or asks for).
    """
    used = _use(tables, matrices, done.x, activity)
    states = []
    for limit in limits:
        if limit.row >= 0:
            low, high = matrices.row_lower[limit.row], matrices.row_upper[limit.row]
            bound = low if limit.side == "lower" else high
            if limit.family == "capacity" or limit.family in SUMS:
                bound += used[limit.row] - activity[limit.row]
            have, price = used[limit.row], done.row_price[limit.row]
        else:
            bound = matrices.column_upper[limit.column]
            have, price = done.x[limit.column], max(done.column_price[limit.column], 0.0)
        slack = have - bound if limit.side == "lower" else bound - have
        if slack > SAME * max(abs(bound), abs(have)):
            price = 0.0  # an integer that is held below its bound has a reduced cost, but the bound has no price
        states.append(LimitState(limit, float(bound), float(have), float(slack), float(price)))
    return tuple(states)


def _use(tables: ModelTables, matrices: Matrices, x: Array, activity: Array) -> Array:
    """Return what the plan uses of each row.

    Starts of a capacity, deliveries of a demand, of a limit on a sum the terms that add to it, else all of the row.
    """
    used = activity.copy()
    for family, block in (("capacity", "start"), ("demand", "deliver"), ("backlog_balance", "deliver")):
        if family in tables.rows:
            part = np.zeros_like(x)
            columns = tables.columns[block].columns
            part[columns] = x[columns]
            first = tables.offsets[family]
            rows = slice(first, first + len(tables.rows[family]))
            used[rows] = (matrices.a @ part)[rows]
    for family in SUMS.keys() & tables.rows.keys():
        first = tables.offsets[family]
        rows = slice(first, first + len(tables.rows[family]))
        against = matrices.a.tocsr()[rows].maximum(0.0)
        # A row that has no such term has but one side.
        used[rows] = np.where(np.diff(against.indptr) > 0, against @ x, used[rows])
    return used


def priced_decisions(tables: ModelTables, matrices: Matrices, done: Finished) -> Priced:
    """Return every decision with its bounds and its reduced cost; columns that hooks have added come last."""
    net = tables.net
    unit_of = {m.id: m.unit for m in net.materials}
    activities = {a.id: (a.name, a.unit) for a in net.activities}
    units = {u.id: (u.name, u.unit) for u in net.units}
    materials = {m.id: (m.name, m.unit) for m in net.materials}
    demands = {d.id: (d.name, unit_of[d.material]) for d in net.demands}
    said = {
        **dict.fromkeys(("start", "on", "switch", "lots"), activities),
        **dict.fromkeys(("order", "placed", "retire"), units),
        **dict.fromkeys(("stock", "disposal", "shortfall"), materials),
        **dict.fromkeys(("deliver", "backlog", "lost"), demands),
    }
    labels = [(block.name, key) for block in tables.columns for key in block.keys]
    labels += [("added", (str(n),)) for n in range(matrices.n_columns - len(labels))]
    told = [said.get(block, {}).get(key[0], ("", "")) for block, key in labels]
    n, none = matrices.n_columns, np.full((matrices.n_columns, 2), np.nan)
    ranges = none if done.ranges is None else done.ranges.cost[:n]
    return Priced(
        tuple(labels), tuple(name for name, _ in told), tuple(unit for _, unit in told),
        done.x, matrices.column_lower, matrices.column_upper, done.column_price[:n],
        ranges[:, 0], ranges[:, 1], matrices.cost, matrices.integer,
        ("",) * n if done.basis is None else done.basis.columns,
    )  # fmt: skip


def priced_rows(tables: ModelTables, matrices: Matrices, done: Finished, activity: Array) -> Priced:
    """Return every row with its sides and its price; rows that hooks have added come last."""
    names = [name for rows in tables.rows.values() for name in rows.names]
    units = [unit for rows in tables.rows.values() for unit in rows.units]
    n, price = matrices.n_rows, done.row_price[: matrices.n_rows]
    more = ("",) * (n - len(names))
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    if done.ranges is not None:
        low, high = done.ranges.row[:n].T
        # What has no price has none as long as its limit stays beyond what the plan does.
        free = np.isnan(low) & (price == 0)
        low = np.where(free, np.where(np.isfinite(matrices.row_upper), activity, -np.inf), low)
        high = np.where(free, np.where(np.isfinite(matrices.row_lower), activity, np.inf), high)
    return Priced(
        tuple(matrices.labels), (*names, *more), (*units, *more),
        activity, matrices.row_lower, matrices.row_upper, price,
        low, high, np.zeros(0), np.zeros(0, dtype=bool), ("",) * n if done.basis is None else done.basis.rows,
    )  # fmt: skip


def prices_by_family(tables: ModelTables, row_price: Array) -> dict[str, Array]:
    """Return the prices of the rows by family."""
    return {
        name: row_price[tables.offsets[name] : tables.offsets[name] + len(rows)] for name, rows in tables.rows.items()
    }


def reduced_costs(tables: ModelTables, column_price: Array) -> dict[str, Array]:
    """Return the reduced costs of the columns by block."""
    return {block.name: column_price[block.columns] for block in tables.columns if len(block)}

r"""Counts of units as the integers of the search, in place of orders and retirements.

What stands of a unit that can be retired, at the end of t, is

.. math:: S_{e,t} = n_e + \sum_{t' \le t - K_e} y_{e,t'} - \sum_{t' \le t} q_{e,t'}

which is the slack of its row ``installed``; what has been ordered of one that cannot be is the sum of its orders up to
t. Rows of capacity are written over S, which makes them short, and S is the integer; orders y that are counted and
retirements q may be fractions. A tree over S is much smaller than one over y and q, since the same count is reached by
many histories.

For units that cannot be retired this is no more than another name for the same plans: orders are the steps of S. For
the others it is exact where nobody gains by ordering and retiring in one go: if in every row and in the objective one
order that lands in t, together with one retirement in t, only ever takes room and money, then some best plan has none
of it, and in such a plan y and q are steps of S and so integers too. Units of which that is not sure keep their
integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.entries import find
from fabopt.solve.matrices import Matrices


@dataclass(frozen=True, slots=True)
class History:
    """Where the history of a unit stands in the model.

    Attributes
    ----------
    orders
        Columns of its orders, in the order of their periods.
    rows
        Rows ``installed``, in the order of their periods; none where it cannot be retired.
    """

    orders: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True)
class Standing:
    """A program over counts.

    Attributes
    ----------
    program
        The program; its columns are those of the original and one count for each of ``rows`` after them.
    rows
        Rows of the program that say how a count goes on from the one before [counts].
    kinds
        A number for each row that the original does not have: what of a history it counts, from 0 [added rows].
    ordered, retired
        Columns of which an order is counted, and a retirement takes effect, in the period of a count [counts]; else -1.
    opening, history
        A count is ``opening - history @ x`` [counts], [counts, columns of the original].
    """

    program: Matrices
    rows: IntArray
    kinds: IntArray
    ordered: IntArray
    retired: IntArray
    opening: Array
    history: sparse.csr_array

    def of(self, x: Array) -> Array:
        """Return a plan of the original as one of the program."""
        return np.concatenate([x, self.opening - self.history @ x])

    def back(self, x: Array) -> Array:
        """Return a plan of the program as one of the original: what is ordered and retired in one go is neither."""
        plan = x[: self.history.shape[1]].copy()
        both = (self.ordered >= 0) & (self.retired >= 0)
        y, q = self.ordered[both], self.retired[both]
        churn = np.minimum(plan[y], plan[q])
        plan[y] -= churn
        plan[q] -= churn
        return plan


def histories(tables: ModelTables) -> tuple[History, ...]:
    """Return where the history of each unit stands in a model."""
    order, none = tables.columns["order"].index, np.zeros(0, dtype=np.int64)
    installed = [none] * len(order)
    if "installed" in tables.rows:
        rows, first = tables.rows["installed"], tables.offsets["installed"]
        for unit in np.unique(rows.entity).tolist():
            at = np.flatnonzero(rows.entity == unit)
            installed[unit] = (first + at[np.argsort(rows.period[at], kind="stable")]).astype(np.int64)
    return tuple(History(y[y >= 0], rows) for y, rows in zip(order, installed, strict=True))


def over_standing(program: Matrices, units: tuple[History, ...]) -> Standing | None:
    """Return the program over counts, or None where no unit allows it.

    Parameters
    ----------
    program
        The mixed-integer program.
    units
        What :func:`histories` returns.
    """
    # Measured on tool plans alone, where a tree over counts ends and one over orders stays open.
    staying = () if program.large else (u.orders for u in units if not len(u.rows))
    kept = [orders for orders in staying if len(orders) > 1 and program.integer[orders].all()]
    whole = _with_sums(program, kept)
    ends = program.n_rows + np.cumsum([0, *(len(orders) for orders in kept)])
    counted = [np.arange(a, b) for a, b in pairwise(ends.tolist())]
    by_row, by_column = sparse.csr_array(whole.a), sparse.csc_array(whole.a)
    chosen = []
    for rows in (u.rows for u in units if len(u.rows)):
        steps = list(_steps(by_row, rows))
        if _allows(whole, by_column, rows, steps):
            chosen.append((rows, steps))
    chosen += [(rows, [(y, -1) for y in orders.tolist()]) for rows, orders in zip(counted, kept, strict=True)]
    if not chosen:
        return None
    rows = np.concatenate([rows for rows, _ in chosen])
    ordered = np.array([y for _, steps in chosen for y, _ in steps], dtype=np.int64)
    retired = np.array([q for _, steps in chosen for _, q in steps], dtype=np.int64)
    first = np.concatenate([np.arange(len(rows)) == 0 for rows, _ in chosen])
    return Standing(
        program=_rewritten(whole, rows, ordered, retired, first),
        rows=rows,
        kinds=np.concatenate([np.zeros(0, np.int64), *(np.arange(len(orders)) for orders in kept)]),
        ordered=ordered,
        retired=retired,
        opening=whole.row_upper[rows],
        history=by_row[rows],
    )


def _with_sums(program: Matrices, units: list[IntArray]) -> Matrices:
    """Return the program with a row for each order: no less than nothing has been ordered up to it."""
    n = sum(len(orders) for orders in units)
    row, col, at = [], [], 0
    for orders in units:
        later, earlier = np.tril_indices(len(orders))
        row.append(at + later)
        col.append(orders[earlier])
        at += len(orders)
    places = (np.concatenate(part) if part else np.zeros(0, np.int64) for part in (row, col))
    row_, col_ = places
    sums = sparse.csr_array((-np.ones(len(row_)), (row_, col_)), shape=(n, program.n_columns))
    return replace(
        program,
        a=sparse.csc_array(sparse.vstack([program.a, sums])),
        row_lower=np.concatenate([program.row_lower, np.full(n, -np.inf)]),
        row_upper=np.concatenate([program.row_upper, np.zeros(n)]),
        labels=(*program.labels, *(("ordered", (str(i),)) for i in range(n))),
    )


def _steps(a: sparse.csr_array, rows: IntArray) -> Iterator[tuple[int, int]]:
    """Yield, for each row of a unit, the order and the retirement that it has beyond the one before; -1 for none."""
    before: set[int] = set()
    for row in rows.tolist():
        span = slice(a.indptr[row], a.indptr[row + 1])
        new = [(c, v) for c, v in zip(a.indices[span].tolist(), a.data[span].tolist(), strict=True) if c not in before]
        before |= {c for c, _ in new}
        landing = [c for c, v in new if v == -1.0]
        leaving = [c for c, v in new if v == 1.0]
        if len(landing) > 1 or len(leaving) > 1 or len(landing) + len(leaving) < len(new):
            yield -2, -2  # more than one age lands at once: not a plain history
        else:
            yield (landing[0] if landing else -1), (leaving[0] if leaving else -1)


def _allows(program: Matrices, a: sparse.csc_array, rows: IntArray, steps: list[tuple[int, int]]) -> bool:
    """Return whether a unit's count can be the integer in place of its orders and retirements."""
    opening = program.row_upper[rows]
    if (
        np.any(opening != np.round(opening))
        or np.any(opening != opening[0])
        or np.any(program.row_lower[rows] > -np.inf)
    ):
        return False
    for y, q in steps:
        if y == -2 or any(c >= 0 and not (program.integer[c] and program.column_lower[c] == 0.0) for c in (y, q)):
            return False
        if y >= 0 and q >= 0 and not _only_takes(program, a, y, q):
            return False
    return True


def _only_takes(program: Matrices, a: sparse.csc_array, y: int, q: int) -> bool:
    """Return whether an order and a retirement at once never make room in any row, nor money."""
    both = np.asarray(a[:, [y, q]].sum(axis=1)).ravel()
    rows = np.flatnonzero(both)
    gives = (both[rows] < 0) & np.isfinite(program.row_upper[rows])
    gives |= (both[rows] > 0) & np.isfinite(program.row_lower[rows])
    return program.cost[y] + program.cost[q] <= 0.0 and not gives.any()


def _rewritten(
    program: Matrices, rows: IntArray, ordered: IntArray, retired: IntArray, first: NDArray[np.bool_]
) -> Matrices:
    """Return the program with a count a row, rows over counts where that makes them shorter, and fewer integers."""
    k, n = len(rows), program.n_columns
    a = sparse.csr_array(program.a)
    cumulative = sparse.csr_array(sparse.hstack([a[rows], sparse.eye_array(k)]))
    wide = sparse.csr_array(sparse.hstack([a, sparse.csr_array((program.n_rows, k))]))
    factor = _factors(wide, cumulative, rows, ordered, retired, first)
    shorter = sparse.csr_array(wide - factor @ cumulative)
    shift = factor @ program.row_upper[rows]
    row_lower, row_upper = program.row_lower - shift, program.row_upper - shift
    # S[t] - S[t-1] - y + q = 0, and with the opening count in the first period
    place = np.arange(k)
    later = ~first
    entries = [
        (place, n + place, np.ones(k)),
        (place[later], n + place[later] - 1, -np.ones(int(later.sum()))),
        (place[ordered >= 0], ordered[ordered >= 0], -np.ones(int((ordered >= 0).sum()))),
        (place[retired >= 0], retired[retired >= 0], np.ones(int((retired >= 0).sum()))),
    ]
    row, col, val = (np.concatenate([part[i] for part in entries]) for i in range(3))
    steps = sparse.csr_array((val, (row, col)), shape=(k, n + k))
    opening = np.where(first, program.row_upper[rows], 0.0)
    keep = np.ones(program.n_rows, dtype=bool)
    keep[rows] = False
    order = np.argsort(np.concatenate([np.flatnonzero(keep), rows]), kind="stable")
    stacked = sparse.csr_array(sparse.vstack([shorter[np.flatnonzero(keep)], steps]))[order]
    row_lower[rows], row_upper[rows] = opening, opening
    integer = np.concatenate([program.integer, np.ones(k, dtype=bool)])
    integer[ordered[ordered >= 0]] = False
    integer[retired[retired >= 0]] = False
    by_column = sparse.csc_array(stacked)
    by_column.eliminate_zeros()
    by_column.sort_indices()
    return replace(
        program,
        a=by_column,
        row_lower=row_lower,
        row_upper=row_upper,
        column_lower=np.concatenate([program.column_lower, np.zeros(k)]),
        column_upper=np.concatenate([program.column_upper, _most(program, rows, ordered, first)]),
        cost=np.concatenate([program.cost, np.zeros(k)]),
        integer=integer,
    )


def _most(program: Matrices, rows: IntArray, ordered: IntArray, first: NDArray[np.bool_]) -> Array:
    """Return what a count can be at most: all that stands and may have been ordered by then [counts]."""
    new = np.where(ordered >= 0, program.column_upper[ordered], 0.0)
    parts = np.split(new, np.flatnonzero(first)[1:])
    return np.asarray(program.row_upper[rows] + np.concatenate([np.cumsum(part) for part in parts]))


def _factors(
    wide: sparse.csr_array,
    cumulative: sparse.csr_array,
    rows: IntArray,
    ordered: IntArray,
    retired: IntArray,
    first: NDArray[np.bool_],
) -> sparse.csr_array:
    """Return how much of each count's row to take off each other row [rows, counts]: where that makes it shorter.

    A row over the history of a unit up to t bears one coefficient on all retirements up to t, or on all orders.
    """
    unit = np.cumsum(first) - 1
    leaves = (np.bincount(unit, weights=retired >= 0) > 0)[unit]
    step = np.where(leaves, retired, ordered)
    at = np.flatnonzero(step >= 0)
    entries = sparse.coo_array(sparse.csc_array(wide)[:, step[at]])
    row, count = entries.row.astype(np.int64), at[entries.col]
    value = np.where(leaves[count], entries.data, -entries.data)
    other = ~np.isin(row, rows)
    row, count, value = row[other], count[other], value[other]
    order = np.lexsort((count, unit[count], row))
    row, count, value = row[order], count[order], value[order]
    begins = np.append(True, (row[1:] != row[:-1]) | (unit[count[1:]] != unit[count[:-1]]))[: len(row)]
    same = value == value[np.maximum.accumulate(np.where(begins, np.arange(len(row)), 0))]
    row, count, value = row[same], count[same], value[same]
    last = np.append((row[1:] != row[:-1]) | (unit[count[1:]] != unit[count[:-1]]), True)[: len(row)]
    row, count, value = row[last], count[last], value[last]
    keep = _shortened(wide, cumulative, row, count, value)
    return sparse.csr_array((value[keep], (row[keep], count[keep])), shape=(wide.shape[0], len(rows)))


def _shortened(
    wide: sparse.csr_array, cumulative: sparse.csr_array, row: IntArray, count: IntArray, value: Array
) -> NDArray[np.bool_]:
    """Return whether a row has fewer entries without ``value`` times the row of a count [pairs]."""
    length = np.diff(cumulative.indptr)[count]
    pair = np.repeat(np.arange(len(row)), length)
    entry = np.arange(len(pair)) - np.repeat(np.cumsum(length) - length, length) + cumulative.indptr[count][pair]
    at, there = find(sparse.csc_array(wide), row[pair] + wide.shape[0] * cumulative.indices[entry].astype(np.int64))
    now = np.where(there, sparse.csc_array(wide).data[at], 0.0)
    gone = np.bincount(pair, weights=there & (now == value[pair] * cumulative.data[entry]), minlength=len(row))
    return np.asarray(gone > np.bincount(pair, weights=~there, minlength=len(row)))

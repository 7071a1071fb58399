r"""Units that can be retired, with what stands as the integer of the search in place of orders and retirements.

What stands of a unit at the end of t is

.. math:: S_{e,t} = n_e + \sum_{t' \le t - K_e} y_{e,t'} - \sum_{t' \le t} q_{e,t'}

which is the slack of its row ``installed``. Capacity rows are written over S, and S is the integer; orders y that land
within the horizon and retirements q may be fractions. A tree over S is much smaller than one over y and q, since the
same count is reached by many histories.

This is exact where nobody gains by ordering and retiring in one go: if in every row and in the objective one order that
lands in t, together with one retirement in t, only ever takes room and money, then some best plan has none of it, and
in such a plan y and q are differences of S and so integers too. Units of which that is not sure keep their integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices


@dataclass(frozen=True, slots=True)
class Standing:
    """A program over standing counts.

    Attributes
    ----------
    program
        The program; its columns are those of the original and one count for each of ``rows`` after them.
    rows
        Rows ``installed`` of the original whose slack is a count [counts].
    ordered, retired
        Columns of which an order lands, and a retirement takes effect, in the period of a count [counts]; else -1.
    n
        Columns of the original.
    """

    program: Matrices
    rows: IntArray
    ordered: IntArray
    retired: IntArray
    n: int

    def of(self, x: Array, original: Matrices) -> Array:
        """Return a plan of the original as one of the program."""
        slack = original.row_upper[self.rows] - (original.a @ x)[self.rows]
        return np.concatenate([x, slack])

    def back(self, x: Array) -> Array:
        """Return a plan of the program as one of the original: what is ordered and retired in one go is neither."""
        plan = x[: self.n].copy()
        both = (self.ordered >= 0) & (self.retired >= 0)
        y, q = self.ordered[both], self.retired[both]
        churn = np.minimum(plan[y], plan[q])
        plan[y] -= churn
        plan[q] -= churn
        return plan


def installed_rows(tables: ModelTables) -> tuple[IntArray, ...]:
    """Return the rows ``installed`` of each unit, in the order of their periods."""
    if "installed" not in tables.rows:
        return ()
    rows, first = tables.rows["installed"], tables.offsets["installed"]
    found = []
    for unit in np.unique(rows.entity):
        at = np.flatnonzero(rows.entity == unit)
        found.append((first + at[np.argsort(rows.period[at], kind="stable")]).astype(np.int64))
    return tuple(found)


def over_standing(program: Matrices, units: tuple[IntArray, ...]) -> Standing | None:
    """Return the program over standing counts, or None where no unit allows it.

    Parameters
    ----------
    program
        The mixed-integer program.
    units
        What :func:`installed_rows` returns.
    """
    by_row, by_column = sparse.csr_array(program.a), sparse.csc_array(program.a)
    chosen = []
    for rows in units:
        histories = list(_histories(by_row, rows))
        if _allows(program, by_column, rows, histories):
            chosen.append((rows, histories))
    if not chosen:
        return None
    rows = np.concatenate([rows for rows, _ in chosen])
    ordered = np.array([y for _, histories in chosen for y, _ in histories], dtype=np.int64)
    retired = np.array([q for _, histories in chosen for _, q in histories], dtype=np.int64)
    first = np.concatenate([np.arange(len(rows)) == 0 for rows, _ in chosen])
    return Standing(_rewritten(program, rows, ordered, retired, first), rows, ordered, retired, program.n_columns)


def _histories(a: sparse.csr_array, rows: IntArray) -> Iterator[tuple[int, int]]:
    """Yield, for each row of a unit, the order that lands and the retirement in its period; -1 where there is none."""
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


def _allows(program: Matrices, a: sparse.csc_array, rows: IntArray, histories: list[tuple[int, int]]) -> bool:
    """Return whether a unit's count can be the integer in place of its orders and retirements."""
    opening = program.row_upper[rows]
    if (
        np.any(opening != np.round(opening))
        or np.any(opening != opening[0])
        or np.any(program.row_lower[rows] > -np.inf)
    ):
        return False
    for y, q in histories:
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
    factor = _factors(wide, cumulative, rows, retired, first)
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
        column_upper=np.concatenate([program.column_upper, np.full(k, np.inf)]),
        cost=np.concatenate([program.cost, np.zeros(k)]),
        integer=integer,
    )


def _factors(
    wide: sparse.csr_array, cumulative: sparse.csr_array, rows: IntArray, retired: IntArray, first: NDArray[np.bool_]
) -> sparse.csr_array:
    """Return how much of each count's row to take off each other row [rows, counts]: where that makes it shorter.

    A row over the history of a unit up to t bears one coefficient on all retirements up to t.
    """
    unit = np.cumsum(first)
    leaving = np.flatnonzero(retired >= 0)
    entries = sparse.coo_array(sparse.csc_array(wide)[:, retired[leaving]])
    row, count, value = entries.row, leaving[entries.col], entries.data
    order = np.lexsort((count, unit[count], row))
    row, count, value = row[order], count[order], value[order]
    last = np.append((row[1:] != row[:-1]) | (unit[count[1:]] != unit[count[:-1]]), True)[: len(row)]
    chosen = np.flatnonzero(last & ~np.isin(row, rows))
    shorter = []
    for at in chosen.tolist():
        span = slice(cumulative.indptr[count[at]], cumulative.indptr[count[at] + 1])
        there = wide[[int(row[at])], :][:, cumulative.indices[span]].toarray().ravel()
        gone = int((there == value[at] * cumulative.data[span]).sum())
        shorter.append(gone > int((there == 0.0).sum()))
    keep = chosen[np.array(shorter, dtype=bool)]
    return sparse.csr_array((value[keep], (row[keep], count[keep])), shape=(wide.shape[0], len(rows)))

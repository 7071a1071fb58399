r"""Units in which a program goes to the solver, so that its absolute tolerances mean the same at every size.

HiGHS takes 1e-7 for nothing, in rows, bounds and reduced costs alike. In a program whose money is in tiny units, or
whose quantities are counted in millions where others are counted in ones, that is too much or too little. So columns,
rows and objective are multiplied by powers of two, which changes no digit:

.. math:: x_j = c_j x'_j, \quad a'_{ij} = r_i a_{ij} c_j, \quad f'_j = s f_j c_j.

Integers keep their unit. The units of the other columns and of the rows are those in which the entries of the
matrix are next to 1 in the sense of least squares (Curtis and Reid 1972); what is left open, one factor for each set
of rows and columns that hang together, is set by what their bounds, right-hand sides and integers say of their
size. Of these a low one counts: a bound that is huge says that there is no limit, not that plans are huge.

A program whose numbers lie in an ordinary range stays as it is: every factor is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices

ENTRIES = (2.0**-17, 2.0**17)
"""Sizes of matrix entries that are ordinary."""

SIZES = (0.1, 2.0**20)
"""Sizes of bounds and right-hand sides that are ordinary, for the one that :data:`LOW` picks."""

WORTH = (0.02, 2.0**17)
"""Sizes of costs that are ordinary, for the middle one."""

LOW = 0.1
"""Share of bounds, right-hand sides and integers that may be smaller than the size that counts."""

ROUNDS = 20
"""Rounds of least squares."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Powers of two: ``column`` c by column, ``row`` r by row."""

    column: Array
    row: Array


def scales(program: Matrices) -> Scales:
    """Return the units in which a program goes to the solver."""
    column, row = np.ones(program.n_columns), np.ones(program.n_rows)
    if not _ordinary(program):
        _equilibrate(program, column, row)
    return Scales(column, row)


def unit(sizes: Array, ordinary: tuple[float, float]) -> float:
    """Return the power of two that brings the middle of some sizes to about 1; 1 where that is ordinary."""
    there = sizes[(sizes > 0) & np.isfinite(sizes)]
    if not len(there):
        return 1.0
    middle = float(np.median(there))
    return 1.0 if ordinary[0] <= middle <= ordinary[1] else float(np.exp2(-np.round(np.log2(middle))))


def _ordinary(program: Matrices) -> bool:
    """Return whether the numbers of a program lie in the range that the solver is made for."""
    entries = np.abs(program.a.data)
    if len(entries) and not (ENTRIES[0] <= entries.min() and entries.max() <= ENTRIES[1]):
        return False
    loose = ~program.integer
    sizes = np.concatenate(
        [
            _present(program.column_upper[loose]),
            _present(program.column_lower[loose]),
            _present(program.row_lower),
            _present(program.row_upper),
        ]
    )
    return not len(sizes) or SIZES[0] <= _low(sizes) <= SIZES[1]


def _present(sides: Array) -> Array:
    return np.asarray(np.abs(sides[np.isfinite(sides) & (sides != 0)]))


def _low(sizes: Array) -> float:
    return float(np.quantile(sizes, LOW, method="lower"))


def _equilibrate(program: Matrices, column: Array, row: Array) -> None:
    """Write the units of columns and rows, as powers of two, where entries are next to 1."""
    entries = program.a.tocoo()
    with np.errstate(divide="ignore"):
        size = np.log2(np.abs(entries.data))
    loose = ~program.integer[entries.col]
    at_row = entries.row.astype(np.int64)
    r, c, log = at_row[loose], entries.col[loose].astype(np.int64), size[loose]
    rows, columns = np.zeros(program.n_rows), np.zeros(program.n_columns)
    in_row = np.maximum(np.bincount(r, minlength=len(rows)), 1)
    in_column = np.maximum(np.bincount(c, minlength=len(columns)), 1)
    for _ in range(ROUNDS):
        rows = -np.bincount(r, log + columns[c], len(rows)) / in_row
        columns = -np.bincount(c, log + rows[r], len(columns)) / in_column
    group_of_row, group_of_column = _groups(r, c, len(rows), len(columns))
    level = np.zeros(max(group_of_row.max(initial=-1), group_of_column.max(initial=-1)) + 1)
    group, told = _told(program, at_row[~loose], size[~loose], rows, columns, group_of_row, group_of_column)
    order = np.lexsort((told, group))
    group, told = group[order], told[order]
    first = np.flatnonzero(np.diff(group, prepend=-1))
    for start, end in zip(first, [*first[1:], len(group)][: len(first)], strict=True):  # nothing may be told
        level[group[start]] = told[start + int(LOW * (end - start - 1))]
    free = ~program.integer
    column[free] = np.exp2(np.round(columns + level[group_of_column])[free])
    row[:] = np.exp2(np.round(rows - level[group_of_row]))
    alone = np.bincount(r, minlength=len(rows)) == 0  # a row of integers only: its entries next to 1
    count = np.maximum(np.bincount(entries.row, minlength=len(rows)), 1)
    mean = np.bincount(entries.row, size, len(rows)) / count
    row[alone] = np.exp2(-np.round(mean[alone]))


def _groups(r: IntArray, c: IntArray, rows: int, columns: int) -> tuple[IntArray, IntArray]:
    """Return the number of the set that each row and column hangs together with."""
    from scipy.sparse.csgraph import connected_components

    n = rows + columns
    graph = sparse.csr_array((np.ones(len(r), dtype=bool), (r, c + rows)), shape=(n, n))
    _, groups = connected_components(graph, directed=False)
    number = np.asarray(groups, dtype=np.int64)
    return number[:rows], number[rows:]


def _told(
    program: Matrices,
    whole_rows: IntArray,
    whole_sizes: Array,
    rows: Array,
    columns: Array,
    group_of_row: IntArray,
    group_of_column: IntArray,
) -> tuple[IntArray, Array]:
    """Return what bounds, right-hand sides and integers say of the size of their sets: set and logarithm."""
    group, told = [group_of_row[whole_rows]], [whole_sizes + rows[whole_rows]]
    for side in (program.row_lower, program.row_upper):
        at = _there(side)
        group.append(group_of_row[at])
        told.append(np.log2(np.abs(side[at])) + rows[at])
    for side in (program.column_lower, program.column_upper):
        at = _there(side, ~program.integer)
        group.append(group_of_column[at])
        told.append(np.log2(np.abs(side[at])) - columns[at])
    return np.concatenate(group), np.concatenate(told)


def _there(side: Array, among: NDArray[np.bool_] | bool = True) -> IntArray:
    return np.flatnonzero(among & np.isfinite(side) & (side != 0))

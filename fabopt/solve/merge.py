r"""Alike capacities merged into one: a smaller program whose bound holds for the whole.

Three sites with the same tools at the same costs make a program with many equal plans, among which a search is lost.
Rows that differ by nothing but the place are summed, and columns that are then identical are joined into one, which
stands for their sum. Every plan of the program gives a plan of the merged one of the same worth, so the merged bound is
a bound. What the merged plan decides is then held by group (the sum of a group's integers is what the merged plan has)
and the program solved again: usually a plan of the same worth exists, and both are proved best.

What is alike is found from the matrix, by colours: columns begin with a colour by cost and kind, rows by family, period
and kind, whatever their right-hand sides; a colour is split where the coefficients towards the colours across differ,
until nothing splits any more (the coarsest equitable partition). Then every column of a colour has the same sum of
coefficients over the rows of each colour, which is what makes the joined columns identical.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices

ROUNDS = 200
"""Rounds of splitting colours; a chain of n stages in one period takes about n / 2."""

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True)
class Merged:
    """A program in which alike rows are summed and alike columns joined.

    Attributes
    ----------
    program
        The merged program, a relaxation of the original.
    columns
        Column of the merged program by column of the original.
    """

    program: Matrices
    columns: IntArray

    def of(self, x: Array) -> Array:
        """Return a plan of the original as one of the merged program."""
        return np.bincount(self.columns, weights=x, minlength=self.program.n_columns).astype(float)

    def split(self, original: Matrices, x: Array, room: float = 0.0) -> Matrices:
        """Return the original with integers held, by group, within ``room`` of what a merged plan has in all."""
        total = np.round(x)
        size = np.bincount(self.columns, minlength=self.program.n_columns)
        alone = original.integer & (size[self.columns] == 1)
        groups = np.flatnonzero(self.program.integer & (size > 1))
        at = np.full(self.program.n_columns, -1, dtype=np.int64)
        at[groups] = np.arange(len(groups))
        member = np.flatnonzero(original.integer & (at[self.columns] >= 0))
        sums = sparse.csr_array(
            (np.ones(len(member)), (at[self.columns[member]], member)), shape=(len(groups), original.n_columns)
        )
        held = total[self.columns]
        return replace(
            original,
            a=sparse.csc_array(sparse.vstack([original.a, sums])),
            row_lower=np.concatenate([original.row_lower, total[groups] - room]),
            row_upper=np.concatenate([original.row_upper, total[groups] + room]),
            column_lower=np.where(alone, np.maximum(held - room, original.column_lower), original.column_lower),
            column_upper=np.where(alone, np.minimum(held + room, original.column_upper), original.column_upper),
            labels=(*original.labels, *(("group", (str(g),)) for g in groups.tolist())),
        )


def merged(program: Matrices, kinds: IntArray) -> Merged | None:
    """Return a program with its alike rows and columns merged, or None where no integers are alike, or it is not clear.

    Parameters
    ----------
    program
        The mixed-integer program.
    kinds
        A number for each row [rows]: only rows of one number may be alike (a family in a period).
    """
    a = sparse.csc_array(program.a)
    row_colour, column_colour = _first_colours(program, kinds)
    refined = _refined(a, row_colour, column_colour)
    if refined is None:
        return None
    row_colour, column_colour = refined
    n_rows, n_columns = int(row_colour.max(initial=-1)) + 1, int(column_colour.max(initial=-1)) + 1
    if np.unique(column_colour[program.integer]).size == int(program.integer.sum()):
        return None
    sums = sparse.csr_array(
        (np.ones(program.n_rows), (row_colour, np.arange(program.n_rows))), shape=(n_rows, program.n_rows)
    )
    _, first = np.unique(column_colour, return_index=True)

    def total(values: Array, colour: IntArray, size: int) -> Array:
        return np.bincount(colour, weights=values, minlength=size).astype(float)

    with np.errstate(invalid="ignore"):
        small = replace(
            program,
            a=sparse.csc_array(sums @ a[:, first]),
            row_lower=total(program.row_lower, row_colour, n_rows),
            row_upper=total(program.row_upper, row_colour, n_rows),
            column_lower=total(program.column_lower, column_colour, n_columns),
            column_upper=total(program.column_upper, column_colour, n_columns),
            cost=program.cost[first],
            integer=program.integer[first],
            labels=tuple(("merged", (str(i),)) for i in range(n_rows)),
        )
    return Merged(small, column_colour)


def _first_colours(program: Matrices, kinds: IntArray) -> tuple[IntArray, IntArray]:
    """Return the colours to begin with: rows by kind and sides that bind, columns by cost, integrality and sides."""
    rows = np.column_stack(
        [kinds, np.isfinite(program.row_lower), np.isfinite(program.row_upper), program.row_lower == program.row_upper]
    )
    columns = np.column_stack(
        [program.cost, program.integer, np.isfinite(program.column_lower), np.isfinite(program.column_upper)]
    )
    return _numbered(rows), _numbered(columns)


def _numbered(keys: NDArray[np.generic]) -> IntArray:
    colours: IntArray = np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    return colours


def _refined(a: sparse.csc_array, rows: IntArray, columns: IntArray) -> tuple[IntArray, IntArray] | None:
    """Split colours until every member of one has the same coefficients towards every other.

    None where that takes too many rounds: what is not stable yet may join what differs, and then bounds nothing.
    """
    row = a.indices.astype(np.int64)
    column = np.repeat(np.arange(a.shape[1]), np.diff(a.indptr))
    value = a.data.astype(np.float64).view(np.uint64)
    before = -1
    for _ in range(ROUNDS):
        columns = _split(columns, column, value, rows[row], a.shape[1])
        rows = _split(rows, row, value, columns[column], a.shape[0])
        now = int(columns.max(initial=-1)) + int(rows.max(initial=-1))
        if now == before:
            return rows, columns
        before = now
    return None


def _split(colour: IntArray, at: IntArray, value: NDArray[np.uint64], across: IntArray, n: int) -> IntArray:
    """Return finer colours: by the multiset of pairs of a coefficient and the colour across it."""
    with np.errstate(over="ignore"):
        word = _mixed(value ^ _mixed(across.astype(np.uint64) + _MIX[0]))
        total = np.zeros(n, dtype=np.uint64)
        np.add.at(total, at, word)
    pairs = np.empty(n, dtype=[("colour", np.int64), ("word", np.uint64)])
    pairs["colour"], pairs["word"] = colour, total
    return np.unique(pairs, return_inverse=True)[1].ravel().astype(np.int64)


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well mixed words (the finaliser of splitmix64), so that sums of them are as good as multisets."""
    word = (word ^ (word >> np.uint64(30))) * _MIX[1]
    word = (word ^ (word >> np.uint64(27))) * _MIX[2]
    return word ^ (word >> np.uint64(31))

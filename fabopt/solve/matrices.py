"""The program as matrices, laid together from the tables that are the one definition of the mathematics.

Only with hooks, or where somebody asks for it, does the way go through Pyomo (:mod:`fabopt.solve.formulate`); a test
holds both ways equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.gates import NO_GATES, Gates
from fabopt.model.reach import settle
from fabopt.model.tables import ModelTables
from fabopt.model.told import Told
from fabopt.network.tables import Array
from fabopt.solve.entries import with_entries
from fabopt.solve.options import LARGE


@dataclass(frozen=True, slots=True)
class Matrices:
    """A mixed-integer program: maximise ``offset + cost . x`` with ``row_lower <= A x <= row_upper``.

    Attributes
    ----------
    a
        Sparse matrix [rows, columns], by column, without explicit zeros.
    column_lower, column_upper, cost, integer
        Per column.
    row_lower, row_upper
        Per row; infinite where there is no bound.
    labels
        Family and readable key of each row.
    gates
        Rows whose constants follow from the program: whoever solves it finds them again (:func:`settled`).
    """

    a: sparse.csc_array
    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    cost: Array
    integer: NDArray[np.bool_]
    offset: float
    labels: Sequence[tuple[str, tuple[str, ...]]]
    gates: Gates = NO_GATES

    def lenient(self) -> Matrices:
        """Return the program in which a gate whose level has no end stands open: to find out why there is no plan."""
        return replace(self, gates=replace(self.gates, lenient=True))

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.cost)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def large(self) -> bool:
        """Whether the program is large, by its size alone, so that every machine answers the same way."""
        return self.n_columns >= LARGE


@dataclass(frozen=True, slots=True)
class RowLabels:
    """Family and key of each row, from the families in their order, the first row and the keys of each."""

    families: tuple[str, ...]
    firsts: tuple[int, ...]
    keys: tuple[Sequence[tuple[str, ...]], ...]

    @classmethod
    def of(cls, tables: ModelTables) -> RowLabels:
        """Return those of the model's rows."""
        return cls(tuple(tables.rows), tuple(tables.offsets.values()), tuple(r.keys for r in tables.rows.values()))

    def __call__(self, row: int) -> tuple[str, tuple[str, ...]]:
        """Return family and key of a row."""
        place = bisect_right(self.firsts, row) - 1
        return self.families[place], self.keys[place][row - self.firsts[place]]


def program_of(tables: ModelTables, cost: Array | None = None) -> Matrices:
    """Return the program that the tables state.

    Parameters
    ----------
    tables
        The model.
    cost
        Objective [columns] to be maximised; the model's own, value less cost, when left out.

    Raises
    ------
    fabopt.model.families.ModelError
        If the largest level of a gate has no end.
    """
    m = tables.arrays(cost)
    program = Matrices(
        a=m.a,
        row_lower=m.row_lower,
        row_upper=m.row_upper,
        column_lower=m.column_lower,
        column_upper=m.column_upper,
        cost=m.cost,
        integer=m.integer,
        offset=0.0,
        labels=Told(RowLabels.of(tables), np.arange(tables.n_rows)),
        gates=tables.gates,
    )
    return settled(program)


def settled(program: Matrices) -> Matrices:
    """Return a program with the constants of its gates.

    Raises
    ------
    fabopt.model.families.ModelError
        If the largest level of a gate has no end.
    """
    gates = program.gates
    if not len(gates):
        return program
    value, is_open = settle(program, gates, -gates.share)
    upper = program.row_upper.copy()
    upper[gates.row] = np.where(is_open, np.inf, 0.0)
    at = gates.row[gates.gate] + program.n_rows * gates.column
    return replace(program, a=with_entries(program.a, at, value), row_upper=upper)

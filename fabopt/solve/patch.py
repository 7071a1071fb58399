"""The difference of two programs of the same structure, and the difference of two lowerings.

A program is the mixed-integer program as matrices (:class:`~fabopt.solve.matrices.Matrices`). Rows and columns are
those of the tables, in their order; two lowerings with the same rows and columns differ in numbers alone: bounds,
right-hand sides, costs, coefficients. A :class:`Patch` is that difference. It is made by comparing arrays, applied to
a live session, and undone. A coefficient that is zero in one program and not in the other is no change of structure:
the patch adds the entry or makes it zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.entries import places, with_entries
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.session import HighsSession

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StructureChanged:
    """Why a change is no patch: which rows or columns one side has and the other has not, as a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers that change: where, from what, to what; ``at`` is [n], ``old`` and ``new`` are [n, ...]."""

    at: IntArray
    old: Array
    new: Array

    def __len__(self) -> int:
        """Return how many places change."""
        return len(self.at)

    def reversed(self) -> Values:
        """Return the change back."""
        return Values(self.at, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Patch:
    """What turns one program into another of the same rows and columns.

    Attributes
    ----------
    costs
        Costs by column [n].
    columns, rows
        Lower and upper bounds [n, 2] by column and by row.
    entries
        Coefficients [n]; ``at`` is ``row + rows of the program * column``.
    n_rows
        Rows of the program.
    """

    costs: Values
    columns: Values
    rows: Values
    entries: Values
    n_rows: int

    @property
    def size(self) -> int:
        """Number of places that change."""
        return len(self.costs) + len(self.columns) + len(self.rows) + len(self.entries)

    def reversed(self) -> Patch:
        """Return the patch that undoes this one."""
        return Patch(
            self.costs.reversed(),
            self.columns.reversed(),
            self.rows.reversed(),
            self.entries.reversed(),
            self.n_rows,
        )

    def apply(self, session: HighsSession) -> None:
        """Change a live session in place; its basis and its plan stay.

        Raises
        ------
        fabopt.solve.session.SolverError
            If HiGHS refuses a number.
        """
        if len(self.costs):
            cost = session.cost.copy()
            cost[self.costs.at] = self.costs.new
            session.set_costs(cost, session.offset)
        if len(self.columns):
            session.set_column_bounds(self.columns.at, *_sides(self.columns))
        if len(self.rows):
            session.set_row_bounds(self.rows.at, *_sides(self.rows))
        if len(self.entries):
            column, row = np.divmod(self.entries.at, self.n_rows)
            session.set_coefficients(row, column, self.entries.new)

    def undo(self, session: HighsSession) -> None:
        """Give a session to which the patch was applied its numbers back; errors as for :meth:`apply`."""
        self.reversed().apply(session)

    def changed(self, program: Matrices) -> Matrices:
        """Return the program after the change; ``program`` stays as it is."""
        cost, low, high = program.cost.copy(), program.column_lower.copy(), program.column_upper.copy()
        row_low, row_high = program.row_lower.copy(), program.row_upper.copy()
        cost[self.costs.at] = self.costs.new
        low[self.columns.at], high[self.columns.at] = _sides(self.columns)
        row_low[self.rows.at], row_high[self.rows.at] = _sides(self.rows)
        return replace(
            program,
            a=with_entries(program.a, self.entries.at, self.entries.new),
            cost=cost,
            column_lower=low,
            column_upper=high,
            row_lower=row_low,
            row_upper=row_high,
        )


def difference(before: ModelTables, after: ModelTables) -> Patch | StructureChanged:
    """Return what turns the program of one lowering into that of another, or why no patch can.

    What the objective counts whatever is decided (``constant_value``) is no part of the program and of no patch.

    Parameters
    ----------
    before, after
        Two models whose objective is value less cost.
    """
    return structure_change(before, after) or between(program_of(before), program_of(after))


def structure_change(before: ModelTables, after: ModelTables) -> StructureChanged | None:
    """Return in words where rows, columns or whole numbers of two models differ, or None where they do not."""
    old, new = column_keys(before), column_keys(after)
    if old != new:
        return StructureChanged(_told("decisions", old, new))
    old, new = _row_keys(before), _row_keys(after)
    if old != new:
        return StructureChanged(_told("rows", old, new))
    turned = np.flatnonzero(before.columns.stacked("integer") != after.columns.stacked("integer"))
    if len(turned):
        return StructureChanged(f"{len(turned)} decisions are whole numbers in one model and not in the other.")
    return None


def column_keys(tables: ModelTables) -> dict[str, Sequence[Key]]:
    """Return the keys of the columns by block, in their order."""
    return {block.name: block.keys for block in tables.columns if len(block)}


def _row_keys(tables: ModelTables) -> dict[str, Sequence[Key]]:
    return {name: rows.keys for name, rows in tables.rows.items()}


def _told(what: str, old: dict[str, Sequence[Key]], new: dict[str, Sequence[Key]]) -> str:
    """Say which keys came and went; name the first of each."""
    before = {(name, *key) for name, keys in old.items() for key in keys}
    after = {(name, *key) for name, keys in new.items() for key in keys}
    said = [
        f"{len(found)} {what} {verb} (the first is {' '.join(min(found))})"
        for verb, found in (("are new", after - before), ("are gone", before - after))
        if found
    ]
    return f"{' and '.join(said) or f'The order of the {what} differs'}."


def between(before: Matrices, after: Matrices) -> Patch:
    """Return what turns one program into another of the same rows and columns."""
    cost = np.flatnonzero(before.cost != after.cost).astype(np.int64)
    return Patch(
        costs=Values(cost, before.cost[cost], after.cost[cost]),
        columns=_bounds(before.column_lower, before.column_upper, after.column_lower, after.column_upper),
        rows=_bounds(before.row_lower, before.row_upper, after.row_lower, after.row_upper),
        entries=_entries(before.a, after.a),
        n_rows=before.n_rows,
    )


def _bounds(low: Array, high: Array, new_low: Array, new_high: Array) -> Values:
    at = np.flatnonzero((low != new_low) | (high != new_high)).astype(np.int64)
    return Values(at, np.column_stack([low[at], high[at]]), np.column_stack([new_low[at], new_high[at]]))


def _entries(a: sparse.csc_array, b: sparse.csc_array) -> Values:
    """Return the coefficients that differ; what only one matrix has is zero in the other."""
    if a is b:
        return Values(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    at, to = places(a), places(b)
    old, new = a.data, b.data
    if not (len(at) == len(to) and np.array_equal(at, to)):
        every = np.union1d(at, to)
        old, new = _spread(every, at, old), _spread(every, to, new)
        at = every
    moved = np.flatnonzero(old != new)
    return Values(at[moved], old[moved], new[moved])


def _spread(every: IntArray, at: IntArray, value: Array) -> Array:
    result = np.zeros(len(every))
    result[np.searchsorted(every, at)] = value
    return result


def _sides(values: Values) -> tuple[Array, Array]:
    return np.ascontiguousarray(values.new[:, 0]), np.ascontiguousarray(values.new[:, 1])


def held(program: Matrices, x: Array) -> Matrices:
    """Return the linear program in which every whole number has its rounded value in ``x`` [columns].

    A value outside the bounds of the program is held at the bound.
    """
    whole = np.clip(np.round(x), program.column_lower, program.column_upper)
    return replace(
        program,
        column_lower=np.where(program.integer, whole, program.column_lower),
        column_upper=np.where(program.integer, whole, program.column_upper),
        integer=_none(program),
    )


def relaxed(program: Matrices) -> Matrices:
    """Return the linear program in which whole numbers may be fractions."""
    return replace(program, integer=_none(program))


def _none(program: Matrices) -> NDArray[np.bool_]:
    return np.zeros(program.n_columns, dtype=bool)

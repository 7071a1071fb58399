"""What may change of a program: costs, bounds, right-hand sides, coefficients, integers that are let go, new rows
and columns.

A program is the mixed-integer program as matrices (:class:`~fabopt.solve.matrices.Matrices`). A relief of a limit, a
moved lever, a forbidden order, a draw of the data: each is a :class:`Perturbation` of one program, with the numbers
from which and to which each place changes. It is applied to a live session and undone, which leaves the session as it
was to the last bit; two are laid together with :meth:`Perturbation.then`; and :func:`between` makes one of two
programs.

Rows and columns are those of the tables, in their order; two lowerings with the same rows and columns differ in numbers
alone. A coefficient that is zero in one program and not in the other is no change of structure: the perturbation adds
the entry or makes it zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.domain.tolerances import INTEGER
from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.entries import places, with_entries
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.session import HighsSession

Key = tuple[str, ...]

NOWHERE: IntArray = np.zeros(0, dtype=np.int64)
"""No place."""


@dataclass(frozen=True, slots=True)
class StructureChanged:
    """Why a change is no perturbation: which rows or columns one side has and the other has not, as a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers that change: where, from what, to what; ``at`` is [n], ``old`` and ``new`` are [n] or [n, 2]."""

    at: IntArray
    old: Array
    new: Array

    def __len__(self) -> int:
        """Return how many places change."""
        return len(self.at)

    def reversed(self) -> Values:
        """Return the change back."""
        return Values(self.at, self.new, self.old)

    def then(self, later: Values) -> Values:
        """Return this change and a later one, of the same program or of what this one makes of it.

        Where both change a number, the later one counts.
        """
        if not len(later) or not len(self):
            return self if len(self) else later
        order = np.argsort(self.at, kind="stable")
        place = order[np.minimum(np.searchsorted(self.at, later.at, sorter=order), len(order) - 1)]
        both, old = self.at[place] == later.at, later.old.copy()
        old[both] = self.old[place[both]]
        keep = np.ones(len(self), dtype=bool)
        keep[place[both]] = False
        join = np.concatenate
        return Values(join([self.at[keep], later.at]), join([self.old[keep], old]), join([self.new[keep], later.new]))

    @property
    def key(self) -> bytes:
        """Digest of the places and what they change to."""
        order = np.argsort(self.at, kind="stable")
        return self.at[order].tobytes() + (self.new[order] + 0.0).tobytes()  # no negative zero


NO_NUMBERS = Values(NOWHERE, np.zeros(0), np.zeros(0))
NO_BOUNDS = Values(NOWHERE, np.zeros((0, 2)), np.zeros((0, 2)))


@dataclass(frozen=True, slots=True)
class Growth:
    """New columns and rows, which come after those of the program.

    Attributes
    ----------
    columns
        Coefficients of the new columns in the rows of the program [rows, new columns].
    cost, column_lower, column_upper, integer
        Of the new columns.
    rows
        Coefficients of the new rows [new rows, columns and new columns].
    row_lower, row_upper
        Of the new rows.
    """

    columns: sparse.csc_array
    cost: Array
    column_lower: Array
    column_upper: Array
    integer: NDArray[np.bool_]
    rows: sparse.csr_array
    row_lower: Array
    row_upper: Array

    def then(self, later: Growth) -> Growth:
        """Return both, those of ``later`` last; its rows know nothing of the new columns of this one."""
        n, mine, more = self.columns.shape[1], self.rows.shape[0], later.rows.shape[0]
        base = self.rows.shape[1] - n
        rows = [
            [self.rows, sparse.csr_array((mine, later.columns.shape[1]))],
            [sparse.hstack([later.rows[:, :base], sparse.csr_array((more, n))]), later.rows[:, base:]],
        ]
        joined = {
            name: np.concatenate([getattr(self, name), getattr(later, name)])
            for name in ("cost", "column_lower", "column_upper", "integer", "row_lower", "row_upper")
        }
        return Growth(
            columns=sparse.csc_array(sparse.hstack([self.columns, later.columns])),
            rows=sparse.csr_array(sparse.block_array(rows)),
            **joined,
        )

    def apply(self, session: HighsSession) -> None:
        """Add the columns and rows to a live session; its basis grows with it."""
        columns = session.add_columns(self.columns, self.cost, self.column_lower, self.column_upper)
        if self.integer.any():
            session.set_integrality(columns[self.integer], True)
        session.add_rows(self.rows, self.row_lower, self.row_upper)

    def undo(self, session: HighsSession) -> None:
        """Take them away again."""
        session.shrink(len(session.cost) - len(self.cost), len(session.row_lower) - len(self.row_lower))

    def grown(self, program: Matrices) -> Matrices:
        """Return a program with the new columns and rows."""
        a = sparse.vstack([sparse.hstack([program.a, self.columns]), self.rows])
        join = np.concatenate
        return replace(
            program,
            a=sparse.csc_array(a),
            cost=join([program.cost, self.cost]),
            column_lower=join([program.column_lower, self.column_lower]),
            column_upper=join([program.column_upper, self.column_upper]),
            integer=join([program.integer, self.integer]),
            row_lower=join([program.row_lower, self.row_lower]),
            row_upper=join([program.row_upper, self.row_upper]),
            labels=(*program.labels, *(("new", (str(i),)) for i in range(len(self.row_lower)))),
        )

    @property
    def key(self) -> bytes:
        """Digest of all of it."""
        parts = [self.cost, self.column_lower, self.column_upper, self.integer, self.row_lower, self.row_upper]
        entries = [part for a in (self.columns, self.rows) for part in (a.indptr, a.indices, a.data)]
        return b"".join(np.ascontiguousarray(part).tobytes() for part in [*parts, *entries])


@dataclass(frozen=True, slots=True)
class Perturbation:
    """What turns one program into another.

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
    free
        Columns of integers that are free to move where all others are fixed.
    offset
        Constant of the objective before and after.
    growth
        New columns and rows, if any.
    """

    costs: Values = NO_NUMBERS
    columns: Values = NO_BOUNDS
    rows: Values = NO_BOUNDS
    entries: Values = NO_NUMBERS
    n_rows: int = 0
    free: IntArray = field(default_factory=lambda: NOWHERE)
    offset: tuple[float, float] = (0.0, 0.0)
    growth: Growth | None = None

    @property
    def size(self) -> int:
        """Number of places that change."""
        places = len(self.costs) + len(self.columns) + len(self.rows) + len(self.entries) + len(self.free)
        places += self.offset[0] != self.offset[1]
        return places + (0 if self.growth is None else len(self.growth.cost) + len(self.growth.row_lower))

    @property
    def key(self) -> bytes:
        """Digest: two perturbations of one program that make the same of it have the same one."""
        parts = [v.key for v in (self.costs, self.columns, self.rows, self.entries)]
        parts += [np.sort(self.free).tobytes(), np.array(self.offset[1] - self.offset[0]).tobytes()]
        parts += [b"" if self.growth is None else self.growth.key]
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "little") + part)
        return digest.digest()

    def reversed(self) -> Perturbation:
        """Return the perturbation that undoes this one, which adds no rows or columns."""
        assert self.growth is None
        return replace(
            self,
            costs=self.costs.reversed(),
            columns=self.columns.reversed(),
            rows=self.rows.reversed(),
            entries=self.entries.reversed(),
            offset=self.offset[::-1],
        )

    def then(self, later: Perturbation) -> Perturbation:
        """Return this and a later perturbation, of the same program or of what this one makes of it.

        Where both set a number, the later one counts.
        """
        growth = self.growth if later.growth is None else later.growth
        if self.growth is not None and later.growth is not None:
            growth = self.growth.then(later.growth)
        return Perturbation(
            costs=self.costs.then(later.costs),
            columns=self.columns.then(later.columns),
            rows=self.rows.then(later.rows),
            entries=self.entries.then(later.entries),
            n_rows=max(self.n_rows, later.n_rows),
            free=np.union1d(self.free, later.free),
            offset=_moved(self.offset, later.offset),
            growth=growth,
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
        if self.offset[0] != self.offset[1]:
            session.offset = self.offset[1]
        if len(self.columns):
            session.set_column_bounds(self.columns.at, *_sides(self.columns))
        if len(self.rows):
            session.set_row_bounds(self.rows.at, *_sides(self.rows))
        if len(self.entries):
            column, row = np.divmod(self.entries.at, self.n_rows)
            session.set_coefficients(row, column, self.entries.new)
        if self.growth is not None:
            self.growth.apply(session)

    def undo(self, session: HighsSession) -> None:
        """Give a session to which it was applied its numbers back; errors as for :meth:`apply`."""
        if self.growth is not None:
            self.growth.undo(session)
        replace(self, growth=None).reversed().apply(session)

    def changed(self, program: Matrices) -> Matrices:
        """Return the program after the change; ``program`` stays as it is."""
        cost, low, high = program.cost.copy(), program.column_lower.copy(), program.column_upper.copy()
        row_low, row_high = program.row_lower.copy(), program.row_upper.copy()
        cost[self.costs.at] = self.costs.new
        low[self.columns.at], high[self.columns.at] = _sides(self.columns)
        row_low[self.rows.at], row_high[self.rows.at] = _sides(self.rows)
        result = replace(
            program,
            a=with_entries(program.a, self.entries.at, self.entries.new),
            cost=cost,
            column_lower=low,
            column_upper=high,
            row_lower=row_low,
            row_upper=row_high,
            offset=self.offset[1] if self.offset[0] != self.offset[1] else program.offset,
        )
        return result if self.growth is None else self.growth.grown(result)


def _moved(first: tuple[float, float], later: tuple[float, float]) -> tuple[float, float]:
    """Return two changes of the constant as one."""
    if first[0] == first[1] or later[0] == later[1]:
        return later if first[0] == first[1] else first
    return first[0], later[1]


NOTHING = Perturbation()
"""The program as it is."""


def numbers_at(program: Matrices, at: IntArray, costs: Array) -> Perturbation:
    """Return the perturbation that gives columns other costs."""
    return Perturbation(costs=Values(at, program.cost[at], costs))


def bounds_at(program: Matrices, at: IntArray, lower: Array, upper: Array, free: IntArray = NOWHERE) -> Perturbation:
    """Return the perturbation that gives columns other bounds; ``free``: integers that are not fixed any more."""
    old = np.column_stack([program.column_lower[at], program.column_upper[at]])
    return Perturbation(columns=Values(at, old, np.column_stack([lower, upper])), free=free)


def fixing(program: Matrices, x: Array) -> Perturbation:
    """Return the perturbation that gives every integer its rounded value in ``x``."""
    at = np.flatnonzero(program.integer).astype(np.int64)
    whole = nearest(x[at], program.column_lower[at], program.column_upper[at])
    return bounds_at(program, at, whole, whole)


def sides_at(program: Matrices, at: IntArray, lower: Array, upper: Array) -> Perturbation:
    """Return the perturbation that gives rows other sides."""
    old = np.column_stack([program.row_lower[at], program.row_upper[at]])
    return Perturbation(rows=Values(at, old, np.column_stack([lower, upper])))


def aimed_at(program: Matrices, cost: Array) -> Perturbation:
    """Return the perturbation that makes ``cost . x`` [columns] the objective, without a constant."""
    at = np.flatnonzero(program.cost != cost).astype(np.int64)
    return replace(numbers_at(program, at, cost[at]), offset=(program.offset, 0.0))


def row_more(program: Matrices, values: Array, lower: float, upper: float) -> Perturbation:
    """Return the perturbation that adds one row with ``values`` [columns]."""
    return rows_more(program, sparse.csr_array(values.reshape(1, -1)), np.array([lower]), np.array([upper]))


def rows_more(program: Matrices, rows: sparse.csr_array, lower: Array, upper: Array) -> Perturbation:
    """Return the perturbation that adds rows [rows, columns] with their sides."""
    none = np.zeros(0)
    more = Growth(
        columns=sparse.csc_array((program.n_rows, 0)),
        cost=none,
        column_lower=none,
        column_upper=none,
        integer=none.astype(bool),
        rows=sparse.csr_array(rows),
        row_lower=lower,
        row_upper=upper,
    )
    return Perturbation(growth=more)


def difference(before: ModelTables, after: ModelTables) -> Perturbation | StructureChanged:
    """Return what turns the program of one lowering into that of another, or why no perturbation can.

    What the objective counts whatever is decided (``constant_value``) is no part of the program and of no perturbation.

    Parameters
    ----------
    before, after
        Two models whose objective is value less cost.
    """
    return structure_change(before, after) or between(program_of(before), program_of(after))


def structure_change(before: ModelTables, after: ModelTables) -> StructureChanged | None:
    """Return in words where rows, columns or integers of two models differ, or None where they do not."""
    old, new = column_keys(before), column_keys(after)
    if old != new:
        return StructureChanged(_told("decisions", old, new))
    old, new = _row_keys(before), _row_keys(after)
    if old != new:
        return StructureChanged(_told("rows", old, new))
    turned = np.flatnonzero(before.columns.stacked("integer") != after.columns.stacked("integer"))
    if len(turned):
        return StructureChanged(f"{len(turned)} decisions are integers in one model and not in the other.")
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
        f"{len(changed)} {what} {verb} (the first is {' '.join(min(changed))})"
        for verb, changed in (("are new", after - before), ("are gone", before - after))
        if changed
    ]
    return f"{' and '.join(said) or f'The order of the {what} differs'}."


def between(before: Matrices, after: Matrices) -> Perturbation:
    """Return what turns one program into another with the same rows and columns first; more may come after them."""
    n, rows = before.n_columns, before.n_rows
    same = (after.n_rows, after.n_columns) == (rows, n)
    a = after.a if same else sparse.csc_array(after.a[:rows, :n])
    cost = np.flatnonzero(before.cost != after.cost[:n]).astype(np.int64)
    return Perturbation(
        costs=Values(cost, before.cost[cost], after.cost[cost]),
        columns=_bounds(before.column_lower, before.column_upper, after.column_lower[:n], after.column_upper[:n]),
        rows=_bounds(before.row_lower, before.row_upper, after.row_lower[:rows], after.row_upper[:rows]),
        entries=_entries(before.a, a),
        n_rows=rows,
        offset=(before.offset, after.offset),
        growth=None if same else _growth(before, after),
    )


def _growth(before: Matrices, after: Matrices) -> Growth:
    n, rows = before.n_columns, before.n_rows
    return Growth(
        columns=sparse.csc_array(after.a[:rows, n:]),
        cost=after.cost[n:],
        column_lower=after.column_lower[n:],
        column_upper=after.column_upper[n:],
        integer=after.integer[n:],
        rows=sparse.csr_array(after.a[rows:, :]),
        row_lower=after.row_lower[rows:],
        row_upper=after.row_upper[rows:],
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
    """Return the linear program in which every integer has its rounded value in ``x`` [columns].

    A value outside the bounds of the program is held at the nearest integer within them.
    """
    whole = nearest(x, program.column_lower, program.column_upper)
    return replace(
        program,
        column_lower=np.where(program.integer, whole, program.column_lower),
        column_upper=np.where(program.integer, whole, program.column_upper),
        integer=_none(program),
    )


def nearest(x: Array, lower: Array, upper: Array) -> Array:
    """Return the integers nearest to values within bounds."""
    return np.asarray(np.clip(np.round(x), np.ceil(lower - INTEGER), np.floor(upper + INTEGER)))


def relaxed(program: Matrices) -> Matrices:
    """Return the linear program in which integers may be fractions."""
    return replace(program, integer=_none(program))


def _none(program: Matrices) -> NDArray[np.bool_]:
    return np.zeros(program.n_columns, dtype=bool)

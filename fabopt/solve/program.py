"""A program inside HiGHS whose numbers change in place: costs, bounds, coefficients, rows, columns, integers.

The arrays of :class:`LiveProgram` always hold what HiGHS holds, so that a change can be undone and a plan checked.
They are in the units of the model; HiGHS gets them in those of :mod:`fabopt.solve.scale`, and this class and
:class:`~fabopt.solve.session.HighsSession` turn all that goes in and comes out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import highspy as _untyped
import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import FINEST, ROUNDING
from fabopt.model.families import EndlessError, IntArray
from fabopt.model.gates import LEAK
from fabopt.model.reach import settle
from fabopt.network.tables import Array
from fabopt.solve.entries import find
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import LevelError, SolverError
from fabopt.solve.scale import ENTRIES, WORTH, scales, unit
from fabopt.solve.verify import violation

highspy: Any = _untyped  # its stubs leave out half of its functions


class _Quiet(highspy.Highs):  # type: ignore[misc]
    """A HiGHS object that never writes to stdout: its constructor sets callbacks, and some versions greet at that."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Set the callbacks, with the console off before."""
        self.setOptionValue("log_to_console", False)
        super().enableCallbacks()


class _Owned:
    """A HiGHS object that one thread calls at a time: a call from a second one is an error, not a crash."""

    def __init__(self) -> None:
        self._highs, self._turn = _Quiet(), threading.RLock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._highs, name)
        return partial(self._call, method) if callable(method) else method

    def _call(self, function: Callable[..., Any], *given: Any) -> Any:
        if not self._turn.acquire(blocking=False):
            raise SolverError("The solver's session is in use by another thread; it serves one thread at a time.")
        try:
            return function(*given)
        finally:
            self._turn.release()


class LiveProgram:
    """A program inside HiGHS, always a maximisation.

    Parameters
    ----------
    matrices
        The program to load.

    Attributes
    ----------
    matrices
        The program as it was loaded.
    a, cost, offset, column_lower, column_upper, row_lower, row_upper, integer
        The program as it stands, in the units of the model.
    column_unit, row_unit, money_unit
        What the solver calls 1: of each column, of each row, and of the objective; powers of two, mostly 1.
    """

    def __init__(self, matrices: Matrices) -> None:
        self.matrices = matrices
        self.a: sparse.csc_array = matrices.a.copy()
        self.cost, self.offset = matrices.cost.copy(), matrices.offset
        self.column_lower, self.column_upper = matrices.column_lower.copy(), matrices.column_upper.copy()
        self.row_lower, self.row_upper = matrices.row_lower.copy(), matrices.row_upper.copy()
        self.integer = matrices.integer.copy()
        factors = scales(matrices)
        self.column_unit, self.row_unit = factors.column, 1.0 / factors.row
        self.money_unit = self._unit_of(matrices.cost)
        self._moved = True
        self._held: tuple[IntArray, Array, Array] | None = None
        self._highs: Any = _Owned()
        self._options: dict[str, object] = {}
        self._exact = np.nan, np.nan  # tolerance of integers that was asked for, and that gates have made of it

    def set_option(self, name: str, value: object) -> None:
        """Set a HiGHS option.

        Raises
        ------
        SolverError
            If HiGHS does not know the option or refuses the value.
        """
        if self._highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses the value {value!r} for its option {name!r}.")
        self._options[name] = value

    def set_costs(self, cost: Array, offset: float = 0.0) -> None:
        """Replace the objective: maximise ``offset + cost . x``."""
        money = self._unit_of(cost)
        worth = cost * self.column_unit / money
        self._check(self._highs.changeColsCost(len(cost), numbers(len(cost)), worth), "a change of costs")
        self.cost, self.offset, self.money_unit = cost.copy(), offset, money
        self._moved = True

    def _unit_of(self, cost: Array) -> float:
        """Return the unit of money in which the middle one of the costs is ordinary."""
        return 1.0 / unit(np.abs(cost) * self.column_unit, WORTH)

    def set_column_bounds(self, columns: IntArray, lower: Array, upper: Array) -> None:
        """Replace the bounds of columns."""
        one = self.column_unit[columns]
        status = self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower / one, upper / one)
        self._check(status, "a change of bounds")
        self.column_lower[columns], self.column_upper[columns] = lower, upper
        self._moved = True

    def set_row_bounds(self, rows: IntArray, lower: Array, upper: Array) -> None:
        """Replace the bounds of rows."""
        one = self.row_unit[rows]
        status = self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower / one, upper / one)
        self._check(status, "a change of right-hand sides")
        self.row_lower[rows], self.row_upper[rows] = lower, upper
        self._moved = True

    def set_coefficients(self, rows: IntArray, columns: IntArray, values: Array) -> None:
        """Replace coefficients of the matrix; places that had none get one. A place that is named twice is refused."""
        wanted = rows + self.a.shape[0] * columns
        if len(np.unique(wanted)) != len(wanted):
            raise SolverError("A coefficient is changed twice at once.")
        at, known = find(self.a, wanted)
        scaled = values * self.column_unit[columns] / self.row_unit[rows]
        for row, column, value in zip(rows.tolist(), columns.tolist(), scaled.tolist(), strict=True):
            self._check(self._highs.changeCoeff(row, column, value), "a change of a coefficient")
        self.a.data[at[known]] = values[known]
        fresh = ~known & (values != 0)
        if fresh.any():
            entries = sparse.csc_array((values[fresh], (rows[fresh], columns[fresh])), shape=self.a.shape)
            self.a = sparse.csc_array(self.a + entries)
        self._moved = True

    def add_row(self, columns: IntArray, values: Array, lower: float, upper: float) -> int:
        """Add a row and return its number."""
        there = values != 0
        at = np.array([0, int(there.sum())])
        row = sparse.csr_array((values[there], columns[there], at), shape=(1, self.a.shape[1]))
        return int(self.add_rows(row, np.array([lower]), np.array([upper]))[0])

    def add_rows(self, rows: sparse.csr_array, lower: Array, upper: Array) -> IntArray:
        """Add rows [new rows, columns] and return their numbers."""
        n, first = rows.shape[0], self.a.shape[0]
        scaled = rows.data * self.column_unit[rows.indices]
        # Where the program has units of its own, entries are next to 1 in it, and so they are in a new row.
        ordinary = ENTRIES if np.all(self.column_unit == 1.0) else (1.0, 1.0)
        parts = np.split(np.abs(scaled), rows.indptr[1:-1])
        one = np.array([1.0 / unit(part, ordinary) for part in parts]) if n else np.ones(0)
        status = self._highs.addRows(
            n,
            lower / one,
            upper / one,
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            scaled / np.repeat(one, np.diff(rows.indptr)),
        )
        self._check(status, "new rows")
        self.row_unit = np.append(self.row_unit, one)
        self.a = sparse.csc_array(sparse.vstack([self.a, rows]))
        self.row_lower, self.row_upper = np.append(self.row_lower, lower), np.append(self.row_upper, upper)
        self._moved = True
        return np.arange(first, first + n, dtype=np.int64)

    def shrink(self, n_columns: int, n_rows: int) -> None:
        """Take the last columns and rows away, so that as many are left."""
        rows, columns = self.a.shape
        self._check(self._highs.deleteRows(rows - n_rows, numbers(rows)[n_rows:]), "the end of rows")
        self._check(self._highs.deleteCols(columns - n_columns, numbers(columns)[n_columns:]), "the end of columns")
        self.a = sparse.csc_array(self.a[:n_rows, :n_columns])
        for name in ("column_unit", "cost", "column_lower", "column_upper", "integer"):
            setattr(self, name, getattr(self, name)[:n_columns])
        for name in ("row_unit", "row_lower", "row_upper"):
            setattr(self, name, getattr(self, name)[:n_rows])
        self._moved = True

    def add_columns(self, entries: sparse.csc_array, cost: Array, lower: Array, upper: Array) -> IntArray:
        """Add continuous columns with ``entries`` [rows, new columns] and return their numbers."""
        n = entries.shape[1]
        data = entries.data / self.row_unit[entries.indices]
        parts = np.split(np.abs(data), entries.indptr[1:-1])
        one = np.array([unit(part, ENTRIES) for part in parts]) if n else np.ones(0)
        status = self._highs.addCols(
            n,
            cost * one / self.money_unit,
            lower / one,
            upper / one,
            entries.nnz,
            entries.indptr[:-1].astype(np.int32),
            entries.indices,
            data * np.repeat(one, np.diff(entries.indptr)),
        )
        self._check(status, "new columns")
        self.column_unit = np.append(self.column_unit, one)
        first = self.a.shape[1]
        self.a = sparse.csc_array(sparse.hstack([self.a, entries]))
        self.cost = np.append(self.cost, cost)
        self.column_lower, self.column_upper = np.append(self.column_lower, lower), np.append(self.column_upper, upper)
        self.integer = np.append(self.integer, np.zeros(n, dtype=bool))
        self._moved = True
        return np.arange(first, first + n, dtype=np.int64)

    # -- integers -----------------------------------------------------------------------------------------------

    def hold_integers(self, x: Array) -> None:
        """Fix every integer column at its rounded value in ``x`` and make it continuous.

        What is left is a linear program, whose duals are prices with the integers held. :meth:`release_integers`
        undoes it.
        """
        if self._held is not None:
            raise SolverError("The integers are held already; release them first.")
        columns = np.flatnonzero(self.integer).astype(np.int64)
        self._held = columns, self.column_lower[columns].copy(), self.column_upper[columns].copy()
        whole = np.round(x[columns])
        self.set_integrality(columns, False)
        self.set_column_bounds(columns, whole, whole)

    def relax_integers(self) -> None:
        """Make every integer column continuous within its bounds; :meth:`release_integers` undoes it."""
        if self._held is not None:
            raise SolverError("The integers are held already; release them first.")
        columns = np.flatnonzero(self.integer).astype(np.int64)
        self._held = columns, self.column_lower[columns].copy(), self.column_upper[columns].copy()
        self.set_integrality(columns, False)

    def release_integers(self) -> None:
        """Give the columns that were held their bounds and integers back."""
        if self._held is None:
            return
        columns, lower, upper = self._held
        self._held = None
        self.set_column_bounds(columns, lower, upper)
        self.set_integrality(columns, True)

    def set_integrality(self, columns: IntArray, integer: bool) -> None:
        """Make columns integers, or continuous."""
        kind = highspy.HighsVarType.kInteger if integer else highspy.HighsVarType.kContinuous
        kinds = np.full(len(columns), int(kind), dtype=np.uint8)
        self._check(
            self._highs.changeColsIntegrality(len(columns), columns.astype(np.int32), kinds), "a change of integrality"
        )
        self.integer[columns] = integer
        self._moved = True

    # -- gates -------------------------------------------------------------------------------------------------------

    def settle_gates(self) -> None:
        """Find the constants of the gates for the program as it stands; nothing where it has not changed.

        Raises
        ------
        LevelError
            If the largest level of a gate has no end.
        """
        gates = self.matrices.gates
        if not (self._moved and len(gates)):
            return
        rows = gates.row[gates.gate]
        at, known = find(self.a, rows + self.a.shape[0] * gates.column)
        now = np.where(known, self.a.data[at], 0.0)
        try:
            value, is_open = settle(self, gates, now, self.column_unit[gates.level])
        except EndlessError as error:
            raise LevelError(str(error), error.family, error.entity) from error
        other = np.abs(value - now) > ROUNDING * np.abs(now)
        if other.any():
            self.set_coefficients(rows[other], gates.column[other], value[other])
        upper = np.where(is_open, np.inf, 0.0)
        turned = upper != self.row_upper[gates.row]
        if turned.any():
            of = gates.row[turned]
            self.set_row_bounds(of, self.row_lower[of], upper[turned])
        self._tell_wholes(float(np.max(np.abs(value) / self.column_unit[gates.level[gates.gate]], initial=0.0)))
        self._moved = False

    def _tell_wholes(self, most: float) -> None:
        """Make integers so exact that a decision that is none lets through no more than :data:`LEAK`."""
        if self.integer.any():
            name = "mip_feasibility_tolerance"
            _, now = self._highs.getOptionValue(name)
            if now != self._exact[1]:  # somebody has asked for another one
                self._exact = now, now
            asked, _ = self._exact
            exact = min(max(LEAK / max(most, 1.0), FINEST), asked)
            self._exact = asked, exact
            if exact != now:
                self.set_option(name, exact)

    def violation(self, x: Array) -> float:
        """Return the largest violation of a row, bound or integer in ``x``, relative to what it breaks.

        A violation v of a limit b counts v / max(u, |b|), where u is the unit of the row or column.
        """
        rows = violation(self.a @ x, self.row_lower, self.row_upper, self.row_unit)
        bounds = violation(x, self.column_lower, self.column_upper, self.column_unit)
        return max(rows, bounds, float(np.max(np.abs(x - np.round(x))[self.integer], initial=0.0)))

    def _check(self, status: Any, what: str) -> None:
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS refuses {what}.")

    def _load(self, m: Matrices) -> None:
        column, row = self.column_unit, self.row_unit
        entries = np.repeat(column, np.diff(m.a.indptr))
        entries *= m.a.data
        entries /= row[m.a.indices]
        status = self._highs.passModel(  # arrays: HiGHS' record of a program takes its lists number by number
            m.n_columns,
            m.n_rows,
            len(entries),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMaximize),
            0.0,
            m.cost * column / self.money_unit,
            m.column_lower / column,
            m.column_upper / column,
            m.row_lower / row,
            m.row_upper / row,
            m.a.indptr.astype(np.int32, copy=False),
            m.a.indices.astype(np.int32, copy=False),
            entries,
            np.zeros(m.n_columns, dtype=np.int32),
        )
        self._check(status, "the model")
        if m.integer.any():
            self.set_integrality(np.flatnonzero(m.integer).astype(np.int64), True)


def numbers(n: int) -> Any:
    """Return the numbers from 0 on as HiGHS takes them [n]."""
    return np.arange(n, dtype=np.int32)

"""A plan and a basis of one model as those of another, by the names of decisions and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Basis
from fabopt.solve.perturbation import Key
from fabopt.solve.session import solver_basis


@dataclass(frozen=True, slots=True)
class Near:
    """Where the linear program of a model ended, from which that of a like model may begin."""

    tables: ModelTables
    basis: Basis

    def on(self, tables: ModelTables, program: Matrices) -> Any:
        """Return the basis as one of another model, or None where hooks have made its program larger."""
        basis = solver_basis(self.basis)
        if tables is self.tables:
            return basis
        carried = carried_basis(basis, self.tables, tables)
        return carried if (len(carried.col_status), len(carried.row_status)) == program.a.shape[::-1] else None


def carried_plan(x: Array, before: ModelTables, after: ModelTables) -> Array:
    """Return a plan of one model [columns] as one of another: a decision that is new has the value zero.

    Columns of hooks, which come last, stay as they are.
    """
    at = _columns_there(before, after)
    return np.concatenate([np.where(at < 0, 0.0, x[np.maximum(at, 0)]), x[before.columns.n :]])


def carried_basis(basis: Any, before: ModelTables, after: ModelTables) -> Any:
    """Return a basis of one model as one of another, or None where there is none.

    Decisions that are new stand at their bound and rows that are new do not bind; HiGHS makes up for what is gone.
    """
    if not basis.valid:
        return None
    columns, rows, other = basis.col_status, basis.row_status, type(basis)()
    kinds = type(columns[0])
    other.col_status = [columns[i] if i >= 0 else kinds.kNonbasic for i in _columns_there(before, after).tolist()]
    other.row_status = [rows[i] if i >= 0 else kinds.kBasic for i in _places(_rows(before), _rows(after)).tolist()]
    other.valid = other.alien = True
    return other


def _columns_there(before: ModelTables, after: ModelTables) -> IntArray:
    return _places(_columns(before), _columns(after))


def _columns(tables: ModelTables) -> list[Key]:
    return [(block.name, *key) for block in tables.columns for key in block.keys]


def _rows(tables: ModelTables) -> list[Key]:
    return [(name, *key) for name, rows in tables.rows.items() for key in rows.keys]


def _places(old: list[Key], new: list[Key]) -> IntArray:
    """Return where each of ``new`` stands in ``old``, -1 where it does not."""
    at = {key: i for i, key in enumerate(old)}
    return np.array([at.get(key, -1) for key in new], dtype=np.int64)

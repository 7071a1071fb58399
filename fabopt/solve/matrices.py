"""The program as matrices, and the way to it: from the tables directly, or through Pyomo.

The tables are the one definition of the mathematics. Without hooks the matrices are their arrays, laid together; Pyomo
is imported where a hook wants to see the model, or where somebody asks for that way. A test holds both ways equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.gates import NO_GATES, Gates
from fabopt.model.limits import Limit
from fabopt.model.reach import settle
from fabopt.model.tables import ModelTables, model_tables
from fabopt.model.told import Told
from fabopt.network.tables import Array, Network
from fabopt.solve.entries import with_entries
from fabopt.solve.options import LARGE

if TYPE_CHECKING:
    from fabopt.model.build import Hook


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


@dataclass(frozen=True, slots=True)
class Formulated:
    """A network as a program.

    Attributes
    ----------
    tables
        The model.
    program
        Its matrices, with what hooks have added.
    registered
        Limits that hooks have registered, beside those of the tables.
    """

    tables: ModelTables
    program: Matrices
    registered: tuple[Limit, ...] = ()

    @property
    def with_limits(self) -> ModelTables:
        """The tables with the limits that hooks have registered among theirs."""
        return replace(self.tables, limits=(*self.tables.limits, *self.registered)) if self.registered else self.tables


@collector_off()
def formulate(
    net: Network,
    aim: Aim | None = None,
    extra: Sequence[Hook] = (),
    *,
    through_pyomo: bool = False,
    registry: bool = True,
) -> Formulated:
    """Return a network as a program.

    Parameters
    ----------
    net
        The lowered network.
    aim
        What the objective asks of the model.
    extra
        Hooks, called in order with the Pyomo model and the model before it is compiled.
    through_pyomo
        Whether the matrices are compiled from the Pyomo model even where no hook sees it.
    registry
        Whether the limits of the tables are registered.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model, or what a hook has added is not linear.
    """
    if not extra and not through_pyomo:
        tables = model_tables(net, aim, registry=registry)
        return Formulated(tables, program_of(tables))
    from fabopt.model.build import build
    from fabopt.solve.compile import compile_model, registered_limits

    model = build(net, extra, aim, registry=registry)
    program = compile_model(model)
    return Formulated(model.tables, program, registered_limits(model, program))


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

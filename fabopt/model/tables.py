"""The whole model as tables: columns, rows by family, objective terms and limits. No Pyomo is needed for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.columns import Columns, make_columns
from fabopt.model.families import Rows
from fabopt.model.gates import Gates, gates_of
from fabopt.model.limits import Limit, limits
from fabopt.model.objective import ObjectiveTerm, cost_vector, objective_terms
from fabopt.model.registry import all_rows
from fabopt.network.tables import Array, Network


@dataclass(frozen=True, slots=True)
class Arrays:
    """The tables as a mixed-integer program, to be maximised (:class:`fabopt.model.gates.Program`).

    The decisions that open gates have their shares as coefficients.
    """

    a: sparse.csc_array
    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    cost: Array
    integer: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ModelTables:
    """Everything the model consists of, as index and coefficient tables.

    Attributes
    ----------
    rows
        Rows by family, in the order of the model.
    offsets
        First row of each family in the model.
    terms
        Named parts of the objective.
    limits
        Every row and bound that restricts somebody.
    """

    net: Network
    columns: Columns
    rows: Mapping[str, Rows]
    offsets: Mapping[str, int]
    terms: tuple[ObjectiveTerm, ...]
    limits: tuple[Limit, ...]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(len(rows) for rows in self.rows.values())

    @property
    def gates(self) -> Gates:
        """The gates of the model."""
        return gates_of(self.columns, self.rows, self.offsets)

    def arrays(self, cost: Array | None = None) -> Arrays:
        """Return the program that the tables state.

        Parameters
        ----------
        cost
            Objective [columns] to be maximised; the model's own, value less cost, when left out.
        """
        columns, n, families = self.columns, self.columns.n, self.rows.values()
        nonzeros = sum(int(np.count_nonzero(r.val)) for r in families)
        val, col, count = np.empty(nonzeros), np.empty(nonzeros, np.int32), np.zeros(self.n_rows + 1, np.int32)
        end = 0
        for name, r in self.rows.items():
            first, there = self.offsets[name] + 1, r.val != 0
            start, end = end, end + int(np.count_nonzero(there))
            val[start:end], col[start:end] = r.val[there], r.col[there]
            count[first : first + len(r)] = np.bincount(r.row[there], minlength=len(r))
        # By row they are already, each place once: what is left is to turn them.
        by_row = sparse.csr_array((val, col, np.cumsum(count, dtype=np.int32)), shape=(self.n_rows, n))
        return Arrays(
            a=by_row.tocsc(),
            row_lower=np.concatenate([np.zeros(0), *(r.lower for r in self.rows.values())]),
            row_upper=np.concatenate([np.zeros(0), *(r.upper for r in self.rows.values())]),
            column_lower=columns.stacked("lower"),
            column_upper=columns.stacked("upper"),
            cost=cost_vector(self.terms, n) if cost is None else cost,
            integer=columns.stacked("integer"),
        )


@collector_off()
def model_tables(net: Network, aim: Aim | None = None, *, registry: bool = True) -> ModelTables:
    """Return the model of ``net`` as tables.

    Two networks of the same structure give tables of the same order and sparsity, so that a what-if is the difference
    of their values.

    Parameters
    ----------
    net
        The lowered network.
    aim
        What the objective asks of the model.
    registry
        Whether the limits are registered; a what-if has those of the tables it is compared with.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model.
    """
    columns = make_columns(net, aim)
    rows = all_rows(net, columns)
    starts = np.cumsum([0, *(len(r) for r in rows.values())]).tolist()
    return ModelTables(
        net=net,
        columns=columns,
        rows=MappingProxyType(rows),
        offsets=MappingProxyType(dict(zip(rows, starts, strict=False))),
        terms=objective_terms(net, columns),
        limits=limits(net, columns, rows) if registry else (),
    )

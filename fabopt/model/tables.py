"""The whole model as tables: columns, rows by family, objective terms and limits. No Pyomo is needed for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.columns import Columns, make_columns
from fabopt.model.families import Rows
from fabopt.model.limits import Limit, limits
from fabopt.model.objective import ObjectiveTerm, objective_terms
from fabopt.model.registry import all_rows
from fabopt.network.tables import Network


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

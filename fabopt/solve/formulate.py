"""A network as a program: straight from its tables, or through Pyomo where a hook wants to see the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fabopt.errors import require
from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.limits import Limit
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.tables import Network
from fabopt.solve.matrices import Matrices, program_of

if TYPE_CHECKING:
    from fabopt.model.build import Hook


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
    relaxed: bool = False,
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
    relaxed
        Whether the program goes without its integers: what comes whole may be taken in parts.

    Raises
    ------
    fabopt.model.families.ModelError
        If the network cannot be written as a model, or what a hook has added is not linear.
    fabopt.errors.MissingExtraError
        If Pyomo is needed and not installed.
    """
    if not extra and not through_pyomo:
        tables = model_tables(net, aim, registry=registry)
        return Formulated(tables, _taken(program_of(tables), relaxed))
    require("pyomo")
    from fabopt.model.build import build
    from fabopt.solve.compile import compile_model, registered_limits

    model = build(net, extra, aim, registry=registry)
    program = compile_model(model)
    return Formulated(model.tables, _taken(program, relaxed), registered_limits(model, program))


def _taken(program: Matrices, relaxed: bool) -> Matrices:
    return replace(program, integer=np.zeros_like(program.integer)) if relaxed else program

"""Pyomo model to sparse matrices, once.

Bodies that are ``LinearExpression`` (all of fabopt's own) are read directly; what a user's hook adds goes through
Pyomo's standard representation. Columns keep the order of the tables, with the variables of users after them; rows keep
the order of the families, with the constraints of users after them. A row that a hook deactivates keeps its place
without bounds, so that positions in the registry of limits stay right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo import environ
from pyomo.core.expr import numeric_expr
from pyomo.repn import standard_repn
from scipy import sparse

from fabopt.model.build import Model
from fabopt.model.collector import collector_off
from fabopt.model.families import IntArray, ModelError
from fabopt.model.limits import Limit
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices, settled

pyo: Any = environ
LinearExpression: Any = numeric_expr.LinearExpression
_standard: Any = standard_repn.generate_standard_repn


class _Collector:
    """Rows as they are read; the number of a variable is its place in ``variables``."""

    def __init__(self, variables: list[Any]) -> None:
        self.variables = list(variables)
        self.column = {id(v): i for i, v in enumerate(self.variables)}
        self.starts = [0]
        self.col: list[int] = []
        self.val: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.active: list[bool] = []
        self.labels: list[tuple[str, tuple[str, ...]]] = []

    def number(self, variable: Any) -> int:
        """Return the column of a variable; one that a hook has made gets the next."""
        number = self.column.get(id(variable))
        if number is None:
            number = self.column[id(variable)] = len(self.variables)
            self.variables.append(variable)
        return number

    def body(self, expression: Any, what: str) -> tuple[list[int], list[float], float]:
        """Return columns, coefficients and constant of a linear expression."""
        if type(expression) is LinearExpression:
            column = self.column
            try:
                cols = [column[id(v)] for v in expression.linear_vars]
            except KeyError:
                cols = [self.number(v) for v in expression.linear_vars]
            return cols, expression.linear_coefs, float(expression.constant)
        linear = _standard(expression, compute_values=True, quadratic=False)
        if linear.nonlinear_expr is not None:
            raise ModelError(f"{what} is not linear; fabopt solves linear models with integers.")
        # A fixed variable is a column with equal bounds; the standard form has already put it into the constant.
        return [self.number(v) for v in linear.linear_vars], list(linear.linear_coefs), float(linear.constant)

    def add(self, family: str, key: tuple[str, ...], constraint: Any) -> None:
        """Read one constraint row; without bounds if it is deactivated."""
        low, expression, high = constraint.to_bounded_expression(evaluate_bounds=True)
        cols, vals, constant = self.body(expression, f"Constraint {constraint.name!r}")
        self.col += cols
        self.val += vals
        self.starts.append(len(self.col))
        active = constraint.active
        self.lower.append(-np.inf if low is None or not active else float(low) - constant)
        self.upper.append(np.inf if high is None or not active else float(high) - constant)
        self.active.append(active)
        self.labels.append((family, key))


@collector_off()
def compile_model(model: Model) -> Matrices:
    """Return the matrices of a model.

    Raises
    ------
    fabopt.model.families.ModelError
        If a constraint or objective that a hook has added is not linear, or there is not exactly one objective.
    """
    rows = _collected(model)
    cost, offset, sense = _objective(model, rows)
    n = len(rows.variables)
    col, starts = (np.array(some, dtype=np.int32) for some in (rows.col, rows.starts))
    a = sparse.csr_array((np.array(rows.val, dtype=float), col, starts), shape=(len(rows.lower), n))
    lower, upper, integer = _bounds(rows.variables)
    by_column = a.tocsc()
    by_column.sum_duplicates()
    by_column.eliminate_zeros()
    idle = np.flatnonzero(~np.array(rows.active, dtype=bool)).astype(np.int64)
    program = Matrices(
        a=by_column,
        row_lower=np.array(rows.lower),
        row_upper=np.array(rows.upper),
        column_lower=lower,
        column_upper=upper,
        cost=sense * np.bincount(cost[0], weights=cost[1], minlength=n).astype(float),
        integer=integer,
        offset=sense * offset,
        labels=tuple(rows.labels),
        gates=model.tables.gates.without(idle),
    )
    return settled(program)


def set_values(model: Model, x: Array) -> None:
    """Give every variable of a model its value in a plan [columns], those of hooks after all others."""
    rows = _collected(model)
    _objective(model, rows)
    for variable, value in zip(rows.variables, x, strict=True):
        variable.set_value(float(value), skip_validation=True)


def _collected(model: Model) -> _Collector:
    """Return the rows of a model, fabopt's own first."""
    rows = _Collector(model.variables)
    for family in model.tables.rows.values():
        component = model.pyomo.component(family.family.name)
        for key, data in zip(family.keys, component.values(), strict=True):
            rows.add(family.family.name, key, data)
    for name, key, data in _added(model):
        rows.add(name, key, data)
    return rows


def _added(model: Model) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Yield the active constraints that are not fabopt's own: component name, key and constraint."""
    own = set(model.tables.rows)
    for component in model.pyomo.component_objects(pyo.Constraint, active=True):
        if component.name not in own:
            for index, data in component.items():
                if data.active:
                    key = index if isinstance(index, tuple) else () if index is None else (index,)
                    yield component.name, tuple(str(part) for part in key), data


def _objective(model: Model, rows: _Collector) -> tuple[tuple[IntArray, Array], float, float]:
    """Return the cost entries, the constant, and 1 to maximise or -1 to minimise."""
    active = list(model.pyomo.component_data_objects(pyo.Objective, active=True))
    if len(active) != 1:
        raise ModelError(f"The model has {len(active)} active objectives; it needs exactly one.")
    cols, vals, constant = rows.body(active[0].expr, "The objective")
    entries = np.array(cols, dtype=np.int64), np.array(vals, dtype=float)
    return entries, constant, 1.0 if active[0].sense == pyo.maximize else -1.0


def _bounds(variables: list[Any]) -> tuple[Array, Array, NDArray[np.bool_]]:
    lower, upper = np.empty(len(variables)), np.empty(len(variables))
    integer = np.empty(len(variables), dtype=bool)
    for i, variable in enumerate(variables):
        low, high = (variable.value, variable.value) if variable.fixed else variable.bounds
        lower[i] = -np.inf if low is None else low
        upper[i] = np.inf if high is None else high
        integer[i] = not variable.fixed and variable.is_integer()
    return lower, upper, integer


def registered_limits(model: Model, matrices: Matrices) -> tuple[Limit, ...]:
    """Return the limits that hooks have registered, each with the row of its constraint.

    Raises
    ------
    fabopt.model.families.ModelError
        If a limit was registered for a constraint that is not in the model.
    """
    place = {label: i for i, label in enumerate(matrices.labels)} if model.registered else {}
    registered_limits = []
    for constraint, limit in model.registered:
        index = constraint.index()
        key = index if isinstance(index, tuple) else () if index is None else (index,)
        row = place.get((constraint.parent_component().name, tuple(str(part) for part in key)))
        if row is None:
            raise ModelError(f"The limit {limit.name!r} is registered for a constraint that is not in the model.")
        registered_limits.append(replace(limit, row=row, column=-1))
    return tuple(registered_limits)

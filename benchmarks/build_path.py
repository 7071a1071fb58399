"""From data to a model loaded in HiGHS: fabopt beside plain Pyomo, linopy, PuLP and matrices made by hand.

``python -m benchmarks.build_path [--small | --huge]``

The same model (``benchmarks/mill.py``) in growing sizes. A path ends when HiGHS holds the model; nothing is solved,
but for the smallest size, where all must have the same optimum. Processor seconds are counted, so that what else the
machine does adds little, and the most memory of Python and numpy. ``--huge`` adds a million nonzeros, for what builds
them in seconds. fabopt also builds the world's chain (``instances/frontier``). linopy and PuLP are left out where they
are not installed (``pip install fabopt[bench]``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import highspy
import numpy as np
from pyomo import environ as pyo
from scipy import sparse

import fabopt
from benchmarks import mill as mills
from benchmarks.common import INSTANCES, cpu, machine, memory, quiet, table
from benchmarks.mill import LEAD, MOST, Mill
from fabopt.network.tables import Network
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.session import HighsSession

SIZES = {"small": (20, 5, 12), "medium": (150, 30, 24), "large": (500, 100, 32)}
HUGE = (2900, 580, 32)
QUICK = ("numpy, by hand", "fabopt", "linopy")
"""What builds a million nonzeros in seconds."""


@dataclass(frozen=True)
class Loaded:
    """A model in HiGHS: its sizes, and how its optimum is found."""

    columns: int
    rows: int
    nonzeros: int
    solve: Callable[[], float]


# -- fabopt ------------------------------------------------------------------------------------------------------------


def with_fabopt(net: Network) -> Loaded:
    """The network as tables, their matrices, a session."""
    return _session(formulate(net, registry=False).program)


def with_fabopt_pyomo(net: Network) -> Loaded:
    """The same through a Pyomo model, as a solve with hooks goes."""
    return _session(formulate(net, through_pyomo=True, registry=False).program)


def _session(program: Matrices) -> Loaded:
    session = HighsSession(program)

    def optimum() -> float:
        return float(session.solve(gap=1e-9).objective or 0.0)

    return Loaded(program.n_columns, program.n_rows, int(program.a.nnz), optimum)


# -- plain Pyomo -------------------------------------------------------------------------------------------------------


def plain_pyomo(data: Mill) -> pyo.ConcreteModel:
    """The mill with rules, as a textbook writes it."""
    products, lines, periods = (range(n) for n in data.shape)
    first = {(p, t): float(data.width[p, 0, t]) for p in products for t in periods}
    on_line = [[p for p in products if data.line[p] == r] for r in lines]
    use, yields, size = data.use.tolist(), data.yields.tolist(), data.size.tolist()
    base, wanted = data.base.tolist(), data.width.sum(axis=1).tolist()
    m = pyo.ConcreteModel()
    m.x = pyo.Var(products, periods, domain=pyo.NonNegativeReals)
    m.y = pyo.Var(lines, periods, domain=pyo.NonNegativeIntegers, bounds=(0, MOST))
    m.s = pyo.Var(products, periods, domain=pyo.NonNegativeReals)
    m.d = pyo.Var(products, range(2), periods, bounds=lambda _, p, k, t: (0, first[p, t] if k == 0 else None))

    @m.Constraint(products, periods)
    def balance(m, p, t):
        left = m.s[p, t] + m.d[p, 0, t] + m.d[p, 1, t]
        return left - (m.s[p, t - 1] + yields[p] * m.x[p, t - 1] if t else 0) <= 0

    @m.Constraint(lines, periods)
    def capacity(m, r, t):
        used = sum(use[p] * m.x[p, t] for p in on_line[r])
        return used - size[r] * sum(m.y[r, u] for u in range(max(t - LEAD + 1, 0))) <= base[r][t]

    @m.Constraint(products, periods)
    def demand(m, p, t):
        return m.d[p, 0, t] + m.d[p, 1, t] <= wanted[p][t]

    @m.Objective(sense=pyo.maximize)
    def value(m):
        disc = data.discount.tolist()
        gains = data.value.tolist()
        return sum(
            disc[t] * (gains[p][0] * m.d[p, 0, t] + gains[p][1] * m.d[p, 1, t] - cost * m.x[p, t] - carry * m.s[p, t])
            for p, (cost, carry) in enumerate(zip(data.cost.tolist(), data.carrying.tolist(), strict=True))
            for t in periods
        ) - sum(disc[t] * price * m.y[r, t] for r, price in enumerate(data.price.tolist()) for t in periods)

    return m


def with_appsi(data: Mill) -> Loaded:
    """Plain Pyomo through ``appsi_highs``."""
    from pyomo.contrib.appsi.solvers import Highs

    return _persistent(Highs(), plain_pyomo(data))


def with_pyomo_highs(data: Mill) -> Loaded:
    """Plain Pyomo through its newer interface ``highs``."""
    from pyomo.contrib.solver.solvers.highs import Highs

    return _persistent(Highs(), plain_pyomo(data))


def _persistent(solver: Any, model: pyo.ConcreteModel) -> Loaded:
    solver.set_instance(model)
    return _highs(solver._solver_model)


# -- others ------------------------------------------------------------------------------------------------------------


def with_linopy(data: Mill) -> Loaded:
    """linopy: labelled arrays; the products of a line are summed by a grouping."""
    import linopy
    import pandas as pd
    import xarray as xr

    periods = data.shape[2]
    P, R, T = (pd.RangeIndex(n, name=name) for n, name in zip(data.shape, "prt", strict=True))
    K = pd.RangeIndex(2, name="k")
    upper = data.width.copy()
    upper[:, 1] = np.inf
    m = linopy.Model()
    x = m.add_variables(lower=0, coords=[P, T], name="x")
    y = m.add_variables(lower=0, upper=MOST, coords=[R, T], integer=True, name="y")
    s = m.add_variables(lower=0, coords=[P, T], name="s")
    d = m.add_variables(lower=0, upper=xr.DataArray(upper, coords=[P, K, T]), name="d")
    by = partial(xr.DataArray, dims="p", coords={"p": P})
    line = xr.DataArray(data.line, dims="p", coords={"p": P}, name="r")
    m.add_constraints(s + d.sum("k") - s.shift(t=1) - (by(data.yields) * x).shift(t=1) <= 0, name="balance")
    used = (by(data.use) * x).groupby(line).sum()
    later = pd.RangeIndex(periods, name="u")
    felt = np.subtract.outer(np.arange(periods), np.arange(periods)) >= LEAD
    adds = xr.DataArray(data.size[:, None, None] * felt, coords=[R, T, later])
    widened = (adds * y.rename(t="u")).sum("u")
    m.add_constraints(used - widened <= xr.DataArray(data.base, coords=[R, T]), name="capacity")
    m.add_constraints(d.sum("k") <= xr.DataArray(data.width.sum(axis=1), coords=[P, T]), name="demand")
    disc = xr.DataArray(data.discount, coords=[T])
    gain = (xr.DataArray(data.value, coords=[P, K]) * disc * d).sum()
    spent = (by(data.cost) * disc * x).sum() + (by(data.carrying) * disc * s).sum()
    bought = (xr.DataArray(data.price, coords=[R]) * disc * y).sum()
    m.add_objective(gain - spent - bought, sense="max")
    with quiet():
        highs = m.to_highspy()
    return _highs(highs)


def with_pulp(data: Mill) -> Loaded:
    """PuLP, through its in-memory interface to HiGHS."""
    import pulp

    products, lines, periods = (range(n) for n in data.shape)
    width, base = data.width.tolist(), data.base.tolist()
    disc, size = data.discount.tolist(), data.size.tolist()
    m = pulp.LpProblem("mill", pulp.LpMaximize)
    x = [[pulp.LpVariable(f"x_{p}_{t}", 0) for t in periods] for p in products]
    y = [[pulp.LpVariable(f"y_{r}_{t}", 0, MOST, "Integer") for t in periods] for r in lines]
    s = [[pulp.LpVariable(f"s_{p}_{t}", 0) for t in periods] for p in products]
    d = [
        [[pulp.LpVariable(f"d_{p}_{k}_{t}", 0, None if k else width[p][0][t]) for t in periods] for k in range(2)]
        for p in products
    ]
    m += pulp.LpAffineExpression(
        [(d[p][k][t], disc[t] * float(data.value[p, k])) for p in products for k in range(2) for t in periods]
        + [(x[p][t], -disc[t] * float(data.cost[p])) for p in products for t in periods]
        + [(s[p][t], -disc[t] * float(data.carrying[p])) for p in products for t in periods]
        + [(y[r][t], -disc[t] * float(data.price[r])) for r in lines for t in periods]
    )
    on_line = [[p for p in products if data.line[p] == r] for r in lines]
    for p in products:
        good = float(data.yields[p])
        for t in periods:
            made = [(s[p][t - 1], -1), (x[p][t - 1], -good)] if t else []
            terms = [(s[p][t], 1), (d[p][0][t], 1), (d[p][1][t], 1), *made]
            m += pulp.LpAffineExpression(terms) <= 0
            m += d[p][0][t] + d[p][1][t] <= width[p][0][t] + width[p][1][t]
    for r in lines:
        for t in periods:
            used = [(x[p][t], float(data.use[p])) for p in on_line[r]]
            added = [(y[r][u], -size[r]) for u in range(max(t - LEAD + 1, 0))]
            m += pulp.LpAffineExpression(used + added) <= base[r][t]
    solver = pulp.HiGHS(msg=False)
    solver.createAndConfigureSolver(m)
    solver.buildSolverModel(m)
    return _highs(m.solverModel)


def with_numpy(data: Mill) -> Loaded:
    """Index arithmetic by hand, sparse matrices, one call: what no modelling layer can beat."""
    return _session(by_hand(data))


def by_hand(data: Mill) -> Matrices:
    """Return the mill as matrices."""
    products, lines, periods = data.shape
    many = products * periods
    x = np.arange(many).reshape(products, periods)
    s = x + many
    d = np.arange(2 * many).reshape(products, 2, periods) + 2 * many
    y = np.arange(lines * periods).reshape(lines, periods) + 4 * many
    balance, capacity = np.arange(many).reshape(products, periods), y - 3 * many
    demand = balance + many + lines * periods
    late, now = np.nonzero(np.subtract.outer(np.arange(periods), np.arange(periods)) >= LEAD)
    parts = [
        (balance, s, 1.0),
        (balance[:, 1:], s[:, :-1], -1.0),
        (balance[:, 1:], x[:, :-1], -data.yields[:, None]),
        (capacity[data.line], x, data.use[:, None]),
        (capacity[:, late], y[:, now], -data.size[:, None]),
        *((rows, d[:, k], 1.0) for rows in (balance, demand) for k in range(2)),
    ]
    row, col, val = (
        np.concatenate([np.broadcast_to(part[i], part[0].shape).ravel() for part in parts]) for i in range(3)
    )
    disc = data.discount
    cost = np.concatenate(
        [
            (-data.cost[:, None] * disc).ravel(),
            (-data.carrying[:, None] * disc).ravel(),
            (data.value[:, :, None] * disc).ravel(),
            (-data.price[:, None] * disc).ravel(),
        ]
    )
    upper = np.full(len(cost), np.inf)
    upper[d[:, 0]], upper[y] = data.width[:, 0], MOST
    side = np.concatenate([np.zeros(many), data.base.ravel(), data.width.sum(axis=1).ravel()])
    whole = np.zeros(len(cost), dtype=bool)
    whole[y] = True
    a = sparse.csc_array((val.astype(float), (row, col)), shape=(len(side), len(cost)))
    return Matrices(a, np.full(len(side), -np.inf), side, np.zeros(len(cost)), upper, cost, whole, 0.0, ())


def _highs(highs: Any) -> Loaded:
    """Return what a HiGHS object holds."""

    def optimum() -> float:
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("mip_rel_gap", 1e-9)
        highspy.Highs.run(highs)
        return abs(float(highs.getInfo().objective_function_value))

    return Loaded(highs.getNumCol(), highs.getNumRow(), highs.getNumNz(), optimum)


# -- the table ---------------------------------------------------------------------------------------------------------


def paths(data: Mill) -> dict[str, Callable[[], Loaded]]:
    """Return every way that is installed, by name."""
    net = mills.network(data)
    found = {
        "numpy, by hand": partial(with_numpy, data),
        "fabopt": partial(with_fabopt, net),
        "fabopt, through Pyomo": partial(with_fabopt_pyomo, net),
        "linopy": partial(with_linopy, data),
        "PuLP": partial(with_pulp, data),
        "Pyomo rules, appsi_highs": partial(with_appsi, data),
        "Pyomo rules, highs": partial(with_pyomo_highs, data),
    }
    for name, module in (("linopy", "linopy"), ("PuLP", "pulp")):
        if find_spec(module) is None:
            del found[name]
    return found


def check(data: Mill) -> None:
    """Refuse to compare models that are not the same."""
    optima = {name: path().solve() for name, path in paths(data).items()}
    least, most = min(optima.values()), max(optima.values())
    if most - least > 1e-6 * most:
        raise SystemExit(f"The paths do not build the same model: {optima}")


def measure(data: Mill, only: Sequence[str] = ()) -> None:
    """Print the table of one size."""
    ways = {name: way for name, way in paths(data).items() if not only or name in only}
    seconds = {name: cpu(way) for name, way in ways.items()}
    rows = [[n, s, s / seconds["fabopt"], memory(ways[n]), ways[n]().nonzeros] for n, s in seconds.items()]
    size = ways["numpy, by hand"]()
    title = f"{size.columns:,} columns, {size.rows:,} rows, {size.nonzeros:,} nonzeros (best of 3)"
    table(title, ["path", "CPU seconds", "x fabopt", "MB", "nonzeros"], rows)


def main() -> None:
    """Measure and print."""
    sizes = SIZES if "--small" not in sys.argv else {"small": SIZES["small"]}
    machine("pyomo", "highspy", *(name for name in ("linopy", "pulp") if find_spec(name)))
    check(mills.make(*SIZES["small"]))
    for size in sizes.values():
        measure(mills.make(*size))
    if "--huge" in sys.argv:
        measure(mills.make(*HUGE), QUICK)
    if "--small" not in sys.argv:
        net = fabopt.load(INSTANCES / "frontier").network
        ways = {"fabopt": with_fabopt, "fabopt, through Pyomo": with_fabopt_pyomo}
        loaded = with_fabopt(net)
        title = f"frontier: {loaded.columns:,} columns, {loaded.rows:,} rows, {loaded.nonzeros:,} nonzeros (best of 3)"
        rows = [[name, cpu(partial(way, net)), memory(partial(way, net))] for name, way in ways.items()]
        table(title, ["path", "CPU seconds", "MB"], rows)


if __name__ == "__main__":
    main()

"""What-ifs on a live model beside plain Pyomo that rebuilds and solves.

``python -m benchmarks.whatif [tutorial] [frontier]``

Both sides begin with the lowered network of the changed instance, and both end with a plan:

- warm: tables, difference, patch, solve from the basis or plan at hand, prices
- cold: tables, matrices, sessions and plan made for the question alone, prices
- plain: tables, a Pyomo model with rules, ``appsi_highs``, all from nothing

Processor seconds are counted, on one thread, so that what else the machine does adds little. "Limits" are changes that
need no lowering at all: the right-hand side of one capacity row, as the choke-point report asks by the thousand. What
is paid once, to make the sessions, is a line of its own.

Plain Pyomo needs up to minutes for a question on frontier, so there it is asked only the first few, and its search is
stopped after a while: its ratio is then "at least". How many it was asked, and where it stopped, stands in the table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pyomo import environ as pyo
from pyomo.contrib.appsi.base import TerminationCondition
from pyomo.contrib.appsi.solvers import Highs

import fabopt
from benchmarks.common import INSTANCES, machine, median, spent, table
from fabopt.model.build import index_of
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.tables import Network
from fabopt.solve.matrices import program_of
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import between
from fabopt.solve.whatif import Answer, WhatIf

THREADS = 1


@dataclass(frozen=True)
class Case:
    """An instance, the gap of its mixed-integer runs, and the levers that are turned.

    Those of ``far`` change numbers all through the program, which is then solved from nothing. Of the levers, so many
    are asked of plain Pyomo with integers held (``rebuilt``) and of all three sides with all decisions free
    (``searched``), where plain Pyomo's search is stopped after so many seconds (``patience``).
    """

    name: str
    gap: float
    levers: dict[str, str]
    rebuilt: int
    searched: int
    patience: float
    far: tuple[str, ...] = ()


CASES = {
    "tutorial": Case(
        "tutorial",
        1e-4,
        {
            "fabs.north.wafer_starts": "*1.1",
            "packaging_lines.bridgeworks.capacity": "*1.2",
            "chips.falcon.price": "*1.1",
            "horizon.discount_rate": "*1.1",
            "sites.plains.pue": "*1.05",
            "nodes.n3.cycle_time": "*1.05",
            "fabs.north.expansion.lead": "*0.9",
        },
        rebuilt=7,
        searched=7,
        patience=60.0,
    ),
    "frontier": Case(
        "frontier",
        5e-3,
        {
            "fabs.tsmc-n3.wafer_starts": "*1.1",
            "packaging_lines.tsmc-cowos.capacity": "*1.2",
            "chips.rubin.price": "*1.1",
            "horizon.discount_rate": "*1.1",
            "sites.google-us.pue": "*1.05",
            "nodes.n3.cycle_time": "*1.05",
            "fabs.tsmc-n3.expansion.lead": "*0.9",
        },
        rebuilt=3,
        searched=1,
        patience=60.0,
        far=("horizon.discount_rate", "nodes.n3.cycle_time"),
    ),
}


# -- plain Pyomo -------------------------------------------------------------------------------------------------------


def plain(tables: ModelTables) -> pyo.ConcreteModel:
    """The model of the tables with rules that sum products, as Pyomo is mostly written."""
    m = pyo.ConcreteModel()
    variables: list[Any] = []
    for block in tables.columns:
        if len(block):
            keys = [index_of(key) for key in block.keys]
            number = {key: i for i, key in enumerate(keys)}
            added = pyo.Var(
                keys,
                domain=lambda _, *key, block=block, number=number: (
                    pyo.Integers if block.integer[number[index_of(key)]] else pyo.Reals
                ),
                bounds=lambda _, *key, block=block, number=number: (
                    _side(block.lower[number[index_of(key)]]),
                    _side(block.upper[number[index_of(key)]]),
                ),
            )
            m.add_component(block.name, added)
            variables += [added[key] for key in keys]
    program = program_of(tables)
    by_row = program.a.tocsr()
    lower, upper = program.row_lower, program.row_upper
    starts, columns, values = by_row.indptr.tolist(), by_row.indices.tolist(), by_row.data.tolist()
    for name, rows in tables.rows.items():
        keys = [index_of(key) for key in rows.keys]
        number = {key: i for i, key in enumerate(keys, tables.offsets[name])}

        def rule(_m, *key, number=number):
            i = number[index_of(key)]
            if starts[i] == starts[i + 1]:  # Pyomo has no row without a variable: it wants to be told whether it holds
                return pyo.Constraint.Skip if lower[i] <= 0 <= upper[i] else pyo.Constraint.Infeasible
            body = sum(values[k] * variables[columns[k]] for k in range(starts[i], starts[i + 1]))
            return pyo.inequality(_side(lower[i]), body, _side(upper[i]))

        m.add_component(f"row_{name}", pyo.Constraint(keys, rule=rule))
    cost = program.cost
    m.value = pyo.Objective(expr=sum(cost[c] * variables[c] for c in np.flatnonzero(cost)), sense=pyo.maximize)
    m.columns = variables
    return m


def _side(bound: float) -> float | None:
    return float(bound) if np.isfinite(bound) else None


def plain_held(net: Network, plan: np.ndarray) -> float:
    """Rebuild, hold the integers, solve; return the value."""
    tables = model_tables(net, registry=False)
    m = plain(tables)
    whole = tables.columns.stacked("integer")
    at = np.clip(np.round(plan), tables.columns.stacked("lower"), tables.columns.stacked("upper"))
    for column in np.flatnonzero(whole):
        m.columns[column].fix(float(at[column]))
    value = _appsi(m, 0.0)
    if value is None:
        raise SystemExit("Plain Pyomo found no plan with the integers held.")
    return net.constant_value + value


def plain_full(net: Network, gap: float, patience: float) -> float | None:
    """Rebuild and solve; return the value, or None where it is not proved to the gap in time.

    The gap is that of fabopt, in the denominator that HiGHS uses.
    """
    value = _appsi(plain(model_tables(net, registry=False)), gap, patience)
    return None if value is None else net.constant_value + value


def _appsi(m: pyo.ConcreteModel, gap: float, patience: float | None = None) -> float | None:
    solver = Highs()
    solver.highs_options = {"mip_rel_gap": gap, "threads": THREADS}
    solver.config.time_limit, solver.config.load_solution = patience, False
    found = solver.solve(m)
    proved = found.termination_condition is TerminationCondition.optimal
    return float(found.best_feasible_objective) if proved else None


# -- measuring ---------------------------------------------------------------------------------------------------------


def measure(case: Case) -> None:
    """Print the tables of an instance."""
    instance = fabopt.load(INSTANCES / case.name)
    options = SolveOptions(gap=case.gap, threads=THREADS)
    once, ask = spent(lambda: WhatIf(instance.network, options))
    first_held = spent(ask.held)[0]
    first_bound = spent(ask.full)[0]
    nets = {lever: instance.with_({lever: by}).network for lever, by in case.levers.items()}
    print(f"\n{case.name}: paid once: plan {once:.2f} s, held program {first_held:.2f} s, bound {first_bound:.2f} s")
    held(case, ask, nets)
    full(case, ask, nets)


def held(case: Case, ask: WhatIf, nets: dict[str, Network]) -> None:
    """Integers held."""
    rows, ratios, rebuilt = [], [], []
    for lever, net in nets.items():
        name, far = f"{lever} {case.levers[lever]}", lever in case.far
        warm, answer = spent(lambda net=net, far=far: ask.held(net, far=far))
        row = [name, warm, "not asked", "", "afresh" if far else told(answer)]
        if answer.cold is None and len(rebuilt) < case.rebuilt:
            slow, value = spent(lambda net=net: plain_held(net, ask.plan))
            same(answer.objective, value, 1e-6, name)
            rebuilt.append(slow)
            ratios.append(slow / warm)
            row[2:4] = slow, slow / warm
        rows.append(row)
    rows.append([f"median of the {len(rebuilt)} asked of both", "", median(rebuilt), median(ratios), ""])
    table("Linear program, integers held: processor seconds", ["lever", "warm", "plain", "ratio", "how"], rows)
    limits(ask, median(rebuilt))


def limits(ask: WhatIf, rebuilt: float) -> None:
    """The right-hand sides of capacities, one at a time: 10 % more."""
    tables, base = ask.base.tables, ask.base.program
    first = tables.offsets["capacity"]
    price = ask.held().row_price[first : first + len(tables.rows["capacity"])]
    binding = np.flatnonzero(price > 1e-6)[:: max(1, int((price > 1e-6).sum()) // 40)][:40]
    seconds = []
    for row in first + binding:
        upper = base.row_upper.copy()
        upper[row] *= 1.1
        patch = between(base, replace(base, row_upper=upper))
        seconds.append(spent(lambda patch=patch: ask.held(patch))[0])
    ratio = rebuilt / median(seconds)
    rows = [[f"{len(seconds)} binding capacities, +10 % each: median", median(seconds), rebuilt, ratio]]
    table("Linear program, one limit moved: processor seconds", ["change", "warm", "plain", "ratio"], rows)


def full(case: Case, ask: WhatIf, nets: dict[str, Network]) -> None:
    """All decisions free, to the gap of the case."""
    rows, ratios = [], []
    for lever, net in list(nets.items())[: case.searched]:
        name = f"{lever} {case.levers[lever]}"
        warm, answer = spent(lambda net=net: ask.full(net))
        cold = spent(lambda net=net: WhatIf(net, ask.options))[0]
        share = 1.0 if answer.objective is None else abs(1 - net.standing_value / answer.objective)
        slow, value = spent(lambda net=net, share=share: plain_full(net, case.gap * share, case.patience))
        if value is not None:
            same(answer.objective, value, 2 * case.gap, name)
        ratios.append((cold / warm, slow / warm))
        ended = "proved" if value is not None else f"stopped after {case.patience:g} s"
        rows.append([name, warm, cold, cold / warm, slow, slow / warm, ended, told(answer)])
    rows.append(["median", "", "", median([r[0] for r in ratios]), "", median([r[1] for r in ratios]), "", ""])
    head = ["lever", "warm", "cold", "ratio", "plain", "ratio", "plain search", "how"]
    table(f"Mixed-integer program, gap {case.gap:g}: processor seconds", head, rows)


def told(answer: Answer) -> str:
    """Return how an answer came about."""
    return "new program" if answer.cold else "tree" if answer.searched else "bound" if answer.bound else "basis"


def same(one: float | None, other: float, share: float, name: str) -> None:
    """Refuse to compare times of different answers."""
    if one is None or abs(one - other) > share * max(1.0, abs(other)):
        raise SystemExit(f"{name}: the answers differ, {one} and {other}.")


def main() -> None:
    """Measure and print."""
    machine("pyomo", "highspy")
    for name in [name for name in sys.argv[1:] if name in CASES] or list(CASES):
        measure(CASES[name])


if __name__ == "__main__":
    main()

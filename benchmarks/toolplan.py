"""A fab tool plan: alike sites, tool types of which some replace others, floor space, and move-out costs.

``python -m benchmarks.toolplan [seeds] [seconds]`` solves it for each of some seeds (``1-5``) to a gap of 1e-4, on one
thread each: by :func:`fabopt.solve.search.search`, and by HiGHS alone on the same matrices.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.common import machine, spent, table
from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.network.tables import Network

GAP = 1e-4


@dataclass(frozen=True)
class Size:
    """How large a plan is; the full one has about 2,000 columns, 243 of them integers.

    ``leads``: quarters from the order of a new tool to its first work, operation by operation, again from the first.
    ``leaves``: whether new tools can be moved out again.
    """

    sites: int = 3
    quarters: int = 8
    operations: int = 6
    products: int = 6
    leads: tuple[int, ...] = (2, 3)
    leaves: bool = False


FULL = Size()


def tree(seed: int = 1, size: Size = FULL) -> dict[str, Any]:
    """Return the instance: each operation can be done on an old or on a new type of tool at each site.

    Sites are phases of one fab: they differ in nothing but the place, and wafers go from one to the other between
    operations. A new tool does twice as much as an old one on 1.3 times the floor. Tools for a tenth more than is
    wanted stand at the start, and a twentieth of the floor is free; demand grows by 40 %, so that old tools must be
    moved out for new ones. What is not delivered costs a penalty beside its value; a new tool is worth 60 % of its
    price at the end.
    """
    rng = np.random.default_rng(seed)
    sites, quarters, types, goods = size.sites, size.quarters, size.operations, size.products
    products = [f"p{p}" for p in range(goods)]
    hours = rng.uniform(0.6, 1.6, (goods, types)).round(2)
    price = rng.uniform(40, 90, types).round(0)
    floor = rng.uniform(1.0, 2.0, types).round(1)
    base = rng.uniform(50, 90, goods).round(0)
    growth = np.linspace(1.0, 1.4, quarters)
    opening = np.ceil(1.1 * (hours * base[:, None]).sum(axis=0) / 10.0 / sites).astype(int)
    net: dict[str, Any] = {name: {} for name in ("materials", "resources", "units", "activities", "demands")}
    for p, product in enumerate(products):
        net["materials"][product] = {"storable": False}
        net["demands"][product] = {
            "quantity": (base[p] * growth).round(1).tolist(), "value": float(12 + 2 * (p % 3)), "lost_cost": 20.0,
        }  # fmt: skip
        for k in range(types - 1):
            net["materials"][f"{product}-{k}"] = {"storable": False}
    for site in range(sites):
        space = float(np.ceil(0.05 * float(floor @ opening)))
        net["resources"][f"floor{site}"] = {"capacity": space, "kind": "level"}
        for k in range(types):
            old, new, lead = f"old{k}-{site}", f"new{k}-{site}", size.leads[k % len(size.leads)]
            net["resources"][old] = {"capacity": 10.0 * int(opening[k])}
            net["resources"][new] = {"capacity": 0.0}
            net["units"][old] = {
                "upper": 0, "opening": int(opening[k]), "retire_cost": 2.0,
                "adds": {old: 10.0}, "occupies": {f"floor{site}": float(floor[k])},
            }  # fmt: skip
            net["units"][new] = {
                "cost": float(price[k]), "terminal_value": 0.6 * float(price[k]), "lead": lead,
                "upper": [4] * (quarters - lead) + [0] * lead,  # what would land after the end is not ordered
                "adds": {new: 20.0}, "occupies": {f"floor{site}": round(1.3 * float(floor[k]), 2)},
            }  # fmt: skip
            if size.leaves:
                net["units"][new]["retire_cost"] = 5.0
            for p, product in enumerate(products):
                done = product if k == types - 1 else f"{product}-{k}"
                for kind, cost in (("old", 0.12), ("new", 0.08)):
                    net["activities"][f"{product}-{kind}{k}-{site}"] = {
                        "inputs": {f"{product}-{k - 1}": 1} if k else {}, "outputs": {done: 1},
                        "uses": {f"{kind}{k}-{site}": float(hours[p, k])}, "cost": cost,
                    }  # fmt: skip
    horizon = {"start": "2027Q1", "periods": quarters, "period": "quarter", "discount_rate": 0.08}
    return {"horizon": horizon, "network": net}


def network(seed: int = 1, size: Size = FULL) -> Network:
    """Return the lowered network."""
    return lower(Instance.model_validate(tree(seed, size)), "toolplan")


def main() -> None:
    """Solve it both ways for each seed and print a table."""
    from fabopt.model.tables import model_tables
    from fabopt.solve.matrices import program_of
    from fabopt.solve.proof import proof
    from fabopt.solve.search import search, structure
    from fabopt.solve.session import HighsSession, Outcome

    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else "1-5").partition("-")
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    machine("highspy")
    rows: list[list[object]] = []
    for seed in range(int(first), int(last or first) + 1):
        tables = model_tables(network(seed))
        program, shape = program_of(tables), structure(tables)

        def ours() -> Outcome:
            return search(HighsSession(program, threads=1), shape, gap=GAP, time_limit=limit)  # noqa: B023

        def alone() -> Outcome:
            return HighsSession(program, threads=1).solve(gap=GAP, time_limit=limit)  # noqa: B023

        for name, way in (("fabopt", ours), ("HiGHS alone", alone)):
            used, outcome = spent(way)
            gap = "none"
            if outcome.objective is not None and outcome.bound is not None:
                gap = f"{proof(outcome.objective, outcome.bound).gap:.2e}"
            row = [f"{seed} {name}", outcome.ended.value, outcome.objective or 0.0, outcome.bound or 0.0]
            rows.append([*row, gap, outcome.nodes, outcome.seconds, used])
    head = ("seed", "ended", "plan", "bound", "gap", "nodes", "seconds", "CPU s")
    table(f"tool plan: {program.n_columns} columns, {int(program.integer.sum())} integers", head, rows)


if __name__ == "__main__":
    main()

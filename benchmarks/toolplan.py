"""A fab tool plan: alike sites, tool types of which some replace others, floor space, and move-out costs.

``python -m benchmarks.toolplan [seed]`` solves it and prints plan, bound and gap.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.network.tables import Network


@dataclass(frozen=True)
class Size:
    """How large a plan is; the full one has about 2,000 columns, 430 of them integers."""

    sites: int = 3
    quarters: int = 8
    operations: int = 6
    products: int = 5


FULL = Size()


def tree(seed: int = 1, size: Size = FULL) -> dict[str, Any]:
    """Return the instance: each operation can be done on an old or on a new type of tool at each site.

    A new tool does twice as much, on one and a half times the floor. Sites differ in nothing but the place. A tenth of
    the floor is free, so that growing demand needs old tools moved out for new ones.
    """
    rng = np.random.default_rng(seed)
    sites, quarters, types, goods = size.sites, size.quarters, size.operations, size.products
    products = [f"p{p}" for p in range(goods)]
    hours = rng.uniform(0.6, 1.6, (goods, types)).round(2)
    price = rng.uniform(40, 90, types).round(0)
    floor = rng.uniform(1.0, 2.0, types).round(1)
    base = rng.uniform(50, 90, goods).round(0)
    growth = np.linspace(1.0, 1.9, quarters)
    need = (hours * base[:, None]).sum(axis=0) / 10.0
    net: dict[str, Any] = {name: {} for name in ("materials", "resources", "units", "activities", "demands")}
    for p, product in enumerate(products):
        net["materials"][product] = {"carrying_cost": 0.2}
        quantity = (base[p] * growth).round(1).tolist()
        net["demands"][product] = {"quantity": quantity, "value": float(12 + 2 * (p % 3))}
    for site in range(sites):
        opening = np.ceil(need / sites).astype(int)
        net["resources"][f"floor{site}"] = {
            "capacity": float(np.ceil(0.1 * float(floor @ opening))),
            "kind": "level",
        }
        for k in range(types):
            old, new = f"old{k}-{site}", f"new{k}-{site}"
            net["resources"][old] = {"capacity": 10.0 * int(opening[k])}
            net["resources"][new] = {"capacity": 0.0}
            net["units"][old] = {
                "cost": 1e4, "upper": 0, "opening": int(opening[k]), "retire_cost": 2.0,
                "adds": {old: 10.0}, "occupies": {f"floor{site}": float(floor[k])},
            }  # fmt: skip
            net["units"][new] = {
                "cost": float(price[k]), "upper": 4, "lead": 1, "retire_cost": 5.0,
                "adds": {new: 20.0}, "occupies": {f"floor{site}": float(1.5 * floor[k])},
            }  # fmt: skip
        for p, product in enumerate(products):
            for k in range(types):
                done = product if k == types - 1 else f"{product}-{k}-{site}"
                if k < types - 1:
                    net["materials"][done] = {"storable": False}
                before = {} if k == 0 else {f"{product}-{k - 1}-{site}": 1}
                for kind, cost in (("old", 0.12), ("new", 0.08)):
                    net["activities"][f"{product}-{kind}{k}-{site}"] = {
                        "inputs": before, "outputs": {done: 1}, "uses": {f"{kind}{k}-{site}": float(hours[p, k])},
                        "cost": cost,
                    }  # fmt: skip
    horizon = {"start": "2027Q1", "periods": quarters, "period": "quarter", "discount_rate": 0.08}
    return {"horizon": horizon, "network": net}


def network(seed: int = 1, size: Size = FULL) -> Network:
    """Return the lowered network."""
    return lower(Instance.model_validate(tree(seed, size)), "toolplan")


def main() -> None:
    """Solve it and tell how it went."""
    from fabopt.solve.options import SolveOptions
    from fabopt.solve.run import solve

    solution = solve(network(int(sys.argv[1]) if len(sys.argv) > 1 else 1), SolveOptions(gap=0.0, time_limit=120))
    print(solution.status.value, solution.objective, solution.bound, solution.gap, solution.seconds, solution.size)


if __name__ == "__main__":
    main()

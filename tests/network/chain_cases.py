"""A minimal chain with round numbers, as a raw instance that tests edit before they lower it."""

from __future__ import annotations

import copy
from typing import Any

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.network.tables import Network

MINIMAL: dict[str, Any] = {
    "horizon": {"start": "2027Q1", "periods": 12, "period": "quarter"},
    "scanners": {
        "euv": {
            "name": "EUV",
            "maker": "maker",
            "throughput": 200,
            "availability": 0.8,
            "passes": 90,
            "price": "200 MUSD/tool",
            "gross_margin": 0.5,
            "output": 8,
            "delivery_lead": 12,
            "qualification_lead": 3,
        }
    },
    "nodes": {
        "n3": {
            "name": "N3",
            "exposures": {"euv": 20},
            "cycle_time": 3,
            "wafer_price": 20000,
            "gross_margin": 0.5,
            "defect_density": 0.1,
        },
        "d1": {"name": "D1", "kind": "dram", "cycle_time": 3, "wafer_price": 6000},
    },
    "fabs": {
        "fab-a": {
            "name": "Fab A",
            "owner": "foundry",
            "region": "island",
            "nodes": ["n3"],
            "wafer_starts": 10,
            "scanners": {"euv": {"opening": 4, "utilisation": 0.8}},
            "free_space": 5,
        },
        "dram-a": {"name": "DRAM A", "owner": "mem", "region": "island", "nodes": ["d1"], "wafer_starts": 50},
    },
    "hbm": {"h4": {"name": "H4", "capacity": 36, "core_dies": 10, "price": 500, "gross_margin": 0.6}},
    "memory_makers": {
        "mem": {
            "name": "Mem",
            "owner": "mem",
            "region": "island",
            "fab": "dram-a",
            "node": "d1",
            "stacking": 20,
            "stacking_time": 3,
            "offers": {"h4": {"good_dies": 250, "stack_yield": 0.8}},
            "qualified": {"green": {"h4": "2026"}},
        }
    },
    "packaging_lines": {
        "line": {
            "name": "Line",
            "owner": "foundry",
            "region": "island",
            "technologies": ["l"],
            "capacity": 5,
            "wafer_price": 10000,
            "gross_margin": 0.4,
            "interposer_time": 0,
            "assembly_time": 3,
        }
    },
    "designers": {"green": {"name": "Green", "region": "west"}},
    "dies": {
        "gd": {
            "name": "GD",
            "designer": "green",
            "node": "n3",
            "area": 800,
            "dies_per_wafer": 60,
            "fixed_yield": 0.5,
            "fabs": {"fab-a": {}},
        }
    },
    "chips": {
        "gpu": {
            "name": "GPU",
            "designer": "green",
            "boms": {"a": {"dies": {"gd": 2}, "hbm": {"h4": 8}, "technology": "l", "packages_per_wafer": 10}},
            "assembly_yield": 0.9,
            "price": 40000,
            "system_cost": 10000,
            "it_power": 2,
            "installation_lead": 0,
            "survival": 0.8145062499999999,  # 0.95 per quarter
            "performance": {"train": 3},
        }
    },
    "workloads": {"train": {"name": "Training"}},
    "demand_curve": {"reference_price": 2, "elasticity": 1, "breaks": [0.5, 0.75, 1, 1.5, 2]},
    "labs": {
        "lab": {
            "name": "Lab",
            "region": "west",
            "designers": {"green": "2020"},
            "demand": {"total": 1000, "split": {"train": 1}},
        }
    },
    "sites": {"site": {"name": "Site", "lab": "lab", "region": "west", "power": 500, "pue": 1.2}},
}


def edited(*changes: tuple[str, Any]) -> Instance:
    """Return the minimal chain with values set at dotted paths; a value of None deletes the key."""
    raw = copy.deepcopy(MINIMAL)
    for path, value in changes:
        *parents, last = path.split(".")
        node = raw
        for key in parents:
            node = node.setdefault(key, {})
        if value is None:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)  # a later change may go into it
    return Instance.model_validate(raw)


def lowered(*changes: tuple[str, Any]) -> Network:
    """Return the network of the edited minimal chain."""
    return lower(edited(*changes))


def amounts(net: Network, activity: str, thing: str) -> dict[int, float]:
    """Return an activity's effect on a material or use of a resource by age, for a start in the first period."""
    flows = {f.age: float(f.amount[0]) for f in net.flows if (f.activity, f.material) == (activity, thing)}
    uses = {u.age: float(u.amount[0]) for u in net.uses if (u.activity, u.resource) == (activity, thing)}
    return flows | uses

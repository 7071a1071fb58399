"""A chain of round numbers, so that a bill can be worked out on paper (in the tests' comments)."""

from __future__ import annotations

import copy
from typing import Any

from fabopt.domain.instance import Instance


def known(value: float, low: float | None = None, high: float | None = None) -> dict[str, float]:
    """Return a number with its range, exact unless one is given."""
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high}


RAW: dict[str, Any] = {
    "horizon": {"start": "2027Q1", "periods": 4},
    "scanners": {
        "euv": {
            "name": "EUV",
            "maker": "m",
            "throughput": 200,
            "availability": 1.0,
            "passes": known(100, 80, 120),
            "price": known(250, 200, 300),
            "output": 10,
            "delivery_lead": 12,
            "qualification_lead": 3,
        }
    },
    "nodes": {
        "n": {
            "name": "N",
            "exposures": {"euv": known(10)},
            "cycle_time": 3,
            "wafer_price": known(20000),
            "gross_margin": known(0.5),
        },
        "d": {"name": "D", "kind": "dram", "exposures": {"euv": known(2)}, "cycle_time": 3, "wafer_price": 6000},
    },
    "fabs": {
        "logic": {
            "name": "Logic",
            "owner": "o",
            "region": "r",
            "nodes": ["n"],
            # 30 x 10 / (5 x 0.6) = 100 thousand exposures a tool and month
            "wafer_starts": 30,
            "scanners": {"euv": {"opening": 5, "utilisation": 0.6}},
            "expansion": {"step": 10, "space": 1, "cost": known(2000), "lead": 12, "max_steps": 1},
        },
        "dram": {
            "name": "Dram",
            "owner": "p",
            "region": "r",
            "nodes": ["d"],
            "wafer_starts": 100,
            "scanners": {"euv": {"opening": 5, "passes": 100, "order_book": {"2027Q2": 3}}},
        },
    },
    "hbm": {
        "h": {
            "name": "H",
            "capacity": 25,
            "core_dies": known(10),
            "price": known(500, 400, 600),
            "gross_margin": known(0.6),
        }
    },
    "memory_makers": {
        "a": {
            "name": "A",
            "owner": "p",
            "region": "r",
            "fab": "dram",
            "node": "d",
            "stacking": 30,
            "stacking_time": 2,
            "offers": {"h": {"good_dies": known(200), "stack_yield": known(0.5)}},
            "qualified": {"x": {"h": 2026}},
        },
        "b": {
            "name": "B",
            "owner": "q",
            "region": "r",
            "fab": "dram",
            "node": "d",
            "stacking": 10,
            "stacking_time": 2,
            # twice as many stacks a wafer, but X has not qualified it
            "offers": {"h": {"good_dies": known(400), "stack_yield": known(0.5)}},
            "qualified": {"y": {"h": 2026}},
        },
    },
    "packaging_lines": {
        "line": {
            "name": "Line",
            "owner": "t",
            "region": "r",
            "technologies": ["tech"],
            "capacity": 5,
            "wafer_price": known(10000),
            "gross_margin": known(0.4),
            "interposer_yield": known(0.5),
            "interposer_time": 1,
            "assembly_time": 1,
        }
    },
    "components": {
        "s": {
            "name": "S",
            "group": "packaging",
            "sources": {
                "u": {
                    "owner": "u",
                    "region": "r",
                    "capacity": 100,
                    "price": known(100),
                    "gross_margin": known(0.2),
                    "lead": 1,
                }
            },
        }
    },
    "designers": {"x": {"name": "X", "region": "r"}, "y": {"name": "Y", "region": "r"}},
    "dies": {
        "die": {
            "name": "Die",
            "designer": "x",
            "node": "n",
            "area": known(800),
            "dies_per_wafer": known(50),
            "fixed_yield": known(0.5, 0.4, 0.8),
            "fabs": {"logic": {}},
        },
        "whole": {
            "name": "Whole wafer",
            "designer": "x",
            "node": "n",
            "area": known(46000),
            "dies_per_wafer": known(1),
            "fixed_yield": known(1.0),
            "fabs": {"logic": {}},
        },
    },
    "chips": {
        "gpu": {
            "name": "GPU",
            "designer": "x",
            "boms": {
                "main": {
                    "dies": {"die": 2},
                    "hbm": {"h": 4},
                    "components": {"s": 1},
                    "technology": "tech",
                    "packages_per_wafer": known(10),
                }
            },
            "assembly_yield": known(0.8),
            "assembly_cost": known(50),
            "running_rate": 10,
            "price": known(40000),
            "system_cost": known(10000),
            "it_power": known(2, 1, 4),
            "performance": {"train": 3, "serve": 5},
        },
        "slab": {
            "name": "Slab",
            "designer": "x",
            "boms": {"main": {"dies": {"whole": 1}}},
            "assembly_yield": known(1.0),
            "price": 1,
            "it_power": known(20),
            "performance": {"serve": 50},
        },
    },
    "workloads": {
        "agents": {"name": "Agents", "compute_weight": 0},
        "train": {"name": "Train"},
        "serve": {"name": "Serve"},
    },
    "demand_curve": {"reference_price": 2, "elasticity": 1, "breaks": [1, 2, 3, 4, 5]},
    "labs": {
        "lab": {
            "name": "Lab",
            "region": "r",
            "designers": {"x": 2026},
            "demand": {"total": 100, "split": {"train": 0.5, "serve": 0.5}},
            "fleet": {"site": {"gpu": 30, "slab": 2}},
        }
    },
    "sites": {
        "site": {
            "name": "Site",
            "lab": "lab",
            "region": "r",
            "power": 300,
            "pue": known(1.25),
            "expansion": {"curve": {100: known(1000), 500: known(4000)}, "lead": 12, "max_total": 1000},
        }
    },
    "sources": {"src": {"title": "A source"}},
}


def chain(changes: dict[str, Any] | None = None) -> Instance:
    """Return the chain with values set at dotted paths."""
    raw = copy.deepcopy(RAW)
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        part = raw
        for key in parents:
            part = part.setdefault(key, {})
        part[last] = value
    return Instance.model_validate(raw)

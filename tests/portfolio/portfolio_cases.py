"""One lab, one site, one year, and chips of one die from a fab without end: sums that can be done by hand.

An H100 equivalent running for the year is worth 2 USD x 8,766 h = 17,532 USD as long as demand lasts. Chip `a` costs
10,000 USD to make (1,000 of them its die) and sells at 20,000; it draws 1 kW and does the work of one H100. No
discounting, no wear, nothing left at the end, free electricity.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fabopt

HOUR_VALUE, HOURS = 2.0, 8766.0
DIE = 1_000.0
WORTH = HOUR_VALUE * HOURS


def chip(cost: float, price: float, performance: float = 1.0, **more: Any) -> dict[str, Any]:
    """A chip of designer `d` that draws 1 kW and costs so much to make, its die of 1,000 USD included."""
    return {
        "name": "Chip",
        "designer": "d",
        "boms": {"plain": {"dies": {"die": 1}}},
        "assembly_cost": cost - DIE,
        "price": price,
        "it_power": 1,
        "installation_lead": 0,
        "survival": 1,
        "performance": {"work": performance},
        **more,
    }


def tree(power: float = 100.0, **chips: dict[str, Any]) -> dict[str, Any]:
    """The instance with chip `a` and others; `power` in MW is thousands of accelerators."""
    return {
        "horizon": {"start": 2027, "periods": 1, "period": "year", "discount_rate": 0, "terminal_share": 0},
        "nodes": {"n": {"name": "N", "cycle_time": 0, "wafer_price": 20_000, "gross_margin": 0.5, "defect_density": 0}},
        "fabs": {"fab": {"name": "Fab", "owner": "foundry", "region": "here", "nodes": ["n"], "wafer_starts": 1000}},
        "dies": {
            "die": {
                "name": "Die",
                "designer": "d",
                "node": "n",
                "area": 800,
                "dies_per_wafer": 10,
                "fixed_yield": 1,
                "fabs": {"fab": {}},
            }
        },
        "designers": {"d": {"name": "Designer", "region": "here"}, "e": {"name": "Other", "region": "there"}},
        "chips": {"a": chip(10_000, 20_000), **chips},
        "workloads": {"work": {"name": "Work"}},
        "demand_curve": {
            "reference_price": HOUR_VALUE,
            "elasticity": 1,
            "breaks": [0.2, 0.4, 0.6, 0.8, 1.0],
            "price_cap": 1,
        },
        "labs": {
            "lab": {
                "name": "Lab",
                "region": "here",
                "designers": {"d": 2020},
                "demand": {"total": 1000, "split": {"work": 1}},
            }
        },
        "sites": {
            "site": {"name": "Site", "lab": "lab", "region": "here", "power": power, "pue": 1, "energy_price": 0}
        },
    }


def loaded(raw: dict[str, Any], folder: Path, **levers: object) -> fabopt.api.Instance:
    """The instance, read from a file as a user would, with levers set."""
    path = folder / "instance.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return fabopt.load(path, set={name.replace("__", "."): value for name, value in levers.items()})


def shipped(result: fabopt.api.Result, name: str) -> float:
    """Thousand accelerators of a chip that are shipped."""
    rows = result.shipments
    return float(rows.loc[rows["chip"] == name, "kaccelerator"].sum())

"""One lab and one site over four years, and a chip that takes a year to make: what waiting costs, by hand.

An accelerator draws 1 kW, does the work of one H100 and is never worn; running it for a year is worth 2 USD x 8,766 h =
17,532 USD. Making one costs 10,000 USD and takes a year, that of its die's wafer; 20,000 are in stock when the plan
begins and cost nothing any more. The site has power for 100,000. No discounting, nothing is left at the end,
electricity is free. So the plan ships the 20,000 at once and begins 80,000, which are there a year later.

A signature in year d (d = 1, 2, 3) lets what is in stock ship from d on, and what is made from d on ship from d + 1 on.
In d >= 1 nothing in stock can be told from what was made, so both ship from d + 1 on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fabopt
from fabopt.analysis.memo.ground import Ground, ground

WORTH = 2.0 * 8766 / 1e3
"""Million dollars that a thousand accelerators are worth in a year."""

COST = 10.0
"""Million dollars that making a thousand costs."""

STOCK, MADE = 20.0, 80.0
"""Thousand accelerators in stock, and made in the plan."""


def chip(designer: str = "d", die: str = "die", **more: Any) -> dict[str, Any]:
    """A chip that draws 1 kW and costs 10,000 USD to make."""
    return {
        "name": "Chip",
        "designer": designer,
        "boms": {"plain": {"dies": {die: 1}}},
        "assembly_cost": 9_000,
        "price": 20_000,
        "it_power": 1,
        "installation_lead": 0,
        "survival": 1,
        "performance": {"work": 1},
        **more,
    }


def tree(**more: Any) -> dict[str, Any]:
    """The instance, with other sections in the place of its own."""
    return {
        "horizon": {"start": 2027, "periods": 4, "period": "year", "discount_rate": 0, "terminal_share": 0},
        "nodes": {
            "n": {"name": "N", "cycle_time": 12, "wafer_price": 20_000, "gross_margin": 0.5, "defect_density": 0}
        },
        "fabs": {"fab": {"name": "Fab", "owner": "foundry", "region": "here", "nodes": ["n"], "wafer_starts": 1000}},
        "dies": {"die": die("d")},
        "designers": {"d": {"name": "Designer", "region": "here"}},
        "chips": {"a": chip(stock=STOCK)},
        "workloads": {"work": {"name": "Work"}},
        "demand_curve": {
            "reference_price": 2.0,
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
        "sites": {"site": site()},
        **more,
    }


def site(**more: Any) -> dict[str, Any]:
    """The site, with power for 100,000 accelerators."""
    return {"name": "Site", "lab": "lab", "region": "here", "power": 100, "pue": 1, "energy_price": 0, **more}


def die(designer: str, fab: str = "fab") -> dict[str, Any]:
    """A die of which ten are on a wafer, so that one costs 1,000 USD."""
    return {
        "name": "Die",
        "designer": designer,
        "node": "n",
        "area": 800,
        "dies_per_wafer": 10,
        "fixed_yield": 1,
        "fabs": {fab: {}},
    }


def solved(raw: dict[str, Any], folder: Path) -> fabopt.Result:
    """The plan of an instance, read from a file as a user would."""
    path = folder / "instance.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return fabopt.load(path).solve()


def grounded(result: fabopt.Result, lab: str = "lab") -> Ground:
    """A result brought back to life."""
    return ground(result.plan, lab)

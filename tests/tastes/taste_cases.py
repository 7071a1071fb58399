"""A lab of one site that two designers may serve with chips of equal work and power, bought in the first year alone."""

from typing import Any

from fabopt.domain.instance import Instance

POWER = 100  # MW in all: 100 thousand accelerators of 1 kW, each one H100 equivalent
PRICE = 20_000  # dollars per accelerator and H100 equivalent: the price of compute


def chain(dearer: float = 0.0, **more: Any) -> dict[str, Any]:
    """Return the raw instance; a chip of `cirrus` costs so much more to make than one of `merlin`, at one price."""

    def chip(designer: str, cost: float) -> dict[str, Any]:
        return {
            "name": designer.title(), "designer": designer, "boms": {"main": {"dies": {f"die-{designer}": 1}}},
            "price": PRICE, "assembly_cost": cost, "it_power": 1, "performance": {"work": 1}, "survival": 1,
            "installation_lead": 0,
        }  # fmt: skip

    def die(designer: str) -> dict[str, Any]:
        return {
            "name": "Die", "designer": designer, "node": "n", "area": 100, "dies_per_wafer": 100, "fixed_yield": 1,
            "fabs": {"fab": {}},
        }  # fmt: skip

    return {
        "nodes": {"n": {"name": "N", "cycle_time": 0, "wafer_price": 0}},
        "fabs": {"fab": {"name": "Fab", "owner": "foundry", "region": "west", "nodes": ["n"], "wafer_starts": 1000}},
        "dies": {f"die-{name}": die(name) for name in ("merlin", "cirrus")},
        "horizon": {"start": "2027", "periods": "1 year", "terminal_share": 0, "discount_rate": 0},
        "designers": {name: {"name": name.title(), "region": "west"} for name in ("merlin", "cirrus")},
        "chips": {"m": chip("merlin", 5000), "c": chip("cirrus", 5000 + dearer)},
        "workloads": {"work": {"name": "Work"}},
        "demand_curve": {"reference_price": 20, "elasticity": 1, "breaks": [0.2, 0.4, 0.6, 0.8, 1], "price_cap": 1},
        "labs": {
            "aurora": {
                "name": "Aurora", "region": "west", "designers": {"merlin": "2020", "cirrus": "2020"},
                "demand": {"total": 1000, "split": {"work": 1}},
            }
        },
        "sites": {
            "hall": {"name": "Hall", "lab": "aurora", "region": "west", "power": POWER, "pue": 1, "energy_price": 0}
        },
    } | more  # fmt: skip


def instance(dearer: float = 0.0, **more: Any) -> Instance:
    """Return the same, validated."""
    return Instance.model_validate(chain(dearer, **more))

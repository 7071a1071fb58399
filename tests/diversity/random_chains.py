"""Small random chains with two sources of most things, two labs and two kinds of chip; a seed gives a chain."""

import numpy as np

from fabopt.domain.instance import Instance

OWNERS = ("alpha", "beta", "foundry", "packer", "rival", "tooler")
LABS = ("one", "two")


def random_chain(seed, periods=5):
    """Return the raw instance of a random chain without limits."""
    dice = np.random.default_rng(seed)

    def some(low, high):
        return float(dice.integers(low, high))

    def series(low, high):
        return [some(low, high) for _ in range(periods)]

    def lead():
        return int(dice.integers(0, 2))

    materials = {
        "stack": {"storable": True, "opening": some(0, 5), "receipts": series(0, 3)},
        "die": {"storable": bool(dice.random() < 0.5)},
        "gpu": {"storable": True, "opening": some(0, 4)},
        "asic": {"storable": True},
        "wafer-tool": {"storable": True, "opening": 2, "receipts": series(0, 2)},
    }
    resources = {
        "line-a": {"capacity": series(0, 5), "tags": {"owner": "alpha"}},
        "line-b": {"capacity": series(0, 3), "tags": {"owner": "beta"}},
        "fab": {"capacity": series(6, 14), "tags": {"owner": "foundry"}},
        "hall": {"capacity": series(3, 9), "tags": {"owner": "packer"}},
        "tools": {"capacity": series(0, 3), "tags": {"owner": "tooler"}},
    }
    activities = {
        "stack-a": {"outputs": {"stack": some(1, 3)}, "uses": {"line-a": 1}, "lead": lead(), "cost": some(0, 2)},
        "stack-b": {"outputs": {"stack": 1}, "uses": {"line-b": 1}, "lead": lead(), "cost": some(1, 3)},
        "wafers": {"outputs": {"die": {"amount": some(1, 3), "yield": 0.8}}, "uses": {"fab": 1}, "lead": lead()},
        "pack": {
            "inputs": {"stack": 2, "die": 1},
            "outputs": {"gpu": 1},
            "uses": {"hall": 1},
            "lead": lead(),
            "cost": 1,
        },
        "direct": {
            "inputs": {"die": 1},
            "outputs": {"asic": 1},
            "lead": lead(),
            "cost": some(1, 4),
            "tags": {"owner": "rival"},
        },
    }
    demands = {}
    for lab in LABS:
        materials[f"compute-{lab}"] = {}
        demands[f"work-{lab}"] = {
            "material": f"compute-{lab}",
            "steps": [{"quantity": series(5, 20), "value": some(6, 12)}, {"quantity": 40, "value": some(2, 6)}],
            "weight": 1,
            "tags": {"lab": lab},
        }
        for chip in ("gpu", "asic"):
            materials[f"{chip}-{lab}"] = {"storable": True, "opening": some(0, 3), "survival": 0.9}
            here = {"lab": lab}
            activities[f"ship-{chip}-{lab}"] = {
                "inputs": {chip: 1}, "outputs": {f"{chip}-{lab}": 1}, "lead": lead(), "tags": here
            }  # fmt: skip
            activities[f"run-{chip}-{lab}"] = {
                "inputs": {f"{chip}-{lab}": 1},
                "outputs": {
                    f"compute-{lab}": {"amount": 4 if chip == "gpu" else 1, "lead": 0},
                    f"{chip}-{lab}": {"amount": 0.9, "lead": 1},
                },
                "cost": some(0, 2),
                "tags": here,
            }
    units = {
        "more-b": {
            "adds": {"line-b": some(1, 4)}, "occupies": {"tools": {"amount": 1, "lasts": 1}}, "lead": lead(),
            "cost": some(0, 2), "whole": False, "consumes": {"wafer-tool": 1},
        }
    }  # fmt: skip
    return {
        "horizon": {"start": "2027Q1", "periods": periods},
        "network": {
            "materials": materials,
            "resources": resources,
            "activities": activities,
            "units": units,
            "demands": demands,
        },
    }


def instance(raw, **sections):
    """Return a chain with limits."""
    return Instance.model_validate({**raw, **sections})

"""Small instances with contracts, as raw trees that tests edit, and what a plan of one says."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd

from fabopt.domain.base import Fault
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution


def tree(contracts: dict[str, dict[str, Any]], periods: int = 1, **network: Any) -> dict[str, Any]:
    """A foundry's wafers, used by a and b, and stacks that only contracts with somebody outside bring to a."""
    return {
        "horizon": {"start": 2027, "periods": periods, "period": "year"},
        "network": {
            "resources": {"wafers": {"capacity": 100, "tags": {"owner": "foundry", "stage": "wafer"}}},
            "materials": {"a": {"storable": False}, "b": {"storable": False}, "stack": {"storable": False}},
            "activities": {
                v: {"outputs": {v: 1}, "uses": {"wafers": 1}, "cost": 1, "tags": {"customer": v}} for v in ("a", "b")
            },
            "demands": {
                "a": {"quantity": 100, "value": 6, "tags": {"customer": "a"}},
                "b": {"quantity": 60, "value": 3, "tags": {"customer": "b"}},
                "stacks": {"material": "stack", "quantity": 80, "value": 9, "tags": {"customer": "a"}},
            },
            **network,
        },
        "contracts": contracts,
    }


LINE = {"line": {"adds": {"wafers": 40}, "cost": 100, "total": 2, "tags": {"owner": "foundry"}}}
"""More wafers, to be built."""


def kept(**fields: Any) -> dict[str, Any]:
    """A signed contract of b with the foundry."""
    return {"buyer": "b", "supplier": "foundry", "goods": {"resources": ["wafers"]}, "signed": 2026, **fields}


def stacks(**fields: Any) -> dict[str, Any]:
    """An open contract of a for stacks from outside."""
    base = {"buyer": "a", "supplier": "stackworks", "goods": {"materials": ["stack"]}, "maximum": 80, "price": 5}
    return {**base, **fields}


def instance(raw: dict[str, Any]) -> Instance:
    """The instance of a raw tree."""
    return Instance.model_validate(copy.deepcopy(raw))


def faults(raw: dict[str, Any]) -> list[Fault]:
    """What is wrong with it."""
    return problems(instance(raw))


def plan(raw: dict[str, Any]) -> tuple[Solution, dict[str, pd.DataFrame]]:
    """The best plan of an instance that is sound, and its tables by name."""
    data = instance(raw)
    assert problems(data) == []
    net = lower(data)
    solution = solve(net, SolveOptions(gap=0.0))
    if not solution.has_plan:
        return solution, {}
    return solution, {spec.name: frame for spec, frame in core_and_domain(net, solution).items()}

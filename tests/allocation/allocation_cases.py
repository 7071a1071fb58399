"""A foundry of 100 wafers and customers a, b, c with orders of 80, 50, 20, worth 10, 8, 1 each, under any policy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from fabopt.domain.base import Fault
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution

ORDERS = {"a": 80, "b": 50, "c": 20}
VALUES = {"a": 10, "b": 8, "c": 1}
ON = {"resources": ["wafers"]}


def foundry(capacity: Any = 100, periods: int = 1, **network: Any) -> dict[str, Any]:
    """Raw tree of the instance without policies."""
    return {
        "horizon": {"start": 2027, "periods": periods, "period": "year"},
        "network": {
            "resources": {"wafers": {"capacity": capacity, "tags": {"owner": "foundry"}}},
            "materials": {v: {"storable": False} for v in ORDERS},
            "activities": {
                f"wafers-{v}": {"outputs": {v: 1}, "uses": {"wafers": 1}, "tags": {"customer": v}} for v in ORDERS
            },
            "demands": {v: {"quantity": ORDERS[v], "value": VALUES[v]} for v in ORDERS},
            **network,
        },
    }


def customers(**fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Claims of a, b, c: their orders, and by field a number for each."""
    return {v: {"order": ORDERS[v], **{name: of[v] for name, of in fields.items()}} for v in ORDERS}


def by(*numbers: Any) -> dict[str, Any]:
    """Numbers of a, b, c."""
    return dict(zip(ORDERS, numbers, strict=True))


def instance(tree: dict[str, Any], *policies: dict[str, Any], mode: str = "model") -> Instance:
    """The instance under policies p1, p2, ..."""
    raw = copy.deepcopy(tree)
    raw["policies"] = {f"p{n}": {"splits": ON, **policy} for n, policy in enumerate(policies, start=1)}
    return Instance.model_validate({**raw, "policy_mode": mode})


def faults(tree: dict[str, Any], *policies: dict[str, Any]) -> list[Fault]:
    """What is wrong with the instance under these policies."""
    return problems(instance(tree, *policies))


def plan(tree: dict[str, Any], *policies: dict[str, Any], mode: str = "model") -> Solution:
    """The plan under policies that are sound."""
    data = instance(tree, *policies, mode=mode)
    assert problems(data) == []
    return solve(lower(data), SolveOptions(gap=0.0))


def used(solution: Solution) -> list[float]:
    """What a, b, c use in the first period."""
    return np.asarray(solution.levels[:3, 0]).tolist()

r"""Loops that make something from nothing.

Activities form a cone of recipes. They make something from nothing when levels :math:`x \ge 0`, all started
in one period, leave no material short at any age and some of one over at the end:

.. math:: \sum_a \sum_{\tau' \le \tau} \mu_{a,i,\tau'}\, x_a \ge 0 \quad \forall i, \tau, \qquad
          \sum_a \sum_{\tau'} \mu_{a,i,\tau'}\, x_a > 0 \quad \text{for some } i.

This linear program is solved for each strongly connected group of activities and materials of more than one
record. An output that comes only after all inputs of its activity cannot close such a loop (the first start
needs a stock), so those are left out first: an asset that is run and returned, or money that earns interest,
is no loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.network.links import Links
from fabopt.network.strong import strong_groups
from fabopt.network.tables import Array

GAIN = 1e-7
"""A surplus below this, for activity levels that sum to 1, counts as rounding."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Activities that together make a material from nothing.

    Attributes
    ----------
    activities
        Ids, in the order of the network.
    material
        Id of what is left over most.
    period
        Index of the first period in which it would work.
    """

    activities: tuple[str, ...]
    material: str
    period: int


def find_loops(links: Links) -> list[Loop]:
    """Find the loops of a network, at most one for each connected group."""
    loops = []
    for group in _groups(links):
        for period in _distinct_periods(links, group):
            loop = _free_gain(links, group, period)
            if loop is not None:
                loops.append(loop)
                break
    return loops


def _groups(links: Links) -> list[list[str]]:
    """Activities of each strongly connected group in which a loop without a stock is possible."""
    edges: dict[tuple[str, str], set[tuple[str, str]]] = {("material", key): set() for key in links.materials}
    prompt: dict[tuple[str, str], set[tuple[str, str]]] = {node: set() for node in edges}
    borrowers: set[tuple[str, str]] = set()
    for key in links.activities:
        activity = ("activity", key)
        last_input = max((flow.age for flow in links.inputs[key]), default=-1)
        for flow in links.inputs[key]:
            edges["material", flow.material].add(activity)
        edges[activity] = {("material", flow.material) for flow in links.outputs[key]}
        prompt[activity] = {("material", flow.material) for flow in links.outputs[key] if flow.age <= last_input}
        if any(flow.age < last_input for flow in links.outputs[key]):
            borrowers.add(activity)
    for group in strong_groups(edges):
        if borrowers.isdisjoint(group):
            edges |= {node: prompt[node] for node in group if node[0] == "activity"}
    order = {key: place for place, key in enumerate(links.activities)}
    return [
        sorted((key for kind, key in group if kind == "activity"), key=order.__getitem__)
        for group in strong_groups(edges)
        if len(group) > 1
    ]


def _distinct_periods(links: Links, group: list[str]) -> list[int]:
    """Periods in which the recipes of a group differ from those of the period before."""
    recipes = np.array([flow.amount for key in group for flow in (*links.inputs[key], *links.outputs[key])])
    changed = np.any(np.diff(recipes, axis=1) != 0, axis=0)
    return [0, *(np.flatnonzero(changed) + 1).tolist()]


def _free_gain(links: Links, group: list[str], period: int) -> Loop | None:
    from scipy.optimize import linprog

    flows = {
        (flow.material, flow.age, column): flow.amount[period]
        for column, key in enumerate(group)
        for flow in (*links.inputs[key], *links.outputs[key])
    }
    materials = list(dict.fromkeys(material for material, _, _ in flows))
    ages = sorted({age for _, age, _ in flows})
    by_age = np.zeros((len(materials), len(ages), len(group)))
    row = {material: index for index, material in enumerate(materials)}
    for (material, age, column), amount in flows.items():
        by_age[row[material], ages.index(age), column] = amount
    held = np.cumsum(by_age, axis=1)
    left_over: Array = held[:, -1, :]
    result = linprog(
        -left_over.sum(axis=0),
        A_ub=np.vstack([-held.reshape(-1, len(group)), np.ones((1, len(group)))]),
        b_ub=np.append(np.zeros(held.shape[0] * held.shape[1]), 1.0),
        method="highs",
    )
    if result.x is None or result.fun is None or -result.fun <= GAIN:
        return None
    active = tuple(key for key, level in zip(group, result.x, strict=True) if level > GAIN)
    return Loop(active, materials[int(np.argmax(left_over @ result.x))], period)

r"""Loops that make something from nothing.

A loop that gains, or that hands a fleet around, is a plain fact of a network: what limits its activities limits it.
Only where nothing does can something be made from nothing without limit.

Activities form a cone of recipes. They make something from nothing when levels :math:`x \ge 0`, all started
in one period, leave no material short at any age and some of one over at the end:

.. math:: \sum_a \sum_{\tau' \le \tau} \mu_{a,i,\tau'}\, x_a \ge 0 \quad \forall i, \tau, \qquad
          \sum_a \sum_{\tau'} \mu_{a,i,\tau'}\, x_a > 0 \quad \text{for some } i.

This linear program is solved for each strongly connected group of activities and materials of more than one
record, over those of its activities that have no upper limit, use no resource and stand in no limit on a sum.
An output that comes only after all inputs of its activity cannot close such a loop (the first start needs a
stock), so those are left out first: an asset that is run and returned, or money that earns interest, is no loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import COUNTS
from fabopt.network.explode import Node, gives, needs
from fabopt.network.links import Links
from fabopt.network.strong import strong_groups
from fabopt.network.tables import Array

ROUNDS = 10
"""Rounds in which amounts are brought near 1."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Activities that together make a material from nothing without limit.

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
    """Find the loops of a network that make something from nothing without limit, at most one a connected group."""
    loops, summed = [], _summed(links)
    for nodes in groups(links):
        group = [key for kind, key in nodes if kind == "activity"]
        for period in _distinct_periods(links, group):
            free = [key for key in group if key not in summed and _unlimited(links, key, period)]
            loop = _free_gain(links, free, period) if free else None
            if loop is not None:
                loops.append(loop)
                break
    return loops


def _summed(links: Links) -> set[str]:
    """Return the activities that a limit on a sum holds back."""
    limits = (group for group in (*links.net.groups, *links.net.definitions) if group.sense != ">=")
    return {term.id for limit in limits for term in limit.terms if term.kind == "activity"}


def _unlimited(links: Links, key: str, period: int) -> bool:
    upper = links.activities[key].upper
    return not links.uses[key] and (upper is None or not np.isfinite(upper[period]))


def groups(links: Links) -> list[list[Node]]:
    """Activities and units of each strongly connected group in which a loop without a stock is possible.

    What something needs and gives are materials and capacities. What comes only after all that its maker needs is left
    out, except where a maker of the group gives before it takes.
    """
    edges: dict[Node, list[Node]] = {("material", key): [] for key in links.materials}
    edges |= {("resource", key): [] for key in links.resources}
    nodes = [*(("activity", key) for key in links.activities), *(("unit", key) for key in links.units)]
    makers = {node: (list(needs(links, node)), list(gives(links, node))) for node in nodes}
    for node, (taken, made) in makers.items():
        edges[node] = [other for other, _ in made]
        for other, _ in taken:
            edges[other].append(node)
    for group in (set(group) for group in strong_groups(edges) if len(group) > 1):
        within = {node: makers[node] for node in makers if node in group}
        last = {node: max(age for other, age in taken if other in group) for node, (taken, _) in within.items()}
        given = [(node, other, age) for node, (_, made) in within.items() for other, age in made if other in group]
        if not any(age < last[node] for node, _, age in given):
            edges |= {node: [] for node in within}
            for node, other, age in given:
                if age <= last[node]:
                    edges[node].append(other)
    order = {node: place for place, node in enumerate(makers)}
    return [
        sorted((node for node in group if node in order), key=order.__getitem__)
        for group in strong_groups(edges)
        if len(group) > 1
    ]


def _distinct_periods(links: Links, group: list[str]) -> list[int]:
    """Periods in which the recipes or limits of a group differ from those of the period before."""
    recipes = [flow.amount for key in group for flow in (*links.inputs[key], *links.outputs[key])]
    limits = [links.activities[key].upper for key in group]
    numbers = np.array([*recipes, *(upper for upper in limits if upper is not None)])
    changed = np.any(numbers[:, 1:] != numbers[:, :-1], axis=0)
    return [0, *(np.flatnonzero(changed) + 1).tolist()]


def _held(links: Links, group: list[str], period: int) -> tuple[list[str], Array]:
    """Return materials, and what is there of each up to each age for a unit of each activity [n_i, ages, n_a]."""
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
    return materials, np.cumsum(by_age, axis=1)


def _scaled(held: Array) -> Array:
    """Return what is there of each material with the units of materials and activities such that amounts are near 1."""
    sizes = held.copy()
    for _ in range(ROUNDS):
        size = np.abs(sizes).max(axis=1)
        sizes /= np.sqrt(_or_one(size.max(axis=1)))[:, None, None] * np.sqrt(_or_one(size.max(axis=0)))
    return sizes


def _or_one(sizes: Array) -> Array:
    return np.where(sizes > 0.0, sizes, 1.0)


def _levels(gain: Array, held: Array) -> tuple[Array, float]:
    """Return levels that sum to at most 1, gain most and leave nothing short at any age, and what they gain."""
    from scipy.optimize import linprog

    n = held.shape[-1]
    result = linprog(
        -gain,
        A_ub=np.vstack([-held.reshape(-1, n), np.ones((1, n))]),
        b_ub=np.append(np.zeros(held.shape[0] * held.shape[1]), 1.0),
        method="highs",
    )
    return (np.zeros(n), 0.0) if result.x is None or result.fun is None else (result.x, -float(result.fun))


def _free_gain(links: Links, group: list[str], period: int) -> Loop | None:
    materials, held = _held(links, group, period)
    held = _scaled(held)
    left_over: Array = held[:, -1, :]
    levels, gain = _levels(left_over.sum(axis=0), held)
    if gain <= COUNTS:
        return None
    active = tuple(key for key, level in zip(group, levels, strict=True) if level > COUNTS)
    return Loop(active, materials[int(np.argmax(left_over @ levels))], period)

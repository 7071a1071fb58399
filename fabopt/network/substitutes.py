"""Capacities that take each other's place, from tags and the network; no name is read.

Two capacities of the same kind, role, customer and unit are **substitutes** where

* they are of one item and can be added to out of one source: a tool at several fabs; or
* what they make takes the same place: the ways from them meet in materials, which either brings in without the other,
  nowhere in an activity that needs both, and most of what the one leads to in the end, the other leads to as well. Ways
  end where things come into a lab's hands: there every chip is compute, and all would take the place of all.

A **class** holds capacities of which every two are substitutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fabopt.network.tables import Network, Resource

Node: TypeAlias = tuple[str, str]
"""A material or an activity, with its id."""

MOST = 0.5
"""Share of the ends of the one with fewer of them that both must lead to."""


@dataclass(frozen=True)
class _Ways:
    """Where things go: what takes what, and what each capacity leads to."""

    after: dict[Node, list[Node]]
    before: dict[Node, list[Node]]
    hands: Set[Node]
    ends: Set[Node]
    starts: dict[str, set[Node]]
    sources: dict[str, set[str]]

    @classmethod
    def of(cls, net: Network) -> _Ways:
        after: dict[Node, list[Node]] = {}
        before: dict[Node, list[Node]] = {}
        for flow in net.flows:
            activity, material = ("activity", flow.activity), ("material", flow.material)
            for found, there, here in (
                (np.any(flow.amount < 0), activity, material),
                (np.any(flow.amount > 0), material, activity),
            ):
                if found:
                    after.setdefault(here, []).append(there)
                    before.setdefault(there, []).append(here)
        starts: dict[str, set[Node]] = {}
        for use in net.uses:
            starts.setdefault(use.resource, set()).add(("activity", use.activity))
        hands = {("material", m.id) for m in net.materials if m.tags.lab}
        return cls(after, before, hands, hands | {("material", d.material) for d in net.demands}, starts, _sources(net))

    def reach(self, resource: str) -> set[Node]:
        """Return everything that a capacity leads to, the activities that use it too."""
        reach = set(self.starts.get(resource, ()))
        waiting = list(reach)
        while waiting:
            node = waiting.pop()
            for there in () if node in self.hands else self.after.get(node, ()):
                if there not in reach:
                    reach.add(there)
                    waiting.append(there)
        return reach

    def meet(self, first: Set[Node], second: Set[Node]) -> bool:
        """Return whether what two capacities lead to takes the same place."""
        common = first & second
        own = first - common, second - common
        met = {
            what
            for what, id in common
            if all(any(node in side for node in self.before.get((what, id), ())) for side in own)
        }
        ends = min(len(first & self.ends), len(second & self.ends))
        return met == {"material"} and len(common & self.ends) >= MOST * ends > 0


def _sources(net: Network) -> dict[str, set[str]]:
    """Return for each capacity what the units that add to it take from."""
    adds: dict[str, set[str]] = {}
    takes: dict[str, set[str]] = {}
    for effect in net.unit_effects:
        side = adds if np.any(effect.profile > 0) else takes
        side.setdefault(effect.unit, set()).add(effect.resource)
    sources: dict[str, set[str]] = {}
    for unit, resources in adds.items():
        for resource in resources:
            sources.setdefault(resource, set()).update(takes.get(unit, ()))
    return sources


def substitutes(net: Network) -> tuple[tuple[str, ...], ...]:
    """Return the classes of capacities that take each other's place: ids of resources, at least two a class."""
    ways = _Ways.of(net)
    alike: dict[tuple[str, ...], list[Resource]] = {}
    for resource in net.resources:
        alike.setdefault(_alike(resource), []).append(resource)
    classes: list[tuple[str, ...]] = []
    for resources in alike.values():
        if len(resources) > 1:
            classes += _classes(resources, ways)
    return tuple(classes)


def _alike(resource: Resource) -> tuple[str, ...]:
    """Return what substitutes have in common by their tags."""
    tags = resource.tags
    own = (tags.stage, tags.kind, tags.role, tags.customer, tags.chip)
    return (*own, resource.unit, resource.kind, resource.limit_kind, str(resource.relaxable))


def _classes(resources: Sequence[Resource], ways: _Ways) -> Iterable[tuple[str, ...]]:
    reach = {r.id: ways.reach(r.id) for r in resources}

    def replaces(first: Resource, second: Resource) -> bool:
        one_item = first.tags.item != "" and first.tags.item == second.tags.item
        if one_item and ways.sources.get(first.id, set()) & ways.sources.get(second.id, set()):
            return True
        return ways.meet(reach[first.id], reach[second.id])

    classes: list[list[Resource]] = []
    for resource in resources:
        own = next((c for c in classes if all(replaces(resource, member) for member in c)), None)
        if own is None:
            classes.append([resource])
        else:
            own.append(resource)
    return (tuple(r.id for r in c) for c in classes if len(c) > 1)

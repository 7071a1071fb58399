r"""Earliest arrival: the first period in which anything of a material, or any of a capacity, can be there.

An optimistic bound, amounts left aside. With :math:`e_i` the earliest period of a material or resource, an activity
starts no earlier than

.. math:: s_a = \max\bigl(\max_i (\min(e_i, T) - \tau_i),\ 0\bigr)

over what it needs, at the ages :math:`\tau` (nothing is asked for after the horizon), then in the next period in which
its upper limit lets it, and its products arrive at :math:`s_a + \tau`. A unit is ordered by the same rule from the
materials that it consumes and the resources that it occupies. Everything starts at infinity and falls until nothing
changes; then loops that can run on what they make themselves are started (:mod:`fabopt.network.running`), and it goes
on. What stays at infinity can never be there, and the reason is found by walking upstream.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

import numpy as np

from fabopt.network.explode import Node, first_effect, gives, needs, takers
from fabopt.network.links import Links, MaterialLink
from fabopt.network.loops import groups
from fabopt.network.running import running
from fabopt.network.tables import Array

NEVER = math.inf


@dataclass
class Reach:
    """Earliest periods (indices; infinity where never; beyond the horizon where too late to be seen).

    Attributes
    ----------
    material, resource
        Earliest period in which there is some.
    start, order
        Earliest start of an activity and order of a unit. What only goes round in a loop lets its activities start, but
        is not there for anybody else.
    """

    links: Links
    material: dict[str, float] = field(default_factory=dict)
    resource: dict[str, float] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    order: dict[str, float] = field(default_factory=dict)

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self.links.net.n_periods

    def of(self, kind: str) -> dict[str, float]:
        """Earliest periods of all records of a kind: "material", "resource", "activity" or "unit"."""
        return {"material": self.material, "resource": self.resource, "activity": self.start, "unit": self.order}[kind]

    def label(self, period: float) -> str:
        """Label of a period, or how far it lies behind the horizon."""
        if period < self.periods:
            return self.links.net.periods[int(period)].label
        late = int(period) - self.periods + 1
        return f"{late} period{'s' if late > 1 else ''} after the horizon"


def _first_positive(numbers: Array | None, start: float) -> float:
    """Return the first period from `start` on with a positive number; None is positive always."""
    if math.isinf(start):
        return NEVER
    if numbers is None:
        return start
    first_positive = np.flatnonzero(numbers[int(start) :] > 0)
    return int(start) + int(first_positive[0]) if first_positive.size else NEVER


def earliest(links: Links) -> Reach:
    """Compute the earliest periods of everything in a network."""
    reach = Reach(links)
    for material in links.net.materials:
        reach.material[material.id] = (
            0 if material.opening > 0 else NEVER if material.receipts is None else _first_positive(material.receipts, 0)
        )
    for resource in links.net.resources:
        reach.resource[resource.id] = _first_positive(resource.base, 0)
    for unit in links.net.units:
        # Retiring what stands frees what it occupies.
        if unit.opening > 0 and unit.retire_cost is not None:
            reach.resource |= {effect.resource: 0 for effect in links.occupied[unit.id]}
    reach.start = dict.fromkeys(links.activities, NEVER)
    reach.order = dict.fromkeys(links.units, NEVER)
    _settle(reach, [("activity", key) for key in links.activities] + [("unit", key) for key in links.units])
    loops, changed = groups(links)[::-1], True
    while changed:
        changed = False
        for group in loops:
            changed |= _settle(reach, _loop(reach, group))
    return reach


def _settle(reach: Reach, first: Iterable[Node]) -> bool:
    """Let everything fall until nothing changes, from activities and units that are looked at first, if any."""
    waiting = deque(first)
    queued = set(waiting)
    any_first = bool(waiting)
    while waiting:
        kind, key = waiting.popleft()
        queued.discard((kind, key))
        changed = _activity(reach, key) if kind == "activity" else _unit(reach, key)
        for follower in changed:
            if follower not in queued:
                queued.add(follower)
                waiting.append(follower)
    return any_first


def _loop(reach: Reach, group: list[Node]) -> Iterator[Node]:
    """Start what a group can start, and take out what can be taken out, before any of it is there from elsewhere."""
    links = reach.links
    made = {other for node in group for other, _ in gives(links, node)}
    if all(reach.of(kind)[key] <= _begins(reach, (kind, key), made) for kind, key in group):
        return
    there = {(kind, key): first for kind in ("material", "resource") for key, first in reach.of(kind).items()}
    for (kind, key), period in running(links, group, there).items():
        known = reach.of(kind)
        if period < known[key]:
            known[key] = period
            if kind in ("material", "resource"):
                yield from takers(links, (kind, key))


def _activity(reach: Reach, key: str) -> Iterator[Node]:
    links = reach.links
    activity = links.activities[key]
    ready = _ready(reach, ("activity", key))
    reach.start[key] = min(reach.start[key], _begins(reach, ("activity", key)))
    for flow in links.outputs[key]:
        arrival = _arrival(flow, activity.upper, ready, reach.periods)
        if arrival < reach.material[flow.material]:
            reach.material[flow.material] = arrival
            yield from takers(links, ("material", flow.material))


def _ready(reach: Reach, node: Node, made: Set[Node] = frozenset()) -> float:
    """Return the first period from which on all that something takes in every period is there when it takes it.

    What a group makes itself is left aside.
    """
    last = reach.periods
    waits = (
        min(reach.of(need[0])[need[1]], last) - age
        for need, age in needs(reach.links, node, always=True)
        if need not in made
    )
    return max(0.0, max(waits, default=0.0))


def _begins(reach: Reach, node: Node, made: Set[Node] = frozenset()) -> float:
    """Return the first period in which something may begin, what a group makes itself left aside."""
    kind, key = node
    upper = reach.links.activities[key].upper if kind == "activity" else reach.links.units[key].upper
    ready = _ready(reach, node, made)
    return _first_positive(upper, ready) if ready < reach.periods else NEVER


def needed_inputs(links: Links, key: str) -> list[MaterialLink]:
    """Inputs without which an activity cannot begin to produce: taken always, and no later than its first output."""
    first_output = min((flow.age for flow in links.outputs[key]), default=NEVER)
    return [flow for flow in links.inputs[key] if flow.high < 0 and flow.age <= first_output]


def _arrival(flow: MaterialLink, upper: Array | None, ready: float, periods: int) -> float:
    """Return the first arrival of an output: the start must lie inside the horizon and make something."""
    if ready >= periods:
        return NEVER
    if upper is None and flow.low > 0:
        return ready + flow.age
    makes = flow.amount if upper is None else np.minimum(flow.amount, upper)
    return _first_positive(makes, ready) + flow.age


def _unit(reach: Reach, key: str) -> Iterator[Node]:
    links = reach.links
    unit = links.units[key]
    if unit.total <= 0:
        return
    order = _begins(reach, ("unit", key))
    reach.order[key] = min(reach.order[key], order)
    for effect in links.added[key]:
        arrival = order + first_effect(effect)
        if arrival < reach.resource[effect.resource]:
            reach.resource[effect.resource] = arrival
            yield from takers(links, ("resource", effect.resource))
    for part in links.releases[key]:
        if order + part.age < reach.material[part.material]:
            reach.material[part.material] = order + part.age
            yield from takers(links, ("material", part.material))


def reasons(reach: Reach, material: str) -> list[str]:
    """Say why none of a material can be there inside the horizon: root causes, each a clause."""
    reasons: dict[str, None] = {}
    seen: set[Node] = set()
    _why_material(reach, material, reasons, seen)
    if not reasons:
        reasons[_round(reach, seen)] = None
    return list(reasons)


def _round(reach: Reach, seen: Iterable[Node]) -> str:
    """Say why nothing can be had of a loop in which each thing waits for another."""
    links = reach.links
    names = sorted((links.materials if kind == "material" else links.resources)[key].name for kind, key in seen)
    makers = (flow.activity for kind, key in seen if kind == "material" for flow in links.makers[key])
    if any(reach.start[maker] < reach.periods for maker in makers):
        go = "go" if len(names) > 1 else "goes"
        return f"{_and(names)} only {go} round, since no more comes out of the loop than goes in, and none is in stock"
    each = f"each of {_and(names)} needs another of them" if len(names) > 1 else f"{_and(names)} needs some of itself"
    return f"{each} first, and none is in stock"


def _and(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def _why_material(reach: Reach, key: str, why: dict[str, None], seen: set[Node]) -> None:
    if ("material", key) in seen or reach.material[key] < reach.periods:
        return
    seen.add(("material", key))
    links = reach.links
    if not links.makers[key] and not links.releasers[key]:
        why[f"nothing makes '{links.materials[key].name}' and none is in stock"] = None
    for flow in links.makers[key]:
        _why_activity(reach, flow, why, seen)
    for part in links.releasers[key]:
        _why_unit(reach, part.unit, part.age, why, seen)


def _why_activity(reach: Reach, flow: MaterialLink, why: dict[str, None], seen: set[Node]) -> None:
    links, key = reach.links, flow.activity
    activity = links.activities[key]
    if _misses(reach, ("activity", key), flow.age, why, seen):
        return
    if math.isinf(reach.start[key]):
        why[f"'{activity.name}' may not run once its inputs are there (its upper limit is 0)"] = None
    elif reach.start[key] + flow.age >= reach.periods:
        why[
            f"'{activity.name}' can start in {reach.label(reach.start[key])} at the earliest and takes "
            f"{flow.age} periods, which ends after the horizon"
        ] = None
    else:
        why[f"'{activity.name}' yields nothing in the periods in which it can run"] = None


def _misses(reach: Reach, node: Node, age: int, why: dict[str, None], seen: set[Node]) -> bool:
    """Whether something that gives at an age needs what can never be there, and say why that cannot."""
    kind, key = node
    last, begins = reach.periods, reach.of(kind)[key]
    missing = False
    for need, taken in needs(reach.links, node, always=True):
        had = begins + taken < last <= begins + age  # it runs on it, only too late
        if taken <= age and reach.of(need[0])[need[1]] >= last and not had:
            missing = True
            (_why_material if need[0] == "material" else _why_resource)(reach, need[1], why, seen)
    return missing


def _why_resource(reach: Reach, key: str, why: dict[str, None], seen: set[Node]) -> None:
    if ("resource", key) in seen:
        return
    seen.add(("resource", key))
    links = reach.links
    if not links.adders[key]:
        why[f"the resource '{links.resources[key].name}' has no capacity and no unit adds any"] = None
    for effect in links.adders[key]:
        _why_unit(reach, effect.unit, first_effect(effect), why, seen)


def _why_unit(reach: Reach, key: str, age: int, why: dict[str, None], seen: set[Node]) -> None:
    links = reach.links
    unit = links.units[key]
    if _misses(reach, ("unit", key), age, why, seen):
        return
    if math.isinf(reach.order[key]):
        why[f"no '{unit.name}' may be ordered"] = None
    else:
        why[
            f"'{unit.name}' can be ordered in {reach.label(reach.order[key])} at the earliest and takes {age} "
            "periods, which ends after the horizon"
        ] = None

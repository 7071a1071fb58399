r"""Earliest arrival: the first period in which anything of a material, or any of a capacity, can be there.

An optimistic bound, amounts left aside. With :math:`e_i` the earliest period of a material and :math:`e_r` of
a resource, an activity starts no earlier than

.. math:: s_a = \max\bigl(\max_i (e_i - \tau_i),\ \max_r (e_r - \tau_r),\ 0\bigr)

over its resources and the inputs that it needs before its first output, at their ages :math:`\tau`, then in the next
period in which its upper limit lets it, and its products arrive at :math:`s_a + \tau`. A unit is ordered by the same
rule from the materials that it consumes and the resources that it occupies. Everything starts at infinity and falls
until nothing changes; then loops that can run on what they make themselves are started, and it goes on. What stays at
infinity can never be there, and the reason is found by walking upstream.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

import numpy as np

from fabopt.network.links import Links, MaterialLink
from fabopt.network.loops import distinct_periods, groups, self_starting
from fabopt.network.tables import Array, UnitEffect

NEVER = math.inf


@dataclass
class Reach:
    """Earliest periods (indices; infinity where never; beyond the horizon where too late to be seen).

    Attributes
    ----------
    material, resource
        Earliest period in which there is some.
    start, order
        Earliest start of an activity and order of a unit.
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
    found = np.flatnonzero(numbers[int(start) :] > 0)
    return int(start) + int(found[0]) if found.size else NEVER


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
    for group in reversed(groups(links)):
        _settle(reach, _loop(reach, group))
    return reach


def _settle(reach: Reach, first: Iterable[tuple[str, str]]) -> None:
    """Let everything fall until nothing changes, from activities and units that are looked at first."""
    waiting = deque(first)
    queued = set(waiting)
    while waiting:
        kind, key = waiting.popleft()
        queued.discard((kind, key))
        changed = _activity(reach, key) if kind == "activity" else _unit(reach, key)
        for follower in changed:
            if follower not in queued:
                queued.add(follower)
                waiting.append(follower)


def _loop(reach: Reach, group: list[str]) -> Iterator[tuple[str, str]]:
    """Start the activities of a group that nothing but their own products keeps from starting."""
    links = reach.links
    made = {flow.material for key in group for flow in links.outputs[key]}
    ready = {key: _ready(reach, key, made) for key in group if math.isinf(reach.start[key])}
    for period in sorted({*distinct_periods(links, group), *ready.values()}):
        if period >= reach.periods or not ready:
            return
        able = (key for key in ready if ready[key] <= period)
        members = [key for key in able if _first_positive(links.activities[key].upper, period) == period]
        had = {material for material, first in reach.material.items() if first <= period}
        running = self_starting(links, members, int(period), had) if members else []
        for key in running:
            reach.start[key] = period
            for flow in links.outputs[key]:
                reach.material[flow.material] = min(reach.material[flow.material], period + flow.age)
                yield from _followers_of_material(links, flow.material)
        if running:
            return


def _ready(reach: Reach, key: str, made: Set[str]) -> float:
    """Return the earliest start of an activity as far as what it needs from outside a loop goes."""
    links = reach.links
    needs = [flow for flow in needed_inputs(links, key) if flow.material not in made]
    ready = max((reach.material[flow.material] - flow.age for flow in needs), default=0.0)
    uses = (reach.resource[use.resource] - use.age for use in links.uses[key] if use.low > 0)
    return max(0.0, ready, *uses)


def _activity(reach: Reach, key: str) -> Iterator[tuple[str, str]]:
    links = reach.links
    activity = links.activities[key]
    ready = 0.0
    for flow in needed_inputs(links, key):
        ready = max(ready, reach.material[flow.material] - flow.age)
    for use in links.uses[key]:
        if use.low > 0:
            ready = max(ready, reach.resource[use.resource] - use.age)
    reach.start[key] = min(reach.start[key], _start(activity.upper, ready, reach.periods))
    for flow in links.outputs[key]:
        arrival = _arrival(flow, activity.upper, ready, reach.periods)
        if arrival < reach.material[flow.material]:
            reach.material[flow.material] = arrival
            yield from _followers_of_material(links, flow.material)


def needed_inputs(links: Links, key: str) -> list[MaterialLink]:
    """Inputs without which an activity cannot begin to produce: taken in every period, no later than its first output.

    What is paid back later may come out of the product itself.
    """
    first_output = min((flow.age for flow in links.outputs[key]), default=NEVER)
    return [flow for flow in links.inputs[key] if flow.high < 0 and flow.age <= first_output]


def _start(upper: Array | None, ready: float, periods: int) -> float:
    return _first_positive(upper, ready) if ready < periods else NEVER


def _arrival(flow: MaterialLink, upper: Array | None, ready: float, periods: int) -> float:
    """Return the first arrival of an output: the start must lie inside the horizon and make something."""
    if ready >= periods:
        return NEVER
    if upper is None and flow.low > 0:
        return ready + flow.age
    makes = flow.amount if upper is None else np.minimum(flow.amount, upper)
    return _first_positive(makes, ready) + flow.age


def _unit(reach: Reach, key: str) -> Iterator[tuple[str, str]]:
    links = reach.links
    unit = links.units[key]
    ready = 0.0
    for part in links.parts[key]:
        ready = max(ready, reach.material[part.material] - part.age)
    for effect in links.occupied[key]:
        ready = max(ready, reach.resource[effect.resource] - effect.first_age)
    if unit.total <= 0:
        return
    order = _start(unit.upper, ready, reach.periods)
    if order >= reach.order[key]:
        return
    reach.order[key] = order
    for effect in links.added[key]:
        arrival = order + first_effect(effect)
        if arrival < reach.resource[effect.resource]:
            reach.resource[effect.resource] = arrival
            yield from (("activity", use.activity) for use in links.users[effect.resource])
            yield from (("unit", other.unit) for other in links.occupiers[effect.resource])
    for part in links.releases[key]:
        if order + part.age < reach.material[part.material]:
            reach.material[part.material] = order + part.age
            yield from _followers_of_material(links, part.material)


def first_effect(effect: UnitEffect) -> int:
    """Age at which an effect first adds capacity."""
    return effect.first_age + int(np.flatnonzero(effect.profile > 0)[0])


def _followers_of_material(links: Links, material: str) -> Iterator[tuple[str, str]]:
    yield from (("activity", flow.activity) for flow in links.takers[material])
    yield from (("unit", part.unit) for part in links.part_of[material])


def reasons(reach: Reach, material: str) -> list[str]:
    """Say why none of a material can be there inside the horizon: root causes, each a clause."""
    found: dict[str, None] = {}
    seen: set[tuple[str, str]] = set()
    _why_material(reach, material, found, seen)
    if not found:
        names = [reach.links.materials[key].name for kind, key in seen if kind == "material"]
        found[f"each of {_and(sorted(names))} needs another of them first, and none is in stock"] = None
    return list(found)


def _and(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def _why_material(reach: Reach, key: str, found: dict[str, None], seen: set[tuple[str, str]]) -> None:
    if ("material", key) in seen or reach.material[key] < reach.periods:
        return
    seen.add(("material", key))
    links = reach.links
    if not links.makers[key] and not links.releasers[key]:
        found[f"nothing makes '{links.materials[key].name}' and none is in stock"] = None
    for flow in links.makers[key]:
        _why_activity(reach, flow, found, seen)
    for part in links.releasers[key]:
        _why_unit(reach, part.unit, part.age, found, seen)


def _why_activity(reach: Reach, flow: MaterialLink, found: dict[str, None], seen: set[tuple[str, str]]) -> None:
    links, key = reach.links, flow.activity
    activity = links.activities[key]
    missing = False
    for other in needed_inputs(links, key):
        if reach.material[other.material] - other.age >= reach.periods:
            missing = True
            _why_material(reach, other.material, found, seen)
    for use in links.uses[key]:
        if use.low > 0 and reach.resource[use.resource] - use.age >= reach.periods:
            missing = True
            _why_resource(reach, use.resource, found, seen)
    if missing:
        return
    if math.isinf(reach.start[key]):
        found[f"'{activity.name}' may not run once its inputs are there (its upper limit is 0)"] = None
    elif reach.start[key] + flow.age >= reach.periods:
        found[
            f"'{activity.name}' can start in {reach.label(reach.start[key])} at the earliest and takes "
            f"{flow.age} periods, which ends after the horizon"
        ] = None
    else:
        found[f"'{activity.name}' yields nothing in the periods in which it can run"] = None


def _why_resource(reach: Reach, key: str, found: dict[str, None], seen: set[tuple[str, str]]) -> None:
    if ("resource", key) in seen:
        return
    seen.add(("resource", key))
    links = reach.links
    if not links.adders[key]:
        found[f"the resource '{links.resources[key].name}' has no capacity and no unit adds any"] = None
    for effect in links.adders[key]:
        _why_unit(reach, effect.unit, first_effect(effect), found, seen)


def _why_unit(reach: Reach, key: str, age: int, found: dict[str, None], seen: set[tuple[str, str]]) -> None:
    links = reach.links
    unit = links.units[key]
    missing = False
    for part in links.parts[key]:
        if reach.material[part.material] - part.age >= reach.periods:
            missing = True
            _why_material(reach, part.material, found, seen)
    for effect in links.occupied[key]:
        if reach.resource[effect.resource] - effect.first_age >= reach.periods:
            missing = True
            _why_resource(reach, effect.resource, found, seen)
    if missing:
        return
    if math.isinf(reach.order[key]):
        found[f"no '{unit.name}' may be ordered"] = None
    else:
        found[
            f"'{unit.name}' can be ordered in {reach.label(reach.order[key])} at the earliest and takes {age} "
            "periods, which ends after the horizon"
        ] = None

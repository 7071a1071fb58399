"""Who makes, uses and adds to what in a lowered network: lookups that the structural checks share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fabopt.network.tables import (
    Activity,
    Array,
    Demand,
    Flow,
    Material,
    Network,
    Resource,
    Unit,
    UnitEffect,
    UnitMaterial,
    Use,
)


@dataclass(frozen=True, slots=True)
class MaterialLink:
    """A flow between an activity and a material, with its least and its largest amount over the periods."""

    activity: str
    material: str
    age: int
    amount: Array
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """An activity's use of a resource, with its least and its largest amount over the periods."""

    activity: str
    resource: str
    age: int
    amount: Array
    low: float
    high: float


@dataclass(frozen=True)
class Links:
    """A network's records by what they refer to.

    Attributes
    ----------
    inputs, outputs
        Flows of an activity that consume or produce in some period.
    makers, takers
        Flows into and out of a material.
    uses, users
        Uses by activity and by resource, where positive in some period.
    added, occupied
        Effects of a unit on resources, by sign.
    adders, occupiers
        The same by resource.
    parts, releases
        Materials that an order of a unit uses and sets free.
    releasers
        Releases by material.
    """

    net: Network
    materials: dict[str, Material]
    activities: dict[str, Activity]
    resources: dict[str, Resource]
    units: dict[str, Unit]
    inputs: dict[str, list[MaterialLink]] = field(default_factory=lambda: defaultdict(list))
    outputs: dict[str, list[MaterialLink]] = field(default_factory=lambda: defaultdict(list))
    makers: dict[str, list[MaterialLink]] = field(default_factory=lambda: defaultdict(list))
    takers: dict[str, list[MaterialLink]] = field(default_factory=lambda: defaultdict(list))
    uses: dict[str, list[ResourceLink]] = field(default_factory=lambda: defaultdict(list))
    users: dict[str, list[ResourceLink]] = field(default_factory=lambda: defaultdict(list))
    added: dict[str, list[UnitEffect]] = field(default_factory=lambda: defaultdict(list))
    occupied: dict[str, list[UnitEffect]] = field(default_factory=lambda: defaultdict(list))
    adders: dict[str, list[UnitEffect]] = field(default_factory=lambda: defaultdict(list))
    occupiers: dict[str, list[UnitEffect]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, list[UnitMaterial]] = field(default_factory=lambda: defaultdict(list))
    part_of: dict[str, list[UnitMaterial]] = field(default_factory=lambda: defaultdict(list))
    releases: dict[str, list[UnitMaterial]] = field(default_factory=lambda: defaultdict(list))
    releasers: dict[str, list[UnitMaterial]] = field(default_factory=lambda: defaultdict(list))
    demands: dict[str, list[Demand]] = field(default_factory=lambda: defaultdict(list))


def link(net: Network) -> Links:
    """Index a network by its references."""
    links = Links(
        net,
        {record.id: record for record in net.materials},
        {record.id: record for record in net.activities},
        {record.id: record for record in net.resources},
        {record.id: record for record in net.units},
    )
    for flow, low, high in zip(net.flows, *_extremes(net.flows), strict=True):
        edge = MaterialLink(flow.activity, flow.material, flow.age, flow.amount, low, high)
        if low < 0:
            links.inputs[flow.activity].append(edge)
            links.takers[flow.material].append(edge)
        if high > 0:
            links.outputs[flow.activity].append(edge)
            links.makers[flow.material].append(edge)
    for use, low, high in zip(net.uses, *_extremes(net.uses), strict=True):
        if high > 0:
            used = ResourceLink(use.activity, use.resource, use.age, use.amount, low, high)
            links.uses[use.activity].append(used)
            links.users[use.resource].append(used)
    for effect in net.unit_effects:
        if np.max(effect.profile, initial=0.0) > 0:
            links.added[effect.unit].append(effect)
            links.adders[effect.resource].append(effect)
        if np.min(effect.profile, initial=0.0) < 0:
            links.occupied[effect.unit].append(effect)
            links.occupiers[effect.resource].append(effect)
    for part in net.unit_materials:
        by_unit, by_material = (
            (links.parts, links.part_of) if np.min(part.amount) < 0 else (links.releases, links.releasers)
        )
        by_unit[part.unit].append(part)
        by_material[part.material].append(part)
    for demand in net.demands:
        links.demands[demand.material].append(demand)
    return links


def _extremes(records: Sequence[Flow | Use]) -> tuple[list[float], list[float]]:
    """Least and largest amount of each record, all at once."""
    if not records:
        return [], []
    amounts = np.array([record.amount for record in records])
    return amounts.min(axis=1).tolist(), amounts.max(axis=1).tolist()

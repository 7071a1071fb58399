r"""Lanes: goods that are made in one region and needed in another take time and money on the way.

A material :math:`i` of a kind that lanes carry (packages and racks to sites, dies and stacks to
packaging) becomes one material
for each region that it is made in and has a lane out of, one for each region that it is needed in and has a lane to,
and one for everywhere else. Between them goods are carried, an activity with the time and the charge of its lane, or
with neither where there is no lane:

.. math:: i_o \xrightarrow{\;L_{od}\;} i_d \qquad\text{and}\qquad i \xrightarrow{\;0\;} i_d

What is in stock or in work at the decision date, and what comes from outside, has no region: it is the material
:math:`i` itself, and is wherever it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fabopt.domain.charges import GoodsName, Lane
from fabopt.domain.components import RACK
from fabopt.domain.kinds import Role
from fabopt.network.lowering.builder import PER_THOUSAND, Chain
from fabopt.network.tables import Activity, Flow, Material, Network, Payment, Tags, Term

CARRIED: Mapping[GoodsName, tuple[Role, Role]] = {
    "packages": ("package", "shipment"),
    "racks": ("component", "shipment"),
    "dies": ("die", "package_start"),
    "stacks": ("stack", "package_start"),
}
"""Role of the material of each kind of goods, and of the activities that take it where it is needed."""

ELSEWHERE = ""
"""Where goods are needed that no lane leads to."""


def lower_lanes(chain: Chain, net: Network) -> Network:
    """Return the network in which goods that cross regions go by the lanes of its instance."""
    if not chain.instance.lanes:
        return net
    carrying = _Carrying(chain, net)
    for goods in CARRIED:
        for material in net.materials:
            if material.tags.role == CARRIED[goods][0] and (goods != "racks" or material.unit == f"k{RACK}"):
                carrying.carry(goods, material)
    return carrying.network()


@dataclass
class _Carrying:
    chain: Chain
    net: Network
    materials: list[Material] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where what an activity makes or takes of a material is: by activity and material."""
    changed: dict[str, Material | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tags = {activity.id: activity.tags for activity in self.net.activities}
        self.by_material: dict[str, list[Flow]] = {}
        for flow in self.net.flows:
            self.by_material.setdefault(flow.material, []).append(flow)

    def carry(self, goods: GoodsName, material: Material) -> None:
        """Put a material where it is made and where it is needed, with the ways between."""
        flows = self.by_material.get(material.id, [])
        makers = {f.activity: self.tags[f.activity].region for f in flows if f.amount.max() > 0.0}
        takers = {
            f.activity: tags.region if tags.role == CARRIED[goods][1] else ELSEWHERE
            for f in flows
            if f.amount.min() < 0.0
            for tags in (self.tags[f.activity],)
        }
        lanes = {
            (o, d): lane
            for o in dict.fromkeys(makers.values())
            for d in dict.fromkeys(takers.values())
            for lane in self._between(goods, o, d)
        }
        if not lanes:
            return
        origins = dict.fromkeys(o for o, _ in lanes)
        reached = {d for _, d in lanes}
        goals = dict.fromkeys(d if d in reached else ELSEWHERE for d in takers.values())
        self.moved |= {(maker, material.id): _at(material, o) for maker, o in makers.items() if o in origins}
        for taker, d in takers.items():
            self.moved[taker, material.id] = _for(material, d if d in reached else ELSEWHERE)
        # What should be held in stock is held where it is made.
        stored = replace(material, opening=0.0, receipts=None)
        for n, origin in enumerate(origins):
            here = stored if n == 0 else replace(stored, safety_stock=None)
            self._material(here, _at(material, origin), f"{material.name} in {origin}", origin)
        # Without a region are stocks, work in progress, what others make of it, and what contracts bring from outside.
        held = bool(material.opening or material.receipts is not None or set(makers.values()) - set(origins))
        held = held or bool(self.chain.instance.contracts)
        self.changed[material.id] = replace(material, safety_stock=None) if held else None
        for goal in goals:
            where = f" for {goal}" if goal else " for other regions"
            bare = replace(stored, safety_stock=None)
            self._material(bare, _for(material, goal), f"{material.name}{where}", goal)
            if held:
                self._way(goods, material, material.id, goal, None, ELSEWHERE)
            for origin in origins:
                self._way(goods, material, _at(material, origin), goal, lanes.get((origin, goal)), origin)

    def _between(self, goods: GoodsName, origin: str, destination: str) -> Iterator[Lane]:
        for lane in self.chain.instance.lanes.values():
            if goods in lane.goods and origin in lane.origins and destination in lane.destinations:
                yield lane

    def _material(self, like: Material, key: str, name: str, region: str) -> None:
        self.materials.append(replace(like, id=key, name=name, tags=replace(like.tags, region=region)))

    def _way(
        self, goods: GoodsName, material: Material, source: str, goal: str, lane: Lane | None, origin: str
    ) -> None:
        """Add what carries a material to where it is needed."""
        chain, tags = self.chain, material.tags
        payer = tags.customer or tags.owner
        key = f"carry:{source}:{goal or 'elsewhere'}"
        label = Tags(
            stage="lane", customer=payer, item=tags.item, chip=tags.chip, node=tags.node, region=goal,
            kind="lane", role="carriage", field=_field(chain, lane),
        )  # fmt: skip
        whence = f" from {origin}" if origin else " in stock"
        name = f"{material.name}{whence} to {goal or 'elsewhere'}"
        price = chain.flat(0.0) if lane is None else chain.mean(lane.goods[goods]) * PER_THOUSAND
        free = lane is None or not price.any()
        outside = lane is None or lane.carrier is None
        cost = None if free or not outside else price
        self.activities.append(Activity(key, name, material.unit, label, cost=cost, bearer=payer))
        if lane is not None and not free and lane.carrier is not None:
            term = Term("activity", key, chain.flat(1.0))
            self.payments.append(Payment(payer, lane.carrier, "freight", term, price, tags.item, material.unit))
        self.flows.append(Flow(key, source, 0, chain.flat(-1.0)))
        first, weights = chain.lengths.arrive(chain.lead(0.0 if lane is None else lane.transit.value))
        for k, weight in enumerate(weights):
            if np.any(weight):
                amount = np.broadcast_to(np.asarray(weight, dtype=float), (chain.n,)).copy()
                self.flows.append(Flow(key, _for(material, goal), min(first + k, chain.n), amount))

    def network(self) -> Network:
        """Return the network with the lanes."""
        net = self.net
        return replace(
            net,
            materials=(*(kept for m in net.materials if (kept := self.changed.get(m.id, m))), *self.materials),
            activities=(*net.activities, *self.activities),
            flows=(
                *(replace(f, material=self.moved.get((f.activity, f.material), f.material)) for f in net.flows),
                *self.flows,
            ),
            payments=(*net.payments, *self.payments),
        )


def _at(material: Material, region: str) -> str:
    return f"{material.id}:in:{region}"


def _for(material: Material, region: str) -> str:
    return f"{material.id}:for:{region or 'elsewhere'}"


def _field(chain: Chain, lane: Lane | None) -> str:
    return next((f"lanes.{key}" for key, known in chain.instance.lanes.items() if known is lane), "")

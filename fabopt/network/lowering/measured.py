r"""Measures of the chain in decisions: what limits and charges speak of, chosen by tags.

With the records R that the tags choose, the starts x, orders y, stocks s and deliveries d of a period are

=================  ====================================================================================================
measure            what it is
=================  ====================================================================================================
shipments, starts  :math:`\sum_R x_a(t)` over the starts of that role
orders             :math:`\sum_R y_e(t)`
capacity ordered   :math:`\sum_R \sum_e p_e\, y_e(t)` with the capacity p that a unit adds in the end
capacity           :math:`\sum_R K_r(t)`: what is there, what units add by then, less what is retired
power              :math:`\sum_R \sum_\tau \rho_{a,\tau}\, x_a(t-\tau)` of power; IT power: that over the PUE
electricity        facility power times the hours of the period
compute            :math:`\sum_R \sum_\tau w\, \mu_{a,\tau}\, x_a(t-\tau)` with the weight w that demands give it
compute shipped    shipments, each times what the chip does on the workload that suits it best; power: what it draws
stock, deliveries  :math:`\sum_R s_i(t)`, :math:`\sum_R d_j(t)`
HBM, interposers,  counted record by record (:mod:`fabopt.network.lowering.counted`)
tools, installed
spending           all that a party pays for what is chosen (:mod:`fabopt.network.lowering.budgets`)
cash               what it is paid, and what deliveries to it are worth, less that
emissions          :math:`\sum_f e_f(t)\, M_f(t)` over the factors f of the instance and what they stand on
=================  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from fabopt.domain.base import Fault
from fabopt.domain.measured import MEASURED, TAGS, MeasureName, Tagged, TagName, Where
from fabopt.domain.parties import parties
from fabopt.domain.references import nearest
from fabopt.network.links import Links, link
from fabopt.network.lowering.budgets import paid
from fabopt.network.lowering.builder import HOURS_PER_YEAR, Chain
from fabopt.network.lowering.counted import COUNTED, WORTH, Counted, passes
from fabopt.network.lowering.policy_scope import Expression, Key, by_order, retired
from fabopt.network.lowering.stops import later
from fabopt.network.parties import What, parties_of, payments_between
from fabopt.network.tables import (
    CONTRACT,
    DECISIONS,
    Activity,
    Array,
    Demand,
    Material,
    Network,
    Resource,
    Tags,
    Term,
    Unit,
)

ROLES: Mapping[MeasureName, str] = {
    "shipments": "shipment",
    "compute_shipped": "shipment",
    "it_power_shipped": "shipment",
    "power_shipped": "shipment",
    "wafer_starts": "wafer_start",
    "packages": "package_start",
    "activities": "",
}
"""Role of the activities that a measure counts; empty: any."""

_TABLE = {"on": "activity", "switch": "activity", "placed": "unit", "retire": "unit", "value": "demand"}
"""Table of the record that a kind of term is about, where it is not its own name."""

Wheres = Sequence[Tagged]


@dataclass
class Sum:
    """A measure in decisions.

    Attributes
    ----------
    terms, standing
        The decisions, and what is there whatever is decided, by whose it is ``[T]``.
    chosen
        Tags of the records that count.
    units
        Units in which they are counted.
    opening
        What it was in the period before the first; None where the instance does not say.
    """

    periods: int
    terms: Expression = field(default_factory=Expression)
    standing: dict[str, Array] = field(default_factory=dict)
    chosen: list[Tags] = field(default_factory=list)
    units: dict[str, None] = field(default_factory=dict)
    opening: float | None = None

    @property
    def constant(self) -> Array:
        """What is there whatever is decided ``[T]``."""
        return sum(self.standing.values(), np.zeros(self.periods))

    def stands(self, owner: str, amount: Array) -> None:
        """Add what is there whatever is decided."""
        self.standing[owner] = self.standing.get(owner, 0.0) + amount

    def count(self, tags: Tags, unit: str) -> None:
        """Note a record that counts."""
        self.chosen.append(tags)
        self.units[unit] = None

    def add(self, kind: str, key: str, coefficient: Array, shift: int = 0) -> None:
        """Add a term."""
        self.terms.add((kind, key, shift), coefficient)


class Scope:
    """A network, in which tags choose what counts."""

    def __init__(self, chain: Chain, net: Network) -> None:
        self.chain, self.net, self.n = chain, net, chain.n
        self.ones = np.ones(chain.n)
        self._parts: dict[MeasureName, Sequence[Counted]] = {}
        self._bills: dict[str, Sequence[Term]] = {}

    @cached_property
    def links(self) -> Links:
        """The network's records by what they refer to."""
        return link(self.net)

    @cached_property
    def tags(self) -> dict[tuple[str, str], Tags]:
        """Tags by kind and id of a record that terms may name."""
        net = self.net
        tables = (("activity", net.activities), ("unit", net.units), ("stock", net.materials), ("demand", net.demands))
        return {(kind, record.id): record.tags for kind, records in tables for record in records}

    @cached_property
    def bearers(self) -> dict[tuple[str, str], str]:
        """Party that bears the cost of a record, by kind and id."""
        net = self.net
        tables: tuple[tuple[str, What, Sequence[Activity | Unit | Material | Demand]], ...] = (
            ("activity", "activity", net.activities),
            ("unit", "unit", net.units),
            ("stock", "material", net.materials),
            ("demand", "demand", net.demands),
        )
        bearers: dict[tuple[str, str], str] = {}
        for kind, what, records in tables:
            names = parties_of(net, what).tolist()
            bearers |= {(kind, record.id): name for record, name in zip(records, names, strict=True)}
        return bearers

    def bearer(self, key: Key) -> str:
        """Return who bears the cost of what a term names."""
        return self.bearers[_TABLE.get(key[0], key[0]), key[1]]

    @cached_property
    def known(self) -> dict[TagName, tuple[str, ...]]:
        """Values of each tag that records of the network have, or records of the instance may have."""
        data = self.chain.instance
        every = [*self.tags.values(), *(resource.tags for resource in self.net.resources)]
        sections = {
            "owner": parties(data), "customer": parties(data), "designer": data.designers, "chip": data.chips,
            "node": data.nodes, "lab": data.labs, "site": data.sites, "workload": data.workloads,
        }  # fmt: skip
        return {
            tag: tuple(dict.fromkeys(v for v in (*(self.value(tag, t) for t in every), *sections.get(tag, ())) if v))
            for tag in TAGS
        }

    def value(self, tag: TagName, tags: Tags) -> str:
        """Return a tag of a record; designer, origin and destination follow from the others."""
        data = self.chain.instance
        if tag == "designer":
            if tags.chip in data.chips:
                return data.chips[tags.chip].designer
            if tags.stage == "compute":
                return tags.item
            if tags.stage == "deployment":
                return tags.owner if tags.owner != tags.lab else tags.item
            return tags.customer if tags.customer in data.designers else ""
        if tag in ("origin", "destination"):
            maker = data.designers.get(self.value("designer", tags))
            home = "" if maker is None else maker.region
            shipped = tags.role in ("shipment", "operation")
            return home if (tag == "origin") == shipped else tags.region
        return str(getattr(tags, tag))

    def has(self, tags: Tags, where: Tagged) -> bool:
        """Return whether a record has the tags named."""
        return where.takes(lambda tag: self.value(tag, tags))

    def chosen(self, tags: Tags, wheres: Wheres) -> bool:
        """Return whether a record counts."""
        return tags.stage != CONTRACT and all(self.has(tags, where) for where in wheres)

    def each(self, names: Sequence[TagName], chosen: Iterable[Tags]) -> Iterator[dict[TagName, str]]:
        """Yield the different values that chosen records have of some tags together, where they have all of them."""
        distinct = dict.fromkeys(tuple(self.value(tag, tags) for tag in names) for tags in chosen)
        return (dict(zip(names, values, strict=True)) for values in distinct if all(values))

    def faults(self, where: Where) -> Iterator[Fault]:
        """Yield a fault for each tag that nothing has."""
        for part, prefix in ((where, ()), (where.not_, ("not",))):
            for tag, values in part.named if part is not None else ():
                for value in values:
                    if value not in self.known[tag]:
                        hint = nearest(value, self.known[tag])
                        yield Fault((*prefix, tag), f"nothing has the {tag} '{value}'", hint)

    def measure(self, of: MeasureName, wheres: Wheres, party: str = "") -> Sum:
        """Return a measure of what some tags choose together, of a party where it is one's."""
        total = Sum(self.n)
        if of in ROLES:
            self._activities(total, of, wheres)
        elif of in COUNTED:
            self._counted(total, of, wheres)
        elif of == "emissions":
            self._emissions(total, wheres)
        else:
            _OF[of](self, total, wheres, party)
        return total

    def _activities(self, total: Sum, of: MeasureName, wheres: Wheres) -> None:
        role, history = ROLES[of], self.chain.build.history
        total.opening = 0.0
        for activity in self.net.activities:
            if (role and activity.tags.role != role) or not self.chosen(activity.tags, wheres):
                continue
            each = WORTH[of](self.chain.instance, activity.tags) if of in WORTH else 1.0
            total.count(activity.tags, activity.unit if of == "activities" else MEASURED[of].units[0])
            total.add("activity", activity.id, each * self.ones)
            total.opening += each * history.get(activity.id, 0.0)

    def parts(self, of: MeasureName) -> Sequence[Counted]:
        """Return what a measure counts record by record, before tags choose of it."""
        if of not in self._parts:
            self._parts[of] = tuple(COUNTED[of](self.chain, self.net, of))
        return self._parts[of]

    def _counted(self, total: Sum, of: MeasureName, wheres: Wheres) -> None:
        total.opening = None if of == "tools_delivered" else 0.0
        for part in self.parts(of):
            if not self.chosen(part.tags, wheres):
                continue
            if total.opening is not None:
                total.opening += part.opening
            total.count(part.tags, MEASURED[of].units[0])
            if part.key:
                total.add(part.kind, part.key, part.amount, part.age)
            else:
                total.stands(part.tags.owner, part.amount)

    def _emissions(self, total: Sum, wheres: Wheres) -> None:
        for factor in self.chain.instance.factors.values():
            part = self.measure(factor.of, [*wheres, factor.where])
            value = self.chain.mean(factor.value)
            total.terms = total.terms.plus(part.terms, value)
            for owner, there in part.standing.items():
                total.stands(owner, value * there)
            total.chosen += part.chosen
        total.units = {"kt": None}

    def _orders(self, total: Sum, wheres: Wheres, party: str) -> None:
        for unit in self.net.units:
            if unit.instrument not in DECISIONS and self.chosen(unit.tags, wheres):
                total.count(unit.tags, unit.unit)
                total.add("unit", unit.id, self.ones)

    def _resources(self, total: Sum, wheres: Wheres) -> dict[str, tuple[Resource, Array]]:
        """Return the resources that count, each with what a capacity of a period is divided by to be one in its unit.

        A rate is stated a month, that of a plain network for a period as long as the first.
        """
        plain = self.chain.instance.network
        here: dict[str, tuple[Resource, Array]] = {}
        for resource in self.net.resources:
            if not self.chosen(resource.tags, wheres):
                continue
            per, unit = self.ones, resource.unit
            if resource.kind == "rate":
                own = plain is not None and resource.id in plain.resources
                yearly = resource.unit == "tool"
                per = self.chain.lengths.sizes if own else self.chain.years if yearly else self.chain.months
                unit = resource.unit if own else f"{resource.unit}/{'year' if yearly else 'month'}"
            here[resource.id] = resource, per
            total.count(resource.tags, unit)
        return here

    def _capacity_added(self, total: Sum, wheres: Wheres, party: str) -> None:
        here = self._resources(total, wheres)
        for effect in self.net.unit_effects:
            if effect.resource in here and effect.gains:
                full = effect.grown(self.n) / here[effect.resource][1]
                total.add("unit", effect.unit, full)

    def _tools_standing(self, total: Sum, wheres: Wheres, party: str) -> None:
        here = {}
        for resource in self.net.resources:
            if resource.tags.role == "exposures" and self.chosen(resource.tags, wheres):
                here[resource.id] = resource, passes(self.chain, resource.tags)
                total.count(resource.tags, "tool")
        self._there(total, here)

    def _capacity(self, total: Sum, wheres: Wheres, party: str) -> None:
        self._there(total, self._resources(total, wheres))

    def _there(self, total: Sum, here: Mapping[str, tuple[Resource, Array]]) -> None:
        """Add what is there of resources, each divided by what makes one in the unit."""
        units, belongs = self.links.units, dict(self.net.belongs)
        total.opening = 0.0
        # The base counts only what work in progress leaves.
        spent = {key: np.zeros(self.n) for key in here}
        history = self.chain.build.history
        for use in self.chain.build.uses if history else ():
            if use.resource in here and use.activity in history:
                spent[use.resource] += history[use.activity] * self.chain.build.brought(use)
        for resource, per in here.values():
            there = (resource.base + spent[resource.id]) / per
            total.stands(belongs.get(resource.tags.owner, resource.tags.owner), there)
            total.opening += float(there[0])
        for effect in self.net.unit_effects:
            # What is turned to another use is no longer there; what is only occupied is.
            turned = effect.persistent and units[effect.unit].tags.role == "expansion"
            if effect.resource in here and (effect.gains or (turned and here[effect.resource][0].kind == "rate")):
                added = Expression()
                by_order(added, effect, self.n, 1.0)
                if units[effect.unit].retire_cost is not None and effect.persistent and effect.gains:
                    retired(added, effect, self.n)
                total.terms = total.terms.plus(added, 1.0 / here[effect.resource][1])

    def _power(self, total: Sum, wheres: Wheres, it: bool = False, hours: Array | None = None) -> None:
        powers = {resource.id for resource in self.net.resources if resource.tags.role == "power"}
        sites = self.chain.instance.sites
        for use in self.net.uses:
            tags = self.tags["activity", use.activity]
            if use.resource in powers and self.chosen(tags, wheres):
                pue = sites[tags.site].pue.value if it and tags.site in sites else 1.0
                amount = later(use.amount, use.age) / pue
                total.count(tags, "MW" if hours is None else "GWh")
                if hours is not None:
                    # Electricity is what is drawn and paid for: the mean draw, of the power that is kept for it.
                    amount = amount * hours * (sites[tags.site].load_factor.value if tags.site in sites else 1.0)
                total.add("activity", use.activity, amount, use.age)

    def _compute(self, total: Sum, wheres: Wheres, party: str) -> None:
        weights = {demand.material: demand.weight for demand in self.net.demands if demand.weight > 0.0}

        def wanted(tags: Tags) -> bool:
            if not self.chosen(tags, wheres):
                return False
            total.count(tags, "kH100e")
            return True

        total.terms = computed(self.links, weights, wanted)

    def _stock(self, total: Sum, wheres: Wheres, party: str) -> None:
        total.opening = 0.0
        for material in self.net.materials:
            if material.storable and self.chosen(material.tags, wheres):
                total.count(material.tags, material.unit)
                total.add("stock", material.id, self.ones)
                total.opening += material.opening

    def _deliveries(self, total: Sum, wheres: Wheres, party: str) -> None:
        units = {material.id: material.unit for material in self.net.materials}
        for demand in self.net.demands:
            if self.chosen(demand.tags, wheres):
                total.count(demand.tags, units[demand.material])
                total.add("demand", demand.id, self.ones)

    def _spending(self, total: Sum, wheres: Wheres, party: str) -> None:
        self._paid(total, wheres, party, 1.0)

    def _cash(self, total: Sum, wheres: Wheres, party: str) -> None:
        self._money(total, wheres, self._received(party), 1.0)
        self._paid(total, wheres, party, -1.0)

    def _paid(self, total: Sum, wheres: Wheres, party: str, sign: float) -> None:
        """Add what a party pays, with the upkeep of what stands at the decision date."""
        if party not in self._bills:
            self._bills |= paid(self.chain, self.net, {party})
        self._money(total, wheres, self._bills[party], sign)
        for unit in self.net.units:
            upkeep = self.chain.upkeep.get(unit.id)
            if upkeep is None or unit.opening == 0.0 or self.bearers["unit", unit.id] != party:
                continue
            if all(self.has(unit.tags, where) for where in wheres):
                total.count(unit.tags, "MUSD")
                total.stands(party, sign * unit.opening * upkeep.a_year * self.chain.years)

    def _received(self, party: str) -> Iterator[Term]:
        for demand in self.net.demands:
            if self.bearers["demand", demand.id] == party:
                yield Term("value", demand.id, self.ones)
        for payment in payments_between(self.net):
            if payment.payee == party:
                yield payment.money

    def _money(self, total: Sum, wheres: Wheres, terms: Iterable[Term], sign: float) -> None:
        for term in terms:
            tags = self.tags[_TABLE.get(term.kind, term.kind), term.id]
            if all(self.has(tags, where) for where in wheres):
                total.count(tags, "MUSD")
                total.add(term.kind, term.id, sign * term.coefficient, term.shift)


_OF: Mapping[str, Callable[[Scope, Sum, Wheres, str], None]] = {
    "orders": Scope._orders,
    "capacity_added": Scope._capacity_added,
    "capacity": Scope._capacity,
    "tools_standing": Scope._tools_standing,
    "power": lambda scope, found, wheres, _: scope._power(found, wheres),
    "it_power": lambda scope, found, wheres, _: scope._power(found, wheres, it=True),
    "energy": lambda scope, found, wheres, _: scope._power(
        found, wheres, hours=HOURS_PER_YEAR * scope.chain.years * 1e-3
    ),
    "compute": Scope._compute,
    "stock": Scope._stock,
    "deliveries": Scope._deliveries,
    "spending": Scope._spending,
    "cash": Scope._cash,
}
"""How a measure is written that is no sum of starts of one role."""


def computed(links: Links, weights: Mapping[str, float], wanted: Callable[[Tags], bool]) -> Expression:
    """Return the compute that activities make whose tags are wanted, of materials with a weight."""
    total = Expression()
    for material, weight in weights.items():
        for flow in links.makers[material]:
            if wanted(links.activities[flow.activity].tags):
                total.add(("activity", flow.activity, flow.age), weight * later(np.maximum(flow.amount, 0.0), flow.age))
    return total

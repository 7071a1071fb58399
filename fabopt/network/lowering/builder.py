"""The chain being lowered: instance, calendar, records so far, and numbers as arrays over the periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from fabopt.domain.calendar import Calendar
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.network.links import link
from fabopt.network.profiles import lead_profile
from fabopt.network.supply import supply_bound
from fabopt.network.tables import (
    Activity,
    Array,
    Budget,
    Demand,
    Flow,
    GroupLimit,
    Material,
    Network,
    Payment,
    Period,
    Resource,
    Tags,
    Term,
    Unit,
    UnitEffect,
    UnitMaterial,
    Use,
    WholeGroup,
)

HOURS_PER_YEAR = 8766.0
PER_THOUSAND = 1e-3
"""Dollars per piece to millions of dollars per thousand pieces."""

Means = dict[tuple[int, float], tuple[Quantity, Array]]
"""Mean of a quantity over each period ``[T]``, by its identity (kept alive here) and the shift in months."""


def make_periods(instance: Instance) -> tuple[Calendar, tuple[Period, ...]]:
    """Return the calendar of the horizon and its periods with mid-period discount factors."""
    horizon = instance.horizon
    calendar = Calendar(horizon.start, horizon.periods, horizon.period)
    rate = horizon.discount_rate.value
    last = horizon.periods - 1
    if horizon.reported_until is not None:
        last = calendar.period_index(horizon.reported_until)
    periods = tuple(
        Period(
            index=span.index,
            label=span.label,
            start=span.start,
            end=span.end,
            years=span.years,
            discount=(1.0 + rate) ** -((span.index + 0.5) * span.years),
            reported=span.index <= last,
        )
        for span in calendar.spans
    )
    return calendar, periods


@dataclass
class Builder:
    """Records in the order in which they were lowered; `history` holds levels of activities before the horizon."""

    materials: dict[str, Material] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    unit_effects: list[UnitEffect] = field(default_factory=list)
    unit_materials: list[UnitMaterial] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    groups: list[GroupLimit] = field(default_factory=list)
    whole_groups: list[WholeGroup] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    history: dict[str, float] = field(default_factory=dict)
    flows_of: dict[str, list[Flow]] = field(default_factory=lambda: defaultdict(list))
    """The same flows by material."""

    def material(self, record: Material) -> None:
        """Add a material."""
        self.materials[record.id] = record

    def activity(self, record: Activity) -> None:
        """Add an activity."""
        self.activities[record.id] = record

    def resource(self, record: Resource) -> None:
        """Add a resource."""
        self.resources[record.id] = record

    def unit(self, record: Unit) -> None:
        """Add a unit."""
        self.units[record.id] = record

    def flow(self, activity: str, material: str, first_age: int, weights: Array, amount: Array) -> None:
        """Add the effect of an activity on a material: `amount` ``[T]`` spread by `weights` from `first_age` on."""
        for k, weight in enumerate(weights):
            if weight > 0.0:
                flow = Flow(activity, material, first_age + k, amount * weight)
                self.flows.append(flow)
                self.flows_of[material].append(flow)

    def use(self, activity: str, resource: str, first_age: int, weights: Array, amount: Array) -> None:
        """Add the use of a resource by an activity: `amount` ``[T]`` spread by `weights` from `first_age` on."""
        for k, weight in enumerate(weights):
            if weight > 0.0:
                self.uses.append(Use(activity, resource, first_age + k, amount * weight))


@dataclass(frozen=True)
class Goods:
    """What is paid for when a decision is taken.

    Attributes
    ----------
    decision, id
        The decision: starts of an activity or orders of a unit.
    pieces
        How much of `unit` changes hands for one unit of the decision ``[T]``.
    price
        Million dollars per `unit` ``[T]``.
    """

    decision: Literal["activity", "unit"]
    id: str
    pieces: Array
    price: Array
    unit: str


@dataclass
class Chain:
    """An instance on its way to a network.

    `mean(q)` and the like turn a quantity into one number per period; durations become periods by the period's nominal
    length, so that a quarter is three months whatever the calendar says.
    """

    instance: Instance
    calendar: Calendar
    periods: tuple[Period, ...]
    build: Builder = field(default_factory=Builder)
    unit_cost: dict[str, Array] = field(default_factory=dict)
    """Resource cost of materials rolled up along the chain, by the cheapest way, million dollars per unit, ``[T]``."""
    instalments: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What a lab pays for its own orders: cost per unit and fixed cost, million dollars, before discounting."""
    supplies: list[tuple[Network, Mapping[str, Array]]] = field(default_factory=list)
    """Networks of which it is known how many packages of each chip there can be at most."""
    means: Means = field(default_factory=dict)
    """Means over the periods that have been taken; instances that share quantities and periods may share them."""

    def packages(self, net: Network) -> Mapping[str, Array]:
        """Return how many packages of each chip there can be by the end of each period ``[T]``, by material.

        Worked out once for each network.
        """
        for known, found in self.supplies:
            if known is net:
                return found
        chips = [m.id for m in net.materials if m.id.startswith("chip:")]
        self.supplies.append((net, supply_bound(link(net), chips).material))
        return self.supplies[-1][1]

    @property
    def n(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @property
    def years(self) -> float:
        """Nominal length of a period in years."""
        return self.calendar.years

    @property
    def months(self) -> float:
        """Nominal length of a period in months."""
        return self.calendar.years * 12.0

    @property
    def rate(self) -> float:
        """Discount rate per year."""
        return self.instance.horizon.discount_rate.value

    def lead(self, months: float) -> float:
        """Return a duration in periods."""
        return months / self.months

    def mean(self, quantity: Quantity, shift_months: float = 0.0) -> Array:
        """Return the quantity's mean over each period ``[T]``, read `shift_months` later."""
        if quantity.shape == "constant":
            return np.full(self.n, quantity.value)
        known = self.means.get((id(quantity), shift_months))
        if known is None:
            shift = timedelta(days=shift_months * 365.25 / 12.0)
            found = np.array([quantity.mean(p.start + shift, p.end + shift) for p in self.periods])
            known = self.means[id(quantity), shift_months] = quantity, found
        return known[1].copy()

    def per_period(self, quantity: Quantity) -> Array:
        """Return a rate per month as an amount per period ``[T]``."""
        return self.mean(quantity) * self.months

    def flat(self, value: float) -> Array:
        """Return the same number for each period ``[T]``."""
        return np.full(self.n, value)

    def window(self, first: date | None, last: date | None, lead_periods: float = 0.0) -> Array:
        """Return 1 for the periods in which an activity may start so that it ends in [first, last], else 0 ``[T]``.

        A period counts if the activity's end, `lead_periods` later, lies at or after the period that holds `first`;
        `last` is a last date of *start*.
        """
        index = np.arange(self.n)
        mask = np.ones(self.n)
        if first is not None:
            mask[index + lead_periods < self.calendar.period_index(first) - 1e-9] = 0.0
        if last is not None:
            mask[index > self.calendar.period_index(last)] = 0.0
        return mask

    def open_upper(self, mask: Array) -> Array:
        """Return upper bounds: free where `mask` is 1, zero elsewhere."""
        return np.where(mask > 0.0, np.inf, 0.0)

    def progress_payment(self, cost: Array, lead_periods: float) -> Array:
        """Return the cost booked at the order of something paid evenly over its lead time ``[T]``.

        The discount factor of the order's own period is applied later; here the later instalments are brought back
        to it.
        """
        years = lead_periods * self.years
        if years == 0.0 or self.rate == 0.0:
            return cost
        force = np.log1p(self.rate)
        return np.asarray(cost * (1.0 - np.exp(-force * years)) / (force * years))

    def order_upper(self, first_effect_age: int, most: float, mask: Array | None = None) -> Array:
        """Return bounds on orders ``[T]``: `most`, and none where the effect would come after the horizon."""
        upper = self.flat(most)
        upper[max(self.n - first_effect_age, 0) :] = 0.0
        return upper if mask is None else upper * mask

    def unit_worth(self, cost: Array, lead_periods: float, life_years: float) -> Array:
        """Return what a unit ordered in t is worth at the end: its cost less straight-line wear ``[T]``."""
        age = (self.n - (np.arange(self.n) + lead_periods)) * self.years
        return np.asarray(cost * np.clip(1.0 - np.maximum(age, 0.0) / life_years, 0.0, 1.0))

    def pay(self, payer: str, payee: str, kind: str, item: str, goods: Goods) -> None:
        """Note what a party pays another for goods."""
        term = Term(goods.decision, goods.id, goods.pieces)
        self.build.payments.append(Payment(payer, payee, kind, term, goods.price, item, goods.unit))

    def cost_of(self, material: str, cost: Array) -> None:
        """Note that a material can be had at this resource cost (million dollars per unit, ``[T]``)."""
        known = self.unit_cost.get(material)
        self.unit_cost[material] = cost if known is None else np.minimum(known, cost)

    def barred(self, origin: str, destination: str, chip: str = "", lab: str = "") -> Array:
        """Return 1 for the periods in which goods may not go from one region to the other ``[T]``.

        Goods are the accelerators of a chip for a lab, or parts for a designer where no chip is named.
        """
        mask = np.zeros(self.n)
        for rule in self.instance.barred_flows:
            parts = not (rule.labs or rule.chips or rule.above is not None)
            covered = rule.covers(chip, self.instance.chips[chip], lab) if chip else parts
            if covered and not rule.limits and rule.between(origin, destination):
                mask = np.maximum(mask, self.window(rule.since, rule.until))
        return mask

    def chips_of_die(self, die: str) -> list[str]:
        """Return the chips whose bills of materials name a die or one of its bins."""
        names = {die, *self.instance.dies[die].bins}
        return [
            chip_id
            for chip_id, chip in self.instance.chips.items()
            if any(names & set(bom.dies) for bom in chip.boms.values())
        ]


def finish(chain: Chain, name: str, standing_value: float) -> Network:
    """Return the network of a chain, with what was in work before the decision date as receipts and spent capacity."""
    build = chain.build
    receipts = {key: np.zeros(chain.n) for key in build.materials}
    spent = {key: np.zeros(chain.n) for key in build.resources}
    for flow in build.flows:
        level = build.history.get(flow.activity, 0.0)
        if level and flow.age:
            receipts[flow.material][: flow.age] += level * flow.amount[0]
    for use in build.uses:
        level = build.history.get(use.activity, 0.0)
        if level and use.age:
            spent[use.resource][: use.age] += level * use.amount[0]
    materials = tuple(
        _with_receipts(_with_worth(m, chain.unit_cost.get(m.id)), receipts[m.id]) for m in build.materials.values()
    )
    resources = tuple(replace(r, base=np.maximum(r.base - spent[r.id], 0.0)) for r in build.resources.values())
    return Network(
        name=name,
        periods=chain.periods,
        materials=materials,
        activities=tuple(build.activities.values()),
        flows=tuple(build.flows),
        uses=tuple(build.uses),
        resources=resources,
        units=tuple(build.units.values()),
        unit_effects=tuple(build.unit_effects),
        unit_materials=tuple(build.unit_materials),
        demands=tuple(build.demands),
        budgets=tuple(build.budgets),
        groups=tuple(build.groups),
        whole_groups=tuple(build.whole_groups),
        payments=tuple(build.payments),
        belongs=tuple((d, record.lab) for d, record in chain.instance.designers.items() if record.lab not in (None, d)),
        standing_value=standing_value,
        end_discount=(1.0 + chain.rate) ** -(chain.n * chain.years),
    )


def _with_worth(material: Material, cost: Array | None) -> Material:
    """Return the material with its worth at the end: what making it again would cost, unless it states another.

    So work in progress and stock at the end are neither thrown away nor worth making for their own sake.
    """
    if cost is None or material.terminal_value != 0.0:
        return material
    return replace(material, terminal_value=float(cost[-1]))


def _with_receipts(material: Material, receipts: Array) -> Material:
    """Return the material with work in progress arriving; what work in progress itself still needs is put in stock."""
    if not receipts.any():
        return material
    before = material.receipts if material.receipts is not None else np.zeros_like(receipts)
    total = before + receipts
    missing = max(0.0, -float(np.min(np.cumsum(total))) - material.opening)
    return replace(material, receipts=total, opening=material.opening + missing)


def landing(months: float, chain: Chain) -> tuple[int, Array]:
    """Return first age and weights at which something arrives that takes `months`."""
    return lead_profile(chain.lead(months))


def tags(**values: str) -> Tags:
    """Return tags from keywords."""
    return Tags(**values)

"""The chain being lowered: instance, calendar, records so far, and numbers as arrays over the periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np

from fabopt.domain.calendar import Calendar
from fabopt.domain.customers import Site
from fabopt.domain.instance import Instance
from fabopt.domain.names import Names, display_names
from fabopt.domain.quantity import Quantity
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.lengths import Lengths
from fabopt.network.links import link
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
    Service,
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

FALLS: Mapping[str, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""Share of a period that is over when its money falls, by convention of discounting."""

Means = dict[tuple[int, float], tuple[Quantity, Array]]
"""Mean of a quantity over each period ``[T]``, by its identity (kept alive here) and the shift in months."""


def make_periods(instance: Instance) -> tuple[Calendar, tuple[Period, ...]]:
    """Return the calendar of the horizon and its periods with their discount factors."""
    horizon = instance.horizon
    calendar = horizon.calendar
    rate = horizon.discount_rate.value
    last = calendar.periods - 1
    if horizon.reported_until is not None:
        last = calendar.period_index(horizon.reported_until)
    first = calendar.years[0]
    sizes = np.array(calendar.years) / first
    paid = (np.cumsum(sizes) - sizes + FALLS[horizon.discounting] * sizes) * first
    periods = tuple(
        Period(
            index=span.index,
            label=span.label,
            start=span.start,
            end=span.end,
            years=span.years,
            discount=(1.0 + rate) ** -float(paid[span.index]),
            reported=span.index <= last,
        )
        for span in calendar.spans
    )
    return calendar, periods


@dataclass(frozen=True)
class Opening:
    """The part of each period in which something may start: from `first` to `last`, each 0 to 1 ``[T]``."""

    first: Array
    last: Array

    @cached_property
    def share(self) -> Array:
        """Share of each period that is open."""
        return np.maximum(self.last - self.first, 0.0)

    @cached_property
    def open(self) -> Array:
        """1 for the periods of which a part is open, else 0."""
        return (self.share > 0.0).astype(float)

    @cached_property
    def late(self) -> Array:
        """Part of each period that has gone by when it opens; 0 for those that never do."""
        return self.first * self.open

    def __and__(self, other: Opening) -> Opening:
        return Opening(np.maximum(self.first, other.first), np.minimum(self.last, other.last))


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
    services: list[Service] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    groups: list[GroupLimit] = field(default_factory=list)
    whole_groups: list[WholeGroup] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    history: dict[str, float] = field(default_factory=dict)
    flows_of: dict[str, dict[str, list[Flow]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """The same flows by material, then by activity."""
    by_unit: dict[str, list[UnitEffect]] = field(default_factory=lambda: defaultdict(list))
    """Effects by unit, as far as :meth:`effects_of` has read them."""
    read: int = 0
    """Number of effects that are read."""
    openings: dict[str, Opening] = field(default_factory=dict)
    """When activities may start that have a first or a last date inside the horizon."""
    later: dict[tuple[str, str, int], Opening] = field(default_factory=dict)
    """The part of a period in which such starts use a resource at a later age: by activity, resource and age."""
    before: dict[int, Array] = field(default_factory=dict)
    """What starts before a horizon of unequal periods bring by a flow or a use ``[T]``, by its identity."""

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

    def flow(
        self, activity: str, material: str, first_age: int, weights: Array, amount: Array, before: Array | None = None
    ) -> None:
        """Add the effect of an activity on a material: `amount` ``[T]`` spread by `weights` from `first_age` on.

        Weights are one number an age, or one an age and period of the start ``[K, T]``; `before` is the share that
        starts of the periods before the horizon bring in each period ``[T]``, where the weights do not say it.
        """
        for k in _some(weights):
            # What comes after the horizon comes at one age: nothing later is told apart.
            flow = Flow(activity, material, min(first_age + k, amount.size), amount * weights[k])
            self.flows.append(flow)
            self.flows_of[material][activity].append(flow)
            before = self._before(flow, before, amount)

    def use(
        self, activity: str, resource: str, first_age: int, weights: Array, amount: Array, before: Array | None = None
    ) -> None:
        """Add the use of a resource by an activity: `amount` ``[T]`` spread by `weights` from `first_age` on."""
        for k in _some(weights):
            self.uses.append(Use(activity, resource, min(first_age + k, amount.size), amount * weights[k]))
            before = self._before(self.uses[-1], before, amount)

    def effects_of(self, unit: str) -> list[UnitEffect]:
        """Return the effects of a unit, in their order; those that were added since the last call are read first."""
        for effect in self.unit_effects[self.read :]:
            self.by_unit[effect.unit].append(effect)
        self.read = len(self.unit_effects)
        return self.by_unit[unit]

    def _before(self, record: Flow | Use, before: Array | None, amount: Array) -> Array | None:
        """Note what starts before the horizon bring with the first of several records; return it for the others."""
        if before is None:
            return None
        self.before[id(record)] = before * amount[0]
        return np.zeros(amount.size)

    def brought(self, record: Flow | Use) -> Array:
        """Return what one start in each period before the horizon brings or uses in each period ``[T]``."""
        known = self.before.get(id(record))
        if known is not None:
            return known
        brought = np.zeros(record.amount.size)
        brought[: record.age] = record.amount[0]
        return brought


def _some(weights: Array) -> list[int]:
    """Return the ages from the first on to which something falls."""
    most = weights if weights.ndim == 1 else weights.max(axis=1)
    return [k for k, weight in enumerate(most.tolist()) if weight > 0.0]


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
    made
        What making one costs its seller, who pays list prices itself, million dollars per `unit` ``[T]``; None: it is
        not made.
    """

    decision: Literal["activity", "unit"]
    id: str
    pieces: Array
    price: Array
    unit: str
    made: Array | None = None


@dataclass(frozen=True)
class Upkeep:
    """What a unit costs while it stands, which its cost holds already, discounted to the order.

    Attributes
    ----------
    a_year
        Million dollars a year.
    stands
        Share of each period in which it stands, by period of its order and age ``[T, T]``.
    retiring
        What its retirement costs, apart from the upkeep that it saves; None where it cannot be retired.
    """

    a_year: float
    stands: Array
    retiring: float | None


@dataclass
class Chain:
    """An instance on its way to a network.

    `mean(q)` and the like turn a quantity into one number per period; durations become periods by the nominal length of
    the first, so that a quarter is three months whatever the calendar says.
    """

    instance: Instance
    calendar: Calendar
    periods: tuple[Period, ...]
    build: Builder = field(default_factory=Builder)
    unit_cost: dict[str, Array] = field(default_factory=dict)
    """Resource cost of materials rolled up along the chain, by the cheapest way, million dollars per unit, ``[T]``."""
    list_cost: dict[str, Array] = field(default_factory=dict)
    """The same at list prices: what one costs its customer, by the cheapest way."""
    instalments: dict[str, tuple[Array, float]] = field(default_factory=dict)
    """What is paid evenly over the lead time of an order: cost per unit ``[T]`` and fixed cost, million dollars, before
    discounting."""
    upkeep: dict[str, Upkeep] = field(default_factory=dict)
    """What units cost while they stand."""
    kept: dict[str, Array] = field(default_factory=dict)
    """What parties pay for what stands at the decision date ``[T]``, before anything of it is retired."""
    supplies: list[tuple[Network, Mapping[str, Array]]] = field(default_factory=list)
    """Networks of which it is known how many packages of each chip there can be at most."""
    means: Means = field(default_factory=dict)
    """Means over the periods that have been taken; instances that share quantities and periods may share them."""

    def packages(self, net: Network) -> Mapping[str, Array]:
        """Return how many packages of each chip there can be by the end of each period ``[T]``, by material.

        Worked out once for each network.
        """
        for known, packages in self.supplies:
            if known is net:
                return packages
        chips = [m.id for m in net.materials if m.tags.role == "package"]
        self.supplies.append((net, supply_bound(link(net), chips).material))
        return self.supplies[-1][1]

    @cached_property
    def names(self) -> Names:
        """Display names by id."""
        return display_names(self.instance)

    def called(self, id: str) -> str:
        """Return what a thing or party is called."""
        return self.names[id]

    @cached_property
    def sites_of(self) -> Mapping[str, Mapping[str, Site]]:
        """Sites of each lab."""
        sites: dict[str, dict[str, Site]] = {lab_id: {} for lab_id in self.instance.labs}
        for site_id, site in self.instance.sites.items():
            sites[site.lab][site_id] = site
        return sites

    @property
    def n(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @cached_property
    def years(self) -> Array:
        """Nominal length of each period in years ``[T]``."""
        return np.array([period.years for period in self.periods])

    @property
    def months(self) -> Array:
        """Nominal length of each period in months ``[T]``."""
        return self.years * 12.0

    @cached_property
    def lengths(self) -> Lengths:
        """Lengths of the periods, and what falls on which of what takes time."""
        return Lengths.of(self.periods)

    @property
    def elapsed(self) -> Array:
        """Years from the decision date to the beginning of each period, and to the end of the last ``[T + 1]``."""
        return self.lengths.begins * float(self.years[0])

    @property
    def rate(self) -> float:
        """Discount rate per year."""
        return self.instance.horizon.discount_rate.value

    @property
    def end_discount(self) -> float:
        """Discount factor of the end of the horizon."""
        return float((1.0 + self.rate) ** -float(self.elapsed[-1]))

    def lead(self, months: float) -> float:
        """Return a duration in periods of the length of the first."""
        return months / 12.0 / float(self.years[0])

    def mean(self, quantity: Quantity, shift_months: float = 0.0) -> Array:
        """Return the quantity's mean over each period ``[T]``, read `shift_months` later."""
        if quantity.shape == "constant":
            return np.full(self.n, quantity.value)
        known = self.means.get((id(quantity), shift_months))
        if known is None:
            means = np.array([quantity.mean(a, b) for a, b in self.days(shift_months)])
            known = self.means[id(quantity), shift_months] = quantity, means
        return known[1].copy()

    def days(self, shift_months: float) -> tuple[tuple[float, float], ...]:
        """Return the day numbers between which each period lies so many months later."""
        return _days(self.calendar, shift_months)

    def per_period(self, quantity: Quantity) -> Array:
        """Return a rate per month as an amount per period ``[T]``."""
        return self.mean(quantity) * self.months

    def flat(self, value: float) -> Array:
        """Return the same number for each period ``[T]``."""
        return np.full(self.n, value)

    def window(self, first: date | None, last: date | None) -> Opening:
        """Return the part of each period that lies between a first and a last day."""
        return self.between(self.calendar.opens(first), self.calendar.closes(last))

    def between(self, first: float, end: float) -> Opening:
        """Return the part of each period that lies between two positions of the calendar."""
        return _between(self.calendar, first, end)

    def opens(self, activity: str, opening: Opening) -> Array:
        """Note when an activity may start; return its upper bounds: free where a part of the period is open, else 0.

        Arrivals and uses that are added afterwards count from the opening, and `part_rows` holds what is started in a
        part of a period to that part of a rate of capacity.
        """
        self.build.openings[activity] = opening
        return self.open_upper(opening.open)

    def arrive(self, activity: str, material: str, months: float, amount: Array, *, even: bool = True) -> None:
        """Add what an activity makes, `amount` ``[T]``, so many months after its start.

        Starts are `even` over the part of a period that is open where a rate of capacity holds them; else they are
        made as soon as they may be.
        """
        opening, lead = self.build.openings.get(activity), self.lead(months)
        first, weights = self.lengths.arrive(lead, None if opening is None else opening.late, even)
        self.build.flow(activity, material, first, weights, amount, self.lengths.brought(lead))

    def use_after(self, activity: str, resource: str, months: float, amount: Array) -> None:
        """Add the use of a rate of capacity so many months after an activity's start, `amount` ``[T]``."""
        lead, opening = self.lead(months), self.build.openings[activity]
        first, weights = self.lengths.arrive(lead, opening.late)
        self.build.use(activity, resource, first, weights, amount, self.lengths.brought(lead))
        for k in range(len(weights) if first < self.n else 0):
            parts = (self.lengths.part(edge, lead, first, k) for edge in (opening.first, opening.last))
            self.build.later[activity, resource, first + k] = Opening(*parts)

    def spread(self, activity: str, resource: str, months: float, amount: Array) -> None:
        """Add an activity's use of a resource, `amount` ``[T]`` in all, evenly over so many months from its start."""
        opening = self.build.openings.get(activity)
        late = np.zeros(self.n) if opening is None else opening.late
        lead = self.lead(months)
        before = self.lengths.brought(lead, spread=True)
        self.build.use(activity, resource, 0, self.lengths.spread(lead, late), amount, before)

    def arrives(self, activity: str, material: str) -> int:
        """Return the first period in which an activity can bring a material, `n` where none is."""
        upper = self.build.activities[activity].upper
        free = np.ones(self.n) if upper is None else upper
        flows = self.build.flows_of[material][activity]
        starts = [(np.flatnonzero((free > 0.0) & (flow.amount > 0.0)), flow.age) for flow in flows]
        return min([self.n, *(int(at[0]) + age for at, age in starts if at.size)])

    def open_upper(self, mask: Array) -> Array:
        """Return upper bounds: free where `mask` is 1, zero elsewhere."""
        return np.where(mask > 0.0, np.inf, 0.0)

    def progress_payment(self, cost: Array, lead_periods: float) -> Array:
        """Return the cost booked at the order of something paid evenly over its lead time ``[T]``.

        The discount factor of the order's own period is applied later; here the later instalments are brought back
        to it.
        """
        years = lead_periods * float(self.years[0])
        if years == 0.0 or self.rate == 0.0:
            return cost
        force = np.log1p(self.rate)
        return np.asarray(cost * (1.0 - np.exp(-force * years)) / (force * years))

    def ordered(self, unit: str) -> bool:
        """Return whether orders of a unit are pinned, so that it is there even where no more of it may be ordered."""
        return any(self.instance.pins.units.get(unit, {}).values())

    def order_upper(self, lead_periods: float, most: float | Array, mask: Array | None = None) -> Array:
        """Return bounds on orders ``[T]``: `most`, and none where the effect would come after the horizon."""
        there = self.lengths.ages(lead_periods) + np.arange(self.n) < self.n
        upper = np.where(there, most, 0.0)
        return upper if mask is None else upper * mask

    def steps(self, most: float) -> Array:
        """Return how many whole steps may be ordered in each period ``[T]`` where so many may be in the first."""
        return np.asarray(np.ceil(most * self.lengths.sizes - NEGLIGIBLE))

    def unit_worth(self, cost: Array, lead_periods: float, life_years: float, again: float = np.inf) -> Array:
        """Return what a unit ordered in t is worth at the end: what is left of its life, at its least cost ``[T]``.

        That cost is the smallest of its own cost, of the cost in the last period, and of `again`: what another way to
        have it costs then.
        """
        begins = self.lengths.begins
        age = (begins[-1] - (begins[:-1] + lead_periods)) * float(self.years[0])
        left = np.clip(1.0 - np.maximum(age, 0.0) / life_years, 0.0, 1.0)
        return np.asarray(np.minimum(cost, min(float(cost[-1]), again)) * left)

    def worth_at_end(self, cost: Array, share: float = 1.0) -> float:
        """Return what something left at the end is worth: a share of what making it again would cost then.

        No more than having made it at any time before cost, with interest: what becomes dearer is not hoarded for the
        end alone.
        """
        made = cost * [period.discount for period in self.periods]
        return min(share * float(cost[-1]), float(np.min(made)) / self.end_discount)

    def pay(self, payer: str, payee: str, kind: str, item: str, goods: Goods) -> None:
        """Note what a party pays another for goods."""
        term = Term(goods.decision, goods.id, goods.pieces)
        made = None if goods.made is None else np.minimum(goods.made, goods.price)
        self.build.payments.append(Payment(payer, payee, kind, term, goods.price, item, goods.unit, made))

    def cost_of(self, material: str, cost: Array, listed: Array) -> None:
        """Note that a material can be had at a resource cost, and at list prices (MUSD per unit, ``[T]``)."""
        for costs, this in ((self.unit_cost, cost), (self.list_cost, listed)):
            known = costs.get(material)
            costs[material] = this if known is None else np.minimum(known, this)

    def allowed(self, origin: str, destination: str, chip: str = "", lab: str = "") -> Opening:
        """Return the part of each period in which goods may go from one region to the other.

        Goods are the accelerators of a chip for a lab, or parts for a designer where no chip is named. Where a rule
        begins and ends inside a period, the longer part of what it leaves counts.
        """
        opening = self.window(None, None)
        for rule in self.instance.barred_flows:
            parts = not (rule.labs or rule.chips or rule.above is not None)
            covered = rule.covers(chip, self.instance.chips[chip], lab) if chip else parts
            if covered and not rule.limits and rule.between(origin, destination):
                ban = self.window(rule.since, rule.until)
                after, barred = 1.0 - ban.last > ban.first, ban.share > 0.0
                opening &= Opening(np.where(barred & after, ban.last, 0.0), np.where(barred & ~after, ban.first, 1.0))
        return opening

    def chips_of_die(self, die: str) -> list[str]:
        """Return the chips whose bills of materials name a die or one of its bins."""
        names = {die, *self.instance.dies[die].bins}
        return [
            chip_id
            for chip_id, chip in self.instance.chips.items()
            if any(names & set(bom.dies) for bom in chip.boms.values())
        ]


# What follows from a calendar and durations alone is worked out once: nothing writes into what these return.


@lru_cache(maxsize=4096)
def _days(calendar: Calendar, shift_months: float) -> tuple[tuple[float, float], ...]:
    edges = [calendar.day_number(calendar.after(t, shift_months)) for t in range(calendar.periods + 1)]
    return tuple((a, b if b > a else a + 1.0) for a, b in pairwise(edges))


@lru_cache(maxsize=4096)
def _between(calendar: Calendar, first: float, end: float) -> Opening:
    share = np.array(calendar.shares(first, end))
    opens = np.where(share > 0.0, np.clip(first - np.arange(calendar.periods), 0.0, 1.0), 1.0)
    return Opening(opens, np.where(share > 0.0, opens + share, 1.0))


def finish(chain: Chain, name: str, standing_value: float) -> Network:
    """Return the network of a chain, with what was in work before the decision date as receipts and spent capacity."""
    build = chain.build
    receipts = {key: np.zeros(chain.n) for key in build.materials}
    spent = {key: np.zeros(chain.n) for key in build.resources}
    for flow in build.flows:
        level = build.history.get(flow.activity, 0.0)
        if level:
            receipts[flow.material] += level * build.brought(flow)
    for use in build.uses:
        level = build.history.get(use.activity, 0.0)
        if level:
            spent[use.resource] += level * build.brought(use)
    materials = tuple(
        _with_receipts(_with_worth(chain, m, chain.unit_cost.get(m.id)), receipts[m.id])
        for m in build.materials.values()
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
        services=tuple(build.services),
        budgets=tuple(build.budgets),
        groups=tuple(build.groups),
        whole_groups=tuple(build.whole_groups),
        payments=tuple(build.payments),
        belongs=tuple((d, record.lab) for d, record in chain.instance.designers.items() if record.lab not in (None, d)),
        constant_value=-sum((float(paid @ [p.discount for p in chain.periods]) for paid in chain.kept.values()), 0.0),
        standing_value=standing_value,
        end_discount=chain.end_discount,
        names=chain.names,
    )


def _with_worth(chain: Chain, material: Material, cost: Array | None) -> Material:
    """Return the material with its worth at the end: what making it again would cost, unless it states another.

    So work in progress and stock at the end are neither thrown away nor worth making for their own sake.
    """
    if cost is None or material.terminal_value != 0.0:
        return material
    return replace(material, terminal_value=chain.worth_at_end(cost))


def _with_receipts(material: Material, receipts: Array) -> Material:
    """Return the material with work in progress arriving; what work in progress itself still needs is put in stock."""
    if not receipts.any():
        return material
    before = material.receipts if material.receipts is not None else np.zeros_like(receipts)
    total = before + receipts
    missing = max(0.0, -float(np.min(np.cumsum(total))) - material.opening)
    return replace(material, receipts=total, opening=material.opening + missing)

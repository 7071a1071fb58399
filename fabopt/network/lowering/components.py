"""Components: orders of each source on behalf of a customer, and what takes them.

One unit of level of an order is a thousand pieces (or a megawatt) of a component for one customer from one source: it
takes the source's capacity and what the maker needs of other components at the start, and arrives after the lead time.
Customers are designers (per package and wafer), labs (per accelerator, rack, MW of site) and makers (what a component
needs). A local component is kept apart by region: its sources serve their own.

The resource cost of an order is price x (1 - margin - depreciation) less what the maker pays for what it needs: that is
the cost of other orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from fabopt.domain.components import MW_OF_SITE, Component, ComponentSource, packaged, riding
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import Chain, Goods
from fabopt.network.tables import Activity, Array, Material, Resource, Tags, UnitMaterial

ONE = np.ones(1)


def lower_components(chain: Chain) -> None:
    """Add the capacity of every source, and the orders of components for packages."""
    chips = chain.instance.chips.items()
    taking = [(chip.designer, dict(in_package(chain, key, bom))) for key, chip in chips for bom in chip.boms]
    for component_id, component in chain.instance.components.items():
        for source_id in component.sources:
            source_capacity(chain, component_id, component, source_id)
        for designer, pieces in taking:
            if component_id in pieces:
                component_material(chain, component_id, designer)


def component_material(chain: Chain, component_id: str, customer: str, region: str = "") -> str:
    """Return the material that a component is for a customer; it comes with the orders of all that make it for it.

    Parameters
    ----------
    chain
        The chain.
    component_id, customer
        Component, and the party that orders it.
    region
        Where it is taken: of a local component only the sources of this region deliver.
    """
    component = chain.instance.components[component_id]
    place = region if component.local else ""
    material = ":".join(part for part in ("component", component_id, customer, place) if part)
    if material in chain.build.materials:
        return material
    label = Tags(
        stage="component", customer=customer, item=component_id, region=place, kind="component", role="component",
        field=f"components.{component_id}",
    )  # fmt: skip
    name = f"{component.name} for {chain.called(customer)}"
    receipts, stock = _booked(chain, component, customer), component.stock.get(customer)
    chain.build.material(
        Material(
            material, name, component.unit_many, label, storable=component.storable,
            opening=0.0 if stock is None else stock.value, receipts=receipts,
        )
    )  # fmt: skip
    for source_id, source in component.sources.items():
        here = not component.local or source.region == place
        if here and (not source.customers or customer in source.customers):
            _order(chain, material, component_id, source_id, customer)
    return material


def taken(chain: Chain, per: str, key: str) -> list[tuple[str, Array]]:
    """Return the components that one package, accelerator, wafer or MW of site takes, with pieces by period ``[T]``.

    Parameters
    ----------
    chain
        The chain.
    per, key
        Kind of taker, and the id by which amounts tell takers apart: of the chip, node or site.
    """
    components = chain.instance.components
    stated = {name: c.each(key) for name, c in components.items() if c.per == per}
    return _with_riders(chain, {name: each for name, each in stated.items() if each is not None})


def in_package(chain: Chain, chip_id: str, bom_id: str) -> list[tuple[str, Array]]:
    """Return the components in a package by one bill of materials, with pieces by period ``[T]``."""
    bom = chain.instance.chips[chip_id].boms[bom_id]
    return _with_riders(chain, packaged(chain.instance.components, chip_id, bom.components))


def take(chain: Chain, activity: str, pieces: list[tuple[str, Array]], customer: str, region: str = "") -> Array:
    """Let an activity, counted in thousands, take components at its start; return their resource cost ``[T]``.

    Parameters
    ----------
    chain, activity
        The chain, and the activity's id.
    pieces
        Components, and how many one takes ``[T]``.
    customer, region
        Who orders them, and where they are taken.
    """
    for component_id, each in pieces:
        material = component_material(chain, component_id, customer, region)
        chain.build.flow(activity, material, 0, ONE, -each * chain.instance.components[component_id].scale)
    return component_cost(chain, pieces, customer, region)


def component_cost(
    chain: Chain,
    pieces: list[tuple[str, Array]],
    customer: str,
    region: str = "",
    costs: Mapping[str, Array] | None = None,
) -> Array:
    """Return the cost of a thousand times so many components, by the cheapest source (MUSD, ``[T]``).

    The resource cost, or what another of the chain's roll-ups says.
    """
    costs = chain.unit_cost if costs is None else costs
    cost = np.zeros(chain.n)
    for component_id, each in pieces:
        material = component_material(chain, component_id, customer, region)
        scale = chain.instance.components[component_id].scale
        cost += each * scale * costs.get(material, np.zeros(chain.n))
    return cost


def taken_for_power(chain: Chain, site_id: str) -> dict[str, Quantity]:
    """Return the components that a MW by which a site grows takes, and how many."""
    stated = {name: c.each(site_id) for name, c in chain.instance.components.items() if c.per == MW_OF_SITE}
    return {name: each for name, each in stated.items() if each is not None}


def take_for_unit(
    chain: Chain, unit: str, needs: Mapping[str, Quantity], where: Tags, lead: float, ramp: tuple[float, ...]
) -> Array:
    """Let a unit of capacity take components while it is built; return their resource cost ``[T]``.

    Parameters
    ----------
    chain, unit
        The chain and the unit.
    needs
        Components, and how many one unit takes.
    where
        Tags of the unit: its owner orders them, and they are taken in its region.
    lead
        Periods from the order to the first output.
    ramp
        Share of the output in the first, second, ... period after that.
    """
    cost = np.zeros(chain.n)
    for component_id, each in _with_riders(chain, needs):
        component = chain.instance.components[component_id]
        material = component_material(chain, component_id, where.owner, where.region)
        amount = each * component.scale * 1e-3
        cost += amount * chain.unit_cost.get(material, np.zeros(chain.n))
        for age, share in _when(chain, component.used, lead, ramp):
            chain.build.unit_materials.append(UnitMaterial(unit, material, age, -amount * share))
    return cost


def _when(chain: Chain, used: str, lead: float, ramp: tuple[float, ...]) -> Iterator[tuple[int, Array]]:
    """Yield the ages at which what is built takes its parts, and the share ``[T]`` by period of the order."""
    edges = chain.lengths.edges
    if used == "evenly" and lead > 0.0:
        shares = np.maximum(np.minimum(edges[1:], lead) - edges[:-1], 0.0) / lead
    else:
        steps = np.maximum(np.diff(np.array(ramp), prepend=0.0), 0.0) if used == "opening" else ONE
        steps = steps / steps.sum() if steps.any() else ONE
        shares = np.zeros((chain.n + 1, chain.n))
        for k, step in enumerate(steps):
            at = chain.lengths.ages(lead + k if used == "opening" else 0.0)
            shares[np.minimum(at, chain.n), np.arange(chain.n)] += step
        shares = shares[:-1]
    for age in np.flatnonzero(shares.any(axis=1)):
        yield int(age), shares[age]


def _with_riders(chain: Chain, stated: Mapping[str, Quantity]) -> list[tuple[str, Array]]:
    """Return stated components, and what is taken with each of them, with pieces by period ``[T]``."""
    riders: dict[str, Array] = {}
    pieces = {name: chain.mean(each) for name, each in stated.items()}
    for name, amount in riding(chain.instance.components, pieces, lambda before, each: before * chain.mean(each)):
        riders[name] = riders.get(name, 0.0) + amount
    return list(riders.items())


def source_capacity(chain: Chain, component_id: str, component: Component, source_id: str) -> str:
    """Add the capacity of a source, if it is not there; return its id."""
    resource = f"component:{component_id}:{source_id}"
    if resource in chain.build.resources:
        return resource
    source = component.sources[source_id]
    home = f"components.{component_id}.sources.{source_id}"
    label = Tags(
        stage="component", owner=source.owner, item=component_id, site=source_id, region=source.region,
        kind="component", role="component_capacity", field=f"{home}.capacity",
    )  # fmt: skip
    name = source_name(chain, component, source)
    capacity = chain.per_period(source.capacity)
    chain.build.resource(Resource(resource, f"{name} capacity", component.unit_many, "rate", capacity, label))
    return resource


def _order(chain: Chain, material: str, component_id: str, source_id: str, customer: str) -> None:
    """Add the orders of a customer at a source."""
    component = chain.instance.components[component_id]
    source = component.sources[source_id]
    activity = f"{material}:{source_id}"
    price = chain.mean(source.price) * component.money
    needs = _with_riders(chain, component.needs)
    bought = sum((_paid(chain, part, each) for part, each in needs), np.zeros(chain.n))
    # A piece of this is so many thousandths of what it is counted in.
    own = price * (1.0 - source.gross_margin.value - source.depreciation.value) - bought / component.scale
    opening = chain.window(source.available, source.until) & chain.allowed(source.region, _home(chain, customer))
    label = Tags(
        stage="component", owner=source.owner, customer=customer, item=component_id, site=source_id,
        region=source.region, kind="component", role="component_order",
        field=f"components.{component_id}.sources.{source_id}",
    )  # fmt: skip
    name = f"{source_name(chain, component, source)} for {chain.called(customer)}"
    cost = np.maximum(own, 0.0)
    upper = chain.opens(activity, opening)
    chain.build.activity(Activity(activity, name, component.unit_many, label, cost=cost, upper=upper))
    chain.build.use(activity, source_capacity(chain, component_id, component, source_id), 0, ONE, chain.flat(1.0))
    pieces = [(part, each / component.scale) for part, each in needs]
    parts = take(chain, activity, pieces, source.owner, source.region)
    made = cost + component_cost(chain, pieces, source.owner, source.region, chain.list_cost)
    goods = Goods("activity", activity, chain.flat(1.0), price, component.unit_many, made)
    chain.pay(customer, source.owner, "components", component_id, goods)
    chain.arrive(activity, material, source.lead.value, chain.flat(1.0))
    chain.cost_of(material, cost + parts, price)


def _paid(chain: Chain, component_id: str, pieces: Array) -> Array:
    """Return what a maker pays for a thousand times so many pieces, at the lowest list price (million dollars)."""
    component = chain.instance.components[component_id]
    prices = [chain.mean(source.price) for source in component.sources.values()]
    lowest: Array = np.min(prices or [np.zeros(chain.n)], axis=0)
    return pieces * component.scale * component.money * lowest


def _booked(chain: Chain, component: Component, customer: str) -> Array | None:
    """Return what comes of a customer's firm orders ``[T]``: on a day inside a period for what is left of it."""
    book = component.order_book.get(customer)
    if book is None:
        return None
    receipts = np.zeros(chain.n)
    for day, number in book.items():
        if chain.calendar.holds(day):
            period, gone = divmod(chain.calendar.position(day), 1.0)
            receipts[int(period)] += number.value * (1.0 - gone)
            receipts[int(period) + 1 : int(period) + 2] += number.value * gone
    return receipts


def source_name(chain: Chain, component: Component, source: ComponentSource) -> str:
    """Return the display name of a source."""
    several = len(component.sources) > 1
    return source.name or (f"{component.name} of {chain.called(source.owner)}" if several else component.name)


def _home(chain: Chain, customer: str) -> str:
    """Return where a customer receives: its home, or the one region in which a maker makes components."""
    instance = chain.instance
    if customer in instance.designers:
        return instance.designers[customer].region
    if customer in instance.labs:
        return instance.labs[customer].region
    made = {s.region for c in instance.components.values() for s in c.sources.values() if s.owner == customer}
    return made.pop() if len(made) == 1 else ""

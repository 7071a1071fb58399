"""Rules of components: who takes and who makes each, in which unit, and that none goes into itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.components import (
    MW_OF_SITE,
    RACK,
    TAKERS,
    Component,
    carriers,
    loop,
)
from fabopt.domain.instance import Instance
from fabopt.domain.pieces import counts
from fabopt.domain.quantity import Quantity
from fabopt.domain.references import nearest
from fabopt.domain.tolerances import above


def component_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the components of an instance; names that lead nowhere are passed over.

    Parameters
    ----------
    instance
        A validated instance.
    calendar
        Its periods.
    """
    components = instance.components
    circle = loop(components)
    if circle:
        said = " takes ".join(f"'{key}'" for key in circle)
        field = "needs" if circle[1] in components[circle[0]].needs else "per"
        message = f"components go into one another in a circle: {said}"
        at = circle[0] if field == "needs" else circle[1]
        yield Fault(("components", at, field), message, "leave one of these out")
    for key, component in components.items():
        for fault in (
            *_taken(instance, key, component),
            *_made(instance, component),
            *_units(component),
            *_booked(component, calendar),
        ):
            yield fault.under("components", key)
        if not circle:
            yield from (fault.under("components", key) for fault in _local(instance, component))
    if not circle:
        yield from _paid(components, calendar)


def _taken(instance: Instance, key: str, component: Component) -> Iterator[Fault]:
    """Who takes it: a known taker, amounts by names that tell such takers apart, and a time and place that mean
    something for it.
    """
    components, per = instance.components, component.per
    if per == RACK and not carriers(components, key):
        message = "it is taken per rack, but no component is a rack"
        yield Fault(("per",), message, "add the component that is the rack, with unit: rack, per: accelerator")
    elif per is not None and per not in TAKERS and per not in components:
        message = f"'{per}' is nothing that takes components"
        known = (*TAKERS, *(name for name in components if name != key))
        yield Fault(("per",), message, nearest(per, known))
    elif per is None:
        for name in ("amount", "amounts"):
            if getattr(component, name):
                yield Fault((name,), f"'{name}' needs 'per': of what it is an amount", f"one of {', '.join(TAKERS)}")
    elif component.amount is None and not component.amounts and per != "package":
        yield Fault(("amount",), f"it is not said how many go into one {per}", "give 'amount', or 'amounts'")
    yield from _amounts(instance, key, component)
    if component.used != "opening" and per != MW_OF_SITE:
        yield Fault(("used",), f"'used' says when a site takes it; it is not taken per {MW_OF_SITE}", "leave it out")


def _amounts(instance: Instance, key: str, component: Component) -> Iterator[Fault]:
    by: Mapping[str, tuple[str, Iterable[str]]] = {
        "package": ("chip", instance.chips),
        "accelerator": ("chip", instance.chips),
        "wafer": ("process node", instance.nodes),
        MW_OF_SITE: ("site", instance.sites),
    }
    what, known = by.get(component.per or "", ("component", carriers(instance.components, key)))
    for name in component.amounts if component.per is not None else ():
        if name not in known:
            yield Fault(("amounts", name), f"per {component.per} there is no {what} '{name}'", nearest(name, known))


def _local(instance: Instance, component: Component) -> Iterator[Fault]:
    if not component.local:
        return
    carrier = component
    while carrier.per in instance.components:
        carrier = instance.components[carrier.per]
    if carrier.per == "package":
        message = f"a component per {component.per} is taken by a customer, at no place of which its region could be"
        yield Fault(("local",), message, f"local components are taken per accelerator, rack, wafer or {MW_OF_SITE}")
    for name in ("stock", "order_book"):
        if getattr(component, name):
            yield Fault((name,), "what is local is kept apart by region, so a customer has no stock of it as a whole")
    if component.per == MW_OF_SITE:
        served = {source.region for source in component.sources.values()}
        for site_id, site in instance.sites.items():
            each = component.each(site_id)
            if site.expansion is not None and each is not None and each.value and site.region not in served:
                message = f"no source serves the region '{site.region}', where the site '{site_id}' grows"
                yield Fault(("sources",), message, f"add a source there, or amounts: {{{site_id}: 0}}")
                return


def _made(instance: Instance, component: Component) -> Iterator[Fault]:
    if not component.sources:
        message = "no source makes it"
        yield Fault(("sources",), message, "name one, with owner, region, capacity, price and lead")
    for source_id, source in component.sources.items():
        path: Path = ("sources", source_id)
        step = None if source.expansion is None else source.expansion.step
        if step is not None and step.value == 0.0:
            yield Fault((*path, "expansion", "step"), "a step that adds nothing is none", "give what it adds a month")
        if source.gross_margin.value + source.depreciation.value > 1.0:
            yield Fault((*path, "depreciation"), "margin and depreciation together are more than the price")
        if source.available is not None and source.until is not None and source.until < source.available:
            yield Fault((*path, "until"), f"it ends on {source.until}, before it begins on {source.available}")


def _units(component: Component) -> Iterator[Fault]:
    """Numbers that are written in another word than what the component is counted in."""
    for path, quantity in _counted(component):
        if not counts(quantity, component.unit):
            many = component.unit_many + ("/month" if "/" in quantity.unit else "")
            said = f"USD/{component.unit}" if quantity.unit.startswith("USD/") else many
            message = f"{quantity.unit} stands where {said} is meant: the component is counted in '{component.unit}'"
            yield Fault(path, message, "write it so, or say in 'unit' what is counted")


def _counted(component: Component) -> Iterator[tuple[Path, Quantity]]:
    for source_id, source in component.sources.items():
        yield ("sources", source_id, "capacity"), source.capacity
        yield ("sources", source_id, "price"), source.price
        if source.expansion is not None and source.expansion.step is not None:
            yield ("sources", source_id, "expansion", "step"), source.expansion.step
    for customer, number in component.stock.items():
        yield ("stock", customer), number
    for customer, book in component.order_book.items():
        for day, number in book.items():
            yield ("order_book", customer, day.isoformat()), number


def _booked(component: Component, calendar: Calendar) -> Iterator[Fault]:
    for customer, book in component.order_book.items():
        for day in book:
            if day < calendar.start:
                message = f"a delivery on {day} lies before the decision date {calendar.start}"
                yield Fault(("order_book", customer, day.isoformat()), message, "count those pieces in 'stock'")


def _paid(components: Mapping[str, Component], calendar: Calendar) -> Iterator[Fault]:
    """What a maker pays for what it needs must be less than its costs, at the prices of the decision date."""
    day = calendar.start

    for key, component in components.items():
        needs = [(components[name], each) for name, each in component.needs.items() if name in components]
        cheapest = [
            each.at(day) * min(source.price.at(day) for source in part.sources.values())
            for part, each in needs
            if part.sources
        ]
        for source_id, source in component.sources.items():
            share = 1.0 - source.gross_margin.value - source.depreciation.value
            cost = source.price.at(day) * share
            if cheapest and above(sum(cheapest), cost):
                message = (
                    f"what one of it needs costs its maker {sum(cheapest):,.6g} USD, more than the "
                    f"{cost:,.6g} USD that price less margin leave"
                )
                yield Fault(("components", key, "sources", source_id, "price"), message, "correct prices or margin")

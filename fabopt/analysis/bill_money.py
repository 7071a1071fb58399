"""The dollars of a bill: parts at price and at resource cost, and what the buyer pays.

The buyer of a block pays for accelerators at price, for what of their systems is no component, for the components that
it takes per accelerator and per megawatt, and for the site. What goes into a package is in an accelerator's price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from fabopt.analysis.bill_draft import BillRow, Draft, make_row
from fabopt.analysis.explosion import lines_for, taken_with
from fabopt.analysis.ranges import ZERO, Range, exact, range_at, total, weighted_mean
from fabopt.domain.components import MW_OF_SITE, Component
from fabopt.domain.expansion import Expansion

BUILDING = "building"
"""Section of a bill that the site stands in."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something in the packages of a block: its section of the bill, price and resource cost (million dollars)."""

    section: str
    item: str
    price: Range
    cost: Range
    how: str


@dataclass(frozen=True, slots=True)
class Bought:
    """Something that the buyer of a block pays for: million dollars per thousand accelerators, or in all."""

    section: str
    item: str
    each: Range
    by_number: bool
    how: str

    def paid(self, draft: Draft) -> Range:
        """Return what is paid, million dollars."""
        return self.each * draft.accelerators if self.by_number else self.each


def money(draft: Draft) -> Iterator[BillRow]:
    """Parts at price and at resource cost, then what the buyer pays."""
    inside = list(parts(draft))
    for part in inside:
        yield make_row("dollars", f"price of {part.item}", part.price, "MUSD", part.how)
        yield make_row(
            "dollars", f"cost of {part.item}", part.cost, "MUSD", "resource cost: price x (1 - gross margin)"
        )
    costs = total(part.cost for part in inside)
    yield make_row("dollars", "cost of all parts", costs, "MUSD", "sum of the costs above")
    lines = bought(draft)
    for line in lines:
        yield make_row("dollars", line.item, line.paid(draft), "MUSD", line.how)
    spend = total(line.paid(draft) for line in lines)
    yield make_row("dollars", "what the buyer pays", spend, "MUSD", "sum of what follows the cost of all parts")


def bought(draft: Draft) -> list[Bought]:
    """Return what the buyer of a block pays for, the accelerators first."""
    price, system = draft.at(draft.chip.price), draft.at(draft.chip.system_cost)
    how = f"accelerators x {price.value:,.0f} USD"
    bought = [Bought("chips", "price of accelerators", price.scaled(1e-3), True, how)]
    how = f"accelerators x {system.value:,.0f} USD, beside components"
    bought.append(Bought("servers", "price of servers, network, installation", system.scaled(1e-3), True, how))
    for component, pieces in per_accelerator(draft):
        cost = component_price(draft, component)
        how = f"accelerators x {pieces.value:.4g} x {cost.value:,.0f} USD/{component.unit}"
        each = (pieces * cost).scaled(1e-3)
        bought.append(Bought(component.group, f"price of {component.name}", each, True, how))
    for component, pieces in per_megawatt(draft):
        cost = component_price(draft, component)
        how = f"{draft.power_mw:,.0f} MW x {pieces.value:.4g} x {cost.value:,.0f} USD/{component.unit}"
        each = (pieces * cost).scaled(draft.power_mw / 1e6)
        bought.append(Bought(component.group, f"price of {component.name}", each, False, how))
    rest = (other for other in draft.others if other.bought)
    bought += [Bought(other.section, f"price of {other.name}", other.price, True, other.how) for other in rest]
    bought += shipment_charges(draft)
    site = site_cost(draft, draft.power_mw)
    if site is not None:
        how = f"{draft.power_mw:,.0f} MW x {site.value / draft.power_mw:.3g} MUSD/MW"
        bought.append(Bought(BUILDING, "cost of the site and its power", site, False, how))
    return bought


def shipment_charges(draft: Draft) -> list[Bought]:
    """Return the charges on deliveries to the sites of the instance: the mean over those that stand for the block."""
    data, chip, shipment_charges = draft.instance, draft.chip, list[Bought]()
    home = data.designers[chip.designer].region
    own = {
        "kind": "chip", "role": "shipment", "stage": "deployment", "chip": draft.needs.chip, "designer": chip.designer,
        "owner": chip.designer, "item": chip.designer, "origin": home,
    }  # fmt: skip
    for key, charge in data.charges.items():
        if charge.of != "shipments" or not (charge.since or draft.day) <= draft.day <= (charge.until or draft.day):
            continue
        hits = 0
        for name, site in data.sites.items():
            there = {"site": name, "region": site.region, "destination": site.region}
            tags: dict[str, str] = own | there | {"lab": site.lab, "customer": site.lab}
            hits += charge.where.takes(lambda tag, tags=tags: tags.get(tag, ""))  # type: ignore[misc]
        if not hits:
            continue
        stated = charge.per_unit or charge.share
        assert stated is not None
        rate = draft.at(stated).scaled(1e3 if charge.per_unit is not None and stated.unit == "1" else 1.0)
        each = rate if charge.share is None else rate * draft.at(chip.price)
        how = f"accelerators x {each.value:,.0f} USD, at {hits} of {len(data.sites)} sites"
        share = hits / len(data.sites)
        shipment_charges.append(Bought("charges", charge.name or key, each.scaled(1e-3 * share), True, how))
    return shipment_charges


def per_accelerator(draft: Draft) -> list[tuple[Component, Range]]:
    """Return the components that the buyer takes with an accelerator, and how many pieces."""
    components = draft.instance.components
    stated = {name: c.each(draft.needs.chip) for name, c in components.items() if c.per == "accelerator"}
    pieces = taken_with(draft.instance, {k: each for k, each in stated.items() if each is not None}, draft.day)
    return [(components[name], number) for name, number in pieces.items()]


def per_megawatt(draft: Draft) -> list[tuple[Component, Range]]:
    """Return the components that a megawatt of a site takes, and how many pieces: the mean over sites that can grow."""
    components, per_megawatt = draft.instance.components, dict[str, Range]()
    growing = [key for key, site in draft.instance.sites.items() if site.expansion is not None and not draft.it]
    for site in growing:
        stated = {name: c.each(site) for name, c in components.items() if c.per == MW_OF_SITE}
        pieces = taken_with(draft.instance, {k: each for k, each in stated.items() if each is not None}, draft.day)
        for name, number in pieces.items():
            per_megawatt[name] = per_megawatt.get(name, ZERO) + number.scaled(1.0 / len(growing))
    return [(components[name], number) for name, number in per_megawatt.items()]


def component_price(draft: Draft, component: Component) -> Range:
    """Return the price of one piece: the mean over its sources by capacity."""
    return weighted_mean((s.capacity.at(draft.day), draft.at(s.price)) for s in component.sources.values())


def site_cost(draft: Draft, size: float) -> Range | None:
    """Return what a site of so many MW costs (million dollars), the mean over those that can grow.

    None without any, and for a block of IT power, whose facility power is not known.
    """
    sites = (site.expansion for site in draft.instance.sites.values() if not draft.it)
    site_cost = [expansion_cost(expansion, size, draft.day) for expansion in sites if expansion is not None]
    return weighted_mean((1.0, cost) for cost in site_cost) if site_cost else None


def parts(draft: Draft) -> Iterator[Part]:
    """Yield what goes into the packages of a block, at price and at resource cost."""
    instance, needs = draft.instance, draft.needs
    for other in (one for one in draft.others if not one.bought):
        price, cost = draft.accelerators * other.price, draft.accelerators * other.cost
        yield Part(other.section, other.name, price, cost, other.how)

    def amount(pieces: Range, price: Range, margin: Range) -> tuple[Range, Range]:
        paid = (draft.thousands(pieces) * price).scaled(1e-3)
        return paid, paid * margin.complement()

    for die_id, wafers in needs.die_wafers.items():
        die = instance.dies[die_id]
        node = instance.nodes[die.node]
        factor = weighted_mean(
            (source.opening_share.value, draft.at(instance.fabs[fab].cost_factor)) for fab, source in die.fabs.items()
        )
        price = draft.at(node.wafer_price) * factor
        yield Part(
            "chips",
            f"{node.name} wafers, {die.name}",
            *amount(wafers, price, draft.at(node.gross_margin)),
            f"wafers x {price.value:,.0f} USD",
        )
    for generation, stacks in needs.stacks.items():
        product = instance.hbm[generation]
        price = draft.at(product.price)
        yield Part(
            "memory",
            f"{product.name} stacks",
            *amount(stacks, price, draft.at(product.gross_margin)),
            f"stacks x {price.value:,.0f} USD",
        )
    for component_id, number in needs.components.items():
        component = instance.components[component_id]
        price = component_price(draft, component)
        sources = component.sources.values()
        margin = weighted_mean((s.capacity.at(draft.day), draft.at(s.gross_margin)) for s in sources)
        how = f"pieces x {price.value:,.0f} USD"
        yield Part(component.group, component.name, *amount(number, price, margin), how)
    lines = lines_for(instance, draft.bom) if draft.bom.technology is not None else []
    if lines:
        price = weighted_mean((line.capacity.at(draft.day), draft.at(line.wafer_price)) for line in lines)
        margin = weighted_mean((line.capacity.at(draft.day), draft.at(line.gross_margin)) for line in lines)
        yield Part(
            "packaging",
            "packaging of interposer wafers",
            *amount(needs.interposer_wafers, price, margin),
            f"interposer wafers x {price.value:,.0f} USD",
        )
    assembly = draft.at(draft.chip.assembly_cost)
    if assembly.value > 0:
        yield Part(
            "packaging",
            "test, assembly, other parts",
            *amount(needs.started, assembly, exact(0.0)),
            f"packages started x {assembly.value:,.0f} USD",
        )


def expansion_cost(expansion: Expansion[Any], size: float, day: date) -> Range:
    """Return the cost of an expansion of any size, in the unit of its capacity (million dollars).

    Steps count by the part of one that is needed. Between the sizes of a curve it runs straight; below the first and
    above the last it keeps their cost per unit.
    """
    if expansion.step is not None and expansion.cost is not None:
        return range_at(expansion.cost, day).scaled(size / expansion.step.value)
    sizes = sorted((stated, range_at(cost, day)) for stated, cost in expansion.curve.items())
    for (small, cheap), (large, dear) in pairwise(sizes):
        if small <= size <= large:
            share = (size - small) / (large - small)
            return cheap.scaled(1.0 - share) + dear.scaled(share)
    stated, cost = sizes[0] if size < sizes[0][0] else sizes[-1]
    return cost.scaled(size / stated)

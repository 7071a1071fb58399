"""The dollars of a bill: components at price and at resource cost, and what the buyer pays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from fabopt.analysis.bill_draft import BillRow, Draft, make_row
from fabopt.analysis.explosion import lines_for
from fabopt.analysis.ranges import Range, exact, range_at, total, weighted_mean
from fabopt.domain.expansion import Expansion


def money(draft: Draft) -> Iterator[BillRow]:
    """Components at price and at resource cost, then what the buyer pays."""
    components = list(_components(draft))
    for item, price, cost, how in components:
        yield make_row("dollars", f"price of {item}", price, "MUSD", how)
        yield make_row("dollars", f"cost of {item}", cost, "MUSD", "resource cost: price x (1 - gross margin)")
    parts = total(cost for _, _, cost, _ in components)
    yield make_row("dollars", "cost of all parts", parts, "MUSD", "sum of the costs above")
    price = draft.at(draft.chip.price)
    chips = draft.thousands(price).scaled(1e-3)
    how = f"accelerators x {price.value:,.0f} USD"
    yield make_row("dollars", "price of accelerators", chips, "MUSD", how)
    system = draft.at(draft.chip.system_cost)
    systems = draft.thousands(system).scaled(1e-3)
    how = f"accelerators x {system.value:,.0f} USD"
    yield make_row("dollars", "price of servers, network, installation", systems, "MUSD", how)
    spend = chips + systems
    site = None if draft.it else _site_cost(draft)
    if site is not None:
        how = f"{draft.power_mw:,.0f} MW x {site.value / draft.power_mw:.3g} MUSD/MW"
        yield make_row("dollars", "cost of the site and its power", site, "MUSD", how)
        spend = spend + site
    what = "accelerators, systems" if site is None else "accelerators, systems, site"
    yield make_row("dollars", "what the buyer pays", spend, "MUSD", what)


def _components(draft: Draft) -> Iterator[tuple[str, Range, Range, str]]:
    """Yield component, price, resource cost (million dollars) and the arithmetic in words."""
    instance, needs = draft.instance, draft.needs

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
        yield (
            f"{node.name} wafers, {die.name}",
            *amount(wafers, price, draft.at(node.gross_margin)),
            f"wafers x {price.value:,.0f} USD",
        )
    for generation, stacks in needs.stacks.items():
        product = instance.hbm[generation]
        price = draft.at(product.price)
        yield (
            f"{product.name} stacks",
            *amount(stacks, price, draft.at(product.gross_margin)),
            f"stacks x {price.value:,.0f} USD",
        )
    for component_id, number in needs.components.items():
        component = instance.components[component_id]
        sources = [(s.capacity.at(draft.day), s) for s in component.sources.values()]
        price = weighted_mean((weight, draft.at(source.price)) for weight, source in sources)
        margin = weighted_mean((weight, draft.at(source.gross_margin)) for weight, source in sources)
        yield component.name, *amount(number, price, margin), f"pieces x {price.value:,.0f} USD"
    lines = lines_for(instance, draft.bom) if draft.bom.technology is not None else []
    if lines:
        price = weighted_mean((line.capacity.at(draft.day), draft.at(line.wafer_price)) for line in lines)
        margin = weighted_mean((line.capacity.at(draft.day), draft.at(line.gross_margin)) for line in lines)
        yield (
            "packaging of interposer wafers",
            *amount(needs.interposer_wafers, price, margin),
            f"interposer wafers x {price.value:,.0f} USD",
        )
    assembly = draft.at(draft.chip.assembly_cost)
    if assembly.value > 0:
        yield (
            "test, assembly, other parts",
            *amount(needs.started, assembly, exact(0.0)),
            f"packages started x {assembly.value:,.0f} USD",
        )


def _site_cost(draft: Draft) -> Range | None:
    """Return what a site for the block costs (million dollars), the mean over the instance's expandable sites."""
    found = [
        expansion_cost(site.expansion, draft.power_mw, draft.day)
        for site in draft.instance.sites.values()
        if site.expansion is not None
    ]
    return weighted_mean((1.0, cost) for cost in found) if found else None


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

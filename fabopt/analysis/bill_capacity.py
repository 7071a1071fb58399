"""The capacity of a bill: what it would cost to build what makes such a block every year.

Scanners at price, and the cost per unit of capacity of the expansions that the instance knows (clean room and other
tools of fabs, stacking lines, packaging lines): capacity is what the block needs in a year, divided by 12 months.
Stages whose fabs or lines cannot be expanded in the instance are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fabopt.analysis.bill_draft import BillRow, Draft, make_row
from fabopt.analysis.bill_money import expansion_cost
from fabopt.analysis.explosion import hbm_makers, lines_for
from fabopt.analysis.ranges import Range, total, weighted_mean
from fabopt.domain.expansion import Expansion


def capacity(draft: Draft, tools: dict[str, Range]) -> Iterator[BillRow]:
    """Yield the lines of a bill on capacity.

    Parameters
    ----------
    draft
        The bill.
    tools
        Tools standing by scanner class.
    """
    costs = []
    for class_id, standing in tools.items():
        scanner = draft.instance.scanners[class_id]
        price = draft.at(scanner.price)
        costs.append(standing * price)
        yield make_row(
            "capacity",
            f"price of {scanner.name} tools",
            costs[-1],
            "MUSD",
            f"tools standing x {price.value:,.0f} million USD",
        )
    for item, wafers, per_capacity in _expansions(draft):
        if per_capacity is None or wafers.value == 0.0:
            continue
        monthly = wafers.scaled(1.0 / 12.0)
        costs.append(monthly * per_capacity)
        how = f"{monthly.value:,.3g} thousand wafers a month x {per_capacity.value:,.3g} million USD"
        yield make_row("capacity", item, costs[-1], "MUSD", how)
    yield make_row("capacity", "to make such a block every year", total(costs), "MUSD", "sum of the lines above")


def _expansions(draft: Draft) -> Iterator[tuple[str, Range, Range | None]]:
    """Yield item, thousand wafers for the block, and cost per thousand wafers a month of its expansions."""
    instance, needs = draft.instance, draft.needs
    dies = [instance.dies[die_id] for die_id in needs.die_wafers]
    makers = [maker for generation in needs.stacks for maker in hbm_makers(instance, draft.chip, generation)]
    for node_id, wafers in needs.node_wafers.items():
        fabs = [fab for die in dies if die.node == node_id for fab in die.fabs]
        fabs += [maker.fab for maker in makers if maker.node == node_id]
        steps = [instance.fabs[fab].expansion for fab in dict.fromkeys(fabs)]
        name = f"{instance.nodes[node_id].name} fabs less lithography"
        needed = draft.thousands(wafers)
        yield name, needed, _per_capacity(draft, needed, steps)
    stacked = draft.thousands(total(needs.stack_wafers.values()))
    yield "HBM stacking lines", stacked, _per_capacity(draft, stacked, [maker.expansion for maker in makers])
    lines = [line.expansion for line in lines_for(instance, draft.bom)]
    needed = draft.thousands(needs.interposer_wafers)
    yield "packaging lines", needed, _per_capacity(draft, needed, lines)


def _per_capacity(draft: Draft, wafers: Range, steps: Iterable[Expansion[Any] | None]) -> Range | None:
    """Return the mean cost per thousand wafers a month (million dollars), None where nothing can be expanded."""
    size = wafers.value / 12.0
    costs = [expansion_cost(step, size, draft.day).scaled(1.0 / size) for step in steps if step is not None and size]
    return weighted_mean((1.0, cost) for cost in costs) if costs else None

"""The whole of a bill in dollars: chips, memory, packaging, networking, racks, cooling, power, building, and the total.

What goes into a package is in the price of the accelerator: memory and packaging are shown at price, and *chips* is
what remains of the accelerator's price, with its design and margin.

The total has two ranges. From its low to its high end everything lies at its low, then at its high end at once. And 10,
50 and 90 % of :data:`DRAWS` seeded draws, in which the number of accelerators and every price lie somewhere between
their ends by themselves, triangular about what is stated, as in draws of choke points: what is dear does not make all
else dear. Where ranges reach further up than down, half of the draws lie above the sum of what is stated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fabopt.analysis.bill_draft import BillRow, Draft, make_row
from fabopt.analysis.bill_money import BUILDING, Bought, bought, parts, site_cost
from fabopt.analysis.ranges import ZERO, Range, total
from fabopt.network.tables import Array

DRAWS = 10_000
SECTIONS = ("chips", "memory", "packaging", "servers", "networking", "racks", "cooling", "power", BUILDING)
"""Order of the sections; others come before the building of the site."""
SIZES = (50.0, 1000.0)
"""Sizes of a site, in MW, whose cost per MW is shown: it falls with size."""


def building(draft: Draft) -> Iterator[BillRow]:
    """Yield what a megawatt of a small and of a large site costs."""
    for size in SIZES:
        cost = site_cost(draft, size)
        if cost is not None:
            item = f"site per MW, of {size:,.0f} MW"
            yield make_row(BUILDING, item, cost.scaled(1.0 / size), "MUSD/MW", "mean over the sites that can grow")


def whole(draft: Draft) -> Iterator[BillRow]:
    """Yield the sections of the bill in dollars, and their total with both ranges."""
    lines, inside = bought(draft), [part for part in parts(draft) if part.section != "chips"]
    sums: dict[str, Range] = {}
    for section, paid in [(p.section, p.price) for p in inside] + [(x.section, x.paid(draft)) for x in lines[1:]]:
        sums[section] = sums.get(section, ZERO) + paid
    within, own = total(part.price for part in inside), lines[0].paid(draft)
    ends = own.low - within.low, own.value - within.value, own.high - within.high
    sums["chips"] = Range(min(ends), ends[1], max(ends))
    said = {"chips": "accelerators at price less their memory and packaging: wafers, design, margin"}
    for name in sorted(sums, key=lambda s: SECTIONS.index(s) if s in SECTIONS else len(SECTIONS) - 1.5):
        if sums[name] != ZERO:
            yield make_row("whole", name, sums[name], "MUSD", said.get(name, "at price"))
    paid = total(line.paid(draft) for line in lines)
    yield make_row("whole", "total", paid, "MUSD", "sum; low and high: everything at its low, or at its high end")
    how = f"10, 50 and 90 % of {DRAWS:,} seeded draws, number and prices each by themselves, triangular"
    yield make_row("whole", "total of draws", drawn(draft, lines), "MUSD", how)


def drawn(draft: Draft, lines: list[Bought]) -> Range:
    """Return 10, 50 and 90 % of what is paid in all, over draws in which every number lies by itself in its range."""
    random = np.random.default_rng(0)

    def draw(of: Range) -> Array:
        if of.high <= of.low:
            return np.full(DRAWS, of.value)
        return random.triangular(of.low, min(max(of.value, of.low), of.high), of.high, DRAWS)

    number = draw(draft.accelerators)
    paid = sum((draw(line.each) * (number if line.by_number else 1.0) for line in lines), np.zeros(DRAWS))
    return Range(*np.percentile(paid, (10.0, 50.0, 90.0)).tolist())

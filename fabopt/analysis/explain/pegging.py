"""Where a unit of a chip comes from: parts, the wafers behind them, the exposures behind those.

The plan is pegged (`fabopt.network.pegging`) from each step that makes parts to the packaging that takes them, through
lead times and stocks: wafers and exposures are those of which the parts were made, whenever that was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fabopt.analysis.explain.records import Origin, Pegging
from fabopt.analysis.material_flow import EXPOSURES, WAFERS, in_order, part_block, part_name
from fabopt.domain.tolerances import SAME
from fabopt.network.explode import better, sources
from fabopt.network.links import link
from fabopt.network.pegging import pegged
from fabopt.network.tables import Activity, Array, Network
from fabopt.solve.results.decided import by_record
from fabopt.solve.results.folder import Read

EARLIER = "from before the plan"
"""Source of what was in stock or in work at the decision date."""

Shares = dict[str, float]


def pegging(net: Network, read: Read, chip: str, name: str, period: int) -> Pegging:
    """Return where the units of a chip that are packaged in a period come from.

    Parameters
    ----------
    net
        The network that was solved.
    read
        Returns a table of the result by its name.
    chip, name
        Id and display name of the chip.
    period
        Index of the period.
    """
    label, links = net.periods[period].label, link(net)
    levels = by_record(net, net.activities, read("core/activities"), "level")
    material = {m.id: (n, part_block(m.tags.kind, m.tags.role, m.tags.stage)) for n, m in enumerate(net.materials)}
    packs = [n for n, a in enumerate(net.activities) if a.tags.stage == "packaging" and a.tags.chip == chip]
    parts = [p.material for n in packs for p in links.inputs[net.activities[n].id] if material[p.material][1]]
    packs = [n for n in packs if any(p.material in parts for p in links.inputs[net.activities[n].id])]
    packaged = levels[packs].sum(axis=0)
    periods = tuple(net.periods[t].label for t in np.flatnonzero(packaged > 0.0))
    started = float(packaged[period])
    if started <= 0.0:
        return Pegging(chip, name, label, 0.0, periods, ())
    for key in parts:  # grows by what stands in for them
        parts += [other for other in better(links, key) if other not in parts]
    makers = {a for key in parts for a in sources(links, key)}
    steps = [a for a, level in zip(net.activities, levels, strict=True) if a.id in makers and level.any()]
    orders = by_record(net, net.units, read("core/units"), "ordered")
    stock = by_record(net, net.materials, read("core/materials"), "stock")
    mixed = [shares for shares, _ in pegged(net, levels, orders, stock, [(a.id,) for a in steps])]
    taken: dict[str, Array] = defaultdict(lambda: np.zeros(len(steps)))
    whole: dict[str, float] = defaultdict(float)
    for n in packs:
        for part in links.inputs[net.activities[n].id]:
            place, block = material[part.material]
            if block:
                amount = -float(levels[n, period] * part.amount[period])
                whole[block] += amount
                taken[block] += amount * mixed[min(period + part.age, net.n_periods - 1)][place]
    layers = _exposures(net, steps)
    origins = [
        row
        for block in in_order(whole)
        if whole[block] > 0.0
        for row in _rows(block, steps, taken[block] / whole[block], whole[block] / started, layers)
    ]
    return Pegging(chip, name, label, started, periods, tuple(origins))


def _rows(
    block: str, steps: Sequence[Activity], shares: Array, each: float, layers: Mapping[str, Shares]
) -> list[Origin]:
    """Return the sources of a kind of part, and of the wafers and exposures that it is made of."""

    def of(sources: Callable[[Activity], Shares]) -> Shares:
        by_source: Shares = defaultdict(float)
        for step, share in zip(steps, shares.tolist(), strict=True):
            for source, part in sources(step).items() if share > 0.0 else ():
                by_source[source] += share * part
        left = 1.0 - sum(by_source.values())
        if left > SAME:
            by_source[EARLIER] = left
        return {s: by_source[s] for s in sorted(by_source, key=lambda s: (s == EARLIER, -by_source[s], s))}

    parts = of(lambda a: {part_name(block, a.tags.node, a.tags.item, a.tags.owner): 1.0})
    rows = [Origin(block, "", source, each * share, share) for source, share in parts.items()]
    wafers = of(lambda a: {a.tags.owner: 1.0} if a.tags.node else {})
    for stage, behind in ((WAFERS, wafers), (EXPOSURES, of(lambda a: layers.get(a.id, {})))):
        if behind.keys() - {EARLIER}:
            rows += [Origin(stage, block, source, None, share) for source, share in behind.items()]
    return rows


def _exposures(net: Network, steps: Sequence[Activity]) -> dict[str, Shares]:
    """Return the share of each class of scanner in the exposures of a step, by step that has some."""
    scanner = {r.id: r.tags.item for r in net.resources if r.tags.stage == "lithography"}
    used: dict[str, Shares] = {step.id: defaultdict(float) for step in steps}
    for use in net.uses:
        if use.activity in used and use.resource in scanner:
            used[use.activity][scanner[use.resource]] += float(use.amount.sum())
    return {a: {c: n / sum(own.values()) for c, n in own.items()} for a, own in used.items() if any(own.values())}

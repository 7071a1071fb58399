"""Work in progress at the decision date: what was started before it still arrives, and still uses capacity.

Each chip states the rate at which good packages come out at the decision date. Exploded through its bill of materials
at that date's yields, the rate gives the starts of packages, wafers, stacks and components in the periods before; the
part of their effects that falls into the horizon becomes receipts and spent capacity (`builder.finish`). Labs have on
order what the accelerators take that such packages become, each for its share of the chip's fleet. Other buyers had
what wafer starts were left.
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.users import buyers
from fabopt.network.explode import Weights, exploded, recipes, sources
from fabopt.network.links import Links
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.components import component_material, taken
from fabopt.network.lowering.deployment import in_field
from fabopt.network.lowering.markets import filled, parts
from fabopt.network.tables import Activity


def lower_opening(chain: Chain) -> None:
    """Fill the history of activities (level per period before the horizon, each as long as the first in it)."""
    month = float(chain.months[0])
    of_labs = {key: _of_labs(chain, key) for key in chain.instance.chips}
    links = recipes(chain.build.flows, at=0)
    ran = {f"chip:{key}": chip.running_rate.value * month for key, chip in chain.instance.chips.items()}
    wanted = {key: np.array([rate]) for key, rate in ran.items() if rate > 0.0 and links.makers[key]}
    for chip_id, chip in chain.instance.chips.items():
        for material, each in of_labs[chip_id].items():
            before = wanted.get(material, np.zeros(1))
            wanted[material] = before + each * chip.running_rate.value * month
    opening = exploded(links, wanted, lambda material: _makers(chain, links, material))
    chain.build.history |= {key: float(level[0]) for key, level in opening.starts.items()}
    _markets(chain)


def _of_labs(chain: Chain, chip_id: str) -> dict[str, float]:
    """Return how much labs order with a thousand accelerators of a chip, by material that is a component of theirs."""
    pieces = taken(chain, "accelerator", chip_id)
    who: dict[tuple[str, str], float] = {}
    for site_id, site in chain.instance.sites.items():
        if pieces and site.lab in buyers(chain.instance, chip_id):
            where = site.lab, site.region
            who[where] = who.get(where, 0.0) + in_field(chain, chip_id, site_id)
    fleet, labs = sum(who.values()), dict[str, float]()
    for (lab, region), held in who.items():
        for component_id, each in pieces:
            share = held / fleet if fleet > 0.0 else 1.0 / len(who)
            material = component_material(chain, component_id, lab, region)
            amount = float(each[0]) * chain.instance.components[component_id].scale * share
            labs[material] = labs.get(material, 0.0) + amount
    return labs


def _makers(chain: Chain, links: Links, material: str) -> Weights:
    """Return who made a part before the decision date, by their shares of what was started."""
    makers = [chain.build.activities[a] for a in sources(links, material)]
    if not makers:
        return {}
    stage = makers[0].tags.stage
    if stage == "packaging":
        return _lines(chain, makers)
    if stage == "memory":
        return _stackers(chain, links, material, makers)
    if stage == "wafer":
        shares = {a.id: chain.instance.dies[a.tags.item].fabs[a.tags.site].opening_share.value for a in makers}
        return shares if any(shares.values()) else {makers[0].id: 1.0}
    if stage == "component":
        return _sources(chain, makers)
    return {a.id: 1.0 for a in makers}


def _sources(chain: Chain, makers: list[Activity]) -> Weights:
    """Split a component over those who could start it before the decision date, by capacity."""
    start = chain.periods[0].start
    sources = {a.id: chain.instance.components[a.tags.item].sources[a.tags.site] for a in makers}
    there = {key: s for key, s in sources.items() if s.available is None or s.available <= start}
    weights = {key: source.capacity.at(start) for key, source in there.items()}
    return weights if any(weights.values()) else dict.fromkeys(there, 1.0)


def _lines(chain: Chain, makers: list[Activity]) -> Weights:
    """Split a chip over the lines of its first bill of materials, by capacity."""
    first = [a for a in makers if a.tags.item == makers[0].tags.item]
    lines, start = chain.instance.packaging_lines, chain.periods[0].start
    weights = {a.id: lines[a.tags.site].capacity.at(start) for a in first if a.tags.site}
    return weights if any(weights.values()) else {first[0].id: 1.0}


def _stackers(chain: Chain, links: Links, material: str, makers: list[Activity]) -> Weights:
    """Split stacks over the makers qualified for them by their stated shares, equally where none is stated."""
    shares: dict[str, float] = {}
    stated: dict[str, float] = {}
    for activity in makers:
        maker, designer = chain.instance.memory_makers[activity.tags.site], activity.tags.customer
        if activity.tags.item in maker.qualified.get(designer, {}):
            share = maker.opening_share.get(designer)
            shares[activity.id] = 1.0 if share is None else share.value
            stated |= {} if share is None else {activity.id: share.value}
    # Shares are of stacks; a maker that gets fewer from a wafer has more wafers in work.
    made = {a: sum(p.amount[0] for p in links.outputs[a] if p.material == material) for a in shares}
    return {a: share / made[a] for a, share in (stated or shares).items()}


def _markets(chain: Chain) -> None:
    """Give other buyers the wafer starts that chips and memory left, up to what they would take."""
    history, month = chain.build.history, float(chain.months[0])
    start = chain.periods[0].start
    used: dict[str, float] = {}
    for use in chain.build.uses:
        of = chain.build.resources[use.resource].tags
        if of.role == "wafer_starts" and use.age == 0:
            used[of.item] = used.get(of.item, 0.0) + history.get(use.activity, 0.0) * use.amount[0]
    starts = {(a.tags.item, a.tags.site): a.id for a in chain.build.activities.values() if a.tags.kind == "market"}
    for market_id, market in chain.instance.markets.items():
        for part in parts(chain, market_id):
            open_starts = {
                fab_id: max(
                    0.0,
                    chain.instance.fabs[fab_id].wafer_starts.at(start) * month - used.get(fab_id, 0.0),
                )
                for fab_id in market.serving(part.node)
                if chain.build.openings[starts[market_id, fab_id]].share[0] == 1.0
            }
            able = sum(room * filled(chain, market, market.fabs[fab])[0] for fab, room in open_starts.items())
            share = 1.0 if part.node is None else market.shares[part.node].at(start)
            wanted = min(market.amount.at(start) * share * month, able)
            for fab_id, room in open_starts.items():
                if able > 0.0:
                    level = wanted * room / able
                    history[starts[market_id, fab_id]] = level
                    used[fab_id] = used.get(fab_id, 0.0) + level

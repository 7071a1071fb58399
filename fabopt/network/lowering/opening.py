"""Work in progress at the decision date: what was started before it still arrives, and still uses capacity.

Each chip states the rate at which good packages come out at the decision date. Exploded through its bill of materials
at that date's yields, the rate gives the starts of packages, wafers, stacks and substrates in the periods before; the
part of their effects that falls into the horizon becomes receipts and spent capacity (`builder.finish`). Other buyers
had what wafer starts were left.
"""

from __future__ import annotations

from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.packaging import Route, parts_of, routes
from fabopt.network.lowering.wafers import outputs_of


def lower_opening(chain: Chain) -> None:
    """Fill the history of activities (level per period before the horizon)."""
    history = chain.build.history
    needs: dict[str, float] = {}
    for chip_id, chip in chain.instance.chips.items():
        rate = chip.running_rate.value * chain.months
        options = routes(chain, chip_id)
        if rate == 0.0 or not options:
            continue
        for route, share in _line_shares(chain, options):
            started = rate * share / float(_amount(chain, route.activity, f"chip:{chip_id}"))
            history[route.activity] = history.get(route.activity, 0.0) + started
            for material, number in parts_of(chain, route).items():
                needs[material] = needs.get(material, 0.0) + number * started
    for material, need in needs.items():
        for activity, share in _makers(chain, material):
            level = need * share / _amount(chain, activity, material)
            history[activity] = max(history.get(activity, 0.0), level)
    _markets(chain)


def _amount(chain: Chain, activity: str, material: str) -> float:
    """Return what one unit of an activity makes of a material in all, at the yields of the first period."""
    return float(sum(f.amount[0] for f in chain.build.flows_of[material] if f.activity == activity))


def _line_shares(chain: Chain, options: list[Route]) -> list[tuple[Route, float]]:
    """Split a chip's running rate over the lines of its first bill of materials, by capacity."""
    first = [route for route in options if route.bom == options[0].bom]
    if first[0].line is None:
        return [(first[0], 1.0)]
    start = chain.periods[0].start
    lines = chain.instance.packaging_lines
    weights = [lines[route.line].capacity.at(start) for route in first if route.line is not None]
    total = sum(weights)
    if total == 0.0:
        return [(first[0], 1.0)]
    return [(route, w / total) for route, w in zip(first, weights, strict=True)]


def _makers(chain: Chain, material: str) -> list[tuple[str, float]]:
    """Return who made a part before the decision date, as activities with shares that add up to 1."""
    kind, name, *rest = material.split(":")
    if kind in ("substrate", "interposer"):
        return [(material, 1.0)]
    if kind == "hbm":
        return _hbm_makers(chain, name, rest[0])
    for die_id, die in chain.instance.dies.items():
        if name in outputs_of(die_id, die):
            shares = {fab_id: source.opening_share.value for fab_id, source in die.fabs.items()}
            total = sum(shares.values())
            if total == 0.0:
                return [(f"wafers:{die_id}:{next(iter(die.fabs))}", 1.0)]
            return [(f"wafers:{die_id}:{fab}", s / total) for fab, s in shares.items() if s > 0.0]
    return []


def _hbm_makers(chain: Chain, generation: str, designer: str) -> list[tuple[str, float]]:
    makers: dict[str, float] = {}
    stated = False
    for maker_id, maker in chain.instance.memory_makers.items():
        activity = f"hbm:{generation}:{designer}:{maker_id}"
        if activity not in chain.build.activities or generation not in maker.qualified.get(designer, {}):
            continue
        share = maker.opening_share.get(designer)
        stated = stated or share is not None
        makers[activity] = share.value if share is not None else 0.0
    if not stated:
        makers = dict.fromkeys(makers, 1.0)
    total = sum(makers.values())
    return [(activity, share / total) for activity, share in makers.items() if share > 0.0]


def _markets(chain: Chain) -> None:
    """Give other buyers the wafer starts that chips and memory left, up to what they would take."""
    history = chain.build.history
    start = chain.periods[0].start
    used: dict[str, float] = {}
    for use in chain.build.uses:
        if use.resource.startswith("starts:") and use.age == 0:
            used[use.resource] = used.get(use.resource, 0.0) + history.get(use.activity, 0.0) * use.amount[0]
    for market_id, market in chain.instance.markets.items():
        open_starts = {
            fab_id: max(
                0.0,
                chain.instance.fabs[fab_id].wafer_starts.at(start) * chain.months - used.get(f"starts:{fab_id}", 0.0),
            )
            for fab_id in market.fabs
        }
        total = sum(open_starts.values())
        wanted = min(market.quantity.at(start) * chain.months, total)
        for fab_id, room in open_starts.items():
            if total > 0.0:
                level = wanted * room / total
                history[f"market:{market_id}:{fab_id}"] = level
                used[f"starts:{fab_id}"] = used.get(f"starts:{fab_id}", 0.0) + level

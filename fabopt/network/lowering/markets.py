"""The other buyers of wafers and memory: what each node makes for them, and what they pay for it.

A market is lowered to one part for each node that has a share of it, or to one that any of its fabs may fill. A part is
counted in thousand wafers or, where bits are wanted, in petabytes: a thousand wafers of a node fill as much of it as
they yield at their start. Wafers are counted at the start (they wait in nobody's queue here).

A part wants what it holds whatever others would pay (``floor:``), the rest of what it takes at the market price
(``more:``) and, where its price is elastic, what it would take at lower prices (``extra:``). Value falls with quantity
along the curve of `elasticity` in steps of :data:`BREAKS`, as for compute (`fabopt.network.lowering.demand`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fabopt.domain.customers import Market
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.components import ONE
from fabopt.network.lowering.demand import step_prices
from fabopt.network.lowering.wafers import use_fab, wafer_cost
from fabopt.network.tables import Activity, Array, Demand, Material, Tags, ValueStep

BREAKS = (0.3, 0.5, 0.65, 0.75, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
"""Ends of the value steps of an elastic market, in quantities at the market price; finest where the plan will be."""

TAKEN = BREAKS.index(1.0) + 1
"""Steps up to the quantity at the market price."""


@dataclass(frozen=True, slots=True)
class Part:
    """A market on one node, or on any of its nodes.

    Attributes
    ----------
    id
        Its id among all parts of markets.
    name
        Display name.
    node
        The node; None: any.
    amount
        What it would take at the market price ``[T]``, thousand wafers or petabytes.
    price
        The market price ``[T]``, million dollars for one of these.
    """

    id: str
    name: str
    node: str | None
    amount: Array
    price: Array

    @property
    def material(self) -> str:
        """What fills it."""
        return f"market:{self.id}"


def parts(chain: Chain, market_id: str) -> list[Part]:
    """Return the parts of a market."""
    market = chain.instance.markets[market_id]
    amount = chain.per_period(market.amount)
    if not market.shares:
        return [Part(market_id, market.name, None, amount, _price(chain, market, None))]
    return [
        Part(
            f"{market_id}:{node}",
            f"{market.name}, {chain.instance.nodes[node].name}",
            node,
            amount * chain.mean(share),
            _price(chain, market, node),
        )
        for node, share in market.shares.items()
    ]


def filled(chain: Chain, market: Market, node: str) -> Array:
    """Return what a thousand wafers of a node fill of a market ``[T]``: thousand wafers, or petabytes."""
    bits = chain.instance.nodes[node].bits_per_wafer
    return chain.flat(1.0) if market.bits is None or bits is None else chain.mean(bits) * PER_THOUSAND


def _price(chain: Chain, market: Market, node: str | None) -> Array:
    if market.bits is not None and market.bit_price is not None:
        return chain.mean(market.bit_price)  # dollars a gigabyte are millions a petabyte
    listed = chain.instance.nodes[next(iter(market.fabs.values())) if node is None else node].wafer_price
    return chain.mean(listed if market.price is None else market.price) * PER_THOUSAND


def lower_markets(chain: Chain) -> None:
    """Add the other buyers of wafers and memory."""
    for market_id, market in chain.instance.markets.items():
        for part in parts(chain, market_id):
            field = f"markets.{market_id}.{'quantity' if market.bits is None else 'bits'}"
            label = Tags(stage="market", customer=market_id, item=market_id, node=part.node or "", kind="market")
            wanted = label.of("want", field)
            unit = "kwafer" if market.bits is None else "PB"
            chain.build.material(Material(part.material, part.name, unit, label.of("wafer", field)))
            for fab_id in market.serving(part.node):
                _starts(chain, market_id, part, fab_id)
            _demands(chain, market, part, wanted)


def _demands(chain: Chain, market: Market, part: Part, wanted: Tags) -> None:
    """Add what a part of a market wants: its floor, the rest at the market price, and more at lower prices."""
    held = part.amount * chain.mean(market.floor)

    def want(name: str, says: str, steps: list[ValueStep], tags: Tags) -> Demand:
        total = np.sum([step.width for step in steps], axis=0)
        return Demand(name, part.name + says, part.material, total, tuple(steps), tags)

    demands, steps = chain.build.demands, _steps(market, part, held)
    above = ", above the floor" if held.any() else ""
    if held.any():
        floor = replace(wanted, role="floor", field=f"markets.{wanted.item}.floor")
        least = want(f"floor:{part.id}", ", floor", [ValueStep(held, part.price)], floor)
        demands.append(replace(least, required=True))
    waiting = chain.lengths.one(market.waiting_cost.value * chain.months * PER_THOUSAND)
    for name, share, expiry in _patience(chain, market):
        waits = [ValueStep(step.width * share, step.value) for step in steps[:TAKEN]]
        more = want(f"more:{part.id}{name}", above, waits, wanted)
        demands.append(replace(more, expiry=expiry, backlog_cost=waiting))
    if steps[TAKEN:]:
        demands.append(want(f"extra:{part.id}", ", at lower prices", steps[TAKEN:], replace(wanted, role="extra")))


def _steps(market: Market, part: Part, held: Array) -> list[ValueStep]:
    """Return the value steps of a part above what it holds."""
    if market.elasticity is None:
        return [ValueStep(part.amount - held, part.price)]
    relative = step_prices(list(BREAKS), market.elasticity.value, market.price_cap.value)
    ends = [np.maximum(part.amount * end, held) for end in (0.0, *BREAKS)]
    return [ValueStep(b - a, part.price * p) for (a, b), p in zip(pairwise(ends), relative, strict=True)]


def _patience(chain: Chain, market: Market) -> list[tuple[str, Array, int | None]]:
    """Return shares of a market's orders that wait for so many periods: those of a fraction wait one period more."""
    if market.patience is None:
        return [("", chain.flat(1.0), None)]
    lead = min(chain.lead(market.patience.value), float(chain.lengths.begins[-1]))
    first, weights = chain.lengths.arrive(lead)
    return [(":longer" * k, share, first + k) for k, share in enumerate(weights)]


def _starts(chain: Chain, market_id: str, part: Part, fab_id: str) -> None:
    market, fab = chain.instance.markets[market_id], chain.instance.fabs[fab_id]
    node_id, activity = market.fabs[fab_id], f"market:{market_id}:{fab_id}"
    cost = wafer_cost(chain, node_id, fab_id)
    opening = chain.window(market.qualified.get(fab_id), None)
    if market.region is not None:
        opening &= chain.allowed(fab.region, market.region)
    chain.build.activity(
        Activity(
            activity,
            f"wafers for {market.name} at {fab.name}",
            "kwafer",
            Tags(
                stage="market",
                owner=fab.owner,
                customer=market_id,
                item=market_id,
                node=node_id,
                site=fab_id,
                region=fab.region,
                kind="market",
                role="wafer_start",
                field=f"markets.{market_id}.fabs.{fab_id}",
            ),
            cost=cost,
            upper=chain.opens(activity, opening),
        )
    )
    made = filled(chain, market, node_id)
    goods = Goods("activity", activity, chain.flat(1.0), part.price * made, "kwafer", cost)
    chain.pay(market_id, fab.owner, "wafers", node_id, goods)
    use_fab(chain, activity, fab_id, node_id)
    chain.build.flow(activity, part.material, 0, ONE, made)

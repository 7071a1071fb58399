"""Dies: wafer starts of a node in a fab, on behalf of the designer, to good dies after the cycle time.

One unit of level is a thousand wafers started. Non-lithography starts are used in the period of the start; exposures
evenly over the cycle time, because a wafer returns to the scanners layer after layer (CHOKE 3, re-entrant flow). Yield
belongs to the date at which the wafer is finished.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fabopt.domain.nodes import Die, Node
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.components import ONE, component_cost, take, taken
from fabopt.network.profiles import lead_profile
from fabopt.network.tables import Activity, Array, Material, Tags


def cycle_months(chain: Chain, node_id: str, fab_id: str) -> float:
    """Return the cycle time of a node in a fab (months)."""
    return chain.instance.nodes[node_id].cycle_time.value * chain.instance.fabs[fab_id].cycle_factor.value


def wafer_cost(chain: Chain, node_id: str, fab_id: str) -> Array:
    """Return the resource cost of a thousand wafers ``[T]``: price less margin and depreciation, times the factor."""
    node = chain.instance.nodes[node_id]
    factor = chain.instance.fabs[fab_id].cost_factor.value
    return (
        chain.mean(node.wafer_price) * (1.0 - node.gross_margin.value - node.depreciation.value) * factor * PER_THOUSAND
    )


def good_dies(chain: Chain, die: Die, node: Node, months: float) -> Array:
    """Return sellable dies per wafer for starts in each period ``[T]``, at the yield of the finishing date."""
    return die.gross_dies(node) * np.array([die.good_share(node, a, b) for a, b in chain.days(months)])


def use_fab(chain: Chain, activity: str, fab_id: str, node_id: str) -> tuple[Array, Array]:
    """Let an activity whose level is thousand wafers of a node use a fab's starts and exposures, and take components.

    Returns
    -------
    Array, Array
        What the components cost, which the customer buys, million dollars per thousand wafers ``[T]``: their resource
        cost, and at list prices.
    """
    fab, node = chain.instance.fabs[fab_id], chain.instance.nodes[node_id]
    chain.build.use(activity, f"starts:{fab_id}", 0, ONE, chain.flat(1.0))
    months = cycle_months(chain, node_id, fab_id)
    for class_id, exposures in node.exposures.items():
        passes = chain.mean(exposures)
        if class_id in fab.scanners and passes.any():
            chain.spread(activity, f"exposures:{class_id}:{fab_id}", months, passes)
    customer = chain.build.activities[activity].tags.customer
    pieces = taken(chain, "wafer", node_id)
    listed = component_cost(chain, pieces, customer, fab.region, chain.list_cost)
    return take(chain, activity, pieces, customer, fab.region), listed


def outputs_of(die_id: str, die: Die) -> dict[str, float]:
    """Return the materials that good dies become, with their shares: the die itself, or its bins."""
    return {name: share.value for name, share in die.bins.items()} or {die_id: 1.0}


def lower_dies(chain: Chain) -> None:
    """Add the dies, the wafer starts that make them and the downgrading of bins."""
    for die_id, die in chain.instance.dies.items():
        stock = die.stock.value
        for name in outputs_of(die_id, die):
            label = Tags(
                stage="wafer",
                customer=die.designer,
                item=name,
                node=die.node,
                kind="die",
                role="die",
                field=f"dies.{die_id}",
            )
            chain.build.material(
                Material(f"die:{name}", f"{die.name} ({name})", "kdie", label, storable=True, opening=stock)
            )
            stock = 0.0
        for fab_id in die.fabs:
            _starts(chain, die_id, die, fab_id)
        names = list(outputs_of(die_id, die))
        for better, lesser in pairwise(names):
            _downgrade(chain, die_id, die, better, lesser)


def _starts(chain: Chain, die_id: str, die: Die, fab_id: str) -> None:
    source, fab = die.fabs[fab_id], chain.instance.fabs[fab_id]
    node = chain.instance.nodes[die.node]
    months = cycle_months(chain, die.node, fab_id)
    region = chain.instance.designers[die.designer].region
    opening = chain.window(source.available, source.until) & chain.allowed(fab.region, region)
    activity = f"wafers:{die_id}:{fab_id}"
    cost = wafer_cost(chain, die.node, fab_id)
    chain.build.activity(
        Activity(
            activity,
            f"{die.name} wafers at {fab.name}",
            "kwafer",
            Tags(
                stage="wafer",
                owner=fab.owner,
                customer=die.designer,
                item=die_id,
                node=die.node,
                site=fab_id,
                region=fab.region,
                kind="die",
                role="wafer_start",
                field=f"dies.{die_id}.fabs.{fab_id}",
            ),
            cost=cost,
            upper=chain.opens(activity, opening),
        )
    )
    parts, listed = use_fab(chain, activity, fab_id, die.node)
    price = chain.mean(node.wafer_price) * PER_THOUSAND
    goods = Goods("activity", activity, chain.flat(1.0), price, "kwafer", cost)
    chain.pay(die.designer, fab.owner, "wafers", die.node, goods)
    good = good_dies(chain, die, node, months)
    for name, share in outputs_of(die_id, die).items():
        chain.arrive(activity, f"die:{name}", months, good * share)
        chain.cost_of(f"die:{name}", (cost + parts) / good, (price + listed) / good)


def _downgrade(chain: Chain, die_id: str, die: Die, better: str, lesser: str) -> None:
    activity = f"downgrade:{better}:{lesser}"
    chain.build.activity(
        Activity(
            activity,
            f"{better} sold as {lesser}",
            "kdie",
            Tags(
                stage="wafer",
                customer=die.designer,
                item=lesser,
                node=die.node,
                kind="die",
                role="downgrade",
                field=f"dies.{die_id}.bins",
            ),
        )
    )
    first, weights = lead_profile(0.0)
    chain.build.flow(activity, f"die:{better}", first, weights, chain.flat(-1.0))
    chain.build.flow(activity, f"die:{lesser}", first, weights, chain.flat(1.0))

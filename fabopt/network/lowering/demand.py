r"""Demand for compute as value steps, and the other buyers of wafers.

The inverse curve :math:`P = P_0 (Q/Q_0)^{-1/\varepsilon}` is cut at multiples :math:`m_k` of :math:`Q_0`; the value of
step k is the mean of :math:`\min(P, \text{cap} \cdot P_0)` over it, in closed form:

.. math:: \frac{1}{m_k - m_{k-1}} \int_{m_{k-1}}^{m_k} \min(c, q^{-1/\varepsilon})\,dq
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from fabopt.domain.customers import Lab, Market
from fabopt.domain.tasks import served
from fabopt.network.lowering.builder import HOURS_PER_YEAR, PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.components import ONE
from fabopt.network.lowering.tasks import task_steps
from fabopt.network.lowering.wafers import use_fab, wafer_cost
from fabopt.network.tables import Activity, Array, Demand, Material, Tags, ValueStep


def step_prices(breaks: list[float], elasticity: float, cap: float) -> Array:
    """Return the mean price of each step of the inverse curve relative to P0 ``[K]``."""

    def area(q: float) -> float:
        """Integral of min(cap, u^(-1/eps)) from 0 to q."""
        kink = cap**-elasticity
        if q <= kink:
            return float(cap * q)
        power = 1.0 - 1.0 / elasticity
        log = math.log(q) + elasticity * math.log(cap)  # of q / kink: the kink itself may be too small for a number
        if abs(power * log) > 1.0:
            tail = (q**power - kink**power) / power
        else:  # no digits lost as the power goes to 0
            tail = kink**power * math.expm1(power * log) / power if power else log
        return float(cap * kink + tail)

    ends = [0.0, *breaks]
    return np.array([(area(b) - area(a)) / (b - a) for a, b in pairwise(ends)])


def lower_demand(chain: Chain) -> None:
    """Add demand for compute: value steps from tasks where tokens fall on a workload, else from the curve."""
    for lab_id, lab in chain.instance.labs.items():
        asked = task_steps(chain, lab_id)
        for workload_id in lab.demand.workloads:
            workload = chain.instance.workloads[workload_id]
            steps = asked[workload_id] if workload_id in asked else _curve_steps(chain, lab, workload_id)
            chain.build.demands.append(
                Demand(
                    f"{workload_id}:{lab_id}",
                    f"{workload.name} of {lab.name}",
                    f"compute:{workload_id}:{lab_id}",
                    np.sum([step.width for step in steps], axis=0) if steps else chain.flat(0.0),
                    steps,
                    Tags(
                        stage="compute",
                        customer=lab_id,
                        lab=lab_id,
                        workload=workload_id,
                        kind="lab",
                        role="want",
                        field=f"labs.{lab_id}.demand.{lab.demand.field(workload_id)}",
                    ),
                    weight=workload.compute_weight.value,
                )
            )


def _curve_steps(chain: Chain, lab: Lab, workload_id: str) -> tuple[ValueStep, ...]:
    curve, workload = chain.instance.demand_curve, chain.instance.workloads[workload_id]
    if curve is None:
        return ()
    prices = step_prices(list(curve.breaks), curve.elasticity.value, curve.price_cap.value)
    worth = chain.mean(curve.reference_price) * chain.mean(workload.price_ratio)
    worth = worth * HOURS_PER_YEAR * chain.years * PER_THOUSAND
    widths = np.diff([0.0, *curve.breaks])
    reference = curve_quantity(chain, lab, workload_id)
    return tuple(ValueStep(reference * w, worth * p) for w, p in zip(widths, prices, strict=True))


def curve_quantity(chain: Chain, lab: Lab, workload_id: str) -> Array:
    """Return the reference quantity of a workload on the demand curve ``[T]``, thousand H100 equivalents."""
    if lab.demand.total is None:
        return chain.flat(0.0)
    return chain.mean(lab.demand.total) * chain.mean(lab.demand.split[workload_id])


def wanted(chain: Chain, lab_id: str) -> tuple[Array, dict[str, Array]]:
    """Return the accelerator compute that a lab wants, thousand H100 equivalents ``[T]``, and each workload's share.

    That is Q0 of the demand curve, and what all tasks take with the best model that is worth its compute.
    """
    demand = chain.instance.labs[lab_id].demand
    if not demand.tasks and demand.total is not None:
        return chain.mean(demand.total), {w: chain.mean(share) for w, share in demand.split.items()}
    asked = served(demand.tasks)
    known = {d.tags.workload: d.quantity for d in chain.build.demands if d.tags.lab == lab_id}
    amount = {
        w: known[w] if w in asked else curve_quantity(chain, chain.instance.labs[lab_id], w) for w in demand.workloads
    }
    counted = [q for w, q in amount.items() if chain.instance.workloads[w].compute_weight.value > 0.0]
    total = np.sum([chain.flat(0.0), *counted], axis=0)
    return total, {w: np.divide(q, total, out=chain.flat(0.0), where=total > 0.0) for w, q in amount.items()}


def lower_markets(chain: Chain) -> None:
    """Add the other buyers of wafers: a floor they hold, and value steps at the market price above it.

    Their wafers are counted at the start (they wait in nobody's queue here), on two steps: the first half of what lies
    above the floor at the market price, the second half at the price less `price_fall`.
    """
    for market_id, market in chain.instance.markets.items():
        material = f"market:{market_id}"
        label = Tags(stage="market", customer=market_id, item=market_id, kind="market")
        wanted = label.of("want", f"markets.{market_id}.quantity")
        chain.build.material(Material(material, market.name, "kwafer", label.of("wafer", wanted.field)))
        for fab_id, node_id in market.fabs.items():
            _market_starts(chain, market_id, market, fab_id, node_id)
        quantity = chain.per_period(market.quantity)
        held = quantity * chain.mean(market.floor)
        price = chain.mean(market.price) * PER_THOUSAND
        above = (quantity - held) / 2.0
        if held.any():
            chain.build.demands.append(
                Demand(
                    f"floor:{market_id}",
                    f"{market.name}, floor",
                    material,
                    held,
                    (ValueStep(held, price),),
                    label.of("floor", f"markets.{market_id}.floor"),
                    required=True,
                )
            )
        for name, share, expiry in _patience(chain, market):
            width = above * share
            steps = (ValueStep(width, price), ValueStep(width, price * (1.0 - market.price_fall.value)))
            chain.build.demands.append(
                Demand(
                    f"more:{market_id}{name}",
                    f"{market.name}, above the floor",
                    material,
                    width * 2.0,
                    steps,
                    wanted,
                    expiry=expiry,
                    backlog_cost=chain.lengths.one(market.waiting_cost.value * chain.months * PER_THOUSAND),
                )
            )


def _patience(chain: Chain, market: Market) -> list[tuple[str, Array, int | None]]:
    """Return shares of a market's orders that wait for so many periods: those of a fraction wait one period more."""
    if market.patience is None:
        return [("", chain.flat(1.0), None)]
    lead = min(chain.lead(market.patience.value), float(chain.lengths.begins[-1]))
    first, weights = chain.lengths.arrive(lead)
    return [(":longer" * k, share, first + k) for k, share in enumerate(weights)]


def _market_starts(chain: Chain, market_id: str, market: Market, fab_id: str, node_id: str) -> None:
    fab = chain.instance.fabs[fab_id]
    activity = f"market:{market_id}:{fab_id}"
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
            cost=wafer_cost(chain, node_id, fab_id),
        )
    )
    price = chain.mean(market.price) * PER_THOUSAND
    goods = Goods("activity", activity, chain.flat(1.0), price, "kwafer")
    chain.pay(market_id, fab.owner, "wafers", node_id, goods)
    use_fab(chain, activity, fab_id, node_id)
    chain.build.flow(activity, f"market:{market_id}", 0, ONE, chain.flat(1.0))

r"""Demand for compute as value steps.

The inverse curve :math:`P = P_0 (Q/Q_0)^{-1/\varepsilon}` is cut at multiples :math:`m_k` of :math:`Q_0`; the value of
step k is the mean of :math:`\min(P, \text{cap} \cdot P_0)` over it, in closed form:

.. math:: \frac{1}{m_k - m_{k-1}} \int_{m_{k-1}}^{m_k} \min(c, q^{-1/\varepsilon})\,dq
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from fabopt.domain.customers import Lab
from fabopt.domain.tasks import served
from fabopt.network.lowering.builder import HOURS_PER_YEAR, PER_THOUSAND, Chain
from fabopt.network.lowering.tasks import task_steps
from fabopt.network.tables import Array, Demand, Tags, ValueStep


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

r"""Demand from tasks as value steps: what each tier's next better model adds, by value per compute.

Tier i asks :math:`n_i` tasks a day of :math:`k_i` tokens, a share :math:`s_{iw}` of them on workload w. Served by model
m, whose tokens take :math:`c_{mw}` H100-equivalent hours, all its tasks need :math:`C_{im}` of compute, which stands
ready for the peak (:math:`\lambda_i`: average over peak load), and are worth :math:`V_{im}` in a period:

.. math:: C_{imw} = \frac{n_i k_i s_{iw} c_{mw}}{24\,\lambda_i} \quad C_{im} = \sum_w C_{imw} \quad V_{im} = n_i v_{im}

A router may serve any part of the tasks with any model, or not at all, so the value of compute C is the upper concave
hull of :math:`(0, 0)` and the points :math:`(C_{im}, V_{im})`: first the cheap model at its value per compute, then
each better one at the increment of value over the increment of compute, which falls along the hull. A model below the
hull is never used. Steps of all tiers, ordered by value per compute, are those of the workloads' demands, each in
proportion to what the step takes of the workload; so compute that is short serves the steps that are worth most, and
low tiers get the cheap model. Within a step the workloads are worth the same per compute: that a task needs them
together is not a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fabopt.domain.quantity import Quantity
from fabopt.domain.tasks import Served, Tier, compounded
from fabopt.network.lowering.builder import PER_THOUSAND, Chain
from fabopt.network.tables import Array, Service, ValueStep

DAYS_PER_YEAR = 365.25
HOURS_PER_DAY = 24.0
TOKENS_PRICED = 1e6
"""Dollars for millions of tokens to millions of dollars."""


@dataclass(frozen=True)
class _Option:
    """A tier's tasks, all served by one model ``[T]``; compute also by workload."""

    tier: str
    model: str
    tasks: Array
    tokens: Array
    by_workload: Mapping[str, Array]
    compute: Array
    value: Array


def hull(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which points lie on the upper concave hull from the origin, by rising compute.

    Parameters
    ----------
    points
        Compute (above 0) and value of each; a point that is worth no more than a cheaper one is not on it.
    """
    corners: list[int] = []
    known = [(0.0, 0.0)]
    for n in sorted(range(len(points)), key=lambda n: (points[n][0], -points[n][1])):
        if points[n][1] <= known[-1][1]:
            continue
        while corners and _slope(known[-1], points[n]) >= _slope(known[-2], known[-1]):
            known.pop()
            corners.pop()
        known.append(points[n])
        corners.append(n)
    return corners


def _slope(before: tuple[float, float], after: tuple[float, float]) -> float:
    width = after[0] - before[0]
    return (after[1] - before[1]) / width if width > 0.0 else np.inf


def task_steps(chain: Chain, lab_id: str) -> dict[str, tuple[ValueStep, ...]]:
    """Return the value steps of a lab's workloads on which tokens fall, and note the services that they stand for.

    The ids of the demands are those of `lower_demand`: ``workload:lab``.
    """
    tiers = chain.instance.labs[lab_id].demand.tasks
    options = [_option(chain, key, tier, model) for key, tier in tiers.items() for model in tier.models]
    weight = {w: chain.instance.workloads[w].compute_weight.value for option in options for w in option.by_workload}
    shape = len(options), chain.n
    width = {w: np.zeros(shape) for w in weight}
    value, place = np.zeros(shape), np.full(shape, -1)
    for t in range(chain.n):
        steps = sorted(_period(options, t), key=lambda step: -step[2])
        for k, (before, n, worth) in enumerate(steps):
            place[n, t], value[k, t] = k, worth
            for w, compute in options[n].by_workload.items():
                base = 0.0 if before is None else options[before].by_workload[w][t]
                width[w][k, t] = max(0.0, compute[t] - base)
    for n, option in enumerate(options):
        tier = tiers[option.tier]
        chain.build.services.append(
            Service(
                lab=lab_id,
                tier=option.tier,
                model=option.model,
                customers=chain.mean(tier.customers) * _left(chain, tier.customers_growth),
                tasks=option.tasks,
                tokens=option.tokens,
                compute=option.compute,
                load_factor=tier.load_factor.value,
                value=option.value,
                steps=tuple((f"{w}:{lab_id}", place[n]) for w in option.by_workload),
            )
        )
    used = int(np.max(place, initial=-1)) + 1
    return {w: tuple(ValueStep(width[w][k], value[k] * weight[w]) for k in range(used)) for w in weight}


def _period(options: Sequence[_Option], t: int) -> list[tuple[int | None, int, float]]:
    """Return the steps of all tiers in a period: from which option to which, and value per compute."""
    steps: list[tuple[int | None, int, float]] = []
    for tier in dict.fromkeys(option.tier for option in options):
        # What nobody asks for in a period needs no compute and has no steps.
        some = [n for n, option in enumerate(options) if option.tier == tier and option.compute[t] > 0.0]
        points = [(float(options[n].compute[t]), float(options[n].value[t])) for n in some]
        kept = [(None, (0.0, 0.0)), *((some[k], points[k]) for k in hull(points))]
        steps += [(one, other, _slope(a, b)) for (one, a), (other, b) in pairwise(kept) if other is not None]
    return steps


def _option(chain: Chain, tier_id: str, tier: Tier, model_id: str) -> _Option:
    model, service = chain.instance.models[model_id], tier.models[model_id]
    asking = tier.customers_growth, tier.tasks_growth
    writing = *asking, tier.tokens_growth
    tasks = chain.mean(tier.customers) * chain.mean(tier.tasks)
    tokens = tasks * chain.mean(tier.tokens) * service.tokens.value
    ready = tokens * _left(chain, *writing, model.compute_growth) / (HOURS_PER_DAY * tier.load_factor.value)
    by_workload = {
        w: ready * share.value * chain.mean(model.compute[w]) * PER_THOUSAND for w, share in tier.split.items()
    }
    weighted = [compute * chain.instance.workloads[w].compute_weight.value for w, compute in by_workload.items()]
    return _Option(
        tier_id,
        model_id,
        tasks * _left(chain, *asking),
        tokens * _left(chain, *writing),
        by_workload,
        np.sum(weighted, axis=0),
        _value(chain, tier, service, tasks, tokens),
    )


def _value(chain: Chain, tier: Tier, service: Served, tasks: Array, tokens: Array) -> Array:
    """Return the worth of all tasks of a tier in each period, million dollars ``[T]``; so many a day before changes."""
    days = chain.years * DAYS_PER_YEAR
    changes: tuple[Quantity, ...] = (tier.customers_growth, tier.value_growth)
    if service.revenue is not None:
        amount = chain.mean(tier.customers) * chain.mean(service.revenue) * chain.months
    elif service.worth is not None:
        amount, changes = tasks * chain.mean(service.worth) * days, (*changes, tier.tasks_growth)
    else:
        assert service.price is not None
        amount = tokens * chain.mean(service.price) * days / TOKENS_PRICED
        changes = *changes, tier.tasks_growth, tier.tokens_growth
    return np.asarray(amount * _left(chain, *changes))


def _left(chain: Chain, *changes: Quantity) -> Array:
    """Return what changes a year leave of something in each period ``[T]``."""
    return np.array([compounded(changes, float(a), float(b)) for a, b in pairwise(chain.elapsed)])

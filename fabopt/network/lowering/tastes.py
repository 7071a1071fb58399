r"""Tastes as steps of premium over a designer's share of a lab's new compute.

For a lab, period t and the designers d that it can buy from then, let :math:`N_d` be the new compute that is shipped
to it (accelerators times what each does for the lab), and :math:`N = \sum_d N_d`. At equal cost it would buy the mix
:math:`a_d`, which adds up to 1. A buyer with constant elasticity of substitution :math:`\sigma` between designers,
:math:`U = (\sum_d a_d^{1/\sigma} N_d^{1-1/\sigma})^{1/(1-1/\sigma)}`, pays prices in the ratio of the marginal worths,
with shares :math:`s_d = N_d/N`

.. math:: \ln\frac{p_d}{p_e} = -\frac{1}{\sigma} \Big( \ln\frac{s_d}{a_d} - \ln\frac{s_e}{a_e} \Big)

About the price P of compute :math:`p_d = P + \pi_d` and :math:`\ln(1 + \pi_d/P) \approx \pi_d/P`, so this is what a
buyer does whose compute is worth more by the sum of the premiums over the shares that were bought before,

.. math:: \pi_d(s) = -\frac{P}{\sigma} \Big( 1 + \ln\frac{s}{a_d} \Big), \qquad
   \sum_d N \int_0^{s_d} \pi_d(s)\,ds = -\frac{P}{\sigma}\, N \sum_d s_d \ln\frac{s_d}{a_d} \le 0

The sum is nothing at the mix that the lab likes, where premiums are zero on average and at the margin, and never above
it: a taste moves the mix, not the worth of compute. (New compute is what ships, whether or not it runs: far from the
mix it may pay to buy what never runs, docs/tastes.md.) Shares that follow are
:math:`s_d \propto a_d \exp(-\sigma c_d / P)` at costs :math:`c_d`. Cut at the breaks
:math:`0 = b_0 < b_1 < \ldots < b_K = 1`, step k holds at most its width of all new compute, and its premium is the mean
over it, which falls from step to step and is bounded:

.. math::
   \sum_k q_{d,k,t} = N_{d,t}, \qquad q_{d,k,t} \le (b_k - b_{k-1})\, N_t, \qquad
   \pi_{d,k} = -\frac{P_t}{\sigma} \Big( \frac{b_k \ln b_k - b_{k-1} \ln b_{k-1}}{b_k - b_{k-1}} - \ln a_d \Big)

P is the mean over the designers, weighted by the mix, of the lowest price of an accelerator with its system per unit of
compute among the chips that they ship to the lab then. In a period with one designer alone there is nothing to spread
and there are no rows. An accelerator has the premiums of the section `premiums` in addition. The rows say what a
premium is paid for and limit nobody: whatever is shipped has a place in the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tastes import Taste
from fabopt.network.lowering.builder import PER_THOUSAND, Chain
from fabopt.network.lowering.throughput import useful
from fabopt.network.tables import Activity, Array, GroupLimit, Network, Tags, Term

IntArray = NDArray[np.int64]

STAGE = "taste"
"""Stage of what tastes add to keep account of new compute."""


def step_premiums(breaks: tuple[float, ...], elasticity: float, liked: Array) -> Array:
    """Return the mean premium of each step of a share, relative to the price of compute ``[K, T]``.

    `liked` is the designer's share in the mix that is bought at equal cost ``[T]``.
    """
    ends = np.array([0.0, *breaks])
    area = ends * np.log(np.where(ends > 0.0, ends, 1.0))
    return np.asarray((np.log(liked) - (np.diff(area) / np.diff(ends))[:, None]) / elasticity)


@dataclass(frozen=True)
class _Shipped:
    """What a designer may ship to a lab: terms of its new compute, and its lowest price of compute ``[T]``.

    The price is infinite in periods in which it ships nothing.
    """

    terms: tuple[Term, ...]
    price: Array


def lower_tastes(chain: Chain, net: Network) -> Network:
    """Return the network with the premiums of shipments and the steps of every lab that has a taste."""
    labs, net = chain.instance.labs, _with_premiums(chain, net)
    activities: list[Activity] = []
    rows: list[GroupLimit] = []
    for name, taste in chain.instance.tastes.items():
        for lab_id in taste.labs or labs:
            shipped = _shipped(chain, net, lab_id)
            if len(shipped) > 1:
                _steps(chain, name, taste, lab_id, shipped, activities, rows)
    if not rows:
        return net
    return replace(net, activities=(*net.activities, *activities), definitions=(*net.definitions, *rows))


def _with_premiums(chain: Chain, net: Network) -> Network:
    """Return the network with the section `premiums` on what is shipped."""
    premiums = chain.instance.premiums.values()
    if not premiums:
        return net

    def steered(activity: Activity) -> Activity:
        tags = activity.tags
        if tags.role != "shipment":
            return activity
        designer = chain.instance.chips[tags.chip].designer
        own = [p for p in premiums if p.designer == designer and tags.chip not in p.without]
        mine = [p for p in own if not p.labs or tags.lab in p.labs]
        if not mine:
            return activity
        return replace(activity, premium=np.sum([chain.mean(p.amount) * PER_THOUSAND for p in mine], axis=0))

    return replace(net, activities=tuple(steered(activity) for activity in net.activities))


def _shipped(chain: Chain, net: Network, lab_id: str) -> dict[str, _Shipped]:
    """Return what each designer may ship to a lab, in the order of the network."""
    shipped: dict[str, _Shipped] = {}
    for activity in net.activities:
        tags = activity.tags
        if tags.role != "shipment" or tags.lab != lab_id:
            continue
        chip = chain.instance.chips[tags.chip]
        compute = useful(chain, tags.chip, lab_id)
        open_then = compute > 0.0 if activity.upper is None else (compute > 0.0) & (activity.upper > 0.0)
        if not open_then.any():
            continue
        whole = (chain.mean(chip.price) + chain.mean(chip.system_cost)) * PER_THOUSAND
        price = np.divide(whole, compute, out=np.full(chain.n, np.inf), where=open_then)
        before = shipped.get(chip.designer, _Shipped((), np.full(chain.n, np.inf)))
        term = Term("activity", activity.id, np.where(open_then, compute, 0.0))
        shipped[chip.designer] = _Shipped((*before.terms, term), np.minimum(before.price, price))
    return shipped


def _steps(
    chain: Chain,
    name: str,
    taste: Taste,
    lab_id: str,
    shipped: dict[str, _Shipped],
    activities: list[Activity],
    rows: list[GroupLimit],
) -> None:
    lab = chain.instance.labs[lab_id]
    there = np.array([np.isfinite(one.price) for one in shipped.values()])
    spread = there.sum(axis=0) > 1
    lowest = np.where(there, [one.price for one in shipped.values()], 0.0)
    liked = _mix(chain, taste, shipped, there)
    price = (liked * lowest).sum(axis=0)
    widths = np.diff([0.0, *taste.breaks])
    owner = Tags(stage=STAGE, owner=lab_id, customer=lab_id, lab=lab_id, kind="lab")
    label = owner.of("taste", f"tastes.{name}.elasticity")
    whole = f"new:{lab_id}"
    says = f"new compute of {lab.name}"
    activities.append(Activity(whole, says, "kH100e", label, upper=chain.open_upper(spread)))
    one = chain.flat(1.0)
    parts: list[Term] = []
    for (designer, what), here, share_liked in zip(shipped.items(), there, liked, strict=True):
        held = np.flatnonzero(spread & here).astype(np.int64)
        premiums = step_premiums(taste.breaks, taste.elasticity.value, share_liked)
        tags = replace(label, item=designer)
        share = f"{says} from {chain.instance.designers[designer].name}"
        steps = [f"taste:{lab_id}:{designer}:{k}" for k in range(1, len(widths) + 1)]
        for step, width, premium, end in zip(steps, widths, premiums, taste.breaks, strict=True):
            upto = f"{share}, up to {end:.0%}"
            open_then = chain.open_upper(spread & here)
            activities.append(Activity(step, upto, "kH100e", tags, upper=open_then, premium=premium * price))
            rows.append(_row(step, upto, "<=", (Term("activity", step, one), Term("activity", whole, -width * one)),
                             held, tags))  # fmt: skip
        steps_of = tuple(Term("activity", step, one) for step in steps)
        rows.append(_row(f"taste:{lab_id}:{designer}", share, "==", (*steps_of, *_less(what.terms)), held, tags))
        parts += [replace(term, coefficient=term.coefficient * here) for term in steps_of]
    total = (Term("activity", whole, one), *_less(tuple(parts)))
    rows.append(_row(f"taste:{lab_id}", says, "==", total, np.flatnonzero(spread).astype(np.int64), label))


def _mix(chain: Chain, taste: Taste, shipped: dict[str, _Shipped], there: Array) -> Array:
    """Return the mix that is bought at equal cost of those that ship in each period ``[designers, T]``.

    1 where a designer ships nothing.
    """
    given = [chain.mean(taste.mix[d]) if d in taste.mix else chain.flat(1.0) for d in shipped]
    weights = np.where(there, given, 0.0)
    total = np.maximum(weights.sum(axis=0), np.finfo(float).tiny)
    return np.where(there, weights / total, 1.0)


def _less(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Return terms with the other sign."""
    return tuple(replace(term, coefficient=-term.coefficient) for term in terms)


def _row(key: str, name: str, sense: str, terms: tuple[Term, ...], held: IntArray, tags: Tags) -> GroupLimit:
    """Return a row in each of the periods `held`."""
    windows = tuple((int(t),) for t in held)
    return GroupLimit(
        f"{key}:row", name, "kH100e", sense, windows, np.zeros(len(windows)), terms,  # type: ignore[arg-type]
        replace(tags, role="rule"), family="taste",
    )  # fmt: skip

r"""The choke point over time: episodes, the dates when it moves, the distance between a limit and the sale it costs.

**Which periods count.** The horizon runs past what is reported, so that the end does not distort it; periods that
are not reported are left out and said. Where an instance reports its whole horizon, the last periods are left out
whose starts would land after the end: as many as the longest cycle time.

**Episodes** (F13). A stock that is carried from one period to the next ties their marginals: they differ by no more
than its holding cost. Consecutive periods with

.. math:: |p_{t+1} - p_t| \le h

are one episode: relief anywhere in it is worth the same but for the carrying.

**Cycle-time offset.** What binds at the start of an activity in :math:`t` is a sale lost in :math:`t + L`. :math:`L` is
the shortest way, in periods, from the use of a capacity to a demand, over the ages of uses, inputs and outputs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.tables import Array, Flow, Network


@dataclass(frozen=True, slots=True)
class Counted:
    """The periods that count, and why others do not.

    Attributes
    ----------
    periods
        Positions of the periods that count, in order.
    excluded
        Positions of those that do not.
    why
        A sentence, empty where all count.
    """

    periods: tuple[int, ...]
    excluded: tuple[int, ...]
    why: str


def counted(net: Network) -> Counted:
    """Return the periods whose limits are reported."""
    T = net.n_periods
    reported = [p.index for p in net.periods if p.reported]
    if len(reported) < T:
        left_out = tuple(t for t in range(T) if t not in set(reported))
        words = _span(net, left_out)
        return Counted(tuple(reported), left_out, f"{words} only keep the end of the horizon from distorting the plan.")
    longest = max((f.age for f in net.flows if np.any(f.amount > 0)), default=0)
    keep = T - longest if 0 < longest < T else T
    if keep == T:
        return Counted(tuple(range(T)), (), "")
    out = tuple(range(keep, T))
    return Counted(
        tuple(range(keep)),
        out,
        f"{_span(net, out)} start what lands after the end, so their limits are worth too little.",
    )


def _span(net: Network, periods: Sequence[int]) -> str:
    labels = [net.periods[t].label for t in (periods[0], periods[-1])]
    return labels[0] if labels[0] == labels[1] else f"{labels[0]} to {labels[1]}"


@dataclass(frozen=True, slots=True)
class Episode:
    """A run of periods in which relief is worth about the same.

    Attributes
    ----------
    first, last
        Positions of its first and last period.
    share
        Its part of the limit's worth over all periods.
    """

    first: int
    last: int
    share: float


def episodes(worth: Array, holding: float | Array = 0.0) -> tuple[Episode, ...]:
    """Return the episodes of a limit.

    Parameters
    ----------
    worth
        Worth of one more unit by period [T]; where it is rounding beside the most of it, the limit does not bind.
    holding
        What it costs to carry one unit from a period to the next: a number, or one for each step [T - 1].

    Returns
    -------
    tuple of Episode
        In order of time; none where the limit never binds.
    """
    small = SAME * float(worth.max(initial=0.0))
    steps = np.broadcast_to(np.asarray(holding, dtype=float), (max(len(worth) - 1, 0),))
    total = float(worth[worth > small].sum())
    episodes: list[list[int]] = []
    for t in np.flatnonzero(worth > small).tolist():
        if episodes and episodes[-1][1] == t - 1 and abs(worth[t] - worth[t - 1]) <= steps[t - 1] + small:
            episodes[-1][1] = t
        else:
            episodes.append([t, t])
    return tuple(Episode(a, b, float(worth[a : b + 1].sum()) / total) for a, b in episodes)


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of the timeline: which limit is the choke point from when to when; -1 where nothing binds."""

    first: int
    last: int
    limit: int


def turns(worth: Array) -> tuple[Turn, ...]:
    """Return the choke point by period, equal neighbours joined.

    Parameters
    ----------
    worth
        What relief of each limit is worth in each period, in one unit (money for the same step) [limits, T]; where it
        is rounding beside the most of it, nothing binds.

    Returns
    -------
    tuple of Turn
        In order of time. Of equals the one that was the choke point before stays, else the first.
    """
    small, turns = SAME * float(worth.max(initial=0.0)), list[Turn]()
    for t in range(worth.shape[1] if worth.size else 0):
        column = worth[:, t]
        best = int(np.argmax(column))
        if column[best] <= small:
            best = -1
        elif turns and turns[-1].limit >= 0 and column[turns[-1].limit] >= column[best] - small:
            best = turns[-1].limit
        if turns and turns[-1].limit == best:
            turns[-1] = Turn(turns[-1].first, t, best)
        else:
            turns.append(Turn(t, t, best))
    return tuple(turns)


def moves(timeline: Sequence[Turn]) -> tuple[int, ...]:
    """Return the periods in which another limit becomes the choke point."""
    return tuple(later.first for later in timeline[1:])


def cycle_offsets(net: Network) -> dict[str, int]:
    """Return for each resource the least number of periods from its use to a sale.

    A resource that leads to no demand, or that only units occupy, has no entry of its own, except that one which units
    occupy (a maker's output) gets the way through the capacity that they add.
    """
    to_sale = _to_sale(net)
    outputs: dict[str, list[Flow]] = {}
    for flow in net.flows:
        if np.any(flow.amount > 0):
            outputs.setdefault(flow.activity, []).append(flow)
    cycle_offsets: dict[str, int] = {}
    for use in net.uses:
        for flow in outputs.get(use.activity, ()):
            way = to_sale.get(flow.material, math.inf)
            if way < math.inf:
                _least(cycle_offsets, use.resource, max(flow.age - use.age, 0) + int(way))
    own = dict(cycle_offsets)
    adds: dict[str, int] = {}
    for effect in net.unit_effects:
        if np.any(effect.profile > 0) and effect.resource in own:
            first = int(effect.begins(net.n_periods)[0])
            _least(adds, effect.unit, first + own[effect.resource])
    for effect in net.unit_effects:
        if np.any(effect.profile < 0) and effect.unit in adds and effect.resource not in own:
            _least(cycle_offsets, effect.resource, max(adds[effect.unit] - effect.first_age, 0))
    return cycle_offsets


def _least(offsets: dict[str, int], key: str, value: int) -> None:
    offsets[key] = min(offsets.get(key, value), value)


def _to_sale(net: Network) -> dict[str, float]:
    """Return the least number of periods from a material to a demand."""
    inputs: dict[str, list[Flow]] = {}
    outputs: dict[str, list[Flow]] = {}
    for flow in net.flows:
        side = outputs if np.any(flow.amount > 0) else inputs
        side.setdefault(flow.activity, []).append(flow)
    way: dict[str, float] = {d.material: 0.0 for d in net.demands}
    changed = True
    while changed:
        changed = False
        for activity, made in outputs.items():
            best = min((way.get(f.material, math.inf) + f.age for f in made), default=math.inf)
            for flow in inputs.get(activity, ()):
                value = max(best - flow.age, 0.0)
                if value < way.get(flow.material, math.inf):
                    way[flow.material] = value
                    changed = True
    return way

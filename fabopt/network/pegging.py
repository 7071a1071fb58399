r"""Pegging: what of a plan's goods came from whom, traced through lead times and stocks from where it was made.

The state :math:`\delta \in [0, 1]` of what is started in t says how much of it comes from a source. It is 1 for the
activities of the source itself; others have that of the input that has most of it: a package short of stacks from one
maker is not built, whoever made its dies. A material in t has the mean of what makes it up: what is carried over, what
was already on its way, and what arrives, by amount,

.. math::
   \delta_{a,t} = \max\bigl(\text{own},\ \max_i \delta_{i,t+\tau}\bigr) \qquad
   \delta_{i,t} = \frac{\sigma s_{i,t-1}\,\delta_{i,t-1} + \sum_{a,\tau} \mu\,x_{a,t-\tau}\,\delta_{a,t-\tau}}
                       {\sigma s_{i,t-1} + g_{i,t} + \sum_{a,\tau} \mu\,x_{a,t-\tau}} .

What stands or is in work at the decision date comes from no source: it is there. Materials that several takers share
are mixed evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import ROUNDING
from fabopt.network.movements import Ints, carried_over, unit_flows
from fabopt.network.tables import Array, Flow, Network


@dataclass(frozen=True)
class _Side:
    """Flows of one sign, sorted by what they are summed over: positions, ages, and amounts by start ``[n, T]``."""

    activity: Ints
    material: Ints
    age: Ints
    amount: Array


def pegged(
    net: Network, levels: Array, orders: Array, stock: Array, sources: Sequence[Collection[str]]
) -> Iterator[tuple[Array, Array]]:
    """Yield for each period what of each material comes from each source ``[M, S]``, and what arrives of it ``[M]``.

    Parameters
    ----------
    net
        The network.
    levels, orders, stock
        The plan: starts of activities, orders of units, stocks of materials, each by period.
    sources
        Activities of each source.
    """
    place = {a.id: n for n, a in enumerate(net.activities)}
    levels = np.maximum(levels, 0.0)
    own = np.zeros((len(net.activities), len(sources)))
    for s, activities in enumerate(sources):
        own[[place[a] for a in activities], s] = 1.0
    outputs, inputs = _sides(net, place)
    there = carried_over(net, stock)
    receipts = np.array([np.zeros(net.n_periods) if m.receipts is None else m.receipts for m in net.materials])
    released = unit_flows(net, orders)
    given = released.where(released.amount > 0.0).total(len(net.materials), net.n_periods)
    by_start = [own.copy() for _ in range(net.n_periods)]
    depends = np.zeros((len(net.materials), len(sources)))
    for t in range(net.n_periods):
        there_now = np.maximum(there[:, t], 0.0)
        fixed = there_now + np.maximum(receipts[:, t], 0.0) + given[:, t]
        before = depends * there_now[:, None]
        # What arrives in its own period depends on what is taken in that period: swept once a step of such a chain.
        for _ in range(len(net.materials) + 1):
            amount, part = _arrivals(outputs, levels, by_start, t, len(net.materials))
            total = fixed + amount
            pegged = (before + part) / np.where(total > 0.0, total, 1.0)[:, None]
            changed = _taken(inputs, levels, by_start, pegged, t)
            depends = pegged
            if not changed:
                break
        yield depends, amount


def _sides(net: Network, place: dict[str, int]) -> tuple[_Side, _Side]:
    """Return outputs sorted by material and inputs sorted by activity."""
    material = {m.id: n for n, m in enumerate(net.materials)}

    def side(flows: list[Flow], sign: float, by: Callable[[Flow], int]) -> _Side:
        flows = sorted(flows, key=by)
        return _Side(
            np.array([place[f.activity] for f in flows], dtype=np.int64),
            np.array([material[f.material] for f in flows], dtype=np.int64),
            np.array([f.age for f in flows], dtype=np.int64),
            np.array([np.maximum(sign * f.amount, 0.0) for f in flows]).reshape(len(flows), net.n_periods),
        )

    made = [f for f in net.flows if f.amount.max(initial=0.0) > 0.0]
    taken = [f for f in net.flows if f.amount.min(initial=0.0) < 0.0]
    return side(made, 1.0, lambda f: material[f.material]), side(taken, -1.0, lambda f: place[f.activity])


def _felt(side: _Side, levels: Array, t: int) -> tuple[NDArray[np.int64], Array]:
    """Return the flows that act in a period, and their amounts."""
    start = t - side.age
    at = np.maximum(start, 0)
    amount = np.where(start >= 0, levels[side.activity, at] * side.amount[np.arange(len(at)), at], 0.0)
    felt = np.flatnonzero(amount > 0.0)
    return felt, amount[felt]


def _arrivals(outputs: _Side, levels: Array, by_start: list[Array], t: int, materials: int) -> tuple[Array, Array]:
    """Return what arrives of each material ``[M]`` and how much of it depends on each supplier ``[M, S]``."""
    felt, amount = _felt(outputs, levels, t)
    total, part = np.zeros(materials), np.zeros((materials, by_start[0].shape[1]))
    if len(felt):
        rows = _rows(outputs, felt, by_start, t)
        target, first = np.unique(outputs.material[felt], return_index=True)
        total[target] = np.add.reduceat(amount, first)
        part[target] = np.add.reduceat(amount[:, None] * rows, first, axis=0)
    return total, part


def _rows(side: _Side, felt: Ints, by_start: list[Array], t: int) -> Array:
    """Return the dependence of the starts behind flows ``[n, S]``."""
    rows = np.empty((len(felt), by_start[0].shape[1]))
    for age in np.unique(side.age[felt]):
        of_age = side.age[felt] == age
        rows[of_age] = by_start[t - age][side.activity[felt[of_age]]]
    return rows


def _taken(inputs: _Side, levels: Array, by_start: list[Array], depends: Array, t: int) -> bool:
    """Let starts depend on what they take in a period; return whether that changed what is made in it."""
    felt, _ = _felt(inputs, levels, t)
    changed = False
    for age in np.unique(inputs.age[felt]):
        of_age = felt[inputs.age[felt] == age]
        activity, first = np.unique(inputs.activity[of_age], return_index=True)
        most = np.maximum.reduceat(depends[inputs.material[of_age]], first, axis=0)
        known = by_start[t - age]
        if np.any(most > known[activity] + ROUNDING):
            known[activity] = np.maximum(known[activity], most)
            changed = True
    return changed

"""What a plan moves, worked out from the network's tables and the plan's levels alone.

Everything here is arithmetic on the definitions of :mod:`fabopt.network.tables`; nothing is taken from the model's
rows, so that the tables written from it are an account of the plan and not a copy of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fabopt.network.tables import Activity, Array, Material, Network, Resource, Unit

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Effects:
    """Amounts by source, target and period of effect; one row per non-zero amount.

    Attributes
    ----------
    source, target
        Positions in the network's tables [n].
    period
        Period of effect [n]; T and later: after the end of the horizon.
    amount
        In the target's unit [n].
    """

    source: Ints
    target: Ints
    period: Ints
    amount: Array

    def total(self, targets: int, periods: int) -> Array:
        """Return the sums over sources, by target and period inside the horizon [targets, periods]."""
        out = np.zeros((targets, periods))
        inside = self.period < periods
        np.add.at(out, (self.target[inside], self.period[inside]), self.amount[inside])
        return out

    def where(self, keep: NDArray[np.bool_]) -> Effects:
        """Return the rows that a mask keeps."""
        return Effects(self.source[keep], self.target[keep], self.period[keep], self.amount[keep])


def _collect(
    parts: Iterable[tuple[int, int, Array, int]], periods: int, around: Sequence[bool] | None = None
) -> Effects:
    """Sum parts (source, target, amounts by start [T], age) by source, target and period of effect.

    `around` says of each source whether what it does after the end falls on the first periods.
    """
    rows = list(parts)
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return Effects(none, none, none, np.zeros(0))
    source = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), periods)
    target = np.repeat(np.array([row[1] for row in rows], dtype=np.int64), periods)
    amount = np.concatenate([row[2] for row in rows])
    age = np.repeat(np.array([row[3] for row in rows], dtype=np.int64), periods)
    period = np.tile(np.arange(periods, dtype=np.int64), len(rows)) + age
    if around is not None:
        period = np.where(np.array(around, dtype=bool)[source], period % periods, period)
    some = amount != 0.0
    source, target, period, amount = source[some], target[some], period[some], amount[some]
    order = np.lexsort((period, target, source))
    source, target, period, amount = source[order], target[order], period[order], amount[order]
    if not len(amount):
        return Effects(source, target, period, amount)
    new = np.ones(len(amount), dtype=bool)
    new[1:] = (np.diff(source) != 0) | (np.diff(target) != 0) | (np.diff(period) != 0)
    starts = np.flatnonzero(new)
    return Effects(source[starts], target[starts], period[starts], np.add.reduceat(amount, starts))


def activity_flows(net: Network, levels: Array) -> Effects:
    """Return what activities put into (or take from) materials, given levels [activities, T]."""
    activity, material = _places(net.activities), _places(net.materials)
    parts = ((activity[f.activity], material[f.material], f.amount, f.age) for f in net.flows)
    around = [a.cyclic for a in net.activities]
    return _collect(((a, i, levels[a] * amount, age) for a, i, amount, age in parts), net.n_periods, around)


def unit_flows(net: Network, orders: Array) -> Effects:
    """Return what units put into (or take from) materials, given orders [units, T]."""
    unit, material = _places(net.units), _places(net.materials)
    parts = ((unit[f.unit], material[f.material], f.amount, f.age) for f in net.unit_materials)
    return _collect(((e, i, orders[e] * amount, age) for e, i, amount, age in parts), net.n_periods)


def activity_uses(net: Network, levels: Array) -> Effects:
    """Return the use of resources by activities, given levels [activities, T]."""
    activity, resource = _places(net.activities), _places(net.resources)
    parts = ((activity[u.activity], resource[u.resource], u.amount, u.age) for u in net.uses)
    around = [a.cyclic for a in net.activities]
    return _collect(((a, r, levels[a] * amount, age) for a, r, amount, age in parts), net.n_periods, around)


def _places(records: Iterable[Activity | Material | Resource | Unit]) -> dict[str, int]:
    return {record.id: n for n, record in enumerate(records)}


def unit_capacity(net: Network, orders: Array, retired: Array) -> tuple[Array, Array]:
    """Return the capacity that units add and that they occupy, both >= 0 [resources, T].

    A retired unit acts no more: the last entry of each of its persistent effects is taken back from the period on.
    """
    T = net.n_periods
    unit, resource = _places(net.units), _places(net.resources)
    added, occupied = np.zeros((len(net.resources), T)), np.zeros((len(net.resources), T))
    gone = np.cumsum(retired, axis=1)
    for effect in net.unit_effects:
        e, r = unit[effect.unit], resource[effect.resource]
        if not (orders[e].any() or gone[e].any()):
            continue
        last = effect.at_end(T)
        by_order = effect.by_order(T)
        for s in np.flatnonzero(orders[e]):
            felt = orders[e, s] * by_order[s, : T - s]
            added[r, s:] += np.maximum(felt, 0.0)
            occupied[r, s:] += np.maximum(-felt, 0.0)
        (added if last.max(initial=0.0) > 0.0 else occupied)[r] -= gone[e] * np.abs(last)
    return added, occupied


def carried_over(net: Network, stock: Array) -> Array:
    """Return what is left, at the start of each period, of the stock before; the opening stock in the first."""
    carried = np.zeros_like(stock)
    if net.n_periods:
        kept = np.array([m.kept(net.n_periods) for m in net.materials]).reshape(stock.shape)
        around = np.array([m.cyclic for m in net.materials], dtype=bool)
        carried[:, 0] = np.where(around, stock[:, -1] * kept[:, -1], [m.opening for m in net.materials])
        carried[:, 1:] = stock[:, :-1] * kept[:, :-1]
    return carried


def landing_after_end(net: Network, effects: Iterable[Effects]) -> Array:
    """Return what of each material is still to come after the last period, less what is still to be taken [materials].

    What lands n periods after the end counts with the share that survives n periods.
    """
    survival = np.array([m.kept(net.n_periods)[-1] for m in net.materials])
    total = np.zeros(len(net.materials))
    for part in effects:
        late = part.where(part.period >= net.n_periods)
        np.add.at(total, late.target, late.amount * survival[late.target] ** (late.period - net.n_periods))
    return total

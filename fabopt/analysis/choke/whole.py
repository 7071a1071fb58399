r"""One more whole thing: a scanner, a line, a fab phase, given free and standing.

Some things come whole only, so 'one per cent more of them' is nothing that anybody could buy. For each such unit
:math:`e` and period :math:`p`, one or two more are given to the plan: free, not built by anybody, standing from
:math:`p` on, with all that they add, as it ramps up, *and* occupy (a scanner's exposures, and the place it stands on).
With :math:`\pi_{e,r}(\tau)` the effect at age :math:`\tau` and :math:`\tau_0` the age at which it first adds anything,
the right-hand side of every capacity moves by

.. math:: \Delta b_{r,t} = n\,\pi_{e,r}(\tau_0 + t - p) \qquad t \ge p

What passes (the maker's slot in which it was built) is left out. The right-hand sides of the plan's linear program and
of the mixed-integer program move alike, so a thing has two gains: the *plan gain* and the *certified* interval.

The value of a linear program is concave in its right-hand sides, so any optimal prices :math:`y` bound the plan gain by
:math:`y'\Delta b`; the bound says which of the many are worth the asking, and proves that the others gain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array, Network, Unit
from fabopt.plan.groups import Relief


@dataclass(frozen=True, slots=True)
class Thing:
    """So many more of a unit, standing from a period on.

    Attributes
    ----------
    unit
        The unit.
    period
        Position of the first period in which it stands.
    count
        One or two.
    relief
        What it does to the right-hand sides; what it occupies is negative.
    """

    unit: Unit
    period: int
    count: int
    relief: Relief


def whole_units(net: Network) -> tuple[Unit, ...]:
    """Return the units that come whole, by themselves or in the sum of a whole group, and add to a capacity."""
    grouped = {term.id for group in net.whole_groups for term in group.terms if term.kind == "unit"}
    adds = {effect.unit for effect in net.unit_effects if np.any(effect.profile > 0)}
    return tuple(u for u in net.units if u.id in adds and (u.whole or u.id in grouped))


def things(tables: ModelTables, periods: Sequence[int], counts: Sequence[int] = (1, 2)) -> tuple[Thing, ...]:
    """Return every whole thing of a network in every period, once and twice.

    Parameters
    ----------
    tables
        The model.
    periods
        The periods that count; things stand from each of them on.
    counts
        How many more are given.
    """
    net = tables.net
    effects = _effects(net)
    row = capacity_rows(tables)
    things = []
    for unit in whole_units(net):
        for period in periods:
            for count in counts:
                relief = _standing(effects[unit.id], row, net.n_periods, unit, period, count)
                if relief:
                    things.append(Thing(unit, period, count, relief.named(_label(net, unit, period, count))))
    return tuple(things)


def _label(net: Network, unit: Unit, period: int, count: int) -> str:
    return f"{count} more {unit.name}, standing from {net.periods[period].label}"


def capacity_rows(tables: ModelTables) -> dict[tuple[str, int], int]:
    """Return the row of each capacity (id of the resource, period)."""
    if "capacity" not in tables.rows:
        return {}
    rows, first = tables.rows["capacity"], tables.offsets["capacity"]
    ids = [r.id for r in tables.net.resources]
    return {
        (ids[e], t): first + i for i, (e, t) in enumerate(zip(rows.entity.tolist(), rows.period.tolist(), strict=True))
    }


def _effects(net: Network) -> dict[str, list[tuple[str, Array, Array]]]:
    """Return by unit what one of them does to each resource from the age on at which it first adds anything, and by
    what it is multiplied in each period.
    """
    T = net.n_periods
    first: dict[str, int] = {}
    for effect in net.unit_effects:
        if effect.gains:
            age = int(effect.begins(T)[0])
            first[effect.unit] = min(first.get(effect.unit, age), age)
    effects: dict[str, list[tuple[str, Array, Array]]] = {}
    for effect in net.unit_effects:
        if effect.persistent and effect.unit in first:
            start = first[effect.unit]
            plain = effect.profile if effect.profile.ndim == 1 else effect.profile[:, 0]
            does = replace(effect, profile=plain, late=None, scale=None).by_order(start + T)[0, start:]
            scale = np.ones(T) if effect.scale is None else effect.scale
            effects.setdefault(effect.unit, []).append((effect.resource, does, scale))
    return {unit.id: effects.get(unit.id, []) for unit in net.units}


def _standing(
    effects: Sequence[tuple[str, Array, Array]],
    row: Mapping[tuple[str, int], int],
    T: int,
    unit: Unit,
    period: int,
    count: int,
) -> Relief:
    upper: dict[int, float] = {}
    for resource, by_period, scale in effects:
        for t in range(period, T):
            at = row.get((resource, t))
            amount = count * float(by_period[t - period] * scale[t])
            if at is not None and amount:
                upper[at] = upper.get(at, 0.0) + amount
    return Relief(unit.name, upper, {}, {})


def price_bound(thing: Thing, price: Array) -> float:
    """Return what the plan gain of a thing cannot exceed, from optimal prices of the rows [rows]."""
    return max(sum(float(price[row]) * amount for row, amount in thing.relief.upper.items()), 0.0)


def most_promising(things: Sequence[Thing], price: Array, most: int) -> tuple[Thing, ...]:
    """Return the things that the prices promise most, at most ``most``; what they rule out is not among them."""
    bounds = np.array([price_bound(thing, price) for thing in things])
    order = np.argsort(-bounds, kind="stable")[:most]
    return tuple(things[i] for i in order.tolist() if bounds[i] > 0)

r"""The largest level of an on/off activity, from data: no larger a constant than the problem needs.

In this order: the upper level that is given; where there is none, the smaller of

- *what capacity allows*: over the resources it uses, twice ``(base + all that units may add) / use``. Twice, because
  a question such as "what if this resource had half as much again" changes the capacity row alone and must not be
  answered by this constant instead;
- *what can be wanted*: where all it makes goes to demands only, costs nothing to throw away and is worth nothing at
  the end, where running never pays for itself otherwise (cost >= 0, no input whose disposal costs), the demand that is
  still to come, with what decays on the way. More is never part of a best plan.
"""

from __future__ import annotations

import numpy as np

from fabopt.model.columns import Columns, safety, step_widths
from fabopt.model.families import ModelError, filled, stacked
from fabopt.model.index import lookup
from fabopt.network.tables import Array, Network

ROOM = 2.0


def level_limits(net: Network, columns: Columns) -> Array:
    """Return the largest level [activities, T]; infinite only for activities that are never on or off.

    Raises
    ------
    ModelError
        If an on/off activity has no upper level and none follows from capacity or demand.
    """
    T = net.n_periods
    given = stacked([filled(a.upper, T, np.inf) for a in net.activities], T)
    asked = (columns["on"].index >= 0) & ~np.isfinite(given)
    if not asked.any():
        return given
    derived = np.minimum(ROOM * _by_capacity(net, columns), _by_demand(net, columns))
    limits = np.where(asked, derived, given)
    endless = asked & ~np.isfinite(limits)
    if endless.any():
        activity = net.activities[int(np.flatnonzero(endless.any(axis=1))[0])]
        raise ModelError(
            f"Activity {activity.id!r} is on or off, so it needs an upper level: none is given, and none follows "
            "from the resources it uses or from the demand for what it makes."
        )
    return limits


def _by_capacity(net: Network, columns: Columns) -> Array:
    T = net.n_periods
    most = stacked([r.base for r in net.resources], T)
    orders = columns["order"].spread(columns["order"].upper, 0.0)
    for effect in net.unit_effects:
        unit = columns.at.unit[effect.unit]
        resource = lookup(columns.at.resource, [effect.resource], "A unit's effect")[0]
        adds = np.maximum(effect.by_age(T), 0.0)
        for s in np.flatnonzero(orders[unit] > 0):
            felt = np.flatnonzero(adds[: T - s] > 0)
            most[resource, s + felt] += adds[felt] * orders[unit, s]
    limits = np.full((len(net.activities), T), np.inf)
    for use in net.uses:
        a, r = columns.at.activity[use.activity], columns.at.resource[use.resource]
        t = np.arange(T - use.age)
        used = use.amount[t] > 0
        room = np.full(len(t), np.inf)
        room[used] = np.maximum(most[r, t + use.age][used], 0.0) / use.amount[t][used]
        limits[a, t] = np.minimum(limits[a, t], room)
    return limits


def _by_demand(net: Network, columns: Columns) -> Array:
    T = net.n_periods
    wanted = _wanted(net, columns)
    limits = np.full((len(net.activities), T), np.inf)
    simple = _simple_materials(net)
    free = {m.id for m in net.materials if m.disposal_cost == 0}
    tied = _named_in_rows(net)
    made: dict[int, list[Array]] = {}
    barred: set[int] = set()
    for flow in net.flows:
        a, m = columns.at.activity[flow.activity], columns.at.material[flow.material]
        if np.any(flow.amount < 0) and flow.material not in free:
            barred.add(a)
        if not np.any(flow.amount > 0):
            continue
        if flow.material not in simple or np.any(flow.amount < 0):
            barred.add(a)
            continue
        need = np.zeros(T)
        t = np.arange(max(T - flow.age, 0))
        made_here = flow.amount[t] > 0
        need[t[made_here]] = wanted[m, t[made_here] + flow.age] / flow.amount[t][made_here]
        made.setdefault(a, []).append(need)
    for a, needs in made.items():
        activity = net.activities[a]
        if a not in barred and activity.id not in tied and np.all(filled(activity.cost, T, 0.0) >= 0):
            limits[a] = np.max(needs, axis=0)
    return limits


def _named_in_rows(net: Network) -> set[str]:
    """Return the ids of all decisions that budgets, groups and whole groups name."""
    terms = [row.terms for row in net.budgets]
    terms += [row.terms for row in net.groups]
    terms += [row.terms for row in net.whole_groups]
    terms += [row.terms for row in net.definitions]
    return {term.id for row in terms for term in row}


def _simple_materials(net: Network) -> set[str]:
    """Return the ids of materials that only demands take, free to throw away and worth nothing at the end."""
    taken = {f.material for f in net.flows if np.any(f.amount < 0)}
    taken |= {m.material for m in net.unit_materials}
    taken |= _named_in_rows(net)
    return {m.id for m in net.materials if m.id not in taken and m.disposal_cost == 0 and m.terminal_value <= 0}


def _wanted(net: Network, columns: Columns) -> Array:
    """Return what can be wanted of a material from each period on [materials, T], grown by what decays."""
    T = net.n_periods
    quantity = step_widths(net.demands, T).sum(axis=1)
    wanted = np.zeros((len(net.materials), T))
    for demand, amount in zip(net.demands, quantity, strict=True):
        m = columns.at.material[demand.material]
        open_until = T if net.materials[m].storable else 1
        for t in range(T):
            first = max(t - (demand.expiry or 0), 0)
            wanted[m, t] += amount[first : min(t + open_until, T)].sum()
    for m, material in enumerate(net.materials):
        if material.storable:
            keeps = material.survival ** np.arange(T - 1, -1, -1)
            with np.errstate(divide="ignore", invalid="ignore"):
                grown = (wanted[m] + safety(net)[m].max(initial=0.0)) / keeps
            wanted[m] = np.where(keeps > 0, grown, np.inf)
    return wanted

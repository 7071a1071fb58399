r"""Most that can be there: a simple upper bound on the cumulative supply of each material.

With :math:`S_i(t)` the most of material i that can have appeared by the end of period t, :math:`X_a(t)` the
most starts of activity a by then and :math:`C_r(t)` the most capacity of resource r offered by then,

.. math::
    X_a(t) &= \min\Bigl(\sum_{s \le t} \bar x_{a,s},\; \min_{i,\tau} \frac{S_i(t + \tau)}{|\mu_{a,i,\tau}|},\;
              \min_{r,\tau} \frac{C_r(t + \tau)}{\rho_{a,r,\tau}}\Bigr) \\
    S_i(t) &= \text{opening}_i + \sum_{s \le t} \text{receipts}_{i,s}
              + \sum_{a,\tau} \mu_{a,i,\tau}\, X_a(t - \tau)

with the smallest use and the largest yield over the periods, so that it is never too low. Each activity is
bounded as if it had all materials and capacity to itself. Materials are taken in the order in which they are
made; those in a loop, and those a unit sets free, count as unlimited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import numpy as np

from fabopt.network.links import Links
from fabopt.network.strong import strong_groups
from fabopt.network.tables import Array


@dataclass
class Supply:
    """Cumulative bounds, ``[T]`` each, and what they come from.

    Attributes
    ----------
    material
        Most of each material that can have appeared by the end of each period.
    resource
        Most capacity offered by the end of each period.
    cause
        By activity, a clause that names what bounds its starts over the whole horizon; empty where nothing
        does.
    """

    links: Links
    material: dict[str, Array] = field(default_factory=dict)
    resource: dict[str, Array] = field(default_factory=dict)
    cause: dict[str, str] = field(default_factory=dict)


def supply_bound(links: Links, materials: Iterable[str] | None = None) -> Supply:
    """Bound the supply of some materials of a network and of what they are made from and on; of all when left out."""
    periods = links.net.n_periods
    supply = Supply(links)
    before = _made_from(links, links.materials if materials is None else materials)
    used = links.resources if materials is None else _made_on(links, before)
    for resource in links.net.resources:
        if resource.id in used:
            offered = resource.base + _additions(links, resource.id)
            supply.resource[resource.id] = np.cumsum(np.maximum(offered, 0.0))
    for key in _in_order(before, supply):
        if key in supply.material:
            continue
        material = links.materials[key]
        total = np.full(periods, material.opening)
        if material.receipts is not None:
            total += np.cumsum(material.receipts)
        for flow in links.makers[key]:
            starts = _starts(supply, flow.activity)
            if flow.age < periods:
                total[flow.age :] += flow.high * starts[: periods - flow.age]
        supply.material[key] = total
    return supply


def _made_from(links: Links, materials: Iterable[str]) -> dict[str, set[str]]:
    """Return what each of some materials is made from, and what those are made from, and so on."""
    before: dict[str, set[str]] = {}
    ahead = list(materials)
    while ahead:
        key = ahead.pop()
        if key not in before:
            before[key] = {flow.material for maker in links.makers[key] for flow in links.inputs[maker.activity]}
            ahead += sorted(before[key])
    return {key: before[key] for key in links.materials if key in before}


def _made_on(links: Links, materials: Iterable[str]) -> set[str]:
    """Return the resources that the making of some materials uses."""
    return {use.resource for key in materials for maker in links.makers[key] for use in links.uses[maker.activity]}


def _in_order(before: Mapping[str, set[str]], supply: Supply) -> list[str]:
    """Materials, each after what it is made from; those without a bound of their own are set to infinity."""
    links = supply.links
    unlimited = np.full(links.net.n_periods, np.inf)
    supply.material |= {key: unlimited for key in before if links.releasers[key] or key in before[key]}
    looped = (key for group in strong_groups(before) if len(group) > 1 for key in group)
    supply.material |= dict.fromkeys(looped, unlimited)
    bounded = {key: made_from for key, made_from in before.items() if key not in supply.material}
    return [key for key in TopologicalSorter(bounded).static_order() if key in bounded]


def _additions(links: Links, resource: str) -> Array:
    """Most capacity that units can have added in each period, each ordered as early as it may be."""
    periods = links.net.n_periods
    total = np.zeros(periods)
    for effect in links.adders[resource]:
        unit = links.units[effect.unit]
        orders = np.full(periods, np.inf) if unit.upper is None else unit.upper
        standing = np.minimum(np.cumsum(orders), unit.total)
        total += effect.most(standing)
    for effect in links.occupiers[resource]:
        unit = links.units[effect.unit]
        if unit.retire_cost is not None:
            total += -effect.profile.min() * unit.opening * (1.0 if effect.scale is None else effect.scale)
    return total


def _starts(supply: Supply, key: str) -> Array:
    """Most starts of an activity by the end of each period; notes what bounds them."""
    links = supply.links
    activity = links.activities[key]
    periods = links.net.n_periods
    best = np.full(periods, np.inf)
    cause = ""
    if activity.upper is not None:
        best = np.cumsum(activity.upper)
        cause = f"'{activity.name}' may start at most {best[-1]:g} in all"
    for flow in links.inputs[key]:
        least = -flow.high
        if least > 0:
            bound = _ahead(supply.material[flow.material], flow.age) / least
            if bound[-1] < best[-1]:
                cause = f"there is at most {bound[-1] * least:g} of '{links.materials[flow.material].name}'"
            best = np.minimum(best, bound)
    for use in links.uses[key]:
        least = use.low
        if least > 0:
            bound = _ahead(supply.resource[use.resource], use.age) / least
            if bound[-1] < best[-1]:
                cause = f"'{links.resources[use.resource].name}' offers at most {bound[-1] * least:g} in all"
            best = np.minimum(best, bound)
    supply.cause[key] = cause
    return best


def _ahead(cumulative: Array, age: int) -> Array:
    """Cumulative bound as seen `age` periods earlier; nothing after the horizon limits a start."""
    if age == 0:
        return cumulative
    kept = cumulative[age:]
    return np.concatenate([kept, np.full(cumulative.size - kept.size, np.inf)])

"""Work that was started before a date is finished: capacity after it is never less than that work still needs.

A plan starts work in a period and uses resources in later ones. Where capacity falls after the work was started,
nothing that can still be decided would make room for it. Here it is finished in time, and what is decided from the date
on has what remains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fabopt.domain.instance import Instance
from fabopt.network.tables import Array, Network


def finishable(net: Network, instance: Instance) -> Network:
    """Return the network with capacity from the date of the pins on raised to what is in work by then."""
    until = instance.pins.done_until
    if until is None:
        return net
    first = sum(period.start < until for period in net.periods)
    labels = [period.label for period in net.periods[:first]]
    needed = _needed(net, instance.pins.activities, labels)
    added = _added(net, instance.pins.units, labels)
    later = np.arange(net.n_periods) >= first
    resources = tuple(
        replace(r, base=np.where(later, np.maximum(r.base, needed[r.id] - added.get(r.id, 0.0)), r.base))
        if r.id in needed
        else r
        for r in net.resources
    )
    return replace(net, resources=resources)


def _needed(net: Network, levels: Mapping[str, Mapping[str, float]], labels: list[str]) -> dict[str, Array]:
    """Return what pinned starts of some periods use of each resource, by period of the use [T]."""
    found: dict[str, Array] = {}
    for use in net.uses:
        for t, label in enumerate(labels):
            level = levels.get(use.activity, {}).get(label, 0.0)
            if level and use.age and t + use.age < net.n_periods:
                found.setdefault(use.resource, np.zeros(net.n_periods))[t + use.age] += level * use.amount[t]
    return found


def _added(net: Network, orders: Mapping[str, Mapping[str, float]], labels: list[str]) -> dict[str, Array]:
    """Return what pinned orders of some periods add to each resource, less what they occupy, by period [T]."""
    found: dict[str, Array] = {}
    for effect in net.unit_effects:
        for t, label in enumerate(labels):
            count = orders.get(effect.unit, {}).get(label, 0.0)
            if not count:
                continue
            total = found.setdefault(effect.resource, np.zeros(net.n_periods))
            total[t:] += count * effect.by_order(net.n_periods)[t, : net.n_periods - t]
    return found

r"""Periods of which only a part is open: what is started in it has that part of the capacity.

With :math:`[a, b]` the part of period t in which an activity may start (`builder.Opening`), and a resource of the kind
*rate* with capacity :math:`K_t` (what units add included), for all :math:`\alpha < \beta` at which such parts begin and
end

.. math:: \sum_{[a, b] \subseteq [\alpha, \beta]} \rho_{a,r,0}(t)\, x_{a,t} \le (\beta - \alpha) K_t

so that what must be started between two days shares what there is between them. Together with the capacity itself the
rows are exact for work that can be cut and shifted within its part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.lowering.builder import Chain, Opening
from fabopt.network.lowering.policy_scope import Expression, by_order
from fabopt.network.tables import Array, GroupLimit, Network, Resource


@dataclass(frozen=True)
class _Used:
    """A use of a rate by starts of an activity at an age, and the part of a period in which it is used, by start."""

    activity: str
    age: int
    amount: Array
    opening: Opening
    part: Opening


def part_rows(chain: Chain, net: Network) -> Network:
    """Return the network with the rows that hold starts in a part of a period to that part of each rate."""
    rates = {resource.id for resource in net.resources if resource.kind == "rate"}
    users: dict[str, list[_Used]] = defaultdict(list)
    for use in net.uses:
        opening = chain.build.openings.get(use.activity)
        if opening is None or use.resource not in rates or use.age >= chain.n:
            continue
        part = opening if use.age == 0 else chain.build.later.get((use.activity, use.resource, use.age))
        if part is not None:
            users[use.resource].append(_Used(use.activity, use.age, use.amount, opening, part))
    rows: list[GroupLimit] = []
    for resource in net.resources:
        if resource.id in users:
            for t in range(chain.n):
                rows += _rows(chain, net, resource, users[resource.id], t)
    return replace(net, groups=(*net.groups, *rows)) if rows else net


def _rows(chain: Chain, net: Network, resource: Resource, users: list[_Used], t: int) -> Iterator[GroupLimit]:
    """Yield the rows of a resource in a period: one for each part of it and the activities that fit into no less."""
    pins = chain.instance.pins.activities
    parts: dict[int, tuple[float, float]] = {}
    for place, used in enumerate(users):
        s = t - used.age
        pinned = s >= 0 and chain.periods[s].label in pins.get(used.activity, {})
        if s >= 0 and 0.0 < used.opening.share[s] < 1.0 and used.amount[s] > 0.0 and not pinned:
            first, last = float(used.part.first[s]), float(used.part.last[s])
            if NEGLIGIBLE < last - first < 1.0 - NEGLIGIBLE:
                parts[place] = first, last
    spans = {(a, b) for a, _ in parts.values() for _, b in parts.values() if a < b}
    held: set[frozenset[int]] = set()
    for a, b in sorted(spans, key=lambda span: span[1] - span[0]):
        inside = frozenset(place for place, (first, last) in parts.items() if a <= first and last <= b)
        if inside and inside not in held and b - a < 1.0 - NEGLIGIBLE:
            held.add(inside)
            yield _row(chain, net, resource, [users[place] for place in sorted(inside)], t, b - a, len(held))


def _row(
    chain: Chain, net: Network, resource: Resource, inside: list[_Used], t: int, share: float, number: int
) -> GroupLimit:
    label, total, added = chain.periods[t].label, Expression(), Expression()
    for used in inside:
        amount = used.amount[t - used.age]
        total.add(("activity", used.activity, used.age), np.where(np.arange(chain.n) == t, amount, 0.0))
    for effect in net.unit_effects:
        if effect.resource == resource.id:
            by_order(added, effect, chain.n, 1.0)
    ids = {used.activity for used in inside}
    named = [activity.name for activity in net.activities if activity.id in ids]
    who = " and ".join(named) if len(named) < 3 else f"{len(named)} activities"
    return GroupLimit(
        f"{resource.id}:part:{label}:{number}",
        f"{resource.name}: {share:.0%} of {label} for {who}",
        resource.unit,
        "<=",
        ((t,),),
        np.array([share * resource.base[t]]),
        total.plus(added, -share).rows(),
        resource.tags,
        limit_kind="physical",
        family="part_of_period",
    )

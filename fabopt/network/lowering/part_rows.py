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
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.lowering.builder import Chain, Opening
from fabopt.network.lowering.policy_scope import Expression, by_order
from fabopt.network.tables import GroupLimit, Network, Resource, UnitEffect, Use

Part = tuple[float, float]
"""From where to where in a period."""


def part_rows(chain: Chain, net: Network) -> Network:
    """Return the network with the rows that hold starts in a part of a period to that part of each rate."""
    rates = {resource.id for resource in net.resources if resource.kind == "rate"}
    users: dict[str, dict[int, list[tuple[Use, Part]]]] = defaultdict(lambda: defaultdict(list))
    for use in net.uses:
        opening = chain.build.openings.get(use.activity)
        if opening is None or use.resource not in rates or use.age >= chain.n:
            continue
        part = opening if use.age == 0 else chain.build.later.get((use.activity, use.resource, use.age))
        if part is not None:
            for t, span in _parts(chain, use, opening, part):
                users[use.resource][t].append((use, span))
    rows: list[GroupLimit] = []
    names = {activity.id: activity.name for activity in net.activities if activity.id in chain.build.openings}
    effects: dict[str, list[UnitEffect]] = defaultdict(list)
    for effect in net.unit_effects:
        effects[effect.resource].append(effect)
    for resource in net.resources:
        for t, used in sorted(users[resource.id].items()) if resource.id in users else ():
            added = Expression()
            for effect in effects[resource.id]:
                by_order(added, effect, chain.n, 1.0)
            rows += _rows(chain, names, resource, added, used, t)
    return replace(net, groups=(*net.groups, *rows)) if rows else net


def _parts(chain: Chain, use: Use, opening: Opening, part: Opening) -> Iterator[tuple[int, Part]]:
    """Yield the periods in which starts of a part of a period use a rate, and the part in which they use it."""
    pins = chain.instance.pins.activities.get(use.activity, {})
    cut = (opening.share > 0.0) & (opening.share < 1.0) & (use.amount > 0.0)
    for s in np.flatnonzero(cut[: chain.n - use.age]).tolist():
        first, last = float(part.first[s]), float(part.last[s])
        if chain.periods[s].label not in pins and NEGLIGIBLE < last - first < 1.0 - NEGLIGIBLE:
            yield s + use.age, (first, last)


def _rows(
    chain: Chain, names: Mapping[str, str], resource: Resource, added: Expression, users: list[tuple[Use, Part]], t: int
) -> Iterator[GroupLimit]:
    """Yield the rows of a resource in a period: one for each part of it and the activities that fit into no less."""
    spans = {(a, b) for _, (a, _) in users for _, (_, b) in users if a < b}
    held: set[frozenset[int]] = set()
    for a, b in sorted(spans, key=lambda span: span[1] - span[0]):
        inside = frozenset(place for place, (_, (first, last)) in enumerate(users) if a <= first and last <= b)
        if inside and inside not in held and b - a < 1.0 - NEGLIGIBLE:
            held.add(inside)
            used = [users[place][0] for place in sorted(inside)]
            yield _row(chain, names, resource, added, used, t, b - a, len(held))


def _row(
    chain: Chain,
    names: Mapping[str, str],
    resource: Resource,
    added: Expression,
    inside: list[Use],
    t: int,
    share: float,
    number: int,
) -> GroupLimit:
    label, total = chain.periods[t].label, Expression()
    for used in inside:
        amount = used.amount[t - used.age]
        total.add(("activity", used.activity, used.age), np.where(np.arange(chain.n) == t, amount, 0.0))
    ids = {used.activity for used in inside}
    named = [name for activity, name in names.items() if activity in ids] if len(ids) < 3 else []
    who = " and ".join(named) if named else f"{len(ids)} activities"
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

"""What was decided before a date stands: limits after it are never less than that work still needs, and no limit
forbids what was done.

A plan starts work in a period and uses resources in later ones. Where capacity falls after the work was started,
nothing that can still be decided would make room for it. Here it is finished in time, and what is decided from the date
on has what remains. A limit on orders, on spending or on any sum of decisions is moved likewise to what it already
holds: a new limit says what may still be decided. Where the numbers of now would have made less by then of what was
delivered and kept, such as a yield of later that also tells on what lands shortly before, the rest counts as received.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fabopt.domain.horizon import Pins
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import FEASIBLE, NEGLIGIBLE
from fabopt.network.tables import Array, Material, Network, Resource, Term, Unit


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
    nothing = np.zeros(net.n_periods)

    def roomy(r: Resource) -> Resource:
        own = added.get(r.id, nothing)
        work = np.where(later, needed.get(r.id, nothing) - own, 0.0) if r.id in needed else nothing
        least = np.maximum(work, -own)  # what stands occupies its place whatever the limit is by now
        return replace(r, base=np.maximum(r.base, least)) if bool((least > r.base).any()) else r

    resources = tuple(map(roomy, net.resources))
    units = tuple(_orderable(u, first) for u in net.units)
    done = _done(net, instance.pins, first)
    groups = tuple(
        g if g.family == "programme" else replace(g, rhs=_allowing(g.sense, g.windows, g.rhs, g.terms, done))
        for g in net.groups
    )
    budgets = tuple(replace(b, amount=_allowing("<=", b.windows, b.amount, b.terms, done)) for b in net.budgets)
    materials = _received(net, done, first)
    return replace(net, materials=materials, resources=resources, units=units, groups=groups, budgets=budgets)


def _received(net: Network, done: Mapping[tuple[str, str], Array], first: int) -> tuple[Material, ...]:
    """Return the materials with receipts before a period from which all that is pinned before it could come."""
    past, nothing = slice(0, first), np.zeros(first)

    def course(kind: str, key: str) -> Array:
        return np.nan_to_num(done.get((kind, key), np.zeros(net.n_periods)))[past]

    made: dict[str, Array] = {}
    used: dict[str, Array] = {}
    effects: list[tuple[str, str, str, int, float | Array]] = [
        ("activity", f.activity, f.material, f.age, f.amount) for f in net.flows if f.age < first
    ]
    effects += [("unit", m.unit, m.material, m.age, m.amount) for m in net.unit_materials if m.age < first]
    for kind, key, material, age, amount in effects:
        landed = np.append(
            np.zeros(age), (course(kind, key) * np.broadcast_to(amount, net.n_periods)[past])[: first - age]
        )
        for total, part in ((made, np.maximum(landed, 0.0)), (used, np.maximum(-landed, 0.0))):
            total[material] = total.get(material, nothing) + part
    for demand in net.demands:
        used[demand.material] = used.get(demand.material, nothing) + course("demand", demand.id)

    def enough(m: Material) -> Material:
        stock = course("stock", m.id)
        before = np.append(m.opening, (stock * m.kept(net.n_periods)[past])[:-1])
        receipts = np.zeros(net.n_periods) if m.receipts is None else m.receipts.copy()
        came = before + receipts[past] + made.get(m.id, nothing)
        short = stock + used.get(m.id, nothing) - came
        if m.disposal_cost is not None:
            short = np.maximum(short, 0.0)  # what is too much may be thrown away
        short = np.where(np.abs(short) > FEASIBLE * np.maximum(came, 1.0), short, 0.0)
        if not short.any() or (m.storable and ("stock", m.id) not in done):
            return m
        receipts[past] += short
        return replace(m, receipts=receipts)

    return tuple(map(enough, net.materials))


def _orderable(unit: Unit, first: int) -> Unit:
    """Return a unit whose limits admit what is pinned before a period."""
    if unit.pinned is None:
        return unit
    past = np.where(np.arange(unit.pinned.size) < first, np.nan_to_num(unit.pinned), 0.0)
    upper = None if unit.upper is None else np.maximum(unit.upper, past)
    return replace(unit, upper=upper, total=max(unit.total, float(past.sum())))


def _done(net: Network, pins: Pins, first: int) -> dict[tuple[str, str], Array]:
    """Return what is pinned before a period, by kind of term and id [T]; not a number where nothing is."""
    index = {p.label: p.index for p in net.periods[:first]}
    kinds = {
        "unit": pins.units,
        "activity": pins.activities,
        "retire": pins.retired,
        "demand": pins.deliveries,
        "stock": pins.stocks,
    }
    sizes = {unit.id: unit.max_order for unit in net.units}
    finished: dict[tuple[str, str], Array] = {}
    for kind, pinned in kinds.items():
        for key, values in pinned.items():
            course = np.full(net.n_periods, np.nan)
            for label, value in values.items():
                if label in index:
                    course[index[label]] = value
            finished[kind, key] = course
            if kind == "unit":  # the orders that it takes
                size = sizes.get(key, np.inf)
                finished["placed", key] = np.where(
                    course > 0, np.maximum(np.ceil(course / size - NEGLIGIBLE), 1), course
                )
    return finished


def _allowing(
    sense: str,
    windows: Sequence[Sequence[int]],
    rhs: Array,
    terms: Sequence[Term],
    done: Mapping[tuple[str, str], Array],
) -> Array:
    """Return the sides of a limit on sums of decisions, moved to where what is done leaves a way to keep it.

    A side is moved only as far as the sum already is, and only where what is still open cannot bring it back: what can
    add to a sum cannot bring it down to a most, nor what can take from it up to a least.
    """
    moved = rhs.copy()
    for place, window in enumerate(windows):
        held, rises, falls = 0.0, False, False
        for term in terms:
            course = done.get((term.kind, term.id))
            for t in (t for t in window if t >= term.shift):
                coefficient = float(term.coefficient[t])
                if course is not None and not np.isnan(course[t - term.shift]):
                    held += coefficient * float(course[t - term.shift])
                else:
                    rises, falls = rises or coefficient > 0, falls or coefficient < 0
        if sense != ">=" and not falls:
            moved[place] = max(moved[place], held)
        if sense != "<=" and not rises:
            moved[place] = min(moved[place], held)
    return moved


def _needed(net: Network, levels: Mapping[str, Mapping[str, float]], labels: list[str]) -> dict[str, Array]:
    """Return what pinned starts of some periods use of each resource, by period of the use [T]."""
    needed: dict[str, Array] = {}
    for use in net.uses:
        for t, label in enumerate(labels):
            level = levels.get(use.activity, {}).get(label, 0.0)
            if level and use.age and t + use.age < net.n_periods:
                needed.setdefault(use.resource, np.zeros(net.n_periods))[t + use.age] += level * use.amount[t]
    return needed


def _added(net: Network, orders: Mapping[str, Mapping[str, float]], labels: list[str]) -> dict[str, Array]:
    """Return what pinned orders of some periods add to each resource, less what they occupy, by period [T]."""
    most: dict[str, Array] = {}
    for effect in net.unit_effects:
        for t, label in enumerate(labels):
            count = orders.get(effect.unit, {}).get(label, 0.0)
            if not count:
                continue
            total = most.setdefault(effect.resource, np.zeros(net.n_periods))
            total[t:] += count * effect.by_order(net.n_periods)[t, : net.n_periods - t]
    return most

"""From an instance to its process network: the domain's chain, a plain network, or both in one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Literal

import numpy as np

from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.parties import as_seen_by
from fabopt.network.lowering.budgets import lower_budgets
from fabopt.network.lowering.builder import Chain, Means, finish, make_periods
from fabopt.network.lowering.charges import lower_charges
from fabopt.network.lowering.contracts import lower_contracts
from fabopt.network.lowering.diversity import lower_diversity
from fabopt.network.lowering.expectations import check_expectations
from fabopt.network.lowering.finishable import finishable
from fabopt.network.lowering.kinds import lower_things
from fabopt.network.lowering.lanes import lower_lanes
from fabopt.network.lowering.limits import lower_limits
from fabopt.network.lowering.opening import lower_opening
from fabopt.network.lowering.outcomes import lower_outcomes
from fabopt.network.lowering.part_rows import part_rows
from fabopt.network.lowering.policies import lower_policies
from fabopt.network.lowering.programme import gate_programmes
from fabopt.network.lowering.stability import lower_stability
from fabopt.network.lowering.standing import standing_value
from fabopt.network.lowering.tastes import lower_tastes
from fabopt.network.lowering.trade import lower_trade
from fabopt.network.pins import pin_faults
from fabopt.network.plain import lower_plain
from fabopt.network.tables import Activity, GroupLimit, Material, Network, Tags, Term, Unit


def lower(instance: Instance, name: str = "", means: Means | None = None) -> Network:
    """Lower an instance.

    Parameters
    ----------
    instance
        A validated instance.
    name
        Name of the network; the instance's title when empty.
    means
        Means over the periods, kept from one instance to the next of the same horizon where most quantities are the
        same objects.

    Returns
    -------
    Network
        Records in a fixed order, in internal units (see `fabopt.network.tables`).

    Raises
    ------
    FieldProblem
        With every pin that cannot hold by itself.
    """
    return lower_chain(instance, name, means)[1]


def lower_chain(instance: Instance, name: str = "", means: Means | None = None) -> tuple[Chain, Network]:
    """Return the network of an instance, as :func:`lower` does, with the chain that it came from."""
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods, means={} if means is None else means)
    lower_things(chain)
    lower_trade(chain)
    lower_opening(chain)
    net = part_rows(chain, finish(chain, name or instance.about.title, standing_value(chain)))
    if instance.network is not None:
        net = _joined(net, lower_plain(instance.network, periods))
    net = lower_lanes(chain, net)
    net = lower_diversity(chain, lower_policies(chain, lower_contracts(chain, gate_programmes(chain, net))))
    net = lower_outcomes(chain, lower_budgets(chain, lower_limits(chain, lower_charges(chain, net))))
    check_expectations(chain, net)
    net = lower_stability(_pinned(lower_tastes(chain, net), instance), instance.stability)
    return chain, finishable(net, instance)


def lower_as_seen(instance: Instance, net: Network, party: str) -> Network:
    """Return the network of an instance with a party's own discount rate; `net`, where it has none, is that already."""
    own = as_seen_by(instance, party)
    return net if own is instance else lower(own, net.name)


def _joined(net: Network, plain: Network) -> Network:
    """Return both networks in one; records of the plain one come last, and what both count whatever is decided adds."""
    parts = {
        f.name: getattr(net, f.name) + getattr(plain, f.name)
        for f in fields(Network)
        if f.name not in ("name", "periods", "end_discount", "names")
    }
    return replace(net, **parts)


def _pinned(net: Network, instance: Instance) -> Network:
    """Return the network with the instance's pinned decisions held."""
    index = {p.label: p.index for p in net.periods}
    pins = instance.pins
    orders, levels = pins.units, pins.activities
    if not (orders or levels or pins.retired or pins.deliveries or pins.stocks):
        return net
    faults = tuple(pin_faults(net, pins))
    if faults:
        raise FieldProblem(faults)

    def pin_unit(unit: Unit) -> Unit:
        if unit.id not in orders:
            return unit
        pinned = np.full(len(net.periods), math.nan) if unit.pinned is None else unit.pinned.copy()
        for label, number in orders[unit.id].items():
            pinned[index[label]] = number
        return replace(unit, pinned=pinned)

    def pin_activity(activity: Activity) -> Activity:
        if activity.id not in levels or activity.on_off:
            return activity
        lower = np.zeros(len(net.periods)) if activity.lower is None else activity.lower.copy()
        upper = np.full(len(net.periods), np.inf) if activity.upper is None else activity.upper.copy()
        for label, level in levels[activity.id].items():
            lower[index[label]] = upper[index[label]] = level
        return replace(activity, lower=lower, upper=upper)

    def pin_stock(material: Material) -> Material:
        """What was in stock before everything is open again was there, whatever may be stored now."""
        if material.id not in pins.stocks:
            return material
        limit = np.full(len(net.periods), material.stock_limit)
        for label, amount in pins.stocks[material.id].items():
            limit[index[label]] = max(limit[index[label]], amount)
        return replace(material, stock_limit=limit)

    switched = {a.id: levels[a.id] for a in net.activities if a.on_off and a.id in levels}
    kinds: tuple[tuple[_Pinned, str, Mapping[str, Mapping[str, float]], Mapping[str, str]], ...] = (
        ("activity", "activities", switched, {a.id: a.unit for a in net.activities}),
        ("retire", "retired", pins.retired, {u.id: u.unit for u in net.units}),
        ("demand", "deliveries", pins.deliveries, {d.id: "" for d in net.demands}),
        ("stock", "stocks", pins.stocks, {m.id: m.unit for m in net.materials}),
    )
    rows = tuple(
        _pinned_row(
            kind, section, key, known[key], {index[label]: value for label, value in by_label.items()}, len(index)
        )
        for kind, section, pinned, known in kinds
        for key, by_label in pinned.items()
        if key in known and by_label
    )
    return replace(
        net,
        units=tuple(pin_unit(u) for u in net.units),
        activities=tuple(pin_activity(a) for a in net.activities),
        materials=tuple(pin_stock(m) for m in net.materials),
        definitions=(*net.definitions, *rows),
    )


_Pinned = Literal["activity", "unit", "demand", "stock", "retire", "placed"]


def _pinned_row(
    kind: _Pinned, section: str, key: str, unit: str, values: Mapping[int, float], periods: int
) -> GroupLimit:
    """Return the rows by which a decision that has no bounds of its own has its pinned values."""
    windows = tuple(sorted(values))
    return GroupLimit(
        id=f"pinned:{kind}:{key}",
        name=f"{key}, pinned",
        unit=unit,
        sense="==",
        windows=tuple((t,) for t in windows),
        rhs=np.array([values[t] for t in windows]),
        terms=(Term(kind, key, np.ones(periods)),),
        tags=Tags(role="rule", field=f"pins.{section}.{key}"),
        family="pin",
    )

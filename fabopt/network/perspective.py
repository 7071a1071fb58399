r"""The network as one party sees it: what the others decide is held, what they would buy is a limit.

**What concerns a party.** Its *core* are the activities whose cost it bears, those that it is paid or pays for, and the
demands that are its own. What it sells flows on to activities *downstream* of its sales. An activity concerns the party
if it is one of these or feeds one of these. Then

* trades between others (activities that one pays another for) that do not concern the party are held at the plan that
  is given, period by period;
* units are the decision of their owner, contracts of who buys: those of others are held at that plan, but for what the
  party sells and what only follows from other decisions (whom a policy serves, which tier of a price holds);
* all else is free: what suppliers make, what customers do with what they get. Policies, budgets and limits hold, but
  nobody has to take anything so that what others are held to stays within their shares of it.

**What the others would buy.** A party that sells does so at the prices of the instance, and no more than is asked for.
The demand is what everybody else would take at these prices if the party could deliver everything at once
(`without_limits`): the network without what it owns and buys, solved for the value of all others. What they take in the
given plan, :math:`G_{a,t}`, they take in any case. With :math:`D_{a,t}` the sales at these prices, orders wait where
goods can be stored and are lost where they cannot:

.. math:: \sum_{\tau \le t} x_{a,\tau} \le \max\Bigl(\sum_{\tau \le t} D_{a,\tau}, \sum_{\tau \le t} G_{a,\tau}\Bigr)
          \qquad\text{or}\qquad x_{a,t} \le \max(D_{a,t}, G_{a,t})
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from fabopt.network.explode import Node, closure, gives, makers, needs, takers
from fabopt.network.links import link
from fabopt.network.parties import Names, owned, parties_of, payments_between
from fabopt.network.tables import CHARGES, Activity, Array, GroupLimit, Network, Payment, Tags, Term, Unit

Sense = Literal["<=", "=="]

FOLLOWS = ("policy", "tier")
"""Instruments of units that are nobody's decision: they follow from what is decided."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a plan decides: starts of activities and orders of units by id ``[T]``; what is not named is nothing."""

    levels: Mapping[str, Array]
    orders: Mapping[str, Array]

    @classmethod
    def of_plan(cls, net: Network, levels: Array, orders: Array) -> Decided:
        """Return what is decided by the starts of a network's activities and the orders of its units ``[n, T]``."""
        starts = zip(net.activities, levels, strict=True)
        return cls({a.id: x for a, x in starts}, {u.id: x for u, x in zip(net.units, orders, strict=True)})

    def of(self, kind: str, key: str, periods: int) -> Array:
        """Return a decision ``[T]``."""
        level = (self.levels if kind == "activity" else self.orders).get(key)
        return np.zeros(periods) if level is None else level


def _trades(net: Network) -> tuple[Payment, ...]:
    """Return what parties pay each other for goods: a charge is no trade, and follows from what is charged."""
    return tuple(payment for payment in payments_between(net) if payment.kind != CHARGES)


def sales(net: Network, party: str) -> tuple[Payment, ...]:
    """Return what others pay a party for: starts of activities and orders of units."""
    kinds = ("activity", "unit")
    return tuple(p for p in _trades(net) if p.payee == party != p.payer and p.term.kind in kinds)


def held(net: Network, party: str, plan: Decided) -> Network:
    """Return the network in which what others decide, and does not concern a party, is held at a plan."""
    concerned = _concerned(net, party)
    sold = {payment.term.id for payment in sales(net, party)}
    traded = {p.term.id for p in _trades(net) if p.term.kind == "activity" and party not in (p.payer, p.payee)}
    fixed = {key for key in traded if ("activity", key) not in concerned}
    activities, groups = [], [group for group in net.groups if not _obliges(group, fixed)]
    for activity in net.activities:
        if activity.id not in fixed:
            activities.append(activity)
            continue
        level = plan.of("activity", activity.id, net.n_periods)
        if activity.on_off:
            activities.append(activity)
            groups.append(_row(net, f"held:{activity.id}", activity, "==", level, _each(net)))
        else:
            activities.append(replace(activity, lower=level, upper=level))
    units = tuple(
        unit
        if own or unit.id in sold or unit.instrument in FOLLOWS
        else _pinned(unit, plan.of("unit", unit.id, net.n_periods))
        for unit, own in zip(net.units, parties_of(net, "unit_orders") == party, strict=True)
    )
    return replace(net, activities=tuple(activities), units=units, groups=tuple(groups))


def _obliges(group: GroupLimit, fixed: set[str]) -> bool:
    """Return whether a policy's limit on what is held can only oblige: all that is free in it widens it.

    Where a share of all shipments is a right, others' shipments, once held, would oblige a lab to buy its own.
    """
    if group.limit_kind != "policy" or group.sense != "<=":
        return False
    free = [term for term in group.terms if not (term.kind == "activity" and term.id in fixed)]
    return len(free) < len(group.terms) and all((term.coefficient <= 0.0).all() for term in free)


def without_limits(net: Network, party: str, plan: Decided) -> Network:
    """Return the network in which a party can deliver everything at once, and decides nothing.

    Its resources and the rules by which it splits them are gone, what it sells takes none of its materials, it buys
    nothing, and its units are those of the plan.
    """
    names = owned(net, party)
    sold = {payment.term.id for payment in sales(net, party)}
    bought = {p.term.id for p in _trades(net) if p.term.kind == "activity" and p.payer == party} - sold
    own = {resource.id for resource in net.resources if resource.tags.owner in names}
    holds = {net.materials[n].id for n in np.flatnonzero(parties_of(net, "material") == party)}
    none = np.zeros(net.n_periods)
    return replace(
        net,
        activities=tuple(replace(a, lower=None, upper=none) if a.id in bought else a for a in net.activities),
        units=tuple(
            _pinned(unit, plan.of("unit", unit.id, net.n_periods)) if mine and unit.id not in sold else unit
            for unit, mine in zip(net.units, parties_of(net, "unit_orders") == party, strict=True)
        ),
        flows=tuple(f for f in net.flows if f.activity not in sold or f.material not in holds or f.amount.min() >= 0.0),
        resources=tuple(r for r in net.resources if r.id not in own),
        uses=tuple(use for use in net.uses if use.resource not in own),
        unit_effects=tuple(effect for effect in net.unit_effects if effect.resource not in own),
        groups=tuple(group for group in net.groups if group.tags.owner not in names or group.limit_kind != "policy"),
    )


def asked_for(net: Network, party: str, demand: Decided, plan: Decided) -> Network:
    """Return the network in which a party sells no more than others would take, or take in the given plan."""
    links = link(net)
    groups = list(net.groups)
    for kind, key in dict.fromkeys((payment.term.kind, payment.term.id) for payment in sales(net, party)):
        record = links.activities[key] if kind == "activity" else links.units[key]
        asked, taken = (source.of(kind, key, net.n_periods) for source in (demand, plan))
        if all(links.materials[flow.material].storable for flow in links.outputs.get(key, [])):
            waiting = tuple(tuple(range(t + 1)) for t in range(net.n_periods))
            most = np.maximum(np.cumsum(asked), np.cumsum(taken))
            groups.append(_row(net, f"asked:{key}", record, "<=", most, waiting))
        else:
            groups.append(_row(net, f"asked:{key}", record, "<=", np.maximum(asked, taken), _each(net)))
    return replace(net, groups=tuple(groups))


def _each(net: Network) -> tuple[tuple[int, ...], ...]:
    """Return every period as a window."""
    return tuple((t,) for t in range(net.n_periods))


def _row(
    net: Network, name: str, record: Activity | Unit, sense: Sense, rhs: Array, windows: tuple[tuple[int, ...], ...]
) -> GroupLimit:
    """Return the limit on what an activity or unit comes to in each window."""
    term = Term("activity" if isinstance(record, Activity) else "unit", record.id, np.ones(net.n_periods))
    said = "held for others" if sense == "==" else "asked for"
    of = record.tags
    label = Tags(of.stage, of.owner, of.customer, kind=of.kind, role="rule", field=of.field)
    return GroupLimit(
        name, f"{record.name}, {said}", record.unit, sense, windows, rhs, (term,), label,
        limit_kind="demand", family="held" if sense == "==" else "asked_for",
    )  # fmt: skip


def _pinned(unit: Unit, orders: Array) -> Unit:
    exact = np.round(orders) if unit.whole else orders
    return replace(unit, pinned=exact if unit.pinned is None else np.where(np.isnan(unit.pinned), exact, unit.pinned))


def _concerned(net: Network, party: str) -> set[Node]:
    """Return all that a party has to do with, that follows from its sales, or that feeds any of these."""
    links = link(net)
    tables: tuple[tuple[str, Sequence[Any], Names], ...] = (
        ("activity", net.activities, parties_of(net, "activity")),
        ("unit", net.units, parties_of(net, "unit_orders")),
        ("demand", net.demands, parties_of(net, "demand")),
    )
    core: set[Node] = {
        (kind, record.id)
        for kind, records, names in tables
        for record, name in zip(records, names, strict=True)
        if name == party
    }
    core |= {(p.term.kind, p.term.id) for p in _trades(net) if party in (p.payer, p.payee)}

    def after(node: Node) -> Iterator[Node]:
        """What takes what it makes, or uses what it adds; what takes a place that it adds is another's decision."""
        for thing, _ in gives(links, node):
            yield from (taker for taker in takers(links, thing) if thing[0] == "material" or taker[0] == "activity")

    def before(node: Node) -> Iterator[Node]:
        """What makes what it takes."""
        for thing, _ in needs(links, node):
            yield from makers(links, thing) if thing[0] == "material" else ()

    return closure(core | closure(((p.term.kind, p.term.id) for p in sales(net, party)), after), before)

"""Whose money it is: the party that bears each cost, holds each stock and earns each value of a network.

A party is an id: a lab, a designer, an owner of fabs or lines, a maker of scanners, a market. What the network does not
attribute to anybody is `fabopt.domain.users.NOBODY`'s.

====================  ================================================================================
what                  whose
====================  ================================================================================
activity              the bearer, else the owner, else the customer: cost of starts, of being on
unit                  the bearer, else the owner, else the customer: cost of orders and retirement
unit, its orders      the owner decides; of a contract the customer
unit, at the end      the owner, else the bearer, else the customer: worth of what stands
material              the customer, else the owner: stock, disposal, shortfall, worth at the end
demand                the customer, else the lab: value of deliveries, cost of what waits or is lost
====================  ================================================================================

Labs and other markets are the *buyers* (`buyers`): what the chain delivers is theirs. All others sell to them.

What belongs to another party (a designer to its lab: `Network.belongs`) counts as that party's. Goods are paid for
when their making starts (accelerators when they are shipped), so work in progress is the customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.users import NOBODY
from fabopt.network.tables import Activity, Demand, Material, Network, Payment, Term, Unit

MARGIN = "margin on sales"
"""Kind of what a buyer earns on what it makes for others, above what making it costs it at list prices."""

Names = NDArray[np.object_]
What = Literal["activity", "unit", "unit_orders", "unit_at_end", "material", "demand"]


def parties_of(net: Network, what: What) -> Names:
    """Return the party of every record of a table of a network: who bears its cost, holds it, or whose demand it is.

    ``unit_orders`` says who decides on the orders of a unit, ``unit_at_end`` to whom it is worth something at the end.
    """
    belongs = dict(net.belongs)
    records, of = _OF[what]
    parties = (of(record) for record in getattr(net, records))
    return np.array([belongs.get(name, name) for name in parties], dtype=object)


def parties(net: Network) -> tuple[str, ...]:
    """Return all parties: those that are paid or pay in the order of the payments, the others, and nobody."""
    parties: dict[str, None] = {}
    tables: tuple[What, ...] = ("activity", "unit", "unit_at_end", "material", "demand")
    for payment in payments_between(net):
        parties |= dict.fromkeys((payment.payee, payment.payer))
    for what in tables:
        parties |= dict.fromkeys(parties_of(net, what).tolist())
    parties.pop(NOBODY, None)
    return (*parties, NOBODY)


def payments_between(net: Network) -> tuple[Payment, ...]:
    """Return the payments from one party to another; what belongs to a party pays and is paid as that party."""
    belongs = dict(net.belongs)
    named = (
        replace(p, payer=belongs.get(p.payer, p.payer), payee=belongs.get(p.payee, p.payee)) if belongs else p
        for p in net.payments
    )
    return tuple(payment for payment in named if payment.payer != payment.payee)


def buyers(net: Network) -> frozenset[str]:
    """Return the parties for whose demand the chain exists: labs and other markets; with them what names nobody."""
    return frozenset({NOBODY, *parties_of(net, "demand").tolist()})


def margins(net: Network) -> tuple[tuple[Payment, Term], ...]:
    """Return the payments to buyers for what they make and sell, each with its margin in million dollars."""
    group = buyers(net)
    earned = ((payment, payment.margin) for payment in payments_between(net) if payment.payee in group)
    return tuple((payment, margin) for payment, margin in earned if margin is not None)


def owned(net: Network, party: str) -> frozenset[str]:
    """Return the names under which records are a party's: its own, and those of what belongs to it."""
    return frozenset({party, *(name for name, owner in net.belongs if owner == party)})


def _of_activity(activity: Activity) -> str:
    return activity.bearer or activity.tags.owner or activity.tags.customer or NOBODY


def _of_unit(unit: Unit) -> str:
    return unit.bearer or unit.tags.owner or unit.tags.customer or NOBODY


def _of_unit_at_end(unit: Unit) -> str:
    return unit.tags.owner or unit.bearer or unit.tags.customer or NOBODY


def _of_unit_orders(unit: Unit) -> str:
    return (unit.tags.customer if unit.tags.stage == "contract" else "") or _of_unit_at_end(unit)


def _of_material(material: Material) -> str:
    return material.tags.customer or material.tags.owner or NOBODY


def _of_demand(demand: Demand) -> str:
    return demand.tags.customer or demand.tags.lab or NOBODY


_OF: Mapping[What, tuple[str, Callable[[Any], str]]] = {
    "activity": ("activities", _of_activity),
    "unit": ("units", _of_unit),
    "unit_orders": ("units", _of_unit_orders),
    "unit_at_end": ("units", _of_unit_at_end),
    "material": ("materials", _of_material),
    "demand": ("demands", _of_demand),
}

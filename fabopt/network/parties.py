"""Whose money it is: the party that bears each cost, holds each stock and earns each value of a network.

A party is an id: a lab, a designer, an owner of fabs or lines, a maker of scanners, a market. What the network does not
attribute to anybody is `fabopt.domain.users.NOBODY`'s.

====================  ================================================================================
what                  whose
====================  ================================================================================
activity              the bearer, else the owner, else the customer: cost of starts, of being on
unit                  the bearer, else the owner, else the customer: cost of orders and retirement
unit, at the end      the owner, else the bearer, else the customer: worth of what stands
material              the customer, else the owner: stock, disposal, shortfall, worth at the end
demand                the customer, else the lab: value of deliveries, cost of what waits or is lost
====================  ================================================================================

Goods are paid for when their making starts (accelerators when they are shipped), so work in progress is the customer's.
"""

from __future__ import annotations

from fabopt.domain.users import NOBODY
from fabopt.network.tables import Activity, Demand, Material, Network, Unit


def of_activity(activity: Activity) -> str:
    """Return the party that bears the cost of an activity."""
    return activity.bearer or activity.tags.owner or activity.tags.customer or NOBODY


def of_unit(unit: Unit) -> str:
    """Return the party that bears the cost of a unit."""
    return unit.bearer or unit.tags.owner or unit.tags.customer or NOBODY


def of_unit_at_end(unit: Unit) -> str:
    """Return the party to which a unit is worth something at the end."""
    return unit.tags.owner or unit.bearer or unit.tags.customer or NOBODY


def of_material(material: Material) -> str:
    """Return the party that holds a material."""
    return material.tags.customer or material.tags.owner or NOBODY


def of_demand(demand: Demand) -> str:
    """Return the party whose demand it is."""
    return demand.tags.customer or demand.tags.lab or NOBODY


def parties(net: Network) -> tuple[str, ...]:
    """Return all parties of a network, in the order in which its records name them; nobody comes last."""
    found = dict.fromkeys(of_activity(a) for a in net.activities)
    found |= dict.fromkeys(party for u in net.units for party in (of_unit(u), of_unit_at_end(u)))
    found |= dict.fromkeys(of_material(m) for m in net.materials)
    found |= dict.fromkeys(of_demand(d) for d in net.demands)
    found |= dict.fromkeys(party for p in net.payments for party in (p.payer, p.payee))
    found.pop(NOBODY, None)
    return (*found, NOBODY)

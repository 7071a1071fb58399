"""What a block of power takes of kinds of things that no part of the bill speaks of: by the recipes of the network."""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np

from fabopt.analysis.bill_draft import BillRow, Draft, Other, make_row
from fabopt.analysis.ranges import exact
from fabopt.domain.kinds import KINDS, things
from fabopt.network.explode import exploded, recipes, sources
from fabopt.network.lower import lower_chain
from fabopt.network.tables import Network
from fabopt.network.tagged import ids, packages


def others(draft: Draft, told: Set[str]) -> tuple[Other, ...]:
    """Return what a block takes of things of kinds that are paid for, other than those that are told already.

    Parameters
    ----------
    draft
        The bill under way.
    told
        Names of kinds.
    """
    asked = {kind.name for kind in things() if kind.paid and kind.records(draft.instance)} - told
    return tuple(_taken(draft, asked)) if asked else ()


def other_rows(draft: Draft) -> Iterator[BillRow]:
    """Yield the lines of such things, each in the section of its kind."""
    for other in draft.others:
        yield make_row(other.section, other.name, draft.accelerators * other.each, other.unit, other.how)


def _taken(draft: Draft, asked: Set[str]) -> Iterator[Other]:
    chain, net = lower_chain(draft.instance)
    t = min(max(chain.calendar.period_index(draft.day), 0), chain.n - 1)
    chip = draft.needs.chip
    first = (*ids(net.materials, role="asset", chip=chip), packages(net).get(chip, ""))[0]
    if not first:
        return
    links = recipes(net.flows, at=t)
    taken = exploded(links, {first: np.ones(1)}, lambda material: dict.fromkeys(sources(links, material), 1.0))
    price, payers = _prices(net, t)
    for material in net.materials:
        each = float(taken.needs[material.id][0]) if material.id in taken.needs else 0.0
        if material.tags.kind not in asked or each <= 0.0:
            continue
        kind = KINDS[material.tags.kind]
        made = {a: float(taken.starts[a][0]) for a in sources(links, material.id) if a in taken.starts}
        paid = sum(level * price.get(a, 0.0) for a, level in made.items())
        cost = sum(level * float(a.cost[t]) for a in net.activities if a.cost is not None and (level := made.get(a.id)))
        name = kind.records(draft.instance)[material.tags.item].name
        bought = any(payers.get(a) in draft.instance.labs for a in made)
        yield Other(kind.many, name, material.unit, exact(each), exact(paid), exact(cost), bought)


def _prices(net: Network, t: int) -> tuple[dict[str, float], dict[str, str]]:
    """Return the list price of what one start of each activity brings, million dollars in a period, and who pays."""
    listed = {kind.paid for kind in things()}
    price: dict[str, float] = {}
    payers: dict[str, str] = {}
    for payment in net.payments:
        if payment.kind in listed and payment.term.kind == "activity" and payment.price is not None:
            key, paid = payment.term.id, float(payment.term.coefficient[t] * payment.price[t])
            price[key] = price.get(key, 0.0) + paid
            payers[key] = payment.payer
    return price, payers

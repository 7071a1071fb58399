"""What is asked of plans that are nearly as good: linear measures of a plan, as coefficients of its columns.

===============  ============================================================  =============================
measure          what it counts                                                unit
===============  ============================================================  =============================
order            units ordered until a period                                  unit of the order
contract         signed, exercised, left (0 or 1); what is taken under it      1; unit of what is taken
chip             compute made by a chip, summed over reported periods          kH100e-period
designer, ...    starts of the activities that a supplier runs                 unit of the activity
                 (`fabopt.network.suppliers`), reported periods
owner            what is paid to a company, reported periods; where nobody     million dollars; unit of the
                 is paid, starts of its activities                             activity
===============  ============================================================  =============================

Suppliers of a kind are held against each other in one unit; of a packager, packages count and not interposers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fabopt.domain.users import NOBODY
from fabopt.model.columns import Columns
from fabopt.model.linear import summed
from fabopt.model.tables import ModelTables
from fabopt.network.parties import payments_between
from fabopt.network.suppliers import suppliers
from fabopt.network.tables import DECISIONS, Array, Network, Payment, Term

KINDS = ("designer", "foundry", "memory-maker", "packager")
"""Kinds of supplier whose shares are followed."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A linear measure of a plan: ``constant + coefficients . x``.

    Attributes
    ----------
    kind
        ``order``, ``contract``, or what the members of a mix are.
    id, name, what, unit, owner
        Of the record; ``what`` says what is done with it (ordered, signature, taken).
    whole
        Whether it is an integer in every plan.
    """

    kind: str
    id: str
    name: str
    what: str
    unit: str
    owner: str
    coefficients: Array
    constant: float = 0.0
    whole: bool = False

    def of(self, x: Array) -> float:
        """Return its value in a plan [columns]."""
        value = self.constant + float(self.coefficients @ x)
        return (float(round(value)) if self.whole else value) + 0.0  # no negative zero


def decisions(tables: ModelTables, until: int) -> tuple[Measure, ...]:
    """Return the measures of every order and contract up to a period (its position), in the order of the network.

    What is pinned is a fact and no decision, so it is left out.
    """
    net, order = tables.net, tables.columns["order"]
    free = order.spread((order.lower < order.upper).astype(float), 0.0) > 0
    integer = order.spread(order.integer.astype(float), 1.0) > 0
    decisions = []
    for u, unit in enumerate(net.units):
        if unit.instrument == "tier":  # of a contract's price
            continue
        at = free[u, : until + 1]
        if not at.any():
            continue
        coefficients = np.zeros(tables.columns.n)
        coefficients[order.index[u, : until + 1][at]] = 1.0
        contract = unit.instrument in DECISIONS
        decisions.append(
            Measure(
                kind="contract" if contract else "order",
                id=unit.id,
                name=unit.name,
                what=unit.instrument if contract else "ordered",
                unit="" if contract else unit.unit,
                owner=unit.tags.customer if contract else unit.tags.owner,
                coefficients=coefficients,
                whole=bool(integer[u, : until + 1][at].all()),
            )
        )
    return (*decisions, *_taken(net, tables.columns, until))


def _taken(net: Network, columns: Columns, until: int) -> Iterator[Measure]:
    for agreement in net.agreements:
        if agreement.maximum is None and not agreement.minimum.any():
            continue  # its takes are not counted
        coefficients, opening = summed(agreement.take, range(until + 1), net, columns)
        if coefficients.any():
            yield Measure(
                kind="contract",
                id=agreement.id,
                name=agreement.name,
                what="taken",
                unit=agreement.unit,
                owner=agreement.buyer,
                coefficients=coefficients,
                constant=opening + float(agreement.taken[: until + 1].sum()),
            )


def mixes(tables: ModelTables, names: dict[str, str]) -> tuple[tuple[Measure, ...], ...]:
    """Return the members of every mix of which a plan may have more or less; mixes of one alone are left out.

    Parameters
    ----------
    tables
        The model.
    names
        Display names by id, where they are known.
    """
    net = tables.net
    reported = [p.index for p in net.periods if p.reported]
    measures: dict[tuple[str, str], list[Measure]] = {}
    for kind, id, unit, terms in (*_chips(net), *_suppliers(net), *_owners(net)):
        coefficients, opening = summed(terms, reported, net, tables.columns)
        if coefficients.any():
            measure = Measure(kind, id, names.get(id, id), "", unit, id, coefficients, opening)
            measures.setdefault((kind, unit), []).append(measure)
    return tuple(tuple(members) for members in measures.values() if len(members) > 1)


Found = Iterator[tuple[str, str, str, Sequence[Term]]]


def _chips(net: Network) -> Found:
    """Yield the compute made by each chip, what workloads weigh."""
    weight = {d.material: d.weight for d in net.demands if d.weight > 0}
    chip = {a.id: a.tags.chip for a in net.activities if a.tags.chip and a.tags.stage == "compute"}
    terms: dict[str, list[Term]] = {}
    for flow in net.flows:
        if flow.activity in chip and flow.material in weight and np.any(flow.amount > 0):
            coefficient = np.maximum(flow.amount, 0.0) * weight[flow.material]
            terms.setdefault(chip[flow.activity], []).append(Term("activity", flow.activity, coefficient))
    for id, parts in terms.items():
        yield "chip", id, "kH100e-period", parts


def _suppliers(net: Network) -> Found:
    units = {a.id: a.unit for a in net.activities}
    interposers = {a.id for a in net.activities if a.tags.stage == "interposer"}  # each is in a package that counts
    for (kind, id), runs in suppliers(net).items():
        if kind in KINDS:
            yield from _starts(net, kind, id, [a for a in runs if a not in interposers], units)


def _starts(net: Network, kind: str, id: str, runs: Sequence[str], units: dict[str, str]) -> Found:
    """Yield the starts of activities, one measure a unit."""
    for unit in dict.fromkeys(units[a] for a in runs):
        ones = np.ones(net.n_periods)
        yield kind, id, unit, [Term("activity", a, ones) for a in runs if units[a] == unit]


def _owners(net: Network) -> Found:
    payments = payments_between(net)
    if not payments:
        units = {a.id: a.unit for a in net.activities}
        for (kind, id), runs in suppliers(net).items():
            if kind == "owner":
                yield from _starts(net, kind, id, list(runs), units)
        return
    paid: dict[str, list[Term]] = {}
    for payment in payments:
        if payment.payee != NOBODY:
            paid.setdefault(payment.payee, []).append(_money(payment))
    for id, terms in paid.items():
        yield "owner", id, "M USD", terms


def _money(payment: Payment) -> Term:
    """Return what a payment comes to as a term."""
    term = payment.term
    return term if payment.price is None else replace(term, coefficient=term.coefficient * payment.price)

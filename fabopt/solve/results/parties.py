"""What a plan comes to for every party: its values and costs, and what it is paid less what it pays.

Summed over the parties the transfers are zero, and all rows together are the value of the plan. What a buyer earns on
what it makes for others stands apart as its margin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.domain.users import NOBODY
from fabopt.network.movements import activity_flows, unit_flows
from fabopt.network.parties import MARGIN, What, buyers, margins, parties, parties_of, payments_between
from fabopt.network.tables import Network
from fabopt.solve.results.columns import MONEY, TableSpec, flag, number, text
from fabopt.solve.results.decided import decisions, stood_before, term_by_period
from fabopt.solve.results.money import ledger, terminal
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd

PERSPECTIVE = TableSpec(
    "perspective",
    "domain",
    "what a kind of value, cost or transfer comes to for a party, discounted, over the whole horizon; transfers add up "
    "to zero over the parties, all rows to the value of the plan",
    (
        text("party", "whose money it is"),
        text("kind", "term of the objective, or what a transfer is paid for"),
        flag("transfer", "whether it is paid between parties inside the chain"),
        text("side", "buyers: labs, other markets and what names nobody; sellers: all others, and margins of buyers"),
        number("amount", MONEY, "discounted; what the party gains is positive"),
    ),
)

Amounts = dict[tuple[str, str, bool], float]

_RECORDS: dict[str, What] = {
    "delivery_value": "demand",
    "activity_cost": "activity",
    "fixed_cost": "activity",
    "start_cost": "activity",
    "order_cost": "unit",
    "order_fixed_cost": "unit",
    "retire_cost": "unit",
    "carrying_cost": "material",
    "disposal_cost": "material",
    "shortfall_cost": "material",
    "backlog_cost": "demand",
    "lost_cost": "demand",
}
"""Records whose party bears a term of the objective."""


def party_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `perspective`, by party in the order of the network."""
    amounts: Amounts = defaultdict(float)
    _terms(amounts, net, solution)
    _at_end(amounts, net, solution)
    _transfers(amounts, net, solution)
    for kind, extra in (("running_value", net.constant_value), ("added", solution.objective_terms.get("added", 0.0))):
        amounts[NOBODY, kind, False] += extra
    order = {name: n for n, name in enumerate(parties(net))}
    group = buyers(net)

    def side(party: str, kind: str) -> str:
        return "buyers" if party in group and kind != MARGIN else "sellers"

    rows = sorted(
        ((*key, side(*key[:2]), amount) for key, amount in amounts.items() if amount != 0.0),
        key=lambda row: (order[row[0]], row[2]),
    )
    return {name: [row[n] for row in rows] for n, name in enumerate(PERSPECTIVE.names)}


def _terms(amounts: Amounts, net: Network, solution: Solution) -> None:
    discount = np.array([period.discount for period in net.periods])
    for kind, _, money in ledger(net, solution):
        total = money @ discount
        for party, amount in zip(parties_of(net, _RECORDS[kind]), total.tolist(), strict=True):
            amounts[party, kind, False] += amount


def _at_end(amounts: Amounts, net: Network, solution: Solution) -> None:
    flows = activity_flows(net, solution.levels), unit_flows(net, solution.orders)
    end = terminal(net, solution, flows)
    material = dict(zip((m.id for m in net.materials), parties_of(net, "material"), strict=True))
    unit = dict(zip((u.id for u in net.units), parties_of(net, "unit_at_end"), strict=True))
    names = {"stock": "terminal_stock", "landing": "terminal_landing"}
    for key, kind, amount, worth in zip(end["id"], end["kind"], end["amount"], end["unit_worth"], strict=True):
        party = material[key] if kind in names else unit[key]
        amounts[party, names.get(kind, "terminal_units"), False] += net.end_discount * amount * worth


def _transfers(amounts: Amounts, net: Network, solution: Solution) -> None:
    discount = np.array([period.discount for period in net.periods])
    decided = decisions(net, solution)
    opening = stood_before(net)
    for payment in payments_between(net):
        price = 1.0 if payment.price is None else payment.price
        paid = float(discount @ (term_by_period(payment.term, decided, opening) * price))
        amounts[payment.payee, payment.kind, True] += paid
        amounts[payment.payer, payment.kind, True] -= paid
    for sold, margin in margins(net):
        earned = float(discount @ term_by_period(margin, decided, opening))
        amounts[sold.payee, sold.kind, True] -= earned
        amounts[sold.payee, MARGIN, True] += earned


def reweighed(net: Network, read: Callable[[str], pd.DataFrame]) -> dict[str, float]:
    """Return what a saved plan comes to for each party, M USD, at the discount factors of another network of the chain.

    Parameters
    ----------
    net
        The network.
    read
        Returns a table of the result by its name.
    """
    total: dict[str, float] = defaultdict(float)
    factor = {period.label: period.discount for period in net.periods}

    whose = bearers(net)
    at_end = {
        False: _by_id(net.materials, parties_of(net, "material")),
        True: _by_id(net.units, parties_of(net, "unit_at_end")),
    }
    costs, moved, end = read("core/costs"), read("domain/transfers"), read("core/terminal")
    for term, key, label, amount in zip(costs["term"], costs["id"], costs["period"], costs["amount"], strict=True):
        total[whose[term].get(key, NOBODY)] += amount * factor.get(label, 0.0)
    for payer, payee, label, amount in zip(
        moved["payer"], moved["payee"], moved["period"], moved["amount"], strict=True
    ):
        total[payee] += amount * factor.get(label, 0.0)
        total[payer] -= amount * factor.get(label, 0.0)
    for key, kind, amount, worth in zip(end["id"], end["kind"], end["amount"], end["unit_worth"], strict=True):
        total[at_end[kind in ("unit", "retired")].get(key, NOBODY)] += net.end_discount * amount * worth
    total[NOBODY] += net.constant_value
    return {party: amount for party, amount in total.items() if amount != 0.0}


def bearers(net: Network) -> dict[str, dict[str, str]]:
    """Return the party that bears a cost of the table `costs`, or whose value it is, by term and id of the record."""
    tables: dict[What, Sequence[Any]] = {
        "activity": net.activities, "unit": net.units, "material": net.materials, "demand": net.demands,
    }  # fmt: skip
    by_kind = {what: _by_id(records, parties_of(net, what)) for what, records in tables.items()}
    return {term: by_kind[what] for term, what in _RECORDS.items()}


def _by_id(records: Sequence[Any], names: Iterable[str]) -> dict[str, str]:
    return {record.id: str(name) for record, name in zip(records, names, strict=True)}


def by_side(rows: Mapping[Any, Iterable[Any]]) -> dict[str, float]:
    """Return what a plan comes to for buyers and for sellers, M USD, from the columns of the table `perspective`."""
    total = {"buyers": 0.0, "sellers": 0.0}
    for side, amount in zip(rows["side"], rows["amount"], strict=True):
        total[side] += float(amount)
    return total


def by_party(rows: Mapping[Any, Iterable[Any]]) -> dict[str, float]:
    """Return what a plan comes to for each party, M USD, from the columns of the table `perspective`."""
    total: dict[str, float] = {}
    for party, amount in zip(rows["party"], rows["amount"], strict=True):
        total[party] = total.get(party, 0.0) + float(amount)
    return total

"""What parties inside the chain pay each other: payments that net to zero, and so are no part of the plan's value.

Every row has a payer and a payee; what all receive is what all pay. The payments themselves are the network's
(`fabopt.network.tables.Payment`): here they meet the decisions of the plan.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fabopt.network.parties import payments_between
from fabopt.network.tables import Network
from fabopt.solve.results.columns import MONEY, OF_ROW, PERIOD, REPORTED, UNIT, TableSpec, number, text
from fabopt.solve.results.decided import decisions, stood_before, term_by_period
from fabopt.solve.solution import Solution

TRANSFERS = TableSpec(
    "transfers",
    "domain",
    "a payment between two parties inside the chain in a period, at prices; they net to zero",
    (
        PERIOD,
        REPORTED,
        text("payer", "who pays"),
        text("payee", "who is paid"),
        text("what", "what for: wafers, hbm, components, packaging, accelerators, scanners, prepayment ..."),
        text("item", "node, generation, component, line, chip, scanner class or contract"),
        UNIT,
        number("quantity", OF_ROW, "how much changes hands"),
        number("price", "USD per piece", "price of one (wafer, stack, package, accelerator, tool)"),
        number("amount", MONEY, "quantity x price"),
    ),
)


def transfer_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `transfers`: the payments between parties in a plan, by payment and period."""
    decided = decisions(net, solution)
    opening = stood_before(net)
    rows: list[tuple[object, ...]] = []
    for payment in payments_between(net):
        quantity = term_by_period(payment.term, decided, opening)
        price = np.ones(net.n_periods) if payment.price is None else payment.price
        # Thousands of pieces at millions of dollars a thousand; tools and sums of money are counted singly.
        dollars = price * (1e3 if payment.unit.startswith("k") else 1e6)
        for t in np.flatnonzero(quantity).tolist():
            when = (net.periods[t].label, net.periods[t].reported)
            what = (payment.payer, payment.payee, payment.kind, payment.item, payment.unit)
            rows.append((*when, *what, quantity[t], dollars[t], quantity[t] * price[t]))
    return {name: [row[n] for row in rows] for n, name in enumerate(TRANSFERS.names)}

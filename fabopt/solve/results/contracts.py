"""The tables of contracts: what became of each over the whole horizon, and what was taken in each of its windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.tables import Agreement, Array, Network, Term
from fabopt.solve.results.columns import MONEY, NAME, OF_ROW, REPORTED, UNIT, TableSpec, number, text
from fabopt.solve.results.decided import decisions, stood_before, term_by_period
from fabopt.solve.results.frames import without_noise
from fabopt.solve.solution import Solution

CONTRACTS = TableSpec(
    "contracts",
    "domain",
    "a contract, with sums over all periods, in the money of each",
    (
        text("contract", "id of the contract"),
        NAME,
        text("buyer", "who buys"),
        text("supplier", "who sells"),
        text("signed", "date, or period of signature; empty: not signed"),
        text("exercised", "period in which its option is exercised; empty: not, or there is none"),
        text("cancelled", "period in which it is left early; empty: not"),
        UNIT,
        number("taken", OF_ROW, "taken under it"),
        number("short", OF_ROW, "paid for and not taken"),
        number("premium", MONEY, "paid for the option"),
        number("prepaid", MONEY, "prepaid at signature or exercise"),
        number(
            "purchases", MONEY, "owed for what is taken; at list prices, for all that the buyer takes while in force"
        ),
        number("credited", MONEY, "part of it that the prepayment covers"),
        number("shortfall", MONEY, "paid for what is not taken"),
        number("exit_fee", MONEY, "paid for leaving"),
        number("paid", MONEY, "all that the buyer pays the supplier"),
        number("cost_of_money", MONEY, "paid to lenders for what is prepaid"),
    ),
)
WINDOWS = TableSpec(
    "contract_windows",
    "domain",
    "a window of a contract that is in force in it",
    (
        text("contract", "id of the contract"),
        text("first", "first period of the window"),
        text("last", "last period of the window"),
        REPORTED,
        UNIT,
        number("minimum", OF_ROW, "least take while it is in force"),
        number("maximum", OF_ROW, "largest take while it is in force; infinite without one"),
        number("taken", OF_ROW, "taken"),
        number("short", OF_ROW, "paid for and not taken"),
        number("purchases", MONEY, "owed for what is taken"),
        number("shortfall", MONEY, "paid for what is not taken"),
    ),
)
_MONEY = {
    "premium": "premium",
    "prepayment": "prepaid",
    "purchases": "purchases",
    "credit": "credited",
    "shortfall": "shortfall",
    "exit fee": "exit_fee",
    "cost of money": "cost_of_money",
}
"""Column of each kind of payment."""


class _Plan:
    """Values of terms and payments in a plan."""

    def __init__(self, net: Network, solution: Solution) -> None:
        self.net = net
        self.decided = decisions(net, solution)
        self.opening = stood_before(net)

    def sums(self, terms: Sequence[Term], constant: Array) -> Array:
        """Return constant plus terms ``[T]``."""
        parts = [term_by_period(term, self.decided, self.opening) for term in terms]
        return without_noise(np.sum([constant, *parts], axis=0), np.sum(np.abs([constant, *parts]), axis=0))

    def money(self, agreement: Agreement, kind: str) -> Array:
        """Return what is paid for one kind of thing ``[T]``, million dollars."""
        money = np.zeros(self.net.n_periods)
        for payment in agreement.payments:
            if payment.kind == kind:
                amount = term_by_period(payment.term, self.decided, self.opening)
                money = money + (amount if payment.price is None else amount * payment.price)
        # Purchases at list prices go on without the contract.
        return np.where(self.in_force(agreement) > SAME, money, 0.0) if kind == "purchases" else money

    def in_force(self, agreement: Agreement) -> Array:
        """Return the share of each period in which a contract is in force ``[T]``."""
        return self.sums(agreement.in_force, agreement.standing)

    def taken(self, agreement: Agreement) -> Array:
        """Return what is taken under a contract ``[T]``."""
        return np.where(self.in_force(agreement) > SAME, self.sums(agreement.take, agreement.taken), 0.0)

    def when(self, unit: str) -> str:
        """Return the label of the period in which a decision is taken, empty where it is not."""
        if not unit:
            return ""
        taken = np.flatnonzero(self.decided[("unit", unit)] > 0.5)
        return self.net.periods[int(taken[0])].label if len(taken) else ""

    def short(self, agreement: Agreement) -> Array:
        """Return what is paid for and not taken ``[T]``."""
        return self.decided[("activity", agreement.short)] if agreement.short else np.zeros(self.net.n_periods)


def contract_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `contracts`."""
    plan = _Plan(net, solution)
    rows = [_row(plan, agreement) for agreement in net.agreements]
    return {name: [row[name] for row in rows] for name in CONTRACTS.names}


def _row(plan: _Plan, agreement: Agreement) -> dict[str, Any]:
    money = {column: float(plan.money(agreement, kind).sum()) for kind, column in _MONEY.items()}
    paid = sum(amount for column, amount in money.items() if column != "cost_of_money")
    return {
        "contract": agreement.id,
        "name": agreement.name,
        "buyer": agreement.buyer,
        "supplier": agreement.supplier,
        "signed": agreement.signed or plan.when(agreement.sign),
        "exercised": plan.when(agreement.exercise),
        "cancelled": plan.when(agreement.exit),
        "unit": agreement.unit,
        "taken": float(plan.taken(agreement).sum()),
        "short": float(plan.short(agreement).sum()),
        **money,
        "credited": abs(money["credited"]),
        "paid": paid,
    }


def window_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `contract_windows`."""
    plan = _Plan(net, solution)
    rows: list[dict[str, Any]] = []
    for agreement in net.agreements:
        force = plan.in_force(agreement)
        most = np.full(net.n_periods, np.inf) if agreement.maximum is None else agreement.maximum
        by_period = {
            "minimum": agreement.minimum * force,
            "maximum": np.where(force > SAME, most, 0.0) * np.where(np.isinf(most), 1.0, force),
            "taken": plan.taken(agreement),
            "short": plan.short(agreement),
            "purchases": plan.money(agreement, "purchases"),
            "shortfall": plan.money(agreement, "shortfall"),
        }
        rows += [
            {
                "contract": agreement.id,
                "first": net.periods[window[0]].label,
                "last": net.periods[window[-1]].label,
                "reported": net.periods[window[0]].reported,
                "unit": agreement.unit,
                **{name: float(values[list(window)].sum()) for name, values in by_period.items()},
            }
            for window in agreement.windows
            if force[list(window)].max() > SAME
        ]
    return {name: [row[name] for row in rows] for name in WINDOWS.names}

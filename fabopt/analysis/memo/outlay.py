"""What a lab pays, to whom and when: all that counts in a budget, by period, in the money of the day.

What is paid is read from one place, `fabopt.network.lowering.budgets.paid`, which budgets are made of, so that what a
memo adds up is what the table `spending` holds against the budget. An order that is paid for over its lead time is paid
in the periods of that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import amount, cells
from fabopt.analysis.memo.records import Amount, BudgetYear, Outlay
from fabopt.domain.tolerances import SAME, rounding
from fabopt.model.linear import BLOCK, TABLE
from fabopt.network.lowering.budgets import paid
from fabopt.network.parties import payments_between
from fabopt.network.tables import Array, Term
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.results.decided import stood_before, term_by_period

ORDERED = ("unit", "placed", "retire")
"""Kinds of term that are orders of the lab's own."""

LENT = "cost of money"
"""Kind of payment to lenders for what is prepaid."""


@dataclass(frozen=True, slots=True)
class Cash:
    """What a lab pays in a plan.

    Attributes
    ----------
    ground
        The plan and the lab.
    terms
        All that the lab pays, as terms of decisions.
    """

    ground: Ground
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, ground: Ground) -> Cash:
        """Return what the lab of a plan pays."""
        chain, net = ground.of.lowered
        return cls(ground, tuple(paid(chain, net, {ground.lab})[ground.lab]))

    def total(self) -> Array:
        """Return all that is paid by period [T]."""
        return self._sum(self.terms)

    def outlays(self) -> tuple[Outlay, ...]:
        """Return what is paid to each supplier and for what the lab does itself, the most first; what is nothing not.

        Of a plan that was rolled on, only what lies ahead.

        What the lab pays itself for (orders of its own, and what it runs) has no supplier.
        """
        net, lab = self.ground.net, self.ground.lab
        rows: dict[tuple[str, str], Array] = {}
        orders = self._sum([term for term in self.terms if term.kind in ORDERED])
        others = self.total() - orders
        for payment in payments_between(net):
            if payment.payer == lab:
                amounts, key = self._sum([payment.money]), (payment.payee, payment.kind)
                rows[key] = rows.get(key, np.zeros(net.n_periods)) + amounts
                if payment.term.kind in ORDERED:
                    orders = orders - amounts
                else:
                    others = others - amounts
        rows |= {("", "orders"): orders, ("", "running"): others}
        for amounts in rows.values():
            amounts[: self.ground.done] = 0.0
        small = rounding(float(np.abs(self.total()).sum()))
        made = [self._outlay(*key, amounts) for key, amounts in rows.items() if np.any(np.abs(amounts) > small)]
        return tuple(sorted(made, key=lambda row: -row.total.value))

    def budget(self) -> tuple[BudgetYear, ...]:
        """Return what is paid by window of the lab's budget, as the table `spending` has it; by year where it has none.

        Windows after the reported periods are left out. Of a plan that was rolled on, so are those that are over; of
        the one that has begun, what was paid is neither in what is paid nor in what may be.
        """
        ground = self.ground
        rows = ground.read("domain/spending")
        rows = rows[rows["party"] == ground.lab]
        labels = {p.label: p.index for p in ground.net.periods}
        windows = list(ground.years.values()) if rows.empty else list(zip(rows["first"], rows["last"], strict=True))
        return tuple(
            self._window(first, last, limited=not rows.empty)
            for first, last in windows
            if labels[first] <= ground.reported[-1].index and labels[last] >= ground.done
        )

    def _window(self, first: str, last: str, *, limited: bool) -> BudgetYear:
        """Return what is paid in a window and of its budget where it has one; where it has begun, what lies ahead."""
        ground, total = self.ground, self.total()
        spent, limit = (
            amount(cells("domain/spending", column, party=ground.lab, first=first), "MUSD", ground.read)
            for column in ("spent", "limit")
        )
        labels = [p.label for p in ground.net.periods]
        begin, ahead = labels.index(first), max(labels.index(first), ground.done)
        if not limited or ahead > begin:
            origin = f"paid by {ground.lab}, {labels[ahead]} to {last}"
            spent = Amount(float(total[ahead : labels.index(last) + 1].sum()), "MUSD", origin)
            gone = float(total[begin:ahead].sum())
            limit = Amount(limit.value - gone, "MUSD", f"{limit.origin} - what was paid before {labels[ahead]}")
        return BudgetYear(labels[ahead], last, spent, limit if limited else None)

    def of_order(self, units: Sequence[str], at: int) -> Array:
        """Return what is paid by period [T] for the orders of some units that are placed in a period."""
        amounts = np.zeros(self.ground.net.n_periods)
        for term in self.terms:
            t = at + term.shift
            if term.kind in ("unit", "placed") and term.id in units and t < len(amounts):
                amounts[t] += term.coefficient[t] * _decided(self.ground.plan, term)[at]
        return amounts

    def of_contract(self, contract: str) -> Array:
        """Return what is paid by period [T] under a contract: for takes, before them, and for what is not taken."""
        net = self.ground.net
        agreement = next(one for one in net.agreements if one.id == contract)
        in_force = self._sum(agreement.in_force) + agreement.standing > SAME
        amounts = np.zeros(net.n_periods)
        for payment in agreement.payments:
            if payment.kind != LENT:  # paid to lenders, and not to the supplier
                money = self._sum([payment.money])
                # Purchases at list prices go on without the contract.
                amounts += np.where(in_force, money, 0.0) if payment.kind == "purchases" else money
        return amounts

    def by_period(self, amounts: Array, origin: str) -> tuple[tuple[str, Amount], ...]:
        """Return amounts by period [T] as what a memo prints; periods with nothing are left out."""
        labels = [p.label for p in self.ground.net.periods]
        some = np.abs(amounts) > rounding(float(np.abs(amounts).sum()))
        return tuple(
            (labels[t], Amount(float(amounts[t]), "MUSD", f"{origin}, {labels[t]}")) for t in np.flatnonzero(some)
        )

    def _outlay(self, payee: str, what: str, amounts: Array) -> Outlay:
        origin = f"paid by {self.ground.lab}: {payee or 'its own'} {what}"
        return Outlay(
            supplier=self.ground.called(payee) if payee else "",
            what=what,
            total=Amount(float(amounts[[p.index for p in self.ground.reported]].sum()), "MUSD", origin),
            by_period=self.by_period(amounts, origin),
        )

    def _sum(self, terms: Sequence[Term]) -> Array:
        opening, total = stood_before(self.ground.net), np.zeros(self.ground.net.n_periods)
        for term in terms:
            decided: dict[tuple[str, str], Array] = {(term.kind, term.id): _decided(self.ground.plan, term)}
            total += term_by_period(term, decided, opening)
        return total


def _decided(plan: SolvedProgram, term: Term) -> Array:
    """Return a decision of a plan by period [T]."""
    columns = plan.tables.columns
    entity = getattr(columns.at, TABLE.get(term.kind, term.kind))[term.id]
    index = columns[BLOCK[term.kind]].index[entity]
    levels = np.where(index >= 0, plan.x[np.maximum(index, 0)], 0.0)
    return levels if levels.ndim == 1 else levels.sum(axis=0)  # deliveries to a demand, over its steps

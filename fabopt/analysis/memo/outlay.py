"""What a lab pays, to whom and when: all that counts in a budget, by period, in the money of the day.

What is paid is read from one place, `fabopt.network.lowering.budgets.paid`, which budgets are made of, so that what a
memo adds up is what the table `spending` holds against the budget. An order that is paid for over its lead time is paid
in the periods of that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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

PURPOSES = {"shipment": "systems", "operation": "running", "package_start": "assembly"}
"""What the costs of activities are for that the lab bears itself, by their role; all others are the rest."""

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

        What the lab pays itself for, to nobody whom the data names, has no supplier, and is told by what it is for.
        """
        of = self._purposes()
        own = [(("", of(term)), term) for term in self.terms]
        between = [payment for payment in payments_between(self.ground.net) if payment.payer == self.ground.lab]
        rows = self._rows([*own, *(((payment.payee, payment.kind), payment.money) for payment in between)])
        for key, amounts in self._rows([(("", of(payment.money)), payment.money) for payment in between]).items():
            rows[key] = rows[key] - amounts  # what is paid to a supplier is one of the terms, and told by its name
        for amounts in rows.values():
            amounts[: self.ground.done] = 0.0
        small = rounding(float(np.abs(self.total()).sum()))
        made = [self._outlay(*key, amounts) for key, amounts in rows.items() if np.any(np.abs(amounts) > small)]
        return tuple(sorted(made, key=lambda row: -row.total.value))

    def _rows(self, terms: Iterable[tuple[tuple[str, str], Term]]) -> dict[tuple[str, str], Array]:
        """Return what terms come to by period [T], those under one key together."""
        together: dict[tuple[str, str], list[Term]] = {}
        for key, term in terms:
            together.setdefault(key, []).append(term)
        return {key: self._sum(some) for key, some in together.items()}

    def _purposes(self) -> Callable[[Term], str]:
        """Return what a cost of the lab's own is for, as the list ``outlay`` of a memo's words has it."""
        net = self.ground.net
        units = {unit.id: unit.tags for unit in net.units}
        activities = {activity.id: activity.tags for activity in net.activities}
        materials = {material.id: material.tags for material in net.materials}

        def purpose(term: Term) -> str:
            ordered = term.kind in ORDERED
            tags = (units if ordered else materials if term.kind == "stock" else activities)[term.id]
            if tags.stage == "contract":
                return "contracts"
            return "orders" if ordered else PURPOSES.get(tags.role, "rest")

        return purpose

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
        origin, last = f"paid by {self.ground.lab}: {payee or 'its own'} {what}", self.ground.reported[-1].index
        return Outlay(
            supplier=self.ground.called(payee) if payee else "",
            what=what,
            total=Amount(float(amounts[: last + 1].sum()), "MUSD", origin),
            by_period=self.by_period(amounts, origin),
            later=Amount(float(amounts[last + 1 :].sum()), "MUSD", f"{origin}, after {self.ground.until}"),
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
    levels: Array = columns[BLOCK[term.kind]].values(plan.x)[entity]
    return levels if levels.ndim == 1 else levels.sum(axis=0)  # deliveries to a demand, over its steps

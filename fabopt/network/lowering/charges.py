r"""Charges on the chain as data: money on a measure of what some tags choose.

With the measure :math:`M_p(t)` of what party p bears (:mod:`fabopt.network.lowering.measured`), the rate :math:`r_t`
and the part :math:`h_t` of a period in which the charge holds, p pays

.. math:: c_p(t) = h_t\, r_t\, M_p(t)

a decision of its own, so that budgets, ledger and memo show it; of cash at least so much, and nothing for a loss. A
share of the price is one of what is paid at list prices for what is chosen. What goes to a party of the instance is a
payment to it, what goes outside a cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.charges import Charge
from fabopt.domain.measured import MEASURED
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.limits import described, is_level, money_per
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.parties import payments_between
from fabopt.network.tables import CHARGES, Activity, Array, GroupLimit, Network, Payment, Tags, Term


def lower_charges(chain: Chain, net: Network) -> Network:
    """Return the network with the charges of its instance.

    Raises
    ------
    FieldProblem
        Where a tag is nobody's, or a share is one of no price.
    """
    if not chain.instance.charges:
        return net
    charging = _Charging(Scope(chain, net))
    faults = [
        fault.under("charges", charge_id)
        for charge_id, charge in chain.instance.charges.items()
        for fault in charging.add(charge_id, charge)
    ]
    if faults:
        raise FieldProblem(faults)
    return replace(
        net,
        activities=(*net.activities, *charging.activities),
        definitions=(*net.definitions, *charging.rows),
        payments=(*net.payments, *charging.payments),
        notes=(*net.notes, *charging.idle),
    )


class _Charging:
    """Writes charges as decisions; none is charged on another."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.chain, self.n = scope, scope.chain, scope.n
        self.activities: list[Activity] = []
        self.rows: list[GroupLimit] = []
        self.payments: list[Payment] = []
        self.idle: list[tuple[str, str]] = []

    def add(self, charge_id: str, charge: Charge) -> Iterator[Fault]:
        """Add a charge; yield what is wrong with it."""
        faults = [fault.under("where") for fault in self.scope.faults(charge.where)]
        if faults:
            yield from faults
            return
        charged = self.scope.measure(charge.of, [charge.where], charge.party or "")
        name = charge.name or charge_id
        if not charged.chosen:
            said = f"no record counts: {described(charge.of, charge.where.said)}, {MEASURED[charge.of].by}"
            self.idle.append((f"charges.{charge_id}", f"The charge '{name}' is on nothing: {said}."))
            return
        terms = self._priced(charge, charged) if charge.share is not None else charged.terms
        if charge.share is not None and not terms.terms:
            yield Fault(
                ("share",),
                f"nobody pays a price for {described(charge.of, charge.where.said)}",
                "state the charge per_unit",
            )
            return
        # Nobody pays a price for what stands, whatever is decided.
        stands = charged.standing if charge.share is None or MEASURED[charge.of].party else {}
        rate = self._rate(charge, charged)
        for payer, (part, constant) in self._by_payer(charge, terms, stands).items():
            self._charged(charge_id, charge, payer, part.times(rate), constant * rate)

    def _rate(self, charge: Charge, counted: Sum) -> Array:
        """Return money per unit of a period ``[T]``."""
        held = self.chain.window(charge.since, charge.until).share
        if charge.per_unit is None:
            assert charge.share is not None
            return np.asarray(held * self.chain.mean(charge.share))
        level = is_level(charge.of, counted)
        return np.asarray(
            held * self.chain.mean(charge.per_unit) * money_per(charge.of, charge.per_unit, self.chain, level)
        )

    def _priced(self, charge: Charge, counted: Sum) -> Expression:
        """Return what is paid at list prices for what is chosen; of money itself, that."""
        if MEASURED[charge.of].party:
            return counted.terms
        chosen = {(kind, key) for kind, key, _ in counted.terms.terms}
        total = Expression()
        for payment in payments_between(self.scope.net):
            term = payment.money
            if (term.kind, term.id) in chosen:
                total.add((term.kind, term.id, term.shift), term.coefficient)
        return total

    def _by_payer(
        self, charge: Charge, terms: Expression, stands: Mapping[str, Array]
    ) -> dict[str, tuple[Expression, Array]]:
        """Return a measure by who pays for it: decisions, and what is there whatever is decided ``[T]``."""
        one = charge.payer or (charge.party if MEASURED[charge.of].party else None)
        if one is not None:
            return {one: (terms, sum(stands.values(), np.zeros(self.n)))}
        expressions: dict[str, Expression] = {}
        for key, coefficient in terms.terms.items():
            expressions.setdefault(self.scope.bearer(key), Expression()).add(key, coefficient)
        return {
            payer: (expressions.get(payer, Expression()), stands.get(payer, np.zeros(self.n)))
            for payer in dict.fromkeys((*expressions, *stands))
        }

    def _charged(self, charge_id: str, charge: Charge, payer: str, terms: Expression, constant: Array) -> None:
        if payer == charge.payee:
            return
        ones = np.ones(self.n)
        name = f"{charge.name or charge_id}, paid by {payer}"
        tags = Tags(
            stage="charge", owner=payer, customer=payer, item=charge_id, kind="charge", role="charge",
            field=f"charges.{charge_id}",
        )  # fmt: skip
        key = f"charge:{charge_id}:{payer}"
        outside = charge.payee is None
        self.activities.append(Activity(key, name, "MUSD", tags, cost=ones if outside else None, bearer=payer))
        row = Expression({("activity", key, 0): ones}).plus(terms, -1.0)
        each = tuple((t,) for t in range(self.n))
        sense: Literal[">=", "=="] = ">=" if charge.of == "cash" else "=="
        self.rows.append(
            GroupLimit(key, name, "MUSD", sense, each, constant, row.rows(), tags, family="charged")
        )  # fmt: skip
        if charge.payee is not None:
            term = Term("activity", key, ones)
            self.payments.append(Payment(payer, charge.payee, CHARGES, term, item=charge_id))

r"""A contract on its way to rows: when it is in force, and who pays.

Signed in period s it begins at the position :math:`b_s = s + a_s + L`, with the lead L and :math:`a_s` the part of the
period that has gone by when it may first be signed; it ends a duration D later. A departure in s takes effect at
:math:`c_s = s + a_s + N`, with the notice N. Where :math:`\pi_t(b, e)` is the share of period t between two positions,
cut off at `since` and `until`, a contract with signatures u (the exercise of an option, where there is one) and
departures v is in force in the share

.. math:: A_t = \sum_s \pi_t(b_s, b_s + D)\, u_s - \sum_s \pi_t(c_s, \infty)\, v_s

of a period. For a contract that is signed, :math:`\pi_t(b, b + D)` is data, with b its date and the lead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fabopt.domain.contracts import LEASED, Contract, money_scale
from fabopt.domain.kinds import Role
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import HOURS_PER_YEAR, Chain, Opening
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.tables import (
    CONTRACT,
    Activity,
    Array,
    Flow,
    GroupFamily,
    GroupLimit,
    Material,
    Payment,
    Tags,
    Term,
    Unit,
    UnitMaterial,
    Use,
)

FIELD: Mapping[GroupFamily, str] = {
    "contract_minimum": "minimum",
    "contract_maximum": "maximum",
    "contract_unlock": "unlocks",
}
"""Field of a contract that its rows of a family come from; others come from the whole."""


@dataclass(frozen=True)
class Linear:
    """A linear expression over decisions and a constant ``[T]``."""

    terms: Expression
    constant: Array

    @property
    def is_data(self) -> bool:
        """Whether no decision is in it."""
        return not self.terms.terms


@dataclass
class Records:
    """Records that contracts add to the network."""

    materials: list[Material] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    unit_materials: list[UnitMaterial] = field(default_factory=list)
    groups: list[GroupLimit] = field(default_factory=list)
    definitions: list[GroupLimit] = field(default_factory=list)
    paid: dict[str, list[Payment]] = field(default_factory=dict)
    """What is paid under each contract."""
    taking: dict[str, list[str]] = field(default_factory=dict)
    """Activities that are the take of each tier."""
    counted: dict[str, list[Payment]] = field(default_factory=dict)
    """The same less what would be paid at list prices: what a budget, or another perspective, sees of it."""


@dataclass(frozen=True)
class Deal:
    """A contract over the periods of its instance.

    Attributes
    ----------
    kind
        Kind of its goods; empty where it has none.
    in_force
        Share of each period in which it is in force.
    begun
        Whether it has been signed (its option exercised) by the end of a period: 0 or 1.
    possible
        Whether it may be in force in a period: 0 or 1 ``[T]``.
    windows
        Windows over which takes are counted, of periods in which it may be in force.
    stage, unit
        Of its goods.
    """

    chain: Chain
    id: str
    contract: Contract
    kind: str
    in_force: Linear
    begun: Linear
    possible: Array
    windows: tuple[tuple[int, ...], ...]
    stage: str = CONTRACT
    unit: str = ""

    @property
    def name(self) -> str:
        """Display name."""
        return self.contract.name or self.id

    @property
    def buyer(self) -> str:
        """What its buyer is called."""
        return self.chain.called(self.contract.buyer)

    @property
    def outside(self) -> bool:
        """Whether the supplier is outside the instance, so that what it is paid is a cost of the whole."""
        brought = self.kind != "" and self.contract.goods.brought
        return self.contract.outside or (brought and not self.leased)

    @property
    def leased(self) -> bool:
        """Whether a lab of the instance brings the goods out of its own fleet."""
        return self.kind in LEASED and self.contract.supplier in self.chain.instance.labs

    @property
    def sign(self) -> str:
        """Id of the unit that stands for the signature; empty where it lies before the decision date."""
        signed = self.contract.signed
        return "" if signed is not None and signed < self.chain.calendar.start else f"sign:{self.id}"

    @property
    def begin(self) -> str:
        """Id of the unit that brings it into force: the exercise of an option, else the signature."""
        return f"exercise:{self.id}" if self.contract.option is not None else self.sign

    @property
    def levers(self) -> tuple[str, ...]:
        """Units whose order brings it into force, where that is open."""
        return () if self.begun.is_data else (self.begin,)

    def tags(self, role: Role, field: str = "", stage: str = CONTRACT) -> Tags:
        """Return the tags of a record of the contract, made from one of its fields."""
        lab = self.contract.buyer if self.contract.buyer in self.chain.instance.labs else ""
        return Tags(
            stage=stage,
            owner=self.contract.supplier,
            customer=self.contract.buyer,
            item=self.id,
            lab=lab,
            kind="contract",
            role=role,
            field=f"contracts.{self.id}{field and '.'}{field}",
        )

    def activity(
        self, records: Records, role: Role, activity_id: str, name: str, *,
        cost: Array | None = None, upper: Array | None = None, unit: str | None = None,
    ) -> None:  # fmt: skip
        """Add an activity of the contract, whose cost the buyer bears."""
        of = self.unit if unit is None else unit
        bearer = self.contract.buyer
        records.activities.append(Activity(activity_id, name, of, self.tags(role), cost, None, upper, bearer=bearer))

    def amount(self, quantity: Quantity) -> Array:
        """Return an amount as one per period ``[T]``."""
        unit = self.contract.goods.stake.unit
        length = {"month": self.chain.months, "year": self.chain.years}.get(unit.rpartition("/")[2], 1.0)
        return np.asarray(self.chain.mean(quantity) * length)

    def money(self, price: Quantity) -> Array:
        """Return a price in million dollars per unit of amount ``[T]``."""
        scale = money_scale(self.contract.goods, self.chain.instance.components)
        per = self.contract.goods.stake.price.rpartition("/")[2]
        time = {"h": HOURS_PER_YEAR * self.chain.years, "month": self.chain.months}.get(per, 1.0)
        return np.asarray(self.chain.mean(price) * scale * time)

    def total(self, values: Array) -> Array:
        """Return the sums ``[W]`` over the windows."""
        return np.array([values[list(window)].sum() for window in self.windows])

    def spread(self, values: Array) -> Array:
        """Return numbers ``[W]`` as one per period ``[T]``, zero outside the windows."""
        spread = np.zeros(self.chain.n)
        for window, value in zip(self.windows, values, strict=True):
            spread[list(window)] = value
        return spread

    def row(
        self,
        records: Records,
        what: str,
        name: str,
        sense: str,
        terms: Expression,
        rhs: Array,
        windows: tuple[tuple[int, ...], ...],
        *,
        family: GroupFamily = "contract_term",
        unit: str | None = None,
        levers: tuple[str, ...] = (),
    ) -> None:
        """Add one row a window, leaving out windows in which no decision is counted.

        A term only says what the decisions mean (what counts as taken, in which tier): it is a definition.
        """
        cells = terms.rows()
        held = [w for w, window in enumerate(windows) if any(np.any(t.coefficient[list(window)]) for t in cells)]
        if not held:
            return
        rows = records.definitions if family == "contract_term" else records.groups
        rows.append(
            GroupLimit(
                f"contract-{what}:{self.id}", name, self.unit if unit is None else unit, sense,  # type: ignore[arg-type]
                tuple(windows[w] for w in held), rhs[held], cells, self.tags("rule", FIELD.get(family, ""), self.stage),
                limit_kind="contract", levers=levers, family=family,
            )
        )  # fmt: skip

    def pay(
        self,
        records: Records,
        kind: str,
        key: tuple[str, str, int],
        coefficient: Array,
        *,
        price: Array | None = None,
        listed: Array | None = None,
        payee: str = "",
    ) -> None:
        """Note what the buyer pays because of a decision: money, or a quantity at a price; not what is zero.

        Of a quantity that is paid for at a list price anyway (`listed`), the network counts the difference.
        """
        what, name, shift = key
        term = Term(what, name, coefficient, shift)  # type: ignore[arg-type]
        unit = "M USD" if price is None else self.unit
        made = None if self.leased else np.zeros(self.chain.n)
        paid = Payment(self.contract.buyer, payee or self.contract.supplier, kind, term, price, self.id, unit, made)
        more = paid if listed is None or price is None else replace(paid, kind="price difference", price=price - listed)
        for payment, payments in ((paid, records.paid), (more, records.counted)):
            money = coefficient if payment.price is None else coefficient * payment.price
            if np.any(money):
                payments.setdefault(self.id, []).append(payment)


def may_begin(chain: Chain, contract: Contract) -> Opening:
    """Return when a contract may begin by a decision: signature, or exercise of an option."""
    if not contract.offered:
        return chain.between(math.inf, math.inf)
    may_begin = chain.window(contract.first, contract.last if contract.option is None else None)
    if contract.option is not None:
        may_begin &= chain.window(contract.option.first, contract.option.last)
    return may_begin & chain.window(contract.signed, None)


def in_force(chain: Chain, contract_id: str, contract: Contract) -> tuple[Linear, Linear, Array]:
    """Return the share of each period in which a contract is in force, whether it has begun by each period, and
    whether it may be in force in each.
    """
    n, calendar = chain.n, chain.calendar
    since, until = calendar.opens(contract.since), calendar.closes(contract.until)
    lead = contract.lead.value
    lasts = math.inf if contract.duration is None else contract.duration.value

    def shares(begins: float, ends: float) -> Array:
        return np.array(calendar.shares(max(since, begins), min(until, ends)))

    force, begun = Linear(Expression(), np.zeros(n)), Linear(Expression(), np.zeros(n))
    may = may_begin(chain, contract)
    possible, ends = np.zeros(n), math.inf
    if contract.signed is not None and contract.option is None:
        first = calendar.after(calendar.position(contract.signed), lead)
        ends = calendar.after(first, lasts)
        force.constant[:] = possible = shares(first, ends)
        begun.constant[max(calendar.period_index(contract.signed), 0) :] = 1.0
    elif contract.offered:
        unit = f"sign:{contract_id}" if contract.option is None else f"exercise:{contract_id}"
        first_days = [calendar.after(signed, lead) for signed in (np.arange(n) + may.late).tolist()]
        by_order = np.array([shares(first, calendar.after(first, lasts)) for first in first_days])
        _add_by_order(force.terms, unit, by_order)
        for age in range(n):
            begun.terms.add(("unit", unit, age), np.ones(n))
        possible = np.max(by_order[may.open > 0.0], axis=0, initial=0.0)
    if contract.exit is not None and contract.offered:
        leave = chain.window(contract.exit.first, contract.exit.last)
        notice = contract.exit.notice.value
        last_days = [calendar.after(left, notice) for left in (np.arange(n) + leave.late).tolist()]
        _add_by_order(force.terms, f"exit:{contract_id}", -np.array([shares(last, ends) for last in last_days]))
    return force, begun, (possible > 0.0).astype(float)


def _add_by_order(expression: Expression, unit: str, effect: Array) -> None:
    """Add what orders of a unit do, ``[S, T]`` by period of the order and of the row."""
    n = effect.shape[0]
    for age in range(n):
        coefficient = np.zeros(n)
        coefficient[age:] = np.diagonal(effect, age)
        expression.add(("unit", unit, age), coefficient)

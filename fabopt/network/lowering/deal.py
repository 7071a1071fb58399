r"""A contract on its way to rows: when it is in force, and who pays.

With a signature u (the exercise of an option, where there is one), a departure v, a lead L, a duration D, notice N, and
:math:`c_t` 1 in periods of which a day lies between `since` and `until`, a contract is in force in the share

.. math:: A_t = c_t \Big(\sum_{t'} (h_L - h_{L+D})(t-t')\, u_{t'} - \sum_{t'} h_N(t-t')\, v_{t'}\Big)

of a period, where :math:`h_L` rises from 0 to 1 at the age L (a fraction of a period counts as a fraction). For a
contract that is signed, u is data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fabopt.domain.contracts import AMOUNT_UNIT, PRICE_UNIT, Contract
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import HOURS_PER_YEAR, PER_THOUSAND, Chain
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.profiles import ramp_profile
from fabopt.network.tables import (
    CONTRACT,
    Activity,
    Array,
    Flow,
    GroupLimit,
    Material,
    Payment,
    Tags,
    Term,
    Unit,
    UnitMaterial,
    Use,
)


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
    def outside(self) -> bool:
        """Whether the supplier is outside the instance, so that what it is paid is a cost of the whole."""
        return self.contract.outside or (self.kind != "" and self.contract.goods.from_outside)

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

    def tags(self, stage: str = CONTRACT) -> Tags:
        """Return the tags of a record of the contract."""
        lab = self.contract.buyer if self.contract.buyer in self.chain.instance.labs else ""
        return Tags(stage=stage, owner=self.contract.supplier, customer=self.contract.buyer, item=self.id, lab=lab)

    def activity(
        self, records: Records, activity_id: str, name: str, *,
        cost: Array | None = None, upper: Array | None = None, unit: str | None = None,
    ) -> None:  # fmt: skip
        """Add an activity of the contract, whose cost the buyer bears."""
        of = self.unit if unit is None else unit
        bearer = self.contract.buyer
        records.activities.append(Activity(activity_id, name, of, self.tags(), cost, None, upper, bearer=bearer))

    def amount(self, quantity: Quantity) -> Array:
        """Return an amount as one per period ``[T]``."""
        unit = AMOUNT_UNIT[self.kind]
        length = {"month": self.chain.months, "year": self.chain.years}.get(unit.rpartition("/")[2], 1.0)
        return self.chain.mean(quantity) * length

    def money(self, price: Quantity) -> Array:
        """Return a price in million dollars per unit of amount ``[T]``."""
        scale = 1.0 if PRICE_UNIT[self.kind] in ("1", "MUSD/tool") else PER_THOUSAND
        hours = HOURS_PER_YEAR * self.chain.years if self.kind == "compute" else 1.0
        return self.chain.mean(price) * scale * hours

    def total(self, values: Array) -> Array:
        """Return the sums ``[W]`` over the windows."""
        return np.array([values[list(window)].sum() for window in self.windows])

    def spread(self, values: Array) -> Array:
        """Return numbers ``[W]`` as one per period ``[T]``, zero outside the windows."""
        found = np.zeros(self.chain.n)
        for window, value in zip(self.windows, values, strict=True):
            found[list(window)] = value
        return found

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
        unit: str | None = None,
        relaxable: bool = True,
        levers: tuple[str, ...] = (),
    ) -> None:
        """Add one row a window, leaving out windows in which no decision is counted.

        What cannot be relaxed only says what the decisions mean (what counts as taken, in which tier): a definition.
        """
        found = terms.rows()
        held = [w for w, window in enumerate(windows) if any(np.any(t.coefficient[list(window)]) for t in found)]
        if not held:
            return
        rows = records.groups if relaxable else records.definitions
        rows.append(
            GroupLimit(
                f"contract-{what}:{self.id}", name, self.unit if unit is None else unit, sense,  # type: ignore[arg-type]
                tuple(windows[w] for w in held), rhs[held], found, self.tags(self.stage),
                limit_kind="contract", levers=levers,
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
        paid = Payment(self.contract.buyer, payee or self.contract.supplier, kind, term, price, self.id, unit)
        more = paid if listed is None or price is None else replace(paid, kind="price difference", price=price - listed)
        for payment, found in ((paid, records.paid), (more, records.counted)):
            money = coefficient if payment.price is None else coefficient * payment.price
            if np.any(money):
                found.setdefault(self.id, []).append(payment)


def rise(lead: float, ages: int) -> Array:
    """Return 1 from the age `lead` on, in periods, a fraction in the period in which it falls ``[ages]``."""
    first, profile = ramp_profile(lead, np.ones(1))
    found = np.zeros(ages)
    for age in range(min(first, ages), ages):
        found[age] = profile[min(age - first, len(profile) - 1)]
    return found


def calendar_share(chain: Chain, contract: Contract) -> Array:
    """Return 1 for the periods of which a day lies between `since` and `until`, else 0 ``[T]``."""
    return np.array(
        [
            float(
                (contract.since is None or period.end > contract.since)
                and (contract.until is None or period.start <= contract.until)
            )
            for period in chain.periods
        ]
    )


def begin_mask(chain: Chain, contract: Contract) -> Array:
    """Return 1 for the periods in which a contract may begin by a decision: signature, or exercise of an option."""
    if not contract.offered:
        return np.zeros(chain.n)
    mask = chain.window(contract.first, contract.last if contract.option is None else None)
    if contract.option is not None:
        mask = mask * chain.window(contract.option.first, contract.option.last)
    return mask if contract.signed is None else mask * chain.window(contract.signed, None)


def in_force(chain: Chain, contract_id: str, contract: Contract) -> tuple[Linear, Linear, Array]:
    """Return the share of each period in which a contract is in force, whether it has begun by each period, and
    whether it may be in force in each.
    """
    n, share = chain.n, calendar_share(chain, contract)
    force, begun = Linear(Expression(), np.zeros(n)), Linear(Expression(), np.zeros(n))
    signed = None if contract.signed is None else chain.calendar.period_index(contract.signed)
    before = max(0, -signed) if signed is not None else 0
    lead = chain.lead(contract.lead.value)
    pulse = rise(lead, n + before)
    if contract.duration is not None:
        pulse = pulse - rise(lead + chain.lead(contract.duration.value), n + before)
    if signed is not None and contract.option is None:
        ages = np.arange(n) - signed
        old = ages >= 0
        force.constant[old] = share[old] * pulse[ages[old]]
        begun.constant[old] = 1.0
    elif contract.offered:
        unit = f"sign:{contract_id}" if contract.option is None else f"exercise:{contract_id}"
        for age in range(n):
            force.terms.add(("unit", unit, age), share * pulse[age])
            begun.terms.add(("unit", unit, age), np.ones(n))
    if contract.exit is not None and contract.offered:
        gone = rise(chain.lead(contract.exit.notice.value), n)
        for age in range(n):
            force.terms.add(("unit", f"exit:{contract_id}", age), -share * gone[age])
    possible = force.constant > 0.0
    for begin in np.flatnonzero(begin_mask(chain, contract)) if not begun.is_data else ():
        possible[begin:] |= (share[begin:] * pulse[: n - begin]) > 0.0
    return force, begun, possible.astype(float)

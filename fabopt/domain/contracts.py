"""Contracts between a buyer and a supplier: what may be taken at which price, what is reserved, built and prepaid.

A contract stands on goods in the chain's own words. Goods of the first group are capacity (or chips) of a party of the
instance: the buyer draws on what is there, and money between the two is a transfer. Goods of the second group come from
a supplier outside the instance: what is taken is a real source of them and a real cost. Compute and running
accelerators may also be leased from a lab of the instance, which has so much less of them. Whether an open contract is
signed, exercised or left early, and when, is a decision; docs/contracts.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from fabopt.domain.base import Flag, LastDay, Record, Slug, When, Whole
from fabopt.domain.components import Component
from fabopt.domain.kinds import Stake, bought, splittable, tradable, unlockable
from fabopt.domain.pieces import PRICES, RATES
from fabopt.domain.policies import Splits
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import Amount, In
from fabopt.domain.things import Things, name_things

LEASED = ("compute", "rented")
"""Goods that a lab of the instance may let another have out of its own fleet."""

_STAKES = tuple(stake for _, stake in (*splittable().values(), *bought().values()))
Volume = Annotated[Quantity, Amount((*(stake.unit for stake in _STAKES), *RATES))]
Price = Annotated[Quantity, Amount((*(stake.price for stake in _STAKES if stake.price), *PRICES))]
Money = Annotated[Quantity, In("MUSD", ge=0)]
Rate = Annotated[Quantity, In("1", ge=0, le=1)]
Months = Annotated[Quantity, In("month", ge=0)]


class Goods(Things):
    """What a contract is about: one kind of thing. Capacity and chips belong to a party of the instance, the rest comes
    from outside.
    """

    moved = Splits.moved

    @property
    def stake(self) -> Stake:
        """How the goods are counted and priced."""
        return tradable()[self.kind][1]

    @property
    def brought(self) -> bool:
        """Whether what is taken is brought to the buyer, from outside or by a lab, and not drawn from capacity."""
        return self.kind in bought()


def money_scale(goods: Goods, components: Mapping[str, Component]) -> float:
    """Return million dollars per unit of goods at a price of one, in the unit of their prices."""
    if goods.kind == "components":
        return min((components[name].money for name in goods.names if name in components), default=1.0)
    return 1.0 if goods.stake.price in ("1", "MUSD/tool") else 1e-3


class Tier(Record):
    """A price that holds for the part of the volume above a threshold."""

    above: Volume
    """Mean volume in the window above which it holds, in the unit of the contract's amounts."""
    price: Price
    """Price of a unit above it."""


class Option(Record):
    """The right to take up the contract later, for a premium paid at signature."""

    premium: Money
    """Paid at signature."""
    first: When | None = None
    """First date of exercise; absent: the signature."""
    last: LastDay | None = None
    """Last date of exercise; absent: no limit."""


class Exit(Record):
    """The right to leave the contract early, for a fee."""

    fee: Annotated[Quantity, In("MUSD", ge=0, series=True)]
    """Paid on leaving, by its date."""
    first: When | None = None
    """First date of leaving."""
    last: LastDay | None = None
    """Last date of leaving."""
    notice: Months = Field(default=constant(0.0, "month"))
    """From leaving to the end of all obligations."""


class Unlocks(Things):
    """Capacity that the supplier builds only against the contract: expansions, or units of the plain network."""

    moved = Splits.moved

    steps: Annotated[Whole, Field(ge=1)] | None = None
    """Steps (units) of each that it allows; absent: all there are."""


def name_goods() -> None:
    """Let contracts be about things of every kind that can be traded, and unlock those that can grow."""
    name_things(Goods, {key: stake.says for key, (_, stake) in tradable().items()})
    name_things(Unlocks, {section: kind.unlocked for section, kind in unlockable().items()})


name_goods()


class Contract(Record):
    """An agreement between a buyer and a supplier, signed or open to be signed.

    Amounts are rates, in kwafer/month (fabs, lines, stacking), tool/year (scanners), kaccelerator/month (chips),
    kstack/month, kpackage/month, kdie/month, kH100e (compute), or per period (plain network); a bare number means that
    unit. Minimum and maximum hold for the mean over each window.
    """

    name: str = ""
    """Display name; the id when left out."""
    buyer: Slug
    """Who buys: a lab, a designer, the owner of a fab, another party of the instance."""
    supplier: Slug
    """Who sells: the owner of the goods, or somebody outside the instance."""
    goods: Goods = Goods()
    """What is bought; may be left out where the contract only unlocks capacity."""
    outside: Flag = False
    """Whether the supplier of capacity that stands in the instance is outside it, so that what it is paid is a real
    cost; always so for goods from outside."""
    offered: Flag = True
    """Whether an open contract may be signed at all."""
    signed: When | None = None
    """Date at which it was (or is sure to be) signed; absent: a decision."""
    first: When | None = None
    """First date at which it may be signed; absent: the decision date."""
    last: LastDay | None = None
    """Last date at which it may be signed."""
    lead: Months = Field(default=constant(0.0, "month"))
    """From signature (exercise of an option) to the first delivery."""
    duration: Annotated[Quantity, In("month", gt=0)] | None = None
    """From the first delivery to the last; absent: no end."""
    since: When | None = None
    """First date of deliveries, whenever it is signed."""
    until: LastDay | None = None
    """Last date of deliveries, whenever it is signed."""
    by: Literal["period", "year", "window"] = "period"
    """Windows over which takes are counted: every period, each calendar year, or the whole time."""
    minimum: Volume | None = None
    """Least take: what is not taken is paid for all the same (take-or-pay)."""
    maximum: Volume | None = None
    """Most that may be taken under it."""
    price: Price | None = None
    """Price of a unit; absent: what the supplier asks of everybody."""
    tiers: tuple[Tier, ...] = ()
    """Other prices above volumes, in order."""
    shortfall_price: Price | None = None
    """Paid for a unit of the minimum that is not taken; absent: the price."""
    must_take: Flag = False
    """Whether the minimum must be taken and cannot be paid off."""
    reserve: Annotated[Quantity, In("1", gt=0, le=1)] | None = None
    """Share of the goods' capacity that nobody else may use while it is in force."""
    reserve_amount: Volume | None = None
    """Amount of the goods' capacity that nobody else may use while it is in force."""
    unlocks: Unlocks = Unlocks()
    """Capacity that is built only against it."""
    prepayment: Money = Field(default=constant(0.0, "MUSD"))
    """Paid at signature (at the exercise of an option)."""
    prepaid: Money = Field(default=constant(0.0, "MUSD"))
    """What is left, at the decision date, of a prepayment made before it."""
    credited: Flag = True
    """Whether the prepayment is credited against purchases; what is never credited is lost."""
    cost_of_money: Rate = Field(default=constant(0.0, "1"))
    """What the buyer pays lenders per year for money prepaid and not yet credited, above the discount rate."""
    option: Option | None = None
    """Where only a right is bought at signature."""
    exit: Exit | None = None
    """Where it can be left early."""

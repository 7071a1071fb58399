"""Allocation policies: the rule by which an owner of capacity, or a designer, splits it among customers.

A policy stands on capacity in the chain's own words (the wafer starts of fabs, packaging lines, HBM stacking lines,
components, the output of scanner makers, a resource of the plain network) or on the chips that designers ship.
Customers are designers (and other buyers of wafers) in the first case, owners of fabs for scanners, labs for chips.
What a customer gets is a right and no obligation, unless the policy is `exact`; docs/allocation.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fabopt.domain.base import Flag, LastDay, Named, Record, When, Whole
from fabopt.domain.kinds import splittable
from fabopt.domain.pieces import RATES
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import Amount, In
from fabopt.domain.things import Things, name_things

RULES = (
    "value",
    "shares",
    "proportional",
    "linear",
    "uniform",
    "priority",
    "alpha-fair",
    "turn-and-earn",
    "market",
)
RuleName = Literal[
    "value", "shares", "proportional", "linear", "uniform", "priority", "alpha-fair", "turn-and-earn", "market"
]
NEEDS_ORDERS: tuple[RuleName, ...] = ("proportional", "linear", "priority")
"""Rules that mean nothing without orders (a market has its bids)."""

Orders = Annotated[Quantity, Amount((*(stake.unit for _, stake in splittable().values()), *RATES))]
Share = Annotated[Quantity, In("1", ge=0, le=1, series=True)]


class Splits(Things):
    """What a policy splits: one kind of thing; several of a kind are split as one."""

    moved: ClassVar[Mapping[str, str]] = {"substrates": "substrates are components now: write 'components: [ID]'"}


def name_splits() -> None:
    """Let policies split things of every kind that can be split."""
    name_things(Splits, {key: stake.says for key, (_, stake) in splittable().items()})


name_splits()


class Bid(Record):
    """A quantity that a customer wants at a price, for market clearing."""

    quantity: Orders
    """How much."""
    price: Annotated[Quantity, In("1", ge=0)]
    """What it offers for a unit, in any unit of money that all bids share."""


class Claim(Record):
    """What a customer brings. Amounts are in kwafer/month (fabs, lines, stacking), kpiece/month (components),
    tool/year (scanners), kaccelerator/month (chips), or per period (plain resources); a bare number means that unit.
    """

    order: Orders | None = None
    """What it orders; absent with a rule of shares: it would take all it can get."""
    need: Orders | None = None
    """What it truly needs, where its order is another (order inflation); absent: its order."""
    worth: Annotated[Quantity, In("1", ge=0)] = Field(default=constant(1.0, "1"))
    """Worth to it of a unit that it needs, for the game of orders."""
    commitment: Orders = Field(default=constant(0.0, "1"))
    """What was promised (prepaid, take-or-pay): served before the rule."""
    share: Share | None = None
    """Its share (rule shares)."""
    past: Orders | None = None
    """Its use in the period before the first (turn-and-earn)."""
    weight: Annotated[Quantity, In("1", gt=0)] = Field(default=constant(1.0, "1"))
    """Its weight (alpha-fair)."""
    rank: Annotated[Whole, Field(ge=1)] | None = None
    """Its priority class, 1 first (priority)."""
    bids: tuple[Bid, ...] = ()
    """What it bids (market)."""
    cap: Annotated[Quantity, In("1", gt=0, le=1, series=True)] | None = None
    """Largest share that it may have; absent: the policy's own."""
    floor: Share = Field(default=constant(0.0, "1"))
    """Share of the capacity that is kept for it, whether it takes it or not."""


class Least(Record):
    """At least so many customers get at least a share each: an integer rule."""

    customers: Annotated[Whole, Field(ge=1)]
    """Number of customers."""
    share: Annotated[Quantity, In("1", gt=0, le=1)]
    """Share of the capacity that each of them gets at least."""


class Game(Record):
    """The game of orders: customers answer the rule with the orders that suit them best."""

    most: Annotated[float, Field(ge=1)] | None = None
    """Largest order relative to the need; absent: no limit."""
    cancelling: Annotated[Quantity, In("1", ge=0)] = Field(default=constant(0.0, "1"))
    """Cost of each unit ordered and not taken, in the unit of the customers' worth."""
    rounds: Annotated[Whole, Field(ge=1, le=10_000)] = 60
    """Rounds after which it is given up."""


class Policy(Record):
    """A rule by which an owner splits capacity among customers."""

    name: str = ""
    """Display name; the id when left out."""
    splits: Splits
    """What it splits."""
    each: Literal["line", "technology"] | None = None
    """Absent: all that it splits is split as one. line: each thing by itself (a fab, a line, a maker). technology: the
    things that make the same technology, generation or node as one. A share is then one of what its customer can use:
    where some cannot use a thing, the shares of those who can are raised in proportion."""
    rule: RuleName
    """value: whoever makes the most of it; the other rules stand in docs/allocation.md."""
    customers: Named[Claim] = Field(default_factory=dict)
    """Customers and what they bring. Users that are not named share what named shares leave."""
    orders: Literal["stated", "demand"] = "stated"
    """Whether orders are data or follow demand (exploded through bills of materials, yields and lead times)."""
    alpha: Annotated[float, Field(ge=0)] | Literal["inf"] = 1.0
    """alpha-fair: 0 the largest total, 1 Nash bargaining, inf max-min."""
    cap: Annotated[Quantity, In("1", gt=0, le=1, series=True)] | None = None
    """Largest share that any customer may have."""
    cap_of: Literal["capacity", "allocated"] = "capacity"
    """What caps are a share of: all capacity, or what is used of it."""
    least: Least | None = None
    """A least number of customers."""
    returns: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Share of its right that a customer may give back; what is given back is offered again on the same shares."""
    exact: Flag = False
    """Whether everybody gets exactly what the rule says (no more, no less) instead of a right to it."""
    since: When | None = None
    """First date it holds; absent: from the decision date."""
    until: LastDay | None = None
    """Last date it holds; absent: no end."""
    by: Literal["period", "year", "window"] = "period"
    """Whether it holds in every period, over each calendar year, or over the whole time it holds."""
    game: Game = Game()
    """The game of orders."""

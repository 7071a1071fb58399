"""Materials, resources and units of the plain `network:` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, Named, Whole
from fabopt.domain.plain_base import (
    ByPeriod,
    Count,
    Counts,
    Entry,
    LastStock,
    LimitKind,
    Number,
    Numbers,
    Periods,
    Share,
    Short,
    amount_form,
)


class Final(Short):
    """Stock at the end of the last period; a bare number or `opening` is exactly so much."""

    exactly: LastStock | None = None
    """So much, neither less nor more; `opening`: as much as there was at the decision date."""
    at_least: LastStock | None = None
    """At least so much."""
    at_most: LastStock | None = None
    """At most so much."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        known = isinstance(raw, cls) or (isinstance(raw, Mapping) and raw.keys() & cls.model_fields.keys())
        return raw if known else {"exactly": raw}

    @model_validator(mode="after")
    def _one_way(self) -> Final:
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise FieldProblem([Fault(("exactly",), "give either 'exactly', or 'at_least' and 'at_most'")])
        return self


class Material(Entry):
    """Anything counted. What comes in, is made or left over equals what is used, delivered, kept or thrown
    away.
    """

    storable: Flag = True
    """Whether it keeps from one period to the next."""
    opening: Count | None = None
    """Stock at the decision date."""
    opening_survival: Share | None = None
    """Share of it that survives to the first period (all of it when left out)."""
    final: Final | None = None
    """Stock that must be there when the last period is over."""
    receipts: Counts | None = None
    """What arrives in each period whatever is decided."""
    survival: Share | None = None
    """Share of the stock that survives to the next period (all of it when left out)."""
    shelf_life: Annotated[Whole, Field(ge=0)] | None = None
    """Periods after the one in which it came in that it can still be used in; the opening stock came in in the first.
    What is older is lost."""
    carrying_cost: Numbers | None = None
    """Cost of a unit in stock at the end of a period."""
    disposal: Flag = True
    """Whether it may be thrown away."""
    disposal_cost: Count | None = None
    """Cost of throwing a unit away (free when left out)."""
    terminal_value: Number | None = None
    """Worth of a unit left at the end of the last period."""
    safety_stock: Counts | None = None
    """Stock that should be held at the end of each period."""
    shortfall_cost: Count | None = None
    """Cost for each unit and period by which the stock falls short of the safety stock."""
    stock_limit: Count | None = None
    """Most that can be held."""


class Resource(Entry):
    """A capacity that activities use and units add to."""

    capacity: Counts | None = None
    """What is there in each period whatever is decided (nothing when left out)."""
    kind: Literal["rate", "level"] = "rate"
    """'rate': so much gets done in a period; 'level': so much at once, such as floor space."""
    limit_kind: LimitKind = "physical"
    """What sort of limit it is to somebody who wants it moved."""
    relaxable: Flag = True
    """Whether anybody can move it; only then is more of it proposed."""


class Effect(Short):
    """What one unit adds to or takes from a resource; a bare number is the amount."""

    amount: Count | None = None
    """Capacity for each unit (1 when left out)."""
    lead: Periods | None = None
    """Periods from the order, fractions allowed (the unit's lead when left out)."""
    ramp: Annotated[tuple[Count, ...], Field(min_length=1)] | None = None
    """Share of the amount in the first, second... period after arrival; the last one holds."""
    lasts: Annotated[Whole, Field(ge=1)] | None = None
    """Periods after which it ends (never when left out)."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return amount_form(cls, raw)


class Parts(Short):
    """Material used or released by one unit; a bare number is the amount."""

    amount: Count | None = None
    """Amount for each unit (1 when left out)."""
    lead: Periods | None = None
    """Periods from the order, fractions allowed (consumed: 0; released: the unit's lead)."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return amount_form(cls, raw)


class Unit(Entry):
    """Something bought or built as capacity."""

    lead: Periods | None = None
    """Periods from the order to the first effect, fractions allowed (0 when left out)."""
    adds: Named[Effect] = Field(default_factory=dict)
    """Capacity that each unit adds to resources."""
    occupies: Named[Effect] = Field(default_factory=dict)
    """Capacity that each unit takes from resources."""
    consumes: Named[Parts] = Field(default_factory=dict)
    """Materials that each order uses up."""
    releases: Named[Parts] = Field(default_factory=dict)
    """Materials that each order sets free."""
    cost: Numbers | None = None
    """Cost of a unit ordered in each period."""
    upper: Counts | None = None
    """Most units ordered in each period."""
    total: Count | None = None
    """Most units ordered in all."""
    whole: Flag = True
    """Whether only whole units can be ordered."""
    min_order: Count | None = None
    """Least number of units in a period with an order."""
    max_order: Count | None = None
    """Most units of one order; several may then be placed in a period, each with its fixed cost and least size."""
    fixed_cost: Counts | None = None
    """Cost of a period with an order, however many units."""
    pinned: ByPeriod = Field(default_factory=dict)
    """Orders already decided, by period."""
    opening: Count | None = None
    """Units standing at the decision date; the resources' capacity counts them already."""
    retire_cost: Number | None = None
    """Cost of retiring a unit (none can be retired when left out)."""
    terminal_value: Numbers | None = None
    """Worth at the end of the horizon of a unit ordered in each period."""
    instrument: str = "order"
    """What such a decision is called."""

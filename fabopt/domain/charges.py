"""Charges on the chain as data: tariffs, freight, taxes, carbon; and the lanes on which goods cross regions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, FrozenDict, LastDay, Record, Slug, When
from fabopt.domain.measured import MeasureName, PerUnit, Where, several
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import Amount, In

Money = Annotated[Quantity, In("1", ge=0, series=True)]


class Charge(Record):
    """Money on a measure of the chain: so much a unit, or a share of what is paid for it."""

    name: str = ""
    """Display name; the id when left out."""
    of: MeasureName
    """The measure that is charged (docs/limits.md)."""
    party: Slug | None = None
    """Whose spending or cash is charged, where that is the measure."""
    where: Where = Where()
    """Which records count; left out, all of the measure."""
    per_unit: PerUnit | None = None
    """Money for one of it (USD/accelerator, USD/MWh ...), by its unit; for emissions, million dollars a thousand
    tonnes."""
    share: Money | None = None
    """Share of the price that is paid for it (25 %); of spending and cash, a share of that."""
    payer: Slug | None = None
    """Who pays; absent: who bears the cost of what is charged."""
    payee: Slug | None = None
    """Who is paid: a party of the instance; absent: somebody outside it, so that it is a cost of the chain."""
    since: When | None = None
    """First date; absent: from the decision date."""
    until: LastDay | None = None
    """Last date; absent: no end."""

    @model_validator(mode="after")
    def _one_rate(self) -> Charge:
        if (self.per_unit is None) == (self.share is None):
            raise FieldProblem([Fault(("per_unit",), "give either 'per_unit' or 'share'")])
        return self


GoodsName = Literal["packages", "racks", "dies", "stacks"]
PIECES = ("USD/package", "USD/rack", "USD/die", "USD/stack")
"""Units of what a lane charges."""
_Regions = Annotated[tuple[Slug, ...], BeforeValidator(several), Field(min_length=1)]
_Goods = Annotated[
    dict[GoodsName, Annotated[Quantity, Amount(PIECES)]], Field(min_length=1), AfterValidator(FrozenDict)
]


class Lane(Record):
    """A way from some regions to others, which takes time and money.

    Goods that are made in one region and needed in another go by the lane between the two; where there is none they are
    there at once and for nothing.
    """

    name: str = ""
    """Display name; the id when left out."""
    origins: _Regions
    """Regions that goods come from."""
    destinations: _Regions
    """Regions that goods go to."""
    goods: _Goods
    """Goods that it carries, each with its charge in dollars a piece: packages and racks (to sites), dies and
    stacks (to packaging)."""
    transit: Annotated[Quantity, In("month", ge=0)]
    """Months from leaving one region to being there in the other."""
    carrier: Slug | None = None
    """Who is paid: a party of the instance; absent: somebody outside it."""

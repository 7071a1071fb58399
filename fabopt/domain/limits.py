"""Limits on the chain as data: floors, ceilings, shares and ramps on a measure of it, for what some tags choose.

A limit is firm, or carries a price for each unit by which it is missed. docs/limits.md has the rows and examples.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, LastDay, Record, Slug, When
from fabopt.domain.measured import Counted, MeasureName, PerUnit, SignedCounted, TagName, Where, several
from fabopt.domain.plain_base import LimitKind
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In

Growth = Annotated[Quantity, In("1", ge=0, series=True)]
Each = Annotated[tuple[TagName, ...], BeforeValidator(several)]


class Whole(Where):
    """What a share is a share of: the same measure, of the records that have these tags (all where none is named)."""

    each: Each = ()
    """Tags of the limit's ``each`` of which the whole has the same value as the part."""


class Change(Record):
    """How much may change from one period to the next, in proportion and by an amount; where both stand they add up.

    It is stated for two times that lie so far apart as `per` says, and holds for neighbouring periods by the time from
    the middle of one to the middle of the other, so that it means the same where periods are of unequal length.
    """

    up: Growth | None = None
    """Most growth, as a share of what was before (30 %); absent, with no `up_by`: no limit upwards."""
    up_by: Counted | None = None
    """Most growth as an amount."""
    down: Annotated[Quantity, In("1", ge=0, le=1, series=True)] | None = None
    """Most decline, as a share of what was before; absent, with no `down_by`: no limit downwards."""
    down_by: Counted | None = None
    """Most decline as an amount."""
    per: Literal["month", "quarter", "year"] = "quarter"
    """Time in which it may change by so much."""
    over: Literal["period", "year"] = "period"
    """What it is compared with: the period before, or what was a year before, so that a whole step may come at once."""
    start: Counted | None = None
    """What was done in the period before the first, taken as long as the first; a rate, or an amount in that period."""
    from_opening: Flag = False
    """Start from what the opening rates, stocks and capacities of the instance say instead."""

    @model_validator(mode="after")
    def _says_something(self) -> Change:
        if all(getattr(self, name) is None for name in ("up", "up_by", "down", "down_by")):
            raise FieldProblem([Fault(("up",), "a change says how much up or down", "give up, up_by, down or down_by")])
        if self.over == "year" and self.per != "year":
            fault = Fault(("per",), f"a change over a year is one per year, not per {self.per}", "write 'per: year'")
            raise FieldProblem([fault])
        if self.start is not None and self.from_opening:
            raise FieldProblem([Fault(("start",), "give either 'start' or 'from_opening', not both")])
        return self


class Limit(Record):
    """A limit on a measure of the chain."""

    name: str = ""
    """Display name; the id when left out."""
    of: MeasureName
    """The measure (docs/limits.md): shipments, wafer_starts, packages, orders, capacity, power, compute, spending."""
    party: Slug | None = None
    """Whose spending or cash it is; with another measure, who can move the limit (absent: the owner chosen)."""
    where: Where = Where()
    """Which records count; left out, all of the measure."""
    each: Each = ()
    """Tags of which each value has a limit of its own: chip, lab, designer ..."""
    by: Literal["period", "year", "whole"] = "period"
    """Whether it holds in every period, over each calendar year, or over the whole time between the dates."""
    at_least: SignedCounted | None = None
    """Floor: an amount or a rate; a share where there is a `share_of`."""
    at_most: SignedCounted | None = None
    """Ceiling: an amount or a rate; a share where there is a `share_of`."""
    share_of: Whole | None = None
    """What `at_least` and `at_most` are shares of; absent: they are amounts."""
    change: Change | None = None
    """How much may change from one period to the next."""
    since: When | None = None
    """First date; absent: from the decision date."""
    until: LastDay | None = None
    """Last date; absent: no end."""
    price: PerUnit | None = None
    """Cost of each unit by which it is missed; absent: it is firm."""
    limit_kind: LimitKind | None = None
    """What sort of limit it is to somebody who wants it moved; absent: cash on a party's money, else policy."""

    @model_validator(mode="after")
    def _says_something(self) -> Limit:
        faults = []
        stated = self.at_least is not None or self.at_most is not None
        if self.share_of is not None and not stated:
            hint = "give at_least or at_most as a share (60 %)"
            faults.append(Fault(("share_of",), "the limit says no share", hint))
        elif self.change is None and not stated:
            faults.append(Fault((), "the limit limits nothing", "give at_least, at_most, share_of or change"))
        if self.change is not None and self.by != "period":
            message = f"a change holds from one period to the next, not by {self.by}"
            faults.append(Fault(("by",), message, "leave 'by' out, or state the change as a limit of its own"))
        if self.share_of is not None:
            odd = [tag for tag in self.share_of.each if tag not in self.each]
            if odd:
                message = f"'{odd[0]}' is no tag of the limit's own 'each'"
                faults.append(Fault(("share_of", "each"), message, "the whole is cut only as the part is"))
        if faults:
            raise FieldProblem(faults)
        return self


class Factor(Record):
    """What one unit of a measure emits, in thousand tonnes."""

    of: MeasureName
    """The measure that emits: energy, wafer_starts, shipments ..."""
    where: Where = Where()
    """Which records it is about."""
    value: Annotated[Quantity, In("1", ge=0, series=True, usual=(1e-9, 1e6))]
    """Thousand tonnes for one unit of the measure: per GWh of energy (tonnes per MWh), per thousand wafers ..."""

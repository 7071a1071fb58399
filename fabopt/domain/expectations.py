"""What whoever knows the field expects of a plan: tests of plausibility as data, told by `fabopt reconcile`.

An expectation changes no plan. docs/reconcile.md says how each kind is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from fabopt.domain.base import Fault, FieldProblem, LastDay, Record, Slug, When
from fabopt.domain.limits import Each
from fabopt.domain.measured import Counted, MeasureName, Where, several
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In

Kind = Literal["steady", "busy", "used", "running", "published", "kept"]

MUST: Mapping[Kind, tuple[str, ...]] = {
    "steady": ("of", "at_most", "above"),
    "busy": ("at_least",),
    "used": (),
    "running": (),
    "published": ("outcomes", "within"),
    "kept": (),
}
"""What each kind must state, beside where and when."""

MAY: Mapping[Kind, tuple[str, ...]] = {"steady": ("each", "per"), "busy": ("each",), "running": ("at_most",)}
"""What it may state beside that."""

Share = Annotated[Quantity, In("1", ge=0)]


class Expectation(Record):
    """Something that is expected of every plan of an instance."""

    name: str = ""
    """Display name; the id when left out."""
    expect: Kind
    """steady: no jumps without a commitment; busy: well used while it is expanded; used: no order that is never used;
    running: nothing idle that earns its power; published: near published figures; kept: no contract or limit missed."""
    of: MeasureName | None = None
    """The measure that is to be steady."""
    where: Where = Where()
    """Which records count; left out, all."""
    each: Each = ()
    """Tags of which each value is looked at by itself: chip, node, designer ..."""
    outcomes: Annotated[tuple[Slug, ...], BeforeValidator(several)] = ()
    """Published figures that the plan is to be near."""
    at_most: Share | None = None
    """steady: how many times as much there may be after the time `per`; running: share of a fleet that may be idle."""
    at_least: Share | None = None
    """busy: share of the capacity that is to be in use."""
    within: Share | None = None
    """published: by what share of a figure the plan may differ."""
    above: Counted | None = None
    """steady: what counts as the least that was there before; smaller amounts may grow to it at once."""
    per: Literal["month", "quarter", "year"] = "quarter"
    """steady: time in which it may grow so much."""
    since: When | None = None
    """First day that is looked at; absent: from the decision date."""
    until: LastDay | None = None
    """Last day; absent: to the end of what is reported."""
    why: str = ""
    """Why a plan does not do so, where it does not."""

    @model_validator(mode="after")
    def _of_a_kind(self) -> Expectation:
        given = [
            name
            for name in ("of", "each", "outcomes", "at_most", "at_least", "within", "above")
            if getattr(self, name) not in (None, ())
        ]
        must = MUST[self.expect]
        may = (*must, *MAY.get(self.expect, ()))
        faults = [
            Fault((name,), f"what is to be {self.expect} states no '{name}'", f"give {name}")
            for name in must
            if name not in given
        ]
        faults += [
            Fault((name,), f"'{name}' says nothing of what is to be {self.expect}", "leave it out")
            for name in given
            if name not in may
        ]
        if self.expect == "steady" and self.at_most is not None and self.at_most.value < 1.0:
            faults.append(Fault(("at_most",), "less than once as much is no growth", "say how many times: 2.5"))
        if faults:
            raise FieldProblem(faults)
        return self

"""Published figures: what is known, happened or was announced, held against the instance and what a plan decides.

They are no inputs: a plan neither sees nor keeps them. `fabopt reconcile` compares, and the objective ``agreement``
makes the plan that misses them least (docs/reconcile.md). A figure that no decision can move reads back numbers of the
instance: it is of the class *input*. One that ends before the decision date was *observed*: it stands in pictures.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from fabopt.domain.base import Fault, FieldProblem, LastDay, Record, Slug, When
from fabopt.domain.measured import UNITS, MeasureName, Where, several
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import Amount

Figure = Annotated[Quantity, Amount(UNITS, signed=True, series=False, usual=(0.0, math.inf))]

OutcomeClass = Literal["input", "outcome", "observed"]
"""Whether a figure reads back the instance, is decided by a plan, or was observed before the decision date."""


class Compared(Record):
    """What a figure is a ratio to: what is left out is as of the figure itself."""

    of: MeasureName | None = None
    """The measure."""
    where: Where | None = None
    """Which records count."""
    since: When | None = None
    """First day."""
    until: LastDay | None = None
    """Last day."""


class Outcome(Record):
    """A published figure of a measure of the chain over some time."""

    name: str = ""
    """Display name; the id when left out."""
    of: MeasureName
    """The measure (docs/limits.md): shipments, hbm_bits, interposer_wafers, tools_delivered, capacity, spending."""
    party: Annotated[tuple[Slug, ...], BeforeValidator(several)] = ()
    """Whose spending or cash it is, one or several together."""
    where: Where = Where()
    """Which records count; left out, all of the measure."""
    since: When
    """First day of the time that the figure covers."""
    until: LastDay
    """Last day of the time that the figure covers."""
    figure: Figure
    """The figure with its range and source: an amount over all that time, a rate, the mean of a level, or a ratio."""
    ratio_to: Compared | None = None
    """What the figure is a ratio to: other records (a share), an earlier time (growth), or another measure."""
    added_since: When | None = None
    """Day whose level is taken off, so that the figure is what was added; the day before the decision date: what
    stands when the plan begins."""
    why: str = ""
    """Why the plan differs, where it does."""

    @model_validator(mode="after")
    def _one_way(self) -> Outcome:
        if self.ratio_to is not None and self.added_since is not None:
            raise FieldProblem(
                [Fault(("added_since",), "what was added cannot be a ratio, too", "leave one of them out")]
            )
        return self

    def observed(self, start: date) -> bool:
        """Whether it ends before the decision date."""
        return self.until < start

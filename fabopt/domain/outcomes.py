"""Published outcomes: what happened or was announced, held against what a plan decides.

They are no inputs: a plan neither sees nor keeps them. `fabopt reconcile` compares, and the objective ``agreement``
makes the plan that misses them least (docs/reconcile.md).
"""

from __future__ import annotations

from typing import Annotated

from fabopt.domain.base import LastDay, Record, Slug, When
from fabopt.domain.measured import UNITS, MeasureName, Where
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import Amount


class Outcome(Record):
    """A published figure of a measure of the chain over some time."""

    name: str = ""
    """Display name; the id when left out."""
    of: MeasureName
    """The measure (docs/limits.md): shipments, wafer_starts, packages, orders, capacity, power, compute, spending."""
    party: Slug | None = None
    """Whose spending or cash it is."""
    where: Where = Where()
    """Which records count; left out, all of the measure."""
    since: When
    """First day of the time that the figure covers."""
    until: LastDay
    """Last day of the time that the figure covers."""
    figure: Annotated[Quantity, Amount(UNITS, signed=True, series=False)]
    """The figure with its range and source: an amount over all that time, a rate, or the mean of a level."""
    explanation: str = ""
    """Why the plan differs, where it does."""

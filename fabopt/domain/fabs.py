"""Fabs: where wafers are started, with what fleet of scanners, and how they can grow.

Two capacities limit a fab: non-lithography wafer starts (a rate) and, per scanner class, exposures (a rate). An
expansion step adds cleanroom and non-lithography starts only; scanners are separate whole units that take space and add
exposures. Effective exposures per tool and month are *set* per fab so that opening fleet and wafer starts agree at a
stated utilisation:

    passes = sum over nodes of (wafer starts x exposures per wafer) / (tools x utilisation)

which lies well below nameplate in real fabs; nameplate is the upper range.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Flag, Frozen, Named, Record, Slug, When
from fabopt.domain.expansion import Conversion, FabExpansion
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In


class Fleet(Record):
    """The scanners of one class in a fab."""

    opening: Annotated[Quantity, In("tool", ge=0, series=True)] = Field(default=constant(0.0, "tool"))
    """Qualified tools at the decision date and, by date, what is left of them as old ones are taken out."""
    utilisation: Annotated[Quantity, In("1", gt=0, le=1)] = Field(default=constant(0.9, "1"))
    """Share of the fleet's effective exposures that the opening wafer starts use."""
    passes: Annotated[Quantity, In("kexposure/month", gt=0)] | None = None
    """Effective exposures per tool and month where stated; otherwise set from fleet, starts and utilisation."""
    order_book: Frozen[When, Annotated[Quantity, In("tool", ge=0)]] = Field(default_factory=dict)
    """Firm deliveries after the decision date: date of delivery, then tools (2027Q1: 3)."""
    buys: Flag = True
    """Whether further tools may be ordered for this fab."""


class Fab(Record):
    """A wafer fab, or a cluster of fabs that run the same nodes under one owner."""

    name: str
    """Display name."""
    owner: Slug
    """Who owns it."""
    region: Slug
    """Where it stands (for export rules and shares by country)."""
    nodes: tuple[Slug, ...] = Field(min_length=1)
    """Nodes it runs; the first is the one whose exposures set the effective passes when no wafers are in work."""
    wafer_starts: Annotated[Quantity, In("kwafer/month", ge=0, series=True)]
    """Non-lithography wafer-start capacity by date: what is installed or firmly under way."""
    scanners: Named[Fleet] = Field(default_factory=dict)
    """Fleet by scanner class; a class that is not listed does not limit this fab."""
    free_space: Annotated[Quantity, In("1", ge=0, series=True, usual=(0.05, 5000))] = Field(default=constant(0.0, "1"))
    """Tool places free for further scanners, beyond the opening fleet and the order book, by date."""
    expansion: FabExpansion | None = None
    """How it can grow."""
    conversions: Named[Conversion] = Field(default_factory=dict)
    """How its capacity can be turned to what others make."""
    cost_factor: Annotated[Quantity, In("1", gt=0, usual=(0.1, 10))] = Field(default=constant(1.0, "1"))
    """Wafer cost here relative to the node's (an overseas fab costs more)."""
    cycle_factor: Annotated[Quantity, In("1", gt=0, usual=(0.1, 10))] = Field(default=constant(1.0, "1"))
    """Cycle time here relative to the node's."""

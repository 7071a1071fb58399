"""Lithography tools: what a scanner does, costs, and how fast its maker can deliver it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Record, Slug
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In

HOURS_PER_MONTH = 8766.0 / 12.0


class ScannerClass(Record):
    """A class of lithography tool (low-NA EUV, High-NA EUV, immersion DUV) and its maker's output.

    Scanners are bought in whole units. Deliveries follow the firm order book of the fabs; only the maker's remaining
    output is open to decision.
    """

    name: str
    """Display name."""
    maker: Slug
    """Who makes it."""
    throughput: Annotated[Quantity, In("exposure/h", gt=0)]
    """Nameplate exposures (wafer passes) per hour."""
    availability: Annotated[Quantity, In("1", gt=0, le=1)]
    """Share of the hours of a year in which the tool exposes product wafers."""
    half_field_factor: Annotated[Quantity, In("1", gt=0, le=1)] = Field(default=constant(1.0, "1"))
    """Share of nameplate throughput left where two half fields are stitched (1 for full-field tools)."""
    passes: Annotated[Quantity, In("kexposure/month", gt=0)]
    """Effective exposures per tool and month in a fab that states no opening fleet to derive it from."""
    price: Annotated[Quantity, In("MUSD/tool", ge=0, series=True)]
    """Price of one tool."""
    gross_margin: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.5, "1"))
    """Maker's gross margin: the resource cost of a tool is price x (1 - margin)."""
    output: Annotated[Quantity, In("tool/year", ge=0, series=True)]
    """Tools the maker can deliver per year, to everybody."""
    reserved: Annotated[Quantity, In("tool/year", ge=0, series=True)] = Field(default=constant(0.0, "tool/year"))
    """Part of the output that goes to buyers outside the instance."""
    delivery_lead: Annotated[Quantity, In("month", ge=0)]
    """Months from order to delivery."""
    qualification_lead: Annotated[Quantity, In("month", ge=0)]
    """Months from delivery to product wafers: installation, acceptance, qualification."""
    space: Annotated[Quantity, In("1", ge=0, usual=(0.05, 50))] = Field(default=constant(1.0, "1"))
    """Cleanroom space it takes, in tool places (a low-NA EUV scanner with its track takes one)."""
    life: Annotated[Quantity, In("year", gt=0)] = Field(default=constant(10.0, "year"))
    """Economic life, for its worth at the end of the horizon (straight line)."""
    region: Slug | None = None
    """Where it is made."""

    def nameplate_passes(self) -> float:
        """Return the most thousand exposures that one tool can do in a month: hours x availability x throughput."""
        per_hour = self.throughput.value * self.half_field_factor.value
        return per_hour * HOURS_PER_MONTH * self.availability.value / 1000.0

"""Advanced packaging: interposer and bonding capacity.

Capacity is counted in interposer wafers per month. A package of a chip takes ``1 / packages per wafer`` of one, where
packages per wafer follow from the interposer's area unless the chip states them, and all parts of a package that fails
assembly or test are lost with it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Named, Record, Slug
from fabopt.domain.expansion import Conversion, LineExpansion
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In


class PackagingLine(Record):
    """A packaging line: one owner's capacity for one or more technologies."""

    name: str
    """Display name."""
    owner: Slug
    """Who owns it."""
    region: Slug
    """Where it stands."""
    technologies: tuple[Slug, ...] = Field(min_length=1)
    """Technologies that share its capacity (cowos-s, cowos-l, cowos-r, emib, ...)."""
    capacity: Annotated[Quantity, In("kwafer/month", ge=0, series=True)]
    """Interposer wafers per month by date (for bridge technologies: wafer equivalents)."""
    bonding: Annotated[Quantity, In("kpackage/month", ge=0, series=True)] | None = None
    """Chip-on-wafer bonding capacity in packages per month, where it limits apart from interposers."""
    wafer_price: Annotated[Quantity, In("USD/wafer", ge=0, series=True)]
    """Price of packaging one interposer wafer."""
    gross_margin: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.4, "1"))
    """Owner's gross margin."""
    depreciation: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.0, "1"))
    """Share of the price that is depreciation of capacity: that is charged when capacity is ordered, and not again."""
    interposer_yield: Annotated[Quantity, In("1", gt=0, le=1, series=True)] = Field(default=constant(1.0, "1"))
    """Share of interposers that are good before anything is bonded to them."""
    interposer_time: Annotated[Quantity, In("month", ge=0)]
    """Months from interposer wafer start to bonding."""
    assembly_time: Annotated[Quantity, In("month", ge=0)]
    """Months from bonding to tested package."""
    expansion: LineExpansion | None = None
    """How it can grow."""
    conversions: Named[Conversion] = Field(default_factory=dict)
    """How its capacity can be turned to what others make."""

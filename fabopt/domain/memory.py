"""High-bandwidth memory: generations, the lines that stack it, and who has qualified whom.

HBM competes with commodity DRAM for the wafer starts of the same fabs: one thousand wafers started for HBM give
``good_dies`` x 1,000 good core dies, and ``core_dies`` of them plus a base die make a stack, of which ``stack_yield``
survive. The trade with commodity DRAM is therefore in wafers (Micron: about three to one per bit).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import LastDay, Named, Record, Slug, When
from fabopt.domain.expansion import LineExpansion
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In


class HbmGeneration(Record):
    """A generation and height of HBM stack."""

    name: str
    """Display name."""
    capacity: Annotated[Quantity, In("GB/stack", gt=0)]
    """Memory per stack."""
    core_dies: Annotated[Quantity, In("die/stack", gt=0, whole=True)]
    """DRAM dies per stack."""
    price: Annotated[Quantity, In("USD/stack", ge=0, series=True)]
    """Price of a stack."""
    gross_margin: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.6, "1"))
    """Maker's gross margin: resource cost of a stack is price x (1 - margin - depreciation)."""
    depreciation: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.0, "1"))
    """Share of the price that is depreciation of capacity: that is charged when capacity is ordered, and not again."""


class HbmOffer(Record):
    """One maker's product of a generation."""

    good_dies: Annotated[Quantity, In("die/wafer", gt=0, series=True)]
    """Good core dies per DRAM wafer, before stacking."""
    stack_yield: Annotated[Quantity, In("1", gt=0, le=1, series=True)]
    """Share of stacks that pass; a failed stack loses all its dies."""
    available: When | None = None
    """First date of volume stacking; absent: at the decision date or before."""
    until: LastDay | None = None
    """Last date of stacking; absent: no end."""


class Qualifying(Record):
    """A qualification that can still be decided: it takes time, money and wafers."""

    lead: Annotated[Quantity, In("month", ge=0)]
    """Months from decision to first qualified stacks."""
    cost: Annotated[Quantity, In("MUSD", ge=0)]
    """Engineering cost."""
    wafers: Annotated[Quantity, In("kwafer/month", ge=0)]
    """DRAM wafer starts that it occupies while it lasts."""


class MemoryMaker(Record):
    """A memory maker's HBM business: DRAM fab, stacking lines, products, qualified customers."""

    name: str
    """Display name."""
    owner: Slug
    """Company."""
    region: Slug
    """Where the stacks are made."""
    fab: Slug
    """DRAM fab whose wafer starts the stacks take."""
    node: Slug
    """DRAM node of the core dies."""
    stacking: Annotated[Quantity, In("kwafer/month", ge=0, series=True)]
    """TSV and stacking capacity by date, in DRAM wafers per month."""
    stacking_time: Annotated[Quantity, In("month", ge=0)]
    """Months from finished DRAM wafer to tested stack."""
    expansion: LineExpansion | None = None
    """How stacking can grow."""
    offers: Named[HbmOffer] = Field(min_length=1)
    """Products by HBM generation."""
    qualified: Named[Named[When]] = Field(default_factory=dict)
    """Designers that have qualified it: designer, then generation, then from when."""
    qualifying: Named[Named[Qualifying]] = Field(default_factory=dict)
    """Qualifications that can still be decided: designer, then generation."""
    opening_share: Named[Annotated[Quantity, In("1", ge=0, le=1)]] = Field(default_factory=dict)
    """Share of each designer's HBM in work at the decision date that this maker makes."""

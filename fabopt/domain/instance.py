"""The instance: everything a chain consists of, checked as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Record, Slug
from fabopt.domain.chips import Chip, Designer
from fabopt.domain.customers import BarredFlow, DemandCurve, Lab, Market, Published, Site, Workload
from fabopt.domain.fabs import Fab
from fabopt.domain.horizon import About, Horizon, Pins, SourceNote
from fabopt.domain.lithography import ScannerClass
from fabopt.domain.memory import HbmGeneration, MemoryMaker
from fabopt.domain.nodes import Die, Node
from fabopt.domain.packaging import PackagingLine, Substrate
from fabopt.domain.plain import PlainNetwork
from fabopt.domain.quantity import In, Quantity


class Instance(Record):
    """A supply chain as data. Every section is a mapping from ids (lower-case slugs) to records."""

    about: About = About()
    """What the instance is."""
    horizon: Horizon
    """Decision date, periods, discounting."""
    currencies: dict[str, Annotated[Quantity, In("1", gt=0)]] = Field(default_factory=dict)
    """US dollars per unit of each other currency used (EUR: 1.16)."""
    sources: dict[Slug, SourceNote] = Field(default_factory=dict)
    """Publications that numbers refer to."""
    scanners: dict[Slug, ScannerClass] = Field(default_factory=dict)
    """Lithography tool classes."""
    nodes: dict[Slug, Node] = Field(default_factory=dict)
    """Process nodes."""
    fabs: dict[Slug, Fab] = Field(default_factory=dict)
    """Fabs."""
    hbm: dict[Slug, HbmGeneration] = Field(default_factory=dict)
    """HBM generations."""
    memory_makers: dict[Slug, MemoryMaker] = Field(default_factory=dict)
    """HBM businesses."""
    packaging_lines: dict[Slug, PackagingLine] = Field(default_factory=dict)
    """Packaging lines."""
    substrates: dict[Slug, Substrate] = Field(default_factory=dict)
    """Substrates."""
    designers: dict[Slug, Designer] = Field(default_factory=dict)
    """Chip designers."""
    dies: dict[Slug, Die] = Field(default_factory=dict)
    """Die designs."""
    chips: dict[Slug, Chip] = Field(default_factory=dict)
    """Chips."""
    workloads: dict[Slug, Workload] = Field(default_factory=dict)
    """Workloads."""
    demand_curve: DemandCurve | None = None
    """Inverse demand curve for compute."""
    labs: dict[Slug, Lab] = Field(default_factory=dict)
    """Labs and other buyers of accelerators."""
    sites: dict[Slug, Site] = Field(default_factory=dict)
    """Sites."""
    markets: dict[Slug, Market] = Field(default_factory=dict)
    """Other buyers of wafers."""
    barred_flows: list[BarredFlow] = Field(default_factory=list)
    """Export rules."""
    network: PlainNetwork | None = None
    """A plain process network, alone or beside the chain."""
    pins: Pins = Pins()
    """Decisions already taken."""
    published: dict[Slug, Published] = Field(default_factory=dict)
    """Published figures for `fabopt reconcile`."""

"""Labs and their demand for compute, the sites that power it, and other buyers of the same wafers.

Demand for a workload is an inverse curve, calibrated and not invented:

    P(Q) = P0 (Q / Q0)^(-1/eps)

P0 is a published rental price per H100-equivalent hour times the workload's price ratio, Q0 the lab's reference
quantity at that date, eps the price elasticity. The curve is cut into steps at stated multiples of Q0; the value of a
step is the mean of min(P, cap) over it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Flag, LastDay, Named, Record, Slug, When
from fabopt.domain.chips import Chip
from fabopt.domain.expansion import SiteExpansion
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In
from fabopt.domain.tasks import Tier, served


class Workload(Record):
    """A kind of work that compute is wanted for."""

    name: str
    """Display name."""
    price_ratio: Annotated[Quantity, In("1", gt=0, series=True, usual=(0.001, 1000))] = Field(
        default=constant(1.0, "1")
    )
    """Value per hour relative to the reference price."""
    synchronised: Flag = False
    """Whether it runs as synchronised training, which a site may carry only for a share of its load."""
    compute_weight: Annotated[Quantity, In("1", ge=0, usual=(0.001, 100))] = Field(default=constant(1.0, "1"))
    """H100 equivalents per unit of this workload (0 for work on processors, which is no accelerator compute)."""


class DemandCurve(Record):
    """The inverse demand curve that all labs share (see the module's docstring)."""

    reference_price: Annotated[Quantity, In("USD/H100e/h", gt=0, series=True)]
    """P0: rental price per H100-equivalent hour by date."""
    elasticity: Annotated[Quantity, In("1", gt=0, usual=(0.05, 20))]
    """eps: price elasticity of demand."""
    breaks: tuple[Annotated[float, Field(gt=0, le=1e6)], ...] = Field(min_length=5, max_length=100)
    """Ends of the steps as multiples of Q0, rising; demand ends at the last."""
    price_cap: Annotated[Quantity, In("1", gt=0, usual=(1, 100))] = Field(default=constant(4.0, "1"))
    """Highest price on the curve as a multiple of P0 (the curve has no end at Q = 0)."""


class LabDemand(Record):
    """A lab's demand for compute: by a reference quantity on the demand curve, by its customers' tasks, or both."""

    total: Annotated[Quantity, In("kH100e", ge=0, series=True)] | None = None
    """Q0 over all workloads by date, in thousand H100 equivalents running; needed with `split`."""
    split: Named[Annotated[Quantity, In("1", ge=0, series=True, usual=(1e-6, 10))]] = Field(default_factory=dict)
    """Share of each workload in Q0; the shares of accelerator workloads add up to 1."""
    tasks: Named[Tier] = Field(default_factory=dict)
    """Customers by tier. What their tasks take of a workload stands in for the curve there (`split` keeps its share
    of Q0, which then counts for the other workloads alone)."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """Workloads that are wanted, those of the curve first."""
        return tuple(dict.fromkeys((*self.split, *served(self.tasks))))

    def field(self, workload: str) -> str:
        """Return the field that says how much of a workload is wanted."""
        return "tasks" if workload in served(self.tasks) else "total"


class Fit(Record):
    """The share of nominal performance that a lab gets from a designer's chips: software, experience, interconnect."""

    share: Annotated[Quantity, In("1", gt=0, le=2, usual=(0.02, 1.5), series=True)] = Field(default=constant(1.0, "1"))
    """By date, on every workload that is not listed."""
    workloads: Named[Annotated[Quantity, In("1", gt=0, le=2, usual=(0.02, 1.5), series=True)]] = Field(
        default_factory=dict
    )
    """By workload and date, where it differs."""

    def on(self, workload: str) -> Quantity:
        """Return the share on a workload."""
        return self.workloads.get(workload, self.share)


class Lab(Record):
    """A lab or another buyer of accelerators."""

    name: str
    """Display name."""
    region: Slug
    """Home region."""
    aliases: tuple[str, ...] = ()
    """Other names in use."""
    designers: Named[When]
    """Designers whose chips it can use, and from when."""
    demand: LabDemand
    """Demand for compute."""
    budget: Annotated[Quantity, In("MUSD/year", ge=0, series=True)] | None = None
    """All that it and its own designers pay (accelerators, sites, operation, parts, contracts) per calendar year;
    absent: not limited."""
    fit: Named[Fit] = Field(default_factory=dict)
    """What it gets out of chips, by designer; a designer that is not listed: their nominal performance."""
    fleet: Named[Named[Annotated[Quantity, In("kaccelerator", ge=0)]]] = Field(default_factory=dict)
    """Accelerators in the field at the decision date: site, then chip."""


class Grid(Record):
    """The connection of a site to the grid, where it is had apart from the building."""

    capacity: Annotated[Quantity, In("MW", ge=0, series=True)] | None = None
    """Power that it carries, by date; absent: the power of the site."""
    expansion: SiteExpansion | None = None
    """How it can grow."""


class Generation(Record):
    """Generation on a site, beside the grid or instead of it."""

    capacity: Annotated[Quantity, In("MW", ge=0, series=True)] = Field(default=constant(0.0, "MW"))
    """Power that it delivers, by date."""
    price: Annotated[Quantity, In("USD/MWh", ge=0, series=True)]
    """Cost of its electricity: fuel and operation."""
    expansion: SiteExpansion | None = None
    """How it can grow."""


class Site(Record):
    """A site, or a group of sites of one lab in one region."""

    name: str
    """Display name."""
    lab: Slug
    """Lab whose compute runs here."""
    region: Slug
    """Where it stands."""
    power: Annotated[Quantity, In("MW", ge=0, series=True)]
    """Facility power at the meter by date: energised or firmly under way."""
    pue: Annotated[Quantity, In("1", ge=1, le=10, usual=(1, 2.5))] = Field(default=constant(1.25, "1"))
    """Power usage effectiveness: facility power over IT power."""
    energy_price: Annotated[Quantity, In("USD/MWh", ge=0, series=True)] = Field(default=constant(70.0, "USD/MWh"))
    """Price of electricity."""
    load_factor: Annotated[Quantity, In("1", gt=0, le=1)] = Field(default=constant(1.0, "1"))
    """Mean draw of accelerators that run, as a share of their power: what electricity is paid for."""
    grid: Grid | None = None
    """Its connection to the grid, where that has a limit and a lead time of its own; absent: it comes with power."""
    generation: Generation | None = None
    """Generation on site."""
    synchronised_share: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(1.0, "1"))
    """Share of the load there that may be synchronised training."""
    must_run: Annotated[Quantity, In("1", ge=0, le=1, series=True)] = Field(default=constant(0.0, "1"))
    """Share of the accelerators of each chip there that runs in every period: they cannot be switched off and on."""
    expansion: SiteExpansion | None = None
    """How power can be added; where the site has a grid connection or generation of its own, the building alone."""


class Market(Record):
    """Other buyers of the same wafers or memory: phones, PCs, servers, commodity DRAM.

    They want wafers, or memory in bits, of which each fab makes as much from a wafer as its node yields at the date. A
    market that moves from node to node says with `shares` how much of it each node has by date; the plan never moves it
    back. With an `elasticity` e they pay the market price times (quantity / quantity at the market price) ** (-1/e).
    """

    name: str
    """Display name."""
    region: Slug | None = None
    """Where the buyers are: export rules hold for what fabs elsewhere sell them; absent: anywhere."""
    fabs: Named[Slug]
    """Fabs that are qualified to serve it, each with the node it buys there; no other one can."""
    qualified: Named[When] = Field(default_factory=dict)
    """From when a fab is qualified; one that is not listed: at the decision date or before."""
    shares: Named[Annotated[Quantity, In("1", ge=0, le=1, series=True)]] = Field(default_factory=dict)
    """Share of the wafers or bits that each node has by date, as products move to the next one; empty: any node will
    do."""
    quantity: Annotated[Quantity, In("kwafer/month", ge=0, series=True)] | None = None
    """Wafers per month that it would take at the market price."""
    bits: Annotated[Quantity, In("PB/month", ge=0, series=True)] | None = None
    """Instead of wafers: memory per month that it would take at the market price."""
    floor: Annotated[Quantity, In("1", ge=0, le=1, series=True)] = Field(default=constant(0.0, "1"))
    """Share of it that it holds whatever others would pay, by contract or because the maker is the buyer."""
    price: Annotated[Quantity, In("USD/wafer", ge=0, series=True)] | None = None
    """Market price that it pays per wafer; absent: the price of the node."""
    bit_price: Annotated[Quantity, In("USD/GB", ge=0, series=True)] | None = None
    """Market price that it pays for memory."""
    elasticity: Annotated[Quantity, In("1", gt=0, usual=(0.05, 5))] | None = None
    """Per cent less that it would take if the price were one per cent higher; absent: it takes what it wants at the
    market price, and nothing above it."""
    price_cap: Annotated[Quantity, In("1", ge=1, usual=(1, 20))] = Field(default=constant(4.0, "1"))
    """The most that it pays for its first units along the curve, in market prices."""
    patience: Annotated[Quantity, In("month", ge=0)] | None = None
    """How long an unmet order above the floor waits before it is lost; absent: it does not wait."""
    waiting_cost: Annotated[Quantity, In("USD/wafer/month", ge=0)] = Field(default=constant(0.0, "USD/wafer/month"))
    """Cost of an order that waits, per wafer and month."""

    @property
    def amount(self) -> Quantity:
        """What it would take at the market price, in wafers or bits."""
        amount = self.bits if self.quantity is None else self.quantity
        return constant(0.0, "kwafer/month") if amount is None else amount

    def serving(self, node: str | None) -> list[str]:
        """Return the fabs that serve its part on a node, or all of it."""
        return [fab for fab, its in self.fabs.items() if node in (None, its)]


class BarredFlow(Record):
    """An export rule: what one region sells may not go to another, or to some labs, or only up to a quantity.

    A rule without labs, chips, threshold and quantity bars everything: wafers, memory and packages for designers of
    the region, and accelerators for sites in it. With any of these it covers accelerators on their way to a site.
    """

    name: str = ""
    """Display name; what it says when left out."""
    origin: Slug | None = None
    """Region of the fab, memory maker, packaging line or designer that sells; absent: every other region."""
    destination: Slug | None = None
    """Region of the designer, or of the site, that would receive; absent: wherever sites of the `labs` stand."""
    labs: tuple[Slug, ...] = ()
    """Labs that it covers; empty: every lab."""
    chips: tuple[Slug, ...] = ()
    """Chips that it covers; empty: every chip."""
    above: Annotated[Quantity, In("H100e/accelerator", gt=0)] | None = None
    """Covers only chips that do more than this on the workload that suits them best; absent: every chip."""
    most: Annotated[Quantity, In("kaccelerator/year", ge=0, series=True)] | None = None
    """Accelerators that may be delivered all the same in a calendar year (less in a part of one)."""
    most_compute: Annotated[Quantity, In("kH100e/year", ge=0, series=True)] | None = None
    """The same in compute, each accelerator by what it does on the workload that suits it best."""
    since: When | None = None
    """First date it holds; absent: always."""
    until: LastDay | None = None
    """Last date it holds; absent: no end."""

    @property
    def limits(self) -> bool:
        """Whether it allows a quantity instead of nothing."""
        return self.most is not None or self.most_compute is not None

    def between(self, origin: str, destination: str) -> bool:
        """Return whether it covers what goes from one region to another."""
        if self.origin is None and origin == destination and self.destination is not None:
            return False
        return self.origin in (None, origin) and self.destination in (None, destination)

    def covers(self, chip_id: str, chip: Chip, lab: str) -> bool:
        """Return whether it covers deliveries of a chip to a lab."""
        named = (not self.labs or lab in self.labs) and (not self.chips or chip_id in self.chips)
        return named and (self.above is None or chip.best > self.above.value)

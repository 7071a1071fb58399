"""Chips: what a package is made of, when it comes, what it draws, costs and does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fabopt.domain.base import LastDay, Named, Record, Slug, When
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In


class Bom(Record):
    """One bill of materials of a package. Wafer-scale and SRAM parts need no HBM and no interposer."""

    moved: ClassVar[Mapping[str, str]] = {"substrates": "substrates are components now: write 'components: {ID: 1}'"}

    dies: Named[Annotated[Quantity, In("die/package", gt=0, whole=True)]] = Field(default_factory=dict)
    """Dies (or bins of dies) per package."""
    hbm: Named[Annotated[Quantity, In("stack/package", gt=0, whole=True)]] = Field(default_factory=dict)
    """HBM stacks per package by generation."""
    components: Named[Annotated[Quantity, In("1", gt=0, usual=(1e-3, 100))]] = Field(default_factory=dict)
    """Pieces of components per package, such as a substrate; goes before the amounts of components per package."""
    technology: Slug | None = None
    """Packaging technology; absent: assembled without a packaging line."""
    interposer_area: Annotated[Quantity, In("mm2", gt=0)] | None = None
    """Interposer area; packages per wafer follow from it."""
    packages_per_wafer: Annotated[Quantity, In("package/wafer", gt=0)] | None = None
    """Packages per interposer wafer where known; goes before the area."""
    lines: tuple[Slug, ...] = ()
    """Packaging lines that may make it; empty: every line with the technology."""
    available: When | None = None
    """First date of assembly with this bill, where later than the chip's."""


class Respin(Record):
    """Risk that first silicon must be done again."""

    probability: Annotated[Quantity, In("1", ge=0, le=1)]
    """Chance of a respin."""
    delay: Annotated[Quantity, In("month", ge=0)]
    """Months lost by one."""


class Resale(Record):
    """What used accelerators bring, and who takes them: buyers outside the instance, and labs for a second life.

    A fleet is not told apart by age: the age of all of a chip counts from its first volume shipments.
    """

    share: Annotated[Quantity, In("1", ge=0, le=1, series=True)] | None = None
    """Price as a share of what replacing one costs then (resource cost with `system_cost`), by date."""
    price: Annotated[Quantity, In("USD/accelerator", ge=0, series=True)] | None = None
    """Price of one by date, instead of a share."""
    fall: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.0, "1"))
    """Fall of the price per year of the chip's age, on top of what a series says."""
    most: Annotated[Quantity, In("kaccelerator/year", ge=0, series=True)] | None = None
    """Most that buyers outside the instance take per year; absent: not limited."""
    since: When | None = None
    """First date of sales; absent: the decision date."""
    labs: tuple[Slug, ...] = ()
    """Labs that take them at the same price for a second life at sites of theirs, whoever the chip is sold to new."""
    moving_cost: Annotated[Quantity, In("USD/accelerator", ge=0)] = Field(default=constant(0.0, "USD/accelerator"))
    """Cost of moving one to another site, paid by the lab that takes it."""
    moving_time: Annotated[Quantity, In("month", gt=0)] = Field(default=constant(1.0, "month"))
    """Months from the end of its use at one site to its first use at the other."""


class OrderBook(Record):
    """When a chip must be ordered to be shipped, and what of it is ordered at the decision date."""

    lead: Annotated[Quantity, In("month", gt=0)]
    """Months from an order to its shipment: the queue. What ships earlier was booked at the decision date."""
    booked: Annotated[Quantity, In("kaccelerator/month", ge=0, usual=(0.01, 10_000), series=True)] = Field(
        default=constant(0.0, "kaccelerator/month")
    )
    """What is due of the orders placed before the decision date, by date of shipment; what is late ships later."""
    premium: Annotated[Quantity, In("USD/accelerator", ge=0)] | None = None
    """Cost of each that ships although it was not ordered in time, beside its price; absent: none can."""


class Programme(Record):
    """A chip that exists only if a lab funds its design: a decision with a date."""

    funded_by: Slug
    """Lab that pays for it; the chip's designer belongs to it (`designers.*.lab`)."""
    non_recurring_cost: Annotated[Quantity, In("MUSD", ge=0)]
    """Design, masks and tools, paid evenly over the time until the first start (within the lab's budget)."""
    design_time: Annotated[Quantity, In("month", ge=0)]
    """Months from the decision to the first start of wafers, interposers and packages of the chip."""
    respin_chance: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Chance that first silicon must be done again."""
    respin_time: Annotated[Quantity, In("month", ge=0)] = Field(default=constant(0.0, "month"))
    """Months lost by a respin; the chip is late by chance x time, the expected delay."""
    decide_by: LastDay | None = None
    """Last date of the decision; absent: no last date."""

    @property
    def months(self) -> float:
        """Months from the decision to the first start, with the expected delay."""
        return self.design_time.value + self.respin_chance.value * self.respin_time.value


class Chip(Record):
    """An accelerator (or a processor for agents), per package."""

    name: str
    """Display name."""
    designer: Slug
    """Whose product it is."""
    kind: Literal["gpu", "asic", "wafer-scale", "sram", "cpu"] = "gpu"
    """What kind of part it is."""
    boms: Named[Bom] = Field(default_factory=dict)
    """Bills of materials by name; none for a part that is no longer made."""
    available: When | None = None
    """First volume shipments, before any expected respin; absent: at the decision date or before."""
    last_start: LastDay | None = None
    """Last date of package assembly; absent: no end."""
    respin: Respin | None = None
    """Respin risk: shifts `available` by probability x delay (the expected delay)."""
    design_cycle: Annotated[Quantity, In("month", ge=0)] | None = None
    """Months from project start to first silicon, for parts that are not taped out; information."""
    design_start: When | None = None
    """Project start: with `design_cycle`, the chip is not available before both have passed."""
    programme: Programme | None = None
    """Programme of a lab's own silicon: nothing of the chip starts before it is funded and designed."""
    assembly_yield: Annotated[Quantity, In("1", gt=0, le=1, series=True)] = Field(default=constant(1.0, "1"))
    """Share of assembled packages that pass test; a failed one loses all its parts."""
    assembly_time: Annotated[Quantity, In("month", ge=0)] = Field(default=constant(0.0, "month"))
    """Months of assembly for a part without a packaging line."""
    assembly_capacity: Annotated[Quantity, In("kpackage/month", ge=0, series=True)] | None = None
    """Packages per month that can be assembled and tested without a packaging line; absent: not limited."""
    assembly_cost: Annotated[Quantity, In("USD/package", ge=0)] = Field(default=constant(0.0, "USD/package"))
    """Test, assembly and other parts per package beside dies, HBM, interposer and components."""
    running_rate: Annotated[Quantity, In("kpackage/month", ge=0)] = Field(default=constant(0.0, "kpackage/month"))
    """Good packages per month coming out at the decision date: sets the opening work in progress."""
    stock: Annotated[Quantity, In("kpackage", ge=0)] = Field(default=constant(0.0, "kpackage"))
    """Finished packages in stock at the decision date."""
    safety_stock: Annotated[Quantity, In("kpackage", ge=0, series=True)] = Field(default=constant(0.0, "kpackage"))
    """Finished packages that the designer wants to hold; falling short costs `shortfall_cost`."""
    shortfall_cost: Annotated[Quantity, In("USD/package", ge=0)] = Field(default=constant(0.0, "USD/package"))
    """Cost per package and period below the safety stock."""
    carrying_cost: Annotated[Quantity, In("USD/package/year", ge=0, usual=(1, 1_000_000))] = Field(
        default=constant(0.0, "USD/package/year")
    )
    """Cost of a finished package in stock at the end of a period, per year: what it loses in value, storage."""
    orders: OrderBook | None = None
    """Order lead and order book; absent: what can be made can be shipped at once."""
    price: Annotated[Quantity, In("USD/accelerator", ge=0, series=True)]
    """Price per accelerator to a lab."""
    system_cost: Annotated[Quantity, In("USD/accelerator", ge=0, series=True)] = Field(
        default=constant(0.0, "USD/accelerator")
    )
    """Server, network and installation per accelerator, paid to parties outside the instance: what of them is no
    component. What components of the instance cost is paid in addition, so this must not hold it too."""
    it_power: Annotated[Quantity, In("kW/accelerator", gt=0)]
    """IT power per accelerator with its share of server and network; facility power is this times PUE."""
    installation_lead: Annotated[Quantity, In("month", ge=0)] = Field(default=constant(1.0, "month"))
    """Months from finished package to running accelerator: server, rack, shipment, installation."""
    survival: Annotated[Quantity, In("1", gt=0, le=1)] = Field(default=constant(0.97, "1"))
    """Share of deployed accelerators that survive a year."""
    operating_cost: Annotated[Quantity, In("USD/accelerator/year", ge=0)] = Field(
        default=constant(0.0, "USD/accelerator/year")
    )
    """Operating cost per running accelerator and year besides electricity."""
    performance: Named[Annotated[Quantity, In("H100e/accelerator", gt=0)]] = Field(default_factory=dict)
    """Performance by workload in H100 equivalents (a workload that is not listed cannot run on it)."""
    usable: Annotated[Quantity, In("1", gt=0, le=1, series=True)] = Field(default=constant(1.0, "1"))
    """Usable share of nominal performance relative to an H100's (software, interconnect)."""
    resale: Resale | None = None
    """What used ones bring and who takes them; absent: nobody."""
    retirement_cost: Annotated[Quantity, In("USD/accelerator", ge=0)] = Field(default=constant(0.0, "USD/accelerator"))
    """Cost of taking one out for good without selling it."""
    customers: tuple[Slug, ...] = ()
    """Labs that may buy it; empty: every lab that can use the designer."""
    sells_as: tuple[Slug, ...] = ()
    """Lesser chips that this one may be downgraded to and sold as."""

    @property
    def best(self) -> float:
        """Performance on the workload that suits it best (H100 equivalents; zero without workloads)."""
        return max((value.value for value in self.performance.values()), default=0.0)


class Designer(Record):
    """A customer of foundries, memory makers and packagers: the company whose chips they are."""

    name: str
    """Display name."""
    region: Slug
    """Home region (for export rules)."""
    lab: Slug | None = None
    """Lab that it belongs to: its money counts as the lab's; absent: a company of its own."""
    aliases: tuple[str, ...] = ()
    """Other names in use."""

"""What limits and charges may count, and the tags by which they choose what counts.

The table `MEASURED` says of each measure what it is and in which units it may be stated; how it is written in decisions
stands in `fabopt.network.lowering.measured`. A measure is a *flow*, which is added up over a window of time, or a
*level*, which is averaged over it. A flow is stated as an amount (``40 kaccelerator``) or as a rate
(``12 kwafer/month``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from fabopt.domain.base import Record
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import Amount

MeasureName = Literal[
    "shipments", "wafer_starts", "packages", "activities", "orders", "capacity_added", "capacity", "power", "it_power",
    "energy", "compute", "compute_shipped", "it_power_shipped", "power_shipped", "hbm_stacks", "hbm_bits",
    "interposer_wafers", "tools_delivered", "tools_standing", "installed", "compute_installed", "it_power_installed",
    "power_installed", "stock", "deliveries", "spending", "cash", "emissions", "marginal_worth",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of the chain.

    Attributes
    ----------
    says
        What it is, as the subject of a sentence.
    units
        Units in which an amount of it may be stated; a bare number is in the first. ``1`` is the unit of the record.
    price
        Unit of money for one of it; a bare number is in millions of dollars for one in the unit of the row.
    level
        Whether it is a level, and no flow.
    party
        Whether it is a party's, which must be named.
    by
        Tags are those of these records.
    after
        Whether it is known of a solved plan alone, so that no limit and no charge can be on it.
    """

    says: str
    units: tuple[str, ...]
    price: str
    by: str
    level: bool = False
    party: bool = False
    after: bool = False


def _rates(*units: str) -> tuple[str, ...]:
    return (*units, *(f"{unit}/month" for unit in units))


MEASURED: Mapping[MeasureName, Measured] = {
    "shipments": Measured("shipments", _rates("kaccelerator"), "USD/accelerator", "deliveries of a chip to a site"),
    "wafer_starts": Measured("wafer starts", _rates("kwafer"), "USD/wafer", "starts of wafers"),
    "packages": Measured("packages started", _rates("kpackage"), "USD/package", "starts of packages"),
    "activities": Measured(
        "level", ("1", *_rates("kwafer", "kpackage", "kdie", "kstack", "kaccelerator")), "1", "activities"
    ),
    "orders": Measured("orders", ("1", "tool", "tool/year"), "MUSD/tool", "units that are ordered"),
    "capacity_added": Measured(
        "capacity ordered",
        ("1", "kwafer/month", "kpackage/month", "tool/year", "MW"),
        "1",
        "capacities, in full from the order on",
    ),
    "capacity": Measured(
        "capacity", ("1", "kwafer/month", "kpackage/month", "tool/year", "MW"), "1", "capacities", level=True
    ),
    "power": Measured("facility power", ("MW",), "USD/MWh", "accelerators in operation", level=True),
    "it_power": Measured("IT power", ("MW",), "USD/MWh", "accelerators in operation", level=True),
    "energy": Measured("electricity", _rates("GWh"), "USD/MWh", "accelerators in operation"),
    "compute": Measured("compute", ("kH100e",), "USD/H100e/h", "what makes compute that demands weigh", level=True),
    "compute_shipped": Measured(
        "compute shipped", _rates("kH100e"), "USD/H100e", "deliveries, each by what it does best"
    ),
    "it_power_shipped": Measured("IT power shipped", ("MW",), "MUSD/MW", "deliveries, each by its chip"),
    "power_shipped": Measured("facility power shipped", ("MW",), "MUSD/MW", "deliveries, each by its chip and site"),
    "hbm_stacks": Measured("HBM stacks", _rates("kstack"), "USD/stack", "starts of HBM wafers, when stacks are made"),
    "hbm_bits": Measured("HBM bits", ("Eb", "Eb/year"), "1", "starts of HBM wafers, when stacks are made"),
    "interposer_wafers": Measured(
        "interposer wafers", _rates("kwafer"), "USD/wafer", "what uses the interposer capacity of lines"
    ),
    "tools_delivered": Measured(
        "tools delivered", ("tool", "tool/year"), "MUSD/tool", "orders and order books of fabs, and what makers reserve"
    ),
    "tools_standing": Measured("tools that print", ("tool",), "1", "exposures of fabs", level=True),
    "installed": Measured("accelerators in the field", ("kaccelerator",), "1", "fleets", level=True),
    "compute_installed": Measured("nominal compute in the field", ("kH100e",), "USD/H100e/h", "fleets", level=True),
    "it_power_installed": Measured("IT power in the field", ("MW",), "USD/MWh", "fleets", level=True),
    "power_installed": Measured("facility power in the field", ("MW",), "USD/MWh", "fleets", level=True),
    "stock": Measured(
        "stock", ("1", "kaccelerator", "kpackage", "kdie", "kstack", "kwafer"), "1", "materials", level=True
    ),
    "deliveries": Measured("deliveries", ("1", *_rates("kwafer"), "kH100e"), "1", "demands"),
    "spending": Measured("spending", ("MUSD", "MUSD/year"), "1", "what is paid for", party=True),
    "cash": Measured("income less spending", ("MUSD", "MUSD/year"), "1", "what is paid for", party=True),
    "emissions": Measured("emissions", ("1",), "1", "what the factors count"),
    "marginal_worth": Measured(
        "marginal worth of compute",
        ("USD/H100e/h",),
        "1",
        "what makes compute that demands weigh",
        level=True,
        after=True,
    ),
}
"""Every measure by name."""

PRICEUNITS = tuple(dict.fromkeys(measure.price for measure in MEASURED.values()))
UNITS = tuple(dict.fromkeys(unit for measure in MEASURED.values() for unit in measure.units))

Counted = Annotated[Quantity, Amount(UNITS)]
"""An amount of a measure."""
SignedCounted = Annotated[Quantity, Amount(UNITS, signed=True)]
"""An amount of a measure that may be negative: cash."""
PerUnit = Annotated[Quantity, Amount(PRICEUNITS)]
"""Money for one of a measure."""

TagName = Literal[
    "kind", "role", "stage", "owner", "customer", "designer", "chip", "node", "lab", "site", "region", "origin",
    "destination", "workload", "item",
]  # fmt: skip
TAGS: tuple[TagName, ...] = get_args(TagName)
"""What records may be chosen by."""
WORDS: tuple[TagName, ...] = ("kind", "role", "stage")
"""Those whose values are words, and no ids of things or parties."""


def several(given: object) -> object:
    """Read one value as a list of one."""
    return (given,) if isinstance(given, str) else given


Names = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)], ...], BeforeValidator(several)
]


class Tagged(Record):
    """Tags that a record has: one value of each that is named, or one of a list."""

    kind: Names = ()
    """Class of thing that it was made from: fab, memory_maker, packaging_line, chip, site ..."""
    role: Names = ()
    """What it is in the chain: wafer_start, shipment, expansion ..."""
    stage: Names = ()
    """Stage of the chain."""
    owner: Names = ()
    """Whose it is."""
    customer: Names = ()
    """On whose behalf it is done."""
    designer: Names = ()
    """Designer of its chip or die."""
    chip: Names = ()
    """Chip."""
    node: Names = ()
    """Process node."""
    lab: Names = ()
    """Lab."""
    site: Names = ()
    """Site, fab, packaging line or memory maker where it is done."""
    region: Names = ()
    """Region where it is done."""
    origin: Names = ()
    """Region that goods come from: of the designer for accelerators, of the fab or line for what it makes."""
    destination: Names = ()
    """Region that goods go to: of the site for accelerators, of the designer for parts."""
    workload: Names = ()
    """Workload."""
    item: Names = ()
    """What it is about: die, HBM generation, bill of materials, market ..."""

    @property
    def named(self) -> Iterator[tuple[TagName, tuple[str, ...]]]:
        """The tags that are named, with their values."""
        return ((tag, getattr(self, tag)) for tag in TAGS if getattr(self, tag))

    def takes(self, value_of: Callable[[TagName], str]) -> bool:
        """Return whether something has these tags, by what its value of each is."""
        return all(value_of(tag) in values for tag, values in self.named)


class Where(Tagged):
    """Which records count: those that have all the tags named here and not those of ``not``."""

    not_: Tagged | None = Field(default=None, alias="not")
    """Records that have all of these tags do not count."""

    def takes(self, value_of: Callable[[TagName], str]) -> bool:
        """Return whether something has the tags named and not those of ``not``."""
        return super().takes(value_of) and (self.not_ is None or not self.not_.takes(value_of))

    @property
    def said(self) -> str:
        """What is chosen, as it is written: ``chip falcon or osprey, not region lemuria``; empty where all is."""
        return self.worded(str)

    def worded(self, called: Callable[[str], str]) -> str:
        """Return what is chosen in words, with the names of things and parties: ``chip Falcon, not region Lemuria``."""

        def told(tag: str, values: Iterable[str]) -> str:
            return f"{tag} {' or '.join(values if tag in WORDS else map(called, values))}".replace("_", " ")

        own = [told(tag, values) for tag, values in self.named]
        if self.not_ is not None:
            own += [f"not {told(tag, values)}" for tag, values in self.not_.named]
        return ", ".join(own)

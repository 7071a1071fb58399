"""Records of a portfolio study: frozen, in words and plain numbers, with data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal

from fabopt.analysis.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

Standing = Literal[
    "bought", "enters", "ties", "no price", "dates", "export", "designer", "not sold", "not made", "blocked", "unpriced"
]
"""Where a chip stands with a lab; see :class:`ChipCase`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What would bring a chip in, USD per accelerator in the money of the period in which it comes first.

    ``lacks = package + system + budget + other - worth``: what the plan loses by each accelerator that it is made to
    take, and ``lacks = cut x (cost + price x price of a dollar of the lab's budget)``.

    Attributes
    ----------
    period
        Period of shipment in which it enters first.
    price
        What the lab pays for an accelerator in that period.
    below
        Price below which it enters; None where no price above nothing is low enough.
    cut
        Share by which price and cost of making must fall.
    cost
        Cost of making it that counts in the plan: parts, assembly and test, without the makers' margins. In a plan for
        the buyers what it costs them: its price, or the parts of a lab's own at list prices.
    package
        What a package is worth in the plan: its cost, and what its scarce parts would earn elsewhere; in a plan for the
        buyers what they pay for it.
    system
        Server, network and installation.
    budget
        What its payment displaces in the lab's budget, beside the money itself.
    other
        What it takes of policies and group limits.
    worth
        What an accelerator at the lab's site is worth: its compute less power, operation and scarce sites.
    exact
        Whether the plan at hand is proved to stay best up to the cut.
    """

    period: str
    price: float
    below: float | None
    cut: float
    cost: float
    package: float
    system: float
    budget: float
    other: float
    worth: float
    exact: bool

    @property
    def lacks(self) -> float:
        """What the plan loses by one accelerator."""
        return self.package + self.system + self.budget + self.other - self.worth


@dataclass(frozen=True, slots=True)
class ChipCase:
    """A chip and a lab.

    Attributes
    ----------
    standing
        ``bought``; ``enters`` (below a price), ``ties`` (as good as what is bought), ``no price`` (not even free);
        ``dates``, ``export``, ``designer``, ``not sold``, ``not made`` (no price matters); ``blocked`` (no plan with
        these integers has any); ``unpriced`` (the objective is not money).
    bought
        Thousand accelerators shipped to the lab in reported periods.
    running
        Thousand accelerators of it that the lab runs at the end of the reported periods.
    loss
        Million dollars of value that the plan loses if the lab buys none of it; None where nothing is bought, or
        where no plan is left without it.
    entry
        What would bring it in.
    why
        A clause.
    """

    chip: str
    name: str
    designer: str
    standing: Standing
    bought: float
    running: float
    why: str
    loss: float | None = None
    entry: Entry | None = None

    @property
    def row(self) -> Mapping[str, object]:
        """The case as one row of a table, with what would bring the chip in."""
        own = asdict(self)
        entry = own.pop("entry")
        names = [field.name for field in fields(Entry)]
        return {**own, **{name: None if entry is None else entry[name] for name in names}}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a lab's compute by period and workload, thousand H100 equivalents; ``share`` of the workload.

    What is bought as compute, under a contract, stands by the contract's id, with its supplier.
    """

    period: str
    reported: bool
    workload: str
    supplier: str
    chip: str
    kh100e: float
    share: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """The share of a lab's compute in a period that depends on a supplier: see the table ``exposure`` of results."""

    period: str
    kind: str
    supplier: str
    share: float


@dataclass(frozen=True, slots=True)
class FailurePoint:
    """One company or capacity without which nobody could make some of what the lab buys, or serve one of its demands.

    Attributes
    ----------
    kind, id, name
        ``owner`` or ``resource``, its id and its display name.
    share
        Share of the lab's compute in the last reported period that depends on it.
    chips
        Chips that the lab buys and that could not be made at all.
    demands
        Names of the lab's demands that would get nothing new.
    """

    kind: str
    id: str
    name: str
    share: float
    chips: tuple[str, ...]
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a lab's compute stands on.

    Attributes
    ----------
    lab, name
        Id and display name of the lab.
    until
        Last reported period.
    money
        Whether the objective of the plan is in money, so that entry prices have a meaning.
    chips
        Every chip of the instance, bought ones first.
    mix
        Compute by period, workload and chip.
    exposure
        Share of its compute that depends on each supplier, by reported period.
    points
        Single points of failure, the largest share first.
    notes
        What a reader must know.
    """

    lab: str
    name: str
    until: str
    money: bool
    chips: tuple[ChipCase, ...]
    mix: tuple[Share, ...]
    exposure: tuple[Exposure, ...]
    points: tuple[FailurePoint, ...]
    notes: tuple[str, ...] = ()

    @property
    def chip_frame(self) -> pd.DataFrame:
        """One row a chip, with what would bring it in."""
        return frame_of([case.row for case in self.chips])

    @property
    def mix_frame(self) -> pd.DataFrame:
        """One row a period, workload and chip."""
        return frame_of(self.mix, Share)

    @property
    def exposure_frame(self) -> pd.DataFrame:
        """One row a period and supplier."""
        return frame_of(self.exposure, Exposure)

    @property
    def point_frame(self) -> pd.DataFrame:
        """One row a single point of failure."""
        return frame_of(self.points, FailurePoint)

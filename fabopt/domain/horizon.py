"""When the plan begins, how time is cut up, and how money at different dates is compared."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fabopt.domain.base import Frozen, Record, When
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In


class About(Record):
    """What the instance is, for people."""

    title: str = ""
    """Title of the instance."""
    description: str = ""
    """What it models and what it leaves out, in a few sentences."""
    source: str = ""
    """Where the problem was published, for textbook instances."""
    published_optimum: float | None = None
    """Optimal objective value in the publication, in the instance's money unit; tests compare with it."""


class SourceNote(Record):
    """A publication that numbers of the instance come from."""

    title: str
    """Title of the publication."""
    address: str = ""
    """Web address or other place where it can be found; empty where none was kept."""
    as_of: str = ""
    """Date of the publication, as precisely as known."""
    confidence: Literal["high", "medium", "low", "seed", "estimate", ""] = ""
    """How far the figure can be trusted: high (filing, named data set or house), medium, low, seed, estimate."""
    note: str = ""
    """What the source says, or how the figure was derived from it."""


class Horizon(Record):
    """Decision date, periods and discounting (DESIGN, section 3).

    The first period begins at the decision date: nothing is ordered before it and lead times count from it.
    """

    start: When
    """Decision date: first day of the first period (2026Q4, 2026-10-01)."""
    periods: Annotated[int, Field(ge=1, le=600)]
    """Number of periods."""
    period: Literal["week", "month", "quarter", "year"] = "quarter"
    """Length of every period."""
    reported_until: When | None = None
    """Last period that is reported (any date in it); the rest only keeps the end from distorting the plan."""
    discount_rate: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Discount rate per year (10 %)."""
    scanners_whole: Literal["owner-year", "fab-period"] = "owner-year"
    """Whether scanners are whole numbers per owner and calendar year, or per fab and period (slower)."""
    terminal_share: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.25, "1"))
    """Worth of a deployed accelerator at the end of the horizon as a share of what replacing it would cost."""


class Solving(Record):
    """How the instance is solved unless a run says otherwise."""

    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Relative gap at which a plan is good enough (0.005 is half a per cent); absent: by the size of the program."""
    time_limit: Annotated[float, Field(gt=0)] | None = None
    """Seconds for the solver; absent: no limit."""


class Pins(Record):
    """Decisions that are no longer open, by period label: the optimiser keeps them."""

    units: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Orders of units: unit id, then period label, then number ordered."""
    activities: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Levels of activities: activity id, then period label, then level in the activity's unit."""
    retired: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Units retired: unit id, then period label, then number retired."""
    deliveries: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """What demands get: demand id, then period label, then quantity in the demand's unit."""
    stocks: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Stocks at the end of periods: material id, then period label, then quantity in the material's unit."""
    done_until: When | None = None
    """What is pinned before this date is done: capacity from then on is never less than what such work still needs."""

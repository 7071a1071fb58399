"""What the failure of suppliers does to a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the failure of one supplier does.

    Attributes
    ----------
    kind, supplier, name
        Who fails.
    disruption
        Id of the disruption of the instance; empty where it states none for this supplier.
    survive, endless
        Months for which what is delivered holds with the supplier gone, at the least over the dates of failure; and
        whether it holds to the end of the reported periods whenever it fails.
    survive_from
        Label of the period of failure with that least time.
    recover, recover_low, recover_high
        Months to recover, and their range; None where the instance states no time.
    impact, impact_from
        What of the plan's value is lost where it takes so long, at the most over the dates of failure, and the period
        of failure with that most. None where no plan is left.
    lost
        What is not delivered then, in the unit of deliveries.
    short
        Whether demand that is required falls short.
    frequency
        Failures a year; None where none is stated.
    yearly
        Frequency times the mean loss of one failure over drawn dates and durations.
    """

    kind: str
    supplier: str
    name: str
    disruption: str
    survive: float
    endless: bool
    survive_from: str
    recover: float
    recover_low: float | None
    recover_high: float | None
    impact: float | None
    impact_from: str
    lost: float | None
    short: bool
    frequency: float | None = None
    yearly: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Disruptions drawn at random over the reported periods.

    Attributes
    ----------
    draws, seed, years
        How many, their seed, and the time over which each is drawn.
    failures
        Mean number of failures in a draw.
    mean, p50, p90, worst
        What is lost of the plan's value.
    without
        Draws in which a failure leaves no plan at all; they are not among those figures.
    """

    draws: int
    seed: int
    years: float
    failures: float
    mean: float
    p50: float
    p90: float
    worst: float
    without: int


@dataclass(frozen=True)
class Disruptions:
    """What failures of suppliers do to a plan.

    Attributes
    ----------
    plan, unit
        The plan in words, and the unit of its value.
    of, delivered
        Whose deliveries are looked at (empty: everybody's), and in what they are counted.
    value
        Value of the plan.
    how
        What is free when it is planned again.
    exposures
        By supplier, the dearest first.
    drawing
        Of random failures; None where the instance states no frequency.
    notes
        What a reader must know.
    """

    plan: str
    unit: str
    of: str
    delivered: str
    value: float
    how: str
    exposures: tuple[Exposure, ...]
    drawing: Drawing | None
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a supplier."""
        return frame_of(self.exposures, Exposure)

    @property
    def drawing_frame(self) -> pd.DataFrame:
        """One row, or none."""
        return frame_of(() if self.drawing is None else (self.drawing,), Drawing)

"""What draws of the data say of a plan: bands, chances, choke points, and which numbers matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fabopt.analysis.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["stood", "refused", "without plan"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw.

    Attributes
    ----------
    number
        Its number; with the seed all that it depends on.
    status
        ``stood``: it has a plan. ``refused``: it breaks the rules of the instance. ``without plan``: none with the
        integers of the plan, or the solver found none.
    back
        Levers that went back to their values because rules would refuse them.
    objective
        Of its plan, integers held.
    given_way
        Whether orders had to be fewer than in the plan, or limits that contradict each other under the draw gave way.
    figures
        Amounts by series and reported period; None where there is no such number.
    choke, gain
        The limit of which 10 % more earns most, empty where nothing earns anything, and what it earns; of a large
        program what its price promises.
    by_period
        By counted period the limit of which 10 % are worth most there by their price; empty where nothing is.
    published
        What the plan has of each published figure, in the order of the task; None where there is no such number.
    exact, bound
        Of a draw that was solved with all integers free: its objective, and what no plan exceeds.
    """

    number: int
    status: Status
    back: tuple[str, ...] = ()
    objective: float | None = None
    given_way: bool = False
    figures: tuple[tuple[float | None, ...], ...] = ()
    choke: str = ""
    gain: float = 0.0
    by_period: tuple[str, ...] = ()
    published: tuple[float | None, ...] = ()
    exact: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """What a figure is in the plan and over the draws; `period` is empty for a figure of the whole plan."""

    figure: str
    of: str
    unit: str
    period: str
    plan: float | None
    p10: float | None
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Chance:
    """Share of the draws in which a target is reached by a period; a draw without a plan has not reached it."""

    target: str
    of: str
    amount: float
    unit: str
    period: str
    chance: float


@dataclass(frozen=True, slots=True)
class Reached:
    """A published figure (`outcomes` of the instance) over the draws.

    Attributes
    ----------
    id, figure, unit
        The figure and its unit.
    until
        Label of the last period that it covers.
    stated, low, high
        As published.
    plan, p10, p50, p90
        What the plan has, and the draws.
    reached, inside
        Share of all draws that have at least as much, and that are inside its range.
    """

    id: str
    figure: str
    unit: str
    until: str
    stated: float
    low: float
    high: float
    plan: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    reached: float
    inside: float


@dataclass(frozen=True, slots=True)
class ChokeChance:
    """Share of the draws with a plan in which a limit is the choke point; `period` is empty for the whole plan."""

    limit: str
    period: str
    chance: float


@dataclass(frozen=True, slots=True)
class Matter:
    """How the objective goes with a number that is drawn.

    Attributes
    ----------
    lever
        Its path.
    moved
        Draws with a plan in which it moved; in the others rules put it back.
    rank
        Spearman's rank correlation with the objective.
    first
        Sobol index of the first order: share of the variance of the objective that it explains alone.
    low, high
        Ends of the interval that holds the index with a chance of 90 %, by bootstrap; None where it is too small.
    told
        Whether it is more than the largest of all numbers would have by chance.
    """

    lever: str
    moved: int
    rank: float
    first: float
    low: float | None
    high: float | None
    told: bool


@dataclass(frozen=True, slots=True)
class Screening:
    """What holding the integers of the plan costs, in the draws that were solved with all integers free.

    Attributes
    ----------
    draws
        How many.
    mean, worst
        How much more the free integers earn, as a share of what they earn.
    proof
        Largest share by which a still better plan is not excluded.
    """

    draws: int
    mean: float
    worst: float
    proof: float


@dataclass(frozen=True)
class MonteCarlo:
    """Draws of the data of a plan.

    Attributes
    ----------
    plan, objective, unit
        The plan in words, its objective and the unit of that.
    asked, seed
        Draws that were asked for, and their seed.
    numbers
        How many numbers are drawn.
    periods
        Labels of the periods that are reported.
    draws
        Those that are finished, by number.
    bands, chances, published, chokes, matters, screening
        What they say.
    by_gain
        Whether the choke point of the whole is told by what 10 % more earns; else by its price.
    by_chance
        Index of the first order that the largest of the numbers would have by chance.
    input_hash
        Of the instance's data.
    """

    plan: str
    objective: float
    unit: str
    asked: int
    seed: int
    numbers: int
    periods: tuple[str, ...]
    draws: tuple[Drawn, ...]
    bands: tuple[Band, ...]
    chances: tuple[Chance, ...]
    published: tuple[Reached, ...]
    chokes: tuple[ChokeChance, ...]
    matters: tuple[Matter, ...]
    by_gain: bool = True
    by_chance: float = 0.0
    screening: Screening | None = None
    input_hash: str = ""

    @property
    def stood(self) -> tuple[Drawn, ...]:
        """The draws that have a plan."""
        return tuple(draw for draw in self.draws if draw.status == "stood")

    @property
    def complete(self) -> bool:
        """Whether all draws are finished."""
        return len(self.draws) == self.asked

    @property
    def band_frame(self) -> pd.DataFrame:
        """One row a figure and period."""
        return frame_of(self.bands, Band)

    @property
    def chance_frame(self) -> pd.DataFrame:
        """One row a target and period."""
        return frame_of(self.chances, Chance)

    @property
    def published_frame(self) -> pd.DataFrame:
        """One row a published figure."""
        return frame_of(self.published, Reached)

    @property
    def choke_frame(self) -> pd.DataFrame:
        """One row a limit and period."""
        return frame_of(self.chokes, ChokeChance)

    @property
    def matter_frame(self) -> pd.DataFrame:
        """One row a number."""
        return frame_of(self.matters, Matter)

    @property
    def draw_frame(self) -> pd.DataFrame:
        """One row a draw."""
        names = ("number", "status", "objective", "given_way", "choke", "gain", "exact", "bound")
        return frame_of([{name: getattr(d, name) for name in names} | {"put_back": len(d.back)} for d in self.draws])

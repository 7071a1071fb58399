"""What moving the decision date tells: frozen records with frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import frame_of
from fabopt.domain.tolerances import SHOWN

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Outcome:
    """How good a plan is: status, objective, bound and gap; None without a plan."""

    status: str
    objective: float | None
    bound: float | None
    gap: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A decision that is another in another plan.

    Attributes
    ----------
    kind
        ``order`` of a period (retirements negative); ``starts``: work started before the date, all periods together;
        ``followed``: what was not as planned before the date, because of what happened; ``shipped``: deliveries of a
        period.
    id, name, owner, what
        Of the unit or activity, and what is done (order, build, stage).
    period
        Label of the period; empty for starts.
    held, free
        In the plan that keeps to what was decided, and in the other one, in ``unit``.
    """

    kind: str
    id: str
    name: str
    owner: str
    what: str
    period: str
    held: float
    free: float
    unit: str

    @property
    def change(self) -> float:
        """What the other plan has more."""
        return self.free - self.held


@dataclass(frozen=True, slots=True)
class Opening:
    """Something that is there at the new decision date.

    Attributes
    ----------
    kind
        ``stock``; ``in work``: started before, lands at or after the date; ``fleet``: accelerators that ran
        in the period before, and those on their way to a site; ``on order``: ordered before, acts at or after the date.
    id, name, owner
        Of the material or unit.
    quantity, unit
        How much.
    """

    kind: str
    id: str
    name: str
    owner: str
    quantity: float
    unit: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A capacity that is counted as more than it is in a period, so that work started before the date is finished."""

    id: str
    name: str
    owner: str
    period: str
    more: float
    unit: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that is told of the past, beside what the plan had.

    Attributes
    ----------
    what, name, period
        The measure, or ``number`` for a number of the instance; what it is of; label of its period.
    planned, happened, unit
        What the plan had and what happened.
    worth
        What the difference is worth to all parties at the prices of the plan before, at the margin: of a measure what
        is made, added or delivered more (less: negative), before what that costs; of a number what the plan as carried
        out is worth more. None where prices are no money, or a number changes what can be decided.
    source
        Where it is known from, or where it was written.
    """

    what: str
    name: str
    period: str
    planned: float
    happened: float
    unit: str
    worth: float | None
    source: str

    @property
    def change(self) -> float:
        """By how much more happened than was planned."""
        return self.happened - self.planned

    @property
    def share(self) -> float | None:
        """The same as a share of what was planned; None where nothing was."""
        return self.change / self.planned if self.planned else None

    @property
    def off(self) -> bool:
        """Whether it was not as planned; what looks the same on paper was."""
        return abs(self.change) > SHOWN * max(abs(self.happened), abs(self.planned))


@dataclass(frozen=True, slots=True)
class Unused:
    """Something that is told of the past and cannot be used, and why."""

    what: str
    name: str
    period: str
    why: str


@dataclass(frozen=True, slots=True)
class Roll:
    """A plan whose decision date has moved.

    Attributes
    ----------
    name, to
        The instance, and the label of the first period that is open.
    objective_name, unit, sign
        The objective, its unit, and -1 where less is better.
    before, held, free
        The plan as it was; the best one that keeps to what was decided before the date; the best one of the same data
        if all could be decided again.
    regrets
        Commitments that would be others if all could be decided again, orders first.
    next
        Orders from the date on that are not those of the plan as it was (``held``: the new plan, ``free``: the old).
    opening
        What is there at the date.
    inputs
        Numbers that are not those of the plan as it was, as (lever, before, after).
    throughout
        Those of them that cannot vary over time, and so hold before the date too.
    raised
        Capacities from the date on that are raised for work that was started before it.
    charged
        What changed orders were charged in the choice of the new plan; it stands in no value here.
    told
        Whether actuals were given; without them all counts as planned.
    actuals, unused
        What is told of the past beside what was planned, and what of it could not be used.
    followed
        What else was not as planned because of it (``held``: as it counts now, ``free``: as planned).
    pushed
        Deliveries from the date on that are not those of the plan as it was (``held``: now, ``free``: before).
    """

    name: str
    to: str
    objective_name: str
    unit: str
    sign: float
    before: Outcome
    held: Outcome
    free: Outcome
    regrets: tuple[Changed, ...] = ()
    next: tuple[Changed, ...] = ()
    opening: tuple[Opening, ...] = ()
    inputs: tuple[tuple[str, str, str], ...] = ()
    throughout: tuple[str, ...] = ()
    raised: tuple[Raised, ...] = ()
    charged: float = 0.0
    told: bool = False
    actuals: tuple[Happened, ...] = ()
    unused: tuple[Unused, ...] = ()
    followed: tuple[Changed, ...] = ()
    pushed: tuple[Changed, ...] = ()

    @property
    def lost(self) -> float | None:
        """What the plan is worth less than it was, for all that is new: what happened, and other numbers; None without
        both.
        """
        if self.before.objective is None or self.held.objective is None:
            return None
        return self.sign * (self.before.objective - self.held.objective)

    @property
    def regret(self) -> float | None:
        """What the plan found with all free is worth more than the one held; None without both."""
        if self.free.objective is None or self.held.objective is None:
            return None
        return max(self.sign * (self.free.objective - self.held.objective), 0.0)

    @property
    def regret_range(self) -> tuple[float, float] | None:
        """Least and greatest regret that the bounds of both plans leave open; None without both."""
        if self.free.objective is None or self.held.objective is None:
            return None
        held_bound = self.held.objective if self.held.bound is None else self.held.bound
        free_bound = self.free.objective if self.free.bound is None else self.free.bound
        low = self.sign * (self.free.objective - held_bound)
        return max(low, 0.0), max(self.sign * (free_bound - self.held.objective), 0.0)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a commitment that would be another if all could be decided again."""
        return _frame(self.regrets)

    @property
    def next_frame(self) -> pd.DataFrame:
        """One row an order from the date on that is not that of the plan as it was."""
        return _frame(self.next)

    @property
    def opening_frame(self) -> pd.DataFrame:
        """One row something that is there at the new decision date."""
        return frame_of(self.opening)

    @property
    def actuals_frame(self) -> pd.DataFrame:
        """One row something that is told of the past."""
        return frame_of([{**asdict(row), "change": row.change, "share": row.share} for row in self.actuals])

    @property
    def followed_frame(self) -> pd.DataFrame:
        """One row something that was not as planned because of what is told."""
        return _frame(self.followed)

    @property
    def pushed_frame(self) -> pd.DataFrame:
        """One row a delivery from the date on that is not that of the plan as it was."""
        return _frame(self.pushed)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {**asdict(self), "regret": self.regret, "regret_range": self.regret_range}


def _frame(rows: Sequence[Changed]) -> pd.DataFrame:
    return frame_of([{**asdict(row), "change": row.change} for row in rows])

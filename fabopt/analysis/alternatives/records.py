"""What is known of the plans that are nearly as good: frozen records with frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from fabopt.analysis.frames import frame_of, plain
from fabopt.plan.problem import Interval

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["must", "may", "never", "open"]
"""In all of the plans, in some and not in others, in none; ``open``: what was proven does not tell."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The least and the most of something in all plans that are nearly as good.

    Attributes
    ----------
    kind, id, name, what, unit, owner
        As of :class:`~fabopt.analysis.alternatives.measures.Measure`.
    now
        In the plan.
    least
        The least: proven to be no less than ``lo``; a plan with ``hi`` was found.
    most
        The most: a plan with ``lo`` was found; proven to be no more than ``hi``.
    """

    kind: str
    id: str
    name: str
    what: str
    unit: str
    owner: str
    now: float
    least: Interval
    most: Interval

    @property
    def verdict(self) -> Verdict:
        """Whether all of the plans have some of it, or some, or none."""
        if self.least.lo > 0.0:
            return "must"
        if self.most.hi <= 0.0:
            return "never"
        return "may" if self.least.hi <= 0.0 < self.most.lo else "open"


@dataclass(frozen=True, slots=True)
class Change:
    """An order or contract of which another plan has more or less."""

    id: str
    name: str
    what: str
    unit: str
    now: float
    there: float


@dataclass(frozen=True, slots=True)
class Other:
    """Another plan that is nearly as good.

    Attributes
    ----------
    how
        What makes it: ``differs most``, or ``least`` of the member that the plan has most of.
    objective
        Its worth.
    there
        What it has of each member of the mix.
    moved
        Share of the plan's total that is elsewhere in it: half the sum of all differences.
    bound
        What no plan's ``moved`` exceeds.
    changes
        Orders and contracts in which it differs.
    """

    how: str
    objective: float
    there: tuple[float, ...]
    moved: float
    bound: float
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """Chips, suppliers of a kind, or owners, and how far plans that are nearly as good differ in them."""

    kind: str
    unit: str
    members: tuple[Spread, ...]
    others: tuple[Other, ...]

    @property
    def total(self) -> float:
        """What all members come to in the plan."""
        return sum(member.now for member in self.members)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The plans that are within a share of the best.

    Attributes
    ----------
    name, held
        The instance, and in words the plan.
    objective, objective_name, unit
        Of the plan, what it is, and its unit.
    within
        Share of the objective, without what stands whatever is planned, that a plan may be worse.
    allowed
        The same in the unit of the objective.
    exact
        Whether integers were searched in full; otherwise what is proven is proven with fractions for them, and
        plans were found by moving the integers of one thing at a time.
    until
        Label of the last period whose orders count; empty: all.
    spreads
        Orders and contracts.
    mixes
        By kind of supplier.
    left_out
        What time did not allow.
    """

    name: str
    held: str
    objective: float
    objective_name: str
    unit: str
    within: float
    allowed: float
    exact: bool
    until: str
    spreads: tuple[Spread, ...]
    mixes: tuple[Mix, ...]
    left_out: tuple[str, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """One row an order or contract: now, least and most as found and as proven, verdict."""
        return frame_of([_row(s) for s in self.spreads])

    @property
    def shares(self) -> pd.DataFrame:
        """One row a member of a mix: now, least and most, and what each other plan has of it."""
        rows = []
        for mix in self.mixes:
            for i, member in enumerate(mix.members):
                rows.append({**_row(member), **{other.how: other.there[i] for other in mix.others}})
        return frame_of(rows)

    @property
    def changes(self) -> pd.DataFrame:
        """One row an order or contract in which another plan differs."""
        return frame_of(
            [
                {"mix": mix.kind, "plan": other.how, "objective": other.objective, **asdict(change)}
                for mix in self.mixes
                for other in mix.others
                for change in other.changes
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        record: dict[str, Any] = plain(self)
        for row, spread in zip(record["spreads"], self.spreads, strict=True):
            row["verdict"] = spread.verdict
        return record


def _row(s: Spread) -> Mapping[str, object]:
    return {
        "kind": s.kind,
        "id": s.id,
        "name": s.name,
        "what": s.what,
        "unit": s.unit,
        "owner": s.owner,
        "now": s.now,
        "least": s.least.hi,
        "most": s.most.lo,
        "least_proven": s.least.lo,
        "most_proven": s.most.hi,
        "verdict": s.verdict,
    }

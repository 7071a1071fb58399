"""What a tornado has found: frozen records with frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from fabopt.analysis.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

GAVE_UP = "solver gave up"
"""How an end ended for which the solver found no answer; its note says more."""

Basis = Literal["held", "whole"]
"""How ends were solved: integers as in the plan, or free to move."""


@dataclass(frozen=True, slots=True)
class NumberSlope:
    """What one number is worth by the adjoint.

    Attributes
    ----------
    path, unit
        Its lever, and the unit of value, low and high.
    value, low, high
        The number and its range; of a series those of its first point with a range.
    series
        Whether it is a series.
    quality
        ``published``: its range was; ``assumed``: it is a share of the number by how sure its source is.
    source
        Ids of its sources, empty for an assumption.
    at_low, at_high
        Change of the objective over the whole way to each end, if the value were a straight line; None where the
        smallest movement is no small change, for the ``reason``.
    checked
        Whether the slopes of both sides were found by solving again; otherwise each is some slope between the two.
    kink
        Whether the two sides were found to differ.
    reason
        Why there is no slope, or empty.
    """

    path: str
    unit: str
    value: float
    low: float
    high: float
    series: bool
    quality: str
    source: str
    at_low: float | None
    at_high: float | None
    checked: bool = False
    kink: bool = False
    reason: str = ""

    @property
    def per_unit(self) -> tuple[float | None, float | None]:
        """Change of the objective for one unit less and for one unit more, None where there is no such side."""
        down, up = self.value - self.low, self.high - self.value
        return (
            None if self.at_low is None or not down else self.at_low / down,
            None if self.at_high is None or not up else self.at_high / up,
        )


@dataclass(frozen=True, slots=True)
class EndValue:
    """A number at one end of its range, solved again.

    Attributes
    ----------
    share
        Share of the way to the end that the rules of the instance allow; 0 where they allow none.
    value
        The number there.
    objective, change
        Of the best plan found, and against the plan's own; None without a plan.
    bound
        What no plan can exceed there, where integers were free to move; else None.
    choke
        Limit of which 10 % more earns most there; empty where none earns anything, or without a plan.
    ended
        How the solver ended.
    note
        What a reader must know: what the rules refuse, that the structure changed.
    regret
        What plans with other integers would earn more there, beyond what they might earn already as things are;
        None where that was not found.
    """

    share: float
    value: float
    objective: float | None
    change: float | None
    bound: float | None
    choke: str
    ended: str
    note: str
    regret: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the tornado: a number at both ends of its range.

    Attributes
    ----------
    number
        The number and its slopes.
    low, high
        Its ends; None where its value is that end.
    information
        What it would be worth to know the number before the plan's integers are decided.
    """

    number: NumberSlope
    low: EndValue | None
    high: EndValue | None
    information: float

    @property
    def span(self) -> float:
        """The larger change of both ends; ends without a plan come first, those that are not known count nothing."""
        ends = [e for e in (self.low, self.high) if e is not None and e.share > 0 and e.ended != GAVE_UP]
        return max((float("inf") if e.change is None else abs(e.change) for e in ends), default=0.0)


@dataclass(frozen=True, slots=True)
class Tornado:
    """What the numbers of an instance are worth.

    Attributes
    ----------
    name, held
        The instance, and in words the plan.
    objective, objective_name, unit
        Of the plan, what it is, and its unit.
    choke
        The plan's choke point: the limit of which 10 % more earns most.
    basis
        How the ends were solved.
    bars
        Widest first.
    slopes
        Every number with a range, those that move the objective most first.
    steps
        Seconds by step.
    notes
        What a reader must know.
    """

    name: str
    held: str
    objective: float
    objective_name: str
    unit: str
    choke: str
    basis: Basis
    bars: tuple[Bar, ...]
    slopes: tuple[NumberSlope, ...]
    steps: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a bar, widest first."""
        return frame_of([_bar_row(bar) for bar in self.bars])

    @property
    def numbers(self) -> pd.DataFrame:
        """One row a number with a range: value, range, provenance, and what it is worth by the adjoint."""
        rows = []
        for s in self.slopes:
            less, more = s.per_unit
            rows.append({**asdict(s), "per_unit_less": less, "per_unit_more": more})
        return frame_of(rows)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "name": self.name,
            "held": self.held,
            "objective": self.objective,
            "objective_name": self.objective_name,
            "unit": self.unit,
            "choke": self.choke,
            "basis": self.basis,
            "bars": [asdict(bar) for bar in self.bars],
            "numbers": [asdict(s) for s in self.slopes],
            "steps": dict(self.steps),
            "notes": list(self.notes),
        }


def _bar_row(bar: Bar) -> dict[str, object]:
    n = bar.number
    row: dict[str, object] = {
        "lever": n.path, "unit": n.unit, "value": n.value, "low": n.low, "high": n.high, "quality": n.quality,
        "source": n.source,
    }  # fmt: skip
    for side, end, line in (("low", bar.low, n.at_low), ("high", bar.high, n.at_high)):
        row |= {
            f"change_{side}": None if end is None else end.change,
            f"line_{side}": line,
            f"share_{side}": None if end is None else end.share,
            f"choke_{side}": "" if end is None else end.choke,
            f"ended_{side}": "" if end is None else end.ended,
            f"note_{side}": "" if end is None else end.note,
        }
    return row | {"kink": n.kink, "information": bar.information}

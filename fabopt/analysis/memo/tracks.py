"""What is known of a recommendation while its flip points are searched, and the arithmetic of the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.records import Amount, Assumption, Flip
from fabopt.analysis.memo.weighing import Line
from fabopt.analysis.sensitivity.numbers import End
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.network.tables import Array

CHOKE = "choke"
"""Id of the recommendation that is the first choke point."""

Why = Literal["time", "structure", "no plan", "slight", "level"]
"""Why a flip point was not searched to the end: time was up; other decisions are possible where the number moves; no
plan has these integers where it moves, or the solver finds none; the recommendation rests on no more than the
tolerance as things are; by the prices of both plans the number takes worth from it to neither side."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A flip point that was not searched to the end: lever, its name, id of the recommendation, and why."""

    path: str
    name: str
    recommendation: str
    why: Why


@dataclass(frozen=True, slots=True)
class Flips:
    """Flip points by assumption, then by recommendation; and what was not searched to the end."""

    found: tuple[Flip, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class Track:
    """A recommendation along a number to one side: where it still stands, what it is worth there, where it has turned.

    ``slope`` is the change of its worth for one unit towards that side, ``estimate`` where it turns by the slope.
    """

    id: str
    end: End
    at: float
    worth: float
    slope: float = np.nan
    turned: float | None = None
    estimate: float | None = None
    to: str = ""
    why: Why | None = None

    @property
    def open(self) -> bool:
        """Whether it is searched further."""
        return self.turned is None and self.why is None


@dataclass(slots=True)
class Task:
    """An assumption with its tracks."""

    assumption: Assumption
    line: Line
    tracks: list[Track]

    def side(self, end: End, choke: bool) -> list[Track]:
        """Return the tracks to a side that are searched further: of signatures, or of the choke point."""
        return [t for t in self.tracks if t.end == end and t.open and (t.id == CHOKE) == choke]


def left_out(task: Task, ids: Sequence[str]) -> Iterator[LeftOut]:
    """Yield what was not searched to the end, each recommendation once for each reason."""
    for id in ids:
        mine = [track for track in task.tracks if track.id == id]
        reasons: list[Why] = [track.why for track in mine if track.why is not None] if mine else ["level"]
        for why in dict.fromkeys(reasons):
            yield LeftOut(task.assumption.path, task.assumption.name, id, why)


def next_value(a: float, b: float, over: float, slope: float, close: float, guessed: bool) -> tuple[float, bool]:
    """Return the next value between one at which it stands and one at which it has turned, and whether by the slope.

    The slope's value is taken a little further on, and where it has turned, one a little before is next: where the
    worth is a straight line, the two enclose the point at once.
    """
    if guessed:
        return max(b - 0.99 * close, 0.5 * (a + b)), False
    t = falls(a, over, slope) + 0.25 * close
    return (t, True) if a < t < b else (0.5 * (a + b), False)


def rounded(value: float) -> float:
    """Return a value with as many digits as programs that are solved from different bases agree in."""
    return float(f"{value:.6g}")


def falls(a: float, over: float, slope: float) -> float:
    """Return where a straight line falls to zero; infinity where it does not, or is none."""
    return float(a - over / slope) if slope < 0 and np.isfinite(over) else np.inf


def distance(at: float, low: float, high: float, now: float, origin: str) -> Amount | None:
    """Return how far a value lies beyond the nearest end of a range, as a share of the number; negative inside."""
    return Amount(max(low - at, at - high) / abs(now), "share", origin) if now else None


def instead(id: str, others: Sequence[Forbidden], before: Array, after: Array, nothing: Array) -> str:
    """Return the id of what a plan has more of than another, most in its amount, among what is of the same kind.

    Parameters
    ----------
    id
        What it takes the place of.
    others
        What may.
    before, after
        Both plans [columns].
    nothing
        Amount of each column up to which there is none [columns].
    """
    kinds = {o.kind for o in others if o.id == id}
    gains = {o: o.amount(after) - o.amount(before) for o in others if o.id != id and o.kind in kinds}
    best = max(gains, key=lambda one: gains[one], default=None)
    return best.id if best is not None and gains[best] > nothing[best.columns].max(initial=0.0) else ""


def labels_of(tornado: Tornado | None) -> dict[tuple[str, End], tuple[float, str]]:
    """Return where a tornado found which choke point: value and label by lever and end."""
    labels: dict[tuple[str, End], tuple[float, str]] = {}
    for bar in tornado.bars if tornado is not None and tornado.basis == "held" else ():
        for end, value in (("low", bar.low), ("high", bar.high)):
            if value is not None and value.share > 0 and value.objective is not None:
                labels[bar.number.path, end] = value.value, value.choke  # type: ignore[index]
    return labels

"""States from draws: a few draws of the data that stand for many, with probabilities, as a section ``states``."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from fabopt.analysis.draws.engine import Quantiles, Spread, couplings, moved, quantiles, spreads, values_at
from fabopt.analysis.draws.reduction import reduced
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.io.folder import yaml_text
from fabopt.io.shape import kinds_at, locate
from fabopt.io.tree import Tree
from fabopt.network.lowering.builder import make_periods
from fabopt.network.tables import Array


@dataclass(frozen=True, slots=True)
class DrawnState:
    """A draw that stands for others: its number, share of all, and the levers that a rule put back to their value."""

    name: str
    draw: int
    probability: float
    put_back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnStates:
    """States that stand for draws.

    Attributes
    ----------
    name, seed, draws, since
        The instance, the seed, how many draws, and the date from which a state is known.
    states
        Those that were kept.
    distance, relative
        Kantorovich distance of them to all draws, in mean spreads of the numbers, and its share of that of the best
        single draw.
    levers
        Numbers that are drawn.
    still
        Numbers with a range that cannot vary over time: a state cannot change them from a date on, so they stand.
    section
        The section ``states`` that says it.
    """

    name: str
    seed: int
    draws: int
    since: str
    states: tuple[DrawnState, ...]
    distance: float
    relative: float
    levers: tuple[str, ...]
    still: tuple[str, ...]
    section: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The section as a file that an instance can include, and that `solve --states` takes."""
        return yaml_text({"states": dict(self.section)})


def drawn_states(
    tree: Tree, data: Instance, name: str, draws: int, keep: int, since: str = "", seed: int = 0,
    levers: Sequence[str] = (),
) -> DrawnStates:  # fmt: skip
    """Return states that stand for draws of an instance.

    Parameters
    ----------
    tree, data, name
        The instance.
    draws, keep
        How many draws are made, and how many of them are kept.
    since
        Label of the period from which it is known which state came; the second one when left out.
    seed
        Seed of the draws: the same gives the same states.
    levers
        Numbers that are drawn; all with a range when left out.

    Raises
    ------
    StudyError
        When there are no such draws, period or numbers, or a draw that is kept is no instance.
    """
    if not 1 <= keep <= draws:
        raise StudyError(f"Of {draws} draws 1 to {draws} can be kept, not {keep}.")
    periods = make_periods(data)[1]
    known = next((p for p in periods[1:] if p.label == (since or periods[min(1, len(periods) - 1)].label)), None)
    if known is None:
        raise StudyError(
            f"No period after the first is called {since[:40]!r}: states are known from one of "
            f"{periods[min(1, len(periods) - 1)].label} to {periods[-1].label}."
        )
    drawn, still = _chosen(tree, data, levers)
    coupled = couplings(data, drawn)
    made = [quantiles(drawn, seed, number, coupled) for number in range(draws)]
    few = reduced(_points(data, drawn, made), keep)
    states, section = [], dict[str, Any]()
    whole = math.fsum(few.weights)
    for number, weight in zip(few.kept, few.weights, strict=True):
        if weight == 0.0:  # as another that is kept
            continue
        state, overlay = _state(tree, data, drawn, made[number], number, weight / whole, known.start)
        states.append(state)
        section[state.name] = overlay
    paths = tuple(spread.path for spread in drawn)
    return DrawnStates(name, seed, draws, known.label, tuple(states), few.distance, few.relative, paths, still, section)


def _chosen(tree: Tree, data: Instance, levers: Sequence[str]) -> tuple[tuple[Spread, ...], tuple[str, ...]]:
    """Return the numbers that are drawn, and those that have a range and cannot vary over time."""
    every = spreads(tree, data)
    known = [spread.path for spread in every]
    for path in levers:
        if path not in known:
            near = difflib.get_close_matches(path, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "'fabopt show INSTANCE' lists numbers with their ranges."
            raise StudyError(f"There is no number {path[:80]!r} with a range that is drawn; {hint}")
    wanted = [spread for spread in every if not levers or spread.path in levers]
    may = [spread for spread in wanted if _varies(tree, spread.path)]
    if not may:
        raise StudyError("No number that is drawn may vary over time, so a state can change none from a date on.")
    return tuple(may), tuple(spread.path for spread in wanted if spread not in may)


def _varies(tree: Tree, path: str) -> bool:
    return any(k.quantity and k.quantity.series for k in kinds_at(Instance, locate(Instance, tree.raw, path)))


def _points(data: Instance, drawn: Sequence[Spread], made: Sequence[Quantiles]) -> Array:
    """Return each draw as a point: deviations from the mean in units of their spread, which add up to 1."""
    rows = []
    for at in made:
        values = values_at(data, drawn, at)
        rows.append([_first(values[spread.path]) for spread in drawn])
    points = np.array(rows)
    spread = points.std(axis=0)
    moves = spread > 0.0
    scaled = (points[:, moves] - points[:, moves].mean(axis=0)) / spread[moves]
    return np.asarray(scaled / math.sqrt(max(int(moves.sum()), 1)))


def _first(value: Mapping[str, Any]) -> float:
    """Return a number, or the largest of a series, which is drawn at one quantile in all its points."""
    if "value" in value:
        return float(value["value"])
    (points,) = (one for key, one in value.items() if key not in ("unit", "before"))
    return float(max(points.values()))


def _state(
    tree: Tree, data: Instance, drawn: Sequence[Spread], at: Quantiles, number: int, share: float, known: date
) -> tuple[DrawnState, dict[str, Any]]:
    valid = moved(tree, data, drawn, at)
    if valid is None:
        raise StudyError(f"Draw {number} is refused by the rules of the instance, whatever is put back of it.")
    _, back = valid
    values = values_at(data, drawn, {path: q for path, q in at.items() if path not in back})
    state = DrawnState(f"draw-{number}", number, share, tuple(sorted(back)))
    return state, {"probability": share, "from": str(known), "set": values}

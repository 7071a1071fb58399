"""Phase diagrams: on a grid over two numbers, the objective and the choke point, whole numbers held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.choke.frames import frame_of
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.value_function import interval_of
from fabopt.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Cell:
    """A point of a phase diagram: objective and choke point at two values; no objective where there is no plan."""

    x: float
    y: float
    objective: float | None
    choke: str
    note: str


@dataclass(frozen=True, slots=True)
class Phases:
    """Which limit is the choke point where, against two numbers, whole numbers held.

    Attributes
    ----------
    x, y
        Lever paths.
    units
        Their units.
    here
        Their values in the instance.
    money
        Unit of the objective.
    cells
        By x, then y.
    sources
        Ids of the sources of both; empty for an assumption.
    """

    x: str
    y: str
    units: tuple[str, str]
    here: tuple[float, float]
    money: str
    cells: tuple[Cell, ...]
    sources: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def frame(self) -> pd.DataFrame:
        """One row a cell."""
        return frame_of(
            [
                {"x": c.x, "y": c.y, "objective": c.objective, "choke": c.choke, "note": c.note}
                for c in self.cells
            ]
        )  # fmt: skip


def phases(
    ends: Ends,
    x: str,
    y: str,
    steps: int = 9,
    limits: tuple[tuple[float | None, float | None], tuple[float | None, float | None]] = ((None, None), (None, None)),
    money: str = "",
) -> Phases:
    """Return which limit is the choke point where, on a grid over two numbers.

    Parameters
    ----------
    ends
        The instance and its plan.
    x, y
        The levers.
    steps
        Values of each, at equal distances with both ends.
    limits
        From where to where each is followed; its range when left out.
    money
        Unit of the objective.

    Raises
    ------
    StudyError
        If both are the same or shares of one whole, or as for :func:`value_function`.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest.
    """
    if x == y:
        raise StudyError(f"A phase diagram needs two numbers; both are {x}.")
    numbers = ends.numbers
    if numbers.one_whole(x, y):
        raise StudyError(f"{x} and {y} are shares of one whole: one cannot move without the other.")
    grids = [np.linspace(*interval_of(numbers, p, *limits[i]), steps) for i, p in enumerate((x, y))]
    cells = []
    for at in grids[0].tolist():
        for up in grids[1].tolist():
            data = numbers.set_both({x: at, y: up})
            if isinstance(data, str):
                cells.append(Cell(at, up, None, "", data))
                continue
            answer = ends.held(data)
            note = "" if answer.objective is not None else "no plan has these whole numbers there"
            cells.append(Cell(at, up, answer.objective, ends.first(answer, data), note))
    quantities = [numbers.quantity(p) for p in (x, y)]
    return Phases(
        x=x,
        y=y,
        units=(quantities[0].unit, quantities[1].unit),
        here=(quantities[0].value, quantities[1].value),
        money=money,
        cells=tuple(cells),
        sources=(tuple(quantities[0].source), tuple(quantities[1].source)),
    )

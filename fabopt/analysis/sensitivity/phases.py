"""Phase diagrams: on a grid over two numbers, the objective and the choke point, integers held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.frames import frame_of
from fabopt.analysis.sensitivity.dial import Dial, Limits, dials_of
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd


NO_TIME = "there was no time to solve it"


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
    """Which limit is the choke point where, against two numbers, integers held.

    Attributes
    ----------
    x, y
        The levers, the number by which each is moved with its unit, and from where to where.
    money
        Unit of the objective.
    cells
        By x, then y.
    sources
        Ids of the sources of both; empty for an assumption.
    """

    x: Dial
    y: Dial
    money: str
    cells: tuple[Cell, ...]
    sources: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def frame(self) -> pd.DataFrame:
        """One row a cell, with the levers and the units of the numbers by which they are moved."""
        both = {"x_lever": self.x.path, "x_unit": self.x.unit, "y_lever": self.y.path, "y_unit": self.y.unit}
        return frame_of(
            [
                {"x": c.x, "y": c.y, "objective": c.objective, "choke": c.choke, "note": c.note, **both}
                for c in self.cells
            ]
        )  # fmt: skip


def phases(
    ends: Ends,
    x: str,
    y: str,
    steps: int = 9,
    limits: tuple[Limits, Limits] = ((None, None), (None, None)),
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
        From where to where each is followed, as for :func:`value_function`.
    money
        Unit of the objective.

    Raises
    ------
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended it before a cell was solved.
    StudyError
        If both are the same or shares of one whole, or as for :func:`value_function`.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest.
    """
    if x == y:
        raise StudyError(f"A phase diagram needs two numbers; both are {x}.")
    numbers = ends.numbers
    across, upwards = dials_of(numbers, dict(zip((x, y), limits, strict=True)))
    grids = [np.linspace(dial.low, dial.high, steps) for dial in (across, upwards)]
    cells = []
    for at in grids[0].tolist():
        for up in grids[1].tolist():
            data = numbers.set({x: across.setting(at), y: upwards.setting(up)})
            if isinstance(data, str):
                cells.append(Cell(at, up, None, "", data))
                continue
            cell = Cell(at, up, None, "", NO_TIME)
            with ends.budget.attempt("the rest of the map"):
                answer = ends.held(data)
                note = "" if answer.objective is not None else "no plan has these integers there"
                cell = Cell(at, up, answer.objective, ends.first(answer, data), note)
            cells.append(cell)
    if not any(cell.note != NO_TIME for cell in cells):
        raise ends.budget.out_of_time(f"the choke point against {x} and {y}")
    first, second = (tuple(numbers.quantity(p).source) for p in (x, y))
    return Phases(x=across, y=upwards, money=money, cells=tuple(cells), sources=(first, second))

"""Where a number comes from: cells of a result's table, named so that they can be looked up again.

``domain/power[lab=openai, period=2030Q4].used`` is the sum of the column ``used`` over the rows of the table in which
``lab`` is ``openai`` and ``period`` is ``2030Q4``. ``period=2027Q1..2027Q4`` stands for all periods from one to the
other, ``id=a|b`` for either, ``reported=yes`` for periods that are reported. ``.price by quantity`` is the mean of a
column weighted by another. A number is never written beside its origin: it is computed from it, here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.memo.records import Amount, Unit
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

BY_PERIOD = ("period", "effective")
"""Columns that hold labels of periods, of which a filter may name a stretch."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A column of a result's table over the rows that fit.

    Attributes
    ----------
    table
        Its name, ``domain/power``.
    where
        Columns with the value that each must have.
    column
        What is summed.
    by
        Where not empty, the column by which the mean is weighted that stands in the place of the sum.
    """

    table: str
    where: tuple[tuple[str, str], ...]
    column: str
    by: str = ""

    def __str__(self) -> str:
        """Return the origin as it is written."""
        where = ", ".join(f"{name}={value}" for name, value in self.where)
        return f"{self.table}[{where}].{self.column}" + (f" by {self.by}" if self.by else "")

    def rows(self, read: Read) -> pd.DataFrame:
        """Return the rows that fit."""
        frame = read(self.table)
        for name, value in self.where:
            frame = frame[_fits(frame, name, value, read)]
        return frame

    def value(self, read: Read) -> float:
        """Return the sum, or the weighted mean (NaN where there is no weight)."""
        rows = self.rows(read)
        if not self.by:
            return float(rows[self.column].sum())
        weight = float(rows[self.by].sum())
        return float((rows[self.column] * rows[self.by]).sum()) / weight if weight else float("nan")


def cells(table: str, column: str, by: str = "", **where: str) -> Cells:
    """Return cells of a table; the filters are given by name."""
    return Cells(table, tuple(where.items()), column, by)


def amount(cells: Cells, unit: Unit, read: Read) -> Amount:
    """Return what cells of a table come to, as a number that a memo may print."""
    return Amount(cells.value(read), unit, str(cells))


def _fits(frame: pd.DataFrame, name: str, value: str, read: Read) -> np.ndarray:
    if name == "reported":
        return np.asarray(frame[name] == (value == "yes"))
    if name in BY_PERIOD and ".." in value:
        labels = read("core/periods")["period"].astype(str).tolist()
        first, last = (labels.index(label) for label in value.split(".."))
        return np.asarray(frame[name].isin(labels[first : last + 1]))
    return np.asarray(frame[name].astype(str).isin(value.split("|")))

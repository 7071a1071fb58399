"""What of a plan or a price is rounding: the one place where studies ask, by :mod:`fabopt.domain.tolerances`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fabopt.domain.tolerances import COUNTS, SAME
from fabopt.network.tables import Array

if TYPE_CHECKING:
    from fabopt.solve.matrices import Matrices
    from fabopt.solve.session import HighsSession


def halfway(a: Array, middle: Array, b: Array) -> bool:
    """Return whether finite numbers lie half-way between those of two others, but for rounding."""
    off = np.abs(middle - (a + b) / 2)
    return bool(np.all(off <= SAME * np.maximum(np.abs(a), np.abs(b))))


def size_of(program: Matrices, x: Array) -> float:
    """Return the sum of the sizes that the value of a plan [columns] is added up from."""
    return abs(program.offset) + float(np.abs(program.cost) @ np.abs(x))


def priceless(session: HighsSession) -> tuple[Array, Array]:
    """Return by row and by column the largest price that the solver takes for none, in the units of the model."""
    money = COUNTS * session.money_unit
    return np.asarray(money / session.row_unit), np.asarray(money / session.column_unit)

"""What of a number is rounding: the one place where studies and reports ask.

A number is small only beside those that it was added up from. Nothing here knows a unit, so that a plan in millions of
dollars and the same plan in cents, or in millionths of a wafer, get the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fabopt.network.tables import Array

if TYPE_CHECKING:
    from fabopt.solve.matrices import Matrices
    from fabopt.solve.session import HighsSession

SAME = 1e-9
"""Sums that differ by less than this, relative to the largest of what was added up, are the same; a dual below this, in
the units in which the solver works, is none."""

COUNTS = 1e-7
"""Least gain, use or slack that counts, relative to what was added up: the accuracy to which the solver keeps rows."""


CLOSE = 1e-6
"""Ends of an interval this close, relative to its size, are told as one number."""


def rounding(*sizes: float) -> float:
    """Return the largest difference that rounding may leave of numbers of some sizes."""
    return SAME * max(map(abs, sizes), default=0.0)


def same(a: float, b: float, *sizes: float) -> bool:
    """Return whether two numbers differ by rounding at most, of them or of what they were added up from."""
    return abs(a - b) <= rounding(a, b, *sizes)


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

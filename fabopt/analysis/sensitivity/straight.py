"""Programs that move in proportion to a number: what moves."""

from __future__ import annotations

import numpy as np

from fabopt.plan.groups import Relief
from fabopt.solve.matrices import Matrices
from fabopt.solve.noise import halfway
from fabopt.solve.perturbation import Perturbation, Values, between


def straight(one: Matrices, middle: Matrices, two: Matrices) -> Perturbation | None:
    """Return what turns one program into two where half-way every number moves by half and no coefficient does."""
    patch, half = between(one, two), between(one, middle)
    if len(patch.entries) or len(half.entries):
        return None
    for name in ("cost", "row_lower", "row_upper", "column_lower", "column_upper"):
        a, m, b = (getattr(program, name) for program in (one, middle, two))
        finite = np.isfinite(a)
        if not (np.array_equal(finite, np.isfinite(m)) and np.array_equal(finite, np.isfinite(b))):
            return None
        if not halfway(a[finite], m[finite], b[finite]):
            return None
    return patch


def relief_of(label: str, patch: Perturbation) -> Relief | None:
    """Return what a patch moves as a relief; None where it moves more than sides of rows and upper bounds."""
    rows, columns = patch.rows, patch.columns
    if len(patch.entries) or len(patch.costs) or not np.array_equal(columns.old[:, 0], columns.new[:, 0]):
        return None

    def by(values: Values, side: int, sign: float) -> dict[int, float]:
        moved, there = np.zeros(len(values)), np.isfinite(values.old[:, side])  # what has no side does not move
        moved[there] = sign * (values.new[there, side] - values.old[there, side])
        return {i: v for i, v in zip(values.at.tolist(), moved.tolist(), strict=True) if v}

    return Relief(label, by(rows, 1, 1.0), by(rows, 0, -1.0), by(columns, 1, 1.0))

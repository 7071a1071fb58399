"""What a change that only loosens limits leaves as it is, and how a limit is taken away by finite steps.

An optimum stays optimal where sides and bounds without a price loosen (complementarity). The value of a linear program
is concave in its right-hand sides: what 64 times a limit does not gain any more, no further one gains.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Outcome
from fabopt.solve.perturbation import Perturbation, Values

RUNGS = (1.0, 8.0, 64.0)
"""Steps by which limits are taken away in a large program, as multiples of their sides."""


def priceless(program: Matrices, outcome: Outcome, change: Perturbation) -> bool:
    """Return whether a change only loosens sides and bounds that have no price.

    The gates of what is on or off follow every bound, so a gate that has a price may loosen with any change; not one
    that is shut by decisions that cannot move.

    Parameters
    ----------
    program, outcome
        A linear program, and the answer to it or to a perturbation of it.
    change
        What is moved from there, with the columns that stand elsewhere than in ``program``.
    """
    if outcome.row_price is None or outcome.column_price is None or change.growth is not None:
        return False
    if change.offset[0] != change.offset[1] or len(change.costs) or len(change.entries):
        return False
    gates = program.gates.row[_moving(program, outcome.x, change)]
    return loose(outcome, change) and not np.any(outcome.row_price[gates] != 0.0)


def loose(outcome: Outcome, change: Perturbation) -> bool:
    """Return whether the sides and bounds of a change only loosen, and have no price in an answer that has prices."""
    assert outcome.row_price is not None
    assert outcome.column_price is not None
    for moved, price in ((change.rows, outcome.row_price), (change.columns, outcome.column_price)):
        (low, high), (new_low, new_high), y = moved.old.T, moved.new.T, price[moved.at]
        if np.any(new_low > low) or np.any(new_high < high):
            return False
        if np.any((new_high > high) & (y > 0)) or np.any((new_low < low) & (y < 0)):
            return False
    return True


def _moving(program: Matrices, x: NDArray[np.float64] | None, change: Perturbation) -> NDArray[np.bool_]:
    """Return which gates [gates] follow their constants: something opens them, or what would may move."""
    assert x is not None
    gates = program.gates
    moves = (x[gates.column] != 0.0) | (program.column_lower[gates.column] < program.column_upper[gates.column])
    moves |= np.isin(gates.column, change.columns.at)
    return np.bincount(gates.gate, moves, len(gates)) > 0.0


def lifts(change: Perturbation) -> bool:
    """Return whether a change takes a side or a bound away."""
    return any(np.any(np.isinf(v.new) & np.isfinite(v.old)) for v in (change.rows, change.columns))


def finite(change: Perturbation, times: float) -> Perturbation:
    """Return a change with a multiple of what is there in place of each side that is taken away.

    Where nothing is there: a multiple of the largest of the others, and at least of 1.
    """
    lifted = [np.isinf(v.new) & np.isfinite(v.old) for v in (change.rows, change.columns)]
    sizes = np.concatenate([np.abs(v.old[at]) for v, at in zip((change.rows, change.columns), lifted, strict=True)])
    most = float(np.max(sizes, initial=1.0))

    def nearer(values: Values, at: NDArray[np.bool_]) -> Values:
        size = np.where(at, np.abs(values.old), 0.0)
        step = times * np.where(size > 0, size, most)
        return replace(values, new=np.where(at, values.old + np.sign(values.new) * step, values.new))

    rows, columns = (nearer(v, at) for v, at in zip((change.rows, change.columns), lifted, strict=True))
    return replace(change, rows=rows, columns=columns)


def rest(first: Perturbation, last: Perturbation) -> Perturbation:
    """Return the rest of the way from one perturbation to a further one of the same sides and bounds."""
    return Perturbation(
        rows=replace(last.rows, old=first.rows.new), columns=replace(last.columns, old=first.columns.new)
    )

r"""The difference of two programs, place by place: a cost, a side of a row, a bound, a coefficient, or the constant.

With an optimal plan :math:`x` and its prices :math:`y, z`, the objective changes to first order by

.. math:: dv = dc'x + dv_0 + \sum_i y_i (db_i - dA_i x) + \sum_j z_j\, d\bar x_j

where :math:`b_i` is the side of the row that its price belongs to, :math:`\bar x_j` the bound, and :math:`v_0` what
the objective counts whatever is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.perturbation import Perturbation, Values
from fabopt.solve.whatif import Answer

CONSTANT = -1
"""The place of what the objective counts whatever is decided."""


@dataclass(frozen=True, slots=True)
class Prices:
    """An optimal plan and its prices, integers held: x [columns], by row [rows] and by bound [columns]."""

    x: Array
    row: Array
    column: Array


@dataclass(frozen=True, slots=True)
class Change:
    """The places in which a program changes and what each is worth.

    Attributes
    ----------
    at
        Places of a program, those that are worth nothing left out [k].
    worth
        Change of the maximised value to first order, by pair of plan and prices [pairs, k].
    """

    at: IntArray
    worth: Array

    @property
    def total(self) -> tuple[float, ...]:
        """What the whole change is worth, by pair."""
        return tuple(self.worth.sum(axis=1).tolist())

    def part(self, where: NDArray[np.bool_]) -> Change:
        """Return the change in some of its places [k]."""
        return Change(self.at[where], self.worth[:, where])


def prices_of(answer: Answer) -> Prices:
    """Return the plan and the prices of a linear program that was solved."""
    assert answer.x is not None
    assert answer.row_price is not None
    assert answer.column_price is not None
    return Prices(answer.x, answer.row_price, answer.column_price)


def worth_of(patch: Perturbation, pair: Prices) -> float:
    """Return what the difference of two programs of the same rows and columns is worth, to first order."""
    return change_of(patch, [pair]).total[0]


def change_of(
    patch: Perturbation, pairs: Sequence[Prices], sign: float = 1.0, constant: float = 0.0, least: float = 0.0
) -> Change:
    """Return what the difference of two programs of the same rows and columns is worth, place by place.

    Parameters
    ----------
    patch
        The difference.
    pairs
        Plans with their prices.
    sign
        What the worth of the patch is multiplied by.
    constant
        Change of what the objective counts whatever is decided.
    least
        Places that are worth no more than this by any pair are worth nothing.
    """
    n, m = len(pairs[0].x), patch.n_rows
    column, row = np.divmod(patch.entries.at, m)
    moved = patch.entries.new - patch.entries.old
    worth = [
        sign
        * np.concatenate(
            [
                (patch.costs.new - patch.costs.old) * pair.x[patch.costs.at],
                _sides(pair.row, patch.rows),
                _sides(pair.column, patch.columns),
                -pair.row[row] * moved * pair.x[column],
            ]
        )
        for pair in pairs
    ]
    at = np.concatenate([patch.costs.at, n + patch.rows.at, n + m + patch.columns.at, 2 * n + m + patch.entries.at])
    every = Change(np.append(at, CONSTANT), np.column_stack([np.array(worth), np.full(len(pairs), constant)]))
    return every.part(np.any(np.abs(every.worth) > least, axis=0))


def _sides(price: Array, sides: Values) -> Array:
    """Return the worth of moved sides: a positive price belongs to the upper one, a negative to the lower one."""
    y, moved = price[sides.at], np.zeros(len(sides))
    for k, mine in ((0, y < 0), (1, y > 0)):
        mine = mine & (sides.old[:, k] != sides.new[:, k])
        moved[mine] = y[mine] * (sides.new[mine, k] - sides.old[mine, k])
    return moved

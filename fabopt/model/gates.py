r"""Gates: rows that hold a level at nothing until integers open it, with the largest level as their constant.

.. math:: x \le M \sum_e h_e\, y_e

The tables give such a row the shares :math:`h_e` alone (1 where the decision opens the level for the whole period). The
constant M is no datum: it follows from the program that is solved, with every row and column that hooks have added and
every change that a question makes (:mod:`fabopt.model.reach`). So it is found when the program is solved, and again
when a number of it has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.domain.tolerances import FINEST, NEGLIGIBLE
from fabopt.model.columns import Columns
from fabopt.model.families import IntArray, Rows
from fabopt.network.tables import Array

LEAK = 1e-2
"""Largest level, in the unit of the solver, that passes a gate where an integer is only nearly one."""

LARGEST = LEAK / FINEST
"""Largest level, in the unit of the solver, that may be on or off: a larger one lets more than :data:`LEAK` through."""

LEVELS = {"max_level": "start", "order_max": "order", "programme": "start"}
"""By family of rows that are gates: the block of the levels that they hold."""

OPEN = 1.0 - NEGLIGIBLE
"""Share from which a gate counts as open for the whole period."""


class Program(Protocol):
    """A mixed-integer program as arrays, that is maximised."""

    @property
    def a(self) -> sparse.csc_array:
        """Matrix [rows, columns]."""
        ...

    @property
    def row_lower(self) -> Array:
        """Lower side by row."""
        ...

    @property
    def row_upper(self) -> Array:
        """Upper side by row."""
        ...

    @property
    def column_lower(self) -> Array:
        """Lower bound by column."""
        ...

    @property
    def column_upper(self) -> Array:
        """Upper bound by column."""
        ...

    @property
    def cost(self) -> Array:
        """Worth of one unit by column."""
        ...

    @property
    def integer(self) -> NDArray[np.bool_]:
        """Whether a column is an integer."""
        ...


NO_ROWS: IntArray = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of a program.

    Attributes
    ----------
    row, level
        Row, and column of the level, of each gate [n].
    gate, column, share
        The decisions that open: which gate, column, and share of the period in which the level is open then [m].
    names
        Family, display name, id and period of each gate.
    capacity, totals
        Rows of what resources offer, and of how many of a unit there may be in all.
    lenient
        Whether a gate whose level has no end stands open, instead of being refused: to find out why there is no plan.
    """

    row: IntArray
    level: IntArray
    gate: IntArray
    column: IntArray
    share: Array
    names: tuple[tuple[str, ...], ...]
    capacity: IntArray
    totals: IntArray
    lenient: bool = False

    def __len__(self) -> int:
        """Return the number of gates."""
        return len(self.row)

    def without(self, rows: IntArray) -> Gates:
        """Return the gates whose rows are not among ``rows``."""
        keep = ~np.isin(self.row, rows)
        if keep.all():
            return self
        number = np.cumsum(keep) - 1
        there = keep[self.gate]
        return replace(
            self,
            row=self.row[keep],
            level=self.level[keep],
            gate=number[self.gate[there]],
            column=self.column[there],
            share=self.share[there],
            names=tuple(name for name, kept in zip(self.names, keep.tolist(), strict=True) if kept),
        )


NO_GATES = Gates(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS, np.zeros(0), (), NO_ROWS, NO_ROWS)


def gates_of(columns: Columns, rows: Mapping[str, Rows], offsets: Mapping[str, int]) -> Gates:
    """Return the gates of a model: on/off activities, orders that are placed or not, programmes."""
    gates = [_of_rows(rows[f], offsets[f], columns, block) for f, block in LEVELS.items() if f in rows]
    if not gates:
        return NO_GATES
    firsts = np.cumsum([0, *(len(g) for g in gates)])
    return Gates(
        row=np.concatenate([g.row for g in gates]),
        level=np.concatenate([g.level for g in gates]),
        gate=np.concatenate([g.gate + first for g, first in zip(gates, firsts, strict=False)]),
        column=np.concatenate([g.column for g in gates]),
        share=np.concatenate([g.share for g in gates]),
        names=tuple(name for g in gates for name in g.names),
        capacity=_all(rows, offsets, "capacity"),
        totals=_all(rows, offsets, "total_orders"),
    )


def _of_rows(rows: Rows, offset: int, columns: Columns, block: str) -> Gates:
    """Return the gates among the rows of a family."""
    part = columns[block].columns
    is_level = (rows.col >= part.start) & (rows.col < part.stop)
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[rows.row[is_level]] = True
    number = np.cumsum(chosen) - 1
    level, opens = chosen[rows.row] & is_level, chosen[rows.row] & ~is_level
    at = np.flatnonzero(chosen)
    return Gates(
        row=at + offset,
        level=rows.col[level],
        gate=number[rows.row[opens]],
        column=rows.col[opens],
        share=-rows.val[opens],
        names=tuple((rows.family.name, rows.names[i], *rows.keys[i]) for i in at.tolist()),
        capacity=NO_ROWS,
        totals=NO_ROWS,
    )


def _all(rows: Mapping[str, Rows], offsets: Mapping[str, int], name: str) -> IntArray:
    return offsets[name] + np.arange(len(rows[name]), dtype=np.int64) if name in rows else NO_ROWS

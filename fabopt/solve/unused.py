r"""Orders that nothing of a plan uses: within the gap a search may leave them, and nobody would sign them.

An order is used where a row says so: with fewer of it a capacity would be too small for what is made, a right for what
a customer takes, a floor would be missed. How many of it no row asks for is the least, over its rows, of what a row has
to spare divided by what one order brings. That many are taken off, the dearest order first, and what one frees is gone
before the next is looked at. What is left is a plan; so the linear program with these integers has one too and, as
what is taken off only cost money, none that is worth less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import WHOLE
from fabopt.model.linear import WHOLE_GROUP
from fabopt.model.tables import ModelTables
from fabopt.network.tables import DECISIONS, Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Dropped


def without_unused(
    tables: ModelTables, matrices: Matrices, costs: Sequence[Array], x: Array
) -> tuple[Array, tuple[Dropped, ...]]:
    """Return a plan without the whole orders that nothing of it uses, and what was taken off.

    Parameters
    ----------
    tables, matrices
        The model and its program.
    costs
        What each objective gains by one unit of each column [columns]: only what gains none of them is taken off.
    x
        The plan, its integers whole [columns].
    """
    trim = _Trim(tables, matrices, np.max(costs, axis=0), x)
    trim.orders()
    trim.lots()
    units, labels = tables.net.units, tables.columns.labels
    dropped = (
        Dropped(units[e].id, units[e].name, labels[t], float(x[j] - trim.x[j]))
        for j, (e, t) in trim.cell.items()
        if x[j] - trim.x[j] > WHOLE
    )
    return trim.x, tuple(dropped)


class _Trim:
    """A plan that loses its unused orders one after the other, and what its rows have by then."""

    def __init__(self, tables: ModelTables, matrices: Matrices, gain: Array, x: Array) -> None:
        self.tables, self.matrices, self.gain, self.x = tables, matrices, gain, x.copy()
        self.by_column, self.by_row = sparse.csc_array(matrices.a), sparse.csr_array(matrices.a)
        self.activity = np.asarray(matrices.a @ x)
        units, order = tables.net.units, tables.columns["order"].index
        self.cell = {
            int(j): (e, t)
            for (e, t), j in np.ndenumerate(order)
            if j >= 0 and x[j] > WHOLE and gain[j] <= 0.0 and units[e].instrument not in DECISIONS
        }

    def orders(self) -> None:
        """Take off what is whole by itself; an order that is placed only as a whole."""
        placed = self.tables.columns["placed"].index
        for j in self._dearest(self.cell):
            p = int(placed[self.cell[j]])
            if p < 0 and not self.matrices.integer[j]:
                continue
            if p < 0:
                self._take({j: 1.0}, float(np.floor(self._spare({j: 1.0}) + WHOLE)))
            elif self.gain[p] <= 0.0:
                whole = {j: float(self.x[j]), p: float(self.x[p])}
                self._take(whole, float(self._spare(whole) >= 1.0 - WHOLE))

    def lots(self) -> None:
        """Take off whole lots of orders that are whole only in their sum: sum of shares = lots."""
        first = self.tables.offsets.get(WHOLE_GROUP.name, 0)
        for row, counter in enumerate(self.tables.columns["counter"].index[:, 0].tolist(), first):
            span = slice(self.by_row.indptr[row], self.by_row.indptr[row + 1])
            share = dict(zip(self.by_row.indices[span].tolist(), self.by_row.data[span].tolist(), strict=True))
            lot, members = -share.pop(counter), self._dearest(j for j in share if j in self.cell)
            kept, activity = self.x.copy(), self.activity.copy()
            spare: dict[int, float] = {}
            for j in members if min(share.values(), default=0.0) > 0.0 else ():
                spare[j] = self._spare({j: 1.0}, but=row)
                self._take({j: 1.0}, spare[j])
            # Only whole lots of what can be spared go.
            self.x, self.activity = kept, activity
            left = lot * float(np.floor(sum(share[j] * n for j, n in spare.items()) / lot + WHOLE))
            self._take({counter: 1.0}, left / lot)
            for j, n in spare.items():
                gone = min(n, left / share[j])
                self._take({j: 1.0}, gone)
                left -= gone * share[j]

    def _dearest(self, columns: Iterable[int]) -> list[int]:
        return sorted(columns, key=lambda j: (self.gain[j], j))

    def _spare(self, one: Mapping[int, float], but: int = -1) -> float:
        """Return how many times so much of some columns can be taken off with no row or bound broken, but one row."""
        most, change = np.inf, dict[int, float]()
        for j, amount in one.items():
            most = min(most, (self.x[j] - self.matrices.column_lower[j]) / amount)
            span = slice(self.by_column.indptr[j], self.by_column.indptr[j + 1])
            for row, value in zip(
                self.by_column.indices[span].tolist(), self.by_column.data[span].tolist(), strict=True
            ):
                change[row] = change.get(row, 0.0) + value * amount
        change.pop(but, None)
        for row, value in change.items():
            if value != 0.0:
                low, high = self.matrices.row_lower[row], self.matrices.row_upper[row]
                most = min(most, (self.activity[row] - (low if value > 0.0 else high)) / value)
        return max(float(most), 0.0)

    def _take(self, one: Mapping[int, float], times: float) -> None:
        """Take off so many times so much of some columns."""
        for j, amount in one.items() if times > 0.0 else ():
            span = slice(self.by_column.indptr[j], self.by_column.indptr[j + 1])
            self.activity[self.by_column.indices[span]] -= self.by_column.data[span] * amount * times
            self.x[j] -= amount * times

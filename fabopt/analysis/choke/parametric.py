r"""Programs in which the relief itself is a decision.

For directions :math:`d_k` with amounts :math:`r_k \in [0, R_k]` to be chosen,

.. math:: Ax - \sum_k r_k d_k \le b \qquad x_j - \sum_k r_k d_{k,j} \le u_j

is one program in :math:`(x, r)`. So the first step that gains, the last that does, the furthest step that leaves a
plan, the best average price and the cheapest package are single programs and not searches over steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from fabopt.network.tables import Array
from fabopt.plan.groups import Relief
from fabopt.solve.matrices import Matrices


def with_reliefs(m: Matrices, directions: Sequence[Relief], most: Array) -> Matrices:
    """Return the program with one more column [0, most] for each direction, at no cost.

    A row of which only one side moves, and a bound, get a row of their own for the side that moves. Columns whose
    value is held keep it.

    Parameters
    ----------
    m
        The program.
    directions
        What one unit of each new column moves; finite amounts.
    most
        Upper bound of each new column [K].
    """
    n, k = m.n_columns, len(directions)
    lower, upper, top = m.row_lower.copy(), m.row_upper.copy(), m.column_upper.copy()
    rows = m.a.tocsr()
    added: list[sparse.csr_array] = []
    entries: list[tuple[int, int, float]] = []  # row, direction, coefficient
    low_added: list[float] = []
    high_added: list[float] = []

    def own_row(coefficients: sparse.csr_array, low: float, high: float) -> int:
        added.append(coefficients)
        low_added.append(low)
        high_added.append(high)
        return m.n_rows + len(added) - 1

    for i in sorted({i for d in directions for i in d.upper}):
        at = i
        if np.isfinite(lower[i]):
            at = own_row(rows[[i], :], -np.inf, float(upper[i]))
            upper[i] = np.inf
        entries += [(at, j, -d.upper[i]) for j, d in enumerate(directions) if i in d.upper]
    for i in sorted({i for d in directions for i in d.lower}):
        at = i
        if np.isfinite(upper[i]):
            at = own_row(rows[[i], :], float(lower[i]), np.inf)
            lower[i] = -np.inf
        entries += [(at, j, d.lower[i]) for j, d in enumerate(directions) if i in d.lower]
    for c in sorted({c for d in directions for c in d.column}):
        if m.column_lower[c] < m.column_upper[c]:
            unit = sparse.csr_array((np.ones(1), (np.zeros(1, int), np.array([c]))), shape=(1, n))
            at = own_row(unit, -np.inf, float(top[c]))
            top[c] = np.inf
            entries += [(at, j, -d.column[c]) for j, d in enumerate(directions) if c in d.column]
    whole = sparse.vstack([rows, *added]) if added else rows
    row, col, val = zip(*entries, strict=True) if entries else ((), (), ())
    extra = sparse.csc_array(
        (np.array(val, float), (np.array(row, int), np.array(col, int))), shape=(whole.shape[0], k)
    )
    labels = (*m.labels, *(("relief", (str(i),)) for i in range(len(added))))
    return replace(
        m,
        a=sparse.csc_array(sparse.hstack([whole, extra])),
        row_lower=np.concatenate([lower, low_added]),
        row_upper=np.concatenate([upper, high_added]),
        column_lower=np.concatenate([m.column_lower, np.zeros(k)]),
        column_upper=np.concatenate([top, most]),
        cost=np.concatenate([m.cost, np.zeros(k)]),
        integer=np.concatenate([m.integer, np.zeros(k, dtype=bool)]),
        labels=labels,
    )


def with_target(m: Matrices, cost: Array, target: float) -> Matrices:
    """Return the program with one more row ``cost . x >= target``; ``cost`` [columns] may leave out the last ones."""
    row = sparse.csr_array(np.concatenate([cost, np.zeros(m.n_columns - len(cost))]).reshape(1, -1))
    return replace(
        m,
        a=sparse.csc_array(sparse.vstack([m.a, row])),
        row_lower=np.append(m.row_lower, target),
        row_upper=np.append(m.row_upper, np.inf),
        labels=(*m.labels, ("target", ())),
    )

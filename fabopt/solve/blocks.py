r"""Relax-and-fix and a rolling horizon: a plan for what the tree does not close, one block of periods after the other.

The periods are cut into blocks with about as many integers each. In both ways block k is solved with its integers (and
those of the first half of the next block, which are decided again) integral, after those of the blocks before.

**Relax-and-fix.** Program :math:`P_k` is the whole program with the integers before block k held where they were found,
and those after it relaxed. :math:`P_1` holds nothing: it is the program with fewer integers, a relaxation, so what
bounds :math:`P_1` bounds the program, and where :math:`P_1` has no plan the program has none. Of the later ones, which
hold something, neither is true. In the last one every integer is integral, so its plan is a plan of the program. Where
:math:`P_k` has no plan, what is held leaves none: block k and the one before are joined, opened and solved as one. At
worst all are one block, and that is the program itself.

**Rolling horizon.** :math:`P_k` has only the columns of the block, of the one before and of the next one. Integers
before the block are held, and all else before the block before it as well, unless that leaves no plan; what is later is
left out. A row :math:`i` that names a later column is left out as well and paid at its price
:math:`\lambda_i` in the relaxation of the whole: :math:`c'_j = c_j - \sum_i \lambda_i a_{ij}`. The plan of the
relaxation is then a best one of the relaxed :math:`P_1`, so that nothing is worthless only because it serves later. The
integers that are found are targets for a dive in the whole program, which keeps those that fit and mends the rest. The
bound is that of the relaxation; where :math:`P_1`, which holds nothing and has fewer rows, has no plan, the program has
none.

Nodes limit a block, never a share of the time: the same program gives the same plan on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome

BLOCK_NODES = 2_000
"""Nodes for the tree of a block."""

Solve = Callable[[Matrices, str], Outcome]
"""Solves the program of a step, by the name of the step."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """What going by blocks gave.

    Attributes
    ----------
    x
        A plan [columns] (of a rolling horizon: targets for its integers, not a number where none was found); None
        where there is none.
    bound
        What no plan of the program exceeds; None where nothing is known.
    ended
        INFEASIBLE where it is proved that the program has no plan; TIME_LIMIT where a block found none in its nodes.
    joined
        How often a block left no plan and was joined with the one before.
    """

    x: Array | None
    bound: float | None
    ended: Ended
    joined: int


def cut(period: IntArray, blocks: int) -> list[int]:
    """Return the ends of blocks of periods [blocks], each with about as many of the integers.

    Parameters
    ----------
    period
        Period of each integer.
    blocks
        Number of blocks; there are fewer where fewer periods have integers.
    """
    having, count = np.unique(period, return_counts=True)
    if not len(having):
        return []
    done, total = np.cumsum(count) * blocks, int(count.sum())
    ends = {int(having[np.searchsorted(done, (k + 1) * total)]) + 1 for k in range(blocks - 1)}
    return sorted({*ends, int(having[-1]) + 1})


def _over(ends: list[int], place: int) -> int:
    """Return the end of the first half of the block after one: up to there integers are integral as well."""
    end = ends[place]
    return end if place + 1 == len(ends) else end + (ends[place + 1] - end) // 2


def relax_and_fix(program: Matrices, period: IntArray, blocks: int, solve: Solve) -> Blocked:
    """Return a plan by relax-and-fix, with the bound of the first block.

    Parameters
    ----------
    program
        The program.
    period
        Period of each column.
    blocks
        Number of blocks.
    solve
        Solves the program of a block.
    """
    ends = cut(period[program.integer], blocks)
    begins, x, bound, joined, place, begin = list[int](), None, None, 0, 0, 0
    while place < len(ends):
        until = _over(ends, place)
        low, high = program.column_lower.copy(), program.column_upper.copy()
        if x is not None:
            held = program.integer & (period < begin)
            low[held] = high[held] = np.round(x[held])
        integral = program.integer & (period < until)
        part = replace(program, integer=integral, column_lower=low, column_upper=high)
        outcome = solve(part, f"block {place + 1} of {len(ends)}")
        if not begins and outcome.bound is not None:
            bound = outcome.bound if bound is None else min(bound, outcome.bound)
        if outcome.ended is Ended.INFEASIBLE:
            if not begins:
                return Blocked(None, None, Ended.INFEASIBLE, joined)
            begin, joined = begins.pop(), joined + 1
            continue
        if outcome.x is None:
            return Blocked(None, bound, outcome.ended, joined)
        x = outcome.x
        begins.append(begin)
        begin, place = ends[place], place + 1
    return Blocked(x, bound, Ended.OPTIMAL, joined)


def rolling(program: Matrices, period: IntArray, blocks: int, relaxation: Outcome, solve: Solve) -> Blocked:
    """Return the integers that a rolling horizon finds, with the bound of the relaxation.

    Parameters
    ----------
    program, period, blocks, solve
        As for :func:`relax_and_fix`.
    relaxation
        The best plan of the whole program without its integers, with prices.
    """
    assert relaxation.x is not None
    assert relaxation.row_price is not None
    ends = cut(period[program.integer], blocks)
    last = _last_period(program.a, period)
    x, begins, joined, place, begin, free = relaxation.x.copy(), list[int](), 0, 0, 0, False
    while place < len(ends):
        end = int(period.max()) + 1 if place + 2 >= len(ends) else ends[place + 1]
        columns, rows = period < end, last < end
        part = _window(program, columns, rows, relaxation.row_price)
        back = 0 if free or not begins else begins[-1]
        held = (period[columns] < back) | (part.integer & (period[columns] < begin))
        part.column_lower[held] = part.column_upper[held] = x[columns][held]
        part = replace(part, integer=part.integer & ~held & (period[columns] < _over(ends, place)))
        outcome = solve(part, f"window {place + 1} of {len(ends)}")
        if outcome.ended is Ended.INFEASIBLE:
            if back > 0:
                free = True
                continue
            if not begins:  # nothing is held, and rows are left out: the program has no plan either
                return Blocked(None, None, Ended.INFEASIBLE, joined)
            begin, joined = begins.pop(), joined + 1
            continue
        if outcome.x is None:
            break
        x[columns] = outcome.x
        whole = columns & program.integer & (period < ends[place])
        x[whole] = np.round(x[whole])
        begins.append(begin)
        begin, place, free = ends[place], place + 1, False
    if place < len(ends):
        x[program.integer & (period >= begin)] = np.nan  # nothing is known of them
    return Blocked(x, relaxation.bound, Ended.OPTIMAL, joined)


def _last_period(a: sparse.csc_array, period: IntArray) -> IntArray:
    """Return the last period of the columns of each row; -1 of a row without any."""
    last = np.full(a.shape[0], -1, dtype=np.int64)
    np.maximum.at(last, a.indices, np.repeat(period, np.diff(a.indptr)))
    return last


def _window(program: Matrices, columns: NDArray[np.bool_], rows: NDArray[np.bool_], price: Array) -> Matrices:
    """Return the program of some columns and the rows that name no other, all other rows paid at their price."""
    left_out = np.where(rows, 0.0, price)
    cost = program.cost - program.a.T @ left_out
    return replace(
        program,
        a=sparse.csc_array(program.a[:, columns][rows]),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        column_lower=program.column_lower[columns],
        column_upper=program.column_upper[columns],
        cost=cost[columns],
        integer=program.integer[columns],
        labels=(),
    )

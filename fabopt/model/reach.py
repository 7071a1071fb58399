r"""How far a level can go: the constants of gates (:mod:`fabopt.model.gates`), from the program that is solved.

Upper bounds of all columns are drawn from the rows, again and again until nothing falls any more. There are two kinds:

- *What rows allow.* A row :math:`\sum_k a_k x_k \le b` with the least that all other terms can be gives
  :math:`x_j \le (b - \min \sum_{k \ne j} a_k x_k) / a_j` for :math:`a_j > 0`, and so for each side of a row. This holds
  for every plan.
- *What can be of use.* A column that earns nothing and is needed by no row above a level need not go above it: where
  less of it can break only rows that ask for at least :math:`b`, :math:`(b - \min \sum_{k \ne j} a_k x_k) / a_j` is the
  most that any of them can ask for, whatever the others are. A plan that goes above it is worth no more than the same
  plan without what is above. So the demand that is still to come, a least level, a hook's row and what decays on the
  way all count; where the column comes in lots, so does what is left of the last lot.

Rows of gates say nothing here. What comes first may use what comes later, and bounds only fall, so that to stop early
is never wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import DIGITS, FALLS, SAME, WHOLE
from fabopt.model.families import EndlessError, IntArray
from fabopt.model.gates import LARGEST, OPEN, Gates, Program
from fabopt.network.tables import MODEST, Array

ROUNDS = 500
"""Most rounds of bounds; a chain takes about one a period and stage."""


def settle(program: Program, gates: Gates, now: Array, unit: Array | float = np.inf) -> tuple[Array, NDArray[np.bool_]]:
    """Return the coefficients of the decisions that open gates [m], and which gates stand open [n].

    A gate stands open where what is held of its decisions opens it for the whole period: its row then says nothing. In
    a program without integers it also does where its level has no end, which leaves the program a bound.

    Parameters
    ----------
    program, gates
        The program as it is to be solved, and its gates.
    now
        The coefficients that it has [m]; those that matter to nobody stay.
    unit
        What the solver calls 1 of the level of each gate [n]; infinite where nobody asks what is too far away.

    Raises
    ------
    EndlessError
        If the level of a gate has no end, or one too far away, in a program with integers.
    """
    low, high = program.column_lower[gates.column], program.column_upper[gates.column]
    n, at = len(gates), gates.gate
    stands = np.bincount(at, weights=gates.share * low, minlength=n)
    free = np.bincount(at, weights=low < high, minlength=n) > 0
    is_open = stands >= OPEN
    free &= ~is_open
    part = gates.share < OPEN
    limited = ~is_open & (np.bincount(at, weights=part & (high > 0), minlength=n) > 0)
    most = program.column_upper[gates.level]
    if np.any(free & (most > MODEST)):
        most = most_levels(program, gates)
    if program.integer.any() and not gates.lenient:
        with np.errstate(invalid="ignore"):
            _refuse_endless(gates, free & ~(most / unit <= LARGEST), most)
    offer = np.where(limited, offered(program, gates), np.inf) if limited.any() else np.full(n, np.inf)
    whole = np.where(free, most, offer)
    is_open |= (free | limited) & ~np.isfinite(whole)
    size = np.where(part & np.isfinite(offer[at]), offer[at], whole[at])
    known = np.isfinite(size)
    return np.where(known, -gates.share * np.where(known, size, 0.0), now), is_open


def _refuse_endless(gates: Gates, endless: NDArray[np.bool_], most: Array) -> None:
    """Refuse gates whose level has no end that integers can tell."""
    if not endless.any():
        return
    first = int(np.argmax(endless))
    family, name, key, period = gates.names[first]
    who = repr(name) if name == key else f"{name!r} ({key})"
    if np.isfinite(most[first]):
        raise EndlessError(
            f"{who} is decided by yes or no in {period}, and it may then be as much as {most[first]:g}, which is too "
            f"much: a yes or no is exact to one in {LARGEST:g}. Give it an `upper` that it can reach, or count in "
            "larger units.",
            family,
            key,
        )
    raise EndlessError(
        f"{who} is decided by yes or no in {period}, and how much it may then be has no end: nothing that it uses "
        "is limited, and more of it may always be of use or costs nothing. Give it `upper`, the most that it can be in "
        "a period.",
        family,
        key,
    )


def most_levels(program: Program, gates: Gates) -> Array:
    """Return the largest level of each gate [n]; infinite where none follows.

    Parameters
    ----------
    program, gates
        The program as it is solved, and its gates.
    """
    bounds = _Bounds(program, gates)
    for _ in range(ROUNDS):
        if not bounds.fall():
            break
    return np.maximum(_clean(bounds.upper[gates.level]), 0.0)


def offered(program: Program, gates: Gates) -> Array:
    """Return the most of each gate's level [n] that resources offer, with all that units may add to them.

    A unit of which there may be so many in all adds no more than that many times the most that one adds.
    """
    entries = _Entries(program, np.zeros(len(program.row_upper), dtype=bool))
    mine = np.isin(entries.row, gates.capacity)
    least = np.where(entries.value > 0, program.column_lower[entries.column], program.column_upper[entries.column])
    part = np.where(mine, entries.value * least, 0.0)
    total, unit = _in_all(program, gates)
    of = unit[entries.column]
    grouped = mine & (of >= 0) & (entries.value < 0)
    room = np.bincount(entries.row, weights=np.where(grouped, 0.0, part), minlength=len(program.row_upper))
    if grouped.any():
        pair, at = np.unique(entries.row[grouped] + len(room) * of[grouped], return_inverse=True)
        summed, deepest = np.zeros(len(pair)), np.zeros(len(pair))
        np.add.at(summed, at, part[grouped])
        np.minimum.at(deepest, at, entries.value[grouped])
        unit_at, row_at = np.divmod(pair, len(room))
        np.add.at(room, row_at, np.maximum(summed, deepest * total[unit_at]))
    most = np.full(len(program.cost), np.inf)
    uses = mine & (entries.value > 0)
    row, column = entries.row[uses], entries.column[uses]
    with np.errstate(invalid="ignore"):
        bound = (program.row_upper[row] - room[row] + part[uses]) / entries.value[uses]
    np.minimum.at(most, column, np.where(np.isnan(bound), np.inf, bound))
    return np.maximum(_clean(most[gates.level]), 0.0)


def _in_all(program: Program, gates: Gates) -> tuple[Array, IntArray]:
    """Return how many there may be in all by total, and the total of each column, -1 where it has none."""
    of = np.full(len(program.cost), -1, dtype=np.int64)
    rows = program.a[gates.totals, :].tocoo()
    of[rows.col] = rows.row
    return program.row_upper[gates.totals], of


def _clean(values: Array) -> Array:
    """Return values rounded to 12 digits: what is left of sums and differences is no level."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = 10.0 ** (11 - np.floor(np.log10(np.abs(values))))
        clean = np.round(values * size) / size
    return np.where(np.isfinite(clean), clean, values)


class _Entries:
    """The entries of a program, by column; without those of ``silent`` rows."""

    def __init__(self, program: Program, silent: NDArray[np.bool_]) -> None:
        a = program.a
        column = np.repeat(np.arange(a.shape[1], dtype=np.int64), np.diff(a.indptr))
        keep = (a.data != 0) & ~silent[a.indices]
        self.row, self.column, self.value = a.indices[keep].astype(np.int64), column[keep], a.data[keep]


@dataclass(frozen=True, slots=True)
class _Rest:
    """What all other terms of the row of an entry come to at least and at most [entries].

    ``error`` is what rounding may have done to it; ``rough`` rows have terms so large that it hides the small ones.
    """

    least: Array
    most: Array
    error: Array
    rough: NDArray[np.bool_]


class _Bounds:
    """Upper and lower bounds of all columns, which :meth:`fall` and rise."""

    def __init__(self, program: Program, gates: Gates) -> None:
        n_rows, n_columns = len(program.row_lower), len(program.cost)
        silent = np.zeros(n_rows, dtype=bool)
        silent[gates.row] = True
        entries = _Entries(program, silent)
        self.row, self.column, self.value = entries.row, entries.column, entries.value
        self.low, self.high = program.row_lower, program.row_upper
        self.lower, self.upper = program.column_lower.copy(), program.column_upper.copy()
        self.size = np.zeros(n_columns)
        self.integer, self.n_rows = program.integer, n_rows
        opens = np.zeros(n_columns, dtype=bool)
        opens[gates.column] = True
        self.idle = (program.cost <= 0) & ~opens
        tied, self.lot = self._lots()
        # Less of a column can break these entries' rows.
        low, high = np.isfinite(self.low[self.row]), np.isfinite(self.high[self.row])
        self.asks = np.where(self.value > 0, low, high) & (tied[self.row] != self.column)

    def _lots(self) -> tuple[IntArray, Array]:
        """Return the level that each row ties to a number of lots, -1 where it ties none, and the lot of each column.

        Such a row is ``x - l n = 0``, where n stands in no other row: less of x takes n along. The lot is 0 where
        there is none, or where n may be a fraction.
        """
        in_row = np.bincount(self.row, minlength=self.n_rows)
        once = np.bincount(self.column, minlength=len(self.idle)) == 1
        pair = ((in_row == 2) & (self.low == 0) & (self.high == 0))[self.row]
        counts = pair & (once & self.idle & (self.lower == 0))[self.column]
        levels = pair & ~counts & (self.lower >= 0)[self.column]
        count, level = np.full(self.n_rows, -1, dtype=np.int64), np.full(self.n_rows, -1, dtype=np.int64)
        size, per = np.zeros(self.n_rows), np.ones(self.n_rows)
        count[self.row[counts]], size[self.row[counts]] = self.column[counts], -self.value[counts]
        level[self.row[levels]], per[self.row[levels]] = self.column[levels], self.value[levels]
        level[(count < 0) | (size / per <= 0)] = -1
        lot = np.zeros(len(self.idle))
        whole = (level >= 0) & self.integer[count]
        lot[level[whole]] = size[whole] / per[whole]
        return level, lot

    def fall(self) -> bool:
        """Draw new bounds from those at hand; return whether one has moved."""
        rest = self._rest()
        row, v = self.row, self.value
        positive = v > 0
        with np.errstate(invalid="ignore"):
            over = np.where(positive, self.high[row] - rest.least, self.low[row] - rest.most) / v
            under = np.where(positive, self.low[row] - rest.most, self.high[row] - rest.least) / v
            asked = np.where(positive, self.low[row] - rest.least, self.high[row] - rest.most) / v
        over, under, asked = (_exact(values, rest, v) for values in (over, under, asked))
        slack = np.where(rest.rough, rest.error / np.abs(v), 0.0)
        upper = self._by_column(np.minimum, np.where(np.isnan(over), np.inf, over + slack), np.inf)
        lower = self._by_column(np.maximum, np.where(np.isnan(under), -np.inf, under - slack), -np.inf)
        need = np.where(np.isnan(asked), np.inf, asked + slack)
        useful = self._by_column(np.maximum, np.where(self.asks, need, -np.inf), -np.inf)
        useful = self._counted(np.maximum(useful, self.lower))
        upper = np.where(self.idle & np.isfinite(useful), np.minimum(upper, useful), upper)
        falls, rises = self._moved(self.upper, upper, -1.0), self._moved(self.lower, lower, 1.0)
        self.upper[falls], self.lower[rises] = upper[falls], lower[rises]
        # Where bounds cross there is no plan, whatever the constants are.
        return bool((falls | rises).any() and np.all(self.lower <= self.upper))

    def _moved(self, bound: Array, new: Array, sign: float) -> NDArray[np.bool_]:
        """Return which bounds are drawn in by enough to count; ``sign`` is that of a move inwards.

        What halves again and again comes to nothing, beside the largest bound that the column has had.
        """
        np.maximum(self.size, np.abs(new), out=self.size, where=np.isfinite(new))
        with np.errstate(invalid="ignore"):
            by = sign * (new - bound)
            least = FALLS * np.maximum(SAME * self.size, np.abs(bound))
            return np.asarray(np.where(np.isfinite(bound), by > least, by > 0))

    def _counted(self, useful: Array) -> Array:
        """Return what is of use of each column, rounded up to integers and lots."""
        step = np.where(self.integer, 1.0, self.lot)
        counted = step > 0
        useful[counted] = step[counted] * np.ceil(useful[counted] / step[counted] - WHOLE)
        return useful

    def _by_column(self, pick: np.ufunc, values: Array, none: float) -> Array:
        result = np.full(len(self.upper), none)
        pick.at(result, self.column, values)
        return result

    def _rest(self) -> _Rest:
        v, positive = self.value, self.value > 0
        lower, upper = self.lower[self.column], self.upper[self.column]
        low = v * np.where(positive, lower, upper)
        high = v * np.where(positive, upper, lower)
        parts = np.concatenate([low, high, self.low, self.high])
        of = np.concatenate([self.row, self.row, np.arange(self.n_rows), np.arange(self.n_rows)])
        there = np.isfinite(parts) & (parts != 0)
        size, smallest = np.abs(parts[there]), np.full(self.n_rows, np.inf)
        np.minimum.at(smallest, of[there], size)
        error = DIGITS * np.bincount(of[there], weights=size, minlength=self.n_rows)
        rough = error > SAME * smallest
        return _Rest(self._others(low, -np.inf), self._others(high, np.inf), error[self.row], rough[self.row])

    def _others(self, part: Array, endless: float) -> Array:
        """Return the sum of a row's parts without each one's own [entries]."""
        ends = np.isfinite(part)
        total = np.bincount(self.row, weights=np.where(ends, part, 0.0), minlength=self.n_rows)
        open_ = np.bincount(self.row, weights=~ends, minlength=self.n_rows)
        mine = np.where(ends, part, 0.0)
        return np.where(open_[self.row] - ~ends > 0, endless, total[self.row] - mine)


def _exact(values: Array, rest: _Rest, coefficient: Array) -> Array:
    """Return bounds with those that are nothing but rounding made nothing."""
    with np.errstate(invalid="ignore"):
        nothing = ~rest.rough & (np.abs(values * coefficient) <= 8 * rest.error)
    return np.where(nothing, 0.0, values)

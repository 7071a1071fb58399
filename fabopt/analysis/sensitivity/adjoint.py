r"""What every number is worth, from one solve: the difference of two lowerings, priced.

With the whole numbers held, let :math:`x` be the plan and :math:`y, z` the prices of its rows and bounds. A small
movement of a number changes costs, coefficients, sides of rows and bounds, and to first order the objective by

.. math:: dv = dc'x + dv_0 + \sum_i y_i (db_i - dA_i x) + \sum_j z_j\, d\bar x_j

where :math:`b_i` is the side of the row that its price belongs to, :math:`\bar x_j` the bound, and :math:`v_0` what the
objective counts whatever is decided. No program is solved for it: the instance is lowered again with the number moved
by a small step of the way to an end of its range, and only where the tables differ is anything priced. What is returned
is :math:`dv` over the whole way: what the end of the range would be worth if the value were a straight line.

At a kink the prices of a plan are not unique, and the value has another slope to either side. Any optimal pair
:math:`(x, y)` gives a slope between the two; :mod:`.tornado` finds both for the numbers that matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.sensitivity.numbers import End, Number, Numbers
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import ROUNDING, SAME, STEP
from fabopt.io.tree import Tree
from fabopt.model.collector import collector_off
from fabopt.model.columns import Columns
from fabopt.model.families import Rows
from fabopt.model.objective import cost_vector
from fabopt.model.reuse import Reuse
from fabopt.model.tables import ModelTables
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import Means
from fabopt.network.tables import Array, Network
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Stage, stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import Perturbation, between, held, structure_change

if TYPE_CHECKING:
    from fabopt.model.build import Hook

BENT = 0.01
"""Slopes that differ by less than this share are those of one straight line."""

ENDS: tuple[End, End] = ("low", "high")
JUMPS = "The value jumps where the number moves at all."

Worth = tuple[float, ...] | str
"""Change of the objective by pair of plan and prices, or in words why there is none."""

SMALL, CHUNK = 50, 16
"""Numbers up to which another process is not worth its start, and numbers that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Prices:
    """An optimal plan and its prices, whole numbers held: x [columns], by row [rows] and by bound [columns]."""

    x: Array
    row: Array
    column: Array


@dataclass(frozen=True, slots=True)
class Slope:
    """What a number is worth by the adjoint.

    Attributes
    ----------
    path
        Its lever.
    low, high
        Change of the objective over the whole way to each end, as a straight line; by pair of plan and prices. None
        where the smallest movement makes or removes decisions or rows.
    reason
        Why there is none, or empty.
    """

    path: str
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    reason: str = ""


class Adjoint:
    """Prices small movements of the numbers of an instance.

    Parameters
    ----------
    numbers
        The numbers and their movements.
    name
        Name of the network.
    options
        Of the run that gave the plan.
    pairs
        Plans with their prices, the plan's own first.
    hooks
        Those that have changed the program; each movement is then compiled with them.
    """

    def __init__(
        self,
        numbers: Numbers,
        name: str,
        options: SolveOptions,
        pairs: Sequence[Prices],
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.numbers, self.name, self.options, self.pairs = numbers, name, options, tuple(pairs)
        self._hooks = tuple(hooks)
        self._means: Means = {}
        self._reuse = Reuse(lower(numbers.data, name, self._means), options.aim)
        self._before = self._reuse.tables
        self._stage = self._stage_of(self._before)
        self._bounds = self._held(self._before.columns)
        self._hooked = self._with_hooks(self._before.net) if hooks else None

    def slope(self, path: str) -> Slope:
        """Return what a number is worth."""
        number = self.numbers[path]
        rooms = {end: np.array(number.room(end)) for end in ENDS}
        first: End = "high" if rooms["high"].any() else "low"
        toward = self._toward(path, first)
        found: dict[End, Worth] = {first: toward}
        other: End = "low" if first == "high" else "high"
        factor = _opposite(rooms[first], rooms[other])
        if not _is_time(number) and factor is not None and not isinstance(toward, str):
            found[other] = tuple(factor * value for value in toward)
        elif rooms[other].any():
            found[other] = self._toward(path, other)
            if _is_time(number) or isinstance(toward, str):  # only durations were seen to jump
                self._check_jumps(path, found, factor)
        else:
            found[other] = (0.0,) * len(self.pairs)
        said = next((value for value in found.values() if isinstance(value, str)), "")
        low, high = (None if isinstance(value := found[end], str) else value for end in ENDS)
        return Slope(path, low, high, said)

    def _check_jumps(self, path: str, found: dict[End, Worth], factor: float | None) -> None:
        """Where both sides do not mirror each other, look whether the value bends there or jumps."""
        one, two = found.values()
        if factor is not None and not isinstance(one, str) and not isinstance(two, str):
            mirrored = abs(two[0] - factor * one[0]) <= BENT * abs(two[0])
            if mirrored:
                return
        for end, value in found.items():
            if isinstance(value, str) or not value[0]:
                continue
            closer = self._toward(path, end, STEP / 10)
            if isinstance(closer, str) or abs(closer[0]) > 2.0 * abs(value[0]):
                found[end] = JUMPS

    def _toward(self, path: str, end: End, step: float = STEP) -> Worth:
        """Return the change of the objective over the whole way to an end, or why a small movement is no patch."""
        moved = self.numbers.near(path, end, step)
        if moved is None:
            return "The rules of the instance refuse the smallest movement."
        after = self._reuse.of(lower(moved, self.name, self._means))
        if after is self._before:
            return (0.0,) * len(self.pairs)
        changed = structure_change(self._before, after)
        if changed is not None:
            return changed.reason
        priced = self._priced(after) if self._hooked is None else self._hooked_priced(after.net, *self._hooked)
        return priced if isinstance(priced, str) else tuple(value / step for value in priced)

    def _with_hooks(self, net: Network) -> tuple[Matrices, Stage]:
        """Return the program of a network with the hooks in it, whole numbers held, and its objective."""
        made = formulate(net, self.options.aim, self._hooks, registry=False)
        stage = stages(made.tables, self.options, made.program.cost, made.program.offset)[0]
        return held(replace(made.program, cost=stage.cost, offset=0.0), self.pairs[0].x), stage

    def _hooked_priced(self, net: Network, before: Matrices, stage: Stage) -> list[float] | str:
        """Return the change of the objective to the program of another network, by pair."""
        after, other = self._with_hooks(net)
        if after.labels != before.labels or after.n_columns != before.n_columns:
            return "The rows that hooks have added differ."
        patch = between(before, after)
        return [other.constant - stage.constant + stage.sign * worth_of(patch, pair) for pair in self.pairs]

    def _priced(self, after: ModelTables) -> list[float]:
        """Return the change of the objective to the tables of another network, by pair."""
        stage = self._stage_of(after)
        parts = [_rows(rows, after.rows[name], self._before.offsets[name]) for name, rows in self._before.rows.items()]
        same = after.columns is self._before.columns
        bounds = self._bounds if same else self._held(after.columns)
        total = []
        for pair in self.pairs:
            value = stage.sign * float((stage.cost - self._stage.cost) @ pair.x)
            value += stage.constant - self._stage.constant
            value += stage.sign * sum(part(pair) for part in parts)
            if not same:
                value += stage.sign * _sides(pair.column, self._bounds, bounds)
            total.append(value)
        return total

    def _stage_of(self, tables: ModelTables) -> Stage:
        return stages(tables, self.options, cost_vector(tables.terms, tables.columns.n))[0]

    def _held(self, columns: Columns) -> tuple[Array, Array]:
        """Return the bounds of the columns, whole numbers held at their value in the plan."""
        low, high = columns.stacked("lower"), columns.stacked("upper")
        whole = np.clip(np.round(self.pairs[0].x[: columns.n]), low, high)
        integer = columns.stacked("integer")
        return np.where(integer, whole, low), np.where(integer, whole, high)


def _is_time(number: Number) -> bool:
    """Return whether a number is a duration or scales one."""
    return number.quantity.unit == "month" or number.path.endswith(".cycle_factor")


def _opposite(first: Array, other: Array) -> float | None:
    """Return the factor that makes the way to one end the way to the other, or None where there is none."""
    at = int(np.argmax(np.abs(first)))
    factor = float(other[at] / first[at])
    return factor if np.allclose(other, factor * first, rtol=SAME, atol=ROUNDING * float(np.abs(first[at]))) else None


def _rows(before: Rows, after: Rows, offset: int) -> Callable[[Prices], float]:
    """Return what prices the difference of the rows of a family."""
    if after is before:
        return lambda pair: 0.0
    at = slice(offset, offset + len(before))
    sides = (before.lower, before.upper), (after.lower, after.upper)
    if np.array_equal(before.row, after.row) and np.array_equal(before.col, after.col):
        moved = np.flatnonzero(before.val != after.val)
        row, col, change = before.row[moved], before.col[moved], after.val[moved] - before.val[moved]
    else:  # an entry that only one of them has is zero in the other
        row, col = np.concatenate([before.row, after.row]), np.concatenate([before.col, after.col])
        change = np.concatenate([-before.val, after.val])

    def price(pair: Prices) -> float:
        y = pair.row[at]
        return _sides(y, *sides) - float(np.sum(y[row] * change * pair.x[col]))

    return price


def _sides(price: Array, before: tuple[Array, Array], after: tuple[Array, Array]) -> float:
    """Return the worth of moved sides: a positive price belongs to the upper one, a negative to the lower one."""
    total = 0.0
    for k, mine in ((0, price < 0), (1, price > 0)):
        moved = mine & (before[k] != after[k])
        total += float(price[moved] @ (after[k][moved] - before[k][moved]))
    return total


def worth_of(patch: Perturbation, pair: Prices) -> float:
    """Return what the difference of two programs of the same rows and columns is worth, to first order."""
    entries, rows, columns = patch.entries, patch.rows, patch.columns
    column, row = np.divmod(entries.at, patch.n_rows)
    return (
        float((patch.costs.new - patch.costs.old) @ pair.x[patch.costs.at])
        + _sides(pair.row[rows.at], _both(rows.old), _both(rows.new))
        + _sides(pair.column[columns.at], _both(columns.old), _both(columns.new))
        - float(pair.row[row] @ ((entries.new - entries.old) * pair.x[column]))
    )


def _both(sides: Array) -> tuple[Array, Array]:
    return sides[:, 0], sides[:, 1]


# -- all of them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Job:
    """What a process needs to price numbers."""

    tree: Tree
    data: Instance
    name: str
    options: SolveOptions
    pairs: tuple[Prices, ...]
    hooks: tuple[Hook, ...]


_made: Adjoint | None = None


def _begin(job: _Job) -> None:
    global _made
    _made = Adjoint(Numbers(job.tree, job.data), job.name, job.options, job.pairs, job.hooks)


def _some(paths: Sequence[str]) -> list[Slope]:
    assert _made is not None
    with collector_off():
        return [_made.slope(path) for path in paths]


def slopes(
    numbers: Numbers,
    name: str,
    options: SolveOptions,
    pairs: Sequence[Prices],
    workers: int = 1,
    count: Callable[[int, int, str], None] | None = None,
    hooks: Sequence[Hook] = (),
) -> tuple[Slope, ...]:
    """Return what every number of an instance is worth, in their order.

    Parameters
    ----------
    numbers
        The numbers.
    name
        Name of the network.
    options
        Of the run that gave the plan.
    pairs
        Plans with their prices, whole numbers held; the plan's own first.
    workers
        Processes; the answers are the same for any number of them.
    count
        Told how many are done, of how many, and the word for them.
    hooks
        Those that have changed the program; functions stay in this process.
    """
    paths = list(numbers.found)
    job = _Job(numbers.tree, numbers.data, name, options, tuple(pairs), tuple(hooks))
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    if workers <= 1 or hooks or len(paths) <= SMALL:
        _begin(job)
        return _counted(map(_some, chunks), len(paths), count)
    with ProcessPoolExecutor(workers, initializer=_begin, initargs=(job,)) as pool:
        return _counted(pool.map(_some, chunks), len(paths), count)


def _counted(
    parts: Iterable[Sequence[Slope]], total: int, count: Callable[[int, int, str], None] | None
) -> tuple[Slope, ...]:
    found: list[Slope] = []
    for part in parts:
        found += part
        if count is not None:
            count(len(found), total, "numbers priced")
    return tuple(found)

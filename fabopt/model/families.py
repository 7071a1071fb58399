"""The record that every constraint family has, and the tables its rows are kept in.

A family says its row as a sentence, what the price of the row means, and whether an elastic run may relax it.
Its rows are index and coefficient tables made by numpy before any Pyomo object exists, so that sparsity can be tested
without a solver and a what-if is a difference of two tables.

**Rule of structure.** Order and sparsity of rows and columns depend on structure alone: on which records exist, on
which columns exist (an upper limit of zero leaves a column out) and on the ages of effects. A coefficient that is zero
in some periods keeps its place as an explicit zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.unit_words import one_unit, unit_words
from fabopt.errors import FaboptError
from fabopt.model.told import Keys, Told
from fabopt.network.tables import Array

IntArray = NDArray[np.int64]


class ModelError(FaboptError):
    """The network cannot be written as a model; the message is a full sentence for the user."""


class EndlessError(ModelError):
    """What a yes or no opens has no end, or one too far away.

    Attributes
    ----------
    family, entity
        Family of the row that is the gate, and id of its record in the network.
    """

    def __init__(self, message: str, family: str = "", entity: str = "") -> None:
        super().__init__(message)
        self.family, self.entity = family, entity


class Named(Protocol):
    """Any record of the network with an id, a name and a unit."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Family:
    """One constraint family.

    In all sentences ``{name}``, ``{period}`` and ``{unit}`` are filled in.

    Attributes
    ----------
    name
        Name of the family; also the name of the Pyomo constraint.
    index
        Words for the parts of a row's key.
    unit
        Unit of the right-hand side, in words.
    says
        The row as a sentence; ``{rhs}`` is its right-hand side.
    price_says
        What the price of the row is the price of; ``{one}`` is one unit more, or less of what must be done.
    soft
        Whether an elastic run may relax the row to name what is missing.
    per
        Behind a price in a table: what one unit is a unit of.
    label
        The limit with what it limits, where a record has limits of several families.
    limited
        What is limited, in the words of a conflict; the bound follows.
    stated_in
        Module whose docstring states the mathematics, where it is not that of the family's rows.
    """

    name: str
    index: tuple[str, ...]
    unit: str
    says: str
    price_says: str
    soft: bool = False
    per: str = "{unit}"
    label: str = "{name}"
    limited: str = "{name} in {period}"
    stated_in: str = ""

    def sentence(self, name: str, period: str, rhs: float, unit: str) -> str:
        """Return the row as a sentence."""
        says = self.says if unit else self.says.replace("{rhs} {unit}", "{rhs}")
        return says.format(name=name, period=period, rhs=f"{rhs:,.6g}", unit=unit_words(unit))

    def price_sentence(self, name: str, period: str, unit: str, less: bool = False) -> str:
        """Return in words what the price of the row is the price of; ``less``: of relief of what must be done."""
        one = one_unit(unit, "less" if less else "more")
        return self.price_says.format(name=name, period=period, unit=unit_words(unit) or "unit", one=one)

    def per_unit(self, unit: str) -> str:
        """Return what stands behind a price in a table: ``kwafer wanted``."""
        return self.per.format(unit=unit or "unit")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one family: ``lower <= A x <= upper``, with A as triplets sorted by row, then column.

    Attributes
    ----------
    keys
        Readable key of each row, such as ``("tsmc-n3", "2027Q1")``.
    entity, period
        Position of the record in its network table and of the (first) period, per row [n].
    names, units
        Display name and unit of the row's entity, per row.
    row, col, val
        The triplets [nnz]: row within the family, column of the model, coefficient.
    lower, upper
        Bounds of the rows [n]; infinite where there is none.
    """

    family: Family
    keys: Sequence[tuple[str, ...]]
    entity: IntArray
    period: IntArray
    names: Sequence[str]
    units: Sequence[str]
    row: IntArray
    col: IntArray
    val: Array
    lower: Array
    upper: Array

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lower)

    @property
    def starts(self) -> IntArray:
        """Offsets of the rows in the triplets [n + 1]."""
        return np.searchsorted(self.row, np.arange(len(self) + 1)).astype(np.int64)


class Triplets:
    """Collects (row, column, value) arrays; entries with a negative row or column are left out."""

    def __init__(self) -> None:
        self._rows: list[IntArray] = []
        self._cols: list[IntArray] = []
        self._vals: list[Array] = []

    def add(self, rows: IntArray | int, cols: IntArray, vals: Array | float) -> None:
        """Add entries; the three are broadcast against each other."""
        r, c, v = np.broadcast_arrays(np.asarray(rows), np.asarray(cols), np.asarray(vals, dtype=float))
        keep = (r >= 0) & (c >= 0)
        self._rows.append(r[keep].astype(np.int64))
        self._cols.append(c[keep].astype(np.int64))
        self._vals.append(v[keep].astype(np.float64))

    def touched(self, rows: int) -> NDArray[np.bool_]:
        """Return which of so many rows have an entry."""
        result = np.zeros(rows, dtype=bool)
        for row in self._rows:
            result[row] = True
        return result

    def merged(self) -> tuple[IntArray, IntArray, Array]:
        """Return the entries sorted by row, then column, with repeated places added up (a zero sum stays)."""
        if not sum(map(len, self._rows)):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        row, col = np.concatenate(self._rows), np.concatenate(self._cols)
        val: Array = np.concatenate(self._vals)
        width = int(col.max()) + 1
        place = row * width + col  # one number sorts faster than two
        order = np.argsort(place, kind="stable")
        place, val = place[order], val[order]
        first = np.concatenate(([True], place[1:] != place[:-1]))
        if not first.all():
            place, val = place[first], np.add.reduceat(val, np.flatnonzero(first))
        return *np.divmod(place, width), val


def assemble(
    family: Family,
    triplets: Triplets,
    lower: Array,
    upper: Array,
    *,
    key: Callable[[int], tuple[str, ...]],
    who: Sequence[tuple[str, str, str]] | Mapping[int, tuple[str, str, str]],
    entity: IntArray,
    period: IntArray,
    keep: NDArray[np.bool_] | None = None,
) -> Rows:
    """Make the rows of a family from entries over candidate rows.

    Parameters
    ----------
    family, triplets
        The record, and the entries over candidate rows and columns of the model.
    lower, upper, entity, period
        Per candidate row [m].
    key
        Key of a candidate, by its number.
    who
        Id, name and unit of each entity, by its place.
    keep
        Which candidates become rows [m]; by default those with at least one entry.
    """
    row, col, val = triplets.merged()
    if keep is None:
        keep = triplets.touched(len(lower))
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    inside = keep[row] if len(row) else np.zeros(0, dtype=bool)
    chosen = np.flatnonzero(keep)
    entities = entity[chosen].astype(np.int64)
    return Rows(
        family=family,
        keys=Told(key, chosen),
        entity=entities,
        period=period[chosen].astype(np.int64),
        names=Told(lambda place: who[place][1], entities),
        units=Told(lambda place: who[place][2], entities),
        row=number[row[inside]].astype(np.int64),
        col=col[inside],
        val=val[inside],
        lower=lower[chosen].astype(np.float64),
        upper=upper[chosen].astype(np.float64),
    )


def grid_rows(
    family: Family,
    entries: Triplets,
    lower: Array | float,
    upper: Array | float,
    who: Sequence[tuple[str, str, str]],
    labels: Sequence[str],
    keep: NDArray[np.bool_] | None = None,
) -> Rows:
    """Make rows of a family that has one candidate an entity and period, numbered ``entity * T + period``.

    Parameters
    ----------
    family, entries
        The record, and the entries over candidate rows and columns of the model.
    lower, upper
        Bounds [entities, T], or anything that broadcasts to it.
    who
        Id, name and unit of each entity.
    labels
        Labels of the periods [T].
    keep
        Which candidates become rows [entities * T]; by default those with an entry.
    """
    T = len(labels)
    shape, cells = (len(who), T), np.arange(len(who) * T)
    return assemble(
        family,
        entries,
        np.broadcast_to(np.asarray(lower, dtype=float), shape).ravel(),
        np.broadcast_to(np.asarray(upper, dtype=float), shape).ravel(),
        key=Keys(tuple((one,) for one, _, _ in who), 0, tuple(labels)),
        who=who,
        entity=(cells // T).astype(np.int64),
        period=(cells % T).astype(np.int64),
        keep=keep,
    )


def grid(entities: int, periods: int) -> IntArray:
    """Return the numbers of the candidate rows [entities, T]."""
    return np.arange(entities * periods, dtype=np.int64).reshape(entities, periods)


def names(records: Sequence[Named]) -> list[tuple[str, str, str]]:
    """Return id, name and unit of records."""
    return [(record.id, record.name, record.unit) for record in records]


def by_period(values: Sequence[Array | float | None], periods: int, default: float = 0.0) -> Array:
    """Return numbers and arrays [T] as one matrix [n, T], with ``default`` in every period where there is none."""
    out = np.full((len(values), periods), default)
    for n, value in enumerate(values):
        if value is not None:
            out[n] = value
    return out


def stacked(arrays: Sequence[Array], periods: int) -> Array:
    """Return arrays [T] as one matrix [n, T] (n may be zero)."""
    if not arrays:
        return np.zeros((0, periods))
    return np.array(arrays, dtype=np.float64)

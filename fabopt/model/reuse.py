"""Tables of networks that differ from one in a few records: what their records do not touch is used again.

Rows, columns and terms of the objective are functions of some of the network's tables. While those of the first network
are made, it is noted which fields each function reads; for another network only the functions of which one of these
fields differs are called again. What comes out is what :func:`~fabopt.model.tables.model_tables` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import numpy as np

from fabopt.model.aim import Aim
from fabopt.model.collector import collector_off
from fabopt.model.columns import Columns, make_columns
from fabopt.model.families import Rows
from fabopt.model.objective import PARTS, ObjectiveTerm, joined_terms
from fabopt.model.registry import MODULES
from fabopt.model.tables import ModelTables
from fabopt.network.tables import Network

T = TypeVar("T")

_WORDS = frozenset({"name", "unit", "tags", "notes", "instrument"})
"""Fields of a record that say what it is, which no number of an instance changes."""


class _Noted:
    """A network, or a record of one, of which it is noted what is read: ``activities.cost``."""

    def __init__(self, of: Any, read: set[str], path: str = "") -> None:
        self._of, self._read, self._path = of, read, path

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._of, name)
        path = "periods" if name == "n_periods" else self._path + name
        self._read.add(path)
        if not self._path and isinstance(value, tuple):
            return tuple(_Noted(record, self._read, f"{path}.") for record in value)
        return value


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    """What a function made, and the tables that it read."""

    make: Callable[..., T]
    read: frozenset[str]
    result: T

    def again(self, net: Network, columns: Columns, changed: set[str], anew: bool) -> T:
        """Return what the function makes of another network; ``anew``: whether the columns are other ones."""
        return self.make(net, columns) if anew or _touched(self.read, changed) else self.result


def _touched(read: frozenset[str], changed: set[str]) -> bool:
    """Return whether something that was read differs; where a table's records are others, all their fields do."""
    return any(name in read for name in changed)


def _made(make: Callable[..., T], net: Network, columns: Columns) -> _Made[T]:
    read = set[str]()
    result = make(cast("Network", _Noted(net, read)), columns)
    return _Made(make, frozenset(read), result)


class Reuse:
    """Makes the tables of networks that are much like one.

    Parameters
    ----------
    net
        The one.
    aim
        What the objective asks of the model.

    Attributes
    ----------
    tables
        The model of ``net``, without registry.
    """

    def __init__(self, net: Network, aim: Aim | None = None) -> None:
        self.net, self.aim = net, aim
        read = set[str]()
        self._columns = make_columns(cast("Network", _Noted(net, read)), aim)
        self._columns_read = frozenset(read)
        self._rows = [_made(module.rows, net, self._columns) for module in MODULES]
        self._terms = [_made(part, net, self._columns) for part in PARTS]
        self._read = self._columns_read.union(
            {"constant_value", "standing_value"}, *(m.read for m in self._rows), *(m.read for m in self._terms)
        )
        self.tables = self._joined(net, self._columns, [m.result for m in self._rows], [m.result for m in self._terms])

    @collector_off()
    def of(self, net: Network) -> ModelTables:
        """Return the tables of another network; those of the first where nothing differs."""
        changed = differing(self.net, net, self._read)
        if not changed:
            return self.tables
        columns = self._columns
        if _touched(self._columns_read, changed):
            columns = make_columns(net, self.aim)
            columns = self._columns if _alike(self._columns, columns) else columns
        anew = columns is not self._columns
        return self._joined(
            net,
            columns,
            [made.again(net, columns, changed, anew) for made in self._rows],
            [made.again(net, columns, changed, anew) for made in self._terms],
        )

    def _joined(
        self,
        net: Network,
        columns: Columns,
        rows: Sequence[tuple[Rows, ...]],
        terms: Sequence[list[ObjectiveTerm]],
    ) -> ModelTables:
        by_family = {r.family.name: r for some in rows for r in some if len(r)}
        starts = np.cumsum([0, *(len(r) for r in by_family.values())]).tolist()
        return ModelTables(
            net=net,
            columns=columns,
            rows=MappingProxyType(by_family),
            offsets=MappingProxyType(dict(zip(by_family, starts, strict=False))),
            terms=joined_terms(net, terms),
            limits=(),
        )


def differing(one: Network, other: Network, read: Set[str]) -> set[str]:
    """Return in what two networks differ of what is ``read``: tables of other records, fields (``activities.cost``)."""
    found = set()
    for field in fields(Network):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name not in read or a is b:
            continue
        if not isinstance(a, tuple):
            found |= {field.name} if a != b else set()
        elif len(a) != len(b):
            found.add(field.name)
        elif a:
            names = [f.name for f in fields(a[0]) if f"{field.name}.{f.name}" in read]
            found |= {f"{field.name}.{name}" for name in names if not _same_field(name, a, b)}
    return found


def _same_field(name: str, a: Sequence[Any], b: Sequence[Any]) -> bool:
    if name in _WORDS:
        return True
    get = attrgetter(name)
    mine, theirs = list(map(get, a)), list(map(get, b))
    if _holds_records(next((x for x in (*mine, *theirs) if x is not None and not _empty(x)), None)):
        return _same_records(mine, theirs)
    if any(type(x) is np.ndarray for x in (*mine, *theirs)):
        return _same_arrays(mine, theirs)
    return mine == theirs


def _empty(value: object) -> bool:
    return isinstance(value, tuple) and not value


def _holds_records(value: object) -> bool:
    return is_dataclass(value) or (isinstance(value, tuple) and bool(value) and is_dataclass(value[0]))


def _same_records(a: list[Any], b: list[Any]) -> bool:
    """Return whether two columns of records, or of tuples of them, hold the same."""
    mine, theirs = ([v if isinstance(v, tuple) else (v,) for v in values] for values in (a, b))
    if list(map(len, mine)) != list(map(len, theirs)):
        return False
    one, two = [r for some in mine for r in some], [r for some in theirs for r in some]
    if [type(r) for r in one] != [type(r) for r in two] or len({type(r) for r in one}) > 1:
        return False  # of several kinds, or none in places: told as a difference rather than looked through
    return all(_same_field(f.name, one, two) for f in fields(one[0]))


def _same_arrays(a: list[Any], b: list[Any]) -> bool:
    """Return whether two columns of arrays, or numbers, or None where there is none, hold the same."""
    if [x is None for x in a] != [x is None for x in b]:
        return False
    mine, theirs = ([x for x in values if x is not None] for values in (a, b))
    return list(map(np.shape, mine)) == list(map(np.shape, theirs)) and np.array_equal(
        np.concatenate(list(map(np.ravel, mine))), np.concatenate(list(map(np.ravel, theirs))), equal_nan=True
    )


def _alike(a: Columns, b: Columns) -> bool:
    """Return whether two sets of columns have the same places, bounds and whole numbers."""
    return all(
        x.name == y.name
        and np.array_equal(x.index, y.index)
        and np.array_equal(x.lower, y.lower)
        and np.array_equal(x.upper, y.upper)
        and np.array_equal(x.integer, y.integer)
        for x, y in zip(a, b, strict=True)
    )

"""Tables that were not made for an instance: their columns are mapped to fields, and the rest is left out.

::

    tables:
      sites:
        file: data-centers.csv
        thousands: ","
        columns:
          "Data center": name                    # the id is made from it
          "Power (MW)": power                    # the unit stands in the heading
          Owner: {field: lab, as: id}            # a display name where an id is asked for
          Date: date                             # several rows an entry: what has a unit becomes a series

What is read from a cell is text, a number, a date or an id; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from fabopt.domain.base import Path as FieldPath
from fabopt.domain.quantity_raw import PROVENANCE, SHAPES
from fabopt.domain.units import UnitError, split_text, unit
from fabopt.io.csv_table import Table
from fabopt.io.dialect import KEYS, CellError, Dialect, dialect_of, slug
from fabopt.io.problems import InstanceError, Place, Positions, Problem, brief, nearest
from fabopt.io.yaml import Parsed, resolve_scalar

BARE = "field"
"""Unit of a column whose numbers are in the unit of the field."""

_SPEC = ("file", "columns", "where", "shape", *KEYS, *PROVENANCE)
_COLUMN = ("field", "unit", "as", "values", "times", "before", "fixed", *PROVENANCE)
READ_AS = ("id", "text")
_HEADED = re.compile(r".*[(\[]([^()\[\]]+)[)\]]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read.

    Attributes
    ----------
    heading
        What stands above it.
    path
        Field of the entry, from its outside.
    unit
        Unit of its numbers; None: it was not said, `BARE`: that of the field.
    read_as
        ``id``, ``text``; empty: by what stands in the cell.
    values
        What stands for a cell.
    fixed
        Whether all rows of an entry say the same, so that it is no series.
    of_numbers
        What is said of its numbers: source, factor, ...
    """

    heading: str
    path: tuple[str, ...]
    unit: str | None = None
    read_as: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    fixed: bool = False
    of_numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A table that was not made for an instance, and how it is read."""

    file: object
    dialect: Dialect
    columns: tuple[Column, ...]
    where: Mapping[str, tuple[str, ...]]
    shape: str

    @property
    def wanted(self) -> frozenset[str]:
        """The headings that it must have."""
        return frozenset([*(column.heading for column in self.columns), *self.where])


def foreign_of(raw: Mapping[str, Any], path: FieldPath, positions: Positions) -> Foreign:
    """Return how a table is read, from the mapping of the section ``tables``.

    Raises
    ------
    InstanceError
        With everything that is wrong with the mapping.
    """
    problems: list[Problem] = []

    def fault(where: FieldPath, message: str, expected: str = "", hint: str = "") -> None:
        problems.append(Problem.at(positions, (*path, *where), message, expected=expected, hint=hint))

    for key in raw:
        if key not in _SPEC:
            fault((key,), "a table has no such field", hint=nearest(str(key), _SPEC) or "there are " + ", ".join(_SPEC))
    if "file" not in raw:
        fault((), "the table has no 'file'")
    shape = raw.get("shape", "linear")
    if shape not in SHAPES:
        fault(("shape",), f"{brief(shape)} is no shape of a series", "linear or steps")
    dialect = dialect_of(raw, lambda name, message, expected: fault((name,), message, expected))
    columns = raw.get("columns")
    if not isinstance(columns, dict) or not columns:
        fault(("columns",), "'columns' maps headings of the table to fields", 'such as {"Power (MW)": power}')
        columns = {}
    shared = {key: raw[key] for key in PROVENANCE if key in raw}
    read = [_column(str(heading), given, shared, fault) for heading, given in columns.items()]
    for column, other in permutations(read, 2):
        if column.path == other.path[: len(column.path)]:
            fault(("columns", other.heading), f"{brief(column.heading)} goes to {'.'.join(column.path)} already")
    where = rows_where(raw.get("where"), lambda message: fault(("where",), message))
    if problems:
        raise InstanceError(problems)
    return Foreign(raw["file"], dialect, tuple(read), where, shape)


def rows_where(raw: object, fault: Callable[[str], None]) -> dict[str, tuple[str, ...]]:
    """Return which cells a row must have to be read, by heading; `fault` is told where that is not said right."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        fault("'where' maps headings of the table to the cell that a row must have, or to a list of them")
        return {}
    return {
        str(heading): tuple(str(cell).strip() for cell in (cells if isinstance(cells, list) else [cells]))
        for heading, cells in raw.items()
    }


def kept_rows(table: Table, where: Mapping[str, tuple[str, ...]]) -> list[tuple[int, list[str]]]:
    """Return the rows that are read."""
    at = [(table.header.index(heading), cells) for heading, cells in where.items()]
    return [row for row in table.rows if all(row[1][index].strip() in cells for index, cells in at)]


def check_headings(table: Table, wanted: Mapping[str, FieldPath], positions: Positions) -> None:
    """Refuse headings that the table does not have; each is given with where it was asked for."""
    problems = []
    for heading, path in wanted.items():
        if heading not in table.header:
            known = ", ".join(name for name in table.header[:12] if name)
            hint = nearest(heading, table.header) or f"it has {known}"
            message = f"{table.file} has no column {brief(heading)}"
            problems.append(Problem.at(positions, path, message, hint=hint))
    if problems:
        raise InstanceError(problems)


def unit_in(heading: str) -> str:
    """Return what stands in brackets at the end of a heading: `MW` of `Power (MW)`."""
    match = _HEADED.fullmatch(heading)
    return match[1].strip() if match else ""


def is_unit(text: str) -> bool:
    """Return whether a text can stand behind a number as its unit."""
    try:
        return bool(unit(split_text(f"1 {text}")[1]))
    except UnitError:
        return False


def quantity(cell: str, heading: str, written: str | None, dialect: Dialect) -> Any:
    """Return the number in a cell with its unit, as an instance writes it; None where the cell holds no number.

    Parameters
    ----------
    cell, heading
        The cell, and what stands above it.
    written
        Unit that was given; None: it stands in the heading, if anywhere.
    dialect
        How the table writes numbers.

    Raises
    ------
    CellError
        When the number may be two, or the heading has a unit that is none.
    """
    read = dialect.number(cell)
    if read is None:
        return None
    number, percent = read
    headed = unit_in(heading)
    if written is None and headed and not is_unit(headed):
        hint = f"give it: {{field: ..., unit: MW}}, or unit: {BARE} where numbers are in the field's own"
        raise CellError(f"{brief(headed)} in the heading {brief(heading)} is no unit that fabopt knows", hint)
    said = headed if written is None else "" if written == BARE else written
    if percent and said not in ("", "%"):
        raise CellError(f"{brief(cell)} stands in a column in {said}")
    if said == "1":
        return number
    said = percent or said
    return f"{number!r} {said}" if said else int(number) if number.is_integer() and abs(number) < 2**53 else number


def no_number(cell: str) -> CellError:
    """Return the error of a cell that holds no number where one is asked for."""
    return CellError(f"{brief(cell)} is no number", f"where it stands for nothing, say so: missing: [{brief(cell)}]")


def foreign_entries(table: Table, spec: Foreign, section: str, ids: Mapping[str, str]) -> Parsed:
    """Return the entries of a section that a table holds.

    Parameters
    ----------
    table, spec
        The table, which has all headings that are asked for, and how it is read.
    section
        The section, with dots where it lies in another.
    ids
        Ids of entries that are there already, by display name.

    Raises
    ------
    InstanceError
        With every cell that cannot be read.
    """
    reader = _Reader(table, spec, tuple(section.split(".")), ids)
    for line, cells in kept_rows(table, spec.where):
        reader.row(line, cells)
    if not reader.entries and not reader.problems:
        reader.problems.append(Problem(table.file, 1, section, "no row of the table is read", hint="see 'where'"))
    if reader.problems:
        raise InstanceError(reader.problems)
    tree: Any = reader.entries
    for part in reversed(reader.where):
        tree = {part: tree}
    for size in range(len(reader.where)):
        reader.places[reader.where[: size + 1]] = Place(table.file, 1)
    return Parsed(tree, reader.places)


class _Reader:
    """Puts rows into entries; gathers problems."""

    def __init__(self, table: Table, spec: Foreign, where: FieldPath, ids: Mapping[str, str]) -> None:
        self.table, self.spec, self.where, self.ids = table, spec, where, ids
        self.at = {column.path: (table.header.index(column.heading), column) for column in spec.columns}
        self.dated = ("date",) in self.at
        self.named = ("id",) if ("id",) in self.at else ("name",)
        self.entries: dict[str, Any] = {}
        self.called: dict[str, str] = {}
        self.places: dict[FieldPath, Place] = {}
        self.problems: list[Problem] = []
        if self.named not in self.at:
            message = "no column is mapped to 'id' or 'name', so the entries have no ids"
            self.problems.append(Problem(table.file, 1, ".".join(map(str, where)), message))

    def row(self, line: int, cells: list[str]) -> None:
        """Read one row into its entry."""
        if self.named not in self.at:
            return
        key = self._key(line, cells)
        if key is None:
            return
        first = key not in self.entries
        if not first and not self.dated:
            path = (*self.where, key)
            hint = f"first in {self.places[path]}"
            self._fault(line, path, f"{brief(self._cell(self.named, cells))} is given twice", hint)
            return
        if first:
            self.entries[key] = {}
            self.places[(*self.where, key)] = Place(self.table.file, line)
        day = self._day(line, key, cells) if self.dated else ""
        if day is None:
            return
        for path, (index, column) in self.at.items():
            if path in (("id",), ("date",)) or (path == ("name",) and self._cell(path, cells) in self.ids):
                continue  # an entry that is there already has its name
            cell = cells[index].strip()
            if not self.spec.dialect.empty(cell):
                self._put(line, key, column, cell, day)

    def _cell(self, path: tuple[str, ...], cells: list[str]) -> str:
        return cells[self.at[path][0]].strip()

    def _key(self, line: int, cells: list[str]) -> str | None:
        """Return the id of a row's entry: that of the entry of this name, or one made from the name."""
        cell = self._cell(self.named, cells)
        if self.spec.dialect.empty(cell):
            self._fault(line, self.where, "the row has no id" if self.named == ("id",) else "the row has no name")
            return None
        said = str(self.at[self.named][1].values.get(cell, cell))
        key = self.ids.get(said) or slug(said)
        if not key:
            hint = "say it: values: {...} of the column, or map a column of ids to 'id'"
            self._fault(line, self.where, f"no id can be made from {brief(cell)}", hint)
            return None
        if self.called.setdefault(key, cell) != cell:
            hint = "give one of them another id: values: {...} of the column"
            self._fault(line, (*self.where, key), f"{brief(self.called[key])} and {brief(cell)} are one id", hint)
            return None
        return key

    def _day(self, line: int, key: str, cells: list[str]) -> str | None:
        cell = self._cell(("date",), cells)
        try:
            if self.spec.dialect.empty(cell):
                raise CellError("the row has no date")
            return self.spec.dialect.date(cell)
        except CellError as error:
            self._fault(line, (*self.where, key), str(error), error.hint)
            return None

    def _put(self, line: int, key: str, column: Column, cell: str, day: str) -> None:
        """Put a cell into an entry."""
        path = (*self.where, key, *column.path)
        try:
            value, number = self._value(column, cell)
        except CellError as error:
            self._fault(line, path, f"column {brief(column.heading)}: {error}", error.hint)
            return
        inner = self.entries[key]
        *outer, last = column.path
        for part in outer:
            inner = inner.setdefault(part, {})
        if day and number and not column.fixed:
            series = inner.setdefault(last, {self.spec.shape: {}, **column.of_numbers})
            points, path = series[self.spec.shape], (*path, self.spec.shape, day)
            if day in points:
                self._fault(line, path, f"{brief(day)} is given twice", f"first in {self.places[path]}; see 'where'")
                return
            points[day] = value
            self.places.setdefault(path[:-2], Place(self.table.file, line))
        else:
            value = {"value": value, **column.of_numbers} if number and column.of_numbers else value
            if last in inner and inner[last] != value:
                hint = f"another is in {self.places[path]}, and all rows of an entry say the same of what is no number"
                self._fault(line, path, f"column {brief(column.heading)}: {brief(cell)} is another value", hint)
                return
            inner[last] = value
        self.places.setdefault(path, Place(self.table.file, line))

    def _value(self, column: Column, cell: str) -> tuple[Any, bool]:
        """Return what a cell says, and whether it is a number."""
        if cell in column.values:
            said = column.values[cell]
            return said, isinstance(said, int | float) and not isinstance(said, bool)
        if column.path == ("name",) or column.read_as == "text":
            return cell, False
        if column.read_as == "id":
            if not slug(cell):
                raise CellError(f"no id can be made from {brief(cell)}", "say it: values: {...} of the column")
            return slug(cell), False
        read = quantity(cell, column.heading, column.unit, self.spec.dialect)
        if read is not None:
            return read, True
        if column.unit is not None or is_unit(unit_in(column.heading)):
            raise no_number(cell)
        return resolve_scalar(cell), False

    def _fault(self, line: int, path: FieldPath, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.table.file, line, ".".join(map(str, path)), message, hint=hint))


def _column(
    heading: str, given: object, shared: Mapping[str, Any], fault: Callable[[FieldPath, str, str, str], None]
) -> Column:
    """Return a column from what the mapping says of it."""
    path: FieldPath = ("columns", heading)
    said: Mapping[str, Any] = given if isinstance(given, dict) else {"field": given}
    for key in said:
        if key not in _COLUMN:
            fault((*path, key), "a column has no such field", "", nearest(str(key), _COLUMN) or ", ".join(_COLUMN))
    name = said.get("field")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not all(part.strip() for part in name.split(".")):
        fault(path, f"{brief(name)} is no field", "a field, or several with dots: capacity.value", "")
        name = heading
    read_as, values, written = said.get("as", ""), said.get("values", {}), said.get("unit")
    if read_as and read_as not in READ_AS:
        fault((*path, "as"), f"{brief(read_as)} is none", "id or text", "")
    if not isinstance(values, dict):
        fault((*path, "values"), "'values' maps cells to what they stand for", "", "")
        values = {}
    written = str(written) if written is not None else None
    if written not in (None, BARE) and not is_unit(written):
        fault(
            (*path, "unit"), f"{brief(written)} is no unit", f"a unit such as MW, or '{BARE}' for the field's own", ""
        )
    if not isinstance(said.get("fixed", False), bool):
        fault((*path, "fixed"), f"{brief(said['fixed'])} is neither true nor false", "", "")
    own = {key: said[key] for key in ("times", "before", *PROVENANCE) if key in said}
    has_unit = written is not None or is_unit(unit_in(heading))
    of_numbers = {**(shared if has_unit else {}), **own}
    texts = {str(cell): meaning for cell, meaning in values.items()}
    return Column(
        heading, tuple(name.split(".")), written, read_as, texts, said.get("fixed", False) is True, of_numbers
    )

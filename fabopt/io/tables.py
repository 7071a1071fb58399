"""CSV tables of an instance: rows that are entries of a section, and columns that are series.

A table of entries has a column ``id``; other columns are fields, nested ones with dots (``capacity.value``). So a wide
table of values has a column for each member; a long one has ``value`` as its last column, and every other column names
a member. A table of series has ``date`` as its first column. An empty cell is an absent field; a cell in brackets or
braces is read as a YAML list or mapping; any other cell as an unquoted YAML scalar.

Tables that were not made for an instance are read by what is said of them (:mod:`fabopt.io.foreign`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from fabopt.domain.base import Path as FieldPath
from fabopt.domain.quantity_raw import PROVENANCE, SHAPES
from fabopt.io.csv_table import Table, parse_csv
from fabopt.io.dialect import KEYS, CellError, Dialect, dialect_of
from fabopt.io.files import inside, read_text
from fabopt.io.foreign import (
    BARE,
    check_headings,
    foreign_entries,
    foreign_of,
    kept_rows,
    no_number,
    quantity,
    rows_where,
)
from fabopt.io.problems import InstanceError, Place, Positions, Problem, brief, nearest
from fabopt.io.yaml import Parsed, parse_yaml, resolve_scalar

_FOREIGN = ("date", "where", *KEYS)
"""What is said of a series from a table that was not made for an instance."""
_SERIES_FIELDS = frozenset({"csv", "column", "shape", "before", "unit", "times", *PROVENANCE, *_FOREIGN})
_Point = tuple[int, str, Any]
"""Line, date and value of a point of a series."""


OWN = Dialect()
"""How a table is written that is made for an instance."""


class Tables:
    """The CSV tables of one folder; each file is read once, and its SHA-256 kept in `files`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = {}
        self._read: dict[tuple[str, str, int, frozenset[str] | None], Table] = {}

    def table(
        self, name: object, asked_by: Problem, dialect: Dialect = OWN, wanted: Collection[str] | None = None
    ) -> Table:
        """Read a table; `asked_by` places a refusal of its name, `wanted` are the columns that it is asked for."""
        path = inside(self.root, name, asked_by)
        shown = str(name)
        key = (shown, dialect.separator, dialect.skip, None if wanted is None else frozenset(wanted))
        if key not in self._read:
            text, digest = read_text(path, shown)
            self._read[key] = parse_csv(text, shown, dialect.separator, dialect.skip, wanted)
            self.files[shown] = digest
        return self._read[key]

    def entries(self, name: object, section: str, asked_by: Problem) -> Parsed:
        """Read a table whose rows are entries of a section.

        Returns
        -------
        Parsed
            A tree with nothing but that section (nested where its name has dots).

        Raises
        ------
        InstanceError
            With every problem found in the table.
        """
        table = self.table(name, asked_by)
        problems: list[Problem] = []
        if "id" not in table.header:
            if len(table.header) > 1 and table.header[-1] == "value":
                return _long(table, section)
            hint = "or, for values by several members, a last column 'value'" if "values" in section else ""
            raise InstanceError([Problem(table.file, 1, section, "the table has no column 'id'", hint=hint)])
        where = tuple(section.split("."))
        places: dict[FieldPath, Place] = {}
        entries: dict[str, Any] = {}
        column = table.header.index("id")
        for line, cells in table.rows:
            name_cell = cells[column].strip()
            place = Place(table.file, line)
            if not name_cell:
                problems.append(Problem(table.file, line, section, "the row has no id"))
                continue
            path = (*where, name_cell)
            if name_cell in entries:
                hint = f"first in {places[path]}"
                message = f"{brief(name_cell)} is given twice"
                problems.append(Problem(table.file, line, f"{section}.{name_cell}", message, hint=hint))
                continue
            places[path] = place
            entries[name_cell] = _entry(table, cells, path, place, places, problems)
        if problems:
            raise InstanceError(problems)
        return _under(where, entries, places, table.file)

    def series(self, raw: Mapping[str, Any], path: FieldPath, positions: Positions) -> Parsed:
        """Turn ``{csv, column, shape, unit, ...}`` into the mapping of a series.

        Raises
        ------
        InstanceError
            When the table or the column is not there, or the mapping has other fields.
        """
        for key in raw:
            if key not in _SERIES_FIELDS:
                message = "a series from a table has no such field"
                raise InstanceError([Problem.at(positions, (*path, key), message, hint=nearest(key, _SERIES_FIELDS))])
        shape = raw.get("shape", "linear")
        if shape not in SHAPES:
            message = f"{brief(shape)} is no shape of a series"
            raise InstanceError([Problem.at(positions, (*path, "shape"), message, expected="linear or steps")])
        read = self._dated if any(key in raw for key in _FOREIGN) else self._own
        table, rows = read(raw, path, positions)
        points: dict[str, Any] = {}
        places: dict[FieldPath, Place] = {}
        for line, day, value in rows:
            if day in points or not day:
                message = f"{brief(day)} stands twice in column {brief(raw.get('date', 'date'))}"
                raise InstanceError([Problem(table.file, line, "", message if day else "the row has no date")])
            points[day] = value
            places[(*path, shape, day)] = Place(table.file, line)
        kept = {key: value for key, value in raw.items() if key not in ("csv", "column", "shape", *_FOREIGN)}
        return Parsed({shape: points, **kept}, places)

    def _own(self, raw: Mapping[str, Any], path: FieldPath, positions: Positions) -> tuple[Table, Iterator[_Point]]:
        """Read a column of a table of series that was made for an instance."""
        table = self.table(raw["csv"], Problem.at(positions, (*path, "csv"), ""))
        if not table.header or table.header[0] != "date":
            hint = "or say which it is: date: HEADING"
            raise InstanceError(
                [Problem(table.file, 1, "", "the first column of a table of series is 'date'", hint=hint)]
            )
        wanted = str(raw["column"])
        check_headings(table, {wanted: (*path, "column")}, positions)
        column = table.header.index(wanted)
        rows = ((line, cells[0].strip(), cells[column].strip()) for line, cells in table.rows)
        return table, ((line, day, resolve_scalar(cell)) for line, day, cell in rows if cell)

    def _dated(self, raw: Mapping[str, Any], path: FieldPath, positions: Positions) -> tuple[Table, Iterator[_Point]]:
        """Read a column of a table that was not made for an instance."""
        problems: list[Problem] = []

        def fault(name: str, message: str, expected: str = "") -> None:
            problems.append(Problem.at(positions, (*path, name), message, expected=expected))

        dialect = dialect_of(raw, fault)
        where = rows_where(raw.get("where"), lambda message: fault("where", message))
        if problems:
            raise InstanceError(problems)
        day, wanted = str(raw.get("date", "date")), str(raw["column"])
        asked = {day: "date", wanted: "column", **dict.fromkeys(where, "where")}
        table = self.table(raw["csv"], Problem.at(positions, (*path, "csv"), ""), dialect, asked)
        check_headings(table, {heading: (*path, key) for heading, key in asked.items()}, positions)
        unit = BARE if "unit" in raw else None
        return table, _points(table, dialect, where, day, wanted, unit)

    def foreign(
        self, raw: Mapping[str, Any], section: str, path: FieldPath, positions: Positions, ids: Mapping[str, str]
    ) -> Parsed:
        """Read the entries of a section from a table that was not made for an instance; `ids` of those that are there.

        Raises
        ------
        InstanceError
            With every problem found in what is said of the table, or in the table.
        """
        spec = foreign_of(raw, path, positions)
        table = self.table(spec.file, Problem.at(positions, (*path, "file"), ""), spec.dialect, spec.wanted)
        asked = {column.heading: (*path, "columns", column.heading) for column in spec.columns}
        check_headings(table, {**asked, **{heading: (*path, "where", heading) for heading in spec.where}}, positions)
        return foreign_entries(table, spec, section, ids)


def _points(
    table: Table, dialect: Dialect, where: Mapping[str, tuple[str, ...]], day: str, wanted: str, unit: str | None
) -> Iterator[_Point]:
    """Yield line, date and number of the rows of a table that was not made for an instance."""
    at, column = table.header.index(day), table.header.index(wanted)
    for line, cells in kept_rows(table, where):
        cell = cells[column].strip()
        if dialect.empty(cell):
            continue
        try:
            value = quantity(cell, wanted, unit, dialect)
            if value is None:
                raise no_number(cell)
            yield line, dialect.date(cells[at].strip()) if cells[at].strip() else "", value
        except CellError as error:
            raise InstanceError([Problem(table.file, line, "", str(error), hint=error.hint)]) from None


def resolve_series(
    raw: dict[str, Any], path: FieldPath, positions: Positions, tables: Tables
) -> tuple[dict[str, Any], dict[FieldPath, Place], list[Problem]]:
    """Return the tree with every series that names a CSV column read in, where the points were written, and what is
    wrong; a series that cannot be read stays as it is.
    """
    places: dict[FieldPath, Place] = {}
    problems: list[Problem] = []

    def visit(node: Any, here: FieldPath) -> Any:
        """Return a node with its references to tables resolved."""
        if isinstance(node, dict):
            if "csv" in node and "column" in node:
                try:
                    series = tables.series(node, here, positions)
                except InstanceError as error:
                    problems.extend(error.problems)
                    return node
                places.update(series.places)
                return series.value
            return {key: visit(value, (*here, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [visit(value, (*here, index)) for index, value in enumerate(node)]
        return node

    return visit(raw, path), places, problems


def _under(where: FieldPath, nested: dict[str, Any], places: dict[FieldPath, Place], file: str) -> Parsed:
    """Return what was found in a table as a tree with nothing but its section."""
    tree: Any = nested
    for part in reversed(where):
        tree = {part: tree}
    for size in range(len(where)):
        places[where[: size + 1]] = Place(file, 1)
    return Parsed(tree, places)


def _long(table: Table, section: str) -> Parsed:
    """Read values by several members, one a row: nested by the columns before the last."""
    where = tuple(section.split("."))
    long: dict[str, Any] = {}
    places: dict[FieldPath, Place] = {}
    problems: list[Problem] = []
    for line, cells in table.rows:
        *members, cell = (text.strip() for text in cells)
        path = (*where, *members)
        if not cell:
            continue
        if not all(members) or path in places:
            empty = table.header[members.index("")] if "" in members else ""
            message = f"the row has no {empty}" if empty else f"{brief(', '.join(members))} is given twice"
            hint = "" if empty else f"first in {places[path]}"
            problems.append(Problem(table.file, line, section, message, hint=hint))
            continue
        inner = long
        for part in members[:-1]:
            inner = inner.setdefault(part, {})
        inner[members[-1]] = resolve_scalar(cell)
        places[path] = Place(table.file, line)
    if problems:
        raise InstanceError(problems)
    return _under(where, long, places, table.file)


def _entry(
    table: Table,
    cells: list[str],
    path: FieldPath,
    place: Place,
    places: dict[FieldPath, Place],
    problems: list[Problem],
) -> dict[str, Any]:
    """Build one entry from a row; dots in a column's name nest."""
    entry: dict[str, Any] = {}
    for name, text in zip(table.header, cells, strict=True):
        cell = text.strip()
        if name == "id" or not cell:
            continue
        *outer, last = name.split(".")
        inner = entry
        for part in outer:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                break
        if not isinstance(inner, dict) or last in inner:
            message = f"column {brief(name)} clashes with another column"
            problems.append(Problem(table.file, place.line, ".".join(map(str, path)), message))
            continue
        if cell[0] in "[{":
            try:
                inner[last] = parse_yaml(cell, table.file, place.line or 1).value
            except InstanceError as error:
                problems.extend(error.problems)
        else:
            inner[last] = resolve_scalar(cell)
        places[(*path, *outer, last)] = place
    return entry

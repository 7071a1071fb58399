"""CSV tables of an instance: rows that are entries of a section, and columns that are series.

A table of entries has a column ``id``; other columns are fields, nested ones with dots (``capacity.value``). So a wide
table of values has a column for each member; a long one has ``value`` as its last column, and every other column names
a member. A table of series has ``date`` as its first column. An empty cell is an absent field; a cell in brackets or
braces is read as a YAML list or mapping; any other cell as an unquoted YAML scalar.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fabopt.domain.base import Path as FieldPath
from fabopt.io.files import inside, read_text
from fabopt.io.problems import InstanceError, Place, Positions, Problem, brief, nearest
from fabopt.io.yaml import Parsed, parse_yaml, resolve_scalar

_MOST_CELLS = 2_000_000
_SERIES_FIELDS = frozenset(
    {"csv", "column", "shape", "before", "unit", "times", "source", "as_of", "confidence", "assumed", "note"}
)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its header and, for each row, the line on which it begins and its cells."""

    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


class Tables:
    """The CSV tables of one folder; each file is read once, and its SHA-256 kept in `files`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = {}
        self._read: dict[str, Table] = {}

    def table(self, name: object, asked_by: Problem) -> Table:
        """Read a table; `asked_by` places a refusal of its name."""
        path = inside(self.root, name, asked_by)
        shown = str(name)
        if shown not in self._read:
            text, digest = read_text(path, shown)
            self._read[shown] = parse_csv(text, shown)
            self.files[shown] = digest
        return self._read[shown]

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
        if shape not in ("linear", "steps"):
            message = f"{brief(shape)} is no shape of a series"
            raise InstanceError([Problem.at(positions, (*path, "shape"), message, expected="linear or steps")])
        table = self.table(raw["csv"], Problem.at(positions, (*path, "csv"), ""))
        if not table.header or table.header[0] != "date":
            raise InstanceError([Problem(table.file, 1, "", "the first column of a table of series is 'date'")])
        wanted = str(raw["column"])
        if wanted not in table.header[1:]:
            message = f"{table.file} has no column {brief(wanted)}"
            hint = nearest(wanted, table.header[1:])
            raise InstanceError([Problem.at(positions, (*path, "column"), message, hint=hint)])
        column = table.header.index(wanted)
        points: dict[str, Any] = {}
        places: dict[FieldPath, Place] = {}
        for line, cells in table.rows:
            day, cell = cells[0].strip(), cells[column].strip()
            if not cell:
                continue
            if day in points or not day:
                message = f"{brief(day)} stands twice in column 'date'" if day else "the row has no date"
                raise InstanceError([Problem(table.file, line, "", message)])
            points[day] = resolve_scalar(cell)
            places[(*path, shape, day)] = Place(table.file, line)
        kept = {key: value for key, value in raw.items() if key not in ("csv", "column", "shape")}
        return Parsed({shape: points, **kept}, places)


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


def parse_csv(text: str, shown: str) -> Table:
    """Read a CSV file; InstanceError with the line where it is none."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    cells = 0
    line = 1
    try:
        for row in reader:
            first, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                _check_header(header, shown, first)
                continue
            if len(row) != len(header):
                message = f"the row has {len(row)} cells and the header {len(header)}"
                hint = "a text with a comma stands in double quotes, and a decimal mark is a point"
                raise InstanceError([Problem(shown, first, "", message, hint=hint)])
            cells += len(row)
            if cells > _MOST_CELLS:
                raise InstanceError([Problem(shown, first, "", f"the table has more than {_MOST_CELLS} cells")])
            rows.append((first, row))
    except csv.Error as error:
        raise InstanceError([Problem(shown, line, "", f"this is not CSV: {error}")]) from error
    if header is None:
        raise InstanceError([Problem(shown, 1, "", "the table is empty")])
    return Table(shown, header, rows)


_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}


def _check_header(header: list[str], shown: str, line: int) -> None:
    for sign, name in _SEPARATORS.items():
        if len(header) == 1 and (sign in header[0] or header[0].lower() == f"sep={sign}"):
            message = f"the file seems to be separated by {name}"
            hint = "save it with commas between the cells and points as decimal marks"
            raise InstanceError([Problem(shown, line, "", message, hint=hint)])
    for index, name in enumerate(header):
        if not name or name in header[:index]:
            message = f"column {brief(name)} stands twice" if name else f"column {index + 1} has no name"
            raise InstanceError([Problem(shown, line, "", message)])

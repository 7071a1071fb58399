"""Reading a workbook that was filled in: the raw tree of an instance, every fault with its sheet and cell."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, get_origin

from fabopt.domain.base import Path
from fabopt.domain.quantity_raw import SHAPES
from fabopt.io.problems import InstanceError, Layer, Place, Positions, Problem, brief, dotted, nearest
from fabopt.io.shape import kinds_at
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.io.workbook.archive import Cells, Percent, checked, sheets
from fabopt.io.workbook.cells import as_meant
from fabopt.io.workbook.layout import (
    BEFORE,
    BESIDE,
    COLUMNS,
    GENERAL,
    holds_quantity,
    is_flat,
    read_path,
    sections,
    write_path,
)
from fabopt.io.yaml import parse_yaml, resolve_scalar

if TYPE_CHECKING:
    from pydantic import BaseModel

    from fabopt.domain.instance import Instance


def read_workbook(path: FilePath) -> tuple[Tree, Instance]:
    """Read an instance that was filled in as a workbook.

    Returns
    -------
    tuple of Tree and Instance
        The raw data with the cell of each part, and the validated instance.

    Raises
    ------
    InstanceError
        With every problem found, each with sheet, cell and field.
    """
    from fabopt.domain.instance import Instance

    shown = path.name
    data = checked(path)
    reader = _Reader(shown, Instance)
    workbook, gone = sheets(data, shown)
    for title, rows in workbook:
        reader.sheet(title, rows)
    raw = reader.finished()
    files = {shown: hashlib.sha256(data).hexdigest()}
    tree = Tree(path.parent, raw, Positions((Layer(reader.places),)), files, {})
    problems = [*gone, *reader.problems]
    try:
        instance = None if gone or reader.lost else validate(tree, Instance)
    except InstanceError as error:
        problems = [*problems, *error.problems]
    if problems or instance is None:
        raise InstanceError(problems)
    return replace(tree, raw=_shortened(Instance, raw, ())), instance


def _shortened(model: type[BaseModel], node: Any, path: Path) -> Any:
    """Write numbers about which nothing but a unit is said as people do: ``180 kwafer/month``."""
    if isinstance(node, dict):
        whole = path[:-2] if path[-2:-1] in (("linear",), ("steps",)) else path
        declared = next((kind.quantity for kind in kinds_at(model, whole) if kind.quantity), None)
        if declared and node.keys() == {"value", "unit"} and isinstance(node["value"], int | float):
            number, unit = repr(node["value"]).removesuffix(".0"), node["unit"]
            if unit != "1":
                return f"{number} {unit}"
            return resolve_scalar(number) if declared.unit == "1" else node
        return {key: _shortened(model, value, (*path, key)) for key, value in node.items()}
    if isinstance(node, list):
        return [_shortened(model, value, (*path, index)) for index, value in enumerate(node)]
    return node


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that holds something: where it is and what."""

    place: Place
    value: object
    percent: bool = False
    """Whether the number is shown in percent."""


class _Reader:
    """Gathers the tree of a workbook, the place of each part, and problems."""

    def __init__(self, shown: str, model: type[BaseModel]) -> None:
        self.shown = shown
        self.model = model
        self.raw: dict[str | int, Any] = {}
        self.places: dict[Path, Place] = {(): Place(shown)}
        self.problems: list[Problem] = []
        self.lost = False
        """Whether something could not be put into the tree, which then misses what others refer to."""
        self.lists: dict[Path, None] = {}
        self.known = {write_path(path): path for path in sections(model)}

    def fault(self, place: Place, path: Path, message: str, hint: str = "", lost: bool = True) -> None:
        """Keep a fault at a cell; `lost` where the tree lacks what was meant."""
        self.problems.append(Problem(place.file, place.line, dotted(path), message, hint=hint, column=place.column))
        self.lost = self.lost or lost

    def sheet(self, title: str, rows: list[Cells]) -> None:
        """Read one sheet into the tree."""
        file = f"{self.shown}, sheet {title}"
        if title != GENERAL and title not in self.known:
            hint = nearest(title, (*self.known, GENERAL)) or "begin its name with # if it is not meant to be read"
            self.fault(Place(file), (), "the sheet is no section of an instance", hint)
            return
        section = self.known.get(title, ())
        if not rows:
            return
        line, head, _ = rows[0]
        flat = bool(section) and is_flat(self.model, section)
        names = self.heads(file, line, head, bool(section), flat)
        if names is None:
            return
        self.places.setdefault(section, Place(file, line))
        for row_line, values, typed in rows[1:]:
            cells = self.row(file, row_line, names, values, typed)
            if cells:
                self.entry(Place(file, row_line), section, cells, flat)

    def heads(self, file: str, line: int, head: list[object], keyed: bool, flat: bool) -> dict[int, str] | None:
        """Return the columns by position, or None when they cannot be told."""
        names = {index: str(cell).strip() for index, cell in enumerate(head) if cell is not None and str(cell).strip()}
        needed = (["id"] if keyed else []) + ([] if flat else ["field", "value"])
        missing = [name for name in needed if name not in names.values()]
        for name in missing:
            self.fault(Place(file, line), (), f"the first row names the columns, and there is no column {brief(name)}")
        seen: set[str] = set()
        for index, name in names.items():
            place = Place(file, line, _letter(index))
            if name in seen:
                self.fault(place, (), f"column {brief(name)} stands twice")
            if not flat and name not in COLUMNS:
                hint = nearest(name, COLUMNS) or "the columns are " + ", ".join(COLUMNS)
                self.fault(place, (), f"there is no column {brief(name)}", hint)
            seen.add(name)
        return None if missing else names

    def row(
        self, file: str, line: int, names: Mapping[int, str], values: list[object], typed: list[object]
    ) -> dict[str, _Cell]:
        """Return the filled cells of a row by column."""
        cells: dict[str, _Cell] = {}
        for index, entered in enumerate(typed):
            if entered is None or (isinstance(entered, str) and not entered.strip()):
                continue
            place = Place(file, line, _letter(index))
            value = values[index] if index < len(values) else None
            if index not in names:
                self.fault(place, (), f"{brief(entered)} stands in a column without a name", lost=False)
            elif value is None:
                hint = "open the workbook in a spreadsheet and save it, or write the number"
                self.fault(place, (), f"the formula {brief(entered)} has no saved result", hint)
            elif isinstance(value, str) and value.startswith("#") and value != entered:
                self.fault(place, (), f"the formula {brief(entered)} gives the error {value}")
            elif names[index] != "meaning":
                if isinstance(value, datetime) and value.time() != time():
                    message = f"the cell holds a time of day ({value:%Y-%m-%d %H:%M})"
                    self.fault(place, (), message, "write the day alone, without a time")
                percent = isinstance(value, Percent)
                if isinstance(value, Percent):
                    value = int(value) if value.is_integer() else float(value)
                cells[names[index]] = _Cell(place, _plain(value), percent)
        return cells

    def entry(self, place: Place, section: Path, cells: dict[str, _Cell], flat: bool) -> None:
        """Put a row into the tree."""
        path = section
        if section:
            key = cells.pop("id", None)
            if key is None:
                self.fault(place, section, "the row has no id", "write the id of the entry in column 'id'")
                return
            path = (*section, _text(key.value))
            if flat and path in self.places:
                self.fault(key.place, path, f"{brief(key.value)} is given twice", f"first in {self.places[path]}")
                return
            self.places.setdefault(path, key.place)
        if flat:
            for name, cell in cells.items():
                self.put((*path, name), self.scalar((*path, name), cell), cell.place)
            return
        if section and not cells:
            self.part(path, place)  # all fields at their defaults
            return
        named = cells.pop("field", None)
        below = None if named is None else read_path(_text(named.value))
        if named is None or below is None:
            where, message = (place, "the row has no field") if named is None else (named.place, "this is no field")
            self.fault(where, path, message, "write it with dots: expansion.cost; a part with a dot stands in quotes")
            return
        path = self.numbered(path, below)
        self.places.setdefault(path, named.place)
        self.number(path, cells, named.place)

    def numbered(self, path: Path, below: tuple[str, ...]) -> Path:
        """Return the whole path, positions in lists as numbers."""
        for part in below:
            here = kinds_at(self.model, path)
            listed = part.isdecimal() and any(k.is_list for k in here) and not any(k.is_mapping for k in here)
            if listed:
                self.lists[path] = None
            path = (*path, int(part) if listed else part)
        return path

    def number(self, path: Path, cells: dict[str, _Cell], place: Place) -> None:
        """Put the value of a row into the tree: a word, a number with what is said about it, or a part of a series."""
        when = cells.pop("when", None)
        value = cells.get("value")
        if when is not None and _text(when.value) in SHAPES:
            self.head_of_series(path, _text(when.value), cells, when.place)
        elif value is None and when is not None:
            hint = "write linear, steps, or a date that has a number in column 'value'"
            self.fault(when.place, path, f"{brief(when.value)} begins no series and has no value", hint)
        elif value is None:
            self.fault(place, path, "the row has no value", "write one in column 'value', or delete the row")
        elif when is not None:
            self.point_of_series(path, when, cells)
        elif holds_quantity(self.model, path) and not _is_flow(value.value):
            self.put(path, self.quantity(path, cells), value.place)
        else:
            for name, cell in cells.items():
                if name != "value":
                    message = f"this field is no quantity, so {name!r} does not go with it"
                    self.fault(cell.place, path, message, "empty the cell", lost=False)
            self.put(path, self.scalar(path, value), value.place)

    def quantity(self, path: Path, cells: Mapping[str, _Cell], unit: object = None) -> Any:
        """Return a number with what is said about it as it is written in an instance; `unit`: of its series."""
        raw: dict[str, Any] = {}
        for name in ("value", "unit", *BESIDE):
            if name in cells:
                self.places[(*path, name)] = cells[name].place
                raw[name] = self.beside(name, cells[name].value)
                if name in ("value", "low", "high") and isinstance(raw[name], str):
                    number = resolve_scalar(raw[name].strip())  # a number in a cell that is formatted as text
                    raw[name] = number if _is_number(number) else raw[name]
        if raw.get("unit", unit) == "%":
            for name in (name for name in raw if cells[name].percent):
                raw[name] = float(f"{100.0 * raw[name]:.15g}")  # 0.15 that is shown as 15 %, beside the unit %
        return raw["value"] if raw.keys() == {"value"} else raw

    def beside(self, name: str, value: object) -> object:
        """Return what a cell says about a number in the form of an instance."""
        if name == "source" and isinstance(value, str):
            ids = [part.strip() for part in value.split(",") if part.strip()]
            return ids[0] if len(ids) == 1 else ids
        if name == "unit":
            return "1" if value == 1 and not isinstance(value, bool) else value
        if name in ("as_of", "note") and not isinstance(value, bool):
            return _text(value)
        return value

    def head_of_series(self, path: Path, shape: str, cells: dict[str, _Cell], place: Place) -> None:
        """Begin a series: how it runs, its unit, and what is said about all of it."""
        series = self.part(path, place)
        if series is None or any(name in series for name in SHAPES):
            self.fault(place, path, "the series begins twice")
            return
        self.places[(*path, shape)] = place
        for name, cell in cells.items():
            self.places[(*path, name)] = cell.place
            series[name] = self.beside(name, cell.value)
        series[shape] = {}

    def point_of_series(self, path: Path, when: _Cell, cells: dict[str, _Cell]) -> None:
        """Add a point to a series that has begun."""
        series = self.part(path, when.place)
        shape = None if series is None else next((name for name in SHAPES if name in series), None)
        if series is None or shape is None:
            hint = "put a row with 'linear' or 'steps' in column 'when' above its points"
            self.fault(when.place, path, "the series has not begun", hint)
            return
        day = _text(when.value)
        unit = cells.get("unit")
        if unit is not None and self.beside("unit", unit.value) == series.get("unit"):
            del cells["unit"]  # said once for the whole
        held: dict[str | int, Any] = series if day == BEFORE else series[shape]
        point = (*path, day) if day == BEFORE else (*path, shape, day)
        if day in held:
            self.fault(when.place, point, f"{brief(day)} is given twice", f"first in {self.places[point]}")
            return
        held[day] = self.quantity(point, cells, series.get("unit"))
        self.places[point] = cells["value"].place

    def scalar(self, path: Path, cell: _Cell) -> Any:
        """Return a word, number, flag, list or mapping."""
        value = cell.value
        if not isinstance(value, str):
            return value
        kinds = kinds_at(self.model, path)
        if kinds and all(kind.type is str or get_origin(kind.type) is Literal for kind in kinds):
            return value
        if _is_flow(value):
            try:
                return parse_yaml(value, cell.place.file, cell.place.line or 1).value
            except InstanceError as error:
                self.fault(cell.place, path, error.problems[0].message, "a list is written [n3, n5]")
                return None
        return resolve_scalar(value.strip())

    def part(self, path: Path, place: Place) -> dict[str | int, Any] | None:
        """Return the mapping at a path, made where there is none yet; None when something else stands there."""
        here: Any = self.raw
        for size, key in enumerate(path, start=1):
            self.places.setdefault(path[:size], place)
            here = here.setdefault(key, {})
            if not isinstance(here, dict):
                return None
        return here if isinstance(here, dict) else None

    def put(self, path: Path, value: Any, place: Place) -> None:
        """Put a value at a path at which nothing stands yet."""
        above = self.part(path[:-1], place)
        if above is None or path[-1] in above:
            first = self.places.get(path)
            hint = "" if first is None else f"first in row {first.line} of {first.file}"
            self.fault(place, path, "this field is given twice", hint)
            return
        above[path[-1]] = value
        self.places[path] = place

    def finished(self) -> dict[str, Any]:
        """Return the tree, with lists where positions were given."""
        for path in sorted(self.lists, key=len, reverse=True):
            above: Any = self.raw
            for key in path[:-1]:
                above = above.get(key, {}) if isinstance(above, dict) else {}
            numbered = above.get(path[-1]) if isinstance(above, dict) else None
            if isinstance(numbered, dict):
                if sorted(map(str, numbered)) != sorted(str(index) for index in range(len(numbered))):
                    self.fault(self.places[path], path, "the entries of a list are numbered 0, 1, 2 without gaps")
                else:
                    above[path[-1]] = [numbered[index] for index in range(len(numbered))]
        return {str(key): value for key, value in self.raw.items()}


def _letter(index: int) -> str:
    """Return the letter of a column (from 0)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_flow(value: object) -> bool:
    return isinstance(value, str) and value.strip()[:1] in ("[", "{")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: object) -> object:
    """Return a cell's value as plain data: a day as text, an integer without point, a text as it was meant."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return as_meant(value) if isinstance(value, str) else value if isinstance(value, bool | int | float) else str(value)


def _text(value: object) -> str:
    """Return what a person means by a cell that holds an id, a field, a date or a note."""
    return value.strip() if isinstance(value, str) and "\n" not in value else str(value)

"""What happened, as people keep it: a long table with a row a fact, from CSV, a workbook, YAML or Python.

The columns are `what` is counted (a measure of the chain, or ``number`` for a number of the instance), the `name` of it
as the instance uses it, the `period`, the `value`, and, where wanted, its `unit`, its `source` and a `note`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from fabopt.io.csv_table import parse_csv
from fabopt.io.files import read_text
from fabopt.io.problems import InstanceError, Place, Problem, brief, nearest
from fabopt.io.yaml import parse_yaml, resolve_scalar

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("what", "name", "period", "value")
COLUMNS = (*NEEDED, "unit", "source", "note")
SECTION = "actuals"
"""Key of the list in a YAML file, where it is no list by itself."""

Facts: TypeAlias = "Path | str | Sequence[Mapping[str, Any]] | pd.DataFrame"


@dataclass(frozen=True, slots=True)
class Fact:
    """A row: its cells as they were read, and where each was written.

    ``value`` is None where the cell is empty: then nothing was given, and the plan counts.
    """

    what: str
    name: str
    period: object
    value: object
    unit: str
    source: str
    place: Place
    places: Mapping[str, Place]

    def problem(self, field: str, message: str, *, value: object = None, expected: str = "", hint: str = "") -> Problem:
        """Return what is wrong with one of its cells."""
        place = self.places.get(field, self.place)
        shown = "" if value is None else brief(value)
        return Problem(place.file, place.line, field, message, shown, expected, hint, place.column)


def read_facts(source: Facts) -> tuple[Fact, ...]:
    """Read what happened.

    Parameters
    ----------
    source
        A CSV, XLSX or YAML file, a list of mappings, or a data frame with these columns.

    Raises
    ------
    InstanceError
        With every fault of form, each with file, line and column.
    """
    problems: list[Problem] = []
    facts: list[Fact] = []
    for row in _rows(source):
        wrong = list(row.faults())
        problems += wrong
        if not wrong:
            facts.append(row.fact())
    if problems:
        raise InstanceError(problems)
    return tuple(facts)


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of a row by column, and where they stand."""

    cells: Mapping[str, object]
    place: Place
    places: Mapping[str, Place]

    def faults(self) -> Iterator[Problem]:
        for name in NEEDED[:3]:
            if self.cells.get(name) in (None, ""):
                yield self._problem(name, f"the row has no {name}", f"the columns {', '.join(NEEDED)} are needed")
        for name in self.cells:
            if name not in COLUMNS:
                hint = nearest(str(name), COLUMNS) or f"there are {', '.join(COLUMNS)}"
                yield self._problem(str(name), f"{brief(name)} is no column of actuals", hint)

    def fact(self) -> Fact:
        text = {name: str(self.cells.get(name) or "").strip() for name in ("what", "name", "unit", "source")}
        period, value = self.cells["period"], self.cells.get("value")
        value = value.strip() if isinstance(value, str) else value
        return Fact(**text, period=period, value=None if value == "" else value, place=self.place, places=self.places)

    def _problem(self, field: str, message: str, hint: str) -> Problem:
        place = self.places.get(field, self.place)
        return Problem(place.file, place.line, field, message, hint=hint, column=place.column)


def _rows(source: Facts) -> Iterable[_Row]:
    if isinstance(source, Path | str):
        path = Path(source)
        if path.suffix.lower() == ".xlsx":
            return _workbook(path)
        text, _ = read_text(path, path.name)
        return _yaml(text, path.name) if path.suffix.lower() in (".yaml", ".yml", ".json") else _csv(text, path.name)
    if isinstance(source, Sequence):
        return [_mapping(row, Place("actuals", at)) for at, row in enumerate(source, 1)]
    table = source.astype(object).where(source.notna(), None)
    return [_mapping(row, Place("actuals", at)) for at, row in enumerate(table.to_dict("records"), 1)]


def _mapping(row: object, place: Place, places: Mapping[str, Place] | None = None) -> _Row:
    if not isinstance(row, Mapping):
        hint = f"write {{{', '.join(f'{name}: ...' for name in NEEDED)}}}"
        raise InstanceError([Problem(place.file, place.line, "", f"{brief(row)} is no row of actuals", hint=hint)])
    return _Row({str(key): value for key, value in row.items()}, place, places or {})


def _csv(text: str, shown: str) -> Iterator[_Row]:
    table = parse_csv(text, shown)
    _check_header(table.header, shown, 1)
    for line, cells in table.rows:
        read = dict(zip(table.header, (cell.strip() for cell in cells), strict=True))
        value = read["value"]
        yield _Row({**read, "value": resolve_scalar(value) if value else None}, Place(shown, line), {})


def _yaml(text: str, shown: str) -> Iterator[_Row]:
    parsed = parse_yaml(text, shown)
    rows, under = parsed.value, list[str]()
    if isinstance(rows, Mapping) and SECTION in rows:
        rows, under = rows[SECTION], [SECTION]
    if not isinstance(rows, list):
        hint = f"write '{SECTION}:' and below it '- {{what: shipments, name: ..., period: ..., value: ...}}'"
        raise InstanceError([Problem(shown, 1, "", "actuals are a list of rows", hint=hint)])
    for at, row in enumerate(rows):
        here = (*under, at)
        places = {str(path[-1]): place for path, place in parsed.places.items() if path[:-1] == here}
        yield _mapping(row, next(iter(places.values()), Place(shown, 1)), places)


def _workbook(path: Path) -> Iterator[_Row]:
    from fabopt.io.workbook.archive import checked, sheets

    found, _ = sheets(checked(path), path.name)
    for title, rows in found:
        shown = f"{path.name}, sheet {title}"
        if not rows:
            continue
        first, header, _ = rows[0]
        names = {str(cell).strip(): at for at, cell in enumerate(header) if cell not in (None, "")}
        _check_header(list(names), shown, first)
        for line, cells, _ in rows[1:]:
            places = {name: Place(shown, line, chr(ord("A") + at)) for name, at in names.items()}
            read = {name: cells[at] for name, at in names.items() if at < len(cells) and cells[at] is not None}
            yield _Row(read, Place(shown, line), places)


def _check_header(header: Sequence[str], shown: str, line: int) -> None:
    wrong = [
        Problem(shown, line, name, f"the table has no column '{name}'", hint=f"there are {', '.join(COLUMNS)}")
        for name in NEEDED
        if name not in header
    ]
    wrong += [
        Problem(shown, line, name, f"{brief(name)} is no column of actuals", hint=nearest(name, COLUMNS))
        for name in header
        if name not in COLUMNS
    ]
    if wrong:
        raise InstanceError(wrong)

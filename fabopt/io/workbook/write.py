"""Writing an instance as a workbook that can be filled in and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from fabopt.domain.base import Path, meanings
from fabopt.domain.quantity import ASSUMED_RANGE, Quantity
from fabopt.domain.quantity_raw import SHAPES
from fabopt.io.problems import InstanceError, Problem, brief, dotted
from fabopt.io.schema import schema_rows
from fabopt.io.shape import Kind, fields_of, kinds, kinds_at
from fabopt.io.workbook.cells import MOST_TEXT, can_hold, new_workbook, put
from fabopt.io.workbook.layout import (
    BEFORE,
    BESIDE,
    COLUMNS,
    FIELDS,
    GENERAL,
    HELP,
    WRITTEN_WITH,
    holds_quantity,
    is_flat,
    sections,
    write_path,
)
from fabopt.io.yaml import resolve_scalar

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

    from fabopt.domain.instance import Instance

_WIDTHS = {"id": 18, "field": 34, "when": 11, "value": 22, "unit": 16, "source": 18, "note": 30, "meaning": 60}
_READ_ME = (
    "How to fill in this workbook",
    "",
    "1. A sheet is a section of the instance; its name is the section's and must stay. Sheets may be added (the sheet "
    "'fields' lists all sections and fields) or deleted; one that is deleted is struck from the list below too.",
    "2. A row is one number or word: the id of the entry, the field in it, the value. A new entry is a new id: copy "
    "the rows of one that stands there.",
    "3. Rows may stand in any order; order of entries in a sheet is kept. A row whose cells are all empty is skipped.",
    "4. A number is in the unit of its row, which may be changed to another unit of the same kind. A share may be "
    "written as 0.15 with unit 1, or as 15 with unit %.",
    "5. low and high are the range that the source gives; source is an id of the sheet 'sources' (several with "
    "commas); as_of the date of the source; confidence one of the list; assumed TRUE where a number with a source is "
    "still an assumption. A number without a source counts as assumed.",
    "6. A course over time has a row with 'linear' or 'steps' in the column when, which carries the unit, and below it "
    "one row a date (2027Q1, 2027-03-15, end-2028) with its value.",
    "7. A list is written in brackets: [n3, n5]. Cells may hold formulas; their saved results are read.",
    "8. A sheet whose name begins with # is not read: a place for calculations and remarks.",
    "9. Read it in:  fabopt import FILE.xlsx --out FOLDER.  Every fault is named with its sheet and cell.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet: the path of its field from the top, and its cells."""

    path: Path
    when: str = ""
    value: object = None
    unit: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)


def workbook_bytes(instance: Instance) -> bytes:
    """Return an instance as a workbook, the same bytes for the same instance.

    What stands at its default is left out; numbers stand in the unit of their field.

    Raises
    ------
    InstanceError
        With every text that a cell could not give back as it is.
    """
    lean = instance.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    model = type(instance)
    paths = sections(model)
    _check_texts(lean)
    into = BytesIO()
    with new_workbook(instance.about.title or "fabopt instance", into) as book:
        filled = [path for path in paths if _at(lean, path)]
        _help_sheet(book, [GENERAL, *map(write_path, filled)])
        general = list(_rows(model, _without(lean, paths), ()))
        _sheet(book, GENERAL, [("", row) for row in general], model, ())
        for path in filled:
            entries = _at(lean, path)
            if is_flat(model, path):
                _flat_sheet(book, write_path(path), entries, model, path)
            else:
                rows = [(key, row) for key, entry in entries.items() for row in _rows(model, entry, (*path, key))]
                _sheet(book, write_path(path), rows, model, path)
        _fields_sheet(book, model)
    return into.getvalue()


def _check_texts(lean: Mapping[str, Any]) -> None:
    hint = f"write it without control characters, not empty, with at most {MOST_TEXT} characters"
    problems = [
        Problem("", None, dotted(path), f"a workbook cannot hold the text {brief(text)}", hint=hint)
        for path, text in _texts(lean, ())
        if not can_hold(text)
    ]
    if problems:
        raise InstanceError(problems)


def _texts(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _texts(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, (*path, index))


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree.get(key, {}) if isinstance(tree, Mapping) else {}
    return tree


def _without(lean: dict[str, Any], paths: list[Path]) -> dict[str, Any]:
    """Return what has no sheet of its own."""
    rest = {key: value for key, value in lean.items() if (key,) not in paths}
    for key in {str(path[0]) for path in paths if len(path) > 1} & rest.keys():
        rest[key] = {name: value for name, value in rest[key].items() if (key, name) not in paths}
        if not rest[key] and any(_at(lean, path) for path in paths if path[0] == key):
            del rest[key]  # its sheets bring it back
    return rest


def _rows(model: type[BaseModel], node: Any, path: Path) -> Iterator[Row]:
    """Yield the rows of a part of the tree."""
    if holds_quantity(model, path) and isinstance(node, Mapping):
        yield from _quantity_rows(model, node, path)
    elif isinstance(node, Mapping) and node:
        here = kinds_at(model, path)
        numbered = any(kind.is_mapping and kinds(get_args(kind.type)[0])[0].type is float for kind in here)
        given = {key: value for key, value in node.items() if not _is_default(here, key, value)}
        for key, value in given.items():
            yield from _rows(model, value, (*path, str(key).removesuffix(".0") if numbered else key))
        if not given:
            yield Row(path, value="{}")
    elif isinstance(node, list) and any(isinstance(entry, Mapping | list) for entry in node):
        for index, entry in enumerate(node):
            yield from _rows(model, entry, (*path, index))
    else:
        yield Row(path, value=_flow(node) if isinstance(node, Mapping | list) else "null" if node is None else node)


def _is_default(here: tuple[Kind, ...], key: str, value: Any) -> bool:
    """Whether a quantity is its field's default, which a comparison of validated data does not see."""
    for kind in here:
        declared = fields_of(kind.record).get(key) if kind.record else None
        if declared is not None:
            return isinstance(declared.default, Quantity) and declared.default.raw() == value
    return False


def _quantity_rows(model: type[BaseModel], raw: Mapping[str, Any], path: Path) -> Iterator[Row]:
    raw = _unless_implied(model, raw, path)
    shape = next((name for name in SHAPES if name in raw), None)
    unit = str(raw["unit"])
    if shape is None:
        yield Row(path, "", raw["value"], unit, _beside(raw))
        return
    yield Row(path, shape, None, unit, _beside(raw))
    if BEFORE in raw:
        yield Row(path, BEFORE, raw[BEFORE], unit, {})
    for when, point in raw[shape].items():
        yield Row(path, when, point["value"], unit, _beside(point))


def _unless_implied(model: type[BaseModel], raw: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Leave out 'assumed' where it follows from what else is said, so that a source filled in takes effect."""
    without = {key: value for key, value in raw.items() if key != "assumed"}
    declared = next((kind.quantity for kind in kinds_at(model, path) if kind.quantity), None)
    if declared is None or len(without) == len(raw) or declared.read(without) != declared.read(raw):
        return raw
    return without


def _beside(raw: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: raw[key] for key in BESIDE if key in raw}
    if "source" in values:
        values["source"] = ", ".join(values["source"])
    return values


def _flow(node: Any) -> str:
    """Write a list of words or numbers, or an empty mapping, in YAML's flow style."""
    if isinstance(node, Mapping):
        return "{}"
    return "[" + ", ".join(_flow_word(entry) for entry in node) + "]"


def _flow_word(entry: object) -> str:
    text = str(entry)
    if isinstance(entry, str) and text.replace("-", "").isalnum() and text.isascii() and resolve_scalar(text) == text:
        return text
    return json.dumps(entry, ensure_ascii=False)


def _sheet(book: Workbook, title: str, rows: list[tuple[str, Row]], model: type[BaseModel], path: Path) -> None:
    """Write one sheet: heads, rows, frozen panes, a filter, lists of choices."""
    forms = _forms(book)
    columns = COLUMNS if path else COLUMNS[1:]
    sheet = book.add_worksheet(title)
    for column, name in enumerate(columns):
        put(sheet, 0, column, name, forms["head"])
        sheet.set_column(column, column, _WIDTHS.get(name, 12))
    for line, (key, row) in enumerate(rows, start=1):
        below = row.path[len(path) + bool(path) :]
        cells = {
            "id": key,
            "field": write_path(below),
            "when": row.when,
            "value": row.value if below else None,  # an entry with all its fields at their defaults is its id alone
            "unit": row.unit,
            **row.beside,
            "meaning": _meaning(model, row.path) if row.when in ("", *SHAPES) else "",
        }
        for column, name in enumerate(columns):
            if name in cells:
                entered = name not in ("id", "field", "meaning")
                put(sheet, line, column, cells[name], forms["entered" if entered else "plain"])
    last = max(len(rows), 1)
    sheet.freeze_panes(1, 2 if path else 1)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    known = [name for name in ASSUMED_RANGE if name]
    for name, choices in (("confidence", known), ("assumed", ["TRUE", "FALSE"])):
        column = columns.index(name)
        sheet.data_validation(1, column, last + 500, column, {"validate": "list", "source": choices})


def _flat_sheet(book: Workbook, title: str, entries: Mapping[str, Any], model: type[BaseModel], path: Path) -> None:
    """Write a section whose entries fit a row each."""
    forms = _forms(book)
    names = [name for kind in kinds_at(model, (*path, "")) if kind.record for name in fields_of(kind.record)]
    sheet = book.add_worksheet(title)
    for column, name in enumerate(("id", *names)):
        put(sheet, 0, column, name, forms["head"])
        sheet.set_column(column, column, _WIDTHS.get(name, 28))
    for line, (key, entry) in enumerate(entries.items(), start=1):
        put(sheet, line, 0, key, forms["plain"])
        for column, name in enumerate(names, start=1):
            put(sheet, line, column, entry.get(name), forms["entered"])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(entries), len(names))


def _meaning(model: type[BaseModel], path: Path) -> str:
    """Return what a field is; of an entry in a list or mapping what the nearest field around it is."""
    for size in range(len(path), 0, -1):
        for kind in kinds_at(model, path[: size - 1]):
            if kind.record is not None and str(path[size - 1]) in fields_of(kind.record):
                return " ".join(meanings(kind.record).get(str(path[size - 1]), "").split())
    return ""


def _help_sheet(book: Workbook, titles: list[str]) -> None:
    sheet = book.add_worksheet(HELP)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 110)
    for line, text in enumerate((*_READ_ME, "", WRITTEN_WITH + ", ".join(titles))):
        put(sheet, line, 0, text, wrapped if line else book.add_format({"bold": True, "font_size": 14}))


def _fields_sheet(book: Workbook, model: type[BaseModel]) -> None:
    """List every field that an instance may have."""
    sheet = book.add_worksheet(FIELDS)
    forms = _forms(book)
    for column, (name, width) in enumerate(
        (("record", 20), ("field", 24), ("form", 40), ("default", 18), ("meaning", 90))
    ):
        put(sheet, 0, column, name, forms["head"])
        sheet.set_column(column, column, width)
    rows = schema_rows(model)
    for line, cells in enumerate(rows, start=1):
        for column, text in enumerate(cells):
            put(sheet, line, column, text, forms["plain"])
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(rows), 4)


def _forms(book: Workbook) -> dict[str, Format]:
    return {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1}),
        "plain": book.add_format({"quote_prefix": False}),
        "entered": book.add_format({"font_color": "#1F3FBF", "align": "left"}),
    }

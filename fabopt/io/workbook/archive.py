"""Opening a workbook that anybody may have made: its sheets as plain rows, or a refusal in a sentence."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any

from fabopt.errors import require
from fabopt.io.files import MOST_BYTES
from fabopt.io.problems import InstanceError, Problem
from fabopt.io.workbook.layout import FIELDS, HELP, WRITTEN_WITH

_MOST_UNPACKED = 300_000_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 60


def checked(path: FilePath) -> bytes:
    """Read the file's bytes; what is no workbook, or would unpack to something huge, is refused."""
    shown = path.name
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise _refused(shown, f"the file cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise _refused(shown, f"the file has more than {MOST_BYTES // 10**6} MB")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _refused(shown, "the file is no workbook", "save it as .xlsx") from error
    if "xl/workbook.xml" not in names:
        raise _refused(shown, "the file is no workbook", "save it as .xlsx, without a password")
    if size > _MOST_UNPACKED:
        raise _refused(shown, f"the workbook unpacks to more than {_MOST_UNPACKED // 10**6} MB")
    return data


def _refused(shown: str, message: str, hint: str = "") -> InstanceError:
    return InstanceError([Problem(shown, None, "", message, hint=hint)])


Cells = tuple[int, list[object], list[object]]
"""A row: its number from 1, the values of its cells, and what was typed in them (formulas as text)."""


def sheets(data: bytes, shown: str) -> tuple[list[tuple[str, list[Cells]]], list[Problem]]:
    """Return the sheets that are read, with their rows that hold anything, and those that are gone.

    Raises
    ------
    InstanceError
        When the workbook cannot be read.
    fabopt.errors.MissingExtraError
        When what reads it is not installed.
    """
    import warnings

    require("workbook")
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that are not read
            values = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            typed = load_workbook(BytesIO(data), read_only=True, keep_links=False)
            sheets: list[tuple[str, list[Cells]]] = []
            promised: dict[str, Problem] = {}
            for sheet in values.worksheets:
                title = sheet.title.strip()
                if title.lower() == HELP:
                    promised = _promised(_cells(sheet, typed[sheet.title], shown), shown)
                elif title.lower() != FIELDS and not title.startswith("#"):
                    sheets.append((title, _cells(sheet, typed[sheet.title], shown)))
    except InstanceError:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it stumble over
        raise _refused(shown, "the workbook cannot be read", "open it and save it as .xlsx again") from error
    gone = {**_orphans(data, shown), **promised}.items()
    return sheets, [problem for title, problem in gone if title not in dict(sheets)]


def _promised(rows: list[Cells], shown: str) -> dict[str, Problem]:
    """Return the sheets that the workbook was written with, each with what to say when it is gone."""
    problems: dict[str, Problem] = {}
    for line, values, _ in rows:
        text = str(values[0])
        if text.startswith(WRITTEN_WITH):
            for name in text.removeprefix(WRITTEN_WITH).split(","):
                hint = f"put it back, or strike '{name.strip()}' from the list where it is meant to be gone"
                message = f"the sheet '{name.strip()}' is missing"
                problems[name.strip()] = Problem(f"{shown}, sheet {HELP}", line, "", message, hint=hint, column="A")
    return problems


def _orphans(data: bytes, shown: str) -> dict[str, Problem]:
    """Return the sheets whose filters are still in the workbook, as a program leaves them that cuts a sheet out."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        text = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    problems: dict[str, Problem] = {}
    for name in re.findall(r"<definedName[^>]*_FilterDatabase[^>]*>'?([^'!<]+)'?!", text):
        title = unescape(name)
        if title.lower() != FIELDS and not title.startswith("#"):
            hint = "put it back; where it is meant to be gone, delete it in a spreadsheet and save the workbook there"
            problems[title] = Problem(shown, None, "", f"the sheet '{title}' is missing", hint=hint)
    return problems


def _cells(values: Any, typed: Any, shown: str) -> list[Cells]:
    rows: list[Cells] = []
    for sheet in (values, typed):
        sheet.reset_dimensions()
    pairs = zip(
        values.iter_rows(max_col=_MOST_COLUMNS),
        typed.iter_rows(max_col=_MOST_COLUMNS, values_only=True),
        strict=False,
    )
    for line, (row, as_typed) in enumerate(pairs, start=1):
        if line > _MOST_ROWS:
            raise InstanceError(
                [Problem(f"{shown}, sheet {values.title}", None, "", f"the sheet has more than {_MOST_ROWS} rows")]
            )
        if any(cell is not None and str(cell).strip() for cell in as_typed):
            rows.append((line, [_value(cell) for cell in row], list(as_typed)))
    return rows


class Percent(float):
    """A number in a cell that shows it in percent: 0.15 as 15 %."""


def _value(cell: Any) -> object:
    number = isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
    return Percent(cell.value) if number and "%" in cell.number_format else cell.value

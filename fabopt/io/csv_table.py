"""A CSV file as headings and rows, each with the line on which it begins."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass

from fabopt.domain.table_form import SEPARATORS
from fabopt.io.problems import InstanceError, Problem, brief

_MOST_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its header and, for each row, the line on which it begins and its cells."""

    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


def parse_csv(
    text: str, shown: str, separator: str = ",", skip: int = 0, wanted: Collection[str] | None = None
) -> Table:
    """Read a CSV file.

    Parameters
    ----------
    text, shown
        The file and its name.
    separator
        What stands between cells.
    skip
        Lines above the header.
    wanted
        Columns that are asked for, of which each stands once; None: all.

    Raises
    ------
    InstanceError
        With the line where the text is no such file.
    """
    lines = text.splitlines(keepends=True)[skip:]
    reader = csv.reader(lines, delimiter=separator, strict=True)
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    cells = 0
    line = skip + 1
    try:
        for row in reader:
            first, line = line, skip + reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                _check_header(header, shown, first, separator, wanted)
                continue
            if len(row) != len(header):
                message = f"the row has {len(row)} cells and the header {len(header)}"
                hint = "a text with a comma stands in double quotes, and a decimal mark is a point"
                if separator != ",":
                    hint = f"a text with {SEPARATORS[separator]} in it stands in double quotes"
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


def _check_header(header: list[str], shown: str, line: int, separator: str, wanted: Collection[str] | None) -> None:
    for sign, name in SEPARATORS.items():
        if sign != separator and len(header) == 1 and (sign in header[0] or header[0].lower() == f"sep={sign}"):
            message = f"the file seems to be separated by {name}"
            hint = "save it with commas between the cells and points as decimal marks, or say how it is written: "
            raise InstanceError([Problem(shown, line, "", message, hint=f"{hint}separator, decimal (docs/tables.md)")])
    for index, name in enumerate(header):
        if wanted is not None and name not in wanted:
            continue
        if not name or name in header[:index]:
            message = f"column {brief(name)} stands twice" if name else f"column {index + 1} has no name"
            raise InstanceError([Problem(shown, line, "", message)])

"""CSV for people: no cell is a formula to a spreadsheet, and none steers the terminal that it is printed on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from fabopt.domain.text import printable
from fabopt.io.workbook.cells import neutral

if TYPE_CHECKING:
    import pandas as pd


def frame_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV, its heads in the first line."""
    heads = [str(_cell(name)) for name in frame.columns]
    return frame.map(_cell).to_csv(index=False, header=heads, lineterminator="\n")


def rows_csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV."""
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_cell(cell) for cell in row] for row in rows)
    return stream.getvalue()


def _cell(cell: object) -> object:
    """Return a cell as it may stand in a file: a number as it is, a text plain and never a formula."""
    if not isinstance(cell, str):
        return cell + 0.0 if isinstance(cell, float) else cell  # no zero with a sign
    text = printable(cell, keep="\n\t\u00a0")
    return text if _is_number(text) else neutral(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == "-"  # stands for nothing
    return True

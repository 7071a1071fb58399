"""A report as a workbook: what it says on the first sheet, and a sheet a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from fabopt.io.workbook.cells import new_workbook, put
from fabopt.report.workbook.sheets import Forms

if TYPE_CHECKING:
    import pandas as pd


def report_workbook(verb: str, said: Sequence[str], frames: Mapping[str, Callable[[], pd.DataFrame]]) -> bytes:
    """Return a report as a workbook, the same bytes for the same report.

    Parameters
    ----------
    verb
        Whose report it is.
    said
        Its sentences.
    frames
        Its numbers by name of the sheet.
    """
    into = BytesIO()
    with new_workbook(verb, into) as book:
        forms = Forms(book)
        first = book.add_worksheet("answer")
        first.set_column(0, 0, 120)
        for line, text in enumerate(said):
            put(first, line, 0, text, forms.get(wrap=True))
        for name, make in frames.items():
            frame = make()
            frame = frame.astype(object).where(frame.notna(), None)
            sheet = book.add_worksheet(name[:31])
            for place, head in enumerate(frame.columns):
                put(sheet, 0, place, str(head), forms.head)
                sheet.set_column(place, place, 18)
                for line, value in enumerate(frame[head].tolist(), start=1):
                    put(sheet, line, place, value)
            sheet.freeze_panes(1, 1)
    return into.getvalue()

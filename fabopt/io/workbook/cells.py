"""Cells of a workbook: text that no spreadsheet takes for a formula, numbers with all digits, bytes without a clock."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from fabopt.errors import require

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_TEXT = 32_767
"""Most characters that Excel holds in a cell."""
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_LIVE = re.compile(f"'*[{_STARTS}]")
_MADE_PLAIN = re.compile(f"''*[{_STARTS}]")
_EPOCH = datetime(1980, 1, 1)


class _Exact(float):
    """A number that is written with all its digits, where the writer would round it to 16."""

    def __format__(self, spec: str) -> str:
        return repr(float(self)).removesuffix(".0")


def neutral(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet could take for a formula: one that begins with = + - @.

    Such a text is taken for one when it is typed again, or opened from a CSV file that was saved from the workbook.
    """
    return f"'{text}" if _LIVE.match(text) else text


def as_meant(text: str) -> str:
    """Undo :func:`neutral`."""
    return text[1:] if _MADE_PLAIN.match(text) else text


def can_hold(text: str) -> bool:
    """Whether a cell gives a text back as it was: not too long, not blank, no control characters or their escapes."""
    odd = any(ord(sign) < 32 and sign not in "\t\n" for sign in text) or "x005F_" in text
    return bool(text.strip()) and not odd and len(neutral(text)) <= MOST_TEXT


def put(sheet: Worksheet, row: int, column: int, value: object, form: Format | None = None) -> None:
    """Write a value into a cell (row and column from 0): a number as a number, a text never as a formula or a link.

    An empty text or None leaves the cell empty but for its form. A number that is not finite becomes a word.
    """
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, form)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, column, _Exact(value), form)
    elif isinstance(value, int | float):
        word = "unknown" if math.isnan(value) else "no limit" if value > 0 else "no lower limit"
        sheet.write_string(row, column, word, form)
    elif value is None or value == "" or value != value:  # no text, and no date
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, date):  # a time of day is none of ours
        sheet.write_string(row, column, f"{value:%Y-%m-%d}", form)
    else:
        sheet.write_string(row, column, neutral(str(value))[:MOST_TEXT], form)


@contextmanager
def new_workbook(title: str, into: BytesIO) -> Iterator[Workbook]:
    """Make a workbook that is the same to the byte whenever the same is written into it.

    Parameters
    ----------
    title
        Its title in the properties of the document.
    into
        Where its bytes go when the body is done.

    Raises
    ------
    fabopt.errors.MissingExtraError
        When what writes it is not installed.
    """
    require("workbook")
    from xlsxwriter import Workbook

    book = Workbook(into, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title[:255], "created": _EPOCH, "comments": "Written by fabopt"})
    book.set_calc_mode("auto")
    yield book
    book.close()

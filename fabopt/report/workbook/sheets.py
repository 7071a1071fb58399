"""The tables of a result as sheets: heads with units, number formats, frozen panes, sums as formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fabopt.io.workbook.cells import put
from fabopt.solve.results.columns import MONEY, OF_ROW, Column, TableSpec

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

HEAD = 4
"""Row of the heads (from 0): title, two rows of sums and an empty one stand above."""
FLOWS = frozenset(
    {
        ("wafer_starts", "kwafer"),
        ("hbm", "kstack"),
        ("packages", "kpackage"),
        ("shipments", "kaccelerator"),
        ("deployments", "kaccelerator"),
    }
)
"""Columns besides money whose rows add up: what moves in a period, not what stands at its end."""

_MONEY = "#,##0.00;[Red]-#,##0.00"
_AMOUNT = "#,##0.000"
_SHARE = "0.0%"
_FACTOR = "0.000000"


class Forms:
    """Formats of cells of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.get = cache(self._make)

    def _make(self, number: str = "", bold: bool = False, fill: str = "", wrap: bool = False, size: int = 0) -> Format:
        given: dict[str, Any] = {"num_format": number} if number else {}
        given |= {"bold": True} if bold else {}
        given |= {"bg_color": fill} if fill else {}
        given |= {"text_wrap": True, "valign": "top"} if wrap else {}
        given |= {"font_size": size} if size else {}
        return self._book.add_format(given)

    @property
    def title(self) -> Format:
        """Form of a sheet's first line."""
        return self.get(bold=True, size=13)

    @property
    def head(self) -> Format:
        """Form of heads of columns."""
        return self.get(bold=True, fill="#DCE6F1", wrap=True)


def number_form(column: Column) -> str:
    """Return Excel's format for the numbers of a column."""
    if column.kind != "number":
        return "0" if column.kind == "whole" else ""
    if column.unit == "1":
        return _SHARE if column.name.endswith("share") else _FACTOR
    return _MONEY if column.unit.startswith((MONEY, "USD")) else _AMOUNT


def head_of(column: Column, money: str) -> str:
    """Return the head of a column with its unit."""
    unit = column.counted_in(money) if column.unit not in ("", "1", OF_ROW) else ""
    unit = "unit of the row" if column.unit == OF_ROW else unit
    return f"{column.name} ({unit})" if unit else column.name


def adds_up(table: str, column: Column) -> bool:
    """Whether the sum of a column over all its rows means something."""
    return (column.unit == MONEY and column.name != "limit") or (table, column.name) in FLOWS


@dataclass(frozen=True, slots=True)
class Placed:
    """A table in the workbook: where its columns stand, for formulas.

    Attributes
    ----------
    sheet
        Name of the sheet.
    frame
        Its rows.
    """

    sheet: str
    frame: pd.DataFrame

    def cells(self, column: str) -> str:
        """Return the range of a column, such as ``'costs'!$C$6:$C$99``."""
        from xlsxwriter.utility import xl_range_abs

        place = list(self.frame.columns).index(column)
        first = HEAD + 1
        return f"'{self.sheet}'!{xl_range_abs(first, place, first + max(len(self.frame), 1) - 1, place)}"


def table_sheet(book: Workbook, forms: Forms, spec: TableSpec, frame: pd.DataFrame, money: str) -> Placed:
    """Write one table of a result.

    Parameters
    ----------
    book, forms
        The workbook and its formats.
    spec
        What the table holds.
    frame
        Its rows.
    money
        Unit of money.
    """
    sheet = book.add_worksheet(spec.name)
    placed = Placed(spec.name, frame)
    put(sheet, 0, 0, f"{spec.name}: one row is {spec.says}", forms.title)
    for place, column in enumerate(spec.columns):
        put(sheet, HEAD, place, head_of(column, money), forms.head)
        sheet.set_column(place, place, _width(column, frame))
        form = forms.get(number_form(column))
        for line, value in enumerate(frame[column.name].tolist(), start=HEAD + 1):
            put(sheet, line, place, value, form)
        if adds_up(spec.name, column):
            _sums(sheet, forms, placed, column, place)
    if any(adds_up(spec.name, column) for column in spec.columns):
        put(sheet, 1, 0, "sum of the rows shown", forms.get(bold=True))
        if "reported" in spec.names:
            put(sheet, 2, 0, "sum of reported periods", forms.get(bold=True))
    sheet.freeze_panes(HEAD + 1, 1)
    if len(frame):
        sheet.autofilter(HEAD, 0, HEAD + len(frame), len(spec.columns) - 1)
    return placed


def _width(column: Column, frame: pd.DataFrame) -> float:
    if column.kind == "number":
        return 15
    longest = max((len(str(value)) for value in frame[column.name]), default=0)
    return float(min(max(longest, len(column.name), 8) + 2, 44))


def _sums(sheet: Worksheet, forms: Forms, placed: Placed, column: Column, place: int) -> None:
    """Write the sums of a column as formulas: of the rows that the filter shows, and of reported periods."""
    form = forms.get(number_form(column), bold=True)
    numbers = placed.frame[column.name]
    sheet.write_formula(1, place, f"=SUBTOTAL(109,{placed.cells(column.name)})", form, float(numbers.sum()))
    if "reported" in placed.frame:
        told = float(numbers[placed.frame["reported"].astype(bool)].sum())
        formula = f"=SUMIFS({placed.cells(column.name)},{placed.cells('reported')},TRUE)"
        sheet.write_formula(2, place, formula, form, told)


@dataclass(frozen=True, slots=True)
class Cross:
    """A table of sums: a row a key, a column a period, every cell a formula over another sheet.

    Attributes
    ----------
    title
        What is summed, with its unit.
    source
        The table that is summed.
    key, value
        Its columns.
    over_time
        Whether periods add up: what moves does, what stands at the end of a period does not.
    """

    title: str
    source: Placed
    key: str
    value: str
    over_time: bool = True

    @property
    def keys(self) -> list[str]:
        """Keys in the order in which they come up."""
        return [str(key) for key in dict.fromkeys(self.source.frame[self.key])]


def cross(sheet: Worksheet, forms: Forms, top: int, table: Cross, periods: Sequence[str]) -> int:
    """Write a table of sums from row `top` on; the first row below it is returned.

    Keys stand in the first column, sums over the periods in the column behind the last one.
    """
    from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

    number, total = forms.get(_MONEY), forms.get(_MONEY, bold=True)
    put(sheet, top, 0, table.title, forms.title)
    put(sheet, top + 1, 0, table.key, forms.head)
    last = len(periods)
    for place, period in enumerate(periods, start=1):
        put(sheet, top + 1, place, period, forms.head)
    if table.over_time:
        put(sheet, top + 1, last + 1, "total", forms.head)
    sums = table.source.frame.groupby([table.key, "period"])[table.value].sum().to_dict()
    first, keys = top + 2, table.keys
    by_period = dict.fromkeys(periods, 0.0)
    for line, key in enumerate(keys, start=first):
        put(sheet, line, 0, key)
        for place, period in enumerate(periods, start=1):
            amount = float(sums.get((key, period), 0.0))
            by_period[period] += amount
            named, dated = xl_rowcol_to_cell(line, 0, col_abs=True), xl_rowcol_to_cell(top + 1, place, row_abs=True)
            source = table.source
            chosen = f"({source.cells(table.key)}={named})*({source.cells('period')}={dated})"
            sheet.write_formula(line, place, f"=SUMPRODUCT({chosen},{source.cells(table.value)})", number, amount)
        if table.over_time:
            of_key = sum(float(sums.get((key, period), 0.0)) for period in periods)
            sheet.write_formula(line, last + 1, f"=SUM({xl_range(line, 1, line, last)})", total, of_key)
    below = first + len(keys)
    put(sheet, below, 0, "total", forms.get(bold=True))
    columns = [*by_period.values(), sum(by_period.values())] if table.over_time else list(by_period.values())
    for place, amount in enumerate(columns, start=1):
        sheet.write_formula(below, place, f"=SUM({xl_range(first, place, below - 1, place)})", total, amount)
    return below + 1


def columns_sheet(book: Workbook, forms: Forms, tables: Iterable[TableSpec], money: str) -> None:
    """Write what every column of the tables means."""
    sheet = book.add_worksheet("columns")
    put(sheet, 0, 0, "columns: what stands in the tables", forms.title)
    for place, (name, width) in enumerate((("sheet", 18), ("column", 34), ("meaning", 100))):
        put(sheet, 1, place, name, forms.head)
        sheet.set_column(place, place, width)
    line = 2
    for spec in tables:
        for column in spec.columns:
            for place, text in enumerate((spec.name, head_of(column, money), column.says)):
                put(sheet, line, place, text)
            line += 1
    sheet.freeze_panes(2, 2)
    sheet.autofilter(1, 0, line - 1, 2)

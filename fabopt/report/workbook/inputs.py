"""The numbers that a plan rests on, with their ranges and sources, as sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabopt.analysis.assumptions import QUANTITIES, assumption_rows
from fabopt.io.workbook.cells import put
from fabopt.report.workbook.sheets import Forms

if TYPE_CHECKING:
    from xlsxwriter import Workbook

    from fabopt.domain.instance import Instance

_INPUTS = (
    ("input", 50),
    ("when", 12),
    ("value", 14),
    ("unit", 18),
    ("low", 14),
    ("high", 14),
    ("range", 11),
    ("basis", 11),
    ("source", 24),
    ("as of", 12),
    ("confidence", 12),
    ("note", 60),
)
_SOURCES = (("id", 20), ("title", 60), ("address", 60), ("as of", 12), ("confidence", 12), ("note", 80))


def inputs_sheet(book: Workbook, forms: Forms, data: Instance) -> None:
    """Write every number of the instance, one row a number or a point of a series."""
    sheet = book.add_worksheet("inputs")
    put(sheet, 0, 0, "inputs: one row is a number that the plan rests on, or a point of its course", forms.title)
    for place, (name, width) in enumerate(_INPUTS):
        put(sheet, 1, place, name, forms.head)
        sheet.set_column(place, place, width)
    line = 1
    for line, row in enumerate((row for row in assumption_rows(data) if row.shape in QUANTITIES), start=2):
        path, _, when = row.path.partition("@")
        numbers = (row.value, row.unit, row.low, row.high)
        said = (row.range, row.basis, row.source, row.as_of, row.confidence, row.note)
        for place, value in enumerate((path, when, *numbers, *said)):
            put(sheet, line, place, value)
    sheet.freeze_panes(2, 1)
    sheet.autofilter(1, 0, max(line, 2), len(_INPUTS) - 1)


def sources_sheet(book: Workbook, forms: Forms, data: Instance) -> None:
    """Write the publications that the inputs name."""
    sheet = book.add_worksheet("sources")
    put(sheet, 0, 0, "sources: one row is a publication that inputs name by its id", forms.title)
    for place, (name, width) in enumerate(_SOURCES):
        put(sheet, 1, place, name, forms.head)
        sheet.set_column(place, place, width)
    for line, (key, note) in enumerate(data.sources.items(), start=2):
        for place, value in enumerate((key, note.title, note.address, note.as_of, note.confidence, note.note)):
            put(sheet, line, place, value)
    sheet.freeze_panes(2, 1)
    sheet.autofilter(1, 0, max(len(data.sources) + 1, 2), len(_SOURCES) - 1)

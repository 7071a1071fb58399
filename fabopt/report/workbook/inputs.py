"""The numbers that a plan rests on, with their ranges and sources, as sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabopt.io.levers import list_levers
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
    line = 2
    for lever in list_levers(data):
        quantity = lever.quantity
        for point in quantity.points:
            low, high, assumed = quantity.range_of(point)
            cells = (
                lever.path,
                "" if point.when is None else str(point.when),
                point.value,
                quantity.unit,
                low,
                high,
                "assumed" if assumed else "published",
                "assumed" if quantity.assumed else "sourced",
                ", ".join(point.source or quantity.source),
                point.as_of or quantity.as_of or "",
                point.confidence or quantity.confidence or "",
                point.note or quantity.note,
            )
            for place, value in enumerate(cells):
                put(sheet, line, place, value)
            line += 1
    sheet.freeze_panes(2, 1)
    sheet.autofilter(1, 0, max(line - 1, 2), len(_INPUTS) - 1)


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

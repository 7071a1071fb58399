"""A small spreadsheet of its own: works out the formulas of a workbook from the cells that they name."""

from __future__ import annotations

import re

import openpyxl
from openpyxl.utils import range_boundaries

_RANGE = r"(?:'[^']+'!)?\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?"


class Sheets:
    """The cells of a workbook; formulas are worked out when they are asked for, their saved results never read."""

    def __init__(self, path):
        self.book = openpyxl.load_workbook(path)
        self.saved = openpyxl.load_workbook(path, data_only=True)
        self.known = {}

    def formulas(self):
        """Sheet, cell, formula and saved result of every formula."""
        for sheet in self.book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        yield sheet.title, cell.coordinate, cell.value, self.saved[sheet.title][cell.coordinate].value

    def value(self, sheet, cell):
        """What stands in a cell."""
        key = sheet, cell.replace("$", "")
        if key not in self.known:
            found = self.book[sheet][key[1]]
            self.known[key] = self.formula(sheet, found.value) if found.data_type == "f" else found.value
        return self.known[key]

    def cells(self, sheet, text):
        """Values of a range, row by row."""
        if "!" in text:
            sheet, text = text.split("!")
            sheet = sheet.strip("'")
        left, top, right, bottom = range_boundaries(text.replace("$", ""))
        letter = openpyxl.utils.get_column_letter
        return [
            self.value(sheet, f"{letter(column)}{row}")
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]

    def formula(self, sheet, text):
        """Work out one formula of the shapes that a result's workbook has."""
        get = lambda part: self.cells(sheet, part)  # noqa: E731
        if found := re.fullmatch(rf"=(?:SUM\(|SUBTOTAL\(109,)({_RANGE})\)", text):
            return sum(get(found[1]))
        if found := re.fullmatch(rf"=SUMIFS\(({_RANGE}),({_RANGE}),(TRUE|{_RANGE})\)", text):
            wanted = True if found[3] == "TRUE" else get(found[3])[0]
            return sum(v for v, key in zip(get(found[1]), get(found[2]), strict=True) if key == wanted)
        if found := re.fullmatch(rf"=SUMPRODUCT\(({_RANGE}),({_RANGE})\)", text):
            return sum(a * b for a, b in zip(get(found[1]), get(found[2]), strict=True))
        if found := re.fullmatch(
            rf'=SUMPRODUCT\(((?:\(?{_RANGE}=(?:{_RANGE}|"[^"]*"|FALSE)\)?\*?)+),({_RANGE})\)', text
        ):
            wanted = [
                (get(where), False if of == "FALSE" else of.strip('"') if of.startswith('"') else get(of)[0])
                for where, of in re.findall(rf'\(({_RANGE})=({_RANGE}|"[^"]*"|FALSE)\)', found[1])
            ]
            return sum(value for n, value in enumerate(get(found[2])) if all(cells[n] == of for cells, of in wanted))
        if found := re.fullmatch(rf"=SUMPRODUCT\(\((.+)\)\*({_RANGE})\*({_RANGE})\*({_RANGE})\)", text):
            kinds = set(re.findall(r'="(\w+)"', found[1]))
            where = get(re.search(_RANGE, found[1])[0])
            rows = zip(where, get(found[2]), get(found[3]), get(found[4]), strict=True)
            return sum(a * b * c for kind, a, b, c in rows if kind in kinds)
        if found := re.fullmatch(rf"=({_RANGE})-({_RANGE})", text):
            return get(found[1])[0] - get(found[2])[0]
        if found := re.fullmatch(rf"=({_RANGE})", text):
            return get(found[1])[0]
        return float(text[1:])

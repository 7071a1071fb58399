"""What a memo prints of its numbers: every one as it stands in the text, with its value and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fabopt.report.csv_text import rows_csv


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as the text prints it.

    Attributes
    ----------
    text
        As printed.
    value, unit
        The number behind it, in the unit of the record.
    origin
        Where it comes from.
    number
        Number of the origin in the memo's list.
    document
        What it stands in: the memo, or its term sheets.
    """

    text: str
    value: float
    unit: str
    origin: str
    number: int
    document: str


class Ledger:
    """Remembers the numbers that a text prints, and numbers their origins in the order in which they come."""

    def __init__(self) -> None:
        self.document = "memo"
        self.printed: list[Printed] = []
        self._numbers: dict[str, int] = {}
        self._said = 0

    def add(self, text: str, value: float, unit: str, origin: str) -> None:
        """Remember a number that is printed."""
        number = self._numbers.setdefault(origin, len(self._numbers) + 1)
        self.printed.append(Printed(text, value, unit, origin, number, self.document))

    def fresh(self) -> str:
        """Return the numbers of the origins of what was printed since this was last asked: ``3–7, 9``."""
        numbers = [row.number for row in self.printed[self._said :]]
        self._said = len(self.printed)
        return ranges(numbers)

    @property
    def origins(self) -> tuple[tuple[int, str], ...]:
        """Origins with their numbers."""
        return tuple((number, origin) for origin, number in self._numbers.items())

    def csv(self) -> str:
        """Return what was printed as CSV; no cell is a formula to a spreadsheet."""
        heads = ("number", "text", "value", "unit", "origin", "document")
        rows = ((row.number, row.text, repr(row.value), row.unit, row.origin, row.document) for row in self.printed)
        return rows_csv((heads, *rows))


def ranges(numbers: Iterable[int]) -> str:
    """Return integers in order, neighbours joined: ``3–7, 9``."""
    ordered = sorted(set(numbers))
    runs: list[list[int]] = []
    for number in ordered:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)

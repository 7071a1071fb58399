"""Plain-text tables and numbers that fit a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from fabopt.domain.tolerances import EXACT

WIDTH = 100
"""Widest line that is written, in characters."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A small table for people.

    Attributes
    ----------
    title
        Above it, over as many lines as it takes, with the unit of the numbers where all share one.
    headers
        Heads of the columns.
    rows
        Cells, already written as text.
    left
        Number of columns from the left that hold words; the others are numbers and stand to the right.
    wrap
        Whether words too long for their column go on below, so that none is lost; else they are cut.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    wrap: bool = False

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the table as lines of at most `width` characters; long words are wrapped or cut."""
        cells = [self.headers, *self.rows]
        widths = [max(len(row[n]) for row in cells) for n in range(len(self.headers))]
        over = sum(widths) + 2 * len(widths) - width
        while over > 0:
            # The widest column of words gives way, down to a width at which a name can still be told.
            words = [n for n in range(min(self.left, len(widths))) if widths[n] > 8]
            if not words:
                break
            widest = max(words, key=lambda n: widths[n])
            widths[widest] -= 1
            over -= 1
        return [*wrap(self.title, width), *(line for row in cells for line in self._lines(row, widths, width))]

    def _repr_html_(self) -> str:
        return table_html(self)

    def _lines(self, row: Sequence[str], widths: Sequence[int], width: int) -> list[str]:
        if not self.wrap:
            return [self._line(row, widths, width)]
        parts = [
            wrap(cell, w) if n < self.left else [cell] for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return [self._line(line, widths, width) for line in zip_longest(*parts, fillvalue="")]

    def _line(self, row: Sequence[str], widths: Sequence[int], width: int) -> str:
        parts = [
            clip(cell, w).ljust(w) if n < self.left else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return clip("  " + "  ".join(parts).rstrip(), width)


def table_html(table: TextTable) -> str:
    """Return a small table as HTML."""

    def row(cells: tuple[str, ...], tag: str) -> str:
        sides = ["left" if n < table.left else "right" for n in range(len(cells))]
        return (
            "<tr>"
            + "".join(f'<{tag} style="text-align:{s}">{escape(c)}</{tag}>' for s, c in zip(sides, cells, strict=True))
            + "</tr>"
        )

    body = "".join(row(cells, "td") for cells in table.rows)
    head = row(table.headers, "th")
    return f"<table><caption>{escape(table.title)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"


def proof(status: str) -> str:
    """Write a status as words: "within gap"."""
    return status.replace("_", " ")


def clip(text: str, width: int) -> str:
    """Cut a line to a width, with an ellipsis where something is left out; control characters become spaces."""
    clean = "".join(ch if ch.isprintable() else " " for ch in text)
    return clean if len(clean) <= width else clean[: max(width - 1, 0)] + "…"


def wrap(text: str, width: int) -> list[str]:
    """Break a text at spaces into lines of at most `width` characters."""
    import textwrap

    return textwrap.wrap(clip(text, len(text)), width) or [""]


def amount(value: float) -> str:
    """Write a number with thousands separators and about four significant digits."""
    if not math.isfinite(value):
        return "no limit" if value > 0 else "-"
    size = abs(value)
    if size >= 99.95 or value == 0.0:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:,.1f}"
    if size >= 0.0995:
        return f"{value:,.2f}"
    return f"{value:,.3g}"


def thousands(value: float) -> str:
    """Write a number of thousands: ``771 thousand``, from ten million on ``60.2 million``."""
    return f"{amount(value / 1000.0)} million" if abs(value) >= 10_000.0 else f"{amount(value)} thousand"


def money(value: float, unit: str = "M USD") -> str:
    """Write money: ``12.3 M USD``, from ten billion on ``12.3 bn USD``; with another unit as it stands."""
    if unit != "M USD":
        return f"{value:,.10g} {unit}".rstrip()
    if abs(value) >= 10_000.0:
        return f"{amount(value / 1000.0)} bn USD"
    return f"{amount(value)} M USD"


def percent(share: float | None) -> str:
    """Write a share as percent, a small one to two digits; the gap of a plan that is proved best is ``0.00 %``."""
    if share is None or not math.isfinite(share):
        return "unknown"
    size = abs(100.0 * share)
    decimals = 2 if size >= 0.05 or size <= 100.0 * EXACT else 1 - math.floor(math.log10(size))
    return f"{100.0 * share:.{decimals}f} %"


def counted(number: int, what: str) -> str:
    """Write how many things there are: ``1 warning``, ``2 warnings``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def seconds(value: float) -> str:
    """Write a duration."""
    if value >= 600.0:
        return f"{value / 60.0:.0f} min"
    return f"{value:.1f} s"

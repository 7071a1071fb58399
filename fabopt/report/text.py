"""Plain-text tables and numbers that fit a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from fabopt.domain.tolerances import CLOSE, EXACT, same
from fabopt.domain.unit_words import unit_words, with_unit

WIDTH = 100
"""Widest line that is written where nobody says how wide a line may be, in characters."""

DEEP = 3
"""Lines below each other to which the first column of a table may be broken; beyond, it stands above the others."""

UNIT = "unit"
"""Head of a column of units, which stand there in words."""

GLUE = "\N{NO-BREAK SPACE}"
"""Stands for a space at which no line ends, while lines are broken."""


class Sentence(str):
    """A text that a notebook shows as a paragraph; of what is printed it breaks words at the edge of a cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<p>{escape(self)}</p>"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A small table for people.

    Attributes
    ----------
    title
        Above it, over as many lines as it takes, with the unit of the numbers where all share one.
    headers
        Heads of the columns.
    rows
        Cells: a text as it stands, a number with about four digits, None as ``-``; a row that is too short is filled
        up with nothing. Kept as text, units in words. A row of one text heads those below it and stands across all
        columns. A column without a head in which nothing stands is left out.
    left
        Number of columns from the left that hold words; the others are numbers and stand to the right.
    most
        Rows that a page of text has room for; all of them when 0.
    ends
        Whether rows for which there is no room are those in the middle; else the last ones.
    total
        The row below all others, whatever is left out; none where it is empty.
    """

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    left: int = 1
    most: int = 0
    ends: bool = False
    total: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        rows = (tuple(map(cell, row)) if len(row) == 1 else self._written(row) for row in self.rows)
        object.__setattr__(self, "rows", tuple(rows))
        self._leave_out()

    def _leave_out(self) -> None:
        """Leave out columns without a head in which nothing stands."""
        cells = [row for row in (*self.rows, self.total) if len(row) == len(self.headers)]
        empty = {
            n
            for n, head in enumerate(self.headers)
            if cells and not head and all(row[n] in ("", "-", None) for row in cells)
        }
        if not empty or len(self.headers) - len(empty) < 2:  # a row of one text would stand across
            return

        def kept(row: Sequence[object]) -> tuple[object, ...]:
            whole = len(row) == len(self.headers)
            return tuple(one for n, one in enumerate(row) if not whole or n not in empty)

        object.__setattr__(self, "rows", tuple(map(kept, self.rows)))
        object.__setattr__(self, "total", kept(self.total))
        object.__setattr__(self, "left", self.left - sum(n < self.left for n in empty))
        object.__setattr__(self, "headers", kept(self.headers))

    def _written(self, row: Sequence[object]) -> tuple[str, ...]:
        told = (
            unit_words(value) if head == UNIT and isinstance(value, str) else cell(value)
            for head, value in zip(self.headers, row, strict=False)
        )
        return (*told, *[""] * (len(self.headers) - len(row)))

    def shown(self, most: int) -> list[tuple[str, ...]]:
        """Return the rows for which there is room, a line that says how many more there are, and the total.

        Where one row alone would be left out it stands in the place of that line.
        """
        rows: list[tuple[str, ...]] = list(self.rows)  # type: ignore[arg-type]
        over = len(rows) - most
        if most and over > 1:
            tail = most // 2 if self.ends else 0
            more = self._written((f"... {over} {'between' if tail else 'more'}",))
            rows = [*rows[: most - tail], more, *rows[len(rows) - tail :]]
        return [*rows, self._written(self.total)] if self.total and rows else rows

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the table as lines of at most `width` characters; long words go on below."""
        shown = self.shown(self.most)
        title, rows = wrap(self.title, width) if self.title else [], (self.headers, *shown)
        widths = self._widths(rows, width)
        deep = max((len(wrap(row[0], widths[0])) for row in rows if not self._across(row)), default=0)
        if deep <= DEEP or len(self.headers) < 3:
            return [*title, *(line for row in rows for line in self._lines(row, widths, width))]
        below = [row if self._across(row) else ("", *row[1:]) for row in rows]
        widths = self._widths(below, width)
        for row, rest in zip(rows, below, strict=True):
            first = [] if self._across(row) or not row[0] else wrap(row[0], width - 2)
            title += [f"  {line}" for line in first]
            title += self._lines(rest, widths, width) if any(rest) else []
        return title

    def _widths(self, rows: Sequence[Sequence[str]], width: int) -> list[int]:
        """Return how wide each column is, for lines of at most `width` characters."""
        cells = [row for row in rows if not self._across(row)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(self.headers))]
        # Heads over short numbers give way first, then words, down to a width at which a name can still be told.
        least = [
            8
            if n < self.left
            else max(map(len, (*_glued(head).split(" "), *self._whole(head, n, cells[1:]))), default=0)
            for n, head in enumerate(self.headers)
        ]
        for _ in range(sum(widths) + 2 * len(widths) - width):
            wide = [n for n in range(len(widths)) if widths[n] > least[n]]
            if wide:
                widths[max(wide, key=lambda n: (n >= self.left, widths[n]))] -= 1
        return widths

    @staticmethod
    def _whole(head: str, n: int, cells: Sequence[Sequence[str]]) -> list[str]:
        """Return what is not broken in a column of numbers: each cell, but of units each word."""
        return [part for row in cells for part in (row[n].split(" ") if head == UNIT else (row[n],))]

    def _lines(self, row: Sequence[str], widths: Sequence[int], width: int) -> list[str]:
        if self._across(row):
            return [f"  {line}" for line in wrap(row[0], width - 2)]
        parts = [wrap(text, max(w, 1)) for text, w in zip(row, widths, strict=True)]
        return [self._line(line, widths, width) for line in zip_longest(*parts, fillvalue="")]

    def _line(self, row: Sequence[str], widths: Sequence[int], width: int) -> str:
        parts = [
            clip(text, w).ljust(w) if n < self.left else text.rjust(w)
            for n, (text, w) in enumerate(zip(row, widths, strict=True))
        ]
        return clip("  " + "  ".join(parts).rstrip(), width)

    def _across(self, row: Sequence[str]) -> bool:
        return len(row) < len(self.headers)

    def html(self, most: int | None = None) -> str:
        """Return the table as HTML, every text escaped, with as many rows as are asked for or a page of text has."""

        def row(cells: Sequence[str], tag: str) -> str:
            if self._across(cells):
                return (
                    f'<tr><{tag} style="text-align:left" colspan="{len(self.headers)}">{escape(cells[0])}</{tag}></tr>'
                )
            sides = ["left" if n < self.left else "right" for n in range(len(cells))]
            made = (f'<{tag} style="text-align:{s}">{escape(c)}</{tag}>' for s, c in zip(sides, cells, strict=True))
            return f"<tr>{''.join(made)}</tr>"

        body = "".join(row(cells, "td") for cells in self.shown(self.most if most is None else most))
        head = row(self.headers, "th")
        return f"<table><caption>{escape(self.title)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return self.html()


def cell(value: object) -> str:
    """Write what stands in a cell: a text as it is, an integer in full, another with about four digits."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return amount(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def with_rows(*tables: Table) -> tuple[Table, ...]:
    """Return the tables that have rows."""
    return tuple(table for table in tables if table.rows)


def proof(status: str) -> str:
    """Write a status as words: "within gap"."""
    return status.replace("_", " ")


def plain_line(text: str) -> str:
    """Return a text with a space for every control character."""
    return "".join(ch if ch.isprintable() else " " for ch in text)


def clip(text: str, width: int) -> str:
    """Cut a line to a width, with an ellipsis where something is left out; control characters become spaces."""
    clean = plain_line(text)
    return clean if len(clean) <= width else clean[: max(width - 1, 0)] + "…"


def wrap(text: str, width: int) -> list[str]:
    """Break a text at spaces into lines of at most `width` characters, but not between a number and its per cent.

    A word that is wider is broken behind its dots and other signs where it has some.
    """
    import textwrap

    words = (_pieces(word, width) if len(word) > width else word for word in _glued(text).split(" "))
    return [line.replace(GLUE, " ") for line in textwrap.wrap(" ".join(words), width)] or [""]


def _pieces(word: str, width: int) -> str:
    """Break a word behind its signs into pieces of at most `width` characters, as far as it has signs."""
    pieces = [""]
    for part in re.split(r"(?<=[._/@:])", word):
        if len(pieces[-1]) + len(part) > width and pieces[-1]:
            pieces.append("")
        pieces[-1] += part
    return " ".join(pieces)


def _glued(text: str) -> str:
    return plain_line(text).replace(" %", f"{GLUE}%")


def amount(value: float) -> str:
    """Write a number with thousands separators and about four significant digits, what is below a millionth as 0."""
    if not math.isfinite(value):
        return "no limit" if value > 0 else "-"
    size = abs(value)
    if value == 0.0:
        return "0"  # whatever its sign
    if size >= 99.95:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:,.1f}"
    if size >= 0.0995:
        return f"{value:,.2f}"
    text = f"{value:.{min(2 - math.floor(math.log10(size)), 6)}f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-", "-0") else text


def digits(value: float, count: int) -> str:
    """Write a number with thousands separators and so many significant digits, however large or small it is."""
    text = f"{value + 0.0:,.{count}g}"  # no zero with a sign
    return amount(value) if "e" in text else text


def thousands(value: float) -> str:
    """Write a number of thousands: ``771 thousand``, from ten million on ``60.2 million``."""
    return f"{amount(value / 1000.0)} million" if abs(value) >= 10_000.0 else f"{amount(value)} thousand"


def money(value: float, unit: str = "M USD") -> str:
    """Write money: ``12.3 M USD``, from ten billion on ``12.3 bn USD``; with another unit as it stands."""
    if unit != "M USD":
        return with_unit(digits(value, 10), unit)
    if abs(value) >= 10_000.0:
        return f"{amount(value / 1000.0)} bn USD"
    return f"{amount(value)} M USD"


def between(low: float, high: float, unit: str = "M USD") -> str:
    """Write what lies between two ends, for a sentence: ``at most 3.00 M USD`` where the least is nothing."""
    first, last = money(low, unit), money(high, unit)
    if high - low <= CLOSE * abs(high) or first == last:
        return last
    return f"at most {last}" if low <= 0.0 else f"between {first} and {last}"


def span(low: float, high: float) -> str:
    """Write two ends for a cell, one number where both are written alike."""
    first, last = amount(low), amount(high)
    return first if first == last else f"{first} to {last}"


def worth(value: float, unit: str) -> str:
    """Write a value of the objective with about four digits and its unit."""
    return money(value) if unit == "million dollars" else with_unit(amount(value), unit)


def figure(value: float, unit: str) -> str:
    """Write a figure of the objective with about four digits: money as such, others with their unit."""
    return money(value, unit) if unit == "M USD" else with_unit(amount(value), unit)


def signed(value: float) -> str:
    """Write a change with its sign."""
    text = amount(value)
    return f"+{text}" if value > 0 and text != "0" else text


def in_unit(unit: str) -> str:
    """Write a unit in words behind a title; nothing where there is none."""
    told = unit_words(unit)
    return f", {told}" if told else ""


def whole(value: float) -> str:
    """Write an amount; an integer of things without decimals."""
    return f"{round(value):,d}" if same(value, round(value)) else amount(value)


def of_unit(value: float, unit: str) -> str:
    """Write an amount with its unit in words: ``1 step``, ``12.5 thousand wafers``."""
    return with_unit(whole(value), unit)


def per_unit(price: float, unit: str) -> str:
    """Write a price with what it is the price of one of, in words: ``505 per thousand wafers``."""
    return f"{amount(price)} per {unit_words(unit, one=True) or 'unit'}"


def few(names: Sequence[str], most: int) -> list[str]:
    """Return the first of many names and how many more there are; all of them where one alone would be left out."""
    over = len(names) - most
    return list(names) if over <= 1 else [*names[:most], f"{over} more"]


def listed(parts: Sequence[str]) -> str:
    """Write parts as a list in a sentence: ``a, b and c``; with semicolons where a part has a comma of its own."""
    between = "; " if any("," in part for part in parts) else ", "
    return " and ".join([between.join(parts[:-1]), *parts[-1:]] if len(parts) > 1 else parts)


def plan_value(value: float | None, status: str, unit: str) -> str:
    """Write what a plan is worth and how well that is proved, or why there is none."""
    return f"no plan: {proof(status)}" if value is None else f"{money(value, unit)} ({proof(status)})"


def percent(share: float | None) -> str:
    """Write a share as percent, a small one to two digits; the gap of a plan that is proved best is ``0.00 %``."""
    if share is None or not math.isfinite(share):
        return "unknown"
    size = abs(100.0 * share)
    decimals = 2 if size >= 0.05 or size <= 100.0 * EXACT else 1 - math.floor(math.log10(size))
    text = f"{100.0 * share:.{decimals}f} %"
    return text.lstrip("-") if size <= 100.0 * EXACT else text


def round_percent(share: float) -> str:
    """Write a share that somebody has chosen as percent, without needless digits: ``10 %``, ``2.5 %``."""
    return f"{digits(100.0 * share, 4)} %"


def counted(number: int, what: str) -> str:
    """Write how many things there are: ``1 warning``, ``2 warnings``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def seconds(value: float) -> str:
    """Write a duration."""
    if value >= 600.0:
        return f"{value / 60.0:.0f} min"
    return f"{value:.1f} s"

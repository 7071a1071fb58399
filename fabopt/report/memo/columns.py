"""How wide the columns of a table are, by the letters that they hold: the same on paper and in DOCX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from fabopt.report.memo.document import Table, plain

LINE, BETWEEN, SHORT, LONGEST_WORD = 122.0, 3.0, 9.0, 26.0
"""Letters on a line of a table, and those that the space between columns takes; the longest cell that is kept on one
line, and the longest word that is not broken.
"""
TIGHT, NUMBER = 0.75 * LINE, 13.0
"""Where columns take more letters than this at the least, numbers of more than so many letters are broken: names need
room.
"""
_NARROW, _BROAD = frozenset("iljtfrI.,;:'!|()[]/- \u00a0"), frozenset("mwMW%@—…")


def widths(table: Table) -> list[float]:
    """Return the width of each column, in letters: their sum is that of the line, or less where they need less.

    A column of numbers is as wide as its longest, one of words at least as its longest word, both up to a limit; in a
    table of many columns long numbers are broken too. What is left of the line goes to those that would have to break.
    Where not even the longest words have room together, all columns are narrower by the same share.
    """
    rows = [[plain(cell) for cell in row] for row in table.rows]
    least = _least(table, rows, LONGEST_WORD)
    if sum(least) > TIGHT:
        least = _least(table, rows, NUMBER)
    whole = [
        max(wide(plain(table.head[n])), max((wide(row[n]) for row in rows), default=1.0)) + BETWEEN
        for n in range(len(table.sides))
    ]
    spare = max(LINE - sum(least), 0.0)
    wanted = sum(whole) - sum(least)
    part = min(spare / wanted, 1.0) if wanted > 0 else 0.0
    return [few + part * (all_ - few) for few, all_ in zip(least, whole, strict=True)]


def _least(table: Table, rows: Sequence[Sequence[str]], number: float) -> list[float]:
    """Return the least width of each column, where numbers up to some letters are kept on one line."""
    least = []
    for n, side in enumerate(table.sides):
        head = max((wide(word) for word in _words(plain(table.head[n]))), default=1.0)
        cells = max((wide(row[n]) for row in rows), default=1.0)
        words = max((wide(word) for row in rows for word in _words(row[n])), default=1.0)
        needed = min(cells, number) if side == "right" else max(words, min(cells, SHORT))
        least.append(max(head, words if words <= LONGEST_WORD else 0.0, min(needed, LONGEST_WORD)) + BETWEEN)
    return least


def wide(text: str) -> float:
    """Return how wide a text is, in letters of the usual width; a Chinese one counts twice."""
    return sum(_letter(ch) for ch in text)


def _letter(ch: str) -> float:
    if east_asian_width(ch) in "WF":
        return 2.0
    return 0.65 if ch in _NARROW else 1.6 if ch in _BROAD else 1.3 if ch.isupper() else 1.05


def _words(text: str) -> list[str]:
    """Return the pieces of a text between which a line may break: a Chinese one may break at every letter."""
    return re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+", text.replace("-", "- "))

"""How wide the columns of a table are, by the letters that they hold: the same on paper and in DOCX."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from fabopt.report.memo.document import Table, plain

LINE, BETWEEN, SHORT, LONGEST_WORD = 122.0, 3.0, 9.0, 26.0
"""Letters on a line of a table, and those that the space between columns takes; the longest cell that is kept on one
line, and the longest word that is not broken.
"""
_NARROW, _BROAD = frozenset("iljtfrI.,;:'!|()[]/- \u00a0"), frozenset("mwMW%@—…")


def widths(table: Table) -> list[float]:
    """Return the width of each column, in letters: their sum is that of the line, or less where they need less.

    A column of numbers is as wide as its longest, one of words at least as its longest word, both up to a limit; what
    is left of the line goes to those that would have to break. Where not even the longest words have room together,
    all columns are narrower by the same share.
    """
    rows = [[plain(cell) for cell in row] for row in table.rows]
    least, whole = [], []
    for n, side in enumerate(table.sides):
        head = max((wide(word) for word in _words(plain(table.head[n]))), default=1.0)
        cells = max((wide(row[n]) for row in rows), default=1.0)
        words = max((wide(word) for row in rows for word in _words(row[n])), default=1.0)
        needed = cells if side == "right" else max(words, min(cells, SHORT))
        least.append(max(head, words if words <= LONGEST_WORD else 0.0, min(needed, LONGEST_WORD)) + BETWEEN)
        whole.append(max(wide(plain(table.head[n])), cells) + BETWEEN)
    spare = max(LINE - sum(least), 0.0)
    wanted = sum(whole) - sum(least)
    part = min(spare / wanted, 1.0) if wanted > 0 else 0.0
    return [few + part * (all_ - few) for few, all_ in zip(least, whole, strict=True)]


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

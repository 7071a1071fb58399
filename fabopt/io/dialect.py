"""How a table writes its cells: separator, numbers, dates, and what stands for nothing.

Nothing is guessed: `1.234` and `1,234` are refused unless the table says which sign is which, since each is a thousand
in one country and a little more than one in another. No cell is evaluated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from fabopt.domain.calendar import parse_when
from fabopt.domain.table_form import DECIMALS, MOST_SKIPPED, SEPARATORS, THOUSANDS
from fabopt.io.problems import brief

LONGEST_ID = 60

_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"})
"""Blanks and signs of typography, and those of a keyboard."""
_NUMERIC = re.compile(r"[+-]?[0-9][0-9.,' ]*")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "MMM": r"(?P<name>[A-Za-z]{3})[a-z]*\.?",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "QN": r"Q(?P<quarter>[1-4])",
}
"""Parts of a way to write dates, the longest first."""


class CellError(ValueError):
    """A cell that cannot be read as it should be; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table writes its cells.

    Attributes
    ----------
    separator
        What stands between cells.
    decimal, thousands
        Signs within numbers; empty: not said, so that a point is a decimal mark and nothing divides thousands.
    dates
        How dates are written: ``DD.MM.YYYY``, ``QN YYYY``, ``MMM YYYY``; empty: as everywhere in an instance.
    missing
        Cells that stand for nothing, beside empty ones.
    skip
        Lines above the headings.
    """

    separator: str = ","
    decimal: str = ""
    thousands: str = ""
    dates: str = ""
    missing: tuple[str, ...] = ()
    skip: int = 0

    def empty(self, cell: str) -> bool:
        """Return whether a cell stands for nothing."""
        return not cell or cell in self.missing

    def number(self, cell: str) -> tuple[float, str] | None:
        """Return the number in a cell, and ``%`` where it stands behind it; None where the cell holds none.

        Raises
        ------
        CellError
            When the cell looks like a number and is none, or may be two different ones.
        """
        text = cell.translate(_PLAIN).strip()
        bare = text.removesuffix("%").rstrip()
        said = self.decimal or self.thousands
        if not said and _AMBIGUOUS.fullmatch(bare):
            plain = bare.replace(",", ".")
            message = f"{brief(cell)} may be {plain} or {plain.replace('.', '')}"
            raise CellError(message, "say which: decimal: '.' or decimal: ',' of the table")
        match = self._pattern().fullmatch(bare)
        if match is None:
            if _NUMERIC.fullmatch(bare):
                raise CellError(f"{brief(cell)} is no number as the table is read", self._says())
            return None
        whole = match[1].replace(self.thousands, "") if self.thousands else match[1]
        return float(f"{whole}.{match[2] or '0'}{match[3] or ''}"), "%" if text.endswith("%") else ""

    def date(self, cell: str) -> str:
        """Return a date as an instance writes it.

        Raises
        ------
        CellError
            When it is none.
        """
        text = cell.translate(_PLAIN).strip()
        if self.dates:
            match = _pattern_of(self.dates).fullmatch(text)
            if match is None:
                raise CellError(f"{brief(cell)} is not written as {self.dates}")
            text = _written(match.groupdict())
        try:
            parse_when(text)
        except ValueError as error:
            hint = "" if self.dates else "where the table writes dates in another way, say so: dates: DD.MM.YYYY"
            raise CellError(
                str(error) if not self.dates else f"{brief(cell)} is no day of the calendar", hint
            ) from None
        return text

    def _pattern(self) -> re.Pattern[str]:
        decimal = self.decimal or ("," if self.thousands == "." else ".")
        sign = re.escape(self.thousands)
        whole = rf"\d{{1,3}}(?:{sign}\d{{3}})+|\d+" if self.thousands else r"\d+"
        return re.compile(rf"([+-]?(?:{whole}))(?:{re.escape(decimal)}(\d+))?([eE][+-]?\d{{1,3}})?", re.ASCII)

    def _says(self) -> str:
        decimal = self.decimal or "."
        thousands = f"'{self.thousands}'" if self.thousands else "nothing"
        return (
            f"its decimal mark is '{decimal}' and {thousands} divides thousands: say decimal and thousands of the table"
        )


KEYS = tuple(field.name for field in fields(Dialect))
"""Fields that say how a table is written."""


def dialect_of(raw: Mapping[str, Any], fault: Callable[[str, str, str], None]) -> Dialect:
    """Return what a mapping says of how a table is written.

    Parameters
    ----------
    raw
        The mapping; other fields are passed over.
    fault
        Told of a field that is wrong: its name, what is wrong, and what was expected.
    """
    given: dict[str, Any] = {}
    for name, choices in (("separator", tuple(SEPARATORS)), ("decimal", DECIMALS), ("thousands", THOUSANDS)):
        if name in raw and raw[name] not in choices:
            fault(
                name,
                f"{brief(raw[name])} is none",
                "one of " + ", ".join(SEPARATORS.get(sign, f"'{sign}'") for sign in choices),
            )
        elif name in raw:
            given[name] = raw[name]
    marks = Dialect(**given)
    if marks.thousands and marks.thousands == (marks.decimal or "."):
        if marks.decimal:
            fault("thousands", f"{brief(marks.thousands)} cannot divide thousands and decimals", "two different signs")
        given["decimal"] = ","
    if "dates" in raw:
        given["dates"] = raw["dates"]
        if not isinstance(raw["dates"], str) or not _dated(raw["dates"]):
            given["dates"] = ""
            fault(
                "dates",
                f"{brief(raw['dates'])} is no way to write dates",
                "YYYY with MM, DD, MMM or QN: DD.MM.YYYY, QN YYYY",
            )
    if "missing" in raw:
        cells = raw["missing"] if isinstance(raw["missing"], list) else [raw["missing"]]
        given["missing"] = tuple(str(cell) for cell in cells)
    if "skip" in raw:
        lines = raw["skip"]
        if isinstance(lines, bool) or not isinstance(lines, int) or not 0 <= lines <= MOST_SKIPPED:
            fault("skip", f"{brief(lines)} is no number of lines", f"0 to {MOST_SKIPPED}")
        else:
            given["skip"] = lines
    return Dialect(**given)


def slug(name: str) -> str:
    """Return the id that is made from a display name: `Plains Campus (North)` is `plains-campus-north`; empty where it
    has no Latin letters and digits.
    """
    letters = unicodedata.normalize("NFKD", re.sub("['\u2019]", "", name)).lower()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ID].rstrip("-")


def _tokens(dates: str) -> Iterator[str]:
    at = 0
    while at < len(dates):
        token = next((token for token in _TOKENS if dates.startswith(token, at)), dates[at])
        yield token
        at += len(token)


def _dated(dates: str) -> bool:
    """Return whether a text says how dates are written: a year, and no part twice or beside one that says the same."""
    tokens = [token for token in _tokens(dates) if token in _TOKENS]
    letters = [token for token in _tokens(dates) if token not in _TOKENS and token.isalnum()]
    within = {"MM", "MMM", "QN"} & {*tokens}
    sane = len(tokens) == len({*tokens}) and len(within) <= 1 and ("DD" not in tokens or bool(within - {"QN"}))
    return "YYYY" in tokens and sane and not letters and len(dates) <= 40


def _pattern_of(dates: str) -> re.Pattern[str]:
    return re.compile(
        "".join(_TOKENS.get(token, re.escape(token)) for token in _tokens(dates)), re.IGNORECASE | re.ASCII
    )


def _written(parts: Mapping[str, str | None]) -> str:
    year, name = parts["year"], parts.get("name")
    if quarter := parts.get("quarter"):
        return f"{year}Q{quarter}"
    month = _MONTHS.index(name.lower()) + 1 if name and name.lower() in _MONTHS else int(parts.get("month") or 0)
    if not month and not name:
        return f"{year}"
    day = parts.get("day")
    return f"{year}-{month:02d}" + (f"-{int(day):02d}" if day else "")

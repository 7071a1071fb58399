"""What is wrong with an instance: one problem a line, each with its file, line, field and a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fabopt.domain.base import Path
from fabopt.domain.text import printable
from fabopt.errors import UserError

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Place:
    """File (relative to the instance's folder, or the words of a lever setting) and line, from 1, where known.

    In a workbook the file names the sheet too, the line is the row, and `column` is the letter of the cell's column.
    """

    file: str
    line: int | None = None
    column: str = ""

    def __str__(self) -> str:
        if self.column:
            return f"{self.file}, cell {self.column}{self.line}"
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Layer:
    """Places that one source of data gave; `whole` when each of its paths replaced all that stood below it."""

    places: Mapping[Path, Place]
    whole: bool = False

    def find(self, path: Path) -> Place | None:
        """Place of exactly this path, or in a layer of replacements of the part that it lies in."""
        if not self.whole:
            return self.places.get(path)
        for size in range(len(path), -1, -1):
            if path[:size] in self.places:
                return self.places[path[:size]]
        return None


@dataclass(frozen=True, slots=True)
class Positions:
    """Where every scalar and key of an instance was written; later layers lie over earlier ones."""

    layers: tuple[Layer, ...] = ()

    def find(self, path: Path) -> Place | None:
        """Place of a path, or of the nearest part around it that has one."""
        for size in range(len(path), -1, -1):
            for layer in reversed(self.layers):
                place = layer.find(path[:size])
                if place is not None:
                    return place
        return None

    def under(self, layer: Layer) -> Positions:
        """Return the positions with one more layer over them."""
        return Positions((*self.layers, layer))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an instance.

    Attributes
    ----------
    file, line
        Where it was written; empty and None when that is not known.
    path
        The field, as a lever path (``fabs.tsmc-n3.capacity``).
    message
        What is wrong, a sentence without its final stop.
    value
        What was found, in short, or empty.
    expected
        What would have been right, or empty.
    hint
        What to do, or empty.
    column
        Letter of the column in a sheet, or empty.
    """

    file: str
    line: int | None
    path: str
    message: str
    value: str = ""
    expected: str = ""
    hint: str = ""
    column: str = ""

    @classmethod
    def at(
        cls,
        positions: Positions,
        path: Path,
        message: str,
        *,
        value: object = None,
        expected: str = "",
        hint: str = "",
    ) -> Problem:
        """Return the problem of a path, placed where the path was written."""
        place = positions.find(path) or Place("")
        shown = "" if value is None else brief(value)
        return cls(place.file, place.line, dotted(path), message, shown, expected, hint, place.column)

    def __str__(self) -> str:
        place = str(Place(self.file, self.line, self.column)) if self.file else ""
        head = ": ".join(part for part in (place, self.path, self.message) if part)
        return "; ".join(part for part in (head, self.expected, self.hint) if part)


class InstanceError(UserError):
    """An instance that cannot be used, with every problem found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        by_place = dict.fromkeys(problems)
        self.problems = tuple(sorted(by_place, key=lambda problem: (problem.file, problem.line or 0)))
        lines = [str(problem) for problem in self.problems[:_MOST_SHOWN]]
        if len(self.problems) > _MOST_SHOWN:
            lines.append(f"... and {len(self.problems) - _MOST_SHOWN} more problems")
        super().__init__("\n".join(lines))


def dotted(path: Path) -> str:
    """Write a path with dots, as levers are written."""
    return ".".join(str(part) for part in path)


def brief(raw: object) -> str:
    """Write any raw value in at most 40 printable characters."""
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, list | tuple):
        return "a list"
    if isinstance(raw, int) and abs(raw) >= 10**40:
        return "a huge number"
    if isinstance(raw, int | float):
        return str(raw)
    text = printable(str(raw)[:60])
    return f"'{text if len(text) <= 40 else text[:37] + '...'}'"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty text."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not near:
        folded = {name.lower(): name for name in names}
        near = [folded[match] for match in difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)]
    return f"did you mean '{near[0]}'?" if near else ""

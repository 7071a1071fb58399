"""How large a made-up chain is, and the dice that draw it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import Any, TypeVar

from fabopt.errors import UserError
from fabopt.io.problems import brief, nearest

T = TypeVar("T")

RANGES = {"chips": (1, 10_000), "fabs": (2, 2_000), "labs": (1, 20_000), "periods": (4, 600)}
"""Least and most of each: a chain needs a logic and a DRAM fab, and a year to ship anything."""

_EXAMPLE = "chips=40,fabs=16,labs=9,periods=20"


class ShapeError(UserError):
    """A made-up chain cannot have this size; the message is a full sentence."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a made-up chain; all else (nodes, owners, lines, sites, markets) follows from it.

    Attributes
    ----------
    chips, fabs, labs
        Numbers of chips, of fabs (a quarter of them DRAM) and of labs.
    periods
        Number of quarters.
    """

    chips: int
    fabs: int
    labs: int
    periods: int

    def __post_init__(self) -> None:
        """Refuse sizes that make no chain."""
        for name, (least, most) in RANGES.items():
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ShapeError(f"A synthetic instance has {least} to {most:,} {name}, not {brief(value)}.")


def read_shape(text: str) -> Shape:
    """Read a size as it is written on the command line: ``chips=40,fabs=16,labs=9,periods=20``.

    Raises
    ------
    ShapeError
        When a part is missing, unknown, given twice, or no number in its range.
    """
    given: dict[str, int] = {}
    names = [field.name for field in fields(Shape)]
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ShapeError(f"{brief(part)} is no NAME=NUMBER; write --synthetic {_EXAMPLE}.")
        if name not in names:
            hint = nearest(name, names) or f"there are {', '.join(names)}"
            raise ShapeError(f"A synthetic instance has no size {brief(name)}; {hint}.")
        if name in given:
            raise ShapeError(f"{brief(name)} is given twice in --synthetic.")
        if not re.fullmatch(r"[0-9]{1,9}", number):
            raise ShapeError(f"{name} is a whole number, not {brief(number)}; write --synthetic {_EXAMPLE}.")
        given[name] = int(number)
    missing = [name for name in names if name not in given]
    if missing:
        raise ShapeError(f"--synthetic does not say how many {', '.join(missing)}; write it like {_EXAMPLE}.")
    return Shape(**given)


class Dice:
    """Draws that are the same on every machine and version: of Python's generator only `random` is promised to be."""

    def __init__(self, seed: int, what: str) -> None:
        self._random = Random(f"{seed}/{what}").random

    def between(self, low: float, high: float) -> float:
        """Return a number between two, to three figures."""
        return float(f"{low + (high - low) * self._random():.3g}")

    def whole(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`."""
        return low + int((high - low + 1) * self._random())

    def chance(self, share: float) -> bool:
        """Return whether something of this probability happens."""
        return self._random() < share

    def pick(self, members: Sequence[T], lead: float = 0.0) -> T:
        """Return one of the members; with a `lead` the first ones more often, as the sizes of firms are skewed."""
        weights = [(place + 1.0) ** -lead for place in range(len(members))]
        drawn = self._random() * sum(weights)
        for member, weight in zip(members, weights, strict=True):
            drawn -= weight
            if drawn < 0.0:
                return member
        return members[-1]

    def some(self, members: Sequence[T], number: int, lead: float = 0.0) -> list[T]:
        """Return so many different members, in their order."""
        left, chosen = list(range(len(members))), set[int]()
        for _ in range(min(number, len(members))):
            place = self.pick(left, lead)
            left.remove(place)
            chosen.add(place)
        return [members[place] for place in sorted(chosen)]


def assumed(value: float, unit: str, spread: float = 0.3, most: float | None = None) -> dict[str, Any]:
    """Return a number as an assumption, with a range of a share to either side (up to `most`)."""
    high = value * (1.0 + spread)
    return {
        "value": value,
        "unit": unit,
        "low": _short(value * (1.0 - spread)),
        "high": _short(high if most is None else max(value, min(high, most))),
        "assumed": True,
    }


def rising(points: dict[str, float], unit: str, **more: float) -> dict[str, Any]:
    """Return a series by date as an assumption, straight lines between its points."""
    return {**more, "linear": {day: _short(value) for day, value in points.items()}, "unit": unit, "assumed": True}


def _short(value: float) -> float:
    return float(f"{value:.4g}")

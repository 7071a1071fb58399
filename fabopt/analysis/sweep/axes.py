"""The levers of a sweep in one scenario: what each can take, and what its numbers are then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fabopt.analysis.draws.distributions import Distribution, triangular
from fabopt.analysis.draws.engine import Spread, currency_of, values_at
from fabopt.domain.base import FieldProblem, Path
from fabopt.domain.calendar import parse_when
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Point, Quantity
from fabopt.io.lever_numbers import number_at
from fabopt.io.levers import Lever, LeverError, Scale, Shift, list_levers, read_setting, set_lever
from fabopt.io.problems import Positions, Problem, brief
from fabopt.io.sweep_file import Axis
from fabopt.io.tree import Tree


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a lever is set to as it was written."""

    raw: Any


@dataclass(frozen=True, slots=True)
class Share:
    """A place between a lever's low (0) and high (1)."""

    quantile: float


Place = Value | Share


def mode_inside(quantile: float, low: float, number: float, high: float) -> float:
    """Return the quantile of the triangular distribution, its mode moved into the range where it lies outside."""
    return triangular(quantile, low, min(max(number, low), high), high)


class Axes:
    """What the levers of a sweep are in one scenario.

    Parameters
    ----------
    tree, data
        The instance in the scenario.
    axes
        How each lever moves.
    positions
        Where that was written.

    Attributes
    ----------
    problems
        What cannot be: unknown levers, values that are none, a low above the high.
    """

    def __init__(self, tree: Tree, data: Instance, axes: Mapping[str, Axis], positions: Positions) -> None:
        self.tree, self.data, self._positions = tree, data, positions
        self.quantities = {lever.path: lever.quantity for lever in list_levers(data)}
        self.problems: list[Problem] = []
        self._spreads: dict[str, Spread] = {}
        for path, axis in axes.items():
            before = len(self.problems)
            if not self._there(path):
                continue
            for place, value in enumerate(axis.values):
                self._check(path, value, ("levers", path, place))
            if axis.values and (axis.low, axis.high, axis.steps) != (None, None, None):
                self._wrong(("levers", path), "give either values or a range (low, high, steps), not both")
            if not axis.values and len(self.problems) == before:
                self._add_range(path, axis)

    def settings(self, at: Mapping[str, Place], distribution: Distribution) -> tuple[tuple[str, Any], ...]:
        """Return what levers are set to at places, those that give way with them included."""
        written = {path: place.raw for path, place in at.items() if isinstance(place, Value)}
        shares = {path: place.quantile for path, place in at.items() if isinstance(place, Share)}
        moved = values_at(self.data, tuple(self._spreads.values()), shares, distribution) if shares else {}
        return (*written.items(), *moved.items())

    def _wrong(self, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(Problem.at(self._positions, path, message, hint=hint))

    def _there(self, path: str) -> bool:
        """Return whether there is such a lever, and note it where there is none."""
        try:
            set_lever(self.tree.raw, path, False, Instance)
        except LeverError as error:
            self._wrong(("levers", path), str(error))
            return False
        return True

    def _check(self, path: str, value: object, where: Path) -> None:
        """Note why a lever cannot be set to a value, if it cannot; what the rules of the instance say comes later."""
        try:
            raw = set_lever(self.tree.raw, path, value, Instance)
            if not isinstance(read_setting(value), Scale | Shift):
                number_at(raw, path, Instance)
        except LeverError as error:
            self._wrong(where, str(error))
        except FieldProblem as error:
            self._wrong(where, f"{brief(value)}: {error}")

    def _add_range(self, path: str, axis: Axis) -> None:
        quantity = self.quantities.get(path)
        if quantity is None:
            self._wrong(("levers", path), "this lever has no range", "list the values that it takes")
            return
        ends = self._ends(path, axis, quantity)
        if ends is None:
            return
        points = tuple(
            replace(p, low=low, high=high) for p, low, high in zip(quantity.points, *ends, strict=True)
        )  # fmt: skip
        if any(low > high for low, high in zip(*ends, strict=True)):
            low, high = next((low, high) for low, high in zip(*ends, strict=True) if low > high)
            unit = "" if quantity.unit == "1" else f" {quantity.unit}"
            self._wrong(("levers", path, "low"), f"the low of {low:g}{unit} lies above the high of {high:g}{unit}")
        elif all(low == high for low, high in zip(*ends, strict=True)):
            self._wrong(("levers", path), "it has no range", "give it a low and a high, or values")
        else:
            own = axis.low is None and axis.high is None
            currency = currency_of(self.tree.raw, Lever(path, quantity), self.data) if own else ""
            self._spreads[path] = Spread(path, replace(quantity, points=points), currency)

    def _ends(self, path: str, axis: Axis, quantity: Quantity) -> tuple[list[float], list[float]] | None:
        """Return low and high of every point, or None where one of them is none."""
        values = []
        for side, given in (("low", axis.low), ("high", axis.high)):
            if given is None:
                ranges = [quantity.range_of(p) for p in quantity.points]
                values.append([r[0] if side == "low" else r[1] for r in ranges])
                continue
            ends = self._end(path, side, given, quantity)
            if ends is None:
                return None
            values.append(ends)
        return values[0], values[1]

    def _end(self, path: str, side: str, given: float | str, quantity: Quantity) -> list[float] | None:
        where = ("levers", path, side)
        try:
            number = number_at(set_lever(self.tree.raw, path, given, Instance), path, Instance)
        except LeverError as error:
            self._wrong(where, str(error))
            return None
        except FieldProblem as error:
            self._wrong(where, f"{brief(given)}: {error}")
            return None
        if number is None or [p.when for p in number.points] != [p.when for p in quantity.points]:
            self._wrong(where, f"{brief(given)} has other dates than the lever", "give a factor such as '*0.8'")
            return None
        return [p.value for p in number.points]


def number_of(quantities: Mapping[str, Quantity], path: str) -> tuple[float, str] | None:
    """Return number and unit at a lever, of a series its first point or the one that is named; None for no number."""
    lever, at, when = path.partition("@")
    quantity = quantities.get(lever)
    if quantity is None:
        return None
    points: Sequence[Point] = quantity.points
    if at:
        day = parse_when(when)
        points = [p for p in points if p.when == day] or points
    return points[0].value, quantity.unit

"""The numbers of an instance that have a range, and the instance with one of them moved within it.

A number moves from its value towards the low or the high end of its range by a share of the way; a series moves by the
same share in all its points. Where shares add up to one, the others give way in proportion. A rate of exchange moves
every price that is written in that currency.

Any lever is set as ``--set`` and ``with_`` set it (:meth:`Numbers.set`), one point of a series too.

A small movement is put into the validated instance as it stands (:meth:`Numbers.near`). A movement to an end is written
into the raw tree and validated (:meth:`Numbers.at`); where the rules of an instance refuse it, half the way is tried,
then a quarter, then an eighth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from fabopt.analysis.draws.engine import currency_of, raw_points, shares
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Point, Quantity
from fabopt.errors import StudyError
from fabopt.io.difference import SAYS_NOTHING
from fabopt.io.lever_numbers import at_point, number_at
from fabopt.io.levers import LeverError, list_levers, set_lever, with_quantities
from fabopt.io.problems import InstanceError, nearest
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import Means
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan, View

End = Literal["low", "high"]

TRIED = (1.0, 0.5, 0.25, 0.125)
"""Shares of the way to an end that are tried in turn where the rules refuse more."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that has a range.

    Attributes
    ----------
    path
        Its lever.
    quantity
        Its value, range and provenance.
    currency
        Currency that it is written in, or empty.
    """

    path: str
    quantity: Quantity
    currency: str = ""

    @property
    def value(self) -> float:
        """The number; of a series the first of its points that has a range."""
        return self._shown.value

    @property
    def range(self) -> tuple[float, float]:
        """Its low and high, in its unit; of a series those of the same point as :attr:`value`."""
        low, high, _ = self.quantity.range_of(self._shown)
        return low, high

    @property
    def _shown(self) -> Point:
        return next(p for p in self.quantity.points if _wide(self.quantity, p))

    @property
    def quality(self) -> Literal["published", "assumed"]:
        """Whether its whole range was published, or is a share of the number by how sure its source is."""
        ranges = [self.quantity.range_of(p) for p in self.quantity.points]
        return "assumed" if any(assumed for low, high, assumed in ranges if low < high) else "published"

    @property
    def source(self) -> str:
        """Ids of its sources; empty for an assumption."""
        return ", ".join(self.quantity.source)

    def moved(self, end: End, share: float) -> tuple[Point, ...]:
        """Return its points with a share of the way to an end."""
        side = 0 if end == "low" else 1
        return tuple(
            replace(p, value=p.value + share * (self.quantity.range_of(p)[side] - p.value))
            for p in self.quantity.points
        )

    def shown(self, end: End, share: float) -> float:
        """Return what :attr:`value` becomes with a share of the way to an end."""
        low, high = self.range
        return self.value + share * ((low if end == "low" else high) - self.value)

    def room(self, end: End) -> tuple[float, ...]:
        """Return how far each point is from an end, negative downwards."""
        return tuple(m.value - p.value for m, p in zip(self.moved(end, 1.0), self.quantity.points, strict=True))


def _wide(quantity: Quantity, point: Point) -> bool:
    low, high, _ = quantity.range_of(point)
    return low < high


class Move(NamedTuple):
    """A small movement of a number: its lever, the share of the way to which end, and whether it is made by itself."""

    path: str
    end: End
    share: float
    single: bool = False

    @property
    def alone(self) -> bool:
        """Whether it can be made by itself alone: rates of exchange are read when an instance is validated."""
        return self.path.startswith("currencies.")


@dataclass(frozen=True, slots=True)
class Moved:
    """An instance with a number moved to an end: how much of the way the rules allow, and what they say of more."""

    data: Instance
    share: float
    refused: str = ""


class Numbers:
    """The numbers of an instance with a range, and their movements.

    Parameters
    ----------
    tree, data
        The instance.
    view
        How the network of an instance with numbers moved is seen; None: as it is.

    Attributes
    ----------
    found
        By lever path, in the order of the instance; without those that a plan does not rest on.
    """

    def __init__(self, tree: Tree, data: Instance, view: View | None = None) -> None:
        self.tree, self.data, self.view = tree, data, view
        levers = list_levers(data)
        self.found = {
            lever.path: Number(lever.path, lever.quantity, currency_of(tree.raw, lever, data))
            for lever in levers
            if lever.path.partition(".")[0] not in SAYS_NOTHING
            and any(_wide(lever.quantity, p) for p in lever.quantity.points)
        }
        self._quantities = {lever.path: lever.quantity for lever in levers}
        self._siblings = {lever.path: group for group in shares(data, self._quantities) for lever in group}

    def network(self, data: Instance, name: str, means: Means | None = None) -> Network:
        """Return the network of an instance with numbers moved; arguments as for `fabopt.network.lower.lower`."""
        net = lower(data, name, means)
        return net if self.view is None else self.view(net, data)

    def __getitem__(self, path: str) -> Number:
        """Return the number of a lever.

        Raises
        ------
        LeverError
            If there is no such lever, with the nearest ones; or it has no range.
        """
        if path in self.found:
            return self.found[path]
        quantity = self.quantity(path)
        if any(_wide(quantity, p) for p in quantity.points):
            return Number(path, quantity, self.found[_whole(path)].currency)
        raise LeverError(f"the lever '{path}' has no range: its low and its high are its value")

    def quantity(self, path: str) -> Quantity:
        """Return a number, with a range or without; one point of a series as a constant.

        Raises
        ------
        LeverError
            If there is no such lever, with the nearest; or the series has no such point.
        """
        whole = self._quantities.get(_whole(path))
        if whole is not None:
            if "@" in path:
                set_lever(self.tree.raw, path, {}, Instance)  # refuses a point that is not there
            return at_point(whole, path)
        hint = nearest(path, self._quantities)
        raise LeverError(f"there is no lever '{path}'" + (f"; {hint}" if hint else "; fabopt show PATH names them"))

    def _points(self, path: str, moved: tuple[Point, ...]) -> Mapping[str, tuple[Point, ...]]:
        """Return the points of everything that moves with a number."""
        points = {path: moved}
        for lever in self._siblings.get(path, ()):
            if lever.path != path:
                points[lever.path] = tuple(
                    replace(
                        p, value=p.value * _left(now.value) / _left(before.value) if _left(before.value) else p.value
                    )
                    for p, now, before in zip(lever.quantity.points, moved, self._quantities[path].points, strict=True)
                )
        return points

    def apart(self, paths: Sequence[str]) -> None:
        """Refuse levers of which one cannot move without another.

        Raises
        ------
        StudyError
            If two are shares of one whole.
        """
        for i, x in enumerate(paths):
            for y in paths[:i]:
                if any(lever.path == _whole(y) for lever in self._siblings.get(_whole(x), ())):
                    raise StudyError(f"{y} and {x} are shares of one whole: one cannot move without the other.")

    def near(self, moves: Sequence[Move]) -> Instance | None:
        """Return the instance with numbers moved a little, all at once; None where validation refuses it.

        Of movements that are :attr:`Move.alone`, there is no other beside them.
        """
        if len(moves) == 1 and moves[0].alone:
            path, end, share, _ = moves[0]
            moved = self._validated(path, self.found[path].moved(end, share))
            return None if isinstance(moved, str) else moved
        points = self._together(moves)
        return with_quantities(self.data, {p: replace(self._quantities[p], points=x) for p, x in points.items()})

    def moved(self, moves: Sequence[Move]) -> Instance | str:
        """Return the validated instance with numbers moved, all at once, or in words why the rules refuse it."""
        return self._written(self._together(moves))

    def _together(self, moves: Sequence[Move]) -> dict[str, tuple[Point, ...]]:
        points: dict[str, tuple[Point, ...]] = {}
        for path, end, share, _ in moves:
            points |= self._points(path, self.found[path].moved(end, share))
        return points

    def at(self, path: str, end: End) -> Moved | str:
        """Return the instance with a number at an end of its range, or in words why the rules refuse any of it."""
        refused = ""
        for share in TRIED:
            moved = self._validated(path, self[path].moved(end, share))
            if not isinstance(moved, str):
                return Moved(moved, share, refused)
            refused = refused or moved
        return refused

    def set_to(self, path: str, values: Sequence[float]) -> Instance | str:
        """Return the validated instance with the points of a number at values, or in words why it is none."""
        points = zip(self._quantities[path].points, values, strict=True)
        return self._validated(path, tuple(replace(p, value=v) for p, v in points))

    def read(self, path: str, setting: object) -> Quantity | str:
        """Return the number once it is set, or in words why it is none; as `set`, without the rules of the instance."""
        try:
            number = number_at(set_lever(self.tree.raw, path, setting, Instance), path, Instance)
        except FieldProblem as error:
            return str(error)
        assert number is not None  # every lever here is a number
        return number

    def set(self, settings: Mapping[str, object]) -> Instance | str:
        """Return the validated instance with levers set, one after the other, or in words why it is none.

        Settings are those of ``--set`` and ``with_``. Where shares add up to one, those that are not set give way.

        Raises
        ------
        LeverError
            If there is no such lever, or it cannot take such a setting: one number would flatten a series.
        """
        raw = self.tree.raw
        for path, setting in settings.items():
            raw = set_lever(raw, path, setting, Instance)
            if _whole(path) in self._siblings:
                try:
                    raw = self._giving_way(raw, _whole(path))
                except FieldProblem as error:
                    return str(error)
        return self._checked(raw)

    def _giving_way(self, raw: dict[str, Any], path: str) -> dict[str, Any]:
        """Return a raw tree in which the siblings of a share leave it the room that it takes."""
        number, before = number_at(raw, path, Instance), self._quantities[path]
        if number is None or [p.when for p in number.points] != [p.when for p in before.points]:
            return raw
        return self._put(raw, {p: x for p, x in self._points(path, number.points).items() if p != path})

    def _validated(self, path: str, moved: tuple[Point, ...]) -> Instance | str:
        return self._written(self._points(path, moved))

    def _written(self, moved: Mapping[str, tuple[Point, ...]]) -> Instance | str:
        return self._checked(self._put(self.tree.raw, moved))

    def _put(self, raw: dict[str, Any], moved: Mapping[str, tuple[Point, ...]]) -> dict[str, Any]:
        for path, points in moved.items():
            raw = set_lever(raw, path, raw_points(self._quantities[path], points), Instance)
        return raw

    def _checked(self, raw: dict[str, Any]) -> Instance | str:
        try:
            return validate(replace(self.tree, raw=raw), Instance)
        except InstanceError as error:
            return error.problems[0].message


def _whole(path: str) -> str:
    """Return the lever of which a path may name one point."""
    return path.partition("@")[0]


def _left(share: float) -> float:
    """Return what a share leaves of a whole to the others."""
    return max(1.0 - share, 0.0)


def numbers_of(plan: Plan, *, relaxed: bool = False) -> Numbers:
    """Return the numbers of a plan's instance; parameter and errors as :meth:`fabopt.plan.plan.Plan.of_system`."""
    plan.of_system("numbers are moved in the system's plan", relaxed=relaxed)
    return Numbers(plan.tree, plan.data, plan.view)

"""The levers of a question about a target: which numbers may move, and how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fabopt.analysis.sensitivity.adjoint import ENDS
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.errors import StudyError
from fabopt.io.load import apply_sets
from fabopt.io.validate import validate


@dataclass(frozen=True, slots=True)
class Lever:
    """A number that may move.

    Attributes
    ----------
    path, unit, now
        The lever, its unit, and its value in the instance (of a series its first point, the others in proportion).
    ends
        How far it may go: one end where it was named, else the low and the high of its range.
    cost
        What one unit of change costs, million dollars; None where costs do not count.
    """

    path: str
    unit: str
    now: float
    ends: tuple[float, ...]
    cost: float | None = None

    def size(self, end: float) -> float:
        """Return what it counts to move it to a value: the cost, or the relative change (1 where it is zero)."""
        way = abs(end - self.now)
        if self.cost is not None:
            return self.cost * way
        return way / abs(self.now) if self.now else 1.0


def levers_of(
    numbers: Numbers, named: Sequence[str] | Mapping[str, object], costs: Mapping[str, float]
) -> tuple[Lever, ...]:
    """Return the levers that are named, each with its ends.

    Parameters
    ----------
    numbers
        The numbers of the instance.
    named
        Paths, or paths with the furthest value: ``["a.b=*2", "c.d"]`` or a mapping.
    costs
        Million dollars for one unit of change, by path; for all levers or for none.

    Raises
    ------
    StudyError
        If there is none, an end makes no sense, or costs are not given for exactly the levers.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest; or it has no range and no end is given.
    fabopt.io.problems.InstanceError
        If the rules of the instance refuse an end.
    """
    pairs = dict(_split(text) for text in named) if not isinstance(named, Mapping) else dict(named)
    if not pairs:
        raise StudyError("Name the levers that may move: --lever PATH or --lever PATH=END.")
    found = tuple(_lever(numbers, path, end, costs.get(path)) for path, end in pairs.items())
    strange = [path for path in costs if path not in pairs]
    missing = [path for path in pairs if costs and path not in costs]
    if strange or missing:
        what = f"{strange[0]} is no lever that may move" if strange else f"{missing[0]} has none"
        raise StudyError(f"Costs must be given for exactly the levers that may move: {what}.")
    if any(not 0 <= cost < float("inf") for cost in costs.values()):
        raise StudyError("The cost of a lever must be 0 or more, in million dollars a unit.")
    for i, one in enumerate(found):
        for other in found[:i]:
            if numbers.one_whole(one.path, other.path):
                raise StudyError(f"{other.path} and {one.path} are shares of one whole: name one of them.")
    return found


def _split(text: str) -> tuple[str, object]:
    path, _, end = text.partition("=")
    return path.strip(), end.strip() or None


def _lever(numbers: Numbers, path: str, end: object, cost: float | None) -> Lever:
    quantity = numbers.quantity(path)
    if end is None:
        number = numbers[path]
        ratio = quantity.value / number.value if number.value else 1.0
        ends = tuple(
            number.shown(side, moved.share) * ratio
            for side in ENDS
            if any(number.room(side)) and not isinstance(moved := numbers.at(path, side), str)
        )
        return Lever(path, quantity.unit, quantity.value, ends, cost)
    return Lever(path, quantity.unit, quantity.value, (_end(numbers, path, quantity, end),), cost)


def _end(numbers: Numbers, path: str, quantity: Quantity, end: object) -> float:
    """Return the value that a setting gives a lever."""
    if len(quantity.points) > 1 and not str(end).startswith("*"):
        raise StudyError(f"{path} is a series: say how far it may go as a factor, such as *1.5, not {end!r}.")
    tree = apply_sets(numbers.tree, [f"{path}={end}"], Instance)
    value = Numbers(tree, validate(tree, Instance)).quantity(path).value
    if value == quantity.value:
        raise StudyError(f"{path} is {value:g} {quantity.unit} already: that is no way to go.")
    return value

"""The levers of a question about a target: which numbers may move, and how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fabopt.analysis.sensitivity.dial import Dial, Setting, dial_of
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.errors import StudyError
from fabopt.io.problems import brief


@dataclass(frozen=True, slots=True)
class Lever:
    """A number that may move.

    Attributes
    ----------
    dial
        The lever and the number by which it moves: its value, or of a series a factor or what is added.
    ends
        How far that may go: one end where it was named, else the low and the high of its range.
    cost
        What one unit of change costs, million dollars; None where costs do not count.
    """

    dial: Dial
    ends: tuple[float, ...]
    cost: float | None = None

    @property
    def path(self) -> str:
        """The lever."""
        return self.dial.path

    @property
    def now(self) -> float:
        """The number in the instance."""
        return self.dial.value

    def size(self, end: float) -> float:
        """Return what it counts to move it to a value: the cost, or the relative change (1 where it is zero)."""
        way = abs(end - self.now)
        if self.cost is not None:
            return self.cost * way
        return way / abs(self.now) if self.now else 1.0


def levers_of(
    numbers: Numbers, named: Sequence[str] | Mapping[str, Setting | None], costs: Mapping[str, float]
) -> tuple[Lever, ...]:
    """Return the levers that are named, each with its ends.

    Parameters
    ----------
    numbers
        The numbers of the instance.
    named
        Paths, or paths with how far they may go, as a setting: ``["a.b=*2", "c.d"]`` or a mapping.
    costs
        Million dollars for one unit of change, by path; for all levers or for none.

    Raises
    ------
    StudyError
        If there is none, the rules of the instance refuse an end, two are shares of one whole, or costs are not given
        for exactly the levers.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest; it has no range and no end is given; or an end is none for it.
    """
    pairs = dict(_split(text) for text in named) if not isinstance(named, Mapping) else dict(named)
    if not pairs:
        raise StudyError("Name the levers that may move: --lever PATH or --lever PATH=END.")
    levers = tuple(_lever(numbers, path, end, costs.get(path)) for path, end in pairs.items())
    strange = [path for path in costs if path not in pairs]
    missing = [path for path in pairs if costs and path not in costs]
    if strange or missing:
        what = f"{strange[0]} is no lever that may move" if strange else f"{missing[0]} has none"
        raise StudyError(f"Costs must be given for exactly the levers that may move: {what}.")
    if any(not 0 <= cost < float("inf") for cost in costs.values()):
        raise StudyError("The cost of a lever must be 0 or more, in million dollars a unit.")
    numbers.apart(list(pairs))
    return levers


def _split(text: str) -> tuple[str, Setting | None]:
    path, _, end = text.partition("=")
    return path.strip(), end.strip() or None


def _lever(numbers: Numbers, path: str, end: Setting | None, cost: float | None) -> Lever:
    dial = dial_of(numbers, path, end, end)
    if end is None:
        return Lever(dial, tuple(at for at in (dial.low, dial.high) if at != dial.value), cost)
    if dial.high == dial.value:
        unit = "" if dial.unit == "1" else f" {dial.unit}"
        raise StudyError(f"{path} is {dial.value:g}{unit} already: that is no way to go.")
    refused = numbers.set({path: dial.setting(dial.high)})
    if isinstance(refused, str):
        raise StudyError(f"{path} cannot be {brief(end)}: {refused}.")
    return Lever(dial, (dial.high,), cost)

"""A lever under the hand: over what it is moved, from where to where, and what it is set to on the way.

A number moves over its values, and so does one point of a series. A series has no one value: it moves over the factor
of all its points (``times``), or over what is added to all of them (``MW added``). Every place of the way is a setting,
read by the function that reads ``--set``, ``with_`` and sweeps, so that a lever means the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fabopt.analysis.sensitivity.numbers import TRIED, Numbers
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.errors import StudyError
from fabopt.io.levers import Scale, Shift, currency_rates, read_setting
from fabopt.io.problems import brief

By = Literal["value", "factor", "addition"]

Setting = float | str
"""A value in the unit of the lever or with its own, a factor (``*1.1``), or what is added (``+5 MW``)."""

Limits = tuple[Setting | None, Setting | None]
"""From where to where; None: its range."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A lever with one number by which it is moved.

    Attributes
    ----------
    path
        The lever, with ``@`` and a date for one point of a series.
    by
        ``value``: the number is that of the lever; ``factor``: a factor of all points of a series; ``addition``: what
        is added to all points of a series.
    unit
        Unit of the number: that of the lever, ``times``, or that of the lever with ``added``.
    value
        The number in the instance: the value of the lever, 1 for a factor, 0 for an addition.
    low, high
        From where to where it is moved.
    """

    path: str
    by: By
    unit: str
    value: float
    low: float
    high: float

    @property
    def label(self) -> str:
        """The lever and the unit in which it is moved: ``sites.coast.power, times``."""
        return self.path if self.unit == "1" else f"{self.path}, {self.unit}"

    def setting(self, at: float) -> Setting:
        """Return what the lever is set to where the number is ``at``."""
        at = float(at)
        return at if self.by == "value" else f"*{at!r}" if self.by == "factor" else f"+{at!r}"

    def place(self, numbers: Numbers, setting: object) -> float | None:
        """Return the number at a setting; None where that lies beside the way, or the lever cannot be it.

        Raises
        ------
        fabopt.io.levers.LeverError
            If the lever cannot take such a setting: one number would flatten a series.
        """
        there = numbers.read(self.path, setting)
        if isinstance(there, str):
            return None
        if self.by == "value":
            return there.value if there.shape == "constant" else None
        read = read_setting(setting)
        if self.by == "factor":
            return read.factor if isinstance(read, Scale) else None
        unit = numbers.quantity(self.path).unit
        return In(unit).read(read.by, currency_rates(numbers.tree.raw)).value if isinstance(read, Shift) else None


def dial_of(numbers: Numbers, path: str, low: Setting | None = None, high: Setting | None = None) -> Dial:
    """Return a lever under the hand.

    Parameters
    ----------
    numbers
        The numbers of the instance.
    path
        The lever.
    low, high
        From where to where, of a series as factors (``*0.8``) or as what is added (``+-5 MW``); when left out as far as
        its range goes, of a series that of every point that has one, and the rules of the instance allow it.

    Raises
    ------
    StudyError
        If the rules refuse an end, or the ends of a series are not alike.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest; it has no range and an end is left out; or an end is none.
    """
    quantity = numbers.quantity(path)
    given = [end for end in (low, high) if end is not None]
    for end in given:
        numbers.read(path, end)  # one number on a series is refused with the ways to say it
    by = _by(path, quantity, [read_setting(end) for end in given])
    here = {"value": quantity.value, "factor": 1.0, "addition": 0.0}[by]
    added = "added" if quantity.unit == "1" else f"{quantity.unit} added"
    unit = {"value": quantity.unit, "factor": "times", "addition": added}[by]
    dial = Dial(path, by, unit, here, here, here)
    reach = _range(dial, numbers) if low is None or high is None else (here, here)
    first, last = (_end(dial, numbers, end, most) for end, most in zip((low, high), reach, strict=True))
    return replace(dial, low=first, high=last)


def dials_of(numbers: Numbers, levers: Mapping[str, Limits]) -> tuple[Dial, ...]:
    """Return levers that are moved together, each with room to move; errors as for :func:`dial_of`.

    Raises
    ------
    StudyError
        If two are shares of one whole, or a low does not lie below its high.
    """
    dials = tuple(dial_of(numbers, path, low, high) for path, (low, high) in levers.items())
    numbers.apart(list(levers))
    for dial in dials:
        if not dial.low < dial.high:
            ends = f"{dial.low:g} and {dial.high:g}"
            raise StudyError(f"The low of {dial.path} must lie below its high: {ends} do not.")
    return dials


def _by(path: str, quantity: Quantity, ends: Sequence[object]) -> By:
    """Return over what a lever is moved."""
    if quantity.shape == "constant":
        return "value"
    if all(isinstance(end, Scale) for end in ends):
        return "factor"
    if all(isinstance(end, Shift) for end in ends):
        return "addition"
    raise StudyError(
        f"{path} is a series: say from where to where it moves in factors ('*0.8', '*1.2'), or in what is added to it "
        "('+-5', '+5', with its unit)."
    )


def _end(dial: Dial, numbers: Numbers, given: Setting | None, reach: float) -> float:
    """Return the number at an end that is given, or as far towards the end of its range as the rules allow."""
    if given is None:
        ways = (dial.value + share * (reach - dial.value) for share in TRIED)
        allowed = (at for at in ways if not isinstance(numbers.set({dial.path: dial.setting(at)}), str))
        return next(allowed, dial.value)
    place = dial.place(numbers, given)
    if place is None:
        there = numbers.read(dial.path, given)
        why = there if isinstance(there, str) else "it is moved from one number to another"
        raise StudyError(f"{dial.path} cannot be {brief(given)}: {why}.")
    return place


def _range(dial: Dial, numbers: Numbers) -> tuple[float, float]:
    """Return how far a lever may go with every point within its range; points without one go along."""
    quantity = numbers[dial.path].quantity
    ranges = [(p.value, *quantity.range_of(p)[:2]) for p in quantity.points]
    wide = [(value, low, high) for value, low, high in ranges if low < high]
    if dial.by == "value":
        return wide[0][1:]
    if dial.by == "factor":
        ways = [sorted((low / value, high / value)) for value, low, high in wide if value]
    else:
        ways = [[low - value, high - value] for value, low, high in wide]
    return max((low for low, _ in ways), default=dial.value), min((high for _, high in ways), default=dial.value)

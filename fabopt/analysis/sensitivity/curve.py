"""The objective against one number: what a curve is, and the instance along it with integers held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.frames import frame_of
from fabopt.analysis.sensitivity.dial import Dial
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.io.problems import brief
from fabopt.solve.whatif import Answer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a curve with integers held.

    Attributes
    ----------
    start, end
        Values of the number.
    first, last
        Objective at both.
    slope
        Change of the objective per unit of the number.
    choke
        Limit of which 10 % more earns most in the middle; empty where none earns anything.
    made
        What the plan in the middle delivers of each demand, over all periods.
    """

    start: float
    end: float
    first: float
    last: float
    slope: float
    choke: str
    made: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Certified:
    """The objective at a value of the number, integers free: of the best plan found, and what none exceeds."""

    at: float
    objective: float
    bound: float


@dataclass(frozen=True, slots=True)
class ValueFunction:
    """The objective against one number.

    Attributes
    ----------
    lever
        The lever, the number by which it is moved with its unit, and from where to where.
    objective_name, money
        What the objective is, and its unit.
    exact
        Whether the stretches end at the breakpoints of the curve; otherwise they are equal steps.
    stretches
        Parts of the curve with integers held, from the least value of the number to the largest.
    points
        Integers free; empty where that was not asked.
    flat
        Stretches on which the mixed-integer value is proven not to change.
    first_gain, saturates
        Value of the number, from its tight end, at which the mixed-integer value first gains, and from which it gains
        no more, each as (least, most); None where that was not asked or there is none.
    programs
        Number of programs that were solved with integers held.
    source
        Ids of the sources of the number; empty for an assumption.
    notes
        What a reader must know.
    """

    lever: Dial
    objective_name: str
    money: str
    exact: bool
    stretches: tuple[Stretch, ...]
    points: tuple[Certified, ...] = ()
    flat: tuple[tuple[float, float], ...] = ()
    first_gain: tuple[float, float] | None = None
    saturates: tuple[float, float] | None = None
    programs: int = 0
    source: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def breakpoints(self) -> tuple[tuple[float, float], ...]:
        """Value of the number and objective at the ends of all stretches."""
        last = self.stretches[-1]
        return (*((s.start, s.first) for s in self.stretches), (last.end, last.last))

    def at(self, value: float) -> float:
        """Return the objective at a value of the number, integers held, straight within a stretch."""
        x, y = zip(*self.breakpoints, strict=True)
        return float(np.interp(value, x, y))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stretch, with the lever and the unit of the number by which it is moved."""
        names = ("start", "end", "first", "last", "slope", "choke")
        lever = {"lever": self.lever.path, "unit": self.lever.unit}
        return frame_of([{**lever, **{n: getattr(s, n) for n in names}} for s in self.stretches])

    @property
    def plan(self) -> pd.DataFrame:
        """One row a stretch and demand: what the plan in its middle delivers over all periods."""
        return frame_of(
            [
                {"start": s.start, "end": s.end, "demand": demand, "delivered": amount}
                for s in self.stretches
                for demand, amount in s.made
            ]
        )


class Curve:
    """An instance along one number: each value lowered and solved once, integers held."""

    def __init__(self, ends: Ends, dial: Dial) -> None:
        self.ends, self.dial = ends, dial
        self._known: dict[float, tuple[Instance, Answer]] = {}

    def data(self, at: float) -> Instance:
        """Return the instance with the number at a value.

        Raises
        ------
        StudyError
            If the rules of the instance refuse it.
        """
        setting = self.dial.setting(at)
        data = self.ends.numbers.set({self.dial.path: setting})
        if isinstance(data, str):
            raise StudyError(f"{self.dial.path} cannot be {brief(setting)}: {data}.")
        return data

    def said(self, at: float) -> str:
        """Return a value of the number in words: ``sites.coast.power is 1.1 times``."""
        unit = "" if self.dial.unit == "1" else f" {self.dial.unit}"
        return f"{self.dial.path} is {at:g}{unit}"

    def __call__(self, at: float) -> Answer:
        """Return the answer where the number is ``at``; nothing is solved twice."""
        if at not in self._known:
            data = self.data(at)
            self._known[at] = data, self.ends.held(data)
        return self._known[at][1]

    def choke(self, at: float) -> str:
        """Return the choke point at a value; it is asked of the session, which must stand there, so it is put back."""
        data = self._known[at][0]
        return self.ends.first(self.ends.held(data), data)

    @property
    def count(self) -> int:
        """Number of programs that were solved."""
        return len(self._known)

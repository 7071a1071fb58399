"""Several numbers of a solved instance moved at once: what becomes of objective, choke point and deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fabopt.analysis.choke.frames import frame_of
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.value_function import interval_of, made
from fabopt.analysis.sensitivity.verb import Source
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.solve.outcome import SolverError
from fabopt.solve.whatif import Answer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Moving:
    """A number that is moved.

    Attributes
    ----------
    path, unit, value
        The lever, its unit, and its value in the instance; of a series its first point, the others in proportion.
    low, high
        Its range, as far as the rules of the instance allow it.
    """

    path: str
    unit: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The plan at some values of the numbers, with the whole numbers of the plan held.

    Attributes
    ----------
    values
        The levers and their values.
    objective, change
        The objective in its unit, and by how much it differs from that of the plan; None without a plan.
    choke
        Limit of which 10 % more earns most; empty where none earns anything, None where it was not looked for.
    delivered
        Of each demand, by name and in its unit: what the plan delivers over all periods, and what is delivered here.
    note
        Why there is no plan, empty where there is one.
    """

    values: tuple[tuple[str, float], ...]
    objective: float | None
    change: float | None
    choke: str | None
    delivered: tuple[tuple[str, float, float], ...]
    note: str

    @property
    def frame(self) -> pd.DataFrame:
        """One row a demand."""
        names = ("demand", "plan", "here")
        return frame_of([dict(zip(names, row, strict=True)) for row in self.delivered])


class Exploration:
    """A solved instance with some of its numbers under the hand.

    Parameters
    ----------
    source
        The result.
    levers
        Paths of the numbers.

    Attributes
    ----------
    movings
        The numbers with their ranges.
    name, objective_name, unit
        What is explored, what the objective is, and its unit.

    Raises
    ------
    StudyError
        If no lever is named, or one twice.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest, or it has no range.
    """

    def __init__(self, source: Source, levers: Sequence[str]) -> None:
        if not levers or len(set(levers)) < len(levers):
            raise StudyError("Name the levers to explore, each once: explore(['sites.coast.power']).")
        self.name, self.unit, self.objective_name = source.name, source.unit, source.plan.options.objective
        self._numbers = source.numbers
        self.movings = tuple(self._moving(path) for path in levers)
        self._ends = Ends(source.numbers, source.plan)
        self._plan, self._last = made(self._ends.base), self._ends.base

    def _moving(self, path: str) -> Moving:
        low, high = interval_of(self._numbers, path, None, None)
        quantity = self._numbers.quantity(path)
        return Moving(path, quantity.unit, quantity.value, low, high)

    def at(self, values: Mapping[str, float]) -> Moment:
        """Return the plan with some of the numbers at other values, each in the unit of its lever.

        Raises
        ------
        StudyError
            If a value is given for a number that is not explored.
        """
        with self._ends.whatif.turn:
            *_, last = self.steps(values)
        return last

    def steps(self, values: Mapping[str, float]) -> Iterator[Moment]:
        """Yield what :meth:`at` returns: first without its choke point, which on a large instance takes longest."""
        known = {moving.path: moving.value for moving in self.movings}
        other = next((path for path in values if path not in known), None)
        if other is not None:
            raise StudyError(f"{other} is not explored; these are: {', '.join(known)}.")
        here = tuple((path, float(values.get(path, value))) for path, value in known.items())
        moved = {path: value for path, value in here if value != known[path]}
        if not moved:
            yield self._moment(here, self._ends.objective, self._ends.choke, self._plan)
            return
        data = self._numbers.set_both(moved)
        if isinstance(data, str):
            yield Moment(here, None, None, "", (), data)
            return
        try:
            answer = self._asked(data)
        except SolverError as error:
            yield Moment(here, None, None, "", (), f"the solver gave up: {error}".rstrip("."))
            return
        if answer.objective is None:
            yield Moment(here, None, None, "", (), "no plan has the whole numbers of this one")
            return
        found = self._moment(here, answer.objective, None, made(answer))
        yield found
        with self._ends.whatif.turn:
            answer = answer if self._last is answer else self._asked(data)  # somebody may have asked in between
            choke = self._ends.first(answer, data)
        yield replace(found, choke=choke)

    def _asked(self, data: Instance) -> Answer:
        with self._ends.whatif.turn:
            self._last = self._ends.held(data)
            return self._last

    def _moment(
        self,
        here: tuple[tuple[str, float], ...],
        objective: float,
        choke: str | None,
        got: tuple[tuple[str, float], ...],
    ) -> Moment:
        now = dict(got)
        names = {demand.id: demand.name for demand in self._ends.plan.net.demands}
        rows = tuple((names[id], amount, now.get(id, 0.0)) for id, amount in self._plan)
        return Moment(here, objective, objective - self._ends.objective, choke, rows, "")

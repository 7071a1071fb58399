"""Several numbers of a solved instance moved at once: what becomes of objective, choke point and deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fabopt.analysis.frames import frame_of
from fabopt.analysis.lever_names import lever_name
from fabopt.analysis.sensitivity.dial import Limits, dials_of
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.value_function import made
from fabopt.domain.instance import Instance
from fabopt.domain.names import party_names
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.solve.outcome import SolverError
from fabopt.solve.whatif import Answer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Moment:
    """The plan at some values of the numbers, with the integers of the plan held.

    Attributes
    ----------
    values
        The levers and what they are set to: the number by which a lever is moved (its value; of a series the factor or
        what is added), or the setting as text where it is none.
    objective, change
        The objective in its unit, and by how much it differs from that of the plan; None without a plan.
    choke
        Limit of which 10 % more earns most; empty where none earns anything, None where it was not looked for.
    delivered
        Of each demand, by name and in its unit: what the plan delivers over all periods, and what is delivered here.
    by_period
        The same of each lab, or of each demand where there are no labs, by period of the reported window: name, period,
        plan, here.
    note
        Why there is no plan, empty where there is one.
    """

    values: tuple[tuple[str, float | str], ...]
    objective: float | None
    change: float | None
    choke: str | None
    delivered: tuple[tuple[str, float, float], ...]
    by_period: tuple[tuple[str, str, float, float], ...]
    note: str

    @property
    def frame(self) -> pd.DataFrame:
        """One row a demand."""
        names = ("demand", "plan", "here")
        return frame_of([dict(zip(names, row, strict=True)) for row in self.delivered])

    @property
    def periods(self) -> pd.DataFrame:
        """One row a lab and period."""
        names = ("lab", "period", "plan", "here")
        return frame_of([dict(zip(names, row, strict=True)) for row in self.by_period])


class Exploration:
    """A solved instance with some of its numbers under the hand.

    Parameters
    ----------
    plan
        The solved plan.
    levers
        Paths of the numbers; or by path from where to where each moves, as for
        :func:`~fabopt.analysis.sensitivity.dial.dial_of`.

    Attributes
    ----------
    dials
        The levers, each with the number by which it is moved and its range.
    called
        What the levers are called, by path.
    name, objective_name, unit
        What is explored, what the objective is, and its unit.
    units, shown_in
        Unit of each demand by its name, and of what is told by period; empty where that is not one.

    Raises
    ------
    StudyError
        If no lever is named, one twice, or two that are shares of one whole.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest, or it has no range.
    """

    def __init__(self, plan: Plan, levers: Sequence[str] | Mapping[str, Limits]) -> None:
        if not levers or len(set(levers)) < len(levers):
            raise StudyError("Name the levers to explore, each once: explore(['sites.coast.power']).")
        self._numbers = numbers_of(plan)
        self.name, self.unit, self.objective_name = plan.name, plan.unit, plan.solved.options.objective
        limits: Limits = (None, None)
        self.dials = dials_of(
            self._numbers, levers if isinstance(levers, Mapping) else dict.fromkeys(levers, limits)
        )  # fmt: skip
        self.called = {dial.path: lever_name(plan.data, dial.path) for dial in self.dials}
        self._ends = Ends(self._numbers, plan.solved)
        self._plan, self._last = made(self._ends.base), self._ends.base
        self._labs, self._parties = plan.data.labs, party_names(plan.data)
        self._course = self._by_period(self._ends.base)
        net = self._ends.plan.net
        made_in = {material.id: material.unit for material in net.materials}
        self.units = {demand.name: made_in[demand.material] for demand in net.demands}
        told = {made_in[demand.material] for demand in net.demands if not self._labs or demand.tags.lab in self._labs}
        self.shown_in = told.pop() if len(told) == 1 else ""

    def __repr__(self) -> str:
        return f"Exploration of {self.name}: {', '.join(dial.path for dial in self.dials)}"

    def at(self, values: Mapping[str, object]) -> Moment:
        """Return the plan with some of the levers set, as ``--set`` and ``with_`` set them.

        Raises
        ------
        StudyError
            If a value is given for a number that is not explored.
        fabopt.io.levers.LeverError
            If a lever cannot take what is given: one number would flatten a series.
        """
        with self._ends.whatif.turn:
            *_, last = self.steps(values)
        return last

    def steps(self, values: Mapping[str, object]) -> Iterator[Moment]:
        """Yield what :meth:`at` returns: first without its choke point, which on a large instance takes longest."""
        known = {dial.path: dial for dial in self.dials}
        other = next((path for path in values if path not in known), None)
        if other is not None:
            raise StudyError(f"{other} is not explored; these are: {', '.join(known)}.")
        places = {path: known[path].place(self._numbers, setting) for path, setting in values.items()}
        said = {path: str(values[path]) if place is None else place for path, place in places.items()}
        here = tuple((path, said.get(path, dial.value)) for path, dial in known.items())
        moved = {path: values[path] for path, place in places.items() if place != known[path].value}
        if not moved:
            yield self._moment(here, self._ends.objective, self._ends.choke, self._ends.base)
            return
        data = self._numbers.set(moved)
        if isinstance(data, str):
            yield Moment(here, None, None, "", (), (), data)
            return
        try:
            answer = self._asked(data)
        except SolverError as error:
            yield Moment(here, None, None, "", (), (), f"the solver gave up: {error}".rstrip("."))
            return
        if answer.objective is None:
            yield Moment(here, None, None, "", (), (), "no plan has the integers of this one")
            return
        steps = self._moment(here, answer.objective, None, answer)
        yield steps
        with self._ends.whatif.turn:
            answer = answer if self._last is answer else self._asked(data)  # somebody may have asked in between
            choke = self._ends.first(answer, data)
        yield replace(steps, choke=choke)

    def _asked(self, data: Instance) -> Answer:
        with self._ends.whatif.turn:
            self._last = self._ends.held(data)
            return self._last

    def _moment(
        self,
        here: tuple[tuple[str, float | str], ...],
        objective: float,
        choke: str | None,
        answer: Answer,
    ) -> Moment:
        now, course = dict(made(answer)), self._by_period(answer)
        names = {demand.id: demand.name for demand in self._ends.plan.net.demands}
        rows = tuple((names[id], amount, now.get(id, 0.0)) for id, amount in self._plan)
        by_period = tuple((*key, amount, course.get(key, 0.0)) for key, amount in self._course.items())
        return Moment(here, objective, objective - self._ends.objective, choke, rows, by_period, "")

    def _by_period(self, answer: Answer) -> dict[tuple[str, str], float]:
        """Return what is delivered to each lab, or of each demand where there are no labs, in each reported period."""
        tables = answer.case.tables
        assert tables is not None
        assert answer.x is not None
        net, labs, called = tables.net, self._labs, self._parties
        delivered = tables.columns["deliver"].values(answer.x).sum(axis=1)
        found: dict[tuple[str, str], float] = {}
        for demand, course in zip(net.demands, delivered, strict=True):
            lab = demand.tags.lab
            if labs and lab not in labs:
                continue
            name = called[lab] if labs else demand.name
            for period, amount in zip(net.periods, course, strict=True):
                if period.reported:
                    found[name, period.label] = found.get((name, period.label), 0.0) + float(amount)
        return found

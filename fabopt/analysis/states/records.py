"""What was solved under several states, how, and how good the plan is: the record of such a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from fabopt.domain.goals import ObjectiveName
from fabopt.domain.risk import Risk, risk_of
from fabopt.io.seal import record_as
from fabopt.solve.options import Size, SolveOptions
from fabopt.solve.outcome import StageReport
from fabopt.solve.results.run_info import Earning, Versions, finite
from fabopt.solve.solution import Status

MINIMISED = ("least_cost", "time_to_compute", "agreement")
"""Objectives of which less is better."""


@dataclass(frozen=True, slots=True)
class StateInfo:
    """A state of a result.

    Attributes
    ----------
    name, description, probability
        As of a :class:`~fabopt.analysis.states.tree.Leaf`.
    known
        What is known on the way to it: name, and position of the period from which it is known.
    alone
        Position of the first period in which nobody takes it for another state: what is decided before is held.
    objective
        What the plan is worth in it, in the unit of the objective.
    best
        What the best plan for it alone is worth, where that was asked for (regret); else None.
    """

    name: str
    description: str
    probability: float
    known: tuple[tuple[str, int], ...]
    alone: int
    objective: float
    best: float | None = None


@dataclass(frozen=True, slots=True)
class NowLimit:
    """A limit of a time in which nothing is known yet, and what one unit more of it would add to the objective."""

    family: str
    entity: str
    name: str
    owner: str
    stage: str
    period: str
    unit: str
    price: float


@dataclass(frozen=True, slots=True)
class StatesInputs:
    """What the states were made of, nothing pinned: the instance as planned, and that of each state, as JSON."""

    planned: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatesInfo:
    """What was solved under several states, how, and how good the plan is.

    Attributes
    ----------
    risk
        How it is judged, as it is written: ``cvar 0.9``.
    objective, bound, gap, gap_denominator
        The figure by which it is judged, and what is proved of it.
    expected
        Mean of the objective over the states.
    periods
        Labels of all periods.
    states
        The states, in the order of the instance.
    limits
        Limits of the time in which nothing is known that have a price; None where all states together have no prices:
        they were solved branch by branch, or one by one.
    earning
        Steps that are forbidden in all states, since they lose money for their owners in the one in which least
        changes; None where nobody asked for that.
    instance, scenario, sets, input_hash, money_unit, options, status, seconds, stages, size, versions
        As of a :class:`~fabopt.solve.results.run_info.RunInfo`.
    """

    instance: str
    scenario: str | None
    sets: tuple[str, ...]
    input_hash: str
    money_unit: str
    options: SolveOptions
    risk: str
    status: Status
    has_plan: bool
    objective_name: ObjectiveName
    objective_unit: str
    objective: float | None
    bound: float | None
    gap: float | None
    gap_denominator: float | None
    expected: float | None
    seconds: float
    stages: tuple[StageReport, ...]
    size: Size
    periods: tuple[str, ...]
    versions: Versions
    states: tuple[StateInfo, ...] = ()
    limits: tuple[NowLimit, ...] | None = ()
    earning: Earning | None = None

    @property
    def judged(self) -> Risk:
        """How it is judged."""
        return risk_of(self.risk)

    @property
    def sign(self) -> float:
        """1 where more of the objective is better, -1 where less is."""
        return -1.0 if self.objective_name in MINIMISED else 1.0

    @property
    def first(self) -> int:
        """Position of the first period in which anything is known: what is decided before it is decided now."""
        seen = [
            tuple(name for name, first in s.known if first <= t) for t in range(len(self.periods)) for s in self.states
        ]
        n = len(self.states)
        return next((t for t in range(len(self.periods)) if len(set(seen[t * n : t * n + n])) > 1), len(self.periods))

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON; no end of the time is None."""
        kept: dict[str, Any] = TypeAdapter(StatesInfo).dump_python(self, mode="json")
        kept["options"]["time_limit"] = finite(self.options.time_limit)
        return kept


def states_info_of(kept: Mapping[str, Any]) -> StatesInfo:
    """Return a record as :meth:`StatesInfo.as_dict` has written it.

    Raises
    ------
    fabopt.io.seal.SavedError
        When it is none, with the field and what is wrong with it.
    """
    options = kept.get("options")
    if isinstance(options, dict) and options.get("time_limit") is None:
        kept = {**kept, "options": {**options, "time_limit": math.inf}}
    return record_as(StatesInfo, kept)


def without_infinities(reports: tuple[StageReport, ...]) -> tuple[StageReport, ...]:
    """Return reports as JSON can hold them."""
    return tuple(
        replace(r, objective=finite(r.objective), bound=finite(r.bound), gap=finite(r.gap), final=finite(r.final))
        for r in reports
    )


def phases(info: StatesInfo) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Return what is known, the states that are still possible, and the labels of the periods, of each phase in order.

    Empty phases are left out, but for the first one: what is decided before anything is known.
    """
    found: dict[tuple[str, ...], dict[tuple[str, ...], list[str]]] = {}
    for t, label in enumerate(info.periods):
        groups: dict[tuple[str, ...], list[str]] = {}
        for state in info.states:
            groups.setdefault(tuple(name for name, first in state.known if first <= t), []).append(state.name)
        for known, names in groups.items():
            found.setdefault(tuple(names), {}).setdefault(known, []).append(label)
    whole = tuple(state.name for state in info.states)
    if whole not in found:
        found = {whole: {(): []}, **found}
    return [
        (next(iter(by_known)), names, tuple(label for labels in by_known.values() for label in labels))
        for names, by_known in found.items()
    ]

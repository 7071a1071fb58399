"""What was solved and how: the record of a run, as it stands in a result's `manifest.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter

from fabopt.domain.goals import ObjectiveName
from fabopt.io.seal import SavedError, record_as
from fabopt.solve.options import Size, SolveOptions
from fabopt.solve.outcome import Dropped, StageReport
from fabopt.solve.results.ranked import Ranked
from fabopt.solve.solution import Status


@dataclass(frozen=True, slots=True)
class HookRecord:
    """A hook of a user: its name, and the SHA-256 of its source and of the plain values that it holds."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Earning:
    """How often a plan was solved again since steps lost money, and the steps forbidden: id of the unit, and period."""

    passes: int
    forbidden: tuple[tuple[str, str], ...]

    @property
    def pins(self) -> dict[str, dict[str, float]]:
        """What is forbidden as orders that are pinned at nothing, by unit and period."""
        pins: dict[str, dict[str, float]] = {}
        for unit, period in self.forbidden:
            pins.setdefault(unit, {})[period] = 0.0
        return pins


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of what a run was made with."""

    fabopt: str
    pyomo: str
    highspy: str
    numpy: str
    pandas: str
    pyarrow: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was solved, how, and how good the plan is.

    Attributes
    ----------
    instance, scenario, sets
        Name of the instance, scenario or None, and scenario and lever settings that were applied, in order.
    input_hash
        SHA-256 of the instance's contents after overlays.
    money_unit
        "M USD"; empty for a plain network alone, whose money is its own.
    hooks
        Hooks that have changed the model.
    options
        Options of the run, the gap that was asked for among them.
    status, has_plan
        How the run ended, and whether it has a plan.
    objective_name, objective_unit
        The objective that was asked for; a date counts periods from the first (0).
    objective, bound, gap, gap_denominator
        As in :class:`~fabopt.solve.solution.Solution`; None where there is none, or where it is not finite.
    reached
        Label of the period that reaches the target (time-to-compute).
    start
        How much of a start plan fitted, a sentence; empty without one.
    value, constant_value
        Discounted value less cost of the plan, and the part of it that is there whatever is decided, in `money_unit`.
    premiums
        What premiums come to in the objective, beside all money: they steer and no value counts them.
    given
        What the plan that others were held to came to for each party; None for a plan of the whole system.
    seconds
        Time of the whole run.
    stages
        How each stage of the objective ended.
    size
        Of the program.
    periods
        Labels of the first and the last period.
    versions
        Of fabopt and of what it solves with.
    dropped
        Orders that the search had found and nothing used: they were taken off, and the plan is worth no less.
    earning
        Steps that are forbidden because they lost money for their owners; None where nobody asked for that. They are
        pins of the instance that was solved, so that every question asked of the plan holds them.
    ranking
        What holds the plan back, by what 10 % more adds; empty where that is not told, None where it was not asked.
    """

    instance: str
    scenario: str | None
    sets: tuple[str, ...]
    input_hash: str
    money_unit: str
    options: SolveOptions
    status: Status
    has_plan: bool
    objective_name: ObjectiveName
    objective_unit: str
    objective: float | None
    bound: float | None
    gap: float | None
    gap_denominator: float | None
    reached: str | None
    value: float | None
    constant_value: float
    given: Mapping[str, float] | None
    seconds: float
    stages: tuple[StageReport, ...]
    size: Size
    periods: tuple[str, ...]
    versions: Versions
    hooks: tuple[HookRecord, ...] = ()
    start: str = ""
    premiums: float = 0.0
    dropped: tuple[Dropped, ...] = ()
    earning: Earning | None = None
    ranking: tuple[Ranked, ...] | None = None

    @property
    def large(self) -> bool:
        """Whether the program is large, by its size alone: studies of it hold its integers."""
        return self.size.large

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON; no end of the time is None."""
        kept: dict[str, Any] = TypeAdapter(RunInfo).dump_python(self, mode="json")
        kept["options"]["time_limit"] = finite(self.options.time_limit)
        return kept


def run_info_of(kept: Mapping[str, Any]) -> RunInfo:
    """Return a run as :meth:`RunInfo.as_dict` has written it; more may stand there.

    Raises
    ------
    fabopt.io.seal.SavedError
        When it is none of a plan, with the field and what is wrong with it.
    """
    options = kept.get("options")
    if isinstance(options, dict):
        needed = (field.name for field in fields(SolveOptions) if not field.metadata.get("later"))
        missing = next((name for name in needed if name not in options), None)
        if missing is not None:
            raise SavedError(f"options.{missing}: Field required")
        limit = options["time_limit"]
        kept = {**kept, "options": {**options, "time_limit": math.inf if limit is None else limit}}
    run = record_as(RunInfo, kept)
    if not run.has_plan or run.objective is None or run.value is None or run.status not in WITH_PLAN:
        raise SavedError(f"status: '{run.status}', and a result that is saved has a plan")
    return run


WITH_PLAN = (Status.OPTIMAL, Status.WITHIN_GAP, Status.WIDER_GAP, Status.TIME_LIMIT, Status.INTERRUPTED)
"""How a run that has a plan may have ended."""


def finite(value: float | None) -> float | None:
    """Return a number as JSON can hold it; None for one that is not finite."""
    return value if value is not None and math.isfinite(value) else None

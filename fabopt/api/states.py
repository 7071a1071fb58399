"""A result under several states: what is decided now, and an ordinary result for each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.hedge.records import Hedge
    from fabopt.analysis.states.records import StatesInfo, StatesInputs
    from fabopt.api.instance import Result
    from fabopt.domain.names import Names
    from fabopt.report.report import Report
    from fabopt.solve.budget import TimeBudget
    from fabopt.solve.solution import Conflict


@dataclass(frozen=True, eq=False)
class Stage:
    """A time in which some states cannot be told apart, and what is decided in it for all of them.

    Attributes
    ----------
    known
        What is known by then; nothing in the first one.
    states
        The states that are still possible.
    periods
        Labels of its periods.
    """

    known: tuple[str, ...]
    states: tuple[str, ...]
    periods: tuple[str, ...]
    result: Result = field(repr=False)

    def table(self, name: str) -> pd.DataFrame:
        """Return the rows of a table of results that are of these periods: ``"orders"``, ``"core/activities"``.

        Raises
        ------
        fabopt.errors.StudyError
            When its rows have no period.
        """
        from fabopt.errors import StudyError

        table = self.result.table(name)
        if "period" not in table.columns:
            raise StudyError(f"Rows of the table {name!r} have no period; take it from a state: result.states[NAME].")
        return table[table["period"].isin(self.periods)].reset_index(drop=True)


class StatesResult:
    """What a solve under several states gave.

    >>> result = fabopt.load("instances/tutorial").solve(states="all", risk="cvar 0.9")
    >>> result.now.table("orders")  # what is signed before anything is known
    >>> result.states["hbm-slips"].chart()  # an ordinary result, what was decided before held

    Attributes
    ----------
    run
        What was solved, how, and how good the plan is.
    inputs
        The instance as planned and in each state, as JSON.
    states
        An ordinary result for each state, by name; empty without a plan. Its instance is that of the state, with all
        that was decided before the state could be told apart as pins, so that every study can be made of it.
    log, conflicts
        What the solver said, and why there is no plan.
    folder
        Where it was saved last, or loaded from.
    """

    folder: Path | None = None

    def __init__(
        self,
        info: StatesInfo,
        inputs: StatesInputs,
        results: Sequence[Result],
        log: str,
        conflicts: Sequence[Conflict] = (),
    ) -> None:
        self.run, self.inputs, self.log, self.conflicts = info, inputs, log, tuple(conflicts)
        names = [state.name for state in info.states]
        self.states: Mapping[str, Result] = MappingProxyType(dict(zip(names, results, strict=True)))

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return self.run.has_plan

    @property
    def status(self) -> str:
        """How it ended: optimal, within_gap, wider_gap, time_limit, interrupted, infeasible, unbounded or no_plan."""
        return self.run.status.value

    @property
    def objective(self) -> float | None:
        """The figure by which the plan is judged: its mean, or what `risk` asks for."""
        return self.run.objective

    @property
    def expected(self) -> float | None:
        """Mean of the objective over the states."""
        return self.run.expected

    @property
    def bound(self) -> float | None:
        """What no plan can exceed (or, for least cost, fall below)."""
        return self.run.bound

    @property
    def gap(self) -> float | None:
        """Share by which the plan may be short of the best one."""
        return self.run.gap

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Probability of each state."""
        return {state.name: state.probability for state in self.run.states}

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The plan now, then the plan of each time and group of states that can be told apart by then."""
        from fabopt.analysis.states.records import phases

        return tuple(Stage(known, names, periods, self.states[names[0]]) for known, names, periods in phases(self.run))

    @property
    def now(self) -> Stage:
        """What is decided before anything is known."""
        return self.stages[0]

    @cached_property
    def answer(self) -> Report[StatesInfo]:
        """The plan in words; ``print(result.answer)``.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        from fabopt.report.states import states_report
        from fabopt.solve.results.folder import ResultError

        if not self.has_plan:
            raise ResultError(f"There is no plan: the run ended with '{self.status}'.")
        from fabopt.report.named import named

        report = states_report(self.run, {name: result.plan for name, result in self.states.items()})
        return named(report, self._names)

    @cached_property
    def _names(self) -> Names:
        """What things and parties are called, by id."""
        from fabopt.domain.names import display_names

        return display_names(next(iter(self.states.values())).plan.data)

    def hedge(self, solves: int = 60, *, budget: TimeBudget | None = None) -> Report[Hedge]:
        """Return what to sign now, what to wait for, what knowing is worth, and which order is the cheapest hedge.

        Parameters
        ----------
        solves
            Programs that may be solved, those of a state alone and those of all together counted alike; what was not
            solved is said. First those of perfect information and of the stochastic solution, then waiting, the regret
            of each state's own plan, hedges, and what may wait.
        budget
            Tells of each program, and ends the study with Ctrl-C.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no plan, or it gives up some of an objective for a later one.
        """
        from fabopt.analysis.hedge.study import given, hedge
        from fabopt.report.hedge import hedge_report
        from fabopt.report.named import named
        from fabopt.report.perspective import in_whose_money

        found = given(self.run, self.inputs, [result.plan for result in self.states.values()])
        report = in_whose_money(hedge_report(hedge(found, solves, budget)), self.run.options.perspective)
        return named(report, self._names)

    def save(self, path: str | Path | None = None) -> Path:
        """Write the result folder: `states.json`, and the folder of an ordinary result for each state.

        Parameters
        ----------
        path
            The folder; ``results/<instance>[-<scenario>]-states`` when left out.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or something else than such a result stands there.
        """
        from fabopt.analysis.states.folder import write_states

        folder = Path(path) if path is not None else self.default_folder
        parts = {name: result.files(ranked=not result.run.large) for name, result in self.states.items()}
        write_states(folder, self.run, self.inputs, parts, self.log)
        self.folder = folder
        return folder

    def keep(self, path: str | Path) -> Path | None:
        """Save the result as :meth:`save` does, or elsewhere where that fails; both are told."""
        from fabopt.io.files import kept

        return kept(Path(path), self.save)

    @property
    def default_folder(self) -> Path:
        """Where :meth:`save` writes when no folder is named."""
        from fabopt.api.places import states_folder

        return states_folder(self.run.instance, self.run.scenario)

    def __repr__(self) -> str:
        if not self.has_plan:
            why = [f"\n  {conflict.sentence}" for conflict in self.conflicts]
            return f"Result {self.run.instance!r} under states: no plan, {self.status}{''.join(why)}"
        return f"{self.answer.sentence}\ntry .answer .now.table(name) .stages .states[NAME] .save()"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>" if not self.has_plan else self.answer._repr_html_()

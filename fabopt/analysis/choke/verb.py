"""From a plan to its choke-point study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.records import Study
from fabopt.analysis.choke.study import choke_points
from fabopt.errors import StudyError
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.work.executor import Executor


def study_of(
    plan: Plan,
    asked: ChokeOptions,
    period: str = "",
    budget: TimeBudget | None = None,
    executor: Executor | None = None,
    journal: Path | None = None,
) -> Study:
    """Return the choke-point study of a plan; nothing is searched again.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    period
        Label of the period in which alone relief may stand, or ``2027Q1..2027Q4``; empty: all that count.
    budget
        Time for it; without end when left out.
    executor
        Where questions are answered; by threads of this process when left out.
    journal
        File in which answers are kept as they come; what it has is not asked again.

    Raises
    ------
    StudyError
        If there is no such lab or period, or the objective's bound does not allow gains.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.budget.OutOfTimeError
        If there was no time for anything.
    """
    plan.of_system("choke points are those of the system's plan")
    budget = TimeBudget() if budget is None else budget
    asked = _in_periods(asked, plan.net, period) if period else asked
    study = choke_points(plan, asked, budget, executor, journal)
    if budget.over and not any(limit.marginals for limit in study.limits):
        raise budget.out_of_time("what holds the plan back")
    return study


def _in_periods(asked: ChokeOptions, net: Network, text: str) -> ChokeOptions:
    labels = [p.label for p in net.periods]
    first, _, last = text.partition("..")
    for label in (first, last or first):
        if label not in labels:
            raise StudyError(f"{label!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}.")
    start, end = labels.index(first), labels.index(last or first)
    if start > end:
        raise StudyError(f"The periods {text} run backwards.")
    return replace(asked, periods=tuple(range(start, end + 1)))

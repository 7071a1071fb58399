"""From a plan to its choke-point study."""

from __future__ import annotations

from dataclasses import replace

from fabopt.analysis.choke.asked import Asked
from fabopt.analysis.choke.records import Study
from fabopt.analysis.choke.study import Tell, choke_points
from fabopt.errors import StudyError
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan


def study_of(plan: Plan, asked: Asked, period: str = "", tell: Tell | None = None) -> Study:
    """Return the choke-point study of a plan; nothing is searched again.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    period
        Label of the period in which alone relief may stand, or ``2027Q1..2027Q4``; empty: all that count.
    tell
        Told of each step.

    Raises
    ------
    StudyError
        If there is no such lab or period, or the objective's bound does not allow gains.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    plan.of_system("choke points are those of the system's plan")
    return choke_points(plan, _in_periods(asked, plan.net, period) if period else asked, tell)


def _in_periods(asked: Asked, net: Network, text: str) -> Asked:
    labels = [p.label for p in net.periods]
    first, _, last = text.partition("..")
    for label in (first, last or first):
        if label not in labels:
            raise StudyError(f"{label!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}.")
    start, end = labels.index(first), labels.index(last or first)
    if start > end:
        raise StudyError(f"The periods {text} run backwards.")
    return replace(asked, periods=tuple(range(start, end + 1)))

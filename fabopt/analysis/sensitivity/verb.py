"""From a result, fresh or saved, to its tornado and value functions."""

from __future__ import annotations

from dataclasses import dataclass

from fabopt.analysis.clock import Tell
from fabopt.analysis.sensitivity.curve import ValueFunction
from fabopt.analysis.sensitivity.dial import Setting
from fabopt.analysis.sensitivity.ends import Count, Ends
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.analysis.sensitivity.phases import Phases, phases
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.analysis.sensitivity.tornado import Asked, tornado
from fabopt.analysis.sensitivity.value_function import value_function
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram


@dataclass(frozen=True, slots=True)
class Source:
    """A result brought back to life: its name, its plan in words, its unit, its numbers and its plan."""

    name: str
    held: str
    unit: str
    numbers: Numbers
    plan: SolvedProgram


def source_of(plan: Plan, asked: str = "numbers are moved in the system's plan") -> Source:
    """Return a plan with the numbers of its instance; nothing is searched again.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked of the system's plan, as its refusal says it.

    Raises
    ------
    fabopt.errors.StudyError
        If the result is seen from one party's perspective.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    plan.of_system(asked)
    return Source(plan.name, plan.held, plan.unit, Numbers(plan.tree, plan.data), plan.solved)


def tornado_of(source: Source, asked: Asked, tell: Tell | None = None, count: Count | None = None) -> Tornado:
    """Return the tornado of a result."""
    return tornado(source.name, source.held, source.unit, source.numbers, source.plan, asked, tell, count)


def value_of(source: Source, lever: str, low: Setting | None, high: Setting | None, whole: bool) -> ValueFunction:
    """Return the objective of a result against one lever; errors as for :func:`.value_function.value_function`."""
    source.numbers.quantity(lever)
    ends = Ends(source.numbers, source.plan)
    return value_function(ends, lever, low, high, whole=whole, money=source.unit)


def phases_of(source: Source, x: str, y: str, steps: int) -> Phases:
    """Return which limit is the choke point against two levers; errors as for :func:`.phases.phases`."""
    for lever in (x, y):
        source.numbers.quantity(lever)
    return phases(Ends(source.numbers, source.plan), x, y, steps, money=source.unit)

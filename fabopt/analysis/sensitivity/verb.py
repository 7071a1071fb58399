"""From a plan to its tornado and value functions."""

from __future__ import annotations

from fabopt.analysis.sensitivity.curve import ValueFunction
from fabopt.analysis.sensitivity.dial import Setting
from fabopt.analysis.sensitivity.ends import Away, Count, Ends, ends_journal
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.phases import Phases, phases
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.analysis.sensitivity.tornado import TornadoOptions, tornado
from fabopt.analysis.sensitivity.value_function import value_function
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.work.where import executor_of


def tornado_of(
    plan: Plan, asked: TornadoOptions, budget: TimeBudget | None = None, count: Count | None = None
) -> Tornado:
    """Return the tornado of a plan; parameters as for :func:`.tornado.tornado`."""
    away = None
    if asked.scheduler is not None:
        if plan.hooks:
            raise StudyError("A plan with hooks is studied in this process: functions do not go to a cluster.")
        away = Away(executor_of(scheduler=asked.scheduler), plan.light())
    journal = None if asked.journal is None else ends_journal(asked.journal, plan, asked.basis)
    return tornado(plan.name, plan.held, plan.unit, numbers_of(plan), plan.solved, asked, budget, count, away, journal)


def value_of(
    plan: Plan, lever: str, low: Setting | None, high: Setting | None, whole: bool, budget: TimeBudget | None = None
) -> ValueFunction:
    """Return the objective of a plan against one lever; errors as for :func:`.value_function.value_function`."""
    return value_function(_ends(plan, budget, lever), lever, low, high, whole=whole, money=plan.unit)


def phases_of(plan: Plan, x: str, y: str, steps: int, budget: TimeBudget | None = None) -> Phases:
    """Return which limit is the choke point against two levers; errors as for :func:`.phases.phases`."""
    return phases(_ends(plan, budget, x, y), x, y, steps, money=plan.unit)


def _ends(plan: Plan, budget: TimeBudget | None, *levers: str) -> Ends:
    """Return what moves the numbers of a plan; a lever that is not there is refused before anything is solved."""
    numbers = numbers_of(plan)
    for lever in levers:
        numbers.quantity(lever)
    return Ends(numbers, plan.solved, budget=budget)

"""From a result, fresh or saved, to its tornado and value functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.asked import of_system
from fabopt.analysis.clock import Tell
from fabopt.analysis.sensitivity.ends import Count, Ends
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.analysis.sensitivity.phases import Phases, phases
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.analysis.sensitivity.tornado import Asked, tornado
from fabopt.analysis.sensitivity.value_function import ValueFunction, value_function
from fabopt.domain.instance import Instance
from fabopt.io.tree import tree_of_json
from fabopt.io.validate import validate
from fabopt.network.lower import lower
from fabopt.plan.solved import SolvedProgram, restored

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook

    Read = Callable[[str], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Source:
    """A result brought back to life: its name, its plan in words, its unit, its numbers and its plan."""

    name: str
    held: str
    unit: str
    numbers: Numbers
    plan: SolvedProgram


def source_of(
    manifest: Mapping[str, Any],
    read: Read,
    instance: str,
    asked: str = "numbers are moved in the system's plan",
    *,
    hooks: Sequence[Hook] = (),
) -> Source:
    """Return what is asked of a result; nothing is searched again.

    Parameters
    ----------
    manifest
        What is known of the run.
    read
        Returns a table of the result by its name.
    instance
        The instance that was solved, as JSON.
    asked
        What is asked of the system's plan, as its refusal says it.
    hooks
        Those that the plan was solved with.

    Raises
    ------
    fabopt.errors.StudyError
        If the result is seen from one party's perspective.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    of_system(manifest, asked)
    tree = tree_of_json(instance)
    data = validate(tree, Instance)
    plan = restored(manifest, read, lower(data, manifest["instance"]), hooks)
    name = manifest["instance"] + (f", scenario {manifest['scenario']}" if manifest["scenario"] else "")
    held = f"the {manifest['status'].replace('_', ' ')} plan of {name}"
    return Source(name, held, manifest["objective_unit"], Numbers(tree, data), plan)


def tornado_of(source: Source, asked: Asked, tell: Tell | None = None, count: Count | None = None) -> Tornado:
    """Return the tornado of a result."""
    return tornado(source.name, source.held, source.unit, source.numbers, source.plan, asked, tell, count)


def value_of(source: Source, lever: str, low: float | None, high: float | None, whole: bool) -> ValueFunction:
    """Return the objective of a result against one lever; errors as for :func:`.value_function.value_function`."""
    source.numbers.quantity(lever)
    ends = Ends(source.numbers, source.plan)
    return value_function(ends, lever, low, high, whole=whole, money=source.unit)


def phases_of(source: Source, x: str, y: str, steps: int) -> Phases:
    """Return which limit is the choke point against two levers; errors as for :func:`.phases.phases`."""
    for lever in (x, y):
        source.numbers.quantity(lever)
    return phases(Ends(source.numbers, source.plan), x, y, steps, money=source.unit)

"""From a result, fresh or saved, to its choke-point study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.asked import Asked, Source, of_system
from fabopt.analysis.choke.records import Study
from fabopt.analysis.choke.study import Tell, choke_points
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.io.tree import tree_of_json
from fabopt.io.validate import validate
from fabopt.network.lower import lower
from fabopt.network.tables import Network
from fabopt.plan.solved import restored

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook

    Read = Callable[[str], pd.DataFrame]


def of_result(
    manifest: Mapping[str, Any],
    read: Read,
    instance: str,
    asked: Asked,
    period: str = "",
    tell: Tell | None = None,
    *,
    hooks: Sequence[Hook] = (),
) -> Study:
    """Return the choke-point study of a result; its plan is brought back to life, and nothing is searched again.

    Parameters
    ----------
    manifest
        What is known of the run.
    read
        Returns a table of the result by its name.
    instance
        The instance that was solved, as JSON.
    asked
        What is asked.
    period
        Label of the period in which alone relief may stand, or ``2027Q1..2027Q4``; empty: all that count.
    tell
        Told of each step.
    hooks
        Those that the plan was solved with.

    Raises
    ------
    StudyError
        If there is no such lab or period, or the objective's bound does not allow gains.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    of_system(manifest, "choke points are those of the system's plan")
    tree = tree_of_json(instance)
    data = validate(tree, Instance)
    net = lower(data, manifest["instance"])
    plan = restored(manifest, read, net, hooks)
    if period:
        asked = _in_periods(asked, net, period)
    name = manifest["instance"] + (f", scenario {manifest['scenario']}" if manifest["scenario"] else "")
    held = f"the {manifest['status'].replace('_', ' ')} plan of {name}"
    source = Source(
        name, tree, data, plan, manifest["status"], manifest["input_hash"], held, manifest["objective_unit"]
    )
    return choke_points(source, asked, tell)


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

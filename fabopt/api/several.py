"""Several plans at once: side by side, and over many cases."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabopt.api.instance import Instance, Result, load_result
from fabopt.api.places import name_of

if TYPE_CHECKING:
    from fabopt.analysis.compare.records import Comparison
    from fabopt.analysis.sweep.records import Sweep
    from fabopt.report.report import Report
    from fabopt.solve.budget import TimeBudget


def compare(
    first: Result | str | Path,
    *others: Result | str | Path,
    names: Sequence[str] | None = None,
    decide: float = 0.0,
    tell: Callable[[str, float], None] | None = None,
    budget: float | TimeBudget = math.inf,
    why: int = 0,
) -> Report[Comparison]:
    """Return plans and their inputs side by side; the others are held against the first.

    Parameters
    ----------
    first, others
        Results, or their folders.
    names
        What the plans are called; from scenario and instance when left out, or from the folders where these are alike.
    decide
        Seconds for solving the plans further, from each other's plans, until their gaps leave no difference open.
    tell
        Called with the name of each step that solves something, and how long it took.
    budget
        Minutes that may be spent, or a budget that has begun; inputs that it does not allow to price say so.
    why
        How many of the inputs that differ are solved again, each alone, to see which orders it moves (table `moves`).

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When a folder is no result.
    fabopt.errors.StudyError
        When there are fewer than two results, one has no plan, or they have nothing in common.
    """
    from fabopt.api.comparing import compared

    given = (first, *others)
    results = [one if isinstance(one, Result) else load_result(one) for one in given]
    folders = [Path(one).resolve().name for one in given if not isinstance(one, Result)]
    return compared(results, folders, names, decide, tell, budget, why)


def sweep(
    instance: Instance | str | Path,
    spec: str | Path | Mapping[str, Any],
    *,
    set: Sequence[str] | Mapping[str, object] = (),
    out: str | Path | None = None,
    resume: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    max_runs: int = 1000,
    tell: Callable[[int, int, str], None] | None = None,
) -> Report[Sweep]:
    """Solve an instance in many cases: a grid, one lever at a time, or samples of the ranges; in several scenarios.

    Parameters
    ----------
    instance
        The instance, or its path.
    spec
        YAML file with method, scenarios, levers, or its contents as a mapping (docs/sweeps.md).
    set
        Lever settings that hold in every case, after its scenario.
    out
        Folder to which every finished case is written at once; everything stays in memory when left out.
    resume
        Whether a sweep that was stopped goes on in that folder.
    workers
        Processes that solve cases at a time; a script that asks for more than one keeps its own calls under
        ``if __name__ == "__main__":``.
    scheduler
        Address of a Dask cluster on which cases are solved in the place of processes (docs/cluster.md).
    max_runs
        More runs than these are refused.
    tell
        Called with the number of cases done, that of all, and how the last one ended.

    Returns
    -------
    fabopt.report.report.Report
        With the frames `frame` (one row a case), `labs`, `chips`, `demands`. Ctrl-C returns what is finished.

    Raises
    ------
    fabopt.io.problems.InstanceError
        With everything that is wrong with instance or specification.
    fabopt.solve.results.folder.ResultError
        When the folder holds something else, or an unfinished sweep that is not to go on.
    fabopt.solve.work.cluster.ClusterError
        When the cluster cannot be reached, is none, or has other versions.
    fabopt.solve.work.executor.LostError
        When workers end on their own, again and again, at the same case.
    """
    from functools import partial

    from fabopt.analysis.lever_names import lever_name
    from fabopt.analysis.sweep import verb
    from fabopt.domain.names import display_names
    from fabopt.io.load import load_tree
    from fabopt.report.sweep import sweep_report
    from fabopt.report.waiting import waiting
    from fabopt.solve.work.where import executor_of

    texts = [f"{lever}={value}" for lever, value in set.items()] if isinstance(set, Mapping) else list(set)
    if isinstance(instance, Instance):
        tree, name = instance._tree, instance.name
    else:
        tree, name = load_tree(instance), name_of(Path(instance))
    asked = verb.planned(tree, name, spec, texts, max_runs)
    folder, executor = None if out is None else Path(out), executor_of(workers, scheduler)
    with waiting() as line:
        told = tell or (None if line is None else line.count)
        swept = verb.sweep(asked, out=folder, resume=resume, executor=executor, tell=told)
    data = Instance(tree, name).data
    return sweep_report(swept, partial(lever_name, data, names=display_names(data)))

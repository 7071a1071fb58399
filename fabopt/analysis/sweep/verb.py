"""A sweep from its specification to its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fabopt.analysis.sweep.case import INTERRUPTED, Work
from fabopt.analysis.sweep.design import MOST_RUNS, Design, design
from fabopt.analysis.sweep.executor import Executor, executor_of
from fabopt.analysis.sweep.records import Outcome, Sweep
from fabopt.analysis.sweep.store import Store
from fabopt.io.sweep_file import read_sweep
from fabopt.io.tree import Tree

Tell = Callable[[int, int, str], None]
"""Told how many cases are done, of how many, and how the last one ended."""


def planned(
    tree: Tree, name: str, spec: Path | str | Mapping[str, Any], sets: Sequence[str] = (), max_runs: int = MOST_RUNS
) -> Design:
    """Return the cases of a sweep; errors as for :func:`.design.design` and :func:`fabopt.io.sweep_file.read_sweep`."""
    read, positions = read_sweep(spec)
    return design(tree, name, read, positions, sets, max_runs)


def sweep(
    asked: Design,
    *,
    out: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    executor: Executor | None = None,
    tell: Tell | None = None,
) -> Sweep:
    """Solve the cases of a sweep; Ctrl-C ends it with what is finished.

    Parameters
    ----------
    asked
        The sweep.
    out
        Folder to which every finished case is written at once; everything stays in memory when left out.
    resume
        Whether a sweep that stands there unfinished goes on.
    workers
        Processes of this machine.
    executor
        Where cases are solved, in the place of `workers`.
    tell
        Told of each case that is done.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder holds something else, or an unfinished sweep that is not to go on.
    fabopt.solve.outcome.SolverError
        When a process ends on its own; what was finished stays.
    """
    store = None if out is None else Store(out, asked, resume)
    done: dict[int, Outcome] = {} if store is None else dict(store.finished)
    todo = [case for case in asked.cases if case.number not in done]
    try:
        for outcome in (executor or executor_of(workers)).run(Work.of(asked).begun(), todo) if todo else ():
            if outcome.status == INTERRUPTED:
                break
            done[outcome.case] = outcome
            if store is not None:
                store.add(outcome)
            if tell is not None:
                tell(len(done), len(asked.cases), outcome.status)
    except KeyboardInterrupt:
        pass
    sweep = Sweep(asked, tuple(done[number] for number in sorted(done)))
    if store is not None:
        store.close(sweep)
    return sweep

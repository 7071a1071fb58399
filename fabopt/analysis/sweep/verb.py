"""A sweep from its specification to its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fabopt.analysis.sweep.case import INTERRUPTED, Work, solves
from fabopt.analysis.sweep.design import MOST_RUNS, Case, Design, design
from fabopt.analysis.sweep.records import Outcome, Sweep
from fabopt.analysis.sweep.store import Store
from fabopt.io.sweep_file import read_sweep
from fabopt.io.tree import Tree
from fabopt.solve.work.executor import Executor, InProcess, Job

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
    executor
        Where cases are solved; in this process when left out.
    tell
        Told of each case that is done.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder holds something else, or an unfinished sweep that is not to go on.
    fabopt.solve.work.executor.LostError
        When workers have ended at a case as often as they may; what was finished stays.
    fabopt.solve.work.cluster.ClusterError
        When a cluster is gone; what was finished stays.
    """
    store = None if out is None else Store(out, asked, resume)
    done: dict[int, Outcome] = {} if store is None else dict(store.finished)
    todo = [case for case in asked.cases if case.number not in done]
    try:
        for outcome in _solved(asked, todo, executor or InProcess()):
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


def _solved(asked: Design, cases: Sequence[Case], executor: Executor) -> Iterator[Outcome]:
    """Yield what became of cases as they are done; where there are none, nobody begins."""
    if cases:
        with executor.crew(Job("case of the sweep", solves, Work.of(asked).begun())) as crew:
            for _, outcome in crew.run(cases):
                yield outcome

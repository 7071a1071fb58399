"""Where the cases of a sweep are solved: one interface, in this process or over the cores of this machine.

An executor gets the work once and then cases; it yields rows in whatever order they are done. What it is given can be
pickled and holds all that a case needs, so that a cluster is one more class with the same method.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

from fabopt.analysis.sweep.design import Case
from fabopt.analysis.sweep.records import Outcome
from fabopt.solve.outcome import SolverError

Run = Callable[[Case], Outcome]


class Executor(Protocol):
    """Runs cases and yields what became of them as they are done."""

    def run(self, work: Run, cases: Sequence[Case]) -> Iterator[Outcome]:
        """Yield what became of every case, in any order."""
        ...


class InProcess:
    """Solves one case after the other in this process."""

    def run(self, work: Run, cases: Sequence[Case]) -> Iterator[Outcome]:
        """Yield what became of every case, in order."""
        yield from map(work, cases)


class LocalProcesses:
    """Solves cases in processes of this machine, one thread each.

    Parameters
    ----------
    workers
        Number of processes.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, work: Run, cases: Sequence[Case]) -> Iterator[Outcome]:
        """Yield what became of every case as it is done.

        Raises
        ------
        SolverError
            When a process ends on its own (out of memory).
        """
        # A process that is forked would inherit the solver's scheduler without its threads.
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self.workers, spawn, initializer=_begin, initargs=(work,))
        try:
            for future in as_completed([pool.submit(_do, case) for case in cases]):
                yield future.result()
        except BrokenProcessPool as error:
            message = "A process of the sweep ended before its case was solved, perhaps for want of memory; take fewer."
            raise SolverError(message) from error
        finally:
            pool.shutdown(cancel_futures=True)


def executor_of(workers: int) -> Executor:
    """Return the executor for a number of processes; one case at a time needs none."""
    return InProcess() if workers <= 1 else LocalProcesses(workers)


_work: Run | None = None


def _begin(work: Run) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between solves Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(case: Case) -> Outcome:
    assert _work is not None
    return _work(case)

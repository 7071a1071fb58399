"""Where the items of a study are done: in this process, by its threads, by processes of this machine, or on a cluster.

A study says what its work is (:class:`Job`): a plan, which a worker gets once, and a function that makes of it what
does one item. What that function keeps (a live solver) serves all items of the worker. An answer is a function of plan
and item alone, so that it does not matter who gave it; answers come as they are done, each with the place of its item.

What goes to another process is the plan and the items, which are plain data or records of fabopt, and functions by
their names. A worker that ends on its own is replaced, and its item is done again elsewhere.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from fabopt.solve.outcome import SolverError

P = TypeVar("P")
I = TypeVar("I")
R = TypeVar("R")
I_contra = TypeVar("I_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

TRIES = 3
"""How many workers may end at one item before it is given up."""


class LostError(SolverError):
    """Items at which every worker ended on its own; all others are finished."""


@dataclass(frozen=True, slots=True)
class Job(Generic[P, I, R]):
    """What the items of a study have in common.

    Attributes
    ----------
    name
        What an item is called in a message: "case of the sweep".
    begin
        Makes of the plan what does an item; a function of a module, called once by each worker.
    plan
        What it needs: plain data and records, arrays among them; nothing that holds a file, a solver or a function that
        has no name.
    """

    name: str
    begin: Callable[[P], Callable[[I], R]]
    plan: P


class Crew(Protocol[I_contra, R_co]):
    """Workers that have the plan."""

    def run(self, items: Sequence[I_contra]) -> Iterator[tuple[int, R_co]]:
        """Yield the answer to each item with its place, as they are done.

        Raises
        ------
        LostError
            After all others, where workers have ended at an item as often as they may.
        """
        ...


class Executor(Protocol):
    """Gives a job to workers."""

    def crew(self, job: Job[P, I, R]) -> AbstractContextManager[Crew[I, R]]:
        """Return workers for a job; they stand until the context ends."""
        ...


def answers(crew: Crew[I, R], items: Sequence[I], tell: Callable[[int], None] | None = None) -> list[R]:
    """Return the answers to items in their order; `tell` is told how many are there."""
    found: dict[int, R] = {}
    for place, answer in crew.run(items):
        found[place] = answer
        if tell is not None:
            tell(len(found))
    return [found[place] for place in range(len(items))]


def lost(name: str, places: Sequence[int], tries: int = TRIES) -> LostError:
    """Return the error that says which items are lost."""
    which = ", ".join(str(place) for place in sorted(places)[:10]) + (", ..." if len(places) > 10 else "")
    return LostError(
        f"{tries} workers ended on their own, one after the other, at the same {name} (number {which}), perhaps for "
        "want of memory. Everything else is finished and stands; take fewer workers, or workers with more memory."
    )


# -- in this process ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Alone(Generic[I, R]):
    """One worker: whoever asks."""

    do: Callable[[I], R]

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield the answers in the order of the items."""
        yield from enumerate(map(self.do, items))


class InProcess:
    """Does one item after the other in this process."""

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to whoever asks."""
        yield _Alone(job.begin(job.plan))


class Threads:
    """Does items in threads of this process: for work that sits in the solver and shares large data.

    A worker does the same items whatever takes how long. Ctrl-C reaches the main thread while the solver works.

    Parameters
    ----------
    workers
        Number of threads.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to threads."""
        crew = _Threads(job, self.workers)
        try:
            yield crew
        finally:
            crew.close()


class _Threads(Generic[P, I, R]):
    def __init__(self, job: Job[P, I, R], workers: int) -> None:
        self._does = [job.begin(job.plan) for _ in range(max(workers, 1))]
        self._pools = [ThreadPoolExecutor(1) for _ in self._does]

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield answers as they are done."""
        n = len(self._does)
        asked = {self._pools[i % n].submit(self._does[i % n], item): i for i, item in enumerate(items)}
        try:
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            for future in asked:
                future.cancel()

    def close(self) -> None:
        """End the threads."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)


# -- over processes ----------------------------------------------------------------------------------------------------


class LocalProcesses:
    """Does items in processes of this machine, one at a time in each.

    Parameters
    ----------
    workers
        Number of processes.
    solves
        Whether items are solved. Where they are not, processes begin as is usual on the machine: as a copy of this one,
        where that is.
    """

    def __init__(self, workers: int, solves: bool = True) -> None:
        self.workers, self.solves = workers, solves

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to processes; they begin with the first items."""
        crew = _Processes[I, R](job, self.workers, self.solves)
        try:
            yield crew
        finally:
            crew.close()


class _Processes(Generic[I, R]):
    """Pools of one process each: where one ends, it is known at which item."""

    def __init__(self, job: Job[Any, I, R], workers: int, solves: bool) -> None:
        if solves:
            check_plain(job)
        self._job, self._solves = job, solves
        self._pools: list[ProcessPoolExecutor | None] = [None] * workers

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield answers as they are done."""
        waiting, idle = deque(range(len(items))), deque(range(len(self._pools)))
        busy: dict[Future[R], tuple[int, int]] = {}
        ended: Counter[int] = Counter()
        try:
            while waiting or busy:
                while waiting and idle:
                    pool, place = idle.popleft(), waiting.popleft()
                    busy[self._pool(pool).submit(_do, items[place])] = pool, place
                for future in wait(busy, return_when=FIRST_COMPLETED).done:
                    pool, place = busy.pop(future)
                    idle.append(pool)
                    try:
                        answer = future.result()
                    except (BrokenProcessPool, MemoryError):
                        self._end(pool)
                        ended[place] += 1
                        if ended[place] < TRIES:
                            waiting.append(place)
                        continue
                    yield place, answer
        finally:
            for future in busy:
                future.cancel()
        if gone := [place for place, times in ended.items() if times >= TRIES]:
            raise lost(self._job.name, gone)

    def _pool(self, number: int) -> ProcessPoolExecutor:
        pool = self._pools[number]
        if pool is None:
            # A process that is forked would inherit the solver's scheduler without its threads.
            context = multiprocessing.get_context("spawn" if self._solves else None)
            pool = self._pools[number] = ProcessPoolExecutor(1, context, initializer=_begin, initargs=(self._job,))
        return pool

    def _end(self, number: int) -> None:
        pool, self._pools[number] = self._pools[number], None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the processes, each after the item that it is at."""
        for pool in self._pools:
            if pool is not None:
                pool.shutdown(cancel_futures=True)


def check_plain(job: Job[P, I, R]) -> None:
    """Refuse a job that cannot go to another process as plain data, records and functions by their names.

    Raises
    ------
    TypeError
        When it holds a function that has no name, a file, or a live solver.
    """
    try:
        pickle.dumps((job.begin, job.plan), protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"The plan of a {job.name} holds what cannot go to another process: {error}") from error


_job: Job[Any, Any, Any] | None = None
_made: Callable[[Any], Any] | None = None


def _begin(job: Job[Any, Any, Any]) -> None:
    global _job, _made
    _job, _made = job, None
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between solves Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(item: Any) -> Any:
    global _made
    if _made is None:
        assert _job is not None
        _made = _job.begin(_job.plan)
    return _made(item)

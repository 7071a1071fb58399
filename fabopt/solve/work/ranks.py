"""Ranks of MPI: the executor for a command that ``mpiexec`` starts many times.

Rank 0 does what the command says: it alone reads, prints and writes. The others do nothing but what it sends them, a
function by its name with what it is given, until it ends. What mpi-sppy does on many ranks at once goes the same way.

Whoever starts a command so says it (``--scheduler mpi``): it may be started many times for another reason.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from fabopt.errors import FaboptError, UserError, require
from fabopt.solve.work import RANKS
from fabopt.solve.work.executor import Crew, Job, check_plain
from fabopt.solve.work.versions import difference, versions

S = ParamSpec("S")
P = TypeVar("P")
I = TypeVar("I")
R = TypeVar("R")

LOOK = 0.001
"""Seconds after which a rank looks again whether it is sent something: to wait in MPI itself takes a whole core."""
BROKEN = 1
"""Exit code after a fault of the program."""
_numbers = count()
"""Of crews."""


class RanksError(UserError):
    """Ranks that cannot be had, or are not fit for the work; the message is in full sentences."""


def mpi() -> Any:
    """Return mpi4py's MPI, which is ended with this process.

    Raises
    ------
    fabopt.errors.MissingExtraError
        If mpi4py is not installed.
    RanksError
        If it finds no MPI.
    """
    require("mpi")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # it is a RuntimeError where there is no library of MPI
        raise RanksError(
            f"MPI needs a library such as Open MPI or MPICH; what was found: {str(error).splitlines()[0]}."
        ) from None
    atexit.register(_end)
    return MPI


def _end() -> None:
    mpi = sys.modules["mpi4py.MPI"]
    if not mpi.Is_finalized():
        mpi.Finalize()


class _State:
    """What this process knows of the ranks.

    Attributes
    ----------
    leads
        Whether the others wait for what it sends.
    within
        Whether they are at something that they can only end together.
    does
        What does an item, by the number of the crew: several may stand at a time.
    """

    leads, within = False, False
    does: ClassVar[dict[int, Callable[[Any], Any]]] = {}


def led(run: Callable[[], int]) -> int:
    """Run a command on rank 0, and what it sends on all others; return the exit code of this rank.

    Raises
    ------
    RanksError
        As for :func:`mpi`.
    """
    world = mpi().COMM_WORLD
    if world.rank > 0:
        _serve(world)
        return 0
    _State.leads, _State.within, code = True, False, BROKEN
    try:
        code = run()
    finally:
        _State.leads = False
        if _State.within:
            if code == BROKEN:
                traceback.print_exc()
            _abort(world, code)
        for rank in range(1, world.size):
            world.send(None, rank)
    return code


def _serve(world: Any) -> None:
    """Do what rank 0 sends, until it sends nothing more."""
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # rank 0 and mpiexec see to it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        while not world.Iprobe(source=0):
            time.sleep(LOOK)
        sent = world.recv(source=0)
        if sent is None:
            return
        function, given, more = sent
        try:
            function(*given, **more)
        except Exception as error:  # whatever it is, the others wait for what this rank will not say
            known = isinstance(error, FaboptError)
            sys.stderr.write(f"{error}\n" if known else traceback.format_exc())
            _abort(world, error.exit_code if isinstance(error, FaboptError) else BROKEN)


def _abort(world: Any, code: int) -> None:
    """End all ranks with an exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    world.Abort(code)


class Ranks:
    """Does items on the ranks of MPI, the first of each few on rank 0, the second on rank 1.

    Raises
    ------
    RanksError
        Where no command waits on the other ranks, or one has other versions.
    """

    def __init__(self) -> None:
        if not _State.leads:
            raise RanksError(
                f"Ranks are those of a command: mpiexec -n 4 fabopt solve INSTANCE --states all --scheduler {RANKS}."
            )
        ours, *theirs = self.together(_versions)
        if unlike := [f"rank {rank}: {text}" for rank, one in enumerate(theirs, 1) if (text := difference(ours, one))]:
            raise RanksError(f"Ranks have other versions than rank 0: {'; '.join(unlike[:5])}.")

    def together(self, function: Callable[S, R], *given: S.args, **more: S.kwargs) -> R:
        """Call a function of a module on all ranks at once, and return what it returns on rank 0."""
        world = mpi().COMM_WORLD
        for rank in range(1, world.size):
            world.send((function, given, more), rank)
        _State.within = True
        answer = function(*given, **more)
        _State.within = False
        return answer

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to all ranks."""
        check_plain(job)
        number = next(_numbers)
        self.together(_begin, number, job)
        try:
            yield _Ranked[I, R](self, number)
        finally:
            if not _State.within:
                self.together(_forget, number)


class _Ranked(Generic[I, R]):
    def __init__(self, ranks: Ranks, number: int) -> None:
        self._ranks, self._number, self._size = ranks, number, mpi().COMM_WORLD.size

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield the answers in the order of the items, after each few that were done at once."""
        for first in range(0, len(items), self._size):
            row = self._ranks.together(_share, self._number, items[first : first + self._size])
            for place, (answer, error) in enumerate(row):
                if error is not None:
                    raise error
                yield first + place, answer


def _begin(number: int, job: Job[Any, Any, Any]) -> None:
    _State.does[number] = job.begin(job.plan)


def _forget(number: int) -> None:
    del _State.does[number]


def _share(number: int, items: Sequence[Any]) -> list[tuple[Any, Exception | None]]:
    """Do the item of this rank, and return on rank 0 the answer to each, or the error instead of it."""
    world = mpi().COMM_WORLD
    made: tuple[Any, Exception | None] | None = None
    if world.rank < len(items):
        try:
            made = _State.does[number](items[world.rank]), None
        except Exception as error:  # rank 0 raises it
            made = None, error
    return (world.gather(made) or [])[: len(items)]


def _versions() -> list[dict[str, str]]:
    return mpi().COMM_WORLD.gather(versions("mpi-sppy", "mpi4py")) or []

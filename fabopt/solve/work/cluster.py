"""A Dask cluster by its address: the executor for work that outgrows one machine.

The plan goes to the cluster once, as the result of a task on which all items depend: a worker fetches it once, and
Dask makes it again where those that had it are gone. A worker keeps what it has made of the plan until the work ends.
Whoever connects is refused where versions differ; workers that come later compare before they do anything.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import queue
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fabopt.errors import UserError, require
from fabopt.solve.work.executor import Crew, Job, check_plain, lost
from fabopt.solve.work.versions import ABSENT, COUNTED, PYTHON, difference, versions

if TYPE_CHECKING:
    from distributed import Client, Future

P = TypeVar("P")
I = TypeVar("I")
R = TypeVar("R")
T = TypeVar("T")

ENGINE = "distributed"
CONNECT = 5.0
"""Seconds in which a scheduler must answer."""
GATHER = 10.0
"""Seconds in which the first worker must be there."""
ALONE = 60.0
"""Seconds without any worker after which work is given up."""
LOOK = 5.0
"""Seconds without an answer after which it is looked whether there are workers."""


class ClusterError(UserError):
    """A cluster that cannot be reached, is none, or is not fit for the work; the message is in full sentences."""


class Cluster:
    """Does items on a Dask cluster, one at a time in each thread of its workers.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    ClusterError
        When the extra is not installed, nothing that is Dask answers there within seconds, no worker is there, or one
        has other versions.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with self._connected() as client:
            check_versions(client)

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to the workers of the cluster."""
        check_plain(job)
        plan = _Plan(uuid.uuid4().hex, job, versions(ENGINE))
        with self._connected() as client:
            yield _Workers[I, R](client, self.address, plan)
            with suppress(OSError, RuntimeError, TimeoutError):  # who cannot be reached has nothing to forget
                client.run(forget, plan.id, on_error="ignore")

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        client = connect(self.address)
        try:
            yield client
        finally:
            with _quiet():
                client.close(timeout=CONNECT)


def connect(address: str) -> Client:
    """Return a connection to a scheduler; errors as for :class:`Cluster`."""
    require("cluster")
    from distributed import Client

    with _quiet():
        try:
            kind = _apart(_identity, address)
            if kind != "Scheduler":
                raise ConnectionError(f"it is a {kind}")
            client = Client(address, timeout=CONNECT, set_as_default=False, name="fabopt")
        except Exception as error:  # whatever a foreign program answers, and what Dask makes of it
            raise ClusterError(_unreachable(address, error)) from error
    try:
        client.wait_for_workers(1, timeout=GATHER)
    except TimeoutError as error:
        client.close(timeout=CONNECT)
        raise ClusterError(
            f"The scheduler at {address} has no workers after {GATHER:g} seconds; start some: dask worker {address}."
        ) from error
    return client


async def _identity(address: str) -> str:
    """Return what a program of Dask says that it is; Dask's own connection waits without end for one that is silent."""
    from distributed import rpc
    from distributed.security import Security

    async def asked() -> str:
        async with rpc(address, timeout=CONNECT, connection_args=Security().get_connection_args("client")) as there:
            return str((await there.identity())["type"])

    return await asyncio.wait_for(asked(), CONNECT)


def _apart(ask: Callable[[str], Coroutine[Any, Any, R]], address: str) -> R:
    """Return what a coroutine returns, in a thread of its own: a notebook has a loop that runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask(address))).result()


def _unreachable(address: str, error: Exception) -> str:
    if isinstance(error, ValueError):
        return f"--scheduler {address!r} is no address of a Dask scheduler: {error}. It is like tcp://10.0.0.5:8786."
    cause = error.__cause__ or error
    said = f"{type(cause).__name__}: {cause}".strip().rstrip(".:")
    return (
        f"No Dask scheduler answers at {address} within {CONNECT:g} seconds ({said}). Check host and port; start one: "
        "dask scheduler."
    )


def check_versions(client: Client) -> None:
    """Refuse a cluster on which something has another version than here.

    Raises
    ------
    ClusterError
        With the difference, for the first that differs.
    """
    ours = versions(ENGINE)
    asked: dict[str, tuple[Callable[..., str], tuple[str, ...]]] = {
        name: (metadata.version, (name,)) for name in (*COUNTED, ENGINE)
    }
    asked[PYTHON] = platform.python_version, ()
    theirs: dict[str, dict[str, str]] = {"the scheduler": {}}
    for name, (function, of) in asked.items():
        found = client.run(function, *of, on_error="return")
        for worker, version in found.items():
            theirs.setdefault(f"worker {worker}", {})[name] = version if isinstance(version, str) else ABSENT
        try:
            theirs["the scheduler"][name] = client.run_on_scheduler(function, *of)
        except metadata.PackageNotFoundError:
            theirs["the scheduler"][name] = ABSENT
    for who, there in theirs.items():
        if differs := difference(ours, there):
            raise ClusterError(other_versions(who, differs))


def other_versions(who: str, differs: str) -> str:
    """Return the sentence that refuses somebody of the cluster."""
    return f"The cluster is not of the same versions as this process: {who} has {differs}. Install the same everywhere."


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a worker gets once: the job, and the versions of what counts where it was made."""

    id: str
    job: Job[Any, Any, Any]
    versions: dict[str, str]


class _Workers(Generic[I, R]):
    """The workers of a cluster, as long as the connection stands."""

    def __init__(self, client: Client, address: str, plan: _Plan) -> None:
        import dask

        self._client, self._address, self._name = client, address, plan.job.name
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            self._plan = client.submit(_same, plan, key=f"fabopt-plan-{plan.id}")

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield answers as they are done; an item at which workers have ended is done once more with no other."""
        put_aside: list[int] = []
        yield from self._all(items, range(len(items)), put_aside)
        gone: list[int] = []
        for place in put_aside:
            yield from self._all(items, [place], gone)
        if gone:
            raise lost(self._name, gone, _allowed() + 1)

    def _all(self, items: Sequence[I], places: Sequence[int], ended: list[int]) -> Iterator[tuple[int, R]]:
        """Yield the answers to the items in some places; note those at which workers ended."""
        from distributed import KilledWorker

        batch = uuid.uuid4().hex
        futures = self._client.map(
            _do, [items[p] for p in places], plan=self._plan, key=[f"fabopt-item-{batch}-{p}" for p in places]
        )
        done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        place_of = {future.key: place for future, place in zip(futures, places, strict=True)}
        for future in futures:
            future.add_done_callback(done.put)
        try:
            for _ in futures:
                future = self._patiently(lambda: done.get(timeout=LOOK))
                try:
                    answer = self._patiently(partial(_result, future))
                except (KilledWorker, MemoryError):
                    ended.append(place_of[future.key])
                    continue
                except (CancelledError, OSError) as error:
                    raise self._gone() from error
                yield place_of[future.key], answer
                future.release()
        finally:
            with suppress(Exception):  # a scheduler that is gone has nothing to cancel
                self._client.cancel(futures)

    def _patiently(self, look: Callable[[], T]) -> T:
        """Return what comes in the end; give up where no worker is left."""
        without = 0.0
        while True:
            try:
                return look()
            except queue.Empty:
                try:
                    there = bool(self._client.nthreads())
                except Exception as error:  # of the many by which Dask says that a scheduler is gone
                    raise self._gone() from error
                without = 0.0 if there else without + LOOK
                if without >= ALONE:
                    raise self._gone() from None

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"The cluster at {self._address} is gone: its scheduler does not answer, or it has had no workers for "
            f"{ALONE:g} seconds. What is finished stands."
        )


def _result(future: Future) -> Any:
    """Return an answer; that of a worker which ends before it is fetched is made again, as long as there is another."""
    try:
        return future.result(timeout=LOOK)
    except TimeoutError:
        if future.status == "error":  # of the item itself
            raise
        raise queue.Empty from None


def _allowed() -> int:
    """Return how many workers may end at an item, but for the last, by the configuration of Dask."""
    import dask

    return int(dask.config.get("distributed.scheduler.allowed-failures"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave it to the error to say what went wrong: Dask logs it as well, with a traceback."""
    log = logging.getLogger(ENGINE)
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)


# -- on a worker -------------------------------------------------------------------------------------------------------

_made: dict[tuple[str, int], Callable[[Any], Any]] = {}
"""What does an item, by plan and thread."""


def _same(plan: _Plan) -> _Plan:
    return plan


def _do(item: Any, plan: _Plan) -> Any:
    key = plan.id, threading.get_ident()
    if key not in _made:
        _made[key] = _begun(plan)
    return _made[key](item)


def _begun(plan: _Plan) -> Callable[[Any], Any]:
    from distributed import get_worker

    who = f"worker {get_worker().address}"
    if differs := difference(plan.versions, versions(ENGINE)):
        raise ClusterError(other_versions(who, differs))
    return plan.job.begin(plan.job.plan)


def forget(id: str) -> None:
    """Drop what this worker has made of a plan."""
    for key in [key for key in _made if key[0] == id]:
        _made.pop(key, None)

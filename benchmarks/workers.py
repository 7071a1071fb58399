"""What workers bring and cost: the same sweep in process, over two processes and on a Dask cluster; items of nothing.

    python -m benchmarks.workers [INSTANCE] [CASES]

Run it on idle cores. The first case of each worker is left out of a rate: it holds the start of the process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.common import INSTANCES
from fabopt.analysis.draws.engine import spreads
from fabopt.analysis.sweep.case import Work, solves
from fabopt.analysis.sweep.verb import planned
from fabopt.domain.instance import Instance
from fabopt.io.load import load_tree
from fabopt.io.validate import validate
from fabopt.solve.work.cluster import Cluster
from fabopt.solve.work.executor import Executor, InProcess, Job, LocalProcesses

NOTHING = 400


def idle(plan: None) -> Callable[[int], int]:
    """Return what does nothing with an item."""
    return int


@contextmanager
def on_dask(workers: int) -> Iterator[Cluster]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0") as local:
        yield Cluster(local.scheduler_address)


def rate(executor: Executor, job: Job, items: list, workers: int) -> tuple[float, list]:
    """Return seconds an item once every worker has begun, and the answers in order."""
    with executor.crew(job) as crew:
        first = dict(crew.run(items[: 2 * workers]))
        began = time.perf_counter()
        rest = dict(crew.run(items[2 * workers :]))
        seconds = time.perf_counter() - began
    return seconds / len(rest), [first[n] for n in sorted(first)] + [rest[n] for n in sorted(rest)]


def main(path: Path, cases: int) -> None:
    tree = load_tree(path)
    lever = spreads(tree, validate(tree, Instance))[0].path
    spec = {"method": "latin-hypercube", "samples": cases, "levers": {lever: {}}}
    design = planned(tree, path.name, spec)
    job = Job("case of the sweep", solves, Work.of(design).begun())
    items = list(design.cases)
    print(f"{cases} cases of {path.name}, {lever} sampled")
    one, rows = rate(InProcess(), job, items, 1)
    two, again = rate(LocalProcesses(2), job, items, 2)
    assert again == rows
    print(f"in process        {1e3 * one:9.1f} ms a case")
    print(f"two processes     {1e3 * two:9.1f} ms a case: {one / two:.2f} times one")
    with on_dask(2) as cluster:
        dask, again = rate(cluster, job, items, 2)
        assert again == rows
        empty, _ = rate(cluster, Job("nothing", idle, None), list(range(NOTHING)), 2)
    print(f"two on Dask       {1e3 * dask:9.1f} ms a case: {one / dask:.2f} times one")
    print(f"Dask, of nothing  {1e3 * empty:9.2f} ms an item over two workers, {2e3 * empty:.2f} ms an item of each")
    nothing, _ = rate(LocalProcesses(2), Job("nothing", idle, None), list(range(NOTHING)), 2)
    print(f"processes         {1e3 * nothing:9.2f} ms an item of nothing")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else INSTANCES / "tutorial",
        int(sys.argv[2]) if len(sys.argv) > 2 else 40,
    )

"""Which executor: the choice that a user makes by the number of processes or the address of a cluster."""

from __future__ import annotations

from fabopt.solve.work.executor import Executor, InProcess, LocalProcesses


def executor_of(workers: int = 1, scheduler: str | None = None) -> Executor:
    """Return where items are done: on a cluster by its address, over processes, or one at a time in this process.

    Raises
    ------
    fabopt.solve.work.cluster.ClusterError
        When there is no such cluster, or it is not fit.
    """
    if scheduler is not None:
        from fabopt.solve.work.cluster import Cluster

        return Cluster(scheduler)
    return InProcess() if workers <= 1 else LocalProcesses(workers)

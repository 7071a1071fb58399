"""Which executor: the choice that a user makes by the number of processes, the address of a cluster, or ``mpi``."""

from __future__ import annotations

from fabopt.errors import UserError
from fabopt.solve.work import RANKS
from fabopt.solve.work.executor import Executor, InProcess, LocalProcesses
from fabopt.solve.work.ranks import Ranks


def executor_of(workers: int = 1, scheduler: str | None = None) -> Executor:
    """Return where items are done: on a cluster, on ranks, over processes, or one at a time in this process.

    Raises
    ------
    fabopt.errors.UserError
        When both are given.
    fabopt.solve.work.cluster.ClusterError
        When there is no such cluster, or it is not fit.
    fabopt.solve.work.ranks.RanksError
        When there are no ranks, or they are not fit.
    """
    if scheduler is not None and workers > 1:
        raise UserError(
            f"--workers {workers} counts processes of this machine; --scheduler {scheduler} has workers of its own: "
            "leave out one of the two."
        )
    if scheduler == RANKS:
        return Ranks()
    if scheduler is not None:
        from fabopt.solve.work.cluster import Cluster

        return Cluster(scheduler)
    return InProcess() if workers <= 1 else LocalProcesses(workers)


def beside(workers: int | None, scheduler: str | None) -> Executor | None:
    """Return where outside of this process the questions of a study are answered; None: by threads of this one.

    Errors as for :func:`executor_of`.
    """
    return executor_of(workers or 1, scheduler) if scheduler is not None or (workers or 1) > 1 else None

"""One small Dask cluster for all tests of a session."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import pytest


@contextmanager
def started(distributed, **size):
    """A cluster on this machine, whatever Dask deprecates of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            **size, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def cluster():
    """Address of a cluster of one worker; an item may end two workers before Dask gives it up."""
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    # A local cluster drops a worker that is not back in 15 seconds, which on a busy machine it takes to begin again.
    patient = {"distributed.scheduler.allowed-failures": 1, "distributed.deploy.lost-worker-timeout": "300s"}
    with dask.config.set(patient), started(distributed, n_workers=1) as local:
        yield local.scheduler_address

"""On a Dask cluster: the same rows as in process, byte for byte; what of it dies; and clusters that are none."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from sweep.sweep_cases import INSTANCES, LINE, VALUE, shop
from work.conftest import started
from work_cases import ENDS, ENDS_ONCE, MANY, Answer, job, kept, study, times

import fabopt
from fabopt.cli import main
from fabopt.solve.work import cluster as on_dask
from fabopt.solve.work.cluster import Cluster, ClusterError
from fabopt.solve.work.executor import LostError, answers
from fabopt.solve.work.journal import Journal, record

SPEC = f"""
method: grid
scenarios: [base, busy]
levers: {{{LINE}: [1, 2, 3, 4], {VALUE}: [4, 5]}}
"""
RUNS = 16
TABLES = ("cases", "labs", "power", "chips", "demands")


def products(found):
    return [answer.product for answer in found]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A shop and a sweep of it."""
    folder = shop(tmp_path_factory.mktemp("shop"))
    (folder / "grid.yaml").write_text(SPEC, encoding="utf-8")
    return [sys.executable, "-m", "fabopt", "sweep", str(folder), str(folder / "grid.yaml")]


@pytest.fixture(scope="module")
def alone(asked, tmp_path_factory):
    """The tables of the sweep, done in this process."""
    out = tmp_path_factory.mktemp("alone") / "out"
    assert main([*asked[3:], "--out", str(out)]) == 0
    return tables(out)


def tables(folder):
    return [(folder / f"{name}.parquet").read_bytes() for name in TABLES]


def test_a_worker_gets_the_plan_once_and_keeps_what_it_makes_of_it(cluster, tmp_path):
    with Cluster(cluster).crew(job(tmp_path)) as crew:
        found = answers(crew, range(20))
        assert products(answers(crew, [7])) == [21]
    assert products(found) == [3 * n for n in range(20)]
    workers = {a.pid for a in found}
    assert os.getpid() not in workers
    assert sum(a.serial == 1 for a in found) == len(workers) <= 2


def test_a_worker_that_ends_in_the_middle_changes_nothing(cluster, tmp_path):
    items = [0, 1, ENDS_ONCE, 2, 3]
    with Cluster(cluster).crew(job(tmp_path)) as crew:
        found = answers(crew, items)
    assert products(found) == [3 * n for n in items]
    assert times(tmp_path, ENDS_ONCE) == 2


def killed(command, journal, lines):
    """Run a command, kill it when its journal has so many lines, and return what stands there whole."""
    client = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while not (journal.is_file() and journal.read_bytes().count(b"\n") >= lines):
        assert client.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    kept = journal.read_bytes()
    return kept[: kept.rfind(b"\n") + 1]


def test_a_study_whose_client_is_killed_goes_on_where_it_was(cluster, tmp_path):
    journal = tmp_path / "done.jsonl"
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path; from work_cases import study; study({cluster!r}, Path({str(tmp_path)!r}))
"""
    whole = killed([sys.executable, "-c", code], journal, 2)
    assert 2 <= whole.count(b"\n") < MANY
    assert products(study(cluster, tmp_path)) == [3 * n for n in range(MANY)]
    assert journal.read_bytes().startswith(whole)  # what was finished was not done again
    assert journal.read_bytes().count(b"\n") in (MANY, MANY + 1)  # with the line that was cut off


@pytest.mark.slow
def test_a_sweep_whose_client_is_killed_goes_on_and_gives_the_tables_of_one_in_process(
    cluster, asked, alone, tmp_path, capsys
):
    out = tmp_path / "out"
    runs, there = out / "runs.jsonl", ["--out", str(out), "--scheduler", cluster]
    whole = killed([*asked, *there], runs, 2)
    assert 2 <= whole.count(b"\n") < RUNS
    assert main([*asked[3:], *there, "--resume"]) == 0
    assert runs.read_bytes().startswith(whole)
    assert runs.read_bytes().count(b"\n") == RUNS
    assert tables(out) == alone


def test_a_cluster_of_another_version_is_refused_with_the_difference(cluster, monkeypatch, asked, capsys):
    real = on_dask.versions
    monkeypatch.setattr(on_dask, "versions", lambda *more: real(*more) | {"highspy": "0.0.1"})
    assert main([*asked[3:], "--scheduler", cluster]) == 2
    said = capsys.readouterr().err
    assert "The cluster is not of the same versions as this process: the scheduler has highspy" in said
    assert "instead of 0.0.1. Install the same everywhere." in said.replace("\n", " ")


def test_a_worker_of_another_version_that_comes_later_does_nothing(cluster, monkeypatch, tmp_path):
    executor = Cluster(cluster)
    real = on_dask.versions
    monkeypatch.setattr(on_dask, "versions", lambda *more: real(*more) | {"pyomo": "0.0.1"})
    with (
        executor.crew(job(tmp_path)) as crew,
        pytest.raises(ClusterError, match=r"worker tcp.* has pyomo .* of 0\.0\.1"),
    ):
        answers(crew, [1])
    assert times(tmp_path, 1) == 0


@contextmanager
def somebody(answer: bytes):
    """Address of a program that is no Dask scheduler: it says something, or nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    with closing(server):
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


FOREIGN = {"silent": b"", "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 4}


@pytest.mark.parametrize("who", FOREIGN)
def test_a_program_that_is_no_scheduler_is_refused_within_seconds(who, asked, monkeypatch, capsys):
    pytest.importorskip("distributed")
    monkeypatch.setattr(on_dask, "CONNECT", 1.0)
    began = time.monotonic()
    with somebody(FOREIGN[who]) as address:
        assert main([*asked[3:], "--scheduler", address]) == 2
    assert time.monotonic() - began < 10
    assert f"No Dask scheduler answers at {address} within 1 seconds" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1", "nonsense://127.0.0.1:8786"])
def test_an_address_where_nobody_is_or_that_is_none_is_refused(address, asked, monkeypatch, capsys):
    pytest.importorskip("distributed")
    monkeypatch.setattr(on_dask, "CONNECT", 0.3)
    assert main([*asked[3:], "--scheduler", address]) == 2
    said = capsys.readouterr().err
    assert address in said
    assert "Traceback" not in said


def test_a_scheduler_without_workers_is_refused(asked, monkeypatch, capsys):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(on_dask, "GATHER", 0.2)
    with started(distributed, n_workers=0) as empty:
        assert main([*asked[3:], "--scheduler", empty.scheduler_address]) == 2
        assert f"has no workers after 0.2 seconds; start some: dask worker {empty.scheduler_address}" in (
            capsys.readouterr().err.replace("\n", " ")
        )


def test_without_dask_it_is_said_what_to_install(asked, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main([*asked[3:], "--scheduler", "tcp://127.0.0.1:8786"]) == 2
    assert 'python -m pip install "fabopt[cluster]"' in capsys.readouterr().err


@pytest.mark.parametrize("instance", ["shop", pytest.param("tutorial", marks=pytest.mark.slow)])
def test_a_tornado_on_a_cluster_is_that_of_this_process(instance, cluster, asked):
    result = fabopt.load(asked[4] if instance == "shop" else INSTANCES / instance).solve(gap=0.01)
    here, there = result.tornado(top=4), result.tornado(top=4, scheduler=cluster)
    assert there.frame.equals(here.frame)
    assert there.table("numbers").equals(here.table("numbers"))
    assert len(here.frame) >= 3


class Lost:
    """An answer whose worker ended before it was fetched; it is made again where another worker comes."""

    def __init__(self, looks):
        self.status, self.looks = "lost", looks

    def result(self, timeout):
        self.looks -= 1
        if self.looks:
            raise TimeoutError
        return 7


@pytest.mark.parametrize(("workers", "gives"), [({"tcp://a": 1}, True), ({}, False)])
def test_an_answer_that_is_lost_with_its_worker_is_waited_for_as_long_as_there_is_another(workers, gives, monkeypatch):
    monkeypatch.setattr(on_dask, "ALONE", 3 * on_dask.LOOK)
    alone = object.__new__(on_dask._Workers)
    alone._client, alone._address = SimpleNamespace(nthreads=lambda: workers), "tcp://there"
    look = partial(on_dask._result, Lost(9))
    if gives:
        assert alone._patiently(look) == 7
    else:
        with pytest.raises(ClusterError, match="is gone"):
            alone._patiently(look)


@pytest.mark.slow
def test_an_item_at_which_every_worker_ends_is_told_after_all_others_are_finished(cluster, tmp_path):
    path = tmp_path / "done.jsonl"
    with pytest.raises(LostError, match="at the same number"):
        kept(Cluster(cluster), job(tmp_path), [1, ENDS, 2, 3], path)
    journal = Journal(path, "plan", record(Answer))
    assert products(journal.find(item) for item in (1, 2, 3)) == [3, 6, 9]


@pytest.mark.slow
def test_in_process_over_processes_and_on_a_cluster_a_sweep_gives_the_same_tables(cluster, asked, alone, tmp_path):
    for place in (["--workers", "2"], ["--scheduler", cluster]):
        assert subprocess.run([*asked, "--out", str(tmp_path / place[0]), *place], capture_output=True).returncode == 0
        assert tables(tmp_path / place[0]) == alone

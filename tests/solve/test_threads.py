"""Threads: a session serves one at a time, an explorer answers all of them in turn, and nothing ends the process."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from scipy import sparse

from fabopt.solve.matrices import Matrices
from fabopt.solve.session import HighsSession, SolverError

EXPLORE = """
import threading
import fabopt

explorer = fabopt.load("instances/tutorial").solve().explore(["sites.plains.power", "sites.coast.power"])
factors = [(0.75 + 0.1 * n, 1.2 - 0.08 * n) for n in range(6)]
asked = [{{"sites.plains.power": f"*{{a}}", "sites.coast.power": f"*{{b}}"}} for a, b in factors]
alone = [explorer.at(values).records.objective for values in asked]
found = {{}}


def ask(shift):
    for n in range(len(asked)):
        at = (n + shift) % len(asked)
        found[shift, at] = explorer.at(asked[at]).records.objective


threads = [threading.Thread(target=ask, args=(n,)) for n in range({threads})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(set(alone)) == len(alone)
assert len(found) == {threads} * len(asked)
assert all(abs(value - alone[at]) <= 1e-6 * abs(alone[at]) for (_, at), value in found.items())
print("all agree")
"""


@pytest.mark.parametrize("threads", [2, 4])
def test_an_explorer_tells_several_threads_what_it_tells_one(threads):
    done = subprocess.run(
        [sys.executable, "-c", EXPLORE.format(threads=threads)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "all agree\n", "")


def knapsack(items=60, rows=20):
    """A program whose search takes long: values near to each other, many limits."""
    dice = np.random.default_rng(1)
    weight = dice.integers(10, 1000, (rows, items)).astype(float)
    return Matrices(
        a=sparse.csc_array(weight),
        row_lower=np.full(rows, -np.inf),
        row_upper=weight.sum(axis=1) / 2,
        column_lower=np.zeros(items),
        column_upper=np.ones(items),
        cost=dice.integers(400, 600, items).astype(float),
        integer=np.ones(items, dtype=bool),
        offset=0.0,
        labels=tuple(("row", (str(i),)) for i in range(rows)),
    )


def test_a_second_thread_is_refused_while_a_session_solves_and_served_after():
    session = HighsSession(knapsack(), threads=1)
    running, refused = threading.Event(), []

    def meddle():
        running.wait(30)
        for ask in (session.solve, lambda: session.set_costs(np.ones(60)), lambda: session.basis):
            try:
                ask()
            except SolverError as error:
                refused.append(str(error))

    other = threading.Thread(target=meddle)
    other.start()

    def progress(_):
        running.set()
        other.join(30)  # the search stands still until the other thread has tried

    first = session.solve(time_limit=5.0, progress=progress)
    assert running.is_set()
    assert len(refused) == 3
    assert all("in use by another thread" in text for text in refused)
    assert first.x is not None
    served = []
    later = threading.Thread(target=lambda: served.append(session.solve(time_limit=1.0).x is not None))
    later.start()
    later.join(30)
    assert served == [True]


def test_nothing_is_written_to_stdout(capfd):
    HighsSession(knapsack(), threads=1).solve(time_limit=0.5)
    assert capfd.readouterr().out == ""

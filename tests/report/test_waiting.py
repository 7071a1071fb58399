"""The line that a cell of a notebook shows while a call goes on."""

import sys
import time
from types import SimpleNamespace

import pytest

import fabopt
from fabopt.report import waiting as waits
from fabopt.report.waiting import waiting
from fabopt.solve.outcome import Progress

TINY = """
horizon: {start: 2027-01-01, periods: 1}
network:
  materials: {cloth: {}}
  resources: {looms: {capacity: 3}}
  activities: {weaving: {outputs: {cloth: 1}, uses: {looms: 1}}}
  demands: {cloth: {quantity: 5, value: 1}}
"""


@pytest.fixture
def cell(monkeypatch):
    """A cell of a notebook: what it shows, in order."""
    shown = []

    class Handle:
        def update(self, form, **_):
            shown.append(form["text/plain"])

    def display(form, **_):
        shown.append(form["text/plain"])
        return Handle()

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(waits, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(waits, "EVERY_SECONDS", 0.01)
    return shown


def until(shown, part):
    for _ in range(500):
        if any(part in line for line in shown):
            return
        time.sleep(0.01)
    raise AssertionError(shown[-1:])


def test_a_cell_shows_how_far_a_call_is_and_nothing_when_it_is_done(cell):
    with waiting() as line:
        line.solve("value", Progress(seconds=3.0, incumbent=7.0, bound=8.0, gap=0.125, nodes=0))
        until(cell, "value, tree: 3 s, plan 7.00, bound 8.00, gap 12.50 %")
        line.stage("relief", 4.2)
        until(cell, "relief done after 4 s, at work on what follows")
        line.count(3, 1000, "cases")
        until(cell, "3 of 1,000 cases")
        with waiting() as inner:  # of a solve within a study
            assert inner is None
    assert cell[-1] == ""


def test_a_solve_in_a_cell_tells_the_line_and_leaves_none(cell, monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(waits.Waiting, "solve", lambda self, stage, progress: told.append(stage))
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    instance = fabopt.load(tmp_path / "tiny.yaml")
    assert instance.solve().objective == pytest.approx(3.0)
    own = []
    instance.solve(progress=lambda stage, progress: own.append(stage))
    assert waits._shown == []
    assert len(own) == len(told)


def test_a_program_that_is_no_notebook_shows_nothing():
    with waiting() as line:
        assert line is None

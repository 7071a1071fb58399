"""A choke-point study whose questions are answered elsewhere: to the last bit that of threads of this process."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from choke_cases import assembly, best, exact, lots, switch

from fabopt import load
from fabopt.analysis.choke.bench import Asked, Source, elsewhere
from fabopt.analysis.choke.claim import decide
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.analysis.choke.verb import study_of
from fabopt.cli import main
from fabopt.plan.groups import STEPS, percent, units
from fabopt.report.choke import choke_report
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.work.executor import InProcess, LocalProcesses


class Carried:
    """Does items here, but job, items and answers are carried as to another process."""

    def __init__(self) -> None:
        self.crews, self.open, self.begun = 0, 0, []

    @contextmanager
    def crew(self, job):
        self.crews, self.open = self.crews + 1, self.open + 1
        with InProcess().crew(_carried(job)) as crew:
            self._do = crew
            yield self
        self.open -= 1

    def run(self, items):
        for place, item in enumerate(items):
            [(_, answer)] = self._do.run([_carried(item)])
            yield place, _carried(answer)


def _carried(what):
    return pickle.loads(pickle.dumps(what))  # of this test's own making


def told(study):
    runs = tuple(replace(run, seconds=0.0) for run in study.runs)
    return repr(replace(study, runs=runs, seconds_by_step={}, info=replace(study.info, seconds=0.0, threads=1)))


@pytest.fixture(scope="module")
def solved():
    return load("instances/textbook/dakota").solve()


@pytest.fixture(scope="module")
def here(solved):
    study = study_of(solved.plan, ChokeOptions(draws=2))
    assert len(study.runs) > 50
    assert study.draws.stood == 2
    return told(study)


def test_a_study_elsewhere_is_that_of_this_process_and_workers_have_each_plan_once(solved, here):
    elsewhere = Carried()
    study = study_of(solved.plan, ChokeOptions(draws=2, workers=None), executor=elsewhere)
    assert told(study) == here
    assert elsewhere.crews == 2  # one with the program for all questions, one with the instance for all draws
    assert elsewhere.open == 0
    assert "(seed 0) in " in str(choke_report(study).notes)  # how many work at a time nobody knows


def _fewer(m, model):
    m.fewer = pyo.Constraint(expr=sum(m.deliver.values()) <= 5)


def test_draws_of_a_plan_with_hooks_which_go_to_no_other_process_are_made_here():
    tied = load("instances/textbook/dakota").solve(extra=[_fewer])
    asked, elsewhere = ChokeOptions(draws=1, top=1), Carried()
    study = study_of(tied.plan, asked, executor=elsewhere)
    assert study.draws.stood == 1
    assert told(study) == told(study_of(tied.plan, asked))
    assert elsewhere.crews == 1


def test_a_claim_is_decided_elsewhere_as_here(solved):
    claim = "carpentry is the choke point"
    executor = Carried()
    assert decide(solved.plan, claim, executor=executor) == decide(solved.plan, claim)
    assert (executor.crews, executor.open) == (1, 0)


def test_mixed_integer_answers_elsewhere_are_those_of_brute_force():
    problem = switch()
    with Oracle(problem, Effort(gap=0.0), executor=Carried()) as oracle:
        reliefs = [problem.relief("cap", step) for step in STEPS[:5]]
        assert [i.lo for i in oracle.certify(reliefs)] == pytest.approx([best(problem, r) for r in reliefs])
        assert oracle.improves(problem.relief("cap", units(1))) == (best(problem, reliefs[0]) > best(problem) + 1e-6)


def test_whether_trees_may_be_searched_goes_with_each_question():
    """15 more pieces in lots of 25: only a search tells what they earn."""
    problem = lots()
    with Oracle(problem, Effort(gap=0.0), executor=Carried()) as oracle:
        oracle.searching = False
        open_ = oracle.certified(problem.relief("input", units(15)))
        assert (open_.lo, open_.hi) == pytest.approx((1000.0, 1250.0))
    again = exact(problem)
    assert again.certified(problem.relief("input", units(15))).lo == pytest.approx(1250.0)


def test_time_goes_with_each_question_and_what_was_late_is_out_of_time():
    problem, now = assembly(), 0.0  # 160 HBM, two a chip
    budget = TimeBudget(10.0, clock=lambda: now)
    with Oracle(problem, Effort(gap=0.0), budget=budget, executor=Carried()) as oracle:
        assert oracle.plan_value(problem.relief("hbm", percent(1))) == pytest.approx(80.8)
        now = 11.0
        with pytest.raises(OutOfTimeError, match="its time was over"):
            oracle.plan_value(problem.relief("hbm", percent(5)))
        now = 1.0
        assert oracle.plan_value(problem.relief("hbm", percent(10))) == pytest.approx(88.0)


def _left(bench):
    return bench.resolver.budget.left


def test_questions_that_are_asked_together_have_one_time():
    problem = exact(lots()).problem
    answer = elsewhere(Source(problem, Effort(), None))
    first, second = (answer(Asked(_left, True, 1, 100.0)).answer for _ in range(2))
    assert 99.0 < second < first <= 100.0
    assert answer(Asked(_left, True, 2, 7.0)).answer <= 7.0
    assert answer(Asked(_left, True, 3, np.inf)).answer == np.inf


def test_after_an_interruption_no_more_is_asked_of_workers_elsewhere():
    problem = lots()
    budget, executor = TimeBudget(), Carried()
    oracle = Oracle(problem, Effort(gap=0.0), budget=budget, executor=executor)

    def interrupted(items):
        for answer in Carried.run(executor, items):
            budget.cancel()
            yield answer

    executor.run = interrupted
    with pytest.raises(OutOfTimeError, match="it was interrupted"):
        oracle.plan_values([problem.relief("input", percent(n)) for n in (1, 5)])
    assert executor.open == 0


def test_an_address_where_nobody_is_is_refused(monkeypatch, capsys):
    pytest.importorskip("distributed")
    monkeypatch.setattr("fabopt.solve.work.cluster.CONNECT", 0.3)
    assert main(["choke", "instances/textbook/dakota", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.slow
def test_over_processes_a_study_is_that_of_this_process(solved, here):
    assert told(study_of(solved.plan, ChokeOptions(draws=2), executor=LocalProcesses(2))) == here
    kept = [solved.choke_points(draws=2, workers=n) for n in (1, 2)]
    assert kept[0].frame.equals(kept[1].frame)


@pytest.mark.slow
def test_on_a_cluster_a_study_is_that_of_this_process(solved, here):
    distributed = pytest.importorskip("distributed")
    from fabopt.solve.work.cluster import Cluster

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address
        assert told(study_of(solved.plan, ChokeOptions(draws=2), executor=Cluster(address))) == here
        frame = solved.choke_points(draws=2, scheduler=address).frame
    assert frame.equals(solved.choke_points(draws=2).frame)

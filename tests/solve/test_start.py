"""A solve that begins with another plan: what fits is used, what does not is said, and nothing is lost."""

from pathlib import Path

import pytest

import fabopt
from fabopt.solve import search as steps
from fabopt.solve.session import HighsSession, SolverError

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.fixture(scope="module")
def base():
    return fabopt.load(TUTORIAL).solve(gap=0.0)


def test_a_plan_of_the_same_instance_fits_whole_and_is_the_answer_where_there_is_no_time(base, tmp_path):
    again = fabopt.load_result(base.save(tmp_path / "r"))
    found = fabopt.load(TUTORIAL).solve(gap=0.0, start=again, time_limit=1e-9)
    size = f"{base.run.size.columns:,}"
    assert found.run.start == f"{size} of {size} decisions of tutorial fit."
    assert found.objective == pytest.approx(base.objective, rel=1e-9)


def test_a_plan_of_a_scenario_is_begun_with_and_what_does_not_fit_is_said(base, monkeypatch):
    monkeypatch.setattr(steps, "EASY", 0)
    cold = fabopt.load(TUTORIAL, "hbm-squeeze").solve(gap=0.0)
    warm = fabopt.load(TUTORIAL, "hbm-squeeze").solve(gap=0.0, start=base)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-6)
    assert "decisions of tutorial fit" in warm.run.start
    longer = fabopt.load(TUTORIAL, set=["horizon.periods=11"]).solve(gap=0.0, start=base)
    assert "are new" in longer.run.start
    shorter = fabopt.load(TUTORIAL, set=["horizon.periods=9"]).solve(gap=0.0, start=base)
    assert "are not there any more" in shorter.run.start


def test_an_option_more_is_never_worth_less_than_the_plan_without_it(base):
    more = fabopt.load(TUTORIAL, set=["sites.coast.power=360 MW"]).solve(gap=0.01, start=base, time_limit=1e-9)
    assert more.objective >= base.objective


def test_where_the_solver_fails_from_a_start_it_is_tried_again_without(base, monkeypatch):
    """HiGHS was seen to end with "Solve error" from a plan that it had accepted."""
    solved = HighsSession.solve
    given = []

    def fails_once(self, **options):
        if self.integer.any() and not given:
            given.append(True)
            raise SolverError("HiGHS failed with the status 'Solve error'.")
        return solved(self, **options)

    monkeypatch.setattr(HighsSession, "solve", fails_once)
    found = fabopt.load(TUTORIAL).solve(gap=0.0, start=base)
    assert found.objective == pytest.approx(base.objective, rel=1e-9)
    assert "searched again without a plan to begin with" in found.log

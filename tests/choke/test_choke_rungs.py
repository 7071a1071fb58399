"""Limits of large programs are taken away by finite steps until they have no price: the same value as without them."""

import itertools
from itertools import combinations

import numpy as np
import pytest
from choke_cases import INF, best, complements, exact, redundant_tie

import fabopt
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.study import _Study
from fabopt.analysis.replan import Again
from fabopt.plan.groups import LIFTED, NO_RELIEF
from fabopt.plan.problem import ChokeProblem
from fabopt.solve import loosen, resolver
from fabopt.solve.budget import TimeBudget
from fabopt.solve.perturbation import Perturbation, Values
from fabopt.solve.session import HighsSession


@pytest.fixture
def every_program_is_large(monkeypatch):
    """Cold runs, those from nothing, are counted."""
    cold = []
    nothing = HighsSession.solve_from_nothing
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    monkeypatch.setattr(HighsSession, "solve_from_nothing", lambda self: cold.append(self) or nothing(self))
    return cold


def blend(seed):
    """Six goods from five limited inputs, demand for each good: some inputs are taken up whole, some not."""
    dice = np.random.default_rng(seed)
    rows = [(dice.integers(0, 4, 6).astype(float), -INF, float(dice.integers(5, 40))) for _ in range(5)]
    return ChokeProblem.bare(dice.integers(1, 9, 6), rows, {f"input {i}": [i] for i in range(5)}, upper=12.0)


@pytest.mark.parametrize("seed", range(12))
def test_any_set_taken_away_by_rungs_is_worth_what_scipy_says(every_program_is_large, seed):
    problem = blend(seed)
    oracle = exact(problem)
    sets = [ids for size in (1, 2, 5) for ids in combinations([g.id for g in problem.groups], size)]
    for ids in sets:
        relief = problem.relief(ids, LIFTED)
        assert oracle.plan_value(relief) == pytest.approx(best(problem, relief), rel=1e-9), ids


def test_where_a_rung_is_enough_nothing_is_solved_from_nothing(every_program_is_large):
    problem = redundant_tie()
    oracle = exact(problem)
    oracle.plan_value(NO_RELIEF)
    del every_program_is_large[:]
    assert oracle.plan_value(problem.relief(["r0", "r1", "r3"], LIFTED)) == pytest.approx(102.0)  # x 100, y 2
    assert every_program_is_large == []


def test_where_value_has_no_limit_the_last_rung_still_has_a_price(every_program_is_large):
    rows = [([1.0, 0.0], -INF, 3.0), ([0.0, 1.0], -INF, 4.0)]
    problem = ChokeProblem.bare([2.0, 1.0], rows, {"a": [0], "b": [1]})
    assert exact(problem).plan_value(problem.relief("a", LIFTED)) == INF


def test_a_way_that_is_too_long_is_left_and_the_program_solved_from_nothing(every_program_is_large, monkeypatch):
    monkeypatch.setattr(resolver, "PIVOTS", 0)
    problem = complements()
    assert exact(problem).plan_value(problem.relief(["cowos", "hbm"], LIFTED)) == pytest.approx(10_000.0)


def test_what_is_nothing_and_is_taken_away_moves_by_the_size_of_the_others():
    problem = ChokeProblem.bare([1.0], [([1.0], -INF, 0.0), ([1.0], -INF, 50.0)], {"none": [0], "some": [1]}, upper=80)
    found = loosen.finite(problem.relief(["none", "some"], LIFTED).on(problem.matrices), 8.0)
    assert found.rows.new.tolist() == [[-INF, 400.0], [-INF, 450.0]]


@pytest.mark.filterwarnings("error")
def test_what_has_no_end_already_and_what_is_set_to_nothing_stay_without_a_warning():
    ends = np.array([[-INF, 5.0], [-INF, INF]])
    moved = Perturbation(rows=Values(np.array([0, 1]), ends, np.array([[-INF, INF], [-INF, 0.0]])))
    assert loosen.finite(moved, 8.0).rows.new.tolist() == [[-INF, 45.0], [-INF, 0.0]]


@pytest.mark.parametrize(("more", "large"), [(0, True), (1, False)])
def test_its_columns_and_not_the_clock_say_whether_a_study_searches_whole_numbers(monkeypatch, more, large):
    result = fabopt.load("instances/textbook/wagner-whitin").solve()
    plan = result.plan.solved
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", plan.program.n_columns + more)
    assert Again(plan).whole is not large
    clock = itertools.count(0.0, 60.0)  # every look at the clock finds a minute gone
    budget = TimeBudget(600.0, clock=lambda: next(clock))
    assert _Study(result.plan, ChokeOptions(), budget, None, None).large is large


def test_the_curve_of_a_large_program_stands_at_its_finite_steps(monkeypatch):
    result = fabopt.load("instances/textbook/dakota").solve()
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    study = result.choke_points(draws=0, workers=1).records
    assert study.first is not None
    base, known = study.info.value_lo, {step.name: step.plan_gain for step in study.first.steps}
    curve = [(point.relief, point.value_lo) for point in study.first.curve]
    gains = [(0.0, 0.0), *((share / 100, known[f"+{share} %"]) for share in (1, 5, 10, 25))]
    assert curve == [(share, pytest.approx(base + gain)) for share, gain in gains]

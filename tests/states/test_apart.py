"""States one by one: a plan that stands and a bound that holds, of programs whose best is published or counted."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import fabopt
from fabopt.analysis.states import solve
from fabopt.solve import apart as apart_
from fabopt.solve import stochastic
from fabopt.solve.apart import goes_apart
from fabopt.solve.budget import TimeBudget
from fabopt.solve.results.folder import ResultError
from tests.states.test_methods import LINES, counted, lines
from tests.states.test_states import by_brute_force, plants, written

approx = pytest.approx
PROGRAMS = Path(__file__).parents[2] / "instances" / "stochastic"


@pytest.fixture
def apart(monkeypatch):
    """States are solved one by one first, whatever their size."""
    monkeypatch.setattr(stochastic, "goes_apart", lambda stack: len(stack.columns) > 1)


@pytest.fixture
def ended(apart, monkeypatch):
    """And then time is over: no program of all states is solved."""
    now, one_by_one = [0.0], stochastic.state_by_state

    def until_time_is_over(*given):
        try:
            return one_by_one(*given)
        finally:
            now[0] = 1e9

    monkeypatch.setattr(stochastic, "state_by_state", until_time_is_over)
    monkeypatch.setattr(solve, "TimeBudget", lambda seconds=np.inf: TimeBudget(seconds, clock=lambda: now[0]))


@pytest.mark.parametrize(
    ("states", "columns", "first"), [(8, 100_000, True), (200, 120_000, True), (8, 99_999, False), (1, 200_000, False)]
)
def test_several_states_that_together_are_vast_go_one_by_one_first(states, columns, first):
    stack = SimpleNamespace(columns=[None] * states, program=SimpleNamespace(n_columns=columns))
    assert goes_apart(stack) is first


PUBLISHED = ["farmer", "lands", "integer-recourse", "financial-planning", "air-conditioners"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_when_time_ends_the_plan_of_the_states_is_the_answer_with_the_gap_that_it_has(ended, name):
    """Of two, three and four stages, with whole decisions before and after the fact."""
    instance = fabopt.load(PROGRAMS / name)
    best, near = instance.data.about.published_optimum, 6e-3
    result = instance.solve(states="all", gap=0, time_limit=60)
    low, high = sorted((result.objective, result.bound))
    assert (low <= best + near, best <= high + near, result.status) == (True, True, "time_limit")
    assert low < high
    assert result.gap >= (high - low) / abs(result.objective) - 1e-9
    assert "not told: what holds it back before it is known" in "\n".join(result.answer.lines())


@pytest.mark.parametrize("risk", ["expected", "cvar 0.6", "mean+cvar 0.6 0.25", "worst", "regret"])
def test_however_a_plan_is_judged_both_sides_enclose_what_brute_force_says(apart, tmp_path, risk):
    best = by_brute_force(risk)[1] * (-1 if risk == "regret" else 1)
    result = written(tmp_path / "plants", plants()).solve(states="all", risk=risk, gap=0.999)
    low, high = sorted((result.objective, result.bound))
    assert low - 1e-6 <= best <= high + 1e-6


def test_where_the_likely_state_leaves_another_without_a_plan_that_one_decides_first(ended, tmp_path):
    """In the likely one it does not pay to build the 7 that the strong one must have."""
    shares = (0.3, 0.4, 0.3)
    result, best = lines(tmp_path, shares=shares).solve(states="all", gap=0, time_limit=60), counted(shares=shares)
    assert (result.status, set(result.states)) == ("time_limit", {"usual", "weak", "strong"})
    assert result.objective <= best + 1e-6
    assert result.bound >= best - 1e-6
    assert 0 < result.gap < np.inf
    assert "weak, first" in result.log
    assert "strong, first" in result.log


def test_a_state_without_a_plan_of_its_own_proves_that_there_is_none_at_all(apart, tmp_path, monkeypatch):
    """No program of all states is solved, whichever state it is."""
    monkeypatch.setattr(stochastic, "Runner", None)
    for name, shares in (("likely", (0.1, 0.1, 0.8)), ("unlikely", (0.6, 0.3, 0.1))):
        folder = tmp_path / name
        folder.mkdir()
        text = LINES.format(lot="", shares=shares)
        (folder / "instance.yaml").write_text(text.replace("2028: 7", "2028: 700"), encoding="utf-8")
        result = fabopt.load(folder).solve(states="all")
        assert result.status == "infeasible"
        assert "In state 'strong'" in repr(result)
        with pytest.raises(ResultError, match="ended with 'infeasible'"):
            _ = result.answer


def test_what_is_good_enough_state_by_state_is_not_sought_in_one_program(apart, tmp_path, monkeypatch):
    monkeypatch.setattr(stochastic, "Runner", None)
    result = written(tmp_path / "plants", plants()).solve(states="all", gap=0.9)
    best = by_brute_force("expected")[1]
    assert (result.status, result.gap <= 0.9) == ("within_gap", True)
    assert result.objective <= best + 1e-6
    assert result.bound >= best - 1e-6


@pytest.mark.parametrize(("gap", "closer"), [(0.9, False), (0.0, True)])
def test_states_are_searched_again_as_closely_as_asked_where_their_first_plans_are_not_so_close(
    ended, monkeypatch, gap, closer
):
    """The wait-and-see bound of whole numbers is below that of fractions, and no plan is lost."""
    asked, search = [], apart_.search
    monkeypatch.setattr(apart_, "search", lambda *a, gap, **k: asked.append(gap) or search(*a, gap=gap, **k))
    result = fabopt.load(PROGRAMS / "integer-recourse").solve(states="all", gap=gap, time_limit=60)
    states = len(result.states)
    assert asked == [np.inf] * states + [gap] * states * closer
    assert result.objective == approx(59.1111, abs=1e-3)
    assert (result.bound < 70.5) == closer


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_asked_for_beyond_that_is_found_from_there(apart, name):
    instance = fabopt.load(PROGRAMS / name)
    best = instance.data.about.published_optimum
    result = instance.solve(states="all")
    assert (result.status, result.objective) == ("optimal", approx(best, abs=6e-3))

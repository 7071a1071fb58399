"""What must hold of every study, on random small programs, with values from scipy's milp to hold fabopt's against."""

from itertools import combinations

import numpy as np
import pytest
from choke_cases import best, exact
from hypothesis import given, settings
from hypothesis import strategies as st

from fabopt.analysis.choke.attribution import attribution
from fabopt.analysis.choke.cascade import cascade
from fabopt.analysis.choke.derivative import group_prices, slope
from fabopt.analysis.choke.finite import average_price, first_gain, idle, trace
from fabopt.analysis.choke.joint import minimal_sets
from fabopt.analysis.choke.package import ReliefCost, cheapest_packages
from fabopt.plan.groups import LIFTED, percent, units
from fabopt.plan.problem import ChokeProblem

near = pytest.approx
TOL = 1e-5


@st.composite
def programs(draw, integers=True):
    """Packing programs: no row can be broken by producing nothing, and every column has an upper bound."""
    n, m = draw(st.integers(2, 3)), draw(st.integers(2, 4))
    small = st.integers(0, 5)
    rows = [(draw(st.lists(small, min_size=n, max_size=n)), -np.inf, draw(st.integers(2, 15))) for _ in range(m)]
    whole = draw(st.lists(st.booleans(), min_size=n, max_size=n)) if integers else [False] * n
    return ChokeProblem.bare(
        draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)),
        rows,
        {f"r{i}": [i] for i in range(m)},
        upper=draw(st.lists(st.integers(1, 6), min_size=n, max_size=n)),
        integer=whole,
    )


def ids(problem):
    return [g.id for g in problem.groups]


few = settings(max_examples=25, deadline=None, derandomize=True)


@pytest.mark.slow
@few
@given(programs())
def test_gains_of_all_single_and_pair_relaxations_agree_with_brute_force(problem):
    oracle = exact(problem)
    base = best(problem)
    assert oracle.base.lo == near(base, abs=TOL)
    for size in (1, 2):
        for some in combinations(ids(problem), size):
            for step in (units(1), percent(25), LIFTED):
                relief = problem.relief(some, step)
                gain = oracle.gain(relief)
                truth = best(problem, relief) - base
                assert gain.lo - TOL <= truth <= gain.hi + TOL
                assert gain.hi - gain.lo <= TOL  # no gap was allowed, so the interval is a point
                assert gain.plan <= gain.hi + TOL
                assert gain.proof == ("positive" if truth > oracle.eps else "zero")


@few
@given(programs())
def test_left_is_no_less_than_right_and_right_bounds_every_gain_of_the_plan(problem):
    oracle = exact(problem)
    base = oracle.plan_value(oracle.problem.relief([], LIFTED))
    for group in group_prices(oracle, ranges=False).groups:
        direction = problem.direction(group.id)
        assert group.whole.left >= group.whole.right - TOL >= -2 * TOL
        for t in (0.5, 1.0, 3.0):
            gain = oracle.plan_value(direction.times(t)) - base
            assert -TOL <= gain <= group.whole.right * t + TOL


@few
@given(programs(integers=False))
def test_prices_are_the_limits_of_difference_quotients(problem):
    """On small whole data every piece of the value function is longer than 1e-4."""
    oracle, h = exact(problem), 1e-4
    for group in group_prices(oracle, ranges=False).groups:
        direction = problem.direction(group.id)
        up = (best(problem, direction.times(h)) - best(problem)) / h
        down = (best(problem) - best(problem, direction.times(-h))) / h
        assert (group.whole.left, group.whole.right) == near((down, up), abs=1e-3)


@few
@given(programs(integers=False))
def test_prices_hold_up_to_their_range_and_no_further(problem):
    oracle = exact(problem)
    for group in group_prices(oracle).groups:
        direction, price = problem.direction(group.id), group.whole
        for sign, slope_, reach in ((1, price.right, price.range_up), (-1, price.left, price.range_down)):
            if np.isfinite(reach) and np.isfinite(slope_):
                inside = best(problem, direction.times(sign * reach * 0.999)) - best(problem)
                beyond = best(problem, direction.times(sign * (reach + 0.1))) - best(problem)
                assert inside == near(sign * slope_ * reach * 0.999, abs=TOL)
                assert beyond < sign * slope_ * (reach + 0.1) - 1e-6


@few
@given(programs())
def test_plan_gains_are_concave_along_the_step_and_the_trace_is_exact(problem):
    oracle = exact(problem)
    for id in ids(problem):
        direction = problem.direction(id)
        curve = trace(oracle, direction, 8.0)
        slopes = [p.slope for p in curve.pieces]
        assert slopes == sorted(slopes, reverse=True)
        for t in (0.3, 2.0, 5.5, 8.0):
            assert curve.at(t) == near(oracle.plan_value(direction.times(t)), abs=TOL)


@few
@given(programs())
def test_gains_never_fall_with_the_step_or_with_the_set(problem):
    oracle = exact(problem)
    names = ids(problem)
    by_step = [oracle.gain(problem.relief(names[0], s)).lo for s in (units(1), units(2), units(5), LIFTED)]
    assert by_step == sorted(by_step)
    by_set = [oracle.gain(problem.relief(names[:k], LIFTED)).lo for k in range(len(names) + 1)]
    assert by_set == sorted(by_set)


@few
@given(programs())
def test_minimal_sets_are_minimal_by_brute_force_and_hit_all_blocking_sets(problem):
    oracle = exact(problem)
    names = ids(problem)
    joint = minimal_sets(oracle, names, most=200)
    target = oracle.better

    def reaches(some):
        return best(problem, problem.relief(some, LIFTED)) >= target

    every = [frozenset(s) for k in range(len(names) + 1) for s in combinations(names, k)]
    good = [s for s in every if reaches(sorted(s))]
    minimal = {s for s in good if not any(t < s for t in good)}
    assert {frozenset(f.members) for f in joint.sets.reaching} == minimal
    keep = [s for s in every if not reaches(sorted(set(names) - s))]
    blocking = {s for s in keep if not any(t < s for t in keep)}
    assert {frozenset(f.members) for f in joint.sets.blocking} == blocking
    assert all(a & b for a in minimal for b in blocking)
    assert joint.sets.complete


@few
@given(programs(integers=False))
def test_a_row_that_is_slack_in_a_plan_without_whole_numbers_is_in_no_minimal_set(problem):
    """From there a little of the better plan can be mixed in without touching the slack row."""
    oracle = exact(problem)
    joint = minimal_sets(oracle, ids(problem), most=200)
    for found in joint.sets.reaching:
        for id in found.members:
            assert problem.slack(problem.group(id), oracle.problem.x)[0] <= 1e-2


@few
@given(programs())
def test_shares_sum_to_the_gain_of_all_and_lie_in_their_intervals(problem):
    oracle = exact(problem)
    names = ids(problem)
    found = attribution(oracle, names)
    truth = best(problem, problem.relief(names, LIFTED)) - best(problem)
    assert sum(s.value for s in found.shares) == near(truth, abs=TOL)
    assert found.total == near(truth, abs=TOL)
    assert all(s.lo - TOL <= s.value <= s.hi + TOL for s in found.shares)


@few
@given(programs())
def test_the_cascade_telescopes_and_ends_at_the_gain_of_all(problem):
    oracle = exact(problem)
    names = ids(problem)
    found = cascade(oracle, names, most=200)
    assert all(a.after == b.before for a, b in zip(found.steps, found.steps[1:], strict=False))
    truth = best(problem, problem.relief(names, LIFTED)) - best(problem)
    assert sum(s.gain for s in found.steps) == near(truth, abs=2 * oracle.eps + TOL)
    for step in found.steps:
        assert step.alone.lo == near(best(problem, problem.relief(step.members, LIFTED)) - best(problem), abs=TOL)


@few
@given(programs())
def test_the_first_step_of_the_cascade_is_the_largest_single_gain(problem):
    oracle = exact(problem)
    single = [best(problem, problem.relief(id, LIFTED)) - best(problem) for id in ids(problem)]
    found = cascade(oracle, ids(problem), depth=1, most=200)
    if max(single) > 1e-3:
        assert found.steps[0].gain == near(max(single), abs=TOL)


@few
@given(programs())
def test_the_first_gain_is_a_step_that_gains_and_nothing_before_it_does(problem):
    oracle = exact(problem)
    for id in ids(problem):
        direction = problem.direction(id)
        found = first_gain(oracle, direction, 20.0)
        if found is None:
            assert best(problem, direction.times(20.0)) == near(best(problem), abs=TOL)
        else:
            assert best(problem, direction.times(found.hi + 1e-6)) > best(problem) + oracle.eps / 2
            assert best(problem, direction.times(max(found.lo - 1e-3, 0.0))) <= best(problem) + oracle.eps + TOL


@few
@given(programs())
def test_the_average_price_is_no_less_than_the_price_of_any_purchase(problem):
    oracle = exact(problem)
    for id in ids(problem):
        direction = problem.direction(id)
        found = average_price(oracle, direction, 12.0)
        paid = [(best(problem, direction.times(t)) - best(problem)) / t for t in (0.5, 1, 2, 3, 4, 5, 7, 10, 12)]
        assert max(paid) <= found.hi + 1e-4
        if found.at is not None:
            gain = best(problem, direction.times(found.at)) - best(problem)
            assert gain / found.at == near(found.lo, abs=1e-3)


@few
@given(programs())
def test_what_is_proven_idle_gains_nothing(problem):
    oracle = exact(problem)
    for id, proven in idle(oracle, ids(problem)).items():
        if proven:
            assert best(problem, problem.relief(id, LIFTED)) == near(best(problem), abs=TOL)


@few
@given(programs(), st.integers(2, 50))
def test_the_unit_of_money_changes_no_order_of_gains(problem, factor):
    from dataclasses import replace

    scaled = replace(problem, matrices=replace(problem.matrices, cost=problem.matrices.cost * factor))
    a = exact(problem).gains([problem.relief(id, LIFTED) for id in ids(problem)])
    b = exact(scaled).gains([scaled.relief(id, LIFTED) for id in ids(problem)])
    assert [g.lo * factor for g in a] == near([g.lo for g in b], abs=1e-3)


@few
@given(programs())
def test_the_cheapest_package_costs_no_more_than_any_on_a_grid(problem):
    names = ids(problem)[:2]
    oracle = exact(problem)
    top = best(problem, problem.relief(names, percent(100)))
    target = 0.5 * (best(problem) + top)
    costs = [ReliefCost(names[0], 3.0, 1.0), ReliefCost(names[1], 5.0, 0.5)]
    found = cheapest_packages(oracle, costs, target, count=1)
    grid = []
    for r in np.linspace(0, 1, 6):
        for s in np.linspace(0, 1, 6):
            relief = problem.relief(names[0], percent(100 * r)) + problem.relief(names[1], percent(100 * s))
            if best(problem, relief) >= target:
                grid.append(3 * r + (r > 0) + 5 * s + 0.5 * (s > 0))
    assert found.found[0].cost <= min(grid) + 1e-4
    moved = dict(found.found[0].members)
    relief = problem.relief([], LIFTED)
    for id, share in moved.items():
        relief = relief + problem.relief(id, percent(100 * share))
    assert best(problem, relief) >= target - 1e-4


@few
@given(programs(integers=False))
def test_the_slope_of_a_linear_program_lies_between_the_one_sided_prices(problem):
    oracle = exact(problem)
    for group in group_prices(oracle, ranges=False).groups:
        direction = problem.direction(group.id)
        dual = slope(oracle.ask([lambda b: b.linear("fixed", problem.relief([], LIFTED))])[0], direction)
        assert group.whole.right - TOL <= dual <= group.whole.left + TOL

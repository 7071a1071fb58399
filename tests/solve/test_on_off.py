"""What is on or off, against all patterns gone through: without an upper level, with hooks, with limits lifted."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from independent import best_pattern
from random_networks import extra_rows, switched_network

from fabopt.model.families import ModelError
from fabopt.model.gates import FINEST, LARGEST, LEAK
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import between
from fabopt.solve.run import solve
from fabopt.solve.solution import Status
from fabopt.solve.whatif import WhatIf

SEEDS = st.integers(0, 2**31)
EXACT = SolveOptions(gap=0.0)
few = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)


def hook_of(rows, net):
    """The rows as a hook; a level that is always nothing is no variable of the model."""
    labels = [period.label for period in net.periods]

    def hook(m, model):
        m.added = pyo.ConstraintList()
        for terms, low, high in rows:
            there = {(a, labels[t]): value for (a, t), value in terms.items() if (a, labels[t]) in m.start}
            if there:
                body = sum(value * m.start[key] for key, value in there.items())
                m.added.add((None if low == -np.inf else low, body, None if high == np.inf else high))

    return hook


def check(solution, best):
    if best is None or best == np.inf:
        assert solution.status is (Status.INFEASIBLE if best is None else Status.UNBOUNDED)
        return
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(best, rel=1e-6, abs=1e-6)


def check_refusal(error, net):
    """A refusal names something that is decided by yes or no."""
    assert any(f"{a.name!r} ({a.id}) is decided by yes or no" in str(error) for a in net.activities if a.on_off)


@few
@given(SEEDS)
@example(1384)
def test_the_optimum_is_that_of_the_best_pattern_of_on_and_off(seed):
    net = switched_network(seed)
    try:
        solution = solve(net, EXACT)
    except ModelError as error:
        check_refusal(error, net)
        return
    check(solution, best_pattern(net))


@few
@given(SEEDS)
def test_with_rows_of_a_hook_the_optimum_is_that_of_the_best_pattern(seed):
    net = switched_network(seed)
    rows = extra_rows(net, seed)
    try:
        solution = solve(net, EXACT, extra=[hook_of(rows, net)])
    except ModelError as error:
        check_refusal(error, net)
        return
    check(solution, best_pattern(net, rows))


@few
@given(SEEDS, st.sampled_from([2.0, 5.0, 40.0]))
def test_where_a_capacity_is_lifted_in_a_program_that_is_loaded_the_optimum_is_that_of_the_best_pattern(seed, times):
    net = switched_network(seed)
    wider = replace(net, resources=tuple(replace(r, base=times * r.base) for r in net.resources))
    try:
        asked = WhatIf(net, EXACT)
        program = asked.base.program
        upper = program.row_upper.copy()
        of = [i for i, (family, _) in enumerate(program.labels) if family == "capacity"]
        upper[of] *= times
        answer = asked.full(between(program, replace(program, row_upper=upper)))
    except ModelError as error:
        check_refusal(error, net)
        return
    best = best_pattern(wider)
    if best is None or best == np.inf:
        assert answer.x is None
        return
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("upper", [1e7, 2e8, 1e9])
def test_what_comes_in_lots_up_to_a_level_far_away_is_refused_by_name_or_right(upper):
    """Solved are levels of which a yes that is only nearly one lets through no more than is told from nothing."""
    seen = Counter()
    for seed in range(60):
        net = switched_network(seed)
        far = np.full(net.n_periods, upper)
        made = tuple(replace(a, upper=far, lot=1.5) if a.on_off else a for a in net.activities)
        net = replace(net, activities=made)
        try:
            check(solve(net, EXACT), best_pattern(net))
            seen["solved"] += 1
        except ModelError as error:
            check_refusal(error, net)
            seen["refused"] += 1
    assert seen["solved"] > 20
    assert (seen["refused"] > 0) == (upper > LARGEST)


def test_the_largest_level_is_the_one_that_the_finest_whole_numbers_can_hold():
    net = switched_network(1384)
    with pytest.raises(ModelError, match=r"'A1' \(a1\) is decided by yes or no in P3, .* as much as 1e\+09"):
        solve(net, EXACT)
    assert abs(LARGEST * FINEST / LEAK - 1) < 1e-12


def test_few_of_the_random_networks_are_refused_and_they_hold_what_is_to_be_tested():
    seen = Counter()
    for seed in range(100):
        net = switched_network(seed)
        for a in net.activities:
            endless = a.upper is None or a.upper.max() >= 1e6
            seen["switched"] += a.on_off
            seen["without end"] += a.on_off and endless
            seen["in lots"] += a.on_off and endless and a.lot is not None
        try:
            seen["solved"] += solve(net, EXACT).has_plan
        except ModelError:
            seen["refused"] += 1
    assert seen["without end"] > 60
    assert seen["in lots"] > 20
    assert seen["solved"] > 40
    assert seen["refused"] < 40

"""One plan at every size of money and quantities, and a gap that is what its denominator says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from independent import best_value
from model_cases import activity, demand, effect, flow, material, network, resource, unit, use
from random_networks import random_network
from scaled import scaled
from scipy import sparse

from fabopt.model.tables import model_tables
from fabopt.network.tables import Tags
from fabopt.solve.finish import Finished, linear_answer
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import between
from fabopt.solve.proof import proof
from fabopt.solve.run import solve
from fabopt.solve.scale import scales
from fabopt.solve.session import Ended, HighsSession
from fabopt.solve.solution import Status
from fabopt.solve.whatif import WhatIf

approx = pytest.approx
EXACT = SolveOptions(gap=0.0)
MONEY = st.floats(-8, 8).map(lambda power: 10.0**power)
QUANTITY = st.floats(-6, 6).map(lambda power: 10.0**power)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(st.integers(0, 2**31), MONEY, QUANTITY)
def test_money_and_quantities_in_other_units_have_the_same_optimum_status_and_gap(seed, money, quantity):
    net = random_network(seed)
    best = best_value(net)
    solution = solve(scaled(net, money, quantity), EXACT)
    if best is None:
        assert solution.status is Status.INFEASIBLE
        return
    assert solution.status is Status.OPTIMAL
    assert solution.gap <= 1e-6
    size = max(abs(best), abs(best - net.constant_value))
    assert solution.objective / money == approx(best, rel=1e-6, abs=1e-6 * size)


@pytest.mark.parametrize("money", [1e-8, 1e-3, 1.0, 1e3, 1e8])
@pytest.mark.parametrize("quantity", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_a_network_with_one_best_plan_has_it_in_all_units(money, quantity):
    # A tool makes 5 and costs 9; the line makes 4. The demand of 16 pays 3: two tools (10) earn 18 - 2, a third would
    # add 2 for 6 - 9.
    net = network(
        1,
        materials=[material("goods")],
        activities=[activity("make", 1, cost=1)],
        flows=[flow("make", "goods", 1, 1)],
        uses=[use("make", "line", 1, 1)],
        resources=[resource("line", 4)],
        units=[unit("tool", 1, cost=9, upper=5)],
        unit_effects=[effect("tool", "line", (5,))],
        demands=[demand("wanted", "goods", (16,), 3)],
    )
    plan = solve(scaled(net, money, quantity), EXACT)
    assert plan.status is Status.OPTIMAL
    assert plan.orders.tolist() == [[2.0]]
    assert plan.levels[0, 0] == approx(14 * quantity, rel=1e-9)
    assert plan.objective == approx((14 * 2 - 18) * money, rel=1e-9)
    assert plan.prices["capacity"][0] == approx(2 * money / quantity, rel=1e-9)
    assert plan.gap_denominator == approx(10 * money, rel=1e-9)


@pytest.mark.parametrize("wanted", [1e-3, 10.0, 1e7, 1e12])
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e5])
def test_the_fairest_split_is_the_same_whatever_the_size_of_the_demands(wanted, size):
    wanted = wanted if wanted > 10 else 10.0 * (1 + wanted)  # never less than the line can give
    parties = ("a", "b", "c")
    net = network(
        1,
        materials=[material(p) for p in parties],
        activities=[activity(f"make-{p}", 1, upper=(2 * size if p == "a" else np.inf,)) for p in parties],
        flows=[flow(f"make-{p}", p, 1, 1) for p in parties],
        uses=[use(f"make-{p}", "line", 1, 1) for p in parties],
        resources=[resource("line", 10 * size)],
        demands=[demand(p, p, (wanted * size,), 1 if p == "c" else 0, tags=Tags(customer=p)) for p in parties],
    )
    plan = solve(net, SolveOptions("max_min", gap=0.0))
    assert [float(d.sum()) / size for d in plan.delivered] == approx([2, 4, 4], rel=1e-6)


# -- the units of the solver -------------------------------------------------------------------------------------------


def test_an_ordinary_program_goes_to_the_solver_as_it_is():
    found = scales(_program(random_network(1)))
    assert set(found.column.tolist()) == {1.0}
    assert set(found.row.tolist()) == {1.0}


def test_units_are_powers_of_two_and_whole_numbers_keep_theirs():
    program = _program(scaled(random_network(2), 1e-8, 1e6))
    found = scales(program)
    for factors in (found.column, found.row):
        assert np.all(np.exp2(np.round(np.log2(factors))) == factors)
    assert set(found.column[program.integer].tolist()) == {1.0}
    assert np.median(found.column[~program.integer]) > 1e4


def test_a_huge_bound_that_means_none_leaves_the_units_with_the_others():
    # 4 units of a good; the line could make 1e10.
    net = network(
        4,
        materials=[material("goods")],
        activities=[activity("make", 4, upper=(1e10,) * 4)],
        flows=[flow("make", "goods", 1, 4)],
        uses=[use("make", "line", 1e-6, 4)],
        resources=[resource("line", *(1e6,) * 4)],
        demands=[demand("wanted", "goods", (4,) * 4, 1)],
    )
    assert scales(_program(net)).column.max() <= 16


def _program(net):
    return program_of(model_tables(net))


def tiny_linear():
    """3p x + 5p y (p = 1e-12); x <= 4e6, 2 y <= 12e6, 3 x + 2 y <= 18e6: x = 2e6, y = 6e6, duals 0, 1.5p, p."""
    a = sparse.csc_array(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]))
    none, most = np.full(3, -np.inf), np.array([4e6, 12e6, 18e6])
    low, high = np.zeros(2), np.full(2, np.inf)
    labels = tuple(("row", (str(i),)) for i in range(3))
    return Matrices(a, none, most, low, high, np.array([3e-12, 5e-12]), np.zeros(2, dtype=bool), 0.0, labels)


def checked(outcome, value, x, duals):
    assert outcome.ended is Ended.OPTIMAL
    assert outcome.objective == outcome.bound == approx(value, rel=1e-9)
    assert outcome.x == approx(x, rel=1e-9)
    assert outcome.row_price == approx(duals, rel=1e-9, abs=1e-20)


def test_plan_prices_and_value_come_back_in_the_units_of_the_model():
    session = HighsSession(tiny_linear())
    assert session.column_unit.max() > 1e4
    assert session.money_unit < 1e-3
    checked(session.solve(), 36e-6, [2e6, 6e6], [0, 1.5e-12, 1e-12])
    assert session.value() == approx(36e-6, rel=1e-9)
    assert session.violation(np.array([2e6, 6e6])) <= 1e-9
    assert session.violation(np.array([2e6 + 3e4, 6e6])) > 1e-3


def test_what_is_changed_in_place_is_turned_too():
    session = HighsSession(tiny_linear())
    session.solve()
    at = np.array([1])
    session.set_row_bounds(at, np.array([-np.inf]), np.array([8e6]))  # y <= 4e6, so x = 10e6 / 3
    checked(session.solve(), 30e-6, [1e7 / 3, 4e6], [0, 1.5e-12, 1e-12])
    session.set_coefficients(at, at, np.array([1.0]))  # y <= 8e6, so x = 2e6 / 3
    checked(session.solve(), 42e-6, [2e6 / 3, 8e6], [0, 3e-12, 1e-12])
    session.set_column_bounds(np.array([0]), np.array([0.0]), np.array([5e5]))
    outcome = session.solve()
    checked(outcome, 41.5e-6, [5e5, 8e6], [0, 5e-12, 0])
    assert outcome.column_price == approx([3e-12, 0], rel=1e-9, abs=1e-20)
    session.set_costs(np.array([3e3, 5e3]), 7.0)
    checked(session.solve(), 7 + 41.5e9, [5e5, 8e6], [0, 5e3, 0])
    row = session.add_row(np.array([0, 1]), np.array([1e-5, 1e-5]), -np.inf, 50.0)  # x + y <= 5e6
    outcome = session.solve()
    assert outcome.objective == approx(7 + 25e9, rel=1e-9)
    assert outcome.row_price[row] == approx(5e8, rel=1e-9)
    # 1e8 of the new column, at 1 each, let 1e5 more of y be made.
    entries = sparse.csc_array(np.array([[0.0], [0.0], [0.0], [-1e-8]]))
    column = session.add_columns(entries, np.array([-1.0]), np.zeros(1), np.array([1e8]))
    outcome = session.solve()
    assert outcome.x[column] == approx([1e8], rel=1e-9)
    assert outcome.objective == approx(7 + 25e9 + 1e5 * 5e3 - 1e8, rel=1e-9)


def test_a_patch_and_a_basis_pass_between_programs_of_other_units():
    before = tiny_linear()
    after = Matrices(
        before.a, before.row_lower, before.row_upper * [1, 0.5, 1], before.column_lower, before.column_upper,
        before.cost * 1e12, before.integer, 0.0, before.labels,
    )  # fmt: skip
    session, other = HighsSession(before), HighsSession(after)
    session.solve()
    other.basis = session.basis
    between(before, after).apply(session)
    assert linear_answer(session).objective == approx(linear_answer(other).objective, rel=1e-12)
    assert linear_answer(other).objective == approx(27e6, rel=1e-9)


# -- what is proved ----------------------------------------------------------------------------------------------------


def test_the_gap_is_the_distance_as_a_share_of_what_is_decided():
    found = proof(110.0, 112.0, 60.0)
    assert (found.gap, found.denominator) == (2.0 / 50.0, 50.0)
    assert proof(110e-12, 112e-12, 60e-12).gap == approx(0.04)
    assert found.within(0.04)
    assert not found.within(0.039)
    assert not found.exact


def test_rounding_of_what_was_added_up_is_no_gap_and_a_plan_worth_nothing_proves_nothing():
    assert proof(0.0, 1e-10, size=1e3).gap == 0.0
    assert proof(0.0, 1e-8, size=1e3).gap == np.inf
    assert proof(0.0, 0.0).exact


@pytest.mark.parametrize("money", [1e-8, 1.0, 1e8])
def test_stage_solution_progress_and_what_if_share_denominator_and_gap(money):
    net = scaled(_knapsack(), money)
    seen = []
    found = solve(net, SolveOptions(gap=0.2), progress=lambda _, progress: seen.append(progress))
    stage = found.stages[0]
    assert found.gap_denominator == approx(abs(found.objective - net.constant_value - net.standing_value))
    assert found.gap == approx((found.bound - found.objective) / found.gap_denominator, abs=1e-12)
    assert stage.gap == approx((stage.bound - stage.objective) / stage.denominator, abs=1e-12)
    assert found.gap <= 0.2
    answer = WhatIf(net, SolveOptions(gap=0.2)).full()
    assert answer.denominator == approx(abs(answer.objective - net.constant_value - net.standing_value))
    assert answer.gap == approx((answer.bound - answer.objective) / answer.denominator, abs=1e-12)
    for told in seen:
        if told.gap is not None:
            assert told.gap == approx((told.bound - told.incumbent) / abs(told.incumbent - 70 * money), rel=1e-9)


def test_a_plan_that_rounding_leaves_short_of_the_gap_asked_for_is_not_called_proved(monkeypatch):
    def halved(session, x, cost, priced=None):
        return Finished(x / 2, np.zeros(len(session.row_lower)), np.zeros(len(x)))

    net = network(
        1,
        materials=[material("goods")],
        activities=[activity("make", 1)],
        flows=[flow("make", "goods", 1, 1)],
        uses=[use("make", "line", 1, 1)],
        resources=[resource("line", 8)],
        demands=[demand("wanted", "goods", (20,), 3)],
    )
    assert solve(net, SolveOptions(gap=0.1)).status is Status.OPTIMAL
    monkeypatch.setattr("fabopt.solve.run.finish", halved)
    found = solve(net, SolveOptions(gap=0.1))
    assert (found.objective, found.bound, found.gap, found.gap_denominator) == approx((12, 24, 1, 12))
    assert found.status is Status.WIDER_GAP
    assert solve(net, SolveOptions(gap=0.999)).status is Status.WIDER_GAP


def _knapsack():
    dice = np.random.default_rng(4)
    ids = [f"p{i}" for i in range(30)]
    net = network(
        1,
        materials=[material(i) for i in ids],
        activities=[activity(i, 1, upper=(1.0,), lot=1.0) for i in ids],
        flows=[flow(i, i, 1, 1) for i in ids],
        uses=[use(i, f"r{k}", float(dice.integers(10, 1000)), 1) for k in range(8) for i in ids],
        resources=[resource(f"r{k}", 6000.0) for k in range(8)],
        demands=[demand(f"d-{i}", i, (1,), int(dice.integers(400, 600))) for i in ids],
    )
    return replace(net, constant_value=20.0, standing_value=50.0)

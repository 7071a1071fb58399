"""The worked examples of choke-point theory, each with its exact answer.

The numbers were worked out by hand from the programs stated in `choke_cases`, or by enumerating their few plans.
"""

import numpy as np
import pytest
from choke_cases import (
    assembly,
    best,
    complements,
    exact,
    infeasible_lines,
    knapsack,
    lots,
    parametric,
    redundant_tie,
    switch,
)

from fabopt.analysis.choke.attribution import attribution
from fabopt.analysis.choke.cascade import cascade
from fabopt.analysis.choke.derivative import group_prices, prices
from fabopt.analysis.choke.finite import average_price, first_gain, trace, value_curve
from fabopt.analysis.choke.joint import marco, minimal_sets
from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.analysis.choke.package import ReliefCost, cheapest_packages, frontier
from fabopt.analysis.choke.status import status
from fabopt.plan.groups import LIFTED, Relief, percent, units
from fabopt.plan.problem import ChokeProblem

near = pytest.approx


def by_id(oracle):
    return {g.id: g.whole for g in group_prices(oracle).groups}


def sets(found):
    return {f.members for f in found}


# -- A1: complements ---------------------------------------------------------------------------------------------------


def test_a1_each_of_two_complements_is_worth_something_downwards_and_nothing_upwards():
    found = by_id(exact(complements()))
    assert (found["cowos"].left, found["cowos"].right) == near((10, 0))
    assert (found["hbm"].left, found["hbm"].right) == near((1.25, 0))


def test_a1_both_together_are_worth_ten_up_and_down():
    (both,) = prices(exact(complements()), [Relief("one chip more", {0: 1.0, 1: 8.0}, {}, {})])
    assert (both.left, both.right) == near((10, 10))


def test_a1_one_more_of_either_gains_nothing_and_of_both_gains_ten():
    problem = complements()
    oracle = exact(problem)
    alone = oracle.gains([problem.relief("cowos", units(1)), problem.relief("hbm", units(8))])
    assert [g.proof for g in alone] == ["zero", "zero"]
    both = oracle.gain(Relief("both", {0: 1.0, 1: 8.0}, {}, {}))
    assert (both.lo, both.hi, both.proof) == (near(10), near(10), "positive")


def test_a1_lifting_one_gains_nothing_and_lifting_both_gains_nine_thousand():
    problem = complements()
    oracle = exact(problem)
    assert oracle.gain(problem.relief("cowos", LIFTED)).hi == near(0)
    assert oracle.gain(problem.relief("hbm", LIFTED)).hi == near(0)
    assert oracle.gain(problem.relief(["cowos", "hbm"], LIFTED)).lo == near(9000)


def test_a1_the_only_minimal_set_is_both_and_each_alone_blocks():
    joint = minimal_sets(exact(complements()), ["cowos", "hbm"])
    assert sets(joint.sets.reaching) == {("cowos", "hbm")}
    assert sets(joint.sets.blocking) == {("cowos",), ("hbm",)}
    assert joint.sets.complete
    assert all(f.proven for f in (*joint.sets.reaching, *joint.sets.blocking))
    assert joint.gains[0].lo == near(9000)


def test_a1_shares_are_equal_and_the_interaction_is_all_of_it():
    shares = attribution(exact(complements()), ["cowos", "hbm"])
    assert [s.value for s in shares.shares] == near([4500, 4500])
    assert shares.interactions[0].index == near(9000)


def test_a1_the_cascade_lifts_both_at_once():
    found = cascade(exact(complements()), ["cowos", "hbm"])
    assert [(s.members, s.gain) for s in found.steps] == [(("cowos", "hbm"), near(9000))]
    assert found.steps[0].alone.lo == near(9000)
    assert found.end == "nothing gains"


def test_a1_both_are_co_binding():
    problem = complements()
    oracle = exact(problem)
    joint = minimal_sets(oracle, ["cowos", "hbm"])
    for id in ("cowos", "hbm"):
        assert status(oracle, id, oracle.gain(problem.relief(id, LIFTED)), joint) == "co-binding"


def test_a1_the_cheapest_package_moves_both_by_the_same_share():
    """1100 needs 110 chips: 10 % more of both, at 8 and 20 for the whole base and 1 and 2 for moving at all."""
    costs = [ReliefCost("cowos", 8.0, 1.0), ReliefCost("hbm", 20.0, 2.0)]
    found = cheapest_packages(exact(complements()), costs, 1100.0)
    assert len(found.found) == 1
    assert found.exhausted
    assert dict(found.found[0].members) == {"cowos": near(0.1), "hbm": near(0.1)}
    assert (found.found[0].cost, found.found[0].least) == near((5.8, 5.8))


# -- A2: a redundant tie -----------------------------------------------------------------------------------------------


def test_a2_left_derivatives_are_one_one_one_and_a_half_and_right_ones_zero():
    found = by_id(exact(redundant_tie()))
    assert [found[f"r{i}"].left for i in range(4)] == near([1, 1, 1, 0.5])
    assert [found[f"r{i}"].right for i in range(4)] == near([0, 0, 0, 0])


def test_a2_prices_hold_down_to_nothing_for_r0_and_up_without_end():
    """v falls by 1 for each unit of r0 down to 0; r3 = 2 leaves x = 2, y = 0, below which it costs 1 a unit."""
    found = by_id(exact(redundant_tie()))
    assert [found[f"r{i}"].range_down for i in range(4)] == near([4, 2, 2, 4])
    assert all(found[f"r{i}"].range_up == np.inf for i in range(4))


def test_a2_minimal_sets_and_blocking_sets():
    joint = minimal_sets(exact(redundant_tie()), ["r0", "r1", "r2", "r3"])
    assert sets(joint.sets.reaching) == {("r0", "r1"), ("r0", "r2", "r3")}
    assert sets(joint.sets.blocking) == {("r0",), ("r1", "r2"), ("r1", "r3")}


def test_a2_lifting_pairs_and_triples_gives_two_and_ninety_eight():
    """Without r0 and r1: x + 2 y <= 6 gives 6. Without r0, r2, r3: x <= 2, y <= 100 gives 102."""
    joint = minimal_sets(exact(redundant_tie()), ["r0", "r1", "r2", "r3"])
    assert [g.lo for g in joint.gains] == near([2, 98])


def test_a2_all_are_co_binding():
    problem = redundant_tie()
    oracle = exact(problem)
    ids = [g.id for g in problem.groups]
    joint = minimal_sets(oracle, ids)
    assert {status(oracle, i, oracle.gain(problem.relief(i, LIFTED)), joint) for i in ids} == {"co-binding"}


# -- A3: slack and yet binding -----------------------------------------------------------------------------------------


def test_a3_has_slack_and_a_zero_price_with_whole_numbers_held_and_ten_in_the_relaxation():
    problem = lots()
    oracle = exact(problem)
    assert problem.slack(problem.group("input"), oracle.problem.x) == near([10])
    (held,) = prices(oracle, [problem.direction("input")])
    (relaxed,) = prices(oracle, [problem.direction("input")], "relaxed")
    assert (held.left, held.right) == (0, 0)
    assert (relaxed.left, relaxed.right) == near((10, 10))


def test_a3_gains_nothing_until_fifteen_and_then_a_whole_lot():
    problem = lots()
    steps = [units(14.9), units(15), percent(10), percent(25), LIFTED]
    gains = exact(problem).gains([problem.relief("input", step) for step in steps])
    assert [(gain.lo, gain.hi) for gain in gains] == [near((v, v)) for v in (0, 250, 0, 250, 24_000)]
    assert first_gain(exact(problem), problem.direction("input"), 50).hi == near(15)


def test_a3_average_shadow_price_is_sixteen_and_two_thirds_at_fifteen():
    problem = lots()
    found = average_price(exact(problem), problem.direction("input"), 99.5)
    assert (found.lo, found.hi, found.at) == near((50 / 3, 50 / 3, 15))


def test_a3_is_binding_in_spite_of_its_slack():
    problem = lots()
    oracle = exact(problem)
    assert status(oracle, "input", oracle.gain(problem.relief("input", LIFTED))) == "binding"


# -- A4: a switch of technology ----------------------------------------------------------------------------------------


def test_a4_fixed_whole_numbers_see_six_down_and_nothing_up():
    found = by_id(exact(switch()))["cap"]
    assert (found.left, found.right) == near((6, 0))


@pytest.mark.parametrize(("t", "value"), [(0, 600), (5, 600), (10, 605), (20, 660), (30, 660)])
def test_a4_value_function(t, value):
    problem = switch()
    found = exact(problem).certified(problem.direction("cap").times(t))
    assert (found.lo, found.hi) == near((value, value))


def test_a4_first_gain_saturation_and_flat_stretches_of_the_curve():
    problem = switch()
    oracle = exact(problem)
    curve = value_curve(oracle, problem.direction("cap"), 50.0, pieces=5)
    gains = (100 + 2 * oracle.eps) / 11  # 11 x2 >= 600 + eps needs 2 x2 of room, and 100 are there
    assert curve.first_gain.hi == near(gains, abs=1e-6)
    assert curve.saturates.hi == near(20, abs=1e-6)
    assert [f for a in curve.flat for f in a] == near([0, gains, 20, 50], abs=1e-6)


def test_a4_average_shadow_price_is_three_at_twenty():
    problem = switch()
    found = average_price(exact(problem), problem.direction("cap"), 99.5)
    assert (found.lo, found.hi, found.at) == near((3, 3, 20))


def test_a4_packages_cost_a_tenth_for_605_and_a_fifth_for_660_and_nothing_reaches_700():
    oracle, costs = exact(switch()), [ReliefCost("cap", 100.0)]
    found = frontier(oracle, costs, [600.0, 605.0, 660.0, 700.0])
    assert [p.found[0].cost for p in found[:3]] == near([0, 10, 20])
    assert found[3].reachable is False


# -- A5: a parametric linear program -----------------------------------------------------------------------------------


def test_a5_trace_has_breakpoints_four_and_sixteen_thirds_from_five_programs():
    problem = parametric()
    found = trace(exact(problem), problem.direction("b"), 10.0)
    assert [n for p in found.breakpoints for n in p] == near([0, 0, 4, 12, 16 / 3, 40 / 3, 10, 40 / 3])
    assert [p.slope for p in found.pieces] == near([3, 1, 0], abs=1e-9)
    assert found.asked == 5


def test_a5_trace_agrees_with_forty_one_cold_programs():
    problem = parametric()
    found = trace(exact(problem), problem.direction("b"), 10.0)
    for t in np.linspace(0, 10, 41):
        assert found.at(float(t)) == near(best(parametric(float(t))), abs=1e-9)


@pytest.mark.parametrize(
    ("b", "left", "right", "down", "up"), [(2, 3, 3, 2, 2), (4, 3, 1, 4, 4 / 3), (5, 1, 1, 1, 1 / 3)]
)
def test_a5_prices_hold_from_breakpoint_to_breakpoint(b, left, right, down, up):
    found = by_id(exact(parametric(b)))["b"]
    assert (found.left, found.right, found.range_down, found.range_up) == near((left, right, down, up))


# -- A6: the gap hides a unit ------------------------------------------------------------------------------------------


def test_a6_without_a_gap_one_more_is_worth_nothing_three_times_and_ten_thousand_once():
    problem = knapsack()
    gains = exact(problem).gains([problem.relief(f"k{i}", units(1)) for i in range(4)])
    assert [g.lo for g in gains] == near([0, 0, 0, 10_000], abs=1e-3)
    assert [g.hi for g in gains] == near([0, 0, 0, 10_000], abs=1e-3)


def test_a6_with_a_gap_of_one_per_cent_intervals_hold_the_truth_and_prove_nothing():
    problem = knapsack()
    oracle = Oracle(problem, Effort(gap=1e-2))
    gains = oracle.gains([problem.relief(f"k{i}", units(1)) for i in range(4)])
    for gain, truth in zip(gains, [0, 0, 0, 10_000], strict=True):
        assert gain.lo - 1e-3 <= truth <= gain.hi + 1e-3
        assert gain.proof != "positive"
    assert any(g.proof == "undecided" for g in gains)


# -- other worked examples ---------------------------------------------------------------------------------------------


def test_assembly_makes_eighty_chips_and_only_hbm_has_a_price_of_one_half():
    oracle = exact(assembly())
    assert oracle.base.lo == near(80)
    found = by_id(oracle)
    assert {id: (p.left, p.right) for id, p in found.items()} == {
        "logic": (0, 0),
        "hbm": near((0.5, 0.5)),
        "cowos": (0, 0),
    }


def test_repairs_of_an_integer_conflict_are_budget_or_demand_and_they_conflict():
    """{budget, demand} cannot both stand; the sites could, since a second tool fits as soon as the money is there."""
    problem = infeasible_lines()

    def feasible(names):
        return best(problem, problem.relief(sorted(names), LIFTED)) > -np.inf

    found = marco([g.id for g in problem.groups], feasible)
    assert sets(found.reaching) == {("budget",), ("demand",)}
    assert sets(found.blocking) == {("budget", "demand")}
    assert found.complete


def test_interaction_of_substitutes_is_negative_and_of_complements_positive():
    """w = 6, 6, 6 together (substitutes) and 0, 0, 6 together (complements): indices -6 and 6 by the definition."""
    from fabopt.analysis.choke.attribution import shapley
    from fabopt.plan.problem import Interval

    def game(alone):
        def values(asked):
            return [Interval(v, v) for v in (0.0 if not s else 6.0 if len(s) == 2 else alone for s in asked)]

        return shapley(["a", "b"], values)

    assert game(6.0).interactions[0].index == near(-6)
    assert game(0.0).interactions[0].index == near(6)
    assert [s.value for s in game(6.0).shares] == near([3, 3])


# -- plans that are worth nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_what_gains_only_together_is_found_of_a_plan_that_makes_nothing(unit):
    # A chip is worth 10 and needs an hour of both lines, which have none; one more hour of either alone is no use.
    problem = ChokeProblem.bare([10.0 * unit], [([1], -np.inf, 0), ([1], -np.inf, 0)], {"a": [0], "b": [1]}, upper=7)
    oracle = Oracle(problem)
    step = cascade(oracle, ["a", "b"], step=units(1)).steps[0]
    assert (set(step.members), step.gain, step.alone.lo) == ({"a", "b"}, near(10 * unit), near(10 * unit))
    assert [g.proof for g in oracle.gains([problem.relief(id, units(1)) for id in "ab"])] == ["zero", "zero"]


def test_nothing_gains_where_nothing_counts():
    problem = ChokeProblem.bare([0.0], [([1], -np.inf, 4), ([1], -np.inf, 5)], {"a": [0], "b": [1]}, upper=7)
    assert cascade(Oracle(problem), ["a", "b"], step=units(1)).end == "nothing gains"

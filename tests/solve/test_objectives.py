"""Objectives in lexicographic order, on cases worked by hand."""

import numpy as np
import pytest
from model_cases import activity, demand, effect, flow, material, network, resource, seq, unit, use, workshop
from random_networks import random_network

from fabopt.model.families import ModelError
from fabopt.network.tables import Tags
from fabopt.solve.options import OptionError, SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Status
from fabopt.solve.start import start_of

approx = pytest.approx


def labs(capacity, wants, **more):
    """One line serves a demand for each lab: ``wants`` is lab -> (quantity by period, value, weight)."""
    count = len(capacity)
    goods = [material(lab) for lab in wants]
    return network(
        count,
        materials=goods,
        activities=[activity(f"make-{lab}", count) for lab in wants],
        flows=[flow(f"make-{lab}", lab, 1, count) for lab in wants],
        uses=[use(f"make-{lab}", "line", 1, count) for lab in wants],
        resources=[resource("line", *capacity)],
        demands=[
            demand(f"{lab}-wants", lab, wanted, value, weight=weight, tags=Tags(lab=lab))
            for lab, (wanted, value, weight) in wants.items()
        ],
        **more,
    )


def delivered(solution):
    return [float(d.sum()) for d in solution.delivered]


# -- compute -----------------------------------------------------------------------------------------------------------


def test_compute_takes_the_heavier_work_though_the_lighter_pays_more():
    net = labs((10,), {"ada": ((9,), 1, 3.0), "bob": ((9,), 7, 1.0)})
    assert delivered(solve(net)) == approx([1, 9])
    most = solve(net, SolveOptions("compute"))
    assert delivered(most) == approx([9, 1])
    assert most.objective == approx(9 * 3 + 1)
    assert most.value == approx(9 * 1 + 1 * 7)


def test_compute_by_a_date_leaves_the_rest_to_value():
    # By P1 ada's compute counts; from P2 on the line goes to the one who pays more.
    net = labs((10, 10), {"ada": ((10, 10), 1, 3.0), "bob": ((10, 10), 7, 1.0)})
    early = solve(net, SolveOptions("compute", by="P1"))
    assert early.delivered[0][0].tolist() == approx([10, 0])
    assert early.delivered[1][0].tolist() == approx([0, 10])
    assert [stage.name for stage in early.stages] == ["compute", "value"]


def test_the_rate_of_a_period_counts_that_period_alone():
    # A stock of 10 may be delivered at any time; the rate of P2 asks for all of it then.
    net = network(
        2,
        materials=[material("chips", storable=True, opening=10.0)],
        demands=[demand("ada", "chips", (10, 10), 1, weight=1.0)],
    )
    net_value = solve(net, SolveOptions("compute", by="P2", measure="rate"))
    assert net_value.objective == approx(10)
    assert net_value.delivered[0][0].tolist() == approx([0, 10])


def test_only_the_demands_named_count():
    net = labs((10,), {"ada": ((9,), 1, 3.0), "bob": ((9,), 7, 0.0)})
    only = solve(net, SolveOptions("compute", demands=("bob-wants",)))
    assert only.objective == approx(9)
    assert delivered(only) == approx([1, 9])


def test_a_date_outside_the_horizon_is_refused_with_a_sentence():
    with pytest.raises(OptionError, match="'P9' is no period of the horizon, which runs from P1 to P2"):
        solve(labs((1, 1), {"ada": ((1, 1), 1, 1.0)}), SolveOptions("compute", by="P9"))


def test_a_demand_that_is_not_there_is_refused_with_the_nearest_name():
    with pytest.raises(OptionError, match="no demand 'ada-want' in the network; did you mean 'ada-wants'"):
        solve(labs((1,), {"ada": ((1,), 1, 1.0)}), SolveOptions("compute", demands=("ada-want",)))


def test_without_any_weight_there_is_no_compute_to_maximise():
    with pytest.raises(ModelError, match="No demand has a weight in compute"):
        solve(labs((1,), {"ada": ((1,), 1, 0.0)}), SolveOptions("compute"))


# -- time to compute ---------------------------------------------------------------------------------------------------


def growing(**tool):
    """A line of 2 and a tool that adds 5 after one period; ada wants 20 a period, each worth little."""
    return labs(
        (2, 2, 2, 2),
        {"ada": ((20,) * 4, 0.01, 1.0)},
        units=[unit("tool", 4, upper=1, total=1, **tool)],
        unit_effects=[effect("tool", "line", (5,), first_age=1)],
    )


@pytest.mark.parametrize(
    ("target", "measure", "period", "tools"),
    [
        (2, "cumulative", "P1", 0),
        (4, "cumulative", "P2", 0),  # 2 + 2
        (9, "cumulative", "P2", 1),  # 2 + 7
        (16, "cumulative", "P3", 1),
        (7, "rate", "P2", 1),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_the_target_is_reached_at_the_earliest_date_and_tools_bought_only_for_it(
    target, measure, period, tools, large, monkeypatch
):
    if large:  # as programs of a size at which periods are asked for one at a time
        monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
        monkeypatch.setattr("fabopt.solve.search.EASY", 0)
    solution = solve(growing(cost=50), SolveOptions("time_to_compute", target=target, measure=measure))
    assert solution.reached == period
    assert solution.objective == int(period[1]) - 1
    assert solution.orders.sum() == tools


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["cumulative", "rate"])
def test_periods_that_are_asked_for_one_at_a_time_give_the_date_of_one_tree_over_all_of_them(measure, monkeypatch):
    """Of random networks with integers, in which the relaxation often reaches the target too early."""
    later = searched = 0
    for seed in range(30):
        net = random_network(seed)
        if not net.demands:
            continue
        ids = tuple(one.id for one in net.demands)
        most = solve(net, SolveOptions("compute", demands=ids, gap=0.0))
        for share in (0.2, 0.6, 0.95):
            target = share * (most.objective or 0.0)
            if not target > 0:
                continue
            asked = SolveOptions("time_to_compute", target=target, measure=measure, demands=ids, gap=0.0)
            tree = solve(net, asked)
            with monkeypatch.context() as patched:
                patched.setattr("fabopt.solve.matrices.LARGE", 0)
                found = solve(net, asked)
            assert (found.status, found.reached) == (tree.status, tree.reached), (seed, share)
            if tree.has_plan:
                assert found.value == approx(tree.value, rel=1e-6, abs=1e-6)
                later += tree.objective > 0
            searched += ": search" in found.log
    assert later > 5
    assert searched


def test_a_plan_of_value_begins_the_search_for_a_date_and_stands_where_there_is_no_time(monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    net = growing(cost=0.01)
    start = start_of("value", net, solve(net, SolveOptions(gap=0.0)))
    found = solve(net, SolveOptions("time_to_compute", target=9, time_limit=1e-9), start=start)
    assert found.status is Status.TIME_LIMIT
    assert found.reached == "P2"  # 2 + 7, with the tool that pays by itself
    assert found.bound == 0


@pytest.mark.parametrize("large", [False, True])
def test_a_target_out_of_reach_says_by_how_much(large, monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0 if large else 10_000)
    # 2 + 7 + 7 + 7 = 23.
    solution = solve(growing(cost=50), SolveOptions("time_to_compute", target=30))
    assert solution.status is Status.INFEASIBLE
    short = [conflict for conflict in solution.conflicts if conflict.family == "target" and conflict.kind == "shortage"]
    assert [conflict.amount for conflict in short] == approx([7])


def test_time_to_compute_without_a_target_is_refused_with_a_sentence():
    with pytest.raises(OptionError, match="needs a target: a positive amount of compute"):
        SolveOptions("time_to_compute")


# -- least cost --------------------------------------------------------------------------------------------------------


def test_least_cost_makes_what_is_required_in_the_cheapest_way_and_value_adds_what_is_free():
    # Two ways to make what is required: at 3 (up to 4) and at 5. The optional demand costs more than nothing.
    net = network(
        1,
        materials=[material("goods")],
        activities=[activity("cheap", 1, 3, upper=seq(4)), activity("dear", 1, 5)],
        flows=[flow("cheap", "goods", 1, 1), flow("dear", "goods", 1, 1)],
        demands=[demand("army", "goods", (6,), 0, required=True), demand("shop", "goods", (9,), 99)],
    )
    solution = solve(net, SolveOptions("least_cost"))
    assert solution.objective == approx(4 * 3 + 2 * 5)
    assert delivered(solution) == approx([6, 0])


# -- max-min -----------------------------------------------------------------------------------------------------------


def test_twelve_for_three_labs_that_want_the_same_are_four_for_each():
    net = labs((12,), {"ada": ((10,), 9, 0.0), "bob": ((10,), 5, 0.0), "cyd": ((10,), 1, 0.0)})
    assert delivered(solve(net)) == approx([10, 2, 0])
    fair = solve(net, SolveOptions("max_min"))
    assert delivered(fair) == approx([4, 4, 4])
    assert fair.objective == approx(0.4)


def test_shares_are_raised_one_after_another_when_one_lab_is_held_back():
    # Bob's own machine gives him 1 of 10 and no more; ada and cyd then share the line of 12: 6 of 10 each, though
    # nothing makes value prefer cyd.
    net = labs(
        (13,),
        {"ada": ((10,), 9, 0.0), "bob": ((10,), 9, 0.0), "cyd": ((10,), 1, 0.0)},
    )
    held = network(
        1,
        materials=net.materials,
        activities=net.activities,
        flows=net.flows,
        uses=[*net.uses, use("make-bob", "bob-machine", 1, 1)],
        resources=[*net.resources, resource("bob-machine", 1)],
        demands=net.demands,
    )
    fair = solve(held, SolveOptions("max_min"))
    assert fair.objective == approx(0.1)
    assert delivered(fair) == approx([6, 1, 6])


def test_a_lab_with_two_demands_has_the_mean_of_their_shares():
    # Ada wants 10 of two things, bob 10 of one; a line of 15 gives phi with 20 phi + 10 phi = 15.
    net = labs((15,), {"ada": ((10,), 1, 0.0), "ada2": ((10,), 1, 0.0), "bob": ((10,), 1, 0.0)})
    demands = [
        demand("d1", "ada", (10,), 1, tags=Tags(lab="ada")),
        demand("d2", "ada2", (10,), 1, tags=Tags(lab="ada")),
        demand("d3", "bob", (10,), 1, tags=Tags(lab="bob")),
    ]
    both = network(
        1,
        materials=net.materials,
        activities=net.activities,
        flows=net.flows,
        uses=net.uses,
        resources=net.resources,
        demands=demands,
    )
    fair = solve(both, SolveOptions("max_min"))
    first, second, third = delivered(fair)
    assert fair.objective == approx(0.5)
    assert first + second == approx(10)
    assert third == approx(5)


def test_max_min_with_whole_lots_leaves_the_first_lab_where_either_could_rise():
    # 5 lots of 2 for two labs that want 10: the best least share is 4 of 10. Either could have the fifth lot, not both:
    # the first in the instance stays where it is.
    count = {"lot": 2.0}
    net = network(
        1,
        materials=[material("ada"), material("bob")],
        activities=[activity("make-ada", 1, **count), activity("make-bob", 1, **count)],
        flows=[flow("make-ada", "ada", 1, 1), flow("make-bob", "bob", 1, 1)],
        uses=[use("make-ada", "line", 1, 1), use("make-bob", "line", 1, 1)],
        resources=[resource("line", 10)],
        demands=[demand("ada", "ada", (10,), 1), demand("bob", "bob", (10,), 5)],
    )
    fair = solve(net, SolveOptions("max_min"))
    assert fair.objective == approx(0.4)
    assert delivered(fair) == approx([4, 6])


# -- ties and money ----------------------------------------------------------------------------------------------------


def test_equal_inputs_give_the_same_plan_and_ties_are_broken_by_moving_least():
    # Stock may be carried for nothing and goods made at any time: the plan carries none.
    net = workshop(3, (9,) * 3, (4, 4, 4), cost=0, goods={"storable": True})
    plans = [solve(net) for _ in range(3)]
    assert all(np.array_equal(plan.columns, plans[0].columns) for plan in plans)
    assert plans[0].stock.sum() == 0
    assert plans[0].levels[0].tolist() == [4, 4, 4]
    shuffled = solve(net, SolveOptions(seed=7))
    assert np.array_equal(shuffled.columns, plans[0].columns)


def test_the_named_terms_add_up_to_the_objective():
    net = workshop(3, (4, 4, 4), (9, 9, 9), goods={"storable": True, "carrying_cost": seq(1, 1, 1)})
    solution = solve(net)
    assert sum(solution.objective_terms.values()) == approx(solution.objective)
    assert solution.objective_terms["delivery_value"] == approx(12 * 5)
    assert solution.objective_terms["activity_cost"] == approx(-12)


def test_a_value_without_limit_is_found_after_another_objective_too():
    net = network(
        1,
        materials=[material("gold", storable=True, terminal_value=9.0), material("work", opening=4.0)],
        activities=[activity("mine", 1, 1)],
        flows=[flow("mine", "gold", 1, 1)],
        demands=[demand("lab", "work", (9,), 1, weight=1.0)],
    )
    solution = solve(net, SolveOptions("compute"))
    assert solution.status is Status.UNBOUNDED
    assert not solution.has_plan

"""Orders, lots, on/off, budgets and groups: three-node cases with the answer in words."""

import numpy as np
import pytest
from model_cases import activity, demand, effect, flow, material, network, seq, unit, workshop

from fabopt.model.families import ModelError
from fabopt.network.tables import Budget, GroupLimit, Term, WholeGroup
from fabopt.solve.run import solve

approx = pytest.approx


def with_tools(count=2, wanted=9.0, **more):
    """A line of 1 that each tool raises by 1 at once; goods earn 5."""
    rows = {name: more.pop(name) for name in ("budgets", "groups", "whole_groups") if name in more}
    return workshop(
        count,
        (1,) * count,
        (wanted,) * count,
        cost=0,
        units=[unit("tool", count, **more)],
        unit_effects=[effect("tool", "line", (1,))],
        **rows,
    )


# -- orders ------------------------------------------------------------------------------------------------------------


def test_no_more_than_the_total_is_ordered_and_as_early_as_may_be():
    # 2 a period, 3 in all: lines of 3, then 4, then 4.
    solution = solve(with_tools(3, cost=1, upper=2, total=3))
    assert solution.orders[0].tolist() == [2, 1, 0]
    assert solution.objective == approx((3 + 4 + 4) * 5 - 3)


def test_one_more_of_a_total_is_worth_what_it_earns_from_the_second_period_on():
    solution = solve(with_tools(3, cost=1, upper=2, total=3, whole=False))
    assert solution.prices["total_orders"].tolist() == approx([2 * 5 - 1])


@pytest.mark.parametrize(("fixed", "orders"), [(18.0, [2, 0]), (22.0, [0, 0])])
def test_a_fixed_cost_is_paid_once_for_an_order_or_not_at_all(fixed, orders):
    # Two tools, for nothing, sell two goods more in both periods: 4 x 5 = 20, more than 18 and less than 22.
    net = with_tools(2, wanted=3.0, cost=0, upper=2, fixed_cost=np.full(2, fixed))
    solution = solve(net)
    assert solution.orders[0].tolist() == orders
    assert solution.objective == approx(2 * 5 + (4 * 5 - fixed if sum(orders) else 0))


def test_the_least_order_makes_two_tools_of_the_one_that_is_wanted():
    # One tool at 4 would earn 5; two cost 8 and earn 5: with a least order of 2 nothing is ordered at 4, both at 2.
    assert solve(with_tools(1, wanted=2.0, cost=4, upper=3)).objective == approx(2 * 5 - 4)
    assert solve(with_tools(1, wanted=2.0, cost=4, upper=3, min_order=2.0)).objective == approx(1 * 5)
    cheap = solve(with_tools(1, wanted=2.0, cost=2, upper=3, min_order=2.0))
    assert cheap.orders.tolist() == [[2]]
    assert cheap.objective == approx(2 * 5 - 4)


def test_an_order_with_a_fixed_cost_and_no_limit_is_as_large_as_what_it_serves():
    # Four wanted at 5 on a line of 1: three tools at 1, and 2 for placing the order.
    solution = solve(with_tools(1, wanted=4.0, cost=1, fixed_cost=seq(2)))
    assert solution.orders.tolist() == [[3]]
    assert solution.objective == approx(4 * 5 - 3 - 2)


@pytest.mark.parametrize("fixed", [0.5, 2.0, 7.0, 11.0, 20.0])
@pytest.mark.parametrize(("least", "most"), [(2.0, 3.0), (3.0, 3.0), (3.0, 4.0), (1.0, 2.5)])
def test_several_orders_of_a_period_each_pay_and_each_have_a_size(fixed, least, most):
    # A tool earns 5 and costs 1, up to seven of them; every number of orders is tried beside.
    net = with_tools(
        1, wanted=8.0, cost=1, whole=False, upper=9, min_order=least, max_order=most, fixed_cost=seq(fixed)
    )
    best = max(
        min(y, 7.0) * 5 - y - fixed * n
        for n in range(10)
        for y in {min(n * most, 9.0), n * least, min(max(7.0, n * least), n * most)}
        if n * least <= y <= min(n * most, 9.0)
    )
    assert solve(net).objective == approx(5 + best)


def test_what_is_pinned_is_ordered_though_it_does_not_pay():
    solution = solve(with_tools(2, cost=50, upper=3, pinned=seq(1, np.nan)))
    assert solution.orders[0].tolist() == [1, 0]
    assert solution.objective == approx(4 * 5 - 50)


# -- lots --------------------------------------------------------------------------------------------------------------


def test_thirty_required_in_lots_of_twenty_five_make_fifty():
    solution = solve(workshop(1, (99,), (30,), value=0, wants={"required": True}, make={"lot": 25.0}))
    assert solution.levels.tolist() == [[50]]
    assert solution.lots.tolist() == [[2]]
    assert solution.disposal.tolist() == [[20]]
    assert solution.objective == approx(-50)


def test_a_line_of_forty_runs_one_lot_of_twenty_five():
    assert solve(workshop(1, (40,), (99,), make={"lot": 25.0})).objective == approx(25 * 4)


# -- on and off --------------------------------------------------------------------------------------------------------


def switched(wanted, **make):
    """Goods earn 5 and cost 1; the activity is on at 4 to 8, with the costs given."""
    count = len(wanted)
    base = {"on_off": True, "lower": np.full(count, 4.0), "upper": np.full(count, 8.0)}
    return workshop(count, (99,) * count, wanted, make={**base, **make})


@pytest.mark.parametrize(("wanted", "made", "worth"), [(1, 4, 1), (0.5, 0, 0), (9, 8, 32)])
def test_an_activity_runs_at_its_least_level_or_more_or_not_at_all(wanted, made, worth):
    # For one unit four are made: 5 - 4 = 1 is worth it; for half a unit it is not; never more than eight.
    solution = solve(switched((wanted,)))
    assert solution.levels.tolist() == [[approx(made)]]
    assert solution.objective == approx(worth)


def test_being_on_costs_each_period_and_being_switched_on_once():
    # 8 x 4 = 32 a period, less 10 each period, less 7 once.
    solution = solve(switched((8, 8), fixed_cost=seq(10, 10), start_cost=7.0))
    assert solution.switched_on.tolist() == [[1, 0]]
    assert solution.objective == approx(2 * 32 - 20 - 7)


def test_what_was_on_at_the_decision_date_need_not_be_switched_on():
    assert solve(switched((8, 8), start_cost=7.0, was_on=True)).objective == approx(2 * 32)


def test_a_least_run_of_three_keeps_it_on_when_only_the_first_period_wants_it():
    # 32 in P1, then two periods at the least level of 4 for nothing, then off.
    solution = solve(switched((8, 0, 0, 0), min_run=3))
    assert solution.on[0].tolist() == [1, 1, 1, 0]
    assert solution.objective == approx(32 - 2 * 4)


def test_a_least_run_is_cut_short_by_the_end_of_the_horizon_only():
    solution = solve(switched((0, 0, 0, 8), min_run=3))
    assert solution.on[0].tolist() == [0, 0, 0, 1]
    barred = switched((0, 8, 0, 0), min_run=3, upper=seq(8, 8, 0, 8))
    assert solve(barred).on[0].tolist() == [0, 0, 0, 0]


def test_the_largest_level_of_a_set_up_follows_from_what_is_still_wanted():
    # Wagner and Whitin's case in small: a set-up of 10, carrying at 1. 5 + 5 in P1 with 5 carried once costs 15, two
    # set-ups 20.
    net = workshop(
        2,
        (99, 99),
        (5, 5),
        value=0,
        cost=0,
        goods={"storable": True, "carrying_cost": seq(1, 1)},
        wants={"required": True},
        make={"on_off": True, "fixed_cost": seq(10, 10)},
    )
    solution = solve(net)
    assert solution.objective == approx(-15)
    from fabopt.model.build import settled_rows
    from fabopt.model.tables import model_tables

    assert sorted(-settled_rows(model_tables(net))["max_level"].val) == [-1, -1, 5, 10]


def test_a_set_up_whose_level_nothing_limits_is_refused_with_a_sentence():
    net = network(
        1,
        materials=[material("goods", storable=True, terminal_value=0.5)],
        activities=[activity("make", 1, cost=1, on_off=True)],
        flows=[flow("make", "goods", 1, 1)],
        demands=[demand("shop", "goods", (9,), 5)],
    )
    with pytest.raises(ModelError, match=r"'Make' \(make\) is .* yes or no in P1.* has no end.* Give it `upper`"):
        solve(net)


# -- budgets, groups, whole groups -------------------------------------------------------------------------------------


def test_a_budget_for_two_periods_buys_three_tools_of_three():
    # 10 a window of both periods: three tools at 3, all in P1; without it nine would be bought.
    purse = Budget("purse", "Purse", ((0, 1),), seq(10), (Term("unit", "tool", seq(3, 3)),))
    solution = solve(with_tools(2, cost=3, upper=9, budgets=[purse]))
    assert solution.orders[0].tolist() == [3, 0]
    assert solution.objective == approx(2 * 4 * 5 - 9)


def test_a_million_more_in_a_budget_is_worth_what_a_third_of_a_tool_earns_less_its_price():
    purse = Budget("purse", "Purse", ((0, 1),), seq(10), (Term("unit", "tool", seq(3, 3)),))
    solution = solve(with_tools(2, cost=3, upper=9, whole=False, budgets=[purse]))
    assert solution.prices["budget"].tolist() == approx([(2 * 5 - 3) / 3])


def test_starts_may_grow_by_two_a_period():
    # x[t] - x[t-1] <= 2 from nothing: 2, 4, 6.
    growth = GroupLimit(
        "growth", "Growth", "unit", "<=", ((0,), (1,), (2,)), seq(2, 2, 2),
        (Term("activity", "make", seq(1, 1, 1)), Term("activity", "make", seq(-1, -1, -1), shift=1)),
    )  # fmt: skip
    solution = solve(workshop(3, (9,) * 3, (9,) * 3, groups=[growth]))
    assert solution.levels[0].tolist() == approx([2, 4, 6])


def test_a_stock_may_not_fall_by_more_than_one_from_its_opening():
    # s[t-1] - s[t] <= 1: of 5 in stock one a period is sold.
    fall = GroupLimit(
        "fall", "Fall", "unit", "<=", ((0,), (1,)), seq(1, 1),
        (Term("stock", "goods", seq(1, 1), shift=1), Term("stock", "goods", seq(-1, -1))),
    )  # fmt: skip
    net = workshop(2, (0, 0), (9, 9), goods={"storable": True, "opening": 5.0}, groups=[fall])
    assert solve(net).delivered[0][0].tolist() == approx([1, 1])


def test_a_floor_on_deliveries_forces_a_sale_at_a_loss():
    least = GroupLimit("floor", "Floor", "unit", ">=", ((0, 1),), seq(3), (Term("demand", "shop", seq(1, 1)),))
    net = workshop(2, (9, 9), (9, 9), value=1, cost=3, groups=[least])
    solution = solve(net)
    assert solution.delivered[0].sum() == approx(3)
    assert solution.objective == approx(3 * (1 - 3))
    assert solution.prices["group_limit"].tolist() == approx([-2])


def test_scanners_are_whole_by_the_year_and_split_over_its_periods():
    # One and a half tools would be best in each period (demand 2.5); only their sum must be whole: 1.5, then 0.5.
    year = WholeGroup("year", "Year", "tool", ((0, 1),), (Term("unit", "tool", seq(1, 1)),), lot=2.0)
    solution = solve(with_tools(2, wanted=2.5, cost=1, upper=9, whole=False, whole_groups=[year]))
    assert solution.orders[0].sum() == approx(2)
    assert solution.counters.tolist() == [1]
    assert solution.objective == approx(2 * 2.5 * 5 - 2)


def test_a_row_that_names_what_is_not_there_is_refused_with_a_sentence():
    purse = Budget("purse", "Purse", ((0,),), seq(10), (Term("unit", "tol", seq(3)),))
    with pytest.raises(ModelError, match="'purse' names the unit 'tol', which is not in the network"):
        solve(with_tools(1, upper=1, budgets=[purse]))


def test_an_opening_stock_counts_in_a_whole_group():
    # 3 in stock and what is made are whole packs of 4: on a line of 7 that is 5, and 8 are sold.
    before = Term("stock", "goods", seq(1), shift=1)
    packs = WholeGroup("packs", "Packs", "unit", ((0,),), (before, Term("activity", "make", seq(1))), lot=4.0)
    net = workshop(1, (7,), (99,), goods={"storable": True, "opening": 3.0}, whole_groups=[packs])
    solution = solve(net)
    assert solution.levels.tolist() == [[5]]
    assert solution.objective == approx(8 * 5 - 5)

"""Balance, capacity, installed, demand, backlog and safety stock: three-node cases with the answer in words."""

import numpy as np
import pytest
from model_cases import (
    activity,
    demand,
    effect,
    flow,
    material,
    network,
    resource,
    seq,
    unit,
    use,
    workshop,
)

from fabopt.network.tables import UnitMaterial
from fabopt.solve.run import solve

approx = pytest.approx


def levels(solution):
    return solution.levels[0].tolist()


# -- balance -----------------------------------------------------------------------------------------------------------


def test_what_is_sold_was_started_one_lead_time_before():
    # The first period can sell nothing; the last starts nothing: 2 periods x 10 x (5 - 1).
    solution = solve(workshop(3, (10, 10, 10), (10, 10, 10), lead=1))
    assert levels(solution) == approx([10, 10, 0])
    assert solution.delivered[0][0].tolist() == approx([0, 10, 10])
    assert solution.objective == approx(80)


def test_half_of_a_stock_survives_each_period_and_the_opening_stock_is_there_in_full_at_first():
    # 8 at the start of P1, 4 in P2, 2 in P3, where they are wanted.
    net = network(
        3,
        materials=[material("goods", storable=True, opening=8.0, survival=0.5)],
        demands=[demand("shop", "goods", (0, 0, 10), 5)],
    )
    solution = solve(net)
    assert solution.stock[0].tolist() == approx([8, 4, 0])
    assert solution.objective == approx(10)


def test_what_cannot_be_stored_is_gone_after_its_period():
    net = network(
        2,
        materials=[material("goods", opening=8.0, receipts=seq(1, 0))],
        demands=[demand("shop", "goods", (5, 5), 5)],
    )
    solution = solve(net)
    assert solution.delivered[0][0].tolist() == approx([5, 0])
    assert solution.disposal[0].tolist() == approx([4, 0])


@pytest.mark.parametrize(
    ("disposal_cost", "made", "worth"),
    [
        (None, 3, 3 * (5 - 1)),  # waste may not be thrown away: only 3 can be given to the one who takes it
        (6.0, 3, 3 * (5 - 1)),  # throwing away costs more than the goods earn
        (2.0, 10, 10 * (5 - 1) - 7 * 2),  # 7 of 10 are thrown away at 2
        (0.0, 10, 10 * (5 - 1)),
    ],
)
def test_waste_holds_back_as_far_as_its_disposal_costs(disposal_cost, made, worth):
    net = network(
        1,
        materials=[material("goods"), material("waste", disposal_cost=disposal_cost)],
        activities=[activity("make", 1, 1)],
        flows=[flow("make", "goods", 1, 1), flow("make", "waste", 1, 1)],
        demands=[demand("shop", "goods", (10,), 5), demand("farm", "waste", (3,), 0)],
    )
    solution = solve(net)
    assert levels(solution) == approx([made])
    assert solution.objective == approx(worth)


def test_a_unit_takes_material_that_then_cannot_be_sold():
    # A tool takes 4 goods in P1 and adds 5 to the line from P2: 10 - 4 sold, then 15.
    net = workshop(
        2,
        (10, 10),
        (20, 20),
        cost=0,
        units=[unit("tool", 2, upper=1)],
        unit_effects=[effect("tool", "line", (5,), first_age=1)],
        unit_materials=[UnitMaterial("tool", "goods", 0, -4.0)],
    )
    solution = solve(net)
    assert solution.orders[0].tolist() == [1, 0]
    assert solution.objective == approx((6 + 15) * 5)


def test_the_price_of_a_material_is_what_one_more_unit_would_earn():
    # The line is full; one more good in P1 would be sold at 5. In P2 all demand is met, where a good saves its cost 1.
    solution = solve(workshop(2, (4, 9), (6, 6)))
    assert solution.prices["balance"].tolist() == approx([5, 1])
    assert solution.prices["capacity"].tolist() == approx([4, 0])
    assert solution.prices["demand"].tolist() == approx([0, 4])


# -- capacity ----------------------------------------------------------------------------------------------------------


def test_a_start_that_uses_the_line_for_two_periods_lets_it_start_every_other_period():
    # x[t] + x[t-1] <= 10: 10 in P1 and P3. Without the second use it would be 30.
    net = workshop(3, (10, 10, 10), (10, 10, 10), cost=0, uses=[use("make", "line", 1, 3, age=1)])
    assert solve(net).objective == approx(20 * 5)


def test_a_tool_ordered_in_the_first_period_adds_half_after_one_and_all_after_two():
    # Ramp 2 then 4, on a line of 1: sells 1 + 3 + 5 at 5 each, less the tool at 3.
    net = workshop(
        3,
        (1, 1, 1),
        (9, 9, 9),
        cost=0,
        units=[unit("tool", 3, cost=3, upper=1, total=1)],
        unit_effects=[effect("tool", "line", (2, 4), first_age=1)],
    )
    solution = solve(net)
    assert solution.orders[0].tolist() == [1, 0, 0]
    assert solution.objective == approx(9 * 5 - 3)


def test_a_tool_that_costs_more_than_it_earns_is_not_ordered():
    net = workshop(
        3,
        (1, 1, 1),
        (9, 9, 9),
        cost=0,
        units=[unit("tool", 3, cost=31, upper=1)],
        unit_effects=[effect("tool", "line", (2, 4), first_age=1)],
    )
    assert solve(net).objective == approx(3 * 5)


def test_an_effect_that_does_not_last_ends_with_its_profile():
    # An extra shift adds 3 in the period after its order and is then over.
    net = workshop(
        3,
        (1, 1, 1),
        (9, 9, 9),
        cost=0,
        units=[unit("shift", 3, cost=1, upper=1, total=1)],
        unit_effects=[effect("shift", "line", (3,), first_age=1, persistent=False)],
    )
    assert solve(net).objective == approx((3 + 3) * 5 - 1)


def test_floor_space_for_one_tool_lets_only_one_be_bought():
    net = workshop(
        1,
        (1,),
        (9,),
        cost=0,
        resources=[resource("floor", 3)],
        units=[unit("tool", 1, cost=1, upper=5)],
        unit_effects=[effect("tool", "line", (2,)), effect("tool", "floor", (-2,))],
    )
    solution = solve(net)
    assert solution.orders.tolist() == [[1]]
    assert solution.objective == approx(3 * 5 - 1)
    room = next(limit for limit in solution.limits if limit.entity == "floor")
    assert room.slack == approx(1)


def test_a_capacity_that_falls_below_what_stands_on_it_has_no_plan():
    # 3 MW are taken by what stands there (base -1), and nothing can be retired.
    net = workshop(1, (1,), (9,), resources=[resource("power", -1.0)])
    solution = solve(net)
    assert not solution.has_plan
    assert [c.entity for c in solution.conflicts if c.kind == "shortage"] == ["power"]


# -- installed ---------------------------------------------------------------------------------------------------------


def old_and_new(opening, **more):
    """An old tool takes 2 of the floor; each good needs 1 of it and earns 10."""
    return workshop(
        1,
        (20,),
        (10,),
        value=10,
        cost=0,
        resources=[resource("floor", 1)],
        uses=[use("make", "floor", 1, 1)],
        units=[unit("old", 1, upper=0, opening=opening, retire_cost=1.0, **more)],
        unit_effects=[effect("old", "floor", (-2,))],
    )


def test_two_old_tools_are_retired_and_no_third():
    # 1 + 2 x 2 of floor, each worth 10, for two retirements at 1. A third would add 20 - 1.
    solution = solve(old_and_new(2.0))
    assert solution.retired.tolist() == [[2]]
    assert solution.objective == approx(5 * 10 - 2)


def test_retiring_stops_when_it_frees_nothing_of_use():
    # Four of nine old tools free a floor of 9, five one of 11: the tenth good is worth the fifth tool, and no more are.
    solution = solve(old_and_new(9.0))
    assert solution.retired.tolist() == [[5]]
    assert solution.objective == approx(100 - 5)


def test_a_tool_is_not_retired_before_its_ramp_has_ended():
    # Ordered in P1 with an end value only in P3, so it occupies the floor in P2 whatever it costs.
    net = workshop(
        3,
        (9, 9, 9),
        (1, 5, 5),
        cost=0,
        resources=[resource("floor", 3, 3, 3)],
        uses=[use("make", "floor", 1, 3)],
        units=[unit("tool", 3, upper=1, total=1, pinned=seq(1, 0, 0), retire_cost=1.0)],
        unit_effects=[effect("tool", "floor", (-2, -2, -2))],
    )
    solution = solve(net)
    assert solution.retired[0].tolist() == [0, 0, 1]
    assert solution.delivered[0][0].tolist() == approx([1, 1, 3])


# -- demand ------------------------------------------------------------------------------------------------------------


def test_the_steps_of_a_demand_fill_from_the_most_expensive_down_as_long_as_they_pay():
    # Worth 9 for 4, then 5 for 3, then 0.5 for 9, at a cost of 1.
    from fabopt.network.tables import Demand, ValueStep

    steps = tuple(ValueStep(seq(width), seq(value)) for width, value in ((4, 9), (3, 5), (9, 0.5)))
    net = network(
        1,
        materials=[material("goods")],
        activities=[activity("make", 1, 1)],
        flows=[flow("make", "goods", 1, 1)],
        demands=[Demand("shop", "Shop", "goods", seq(16), steps)],
    )
    solution = solve(net)
    assert solution.delivered[0][:, 0].tolist() == approx([4, 3, 0])
    assert solution.objective == approx(4 * 8 + 3 * 4)


def test_a_required_demand_is_met_at_a_loss():
    solution = solve(workshop(1, (10,), (4,), value=1, cost=3, wants={"required": True}))
    assert solution.objective == approx(4 * (1 - 3))
    assert solution.prices["demand"].tolist() == approx([-2])


@pytest.mark.parametrize(("lost_cost", "sold", "worth"), [(1.0, 0, -4 * 1), (3.0, 4, 4 * (1 - 3))])
def test_a_penalty_makes_an_unprofitable_demand_worth_meeting_when_it_exceeds_the_loss(lost_cost, sold, worth):
    solution = solve(workshop(1, (10,), (4,), value=1, cost=3, wants={"lost_cost": lost_cost}))
    assert solution.delivered[0].sum() == approx(sold)
    assert solution.unmet.sum() == approx(4 - sold)
    assert solution.objective == approx(worth)


# -- backlog -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expiry", "sold", "waited", "lost"),
    [
        (0, [10, 0, 0], [0, 0, 0], [20, 0, 0]),
        (1, [10, 10, 0], [20, 0, 0], [0, 10, 0]),
        (2, [10, 10, 10], [20, 10, 0], [0, 0, 0]),
    ],
)
def test_thirty_wanted_at_once_from_a_line_of_ten_wait_as_long_as_they_may(expiry, sold, waited, lost):
    net = workshop(3, (10,) * 3, (30, 0, 0), cost=0, wants={"expiry": expiry, "backlog_cost": 1.0, "lost_cost": 2.0})
    solution = solve(net)
    assert solution.delivered[0][0].tolist() == approx(sold)
    assert solution.backlog[0].tolist() == approx(waited)
    assert solution.lost[0].tolist() == approx(lost)
    assert solution.objective == approx(5 * sum(sold) - sum(waited) - 2 * sum(lost))


def test_nothing_is_lost_before_it_has_waited_its_time_even_if_waiting_is_dear():
    # Ten are sold in P1. The ten of P2 cannot be made any more: they wait one period at 5 each and are then lost.
    # Calling them lost at once, in the place of those of P1, would save the 50.
    net = workshop(3, (10, 0, 0), (10, 10, 0), cost=0, wants={"expiry": 1, "backlog_cost": 5.0})
    solution = solve(net)
    assert solution.backlog[0].tolist() == approx([0, 10, 0])
    assert solution.lost[0].tolist() == approx([0, 0, 10])
    assert solution.objective == approx(10 * 5 - 10 * 5)


def test_what_still_waits_when_the_horizon_ends_counts_as_lost():
    net = workshop(2, (10, 10), (0, 15), cost=0, wants={"expiry": 3, "lost_cost": 2.0})
    solution = solve(net)
    assert solution.backlog[0].tolist() == approx([0, 5])
    assert solution.objective == approx(10 * 5 - 5 * 2)


def test_a_required_demand_that_waits_is_served_in_time_or_there_is_no_plan():
    # Ten in P1 and ten in P2 serve twenty within one period, not twenty-one.
    wants = {"expiry": 1, "required": True}
    assert solve(workshop(3, (10,) * 3, (20, 0, 0), wants=wants)).objective == approx(20 * 4)
    late = solve(workshop(3, (10,) * 3, (21, 0, 0), wants=wants))
    assert not late.has_plan
    assert sum(c.amount for c in late.conflicts if c.kind == "shortage") == approx(1)


# -- safety stock ------------------------------------------------------------------------------------------------------


def test_a_safety_stock_without_a_cost_is_a_floor():
    # Two of the ten made in P1 stay in stock until the end, though they could be sold at 5.
    net = workshop(2, (10, 0), (10, 0), cost=0, goods={"storable": True, "safety_stock": seq(2, 2)})
    solution = solve(net)
    assert solution.stock[0].tolist() == approx([2, 2])
    assert solution.objective == approx(8 * 5)
    assert solution.prices["safety_stock"].sum() == approx(-5)


@pytest.mark.parametrize(("shortfall_cost", "kept"), [(2.0, 0), (3.0, 2)])
def test_a_safety_stock_with_a_cost_is_kept_when_two_periods_of_shortfall_cost_more_than_a_sale(shortfall_cost, kept):
    # Selling earns 5; keeping a unit saves the shortfall of two periods.
    more = {"storable": True, "safety_stock": seq(2, 2), "shortfall_cost": shortfall_cost}
    solution = solve(workshop(2, (10, 0), (10, 0), cost=0, goods=more))
    assert solution.stock[0].tolist() == approx([kept, kept])
    assert solution.objective == approx((10 - kept) * 5 - (2 - kept) * 2 * shortfall_cost)


def test_limits_know_their_owner_and_the_units_that_relieve_them():
    from fabopt.model.limits import Lever
    from fabopt.network.tables import Tags

    net = workshop(
        2,
        (4, 4),
        (9, 9),
        resources=[resource("floor", 9, 9, tags=Tags(owner="tsmc", stage="packaging", region="taiwan"))],
        uses=[use("make", "floor", 1, 2)],
        units=[unit("hall", 2, cost=1e6, upper=1, lead=3.0)],
        unit_effects=[effect("hall", "floor", (5,), first_age=1)],
    )
    solution = solve(net)
    floor = [limit for limit in solution.limits if limit.entity == "floor"]
    assert [limit.period for limit in floor] == [0, 1]
    assert {(limit.owner, limit.stage, limit.region) for limit in floor} == {("tsmc", "packaging", "taiwan")}
    assert floor[0].source.levers == (Lever("hall", 3.0),)
    line = [limit for limit in solution.limits if limit.entity == "line"]
    assert [(x.limit, x.used, x.slack, x.price) for x in line] == [(4, 4, 0, 4), (4, 4, 0, 4)]
    assert np.isfinite([limit.limit for limit in solution.limits]).all()

"""What a plan says of limits, of what is thrown away and of what is late: small cases by hand."""

import pytest
from model_cases import activity, demand, effect, flow, material, network, resource, seq, unit, use, workshop

from fabopt.network.tables import GroupLimit, Term
from fabopt.solve.run import solve

approx = pytest.approx


def states(net):
    return {
        (one.family, one.entity, one.source.period): (one.limit, one.used, one.slack, one.price)
        for one in solve(net).limits
    }


def test_a_capacity_counts_what_units_add_and_take():
    # One tool at 3 adds 2 to a line of 1, and takes 1 of a floor of 4; 3 of 9 are made, at 5 less 1 each.
    net = workshop(
        1,
        (1,),
        (9,),
        resources=[resource("floor", 4)],
        uses=[use("make", "floor", 0.5, 1)],
        units=[unit("tool", 1, cost=3, upper=1, whole=False)],
        unit_effects=[effect("tool", "line", (2,)), effect("tool", "floor", (-1,))],
    )
    found = states(net)
    assert found["capacity", "line", 0] == approx((3, 3, 0, 4))
    assert found["capacity", "floor", 0] == approx((3, 1.5, 1.5, 0))
    assert found["demand", "shop", 0] == approx((9, 3, 6, 0))
    assert found["order", "tool", 0] == approx((1, 1, 0, 2 * 4 - 3))


def test_a_least_limit_has_its_slack_on_the_other_side():
    # 2 are kept at the end though 1 is asked for: they are worth more there (6) than in the shop (5).
    goods = {"storable": True, "safety_stock": seq(1), "terminal_value": 6.0, "stock_limit": 2.0}
    found = states(workshop(1, (9,), (4,), goods=goods))
    assert found["safety_stock", "goods", 0] == approx((1, 2, 1, 0))
    assert found["stock", "goods", 0] == approx((2, 2, 0, 6 - 1))
    assert found["capacity", "line", 0] == approx((9, 6, 3, 0))
    # Where it costs, its price is what one more costs: 1 made at 1 that the shop does not need.
    least = states(workshop(1, (9,), (4,), goods={"storable": True, "safety_stock": seq(1)}))
    assert least["safety_stock", "goods", 0] == approx((1, 1, 0, -1))


def test_a_group_with_a_least_sum_is_met_at_a_price():
    group = GroupLimit("most", "Most", "unit", ">=", ((0,),), seq(6), (Term("activity", "make", seq(1)),))
    found = states(workshop(1, (9,), (4,), groups=[group]))
    assert found["group_limit", "most", 0] == approx((6, 6, 0, -1))


def test_what_nothing_is_done_with_is_thrown_away_for_nothing_or_at_its_cost():
    # Ore that comes and is not used; scrap that must be paid for; gas of which nothing can be used at all.
    net = network(
        1,
        materials=[
            material("ore", receipts=seq(7)), material("goods"), material("scrap", disposal_cost=1.0),
            material("gas", receipts=seq(3)), material("tank", opening=2.0, storable=True),
        ],
        activities=[activity("make", 1)],
        flows=[flow("make", "ore", -1, 1), flow("make", "goods", 1, 1), flow("make", "scrap", 0.5, 1)],
        demands=[demand("shop", "goods", (4,), 9)],
    )  # fmt: skip
    solution = solve(net)
    assert solution.disposal[:4].tolist() == [[approx(3)], [0], [approx(2)], [3]]
    assert (solution.disposal[4] + solution.stock[4]).tolist() == [2]
    assert states(net)["balance", "ore", 0] == approx((7, 4, 3, 0))


def test_what_still_waits_at_the_end_is_lost_and_what_cannot_wait_is_unmet():
    # One is made in each period, for the one of three shops that pays most; the first waits.
    net = network(
        2,
        materials=[material("goods")],
        activities=[activity("make", 2, upper=seq(1, 1))],
        flows=[flow("make", "goods", 1, 2)],
        demands=[demand("waits", "goods", (4, 4), 1, expiry=2), demand("fine", "goods", (4, 3), 9),
                 demand("poor", "goods", (5, 6), 0.5)],
    )  # fmt: skip
    solution = solve(net)
    assert solution.unmet.tolist() == [[0, 0], [3, 2], [5, 6]]
    assert solution.backlog.tolist() == [[4, 8], [0, 0], [0, 0]]
    assert solution.lost.tolist() == [[0, 8], [0, 0], [0, 0]]
    assert [d.tolist() for d in solution.delivered] == [[[0, 0]], [[1, 1]], [[0, 0]]]

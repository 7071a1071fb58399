"""Rows where records of several kinds stand beside each other, with periods in which nothing can be done."""

import numpy as np
from model_cases import activity, demand, effect, listing, material, network, resource, seq, unit

from fabopt.model.tables import model_tables
from fabopt.solve.run import solve
from fabopt.solve.solution import Status

SWITCHED = network(
    3,
    activities=[
        activity("first", 3, on_off=True, lower=seq(1, 0, 2), upper=seq(8, 9, 7), start_cost=1.0),
        activity("plain", 3, lower=seq(1, 1, 1), upper=seq(5, 5, 5)),
        activity("free", 3, on_off=True, upper=seq(4, 4, 4)),  # no cost and no least run: nobody asks when it began
        activity("long", 3, on_off=True, upper=seq(0, 6, 6), min_run=2, was_on=True),
    ],
)


def rows(family, net=SWITCHED):
    return listing(model_tables(net), family).splitlines()


def test_a_level_is_held_only_where_it_is_on_or_off():
    assert rows("max_level") == [
        "first, P1: start[first, P1] - 8 on[first, P1] <= 0",
        "first, P2: start[first, P2] - 9 on[first, P2] <= 0",
        "first, P3: start[first, P3] - 7 on[first, P3] <= 0",
        "free, P1: start[free, P1] - 4 on[free, P1] <= 0",
        "free, P2: start[free, P2] - 4 on[free, P2] <= 0",
        "free, P3: start[free, P3] - 4 on[free, P3] <= 0",
        "long, P2: start[long, P2] - 6 on[long, P2] <= 0",
        "long, P3: start[long, P3] - 6 on[long, P3] <= 0",
    ]


def test_a_least_level_while_it_is_on_is_a_row_where_there_is_one():
    assert rows("min_level") == [
        "first, P1: start[first, P1] - on[first, P1] >= 0",
        "first, P3: start[first, P3] - 2 on[first, P3] >= 0",
    ]


def test_a_start_is_counted_where_it_costs_or_begins_a_least_run():
    assert rows("switch_on") == [
        "first, P1: on[first, P1] - switch[first, P1] <= 0",
        "first, P2: - on[first, P1] + on[first, P2] - switch[first, P2] <= 0",
        "first, P3: - on[first, P2] + on[first, P3] - switch[first, P3] <= 0",
        "long, P2: on[long, P2] - switch[long, P2] <= 0",
        "long, P3: - on[long, P2] + on[long, P3] - switch[long, P3] <= 0",
    ]


def test_a_least_run_holds_from_each_start():
    assert rows("min_run") == [
        "long, P2: - on[long, P2] + switch[long, P2] <= 0",
        "long, P3: - on[long, P3] + switch[long, P2] + switch[long, P3] <= 0",
    ]


# -- backlog -----------------------------------------------------------------------------------------------------------


def test_only_what_waits_and_may_be_lost_is_held_until_then():
    net = network(
        3,
        materials=[material("goods")],
        demands=[
            demand("fine", "goods", (1, 1, 1), 9),
            demand("needed", "goods", (1, 1, 1), 9, expiry=1, required=True),
            demand("waits", "goods", (2, 0, 3), 9, expiry=1),
        ],
    )
    assert rows("expiry", net) == ["waits, 1, P1: backlog[waits, 1, P1] - lost[waits, 1, P2] >= 0"]
    assert rows("backlog_balance", net)[3:] == [
        "waits, 1, P1: deliver[waits, 1, P1] + backlog[waits, 1, P1] = 2",
        "waits, 1, P2: deliver[waits, 1, P2] - backlog[waits, 1, P1] + lost[waits, 1, P2] = 0",
        "waits, 1, P3: deliver[waits, 1, P3] + backlog[waits, 1, P3] = 3",
    ]


def test_rows_of_one_period_belong_to_their_demands():
    shops = [demand(name, "goods", (2,), 9, expiry=1) for name in ("a", "b", "c")]
    found = model_tables(network(1, materials=[material("goods")], demands=shops)).rows["backlog_balance"]
    assert found.names == ("A", "B", "C")
    assert found.entity.tolist() == [0, 1, 2]


# -- capacities and orders ---------------------------------------------------------------------------------------------


def test_a_capacity_that_nobody_can_use_has_no_row_and_one_that_is_overdrawn_has():
    ramped = network(
        2,
        resources=[resource("line", 1, 1)],
        units=[unit("tool", 2, upper=1)],
        unit_effects=[effect("tool", "line", (0, 4))],
    )
    assert "capacity" not in model_tables(ramped).rows
    assert solve(network(1, resources=[resource("line", -0.5)])).status is Status.INFEASIBLE


def test_a_total_of_orders_that_come_in_one_period_is_their_limit():
    once, twice = (unit("tool", 2, upper=None, total=3, pinned=pins) for pins in (seq(np.nan, 0), None))
    tables = model_tables(network(2, units=[once]))
    assert "total_orders" not in tables.rows
    assert tables.columns["order"].upper.tolist() == [3]
    assert rows("total_orders", network(2, units=[twice])) == ["tool: order[tool, P1] + order[tool, P2] <= 3"]


def test_no_more_is_retired_than_stands_where_nothing_else_is_decided():
    tables = model_tables(network(1, units=[unit("old", 1, upper=0, opening=2.0, retire_cost=1.0)]))
    assert tables.columns.n == 1
    assert tables.rows["installed"].upper.tolist() == [2]


def test_half_a_unit_of_safety_stock_is_one():
    tables = model_tables(network(1, materials=[material("goods", storable=True, safety_stock=seq(0.5))]))
    assert tables.rows["safety_stock"].lower.tolist() == [0.5]

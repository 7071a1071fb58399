"""The terms of the objective: discounting, what is worth something at the end, and that they add up."""

from dataclasses import replace

import pytest
from model_cases import activity, demand, effect, flow, material, network, periods, resource, seq, unit, use, workshop

from fabopt.model.columns import make_columns
from fabopt.model.objective import cost_vector, objective_terms
from fabopt.network.tables import UnitMaterial
from fabopt.solve.run import solve
from fabopt.solve.solution import Status

approx = pytest.approx


def test_money_counts_less_the_later_it_comes():
    # 10 x (5 - 1) in each of three periods, at 1, 0.9 and 0.81.
    net = replace(workshop(3, (10,) * 3, (10,) * 3), periods=periods(3, 0.9))
    assert solve(net).objective == approx(40 * (1 + 0.9 + 0.81))


def test_what_runs_anyway_is_part_of_the_value_and_proves_nothing():
    net = replace(workshop(1, (10,), (10,)), constant_value=1000.0)
    solution = solve(net)
    assert solution.objective == approx(1040)
    assert solution.objective_terms["running_value"] == 1000
    assert solution.status is Status.OPTIMAL


def test_a_stock_is_kept_when_the_end_pays_more_for_what_survives_than_the_shop():
    # 5 in the shop now, or 8 x 0.9 survival x 0.8 discount = 5.76 at the end.
    goods = {"storable": True, "terminal_value": 8.0, "survival": 0.9}
    net = replace(workshop(1, (10,), (10,), cost=0, goods=goods), end_discount=0.8)
    solution = solve(net)
    assert solution.stock.tolist() == [[approx(10)]]
    assert solution.objective_terms["terminal_stock"] == approx(57.6)
    poorer = replace(net, end_discount=0.6)
    assert solve(poorer).objective == approx(50)


def test_running_an_asset_is_never_worse_than_idling_it_when_both_wear_it_the_same():
    # A chip that runs is back at the end of the period with the survival that idling has too; running earns 0.01.
    net = network(
        2,
        materials=[material("chip", storable=True, opening=4.0, survival=0.9, terminal_value=50.0), material("work")],
        activities=[activity("run", 2)],
        flows=[flow("run", "chip", -1, 2), flow("run", "chip", 0.9, 2, age=1), flow("run", "work", 1, 2)],
        demands=[demand("lab", "work", (9, 9), 0.01)],
    )
    solution = solve(net)
    assert solution.levels[0].tolist() == approx([4, 3.6])
    assert solution.objective == approx(7.6 * 0.01 + 4 * 0.81 * 50)


def test_what_lands_after_the_end_counts_less_what_it_will_still_take():
    # Started in the only period, a good lands in the second period after it, of which half counts (one period past the
    # end at a survival of 0.5), and takes a part in the first: 10 x 0.5 - 3 for each.
    net = network(
        1,
        materials=[
            material("goods", storable=True, survival=0.5, terminal_value=10.0),
            material("part", storable=True, terminal_value=3.0),
        ],
        activities=[activity("make", 1, upper=seq(7))],
        flows=[flow("make", "goods", 1, 1, age=2), flow("make", "part", -1, 1, age=1)],
    )
    solution = solve(net)
    assert solution.objective == approx(7 * (10 * 0.5 - 3))


def test_a_unit_is_bought_for_what_it_is_worth_at_the_end_less_what_it_will_take():
    net = replace(
        network(
            1,
            materials=[material("scanner", storable=True, terminal_value=2.0)],
            units=[unit("fab", 1, cost=10, upper=3, terminal_value=seq(15.0))],
            unit_materials=[UnitMaterial("fab", "scanner", 1, -1.0)],
        ),
        end_discount=0.9,
    )
    assert solve(net).objective == approx(3 * (0.9 * 15 - 10 - 0.9 * 2))


def test_a_retired_unit_forfeits_its_worth_at_the_end():
    # Retiring frees 2 of floor for 2 goods at 5; it costs 1 and the worth of the unit at the end.
    def net(worth):
        return workshop(
            1,
            (9,),
            (9,),
            cost=0,
            resources=[resource("floor", 0)],
            uses=[use("make", "floor", 1, 1)],
            units=[unit("old", 1, upper=0, opening=1.0, retire_cost=1.0, terminal_value=seq(worth))],
            unit_effects=[effect("old", "floor", (-2,))],
        )

    assert solve(net(8.0)).objective == approx(2 * 5 - 1 - 8)
    assert solve(net(10.0)).objective == approx(0)


def every_kind_of_money():
    """A cost or a worth of its own for every decision; money of P2 counts half, money at the end a quarter."""
    net = workshop(
        2,
        (9, 9),
        (5, 5),
        value=53,
        cost=1,
        lead=1,
        goods={
            "storable": True, "carrying_cost": seq(3, 5), "disposal_cost": 2.0, "terminal_value": 4.0, "survival": 0.5,
            "safety_stock": seq(1, 1), "shortfall_cost": 7.0,
        },
        make={"on_off": True, "upper": seq(8, 8), "fixed_cost": seq(11, 13), "start_cost": 17.0},
        units=[
            unit("tool", 2, cost=19, upper=2, fixed_cost=seq(23, 29), retire_cost=31.0, opening=1.0,
                 terminal_value=seq(37, 41))
        ],
        unit_effects=[effect("tool", "line", (1,))],
        unit_materials=[UnitMaterial("tool", "goods", 1, -1.0)],
        wants={"expiry": 1, "backlog_cost": 43.0, "lost_cost": 47.0},
        demands=[demand("fleet", "goods", (5, 5), 61, lost_cost=59.0)],
    )  # fmt: skip
    return replace(net, periods=periods(2, 0.5), end_discount=0.25)


def test_every_decision_is_worth_its_discounted_money():
    net = every_kind_of_money()
    columns = make_columns(net)
    terms = objective_terms(net, columns)
    cost = cost_vector(terms, columns.n)
    assert all(len(term.party) == len(term.columns) for term in terms)
    names = [(block.name, *key) for block in columns for key in block.keys]
    assert dict(zip(names, cost.tolist(), strict=True)) == {
        ("start", "make", "P1"): -1,
        ("start", "make", "P2"): -0.5 + 0.25 * 4,  # lands right after the end
        ("on", "make", "P1"): -11,
        ("on", "make", "P2"): -6.5,
        ("switch", "make", "P1"): -17,
        ("switch", "make", "P2"): -8.5,
        ("order", "tool", "P1"): -19 + 0.25 * 37,
        ("order", "tool", "P2"): -9.5 + 0.25 * 41 - 0.25 * 4,  # takes goods right after the end
        ("placed", "tool", "P1"): -23,
        ("placed", "tool", "P2"): -14.5,
        ("retire", "tool", "P1"): -31 - 0.25 * 37,
        ("retire", "tool", "P2"): -15.5 - 0.25 * 37,
        ("stock", "goods", "P1"): -3,
        ("stock", "goods", "P2"): -2.5 + 0.25 * 4 * 0.5,
        ("disposal", "goods", "P1"): -2,
        ("disposal", "goods", "P2"): -1,
        ("deliver", "shop", "1", "P1"): 53,
        ("deliver", "shop", "1", "P2"): 26.5,
        ("deliver", "fleet", "1", "P1"): 61,
        ("deliver", "fleet", "1", "P2"): 30.5,
        ("unmet", "fleet", "P1"): -59,
        ("unmet", "fleet", "P2"): -29.5,
        ("backlog", "shop", "1", "P1"): -43,
        ("backlog", "shop", "1", "P2"): -21.5 - 23.5,  # what still waits at the end is lost
        ("lost", "shop", "1", "P2"): -23.5,
        ("shortfall", "goods", "P1"): -7,
        ("shortfall", "goods", "P2"): -3.5,
    }


def test_what_has_no_cost_costs_nothing():
    net = network(1, units=[replace(unit("tool", 1, upper=1), cost=None)])
    assert [term.name for term in objective_terms(net, make_columns(net))] == ["running_value"]

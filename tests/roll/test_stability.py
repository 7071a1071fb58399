"""Orders of an earlier plan that are charged for when they change, against what is worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_roll import PRICE, SHOP, TOOL, instance

from fabopt.cli import main
from fabopt.io.problems import InstanceError
from fabopt.network.lowering.stability import charges, cost_of, lower_stability
from fabopt.network.tables import Unit

approx = pytest.approx


def ordered(result):
    orders = result.table("core/units")
    return orders[orders["ordered"] > 0.5][["id", "period"]].to_numpy().tolist()


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The plan at a price of 5: it buys the tool in 2027."""
    return instance(tmp_path_factory.mktemp("before")).solve(gap=0)


@pytest.mark.parametrize(("share", "bought"), [(0.0, False), (0.03, False), (0.05, True)])
def test_an_order_stays_while_changing_it_costs_more_than_it_loses(share, bought, before, tmp_path):
    """At 2.6 the tool earns 3 x 4 x 1.6 = 19.2 and costs 20: dropping it gains 0.8, and is charged 20 x share."""
    later = instance(tmp_path).with_({PRICE: 2.6}).steady(before, share)
    result = later.solve(gap=0)
    assert bool(ordered(result)) == bought
    # The charge steers and is no money.
    assert result.run.value == approx(28.0 if bought else 28.8)
    assert result.objective == approx(28.0 if bought else 28.8 - 20 * share)
    assert result.run.premiums == approx(0.0 if bought else -20 * share)


@pytest.mark.parametrize(("share", "when"), [(0.085, "2028"), (0.095, "2027")])
def test_an_order_that_moves_is_one_less_and_one_more(share, when, before, tmp_path):
    """For 2 in 2028 the tool earns 32 - 2 = 30 against 28; moving it is charged (20 + 2) x share."""
    later = instance(tmp_path).with_({TOOL: {"steps": {"2027": 20, "2028": 2}}}).steady(before, share)
    assert ordered(later.solve(gap=0)) == [["tool", when]]


def test_what_is_pinned_or_costs_nothing_is_not_charged(before, tmp_path):
    net = instance(tmp_path).steady(before, 0.1).network
    assert {row.windows for row in net.definitions} == {((0,), (1,), (2,))}
    pinned = instance(tmp_path).pinned(before, "2028").steady(before, 0.1).network
    assert {row.windows for row in pinned.definitions} == {((2,),)}
    assert not instance(tmp_path).with_({TOOL: 0}).steady(before, 0.1).network.definitions


def test_a_fixed_cost_is_spread_over_the_least_order():
    unit = Unit("u", "u", "", cost=np.array([2.0]), fixed_cost=np.array([6.0]), min_order=3.0)
    assert cost_of(unit, 1).tolist() == [4.0]
    assert cost_of(replace(unit, min_order=0.0), 1).tolist() == [8.0]
    assert cost_of(Unit("u", "u", ""), 2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("share", "kept"), [(0.03, False), (0.05, True)])
def test_moving_the_decision_date_keeps_an_order_of_later_where_changing_it_costs_more(share, kept, tmp_path):
    """Ordered for 2028 and 2029, when the tool earns 2 x 4 x 2.4 = 19.2 of its 20 by the news."""
    shop = SHOP.replace("quantity: 10", "quantity: [6, 10, 10]").replace("cost: 20", "cost: [25, 20, 20]")
    result = instance(tmp_path, shop).solve(gap=0)
    assert ordered(result) == [["tool", "2028"]]
    roll = result.roll("2028", instance(tmp_path, shop).with_({PRICE: 3.4}), stability=share).records
    assert len(roll.next) == (0 if kept else 1)
    assert roll.charged == approx(0.0 if kept else 0.6)
    worth = 6 * 4 + 2 * 6 * 2.4
    assert roll.held.objective == approx(worth - 0.8 if kept else worth)
    assert roll.free.objective == approx(worth)
    assert roll.regret == approx(0.8 if kept else 0.0)


@pytest.mark.parametrize(
    ("stated", "field", "said"),
    [
        ("{orders: {tol: {'2027': 1}}}", "stability.orders.tol", "did you mean 'tool'?"),
        ("{orders: {tool: {'2035': 1}}}", "stability.orders.tool.2035", "no period of the horizon"),
        ("{orders: {tool: {'2027': -1}}}", "stability.orders.tool.2027", "cannot be negative"),
        ("{share: 2}", "stability.share", "at most 1"),
    ],
)
def test_what_cannot_have_been_ordered_is_refused_with_its_field(stated, field, said, tmp_path, capsys):
    with pytest.raises(InstanceError) as caught:
        instance(tmp_path, f"{SHOP}stability: {stated}\n").network  # noqa: B018
    assert caught.value.problems[0].path == field
    assert said in str(caught.value)


def test_a_share_without_a_result_is_refused(tmp_path, capsys):
    instance(tmp_path)
    assert main(["solve", str(tmp_path), "--stability-share", "0.1", "--out", str(tmp_path / "r")]) == 2
    assert "--stability RESULT" in capsys.readouterr().err


def test_without_orders_nothing_is_added(before, tmp_path):
    net = instance(tmp_path).network
    assert lower_stability(net, None) is net


def test_what_changes_are_charged_is_discounted_and_all_that_steers(before, tmp_path):
    """At 2 the tool earns less than its 20, and is dropped: 3 % of them, in the middle of 2027 at 10 % a year."""
    shop = instance(tmp_path, SHOP.replace("discount_rate: 0", "discount_rate: 0.1")).with_({PRICE: 2})
    steady = shop.steady(before, 0.03)
    result = steady.solve(gap=0)
    rows = result.table("core/activities")
    levels = dict(zip(zip(rows["id"], rows["period"], strict=True), rows["level"], strict=True))
    assert charges(steady.network, levels) == approx(0.6 / 1.1**0.5)
    assert result.run.premiums == approx(-0.6 / 1.1**0.5)

"""Shares, prices and the game of orders are the same whatever quantities and money are counted in."""

import math

import numpy as np
import pytest
from chords import alpha_fair_by_chords

from fabopt.analysis.allocation.game import Players, play
from fabopt.analysis.allocation.own_silicon import OwnSilicon, Plan
from fabopt.network.allocation import rules
from fabopt.network.allocation.curve import Claims, lines
from fabopt.network.allocation.market import clear

near = pytest.approx
UNITS = [1e-9, 1e-6, 3e-3, 1.0, 7e4, 1e6]
units = pytest.mark.parametrize("unit", UNITS)
ORDERS, BEFORE, RANKS = np.array([80.0, 50.0, 20.0]), np.array([0.2, 0.6, 0.2]), np.array([2.0, 1.0, 3.0])
NAMES = ("shares", "proportional", "linear", "uniform", "priority", "alpha-fair", "turn-and-earn", "market")


def claims(rule, unit, cap=math.inf, floors=()):
    bids = np.array([[80.0 * unit, 50.0 * unit, 20.0 * unit], [3.0, 5.0, 4.0], [0.0, 1.0, 2.0]])
    return Claims(
        rule, ORDERS * unit, np.array([30.0, 10.0, 0.0]) * unit, BEFORE, RANKS, np.full(3, cap), bids=bids,
        floors=np.array(floors),
    )  # fmt: skip


@units
@pytest.mark.parametrize("rule", NAMES)
@pytest.mark.parametrize("high", [120.0, math.inf])
@pytest.mark.parametrize(("cap", "floors"), [(math.inf, ()), (0.5, ()), (math.inf, (0.0, 0.0, 0.3))])
def test_rights_and_their_lines_are_counted_in_the_unit_of_the_orders(unit, rule, high, cap, floors):
    there, here = claims(rule, 1.0, cap, floors), claims(rule, unit, cap, floors)
    for capacity in (10.0, 60.0, 100.0, 150.0, 400.0):
        assert (here.rights(capacity * unit) / unit).tolist() == near(there.rights(capacity).tolist(), abs=1e-9)
    for mine, same in zip(lines(here, 40.0 * unit, high * unit), lines(there, 40.0, high), strict=True):
        for capacity in np.linspace(40.0, min(high, 500.0), 24):
            least = min(line.constant + line.slope * capacity * unit for line in mine)
            assert least / unit == near(min(line.constant + line.slope * capacity for line in same), rel=1e-9)
        assert len(mine) == len(same)


@units
def test_what_a_right_of_extreme_units_comes_to_is_known_by_hand(unit):
    """Uniform: 40 of 100 for the largest, 80 of 150, and a third of what is over; between, its right is convex."""
    made = Claims("uniform", ORDERS * unit, np.zeros(3), np.ones(3), RANKS, np.full(3, math.inf))
    assert (made.rights(100.0 * unit) / unit).tolist() == near([40.0, 40.0, 20.0])
    first = lines(made, 0.0, math.inf)[0]
    assert [line.slope for line in first] == near([80.0 / 150.0, 1.0 / 3.0])
    assert len(lines(made, 100.0 * unit, 100.0 * unit * (1 + 1e-14))[0]) == 1
    assert len(lines(made, 100.0 * unit, 150.0 * unit)[0]) == 1


@units
@pytest.mark.parametrize("money", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize(
    ("capacity", "low", "high"), [(110.0, 9.0, 10.0), (90.0, 10.0, 10.0), (0.0, 12.0, math.inf), (200.0, 0.0, 0.0)]
)
def test_a_market_clears_at_the_same_prices(unit, money, capacity, low, high):
    found = clear(np.array([80, 30, 20, 20]) * unit, np.array([10, 12, 6, 9]) * money, capacity * unit)
    assert (found.low / money, found.high / money) == near((low, high))
    assert found.quantity.sum() / unit == near(min(capacity, 150.0))


def test_a_small_bid_beside_a_huge_one_is_served_and_left_as_it_is():
    found = clear([1e9, 1e-5], [1.0, 2.0], 3e-5)  # the small one in full, 2e-5 of the huge one
    assert found.quantity.tolist() == near([2e-5, 1e-5])
    assert (found.low, found.high) == (1.0, 1.0)
    found = clear([1e9, 1e-5], [2.0, 1.0], 1e9)  # the huge one in full, nothing of the small one
    assert (found.low, found.high) == (1.0, 2.0)


@units
@pytest.mark.parametrize("money", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize(
    ("rule", "more"),
    [
        (rules.proportional, {}),
        (rules.proportional, {"most": 3.0}),
        (rules.proportional, {"cancelling": 0.3}),
        (rules.uniform, {}),
        (rules.linear, {"cancelling": 0.1}),
    ],
)
def test_the_game_of_orders_goes_the_same_way(unit, money, rule, more):
    def played(of, price):
        said = more | ({"cancelling": more["cancelling"] * price / of} if "cancelling" in more else {})
        return play(Players(ORDERS * of, np.array([1.0, 2.0, 1.5]) * price / of, **said), rule, 100.0 * of)

    here, there = played(unit, money), played(1.0, 1.0)
    assert (here.ending, here.period, here.in_turn) == (there.ending, there.period, there.in_turn)
    assert here.inflation.tolist() == near(there.inflation.tolist(), rel=1e-6)
    assert (here.given / unit).tolist() == near(there.given.tolist(), rel=1e-6)


def test_customers_who_need_very_little_have_settled_only_when_they_have():
    """K = 1e-10 for needs of 1e-10: the proportional rule inflates orders as it does for needs of 1."""
    played = play(Players(np.full(2, 1e-10), np.ones(2)), rules.proportional, 1e-10)
    assert played.ending == "divergence"


@units
def test_chords_have_the_same_allocation_and_error(unit):
    here, there = (alpha_fair_by_chords(ORDERS * u, BEFORE, 2.0, 100.0 * u) for u in (unit, 1.0))
    assert (here.allocation / unit).tolist() == near(there.allocation.tolist(), rel=1e-9)
    assert (here.error / unit).tolist() == near(there.error.tolist(), rel=1e-6)


@pytest.mark.parametrize("money", [1e-8, 1.0, 1e8])
def test_what_own_silicon_is_worth_is_counted_in_the_unit_of_money(money):
    plans = [Plan("optimal", value * money, value * money, {}, ()) for value in (10.0, 9.0, 9.0 - 1e-9)]
    found = OwnSilicon("chip", "lab", "", *plans, ())
    assert [part / money for part in found.worth()] == near([1.0, 1.0, 0.0])
    assert found.worth()[2] == 0.0

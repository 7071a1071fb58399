"""Rights as functions of capacity: they share all of it; their lines are majorants, exact where rights are linear."""

import math
from dataclasses import replace

import numpy as np
import pytest

from fabopt.network.allocation.curve import Claims, lines, majorant

NAMES = ("shares", "proportional", "linear", "uniform", "priority", "alpha-fair", "turn-and-earn")


def claims(rule, orders=(80.0, 50.0, 20.0), commitments=(0.0, 0.0, 0.0), weights=(0.2, 0.6, 0.2), cap=math.inf):
    count = len(orders)
    weights = np.ones(count) if rule in ("proportional", "linear", "uniform", "priority") else np.array(weights)
    return Claims(
        rule, np.array(orders), np.array(commitments), weights, np.array([2.0, 1.0, 3.0][:count]), np.full(count, cap)
    )


@pytest.mark.parametrize("rule", NAMES)
@pytest.mark.parametrize("held", [(0.0, 0.0, 0.0), (30.0, 10.0, 20.0)])
def test_rights_add_up_to_the_capacity_whatever_it_is(rule, held):
    made = claims(rule, commitments=held)
    for capacity in (10.0, 60.0, 100.0, 150.0, 400.0):
        assert made.rights(capacity).sum() == pytest.approx(capacity, rel=1e-12)


@pytest.mark.parametrize("rule", NAMES)
@pytest.mark.parametrize("held", [(0.0, 0.0, 0.0), (30.0, 10.0, 20.0)])
@pytest.mark.parametrize(("low", "high"), [(0.0, 120.0), (70.0, 300.0), (90.0, math.inf)])
def test_lines_lie_above_the_right_and_meet_it_at_the_ends(rule, held, low, high):
    made = claims(rule, commitments=held)
    drawn = lines(made, low, high)
    top = high if math.isfinite(high) else 1000.0
    for capacity in np.linspace(low, top, 101):
        bound = [min(line.constant + line.slope * capacity for line in of_one) for of_one in drawn]
        assert np.all(np.array(bound) >= made.rights(float(capacity)) - 1e-9)
    for capacity in (low, *([high] if math.isfinite(high) else [])):
        bound = [min(line.constant + line.slope * capacity for line in of_one) for of_one in drawn]
        assert bound == pytest.approx(made.rights(capacity).tolist(), abs=1e-9)


def test_a_right_in_proportion_is_one_line_through_nothing():
    for of_one, share in zip(lines(claims("proportional"), 0.0, 500.0), (80, 50, 20), strict=True):
        assert len(of_one) == 1
        assert (of_one[0].constant, of_one[0].slope) == pytest.approx((0.0, share / 150), abs=1e-9)


def test_without_orders_shares_alone_count():
    made = claims("shares", orders=(math.inf, math.inf), commitments=(0.0, 0.0), weights=(0.5, 0.3))
    assert made.rights(100.0).tolist() == pytest.approx([50.0, 30.0], abs=1e-9)


def test_an_order_above_the_cap_counts_as_the_cap_and_the_rest_goes_to_the_others():
    """Half of 100 for a at most: orders 50, 50, 20 in proportion."""
    made = claims("proportional", cap=0.5)
    assert made.allotted(100.0).tolist() == pytest.approx([500 / 12, 500 / 12, 200 / 12], abs=1e-9)


@pytest.mark.parametrize("rule", NAMES)
@pytest.mark.parametrize("held", [(0.0, 0.0, 0.0), (30.0, 10.0, 20.0)])
def test_nobody_falls_below_its_floor_and_rights_still_share_all_there_is(rule, held):
    made = replace(claims(rule, commitments=held), floors=np.array([0.0, 0.25, 0.3]))
    for capacity in (10.0, 60.0, 100.0, 150.0, 400.0):
        given, kept = made.allotted(capacity), np.array([0.0, 0.25, 0.3]) * capacity
        assert np.all(given >= np.minimum(made.orders, kept) - 1e-9)
        assert np.all(made.rights(capacity) >= kept - 1e-9)
        assert made.rights(capacity).sum() == pytest.approx(capacity, rel=1e-12)


@pytest.mark.parametrize("floors", [(0.0, 0.0, 0.3), (0.1, 0.0, 0.6), (0.5, 0.2, 0.1), (0.2, 0.2, 0.2)])
@pytest.mark.parametrize("capacity", [50.0, 100.0, 140.0])
def test_the_uniform_rule_above_floors_is_one_level_for_all_who_are_above_theirs(floors, capacity):
    """a = max(min(o, phi K), min(o, level)), where what is given or kept adds up to K: the level by bisection."""
    orders, kept = np.array([80.0, 50.0, 20.0]), np.array(floors) * capacity

    def given(level):
        return np.maximum(np.minimum(orders, kept), np.minimum(orders, level))

    low, high = 0.0, 100.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.maximum(given(middle), kept).sum() < capacity else (low, middle)
    made = replace(claims("uniform"), floors=np.array(floors))
    assert made.allotted(capacity) == pytest.approx(given(low), abs=1e-9)


def test_what_was_promised_serves_the_highest_bids_of_a_market():
    """b's 30 at 12 are promised; of the 70 left a gets all at 10, and b's other bid, at 6, gets none."""
    made = replace(
        claims("market", orders=(80.0, 50.0, 20.0), commitments=(0.0, 30.0, 0.0)),
        bids=np.array([[80.0, 30.0, 20.0, 20.0], [10.0, 12.0, 6.0, 9.0], [0.0, 1.0, 1.0, 2.0]]),
    )
    assert made.allotted(100.0).tolist() == pytest.approx([70.0, 30.0, 0.0], abs=1e-9)


def test_the_majorant_of_a_step_up_is_its_chord_and_of_a_concave_course_itself():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert [(line.constant, line.slope) for line in majorant(x, np.array([0.0, 0.0, 0.0, 3.0]))] == [(0.0, 1.0)]
    bent = majorant(x, np.array([0.0, 2.0, 3.0, 3.0]))
    assert [(line.constant, line.slope) for line in bent] == [(0.0, 2.0), (1.0, 1.0), (3.0, 0.0)]
    # With a steeper course to come, flatter pieces are no bound for ever.
    assert [line.slope for line in majorant(x, np.array([0.0, 2.0, 3.0, 3.0]), 1.5)] == [2.0, 1.5]

"""Rights as functions of capacity: they share all of it; their lines are majorants, exact where rights are linear."""

import math

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


def test_the_majorant_of_a_step_up_is_its_chord_and_of_a_concave_course_itself():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert [(line.constant, line.slope) for line in majorant(x, np.array([0.0, 0.0, 0.0, 3.0]))] == [(0.0, 1.0)]
    bent = majorant(x, np.array([0.0, 2.0, 3.0, 3.0]))
    assert [(line.constant, line.slope) for line in bent] == [(0.0, 2.0), (1.0, 1.0), (3.0, 0.0)]
    # With a steeper course to come, flatter pieces are no bound for ever.
    assert [line.slope for line in majorant(x, np.array([0.0, 2.0, 3.0, 3.0]), 1.5)] == [2.0, 1.5]

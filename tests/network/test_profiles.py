"""Profiles over age, against hand results and against a simulation of the defining rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabopt.network.profiles import lead_profile, ramp_profile, spread_profile

durations = st.floats(0.0, 12.0, allow_nan=False)


def test_a_whole_lead_time_arrives_at_one_age():
    first, weights = lead_profile(3.0)
    assert (first, weights.tolist()) == (3, [1.0])


def test_a_quarter_and_a_half_is_split_between_the_two_neighbouring_ages():
    # Starts spread evenly over period t; 1.5 periods later half of them are in t+1 and half in t+2.
    first, weights = lead_profile(1.5)
    assert (first, weights.tolist()) == (1, [0.5, 0.5])


def test_rounding_of_dates_does_not_make_a_second_age():
    assert lead_profile(2.0 - 1e-12)[0] == 2
    assert lead_profile(2.0 + 1e-12)[1].tolist() == [1.0]


@given(durations)
def test_the_mean_age_of_arrival_is_the_lead_time(lead):
    first, weights = lead_profile(lead)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights @ (first + np.arange(weights.size)) == pytest.approx(lead, abs=2e-9)


def test_use_over_one_period_is_half_now_and_half_in_the_next():
    # U + S, both uniform on [0, 1], is triangular on [0, 2]: half its mass lies below 1.
    assert spread_profile(1.0).tolist() == [0.5, 0.5]


def test_use_over_half_a_period_leaves_a_quarter_for_the_next():
    # P(U + S > 1) with S uniform on [0, 1/2]: E[S] = 1/4.
    assert spread_profile(0.5) == pytest.approx([0.75, 0.25])


def test_use_over_two_and_a_half_periods_by_hand():
    # P(U + S < 1) = (1/2) / 2.5 = 0.2; each full period in the middle 1 / 2.5 = 0.4; the density on [2.5,
    # 3.5] falls linearly from 0.4 to 0, so [2, 3] takes 0.4 less (1/2)(0.5)(0.2) = 0.35, and [3, 3.5] takes
    # 0.05.
    assert spread_profile(2.5) == pytest.approx([0.2, 0.4, 0.35, 0.05])


def test_an_instant_use_falls_on_the_period_of_the_start():
    assert spread_profile(0.0).tolist() == [1.0]


@given(durations)
def test_spread_shares_sum_to_one_are_positive_and_have_mean_elapsed_time_of_half_the_duration(duration):
    shares = spread_profile(duration)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert (shares >= 0).all()
    # Against the rule itself on a fine grid of start times and elapsed times (mid-points).
    grid = (np.arange(200) + 0.5) / 200
    ages = np.floor(grid[:, None] + duration * grid[None, :]).astype(int)
    counted = np.bincount(ages.ravel(), minlength=shares.size) / ages.size
    assert shares == pytest.approx(counted[: shares.size], abs=0.01)


def test_a_ramp_with_a_whole_lead_time_is_only_shifted():
    first, profile = ramp_profile(2.0, np.array([0.3, 0.6, 1.0]))
    assert (first, profile.tolist()) == (2, [0.3, 0.6, 1.0])


def test_a_ramp_with_a_fractional_lead_time_is_mixed_with_itself_one_period_later():
    # 0.25 of a period late: 0.75 * (0.4, 1, 1) + 0.25 * (0, 0.4, 1).
    first, profile = ramp_profile(1.25, np.array([0.4, 1.0]))
    assert first == 1
    assert profile == pytest.approx([0.3, 0.85, 1.0])


def test_output_that_ends_with_its_ramp_keeps_its_total():
    first, profile = ramp_profile(0.5, np.array([1.0, 1.0]), persistent=False)
    assert first == 0
    assert profile == pytest.approx([0.5, 1.0, 0.5])


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
def test_negative_and_unbounded_durations_are_refused(bad):
    for function in (lead_profile, spread_profile):
        with pytest.raises(ValueError, match="finite number of periods"):
            function(bad)
    with pytest.raises(ValueError, match="finite number of periods"):
        ramp_profile(bad, np.ones(1))


def test_an_empty_ramp_is_refused():
    with pytest.raises(ValueError, match="at least one entry"):
        ramp_profile(1.0, np.array([]))

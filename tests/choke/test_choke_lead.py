"""Relief now and relief after its lead time: the time example of the method, held against scipy."""

from __future__ import annotations

import pytest
from time_example import gain, offsets_net

from fabopt.analysis.choke.lead import AfterLead, after_lead, first_effect, quickest
from fabopt.model.limits import Lever

PERIODS = tuple(range(6))


def test_one_more_unit_earns_29_2_if_present_and_10_if_it_comes_in_period_4() -> None:
    found = after_lead(gain, PERIODS, ("tool", 4))
    assert found.gain_if_present == pytest.approx(29.2)
    assert found.gain_after_lead == pytest.approx(10.0)
    assert found.share == pytest.approx(10.0 / 29.2)
    assert not found.too_late


def test_an_order_one_period_later_would_keep_only_half_so_it_must_be_placed_now() -> None:
    # Ordered in period 1 it stands in period 5 alone and earns 5 of 10.
    assert after_lead(gain, PERIODS, ("tool", 4)).act_by == 0


def test_with_a_lead_of_one_period_an_order_may_not_wait_either_but_with_equal_periods_it_may() -> None:
    # From period 1: 24.6 exactly (24.7 by marginals); from period 2 only 19.8, less than 90 %.
    found = after_lead(gain, PERIODS, ("tool", 1))
    assert found.gain_after_lead == pytest.approx(gain(PERIODS[1:]))
    assert found.act_by == 0
    # Twenty equal periods: 90 % of 19 is 17.1, so the relief must stand in 18 periods, from 2 on: ordered in 1.
    flat = after_lead(lambda periods: float(len(periods)), tuple(range(20)), ("tool", 1))
    assert (flat.gain_if_present, flat.gain_after_lead, flat.act_by) == (20.0, 19.0, 1)


def test_relief_after_the_last_period_is_too_late_and_kept() -> None:
    found = after_lead(gain, PERIODS, ("tool", 6))
    assert found == AfterLead("tool", 6, found.gain_if_present, 0.0, None, True)
    assert found.share == 0.0


def test_a_limit_that_nothing_relieves_has_no_gain_after_lead() -> None:
    found = after_lead(gain, PERIODS, None)
    assert found.gain_after_lead is None
    assert found.share is None
    assert not found.too_late


def test_the_quickest_lever_is_the_one_that_acts_first_ramp_included() -> None:
    first = first_effect(offsets_net(6))
    assert first == {"tool": 3}
    levers = (Lever("slow", 7.0), Lever("tool", 2.4), Lever("other", 2.2))
    # The tool's capacity comes at age 3 whatever its stated lead; the other has no effect of its own: 2.2 becomes 3.
    assert quickest(levers, first) == ("tool", 3)
    assert quickest((), first) is None

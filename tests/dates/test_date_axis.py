"""The axis of positions on which dates and durations meet, by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from chain_cases import lowered

from fabopt.domain.calendar import Calendar, parse_last, parse_when
from fabopt.network.profiles import part_profile, spread_profile

QUARTERS = Calendar(date(2027, 1, 1), ((4, "quarter"),))


def upper(net, activity):
    return next(a.upper for a in net.activities if a.id == activity)


def parts(net, activity):
    """Limits on starts in a part of a period: share of capacity by resource and period."""
    found = {}
    for row in net.groups:
        resource, part, _ = row.id.partition(":part:")
        if part and any(term.id == activity for term in row.terms):
            base = next(r.base for r in net.resources if r.id == resource)
            found[resource, row.windows[0][0]] = float(row.rhs[0] / base[row.windows[0][0]])
    return found


def test_a_day_lies_where_it_begins_within_its_period():
    assert QUARTERS.position(date(2027, 1, 1)) == 0.0
    assert QUARTERS.position(date(2027, 2, 15)) == pytest.approx(45 / 90)
    assert QUARTERS.position(date(2027, 9, 30)) == pytest.approx(2 + 91 / 92)
    assert QUARTERS.position(date(2026, 10, 1)) == -1.0


def test_a_duration_is_its_months_and_loses_nothing():
    assert QUARTERS.after(0.0, 0.9) == pytest.approx(0.3)
    assert Calendar(date(2027, 1, 1), ((4, "month"),)).after(0.0, 1.5) == 1.5


def test_what_lies_between_two_positions_is_shared_over_the_periods():
    assert QUARTERS.shares(0.25, 2.5) == (0.75, 1.0, 0.5, 0.0)
    assert QUARTERS.shares(-math.inf, math.inf) == (1.0, 1.0, 1.0, 1.0)
    assert QUARTERS.shares(1.25, 1.5) == (0.0, 0.25, 0.0, 0.0)
    assert QUARTERS.shares(2.0, 1.0) == (0.0, 0.0, 0.0, 0.0)


def test_the_day_at_a_position_is_the_day_that_lies_there():
    for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 5, 17), date(2031, 8, 9)):
        assert QUARTERS.day_at(QUARTERS.position(day)) == day


@pytest.mark.parametrize("months", [1200.0, 1e6, 1e18, 1e300, math.inf])
def test_no_duration_is_too_long_for_the_axis(months):
    position = QUARTERS.after(0.0, months)
    assert QUARTERS.shares(position, math.inf) == (0.0, 0.0, 0.0, 0.0)
    assert math.isfinite(QUARTERS.day_number(position))
    assert QUARTERS.day_at(-position) < QUARTERS.start < QUARTERS.day_at(position)


def test_a_chain_with_durations_of_a_hundred_years_is_lowered_at_once():
    respin = {"probability": 1, "delay": 1200}
    net = lowered(("nodes.n3.cycle_time", 1200), ("chips.gpu.available", "2027Q1"), ("chips.gpu.respin", respin))
    assert not upper(net, "package:gpu:a:line").any()
    assert max(flow.age for flow in net.flows) <= net.n_periods
    assert sum(flow.amount[0] for flow in net.flows if flow.material == "die:gd" and flow.amount[0] > 0) == 30.0


def test_a_last_day_that_is_a_period_is_its_last_day():
    assert parse_when("2027Q3") == date(2027, 7, 1)
    assert parse_last("2027Q3") == parse_last("end-2027Q3") == date(2027, 9, 30)
    assert parse_last("2027-08-15") == date(2027, 8, 15)


def test_starts_after_a_part_of_a_period_arrive_later():
    # Even over [0.5, 1], 0.25 periods later: half before the period ends, half after it.
    first, weights = part_profile(0.25, np.array([0.0, 0.5]), even=True)
    assert (first, weights.T.tolist()) == (0, [[0.75, 0.25, 0.0], [0.5, 0.5, 0.0]])
    # All at 0.5, 0.25 periods later: a quarter of the period remains.
    first, weights = part_profile(0.25, np.array([0.0, 0.5]), even=False)
    assert (first, weights.T.tolist()) == (0, [[0.75, 0.25, 0.0], [0.25, 0.75, 0.0]])


@pytest.mark.parametrize("opens", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("lead", [0.0, 0.4, 1.0, 2.7])
def test_shares_by_age_are_those_of_many_small_starts(lead, opens):
    starts = opens + (np.arange(20000) + 0.5) / 20000 * (1.0 - opens)
    ages = np.bincount(np.floor(starts + lead).astype(int), minlength=6)[:6] / 20000
    first, weights = part_profile(lead, np.array([opens, 0.1]), even=True)
    found = np.zeros(6)
    found[first : first + 3] = weights[:, 0]
    assert found == pytest.approx(ages, abs=1e-3)
    spread = np.floor(starts[:, None] + (np.arange(200) + 0.5) / 200 * lead).astype(int)
    shares = spread_profile(lead, opens=opens)
    assert shares == pytest.approx(np.bincount(spread.ravel(), minlength=shares.size)[: shares.size] / 4e6, abs=5e-3)


def test_no_share_is_rounding():
    day = np.array([0.0, 1.0 / 3.0, 0.1 + 0.2, 1.0 - 1e-12])
    for lead in (0.7, 2.0 / 3.0, 1.0 - 1e-12):
        for even in (True, False):
            _, weights = part_profile(lead, day, even)
            assert weights.sum(axis=0) == pytest.approx(1.0, abs=1e-15)
            assert weights[weights > 0.0].min() > 1e-9


def test_a_spread_beyond_the_last_age_is_put_on_it():
    assert spread_profile(10.0, most=2) == pytest.approx([0.05, 0.1, 0.85])
    assert spread_profile(1e12, most=3).sum() == pytest.approx(1.0)


def test_a_date_inside_a_period_opens_the_share_of_capacity_that_remains():
    # 2027-08-15 is 45 of 92 days into the third quarter.
    net = lowered(("dies.gd.fabs.fab-a.available", "2027-08-15"))
    assert np.flatnonzero(upper(net, "wafers:gd:fab-a")).tolist() == list(range(2, 12))
    found = parts(net, "wafers:gd:fab-a")
    assert found == {
        ("starts:fab-a", 2): pytest.approx(47 / 92),
        ("exposures:euv:fab-a", 2): pytest.approx(47 / 92),
    }


def test_a_shipment_date_counts_from_the_end_of_the_lead_time():
    # Ready 4.5 months from the start, in mid-quarter; sold from the middle of the seventh quarter on.
    net = lowered(("packaging_lines.line.assembly_time", 4.5), ("chips.gpu.available", "2028-08-16"))
    day = Calendar(date(2027, 1, 1), ((12, "quarter"),)).position(date(2028, 8, 16))
    first = day - 1.5
    assert np.flatnonzero(upper(net, "package:gpu:a:line"))[0] == math.floor(first)
    arrives = [
        (flow.age, round(float(flow.amount[math.floor(first)]), 9))
        for flow in net.flows
        if flow.activity == "package:gpu:a:line" and flow.amount[math.floor(first)] > 0.0
    ]
    # What is started in the last part of a quarter arrives after the date, none of it before.
    assert math.floor(first) + min(age for age, _ in arrives) >= math.floor(day)


def test_work_between_two_days_shares_what_there_is_between_them():
    # Two dies of one fab, from the same day on: together no more than half of the quarter's starts.
    other = {
        "name": "G2",
        "designer": "green",
        "node": "n3",
        "area": 800,
        "fabs": {"fab-a": {"available": "2027-05-16"}},
    }
    net = lowered(("dies.gd.fabs.fab-a.available", "2027-04-08"), ("dies.g2", other))
    rows = [row for row in net.groups if row.id.startswith("starts:fab-a:part:")]
    members = {frozenset(t.id for t in row.terms if t.kind == "activity"): float(row.rhs[0] / 30.0) for row in rows}
    assert members == {
        frozenset({"wafers:g2:fab-a"}): pytest.approx(46 / 91),
        frozenset({"wafers:gd:fab-a", "wafers:g2:fab-a"}): pytest.approx(84 / 91),
    }


def test_stacking_after_a_late_start_has_the_part_of_the_quarter_in_which_it_falls():
    net = lowered(("memory_makers.mem.offers.h4.available", "2027-05-16"))
    found = parts(net, "hbm:h4:green:mem")
    assert found == {("starts:dram-a", 1): pytest.approx(46 / 91), ("stacking:mem", 2): pytest.approx(46 / 91)}


def test_a_part_of_capacity_grows_with_what_units_add():
    step = {"step": 5, "cost": 1, "lead": 0, "max_steps": 1}
    net = lowered(("packaging_lines.line.expansion", step), ("chips.gpu.boms.a.available", "2027-05-16"))
    (row,) = (row for row in net.groups if row.id.startswith("packaging:line:part:"))
    added = {term.shift: float(term.coefficient[1]) for term in row.terms if term.kind == "unit"}
    assert added[0] == pytest.approx(-46 / 91 * 15)


def test_an_order_in_a_period_that_opens_late_counts_from_the_day_on():
    step = {"step": 4, "space": 0, "cost": 1, "lead": 3, "max_steps": 1, "first": "2027-05-16"}
    net = lowered(("fabs.fab-a.expansion", step))
    (effect,) = (e for e in net.unit_effects if e.resource == "starts:fab-a")
    late = 45 / 91
    assert effect.by_order(4)[1].tolist() == pytest.approx([0.0, 12 * (1 - late), 12.0, 12.0])
    assert effect.by_order(4)[2].tolist() == [0.0, 12.0, 12.0, 12.0]
    unit = next(u for u in net.units if u.id == "expand:fab-a")
    assert unit.upper[:3].tolist() == [0.0, 1.0, 1.0]


def test_a_tool_in_the_order_book_prints_from_its_day_and_qualification_on():
    net = lowered(("fabs.fab-a.scanners.euv.order_book", {"2027-08-15": 1}))
    base = next(r.base for r in net.resources if r.id == "exposures:euv:fab-a")
    # Delivered 45 of 92 days into the third quarter, a quarter of qualification.
    assert base[:5] == pytest.approx([750, 750, 750, 750 + 187.5 * 47 / 92, 937.5])

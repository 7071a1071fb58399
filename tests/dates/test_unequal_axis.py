"""Periods of unequal length: the calendar, and what falls on which period, by hand and by many small starts."""

from datetime import date

import numpy as np
import pytest

from fabopt.domain.calendar import Calendar, parse_last, parse_when
from fabopt.network.lengths import Lengths

MIXED = Calendar(date(2028, 7, 1), ((2, "quarter"), (2, "half-year"), (1, "year")))
LENGTHS = Lengths(np.array([1.0, 1.0, 2.0, 2.0, 4.0]))
"""The same: two quarters, two half-years, a year."""
EVEN = Lengths(np.ones(5))


def shares(first, weights, start):
    """Return the shares of what starts in a period by the period that they fall on."""
    return {start + first + k: w for k, w in enumerate(weights[:, start].tolist()) if w}


def test_labels_and_days_of_quarters_half_years_and_a_year():
    assert MIXED.labels == ("2028Q3", "2028Q4", "2029H1", "2029H2", "2030")
    assert MIXED.years == (0.25, 0.25, 0.5, 0.5, 1.0)
    assert (MIXED.periods, MIXED.end) == (5, date(2031, 1, 1))
    assert [MIXED.period_index(date(2028, 12, 31)), MIXED.period_index(date(2029, 1, 1))] == [1, 2]
    assert MIXED.period_index(date(2030, 12, 31)) == 4
    assert [MIXED.label(-1), MIXED.label(5)] == ["2028Q2", "2031"]
    assert MIXED.index_of("2029H2") == 3
    with pytest.raises(ValueError, match="'2029Q1' is no label of a half-year, such as 2029H1"):
        MIXED.index_of("2029Q1")


def test_a_half_year_is_a_date():
    assert (parse_when("2029H2"), parse_last("2029H2")) == (date(2029, 7, 1), date(2029, 12, 31))
    assert parse_when("end-2029H1") == date(2029, 6, 30)
    with pytest.raises(ValueError, match="is no date"):
        parse_when("2029H3")


def test_a_day_lies_at_its_share_of_the_period_that_holds_it():
    assert MIXED.position(date(2029, 4, 1)) == pytest.approx(2 + 90 / 181)
    assert MIXED.day_at(MIXED.position(date(2030, 3, 9))) == date(2030, 3, 9)
    assert MIXED.shares(MIXED.position(date(2029, 4, 1)), 4.25) == pytest.approx((0, 0, 91 / 181, 1, 0.25))


def test_a_date_moves_on_through_a_half_year_without_a_jump_back():
    days = [date.fromordinal(date(2028, 10, 1).toordinal() + n) for n in range(480)]
    positions = [MIXED.position(day) for day in days]
    open_ = [sum(s * y for s, y in zip(MIXED.shares(p, 5.0), MIXED.years, strict=True)) for p in positions]
    assert np.all(np.diff(positions) > 0.0)
    assert np.all(np.diff(open_) < 0.0)


@pytest.mark.parametrize(
    ("position", "months", "there"),
    [(0.0, 4.5, 1.5), (1.5, 4.5, 2.5), (1.0, 9.0, 3.0), (2.5, 12.0, 4.25), (4.0, 24.0, 6.0), (0.5, -6.0, -1.5)],
)
def test_months_are_passed_at_the_length_of_each_period_there_and_back(position, months, there):
    assert MIXED.after(position, months) == pytest.approx(there)
    assert MIXED.after(there, -months) == pytest.approx(position)


@pytest.mark.parametrize(
    ("start", "stretches", "says"),
    [
        (date(2028, 7, 1), ((1, "quarter"), (2, "half-year")), "2028-10-01, .*: take 2 quarters before them"),
        (date(2026, 10, 1), ((8, "quarter"), (2, "half-year")), "take 7 or 9 quarters before them"),
        (date(2026, 9, 28), ((5, "week"), (2, "quarter")), "quarters would begin on 2026-11-02, .* where no week ends"),
        (date(2190, 1, 1), ((2, "year"), (20, "half-year")), "after the year 2200"),
        (date(2026, 11, 1), ((2, "quarter"), (2, "year")), "2026-11-01 is not the first day of a quarter"),
    ],
)  # fmt: skip
def test_stretches_that_do_not_meet_the_calendar_are_refused_with_what_would(start, stretches, says):
    with pytest.raises(ValueError, match=says):
        Calendar(start, stretches)


def test_a_lead_of_four_and_a_half_months_out_of_quarters_into_half_years():
    first, weights = LENGTHS.arrive(1.5)
    # From [0, 1] to [1.5, 2.5]: half in the second quarter, half in the half-year that begins at 2.
    assert shares(first, weights, 0) == pytest.approx({1: 0.5, 2: 0.5})
    # From [1, 2] to [2.5, 3.5], all in the half-year.
    assert shares(first, weights, 1) == pytest.approx({2: 1.0})
    # From [2, 4] to [3.5, 5.5]: a quarter of it in the same half-year.
    assert shares(first, weights, 2) == pytest.approx({2: 0.25, 3: 0.75})
    # From [6, 10] to [7.5, 11.5]: in the year itself, and after the end.
    assert shares(first, weights, 4) == pytest.approx({4: 0.625, 5: 0.375})


def test_a_ramp_of_quarters_fills_a_half_year_by_its_mean():
    first, profile = LENGTHS.ramp(1.0, np.array([0.5, 1.0]))
    by_start = [shares(first, profile, t) for t in range(3)]
    # Ordered as the first quarter begins it comes with the second, at half; then at full.
    assert by_start[0] == pytest.approx({1: 0.5, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0})
    # Ordered as the second begins it comes with the half-year: one quarter at half, one at full.
    assert {t: by_start[1][t] for t in (2, 3)} == pytest.approx({2: 0.75, 3: 1.0})
    # Ordered as the half-year begins it comes in its middle, at half: a quarter of the whole.
    assert {t: by_start[2][t] for t in (2, 3)} == pytest.approx({2: 0.25, 3: 1.0})


def test_what_lasts_two_quarters_fills_a_half_year_or_half_a_year():
    first, profile = LENGTHS.ramp(2.0, np.ones(2), persistent=False)
    assert shares(first, profile, 0) == pytest.approx({2: 1.0})
    assert shares(first, profile, 3) == pytest.approx({4: 0.5})


def test_an_even_use_over_a_half_year_from_a_quarter_on():
    weights = LENGTHS.spread(2.0, np.zeros(5))
    # Of a start at u the use is even over [u, u + 2]: over [0, 1] it is a quarter, over [1, 2] a half.
    assert shares(0, weights, 0) == pytest.approx({0: 0.25, 1: 0.5, 2: 0.25})
    assert shares(0, weights, 1) == pytest.approx({1: 0.25, 2: 0.75})
    assert shares(0, weights, 2) == pytest.approx({2: 0.5, 3: 0.5})


def test_an_order_is_paid_evenly_over_the_periods_of_its_lead_time():
    parts = LENGTHS.instalments(4.0)
    assert (1.0 / parts[:, 0]).tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert (1.0 / parts[:, 1]).tolist() == pytest.approx([0.25, 0.5, 0.25])
    assert (1.0 / parts[:, 4]).tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_what_was_started_before_the_horizon_comes_by_its_rate():
    # One start a quarter, each arriving 3.5 quarters later: all that time has passed when the last comes.
    assert LENGTHS.brought(3.5).tolist() == pytest.approx([1.0, 1.0, 1.5, 0.0, 0.0])
    # Even over 4 quarters, the use falls from full to nothing over them.
    assert LENGTHS.brought(4.0, spread=True).tolist() == pytest.approx([0.875, 0.625, 0.5, 0.0, 0.0])


def cut(lengths, times):
    """Return the periods in which some times lie, as many as there are and one for what comes later."""
    return np.searchsorted(lengths.begins, np.asarray(times) + 1e-12, side="right") - 1


@pytest.mark.parametrize("lead", [0.0, 0.7, 1.0, 2.3, 5.0])
@pytest.mark.parametrize("opens", [0.0, 0.4])
@pytest.mark.parametrize("sizes", [(1, 1, 2, 2, 4), (2, 1, 1, 4), (1, 1.5, 0.5, 3)])
def test_shares_are_those_of_many_small_starts(sizes, opens, lead):
    lengths, n, many = Lengths(np.array(sizes, dtype=float)), len(sizes), 4001
    even = (np.arange(many) + 0.5) / many
    for t in range(n):
        late = np.zeros(n)
        late[t] = opens
        for evenly in (True, False):
            u = opens + (1.0 - opens) * even if evenly else even
            begun = lengths.begins[t] + lengths.sizes[t] * (u if evenly else u + opens)
            found = shares(*lengths.arrive(lead, late, evenly), t)
            there = np.bincount(cut(lengths, begun + lead), minlength=n + 1)[: n + 1] / many
            assert [found.get(k, 0.0) for k in range(n)] == pytest.approx(there[:n].tolist(), abs=2e-3)
        if lead:
            u = opens + (1.0 - opens) * even
            used = (lengths.begins[t] + lengths.sizes[t] * u)[:, None] + lead * (np.arange(41) + 0.5) / 41
            there = np.bincount(cut(lengths, used.ravel()), minlength=n + 1)[: n + 1] / used.size
            found = shares(0, lengths.spread(lead, late), t)
            assert [found.get(k, 0.0) for k in range(n)] == pytest.approx(there[:n].tolist(), abs=5e-3)


@pytest.mark.parametrize("ramp", [[1.0], [0.2, 0.5, 1.0]])
@pytest.mark.parametrize("lead", [0.0, 0.7, 2.3])
@pytest.mark.parametrize("sizes", [(1, 1, 2, 2, 4), (2, 1, 1, 4), (1, 1.5, 0.5, 3)])
def test_capacity_is_the_mean_of_many_moments(sizes, lead, ramp):
    lengths, n, many = Lengths(np.array(sizes, dtype=float)), len(sizes), 4000
    for persistent in (True, False):
        first, profile = lengths.ramp(lead, np.array(ramp), persistent=persistent)
        for t in range(n):
            for k in range(t, n):
                moments = lengths.begins[k] + lengths.sizes[k] * (np.arange(many) + 0.5) / many
                step = np.floor(moments - lengths.begins[t] - lead).astype(int)
                at = np.array([*ramp, ramp[-1] if persistent else 0.0])[np.clip(step, 0, len(ramp))]
                found = profile[k - t - first, t] if k - t >= first else 0.0
                assert found == pytest.approx(float(np.where(step < 0, 0.0, at).mean()), abs=1e-3)


@pytest.mark.parametrize("lead", [0.0, 0.25, 1.0, 2.7])
def test_the_general_rule_is_the_closed_form_where_all_are_of_one_length(lead):
    general = Lengths(np.ones(5))
    general.__dict__["even"] = False
    late = np.array([0.0, 0.3, 0.0, 0.9, 0.0])
    for found, closed in (
        (general.arrive(lead, late), EVEN.arrive(lead, late)),
        (general.arrive(lead, late, even=False), EVEN.arrive(lead, late, even=False)),
        ((0, general.spread(lead, late)), (0, EVEN.spread(lead, late))),
    ):
        for t in range(5):
            inside = [{k: w for k, w in shares(*one, t).items() if k < 5} for one in (found, closed)]
            assert inside[0] == pytest.approx(inside[1])
    first, profile = general.ramp(lead, np.array([0.5, 1.0]))
    plain_first, plain = EVEN.ramp(lead, np.array([0.5, 1.0]))
    assert (first, profile[: len(plain), 0].tolist()) == (plain_first, pytest.approx(plain.tolist()))

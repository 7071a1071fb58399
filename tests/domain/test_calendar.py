"""The calendar against dates that anybody can look up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabopt.domain.calendar import Calendar, Length, parse_when


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        (2027, date(2027, 1, 1)),
        ("2027", date(2027, 1, 1)),
        ("2027Q1", date(2027, 1, 1)),
        ("2027Q4", date(2027, 10, 1)),
        ("2027-03", date(2027, 3, 1)),
        ("2027-03-15", date(2027, 3, 15)),
        ("2026W01", date(2025, 12, 29)),  # ISO week 1 holds the year's first Thursday, 1 January 2026
        ("2026W53", date(2026, 12, 28)),  # 2026 has 53 ISO weeks
        ("end-2026", date(2026, 12, 31)),
        ("end-2026Q3", date(2026, 9, 30)),
        ("end-2028-02", date(2028, 2, 29)),  # a leap year
        ("end-2026W01", date(2026, 1, 4)),
        (date(2027, 5, 6), date(2027, 5, 6)),
        (datetime(2027, 5, 6), date(2027, 5, 6)),
    ],
)
def test_days_as_people_write_them(raw: object, day: date) -> None:
    assert parse_when(raw) == day


@pytest.mark.parametrize(
    "raw",
    ["2027Q5", "2027-13", "2027-02-30", "2025W53", "27", "1066", "9999", "soon", "", "2027-3-1", True, None, 2027.5],
)
def test_what_is_no_day_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"is no (date|day)"):
        parse_when(raw)


def test_quarters_from_the_decision_date_2026q4_to_2033q4_are_29() -> None:
    calendar = Calendar(date(2026, 10, 1), ((29, "quarter"),))
    assert calendar.labels[0] == "2026Q4"
    assert calendar.labels[-1] == "2033Q4"
    assert calendar.end == date(2034, 1, 1)
    assert calendar.spans[1].start == date(2027, 1, 1)
    assert calendar.spans[1].end == date(2027, 4, 1)
    assert calendar.years == (0.25,) * 29


def test_days_outside_the_horizon_have_indices_outside_it() -> None:
    calendar = Calendar(date(2026, 10, 1), ((4, "quarter"),))
    assert calendar.period_index(date(2026, 9, 30)) == -1
    assert calendar.period_index(date(2027, 9, 30)) == 3
    assert calendar.period_index(date(2027, 10, 1)) == 4
    assert calendar.label(-1) == "2026Q3"
    assert not calendar.holds(date(2026, 9, 30))
    assert calendar.holds(date(2027, 9, 30))


def test_labels_of_every_length() -> None:
    assert Calendar(date(2027, 1, 1), ((2, "year"),)).labels == ("2027", "2028")
    assert Calendar(date(2027, 12, 1), ((2, "month"),)).labels == ("2027-12", "2028-01")
    assert Calendar(date(2025, 12, 29), ((2, "week"),)).labels == ("2026W01", "2026W02")


@pytest.mark.parametrize(
    ("start", "periods", "length", "says"),
    [
        (date(2026, 11, 15), 4, "quarter", "the nearest are 2026-10-01 and 2027-01-01"),
        (date(2026, 10, 1), 4, "year", "the nearest are 2026-01-01 and 2027-01-01"),
        (date(2026, 10, 1), 4, "week", "the nearest are 2026-09-28 and 2026-10-05"),  # 1 October 2026 is a Thursday
        (date(2026, 10, 1), 0, "quarter", "1 to 2000 periods"),
        (date(2026, 10, 1), 2001, "quarter", "1 to 2000 periods"),
        (date(2026, 1, 1), 900, "year", "ends after the year 2200"),
    ],
)
def test_a_start_in_mid_period_or_a_senseless_length_is_refused(
    start: date, periods: int, length: Length, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Calendar(start, ((periods, length),))


def test_a_label_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="'2027-01' is no label of a quarter, such as 2026Q4"):
        Calendar(date(2026, 10, 1), ((4, "quarter"),)).index_of("2027-01")


@given(
    day=st.dates(date(1960, 1, 1), date(2090, 1, 1)),
    length=st.sampled_from(["week", "month", "quarter", "year"]),
    periods=st.integers(1, 60),
    offset=st.integers(-50, 100),
)
def test_periods_tile_the_calendar_and_labels_find_them_again(
    day: date, length: Length, periods: int, offset: int
) -> None:
    aligned = {
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[length]
    calendar = Calendar(aligned, ((periods, length),))
    spans = calendar.spans
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert calendar.start <= day < spans[0].end
    assert calendar.index_of(calendar.label(offset)) == offset
    assert calendar.period_index(calendar.start_of(offset + 1) - timedelta(days=1)) == offset

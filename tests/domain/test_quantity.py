"""Quantities: forms, ranges, means over time, and every fault at its path."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from fabopt.domain.base import FieldProblem, FrozenDict, Named, Record
from fabopt.domain.quantity import Limits, Point, Quantity, constant
from fabopt.domain.quantity_field import In

WAFERS = In("kwafer/month", ge=0, series=True)
SHARE = In("1", ge=0, le=1)


class Item(Record):
    price: Annotated[Quantity, In("USD/wafer", gt=0)] = Field(default=constant(1.0, "USD/wafer"))
    starts: Annotated[Quantity, WAFERS] = Field(default=constant(0.0, "kwafer/month"))
    share: Annotated[Quantity, SHARE] | None = None
    parts: Named[int] = FrozenDict()


def faults(declared: In, raw: object) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(FieldProblem) as caught:
        declared.read(raw)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def test_a_number_and_a_text_and_a_mapping_say_the_same() -> None:
    for raw in (
        180,
        "180 kwafer/month",
        "0.18 million wafer/month",
        "2160 kwafer/year",
        {"value": 180},
        {"value": 180_000, "unit": "wafer/month"},
        {"value": 100, "times": 1.8},
    ):
        quantity = WAFERS.read(raw)
        assert quantity.value == pytest.approx(180, rel=1e-15)
        assert quantity.unit == "kwafer/month"
        assert quantity.assumed


def test_bare_low_and_high_stand_in_the_unit_that_the_value_was_written_in() -> None:
    quantity = WAFERS.read({"value": "12 wafer/month", "low": 10, "high": "0.02 kwafer/month"})
    assert quantity.low_high == (pytest.approx(0.010), pytest.approx(0.020), False)
    named = WAFERS.read({"value": "0.012 kwafer/month", "low": 10, "unit": "wafer/month"})
    assert named.low_high[0] == pytest.approx(0.010)


def test_times_scales_value_and_range_and_keeps_the_source() -> None:
    quantity = WAFERS.read({"value": 100, "low": 90, "high": 120, "times": 1.5, "source": "f1"})
    assert (quantity.value, *quantity.bounds) == (150, 135, 180)
    assert quantity.source == ("f1",)
    assert not quantity.assumed


def test_a_symmetrical_range_is_a_share_of_the_number() -> None:
    assert SHARE.read({"value": "50 %", "range": "10%"}).low_high == (pytest.approx(0.45), pytest.approx(0.55), False)
    assert In("USD").read({"value": -100, "range": 0.1}).bounds == (-110, -90)


@pytest.mark.parametrize(
    ("confidence", "share"), [("high", 0.05), ("medium", 0.15), ("low", 0.30), ("seed", 0.30), (None, 0.30)]
)
def test_a_number_without_a_range_gets_the_assumed_one_of_its_confidence(confidence: str | None, share: float) -> None:
    quantity = WAFERS.read({"value": 100, "source": "f1", "confidence": confidence})
    assert quantity.low_high == (pytest.approx(100 * (1 - share)), pytest.approx(100 * (1 + share)), True)


def test_an_assumed_range_ends_where_the_field_s_limits_end() -> None:
    assert SHARE.read(0.9).low_high == (pytest.approx(0.63), 1, True)
    low, high, _ = In("1", gt=0.9, lt=1).read(0.95).low_high
    assert 0.9 < low < 0.95 < high < 1
    assert In("1", ge=0).read(0).low_high == (0, 0, True)


def test_half_a_published_range_is_completed_by_an_assumption() -> None:
    quantity = WAFERS.read({"value": 100, "low": 95, "source": "f1", "confidence": "high"})
    assert quantity.low_high == (95, 105, True)


def test_a_series_of_steps_keeps_each_value_until_the_next_date() -> None:
    quantity = WAFERS.read({"steps": {"2027Q1": 10, "2027Q3": 20}})
    assert [quantity.at(day) for day in (date(2026, 1, 1), date(2027, 6, 30), date(2027, 7, 1), date(2030, 1, 1))] == [
        10,
        10,
        20,
        20,
    ]
    # 1 January to 30 September 2027: 181 days at 10, then 92 at 20.
    assert quantity.mean(date(2027, 1, 1), date(2027, 10, 1)) == pytest.approx((181 * 10 + 92 * 20) / 273)


def test_a_linear_series_is_straight_between_its_points_and_flat_outside() -> None:
    quantity = WAFERS.read({"linear": {"2027-01-01": 10, "2027-01-11": 20}})
    assert quantity.at(date(2027, 1, 6)) == 15
    assert quantity.at(date(2026, 1, 1)) == 10
    assert quantity.at(date(2028, 1, 1)) == 20
    assert quantity.mean(date(2027, 1, 1), date(2027, 1, 11)) == 15
    # Five days flat at 10, ten rising (mean 15), five flat at 20.
    assert quantity.mean(date(2026, 12, 27), date(2027, 1, 16)) == pytest.approx((50 + 150 + 100) / 20)


@given(
    values=st.lists(st.floats(0, 1000), min_size=1, max_size=6),
    gaps=st.lists(st.integers(1, 200), min_size=6, max_size=6),
    start=st.integers(-100, 600),
    days=st.integers(1, 800),
    shape=st.sampled_from(["steps", "linear"]),
)
def test_the_mean_is_what_a_sum_over_days_gives(
    values: list[float], gaps: list[int], start: int, days: int, shape: Any
) -> None:
    origin = date(2027, 1, 1)
    when = [origin + timedelta(days=sum(gaps[:index])) for index in range(len(values))]
    quantity = Quantity("1", tuple(Point(day, value) for day, value in zip(when, values, strict=True)), shape)
    first = origin + timedelta(days=start)
    total = 0.0
    for offset in range(days):
        day = first + timedelta(days=offset)
        after = quantity.at(day) if shape == "steps" else quantity.at(day + timedelta(days=1))
        total += (quantity.at(day) + after) / 2  # within a day a series is flat or straight
    assert quantity.mean(first, first + timedelta(days=days)) == pytest.approx(total / days, rel=1e-9, abs=1e-9)


def test_points_of_a_series_have_their_own_provenance_and_the_series_has_all_sources() -> None:
    quantity = WAFERS.read(
        {
            "linear": {"2028": {"value": 20, "low": 15, "source": "f2"}, "2027": 10},
            "source": "f1",
            "unit": "kwafer/month",
        }
    )
    assert [point.value for point in quantity.points] == [10, 20]
    assert quantity.source == ("f1", "f2")
    assert quantity.range_of(quantity.points[1])[0] == 15
    assert not quantity.assumed
    assert WAFERS.read({"linear": {"2027": 10, "2028": {"value": 20, "source": "f2"}}}).assumed


@pytest.mark.parametrize(
    ("raw", "path", "says"),
    [
        (True, (), "true is no quantity"),
        (None, (), "nothing is no quantity"),
        ([1], (), "a list is no quantity"),
        (float("nan"), (), "no number between"),
        (float("inf"), (), "no number between"),
        (10**400, (), "no number between"),
        ("180", (), "'180' has no unit"),
        ("180 GB", (), "'GB' is data"),
        ("-1 kwafer/month", (), "must be at least 0 kwafer/month"),
        ({}, (), "needs 'value'"),
        ({"value": 1, "lwo": 2}, ("lwo",), "no field 'lwo'"),
        ({"value": True}, ("value",), "true is no number"),
        ({"value": "9**9**9"}, ("value",), "no unit"),
        ({"value": 1, "unit": "kg"}, ("unit",), "'kg' is no unit"),
        ({"value": 1, "unit": 3}, ("unit",), "3 is no unit"),
        ({"value": 5, "low": 6}, (), "low 6 lies above the value 5"),
        ({"value": 5, "high": 4}, (), "high 4 lies below the value 5"),
        ({"value": 5, "low": 7, "high": 4}, (), "low 7 lies above high 4"),
        ({"value": 5, "low": -1}, (), "'low' is -1 kwafer/month"),
        ({"value": 5, "low": "nan"}, ("low",), "no quantity"),
        ({"value": 5, "range": "10%", "low": 4}, ("range",), "either 'range' or"),
        ({"value": 5, "range": 15}, ("range",), "no half-width"),
        ({"value": 5, "range": "much"}, ("range",), "no half-width"),
        ({"value": 5, "times": -1}, ("times",), "no factor"),
        ({"value": 5, "times": float("nan")}, ("times",), "no factor"),
        ({"value": 5, "source": 7}, ("source",), "an id from the table of sources"),
        ({"value": 5, "confidence": "sure"}, ("confidence",), "'sure' is no confidence"),
        ({"value": 5, "confidence": ["low"]}, ("confidence",), "a list is no confidence"),
        ({"value": 5, "assumed": "yes"}, ("assumed",), "true or false"),
        ({"value": 5, "as_of": [1]}, ("as_of",), "no date of a source"),
        ({"value": 5, "note": 5}, ("note",), "a note is a text"),
        ({"value": 5, "linear": {"2027": 1}}, (), "one of 'value', 'linear' and 'steps'"),
        ({"linear": {}}, ("linear",), "from 1 to 5000 dates"),
        ({"linear": [1, 2]}, ("linear",), "from 1 to 5000 dates"),
        ({"linear": {"soon": 1}}, ("linear", "soon"), "no date"),
        ({"steps": {"2027": 1, "2027Q1": 2}}, ("steps", "2027Q1"), "two values for 2027-01-01"),
        ({"steps": {"2027": {"value": 1, "hi": 2}}}, ("steps", "2027", "hi"), "no field 'hi'"),
        ({"steps": {"2027": "1 wafer"}}, ("steps", "2027"), "'wafer' is wafer"),
        ({"steps": {"2027": -1}}, ("steps", "2027"), "at least 0"),
    ],
)
def test_a_faulty_quantity_is_refused_at_its_path(raw: object, path: tuple[str, ...], says: str) -> None:
    found = faults(WAFERS, raw)
    assert any(place == path and says in message for place, message in found), found


def test_all_faults_of_a_quantity_are_reported_at_once() -> None:
    assert len(faults(WAFERS, {"steps": {"soon": 1, "2027": "x", "2028": {"value": -1}}, "times": "x"})) == 4


def test_a_field_that_is_no_series_refuses_one() -> None:
    assert faults(SHARE, {"linear": {"2027": 0.5}}) == [
        (("linear",), "this number cannot vary over time; give one value")
    ]


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        (Limits(ge=0), -1, "at least 0"),
        (Limits(gt=0), 0, "more than 0"),
        (Limits(le=1), 1.1, "at most 1"),
        (Limits(lt=1), 1, "less than 1"),
        (Limits(ge=0, le=1), 1, ""),
    ],
)
def test_limits_say_what_they_admit(limits: Limits, value: float, expected: str) -> None:
    assert limits.broken_by(value) == expected


@pytest.mark.parametrize(
    "raw",
    [
        {"price": "18 kUSD/wafer", "share": {"value": "62 %", "range": "15%", "source": ["f1", "f2"], "note": "n"}},
        {"starts": {"linear": {"2027": 0, "end-2027": {"value": "7 wafer/week", "low": 0, "source": "f1"}}}},
        {"starts": {"steps": {"2027": {"value": 0.1, "as_of": 2026, "confidence": "high", "assumed": True}}}},
        {"starts": {"value": 3, "low": 0, "high": 3, "times": 0.1}, "parts": {"a": 1}},
    ],
)
def test_writing_and_reading_again_gives_the_same_quantities(raw: dict[str, Any]) -> None:
    item = Item.model_validate(raw)
    assert Item.model_validate_json(item.model_dump_json()) == item


def test_a_scaled_quantity_keeps_its_provenance() -> None:
    quantity = WAFERS.read({"steps": {"2027": 10, "2028": {"value": 20, "low": 10}}, "source": "f1"}).scaled(2)
    assert [point.value for point in quantity.points] == [20, 40]
    assert quantity.points[1].low == 20
    assert quantity.source == ("f1",)
    with pytest.raises(ValueError, match="scaled by 0 or more"):
        quantity.scaled(-1)


def test_a_default_in_the_wrong_unit_is_caught() -> None:
    class Wrong(Record):
        price: Annotated[Quantity, In("USD/wafer")] = Field(default=constant(1.0, "USD"))

    with pytest.raises(ValidationError, match="a quantity in 'USD' stands where 'USD/wafer' is meant"):
        Wrong()


def test_records_are_frozen_all_the_way_down() -> None:
    item = Item.model_validate({"parts": {"a": 1}})
    with pytest.raises(TypeError, match="an instance is frozen"):
        item.parts["a"] = 2
    with pytest.raises(TypeError, match="an instance is frozen"):
        item.parts.update(b=2)
    with pytest.raises(ValidationError, match="frozen"):
        item.price = constant(2.0, "USD/wafer")

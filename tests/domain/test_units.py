"""Units against conversions that anybody can do by hand, and texts that must be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabopt.domain.units import COUNTED, NAMES, UnitError, convert, split_text, unit


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (180, "kwafer/month", "wafer/year", 2_160_000),  # 180,000 x 12
        (1, "year", "h", 8766),  # 365.25 x 24
        (1, "quarter", "month", 3),
        (2, "week", "day", 14),
        (57, "%", "1", 0.57),  # a float product with 0.01 would give 0.5700000000000001
        (8, "Gb", "GB", 1),
        (1.5, "GW", "MW", 1500),
        (1, "GWh", "MW*day", 1000 / 24),
        (858, "mm2", "cm2", 8.58),
        (26, "mm", "cm", 2.6),
        (2.5, "USD/H100e/h", "MUSD/kH100e/year", 2.5 * 8766 / 1000),
        (3, "GPU", "accelerator", 3),
        (5, "pass/h", "exposures/day", 120),
        (0.1, "defect/cm2", "1/cm2", 0.1),
        (1, "TB/s", "GB/s", 1000),
        (2, "PFLOP/s", "TFLOP/s", 2000),
        (1, "USD*wafer/wafer", "USD", 1),
    ],
)
def test_conversions_known_by_hand(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("180 kwafer/month", 180, "kwafer/month"),
        ("12 bn USD", 12e9, "USD"),
        ("1.2 million wafer/year", 1.2e6, "wafer/year"),
        ("5 M USD", 5e6, "USD"),
        (" 1GW ", 1, "GW"),
        ("-3.5e2 %", -350, "%"),
        ("62 %", 62, "%"),
        ("7", 7, ""),
        (".5 h", 0.5, "h"),
        ("5 m", 5, "m"),
    ],
)
def test_texts_split_into_number_and_unit(text: str, value: float, rest: str) -> None:
    assert split_text(text) == (value, rest)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("9**9**9", "no unit"),
        ("__import__('os').system('true')", "no quantity"),
        ("1,000 wafer", "separator"),
        ("1_000 wafer", "separator"),
        ("1e999 W", "between 1e-30 and 1e30"),
        ("1e31 W", "between 1e-30 and 1e30"),
        ("1e-99 W", "between 1e-30 and 1e30"),
        ("1e29 bn USD", "between 1e-30 and 1e30"),
        ("nan W", "no quantity"),
        ("inf", "no quantity"),
        ("", "no quantity"),
        ("kwafer", "no quantity"),
        ("5 bn", "has no unit behind 'bn'"),
        ("5 kwafr/month", "did you mean 'kwafer'?"),
        ("5 kelvin", "no unit that fabopt knows"),
        ("5 USD//GB", "no unit"),
        ("5 m**2", "no unit"),
        ("5 (USD)", "no unit"),
        ("5 W" + "/h" * 6, "at most 6 names"),
        ("5 " + "x" * 90, "at most 80 characters"),
        ("5 kh", "no unit that fabopt knows"),  # hours take no prefix
        ("5 \x1b[31mW", "no unit"),
    ],
)
def test_texts_that_are_refused(text: str, says: str) -> None:
    def read() -> float:
        value, rest = split_text(text)
        return convert(value, rest, f"{rest}*1")

    with pytest.raises(UnitError) as caught:
        read()
    assert says in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_wrong_dimension_is_named_in_words() -> None:
    with pytest.raises(UnitError, match="'kwafer' is wafer, but this number is counted in 'kwafer/month'"):
        convert(1, "kwafer", "kwafer/month")
    with pytest.raises(UnitError, match="'USD/GB' is money per data"):
        convert(1, "USD/GB", "USD")


def test_each_counted_thing_is_a_dimension_of_its_own() -> None:
    things = [name for name in COUNTED if name != "defect"]  # defects are pure numbers
    assert len({unit(name).dimension for name in things}) == len(things)


def test_currencies_convert_at_the_rates_given_and_only_then() -> None:
    rates = {"EUR": 1.16, "KRW": 0.0007}
    assert convert(10, "EUR/wafer", "USD/wafer", rates) == pytest.approx(11.6)
    assert convert(1, "wafer/EUR", "wafer/USD", rates) == pytest.approx(1 / 1.16)
    assert convert(1, "EUR", "KRW", rates) == pytest.approx(1.16 / 0.0007)
    assert convert(3, "EUR/EUR", "1", {}) == 3
    with pytest.raises(UnitError, match="needs the rate of JPY"):
        convert(1, "JPY", "USD", rates)


@given(
    value=st.floats(1e-9, 1e9),
    top=st.sampled_from(sorted(NAMES)),
    below=st.sampled_from(sorted(NAMES)),
    prefix=st.sampled_from(["", "k", "M", "G"]),
)
def test_converting_there_and_back_gives_the_number_again(value: float, top: str, below: str, prefix: str) -> None:
    rates = {"EUR": 1.1, "KRW": 0.0007, "NTD": 0.03, "CNY": 0.14, "JPY": 0.007}
    written = f"{top}/{below}"
    other = f"{prefix}wafer*{top}/wafer/{below}"
    there = convert(value, written, other, rates)
    assert convert(there, other, written, rates) == pytest.approx(value, rel=1e-14)


@given(value=st.floats(1e-12, 1e12))
def test_the_field_s_own_unit_leaves_a_number_exactly_as_it_is(value: float) -> None:
    text = f"{value!r} USD/H100e/h"
    number, written = split_text(text)
    assert convert(number, written, "USD/H100e/h") == value

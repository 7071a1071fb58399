"""Numbers, dates and periods as people write them, in both languages."""

import pytest

from fabopt.analysis.memo.records import Amount
from fabopt.report.memo.people import People, digits, step_of

EN, ZH = People("en", "Q"), People("zh", "Q")


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (3.4, "GW", "3.4 GW", "3.4 GW"),
        (0.45, "GW", "450 MW", "450 MW"),
        (1204.0, "MW", "1.2 GW", "1.2 GW"),
        (1200.0, "MUSD", "USD 1.2 bn", "12 亿美元"),
        (102_345.0, "MUSD", "USD 102 bn", "1,023 亿美元"),
        (1_234_567.0, "MUSD", "USD 1.2 tn", "1.2 万亿美元"),
        (45.2, "MUSD", "USD 45 m", "4,520 万美元"),
        (0.0412, "MUSD", "USD 41 thousand", "41,200 美元"),
        (0.0, "MUSD", "USD 0", "0 美元"),
        (-310.0, "MUSD", "USD −310 m", "−3.1 亿美元"),
        (34_500.0, "USD", "USD 34,500", "34,500 美元"),
        (690.0, "kaccelerator", "690 thousand accelerators", "69 万颗加速器"),
        (4512.0, "kaccelerator", "4.5 million accelerators", "451 万颗加速器"),
        (0.69, "kaccelerator", "690 accelerators", "690 颗加速器"),
        (2626.0, "kH100e", "2.6 million H100 equivalents", "263 万颗 H100 当量"),
        (0.12, "share", "12 %", "12%"),
        (0.00054, "share", "0.054 %", "0.054%"),
        (1.0, "period", "1 quarter", "1 个季度"),
        (3.0, "period", "3 quarters", "3 个季度"),
        (5.0, "month", "5 months", "5 个月"),
        (7.0, "count", "7", "7"),
        (float("inf"), "MUSD", "an unknown amount", "未知数额"),
    ],
)  # fmt: skip
def test_an_amount_is_written_for_people(value, unit, english, chinese):
    number = Amount(value, unit, "x")
    assert EN.amount(number) == english
    assert ZH.amount(number) == chinese


def test_a_range_shares_one_scale_with_its_number():
    number = Amount(605.0, "MUSD", "x", 310.0, 1900.0)
    assert EN.span(number) == "USD 0.31 to 1.9 bn"
    assert EN.both(number) == "USD 0.6 (0.31 to 1.9) bn"
    assert ZH.span(number) == "3.1 至 19 亿美元"
    assert ZH.both(number) == "6 (3.1 至 19) 亿美元"


def test_a_range_that_is_a_point_is_written_once():
    assert EN.both(Amount(732.0, "MUSD", "x", 732.0, 732.1)) == "USD 732 m"
    assert EN.span(Amount(5.0, "count", "x", 5.0, 5.0)) == "5"


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (222.2, "kwafer", "222 thousand wafers", "22 万片晶圆"),
        (1304.0, "ksubstrate", "1.3 million substrates", "130 万片基板"),
        (1060.0, "kworker-month", "1.1 million worker-months", "106 万人月"),
        (0.35, "kwafer", "350 wafers", "350 片晶圆"),
        (0.0, "kpiece", "0 pieces", "0 件"),
        (19_952.0, "MW", "20 GW", "20 GW"),
    ],
)
def test_things_of_the_data_are_counted_in_words(value, unit, english, chinese):
    number = Amount(value, "as written", "x", unit_text=unit)
    assert (EN.amount(number), ZH.amount(number)) == (english, chinese)


def test_units_of_the_data_follow_the_number():
    number = Amount(1.4, "as written", "x", unit_text="kwafer/month")
    assert EN.amount(number) == "1.4 thousand wafers a month"
    assert ZH.amount(number) == "1.4 千片晶圆/月"
    assert EN.amount(Amount(0.75, "as written", "x", unit_text="1")) == "0.75"
    assert EN.amount(Amount(2.0, "as written", "x", unit_text="{}{}")) == "2"


@pytest.mark.parametrize(
    ("label", "english", "chinese"),
    [
        ("2027Q3", "2027 Q3", "2027 年第三季度"),
        ("2031H1", "2031 H1", "2031 年上半年"),
        ("2027-03", "March 2027", "2027 年 3 月"),
        ("2027", "2027", "2027 年"),
        ("week 7", "week 7", "week 7"),
        ("", "–", "–"),
    ],
)
def test_a_period_is_written_for_people(label, english, chinese):
    assert EN.period(label) == english
    assert ZH.period(label) == chinese


def test_a_half_year_is_short_in_a_narrow_column():
    assert [one.short_period(label) for one in (EN, ZH) for label in ("2031H2", "2030Q4")] == ["2031 H2", "2030 Q4"] * 2


def test_a_date_is_written_for_people():
    assert EN.day("2026-10-01") == "1 October 2026"
    assert ZH.day("2026-10-01") == "2026 年 10 月 1 日"
    assert EN.day("2026Q4") == "2026 Q4"
    assert EN.day("") == "–"


def test_how_long_periods_are_is_told_by_their_labels():
    assert [step_of(labels) for labels in (["2027Q1", "2027Q2"], ["2027-01"], ["2027"], ["a"], [])] == [
        "Q", "M", "Y", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "said"),
    [(9.949, "9.9"), (9.96, "10"), (0.999, "1"), (0.0123, "0.012"), (1e-12, "0"), (1234.5, "1,234"), (-2.5, "−2.5")],
)
def test_digits(value, said):
    assert digits(value) == said


def test_lists_in_a_sentence():
    assert [EN.listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert ZH.listed(["甲", "乙"]) == "甲、乙"


@pytest.mark.parametrize(
    ("label", "day"),
    [
        ("2026Q4", "31 December 2026"), ("2027Q2", "30 June 2027"), ("2031H1", "30 June 2031"),
        ("2032", "31 December 2032"), ("2028-02", "29 February 2028"), ("soon", ""),
    ],
)  # fmt: skip
def test_a_period_ends_on_its_last_day(label: str, day: str) -> None:
    assert People("en").last_day(label) == day

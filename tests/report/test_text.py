"""Numbers and tables as text."""

import math
from dataclasses import replace

import pytest

from fabopt.report.answer import year_ends
from fabopt.report.text import (
    Table,
    amount,
    between,
    clip,
    figure,
    listed,
    money,
    percent,
    round_percent,
    span,
    thousands,
    wrap,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1234567.8, "1,234,568"),
        (99.94, "99.9"),
        (99.96, "100"),
        (9.994, "9.99"),
        (0.5, "0.50"),
        (0.01234, "0.0123"),
        (-41230.6, "-41,231"),
        (math.inf, "no limit"),
    ],
)
def test_a_number_keeps_about_four_digits(value, text):
    assert amount(value) == text


def test_money_is_in_millions_and_above_ten_billion_in_billions():
    assert money(9_999.0) == "9,999 M USD"
    assert money(41_231.0) == "41.2 bn USD"
    assert money(-25_000.0) == "-25.0 bn USD"
    assert money(-0.0, "") == "0"
    assert figure(-25_000.0, "M USD") == "-25.0 bn USD"
    assert figure(118_612.8134, "") == "118,613"


def test_thousands_become_millions_above_ten_million():
    assert thousands(771.2) == "771 thousand"
    assert thousands(60_190.0) == "60.2 million"


def test_a_gap_is_a_percentage_and_an_unknown_one_says_so():
    assert percent(0.0005) == "0.05 %"
    assert percent(None) == "unknown"
    assert percent(-1e-17) == "0.00 %"
    assert percent(-0.0022) == "-0.22 %"
    assert (round_percent(1.0 - 0.9), round_percent(0.025)) == ("10 %", "2.5 %")


def test_a_column_without_a_head_stands_only_where_something_is_in_it():
    rows = [("Total", "", "-", 1.0), ("across",), ("a", "", None, 2.0)]
    table = Table("", ("", "", "", "n"), rows, left=3, total=("all", "", "", 3.0))
    assert (table.headers, table.left, table.total) == (("", "n"), 1, ("all", 3.0))
    assert table.rows == (("Total", "1.00"), ("across",), ("a", "2.00"))
    assert Table("", ("", "", "n"), [("a", "note", 1.0), ("b", "", 2.0)]).headers == ("", "", "n")
    assert Table("", ("", "unit"), [("", "kg")]).rows == (("", "kg"),)


def test_cells_are_written_by_what_they_are_and_short_rows_are_filled_up():
    table = Table("title", ("a", "b", "c", "d", "e"), (("x", 1234, 0.5, None), ("y", 2)))
    assert table.rows == (("x", "1,234", "0.50", "-", ""), ("y", "2", "", "", ""))


def test_what_there_is_no_room_for_is_counted_and_the_total_stays():
    rows = [(str(n), n) for n in range(10)]
    table = Table("", ("who", "much"), rows, most=4, total=("all", 45))
    assert [row[0] for row in table.shown(4)] == ["0", "1", "2", "3", "... 6 more", "all"]
    assert [row[0] for row in replace(table, ends=True).shown(4)] == ["0", "1", "... 6 between", "8", "9", "all"]
    assert len(table.shown(0)) == len(table.shown(10)) == 11
    assert replace(table, rows=()).shown(4) == []


def test_a_table_fits_the_width_by_long_heads_first_then_words_and_never_by_numbers():
    row = ("a very long name of a limit", 12_345_678, 3.14)
    table = Table("title", ("limit", "used", "price of one"), (row,))
    assert table.lines(51)[1:] == [
        "  limit                              used  price of",
        "                                                one",
        "  a very long name of a limit  12,345,678      3.14",
    ]
    assert table.lines(40)[-2:] == ["  a very long name of  12,345,678   3.14", "  a limit"]


def test_ends_are_told_as_one_number_or_as_a_range():
    assert between(0.0, 3.0) == "at most 3.00 M USD"
    assert between(3.0, 3.0) == "3.00 M USD"
    assert between(1.0, 3.0) == "between 1.00 M USD and 3.00 M USD"
    assert (span(1.0, 1.0001), span(1.0, 2.0)) == ("1.00", "1.00 to 2.00")
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")


def test_a_table_that_wraps_loses_no_word_and_keeps_numbers_beside_the_first_line():
    names = ("Coast campus power, size 1 (orders)", "Coast campus power, size 2 (orders)")
    table = Table(
        "gains " * 10,
        ("limit", "gain"),
        tuple((name, "12,345,678") for name in names),
    )
    lines = table.lines(32)
    assert max(len(line) for line in lines) <= 32
    assert lines[:2] == ["gains gains gains gains gains", "gains gains gains gains gains"]
    assert lines[3:] == [
        "  Coast campus        12,345,678",
        "  power, size 1",
        "  (orders)",
        "  Coast campus        12,345,678",
        "  power, size 2",
        "  (orders)",
    ]


def test_a_title_is_never_cut():
    assert Table("one two three four", ("a",), (("b",),)).lines(9) == ["one two", "three", "four", "  a", "  b"]


def test_a_number_and_its_per_cent_stand_on_one_line():
    heads = ("limit", "+1 unit", "+10 %", "+25 %")
    table = Table("gains of 10 % more", heads, [("a limit with a long name", 1.0, 2.0, 3.0)])
    for width in range(24, 60):
        lines = table.lines(width)
        assert not any(line.split()[:1] == ["%"] for line in lines), width
        assert any("+10 %" in line or "…" in line for line in lines), width


def test_columns_stand_under_their_heads():
    lines = Table("t", ("chip", "2027"), (("falcon", "5"), ("osprey", "12,000"))).lines()
    assert lines[1:] == ["  chip      2027", "  falcon       5", "  osprey  12,000"]


def test_control_characters_do_not_reach_the_terminal():
    assert clip("a\x1b[31mred\nline", 50) == "a [31mred line"


def test_html_escapes_every_cell():
    html = Table("<b>", ("<i>",), (("<script>alert(1)</script>",),)).html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_wrapped_text_keeps_to_the_width():
    assert wrap("one two three four", 9) == ["one two", "three", "four"]
    assert wrap("", 9) == [""]


def test_dates_shown_are_the_last_reported_periods_of_years_and_few_enough():
    import pandas as pd

    quarters = [(f"{y}Q{q}", f"{y}-{3 * q - 2:02d}-01", y < 2030) for y in range(2026, 2032) for q in range(1, 5)]
    periods = pd.DataFrame(quarters, columns=["period", "start", "reported"])
    assert year_ends(periods) == ["2026Q4", "2027Q4", "2028Q4", "2029Q4"]
    years = pd.DataFrame([(str(y), f"{y}-01-01", True) for y in range(2026, 2036)], columns=periods.columns)
    assert year_ends(years) == ["2027", "2029", "2031", "2033", "2035"]


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (None, "unknown"),
        (0.0, "0.00 %"),
        (1e-6, "0.00 %"),
        (3.9e-5, "0.0039 %"),
        (4.55e-4, "0.045 %"),
        (5e-4, "0.05 %"),
        (0.1234, "12.34 %"),
        (-2e-5, "-0.0020 %"),
    ],
)
def test_a_small_share_is_no_zero(share, written):
    assert percent(share) == written


def test_a_row_of_one_text_stands_across_the_columns_below_it():
    long = "shipments of everything that anybody could name in one line"
    table = Table("", ("figure", "plan"), [(long,), ("  one", 5), (f"{long} {long}",), ("  two", 70)])
    assert table.lines(40) == [
        "  figure  plan",
        "  shipments of everything that anybody",
        "  could name in one line",
        "    one      5",
        "  shipments of everything that anybody",
        "  could name in one line shipments of",
        "  everything that anybody could name in",
        "  one line",
        "    two     70",
    ]
    assert f'<td style="text-align:left" colspan="2">{long}</td>' in table.html()

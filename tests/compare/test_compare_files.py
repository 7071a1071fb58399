"""Plans side by side as a page and a workbook: opened, worked out again, and refused in a sentence."""

import os
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from browser import needs_browser, visit
from formulas import Sheets

import fabopt
from fabopt.analysis.compare.records import TABLES
from fabopt.cli import main
from fabopt.io.seal import SavedError
from fabopt.plan.plan import Plan
from fabopt.report.compare_workbook import _TABLES

INSTANCES = Path(__file__).parents[2] / "instances"
DRAWN = "document.querySelectorAll('figure').length === document.querySelectorAll('figure svg.marks').length"
EVIL = '=HYPERLINK("http://example.org","x")</script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    top = tmp_path_factory.mktemp("results")
    runs = {"as-given": {}, "squeezed": {"scenario": "hbm-squeeze"}, "more": {"set": {"sites.plains.power": "*1.2"}}}
    for name, asked in runs.items():
        fabopt.load(INSTANCES / "tutorial", **asked).solve().save(top / name)
    return [str(top / name) for name in runs]


@pytest.fixture(scope="module")
def report(folders):
    return fabopt.compare(*folders, names=("as given", "squeezed", "more"))


@pytest.fixture(scope="module")
def sheets(report, tmp_path_factory):
    file = tmp_path_factory.mktemp("book") / "plans.xlsx"
    report.save(file)
    return Sheets(file)


# -- the page --------------------------------------------------------------------------------------------------------


@needs_browser
def test_the_page_opens_without_a_message_and_without_asking_for_anything_outside(folders, report, tmp_path, capsys):
    assert main(["compare", *folders, "--html", str(tmp_path / "plans.html")]) == 0
    page = visit(tmp_path / "plans.html", until=DRAWN, ask="document.querySelectorAll('svg.marks').length")
    assert page.console == ()
    assert page.outside == ()
    assert page.answer == 5  # compute, choke points, who gains, costs, inputs
    assert "written to" in capsys.readouterr().out
    words = re.sub(r"\s+", " ", page.text)
    named = fabopt.compare(*folders)
    for text in named.said:
        assert text in words
    for table in named.tables:
        assert table.title in words
    for cell in (cell for table in named.tables for cell in table.rows[0]):
        assert cell in words


@needs_browser
def test_names_cannot_leave_the_page(tmp_path):
    set_ = {"sites.plains.name": EVIL, "packaging_lines.bridgeworks.capacity": "*1.1"}
    plans = [fabopt.load(INSTANCES / "tutorial", set=one).solve() for one in ({"sites.plains.name": EVIL}, set_)]
    report = fabopt.compare(*plans, names=("one", EVIL))
    report.save(tmp_path / "plans.html")
    assert EVIL not in (tmp_path / "plans.html").read_text(encoding="utf-8")
    page = visit(tmp_path / "plans.html", until=DRAWN, ask="document.querySelectorAll('img').length")
    assert (page.console, page.outside, page.answer) == ((), (), 0)
    assert "onerror=alert(1)" in page.text


@needs_browser
def test_without_scripts_the_pictures_stand_in_the_page(report, tmp_path):
    text = report.html()
    assert text.count("data:image/svg+xml;base64,") == 5
    (tmp_path / "still.html").write_text(re.sub(r"<script>.*</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    broken = "[...document.images].filter((image) => image.naturalWidth === 0).length"
    assert visit(tmp_path / "still.html", ask=broken).answer == 0


def test_what_the_gaps_leave_open_is_framed_on_the_page(report):
    assert 'class="warning"' not in report.html()
    worth = {"a": 10.0, "b": 10.001}
    plans = []
    for value in worth.values():
        result = fabopt.load(INSTANCES / "allocation" / "share-cap", set={"network.demands.a.value": value}).solve(
            gap=0
        )
        run = replace(result.run, bound=result.run.value + 1.0)
        plans.append(fabopt.Result(Plan(run, result.table, result.plan.instance), ""))
    report = fabopt.compare(*plans, names=tuple(worth))
    assert report.records.difference[0].withheld == "gap"
    assert "proves nothing" in report.sentence
    assert '<p class="warning">Withheld: a is proved to within' in report.html()


def test_a_plain_network_has_a_page_too(tmp_path):
    plans = [
        fabopt.load(INSTANCES / "textbook" / "dakota", set=s).solve() for s in ({}, {"network.demands.desk.value": 90})
    ]
    text = fabopt.compare(*plans, names=("a", "b")).html()
    assert "Who gains and who loses in what is delivered" in text
    assert "Compute of all labs" not in text


# -- the workbook ----------------------------------------------------------------------------------------------------


def test_every_formula_of_the_workbook_gives_what_is_saved_with_it(sheets):
    found = list(sheets.formulas())
    assert len(found) > 200
    for sheet, cell, formula, saved in found:
        assert sheets.value(sheet, cell) == pytest.approx(saved, rel=1e-9, abs=1e-4), (sheet, cell, formula)


def test_plans_stand_side_by_side_and_add_up_to_their_values(sheets, report):
    sheet = sheets.book["side by side"]
    rows = [[cell.coordinate for cell in row] for row in sheet.iter_rows(min_col=2, max_col=6)]
    labels = [row[0].value for row in sheet.iter_rows(max_col=1)]
    assert [cell.value for cell in sheet[4]] == [
        "term", "as given", "squeezed", "more", "squeezed less as given", "more less as given",
    ]  # fmt: skip
    values = [plan.value for plan in report.records.plans]
    expected = pytest.approx([*values, values[1] - values[0], values[2] - values[0]], rel=1e-9)
    totals = [n for n, label in enumerate(labels) if label == "total"]
    for n in totals[:2]:  # by term and by party
        assert [sheets.value("side by side", cell) for cell in rows[n]] == expected
    compute = report.frame.query("measure == 'compute' and period == '2028Q4'")
    sums = compute.groupby("plan")[["base", "value"]].sum()
    assert [sheets.value("side by side", cell) for cell in rows[totals[3]][:3]] == pytest.approx(
        [sums["base"].iloc[0], sums.loc["squeezed", "value"], sums.loc["more", "value"]]
    )


def test_the_tables_of_the_workbook_are_those_of_the_comparison(sheets, report):
    for spec in _TABLES:
        frame = report.table(spec.name)
        assert spec.names == list(frame.columns)
        if frame.empty:  # nobody asked what moves the orders
            assert spec.name == "moves"
            assert spec.name not in sheets.book.sheetnames
            continue
        sheet = sheets.book[spec.name]
        assert sheet.freeze_panes == "B6"
        for row, facts in zip(sheet.iter_rows(min_row=6), frame.itertuples(index=False), strict=True):
            for cell, fact in zip(row, facts, strict=True):
                found = sheets.value(spec.name, cell.coordinate) if cell.data_type == "f" else cell.value
                nothing = fact in ("", None) or fact != fact
                assert (found is None) if nothing else found == pytest.approx(fact) if cell.data_type == "n" else True
    assert {spec.name for spec in _TABLES} <= set(TABLES)


def test_heads_of_the_workbook_bear_units_and_numbers_their_format(sheets):
    heads = {cell.value: cell for cell in sheets.book["worth"][5]}
    assert {"base (M USD)", "value (M USD)", "change (M USD)"} <= set(heads)
    assert sheets.book["worth"].cell(6, heads["base (M USD)"].column).number_format.startswith("#,##0.00")
    share = next(cell for cell in sheets.book["chip_mix"][5] if cell.value == "base_share")
    assert sheets.book["chip_mix"].cell(6, share.column).number_format == "0.0%"
    held = next(cell for cell in sheets.book["inputs"][5] if cell.value == "held (M USD, alone)")
    assert sheets.book["inputs"].cell(2, held.column).value is None  # never added up
    chokes = sheets.book["choke points"]
    assert [cell.value for cell in chokes[2]][:4] == ["period", "as given", "owner", "worth (M USD for 1 % more)"]


def test_names_in_the_workbook_are_never_formulas(tmp_path):
    plans = [
        fabopt.load(INSTANCES / "tutorial", set={"sites.plains.name": EVIL, **more}).solve()
        for more in ({}, {"sites.plains.power": "*1.1"})
    ]
    fabopt.compare(*plans, names=("=1+1", EVIL)).save(tmp_path / "plans.xlsx")
    cells = [c for sheet in openpyxl.load_workbook(tmp_path / "plans.xlsx") for row in sheet.iter_rows() for c in row]
    assert "'=1+1" in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if cell.data_type == "f" and "HYPERLINK" in cell.value]
    assert not [cell.value for cell in cells if cell.data_type == "s" and str(cell.value)[:1] in "=+-@"]
    sheets = Sheets(tmp_path / "plans.xlsx")
    for sheet, cell, formula, saved in sheets.formulas():
        assert sheets.value(sheet, cell) == pytest.approx(saved, rel=1e-9, abs=1e-4), (sheet, cell, formula)


def test_the_same_plans_give_the_same_bytes(report, folders):
    again = fabopt.compare(*folders, names=("as given", "squeezed", "more"))
    assert again.xlsx() == report.xlsx()
    assert again.html() == report.html()


# -- refused, with nothing written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--html", "plans.txt"], "is no name of a page: it ends in .html"),
        (["--xlsx", "plans.html"], "is no name of a workbook: it ends in .xlsx"),
        (
            ["--html", "plans.html", "--xlsx", "nowhere/plans.xlsx"],
            "nowhere/plans.xlsx: there is no folder",
        ),
        (["--html", "plans.html", "--xlsx", "folder.xlsx"], "cannot be written to folder.xlsx: it is a folder"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_anything_is(
    folders, options, says, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.xlsx").mkdir()
    assert main(["compare", *folders, *options]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert os.listdir(tmp_path) == ["folder.xlsx"]


def test_python_refuses_other_endings(report, tmp_path):
    with pytest.raises(SavedError, match=r"neither a page \(\.html\) nor a workbook \(\.xlsx\)"):
        report.save(tmp_path / "plans.html", tmp_path / "plans.pdf")
    assert not os.listdir(tmp_path)


def test_plans_that_cannot_be_compared_write_nothing(folders, tmp_path, capsys):
    assert main(["compare", folders[0], "nowhere", "--html", str(tmp_path / "plans.html")]) == 2
    assert "nowhere is no result" in capsys.readouterr().err
    assert not os.listdir(tmp_path)

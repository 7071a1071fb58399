"""A result as a workbook: its formulas give what is saved with them, and that is what the tables and the plan say."""

from __future__ import annotations

import time
from pathlib import Path

import openpyxl
import pytest
from formulas import Sheets

import fabopt
from fabopt.cli import main

ROOT = Path(__file__).parents[2]
CASES = {
    "tutorial": ("tutorial", {}),
    "tutorial, one lab": ("tutorial", {"perspective": "lab:aurora"}),
    "tutorial, soonest": ("tutorial", {"objective": "time_to_compute", "target": 1500.0}),
    "contracts": ("contracts/take-or-pay", {}),
    "plain network": ("textbook/giapetto", {}),
    "plain network with money of its own": ("textbook/finco", {}),
    "stock": ("textbook/sailco", {"objective": "least_cost"}),
}


@pytest.fixture(scope="module", params=CASES, ids=list(CASES))
def made(request, tmp_path_factory):
    folder, options = CASES[request.param]
    result = fabopt.load(ROOT / "instances" / folder).solve(**options)
    file = tmp_path_factory.mktemp("made") / "plan.xlsx"
    result.export(file)
    return result, file


def near(number, scale=1.0):
    return pytest.approx(number, rel=1e-9, abs=1e-7 * max(scale, 1.0))


def test_every_formula_gives_the_result_that_is_saved_with_it(made):
    result, file = made
    sheets = Sheets(file)
    found = list(sheets.formulas())
    assert found
    for sheet, cell, formula, saved in found:
        assert sheets.value(sheet, cell) == near(saved, abs(result.run.value)), (sheet, cell, formula)


def label_rows(sheet):
    return {str(row[0].value): row for row in sheet.iter_rows() if row[0].value is not None}


def test_the_money_adds_up_to_the_value_of_the_plan(made):
    result, file = made
    sheets = Sheets(file)
    value = result.run.value
    rows = label_rows(sheets.book["summary"])
    assert sheets.value("summary", rows["discounted value, as solved"][1].coordinate) == value
    again = sheets.value("summary", rows["the same from the sheet 'money'"][1].coordinate)
    assert again == pytest.approx(value, rel=1e-6, abs=1e-6)


def test_the_tables_are_those_of_the_result(made):
    result, file = made
    book = openpyxl.load_workbook(file)
    for name in ("costs", "terminal", "periods", "orders", "transfers", "deployments", "contracts"):
        frame = result.plan.table(name)  # as it is saved: dates as text, none beside the label of a period
        if name not in book.sheetnames:
            assert not len(frame)
            continue
        sheet = book[name]
        assert sheet.freeze_panes == "B6"
        heads = [str(cell.value).split(" (")[0] for cell in sheet[5]]
        assert heads == list(frame.columns)
        for row, facts in zip(sheet.iter_rows(min_row=6, values_only=True), frame.itertuples(index=False), strict=True):
            assert [cell if cell is not None else "" for cell in row] == list(facts)


def test_units_number_formats_and_sums_stand_where_a_reader_looks(tmp_path):
    result = fabopt.load(ROOT / "instances" / "tutorial").solve()
    result.export(tmp_path / "plan.xlsx")
    sheets = Sheets(tmp_path / "plan.xlsx")
    book = sheets.book
    assert book.sheetnames[:3] == ["summary", "money", "by period"]
    assert {"inputs", "sources", "columns", "limits", "orders"} <= set(book.sheetnames)
    orders = book["orders"]
    cost = next(cell for cell in orders[5] if str(cell.value).startswith("cost"))
    assert cost.value == "cost (M USD)"
    assert orders.cell(6, cost.column).number_format.startswith("#,##0.00")
    assert sheets.value("orders", orders.cell(2, cost.column).coordinate) == near(result.orders["cost"].sum())
    told = result.orders[result.orders["reported"]]["cost"].sum()
    assert sheets.value("orders", orders.cell(3, cost.column).coordinate) == near(told)
    share = next(cell for cell in book["chip_mix"][5] if cell.value == "share")
    assert book["chip_mix"].cell(6, share.column).number_format == "0.0%"
    rows = label_rows(book["by period"])  # of several tables the last: payments by each party
    assert sheets.value("by period", rows["total"][11].coordinate) == near(result.transfers["amount"].sum())
    assert book["summary"]["A2"].value == result.answer.sentence


def test_inputs_bear_their_range_unit_and_source(tmp_path):
    number = "{value: 14, unit: kwafer/month, low: 13, high: 16, source: invented, confidence: high, note: '=1+1'}"
    result = fabopt.load(ROOT / "instances" / "tutorial", set=[f"fabs.north.wafer_starts={number}"]).solve()
    result.export(tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    row = label_rows(book["inputs"])["fabs.north.wafer_starts"]
    assert [cell.value for cell in row] == [
        "fabs.north.wafer_starts", None, 14, "kwafer/month", 13, 16,
        "published", "published", "invented", None, "high", "'=1+1",
    ]  # fmt: skip
    assert label_rows(book["sources"])["invented"][1].value == "Invented for the tutorial"
    levers = fabopt.load(ROOT / "instances" / "tutorial").levers
    assert set(levers["lever"]) == set(label_rows(book["inputs"])) - {book["inputs"]["A1"].value, "input"}


def test_names_are_never_formulas(tmp_path):
    name = '=HYPERLINK("http://example.org","x")'
    fabopt.load(ROOT / "instances" / "tutorial", set={"sites.plains.name": name}).solve().export(tmp_path / "plan.xlsx")
    cells = [c for sheet in openpyxl.load_workbook(tmp_path / "plan.xlsx") for row in sheet.iter_rows() for c in row]
    assert f"'{name} facility power" in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if cell.data_type == "f" and "HYPERLINK" in cell.value]
    assert not [cell.value for cell in cells if cell.data_type == "s" and str(cell.value)[:1] in "=+-@"]
    assert not [cell for cell in cells if cell.hyperlink]


def test_the_same_plan_gives_the_same_bytes_at_another_time(tmp_path):
    result = fabopt.load(ROOT / "instances" / "textbook" / "giapetto").solve(out=tmp_path / "result")
    result.export(tmp_path / "first.xlsx")
    time.sleep(2.1)  # the clock of a zip archive ticks every two seconds
    fabopt.load_result(tmp_path / "result").export(tmp_path / "second.xlsx")
    assert (tmp_path / "first.xlsx").read_bytes() == (tmp_path / "second.xlsx").read_bytes()


def test_the_verb_writes_a_result_or_an_instance(tmp_path, capsys):
    giapetto = str(ROOT / "instances" / "textbook" / "giapetto")
    fabopt.load(giapetto).solve(out=tmp_path / "result")
    assert main(["export", str(tmp_path / "result"), "--xlsx", str(tmp_path / "plan.xlsx")]) == 0
    assert openpyxl.load_workbook(tmp_path / "plan.xlsx").sheetnames[0] == "summary"
    assert main(["export", giapetto, "--xlsx", str(tmp_path / "data.xlsx")]) == 0
    assert openpyxl.load_workbook(tmp_path / "data.xlsx").sheetnames[0] == "read me"
    assert main(["import", str(tmp_path / "data.xlsx"), "--out", str(tmp_path / "data")]) == 0
    again = fabopt.load(tmp_path / "data").solve()
    assert again.objective == fabopt.load_result(tmp_path / "result").objective


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["export", "result", "--xlsx", "plan.csv"], "ends in .xlsx"),
        (["export", "result", "--xlsx", "nowhere/plan.xlsx"], "No such file or directory"),
        (["export", "result", "--xlsx", "plan.xlsx", "--scenario", "x"], "cannot be set in it any more"),
        (["export", "missing", "--xlsx", "plan.xlsx"], "there is no such instance"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_2_and_writes_nothing(tmp_path, monkeypatch, capsys, argv, says):
    monkeypatch.chdir(tmp_path)
    fabopt.load(ROOT / "instances" / "textbook" / "giapetto").solve(out="result")
    assert main(argv) == 2
    assert says in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_run_without_a_plan_has_no_workbook(tmp_path):
    from fabopt.solve.results.folder import ResultError

    result = fabopt.load(
        ROOT / "instances" / "tutorial", set={"markets.phones.floor": {"linear": {"2027Q1": 1}}}
    ).solve(objective="time_to_compute", target=1e6)
    assert not result.has_plan
    with pytest.raises(ResultError, match="no plan"):
        result.export(tmp_path / "plan.xlsx")
    assert not list(tmp_path.iterdir())

"""Inputs in the notation of elsewhere, and inputs that lost a part: each is told what, where, and the way out."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

import fabopt
from fabopt.domain.calendar import parse_when
from fabopt.domain.quantity_field import In
from fabopt.domain.units import UnitError, convert, split_text
from fabopt.io.problems import InstanceError, Problem

CASES = Path(__file__).parent
TUTORIAL = CASES.parents[1] / "instances" / "tutorial"


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InstanceError) as caught:
        fabopt.load(path)
    return caught.value.problems


def not_imported(path: Path, tmp_path: Path) -> str:
    with pytest.raises(InstanceError) as caught:
        fabopt.import_(path, tmp_path / "made")
    assert not (tmp_path / "made").exists()
    return str(caught.value)


# --- Tables and files -------------------------------------------------------------------------------------------


def test_a_table_separated_by_semicolons_is_told_so():
    (problem,) = refused(CASES / "csv-dialect")
    assert (problem.file, problem.line) == ("d.csv", 1)
    assert problem.message == "the file seems to be separated by ';'"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"id\tmaterial\tquantity\nx\ta\t5\n", "separated by tabs"),
        (b"id|material|quantity\nx|a|5\n", "separated by '|'"),
        (b"sep=;\nid;material;quantity\nx;a;5\n", "separated by ';'"),
        (b"id,material,quantity\nx,a,1,5\n", "a decimal mark is a point"),
        ("id,material,quantity\nx,a,5\n".encode("utf-16"), "it is UTF-16: save it as UTF-8"),
        ("id,name,quantity\nx,M\xfcller,5\n".encode("latin-1"), "save it as UTF-8"),
    ],
)
def test_a_table_in_another_form_is_told_which(table: bytes, says: str, tmp_path: Path):
    (tmp_path / "instance.yaml").write_text((CASES / "csv-dialect" / "instance.yaml").read_text())
    (tmp_path / "d.csv").write_bytes(table)
    assert says in "\n".join(map(str, refused(tmp_path)))


def test_an_include_that_is_no_name_is_refused_at_its_place():
    (problem,) = refused(CASES / "include-mapping")
    assert (problem.file, problem.line, problem.path) == ("instance.yaml", 1, "include.0")
    assert problem.message == "a mapping is no file name"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("include: [[a]]", "include.0"),
        ("include: {a: b}", "include"),
        ("include: [5]", "include.0"),
        ("tables: {fabs: [{a: b}]}", "tables.fabs.0"),
        ("tables: {fabs: {a: b}}", "tables.fabs"),
        ("tables: [fabs]", "tables"),
        ("scenarios: [a]", "scenarios"),
        ("fabs: {x: {wafer_starts: {csv: {a: b}, column: c}}}", "fabs.x.wafer_starts.csv"),
    ],
)
def test_what_names_files_is_refused_where_it_is_no_name(text: str, path: str, tmp_path: Path):
    (tmp_path / "instance.yaml").write_text(text)
    assert any((problem.line, problem.path) == (1, path) for problem in refused(tmp_path))


# --- Units ------------------------------------------------------------------------------------------------------


def said_of(text: str) -> str:
    _, written = split_text(text)
    with pytest.raises(UnitError) as caught:
        convert(1, written, f"{written}*1")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *zip(
            (CASES / "unit-hints" / "values.txt").read_text(encoding="utf-8").splitlines(),
            ["'month'", "write USD/MW/h", "'MW'", "'week'", "write mm2", "write mm2"],
            strict=True,
        )
    ],
)
def test_a_unit_in_the_notation_of_elsewhere_is_told_in_ours(text: str, meant: str):
    assert meant in said_of(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3 Mo", "'month'"),
        ("2 d", "'day'"),
        ("5 yrs", "'year'"),
        ("5 kwh", "'kWh'"),
        ("5 gw", "'GW'"),
        ("5 usd/GB", "'USD'"),
        ("5 $/GB", "write USD/GB"),
        ("110 wspm", "'wafer/month'"),
        ("9 pct", "'%'"),
    ],
)
def test_abbreviations_and_other_cases_of_letters_are_told_in_ours(text: str, meant: str):
    assert meant in said_of(text)


def test_a_word_of_two_letters_that_is_like_none_gets_no_guess():
    assert "did you mean" not in said_of("5 mx")


# --- Numbers as text --------------------------------------------------------------------------------------------


def test_a_number_in_a_text_cell_has_the_unit_of_the_next_cell(tmp_path: Path):
    instance = fabopt.import_(CASES / "xlsx-textnumber" / "chain.xlsx", tmp_path / "made")
    starts = instance.data.fabs["first"].wafer_starts
    assert (starts.value, starts.unit) == (6.0, "kwafer/month")


@pytest.mark.parametrize(
    ("number", "form", "unit", "is_"),
    [(0.07, "0%", "%", 0.07), (7, "0", "%", 0.07), (0.07, "0.0%", None, 0.07), (0.07, "0.00", "1", 0.07)],
)
def test_a_cell_that_is_shown_in_percent_is_what_it_shows(number, form, unit, is_, tmp_path: Path):
    book = openpyxl.load_workbook(CASES / "xlsx-textnumber" / "chain.xlsx")
    sheet = book["general"]
    head = [cell.value for cell in sheet[1]]
    row = next(cells for cells in sheet if cells[head.index("field")].value == "horizon.discount_rate")
    row[head.index("value")].value, row[head.index("unit")].value = number, unit
    row[head.index("value")].number_format = form
    book.save(tmp_path / "chain.xlsx")
    instance = fabopt.import_(tmp_path / "chain.xlsx", tmp_path / "made")
    assert instance.data.horizon.discount_rate.value == pytest.approx(is_, rel=1e-12)


@pytest.mark.parametrize(
    "raw",
    [
        {"value": "6", "unit": "GW"},
        {"value": 6, "low": "5", "unit": "GW"},
        {"linear": {"2027": "6"}, "unit": "GW"},
        {"steps": {"2027": {"value": "6"}}, "unit": "GW"},
    ],
)
def test_a_number_written_as_text_has_the_unit_that_is_stated_beside_it(raw: object):
    quantity = In("MW", series=True).read(raw)
    assert quantity.points[0].value == 6000.0
    assert quantity.points[0].low in (None, 5000.0)


# --- Workbooks --------------------------------------------------------------------------------------------------


def test_a_time_of_day_in_a_cell_of_a_date_is_refused(tmp_path: Path):
    said = not_imported(CASES / "xlsx-time-of-day" / "chain.xlsx", tmp_path)
    assert "sheet labs, cell C6: the cell holds a time of day (2026-12-31 23:00)" in said


def test_a_date_with_a_time_is_no_day_and_midnight_is_one():
    assert parse_when(datetime.datetime(2027, 1, 1)) == datetime.date(2027, 1, 1)
    with pytest.raises(ValueError, match="has a time of day"):
        parse_when(datetime.datetime(2026, 12, 31, 23))


def test_a_sheet_that_was_cut_out_is_named(tmp_path: Path):
    said = not_imported(CASES / "workbook-missing-sheet" / "chain.xlsx", tmp_path)
    assert "the sheet 'markets' is missing" in said


def test_a_sheet_that_a_spreadsheet_deleted_is_named_until_it_is_struck_from_the_list(tmp_path: Path):
    fabopt.load(TUTORIAL).export(tmp_path / "whole.xlsx")
    book = openpyxl.load_workbook(tmp_path / "whole.xlsx")
    del book["markets"]
    book.save(tmp_path / "cut.xlsx")
    assert "read me, cell A13: the sheet 'markets' is missing" in not_imported(tmp_path / "cut.xlsx", tmp_path)
    cell = book["read me"]["A13"]
    cell.value = cell.value.replace(", markets", "")
    book.save(tmp_path / "meant.xlsx")
    assert not fabopt.import_(tmp_path / "meant.xlsx", tmp_path / "made").data.markets

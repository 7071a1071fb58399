"""Faults in a workbook: each is named with its sheet, cell and field, all at once, and nothing is written."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

import fabopt
from fabopt.cli import main
from fabopt.io.problems import InstanceError
from fabopt.io.workbook.read import read_workbook

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    file = tmp_path_factory.mktemp("good") / "chain.xlsx"
    fabopt.load(TUTORIAL).export(file)
    return file.read_bytes()


def row_of(sheet, *begins):
    for cells in sheet.iter_rows():
        if [cell.value for cell in cells[: len(begins)]] == list(begins):
            return cells[0].row
    raise AssertionError(begins)


def said(book, tmp_path):
    """What is said about a workbook that was edited."""
    book.save(tmp_path / "bad.xlsx")
    with pytest.raises(InstanceError) as caught:
        fabopt.import_(tmp_path / "bad.xlsx", tmp_path / "made")
    assert not (tmp_path / "made").exists()
    return str(caught.value)


def opened(good):
    return openpyxl.load_workbook(io.BytesIO(good))


# sheet, first cells of the row, column, what is entered, where in the row it is reported, field, part of the message
EDITS = [
    ("fabs", ("north", "wafer_starts"), "D", "many", "D", "fabs.north.wafer_starts", "write a number and a unit"),
    (
        "fabs",
        ("north", "wafer_starts"),
        "E",
        "MW",
        "E",
        "fabs.north.wafer_starts.unit",
        "give a number in kwafer/month",
    ),
    ("fabs", ("north", "wafer_starts"), "F", 99, "D", "fabs.north.wafer_starts", "low 99 lies above the value 12"),
    ("fabs", ("north", "wafer_starts"), "G", "x", "G", "fabs.north.wafer_starts.high", "'x' is no quantity"),
    ("fabs", ("north", "wafer_starts"), "H", "novel", "D", "fabs.north.wafer_starts", "'novel' is no source"),
    ("fabs", ("north", "wafer_starts"), "J", "sure", "J", "fabs.north.wafer_starts.confidence", "one of high, medium"),
    ("fabs", ("north", "wafer_starts"), "K", "yes", "K", "fabs.north.wafer_starts.assumed", "is true or false"),
    (
        "fabs",
        ("north", "wafer_starts"),
        "B",
        "wafer_start",
        "D",
        "fabs.north.wafer_start",
        "did you mean 'wafer_starts'",
    ),
    ("fabs", ("north", "owner"), "E", "MW", "E", "fabs.north.owner", "this field is no quantity"),
    ("fabs", ("north", "nodes"), "D", "[n3, n9]", "D", "fabs.north.nodes", "n9"),
    ("fabs", ("north", "nodes"), "D", "[n3", "D", "fabs.north.nodes", "a list is written [n3, n5]"),
    ("fabs", ("north", "wafer_starts"), "D", None, "B", "fabs.north.wafer_starts", "the row has no value"),
    ("fabs", ("north", "wafer_starts"), "D", "=6*2", "D", "", "the formula '=6*2' has no saved result"),
    ("fabs", ("north", "free_space"), "B", "wafer_starts", "D", "fabs.north.wafer_starts", "given twice"),
    ("fabs", ("north", "owner"), "B", "a..b", "B", "fabs.north", "this is no field"),
    ("fabs", ("north", "owner"), "O", "stray", "O", "", "'stray' stands in a column without a name"),
    ("fabs", ("id",), "N", "valu", "N", "", "there is no column 'valu'; did you mean 'value'?"),
    ("fabs", ("id",), "D", "amount", "", "", "there is no column 'value'"),
    ("scanners", ("euv", "output", "2029-01-01"), "C", "soon", "D", "scanners.euv.output.linear.soon", "soon"),
    ("scanners", ("euv", "output", "2029-01-01"), "C", "2027-01-01", "C", "scanners.euv.output", "given twice"),
    ("scanners", ("euv", "output", "linear"), "C", "wavy", "C", "scanners.euv.output", "'wavy' begins no series"),
    ("general", ("horizon.periods",), "C", 2.5, "C", "horizon.periods", "integer"),
    ("general", ("horizon.start",), "C", "someday", "C", "horizon.start", "someday"),
    ("sources", ("invented",), "A", "Not an id", "A", "sources.Not an id", "is no id"),
]


@pytest.mark.parametrize(("sheet", "row", "column", "entered", "cell", "field", "says"), EDITS)
def test_a_fault_is_named_with_its_cell_and_field(good, tmp_path, sheet, row, column, entered, cell, field, says):
    book = opened(good)
    line = row_of(book[sheet], *row)
    book[sheet][f"{column}{line}"] = entered
    text = said(book, tmp_path)
    place = f"bad.xlsx, sheet {sheet}, cell {cell}{line}: " if cell else f"bad.xlsx, sheet {sheet}:{line}: "
    found = [one for one in text.splitlines() if one.startswith(f"{place}{field}") and says in one]
    assert found, text


def test_a_row_without_id_and_a_list_with_a_gap_are_named(good, tmp_path):
    book = opened(good)
    fabs = book["fabs"]
    line = row_of(fabs, "north", "expansion.ramp")
    fabs[f"B{line}"], fabs[f"D{line}"] = "expansion.ramp.1", 1
    assert f"sheet fabs, cell D{line}: fabs.north.expansion.ramp: the entries of a list are numbered" in said(
        book, tmp_path
    )
    fabs[f"A{line}"] = None
    assert f"sheet fabs:{line}: fabs: the row has no id; write the id" in said(book, tmp_path)


def test_all_faults_come_at_once(good, tmp_path):
    book = opened(good)
    for sheet, row, column, entered in (
        ("fabs", ("north", "wafer_starts"), "D", "many"),
        ("sites", ("coast", "pue"), "D", -1),
        ("general", ("horizon.periods",), "C", 2.5),
        ("labs", ("aurora", "region"), "E", "MW"),
    ):
        book[sheet][f"{column}{row_of(book[sheet], *row)}"] = entered
    text = said(book, tmp_path)
    for place in ("sheet fabs, cell D", "sheet sites, cell D", "sheet general, cell C", "sheet labs, cell E"):
        assert place in text


def test_a_sheet_that_is_no_section_is_named_with_the_nearest_one(good, tmp_path):
    book = opened(good)
    book["fabs"].title = "fab"
    assert "sheet fab: the sheet is no section of an instance; did you mean 'fabs'?" in said(book, tmp_path)


def repacked(good, change):
    """The workbook with each part of its archive changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "lol">' + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a;" * 9) for n in range(9)) + b"]>"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda good: b"", "no workbook"),
        (lambda good: b"id,field\n", "no workbook"),
        (lambda good: good[: len(good) // 2], "no workbook"),
        (lambda good: repacked(good, lambda n, d: d if "workbook.xml" not in n else b"<oops"), "cannot be read"),
        (
            lambda good: repacked(good, lambda n, d: re.sub(rb"(<worksheet|<sst)", LAUGHS + rb"\1", d, count=1)),
            "cannot",
        ),
        (lambda good: repacked(good, lambda n, d: d + b" " * 40_000_000 if "sheet" in n else d), "unpacks to more"),
        (lambda good: good + b"\0" * 20_000_000, "more than 20 MB"),
    ],
)
def test_a_file_that_is_no_workbook_or_would_exhaust_the_reader_is_refused(good, tmp_path, make, says):
    (tmp_path / "bad.xlsx").write_bytes(make(good))
    with pytest.raises(InstanceError, match=says):
        read_workbook(tmp_path / "bad.xlsx")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["new"], "name the folder to make, or the workbook"),
        (["new", "a", "--xlsx", "a.xlsx"], "name the folder to make, or the workbook"),
        (["new", "--xlsx", "a.xls"], "ends in .xlsx"),
        (["new", "--xlsx", "there.xlsx"], "does not write over it"),
        (["import", "missing.xlsx", "--out", "b"], "missing.xlsx: the file cannot be read"),
        (["import", "there.xlsx", "--out", "full"], "full is there already"),
        (["solve", "there.xlsx"], "fabopt import there.xlsx --out DIR"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_2_and_a_way_out(good, tmp_path, monkeypatch, capsys, argv, says):
    monkeypatch.chdir(tmp_path)
    Path("there.xlsx").write_bytes(good)
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert main(argv) == 2
    assert says in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "there.xlsx"]

"""An instance as a workbook and back: nothing is lost, nothing runs, the bytes are the same."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

import fabopt
from fabopt.cli import main
from fabopt.io.problems import InstanceError
from fabopt.io.workbook.layout import read_path, write_path
from fabopt.io.workbook.read import read_workbook
from fabopt.io.workbook.write import workbook_bytes
from fabopt.io.write import instance_json

ROOT = Path(__file__).parents[2]
INSTANCES = sorted(path.parent for path in (ROOT / "instances").rglob("instance.yaml"))
TUTORIAL = ROOT / "instances" / "tutorial"


def through(instance, tmp_path):
    """The instance that comes back out of its workbook."""
    file = tmp_path / "chain.xlsx"
    file.write_bytes(workbook_bytes(instance))
    return read_workbook(file)[1]


@pytest.mark.parametrize("folder", INSTANCES, ids=lambda path: path.name)
def test_every_instance_comes_back_from_its_workbook_as_it_was(folder, tmp_path):
    before = fabopt.load(folder).data
    after = through(before, tmp_path)
    assert after == before
    assert instance_json(after) == instance_json(before)  # order of the entries too


@pytest.mark.parametrize("name", ["tutorial", "frontier", "tiers", "alpha-fair", "food-manufacture-1"])
def test_a_workbook_becomes_a_folder_that_loads_as_the_same_instance(name, tmp_path):
    folder = next(path for path in INSTANCES if path.name == name)
    instance = fabopt.load(folder)
    instance.export(tmp_path / "chain.xlsx")
    made = fabopt.import_(tmp_path / "chain.xlsx", tmp_path / "made")
    assert instance_json(made.data) == instance_json(instance.data)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == (
        ["instance.yaml", "sources.csv"] if made.data.sources else ["instance.yaml"]
    )


def test_scenario_and_settings_are_in_the_workbook(tmp_path):
    changed = fabopt.load(TUTORIAL, "late-power", {"sites.coast.pue": 1.1 * 1.1})
    assert through(changed.data, tmp_path) == changed.data
    assert changed.data.sites["coast"].pue.value == 1.1 * 1.1  # 17 digits, of which a spreadsheet's writer keeps 16


def test_the_same_instance_gives_the_same_bytes_at_another_time():
    instance = fabopt.load(TUTORIAL).data
    first = workbook_bytes(instance)
    time.sleep(2.1)  # the clock of a zip archive ticks every two seconds
    assert workbook_bytes(instance) == first


HOSTILE = ['=HYPERLINK("http://x","y")', "+1", "-2", "@SUM(1)", "'=1", "''=1", "\t=1", "＝1", "'plain'", "1e3", "true"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_a_spreadsheet_would_run_is_text_and_comes_back_as_it_was(name, tmp_path):
    instance = fabopt.load(TUTORIAL).with_({"labs.aurora.name": "x"})
    data = instance.data
    labs = {**data.labs, "aurora": data.labs["aurora"].model_copy(update={"name": name})}
    data = data.model_copy(update={"labs": type(data.labs)(labs)})
    file = tmp_path / "chain.xlsx"
    file.write_bytes(workbook_bytes(data))
    cells = [cell for sheet in openpyxl.load_workbook(file) for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and cell.value[0] in "=+-@＝\t"]
    fabopt.import_(file, tmp_path / "made")
    assert fabopt.load(tmp_path / "made").data.labs["aurora"].name == name


@pytest.mark.parametrize("name", ["a\rb", "a\x07b", "_x005F_", "x" * 40_000, "  "])
def test_a_text_that_a_workbook_could_not_give_back_is_refused(name, tmp_path):
    data = fabopt.load(TUTORIAL).data
    labs = {**data.labs, "aurora": data.labs["aurora"].model_copy(update={"name": name})}
    with pytest.raises(InstanceError, match=r"labs\.aurora\.name: a workbook cannot hold the text"):
        workbook_bytes(data.model_copy(update={"labs": type(data.labs)(labs)}))


def test_sheets_have_heads_frozen_panes_filters_and_lists_of_choices(tmp_path):
    fabopt.load(TUTORIAL).export(tmp_path / "chain.xlsx")
    book = openpyxl.load_workbook(tmp_path / "chain.xlsx")
    assert book.sheetnames[:4] == ["read me", "general", "sources", "scanners"]
    fabs = book["fabs"]
    assert fabs.freeze_panes == "C2"
    assert fabs.auto_filter.ref
    assert [cell.value for cell in fabs[1]][:5] == ["id", "field", "when", "value", "unit"]
    lists = {rule.formula1 for rule in fabs.data_validations.dataValidation}
    assert lists == {'"high,medium,low,seed,estimate"', '"TRUE,FALSE"'}
    assert [cell.value for cell in book["sources"][1]] == ["id", "title", "address", "as_of", "confidence", "note"]


def row_of(sheet, *begins):
    """Number of the first row whose first cells are these."""
    for cells in sheet.iter_rows():
        if [cell.value for cell in cells[: len(begins)]] == list(begins):
            return cells[0].row
    raise AssertionError(begins)


def test_what_a_person_enters_is_read_as_meant(tmp_path):
    """Dates as days, a share as percent of a spreadsheet or of ours, another unit, a range, a new entry, own sheets."""
    fabopt.load(TUTORIAL).export(tmp_path / "chain.xlsx")
    book = openpyxl.load_workbook(tmp_path / "chain.xlsx")
    book["general"][f"C{row_of(book['general'], 'horizon.start')}"] = datetime(2027, 1, 1)
    fabs = book["fabs"]
    starts = row_of(fabs, "north", "wafer_starts")
    for column, value in zip(
        "DEFGHIJL", (0.013, "Mwafer/month", 0.012, 0.014, "invented", 2026, "high", "filed"), strict=True
    ):
        fabs[f"{column}{starts}"] = value
    east = [row for row in fabs.iter_rows(min_row=2, values_only=True) if row[0] == "south"]
    for row in east:
        fabs.append(("east", *row[1:]))
    sites = book["sites"]
    sites[f"D{row_of(sites, 'plains', 'pue')}"] = "120 %"
    sites[f"E{row_of(sites, 'plains', 'pue')}"] = None
    book.create_sheet("#workings")["A1"] = "=1+1"
    book.save(tmp_path / "filled.xlsx")
    data = fabopt.import_(tmp_path / "filled.xlsx", tmp_path / "made").data
    number = data.fabs["north"].wafer_starts
    assert (number.value, number.bounds, number.source) == (13.0, (12.0, 14.0), ("invented",))
    assert (number.as_of, number.confidence, number.note, number.assumed) == ("2026", "high", "filed", False)
    assert list(data.fabs) == ["north", "south", "memory-bay", "east"]
    assert data.fabs["east"] == data.fabs["south"]
    assert data.sites["plains"].pue.value == 1.2


def test_the_starter_as_a_workbook_is_the_starter(tmp_path, capsys):
    assert main(["new", "--xlsx", str(tmp_path / "s.xlsx")]) == 0
    assert main(["new", str(tmp_path / "s")]) == 0
    assert main(["import", str(tmp_path / "s.xlsx"), "--out", str(tmp_path / "made")]) == 0
    assert fabopt.load(tmp_path / "made").data == fabopt.load(tmp_path / "s").data


@pytest.mark.parametrize("parts", [("a", "b"), ("curve", "2.5"), ('say "x"', "y"), ("a b", "ä"), ("\\", "c")])
def test_a_path_reads_back_as_it_was_written(parts):
    assert read_path(write_path(parts)) == parts

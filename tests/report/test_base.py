"""All reports are one kind: a sentence and tables, as text, as HTML with names escaped, as plain data, in a folder."""

import importlib
import inspect
import json
import pkgutil
from pathlib import Path

import pytest

import fabopt
from fabopt import report as package
from fabopt.io.seal import SavedError, read_record
from fabopt.report.base import FORMAT, Report, SavedReport, with_rows
from fabopt.report.text import TextTable

INSTANCES = Path(__file__).parents[2] / "instances"
EVIL = "<b>bold</b>"


class Example(SavedReport):
    offers = ".frame"
    name = "example"

    @property
    def sentence(self):
        return f"The answer is {EVIL}."

    @property
    def tables(self):
        table = TextTable("Numbers, GW", ("who", "much"), ((EVIL, "1.0"),))
        return with_rows(table, TextTable("Nothing", ("who",), ()))

    def records(self):
        return {"much": 1.0}

    def below(self, width):
        return ["", "What it means."]

    def files(self):
        return {"example.csv": "who,much\n"}

    def draw(self):
        return {"example.svg": b"<svg/>"}


def test_a_report_is_written_as_text_html_and_data():
    report = Example()
    text = [f"The answer is {EVIL}.", "", "Numbers, GW", "  who          much"]
    assert report.lines()[:4] == text
    assert report.lines()[-2:] == ["", "What it means."]
    assert str(report) == "\n".join(report.lines())
    assert repr(report) == f"Example: The answer is {EVIL}.\ntry print(...), .frame"
    assert report.as_dict() == {"sentence": f"The answer is {EVIL}.", "much": 1.0}
    html = report._repr_html_()
    assert html.count("&lt;b&gt;bold&lt;/b&gt;") == 2
    assert EVIL not in html
    assert "Nothing" not in html


def test_a_report_is_saved_as_text_json_tables_and_pictures(tmp_path):
    paths = Example().save(tmp_path / "new" / "folder")
    assert {path.name for path in paths} == {"example.txt", "example.json", "example.csv", "example.svg"}
    assert all(path.is_file() for path in paths)
    assert (tmp_path / "new" / "folder" / "example.txt").read_text(encoding="utf-8") == f"{Example()}\n"
    record = read_record(tmp_path / "new" / "folder" / "example.json", FORMAT, "")
    assert Example().as_dict().items() <= record.items()
    assert set(record["files"]) == {"example.txt", "example.csv", "example.svg"}


def test_a_report_is_written_whole_or_not_at_all_and_over_nothing_but_its_like(tmp_path):
    class Undrawn(Example):
        def draw(self):
            raise ValueError("no ink")

    folder = tmp_path / "folder"
    Example().save(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match="no ink"):
        Undrawn().save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "example.txt").write_text("mine", encoding="utf-8")
    for attempt in (Example().save, Example.check_place):
        with pytest.raises(SavedError, match="fabopt does not replace it"):
            attempt(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["example.txt"]


def test_a_table_shows_itself_in_a_notebook():
    html = TextTable(EVIL, ("who",), (("a & b",),))._repr_html_()
    assert html.startswith("<table>")
    assert "a &amp; b" in html
    assert EVIL not in html


def test_whatever_has_a_sentence_and_tables_to_be_printed_is_such_a_report():
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    found = {
        name: kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and name.endswith("Report") and hasattr(kind, "sentence")
    }
    assert {"AllocationReport", "ComparisonReport", "TornadoReport", "ValueReport", "ChokeReport"} <= set(found)
    assert [name for name, kind in found.items() if not issubclass(kind, Report)] == []


@pytest.mark.parametrize(
    "study",
    [
        lambda: fabopt.load(INSTANCES / "allocation" / "share-cap").allocate(),
        lambda: fabopt.load(INSTANCES / "diversity" / "licences").price_limits(),
        lambda: fabopt.load(INSTANCES / "perspective" / "own-silicon", scenario="booked").own_silicon("own"),
    ],
    ids=["allocate", "limits", "own silicon"],
)
def test_studies_of_allocation_show_themselves_in_a_notebook(study):
    report = study()
    html = report._repr_html_()
    assert report.lines()[0][:20] in html
    assert html.count("<table>") == len(report.tables) >= 1
    assert len(report.frame)
    assert json.dumps(report.as_dict())

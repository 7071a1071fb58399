"""All reports are one kind: a sentence and tables, as text, as HTML with names escaped, as plain data, in a folder."""

import importlib
import inspect
import json
import pkgutil
from pathlib import Path

import pytest

import fabopt
from fabopt import report as package
from fabopt.report.base import Report, SavedReport, with_rows
from fabopt.report.text import TextTable

INSTANCES = Path(__file__).parents[2] / "instances"
EVIL = "<b>bold</b>"


class Example(SavedReport):
    offers = ".frame"

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
        return {**self.texts("example"), "example.csv": "who,much\n"}

    def draw(self, folder):
        (folder / "example.svg").write_text("<svg/>", encoding="utf-8")
        return (folder / "example.svg",)


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
    assert [path.name for path in paths] == ["example.txt", "example.json", "example.csv", "example.svg"]
    assert paths[0].read_text(encoding="utf-8") == f"{Example()}\n"
    assert json.loads(paths[1].read_text(encoding="utf-8")) == Example().as_dict()


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

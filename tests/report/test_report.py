"""All reports are one kind: a sentence and tables, as text, as HTML with names escaped, as plain data, in a folder."""

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import altair as alt
import openpyxl
import pandas as pd
import pytest

import fabopt
from fabopt.errors import StudyError
from fabopt.io.seal import SavedError, read_record
from fabopt.report.report import FORMAT, Report, check_places
from fabopt.report.text import Table

INSTANCES = Path(__file__).parents[2] / "instances"
EVIL = "<b>bold</b>"
BARS = alt.Chart(pd.DataFrame({"x": [1.0]}), title="Bars").mark_bar().encode(x="x:Q")


@dataclass(frozen=True)
class Example:
    much: float


def example(**more):
    return Report(
        "example",
        Example(1.0),
        (f"The answer is {EVIL}.", "And more."),
        (Table("Numbers, GW", ("who", "much"), ((EVIL, 1.0),)), Table("Nothing", ("who",), ())),
        ("What it means.",),
        {"numbers": lambda: pd.DataFrame({"who": ["=1+1"], "much": [1.0]})},
        lambda: {"bars": BARS},
        **more,
    )


def test_a_report_is_written_as_text_html_and_data():
    report = example()
    text = [f"The answer is {EVIL}.", "And more.", "", "Numbers, GW", "  who          much"]
    assert report.lines()[:5] == text
    assert report.lines()[-2:] == ["", "What it means."]
    assert str(report) == "\n".join(report.lines())
    assert repr(report).startswith(f"Report of example: The answer is {EVIL}.\ntry print(...), .frame")
    assert report.as_dict() == {"sentence": f"The answer is {EVIL}.", "much": 1.0}
    assert example(data=lambda: {"much": 2.0, "more": (float("inf"),)}).as_dict() == {
        "sentence": f"The answer is {EVIL}.",
        "much": 2.0,
        "more": [None],
    }
    html = report._repr_html_()
    assert html.count("&lt;b&gt;bold&lt;/b&gt;") == 2
    assert EVIL not in html
    assert "Nothing" not in html
    assert "What it means." in html


def test_a_sentence_and_a_table_of_a_report_can_be_the_last_line_of_a_cell():
    report = example()
    assert report.sentence == f"The answer is {EVIL}."
    assert report.sentence._repr_html_() == "<p>The answer is &lt;b&gt;bold&lt;/b&gt;.</p>"
    assert repr(report.tables[0]) == "\n".join(report.tables[0].lines())
    assert report.tables[0]._repr_html_() == report.tables[0].html()


def test_frames_and_pictures_are_found_by_name():
    report = example()
    assert report.frame.equals(report.table("numbers"))
    with pytest.raises(StudyError, match="has no table 'number'; did you mean 'numbers'"):
        report.table("number")
    assert report.chart() is report.chart("bars") is BARS
    assert report.chart("lines") is None


def test_a_page_frames_warnings_and_has_pictures_and_all_rows():
    rows = [(f"row {n}", n) for n in range(30)]
    table = Table("Numbers", ("who", "much"), rows, most=3, total=("all", 435))
    report = Report("example", None, ("An answer.", "Mind this."), (table,), warnings=("Mind this.",))
    assert '<p class="warning">Mind this.</p>' in report.html()
    assert "<p>An answer.</p>" in report.html()
    assert "row 29" in report.html()
    assert "row 29" not in report._repr_html_()
    assert report.lines()[-2:] == ["  ... 27 more", "  all           435"]
    assert 'alt="Bars"' in example().html()


def test_a_workbook_has_the_sentences_and_a_sheet_a_frame(tmp_path):
    example().save(tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["answer", "numbers"]
    assert book["answer"]["A2"].value == "And more."
    assert [[cell.value for cell in row] for row in book["numbers"].iter_rows()] == [["who", "much"], ["'=1+1", 1]]
    assert example().xlsx() == example().xlsx()


def test_a_report_is_saved_as_text_json_tables_and_pictures(tmp_path):
    paths = example().save(tmp_path / "new" / "folder")
    names = {"example.txt", "example.json", "numbers.csv", "bars.svg", "bars.png"}
    assert {path.name for path in paths} == names
    assert all(path.is_file() for path in paths)
    assert (tmp_path / "new" / "folder" / "example.txt").read_text(encoding="utf-8") == f"{example()}\n"
    record = read_record(tmp_path / "new" / "folder" / "example.json", FORMAT, "")
    assert example().as_dict().items() <= record.items()
    assert set(record["files"]) == names - {"example.json"}


def test_a_report_is_written_whole_or_not_at_all_and_over_nothing_but_its_like(tmp_path):
    def no_ink():
        raise ValueError("no ink")

    folder = tmp_path / "folder"
    example().save(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    undrawn = replace(example(), charts=no_ink)
    with pytest.raises(ValueError, match="no ink"):
        undrawn.save(tmp_path / "book.xlsx", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "book.xlsx").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "example.txt").write_text("mine", encoding="utf-8")
    for attempt in (example().save, partial(check_places, "example")):
        with pytest.raises(SavedError, match="fabopt does not replace it"):
            attempt(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["example.txt"]
    with pytest.raises(SavedError, match=r"neither a page \(.html\) nor a workbook"):
        example().save(tmp_path / "report.pdf")


def test_a_table_shows_itself_in_a_notebook():
    html = Table(EVIL, ("who",), (("a & b",),))._repr_html_()
    assert html.startswith("<table>")
    assert "a &amp; b" in html
    assert EVIL not in html


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

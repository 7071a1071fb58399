"""Signs that steer a terminal or turn letters round, and cells that are formulas, go nowhere."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pandas as pd
import pytest

import fabopt
from fabopt.cli import main
from fabopt.domain.text import printable, steering
from fabopt.io.problems import InstanceError
from fabopt.report.csv_text import frame_csv, rows_csv

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        ("\x1b[31m", "U+001B"),
        ("\x07", "U+0007"),
        ("\x7f", "U+007F"),
        ("\x9b", "U+009B"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\ud800", "U+D800"),
    ],
)
@pytest.mark.parametrize("lever", ["fabs.north.name", "about.title", "packaging_lines.bridgeworks.capacity"])
def test_a_text_that_steers_is_refused_at_its_field(sign: str, code: str, lever: str):
    value = {"value": 5, "note": f"a{sign}b"} if "capacity" in lever else f"a{sign}b"
    with pytest.raises(InstanceError) as caught:
        fabopt.load(TUTORIAL).with_({lever: value})
    (problem,) = caught.value.problems
    assert problem.path.startswith(lever)
    assert f"holds the sign {code}" in problem.message
    assert sign not in str(problem)


def test_a_key_that_steers_is_refused_too(tmp_path: Path, capsys):
    shutil.copytree(TUTORIAL, tmp_path / "t", copy_function=shutil.copyfile)
    text = (tmp_path / "t" / "instance.yaml").read_text(encoding="utf-8")
    (tmp_path / "t" / "instance.yaml").write_text(text.replace("  merlin:", '  "mer\\elin":', 1), encoding="utf-8")
    assert main(["validate", str(tmp_path / "t")]) == 2
    printed = capsys.readouterr()
    assert "U+001B" in printed.err
    assert "\x1b" not in printed.err + printed.out


@pytest.mark.parametrize("text", ["line\nline\ttab", "Ångström", "한글", "𠮷", "a\u00a0b", "नमस्ते"])
def test_texts_of_all_languages_and_ends_of_lines_do_not_steer(text: str):
    assert steering(text) == ""


def test_what_is_printed_shows_a_question_mark_for_what_is_no_letter():
    assert printable("a\x1b[0mb\u202ec") == "a?[0mb?c"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "＝"])
def test_a_text_in_a_csv_file_is_no_formula(begin: str):
    text = f"{begin}HYPERLINK(1)"
    for made in (frame_csv(pd.DataFrame({text: [text]})), rows_csv([[text], [text]])):
        assert list(csv.reader(io.StringIO(made))) == [[f"'{text}"], [f"'{text}"]]


def test_numbers_in_a_csv_file_stay_numbers_and_control_characters_go():
    frame = pd.DataFrame({"a": [-1.5, -0.0], "b": ["-3", "-"], "c": ["x\x1b[31m", "two\nlines"]})
    rows = list(csv.reader(io.StringIO(frame_csv(frame))))
    assert rows == [["a", "b", "c"], ["-1.5", "-3", "x?[31m"], ["0.0", "-", "two\nlines"]]


def test_a_table_that_is_shown_has_no_formula(tmp_path: Path, capsys):
    named = fabopt.load(TUTORIAL).with_({"fabs.north.name": "=1+1", "labs.aurora.name": "@risk"})
    named.solve(out=tmp_path / "r")
    for table in ("core/units", "core/materials", "columns"):
        assert main(["show", str(tmp_path / "r"), "--table", table]) == 0
        cells = [cell for row in csv.reader(io.StringIO(capsys.readouterr().out)) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]

"""Pages of instances: their marks are there, and a plan fills them."""

import importlib.util
from pathlib import Path

import pytest

import fabopt

DOCS = Path(__file__).parents[2] / "docs"
INSTANCES = DOCS.parent / "instances"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("fabopt_pages", DOCS / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_plan_fills_the_page_of_its_instance(program, monkeypatch, tmp_path):
    marks = "".join(
        f"# A\n<!-- {mark}: written by docs/pages.py from a result -->\nold\n<!-- end of {mark} -->\nB\n"
        for mark in ("figures", "expectations")
    )
    (tmp_path / "tutorial.md").write_text(marks, encoding="utf-8")
    monkeypatch.setattr(program, "DOCS", tmp_path)
    fabopt.load(INSTANCES / "tutorial").solve(gap=0.05, out=tmp_path / "result")
    program.write_instance_page(str(tmp_path / "result"))
    text = (tmp_path / "tutorial.md").read_text(encoding="utf-8")
    assert "| 2027Q1 | MW | 400 | 400 | 350 to 450 |  |  |" in text
    assert "old" not in text
    assert text.count("B\n") == 2
    assert (tmp_path / "tutorial-past.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_page_of_frontier_has_its_marks_and_picture(program):
    text = (DOCS / "frontier.md").read_text(encoding="utf-8")
    for mark in ("figures", "expectations"):
        assert text.count(f"<!-- {mark}: written by docs/pages.py from a result -->") == 1
        assert text.count(f"<!-- end of {mark} -->") == 1
    assert "(frontier-past.svg)" in text

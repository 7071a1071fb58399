"""Every kind of picture opens as a page in a browser: drawn, without a message, without asking for anything outside."""

from pathlib import Path

import pytest
from browser import needs_browser, visit

import fabopt
from fabopt.cli import main
from fabopt.report.charts.kinds import KINDS

pytestmark = needs_browser
INSTANCES = Path(__file__).parents[2] / "instances"
LEVER, OTHER = "packaging_lines.bridgeworks.capacity", "sites.plains.power"
ASKED = {
    "plan": ((), "Facility power in use, GW"),
    "flow": (("--period", "2027Q4"), "packages: 150 thousand"),
    "use": (("--top", "5"), "Plains campus"),
    "choke": (("--top", "5"), "1 % more, M USD"),
    "mix": (("--for", "aurora"), "falcon"),
    "power": ((), "aurora: 1.14"),
    "past": ((), "IT power in the field by lab, GW"),
    "tornado": (("--top", "3"), "at its low"),
    "value": (("--lever", OTHER), OTHER),
    "phase": (("--lever", LEVER, "--against", OTHER), OTHER),
}
"""What each kind is asked for, and words that its picture holds."""
DRAWN = "document.querySelector('svg.marks') !== null"
MARKS = "document.querySelectorAll('svg.marks path, svg.marks text').length"


def test_every_kind_is_opened():
    assert set(ASKED) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_every_kind_draws_and_asks_for_nothing_outside(tutorial_folder, kind, tmp_path):
    options, words = ASKED[kind]
    assert main(["show", str(tutorial_folder), "--chart", str(tmp_path / "c.html"), "--kind", kind, *options]) == 0
    page = visit(tmp_path / "c.html", until=DRAWN, ask=MARKS)
    assert page.console == ()
    assert page.outside == ()
    assert words in page.text
    assert page.answer > 20


def test_the_page_is_called_as_its_picture(tutorial_folder, tmp_path):
    fabopt.load_result(tutorial_folder).save_chart(tmp_path / "c.html", "choke")
    page = visit(tmp_path / "c.html", until=DRAWN, ask="document.title")
    assert page.answer == "Choke points over time: tutorial"


def test_a_page_with_faults_is_told_apart(tmp_path):
    (tmp_path / "bad.html").write_text(
        "<!doctype html><body><p>words</p><img src='http://localhost.invalid/a.png'>"
        "<script>console.warn('careful'); console.log('fine'); throw new Error('boom')</script>",
        encoding="utf-8",
    )
    page = visit(tmp_path / "bad.html", ask="1 + 1")
    assert page.outside == ("http://localhost.invalid/a.png",)
    assert page.text == "words"
    assert page.answer == 2
    said = "\n".join(page.console)
    assert "warning: careful" in said
    assert "boom" in said
    assert "ERR_NAME_NOT_RESOLVED" in said
    assert "fine" not in said

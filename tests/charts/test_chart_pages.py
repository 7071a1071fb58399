"""Every kind of picture opens as a page in a browser: drawn, without a message, without asking for anything outside."""

from pathlib import Path

import pytest
from browser import browsing, needs_browser, visit

import fabopt
from fabopt.cli import main
from fabopt.report.charts.kinds import KINDS
from fabopt.report.text import amount

pytestmark = needs_browser
INSTANCES = Path(__file__).parents[2] / "instances"
LUMBER, FINISHING = "network.materials.lumber.opening", "network.resources.finishing.capacity"
STUDIES = ("tornado", "value", "phase")
"""Kinds that solve again: drawn of a plan of a few columns."""
ASKED = {
    "plan": ((), "Facility power in use, GW"),
    "flow": (("--period", "2027Q4"), "packages: {packages} thousand"),
    "use": (("--top", "5"), "Plains campus"),
    "choke": (("--top", "5"), "1 % more, M USD"),
    "mix": (("--for", "aurora"), "Falcon"),
    "power": ((), "Aurora: {power}"),
    "past": ((), "IT power in the field by lab, GW"),
    "tornado": (("--top", "3"), "at its low"),
    "value": (("--lever", FINISHING), "finishing, capacity"),
    "phase": (("--lever", FINISHING, "--against", LUMBER), "lumber, opening"),
}
"""What each kind is asked for, and words that its picture holds, with numbers of the plan."""
DRAWN = "document.querySelector('svg.marks') !== null"
MARKS = "document.querySelectorAll('svg.marks path, svg.marks text').length"


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return fabopt.load(INSTANCES / "textbook" / "dakota").solve().save(tmp_path_factory.mktemp("small") / "dakota")


@pytest.fixture(scope="module")
def told(tutorial_folder):
    """Numbers of the plan as pictures write them: packages of a period, and the power of a lab at the end."""
    result = fabopt.load_result(tutorial_folder)
    made = result.table("domain/packages").query("period == '2027Q4'").groupby("chip")["kpackage"].sum()
    sent = result.table("domain/shipments").query("period == '2027Q4'").groupby("chip")["kaccelerator"].sum()
    fleet = result.fleet.query("lab == 'aurora' and period == '2028Q4'")
    packages = made.combine(sent, max, fill_value=0.0).sum()
    return {"packages": amount(packages), "power": amount(fleet["facility_mw"].sum() / 1000)}


def test_every_kind_is_opened():
    assert set(ASKED) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_every_kind_draws_and_asks_for_nothing_outside(
    tutorial_folder, small, kind, told, browser, tmp_path
):
    options, words = ASKED[kind]
    folder = small if kind in STUDIES else tutorial_folder
    assert main(["show", str(folder), "--chart", str(tmp_path / "c.html"), "--kind", kind, *options]) == 0
    page = visit(tmp_path / "c.html", until=DRAWN, ask=MARKS, browser=browser)
    assert page.console == ()
    assert page.outside == ()
    assert words.format(**told) in page.text
    assert page.answer > 20


def test_the_page_is_called_as_its_picture(tutorial_folder, browser, tmp_path):
    fabopt.load_result(tutorial_folder).save_chart(tmp_path / "c.html", "choke")
    page = visit(tmp_path / "c.html", until=DRAWN, ask="document.title", browser=browser)
    assert page.answer == "Choke points over time: tutorial"


def test_a_page_with_faults_is_told_apart(browser, tmp_path):
    (tmp_path / "bad.html").write_text(
        "<!doctype html><body><p>words</p><img src='http://localhost.invalid/a.png'>"
        "<script>console.warn('careful'); console.log('fine'); throw new Error('boom')</script>",
        encoding="utf-8",
    )
    page = visit(tmp_path / "bad.html", ask="1 + 1", browser=browser)
    assert page.outside == ("http://localhost.invalid/a.png",)
    assert page.text == "words"
    assert page.answer == 2
    said = "\n".join(page.console)
    assert "warning: careful" in said
    assert "boom" in said
    assert "ERR_NAME_NOT_RESOLVED" in said
    assert "fine" not in said

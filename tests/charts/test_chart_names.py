"""Pictures say names, not ids, whole where they have room."""

import re

import pytest
from chart_data import values

import fabopt
from fabopt.analysis.material_flow import CHIPS, LABS, Flow, Node
from fabopt.domain.names import Names
from fabopt.report.charts.flow import box_rows, name_lines, places
from fabopt.report.charts.grids import owned
from fabopt.report.charts.style import as_file, beside
from fabopt.report.names import PARTY, THING


@pytest.fixture(scope="module")
def result(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


IDS = re.compile(r"\b(aurora|borealis|falcon|osprey|silicon-north|bitstack|hbm-a|n3|euv|inference)\b")


@pytest.mark.parametrize("kind", ["plan", "flow", "use", "choke", "mix", "power", "past"])
def test_a_picture_calls_things_and_parties_by_their_names(result, kind):
    svg = as_file(result.chart(kind), ".svg").decode()
    assert not IDS.findall(re.sub(r"<[^>]*>", " ", svg))
    assert re.search("Aurora|Plains campus|Falcon", svg)
    tooltips = re.findall(r"(?:flow|box|chip|lab|limit|capacity): ([^;\"]*)", svg)
    assert not IDS.findall(" ".join(tooltips))


def test_the_name_of_one_lab_stands_in_the_title(result):
    assert result.chart("mix", lab="aurora").to_dict()["title"]["text"] == "Chip mix: tutorial, Aurora"


def test_a_chip_keeps_its_colour_under_another_name(result):
    before = result.chart("flow", period="2027Q4")
    renamed = fabopt.Result(
        type(result.plan)(result.run, result.table, result.plan.instance.replace("Falcon", "Zeta")), ""
    )
    after = renamed.chart("flow", period="2027Q4")
    tint = [
        {row["name"]: row["colour"] for row in values(chart, "block", "colour") if row["block"] == CHIPS}
        for chart in (before, after)
    ]
    assert tint[0] == tint[1]
    assert any("Zeta: " in row["says"] for row in values(after, "block", "colour"))


def test_a_long_name_takes_two_lines_where_there_is_room_and_is_whole_in_the_tooltip():
    long = "A very long name of a lab that nobody could read at a glance"
    names = {PARTY: Names({"a": long, "b": "B", **{f"t{n}": long for n in range(30)}}), THING: Names()}
    few = Flow("p", {Node(LABS, "a"): 3.0, Node(LABS, "b"): 1.0}, {})
    lines = name_lines(few, places(few), names)
    assert [text for _, text in lines[Node(LABS, "a")]] == [
        "A very long name of a lab that nobody",
        "could read at a glance: 3.00",
    ]
    assert box_rows(few, places(few), names)["says"][0] == f"{LABS}, {long}: 3.00 thousand H100e"
    many = Flow("p", {Node(LABS, f"t{n}"): 1.0 for n in range(30)}, {})
    (text,) = {text for own in name_lines(many, places(many), names).values() for _, text in own}
    assert text.endswith("…: 1.00")
    assert len(text) <= 38


def test_lines_beside_a_picture_do_not_meet_and_are_cut_where_there_is_no_room():
    series = {f"s{n}": (f"{n} a name that takes more than a line of twenty", 0.1 * n, ": 1") for n in range(3)}
    apart = beside(series, 0.1, 0.0, 1.5, 30)
    assert len(apart) == 6
    assert all(b - a > 0.1 - 1e-9 for a, b in zip(apart["place"], apart["place"][1:], strict=False))
    assert [*apart[apart["first"]]["says"]] == [f"{n} a name that takes more than" for n in range(3)]
    assert [*beside(series, 0.1, 0.0, 0.3, 30)["says"]] == [f"{n} a name that takes more t…: 1" for n in range(3)]


def test_the_owner_of_a_limit_stands_behind_it_unless_its_name_says_so():
    assert owned("Plains facility power", "Aurora") == "Plains facility power (Aurora)"
    assert owned("budget of Aurora", "Aurora") == "budget of Aurora"
    assert owned("Amazon facility power", "Amazon (without Anthropic)") == "Amazon facility power"
    assert owned("Phones, floor", "") == "Phones, floor"

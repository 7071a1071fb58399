"""Value functions and phase diagrams against curves that are known from outside."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from sensitivity_cases import INSTANCES, shop, source, spread

import fabopt
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.phases import phases
from fabopt.analysis.sensitivity.value_function import value_function
from fabopt.cli import main
from fabopt.errors import StudyError
from fabopt.io.levers import LeverError

approx = pytest.approx
LINE, VALUE, WANTED = (
    "network.resources.line.capacity",
    "network.demands.shop.value",
    "network.demands.shop.quantity",
)

CHVATAL = """
about: {title: chvatal}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {one: {}, two: {}, three: {}}
  resources:
    first: {kind: level, capacity: 5}
    second: {kind: level, capacity: 11}
    third: {kind: level, capacity: 8}
  activities:
    a: {outputs: {one: 1}, uses: {first: 2, second: 4, third: 3}}
    b: {outputs: {two: 1}, uses: {first: 3, second: 1, third: 4}}
    c: {outputs: {three: 1}, uses: {first: 1, second: 2, third: 2}}
  demands: {one: {quantity: 100, value: 5}, two: {quantity: 100, value: 4}, three: {quantity: 100, value: 3}}
"""


def ends(folder: Path, **options: object) -> Ends:
    found = source(folder, **options)
    return Ends(numbers_of(found), found.solved)


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    """Six goods on the line, four more on a tool that costs 3."""
    folder = tmp_path_factory.mktemp("tool")
    return ends(shop(folder, line=spread(6, 3, 12), value=spread(5, 4, 7), tool="3"), gap=0.0)


def test_chvatals_curve_has_its_breakpoints(tmp_path):
    """Chvatal, Linear Programming, chapter 5: 3 a unit up to 4, then 1 up to 16/3, then nothing."""
    (tmp_path / "instance.yaml").write_text(CHVATAL)
    curve = value_function(ends(tmp_path), "network.resources.first.capacity", 0, 8)
    assert curve.exact
    for (x, y), (at, value) in zip(curve.breakpoints, [(0, 0), (4, 12), (16 / 3, 40 / 3), (8, 40 / 3)], strict=True):
        assert (x, y) == (approx(at, abs=1e-7), approx(value, abs=1e-7))
    assert [s.slope for s in curve.stretches] == [approx(3), approx(1), approx(0, abs=1e-9)]
    assert curve.stretches[0].choke == "first"


def test_a_price_makes_a_convex_curve(tmp_path):
    # Six goods at a cost of 1: nothing below a price of 1, six times what is above it.
    curve = value_function(ends(shop(tmp_path)), VALUE, 0, 7)
    assert curve.exact
    assert curve.breakpoints == (
        (0, approx(0, abs=1e-9)),
        (approx(1), approx(0, abs=1e-9)),
        (7, approx(36)),
    )
    assert [dict(s.made)["shop"] for s in curve.stretches] == [approx(0, abs=1e-9), approx(6)]


def test_a_curve_that_is_not_straight_is_solved_at_equal_steps_and_says_so(tmp_path):
    # Six hours, u a good: 6 / u goods, each worth 4; ten are wanted from 0.6 hours on.
    curve = value_function(ends(shop(tmp_path)), "network.activities.make.uses.line.amount", 0.5, 2)
    assert not curve.exact
    assert len(curve.stretches) == 16
    for at, value in curve.breakpoints:
        assert value == approx(4 * min(10, 6 / at))


def test_whole_numbers_held_are_a_lower_curve_and_steps_are_proven_flat(tool):
    """With the tool 4 (b + 4) - 3 up to 6, without it 4 b: the better of both, at most 40; flat from 6 to 37 / 4."""
    curve = value_function(tool, LINE, 0, 12, whole=True)
    assert curve.breakpoints == ((0, approx(13)), (approx(6), approx(37)), (12, approx(37)))
    for point in curve.points:
        best = max(4 * min(10, point.at + 4) - 3, 4 * min(10, point.at))
        assert point.objective == approx(best, abs=1e-4)
        assert point.bound == approx(best, abs=1e-4)
        assert curve.at(point.at) <= best + 1e-6
    assert [(approx(a), approx(b)) for a, b in curve.flat] == [(6, 9), (10, 12)]
    assert curve.saturates == (approx(10, abs=1e-3), approx(10, abs=1e-3))


def test_the_map_of_two_numbers_is_divided_where_both_limits_meet(tmp_path):
    """Whichever of line and customer is less holds the plan back; where both are the same, neither alone."""
    found = phases(ends(shop(tmp_path)), LINE, WANTED, 5, ((2, 10), (2, 10)))
    assert len(found.cells) == 25
    for cell in found.cells:
        expected = "" if cell.x == cell.y else "line" if cell.x < cell.y else "shop (demand)"
        assert cell.choke == expected, cell
        assert cell.objective == approx(4 * min(cell.x, cell.y))


def test_a_curve_of_the_tutorial_is_that_of_solves_from_nothing():
    path = "sites.plains.power"
    found = ends(INSTANCES / "tutorial")
    curve = value_function(found, path, "*0.95", "*1.05")
    again = fabopt.load(INSTANCES / "tutorial", set=[f"{path}=*{385 / 400}"]).solve(gap=1e-7)
    assert curve.exact
    assert curve.at(1) == approx(found.objective)
    assert curve.at(385 / 400) <= again.objective * (1 + 1e-7)
    assert curve.at(385 / 400) == approx(again.objective, rel=1e-4)
    slopes = [s.slope for s in curve.stretches]
    assert all(a >= b - 1e-6 for a, b in pairwise(slopes))  # concave


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_what_cannot_be_asked_is_said_in_a_sentence(tool):
    with pytest.raises(StudyError, match=r"low of .* must lie below its high"):
        value_function(tool, LINE, 9, 3)
    with pytest.raises(StudyError, match="two numbers"):
        phases(tool, LINE, LINE)
    with pytest.raises(LeverError, match="did you mean"):
        value_function(tool, "network.resources.line.capacty")
    with pytest.raises(LeverError, match="has no range"):
        value_function(tool, "horizon.discount_rate")
    with pytest.raises(StudyError, match="cannot be -1"):
        value_function(tool, LINE, -1, 3)


def test_two_shares_of_one_whole_make_no_map():
    split = "labs.aurora.demand.split"
    with pytest.raises(StudyError, match="shares of one whole"):
        phases(ends(INSTANCES / "tutorial"), f"{split}.training", f"{split}.inference")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--against", LINE], "Missing option '--lever'"),
        (["--lever", LINE, "--low", "9", "--high", "3"], "must lie below"),
        (["--lever", "network.resources.lime.capacity"], "did you mean"),
        (["--lever", LINE, "--against", WANTED, "--whole"], "do not go with it"),
    ],
)
def test_bad_input_ends_with_code_2(tmp_path, capsys, options, says):
    assert main(["value", str(shop(tmp_path, line=spread(6, 3, 12))), *options]) == 2
    error = capsys.readouterr().err
    assert says in " ".join(error.split())
    assert "Traceback" not in error


@pytest.mark.parametrize("asked", [["--lever", LINE], [f"--low={LINE}"], ["--top", "3", "--against", LINE]])
def test_the_options_that_a_tornado_had_name_the_verb_that_has_them(capsys, asked):
    assert main(["tornado", "folder", *asked]) == 2
    assert "it is for 'fabopt value'" in capsys.readouterr().err


def test_the_verb_follows_one_number_and_two(tmp_path, capsys):
    folder = shop(tmp_path, line=spread(6, 3, 12))
    out = tmp_path / "out"
    assert main(["value", str(folder), "--lever", LINE, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("With integers held, the value goes from 12.0 to 40.0 as")
    assert main(["value", str(folder), "--lever", LINE, "--against", WANTED, "--out", str(out)]) == 0
    said += capsys.readouterr().out
    assert max(len(line) for line in said.splitlines() if not line.startswith("written")) <= 100
    assert {p.suffix for p in out.iterdir()} == {".txt", ".json", ".csv", ".svg", ".png"}
    report = fabopt.load(folder).solve().value_function(LINE)
    assert json.loads((out / "value.json").read_text())["sentence"] == report.sentence

"""Tornados whose ends are worked by hand, the report, and the verb."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from sensitivity_cases import INSTANCES, shop, source, spread

import fabopt
from fabopt.analysis.sensitivity.adjoint import NO_TIME
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.records import GAVE_UP, EndValue
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.analysis.sensitivity.verb import tornado_of
from fabopt.cli import main
from fabopt.report.charts.style import as_file
from fabopt.report.tornado import tornado_report
from fabopt.report.tornado_chart import bar_rows, tornado_chart
from fabopt.solve.outcome import SolverError
from fabopt.solve.whatif import WhatIf

approx = pytest.approx
LINE, TOOL, WANTED = "network.resources.line.capacity", "network.units.tool.cost", "network.demands.shop.quantity"


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    """Six goods on the line and four on the tool: 10 * 4 - 3. At a price of 20 the tool is given up for 6 * 4."""
    folder = shop(tmp_path_factory.mktemp("shop"), line=spread(6, 3, 12), value=spread(5, 4, 7), tool=spread(3, 1, 20))
    return source(folder, gap=0.0)


def test_a_number_whose_ends_are_kept_is_not_solved_again(tool, tmp_path, monkeypatch):
    journal, asked, real = tmp_path / "ends.jsonl", [], Ends._answer
    same = tornado_of(tool, TornadoOptions(20))
    count = len(same.bars)

    def answer(self, question):
        asked.append(question[0])
        if len(asked) == dies:
            raise SystemExit(9)
        return real(self, question)

    monkeypatch.setattr(Ends, "_answer", answer)
    dies = 2 * count - 1  # at both sides of all, and at some ends
    with pytest.raises(SystemExit):
        tornado_of(tool, TornadoOptions(20, journal=journal))
    lines = journal.read_bytes().count(b"\n")
    assert count <= lines < 2 * count
    for left in (2 * count - lines, 0):
        asked, dies = [], None
        found = tornado_of(tool, TornadoOptions(20, journal=journal))
        assert (found.bars, found.slopes, len(asked)) == (same.bars, same.slopes, left)
    tornado_of(tool, TornadoOptions(20, basis="whole", journal=journal))
    assert asked == ["sides"] * asked.count("sides") + ["ends"] * count


@pytest.mark.parametrize(("ended", "kept"), [("optimal", True), ("time_limit", False), (GAVE_UP, False)])
def test_an_end_that_time_or_the_solver_cut_short_is_not_kept(ended, kept, tool):
    end = EndValue(1.0, 2.0, 3.0, 0.0, None, "", ended, "", None)
    assert Ends(numbers_of(tool), tool.solved)._in_full((None, end)) == kept


@pytest.fixture(scope="module")
def tutorial():
    return tornado_report(tornado_of(source(INSTANCES / "tutorial"), TornadoOptions(7)))


def bars(found):
    return {bar.number.path: bar for bar in found.bars}


def test_ends_with_whole_numbers_held_are_those_worked_by_hand(tool):
    found = bars(tornado_of(tool, TornadoOptions(20)))
    for path, low, high in (
        ("network.demands.shop.value", -10.0, 20.0),
        (TOOL, 2.0, -17.0),
        (LINE, -12.0, 0.0),  # seven goods; beyond six nobody wants more than ten
        (WANTED, -12.0, 0.0),
    ):
        assert (found[path].low.change, found[path].high.change) == (approx(low), approx(high, abs=1e-9)), path


def test_ends_with_whole_numbers_free_give_the_tool_up(tool):
    found = bars(tornado_of(tool, TornadoOptions(20, basis="whole")))
    assert found[TOOL].high.change == approx(24 - 37)
    assert found[LINE].high.change == approx(40 - 37)  # the line alone makes ten
    assert found[LINE].low.change == approx(-12.0)


def test_knowing_the_price_of_the_tool_is_worth_what_giving_it_up_saves(tool):
    """At 20 the held tool costs 4 more than none; the high side has 17 of 19 parts of the range, a third is the mean.

    On the line of 12 the tool is not needed: 3 saved, with 6 of 9 parts.
    """
    whole = bars(tornado_of(tool, TornadoOptions(20, basis="whole")))
    assert whole[TOOL].information == approx(4 * 17 / 19 / 3)
    assert whole[LINE].information == approx(3 * 6 / 9 / 3)
    assert whole["network.demands.shop.value"].information == approx(0.0, abs=1e-9)


def test_both_sides_of_a_kink_are_told(tool):
    """Ten are wanted and ten can be made: one place less loses 4, one more gains nothing; so with the customer."""
    found = {n.path: n for n in tornado_of(tool, TornadoOptions(20)).slopes}
    for path in (LINE, WANTED):
        assert found[path].kink
        assert found[path].per_unit == (approx(-4.0), approx(0.0, abs=1e-6))
    assert not found[TOOL].kink
    assert found[TOOL].per_unit == (approx(1.0), approx(-1.0))


def test_a_number_that_stands_at_a_kink_is_found_though_its_price_is_zero(tool):
    # One of the two prices of the plan is zero; both numbers are among the bars.
    assert {LINE, WANTED} <= bars(tornado_of(tool, TornadoOptions(5))).keys()


def test_the_choke_point_of_each_end_is_named(tool):
    found = tornado_of(tool, TornadoOptions(20))
    line = bars(found)[LINE]
    assert found.choke == ""  # neither the line nor the customer earns anything alone
    assert (line.low.choke, line.high.choke) == ("line", "shop (demand)")


def test_a_solved_end_is_what_the_instance_gives_when_it_is_set_and_solved(tool, tmp_path):
    line = bars(tornado_of(tool, TornadoOptions(20, basis="whole")))[LINE]
    folder = shop(tmp_path, line="3", tool="3")
    assert line.low.objective == approx(fabopt.load(folder).solve(gap=0.0).objective)


def test_ends_of_the_tutorial_are_those_of_solves_from_nothing():
    found = source(INSTANCES / "tutorial")
    ends = Ends(numbers_of(found), found.solved, "whole")
    for path, end in (("demand_curve.reference_price", "low"), ("fabs.south.wafer_starts", "high")):
        solved = ends.end(numbers_of(found)[path], end)
        factor = solved.value / numbers_of(found)[path].value
        again = fabopt.load(INSTANCES / "tutorial", set=[f"{path}=*{factor}"]).solve(gap=1e-6)
        assert solved.objective == approx(again.objective, rel=2e-4)


# -- the report --------------------------------------------------------------------------------------------------------


def with_a_range():
    """Levers of the tutorial that have a range, but for published figures and events: its plan rests on none."""
    levers = fabopt.load(INSTANCES / "tutorial").levers
    wide = levers[levers["low"] < levers["high"]]["lever"]
    assert set(wide[wide.str.startswith("outcomes.")]) == {"outcomes.power-2027.figure", "outcomes.aurora-2026.figure"}
    return list(wide[~wide.str.startswith(("outcomes.", "events."))])


def test_the_sentence_comes_first_and_the_lines_fit(tutorial):
    lines = tutorial.lines()
    wide = len(with_a_range())
    assert wide == 185  # 183 of data and the load factors of two sites
    assert lines[0].startswith(
        f"Of the {wide} numbers of tutorial that have a range, demand_curve.reference_price moves"
    )
    assert max(map(len, lines)) <= 100
    ends = [end for bar in tutorial.records.bars for end in (bar.low, bar.high) if end is not None]
    assert {end.choke for end in ends} == {"Plains campus facility power"}
    assert "choke point, Plains campus facility power, stays the same at the ends of the 7 widest" in tutorial.sentence


def test_bars_are_sorted_by_their_wider_end(tutorial):
    widths = [bar.span for bar in tutorial.records.bars]
    assert widths == sorted(widths, reverse=True)
    assert len(tutorial.frame) == 7


def test_the_picture_shows_the_frame(tutorial):
    frame = tutorial.frame.set_index("lever")
    rows = bar_rows(tutorial.records)
    assert len(rows) == frame["change_low"].notna().sum() + frame["change_high"].notna().sum()
    for row in rows:
        side = "low" if row["end"] == "at its low" else "high"
        assert row["change"] == frame.loc[row["lever"], f"change_{side}"]
        assert row["turns"] == (frame.loc[row["lever"], f"choke_{side}"] != tutorial.records.choke)


def test_every_number_with_a_range_that_makes_the_plan_is_in_the_table_of_numbers(tutorial):
    assert set(with_a_range()) == set(tutorial.table("numbers")["path"])
    assert set(tutorial.table("numbers")["quality"]) == {"assumed"}


def test_nothing_in_a_table_is_a_formula(tool, tmp_path):
    report = tornado_report(tornado_of(tool, TornadoOptions(3)))
    bad = report.records.bars[0].number
    object.__setattr__(bad, "source", "=1+1")
    report.save(tmp_path)
    cells = [cell for row in csv.reader(io.StringIO((tmp_path / "tornado.csv").read_text())) for cell in row]
    assert "'=1+1" in cells
    assert "=1+1" not in cells


# -- the verb ----------------------------------------------------------------------------------------------------------


def test_the_verb_writes_table_and_picture(tmp_path, capsys):
    folder = shop(tmp_path, line=spread(6, 3, 12))
    assert main(["tornado", str(folder), "--top", "3", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Of the 7 numbers of")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"tornado.txt", "tornado.json", "tornado.csv", "numbers.csv", "tornado.svg", "tornado.png"}
    assert (tmp_path / "out" / "tornado.txt").read_text() in said + "\n"


def test_json_is_one_object_and_says_the_same_as_python(tmp_path, capsys):
    folder = shop(tmp_path, line=spread(6, 3, 12))
    assert main(["tornado", str(folder), "--top", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    report = fabopt.load(folder).solve().tornado(top=2)
    assert said["bars"] == json.loads(json.dumps(report.as_dict()["bars"]))
    assert said["sentence"] == report.sentence


def test_an_instance_without_numbers_that_matter_says_so(tmp_path):
    report = tornado_report(tornado_of(source(shop(tmp_path, value="0.5")), TornadoOptions(3)))
    assert report.sentence.startswith("None of the")


def test_a_missing_instance_is_bad_input(tmp_path, capsys):
    assert main(["tornado", str(tmp_path / "none")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_tornado_whose_ends_all_keep_the_choke_point_is_drawn_too(tutorial):
    found = tutorial.records

    def keeping(end):
        return end and replace(end, choke=found.choke)

    bars = tuple(replace(bar, low=keeping(bar.low), high=keeping(bar.high)) for bar in found.bars)
    text = as_file(tornado_chart(replace(found, bars=bars)), ".svg").decode()
    width, height = (float(number) for number in re.search(r'width="([^"]+)" height="([^"]+)"', text).groups())
    assert 300 < width < 2000
    assert 50 < height < 2000


def test_an_end_that_the_solver_gives_up_on_is_a_bar_with_its_reason_and_not_a_stop(tool, monkeypatch):
    def giving_up(self, net=(), *, far=False):
        if far:
            raise SolverError("HiGHS ended with 'Unknown', not with an answer.")
        return held(self, net)

    held = WhatIf.held
    monkeypatch.setattr(WhatIf, "held", giving_up)
    report = tornado_report(tornado_of(tool, TornadoOptions(top=3)))
    ends = [end for bar in report.records.bars for end in (bar.low, bar.high) if end is not None]
    assert ends
    assert {end.ended for end in ends} == {GAVE_UP}
    assert all(bar.span == 0.0 for bar in report.records.bars)
    assert "unknown" in str(report)
    assert "'Unknown', not with an answer" in str(report)


def test_a_tornado_that_was_cut_off_does_not_say_that_nothing_matters(tutorial):
    record = tutorial.records
    last = tuple(replace(slope, at_low=None, at_high=None, reason=NO_TIME) for slope in record.slopes[1:])
    cut = replace(record, bars=(), slopes=(record.slopes[0], *last))
    path = record.slopes[0].path
    assert tornado_report(cut).sentence == (
        f"The ends of no number of tutorial were solved; of 1 that were priced, {path} moves the value most."
    )

"""What is decided by yes or no: its largest level follows from the whole program, as it is solved."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.model.families import EndlessError
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import between
from fabopt.solve.run import solve
from fabopt.solve.whatif import WhatIf

CASES = Path(__file__).parent
OWN = CASES.parents[1] / "instances" / "perspective" / "own-silicon"
EXACT = SolveOptions(gap=0.0)


def best(case, **options):
    return fabopt.load(CASES / case).solve(gap=0.0, **options)


def test_what_is_made_in_lots_may_be_more_than_what_is_wanted():
    # 30 are required and lots are of 25: 50 are made at 1, and 30 are worth 5 each.
    found = best("on-off-lot")
    assert (found.status, found.objective) == ("optimal", pytest.approx(100))


def test_a_least_level_may_be_more_than_what_is_wanted():
    # Four are made at 1 for the one that is worth 5.
    assert best("on-off-min").objective == pytest.approx(1)


def test_what_a_hook_asks_for_may_be_more_than_what_is_wanted():
    def ramp(m, model):
        quarters = ["2027Q1", "2027Q2", "2027Q3"]
        m.ramp = pyo.Constraint(
            [1, 2], rule=lambda m, t: m.start["make", quarters[t]] <= 2 * m.start["make", quarters[t - 1]]
        )

    # 4.5, 9 and 9 are made at 0.5; 1, 9 and 9 are worth 5 each.
    assert best("on-off-hook", extra=[ramp]).objective == pytest.approx(19 * 5 - 22.5 * 0.5)


def test_a_line_that_is_lifted_holds_back_no_more(tmp_path):
    run, out = CliRunner(), str(tmp_path / "out")
    assert run.invoke(app, ["solve", str(CASES / "on-off-lift"), "--gap", "0", "--out", out]).exit_code == 0
    said = run.invoke(app, ["choke", out]).output
    # Lifted, the line makes 90 more in each of two periods, which earn 4 each.
    assert re.search(r"1\. line +720", said)
    # Each piece earns 4, so with demand lifted too there is no end to it, and not 0.000012 more.
    said = " ".join(said.split())
    assert "goods (demand) binds next (with it lifted too, nothing limits the value)" in said
    assert re.search(r"2\. goods \(demand\) +no limit", said)
    assert "of line in each period from 2027Q1 to 2027Q2, 0, holds however much more there is." in said


@pytest.mark.parametrize("times", [1.5, 2.5, 10.0, np.inf])
def test_a_capacity_that_is_lifted_in_a_loaded_program_lifts_what_is_on_with_it(times):
    asked = WhatIf(lower(fabopt.load(CASES / "on-off-lift").data), EXACT)
    program = asked.base.program
    of = np.array([family == "capacity" for family, _ in program.labels])
    lifted = replace(program, row_upper=np.where(of, 10.0 * times, program.row_upper))
    answer = asked.full(between(program, lifted))
    # Two periods, of which each sells up to 100 at 5 what is made at 1.
    assert answer.objective == pytest.approx(2 * min(10 * times, 100) * 4)


def test_a_huge_upper_level_is_as_good_as_none():
    found = best("unlimited-1e10")
    assert (found.status, found.objective) == ("optimal", pytest.approx(137))


def test_a_level_with_no_end_that_can_be_told_is_refused_with_what_to_give(tmp_path):
    # What is made is worth something at the end however much it is, so that its upper level is the only one.
    text = (CASES / "unlimited-1e10" / "instance.yaml").read_text()
    for old, upper, words in ((", upper: 1e10, on_off", "", "has no end"), ("upper: 1e10", "upper: 1e11", "too much")):
        raw = text.replace("inputs: {raw: 1}, ", "").replace("good: {}", "good: {terminal_value: 0.5}")
        where = tmp_path / words.replace(" ", "-")
        where.mkdir()
        raw = raw.replace(old, upper or ", on_off", 1)
        (where / "instance.yaml").write_text(raw)
        said = CliRunner().invoke(app, ["solve", str(where), "--out", str(tmp_path / "out")])
        told = " ".join((said.output + said.stderr).split())
        assert said.exit_code == 2
        assert words in told
        assert "'make' is decided by yes or no in 2027" in told
        assert "`upper`" in told


def test_the_limit_of_what_is_on_is_its_upper_level():
    limits = best("limits-onoff").table("limits")
    coal = limits[limits["id"] == "coal"]
    assert coal["limit"].tolist() == [10000.0] * 4
    assert coal["used"].tolist() == pytest.approx([3200.0, 3000.0, 3200.0, 8000.0])
    assert coal["slack"].tolist() == pytest.approx([6800.0, 7000.0, 6800.0, 2000.0])


def test_what_holds_back_what_is_on_has_the_whole_price_and_the_gate_none(tmp_path):
    # Each of the ten that the line makes earns 4; without the line, so does each of the ten of the upper level.
    raw = (CASES / "on-off-lift" / "instance.yaml").read_text()
    solution = solve(lower(fabopt.load(CASES / "on-off-lift").data), EXACT)
    assert [s.price for s in solution.limits if s.family == "capacity"] == pytest.approx([4.0, 4.0])
    assert solution.prices["max_level"] == pytest.approx([0.0, 0.0])
    (tmp_path / "instance.yaml").write_text(raw.replace("uses: {line: 1}", "upper: 10"))
    solution = solve(lower(fabopt.load(tmp_path).data), EXACT)
    assert [s.price for s in solution.limits if s.family == "start"] == pytest.approx([4.0, 4.0])
    assert solution.prices["max_level"] == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("scenario", [None, "respin"])
def test_own_silicon_gains_as_much_of_a_lifted_capacity_in_a_loaded_program_as_in_data(scenario):
    """Three times the capacity of every resource: far more than a constant with a margin of two would let pass."""
    net = lower(fabopt.load(OWN, scenario=scenario).data)
    wider = replace(net, resources=tuple(replace(r, base=3.0 * r.base) for r in net.resources))
    demands = tuple(
        replace(d, quantity=3 * d.quantity, steps=tuple(replace(s, width=3 * s.width) for s in d.steps))
        for d in net.demands
    )
    net, wider = replace(net, demands=demands), replace(wider, demands=demands)
    asked = WhatIf(net, EXACT)
    program = asked.base.program
    of = np.array([family == "capacity" for family, _ in program.labels])
    lifted = replace(program, row_upper=np.where(of, program.row_upper * 3.0, program.row_upper))
    answer = asked.full(between(program, lifted))
    assert answer.objective == pytest.approx(solve(wider, EXACT).objective)
    assert answer.objective > 2.5 * asked.full().objective


ENDLESS = """\
horizon: {start: 2027, periods: 2, period: year, discount_rate: 0}
network:
  materials: {a: {}}
  activities:
    make: {outputs: {a: 1}, on_off: true, cost: -1LIMIT}
  demands: {may: {material: a, quantity: 20, value: 3}}
"""


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("", "how much it may then be has no end"),
        (", upper: 1e12", "it may then be as much as 1e+12, which is too much"),
    ],
)
def test_what_may_be_without_end_is_told_by_a_check_and_by_a_solve_with_file_and_line(tmp_path, limit, says):
    (tmp_path / "instance.yaml").write_text(ENDLESS.replace("LIMIT", limit))
    told = f"instance.yaml:5: network.activities.make: 'make' is decided by yes or no in 2027, and {says}"
    (found,) = [one for one in fabopt.load(tmp_path).validate() if one.severity == "error"]
    assert found.message.startswith(told)
    with pytest.raises(EndlessError) as refused:
        fabopt.load(tmp_path).solve()
    assert str(refused.value) == found.message
    for verb in ("validate", "solve"):
        ended = CliRunner().invoke(app, [verb, str(tmp_path)])
        assert ended.exit_code == 2
        assert " ".join(ended.output.split()).count(told) == 1


@pytest.mark.parametrize("limit", [", upper: 5", ", upper: 1e8"])
def test_what_has_an_end_within_reach_passes_the_check_and_is_solved(tmp_path, limit):
    (tmp_path / "instance.yaml").write_text(ENDLESS.replace("LIMIT", limit))
    assert [one for one in fabopt.load(tmp_path).validate() if one.severity == "error"] == []
    assert fabopt.load(tmp_path).solve().status == "optimal"

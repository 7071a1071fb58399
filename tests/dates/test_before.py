"""A series that begins after the decision date: what holds before it is stated, or told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.draws.engine import moved, spreads
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.cli import main
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.quantity_field import In
from fabopt.io.difference import differences
from fabopt.io.levers import list_levers
from fabopt.io.schema import instance_schema
from fabopt.network.lower import lower

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
MW = In("MW", ge=0, series=True)
LATE = {"linear": {"2028-01-01": 400, "2029-01-01": 600}}


def test_without_a_word_the_first_value_holds_backwards_and_with_one_what_it_says():
    assert MW.read(LATE).at(date(2027, 5, 1)) == 400
    stated = MW.read({**LATE, "before": "0.1 GW"})
    assert [stated.at(date(year, 1, 1)) for year in (2027, 2028, 2029)] == [100, 400, 600]
    assert (MW.read(LATE).begins, stated.begins) == (date(2028, 1, 1), None)


def test_a_mean_over_the_first_date_counts_what_holds_before_it_by_days():
    stated = MW.read({"steps": {"2028-02-01": 300}, "before": 0})
    assert stated.mean(date(2028, 1, 1), date(2028, 3, 1)) == pytest.approx(300 * 29 / 60)
    rising = MW.read({**LATE, "before": 0})
    assert rising.mean(date(2027, 1, 1), date(2029, 1, 1)) == pytest.approx(500 * 366 / 731)


def test_what_holds_before_is_scaled_written_and_read_again_with_the_series():
    stated = MW.read({**LATE, "before": 50, "times": 2})
    assert stated.before == 100
    assert stated.scaled(3).before == 300
    assert MW.read(stated.raw()).before == 100
    assert MW.read(MW.read({**LATE, "before": 0}).raw()).before == 0


@pytest.mark.parametrize(("before", "says"), [(-1, "at least 0"), ("3 GWh", "MW"), ({"value": 0}, "a number")])
def test_what_cannot_hold_before_is_refused_at_its_place(before, says):
    with pytest.raises(FieldProblem) as told:
        MW.read({**LATE, "before": before})
    (fault,) = told.value.faults
    assert fault.path[0] == "before"
    assert says in fault.message


@pytest.mark.parametrize("verb", ["validate", "solve"])
def test_a_series_that_holds_backwards_is_told_with_field_date_and_value(verb, tmp_path, capsys):
    late = "sites.plains.power={steps: {2027Q4: 600}}"
    arguments = [verb, str(INSTANCES / "tutorial"), "--set", late]
    assert main(arguments + (["--out", str(tmp_path / "plan")] if verb == "solve" else [])) == 0
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).split())
    assert "sites.plains.power" in said
    assert "begins on 2027-10-01, after the decision date 2027-01-01; 600 MW is assumed before" in said
    assert "'before: 0'" in said


def test_power_that_is_not_there_yet_runs_nothing():
    late = {"sites.plains.power": {"steps": {"2027Q4": 600}, "before": 0}}
    net = fabopt.load(INSTANCES / "tutorial").with_(late).network
    base = next(resource.base for resource in net.resources if resource.id == "power:plains")
    assert base[:5].tolist() == [0, 0, 0, 600, 600]


def test_a_series_of_one_date_in_a_plain_network_is_what_it_says_before_it(tmp_path):
    text = """
horizon: {start: 2027, periods: 3, period: year, discount_rate: 0}
network:
  materials: {goods: {storable: false}}
  resources: {line: {kind: level, capacity: {steps: {2028: 6}, before: 1}}}
  activities: {make: {outputs: {goods: 1}, uses: {line: 1}}}
  demands: {shop: {material: goods, quantity: 10, value: {linear: {2029: 5}, before: 2}}}
"""
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    # One in 2027 and six in 2028 at a price of 2, six in 2029 at 5.
    assert fabopt.load(tmp_path).solve().objective == pytest.approx(1 * 2 + 6 * 2 + 6 * 5)


@pytest.mark.parametrize("file", sorted(INSTANCES.rglob("instance.yaml")), ids=lambda file: file.parent.name)
def test_the_instances_that_are_shipped_say_what_holds_before(file):
    assert [f.message for f in fabopt.load(file.parent).validate() if f.check == "held backwards"] == []


def test_the_json_schema_knows_what_holds_before():
    power = json.dumps(instance_schema(Instance))
    assert power.count('"before": {') == 5  # linear, steps, a column of a table; a series of one table or of several


def test_a_solve_tells_a_few_warnings_and_which_check_lists_all(tmp_path, capsys):
    (tmp_path / "instance.yaml").write_text(
        "horizon: {start: 2027, periods: 1, period: year, discount_rate: 0}\n"
        "network:\n"
        f"  materials: {{{', '.join(f'm{n}: {{}}' for n in range(7))}}}\n"
        "  activities: {make: {outputs: {m0: 1}, cost: 1}}\n"
        "  demands: {may: {material: m0, quantity: 2, value: 3}}\n"
    )
    assert main(["solve", str(tmp_path), "--set", "network.demands.may.quantity=1", "--out", str(tmp_path / "r")]) == 0
    told = capsys.readouterr().err
    assert "0 errors and 6 warnings about the chain" in told
    assert [f"Nothing uses or wants 'm{n}'" in told for n in range(1, 7)] == [True] * 5 + [False]
    assert f"1 more: fabopt validate {tmp_path} --set=network.demands.may.quantity=1 lists all" in told


# -- moved: 600 MW of power from the fourth quarter of 2027 on, nothing before -----------------------------------------

POWER = "sites.plains.power"
NOTHING_YET = {"steps": {"2027Q4": {"value": 600, "low": 500, "high": 700}}, "before": 0}


@pytest.fixture(scope="module")
def late():
    return fabopt.load(INSTANCES / "tutorial").with_({POWER: NOTHING_YET})


def power(data):
    net = lower(data, "late")
    return next(resource.base for resource in net.resources if resource.id == "power:plains")[:5].tolist()


def test_the_end_of_its_range_leaves_what_holds_before(late):
    moved = Numbers(late._tree, late.data).at(POWER, "high")
    assert power(moved.data) == [0, 0, 0, 700, 700]


def test_a_draw_and_a_sweep_leave_what_holds_before(late):
    drawn, _ = moved(late._tree, late.data, spreads(late._tree, late.data), {POWER: 0.0})
    assert power(drawn) == [0, 0, 0, 500, 500]


def test_a_rate_of_exchange_moves_what_holds_before_too():
    price = "demand_curve.reference_price"
    written = {"unit": "EUR/H100e/h", "steps": {"2028": {"value": 20, "low": 10, "high": 30}}, "before": 40}
    rate = {"EUR": {"value": 1.2, "low": 1.1, "high": 1.3}}
    euro = fabopt.load(INSTANCES / "tutorial").with_({"currencies": rate, price: written})
    drawn, _ = moved(
        euro._tree, euro.data, spreads(euro._tree, euro.data), {price: 1.0, "currencies.EUR": 0.0}
    )  # to 30 EUR at 1.1
    there = next(lever.quantity for lever in list_levers(drawn) if lever.path == price)
    assert [there.before, there.value] == pytest.approx([40 * 1.1, 30 * 1.1])


def test_a_comparison_tells_what_holds_before(late):
    other = fabopt.load(INSTANCES / "tutorial").with_({POWER: {**NOTHING_YET, "before": 100}})
    (only,) = differences(late.data, other.data)
    assert (only.path, only.before, only.after) == (
        POWER, "0 before, 600 at 2027-10-01 MW", "100 before, 600 at 2027-10-01 MW",
    )  # fmt: skip
    (scaled,) = differences(other.data, other.with_({POWER: "*2"}).data)
    assert scaled.factor == pytest.approx(2)
    (gone,) = differences(late.data, late.with_({POWER: {"steps": {"2027Q4": 600}}}).data)
    assert gone.after == "600 at 2027-10-01 MW"

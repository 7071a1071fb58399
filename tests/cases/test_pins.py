"""Pins that cannot hold by themselves are refused at load, with what is pinned and what stands, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.io.problems import InstanceError

HERE = Path(__file__).resolve().parent

PLAIN = """\
horizon: {start: 2027, periods: 3, period: year}
network:
  materials:
    a: {storable: true, opening: 5, stock_limit: 9, safety_stock: [0, 2, 0]}
    b: {storable: true, opening: 4, receipts: [0, 1, 0]}
    c: {storable: false}
    d: {storable: true, opening: 4, survival: 0.5}
  resources: {mill: {capacity: 20}}
  units:
    extra: {adds: {mill: 1}, upper: 3, total: 5, min_order: 2, cost: 1}
    old: {adds: {mill: 1}, opening: 2, upper: [1, 0, 0], lead: 1, retire_cost: 0}
  activities:
    make: {outputs: {a: 1}, uses: {mill: 1}, lower: 1, upper: 8}
    bake: {inputs: {b: 1}, outputs: {c: 1}, lot: 2}
    mix: {outputs: {c: 1}, lower: 2, upper: 4, on_off: true}
  demands:
    shop: {material: a, quantity: 3, value: 1}
    must: {material: c, quantity: [2, 2, 0], required: true}
    late: {material: a, quantity: [4, 0, 0], value: 1, backlog: {expiry: 1}}
pins:
  PINS
"""

REFUSED = [
    ("units: {extra: {'2027': 4}}", "units.extra.2027", "4 are ordered, but a period may order at most 3"),
    (
        "units: {extra: {'2027': 3, '2028': 3}}",
        "units.extra.2028",
        "6 are ordered, but at most 5 may be in all",
    ),
    ("units: {extra: {'2027': 1}}", "units.extra.2027", "1 are ordered, but an order has at least 2"),
    ("units: {extra: {'2027': 2.5}}", "units.extra.2027", "2.5 are ordered, but only integers can be"),
    ("units: {extr: {'2027': 2}}", "units.extr", "there is nothing to pin with the id 'extr'; did you mean 'extra'?"),
    ("units: {extra: {'2026': 2}}", "units.extra.2026", "'2026' is no period of the horizon"),
    ("units: {extra: {'2027': -1}}", "units.extra.2027", "a decision cannot be negative, as -1 is"),
    ("activities: {make: {'2028': 9}}", "activities.make.2028", "the level is 9, but may be at most 8"),
    ("activities: {make: {'2028': 0.5}}", "activities.make.2028", "the level is 0.5, but must be at least 1"),
    ("activities: {make: {'2028': 0}}", "activities.make.2028", "the level is 0, but must be at least 1"),
    ("activities: {mix: {'2028': 1}}", "activities.mix.2028", "the level is 1, but must be at least 2"),
    ("activities: {bake: {'2028': 3}}", "activities.bake.2028", "the level is 3, but comes in lots of 2"),
    ("retired: {extra: {'2029': 1}}", "retired.extra.2029", "1 are retired, but none can be"),
    ("retired: {old: {'2027': 3}}", "retired.old.2027", "3 are retired, but 2 stand by then"),
    ("retired: {old: {'2027': 2, '2028': 2}}", "retired.old.2028", "2 are retired (4 with those before), but 3 stand"),
    ("retired: {old: {'2027': 2, '2028': 1, '2029': 1}}", "retired.old.2029", "1 are retired (4 with those before)"),
    ("retired: {old: {'2027': 0.5}}", "retired.old.2027", "0.5 are retired, but only integers can be"),
    ("deliveries: {shop: {'2027': 4}}", "deliveries.shop.2027", "4 are delivered, but 3 are wanted"),
    ("deliveries: {must: {'2027': 1}}", "deliveries.must.2027", "1 are delivered, but 2 are required"),
    ("deliveries: {late: {'2029': 1}}", "deliveries.late.2029", "1 are delivered, but 0 are wanted"),
    ("stocks: {a: {'2027': 10}}", "stocks.a.2027", "10 are in stock, but at most 9 can be stored"),
    ("stocks: {a: {'2028': 1}}", "stocks.a.2028", "1 are in stock, but 2 must be"),
    ("stocks: {c: {'2028': 1}}", "stocks.c.2028", "1 are in stock, but it cannot be stored"),
    ("stocks: {b: {'2027': 5}}", "stocks.b.2027", "5 are in stock, but at most 4 can be there"),
    ("stocks: {b: {'2028': 6}}", "stocks.b.2028", "6 are in stock, but at most 5 can be there"),
    ("stocks: {d: {'2028': 3}}", "stocks.d.2028", "3 are in stock, but at most 2 can be there"),
]


def _load(tmp_path: Path, pins: str) -> fabopt.Instance:
    (tmp_path / "instance.yaml").write_text(PLAIN.replace("PINS", pins))
    return fabopt.load(tmp_path)


@pytest.mark.parametrize(("pins", "path", "says"), REFUSED)
def test_a_pin_that_cannot_hold_is_refused_with_its_place(pins: str, path: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        _load(tmp_path, pins)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == ("instance.yaml", 21, f"pins.{path}")
    assert says in str(problem)


HOLD = [
    "units: {extra: {'2027': 3, '2028': 2}}",
    "units: {extra: {'2027': 0}}",
    "units: {extra: {'2027': 3.0000000001}}",
    "activities: {make: {'2027': 8, '2028': 1}}",
    "activities: {bake: {'2027': 2}}",
    "activities: {mix: {'2027': 0, '2028': 2}}",
    "retired: {old: {'2027': 2, '2028': 1}}",
    "deliveries: {shop: {'2027': 3}, must: {'2027': 2}, late: {'2028': 4}}",
    "stocks: {a: {'2027': 9, '2028': 2}}",
    "stocks: {b: {'2027': 2}}",
]


@pytest.mark.parametrize("pins", HOLD)
def test_a_pin_at_its_limit_holds_and_has_a_plan(pins: str, tmp_path: Path) -> None:
    assert _load(tmp_path, pins).solve().has_plan


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        _load(tmp_path, "units: {extra: {'2027': 4}, old: {'2028': 1}}\n  stocks: {a: {'2027': 10}}")
    assert len(caught.value.problems) == 3


def test_what_was_done_before_a_date_is_a_fact_that_new_limits_do_not_touch(tmp_path: Path) -> None:
    done = "done_until: 2028\n  units: {extra: {'2027': 4}}"
    assert _load(tmp_path, done).solve().has_plan
    with pytest.raises(InstanceError, match="4 are ordered"):
        _load(tmp_path, done.replace("'2027': 4", "'2027': 4, '2028': 4"))


@pytest.mark.parametrize("verb", ["validate", "solve"])
def test_more_retired_than_stand_is_refused_with_code_2(verb: str) -> None:
    found = CliRunner().invoke(app, [verb, str(HERE / "pins-retire")])
    assert found.exit_code == 2
    assert "instance.yaml:8: pins.retired.press.2027: 3 are retired, but 2 stand by then" in found.stderr

"""Records that are like another of their section, with fields that are so many times as much."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from toy import Toy, load, write

from fabopt.io.load import load_tree
from fabopt.io.problems import InstanceError
from fabopt.io.schema import instance_schema

BASE = """
fabs:
  b:
    like: a
    times:
      price: {value: 1.5, low: 1.2, high: 2, source: g, note: trend}
      capacity: 2
    kind: dram
    inputs: {gas: 7}
  c:
    like: b
    times: {price: 2, inputs: 3}
    inputs: {ore: null}
  a:
    capacity: {linear: {2027: {value: 10, low: 8, high: 11, source: f}, 2029: 20}, unit: kwafer/month, before: 4}
    price: {value: 100, low: 90, high: 130, source: f, confidence: high}
    inputs: {gas: 1, ore: {amount: 5}}
sources: {f: {title: F}, g: {title: G}}
"""


def fabs(tmp_path: Path, text: str = BASE) -> dict:
    return load(write(tmp_path, {"instance.yaml": text})).fabs


def test_what_a_record_does_not_say_is_as_in_the_other_and_times_are_worked_out(tmp_path: Path) -> None:
    a, b = (fabs(tmp_path)[key] for key in "ab")
    assert (a.kind, b.kind) == ("logic", "dram")
    assert [p.value for p in b.capacity.points] == [20, 40]
    assert (b.capacity.points[0].low, b.capacity.points[0].high, b.capacity.before) == (16, 22, 8)
    assert {key: entry.amount.value for key, entry in b.inputs.items()} == {"gas": 7, "ore": 5}


def test_the_range_of_a_factor_widens_the_range_and_its_source_stands_beside(tmp_path: Path) -> None:
    price = fabs(tmp_path)["b"].price
    (point,) = price.points
    assert (point.value, point.low, point.high) == pytest.approx((150, 108, 260))
    assert price.source == ("f", "g")
    assert (price.confidence, price.note) == ("estimate", "1.5 times a: trend")


@pytest.mark.parametrize(
    ("stated", "edges"),
    [
        ("value: 100, range: 10%", (108, 220)),
        ("value: '0.1 kUSD/wafer', range: 0.1", (108, 220)),
        ("value: '0.1 kUSD/wafer', high: '0.11 kUSD/wafer'", (120, 220)),
    ],
)
def test_the_range_of_a_factor_is_kept_however_the_number_is_written(tmp_path: Path, stated, edges) -> None:
    text = BASE.replace("value: 100, low: 90, high: 130", stated)
    (point,) = fabs(tmp_path, text)["b"].price.points
    assert (point.value, point.low, point.high) == pytest.approx((150, *edges))


def test_what_holds_before_a_series_is_scaled_in_its_own_unit(tmp_path: Path) -> None:
    text = BASE.replace("before: 4}", "before: '48 kwafer/year'}")
    assert fabs(tmp_path, text)["b"].capacity.before == pytest.approx(8)


def test_a_record_may_be_like_one_that_is_like_another(tmp_path: Path) -> None:
    c = fabs(tmp_path)["c"]
    assert c.price.value == 300
    assert c.price.assumed  # a factor without a source is assumed
    assert {key: entry.amount.value for key, entry in c.inputs.items()} == {"gas": 21}


def test_a_scenario_and_a_setting_change_what_is_written_out(tmp_path: Path) -> None:
    toy = load(write(tmp_path, {"instance.yaml": BASE}), None, "fabs.b.price=*2")
    assert toy.fabs["b"].price.value == 300


@pytest.mark.parametrize(
    ("fab", "line", "says"),
    [
        ("{like: d}", 3, "fabs.x.like: there is no 'd' in fabs"),
        ("{like: x}", 3, "fabs.x.like: records are like each other in a circle: x is like x"),
        ("{like: a, times: {pric: 2}}", 3, "fabs.x.times.pric: 'a' says nothing of 'pric'; did you mean 'price'?"),
        ("{like: a, times: {price: -2}}", 3, "fabs.x.times.price: the value is -2"),
        ("{like: a, times: {kind: 2}}", 3, "fabs.x.times.kind: 'logic' is no number"),
        ("{like: a, times: 2}", 3, "fabs.x.times: it is no mapping"),
        ("{like: a, inputs: {gas: null}}", 3, "fabs.x.inputs.gas: there is no 'gas' to delete"),
    ],
)
def test_what_is_written_wrongly_is_told_with_its_place(tmp_path: Path, fab: str, line: int, says: str) -> None:
    text = f"fabs:\n  a: {{capacity: 1, price: 2, kind: logic, inputs: {{ore: 1}}}}\n  x: {fab}\n"
    with pytest.raises(InstanceError) as error:
        load_tree(write(tmp_path, {"instance.yaml": text}), model=Toy)
    (problem,) = error.value.problems
    assert (problem.file, problem.line) == ("instance.yaml", line)
    assert says in str(problem)


def test_an_editor_takes_it() -> None:
    checker = jsonschema.Draft202012Validator(instance_schema(Toy))
    assert not list(checker.iter_errors({"fabs": {"b": {"like": "a", "times": {"price": 2}, "kind": "dram"}}}))
    assert list(checker.iter_errors({"fabs": {"b": {"like": 1}}}))

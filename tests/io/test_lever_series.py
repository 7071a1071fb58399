"""Levers and series: what a lever shows sets it to what it is, and no series is flattened by one number."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.domain.instance import Instance
from fabopt.io.lever_numbers import number_at
from fabopt.io.levers import LeverError, list_levers, set_lever
from fabopt.io.load import load_tree
from fabopt.io.problems import InstanceError
from fabopt.io.validate import validate
from fabopt.network.lower import lower

SERIES = "sites.plains.power"  # two points, written in MW
LARGE, ALONE = {"frontier", "gigawatt", "backcast"}, 1200


def instances():
    for file in sorted(Path("instances").glob("**/instance.yaml")):
        yield pytest.param(file.parent, id=file.parent.name)


def quantity(settings, lever=SERIES):
    data = fabopt.load("instances/tutorial").with_(settings).data
    return next(one.quantity for one in list_levers(data) if one.path == lever)


def same(a, b):
    """Return whether two records hold the same, numbers to within the last digits of a conversion."""
    if a is b:
        return True
    if isinstance(a, float | int) and isinstance(b, float | int):
        return a == b or abs(a - b) <= 1e-12 * max(abs(a), abs(b))
    if isinstance(a, np.ndarray):
        alike = a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
        return alike or (a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0.0, equal_nan=True))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(same(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)
    return a == b


@pytest.mark.parametrize("folder", list(instances()))
def test_every_lever_set_to_what_it_shows_gives_the_same_network(folder):
    """Each alone; of a large instance all at once, and some alone."""
    tree = load_tree(folder)
    data = validate(tree, Instance)
    net, levers = lower(data, folder.name), list_levers(data)
    groups = [levers, *([lever] for lever in levers[:: ALONE if folder.name in LARGE else 1])]
    before, changed = [numbers(lever) for lever in levers], []
    for group in groups:
        raw = tree.raw
        for lever in group:
            raw = set_lever(raw, lever.path, lever.shown, Instance)
        there = validate(replace(tree, raw=raw), Instance)
        after = [numbers(lever) for lever in list_levers(there)]
        changed += [was[0] for was, now in zip(before, after, strict=True) if not same(was, now)]
        if not same(lower(there, folder.name), net):
            changed.append(f"the network, by {[lever.path for lever in group][:3]}")
    assert changed == []


def numbers(lever):
    """Return all numbers of a lever, with its path and shape; a bare number means its unit."""
    q = lever.quantity
    return lever.path, q.shape, q.before, [(str(point.when), point.value) for point in q.points]


@pytest.mark.parametrize("value", [400, 400.0, "400", "400 MW", np.float64(400), "0.4 GW"])
def test_one_number_on_a_series_is_refused_with_the_ways_to_say_it(value):
    with pytest.raises(InstanceError) as refused:
        fabopt.load("instances/tutorial").with_({SERIES: value})
    for way in ("is a series of", "'*1.1'", "'+5'", f"{SERIES}@2027Q1", "{linear: {2027Q1: ...}}"):
        assert way in str(refused.value)


def test_a_series_is_scaled_moved_set_at_a_point_and_replaced():
    def values(setting, lever=SERIES):
        return [point.value for point in quantity({lever: setting}).points]

    base = [point.value for point in quantity({}).points]
    first = str(quantity({}).points[0].when)
    assert values("*1.1") == pytest.approx([1.1 * v for v in base])
    assert values("+5 MW") == pytest.approx([v + 5 for v in base])
    assert values("+0.005 GW") == pytest.approx([v + 5 for v in base])
    assert values("+-5 MW") == pytest.approx([v - 5 for v in base])
    assert values("+5 MW", f"{SERIES}@{first}") == pytest.approx([base[0] + 5, *base[1:]])
    assert values(450, f"{SERIES}@{first}") == pytest.approx([450, *base[1:]])
    assert values("{steps: {2027-01-01: 1, 2028-01-01: 2}}") == [1, 2]


def test_a_constant_is_moved_with_its_range_and_in_its_unit():
    lever = "packaging_lines.bridgeworks.capacity"  # 2.5 kwafer/month
    assert quantity({lever: "+500 wafer/month"}, lever).value == pytest.approx(3.0)
    assert quantity({lever: "+0.5"}, lever).value == pytest.approx(3.0)
    raw = {"value": 10, "low": 8, "high": 13}
    tree = load_tree(Path("instances/tutorial"))
    moved = set_lever(set_lever(tree.raw, lever, raw, Instance), lever, "+2", Instance)
    there = next(one.quantity for one in list_levers(Instance.model_validate(moved)) if one.path == lever)
    assert (there.value, there.points[0].low, there.points[0].high) == (12, 10, 15)


def test_an_amount_is_moved_in_the_unit_that_it_was_written_in():
    lever, tree = "contracts.anthropic-tpu.minimum", load_tree(Path("instances/frontier"))
    base = number_at(tree.raw, lever, Instance)
    assert base.unit == "kaccelerator/month"
    for setting in ("+1 kaccelerator/month", "+1000 accelerator/month", "+1"):
        moved = number_at(set_lever(tree.raw, lever, setting, Instance), lever, Instance)
        assert moved.value == pytest.approx(base.value + 1)


def test_a_bare_number_means_the_unit_that_the_lever_is_shown_in():
    limit = {"of": "shipments", "at_least": {"steps": {2027: 1, 2028: 2}, "unit": "accelerator/month"}}
    limit |= {"price": {"value": 100, "unit": "USD/accelerator", "low": 50, "high": 400}}
    raw = load_tree(Path("instances/tutorial")).raw | {"limits": {"floor": limit}}

    def after(lever, setting):
        return number_at(set_lever(raw, lever, setting, Instance), lever, Instance)

    for setting, is_ in ((120, 120), ("120", 120), ("0.12 kUSD/accelerator", 120)):
        there = after("limits.floor.price", setting)
        assert (there.unit, there.value) == ("USD/accelerator", pytest.approx(is_))
    series = after("limits.floor.at_least", "{steps: {2027: 3, 2028: 4}}")
    assert (series.unit, [p.value for p in series.points]) == ("kaccelerator/month", [3, 4])  # as it is shown
    in_words = after("limits.floor.at_least", "{steps: {2027: 3, 2028: 4}, unit: accelerator/month}")
    assert [p.value for p in in_words.points] == pytest.approx([0.003, 0.004])
    written = after("limits.floor.at_least", "{steps: {2027: 3 kaccelerator/month, 2028: 4 kaccelerator/month}}")
    assert [p.value for p in written.points] == [3, 4]
    assert written.unit == "kaccelerator/month"


def test_a_number_that_is_set_to_what_it_is_keeps_its_range_and_another_has_none():
    lever, tree = "outcomes.power-2027.figure", load_tree(Path("instances/tutorial"))

    def stated(setting):
        (point,) = number_at(set_lever(tree.raw, lever, setting, Instance), lever, Instance).points
        return point.low, point.high

    assert stated(400) == stated("400 MW") == (350, 450)
    assert stated(401) == (None, None)
    assert stated("{value: 400, unit: MW, low: 390, high: 410}") == (390, 410)


@pytest.mark.parametrize("setting", ["+", "+x", "+5 year", "+1e99"])
def test_what_cannot_be_added_is_refused(setting):
    with pytest.raises(LeverError, match="cannot be moved by"):
        set_lever(load_tree(Path("instances/tutorial")).raw, SERIES, setting, Instance)


def test_a_point_that_is_set_is_what_it_is_set_to_in_a_series_that_was_scaled_before():
    first, second = (point.when for point in quantity({}).points)
    for settings, is_ in (
        ({SERIES: "*2", f"{SERIES}@{first}": "90 MW"}, 90),
        ({f"{SERIES}@{first}": 90, SERIES: "*2"}, 180),
        ({SERIES: "*2", f"{SERIES}@{first}": 90, f"{SERIES}@{second}": "*3"}, 90),
    ):
        assert quantity(settings).points[0].value == pytest.approx(is_, rel=1e-12)
    with pytest.raises(InstanceError, match="scaled by 0"):
        quantity({SERIES: "*0", f"{SERIES}@{first}": 90})


LIST = """
horizon: {start: 2027Q1, periods: 2, period: quarter}
network:
  materials: {bread: {storable: false}}
  resources: {oven: {capacity: [5, 6]}}
  activities: {bake: {outputs: {bread: 1}, uses: {oven: 1}, cost: 1}}
  demands: {bread: {quantity: 50, value: 2}}
"""


@pytest.mark.parametrize(
    ("lever", "setting", "gives"),
    [("", "*2", [10, 12]), ("", "+1", [6, 7]), ("", "[1, 2]", [1, 2]), (".1", "9", [5, 9])],
)
def test_amounts_by_period_are_scaled_moved_or_replaced_and_one_number_is_refused(lever, setting, gives, tmp_path):
    (tmp_path / "instance.yaml").write_text(LIST, encoding="utf-8")
    oven = "network.resources.oven.capacity"
    there = fabopt.load(tmp_path).with_({oven + lever: setting})
    assert there.network.resources[0].base.tolist() == pytest.approx(gives)
    for one in (7, "7", "+word"):
        with pytest.raises(InstanceError, match=r"flatten|cannot be moved"):
            fabopt.load(tmp_path).with_({oven: one})


IN_GW = {"steps": {"2027Q1": 0.4, "2028Q1": 0.6}, "unit": "GW", "before": 0.1}


def test_a_bare_number_at_a_point_is_in_the_unit_in_which_the_lever_is_shown():
    there = quantity({SERIES: IN_GW, f"{SERIES}@2028-01-01": 700})
    assert [point.value for point in there.points] == [400.0, 700.0]


def test_what_holds_before_a_series_is_a_lever_of_its_own():
    there = quantity({SERIES: IN_GW, f"{SERIES}@before": 150, f"{SERIES}@2028Q1": "0.7 GW"})
    assert (there.before, there.points[0].value, there.points[1].value) == (150.0, 400.0, 700.0)
    assert quantity({SERIES: {**IN_GW, "times": 2}, f"{SERIES}@before": "0.3 GW"}).before == 300.0
    with pytest.raises(InstanceError, match="scaled and moved with its series"):
        quantity({SERIES: IN_GW, f"{SERIES}@before": "*2"})
    with pytest.raises(InstanceError, match=r"cannot be .3 apples.*no unit"):
        quantity({SERIES: IN_GW, f"{SERIES}@before": "3 apples"})
    with pytest.raises(InstanceError, match="no series"):
        quantity({"sites.coast.pue@before": 1.2})

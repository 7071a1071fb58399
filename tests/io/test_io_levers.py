"""Levers: every quantity has one, and setting it changes that number and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from toy import Toy

from fabopt.io.levers import LeverError, list_levers, set_lever

RAW: dict[str, Any] = {
    "fabs": {
        "n3": {
            "capacity": {"linear": {"2027Q1": "5 kwafer/month", "end-2027": {"value": 10, "low": 8}}, "source": "f1"},
            "inputs": {"gas": 2},
            "ramp": [0.5, 1],
            "orders": {"2027Q3": 2},
            "curve": {"100": 5, "2.50": 6},
        },
        "n2": {"capacity": 7, "opened": "2027Q1", "lines": 4},
    },
    "sources": {"f1": {"title": "x"}},
}


def after(lever: str, setting: object) -> Toy:
    return Toy.model_validate(set_lever(RAW, lever, setting, Toy))


def values(toy: Toy) -> dict[str, list[float]]:
    return {lever.path: [point.value for point in lever.quantity.points] for lever in list_levers(toy)}


def test_levers_are_the_schema_paths_of_all_quantities() -> None:
    levers = list_levers(Toy.model_validate(RAW))
    assert [lever.path for lever in levers] == [
        "fabs.n3.capacity",
        "fabs.n3.price",
        "fabs.n3.inputs.gas.amount",
        "fabs.n3.orders.2027-07-01",
        "fabs.n3.curve.100",
        "fabs.n3.curve.2.5",
        "fabs.n3.ramp.0",
        "fabs.n3.ramp.1",
        "fabs.n2.capacity",
        "fabs.n2.price",
    ]
    assert levers[0].points == ("fabs.n3.capacity@2027-01-01", "fabs.n3.capacity@2027-12-31")
    assert levers[1].points == ()


def test_every_lever_that_is_listed_can_be_scaled_and_moves_nothing_else() -> None:
    before = values(Toy.model_validate(RAW))
    for lever in before:
        now = values(after(lever, "*3"))
        assert now.pop(lever) == pytest.approx([3 * value for value in before[lever]])
        assert now == {other: points for other, points in before.items() if other != lever}


@pytest.mark.parametrize(
    ("lever", "setting", "expected"),
    [
        ("fabs.n2.capacity", "200 kwafer/month", [200]),
        ("fabs.n2.capacity", "200", [200]),
        ("fabs.n2.capacity", 200, [200]),
        ("fabs.n2.capacity", np.int64(200), [200]),
        ("fabs.n2.capacity", np.float32(0.5), [0.5]),
        ("fabs.n2.capacity", " * 1.5 ", [10.5]),
        ("fabs.n2.capacity", "*0", [0]),
        ("fabs.n2.capacity", "{steps: {2027: 1, 2028: 2}}", [1, 2]),
        ("fabs.n3.capacity", "{linear: {2027: 9}}", [9]),
        ("fabs.n3.capacity", "*2", [10, 20]),
        ("fabs.n3.capacity@2027-12-31", "12 kwafer/month", [5, 12]),
        ("fabs.n3.capacity@end-2027", "*2", [5, 20]),
        ("fabs.n3.capacity@2027Q1", "*2", [10, 10]),
        ("fabs.n2.price", "*2", [200]),
        ("fabs.n3.inputs.gas.amount", "3", [3]),
        ("fabs.n3.ramp.1", "0.9", [0.9]),
        ("fabs.n3.orders.2027-07-01", "3 tool", [3]),
        ("fabs.n3.curve.2.5", "*2", [12]),
    ],
)
def test_a_setting_gives_the_number_that_it_says(lever: str, setting: object, expected: list[float]) -> None:
    assert values(after(lever, setting))[lever.partition("@")[0]] == pytest.approx(expected)


def test_scaling_keeps_source_and_range_and_replacing_drops_them() -> None:
    scaled = after("fabs.n3.capacity", "*2").fabs["n3"].capacity
    assert (scaled.source, scaled.points[1].low) == (("f1",), 16)
    twice = Toy.model_validate(set_lever(set_lever(RAW, "fabs.n3.capacity", "*2", Toy), "fabs.n3.capacity", "*3", Toy))
    assert twice.fabs["n3"].capacity.points[1].value == 60
    assert after("fabs.n3.capacity", "{linear: {2027: 9}}").fabs["n3"].capacity.assumed


def test_fields_that_are_no_quantities_are_set_too() -> None:
    assert str(after("fabs.n2.opened", "2028Q1").fabs["n2"].opened) == "2028-01-01"
    assert after("fabs.n3.shut", "true").fabs["n3"].shut is True
    assert after("fabs.n2.kind", "dram").fabs["n2"].kind == "dram"
    assert after("fabs.n2.lines", "5").fabs["n2"].lines == 5
    assert after("fabs.n3.lines", "*2").fabs["n3"].lines == 2
    assert after("fabs.n2.opened", "null").fabs["n2"].opened is None
    assert after("title", "NO").title == "NO"


def test_a_date_or_a_number_in_a_path_may_be_written_as_in_the_file() -> None:
    for path in ("fabs.n3.orders.2027Q3", "fabs.n3.orders.2027-07"):
        assert values(after(path, 5))["fabs.n3.orders.2027-07-01"] == [5]
    assert values(after("fabs.n3.curve.100.0", 5))["fabs.n3.curve.100"] == [5]
    with pytest.raises(LeverError, match=r"there is no lever 'fabs.n3.orders.2027Q4'; did you mean"):
        set_lever(RAW, "fabs.n3.orders.2027Q4", 5, Toy)


def test_the_tree_that_was_given_stays_as_it_was() -> None:
    copy = repr(RAW)
    changed = set_lever(RAW, "fabs.n3.capacity@2027Q1", "*2", Toy)
    assert repr(RAW) == copy
    assert changed["fabs"]["n2"] is RAW["fabs"]["n2"]


@pytest.mark.parametrize(
    ("lever", "setting", "says"),
    [
        ("fabs.n3.capacty", "1", "there is no lever 'fabs.n3.capacty'; did you mean 'fabs.n3.capacity'?"),
        ("fabs.n33.price", "1", "there is no lever 'fabs.n33.price'; did you mean 'fabs.n3.price'?"),
        ("fbas.n3.price", "1", "there is no lever 'fbas.n3.price'; did you mean 'fabs.n3.price'?"),
        ("n3.price", "1", "there is no lever 'n3.price'; did you mean 'fabs.n3.price'?"),
        ("fabs.zzz.price", "1", "there is no lever 'fabs.zzz.price'; there are n3, n2"),
        ("fabs.n3.ramp.7", "1", "there is no lever 'fabs.n3.ramp.7'"),
        ("fabs.n3.ramp.x", "1", "there is no lever 'fabs.n3.ramp.x'"),
        ("fabs.n3.capacity.low", "1", "there is no lever 'fabs.n3.capacity.low'"),
        ("fabs.n3", "1", "'fabs.n3' is a group of levers: there are capacity, price"),
        ("fabs", "1", "'fabs' is a group of levers: there are n3, n2"),
        ("", "1", "'' is no lever"),
        ("fabs.n3.capacity@2027-06-30", "1", "the series has no point at 2027-06-30: there are 2027Q1, end-2027"),
        ("fabs.n3.capacity@soon", "1", "'soon' is no date"),
        ("fabs.n2.capacity@2027", "1", "'fabs.n2.capacity@2027' is no series"),
        ("fabs.n2.lines@2027", "1", "'fabs.n2.lines@2027' is no series"),
        ("fabs.n2.capacity", "", "a lever needs a value"),
        ("fabs.n2.capacity", "*-1", "'*-1' is no factor"),
        ("fabs.n2.capacity", "*x", "'*x' is no factor"),
        ("fabs.n2.capacity", "*.nan", "'*.nan' is no factor"),
        ("fabs.n2.capacity", "[1", "'[1': this is not YAML"),
        ("fabs.n3.ramp.²", "1", "there is no lever 'fabs.n3.ramp.²'"),
        ("fabs.n2.capacity", "**2", "'**2' is no factor"),
        ("fabs.n2.opened", "*2", "'fabs.n2.opened' is no number, so it cannot be scaled"),
        ("fabs.n2.shut", "*2", "'fabs.n2.shut' is no number, so it cannot be scaled"),
        ("fabs.n2.share", "*2", "'fabs.n2.share' has no value that could be scaled"),
    ],
)
def test_a_lever_or_a_setting_that_is_none_says_so(lever: str, setting: str, says: str) -> None:
    with pytest.raises(LeverError) as caught:
        set_lever(RAW, lever, setting, Toy)
    assert says in str(caught.value)

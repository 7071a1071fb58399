"""What differs between two instances, lever by lever."""

from pathlib import Path

import pytest

import fabopt
from fabopt.io.difference import differences

INSTANCES = Path(__file__).parents[2] / "instances"
LINE = "packaging_lines.bridgeworks.capacity"
SERIES = "demand_curve.reference_price"


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial")


def found(before, after):
    return differences(before.data, after.data)


def test_an_instance_does_not_differ_from_itself(tutorial):
    assert found(tutorial, fabopt.load(INSTANCES / "tutorial")) == ()


def test_a_number_that_was_set_says_both_values_with_unit(tutorial):
    (only,) = found(tutorial, tutorial.with_({"memory_makers.bitstack.stacking": "9 kwafer/month"}))
    assert (only.path, only.before, only.after) == (
        "memory_makers.bitstack.stacking",
        "12 kwafer/month",
        "9 kwafer/month",
    )
    assert only.factor == pytest.approx(0.75)


def test_a_series_that_was_scaled_is_one_lever_with_its_factor(tutorial):
    (only,) = found(tutorial, tutorial.with_({SERIES: "*1.5"}))
    assert only.path == SERIES
    assert only.before == "2 at 2027-01-01, 1.2 at 2029-12-31 USD/H100e/h"
    assert only.after == "3 at 2027-01-01, 1.8 at 2029-12-31 USD/H100e/h"
    assert only.factor == pytest.approx(1.5)


def test_one_point_of_a_series_is_a_lever_of_its_own_that_can_be_set_back(tutorial):
    changed = tutorial.with_({f"{SERIES}@2029-12-31": 1.5})
    (only,) = found(tutorial, changed)
    assert (only.path, only.before, only.after) == (f"{SERIES}@2029-12-31", "1.2 USD/H100e/h", "1.5 USD/H100e/h")
    assert found(tutorial, changed.with_({only.path: 1.2})) == ()


def test_a_choice_and_a_date_are_compared_too(tutorial):
    other = tutorial.with_({"policy_mode": "off", "horizon.periods": 9})
    assert {(d.path, d.before, d.after) for d in found(tutorial, other)} == {
        ("policy_mode", "model", "off"),
        ("horizon.periods", "10", "9"),
    }


def test_a_record_that_is_gone_is_named_once_with_what_it_said():
    with_rule = fabopt.load(INSTANCES / "allocation" / "uniform")
    without = fabopt.load(INSTANCES / "allocation" / "uniform", set={"policies": {}})
    (only,) = found(with_rule, without)
    (policy,) = with_rule.data.policies
    assert only.path == f"policies.{policy}"
    assert only.after is None
    assert "rule: uniform" in (only.before or "")


def test_what_no_plan_depends_on_is_left_out(tutorial):
    other = fabopt.load(INSTANCES / "tutorial", set={"about.title": "Another title"})
    assert found(tutorial, other) == ()


def test_a_range_alone_is_no_difference(tutorial):
    other = tutorial.with_({LINE: {"value": tutorial.data.packaging_lines["bridgeworks"].capacity.value, "low": 0.5}})
    assert found(tutorial, other) == ()

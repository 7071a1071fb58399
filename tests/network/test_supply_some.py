"""Supply bounds by hand; those of some materials are those of all, and nothing else is looked at."""

from pathlib import Path

import numpy as np
import pytest
from network_helpers import lowered

import fabopt
from fabopt.network.links import link
from fabopt.network.lower import lower
from fabopt.network.supply import supply_bound

INSTANCES = Path(__file__).parents[2] / "instances"


@pytest.mark.parametrize("name", ["tutorial", "gigawatt"])
def test_bounds_of_chips_alone_are_those_found_with_everything(name):
    links = link(lower(fabopt.load(INSTANCES / name).data))
    whole = supply_bound(links)
    chips = [key for key in links.materials if key.startswith("chip:")]
    some = supply_bound(links, chips)
    assert chips
    assert len(some.material) < len(whole.material)
    assert set(chips) <= set(some.material)
    for key, bound in some.material.items():
        np.testing.assert_array_equal(bound, whole.material[key], err_msg=key)
    for key, offered in some.resource.items():
        np.testing.assert_array_equal(offered, whole.resource[key], err_msg=key)


def test_what_is_taken_a_quarter_after_the_start_limits_starts_by_what_is_there_then():
    """Starts until t take two parts each a quarter later: none, then three, as six have come by the third quarter."""
    text = """
        materials: {part: {receipts: [0, 0, 6, 0]}, good: {opening: 1}}
        resources: {hall: {capacity: 5}}
        activities:
          make: {inputs: {part: {amount: 2, lead: 1}}, outputs: {good: {amount: 3, lead: 2}}, uses: {hall: 1}}
        units: {line: {adds: {hall: {amount: 4, ramp: [0.5, 1]}}, lead: 1, total: 2}}
    """
    bound = supply_bound(link(lowered(text, 4)))
    assert bound.material["part"].tolist() == [0, 0, 6, 6]
    assert bound.material["good"].tolist() == [1, 1, 1, 10]
    assert bound.resource["hall"].tolist() == [5, 18, 31, 44]  # two lines add four each from the second quarter on


def test_a_capacity_that_is_used_two_quarters_after_the_start_limits_only_what_reaches_it():
    """A start takes two, two quarters on; by then four, eight, ten and twelve have been offered."""
    text = """
        materials: {good: {}}
        resources: {hall: {capacity: [4, 0, 0, 4, 2, 2]}}
        activities: {make: {outputs: {good: 1}, uses: {hall: {amount: 2, lead: 2}}}}
    """
    bound = supply_bound(link(lowered(text, 6)))
    assert bound.material["good"].tolist()[:4] == [2, 4, 5, 6]


def test_a_use_that_is_nothing_in_some_quarter_limits_nothing_and_a_part_each_does():
    text = """
        materials: {part: {opening: 3}, good: {}}
        resources: {hall: {capacity: 0}}
        activities: {make: {inputs: {part: 1}, outputs: {good: 1}, uses: {hall: [1, 0]}}}
    """
    assert supply_bound(link(lowered(text, 2))).material["good"].tolist() == [3, 3]

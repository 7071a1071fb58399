"""Supply bounds of some materials are those of all, and nothing else is looked at."""

from pathlib import Path

import numpy as np
import pytest

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

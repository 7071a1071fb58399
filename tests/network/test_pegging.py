"""What of a plan's goods came from whom, mixed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.network.pegging import pegged

CHAIN = """
horizon: {start: 2027Q1, periods: 4}
network:
  materials:
    die: {storable: true, opening: 10, survival: 1}
    chip: {storable: true}
  activities:
    ours: {outputs: {die: 1}, lead: 1}
    deal: {outputs: {die: 1}, tags: {stage: contract}}
    package: {inputs: {die: 2}, outputs: {chip: 1}, lead: 1}
"""


def shares(levels, stock, sources, of):
    """Return what of a material comes from each source, by period."""
    net = lower(Instance.model_validate(yaml.safe_load(CHAIN)))
    names, goods = [a.id for a in net.activities], [m.id for m in net.materials]
    x = np.array([levels.get(name, [0, 0, 0, 0]) for name in names], dtype=float)
    s = np.array([stock.get(name, [0, 0, 0, 0]) for name in goods], dtype=float)
    found = [mixed[goods.index(of)].tolist() for mixed, _ in pegged(net, x, np.zeros((0, 4)), s, sources)]
    return np.array(found).T.round(12).tolist()


def test_opening_stock_own_making_and_a_contract_mix_by_amount_and_keep_their_shares_in_stock():
    # Ten dies stand; thirty of our own arrive in the second quarter, of which twenty are packaged with those that
    # stood: fifteen and five. Twenty are left, ten more come under the contract in the third.
    levels = {"ours": [30, 0, 0, 0], "deal": [0, 0, 10, 0], "package": [0, 10, 0, 15]}
    ours, deal = shares(levels, {"die": [10, 20, 30, 0]}, [{"ours"}, {"deal"}], "die")
    assert ours == pytest.approx([0, 30 / 40, 15 / 30, 15 / 30])
    assert deal == pytest.approx([0, 0, 10 / 30, 10 / 30])


def test_what_is_made_has_its_shares_from_when_its_parts_were_taken_not_from_when_it_is_done():
    levels = {"ours": [30, 0, 0, 0], "deal": [0, 0, 10, 0], "package": [0, 10, 0, 0]}
    ours, deal = shares(levels, {"die": [10, 20, 30, 30], "chip": [0, 0, 10, 10]}, [{"ours"}, {"deal"}], "chip")
    # Chips that are done in the third quarter took their dies in the second: a quarter of them stood at the start.
    assert ours == pytest.approx([0, 0, 0.75, 0.75])
    assert deal == pytest.approx([0, 0, 0, 0])


def test_sources_may_be_several_activities_and_a_step_that_is_its_own_source_is_all_its_own():
    levels = {"ours": [30, 0, 0, 0], "deal": [0, 10, 0, 0], "package": [0, 10, 0, 0]}
    both, packer = shares(levels, {"die": [10, 30, 30, 30]}, [{"ours", "deal"}, {"package"}], "chip")
    assert both == pytest.approx([0, 0, 40 / 50, 0])
    assert packer == pytest.approx([0, 0, 1, 0])

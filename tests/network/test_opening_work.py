"""What other buyers had in work at the decision date: what chips and memory left, and no more than they would take."""

from __future__ import annotations

import pytest
from chain_cases import edited

from fabopt.network.lower import lower_chain

PHONES = {"name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": 4, "floor": 0, "price": 15000}


def history(*changes):
    return lower_chain(edited(*changes))[0].build.history


def test_other_buyers_had_no_more_than_they_would_take():
    # The fab starts 30 kwafer a quarter, and nothing of it goes into chips; 12 are what the market would take.
    assert history(("markets.phones", PHONES))["market:phones:fab-a"] == pytest.approx(12.0)


def test_other_buyers_had_no_more_than_chips_left_of_a_fab():
    # 4.5 k packages a quarter come out of 5, of 10 k dies at 30 a wafer: 1/3 kwafer a quarter.
    wanting = {**PHONES, "quantity": 100}
    found = history(("markets.phones", wanting), ("chips.gpu.running_rate", 1.5))
    assert found["wafers:gd:fab-a"] == pytest.approx(1 / 3)
    assert found["market:phones:fab-a"] == pytest.approx(30 - 1 / 3)


def test_the_second_market_had_what_the_first_one_left():
    both = (("markets.phones", {**PHONES, "quantity": 8}), ("markets.cars", {**PHONES, "name": "Cars", "quantity": 8}))
    found = history(*both)
    assert (found["market:phones:fab-a"], found["market:cars:fab-a"]) == pytest.approx((24.0, 6.0))


def test_a_market_drew_on_its_fabs_in_proportion_to_what_they_had_left():
    fab = {
        "name": "Fab B", "owner": "foundry", "region": "island", "nodes": ["n3"], "wafer_starts": 30,
        "scanners": {"euv": {"opening": 12, "utilisation": 0.8}}, "free_space": 5,
    }  # fmt: skip
    found = history(("fabs.fab-b", fab), ("markets.phones", {**PHONES, "fabs": {"fab-a": "n3", "fab-b": "n3"}}))
    assert (found["market:phones:fab-a"], found["market:phones:fab-b"]) == pytest.approx((3.0, 9.0))

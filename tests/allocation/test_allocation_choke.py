"""A policy can be the choke point: proved, priced and ranked like any limit, under the name of who made the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt

INSTANCES = Path(__file__).parents[2] / "instances"


def studied(example):
    result = fabopt.load(INSTANCES / "allocation" / example).solve()
    return result.choke_points(draws=0, budget=1.0).records


def test_the_right_of_a_customer_is_the_choke_point_and_worth_what_is_worked_out_by_hand():
    """Orders in proportion give a 53 1/3: 10 % more of it takes 5 1/3 from c, a gain of 5 1/3 x (10 - 1). Lifted, a
    takes all 80 that it orders and b the other 20: 960 instead of 813 1/3.
    """
    study = studied("proportional")
    first = study.first
    assert first.state.status == "policy-binding"
    assert first.kind == "policy"
    assert (first.owner, first.label) == ("foundry", "foundry: right of A")
    assert first.gain == pytest.approx(48.0, rel=1e-9)
    assert first.step("lifted").plan_gain == pytest.approx(146 + 2 / 3, rel=1e-9)


def test_a_cap_counts_after_the_capacity_where_capacity_gains_more():
    """Half of 100 wafers at most for a: 10 more wafers earn 8 each from b, 5 more of the cap earn a 10 - 8 each."""
    by_label = {record.label: record for record in studied("share-cap").limits}
    assert by_label["wafers"].gain == pytest.approx(80.0, rel=1e-9)
    assert by_label["wafers"].state.status == "binding"
    cap = by_label["foundry: cap of A"]
    assert cap.state.status == "policy-binding"
    assert cap.gain == pytest.approx(10.0, rel=1e-9)


@pytest.mark.parametrize(
    ("splits", "owner"),
    [
        ({"fabs": ["north"]}, "silicon-north"),
        ({"packaging_lines": ["bridgeworks"]}, "silicon-north"),
        ({"memory_makers": ["bitstack"]}, "bitstack"),
        ({"components": ["large"]}, "laminates"),
        ({"scanners": ["euv"]}, "lithoworks"),
        ({"chips": ["falcon"]}, "merlin"),
    ],
)
def test_limits_of_a_policy_belong_to_whoever_owns_what_it_splits(splits, owner):
    policy = {"splits": splits, "rule": "value", "cap": 0.5}
    net = fabopt.load(INSTANCES / "tutorial").with_({"policies": {"half": policy}}).network
    rows = [group for group in net.groups if group.id.startswith("policy:half:")]
    assert rows
    assert {row.tags.owner for row in rows} == {owner}
    assert {row.limit_kind for row in rows} == {"policy"}


def test_the_study_names_the_rule_in_force_and_what_the_plan_would_be_worth_without_it():
    """Without the cap a gets 80 and b 20: 960 instead of 830."""
    study = studied("share-cap")
    assert study.info.policy.startswith("foundry (value)")
    price = study.info.price_of_policy
    assert (price.lo, price.hi) == pytest.approx((130.0, 130.0), rel=1e-6)
    free = fabopt.load(INSTANCES / "allocation" / "share-cap").with_({"policy_mode": "off"}).solve()
    info = free.choke_points(draws=0, budget=1.0).records.info
    assert info.policy == "value decides who gets what is scarce"
    assert info.price_of_policy is None

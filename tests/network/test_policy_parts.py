"""Policies on each technology: the lines that make it are split as one."""

from __future__ import annotations

from chain_cases import edited

from fabopt.network.lower import lower_chain
from fabopt.network.lowering.policy_claims import splits


def test_lines_of_one_technology_are_one_part_and_others_another():
    line = edited().packaging_lines["line"].model_dump(mode="json", exclude_unset=True)
    bom = edited().chips["gpu"].boms["a"].model_dump(mode="json", exclude_unset=True)
    policy = {
        "splits": {"packaging_lines": ["line", "twin", "other"]},
        "rule": "shares",
        "each": "technology",
        "customers": {"green": {"share": 0.5}},
    }
    data = edited(
        ("packaging_lines.twin", line | {"capacity": 3}),
        ("packaging_lines.other", line | {"technologies": ["r", "s"], "capacity": 2}),
        ("chips.gpu.boms.b", bom | {"technology": "r"}),
        ("policies", {"one": policy}),
    )
    chain, net = lower_chain(data)
    # Nobody else can use any of it, so half of it is all of it; capacities a month of 5 + 3 and 2.
    parts = {split.scope.id: split for split in splits(chain, net)}
    assert {key: split.scope.base[0] / chain.months[0] for key, split in parts.items()} == {"one:l": 8, "one:r+s": 2}
    assert all(split.claims[0].weights.tolist() == [1.0] for split in parts.values())
    rows = [
        group for group in net.groups if group.family == "policy_share" and group.tags.field.startswith("policies.one")
    ]
    assert [group.id for group in rows] == ["policy:one:l:green", "policy:one:r+s:green"]
    assert all(group.tags.field == "policies.one.customers.green" for group in rows)

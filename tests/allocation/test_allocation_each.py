"""Shares of each line or technology by itself: what is granted on a line is what its users can use there."""

import pytest
from allocation_cases import faults, foundry, instance

from fabopt.analysis.allocation.study import study
from fabopt.network.lower import lower
from fabopt.solve.run import solve

SHARES = {"a": {"share": 0.4}, "b": {"share": 0.4}}


def two_lines(**policy):
    """Customer a can use both lines of 100, b the old one only, c (who is not named) the new one only."""
    uses = {"a-old": "old", "a-new": "new", "b-old": "old", "c-new": "new"}
    tree = {
        "horizon": {"start": 2027, "periods": 1, "period": "year"},
        "network": {
            "resources": {line: {"capacity": 100, "tags": {"owner": "foundry"}} for line in ("old", "new")},
            "materials": {v: {"storable": False} for v in "abc"},
            "activities": {
                name: {"outputs": {name[0]: 1}, "uses": {line: 1}, "tags": {"customer": name[0]}}
                for name, line in uses.items()
            },
            "demands": {v: {"quantity": 500, "value": worth} for v, worth in {"a": 10, "b": 8, "c": 1}.items()},
        },
    }
    policy = {"splits": {"resources": ["old", "new"]}, "rule": "shares", "customers": SHARES, **policy}
    return instance(tree, policy)


def used(data):
    net = lower(data)
    plan = solve(net)
    return {a.id: float(plan.levels[n, 0]) for n, a in enumerate(net.activities) if ":" not in a.id}


def test_shares_of_all_lines_together_may_be_used_anywhere_and_leave_a_line_to_nobody():
    # a has 80 of 200, wherever it likes; c has the 40 that the shares leave, and b no more than 80.
    levels = used(two_lines())
    assert levels["a-old"] + levels["a-new"] == pytest.approx(80)
    assert (levels["b-old"], levels["c-new"]) == pytest.approx((80, 40))


def test_shares_of_each_line_are_of_what_can_be_used_there():
    # Old: only a and b can use it, at 40 to 40. New: a at 40, and what the shares leave, 20, to c: 2 to 1.
    levels = used(two_lines(each="line"))
    assert levels == pytest.approx({"a-old": 50, "a-new": 200 / 3, "b-old": 50, "c-new": 100 / 3})


def test_a_share_counts_from_when_its_customer_can_use_the_line():
    data = two_lines(each="line")
    raw = data.model_dump(mode="json", exclude_unset=True)
    raw["horizon"]["periods"] = 2
    raw["network"]["activities"]["b-old"]["upper"] = [0, 500]
    net = lower(type(data).model_validate(raw))
    plan = solve(net)
    levels = {a.id: plan.levels[n].tolist() for n, a in enumerate(net.activities)}
    # Before that all of the old line is a's.
    assert levels["a-old"] == pytest.approx([100, 50])
    assert levels["b-old"] == pytest.approx([0, 50])


def test_the_study_tells_what_is_granted_by_line():
    entries = study(two_lines(each="line")).entries
    rights = {(e.policy, e.customer): e.right for e in entries}
    assert rights["p1:old", "b"] == pytest.approx(50)
    assert rights["p1:new", "a"] == pytest.approx(200 / 3)
    assert rights["p1:new", "b"] == 0


@pytest.mark.parametrize(
    ("policy", "path", "message"),
    [
        ({"rule": "proportional", "customers": {v: {"order": 1} for v in "abc"}}, "each", "goes by amounts"),
        ({"rule": "value", "customers": {"a": {"commitment": 5}}}, "each", "are amounts"),
        ({"each": "technology", "customers": SHARES}, "each", "resources make no technologies"),
    ],
)
def test_what_goes_by_amounts_or_makes_no_technologies_is_refused(policy, path, message):
    found = faults(foundry(), {"each": "line", "rule": "shares", **policy})
    assert [(fault.path[-1], message in fault.message) for fault in found if fault.path[-1] == "each"][:1] == [
        (path, True)
    ]


def test_nothing_is_kept_on_a_line_for_who_cannot_use_it():
    floors = {"a": {"floor": 0.1}, "b": {"floor": 0.3}}
    # The new line keeps nothing for b: a, who pays most, has all of it, and 70 of the old one.
    levels = used(two_lines(each="line", rule="value", customers=floors))
    assert levels == pytest.approx({"a-old": 70, "a-new": 100, "b-old": 30, "c-new": 0})

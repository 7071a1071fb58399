"""Policies that cannot be meant: each fault at its field, and contradictions between policies name each other."""

import json

import pytest
from allocation_cases import by, customers, faults, foundry, instance

import fabopt
from fabopt.domain.rules import problems
from fabopt.io.problems import InstanceError


def told(*policies):
    return [(".".join(map(str, fault.path)), fault.message) for fault in faults(foundry(), *policies)]


def shares(a, b, c):
    return {v: {"share": share} for v, share in by(a, b, c).items()}


ONE = {
    "shares above 1": (
        {"rule": "shares", "customers": shares(0.5, 0.4, 0.2)},
        "policies.p1.customers",
        "in 2027 the shares add up to 1.1, more than 1",
    ),
    "floors above the capacity": (
        {"rule": "value", "customers": {"a": {"floor": 0.7}, "b": {"floor": 0.4}}},
        "policies.p1.customers",
        "in 2027 the floors add up to 1.1 of the capacity, more than there is",
    ),
    "a floor above the cap": (
        {"rule": "value", "cap": 0.3, "customers": {"a": {"floor": 0.4}}},
        "policies.p1.customers.a.floor",
        "in 2027 its floor of 0.4 lies above its cap of 0.3",
    ),
    "a share above the cap": (
        {"rule": "shares", "cap": 0.4, "customers": shares(0.5, 0.3, 0.2)},
        "policies.p1.customers.a.share",
        "in 2027 its share of 0.5 lies above its cap of 0.4",
    ),
    "more customers than there are": (
        {"rule": "value", "least": {"customers": 4, "share": 0.1}},
        "policies.p1.least.customers",
        "4 customers are to get a share at least, but there are only 3",
    ),
    "least shares above the capacity": (
        {"rule": "value", "least": {"customers": 3, "share": 0.4}},
        "policies.p1.least.share",
        "3 shares of 40% are more than the capacity",
    ),
    "a least share above the cap": (
        {"rule": "value", "cap": 0.2, "least": {"customers": 2, "share": 0.3}},
        "policies.p1.least.share",
        "in 2027 a share of 0.3 at least lies above the cap of 0.2",
    ),
    "caps of what is allocated that leave nothing": (
        {"rule": "value", "cap": 0.3, "cap_of": "allocated"},
        "policies.p1.cap",
        "3 customers with at most 0.3 of what is allocated can get nothing at all",
    ),
    "shares and floors above 1": (
        {"rule": "shares", "customers": {**shares(0.9, 0.05, 0.05), "c": {"share": 0.05, "floor": 0.3}}},
        "policies.p1.customers",
        "in 2027 shares, and the floors that lie above them, add up to 1.25, more than 1",
    ),
    "an unknown resource": (
        {"splits": {"resources": ["waffles"]}, "rule": "value"},
        "policies.p1.splits.resources.0",
        "there is no resource of the plain network 'waffles'",
    ),
    "nothing to split": ({"splits": {}, "rule": "value"}, "policies.p1.splits", "this one names nothing"),
    "two kinds of things": (
        {"splits": {"resources": ["wafers"], "fabs": ["north"]}, "rule": "value"},
        "policies.p1.splits",
        "this one names fabs and resources",
    ),
    "an unknown customer": (
        {"rule": "value", "customers": {"d": {"floor": 0.1}}},
        "policies.p1.customers.d",
        "'d' is no customer of wafers",
    ),
    "nobody to split among": ({"rule": "uniform"}, "policies.p1.customers", "has no customers"),
    "a rule without orders": (
        {"rule": "proportional", "customers": {v: {} for v in "abc"}},
        "policies.p1.customers.a.order",
        "the rule 'proportional' needs an order of every customer",
    ),
    "priority without ranks": (
        {"rule": "priority", "customers": customers()},
        "policies.p1.customers.b.rank",
        "the rule 'priority' needs 'rank' of every customer",
    ),
    "a market without bids": (
        {"rule": "market", "customers": customers()},
        "policies.p1.customers.c.bids",
        "a market needs bids of every customer",
    ),
    "somebody left out": (
        {"rule": "uniform", "customers": {"a": {"order": 80}, "b": {"order": 50}}},
        "policies.p1.customers",
        "'c' would get nothing, since the others have a right to everything",
    ),
    "orders in another unit": (
        {"rule": "uniform", "customers": {**customers(), "a": {"order": "80 tool/year"}}},
        "policies.p1.customers.a.order",
        "an amount in tool/year stands where 1 is meant",
    ),
    "stated orders that follow demand": (
        {"rule": "uniform", "orders": "demand", "customers": customers()},
        "policies.p1.orders",
        "orders for resources cannot follow demand for compute",
    ),
    "a window after the horizon": (
        {"rule": "value", "since": 2031},
        "policies.p1.since",
        "lies after the end of the horizon",
    ),
    "a window before the horizon": (
        {"rule": "value", "until": 2025},
        "policies.p1.until",
        "lies before the decision date",
    ),
    "a window that ends before it begins": (
        {"rule": "value", "since": "2027-06-01", "until": "2027-05-01"},
        "policies.p1.until",
        "before it begins",
    ),
    "exactly nothing": (
        {"rule": "value", "exact": True},
        "policies.p1.exact",
        "where value decides there is nothing to hold exactly",
    ),
    "giving back what must be taken": (
        {"rule": "uniform", "exact": True, "returns": 0.1, "customers": customers()},
        "policies.p1.returns",
        "cannot be given back",
    ),
    "exact shares of less than all": (
        {"rule": "shares", "exact": True, "customers": shares(0.5, 0.3, 0.1)},
        "policies.p1.exact",
        "the shares add up to 0.9",
    ),
}


@pytest.mark.parametrize(("policy", "path", "message"), ONE.values(), ids=ONE)
def test_a_policy_that_cannot_be_meant_is_told_at_its_field(policy, path, message):
    found = told(policy)
    assert any(where == path and message in said for where, said in found), found


AGAINST = {
    "floors of both": (
        {"rule": "value", "customers": {"a": {"floor": 0.7}}},
        {"rule": "value", "customers": {"b": {"floor": 0.4}}},
        "in 2027 the floors of 'p1' and 'p2' add up to 1.1 of the capacity",
    ),
    "a floor and a cap": (
        {"rule": "value", "customers": {"a": {"floor": 0.5}}},
        {"rule": "value", "cap": 0.4},
        "in 2027 'p1' keeps 0.5 for 'a', but 'p2' gives it at most 0.4",
    ),
    "a floor and a share": (
        {"rule": "shares", "customers": shares(0.2, 0.5, 0.3)},
        {"rule": "value", "customers": {"a": {"floor": 0.5}}},
        "in 2027 'p2' keeps 0.5 for 'a', but 'p1' gives it at most 0.2",
    ),
    "a least share and a cap": (
        {"rule": "value", "least": {"customers": 2, "share": 0.3}},
        {"rule": "value", "cap": 0.25},
        "in 2027 'p1' gives customers at least 0.3, but 'p2' at most 0.25",
    ),
    "both exact": (
        {"rule": "uniform", "exact": True, "customers": customers()},
        {"rule": "proportional", "exact": True, "customers": customers()},
        "'p1' and 'p2' both say exactly who gets what",
    ),
}


@pytest.mark.parametrize(("first", "second", "message"), AGAINST.values(), ids=AGAINST)
def test_policies_that_contradict_each_other_name_each_other(first, second, message):
    assert [said for _, said in told(first, second)] == [message]


def test_a_policy_on_what_nobody_uses_is_told():
    tree = foundry()
    tree["network"]["resources"]["spare"] = {"capacity": 1}
    found = faults(tree, {"splits": {"resources": ["spare"]}, "rule": "value"})
    assert [fault.message for fault in found] == ["nobody uses spare, so there is nothing to split"]


def test_policies_at_different_times_do_not_contradict_each_other():
    tree = foundry(periods=2)
    first = {"rule": "value", "customers": {"a": {"floor": 0.5}}, "until": 2027}
    second = {"rule": "value", "cap": 0.4, "since": 2028}
    assert problems(instance(tree, first, second)) == []


def test_shares_that_add_up_to_1_but_for_rounding_are_sound():
    assert told({"rule": "shares", "customers": shares(0.3333, 0.3333, 0.3334)}) == []


def told_of(policy, folder):
    """What reading an instance file with a policy says, line by line."""
    tree = {**foundry(), "policies": {"p": {"splits": {"resources": ["wafers"]}, "rule": "uniform", **policy}}}
    (folder / "instance.yaml").write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(InstanceError) as refused:
        fabopt.load(folder)
    return str(refused.value).splitlines()


def test_an_order_in_another_unit_is_told_the_units_of_orders(tmp_path):
    lines = told_of({"customers": {"a": {"order": "5 GW"}, "b": {"order": "5 wafers"}, "c": {"order": -1}}}, tmp_path)
    units = "give a bare number, or one in tool/year, kwafer/month, kpiece/month, kaccelerator/month and so on"
    assert [line.partition("policies.p.customers.")[2] for line in lines] == [
        f"a.order: 'GW' is power, which is no unit here; {units}",
        f"b.order: 'wafers' is wafer, which is no unit here; {units}",
        "c.order: the value is -1; it must be at least 0",
    ]


def test_a_number_that_may_also_be_a_word_is_told_as_a_number_only(tmp_path):
    (line,) = told_of({"rule": "alpha-fair", "alpha": -1}, tmp_path)
    assert line.endswith("policies.p.alpha: -1 must be at least 0.0")

"""Contracts that cannot be meant: each fault at its field; contracts and policies at odds name each other."""

import pytest
from contract_cases import LINE, faults, instance, kept, plan, stacks, tree

from fabopt.domain.base import FieldProblem
from fabopt.network.lower import lower

OPTION = {"premium": 5}
POLICY = {"splits": {"resources": ["wafers"]}, "rule": "value"}


def told(contracts, periods=1, policies=None, **network):
    raw = tree(contracts, periods, **network)
    raw["policies"] = policies or {}
    return [(".".join(map(str, fault.path)), fault.message) for fault in faults(raw)]


def lowering(contract, **network):
    with pytest.raises(FieldProblem) as caught:
        lower(instance(tree({"c": contract}, **network)))
    return [(fault.path, fault.message) for fault in caught.value.faults]


ONE = {
    "deliveries after the horizon": (stacks(since=2031), "since", "2031-01-01 lies after the end of the horizon"),
    "deliveries before the horizon": (stacks(until=2025), "until", "lies before the decision date"),
    "deliveries that end before they begin": (
        stacks(since="2027-06", until="2027-05"),
        "until",
        "deliveries end on 2027-05-31, before they begin on 2027-06-01",
    ),
    "the last date before the first": (
        stacks(first="2027-06", last="2027-05"),
        "last",
        "the last date to sign, 2027-05-31, lies before the first, 2027-06-01",
    ),
    "the last date before the decision date": (stacks(last=2026), "last", "so it can never be signed"),
    "a first date after the horizon": (stacks(first=2031), "first", "lies after the end of the horizon"),
    "a signature after the horizon": (stacks(signed=2031), "signed", "lies after the end of the horizon"),
    "a signature and a choice of dates": (stacks(signed=2026, last=2027), "last", "no date left to choose"),
    "signed and withdrawn": (stacks(signed=2026, offered=False), "offered", "cannot be withdrawn"),
    "a lead time longer than the horizon": (stacks(lead=24), "lead", "deliveries cannot begin before 2029-01-01"),
    "a lead time past the last delivery": (
        stacks(lead=9, until="2027-06"),
        "until",
        "deliveries cannot begin before 2027-10-01, but they end on 2027-06-30",
    ),
    "over before the decision date": (
        stacks(signed=2020, duration=24),
        "duration",
        "deliveries ended on 2022-01-01, before the decision date",
    ),
    "a minimum above the maximum": (
        stacks(minimum=90),
        "minimum",
        "in 2027 the minimum take of 90 lies above the maximum of 80",
    ),
    "a minimum without a maximum": (kept(minimum=10, price=1), "maximum", "'minimum' needs a maximum"),
    "a source without a maximum": (stacks(maximum=None), "maximum", "a supplier outside the instance needs a maximum"),
    "a source without a price": (stacks(price=None), "price", "a supplier outside the instance needs a price"),
    "a shortfall without a price": (kept(minimum=10, maximum=20), "shortfall_price", "not known what is paid"),
    "a shortfall without a minimum": (stacks(shortfall_price=3), "shortfall_price", "needs a minimum"),
    "must take, or pay": (
        stacks(minimum=10, must_take=True, shortfall_price=1),
        "shortfall_price",
        "a minimum that must be taken cannot be paid off",
    ),
    "tiers out of order": (
        stacks(tiers=[{"above": 50, "price": 4}, {"above": 40, "price": 3}]),
        "tiers.1.above",
        "in 2027 tier 2 begins at 40, not above the one before (50)",
    ),
    "a tier from the first unit on": (
        stacks(tiers=[{"above": 0, "price": 4}]),
        "tiers.0.above",
        "begins at 0, not above 0",
    ),
    "a tier above the maximum": (
        stacks(tiers=[{"above": 80, "price": 4}]),
        "tiers.0.above",
        "a tier begins at 80, but at most 80 can be taken",
    ),
    "tiers without a price below": (
        kept(maximum=50, tiers=[{"above": 10, "price": 4}]),
        "price",
        "tiers need the price below the first of them",
    ),
    "an unknown buyer": (stacks(buyer="aa"), "buyer", "there is no party 'aa'"),
    "a buyer that is no customer": (kept(buyer="foundry", supplier="b"), "buyer", "'foundry' is no customer of wafers"),
    "a supplier that does not own it": (kept(supplier="fondry"), "supplier", "'fondry' does not own wafers"),
    "a supplier outside that is inside": (stacks(supplier="foundry"), "supplier", "is a party of the instance"),
    "buying from oneself": (stacks(supplier="a"), "supplier", "would buy from itself"),
    "an unknown resource": (
        kept(goods={"resources": ["waffles"]}),
        "goods.resources.0",
        "there is no resource of the plain network 'waffles'",
    ),
    "an unknown material": (
        stacks(goods={"materials": ["stak"]}),
        "goods.materials.0",
        "there is no material of the plain network 'stak'",
    ),
    "two kinds of goods": (
        kept(goods={"resources": ["wafers"], "materials": ["stack"]}),
        "goods",
        "this one names resources and materials",
    ),
    "about nothing": (kept(goods={}), "goods", "the contract is about nothing"),
    "binding nobody": (kept(), "", "the contract binds nobody"),
    "an amount in another unit": (
        stacks(maximum="8 kwafer/month"),
        "maximum",
        "kwafer/month stands where a plain number is meant",
    ),
    "a price in another unit": (
        stacks(price="8 USD/wafer"),
        "price",
        "USD/wafer stands where a plain number is meant",
    ),
    "a share and an amount": (kept(reserve=0.4, reserve_amount=5), "reserve_amount", "either a share or an amount"),
    "a reserve of goods from outside": (stacks(reserve=0.4), "reserve", "no capacity that could be reserved"),
    "exercise before the premium": (
        stacks(first="2027-06", option={**OPTION, "last": "2027-03"}),
        "option.last",
        "it can be exercised until 2027-03-31, before the premium is paid on 2027-06-01",
    ),
    "exercise that ends before it begins": (
        stacks(option={**OPTION, "first": "2027-06", "last": "2027-03"}),
        "option.last",
        "the last date of exercise, 2027-03-31, lies before the first, 2027-06-01",
    ),
    "leaving before signing": (
        stacks(first="2027-06", exit={"fee": 1, "last": "2027-03"}),
        "exit.last",
        "it can be left until 2027-03-31, before it is signed",
    ),
    "an open contract with duration and exit": (
        stacks(duration=12, exit={"fee": 1}),
        "duration",
        "cannot have both a duration and an exit",
    ),
    "a prepayment above all that can be bought": (
        stacks(prepayment=500),
        "prepayment",
        "500 million dollars are prepaid, more than all that can be bought costs (400)",
    ),
    "a prepayment before the decision date": (
        stacks(signed=2026, prepayment=5),
        "prepayment",
        "its prepayment is no decision any more",
    ),
    "something left of what is not paid yet": (stacks(prepaid=5), "prepaid", "only a contract signed before"),
    "a cost of no money": (stacks(cost_of_money=0.1), "cost_of_money", "nothing is prepaid that could cost money"),
    "a credit against nothing": (
        kept(reserve=0.4, prepaid=5),
        "credited",
        "cannot be credited against anything",
    ),
    "unlocking an unknown unit": (
        kept(unlocks={"units": ["lin"]}),
        "unlocks.units.0",
        "there is no unit of the plain network 'lin'",
    ),
    "unlocking more than there is": (
        kept(unlocks={"units": ["line"], "steps": 3}),
        "unlocks.steps",
        "3 steps of 'line' are more than the 2 there are",
    ),
    "unlocking what another owns": (
        {"buyer": "a", "supplier": "b", "unlocks": {"units": ["line"]}},
        "unlocks.units",
        "'line' is built by 'foundry', not by 'b'",
    ),
    "steps of nothing": (kept(reserve=0.4, unlocks={"steps": 3}), "unlocks.steps", "no capacity is named"),
}


@pytest.mark.parametrize(("contract", "field", "message"), ONE.values(), ids=ONE)
def test_a_contract_that_cannot_be_meant_is_told_at_its_field(contract, field, message):
    found = told({"c": contract}, units=LINE)
    where = "contracts.c" + (f".{field}" if field else "")
    assert any(path == where and message in said for path, said in found), found


def test_all_faults_are_told_at_once():
    found = told({"c": stacks(minimum=90, last=2026, buyer="aa"), "d": stacks(price=None)})
    assert {path for path, _ in found} >= {
        "contracts.c.minimum",
        "contracts.c.last",
        "contracts.c.buyer",
        "contracts.d.price",
    }


def test_shares_reserved_on_one_resource_do_not_add_up_to_more_than_all_of_it():
    contracts = {"one": kept(reserve=0.7), "two": kept(buyer="a", reserve=0.4)}
    assert told(contracts) == [
        ("contracts.two.reserve", "in 2027 'one' and 'two' reserve 1.1 of wafers, more than 1"),
    ]
    contracts["two"] |= {"signed": None, "offered": False}
    assert told(contracts) == []


def test_shares_reserved_at_different_times_are_sound():
    contracts = {"one": kept(reserve=0.7, until="end-2027"), "two": kept(buyer="a", reserve=0.4, since=2028)}
    assert told(contracts, periods=2) == []


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            {**POLICY, "cap": 0.3},
            "in 2027 'c' reserves 0.4 for 'b', but 'split' gives it at most 0.3",
        ),
        (
            {**POLICY, "customers": {"a": {"floor": 0.7}}},
            "in 2027 'c' reserves 0.4 for 'b', but 'split' keeps 0.7 for others",
        ),
        (
            {**POLICY, "rule": "shares", "customers": {"a": {"share": 0.8}, "b": {"share": 0.2}}},
            "in 2027 'c' reserves 0.4 for 'b', but 'split' gives it at most 0.2",
        ),
    ],
)
def test_a_contract_and_a_policy_that_contradict_each_other_name_each_other(policy, message):
    assert told({"c": kept(reserve=0.4)}, policies={"split": policy}) == [("contracts.c.reserve", message)]


def test_contracts_of_one_buyer_on_goods_that_overlap_name_each_other():
    more = {
        "wafers": {"capacity": 100, "tags": {"owner": "foundry"}},
        "spare": {"capacity": 10, "tags": {"owner": "foundry"}},
    }
    both = kept(maximum=10, goods={"resources": ["wafers", "spare"]})
    found = told({"one": kept(maximum=5), "two": both}, resources=more)
    assert found == [("contracts.two.goods", "'one' and 'two' of 'b' stand on goods that overlap but differ")]


def test_more_reserved_than_there_is_is_told():
    (found,) = lowering(kept(reserve_amount=120))
    assert found == (("contracts", "c", "reserve_amount"), "in 2027 it reserves 120 of wafers, but there are only 100")


def test_all_that_there_is_may_be_reserved():
    solution, _ = plan(tree({"c": kept(reserve_amount=100)}))
    assert solution.levels[:2, 0] == pytest.approx([0, 60], abs=1e-6)  # the right is b's alone, which needs 60


def test_a_share_of_capacity_without_a_limit_is_not_reserved_by_a_decision():
    endless = {"line": {**LINE["line"], "total": None}}
    (found,) = lowering(kept(reserve=0.4, signed=None), units=endless)
    assert found[0] == ("contracts", "c", "reserve")

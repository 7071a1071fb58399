"""Rows of contracts as limits: names, owners, levers, where their data stand, and what a conflict says."""

import pytest
from contract_cases import LINE, instance, kept, stacks, tree

from fabopt.analysis.choke.owners import instrument
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.network.places import field_of
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve


def limits(raw):
    net = lower(instance(raw))
    return net, {limit.entity: limit for limit in model_tables(net).limits if limit.kind == "contract"}


def test_rows_that_somebody_agreed_to_are_limits_with_names_owners_levers_and_data():
    raw = tree({"c": stacks(name="Deal", minimum=10), "k": kept(reserve=0.4)}, units=LINE)
    raw["contracts"]["k"] |= {"signed": None, "unlocks": {"units": ["line"]}, "lead": 6}
    net, found = limits(raw)
    least, most = found["contract-minimum:c"], found["contract-maximum:c"]
    reserved, steps = found["contract-reserve:k"], found["contract-unlocks:line:k"]
    assert least.name == "Deal: take-or-pay minimum of A"
    assert (least.owner, least.side, least.relaxable, least.levers) == ("stackworks", "lower", True, ())
    assert (most.side, [lever.unit for lever in most.levers]) == ("upper", ["sign:c"])
    assert (reserved.name, reserved.owner, reserved.stage) == ("k: reserved for B", "foundry", "wafer")
    assert [(lever.unit, lever.lead) for lever in steps.levers] == [("sign:k", 0.5)]
    fields = {key: field_of(net, limit.family, key) for key, limit in found.items()}
    assert fields["contract-minimum:c"] == "contracts.c.minimum"
    assert fields["contract-maximum:c"] == "contracts.c.maximum"
    assert fields["contract-reserve:k"] == "contracts.k"
    assert fields["contract-unlocks:line:k"] == "contracts.k.unlocks"
    assert instrument("contract", "contract_maximum", True, ["signature"]).verb == "signing for"


def test_signatures_and_money_prepaid_limit_nobody():
    raw = tree({"c": stacks(prepayment=10, option={"premium": 1}, exit={"fee": 1}, tiers=[{"above": 5, "price": 1}])})
    found = model_tables(lower(instance(raw))).limits
    assert {limit.entity for limit in found} & {"sign:c", "exercise:c", "exit:c", "tier:c:2", "prepaid:c"} == set()


def test_what_counts_as_taken_and_in_which_tier_is_a_definition_and_nobodys_limit():
    raw = tree({"c": stacks(prepayment=10, option={"premium": 1}, exit={"fee": 1}, tiers=[{"above": 5, "price": 1}])})
    net, found = limits(raw)
    assert {row.id for row in net.definitions} >= {"contract-tier2:c", "contract-credit:c"}
    assert {row.id for row in net.definitions} & found.keys() == set()
    assert all(limit.relaxable for limit in found.values())


def test_the_price_of_a_minimum_is_what_one_unit_less_of_it_is_worth():
    raw = tree({"c": stacks(signed=2026, minimum=50, must_take=True)})
    raw["network"]["demands"]["stacks"]["value"] = 2
    solution = solve(lower(instance(raw)), SolveOptions(gap=0.0))
    (state,) = (state for state in solution.limits if state.source.entity == "contract-minimum:c")
    assert state.price == pytest.approx(-3.0)  # a stack is worth 2 and costs 5


def test_a_conflict_names_the_contract():
    raw = tree({"c": kept(name="Deal", minimum=60, maximum=60, must_take=True)})
    raw["network"]["demands"]["a"] |= {"quantity": 50, "required": True}
    solution = solve(lower(instance(raw)), SolveOptions(gap=0.0))
    assert not solution.has_plan
    assert any("Deal: minimum that must be taken of B" in str(conflict) for conflict in solution.conflicts)

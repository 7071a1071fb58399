"""Money and volumes under contracts: who pays whom, budgets, transfers, credit, windows, tiers, steps built."""

import numpy as np
import pytest
from contract_cases import LINE, instance, kept, plan, stacks, tree

from fabopt.network.lower import lower


def paid(tables, **which):
    rows = tables["transfers"]
    for column, value in which.items():
        rows = rows[rows[column] == value]
    return rows["amount"].sum()


def test_prices_between_parties_cost_the_whole_nothing_and_show_as_transfers():
    raw = tree({"use": kept(maximum=50, price=2, minimum=40)})
    solution, tables = plan(raw)
    # a takes all 100 wafers at a gain of 5; b pays for 40 that it does not take.
    assert solution.value == pytest.approx(500)
    assert paid(tables, payer="b", payee="foundry", what="shortfall") == pytest.approx(80)
    # With the minimum to be taken, 40 of a's gains of 5 become b's of 2.
    raw["contracts"]["use"]["must_take"] = True
    solution, tables = plan(raw)
    assert solution.value == pytest.approx(60 * 5 + 40 * 2)
    assert paid(tables, payer="b", payee="foundry", what="purchases", item="use") == pytest.approx(80)


def test_use_beyond_a_contract_is_no_take():
    raw = tree({"use": kept(maximum=20, price=2)})
    raw["network"]["demands"]["a"]["quantity"] = 50
    _, tables = plan(raw)
    (row,) = tables["contracts"].to_dict("records")
    assert (row["taken"], row["purchases"]) == pytest.approx((20, 40))  # of the 50 that b uses


def test_two_contracts_of_one_buyer_share_its_use():
    raw = tree({"one": kept(maximum=20, price=2, minimum=20, must_take=True), "two": kept(maximum=25, price=1)})
    raw["contracts"]["two"] |= {"minimum": 25, "must_take": True}
    solution, tables = plan(raw)
    assert solution.value == pytest.approx(55 * 5 + 45 * 2)
    assert tables["contracts"]["taken"].tolist() == pytest.approx([20, 25])


def test_a_budget_sees_what_is_paid_under_contracts():
    budget = {"pot": {"amount": 150, "terms": [{"activity": "a"}], "tags": {"owner": "a"}}}
    raw = tree({"stacks": stacks()}, budgets=budget)
    # A million of a's budget buys a wafer (worth 6, a gain of 5) or a fifth of a stack (worth 9, a gain of 4).
    solution, tables = plan(raw)
    assert solution.value == pytest.approx(100 * 5 + 10 * 4)
    (spent,) = tables["spending"]["spent"]
    assert spent == pytest.approx(150)
    del raw["network"]["budgets"]
    assert plan(raw)[0].value == pytest.approx(100 * 5 + 80 * 4)


def test_a_prepayment_counts_in_the_budget_when_it_is_made_and_its_credit_later():
    budget = {
        "pot": {
            "amount": [60, 340],
            "windows": [["2027"], ["2028"]],
            "terms": [{"activity": "a", "coefficient": 0}],
            "tags": {"owner": "a"},
        }
    }
    raw = tree({"stacks": stacks(prepayment=60, last=2027, lead=12)}, periods=2, budgets=budget)
    solution, tables = plan(raw)
    # 60 are prepaid in 2027; in 2028 80 stacks cost 400, of which 340 are left to pay.
    assert solution.value == pytest.approx(2 * 100 * 5 + 80 * 4)
    assert tables["spending"]["spent"].tolist() == pytest.approx([60, 340])
    raw["network"]["budgets"]["pot"]["amount"] = [59, 500]
    assert plan(raw)[0].value == pytest.approx(2 * 100 * 5)


def test_what_is_left_of_an_old_prepayment_is_credited_and_costs_money_until_then():
    old = stacks(signed=2026, prepaid=500, cost_of_money=0.1)
    solution, tables = plan(tree({"stacks": old}, periods=2))
    # 80 x 5 are credited in 2027, the last 100 in 2028: only 300 are paid, and 10 to lenders.
    assert solution.value == pytest.approx(2 * (100 * 5 + 80 * 9) - 300 - 10)
    (row,) = tables["contracts"].to_dict("records")
    assert [row["credited"], row["paid"], row["cost_of_money"]] == pytest.approx([500, 300, 10])


def test_what_is_prepaid_for_too_much_is_never_credited():
    old = stacks(signed=2026, prepaid=790)
    raw = tree({"stacks": old}, periods=2)
    raw["network"]["demands"]["stacks"]["quantity"] = 50
    solution, _ = plan(raw)
    # Stacks are free as long as the credit lasts: all 80 could be taken, but only 50 are worth anything.
    assert solution.value == pytest.approx(2 * (100 * 5 + 50 * 9))


def test_the_first_tier_of_a_party_is_filled_before_the_next():
    tiers = [{"above": 20, "price": 5}]
    raw = tree({"use": kept(maximum=60, price=1, tiers=tiers, minimum=30, must_take=True)})
    solution, tables = plan(raw)
    assert solution.value == pytest.approx(70 * 5 + 30 * 2)
    assert paid(tables, what="purchases", item="use") == pytest.approx(20 * 1 + 10 * 5)


def test_nothing_is_taken_before_a_contract_is_in_force_nor_after():
    deal = stacks(by="window", lead=12, duration=24, last=2027, price=0.5)
    raw = tree({"stacks": deal}, periods=5)
    _, tables = plan(raw)
    taken = tables["materials"].set_index(["id", "period"])["made"]
    assert taken.loc["stack"].to_dict() == {"2028": 80, "2029": 80}


def test_an_average_over_years_lets_one_year_make_up_for_another():
    raw = tree({"stacks": stacks(by="window", signed=2026, minimum=40, maximum=50)}, periods=2)
    raw["network"]["demands"]["stacks"] |= {"quantity": [10, 90], "value": 4}
    # Each stack loses 1; the least of 80 over two years fits into 10 and 70.
    assert plan(raw)[0].value == pytest.approx(2 * 500 - 80)
    raw["contracts"]["stacks"]["by"] = "year"
    # 40 a year are paid for: 10 taken and 30 paid for in the first, 40 in the second.
    assert plan(raw)[0].value == pytest.approx(2 * 500 + 50 * 4 - 80 * 5)


def test_the_part_of_a_period_that_is_in_force_counts():
    raw = tree({"stacks": stacks(lead=6, last=2027)}, periods=2)
    _, tables = plan(raw)
    assert tables["contract_windows"]["maximum"].tolist() == [40, 80]


def test_capacity_of_somebody_outside_costs_what_it_is_paid_and_is_used_only_under_a_contract():
    raw = tree({"use": kept(outside=True, supplier="landlord", signed=None, maximum=50, price=1)})
    raw["network"]["resources"]["wafers"]["tags"] = {"owner": "landlord"}
    raw["network"]["demands"]["a"]["quantity"] = 50
    assert plan(raw)[0].value == pytest.approx(50 * 5 + 50 * (3 - 1 - 1))
    raw["contracts"]["use"]["maximum"] = 30
    assert plan(raw)[0].value == pytest.approx(50 * 5 + 30 * (3 - 1 - 1))
    raw["contracts"]["use"]["price"] = 2.5
    assert plan(raw)[0].value == pytest.approx(50 * 5)
    raw["contracts"]["use"] |= {"price": 0, "offered": False}
    assert plan(raw)[0].value == pytest.approx(50 * 5)


def test_the_lowering_without_contracts_says_nothing_of_them():
    net = lower(instance(tree({})))
    assert (net.agreements, net.payments) == ((), ())
    assert not any(group.limit_kind == "contract" for group in net.groups)


def test_steps_are_built_only_as_far_as_signed_contracts_allow():
    offer = {"buyer": "a", "supplier": "foundry", "unlocks": {"units": ["line"], "steps": 1}}
    raw = tree({"first": offer, "second": {**offer, "outside": True, "prepayment": 30, "credited": False}}, units=LINE)
    # 40 more wafers are worth 80 to b and cost 100.
    assert plan(raw)[0].value == pytest.approx(500)
    raw["network"]["demands"]["a"]["quantity"] = 200
    # 40 more for a are worth 200 and cost 100; the second 40 cost 30 more, which goes to somebody outside.
    solution, tables = plan(raw)
    assert solution.value == pytest.approx(500 + 100 + 100 - 30)
    assert tables["contracts"]["signed"].tolist() == ["2027", "2027"]
    raw["contracts"]["second"]["offered"] = False
    assert plan(raw)[0].value == pytest.approx(500 + 100)
    assert np.isclose(tables["units"].query("id == 'line'")["ordered"].sum(), 2)


def test_what_a_contract_keeps_idle_is_no_use_to_a_policy():
    raw = tree({"k": kept(reserve=0.4)})
    raw["network"]["demands"]["b"]["quantity"] = 10
    shares = {"rule": "shares", "exact": True, "customers": {"a": {"share": 0.6}, "b": {"share": 0.4}}}
    raw["policies"] = {"p": {"splits": {"resources": ["wafers"]}, **shares}}
    # The rule makes b start 40 wafers for 10 that it needs; what merely stands idle for it would not do.
    assert plan(raw)[0].value == pytest.approx(60 * 5 + 10 * 3 - 40)
    raw["policies"] = {}
    assert plan(raw)[0].value == pytest.approx(60 * 5 + 10 * 2)

"""Rows of policies, contracts and export rules whose dates cut a period, by hand."""

from __future__ import annotations

from datetime import date

import pytest
from chain_cases import lowered
from contract_cases import LINE, instance, kept, tree

from fabopt.domain.calendar import Calendar
from fabopt.network.lower import lower

HELD = 183 / 365
"""Share of 2027 from 2 July on."""


def rows(raw, begins):
    return {row.id: row for row in lower(instance(raw)).groups if row.id.startswith(begins)}


def policy(**fields):
    raw = tree({}, 2)
    raw["policies"] = {"p": {"splits": {"resources": ["wafers"]}, "since": "2027-07-02", **fields}}
    return raw


def test_a_first_day_counts_whole_and_a_last_day_too():
    quarters = Calendar(date(2027, 1, 1), ((4, "quarter"),))
    assert quarters.closes(date(2027, 3, 31)) == 1.0
    assert quarters.opens(date(2027, 4, 1)) == 1.0
    assert (quarters.opens(None), quarters.closes(None)) == (-float("inf"), float("inf"))


def test_a_right_holds_for_its_part_and_leaves_the_rest_of_the_capacity():
    raw = policy(rule="shares", customers={"a": {"share": 0.4}, "b": {"share": 0.6}})
    found = rows(raw, "policy:p:a")["policy:p:a"]
    assert found.rhs == pytest.approx([100 * (0.4 * HELD + 1 - HELD), 40])


def test_customers_without_a_share_have_what_shares_leave_for_that_part():
    found = rows(policy(rule="shares", customers={"a": {"share": 0.4}}), "policy:p:others")["policy:p:others"]
    assert found.rhs == pytest.approx([100 * (0.6 * HELD + 1 - HELD), 60])


def test_a_cap_and_a_floor_hold_for_their_part():
    capped = rows(policy(rule="value", customers={"a": {"cap": 0.3}}), "policy:p:a")["policy:p:a:cap"]
    assert capped.rhs == pytest.approx([100 * (1 - HELD * 0.7), 30])
    floored = rows(policy(rule="value", customers={"a": {"floor": 0.3}}), "policy:p:a")["policy:p:a:floor"]
    assert floored.rhs == pytest.approx([30 * HELD, 30])


def test_an_exact_share_is_a_right_in_a_period_that_its_dates_cut():
    raw = policy(rule="shares", exact=True, customers={"a": {"share": 0.4}, "b": {"share": 0.6}})
    found = rows(raw, "policy:p:a")
    assert (found["policy:p:a:exact"].windows, found["policy:p:a:exact"].sense) == (((1,),), "==")
    assert (found["policy:p:a"].windows, found["policy:p:a"].sense) == (((0,),), "<=")


def test_a_contract_that_is_signed_inside_a_period_is_in_force_for_the_rest_of_it():
    raw = tree({"c": kept(signed="2027-07-02", maximum=60, price=1)}, 2)
    (agreement,) = lower(instance(raw)).agreements
    assert agreement.standing == pytest.approx([HELD, 1])


def test_leaving_a_contract_takes_nothing_back_after_its_end():
    deal = kept(signed="2027-01-01", maximum=60, price=1, duration=18, exit={"fee": 1})
    (agreement,) = lower(instance(tree({"c": deal}, 3))).agreements
    assert agreement.standing == pytest.approx([1, 0.5, 0])
    gone = {term.shift: term.coefficient.tolist() for term in agreement.in_force if term.id == "exit:c"}
    assert gone == {0: [-1, -0.5, 0], 1: [0, -0.5, 0]}


def test_an_export_quantity_counts_the_part_of_a_period_in_which_it_holds():
    rule = {"origin": "west", "destination": "east", "most": 400, "since": "2027-05-16"}
    net = lowered(("sites.site.region", "east"), ("barred_flows", [rule]))
    (row,) = (group for group in net.groups if group.id.startswith("export:"))
    part = 46 / 91
    assert row.rhs[0] == pytest.approx(100 * (part + 2))
    assert row.terms[0].coefficient[:3] == pytest.approx([0, part, 1])


def test_a_right_on_what_units_add_holds_for_its_part_too():
    raw = policy(rule="shares", customers={"a": {"share": 0.4}, "b": {"share": 0.6}})
    raw["network"]["units"] = LINE
    found = rows(raw, "policy:p:a")["policy:p:a"]
    (added,) = (term.coefficient for term in found.terms if (term.id, term.shift) == ("line", 0))
    assert added == pytest.approx([-40 * (0.4 * HELD + 1 - HELD), -16])


def test_a_contract_unlocks_from_the_period_of_its_signature_on():
    deal = {"buyer": "b", "supplier": "foundry", "signed": "2028-03-01", "unlocks": {"units": ["line"], "steps": 1}}
    found = rows(tree({"c": deal}, 3, units=LINE), "contract-unlocks")
    assert next(iter(found.values())).rhs.tolist() == [0, 1, 1]


def test_what_is_pinned_in_a_part_of_a_period_is_not_held_to_that_part():
    pins = {"activities": {"wafers:gd:fab-a": {"2027Q3": 30}}}
    late = ("dies.gd.fabs.fab-a.available", "2027-08-15")
    assert any(":part:" in row.id for row in lowered(late).groups)
    assert not any(":part:" in row.id for row in lowered(late, ("pins", pins)).groups)

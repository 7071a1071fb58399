"""Policies in the plan: the model's split is the rule's, also where capacity is a decision; what each row forbids."""

import numpy as np
import pytest
from allocation_cases import by, customers, foundry, instance, plan, used

from fabopt.analysis.allocation.study import study
from fabopt.domain.base import FieldProblem
from fabopt.network.lower import lower
from fabopt.solve.solution import Status

exactly = {"abs": 1e-9, "rel": 0.0}
THIRD = 1.0 / 3.0
GROWING = {"units": {"build": {"adds": {"wafers": 1}, "cost": 6, "total": 200, "whole": False}}}
STEPS = {"units": {"build": {"adds": {"wafers": 10}, "cost": 20, "total": 7}}}


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        ({"rule": "proportional", "customers": customers()}, (53 + THIRD, 33 + THIRD, 13 + THIRD)),
        ({"rule": "linear", "customers": customers()}, (63 + THIRD, 33 + THIRD, 3 + THIRD)),
        ({"rule": "uniform", "customers": customers()}, (40, 40, 20)),
        (
            {"rule": "priority", "customers": customers(rank=by(2, 1, 3), commitment=by(30, 10, 20))},
            (30, 50, 20),
        ),
        ({"rule": "turn-and-earn", "customers": customers(past=by(20, 60, 20))}, (30, 50, 20)),
        ({"rule": "alpha-fair", "customers": customers(weight=by(3, 2, 1))}, (50, 33 + THIRD, 16 + 2 * THIRD)),
    ],
)
def test_the_plan_splits_as_the_rule_does(policy, answer):
    """Every wafer earns money, so everybody takes what it has a right to."""
    for exact in (False, True):
        assert used(plan(foundry(), {**policy, "exact": exact})) == pytest.approx(list(answer), **exactly)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.2, 0.2, 0.6)])
def test_fixed_shares_hold_to_the_formula_where_capacity_grows_in_whole_steps(shares):
    """U = s K with K = 40 + 10 n; enough demand that all of every share is taken."""
    tree = foundry(capacity=40, **STEPS)
    for v in tree["network"]["demands"].values():
        v["quantity"] = 500
    claims = {v: {"share": share} for v, share in zip("abc", shares, strict=True)}
    found = plan(tree, {"rule": "shares", "customers": claims})
    built = found.orders[0, 0]
    assert built == 7.0
    assert used(found) == pytest.approx([share * 110.0 for share in shares], **exactly)


def test_orders_in_proportion_hold_to_the_formula_where_capacity_grows_in_whole_steps():
    found = plan(foundry(capacity=40, **STEPS), {"rule": "proportional", "customers": customers()})
    assert found.orders[0, 0] == 7.0
    assert used(found) == pytest.approx([110 * o / 150 for o in (80, 50, 20)], **exactly)


@pytest.mark.parametrize("exact", [True, False])
def test_capacity_is_built_as_worked_by_hand_under_the_proportional_rule(exact):
    """At 6 a wafer 150 are built for a profit of 320; without the rule 130 for 420: a price of the policy of 100."""
    tree = foundry(capacity=0, **GROWING)
    held = plan(tree, {"rule": "proportional", "exact": exact, "customers": customers()})
    assert (held.objective, held.orders[0, 0]) == pytest.approx((320.0, 150.0), abs=1e-9)
    free = plan(tree, {"rule": "proportional", "exact": exact, "customers": customers()}, mode="off")
    assert (free.objective, free.orders[0, 0]) == pytest.approx((420.0, 130.0), abs=1e-9)


@pytest.mark.parametrize("cost", [3.0, 6.0, 7.5, 9.0])
def test_the_exact_proportional_rule_is_the_best_of_all_capacities_by_brute_force(cost):
    """Profit of each K from 0 to 200 by the closed form against the model with one binary."""
    tree = foundry(capacity=30, units={"build": {"adds": {"wafers": 1}, "cost": cost, "total": 170, "whole": False}})
    orders, values = np.array([80.0, 50.0, 20.0]), np.array([10.0, 8.0, 1.0])
    best = max(values @ (orders * min(1.0, k / orders.sum())) - cost * (k - 30.0) for k in np.linspace(30, 200, 1701))
    found = plan(tree, {"rule": "proportional", "exact": True, "customers": customers()})
    assert found.objective == pytest.approx(best, abs=1e-8)


def test_an_obligation_takes_what_a_right_leaves():
    """c's wafers lose money here: as a right c takes none, as an obligation its 13 1/3."""
    tree = foundry()
    tree["network"]["activities"]["wafers-c"]["cost"] = 5
    policy = {"rule": "proportional", "customers": customers()}
    assert used(plan(tree, policy))[2] == 0.0
    assert used(plan(tree, {**policy, "exact": True}))[2] == pytest.approx(13 + THIRD, **exactly)


def test_what_an_order_leaves_of_an_entitlement_is_offered_again_on_the_same_shares():
    """Shares (0.2, 0.6, 0.2): b orders 50 of its 60, so 10 go to a and c; c is full at 20, so a gets all of it."""
    claims = customers(share=by(0.2, 0.6, 0.2))
    assert used(plan(foundry(), {"rule": "shares", "customers": claims})) == pytest.approx([30, 50, 20], **exactly)


def test_giving_back_without_a_bound_would_leave_no_policy():
    """U + e <= s (K + sum e) alone allows any split: with U = (80, 20, 0), s = (.5, .3, .2) and L = 160 it holds."""
    use, shares = np.array([80.0, 20.0, 0.0]), np.array([0.5, 0.3, 0.2])
    back = shares * (use / shares).max() - use
    assert np.all(back >= 0)
    assert np.all(use + back <= shares * (100.0 + back.sum()) + 1e-12)


def test_what_may_be_given_back_is_a_share_of_the_right():
    """a has a right to 50 and wants 80. b and c can give back rho x 30 and rho x 20, of which a gets half of what
    is left after those who give: with rho = 1 and all of it given back a gets 50 + (50 + e_a)/2 - e_a, e_a = 0."""
    claims = {v: {"share": share} for v, share in zip("abc", (0.5, 0.3, 0.2), strict=True)}
    taken = {}
    for rho in (0.0, 0.5, 1.0):
        taken[rho] = used(plan(foundry(), {"rule": "shares", "customers": claims, "returns": rho}))
    assert taken[0.0] == pytest.approx([50, 30, 20], **exactly)
    # A wafer of c earns 1 and one of a 10, b 8: c gives back rho x 20, a gets half, b 0.3 and c 0.2 of it again.
    assert taken[0.5] == pytest.approx([55, 33, 12], **exactly)
    assert taken[1.0] == pytest.approx([60, 36, 4], **exactly)


def test_a_floor_keeps_capacity_for_a_customer_whether_it_takes_it_or_not():
    """30 are kept for c, which wants 20: 70 go to a, 10 stay idle."""
    found = plan(foundry(), {"rule": "value", "customers": {"c": {"floor": 0.3}}})
    assert used(found) == pytest.approx([70, 0, 20], **exactly)


def test_a_cap_on_the_capacity_and_one_on_what_is_allocated():
    assert used(plan(foundry(), {"rule": "value", "cap": 0.5})) == pytest.approx([50, 50, 0], **exactly)
    found = plan(foundry(), {"rule": "value", "cap": 0.4, "cap_of": "allocated"})
    assert used(found) == pytest.approx([40, 40, 20], **exactly)


def test_a_least_number_of_customers_costs_what_was_worked_by_hand():
    found = plan(foundry(), {"rule": "value", "cap": 0.5, "least": {"customers": 3, "share": 0.1}})
    assert used(found) == pytest.approx([50, 40, 10], **exactly)
    assert found.objective == pytest.approx(830.0)


def test_customers_that_are_not_named_share_what_the_shares_leave():
    found = plan(foundry(), {"rule": "shares", "customers": {"a": {"share": 0.3}, "c": {"share": 0.1}}})
    assert used(found) == pytest.approx([30, 50, 10], **exactly)
    tight = foundry()
    tight["network"]["demands"]["b"]["quantity"] = 500
    found = plan(tight, {"rule": "shares", "customers": {"a": {"share": 0.3}, "c": {"share": 0.1}}})
    assert used(found)[1] == pytest.approx(60, **exactly)


def test_policies_combine_commitments_then_a_rule_under_the_cap_of_another():
    first = {"rule": "proportional", "customers": customers(commitment=by(0, 0, 20))}
    # 20 are promised to c; 80 in proportion to 80 and 50; the second policy holds a to 40.
    assert used(plan(foundry(), first)) == pytest.approx([80 * 80 / 130, 50 * 80 / 130, 20], **exactly)
    assert used(plan(foundry(), first, {"rule": "value", "cap": 0.4}))[0] == pytest.approx(40, **exactly)


def test_a_policy_over_the_whole_window_leaves_the_split_of_each_period_open():
    tree = foundry(periods=2)
    tree["network"]["demands"]["a"]["quantity"] = [100, 0]
    claims = {v: {"share": share} for v, share in zip("abc", (0.5, 0.3, 0.2), strict=True)}
    by_period = plan(tree, {"rule": "shares", "customers": claims})
    by_window = plan(tree, {"rule": "shares", "customers": claims, "by": "window"})
    assert by_period.levels[0].tolist() == pytest.approx([50, 0], **exactly)
    assert by_window.levels[0].tolist() == pytest.approx([100, 0], **exactly)


def test_a_policy_holds_only_between_its_dates():
    tree = foundry(periods=3)
    found = plan(tree, {"rule": "value", "cap": 0.5, "since": 2028, "until": 2028})
    assert found.levels[0].tolist() == pytest.approx([80, 50, 80], **exactly)


def test_turn_and_earn_follows_the_use_of_the_period_before():
    found = plan(foundry([100, 120], periods=2), {"rule": "turn-and-earn", "customers": customers(past=by(20, 60, 20))})
    assert found.levels[:3].T.tolist() == [pytest.approx([30, 50, 20], **exactly), pytest.approx([50] * 2 + [20])]


def test_two_stages_allot_what_is_there_and_split_what_is_built_in_the_same_proportion():
    """Uniform on 60: 20 each. With 10 more built, each may use a third of them."""
    tree = foundry(60, units={"build": {"adds": {"wafers": 10}, "cost": 1, "total": 1}})
    found = plan(tree, {"rule": "uniform", "customers": customers()}, mode="two-stage")
    assert used(found) == pytest.approx([20 + 10 / 3, 20 + 10 / 3, 20], **exactly)


def test_an_age_of_use_falls_into_the_period_in_which_capacity_is_used():
    """Wafers of a use the line one period after their start: what starts in the last period uses nothing."""
    tree = foundry(periods=3)
    tree["network"]["activities"]["wafers-a"]["uses"] = {"wafers": {"amount": 1, "lead": 1}}
    found = plan(tree, {"rule": "value", "cap": 0.5})
    assert found.levels[0].tolist() == pytest.approx([50, 50, 80], **exactly)


def test_rights_add_no_whole_numbers():
    for rule in ("shares", "proportional", "linear", "uniform"):
        net = lower(instance(foundry(), {"rule": rule, "customers": customers(share=by(0.5, 0.3, 0.2))}))
        assert net.units == ()
        assert {group.limit_kind for group in net.groups} == {"policy"}
        assert {group.tags.owner for group in net.groups} == {"foundry"}


def test_what_cannot_be_held_exactly_where_capacity_grows_is_refused_with_a_way_out():
    data = instance(foundry(**STEPS), {"rule": "uniform", "exact": True, "customers": customers()})
    with pytest.raises(FieldProblem, match="cannot be held exactly") as caught:
        lower(data)
    assert "leave 'exact' out" in caught.value.faults[0].hint


def test_a_least_share_of_capacity_without_end_is_refused():
    endless = foundry(units={"build": {"adds": {"wafers": 1}, "cost": 6, "whole": False}})
    with pytest.raises(FieldProblem, match="has none"):
        lower(instance(endless, {"rule": "value", "least": {"customers": 2, "share": 0.1}}))


def test_a_required_demand_that_a_policy_forbids_makes_the_plan_infeasible_and_names_the_policy():
    tree = foundry()
    tree["network"]["demands"]["a"]["required"] = True
    found = plan(tree, {"rule": "value", "cap": 0.5, "name": "Half for anybody"})
    assert found.status is Status.INFEASIBLE
    assert any("Half for anybody" in conflict.sentence or "a" in conflict.name for conflict in found.conflicts)


def test_the_clearing_price_is_that_of_what_the_plan_builds():
    """At 7 a wafer 130 are built for the bids of 12, 10 and 9, and any price from the next bid, 6, to 9 clears them."""
    tree = foundry(capacity=0, units={"build": {"adds": {"wafers": 1}, "cost": 7, "total": 200, "whole": False}})
    tree["network"]["demands"]["b"] = {"steps": [{"quantity": 30, "value": 12}, {"quantity": 20, "value": 6}]}
    tree["network"]["demands"]["c"]["value"] = 9
    bids = {"a": [(80, 10)], "b": [(30, 12), (20, 6)], "c": [(20, 9)]}
    claims = {v: {"bids": [{"quantity": q, "price": p} for q, p in of]} for v, of in bids.items()}
    found = study(instance(tree, {"rule": "market", "customers": claims}))
    (supply,) = found.supplies
    assert (supply.capacity, supply.planned) == pytest.approx((0.0, 130.0), abs=1e-9)
    assert (supply.price_low, supply.price_high) == (6.0, 9.0)
    assert found.value.low == pytest.approx(80 * 3 + 30 * 5 + 20 * 2, abs=1e-8)

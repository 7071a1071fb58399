"""A chain with constant data over periods of unequal length: it is the one by quarter, added up."""

from datetime import date

import numpy as np
import pytest
from chain_cases import edited, lowered

from fabopt.network.lower import lower_chain
from fabopt.network.lowering import orders
from fabopt.network.lowering.policy_scope import held_in
from fabopt.solve.run import solve

PARTS = ((0,), (1,), (2, 3), (4, 5, 6, 7))
"""The quarters that two quarters, a half-year and a year are made of."""
LENGTHS = np.array([1.0, 1.0, 2.0, 4.0])
COARSE = ["2 quarters", "1 half-year", "1 year"]
STEP = {"step": 4, "cost": 100, "lead": 4.5, "ramp": [0.5, 1], "max_steps": 3, "max_per_period": 1, "life": 10}
CHAIN = (
    ("horizon.period", None),
    ("horizon.discount_rate", 0.1),
    ("nodes.n3.cycle_time", 3.5),
    ("chips.gpu.running_rate", 20),
    ("chips.gpu.installation_lead", 1),
    ("chips.gpu.operating_cost", 100),
    ("packaging_lines.line.interposer_time", 0.5),
    ("packaging_lines.line.expansion", STEP),
    ("memory_makers.mem.expansion", STEP),
    ("fabs.fab-a.expansion", {**STEP, "space": 2}),
    ("scanners.euv.delivery_lead", 4),
    ("sites.site.energy_price", 60),
    ("labs.lab.fleet", {"site": {"gpu": 50}}),
)


@pytest.fixture(scope="module")
def nets():
    """The chain by quarter and over the longer periods."""
    return [lowered(*CHAIN, ("horizon.periods", periods)) for periods in (8, COARSE)]


def by_id(records):
    return {record.id: record for record in records}


def tables(net, records, key):
    """What starts of each activity do to a thing, [period of the start, period of the effect]."""
    found = {}
    for record in records:
        if not record.activity.startswith(("operate:", "run:")):  # of these so many are on at once
            table = found.setdefault((record.activity, getattr(record, key)), np.zeros((net.n_periods, net.n_periods)))
            for t in range(net.n_periods - record.age):
                table[t, t + record.age] += record.amount[t]
    return found


def test_starts_arrive_and_use_capacity_as_even_starts_in_the_quarters_do(nets):
    even = np.array([[1 / len(part) if q in part else 0.0 for q in range(8)] for part in PARTS])
    for records, key in (("flows", "material"), ("uses", "resource")):
        known, found = (tables(net, getattr(net, records), key) for net in nets)
        assert known.keys() == found.keys()
        for pair, table in known.items():
            assert found[pair] == pytest.approx(even @ table @ (even > 0.0).T), pair


def test_what_was_in_work_at_the_decision_date_arrives_and_uses_capacity_at_its_time(nets):
    fine, coarse = (by_id(net.materials) for net in nets)
    total = 0.0
    for key, material in fine.items():
        if material.receipts is not None:
            wanted = [material.receipts[list(part)].sum() for part in PARTS]
            assert coarse[key].receipts == pytest.approx(np.array(wanted)), key
            total += sum(wanted)
    assert total > 0.0


def test_rates_of_capacity_are_added_up_and_levels_stay(nets):
    fine, coarse = (by_id(net.resources) for net in nets)
    for key, resource in fine.items():
        added = [resource.base[list(part)].sum() for part in PARTS]
        there = [resource.base[list(part)].mean() for part in PARTS]
        assert coarse[key].base == pytest.approx(np.array(added if resource.kind == "rate" else there)), key


def test_a_step_adds_what_one_ordered_as_the_period_begins_adds_in_the_quarters(nets):
    kinds = {r.id: r.kind for r in nets[0].resources}
    for one, other in zip(nets[0].unit_effects, nets[1].unit_effects, strict=True):
        if one.resource.startswith("output:"):  # taken evenly over the period of the order, not as it begins
            continue
        by_quarter, by_period = one.by_order(8), other.by_order(4)
        for s in range(4):
            for t in range(s, 4):
                acts = [by_quarter[PARTS[s][0], q - PARTS[s][0]] for q in PARTS[t]]
                wanted = np.sum(acts) if kinds[one.resource] == "rate" else np.mean(acts)
                assert by_period[s, t - s] == pytest.approx(wanted), (one.unit, one.resource, s, t)


def test_as_many_steps_may_be_ordered_as_in_the_quarters_and_none_that_comes_too_late(nets):
    fine, coarse = (by_id(net.units) for net in nets)
    assert fine["expand:packaging:line"].upper.tolist() == [1, 1, 1, 1, 1, 1, 1, 0]
    # A lead of 4.5 months leaves 1.5 quarters: a year is long enough for an order as it begins.
    assert coarse["expand:packaging:line"].upper.tolist() == [1, 1, 2, 4]


def test_what_a_unit_is_worth_at_the_end_goes_by_its_age_then(nets):
    fine, coarse = (by_id(net.units) for net in nets)
    for key, unit in fine.items():
        if unit.terminal_value is not None:
            worth = [unit.terminal_value[part[0]] for part in PARTS]
            assert coarse[key].terminal_value == pytest.approx(np.array(worth)), key
    assert nets[1].end_discount == pytest.approx(nets[0].end_discount)


def test_assets_wear_cost_and_earn_by_the_length_of_the_period(nets):
    fine, coarse = nets
    asset = by_id(coarse.materials)["asset:gpu:site"]
    assert asset.kept(4) == pytest.approx(0.95**LENGTHS)
    back = next(
        f for f in coarse.flows if f.material == "asset:gpu:site" and f.activity.startswith("operate:") and f.age
    )
    assert (back.age, back.amount.tolist()) == (1, pytest.approx((0.95**LENGTHS).tolist()))
    running = [by_id(net.activities)["operate:gpu:site"].cost for net in nets]
    assert running[1] == pytest.approx(running[0][0] * LENGTHS)
    (demand,), (a_quarter,) = coarse.demands, fine.demands
    assert demand.quantity == pytest.approx(np.full(4, a_quarter.quantity[0]))
    assert demand.steps[0].value == pytest.approx(a_quarter.steps[0].value[0] * LENGTHS)


def test_a_fleet_to_which_nothing_is_added_earns_the_same_in_quarters_and_in_longer_periods():
    edits = [(path, value) for path, value in CHAIN if path not in ("horizon.discount_rate", "chips.gpu.running_rate")]
    still = [*edits, ("chips.gpu.available", "2040"), ("chips.gpu.survival", 1), ("horizon.terminal_share", 0)]
    plans = [solve(lowered(*still, ("horizon.periods", periods))) for periods in (8, COARSE)]
    assert plans[0].objective > 0.0
    assert plans[1].objective == pytest.approx(plans[0].objective)


def test_a_site_is_paid_for_evenly_over_its_lead_time_in_the_budget():
    site = {"lead": 12, "max_total": 100, "curve": {100: 1000}}
    net = lowered(*CHAIN, ("horizon.periods", COARSE), ("sites.site.expansion", site), ("labs.lab.budget", 1000))
    (budget,) = net.budgets
    paid = {t.shift: t.coefficient.tolist() for t in budget.terms if (t.kind, t.id) == ("unit", "build:site:1")}
    # 10 million a MW: of an order in the first quarter 1/4, 1/4, 1/2; in the second 1/4, 1/2, 1/4; then 1/2, 1/2.
    assert paid[0] == pytest.approx([2.5, 2.5, 5.0, 10.0])
    assert paid[1][1:] == pytest.approx([2.5, 5.0, 5.0])
    assert paid[2][2:] == pytest.approx([5.0, 2.5])
    assert budget.amount.tolist() == pytest.approx([1000.0, 1000.0])


def test_orders_that_follow_a_steady_demand_are_steady(monkeypatch):
    chain, net = lower_chain(edited(*CHAIN, ("horizon.periods", COARSE)))
    monkeypatch.setattr(orders, "_wanted", lambda chain: iter([("gpu", "lab", 3.0 * LENGTHS)]))
    starts = orders.demand_starts(chain, net)
    assert starts["deploy:gpu:site"][4:] == pytest.approx(3.0 * LENGTHS)
    assert starts["package:gpu:a:line"][4:] == pytest.approx(3.0 / 0.9 * LENGTHS)


def test_the_share_of_a_year_in_which_a_policy_holds_is_one_of_time():
    chain, _ = lower_chain(edited(*CHAIN, ("horizon.periods", COARSE)))
    assert held_in(chain, date(2027, 7, 1), None, ((0, 1, 2), (3,))).tolist() == [0.5, 1.0]

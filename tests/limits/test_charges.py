"""Charges and lanes: what they cost is worked out by hand, and stands in budgets, ledger and what parties spend."""

import numpy as np
import pytest
from chain_cases import edited
from test_measures import HOURS, Plan, yearly

from fabopt.analysis.bill import bill
from fabopt.domain.base import FieldProblem
from fabopt.domain.parties import parties
from fabopt.domain.rules import problems
from fabopt.network.checks import check
from fabopt.network.lower import lower
from fabopt.network.perspective import Decided, held, sales
from fabopt.solve.results.build import core_and_domain


def charged(**charge):
    return Plan(("charges", {"one": charge}), growing=False)


def discounts(plan):
    return np.array([period.discount for period in plan.net.periods])


@pytest.mark.parametrize(
    ("charge", "money"),
    [
        ({"of": "shipments", "per_unit": "500 USD/accelerator"}, lambda p: 0.5 * p.ships()),
        ({"of": "shipments", "share": "25 %", "where": {"origin": "west"}}, lambda p: 10 * p.ships()),
        ({"of": "power", "per_unit": "0.2 MUSD/MW/year"}, lambda p: 0.05 * 2.4 * p.runs()),
        ({"of": "energy", "per_unit": "20 USD/MWh"}, lambda p: 2.4 * HOURS * 20e-6 * p.runs()),
        ({"of": "compute", "per_unit": "0.1 USD/H100e/h"}, lambda p: 0.1 * HOURS * 1e-3 * 3 * p.runs()),
        (
            {"of": "emissions", "per_unit": 0.05},
            lambda p: 0.05 * (0.4 * 2.4 * HOURS / 1000 * p.runs() + 2 * p.wafers()),
        ),
        ({"of": "spending", "party": "lab", "share": "10 %"}, lambda p: 0.1 * p.spent()),
        ({"of": "cash", "party": "lab", "share": "10 %"}, lambda p: 0.1 * np.maximum(p.earned() - p.spent(), 0.0)),
    ],
)
def test_what_is_charged_is_the_rate_times_the_measure_and_a_cost_of_the_plan(charge, money):
    plan = charged(**charge)
    record, *others = [a for a in plan.net.activities if a.tags.role == "charge"]
    asked = money(plan)
    assert asked.max() > 1
    assert sum(plan.start(a.id) for a in (record, *others)) == pytest.approx(asked, rel=1e-6, abs=1e-6)
    costs = core_and_domain(plan.net, plan.plan)
    values = {spec.name: frame for spec, frame in costs.items()}
    mine = values["perspective"]
    assert values["charges"]["paid"].sum() == pytest.approx(asked.sum(), rel=1e-6)
    paid = mine[(mine["party"] == record.bearer) & (mine["kind"] == "activity_cost")]["amount"].sum()
    own = [a.id for a in plan.net.activities if (a.bearer or a.tags.owner or a.tags.customer) == record.bearer]
    at = {a.id: n for n, a in enumerate(plan.net.activities)}
    expected = sum(
        (plan.net.activities[at[key]].cost * plan.start(key)) @ discounts(plan)
        for key in own
        if plan.net.activities[at[key]].cost is not None
    )
    assert paid == pytest.approx(-expected, rel=1e-6)


def test_a_charge_is_in_the_budget_and_in_the_spending_of_who_pays():
    charge = ("charges", {"duty": {"of": "shipments", "share": "25 %"}})
    plan = Plan(charge, ("labs.lab.budget", "6000 MUSD/year"), growing=False)
    assert yearly(plan.spent() + 10 * plan.ships()).max() == pytest.approx(6000, rel=1e-6)
    limit = ("limits", {"one": {"of": "spending", "party": "lab", "by": "year", "at_most": "6000 MUSD/year"}})
    assert Plan(charge, limit, growing=False).plan.objective == pytest.approx(plan.plan.objective, rel=1e-9)


def test_a_charge_to_a_party_inside_is_a_payment_and_no_cost_of_the_chain():
    free = Plan(growing=False)
    plan = charged(of="packages", per_unit="20 USD/package", payee="mem")
    assert plan.plan.objective == pytest.approx(free.plan.objective, rel=1e-9)
    (payment,) = [p for p in plan.net.payments if p.kind == "charges"]
    assert (payment.payer, payment.payee) == ("green", "mem")
    # Who sees the chain as one party holds no charge at what it was: it follows from what is charged.
    view = held(plan.net, "lab", Decided.of_plan(plan.net, plan.plan.levels, plan.plan.orders))
    (record,) = [a for a in view.activities if a.tags.role == "charge"]
    assert (record.lower, record.upper) == (None, None)
    assert all(p.kind != "charges" for p in sales(plan.net, "mem"))
    assert plan.start("charge:one:green") == pytest.approx(0.02 * plan.start("package:gpu:a:line"), abs=1e-9)


def test_a_charge_on_deliveries_stands_in_the_bill_of_a_gigawatt():
    """240 MW take 100 thousand at 2.4 kW each: a quarter of 40,000 USD on each is 1,000 M USD."""
    duty = {"of": "shipments", "where": {"origin": "west", "destination": "west"}, "share": "25 %"}
    other = {"of": "shipments", "where": {"lab": "lab", "not": {"chip": "gpu"}}, "per_unit": 1}
    data = edited(("charges", {"duty": duty, "other": other}))
    rows = {row.item: row.quantity for row in bill(data, "gpu", 240.0).rows}
    assert rows["duty"] == pytest.approx(1000)
    assert "other" not in rows


def test_another_payer_pays_where_one_is_named():
    plan = charged(of="packages", per_unit="20 USD/package", payer="lab")
    (record,) = [a for a in plan.net.activities if a.tags.role == "charge"]
    assert record.bearer == "lab"


def test_a_charge_that_ends_inside_a_period_counts_for_its_part():
    plan = charged(of="shipments", per_unit="500 USD/accelerator", until="2028-02-14")
    ships = plan.ships()
    part = 45 / 91
    assert plan.start("charge:one:lab")[3:6] == pytest.approx([0.5 * ships[3], 0.5 * ships[4] * part, 0])


@pytest.mark.parametrize(
    ("charge", "field", "says"),
    [
        ({"of": "shipments", "per_unit": 1, "payee": "nobodi"}, "payee", "no party 'nobodi'"),
        ({"of": "shipments", "per_unit": "1 USD/wafer"}, "per_unit", "not priced in USD/wafer"),
        ({"of": "cash", "party": "lab", "share": 0.1, "payee": "mem"}, "payee", "outside the instance"),
        ({"of": "shipments", "party": "lab", "share": 0.1}, "party", "no money of a party"),
        ({"of": "shipments", "per_unit": 1, "payer": "lab", "payee": "lab"}, "payee", "pays itself"),
    ],
)
def test_a_charge_that_cannot_be_meant_is_a_fault_of_its_field(charge, field, says):
    (fault,) = problems(edited(("charges", {"one": charge})))
    assert fault.path == ("charges", "one", field)
    assert says in fault.message


def test_a_share_of_what_has_no_price_is_refused_and_a_charge_on_nothing_warned_of():
    with pytest.raises(FieldProblem) as caught:
        lower(edited(("charges", {"one": {"of": "power", "share": 0.1}})))
    assert caught.value.faults[0].path == ("charges", "one", "share")
    net = lower(edited(("charges", {"one": {"of": "stock", "where": {"kind": "site"}, "per_unit": 1}})))
    assert ["charges", "one"] in [list(f.entity) for f in check(net)]


# --- Lanes ------------------------------------------------------------------------------------------------------------


def lanes(**lane):
    lane = {"origins": "island", "destinations": "west", "goods": {"packages": "300 USD/package"}, "transit": 3} | lane
    return ("lanes", {"sea": lane})


def test_packages_that_cross_regions_come_a_quarter_later_and_cost_their_freight():
    free, plan = Plan(growing=False), Plan(lanes(), growing=False)
    assert free.ships()[3] == pytest.approx(135)
    assert plan.ships()[:4].max() == pytest.approx(0)
    carried = plan.start("carry:chip:gpu:in:island:west")
    tables = {spec.name: frame for spec, frame in core_and_domain(plan.net, plan.plan).items()}
    assert tables["charges"]["paid"].sum() == pytest.approx(0.3 * carried.sum())
    # What is carried is not made again.
    made = plan.start("package:gpu:a:line")[:-1].sum()
    assert tables["packages"]["kpackage"].sum() == pytest.approx(0.9 * made, rel=1e-6)
    assert tables["shipments"]["kaccelerator"].sum() == pytest.approx(plan.ships().sum(), rel=1e-6)
    assert carried[:-1] == pytest.approx(plan.ships()[1:], rel=1e-6)
    # The same plan a quarter later would cost 0.3 M USD a thousand packages more: freight is a cost of the chain.
    bare = Plan(lanes(goods={"packages": 0}), growing=False)
    cost = 0.3 * (plan.start("carry:chip:gpu:in:island:west") @ discounts(plan))
    least = 0.3 * (bare.start("carry:chip:gpu:in:island:west") @ discounts(bare))
    assert bare.plan.objective - least - 1e-6 <= plan.plan.objective <= bare.plan.objective - cost + 1e-6


def test_racks_that_cross_regions_come_later_and_cost_their_freight():
    maker = {
        "owner": "acme",
        "region": "island",
        "capacity": "50 krack/month",
        "price": "1000 USD/rack",
        "lead": "0 month",
    }
    racks = (
        "components",
        {"rack": {"name": "Rack", "unit": "rack", "per": "accelerator", "amount": 0.1, "sources": {"a": maker}}},
    )
    free, plan = (
        Plan(racks, growing=False),
        Plan(racks, lanes(goods={"racks": "500 USD/rack"}, transit=15), growing=False),
    )
    assert free.ships()[3] == pytest.approx(135)
    assert plan.ships()[:5] == pytest.approx(np.zeros(5), abs=1e-6)
    (key,) = [a.id for a in plan.net.activities if a.tags.role == "carriage" and a.id.endswith("island:west")]
    carried = plan.start(key)
    assert plan.ships()[5] > 100
    assert carried[:-5] == pytest.approx(0.1 * plan.ships()[5:], rel=1e-6, abs=1e-6)
    tables = {spec.name: frame for spec, frame in core_and_domain(plan.net, plan.plan).items()}
    assert tables["charges"]["paid"].sum() == pytest.approx(0.5 * carried.sum(), rel=1e-6)


def test_goods_that_no_lane_carries_are_there_at_once():
    free = Plan(growing=False)
    for lane in (lanes(origins="west", destinations="island"), lanes(goods={"stacks": 1, "dies": 1})):
        assert Plan(lane, growing=False).plan.objective == pytest.approx(free.plan.objective, rel=1e-9)


def test_dies_and_stacks_take_their_lanes_to_the_packaging_line():
    moved = ("packaging_lines.line.region", "west")
    free = Plan(moved, growing=False)
    plan = Plan(moved, lanes(goods={"dies": 0.1, "stacks": 1}), growing=False)
    first = [np.flatnonzero(p.start("package:gpu:a:line") > 1e-6)[0] for p in (free, plan)]
    assert first == [2, 3]
    assert plan.start("carry:hbm:h4:green:in:island:west").sum() > 0


def test_what_is_in_stock_or_in_work_is_where_it_is_needed():
    stock = ("chips.gpu.stock", 50)
    plan = Plan(stock, lanes(), growing=False)
    assert plan.ships()[0] == pytest.approx(50)


def test_a_carrier_inside_is_paid_and_rules_on_shipments_know_what_is_made():
    plan = Plan(lanes(carrier="mem"), growing=False)
    (payment,) = [p for p in plan.net.payments if p.kind == "freight"]
    assert (payment.payer, payment.payee) == ("green", "mem")
    rule = {"splits": {"packaging_lines": ["line"]}, "rule": "proportional", "orders": "demand"}
    ruled, free = (
        Plan(("policies", {"p": rule}), growing=False),
        Plan(lanes(), ("policies", {"p": rule}), growing=False),
    )
    assert free.ships().sum() > 0.6 * ruled.ships().sum() > 100


def test_a_carrier_that_owns_nothing_is_a_party_once_the_list_of_parties_names_it():
    plan = Plan(lanes(carrier="ferry"), ("parties", [*parties(edited()), "ferry"]), growing=False)
    (payment,) = [p for p in plan.net.payments if p.kind == "freight"]
    assert payment.payee == "ferry"


@pytest.mark.parametrize(
    ("lane", "path", "says"),
    [
        ({"origins": "iland"}, ("lanes", "sea", "origins", 0), "no region 'iland'"),
        ({"goods": {"packages": "1 USD/die"}}, ("lanes", "sea", "goods", "packages"), "not charged in USD/die"),
        ({"carrier": "ship"}, ("lanes", "sea", "carrier"), "no party 'ship'"),
    ],
)
def test_a_lane_to_nowhere_is_a_fault_of_its_field(lane, path, says):
    (fault,) = problems(edited(lanes(**lane)))
    assert fault.path == path
    assert says in fault.message


KEPT = {
    "curve": {10: 50}, "lead": 3, "life": 20, "max_total": 40, "upkeep": 4, "standing": 300, "retirement": {"cost": 3},
}  # fmt: skip


def test_upkeep_of_what_stands_is_spent_until_it_is_retired():
    """300 MW at 4 M USD a year: a limit on spending leaves what a budget leaves, and cash is what is earned less it."""
    keeps = ("sites.site.expansion", KEPT)
    limit = ("limits", {"one": {"of": "spending", "party": "lab", "by": "year", "at_most": "4000 MUSD/year"}})
    budget = ("labs.lab.budget", "4000 MUSD/year")
    told, limited = Plan(keeps, budget, growing=False), Plan(keeps, limit, growing=False)
    assert limited.plan.objective == pytest.approx(told.plan.objective, rel=1e-9)
    plan = Plan(keeps, ("charges", {"one": {"of": "cash", "party": "lab", "share": "10 %"}}), growing=False)
    retired, built = plan.plan.retired[[u.id for u in plan.net.units].index("build:site:1")], plan.order("build:site:1")
    kept = 300 - np.cumsum(retired) + np.concatenate([[0.0], np.cumsum(built)[:-1]])
    asked = 0.1 * np.maximum(plan.earned() - plan.spent() - kept - 5 * built - 3 * retired, 0.0)
    assert plan.start("charge:one:lab") == pytest.approx(asked, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("payer", [None, "mem"])
def test_a_charge_on_a_capacity_is_on_what_stands_too_and_lets_it_be_retired(payer):
    """A quarter of 300 MW at 20 M USD a MW is more than all compute of it earns."""
    charge = {"of": "capacity", "where": {"role": "power"}, "per_unit": 20, **({"payer": payer} if payer else {})}
    plan = Plan(("sites.site.expansion", KEPT), ("charges", {"one": charge}), growing=False)
    retired = plan.plan.retired[[u.id for u in plan.net.units].index("build:site:1")]
    assert np.cumsum(retired) == pytest.approx([300] * 12)
    assert plan.start(f"charge:one:{payer or 'lab'}") == pytest.approx([20 * 200] * 12)


def test_electricity_is_what_is_drawn_and_no_more():
    charge = ("charges", {"one": {"of": "energy", "per_unit": "20 USD/MWh"}})
    plan = Plan(charge, ("sites.site.load_factor", 0.6), growing=False)
    assert plan.runs().max() > 1
    assert plan.start("charge:one:lab") == pytest.approx(0.6 * 2.4 * HOURS * 20e-6 * plan.runs(), rel=1e-6)

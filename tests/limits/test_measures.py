"""Each measure of the chain, limited: worked out again from the starts of the plan, it meets its bound and not more."""

import numpy as np
import pytest
from chain_cases import edited

from fabopt.domain.base import FieldProblem
from fabopt.domain.measured import Where
from fabopt.domain.rules import problems
from fabopt.network.lower import lower, lower_chain
from fabopt.network.lowering.measured import Scope
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

HOURS = 8766 / 4
FACTORS = {"grid": {"of": "energy", "value": 0.4}, "fab": {"of": "wafer_starts", "where": {"kind": "die"}, "value": 2}}
GROWING = (
    ("fabs.fab-a.expansion", {"step": 5, "cost": 100, "lead": 3, "max_steps": 4, "space": 0}),
    ("sites.site.expansion", {"curve": {100: 200}, "lead": 3, "max_total": 800}),
)
FLEET = (("labs.lab.fleet", {"site": {"gpu": 10}}), ("factors", FACTORS))


class Plan:
    """A plan of the minimal chain by name: starts, orders and stocks [T]."""

    def __init__(self, *changes, growing=True):
        data = edited(*FLEET, *(GROWING if growing else ()), *changes)
        assert problems(data) == []
        self.net = lower(data)
        self.plan = solve(self.net, SolveOptions(gap=0.0))
        assert self.plan.status == "optimal"

    def start(self, key):
        return self.plan.levels[[a.id for a in self.net.activities].index(key)]

    def order(self, key):
        return self.plan.orders[[u.id for u in self.net.units].index(key)]

    def stock(self, key):
        return self.plan.stock[[m.id for m in self.net.materials].index(key)]

    def ships(self):
        return self.start("deploy:gpu:site")

    def runs(self):
        return self.start("operate:gpu:site")

    def wafers(self):
        return self.start("wafers:gd:fab-a")

    def spent(self):
        """What the lab pays: 40 for an accelerator, 10 for its system, and electricity at 70 USD/MWh."""
        return 50 * self.ships() + 2.4 * HOURS * 70e-6 * self.runs()

    def earned(self):
        (demand,) = self.net.demands
        (got,) = self.plan.delivered
        return sum(step.value * got[k] for k, step in enumerate(demand.steps))


def yearly(values):
    return values.reshape(-1, 4).sum(axis=1)


def with_before(values):
    """Orders that add a period later, added up."""
    return np.concatenate([[0.0], np.cumsum(values)[:-1]])


def later(values, periods):
    """What starts bring so many periods later."""
    return np.concatenate([np.zeros(periods), values[:-periods]])


CEILINGS = {
    "shipments": ({"at_most": "30 kaccelerator/month"}, lambda p: p.ships(), 90),
    "wafer_starts": ({"where": {"kind": "die"}, "at_most": "2 kwafer/month"}, lambda p: p.wafers(), 6),
    "packages": ({"at_most": 100}, lambda p: p.start("package:gpu:a:line"), 100),
    "activities": ({"where": {"role": "run"}, "at_most": 300}, lambda p: p.start("run:gpu:lab:train"), 300),
    "orders": ({"where": {"role": "site_project"}, "at_most": 50}, lambda p: p.order("build:site:1"), 50),
    "capacity_added": (
        {"where": {"role": "power"}, "by": "whole", "at_most": "200 MW"},
        lambda p: p.order("build:site:1").sum(),
        200,
    ),
    "capacity": (
        {"where": {"role": "power"}, "at_most": "620 MW"},
        lambda p: 500 + with_before(p.order("build:site:1")),
        620,
    ),
    "power": ({"where": {"site": "site"}, "at_most": "600 MW"}, lambda p: 2.4 * p.runs(), 600),
    "it_power": ({"each": "lab", "at_most": "600 MW"}, lambda p: 2 * p.runs(), 600),
    "energy": ({"by": "year", "at_most": "4000 GWh"}, lambda p: yearly(2.4 * HOURS / 1000 * p.runs()), 4000),
    "compute": ({"where": {"workload": "train"}, "at_most": 900}, lambda p: 3 * p.start("run:gpu:lab:train"), 900),
    "compute_shipped": ({"where": {"designer": "green"}, "at_most": "300 kH100e"}, lambda p: 3 * p.ships(), 300),
    "deliveries": ({"at_most": 900}, lambda p: p.plan.delivered[0].sum(axis=0), 900),
    "spending": ({"party": "lab", "by": "year", "at_most": "6000 MUSD/year"}, lambda p: yearly(p.spent()), 6000),
    "it_power_shipped": ({"where": {"designer": "green"}, "at_most": "150 MW"}, lambda p: 2 * p.ships(), 150),
    "power_shipped": ({"where": {"site": "site"}, "at_most": "150 MW"}, lambda p: 2.4 * p.ships(), 150),
    # A wafer of 200 good dies is 20 stacks of 36 GB, six months after its start.
    "hbm_stacks": (
        {"where": {"owner": "mem", "designer": "green"}, "at_most": "600 kstack"},
        lambda p: 20 * later(p.start("hbm:h4:green:mem"), 2),
        600,
    ),
    "hbm_bits": (
        {"where": {"item": "h4"}, "at_most": "0.15 Eb"},
        lambda p: 20 * 36 * 8e-6 * later(p.start("hbm:h4:green:mem"), 2),
        0.15,
    ),
    "interposer_wafers": (
        {"where": {"chip": "gpu"}, "at_most": "2 kwafer/month"},
        lambda p: p.start("interposer:gpu:a:line") / 10,
        6,
    ),
    "installed": ({"where": {"lab": "lab"}, "at_most": 250}, lambda p: p.stock("asset:gpu:site") + p.runs(), 250),
    "compute_installed": ({"at_most": 750}, lambda p: 3 * (p.stock("asset:gpu:site") + p.runs()), 750),
    "it_power_installed": ({"at_most": 500}, lambda p: 2 * (p.stock("asset:gpu:site") + p.runs()), 500),
    "power_installed": ({"at_most": 600}, lambda p: 2.4 * (p.stock("asset:gpu:site") + p.runs()), 600),
    "emissions": (
        {"by": "year", "at_most": 2000},
        lambda p: yearly(0.4 * 2.4 * HOURS / 1000 * p.runs() + 2 * p.wafers()),
        2000,
    ),
}
"""Limit, the measure worked out again, and its bound."""


@pytest.mark.parametrize("of", CEILINGS)
def test_a_ceiling_holds_and_binds(of):
    limit, found, bound = CEILINGS[of]
    plan = Plan(("limits", {"one": {"of": of, **limit}}), growing=of != "spending")
    values = np.atleast_1d(found(plan))
    assert values.max() == pytest.approx(bound, rel=1e-6)


@pytest.mark.parametrize("of", CEILINGS)
def test_a_price_that_is_high_is_as_good_as_firm_and_one_of_nothing_as_no_limit(of):
    limit, _, _ = CEILINGS[of]
    growing = of != "spending"
    firm, dear, free, none = (
        Plan(*changes, growing=growing).plan.objective
        for changes in (
            (("limits", {"one": {"of": of, **limit}}),),
            (("limits", {"one": {"of": of, **limit, "price": 1e6}}),),
            (("limits", {"one": {"of": of, **limit, "price": 0}}),),
            (),
        )
    )
    assert dear == pytest.approx(firm, rel=1e-7)
    assert free == pytest.approx(none, rel=1e-7)
    assert firm < none


BOOK = {"euv": {"opening": 4, "utilisation": 0.8, "order_book": {"2027Q2": 1}}}
"""Four tools stand, one comes in the second quarter and prints a quarter later."""


def test_tools_are_delivered_by_order_and_book_and_what_the_maker_reserves_counts_where_all_of_it_is_meant():
    few = ("fabs.fab-a.scanners", BOOK), ("scanners.euv.reserved", 2), ("fabs.fab-a.free_space", 20)
    limit = {"of": "tools_delivered", "by": "year", "at_least": 3, "since": "2028", "until": "2028"}
    for where, ordered in (({"owner": "foundry"}, 3), ({"item": "euv"}, 1)):
        plan = Plan(*few, ("limits", {"one": {**limit, "where": where}}), growing=False)
        assert later(plan.order("scanner:euv:fab-a"), 4)[4:8].sum() == pytest.approx(ordered)
    assert book_of("tools_delivered", few, {"owner": "foundry"}).tolist() == [0, 1] + [0] * 10
    assert book_of("tools_delivered", few, {"owner": "maker"}).tolist() == [0.5] * 12


def test_tools_that_print_are_those_that_stand_and_are_qualified():
    few = ("fabs.fab-a.scanners", BOOK), ("fabs.fab-a.free_space", 20)
    assert book_of("tools_standing", few, {}).tolist() == [4, 4] + [5] * 10
    limit = {"of": "tools_standing", "at_least": 7, "since": "2029"}
    plan = Plan(*few, ("limits", {"one": limit}), growing=False)
    assert 5 + later(plan.order("scanner:euv:fab-a"), 5).sum() == pytest.approx(7)


def book_of(of, changes, where):
    """What a measure is whatever is decided."""
    data = edited(*changes)
    chain, net = lower_chain(data, "chain")
    return Scope(chain, net).measure(of, [Where.model_validate(where)]).constant


def test_growth_of_hbm_and_interposers_begins_with_what_was_running():
    """Nine good packages a month are ten started: 240 stacks and 3 wafers of interposers a quarter."""
    running = ("chips.gpu.running_rate", 9)
    chain, net = lower_chain(edited(running, *FLEET), "chain")
    scope = Scope(chain, net)
    stacks, wafers, power = (
        scope.measure(of, [Where()]) for of in ("hbm_stacks", "interposer_wafers", "it_power_installed")
    )
    assert stacks.opening == pytest.approx(240)
    assert stacks.constant[:3] == pytest.approx([240, 240, 0])  # six months of work in progress
    assert (wafers.opening, power.opening) == pytest.approx((3, 20))


@pytest.mark.parametrize("section", ["limits", "charges", "factors"])
def test_a_price_is_no_limit_and_bears_no_charge(section):
    given = {"limits": {"at_most": 2}, "charges": {"share": 0.1}, "factors": {"value": 1}}[section]
    faults = problems(edited((section, {"one": {"of": "marginal_worth", **given}})))
    assert (section, "one", "of") in [fault.path for fault in faults]


def test_a_level_by_year_is_its_mean_and_what_is_missed_of_it_costs_a_year():
    limit = {"of": "power", "by": "year", "at_most": "600 MW"}
    plan = Plan(("limits", {"one": limit}))
    assert yearly(2.4 * plan.runs()).max() / 4 == pytest.approx(600, rel=1e-6)
    soft = Plan(("limits", {"one": {**limit, "price": "2 USD/MWh"}}))
    (missed,) = [a for a in soft.net.activities if a.tags.role == "shortfall"]
    last = [t % 4 == 3 for t in range(12)]
    assert missed.upper.tolist() == [np.inf if end else 0 for end in last]
    assert missed.cost == pytest.approx(np.where(last, 2 * 8766e-6, 0.0))
    asked = yearly(2.4 * soft.runs()) / 4 - 600
    assert asked.max() > 1
    assert soft.start(missed.id)[3::4] == pytest.approx(np.maximum(asked, 0), abs=1e-5)


def test_a_share_of_a_level_that_is_missed_costs_by_the_time_it_is_missed():
    """Quarters, then half-years: what is missed is counted for periods as long as the first."""
    long = ("horizon", {"start": "2027Q1", "periods": ["2 quarters", "1 half-year"]})
    limit = {"of": "compute", "share_of": {}, "at_most": 0.5, "price": "0.001 USD/H100e/h"}
    plan = Plan(long, ("limits", {"one": limit}), growing=False)
    (missed,) = [a for a in plan.net.activities if a.tags.role == "shortfall"]
    assert missed.cost == pytest.approx([0.001 * HOURS * 1e-3] * 3)
    compute = 3 * plan.runs() * [1, 1, 2]
    assert plan.start(missed.id) == pytest.approx(0.5 * compute, rel=1e-6)


@pytest.mark.parametrize(
    ("limit", "field", "says"),
    [
        ({"of": "activities", "at_most": 3}, ("where",), "counted in"),
        ({"of": "activities", "where": {"role": "run"}, "at_most": "3 kwafer"}, ("at_most",), "not in kwafer"),
        ({"of": "shipments", "at_most": "3 kwafer/month"}, ("at_most",), "counted in kaccelerator, not in kwafer"),
        (
            {"of": "shipments", "change": {"up_by": "3 MW", "start": 1}},
            ("change", "up_by"),
            "counted in kaccelerator, not in MW",
        ),
    ],
)
def test_amounts_in_another_unit_than_what_is_counted_are_refused(limit, field, says):
    with pytest.raises(FieldProblem) as caught:
        lower(edited(("limits", {"one": limit})))
    (fault,) = caught.value.faults
    assert fault.path == ("limits", "one", *field)
    assert says in fault.message


def test_a_figure_of_a_capacity_is_no_amount():
    figure = {"of": "capacity", "where": {"role": "wafer_starts"}, "since": "2027", "until": "2027"}
    (observed,) = lower(edited(("outcomes", {"one": figure | {"figure": "60 kwafer/month"}}))).outcomes
    assert observed.constant == pytest.approx(60)
    with pytest.raises(FieldProblem) as caught:
        lower(edited(("outcomes", {"one": figure | {"figure": "60 kwafer"}})))
    (fault,) = caught.value.faults
    assert fault.path == ("outcomes", "one", "figure")


def test_a_floor_of_stock_is_held():
    limit = {"of": "stock", "where": {"role": "package"}, "at_least": "20 kpackage", "since": "2028Q1"}
    plan = Plan(("limits", {"one": limit}))
    assert plan.stock("chip:gpu")[4:].min() == pytest.approx(20)


def test_a_lab_that_may_lose_nothing_in_a_quarter_buys_no_more_than_its_compute_earns():
    def quarters(*changes):
        plan = Plan(*changes, growing=False)
        return (plan.earned() - plan.spent()).min()

    assert quarters() < -400
    assert quarters(("limits", {"one": {"of": "cash", "party": "lab", "at_least": 0}})) == pytest.approx(0, abs=1e-4)


def test_what_suppliers_earn_is_what_they_are_paid_less_what_it_costs_them():
    """The foundry has 20 for a wafer and 10 for one of interposers (10 packages), and pays 50 % and 60 % of it."""
    limit = {"of": "cash", "party": "foundry", "at_most": 200, "by": "year"}
    plan = Plan(("fabs.fab-a.scanners.euv.buys", False), ("limits", {"one": limit}), growing=False)
    earned = 0.5 * 20 * plan.wafers() + 0.4 * 10 * plan.start("interposer:gpu:a:line") / 10
    assert yearly(earned).max() == pytest.approx(200, rel=1e-6)


def test_growth_of_a_capacity_begins_with_what_stands():
    """500 MW, and at most a tenth more a quarter."""
    limit = {"of": "capacity", "where": {"role": "power"}, "change": {"up": "10 %", "from_opening": True}}
    plan = Plan(("limits", {"one": limit}))
    there = 500 + with_before(plan.order("build:site:1"))
    assert (there[1:] / there[:-1]).max() == pytest.approx(1.1, rel=1e-6)
    assert there[0] == 500


def test_growth_of_packages_begins_with_the_running_rate():
    limit = {"of": "packages", "each": "chip", "change": {"up": "20 %", "from_opening": True}}
    plan = Plan(("chips.gpu.running_rate", 9), ("limits", {"one": limit}))
    made = plan.start("package:gpu:a:line")
    (group,) = [g for g in plan.net.groups if g.family == "stated_change"]
    assert group.rhs[0] == pytest.approx(1.2 * 30)  # 9 good packages a month are 10 started
    assert (made[1:] / np.maximum(made[:-1], 1e-9))[made[:-1] > 1].max() == pytest.approx(1.2, rel=1e-6)


def test_rates_and_amounts_mean_the_same_over_unequal_periods():
    """Two quarters more are one half-year: the ceiling by month, and so much a quarter, are twice as wide in it."""
    long = ("horizon", {"start": "2027Q1", "periods": ["8 quarters", "2 half-years"]})
    for ceiling in ("30 kaccelerator/month", 90):
        plan = Plan(long, ("limits", {"one": {"of": "shipments", "at_most": ceiling}}))
        ships = plan.ships()
        assert ships[:8].max() == pytest.approx(90, rel=1e-6)
        assert ships[8:].max() <= 180 * (1 + 1e-9)
        net = plan.net
        (group,) = [g for g in net.groups if g.family == "stated_ceiling"]
        assert group.rhs.tolist() == [90] * 8 + [180] * 2

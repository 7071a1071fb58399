"""How a capacity grows, on workshops whose best plan is known by hand or by trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from chain_cases import edited, lowered
from expansion_cases import YEARS, workshop

from fabopt.domain.base import FieldProblem
from fabopt.domain.expansion import LineExpansion, SiteExpansion
from fabopt.domain.rules import problems
from fabopt.network.lengths import Lengths
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import make_periods
from fabopt.network.tables import UnitEffect
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

CURVE = {100: 1000, 300: 2400, 500: 3200}


def cheapest(amount: float, least: float = 0.0) -> float:
    """What so much costs in projects of 0 to 500, by the curve, the best of all ways to split it over some of them."""
    sizes = sorted({0, *CURVE})
    costs = [0, *(CURVE[size] for size in sizes[1:])]
    best = np.inf
    for projects in range(1, 13):
        # At the best of a concave cost all projects but one have a size at which the curve bends, or the least.
        for others in product({*CURVE, max(least, 100)}, repeat=min(projects - 1, 3)):
            last = amount - sum(others)
            if least <= last <= 500 and last >= 0:
                best = min(best, sum(np.interp(size, sizes, costs) for size in (*others, last)))
    return float(best)


@pytest.mark.parametrize("amount", [40, 100, 260, 500, 740, 1000, 1360])
def test_a_capacity_is_built_in_as_many_projects_at_once_as_are_cheapest(amount):
    # It is worth far more than it costs, and is wanted in the first year already.
    record = SiteExpansion(curve=CURVE, lead=0, max_total=5000, life=4)
    solved = solve(workshop(record, wanted=amount, earns=1000.0))
    assert solved.objective == pytest.approx(4 * amount * 1000 - cheapest(amount))


def test_no_project_is_smaller_than_the_least():
    # 40 wanted, and a project has at least 60: 60 are built at 10 each.
    record = SiteExpansion(curve=CURVE, least=60, lead=0, max_total=5000, life=4)
    assert solve(workshop(record, wanted=40, earns=1000.0)).objective == pytest.approx(4 * 40 * 1000 - 600)
    # Two of 60 would hold 110 at 10 each; one of 110 costs 1000 + 10 x 7.
    assert solve(workshop(record, wanted=110, earns=1000.0)).objective == pytest.approx(4 * 110 * 1000 - 1070)


def test_a_curve_has_no_units_for_projects_below_the_least_size():
    record = SiteExpansion(curve=CURVE, least=150, lead=0, max_total=5000)
    assert [unit.id for unit in workshop(record, wanted=1).units] == ["grow:2", "grow:3"]


def test_orders_of_a_period_that_no_number_of_projects_makes_cannot_be_pinned():
    raw = {
        "units": {"press": {"min_order": 3, "max_order": 4, "whole": False, "upper": 20}},
        "activities": {"make": {"cost": 1}},
    }
    for amount, sound in ((4, True), (5, False), (6, True), (8, True)):
        data = edited(("network", raw), ("pins", {"units": {"press": {"2027Q1": amount}}}))
        if sound:
            assert lower(data).units
        else:
            with pytest.raises(FieldProblem, match="each of several orders has 3 to 4"):
                lower(data)


@pytest.mark.parametrize(("amount", "orders"), [(0, 0), (3, 1), (4, 1), (4.5, 2), (9, 3)])
def test_what_was_ordered_counts_as_the_fewest_orders_that_it_takes(amount, orders):
    press = {"max_order": 4, "fixed_cost": 1, "whole": False, "upper": 20}
    # At most one order in both of two periods, and more were placed in the first: it stays at that.
    raw = {
        "units": {"press": press},
        "groups": {"few": {"limit": 1, "terms": [{"placed": "press"}], "window": "horizon"}},
    }
    pins = {"units": {"press": {"2027Q1": amount}}, "done_until": "2027Q2"}
    net = lower(edited(("horizon.periods", 2), ("network", raw), ("pins", pins)))
    (few,) = [group for group in net.groups if group.id == "few"]
    assert few.rhs.max() == max(1, orders)


def test_the_choice_of_a_size_forbids_no_other_in_the_same_year():
    # The largest projects, 500 at 6.4 each, as many as there is room for, all in the first year.
    record = SiteExpansion(curve=CURVE, lead=0, max_total=4000, life=4)
    solved = solve(workshop(record, wanted=9000, earns=1000.0))
    assert solved.objective == pytest.approx(4 * 4000 * 1000 - 8 * 3200)
    assert solved.placed.sum() == 8


# -- vintages, upkeep, retirement --------------------------------------------------------------------------------------

UNEQUAL = ["2 half-years", "3 years"]


@pytest.mark.parametrize(("whole", "worth"), [(True, 4 * 3 - 8), (False, 4 * 3 - 0.3 * 8)])
def test_a_part_of_a_step_is_ordered_at_its_part_of_the_cost_only_where_steps_need_not_be_whole(whole, worth):
    # Three are wanted for 1 a year over four years, and a step of ten costs 8.
    record = LineExpansion(step=10, cost=8, lead=0, life=4, max_steps=2)
    solved = solve(workshop(record, wanted=3, changes={"horizon.steps_whole": whole}))
    assert solved.objective == pytest.approx(worth)


def test_parts_of_steps_keep_to_the_steps_of_a_period_and_of_the_whole_time():
    # Of 25 wanted a year one step may come a year, and two in all: 10, then 20 in three years. A quarter of the life
    # of the second is left at the end.
    record = LineExpansion(step=10, cost=8, lead=0, life=4, max_steps=2, max_per_period=1)
    solved = solve(workshop(record, wanted=25, changes={"horizon.steps_whole": False}))
    assert solved.objective == pytest.approx(10 + 3 * 20 - 16 + 8 / 4)


DISCOUNT = 0.1


@pytest.mark.parametrize("periods", ["4 years", UNEQUAL])
@pytest.mark.parametrize(("lead", "life"), [(0, 1), (0, 1.5), (6, 1.25), (12, 2), (12, 2.5), (0, 9)])
@pytest.mark.parametrize("upkeep", [0, 1.5])
def test_a_unit_works_and_costs_from_its_lead_time_to_the_end_of_its_life(periods, lead, life, upkeep):
    # All numbers of orders in all periods are tried: a step of 10 costs 4, and 16 are wanted for 1 a year.
    record = LineExpansion(step=10, cost=4, lead=lead, life=life, upkeep=upkeep, max_steps=5)
    edges = np.array([0, 1, 2, 3, 4]) if periods == "4 years" else np.array([0, 0.5, 1, 2, 3, 4])
    long, starts = np.diff(edges), edges[:-1] + lead / 12
    changes = {"horizon.periods": periods, "horizon.discount_rate": DISCOUNT}
    wanted, discount = 16 * long, (1 + DISCOUNT) ** -(edges[:-1] + long / 2)
    over = np.minimum(starts[:, None] + life, edges[1:]) - np.maximum(starts[:, None], edges[:-1])
    stands = np.maximum(over, 0) / long
    force = np.log1p(DISCOUNT) * lead / 12
    cost = discount * (4 * ((1 - np.exp(-force)) / force if force else 1.0)) + stands @ (upkeep * long * discount)
    left = np.clip(1 - np.maximum(edges[-1] - starts, 0) / life, 0, 1)
    worth = (1 + DISCOUNT) ** -4.0 * 4 * left
    may = [1 if start < edges[-1] else 0 for start in starts]
    most = np.ceil(long / long[0] - 1e-9)
    plans = product(*(range(int(m * k) + 1) for m, k in zip(may, most, strict=True)))
    best = max(
        float(np.minimum(16 * long, 10 * long * (plan @ stands)) @ discount + plan @ (worth - cost))
        for plan in map(np.array, plans)
        if plan.sum() <= 5
    )
    # The line is a rate by the month, so that a long period has more of it: 12 of it for one that is wanted.
    net = workshop(record, wanted=wanted, kind="rate", changes=changes)
    net = replace(net, uses=tuple(replace(use, amount=use.amount * 12) for use in net.uses))
    assert solve(net).objective == pytest.approx(best, abs=1e-6)


HAS = {"step": 10, "cost": 5, "lead": 0, "life": 4, "max_steps": 2}


@pytest.mark.parametrize(("cost", "value"), [(2, 12), (5.5, 8.5), (7, 8)])
def test_what_stands_is_retired_where_that_saves_more_upkeep_than_it_costs(cost, value):
    # 10 stand at 3 a year and are wanted for two years, at 10 a year: 20 - 6 - cost, or 20 - 12 where they stay.
    record = LineExpansion(**HAS, standing=10, upkeep=3, retirement={"cost": cost})
    assert solve(workshop(record, wanted=[10, 10, 0, 0], base=10)).objective == pytest.approx(value)


def test_least_cost_counts_the_upkeep_of_what_stands():
    # Nothing is required: what stands at 3 a year is retired at once, for 2; where that costs 20, it is kept for 12.
    for cost, least in ((2, 2), (20, 12)):
        record = LineExpansion(**HAS, standing=10, upkeep=3, retirement={"cost": cost})
        net = workshop(record, wanted=[10, 10, 0, 0], base=10)
        assert solve(net, SolveOptions(objective="least_cost")).objective == pytest.approx(least)


def test_a_retirement_is_paid_over_its_months():
    record = LineExpansion(**HAS, standing=10, upkeep=3, retirement={"cost": 4, "over": 24})
    changes = {"horizon.discount_rate": DISCOUNT}
    net = workshop(record, wanted=[10, 10, 0, 0], base=10, changes=changes)
    d = (1 + DISCOUNT) ** -(np.arange(4) + 0.5)
    paid = 4 * (1 - (1 + DISCOUNT) ** -2.0) / (2 * np.log1p(DISCOUNT))
    assert solve(net).objective == pytest.approx(7 * d[:2].sum() - paid * d[2])


def test_where_it_can_be_retired_a_unit_is_taken_down_at_the_end_of_its_life():
    # Ordered at 5, it works for two years; taking it down costs 1.
    record = LineExpansion(**{**HAS, "life": 2, "max_steps": 1}, retirement={"cost": 1})
    assert solve(workshop(record, wanted=[10, 10, 0, 0])).objective == pytest.approx(20 - 5 - 1)
    # Wanted for a year alone, at an upkeep of 3 it is taken down a year early.
    record = LineExpansion(**{**HAS, "life": 2, "max_steps": 1}, retirement={"cost": 1}, upkeep=3)
    assert solve(workshop(record, wanted=[10, 0, 0, 0])).objective == pytest.approx(10 - 5 - 3 - 1)


@pytest.mark.parametrize(("for_good", "value"), [(False, 20 - 6 - 1 + 0.75), (True, 20 - 12)])
def test_what_is_closed_for_good_is_never_built_again(for_good, value):
    # Wanted in the first and last of four years: taken down for nothing between, and built again at 1; or kept at 3.
    record = LineExpansion(**{**HAS, "cost": 1}, standing=10, upkeep=3, retirement={"for_good": for_good})
    assert solve(workshop(record, wanted=[10, 0, 0, 10], base=10)).objective == pytest.approx(value)


def test_the_end_of_life_counts_from_the_first_output():
    # Open a year after its order, it works in the second and third year and is taken down in the fourth.
    record = LineExpansion(**{**HAS, "lead": 12, "life": 2, "max_steps": 1}, retirement={"cost": 1})
    assert solve(workshop(record, wanted=[0, 10, 10, 0])).objective == pytest.approx(20 - 5 - 1)


def test_a_life_that_is_shorter_than_the_ramp_ends_at_what_was_reached():
    lengths = Lengths.of(make_periods(edited(*YEARS.items()))[1])
    first, profile = lengths.lasting(1.0, np.array([0.25, 0.5, 0.75, 1.0]), 1.5)
    found = UnitEffect("u", "r", first, profile).by_order(4)
    assert found[0].tolist() == pytest.approx([0, 0.25, 0.25, 0])
    # Ordered in the third year, it has begun in the fourth.
    assert found[2].tolist()[:2] == pytest.approx([0, 0.25])


def test_scanners_and_their_places_end_with_their_life():
    net = lowered(("scanners.euv.delivery_lead", 3), ("scanners.euv.qualification_lead", 3), ("scanners.euv.life", 1))
    effects = {e.resource: e.by_order(12)[0] for e in net.unit_effects if e.unit == "scanner:euv:fab-a"}
    does = effects["exposures:euv:fab-a"]
    assert (does / does.max()).tolist() == pytest.approx([0, 0, 1, 1, 1] + [0] * 7)
    assert effects["space:fab-a"].tolist() == pytest.approx([0, -1, -1, -1, -1] + [0] * 7)


def test_a_lab_pays_upkeep_as_it_falls_due_and_no_more_for_what_is_retired():
    expansion = {
        "curve": {10: 50}, "lead": 3, "life": 20, "max_total": 40, "upkeep": 4, "standing": 100,
        "retirement": {"cost": 3},
    }  # fmt: skip
    net = lowered(
        ("horizon.periods", 3), ("horizon.discount_rate", 0.1), ("sites.site.expansion", expansion),
        ("labs.lab.budget", 1000),
    )  # fmt: skip
    (budget,) = net.budgets
    terms = {(t.kind, t.shift): t.coefficient for t in budget.terms if t.id == "build:site:1"}
    # A MW costs 5 in its one quarter of lead and then 1 a quarter; one that is retired costs 3 and saves 1 a quarter.
    assert terms["unit", 0].tolist() == pytest.approx([5, 5, 5])
    assert terms["unit", 1].tolist() == pytest.approx([0, 1, 1])
    assert terms["retire", 0].tolist() == pytest.approx([2, 2, 2])
    assert terms["retire", 1].tolist() == pytest.approx([-1, -1, -1])
    # Of 1000 a year the 100 MW that stand take 400.
    assert budget.amount.tolist() == pytest.approx([750 - 300])


def test_the_room_of_a_project_is_free_again_at_the_end_of_its_life():
    # There is room for 10, which last a year: four times 10 earned less 5.
    record = SiteExpansion(curve={10: 5}, lead=0, life=1, max_total=10)
    assert solve(workshop(record, wanted=10)).objective == pytest.approx(4 * (10 - 5))


# -- growth, conversion, needs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("periods", "growth", "most", "caps"),
    [
        ("4 years", 0.5, 900, (15, 22, 33, 49)),  # x 1.5 a year, in whole steps
        ("6 half-years", 0.5, 900, (15, 15, 22, 22, 33, 33)),  # over what stood two half-years before
        (UNEQUAL, 0.5, 900, (15, 15, 22, 33, 49)),
        # One a quarter, two in a half-year, but at most 13 then; in the year 1.3 x (11 / 4 + 12 / 4 + 13 / 2) = 15.9.
        (["2 quarters", "1 half-year", "1 year"], 0.3, 1, (11, 12, 13, 15)),
    ],
)
def test_a_capacity_grows_by_no_more_than_its_share_of_what_stood_a_year_before(periods, growth, most, caps):
    record = LineExpansion(step=1, cost=0, lead=0, life=50, max_steps=900, max_per_period=most, growth=growth)
    net = workshop(record, wanted=100, base=10, changes={"horizon.periods": periods})
    assert solve(net).objective == pytest.approx(sum(caps))


def test_the_growth_of_a_rate_is_of_what_it_is_a_month():
    # 15, 15, 22, 33 and 49 a month in half-years and years.
    months = np.array([6, 6, 12, 12, 12])
    record = LineExpansion(step=1, cost=0, lead=0, life=50, max_steps=900, max_per_period=900, growth=0.5)
    changes = {"horizon.periods": UNEQUAL}
    net = workshop(record, wanted=9999, base=10 * months, kind="rate", changes=changes)
    assert solve(net).objective == pytest.approx(months @ np.array([15, 15, 22, 33, 49]))


@pytest.mark.parametrize("wanted", [(0, 0, 40, 40), (5, 0, 0, 25), (20, 5, 5, 20)])
@pytest.mark.parametrize("upkeep", [1.5, 4.0])
def test_what_is_retired_is_no_ground_to_grow_on(wanted, upkeep):
    # Steps of 5 that cost nothing but upkeep, two of which stand; every number of orders and retirements is tried.
    record = LineExpansion(
        step=5, cost=0, lead=0, life=50, max_steps=9, max_per_period=2, standing=10, upkeep=upkeep, retirement={},
        growth=0.5,
    )  # fmt: skip
    best = -np.inf
    for plan in product(range(3), repeat=8):
        ordered, retired = np.cumsum(plan[:4]), np.cumsum(plan[4:])
        steps = 2 + ordered - retired
        before = np.array([2, *steps[:-1]])
        if (steps >= 0).all() and (steps <= 1.5 * before).all():
            best = max(best, float(np.minimum(wanted, 5 * steps).sum() - upkeep * steps.sum()))
    assert solve(workshop(record, wanted=list(wanted), base=10)).objective == pytest.approx(best)


def test_what_is_firm_may_grow_faster_and_leaves_no_room_for_more():
    record = LineExpansion(step=1, cost=0, lead=0, life=50, max_steps=900, max_per_period=900, growth=0.5)
    net = workshop(record, wanted=100, base=[10, 40, 40, 40])
    # 5 more in the first year, and of them 1.5 x 5 in the second; then 1.5 x 47 and 1.5 x 70.
    assert solve(net).objective == pytest.approx(15 + 47 + 70 + 100)


@pytest.mark.parametrize(("loss", "value"), [(0.5, 0.6 * 5 + 3 * 8 - 1), (1.0, 4 * 10 * 0.6)])
def test_capacity_that_is_turned_is_lost_in_part_meanwhile_and_gone_afterwards(loss, value):
    # 10 earn 0.6 each a year. Turned in a year, at 1, they leave 5 or nothing meanwhile and then 8 that earn 1 each.
    record = LineExpansion(step=10, cost=1, lead=12, life=3, max_steps=1)
    turned = {"turned": "old", "loss": loss, "keeps": 0.8}
    net = workshop(record, wanted=10, old={"wanted": 10, "earns": 0.6, "base": 10}, growing=turned)
    assert solve(net).objective == pytest.approx(value)


PARTS = {
    "components.transformer": {
        "name": "Transformer", "used": "opening",
        "sources": {
            "one": {
                "owner": "siemens", "region": "west", "capacity": "0.0005 kpiece/month", "price": 1e6,
                "gross_margin": 0.5, "lead": 0,
            }
        },
    }
}  # fmt: skip


@pytest.mark.parametrize(("used", "built"), [("order", 2), ("opening", 4)])
def test_what_is_built_takes_its_components_when_they_are_used(used, built):
    # 6 transformers a year at a cost of 0.5 each, 3 a step. With the order: two steps of the first year are open in the
    # second. At the opening: what was made in the first two years makes four.
    changes = PARTS | {"components.transformer.used": used, "components.transformer.storable": True}
    record = LineExpansion(step=10, cost=0, lead=12, life=50, max_steps=4, max_per_period=9, needs={"transformer": 3})
    solved = solve(workshop(record, wanted=[0, 100, 0, 0], earns=1000.0, changes=changes))
    assert solved.orders[:, 0].sum() == built
    assert sum(d.sum() for d in solved.delivered) == pytest.approx(10 * built)


LINE_B = {
    "packaging_lines.other": {
        "name": "Other", "owner": "foundry", "region": "island", "technologies": ["m"], "capacity": 0,
        "wafer_price": 1, "interposer_time": 0, "assembly_time": 0,
    }
}  # fmt: skip
TURN = {"to": "other", "step": 2, "cost": 10, "lead": 6, "loss": 0.25, "keeps": 0.5, "max_steps": 1}


def test_a_line_is_turned_to_what_another_makes():
    net = lower(edited(*LINE_B.items(), ("packaging_lines.line.conversions", {"turn": TURN})))
    (unit,) = [u for u in net.units if u.id == "convert:packaging:line:turn"]
    assert unit.tags.field == "packaging_lines.line.conversions.turn"
    by_resource = {}
    for effect in net.unit_effects:
        if effect.unit == unit.id:
            by_resource[effect.resource] = by_resource.get(effect.resource, 0.0) + effect.by_order(12)[0]
    # Three months a quarter: 2 x 0.25 x 3 leave at once, all 6 after two quarters, and 3 come.
    assert by_resource["packaging:line"].tolist() == pytest.approx([-1.5, -1.5] + [-6.0] * 10)
    assert by_resource["packaging:other"].tolist() == pytest.approx([0, 0] + [3.0] * 10)


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({**TURN, "to": "line"}, "packaging_lines.line.conversions.turn.to", "none of the other packaging lines"),
        ({**TURN, "to": "othr"}, "packaging_lines.line.conversions.turn.to", "none of the other packaging lines"),
        ({**TURN, "needs": {"x": 1}}, "packaging_lines.line.conversions.turn.needs.x", "no component 'x'"),
        ({**TURN, "standing": 1}, "packaging_lines.line.conversions.turn.standing", "neither upkeep nor retirement"),
        ({**TURN, "standing": 3, "upkeep": 1}, "packaging_lines.line.conversions.turn.standing", "1.5 steps of 2"),
        ({**TURN, "curve": {1: 1}}, "packaging_lines.line.conversions.turn.step", "has no 'step'"),
    ],
)
def test_an_expansion_that_does_not_fit_together_is_refused_at_its_field(change, path, says):
    found = problems(edited(*LINE_B.items(), ("packaging_lines.line.conversions", {"turn": change})))
    assert any(".".join(map(str, fault.path)) == path and says in fault.message for fault in found), found


def test_without_a_number_of_steps_only_what_a_period_may_start_limits_them():
    record = LineExpansion(step="1 kwafer/month", cost=1, lead=0, max_per_period=2, life=20)
    net = workshop(record, wanted=5.0, earns=100.0)
    assert net.units[0].total == np.inf
    # Two steps a year until the five that are wanted stand.
    assert solve(net).orders.tolist() == [[2, 2, 1, 0]]


def test_projects_that_only_growth_limits_add_as_much_as_stood_a_year_before():
    record = SiteExpansion(curve={10: 10}, lead=0, life=20, growth=1.0)
    solved = solve(workshop(record, wanted=100.0, earns=100.0, base=10.0))
    # 10 stand, and each year as much again may be added: 20, 40, 80, then 100 are wanted.
    assert solved.levels.ravel().tolist() == pytest.approx([20, 40, 80, 100])
    assert not any(resource.id.startswith("ground") for resource in workshop(record, wanted=1.0).resources)


def test_projects_need_a_total_or_a_growth():
    assert [fault.message for fault in SiteExpansion(curve={10: 10}, lead=0).faults()] == [
        "an expansion by projects on a cost curve needs 'max_total'"
    ]


def test_the_capacity_of_an_owner_grows_over_all_its_fabs_together_and_what_is_firm_may_grow_faster():
    step = {"step": 10, "cost": 0, "space": 0, "lead": 0, "max_per_period": 5}
    fab = {"name": "B", "owner": "mem", "region": "island", "nodes": ["d1"], "wafer_starts": 50, "expansion": step}
    firm = {"linear": {"2027-01-01": 50, "2027-03-31": 50, "2027-04-01": 200}, "unit": "kwafer/month"}
    limit = {
        "of": "capacity",
        "where": {"kind": "fab", "owner": "mem"},
        "change": {"up": 0.2, "per": "quarter", "from_opening": True},
    }
    data = edited(("fabs.dram-b", fab), ("fabs.dram-a.wafer_starts", firm), ("limits", {"one": limit}))
    net = lower(data)
    rows = next(group for group in net.groups if group.family == "stated_change")
    # 100 stand: 20 % of it may be added at first; then 250 are firm, more than 20 % up, and nothing beside that.
    assert rows.rhs[:3].tolist() == pytest.approx([20, 0, 50], abs=0.2)
    (unit,) = [term for term in rows.terms if term.id == "expand:dram-b" and term.shift == 0]
    assert unit.coefficient[:3].tolist() == pytest.approx([10, 10, 10])


def test_projects_of_two_sources_have_each_a_room_of_their_own():
    source = {"region": "west", "capacity": 0, "price": 1, "lead": 0}
    grows = {"curve": {10: 10}, "lead": 0}
    parts = {
        name: {"name": name, "per": "accelerator", "amount": 0, "sources": {"m": {"owner": name} | source}}
        for name in ("bolt", "nut")
    }
    parts["bolt"]["sources"]["m"]["expansion"] = grows | {"max_total": 5}
    parts["nut"]["sources"]["m"]["expansion"] = grows | {"max_total": 7}
    net = lower(edited(("components", parts)))
    rooms = {r.tags.owner: float(r.base[0]) for r in net.resources if r.tags.role == "ground"}
    assert rooms == {"bolt": 5, "nut": 7}


@pytest.mark.parametrize(("over", "orders"), [("period", [0] * 8), ("year", [1, 0, 0, 0, 1, 0, 0, 0])])
def test_a_whole_step_that_is_the_growth_of_a_year_comes_at_once_where_a_change_is_over_a_year(over, orders):
    # 100 stand and may grow by 20 % a year: 120 from the first quarter on, then 140 a year later (at most 144).
    step = {"step": 20, "cost": 0, "space": 0, "lead": 0, "max_per_period": 1}
    fab = {"name": "B", "owner": "other", "region": "island", "nodes": ["d1"], "wafer_starts": 100, "expansion": step}
    change = {"up": 0.2, "per": "year", "over": over, "from_opening": True}
    limit = {"of": "capacity", "where": {"kind": "fab", "owner": "other"}, "change": change}
    data = edited(("fabs.dram-b", fab), ("limits", {"one": limit}), ("horizon.periods", 8))
    net = lower(data)
    n = next(n for n, unit in enumerate(net.units) if unit.id == "expand:dram-b")
    # As many steps as there may be, as soon as they may be.
    gain = replace(net.units[n], cost=-np.arange(8.0, 0.0, -1.0), terminal_value=None)
    found = solve(replace(net, units=(*net.units[:n], gain, *net.units[n + 1 :])), SolveOptions(gap=0.0))
    assert found.orders[n].tolist() == orders


def test_capacity_that_is_turned_from_one_fab_to_another_is_no_growth_of_their_owner():
    way = {"to": "dram-b", "step": 10, "cost": 0, "lead": 0, "max_steps": 2, "keeps": 0.8}
    fab = {"name": "B", "owner": "mem", "region": "island", "nodes": ["d1"], "wafer_starts": 50}
    change = {"up": 0, "per": "year", "over": "year", "from_opening": True}
    limit = {"of": "capacity", "where": {"kind": "fab", "owner": "mem"}, "change": change}
    net = lower(edited(("fabs.dram-b", fab), ("fabs.dram-a.conversions", {"way": way}), ("limits", {"one": limit})))
    (rows,) = [group for group in net.groups if group.family == "stated_change"]
    # Ten are gone here and eight come there: two less in all.
    (turned,) = [term for term in rows.terms if term.id.startswith("convert") and term.shift == 0]
    assert turned.coefficient.tolist() == pytest.approx([-2.0] * len(turned.coefficient))

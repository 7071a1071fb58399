"""The domain lowered to the process network, against arithmetic done by hand for the chain in `chain_cases`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from chain_cases import amounts, edited, lowered
from scipy.integrate import quad

from fabopt.network.lower import lower
from fabopt.network.lowering.demand import step_prices
from fabopt.network.lowering.expansion import cost_segments
from fabopt.network.tables import Network


def resource(net: Network, name: str) -> np.ndarray:
    return next(r.base for r in net.resources if r.id == name)


def test_effective_passes_are_set_so_that_fleet_and_wafer_starts_agree():
    # 10 kwafer/month x 20 exposures = 200 kexposure = 80 % of what 4 tools can do: 62.5 each a month, 750 a quarter.
    net = lowered()
    assert resource(net, "exposures:euv:fab-a") == pytest.approx(np.full(12, 750.0))


def test_firm_deliveries_add_exposures_after_qualification_and_leave_less_output_to_decide():
    # 8 tools a year are 2 a quarter; the tool booked for 2027Q3 exposes product wafers from 2027Q4 on.
    net = lowered(("fabs.fab-a.scanners.euv.order_book", {"2027Q3": 1}))
    assert resource(net, "output:euv").tolist() == [2, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    assert resource(net, "exposures:euv:fab-a")[:5] == pytest.approx([750, 750, 750, 937.5, 937.5])


def test_an_ordered_scanner_takes_output_and_place_at_delivery_and_exposes_after_qualification():
    net = lowered()
    effects = {e.resource: e for e in net.unit_effects if e.unit == "scanner:euv:fab-a"}
    assert (effects["output:euv"].first_age, effects["output:euv"].profile.tolist()) == (4, [-1.0])
    assert not effects["output:euv"].persistent
    assert (effects["space:fab-a"].first_age, effects["space:fab-a"].profile.tolist()) == (4, [-1.0])
    assert effects["exposures:euv:fab-a"].first_age == 5
    assert effects["exposures:euv:fab-a"].profile == pytest.approx([187.5])  # 62.5 a month
    unit = next(u for u in net.units if u.id == "scanner:euv:fab-a")
    assert unit.upper is not None
    assert np.flatnonzero(unit.upper).tolist() == list(range(7))  # later orders expose nothing inside the horizon


def test_scanners_are_whole_per_owner_and_year_or_per_fab_and_period_or_never():
    (group,) = lowered().whole_groups
    assert group.windows == ((0, 1, 2, 3), (4, 5, 6, 7))
    by_fab = lowered(("horizon.scanners_whole", "fab-period"))
    assert not by_fab.whole_groups
    assert next(u for u in by_fab.units if u.id == "scanner:euv:fab-a").whole
    never = lowered(("horizon.scanners_whole", "never"))
    assert not never.whole_groups
    assert not next(u for u in never.units if u.id == "scanner:euv:fab-a").whole


def test_a_thousand_wafers_use_starts_at_once_exposures_over_the_cycle_and_give_good_dies_at_its_end():
    net = lowered()
    assert amounts(net, "wafers:gd:fab-a", "starts:fab-a") == {0: 1.0}
    # A cycle of one quarter that starts evenly over a quarter: half of the exposures fall in the next one.
    assert amounts(net, "wafers:gd:fab-a", "exposures:euv:fab-a") == pytest.approx({0: 10.0, 1: 10.0})
    assert amounts(net, "wafers:gd:fab-a", "die:gd") == pytest.approx({1: 30.0})  # 60 gross x 50 %
    wafers = next(a for a in net.activities if a.id == "wafers:gd:fab-a")
    assert wafers.cost == pytest.approx(np.full(12, 10.0))  # 20,000 USD x (1 - 50 %) x 1,000 wafers


def test_yield_follows_the_calendar_of_the_finished_wafer():
    net = lowered(
        ("dies.gd.fixed_yield", None),
        ("nodes.n3.yield_model", "poisson"),
        ("nodes.n3.defect_density", {"steps": {"2027Q1": 0.2, "2027Q3": 0.1}}),
    )
    (flow,) = [f for f in net.flows if f.material == "die:gd" and f.activity.startswith("wafers")]
    # Starts of 2027Q1 finish in 2027Q2 at 0.2 defects/cm2, those of 2027Q2 in 2027Q3 at 0.1; the die has 8 cm2.
    assert flow.amount[:2] == pytest.approx([60 * math.exp(-1.6), 60 * math.exp(-0.8)], rel=1e-12)


def test_dram_wafers_become_stacks_through_good_dies_and_stack_yield():
    net = lowered()
    activity = "hbm:h4:green:mem"
    assert amounts(net, activity, "hbm:h4:green") == pytest.approx({2: 20.0})  # 250 dies x 80 % / 10, after 6 months
    assert amounts(net, activity, "starts:dram-a") == {0: 1.0}
    assert amounts(net, activity, "stacking:mem") == {1: 1.0}
    hbm = next(a for a in net.activities if a.id == activity)
    assert hbm.cost == pytest.approx(np.full(12, 20 * 0.5 * 0.4))  # 20 kstack x 500 USD x (1 - 60 %)


def test_a_failed_package_loses_all_its_parts():
    net = lowered()
    activity = "package:gpu:a:line"
    assert amounts(net, activity, "interposer:gpu:a:line") == {0: -1.0}
    assert amounts(net, activity, "die:gd") == {0: -2.0}
    assert amounts(net, activity, "hbm:h4:green") == {0: -8.0}
    assert amounts(net, activity, "chip:gpu") == pytest.approx({1: 0.9})


def test_good_interposers_take_the_lines_wafers_and_wait_for_bonding_as_a_material():
    net = lowered(("packaging_lines.line.interposer_time", 1.5), ("packaging_lines.line.interposer_yield", 0.8))
    activity = "interposer:gpu:a:line"
    assert amounts(net, activity, "packaging:line") == pytest.approx({0: 0.125})  # 1 / (10 a wafer x 80 %)
    # A month and a half is half a quarter: half of them are there in the period of the start.
    assert amounts(net, activity, activity) == pytest.approx({0: 0.5, 1: 0.5})
    assert next(m for m in net.materials if m.id == activity).storable
    assert amounts(net, "package:gpu:a:line", "chip:gpu") == pytest.approx({1: 0.9})


def test_depreciation_is_left_out_of_the_cost_of_wafers_stacks_and_packaging():
    changes = [("nodes.n3.depreciation", 0.2), ("hbm.h4.depreciation", 0.1), ("packaging_lines.line.depreciation", 0.3)]
    cost = {a.id: a.cost for a in lowered(*changes).activities if a.cost is not None}
    assert cost["wafers:gd:fab-a"][0] == pytest.approx(20 * (1 - 0.5 - 0.2))
    assert cost["hbm:h4:green:mem"][0] == pytest.approx(20 * 0.5 * (1 - 0.6 - 0.1))
    assert cost["interposer:gpu:a:line"][0] == pytest.approx(0.1 * 10 * (1 - 0.4 - 0.3))


def test_a_running_asset_returns_its_survival_draws_facility_power_and_gives_one_running_accelerator():
    net = lowered()
    operate = "operate:gpu:site"
    assert amounts(net, operate, "asset:gpu:site") == pytest.approx({0: -1.0, 1: 0.95})
    assert amounts(net, operate, "power:site") == pytest.approx({0: 2.4})  # 2 kW x PUE 1.2
    assert amounts(net, "run:gpu:lab:train", "compute:train:lab") == {0: 3.0}
    cost = next(a for a in net.activities if a.id == operate).cost
    assert cost is not None
    assert cost[0] == pytest.approx(2.4 * 8766 / 4 * 70 / 1000 / 1000)  # kW x h x USD/MWh


def test_terminal_worth_of_an_asset_is_its_share_of_replacement_cost():
    # Package: (2 dies x 10/30 + 8 stacks x 0.2 + 1/10 wafer x 6 M USD) / 0.9 yield; system 10 M USD per thousand.
    package = (2 * 10 / 30 + 8 * 0.2 + 0.6) / 0.9
    asset = next(m for m in lowered(("horizon.terminal_share", 0.3)).materials if m.id == "asset:gpu:site")
    assert asset.terminal_value == pytest.approx(0.3 * (package + 10))


def test_work_in_progress_arrives_and_uses_capacity_as_if_the_chain_had_run_before():
    # 9 k packages a quarter come out: 10 started a quarter before, with dies and stacks started one and two before.
    net = lowered(("chips.gpu.running_rate", 3))
    receipts = {m.id: m.receipts for m in net.materials if m.receipts is not None}
    assert receipts["chip:gpu"][:2] == pytest.approx([9.0, 0.0])
    assert receipts["die:gd"][:2] == pytest.approx([20.0, 0.0])
    assert receipts["hbm:h4:green"][:3] == pytest.approx([80.0, 80.0, 0.0])
    # 20 k dies at 30 a wafer are 2/3 kwafer whose second half of exposures is still to come.
    assert resource(net, "exposures:euv:fab-a")[:2] == pytest.approx([750 - 20 / 30 * 10, 750])
    assert resource(net, "stacking:mem")[:2] == pytest.approx([60 - 80 / 20, 60])


def test_a_respin_delays_the_first_shipment_by_its_expectation():
    net = lowered(("chips.gpu.available", "2028Q1"), ("chips.gpu.respin", {"probability": 0.5, "delay": 6}))
    upper = next(a for a in net.activities if a.id == "package:gpu:a:line").upper
    assert upper is not None
    # Half of six months is a quarter: shipments from 2028Q2 (period 5), starts one period before.
    assert np.flatnonzero(upper).tolist() == list(range(4, 12))


def test_an_export_rule_bars_deliveries_into_the_region_while_it_holds():
    rule = {"origin": "west", "destination": "west", "chips": ["gpu"], "since": "2027Q3", "until": "2027Q4"}
    upper = next(a for a in lowered(("barred_flows", [rule])).activities if a.id == "deploy:gpu:site").upper
    assert upper is not None
    assert np.flatnonzero(upper == 0.0).tolist() == [0, 2, 3]  # and no package exists before period 1


def test_export_rules_also_bar_fabs_from_designers():
    rule = {"origin": "island", "destination": "west"}
    upper = next(a for a in lowered(("barred_flows", [rule])).activities if a.id == "wafers:gd:fab-a").upper
    assert upper is not None
    assert not upper.any()


def test_a_qualification_to_decide_opens_the_activity_and_occupies_wafer_starts_while_it_lasts():
    net = lowered(
        ("memory_makers.mem.qualified", {}),
        ("memory_makers.mem.qualifying", {"green": {"h4": {"lead": 6, "cost": 30, "wafers": 1}}}),
    )
    effects = {e.resource: e for e in net.unit_effects if e.unit == "qualify:mem:h4:green"}
    opened = effects["qualified:mem:h4:green"]
    assert (opened.first_age, opened.profile.tolist()) == (2, [60.0])
    assert (effects["starts:dram-a"].profile.tolist(), effects["starts:dram-a"].persistent) == ([-3.0, -3.0], False)
    assert amounts(net, "hbm:h4:green:mem", "qualified:mem:h4:green") == {0: 1.0}


def test_bins_split_good_dies_and_a_better_bin_may_be_downgraded():
    net = lowered(
        ("dies.gd.bins", {"top": 0.4, "rest": 0.6}),
        ("chips.gpu.boms.a.dies", {"rest": 2}),
    )
    assert amounts(net, "wafers:gd:fab-a", "die:top") == pytest.approx({1: 12.0})
    assert amounts(net, "wafers:gd:fab-a", "die:rest") == pytest.approx({1: 18.0})
    assert amounts(net, "downgrade:top:rest", "die:rest") == {0: 1.0}


def test_a_better_chip_may_be_sold_as_a_lesser_one():
    lesser = {
        "name": "Lesser",
        "designer": "green",
        "price": 1,
        "it_power": 1,
        "performance": {"train": 1},
    }
    net = lowered(("chips.small", lesser), ("chips.gpu.sells_as", ["small"]))
    assert amounts(net, "sell-as:gpu:small", "chip:small") == {0: 1.0}
    assert any(a.id == "deploy:small:site" for a in net.activities)


def test_a_wafer_scale_part_uses_neither_stacks_nor_a_packaging_line():
    net = lowered(("chips.gpu.boms.a", {"dies": {"gd": 1}}))
    touched = {f.material for f in net.flows if f.activity == "package:gpu:a:direct"}
    assert touched == {"die:gd", "chip:gpu"}
    assert not [u for u in net.uses if u.activity == "package:gpu:a:direct"]


def test_cost_of_power_between_the_points_of_the_curve_is_the_lower_envelope_of_its_lines():
    points = [(100.0, 1200.0), (500.0, 5000.0), (1000.0, 9000.0)]
    lines = cost_segments(points)
    for size, cost in [(50, 600), (100, 1200), (300, 3100), (500, 5000), (750, 7000), (1000, 9000)]:
        assert min(fixed + slope * size for fixed, slope, _, _ in lines) == pytest.approx(cost)


@pytest.mark.parametrize("elasticity", [0.7, 1.0, 1.8])
def test_step_prices_are_the_mean_of_the_capped_curve(elasticity):
    breaks, cap = [0.1, 0.5, 1.0, 1.5, 2.0], 4.0
    prices = step_prices(breaks, elasticity, cap)
    ends = [0.0, *breaks]
    kink = cap**-elasticity
    for k, price in enumerate(prices):
        area, _ = quad(
            lambda q: min(cap, q ** (-1 / elasticity)) if q > 0 else cap, ends[k], ends[k + 1], points=[kink]
        )
        assert price == pytest.approx(area / (ends[k + 1] - ends[k]), rel=1e-9)
    assert all(np.diff(prices) <= 0)


def test_demand_is_worth_price_times_the_hours_of_the_period():
    (demand,) = lowered().demands
    # Step 3 runs from 0.75 to 1 of Q0 = 1,000 kH100e: mean of 2 USD / q over it is 2 ln(4/3) / 0.25.
    price = 2 * math.log(4 / 3) / 0.25
    assert demand.steps[2].width == pytest.approx(np.full(12, 250.0))
    assert demand.steps[2].value == pytest.approx(np.full(12, price * 8766 / 4 / 1000))


def test_a_market_holds_its_floor_and_pays_for_more():
    market = {"name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": 6, "floor": 0.5, "price": 20000}
    net = lowered(("markets", {"phones": market}))
    floor, more = (d for d in net.demands if d.id.endswith("phones"))
    assert floor.required
    assert floor.quantity == pytest.approx(np.full(12, 9.0))
    assert [s.width[0] for s in more.steps] == pytest.approx([9.0])
    assert [s.value[0] for s in more.steps] == pytest.approx([20.0])
    # Before the decision date it had the starts it wanted, and their last exposures are still to come.
    assert resource(net, "exposures:euv:fab-a")[0] == pytest.approx(750 - 18 * 10)


def test_a_budget_counts_price_system_and_power_per_calendar_year():
    net = lowered(("labs.lab.budget", 4000))
    (budget,) = net.budgets
    assert budget.windows == ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11))
    assert budget.amount == pytest.approx([4000, 4000, 4000])
    deploy = next(t for t in budget.terms if t.id == "deploy:gpu:site")
    assert deploy.coefficient == pytest.approx(np.full(12, 50.0))


def test_synchronised_training_is_held_to_the_sites_share_of_it_power():
    net = lowered(("workloads.train.synchronised", True), ("sites.site.synchronised_share", 0.6))
    (group,) = net.groups
    assert {t.id: t.coefficient[0] for t in group.terms} == pytest.approx(
        {"run:gpu:lab:train": 2.0, "operate:gpu:site": -1.2}
    )


def test_pinned_orders_and_levels_are_held():
    instance = edited(
        (
            "pins",
            {
                "units": {"scanner:euv:fab-a": {"2027Q1": 1}},
                "activities": {"wafers:gd:fab-a": {"2027Q2": 3}},
            },
        )
    )
    net = lower(instance)
    unit = next(u for u in net.units if u.id == "scanner:euv:fab-a")
    assert unit.pinned is not None
    assert unit.pinned[0] == 1.0
    assert np.isnan(unit.pinned[1:]).all()
    wafers = next(a for a in net.activities if a.id == "wafers:gd:fab-a")
    assert wafers.lower is not None
    assert wafers.upper is not None
    assert (wafers.lower[1], wafers.upper[1]) == (3.0, 3.0)


def test_lowering_the_same_instance_twice_gives_the_same_network():
    first, second = lowered(("chips.gpu.running_rate", 3)), lowered(("chips.gpu.running_rate", 3))
    assert [f.activity for f in first.flows] == [f.activity for f in second.flows]
    for a, b in zip(first.resources, second.resources, strict=True):
        assert np.array_equal(a.base, b.base)


def test_a_market_with_patience_waits_and_pays_for_waiting():
    market = {
        "name": "Phones",
        "fabs": {"fab-a": "n3"},
        "quantity": 6,
        "floor": 0,
        "price": 20000,
        "patience": 6,
        "waiting_cost": "100 USD/wafer/month",
    }
    more = next(d for d in lowered(("markets", {"phones": market})).demands if d.id == "more:phones")
    assert more.expiry == 2
    assert more.backlog_cost == pytest.approx(0.3)  # 100 USD x 3 months x 1,000 wafers


def test_the_standing_value_is_what_the_opening_fleet_earns_within_its_power():
    # One period: 200 thousand accelerators would draw 480 MW, the site has 228, so 95 thousand run: 95 k x 3 = 285
    # kH100e on the first step, worth 4 USD an hour (elasticity 1: the cap of 2 x P0 holds up to half of Q0).
    net = lowered(
        ("horizon.periods", 1),
        ("demand_curve.price_cap", 2),
        ("labs.lab.fleet", {"site": {"gpu": 200}}),
        ("sites.site.power", 228),
        ("sites.site.energy_price", 0),
    )
    assert net.standing_value == pytest.approx(95 * 3 * 4 * 8766 / 4 / 1000)


def test_work_in_progress_at_the_end_is_worth_what_making_it_again_would_cost():
    worth = {m.id: m.terminal_value for m in lowered().materials}
    assert worth["die:gd"] == pytest.approx(10 / 30)  # a thousand wafers cost 10 M USD and give 30 thousand dies
    assert worth["hbm:h4:green"] == pytest.approx(0.2)
    assert worth["chip:gpu"] == pytest.approx((2 * 10 / 30 + 8 * 0.2 + 0.6) / 0.9)


def test_a_site_order_is_paid_in_equal_parts_over_its_lead_time():
    net = lowered(
        ("labs.lab.budget", 4000),
        ("sites.site.expansion", {"curve": {100: 1200, 500: 5000}, "lead": 7.5, "max_total": 1000}),
    )
    (budget,) = net.budgets
    # 1,200 M USD per 100 MW on the first line; 250 + 9.5 a MW on the second; 7.5 months fall on three quarters.
    first = [t for t in budget.terms if t.kind == "unit" and t.id == "build:site:1"]
    assert [(t.shift, t.coefficient[0]) for t in first] == [(0, 4.0), (1, 4.0), (2, 4.0)]
    fixed = [t for t in budget.terms if t.kind == "placed"]
    assert {t.id for t in fixed} == {"build:site:2"}
    assert sum(t.coefficient[0] for t in fixed) == pytest.approx(250)


def test_a_part_without_a_packaging_line_is_held_to_its_own_assembly_and_test():
    net = lowered(("chips.gpu.boms.a", {"dies": {"gd": 1}}), ("chips.gpu.assembly_capacity", 2))
    assert resource(net, "assembly:gpu") == pytest.approx(np.full(12, 6.0))
    assert amounts(net, "package:gpu:a:direct", "assembly:gpu") == {0: 1.0}


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e3])
def test_the_standing_value_of_a_tiny_fleet_is_as_large_a_part_of_its_power(unit):
    net = lowered(
        ("horizon.periods", 1),
        ("demand_curve.price_cap", 2),
        ("labs.lab.fleet", {"site": {"gpu": 200 * unit}}),
        ("labs.lab.demand.total", 1000 * unit),
        ("sites.site.power", 228 * unit),
        ("sites.site.energy_price", 0),
    )
    assert net.standing_value / unit == pytest.approx(95 * 3 * 4 * 8766 / 4 / 1000)


@pytest.mark.parametrize("elasticity", [700.0, 2000.0, 1e9, 1e300])
def test_a_very_elastic_demand_pays_the_reference_price(elasticity):
    """The curve is cut where it meets the cap at 3^-elasticity, too small for a number: all of it pays P0 then."""
    assert step_prices([0.5, 1.0, 2.0], elasticity, 3.0) == pytest.approx(1.0, rel=3 / elasticity)


@pytest.mark.parametrize("off", [1e-13, 1e-10, 1e-7])
@pytest.mark.parametrize("sign", [1, -1])
def test_step_prices_lose_no_digits_where_the_elasticity_is_nearly_one(off, sign):
    """The mean price of a step is smooth in the elasticity: a hundred-billionth off 1 moves no price by more."""
    breaks = [0.1, 0.5, 1.0, 1.5, 2.0]
    at_one = step_prices(breaks, 1.0, 4.0)
    assert at_one[2] == pytest.approx(np.log(2.0) / 0.5, rel=1e-12)
    assert step_prices(breaks, 1.0 + sign * off, 4.0) == pytest.approx(at_one, rel=3 * off + 1e-13)

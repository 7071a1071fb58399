"""Accelerators that are sold, handed on, retired, or must run, against answers by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import fabopt
from fabopt.io.problems import InstanceError

EXAMPLE = Path(__file__).parents[2] / "instances" / "perspective" / "price-and-cost"

# A hundred thousand accelerators, no longer made: one earns 8,766 dollars a year and takes 438.3 of electricity.
FLEET = """
horizon: {start: 2027, periods: 3, period: year}
designers: {maker: {name: Maker, region: here}}
workloads: {work: {name: Work}}
chips:
  old:
    {name: Old, designer: maker, available: 2027, price: 0, it_power: 1, survival: 1, performance: {work: 1}}
demand_curve: {reference_price: 1 USD/H100e/h, elasticity: 1, price_cap: 1, breaks: [0.2, 0.4, 0.6, 0.8, 1]}
labs:
  alpha:
    name: Alpha
    region: here
    designers: {maker: 2020}
    demand: {total: {steps: {2027: 100, 2028: 40}, unit: kH100e}, split: {work: 1}}
    fleet: {a: {old: 100}}
  beta:
    name: Beta
    region: here
    designers: {maker: 2020}
    demand: {total: {steps: {2029: 60}, before: 0, unit: kH100e}, split: {work: 1}}
sites:
  a: {name: A, lab: alpha, region: here, power: 200 MW, pue: 1, energy_price: 50 USD/MWh}
  b: {name: B, lab: beta, region: here, power: 200 MW, pue: 1, energy_price: 50 USD/MWh}
"""
POWER = 0.05 * 8.766
EARNS = 8.766 - POWER


def fleet(tmp_path, sets):
    path = tmp_path / "fleet.yaml"
    raw = yaml.safe_load(FLEET)
    for lever, value in sets.items():
        *way, last = lever.split(".")
        place = raw
        for key in way:
            place = place[key]
        place[last] = value
    path.write_text(yaml.safe_dump(raw))
    return fabopt.load(path)


def demand(steps):
    return {"labs.alpha.demand.total": {"steps": steps, "unit": "kH100e"}}


def test_what_is_not_needed_is_sold_at_a_price_that_falls_with_age(tmp_path):
    """The price halves with each year of age, counted from the chip's first shipments to the middle of a period."""
    plan = fleet(tmp_path, {"chips.old.resale": {"price": 4000, "fall": "50 %"}}).solve()
    second, third = 4 * 0.5**1.5, 4 * 0.5**2.5
    assert plan.objective == pytest.approx(180 * EARNS + 60 * second, rel=1e-4)
    # Where buyers take 30 a year, the other 30 are kept and sold for less.
    few = fleet(tmp_path, {"chips.old.resale": {"price": 4000, "fall": "50 %", "most": 30}}).solve()
    assert few.objective == pytest.approx(180 * EARNS + 30 * second + 30 * third, rel=1e-4)
    limit = few.limits[few.limits["family"] == "resale"].set_index("period")
    assert limit.loc["2028", "used"] == pytest.approx(30.0)


def test_a_series_says_the_price_by_date(tmp_path):
    resale = {"price": {"steps": {2027: 4000, 2029: 1000}}, "since": 2029}
    plan = fleet(tmp_path, {"chips.old.resale": resale}).solve()
    assert plan.objective == pytest.approx(180 * EARNS + 60 * 1.0, rel=1e-6)


def test_a_share_is_one_of_what_replacing_costs():
    """A wafer of 5,000 dollars gives 10 chips, a server costs 1,000: 1,500 dollars to replace one."""
    sold = fabopt.load(EXAMPLE, set={"chips.chip.resale.share": "40 %"})
    activity = next(a for a in sold.network.activities if a.tags.role == "resale" and a.tags.site == "alpha-site")
    assert activity.cost.tolist() == pytest.approx([-0.6])


def second_life(**more):
    return {
        "chips.old.resale": {"price": 2000, "most": 0, "labs": ["beta"], "moving_cost": 500, "moving_time": 12, **more}
    }


def test_a_second_life_at_another_lab_costs_a_price_a_move_and_time(tmp_path):
    plan = fleet(tmp_path, second_life()).solve()
    # Alpha runs 100, 40, 40; the 60 that leave in 2028 run at beta in 2029.
    assert plan.objective == pytest.approx((180 + 60) * EARNS - 60 * 0.5)
    moved = plan.transfers
    assert moved[["payer", "payee", "what", "period"]].values.tolist() == [
        ["beta", "alpha", "used accelerators", "2028"]
    ]
    assert moved["quantity"].item() == pytest.approx(60.0)
    assert moved["price"].item() == pytest.approx(2000.0)
    assert moved["amount"].item() == pytest.approx(120.0)
    # A year longer on the way, and they would have to leave when alpha can still use them.
    assert fleet(tmp_path, second_life(moving_time=24)).solve().objective == pytest.approx(180 * EARNS)


def test_nothing_is_handed_on_before_its_date_or_against_an_export_rule(tmp_path):
    assert fleet(tmp_path, second_life(since=2029)).solve().objective == pytest.approx(180 * EARNS)
    barred = {**second_life(), "barred_flows": [{"origin": "here", "destination": "there"}], "sites.b.region": "there"}
    assert fleet(tmp_path, barred).solve().objective == pytest.approx(180 * EARNS)


def test_what_is_sold_is_money_in_the_budget(tmp_path):
    """Electricity of 40 costs 17.5 a year; with 10 to spend, what is sold must bring the rest in the same year."""
    poor = {"labs.alpha.budget": {"steps": {2027: 1000, 2028: 10, 2029: 1000}}}
    sold = fleet(tmp_path, {**poor, "chips.old.resale": {"price": 1000}}).solve()
    assert sold.objective == pytest.approx(180 * EARNS + 60 * 1.0)
    assert fleet(tmp_path, poor).solve().objective == pytest.approx((140 + 10 / POWER) * EARNS)


def test_a_lab_takes_no_used_accelerators_for_more_than_they_earn_it(tmp_path):
    earns = EARNS - 0.5
    cheap = fleet(tmp_path, second_life(price=1000 * (earns - 0.1))).solve(perspective="lab:beta")
    assert cheap.objective == pytest.approx(60 * 0.1)
    dear = fleet(tmp_path, second_life(price=1000 * (earns + 0.1))).solve(perspective="lab:beta")
    assert dear.objective == pytest.approx(0.0, abs=1e-6)


def test_what_must_run_cannot_be_switched_off_for_a_period(tmp_path):
    off = demand({2027: 100, 2028: 0, 2029: 100})
    assert fleet(tmp_path, off).solve().objective == pytest.approx(200 * EARNS)
    held = fleet(tmp_path, {**off, "sites.a.must_run": "60 %"}).solve()
    assert held.objective == pytest.approx(200 * EARNS - 60 * POWER)
    limit = held.limits[held.limits["family"] == "must_run"].set_index("period")
    assert limit.loc["2028", "price"] > 0


def test_retirement_frees_the_power_of_what_must_run(tmp_path):
    half = {**demand({2027: 100, 2028: 0, 2029: 50}), "sites.a.must_run": 1}
    assert fleet(tmp_path, half).solve().objective == pytest.approx(150 * EARNS - 50 * POWER)
    # At 1,000 dollars each it is cheaper to run the other 50 for nothing, twice, for 876.6.
    costly = fleet(tmp_path, {**half, "chips.old.retirement_cost": 1000}).solve()
    assert costly.objective == pytest.approx(150 * EARNS - 100 * POWER - 50 * POWER)
    fair = fleet(tmp_path, {**half, "chips.old.retirement_cost": 800}).solve()
    assert fair.objective == pytest.approx(150 * EARNS - 50 * POWER - 50 * 0.8)


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        ({"chips.old.resale": {}}, "either a 'share' of the replacement cost or a 'price'; give one"),
        ({"chips.old.resale": {"share": 0.5}}, "not made any more, so there is no replacement cost; give a 'price'"),
        ({"chips.old.resale": {"price": 1, "labs": ["beat"]}}, "there is no lab 'beat'; did you mean 'beta'?"),
        ({"chips.old.resale": {"price": 1, "moving_cost": 1}}, "no effect without 'labs'"),
        ({"chips.old.resale": {"price": 1, "labs": ["beta"], "moving_time": 0}}, "moving_time"),
        ({**second_life(), "labs.beta.designers": {}}, "Beta cannot use chips of 'maker'"),
        ({"sites.a.must_run": 1.5}, "must_run"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, sets, says):
    with pytest.raises(InstanceError) as error:
        fleet(tmp_path, sets)
    assert says in str(error.value)

"""Revenue at the marginal price, cost and surplus are apart, and add up as by hand."""

import pytest

from fabopt.analysis.headlines import Headlines, headlines
from fabopt.api import load

near = pytest.approx

SHOP = """
horizon: {start: 2027, periods: 2, period: year, discount_rate: 10 %, reported_until: "REPORTED"}
network:
  resources: {line: {capacity: 15}}
  materials: {good: {storable: false}}
  activities: {make: {outputs: {good: 1}, uses: {line: 1}, cost: 1}}
  demands:
    eager: {material: good, quantity: 10, value: 5}
    other: {material: good, quantity: 10, value: 3}
"""


@pytest.fixture
def shop(tmp_path):
    def make(reported=2028, text=SHOP):
        (tmp_path / "instance.yaml").write_text(text.replace("REPORTED", str(reported)))
        return load(tmp_path).solve()

    return make


def test_revenue_cost_and_surplus_of_a_year_by_hand(shop):
    """15 of 20 are made at 1; the 16th would be sold for 3: revenue 45, cost 15, worth 50 + 15, so surplus 20."""
    result = shop(2027)
    money = headlines(result.plan).money
    discount = result.table("core/periods")["discount"][0]
    assert money.value == near(65 * discount)
    assert money.revenue == near(45 * discount)
    assert money.cost == near(15 * discount)
    assert money.surplus == near(20 * discount)
    assert (headlines(result.plan).first, headlines(result.plan).last) == ("2027", "2027")


def test_what_revenue_leaves_above_cost_is_the_price_of_every_limit_times_the_limit(shop):
    """The line is worth 3 - 1 = 2 a piece, and 15 pieces a year make 30 of rent."""
    result = shop()
    money, limits = headlines(result.plan).money, result.table("core/limits")
    line = limits[limits["family"] == "capacity"]
    assert money.rent == near(float((line["price"] * line["limit"]).sum()))
    assert money.rent == near(30 * float(result.table("core/periods")["discount"].sum()))
    assert money.rent + money.surplus == near(result.plan.value)


def test_a_line_that_stands_half_empty_is_told_so_and_a_good_without_scarcity_costs_what_it_costs(shop):
    """30 could be made, 20 are wanted: nobody pays more than the cost of 1."""
    found: Headlines = headlines(shop(text=SHOP.replace("capacity: 15", "capacity: 40")).plan)
    assert [(u.unit, u.shares) for u in found.use] == [("", (near(0.5), near(0.5)))]
    assert found.money.rent == near(0.0, abs=1e-6)
    assert found.money.revenue == near(found.money.cost)


def test_another_objective_than_money_has_no_prices_in_money(tmp_path):
    (tmp_path / "instance.yaml").write_text(SHOP.replace("REPORTED", "2028"))
    assert headlines(load(tmp_path).solve("max_min").plan).money is None


@pytest.fixture(scope="module")
def tutorial():
    return load("instances/tutorial").solve(relaxed=True)


def test_compute_and_counts_stand_beside_each_other(tutorial):
    """What is usable is what the table of chips has, and never more than what is installed."""
    found = headlines(tutorial.plan)
    mix = tutorial.table("domain/chip_mix")
    for stood in found.stood:
        assert stood.usable == near(float(mix.loc[mix["period"] == stood.period, "kh100e"].sum()))
        assert 0 < stood.usable <= stood.installed
        assert 0 < stood.running <= stood.accelerators
    assert found.stood[-1].period == found.last
    assert all(share is None or -1e-9 <= share <= 1 + 1e-9 for use in found.use for share in use.shares)

"""Prices, reduced costs and ranges against duals worked by hand: Wyndor glass, and machines whose number is whole."""

import numpy as np
import pytest

import fabopt

approx = pytest.approx

WYNDOR = """
horizon: {start: 2027, periods: 1, period: year}
network:
  materials: {glass: {storable: false, disposal: false, unit: door}}
  resources: {one: {capacity: 4}, two: {capacity: 12}, three: {capacity: 18}}
  activities:
    doors: {uses: {one: 1, three: 3}, cost: -3}
    windows: {uses: {two: 2, three: 2}, cost: -5}
    shutters: {uses: {two: 1, three: 2}, cost: -3, lower: 1}
"""


def solved(text, tmp_path, **more):
    path = tmp_path / "instance.yaml"
    path.write_text(text)
    return fabopt.load(path).solve(gap=0.0, **more)


def test_wyndor_has_its_published_duals_and_ranges(tmp_path):
    # Without shutters: duals 0, 1.5 and 1; right-hand sides hold from 2, from 6 to 18, and from 12 to 24; costs from 0
    # to 7.5 and from 2 (Hillier and Lieberman).
    result = solved(WYNDOR.replace(", lower: 1}", ", upper: 0}"), tmp_path)
    rows = result.table("core/rows").set_index("id")
    assert rows.loc[["one", "two", "three"], "price"].tolist() == approx([0, 1.5, 1])
    assert rows.loc[["one", "two", "three"], "limit_low"].tolist() == approx([2, 6, 12])
    assert rows.loc[["one", "two", "three"], "limit_high"].tolist() == approx([np.inf, 18, 24])
    decisions = result.table("core/decisions").set_index("id")
    assert decisions.loc[["doors", "windows"], "value"].tolist() == approx([2, 6])
    assert decisions.loc[["doors", "windows"], "reduced_cost"].tolist() == approx([0, 0])
    assert decisions.loc[["doors", "windows"], "cost"].tolist() == approx([3, 5])
    assert decisions.loc[["doors", "windows"], "cost_low"].tolist() == approx([0, 2])
    assert decisions.loc[["doors", "windows"], "cost_high"].tolist() == approx([7.5, np.inf])


def test_a_least_level_that_costs_has_its_price(tmp_path):
    # One shutter takes 1 of two and 2 of three: 3 less 1.5 and 2 is -0.5.
    result = solved(WYNDOR, tmp_path)
    shutters = result.table("core/decisions").set_index("id").loc["shutters"]
    assert (shutters["value"], shutters["lower"]) == approx((1, 1))
    assert shutters["reduced_cost"] == approx(-0.5)
    assert shutters["cost_high"] == approx(3.5)
    assert result.objective == approx(36 - 0.5)


def test_a_balance_has_the_price_of_one_unit_more_of_the_material(tmp_path):
    # Bread is worth 6 and takes 2 flour; all 4 of the flour are used in the better of two periods.
    result = solved(
        """
horizon: {start: 2027, periods: 2, period: year}
network:
  materials: {flour: {opening: 4, unit: kg}, bread: {storable: false}}
  activities: {bake: {inputs: {flour: 2}, outputs: {bread: 1}, cost: 1}}
  demands: {bread: {quantity: [5, 5], value: [6, 4]}}
""",
        tmp_path,
    )
    rows = result.table("core/rows")
    flour = rows[(rows["family"] == "balance") & (rows["id"] == "flour")].set_index("period")
    assert flour["price"].tolist()[0] == approx((6 - 1) / 2)
    assert flour["unit"].tolist()[0] == "kg"
    bread = rows[(rows["family"] == "balance") & (rows["id"] == "bread")].set_index("period")
    assert bread.loc["2027", "price"] == approx(6)


MACHINES = """
horizon: {start: 2027, periods: 1, period: year}
network:
  materials: {good: {storable: false}}
  resources: {line: {}}
  activities: {make: {outputs: {good: 1}, uses: {line: 1}}}
  units: {machine: {adds: {line: 10}, cost: 25, upper: 4}}
  demands: {good: {quantity: 23, value: 4}}
"""


def test_a_slack_limit_of_a_whole_number_has_no_price_and_the_whole_number_its_own_column(tmp_path):
    # Two machines make 20 at 4 and cost 50; a third makes 3 and costs 25. With two held, a machine more looks worth
    # 10 x 4 - 25, which is no price of the limit of 4, which is slack.
    result = solved(MACHINES, tmp_path)
    limits = result.table("core/limits").set_index("family")
    assert limits.loc["order", "slack"] == 2
    assert limits.loc["order", "price"] == 0
    assert limits.loc["capacity", "price"] == approx(4)
    decisions = result.table("core/decisions").set_index(["decision", "id"])
    order = decisions.loc[("order", "machine")]
    assert (order["value"], order["lower"], order["upper"], order["whole"]) == (2, 0, 4, True)
    assert order["held_reduced_cost"] == approx(10 * 4 - 25)
    assert np.isnan(order["reduced_cost"])
    make = decisions.loc[("start", "make")]
    assert np.isnan(make["held_reduced_cost"])
    assert make["reduced_cost"] == approx(0)
    # Ranges would be those of a linear program that nobody asked about.
    assert np.isnan(make["cost_low"])


def test_a_limit_that_is_met_keeps_its_price(tmp_path):
    result = solved(MACHINES.replace("upper: 4", "upper: 2"), tmp_path)
    limits = result.table("core/limits").set_index("family")
    assert limits.loc["order", "slack"] == 0
    assert limits.loc["order", "price"] == approx(15)


def test_no_slack_limit_of_the_tutorial_has_a_price():
    result = fabopt.load("instances/tutorial").solve()
    limits = result.table("core/limits")
    slack = limits["slack"] > 1e-6 * limits["limit"].abs().clip(lower=1e-9)
    assert slack.any()
    assert (limits.loc[slack, "price"].abs() <= 1e-6).all()
    # Every decision and every material's balance is there.
    decisions, rows = result.table("core/decisions"), result.table("core/rows")
    assert len(decisions) == result.run.size.columns
    assert len(rows) == result.run.size.rows
    assert decisions["whole"].sum() == result.run.size.integers

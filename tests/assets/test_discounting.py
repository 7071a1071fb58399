"""Discounting by convention and by party, against factors by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt
from fabopt.io.problems import InstanceError

EXAMPLE = Path(__file__).parents[2] / "instances" / "perspective" / "price-and-cost"
BREAD = """
horizon: {start: 2027Q4, periods: [1 quarter, 1 year], discount_rate: 10 %, discounting: CONVENTION}
network:
  materials: {bread: {opening: 4, terminal_value: 3, carrying_cost: [1, 1]}}
  demands: {bread: {quantity: [1, 1], value: [10, 20]}}
"""


@pytest.mark.parametrize(("convention", "shares"), [("start", (0, 0)), ("middle", (0.5, 0.5)), ("end", (1, 1))])
def test_money_of_unequal_periods_falls_where_the_convention_says(tmp_path, convention, shares):
    path = tmp_path / "instance.yaml"
    path.write_text(BREAD.replace("CONVENTION", convention))
    first, second = 1.1 ** -(shares[0] * 0.25), 1.1 ** -(0.25 + shares[1] * 1.0)
    # Of 4 loaves 3 and then 2 are kept; what is left is worth 3 each at the end, whatever the convention.
    by_hand = (10 - 3) * first + (20 - 2) * second + 2 * 3 * 1.1**-1.25
    plan = fabopt.load(path).solve()
    assert plan.objective == pytest.approx(by_hand)
    assert plan.table("core/periods")["discount"].tolist() == pytest.approx([first, second])


def test_the_middle_of_a_period_is_the_convention_where_none_is_stated(tmp_path):
    path = tmp_path / "instance.yaml"
    path.write_text(BREAD.replace(", discounting: CONVENTION", ""))
    assert fabopt.load(path).solve().table("core/periods")["discount"][0] == pytest.approx(1.1**-0.125)


SEVERAL_YEARS = {
    "horizon.periods": 4,
    "fabs.fab.expansion.life": "4 year",
    "chips.chip.survival": 0.001,
    "labs.alpha.demand.total": "200 kH100e",
}


def test_a_party_weighs_its_own_plan_by_its_own_rate(tmp_path):
    """The step costs the foundry 100 and earns it 30 a year, for four years: worth it at no interest, not at 20 %."""
    free = fabopt.load(EXAMPLE, set=SEVERAL_YEARS)
    dear = free.with_({"parties": {"foundry": {"discount_rate": "20 %"}}})
    assert free.solve(perspective="owner:foundry").objective == pytest.approx(4 * 90 - 100)
    seen = dear.solve(perspective="owner:foundry", out=tmp_path / "seen")
    factors = [1.2 ** -(year + 0.5) for year in range(4)]
    assert seen.objective == pytest.approx(60 * sum(factors))
    assert seen.orders.empty
    # What the given plan, which builds, comes to for the party is weighed in the same way.
    assert seen.run.given["foundry"] == pytest.approx(90 * sum(factors) - 100 * factors[0])
    assert dear.solve(perspective="owner:foundry", given=dear.solve()).run.given == pytest.approx(seen.run.given)
    assert fabopt.load_result(tmp_path / "seen").objective == pytest.approx(seen.objective)
    # Nobody else is concerned.
    assert dear.solve().objective == pytest.approx(free.solve().objective)
    assert dear.solve(perspective="lab:alpha").objective == pytest.approx(free.solve(perspective="lab:alpha").objective)


def test_parties_of_which_something_is_known_need_not_be_all_and_must_be_some():
    with pytest.raises(InstanceError, match=r"parties\.foundy.*no party 'foundy'.*did you mean 'foundry'") as error:
        fabopt.load(EXAMPLE, set={"parties": {"foundy": {"discount_rate": "20 %"}}})
    assert len(error.value.problems) == 1
    with pytest.raises(InstanceError, match=r"parties\.foundry\.discount_rate"):
        fabopt.load(EXAMPLE, set={"parties": {"foundry": {"discount_rate": "120 %"}}})
    listed = fabopt.load(EXAMPLE, set={"parties": ["foundry"]})
    assert listed.data.parties == ("foundry",)


def test_a_partys_rate_is_a_lever():
    instance = fabopt.load(EXAMPLE, set={"parties": {"foundry": {"discount_rate": "20 %"}}})
    assert instance.with_({"parties.foundry.discount_rate": "*0.5"}).data.parties["foundry"].discount_rate.value == 0.1

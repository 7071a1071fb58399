"""What units are worth at the end: what is left of their life, at the least cost of having them again."""

from __future__ import annotations

import numpy as np
import pytest
from chain_cases import lowered

from fabopt.solve.run import solve


def worth(unit, *changes):
    found = next(u for u in lowered(*changes).units if u.id == unit).terminal_value
    assert found is not None
    return found


def step(**fields):
    return {"step": 1, "cost": 100, "lead": 4.5, "max_steps": 2, "life": 5, **fields}


LINE = "packaging_lines.line.expansion"


def test_a_step_wears_evenly_over_its_life_from_its_arrival_on():
    # Twelve quarters. Ordered in the first, it arrives after 1.5 and is 10.5 quarters of its 20 old at the end;
    # ordered in the last two it is still under way, or 0.5 quarters from it, and as good as new.
    found = worth("expand:packaging:line", (LINE, step()))
    assert found[0] == pytest.approx(100 * (1 - 10.5 / 20))
    assert found[9] == pytest.approx(100 * (1 - 1.5 / 20))
    assert found[10:] == pytest.approx([100 * (1 - 0.5 / 20), 100.0])


def test_a_longer_lead_leaves_more_of_the_life_at_the_end():
    for unit, path, fields in (
        ("expand:packaging:line", LINE, {}),
        ("expand:fab-a", "fabs.fab-a.expansion", {"space": 0}),
        ("expand:stacking:mem", "memory_makers.mem.expansion", {}),
    ):
        found = worth(unit, (path, step(**fields, lead=12)))
        assert found[0] == pytest.approx(100 * (1 - 8 / 20)), unit


def test_a_scanner_wears_from_its_delivery_on():
    # 200 M USD at half margin; delivered after four quarters and eight quarters old at the end, of 40.
    found = worth("scanner:euv:fab-a", ("scanners.euv.life", 10))
    assert found[0] == pytest.approx(100 * (1 - 8 / 40))


@pytest.mark.parametrize(
    ("unit", "path", "fields"),
    [
        ("expand:packaging:line", LINE, {}),
        ("expand:fab-a", "fabs.fab-a.expansion", {"space": 0}),
        ("expand:stacking:mem", "memory_makers.mem.expansion", {}),
    ],
)
def test_a_step_is_worth_no_more_than_it_costs_in_the_last_period(unit, path, fields):
    falling = {"steps": {"2027Q1": 100, "2029Q4": 40}}
    found = worth(unit, (path, step(**fields, cost=falling, lead=0)))
    left = 1 - np.arange(12, 0, -1) / 20
    assert found == pytest.approx(40 * left)


def test_a_step_that_has_become_dearer_is_worth_what_it_cost():
    rising = {"steps": {"2027Q1": 40, "2029Q4": 100}}
    found = worth("expand:packaging:line", (LINE, step(cost=rising, lead=0)))
    assert found[0] == pytest.approx(40 * (1 - 12 / 20))


def test_a_scanner_is_worth_no_more_than_its_price_less_margin_in_the_last_period():
    falling = {"steps": {"2027Q1": "200 MUSD/tool", "2029Q4": "80 MUSD/tool"}}
    found = worth("scanner:euv:fab-a", ("scanners.euv.price", falling), ("scanners.euv.life", 10))
    assert found[0] == pytest.approx(40 * (1 - 8 / 40))


def test_a_megawatt_is_worth_no_more_than_the_cheapest_way_to_have_one():
    # 100 MW cost 1,200, 500 MW 5,000: 12 a MW by small orders, 10 by the largest; a MW more of a large one 9.5.
    grow = {"curve": {100: 1200, 500: 5000}, "lead": 0, "max_total": 1500, "life": 30}
    left = 1 - 3 / 30
    changes = ("sites.site.expansion", grow)
    assert worth("build:site:1", changes)[0] == pytest.approx(10 * left)
    assert worth("build:site:2", changes)[0] == pytest.approx(9.5 * left)


def test_a_way_that_the_site_has_no_room_for_is_no_way_to_have_a_megawatt():
    grow = {"curve": {100: 1200, 500: 5000}, "lead": 0, "max_total": 80, "life": 30}
    assert worth("build:site:1", ("sites.site.expansion", grow))[0] == pytest.approx(12 * (1 - 3 / 30))


@pytest.mark.parametrize(
    ("early", "late", "rate", "worth"),
    [
        (100, 1000, 0.0, 70),  # 30 % of a price are margin; dear in the last quarter alone
        (100, 1000, 0.1, 70 * 1.1**0.375),  # bought in the middle of the last quarter but one, with interest to the end
        (1000, 100, 0.1, 70),
    ],
)
def test_what_becomes_dearer_is_not_hoarded_for_the_end(early, late, rate, worth):
    price = {"steps": {"2027": f"{early} USD/piece", "2029-10": f"{late} USD/piece"}}
    source = {"owner": "maker", "region": "west", "capacity": "300 kpiece/month", "price": price, "lead": 3}
    component = {
        "name": "Optics",
        "per": "accelerator",
        "amount": 1,
        "sources": {"one": source | {"gross_margin": 0.3}},
    }
    net = lowered(("components", {"optics": component}), ("horizon.discount_rate", rate))
    at = [m.id for m in net.materials].index("component:optics:lab")
    assert net.materials[at].terminal_value == pytest.approx(worth / 1000)
    # At most 208 thousand run (500 MW at 2.4 kW); hundreds more a month might be bought.
    assert solve(net).stock[at].max() < 300

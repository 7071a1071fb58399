"""The bill of a block of power, worked by hand on round numbers, and the gigawatt instance beside published figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from round_chain import chain, known

import fabopt
from fabopt.analysis.bill import COLUMNS, bill
from fabopt.analysis.bill_draft import Draft
from fabopt.analysis.bill_money import Bought, expansion_cost
from fabopt.analysis.bill_whole import drawn
from fabopt.analysis.explosion import explode
from fabopt.analysis.ranges import Range, exact
from fabopt.errors import StudyError

# 1,000 MW / (PUE 1.25 x 2 kW) = 400 thousand accelerators; everything else is 400 thousand times one good package.
BY_HAND = [
    ("power", "facility power", 1000.0, "MW"),
    ("power", "IT power", 800.0, "MW"),
    ("chip", "accelerators", 400.0, "kaccelerator"),
    ("chip", "compute, Train", 1200.0, "kH100e"),
    ("chip", "compute, Serve", 2000.0, "kH100e"),
    ("packaging", "packages started", 500.0, "kpackage"),
    ("packaging", "S", 500.0, "kpiece"),
    ("packaging", "interposer wafers, tech", 100.0, "kwafer"),
    ("memory", "H stacks", 2000.0, "kstack"),
    ("memory", "DRAM wafers, H", 200.0, "kwafer"),
    ("logic", "Die", 1000.0, "kdie"),
    ("logic", "N wafers, Die", 40.0, "kwafer"),
    # 40 x 10 + 200 x 2
    ("lithography", "EUV exposures", 800.0, "kexposure"),
    # 800 / (12 x 100)
    ("lithography", "EUV tools standing", 2 / 3, "tool"),
    # 2/3 x 250 million; 40 thousand wafers a year are 3.333 a month, at 2,000 million for 10
    ("capacity", "price of EUV tools", 250 * 2 / 3, "MUSD"),
    ("capacity", "N fabs less lithography", 2000 / 3, "MUSD"),
    ("capacity", "to make such a block every year", 2500 / 3, "MUSD"),
    # 40 thousand x 20,000 USD, half of it margin
    ("building", "site per MW, of 50 MW", 10.0, "MUSD/MW"),
    ("building", "site per MW, of 1,000 MW", 8.0, "MUSD/MW"),
    ("dollars", "price of N wafers, Die", 800.0, "MUSD"),
    ("dollars", "cost of N wafers, Die", 400.0, "MUSD"),
    # 2,000 thousand x 500 USD, margin 60 %
    ("dollars", "price of H stacks", 1000.0, "MUSD"),
    ("dollars", "cost of H stacks", 400.0, "MUSD"),
    ("dollars", "price of S", 50.0, "MUSD"),
    ("dollars", "cost of S", 40.0, "MUSD"),
    # 100 thousand x 10,000 USD, margin 40 %
    ("dollars", "price of packaging of interposer wafers", 1000.0, "MUSD"),
    ("dollars", "cost of packaging of interposer wafers", 600.0, "MUSD"),
    ("dollars", "price of test, assembly, other parts", 25.0, "MUSD"),
    ("dollars", "cost of test, assembly, other parts", 25.0, "MUSD"),
    ("dollars", "cost of all parts", 400.0 + 400.0 + 40.0 + 600.0 + 25.0, "MUSD"),
    ("dollars", "price of accelerators", 16000.0, "MUSD"),
    ("dollars", "price of servers, network, installation", 4000.0, "MUSD"),
    # beyond the largest order the cost per MW of the largest holds: 4,000 / 500 x 1,000
    ("dollars", "cost of the site and its power", 8000.0, "MUSD"),
    ("dollars", "what the buyer pays", 28000.0, "MUSD"),
    ("whole", "chips", 16000.0 - 1000.0 - (50.0 + 1000.0 + 25.0), "MUSD"),
    ("whole", "memory", 1000.0, "MUSD"),
    ("whole", "packaging", 50.0 + 1000.0 + 25.0, "MUSD"),
    ("whole", "servers", 4000.0, "MUSD"),
    ("whole", "building", 8000.0, "MUSD"),
    ("whole", "total", 28000.0, "MUSD"),
]


def test_every_line_of_a_bill_by_hand():
    *rows, draws = bill(chain(), "gpu", 1000.0).rows
    assert [(row.stage, row.item, row.unit) for row in rows] == [(s, i, u) for s, i, _, u in BY_HAND]
    assert [row.quantity for row in rows] == pytest.approx([quantity for _, _, quantity, _ in BY_HAND])
    assert all(row.low <= row.quantity <= row.high for row in rows)
    assert all(row.how for row in rows)
    assert draws.item == "total of draws"


def source(**given):
    return {"owner": "a", "region": "r", "capacity": 30, "lead": 1, **given}


TRANSFORMER = {
    "name": "Transformer",
    "unit": "MW",
    "group": "power",
    "per": "MW of site",
    "amount": {"value": 1.2, "low": 1, "high": 1.4},
    "sources": {"a": source(price={"value": 50e3, "low": 40e3, "high": 60e3})},
}
NETWORKED = {
    "components.optics": {
        "name": "Optics",
        "group": "networking",
        "per": "accelerator",
        "amount": known(2),
        "sources": {"a": source(price=known(900)), "b": source(price=known(1300), capacity=10)},
    },
    "components.cable": {
        "name": "Cable",
        "group": "networking",
        "per": "optics",
        "amount": known(3),
        "sources": {"a": source(price=known(10))},
    },
    "components.transformer": TRANSFORMER,
}


def test_components_of_the_buyer_stand_in_the_whole_beside_the_price_of_chips_and_their_systems():
    """Two optics of 1,000 USD in the mean for each accelerator, three cables of 10 USD with every one of them."""
    made, bare = bill(chain(NETWORKED), "gpu", 1000.0), bill(chain(), "gpu", 1000.0)
    number = made.row("chip", "accelerators").quantity
    assert made.row("networking", "Optics").quantity == pytest.approx(2 * number)
    assert made.row("networking", "Cable").quantity == pytest.approx(6 * number)
    assert (made.row("power", "Transformer").quantity, made.row("power", "Transformer").unit) == (1200.0, "MW")
    assert made.row("whole", "networking").quantity == pytest.approx(number * (2 * 1000 + 6 * 10) / 1e3)
    power = made.row("whole", "power")
    assert (power.low, power.quantity, power.high) == pytest.approx((1000 * 0.04, 1200 * 0.05, 1400 * 0.06))
    more = made.row("whole", "networking").quantity + power.quantity
    total = made.row("whole", "total")
    assert total.quantity == pytest.approx(bare.row("whole", "total").quantity + more)
    assert total.quantity == pytest.approx(made.row("dollars", "what the buyer pays").quantity)
    sections = [row for row in made.rows if row.stage == "whole" and not row.item.startswith("total")]
    assert sum(row.quantity for row in sections) == pytest.approx(total.quantity)


def test_the_total_lies_between_all_low_and_all_high_and_closer_by_draws():
    total, near = (bill(chain(NETWORKED), "gpu", 1000.0).row("whole", item) for item in ("total", "total of draws"))
    assert total.low < near.low < near.quantity < near.high < total.high
    assert near == bill(chain(NETWORKED), "gpu", 1000.0).row("whole", "total of draws")


def test_draws_are_triangular_and_each_by_itself():
    """Lines whose density rises from 0 at 0 to 2 at 1: P(x) = x**2 for one; two have the variance of the sum."""
    draft = Draft(chain(), explode(chain(), "gpu", date(2027, 1, 1)), 1000.0, False, exact(1.0))
    line = Bought("power", "x", Range(0.0, 1.0, 1.0), False, "")
    one = drawn(draft, [line])
    assert (one.low, one.value, one.high) == pytest.approx((0.1**0.5, 0.5**0.5, 0.9**0.5), abs=0.01)
    spread = [found.high - found.low for found in (drawn(draft, [line] * 4), drawn(draft, [line] * 16))]
    assert spread == pytest.approx([2 * 1.2816 * (n / 18) ** 0.5 for n in (4, 16)], rel=0.03)


def test_the_frame_has_the_columns_in_order():
    frame = bill(chain(), "gpu", 1000.0).frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(BY_HAND) + 1


def test_ranges_of_power_and_yield_multiply():
    made = bill(chain(), "gpu", 1000.0)
    # 1 to 4 kW: 800 to 200 thousand; dies 0.4 to 0.8 good: wafers 0.125 to 0.0625 a package.
    accelerators = made.row("chip", "accelerators")
    assert (accelerators.low, accelerators.high) == pytest.approx((200.0, 800.0))
    wafers = made.row("logic", "N wafers, Die")
    assert (wafers.low, wafers.high) == pytest.approx((200 * 0.0625, 800 * 0.125))


def test_tools_standing_are_low_at_nameplate_and_high_at_the_slowest_passes():
    made = bill(chain(), "gpu", 1000.0)
    exposures, tools = made.row("lithography", "EUV exposures"), made.row("lithography", "EUV tools standing")
    nameplate = 200 * 8766 / 12 / 1000  # exposures/h x hours a month
    assert tools.low == pytest.approx(exposures.low / (12 * nameplate))
    assert tools.high == pytest.approx(exposures.high / (12 * 80))


def test_it_power_needs_no_pue_and_no_site():
    made = bill(chain(), "gpu", 1000.0, it=True)
    assert made.row("chip", "accelerators").quantity == pytest.approx(500.0)
    assert [row.item for row in made.rows if row.stage == "power"] == ["IT power"]
    with pytest.raises(KeyError):
        made.row("dollars", "cost of the site and its power")


def test_twice_the_power_needs_twice_of_everything():
    one, two = bill(chain(), "gpu", 400.0, it=True), bill(chain(), "gpu", 800.0, it=True)
    assert [row.quantity for row in two.rows] == pytest.approx([2 * row.quantity for row in one.rows])


def test_pue_is_the_mean_of_the_sites_by_power():
    other = {"name": "O", "lab": "lab", "region": "r", "power": 100, "pue": known(1.05)}
    # (300 x 1.25 + 100 x 1.05) / 400
    assert bill(chain({"sites.other": other}), "gpu", 1.0).pue == pytest.approx(1.2)


def test_without_sites_only_it_power_has_a_bill():
    bare = chain({"sites": {}, "labs": {}})
    with pytest.raises(StudyError, match="state the power as IT power"):
        bill(bare, "gpu", 1000.0)
    assert bill(bare, "gpu", 1000.0, it=True).row("chip", "accelerators").quantity == pytest.approx(500.0)


def test_a_wafer_scale_chip_has_no_memory_and_no_packaging_lines():
    made = bill(chain(), "slab", 1000.0)
    assert not [row for row in made.rows if row.stage == "memory"]
    assert [row.item for row in made.rows if row.stage == "packaging"] == ["packages started"]
    # 800 MW / 20 kW = 40 thousand wafers, one exposure chain of 10 each.
    assert made.row("lithography", "EUV exposures").quantity == pytest.approx(400.0)


def test_a_chip_that_comes_later_is_billed_at_its_date():
    later = chain({"chips.slab.available": "2027-08"})
    assert bill(later, "slab", 1.0).day == date(2027, 8, 1)
    assert bill(later, "slab", 1.0, day=date(2027, 2, 1)).day == date(2027, 2, 1)
    assert bill(chain(), "gpu", 1.0).day == date(2027, 1, 1)


@pytest.mark.parametrize("power", [0.0, -1.0, float("nan"), float("inf")])
def test_a_power_that_is_none_is_refused(power):
    with pytest.raises(StudyError, match="power of a block"):
        bill(chain(), "gpu", power)


@pytest.mark.parametrize(
    ("power", "million"),
    [(50.0, 500.0), (100.0, 1000.0), (300.0, 2500.0), (500.0, 4000.0), (1000.0, 8000.0)],
)
def test_a_site_costs_what_its_curve_says(power, million):
    # 100 MW cost 1,000, 500 MW 4,000: half way 2,500; outside the cost per MW holds.
    expansion = chain().sites["site"].expansion
    assert expansion is not None
    assert expansion_cost(expansion, power, date.min).value == pytest.approx(million)


GIGAWATT = Path(__file__).parents[2] / "instances" / "gigawatt"

# Published or derived elsewhere: chip, stage, item, low, high; the fact.
BESIDE = [
    ("rubin", "chip", "accelerators", 298, 364),  # D229: from 180-220 kW a rack of 72
    ("rubin", "packaging", "interposer wafers, cowos-l", 27, 83),  # P128
    ("gb200", "packaging", "interposer wafers, cowos-l", 25, 30),  # P129
    ("rubin", "dollars", "what the buyer pays", 27_000, 100_000),  # spend per GW in FACTS
    ("gb200", "dollars", "what the buyer pays", 27_000, 100_000),
    ("rubin", "logic", "Rubin", 500, 1_000),  # D184: some 500 thousand packages of two dies
]


@pytest.fixture(scope="module")
def gigawatt():
    return fabopt.load(GIGAWATT).data


@pytest.mark.parametrize(("chip", "stage", "item", "low", "high"), BESIDE)
def test_the_gigawatt_lies_in_published_ranges(gigawatt, chip, stage, item, low, high):
    assert low <= bill(gigawatt, chip, 1000.0).row(stage, item).quantity <= high


def test_the_published_tools_and_capital_of_a_gigawatt_lie_in_the_range_of_the_bill(gigawatt):
    made = bill(gigawatt, "rubin", 1000.0)
    tools = made.row("lithography", "EUV tools standing")
    assert tools.low <= 3.5 <= tools.high  # L034
    capital = made.row("capacity", "to make such a block every year")
    assert capital.low <= 6_000 <= capital.high  # F021


def test_every_chip_of_the_gigawatt_instance_has_a_bill(gigawatt):
    for chip in gigawatt.chips:
        assert len(bill(gigawatt, chip, 1000.0).rows) > 15

"""What other buyers had in work at the decision date: what chips and memory left, and no more than they would take."""

from __future__ import annotations

import pytest
from chain_cases import MINIMAL, edited

from fabopt.network.lower import lower_chain

PHONES = {"name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": 4, "floor": 0, "price": 15000}


def history(*changes):
    return lower_chain(edited(*changes))[0].build.history


def test_other_buyers_had_no_more_than_they_would_take():
    # The fab starts 30 kwafer a quarter, and nothing of it goes into chips; 12 are what the market would take.
    assert history(("markets.phones", PHONES))["market:phones:fab-a"] == pytest.approx(12.0)


def test_other_buyers_had_no_more_than_chips_left_of_a_fab():
    # 4.5 k packages a quarter come out of 5, of 10 k dies at 30 a wafer: 1/3 kwafer a quarter.
    wanting = {**PHONES, "quantity": 100}
    found = history(("markets.phones", wanting), ("chips.gpu.running_rate", 1.5))
    assert found["wafers:gd:fab-a"] == pytest.approx(1 / 3)
    assert found["market:phones:fab-a"] == pytest.approx(30 - 1 / 3)


def test_the_second_market_had_what_the_first_one_left():
    both = (("markets.phones", {**PHONES, "quantity": 8}), ("markets.cars", {**PHONES, "name": "Cars", "quantity": 8}))
    found = history(*both)
    assert (found["market:phones:fab-a"], found["market:cars:fab-a"]) == pytest.approx((24.0, 6.0))


def test_a_market_drew_on_its_fabs_in_proportion_to_what_they_had_left():
    fab = {
        "name": "Fab B", "owner": "foundry", "region": "island", "nodes": ["n3"], "wafer_starts": 30,
        "scanners": {"euv": {"opening": 12, "utilisation": 0.8}}, "free_space": 5,
    }  # fmt: skip
    found = history(("fabs.fab-b", fab), ("markets.phones", {**PHONES, "fabs": {"fab-a": "n3", "fab-b": "n3"}}))
    assert (found["market:phones:fab-a"], found["market:phones:fab-b"]) == pytest.approx((3.0, 9.0))


def test_what_ran_before_is_shared_by_lines_makers_and_fabs_and_other_buyers_had_the_rest():
    """Three thousand good packages a month are ten thousand started a quarter, with 20 of dies and 80 of stacks."""
    parts = {key: MINIMAL[key] for key in ("packaging_lines", "memory_makers", "fabs")}
    line, maker, fab = parts["packaging_lines"]["line"], parts["memory_makers"]["mem"], parts["fabs"]["fab-a"]
    phones = {"name": "Phones", "fabs": {"fab-a": "n3", "fab-b": "n3"}, "quantity": 6, "floor": 0.5, "price": 1}
    found = history(
        ("chips.gpu.running_rate", 3),
        ("packaging_lines.other", line | {"capacity": 15}),
        ("memory_makers.mem.opening_share", {"green": 0.25}),
        ("memory_makers.other", maker | {"opening_share": {"green": 0.75}}),
        ("fabs.fab-b", fab | {"wafer_starts": 5}),
        ("dies.gd.fabs", {"fab-a": {"opening_share": 0.25}, "fab-b": {"opening_share": 0.75}}),
        ("markets", {"phones": phones, "watches": phones | {"quantity": 20}}),
    )
    wafers = 20 / 30  # thirty good dies a wafer
    rooms = [30 - 0.25 * wafers, 15 - 0.75 * wafers]
    phones_had = [18 * room / sum(rooms) for room in rooms]
    assert found == pytest.approx(
        {
            "package:gpu:a:line": 2.5,
            "package:gpu:a:other": 7.5,
            "interposer:gpu:a:line": 2.5,
            "interposer:gpu:a:other": 7.5,
            "hbm:h4:green:mem": 1.0,  # twenty stacks a wafer
            "hbm:h4:green:other": 3.0,
            "wafers:gd:fab-a": 0.25 * wafers,
            "wafers:gd:fab-b": 0.75 * wafers,
            "market:phones:fab-a": phones_had[0],
            "market:phones:fab-b": phones_had[1],
            "market:watches:fab-a": rooms[0] - phones_had[0],
            "market:watches:fab-b": rooms[1] - phones_had[1],
        }
    )


@pytest.mark.parametrize(
    ("mem", "other", "wafers"),
    [({}, {}, [2.0, 2.0]), ({"green": 1}, {}, [4.0]), ({"green": 0}, {"green": 1}, [4.0])],
)
def test_makers_without_a_share_of_the_past_had_equal_ones_or_none_where_another_states_its_own(mem, other, wafers):
    maker = MINIMAL["memory_makers"]["mem"]
    makers = {"mem": maker | {"opening_share": mem}, "other": maker | {"opening_share": other}}
    found = history(("chips.gpu.running_rate", 3), ("memory_makers", makers))
    assert [level for name, level in found.items() if name.startswith("hbm:")] == pytest.approx(wafers)


def test_wafers_of_a_die_with_bins_were_those_of_the_scarcest_and_of_its_first_fab_where_no_share_is_stated():
    found = history(
        ("chips.gpu.running_rate", 3),
        ("fabs.fab-b", MINIMAL["fabs"]["fab-a"]),
        ("dies.gd.fabs", {"fab-a": {}, "fab-b": {}}),
        ("dies.gd.bins", {"top": 0.4, "rest": 0.6}),
        ("chips.gpu.boms.a.dies", {"top": 1, "rest": 1}),
    )
    made = {name: level for name, level in found.items() if name.startswith("wafers:")}
    assert made == pytest.approx({"wafers:gd:fab-a": 10 / (30 * 0.4)})


def test_a_market_had_nothing_of_fabs_that_started_nothing():
    assert history(("fabs.fab-a.wafer_starts", 0), ("markets.phones", PHONES)) == {}


def test_shares_of_the_wafers_in_work_are_of_wafers_also_where_fabs_get_different_numbers_of_dies_from_one():
    """A wafer of the slower fab is finished in the third quarter, when all dies are good: sixty against thirty."""
    fab = MINIMAL["fabs"]["fab-a"]
    found = history(
        ("chips.gpu.running_rate", 3),
        ("fabs.fab-b", fab | {"cycle_factor": 2}),
        ("dies.gd.fixed_yield", {"steps": {"2027Q1": 0.5, "2027Q3": 1}}),
        ("dies.gd.fabs", {"fab-a": {"opening_share": 0.5}, "fab-b": {"opening_share": 0.5}}),
    )
    # Twenty thousand dies a quarter are two thousand wafers of forty-five each in the mean.
    assert found["wafers:gd:fab-a"] == pytest.approx(20 / 90)
    assert found["wafers:gd:fab-b"] == pytest.approx(20 / 90)


def test_better_bins_stood_in_for_lesser_ones_in_what_ran_before():
    """Six of thirty good dies are of the better sort; two of either go into a package: ten thousand a quarter."""
    both = {"dies": {"gd-a": 1, "gd-b": 1}, "hbm": {"h4": 8}, "technology": "l", "packages_per_wafer": 10}
    few = history(
        ("chips.gpu.running_rate", 3), ("dies.gd.bins", {"gd-a": 0.2, "gd-b": 0.8}), ("chips.gpu.boms.a", both)
    )
    assert few["wafers:gd:fab-a"] == pytest.approx(10 / 6)
    many = history(
        ("chips.gpu.running_rate", 3), ("dies.gd.bins", {"gd-a": 0.9, "gd-b": 0.1}), ("chips.gpu.boms.a", both)
    )
    assert many["wafers:gd:fab-a"] == pytest.approx(20 / 30)  # not 10 / 3: better ones are left over


def test_shares_of_stacks_are_of_stacks_also_where_makers_get_different_numbers_from_a_wafer():
    """Eighty thousand stacks a quarter: twenty of one maker, twenty a wafer, and sixty of the other, forty a wafer."""
    mem = MINIMAL["memory_makers"]["mem"]
    offers = {"h4": {"good_dies": 500, "stack_yield": 0.8}}
    found = history(
        ("chips.gpu.running_rate", 3),
        ("memory_makers.mem.opening_share", {"green": 0.25}),
        ("memory_makers.other", mem | {"offers": offers, "opening_share": {"green": 0.75}}),
    )
    assert (found["hbm:h4:green:mem"], found["hbm:h4:green:other"]) == pytest.approx((20 / 20, 60 / 40))

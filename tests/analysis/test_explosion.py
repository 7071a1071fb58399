"""The explosion of one good package, worked by hand on round numbers."""

from __future__ import annotations

from datetime import date

import pytest
from round_chain import chain, known

from fabopt.analysis.explosion import explode
from fabopt.analysis.ranges import Range, range_at, weighted_mean
from fabopt.domain.quantity_field import In
from fabopt.domain.rules import problems
from fabopt.errors import StudyError

DAY = date(2027, 1, 1)


def test_the_round_chain_is_sound():
    assert problems(chain()) == []


def test_one_good_package_by_hand():
    needs = explode(chain(), "gpu", DAY)
    # Assembly yield 0.8: 1.25 packages are started for a good one.
    assert needs.started.value == pytest.approx(1.25)
    # 2 dies each, 50 a wafer, half good: 2.5 dies from 0.1 wafers.
    assert needs.dies["die"].value == pytest.approx(2.5)
    assert needs.die_wafers["die"].value == pytest.approx(0.1)
    # 4 stacks each; 200 good dies x 0.5 / 10 a stack = 10 stacks a wafer: 5 stacks from 0.5 DRAM wafers.
    assert needs.stacks["h"].value == pytest.approx(5.0)
    assert needs.stack_wafers["h"].value == pytest.approx(0.5)
    # 10 interposers a wafer, half good.
    assert needs.interposer_wafers.value == pytest.approx(0.25)
    assert needs.components["s"].value == pytest.approx(1.25)
    # 0.1 x 10 + 0.5 x 2 exposures.
    assert needs.node_wafers == {"n": needs.die_wafers["die"], "d": needs.stack_wafers["h"]}
    assert needs.exposures["euv"].value == pytest.approx(2.0)


def test_the_range_comes_from_the_only_number_that_has_one():
    # Die yield 0.4 to 0.8 around 0.5: wafers 0.125 to 0.0625.
    wafers = explode(chain(), "gpu", DAY).die_wafers["die"]
    assert (wafers.low, wafers.value, wafers.high) == pytest.approx((0.0625, 0.1, 0.125))


def test_a_wafer_scale_part_takes_a_wafer_and_neither_hbm_nor_interposer():
    needs = explode(chain(), "slab", DAY)
    assert needs.die_wafers == {"whole": Range(1.0, 1.0, 1.0)}
    assert needs.stacks == needs.stack_wafers == needs.components == {}
    assert needs.interposer_wafers.value == 0.0
    assert needs.exposures["euv"].value == pytest.approx(10.0)


def test_stacks_come_from_qualified_makers_in_proportion_to_their_lines():
    # A gives 10 stacks a wafer on 30 thousand wafers, B 20 on 10: 12.5 a wafer once both are qualified.
    both = chain({"memory_makers.b.qualified": {"x": {"h": 2026}}})
    assert explode(both, "gpu", DAY).stack_wafers["h"].value == pytest.approx(5.0 / 12.5)


def test_a_maker_that_can_still_be_qualified_counts_only_where_nobody_is():
    open_case = {"lead": 6, "cost": 1, "wafers": 0}
    beside = chain({"memory_makers.b.qualifying": {"x": {"h": open_case}}})
    assert explode(beside, "gpu", DAY).stack_wafers["h"].value == pytest.approx(0.5)
    alone = chain({"memory_makers.b.qualifying": {"x": {"h": open_case}}, "memory_makers.a.qualified": {}})
    assert explode(alone, "gpu", DAY).stack_wafers["h"].value == pytest.approx(0.25)


def test_yields_are_read_at_the_date():
    rising = {"linear": {"2027-01-01": 0.5, "2028-01-01": 1.0}}
    maturing = chain({"dies.die.fixed_yield": rising})
    assert explode(maturing, "gpu", date(2028, 1, 1)).die_wafers["die"].value == pytest.approx(0.05)


BINS = {"dies.die.bins": {"fast": 0.25, "slow": 0.75}}


@pytest.mark.parametrize(
    ("dies", "wafers"),
    [
        # 25 good dies a wafer, 6.25 of them fast; 1.25 packages started.
        ({"fast": 2}, 2.5 / 6.25),
        # All good dies can serve as slow ones: the better bin is downgraded.
        ({"slow": 2}, 2.5 / 25),
        # Fast ones decide: 1.25 of them take 0.2 wafers, which hold enough for the slow ones too.
        ({"fast": 1, "slow": 1}, 1.25 / 6.25),
        # Here all dies together decide: 1.25 fast (0.2 wafers) and 6.25 slow, 7.5 in all of 25.
        ({"fast": 1, "slow": 5}, 7.5 / 25),
    ],
)
def test_bins_take_the_wafers_of_the_scarcest(dies, wafers):
    binned = chain(BINS | {"chips.gpu.boms.main.dies": dies})
    assert explode(binned, "gpu", DAY).die_wafers["die"].value == pytest.approx(wafers)


def test_the_first_bill_counts_unless_one_is_named():
    two = chain({"chips.gpu.boms.small": {"dies": {"die": 1}}})
    assert explode(two, "gpu", DAY).bom == "main"
    assert explode(two, "gpu", DAY, "small").die_wafers["die"].value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("chip", "bom", "says"),
    [
        ("gpuu", None, "no chip 'gpuu'; did you mean 'gpu'?"),
        ("gpu", "mian", "no bill of materials 'mian'; did you mean 'main'?"),
        ("zzz", None, "It has gpu, slab"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(chip, bom, says):
    with pytest.raises(StudyError) as caught:
        explode(chain(), chip, DAY, bom)
    assert says in str(caught.value)


def test_a_chip_that_is_no_longer_made_has_no_explosion():
    with pytest.raises(StudyError, match="in the field only"):
        explode(chain({"chips.slab.boms": {}}), "slab", DAY)


def test_a_series_carries_its_range_between_its_points():
    quantity = In("1", ge=0, series=True).read(
        {"linear": {"2027-01-01": known(1.0, 0.5, 2.0), "2027-01-11": known(2.0, 1.5, 4.0)}}
    )
    assert range_at(quantity, date(2027, 1, 6)) == Range(1.0, 1.5, 3.0)


def test_a_mean_without_weights_is_plain():
    parts = [(0.0, Range(1, 2, 3)), (0.0, Range(3, 4, 5))]
    assert weighted_mean(parts) == Range(2.0, 3.0, 4.0)

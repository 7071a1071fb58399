"""Die yield and wafer geometry against values worked by hand and published figures."""

from __future__ import annotations

import math
from datetime import date

import pytest

from fabopt.domain.lithography import ScannerClass
from fabopt.domain.nodes import Die, Node, die_yield, gross_dies_per_wafer


@pytest.mark.parametrize(
    ("model", "worked_by_hand"),
    [
        ("poisson", 0.36787944),  # e^-1
        ("murphy", 0.39957640),  # (1 - e^-1)^2
        ("seeds", 0.5),  # 1 / (1 + 1)
        ("negative-binomial", 0.44444444),  # (1 + 1/2)^-2
    ],
)
def test_one_expected_fault_per_die_gives_the_yield_of_the_formula(model, worked_by_hand):
    assert die_yield(model, 2.0, 0.5, 2.0) == pytest.approx(worked_by_hand, abs=1e-8)


@pytest.mark.parametrize("model", ["poisson", "murphy", "seeds", "negative-binomial"])
def test_no_defects_give_yield_one_and_more_defects_give_less(model):
    assert die_yield(model, 8.0, 0.0) == 1.0
    falling = [die_yield(model, 8.0, density) for density in (0.01, 0.05, 0.1, 0.2, 0.5)]
    assert falling == sorted(falling, reverse=True)
    assert all(0.0 < share < 1.0 for share in falling)


def test_negative_binomial_is_seeds_at_clustering_one_and_poisson_without_clustering():
    assert die_yield("negative-binomial", 3.0, 0.2, 1.0) == pytest.approx(die_yield("seeds", 3.0, 0.2))
    assert die_yield("negative-binomial", 3.0, 0.2, 1e7) == pytest.approx(die_yield("poisson", 3.0, 0.2), rel=1e-6)


def test_the_models_stand_in_the_textbook_order_of_optimism():
    # Stapper 1983: at the same density Poisson is lowest, Seeds highest, Murphy between.
    poisson, murphy, seeds = (die_yield(model, 8.0, 0.1) for model in ("poisson", "murphy", "seeds"))
    assert poisson < murphy < seeds


def test_gross_dies_of_100_mm2_on_300_mm_by_hand():
    # pi 147^2 / 100 - pi 294 / sqrt(200) = 678.867 - 65.311
    assert gross_dies_per_wafer(100.0) == pytest.approx(613.556, abs=0.001)


def test_gross_dies_of_an_h100_lie_in_the_published_range():
    # 814 mm2; 60 to 65 gross dies per wafer are published (fact F050).
    assert 60.0 <= gross_dies_per_wafer((math.sqrt(814.0) + 0.1) ** 2) <= 65.0


def test_a_part_larger_than_the_wafer_has_no_dies():
    assert gross_dies_per_wafer(80_000.0) == 0.0


NODE = {
    "name": "N",
    "cycle_time": 3,
    "wafer_price": 10000,
    "defect_density": {"linear": {"2027-01-01": 0.2, "2027-12-31": 0.1}},
    "yield_model": "seeds",
}
DIE = {"name": "D", "designer": "x", "node": "n", "area": 1000, "fabs": {}}


def test_harvest_sells_its_share_of_the_defective_dies():
    # 10 cm2 at 0.2 defects: Seeds 1/3 good; half of the other 2/3 sell too.
    die = Die.model_validate(DIE | {"harvest": 0.5})
    share = die.good_share(Node.model_validate(NODE), date(2026, 1, 1), date(2026, 4, 1))
    assert share == pytest.approx(1 / 3 + 0.5 * 2 / 3)


def test_yield_rises_as_the_node_matures():
    die, node = Die.model_validate(DIE), Node.model_validate(NODE)
    early = die.good_share(node, date(2027, 1, 1), date(2027, 1, 2))
    late = die.good_share(node, date(2028, 1, 1), date(2028, 4, 1))
    assert early == pytest.approx(1 / 3, rel=1e-3)
    assert late == pytest.approx(0.5)


def test_a_stated_yield_goes_before_the_defect_density_and_stated_dies_before_geometry():
    die = Die.model_validate(DIE | {"fixed_yield": 0.9, "dies_per_wafer": 1})
    node = Node.model_validate(NODE)
    assert die.good_share(node, date(2027, 1, 1), date(2027, 4, 1)) == pytest.approx(0.9)
    assert die.gross_dies(node) == 1.0


def test_nameplate_passes_are_hours_times_availability_times_throughput():
    # 220 exposures/h x 0.775 x 8766/12 h = 124,550 a month; half fields leave half.
    raw = {
        "name": "EUV",
        "maker": "m",
        "throughput": 220,
        "availability": 0.775,
        "passes": 50,
        "price": 1,
        "output": 1,
        "delivery_lead": 1,
        "qualification_lead": 1,
    }
    assert ScannerClass.model_validate(raw).nameplate_passes() == pytest.approx(124.55, abs=0.01)
    half = ScannerClass.model_validate(raw | {"half_field_factor": 0.5})
    assert half.nameplate_passes() == pytest.approx(62.275, abs=0.01)

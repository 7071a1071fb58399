"""Caps on a supplier's share of a lab's compute: optima by hand, each limit binding, prices, windows."""

import numpy as np
import pytest
from diversity_cases import chain, levels, planned

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.results.exposure import exposure_rows
from fabopt.solve.run import solve

FREE = 10 * (60 - 3)
"""Without limits: 10 GPUs a quarter with good stacks run for 3, 2 and 1 quarters, worth 10 each, for 1 each."""


def test_without_limits_the_cheapest_chip_and_maker_are_taken():
    net, plan = planned()
    assert plan.objective == pytest.approx(FREE)
    assert levels(net, plan, "good") == [10, 10, 10]


def test_no_designer_above_60_per_cent_makes_four_asics_in_ten():
    net, plan = planned(diversity={"two": {"of": "designer", "share": 0.6}})
    assert levels(net, plan, "build") == [4, 4, 4]
    assert levels(net, plan, "good") == [6, 6, 6]
    assert plan.objective == pytest.approx(FREE - 12 * 3)


def test_over_a_window_the_other_designers_chips_come_first_where_they_run_longest():
    """60 chip-quarters in all: 24 of them on ASICs, at 3 extra each, cost least as 8 ASICs run for 3 quarters."""
    net, plan = planned(diversity={"two": {"of": "designer", "suppliers": ["merlin"], "share": 0.6, "by": "window"}})
    assert levels(net, plan, "build") == [8, 0, 0]
    assert plan.objective == pytest.approx(FREE - 8 * 3)


def test_a_cap_over_each_year_binds_in_the_year_in_which_it_holds():
    """The horizon runs to 2028Q1: 2027 has 10, 20, 30 and 40 chips running, 2028 has 50; the cap holds in 2028."""
    net, plan = planned(chain(5), diversity={"two": {"of": "designer", "share": 0.6, "by": "year", "since": 2028}})
    assert sum(levels(net, plan, "build")) == pytest.approx(20)
    assert plan.objective == pytest.approx(10 * 150 - 30 - 20 * 4)


def test_no_memory_maker_above_half_has_half_of_the_stacks_made_by_the_spare_one():
    """Half of each quarter's compute must be possible without the good maker: spare stacks cost 2 more."""
    net, plan = planned(diversity={"two": {"of": "memory-maker", "suppliers": ["good"], "share": 0.5}})
    assert levels(net, plan, "spare") == [5, 5, 5]
    assert plan.objective == pytest.approx(FREE - 15 * 2)


def test_regions_owners_and_memory_makers_are_capped_alike_where_they_are_the_same():
    limit = {"share": 0.3, "by": "period"}
    found = [
        planned(diversity={"cap": {"of": kind, "suppliers": [name], **limit}})[1].objective
        for kind, name in (("region", "east"), ("owner", "good"), ("memory-maker", "good"))
    ]
    assert found == pytest.approx([FREE - 21 * 2] * 3)


def test_the_fleet_at_the_decision_date_is_nobodys():
    """20 of 30 run on the opening fleet: the good maker's 10 are a third in 2027Q1, half in 2027Q2, 60 % in 2027Q3."""
    net, plan = planned(
        chain(opening=20), diversity={"half": {"of": "memory-maker", "suppliers": ["good"], "share": 0.5}}
    )
    assert levels(net, plan, "spare") == [0, 0, 5]
    assert plan.objective == pytest.approx(FREE + 20 * 3 * 10 - 5 * 2)


def test_a_cap_of_nothing_keeps_a_region_out():
    net, plan = planned(diversity={"none": {"of": "region", "suppliers": ["east"], "share": 0}})
    assert levels(net, plan, "good") == [0, 0, 0]
    assert levels(net, plan, "spare") == [10, 10, 10]


def test_the_price_of_a_cap_is_the_gain_of_one_unit_of_compute_more():
    """With one unit of compute more on the GPU, one ASIC less is built in the first quarter: 3 saved, over time."""
    raw = chain(periods=1)
    _, plan = planned(raw, diversity={"two": {"of": "designer", "suppliers": ["merlin"], "share": 0.6}})
    (state,) = [s for s in plan.limits if s.entity == "diversity:two:lab:merlin"]
    assert state.price == pytest.approx(3.0)
    assert (state.source.kind, state.owner, state.unit) == ("policy", "lab", "kH100e")
    assert state.name == "two: share of Merlin in lab's compute"


def test_rows_that_only_say_what_remains_are_no_limits():
    net, plan = planned(diversity={"two": {"of": "memory-maker", "suppliers": ["good"], "share": 0.5}})
    assert net.definitions
    assert {s.entity for s in plan.limits if s.family == "share_cap"} == {"diversity:two:lab:good"}


def test_limits_that_name_another_lab_say_nothing_of_this_one():
    raw = chain()
    raw["network"]["materials"]["other"] = {}
    raw["network"]["demands"]["more"] = {"material": "other", "quantity": 1, "weight": 1, "tags": {"lab": "other"}}
    _, plan = planned(raw, diversity={"two": {"of": "designer", "share": 0.6, "labs": ["other"]}})
    assert plan.objective == pytest.approx(FREE)


def test_the_share_that_a_cap_holds_is_the_exposure_that_the_result_reports():
    net, plan = planned(chain(opening=20), diversity={"half": {"of": "region", "share": 0.45}})
    rows = exposure_rows(net, plan)
    found = {
        (kind, name, period): share
        for kind, name, period, share in zip(rows["kind"], rows["supplier"], rows["period"], rows["share"], strict=True)
    }
    east = [found["region", "east", period.label] for period in net.periods]
    good = np.cumsum(levels(net, plan, "good"))
    assert east == pytest.approx((good / [30, 40, 50]).tolist())
    assert east[0] == pytest.approx(1 / 3)
    assert max(east) == pytest.approx(0.45)  # 22.5 of the 50 that run at last
    assert sum(levels(net, plan, "spare")) == pytest.approx(7.5)


def test_tables_of_the_chain_know_nothing_of_what_remains():
    data = Instance.model_validate({**chain(), "resilience": {"x": {"of": "memory-maker", "share": 0.5}}})
    net = lower(data)
    solution = solve(net, SolveOptions(gap=0.0))
    tables = {spec.name: frame for spec, frame in core_and_domain(net, solution).items()}
    assert set(tables["windows"]["id"].str.split(":").str[0]) == {"resilience"}
    copies = tables["activities"].query("stage == 'resilience'")
    assert len(copies) > 0
    assert not tables["flows"]["id"].isin(set(copies["id"])).any()
    assert not tables["costs"]["id"].isin(set(copies["id"])).any()


def test_an_instance_without_limits_is_lowered_as_before():
    net, _ = planned()
    assert (net.groups, net.definitions, net.remainders) == ((), (), ())
    assert not any(a.tags.stage == "resilience" for a in net.activities)

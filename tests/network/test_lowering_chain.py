"""Wafers, stacks, substrates, lines and tools lowered to the process network, against arithmetic done by hand."""

from __future__ import annotations

from typing import Any

import pytest
from chain_cases import amounts, lowered

from fabopt.network.tables import Material, Network

SUBSTRATE: dict[str, Any] = {
    "name": "ABF",
    "owner": "makers",
    "region": "island",
    "capacity": 10,
    "price": 100,
    "gross_margin": 0.3,
    "depreciation": 0.2,
    "lead": 3,
}
STEPS: dict[str, Any] = {"step": 2, "cost": 100, "lead": 6, "ramp": [0.5, 1], "max_steps": 4}


def material(net: Network, name: str) -> Material:
    return next(m for m in net.materials if m.id == name)


def test_a_fab_that_takes_twice_as_long_spreads_exposures_over_two_quarters_and_gives_dies_after_them():
    net = lowered(("fabs.fab-a.cycle_factor", 2))
    assert amounts(net, "wafers:gd:fab-a", "die:gd") == pytest.approx({2: 30.0})
    # Starts are even over a quarter: a quarter of the 20 exposures falls in the first, half of them in the second.
    assert amounts(net, "wafers:gd:fab-a", "exposures:euv:fab-a") == pytest.approx({0: 5.0, 1: 10.0, 2: 5.0})


def test_less_than_one_exposure_a_wafer_is_counted():
    net = lowered(("nodes.n3.exposures.euv", 0.5))
    assert amounts(net, "wafers:gd:fab-a", "exposures:euv:fab-a") == pytest.approx({0: 0.25, 1: 0.25})


def test_a_downgraded_die_or_chip_is_taken_from_the_better_and_the_stock_is_of_the_best():
    lesser = {"name": "Lesser", "designer": "green", "price": 1, "it_power": 1, "performance": {"train": 1}}
    net = lowered(
        ("dies.gd.bins", {"top": 0.4, "rest": 0.6}),
        ("dies.gd.stock", 7),
        ("chips.gpu.boms.a.dies", {"rest": 2}),
        ("chips.small", lesser),
        ("chips.gpu.sells_as", ["small"]),
    )
    assert amounts(net, "downgrade:top:rest", "die:top") == {0: -1.0}
    assert amounts(net, "sell-as:gpu:small", "chip:gpu") == {0: -1.0}
    assert [material(net, f"die:{bin}").opening for bin in ("top", "rest")] == [7.0, 0.0]
    assert [material(net, f"die:{bin}").storable for bin in ("top", "rest")] == [True, True]


def test_a_substrate_costs_its_price_without_margin_and_depreciation_and_arrives_after_its_lead_time():
    net = lowered(("substrates.abf", SUBSTRATE), ("chips.gpu.boms.a.substrates", {"abf": 2}))
    made = "substrate:abf:green"
    assert amounts(net, made, made) == {1: 1.0}
    assert amounts(net, made, "substrate:abf") == {0: 1.0}
    assert amounts(net, "package:gpu:a:line", made) == {0: -2.0}
    cost = next(a.cost for a in net.activities if a.id == made)
    assert cost is not None
    assert cost[0] == pytest.approx(0.05)  # 100 USD x (1 - 30 % - 20 %), in million USD for a thousand


@pytest.mark.parametrize(
    ("where", "resource"),
    [
        ("packaging_lines.line", "packaging:line"),
        ("memory_makers.mem", "stacking:mem"),
        ("substrates.abf", "substrate:abf"),
        ("fabs.fab-a", "starts:fab-a"),
    ],
)
def test_a_step_adds_its_monthly_capacity_times_three_a_quarter_after_its_lead_time_along_its_ramp(where, resource):
    net = lowered(
        ("substrates.abf", SUBSTRATE),
        ("chips.gpu.boms.a.substrates", {"abf": 2}),
        (f"{where}.expansion", STEPS | ({"space": 3} if where.startswith("fabs") else {})),
    )
    effects = {e.resource: e for e in net.unit_effects if e.unit.startswith("expand:")}
    assert (effects[resource].first_age, effects[resource].profile.tolist()) == (2, [3.0, 6.0])
    unit = next(u for u in net.units if u.id == effects[resource].unit)
    assert (unit.total, unit.lead) == (4.0, 2.0)
    assert unit.upper is not None
    assert unit.upper.tolist() == [1.0] * 10 + [0.0] * 2  # what would run only after the horizon is not ordered
    if where.startswith("fabs"):
        assert (effects["space:fab-a"].first_age, effects["space:fab-a"].profile.tolist()) == (2, [3.0])


def test_a_qualification_of_two_and_a_half_quarters_holds_wafers_so_long_and_opens_all_the_stacking_there_may_be():
    case = {"lead": 7.5, "cost": 30, "wafers": 1}
    net = lowered(
        ("memory_makers.mem.qualified", {}),
        ("memory_makers.mem.qualifying", {"green": {"h4": case}}),
        ("memory_makers.mem.expansion", STEPS),
    )
    effects = {e.resource: e for e in net.unit_effects if e.unit == "qualify:mem:h4:green"}
    assert effects["starts:dram-a"].profile.tolist() == [-3.0, -3.0, -1.5]
    # 60 kwafer a quarter stand, and four steps add 6 each; half of an order of even dates is there after two quarters.
    assert effects["qualified:mem:h4:green"].profile.tolist() == [42.0, 84.0]

"""Wafers, stacks, substrates, lines and tools lowered to the process network, against arithmetic done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chain_cases import MINIMAL, amounts, lowered

from fabopt.domain.base import FieldProblem
from fabopt.network.tables import Material, Network

MAKERS: dict[str, Any] = {
    "owner": "makers",
    "region": "island",
    "capacity": 10,
    "price": 100,
    "gross_margin": 0.3,
    "depreciation": 0.2,
    "lead": 3,
}
SUBSTRATE: dict[str, Any] = {"name": "ABF", "unit": "substrate", "sources": {"makers": MAKERS}}
STEPS: dict[str, Any] = {"step": 2, "cost": 100, "lead": 6, "ramp": [0.5, 1], "max_steps": 4}


def material(net: Network, name: str) -> Material:
    return next(m for m in net.materials if m.id == name)


def steps(where: str) -> dict[str, Any]:
    return STEPS | ({"space": 3} if where.startswith("fabs") else {})


def base(net: Network, name: str) -> np.ndarray:
    return next(r.base for r in net.resources if r.id == name)


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
    net = lowered(("components.abf", SUBSTRATE), ("chips.gpu.boms.a.components", {"abf": 2}))
    held = "component:abf:green"
    made = f"{held}:makers"
    assert amounts(net, made, held) == {1: 1.0}
    assert amounts(net, made, "component:abf:makers") == {0: 1.0}
    assert amounts(net, "package:gpu:a:line", held) == {0: -2.0}
    cost = next(a.cost for a in net.activities if a.id == made)
    assert cost is not None
    assert cost[0] == pytest.approx(0.05)  # 100 USD x (1 - 30 % - 20 %), in million USD for a thousand


@pytest.mark.parametrize(
    ("where", "resource"),
    [
        ("packaging_lines.line", "packaging:line"),
        ("memory_makers.mem", "stacking:mem"),
        ("components.abf.sources.makers", "component:abf:makers"),
        ("fabs.fab-a", "starts:fab-a"),
    ],
)
def test_a_step_adds_its_monthly_capacity_times_three_a_quarter_after_its_lead_time_along_its_ramp(where, resource):
    net = lowered(
        ("components.abf", SUBSTRATE),
        ("chips.gpu.boms.a.components", {"abf": 2}),
        (f"{where}.expansion", steps(where)),
    )
    effects = {e.resource: e for e in net.unit_effects if e.unit.startswith("expand:")}
    assert (effects[resource].first_age, effects[resource].profile.tolist()) == (2, [3.0, 6.0])
    (unit,) = [u for u in net.units if u.id.startswith("expand:")]
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


def test_projects_that_bring_what_must_be_qualified_are_told_where_they_need_a_limit():
    curve = {"curve": {3: 600, 6: 1000}, "lead": 12, "growth": 0.5}
    with pytest.raises(FieldProblem) as caught:
        lowered(
            ("memory_makers.mem.qualified", {}),
            ("memory_makers.mem.qualifying", {"green": {"h4": {"lead": 6, "cost": 30, "wafers": 1}}}),
            ("memory_makers.mem.expansion", curve),
        )
    assert caught.value.faults[0].path == ("memory_makers", "mem", "expansion", "max_total")


@pytest.mark.parametrize(("most", "totals"), [(0, []), (1, [1.0])])
@pytest.mark.parametrize(
    "where", ["packaging_lines.line", "memory_makers.mem", "components.abf.sources.makers", "fabs.fab-a"]
)
def test_an_expansion_of_no_step_is_no_decision_and_one_of_a_single_step_is(where, most, totals):
    net = lowered(("components.abf", SUBSTRATE), (f"{where}.expansion", steps(where) | {"max_steps": most}))
    assert [u.total for u in net.units if u.id.startswith("expand:")] == totals


def test_firm_tools_of_one_delivery_all_expose_after_qualification():
    net = lowered(("fabs.fab-a.scanners.euv.order_book", {"2027Q3": 2}))
    assert base(net, "exposures:euv:fab-a")[:4] == pytest.approx([750, 750, 750, 750 + 2 * 187.5])


@pytest.mark.parametrize(
    ("field", "value", "each"),
    [
        ("fabs.fab-a.wafer_starts", 0, 90),  # nothing to set passes from: those of the class
        ("nodes.n3.exposures", {}, 90),
        ("nodes.n3.exposures.euv", 0.05, 10 * 0.05 / (4 * 0.8)),
    ],
)
def test_passes_of_a_tool_are_set_from_a_fleet_that_is_in_use_and_else_those_of_its_class(field, value, each):
    assert base(lowered((field, value)), "exposures:euv:fab-a")[0] == pytest.approx(4 * each * 3)


def test_what_is_made_says_where_and_packages_wait():
    net = lowered(("scanners.euv.region", "coast"))
    assert next(r for r in net.resources if r.id == "output:euv").tags.region == "coast"
    assert next(a for a in net.activities if a.id == "package:gpu:a:line").tags.site == "line"
    assert material(net, "chip:gpu").storable


def test_half_of_a_market_waits_a_quarter_longer_where_its_patience_is_two_and_a_half():
    market = {"name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": 6, "floor": 0.5, "price": 20000, "patience": 7.5}
    more = {d.id: d for d in lowered(("markets", {"phones": market})).demands if d.id.startswith("more:")}
    assert {name: d.expiry for name, d in more.items()} == {"more:phones": 2, "more:phones:longer": 3}
    for demand in more.values():  # half of the nine above the floor
        assert demand.quantity[0] == pytest.approx(4.5)
        assert [step.width[0] for step in demand.steps] == pytest.approx([4.5])


def test_a_programme_is_paid_in_equal_parts_from_the_budget_of_the_lab_that_funds_it_and_no_other():
    other = MINIMAL["labs"]["lab"] | {"name": "Other", "budget": 4000}
    programme = {"funded_by": "lab", "non_recurring_cost": 60, "design_time": 6}
    net = lowered(("labs.lab.budget", 4000), ("labs.other", other), ("chips.gpu.programme", programme))
    paid = {b.id: [(t.id, t.shift, t.coefficient[0]) for t in b.terms if t.kind == "unit"] for b in net.budgets}
    assert paid == {"budget:lab": [("programme:gpu", 0, 30.0), ("programme:gpu", 1, 30.0)], "budget:other": []}

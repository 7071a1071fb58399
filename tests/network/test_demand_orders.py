"""Orders that follow demand, against arithmetic by hand for the chain in `chain_cases`.

The lab has 100 thousand accelerators of 3 H100 equivalents and wants 1,000 thousand in 2027 and 1,600 from 2028 on;
95 % of what runs survives a quarter. It lacks 1,000 - 285 in the first quarter, then 50 a quarter, 1,600 - 950 in
2028Q1, and 80 a quarter from then on.
"""

from __future__ import annotations

from typing import Any

import pytest
from chain_cases import MINIMAL, edited

from fabopt.domain.policies import Policy
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.orders import demand_orders, demand_starts
from fabopt.network.lowering.policy_scope import scope_of

LACKS = [715.0, 50.0, 50.0, 50.0, 650.0] + [80.0] * 7
GROWTH: list[tuple[str, Any]] = [
    ("labs.lab.demand.total", {"steps": {"2027Q1": 1000, "2028Q1": 1600}}),
    ("labs.lab.fleet", {"site": {"gpu": 100}}),
    ("chips.gpu.installation_lead", 3),
    ("packaging_lines.line.interposer_time", 6),
]
MAKERS = {"owner": "makers", "region": "island", "capacity": 10, "price": 100, "lead": 3}
SUBSTRATE = {"name": "ABF", "unit": "substrate", "sources": {"makers": MAKERS}}
OTHER_MAKER = MINIMAL["memory_makers"]["mem"] | {"name": "Other", "owner": "other", "stacking": 60}


def orders(on: dict[str, list[str]], *changes: tuple[str, Any]) -> dict[str, list[float]]:
    policy = {"splits": on, "rule": "proportional", "orders": "demand"}
    chain, net = lower_chain(edited(*GROWTH, *changes))
    scope = scope_of(chain, net, "split", Policy.model_validate(policy))
    return {
        name: amount.tolist() for name, amount in demand_orders(chain, scope.use, demand_starts(chain, net)).items()
    }


def later(quarters: int, each: float) -> list[float]:
    """What is wanted so many quarters later, times an amount for each; as at the end after the horizon."""
    return [each * lacked for lacked in [*LACKS[quarters:], *[LACKS[-1]] * quarters]]


def test_a_lab_orders_what_its_fleet_lacks_as_accelerators_of_the_chips_that_are_split():
    # They are shipped a quarter before they run: what runs in the first was shipped before the decision date.
    assert orders({"chips": ["gpu"]}) == {"lab": pytest.approx(later(1, 1 / 3))}
    small = {"name": "Small", "designer": "green", "price": 1, "it_power": 1, "performance": {"train": 1}}
    assert orders({"chips": ["small"]}, ("chips.small", small)) == {}


def test_lines_are_asked_for_interposer_wafers_installation_assembly_and_interposer_time_ahead():
    each = 1 / 3 / 0.9 / (10 * 0.8)
    good = ("packaging_lines.line.interposer_yield", 0.8)
    assert orders({"packaging_lines": ["line"]}, good) == {"green": pytest.approx(later(4, each))}
    two = ("packaging_lines.other", MINIMAL["packaging_lines"]["line"] | {"name": "Other", "capacity": 15})
    # Of four wafers one is this line's, with eight good packages; the three others have ten each: 38 in all.
    assert orders({"packaging_lines": ["line"]}, good, two) == {"green": pytest.approx(later(4, 1 / 3 / 0.9 / 38))}
    assert orders({"packaging_lines": ["line"]}, ("packaging_lines.line.capacity", 0)) == {"green": [0.0] * 12}


def test_makers_are_asked_for_wafers_to_stack_by_their_capacity_and_their_fabs_a_cycle_earlier():
    # Eight stacks a package, twenty a wafer (250 good dies x 80 % / 10); a quarter of the stacking is this maker's.
    each = 8 / 20 / 3 / 0.9
    two = ("memory_makers.other", OTHER_MAKER)
    assert orders({"memory_makers": ["mem"]}, two) == {"green": pytest.approx(later(3, 0.25 * each))}
    assert orders({"memory_makers": ["mem", "other"]}, two) == {"green": pytest.approx(later(3, each))}
    assert orders({"fabs": ["dram-a"]}) == {"green": pytest.approx(later(4, each))}


def test_a_maker_that_is_neither_qualified_nor_qualifying_is_asked_for_nothing():
    two = ("memory_makers.other", OTHER_MAKER | {"qualified": {}})
    assert orders({"memory_makers": ["other"]}, two) == {}
    case = {"lead": 6, "cost": 30, "wafers": 1}
    two = ("memory_makers.other", OTHER_MAKER | {"qualified": {}, "qualifying": {"green": {"h4": case}}})
    assert orders({"memory_makers": ["other"]}, two) == {"green": pytest.approx(later(3, 0.75 * 8 / 20 / 3 / 0.9))}


def test_substrates_are_asked_for_their_delivery_and_assembly_ahead():
    changes = [("components.abf", SUBSTRATE), ("chips.gpu.boms.a.components", {"abf": 2})]
    assert orders({"components": ["abf"]}, *changes) == {"green": pytest.approx(later(3, 2 / 3 / 0.9))}


def test_fabs_are_asked_for_wafers_of_dies_a_cycle_before_assembly_and_by_other_buyers_for_what_they_take():
    market = {"name": "Phones", "quantity": 2, "price": 15000, "floor": 0.5, "fabs": {"fab-a": "n3"}}
    found = orders({"fabs": ["fab-a"]}, ("markets.phones", market))
    # Two dies a package, thirty good ones a wafer. Two thousand wafers a month are six a quarter.
    assert found == {"green": pytest.approx(later(3, 2 / 30 / 3 / 0.9)), "phones": pytest.approx([6.0] * 12)}


def test_the_newest_chip_of_a_designer_is_ordered_from_its_first_day_on_and_one_that_serves_no_need_never():
    newer = MINIMAL["chips"]["gpu"] | {"name": "Newer", "available": "2028-02-15", "performance": {"train": 5}}
    useless = MINIMAL["chips"]["gpu"] | {"name": "Useless", "available": "2027Q2", "performance": {"serve": 9}}
    changes = [
        ("workloads.serve", {"name": "Serving"}),
        ("chips.newer", newer),
        ("chips.useless", useless),
    ]
    before = 45 / 91  # days of 2028Q1 before 15 February
    old = [lacked / 3 for lacked in LACKS[1:4]] + [before * 650 / 3] + [0.0] * 8  # shipped a quarter ahead
    new = [0.0] * 4 + [(1 - before) * 650 / 5] + [80 / 5] * 7
    assert orders({"chips": ["gpu"]}, *changes) == {"lab": pytest.approx(old)}
    assert orders({"chips": ["newer"]}, *changes) == {"lab": pytest.approx(new)}
    assert orders({"chips": ["useless"]}, *changes) == {"lab": [0.0] * 12}


def test_a_chip_with_a_programme_is_ordered_from_when_it_could_be_had_if_it_were_funded_at_once():
    """Design of 4.5 months and half of a respin of 3, a cycle of 3 and assembly of 3: twelve months, four quarters."""
    programme = {
        "funded_by": "lab",
        "non_recurring_cost": 60,
        "design_time": 4.5,
        "respin_chance": 0.5,
        "respin_time": 3,
    }
    own = MINIMAL["chips"]["gpu"] | {"name": "Own", "boms": {"a": {"dies": {"gd": 1}}}, "assembly_time": 3}
    found = orders({"chips": ["own"]}, ("chips.own", own | {"programme": programme}))
    assert found == {"lab": pytest.approx([0.0] * 4 + [650 / 3] + [80 / 3] * 7)}

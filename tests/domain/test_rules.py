"""Rules of an instance as a whole: each is broken by a change to the tutorial, and not broken at its very limit."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_cases import faults

import fabopt
from fabopt.domain.rules import problems

INSTANCES = sorted(path.parent for path in (Path(__file__).parents[2] / "instances").glob("**/instance.yaml"))


@pytest.mark.parametrize("folder", INSTANCES, ids=lambda path: path.name)
def test_the_instances_of_the_project_keep_all_rules(folder: Path):
    assert problems(fabopt.load(folder).data) == []


# Each: changes that break a rule, where it must be said, and part of the sentence.
BROKEN = [
    ({"horizon.reported_until": "2026Q4"}, "horizon.reported_until", "before the decision date"),
    ({"currencies": {"USD": 1}}, "currencies.USD", "no rate is needed"),
    ({"pins": {"activities": {"x": {"2027Q1": -1}}}}, "pins.activities.x.2027Q1", "cannot be negative"),
    ({"barred_flows": [{"origin": "atlantis", "destination": "atlantis"}]}, "barred_flows.0.destination", "itself"),
    (
        {"barred_flows": [{"origin": "atlantis", "destination": "lemuria", "since": 2028, "until": 2027}]},
        "barred_flows.0.until",
        "before it begins",
    ),
    (
        {"chips.falcon.last_start": 2025, "chips.falcon.available": "2026-06"},
        "chips.falcon.last_start",
        "before it begins",
    ),
    (
        {"components.large.sources.laminates.available": 2031},
        "components.large.sources.laminates.available",
        "this source never delivers",
    ),
    (
        {"fabs.north.expansion.curve": {"10": 100}},
        "fabs.north.expansion.step",
        "an expansion by projects on a cost curve has no 'step'",
    ),
    ({"sites.plains.expansion.max_steps": 3}, "sites.plains.expansion.max_steps", "has no 'max_steps'"),
    ({"fabs.north.expansion.first": 2031}, "fabs.north.expansion.first", "no step or project can be started"),
    (
        {"memory_makers.bitstack.offers.hbm-a.available": 2031},
        "memory_makers.bitstack.offers.hbm-a.available",
        "never comes from this maker",
    ),
    (
        {"dies.slate-wafer.fabs.north": {"available": 2031}},
        "dies.slate-wafer.fabs.north.available",
        "ever makes the die",
    ),
    ({"outcomes.power-2027.until": "2026Q1"}, "outcomes.power-2027.until", "before it begins"),
    ({"fabs.north.scanners.euv.order_book": {"2028Q1": 7}}, "scanners.euv.output", "order books hold 7 tools"),
    ({"fabs.south.scanners.euv.passes": 200}, "fabs.south.scanners.euv.passes", "nameplate"),
    ({"fabs.north.nodes": ["n3", "n3"]}, "fabs.north.nodes", "twice"),
    ({"nodes.d1b.kind": "logic"}, "memory_makers.bitstack.node", "kind 'dram'"),
    (
        {"hbm.hbm-b": {"name": "B", "capacity": 48, "core_dies": 16, "price": 700}}
        | {"memory_makers.bitstack.qualified.merlin.hbm-b": 2027},
        "memory_makers.bitstack.qualified.merlin.hbm-b",
        "does not offer 'hbm-b'",
    ),
    (
        {"hbm.hbm-b": {"name": "B", "capacity": 48, "core_dies": 16, "price": 700}}
        | {"chips.falcon.boms.standard.hbm": {"hbm-b": 8}},
        "chips.falcon.boms.standard.hbm.hbm-b",
        "no memory maker offers",
    ),
    ({"dies.osprey-die.fabs": {}}, "dies.osprey-die.fabs", "no fab makes this die"),
    ({"dies.osprey-die.bins": {"falcon-die": 1.0}}, "dies.osprey-die.bins.falcon-die", "also the name of a die"),
    (
        {"chips.slate.boms.standard.packages_per_wafer": 4},
        "chips.slate.boms.standard.packages_per_wafer",
        "no effect without a packaging technology",
    ),
    (
        {"chips.osprey.boms.standard.interposer_area": 69000},
        "chips.osprey.boms.standard.interposer_area",
        "no interposer of 69000 mm2",
    ),
    (
        {"packaging_lines.bridgeworks.technologies": ["interposer", "fan-out"]}
        | {
            "packaging_lines.other": {
                "name": "Other",
                "owner": "o",
                "region": "atlantis",
                "technologies": ["fan-out"],
                "capacity": 1,
                "wafer_price": 1,
                "interposer_time": 1,
                "assembly_time": 1,
            },
            "chips.falcon.boms.standard.lines": ["other"],
        },
        "chips.falcon.boms.standard.lines.0",
        "does not offer 'interposer'",
    ),
    ({"chips.falcon.boms": {}}, "chips.falcon.boms", "of no bill of materials"),
    ({"chips.osprey.boms": {}}, "chips.osprey.boms", "nobody has one in the field"),
    ({"chips.slate.performance": {}}, "chips.slate.performance", "no workload runs on it"),
    ({"chips.slate.design_start": "2026Q1"}, "chips.slate.design_start", "without 'design_cycle'"),
    ({"chips.osprey.running_rate": 1}, "chips.osprey.running_rate", "available only from"),
    ({"chips.falcon.sells_as": ["falcon"]}, "chips.falcon.sells_as", "'falcon' sells as 'falcon'"),
    ({"labs.borealis.designers": {}}, "labs.borealis.designers", "no designer's chips"),
    ({"labs.aurora.fleet.coast": {"falcon": 1}}, "labs.aurora.fleet.coast", "belongs to 'borealis'"),
    (
        {"labs.borealis.fleet.coast": {"slate": 1}, "labs.borealis.demand.split": {"training": 1}},
        "labs.borealis.fleet.coast.slate",
        "runs none of the workloads",
    ),
    (
        {"labs.aurora.demand.split.training": {"steps": {"2027Q1": 0.4, "2028Q1": 0.7}}},
        "labs.aurora.demand.split",
        "on 2028-01-01",
    ),
    ({"sites.plains.expansion.curve": {"100": 1200, "500": 1000}}, "sites.plains.expansion.curve", "less than"),
    ({"markets.phones.fabs": {}}, "markets.phones.fabs", "no fab serves"),
    ({"memory_makers.bitstack.qualified": {}}, "memory_makers.bitstack.qualified", "is qualified nowhere"),
]


@pytest.mark.parametrize(("changes", "path", "says"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_rule_is_said_at_its_field(changes, path, says):
    found = faults(changes)
    assert any(".".join(map(str, fault.path)) == path and says in fault.message for fault in found), found


# At the limit, or in a form that only looks wrong.
KEPT = {
    # 2028: output 7.5 less 2 reserved comes to 5.5 tools, and a half tool may be delivered early.
    "an order book as large as the output": {"fabs.north.scanners.euv.order_book": {"2028Q1": 6}},
    "shares in rounded thirds": {
        "dies.osprey-die.bins": {"a": 0.333, "b": 0.333, "c": 0.333},
        "chips.osprey.boms.standard.dies": {"a": 1},
    },
    "a chip that comes in the last period": {"chips.osprey.available": "2029-06-30"},
    "a second fab that comes after the horizon": {"dies.falcon-die.fabs.south": {"available": 2031}},
    "a fab without wafers yet and no tools": {
        "fabs.south.wafer_starts": {"steps": {"2027Q1": 0, "2028Q1": 4}},
        "fabs.south.scanners.euv.opening": 0,
        "dies.osprey-die.fabs": {"north": {}},
    },
    "cost per MW that stays the same": {"sites.coast.expansion.curve": {"100": 1000, "200": 2000}},
    "a maker that can still be qualified": {
        "memory_makers.bitstack.qualified.cirrus": None,
        "memory_makers.bitstack.qualifying": {"cirrus": {"hbm-a": {"lead": 6, "cost": 10, "wafers": 1}}},
    },
    "downgrades that meet without a circle": {
        "chips.falcon.sells_as": ["osprey", "slate"],
        "chips.osprey.sells_as": ["slate"],
    },
    "a floor of all that its fabs start": {"markets.commodity-dram.quantity": 40, "markets.commodity-dram.floor": 1},
    "a loop of materials with something in stock": {
        "network": {
            "materials": {"egg": {"opening": 1}, "hen": {}},
            "activities": {
                "lay": {"inputs": {"hen": 1}, "outputs": {"egg": 2}},
                "hatch": {"inputs": {"egg": 1}, "outputs": {"hen": 1}},
            },
        }
    },
}


@pytest.mark.parametrize("changes", KEPT.values(), ids=KEPT)
def test_a_rule_kept_at_its_limit_is_not_reported(changes):
    assert faults(changes) == []


def test_a_loop_of_materials_breaks_no_rule():
    made = {
        "materials": {name: {} for name in ("a", "b")},
        "activities": {
            "x": {"inputs": {"b": 1}, "outputs": {"a": 1}},
            "y": {"inputs": {"a": 1}, "outputs": {"b": 1}},
        },
    }
    assert faults({"network": made}) == []

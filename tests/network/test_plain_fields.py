"""Each field of the plain network acts: set in YAML, it moves the objective, the plan, or what the result says.

Fields are enumerated from the schema, so that a new one without a case fails.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import yaml
from pydantic import BaseModel

from fabopt.domain import plain, plain_activity, plain_rows, plain_things
from fabopt.domain.instance import Instance
from fabopt.domain.plain_base import Labels
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

BASE = """
horizon: {start: 2027, periods: 3, period: year}
network:
  materials:
    ore: {opening: 6, receipts: 4}
    bar: {}
    part: {}
  resources: {mill: {capacity: 5}, floor: {capacity: 20}}
  activities:
    smelt: {inputs: {ore: 1}, outputs: {bar: 1}, uses: {mill: 1}, cost: 1}
    shape: {inputs: {bar: 1}, outputs: {part: 1}, cost: 1}
  units: {press: {adds: {mill: 2}, occupies: {floor: 3}, cost: 4}}
  demands: {part: {quantity: [3, 8, 8], value: 9}}
  budgets: {cash: {amount: 100, terms: [{unit: press, coefficient: 4}]}}
  groups: {most: {limit: 90, terms: [{activity: shape}]}}
  whole_groups: {batches: {terms: [{activity: smelt}]}}
"""

# Where: path of the field in the network -> (what is set, what else is set with it and without it).
CASES: dict[str, list[tuple[dict[str, object], dict[str, object]]]] = {}


def case(field: str, change: dict[str, object], beside: dict[str, object] | None = None) -> None:
    """Note that a field acts: ``change`` against the network with only ``beside``; keys are dotted paths."""
    CASES.setdefault(field, []).append((change, beside or {}))


for kind, record in {
    "Material": "materials.part",
    "Activity": "activities.shape",
    "Resource": "resources.mill",
    "Unit": "units.press",
    "Demand": "demands.part",
    "Budget": "budgets.cash",
    "Group": "groups.most",
    "WholeGroup": "whole_groups.batches",
}.items():
    case(f"{kind}.name", {f"{record}.name": "Other name"})
    if kind not in ("Demand", "Budget"):
        case(f"{kind}.unit", {f"{record}.unit": "box"})
    case(f"{kind}.tags", {f"{record}.tags": {"owner": "somebody"}})
for label in Labels.model_fields:
    case(f"Labels.{label}", {f"activities.shape.tags.{label}": "shipment" if label == "role" else "something"})

case("PlainNetwork.constant_value", {"constant_value": 10})
LOOP = {"materials.bar-{i}": {"for": {"i": "s"}, "opening": "{v[i]}"}, "sets": {"s": ["1"]}}
LOOP |= {"values": {"v": {"1": 3, "2": 4}}, "activities.shape.inputs.bar-1": 0.1}
case("PlainNetwork.sets", {"sets": {"s": ["1", "2"]}}, LOOP)
case("PlainNetwork.values", {"values": {"v": {"1": 7}}}, LOOP)
ROUND = {"materials.ore": {"receipts": 4}, "materials.bar.opening_survival": 1, "demands.part.quantity": [8, 0, 0]}
case("PlainNetwork.cyclic", {"cyclic": True}, ROUND)
case("PlainNetwork.materials", {"materials.part.stock_limit": 0})
case("PlainNetwork.activities", {"activities.shape.cost": 2})
case("PlainNetwork.resources", {"resources.mill.capacity": 1})
case("PlainNetwork.units", {"units.press.cost": 400})
case("PlainNetwork.demands", {"demands.part.value": 4})
case("PlainNetwork.budgets", {"budgets.cash.amount": 0})
case("PlainNetwork.groups", {"groups.most.limit": 1})
case("PlainNetwork.whole_groups", {"whole_groups.batches.lot": 4})

case("Material.storable", {"materials.ore.storable": False})
case("Material.opening", {"materials.bar.opening": 2})
case("Material.receipts", {"materials.bar.receipts": [1, 0, 0]})
case("Material.survival", {"materials.ore.survival": 0.5})
case("Material.shelf_life", {"materials.bar.shelf_life": 0}, {"activities.smelt.upper": [9, 0, 0]})
case("Material.opening_survival", {"materials.ore.opening_survival": 0.5})
case("Material.final", {"materials.ore.final": 3})
case("Final.exactly", {"materials.ore.final.exactly": 3}, {"materials.ore.final.exactly": 2})
case("Final.at_least", {"materials.ore.final.at_least": 3})
case("Final.at_most", {"materials.ore.final.at_most": 0}, {"materials.ore.disposal_cost": 1, "demands.part.value": 1})
case("Material.carrying_cost", {"materials.ore.carrying_cost": 1})
FULL = {"materials.ore.opening": 30, "materials.ore.stock_limit": 5}
case("Material.disposal", {"materials.ore.disposal": False}, FULL)
case("Material.disposal_cost", {"materials.ore.disposal_cost": 2}, FULL)
case("Material.terminal_value", {"materials.part.terminal_value": 30})
case("Material.safety_stock", {"materials.part.safety_stock": 2}, {"materials.part.shortfall_cost": 50})
case("Material.shortfall_cost", {"materials.part.shortfall_cost": 50}, {"materials.part.safety_stock": 20})
case("Material.stock_limit", {"materials.ore.stock_limit": 0})

for kind, at in (("Portion", "activities.smelt.inputs.ore"), ("Output", "activities.smelt.outputs.bar")):
    case(f"{kind}.amount", {f"{at}.amount": 2})
    case(f"{kind}.lead", {f"{at}.lead": 1})
    case(f"{kind}.spread", {f"{at}.spread": 2})
    case(f"{kind}.ages", {f"{at}.ages": [0.5, 0.5]})
case("Output.yield_", {"activities.smelt.outputs.bar.yield": 0.5})

case("Activity.inputs", {"activities.shape.inputs": {"bar": 2}})
case("Activity.outputs", {"activities.shape.outputs": {"part": 2}})
case("Activity.uses", {"activities.shape.uses": {"mill": 1}})
case("Activity.lead", {"activities.smelt.lead": 1})
case("Activity.cost", {"activities.smelt.cost": 3})
case("Activity.lower", {"activities.smelt.lower": [6, 0, 0]})
case("Activity.upper", {"activities.smelt.upper": 2})
case("Activity.lot", {"activities.shape.lot": 3})
case("Activity.on_off", {"activities.smelt.on_off": True}, {"activities.smelt.lower": 4, "activities.smelt.upper": 6})
ON = {"activities.smelt.lower": 4, "activities.smelt.upper": 6, "activities.smelt.on_off.fixed_cost": 1}
case("OnOff.fixed_cost", {"activities.smelt.on_off.fixed_cost": 5}, ON)
case("OnOff.start_cost", {"activities.smelt.on_off.start_cost": 3}, ON)
case("OnOff.min_run", {"activities.smelt.on_off.min_run": 3}, {**ON, "demands.part.quantity": [0, 5, 0]})
case("OnOff.was_on", {"activities.smelt.on_off.was_on": True}, {**ON, "activities.smelt.on_off.start_cost": 3})

case("OnOff.min_off", {"activities.smelt.on_off.min_off": 3}, {**ON, "demands.part.quantity": [5, 0, 5]})
case("OnOff.units", {"activities.smelt.on_off.units": 2}, {**ON, "activities.smelt.upper": 4})
FUEL = {**ON, "materials.fuel.opening": 3, "resources.crew.capacity": 2}
for field, what in (
    ("inputs_while_on", "fuel"),
    ("inputs_per_start", "fuel"),
    ("uses_while_on", "crew"),
    ("uses_per_start", "crew"),
):
    case(f"OnOff.{field}", {f"activities.smelt.on_off.{field}": {what: 4}}, FUEL)

case("Resource.capacity", {"resources.mill.capacity": 3})
case("Resource.kind", {"resources.mill.kind": "level"})
case("Resource.limit_kind", {"resources.mill.limit_kind": "policy"})
case("Resource.relaxable", {"resources.mill.relaxable": False})

for kind, at in (("Effect", "units.press.adds.mill"),):
    case(f"{kind}.amount", {f"{at}.amount": 3})
    case(f"{kind}.lead", {f"{at}.lead": 2})
    case(f"{kind}.ramp", {f"{at}.ramp": [0.1, 1]})
    case(f"{kind}.lasts", {f"{at}.lasts": 1})
case("Parts.amount", {"units.press.consumes.ore.amount": 3}, {"units.press.consumes.ore.amount": 1})
case("Parts.lead", {"units.press.releases.bar.lead": 3}, {"units.press.releases.bar.amount": 1})

case("Unit.lead", {"units.press.lead": 2})
case("Unit.adds", {"units.press.adds": {"floor": 1}})
case("Unit.occupies", {"units.press.occupies": {"floor": 25}})
case("Unit.consumes", {"units.press.consumes": {"ore": 2}})
case("Unit.releases", {"units.press.releases": {"bar": 2}})
case("Unit.cost", {"units.press.cost": 5})
case("Unit.upper", {"units.press.upper": [0, 1, 1]})
case("Unit.total", {"units.press.total": 0})
case("Unit.whole", {"units.press.whole": False})
case("Unit.min_order", {"units.press.min_order": 4}, {"units.press.upper": 6})
case("Unit.fixed_cost", {"units.press.fixed_cost": 3}, {"units.press.upper": 6})
case("Unit.max_order", {"units.press.max_order": 1}, {"units.press.upper": 6, "units.press.fixed_cost": 3})
case("Unit.pinned", {"units.press.pinned": {"1": 2}})
case("Unit.opening", {"units.press.opening": 2}, {"units.press.retire_cost": -3})
case("Unit.retire_cost", {"units.press.retire_cost": -3}, {"units.press.opening": 2})
case("Unit.terminal_value", {"units.press.terminal_value": 3})
case("Unit.instrument", {"units.press.instrument": "commitment"})

STEPS = [{"quantity": 1, "value": 20}, {"quantity": [3, 8, 8], "value": 9}]
case(
    "Demand.material",
    {"demands.more.material": "part"},
    {"demands.more": {"quantity": 1, "value": 20, "material": "bar"}},
)
case("Demand.quantity", {"demands.part.quantity": 3})
case("Demand.value", {"demands.part.value": 6})
case("Demand.steps", {"demands.part": {"steps": STEPS}})
case(
    "Step.quantity",
    {"demands.part": {"steps": [{"quantity": 2, "value": 20}, STEPS[1]]}},
    {"demands.part": {"steps": STEPS}},
)
case(
    "Step.value",
    {"demands.part": {"steps": [{"quantity": 1, "value": 25}, STEPS[1]]}},
    {"demands.part": {"steps": STEPS}},
)
case("Demand.at_least", {"demands.part.at_least": 1}, {"demands.part.value": 1})
case("Demand.required", {"demands.part.required": True}, {"demands.part.value": 1})
case("Demand.backlog", {"demands.part.backlog": {"expiry": 2}}, {"demands.part.quantity": [19, 0, 0]})
LATE = {"demands.part.quantity": [19, 0, 0], "demands.part.backlog": {"expiry": 1}}
case("Backlog.expiry", {"demands.part.backlog.expiry": 2}, LATE)
case("Backlog.cost", {"demands.part.backlog.cost": 1}, LATE)
case("Demand.lost_cost", {"demands.part.lost_cost": 30})
case("Demand.weight", {"demands.part.weight": 3})

case("Budget.amount", {"budgets.cash.amount": 0})
case("Group.limit", {"groups.most.limit": 2})
case("Group.at_least", {"groups.most.at_least": 4}, {"groups.most": {"terms": [{"activity": "shape"}], "at_most": 9}})
case("Group.at_most", {"groups.most.at_most": 2}, {"groups.most": {"terms": [{"activity": "shape"}], "at_least": 0}})
case("Group.sense", {"groups.most.sense": ">="}, {"groups.most.limit": 4})
case("Group.limit_kind", {"groups.most.limit_kind": "law"})
case("Group.relaxable", {"groups.most.relaxable": False})
case("WholeGroup.lot", {"whole_groups.batches.lot": 4})
for section, key, kind in (
    ("budgets", "cash", "Budget"),
    ("groups", "most", "Group"),
    ("whole_groups", "batches", "WholeGroup"),
):
    tight = {
        "budgets": {"budgets.cash.amount": 4},
        "groups": {"groups.most.limit": 4},
        "whole_groups": {"whole_groups.batches.lot": 7},
    }
    case(f"{kind}.terms", {f"{section}.{key}.terms": [{"activity": "smelt", "coefficient": 3}]}, tight[section])
    case(f"{kind}.window", {f"{section}.{key}.window": "horizon"}, tight[section])
    case(f"{kind}.windows", {f"{section}.{key}.windows": [["1", "2"]]}, tight[section])
TERM = {"groups.most.limit": 2}
for kind, id in (("unit", "press"), ("demand", "part"), ("stock", "ore")):
    case(f"Term.{kind}", {"groups.most.terms": [{kind: id}]}, TERM)
case("Term.activity", {"groups.most.terms": [{"activity": "smelt"}]}, {**TERM, "groups.most.terms": [{"stock": "ore"}]})
GONE = {"units.press.opening": 2, "units.press.retire_cost": -3, "groups.most.limit": 1}
case(
    "Term.retire",
    {"groups.most.terms": [{"retire": "press"}]},
    {**GONE, "groups.most.limit": 0, "groups.most.terms": [{"stock": "part"}]},
)
case(
    "Term.placed",
    {"groups.most.terms": [{"placed": "press"}]},
    {
        "units.press.fixed_cost": 1,
        "units.press.upper": 6,
        "groups.most.limit": 0,
        "groups.most.terms": [{"stock": "part"}],
    },
)
for kind in ("on", "start", "stop"):
    counts = {"groups.most": {"terms": [{"stock": "part"}], "at_least": 1, "window": "horizon"}}
    beside = {**ON, **counts, "activities.smelt.on_off.was_on": kind == "stop", "demands.part.quantity": 0}
    case(f"Term.{kind}", {"groups.most.terms": [{kind: "smelt"}]}, beside)
OF = {"groups.most.terms": [{"of": "activity"}], "groups.most.limit": 2, "activities.shape.tags.owner": "us"}
case("Term.of", {"groups.most.terms": [{"of": "stock"}]}, OF)
case("Term.where", {"groups.most.terms": [{"of": "activity", "where": {"owner": "us"}}]}, OF)
case("Term.coefficient", {"groups.most.terms": [{"activity": "shape", "coefficient": 2}]}, TERM)
case(
    "Term.shift",
    {"groups.most.terms": [{"activity": "shape"}, {"activity": "shape", "shift": 1}]},
    {**TERM, "groups.most.terms": [{"activity": "shape"}, {"activity": "shape"}]},
)


IMPLIED = {"Budget.unit", "Demand.unit"}
"""Words that say nothing new: a budget is money, and a demand is counted as its material is."""


def _fields() -> list[str]:
    """Return every field of every record that a plain network is made of, as Record.field."""
    records = [
        found
        for module in (plain, plain_activity, plain_rows, plain_things)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, BaseModel) and found.__module__ == module.__name__
    ]
    records = [found for found in records if found not in (plain_rows.Row,)] + [Labels]
    found = [f"{record.__name__}.{field}" for record in dict.fromkeys(records) for field in record.model_fields]
    return [field for field in found if field not in IMPLIED]


def test_every_field_of_the_schema_has_a_case():
    assert sorted(set(_fields()) - set(CASES)) == []
    assert sorted(set(CASES) - set(_fields())) == []


@pytest.mark.parametrize("field", sorted(CASES))
def test_the_field_acts(field):
    for change, beside in CASES[field]:
        without, whole = said(json.dumps(beside)), said(json.dumps({**beside, **change}))
        assert whole != without, f"{field}: {change} changes nothing"


@cache
def said(changes: str) -> str:
    """Return all that a solve says of the network with changes: status, objective, plan, terms, limits."""
    tree = yaml.safe_load(BASE)
    for path, value in json.loads(changes).items():
        node = tree["network"]
        *way, last = path.split(".")
        for part in way:
            if not isinstance(node.get(part), dict):
                node[part] = {"amount": node[part]} if part in node else {}
            node = node[part]
        node[last] = value
    net = lower(Instance.model_validate(tree))
    found = solve(net, SolveOptions(gap=0.0))
    plan = [np.round(a, 6).tolist() for a in (found.levels, found.orders, found.retired, found.stock, found.disposal)]
    records = (
        net.materials,
        net.activities,
        net.resources,
        net.units,
        net.demands,
        net.budgets,
        net.groups,
        net.whole_groups,
    )
    people = [[(r.id, r.name, getattr(r, "unit", ""), str(r.tags)) for r in kind] for kind in records]
    instruments = [*(u.instrument for u in net.units), *(r.kind for r in net.resources)]
    limits = [str(limit.source) for limit in found.limits]
    weights = [d.weight for d in net.demands]
    objective = None if found.objective is None else round(found.objective, 6)
    return str((found.status, objective, plan, people, instruments, limits, weights))

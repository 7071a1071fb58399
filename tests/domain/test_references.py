"""References between sections: every slug of the schema is checked or known to be free; what is missing is named."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, StringConstraints
from rule_cases import TUTORIAL, changed, faults

import fabopt
from fabopt.domain.instance import Instance
from fabopt.domain.references import dangling, names, nearest, occurrences, references

# Slugs that refer to nothing: ids that their own mapping defines, and free names of companies and regions.
DEFINED = {
    "chips.*.boms.!",
    "dies.*.bins.!",
    "components.*.sources.!",
    "labs.*.demand.tasks.!",
    "events.*.outcomes.!",
    "fabs.*.conversions.!",
    "packaging_lines.*.conversions.!",
}
FREE = {
    "scanners.*.maker",
    "scanners.*.region",
    "fabs.*.owner",
    "fabs.*.region",
    "memory_makers.*.owner",
    "memory_makers.*.region",
    "packaging_lines.*.owner",
    "packaging_lines.*.region",
    "packaging_lines.*.technologies.[]",
    "components.*.sources.*.owner",
    "components.*.sources.*.region",
    "designers.*.region",
    "labs.*.region",
    "sites.*.region",
    "markets.*.region",
    "contracts.*.supplier",
}
# Where something grows or is turned to another product; what it needs and turns to is checked by rules of expansions.
EXPANDING = (
    *(f"{section}.*.expansion" for section in ("fabs", "memory_makers", "packaging_lines", "sites")),
    *(f"sites.*.{part}.expansion" for part in ("generation", "grid")),
    *(f"{section}.*.conversions.*" for section in ("fabs", "packaging_lines")),
    "components.*.sources.*.expansion",
)
# Checked by rules of their own: `of` against its measure, sources where quantities are read, customers of policies
# against who uses what is split, suppliers against their kind, takers of components and their amounts against `per`.
ELSEWHERE = {
    "components.*.per",
    "components.*.amounts.!",
    "policies.*.customers.!",
    "diversity.*.suppliers.[]",
    "resilience.*.suppliers.[]",
    "disruptions.*.suppliers.[]",
    "states.*.scenario",
    "events.*.outcomes.*.scenario",
    "limits.*.party",
    "charges.*.party",
    "charges.*.payer",
    "charges.*.payee",
    "lanes.*.origins.[]",
    "lanes.*.destinations.[]",
    "lanes.*.carrier",
    "outcomes.*.party.[]",
    "expectations.*.outcomes.[]",
    *(f"{place}.needs.!" for place in EXPANDING),
    *(f"{section}.*.conversions.*.to" for section in ("fabs", "packaging_lines")),
}
MAKER = {"owner": "press", "region": "lemuria", "capacity": 90, "price": 900, "lead": 1}


def is_slug(metadata: tuple[Any, ...]) -> bool:
    return any(isinstance(entry, StringConstraints) and entry.max_length == 60 for entry in metadata)


def slugs(annotation: Any, metadata: tuple[Any, ...], pattern: str) -> Iterator[str]:
    """Yield the pattern of every slug that a type contains."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from slugs(args[0], args[1:], pattern)
    elif origin in (Union, types.UnionType):
        for choice in args:
            yield from slugs(choice, (), pattern)
    elif annotation is str and is_slug(metadata):
        yield pattern
    elif origin is dict:
        yield from slugs(args[0], (), f"{pattern}.!")
        yield from slugs(args[1], (), f"{pattern}.*")
    elif origin in (list, tuple):
        yield from slugs(args[0], (), f"{pattern}.[]")
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from slugs(field.annotation, tuple(field.metadata), f"{pattern}.{name}".lstrip("."))


def test_every_slug_of_the_schema_is_checked_or_known_to_be_free():
    found = {
        pattern for pattern in slugs(Instance, (), "") if not pattern.startswith("network.") and pattern.count(".") > 1
    }
    table = {reference.pattern for reference in references()}
    assert found == table | DEFINED | FREE | ELSEWHERE


def test_sound_instances_have_no_dangling_reference():
    assert dangling(fabopt.load(TUTORIAL).data) == []


def test_the_tutorial_with_all_optional_references_shows_each_kind_of_reference():
    instance = changed(
        {
            "models": {"small": {"name": "Small", "compute": {"inference": 1}}},
            "labs.aurora.demand.tasks": {
                "free": {
                    "name": "Free",
                    "customers": 1,
                    "tasks": 1,
                    "tokens": 1000,
                    "split": {"inference": 1},
                    "models": {"small": {"worth": 1}},
                }
            },
            "chips.falcon.customers": ["aurora"],
            "chips.falcon.sells_as": ["osprey"],
            "chips.falcon.resale": {"price": 1, "labs": ["aurora"]},
            "chips.falcon.boms.standard.lines": ["bridgeworks"],
            "chips.falcon.boms.standard.components": {"lid": 1},
            "components.lid": {
                "name": "Lid",
                "needs": {"large": 1},
                "stock": {"merlin": 5},
                "order_book": {"merlin": {"2027Q2": 5}},
                "sources": {"press": MAKER | {"customers": ["merlin"]}},
            },
            "chips.osprey.programme": {"funded_by": "borealis", "non_recurring_cost": 300, "design_time": 6},
            "designers.cirrus.lab": "borealis",
            "labs.aurora.fit": {"merlin": {"workloads": {"inference": 0.9}}},
            "tastes": {"spread": {"labs": ["aurora"], "elasticity": 4, "mix": {"merlin": 2}}},
            "markets.phones.shares": {"n3": 1},
            "markets.phones.qualified": {"north": "2026"},
            "premiums": {"merlin": {"designer": "merlin", "labs": ["aurora"], "without": ["slate"], "amount": 100}},
            "memory_makers.bitstack.qualifying": {"monolith": {"hbm-a": {"lead": 6, "cost": 10, "wafers": 1}}},
            "barred_flows": [{"origin": "atlantis", "destination": "lemuria", "chips": ["slate"], "labs": ["aurora"]}],
            "diversity": {"cap": {"of": "designer", "share": 0.9, "labs": ["aurora"]}},
            "resilience": {"hold": {"of": "owner", "share": 0.1, "labs": ["borealis"]}},
            "network": {"resources": {"oven": {}}, "materials": {"gas": {}}, "units": {"kiln": {}}},
            "contracts": {
                "on-everything": {
                    "buyer": "merlin",
                    "supplier": "bitstack",
                    "goods": {
                        "fabs": ["north"],
                        "packaging_lines": ["bridgeworks"],
                        "memory_makers": ["bitstack"],
                        "scanners": ["euv"],
                        "chips": ["falcon"],
                        "resources": ["oven"],
                        "materials": ["gas"],
                        "hbm": ["hbm-a"],
                        "components": ["large"],
                        "dies": ["falcon-die"],
                        "compute": ["training"],
                        "rented": ["falcon"],
                    },
                    "unlocks": {
                        "fabs": ["north"],
                        "packaging_lines": ["bridgeworks"],
                        "memory_makers": ["bitstack"],
                        "components": ["large"],
                        "units": ["kiln"],
                    },
                }
            },
            "outcomes": {
                year: {"of": "shipments", "since": year, "until": year, "figure": 1} for year in ("2027", "2028")
            },
            "predictions": {"next": {"outcomes": {"2028": "2027"}}},
            "states": {"calm": {"probability": 1}, "later": {"probability": 1, "parent": "calm"}},
            "policies": {
                f"on-{name}": {"splits": {kind: [name]}, "rule": "value"}
                for kind, name in (
                    ("fabs", "north"),
                    ("packaging_lines", "bridgeworks"),
                    ("memory_makers", "bitstack"),
                    ("components", "large"),
                    ("scanners", "euv"),
                    ("chips", "falcon"),
                    ("resources", "oven"),
                )
            },
        }
    )
    assert [reference.pattern for reference in references() if not list(occurrences(instance, reference.pattern))] == []
    assert dangling(instance) == []


@pytest.mark.parametrize(
    ("changes", "path", "message", "hint"),
    [
        (
            {"chips.falcon.designer": "merlni"},
            ("chips", "falcon", "designer"),
            "there is no designer 'merlni'",
            "did you mean 'merlin'?",
        ),
        (
            {"chips.falcon.customers": ["aurora", "auroral"]},
            ("chips", "falcon", "customers", 1),
            "there is no lab 'auroral'",
            "did you mean 'aurora'?",
        ),
        (
            {"fabs.north.nodes": ["hbm-a"]},
            ("fabs", "north", "nodes", 0),
            "there is no process node 'hbm-a'",
            "'hbm-a' stands in section 'hbm'",
        ),
        (
            {"dies.osprey-die.bins": {"osprey-fast": 0.6, "osprey-slow": 0.4}},
            ("chips", "osprey", "boms", "standard", "dies", "osprey-die"),
            "there is no die or bin 'osprey-die'",
            "that die comes in bins: osprey-fast, osprey-slow",
        ),
    ],
)
def test_a_dangling_reference_is_named_with_the_way_out(changes, path, message, hint):
    found = [(fault.path, fault.message, fault.hint) for fault in faults(changes)]
    assert (path, message, hint) in found


def test_all_dangling_references_are_found_at_once():
    paths = {
        fault.path for fault in faults({"sites.plains.lab": "x", "sites.coast.lab": "y", "dies.falcon-die.node": "z"})
    }
    assert {("sites", "plains", "lab"), ("sites", "coast", "lab"), ("dies", "falcon-die", "node")} <= paths


def test_bins_and_technologies_and_regions_are_drawn_from_the_records():
    groups = names(changed({"dies.osprey-die.bins": {"fast": 0.6, "slow": 0.4}}))
    assert groups["parts"] == ("falcon-die", "fast", "slow", "slate-wafer")
    assert groups["technologies"] == ("interposer",)
    assert groups["regions"] == ("atlantis", "lemuria")


def test_the_nearest_name_ignores_capitals_and_else_a_few_are_listed():
    assert nearest("EUX", ("USD", "EUR")) == "did you mean 'EUR'?"
    assert nearest("zzz", ("a", "b")) == "known: a, b"
    assert nearest("zzz", [f"name{n}" for n in range(9)]).endswith("and 3 more")
    assert nearest("zzz", ()) == ""

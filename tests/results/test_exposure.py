"""Exposure of a lab's compute to its suppliers: flows traced by hand."""

import pytest
import yaml

from fabopt.domain.instance import Instance
from fabopt.network.lower import lower
from fabopt.network.suppliers import suppliers
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.run import solve

CHAIN = """
horizon: {start: 2027Q1, periods: 4}
network:
  materials:
    stack: {storable: true}
    die: {}
    chip: {storable: true}
    asset: {storable: true, opening: 50}
    compute: {}
  resources:
    line: {capacity: 100, tags: {owner: packer, region: south}}
  activities:
    stack-a:
      outputs: {stack: 1}
      lead: 1
      upper: [30, 0, 0, 0]
      lower: [30, 0, 0, 0]
      tags: {stage: memory, owner: alpha, site: alpha, region: east}
    stack-b:
      outputs: {stack: 1}
      lead: 1
      upper: [10, 0, 0, 0]
      lower: [10, 0, 0, 0]
      tags: {stage: memory, owner: beta, site: beta, region: west}
    wafers: {outputs: {die: 1}, tags: {stage: wafer, owner: foundry, region: east}}
    package:
      inputs: {stack: 1, die: 1}
      outputs: {chip: 1}
      uses: {line: 1}
      lead: 1
      tags: {stage: packaging, owner: packer, region: south}
    deploy: {inputs: {chip: 1}, outputs: {asset: 1}, tags: {stage: deployment, owner: maker, lab: lab, region: north}}
    operate:
      inputs: {asset: 1}
      outputs: {compute: {amount: 1}, asset: {amount: 1, lead: 1}}
      tags: {stage: deployment, owner: lab, lab: lab, region: north}
  demands:
    work: {material: compute, quantity: 1000, value: 1, weight: 1, tags: {lab: lab, stage: compute}}
"""


def exposures(text):
    data = Instance.model_validate(yaml.safe_load(text))
    net = lower(data)
    solution = solve(net, SolveOptions(gap=0.0))
    tables = {spec.name: frame for spec, frame in core_and_domain(net, solution).items()}
    frame = tables["exposure"]
    assert list(frame) == ["period", "reported", "lab", "kind", "supplier", "share"]
    assert set(frame["lab"]) <= {"lab"}
    return {
        (k, s, p): share for k, s, p, share in frame[["kind", "supplier", "period", "share"]].itertuples(index=False)
    }


def test_what_is_made_of_parts_from_several_suppliers_depends_on_each_by_its_part():
    """40 stacks, 30 of them alpha's, become 40 chips two quarters on, beside a fleet of 50 that depends on nobody."""
    found = exposures(CHAIN)
    by_hand = {
        ("designer", "maker"): 40 / 90,
        ("foundry", "foundry"): 40 / 90,
        ("memory-maker", "alpha"): 30 / 90,
        ("memory-maker", "beta"): 10 / 90,
        ("packager", "packer"): 40 / 90,
        ("owner", "alpha"): 30 / 90,
        ("owner", "beta"): 10 / 90,
        ("owner", "foundry"): 40 / 90,
        ("owner", "packer"): 40 / 90,
        ("owner", "maker"): 40 / 90,
        ("region", "east"): 40 / 90,  # every die, though not every stack
        ("region", "west"): 10 / 90,
        ("region", "south"): 40 / 90,
        ("resource", "line"): 40 / 90,
    }
    assert found == {(*key, period): pytest.approx(share) for key, share in by_hand.items() for period in QUARTERS[2:]}


QUARTERS = ["2027Q1", "2027Q2", "2027Q3", "2027Q4"]


def test_a_stock_is_mixed_and_keeps_its_suppliers_as_it_wears():
    """Of 20 chips in stock and 40 made, 60 are deployed in 2027Q3, 2/3 of them with the packer; then half survive."""
    text = CHAIN.replace("chip: {storable: true}", "chip: {storable: true, opening: 20}")
    text = text.replace("asset: {amount: 1, lead: 1}", "asset: {amount: 0.5, lead: 1}")
    text = text.replace("owner: maker, lab: lab, region: north}}", "owner: maker, lab: lab}, upper: [0, 0, 60, 0]}")
    found = exposures(text)
    left = 50 * 0.5**2
    assert found["packager", "packer", "2027Q3"] == pytest.approx(40 / (60 + left))
    assert found["packager", "packer", "2027Q4"] == pytest.approx(20 / (30 + left / 2))
    assert found["memory-maker", "alpha", "2027Q4"] == pytest.approx(15 / (30 + left / 2))
    assert found["designer", "maker", "2027Q4"] == pytest.approx(30 / (30 + left / 2))


def test_compute_counts_by_its_weight_and_a_site_by_its_power():
    text = CHAIN + "    office: {material: paper, quantity: 100, value: 1, weight: 0, tags: {lab: lab}}\n"
    text = text.replace("    compute: {}\n", "    compute: {}\n    paper: {}\n")
    text = text.replace(
        "  activities:\n",
        "    power: {capacity: 60, tags: {owner: lab, lab: lab}}\n  activities:\n"
        "    print: {outputs: {paper: 1}, tags: {stage: wafer, owner: press}}\n",
    )
    text = text.replace("asset: {amount: 1, lead: 1}}\n", "asset: {amount: 1, lead: 1}}\n      uses: {power: 1}\n")
    found = exposures(text)
    assert found["resource", "power", "2027Q1"] == 1.0
    assert ("foundry", "press", "2027Q1") not in found  # paper is no compute
    assert not any(kind == "owner" and name == "lab" for kind, name, _ in found)  # a lab is no supplier of its own


def test_suppliers_are_those_whose_activities_or_resources_are_used():
    net = lower(Instance.model_validate(yaml.safe_load(CHAIN)))
    found = {key: list(runs) for key, runs in suppliers(net).items()}
    assert found["owner", "packer"] == ["package"]
    assert found["region", "east"] == ["stack-a", "wafers"]
    assert ("region", "north") not in found  # where it runs is not where it is made
    assert found["resource", "line"] == ["package"]

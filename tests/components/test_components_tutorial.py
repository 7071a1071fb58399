"""Components in everything that is asked of an instance: the tutorial's scenario, policies, contracts, old files."""

from __future__ import annotations

from pathlib import Path

import pytest
from chain_cases import edited, lowered
from test_components_chain import component, source

import fabopt
from fabopt.analysis.material_flow import Node, busiest, flow
from fabopt.domain.rules import problems
from fabopt.io.problems import InstanceError
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.policies import splits

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
SCARCE = {"components.transceiver.sources.lumen.capacity": "20 kpiece/month"}


@pytest.fixture(scope="module")
def scarce() -> fabopt.Result:
    return fabopt.load(TUTORIAL, "bought-in").with_(SCARCE).solve(gap=1e-4)


def test_the_scenario_is_short():
    assert len((TUTORIAL / "scenarios" / "bought-in.yaml").read_text(encoding="utf-8").splitlines()) < 40


def test_what_the_scenario_buys_is_in_the_budget_of_the_lab_and_in_the_bill():
    instance = fabopt.load(TUTORIAL, "bought-in")
    (budget,) = (b for b in instance.network.budgets if b.tags.owner == "aurora")
    tags = {a.id: a.tags for a in instance.network.activities}
    bought = {tags[t.id].item for t in budget.terms if t.id in tags and tags[t.id].kind == "component"}
    assert bought == {"transceiver", "transformer", "turbine"}
    rows = {row.item: row.quantity for row in instance.bill("falcon", "1GW").rows}
    assert {"Optical transceiver", "Power transformer", "Gas turbine"} <= rows.keys()
    assert rows["networking"] == pytest.approx(rows["accelerators"] * 2.5 * 900 / 1e3)


def test_a_scarce_component_has_a_price_is_paid_for_and_goes_with_its_chip(scarce):
    capacity = scarce.limits.query("id == 'component:transceiver:lumen'")
    assert capacity["price"].max() > 10.0
    assert set(capacity["name"]) == {"Optical transceiver capacity"}
    paid = scarce.transfers
    assert {"transceiver", "laser", "transformer"} <= set(paid[paid["what"] == "components"]["item"])
    found = flow(scarce.table, busiest(scarce.table))
    assert found.nodes[Node("components", "transceiver")] == pytest.approx(60.0)
    given = {target.block for source, target in found.links if source == Node("components", "transceiver")}
    assert given == {"packages"}
    assert Node("components", "laser") not in found.nodes


@pytest.mark.slow
def test_a_scarce_component_is_a_choke_point_and_something_to_sign(scarce):
    study = scarce.choke_points(budget=2.0, draws=0)
    assert "Optical transceiver" in str(study)
    memo = str(scarce.memo("aurora"))
    assert all(name in memo for name in ("Optical transceiver", "Gas turbine"))


def test_a_policy_splits_what_all_sources_deliver_among_the_labs():
    other = {"name": "Two", "region": "west", "designers": {"green": "2020"}, "demand": {"total": 10, "split": {}}}
    optics = component(per="accelerator", amount=1, sources={"a": source(capacity=6), "b": source(capacity=2)})
    half = {"splits": {"components": ["optics"]}, "rule": "shares", "customers": {"lab": {"share": 0.5}}}
    chain, net = lower_chain(
        edited(
            ("components.optics", optics),
            ("labs.two", other),
            ("sites.s2", {"name": "S2", "lab": "two", "region": "west", "power": 5}),
            ("policies.half", half),
        )
    )
    (split,) = splits(chain, net)
    assert split.scope.base[0] == pytest.approx(24.0)
    assert {key[1] for key in split.scope.use["lab"].terms} == {"component:optics:lab:a", "component:optics:lab:b"}
    assert set(split.scope.use) >= {"lab", "two"}


def test_contracts_unlock_a_suppliers_steps_and_bring_components_from_outside():
    step = {"step": "5 kpiece/month", "cost": 10, "lead": 3, "max_steps": 2}
    sources = {"a": source(owner="a", expansion=step), "b": source(owner="b", expansion=step)}
    contracts = {
        "more": {
            "buyer": "lab", "supplier": "a", "unlocks": {"components": ["optics"]}, "prepayment": 5, "credited": False,
        },
        "spot": {
            "buyer": "lab", "supplier": "far", "goods": {"components": ["optics"]}, "maximum": "9 kpiece/month",
            "price": "700 USD/piece",
        },
    }  # fmt: skip
    changes = ("components.optics", component(per="accelerator", amount=1, sources=sources)), ("contracts", contracts)
    assert problems(edited(*changes)) == []
    net = lowered(*changes)
    (unlocks,) = (g for g in net.groups if g.family == "contract_unlock")
    assert {t.id for t in unlocks.terms if t.id.startswith("expand")} == {"expand:component:optics:a"}
    assert {f.material for f in net.flows if f.activity == "take:spot"} == {"component:optics:lab"}
    assert next(a.cost for a in net.activities if a.id == "take:spot")[0] == pytest.approx(0.7)


def test_an_old_section_of_substrates_is_refused_with_how_to_write_it_now(tmp_path):
    text = (TUTORIAL / "instance.yaml").read_text(encoding="utf-8")
    old = "substrates:\n  old: {name: Old, owner: laminates, region: lemuria, capacity: 9, price: 1, lead: 1}\n"
    text = text.replace("        components: {large: 1}\n", "        substrates: {large: 1}\n", 1) + old
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError) as refused:
        fabopt.load(tmp_path)
    said = str(refused.value)
    assert f"instance.yaml:{len(text.splitlines()) - 1}: substrates: no such field" in said
    assert "components: {ID: {name: .., unit: substrate, sources:" in said
    assert "chips.falcon.boms.standard.substrates: no such field; substrates are components now" in said

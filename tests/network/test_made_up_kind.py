"""A kind of thing that nobody knew: registered here, and found wherever the chain's own kinds are, without more.

A pump goes with every accelerator that is shipped; labs order pumps from the maker, who owns the capacity.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field

import fabopt
from fabopt.analysis.material_flow import LABS, busiest, flow, unit_of
from fabopt.analysis.memo.second_source import role
from fabopt.analysis.memo.signable import signables
from fabopt.domain.base import Record, Slug
from fabopt.domain.expansion import Expansion
from fabopt.domain.extra import add_kind, drop_kind
from fabopt.domain.kinds import KINDS, Kind, Stake
from fabopt.domain.parties import parties
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.suppliers import supplier_names
from fabopt.io.problems import InstanceError
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.expansion import Growing, expand
from fabopt.network.lowering.kinds import LOWERING
from fabopt.network.tables import Activity, Material, Resource, Tags
from fabopt.network.tagged import ids, tagged
from fabopt.report.charts.flow_data import columns
from fabopt.report.memo.words import word

TUTORIAL = Path(__file__).resolve().parents[2] / "instances" / "tutorial"
ONE = np.ones(1)


class Pump(Record):
    """A pump of a cooling plate."""

    name: str
    """Display name."""
    owner: Slug
    """Maker."""
    region: Slug
    """Where it is made."""
    capacity: Annotated[Quantity, In("kpiece/month", ge=0, series=True)]
    """Pieces a month."""
    price: Annotated[Quantity, In("USD/piece", ge=0, series=True)]
    """Price of a piece, half of which is margin."""
    chips: tuple[Slug, ...] = ()
    """Chips that take one for each accelerator."""
    expansion: Expansion[Annotated[Quantity, In("kpiece/month", gt=0)]] | None = Field(default=None)
    """How it can grow."""


def lower_pumps(chain: Chain) -> None:
    """Add makers' capacity, orders of labs, and the pump that each accelerator takes when it is shipped."""
    shipments = tagged(chain.build.activities.values(), role="shipment")
    for key, pump in chain.instance.pumps.items():
        label = Tags(stage="pump", owner=pump.owner, item=key, region=pump.region, kind="pump")
        of = label.of("component_capacity", f"pumps.{key}.capacity")
        resource = f"pumps:{key}"
        rate = chain.per_period(pump.capacity)
        chain.build.resource(Resource(resource, f"{pump.name} capacity", "kpiece", "rate", rate, of))
        of = label.of("expansion", f"pumps.{key}.expansion")
        expand(chain, pump.expansion, Growing(resource, pump.name, of, f"expand:{resource}"))
        price = chain.mean(pump.price) * PER_THOUSAND
        for lab in chain.instance.labs:
            who = Tags("pump", pump.owner, lab, key, lab=lab, kind="pump", role="component", field=f"pumps.{key}")
            order = f"pump:{key}:{lab}"
            chain.build.material(Material(order, f"{pump.name} of {lab}", "kpiece", who, storable=True))
            who = who.of("component_order", f"pumps.{key}")
            chain.build.activity(Activity(order, f"{pump.name} for {lab}", "kpiece", who, cost=0.5 * price))
            chain.pay(lab, pump.owner, "pumps", key, Goods("activity", order, chain.flat(1.0), price, "kpiece"))
            chain.build.use(order, resource, 0, ONE, chain.flat(1.0))
            chain.build.flow(order, order, 0, ONE, chain.flat(1.0))
            for shipment in shipments:
                if shipment.tags.lab == lab and shipment.tags.chip in pump.chips:
                    chain.build.flow(shipment.id, order, 0, ONE, chain.flat(-1.0))


PUMP = Kind(
    "pump", "pumps", Pump, "pump", "pumps", "泵",
    unit="kpiece", owner="owner", region="region", paid="pumps", refers=(("chips.[]", "chips"),),
    split=Stake("component_capacity", "kpiece/month", "USD/piece", "Pumps, for their makers' capacity.", "price"),
    unlocked="Pumps, for their makers' expansion.", users=("lab",),
)  # fmt: skip

SCENARIO = """
description: Cold plates need pumps.
merge:
  pumps:
    cold:
      name: Cold-plate pump
      owner: coldworks
      region: lemuria
      capacity: 10 kpiece/month
      price: 800 USD/piece
      chips: [falcon]
      expansion: {step: 10 kpiece/month, cost: 5 MUSD, lead: 3 month, max_steps: 3}
    spare:
      name: Spare pump
      owner: coldworks
      region: lemuria
      capacity: 99 kpiece/month
      price: 900 USD/piece
      expansion: {step: 5 kpiece/month, cost: 5 MUSD, lead: 3 month, max_steps: 1}
  policies:
    pump-split:
      splits: {pumps: [cold]}
      rule: shares
      customers: {aurora: {share: 60 %}, borealis: {share: 40 %}}
  contracts:
    pump-deal:
      buyer: aurora
      supplier: coldworks
      goods: {pumps: [cold]}
      signed: 2026-12-01
      maximum: 5 kpiece/month
      price: 700 USD/piece
      unlocks: {pumps: [cold], steps: 1}
  diversity:
    pump-cap: {of: owner, suppliers: [coldworks], share: 100 %}
"""


@pytest.fixture(scope="module")
def pumps() -> Iterator[None]:
    """Register the kind for the tests of this module."""
    add_kind(PUMP)
    LOWERING["pump"] = (lower_pumps,)
    yield
    drop_kind("pump")
    del LOWERING["pump"]


@pytest.fixture(scope="module")
def folder(pumps: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tutorial with pumps in a scenario."""
    path = tmp_path_factory.mktemp("pumps") / "tutorial"
    shutil.copytree(TUTORIAL, path)
    (path / "scenarios" / "pumped.yaml").write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def instance(folder: Path) -> fabopt.Instance:
    return fabopt.load(folder, scenario="pumped")


@pytest.fixture(scope="module")
def result(instance: fabopt.Instance) -> fabopt.Result:
    return instance.solve(gap=0.01)


def test_its_owner_is_a_party_and_a_supplier_and_its_numbers_are_levers(instance: fabopt.Instance) -> None:
    assert "coldworks" in parties(instance.data)
    assert "coldworks" in supplier_names(instance.data, "owner")
    schema = type(instance.data).model_json_schema()
    assert schema["properties"]["pumps"]["description"] == "Pumps."
    assert schema["$defs"]["Splits"]["properties"]["pumps"]["description"] == "Pumps, for their makers' capacity."
    cheaper = instance.with_({"pumps.cold.price": "*0.5"})
    assert cheaper.data.pumps["cold"].price.value == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("pumps.cold.chips=[falcn]", "pumps.cold.chips.0: there is no chip 'falcn'; did you mean 'falcon'?"),
        ("policies.pump-split.splits.pumps=[cool]", "there is no pump 'cool'; did you mean 'cold'?"),
        ("contracts.pump-deal.supplier=laminates", "'laminates' does not own cold: 'coldworks' does"),
        ("contracts.pump-deal.unlocks.steps=4", "4 steps of 'cold' are more than the 3 there are"),
        ("contracts.pump-deal.maximum=5 kwafer/month", "kwafer/month stands where kpiece/month is meant"),
        ("parties=[aurora]", "the party 'coldworks' does not stand in the section 'parties'"),
    ],
)
def test_what_is_wrong_with_it_is_told_as_for_any_other_kind(folder: Path, setting: str, says: str) -> None:
    with pytest.raises(InstanceError) as told:
        fabopt.load(folder, scenario="pumped", set=[setting])
    assert says in str(told.value)


def test_labs_pay_for_it_out_of_their_budget(instance: fabopt.Instance) -> None:
    paid = {}
    for lab in ("aurora", "borealis"):
        for budget in tagged(instance.network.budgets, lab=lab):
            for term in budget.terms:
                paid[term.id] = paid.get(term.id, 0.0) + term.coefficient
    # A thousand at 700 dollars under the contract, and 100 dollars more a piece beyond it; borealis has no budget.
    assert paid["pump:cold:aurora"] == pytest.approx(np.full(10, 0.7))
    assert paid["beyond:pump-deal"] == pytest.approx(np.full(10, 0.1))
    assert "pump:cold:borealis" not in paid


def test_the_policy_splits_it_and_the_contract_counts_takes_at_its_price_and_unlocks_a_step(
    instance: fabopt.Instance,
) -> None:
    net = instance.network
    rights = {g.tags.customer: g for g in net.groups if g.tags.kind == "policy" and g.family == "policy_share"}
    # 10 a month are 30 in a quarter: 18 and 12.
    assert rights["aurora"].rhs[0] == pytest.approx(18.0)
    assert rights["borealis"].rhs[0] == pytest.approx(12.0)
    (agreement,) = net.agreements
    assert agreement.maximum is not None
    assert agreement.maximum == pytest.approx(np.full(10, 15.0))
    less = {p.term.id: p.price * p.term.coefficient for p in net.payments if p.kind == "price difference"}
    assert less["pump:cold:aurora"] == pytest.approx(np.full(10, -0.1))  # 100 dollars less a piece
    assert less["beyond:pump-deal"] == pytest.approx(np.full(10, 0.1))
    (unlock,) = [g for g in net.groups if g.family == "contract_unlock"]
    (unit,) = ids(net.units, kind="pump", role="expansion", item="cold")
    assert {term.id for term in unlock.terms} == {unit}
    assert unlock.rhs == pytest.approx(np.ones_like(unlock.rhs))  # signed before: one step, at any time


def test_a_bill_lists_it_with_its_price_and_cost(instance: fabopt.Instance) -> None:
    bill = instance.bill("falcon", "100MW")
    accelerators = bill.row("chip", "accelerators").quantity
    assert bill.row("pumps", "Cold-plate pump").quantity == pytest.approx(accelerators)
    assert bill.row("dollars", "price of Cold-plate pump").quantity == pytest.approx(0.8 * accelerators)
    assert bill.row("whole", "pumps").quantity == pytest.approx(0.8 * accelerators)
    without = fabopt.load(TUTORIAL).bill("falcon", "100MW")
    more = bill.row("whole", "total").quantity - without.row("whole", "total").quantity
    assert more == pytest.approx(0.8 * accelerators)


def test_the_flow_diagram_shows_it_between_wafers_and_labs(result: fabopt.Result) -> None:
    found = flow(result.table, busiest(result.table))
    shipped = sum(v for (a, b), (v, _) in found.links.items() if b.block == LABS and a.name == "falcon")
    taken = {b.name: v for (a, b), (v, _) in found.links.items() if a.block == "pumps"}
    assert taken == pytest.approx({"falcon": shipped})
    assert unit_of("pumps") == "thousand"
    assert "pumps" in columns({node.block for node in found.nodes})[2]


def test_tables_of_a_result_have_its_kind_and_its_payments(result: fabopt.Result) -> None:
    orders = result.table("core/activities").query("kind == 'pump' and reported")
    shipped = result.shipments.query("reported and chip == 'falcon'")["kaccelerator"].sum()
    paid = result.table("domain/transfers").query("what == 'pumps' and reported")
    assert set(orders["role"]) == {"component_order"}
    assert paid["quantity"].sum() == pytest.approx(orders["level"].sum())
    assert orders["level"].sum() >= shipped - 1e-6


def test_what_holds_a_lab_back_names_it_and_who_makes_it(result: fabopt.Result) -> None:
    frame = result.explain(why_short="borealis", period="2027Q3").frame
    pump = frame[frame["owner"] == "coldworks"]
    assert set(pump["kind"]) == {"policy"}
    assert pump["share"].sum() > 0.1


def test_a_lab_may_sign_for_it(result: fabopt.Result) -> None:
    found = {s.id: s for s in signables(result.plan.solved, "aurora")}
    assert found["pumps:aurora:coldworks:cold"].kind == "capacity"


def test_a_memo_has_a_word_for_who_makes_it(instance: fabopt.Instance) -> None:
    assert role(instance.network, "coldworks") == "pump"
    assert role(instance.network, "laminates") == "component-maker"
    assert (word("en", "supplier_kind", "pump"), word("zh", "supplier_kind", "pump")) == ("pump maker", "泵厂商")


def test_a_kind_that_is_dropped_is_gone_and_one_of_a_known_name_is_refused() -> None:
    add_kind(replace(PUMP, name="valve", section="valves"))
    with pytest.raises(ValueError, match="a section of its own"):
        add_kind(replace(PUMP, name="tap", section="fabs"))
    drop_kind("valve")
    assert "valve" not in KINDS
    with pytest.raises(InstanceError, match="there is no lever 'valves'"):
        fabopt.load(TUTORIAL, set=["valves={cold: {name: a}}"])

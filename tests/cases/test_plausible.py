"""Numbers of implausible size are doubted, those that nothing could take are refused, and so are names with a slip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fabopt
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.io.problems import InstanceError
from fabopt.io.schema import instance_schema, schema_markdown
from fabopt.io.shape import fields_of, kinds

INSTANCES = Path(__file__).parents[2] / "instances"
TUTORIAL = INSTANCES / "tutorial"


def doubted(*settings: str) -> list[str]:
    return [f.message for f in fabopt.load(TUTORIAL, set=settings).validate() if f.check == "a slip"]


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in INSTANCES.rglob("instance.yaml")} - {INSTANCES / "frontier"}),
    ids=lambda folder: folder.name,
)
def test_nothing_in_a_shipped_instance_is_doubted(folder: Path):
    assert [f for f in fabopt.load(folder).validate() if f.check == "a slip"] == []


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("sites.coast.power=350 GW", "350,000 MW is not plausible; usual is 1 to 50,000 MW"),
        ("sites.coast.power=0.35", "0.35 MW is not plausible; usual is 1 to 50,000 MW"),
        ("nodes.n3.wafer_price=1e12", "1e+12 USD/wafer is not plausible; usual is 20 to 500,000 USD/wafer"),
        ("chips.osprey.boms.standard.dies.osprey-die=1.8", "1.8 die/package is not plausible; usual is an integer"),
        ("labs.borealis.fleet.coast.falcon=1e6", "1,000,000 kaccelerator is not plausible"),
        ("chips.osprey.it_power=1300 kW/accelerator", "1,300 kW/accelerator is not plausible"),
        ("sites.coast.pue=3", "3 is not plausible; usual is 1 to 2.5"),
        ("scanners.euv.delivery_lead=12 year", "144 month is not plausible"),
    ],
)
def test_a_number_of_implausible_size_is_doubted_with_what_is_usual(setting: str, says: str):
    lever = setting.partition("=")[0]
    assert any(lever in message and says in message for message in doubted(setting))


def test_a_point_of_a_series_is_doubted_with_its_date():
    (message,) = doubted("sites.coast.power={linear: {2027Q1: 350, 2028Q1: 400 GW}}")
    assert "400,000 MW from 2028-01-01 on" in message


def test_a_number_inside_its_range_and_zero_are_not_doubted():
    assert (
        doubted("nodes.n3.wafer_price=0", "sites.coast.power=150", "chips.osprey.boms.standard.dies.osprey-die=2") == []
    )


def test_a_fleet_without_power_is_doubted_with_what_it_draws():
    (message,) = doubted("sites.coast.power=0")
    # 50,000 falcons of 2 kW under a PUE of 1.3
    assert "the 50,000 accelerators at 'coast' draw 130 MW with its PUE, and the site has 0 MW on 2027-01-01" in message


def test_a_fleet_that_its_site_cannot_feed_is_doubted():
    site = fabopt.load(TUTORIAL).data.sites["plains"]
    # 2 million accelerators of 1 kW at least need 2 GW and more; the site has less.
    assert site.power.at(fabopt.load(TUTORIAL).data.horizon.start) < 2_000
    (message,) = doubted("labs.aurora.fleet.plains.falcon=2000")
    assert "the 2,000,000 accelerators at 'plains' draw" in message


@pytest.mark.parametrize(
    ("lever", "value"),
    [
        ("sites.plains.expansion.lead", "1e18 month"),
        ("nodes.n3.cycle_time", "1000000 month"),
        ("chips.osprey.respin.delay", "999999999999999999 month"),
        ("chips.slate.assembly_time", "1e30"),
        ("sites.coast.pue", "1e18"),
        ("scanners.euv.life", "1e6 year"),
        ("sites.coast.power", "1e16 MW"),
        ("labs.aurora.budget", "-1e16"),
        ("labs.borealis.fleet.coast.falcon", "8e10"),
        ("memory_makers.bitstack.stacking", "1e9 kwafer/month"),
        ("nodes.n3.wafer_price", "1e-30"),
        ("fabs.north.expansion.max_steps", "1000000"),
        ("sites.plains.expansion.order_every", "1000000"),
    ],
)
def test_what_no_plan_could_take_is_refused_at_its_field(lever: str, value: str):
    with pytest.raises(InstanceError) as caught:
        fabopt.load(TUTORIAL, set=[f"{lever}={value}"])
    assert any(problem.path == lever for problem in caught.value.problems)


@pytest.mark.parametrize(
    "network",
    [
        "{activities: {a: {outputs: {m: {amount: 1, lead: 1e9}}}}, materials: {m: {}}}",
        "{activities: {a: {lead: 1e9, outputs: {m: 1}}}, materials: {m: {}}}",
        "{activities: {a: {outputs: {m: {amount: 1, spread: 1e9}}}}, materials: {m: {}}}",
        "{activities: {a: {outputs: {m: 1}, on_off: {min_run: 1000000}}}, materials: {m: {}}}",
        "{demands: {d: {material: m, quantity: 1, backlog: {expiry: 1000000}}}, materials: {m: {}}}",
        "{activities: {a: {outputs: {m: 1}, upper: 1e16}}, materials: {m: {}}}",
        "{activities: {a: {outputs: {m: 1e-30}}}, materials: {m: {}}}",
    ],
)
def test_durations_and_sizes_of_a_plain_network_are_bounded_too(network: str, tmp_path: Path):
    text = f"horizon: {{start: 2027, periods: 3, period: year}}\nnetwork: {network}\n"
    (tmp_path / "instance.yaml").write_text(text)
    with pytest.raises(InstanceError, match=r"at most|at least 1e-15|less than or equal"):
        fabopt.load(tmp_path)


# --- Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("fabs.north.owner=silicon-nort", "silicon-north"),
        ("fabs.north.region=atlantiss", "atlantis"),
        ("labs.aurora.region=atlnatis", "atlantis"),
        ("scanners.euv.maker=bit-stack", "bitstack"),
    ],
)
def test_a_name_that_is_one_slip_from_another_is_doubted(setting: str, meant: str):
    (message,) = doubted(setting)
    assert f"did you mean '{meant}'?" in message
    assert setting.partition("=")[0] in message


@pytest.mark.parametrize(
    "setting", ["fabs.north.owner=silicon-east", "fabs.north.region=atlantis-2", "fabs.north.owner=laminates"]
)
def test_another_name_and_the_next_of_a_series_are_not_doubted(setting: str):
    assert doubted(setting) == []


def test_a_name_that_is_declared_is_not_doubted_and_one_that_is_not_is_refused(tmp_path: Path):
    declared = "parties=[silicon-north, silicon-nort, bitstack, laminates, bridgeworks, lithoworks]"
    assert doubted(declared, "fabs.north.owner=silicon-nort") == []
    with pytest.raises(InstanceError) as caught:
        fabopt.load(TUTORIAL, set=["regions=[atlantis]"])
    said = [str(problem) for problem in caught.value.problems]
    assert any("the region 'lemuria' does not stand in the section 'regions'" in line for line in said)
    with pytest.raises(InstanceError, match="did you mean 'silicon-north'"):
        fabopt.load(
            TUTORIAL, set=["parties=[silicon-north, bitstack, laminates, lithoworks]", "fabs.north.owner=silicon-nrth"]
        )


# --- One place --------------------------------------------------------------------------------------------------


def test_every_quantity_with_a_unit_states_what_is_usual_and_the_pages_show_it():
    bare, seen = [], set()

    def visit(record) -> None:
        if record in seen:
            return
        seen.add(record)
        for name, field in fields_of(record).items():
            below(f"{record.__name__}.{name}", kinds(field.annotation, field.metadata))

    def below(where, found) -> None:
        for kind in found:
            if kind.record:
                visit(kind.record)
            elif (
                kind.type is Quantity and kind.quantity and kind.quantity.unit != "1" and not kind.quantity.limits.usual
            ):
                bare.append(where)
            elif kind.is_mapping or kind.is_list:
                for argument in getattr(kind.type, "__args__", ()):
                    if argument is not Ellipsis:
                        below(where, kinds(argument, (kind.quantity,) if kind.quantity else ()))

    visit(Instance)
    assert len(seen) > 40
    assert bare == []
    assert "MW >= 0, <= 5e+07, usually 1 to 50000" in schema_markdown(Instance)
    assert '"x-usual": [1.0, 50000.0]' in json.dumps(
        instance_schema(Instance)
    ) or '"x-usual": [1, 50000]' in json.dumps(instance_schema(Instance))


@pytest.mark.parametrize(("price", "slips"), [(51_000, 0), (53_000, 1)])
def test_a_used_accelerator_that_is_dearer_than_a_new_one_with_its_system_is_doubted(price, slips):
    resale = {"chips.falcon.resale": {"price": f"{price} USD/accelerator"}}  # a new one: 40,000 and 12,000
    messages = [f.message for f in fabopt.load(TUTORIAL, set=resale).validate() if f.check == "a slip"]
    assert len(messages) == slips
    assert all("a used accelerator sells for 53,000 USD" in message for message in messages)

"""Export rules by lab, chip and performance, and up to a quantity: plans counted from their own shipments."""

import copy
from pathlib import Path

import numpy as np
import pytest
import yaml

import fabopt
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
RAW = yaml.safe_load((TUTORIAL / "instance.yaml").read_text(encoding="utf-8"))
RAW.pop("scenarios")


def raw(*rules, lemurian_coast=False):
    found = copy.deepcopy(RAW) | {"barred_flows": list(rules)}
    if lemurian_coast:
        found["sites"]["coast"]["region"] = "lemuria"
    return found


def open_deliveries(*rules, **more):
    """Deliveries that may be started in some period, by activity, with the periods."""
    net = lower(Instance.model_validate(raw(*rules, **more)))
    return {
        a.id: np.flatnonzero(a.upper).tolist() for a in net.activities if a.id.startswith("deploy:") and a.upper.any()
    }


ALL = {"deploy:falcon:plains", "deploy:falcon:coast", "deploy:osprey:coast", "deploy:slate:plains"}


@pytest.mark.parametrize(
    ("rule", "barred"),
    [
        ({"labs": ["borealis"]}, {"deploy:falcon:coast", "deploy:osprey:coast"}),
        ({"labs": ["borealis"], "chips": ["falcon"]}, {"deploy:falcon:coast"}),
        ({"labs": ["borealis"], "above": 3}, {"deploy:falcon:coast"}),  # a falcon does 4, an osprey 2.4
        ({"labs": ["aurora", "borealis"], "above": 4}, {"deploy:slate:plains"}),  # 4 is not more than 4
        ({"labs": ["borealis"], "origin": "lemuria"}, set()),  # both its designers are at home in atlantis
        ({"labs": ["aurora"], "origin": "lemuria"}, {"deploy:slate:plains"}),
        ({"labs": ["borealis"], "destination": "lemuria"}, set()),  # its site is in atlantis
        ({"origin": "lemuria", "destination": "atlantis", "chips": ["slate"]}, {"deploy:slate:plains"}),
    ],
)
def test_a_rule_bars_the_deliveries_that_it_covers_and_no_other(rule, barred):
    assert set(open_deliveries(rule)) == ALL - barred
    assert problems(Instance.model_validate(raw(rule))) == []


def test_a_rule_into_a_region_from_anywhere_leaves_what_is_made_there():
    """Slate's designer is at home in lemuria, where the coast now stands; falcons and ospreys come from outside."""
    rule = {"destination": "lemuria", "chips": ["falcon", "osprey", "slate"]}
    assert set(open_deliveries(rule, lemurian_coast=True)) == {"deploy:falcon:plains", "deploy:slate:plains"}


def test_a_rule_for_labs_bars_no_wafers_and_one_for_all_goods_does():
    def wafers(rule):
        net = lower(Instance.model_validate(raw(rule)))
        return {a.id for a in net.activities if a.id.startswith("wafers:") and a.upper.any()}

    flow = {"origin": "lemuria", "destination": "atlantis"}
    assert "wafers:falcon-die:south" in wafers({**flow, "labs": ["aurora"]})
    assert "wafers:falcon-die:south" not in wafers(flow)


def test_a_rule_holds_between_its_dates():
    rule = {"labs": ["borealis"], "chips": ["falcon"], "since": "2027Q3", "until": "2028Q1"}
    assert open_deliveries(rule)["deploy:falcon:coast"] == [0, 1, 5, 6, 7, 8, 9]


def shipped(result, lab, weights):
    rows = result.shipments.query(f"lab == '{lab}'")
    amount = rows["kaccelerator"] * rows["chip"].map(weights).fillna(0.0)
    return amount.groupby(rows["period"].str[:4]).sum().to_dict()


def test_a_quantity_caps_each_calendar_year_and_its_price_is_that_of_law():
    base = fabopt.load(TUTORIAL)
    free = shipped(base.solve(), "borealis", {"falcon": 1, "osprey": 1})
    assert max(free.values()) > 60
    result = base.with_(
        {"barred_flows": [{"name": "Licence", "labs": ["borealis"], "most": "60 kaccelerator/year"}]}
    ).solve()
    found = shipped(result, "borealis", {"falcon": 1, "osprey": 1})
    assert max(found.values()) == pytest.approx(60)
    assert found["2029"] <= 30 + 1e-6  # the horizon holds half of 2029
    rows = result.limits.query("id == 'export:1'")
    assert set(rows["kind"]) == {"law"}
    assert set(rows["name"]) == {"Licence"}
    assert rows["limit"].tolist() == pytest.approx([60, 60, 30])
    assert rows["price"].max() > 0


def test_compute_may_be_capped_by_each_chip_at_its_best():
    rule = {"origin": "atlantis", "labs": ["borealis"], "most_compute": "150 kH100e/year", "since": 2028}
    result = fabopt.load(TUTORIAL).with_({"barred_flows": [rule]}).solve()
    found = shipped(result, "borealis", {"falcon": 4, "osprey": 2.4})
    assert found["2027"] > 150
    assert found["2028"] == pytest.approx(150)
    assert set(result.limits.query("id == 'export:1:compute'")["unit"]) == {"kH100e"}


FAULTS = {
    "nobody": ({"origin": "atlantis"}, "barred_flows.0", "needs a 'destination', or the 'labs'"),
    "an unknown lab": ({"labs": ["auror"]}, "barred_flows.0.labs.0", "there is no lab 'auror'"),
    "a threshold above all": (
        {"labs": ["aurora"], "chips": ["falcon"], "above": 4},
        "barred_flows.0.above",
        "no chip that it covers does more than 4 H100e",
    ),
    "a rule after the horizon": ({"labs": ["aurora"], "since": 2031}, "barred_flows.0.since", "the rule never holds"),
    "a rule of the past": ({"labs": ["aurora"], "until": 2026}, "barred_flows.0.until", "the rule never holds"),
    "a flow to itself": ({"origin": "atlantis", "destination": "atlantis"}, "barred_flows.0.destination", "itself"),
}


@pytest.mark.parametrize(("rule", "path", "message"), FAULTS.values(), ids=FAULTS)
def test_a_rule_that_cannot_be_meant_is_told_at_its_field(rule, path, message):
    (fault,) = problems(Instance.model_validate(raw(rule)))
    assert ".".join(map(str, fault.path)) == path
    assert message in fault.message


def test_a_negative_quantity_is_refused():
    with pytest.raises(ValueError, match="most"):
        Instance.model_validate(raw({"labs": ["aurora"], "most": -1}))

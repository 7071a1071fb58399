"""Limits that cannot be meant: each fault at its field, all at once, and caps that contradict each other by name."""

import copy
from pathlib import Path

import pytest
import yaml

from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial" / "instance.yaml"
RAW = yaml.safe_load(TUTORIAL.read_text(encoding="utf-8"))
RAW.pop("scenarios")


def tutorial(**sections):
    return Instance.model_validate({**copy.deepcopy(RAW), **sections})


def told(**sections):
    return [(".".join(map(str, fault.path)), fault.message, fault.hint) for fault in problems(tutorial(**sections))]


def cap(**more):
    return {"of": "designer", "share": 0.9, **more}


FAULTS = {
    "an unknown designer": (cap(suppliers=["merlyn"]), "suppliers.0", "there is no designer 'merlyn'", "'merlin'"),
    "an unknown region": (cap(of="region", suppliers=["mu"]), "suppliers.0", "there is no region 'mu'", "atlantis"),
    "a designer for a foundry": (cap(of="foundry", suppliers=["merlin"]), "suppliers.0", "no foundry 'merlin'", ""),
    "a foundry for a maker": (cap(of="memory-maker", suppliers=["north"]), "suppliers.0", "no memory-maker", ""),
    "an unknown lab": (cap(labs=["aurora", "auroa"]), "labs.1", "there is no lab 'auroa'", "did you mean 'aurora'?"),
    "a window after the horizon": (cap(since=2031), "since", "lies after the end of the horizon", ""),
    "a window before the horizon": (cap(until=2025), "until", "lies before the decision date", ""),
    "a window that ends before it begins": (cap(since=2029, until=2028), "until", "before it begins", ""),
}  # fmt: skip


@pytest.mark.parametrize("section", ["diversity", "resilience"])
@pytest.mark.parametrize(("limit", "path", "message", "hint"), FAULTS.values(), ids=FAULTS)
def test_a_limit_that_cannot_be_meant_is_told_at_its_field(section, limit, path, message, hint):
    (found,) = told(**{section: {"x": limit}})
    assert found[0] == f"{section}.x.{path}"
    assert message in found[1]
    assert hint in found[2]


def test_stops_after_the_last_reported_period_never_begin():
    (found,) = told(resilience={"x": cap(since=2029)})
    assert found[:2] == (
        "resilience.x.since",
        "2029-01-01 lies after the last reported period, so the limit never holds",
    )


def test_faults_of_several_limits_are_told_at_once():
    found = told(diversity={"x": cap(suppliers=["nobody"])}, resilience={"y": cap(labs=["nobody"], since=2040)})
    assert {path for path, _, _ in found} == {"diversity.x.suppliers.0", "resilience.y.labs.0", "resilience.y.since"}


@pytest.mark.parametrize("share", ["120 %", -0.1])
def test_a_share_above_one_or_below_nothing_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        tutorial(diversity={"x": cap(share=share)})


def test_caps_that_leave_no_chip_mix_name_each_designer_and_limit():
    """Aurora can use Merlin and Monolith only."""
    (first, second) = told(diversity={"two": cap(share=0.4)})
    assert first[:2] == (
        "diversity.two.share",
        "in 2027Q1 Aurora can run only chips of merlin and monolith, but 'two' caps merlin at 40% and 'two' caps "
        "monolith at 40%: together 80% of its compute, so it could run nothing",
    )
    assert "Borealis can run only chips of merlin and cirrus" in second[1]


def test_caps_of_two_limits_contradict_each_other_by_name():
    caps = {
        "gpus": cap(suppliers=["merlin"], share=0.5, labs=["aurora"]),
        "wafers": cap(suppliers=["monolith"], share=0.3, since=2028),
    }
    (found,) = told(diversity=caps)
    assert found[0] == "diversity.wafers.share"
    assert found[1].startswith(
        "in 2028Q1 Aurora can run only chips of merlin and monolith, but 'gpus' caps merlin at 50% and 'wafers' caps "
        "monolith at 30%: together 80%"
    )


def test_a_designer_that_comes_later_does_not_help_before():
    labs = copy.deepcopy(RAW["labs"])
    labs["aurora"]["designers"]["monolith"] = 2028
    (found,) = told(labs=labs, diversity={"x": cap(share=0.6, labs=["aurora"])})
    assert "in 2027Q1 Aurora can run only chips of merlin, but 'x' caps merlin at 60%" in found[1]
    assert told(labs=labs, diversity={"x": cap(share=0.6, labs=["aurora"], since=2028)}) == []
    assert told(labs=labs, diversity={"x": cap(share=0.6, labs=["aurora"], by="window")}) == []


def without_fleet():
    raw = copy.deepcopy(RAW)
    for lab in raw["labs"].values():
        lab.pop("fleet")
    for chip in raw["chips"].values():
        chip.pop("running_rate", None)
    return raw


def test_caps_on_foundries_contradict_each_other_only_where_everything_is_still_to_be_made():
    caps = {"x": cap(of="foundry", share=0.6, labs=["aurora"])}
    assert told(diversity=caps) == []  # the fleet at the decision date is nobody's
    found = problems(Instance.model_validate({**without_fleet(), "diversity": caps}))
    assert ["what is made by silicon-north" in fault.message for fault in found] == [True]


def test_a_cap_on_a_maker_without_whom_nothing_can_be_run_is_told_by_reachability():
    """Without a fleet and without Slate, all that Aurora can run takes HBM of Bitstack's."""
    raw = without_fleet()
    raw["labs"]["aurora"]["designers"] = {"merlin": 2025}
    raw["diversity"] = {"x": cap(of="region", suppliers=["atlantis"], labs=["aurora"], share=0.7)}
    data = Instance.model_validate(raw)
    assert problems(data) == []
    with pytest.raises(FieldProblem) as caught:
        lower(data)
    (fault,) = caught.value.faults
    assert fault.path == ("diversity", "x", "share")
    assert fault.message == (
        "Aurora has no fleet and can run nothing that is made without the region Atlantis, so a share of at most 70% "
        "leaves it no compute at all"
    )


def test_limits_in_an_instance_without_labs_say_nothing():
    raw = {"horizon": {"start": 2027, "periods": 2}, "diversity": {"x": cap()}}
    found = [(fault.path, fault.message) for fault in problems(Instance.model_validate(raw))]
    assert found == [
        (("diversity", "x", "of"), "the instance has no designer, so the limit says nothing"),
        (("diversity", "x", "labs"), "the instance has no lab, so the limit says nothing"),
    ]

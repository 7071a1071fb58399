"""Chances against shares that are known before anything is sampled."""

from __future__ import annotations

import json

import pytest
from portfolio_cases import tree

import fabopt
from fabopt.analysis.memo.chances import chances
from fabopt.errors import StudyError
from fabopt.io.seal import as_bytes, sealed_with
from fabopt.solve.results.folder import ResultError

approx = pytest.approx
POWER = "sites.site.power"
EVENLY = {"method": "latin-hypercube", "samples": 8, "distribution": "uniform"}


def written(folder, **changes):
    """A lab that fills its site in three years; the site shrinks to two fifths after the first."""
    raw = tree()
    raw["horizon"] |= {"periods": 3, "reported_until": 2029}
    raw["sites"]["site"]["power"] = {"steps": {"2027": 100, "2028": 40}}
    raw["labs"]["lab"] |= changes
    folder.mkdir(exist_ok=True)
    (folder / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return written(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def result(site):
    return fabopt.load(site).solve(threads=1, gap=0.0)


def swept(site, out, **spec):
    fabopt.sweep(site, {**EVENLY, **spec}, out=out)
    return out


@pytest.fixture(scope="module")
def evenly(site, tmp_path_factory):
    """Eight samples of the site from half to one and a half of what it is, one in each eighth of the way."""
    return swept(site, tmp_path_factory.mktemp("sweeps") / "evenly", levers={POWER: {"low": "*0.5", "high": "*1.5"}})


def test_half_of_an_even_range_lies_above_its_middle(evenly, result):
    """The plan ends with 40 MW, which four of eight cases have from 2028 on, and all had in 2027."""
    found = chances(evenly, result.plan, "lab")
    assert [(c.period, c.share.value) for c in found.by_period] == [("2027", 1.0), ("2028", 1.0), ("2029", 1.0)]
    goal = found.by_period[0].target
    assert (goal.value, goal.unit) == (approx(0.040), "GW")
    assert goal.origin == "domain/fleet[lab=lab, period=2029].facility_mw"
    assert (found.cases, found.without_plan) == (8, 0)


def test_what_was_reached_stays_reached(evenly, result):
    """100 MW in 2027 in the upper half of the cases; later all have less, and that is no step back."""
    found = chances(evenly, result.plan, "lab", 0.100)
    assert [c.share.value for c in found.by_period] == [0.5, 0.5, 0.5]
    found = chances(evenly, result.plan, "lab", 0.125)
    assert [c.share.value for c in found.by_period] == [0.25, 0.25, 0.25]
    assert found.by_period[0].target.origin == "asked: target"
    assert chances(evenly, result.plan, "lab", 0.2).by_period[-1].share.value == 0.0


def test_what_is_reached_late_counts_from_then_on(tmp_path):
    """The site grows: 40 MW, then 100; a target of 60 is reached by no case before 2028, and by all from then on."""
    folder = written(tmp_path / "site")
    text = (folder / "instance.yaml").read_text().replace('{"2027": 100, "2028": 40}', '{"2027": 40, "2028": 100}')
    (folder / "instance.yaml").write_text(text)
    out = swept(folder, tmp_path / "out", levers={POWER: {"low": "*0.8", "high": "*1.2"}}, samples=4)
    result = fabopt.load(folder).solve(threads=1, gap=0.0)
    found = chances(out, result.plan, "lab", 0.060)
    assert [c.share.value for c in found.by_period] == [0.0, 1.0, 1.0]
    found = chances(out, result.plan, "lab")  # the plan's own 100 MW: the upper half of the cases
    assert [c.share.value for c in found.by_period] == [0.0, 0.5, 0.5]


def test_a_case_without_a_plan_has_not_reached_it(site, result, tmp_path):
    """The shares of a lab's demand add up to one: half of the cases are refused."""
    out = swept(site, tmp_path / "out", levers={"labs.lab.demand.split.work": [1.0, 0.5]})
    found = chances(out, result.plan, "lab", 0.040)
    assert (found.cases, found.without_plan) == (8, 4)
    assert [c.share.value for c in found.by_period] == [0.5, 0.5, 0.5]


def test_of_several_scenarios_that_of_the_result_counts(site, result, tmp_path):
    folder = written(tmp_path / "site")
    raw = json.loads((folder / "instance.yaml").read_text())
    raw["scenarios"] = {"small": {"set": {POWER: "*0.1"}}}
    (folder / "instance.yaml").write_text(json.dumps(raw))
    levers = {POWER: {"low": "*0.5", "high": "*1.5"}}
    out = swept(folder, tmp_path / "out", scenarios=["base", "small"], levers=levers)
    for scenario, target in ((None, 0.100), ("small", 0.010)):
        own = fabopt.load(folder, scenario=scenario).solve(threads=1, gap=0.0)
        found = chances(out, own.plan, "lab", target)
        assert found.cases == 8
        assert found.by_period[0].share.value == 0.5


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"method": "grid", "samples": None, "levers": {POWER: ["*0.5", "*1.5"]}}, "no samples but grid"),
        ({"levers": {POWER: None}, "samples": 2, "solve": {"objective": "compute"}}, "solved for compute"),
    ],
)
def test_shares_that_are_no_chances_of_the_plan_are_refused(site, result, tmp_path, spec, says):
    out = swept(site, tmp_path / "out", **spec)
    with pytest.raises(StudyError, match=says):
        chances(out, result.plan, "lab")


def test_a_sweep_of_other_data_is_refused(evenly, tmp_path, site):
    other = fabopt.load(site, set={"sites.site.energy_price": 10}).solve(threads=1)
    with pytest.raises(StudyError, match="with other data than those of the result"):
        chances(evenly, other.plan, "lab")


def test_a_sweep_that_is_not_finished_is_refused(evenly, result, tmp_path):
    path = evenly / "sweep.json"
    whole = path.read_text()
    try:
        record = json.loads(whole)
        path.write_bytes(as_bytes(sealed_with({**record, "complete": False}, record["format"], record["files"])))
        with pytest.raises(StudyError, match="not finished"):
            chances(evenly, result.plan, "lab")
    finally:
        path.write_text(whole)
    with pytest.raises(ResultError, match="is no sweep"):
        chances(tmp_path, result.plan, "lab")


def test_a_lab_without_power_has_no_target(evenly, result):
    with pytest.raises(StudyError, match="no power"):
        chances(evenly, result.plan, "another")

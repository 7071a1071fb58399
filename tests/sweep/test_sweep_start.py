"""A sweep of a larger instance begins every case with one plan, so that no row depends on what was solved before it."""

from __future__ import annotations

import pytest
from sweep_cases import INSTANCES, shop

import fabopt
from fabopt.analysis.sweep import case as cases

SPEC = {
    "scenarios": ["base", "hbm-squeeze"],
    "levers": {"sites.coast.power": ["*0.9", "*1.1"]},
    "solve": {"gap": 0.0},
}


@pytest.fixture(autouse=True)
def _large(monkeypatch):
    """Take the tutorial for a large instance."""
    monkeypatch.setattr(cases, "uses_start", lambda integer: bool(integer.any()))


def test_every_case_says_how_much_of_the_first_scenarios_plan_it_begins_with_and_has_the_optimum_found_from_nothing(
    monkeypatch,
):
    warm = fabopt.sweep(INSTANCES / "tutorial", SPEC).frame
    assert set(warm["start"]) == {"741 of 741 decisions of base fit."}
    monkeypatch.setattr(cases.Work, "begun", lambda self: self)
    cold = fabopt.sweep(INSTANCES / "tutorial", SPEC).frame
    assert list(cold["start"]) == [""] * 4
    assert list(warm["objective"]) == pytest.approx(list(cold["objective"]), rel=1e-6)


def test_a_case_begins_with_the_same_plan_whatever_is_solved_before_it():
    """With a wide gap the plan that a case begins with decides its answer."""
    spec = {**SPEC, "solve": {"gap": 0.05}}
    whole = fabopt.sweep(INSTANCES / "tutorial", spec).frame
    turned = fabopt.sweep(INSTANCES / "tutorial", {**spec, "levers": {"sites.coast.power": ["*1.1", "*0.9"]}}).frame
    assert list(whole["objective"]) == [turned["objective"][n] for n in (1, 0, 3, 2)]
    two = fabopt.sweep(INSTANCES / "tutorial", spec, workers=2).frame
    assert two.equals(whole)


def test_what_is_no_search_begins_with_nothing(tmp_path):
    assert list(fabopt.sweep(shop(tmp_path), {"levers": {"network.demands.shop.value": [4, 5]}}).frame["start"]) == [
        "",
        "",
    ]


def test_where_the_first_scenario_has_no_plan_cases_begin_with_nothing():
    spec = {"levers": {"sites.coast.power": ["*1.1"]}, "solve": {"objective": "time_to_compute", "target": 1e7}}
    frame = fabopt.sweep(INSTANCES / "tutorial", spec).frame
    assert (frame["status"][0], frame["start"][0]) == ("infeasible", "")

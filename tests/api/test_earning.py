"""Owners that order only steps that earn: what loses is forbidden, in the plan and in every question of it."""

from pathlib import Path

import pytest

import fabopt
import fabopt.solve.run
from fabopt.solve.session import HighsSession

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
LINE = "expand:packaging:bridgeworks"


def large_from(columns, monkeypatch):
    for module in ("options", "matrices"):
        monkeypatch.setattr(f"fabopt.solve.{module}.LARGE", columns)


def test_steps_that_lose_money_are_forbidden_in_the_plan_and_in_what_is_asked_of_it_when_loaded(tmp_path):
    # The line's step costs over 100 million dollars, and its margin is 4,000 of 10,000 dollars a wafer, for a few
    # thousand wafers: the chain as a whole gains by it, its owner does not.
    free = fabopt.load(TUTORIAL)
    free.with_({"solving.expansions_earn": True}).solve(gap=0.01, out=tmp_path / "plan")
    plan = fabopt.load_result(tmp_path / "plan")
    made = plan.run.earning
    assert made.passes == 1
    assert {unit for unit, _ in made.forbidden} == {LINE}
    units = plan.table("core/units")
    assert not units[units["id"] == LINE]["ordered"].any()
    assert "loses" not in set(plan.table("earnings")["verdict"])
    (unit,) = [unit for unit in plan.plan.net.units if unit.id == LINE]
    held = {plan.plan.net.periods[t].label: unit.pinned[t] for t in range(plan.plan.net.n_periods)}
    assert all(held[period] == 0.0 for _, period in made.forbidden)
    # The hash is that of what was asked for: the steps that are forbidden are an answer.
    assert plan.run.input_hash == free.with_({"solving.expansions_earn": True})._contents
    assert f"{len(made.forbidden)} steps that would lose money for their owners forbidden" in str(plan.answer)


def test_of_a_large_program_its_relaxation_tells_the_steps_that_lose(monkeypatch):
    large_from(100, monkeypatch)
    plan = fabopt.load(TUTORIAL).with_({"solving.expansions_earn": True}).solve(gap=0.01)
    made, units = plan.run.earning, plan.table("core/units")
    assert made.passes >= 1
    assert {unit for unit, _ in made.forbidden} == {LINE}
    assert not units[units["id"] == LINE]["ordered"].any()
    whole = units[units["role"] == "expansion"]["ordered"]
    assert (whole == whole.round()).all()  # the plan has its integers


def test_each_relaxation_and_the_dive_go_on_from_the_basis_of_the_one_before(monkeypatch):
    large_from(100, monkeypatch)
    monkeypatch.setattr("fabopt.solve.search.EASY", 100)
    run, begun = HighsSession._run, []

    def noted(session, *limits):
        if not session.integer.any():
            begun.append(session._highs.getBasis().valid)
        return run(session, *limits)

    monkeypatch.setattr(HighsSession, "_run", noted)
    plan = fabopt.load(TUTORIAL).with_({"solving.expansions_earn": True}).solve(gap=0.01)
    assert plan.run.earning.passes >= 1
    assert begun.count(False) == 1  # the first relaxation: also where the columns of what is forbidden are gone
    assert len(begun) > 5


def test_a_small_program_is_not_relaxed_first(monkeypatch):
    monkeypatch.delattr("fabopt.solve.losses.solve_made")
    assert fabopt.load(TUTORIAL).with_({"solving.expansions_earn": True}).solve(gap=0.01).run.earning.passes == 1


@pytest.mark.parametrize("large", [100, 10_000_000])
def test_why_there_is_no_plan_is_looked_for_once(large, monkeypatch):
    large_from(large, monkeypatch)
    explain, asked = fabopt.solve.run.explain_infeasible, []
    monkeypatch.setattr("fabopt.solve.run.explain_infeasible", lambda *given: asked.append(1) or explain(*given))
    # Scanners that expose next to nothing cannot even print the wafers that the markets hold on to.
    none = {"solving.expansions_earn": True, "fabs.north.scanners.euv.passes": "1 kexposure/month"}
    assert not fabopt.load(TUTORIAL).with_(none).solve().has_plan
    assert len(asked) == 1


def test_what_can_hold_at_once_is_asked_whatever_it_earns():
    plan = fabopt.load(TUTORIAL).with_({"solving.expansions_earn": True}).solve("agreement", gap=0.01)
    assert plan.has_plan
    assert plan.run.earning is None


@pytest.mark.slow
def test_what_an_earlier_plan_has_ordered_is_no_longer_forbidden():
    free = fabopt.load(TUTORIAL)
    held = free.with_({"solving.expansions_earn": True, "pins": {"units": {LINE: {"2027Q1": 1}}}}).solve(gap=0.01)
    units = held.table("core/units")
    assert units[(units["id"] == LINE) & (units["period"] == "2027Q1")]["ordered"].tolist() == [1.0]
    assert (LINE, "2027Q1") not in held.run.earning.forbidden

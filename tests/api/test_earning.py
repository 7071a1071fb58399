"""Owners that order only steps that earn: what loses is forbidden, in the plan and in every question of it."""

from pathlib import Path

import pytest

import fabopt

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
LINE = "expand:packaging:bridgeworks"


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
    monkeypatch.setattr("fabopt.solve.options.LARGE", 100)
    plan = fabopt.load(TUTORIAL).with_({"solving.expansions_earn": True}).solve(gap=0.01)
    made, units = plan.run.earning, plan.table("core/units")
    assert made.passes >= 1
    assert {unit for unit, _ in made.forbidden} == {LINE}
    assert not units[units["id"] == LINE]["ordered"].any()
    whole = units[units["role"] == "expansion"]["ordered"]
    assert (whole == whole.round()).all()  # the plan has its integers


@pytest.mark.slow
def test_what_an_earlier_plan_has_ordered_is_no_longer_forbidden():
    free = fabopt.load(TUTORIAL)
    held = free.with_({"solving.expansions_earn": True, "pins": {"units": {LINE: {"2027Q1": 1}}}}).solve(gap=0.01)
    units = held.table("core/units")
    assert units[(units["id"] == LINE) & (units["period"] == "2027Q1")]["ordered"].tolist() == [1.0]
    assert (LINE, "2027Q1") not in held.run.earning.forbidden

"""What a plan must do stands apart from what holds it back, by what less of it would be worth."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import fabopt
from fabopt.analysis.plan_tables import holding, obligations

INSTANCE = """\
horizon: {start: 2027, periods: 1, period: year, discount_rate: 0}
network:
  materials: {a: {}, b: {}}
  resources: {mill: {capacity: 10}}
  activities:
    make: {outputs: {a: 1}, uses: {mill: 1}, cost: 1}
    spare: {outputs: {b: 1}, cost: 5}
    idle: {outputs: {a: 1}, cost: 7, lower: 2, upper: 3}
  demands:
    must: {material: a, quantity: 4, required: true}
    may: {material: a, quantity: 20, value: 3}
  groups: {take: {sense: ">=", limit: 1, terms: [{activity: spare}], limit_kind: contract}}
"""


def _limits(tmp_path: Path) -> pd.DataFrame:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    return fabopt.load(tmp_path).solve().table("core/limits")


def test_capacities_are_ranked_and_obligations_stand_apart(tmp_path: Path) -> None:
    limits = _limits(tmp_path)
    # a unit of the mill makes one more for 3 at 1; a unit less that must be delivered is one more that is sold at 3
    assert [(one.name, round(one.price, 6)) for one in holding(limits, 8)] == [("mill", 2.0)]
    assert {one.name: round(one.price, 6) for one in obligations(limits, 8) if one.name == "must"} == {"must": 3.0}


def test_a_unit_less_of_all_obligations_is_worth_what_the_plan_gains(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    instance = fabopt.load(tmp_path)
    worth = {one.name: one.price for one in obligations(instance.solve().table("core/limits"), 8)}
    value = instance.solve().objective
    changes = {"must": {"network.demands.must.quantity": 3}, "take": {"network.groups.take.limit": 0}}
    assert set(worth) == set(changes)
    for name, change in changes.items():
        assert instance.with_(change).solve().objective - value == pytest.approx(worth[name])


def test_the_answer_has_a_block_for_each(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    lines = str(fabopt.load(tmp_path).solve().answer).splitlines()
    back = next(i for i, line in enumerate(lines) if line.startswith("What holds it back most"))
    must = next(i for i, line in enumerate(lines) if line.startswith("What it must do: worth of one unit less of each"))
    assert back < must
    assert not any(line.split()[:1] == ["must"] for line in lines[back:must])
    assert any(line.split()[:1] == ["must"] for line in lines[must:])


def test_a_study_of_choke_points_ranks_capacities_and_says_what_less_of_an_obligation_is_worth(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    report = fabopt.load(tmp_path).solve().choke_points(draws=0)
    first = report.study.first
    assert first is not None
    assert (first.label, first.gain) == ("mill", pytest.approx(2.0))
    duties = [r.label for r in report.study.limits if r.obligation]
    assert not any(duty in label for duty in duties for step in report.study.cascade for label in step.lifted)
    text = "\n".join(report.lines())
    table = text[text.index("Obligations: what 10 % less of each in every counted period is worth") :].splitlines()
    # 10 % of 4 are 0.4, sold at 3 instead; 10 % of 1 is 0.1, made at 5
    assert [line.split()[-1] for line in table[2:4]] == ["1.20", "0.50"]

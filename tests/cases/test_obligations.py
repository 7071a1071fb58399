"""What a plan must do stands apart from what holds it back, by what less of it would be worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fabopt
from fabopt.analysis.choke.reprice import choke_point
from fabopt.analysis.plan_tables import free_obligations, holding, obligations

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
    must = next(i for i, line in enumerate(lines) if line.startswith("What it must do: worth of one unit less"))
    assert back < must
    assert not any(line.split()[:1] == ["must"] for line in lines[back:must])
    assert any(line.split()[:1] == ["must"] for line in lines[must:])


def test_a_study_of_choke_points_ranks_capacities_and_says_what_less_of_an_obligation_is_worth(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    report = fabopt.load(tmp_path).solve().choke_points(draws=0)
    first = report.records.first
    assert first is not None
    assert (first.label, first.gain) == ("mill", pytest.approx(2.0))
    duties = [r.label for r in report.records.limits if r.obligation]
    assert not any(duty in label for duty in duties for step in report.records.cascade for label in step.lifted)
    text = "\n".join(report.lines())
    table = text[text.index("Obligations: what 10 % less of each in 2027 is worth") :].split("\n\n")[0]
    # 10 % of 4 are 0.4, sold at 3 instead; 10 % of 1 is 0.1, made at 5
    rows = [line.split()[-4:] for line in table.splitlines() if line.startswith("  ")][1:]
    assert rows == [["10", "%", "less", "1.20"], ["10", "%", "less", "0.50"]]


def test_a_demand_that_must_be_met_is_no_capacity_even_where_more_of_it_would_pay(tmp_path: Path) -> None:
    """What must be delivered is worth 3 and made at 1: a tenth more of 4 would earn 0.8, a tenth less earns nothing."""
    given = {"network.demands.must.value": 3, "network.demands.may.quantity": 1}
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    result = fabopt.load(tmp_path).with_(given).solve()
    report = result.choke_points(draws=0)
    duties = {r.label: (r.less, r.gain) for r in report.records.limits if r.obligation}
    assert duties["must (demand)"] == (False, pytest.approx(0.8))
    assert duties["must (demand), the least"] == (True, 0.0)
    # of what may be delivered a tenth more of 1 earns 0.2, the only capacity that gains
    first = report.records.first
    assert first is not None
    assert (first.label, first.gain) == ("may (demand)", pytest.approx(0.2))
    named = {name for j in report.records.joint for s in (*j.minimal_sets, *j.blocking_sets) for name in s}
    named |= {label for step in report.records.cascade for label in step.lifted}
    assert named
    assert named.isdisjoint(duties)
    text = "\n".join(report.lines())
    capacities, obliged = text[text.index("Limits by what") :].split("Obligations: what", 1)
    assert "must" not in capacities
    rows = [line.split() for line in obliged.split("\n\n")[0].splitlines()]
    assert ["10", "%", "more", "0.80"] in [row[-4:] for row in rows if row[0] == "must"]
    assert choke_point(result.plan.solved) == ("may (demand)", pytest.approx(0.2))  # as sweeps and tornadoes name it


def test_an_obligation_that_earns_is_counted_and_not_listed(tmp_path: Path) -> None:
    """What must be delivered at 9 earns more than what may be at 3; with a unit less of it the plan would lose 6."""
    (tmp_path / "instance.yaml").write_text(INSTANCE.replace("required: true", "required: true, value: 9"))
    solved = fabopt.load(tmp_path).solve()
    limits = solved.table("core/limits")
    assert {one.name for one in obligations(limits, 8)} == {"take"}
    lines = str(solved.answer).splitlines()
    must = next(i for i, line in enumerate(lines) if line.startswith("What it must do"))
    assert lines[must + 2].split()[0] == "take"
    assert " ".join(lines[must + 3].split()) == "1 obligation costs nothing"
    assert free_obligations(limits) == 1


NO_DUTY = """\
horizon: {start: 2027, periods: 2, period: year, discount_rate: 0}
network:
  materials: {a: {}}
  resources: {mill: {capacity: 1}}
  activities: {make: {outputs: {a: 1}, uses: {mill: 1}}}
  units: {tool: {adds: {mill: {amount: 1}}, cost: 1, upper: [1, 9], total: 2, whole: false}}
  demands: {may: {material: a, quantity: 20, value: 3}}
"""


def test_two_limits_of_one_name_say_what_they_limit_and_one_without_a_period_when(tmp_path: Path) -> None:
    """A tool costs 1 and makes one a year for 3: one may be ordered in 2027, and two in all."""
    (tmp_path / "instance.yaml").write_text(NO_DUTY)
    found = {one.name: one for one in holding(fabopt.load(tmp_path).solve().table("core/limits"), 8)}
    assert {"tool (orders)", "tool (orders in all)"} <= set(found)
    assert found["tool (orders in all)"].when == "the whole horizon"
    # one more in all is ordered in 2028, for 3 - 1; one more in 2027 comes a year earlier, for 3
    assert (found["tool (orders in all)"].price, found["tool (orders)"].price) == (pytest.approx(2), pytest.approx(3))
    assert (found["tool (orders)"].when, found["mill"].when) == ("2027", "2027 to 2028")


def test_no_number_of_a_table_is_minus_nothing(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(INSTANCE)
    solved = fabopt.load(tmp_path).solve()
    for name in ("core/limits", "core/materials", "rows", "decisions"):
        for column in solved.table(name).select_dtypes("float"):
            values = solved.table(name)[column].to_numpy()
            assert not (np.signbit(values) & (values == 0.0)).any(), (name, column)

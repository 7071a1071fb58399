"""Objectives in order with tolerances, and the LP relaxation, against answers by hand and by trying everything."""

from __future__ import annotations

import itertools
import json

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.errors import StudyError
from fabopt.io.problems import InstanceError
from fabopt.solve.options import OptionError

# Loaves are worth 10, 8 and 6 each to three customers, and cost 1 from the oven or 5 from the other baker.
BREAD = """
horizon: {start: 2027, periods: 1, period: year}
network:
  materials: {loaf: {}}
  activities: {bake: {outputs: {loaf: 1}, cost: 1, upper: 10}, buy: {outputs: {loaf: 1}, cost: 5}}
  demands: {a: {material: loaf, quantity: 10, value: 10}, b: {material: loaf, quantity: 10, value: 8},
            c: {material: loaf, quantity: 10, value: 6, weight: 1}}
"""


def bread(tmp_path, more=""):
    path = tmp_path / "bread.yaml"
    path.write_text(BREAD + more)
    return fabopt.load(path)


def finals(result):
    return [(stage.name, stage.final) for stage in result.run.stages]


def test_a_later_objective_takes_no_more_than_the_tolerance_of_an_earlier_one(tmp_path):
    instance = bread(tmp_path)
    best = instance.solve()
    assert best.objective == pytest.approx(90 + 30 + 10)
    # The cheapest plan worth 117: of the 20 bought loaves the 10 that earn 1 go first, then 1 of those that earn 3.
    lean = instance.solve(["value:10%", "least_cost"])
    assert lean.objective == pytest.approx(117.0)
    assert lean.bound == pytest.approx(130.0)
    assert lean.gap == pytest.approx(13 / 117)
    assert finals(lean)[1] == ("least_cost", pytest.approx(10 + 5 * (10 - 1)))
    assert lean.status == "within_gap"
    assert instance.solve(["value:13", "least_cost"]).objective == pytest.approx(117.0)
    assert instance.solve(["value", "least_cost"]).objective == pytest.approx(130.0)
    text = "\n".join(lean.answer.lines())
    assert "objectives in order: value:10% 130, of which the plan has 117; least_cost 55" in text


def test_three_objectives_in_order(tmp_path):
    """Compute first, all but half of it, then value, all but 3, then cost."""
    instance = bread(tmp_path)
    plan = instance.solve(["compute:50%", "value:3", "least_cost"])
    # c keeps at least 5 of its 10, and may have all 10: value 130. Three may go: the 3 of c that earn 1 each.
    assert finals(plan)[:3] == [
        ("compute", pytest.approx(7.0)),
        ("value", pytest.approx(127.0)),
        ("least_cost", pytest.approx(10 + 5 * 17)),
    ]


def test_tolerances_hold_with_integers_as_by_trying_everything(tmp_path):
    worth, cost, weight = (11, 9, 7, 6, 3), (6, 5, 3, 3, 1), (5, 4, 3, 2, 2)
    lines = "\n".join(
        f"    m{n}: {{outputs: {{t{n}: 1}}, uses: {{room: {weight[n]}}}, cost: {cost[n]}, lot: 1, upper: 1}}"
        for n in range(5)
    )
    wants = "\n".join(f"    t{n}: {{quantity: 1, value: {worth[n]}}}" for n in range(5))
    stuff = ", ".join(f"t{n}: {{}}" for n in range(5))
    path = tmp_path / "lots.yaml"
    path.write_text(
        f"horizon: {{start: 2027, periods: 1}}\nnetwork:\n  materials: {{{stuff}}}\n"
        "  resources: {room: {capacity: 9}}\n"
        f"  activities:\n{lines}\n  demands:\n{wants}\n"
    )
    instance = fabopt.load(path)
    plans = [s for s in itertools.product((0, 1), repeat=5) if sum(a * b for a, b in zip(s, weight, strict=True)) <= 9]
    value = {s: sum(k * (w - c) for k, w, c in zip(s, worth, cost, strict=True)) for s in plans}
    spent = {s: sum(k * c for k, c in zip(s, cost, strict=True)) for s in plans}
    best = max(value.values())
    for share in (0, 10, 25, 60):
        # The hold lets through what is as good; of the cheapest the best.
        good = [s for s in plans if value[s] >= best * (1 - share / 100) - 1e-9]
        cheapest = min(spent[s] for s in good)
        expected = max(value[s] for s in good if spent[s] == cheapest)
        plan = instance.solve([f"value:{share}%", "least_cost"])
        assert plan.objective == pytest.approx(expected), share
        assert finals(plan)[1][1] == pytest.approx(cheapest), share


def test_the_list_may_stand_in_the_instance_and_on_the_command_line(tmp_path):
    instance = bread(tmp_path, "solving: {objectives: [value:10%, least_cost]}\n")
    assert instance.solve().objective == pytest.approx(117.0)
    assert instance.solve("value").objective == pytest.approx(130.0)
    out = tmp_path / "r"
    args = ["solve", str(tmp_path / "bread.yaml"), "--objective", "value:20%", "--objective", "least_cost"]
    done = CliRunner().invoke(app, [*args, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["objective"] == pytest.approx(104.0)
    again = fabopt.load_result(out)
    assert again.run.options.sought == "value:20%, least_cost"
    with pytest.raises(StudyError, match="gives up some of an objective"):
        again.choke_points()
    # A study of the instance itself is about the first objective alone.
    assert CliRunner().invoke(app, ["choke", str(tmp_path / "bread.yaml"), "--json"]).exit_code == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["valu:1%", "least_cost"], "did you mean value?"),
        (["value:one", "least_cost"], "'one' is no tolerance of value"),
        (["value:-1", "least_cost"], "no tolerance of value"),
        (["value:100%", "least_cost"], "a share below 100%"),
        (["value:1%"], "No objective comes after value"),
        (["value", "value"], "stands twice"),
        (["max_min:1", "value"], "max_min takes no tolerance"),
        (["time_to_compute:5%", "value"], "a number of periods"),
        ([], "at least one"),
    ],
)
def test_what_is_no_list_of_objectives_is_refused(tmp_path, given, says):
    instance = bread(tmp_path)
    with pytest.raises(OptionError) as error:
        instance.solve(given)
    assert says in str(error.value)
    if given:
        with pytest.raises(InstanceError, match=r"solving\.objectives"):
            bread(tmp_path, f"solving: {{objectives: {json.dumps(given)}}}\n")


OVENS = """
horizon: {start: 2027, periods: 1}
network:
  materials: {loaf: {}}
  resources: {oven: {capacity: 0}}
  activities: {bake: {outputs: {loaf: 1}, uses: {oven: 1}}}
  units: {build: {adds: {oven: 10}, cost: 30}}
  demands: {loaf: {quantity: 14, value: 5}}
"""


def test_the_relaxation_takes_parts_and_says_so(tmp_path):
    path = tmp_path / "ovens.yaml"
    path.write_text(OVENS)
    instance = fabopt.load(path)
    # Two ovens would cost 60 for 70; one earns 50 - 30. In parts, 1.4 ovens bake all 14 loaves.
    assert instance.solve().objective == pytest.approx(20.0)
    relaxed = instance.solve(relaxed=True, out=tmp_path / "relaxed")
    assert relaxed.objective == pytest.approx(70 - 42)
    assert relaxed.status == "optimal"
    assert relaxed.orders["ordered"].tolist() == pytest.approx([1.4])
    text = "\n".join(relaxed.answer.lines())
    assert "of the LP relaxation" in text
    assert "integers are dropped" in text
    # A loaf more takes a tenth of an oven, so it earns 5 - 3, for any number wanted; an oven may cost up to 50.
    decisions, rows = (relaxed.table(f"core/{name}").set_index("id") for name in ("decisions", "rows"))
    assert not decisions["whole"].any()
    assert decisions.loc["build", "cost_low"] == pytest.approx(-50.0)
    demand = rows[rows["family"] == "demand"].iloc[0]
    assert demand["price"] == pytest.approx(2.0)
    assert (demand["limit_low"], demand["limit_high"]) == (0.0, float("inf"))
    again = fabopt.load_result(tmp_path / "relaxed")
    for study in (again.choke_points, again.tornado, again.alternatives, lambda: again.roll("2027Q1")):
        with pytest.raises(StudyError, match="of the LP relaxation"):
            study()
    with pytest.raises(OptionError, match="needs its integers"):
        instance.solve("time_to_compute", target=1, relaxed=True)
    with pytest.raises(OptionError, match="LP relaxation is an option of solve"):
        instance.price_limits(relaxed=True)
    done = CliRunner().invoke(app, ["solve", str(path), "--relaxed", "--out", str(tmp_path / "r")])
    assert done.exit_code == 0
    assert "integers are dropped" in done.output

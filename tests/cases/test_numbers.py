"""Small inputs whose right number is known: constants, sizes of money and demands, loops, prices of slack limits."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt
from fabopt.report.answer import closing_lines

CASES = Path(__file__).parent
approx = pytest.approx


def test_the_constant_of_a_plain_network_counts():
    # Two periods of 5 at 3 less 1 each, and 10 whatever is decided.
    result = fabopt.load(CASES / "constant").solve(gap=0.0)
    assert result.objective == approx(30)
    assert result.run.value == approx(30)
    assert result.bound == approx(30)
    # The constant proves nothing about the plan: the gap is a share of the other 20, and says so.
    assert result.run.gap_denominator == approx(20)
    lines = closing_lines(result.plan)
    assert "gap 0.00 % of 20" in lines[0]
    assert lines[1] == "the gap is a share of the objective less 10 that stand whatever is planned"


@pytest.mark.parametrize("wanted", ["20", "10000000", "1e12"])
def test_the_levels_of_a_fair_split_are_2_4_and_4_whatever_the_size_of_the_demands(tmp_path, wanted):
    text = (CASES / "max-min-large" / "instance.yaml").read_text().replace("10000000", wanted)
    path = tmp_path / "instance.yaml"
    path.write_text(text)
    result = fabopt.load(path).solve("max_min", gap=0.0)
    levels = result.table("core/activities").set_index("id")["level"]
    assert levels[["make-a", "make-b", "make-c"]].tolist() == approx([2, 4, 4], rel=1e-6)


@pytest.mark.parametrize("money", ["", "e-8", "e8"])
def test_the_same_plan_is_best_whatever_money_is_counted_in(tmp_path, money):
    # Of three machines for 7, 5 and 4, making 6, 4 and 3 worth 1.5 each, and room for 8: the second and the third earn
    # 10.5 - 9, the first alone 9 - 7 = 2.
    path = tmp_path / "instance.yaml"
    path.write_text(
        f"""
horizon: {{start: 2027, periods: 1, period: year}}
network:
  materials: {{good: {{storable: false}}}}
  resources: {{line: {{}}, room: {{capacity: 8}}}}
  activities: {{make: {{outputs: {{good: 1}}, uses: {{line: 1}}}}}}
  units:
    first: {{adds: {{line: 6}}, occupies: {{room: 6}}, cost: 7{money}, total: 1}}
    second: {{adds: {{line: 4}}, occupies: {{room: 4}}, cost: 5{money}, total: 1}}
    third: {{adds: {{line: 3}}, occupies: {{room: 3}}, cost: 4{money}, total: 1}}
  demands: {{good: {{quantity: 20, value: 1.5{money}}}}}
"""
    )
    result = fabopt.load(path).solve(gap=0.0)
    orders = result.table("core/units").set_index("id")["ordered"]
    assert orders[orders > 0].to_dict() == {"first": 1.0}
    assert result.status == "optimal"
    assert result.objective == approx(2 * float(f"1{money}"), rel=1e-9)
    assert result.gap == 0.0


def test_a_loop_that_gains_within_its_limits_has_a_plan():
    # A quarter of a makes the y for one b, which makes 2 x: 1.75 are left, 1 is wanted, in each of two periods.
    instance = fabopt.load(CASES / "loop")
    assert instance.validate() == []
    result = instance.solve(gap=0.0)
    assert result.status == "optimal"
    assert result.objective == approx(2)

"""What moves plan and choke point where demand follows from tasks: the three axes, on a chain with one site.

100 thousand accelerators of 3 H100 equivalents stand there, of 2 kW at a PUE of 1.2; 120 MW run half of them, 150
thousand H100 equivalents. All tasks would take 300: so power is short, and is worth what the tasks are.
"""

from __future__ import annotations

from typing import Any

import pytest
from chain_cases import edited

from fabopt.network.lower import lower
from fabopt.solve.run import solve

TIER = {
    "name": "Free", "customers": 1000, "tasks": 6, "tokens": 2000, "split": {"train": 1},
    "models": {"small": {"worth": 0.001}},
}  # fmt: skip
CHAIN: list[tuple[str, Any]] = [
    ("models", {"small": {"name": "Small", "compute": {"train": 0.6}}}),
    ("labs.lab.demand", {"tasks": {"free": TIER}}),
    ("labs.lab.fleet", {"site": {"gpu": 100}}),
    ("chips.gpu.survival", 1),
    ("sites.site.power", 120),
]
AT = 4  # a year on
GROWTH = "labs.lab.demand.tasks.free"


def planned(*changes: tuple[str, Any]) -> tuple[float, dict[str, float]]:
    """Return compute delivered a year on, and what the limits of power and demand are worth there."""
    net = lower(edited(*CHAIN, *changes))
    solution = solve(net)
    prices = {x.stage: x.price for x in solution.limits if x.period == AT and x.stage in ("power", "compute")}
    return float(solution.delivered[0].sum(axis=0)[AT]), prices


def test_power_is_the_choke_point_where_tasks_need_more_than_it_runs():
    compute, prices = planned()
    assert compute == pytest.approx(150)
    # 3 H100 equivalents run on 2.4 kW; all tasks are worth 6 m dollars a day for 300 thousand of them.
    each = 6 * 365.25 / 4 / 300
    energy = 70.0 * 8766 / 4 * 1e-6  # million dollars per MW and quarter
    assert prices["power"] == pytest.approx(3 / 2.4 * each - energy)
    assert prices["compute"] == pytest.approx(0)


@pytest.mark.parametrize("axis", ["models.small.compute_growth", f"{GROWTH}.tokens_growth"])
def test_cheaper_tokens_and_fewer_of_them_move_the_choke_point_from_power_to_demand(axis: str):
    compute, prices = planned((axis, "-60 %/year"))
    assert compute == pytest.approx(300 * (0.4**1.25 - 0.4) / (0.25 * -0.916290731874155))  # mean of 0.4^years
    assert prices["power"] == pytest.approx(0)
    assert prices["compute"] > 0


def test_more_intelligent_tokens_make_the_choke_point_dearer():
    compute, before = planned()
    more, after = planned((f"{GROWTH}.value_growth", "50 %/year"))
    assert more == pytest.approx(compute)
    assert after["power"] > 1.5 * before["power"]

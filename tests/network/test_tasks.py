"""Demand from tasks: quantities and values by hand, and its steps against a program that routes the tasks itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from chain_cases import edited, lowered
from scipy.optimize import linprog

from fabopt.network.lower import lower_chain
from fabopt.network.lowering.demand import wanted
from fabopt.network.lowering.tasks import hull
from fabopt.network.tables import Demand, Network

DAYS = 365.25 / 4
READ_WRITE: list[tuple[str, Any]] = [
    ("workloads", {"read": {"name": "Read"}, "write": {"name": "Write"}, "train": {"name": "Training"}}),
    ("chips.gpu.performance", {"train": 3, "read": 3, "write": 3}),
    ("models", {"small": {"name": "Small", "compute": {"read": 0.03, "write": 0.15}}}),
    (
        "labs.lab.demand.tasks",
        {
            "free": {
                "name": "Free",
                "customers": 1000,  # millions
                "tasks": 6,
                "tokens": 2000,
                "split": {"read": 0.75, "write": 0.25},
                "load_factor": 0.5,
                "models": {"small": {"worth": 0.001}},
            }
        },
    ),
]
# 1,000 m customers x 6 x 2,000 tokens are 12 million million tokens a day; 9 are read at 0.03 H100e-hours a million and
# 3 written at 0.15: 270 and 450 thousand hours a day, 11.25 and 18.75 thousand at work, twice as many at the peak.
READ, WRITE = 22.5, 37.5
WORTH = 1000 * 6 * 0.001 * DAYS  # million dollars in a quarter


def demand(net: Network, workload: str) -> Demand:
    return next(d for d in net.demands if d.id == f"{workload}:lab")


def with_large(large: dict[str, Any], **worth: Any) -> list[tuple[str, Any]]:
    return [
        *READ_WRITE,
        ("models.large", {"name": "Large", "compute": large}),
        ("labs.lab.demand.tasks.free.models.large", worth),
    ]


def test_tasks_take_the_compute_of_their_tokens_at_the_peak_and_are_worth_the_same_on_each_workload():
    net = lowered(*READ_WRITE)
    read, write = demand(net, "read"), demand(net, "write")
    assert [step.width[0] for step in read.steps] == pytest.approx([READ])
    assert [step.width[5] for step in write.steps] == pytest.approx([WRITE])
    each = WORTH / (READ + WRITE)
    assert read.steps[0].value == pytest.approx(np.full(12, each))
    assert write.steps[0].value == pytest.approx(np.full(12, each))


@pytest.mark.parametrize(
    ("service", "worth"),
    [
        ({"price": 0.5}, 12e6 * 0.5e-6 * DAYS),  # 12 m million tokens a day at half a dollar a million
        ({"revenue": 0.2}, 1000 * 0.2 * 3),
        ({"worth": 0.001, "tokens": 2}, WORTH),  # twice the tokens, at the same worth of a task
        ({"price": 0.5, "tokens": 2}, 2 * 12e6 * 0.5e-6 * DAYS),
    ],
)
def test_a_task_is_worth_what_is_said_of_it_of_its_tokens_or_of_its_customer(service: dict[str, Any], worth: float):
    net = lowered(*READ_WRITE, ("labs.lab.demand.tasks.free.models.small", service))
    total = sum(step.width[0] * step.value[0] for w in ("read", "write") for step in demand(net, w).steps)
    assert total == pytest.approx(worth)
    assert demand(net, "read").steps[0].width[0] == pytest.approx(READ * service.get("tokens", 1))


def test_changes_a_year_compound_from_the_decision_date_each_on_what_it_speaks_of():
    tier = "labs.lab.demand.tasks.free"
    net = lowered(
        *READ_WRITE,
        (f"{tier}.customers_growth", "30 %/year"),
        (f"{tier}.tasks_growth", "10 %/year"),
        (f"{tier}.tokens_growth", "-20 %/year"),
        ("models.small.compute_growth", "-50 %/year"),
        (f"{tier}.value_growth", "40 %/year"),
    )
    step = demand(net, "read").steps[0]

    def mean(factor: float, quarter: int) -> float:
        """The mean of factor^years over a quarter."""
        first, last = quarter / 4, (quarter + 1) / 4
        return (factor**last - factor**first) / (math.log(factor) * (last - first))

    for t in (0, 6, 11):
        compute = READ * mean(1.3 * 1.1 * 0.8 * 0.5, t)
        assert step.width[t] == pytest.approx(compute)
        value = WORTH * mean(1.3 * 1.1 * 1.4, t)
        assert step.value[t] * step.width[t] == pytest.approx(value * READ / (READ + WRITE))


def test_a_better_model_is_a_step_of_what_it_adds_over_the_compute_that_it_adds():
    # Three times the compute at twice the worth: as much is added for twice the compute.
    net = lowered(*with_large({"read": 0.09, "write": 0.45}, worth=0.002))
    steps = demand(net, "write").steps
    assert [step.width[0] for step in steps] == pytest.approx([WRITE, 2 * WRITE])
    each = WORTH / (READ + WRITE)
    assert [step.value[0] for step in steps] == pytest.approx([each, each / 2])


def test_a_model_that_is_worth_less_per_compute_than_the_way_past_it_is_never_used():
    # Twice the compute at five times the worth: the cheap model is a detour.
    net = lowered(*with_large({"read": 0.06, "write": 0.3}, worth=0.005))
    steps = demand(net, "read").steps
    assert [step.width[0] for step in steps] == pytest.approx([2 * READ])
    assert [step.value[0] for step in steps] == pytest.approx([5 * WORTH / (READ + WRITE) / 2])
    # One that takes more for no more worth is not used either.
    net = lowered(*with_large({"read": 0.06, "write": 0.3}, worth=0.001))
    assert [step.width[0] for step in demand(net, "read").steps] == pytest.approx([READ])


def test_steps_of_all_tiers_stand_by_value_per_compute_in_each_period():
    paid = {
        "name": "Paid", "customers": 10, "tasks": 6, "tokens": 2000, "split": {"read": 0.75, "write": 0.25},
        "load_factor": 0.5, "models": {"small": {"worth": 0.002}}, "value_growth": "-60 %/year",
    }  # fmt: skip
    net = lowered(*with_large({"read": 0.09, "write": 0.45}, worth=0.002), ("labs.lab.demand.tasks.paid", paid))
    steps = demand(net, "read").steps
    value = np.array([step.value for step in steps])
    assert np.all(np.diff(value, axis=0) <= 0.0)
    width = np.array([step.width for step in steps])
    # Paid tasks are worth twice as much at first, less than the small model of the free ones after a year, and less
    # than what the large one adds after two.
    assert width[:, 0] == pytest.approx([0.01 * READ, READ, 2 * READ])
    assert width[:, 5] == pytest.approx([READ, 0.01 * READ, 2 * READ])
    assert width[:, 11] == pytest.approx([READ, 2 * READ, 0.01 * READ])


@pytest.mark.parametrize("seed", range(6))
def test_the_steps_are_worth_what_the_best_routing_of_the_tasks_is(seed: int):
    random = np.random.default_rng(seed)
    points = [(float(c), float(v)) for c, v in random.uniform(0.5, 10.0, (5, 2))]
    kept = [(0.0, 0.0), *(points[n] for n in hull(points))]
    widths, gains = np.diff(np.array(kept), axis=0).T
    assert np.all(widths > 0.0)
    assert np.all(np.diff(gains / widths) < 0.0)
    for compute in np.linspace(0.1, 11.0, 23):
        left, worth = compute, 0.0
        for width, gain in zip(widths, gains, strict=True):
            taken = min(left, width)
            left, worth = left - taken, worth + gain * taken / width
        # Independently: shares of the tasks by model, at most all of them, in the compute that there is.
        c, v = np.array(points).T
        best = linprog(-v, A_ub=[c, np.ones(5)], b_ub=[compute, 1.0], method="highs")
        assert worth == pytest.approx(-best.fun)


def test_compute_counts_by_the_weight_of_its_workload():
    # What is read counts half: 11.25 + 37.5, and a unit of it is worth half of one that is written.
    net = lowered(*READ_WRITE, ("workloads.read.compute_weight", 0.5))
    each = WORTH / (READ / 2 + WRITE)
    assert demand(net, "read").steps[0].value[0] == pytest.approx(each / 2)
    assert demand(net, "write").steps[0].value[0] == pytest.approx(each)
    assert demand(net, "read").steps[0].width[0] == pytest.approx(READ)


def test_the_number_behind_a_demand_is_the_tasks_or_the_reference_quantity():
    net = lowered(*READ_WRITE)
    assert demand(net, "read").tags.field == "labs.lab.demand.tasks"
    assert demand(net, "train").tags.field == "labs.lab.demand.total"
    fields = {m.tags.workload: m.tags.field for m in net.materials if m.tags.role == "compute"}
    assert fields["write"] == "labs.lab.demand.tasks"


def test_other_workloads_stay_on_the_curve_and_the_lab_wants_both():
    plain, net = lowered(), lowered(*READ_WRITE)
    for mine, theirs in zip(demand(net, "train").steps, demand(plain, "train").steps, strict=True):
        assert mine.width.tolist() == theirs.width.tolist()
        assert mine.value.tolist() == theirs.value.tolist()
    chain, _ = lower_chain(edited(*READ_WRITE))
    total, split = wanted(chain, "lab")
    assert total == pytest.approx(np.full(12, 1000 + READ + WRITE))
    assert split["write"] == pytest.approx(np.full(12, WRITE / (1000 + READ + WRITE)))


def test_a_lab_may_want_compute_for_tasks_alone():
    net = lowered(*READ_WRITE, ("labs.lab.demand.total", None), ("labs.lab.demand.split", None), ("demand_curve", None))
    assert [d.id for d in net.demands] == ["read:lab", "write:lab"]
    assert demand(net, "write").quantity == pytest.approx(np.full(12, WRITE))

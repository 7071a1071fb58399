"""The table of tasks of a plan: who is served by which model, what that is worth, and what moves it."""

from __future__ import annotations

import functools
import math
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import fabopt
from fabopt.api.instance import Result
from fabopt.network.tables import Demand, Network, Period, Service, ValueStep
from fabopt.solve.results.tasks import task_rows

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@functools.cache
def solved() -> Result:
    return fabopt.load(TUTORIAL, "tasks").solve()


def served(result: Result, period: str) -> dict[tuple[str, str], float]:
    rows = result.tasks
    rows = rows[rows["period"] == period]
    return {(row.tier, row.model): row.served / row.wanted for row in rows.itertuples()}


def test_free_customers_get_the_small_model_while_compute_is_short():
    assert served(solved(), "2028Q4") == pytest.approx(
        {("free", "small"): 1, ("free", "large"): 0, ("enterprise", "small"): 0, ("enterprise", "large"): 1}, abs=1e-6
    )
    # At first there is not even enough for the free ones' small model.
    assert served(solved(), "2027Q1")["free", "small"] == pytest.approx(0, abs=1e-6)


def test_the_table_adds_up_to_what_the_workload_gets():
    result = solved()
    compute = result.compute
    compute = compute[(compute["lab"] == "aurora") & (compute["workload"] == "inference")].set_index("period")
    sums = result.tasks.groupby("period")[["kh100e", "value"]].sum()
    assert sums["kh100e"].to_dict() == pytest.approx(compute["delivered"].to_dict())
    assert sums["value"].to_dict() == pytest.approx(compute["value"].to_dict())


def test_each_row_says_tokens_compute_price_and_revenue_of_a_gigawatt():
    result = solved()
    rows = result.tasks.set_index(["period", "tier", "model"])
    row = rows.loc["2028Q4", "enterprise", "large"]

    def mean(factor: float) -> float:
        """The mean of factor^years over the eighth quarter."""
        return (factor**2 - factor**1.75) / (math.log(factor) * 0.25)

    assert row.customers == pytest.approx(8 * mean(2))
    assert row.wanted == pytest.approx(40 * 8 * mean(2))
    assert row.tokens == pytest.approx(20_000 * 40 * 8 * mean(2 * 0.85))
    assert row.hours_per_mtoken * row.tokens == pytest.approx(1.5 * 20_000 * 40 * 8 * mean(2 * 0.85 * 0.8))
    assert row.kh100e == pytest.approx(row.hours_per_mtoken * row.tokens / 24e3)
    assert row.usd_per_mtoken == pytest.approx(1.5)
    assert row.value == pytest.approx(1.5e-6 * row.tokens * 365.25 / 4)
    power = result.power
    drawn = power[(power["lab"] == "aurora") & (power["period"] == "2028Q4")]["used"].sum()
    compute = result.compute
    compute = compute[(compute["lab"] == "aurora") & (compute["period"] == "2028Q4")]["delivered"].sum()
    assert row.facility_mw == pytest.approx(drawn * row.kh100e / compute)
    assert row.usd_bn_per_gw_year == pytest.approx(row.value * 4 / row.facility_mw)
    # Compute stands ready for the peak of the free ones, and works less on average.
    free = rows.loc["2028Q4", "free", "small"]
    assert free.hours_per_mtoken * free.tokens / 24e3 == pytest.approx(0.6 * free.kh100e)


def test_tasks_whose_workloads_are_not_supplied_in_step_count_as_far_as_all_steps_are_filled():
    def steps(*widths: float) -> tuple[ValueStep, ...]:
        return tuple(ValueStep(np.array([width]), np.array([1.0 / k])) for k, width in enumerate(widths, start=1))

    def service(model: str, compute: float, step: int) -> Service:
        one, at = np.ones(1), np.array([step])
        return Service(
            "lab", "free", model, one, one, one, compute * one, 1.0, one, (("read:lab", at), ("write:lab", at))
        )

    demands = (
        Demand("read:lab", "Read", "read", np.array([6.0]), steps(4, 2), weight=1.0),
        Demand("write:lab", "Write", "write", np.array([8.0]), steps(6, 2), weight=0.5),
    )
    period = Period(0, "2027", date(2027, 1, 1), date(2028, 1, 1), 1.0, 1.0)
    net = Network("x", (period,), demands=demands, services=(service("small", 7, 0), service("large", 10, 1)))
    # All of the reading and half of the writing of the small model: 4 + 0.5 x 3 of 4 + 0.5 x 6.
    plan = SimpleNamespace(delivered=[np.array([[4.0], [2.0]]), np.array([[3.0], [2.0]])])
    none = pd.DataFrame({"lab": [], "period": [], "facility_mw": [], "delivered": [], "weight": []})
    rows = task_rows(net, plan, none, none)
    assert rows["model"] == ["small", "large"]
    assert rows["served"] == pytest.approx([0.0, 5.5 / 7.0])
    assert rows["usd_bn_per_gw_year"] == [0.0, 0.0]

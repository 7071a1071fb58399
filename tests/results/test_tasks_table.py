"""The table of tasks of a plan: who is served by which model, what that is worth, and what moves it."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import pytest

import fabopt
from fabopt.api.instance import Result

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
TASKS = "labs.aurora.demand.tasks"


@functools.cache
def solved(*sets: str) -> Result:
    return fabopt.load(TUTORIAL, "tasks", set=list(sets)).solve()


def served(result: Result, period: str) -> dict[tuple[str, str], float]:
    rows = result.table("tasks")
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
    sums = result.table("tasks").groupby("period")[["kh100e", "value"]].sum()
    assert sums["kh100e"].to_dict() == pytest.approx(compute["delivered"].to_dict())
    assert sums["value"].to_dict() == pytest.approx(compute["value"].to_dict())


def test_each_row_says_tokens_compute_price_and_revenue_of_a_gigawatt():
    result = solved()
    rows = result.table("tasks").set_index(["period", "tier", "model"])
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


def worth(result: Result) -> dict[str, float]:
    """What a tenth more of each limit is worth by its prices, over the reported periods."""
    limits = result.table("limits")
    limits = limits[limits["reported"] & (limits["stage"] == "power")]
    return (limits["price"] * limits["limit"]).groupby(limits["name"]).sum().to_dict()


def first(result: Result) -> str:
    found = worth(result)
    return max(found, key=lambda name: found[name])


@pytest.mark.parametrize(
    "sets",
    [
        ("models.small.compute_growth=-80 %/year", "models.large.compute_growth=-80 %/year"),  # cheaper tokens
        (f"{TASKS}.enterprise.tokens_growth=-60 %/year",),  # fewer tokens per task
    ],
    ids=["cheaper-tokens", "fewer-tokens"],
)
def test_cheaper_and_fewer_tokens_move_the_choke_point_to_the_other_lab_and_compute_to_training(sets: tuple[str, ...]):
    before, after = solved(), solved(*sets)
    assert (first(before), first(after)) == ("Plains campus facility power", "Coast campus facility power")
    trained = [
        r.compute[(r.compute["lab"] == "aurora") & (r.compute["workload"] == "training") & (r.compute["reported"])]
        for r in (before, after)
    ]
    assert trained[1]["delivered"].sum() > 1.1 * trained[0]["delivered"].sum()


def test_more_intelligent_tokens_make_the_choke_point_dearer_and_take_compute_from_training():
    before, after = solved(), solved(f"{TASKS}.enterprise.value_growth=100 %/year")
    site = "Plains campus facility power"
    assert worth(after)[site] > 1.2 * worth(before)[site]
    trained = [
        r.compute[(r.compute["lab"] == "aurora") & (r.compute["workload"] == "training")] for r in (before, after)
    ]
    assert trained[1]["delivered"].sum() < 0.999 * trained[0]["delivered"].sum()

"""The chain of 2022 to 2025: what stands in it was known at the time; what it predicts is better than persistence."""

import csv
from datetime import date
from pathlib import Path

import pytest
import yaml

import fabopt

BACKCAST = Path(__file__).parents[2] / "instances" / "backcast"
LAST = date(2024, 12, 31)
YEARS = {"a100-2022": 768, "h100-2023": 892, "tpu-v5e-2023": 801}


@pytest.fixture(scope="module")
def scenarios():
    return {name: fabopt.load(BACKCAST, scenario=name) for name in ("fit-2023", "fit-2024", "fit-2024-rule")}


def sources(node):
    """Yield the sources named anywhere below a node of the raw tree."""
    if isinstance(node, dict):
        given = node.get("source", ())
        yield from (given,) if isinstance(given, str) else given
        for key, part in node.items():
            yield from sources(part) if key != "source" else ()
    elif isinstance(node, list):
        for part in node:
            yield from sources(part)


def test_capacities_and_shares_are_from_sources_of_before_2025():
    supply = yaml.safe_load((BACKCAST / "supply.yaml").read_text("utf-8"))
    later = yaml.safe_load((BACKCAST / "scenarios" / "fit-2024.yaml").read_text("utf-8"))["merge"]
    with (BACKCAST / "sources.csv").open(encoding="utf-8") as file:
        published = {row["id"]: row["as_of"] for row in csv.DictReader(file)}
    stacking = [maker["stacking"] for tree in (supply, later) for maker in tree["memory_makers"].values()]
    capacity = [line["capacity"] for tree in (supply, later) for line in tree["packaging_lines"].values()]
    named = set(sources([*stacking, *capacity, supply["policies"], later["policies"]]))
    assert len(named) >= 12
    assert {id: published[id] for id in named if published[id] >= "2025"} == {}


def test_no_shipments_of_2025_stand_in_it(scenarios):
    for instance in scenarios.values():
        assert all(figure.until <= LAST for figure in instance.data.outcomes.values())
        # What is held at a figure is held up to the end of 2024; later limits are ramps, shares, stocks and licences.
        held = [limit for limit in instance.data.limits.values() if limit.of == "shipments" and limit.by == "whole"]
        assert len(held) >= 12
        assert all(limit.until is not None and limit.until <= LAST for limit in held)


def test_a_scenario_holds_the_years_that_it_is_fitted_on_and_predicts_the_next(scenarios):
    for name, instance in scenarios.items():
        limits = instance.data.limits
        for year, number in YEARS.items():
            assert limits[year].at_least.value == limits[year].at_most.value == number
        assert ("h20-2024" in limits) == (name != "fit-2023")
        assert bool(instance.data.predictions) == (name == "fit-2023")


@pytest.mark.slow
def test_what_it_predicts_of_2024_is_better_than_both_kinds_of_persistence(scenarios):
    result = scenarios["fit-2023"].solve()
    assert len(result.plan.solved.x) < 6000  # small enough for every verb to be tried on
    report = result.reconcile()
    skill = {one["id"]: one for one in report.as_dict()["predictions"]}
    figures = {row.id: row for row in report.records.rows}
    total = figures["all-2024"]
    assert abs(total.planned / total.published - 1.0) < 0.15
    assert all(figures[f"{designer}-2024"].inside for designer in ("nvidia", "google", "aws", "amd"))
    assert (round(skill["chips"]["volume_skill"], 2), round(skill["chips"]["mix_skill"], 2)) == (0.52, 0.46)
    assert (round(skill["designers"]["volume_skill"], 2), round(skill["designers"]["mix_skill"], 2)) == (0.86, 0.40)
    assert skill["power"]["volume_skill"] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "china"), [("fit-2024", 0.25), ("fit-2024-rule", 0.0)])
def test_a_plan_of_2025_holds_2024_and_keeps_export_rules(scenarios, scenario, china):
    result = scenarios[scenario].solve()
    shipped = result.table("shipments")
    shipped["year"] = shipped["period"].str[:4]
    year = shipped.pivot_table(index="chip", columns="year", values="kaccelerator", aggfunc="sum").fillna(0.0)
    assert year.loc["h20", "2024"] == pytest.approx(958, rel=1e-4)
    assert year.loc[["h100", "h200"], "2024"].sum() == pytest.approx(2679, rel=1e-4)
    assert year.loc[["a800", "h800"], "2025"].sum() == pytest.approx(0, abs=1e-3)
    late = shipped[shipped["period"].isin(["2025Q3", "2025Q4"])]
    nvidia = late[late["chip"].isin(["a100", "h100", "h200", "h20", "b200", "b300"])]
    share = nvidia.loc[nvidia["lab"] == "china", "kaccelerator"].sum() / nvidia["kaccelerator"].sum()
    assert share <= china + 0.1

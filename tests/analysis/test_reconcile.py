"""Published figures against an instance and its plan, by hand on round numbers."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import yaml
from round_chain import chain

import fabopt
from fabopt.analysis.history import history
from fabopt.analysis.reconcile import reconciled
from fabopt.cli import main
from fabopt.domain.base import FieldProblem
from fabopt.domain.measured import MEASURED
from fabopt.domain.rules import problems
from fabopt.network.lower import lower

sys.path.append(str(Path(__file__).parents[1] / "network"))
from chain_cases import edited

ROOT = Path(__file__).parents[2]
YEAR = {"since": "2027", "until": "2027"}
TOOLS = {"of": "tools_standing"}

# Measure with its tags, time, a figure's unit, and what the instance has by hand.
BY_HAND = [
    ("capacity", {"where": {"role": "wafer_starts", "item": "dram"}}, "kwafer/month", 100),
    ("capacity", {"where": {"role": "interposers", "owner": "t"}}, "kwafer/month", 5),
    ("capacity", {"where": {"role": "stacking", "owner": "q"}}, "kwafer/month", 10),
    ("capacity", {"where": {"role": "power", "lab": "lab"}}, "MW", 300),
    ("tools_standing", {"until": "2027Q1"}, "tool", 10),
    ("tools_standing", {"since": "2027Q3"}, "tool", 13),  # three come in the second quarter and print in the third
    ("tools_standing", {"since": "2027Q3", "added_since": "2026-12-31"}, "tool", 3),
    ("tools_standing", {"since": "2027Q3", "added_since": "2027-06-30"}, "tool", 3),
    ("tools_delivered", {}, "tool", 3),
    # 30 x 10 / (5 x 0.6) exposures a tool of the one fab, 100 of the other
    ("capacity", {"where": {"role": "exposures", "site": "logic"}, "ratio_to": TOOLS | {"where": {}}}, "1", 500 / 11.5),
    ("capacity", {"where": {"role": "exposures"}, "ratio_to": TOOLS | {"where": {"item": "euv"}}}, "1", 100),
    ("tools_standing", {"since": "2027Q4", "ratio_to": {"since": "2027Q1", "until": "2027Q1"}}, "1", 1.3),
    ("capacity", {"where": {"role": "stacking"}, "ratio_to": {"where": {"role": "wafer_starts"}}}, "1", 40 / 130),
]


@pytest.mark.parametrize(("of", "more", "unit", "there"), BY_HAND)
def test_a_figure_that_no_decision_moves_reads_back_the_instance(of, more, unit, there):
    figure = {"value": 1, "low": 1, "high": 2, "unit": unit, "source": "src"}
    data = chain({"outcomes": {"one": {"of": of, **YEAR, "figure": figure, "why": "because", **more}}})
    assert [fault for fault in problems(data) if fault.path[0] == "outcomes"] == []
    (row,) = reconciled(lower(data), data).rows
    assert (row.role, row.why, row.source) == ("input", "because", "src")
    assert row.planned == pytest.approx(there)
    # In half ranges of a half, and the figure in its own unit or that of the record.
    assert row.missed == pytest.approx(min(0, there - 1) / 0.5 + max(0, there - 2) / 0.5)


def test_ends_of_the_range_are_inside_and_beyond_them_is_not():
    def inside(low: float, high: float) -> bool:
        figure = {
            "of": "capacity",
            "where": {"item": "dram", "role": "wafer_starts"},
            **YEAR,
            "figure": {"value": low, "low": low, "high": high},
        }
        data = chain({"outcomes": {"f": figure}})
        return reconciled(lower(data), data).rows[0].inside

    assert inside(100.0, 120.0)
    assert inside(80.0, 100.0)
    assert not inside(101.0, 120.0)
    assert not inside(80.0, 99.0)


REFUSED = [
    ({"of": "marginal_worth", "ratio_to": {"of": "compute"}}, ("ratio_to", "of"), "price is compared by itself"),
    ({"of": "power", "ratio_to": {"where": {"role": "powr"}}}, ("ratio_to", "where", "role"), "powr"),
    ({"of": "power", "ratio_to": {}, "figure": "3 MW"}, ("ratio_to",), "ratio, not a number of MW"),
    ({"of": "shipments", "until": "2028", "figure": 3}, ("since",), "covers more than the horizon"),
    ({"of": "shipments", "since": "2026", "figure": 3}, ("since",), "covers more than the horizon"),
    ({"of": "shipments", "until": "2028", "ratio_to": {"until": "2027"}}, ("since",), "covers more than the horizon"),
    ({"of": "shipments", "added_since": "2026-12-31"}, ("added_since",), "are no level"),
    ({"of": "power", "added_since": "2026-12-30"}, ("added_since",), "lies before what is known"),
    ({"of": "power", "added_since": "2027-02-01"}, ("added_since",), "after the figure begins"),
    ({"of": "hbm_bits", "where": {"item": "nothing"}}, ("where", "item"), "nothing has the item 'nothing'"),
    ({"of": "shipments", "where": {"chip": "gpu", "item": "h"}}, ("where",), "no record counts"),
    ({"of": "hbm_bits", "figure": "3 MW"}, ("figure",), "counted in Eb, not in MW"),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "field", "says"), REFUSED)
def test_a_figure_that_the_instance_cannot_be_asked_for_is_refused(outcome, field, says):
    data = chain({"outcomes": {"one": {**YEAR, "figure": 1, **outcome}}})
    assert [fault for fault in problems(data) if fault.path[0] == "outcomes"] == []
    with pytest.raises(FieldProblem) as caught:
        lower(data)
    (fault,) = caught.value.faults
    assert fault.path == ("outcomes", "one", *field)
    assert says in fault.message


@pytest.mark.parametrize(
    ("outcome", "field", "says"),
    [
        ({"since": "2029", "until": "2029"}, "since", "after the end of the horizon"),
        ({"since": "2026", "until": "2025"}, "until", "before it begins"),
        ({"of": "spending", "party": ["lab", "lap"]}, "party", "no party 'lap'"),
    ],
)
def test_a_figure_whose_time_or_party_makes_no_sense_is_refused(outcome, field, says):
    faults = problems(chain({"outcomes": {"one": {"of": "shipments", **YEAR, "figure": 1, **outcome}}}))
    (fault,) = [fault for fault in faults if fault.path[:3] == ("outcomes", "one", field)]
    assert says in fault.message


def test_what_was_observed_before_the_decision_date_is_held_against_nothing():
    past = {"of": "shipments", "since": "2024", "until": "2024", "figure": 6}
    data = chain({"outcomes": {"past": past}})
    assert [fault for fault in problems(data) if fault.path[0] == "outcomes"] == []
    assert reconciled(lower(data), data).rows == ()


def of_plan(tmp_path, *changes, waiting=None, **outcomes):
    """The rows of the minimal chain's plan by id."""
    raw = edited(*changes).model_dump(mode="json", by_alias=True, exclude_unset=True)
    raw["outcomes"] = {
        key: {**YEAR, "figure": {"value": 1, "low": 0, "high": 2}, **one} for key, one in outcomes.items()
    }
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    instance = fabopt.load(tmp_path)
    assert instance.reconcile().records.waiting == (len(outcomes) if waiting is None else waiting)
    return instance.solve(gap=0.0), tmp_path


def test_outcomes_of_a_plan_are_sums_ratios_growth_and_the_worth_of_the_last_unit(tmp_path):
    late = {"since": "2028", "until": "2028"}
    result, _ = of_plan(
        tmp_path,
        year=late | {"of": "shipments"},
        share=late | {"of": "wafer_starts", "where": {"kind": "hbm"}, "ratio_to": {"where": {}}},
        growth=late | {"of": "power", "ratio_to": {"since": "2027Q4", "until": "2027Q4"}},
        added=late | {"since": "2028Q4", "of": "it_power", "added_since": "2027-12-31"},
        worth=late | {"of": "marginal_worth"},
        spent=late | {"of": "spending", "party": ["lab", "green"]},
        lab=late | {"of": "spending", "party": "lab"},
        green=late | {"of": "spending", "party": "green"},
    )
    report = result.reconcile().records
    rows = {row.id: row.planned for row in report.of("outcome")}
    ships = result.table("shipments").set_index("period")["kaccelerator"]
    power = result.table("power").set_index("period")["used"]
    starts = result.table("wafer_starts")
    starts = starts[starts["period"].str.startswith("2028")]
    assert rows["year"] == pytest.approx(ships[[f"2028Q{q}" for q in range(1, 5)]].sum())
    assert rows["share"] == pytest.approx(starts[starts["use"] == "memory"]["kwafer"].sum() / starts["kwafer"].sum())
    assert rows["growth"] == pytest.approx(power[[f"2028Q{q}" for q in range(1, 5)]].mean() / power["2027Q4"])
    assert rows["added"] == pytest.approx((power["2028Q4"] - power["2027Q4"]) / 1.2)
    assert rows["spent"] == pytest.approx(rows["lab"] + rows["green"])
    # What the last unit is worth is the step of the demand curve that it is on: 2 dollars at the quantity wanted.
    compute = result.table("compute").set_index("period")
    share = compute["delivered"] / compute["wanted"]
    assert 0.5 < rows["worth"] < 6
    assert share["2028Q4"] < 2


def test_a_figure_of_which_a_plan_has_no_number_is_inside_no_range(tmp_path):
    """Nothing grows by so many times as much, and a plan that maximises compute has no prices."""
    result, _ = of_plan(
        tmp_path,
        ("chips.gpu.available", "2028"),
        ("expectations", {"near": {"expect": "published", "outcomes": "growth", "within": 0.2}}),
        waiting=3,
        growth={"of": "shipments", "since": "2028", "until": "2028", "ratio_to": YEAR},
        worth={"of": "marginal_worth", "since": "2028", "until": "2028"},
    )
    assert "no number against 1" in " ".join(str(result.reconcile()).split())
    rows = {row.id: row for row in result.reconcile().records.rows}
    assert math.isnan(rows["growth"].planned)
    assert not rows["growth"].inside
    assert not math.isnan(rows["worth"].planned)
    by_compute = fabopt.load(tmp_path).solve("compute").reconcile()
    assert not any(row.inside for row in by_compute.records.rows)
    assert "0 of 2 inside" in by_compute.sentence
    assert str(by_compute).count("unknown") == 2


def test_an_instance_is_solved_only_where_a_plan_decides_one_of_its_figures(tmp_path, capsys):
    _, folder = of_plan(tmp_path, year={"of": "shipments"})
    assert main(["reconcile", str(folder)]) == 0
    shown = capsys.readouterr()
    assert "Outcomes of the" in shown.out
    assert "solve" in shown.err
    raw = edited().model_dump(mode="json", by_alias=True, exclude_unset=True)
    raw["outcomes"] = {"one": {"of": "capacity", "where": {"role": "power"}, **YEAR, "figure": 3}}
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    assert main(["reconcile", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert "not explained in the instance" in shown.out
    assert "solve" not in shown.err


def test_a_history_has_what_was_observed_the_plan_by_year_and_what_is_published(tmp_path):
    result, _ = of_plan(
        tmp_path,
        ("labs.lab.fleet", {"site": {"gpu": 10}}),
        past={"of": "shipments", "where": {"designer": "green"}, "since": "2026Q4", "until": "2026Q4"},
        later={"of": "shipments", "where": {"designer": "green"}, "since": "2028", "until": "2028"},
        level={"of": "installed", "where": {"lab": "lab"}, "since": "2026-12-31", "until": "2026-12-31"},
        alone={"of": "power", "where": {"lab": "lab"}, "since": "2028", "until": "2028"},
        two={"of": "installed", "where": {"lab": "lab", "site": "site"}, "since": "2026", "until": "2026"},
        waiting=2,
    )
    points = history(result.plan)
    shipped = result.table("shipments")
    told = {(point.measure, point.what, point.year): (point.value, point.high) for point in points}
    # A quarter of one at the pace of a year; the plan's years; and the figure of 2028 (1, up to 2).
    assert told["shipments", "observed", 2026] == pytest.approx((365.25 / 92, 2 * 365.25 / 92))
    year = shipped["period"].str.startswith("2028")
    assert told["shipments", "plan", 2028][0] == pytest.approx(shipped[year]["kaccelerator"].sum())
    assert told["shipments", "published", 2028] == pytest.approx((1, 2), rel=3e-3)
    fleet = result.table("fleet")
    last = fleet[fleet["period"] == "2028Q4"]
    assert told["installed", "plan", 2028][0] == pytest.approx((last["running"] + last["idle"]).sum())
    assert told["installed", "observed", 2026] == (1, 2)
    assert {point.measure for point in points} == {"shipments", "installed"}
    assert {(point.tag, point.series) for point in points} == {("designer", "green"), ("lab", "lab")}


def test_a_history_leaves_out_what_its_figures_leave_out(tmp_path):
    result, _ = of_plan(
        tmp_path,
        ("labs.lab.fleet", {"site": {"gpu": 10}}),
        level={
            "of": "installed",
            "where": {"lab": "lab", "not": {"chip": "gpu"}},
            "since": "2026-12-31",
            "until": "2026-12-31",
        },
        waiting=0,
    )
    assert [point.what for point in history(result.plan)] == ["observed"]  # the lab's fleet is of that chip alone


def test_the_page_of_limits_lists_every_measure():
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    listed = {
        name for line in page.splitlines() if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert set(MEASURED) <= listed


def test_the_tutorial_agrees_with_its_figure():
    (row,) = fabopt.load(ROOT / "instances" / "tutorial").reconcile().records.rows
    assert row.inside
    assert row.planned == pytest.approx(400)
    assert not math.isnan(row.missed)

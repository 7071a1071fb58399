"""What is expected of a plan, on small chains that break it and that do not, by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

import fabopt
from fabopt.analysis.expectations import expected
from fabopt.domain.base import FieldProblem
from fabopt.domain.expectations import Expectation
from fabopt.domain.rules import problems
from fabopt.network.lower import lower

sys.path.append(str(Path(__file__).parents[1] / "network"))
from chain_cases import edited

FLEET = ("labs.lab.fleet", {"site": {"gpu": 100}})
STEPS = ("fabs.fab-a.expansion", {"step": 5, "cost": 100, "lead": 3, "max_steps": 4, "space": 0})


def solved(tmp_path, *changes, **expectations):
    """A solved plan of the minimal chain, with its expectations by id."""
    raw = edited(*changes).model_dump(mode="json", by_alias=True, exclude_unset=True)
    raw["expectations"] = expectations
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    result = fabopt.load(tmp_path).solve(gap=0.0)
    return result, {row.id: row for row in expected(result.plan)}


# At most 20 thousand a quarter, 60 from the second quarter of 2028 on: three times as many.
JUMP = {"of": "shipments", "at_most": {"steps": {"2027Q1": 20, "2028Q2": 60}}}


def test_a_jump_is_no_steady_growth_unless_a_commitment_says_so(tmp_path):
    steady = {"expect": "steady", "of": "shipments", "each": "chip", "above": 1, "since": "2028"}
    _, rows = solved(
        tmp_path, ("limits", {"cap": JUMP}),
        broken=steady | {"at_most": 2.5, "why": "because"}, just=steady | {"at_most": 3},
        yearly=steady | {"at_most": 81, "per": "year"}, above=steady | {"at_most": 2.5, "above": 24},
        monthly=steady | {"at_most": 2.5, "above": "8 kaccelerator/month"},
        later=steady | {"at_most": 1, "since": "2028Q3"},
    )  # fmt: skip
    assert (rows["broken"].broken, rows["broken"].looked_at) == (1, 8)
    assert rows["broken"].worst == "gpu in 2028Q2: 20 to 60 kaccelerator per quarter"
    assert rows["broken"].told == "because"
    assert all(rows[key].holds for key in ("just", "yearly", "above", "monthly", "later"))
    promised = {"of": "shipments", "where": {"chip": "gpu"}, "at_least": 1, "since": "2028Q2", "until": "2028Q2"}
    _, rows = solved(tmp_path, ("limits", {"cap": JUMP, "deal": promised}), broken=steady | {"at_most": 2.5})
    assert rows["broken"].holds
    _, rows = solved(
        tmp_path,
        ("limits", {"cap": JUMP, "deal": promised | {"until": "2028Q2", "since": "2028Q2", "where": {}}}),
        broken=steady | {"at_most": 2.5},
    )
    assert not rows["broken"].holds  # a floor on all chips commits nobody to this one


ORDER = {"of": "orders", "where": {"role": "expansion"}, "at_least": 1, "since": "2028Q3", "until": "2028Q3"}


def test_a_fab_that_is_little_used_while_it_grows_is_not_busy(tmp_path):
    busy = {"expect": "busy", "where": {"role": "wafer_starts", "node": "n3"}, "each": "node"}
    result, rows = solved(
        tmp_path, STEPS, ("limits", {"one": ORDER}), low=busy | {"at_least": 0.01}, high=busy | {"at_least": 0.99},
        before=busy | {"at_least": 0.99, "until": "2028Q2"},
    )  # fmt: skip
    starts = result.table("wafer_starts")
    used = starts[(starts["node"] == "n3") & (starts["period"] == "2028Q3")]["kwafer"].sum() / 30
    assert 0.01 < used < 0.9
    # Looked at where it is ordered, and a quarter later, where 15 thousand wafers a quarter come.
    assert (rows["low"].looked_at, rows["low"].broken) == (2, 0)
    assert rows["high"].broken == 2
    later = starts[(starts["node"] == "n3") & (starts["period"] == "2028Q4")]["kwafer"].sum() / 45
    least = min((used, "2028Q3"), (later, "2028Q4"))
    assert rows["high"].worst == f"n3 in {least[1]}: {100 * least[0]:.0f} % in use"
    assert (rows["before"].looked_at, rows["before"].holds) == (0, True)


def test_an_order_that_nothing_needs_is_not_used_and_one_that_is_is(tmp_path):
    used = {"expect": "used", "where": {"role": "expansion"}}
    _, rows = solved(
        tmp_path,
        STEPS,
        ("limits", {"one": ORDER}),
        all=used,
        fabs=used | {"where": {"kind": "site"}} | {"where": {"owner": "foundry"}},
    )
    assert (rows["all"].looked_at, rows["all"].broken) == (1, 1)
    assert rows["all"].worst == "Fab A expansion, ordered in 2028Q3"
    # A fab of 1 thousand wafers a month needs all that it may order.
    _, rows = solved(tmp_path, STEPS, ("fabs.fab-a.wafer_starts", 1), all=used)
    assert (rows["all"].looked_at, rows["all"].broken) == (1, 0)


def test_what_is_off_beside_power_to_spare_and_earns_it_should_run(tmp_path):
    running = {"expect": "running", "where": {"site": "site"}}
    off = ("pins", {"activities": {"operate:gpu:site": {"2027Q2": 40}}})
    _, rows = solved(
        tmp_path, FLEET, off, none=running, some=running | {"at_most": 0.7}, before=running | {"until": "2027Q1"}
    )
    assert rows["none"].broken == 1
    assert rows["none"].worst.startswith("operating GPU at Site in 2027Q2: ")
    assert rows["some"].holds  # 40 of 95 run
    assert rows["before"].holds
    # Dear electricity: nothing earns it, so what is off may be off.
    _, rows = solved(tmp_path, FLEET, off, ("sites.site.energy_price", "20000 USD/MWh"), none=running)
    assert rows["none"].holds


def test_a_plan_is_near_a_figure_or_not(tmp_path):
    figure = {"of": "shipments", "since": "2029", "until": "2029", "figure": {"value": 100, "low": 1, "high": 200}}
    cap = {"of": "shipments", "by": "year", "at_most": 80}
    near = {"expect": "published", "outcomes": "year"}
    _, rows = solved(
        tmp_path,
        ("outcomes", {"year": figure}),
        ("limits", {"cap": cap}),
        wide=near | {"within": "20 %"},
        narrow=near | {"within": "19 %"},
    )
    assert rows["wide"].holds
    assert rows["narrow"].worst == "year: shipments, 2029Q1: 80 against 100 kaccelerator"


def test_what_is_stated_at_a_price_is_kept_or_missed(tmp_path):
    floor = {
        "of": "shipments",
        "by": "year",
        "at_least": 10_000,
        "price": "1 USD/accelerator",
        "since": "2028",
        "until": "2028",
    }
    small = floor | {"at_least": 1}
    kept = {"expect": "kept"}
    result, rows = solved(
        tmp_path, ("limits", {"much": floor, "little": small}), all=kept, little=kept | {"where": {"item": "little"}},
        early=kept | {"until": "2027"},
    )  # fmt: skip
    shipped = result.table("shipments")
    missed = 10_000 - shipped[shipped["period"].str.startswith("2028")]["kaccelerator"].sum()
    assert (rows["all"].looked_at, rows["all"].broken) == (2, 1)
    assert f"{missed:,.4g} kaccelerator" in rows["all"].worst
    assert rows["little"].holds
    assert rows["early"].holds


def test_the_report_tells_pass_and_reason(tmp_path):
    steady = {"expect": "steady", "of": "shipments", "each": "chip", "above": 1, "since": "2028"}
    result, _ = solved(tmp_path, ("limits", {"cap": JUMP}), bad=steady | {"at_most": 2}, good=steady | {"at_most": 3})
    report = result.reconcile()
    assert "Expectations: 1 of 2 hold; of the others 0 explained in the instance." in str(report)
    assert "gpu in 2028Q2" in str(report)
    assert report.table("expectations")["holds"].tolist() == [False, True]


STEADY = {"expect": "steady", "of": "shipments", "at_most": 2, "above": 1}


@pytest.mark.parametrize(
    ("one", "field", "says"),
    [
        (STEADY | {"since": "2035"}, "since", "after the end of the horizon"),
        (STEADY | {"until": "2020"}, "until", "before the decision date"),
        (STEADY | {"of": "spending"}, "of", "no party is named"),
        (STEADY | {"of": "marginal_worth"}, "of", "comes out of a solved plan"),
        ({"expect": "published", "outcomes": "x", "within": 0.2}, "outcomes", "no outcome 'x'"),
        ({"expect": "published", "outcomes": "past", "within": 0.2}, "outcomes", "ended before the decision date"),
    ],
)
def test_an_expectation_of_another_time_or_figure_is_refused(one, field, says):
    past = {"of": "shipments", "since": "2025", "until": "2025", "figure": 1}
    faults = problems(edited(("expectations", {"one": one}), ("outcomes", {"past": past})))
    (fault,) = [fault for fault in faults if fault.path[:3] == ("expectations", "one", field)]
    assert says in fault.message


@pytest.mark.parametrize(
    ("one", "field", "says"),
    [
        ({"expect": "steady", "at_most": 2, "above": 1}, "of", "states no 'of'"),
        (STEADY | {"at_least": 0.5}, "at_least", "says nothing of what is to be steady"),
        (STEADY | {"at_most": 0.5}, "at_most", "no growth"),
        ({"expect": "kept", "outcomes": "x"}, "outcomes", "says nothing"),
    ],
)
def test_an_expectation_that_lacks_something_or_says_too_much_is_refused(one, field, says):
    with pytest.raises(ValidationError) as caught:
        Expectation.model_validate(one)
    (fault,) = caught.value.errors()[0]["ctx"]["error"].faults
    assert fault.path == (field,)
    assert says in fault.message


@pytest.mark.parametrize(
    ("one", "field", "says"),
    [
        (STEADY | {"where": {"chip": "gpo"}}, ("where", "chip"), "gpo"),
        (STEADY | {"where": {"chip": "gpu", "kind": "fab"}}, ("where",), "no record counts: shipments"),
        (STEADY | {"above": "3 MW"}, ("above",), "not in MW"),
        (
            {"expect": "busy", "at_least": 0.7, "where": {"role": "operation"}},
            ("where",),
            "no record counts: capacities",
        ),
        ({"expect": "kept"}, ("where",), "no record counts: contracts"),
    ],
)
def test_an_expectation_of_what_the_chain_does_not_have_is_refused(one, field, says):
    with pytest.raises(FieldProblem) as caught:
        lower(edited(("expectations", {"one": one})))
    (fault,) = caught.value.faults
    assert fault.path == ("expectations", "one", *field)
    assert says in fault.message

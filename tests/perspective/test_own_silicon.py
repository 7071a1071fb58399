"""A lab's own chip, against worths by hand; what is written wrongly; what the command says."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.errors import StudyError
from fabopt.io.load import load_tree
from fabopt.model.build import settled_rows
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower

PATH = Path(__file__).parents[2] / "instances" / "perspective" / "own-silicon"
HOUR = 8.766  # million dollars that a thousand H100 equivalents earn in a year
ONE_YEAR, TWO, THREE = HOUR, 2 * HOUR, 3 * HOUR
WITHOUT = 120 * (THREE + TWO + ONE_YEAR - 4.5)


def of(scenario=None, **levers):
    instance = fabopt.load(PATH, scenario=scenario)
    return instance.with_({key.replace("__", "."): value for key, value in levers.items()}).own_silicon("own").records


def test_worth_as_supply_is_what_the_chip_earns_less_what_it_costs():
    study = of()
    with_it = 120 * (THREE + 2 * TWO + 2 * ONE_YEAR - 4.5) - 300
    assert study.funded == "2027"
    assert study.plan.value == pytest.approx(with_it)
    assert [study.without.value, study.unfunded.value] == pytest.approx([WITHOUT, WITHOUT])
    assert study.worth() == pytest.approx((with_it - WITHOUT, with_it - WITHOUT, 0.0))
    # The lab paid the merchant 5 million dollars a thousand and pays the foundry 1 for its own.
    lab_without = 120 * (THREE + TWO + ONE_YEAR - 3 * 6.0)
    lab_with = 120 * (THREE - 6.0) + 120 * (2 * TWO + 2 * ONE_YEAR - 2 * (1.0 + 1.0)) - 300
    assert study.worth("of_lab")[0] == pytest.approx(lab_with - lab_without)
    assert study.plan.delivered == pytest.approx({"merchant-chip": 120.0, "own": 240.0})


def test_a_right_that_is_booked_and_not_used_is_worth_less_than_nothing():
    study = of("booked")
    two_thirds = 80 * (THREE + TWO + ONE_YEAR - 4.5)
    own = 40 * (2 * TWO + 2 * ONE_YEAR - 3.0) - 300
    assert study.plan.value == pytest.approx(two_thirds + own)
    assert study.worth() == pytest.approx((two_thirds + own - WITHOUT, own, two_thirds - WITHOUT))
    rows = {row.customer: row for row in study.allotted}
    merchant, alpha = rows["merchant"], rows["alpha-silicon"]
    assert (merchant.allotted_without, merchant.allotted) == pytest.approx((36.0, 24.0))
    assert (alpha.allotted_without, alpha.allotted, alpha.used) == pytest.approx((0.0, 12.0, 8.0))


def test_an_expected_respin_takes_its_part_of_a_year():
    study = of("respin")
    assert study.plan.value == pytest.approx(120 * (THREE + TWO - 4.5) + 60 * 2 * TWO + 60 * TWO - 300 - 120 * TWO
                                             + 120 * 2 * ONE_YEAR)  # fmt: skip
    assert study.plan.value == pytest.approx(7575.36)


def test_nobody_funds_what_costs_more_than_it_is_worth():
    gain = 120 * (TWO + ONE_YEAR)  # a second H100 equivalent in two and in one year
    assert of("dear").funded == ""
    assert of("dear").worth() == (0.0, 0.0, 0.0)
    just = of(chips__own__programme__non_recurring_cost=f"{gain - 1} MUSD")
    assert just.funded == "2027"
    assert just.worth()[0] == pytest.approx(1.0)


def test_a_decision_that_may_wait_is_taken_while_it_can_be():
    # Only in 2028 would be too late to be worth 3,100 million dollars; in 2027 it is.
    late = of(chips__own__programme__design_time="24 month")
    assert late.plan.value == pytest.approx(WITHOUT + 120 * ONE_YEAR - 300)
    pinned = fabopt.load(PATH).with_({"chips.own.programme.decide_by": "2027-12-31"}).own_silicon("own").records
    assert pinned.funded == "2027"


def test_the_lab_s_own_view_pays_the_cost_and_its_designer_s_suppliers():
    instance = fabopt.load(PATH)
    plan = instance.solve(perspective="lab:alpha")
    rows = plan.perspective.query("party == 'alpha'").set_index("kind")["amount"]
    assert rows["order_cost"] == pytest.approx(-300.0)
    assert rows["wafers"] == pytest.approx(-24 * 10.0)
    assert "alpha-silicon" not in set(plan.perspective["party"])
    assert plan.transfers.query("payer == payee").empty
    dear = instance.with_({"chips.own.programme.non_recurring_cost": "3200 MUSD"})
    # What all together would not pay for, the lab would: it saves 4 of the merchant's 5 million dollars a thousand.
    gain = 120 * (TWO + ONE_YEAR) + 240 * (6.0 - 2.0)
    assert dear.solve().orders.empty
    assert not dear.solve(perspective="lab:alpha").orders.empty
    assert gain > 3200


def test_the_cost_counts_in_the_lab_s_budget_year_by_year():
    instance = fabopt.load(PATH).with_({"chips.own.programme.design_time": "24 month"})
    raw = copy.deepcopy(load_tree(PATH).raw)
    raw["chips"]["own"]["programme"]["design_time"] = "24 month"
    raw["labs"]["alpha"]["budget"] = "720 MUSD/year"
    net = lower(Instance.model_validate(raw))
    (budget,) = net.budgets
    paid = {term.shift: float(term.coefficient[0]) for term in budget.terms if term.id == "programme:own"}
    assert paid == {0: 150.0, 1: 150.0}
    assert instance.solve().orders["ordered"].sum() == 1.0
    # 720 a year buy 120 thousand chips at 6,000 dollars; the programme takes 25 thousand of them in each of two years.
    # They are made all the same and bought in 2029, when the lab's own cost it 2,000 dollars.
    tight = fabopt.load(PATH, set={"labs.alpha.budget": "720 MUSD/year", "chips.own.programme.design_time": "24 month"})
    found = tight.solve()
    assert (found.table("spending")["spent"] <= 720.0 + 1e-6).all()
    bought = 95 * (THREE - 1.5) + 95 * (TWO - 1.5) + 50 * (ONE_YEAR - 1.5) + 120 * (2 * ONE_YEAR - 1.5)
    assert found.objective == pytest.approx(bought - 300)


def test_nothing_starts_before_the_chip_is_designed_and_the_constants_are_tight():
    net = lower(fabopt.load(PATH, scenario="respin").data)
    rows = {group.id: group for group in net.groups}
    wafers = rows["programme:own:wafers:own-die:fab"]
    assert wafers.windows == ((1,), (2,))
    # Ready for half of 2028, and of 2029 where it is funded a year later: half of the fab's 12, or all of it.
    rows = settled_rows(model_tables(net))["programme"]
    of = [i for i, key in enumerate(rows.keys) if key[0] == wafers.id]
    assert [sorted(rows.val[rows.row == i].tolist()) for i in of] == [[-6.0, 1.0], [-12.0, -6.0, 1.0]]
    starts = {a.id: a.upper for a in net.activities}
    assert starts["wafers:own-die:fab"].tolist() == [0.0, np.inf, np.inf]
    assert starts["wafers:merchant-die:fab"].tolist() == [np.inf] * 3
    assert [u.id for u in net.units] == ["programme:own"]


def test_a_die_that_another_chip_takes_too_does_not_wait():
    raw = copy.deepcopy(load_tree(PATH).raw)
    raw["chips"]["merchant-chip"]["boms"]["only"]["dies"] = {"own-die": 1}
    net = lower(Instance.model_validate(raw))
    assert {g.id for g in net.groups} == {"programme:own:package:own:only:direct"}


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"designers": {"alpha-silicon": {"lab": "beta"}}}, ("designers", "alpha-silicon", "lab"), "no lab 'beta'"),
        ({"chips": {"own": {"programme": {"funded_by": "nobody"}}}}, ("chips", "own", "programme", "funded_by"), "lab"),
        ({"designers": {"alpha-silicon": {"lab": None}}}, ("chips", "own", "programme", "funded_by"), "of its own"),
        ({"labs": {"alpha": {"designers": {"alpha-silicon": None}}}}, ("chips", "own", "programme", "funded_by"),
         "may not buy"),
        ({"chips": {"own": {"programme": {"decide_by": "2026-06"}}}}, ("chips", "own", "programme", "decide_by"),
         "before the decision date"),
        ({"chips": {"own": {"programme": {"design_time": "36 month"}}}}, ("chips", "own", "programme", "design_time"),
         "longer than the horizon"),
        ({"chips": {"own": {"running_rate": "1 kpackage/month"}}}, ("chips", "own", "running_rate"), "above zero"),
        ({"chips": {"own": {"stock": "1 kpackage"}}}, ("chips", "own", "stock"), "above zero"),
        ({"chips": {"own": {"respin": {"probability": "10 %", "delay": "3 month"}}}}, ("chips", "own", "respin"),
         "programme says"),
        ({"labs": {"alpha": {"fleet": {"alpha-site": {"own": 1}}}}}, ("labs", "alpha", "fleet", "alpha-site", "own"),
         "in the field"),
    ],
)  # fmt: skip
def test_what_a_programme_cannot_be_is_said(change, path, says):
    raw = copy.deepcopy(load_tree(PATH).raw)

    def merge(into, new):
        for key, value in new.items():
            if isinstance(value, dict):
                merge(into.setdefault(key, {}), value)
            elif value is None:
                del into[key]
            else:
                into[key] = value

    merge(raw, change)
    found = {fault.path: fault for fault in problems(Instance.model_validate(raw))}
    assert path in found, found
    assert says in f"{found[path].message} {found[path].hint}"


def test_the_command_says_what_it_is_worth():
    run = CliRunner()
    done = run.invoke(app, ["own-silicon", str(PATH), "own", "--scenario", "booked"])
    assert done.exit_code == 0
    text = " ".join(done.stdout.split())
    assert "Own chip is funded in 2027" in text
    assert "all together -240 1,684 -1,924 5,532" in text
    assert "foundry Alpha Silicon thousand wafers 0 12.0 0 8.00" in text
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    data = json.loads(run.invoke(app, ["own-silicon", str(PATH), "own", "--json"]).stdout)
    assert data["all"]["worth"] == pytest.approx(2855.76)
    assert data["funded"] == "2027"
    wrong = run.invoke(app, ["own-silicon", str(PATH), "merchant-chip"])
    assert wrong.exit_code == 2
    assert "with a programme" in wrong.output
    with pytest.raises(StudyError, match=r"has a programme"):
        fabopt.load(PATH.parent / "price-and-cost").own_silicon("chip")


def test_chips_that_have_still_to_be_made_are_allotted_to_nobody_yet():
    split = {"splits": {"chips": ["merchant-chip"]}, "rule": "shares", "customers": {"alpha": {"share": 1}}}
    (row,) = fabopt.load(PATH).with_({"policies": {"chips": split}}).own_silicon("own").records.allotted
    assert (row.allotted_without, row.allotted) == (None, None)
    assert (row.used_without, row.used) == pytest.approx((360.0, 120.0))

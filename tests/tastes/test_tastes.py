"""Tastes against closed forms: shares of two designers, premiums at breaks, and what counts them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from taste_cases import POWER, PRICE, chain, instance

import fabopt
from fabopt.domain.instance import Instance
from fabopt.errors import FaboptError
from fabopt.network.lower import lower
from fabopt.network.tagged import ids
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution

TENTHS = [k / 10 for k in range(1, 11)]
HUNDREDTHS = [k / 100 for k in range(1, 101)]
WORTH = POWER * 20 * 8766 * 1e-3  # million dollars: all power runs for a year at 20 dollars an hour


def taste(breaks=TENTHS, **more):
    return {"spread": {"elasticity": 4, "breaks": breaks, **more}}


def shares(case: Instance) -> tuple[float, Solution]:
    """Return the share of `cirrus` in what is shipped, and the plan."""
    net = lower(case)
    plan = solve(net, SolveOptions())
    at = {a.id: n for n, a in enumerate(net.activities)}
    amounts = [sum(plan.levels[at[name]].sum() for name in ids(net.activities, role="shipment", chip=c)) for c in "mc"]
    assert sum(amounts) == pytest.approx(POWER)
    return amounts[1] / sum(amounts), plan


def test_two_designers_of_equal_cost_get_half_each():
    assert shares(instance(tastes=taste()))[0] == pytest.approx(0.5)


def written(folder, raw):
    """Return an instance that is read from a file."""
    (folder / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    return fabopt.load(folder)


def step_between(share):
    """Return the difference in cost from which on a tenth of all goes from `cirrus`' last step to `merlin`'s next."""

    def mean_log(a, b):
        return (b * math.log(b) - (a * math.log(a) if a else 0.0)) / (b - a)

    return PRICE / 4 * (mean_log(0.9 - share, 1.0 - share) - mean_log(share, share + 0.1))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3, 0.4])
def test_a_step_is_given_up_where_its_premium_falls_below_the_difference_in_cost(share):
    edge = step_between(share)
    assert shares(instance(edge - 1, tastes=taste()))[0] == pytest.approx(share + 0.1)
    assert shares(instance(edge + 1, tastes=taste()))[0] == pytest.approx(share)


@pytest.mark.parametrize(("weight", "dearer"), [(1, 0), (1, 2500), (1, -4000), (3, 0), (3, 9000), (0.2, -3000)])
def test_narrow_steps_give_the_shares_of_constant_elasticity(weight, dearer):
    case = instance(dearer, tastes=taste(HUNDREDTHS, mix={"cirrus": weight}))
    liked = weight * math.exp(-4 * dearer / PRICE)
    assert shares(case)[0] == pytest.approx(liked / (1 + liked), abs=0.0101)


def test_premiums_steer_and_no_value_counts_them():
    share, plan = shares(instance(step_between(0.2) - 1, tastes=taste()))
    cost = POWER * (5000 + share * (step_between(0.2) - 1)) * 1e-3
    assert share == pytest.approx(0.3)
    assert plan.value == pytest.approx(WORTH - cost)
    apart = 0.3 * math.log(0.3 / 0.5) + 0.7 * math.log(0.7 / 0.5)
    assert plan.premiums == pytest.approx(-PRICE / 4 * apart * POWER * 1e-3)
    assert plan.objective == pytest.approx(plan.value + plan.premiums)
    assert "premium" not in plan.objective_terms


def test_at_the_mix_that_is_liked_a_taste_changes_no_worth_and_elsewhere_it_takes_some():
    assert shares(instance(tastes=taste()))[1].premiums == pytest.approx(0.0, abs=1e-6)
    assert shares(instance(tastes=taste(mix={"merlin": 3, "cirrus": 7})))[1].premiums == pytest.approx(0.0, abs=1e-6)
    assert shares(instance(8000, tastes=taste()))[1].premiums < 0.0


def test_nothing_is_hoarded_for_its_premium_where_accelerators_keep_their_worth():
    horizon = chain()["horizon"] | {"terminal_share": 0.99}
    assert shares(instance(tastes=taste(), horizon=horizon))[0] == pytest.approx(0.5)


def test_with_one_designer_alone_there_is_nothing_to_spread():
    labs = chain()["labs"]
    labs["aurora"]["designers"] = {"merlin": "2020"}
    assert lower(instance(labs=labs, tastes=taste())).definitions == ()


def test_a_designer_that_comes_later_is_spread_over_from_then_on():
    labs = chain()["labs"]
    labs["aurora"]["designers"] = {"merlin": "2020", "cirrus": "2028"}
    horizon = chain()["horizon"] | {"periods": "2 years"}
    net = lower(instance(labs=labs, tastes=taste(), horizon=horizon))
    assert {row.windows for row in net.definitions} == {((1,),)}
    assert all(a.upper.tolist() == [0.0, np.inf] for a in net.activities if a.tags.stage == "taste")


def test_a_shock_moves_the_mix_by_steps_and_not_at_once():
    """The table of docs/tastes.md: what cirrus' chip costs more, and its share with a taste and without."""
    shocks = [-4000, -2000, -1000, 0, 1000, 2000, 4000]
    narrow = [k / 20 for k in range(1, 21)]
    with_taste = [shares(instance(dearer, tastes=taste(narrow)))[0] for dearer in shocks]
    assert with_taste == pytest.approx([0.7, 0.6, 0.55, 0.5, 0.45, 0.4, 0.3])
    without = [shares(instance(dearer))[0] for dearer in shocks if dearer]
    assert without == pytest.approx([1, 1, 1, 0, 0, 0])


def test_a_saved_plan_agrees_with_itself_and_says_what_premiums_are(tmp_path):
    plan = written(tmp_path, chain(step_between(0.2) - 1, tastes=taste())).solve()
    again = fabopt.load_result(plan.save(tmp_path / "plan"))
    assert again.run.premiums < 0.0
    assert again.run.value == pytest.approx(again.objective - again.run.premiums)
    assert again.table("core/terms")["amount"].sum() == pytest.approx(again.run.value)
    assert "are premiums of tastes" in str(again.answer)


def test_a_lab_that_sees_the_plan_has_its_taste_at_list_prices(tmp_path):
    raw, apart = chain(tastes=taste()), step_between(0.2) - 1
    raw["chips"]["m"]["price"], raw["chips"]["c"]["price"] = PRICE - apart / 2, PRICE + apart / 2
    own = written(tmp_path, raw).solve(perspective="lab:aurora")
    assert own.shipments.groupby("chip")["kaccelerator"].sum().to_dict() == pytest.approx({"m": 70, "c": 30})
    again = fabopt.load_result(own.save(tmp_path / "own"))
    paid = POWER * (PRICE + (0.3 - 0.7) * apart / 2) * 1e-3
    assert again.objective - again.run.premiums == pytest.approx(WORTH - paid)


def test_buyers_have_their_tastes_at_list_prices(tmp_path):
    raw, apart = chain(tastes=taste()), step_between(0.2) - 1
    raw["chips"]["m"]["price"], raw["chips"]["c"]["price"] = PRICE - apart / 2, PRICE + apart / 2
    plan = written(tmp_path, raw).solve(perspective="buyers")
    assert plan.shipments.groupby("chip")["kaccelerator"].sum().to_dict() == pytest.approx({"m": 70, "c": 30})
    again = fabopt.load_result(plan.save(tmp_path / "plan"))
    assert again.run.premiums == pytest.approx(-PRICE / 4 * (0.3 * math.log(0.6) + 0.7 * math.log(1.4)) * POWER * 1e-3)
    assert again.run.value == pytest.approx(WORTH - POWER * 5000 * 1e-3)


@pytest.mark.parametrize(
    ("tastes", "says"),
    [
        (taste([0.1] * 10), "the breaks must rise"),
        (taste([k / 20 for k in range(1, 11)]), "the last break is 0.5"),
        (taste() | {"more": {"elasticity": 2, "labs": ["aurora"]}}, "'aurora' has a taste already, 'spread'"),
        (taste(labs=["nobody"]), "nobody"),
        (taste(mix={"nobody": 1}), "nobody"),
        (taste([0.5, 1]), "at least 10"),
    ],
)
def test_a_taste_that_says_nothing_clear_is_refused(tmp_path, tastes, says):
    with pytest.raises(FaboptError, match=says):
        written(tmp_path, chain(tastes=tastes))


def test_tastes_and_premiums_are_of_their_labs_and_designers():
    raw = chain(
        tastes=taste(labs=["borealis"]),
        premiums={"c": {"designer": "cirrus", "labs": ["borealis"], "amount": 3000}, "m": {"designer": "merlin",
                  "amount": -500}},
    )  # fmt: skip
    raw["labs"]["borealis"] = raw["labs"]["aurora"] | {"name": "Borealis"}
    raw["sites"]["barn"] = raw["sites"]["hall"] | {"lab": "borealis"}
    net = lower(Instance.model_validate(raw))
    shipped = {a.id: a.premium for a in net.activities if a.tags.role == "shipment"}
    assert shipped["deploy:c:hall"] is None
    assert {key: p.tolist() for key, p in shipped.items() if p is not None} == {
        "deploy:c:barn": [3.0], "deploy:m:hall": [-0.5], "deploy:m:barn": [-0.5],
    }  # fmt: skip
    assert {row.tags.lab for row in net.definitions} == {"borealis"}


def test_the_least_cost_counts_no_premium():
    premiums = {"c": {"designer": "cirrus", "amount": 8000}}  # more than a chip costs to make
    plan = solve(lower(instance(premiums=premiums)), SolveOptions(objective="least_cost"))
    assert plan.objective == pytest.approx(0.0, abs=1e-6)
    assert plan.levels.sum() == pytest.approx(0.0, abs=1e-6)

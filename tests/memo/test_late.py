"""Last responsible dates: by hand in closed form, and against full re-solves of every date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting_cases import COST, MADE, STOCK, WORTH, chip, grounded, site, solved, tree

import fabopt
from fabopt.analysis.memo.late import Delay, Delays
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.signable import Signable, signables, whole_periods
from fabopt.analysis.memo.signatures import signature
from fabopt.analysis.replan import NOTHING, Again
from fabopt.network.explode import making_time
from fabopt.solve.budget import TimeBudget
from fabopt.solve.perturbation import Perturbation, fixing
from fabopt.solve.session import HighsSession, SolverError

WHOLE = pytest.mark.parametrize("whole", [True, False], ids=["searched", "held"])
"""Whether integers are searched again or held."""

UNLIMITED = TimeBudget().allows


def one(result: fabopt.Result, id: str, lab: str = "lab") -> tuple[Signable, Any]:
    """What can be signed under an id, and the plan."""
    ground = grounded(result, lab)
    return next(s for s in signables(ground.plan, lab) if s.id == id), ground.plan


def date(again: Again, what: Signable, tolerance: float) -> Delay:
    """The last responsible date of what is signed."""
    last = [p.index for p in again.plan.net.periods if p.reported][-1]
    search = Delays(again, last, tolerance)
    return search.search(what, search.without(what), UNLIMITED)


def lost(again: Again, delay: Delay) -> dict[int, float]:
    """What waiting loses, by year of signature."""
    return {t: again.base - answer.value for t, answer in delay.late.items()}


@WHOLE
def test_a_purchase_that_waits_loses_what_its_accelerators_would_have_earned(tmp_path: Path, whole: bool) -> None:
    """Signed in year d, what is in stock misses d + 1 years and what is made misses d."""
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    again = Again(plan, whole)
    assert again.base == pytest.approx(4 * STOCK * WORTH + MADE * (3 * WORTH - COST))
    by_hand = {d: (STOCK * (d + 1) + MADE * d) * WORTH for d in (1, 2)}
    for d, loss in by_hand.items():
        delay = date(again, what, loss + 0.1)
        assert delay.decide_by == d
        assert lost(again, delay)[d] == pytest.approx(loss)
        assert date(again, what, loss - 0.1).decide_by == d - 1
    never = date(again, what, 0.0).without
    assert never is not None
    in_stock = STOCK * COST  # what is left in stock at the end is worth what making it costs
    assert again.base - never.bound == pytest.approx(again.base - in_stock)


@WHOLE
def test_signing_at_once_costs_nothing(tmp_path: Path, whole: bool) -> None:
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    again = Again(plan, whole)
    assert again.value(what.forbidden(plan, 0)).value == pytest.approx(again.base)
    assert date(again, what, 0.0).decide_by == 0


@WHOLE
def test_what_may_be_missing_altogether_has_no_date(tmp_path: Path, whole: bool) -> None:
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    delay = date(Again(plan, whole), what, 1e6)
    assert (delay.decide_by, dict(delay.late)) == (None, {})
    assert delay.without is not None


def test_what_no_plan_does_without_is_asked_no_further(tmp_path: Path) -> None:
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    known, mute = Delay(1, {}, NOTHING), Again(plan)
    mute.value = None  # type: ignore[method-assign, assignment]
    assert Delays(mute, 3, 1.0).until(what, known, UNLIMITED) is known


@WHOLE
def test_a_power_order_that_waits_moves_as_a_whole(tmp_path: Path, whole: bool) -> None:
    """80 MW are ordered in one piece for 90 M USD, a year ahead, 10 of them whatever the size.

    80,000 accelerators run a year less for each year that the order waits, and a third of a life of three years is
    left, worth 1 M USD a MW. In the last year it would come too late.
    """
    grow = {"curve": {10: 20, 80: 90}, "lead": 12, "max_total": 80, "life": 3}
    what, plan = one(solved(tree(sites={"site": site(power=20, expansion=grow)}), tmp_path), "power:site")
    again, year = Again(plan, whole), MADE * WORTH - 80 / 3
    assert again.base == pytest.approx(4 * STOCK * WORTH + MADE * (3 * WORTH - COST) - 90)
    delay = date(again, what, 2 * year + 0.1)
    assert delay.decide_by == 2
    assert lost(again, delay) == pytest.approx({1: year, 2: 2 * year, 3: MADE * (3 * WORTH - COST) - 90})
    assert (what.lead, what.making) == (1, 0)


@WHOLE
def test_a_contract_moves_with_all_its_decisions(tmp_path: Path, whole: bool) -> None:
    """50,000 H100 equivalents are offered at 1 USD an hour under an option that costs 7 M USD: 50 x 8.766 M USD a
    year are gained from its exercise on, which moves as far as the signature."""
    offer = {
        "name": "Cloud",
        "buyer": "lab",
        "supplier": "cloud",
        "goods": {"compute": ["work"]},
        "maximum": 50,
        "price": 1,
        "option": {"premium": 7},
    }
    result = solved(tree(contracts={"cloud-deal": offer}), tmp_path)
    what, plan = one(result, "cloud-deal")
    again = Again(plan, whole)
    gain = 50 * 8.766
    assert again.base == pytest.approx(4 * STOCK * WORTH + MADE * (3 * WORTH - COST) + 4 * gain - 7)
    delay = date(again, what, 2.5 * gain)
    assert delay.decide_by == 2
    assert lost(again, delay) == pytest.approx({1: gain, 2: 2 * gain, 3: 3 * gain})
    assert delay.without is not None
    assert again.base - delay.without.bound == pytest.approx(4 * gain - 7)


@WHOLE
def test_a_programme_that_waits_makes_its_chip_later(tmp_path: Path, whole: bool) -> None:
    """An own chip for 100 M USD does twice the work; its design takes a year and its making another, so funded in d it
    ships in d + 2. The lab's site is empty until then: nothing else is sold to it."""
    own = chip(performance={"work": 2}, programme={"funded_by": "lab", "non_recurring_cost": 100, "design_time": 12})
    raw = tree(chips={"a": own}, designers={"d": {"name": "Designer", "region": "here", "lab": "lab"}})
    what, plan = one(solved(raw, tmp_path), "programme:a")
    again = Again(plan, whole)
    assert again.base == pytest.approx(100 * (2 * 2 * WORTH - COST) - 100)
    delay = date(again, what, 200 * WORTH + 0.1)
    assert delay.decide_by == 1
    assert lost(again, delay)[1] == pytest.approx(200 * WORTH)
    assert lost(again, delay)[2] == pytest.approx(again.base)


def test_forbidding_more_is_never_worth_more(tutorial: fabopt.Result) -> None:
    """What is closed before a later date contains what is closed before an earlier one, and values fall along it."""
    ground = grounded(tutorial, "aurora")
    again = Again(ground.plan, whole=False)
    for what in signables(ground.plan, "aurora"):
        before, value = set[int](), again.base
        for period in (*range(1, ground.net.n_periods), None):
            change = what.forbidden(ground.plan, period)
            assert before <= set(change.columns.at.tolist())
            now = again.value(change).value
            assert now <= value + 1e-6
            before, value = set(change.columns.at.tolist()), now


@pytest.mark.parametrize("id", ["accelerators:aurora:falcon", "accelerators:aurora:slate", "power:plains"])
def test_every_date_is_that_of_full_solves(tutorial: fabopt.Result, id: str) -> None:
    """Each date is solved as a model of its own, from the instance, with what is forbidden fixed in Pyomo."""
    what, plan = one(tutorial, id, "aurora")
    again = Again(plan, whole=True)
    last, tolerance = [p.index for p in plan.net.periods if p.reported][-1], 500.0
    by_force = {t: again.base - _fixed(what.forbidden(plan, t)) for t in range(last + 1)}
    delay = date(again, what, tolerance)
    assert delay.decide_by == max(period for period, loss in by_force.items() if loss <= tolerance)
    for period, loss in lost(again, delay).items():
        assert loss == pytest.approx(by_force[period], abs=0.2)


def test_every_date_of_a_purchase_is_that_of_full_solves_with_the_plans_whole_numbers(tutorial: fabopt.Result) -> None:
    """As before, with every integer of the model fixed as in the plan too."""
    what, plan = one(tutorial, "accelerators:aurora:falcon", "aurora")
    again = Again(plan, whole=False)
    by_force = {t: again.base - _fixed(fixing(plan.program, plan.x), what.forbidden(plan, t)) for t in range(8)}
    delay = date(again, what, 500.0)
    assert delay.decide_by == max(period for period, loss in by_force.items() if loss <= 500.0)
    for period, loss in lost(again, delay).items():
        assert loss == pytest.approx(by_force[period], abs=1e-3)


def _fixed(*changes: Perturbation) -> float:
    """The tutorial's best value with some columns fixed."""

    def fix(_: Any, model: Any) -> None:
        for change in changes:
            for column, value in zip(change.columns.at.tolist(), change.columns.new[:, 0].tolist(), strict=True):
                model.variables[column].fix(value)

    solution = fabopt.load("instances/tutorial").solve(extra=[fix], gap=1e-7)
    return float(solution.run.objective)


def test_bisection_and_walk_find_the_same_date(tutorial: fabopt.Result) -> None:
    """Held purchases are searched by halves; every date on the way is asked here."""
    what, plan = one(tutorial, "accelerators:aurora:falcon", "aurora")
    again = Again(plan, whole=False)
    losses = [again.base - again.value(what.forbidden(plan, t)).value for t in range(8)]
    never = again.base - again.value(what.forbidden(plan, None)).value
    for tolerance in np.linspace(1.0, 0.99 * never, 9).tolist():
        assert date(again, what, tolerance).decide_by == max(t for t, loss in enumerate(losses) if loss <= tolerance)
    assert date(again, what, 1.01 * never).decide_by is None  # it may be missing altogether


def test_time_that_is_up_leaves_a_date_open(tmp_path: Path) -> None:
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    again, no_time = Again(plan), TimeBudget(0)
    search = Delays(again, 3, 0.0)
    delay = search.search(what, search.without(what), no_time.allows)
    assert delay.decide_by is None
    assert no_time.left_out == ["signing accelerators:lab:a in period 1"]


@WHOLE
def test_where_the_solver_gives_up_nothing_is_claimed(
    tmp_path: Path, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a loss nor that no plan is left; the date is then the last that is known to be good."""
    what, plan = one(solved(tree(), tmp_path), "accelerators:lab:a")
    again = Again(plan, whole)

    def fails(*_: object, **__: object) -> None:
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(HighsSession, "solve", fails)
    monkeypatch.setattr(HighsSession, "solve_afresh", fails)
    delay = date(again, what, 1e6)
    assert delay.decide_by == 0
    assert delay.without is not None
    assert (delay.without.x, delay.without.bound) == (None, float("inf"))


def test_making_takes_as_long_as_its_slowest_part(tutorial: fabopt.Result) -> None:
    """Falcon: HBM takes 3 months of wafer and 1.5 of stacking, and assembly 1.5: two quarters; the logic is quicker.
    Slate: 3 months of wafer and its own assembly."""
    time = making_time(grounded(tutorial, "aurora").net)
    assert time["chip:falcon"] == pytest.approx(2.0)
    assert time["die:falcon-die"] == pytest.approx(1.0)
    assert whole_periods(1.5) == 2
    assert whole_periods(1.0 + 1e-12) == 1


def test_of_a_plan_that_was_rolled_on_only_what_lies_ahead_is_to_be_signed(tutorial: fabopt.Result) -> None:
    rolled = tutorial.roll("2027Q3").result
    mine = grounded(rolled, "aurora")
    labels, shipped = [p.label for p in mine.net.periods], rolled.shipments.query("lab == 'aurora' and reported")
    assert mine.done == labels.index("2027Q3") == 2
    found = {what.id: (what, signature(mine, what)) for what in signables(mine.plan, "aurora", mine.done)}
    what, falcon = found["accelerators:aurora:falcon"]
    ahead = shipped.query("chip == 'falcon'").set_index("period")["kaccelerator"]
    assert falcon is not None
    assert ahead[["2027Q1", "2027Q2"]].sum() > 0
    assert falcon.amount.value == pytest.approx(ahead.drop(["2027Q1", "2027Q2"]).sum())
    assert min(labels.index(label) for label, _ in falcon.schedule + falcon.payments) >= 2
    assert what.planned(mine.plan) >= 2
    assert not what.shut(len(labels), None)[:2].any()
    assert Again(mine.plan).value(what.forbidden(mine.plan, None)).x is not None
    cash, spending = Cash.of(mine), rolled.table("domain/spending").query("party == 'aurora'").set_index("first")
    begun, *later = cash.budget()  # of the year that has begun as much is left over as before, and less is paid
    year = spending.loc["2027Q1"]
    assert (begun.first, begun.last) == ("2027Q3", "2027Q4")
    assert begun.limit is not None
    assert begun.limit.value == pytest.approx(begun.spent.value + year["limit"] - year["spent"])
    assert 0 < begun.spent.value < year["spent"]
    assert [one.spent.value for one in later] == pytest.approx([spending.loc["2028Q1", "spent"]])
    outlays = cash.outlays()
    assert sum(one.total.value for one in outlays) == pytest.approx(sum(one.spent.value for one in (begun, *later)))
    assert min(labels.index(label) for one in outlays for label, _ in one.by_period) == 2

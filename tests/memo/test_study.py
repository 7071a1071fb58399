"""A memo says of the plan what its tables and studies say, and refuses what it cannot be written from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fabopt
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.study import choke_points
from fabopt.analysis.memo import study
from fabopt.analysis.memo.chances import Chances
from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.origin import Cells
from fabopt.analysis.memo.records import Amount, Memo
from fabopt.analysis.memo.study import MemoOptions, memo_of
from fabopt.errors import StudyError
from fabopt.network.explode import makeable
from fabopt.network.tables import Activity, Flow, Material, Network, Resource, Use
from fabopt.plan.plan import Plan
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import SolverError
from fabopt.solve.results.folder import ResultError
from fabopt.solve.solution import Status

NO_CHANCES = Chances((), 0, 0)

WRITTEN = re.compile(r"^(?P<table>(core|domain)/\w+)\[(?P<where>[^\]]*)\]\.(?P<column>\w+)( by (?P<by>\w+))?$")


def read_back(origin: str) -> Cells | None:
    """The cells that an origin names; None where it names a study or the data."""
    found = WRITTEN.match(origin)
    if found is None:
        return None
    pairs = [pair.split("=", 1) for pair in found["where"].split(", ") if pair]
    return Cells(found["table"], tuple((name, value) for name, value in pairs), found["column"], found["by"] or "")


def amounts(record: Any) -> Iterator[Amount]:
    """Every amount in a record, however deep."""
    if isinstance(record, Amount):
        yield record
    elif dataclasses.is_dataclass(record):
        for field in dataclasses.fields(record):
            yield from amounts(getattr(record, field.name))
    elif isinstance(record, tuple):
        for item in record:
            yield from amounts(item)


def test_every_cell_that_is_named_holds_its_number(mine: Ground, aurora: Memo) -> None:
    """Looked up by plain pandas, not by what wrote it."""
    checked = 0
    for found in amounts(aurora):
        cells = read_back(found.origin)
        if cells is None:
            continue
        rows = mine.of.table(cells.table)
        labels = mine.of.table("core/periods")["period"].tolist()
        for name, value in cells.where:
            if name == "reported":
                rows = rows[rows["reported"]]
            elif ".." in value:
                first, last = value.split("..")
                rows = rows[rows[name].isin(labels[labels.index(first) : labels.index(last) + 1])]
            else:
                rows = rows[rows[name].isin(value.split("|"))]
        weight = rows[cells.by] / rows[cells.by].sum() if cells.by else 1.0
        assert found.value == pytest.approx((rows[cells.column] * weight).sum(), rel=1e-12), found.origin
        checked += 1
    assert checked > 10


def test_headline_is_what_the_tables_say(mine: Ground, aurora: Memo) -> None:
    power = mine.of.table("domain/power")
    here = power[(power["lab"] == "aurora") & (power["period"] == "2028Q4")]
    assert aurora.headline.power.value == pytest.approx(float(here["used"].sum()))
    shipped = mine.of.table("domain/shipments")
    own = shipped[(shipped["lab"] == "aurora") & shipped["reported"]]
    assert aurora.headline.accelerators.value == pytest.approx(float(own["kaccelerator"].sum()))
    assert aurora.headline.first_chip == "Falcon"


def test_the_mix_of_all_years_is_what_is_shipped(aurora: Memo) -> None:
    assert sum(row.shipped.value for row in aurora.mix) == pytest.approx(aurora.headline.accelerators.value)
    for year in ("2027", "2028"):
        assert sum(row.share.value for row in aurora.mix if row.year == year) == pytest.approx(1.0)


def test_the_labs_plan_is_that_of_its_perspective(tutorial: fabopt.Result, mine: Ground) -> None:
    """Solved as a user would: its worth, what it signs and what it pays; its bound holds the proof."""
    apart = tutorial.instance.solve(perspective="lab:aurora", given=tutorial, gap=1e-6)
    assert mine.of.objective == pytest.approx(apart.objective, rel=1e-4)
    assert mine.of.run.bound >= apart.objective * (1.0 - 1e-6)
    assert mine.of.run.given == pytest.approx(apart.run.given)
    for table, columns in (("shipments", ["chip"]), ("orders", ["id"])):
        found = [one.table(table).query("reported").groupby(columns).sum(numeric_only=True) for one in (mine.of, apart)]
        amount = "kaccelerator" if table == "shipments" else "ordered"
        assert found[0][amount].to_dict() == pytest.approx(found[1][amount].to_dict(), rel=0.02, abs=0.5)


def test_a_lab_loses_nothing_by_its_own_plan_and_others_keep_theirs(tutorial: fabopt.Result, mine: Ground) -> None:
    before, after = (one.table("domain/perspective").groupby("party")["amount"].sum() for one in (tutorial, mine.of))
    assert after["aurora"] >= before["aurora"]
    theirs = [one.table("shipments").query("lab == 'borealis'")["kaccelerator"].sum() for one in (tutorial, mine.of)]
    assert theirs[1] == pytest.approx(theirs[0])
    orders = [one.table("orders").query("owner != 'aurora'")["ordered"].tolist() for one in (tutorial, mine.of)]
    assert orders[1] == pytest.approx(orders[0])


def test_the_choke_point_is_that_of_the_study_of_the_labs_plan(mine: Ground, aurora: Memo) -> None:
    study = choke_points(mine.of, ChokeOptions(draws=0), TimeBudget(12))
    assert study.first is not None
    assert aurora.headline.choke == aurora.reliefs[0].limit == study.first.label
    step = study.first.step("+10 %")
    assert step is not None
    assert aurora.reliefs[0].to_lab.value == pytest.approx(step.gain)


def test_shares_of_rivals_add_up_to_one(aurora: Memo) -> None:
    for limit in {rival.limit for rival in aurora.rivals}:
        assert sum(r.share.value for r in aurora.rivals if r.limit == limit) == pytest.approx(1.0)


def test_what_one_company_alone_makes_has_no_second_source(mine: Ground, aurora: Memo) -> None:
    """The tutorial has one memory maker, whom Falcon needs and Slate, which has no HBM, does not."""
    found = {source.supplier: source for source in aurora.sources}
    assert (found["Bitstack"].replaceable, found["Bitstack"].chips) == (False, ("falcon",))
    assert (found["Monolith"].replaceable, found["Monolith"].chips) == (False, ("slate",))
    shipped = mine.of.table("shipments").query("lab == 'aurora' and reported").groupby("chip")["kaccelerator"].sum()
    compute = {chip: amount * mine.data.chips[chip].best for chip, amount in shipped.items()}
    assert set(compute) == {"falcon", "slate"}
    assert found["Silicon North"].chips == tuple(sorted(compute, key=compute.get, reverse=True))


def test_a_good_with_two_routes_is_makeable_without_either() -> None:
    """Two ways make a part, one makes the whole from it; an activity that came late may still let others run."""
    import numpy as np

    one = np.ones(1)
    net = Network(
        "two ways",
        (),
        materials=tuple(Material(m, m, "piece") for m in ("part", "whole")),
        activities=tuple(Activity(a, a, "piece") for a in ("assemble", "here", "there")),
        flows=(
            Flow("assemble", "part", 0, -one),
            Flow("assemble", "whole", 0, one),
            Flow("here", "part", 0, one),
            Flow("there", "part", 0, one),
        ),
        resources=(Resource("shop", "shop", "hour", "rate", one),),
        uses=(Use("here", "shop", 0, one),),
    )
    assert makeable(net, ()) == makeable(net, ("here",)) == {"part", "whole"}
    assert makeable(net, ("here", "there")) == set()


def test_an_unknown_lab_is_refused_with_the_nearest(tutorial: fabopt.Result) -> None:
    with pytest.raises(StudyError, match="There is no lab 'arora' in tutorial; did you mean 'aurora'"):
        memo_of(tutorial.plan, MemoOptions("arora"), TimeBudget())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"has_plan": False, "status": Status.INFEASIBLE}, "has no plan"),
        ({"options": {"perspective": "lab:aurora"}}, "seen by .*lab:aurora"),
        ({"options": {"objective": "compute"}}, "made for compute"),
    ],
)
def test_a_result_without_prices_is_refused(tutorial: fabopt.Result, change: dict[str, Any], says: str) -> None:
    options = replace(tutorial.run.options, **change.get("options", {}))
    run = replace(tutorial.run, **{**change, "options": options})
    with pytest.raises(StudyError, match=says):
        memo_of(Plan(run, tutorial.table, tutorial.plan.instance), MemoOptions("aurora"), TimeBudget())


def test_a_tolerance_that_is_not_given_is_a_small_share_of_the_value(tutorial: fabopt.Result, aurora: Memo) -> None:
    """The lab's plan is worth 47 bn USD: a hundredth of a per cent is 5 million, to one digit."""
    assert aurora.standing.value.value == pytest.approx(47_435, abs=1)
    assert aurora.given.value.value == pytest.approx(tutorial.run.objective)
    assert aurora.tolerance.value == 5.0


@pytest.mark.parametrize("worth", [1.0, 1.4999, 1.5, 9.4999, 47_435.0, 4_400_000.0])
def test_what_the_proof_of_the_labs_plan_leaves_open_is_less_than_the_tolerance(worth: float) -> None:
    """The tolerance has one digit: of 1.4999 it is a hundredth of a per cent of 1."""
    of_worth: Any = SimpleNamespace(of=SimpleNamespace(objective=worth))
    assert study.LAB_GAP * worth < MemoOptions("aurora").allowed(of_worth)


def test_the_options_that_are_told_name_what_was_asked_and_no_time_that_was_left(aurora: Memo) -> None:
    told = {name: value for name, value in aurora.standing.options.items() if value}
    assert {"objective", "perspective", "seed"} <= set(told)
    assert not {"time_limit", "relaxed", "through_pyomo"} & set(told)
    assert not any("{" in value for value in told.values())


def test_every_part_of_the_tutorials_memo_is_there(aurora: Memo) -> None:
    parts = ("signatures", "mix", "reasons", "chokes", "reliefs", "rivals", "sources", "losses", "assumptions", "watch")
    assert [part for part in parts if not getattr(aurora, part)] == []
    assert {name for name, _ in aurora.standing.analyses} >= {"portfolio", "choke points", "signatures", "losses"}


def test_what_the_budget_does_not_allow_is_listed(tutorial: fabopt.Result, mine: Ground) -> None:
    writing = study._Writing(ground(tutorial.plan, "aurora"), mine, MemoOptions("aurora"), TimeBudget(0), NO_CHANCES)
    memo = writing.memo()
    left_out = memo.standing.left_out
    assert "losses: loss of Merlin" in left_out
    assert "signatures: power:plains never signed" in left_out
    assert (memo.losses, memo.ran) == ((), ())
    assert all(s.without is None and s.verdict == "not run" and not s.decide_by for s in memo.signatures)
    assert len(memo.signatures) == 3  # what the tables say stands all the same


def test_a_budget_that_allows_no_plan_of_the_lab_is_refused(tutorial: fabopt.Result) -> None:
    with pytest.raises(OutOfTimeError, match="no answer to"):
        memo_of(tutorial.plan, MemoOptions("aurora"), TimeBudget(0))


def test_a_sweep_that_is_none_is_told_before_anything_is_computed(tutorial: fabopt.Result, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(ResultError):
        memo_of(
            tutorial.plan,
            MemoOptions("aurora", sweep=tmp_path),
            TimeBudget(tell=lambda name, _: told.append(name)),
        )
    assert told == ["the plan"]


def test_an_analysis_on_which_the_solver_gives_up_is_left_out(
    tutorial: fabopt.Result, mine: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(study, "alternatives", fails)
    monkeypatch.setattr(study, "turning", fails)
    budget = TimeBudget(1.0)
    memo = study._Writing(ground(tutorial.plan, "aurora"), mine, MemoOptions("aurora"), budget, NO_CHANCES).memo()
    assert {"alternatives: all of it: HiGHS failed.", "flip points: all of it: HiGHS failed."} <= set(
        memo.standing.left_out
    )
    assert (memo.alternatives, memo.choices, memo.within, memo.flips) == ((), (), None, ())
    assert not {"alternatives", "flip points"} & set(memo.ran)
    assert memo.signatures


def test_what_was_cut_off_with_nothing_found_was_not_run(tutorial: fabopt.Result, mine: Ground) -> None:
    writing = study._Writing(ground(tutorial.plan, "aurora"), mine, MemoOptions("aurora"), TimeBudget(), NO_CHANCES)
    for name in ("losses", "choke points"):
        with writing._analysis(name) as _:
            if name == "losses":
                writing.budget.leave_out("the loss of merlin")
    assert writing._ran({"losses": ["one"], "choke points": []}) == ("losses", "choke points")
    assert writing._ran({"losses": [], "choke points": []}) == ("choke points",)


def test_more_in_a_year_is_worth_no_more_than_in_all_years(aurora: Memo) -> None:
    gains = {relief.limit: relief.to_lab.value for relief in aurora.reliefs}
    assert aurora.chokes
    assert all(0.0 < year.worth.value <= gains[year.limit] + 1e-9 for year in aurora.chokes)

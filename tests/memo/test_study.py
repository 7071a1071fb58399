"""A memo says of the plan what its tables and studies say, and refuses what it cannot be written from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fabopt
from fabopt.analysis.memo import study
from fabopt.analysis.memo.origin import Cells
from fabopt.analysis.memo.records import Amount, Memo
from fabopt.analysis.memo.study import MemoOptions, memo_of
from fabopt.errors import StudyError
from fabopt.network.explode import makeable
from fabopt.network.tables import Activity, Flow, Material, Network, Resource, Use
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.outcome import SolverError
from fabopt.solve.results.folder import ResultError
from fabopt.solve.solution import Status

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


def test_every_cell_that_is_named_holds_its_number(tutorial: fabopt.Result, aurora: Memo) -> None:
    """Looked up by plain pandas, not by what wrote it."""
    checked = 0
    for found in amounts(aurora):
        cells = read_back(found.origin)
        if cells is None:
            continue
        rows = tutorial.table(cells.table)
        labels = tutorial.table("core/periods")["period"].tolist()
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


def test_headline_is_what_the_tables_say(tutorial: fabopt.Result, aurora: Memo) -> None:
    power = tutorial.table("domain/power")
    here = power[(power["lab"] == "aurora") & (power["period"] == "2028Q4")]
    assert aurora.headline.power.value == pytest.approx(float(here["used"].sum()))
    shipped = tutorial.table("domain/shipments")
    mine = shipped[(shipped["lab"] == "aurora") & shipped["reported"]]
    assert aurora.headline.accelerators.value == pytest.approx(float(mine["kaccelerator"].sum()))
    assert aurora.headline.first_chip == "Falcon"


def test_the_mix_of_all_years_is_what_is_shipped(aurora: Memo) -> None:
    assert sum(row.shipped.value for row in aurora.mix) == pytest.approx(aurora.headline.accelerators.value)
    for year in ("2027", "2028"):
        assert sum(row.share.value for row in aurora.mix if row.year == year) == pytest.approx(1.0)


def test_the_choke_point_is_that_of_the_study_for_the_lab(tutorial: fabopt.Result, aurora: Memo) -> None:
    study = tutorial.choke_points(lab="aurora", budget=0.2, draws=0).records
    assert study.first is not None
    assert aurora.headline.choke == aurora.reliefs[0].limit == study.first.label
    step = study.first.step("+10 %")
    assert step is not None
    assert aurora.reliefs[0].to_lab.value == pytest.approx(step.gain)


def test_relief_is_worth_to_all_what_the_study_for_all_says(tutorial: fabopt.Result, aurora: Memo) -> None:
    study = tutorial.choke_points(budget=0.2, draws=0).records
    for relief in aurora.reliefs:
        step = study.limit(relief.limit).step("+10 %")
        assert step is not None
        assert relief.to_all is not None
        assert relief.to_all.value == pytest.approx(step.plan_gain, rel=1e-6, abs=1e-4)


def test_shares_of_rivals_add_up_to_one(aurora: Memo) -> None:
    for limit in {rival.limit for rival in aurora.rivals}:
        assert sum(r.share.value for r in aurora.rivals if r.limit == limit) == pytest.approx(1.0)


def test_what_one_company_alone_makes_has_no_second_source(tutorial: fabopt.Result, aurora: Memo) -> None:
    """The tutorial has one memory maker, whom Falcon needs and Slate, which has no HBM, does not."""
    found = {source.supplier: source for source in aurora.sources}
    assert (found["Bitstack"].replaceable, found["Bitstack"].chips) == (False, ("falcon",))
    assert (found["Monolith"].replaceable, found["Monolith"].chips) == (False, ("slate",))
    shipped = tutorial.table("shipments").query("lab == 'aurora' and reported").groupby("chip")["kaccelerator"].sum()
    compute = {chip: amount * tutorial.plan.data.chips[chip].best for chip, amount in shipped.items()}
    assert set(compute) == {"falcon", "slate"}
    assert found["silicon-north"].chips == tuple(sorted(compute, key=compute.get, reverse=True))


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
        ({"options": {"perspective": "lab:aurora"}}, "seen as lab:aurora"),
        ({"options": {"objective": "compute"}}, "made for compute"),
    ],
)
def test_a_result_without_prices_is_refused(tutorial: fabopt.Result, change: dict[str, Any], says: str) -> None:
    options = replace(tutorial.run.options, **change.get("options", {}))
    run = replace(tutorial.run, **{**change, "options": options})
    with pytest.raises(StudyError, match=says):
        memo_of(Plan(run, tutorial.table, tutorial.plan.instance), MemoOptions("aurora"), TimeBudget())


def test_a_tolerance_that_is_not_given_is_a_small_share_of_the_value(tutorial: fabopt.Result, aurora: Memo) -> None:
    """The tutorial is worth 103 bn USD: a hundredth of a per cent is 10 million."""
    assert tutorial.run.objective == pytest.approx(103_051, abs=1)
    assert aurora.tolerance.value == 10.0


def test_every_part_of_the_tutorials_memo_is_there(aurora: Memo) -> None:
    parts = ("signatures", "mix", "reasons", "chokes", "reliefs", "rivals", "sources", "losses", "assumptions", "watch")
    assert [part for part in parts if not getattr(aurora, part)] == []
    assert {name for name, _ in aurora.standing.analyses} >= {"portfolio", "choke points", "signatures", "losses"}


def test_an_unproven_plan_is_an_incumbent_whose_advice_is_withheld(tutorial: fabopt.Result) -> None:
    """With a bound a trillion dollars above the plan, no difference between two plans proves anything."""
    far = replace(tutorial.run, status=Status.TIME_LIMIT, bound=tutorial.objective + 1e6)
    memo = memo_of(Plan(far, tutorial.table, tutorial.plan.instance), MemoOptions("aurora"), TimeBudget(1.2))
    assert memo.standing.incumbent
    assert memo.standing.doubt.value == pytest.approx(1e6)
    assert [s.id for s in memo.signatures if s.without is not None and s.withheld is None] == []
    assert memo.headline.sign == ""


def test_what_the_budget_does_not_allow_is_listed(tutorial: fabopt.Result) -> None:
    memo = memo_of(tutorial.plan, MemoOptions("aurora"), TimeBudget(0))
    left_out = memo.standing.left_out
    assert "losses: loss of merlin" in left_out
    assert "signatures: power:plains never signed" in left_out
    assert memo.losses == ()
    assert all(s.without is None and not s.decide_by for s in memo.signatures)
    assert len(memo.signatures) == 3  # what the tables say stands all the same


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
    tutorial: fabopt.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(study, "alternatives", fails)
    monkeypatch.setattr(study, "turning", fails)
    memo = memo_of(tutorial.plan, MemoOptions("aurora"), TimeBudget(0.6))
    assert {"alternatives: all of it: HiGHS failed.", "flip points: all of it: HiGHS failed."} <= set(
        memo.standing.left_out
    )
    assert (memo.alternatives, memo.choices, memo.within, memo.flips) == ((), (), None, ())
    assert memo.signatures


def test_more_in_a_year_is_worth_no_more_than_in_all_years(aurora: Memo) -> None:
    gains = {relief.limit: relief.to_lab.value for relief in aurora.reliefs}
    assert aurora.chokes
    assert all(0.0 < year.worth.value <= gains[year.limit] + 1e-9 for year in aurora.chokes)

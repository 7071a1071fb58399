"""What draws and a plan under states say of a memo, read from their reports: hand-made ones, and saved ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from memo_sample import SIGNATURES

import fabopt
from fabopt.analysis.draws.records import Chance, Drawn, MonteCarlo
from fabopt.analysis.hedge.records import Decision, Hedge, Information, Regret, Waiting
from fabopt.analysis.memo.chances import drawn_chances
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.hedging import check_hedge, hedged, hedging
from fabopt.analysis.memo.records import Hedged
from fabopt.analysis.memo.signable import Signable
from fabopt.errors import StudyError
from fabopt.io.seal import SavedError
from fabopt.report.report import Report, saved

SITE = Signable("power:plains", "power", "", "plains", "aurora", units=("build:plains:1", "build:plains:2"))


def decision(id: str, verdict: str, **changes: object) -> Decision:
    made = Decision(id, id, "aurora", "build", "MW", verdict, 1.0, 0.0, 2.0, "2027Q1", "2027Q2", 10.0, 55.0)
    return replace(made, **changes)  # type: ignore[arg-type]


def hedge_of(*decisions: Decision, **changes: object) -> Hedge:
    made = Hedge(
        name="tutorial",
        objective_name="value",
        unit="M USD",
        sign=1.0,
        risk="expected",
        level=0.9,
        probabilities={"as planned": 0.75, "squeeze": 0.25},
        known="2027Q3",
        information=Information(1000.0, 1120.0, 1010.0, 955.0),
        regrets=(Regret("this plan", "squeeze", 900.0, 990.0, 90.0), Regret("squeeze", "squeeze", None, 990.0, None)),
        decisions=decisions,
        waiting=Waiting("2027Q2", 80.0, None),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_lab_waits_for_what_is_ordered_once_it_is_known() -> None:
    """Of its own alone; knowing is worth 1,120 less 1,000, planning with states 1,000 less 955."""
    mine, other = decision("build:plains:2", "wait", until="2028Q1"), decision("theirs", "wait")
    found = hedging(hedge_of(mine, other), [SITE])
    assert [(one.name, one.until) for one in found.waits] == [("build:plains:2", "2028Q1")]
    assert found.knowing is not None
    assert found.planning is not None
    assert found.holding is not None
    assert (found.knowing.value, found.planning.value, found.holding.value) == (120.0, 45.0, 80.0)
    assert [one.regret and one.regret.value for one in found.regrets] == [90.0, None]
    assert [(name, share.value) for name, share in found.states] == [("as planned", 0.75), ("squeeze", 0.25)]


def test_the_regret_of_a_signature_is_that_of_its_orders_before_anything_is_known(mine: Ground) -> None:
    """Of two sizes the dearer; one that is signed once it is known, or is signed already, has none."""
    power = replace(SIGNATURES[2], id="power:plains:2027Q2", whole="power:plains", planned="2027Q2")
    late, stands = replace(power, planned="2027Q3"), replace(power, signed=True)
    small = decision("build:plains:1", "sign now", cost=1.0, waiting=3.0)
    large = decision("build:plains:2", "sign now, as a hedge")
    found = hedged(mine, [power, late, stands, SIGNATURES[0]], hedge_of(small, large), [SITE])
    assert found[0].hedge == Hedged("sign now, as a hedge", "2027Q2", found[0].hedge and found[0].hedge.option)
    assert found[0].hedge is not None
    assert found[0].hedge.option is not None
    assert found[0].hedge.option.value == 55.0
    assert found[1:] == (late, stands, SIGNATURES[0])


def test_a_hedge_of_other_data_or_for_something_else_is_refused(tutorial: fabopt.Result) -> None:
    same = hedge_of(input_hash=tutorial.run.input_hash)
    check_hedge(same, tutorial.plan)
    with pytest.raises(StudyError, match="other data than those of the result of tutorial"):
        check_hedge(replace(same, input_hash="x"), tutorial.plan)
    with pytest.raises(StudyError, match="for compute, the result for value"):
        check_hedge(replace(same, objective_name="compute"), tutorial.plan)


def draws_of(*chances: Chance, hash: str) -> MonteCarlo:
    draws = Drawn(0, "stood", objective=1.0), Drawn(1, "without plan")
    return MonteCarlo("the plan", 1.0, "M USD", 2, 0, 3, ("2027Q1",), draws, (), chances, (), (), (), input_hash=hash)


def test_chances_of_draws_are_those_of_the_labs_targets(tutorial: fabopt.Result) -> None:
    own = Chance("power", "aurora", 0.25, "GW facility", "2027Q1", 0.5)
    compute = Chance("compute", "aurora", 120.0, "kH100e", "2027Q1", 0.0)
    all_ = Chance("power", "", 1.0, "GW facility", "2027Q1", 1.0)
    record = draws_of(all_, own, compute, hash=tutorial.run.input_hash)
    found = drawn_chances(record, tutorial.plan, "aurora")
    assert [(c.target.value, c.target.unit, c.period, c.share.value) for c in found.by_period] == [
        (0.25, "GW", "2027Q1", 0.5), (120.0, "kH100e", "2027Q1", 0.0),
    ]  # fmt: skip
    assert (found.cases, found.without_plan) == (2, 1)
    with pytest.raises(StudyError, match="no target of borealis: draw again with --target 'borealis: 2 GW'"):
        drawn_chances(record, tutorial.plan, "borealis")
    with pytest.raises(StudyError, match="draws are of other data"):
        drawn_chances(replace(record, input_hash="x"), tutorial.plan, "aurora")


def test_a_report_is_read_as_it_was_saved(tmp_path: Path) -> None:
    """Draws and a hedge, whole; one that was changed, or is none, is told with what to do."""
    hedge = hedge_of(decision("build:plains:1", "wait", waiting=None), input_hash="abc")
    draws = draws_of(Chance("power", "aurora", 0.25, "GW facility", "2027Q1", 0.5), hash="abc")
    Report("hedge", hedge, ("Said.",), data=hedge.as_dict).save(tmp_path / "hedge")
    assert saved(tmp_path / "hedge", "hedge", Hedge) == hedge
    file = tmp_path / "hedge/hedge.json"
    file.write_text(file.read_text("utf-8").replace("squeeze", "sqeeze"), "utf-8")
    with pytest.raises(SavedError, match="was changed after it was written; make it again: fabopt hedge RESULT --out"):
        saved(tmp_path / "hedge", "hedge", Hedge)
    with pytest.raises(SavedError, match="holds no report of draws; make it again: fabopt draws RESULT --out"):
        saved(tmp_path / "hedge", "draws", MonteCarlo)
    Report("draws", draws, ("Said.",)).save(tmp_path / "draws")
    assert saved(tmp_path / "draws", "draws", MonteCarlo) == draws

"""What a plan under several states says: against published values, and what is worked by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.analysis.hedge.records import MEAN, STOCHASTIC
from fabopt.analysis.hedge.study import _cost, given, hedge
from fabopt.cli import main
from fabopt.network.tables import Network, Period, Unit
from fabopt.report.hedge import hedge_report

INSTANCES = Path(__file__).parents[2] / "instances"
approx = pytest.approx

SECOND = """
horizon: {start: '2027', periods: 2, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources:
    first: {kind: level, unit: piece, capacity: [0, 10]}
    other: {kind: level, unit: piece, capacity: 0}
    own: {kind: level, unit: piece, capacity: 0}
  activities:
    buy: {cost: 1, outputs: {goods: 1}, uses: {first: 1}}
    buy-other: {cost: 2, outputs: {goods: 1}, uses: {other: 1}}
    make: {cost: 1, outputs: {goods: 1}, uses: {own: 1}}
  units:
    second-source: {unit: contract, total: 1, upper: [1, 0], cost: 7.6, adds: {other: 10}}
    own-plant: {unit: plant, total: 1, upper: [1, 0], cost: 15, adds: {own: 10}}
  demands: {shop: {material: goods, quantity: [0, 10], value: 5}}
states:
  fine: {probability: 0.75}
  lost: {probability: 0.25, from: 2028, set: {network.resources.first.capacity.1: 0}}
"""
"""The supplier of ten goods is lost in a quarter of the cases; a contract of 7.6 or a plant of 15 takes its place."""


def second(folder: Path, **changes: str) -> fabopt.Instance:
    text = SECOND
    for old, new in changes.items():
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return fabopt.load(folder)


@pytest.fixture(scope="module")
def hedged(tmp_path_factory):
    result = second(tmp_path_factory.mktemp("second")).solve(states="all", risk="cvar 0.75", gap=0)
    return result, result.hedge()


@pytest.fixture(scope="module")
def farmer():
    return fabopt.load(INSTANCES / "stochastic" / "farmer").solve(states="all").hedge().records


def test_the_farmer_s_values_are_those_of_the_book(farmer):
    """Birge and Louveaux 1997, section 1.1: 115,406, 108,390, 107,240, 118,600; EVPI 7,016 and VSS 1,150."""
    own = farmer.information
    assert own.wait_and_see == approx(115_406, abs=0.6)
    assert own.recourse == approx(108_390, abs=0.6)
    assert own.frozen == approx(107_240, abs=0.6)
    assert own.mean_value == approx(118_600, abs=0.6)
    assert own.perfect_information == approx(7_016, abs=0.6)
    assert own.stochastic_solution == approx(1_150, abs=0.6)


def test_the_farmer_s_regrets_are_those_of_the_book_s_plans(farmer):
    """Its best plans earn 118,600, 167,667 and 59,950; the one under states 109,350, 167,000 and 48,820."""
    at = {(row.plan, row.state): row.regret for row in farmer.regrets}
    mine = {state: at[STOCHASTIC, state] for state in ("fair", "good", "bad")}
    assert mine == {"fair": approx(9_250, abs=1), "good": approx(667, abs=1), "bad": approx(11_130, abs=1)}
    # The plan for mean yields earns 148,000 and 55,120 where they are another.
    assert at[MEAN, "fair"] == approx(0, abs=1)
    assert at[MEAN, "good"] == approx(19_667, abs=1)
    assert at[MEAN, "bad"] == approx(4_830, abs=1)
    assert at["fair", "good"] == at[MEAN, "good"]


def test_a_plan_that_another_first_stage_is_better_than_is_told_and_not_taken_for_the_best():
    """Of 2,000 less than the best. 183, 67 and 250 acres, best for good yields, earn 107,683, 167,667, 47,700."""
    result = fabopt.load(INSTANCES / "stochastic" / "farmer").solve(states="all")
    run = result.run
    low = [replace(one, objective=one.objective - 2_000) for one in run.states]
    worse = replace(run, expected=run.expected - 2_000, objective=run.objective - 2_000, states=tuple(low))
    record = hedge(given(worse, result.inputs, [one.plan for one in result.states.values()]))
    assert record.information.recourse == approx((107_683 + 167_667 + 47_700) / 3, abs=0.6)
    assert record.open == approx(2_000, abs=1)
    said = str(hedge_report(record)).replace("\n", " ")
    assert "signed now in the plan 'best for good' is better in the mean than this plan by 1,293; RP" in said
    assert "Gaps of the programs leave up to 2,000 " in said


def test_where_nothing_is_ordered_the_work_that_commits_is_told(farmer):
    fields = {one.id: (one.now, one.least, one.most, one.verdict) for one in farmer.decisions}
    assert fields["sow-beets"] == (approx(250), approx(250), approx(375), "sign now")
    assert fields["sow-wheat"] == (approx(170), approx(100), approx(183.333, abs=1e-2), "sign now, as a hedge")
    # To wait is to sow nothing, and to know in time is to know all.
    assert farmer.waiting is not None
    assert farmer.waiting.sooner == approx(farmer.information.perfect_information)
    # Who sows nothing buys 200 t of wheat and 240 t of corn at 238 and 210.
    assert farmer.waiting.loss == approx(108_390 + 200 * 238 + 240 * 210, abs=1)
    assert "Nothing is ordered before 2028, so what commits is all work that is started till then" in str(
        hedge_report(farmer)
    ).replace("\n", " ")


def test_a_second_source_is_the_cheapest_hedge_though_no_plan_orders_it(hedged):
    """In ``lost`` it leaves 30 - 7.6 = 22.4 of nothing, 2.95 a unit of money; the plant 40 - 15 = 25, 1.67."""
    record = hedged[1].records
    one, two = record.candidates
    assert (one.id, one.cost, one.amount) == ("second-source", approx(7.6), approx(1))
    assert one.tail == approx(22.4)
    assert one.per_dollar == approx(22.4 / 7.6)
    # In the mean it costs its price less a quarter of 30. Without a hedge 25 is regretted, with it 7.6 in ``fine``.
    assert one.mean == approx(7.5 - 7.6)
    assert one.regret == approx(25 - 7.6)
    assert (two.id, two.tail, two.regret) == ("own-plant", approx(25), approx(25 - 15))
    assert two.mean == approx(10 - 15)
    assert record.cheapest == one
    assert record.searched == 2
    assert "1 contract of second-source in 2027 for 7.60: it removes 22.4" in hedged[1].said[2]


def test_what_leaves_a_state_without_a_plan_is_told_apart_from_what_was_not_solved(hedged):
    record = hedged[1].records
    for reason in ("no plan (infeasible)", "not solved"):
        rows = tuple(replace(one, removed=None, reason=reason) for one in record.candidates)
        said = hedge_report(replace(record, candidates=rows)).said[2]
        assert said.endswith(f"could be judged, of 2 candidates (0 solved): {reason}.")


def test_a_first_stage_that_was_not_solved_is_not_said_to_leave_a_state_without_a_plan(hedged):
    record = hedged[1].records
    for reason, said in (
        ("no plan (infeasible)", "the first stage of the plan for mean data leaves a state without a plan."),
        ("not solved", "the first stage of the plan for mean data is not judged in the states: not solved."),
    ):
        rows = tuple(replace(one, regret=None, reason=reason) for one in record.regrets)
        own = replace(record, information=replace(record.information, frozen=None), regrets=rows)
        assert hedge_report(own).said[1].endswith(said)


def test_what_a_hedge_removes_is_beside_what_is_there_without_it(tmp_path):
    """Two goods come whatever is lost: with the contract for 8 more there are 24.4 in place of 8, with the plant 25."""
    base = {"own: {kind: level, unit: piece, capacity: 0}": "own: {kind: level, unit: piece, capacity: [0, 2]}"}
    record = second(tmp_path, **base).solve(states="all", risk="cvar 0.75", gap=0).hedge(20).records
    tails = {one.id: one.tail for one in record.candidates}
    assert tails == {"second-source": approx(2 * 4 + 8 * 3 - 7.6 - 8), "own-plant": approx(40 - 15 - 8)}


def test_an_order_costs_what_is_more_of_it_with_the_fixed_cost_of_a_new_one():
    periods = [Period(t, str(t), date(2027 + t, 1, 1), date(2028 + t, 1, 1), 1.0, d) for t, d in enumerate((1.0, 0.5))]
    unit = Unit("u", "u", "", cost=np.array([3.0, 4.0]), fixed_cost=np.array([10.0, 20.0]))
    more, amounts, before = np.array([1.0, 2.0]), np.array([3.0, 2.0]), np.array([2.0, 0.0])
    # One more where two were ordered before, two where none were: 3 + (2 x 4 + 20) / 2.
    assert _cost(Network("", tuple(periods)), unit, more, amounts, before) == approx(3 + 14)


def test_what_knowing_is_worth_beside_a_plan_for_bad_cases_is_that_of_the_mean(hedged):
    """Known, 40 or 40 - 15: 36.25 in the mean. Not known, no hedge pays in the mean: 0.75 x 40 = 30."""
    own = hedged[1].records.information
    assert own.wait_and_see == approx(0.75 * 40 + 0.25 * 25)
    assert own.recourse == approx(30)
    assert own.perfect_information == approx(6.25)
    assert own.stochastic_solution == approx(0)
    # In the mean 7.5 goods come: 2.5 more do not pay a contract of 7.6.
    assert own.mean_value == approx(30)


def test_what_is_signed_as_a_hedge_costs_what_its_substitute_is_worse(hedged):
    """The plan has the plant, and 25 in both cases. Without it the contract is signed, and 22.4 is left."""
    record = hedged[1].records
    (one,) = [row for row in record.decisions if row.now > 0]
    assert (one.id, one.verdict, one.now, one.least, one.most) == ("own-plant", "sign now, as a hedge", 1, 0, 1)
    assert one.waiting == approx(25 - 22.4)
    assert record.waiting is not None
    assert (record.waiting.held, record.waiting.loss, record.waiting.sooner) == ("2027", approx(25), approx(0))


def test_regret_is_that_of_each_first_stage_in_each_state(hedged):
    """The plant is 15 in vain in ``fine``; without it all 25 of ``lost`` are missed."""
    at = {(row.plan, row.state): row.regret for row in hedged[1].records.regrets}
    assert at == {
        (STOCHASTIC, "fine"): approx(15), (STOCHASTIC, "lost"): approx(0),
        (MEAN, "fine"): approx(0), (MEAN, "lost"): approx(25),
        ("fine", "fine"): approx(0), ("fine", "lost"): approx(25),
        ("lost", "fine"): approx(15), ("lost", "lost"): approx(0),
    }  # fmt: skip


def test_costs_are_regretted_with_their_sign(tmp_path):
    """Ten goods must come, from a line for 10 or from a shop for 30: the line's supplier fails in half of the cases."""
    text = SECOND.replace("value: 5", "required: true, value: 0").replace("0.75", "0.5").replace("0.25", "0.5")
    text = text.replace("buy-other: {cost: 2", "buy-other: {cost: 4").replace(
        "total: 1, upper: [1, 0], cost: 15", "total: 0, cost: 15"
    )
    text = text.replace("own: {kind: level, unit: piece, capacity: 0}", "own: {kind: level, unit: piece, capacity: 10}")
    text = text.replace("make: {cost: 1", "make: {cost: 6")
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    record = fabopt.load(tmp_path).solve("least_cost", states="all").hedge().records
    # Known: 10, or 60 of the shop's against 7.6 + 40 of the contract's. Signed: 17.6 or 47.6; not signed: 10 or 60.
    own = record.information
    assert own.wait_and_see == approx((10 + 47.6) / 2)
    assert own.recourse == approx(min((17.6 + 47.6) / 2, (10 + 60) / 2))
    assert own.perfect_information == approx(7.6 / 2)
    at = {(row.plan, row.state): row.regret for row in record.regrets}
    assert (at["fine", "lost"], at["lost", "fine"], at["lost", "lost"]) == (approx(60 - 47.6), approx(7.6), approx(0))


def test_of_a_relaxed_plan_parts_are_signed_and_held(tmp_path):
    """In two years an eighth of a plant makes the 2.5 goods that lack of mean data, half a plant all of ``lost``."""
    result = second(tmp_path).solve(states="all", relaxed=True)
    report = result.hedge()
    own = report.records.information
    assert own.mean_value == approx(40 - 15 / 8)
    assert own.frozen == approx(0.75 * 40 + 0.25 * 10 - 15 / 8)
    assert own.recourse == approx(40 - 15 / 2)
    assert own.wait_and_see == approx(0.75 * 40 + 0.25 * (40 - 15 / 2))
    assert any("LP relaxations" in note for note in report.notes)


def test_what_may_still_be_ordered_when_it_is_known_waits(tmp_path):
    """A plant that may be ordered in 2028 too, and is cheaper then: 15 of the 40 that it saves where all is lost."""
    plant = {
        "upper: [1, 0], cost: 15": "upper: [1, 1], cost: [16, 15]",
        "total: 1, upper: [1, 0], cost: 7.6": "total: 0",
    }
    report = second(tmp_path, **plant).solve(states="all").hedge()
    (one,) = report.records.decisions
    assert (one.id, one.verdict, one.now, one.until, one.waiting) == ("own-plant", "wait", 0, "2028", None)
    assert "wait until 2028 with own-plant" in report.sentence
    # So nothing is regretted, and to know sooner is worth nothing.
    own = report.records.information
    assert (own.recourse, own.perfect_information) == (approx(0.75 * 40 + 0.25 * 25), approx(0))
    assert report.records.waiting is not None
    assert (report.records.waiting.loss, report.records.waiting.sooner) == (0.0, 0.0)


def test_of_a_tree_of_several_stages_all_is_known_in_wait_and_see():
    """Birge and Louveaux, section 1.2: 55 grow by the better of stocks and bonds in each of three stages, to 80."""
    result = fabopt.load(INSTANCES / "stochastic" / "financial-planning").solve(states="all")
    own = result.hedge(8).records.information
    best = {"up": max(1.25, 1.14), "down": max(1.06, 1.12)}
    ends = [55 * best[a] * best[b] * best[c] for a in best for b in best for c in best]
    known = sum((end - 80) if end > 80 else 4 * (end - 80) for end in ends) / 8
    assert own.wait_and_see == approx(known)
    assert own.perfect_information == approx(known + 1.514, abs=5e-4)


def test_a_study_of_few_programs_says_what_was_not_solved(hedged):
    record = hedged[0].hedge(4).records
    assert record.solves == 4
    assert record.information.wait_and_see == approx(36.25)
    assert any("held in all states" in one for one in record.not_run)
    assert {row.reason for row in record.regrets if row.regret is None} == {"not solved"}
    assert "Not solved" in " ".join(hedged[0].hedge(4).notes)
    # Where the plan for mean data was not solved, nothing is claimed of hedges beside it, nor of what knowing is worth.
    said = hedged[0].hedge(1).said
    assert "(EVPI) was not solved" in said[1]
    assert "no hedge beside it was looked for" in said[2]


@pytest.fixture(scope="module")
def saved(hedged, tmp_path_factory):
    return hedged[0].save(tmp_path_factory.mktemp("saved") / "result")


def test_the_same_study_gives_the_same_answer_from_a_folder(hedged, saved, capsys):
    report = hedged[1]
    assert main(["hedge", str(saved), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["candidates"][0]["id"] == "second-source"
    assert answer["information"]["perfect_information"] == approx(6.25)
    assert answer == json.loads(json.dumps(report.as_dict()))
    for name in ("regrets", "candidates", "decisions", "chokes"):
        assert list(report.table(name).columns)


def test_a_plan_of_one_state_and_a_damaged_one_are_refused(saved, tmp_path, capsys):
    assert main(["hedge", str(saved / "lost")]) == 2
    assert "--states" in capsys.readouterr().err
    damaged = shutil.copytree(saved, tmp_path / "damaged")
    leaf = damaged / "lost" / "state.json"
    leaf.write_text(leaf.read_text().replace("7.6", "7.5"), encoding="utf-8")
    assert main(["hedge", str(damaged)]) == 2
    assert "state.json" in capsys.readouterr().err

"""Plans side by side: against optima worked by hand, and against the manifests and tables of the results."""

import io
import json
import signal
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import fabopt
from fabopt.analysis.compare.compare import comparison, names_of
from fabopt.analysis.compare.moves import Moves
from fabopt.analysis.compare.pricing import NO_TIME
from fabopt.analysis.compare.records import TABLES
from fabopt.cli import main
from fabopt.domain.tolerances import rounding
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.report.compare import certainty, comparison_report
from fabopt.solve.results.folder import ResultError
from fabopt.solve.whatif import WhatIf

INSTANCES = Path(__file__).parents[2] / "instances"
ALLOCATION = INSTANCES / "allocation"


def source(result, **changed):
    return Plan(replace(result.run, **changed), result.table, result.plan.instance)


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial").solve()


@pytest.fixture(scope="module")
def squeezed():
    return fabopt.load(INSTANCES / "tutorial", scenario="hbm-squeeze").solve()


@pytest.fixture(scope="module")
def report(tutorial, squeezed):
    return tutorial.compare(squeezed)


@pytest.fixture(scope="module")
def share_cap():
    """Without and with half of the capacity at most: (80, 20, 0) worth 960, (50, 40, 10) worth 830, worked by hand."""
    free = fabopt.load(ALLOCATION / "share-cap", set={"policy_mode": "off"}).solve(gap=0)
    held = fabopt.load(ALLOCATION / "share-cap").solve(gap=0)
    return fabopt.compare(free, held, names=("free", "held"))


# -- against answers worked by hand ----------------------------------------------------------------------------------


def test_the_example_s_gains_and_losses_are_those_worked_by_hand(share_cap):
    rows = {row.who: (row.base, row.value, row.change) for row in share_cap.records.gains}
    assert {who: pytest.approx(numbers, abs=1e-6) for who, numbers in rows.items()} == {
        "a": (80.0, 50.0, -30.0),
        "b": (20.0, 40.0, 20.0),
        "c": (0.0, 10.0, 10.0),
    }
    assert {row.who: row.share for row in share_cap.records.gains}["c"] is None


def test_the_example_costs_130_and_the_sentence_says_who_pays(share_cap):
    (difference,) = share_cap.records.difference
    assert difference.change == pytest.approx(-130.0)
    assert share_cap.sentence == (
        "Under held, B gains 20.0 units delivered by 2027 (+100 %) and A loses 30.0 units delivered (-37.5 %). "
        "The plan is worth 130 less than free (-13.5 %)."
    )
    assert "proved best" in share_cap.lines()[2]


def test_what_binds_in_one_plan_only_is_said(share_cap):
    binds = {row.name: (row.binds, row.base, row.value) for row in share_cap.records.limits}
    # One more of a's demand is worth 10 less the 8 of b; with the cap, one more for a instead of b is worth 10 - 8.
    assert binds["a"][0] == "only free"
    assert binds["foundry: cap of A"][0] == "only held"
    assert binds["foundry: cap of A"][2] == pytest.approx(0.01 * 50.0 * 2.0)
    assert binds["wafers"] == ("both", pytest.approx(8.0), pytest.approx(8.0))


def test_the_inputs_that_differ_are_the_levers_that_were_set(share_cap, report):
    assert [(i.path, i.base, i.value) for i in share_cap.records.inputs] == [("policy_mode", "off", "model")]
    (only,) = report.records.inputs
    assert only.path == "memory_makers.bitstack.stacking"
    assert only.factor == pytest.approx(0.67)


# -- against the results ---------------------------------------------------------------------------------------------


def test_value_and_cost_by_party_and_term_add_up_to_the_values_of_the_plans(report, tutorial, squeezed):
    rows = report.table("worth")
    assert rows["base"].sum() == pytest.approx(tutorial.run.value, rel=1e-9)
    assert rows["value"].sum() == pytest.approx(squeezed.run.value, rel=1e-9)
    assert rows[rows["transfer"]]["value"].sum() == pytest.approx(0.0, abs=1e-6)
    terms = rows[~rows["transfer"]].groupby("term")["value"].sum()
    for term, amount in squeezed.table("terms").itertuples(index=False):
        assert terms.get(term, 0.0) == pytest.approx(amount, abs=1e-4)


def test_gains_are_the_fleets_of_the_results(report, tutorial, squeezed):
    rows = report.frame
    rows = rows[rows["measure"] == "power"].set_index(["who", "period"])
    for name, result in (("base", tutorial), ("value", squeezed)):
        fleet = result.fleet[result.fleet["reported"]]
        sums = fleet.groupby(["lab", "period"])["facility_mw"].sum() / 1000.0
        for key, number in sums.items():
            assert rows.loc[key, name] == pytest.approx(number)
    assert rows["change"].sum() == pytest.approx((rows["value"] - rows["base"]).sum())


def test_shipments_of_all_designers_are_those_of_the_results(report, squeezed):
    rows = report.frame
    shipped = squeezed.shipments[squeezed.shipments["reported"]]["kaccelerator"].sum()
    assert rows[rows["measure"] == "shipped"]["value"].sum() == pytest.approx(shipped)


def test_orders_that_are_the_same_are_left_out(report, tutorial, squeezed):
    keys = ["id", "period"]
    ordered = [r.orders.groupby(keys)["ordered"].sum() for r in (tutorial, squeezed)]
    one, two = (o.reindex(ordered[0].index.union(ordered[1].index), fill_value=0.0) for o in ordered)
    different = {key for key in one.index if abs(one[key] - two[key]) > 1e-6}
    assert different
    assert {(row.id, row.period) for row in report.records.orders} == different


def test_the_mix_has_shares_that_add_up_to_one_by_lab(report):
    mix = report.table("chip_mix")
    sums = mix.groupby(["lab", "period"])[["base_share", "value_share"]].sum()
    assert sums.to_numpy() == pytest.approx(1.0)


def test_swapping_the_plans_turns_every_change_around(report, tutorial, squeezed):
    back = squeezed.compare(tutorial)
    assert back.frame["change"].sum() == pytest.approx(-report.frame["change"].sum())
    assert back.records.difference[0].change == pytest.approx(-report.records.difference[0].change)


def test_a_plan_against_itself_says_that_nothing_changes(tutorial):
    report = tutorial.compare(tutorial)
    assert (
        report.sentence == "Under B tutorial, nobody has noticeably more or fewer accelerators by 2028Q4. "
        "The plan is worth as much as A tutorial."
    )
    assert not report.records.inputs
    assert not report.records.orders


def test_three_plans_are_held_against_the_first(tutorial, squeezed):
    report = fabopt.compare(tutorial, squeezed, tutorial, names=("a", "b", "c"))
    assert [p.name for p in report.records.plans] == ["a", "b", "c"]
    assert set(report.frame["plan"]) == {"b", "c"}
    assert not report.frame[report.frame["plan"] == "c"]["change"].any()
    assert report.sentence.count("Under") == 2


# -- what the gaps leave open ----------------------------------------------------------------------------------------


def test_gaps_larger_than_the_difference_are_said_to_leave_it_open(tutorial, squeezed):
    value, other = tutorial.run.value, squeezed.run.value
    loss = value - other
    wide = comparison([source(tutorial, gap=0.01), source(squeezed, bound=other + 2 * loss)])
    (difference,) = wide.difference
    assert (difference.low, difference.high) == (pytest.approx(-loss), pytest.approx(loss))
    assert difference.withheld == "gap"
    assert "more than the difference in value" in certainty(wide, difference)
    narrow = comparison([source(tutorial), source(squeezed, bound=other + 0.5 * loss, gap=0.001)])
    (difference,) = narrow.difference
    assert difference.high == pytest.approx(-0.5 * loss)
    assert not difference.withheld
    assert "more than the difference" not in certainty(narrow, difference)


def test_a_plan_for_another_objective_shows_nothing_about_inputs(tutorial, squeezed):
    compute = {"objective_name": "compute", "options": replace(tutorial.run.options, objective="compute")}
    found = comparison([source(tutorial), source(squeezed, **compute)])
    (difference,) = found.difference
    assert (difference.low, difference.high, difference.withheld) == (None, None, "objective")
    assert "solved for value, hbm-squeeze for compute" in certainty(found, difference)
    both = comparison([source(tutorial, **compute), source(squeezed, **compute)])
    assert both.difference[0].withheld == "unknown"
    assert "is not known" in certainty(both, both.difference[0])
    assert both.inputs[0].at_prices is None
    assert both.inputs[0].reason == "tutorial was solved for compute, so its prices are not those of value."


def test_a_plan_of_one_party_has_no_gap_of_the_whole_value(tutorial):
    own = fabopt.load(INSTANCES / "tutorial").solve(perspective="lab:aurora")
    report = fabopt.compare(tutorial, own, names=("all", "one"))
    assert report.records.difference[0].withheld == "objective"
    assert "solved for value, one for value of lab:aurora" in report.said[1]
    assert report.records.plans[1].short is None


def test_other_horizons_withhold_the_difference_in_value():
    chosen = {"policy_mode": "off"}
    short = fabopt.load(ALLOCATION / "share-cap", set=chosen).solve()
    long = fabopt.load(ALLOCATION / "share-cap", set={**chosen, "horizon.periods": 2}).solve()
    report = fabopt.compare(short, long, names=("short", "long"))
    assert report.records.difference[0].withheld == "horizon"
    assert "covers different times and is not compared" in report.sentence
    assert "worth" in report.sentence
    assert "less" not in report.sentence


# -- what the inputs explain -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dakota():
    """Worth 280 with 2 desks and 8 chairs; an hour of finishing and of carpentry is worth 10 (Winston, section 6.8)."""
    return fabopt.load(INSTANCES / "textbook" / "dakota").solve(gap=0)


@pytest.mark.parametrize(
    ("changed", "worth"),
    [
        ({"network.resources.finishing.capacity": 21}, 10.0),  # one hour more
        ({"network.resources.carpentry.capacity": 8.5}, 5.0),  # half an hour more
        ({"network.materials.lumber.opening": 47}, 0.0),  # there is lumber left
        ({"network.demands.desk.value": 61}, 2.0),  # two desks
        ({"network.demands.table.value": 34}, 0.0),  # no table is made below 35
        # Two desks take 3.5 instead of 4 hours of finishing each: one hour is saved.
        ({"network.activities.make-desk.uses.finishing.amount": 3.5}, 10.0),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_one_changed_input_is_worth_what_the_book_s_prices_say(dakota, changed, worth):
    other = fabopt.load(INSTANCES / "textbook" / "dakota", set=changed).solve(gap=0)
    found = fabopt.compare(dakota, other, names=("a", "b")).records
    (row,), (difference,) = found.inputs, found.difference
    assert row.path == next(iter(changed))
    assert row.at_prices == pytest.approx(worth, abs=1e-6)
    assert row.reason == ""
    assert (difference.at_prices, difference.held) == (row.at_prices, row.held)


def test_changes_that_are_large_are_worth_what_solving_again_says(dakota):
    # Prices say 10 an hour; but from 24 hours on 16 chairs, worth 320, take all carpentry.
    other = fabopt.load(INSTANCES / "textbook" / "dakota", set={"network.resources.finishing.capacity": 44}).solve(
        gap=0
    )
    found = fabopt.compare(dakota, other, names=("a", "b")).records
    assert found.inputs[0].at_prices == pytest.approx(240.0)
    assert found.inputs[0].held == pytest.approx(40.0)
    assert found.difference[0].change == pytest.approx(40.0)


def test_inputs_come_by_what_they_are_worth_and_need_not_add_up(dakota):
    changed = {
        "network.materials.lumber.opening": 60,
        "network.demands.desk.value": 61,
        "network.resources.carpentry.capacity": 8.5,
        "network.resources.finishing.capacity": 21,
    }
    other = fabopt.load(INSTANCES / "textbook" / "dakota", set=changed).solve(gap=0)
    report = fabopt.compare(dakota, other, names=("a", "b"))
    found = report.records
    assert [row.held for row in found.inputs] == pytest.approx([10.0, 5.0, 2.0, 0.0], abs=1e-6)
    (difference,) = found.difference
    # 2.25 desks at 61 and 8 chairs at 20, by the two equations of the hours.
    assert difference.held == difference.change == pytest.approx(17.25)
    assert difference.at_prices == pytest.approx(17.0)
    assert report.said[2] == (
        "From a to b 4 inputs differ; worth most, each alone: capacity of the finishing (+10), capacity of the "
        "carpentry (+5), value of the desk (+2). With the integers of a held, together they are worth +17.25."
    )


def test_a_record_that_only_one_instance_has_is_priced_or_said_to_be_a_new_decision(dakota):
    more = {"network.activities.buy-lumber": {"outputs": {"lumber": 1}}}
    tree = fabopt.load(INSTANCES / "textbook" / "dakota")._tree
    raw = json.loads(json.dumps(tree.raw))
    raw["network"]["activities"] |= {"buy-lumber": {"outputs": {"lumber": 1}}}
    other = type(fabopt.load(INSTANCES / "textbook" / "dakota"))(replace(tree, raw=raw), "dakota", None).solve(gap=0)
    (row,) = fabopt.compare(dakota, other, names=("a", "b")).records.inputs
    assert row.path == next(iter(more))
    assert row.at_prices is None
    assert "decisions are new" in row.reason
    assert row.held == pytest.approx(0.0, abs=1e-6)  # lumber is not short
    (back,) = fabopt.compare(other, dakota, names=("b", "a")).records.inputs
    assert "decisions are gone" in back.reason


def test_an_input_that_cannot_stand_alone_says_so(dakota):
    tree = fabopt.load(INSTANCES / "textbook" / "dakota")._tree
    raw = json.loads(json.dumps(tree.raw))
    raw["network"]["materials"]["glass"] = {"opening": 5}
    raw["network"]["activities"]["make-desk"]["inputs"]["glass"] = 1
    other = type(fabopt.load(INSTANCES / "textbook" / "dakota"))(replace(tree, raw=raw), "dakota", None).solve(gap=0)
    rows = {row.path: row for row in fabopt.compare(dakota, other, names=("a", "b")).records.inputs}
    assert "It does not stand alone" in rows["network.activities.make-desk.inputs.glass"].reason
    assert rows["network.materials.glass"].held is not None


def test_solved_with_whole_numbers_held_no_instance_is_worth_more_than_its_best_plan(report):
    (difference,) = report.records.difference
    assert difference.held <= difference.high + 1e-6
    assert difference.held <= difference.at_prices  # a limit alone: the prices understate a loss
    assert "other integers in hbm-squeeze make +" in report.said[2]


def test_choke_points_are_the_most_expensive_limits_of_each_period(report, tutorial, squeezed):
    for plan, result in (("tutorial", tutorial), ("hbm-squeeze", squeezed)):
        limits = result.limits[result.limits["reported"]]
        worth = (limits["price"] * limits["limit"]).abs() / 100
        rows = {row.period: row for row in report.records.choke_points if row.plan == plan}
        assert list(rows) == list(report.records.periods)
        for period, own in worth[limits["period"] != ""].groupby(limits["period"]):
            assert rows[period].gain == pytest.approx(own.max())
            assert rows[period].name == limits.loc[own.idxmax(), "name"]


# -- names, refusals, the command line -------------------------------------------------------------------------------


def test_plans_are_called_by_scenario_then_instance_then_letter(tutorial):
    def of(instance, scenario):
        return source(tutorial, instance=instance, scenario=scenario)

    assert names_of([of("x", None), of("x", "lean")]) == ["x", "lean"]
    assert names_of([of("x", "lean"), of("y", "lean")]) == ["x lean", "y lean"]
    assert names_of([of("x", "lean"), of("x", "lean")]) == ["A lean", "B lean"]


def test_instances_that_share_nothing_are_refused(tutorial):
    other = fabopt.load(INSTANCES / "textbook" / "canning").solve()
    with pytest.raises(StudyError, match="share no lab, market or demand"):
        tutorial.compare(other)


def test_horizons_that_do_not_meet_are_refused():
    chosen = {"policy_mode": "off"}
    now = fabopt.load(ALLOCATION / "share-cap", set=chosen).solve()
    later = fabopt.load(ALLOCATION / "share-cap", set={**chosen, "horizon.start": "2031"}).solve()
    with pytest.raises(StudyError, match="no reported period in common"):
        now.compare(later)


def test_plans_of_different_versions_are_refused(tutorial, squeezed):
    older = source(squeezed, versions=replace(squeezed.run.versions, fabopt="0.0.9"))
    with pytest.raises(StudyError, match=r"by fabopt 0\.1\.0 and hbm-squeeze by 0\.0\.9"):
        comparison([source(tutorial), older])


def test_a_result_that_lacks_a_table_is_refused_in_a_sentence(tutorial, squeezed):
    def read(name):
        if name == "domain/perspective":
            raise ResultError("the folder holds no domain/perspective.parquet.")
        return squeezed.table(name)

    with pytest.raises(ResultError, match="holds no"):
        comparison([source(tutorial), Plan(squeezed.run, read, squeezed.plan.instance)])


def test_names_must_be_as_many_and_different(tutorial, squeezed):
    with pytest.raises(StudyError, match="2 results need as many different names"):
        fabopt.compare(tutorial, squeezed, names=("a", "a"))


def test_a_result_without_a_plan_is_refused():
    result = fabopt.load(ALLOCATION / "share-cap", set={"network.demands.a.required": True}).solve()
    assert not result.has_plan
    with pytest.raises(StudyError, match="A share-cap has no plan: the run ended with 'infeasible'"):
        result.compare(result)


@pytest.fixture(scope="module")
def folders(tutorial, squeezed, tmp_path_factory):
    top = tmp_path_factory.mktemp("results")
    return str(tutorial.save(top / "as-given")), str(squeezed.save(top / "squeezed"))


def test_the_verb_answers_within_100_columns(tutorial, squeezed, folders, report, capsys):
    assert main(["compare", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert lines[: len(report.lines())] == report.lines()  # below it, how to ask for words
    before, after = (_running(result, "2028Q4") for result in (tutorial, squeezed))
    change = after - before  # both labs lose; the one that loses more is named
    assert change.max() < 0.0
    most = change.idxmin()
    share = 100 * change[most] / before[most]
    lost = f"{most.title()} loses {-change[most]:.3g} thousand accelerators by 2028Q4 ({share:+.3g} %)"
    assert lines[0] == f"Under hbm-squeeze, {lost} and all together lose"
    assert lines[1].startswith(f"{-change.sum():.3g} thousand ({100 * change.sum() / before.sum():+.3g} %)")


def _running(result, period):
    """Thousand accelerators that run by lab."""
    fleet = result.table("domain/fleet")
    return fleet[fleet["period"] == period].groupby("lab")["running"].sum()


def test_every_table_prints_as_csv_and_reads_back(folders, report, capsys):
    for name in TABLES:
        assert main(["compare", *folders, "--table", name]) == 0
        read = pd.read_csv(io.StringIO(capsys.readouterr().out), keep_default_na=False)
        assert list(read.columns) == list(report.table(name).columns)
        assert len(read) == len(report.table(name))


def test_json_is_one_object_with_every_table(folders, capsys):
    assert main(["compare", *folders, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert set(TABLES) <= set(data)
    assert data["sentence"].startswith("Under hbm-squeeze")


def test_runs_of_one_scenario_are_called_by_their_folders(tutorial, folders, tmp_path, capsys):
    again = tutorial.save(tmp_path / "again")
    assert main(["compare", folders[0], str(again)]) == 0
    assert capsys.readouterr().out.startswith("Under again, nobody has noticeably more")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["RESULT"], "two results at least"),
        (["RESULT", str(INSTANCES / "tutorial")], "It is an instance: solve it first (fabopt solve"),
        (["RESULT", "nowhere"], "nowhere is no result"),
        (["RESULT", "RESULT", "--table", "gain"], "no table 'gain'; did you mean 'gains'? There are gains, plans"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(folders, arguments, says, capsys):
    assert main(["compare", *(folders[0] if a == "RESULT" else a for a in arguments)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert "Traceback" not in printed.err


def test_a_notebook_shows_names_escaped(report):
    found = report.records
    difference = replace(found.difference[0], plan="<b>")
    named = replace(found, plans=(found.plans[0], replace(found.plans[1], name="<b>")), gains=(), choke_points=())
    assert "<b>" not in comparison_report(replace(named, periods=(), difference=(difference,)))._repr_html_()


def test_plans_are_solved_further_until_their_gaps_decide():
    """With gaps of 20 % nothing is known of a small difference; solved further, an added option is no loss."""
    rough = fabopt.load(INSTANCES / "tutorial").solve(gap=0.2)
    more = fabopt.load(INSTANCES / "tutorial", set=["sites.coast.power=351 MW"]).solve(gap=0.2)
    (before,) = fabopt.compare(rough, more).records.difference
    report = fabopt.compare(rough, more, decide=60.0)
    (after,) = report.records.difference
    exact = [
        fabopt.load(INSTANCES / "tutorial", set=s).solve(gap=0.0).objective for s in ([], ["sites.coast.power=351 MW"])
    ]
    assert before.withheld == "gap"
    assert after.withheld == ""
    difference, noise = exact[1] - exact[0], rounding(*exact)
    assert after.low - noise <= difference <= after.high + noise  # both proved: an interval without length
    assert after.change > 0.0


def test_what_a_stop_leaves_unsolved_has_its_price_and_says_why_no_more(tutorial, squeezed, report, monkeypatch):
    """Ctrl-C comes when it begins to solve: prices stand, and nothing is said of what was not solved."""
    ask, stops = WhatIf.held, []

    def stopped(asked, *change, **how):
        if not stops:
            stops.append(signal.raise_signal(signal.SIGINT))
        return ask(asked, *change, **how)

    monkeypatch.setattr(WhatIf, "held", stopped)
    found = tutorial.compare(squeezed).records
    assert [row.at_prices for row in found.inputs] == [row.at_prices for row in report.records.inputs]
    assert all(row.held is None for row in found.inputs)
    assert {row.reason for row in found.inputs} == {NO_TIME}


# -- what moves the orders -------------------------------------------------------------------------------------------

SHOP = """
horizon: {start: '2027', periods: 3, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}, bread: {unit: loaf}}
  resources: {line: {kind: level, unit: piece, capacity: 6}, oven: {kind: level, unit: loaf, capacity: 1}}
  activities:
    make: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {line: 1}}
    bake: {unit: loaf, cost: 1, outputs: {bread: 1}, uses: {oven: 1}}
  units:
    tool: {unit: tool, total: 1, cost: 20, adds: {line: 4}}
    hearth: {unit: oven, total: 1, cost: 6, adds: {oven: 2}}
  demands: {shop: {material: goods, quantity: 10, value: 5}, inn: {material: bread, quantity: 3, value: 3}}
"""
"""Goods earn 4 and a tool of 20 makes 4 more a year; bread earns 2 and a hearth of 6 bakes 2 more a year."""


def test_which_input_moves_which_order_is_told(tmp_path):
    """At 2.6 the tool (19.2) is dropped, at 1.9 the hearth (5.4); dearer making at 1.1 moves nothing: 26 of 26 USD."""
    (tmp_path / "instance.yaml").write_text(SHOP, encoding="utf-8")
    shop = fabopt.load(tmp_path)
    later = {
        "network.demands.shop.value": 2.6,
        "network.demands.inn.value": 1.9,
        "network.activities.bake.cost": 1.1,
    }
    plans = [shop.solve(gap=0), shop.with_(later).solve(gap=0)]
    report = fabopt.compare(*plans, names=("march", "april"), why=3)
    rows = {row.path: (row.orders, row.moved, row.share, row.first) for row in report.records.moves}
    approx = pytest.approx
    assert rows == {
        "all that differs": (2, approx(26.0), approx(1.0), "tool in 2027: -1"),
        "network.demands.shop.value": (1, approx(20.0), approx(20 / 26), "tool in 2027: -1"),
        "network.demands.inn.value": (1, approx(6.0), approx(6 / 26), "hearth in 2027: -1"),
        "network.activities.bake.cost": (0, 0.0, 0.0, ""),
    }
    assert "1 of 3 inputs move no order." in " ".join(" ".join(report.lines()).split())
    fewer = fabopt.compare(*plans, why=1).records.moves
    assert [row.orders is None for row in fewer] == [False, False, True, True]
    assert "1 that were to be solved" in fewer[2].reason
    assert fabopt.compare(*plans).records.moves == ()


def test_an_input_that_moves_an_order_the_other_way_explains_nothing_of_it():
    """Two more of a, at 3, and one less of b, at 4: 10 in all, of which one more of both makes 3."""
    moves = Moves.__new__(Moves)
    a, b = ("a", "2027"), ("b", "2027")
    moves.called, moves.name, moves.cost = "april", {"a": "a", "b": "b"}, {a: 3.0, b: 4.0}
    moves.difference = {a: 2.0, b: -1.0}
    row = moves._row("lever", {a: 1.0, b: 1.0})
    assert (row.orders, row.moved, row.share, row.first) == (2, 7.0, pytest.approx(0.3), "b in 2027: +1")

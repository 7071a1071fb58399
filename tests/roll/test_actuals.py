"""Plan against actuals: what was off, what it is worth, and the state from which is planned again, worked by hand."""

from __future__ import annotations

import json

import pytest
from test_roll import SHOP, instance, tutorial  # noqa: F401

import fabopt
from fabopt.analysis.memo.ground import ground
from fabopt.analysis.memo.since import since
from fabopt.cli import main
from fabopt.io.problems import InstanceError

approx = pytest.approx

STORE = """
horizon: {start: '2027', periods: 3, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: [10, 4, 4]}}
  activities: {make: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {line: 1}}}
  demands: {shop: {material: goods, quantity: 8, value: [5, 4, 3]}}
"""
"""Ten are made in 2027: eight are sold at 5, two are kept; 4 + 2 are sold at 4, then 4 at 3: 40 + 24 + 12 less 18."""


def row(what="deliveries", name="shop", period="2027", value=7.0, **more):
    return {"what": what, "name": name, "period": period, "value": value, **more}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return instance(tmp_path_factory.mktemp("store"), STORE).solve(gap=0)


def past(result, table, column, id, period="2027"):
    rows = result.table(table)
    return rows[(rows["id"] == id) & (rows["period"] == period)][column].sum()


def test_what_was_not_delivered_is_in_stock_at_the_date_and_sold_later(store):
    """Seven instead of eight: three are kept, and 4 + 3 sold at 4. One at 5 is lost and one at 4 won."""
    assert store.objective == approx(58)
    report = store.roll("2028", actuals=[row(unit="piece", source="ledger")])
    (one,) = report.records.actuals
    assert (one.planned, one.happened, one.change, one.share) == (approx(8), 7, approx(-1), approx(-1 / 8))
    assert (one.unit, one.source, one.worth) == ("piece", "ledger", approx(-5))
    assert report.records.held.objective == approx(57)
    assert report.records.lost == approx(1)
    assert past(report.result, "core/materials", "stock", "goods") == approx(3)
    opening = report.table("opening").set_index("kind")
    assert (opening.loc["stock", "id"], opening.loc["stock", "quantity"]) == ("goods", approx(3))
    followed = report.table("followed")
    assert followed[["id", "what", "held", "free"]].to_numpy().tolist() == [["goods", "stock", approx(3), approx(2)]]
    pushed = report.table("pushed")
    assert pushed[["id", "period", "held", "free"]].to_numpy().tolist() == [["shop", "2028", approx(7), approx(6)]]
    assert report.sentence.startswith(
        "Not as planned before 2028: 1 of 1 actuals, first shop in 2027: 7 pieces where 8 were planned, worth 5 "
        "less at the margin, by the prices of that plan. With it the plan is worth 1 less in all."
    )


def test_what_was_not_made_is_missing_later(store):
    """Nine made instead of ten: one at 4 is not sold in 2028, and its 1 is saved."""
    report = store.roll("2028", actuals=[row("activities", "make", value=9)])
    (one,) = report.records.actuals
    assert one.worth == approx(-4)
    assert report.records.held.objective == approx(55)
    assert past(report.result, "core/materials", "stock", "goods") == approx(1)
    assert past(report.result, "core/demands", "delivered", "shop") == approx(8)


def test_what_is_told_of_the_stock_holds_and_what_makes_it_follows(store):
    """One in stock instead of two, with eight sold: nine were made, for what is left over is not thrown away."""
    report = store.roll("2028", actuals=[row("stock", "goods", value=1)])
    assert past(report.result, "core/activities", "level", "make") == approx(9)
    assert report.records.held.objective == approx(55)


LATE = SHOP.replace("adds: {line: 4}", "adds: {line: {amount: 4, lead: 1}}").replace("quantity: 10", "quantity: 12")
"""A tool of 20 that is ordered in 2027 makes 4 more in 2028 and in 2029: 32 for 20."""


def test_an_order_that_was_not_placed_is_not_on_order_and_is_placed_where_it_still_pays(tmp_path):
    """Without it 3 x 24 = 72 are left; ordered in 2028 it earns 16 in 2029 for 20, so that it is not. 84 were planned.

    At the margin it would have made four in each of two years, each worth 4 before what it costs.
    """
    result = instance(tmp_path, LATE).solve(gap=0)
    assert result.objective == approx(84)
    report = result.roll("2028", actuals=[row("orders", "tool", value=0)])
    (one,) = report.records.actuals
    assert (one.planned, one.worth) == (1, approx(-32))
    assert report.records.held.objective == approx(72)
    assert report.table("opening").empty
    assert report.records.regret == approx(12)
    kept = result.roll("2028", actuals=[row("orders", "tool", value=1)])
    assert kept.table("opening")[["kind", "id", "quantity"]].to_numpy().tolist() == [["on order", "tool", 1.0]]


def test_an_order_that_was_placed_unplanned_stands(tmp_path):
    """At 2 a tool earns 4 a year and is not bought; it was, and stands: 10 + 10 + 10 less its 20."""
    result = instance(tmp_path, SHOP.replace("value: 5", "value: 2")).solve(gap=0)
    report = result.roll("2028", actuals=[row("orders", "tool", value=1)])
    assert report.records.held.objective == approx(6 + 20 - 20)
    assert past(report.result, "core/units", "ordered", "tool") == 1


def test_a_price_that_was_another_counts_in_its_period_alone(store):
    """Sold at 4 instead of 5 in 2027: eight less, and nothing is decided otherwise."""
    report = store.roll("2028", actuals=[row("number", "network.demands.shop.value", value=4)])
    (one,) = report.records.actuals
    assert (one.planned, one.worth) == (5, approx(-8))
    assert report.records.held.objective == approx(50)
    assert report.records.inputs == ()
    assert report.result.table("core/demands")["delivered"].sum() == approx(18)


def test_a_capacity_of_then_admits_what_the_plan_could_not(store):
    """Twelve made of a line of twelve: four are kept, and eight sold in 2028 at 4: 40 + 32 + 12 less 20."""
    more = row("number", "network.resources.line.capacity", value=12)
    report = store.roll("2028", actuals=[more, row("activities", "make", value=12)])
    assert report.records.held.objective == approx(64)
    with pytest.raises(InstanceError, match=r"at most 10 \(planned 10\)"):
        store.roll("2028", actuals=[row("activities", "make", value=12)])


def test_what_is_as_planned_changes_nothing_to_the_byte(store):
    told = [row(value=8), row("activities", "make", value=10), row("number", "network.demands.shop.value", value=5)]
    told += [row("stock", "goods", value=None), row("emissions", "all", value=1)]
    said, silent = store.roll("2028", actuals=told), store.roll("2028")
    for table in ("core/activities", "core/units", "core/demands", "core/materials", "core/decisions", "core/rows"):
        assert said.result.table(table).to_csv() == silent.result.table(table).to_csv(), table
    assert said.table("opening").equals(silent.table("opening"))
    assert said.sentence.startswith("What is told of the time before 2028 is what was planned; all else counts as")
    assert [one.period for one in said.records.unused] == ["2027", "2027"]
    assert any("no value was given" in line for line in said.lines())


def test_a_second_roll_tells_the_time_since_the_first_alone(store):
    rolled = store.roll("2028", actuals=[row()]).result
    with pytest.raises(InstanceError, match="'2027' is no period that has passed since; expected one of 2028 to 2028"):
        rolled.roll("2029", actuals=[row()])
    again = rolled.roll("2029", actuals=[row(period="2028", value=6)])
    assert again.records.held.objective == approx(35 + 24 + 4 * 3 + 1 * 3 - 18)


def test_what_is_told_stands_in_the_new_plans_instance_with_what_was_planned(store, tmp_path):
    report = store.roll("2028", actuals=[row(source="ledger")])
    report.result.save(tmp_path / "r")
    (one,) = fabopt.load_result(tmp_path / "r").plan.data.pins.actuals
    assert (one.what, one.name, one.period, one.planned, one.happened) == ("deliveries", "shop", "2027", 8, 7)
    assert fabopt.load(tmp_path / "r").solve(gap=0).objective == approx(57)


# -- files and faults --------------------------------------------------------------------------------------------------


def test_a_table_a_workbook_and_yaml_say_the_same(store, tmp_path):
    import pandas as pd

    rows = [row(unit="piece", source="ledger"), row("activities", "make", value=9, unit="", source="")]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    (tmp_path / "a.yaml").write_text(json.dumps({"actuals": rows}), encoding="utf-8")
    found = [
        store.roll("2028", actuals=source).records
        for source in (tmp_path / "a.csv", tmp_path / "a.xlsx", tmp_path / "a.yaml", frame)
    ]
    assert len({(one.held.objective, *(a.worth for a in one.actuals)) for one in found}) == 1
    assert [one.actuals[1].source for one in found] == ["a.csv:3", "a.xlsx, sheet Sheet1:3", "a.yaml:1", "actuals:2"]


FAULTY = """what,name,period,value,unit,source
shipments,falcon / plans,2027Q1,5,kaccelerator,
shipments,falcon / plains,2027Q3,5,kaccelerator,
shipments,falcon / plains,2027Q1,5,kwafer,
shipments,falcon / plains,2027Q2,-5,kaccelerator,
shipment,falcon / plains,2027Q1,5,,
orders,expand:packaging:bridgeworks,2027Q1,1,,
orders,Bridgeworks,2027Q1,1,,
orders,expand:packaging:bridgeworks,2027Q1,2,,
number,sites.plains.pue,2027Q1,1.3,,
number,sites.plain.energy_price,2027Q1,1.3,,
number,sites.plains.energy_price,2027Q1,60,MW,
shipments,all,2026Q4,5,,
"""


def test_all_that_is_wrong_is_told_at_once_with_file_line_field_and_fix(tutorial_folder, tmp_path, capsys):
    (tmp_path / "actuals.csv").write_text(FAULTY, encoding="utf-8")
    given = ["--actuals", str(tmp_path / "actuals.csv"), "--out", str(tmp_path / "out")]
    assert main(["roll", str(tutorial_folder), "--to", "2027Q3", *given]) == 2
    said = capsys.readouterr().err
    for line in (
        "actuals.csv:2: name: nothing that shipments counts is called 'plans'",
        "did you mean 'plains'?",
        "actuals.csv:3: period: '2027Q3' is no period that has passed since; expected one of 2027Q1 to 2027Q2; roll",
        "actuals.csv:4: unit: the records chosen are counted in kaccelerator, not in kwafer",
        "actuals.csv:5: value: -5 cannot have been; expected at least 0",
        "actuals.csv:6: what: 'shipment' is nothing that is counted; expected a measure",
        "did you mean 'shipments'?",
        "actuals.csv:9: name: orders of Bridgeworks expansion in 2027Q1 is given twice; first in actuals.csv:7",
        "actuals.csv:10: name: 'sites.plains.pue' cannot vary over time",
        "actuals.csv:11: name: 'sites.plain.energy_price' is no number of this instance",
        "did you mean 'sites.plains.energy_price'?",
        "actuals.csv:12: unit: ",
        "actuals.csv:13: period: '2026Q4' is no period that has passed since",
    ):
        assert line in said, line
    assert "actuals.csv:7:" not in said.replace("first in actuals.csv:7", "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (row(value=9), r"9 piece of shop in 2027 cannot have been.*at most 8 \(planned 8\)"),
        (row("stock", "goods", value=11), "at most 10"),
        (row(name="shap"), "nothing that deliveries counts is called 'shap'.*did you mean 'shop'"),
        ({"what": "deliveries", "name": "shop", "value": 1}, "the row has no period"),
        (row(amount=3), "'amount' is no column of actuals"),
        (row(value="much"), "value: "),
    ],
)
def test_what_cannot_have_been_is_refused_with_what_could(told, says, store):
    with pytest.raises(InstanceError, match=says):
        store.roll("2028", actuals=[told])


def test_more_tools_than_were_ordered_cannot_have_been_delivered(tutorial):  # noqa: F811
    """One is in the order book for 2027Q3, and the plan orders none before."""
    with pytest.raises(InstanceError, match=r"at most 1 \(planned 1\)"):
        tutorial.roll("2027Q4", actuals=[row("tools_delivered", "north", "2027Q3", 2)])


def test_accelerators_that_did_not_arrive_wait_at_their_maker_and_do_not_run(tutorial):  # noqa: F811
    """Fifteen thousand Falcons came instead of twenty: the rest are packages in stock, and ship from the date on."""
    shipped = tutorial.table("shipments").set_index(["chip", "site", "period"])["kaccelerator"]
    planned = shipped["falcon", "plains", "2027Q2"]
    told = row("shipments", "Falcon / Plains campus", "2027Q2", 15, unit="kaccelerator")
    report = tutorial.roll("2027Q3", actuals=[told])
    assert report.records.actuals[0].planned == approx(planned)
    new = report.result
    now = new.table("shipments").set_index(["chip", "site", "period"])["kaccelerator"]
    assert now["falcon", "plains", "2027Q2"] == approx(15)
    assert past(new, "core/materials", "stock", "chip:falcon", "2027Q2") == approx(planned - 15)
    # A third of what ships in a quarter arrives in the next, and some fail before.
    fleet = [r.table("fleet").set_index(["chip", "site", "period"]) for r in (tutorial, new)]
    there = [f.loc[("falcon", "plains", "2027Q2"), ["running", "idle"]].sum() for f in fleet]
    assert there[0] - there[1] == approx((planned - 15) * 2 / 3, rel=0.03)
    sent = [s["falcon", "plains", "2027Q2"] + s["falcon", "plains", "2027Q3"] for s in (shipped, now)]
    assert sent[0] == approx(sent[1])
    assert report.records.lost > 0
    page = since(ground(new.plan, "aurora"))
    assert (page.first, page.last, page.to) == ("2027Q2", "2027Q2", "2027Q3")
    assert [(f.planned.value, f.happened.value, f.worth.value) for f in page.facts] == [
        (approx(planned), 15, approx(report.records.actuals[0].worth))
    ]
    assert {(c.name, c.period, c.now.value) for c in page.changed} == {
        (c.name, c.period, approx(c.held)) for c in report.records.next
    }
    assert since(ground(tutorial.plan, "aurora")) is None

"""Moving the decision date: what is held, what is regretted, against what is worked by hand."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.roll import verb
from fabopt.cli import main
from fabopt.errors import StudyError
from fabopt.io.problems import InstanceError

INSTANCES = Path(__file__).parents[2] / "instances"
approx = pytest.approx

SHOP = """
horizon: {start: '2027', periods: 3, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: 6}}
  activities: {make: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {line: 1}}}
  units: {tool: {unit: tool, total: 1, cost: 20, adds: {line: 4}}}
  demands: {shop: {material: goods, quantity: 10, value: 5}}
"""
"""Six goods a year can be made at 1 and sold at 5, ten with a tool of 20: it earns 16 a year and is bought at once."""

PRICE, TOOL = "network.demands.shop.value", "network.units.tool.cost"


def instance(folder: Path, text: str = SHOP) -> fabopt.Instance:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return fabopt.load(folder)


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial").solve(threads=1)


def test_a_price_that_falls_makes_the_plan_regret_its_tool(tmp_path):
    """At 1.5 from 2028 on the tool earns 16 + 2 + 2 = 20.0 less its 20; at 1.25 it earns 16 + 1 + 1, and loses 2."""
    result = instance(tmp_path).solve(gap=0)
    assert result.objective == approx(3 * 40 - 20)
    report = result.roll("2028", instance(tmp_path).with_({PRICE: 1.25}))
    assert report.records.held.objective == approx(40 - 20 + 2 * 10 * 0.25)
    assert report.records.free.objective == approx(24 + 2 * 6 * 0.25)
    assert report.records.regret == approx(2)
    assert report.records.regret_range == (approx(2), approx(2))
    orders = report.frame[report.frame["kind"] == "order"]
    assert orders[["id", "period", "held", "free"]].to_numpy().tolist() == [["tool", "2027", 1.0, 0.0]]
    starts = report.frame[report.frame["kind"] == "starts"].iloc[0]
    assert (starts["id"], starts["held"], starts["free"]) == ("make", approx(10), approx(6))
    assert "regrets 2" in report.sentence


@pytest.mark.parametrize(
    ("was", "now"), [("5", "[9, 1.25, 1.25]"), ("[5, 5, 5]", "1.25"), ("5", "{steps: {2027: 9, 2028: 1.25}}")]
)
def test_only_the_open_periods_of_a_list_or_series_are_changed(was, now, tmp_path):
    """The price of 2027 is 5, whatever is said of it now: the regret is that of the test above."""
    result = instance(tmp_path, SHOP.replace("value: 5", f"value: {was}")).solve(gap=0)
    report = result.roll("2028", instance(tmp_path, SHOP.replace("value: 5", f"value: {now}")))
    assert report.records.held.objective == approx(25)
    assert report.records.regret == approx(2)


def test_a_price_of_before_is_that_of_the_plan_though_the_course_has_the_same_dates(tmp_path):
    was, now = ("{steps: {2028: 5}, before: 5}", "{steps: {2028: 5}, before: 9}")
    result = instance(tmp_path, SHOP.replace("value: 5", f"value: {was}")).solve(gap=0)
    report = result.roll("2028", instance(tmp_path, SHOP.replace("value: 5", f"value: {now}")))
    assert report.records.held.objective == approx(result.objective)


def test_without_news_nothing_is_regretted_and_nothing_changes(tmp_path):
    result = instance(tmp_path).solve(gap=0)
    report = result.roll("2029")
    assert report.records.held.objective == approx(result.objective)
    assert report.records.regret == approx(0)
    assert report.frame.empty
    assert report.table("next").empty
    assert "regrets nothing" in report.sentence


def test_numbers_of_before_the_date_are_those_of_the_plan(tmp_path):
    """A line of three from 2028 on: ten were made in 2027, and are not taken back."""
    result = instance(tmp_path).solve(gap=0)
    line = "network.resources.line.capacity"
    report = result.roll("2028", instance(tmp_path).with_({line: 3}))
    assert report.records.held.objective == approx(40 - 20 + 2 * 7 * 4)
    assert report.records.throughout == ()
    # The price of a tool may vary over time too: that of 2027 was paid.
    dearer = result.roll("2028", instance(tmp_path).with_({TOOL: 1000}))
    assert dearer.records.held.objective == approx(result.objective)
    assert dearer.records.regret == approx(0)


def test_a_number_that_cannot_vary_holds_throughout_and_is_named(tmp_path):
    result = instance(tmp_path).solve(gap=0)
    rate = "horizon.discount_rate"
    report = result.roll("2028", instance(tmp_path).with_({rate: 0.1}))
    assert report.records.throughout == (rate,)
    assert any("discount rate of the horizon" in line for line in report.lines())


def test_an_order_that_was_not_placed_is_regretted_too(tmp_path):
    """At 2 the tool earns 4 a year and is not bought; at 9 from 2028 on it would have earned 4 + 32 + 32 less 20.

    From 2028 on it still earns 64 less 20 when it is bought then, so only the 4 of 2027 are regretted.
    """
    result = instance(tmp_path, SHOP.replace("value: 5", "value: 2")).solve(gap=0)
    assert result.objective == approx(3 * 6)
    report = result.roll("2028", instance(tmp_path).with_({PRICE: 9}))
    assert report.records.held.objective == approx(6 + 2 * 80 - 20)
    assert report.records.regret == approx(4)
    assert report.table("next")[["id", "period", "held", "free"]].to_numpy().tolist() == [["tool", "2028", 1.0, 0.0]]


QUEUE = """
horizon: {start: '2027', periods: 3, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {oven: {kind: level, unit: piece, capacity: 8}}
  activities: {bake: {unit: piece, outputs: {goods: {amount: 1, lead: 1}}, uses: {oven: {amount: 1, lead: 1}}}}
  demands: {shop: {material: goods, quantity: 20, value: 1}}
"""
"""What is begun in a year is in the oven the next: eight a year, of 2027 and 2028, arrive in 2028 and 2029."""


def test_work_that_was_started_is_finished_where_capacity_falls(tmp_path):
    result = instance(tmp_path, QUEUE).solve()
    assert result.objective == approx(16)
    oven = "network.resources.oven.capacity"
    report = result.roll("2028", instance(tmp_path, QUEUE).with_({oven: 3}))
    # The eight of 2027 are baked in 2028, then three in 2029; with all open again just as many.
    assert report.records.held.objective == approx(8 + 3)
    assert report.records.regret == approx(0)
    [raised] = report.records.raised
    assert (raised.id, raised.period, raised.more) == ("oven", "2028", approx(5))
    opening = report.table("opening").set_index("kind")
    assert (opening.loc["in work", "id"], opening.loc["in work", "quantity"]) == ("goods", approx(8))


def test_opening_states_what_is_on_order(tmp_path):
    late = SHOP.replace("adds: {line: 4}", "adds: {line: {amount: 4, lead: 1}}")
    report = instance(tmp_path, late).solve(gap=0).roll("2028")
    assert report.table("opening")[["kind", "id", "quantity"]].to_numpy().tolist() == [["on order", "tool", 1.0]]


# -- pins --------------------------------------------------------------------------------------------------------------

STORE = """
horizon: {start: '2027', periods: 2, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece, disposal: false}}
  resources: {line: {kind: level, unit: piece, capacity: [6, 0]}}
  activities: {make: {unit: piece, outputs: {goods: 1}, uses: {line: 1}}}
  demands: {shop: {material: goods, quantity: 4, value: [5, 3]}}
"""
"""Six are made in 2027: four are sold then at 5, two are kept and sold at 3 in 2028."""


@pytest.mark.parametrize(
    ("pins", "value"),
    [
        ("{}", 26),
        ("{deliveries: {shop: {'2027': 1}}}", 5 + 12),
        ("{stocks: {goods: {'2027': 3}}}", 15 + 9),
        ("{activities: {make: {'2027': 5}}}", 20 + 3),
    ],
)
def test_each_pin_holds(pins, value, tmp_path):
    assert instance(tmp_path, f"{STORE}pins: {pins}\n").solve().objective == approx(value)


def test_retirements_are_held(tmp_path):
    """The line's four places are those of an installed tool: kept it earns 16 a year, retired it costs 1 once."""
    text = SHOP.replace("total: 1, cost: 20", "total: 0, opening: 1, retire_cost: 1").replace(
        "capacity: 6", "capacity: 4"
    )
    assert instance(tmp_path, text).solve().objective == approx(3 * 16)
    assert instance(tmp_path, f"{text}pins: {{retired: {{tool: {{'2027': 1}}}}}}\n").solve().objective == approx(-1)
    assert instance(tmp_path, f"{text}pins: {{retired: {{tool: {{'2028': 1}}}}}}\n").solve().objective == approx(15)


def test_an_activity_with_a_switch_keeps_its_level(tmp_path):
    """Off would be free; on at three it costs ten more and is held all the same."""
    text = SHOP.replace("uses: {line: 1}}", "uses: {line: 1}, on_off: {fixed_cost: 100}}")
    assert instance(tmp_path, text).solve().objective == approx(0)
    pinned = instance(tmp_path, f"{text}pins: {{activities: {{make: {{'2028': 3}}}}}}\n").solve()
    assert pinned.objective == approx(3 * 4 - 100)


# -- the chain ---------------------------------------------------------------------------------------------------------


def test_the_past_of_the_new_plan_is_that_of_the_old(tutorial):
    report = tutorial.roll("2027Q4", fabopt.load(INSTANCES / "tutorial", "hbm-squeeze"))
    past = ["2027Q1", "2027Q2", "2027Q3"]
    for table, columns in (
        ("core/activities", ["level"]),
        ("core/units", ["ordered", "retired"]),
        ("core/demands", ["delivered"]),
        ("core/materials", ["stock", "disposed"]),
        ("domain/fleet", ["running", "facility_mw"]),
    ):
        old, new = (r.table(table) for r in (tutorial, report.result))
        keys = [c for c in ("id", "lab", "site", "chip", "period") if c in old]
        old, new = (f[f["period"].isin(past)].set_index(keys)[columns] for f in (old, new))
        joined = new.join(old.add_suffix("_old"), how="outer").fillna(0.0)
        for column in columns:
            assert joined[column].to_numpy() == approx(joined[f"{column}_old"].to_numpy(), rel=1e-6, abs=1e-6), table


def test_the_free_plan_is_never_worse_than_the_held_one(tutorial):
    now = fabopt.load(INSTANCES / "tutorial").with_({"demand_curve.reference_price": "*0.7"})
    found = tutorial.roll("2027Q3", now).records
    low, high = found.regret_range
    assert 0 <= low <= found.regret <= high
    assert found.regret > 1  # power for the Plains campus would not have been ordered
    assert any(change.id == "build:plains:1" for change in found.regrets)


def test_the_new_plan_is_a_result_that_solves_again(tutorial, tmp_path, capsys):
    tutorial.save(tmp_path / "plan")
    out, squeeze = tmp_path / "rolled", "memory_makers.bitstack.stacking=*0.8"
    assert main(["roll", str(tmp_path / "plan"), "--to", "2027Q4", "--set", squeeze, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Held to what was decided before 2027Q4, tutorial has a plan worth ")
    assert max(map(len, said.splitlines()[:-1])) <= 100  # the last line names the folder
    again = fabopt.load_result(out)
    assert fabopt.load(out).solve(threads=1).objective == approx(again.objective, rel=1e-6)


def test_json_says_the_same_as_python(tutorial, tmp_path, capsys):
    tutorial.save(tmp_path / "plan")
    out = str(tmp_path / "rolled")
    assert main(["roll", str(tmp_path / "plan"), "--to", "2028", "--json", "--out", out]) == 0
    said = json.loads(capsys.readouterr().out)
    report = tutorial.roll("2028")
    assert said["sentence"] == report.sentence
    assert said["opening"] == json.loads(json.dumps(report.as_dict()["opening"]))


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("2027Q1", "No period begins at '2027Q1'"),
        ("2031Q1", "one after the first of the horizon, from 2027Q2 to"),
        ("soon", "The new decision date"),
        ("2027-05-15", "No period begins"),
    ],
)
def test_a_date_that_is_none_is_refused(to, says, tutorial, tmp_path, capsys):
    tutorial.save(tmp_path / "plan")
    assert main(["roll", str(tmp_path / "plan"), "--to", to]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_an_instance_that_begins_at_another_date_is_refused(tmp_path):
    result = instance(tmp_path / "a").solve()
    later = instance(tmp_path / "b", SHOP.replace("'2027'", "'2026'"))
    with pytest.raises(StudyError, match="both need the same first period"):
        result.roll("2028", later)


def test_a_past_that_cannot_be_kept_is_told(tutorial, tmp_path, capsys):
    """A PUE cannot vary over time: at 1.4 the power of 2027Q3 does not run what was run then."""
    tutorial.save(tmp_path / "plan")
    out = tmp_path / "rolled"
    code = main(["roll", str(tmp_path / "plan"), "--to", "2027Q4", "--set", "sites.coast.pue=1.4", "--out", str(out)])
    printed = capsys.readouterr()
    assert code == 3
    assert printed.out.startswith("No plan of tutorial keeps to what was decided before 2027Q4")
    assert "hold before the date too: PUE of Coast campus." in printed.out
    assert "apacity of Coast campus facility power in 2027Q3 at most 350 MW" in printed.err
    assert not out.exists()


def test_a_plan_of_least_cost_regrets_what_it_made_too_early(tmp_path):
    """Thirty are made in 2027 at 1, as they cost 2 later; at 0.5 from 2028 on, twenty of them would wait."""
    text = SHOP.replace("capacity: 6", "capacity: 30").replace("value: 5", "value: 0, required: true")
    text = text.replace("cost: 1,", "cost: [1, 2, 2],")
    result = instance(tmp_path, text).solve("least_cost", gap=0)
    assert result.objective == approx(30)
    report = result.roll("2028", instance(tmp_path, text.replace("2, 2]", "0.5, 0.5]")))
    assert (report.records.held.objective, report.records.free.objective) == (approx(30), approx(20))
    assert report.records.regret == approx(10)
    assert report.records.regret_range == (approx(10), approx(10))


def test_the_view_of_one_party_is_refused():
    folder = INSTANCES / "perspective" / "price-and-cost"
    seen = fabopt.load(folder).solve(perspective="owner:foundry")
    with pytest.raises(StudyError, match=r"seen by Foundry \(owner:foundry\)"):
        seen.roll("2028")


TWO = SHOP.replace("total: 1, cost: 20", "total: 2, cost: 5, upper: 1").replace("quantity: 10", "quantity: 20")
"""Two tools of 5 each, one a year at most, pay at once: demand takes all that fourteen a year can be."""


@pytest.mark.parametrize(
    "limit",
    [
        "network.units.tool.total=0",
        "network.units.tool.total=1",
        "network.units.tool.upper=0",
        "network.groups.few.limit=0",
    ],
)
def test_a_new_limit_holds_for_what_may_still_be_decided(limit, tmp_path):
    """One tool was ordered in 2027: a limit of none or one from 2028 on forbids the second, and not the first."""
    text = TWO + "  groups: {few: {limit: 2, terms: [{unit: tool}]}}\n"
    result = instance(tmp_path, text).solve(gap=0)
    assert result.table("core/units")["ordered"].sum() == approx(2)
    report = result.roll("2028", fabopt.load(tmp_path, set=[limit]))
    assert report.result.has_plan
    ordered = report.result.table("core/units").set_index("period")["ordered"]
    assert ordered["2027"] == approx(1)
    assert ordered.sum() == approx(1)
    assert report.records.free.objective >= report.records.held.objective - 1e-9


def test_what_a_standing_order_occupies_has_its_place_whatever_the_new_limit(tmp_path):
    """The tool stands on the only place of the floor; that the floor has none from now on does not undo the order."""
    text = SHOP.replace("adds: {line: 4}", "adds: {line: 4}, occupies: {floor: 1}").replace(
        "  resources: {", "  resources: {floor: {kind: level, unit: place, capacity: 1}, "
    )
    result = instance(tmp_path, text).solve(gap=0)
    report = result.roll("2028", fabopt.load(tmp_path, set=["network.resources.floor.capacity=0"]))
    assert report.records.held.objective == approx(result.objective)


KEPT = """
horizon: {start: '2027', periods: 4, period: year, discount_rate: 0}
network:
  materials: {goods: {opening: 10, stock_limit: 20, disposal_cost: 1}}
  activities: {make: {outputs: {goods: 1}, cost: 1, upper: 5}}
  demands: {goods: {quantity: [2, 2, 2, 9], value: 5}}
"""
"""Of ten, two a year are sold at 5; for the nine of the last year five more are made: 75 less 5."""


def test_what_is_in_stock_when_the_limit_falls_is_run_down(tmp_path):
    """8 are left from 2027, and 5 may be: 2 are sold, 1 is thrown away for 1, and a sixth one is made for the end."""
    result = instance(tmp_path, KEPT).solve(gap=0)
    assert result.objective == approx(70)
    report = result.roll("2028", fabopt.load(tmp_path, set=["network.materials.goods.stock_limit=5"]))
    stock = report.result.table("core/materials").set_index("period")["stock"]
    assert (stock["2027"], stock["2028"]) == approx((8, 5))
    assert stock[1:].max() <= 5 + 1e-9
    assert report.records.held.objective == approx(68)


def test_a_stock_that_nothing_can_take_below_its_new_limit_is_named_with_what_would_do(tmp_path, capsys):
    """6 of the 8 are left after 2028's sales, and nothing may be thrown away: one more must be allowed then."""
    text = KEPT.replace("disposal_cost: 1", "disposal: false")
    instance(tmp_path, text).solve(gap=0).save(tmp_path / "plan")
    code = main(["roll", str(tmp_path / "plan"), "--to", "2028", "--set", "network.materials.goods.stock_limit=5"])
    said = "".join(capsys.readouterr())
    assert code == 3
    assert (
        "stock of goods at the end of 2028 at most 5 (--set network.materials.goods.stock_limit=5); with 1 more" in said
    )
    assert "at the end of 2027" not in said


@pytest.mark.parametrize("setting", ["demand_curve.reference_price=*0.7", "sites.plains.expansion.max_total=300"])
def test_all_open_is_never_worth_less_than_what_is_held(setting, tutorial):
    """The search with all open stops at a wide gap, and may have found less than the plan that keeps to the past."""
    report = tutorial.roll("2027Q4", fabopt.load(INSTANCES / "tutorial", set=[setting, "solving.gap=0.2"]))
    held, free = report.records.held, report.records.free
    assert free.objective >= held.objective - 1e-9
    assert free.bound >= free.objective - 1e-6 * abs(free.objective)
    assert report.records.regret_range[0] <= report.records.regret <= report.records.regret_range[1] + 1e-9


# -- a limit of nothing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "unit", "before"),
    [
        ("packaging_lines.bridgeworks.expansion.max_steps=0", "expand:packaging:bridgeworks", "2027Q1"),
        ("sites.plains.expansion.max_total=50", "build:plains:2", "2027Q1"),
        ("sites.coast.expansion.max_total=1", "build:coast:1", "2027Q1"),
    ],
)
def test_a_limit_of_nothing_from_now_on_leaves_what_was_ordered(limit, unit, before, tutorial):
    """With a limit of nothing the instance by itself has no such unit; the order of the past stands, and no other."""
    was = tutorial.table("core/units").set_index(["id", "period"])["ordered"]
    assert was[unit, before] > 0.5
    report = tutorial.roll("2027Q2", fabopt.load(INSTANCES / "tutorial", set=[limit]))
    ordered = report.result.table("core/units").set_index(["id", "period"])["ordered"]
    assert ordered[unit, before] == approx(was[unit, before])
    assert ordered[unit].sum() == approx(was[unit, before])
    assert report.records.free.objective >= report.records.held.objective


def test_the_plan_with_all_open_may_order_what_the_past_did(tmp_path):
    """From 2028 on no tool may be bought, and the one of 2027 paid: with all open it is bought again, nothing lost."""
    result = instance(tmp_path).solve(gap=0)
    report = result.roll("2028", fabopt.load(tmp_path, set=["network.units.tool.total=0"]))
    assert report.records.held.objective == report.records.free.objective == approx(3 * 40 - 20)


def test_a_past_order_of_what_is_gone_is_refused(tutorial):
    now = fabopt.load(INSTANCES / "tutorial")
    raw = deepcopy(now._tree.raw)
    del raw["packaging_lines"]["bridgeworks"]["expansion"]
    with pytest.raises(InstanceError) as caught:
        tutorial.roll("2028", fabopt.Instance(replace(now._tree, raw=raw), "tutorial"))
    (problem,) = caught.value.problems
    assert problem.path == "pins.units.expand:packaging:bridgeworks"
    assert "would be lost" in problem.message
    assert "with a limit of 0" in problem.hint


def test_a_past_retirement_that_cannot_be_is_refused(tmp_path):
    """At a discount of a half, 300 for the tool are worth more at once."""
    text = SHOP.replace("total: 1, cost: 20", "total: 0, opening: 1, retire_cost: -300").replace(
        "discount_rate: 0", "discount_rate: 0.5"
    )
    result = instance(tmp_path / "a", text).solve(gap=0)
    assert result.table("core/units").set_index("period")["retired"]["2027"] == approx(1)
    now = instance(tmp_path / "b", text.replace(", retire_cost: -300", ""))
    with pytest.raises(InstanceError, match="1 are retired, but none can be"):
        result.roll("2028", now)


# -- limits on sums ----------------------------------------------------------------------------------------------------

SUM = (
    SHOP.replace("total: 1, cost: 20, adds: {line: 4}", "total: 9, cost: 1, upper: 1, adds: {line: 1}")
    + "  groups: {sum: {SENSE, window: WINDOW, terms: [TERMS]}}\n"
)
"""A tool of 1 a year at most, which earns 4 in each year that is left: 12, 8 and 4."""


@pytest.mark.parametrize(
    ("sense", "window", "terms", "was", "now", "ordered"),
    [
        ("limit: {}", "horizon", "{unit: tool}", 3, 0, (1, 0, 0)),
        ("limit: {}, sense: '=='", "horizon", "{unit: tool}", 3, 0, (1, 0, 0)),
        ("limit: {}, sense: '=='", "period", "{unit: tool}", 1, 0, (1, 0, 0)),
        ("limit: {}, sense: '<='", "period", "{unit: tool, coefficient: -1}", 0, -1, (0, 1, 1)),
        ("limit: {}, sense: '>='", "period", "{unit: tool}", 0, 1, (0, 1, 1)),
        # What is negative may still bring the sum under its limit, and what is positive over a least: it stays.
        ("limit: {}, sense: '=='", "horizon", "{unit: tool}", 1, 2, (1, 1, 0)),
        ("limit: {}, sense: '>='", "horizon", "{unit: tool, coefficient: -1}", -3, 0, (1, 0, 0)),
    ],
)
def test_a_new_limit_on_a_sum_holds_for_what_is_open(sense, window, terms, was, now, ordered, tmp_path):
    """Where tools are ordered in the past, one earns more than it costs; where they are not, one costs 99."""
    text = SUM if ordered[0] else SUM.replace("cost: 1, upper", "cost: 99, upper")
    text = text.replace("SENSE", sense).replace("WINDOW", window).replace("TERMS", terms)
    result = instance(tmp_path / "a", text.replace("{}", str(was))).solve(gap=0)
    first = result.table("core/units").set_index("period")["ordered"].get("2027", 0.0)
    assert first == approx(ordered[0])
    report = result.roll("2028", instance(tmp_path / "b", text.replace("{}", str(now))))
    assert report.result.has_plan
    found = report.result.table("core/units").set_index("period")["ordered"]
    assert tuple(found.get(year, 0.0) for year in ("2027", "2028", "2029")) == approx(ordered)
    assert report.records.free.objective >= report.records.held.objective - 1e-9


def test_a_new_budget_holds_for_what_is_still_to_be_spent(tmp_path):
    text = SUM.replace("groups: {sum: {SENSE, window: WINDOW, terms: [TERMS]}}", "budgets: {all: BUDGET}")
    budget = "{amount: 3, window: horizon, terms: [{unit: tool}]}"
    result = instance(tmp_path / "a", text.replace("BUDGET", budget)).solve(gap=0)
    report = result.roll("2028", instance(tmp_path / "b", text.replace("BUDGET", budget.replace("3", "0"))))
    assert report.result.has_plan
    assert report.result.table("core/units")["ordered"].sum() == approx(1)


# -- a search that stops too early -------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["value", "least_cost"])
def test_where_the_search_with_all_open_finds_less_the_held_plan_stands_in(objective, tmp_path, monkeypatch):
    """The search with all open is made to miss the tool, as where rounding spoils the plan that it begins with."""
    text = SHOP if objective == "value" else SHOP.replace("value: 5", "lost_cost: 5")
    result = instance(tmp_path, text).solve(objective, gap=0)
    true = verb.solve
    best = []

    def early(net, options, extra=(), start=None):
        assert start is not None
        best.append(true(net, options, extra=extra))
        no_tool = replace(net, units=tuple(replace(unit, total=0.0) for unit in net.units))
        return replace(true(no_tool, options, extra=extra), bound=best[0].bound)

    monkeypatch.setattr(verb, "solve", early)
    found = result.roll("2028").records
    assert found.held.objective == approx(result.objective)
    assert found.free.objective == found.held.objective
    assert found.free.bound == approx(best[0].bound)
    assert found.regret == 0
    assert found.regret_range == (0, approx(abs(best[0].bound - found.held.objective), abs=1e-6))
    assert found.regrets == ()


# -- units -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("money", "quantity"), [(1e-8, 1.0), (1.0, 1e-6), (1e8, 1e6), (1e-8, 1e6), (1e7, 1e-6)])
def test_what_is_regretted_is_the_same_whatever_money_and_goods_are_counted_in(money, quantity, tmp_path):
    price = money / quantity

    def shop(folder, value):
        text = SHOP.replace("capacity: 6", f"capacity: {6 * quantity}").replace("cost: 1,", f"cost: {price},")
        text = text.replace("cost: 20, adds: {line: 4}", f"cost: {20 * money}, adds: {{line: {4 * quantity}}}")
        return instance(
            folder, text.replace("quantity: 10, value: 5", f"quantity: {10 * quantity}, value: {value * price}")
        )

    report = (
        shop(tmp_path / "then", 5).solve(gap=0).roll("2028", shop(tmp_path / "then", 5).with_({PRICE: 1.25 * price}))
    )
    assert report.records.regret / money == approx(2)
    rows = report.frame[["kind", "id", "period", "held", "free"]].to_numpy().tolist()
    assert [row[:3] for row in rows] == [["order", "tool", "2027"], ["starts", "make", ""]]
    assert rows[0][3:] == [1.0, 0.0]
    assert [n / quantity for n in rows[1][3:]] == approx([10, 6])


@pytest.mark.parametrize("quantity", [1e-9, 1e-6, 1e6])
def test_what_is_in_work_and_what_capacity_is_raised_for_it_is_told_however_little_it_is(quantity, tmp_path):
    def queue():
        text = QUEUE.replace("capacity: 8", f"capacity: {8 * quantity}")
        return instance(tmp_path, text.replace("quantity: 20", f"quantity: {20 * quantity}"))

    report = queue().solve().roll("2028", queue().with_({"network.resources.oven.capacity": 3 * quantity}))
    [raised] = report.records.raised
    assert (raised.id, raised.period, raised.more / quantity) == ("oven", "2028", approx(5))
    opening = report.table("opening").set_index("kind")
    assert opening.loc["in work", "quantity"] / quantity == approx(8)

"""Plans for the buyers: labs and other markets at list prices, against answers by hand and by plain loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_perspective import by_loops, traded

import fabopt
from fabopt.domain.tolerances import OTHERS
from fabopt.domain.users import NOBODY
from fabopt.model.payoff import for_buyers
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.network.parties import buyers
from fabopt.solve.options import OptionError, SolveOptions
from fabopt.solve.results.parties import by_side, party_rows
from fabopt.solve.run import solve

PRICES = Path(__file__).parents[2] / "instances" / "perspective" / "vendors-price"
HOUR = 8.766  # million dollars that a thousand H100 equivalents earn in a year at a dollar an hour
BETA = 0.9 * HOUR  # the same at nine tenths of a dollar

# Millions of dollars a thousand accelerators. The merchant's chip sells for 5, alpha's own costs alpha 1 of wafers at
# list price and 0.8 of assembly; a server costs 1.
OWN, BOUGHT = HOUR - 1 - 1.8, HOUR - 1 - 5
TO_BETA = BETA - 1 - 5
FOUNDRY = 12 * (10 - 5)


@pytest.fixture(scope="module")
def case():
    return fabopt.load(PRICES)


@pytest.fixture(scope="module")
def plan(case):
    return case.solve()


def has(result):
    """What each party has of a plan, by the side that it counts with."""
    return result.perspective.groupby(["party", "side"])["amount"].sum().to_dict()


def objective(buyers, sellers):
    """What is maximised."""
    return buyers + OTHERS * sellers


# --- The worked example -------------------------------------------------------------------------------------


def test_all_together_do_without_own_silicon_that_costs_more_than_the_vendor_s(case):
    plan = case.solve(perspective="system")
    assert plan.objective == pytest.approx(100 * (HOUR - 1 - 0.5) + 20 * (BETA - 1 - 0.5))
    assert has(plan) == pytest.approx(
        {
            ("alpha", "buyers"): 100 * BOUGHT,
            ("beta", "buyers"): 20 * TO_BETA,
            ("merchant", "sellers"): 120 * (5 - 1),
            ("foundry", "sellers"): FOUNDRY,
        }
    )


def test_the_buyers_make_their_own_where_the_vendor_s_price_is_higher(plan):
    expected = {
        ("alpha", "buyers"): 100 * OWN - 200,
        ("beta", "buyers"): 20 * TO_BETA,
        ("merchant", "sellers"): 20 * (5 - 1),
        ("foundry", "sellers"): FOUNDRY,
    }
    assert has(plan) == pytest.approx(expected)
    assert plan.objective == pytest.approx(objective(100 * OWN - 200 + 20 * TO_BETA, 20 * 4 + FOUNDRY))
    # Who pays whom adds up to what the plan is worth to all, resources at cost.
    assert sum(has(plan).values()) == pytest.approx(100 * (HOUR - 1 - 1.3) - 200 + 20 * (BETA - 1 - 0.5))
    assert plan.run.value == pytest.approx(sum(expected.values()))
    assert plan.perspective.query("transfer")["amount"].sum() == pytest.approx(0.0, abs=1e-9)


def test_a_lab_s_chip_is_sold_at_its_price_and_what_it_earns_on_it_is_no_buyer_s(case):
    cheaper = fabopt.load(PRICES, scenario="cheaper").solve()
    assert has(cheaper) == pytest.approx(
        {
            ("alpha", "buyers"): 100 * OWN - 200,  # beta's 20 thousand pay their making, 1.8 each
            ("alpha", "sellers"): 20 * (4.5 - 1.8),
            ("beta", "buyers"): 20 * (BETA - 1 - 4.5),
            ("foundry", "sellers"): FOUNDRY,
        }
    )
    assert cheaper.objective == pytest.approx(
        objective(100 * OWN - 200 + 20 * (BETA - 1 - 4.5), 20 * (4.5 - 1.8) + FOUNDRY)
    )
    # At 5,500 beta buys the merchant's, though alpha's costs less to make: netted out, it would not.
    assert case.solve().shipments.query("lab == 'beta'")["chip"].tolist() == ["merchant-chip"]


def test_a_programme_that_costs_more_than_it_saves_the_buyers_is_not_funded():
    thrifty = fabopt.load(PRICES, scenario="thrifty").solve()  # 330 for 100 x (5 - 1.8) = 320
    assert thrifty.objective == pytest.approx(objective(100 * BOUGHT + 20 * TO_BETA, 120 * 4 + FOUNDRY))


PARTS = """
components:
  substrate: {name: Substrate, unit: piece, sources: {s: {owner: maker, region: here, capacity: 1000 kpiece/year,
    price: 700 USD/piece, gross_margin: 60 %, lead: 0 month}}}
"""


def test_parts_of_own_silicon_count_at_list_price_for_oneself_and_in_what_is_sold(tmp_path):
    text = (PRICES / "instance.yaml").read_text().replace("{own-die: 1}", "{own-die: 1}, components: {substrate: 1}")
    (tmp_path / "instance.yaml").write_text(text + PARTS)
    plan = fabopt.load(tmp_path, scenario="cheaper").solve()
    assert has(plan) == pytest.approx(
        {
            ("alpha", "buyers"): 100 * (OWN - 0.7) - 200,
            ("alpha", "sellers"): 20 * (4.5 - 2.5),
            ("beta", "buyers"): 20 * (BETA - 1 - 4.5),
            ("foundry", "sellers"): FOUNDRY,
            ("maker", "sellers"): 120 * 0.7 * 0.6,
        }
    )


DEAL = """
contracts:
  deal: {buyer: beta, supplier: alpha-silicon, goods: {chips: [own]}, signed: 2026-06-30, maximum: 30 kaccelerator/year,
    price: 4300 USD/accelerator}
"""


def test_what_a_contract_takes_off_a_price_is_taken_off_the_margin(tmp_path):
    (tmp_path / "instance.yaml").write_text((PRICES / "instance.yaml").read_text() + DEAL)
    plan = fabopt.load(tmp_path).solve()
    assert has(plan)["beta", "buyers"] == pytest.approx(20 * (BETA - 1 - 4.3))
    assert has(plan)["alpha", "sellers"] == pytest.approx(20 * (4.3 - 1.8))
    assert has(plan)["alpha", "buyers"] == pytest.approx(100 * OWN - 200)
    assert plan.objective == pytest.approx(
        objective(100 * OWN - 200 + 20 * (BETA - 1 - 4.3), 20 * (4.3 - 1.8) + FOUNDRY)
    )


def test_what_a_chip_costs_at_list_prices_is_the_sum_of_its_parts():
    instance = fabopt.load(PRICES.parents[1] / "tutorial")
    net = instance.network
    per_wafer = np.max([f.amount for f in net.flows if f.material == "die:falcon-die" and f.amount[0] > 0], axis=0)
    made = next(p.made for p in net.payments if p.kind == "accelerators" and p.item == "falcon")
    # Two dies of wafers at 20,000, eight stacks at 500, a tenth of a wafer of interposers at 10,000, its yield 95 %,
    # a substrate at 150, assembly at 1,500; 95 of 100 packages are good.
    parts = 2 * 20_000 / per_wafer + 8 * 500 + 1_000 / 0.95 + 150 + 1_500
    assert 1000 * made == pytest.approx(parts / 0.95)


def test_what_own_silicon_is_worth_to_its_lab_it_takes_from_the_vendor(case):
    report, saved = case.own_silicon("own"), 100 * (5 - 1.8) - 200
    assert report.records.worth("of_lab")[0] == pytest.approx(saved)
    assert report.records.worth("value")[0] == pytest.approx(objective(saved, -100 * 4))
    assert report.sentence.endswith("to the buyers.")


# --- Studies ------------------------------------------------------------------------------------------------


def test_the_choke_point_is_told_in_the_buyers_money(plan):
    report = plan.choke_points(draws=0)
    gain = {row.label: row.gain for row in report.records.limits}
    # A tenth more wafers: beta buys 12 thousand more. A tenth more of what alpha wants: 10 thousand own, beta's loss.
    assert gain["Fab wafer starts"] == pytest.approx(12 * objective(TO_BETA, 4 + 0.5))
    assert gain["Training of Alpha (demand)"] == pytest.approx(10 * objective(OWN - TO_BETA, -4))
    assert report.records.first.label == "Training of Alpha (demand)"
    assert "in the money of the buyers" in report.sentence
    wafers = plan.limits.query("id == 'starts:fab'")["price"].item()
    assert wafers == pytest.approx(10 * objective(TO_BETA, 4 + 0.5))


def test_in_the_system_s_money_another_limit_chokes(case):
    report = case.solve(perspective="system").choke_points(draws=0)
    assert report.records.first.label == "Fab wafer starts"
    assert report.records.first.gain == pytest.approx(12 * (BETA - 1.5))
    assert "in the money of the buyers" not in report.sentence


@pytest.mark.slow
def test_a_tornado_s_ends_are_what_the_instance_gives_when_it_is_solved_again(case, plan):
    bars = {bar.number.path: bar for bar in plan.tornado(budget=5.0).records.bars}
    for path in ("chips.own.system_cost", "nodes.n.wafer_price", "fabs.fab.wafer_starts"):
        for end in (bars[path].low, bars[path].high):
            again = case.with_({path: end.value}).solve()
            assert end.change == pytest.approx(again.objective - plan.objective, abs=1e-6)


def test_entry_price_is_the_one_at_which_the_buyers_are_as_well_off(case, plan):
    report = plan.portfolio("beta")
    (own,) = [chip for chip in report.records.chips if chip.chip == "own"]
    # Of the merchant's chip sellers earn 4, of alpha's at a price p they earn p - 1.8.
    price = 1000 * (5 - OTHERS * (4 + 1.8)) / (1 - OTHERS)
    assert own.entry.below == pytest.approx(price, rel=1e-4)
    assert own.entry.worth == pytest.approx(1000 * BETA)
    # What alpha pays for wafers and assembly, the rest of the price, and what the scarce wafer earns elsewhere.
    package = 0.8 + 1 - OTHERS * 0.5 + (1 - OTHERS) * (5.5 - 1.8) + objective(TO_BETA, 4.5)
    assert own.entry.package == pytest.approx(1000 * package, rel=1e-4)
    assert own.entry.lacks == pytest.approx((1 - OTHERS) * (5500 - price), rel=1e-3)
    below, above = (case.with_({"chips.own.price": f"{price + d} USD/accelerator"}).solve() for d in (-1, 1))
    assert [set(p.shipments.query("lab == 'beta'")["chip"]) for p in (below, above)] == [{"own"}, {"merchant-chip"}]


def test_every_study_of_a_plan_answers_for_the_buyers(case, plan, tmp_path):
    said = [
        plan.value_function("fabs.fab.wafer_starts").sentence,
        plan.alternatives().sentence,
        plan.needed("450 MUSD", levers=["fabs.fab.wafer_starts"]).sentence,
        plan.explain(next_unit="starts:fab", period="2027").sentence,
        plan.compare(fabopt.load(PRICES, scenario="cheaper").solve()).sentence,
        plan.answer.sentence,
    ]
    assert all("in the money of the buyers" in sentence for sentence in said)
    assert f"gains the plan {10 * objective(TO_BETA, 4.5):.1f} M USD" in said[3]
    saved = fabopt.load_result(plan.save(tmp_path / "plan"))
    assert str(saved.default_folder) == "results/vendors-price"
    assert saved.choke_points(draws=0).sentence == plan.choke_points(draws=0).sentence


@pytest.mark.slow
def test_a_memo_weighs_in_the_labs_money_beside_the_buyers_plan(case, plan):
    memo = plan.memo("beta").memo
    assert memo.standing.value.value == pytest.approx(case.solve(perspective="lab:beta", given=plan).objective)
    assert memo.given.value.value == pytest.approx(plan.objective)


def test_one_value_is_compared_for_plans_of_one_perspective(case, plan):
    other = fabopt.load(PRICES, scenario="cheaper").solve()
    (difference,) = plan.compare(other).records.difference
    assert difference.change == pytest.approx(other.objective - plan.objective)
    (mixed,) = plan.compare(case.solve(perspective="system")).records.difference
    assert mixed.withheld == "objective"


def test_cases_of_a_sweep_are_plans_for_the_buyers(case):
    frame = fabopt.sweep(PRICES, {"levers": {"nodes.n.wafer_price": [10_000, 20_000]}}).frame
    dearer = case.with_({"nodes.n.wafer_price": 20_000}).solve()
    assert frame["objective"].tolist() == pytest.approx([case.solve().objective, dearer.objective])


def test_a_plan_that_is_rolled_stays_the_buyers(tmp_path):
    text = (PRICES / "instance.yaml").read_text().replace("periods: 1", "periods: 2")
    (tmp_path / "instance.yaml").write_text(text.replace("solving: {perspective: buyers}", ""))
    plan = fabopt.load(tmp_path).solve(perspective="buyers")
    rolled = plan.roll("2028")
    assert rolled.result.run.options.perspective == "buyers"
    assert rolled.result.objective == pytest.approx(plan.objective)
    assert rolled.records.free.objective == pytest.approx(plan.objective)
    assert "in the money of the buyers" in rolled.sentence


# --- Any network --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_what_is_maximised_is_what_plain_loops_give_buyers_and_sellers(seed):
    net = traded(seed)
    plan = solve(net, SolveOptions(perspective="buyers"))
    if not plan.has_plan:
        pytest.skip("the dice left no plan")
    group, got = buyers(net), by_loops(net, plan)
    assert NOBODY in group
    theirs = sum(amount for party, amount in got.items() if party in group)
    side = by_side(party_rows(net, plan))
    assert side["buyers"] == pytest.approx(theirs, abs=1e-6)
    assert side["buyers"] + side["sellers"] == pytest.approx(plan.value, abs=1e-6)
    assert plan.objective == pytest.approx(objective(side["buyers"], side["sellers"]), abs=1e-6)


def test_where_nobody_sells_the_buyers_plan_is_the_system_s():
    net = lower(fabopt.load(PRICES.parents[1] / "allocation" / "uniform").data)
    tables = model_tables(net)
    value = np.asarray(tables.arrays().cost)
    assert for_buyers(tables, value).tolist() == value.tolist()


# --- How it is asked for ------------------------------------------------------------------------------------


def test_the_instance_states_the_perspective_and_a_run_may_ask_for_another(case):
    assert case.solve().run.options.perspective == "buyers"
    assert case.solve(perspective="lab:beta").run.options.perspective == "lab:beta"
    # Compute and cost have no perspective; they are solved as they always are.
    assert case.solve("compute").run.options.perspective == "system"
    with pytest.raises(OptionError, match="has the objective value, not least_cost"):
        case.solve("least_cost", perspective="buyers")

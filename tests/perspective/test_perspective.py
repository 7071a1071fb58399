"""A plan as one party sees it, against answers by hand and against values recomputed by plain loops."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_networks import random_network
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.domain.users import NOBODY
from fabopt.errors import StudyError
from fabopt.model.payoff import payoff
from fabopt.model.tables import model_tables
from fabopt.network.parties import parties
from fabopt.network.perspective import Decided, held
from fabopt.network.tables import Activity, Network, Payment, Period, Tags, Term
from fabopt.solve.options import OptionError
from fabopt.solve.results.parties import by_party, party_rows
from fabopt.solve.run import solve

INSTANCES = Path(__file__).parents[2] / "instances"
HOUR = 8.766  # million dollars that a thousand H100 equivalents earn in a year at a dollar an hour


@pytest.fixture(scope="module")
def example():
    return fabopt.load(INSTANCES / "perspective" / "price-and-cost")


@pytest.fixture(scope="module")
def tutorial():
    instance = fabopt.load(INSTANCES / "tutorial")
    return instance, instance.solve(gap=1e-6)


def worth(result):
    """What the plan comes to for each party."""
    return result.perspective.groupby("party")["amount"].sum().to_dict()


# --- The worked example -------------------------------------------------------------------------------------


def test_all_together_build_what_the_foundry_pays_for(example):
    plan = example.solve()
    # 100 and 80 thousand at 7.266 and 6.3894 million dollars a thousand less 1.5 of cost each, less 100 for the step.
    assert plan.objective == pytest.approx(100 * (HOUR - 1.5) + 80 * (0.9 * HOUR - 1.5) - 100)
    assert worth(plan) == pytest.approx(
        {"alpha": 100 * (HOUR - 6), "beta": 80 * (0.9 * HOUR - 6), "designer": 180 * 4.0, "foundry": 18 * 5.0 - 100}
    )
    moved = plan.perspective.query("transfer").groupby("kind")["amount"].sum()
    assert moved.to_dict() == {"wafers": 0.0, "accelerators": 0.0}


def test_the_foundry_alone_does_not_build(example):
    plan = example.solve(perspective="owner:foundry")
    assert plan.objective == pytest.approx(12 * 5.0)
    assert plan.run.value == pytest.approx(100 * (HOUR - 1.5) + 20 * (0.9 * HOUR - 1.5))
    assert plan.run.given["foundry"] == pytest.approx(-10.0)
    assert worth(plan)["designer"] == pytest.approx(120 * 4.0)


def test_a_foundry_with_room_sells_what_is_asked_for_and_no_more(example):
    wide = example.with_({"fabs.fab.wafer_starts": "5 kwafer/month"})
    plan = wide.solve(perspective="owner:foundry")
    assert plan.objective == pytest.approx(18 * 5.0)


def test_a_lab_does_not_buy_above_what_it_is_worth_and_the_others_keep_theirs(example):
    dear = fabopt.load(INSTANCES / "perspective" / "price-and-cost", scenario="dear")
    given = dear.solve()
    assert worth(given)["beta"] == pytest.approx(80 * (0.9 * HOUR - 8.5))
    plan = dear.solve(perspective="lab:beta", given=given)
    assert plan.objective == pytest.approx(0.0, abs=1e-9)
    # The step is built all the same: it is not the lab's to cancel.
    assert worth(plan) == pytest.approx({"alpha": 100 * (HOUR - 8.5), "designer": 100 * 6.5, "foundry": 10 * 5.0 - 100})


def test_the_designer_s_policy_holds_for_the_lab(tmp_path):
    text = (INSTANCES / "perspective" / "price-and-cost" / "instance.yaml").read_text()
    shares = "{alpha: {share: 90 %}, beta: {share: 10 %}}"
    rule = f"\npolicies:\n  split: {{splits: {{chips: [chip]}}, rule: shares, customers: {shares}}}\n"
    (tmp_path / "instance.yaml").write_text(text + rule)
    case = fabopt.load(tmp_path)
    # Alpha takes its 100 thousand, nine tenths of all; the rest is beta's right, though it would take more.
    plan = case.solve(perspective="lab:beta")
    assert plan.objective == pytest.approx(100 / 9 * (0.9 * HOUR - 6.0))
    free = fabopt.load(tmp_path, set={"policy_mode": "off"}).solve(perspective="lab:beta", given=case.solve())
    assert free.objective == pytest.approx(20 * (0.9 * HOUR - 6.0))


def test_prices_of_limits_are_in_the_money_of_the_party(example):
    def price(plan):
        return plan.limits.query("family == 'demand' and id == 'inference:beta'")["price"].item()

    assert price(example.solve()) == pytest.approx(0.9 * HOUR - 1.5)
    assert price(example.solve(perspective="lab:beta")) == pytest.approx(0.9 * HOUR - 6.0)


@pytest.mark.parametrize("seed", range(6))
def test_lab_and_foundry_do_what_a_formula_says(example, seed):
    dice = np.random.default_rng(seed)
    price, step = float(dice.uniform(4.0, 9.0)), float(dice.uniform(5.0, 60.0))
    starts = float(dice.uniform(0.5, 1.6))
    case = example.with_(
        {"chips.chip.price": price * 1000, "fabs.fab.expansion.cost": step, "fabs.fab.wafer_starts": starts}
    )
    given = case.solve()
    built = float(given.orders["ordered"].sum())
    wafers = 12 * starts + 6 * built
    gain = 0.9 * HOUR - 1 - price
    lab = case.solve(perspective="lab:beta", given=given)
    assert lab.objective == pytest.approx(max(gain, 0.0) * min(80.0, 10 * wafers - 100), abs=1e-6)
    # The others take what they did, and where it is worth its price all that they can use.
    asked = (100.0 if price + 1 < HOUR else 0.0) + (80.0 if gain > 0 else 0.0)
    asked = max(asked, min(180.0, 10 * wafers)) / 10
    profits = [5 * min(12 * starts, asked), 5 * min(12 * starts + 6, asked) - step]
    assert case.solve(perspective="owner:foundry", given=given).objective == pytest.approx(max(profits))


# --- The tutorial -------------------------------------------------------------------------------------------


def test_transfers_cancel_and_all_parties_together_have_the_value(tutorial):
    _, plan = tutorial
    rows = plan.perspective
    assert abs(rows.query("transfer")["amount"].sum()) < 1e-6
    assert rows["amount"].sum() == pytest.approx(plan.objective, abs=1e-6)
    # The same once more from the tables of payments, costs and terminal worth.
    discount = plan.table("periods").set_index("period")["discount"]
    paid = plan.transfers.assign(now=lambda x: x["amount"] * x["period"].map(discount))
    balance = paid.groupby("payee")["now"].sum().sub(paid.groupby("payer")["now"].sum(), fill_value=0.0)
    shown = rows.query("transfer").groupby("party")["amount"].sum()
    assert (balance.reindex(shown.index).fillna(0.0) - shown).abs().max() < 1e-6
    end = plan.table("terminal").eval("amount * unit_worth * discount").sum()
    own = rows.query("not transfer")["amount"].sum()
    assert own == pytest.approx(plan.costs["discounted"].sum() + end)


@pytest.mark.parametrize("seen", ["lab:borealis", "owner:silicon-north", "owner:merlin"])
def test_nobody_does_worse_by_its_own_plan_and_the_others_get_what_was_given(tutorial, seen):
    instance, given = tutorial
    plan = instance.solve(perspective=seen, given=given, gap=1e-6)
    party = seen.partition(":")[2]
    assert worth(plan)[party] == pytest.approx(plan.objective, abs=1e-5)
    assert plan.objective >= worth(given)[party] - 0.2
    assert sum(worth(plan).values()) == pytest.approx(plan.run.value, abs=1e-5)
    assert plan.run.value <= given.bound + 1e-6
    if seen == "lab:borealis":
        before = given.shipments.query("lab == 'aurora'").reset_index(drop=True)
        after = plan.shipments.query("lab == 'aurora'").reset_index(drop=True)
        assert (before["kaccelerator"] - after["kaccelerator"]).abs().max() < 1e-6
        theirs = given.orders.query("owner != 'borealis'")[["id", "period", "ordered"]].reset_index(drop=True)
        kept = plan.orders.query("owner != 'borealis'")[["id", "period", "ordered"]].reset_index(drop=True)
        assert theirs.equals(kept)


# --- Random networks ----------------------------------------------------------------------------------------


def traded(seed):
    """A random network with owners, bearers and payments."""
    dice = np.random.default_rng(1000 + seed)
    net = random_network(seed)

    def who():
        return str(dice.choice(["p", "q", "r", ""]))

    activities = tuple(replace(a, tags=Tags(owner=who(), customer=who()), bearer=who()) for a in net.activities)
    payments = [
        Payment("p", "q", "goods", Term("activity", a.id, dice.integers(1, 4, net.n_periods).astype(float)),
                dice.integers(1, 9, net.n_periods).astype(float))
        for a in net.activities
    ]  # fmt: skip
    payments.append(Payment("q", "r", "tools", Term("unit", "u0", np.full(net.n_periods, 2.5), shift=1)))
    payments.append(Payment("r", "p", "services", Term("demand", "d0", np.ones(net.n_periods))))
    return replace(
        net,
        activities=activities,
        units=tuple(replace(u, tags=Tags(owner=who()), bearer=who()) for u in net.units),
        materials=tuple(replace(m, tags=Tags(owner=who(), customer=who())) for m in net.materials),
        demands=tuple(replace(d, tags=Tags(customer=who())) for d in net.demands),
        payments=tuple(payments),
        belongs=(("r", "p"),),
    )


def by_loops(net, plan):
    """What every party gets, written out record by record and period by period."""
    got = {"p": 0.0, "q": 0.0, NOBODY: net.constant_value}

    def add(party, amount):
        got["p" if party == "r" else party or NOBODY] += amount

    for t, period in enumerate(net.periods):
        d = period.discount
        for n, a in enumerate(net.activities):
            bearer = a.bearer or a.tags.owner or a.tags.customer
            add(bearer, -d * plan.levels[n, t] * (0.0 if a.cost is None else a.cost[t]))
            add(bearer, -d * plan.on[n, t] * (0.0 if a.fixed_cost is None else a.fixed_cost[t]))
            add(bearer, -d * plan.switched_on[n, t] * a.start_cost)
        for n, u in enumerate(net.units):
            bearer, owner = u.bearer or u.tags.owner, u.tags.owner or u.bearer
            add(bearer, -d * plan.orders[n, t] * (0.0 if u.cost is None else u.cost[t]))
            add(bearer, -d * plan.placed[n, t] * (0.0 if u.fixed_cost is None else u.fixed_cost[t]))
            add(bearer, -d * plan.retired[n, t] * (u.retire_cost or 0.0))
            if u.terminal_value is not None:
                worth_then = plan.orders[n, t] * u.terminal_value[t] - plan.retired[n, t] * u.terminal_value[0]
                add(owner, net.end_discount * worth_then)
        for n, m in enumerate(net.materials):
            holder = m.tags.customer or m.tags.owner
            add(holder, -d * plan.stock[n, t] * (0.0 if m.carrying_cost is None else m.carrying_cost[t]))
            add(holder, -d * plan.disposal[n, t] * (m.disposal_cost or 0.0))
            add(holder, -d * plan.shortfall[n, t] * m.shortfall_cost)
        for n, demand in enumerate(net.demands):
            customer = demand.tags.customer
            for k, step in enumerate(demand.steps):
                add(customer, d * plan.delivered[n][k, t] * step.value[t])
            forgone = plan.unmet[n, t] if demand.expiry is None else plan.lost[n, t]
            add(customer, -d * (plan.backlog[n, t] * demand.backlog_cost + forgone * demand.lost_cost))
        for n, payment in enumerate(net.payments[: len(net.activities)]):
            paid = d * payment.price[t] * payment.term.coefficient[t] * plan.levels[n, t]
            add("q", paid)
            add("p", -paid)
        if t:
            add("r", d * 2.5 * plan.orders[0, t - 1])
            add("q", -d * 2.5 * plan.orders[0, t - 1])
    place = {m.id: n for n, m in enumerate(net.materials)}
    at = {a.id: n for n, a in enumerate(net.activities)}
    for n, m in enumerate(net.materials):
        add(m.tags.customer or m.tags.owner, net.end_discount * m.terminal_value * m.survival * plan.stock[n, -1])
    made = [(f.material, f.age, f.amount, plan.levels[at[f.activity]]) for f in net.flows]
    units = {u.id: n for n, u in enumerate(net.units)}
    made += [(x.material, x.age, np.full(net.n_periods, x.amount), plan.orders[units[x.unit]])
             for x in net.unit_materials]  # fmt: skip
    for material, age, amount, level in made:
        m = net.materials[place[material]]
        for t in range(net.n_periods):
            late = t + age - net.n_periods
            if late >= 0:
                worth_then = m.terminal_value * m.survival**late * amount[t] * level[t]
                add(m.tags.customer or m.tags.owner, net.end_discount * worth_then)
    return got


@pytest.mark.parametrize("seed", range(25))
def test_every_party_gets_what_plain_loops_say_and_all_together_the_value(seed):
    net = traded(seed)
    plan = solve(net)
    if not plan.has_plan:
        pytest.skip("the dice left no plan")
    rows = party_rows(net, plan)
    shown = by_party(rows)
    expected = by_loops(net, plan)
    assert {p: shown.get(p, 0.0) for p in expected} == pytest.approx(expected, abs=1e-6)
    assert sum(shown.values()) == pytest.approx(plan.value, abs=1e-6)
    moved = [a for a, transfer in zip(rows["amount"], rows["transfer"], strict=True) if transfer]
    assert abs(sum(moved)) < 1e-6
    # What the solver is asked to maximise is the same number.
    tables = model_tables(net)
    for party in parties(net):
        constant = net.constant_value if party == NOBODY else 0.0
        assert payoff(tables, party) @ plan.columns + constant == pytest.approx(shown.get(party, 0.0), abs=1e-6)


def test_enough_of_the_random_networks_have_a_plan():
    assert sum(solve(traded(seed)).has_plan for seed in range(25)) >= 12


def test_a_trade_of_others_that_is_on_or_off_is_held_by_a_row():
    periods = tuple(Period(t, str(t), None, None, 1.0, 1.0) for t in range(2))  # type: ignore[arg-type]
    one = np.ones(2)
    activity = Activity("a", "A", "", on_off=True, lower=one, upper=3 * one)
    trade = Payment("x", "y", "goods", Term("activity", "a", one))
    net = Network("", periods, activities=(activity,), payments=(trade,))
    level = np.array([2.0, 0.0])
    (row,) = held(net, "z", Decided({"a": level}, {})).groups
    assert (row.sense, row.rhs.tolist(), row.windows) == ("==", [2.0, 0.0], ((0,), (1,)))
    plain = replace(net, activities=(replace(activity, on_off=False),))
    (fixed,) = held(plain, "z", Decided({"a": level}, {})).activities
    assert fixed.lower is level
    assert fixed.upper is level


# --- What is asked wrongly, and what a result says ----------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"perspective": "lab:gama"}, "there are alpha, beta"),
        ({"perspective": "lab:alpa"}, "did you mean lab:alpha"),
        ({"perspective": "owner:foundri"}, "did you mean owner:foundry"),
        ({"perspective": "rest:foundry"}, "system, buyers, lab:NAME or owner:NAME"),
        ({"perspective": "everybody"}, "system, buyers, lab:NAME or owner:NAME"),
        ({"perspective": "lab:"}, "system, buyers, lab:NAME or owner:NAME"),
        ({"perspective": "lab:beta", "objective": "least_cost"}, "has the objective value, not least_cost"),
    ],
)
def test_perspectives_that_make_no_sense_are_sentences(example, options, said):
    with pytest.raises(OptionError, match=said):
        example.solve(**options)


def test_a_plain_network_without_payments_has_no_owner_s_perspective():
    with pytest.raises(OptionError, match="has none that is paid"):
        fabopt.load(INSTANCES / "allocation" / "uniform").solve(perspective="owner:foundry")


def test_the_command_line_says_what_it_is_worth_and_who_gains(tmp_path):
    run = CliRunner()
    path = str(INSTANCES / "perspective" / "price-and-cost")
    done = run.invoke(app, ["solve", path, "--out", str(tmp_path / "system")])
    assert done.exit_code == 0
    args = ["solve", path, "--perspective", "owner:foundry", "--given", str(tmp_path / "system")]
    done = run.invoke(app, [*args, "--out", str(tmp_path / "seen")])
    assert done.exit_code == 0
    text = " ".join(done.stdout.split())
    assert "the best plan for Foundry is worth 60.0 M USD to it, 70.0 M USD more than in that plan" in text
    assert "Foundry -10.0 60.0 +70.0" in text
    assert "objective value for Foundry 60.0 M USD" in text
    assert "cost, as seen by Foundry" in text
    manifest = json.loads((tmp_path / "seen" / "manifest.json").read_text())
    assert manifest["options"]["perspective"] == "owner:foundry"
    assert manifest["given"]["foundry"] == pytest.approx(-10.0)
    assert run.invoke(app, ["solve", path, "--perspective", "lab:none"]).exit_code == 2
    saved = fabopt.load_result(tmp_path / "seen")
    assert str(saved.default_folder) == "results/price-and-cost-owner-foundry"
    with pytest.raises(StudyError, match=r"seen by Foundry \(owner:foundry\)"):
        saved.choke_points()
    assert run.invoke(app, ["tornado", str(tmp_path / "seen")]).exit_code == 2


CAPACITY = "fabs.fab.wafer_starts"


@pytest.mark.parametrize(
    "study",
    [
        lambda result: result.choke_points(),
        lambda result: result.tornado(),
        lambda result: result.value_function(CAPACITY),
        lambda result: result.phase_diagram(CAPACITY, CAPACITY),
        lambda result: result.explore([CAPACITY]),
        lambda result: result.alternatives(),
        lambda result: result.needed("1 GW", levers=[CAPACITY]),
        lambda result: result.explain(why_short="alpha", period="2027"),
    ],
    ids=["choke", "tornado", "value", "phases", "explore", "alternatives", "needed", "explain"],
)
def test_what_is_asked_of_the_systems_plan_is_refused_of_one_partys(example, study):
    seen = example.solve(perspective="owner:foundry")
    with pytest.raises(StudyError, match=r"seen by Foundry \(owner:foundry\); .* the system's plans?\.$"):
        study(seen)


def test_without_a_plan_of_the_whole_there_is_none_for_a_party(tutorial):
    instance, _ = tutorial
    none = instance.with_({"fabs.north.scanners.euv.passes": "1 kexposure/month"}).solve(perspective="lab:aurora")
    assert none.status == "infeasible"
    assert none.conflicts

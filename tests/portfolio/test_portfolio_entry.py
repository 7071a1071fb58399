"""Entry prices against sums by hand, the instance solved again at the price, and an independent solver."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from portfolio_cases import WORTH, chip, loaded, shipped, tree
from scipy.optimize import linprog

import fabopt
from fabopt.errors import StudyError
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower_chain
from fabopt.solve.matrices import program_of
from fabopt.solve.perturbation import held
from fabopt.solve.session import HighsSession, SolverError

TUTORIAL = "instances/tutorial"


def case(instance, name, **options):
    """Where a chip stands with the lab, solved and judged."""
    record = instance.solve(**options).portfolio("lab").records
    return next(one for one in record.chips if one.chip == name)


def budgeted():
    """Power for everybody, and 2,000 million dollars: a hundred thousand of chip `a`."""
    raw = tree(power=900.0, b=chip(8_000, 30_000))
    raw["labs"]["lab"]["budget"] = 2000
    return raw


# A kilowatt is worth 17,532 - 10,000 = 7,532 USD with chip `a`. So `b` enters where 17,532 p - its cost = 7,532.
LIKE = tree(b=chip(14_000, 28_000))  # 10,000 of 14,000: at 20,000 of 28,000
FASTER = tree(b=chip(24_000, 28_000, 1.5))  # 18,766 of 24,000
# A dollar of budget is worth 7,532 / 20,000 = 0.3766 with chip `a`. So `b` enters at the share p of its price with
# 17,532 = p (8,000 + 0.3766 x 30,000), whatever power is there.
BUDGET = budgeted()
BY_HAND = [
    (LIKE, 20_000.0, 4_000.0),
    (FASTER, 28_000 * (0.5 * WORTH + 10_000) / 24_000, 24_000 - 0.5 * WORTH - 10_000),
    (BUDGET, 30_000 * WORTH / (8_000 + 30_000 * (WORTH - 10_000) / 20_000), 8_000 + 1.5 * (WORTH - 10_000) - WORTH),
]


@pytest.mark.parametrize(("raw", "price", "lacks"), BY_HAND)
def test_a_chip_enters_below_the_price_that_is_worked_out_by_hand(raw, price, lacks, tmp_path):
    found = case(loaded(raw, tmp_path), "b")
    assert found.standing == "enters"
    assert found.entry.below == pytest.approx(price, rel=1e-9)
    assert found.entry.lacks == pytest.approx(lacks, rel=1e-6)
    assert found.entry.exact


@pytest.mark.parametrize(("raw", "price", "lacks"), BY_HAND)
def test_solved_again_the_chip_comes_just_below_its_price_and_not_just_above(raw, price, lacks, tmp_path):
    own = raw["chips"]["b"]
    entry = case(loaded(raw, tmp_path), "b").entry
    for near, comes in ((0.999999, True), (1.000001, False)):
        share = near * entry.below / own["price"]
        cost = share * (own["assembly_cost"] + 1_000) - 1_000  # the margin stays; 1,000 is the die
        result = loaded(raw, tmp_path, chips__b__price=share * own["price"], chips__b__assembly_cost=cost).solve()
        assert (shipped(result, "b") > 1.0) == comes


def test_a_chip_that_is_not_worth_its_place_would_need_a_negative_price(tmp_path):
    found = case(loaded(tree(b=chip(14_000, 28_000, 0.3)), tmp_path), "b")  # 5,260 of work on a kilowatt worth 7,532
    assert (found.standing, found.entry.below) == ("no price", None)
    assert "negative price" in found.why


def test_a_chip_from_stock_costs_nothing_to_make_so_no_price_brings_it_in(tmp_path):
    raw = tree(b=chip(14_000, 28_000, 0.5, stock=10, system_cost=2_000))
    raw["chips"]["b"]["boms"] = {}
    found = case(loaded(raw, tmp_path), "b")  # 8,766 of work, less 2,000, on a kilowatt worth 7,532
    assert (found.standing, found.entry.below, found.entry.cost) == ("no price", None, 0.0)
    assert found.entry.lacks == pytest.approx(2_000 + 7_532 - 8_766, rel=1e-9)
    assert "costs nothing" in found.why


def test_the_first_period_is_the_one_in_which_the_chip_pays_first(tmp_path):
    """Work is worth two dollars an hour in 2027 and four in 2028, and each year's chips wear out in it. A kilowatt is
    worth 35,064 - 10,000 in 2028, so that `b` may cost half of 35,064 more than 10,000; in 2027 8,766 less.
    """
    raw = tree(b=chip(28_000, 28_000, 1.5, survival=1e-6))
    raw["chips"]["a"]["survival"] = 1e-6
    raw["horizon"]["periods"] = 2
    raw["demand_curve"]["reference_price"] = {"steps": {"2027": 2, "2028": 4}}
    entry = case(loaded(raw, tmp_path), "b").entry
    assert entry.period == "2028"
    assert entry.below == pytest.approx(10_000 + WORTH, rel=1e-6)


def test_what_a_chip_is_worth_is_what_the_plan_loses_without_it(tmp_path):
    with_two = loaded(LIKE, tmp_path).solve()
    bought = next(one for one in with_two.portfolio("lab").records.chips if one.chip == "a")
    assert bought.bought == pytest.approx(100.0)
    assert bought.loss == pytest.approx(100 * 4.0)  # `b` takes its place at 4,000 USD more each


def test_twins_tie(tmp_path):
    record = loaded(tree(b=chip(10_000, 20_000)), tmp_path).solve().portfolio("lab").records
    assert {one.standing for one in record.chips} <= {"bought", "ties"}
    assert all(one.loss == pytest.approx(0.0, abs=1e-6) for one in record.chips if one.standing == "bought")


def other_designer(raw):
    raw["chips"]["b"]["designer"] = "e"
    raw["dies"]["die-e"] = {**raw["dies"]["die"], "designer": "e"}
    raw["chips"]["b"]["boms"] = {"plain": {"dies": {"die-e": 1}}}


def other_customer(raw):
    raw["labs"]["other"] = raw["labs"]["lab"]
    raw["sites"]["elsewhere"] = {**raw["sites"]["site"], "lab": "other"}
    raw["chips"]["b"]["customers"] = ["other"]


def barred(raw):
    raw["sites"]["site"]["region"] = "away"
    raw["barred_flows"] = [{"origin": "here", "destination": "away", "chips": ["b"]}]


def gone(raw):
    raw["chips"]["b"]["boms"] = {}
    raw["labs"]["lab"]["fleet"] = {"site": {"b": 1}}


def later(raw):
    raw["horizon"] |= {"periods": 3, "reported_until": 2028}
    raw["chips"]["b"]["available"] = 2029


def never_in_time(raw):
    raw["dies"]["die-b"] = {**raw["dies"]["die"], "fabs": {"fab": {"available": 2028}}}
    raw["horizon"] |= {"periods": 2, "reported_until": 2027}
    raw["chips"]["b"]["boms"] = {"plain": {"dies": {"die-b": 1}}}


@pytest.mark.parametrize(
    ("edit", "standing", "says"),
    [
        (other_designer, "designer", "Lab cannot use chips of Other"),
        (other_customer, "not sold", "not sold to Lab"),
        (barred, "export", "export rules bar it"),
        (gone, "not made", "no longer made"),
        (later, "dates", "not available before 2029"),
        (never_in_time, "dates", "not available before 2028"),
    ],
)
def test_what_no_price_can_change_is_named(edit, standing, says, tmp_path):
    raw = tree(b=chip(1_000, 2_000))  # so cheap that nothing but the rule keeps it out
    edit(raw)
    found = case(loaded(raw, tmp_path), "b")
    assert found.standing == standing
    assert says in found.why
    assert found.entry is None


def test_a_part_that_the_plan_does_not_qualify_blocks_the_chip(tmp_path):
    raw = tree(b=chip(1_100, 2_000))
    raw["nodes"]["d"] = {"name": "D", "kind": "dram", "cycle_time": 0, "wafer_price": 1000}
    raw["fabs"]["dram"] = {"name": "Dram", "owner": "m", "region": "here", "nodes": ["d"], "wafer_starts": 100}
    raw["hbm"] = {"h": {"name": "H", "capacity": 24, "core_dies": 8, "price": 1}}
    raw["memory_makers"] = {
        "m": {
            "name": "M",
            "owner": "m",
            "region": "here",
            "fab": "dram",
            "node": "d",
            "stacking": 100,
            "stacking_time": 0,
            "offers": {"h": {"good_dies": 800, "stack_yield": 1}},
            "qualifying": {"d": {"h": {"lead": 0, "cost": 1_000_000, "wafers": 0}}},
        }
    }
    raw["chips"]["b"]["boms"]["plain"]["hbm"] = {"h": 1}
    found = case(loaded(raw, tmp_path), "b")
    assert found.standing == "blocked"
    assert "no plan with these orders" in found.why


def test_without_money_in_the_objective_there_are_no_entry_prices(tmp_path):
    record = loaded(tree(b=chip(14_000, 28_000)), tmp_path).solve("compute").portfolio("lab").records
    assert not record.money
    assert all(one.entry is None and one.loss is None for one in record.chips)


def test_a_plan_as_one_lab_sees_it_has_a_mix_but_no_entry_prices(tmp_path):
    record = loaded(tree(b=chip(14_000, 28_000)), tmp_path).solve(perspective="lab:lab").portfolio("lab").records
    assert {one.chip: one.standing for one in record.chips} == {"a": "unpriced", "b": "unpriced"}
    assert "(lab:lab)" in record.chips[0].why  # at 20,000 and 28,000 neither is worth its price of 17,532
    cheap = loaded(tree(b=chip(14_000, 15_000)), tmp_path).solve(perspective="lab:lab").portfolio("lab").records
    assert {one.chip: one.standing for one in cheap.chips} == {"b": "bought", "a": "unpriced"}
    assert sum(row.kh100e for row in cheap.mix) == pytest.approx(100.0)


@pytest.mark.parametrize("gives_up", [True, False])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_where_the_solver_cannot_go_on_the_program_is_solved_from_nothing(call, gives_up, tmp_path, monkeypatch):
    """Calls: the market, the loss without `a`, `b` at its price, `b` at the price of its entry."""
    result = loaded(BUDGET, tmp_path).solve()
    whole = result.portfolio("lab").records.chips
    own, calls = HighsSession.solve, []

    def solve(self, **options):
        calls.append(self)
        if len(calls) == call:
            if gives_up:
                raise SolverError("HiGHS ended with 'Unknown', not with an answer.")
            return replace(own(self, **options), x=None, objective=None)  # optimal, but the plan is held back
        return own(self, **options)

    monkeypatch.setattr(HighsSession, "solve", solve)
    again = result.portfolio("lab").records.chips
    assert len(calls) > call
    for one, other in zip(again, whole, strict=True):
        assert one.standing == other.standing
        if other.entry is None:
            assert one.loss == pytest.approx(other.loss, rel=1e-7)
        else:
            assert one.entry.below == pytest.approx(other.entry.below, rel=1e-9)


def test_a_lab_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(StudyError, match=r"no lab 'lba'.*: lab\."):
        loaded(tree(), tmp_path).solve().portfolio("lba")


# -- against an independent solver ------------------------------------------------------------------------------------


def sold_at(result, instance, lab, name, share):
    """Value, and thousand accelerators sold to a lab, at a share of a chip's price and cost: scipy's own program."""
    chain, net = lower_chain(instance.data)
    tables = model_tables(net)
    program = program_of(tables)
    plan = np.zeros(program.n_columns)
    for table, block, amount in (("core/units", "order", "ordered"), ("core/units", "placed", "placed")):
        rows = result.table(table)
        at = {key: tables.columns[block].offset + i for i, key in enumerate(tables.columns[block].keys)}
        for key, value in zip(zip(rows["id"], rows["period"], strict=True), rows[amount], strict=True):
            if key in at:
                plan[at[key]] = value
    counter = tables.columns["counter"]
    free = program.integer.copy()
    free[counter.columns] = False  # sums of orders that are held already
    program = held(program, plan)
    low, high = program.column_lower.copy(), program.column_upper.copy()
    low[counter.columns], high[counter.columns] = 0.0, np.inf
    cost, a, own = program.cost.copy(), program.a.tolil(), []
    record = chain.instance.chips[name]
    for activity in net.activities:
        if activity.id.startswith(f"deploy:{name}:") and activity.tags.lab == lab:
            for period in net.periods:
                j = tables.columns["start"].index[tables.columns.at.activity[activity.id], period.index]
                if j < 0 or not period.reported:
                    continue
                own.append(j)
                made = chain.unit_cost[f"chip:{name}"][period.index]
                cost[j] += (1.0 - share) * made * period.discount
                price = chain.mean(record.price)[period.index] * 1e-3
                for row, (family, key) in enumerate(program.labels):
                    if family == "budget" and key[0] == f"budget:{lab}" and a[row, j]:
                        a[row, j] -= (1.0 - share) * price
    a, up, down = a.tocsr(), np.isfinite(program.row_upper), np.isfinite(program.row_lower)
    from scipy.sparse import vstack

    found = linprog(
        -cost,
        A_ub=vstack([a[up], -a[down]]),
        b_ub=np.concatenate([program.row_upper[up], -program.row_lower[down]]),
        bounds=np.column_stack([low, high]),
        method="highs-ipm",
    )
    assert found.status == 0
    return -found.fun, float(found.x[own].sum())


@pytest.mark.parametrize(
    ("lab", "name", "levers"),
    [
        ("borealis", "osprey", {"chips.osprey.assembly_cost": 12_000}),
        ("aurora", "slate", {"chips.slate.assembly_cost": 700_000, "labs.aurora.budget": 9_000}),
    ],
)
def test_in_the_tutorial_another_solver_lets_the_chip_in_at_the_same_price(lab, name, levers):
    instance = fabopt.load(TUTORIAL, set=levers)
    result = instance.solve()
    entry = next(one.entry for one in result.portfolio(lab).records.chips if one.chip == name)
    share = entry.below / entry.price
    base, none = sold_at(result, instance, lab, name, 1.0)
    above, still_none = sold_at(result, instance, lab, name, share + 1e-4)
    below, some = sold_at(result, instance, lab, name, share - 1e-3)
    assert none < 1e-4
    assert still_none < 1e-4
    assert above == pytest.approx(base, abs=1e-3)
    assert some > 0.01
    assert below > base + 1e-3
    total = entry.cut * (entry.cost + entry.price * entry.budget / (entry.price + entry.system))
    assert entry.lacks == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3])
@pytest.mark.parametrize(("raw", "price", "lacks"), BY_HAND)
def test_the_price_is_the_same_however_much_is_shipped(raw, price, lacks, unit, tmp_path):
    """The lab, its power and budget, and the fab that makes the dies, a millionth and a thousand times as large."""
    small = deepcopy(raw)
    small["sites"]["site"]["power"] *= unit
    small["labs"]["lab"]["demand"]["total"] *= unit
    small["fabs"]["fab"]["wafer_starts"] *= unit
    if "budget" in small["labs"]["lab"]:
        small["labs"]["lab"]["budget"] *= unit
    found = case(loaded(small, tmp_path), "b")
    assert found.standing == "enters"
    assert found.entry.below == pytest.approx(price, rel=1e-6)
    assert found.entry.lacks == pytest.approx(lacks, rel=1e-4)
    assert found.entry.exact

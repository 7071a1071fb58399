"""Results of a solve with hooks: no study forgets what a hook has added, or it is refused."""

import json
from dataclasses import replace
from functools import partial

import pyomo.environ as pyo
import pytest

import fabopt
from fabopt.analysis.memo.ground import ground
from fabopt.analysis.memo.standing import standing
from fabopt.plan.plan import Plan
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.hooks import hook_records
from fabopt.solve.results.run_info import HookRecord

PRICE = "workloads.inference.price_ratio"
LEVER = "packaging_lines.bridgeworks.capacity"
approx = pytest.approx
CALLED = []
"""Models that `one_order` has seen."""


def one_order(m, model):
    """Of all whole things, one is ordered at most: a row that holds back what the plan would like to do."""
    CALLED.append(m)
    m.few_orders = pyo.Constraint(expr=sum(m.order.values()) <= 1)


def capped(m, model, most=1.0):
    m.few_orders = pyo.Constraint(expr=sum(m.order.values()) <= most)


def counted(m, model):
    """As `one_order`, through an integer of the hook's own, which costs a million dollars each."""
    m.orders_placed = pyo.Var(domain=pyo.Integers, bounds=(0, 2))
    m.counts = pyo.Constraint(expr=sum(m.order.values()) <= m.orders_placed)
    m.value.expr -= m.orders_placed


@pytest.fixture(scope="module")
def free():
    return fabopt.load("instances/tutorial").solve()


@pytest.fixture(scope="module")
def tied():
    return fabopt.load("instances/tutorial").solve(extra=[one_order])


@pytest.fixture(scope="module")
def folder(tied, tmp_path_factory):
    return tied.save(tmp_path_factory.mktemp("hooks") / "tied")


STUDIES = {
    "choke points": lambda r: r.choke_points(top=2, draws=0, budget=0.2, workers=1),
    "portfolio": lambda r: r.portfolio("aurora"),
    "memo": lambda r: r.memo("aurora", budget=0.2, workers=1),
    "why not": lambda r: r.explain(why_not="osprey", lab="aurora"),
    "why short": lambda r: r.explain(why_short="aurora", period="2028Q4"),
    "next unit": lambda r: r.explain(next_unit="Bridgeworks interposer wafers"),
    "tornado": lambda r: r.tornado(3, workers=1),
    "alternatives": lambda r: r.alternatives(budget=0.05),
    "needed": lambda r: r.needed("2.0 GW", by="2028Q4", levers=["sites.plains.power"], budget=0.1),
    "value function": lambda r: r.value_function(LEVER),
    "phase diagram": lambda r: r.phase_diagram(LEVER, "sites.plains.power", steps=2),
    "explorer": lambda r: r.explore([LEVER]).at(),
    "roll": lambda r: r.roll("2027Q3"),
    "chart": lambda r: r.chart("value", lever=LEVER),
}


LONG = ("memo", "tornado", "value function", "chart", "choke points")


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_loaded_result_is_not_studied_without_its_hooks(folder, study):
    with pytest.raises(ResultError, match=r"of your own \(one_order\).*load_result\(path, extra=\[one_order\]\)"):
        study(fabopt.load_result(folder))


@pytest.mark.parametrize(
    "study",
    [pytest.param(ask, id=name, marks=[pytest.mark.slow] if name in LONG else []) for name, ask in STUDIES.items()],
)
def test_a_fresh_result_is_studied_with_its_hooks(tied, study):
    fresh = fabopt.Result(Plan(tied.run, tied.table, tied.plan.instance, tied.hooks), "")
    CALLED.clear()
    study(fresh)  # each refuses a program that does not give the plan's objective
    assert CALLED


def test_with_nothing_moved_the_explorer_says_what_the_plan_is_worth(free, tied):
    assert tied.objective < 0.99 * free.objective
    assert tied.explore([LEVER]).at().records.objective == approx(tied.objective, rel=1e-6)
    again = fabopt.load("instances/tutorial").with_({LEVER: "*1.2"}).solve(extra=[one_order])
    there = tied.explore([LEVER]).at({LEVER: 3.0}).records.objective
    assert tied.objective < there <= again.objective * (1 + 1e-6)


@pytest.mark.slow
def test_a_tornado_solves_again_with_the_hook_and_prices_numbers_as_solving_again_does(tied):
    found = tied.tornado(2, workers=1).records
    widest = found.bars[0]
    path = widest.number.path
    assert widest.number.series  # so that its end is a factor
    moved = tied.explore([path]).at({path: f"*{widest.high.value / widest.number.value!r}"}).records.objective
    assert tied.objective + widest.high.change == approx(moved, rel=1e-6)
    slope = next(n for n in found.slopes if n.path == PRICE)
    there = tied.explore([PRICE]).at({PRICE: 0.8 + 0.24e-4})  # a ten-thousandth of the way to its high, 1.04
    assert slope.at_high != 0
    assert there.records.change == approx(slope.at_high * 1e-4, rel=1e-2)


def test_a_saved_result_takes_its_hooks_again_and_no_others(folder, tied):
    again = fabopt.load_result(folder, extra=[one_order])
    assert again.explore([LEVER]).at().records.objective == approx(tied.objective, rel=1e-6)
    with pytest.raises(ResultError, match=r"solved with one_order, not with capped"):
        fabopt.load_result(folder, extra=[capped])
    with pytest.raises(ResultError, match=r"solved with one_order, not with one_order, one_order"):
        fabopt.load_result(folder, extra=[one_order, one_order])

    def edited(m, model):
        m.few_orders = pyo.Constraint(expr=sum(m.order.values()) <= 2)

    edited.__qualname__ = "one_order"
    with pytest.raises(ResultError, match=r"hook one_order is not the one .* has changed"):
        fabopt.load_result(folder, extra=[edited])


def test_a_result_without_hooks_takes_none(free, tmp_path):
    with pytest.raises(ResultError, match=r"solved with no hook, not with one_order"):
        fabopt.load_result(free.save(tmp_path / "free"), extra=[one_order])


def test_hooks_stand_in_the_manifest_and_in_the_memo_by_name_and_hash(folder, tied):
    (record,) = json.loads((folder / "manifest.json").read_text())["hooks"]
    assert HookRecord(**record) == hook_records([one_order])[0]
    assert record["name"] == "one_order"
    held = ground(tied.plan, "aurora")
    assert standing(held, {}, ()).hooks == (f"one_order ({record['sha256'][:12]})",)


def test_what_a_hook_holds_on_to_is_part_of_it():
    def held(most):
        return lambda m, model: capped(m, model, most)

    kinds = [partial(capped, most=1.0), partial(capped, most=2.0), capped, held(1.0), held(2.0), one_order]
    assert len({record.sha256 for record in hook_records(kinds)}) == len(kinds)
    assert hook_records([held(1.0)]) == hook_records([held(1.0)])


def test_whole_numbers_of_a_hook_are_held_as_the_plan_has_them(tmp_path):
    solved = fabopt.load("instances/tutorial").solve(extra=[counted], gap=1e-7)
    again = fabopt.load_result(solved.save(tmp_path / "counted"), extra=[counted])
    for result in (solved, again):
        assert result.explore([LEVER]).at().records.objective == approx(solved.objective, rel=1e-6)


def test_a_result_whose_objective_is_not_that_of_its_program_is_not_studied(free):
    def changed(result, factor):
        run = replace(result.run, objective=result.objective * factor)
        return fabopt.Result(Plan(run, result.table, result.plan.instance), "")

    for factor in (1.0001, 0.9):
        wrong = changed(free, factor)
        with pytest.raises(ResultError, match=r"The plan of the result is worth .* Solve it again"):
            wrong.explore([LEVER])
    right = changed(free, 1 + 1e-9)
    right.explore([LEVER])


def test_a_comparison_names_hooks_that_differ_and_does_not_explain_what_they_are_worth(free, tied):
    found = free.compare(tied).records
    (row,) = [one for one in found.inputs if one.path == "extra"]
    assert (row.base, row.at_prices, row.held) == (None, None, None)
    assert row.value.startswith("one_order (")
    assert found.difference[0].at_prices is None
    assert not [one for one in free.compare(free).records.inputs if one.path == "extra"]


def test_a_constant_that_a_hook_adds_to_the_objective_counts_everywhere(free, tmp_path):
    def grant(m, model):
        m.value.expr += 5.0

    given = fabopt.load("instances/tutorial").solve(extra=[grant])
    assert given.objective == approx(free.objective + 5.0, rel=1e-9)
    assert given.bound == approx(free.bound + 5.0, rel=1e-9)
    assert given.explore([LEVER]).at().records.objective == approx(given.objective, rel=1e-7)
    saved = fabopt.load_result(given.save(tmp_path / "given"), extra=[grant])
    assert saved.objective == given.objective

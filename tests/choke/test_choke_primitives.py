"""The parts that the choke point stands on: groups, reliefs, the oracle and its evidence, searches over sets."""

import signal
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from choke_cases import INF, best, complements, exact, infeasible_lines, lots, switch

from fabopt.analysis.choke.attribution import attribution, shapley
from fabopt.analysis.choke.cascade import cascade
from fabopt.analysis.choke.derivative import group_prices, prices
from fabopt.analysis.choke.finite import average_price, idle, least_step, trace, value_curve
from fabopt.analysis.choke.joint import candidates, marco, minimal_sets
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.package import ReliefCost, cheapest_packages
from fabopt.analysis.choke.verb import study_of
from fabopt.api import load
from fabopt.model.limits import Lever, Limit
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Unit,
    UnitEffect,
    Use,
    ValueStep,
)
from fabopt.plan.groups import LIFTED, NO_RELIEF, STEPS, Relief, groups_of, percent, together, units
from fabopt.plan.problem import ChokeProblem, Interval
from fabopt.solve import resolver
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

ROOT = Path(__file__).parents[2]

near = pytest.approx


def limit(row=-1, column=-1, period=0, side="upper", **more):
    given = {
        "family": "capacity", "entity": "fab", "name": "Fab", "owner": "maker", "stage": "wafers", "region": "here",
        "unit": "kwafer", "kind": "physical", "relaxable": True, "levers": (Lever("line", 3.0),),
    }  # fmt: skip
    return Limit(row=row, column=column, period=period, side=side, **{**given, **more})


# -- groups and reliefs ------------------------------------------------------------------------------------------------


def test_limits_of_one_record_are_one_group_in_the_order_of_the_registry():
    found = groups_of([limit(3), limit(4, period=1), limit(9, entity="other", name="Other")], [5.0, 6.0, 7.0])
    assert [(g.id, g.label) for g in found] == [("capacity:fab", "Fab"), ("capacity:other", "Other")]
    fab = found[0]
    assert (fab.owner, fab.stage, fab.region, fab.unit, fab.kind) == ("maker", "wafers", "here", "kwafer", "physical")
    assert fab.levers == (Lever("line", 3.0),)
    assert (fab.rows.tolist(), fab.row_sign.tolist(), fab.periods.tolist()) == ([3, 4], [1, 1], [0, 1])
    assert fab.base.tolist() == [5, 6]


def test_a_limit_on_both_sides_is_two_groups_of_which_one_may_take_more_and_one_require_less():
    more, less = groups_of([limit(2, side="both", family="demand")], [8.0])
    assert (more.id, more.label, more.row_sign.tolist()) == ("demand:fab", "Fab (demand)", [1])
    assert (less.id, less.label, less.row_sign.tolist()) == ("demand:fab:least", "Fab (demand), the least", [-1])
    assert (more.obligation, more.less) == (True, False)
    assert (less.obligation, less.less) == (True, True)
    assert more.relief(units(2)).upper == {2: 2.0}
    assert less.relief(percent(50)).lower == {2: 4.0}


@pytest.mark.parametrize(("side", "obligation"), [("upper", False), ("lower", True)])
def test_what_must_be_done_at_least_is_an_obligation_and_no_capacity(side, obligation):
    (group,) = groups_of([limit(2, side=side)], [8.0])
    assert group.obligation is obligation


def test_one_limit_that_cannot_be_moved_makes_its_group_immovable():
    (group,) = groups_of([limit(0), limit(1, relaxable=False)], [1.0, 1.0])
    assert not group.relaxable


def test_a_bound_is_relieved_in_its_column():
    (group,) = groups_of([limit(column=7, family="order")], [4.0])
    assert group.relief(LIFTED).column == {7: INF}


@pytest.mark.parametrize(
    ("step", "amounts"), [(units(1), [1, 1]), (percent(25), [5, 10]), (LIFTED, [INF, INF])], ids=lambda v: str(v)[:12]
)
def test_amounts_of_a_step(step, amounts):
    (group,) = groups_of([limit(0), limit(1, period=1)], [20.0, -40.0])
    assert group.amounts(step).tolist() == amounts


def test_a_group_can_be_cut_to_periods_and_keeps_limits_of_the_whole_horizon_among_them():
    (group,) = groups_of([limit(0, period=-1), limit(1, period=0), limit(2, period=1)], [1.0, 2.0, 3.0])
    assert group.in_periods([1]).rows.tolist() == [0, 2]
    assert group.from_period(1).rows.tolist() == [2]
    assert group.from_period(1).base.tolist() == [3]


def test_reliefs_add_up_scale_and_cover_each_other():
    a, b = Relief("a", {0: 1.0}, {}, {}), Relief("b", {0: 2.0}, {1: 1.0}, {2: INF})
    both = a + b
    assert (both.label, both.upper, both.lower, both.column) == ("a with b", {0: 3.0}, {1: 1.0}, {2: INF})
    assert both.times(2).upper == {0: 6.0}
    assert not b.times(0)
    assert both.covers(a)
    assert both.covers(b)
    assert not a.covers(b)
    assert together([]) == NO_RELIEF
    assert a.covers(Relief("tighter", {0: 1.0, 5: -1.0}, {}, {}))


def test_only_periods_that_count_are_relieved():
    rows = [([1.0], -INF, 5), ([1.0], -INF, 6)]
    problem = replace(ChokeProblem.bare([1.0], rows, {"both": [0, 1]}), reportable=(0,))
    assert problem.relief("both", units(1)).upper == {0: 1.0}
    assert [g.rows.tolist() for g in problem.movable] == [[0]]


# -- sides -------------------------------------------------------------------------------------------------------------


def floor():
    """At least 6 of x, which costs 2 each: the least is a limit from below."""
    return ChokeProblem.bare([-2.0], [([1.0], 6, INF)], {"least": [0]})


def test_requiring_one_less_saves_its_cost_and_the_price_holds_down_to_nothing():
    oracle = exact(floor())
    price = group_prices(oracle).groups[0].whole
    assert (price.left, price.right, price.range_up) == near((2, 2, 6))
    assert oracle.gain(floor().relief("least", units(4))).lo == near(8)


def test_a_row_held_with_equality_cannot_be_tightened_so_its_left_price_is_infinite():
    problem = ChokeProblem.bare([3.0, 1.0], [([1.0, 1.0], 4, 4)], {"sum": [0]}, upper=[2, 10])
    price = group_prices(exact(problem)).groups[0].whole
    assert (price.left, price.right, price.range_down) == (INF, near(1), 0.0)


@pytest.mark.parametrize("stopped", ["time", "iterations"])
def test_where_prices_may_not_be_solved_for_a_dual_between_them_stands_for_both(
    stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two shops limit the same good, worth 3: one more hour in one of them is worth nothing, one less costs 3."""
    problem = ChokeProblem.bare([3.0], [([1.0], -INF, 4), ([1.0], -INF, 4)], {"here": [0], "there": [1]})
    exact_prices = [group.whole for group in group_prices(exact(problem), ranges=False).groups]
    assert [(p.left, p.right, p.both) for p in exact_prices] == [(near(3), near(0), True)] * 2
    if stopped == "iterations":
        monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
        monkeypatch.setattr(resolver, "PIVOTS", 0)
    oracle = exact(problem)
    oracle.plan_value(NO_RELIEF)
    if stopped == "time":
        oracle.budget.cancel()
    one = [group.whole for group in group_prices(oracle, ranges=False).groups]
    assert not all(p.both for p in one)
    assert sum(p.right for p in one) == near(3)  # the duals of both are worth the good
    for price, found in zip(exact_prices, one, strict=True):
        assert price.right <= found.right <= found.left <= price.left


def test_a_bound_of_whole_orders_gains_with_free_orders_and_nothing_with_orders_held():
    """3 orders at most, worth 5 each, and room for 20: two more orders gain 10."""
    bare = ChokeProblem.bare([5.0], [([2.0], -INF, 20)], {}, upper=3, integer=True)
    problem = replace(bare, groups=groups_of([limit(column=0, family="order", entity="line")], [3.0]))
    gain = exact(problem).gain(problem.relief("order:line", units(2)))
    assert (gain.plan, gain.lo, gain.hi) == near((0, 10, 10))
    assert least_step(exact(problem), problem.direction("order:line"), 24.0, 10.0).hi == near(2)


def test_an_order_that_may_be_a_fraction_has_the_price_of_its_bound():
    bare = ChokeProblem.bare([5.0], [([2.0], -INF, 20)], {}, upper=3)
    problem = replace(bare, groups=groups_of([limit(column=0, family="order", entity="line")], [3.0]))
    price = group_prices(exact(problem)).groups[0].whole
    assert (price.left, price.right, price.range_down, price.range_up) == near((5, 5, 3, 7))


# -- the oracle --------------------------------------------------------------------------------------------------------


def test_every_run_can_be_put_again_and_gives_a_value_within_what_it_proved():
    problem = switch()
    oracle = exact(problem)
    oracle.gains([problem.relief("cap", step) for step in STEPS])
    assert {run.question for run in oracle.runs} >= {"fixed", "relaxed", "exact"}
    for run in oracle.runs:
        value = best(replace(problem, matrices=run.change.changed(problem.matrices)))
        assert run.lo - 1e-6 <= value <= run.hi + 1e-6


def test_a_gain_names_the_runs_that_it_rests_on():
    problem = lots()
    oracle = exact(problem)
    gain = oracle.gain(problem.relief("input", units(15)))
    assert gain.runs
    assert all(oracle.runs[i].key == gain.relief.on(problem.matrices).key for i in gain.runs)


def test_what_was_proven_is_not_asked_again():
    problem = complements()
    oracle = exact(problem)
    first = oracle.gain(problem.relief(["cowos", "hbm"], LIFTED))
    before = len(oracle.runs)
    assert oracle.certified(first.relief).lo == first.lo + oracle.base.lo
    assert oracle.improves(first.relief) is True
    assert oracle.improves(NO_RELIEF) is False
    assert len(oracle.runs) == before


def test_lifting_without_gain_proves_all_smaller_steps_without_a_run():
    problem = ChokeProblem.bare([1.0], [([1.0], -INF, 4), ([1.0], -INF, 9)], {"tight": [0], "idle": [1]})
    oracle = exact(problem)
    oracle.gain(problem.relief("idle", LIFTED))
    before = sum(run.question != "fixed" for run in oracle.runs)
    assert oracle.gain(problem.relief("idle", percent(10))).proof == "zero"
    assert sum(run.question != "fixed" for run in oracle.runs) == before


@pytest.mark.parametrize("workers", [2, 3])
def test_several_workers_give_the_answers_of_one(workers):
    problem = switch()
    one, more = exact(problem), exact(problem, workers=workers)
    a, b = (oracle.gains([problem.relief("cap", step) for step in STEPS]) for oracle in (one, more))
    assert [(gain.lo, gain.hi) for gain in a] == [(gain.lo, gain.hi) for gain in b]
    assert group_prices(one) == group_prices(more)
    assert [run.key for run in one.runs if run.question == "exact"] == [
        run.key for run in more.runs if run.question == "exact"
    ]


@pytest.mark.parametrize("name", ["dakota", "wagner-whitin"])
def test_a_study_is_the_same_to_the_last_bit_with_any_number_of_workers(name):
    result = load(f"instances/textbook/{name}").solve()

    def told(workers):
        study = study_of(result.plan, ChokeOptions(draws=2, workers=workers))
        runs = tuple(replace(run, seconds=0.0) for run in study.runs)
        return repr(replace(study, runs=runs, seconds_by_step={}, info=replace(study.info, seconds=0.0, threads=1)))

    one = told(1)
    assert told(2) == one
    assert told(3) == one


def test_after_the_time_is_up_the_answer_is_what_linear_programs_prove():
    """15 more: the plan held gains 0, the relaxation 1250, so nothing is decided, and the search does not begin."""
    problem = lots()
    oracle = exact(problem)
    assert oracle.base == Interval(near(1000), near(1000))
    oracle.searching = False
    gain = oracle.gain(problem.relief("input", units(15)))
    assert (gain.lo, gain.hi, gain.proof) == (near(0), near(250), "undecided")
    assert all(oracle.runs[i].question != "exact" for i in gain.runs)
    assert oracle.improves(problem.relief("input", units(16))) is None
    joint = minimal_sets(oracle, ["input"])
    assert (joint.sets.reaching, joint.sets.complete, joint.sets.open) == ((), False, (("input",),))


def test_a_plan_with_a_bound_is_not_solved_again():
    problem = lots().with_plan(np.array([4.0]), 1000.0)
    oracle = exact(problem)
    assert oracle.base == Interval(1000.0, 1000.0)
    assert {run.question for run in oracle.runs} == {"fixed"}


def test_a_plan_within_a_gap_makes_gains_intervals():
    """The plan is known to within 1000 to 1100, so what 15 more gain (250) lies between 150 and 250."""
    problem = lots().with_plan(np.array([4.0]), 1100.0)
    gain = exact(problem).gain(problem.relief("input", units(15)))
    assert (gain.lo, gain.hi, gain.proof) == (near(150), near(250), "positive")


def test_a_plan_that_is_not_the_best_widens_the_interval_and_proves_nothing_for_small_steps():
    problem = lots().with_plan(np.array([3.0]), 1100.0)
    gain = exact(problem).gain(problem.relief("input", units(1)))
    assert gain.lo == 0
    assert gain.hi >= 250
    assert gain.proof == "undecided"


def test_without_any_plan_the_oracle_says_so():
    with pytest.raises(ValueError, match="There is no plan to begin with"):
        Oracle(infeasible_lines())


def test_a_value_without_limit_is_an_infinite_gain_and_has_no_shares():
    problem = ChokeProblem.bare([1.0], [([1.0], -INF, 4)], {"only": [0]})
    oracle = exact(problem)
    assert oracle.gain(problem.relief("only", LIFTED)).lo == INF
    assert cascade(oracle, ["only"]).end == "no limit is left"
    with pytest.raises(ValueError, match="gains without limit"):
        attribution(oracle, ["only"])


def test_relief_that_takes_as_well_as_gives_may_leave_no_plan():
    """One more of what is lots' input and one less of a row held at zero."""
    problem = ChokeProblem.bare([1.0], [([1.0], 4, 9)], {"band": [0]})
    oracle = exact(problem)
    assert oracle.plan_value(Relief("less", {0: -6.0}, {}, {})) == -INF
    assert oracle.certified(Relief("less", {0: -6.0}, {}, {})) == Interval(-INF, -INF)
    assert oracle.plan_value(NO_RELIEF) == near(9)


# -- searches ----------------------------------------------------------------------------------------------------------


def test_marco_on_a_known_family_of_sets():
    """Reached by {a, b} or {c}: blocked by keeping {a, c} or {b, c}."""
    found = marco("abcd", lambda s: {"a", "b"} <= s or "c" in s)
    assert [f.members for f in found.reaching] == [("c",), ("a", "b")]
    assert [f.members for f in found.blocking] == [("a", "c"), ("b", "c")]
    assert found.complete


def test_marco_where_nothing_reaches_has_the_empty_blocking_set():
    found = marco("ab", lambda s: False)
    assert found.reaching == ()
    assert [f.members for f in found.blocking] == [()]


def test_marco_where_nothing_is_needed_has_the_empty_reaching_set():
    found = marco("ab", lambda s: True)
    assert [f.members for f in found.reaching] == [()]
    assert found.blocking == ()


def test_marco_lists_what_could_not_be_decided():
    """Nobody can tell about {a}; {b} reaches. So {b} is minimal, and what is kept beside b is not proven."""
    found = marco("ab", lambda s: None if s == {"a"} else "b" in s)
    assert [(f.members, f.proven) for f in found.reaching] == [(("b",), True)]
    assert found.open == (("a",),)
    assert not found.complete


def test_marco_stops_at_its_budget_and_says_that_it_is_not_complete():
    found = marco("abcdef", lambda s: len(s) >= 3, most=4)
    assert (found.asked, found.complete) == (4, False)


def test_limits_that_no_plan_touches_are_left_out_of_a_search():
    rows = [([1.0], -INF, 4), ([1.0], -INF, 6), ([1.0], -INF, 99)]
    problem = ChokeProblem.bare([1.0], rows, {"now": [0], "next": [1], "never": [2]}, upper=50)
    assert candidates(exact(problem), ["now", "next", "never"]) == ("now", "next")


def test_shares_of_more_than_ten_limits_are_drawn_and_exact_for_what_adds_up():
    """Eleven limits of worth 1 to 11 that do not work together: every order gives the same, so there is no error."""
    ids = [f"k{i}" for i in range(1, 12)]

    def values(sets):
        return [Interval(v, v) for v in (float(sum(int(i[1:]) for i in s)) for s in sets)]

    found = shapley(ids, values, orders=6, seed=1)
    assert not found.exact
    assert [s.value for s in found.shares] == near([float(i) for i in range(1, 12)])
    assert [s.error for s in found.shares] == near([0.0] * 11)
    assert sum(s.value for s in found.shares) == near(found.total)
    assert all(i.index == near(0) for i in found.interactions)


def test_drawn_shares_sum_to_the_whole_and_the_same_seed_draws_the_same():
    ids = [f"k{i}" for i in range(12)]

    def values(sets):
        return [Interval(float(len(s) ** 2), float(len(s) ** 2)) for s in sets]

    found = shapley(ids, values, orders=5, seed=7)
    assert sum(s.value for s in found.shares) == near(144)
    assert found == shapley(ids, values, orders=5, seed=7)
    assert all(i.index == near(2) for i in found.interactions)  # (s+2)^2 - 2 (s+1)^2 + s^2


def test_a_runner_up_leaves_out_a_limit_of_the_first_package():
    """Worth 1 + 1 each: 3 more come from either room alone; the first costs 3/10, the second 2 * 3/10."""
    rows = [([1.0, 0.0], -INF, 10), ([0.0, 1.0], -INF, 10)]
    problem = ChokeProblem.bare([1.0, 1.0], rows, {"cheap": [0], "dear": [1]})
    found = cheapest_packages(exact(problem), [ReliefCost("cheap", 1.0), ReliefCost("dear", 2.0)], 23.0)
    assert [dict(p.members) for p in found.found] == [{"cheap": near(0.3)}, {"dear": near(0.3)}]
    assert [p.cost for p in found.found] == near([0.3, 0.6])


def test_a_package_with_whole_numbers_held_may_not_reach_what_free_ones_do():
    costs = [ReliefCost("input", 1.0)]
    assert cheapest_packages(exact(lots()), costs, 1250.0).found[0].cost == near(15 / 110)
    assert cheapest_packages(exact(lots()), costs, 1250.0, basis="plan").reachable is False


def test_a_limit_is_idle_where_no_better_plan_needs_it_even_with_a_wide_gap():
    """x <= 6 stands behind 25 x <= 110, so it is idle however poor the plan; the input is not."""
    rows = [([25.0], -INF, 110), ([1.0], -INF, 6)]
    problem = ChokeProblem.bare([250.0], rows, {"input": [0], "spare": [1]}, upper=100, integer=True)
    oracle = exact(problem.with_plan(np.array([3.0]), 1100.0))
    assert idle(oracle, ["input", "spare"]) == {"input": False, "spare": True}
    assert oracle.gain(problem.relief("spare", LIFTED)).proof == "undecided"


def test_frames_have_one_row_for_each_record():
    problem = complements()
    oracle = exact(problem)
    ids = ["cowos", "hbm"]
    found = group_prices(oracle)
    assert list(found.frame["left"]) == near([10, 1.25])
    assert len(found.by_period) == 2
    assert list(minimal_sets(oracle, ids).frame["members"]) == ["cowos + hbm", "cowos", "hbm"]
    assert list(attribution(oracle, ids).frame["value"]) == near([4500, 4500])
    assert list(attribution(oracle, ids).pairs["index"]) == near([9000])
    assert list(cascade(oracle, ids).frame["gain"]) == near([9000])
    direction = Relief("chip", {0: 1.0, 1: 8.0}, {}, {})
    assert list(trace(oracle, direction, 900.0).frame["slope"]) == near([10])
    assert len(value_curve(oracle, direction, 900.0, pieces=2).frame) >= 3
    costs = [ReliefCost("cowos", 1.0), ReliefCost("hbm", 1.0)]
    assert list(cheapest_packages(oracle, costs, 1100.0).frame["share"]) == near([0.1, 0.1])


def test_a_price_along_nothing_is_nothing():
    (price,) = prices(exact(complements()), [NO_RELIEF])
    assert (price.left, price.right) == (0, 0)


def test_an_average_price_of_what_gains_nothing_is_zero():
    found = average_price(exact(complements()), complements().direction("cowos"), 50.0)
    assert (found.lo, found.hi, found.at) == (0, 0, None)


def market_split():
    """Four equations on 40 binaries, each to hit half of its weights, as nearly as possible: minutes of search."""
    dice = np.random.default_rng(5)
    weight = dice.integers(0, 100, (4, 40)).astype(float)
    slack = np.hstack([np.eye(4), -np.eye(4)])
    half = np.floor(weight.sum(1) / 2)
    rows = [([*weight[i], *slack[i]], half[i], half[i]) for i in range(4)]
    cost = [0.0] * 40 + [-1.0] * 8
    return ChokeProblem.bare(
        cost, rows, {"first": [0]}, upper=[1.0] * 40 + [INF] * 8, integer=[True] * 40 + [False] * 8
    )


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where the tests run as a background job, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_stops_a_search_and_leaves_an_oracle_that_answers(heard):
    """The search would take minutes; a Ctrl-C after half a second ends it, and the next question is answered."""
    problem = market_split().with_plan(np.r_[np.zeros(40), market_split().matrices.row_upper, np.zeros(4)], 0.0)
    oracle = exact(problem)
    timer = threading.Timer(0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        oracle.certified(Relief("more", {0: 1.0}, {}, {}))
    value = oracle.plan_value(NO_RELIEF)
    assert time.monotonic() - began < 30  # the search alone has a limit of 60 seconds
    assert value == near(-problem.matrices.row_upper.sum())


@pytest.mark.parametrize(
    "options",
    [
        SolveOptions(gap=0.0, threads=1),
        SolveOptions("compute", gap=0.0, threads=1),
        SolveOptions("least_cost", gap=0.0, threads=1),
        SolveOptions("max_min", gap=0.0, threads=1),
    ],
    ids=lambda o: o.objective,
)
def test_the_problem_of_a_solved_instance_has_its_objective_its_limits_and_its_plan(options):
    """The value of the plan is the objective as reported, with its sign; every registered limit is in a group."""
    net = lower(load(ROOT / "instances" / "tutorial").data)
    solution = solve(net, options)
    problem = ChokeProblem.of(model_tables(net, options.aim), solution)
    assert problem.sign * problem.value(problem.x) == near(solution.objective, rel=1e-6)
    oracle = exact(problem)
    assert problem.sign * oracle.base.lo == near(solution.objective, rel=1e-6)
    entries = sum(len(g) for g in problem.groups)
    assert entries == sum(2 if s.side == "both" else 1 for s in solution.limits)
    for group in problem.groups:
        rows, columns = problem.matrices.n_rows, problem.matrices.n_columns
        assert all(0 <= row < rows for row in group.rows)
        assert all(0 <= column < columns for column in group.columns)


def test_the_base_of_a_step_counts_what_the_plan_adds_to_a_capacity():
    """Two tools of 5 each stand beside 10 from the second period on: 10 % more is 1, then 2."""
    T, ones = 2, np.ones(2)
    net = Network(
        "tools",
        tuple(Period(t, f"P{t + 1}", date(2026, 1 + 3 * t, 1), date(2026, 4 + 3 * t, 1), 0.25, 1.0) for t in range(T)),
        materials=(Material("good", "Good", "unit"),),
        activities=(Activity("make", "Make", "unit"),),
        flows=(Flow("make", "good", 0, ones),),
        uses=(Use("make", "room", 0, ones),),
        resources=(Resource("room", "Room", "unit", "rate", 10 * ones),),
        units=(Unit("tool", "Tool", "tool", upper=np.array([2.0, 0.0])),),
        unit_effects=(UnitEffect("tool", "room", 1, np.array([5.0])),),
        demands=(Demand("want", "Want", "good", 99 * ones, (ValueStep(99 * ones, ones),)),),
    )
    options = SolveOptions(gap=0.0, threads=1)
    problem = ChokeProblem.of(model_tables(net, options.aim), solve(net, options))
    group = problem.group("capacity:room")
    assert group.base.tolist() == near([10, 20])
    assert group.amounts(percent(10)).tolist() == near([1, 2])
    assert group.levers == (Lever("tool", 0.0),)
    assert exact(problem).gain(problem.relief("capacity:room", percent(10))).lo == near(3)


def test_an_infeasible_solution_is_no_problem_of_a_choke_point():
    net = replace(lower(load(ROOT / "instances" / "tutorial").data), demands=())
    options = SolveOptions(gap=0.0, threads=1)
    nothing = replace(solve(net, options), has_plan=False)
    with pytest.raises(ValueError, match="There is no plan"):
        ChokeProblem.of(model_tables(net, options.aim), nothing)

"""The live session, the exact finish, limits of time and Ctrl-C, and reasons why there is no plan."""

import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from model_cases import activity, demand, effect, flow, material, network, resource, seq, unit, use, workshop
from scipy import sparse

from fabopt.model.build import build
from fabopt.network.tables import Budget, Term
from fabopt.solve.budget import TimeBudget
from fabopt.solve.compile import compile_model
from fabopt.solve.diagnose import smallest
from fabopt.solve.finish import linear_answer, weights
from fabopt.solve.matrices import Matrices
from fabopt.solve.options import OptionError, Size, SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.session import Ended, HighsSession, SolverError
from fabopt.solve.solution import Status

approx = pytest.approx


def session(net, **more):
    return HighsSession(compile_model(build(net)), **more)


def hard(items=200, rows=30):
    """A knapsack in many dimensions: a plan is found at once, a proof not within a minute."""
    dice = np.random.default_rng(1)
    ids = [f"p{i}" for i in range(items)]
    weight = dice.integers(10, 1000, (rows, items))
    return network(
        1,
        materials=[material(i) for i in ids],
        activities=[activity(i, 1, upper=seq(1), lot=1.0) for i in ids],
        flows=[flow(i, i, 1, 1) for i in ids],
        uses=[use(i, f"r{k}", weight[k, n], 1) for k in range(rows) for n, i in enumerate(ids)],
        resources=[resource(f"r{k}", float(weight[k].sum()) / 2) for k in range(rows)],
        demands=[demand(f"d-{i}", i, (1,), int(dice.integers(400, 600))) for i in ids],
    )


# -- limits of a run ---------------------------------------------------------------------------------------------------


def test_a_time_limit_counts_for_each_linear_program_though_highs_counts_on(monkeypatch):
    """HiGHS adds up the time of the linear programs of a model, and begins anew with each tree."""
    live = session(hard(10, 2))
    monkeypatch.setattr(live._highs, "getRunTime", lambda: 100.0)
    live.solve(time_limit=7.0)
    assert live._options["time_limit"] == 7.0
    live.relax_integers()
    live.solve(time_limit=7.0)
    assert live._options["time_limit"] == 107.0


def test_a_time_limit_gives_the_incumbent_with_its_gap():
    began = time.monotonic()
    solution = solve(hard(), SolveOptions(time_limit=1.0, gap=0.0))
    assert time.monotonic() - began < 10
    assert solution.status is Status.TIME_LIMIT
    assert solution.has_plan
    assert 0 < solution.gap < 0.2
    assert solution.bound > solution.objective > 0
    assert solution.gap == approx((solution.bound - solution.objective) / solution.objective)
    assert set(np.unique(solution.lots)) == {0.0, 1.0}


def test_ctrl_c_gives_the_incumbent_and_the_old_handler_is_back():
    before = signal.getsignal(signal.SIGINT)

    def stop_at_the_first_plan(_stage, progress):
        if progress.incumbent is not None and progress.seconds > 0.2:
            os.kill(os.getpid(), signal.SIGINT)

    began = time.monotonic()
    solution = solve(hard(), SolveOptions(gap=0.0, time_limit=60), stop_at_the_first_plan)
    assert time.monotonic() - began < 20
    assert solution.status is Status.INTERRUPTED
    assert solution.has_plan
    assert solution.objective > 0
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_the_progress_of_a_user_stops_the_run_and_comes_out_as_it_is():
    def broken(_stage, _progress):
        raise ZeroDivisionError("the user's own")

    with pytest.raises(ZeroDivisionError, match="the user's own"):
        solve(hard(), SolveOptions(gap=0.0, time_limit=30), broken)


def test_progress_tells_plan_bound_and_gap_of_the_stage():
    told = []
    solution = solve(hard(), SolveOptions(gap=0.0, time_limit=2.0), lambda stage, p: told.append((stage, p)))
    assert {stage for stage, _ in told} == {"value"}
    last = told[-1][1]
    assert last.incumbent <= solution.objective + 1e-6
    assert last.bound >= solution.bound - 1e-6
    assert last.gap == approx((last.bound - last.incumbent) / last.incumbent, rel=1e-6)


def test_a_gap_that_is_asked_for_is_kept_and_said():
    solution = solve(hard(40, 8), SolveOptions(gap=0.05, time_limit=60))
    assert solution.status in (Status.WITHIN_GAP, Status.OPTIMAL)
    assert solution.gap <= 0.05


def test_the_number_of_threads_may_change_between_runs():
    net = workshop(2, (4, 4), (9, 9), make={"lot": 1.5})
    values = [solve(net, SolveOptions(threads=threads)).objective for threads in (1, 2, 1, 0)]
    assert values == approx([2 * 3 * 4] * 4)  # two lots of 1.5 in a line of 4


# -- the session -------------------------------------------------------------------------------------------------------


def test_changes_in_place_are_those_of_a_new_model():
    live = session(workshop(2, (4, 4), (9, 9)))
    assert live.solve().objective == approx(2 * 4 * 4)
    capacity = [i for i, label in enumerate(live.matrices.labels) if label[0] == "capacity"]
    live.set_row_bounds(np.array(capacity[:1]), np.array([-np.inf]), np.array([6.0]))
    assert live.solve().objective == approx((6 + 4) * 4)
    make = [int(np.flatnonzero(live.a[[capacity[1]], :].toarray()[0])[0])]
    live.set_coefficients(np.array(capacity[1:]), np.array(make), np.array([0.5]))
    assert live.solve().objective == approx((6 + 8) * 4)
    live.set_costs(live.matrices.cost * 2, offset=100.0)
    assert live.solve().objective == approx(100 + 2 * (6 + 8) * 4)
    live.set_column_bounds(np.array(make), np.array([0.0]), np.array([1.0]))
    assert live.solve().objective == approx(100 + 2 * (6 + 1) * 4)


def test_a_new_coefficient_where_there_was_none_is_entered():
    live = session(workshop(2, (4, 4), (9, 9)))
    first, second = (i for i, label in enumerate(live.matrices.labels) if label[0] == "capacity")
    start = int(np.flatnonzero(live.a[[first], :].toarray()[0])[0])
    live.set_coefficients(np.array([second]), np.array([start]), np.array([1.0]))
    assert live.a.toarray()[second, start] == 1
    assert live.solve().objective == approx(4 * 4)


def test_prices_come_only_from_a_linear_program_and_have_the_sign_of_a_gain():
    live = session(workshop(1, (4,), (9,), make={"lot": 2.0}))
    mixed = live.solve()
    assert mixed.row_price is None
    live.hold_integers(mixed.x)
    held = live.solve()
    assert held.objective == approx(16)
    assert held.row_price is not None
    live.release_integers()
    assert live.solve().row_price is None
    free = session(workshop(1, (4,), (9,)))
    price = dict(zip((label[0] for label in free.matrices.labels), free.solve().row_price, strict=True))
    assert price == approx({"balance": 5, "capacity": 4, "demand": 0})


def test_whole_numbers_are_exact_after_rounding():
    live = session(workshop(1, (4,), (9,), make={"lot": 2.0}))
    x = live.solve().x
    live.hold_integers(x + 1e-7)
    lots = np.flatnonzero(live.matrices.integer)
    assert live.solve().x[lots].tolist() == [2.0]
    with pytest.raises(SolverError, match="held already"):
        live.hold_integers(x)


def test_a_basis_can_be_kept_and_given_back():
    live = session(workshop(2, (4, 4), (9, 9)))
    live.solve()
    basis = live.basis
    again = session(workshop(2, (4, 4), (9, 9)))
    again.basis = basis
    assert again.solve().objective == approx(32)


def test_an_option_that_the_solver_does_not_know_is_refused():
    with pytest.raises(SolverError, match="refuses the value 1 for its option 'no_such_option'"):
        session(workshop(1, (1,), (1,))).set_option("no_such_option", 1)


def test_a_violation_is_seen_in_rows_bounds_and_whole_numbers():
    live = session(workshop(1, (4,), (9,), make={"lot": 2.0}))
    x = live.solve().x
    assert live.violation(x) < 1e-9
    lots = int(np.flatnonzero(live.matrices.integer)[0])
    half = x.copy()
    half[lots] += 0.25
    assert live.violation(half) >= 0.25
    assert live.violation(x - 1.0) >= 1.0


def test_weights_of_the_tie_break_are_positive_and_all_different():
    w = weights(50_000)
    assert (w >= 1).all()
    assert len(np.unique(w)) == len(w)


def test_a_network_of_nothing_has_an_empty_plan():
    solution = solve(network(1))
    assert solution.status is Status.OPTIMAL
    assert solution.objective == 0
    stuck = solve(network(1, materials=[material("waste", opening=3.0, disposal_cost=None)]))
    assert stuck.status is Status.INFEASIBLE
    assert [(c.entity, c.amount) for c in stuck.conflicts if c.kind == "shortage"] == [("waste", approx(3))]


# -- no plan -----------------------------------------------------------------------------------------------------------


def test_a_required_demand_beyond_capacity_is_named_with_its_shortage():
    solution = solve(workshop(2, (4, 9), (9, 9), wants={"required": True}))
    assert solution.status is Status.INFEASIBLE
    assert not solution.has_plan
    shortage = [c for c in solution.conflicts if c.kind == "shortage"]
    assert [(c.family, c.entity, c.period, c.amount) for c in shortage] == [("demand", "shop", "P1", approx(5))]
    assert shortage[0].sentence == "Demand of Shop in P1 exactly 9 unit; it is missed by 5 unit."
    clash = {(c.family, c.entity) for c in solution.conflicts if c.kind == "conflict"}
    assert clash == {("demand", "shop"), ("capacity", "line")}


def test_the_conflict_leaves_out_what_has_nothing_to_do_with_it():
    # Another line and its customer are as they should be; a budget forbids the tool that would help.
    net = workshop(
        1,
        (4,),
        (9,),
        wants={"required": True},
        materials=[material("cars")],
        activities=[activity("weld", 1)],
        flows=[flow("weld", "cars", 1, 1)],
        uses=[use("weld", "robot", 1, 1)],
        resources=[resource("robot", 4)],
        demands=[demand("driver", "cars", (4,), 1, required=True)],
        units=[unit("tool", 1, cost=8, upper=9)],
        unit_effects=[effect("tool", "line", (1,))],
        budgets=[Budget("purse", "Purse", ((0,),), seq(30), (Term("unit", "tool", seq(8)),))],
    )
    solution = solve(net)
    clash = {(c.family, c.entity) for c in solution.conflicts if c.kind == "conflict"}
    assert clash == {("demand", "shop"), ("capacity", "line"), ("budget", "purse")}


def test_when_only_whole_numbers_conflict_it_is_said():
    # 30 wanted exactly, in lots of 25, and nothing may be thrown away.
    net = workshop(1, (99,), (30,), goods={"disposal_cost": None}, wants={"required": True}, make={"lot": 25.0})
    solution = solve(net)
    assert solution.status is Status.INFEASIBLE
    assert solution.conflicts[0].kind == "whole_numbers"
    assert "only the integers conflict" in solution.conflicts[0].sentence
    assert [c.amount for c in solution.conflicts if c.kind == "shortage"] == approx([5])


def test_a_value_without_limit_is_named():
    net = network(
        1,
        materials=[material("gold", storable=True, terminal_value=9.0)],
        activities=[activity("mine", 1, 1)],
        flows=[flow("mine", "gold", 1, 1)],
    )
    solution = solve(net)
    assert solution.status is Status.UNBOUNDED
    assert not solution.has_plan
    assert [c.sentence for c in solution.conflicts] == [
        "The value grows without limit along Mine: each unit gains 8; give an upper level or a capacity."
    ]


def test_the_smallest_set_is_found_by_leaving_out_ever_smaller_parts():
    groups = [np.array([i]) for i in range(20)]
    needed = {3, 11, 12}
    asked = []

    def clashes(kept):
        asked.append(len(kept))
        return needed <= {int(g[0]) for g in kept}

    kept = smallest(groups, clashes, TimeBudget(60))
    assert {int(g[0]) for g in kept} == needed
    assert len(asked) < 60
    assert len(smallest(groups, clashes, TimeBudget(0))) == 20


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"objective": "profit"}, "There is no objective 'profit'; fabopt knows value, compute"),
        ({"time_limit": 0.0}, "time limit must be a positive number of seconds, not 0"),
        ({"time_limit": float("nan")}, "time limit must be a positive number"),
        ({"gap": 1.0}, "gap must be a share from 0 to below 1, not 1"),
        ({"gap": -0.1}, "gap must be a share"),
        ({"threads": -1}, "must not be negative"),
        ({"objective": "time_to_compute", "target": float("inf")}, "needs a target"),
        ({"measure": "weekly"}, "'cumulative' or 'rate', not 'weekly'"),
    ],
)
def test_options_without_sense_are_refused_with_a_sentence(options, sentence):
    with pytest.raises(OptionError, match=sentence):
        SolveOptions(**options)


@pytest.mark.parametrize(("columns", "gap"), [(1, 1e-6), (999, 1e-6), (1_000, 1e-4), (9_999, 1e-4), (10_000, 5e-4)])
def test_the_gap_follows_the_size_of_the_program_where_nobody_asks_for_one(columns, gap):
    sized = SolveOptions().sized(columns)
    assert (sized.asked, sized.gap_from) == (gap, "size")
    asked = SolveOptions(gap=0.3, gap_from="instance").sized(columns)
    assert (asked.asked, asked.gap_from) == (0.3, "instance")


def test_a_gap_that_depends_on_a_size_that_is_not_known_is_no_number():
    with pytest.raises(OptionError, match="before the size of the program is"):
        _ = SolveOptions().asked


def test_a_small_program_is_proved_best_where_nobody_asks_for_a_gap():
    """Whole lots of 1.5 against tools of 4: its first plan is not its best."""
    solution = solve(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    assert (solution.options.gap, solution.options.gap_from) == (1e-6, "size")
    assert solution.status is Status.OPTIMAL


def test_a_run_says_its_size_its_versions_and_what_the_solver_said():
    solution = solve(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    assert solution.size == Size(rows=8, columns=6, integers=2, nonzeros=12)
    assert solution.coefficients == (1.0, 1.5)
    assert "Coefficient ranges" in solution.log
    assert solution.seconds > 0
    assert solution.stages[0].ended is Ended.OPTIMAL


def test_solving_afresh_gives_the_same_answer_and_leaves_the_options_as_they_were():
    live = session(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    live.hold_integers(np.zeros(len(live.cost)))
    first = live.solve()
    again = live.solve_afresh()
    assert again.ended is Ended.OPTIMAL
    assert again.objective == approx(first.objective)
    assert (
        live._highs.getOptionValue("simplex_scale_strategy")[1]
        == session(workshop(1, (4,), (9,)))._highs.getOptionValue("simplex_scale_strategy")[1]
    )


def test_the_simplex_method_from_nothing_is_the_last_way(monkeypatch):
    live = session(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    live.hold_integers(np.zeros(len(live.cost)))
    right = live.solve()
    solved, methods = HighsSession.solve, []

    def failing(self, **more):
        outcome = solved(self, **more)
        methods.append(self._highs.getOptionValue("solver")[1])
        if methods[-1] != "simplex":
            raise SolverError("HiGHS failed.")
        return outcome

    monkeypatch.setattr(HighsSession, "solve", failing)
    assert linear_answer(live).objective == approx(right.objective)
    assert methods == ["choose", "choose", "simplex"]


@pytest.mark.parametrize(("large", "begun", "afresh"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_from_a_basis_a_large_program_takes_so_many_pivots_and_then_begins_from_nothing(
    large, begun, afresh, monkeypatch
):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0 if large else 10**6)
    monkeypatch.setattr("fabopt.solve.finish.PIVOTS", 0)
    live = session(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    live.relax_integers()
    right = live.solve().objective
    if not begun:
        live = session(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
        live.relax_integers()
    nothing, asked = HighsSession.solve_from_nothing, []
    monkeypatch.setattr(HighsSession, "solve_from_nothing", lambda self: asked.append(1) or nothing(self))
    assert linear_answer(live).objective == approx(right)
    assert len(asked) == afresh


@pytest.mark.parametrize("gives_up", [False, True])
def test_what_breaks_a_row_or_makes_the_solver_give_up_is_solved_once_more(monkeypatch, gives_up):
    """HiGHS may call an answer optimal that breaks a row where the program was scaled, or fail in its last pivots."""
    right = solve(workshop(2, (4, 4), (9, 9), make={"lot": 1.5})).objective
    solved = HighsSession.solve
    spoilt = []

    def spoiling(self, **more):
        outcome = solved(self, **more)
        if not self.integer.any() and not spoilt and outcome.x is not None:
            spoilt.append(outcome)
            if gives_up:
                raise SolverError("HiGHS failed.")
            return replace(outcome, x=outcome.x + 1.0)
        return outcome

    monkeypatch.setattr(HighsSession, "solve", spoiling)
    plan = solve(workshop(2, (4, 4), (9, 9), make={"lot": 1.5}))
    assert spoilt
    assert plan.objective == approx(right)


# -- the value alone ---------------------------------------------------------------------------------------------------


def small(cost, upper, rows=(), offset=0.0):
    """Columns from 0, rows a x <= b."""
    a = sparse.csc_array(np.array([row for row, _ in rows], dtype=float).reshape(len(rows), len(cost)))
    limit = np.array([b for _, b in rows], dtype=float)
    n = len(cost)
    return HighsSession(
        Matrices(
            a=a, row_lower=np.full(len(rows), -np.inf), row_upper=limit, column_lower=np.zeros(n),
            column_upper=np.full(n, upper), cost=np.array(cost, dtype=float), integer=np.zeros(n, dtype=bool),
            offset=offset, labels=tuple(("row", (str(i),)) for i in range(len(rows))),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("program", "value"),
    [
        (small([3, 2], np.inf, [([1, 1], 4), ([1, 3], 6)], offset=5.0), 17.0),
        (small([3, 2], np.inf), np.inf),
        (small([3], np.inf, [([1], -1)]), -np.inf),
        (small([], np.inf, offset=2.0), 2.0),
        (small([], np.inf, [([], -1)]), -np.inf),
    ],
    ids=["optimal", "unbounded", "infeasible", "nothing to decide", "nothing to decide, infeasible"],
)
def test_the_value_alone_is_that_of_the_plan_and_infinite_without_one(program, value):
    assert program.value() == approx(value)
    assert program.value() == approx(value)  # from the basis

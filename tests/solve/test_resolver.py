"""What is asked of live programs in any order equals what a program made anew and solved from nothing gives."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from fabopt.solve import resolver as module
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, SolverError
from fabopt.solve.perturbation import (
    NOTHING,
    Growth,
    Perturbation,
    Values,
    aimed_at,
    between,
    bounds_at,
    numbers_at,
    row_more,
    sides_at,
)
from fabopt.solve.resolver import Resolver, worth
from fabopt.solve.session import HighsSession

INF = np.inf
SEEDS = range(25)


def program(seed, rows=5, columns=8):
    """Some goods from some inputs: half of the amounts whole, all of them bounded."""
    dice = np.random.default_rng(seed)
    a = dice.integers(0, 5, (rows, columns)) * dice.integers(0, 2, (rows, columns)).astype(float)
    return Matrices(
        a=sparse.csc_array(a),
        row_lower=np.full(rows, -INF),
        row_upper=dice.integers(3, 30, rows).astype(float),
        column_lower=np.zeros(columns),
        column_upper=dice.integers(1, 9, columns) + 0.5 * dice.integers(0, 2, columns),
        cost=dice.integers(-2, 9, columns).astype(float),
        integer=np.arange(columns) % 2 == 0,
        offset=3.0,
        labels=tuple(("row", (str(i),)) for i in range(rows)),
    )


def change(m, dice):
    """A few numbers of each sort moved, and at times a new column and a new row."""
    columns, rows = m.n_columns, m.n_rows
    some = np.sort(dice.choice(columns, 2, replace=False))
    most = m.column_upper[some] + dice.integers(-1, 3, 2)
    found = numbers_at(m, some, dice.integers(-2, 9, 2).astype(float))
    found = found.then(bounds_at(m, some, np.zeros(2), np.maximum(most, 0.0)))
    at = np.sort(dice.choice(rows, 2, replace=False))
    found = found.then(sides_at(m, at, np.full(2, -INF), m.row_upper[at] + dice.integers(-3, 9, 2)))
    if dice.random() < 0.5:
        place = np.array([at[0] + rows * some[0], at[1] + rows * some[1]])
        old = m.a.toarray()[at, some]
        found = found.then(Perturbation(entries=Values(place, old, dice.integers(0, 4, 2).astype(float)), n_rows=rows))
    if dice.random() < 0.5:
        found = found.then(Perturbation(growth=grown(m, dice)))
    return found


def grown(m, dice):
    """One more good, whole at times, and one more input that it needs too."""
    return Growth(
        columns=sparse.csc_array(dice.integers(0, 3, (m.n_rows, 1)).astype(float)),
        cost=dice.integers(0, 9, 1).astype(float),
        column_lower=np.zeros(1),
        column_upper=np.array([4.0]),
        integer=dice.random(1) < 0.5,
        rows=sparse.csr_array(dice.integers(0, 3, (1, m.n_columns + 1)).astype(float)),
        row_lower=np.array([-INF]),
        row_upper=dice.integers(2, 20, 1).astype(float),
    )


def best(m, integer):
    """The value by scipy."""
    found = milp(
        -m.cost,
        constraints=LinearConstraint(m.a, m.row_lower, m.row_upper),
        bounds=Bounds(m.column_lower, m.column_upper),
        integrality=np.asarray(integer).astype(int),
        options={"mip_rel_gap": 0.0},
    )
    return m.offset - found.fun if found.success else -INF


def asked_cold(m, plan, moved, mode):
    """The value of a changed program by scipy, made anew; integers of the program fixed at the plan's values."""
    there = moved.changed(m)
    if mode == "exact":
        return best(there, there.integer)
    integer = there.integer.copy()
    integer[: m.n_columns] = False
    low, high = there.column_lower.copy(), there.column_upper.copy()
    if mode == "fixed":
        for j in np.flatnonzero(m.integer).tolist():
            low[j] = high[j] = min(max(round(plan[j]), math.ceil(low[j])), math.floor(high[j]))
    return best(replace(there, column_lower=low, column_upper=high), integer)


def of(m, **more):
    first = HighsSession(m).solve()
    return Resolver(m, first.x, **more), first.x


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_any_sequence_of_questions_has_the_values_of_programs_made_anew(seed, large, monkeypatch):
    if large:
        monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    m, dice = program(seed), np.random.default_rng(1000 + seed)
    resolver, plan = of(m, gap=0.0)
    for _ in range(12):
        moved, mode = change(m, dice), dice.choice(["fixed", "relaxed", "exact"])
        found = worth(resolver.ask(moved, mode, hot=bool(dice.integers(2))))
        assert found == pytest.approx(asked_cold(m, plan, moved, mode), abs=1e-6), mode


@pytest.mark.parametrize("seed", SEEDS)
def test_fixed_is_no_more_than_exact_and_exact_no_more_than_relaxed(seed):
    m, dice = program(seed), np.random.default_rng(2000 + seed)
    resolver, _ = of(m, gap=0.0)
    for _ in range(6):
        moved = change(m, dice)
        low, middle, high = (worth(resolver.ask(moved, mode)) for mode in ("fixed", "exact", "relaxed"))
        assert low <= middle + 1e-6
        assert middle <= high + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_undoing_leaves_the_session_as_it_was_to_the_last_bit(seed):
    m, dice = program(seed), np.random.default_rng(3000 + seed)
    session = HighsSession(m)
    before = program(seed)
    for _ in range(5):
        moved = change(m, dice)
        moved.apply(session)
        there = moved.changed(m)
        for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "integer"):
            assert np.array_equal(getattr(session, name), getattr(there, name)), name
        assert (session.a != there.a).nnz == 0
        session.solve()
        moved.undo(session)
        after = session.snapshot()
        for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "integer"):
            assert getattr(after, name).tobytes() == getattr(before, name).tobytes(), name
        assert (after.a != before.a).nnz == 0
        assert np.array_equal(session.column_unit, HighsSession(m).column_unit)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_difference_of_two_programs_leads_from_one_to_the_other(seed):
    m, dice = program(seed), np.random.default_rng(4000 + seed)
    there = change(m, dice).changed(m)
    again = between(m, there).changed(m)
    for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "integer"):
        assert np.array_equal(getattr(again, name), getattr(there, name)), name
    assert (again.a != there.a).nnz == 0


def test_of_two_perturbations_the_later_one_counts_and_the_key_says_what_is_made_of_the_program():
    m = program(1)
    one, two = (sides_at(m, np.array([0, k]), np.full(2, -INF), np.array([7.0, 8.0])) for k in (1, 2))
    both = one.then(two)
    assert both.changed(m).row_upper[:3].tolist() == [7.0, 8.0, 8.0]
    assert both.key == two.then(one).key
    assert both.key != one.key
    other = sides_at(m, np.array([0]), np.array([-INF]), np.array([9.0]))
    assert one.then(other).key != one.key
    assert one.then(other).changed(m).row_upper[0] == 9.0
    assert one.then(other).rows.old[-1, 1] == m.row_upper[0]
    further = sides_at(one.changed(m), np.array([0]), np.array([-INF]), np.array([9.0]))  # of what the first has made
    assert one.then(further).key == one.then(other).key
    assert one.then(further).rows.old[-1, 1] == m.row_upper[0]
    assert Perturbation(free=np.array([0])).key != NOTHING.key


def test_an_integer_that_is_let_go_moves_while_the_others_are_fixed():
    # Two of each is the plan (4 pieces of input, 2 each); with 9 more pieces only what is free can take them up.
    m = replace(
        program(0, 1, 2), a=sparse.csc_array(np.ones((1, 2))), row_upper=np.array([4.0]), cost=np.array([3.0, 2.0]),
        column_upper=np.array([2.0, 9.0]), integer=np.array([True, True]), offset=0.0,
    )  # fmt: skip
    resolver = Resolver(m, np.array([2.0, 2.0]))
    more = sides_at(m, np.array([0]), np.array([-INF]), np.array([7.5]))
    assert resolver.value(more) == pytest.approx(10.0)
    assert resolver.value(more.then(Perturbation(free=np.array([1])))) == pytest.approx(6.0 + 2.0 * 5.5)
    fewer = bounds_at(m, np.array([0]), np.zeros(1), np.ones(1))
    assert resolver.value(more.then(fewer)) == pytest.approx(3.0 + 4.0)  # held at the nearest that is allowed


def test_what_has_no_price_is_not_asked_and_what_was_asked_is_not_asked_again(monkeypatch):
    m = replace(program(3), row_upper=np.array([500.0, 9.0, 500.0, 500.0, 500.0]))
    m = replace(m, a=sparse.csc_array(m.a.toarray() + (np.arange(5) == 1)[:, None]), cost=np.abs(m.cost) + 1.0)
    resolver, _ = of(m)
    asked = []
    answer = module.linear_answer
    monkeypatch.setattr(module, "linear_answer", lambda *a, **k: asked.append(1) or answer(*a, **k))
    value = resolver.value(mode="relaxed")
    assert len(asked) == 1
    slack = sides_at(m, np.array([0]), np.array([-INF]), np.array([600.0]))
    assert resolver.value(slack, "relaxed") == value
    assert len(asked) == 1
    tight = sides_at(m, np.array([1]), np.array([-INF]), np.array([10.0]))
    assert resolver.value(tight, "relaxed") > value
    assert resolver.value(tight, "relaxed") > value
    assert resolver.twin().value(tight, "relaxed") > value  # a twin has the anchor and the memory
    assert len(asked) == 2


def test_a_search_is_left_out_where_the_two_linear_programs_meet(monkeypatch):
    m = replace(program(5), integer=np.zeros(8, dtype=bool))
    m.integer[0] = True
    resolver, _ = of(m, gap=0.5)
    monkeypatch.setattr(Resolver, "search", None)
    assert resolver.ask(NOTHING, "exact").bound >= resolver.value() - 1e-9


def test_without_time_for_a_search_both_ends_are_those_of_the_linear_programs():
    for seed in SEEDS:
        m = program(seed)
        resolver, _ = of(m, gap=0.0)
        moved = change(m, np.random.default_rng(seed))
        found = resolver.ask(moved, "exact", seconds=0.0)
        if found.ended is Ended.TIME_LIMIT:
            assert found.bound == pytest.approx(resolver.value(moved, "relaxed"))
            assert worth(found) == pytest.approx(resolver.value(moved))
            return
    raise AssertionError("every program was answered without a search")


WAYS = ("solve", "solve_afresh", "solve_from_nothing", "solve_by_simplex")


@pytest.mark.parametrize("fails", range(1, 5))
def test_where_the_solver_gives_up_the_next_way_is_tried(fails, monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    m = program(7)
    resolver, plan = of(m)
    resolver.anchor("fixed")
    moved = sides_at(m, np.arange(5), np.full(5, -INF), m.row_upper - 1.0)
    tried = []
    depth = [0]

    def failing(name, way):
        def asked(self, *given, **more):
            if depth[0]:  # one way by another
                return way(self, *given, **more)
            tried.append(name)
            if len(tried) <= fails:
                raise SolverError("HiGHS ended with 'Unknown', not with an answer.")
            depth[0] += 1
            try:
                return way(self, *given, **more)
            finally:
                depth[0] -= 1

        return asked

    for name in WAYS:
        monkeypatch.setattr(HighsSession, name, failing(name, getattr(HighsSession, name)))
    if fails == len(WAYS):
        with pytest.raises(SolverError):
            resolver.ask(moved)
        tried.extend(WAYS)
        assert worth(resolver.ask(moved)) == pytest.approx(asked_cold(m, plan, moved, "fixed"))  # in a new session
        return
    assert worth(resolver.ask(moved)) == pytest.approx(asked_cold(m, plan, moved, "fixed"))
    assert tuple(tried) == WAYS[: fails + 1]


def test_a_large_program_that_takes_too_many_pivots_is_solved_from_nothing(monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    monkeypatch.setattr(module, "PIVOTS", 1)
    cold = []
    nothing = HighsSession.solve_from_nothing
    monkeypatch.setattr(HighsSession, "solve_from_nothing", lambda s, *a, **k: cold.append(1) or nothing(s, *a, **k))
    m = program(2, 12, 20)
    resolver, plan = of(m)
    moved = numbers_at(m, np.arange(20), m.cost[::-1].copy())
    assert worth(resolver.ask(moved, "relaxed")) == pytest.approx(asked_cold(m, plan, moved, "relaxed"))
    assert cold


@pytest.mark.parametrize("seed", SEEDS)
def test_limits_of_a_large_program_are_taken_away_by_steps_and_are_worth_what_they_are_without_them(seed, monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    m, dice = program(seed), np.random.default_rng(5000 + seed)
    resolver, plan = of(m)
    for count in (1, 2, 4):
        at = np.sort(dice.choice(5, count, replace=False))
        moved = sides_at(m, at, np.full(count, -INF), np.full(count, INF))
        for mode in ("fixed", "relaxed"):
            assert worth(resolver.ask(moved, mode)) == pytest.approx(asked_cold(m, plan, moved, mode)), mode


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("mode", ["fixed", "relaxed", "exact"])
def test_an_answer_depends_on_the_question_and_its_way_alone(large, mode, monkeypatch):
    """Asked in another order, by a twin, after chains, after new rows and columns: the same to the last bit."""
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0 if large else 10**6)
    m, dice = program(11, 12, 20), np.random.default_rng(0)
    steps = [replace(change(m, dice), growth=None) for _ in range(12)]
    todo = [(q, tuple(steps[i] for i in dice.integers(0, 12, n % 3))) for n, q in enumerate(steps)]
    one, plan = of(m)
    other = Resolver(m, plan)
    there = [one.ask(q, mode, via=way) for q, way in todo]
    for n, (q, way) in reversed(list(enumerate(todo))):
        asked = (other, other.twin())[n % 2]
        asked.ask(steps[n - 1].then(Perturbation(growth=grown(m, dice))), mode)
        if mode != "exact":
            asked.begin(mode)
            asked.ask(steps[n - 2], mode, hot=True)
        again = asked.ask(q, mode, via=way)
        assert (again.ended, again.objective, again.bound) == (there[n].ended, there[n].objective, there[n].bound)
        assert (again.x is None) or again.x.tobytes() == there[n].x.tobytes()


def test_a_chain_is_the_same_whatever_is_in_memory():
    m, dice = program(11, 12, 20), np.random.default_rng(1)
    steps = [replace(change(m, dice), growth=None) for _ in range(6)]
    one, plan = of(m)
    other = Resolver(m, plan)
    for q in steps:
        other.ask(q, "relaxed")
    for asked in (one, other):
        asked.begin("relaxed")
    chains = [[asked.ask(q, "relaxed", hot=True) for q in steps] for asked in (one, other)]
    assert [a.objective for a in chains[0]] == [b.objective for b in chains[1]]
    assert all(a.x is None or a.x.tobytes() == b.x.tobytes() for a, b in zip(*chains, strict=True))


def test_on_its_way_a_question_of_a_large_program_begins_where_the_one_before_ended(monkeypatch):
    """With 25 and 26 of a row more there is one optimal basis: from one to the other there is nothing to pivot."""
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    m = replace(program(3), integer=np.zeros(8, dtype=bool))
    resolver, _ = of(m)
    first, second = (
        sides_at(m, np.arange(5), np.full(5, -INF), m.row_upper + more * np.arange(1.0, 6.0)) for more in (5.0, 5.001)
    )
    begun = []
    restart = HighsSession.restart
    monkeypatch.setattr(HighsSession, "restart", lambda self, basis: begun.append(basis) or restart(self, basis))
    resolver.ask(first, "relaxed")
    after = resolver.session("relaxed").basis
    found = resolver.ask(second, "relaxed", via=(first,))
    assert worth(found) == pytest.approx(asked_cold(m, None, second, "relaxed"))
    assert len(begun) == 2
    assert (list(begun[1].col_status), list(begun[1].row_status)) == (list(after.col_status), list(after.row_status))
    assert list(begun[1].col_status) != list(begun[0].col_status)


def test_after_a_run_without_scaling_a_linear_program_is_loaded_anew_at_its_basis(monkeypatch):
    session, begun = HighsSession(replace(program(3), integer=np.zeros(8, dtype=bool))), []
    restart = HighsSession.restart
    monkeypatch.setattr(HighsSession, "restart", lambda self, basis: begun.append(basis) or restart(self, basis))
    value = session.solve().objective
    assert session.solve_afresh().objective == pytest.approx(value)
    assert begun == []
    assert session.solve().objective == pytest.approx(value)
    assert session.solve().objective == pytest.approx(value)
    assert len(begun) == 1
    assert begun[0].valid


def test_sides_that_cross_leave_no_plan():
    m = program(4)
    resolver, _ = of(m)
    crossed = bounds_at(m, np.array([1]), np.array([2.0]), np.array([1.0]))
    for mode in ("fixed", "relaxed", "exact"):
        assert resolver.ask(crossed, mode).ended is Ended.INFEASIBLE
    assert resolver.slope(crossed) == -INF
    assert resolver.value() == pytest.approx(worth(resolver.ask(NOTHING, "fixed")))


def test_a_linear_program_that_time_ends_has_no_answer_and_none_is_kept():
    m = program(9)
    _, plan = of(m)
    budget = TimeBudget()
    resolver = Resolver(m, plan, budget=budget)
    moved = sides_at(m, np.arange(5), np.full(5, -INF), m.row_upper - 1.0)
    value = Resolver(m, plan).value(moved)
    resolver.anchor("fixed")
    ended, HighsSession._run = HighsSession._run, lambda *_: (Ended.TIME_LIMIT, 0.0)
    try:
        with pytest.raises(OutOfTimeError):
            resolver.ask(moved)
    finally:
        HighsSession._run = ended
    assert resolver.value(moved) == pytest.approx(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_objective_is_met_first_and_kept_by_a_row_of_its_own(seed):
    m, dice = program(seed), np.random.default_rng(5000 + seed)
    resolver, _ = of(m, gap=0.0)
    other = dice.integers(0, 9, m.n_columns).astype(float)
    most = worth(resolver.ask(aimed_at(m, other), "exact"))
    assert most == pytest.approx(best(replace(m, cost=other, offset=0.0), m.integer), abs=1e-6)
    kept = worth(resolver.ask(row_more(m, other, 0.8 * most, INF), "exact"))
    a = sparse.csc_array(sparse.vstack([m.a, sparse.csr_array([other])]))
    lower, upper = np.append(m.row_lower, 0.8 * most), np.append(m.row_upper, INF)
    assert kept == pytest.approx(best(replace(m, a=a, row_lower=lower, row_upper=upper), m.integer), abs=1e-5)


@pytest.mark.parametrize("plan", [None, 1e3])
def test_a_search_that_ends_with_what_is_no_plan_proves_nothing(plan, monkeypatch):
    """HiGHS calls it optimal, without values or with such as break every bound."""
    m = program(1)
    resolver, solve = of(m)[0], HighsSession.solve

    def solved(self, **more):
        x = None if plan is None else np.full(m.n_columns, plan)
        return replace(solve(self, **more), x=x, objective=None if plan is None else 99.0)

    monkeypatch.setattr(HighsSession, "solve", solved)
    found = resolver.search()
    assert (found.x, found.objective, found.bound) == (None, None, None)
    assert found.ended is Ended.TIME_LIMIT

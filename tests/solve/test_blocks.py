"""Relax-and-fix and the rolling horizon: no better than the best plan, bounded from above, exact in one block."""

from dataclasses import replace

import numpy as np
import pytest
from random_networks import random_network
from scipy import sparse

from fabopt.model.families import ModelError
from fabopt.model.tables import model_tables
from fabopt.solve.blocks import cut, relax_and_fix, rolling
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.options import OptionError, SolveOptions
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.run import solve
from fabopt.solve.search import Structure, search, structure
from fabopt.solve.session import HighsSession
from fabopt.solve.solution import Status

WAYS = ("relax-and-fix", "rolling")


def program(cost, rows, lower, upper, most, integer):
    """A program that maximises ``cost``, with columns from 0 to ``most``."""
    a = sparse.csc_array(np.array(rows, dtype=float))
    n = len(cost)
    return Matrices(
        a, np.array(lower, float), np.array(upper, float), np.zeros(n), np.array(most, float), np.array(cost, float),
        np.array(integer, bool), 0.0, (("row", ("x",)),) * len(lower),
    )  # fmt: skip


def shape(period):
    n = len(period)
    return Structure(np.zeros(n, bool), np.zeros(0, np.int64), np.array(period), ())


def by_blocks(matrices, period, way, blocks):
    return search(HighsSession(matrices), shape(period), by_blocks=(way, blocks))


def step(part, _):
    session = HighsSession(part)
    return session.solve()


PAIRS = program([-1, 0, 2], [[1, -2, 0], [-1, 0, 1]], [0, -np.inf], [0, 0], [3, 9, 1], [True, True, False])
"""What is ordered first comes in pairs that are counted later, and only the first one earns: with half a pair one is
best and worth 2 - 1, with whole pairs none and two are, worth nothing."""


def test_a_block_that_leaves_no_plan_is_joined_with_the_one_before_it():
    blocked = relax_and_fix(PAIRS, np.array([0, 1, 0]), 2, step)
    assert blocked.joined == 1
    assert blocked.ended is Ended.OPTIMAL
    assert PAIRS.cost @ blocked.x == pytest.approx(0.0, abs=1e-9)
    assert PAIRS.a @ blocked.x == pytest.approx([0.0, blocked.x[2] - blocked.x[0]], abs=1e-9)
    # Joined they are the program itself, whose bound is less than the 1 of the first block alone.
    assert blocked.bound == pytest.approx(0.0, abs=1e-9)


def test_the_first_block_bounds_the_program_and_no_later_one_does():
    # Two of three goods a period; 1.5 units of room: relaxed 1.5 each, whole 1 each. Room that is not used is kept.
    room = program([1, 1], [[1, 0], [1, 1]], [-np.inf] * 2, [1.5, 3.0], [9, 9], [True, True])
    blocked = relax_and_fix(room, np.array([0, 1]), 2, step)
    assert room.cost @ blocked.x == pytest.approx(3.0)
    assert blocked.bound == pytest.approx(3.0)  # 1 now and 2 later
    tight = program([1, 1], [[1, 0], [1, 1]], [-np.inf] * 2, [1.5, 2.9], [9, 9], [True, True])
    blocked = relax_and_fix(tight, np.array([0, 1]), 2, step)
    assert tight.cost @ blocked.x == pytest.approx(2.0)
    assert blocked.bound == pytest.approx(2.9)  # 1 now and 1.9 later, not the 2 of the last block


@pytest.mark.parametrize("way", WAYS)
def test_a_program_that_only_its_integers_make_impossible_is_told_as_infeasible(way):
    odd = program([1, 1], [[2, -2]], [1], [1], [9, 9], [True, True])
    assert by_blocks(odd, [0, 1], way, 2).ended is Ended.INFEASIBLE


def test_what_comes_after_a_window_pays_its_price():
    # An order in the first period costs 3 and earns 5 a period in the last two; alone in its window it earns nothing.
    late = program([-3, 5, 5], [[-1, 1, 0], [-1, 0, 1]], [-np.inf] * 2, [0, 0], [1, 1, 1], [True, True, True])
    period = np.array([0, 1, 2])
    relaxed = HighsSession(
        program(late.cost, late.a.toarray(), late.row_lower, late.row_upper, late.column_upper, [0] * 3)
    )
    windows = []

    def kept(part, name):
        windows.append((part.n_columns, part.cost.copy()))
        return step(part, name)

    blocked = rolling(late, period, 3, relaxed.solve(), kept)
    assert late.cost @ blocked.x == pytest.approx(7.0)
    assert [n for n, _ in windows] == [2, 3, 3]
    assert windows[0][1][0] > -3 + 1e-9, "what it earns after the window counts in its cost"


def test_a_window_that_finds_nothing_leaves_what_is_after_it_to_the_dive():
    # Six can be made a period of what is stored and sold, one order a period adds four: all three are worth it.
    steps = program(
        [-1] * 3 + [1] * 3,
        np.hstack([-4 * np.tri(3), np.eye(3)]),
        [-np.inf] * 3,
        [6.5] * 3,
        [1] * 3 + [99] * 3,
        [1] * 3 + [0] * 3,
    )
    period = np.array([0, 1, 2] * 2)
    loose = replace(steps, integer=np.zeros(6, bool))

    def lost(part, name):
        return step(part, name) if name.startswith("window 1") else Outcome(Ended.TIME_LIMIT, None, None, None, 0.0, 0)

    blocked = rolling(steps, period, 3, HighsSession(loose).solve(), lost)
    assert blocked.x[0] == pytest.approx(1.0)
    assert np.isnan(blocked.x[1:3]).all()
    assert not np.isnan(blocked.x[3:]).any()
    found = search(HighsSession(steps), shape(period), by_blocks=("rolling", 3))
    # Orders of all three periods cost 3; room of 10.5, 14.5 and 18.5 is sold.
    assert found.objective == pytest.approx(40.5)


def test_blocks_have_about_as_many_integers_and_no_more_than_there_are_periods():
    assert cut(np.array([0, 0, 0, 1, 2, 2, 3, 3, 3]), 3) == [1, 3, 4]
    assert cut(np.array([5, 5, 7]), 4) == [6, 8]
    assert cut(np.array([2, 2]), 1) == [3]
    assert cut(np.zeros(0, np.int64), 4) == []


@pytest.mark.parametrize("way", WAYS)
def test_no_plan_by_blocks_is_better_than_the_best_and_none_is_above_its_bound(way):
    met = feasible = 0
    for seed in range(12):
        try:
            tables = model_tables(random_network(seed))
            matrices = program_of(tables)
        except ModelError:
            continue
        best = HighsSession(matrices).solve()
        if not matrices.integer.any():
            continue
        for blocks in (1, 2, 4):
            session = HighsSession(matrices)
            found = search(session, structure(tables), by_blocks=(way, blocks))
            if best.ended is Ended.INFEASIBLE:
                assert found.x is None
                continue
            assert best.objective is not None
            slack = 1e-6 * (1 + abs(best.objective))
            feasible += 1
            assert found.bound >= best.objective - slack
            assert found.x is None or session.violation(found.x) < 1e-6
            assert found.x is None or found.objective <= best.objective + slack
            met += found.x is not None
            if blocks == 1 and way == "relax-and-fix":
                assert found.objective == pytest.approx(best.objective, abs=slack)
                assert found.bound == pytest.approx(best.objective, abs=slack)
    assert feasible > 15
    assert met > 0.9 * feasible


def test_a_run_by_blocks_tells_the_gap_that_it_proves():
    net = random_network(3)
    exact = solve(net, SolveOptions(gap=0.0))
    whole = solve(net, SolveOptions(gap=0.0, heuristic="relax-and-fix:1"))
    assert whole.status is Status.OPTIMAL
    assert whole.objective == pytest.approx(exact.objective)
    parts = solve(net, SolveOptions(gap=0.0, heuristic="rolling:3"))
    assert parts.objective <= exact.objective + 1e-6 <= parts.bound + 2e-6
    assert (parts.status is Status.OPTIMAL) == (parts.gap <= 1e-6)


def test_a_run_by_blocks_does_not_go_again_because_its_gap_is_wide():
    for seed in range(12):
        try:
            run = solve(random_network(seed), SolveOptions(gap=0.0, heuristic="rolling:3"))
        except ModelError:
            continue
        assert run.log.count("fabopt: relaxation:") <= 1
        if run.has_plan and run.gap > 1e-6:
            assert run.status is Status.WIDER_GAP
            return
    raise AssertionError("no network of these leaves a gap")


@pytest.mark.parametrize(
    ("asked", "says"),
    [("relax", "no heuristic 'relax'"), ("rolling:0", "not by '0'"), ("rolling:", "not by ''"), ("rolling:x", "'x'")],
)
def test_a_heuristic_that_is_none_is_refused_in_words(asked, says):
    with pytest.raises(OptionError, match=says):
        SolveOptions(heuristic=asked)

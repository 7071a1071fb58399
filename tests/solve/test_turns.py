"""Integers of a plan that are turned by one, as long as that gains."""

import numpy as np
import pytest
from random_networks import random_network
from scipy import sparse

from fabopt.model.tables import model_tables
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.session import HighsSession
from fabopt.solve.turns import turned


def tools(worth, cost, most):
    """Make up to 10 of a product of each tool: 4 a tool, so 2.5 tools; what a tool costs decides between 2 and 3."""
    n = len(worth)
    a = sparse.csc_array(np.hstack([np.eye(n), -4.0 * np.eye(n)]))
    return Matrices(
        a=a,
        row_lower=np.full(n, -np.inf),
        row_upper=np.zeros(n),
        column_lower=np.zeros(2 * n),
        column_upper=np.concatenate([np.full(n, 10.0), np.array(most, dtype=float)]),
        cost=np.concatenate([worth, -np.array(cost, dtype=float)]),
        integer=np.repeat([False, True], n),
        offset=0.0,
        labels=tuple(("row", (str(i),)) for i in range(n)),
    )


def start(program, orders):
    return np.concatenate([np.minimum(10.0, 4.0 * np.array(orders)), np.array(orders, dtype=float)])


def never(_):
    return False


def test_turns_go_on_as_long_as_they_gain():
    # A unit is worth 1. A third tool makes 2 more: it pays at a cost of 1 and not at 3, where four more pay.
    program = tools([1.0, 1.0, 1.0], [1.0, 3.0, 1.0], [9, 9, 2])
    found = turned(HighsSession(program), start(program, [0, 0, 0]), never)
    assert found.x[3:].tolist() == [3.0, 2.0, 2.0]  # the last tool has no third
    assert program.cost @ found.x == pytest.approx((10 - 3) + (8 - 6) + (8 - 2))
    assert found.kept == 7
    assert found.tried == 9  # the third of the second, and the first without its third, promise 1 and lose 1


def test_what_promises_more_is_turned_first_and_no_more_than_is_enough():
    program = tools([1.0, 3.0], [1.0, 1.0], [9, 9])
    found = turned(HighsSession(program), start(program, [0, 0]), lambda worth: worth >= 20.0)
    assert found.x[2:].tolist() == [0.0, 2.0]


def test_turns_go_down_too():
    program = tools([1.0], [3.0], [9])
    assert turned(HighsSession(program), start(program, [5]), never).x[1] == 2.0


def test_a_turned_plan_is_a_plan_of_the_program_and_worth_no_less_and_the_session_is_as_before():
    better = 0
    for seed in range(25):
        program = program_of(model_tables(random_network(seed)))
        best = HighsSession(program).solve()
        if best.x is None or not program.integer.any():
            continue
        session = HighsSession(program)
        down = np.where(program.integer, program.column_lower, 0.0)
        held = HighsSession(program)
        held.hold_integers(down)
        first = held.solve()
        found = turned(session, down, never)
        assert (found is None) == (first.x is None)
        if found is None:
            continue
        assert session.violation(found.x) < 1e-6
        size = max(1.0, abs(best.objective))
        value = program.cost @ found.x
        assert first.objective - 1e-6 * size <= value + program.offset <= best.objective + 1e-6 * size
        better += value + program.offset > first.objective + 1e-6 * size
        assert np.array_equal(session.integer, program.integer)
        assert np.array_equal(session.column_lower, program.column_lower)
        assert np.array_equal(session.column_upper, program.column_upper)
    assert better > 2

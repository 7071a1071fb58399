"""The exact plan: prices hold in the money they are of, and a tie-break never costs anything."""

import numpy as np
import pytest
from model_cases import activity, flow, use, workshop

from fabopt.model.tables import model_tables
from fabopt.solve import finish as steps
from fabopt.solve.finish import finish
from fabopt.solve.matrices import program_of
from fabopt.solve.run import solve
from fabopt.solve.session import HighsSession

approx = pytest.approx


@pytest.mark.parametrize("best", [None, np.zeros(2)])
def test_a_tie_break_that_finds_nothing_or_less_leaves_the_plan(best, monkeypatch):
    monkeypatch.setattr(steps, "_break_ties", lambda *_: best)
    solution = solve(workshop(1, (4,), (9,)))
    assert solution.levels.tolist() == [[4]]
    assert solution.objective == approx(4 * 5 - 4)


@pytest.mark.parametrize(("priced", "price"), [(None, 4), (2.0, 8)])
def test_prices_are_in_the_money_asked_for_and_hold_as_far_as_the_line_is_short(priced, price):
    # A line of 4 for 9 that are wanted, at 5 less 1: its price holds from 0 to 9.
    tables = model_tables(workshop(1, (4,), (9,)))
    program = program_of(tables)
    live = HighsSession(program)
    x = live.solve().x
    done = finish(live, x, program.cost, None if priced is None else priced * program.cost)
    line = tables.offsets["capacity"]
    assert done.row_price[line] == approx(price)
    assert done.ranges.row[line].tolist() == approx([0, 9])


def test_prices_with_whole_numbers_held_have_no_ranges():
    program = program_of(model_tables(workshop(1, (4,), (9,), make={"lot": 2.0})))
    live = HighsSession(program)
    x = live.solve().x
    assert finish(live, x, program.cost).ranges is None
    assert finish(live, x, program.cost, program.cost).ranges is None


def test_of_two_that_are_alike_the_one_of_less_weight_is_run():
    # Weights are 1 and the part of 0.618, 1.236 after the point: 1.618 of the first, 1.236 of the second.
    net = workshop(
        1,
        (4,),
        (9,),
        activities=[activity("other", 1, 1)],
        flows=[flow("other", "goods", 1, 1)],
        uses=[use("other", "line", 1, 1)],
    )
    assert solve(net).levels.tolist() == [[0], [4]]

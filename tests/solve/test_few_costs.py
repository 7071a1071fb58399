"""The maximum by few prices: by hand, against the simplex method on the whole program, and where it gives up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import fabopt
from fabopt.analysis.choke.options import hold_others
from fabopt.solve import few_costs
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.few_costs import by_few_prices, maximum
from fabopt.solve.finish import linear_answer
from fabopt.solve.matrices import Matrices
from fabopt.solve.perturbation import held
from fabopt.solve.session import HighsSession


def chain():
    """Wafers (at most 10) of two dies, kept for a period at will; 8 dies are held for another customer.

    Columns: wafers now and later, stock of dies, deliveries now and later, the other's delivery, held. A second fab,
    with rows of its own, serves nobody.
    """
    a = [
        [1, 1, 0, 0, 0, 0, 0, 0],  # wafers of both periods together: at most 10
        [-2, 0, 1, 1, 0, 0, 0, 0],  # dies now: stock and delivery are no more than what is made
        [0, -2, -1, 0, 1, 1, 0, 0],  # dies later
        [0, 0, 0, 0, 1, 0, 0, 0],  # what the customer wants later: at most 100
        [0, 0, 0, 0, 0, 0, 1, -1],  # the second fab makes no more than it has
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]
    upper = np.array([10.0, 0.0, 0.0, 100.0, 0.0, 5.0])
    low = np.zeros(8)
    high = np.array([6.0, 6.0, 1.0, 50.0, 50.0, 8.0, 9.0, 9.0])
    low[5] = 8.0
    cost = np.zeros(8)
    cost[4] = 3.0
    return Matrices(
        a=sparse.csc_array(np.array(a, dtype=float)),
        row_lower=np.full(6, -np.inf),
        row_upper=upper,
        column_lower=low,
        column_upper=high,
        cost=cost,
        integer=np.zeros(8, dtype=bool),
        offset=0.0,
        labels=[("row", (str(row),)) for row in range(6)],
    )


def proven(program, outcome):
    """What the prices of rows and columns prove that no plan exceeds; reduced costs are found again from the prices."""
    reduced = program.cost - program.a.T @ outcome.row_price
    assert reduced == pytest.approx(outcome.column_price, abs=1e-6)
    total = 0.0
    sides = (outcome.row_price, program.row_lower, program.row_upper)
    for price, low, high in (sides, (outcome.column_price, program.column_lower, program.column_upper)):
        side = np.where(price > 0, high, low)
        assert np.all(np.isfinite(side[price != 0.0]))
        total += float(price[price != 0.0] @ side[price != 0.0])
    return total


def test_the_most_of_a_chain_by_hand():
    """6 wafers later and a die from stock, less 8 dies held: 5 dies, worth 3 each; the wafers of both are no limit."""
    program = chain()
    found = by_few_prices(program, "the most")
    assert found.objective == pytest.approx(15.0)
    assert found.row_price == pytest.approx([0, 0, 3, 0, 0, 0])
    assert found.column_price == pytest.approx([0, 6, 3, 0, 0, -3, 0, 0])
    assert found.x is None
    assert proven(program, found) == pytest.approx(15.0)


def test_a_row_for_several_columns_has_its_price_by_hand():
    """5 wafers in all, made later of 2 dies each, less 8 dies held."""
    program = chain()
    program.row_upper[0] = 5.0
    found = by_few_prices(program, "the most")
    assert found.objective == pytest.approx(6.0)
    assert proven(program, found) == pytest.approx(6.0)


@pytest.fixture(scope="module")
def programs(tutorial_folder):
    """Of the tutorial: the most that could reach each lab in each period."""
    plan = fabopt.load_result(tutorial_folder).plan.solved
    found = []
    for lab in sorted({d.tags.lab for d in plan.net.demands if d.tags.lab}):
        own = hold_others(plan, lab)
        for period in range(plan.net.n_periods):
            cost = np.zeros(plan.program.n_columns)
            for j, demand in enumerate(plan.net.demands):
                columns = plan.tables.columns["deliver"].index[j, :, period]
                cost[columns[columns >= 0]] = demand.weight if demand.tags.lab == lab else 0.0
            found.append(held(replace(own.program, cost=cost, offset=0.0), own.x))
    return found


def test_every_lab_and_period_of_the_tutorial_as_by_the_simplex_method(programs):
    assert len(programs) > 10
    for program in programs:
        found, other = by_few_prices(program, "the most"), linear_answer(HighsSession(program, threads=1))
        assert found.objective == pytest.approx(other.objective, rel=1e-9)
        assert np.count_nonzero(found.row_price) < program.n_rows / 2
        settled = HighsSession(program, threads=1)
        settled.settle_gates()
        assert proven(settled.snapshot(), found) == pytest.approx(found.objective, rel=1e-9)


def test_where_a_row_is_missed_the_whole_program_is_solved(programs, monkeypatch):
    program = max(programs, key=lambda program: linear_answer(HighsSession(program, threads=1)).objective)
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 1)
    right = maximum(program, "the most")
    assert right.x is None
    monkeypatch.setattr(few_costs, "COUNTS", 0.9)  # no price is one
    assert by_few_prices(program, "the most") is None
    found = maximum(program, "the most")
    assert found.x is not None
    assert found.objective == pytest.approx(right.objective, rel=1e-9)


@pytest.mark.parametrize("large", [True, False])
def test_what_time_or_a_signal_ends_is_said(programs, monkeypatch, large):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 1 if large else 10**9)
    cancelled = TimeBudget()
    cancelled.cancel()
    with pytest.raises(OutOfTimeError, match="There is no answer to the most that can reach Aurora: it was interr"):
        maximum(programs[-1], "the most that can reach Aurora", budget=cancelled)
    with pytest.raises(OutOfTimeError, match="the most that can reach Aurora: its time was over"):
        maximum(programs[-1], "the most that can reach Aurora", budget=TimeBudget(0.0))


def test_the_steps_are_told(programs, monkeypatch):
    monkeypatch.setattr("fabopt.solve.matrices.LARGE", 1)
    told = []
    maximum(programs[-1], "the most", budget=TimeBudget(tell=lambda name, _: told.append(name)))
    assert told == ["rows that have a price", "prices that prove it"]

"""Gates: which rows are opened by integers, and by what."""

from dataclasses import replace

import numpy as np
import pytest
from model_cases import activity, material, network, seq, unit, workshop

from fabopt.model.tables import model_tables
from fabopt.network.tables import GroupLimit, Term
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

TOOL = Term("unit", "tool", seq(-0.25, -1))
MAKE = Term("activity", "make", seq(1, 1))


def case():
    """A group limit, a group that opens an activity by a quarter in P1 and whole in P2, and an activity on or off."""
    windows = ((0,), (1,))
    return network(
        2,
        materials=[material("goods")],
        activities=[activity("make", 2, upper=seq(8, 9)), activity("press", 2, on_off=True, upper=seq(3, 0))],
        units=[unit("tool", 2, upper=4, total=5)],
        groups=[
            GroupLimit("most", "Most", "unit", "<=", windows, seq(5, 5), (MAKE, TOOL)),
            GroupLimit("door", "Door", "unit", "<=", windows, seq(0, 0), (MAKE, TOOL), family="programme"),
        ],
    )


def named(tables, numbers):
    columns = [(block.name, *key) for block in tables.columns for key in block.keys]
    return [columns[number] for number in numbers.tolist()]


def test_only_what_is_on_or_off_and_groups_that_open_are_gates():
    tables = model_tables(case())
    gates = tables.gates
    rows = [(name, *key) for name, family in tables.rows.items() for key in family.keys]
    assert [rows[row] for row in gates.row] == [
        ("max_level", "press", "P1"), ("programme", "door", "P1"), ("programme", "door", "P2"),
    ]  # fmt: skip
    doors = [("programme", "Door", "door", period) for period in ("P1", "P2")]
    assert gates.names == (("max_level", "Press", "press", "P1"), *doors)
    assert named(tables, gates.level) == [("start", "press", "P1"), ("start", "make", "P1"), ("start", "make", "P2")]
    assert named(tables, gates.column) == [("on", "press", "P1"), ("order", "tool", "P1"), ("order", "tool", "P2")]
    assert gates.gate.tolist() == [0, 1, 2]
    assert gates.share.tolist() == [1, 0.25, 1]
    assert [rows[row] for row in gates.totals] == [("total_orders", "tool")]


def test_gates_that_are_left_out_leave_the_others_with_their_decisions():
    gates = model_tables(case()).gates
    fewer = gates.without(gates.row[:2])
    assert (fewer.row.tolist(), fewer.level.tolist()) == (gates.row[2:].tolist(), gates.level[2:].tolist())
    assert (fewer.gate.tolist(), fewer.column.tolist(), fewer.share.tolist()) == ([0], gates.column[2:].tolist(), [1])
    assert fewer.names == gates.names[2:]
    assert gates.without(np.array([10_000])) is gates


def test_a_gate_that_opens_within_a_period_lets_its_share_through_of_what_is_offered_and_not_of_what_is_wanted():
    """A tool for 20 that is ready for the second half of P1 opens half of 100: 30 are wanted, and worth it.

    Half of the 30 would be worth 15. Of 60 that are wanted, half of 100 is all that can be had.
    """
    half = replace(TOOL, coefficient=seq(-0.5, 0))
    rest = replace(TOOL, coefficient=seq(0, -1), shift=1)
    door = GroupLimit("door", "Door", "unit", "<=", ((0,), (1,)), seq(0, 0), (MAKE, half, rest), family="programme")
    for wanted, made in ((30, 30), (60, 50), (18, 0)):
        shop = workshop(2, (100, 100), (wanted, 0), value=1, cost=0, units=[unit("tool", 2, 20, 1)], groups=[door])
        solution = solve(shop, SolveOptions(gap=0.0))
        assert solution.levels[0] == pytest.approx([made, 0])
        assert solution.objective == pytest.approx(max(made - 20, 0))

"""Orders that nothing of the plan uses are no part of it, on plans by hand and on every shipped instance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_cases import workshop

import fabopt
from fabopt.model.tables import model_tables
from fabopt.network.movements import activity_uses, unit_capacity
from fabopt.network.tables import DECISIONS, GroupLimit, Term, Unit, UnitEffect, WholeGroup
from fabopt.solve.matrices import program_of
from fabopt.solve.objectives import stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.run_info import run_info_of
from fabopt.solve.run import _finished, solve
from fabopt.solve.session import HighsSession
from fabopt.solve.unused import without_unused

ROOT = Path(__file__).parents[2] / "instances"
MACHINE = UnitEffect("machine", "line", 0, np.array([2.0]))


def grown(wanted, *, cost=1.0, **unit):
    """A line of 4 for so many that are wanted in each of two periods, and machines of 2 each that it can grow by."""
    machine = Unit("machine", "Machine", "machine", upper=np.full(2, 5.0), cost=np.full(2, cost), **unit)
    return replace(workshop(2, (4, 4), (wanted, wanted)), units=(machine,), unit_effects=(MACHINE,))


def trimmed(net, **columns):
    """What is left of a plan of which the orders are stated, where all that is wanted is made."""
    tables = model_tables(net)
    program = program_of(tables)
    x = np.array(solve(net).columns)
    for name, values in columns.items():
        x[tables.columns[name].columns] = values
    left, dropped = without_unused(tables, program, [program.cost], x)
    return left[tables.columns["order"].columns].tolist(), dropped


@pytest.mark.parametrize(
    ("wanted", "ordered", "left"),
    [
        (4, [2, 1], [0, 0]),  # all fits without
        (7, [2, 1], [2, 0]),  # 7 need two in both periods, the third is idle
        (7, [3, 0], [2, 0]),  # one of an order of three is idle
        (9, [3, 0], [3, 0]),
    ],
)
def test_as_many_are_taken_off_as_no_period_needs(wanted, ordered, left):
    assert trimmed(grown(wanted), order=ordered)[0] == left


def test_of_two_of_which_one_is_idle_the_dearer_goes():
    net = grown(6)
    dear = replace(net, units=(replace(net.units[0], cost=np.array([1.0, 9.0])),))
    # Six need one machine in both periods: only the one of the first period is there for both.
    assert trimmed(dear, order=[1, 1])[0] == [1, 0]
    cheap = replace(net, units=(replace(net.units[0], cost=np.array([9.0, 1.0])),))
    assert trimmed(cheap, order=[2, 0])[0] == [1, 0]


def test_what_is_taken_off_is_told():
    _, dropped = trimmed(grown(7), order=[3, 0])
    assert [(d.unit, d.name, d.period, d.amount) for d in dropped] == [("machine", "Machine", "P1", 1.0)]


def test_an_order_that_gains_something_stays():
    assert trimmed(grown(4, cost=-1.0), order=[2, 1])[0] == [2, 1]


def test_an_order_that_a_floor_asks_for_stays():
    floor = GroupLimit("floor", "floor", "machine", ">=", ((0, 1),), np.ones(1), (Term("unit", "machine", np.ones(2)),))
    assert sum(trimmed(replace(grown(4), groups=(floor,)), order=[2, 1])[0]) == 1


def test_an_order_that_is_pinned_stays():
    assert trimmed(grown(4, pinned=np.array([2.0, np.nan])), order=[2, 1])[0] == [2, 0]


@pytest.mark.parametrize(("wanted", "left"), [(4, [0, 0]), (7, [4, 0]), (11, [4, 0])])
def test_an_order_that_is_placed_goes_as_a_whole_or_not_at_all(wanted, left):
    net = grown(wanted, whole=False, min_order=3.0, max_order=4.0, fixed_cost=np.ones(2))
    assert trimmed(net, order=[4, 0], placed=[1, 0])[0] == left


@pytest.mark.parametrize(("wanted", "ordered", "left"), [(4, 3, 0), (5, 3, 1), (9, 3, 3)])
def test_tools_that_are_whole_only_in_their_sum_lose_whole_tools(wanted, ordered, left):
    net = grown(wanted, whole=False)
    group = WholeGroup("all", "all", "machine", ((0, 1),), (Term("unit", "machine", np.ones(2)),))
    net = replace(net, whole_groups=(group,))
    # 5 need half a machine: one stays, and which part of it is the linear program's choice.
    assert sum(trimmed(net, order=[ordered, 0], counter=[ordered])[0]) == left


def test_a_capacity_without_end_needs_no_machine():
    net = grown(7)
    endless = replace(net, resources=(replace(net.resources[0], base=np.full(2, np.inf)),))
    assert trimmed(endless, order=[2, 1])[0] == [0, 0]


def test_a_plan_that_the_search_found_with_idle_machines_is_finished_without_them_and_says_so():
    net = grown(7)
    tables = model_tables(net)
    program = program_of(tables)
    todo = stages(tables, SolveOptions(), program.cost, program.offset)
    x = np.array(solve(net).columns)
    x[tables.columns["order"].columns] = [4, 1]
    done = _finished(HighsSession(program), tables, todo, x, None)
    # Two machines for 1 each, and 7 goods in each of two periods at 5 less 1.
    assert program.cost @ done.x == pytest.approx(2 * 7 * 4 - 2)
    assert [(d.period, d.amount) for d in done.dropped] == [("P1", 2.0), ("P2", 1.0)]
    run = replace(fabopt.load(ROOT / "contracts" / "option").solve().run, dropped=done.dropped)
    assert run_info_of(run.as_dict()).dropped == done.dropped


def idle(net, plan):
    """Whole orders of which one less would leave every capacity that they add to wide enough, by the tables alone."""
    used = activity_uses(net, plan.levels).total(len(net.resources), net.n_periods)
    added, occupied = unit_capacity(net, plan.orders, plan.retired)
    free = np.array([r.base for r in net.resources]).reshape(used.shape) + added - occupied - used
    place = {r.id: n for n, r in enumerate(net.resources)}
    limited = {term.id for group in net.groups for term in group.terms if term.kind == "unit"}
    whole = {term.id for group in net.whole_groups for term in group.terms}
    for n, unit in enumerate(net.units):
        gives = [e for e in net.unit_effects if e.unit == unit.id and e.gains]
        brings = any(part.unit == unit.id and np.any(np.asarray(part.amount) > 0) for part in net.unit_materials)
        if not gives or brings or unit.id in limited or unit.instrument in DECISIONS or plan.retired[n].any():
            continue
        if not (unit.whole or unit.id in whole):
            continue
        for t in np.flatnonzero(plan.orders[n] > 1.0 - 1e-6):
            by_period = {e.resource: np.zeros(net.n_periods) for e in gives}
            for effect in gives:
                by_period[effect.resource][t:] += effect.by_order(net.n_periods)[t, : net.n_periods - t]
            if all(np.all(free[place[r]] >= gone - 1e-6) for r, gone in by_period.items()):
                yield unit.id, net.periods[t].label


INSTANCES = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("instance.yaml"))


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in ("frontier", "gigawatt", "backcast") else []) for n in INSTANCES],
)
def test_no_order_of_a_shipped_instance_is_unused(name):
    instance = fabopt.load(ROOT / name)
    plan = solve(instance.network, SolveOptions(gap=5e-3, time_limit=120)) if instance.network.units else None
    assert plan is None or not list(idle(instance.network, plan))

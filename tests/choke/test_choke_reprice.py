"""Gains of moved data: those of the oracle, and what becomes of data without a plan or of a solver that gives up."""

from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.analysis.choke.reprice import STEP, Repriced
from fabopt.solve import resolver
from fabopt.solve.resolver import Resolver
from fabopt.solve.session import SolverError

INSTANCES = Path(__file__).parents[2] / "instances"
DATA = fabopt.load(INSTANCES / "tutorial").data


@pytest.fixture(scope="module")
def source(tutorial_folder):
    return fabopt.load_result(tutorial_folder).plan


@pytest.fixture(scope="module")
def oracle(source):
    return Oracle(source.solved.problem, Effort())


def first_three(oracle):
    gains = {g.id: oracle.plan_value(g.relief(STEP)) - oracle.base.lo for g in oracle.problem.movable}
    return sorted(gains, key=lambda id: -gains[id])[:3], gains


def periods(source):
    return [p.index for p in source.solved.net.periods if p.reported]


def test_gains_of_the_data_as_they_are_are_those_of_the_plan(source, oracle):
    first, gains = first_three(oracle)
    found = Repriced(source.solved, periods(source), first)(DATA)
    assert {id: found[id] for id in first} == pytest.approx({id: gains[id] for id in first}, rel=1e-6)
    assert max(found, key=lambda id: found[id]) == first[0]


def test_gains_that_are_not_asked_are_what_prices_promise_and_never_less(source, oracle):
    """The value is concave in what a limit has: a price bounds the gain from above."""
    _, gains = first_three(oracle)
    promised = Repriced(source.solved, periods(source), (), most=0)(DATA)
    capacities = {id: gain for id, gain in gains.items() if id in promised}
    assert len(capacities) > 5
    assert all(promised[id] >= gain * (1 - 1e-9) - 1e-6 for id, gain in capacities.items())
    assert any(promised[id] > gain + 1.0 for id, gain in capacities.items())


SHOP = """
about: {title: shop}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: 10}}
  activities:
    make: {unit: piece, cost: 1, outputs: {goods: {amount: 1}}, uses: {line: {amount: 1}}}
  demands:
    promised: {material: goods, quantity: 8, value: 0, required: true}
    shop: {material: goods, quantity: 5, value: 5}
"""


MACHINES = """
about: {title: machines}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {steel: {unit: piece, opening: 2}, goods: {unit: piece}}
  resources: {line: {unit: piece, capacity: 0}}
  activities: {make: {unit: piece, outputs: {goods: 1}, uses: {line: 1}}}
  units: {press: {unit: piece, adds: {line: 5}, consumes: {steel: 1}, cost: 1}}
  demands: {shop: {material: goods, quantity: 10, value: 2}}
"""


def test_orders_that_data_leave_too_little_for_are_fewer(tmp_path):
    """Two presses make 10 at 2 each, less 2; with steel for one and a half they make 7.5, less 1.5: 13.5."""
    (tmp_path / "instance.yaml").write_text(MACHINES)
    plan = fabopt.load(tmp_path).solve().plan
    assert plan.objective == pytest.approx(18.0)
    less = fabopt.load(tmp_path, set=["network.materials.steel.opening=1.5"]).data
    found = Repriced(plan.solved, [0], ()).moved(less)
    assert found.given_way
    assert found.outcome.objective == pytest.approx(13.5)
    same = Repriced(plan.solved, [0], ()).moved(plan.data)
    assert not same.given_way
    assert same.outcome.objective == pytest.approx(18.0)


def test_a_demand_that_cannot_be_met_any_more_gives_way_by_what_is_missing_and_no_more(tmp_path):
    """Six can be made where eight are promised: two are missing for good, and a tenth more, 0.6, is sold at 5 - 1."""
    (tmp_path / "instance.yaml").write_text(SHOP, encoding="utf-8")
    shop = fabopt.load(tmp_path)
    result = shop.solve(threads=1)
    plan = result.plan.solved
    gains = Repriced(plan, [0], ())
    less = shop.with_({"network.resources.line.capacity": 6})
    assert gains(shop.data)["capacity:line"] == pytest.approx(1.0 * (5 - 1))
    assert gains(less.data)["capacity:line"] == pytest.approx(0.6 * (5 - 1), rel=1e-5)


def test_of_two_promises_that_share_what_is_missing_the_one_that_earns_less_gives_way(tmp_path):
    """Four each are promised and six can be made: a tenth more goes to what gave way, at 2 - 1 and not at 3 - 1."""
    promises = """
    rich: {material: goods, quantity: 4, value: 3, required: true}
    poor: {material: goods, quantity: 4, value: 2, required: true}
"""
    text = SHOP[: SHOP.index("    promised:")].rstrip() + promises
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    shop = fabopt.load(tmp_path)
    gains = Repriced(shop.solve(threads=1).plan.solved, [0], ())
    less = shop.with_({"network.resources.line.capacity": 6})
    assert gains(less.data)["capacity:line"] == pytest.approx(0.6 * (2 - 1), rel=1e-5)


def test_a_gain_that_the_solver_cannot_find_counts_just_below_the_best(source, oracle, monkeypatch):
    first, gains = first_three(oracle)
    asked, value = [], Resolver.value

    def give_up_once(self, change):
        asked.append(change)
        if len(asked) == 1:
            raise SolverError("Unknown")
        return value(self, change)

    monkeypatch.setattr(Resolver, "value", give_up_once)
    found = Repriced(source.solved, periods(source), first)(DATA)
    best = max(gains[id] for id in first[1:])
    assert found[first[0]] == pytest.approx(best, rel=1e-6)
    assert found[first[0]] < max(found.values())


def test_a_draw_whose_program_the_solver_gives_up_has_no_plan(source, monkeypatch):
    def give_up(*_):
        raise SolverError("Unknown")

    monkeypatch.setattr(resolver, "linear_answer", give_up)
    assert Repriced(source.solved, periods(source), ())(DATA) is None

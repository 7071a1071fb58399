"""One more whole thing: the five-stage chain has no whole things that help; a small fab's numbers are worked by hand.

A fab exposes with 2 tools of 10 wafers a period each on 3 places; 40 wafers are wanted in each of 4 periods, worth 1.
A tool takes a place; an extension adds 2 places. One more tool gains 10 a period from the period in which it stands,
two more find only one place.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.analysis.choke.whole import most_promising, price_bound, things, whole_units
from fabopt.model.tables import model_tables
from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Term,
    Unit,
    UnitEffect,
    Use,
    ValueStep,
    WholeGroup,
)
from fabopt.plan.groups import NO_RELIEF
from fabopt.plan.problem import ChokeProblem
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

T = 4
ONES = np.ones(T)


def _fab() -> Network:
    periods = tuple(Period(t, f"P{t}", date(2027 + t, 1, 1), date(2028 + t, 1, 1), 1.0, 1.0) for t in range(T))
    return Network(
        "fab",
        periods,
        materials=(Material("wafer", "wafer", "wafer"),),
        activities=(Activity("make", "make", "wafer"),),
        flows=(Flow("make", "wafer", 0, ONES),),
        uses=(Use("make", "exposures", 0, ONES),),
        resources=(
            Resource("exposures", "exposures", "wafer", "rate", 20 * ONES),
            Resource("places", "places", "place", "level", ONES),
            Resource("slots", "slots", "tool", "rate", 0 * ONES),
        ),
        units=(
            Unit("tool", "scanner", "tool", cost=1000 * ONES, whole=False, lead=1.0),
            Unit("share", "contract", "part", cost=1000 * ONES, whole=False, lead=0.0),
            Unit("room", "extension", "step", cost=1000 * ONES, lead=2.0),
        ),
        unit_effects=(
            UnitEffect("tool", "exposures", 1, np.array([5.0, 10.0])),
            UnitEffect("tool", "places", 1, np.array([-1.0])),
            UnitEffect("tool", "slots", 0, np.array([-1.0]), persistent=False),
            UnitEffect("share", "exposures", 0, np.array([1.0])),
            UnitEffect("room", "places", 2, np.array([2.0])),
        ),
        demands=(Demand("buyers", "buyers", "wafer", 40 * ONES, (ValueStep(40 * ONES, ONES),)),),
        whole_groups=(WholeGroup("tools", "tools", "tool", ((0, 1, 2, 3),), (Term("unit", "tool", ONES),)),),
    )


def _oracle(net: Network) -> Oracle:
    solution = solve(net, SolveOptions(gap=0.0, threads=1))
    assert solution.objective == pytest.approx(80.0)
    return Oracle(ChokeProblem.of(model_tables(net), solution), Effort())


def test_what_is_whole_by_itself_or_in_a_sum_is_whole_and_a_share_is_not() -> None:
    assert [u.id for u in whole_units(_fab())] == ["tool", "room"]


def test_a_tool_that_stands_from_period_1_ramps_up_and_takes_a_place_and_no_slot() -> None:
    tables = model_tables(_fab())
    first = {(t.unit.id, t.period, t.count): t for t in things(tables, range(T))}["tool", 1, 1]
    rows = tables.rows["capacity"]
    at = {(rows.keys[i][0], rows.keys[i][1]): tables.offsets["capacity"] + i for i in range(len(rows))}
    assert first.relief.upper == {
        at["exposures", "P1"]: 5.0,
        at["exposures", "P2"]: 10.0,
        at["exposures", "P3"]: 10.0,
        at["places", "P1"]: -1.0,
        at["places", "P2"]: -1.0,
        at["places", "P3"]: -1.0,
    }
    assert first.relief.label == "1 more scanner, standing from P1"


@pytest.mark.parametrize(("period", "gain"), [(0, 35.0), (1, 25.0), (2, 15.0), (3, 5.0)])
def test_one_more_tool_gains_5_then_10_a_period_and_a_second_has_no_room(period: int, gain: float) -> None:
    net = _fab()
    oracle = _oracle(net)
    found = {(t.unit.id, t.period, t.count): t for t in things(model_tables(net), range(T))}
    base = oracle.plan_value(NO_RELIEF)

    def value(relief: object) -> float | None:
        worth = oracle.plan_value(relief)  # type: ignore[arg-type]
        return worth if np.isfinite(worth) else None

    one, two, room = found["tool", period, 1], found["tool", period, 2], found["room", period, 1]
    assert [value(thing.relief) for thing in (one, two, room)] == [
        pytest.approx(base + gain),
        None,
        pytest.approx(base),
    ]
    exact = oracle.gain(one.relief)
    assert (exact.lo, exact.hi) == (pytest.approx(gain), pytest.approx(gain))


def test_the_prices_bound_every_plan_gain_and_rule_out_what_gains_nothing() -> None:
    net = _fab()
    oracle = _oracle(net)
    found = things(model_tables(net), range(T))
    price = oracle.ask([lambda bench: bench.linear("fixed", NO_RELIEF)])[0].row_price
    assert price is not None
    chosen = most_promising(found, price, 100)
    assert {t.unit.id for t in chosen} == {"tool"}
    for thing in chosen:
        if thing.count == 1:
            assert oracle.plan_value(thing.relief) - 80.0 <= price_bound(thing, price) + 1e-9

"""What steps of capacity cost and earn their owners, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from model_cases import use, workshop

from fabopt.network.tables import Payment, Resource, Tags, Term, Unit, UnitEffect
from fabopt.solve.results.earnings import earning_rows, losing, steps
from fabopt.solve.run import solve


def plant(*, price, cost=10.0, worth=0.0, prepaid=0.0, credit_to="maker"):
    """A line of 4 for 6 that are wanted in each of two periods, and a step of 2 more; goods cost 1, for some price."""
    made = {"tags": Tags(owner="maker", customer="shop")}
    base = workshop(2, (4, 4), (6, 6), value=100.0, make=made)
    end = None if not worth else np.full(2, worth)
    grow = Unit(
        "grow", "Line step", "step", Tags(owner="maker", role="expansion"), cost=np.full(2, cost),
        upper=np.array([1.0, 0.0]), terminal_value=end,
    )  # fmt: skip
    sign = Unit("sign", "Contract", "decision", Tags(), upper=np.array([1.0, 0.0]), pinned=np.array([1.0, 0.0]))
    sold = Payment("shop", "maker", "goods", Term("activity", "make", np.ones(2)), np.full(2, price))
    paid = Payment("shop", credit_to, "prepayment", Term("unit", "sign", np.ones(2)), np.full(2, prepaid))
    return replace(
        base,
        resources=(replace(base.resources[0], tags=Tags(owner="maker")),),
        units=(grow, sign),
        unit_effects=(UnitEffect("grow", "line", 0, np.array([2.0])),),
        payments=(sold, *((paid,) if prepaid else ())),
    )


def verdict(net):
    (step,) = steps(net, solve(net))
    return step.cost, step.earned, step.prepaid, step.verdict


def test_a_step_earns_where_the_margin_of_what_it_adds_covers_its_cost():
    # Two goods more in each of two periods, at 4 less 1: 12 for 10.
    assert verdict(plant(price=4)) == pytest.approx((10, 12, 0, "earns"))


def test_a_step_loses_where_it_does_not_though_the_system_gains_a_hundred_for_each():
    assert verdict(plant(price=3)) == pytest.approx((10, 8, 0, "loses"))


def test_a_step_is_prepaid_where_what_customers_prepay_covers_the_rest():
    assert verdict(plant(price=3, prepaid=5)) == pytest.approx((10, 8, 2, "prepaid"))
    assert verdict(plant(price=3, prepaid=1)) == pytest.approx((10, 8, 0, "loses"))
    # What somebody else is prepaid does not help.
    assert verdict(plant(price=3, prepaid=5, credit_to="other")) == pytest.approx((10, 8, 0, "loses"))


def test_what_a_step_is_worth_at_the_end_is_no_cost():
    assert verdict(plant(price=3, worth=3)) == pytest.approx((7, 8, 0, "earns"))


def test_a_step_of_an_owner_that_nobody_pays_for_its_use_is_for_its_own_use():
    net = plant(price=4)
    assert verdict(replace(net, payments=())) == pytest.approx((10, -4, 0, "own use"))


def test_money_counts_at_its_date():
    net = plant(price=4)
    net = replace(net, periods=tuple(replace(p, discount=(1.0, 0.5)[p.index]) for p in net.periods))
    assert verdict(net) == pytest.approx((10, 2 * 3 + 0.5 * 2 * 3, 0, "loses"))


def test_two_steps_that_goods_need_together_share_their_margin_by_cost():
    net = plant(price=4)
    tool = Unit(
        "tool", "Tool", "tool", Tags(owner="maker", role="tool_order"), cost=np.full(2, 2.0), upper=np.array([1.0, 0.0])
    )
    net = replace(
        net,
        resources=(*net.resources, Resource("hours", "Hours", "h", "rate", np.full(2, 40.0), Tags(owner="maker"))),
        uses=(*net.uses, use("make", "hours", 10, 2)),
        units=(*net.units, tool),
        unit_effects=(*net.unit_effects, UnitEffect("tool", "hours", 0, np.array([20.0]))),
    )
    found = {net.units[s.unit].id: (s.cost, s.earned, s.verdict) for s in steps(net, solve(net))}
    # 12 are earned, of which 10 / 12 go to the line's step and 2 / 12 to the tool.
    assert found == {"grow": pytest.approx((10, 10, "earns")), "tool": pytest.approx((2, 2, "earns"))}


def test_of_two_steps_the_first_is_used_first():
    net = plant(price=4)
    grow = replace(net.units[0], upper=np.array([1.0, 1.0]))
    late = replace(net, units=(grow, net.units[1]), resources=(replace(net.resources[0], base=np.array([4.0, 2.0])),))
    found = [(s.period, s.cost, s.earned, s.verdict) for s in steps(late, solve(late))]
    # The second is only there for the second period: 2 at 3.
    assert found == [pytest.approx((0, 10, 12, "earns")), pytest.approx((1, 10, 6, "loses"))]


def test_a_step_that_loses_is_closed_as_long_as_it_would_lose_when_ordered_later():
    # Eight periods of two goods more at 1 each, from the period of the order on, and a cost that falls later: ordered
    # first it earns 8 x 2 for 20, one later 14 for 17, then 12 for 14, and in the fourth period 10 for 10.
    base = plant(price=2)
    net = workshop(8, (4,) * 8, (6,) * 8, value=100.0, make={"tags": Tags(owner="maker", customer="shop")})
    cost = np.array([20.0, 17.0, 14.0, 10.0, 10.0, 10.0, 10.0, 10.0])
    grow = replace(base.units[0], cost=cost, upper=np.array([1.0, *[0.0] * 7]))
    sold = replace(base.payments[0], term=Term("activity", "make", np.ones(8)), price=np.full(8, 2.0))
    line = replace(net.resources[0], tags=Tags(owner="maker"))
    net = replace(net, units=(grow,), resources=(line,), unit_effects=base.unit_effects, payments=(sold,))
    plan = solve(net)
    (step,) = steps(net, plan)
    assert (step.cost, step.earned, step.verdict, step.closed) == pytest.approx((20, 16, "loses", 2))
    labels = [period.label for period in net.periods]
    frame = pd.DataFrame(earning_rows(net, plan))
    assert losing(frame, labels) == (("grow", "P1"), ("grow", "P2"), ("grow", "P3"))


def test_a_step_that_makes_up_for_what_is_turned_away_is_used():
    # Of a line of 6 two are turned to another fab, so that the step's two are needed for the 6 that are wanted.
    net = plant(price=4)
    away = Unit(
        "away", "Turned", "step", Tags(owner="maker", role="expansion"), cost=np.zeros(2), pinned=np.array([1.0, 0.0])
    )
    other = Resource("other", "Other", "unit", "rate", np.zeros(2), Tags(owner="maker"))
    effects = (
        *net.unit_effects,
        UnitEffect("away", "line", 0, np.array([-2.0])),
        UnitEffect("away", "other", 0, np.array([2.0])),
    )
    line = replace(net.resources[0], base=np.array([6.0, 6.0]))
    net = replace(net, resources=(line, other), units=(*net.units, away), unit_effects=effects)
    found = {net.units[s.unit].id: (s.cost, s.earned, s.verdict) for s in steps(net, solve(net))}
    assert found["grow"] == pytest.approx((10, 12, "earns"))

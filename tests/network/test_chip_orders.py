"""Order lead of chips and the price of chips in stock: plans worked out by hand, and what is written wrongly.

The 30 thousand packages are there at the decision date, so that orders alone say when they ship.
"""

import pytest
from chain_cases import edited, lowered

from fabopt.domain.rules import problems
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

STOCK = (("chips.gpu.boms", {}), ("chips.gpu.stock", 30), ("horizon.discount_rate", 0))
BOOKED = {"lead": 6, "booked": {"steps": {"2027Q1": "2 kaccelerator/month", "2027Q2": 0}}}


def plan(*changes):
    net = lowered(*STOCK, *changes)
    return net, solve(net, SolveOptions(gap=0.0))


def course(planned, activity):
    """Return the levels of an activity in the first four periods."""
    net, solution = planned
    at = next(n for n, a in enumerate(net.activities) if a.id == activity)
    return solution.levels[at][:4].round(6).tolist()


def stock(planned):
    net, solution = planned
    return solution.stock[next(n for n, m in enumerate(net.materials) if m.id == "chip:gpu")][:3].round(6).tolist()


SHIPPED = "deploy:gpu:site"


def test_without_an_order_book_all_ships_at_once():
    assert course(plan(), SHIPPED) == [30, 0, 0, 0]


def test_before_the_lead_only_what_was_booked_ships():
    planned = plan(("chips.gpu.orders", BOOKED))
    assert course(planned, SHIPPED) == [6, 0, 24, 0]
    assert course(planned, "order:gpu")[0] == pytest.approx(24)


def test_a_lead_that_ends_inside_a_period_leaves_the_rest_of_it():
    """Orders that are even over the first quarter are due four and a half months later: half of them in the second."""
    planned = plan(("chips.gpu.orders", {"lead": 4.5}), ("chips.gpu.stock", 10))
    shipped, ordered = course(planned, SHIPPED), course(planned, "order:gpu")
    assert shipped[0] == 0
    assert shipped[1] == pytest.approx(10)
    assert ordered[0] == pytest.approx(20)  # an order may lapse


def test_over_periods_of_unequal_length_the_lead_is_as_long():
    periods = ("horizon.periods", ["2 quarters", "2 half-years"])
    assert course(plan(periods, ("chips.gpu.orders", {"lead": 6})), SHIPPED) == [0, 0, 30, 0]
    assert course(plan(periods, ("chips.gpu.orders", {"lead": 12})), SHIPPED) == [0, 0, 0, 30]


def test_what_was_booked_and_could_not_ship_ships_later():
    """A thousand draw 2.4 MW: two thousand can run in the first quarter, and chips in stock do not wear."""
    power = ("sites.site.power", {"steps": {"2027Q1": 4.8, "2027Q2": 500}})
    planned = plan(("chips.gpu.orders", BOOKED), power)
    assert course(planned, SHIPPED) == [2, 4, 24, 0]


def test_a_plan_made_again_ships_what_was_ordered_before():
    pins = ("pins.activities", {"order:gpu": {"2027Q1": 10}})
    planned = plan(("chips.gpu.orders", {"lead": 6}), pins)
    assert course(planned, SHIPPED) == [0, 0, 10, 20]


def test_what_ships_unordered_costs_the_premium():
    free = plan()[1].objective
    planned = plan(("chips.gpu.orders", {**BOOKED, "premium": 5000}))
    assert course(planned, SHIPPED) == [30, 0, 0, 0]
    assert planned[1].objective == pytest.approx(free - 24 * 5)
    dear = plan(("chips.gpu.orders", {**BOOKED, "premium": 1_000_000}))
    assert course(dear, SHIPPED) == [6, 0, 24, 0]


def test_one_more_that_is_booked_is_worth_an_earlier_quarter_of_its_compute():
    planned = plan(("chips.gpu.orders", BOOKED))
    prices = {s.period: s.price for s in planned[1].limits if s.family == "order_lead"}
    free, held = plan()[1].objective, planned[1].objective
    assert free > held
    more = plan(
        ("chips.gpu.orders", {**BOOKED, "booked": {"steps": {"2027Q1": "2.1 kaccelerator/month", "2027Q2": 0}}})
    )
    assert (more[1].objective - held) / 0.3 == pytest.approx(prices[0], rel=1e-6)


@pytest.mark.parametrize(
    ("first", "rest", "light", "cost"),
    [("quarter", 12, "2027Q3", 2.0), ("half-year", 6, "2027Q3", 2.0),
     ("quarter", ["2 quarters", "1 half-year", "8 quarters"], "2028Q1", 4.0)],
)  # fmt: skip
def test_a_chip_in_stock_costs_its_carrying_cost_for_as_long_as_it_lies_there(first, rest, light, cost):
    """Ten thousand at 400 dollars a year, until there is power: a million dollars a quarter, however it is cut."""
    dark = (("sites.site.power", {"steps": {"2027Q1": 0, light: 500}}), ("chips.gpu.stock", 10))
    dark += (("horizon.period", first), ("horizon.periods", rest))
    free = plan(*dark)
    held = plan(*dark, ("chips.gpu.carrying_cost", 400))
    assert held[1].objective == pytest.approx(free[1].objective - cost)
    assert stock(held) == stock(free)


def test_what_is_too_dear_to_keep_is_not_kept():
    dark = ("sites.site.power", {"steps": {"2027Q1": 0, "2027Q3": 500}})
    assert stock(plan(dark, ("chips.gpu.carrying_cost", 400_000)))[0] == 0


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ([("chips.gpu.orders", {"lead": 36})], "chips.gpu.orders.lead", "when the horizon is over"),
        (
            [("chips.gpu.orders", {"lead": 6}), ("chips.gpu.running_rate", 1)],
            "chips.gpu.orders.booked",
            "none is booked",
        ),
        (
            [("chips.gpu.orders", {"lead": 6}), ("chips.gpu.boms", {}), ("labs.lab.fleet", {"site": {"gpu": 1}})],
            "chips.gpu.orders",
            "neither made nor in stock",
        ),
    ],
)
def test_orders_that_cannot_be_are_faults(changes, field, says):
    (fault,) = problems(edited(*changes))
    assert ".".join(map(str, fault.path)) == field
    assert says in fault.message

"""The closed forms against answers worked by hand, the properties that define the rules, and their MIP formulations."""

import math

import numpy as np
import pytest
from chords import alpha_fair_by_chords
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from fabopt.analysis.allocation.capped import Capped, best_split
from fabopt.network.allocation import rules
from fabopt.network.allocation.market import clear

ORDERS, THIRD = [80.0, 50.0, 20.0], 1.0 / 3.0
exactly = {"abs": 1e-9, "rel": 0.0}


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (rules.proportional(ORDERS, 100), (53 + THIRD, 33 + THIRD, 13 + THIRD)),
        (rules.proportional([200, 50, 20], 100), (2000 / 27, 500 / 27, 200 / 27)),
        (rules.linear(ORDERS, 100), (63 + THIRD, 33 + THIRD, 3 + THIRD)),
        (rules.linear(ORDERS, 60), (45, 15, 0)),
        (rules.linear([200, 50, 20], 100), (100, 0, 0)),
        (rules.uniform(ORDERS, 100), (40, 40, 20)),
        (rules.uniform([200, 50, 20], 100), (40, 40, 20)),
        (rules.turn_and_earn(ORDERS, [20, 60, 20], 100), (30, 50, 20)),
        (rules.turn_and_earn(ORDERS, [30, 50, 20], 120), (50, 50, 20)),
        (rules.weighted(ORDERS, [20, 0, 20], 200), (80, 0, 20)),  # all who have a weight are served, the other is not
        (rules.alpha_fair(ORDERS, [3, 2, 1], 0, 100), (80, 20, 0)),
        (rules.alpha_fair(ORDERS, [3, 2, 1], 1, 100), (50, 33 + THIRD, 16 + 2 * THIRD)),
        # sqrt(3) and sqrt(2) share the 80 that c, at its order of 20, leaves.
        (
            rules.alpha_fair(ORDERS, [3, 2, 1], 2, 100),
            (80 * 3**0.5 / (3**0.5 + 2**0.5), 80 * 2**0.5 / (3**0.5 + 2**0.5), 20),
        ),
        (rules.alpha_fair(ORDERS, [3, 2, 1], math.inf, 100), (40, 40, 20)),
    ],
)
def test_a_rule_gives_the_answer_worked_by_hand(found, answer):
    assert found.tolist() == pytest.approx(list(answer), **exactly)


@pytest.mark.parametrize(("capacity", "answer"), [(100, (30, 50, 20)), (50, (25, 25 * THIRD, 50 * THIRD))])
def test_commitments_come_first_then_rank_b_before_a_before_c(capacity, answer):
    def by_rank(orders, left):
        return rules.priority(orders, [2, 1, 3], left)

    found = rules.committed_first(ORDERS, [30, 10, 20], capacity, by_rank)
    assert found.tolist() == pytest.approx(list(answer), **exactly)


@pytest.mark.parametrize(
    ("capacity", "answer", "low", "high", "surplus"),
    [
        (100, (70, 30, 0, 0), 10, 10, 1060),
        (110, (80, 30, 0, 0), 9, 10, 1160),
        (130, (80, 30, 0, 20), 6, 9, 1340),
        (0, (0, 0, 0, 0), 12, math.inf, 0),
        (200, (80, 30, 20, 20), 0, 0, 1460),
    ],
)
def test_a_market_clears_at_the_prices_worked_by_hand(capacity, answer, low, high, surplus):
    found = clear([80, 30, 20, 20], [10, 12, 6, 9], capacity)
    assert (found.quantity.tolist(), found.low, found.high, found.surplus) == (list(answer), low, high, surplus)


@pytest.mark.parametrize(
    ("rule", "answer", "value"),
    [
        (Capped(np.full(3, math.inf)), (80, 20, 0), 960),
        (Capped(np.full(3, 0.5), False, 3, 10.0), (50, 40, 10), 830),
        (Capped(np.full(3, 0.4), True), (40, 40, 20), 740),
        (Capped(np.full(3, 0.3), True), (0, 0, 0), 0),
        (Capped(np.full(3, 0.3), True, 3, 10.0), None, None),
    ],
)
def test_the_best_split_under_caps_and_least_numbers_is_the_one_worked_by_hand(rule, answer, value):
    found = best_split(ORDERS, [10, 8, 1], 100, rule)
    if answer is None:
        assert found is None
    else:
        assert found.tolist() == pytest.approx(list(answer), abs=1e-9)
        assert np.dot(found, [10, 8, 1]) == pytest.approx(value, abs=1e-8)


def cases(seed, count=100):
    """Random orders of 2 to 6 customers, some with zero, and capacities from short to ample."""
    draw = np.random.default_rng(seed)
    for _ in range(count):
        orders = draw.uniform(1, 100, draw.integers(2, 7)) * (draw.random(1)[0] > 0.1)
        yield draw, np.where(draw.random(orders.size) < 0.1, 0.0, orders), draw.uniform(0.1, 1.3) * 50 * orders.size


RULES = {
    "proportional": lambda o, w, k: rules.proportional(o, k),
    "linear": lambda o, w, k: rules.linear(o, k),
    "uniform": lambda o, w, k: rules.uniform(o, k),
    "weighted": rules.weighted,
    "priority": lambda o, w, k: rules.priority(o, np.ceil(3 * w), k),
    "turn-and-earn": rules.turn_and_earn,
    "alpha 0": lambda o, w, k: rules.alpha_fair(o, w, 0.0, k),
    "alpha 2": lambda o, w, k: rules.alpha_fair(o, w, 2.0, k),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_hands_out_all_there_is_up_to_the_orders_and_never_takes_away_when_capacity_grows(rule):
    for draw, orders, capacity in cases(1):
        weights = draw.uniform(0.1, 1, orders.size)
        given, more = rule(orders, weights, capacity), rule(orders, weights, 1.1 * capacity)
        assert given.sum() == pytest.approx(min(capacity, orders.sum()), rel=1e-12, abs=1e-12)
        assert np.all(given >= 0)
        assert np.all(given <= orders * (1 + 1e-12))
        assert np.all(more >= given - 1e-9)


def test_no_lie_pays_under_the_uniform_rule():
    """Strategy-proofness under single-peaked preferences (Sprumont 1991): nobody gets closer to its need by lying."""
    for draw, needs, capacity in cases(2):
        truth = rules.uniform(needs, capacity)
        for v in range(needs.size):
            for lie in draw.uniform(0, 200, 10):
                said = needs.copy()
                said[v] = lie
                assert abs(rules.uniform(said, capacity)[v] - needs[v]) >= abs(truth[v] - needs[v]) - 1e-9


def test_a_lie_pays_under_the_proportional_and_the_linear_rule():
    for rule in (rules.proportional, rules.linear):
        assert rule([120, 50, 20], 100)[0] > rule(ORDERS, 100)[0] + 1


def solved(cost, rows, bounds, integrality):
    found = milp(cost, constraints=rows, bounds=bounds, integrality=integrality, options={"mip_rel_gap": 0.0})
    assert found.success
    return found.x


def test_uniform_is_its_mip_with_a_binary_for_each_customer():
    """a <= o, a <= lambda, a >= o b, a >= lambda - M b, sum a = min(K, sum o): columns a, b, lambda."""
    for _, orders, capacity in cases(3, 60):
        n, most = orders.size, max(orders.max(), 1.0)
        eye, one = np.eye(n), np.ones((n, 1))
        rows = [
            LinearConstraint(np.hstack([eye, 0 * eye, -one]), -np.inf, 0),
            LinearConstraint(np.hstack([eye, -np.diag(orders), 0 * one]), 0, np.inf),
            LinearConstraint(np.hstack([eye, most * eye, -one]), 0, np.inf),
            LinearConstraint(np.hstack([np.ones(n), np.zeros(n + 1)])[None], *[min(capacity, orders.sum())] * 2),
        ]
        bounds = Bounds(np.zeros(2 * n + 1), np.concatenate([orders, np.ones(n), [most]]))
        x = solved(np.zeros(2 * n + 1), rows, bounds, np.repeat([0, 1, 0], [n, n, 1]))
        assert x[:n] == pytest.approx(rules.uniform(orders, capacity), abs=1e-6)


def test_priority_is_its_mip_with_the_staircase():
    """a_v < o_v leaves later ranks nothing: a_j <= o_j z_v, o_v - a_v <= o_v (1 - z_v); columns a, z."""
    for _, orders, capacity in cases(4, 60):
        n = orders.size
        rows = [LinearConstraint(np.hstack([np.ones(n), np.zeros(n)])[None], -np.inf, capacity)]
        for v in range(n):
            served = np.zeros(2 * n)
            served[v], served[n + v] = 1.0, -orders[v]
            rows.append(LinearConstraint(served[None], 0, np.inf))
            for j in range(v + 1, n):
                later = np.zeros(2 * n)
                later[j], later[n + v] = 1.0, -orders[j]
                rows.append(LinearConstraint(later[None], -np.inf, 0))
        bounds = Bounds(np.zeros(2 * n), np.concatenate([orders, np.ones(n)]))
        x = solved(np.concatenate([-np.ones(n), np.zeros(n)]), rows, bounds, np.repeat([0, 1], n))
        assert x[:n] == pytest.approx(rules.priority(orders, np.arange(n), capacity), abs=1e-6)


def test_market_clearing_is_its_linear_program_and_its_dual_price_clears():
    for draw, quantities, capacity in cases(5, 60):
        prices = draw.uniform(1, 20, quantities.size)
        found = clear(quantities, prices, capacity)
        lp = linprog(
            -prices,
            A_ub=np.ones((1, quantities.size)),
            b_ub=[capacity],
            bounds=np.column_stack([0 * quantities, quantities]),
        )
        assert found.surplus == pytest.approx(-lp.fun, rel=1e-9, abs=1e-9)
        assert found.low - 1e-9 <= -lp.ineqlin.marginals[0] <= found.high + 1e-9


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("passes", [1, 3, 6])
def test_chords_are_within_the_stated_error_of_alpha_fairness(alpha, passes):
    found = alpha_fair_by_chords(ORDERS, [3, 2, 1], alpha, 100, passes=passes)
    miss = np.abs(found.allocation - rules.alpha_fair(ORDERS, [3, 2, 1], alpha, 100))
    assert np.all(miss <= found.error)
    assert found.allocation.sum() == pytest.approx(100, rel=1e-12)


def test_passes_make_the_stated_error_small_and_the_price_the_one_worked_by_hand():
    """Weighted Nash bargaining sells at 6 weights over 100 wafers, 0.06 each."""
    coarse, fine = (alpha_fair_by_chords(ORDERS, [3, 2, 1], 1.0, 100, segments=20, passes=p) for p in (1, 8))
    assert fine.error.max() < coarse.error.max() / 1000
    assert fine.price == pytest.approx(0.06, abs=1e-4)

"""The game of orders against numbers worked by hand and formulas of the equilibrium."""

import numpy as np
import pytest

from fabopt.analysis.allocation.game import Players, play
from fabopt.network.allocation import rules

NEEDS = np.array([80.0, 50.0, 20.0])


def players(**more):
    return Players(NEEDS, np.ones(3), **more)


def test_orders_under_the_proportional_rule_inflate_round_by_round_as_worked_by_hand():
    """x = n Y / (K - n) against others' orders Y: 280, 100, 32.5 in the first round, 2.75 times the need in all."""
    played = play(players(), rules.proportional, 100.0)
    assert played.rounds[1].tolist() == pytest.approx([280.0, 100.0, 32.5], rel=1e-9)
    published = {1: (2.75, 2), 2: (6.25, 2), 3: (16.4, 1), 4: (38.3, 1), 5: (98.8, 1), 6: (234.0, 0)}
    assert all(round(float(played.inflation[n]), digits) == said for n, (said, digits) in published.items())
    assert played.ending == "divergence"


def test_the_truth_is_an_equilibrium_under_the_uniform_rule():
    played = play(players(), rules.uniform, 100.0)
    assert (played.ending, len(played.rounds)) == ("equilibrium", 2)
    assert played.given.tolist() == [40.0, 40.0, 20.0]
    assert played.wasted == 0.0


def test_a_limit_on_orders_ends_inflation_at_the_limit_and_gives_the_truthful_split_back():
    """Three times the need: everybody is there in the end, and in proportion nothing has changed."""
    played = play(players(most=3.0), rules.proportional, 100.0)
    assert played.ending == "equilibrium"
    assert played.rounds[-1].tolist() == pytest.approx([240.0, 150.0, 60.0])
    assert played.given.tolist() == pytest.approx(played.truthful.tolist(), rel=1e-12)


def test_a_price_of_phantom_orders_restores_the_equilibrium_of_the_formula():
    """n equal customers: K w (n - 1) / n^2 / x = c at the equilibrium, so x = 100 / (4 x 0.1) = 250 for two."""
    played = play(Players(np.full(2, 80.0), np.ones(2), cancelling=0.1), rules.proportional, 100.0)
    assert played.ending == "equilibrium"
    assert played.rounds[-1].tolist() == pytest.approx([250.0, 250.0], rel=1e-6)


@pytest.mark.parametrize("count", [3, 5])
def test_the_equilibrium_of_more_equal_customers_is_that_of_the_formula(count):
    played = play(Players(np.full(count, 60.0), np.ones(count), cancelling=0.25), rules.proportional, 100.0)
    assert played.rounds[-1].tolist() == pytest.approx([100 * (count - 1) / count**2 / 0.25] * count, rel=1e-6)


def test_a_customer_that_inflates_alone_under_the_linear_rule_wastes_a_fifth_of_the_capacity():
    given = rules.linear([200, 50, 20], 100)
    assert np.maximum(given - NEEDS, 0).sum() == pytest.approx(20.0)


def test_orders_grow_without_end_under_the_linear_rule_too():
    assert play(players(), rules.linear, 100.0).ending == "divergence"


def test_a_need_that_capacity_cannot_meet_makes_orders_double_without_end():
    assert play(Players(np.full(2, 120.0), np.ones(2)), rules.proportional, 100.0).ending == "divergence"


def test_nobody_inflates_when_there_is_enough():
    played = play(players(), rules.proportional, 150.0)
    assert played.rounds[-1].tolist() == NEEDS.tolist()
    assert played.ending == "equilibrium"


def test_answers_that_swing_all_at_once_settle_one_after_another():
    """Five equal customers: an answer falls by 0.375 of what the four others add, so all at once they swing."""
    played = play(Players(np.full(5, 60.0), np.ones(5), cancelling=0.25), rules.proportional, 100.0)
    assert played.in_turn
    assert played.ending == "equilibrium"


def test_a_game_of_matching_pennies_runs_in_a_cycle_of_four():
    """The first gets everything where both order above 120 or both below, the second where they differ."""

    def rule(orders, capacity):
        same = (orders[0] > 120.0) == (orders[1] > 120.0)
        return np.array([capacity, 0.0]) if same else np.array([0.0, capacity])

    played = play(Players(np.array([80.0, 80.0]), np.ones(2), most=2.0), rule, 100.0)
    assert (played.ending, played.period, played.in_turn) == ("cycle", 4, False)
    assert np.allclose(played.rounds[-1], played.rounds[-5])

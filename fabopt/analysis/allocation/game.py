r"""The game of orders: each customer answers the rule with the order that suits it best.

A customer with need :math:`n_v` that orders :math:`x_v` under a rule a gets :math:`a_v(x)` and has the payoff

.. math:: w_v \min(a_v(x), n_v) - c\,\max(0, x_v - n_v)

with the worth w of a unit needed and the cost c of each unit ordered beyond the need, which is cancelled in the end. In
every round all customers answer the orders of the round before with the smallest best order, beginning with the truth.
The rounds end in an equilibrium (nobody changes), in a cycle (orders come back), or diverge (orders grow past all
bounds, or in every round of the second half). Where answers given all at once do not settle, they are given one after
another, which may: a cycle of answers is no proof that there is no equilibrium, but its absence from both is reported.

Under the proportional rule, what gets the need against others' orders Y is :math:`x = n Y / (K - n)`, and what weighs a
cost c is :math:`x = \sqrt{w K Y / c} - Y`; without a cost and a limit there is no equilibrium as soon as capacity is
short (CHOKE worked case: total orders of 2.75, 6.25, 16.4, 38.3, 98.8, 234 times the need in rounds 1 to 6). Any price
of phantom orders restores one (Rong, Snyder and Shen 2008). Under the uniform rule the truth is a best answer always.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fabopt.domain.tolerances import DIGITS, ROUNDING, SAME
from fabopt.network.allocation.rules import Rule, uniform
from fabopt.network.tables import Array

Ending = Literal["equilibrium", "cycle", "divergence", "unsettled"]

BEYOND = 1e6
"""Total orders relative to total need from which the game has diverged."""

GRID = 49
"""Orders tried between the need and the largest that can make sense."""


@dataclass(frozen=True, slots=True)
class Players:
    """Customers of a game.

    Attributes
    ----------
    needs, worth
        Need and worth of a unit needed ``[V]``.
    most
        Largest order relative to the need; infinite where there is no limit.
    cancelling
        Cost of each unit ordered beyond the need.
    """

    needs: Array
    worth: Array
    most: float = math.inf
    cancelling: float = 0.0

    def payoff(self, v: int, order: float, given: float) -> float:
        """Return the payoff of a customer."""
        need = float(self.needs[v])
        return float(self.worth[v]) * min(given, need) - self.cancelling * max(0.0, order - need)


@dataclass(frozen=True, slots=True)
class Played:
    """How a game of orders went.

    Attributes
    ----------
    ending
        How it ended; a cycle has a `period` in rounds.
    in_turn
        Whether customers answered one after another, since all at once they came back in a cycle.
    rounds
        Orders of each round, the truth first ``[R, V]``.
    truthful, given, uniform
        Allocation ``[V]`` of the true orders, of the last orders, and of the true orders under the uniform rule.
    wasted
        What is allocated in the end beyond needs.
    """

    ending: Ending
    period: int
    in_turn: bool
    rounds: Array
    truthful: Array
    given: Array
    uniform: Array
    wasted: float

    @property
    def inflation(self) -> Array:
        """Total orders relative to the true ones, by round."""
        return np.asarray(self.rounds.sum(axis=1) / self.rounds[0].sum())


def play(players: Players, rule: Rule, capacity: float, rounds: int = 60) -> Played:
    """Play the game of orders from the truth on: all at once, and one after another where that does not settle.

    Parameters
    ----------
    players
        The customers.
    rule
        Orders ``[V]`` and capacity to allocation ``[V]``.
    capacity
        What is split.
    rounds
        Rounds after which it is given up as unsettled.
    """
    played = _play(players, rule, capacity, rounds, in_turn=False)
    if played.ending in ("cycle", "unsettled"):
        again = _play(players, rule, capacity, rounds, in_turn=True)
        if again.ending == "equilibrium":
            return again
    return played


def _play(players: Players, rule: Rule, capacity: float, rounds: int, in_turn: bool) -> Played:
    history = [players.needs.copy()]
    ending: Ending = "unsettled"
    period = 0
    for _ in range(rounds):
        orders, before = history[-1].copy(), history[-1]
        for v in range(orders.size):
            orders[v] = best_order(players, rule, capacity, orders if in_turn else before, v)
        history.append(orders)
        back = _came_back(history)
        if back:
            ending, period = ("equilibrium", 0) if back == 1 else ("cycle", back)
            break
        if orders.sum() > BEYOND * players.needs.sum():
            ending = "divergence"
            break
    totals = np.array([orders.sum() for orders in history])
    if ending == "unsettled" and np.all(np.diff(totals)[len(totals) // 2 :] > 0.0):
        ending = "divergence"
    given = rule(history[-1], capacity)
    return Played(
        ending,
        period,
        in_turn,
        np.array(history),
        rule(players.needs, capacity),
        given,
        uniform(players.needs, capacity),
        float(np.maximum(given - players.needs, 0.0).sum()),
    )


def _came_back(history: list[Array]) -> int:
    """Return how many rounds ago the last orders were the same, 0 where they never were."""
    last = history[-1]
    for ago, before in enumerate(reversed(history[:-1]), start=1):
        if np.all(np.abs(last - before) <= SAME * last):
            return ago
    return 0


def best_order(players: Players, rule: Rule, capacity: float, orders: Array, v: int) -> float:
    """Return the smallest best answer to the others' orders; twice the last order where more is always better."""
    need = float(players.needs[v])
    limit = players.most * need

    def given(order: float) -> float:
        changed = orders.copy()
        changed[v] = order
        return float(rule(changed, capacity)[v])

    best, best_payoff = need, players.payoff(v, need, given(need))
    ends = _least_order(given, need, limit)
    if ends is None and math.isinf(limit) and players.cancelling == 0.0:
        # The need is out of reach, and every larger order gets closer to it.
        return max(2.0 * float(orders[v]), need) if given(4.0 * float(orders[v])) > given(need) else need
    for order in _candidates(players, capacity, orders, v, limit if ends is None else ends):
        payoff = players.payoff(v, order, given(order))
        if payoff > best_payoff + ROUNDING * max(abs(best_payoff), float(players.worth[v]) * need):
            best, best_payoff = order, payoff
    return best


def _least_order(given: Callable[[float], float], need: float, limit: float) -> float | None:
    """Return the smallest order up to the limit that gets the need; None where none does."""
    if given(need) >= need * (1.0 - ROUNDING):
        return need
    high = min(2.0 * need, limit)
    while given(high) < need * (1.0 - ROUNDING):
        if high >= limit or high > BEYOND * BEYOND * need:
            return None
        high = min(2.0 * high, limit)
    low = need
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (low, middle) if given(middle) >= need * (1.0 - DIGITS) else (middle, high)
    return high


def _candidates(players: Players, capacity: float, orders: Array, v: int, ends: float) -> Iterator[float]:
    """Yield orders worth trying between the need and the end of the range, from small to large."""
    need = float(players.needs[v])
    if not math.isfinite(ends):
        ends = BEYOND * need
    tried = set(np.geomspace(need, ends, GRID).tolist()) if players.cancelling > 0.0 and ends > need else set()
    others = float(orders.sum() - orders[v])
    if players.cancelling > 0.0:
        # Where the proportional rule's payoff is flat; harmless to try under another rule.
        tried.add(math.sqrt(float(players.worth[v]) * capacity * others / players.cancelling) - others)
    yield from sorted(order for order in (*tried, ends) if need <= order <= ends)

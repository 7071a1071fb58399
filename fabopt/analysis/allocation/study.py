"""What policies allot, what the plan takes of it, and what they cost: the plan with them against the plan without.

The price of the policies is the difference of the two plans' values. Each plan is proved to within its gap, so the
price is an interval: with values [L1, U1] under the policies and [L0, U0] without, it lies between max(0, L0 - U1) and
U0 - L1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.allocation.capped import Capped, best_split
from fabopt.analysis.allocation.game import Played, Players, play
from fabopt.analysis.allocation.stages import LabPlan, lab_plans
from fabopt.analysis.frames import frame_of
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.network.allocation.curve import Claims
from fabopt.network.allocation.market import clear
from fabopt.network.lower import lower, lower_chain
from fabopt.network.lowering.policy_claims import Split, amounts, splits
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.tables import Array, Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Entry:
    """What one customer gets of what one policy splits in one window.

    Attributes
    ----------
    order, commitment
        What it orders (infinite where a rule of shares goes without orders) and what it was promised.
    allotted
        What the rule allots it of the capacity that is there without expansions; None where value decides freely, and
        where nothing is there yet (chips that have still to be made).
    right
        What it has a right to at the plan's capacity, as the rule says; None where value decides.
    used, without
        What it takes in the plan, and in the plan without policies.
    """

    policy: str
    window: str
    customer: str
    unit: str
    order: float
    commitment: float
    allotted: float | None
    right: float | None
    used: float
    without: float


@dataclass(frozen=True, slots=True)
class Supply:
    """What a policy splits in a window: capacity without expansions, in the plan, and the prices that clear that."""

    policy: str
    window: str
    unit: str
    capacity: float
    planned: float
    price_low: float | None = None
    price_high: float | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """Value of a plan: proved to lie between low and high; both None where there is no plan."""

    status: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PriceOf:
    """What one policy alone costs: value of the plan without it and under all others, less that under all.

    Both ends are None where a plan is missing.
    """

    policy: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Study:
    """Who gets what under the policies of an instance.

    Attributes
    ----------
    mode
        "model" or "two-stage".
    entries, supplies
        By policy, window and customer; by policy and window.
    value, without
        Value of the plan with and without policies, in million dollars (of a plain network in its own money).
    each
        What each policy alone costs, where that was asked.
    why
        Why there is no plan under the policies, where there is none.
    labs
        In two stages: each lab's own plan with what it was allotted.
    """

    mode: str
    entries: tuple[Entry, ...]
    supplies: tuple[Supply, ...]
    value: Value
    without: Value
    each: tuple[PriceOf, ...] = ()
    why: tuple[str, ...] = ()
    labs: tuple[LabPlan, ...] = ()

    @property
    def price(self) -> tuple[float, float] | None:
        """Lower and upper end of the price of the policies; None where there is no plan."""
        return price_between(self.value, self.without)

    @property
    def frame(self) -> pd.DataFrame:
        """The entries as a frame."""
        return frame_of(self.entries, Entry)


def price_between(here: Value, free: Value) -> tuple[float, float] | None:
    """Return by how much one plan's value lies below another's, at least and at most; None where one is missing."""
    if here.low is None or here.high is None or free.low is None or free.high is None:
        return None
    return max(0.0, free.low - here.high), max(0.0, free.high - here.low)


def study(
    instance: Instance, two_stage: bool = False, options: SolveOptions | None = None, each: bool = False
) -> Study:
    """Solve an instance with and without its policies.

    Parameters
    ----------
    instance
        A chain with policies.
    two_stage
        Whether the rules allot what is there before the plan is made, instead of being constraints of it; every lab
        is then planned for by itself too, with one more run each.
    options
        Options of all runs.
    each
        Whether each policy alone is priced too, with one more run each.

    Raises
    ------
    fabopt.errors.StudyError
        When the instance has no policies.
    """
    if not instance.policies:
        raise StudyError("The instance has no policies (section policies), so nothing is allotted by a rule.")
    mode = "two-stage" if two_stage else "model"
    chain, free = lower_chain(instance.model_copy(update={"policy_mode": "off"}))
    ruled = instance.model_copy(update={"policy_mode": mode})
    net = lower(ruled)
    plan, bare = solve(net, options), solve(free, options)
    entries: list[Entry] = []
    supplies: list[Supply] = []
    for split in splits(chain, free):
        of_split, of_supply = entries_of(split, (net, plan), (free, bare))
        entries += of_split
        supplies += of_supply
    value = value_of(plan)
    prices = tuple(_alone(instance, mode, policy, value, options) for policy in instance.policies) if each else ()
    why = tuple(conflict.sentence for conflict in plan.conflicts)
    labs = lab_plans(ruled, net, plan, options or SolveOptions()) if two_stage and plan.has_plan else ()
    return Study(mode, tuple(entries), tuple(supplies), value, value_of(bare), prices, why, labs)


def _alone(instance: Instance, mode: str, policy: str, value: Value, options: SolveOptions | None) -> PriceOf:
    others = {name: record for name, record in instance.policies.items() if name != policy}
    alone = solve(lower(instance.model_copy(update={"policy_mode": mode, "policies": others})), options)
    price = price_between(value, value_of(alone))
    return PriceOf(policy, *((None, None) if price is None else price))


def value_of(solution: Solution) -> Value:
    """Return the value of a solution's plan."""
    return Value(solution.status.value, solution.objective, solution.bound if solution.has_plan else None)


def entries_of(
    split: Split, planned: tuple[Network, Solution], free: tuple[Network, Solution]
) -> tuple[list[Entry], list[Supply]]:
    """Return entries and supplies of one policy, by window."""
    scope = split.scope
    base = scope.total(scope.base)
    capacity = base + scope.total(measured(scope.added, *planned))
    taken = {v: scope.total(scope.spent[v] + measured(use, *planned)) for v, use in scope.use.items()}
    bare = {v: scope.total(scope.spent[v] + measured(use, *free)) for v, use in scope.use.items()}
    entries: list[Entry] = []
    supplies: list[Supply] = []
    for w, claims in enumerate(split.claims):
        label = window_label(planned[0], scope.windows[w])
        here, later = float(base[w]), float(capacity[w])
        decided = scope.policy.rule != "value"
        nothing = here <= 0.0 and scope.grows  # chips: all that is split has still to be made
        allotments = None if nothing else claims.allotted(here) if decided else _best(split, claims, here)
        allotted = _places(split, allotments)
        rights = _places(split, claims.rights(later) if decided else None)
        orders, held = _places(split, claims.orders), _places(split, claims.commitments)
        entries += [
            Entry(
                scope.id, label, v, scope.unit, orders.get(v, 0.0), held.get(v, 0.0), allotted.get(v),
                rights.get(v), float(taken[v][w]), float(bare[v][w]),
            )
            for v in scope.use
        ]  # fmt: skip
        # What the plan has built is sold too; a plan's numbers are rounded, lest a price hang on their last digit.
        sold = round(later, 6) if scope.grows else here
        market = clear(claims.bids[0], claims.bids[1], sold) if scope.policy.rule == "market" else None
        low, high = (None, None) if market is None else (market.low, market.high)
        supplies.append(Supply(scope.id, label, scope.unit, here, later, low, high))
    return entries, supplies


def _places(split: Split, values: Array | None) -> dict[str, float]:
    """Return numbers ``[V]`` by customer."""
    return {} if values is None else dict(zip(split.customers, values.tolist(), strict=True))


def _best(split: Split, claims: Claims, capacity: float) -> Array | None:
    """Return the split of most stated worth where value decides and every customer states an order."""
    policy = split.scope.policy
    if not np.isfinite(claims.orders).all() or set(split.customers) != set(split.scope.use):
        return None
    given = [policy.customers[v] for v in split.customers if v in policy.customers]
    if len(given) < len(split.customers):
        return None
    caps = [policy.cap if claim.cap is None else claim.cap for claim in given]
    shares = np.array([np.inf if cap is None else cap.value for cap in caps])
    least, number = (0.0, 0) if policy.least is None else (policy.least.share.value, policy.least.customers)
    rules = Capped(shares, policy.cap_of == "allocated", number, least * capacity, claims.floors)
    return best_split(claims.orders, [claim.worth.value for claim in given], capacity, rules)


def window_label(net: Network, window: tuple[int, ...]) -> str:
    """Return a window as people write it: one period, or from one to another."""
    first, last = net.periods[window[0]].label, net.periods[window[-1]].label
    return first if first == last else f"{first} to {last}"


def measured(expression: Expression, net: Network, solution: Solution) -> Array:
    """Return an expression's value ``[T]`` in a plan; not a number where there is none."""
    total = np.zeros(net.n_periods)
    if not solution.has_plan:
        return np.full(net.n_periods, np.nan)
    tables = {
        "activity": ({record.id: n for n, record in enumerate(net.activities)}, solution.levels),
        "unit": ({record.id: n for n, record in enumerate(net.units)}, solution.orders),
        "retire": ({record.id: n for n, record in enumerate(net.units)}, solution.retired),
    }
    for (kind, name, shift), coefficient in expression.terms.items():
        places, values = tables[kind]
        decided = values[places[name]]
        seen = np.concatenate([np.zeros(min(shift, decided.size)), decided[: max(decided.size - shift, 0)]])
        total += coefficient * seen
    return total


@dataclass(frozen=True, slots=True)
class GameOf:
    """The game of orders of a policy in its first window: customers, needs ``[V]``, capacity, and how it went."""

    policy: str
    rule: str
    window: str
    unit: str
    customers: tuple[str, ...]
    needs: Array
    capacity: float
    played: Played


def games(instance: Instance) -> tuple[GameOf, ...]:
    """Play the game of orders of every policy whose rule goes by orders.

    Raises
    ------
    fabopt.errors.StudyError
        When no policy of the instance goes by finite orders.
    """
    chain, net = lower_chain(instance.model_copy(update={"policy_mode": "off"}))
    games = []
    for split in splits(chain, net):
        policy, claims = split.scope.policy, split.claims[0]
        if policy.rule in ("value", "market"):
            continue
        needs = claims.orders.copy()
        for n, v in enumerate(split.customers):
            claim = policy.customers.get(v)
            if claim is not None and claim.need is not None:
                needs[n] = split.scope.total(amounts(chain, policy, claim.need))[0]
        capacity = float(split.scope.total(split.scope.base)[0])
        if not np.isfinite(needs).all() or not needs.sum() > 0.0 or not capacity > 0.0:
            continue
        worth = [policy.customers[v].worth.value if v in policy.customers else 1.0 for v in split.customers]
        most = math.inf if policy.game.most is None else policy.game.most
        players = Players(needs, np.array(worth), most, policy.game.cancelling.value)
        played = play(players, partial(_allotted, claims), capacity, policy.game.rounds)
        label = window_label(net, split.scope.windows[0])
        games.append(
            GameOf(split.scope.id, policy.rule, label, split.scope.unit, split.customers, needs, capacity, played)
        )
    if not games:
        raise StudyError(
            "No policy of the instance splits by orders what is there without expansions (chips must be made first), "
            "so there is no game to play."
        )
    return tuple(games)


def _allotted(claims: Claims, orders: Array, capacity: float) -> Array:
    return replace(claims, orders=orders).allotted(capacity)

"""One draw of the data: the instance with numbers at its quantiles, its plan, its figures and its choke points.

An answer depends on the plan, the seed and the number of the draw alone: it begins at the basis of the plan, whatever
was drawn before. So it does not matter where draws are made, in which order, or how many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.choke.reprice import MOST, STEP, Moved, Repriced
from fabopt.analysis.draws.engine import couplings, moved, quantiles, spreads
from fabopt.analysis.draws.figures import Key, Read, figures, published
from fabopt.analysis.draws.records import Drawn
from fabopt.domain.base import FieldProblem
from fabopt.domain.tolerances import SAME
from fabopt.model.families import ModelError
from fabopt.network.tables import Array
from fabopt.plan.groups import LimitGroup
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.resolver import Resolver
from fabopt.solve.search import structure

NONE = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What all draws have in common.

    Attributes
    ----------
    plan
        The solved plan.
    seed
        Of the draws.
    exact
        So many draws, from the first, are solved with all integers free as well.
    seconds
        Longest search of one of these.
    series, published
        What is reported, and ids of published figures, in this order.
    counted
        Positions of the periods that are reported.
    money
        Unit of money; empty where the objective is none.
    """

    plan: Plan
    seed: int
    exact: int
    seconds: float
    series: tuple[Key, ...]
    published: tuple[str, ...]
    counted: tuple[int, ...]
    money: str


def draws_of(task: Task) -> Callable[[int], Drawn]:
    """Return what makes the draw of a number."""
    return _Drawing(task)


def by_gain(plan: SolvedProgram) -> bool:
    """Return whether the choke point of a draw is told by what 10 % more earns; of a large program by its price.

    Measured on 33,000 rows x 56,000 columns: to ask the gains of three limits takes longer than the draw itself.
    """
    return not plan.program.large


class _Drawing:
    """Makes draws, one at a time."""

    def __init__(self, task: Task) -> None:
        self.task, plan = task, task.plan
        self.spreads = spreads(plan.tree, plan.data)
        self.couplings = couplings(plan.data, self.spreads)
        self.repriced = Repriced(plan.solved, task.counted, (), most=MOST if by_gain(plan.solved) else 0)

    def __call__(self, number: int) -> Drawn:
        """Return the draw of a number."""
        plan, task = self.task.plan, self.task
        at = quantiles(self.spreads, task.seed, number, self.couplings)
        drawn = moved(plan.tree, plan.data, self.spreads, at)
        if drawn is None:
            return Drawn(number, "refused")
        data, back = drawn
        found = None
        with suppress(FieldProblem, ModelError, SolverError):
            found = self.repriced.moved(data)
        if found is None or found.outcome.objective is None or found.outcome.row_price is None:
            return Drawn(number, "without plan", tuple(sorted(back)))
        answer = self._answer(number, tuple(sorted(back)), found, found.outcome)
        return self._exact(answer, found) if number < task.exact else answer

    def _answer(self, number: int, back: tuple[str, ...], found: Moved, outcome: Outcome) -> Drawn:
        assert outcome.x is not None
        assert outcome.row_price is not None
        assert outcome.objective is not None
        read = Read(found.tables, outcome.x[: found.program.n_columns], outcome.row_price)
        amounts = figures(read, self.task.money)
        groups = self.repriced.groups(found.tables, found.program, outcome)
        gains = self.repriced.gains(found.tables, found.program, found.resolver, found.change, outcome, groups)
        labels = {g.id: g.label for g in groups}
        first = max(gains, key=lambda id: gains[id], default=NONE)
        counts = self.repriced.plan.problem.near(outcome.objective)
        none = np.full(found.tables.net.n_periods, np.nan)
        objective = found.stage.reported(outcome.objective)
        return Drawn(
            number,
            "stood",
            back,
            objective,
            found.given_way,
            tuple(_numbers(amounts.get(key, none), self.task.counted) for key in self.task.series),
            labels[first] if first and gains[first] > counts else NONE,
            gains[first] if first and gains[first] > counts else 0.0,
            _by_period(groups, outcome, self.task.counted),
            tuple(map(published(read).get, self.task.published)),
        )

    def _exact(self, answer: Drawn, found: Moved) -> Drawn:
        """Return a draw with what all integers free would earn."""
        options = self.task.plan.solved.options
        resolver = Resolver(
            found.whole,
            found.plan,
            basis=found.resolver.basis,
            seed=options.seed,
            gap=options.asked,
            standing=found.stage.standing,
            shape=structure(found.tables),
        )
        try:
            best = resolver.ask(mode="exact", seconds=self.task.seconds)
        except SolverError:
            return answer
        if best.objective is None or best.ended not in (Ended.OPTIMAL, Ended.TIME_LIMIT):
            return answer
        bound = None if best.bound is None else found.stage.reported(max(best.bound, best.objective))
        return replace(answer, exact=found.stage.reported(best.objective), bound=bound)


def _numbers(values: Array, at: Sequence[int]) -> tuple[float | None, ...]:
    """Return amounts of some periods; what is rounding beside the largest is nothing."""
    small = SAME * float(np.nanmax(np.abs(values), initial=0.0))
    return tuple(None if np.isnan(values[t]) else float(values[t]) if abs(values[t]) > small else 0.0 for t in at)


def _by_period(groups: Sequence[LimitGroup], outcome: Outcome, counted: Sequence[int]) -> tuple[str, ...]:
    """Return by counted period the limit of which 10 % more are worth most there by its price."""
    own = [g for g in groups if g.relaxable and len(g) and not g.obligation]
    worth = np.array([_worth(g, outcome, counted) for g in own]).reshape(len(own), len(counted))
    if not own:
        return (NONE,) * len(counted)
    small, best = SAME * float(worth.max()), worth.argmax(axis=0)
    return tuple(own[n].label if worth[n, t] > small else NONE for t, n in enumerate(best.tolist()))


def _worth(group: LimitGroup, outcome: Outcome, counted: Sequence[int]) -> Array:
    """Return what 10 % more of a limit in each counted period are worth by its price."""
    assert outcome.row_price is not None
    assert outcome.column_price is not None
    price = np.concatenate([group.row_sign * outcome.row_price[group.rows], outcome.column_price[group.columns]])
    worth = np.maximum(price, 0.0) * group.amounts(STEP)
    place = {t: n for n, t in enumerate(counted)}
    sums = np.zeros(len(counted))
    for period, amount in zip(group.periods.tolist(), worth.tolist(), strict=True):
        if period in place:
            sums[place[period]] += amount
    return sums

"""What a relief makes of the value, asked of a resolver: as a value, as an interval, whether it reaches a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fabopt.domain.tolerances import EXACT
from fabopt.plan.groups import Relief
from fabopt.plan.problem import ChokeProblem, Interval
from fabopt.solve.matrices import Matrices
from fabopt.solve.perturbation import Perturbation, aimed_at, between, row_more
from fabopt.solve.resolver import UNKNOWN, Mode, Resolver, proven, worth
from fabopt.solve.session import Ended, Outcome, SolverError

Question = Literal["fixed", "relaxed"]
"""Of which linear program: integers as in the plan, or fractions for them."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Attributes
    ----------
    gap
        Relative gap at which a mixed-integer run may stop.
    seconds
        Longest time of one mixed-integer run.
    workers
        Runs at a time, one solver thread each.
    seed
        Random seed of the solver.
    """

    gap: float = EXACT
    seconds: float = 60.0
    workers: int = 1
    seed: int = 0


class Bench:
    """Asks the questions of one worker.

    Parameters
    ----------
    problem
        With a plan.
    effort
        Gap, time and seed of its runs.
    resolver
        Of the problem's program and plan; one a worker.
    """

    def __init__(self, problem: ChokeProblem, effort: Effort, resolver: Resolver) -> None:
        self.problem, self.effort, self.resolver = problem, effort, resolver

    def _way(self, relief: Relief) -> tuple[Perturbation, tuple[Perturbation, ...]]:
        m = self.problem.matrices
        return relief.on(m), tuple(before.on(m) for before in relief.way) if m.large else ()

    def linear(self, question: Question, relief: Relief, *, hot: bool = False) -> Outcome:
        """Return the answer of a linear program: its value is in ``objective``, infinite where it has no limit."""
        change, via = self._way(relief)
        outcome = self.resolver.ask(change, question, label=relief.label, hot=hot, via=via)
        return replace(outcome, objective=worth(outcome))

    def certified(self, relief: Relief, seconds: float) -> Interval:
        """Return what is proven of the value after a relief, within so many seconds of search."""
        change, via = self._way(relief)
        outcome = self.resolver.ask(change, "exact", label=relief.label, seconds=seconds, via=via)
        lo, hi = proven(outcome)
        return Interval(lo, hi if self.problem.matrices.integer.any() else lo)

    def reaches(self, relief: Relief, target: float, seconds: float) -> bool | None:
        """Return whether some plan after a relief is worth ``target``; None if time does not suffice to tell."""
        small, m = self.problem.near(target), self.problem.matrices
        if worth(self.linear("fixed", relief)) >= target - small:
            return True
        if not m.integer.any() or worth(self.linear("relaxed", relief)) < target - small:
            return False
        if seconds <= 0:
            return None
        change = relief.on(m).then(_worth_at_least(m, target))
        outcome = self.resolver.search(change, question="reaches", label=relief.label, seconds=seconds, gap=0.0)
        answer = True if outcome.x is not None else False if outcome.ended is Ended.INFEASIBLE else None
        lo, hi = target if answer else -np.inf, target if answer is False else np.inf
        runs = self.resolver.runs
        runs[-1] = replace(runs[-1], lo=lo, hi=hi)
        return answer

    def once(self, program: Matrices, label: str, seconds: float, mode: Mode = "exact") -> Outcome:
        """Return the answer of the problem's program with more columns and rows, in which relief is a decision."""
        change = between(self.problem.matrices, program)
        if mode == "fixed" and not program.integer[self.problem.matrices.n_columns :].any():
            try:
                return self.resolver.ask(change, mode, label=label)
            except SolverError:
                return UNKNOWN
        return self.resolver.search(
            change, mode, question="chosen", label=label, seconds=seconds, constant_objective=0.0
        )


def _worth_at_least(m: Matrices, target: float) -> Perturbation:
    """Return the perturbation that asks for a plan of some worth, and for no more."""
    return aimed_at(m, np.zeros(m.n_columns)).then(row_more(m, m.cost, target - m.offset, np.inf))

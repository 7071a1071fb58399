r"""A plan from the linear relaxation: integers are rounded in batches; a batch that leaves no plan is taken back.

HiGHS finds the bound of a large program soon and a plan late. From the basis of the relaxation a *dive* finds one: of
the integers that have a fraction, those nearest to their *target* are held there, a share of them at a time, and the
dual simplex goes on. A batch after which no plan is left is taken back and rounded down, for what stands at a limit
that is no integer leaves no plan above it; where that leaves none either, a quarter of it is held. A single integer for
which its target leaves no plan keeps to the other side of it.

The target of an integer is the nearest integer, but the next below for those that only make room for others
(counters of groups): their members then fit. A dive may be given the integers of another plan as targets: what fits of
that plan is kept, and the rest is found as above. So one function finds a plan from nothing and repairs an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import INTEGER
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.finish import linear_answer, stands
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.session import HighsSession

MOST_PROGRAMS, MOST_UNDONE = 300, 60
"""Linear programs and batches taken back after which a dive gives up: the tree is then the better way."""

SHARE = 0.2
"""Part of the integers with a fraction that is held at a time."""


@dataclass(frozen=True, slots=True)
class Dive:
    """What a dive gave.

    Attributes
    ----------
    x
        The plan [columns], with exact integers; None where the dive found none.
    ended
        How the relaxation ended: where it has no plan, the program has none.
    bound
        Value of the relaxation, which no plan exceeds; None where it was not solved.
    programs, undone
        Linear programs solved, and batches taken back.
    seconds
        Time of the relaxation and of the dive after it.
    """

    x: Array | None
    ended: Ended
    bound: float | None
    programs: int
    undone: int
    seconds: tuple[float, float]


class _LostError(Exception):
    """No plan is left below the integers that are held, or time is up."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.value)
        self.ended = ended


class _Descent:
    """A relaxation whose integers are held one batch after the other.

    Integers are named by their place among all integers. ``x`` is the last plan of the relaxation.
    """

    def __init__(self, session: HighsSession, integers: IntArray, down: NDArray[np.bool_]) -> None:
        self.session, self.integers, self.down = session, integers, down[integers]
        self.low, self.high = session.column_lower[integers].copy(), session.column_upper[integers].copy()
        self.programs = self.undone = 0
        self.x = np.zeros(0)
        self._basis: Any = None

    def relaxation(self, thorough: bool) -> Ended:
        """Solve the relaxation as it stands; ``thorough``: in every way there is, where HiGHS gives up.

        Raises
        ------
        fabopt.solve.outcome.SolverError
            If HiGHS gives up.
        """
        self.programs += 1
        if self.programs > MOST_PROGRAMS or self.undone > MOST_UNDONE:
            raise _LostError(Ended.TIME_LIMIT)
        outcome = self._answer(thorough)
        if outcome.ended not in (Ended.OPTIMAL, Ended.INFEASIBLE):
            raise _LostError(outcome.ended)
        if outcome.x is not None:
            self.x, self._basis = outcome.x, self.session.basis
        return outcome.ended

    def _answer(self, thorough: bool) -> Outcome:
        """Solve the relaxation; without scaling from the first on whose plan breaks a row, since those after it do too.

        Measured on a scenario of 18,876 rows: with scaling every batch but those of one integer was taken back.
        """
        if self._basis is None:
            return linear_answer(self.session)
        for ask in (self.session.solve, self.session.solve_afresh):
            try:
                outcome = ask()
            except SolverError:
                pass
            else:
                if stands(self.session, outcome):
                    return outcome
            self.session.set_option("simplex_scale_strategy", 0)
        if not thorough:
            raise SolverError("The plan of a relaxation breaks a row.")
        return self.session.solve_by_simplex()

    def hold(self, at: IntArray, target: Array) -> bool:
        """Hold integers at a target; if no plan is left, or HiGHS does not tell, give them their bounds back."""
        self._bounds(at, target, target)
        if self._plan_is_left(thorough=len(at) == 1):
            self.low[at] = self.high[at] = target
            return True
        self.undone += 1
        self._bounds(at, self.low[at], self.high[at])
        return False

    def exclude(self, place: int, target: float) -> None:
        """Leave an integer only the side of a target on which its value lies."""
        if target <= self.x[self.integers[place]]:
            self.low[place] = target + 1.0
        else:
            self.high[place] = target - 1.0
        at = np.array([place])
        if self.low[place] > self.high[place]:
            raise _LostError(Ended.INFEASIBLE)
        self._bounds(at, self.low[at], self.high[at])
        if not self._plan_is_left(thorough=True):
            raise _LostError(Ended.INFEASIBLE)

    def finish(self) -> Array:
        """Return the plan with every integer at its exact value."""
        whole = np.round(self.x[self.integers])
        self._bounds(np.arange(len(whole)), whole, whole)
        if not self._plan_is_left(thorough=True):
            raise _LostError(Ended.INFEASIBLE)
        return self.x

    def _plan_is_left(self, thorough: bool) -> bool:
        try:
            return self.relaxation(thorough) is Ended.OPTIMAL
        except SolverError:
            if thorough:
                raise
            self.session.basis = self._basis
            return False

    def _bounds(self, at: IntArray, low: Array, high: Array) -> None:
        self.session.set_column_bounds(self.integers[at], low, high)


def dive(
    session: HighsSession,
    down: NDArray[np.bool_],
    *,
    given: Array | None = None,
    share: float = SHARE,
) -> Dive:
    """Look for a plan of a mixed-integer program from its relaxation.

    Parameters
    ----------
    session
        The program. It is as before afterwards.
    down
        Whether an integer is rounded down [columns].
    given
        Another plan [columns] whose integers are the first targets.
    share
        Part of the integers with a fraction that is held at a time.

    Raises
    ------
    fabopt.solve.outcome.SolverError
        If HiGHS fails on the relaxation itself.
    """
    clock = session.budget
    began, integers = clock.spent, np.flatnonzero(session.integer).astype(np.int64)
    low, high = session.column_lower[integers].copy(), session.column_upper[integers].copy()
    session.relax_integers()
    descent = _Descent(session, integers, down)
    dive, between, bound = None, began, None
    try:
        ended = descent.relaxation(thorough=True)
        between = clock.spent
        if ended is Ended.OPTIMAL:
            bound = session.offset + float(session.cost @ descent.x)
            dive = _descend(descent, share, given)
    except _LostError as lost:
        ended = ended if bound is not None else lost.ended
    except SolverError:
        if bound is None:
            raise
    finally:
        session.set_column_bounds(integers, low, high)
        session.release_integers()
    took = between - began, clock.spent - between
    return Dive(dive, ended, bound, descent.programs, descent.undone, took)


def _descend(descent: _Descent, share: float, given: Array | None) -> Array:
    """Return the plan at the end of a dive.

    Raises
    ------
    _LostError
        If there is none.
    """
    if given is not None:
        _follow(descent, np.round(given[descent.integers]))
    while True:
        value = descent.x[descent.integers]
        open_ = np.flatnonzero((np.abs(value - np.round(value)) > INTEGER) & (descent.low < descent.high))
        if not len(open_):
            break
        target = np.where(descent.down, np.floor(value + INTEGER), np.round(value))
        order = open_[np.argsort(np.abs(value - target)[open_], kind="stable")]
        _batch(descent, order[: max(1, int(np.ceil(len(open_) * share)))], target)
    return descent.finish()


def _batch(descent: _Descent, batch: IntArray, target: Array) -> None:
    """Hold a batch at its targets, or the part of it after which a plan is left."""
    while not descent.hold(batch, target[batch]):
        if len(batch) == 1:
            descent.exclude(int(batch[0]), float(target[batch[0]]))
            return
        below = np.floor(descent.x[descent.integers[batch]] + INTEGER)
        if np.any(below < target[batch]) and descent.hold(batch, below):
            return
        batch = batch[: max(1, len(batch) // 4)]


def _follow(descent: _Descent, target: Array) -> None:
    """Hold as many integers as can be at the targets of another plan: all at once, or by halves where that fails."""
    waiting = [np.flatnonzero((target >= descent.low) & (target <= descent.high))]
    while waiting:
        batch = waiting.pop()
        if not descent.hold(batch, target[batch]) and len(batch) > 1:
            half = len(batch) // 2
            waiting += [batch[half:], batch[:half]]

"""The earliest period in which a large program reaches a target: single periods are asked for, none is guessed.

A tree over all periods at once finds no plan of a large program. So:

1. The relaxation, for value, tells a period in which the target can be reached as far as it knows: the first in which
   its own plan reaches it.
2. From there back, the most that the relaxation can make by a period tells whether the target can be reached by then.
3. A dive in the earliest period that is left mostly finds a plan: then that period is the answer. Else the periods
   after it are dived in, and those between are searched.

"How much by then" has an answer that is soon found. "Can it be reached by then" is mostly answered with no, for which
the dual simplex method needed more than 10,000 iterations on 18,876 rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import COUNTS, FEASIBLE
from fabopt.model.families import IntArray
from fabopt.model.gates import NO_GATES
from fabopt.network.tables import Array
from fabopt.solve.dive import dive
from fabopt.solve.finish import linear_answer
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.search import Structure
from fabopt.solve.session import HighsSession


@dataclass(frozen=True, slots=True)
class Earliest:
    """What was found.

    Attributes
    ----------
    x
        The plan [columns] that reaches the target first; None without one.
    low
        Period before which no plan reaches the target.
    ended
        Optimal where the plan reaches it in that period, infeasible where no plan does in any.
    """

    x: Array | None
    low: int
    ended: Ended


class Periods:
    """Asks for plans that reach the target in one period.

    Parameters
    ----------
    session
        The program, with the costs of value.
    shape
        What a search may use of it.
    dates, rows
        Of each period: the integer that is 1 where it reaches the target, and the row that says so.
    start
        A plan to begin with, or None.
    search
        Searches the program as it stands for any plan.
    tell
        Told what is asked, and of which period.
    """

    def __init__(
        self,
        session: HighsSession,
        shape: Structure,
        dates: IntArray,
        rows: IntArray,
        start: Array | None,
        search: Callable[[], Outcome],
        tell: Callable[[str, int], None],
    ) -> None:
        session.settle_gates()
        self.session, self.shape, self.dates, self.start = session, shape, dates, start
        self.search, self.tell = search, tell
        made = sparse.lil_array(session.a[rows])
        self.target = -float(made[0, dates[0]])
        made[:, dates] = 0.0
        self.made = sparse.csr_array(made)
        self.linear, self.hot = self._linear(), len(dates)

    def earliest(self, cumulative: bool) -> Earliest:
        """Return the earliest period and its plan.

        Parameters
        ----------
        cumulative
            Whether what reaches the target in a period does so in all later ones too.
        """
        possible = self._possible(cumulative)
        best, high = self._dived(possible, *self._given())
        between = [at for at in possible if at < high]
        while between:
            at = between[0 if not cumulative else -1 if best is None else len(between) // 2]
            self._only(self.session, at)
            self.tell("search", at)
            outcome = self.search()
            if outcome.x is None and outcome.ended is not Ended.INFEASIBLE:
                return Earliest(best, between[0], outcome.ended)
            if outcome.x is not None:
                best, high = outcome.x, at
            between = [other for other in between if (other < at if outcome.x is not None else other > at)]
        return Earliest(best, high, Ended.INFEASIBLE if best is None else Ended.OPTIMAL)

    def _given(self) -> tuple[Array | None, int]:
        """Return the plan to begin with and the first period in which it reaches the target, where it stands."""
        for at in range(len(self.dates)) if self.start is not None else ():
            x = np.array(self.start)
            x[self.dates] = np.arange(len(self.dates)) == at
            if self.session.violation(x) <= FEASIBLE:
                return x, at
        return None, len(self.dates)

    def _possible(self, cumulative: bool) -> Sequence[int]:
        """Return the periods in which the target may be reached, as far as the relaxation tells."""
        self.tell("relaxation", len(self.dates) - 1)
        outcome = self._answer(self.linear)
        if outcome.ended is Ended.INFEASIBLE:
            return ()
        if outcome.x is not None:
            reached = np.flatnonzero(self.made @ outcome.x >= self.target)
            self.hot = int(reached[0]) if len(reached) else len(self.dates)
        if not cumulative:
            return [at for at in range(len(self.dates)) if at >= self.hot or self._may(at)]
        low, high, step = 0, self.hot, 1
        while low < high:
            at = max(high - step, low)
            if self._may(at):
                high, step = at, 2 * step
            else:
                low, step = at + 1, max((high - at) // 2, 1)
        return range(low, len(self.dates))

    def _may(self, at: int) -> bool:
        """Return whether the relaxation can make the target by a period, or does not tell."""
        self.tell("most of the relaxation", at)
        linear = self._linear()
        linear.set_costs(self.made[[at], :].toarray().ravel())
        outcome = self._answer(linear)
        if outcome.ended is Ended.INFEASIBLE:
            return False
        known = outcome.ended is Ended.OPTIMAL and outcome.objective is not None
        return not known or float(outcome.objective or 0.0) >= (1.0 - COUNTS) * self.target

    def _dived(self, possible: Sequence[int], given: Array | None, last: int) -> tuple[Array | None, int]:
        """Return the first plan that a dive finds, and its period; from ``last`` on the plan that was given."""
        down = np.zeros(len(self.session.cost), dtype=bool)
        down[: len(self.shape.down)] = self.shape.down
        for at in possible:
            if at >= last or self.session.budget.over or self.session.interrupted:
                break
            linear = self.linear if at >= self.hot else self._linear()
            self._only(linear, at)
            self._only(self.session, at)
            self.tell("dive", at)
            try:
                dived = dive(linear, down)
            except SolverError as failure:
                self.session.note(f"dive: {failure}")
                continue
            if dived.x is not None and self.session.violation(dived.x) <= FEASIBLE:
                return dived.x, at
        return given, last

    def _linear(self) -> HighsSession:
        return self.session.derived(replace(self.session.snapshot(), gates=NO_GATES))

    def _answer(self, linear: HighsSession) -> Outcome:
        linear.relax_integers()
        try:
            return linear_answer(linear)
        finally:
            linear.release_integers()

    def _only(self, session: HighsSession, at: int) -> None:
        only = (np.arange(len(self.dates)) == at).astype(float)
        session.set_column_bounds(self.dates, only, only)

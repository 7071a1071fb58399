"""Plans in which owners order no steps that lose money for them, as far as a few passes reach.

Of a large program the passes are of its relaxation, and what is forbidden is a bound of the program that stands, so
that each goes on from the basis of the one before: on 33,000 rows x 56,000 columns, 100 steps that are forbidden take
260 pivots and those of the next pass 12, where to lower and solve the instance anew takes half a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from fabopt.model.tables import ModelTables
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import Near
from fabopt.solve.formulate import Formulated
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Notify
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import Basis
from fabopt.solve.results.earnings import EARNINGS, earning_rows, losing
from fabopt.solve.results.frames import frame
from fabopt.solve.results.run_info import Earning
from fabopt.solve.run import solve_made
from fabopt.solve.solution import Solution

PASSES = 3
"""How often a plan is solved again, at most, because owners would order steps that lose money."""

Forbidden = Sequence[tuple[str, str]]
"""Steps: id of the unit, and period."""


class _Answer(Protocol):
    @property
    def has_plan(self) -> bool: ...


A = TypeVar("A", bound=_Answer)


def without_losses(
    answer: A, lost: Callable[[A], Forbidden], again: Callable[[Earning, A], A], budget: TimeBudget
) -> tuple[A, Earning]:
    """Return an answer made again without the steps that lose money in it, as often as may be, and what it forbids.

    Parameters
    ----------
    answer
        The first.
    lost
        Returns the steps that lose money in a plan.
    again
        Returns the answer without the steps that are forbidden by now, from the one before.
    budget
        Once it is spent nothing is made again.
    """
    made = Earning(0, ())
    for passes in range(1, PASSES + 1):
        found = lost(answer) if answer.has_plan else ()
        if not found or budget.over:
            break
        less = Earning(passes, tuple(dict.fromkeys((*made.forbidden, *found))))
        better = again(less, answer)
        if not better.has_plan:
            break
        answer, made = better, less
    return answer, made


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A linear program whose steps that lose money are to be found."""

    made: Formulated
    options: SolveOptions
    budget: TimeBudget
    progress: Notify | None

    def forbidden(self, may: Callable[[str, str], bool]) -> tuple[Earning, Near | None]:
        """Return the steps that are forbidden, and where the program without them ends.

        Parameters
        ----------
        may
            Whether a step of a unit may be forbidden in a period.
        """
        net = self.made.tables.net
        labels = [period.label for period in net.periods]

        def lost(solution: Solution) -> Forbidden:
            return [step for step in losing(frame(EARNINGS, earning_rows(net, solution)), labels) if may(*step)]

        def again(earning: Earning, solution: Solution) -> Solution:
            program = _closed(self.made.program, self.made.tables, earning.forbidden)
            return self._solved(replace(self.made, program=program), self._end(solution))

        solution, earning = without_losses(self._solved(self.made, None), lost, again, self.budget)
        return earning, self._end(solution)

    def _solved(self, made: Formulated, near: Near | None) -> Solution:
        return solve_made(made, self.options, self.progress, None, self.budget, near, explained=False)

    def _end(self, solution: Solution) -> Near | None:
        if solution.decisions is None or solution.requirements is None:
            return None
        basis = Basis(solution.decisions.basis, solution.requirements.basis)
        return Near(self.made.tables, basis) if all(basis.columns) and all(basis.rows) else None


def _closed(program: Matrices, tables: ModelTables, forbidden: Forbidden) -> Matrices:
    """Return a program without the orders of some units in some periods."""
    unit = {unit.id: n for n, unit in enumerate(tables.net.units)}
    period = {label: t for t, label in enumerate(tables.columns.labels)}
    at = np.array([tables.columns["order"].index[unit[id], period[label]] for id, label in forbidden], dtype=np.int64)
    at = at[at >= 0]
    low, high = program.column_lower.copy(), program.column_upper.copy()
    low[at] = high[at] = 0.0
    return replace(program, column_lower=low, column_upper=high)

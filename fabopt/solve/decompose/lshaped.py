r"""The L-shaped method (Van Slyke and Wets 1969), with a cut for each branch (Birge and Louveaux 1988).

The first decisions are found by a program of their own, in which :math:`\theta_b` stands for what part b will earn.
Each round asks every part what it earns after the decisions that were found, and cuts off what it cannot:

.. math:: \theta_b \le Q_b(\hat z) + \lambda_b'(z - \hat z)

with :math:`\lambda_b` the prices of the decisions in the linear program of the part; where that has no plan, the
decisions are kept to those that bring the distance from one to nothing. The program of the first decisions bounds what
any plan is worth from above, the parts with their integers say from below what this one is worth. Where only first
decisions are whole, both meet; integers in the parts leave the gap that is told.

mpi-sppy has this method, too, but not for HiGHS: its cuts need mpi4py, and the sign of the duals of a list of solvers
in which HiGHS is not (mpi-sppy 0.14.0). Here it needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import CLOSE, FEASIBLE
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.budget import TimeBudget
from fabopt.solve.decompose.parts import Ask, Decomposed, Parts, Worth, answering, joined, with_first
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.session import HighsSession
from fabopt.solve.work.executor import Crew, Executor, Job, answers

MOST = 500
"""Rounds after which it ends with what was found."""

Told = Callable[[float, float, int], None]
"""Told of the best value, the bound and the round."""


def lshaped(
    parts: Parts, columns: int, gap: float, budget: TimeBudget, executor: Executor, tell: Told | None = None
) -> Decomposed:
    """Return the plan that the L-shaped method finds, with its bound.

    Parameters
    ----------
    parts
        The program, taken apart.
    columns
        Number of its columns.
    gap
        Relative gap at which it ends.
    budget
        Time for it.
    executor
        Where the parts are asked.
    tell
        Told of each round.

    Raises
    ------
    fabopt.solve.outcome.SolverError
        If a part has no plan whatever is decided first, or no end to what it earns.
    """
    alone = tuple(with_first(parts, part) for part in parts.parts)
    with executor.crew(Job("branch of the states", answering, (*parts.parts, *alone))) as crew:
        return _Rounds(parts, columns, gap, budget, crew, tell).run()


class _Rounds:
    """The rounds of the method."""

    def __init__(
        self, parts: Parts, columns: int, gap: float, budget: TimeBudget, crew: Crew[Ask, Worth], tell: Told | None
    ) -> None:
        self.parts, self.columns, self.gap, self.budget, self.crew, self.tell = parts, columns, gap, budget, crew, tell
        self.whole = [bool(p.program.integer[len(p.first) :].any()) for p in parts.parts]
        self.x: Array | None = None
        self.value, self.bound = -np.inf, np.inf
        self.rounds = 0

    def run(self) -> Decomposed:
        """Ask until value and bound meet, a round brings nothing new, or time is over."""
        n = len(self.parts.parts)
        first = self._asked([Ask(n + b, None) for b in range(n)])
        for alone in first:
            if alone.ended is Ended.INFEASIBLE:
                return self._done(Ended.INFEASIBLE)
            if alone.ended is not Ended.OPTIMAL:
                raise SolverError("A branch of the states has no end to what it earns, or none was found.")
        master = HighsSession(_with_earnings(self.parts, [w.bound for w in first]), budget=self.budget)
        while self.rounds < MOST:
            found = master.solve(gap=self.gap / 2)
            if found.ended is Ended.INFEASIBLE:
                return self._done(Ended.INFEASIBLE)
            if found.x is None or found.bound is None or self.budget.over:
                break
            self.bound = min(self.bound, found.bound)
            if not self._round(master, found):
                return self._done(Ended.OPTIMAL)
        return self._done(Ended.TIME_LIMIT if self.budget.over else Ended.OPTIMAL)

    def _round(self, master: HighsSession, found: Outcome) -> bool:
        """Ask the parts what they earn after the decisions that were found; return whether it goes on."""
        assert found.x is not None
        n = len(self.parts.z)
        z, theta = np.where(self.parts.root.integer, np.round(found.x[:n]), found.x[:n]), found.x[n:]
        worth = self._asked([Ask(b, tuple(z[p.first])) for b, p in enumerate(self.parts.parts)])
        now = float(self.parts.root.cost @ z)
        feasible = all(w.ended is Ended.OPTIMAL for w in worth)
        line = now + sum(w.value for w in worth) if feasible else -np.inf
        if line > self.value:
            self._keep(z, now, worth)
        self.rounds += 1
        if self.tell is not None:
            self.tell(self.value, self.bound, self.rounds)
        if self._met(self.value) or self._met(line):
            return False
        fresh = [self._cut(master, b, z, theta[b], w) for b, w in enumerate(worth)]
        return any(fresh)

    def _met(self, value: float) -> bool:
        return np.isfinite(value) and self.bound - value <= max(self.gap, CLOSE) * max(abs(self.bound), abs(value))

    def _keep(self, z: Array, now: float, worth: Sequence[Worth]) -> None:
        """Keep decisions as the best so far, where the parts with their integers have plans and earn more."""
        asks = [Ask(b, tuple(z[p.first]), whole=True) for b, p in enumerate(self.parts.parts) if self.whole[b]]
        answered = iter(self._asked(asks))
        plans = [next(answered) if whole else w for whole, w in zip(self.whole, worth, strict=True)]
        value = now + sum(w.value for w in plans)
        own = [w.x for w in plans if w.x is not None]
        if value > self.value and len(own) == len(plans):
            self.value, self.x = value, joined(self.parts, z, own, self.columns)

    def _cut(self, master: HighsSession, b: int, z: Array, theta: float, worth: Worth) -> bool:
        """Add what a part says of decisions; return whether that is new."""
        part, n = self.parts.parts[b], len(self.parts.z)
        at = z[part.first]
        if worth.ended is Ended.INFEASIBLE:
            if worth.value >= -FEASIBLE:
                raise SolverError("A branch of the states has a plan to the solver's accuracy and none beyond it.")
            master.add_row(part.first, worth.slope, float(worth.slope @ at) - worth.value, np.inf)
            return True
        if theta <= worth.value + CLOSE * max(abs(theta), abs(worth.value)):
            return False
        columns: IntArray = np.append(part.first, n + b)
        master.add_row(columns, np.append(-worth.slope, 1.0), -np.inf, worth.value - float(worth.slope @ at))
        return True

    def _asked(self, asks: Sequence[Ask]) -> list[Worth]:
        return answers(self.crew, asks)

    def _done(self, ended: Ended) -> Decomposed:
        return Decomposed(self.x, self.value, self.bound, self.rounds, ended)


def _with_earnings(parts: Parts, alone: Sequence[float]) -> Matrices:
    """Return the program of the first decisions with what each part earns after them.

    No part earns more, with its share of what they cost, than where it decides them for itself.
    """
    root, n = parts.root, len(alone)
    share = np.array([part.probability for part in parts.parts])
    rows = sparse.hstack([sparse.csr_array(np.outer(share, root.cost)), sparse.eye_array(n)])
    wide = sparse.hstack([root.a, sparse.csc_array((root.n_rows, n))])
    return replace(
        root,
        a=sparse.csc_array(sparse.vstack([wide, rows])),
        row_lower=np.append(root.row_lower, np.full(n, -np.inf)),
        row_upper=np.append(root.row_upper, alone),
        column_lower=np.append(root.column_lower, np.full(n, -np.inf)),
        column_upper=np.append(root.column_upper, np.full(n, np.inf)),
        cost=np.append(root.cost, np.ones(n)),
        integer=np.append(root.integer, np.zeros(n, dtype=bool)),
        labels=(*root.labels, *(("branch", (str(b),)) for b in range(n))),
    )

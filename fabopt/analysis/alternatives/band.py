r"""The plans that are nearly as good, and how far they reach: linear programs and mixed-integer ones over a band.

With :math:`v^*` the worth of the plan and :math:`\varepsilon` the share that may be lost, the band is

.. math:: \{ x : Ax \lesseqgtr b,\; c'x \ge v^* - \varepsilon\,|v^* - v_0| \}

with :math:`v_0` what stands whatever is planned (left out of the gap's denominator too). The least and the most of a
measure :math:`m'x` over it are two programs. That with fractions for whole numbers bounds every plan; where its answer
is no plan, the mixed-integer program is searched. In a large program, only whether there can be some and none of it is
searched, with the whole numbers of one measure alone free to move. Every plan that is found counts for every measure.

**The plan that differs most** from measures :math:`m_k` of the plan, in the sum of all differences
(:math:`s_k`: whether :math:`m_k` is more):

.. math:: \max \sum_k d_k \quad\text{s.t.}\quad d_k \le m_k'x - n_k + 2 (n_k - L_k)(1 - s_k), \quad
          d_k \le n_k - m_k'x + 2 (U_k - n_k)\, s_k, \quad s_k \in \{0, 1\}

where :math:`n_k` is the plan's, and :math:`L_k, U_k` are the proven least and most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.analysis.alternatives.measures import Measure
from fabopt.analysis.choke.parametric import with_target
from fabopt.domain.tolerances import COUNTS, EXACT, GAP, INTEGER
from fabopt.network.tables import Array
from fabopt.plan.problem import Interval
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import Perturbation, between, fixing
from fabopt.solve.resolver import Mode, Resolver


@dataclass(frozen=True, slots=True)
class Reach:
    """The most of something: a plan that has ``found`` of it, and what no plan exceeds; x is None without a plan."""

    found: float
    bound: float
    x: Array | None


LONGER = 3
"""How many times longer than a small program a large one may be searched."""


class Band:
    """Plans within a share of the best.

    Parameters
    ----------
    plan
        The plan, brought back to life.
    within
        Share of its worth, without what stands anyway, that may be lost.
    seconds
        Longest search of one question.
    budget
        Time for all of it; without end when left out.

    Attributes
    ----------
    exact
        Whether whole numbers are searched in full.
    allowed
        What may be lost, in the unit of the objective.
    pool
        Plans found so far, the plan itself first.
    """

    def __init__(self, plan: SolvedProgram, within: float, seconds: float, budget: TimeBudget | None = None) -> None:
        self.plan, self.budget = plan, budget or TimeBudget()
        m = plan.program
        worth = float(m.cost @ plan.x)
        self.allowed = within * abs(worth - plan.stage.standing)
        self.floor = worth - self.allowed - plan.problem.near(worth)
        self.mixed = bool(m.integer.any())
        self.exact = not self.mixed or not m.large
        self.seconds = seconds if self.exact else LONGER * seconds
        self.pool: list[Array] = [plan.x]
        self._bounds: dict[int, dict[float, float]] = {}
        self._band = with_target(m, m.cost, self.floor)
        self._resolver = Resolver(self._band, plan.x, seed=plan.options.seed, budget=self.budget)

    def _counting(self, cost: Array) -> Perturbation:
        """Return what makes a linear function the objective."""
        return between(self._band, replace(self._band, cost=cost, offset=0.0))

    def spread(self, measure: Measure) -> tuple[Interval, Interval]:
        """Return the least (proven, found) and the most (found, proven) of a measure."""
        low, high = (self._end(measure, sign) for sign in (-1.0, 1.0))
        return Interval(0.0 - low.bound, 0.0 - low.found), Interval(high.found, high.bound)

    def bound(self, measure: Measure) -> None:
        """Bound a measure from both sides, with fractions for whole numbers; :meth:`spread` needs it.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If there is no time for that.
        """
        bound = {}
        for sign in (-1.0, 1.0):
            top = self._relaxed(sign * measure.coefficients) + sign * measure.constant
            bound[sign] = float(np.floor(top + INTEGER)) if measure.whole and np.isfinite(top) else top
        self._bounds[id(measure)] = bound

    def least(self, measure: Measure) -> Array:
        """Return the plan with the least of a measure of all that were found."""
        return min(self.pool, key=measure.of)

    def none(self, measure: Measure) -> float:
        """Return the amount of a measure up to which there is none of it."""
        nothing = self.plan.problem.nothing[: len(measure.coefficients)]
        return float(np.max(np.abs(measure.coefficients) * nothing, initial=0.0))

    def worth(self, x: Array) -> float:
        """Return the objective of a plan as a person sees it."""
        return self.plan.stage.reported(float(self.plan.program.cost @ x))

    # -- the most of a measure ---------------------------------------------------------------------------------------

    def _end(self, measure: Measure, sign: float) -> Reach:
        """Return the most of ``sign`` times a measure."""
        shift, bound = sign * measure.constant, self._bounds[id(measure)][sign]
        best = max(self.pool, key=lambda x: sign * measure.of(x))
        extreme = sign * measure.of(best)
        # In a large program: whether some plan is with it, or without it, is known, or it is a share and no decision.
        none = self.none(measure)
        told = (extreme > none if sign > 0 else extreme >= -none) or measure.kind not in ("order", "contract")
        told = told and not self.exact
        if told or not _apart(extreme, bound, none) or not self.mixed or not np.isfinite(bound) or self.budget.over:
            return Reach(extreme, max(bound, extreme), best)
        outcome = self._searched(measure, sign, best)
        if outcome.x is not None:
            self.pool.append(outcome.x)
            extreme = max(extreme, sign * measure.of(outcome.x))
        if self.exact and outcome.bound is not None:
            top = outcome.bound + shift
            bound = min(bound, float(np.floor(top + INTEGER)) if measure.whole else top)
        return Reach(extreme, max(bound, extreme), None)

    def _relaxed(self, cost: Array) -> float:
        """Return the most of a linear function with fractions for integers; infinite without a limit.

        Infinite too where the solver gives up: then nothing is proven.
        """
        try:
            outcome = self._resolver.ask(self._counting(cost), "relaxed", label="how far plans differ", hot=True)
        except SolverError:
            return np.inf
        if outcome.ended is not Ended.OPTIMAL or outcome.objective is None:
            return np.inf
        if not self.mixed and outcome.x is not None:
            self.pool.append(outcome.x)
        return outcome.objective

    def _searched(self, measure: Measure, sign: float, start: Array) -> Outcome:
        """Search for more of a measure; in a large program the integers of others stay as they are."""
        change, m = self._counting(sign * measure.coefficients), self.plan.program
        if not self.exact:
            start = self.plan.x
            change = change.then(fixing(replace(m, integer=m.integer & ~self._moving(measure)), start))
        near = 1.0 - 2.0 * INTEGER if measure.whole else 0.0
        return self._resolver.search(change, seconds=self.seconds, gap=EXACT, near=near, start=start)

    def _moving(self, measure: Measure) -> NDArray[np.bool_]:
        """Return which whole numbers may move with a measure: those of the same record, and counts of lots."""
        tables = self.plan.tables
        moving = np.zeros(self.plan.program.n_columns, dtype=bool)
        for block in tables.columns:
            if block.name == "counter":
                moving[block.columns] = True
            elif block.name in ("order", "placed", "retire"):
                moving[block.columns] = [key[0] == measure.id for key in block.keys]
        return moving

    # -- the plan that differs most ----------------------------------------------------------------------------------

    def farthest(self, measures: Sequence[Measure], low: Array, high: Array) -> Reach:
        """Return the plan that differs most from the plan in some measures: the sum of all differences.

        Parameters
        ----------
        measures
            The measures.
        low, high
            Proven least and most of each.
        """
        now = np.array([measure.of(self.plan.x) for measure in measures])
        parts = np.array([measure.coefficients for measure in measures])
        shift = np.array([measure.constant for measure in measures])
        room = float(np.maximum(now - low, high - now).sum())
        change = between(self._band, self._apart_most(parts, now - shift, now - low, high - now))
        modes: tuple[Mode, ...] = ("exact",) if self.exact else ("fixed", "relaxed")
        answers = [self._resolver.search(change, mode, seconds=self.seconds, gap=GAP) for mode in modes]
        first, last = answers[0], answers[-1]
        bound = room if last.bound is None else min(room, last.bound)
        if first.x is None:
            return Reach(0.0, bound, None)
        x = first.x[: self.plan.program.n_columns]
        self.pool.append(x)
        distance = float(np.abs(shift + parts @ x - now).sum())
        return Reach(distance, max(bound, distance), x)

    def _apart_most(self, parts: Array, now: Array, down: Array, up: Array) -> Matrices:
        """Return the program of the sum of all differences."""
        m, k, n = self._band, len(now), self._band.n_columns
        one = sparse.eye_array(k)
        rows = sparse.vstack(
            [
                sparse.hstack([m.a, sparse.csr_array((m.n_rows, 2 * k))]),
                sparse.hstack([sparse.csr_array(-parts), one, sparse.diags_array(2.0 * down)]),
                sparse.hstack([sparse.csr_array(parts), one, sparse.diags_array(-2.0 * up)]),
            ]
        )
        return replace(
            m,
            a=sparse.csc_array(rows),
            row_lower=np.concatenate([m.row_lower, np.full(2 * k, -np.inf)]),
            row_upper=np.concatenate([m.row_upper, 2.0 * down - now, now]),
            column_lower=np.concatenate([m.column_lower, np.zeros(2 * k)]),
            column_upper=np.concatenate([m.column_upper, np.full(k, np.inf), np.ones(k)]),
            cost=np.concatenate([np.zeros(n), np.ones(k), np.zeros(k)]),
            integer=np.concatenate([m.integer, np.zeros(k, dtype=bool), np.ones(k, dtype=bool)]),
            offset=0.0,
            labels=(*m.labels, *(("apart", (str(i),)) for i in range(2 * k))),
        )


def _apart(reached: float, bound: float, none: float) -> bool:
    return bound - reached > max(COUNTS * abs(bound), none)

"""The linear program of an instance with elastic rows that hold observations, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from fabopt.analysis.calibration.records import ConflictError
from fabopt.domain.tolerances import CLOSE
from fabopt.model.linear import summed
from fabopt.network.tables import Array, Network, Observed
from fabopt.solve.budget import TimeBudget
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import Growth, Perturbation, aimed_at, numbers_at
from fabopt.solve.resolver import Resolver

MOST = 0.5
"""Largest premium that is believed, as a share of the list price."""
UTMOST = 8.0
"""Share of the list price up to which is found out what a premium would have to be."""
HALVINGS = 7
"""Halvings by which the largest premium is made as small as it may be."""
EDGE = 0.01
"""A figure this close to the most or the least that can be made, as a share of either, lies at the edge."""


class Held:
    """The linear program with an elastic row below and one above each observation."""

    def __init__(
        self, net: Network, targets: Mapping[str, tuple[str, str]], options: SolveOptions, budget: TimeBudget
    ) -> None:
        made = formulate(net, relaxed=True)
        self.net, self.tables = net, made.tables
        stage = stages(made.tables, options, made.program.cost, made.program.offset)[0]
        program = replace(made.program, cost=stage.cost)
        self.observed = [one for one in net.outcomes if one.id in targets]
        self.ids = [one.id for one in self.observed]
        self.n, self.rows = program.n_columns, program.n_rows
        sums = [summed(one.terms, one.window, net, made.tables.columns) for one in self.observed]
        self.sums = np.array([np.pad(row, (0, self.n - len(row))) for row, _ in sums])
        self.rest = np.array([one.constant + opening for one, (_, opening) in zip(self.observed, sums, strict=True)])
        self.discount = np.array([period.discount for period in net.periods])
        self.prices = {p.term.id: p.price for p in net.payments if p.kind == "accelerators" and p.price is not None}
        self.cap = np.array([self._cap(one) for one in self.observed])
        self.program = self._grown(program)
        self.budget = budget
        self.resolver = Resolver(self.program, budget=budget)

    def _cells(self, one: Observed) -> list[tuple[float, float, float]]:
        """Return coefficient, discount factor and list price, million dollars a thousand, of all that is shipped."""
        upper = {a.id: a.upper for a in self.net.activities}
        return [
            (float(term.coefficient[t]), float(self.discount[t]), float(self.prices[term.id][t]))
            for term in one.terms
            for t in one.window
            if term.coefficient[t] > 0.0 and term.id in self.prices
            and ((bound := upper[term.id]) is None or bound[t] > 0.0)
        ]  # fmt: skip

    def _cap(self, one: Observed) -> float:
        """Return the list price of one of the row, discounted: the lowest of what it counts."""
        return min((price * factor / each for each, factor, price in self._cells(one)), default=0.0)

    def price(self, n: int) -> float:
        """Return the mean list price of what an observation counts, dollars per accelerator."""
        cells = self._cells(self.observed[n])
        return 1e3 * float(np.mean([price for _, _, price in cells])) if cells else 0.0

    def premium(self, n: int, dual: float) -> float:
        """Return a dual of an observation's row as a premium, dollars per accelerator, mean over its periods."""
        each = {t: coefficient for term in self.observed[n].terms for t in self.observed[n].window
                if (coefficient := float(term.coefficient[t])) > 0.0}  # fmt: skip
        return 1e3 * float(dual) * float(np.mean([c / self.discount[t] for t, c in each.items()])) if each else 0.0

    def _grown(self, program: Matrices) -> Matrices:
        k = len(self.observed)
        one, none = sparse.eye_array(k), sparse.csr_array((k, k))
        low = np.array([o.low for o in self.observed]) - self.rest
        high = np.array([o.high for o in self.observed]) - self.rest
        sums = sparse.csr_array(self.sums)
        grown = Growth(
            columns=sparse.csc_array((self.rows, 2 * k)),
            cost=np.zeros(2 * k),
            column_lower=np.zeros(2 * k),
            column_upper=np.full(2 * k, np.inf),
            integer=np.zeros(2 * k, dtype=bool),
            rows=sparse.csr_array(sparse.block_array([[sums, one, none], [sums, none, -one]])),
            row_lower=np.concatenate([low, np.full(k, -np.inf)]),
            row_upper=np.concatenate([np.full(k, np.inf), high]),
        )
        return grown.grown(program)

    # -- questions ---------------------------------------------------------------------------------------------------

    def _asked(self, change: Perturbation) -> Outcome:
        answer = self.resolver.ask(change, "relaxed", hot=True)
        if answer.ended is not Ended.OPTIMAL or answer.x is None:
            raise SolverError("The linear program that holds the observations has no optimum.")
        return answer

    def _at(self, costs: Array) -> Perturbation:
        """Return the program in which a unit below and above each observation costs so much [2 x observations]."""
        at = np.arange(self.n, self.n + len(costs), dtype=np.int64)
        return numbers_at(self.program, at, -costs)

    def held(self, share: float, without: Mapping[str, str]) -> Perturbation:
        """Return the program that holds the observations at a share of the price, but for some."""
        cost = share * self.cap * [key not in without for key in self.ids]
        return self._at(np.concatenate([cost, cost]))

    def free(self) -> Perturbation:
        """Return the program that holds nothing."""
        return self._at(np.zeros(2 * len(self.ids)))

    def _sizes(self) -> Array:
        return np.array([max(abs(one.low), abs(one.high), 1.0) for one in self.observed])

    def check(self) -> None:
        """Refuse observations that cannot all hold at once."""
        aim = np.zeros(self.program.n_columns)
        aim[self.n :] = -np.concatenate([1.0 / self._sizes()] * 2)
        x = self._asked(aimed_at(self.program, aim)).x
        assert x is not None
        missed = self._missed(x)
        if missed:
            raise ConflictError(missed)

    def _missed(self, x: Array) -> list[str]:
        below, above = x[self.n :].reshape(2, -1)
        out = np.maximum(below, above) > CLOSE * self._sizes() * 10
        return [key for key, missed in zip(self.ids, out, strict=True) if missed]

    def missed(self, share: float, without: Mapping[str, str]) -> list[str]:
        """Return the observations that are missed where all but some are held at a share of the price."""
        x = self._asked(self.held(share, without)).x
        assert x is not None
        return [key for key in self._missed(x) if key not in without]

    def amounts(self, change: Perturbation) -> Array:
        """Return what a program has of each observation."""
        x = self._asked(change).x
        assert x is not None
        return np.asarray(self.sums @ x[: self.n] + self.rest)

    def duals(self, change: Perturbation) -> Array:
        """Return what one more of each observation would have to be worth, million dollars at the decision date."""
        price = self._asked(change).row_price
        assert price is not None
        return -np.asarray(price[self.rows :].reshape(2, -1).sum(axis=0))

    def least(self, without: Mapping[str, str]) -> float:
        """Return the least share of the price with which all observations are met, but for some."""
        if not self.missed(0.0, without):
            return 0.0
        low, high = 0.0, MOST
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.missed(middle, without) else (low, middle)
        return high

    def edges(self) -> dict[str, str]:
        """Return the observations that lie at the edge of what the instance can make, and why.

        What the plan without premiums makes is no more than the most and no less than the least: where that settles
        it, neither is asked for.
        """
        found, made = {}, self.amounts(self.free())
        for n, one in enumerate(self.observed):
            most = self._end(n, 1.0) if one.low >= made[n] * (1.0 - EDGE) else np.inf
            if one.low >= most * (1.0 - EDGE) and (most > made[n] * (1.0 + CLOSE) or most > self._end(n, -1.0)):
                found[one.id] = f"at the edge: the instance makes {most:,.4g} at most"
                continue
            if one.high * (1.0 - EDGE) <= made[n]:
                least = self._end(n, -1.0)
                if one.high * (1.0 - EDGE) <= least:
                    found[one.id] = f"at the edge: the instance makes {least:,.4g} at least"
        return found

    def _end(self, n: int, sign: float) -> float:
        """Return the most (or with -1 the least) that can be made of an observation."""
        aim = np.zeros(self.program.n_columns)
        aim[: self.n] = sign * self.sums[n]
        return sign * float(self._asked(aimed_at(self.program, aim)).objective or 0.0) + float(self.rest[n])

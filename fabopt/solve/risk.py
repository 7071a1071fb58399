r"""What is maximised over several states: rows and columns beside the stack that judge its plan.

Let :math:`v_s(x) = k_s + c_s' x_s` be what the plan is worth in state s, and :math:`\pi_s` its probability.

==========  =========================================================================================================
judged by   what is maximised
==========  =========================================================================================================
expected    :math:`\sum_s \pi_s v_s`
cvar        :math:`\max_\eta\; \eta - \frac{1}{1-\alpha} \sum_s \pi_s d_s`, with :math:`d_s \ge \eta - v_s,\ d_s \ge 0`
            (Rockafellar and Uryasev 2000): the mean of the worst :math:`1 - \alpha` of the probability
mean+cvar   :math:`1 - w` times the first and :math:`w` times the second
worst       :math:`\theta`, with :math:`\theta \le v_s`
regret      :math:`-\rho`, with :math:`\rho \ge v_s^* - v_s` and :math:`v_s^*` the best plan for the state alone
==========  =========================================================================================================

Where less is better (least cost), v is the negative of it, so that the worst states are those that cost most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from fabopt.domain.risk import Risk
from fabopt.model.gates import NO_GATES
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.objectives import Stage
from fabopt.solve.session import HighsSession
from fabopt.solve.stack import Stack


@dataclass(frozen=True, slots=True)
class Judged:
    """A stack with what judges its plan: the program, the objectives over its columns, and the share of the mean."""

    program: Matrices
    stages: tuple[Stage, ...]
    mean: float = 1.0

    def of(self, stack: Stack, worth: Array) -> tuple[float, Array]:
        """Return what is judged of plans by what is maximised in each state [states], and the added columns for that.

        It rises with each of them: what no plan exceeds in any state bounds what it is judged.
        """
        total, before = self.mean * float(stack.probabilities @ worth), stack.program.n_columns
        if self.program is stack.program:
            return total, np.zeros(0)
        added, rows = slice(before, None), slice(stack.program.n_rows, None)
        judging = Matrices(
            a=sparse.csc_array(self.program.a[rows, added]),
            row_lower=self.program.row_lower[rows],
            row_upper=self.program.row_upper[rows] + worth,
            column_lower=self.program.column_lower[added],
            column_upper=self.program.column_upper[added],
            cost=self.stages[0].cost[added],
            integer=self.program.integer[added],
            offset=0.0,
            labels=self.program.labels[rows],
        )
        outcome = HighsSession(judging, threads=1).solve()
        assert outcome.x is not None
        assert outcome.objective is not None
        return total + outcome.objective, outcome.x


def judged(stack: Stack, stages: Sequence[tuple[Stage, ...]], risk: Risk, best: Sequence[float] = ()) -> Judged:
    """Return the program that judges the plan of a stack.

    Parameters
    ----------
    stack
        The states.
    stages
        For each state its objectives in order; the first one is judged, the others count by their means.
    risk
        How it is judged.
    best
        For ``regret``: what the best plan for each state alone is worth, as a person sees it.
    """
    means = [_mean(stack, same) for same in zip(*stages, strict=True)]
    if risk.name == "expected":
        return Judged(stack.program, tuple(means))
    first = [own[0] for own in stages]
    added = _Added(stack, first)
    sign, share, mean = first[0].sign, stack.probabilities, 0.0
    worth = [stage.sign * stage.constant for stage in first]
    standing = float(share @ [k + stage.standing for k, stage in zip(worth, first, strict=True)])
    judge = replace(means[0], cost=np.zeros(0), constant=0.0, standing=standing)
    if risk.name == "worst":
        theta = added.column(-np.inf)
        for s, k in enumerate(worth):
            added.row(s, {theta: 1.0}, k)
        cost = added.cost({theta: 1.0})
    elif risk.name == "regret":
        rho = added.column(0.0)
        for s, k in enumerate(worth):
            added.row(s, {rho: -1.0}, k - sign * best[s])
        cost = added.cost({rho: -1.0})
        judge = replace(judge, name="regret", sign=-1.0, standing=0.0)
    else:
        eta = added.column(-np.inf)
        short = [added.column(0.0) for _ in first]
        for s, k in enumerate(worth):
            added.row(s, {eta: 1.0, short[s]: -1.0}, k)
        tail = {column: -p / (1.0 - risk.level) for column, p in zip(short, share.tolist(), strict=True)}
        cost = risk.weight * added.cost({eta: 1.0, **tail})
        mean = 1.0 - risk.weight
        cost[: stack.program.n_columns] += mean * means[0].cost
        held = risk.weight * standing + mean * means[0].standing
        judge = replace(judge, constant=mean * means[0].constant, standing=held)
    wide = [replace(stage, cost=np.append(stage.cost, np.zeros(added.n))) for stage in means[1:]]
    return Judged(added.program(cost), (replace(judge, cost=cost), *wide), mean)


def _mean(stack: Stack, stages: Sequence[Stage]) -> Stage:
    """Return the mean over the states of one objective."""
    share = stack.probabilities
    return replace(
        stages[0],
        cost=stack.expected([stage.cost for stage in stages]),
        constant=float(share @ [stage.constant for stage in stages]),
        standing=float(share @ [stage.standing for stage in stages]),
    )


class _Added:
    """Columns and rows that come after those of a stack; each row compares what a state's plan is worth."""

    def __init__(self, stack: Stack, stages: Sequence[Stage]) -> None:
        self.stack, self.stages = stack, stages
        self.lower: list[float] = []
        self.rows: list[tuple[int, dict[int, float], float]] = []

    @property
    def n(self) -> int:
        """Number of added columns."""
        return len(self.lower)

    def column(self, lower: float) -> int:
        """Add a column and return its number among the added ones."""
        self.lower.append(lower)
        return self.n - 1

    def row(self, state: int, entries: dict[int, float], upper: float) -> None:
        """Add the row ``entries - what the plan earns in the state <= upper``."""
        self.rows.append((state, entries, upper))

    def cost(self, entries: dict[int, float]) -> Array:
        """Return a cost vector over all columns with entries at added ones."""
        cost = np.zeros(self.stack.program.n_columns + self.n)
        for column, value in entries.items():
            cost[self.stack.program.n_columns + column] = value
        return cost

    def program(self, cost: Array) -> Matrices:
        """Return the program with all that was added, its gates settled."""
        program, before = self.stack.program, self.stack.program.n_columns
        made = np.zeros((len(self.rows), before + self.n))
        for i, (state, entries, _) in enumerate(self.rows):
            np.add.at(made[i], self.stack.columns[state], -self.stages[state].cost)
            for column, value in entries.items():
                made[i, before + column] = value
        ends = np.append(program.a.indptr, [program.a.nnz] * self.n)
        wide = sparse.csc_array((program.a.data, program.a.indices, ends), shape=(program.n_rows, before + self.n))
        upper, count = [row[2] for row in self.rows], len(self.rows)
        # The largest levels are those of the mean: how the plan is judged does not make more of anything of use.
        return replace(
            program,
            a=sparse.csc_array(sparse.vstack([wide, sparse.csr_array(made)])),
            row_lower=np.append(program.row_lower, np.full(count, -np.inf)),
            row_upper=np.append(program.row_upper, upper),
            column_lower=np.append(program.column_lower, self.lower),
            column_upper=np.append(program.column_upper, np.full(self.n, np.inf)),
            cost=cost,
            integer=np.append(program.integer, np.zeros(self.n, dtype=bool)),
            labels=(*program.labels, *(("judged", (self.stack.branches[s].name,)) for s, *_ in self.rows)),
            gates=NO_GATES,
        )

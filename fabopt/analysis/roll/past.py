r"""The past of a plan as it was and not as it was planned: nearest to the plan with what happened held.

What happened fixes sums of decisions; everything else of the past counts as planned, as far as the two agree. With the
columns x of the past, the plan :math:`\bar x` and the sums M of what happened,

.. math:: \min \sum_j w_j\, |x_j - \bar x_j| \quad \text{s.t.} \quad M x = h, \quad \text{the rows of the past alone},

so that fewer deliveries leave more in stock, or less made where nothing can be kept, and each balance still closes.
Orders are facts of their own: one that no actual names stays as planned. Weights are one over the most that the plan
has of a decision; what is thrown away counts more, a stock that changes next to nothing: what is left over is kept.
What was agreed or wanted (budgets, policies, limits that the instance states) does not undo what happened: those rows
are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.analysis.roll.facts import Meant
from fabopt.domain.tolerances import CLOSE, EXACT
from fabopt.errors import StudyError
from fabopt.io.problems import InstanceError, Problem
from fabopt.model.columns import Columns, decided
from fabopt.model.linear import summed
from fabopt.network.tables import Array, Network
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.resolver import Resolver
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

AGREED = frozenset({
    "budget", "must_run", "contract_minimum", "policy_share", "policy_cap", "policy_floor", "share_cap", "survival",
    "growth", "stated_floor", "stated_ceiling", "stated_share", "stated_change", "held", "asked_for", "as_planned",
})  # fmt: skip
"""Families of rows that say what should be, and not what can be."""

WEIGHTS: Mapping[str, float] = {"start": 1.0, "deliver": 1.0, "disposal": 1.0, "stock": 1e-3}
"""What changing a decision of a block counts, beside the most of it that is planned."""
UNPLANNED = 10.0
"""What beginning something that was never planned counts more, and what throwing something away does."""
ORDERS = ("order", "retire")
MISSED = 1e4
"""What missing what happened counts, where it is sought which of it cannot have been."""

_FRAMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "core/units": (("order", "ordered"), ("retire", "retired")),
    "core/activities": (("start", "level"),),
    "core/demands": (("deliver", "delivered"),),
    "core/materials": (("stock", "stock"),),
}
"""Tables of a plan that say what was decided, with the block of columns of each of their columns."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was decided before a date: the plan's columns, and what they were.

    Attributes
    ----------
    planned, x
        The plan, and what was [columns].
    """

    columns: Columns
    labels: tuple[str, ...]
    planned: Array
    x: Array
    of_plan: Read

    def read(self, name: str) -> pd.DataFrame:
        """Return a table of the plan in which the past is what it was; columns that say what was decided, alone."""
        import pandas as pd

        frame = self.of_plan(name)
        blocks = _FRAMES[name]
        keys = ["id", "period"]
        frame = frame[[*keys, *(column for _, column in blocks)]].set_index(keys)
        for block, column in blocks:
            for key, (_, value) in self.moved(block).items():
                frame.loc[key, column] = value
        return pd.DataFrame(frame.fillna(0.0).reset_index())

    def moved(self, block: str) -> dict[tuple[str, str], tuple[float, float]]:
        """Return the decisions of a block that were not as planned: planned and happened, by id and period."""
        of, ids = self.columns[block], _ids(self.columns, block)
        before, now = (_by_period(of.values(x)) for x in (self.planned, self.x))
        most = np.abs(before).max(axis=1, initial=0.0, keepdims=True)
        differs = np.abs(now - before) > CLOSE * np.maximum(most, np.abs(now))
        differs[:, len(self.labels) :] = False
        return {
            (ids[n], self.labels[t]): (float(before[n, t]), max(float(now[n, t]), 0.0)) for n, t in np.argwhere(differs)
        }


def past_of(
    net: Network, columns: Columns, program: Matrices, planned: Array, of_plan: Read, facts: Sequence[Meant], first: int
) -> Past:
    """Return the past nearest to a plan in which what happened holds.

    Parameters
    ----------
    net, columns, program
        The network that the past was carried out in, its columns and its program.
    planned
        The plan [columns].
    of_plan
        Returns a table of the plan by its name.
    facts
        What happened.
    first
        Position of the first period that is open.

    Raises
    ------
    InstanceError
        Where what happened cannot have been in this instance: each fact that is missed, with the nearest that could be.
    StudyError
        Where the past cannot be told in the time.
    """
    search = _Search(net, columns, program, planned, [fact for fact in facts if fact.seen is not None], first)
    outcome = search.ask(np.inf)
    if outcome.ended is Ended.INFEASIBLE:
        nearest = search.ask(MISSED)
        if nearest.x is not None:
            raise InstanceError(search.missed(nearest.x))
    if outcome.x is None:
        raise StudyError(f"What happened before {columns.labels[first]} could not be told: {outcome.ended.value}.")
    x = planned.copy()
    x[search.own] = outcome.x[: len(search.own)]
    return Past(columns, columns.labels[:first], planned, x, of_plan)


class _Search:
    """The columns and rows of the past, and what changing each counts."""

    def __init__(
        self, net: Network, columns: Columns, program: Matrices, planned: Array, facts: Sequence[Meant], first: int
    ) -> None:
        self.facts, self.program, self.planned = facts, program, planned
        past = decided(net, columns) < first
        self.own = np.flatnonzero(past)
        rows = sparse.csr_array(program.a)
        whole = np.diff(rows[:, np.flatnonzero(~past)].indptr) == 0
        self.family = np.array([family for family, _ in program.labels])
        agreed = np.isin(self.family, sorted(AGREED))
        self.rows = np.flatnonzero(whole & ~agreed)
        self.a = rows[self.rows][:, self.own]
        sums = [summed(f.seen.terms, f.seen.window, net, columns) for f in facts if f.seen is not None]
        self.sums = np.array([coefficients[self.own] for coefficients, _ in sums]).reshape(len(facts), len(self.own))
        there = [opening for _, opening in sums]
        self.constant = np.array([f.seen.constant for f in facts if f.seen is not None]) + np.array(there)
        self.happened = np.array([f.happened for f in facts])
        self.weight, self.fixed = self._weights(columns)
        self.left, self.left_over, self.left_weight = self._left()

    def _left(self) -> tuple[sparse.csr_array, Array, Array]:
        """Return the balances in which something may be thrown away for nothing, what is planned of it, its weight."""
        low, high = self.program.row_lower[self.rows], self.program.row_upper[self.rows]
        free = self.a[np.flatnonzero((self.family[self.rows] == "balance") & (low != high))]
        there = self.planned[self.own]
        flow = abs(free) @ np.abs(there) / 2.0
        return free, free @ there, UNPLANNED * np.where(flow > 0.0, 1.0 / np.where(flow > 0.0, flow, 1.0), 1.0)

    def _weights(self, columns: Columns) -> tuple[Array, NDArray[np.bool_]]:
        """Return what changing each column of the past counts, and whether it stays as planned."""
        weight, fixed = np.zeros(columns.n), np.zeros(columns.n, dtype=bool)
        for name, one in WEIGHTS.items():
            block = columns[name]
            values = np.abs(_by_period(block.values(self.planned)))
            most = values.max(axis=-1, initial=0.0)
            usual = float(np.max(most, initial=0.0)) or 1.0
            # A stock is judged beside all stocks: one that was to stay empty may well fill.
            each = (
                np.full(len(most), one / usual)
                if name == "stock"
                else np.where(most > 0.0, one / np.where(most > 0.0, most, 1.0), UNPLANNED * one / usual)
            )
            shape = block.index.shape
            spread = np.broadcast_to(each.reshape(-1, *[1] * (len(shape) - 1)), shape)
            weight[block.index[block.index >= 0]] = spread[block.index >= 0]
        for name in ORDERS:
            fixed[columns[name].columns] = True
        named = np.zeros(columns.n, dtype=bool)
        for fact, coefficients in zip(self.facts, self.sums, strict=True):
            if fact.fact.what in ("orders", "capacity_added"):
                named[self.own[coefficients != 0.0]] = True
        weight[named & fixed] = 1.0
        return weight[self.own], (fixed & ~named)[self.own]

    def ask(self, missed: float) -> Outcome:
        """Return the past nearest to the plan; ``missed``: what missing a fact counts, infinite where none may be."""
        n, k = len(self.own), len(self.facts)
        moved = np.flatnonzero(self.weight > 0.0)
        pick = sparse.csr_array((np.ones(len(moved)), (np.arange(len(moved)), moved)), shape=(len(moved), n))
        near = sparse.vstack([pick, self.left])
        planned = np.concatenate([self.planned[self.own][moved], self.left_over])
        weight = np.concatenate([self.weight[moved], self.left_weight])
        m = len(weight)
        size = np.maximum(np.maximum(np.abs(self.happened), [abs(f.planned) for f in self.facts]), CLOSE)
        target = (self.happened - self.constant) / size
        may = 0.0 if np.isinf(missed) else np.inf
        a = sparse.vstack(
            [
                sparse.hstack([self.a, sparse.csr_array((len(self.rows), 2 * m + 2 * k))]),
                sparse.hstack([near, -sparse.eye_array(m), sparse.eye_array(m), sparse.csr_array((m, 2 * k))]),
                sparse.hstack(
                    [
                        sparse.csr_array(self.sums / size[:, None]),
                        sparse.csr_array((k, 2 * m)),
                        sparse.eye_array(k),
                        -sparse.eye_array(k),
                    ]
                ),
            ]
        )
        low, high = self.program.column_lower[self.own].copy(), self.program.column_upper[self.own].copy()
        low[self.fixed] = high[self.fixed] = self.planned[self.own][self.fixed]
        join = np.concatenate
        small = Matrices(
            a=sparse.csc_array(a),
            row_lower=join([self.program.row_lower[self.rows], planned, target]),
            row_upper=join([self.program.row_upper[self.rows], planned, target]),
            column_lower=join([low, np.zeros(2 * m + 2 * k)]),
            column_upper=join([high, np.full(2 * m, np.inf), np.full(2 * k, may)]),
            cost=-join([np.zeros(n), weight, weight, np.full(2 * k, min(missed, MISSED))]),
            integer=join([self.program.integer[self.own], np.zeros(2 * m + 2 * k, dtype=bool)]),
            offset=0.0,
            labels=[("past", (str(r),)) for r in range(a.shape[0])],
        )
        return Resolver(small, gap=EXACT).ask(mode="exact")

    def missed(self, x: Array) -> list[Problem]:
        """Return what cannot have been, each with the nearest that could."""
        there = self.sums @ x[: len(self.own)] + self.constant
        wrong = []
        for fact, possible in zip(self.facts, there, strict=True):
            if abs(possible - fact.happened) > CLOSE * max(abs(fact.happened), abs(fact.planned)):
                most = "at most" if possible < fact.happened else "at least"
                wrong.append(
                    fact.fact.problem(
                        "value",
                        f"{fact.happened:g} {fact.unit} of {fact.name} in {fact.period} cannot have been, with what "
                        "was ordered, what else is given, and the capacities and yields of the instance",
                        value=fact.fact.value,
                        expected=f"expected {most} {possible:.6g} (planned {fact.planned:.6g})",
                        hint="correct it, give what else was so (orders, or what: number for a capacity of then), or "
                        "leave it out",
                    )
                )
        return wrong


def _by_period(values: Array) -> Array:
    """Return values of a block by record and period, its steps together."""
    return values.sum(axis=1) if values.ndim > 2 else values


def _ids(columns: Columns, block: str) -> list[str]:
    """Return the ids of the records of a block, in the order of its index."""
    table = {"start": "activity", "order": "unit", "retire": "unit", "deliver": "demand", "stock": "material"}[block]
    return list(getattr(columns.at, table))

r"""The problem of the choke point: a program, its limit groups, and a plan.

.. math:: v(b) = \max \{ c'x : \underline b \le Ax \le \overline b,\ \underline x \le x \le \overline x,\
          x_j \in \mathbb Z \text{ for some } j \}

A value that a solver with a gap can vouch for is an :class:`Interval`; so is a gain, the difference of two of them:
with base :math:`[L_0, U_0]` and relaxed :math:`[L_1, U_1]` the gain is in :math:`[\max(0, L_1-U_0),\ U_1-L_0]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from fabopt.domain.tolerances import CLOSE, COUNTS, rounding
from fabopt.model.families import IntArray
from fabopt.model.tables import ModelTables
from fabopt.network.substitutes import substitutes
from fabopt.network.tables import Array, Network
from fabopt.plan.groups import NO_RELIEF, LimitGroup, Relief, Step, by_class, groups_of, together
from fabopt.solve.matrices import Matrices, program_of
from fabopt.solve.noise import size_of
from fabopt.solve.objectives import stages
from fabopt.solve.scale import Scales, scales
from fabopt.solve.solution import Solution

Proof = Literal["zero", "positive", "undecided"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A number known to lie between two ends."""

    lo: float
    hi: float

    @property
    def width(self) -> float:
        """How far the ends are apart; zero where both are the same infinity."""
        return 0.0 if self.lo == self.hi else self.hi - self.lo

    def over(self, base: Interval) -> Interval:
        """Return the gain of a relaxed value over ``base``; a relaxation never loses.

        Where both values are without limit, nothing is known of their difference but that it is not negative.
        """
        if np.isinf(self.hi) and self.hi > 0 and np.isinf(base.lo):
            return Interval(0.0, np.inf)
        return Interval(max(0.0, self.lo - base.hi), max(0.0, self.hi - base.lo))

    def proof(self, eps: float) -> Proof:
        """Return whether a gain is proven to be no more than ``eps``, more than ``eps``, or neither."""
        return "zero" if self.hi <= eps else "positive" if self.lo > eps else "undecided"


@dataclass(frozen=True)
class ChokeProblem:
    """A program to be maximised, the groups of its limits, and a plan.

    Attributes
    ----------
    matrices
        The program; its value is ``offset + cost . x``.
    groups
        Limits that analysis may move or name.
    x
        Plan [columns], or None where none is known yet.
    bound
        Value that no plan can exceed, or None where none is known.
    reportable
        Positions of the periods that relief counts for; None: all.
    standing
        Part of ``cost . x`` that proves nothing about a plan (left out of the gap's denominator).
    objective, sign
        Name of the objective, and -1 where the figure a person sees falls as the value rises.
    """

    matrices: Matrices
    groups: tuple[LimitGroup, ...]
    x: Array | None = None
    bound: float | None = None
    reportable: tuple[int, ...] | None = None
    standing: float = 0.0
    objective: str = "value"
    sign: float = 1.0

    @classmethod
    def of(cls, tables: ModelTables, solution: Solution, matrices: Matrices | None = None) -> ChokeProblem:
        """Return the problem of a solved network: its first objective, its limits, its plan.

        Parameters
        ----------
        tables
            The model, made with the aim of the solution's options.
        solution
            Its solution, with a plan.
        matrices
            The compiled program, where hooks have changed the model; else the tables state it.

        Raises
        ------
        ValueError
            If the solution has no plan.
        """
        if not solution.has_plan:
            raise ValueError("There is no plan, so nothing holds it back; look at the reasons why there is none.")
        program = program_of(tables) if matrices is None else matrices
        stage = stages(tables, solution.options, program.cost, program.offset)[0]
        bound = None if solution.bound is None else stage.sign * solution.bound
        return cls(
            matrices=replace(program, cost=stage.cost, offset=stage.sign * stage.constant),
            groups=groups_of([s.source for s in solution.limits], [s.limit for s in solution.limits]),
            x=solution.columns,
            bound=bound,
            reportable=tuple(p.index for p in tables.net.periods if p.reported),
            standing=stage.standing,
            objective=solution.options.objective,
            sign=stage.sign,
        )

    @classmethod
    def bare(
        cls,
        cost: ArrayLike,
        rows: Sequence[tuple[Sequence[float], float, float]],
        groups: Mapping[str, Sequence[int]],
        *,
        upper: ArrayLike = np.inf,
        integer: ArrayLike = False,
    ) -> ChokeProblem:
        """Return the problem of a small matrix, for textbook examples.

        Parameters
        ----------
        cost
            Objective [columns] to be maximised; every column is at least 0.
        rows
            Coefficients [columns], lower and upper side of each row.
        groups
            By id: the rows of the group. A row without a finite upper side is a limit from below.
        upper, integer
            Upper bound and whether it is an integer, by column or for all.
        """
        c = np.asarray(cost, dtype=float)
        n = len(c)
        a = sparse.csc_array(np.array([row[0] for row in rows], dtype=float).reshape(len(rows), n))
        matrices = Matrices(
            a=a,
            row_lower=np.array([row[1] for row in rows], dtype=float),
            row_upper=np.array([row[2] for row in rows], dtype=float),
            column_lower=np.zeros(n),
            column_upper=np.broadcast_to(np.asarray(upper, dtype=float), n).copy(),
            cost=c,
            integer=np.broadcast_to(np.asarray(integer, dtype=bool), n).copy(),
            offset=0.0,
            labels=tuple(("row", (str(i),)) for i in range(len(rows))),
        )
        return cls(matrices, tuple(_bare_group(id, at, matrices) for id, at in groups.items()))

    def group(self, id: str) -> LimitGroup:
        """Return a group by its id; KeyError if there is none."""
        return self._by_id[id]

    @cached_property
    def _by_id(self) -> dict[str, LimitGroup]:
        return {group.id: group for group in self.groups}

    @cached_property
    def movable(self) -> tuple[LimitGroup, ...]:
        """The groups that can be moved, with their entries in the periods that count; groups without any left out."""
        return tuple(g for g in map(self.counted, self.groups) if g.relaxable and len(g))

    def counted(self, group: LimitGroup) -> LimitGroup:
        """Return a group with its entries in the periods that count."""
        return group if self.reportable is None else group.in_periods(self.reportable)

    def relief(self, ids: str | Iterable[str], step: Step) -> Relief:
        """Return the relief of one group or several by a step, in the periods that count."""
        names = [ids] if isinstance(ids, str) else list(ids)
        return together(self.counted(self.group(id)).relief(step) for id in names)

    def direction(self, id: str) -> Relief:
        """Return one unit more in every period that counts."""
        group = self.counted(self.group(id))
        return group.by(np.ones(len(group)), group.label)

    def by_class(self, net: Network) -> ChokeProblem:
        """Return the problem with the capacities of a network that take each other's place joined to classes."""
        return replace(self, groups=by_class(self.groups, substitutes(net), net.names))

    def value(self, x: Array) -> float:
        """Return the value of a plan."""
        return self.matrices.offset + float(self.matrices.cost @ x)

    def slack(self, group: LimitGroup, x: Array) -> Array:
        """Return how far a plan is from each entry of a group [n], in the unit of the group."""
        m = self.matrices
        activity = self._activity(x)[group.rows]
        side = np.where(group.row_sign > 0, m.row_upper[group.rows], m.row_lower[group.rows])
        return np.concatenate([group.row_sign * (side - activity), m.column_upper[group.columns] - x[group.columns]])

    def at_limit(self, group: LimitGroup, x: Array) -> NDArray[np.bool_]:
        """Return by entry [n] whether a plan is at the limit."""
        size = np.abs(np.concatenate([self._activity(x)[group.rows], x[group.columns]]))
        unit = np.concatenate([1.0 / self.units.row[group.rows], self.units.column[group.columns]])
        return np.asarray(self.slack(group, x) <= COUNTS * np.maximum(unit, size), dtype=bool)

    @cached_property
    def units(self) -> Scales:
        """The units in which the solver counts columns and rows."""
        return scales(self.matrices)

    @cached_property
    def nothing(self) -> Array:
        """Amounts by column up to which there is none of it, as far as the solver can tell [columns]."""
        return CLOSE * self.units.column

    @cached_property
    def size(self) -> float:
        """Sum of the sizes that the value of the plan is added up from: what rounding and small gains are told by."""
        assert self.x is not None
        return size_of(self.matrices, self.x)

    @cached_property
    def counts(self) -> float:
        """Least gain that counts: beside :attr:`size`, or of a plan that is worth nothing beside what a unit earns."""
        earns = float(np.max(np.abs(self.matrices.cost) * self.units.column, initial=0.0))
        return COUNTS * (self.size or earns or 1.0)

    def near(self, *values: float) -> float:
        """Return the largest difference that rounding may leave of values of the objective."""
        return rounding(self.size, *values)

    def _activity(self, x: Array) -> Array:
        return np.asarray(self.matrices.a @ x)

    def with_plan(self, x: Array, bound: float | None) -> ChokeProblem:
        """Return the problem with another plan."""
        return replace(self, x=x, bound=bound)


def _bare_group(id: str, at: Sequence[int], matrices: Matrices) -> LimitGroup:
    rows: IntArray = np.array(at, dtype=np.int64)
    above = np.isfinite(matrices.row_upper[rows])
    return LimitGroup(
        id=id,
        family="",
        entity=id,
        label=id,
        unit="unit",
        kind="physical",
        owner="",
        stage="",
        region="",
        relaxable=True,
        obligation=not above.any(),
        levers=(),
        rows=rows,
        row_sign=np.where(above, 1, -1).astype(np.int64),
        columns=np.zeros(0, dtype=np.int64),
        periods=np.arange(len(rows), dtype=np.int64),
        base=np.abs(np.where(above, matrices.row_upper[rows], matrices.row_lower[rows])),
    )


def sides(matrices: Matrices, relief: Relief = NO_RELIEF) -> tuple[Array, Array, Array]:
    """Return lower sides, upper sides of the rows and upper bounds of the columns after a relief."""
    lower, upper, column = matrices.row_lower.copy(), matrices.row_upper.copy(), matrices.column_upper.copy()
    for row, amount in relief.upper.items():
        upper[row] += amount
    for row, amount in relief.lower.items():
        lower[row] -= amount
    for j, amount in relief.column.items():
        column[j] += amount
    return lower, upper, column

r"""A plan and a bound of a stack from its states one by one, where they are too large for one program.

What a state may do is a program of its own: the columns :math:`x_s` of the state, with all rows of the stack in which
no other column stands. So the rows that other states have for what is decided before they can be told apart are in it,
too: what they cannot carry is not decided.

- **Bound.** No plan of the stack is worth more in a state than :math:`w_s`, the relaxation of the state alone, and
  every way to judge rises with what a plan is worth in each state. So what the :math:`w_s` are judged as bounds all
  plans (the wait-and-see bound; Madansky 1960).
- **Plan.** The states are solved one after the other, the most probable first, each with what is decided together with
  one before it held as it is there, and the integers of the first as far as they fit. A state that has no plan then
  goes to the front, and all begin again. One that has none with nothing held proves that there is none at all. The
  first plan found of each is enough for that; where one is farther from its bound than was asked for, all are searched
  once more from there.

Both together prove a gap: what it would be worth to know the state, and what the first decisions of the first state
miss. Measured on eight states of frontier: 0.15 %. From there the primal simplex method on all states together takes
74 s for 5,000 pivots, which gain a twentieth of that, and does not end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.model.gates import NO_GATES
from fabopt.model.told import Told
from fabopt.network.tables import Array
from fabopt.solve.budget import TimeBudget
from fabopt.solve.carry import carried_plan
from fabopt.solve.finish import linear_answer
from fabopt.solve.options import SolveOptions
from fabopt.solve.outcome import Ended
from fabopt.solve.search import Structure, search
from fabopt.solve.session import HighsSession
from fabopt.solve.stack import Stack

VAST = 100_000
"""Columns of a stack from which its states are solved one by one first. Measured: the relaxation of two states of
frontier, 103,645 columns, takes 73 s, and that of eight, 387,944, does not end in 1,400 s; that of one takes half a
minute."""

Tell = Callable[[str, float], None]
"""Told of each step with the seconds since the first."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What the states gave one by one.

    Attributes
    ----------
    x
        The plan [columns of the stack], or None.
    bounds
        What no plan is worth in each state, as maximised; infinite where time was over.
    impossible
        Whether a state has no plan by itself, and so none stands at all.
    log
        What the solver said.
    """

    x: Array | None
    bounds: tuple[float, ...]
    impossible: bool
    log: str


def goes_apart(stack: Stack) -> bool:
    """Return whether the states are solved one by one first: there are several, and together they are vast."""
    return len(stack.columns) > 1 and stack.program.n_columns >= VAST


def state_by_state(
    stack: Stack,
    costs: Sequence[Array],
    options: SolveOptions,
    budget: TimeBudget,
    starts: Sequence[Array] | None = None,
    tell: Tell | None = None,
) -> Apart:
    """Return a plan and a bound of a stack from its states one by one.

    Parameters
    ----------
    stack
        The states.
    costs
        What is maximised in each [columns of the state].
    options
        Threads and seed.
    budget
        Time for it.
    starts
        A plan of each state [columns of the state] to begin with.
    tell
        Told of each step.
    """
    return _States(stack, costs, options, budget, starts, tell).run()


@dataclass(slots=True)
class _State:
    """A state with its live program.

    Attributes
    ----------
    columns, rows
        Its columns and rows in the stack.
    session, shape
        Its program, and what a search may use of it.
    bound, basis
        What its relaxation is worth, and where that ended; infinite and None as long as it is not solved.
    impossible
        Whether it is proved that it has no plan.
    """

    columns: IntArray
    rows: IntArray
    session: HighsSession
    shape: Structure
    bound: float = np.inf
    basis: Any = field(default=None)
    impossible: bool = False


class _States:
    """The states one by one."""

    def __init__(
        self,
        stack: Stack,
        costs: Sequence[Array],
        options: SolveOptions,
        budget: TimeBudget,
        starts: Sequence[Array] | None,
        tell: Tell | None,
    ) -> None:
        self.stack, self.costs, self.options, self.budget = stack, costs, options, budget
        self.starts, self.tell, self.began = starts, tell, budget.spent
        self.by_row = by_row = sparse.csr_array(stack.program.a)
        self.entries = sparse.csr_array((np.ones(by_row.nnz), by_row.indices, by_row.indptr), by_row.shape)
        self.states: dict[int, _State] = {}

    def run(self) -> Apart:
        """Solve the states in order until all have a plan, or each has been the first."""
        order = sorted(range(len(self.costs)), key=lambda s: -self.stack.branches[s].probability)
        x, tried = None, set[int]()
        impossible = False
        while not (x is not None or impossible or order[0] in tried or self.budget.over):
            tried.add(order[0])
            x, failed = self._in_order(order)
            impossible = x is None and self.states[failed].impossible
            order = [failed, *(s for s in order if s != failed)]
        if x is not None:
            x = self._closer(x, order)
        bounds = tuple(self.states[s].bound if s in self.states else np.inf for s in range(len(self.costs)))
        log = "".join(one.session.log for one in self.states.values())
        return Apart(x, bounds, impossible, log)

    def _closer(self, x: Array, order: Sequence[int]) -> Array:
        """Return a plan, or the better one that a closer search of the states finds where one is not close enough."""
        worth = self._worth(x)
        close = all(abs(self.states[s].bound - worth[s]) <= self.options.asked * abs(worth[s]) for s in order)
        if self.budget.over or close:
            return x
        again, _ = self._in_order(order, self.options.asked, x)
        shares = [branch.probability for branch in self.stack.branches]
        return x if again is None or np.dot(shares, self._worth(again)) <= np.dot(shares, worth) else again

    def _worth(self, x: Array) -> list[float]:
        """Return what a plan is worth in each state."""
        return [float(cost @ x[columns]) for cost, columns in zip(self.costs, self.stack.columns, strict=True)]

    def _in_order(
        self, order: Sequence[int], gap: float = np.inf, plan: Array | None = None
    ) -> tuple[Array | None, int]:
        """Return the plan of all states, each with what those before it have decided, or the state that has none.

        Each is solved within a gap, and begins with the plan that is given.
        """
        known = np.full(self.stack.program.n_columns, np.nan)
        for s in order:
            one, name = self._state(s), self.stack.branches[s].name
            held = np.flatnonzero(~np.isnan(known[one.columns]))
            low, high = one.session.column_lower[held].copy(), one.session.column_upper[held].copy()
            if len(held) and not np.isfinite(one.bound):
                self._relaxation(one)
                self._said(one, f"{name}, alone")
            if one.impossible:
                return None, s
            at = np.clip(known[one.columns[held]], low, high)
            one.session.set_column_bounds(held, at, at)
            start = self._start(s, order[0], known) if plan is None else plan[one.columns]
            found = search(one.session, one.shape, gap=gap, start=start, basis=one.basis)
            one.session.set_column_bounds(held, low, high)
            if not len(held):
                one.impossible = found.ended is Ended.INFEASIBLE
                one.bound = one.bound if found.bound is None else min(one.bound, found.bound)
            self._said(one, f"{name}, {'after others' if len(held) else 'first'}")
            if found.x is None:
                return None, s
            known[one.columns] = found.x
        return known, order[0]

    def _start(self, s: int, first: int, known: Array) -> Array | None:
        """Return the plan with which a search begins: the one given, or that of the first state where it fits."""
        if self.starts is not None:
            return self.starts[s]
        if s == first:
            return None
        before, after = (self.stack.branches[one].tables for one in (first, s))
        carried = carried_plan(known[self.stack.columns[first]], before, after)
        mine = known[self.stack.columns[s]]
        return np.where(np.isnan(mine), carried, mine)

    def _relaxation(self, one: _State) -> None:
        one.session.relax_integers()
        try:
            outcome = linear_answer(one.session)
        finally:
            one.session.release_integers()
        one.impossible = outcome.ended is Ended.INFEASIBLE
        if outcome.ended is Ended.OPTIMAL and outcome.bound is not None:
            one.bound, one.basis = outcome.bound, one.session.basis

    def _state(self, s: int) -> _State:
        """Return a state with its program: its columns, and the rows in which no other column stands."""
        if s not in self.states:
            program, columns = self.stack.program, self.stack.columns[s]
            other = np.ones(program.n_columns)
            other[columns] = 0.0
            rows = np.flatnonzero(self.entries @ other == 0.0)
            made = replace(
                program,
                a=sparse.csc_array(self.by_row[rows][:, columns]),
                row_lower=program.row_lower[rows],
                row_upper=program.row_upper[rows],
                column_lower=program.column_lower[columns],
                column_upper=program.column_upper[columns],
                cost=self.costs[s],
                integer=program.integer[columns],
                labels=Told(program.labels.__getitem__, rows),
                gates=NO_GATES,  # their constants are those of the stack
            )
            shape = self.stack.structure
            shape = Structure(shape.down[columns], shape.kinds[rows], shape.period[columns], ())
            session = HighsSession(made, threads=self.options.threads, seed=self.options.seed, budget=self.budget)
            self.states[s] = _State(columns, rows, session, shape)
        return self.states[s]

    def _said(self, one: _State, what: str) -> None:
        one.session.note(f"{what}: bound {one.bound}, {self.budget.spent - self.began:.1f} s")
        if self.tell is not None:
            self.tell(what, self.budget.spent - self.began)

r"""A stochastic program taken apart at the first date on which anything is known.

The columns that all states share are decided first: call them z. What is left falls into *parts*, one for each branch
of that date: the states that still share something belong together. With :math:`Q_b(z)` the most that part b earns
once z is decided,

.. math:: \max_z \; c'z + \sum_b Q_b(z)

A part answers three questions (:class:`Ask`): what it is worth where z is given, with its slope in z or, where it has
no plan, what z must keep to; what it is worth where it may choose z itself, at prices of its own; and both with its
integers or without. An answer is a function of the question alone: every run begins at the same basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.model.families import IntArray
from fabopt.model.gates import NO_GATES
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import relaxed
from fabopt.solve.session import HighsSession
from fabopt.solve.stack import Stack
from fabopt.solve.work.executor import Crew, Executor, Job
from fabopt.solve.work.journal import Journal, Kept, composed, digest
from fabopt.solve.work.plain import plain

P = TypeVar("P")
I = TypeVar("I")
R = TypeVar("R")

NOTHING_KNOWN = -1


@dataclass(frozen=True, slots=True)
class Part:
    """What is decided after a branch of the first date, with the columns z that it sees.

    Attributes
    ----------
    probability
        Of its states together.
    first
        Places among z of the columns of z in its rows: the first columns of ``program``.
    own
        Its own columns in the stack: the columns of ``program`` after those.
    program
        Its rows; it earns what its own columns earn, by their probabilities.
    """

    probability: float
    first: IntArray
    own: IntArray
    program: Matrices


@dataclass(frozen=True, slots=True)
class Parts:
    """A stochastic program taken apart.

    Attributes
    ----------
    z
        Columns of the stack that all states share.
    root
        The program of z alone: rows in which nothing else stands.
    parts
        The rest.
    """

    z: IntArray
    root: Matrices
    parts: tuple[Part, ...]


def taken_apart(stack: Stack, program: Matrices) -> Parts:
    """Return the parts of the program of a stack, with the objective that stands in it."""
    n, states = program.n_columns, len(stack.branches)
    there = np.zeros((states, n), dtype=bool)
    for s, columns in enumerate(stack.columns):
        there[s, columns] = True
    count = there.sum(axis=0)
    some = np.flatnonzero((count > 1) & (count < states))
    near = (there[:, some].astype(int) @ there[:, some].T.astype(int)) > 0 if len(some) else np.eye(states, dtype=bool)
    _, branch = sparse.csgraph.connected_components(sparse.csr_array(near), directed=False)
    part = np.full(n, NOTHING_KNOWN)
    for s in range(states):
        part[there[s] & (count < states)] = branch[s]
    by_row = sparse.csr_array(program.a)
    of_row = np.full(program.n_rows, NOTHING_KNOWN)
    row = np.repeat(np.arange(program.n_rows), np.diff(by_row.indptr))
    later = part[by_row.indices] != NOTHING_KNOWN
    of_row[row[later]] = part[by_row.indices[later]]
    z = np.flatnonzero(part == NOTHING_KNOWN)
    place = np.full(n, -1)
    place[z] = np.arange(len(z))
    parts = []
    for b in range(int(branch.max()) + 1):
        rows, own = np.flatnonzero(of_row == b), np.flatnonzero(part == b)
        seen = np.unique(by_row[rows].indices)
        first = seen[part[seen] == NOTHING_KNOWN]
        made = _of(program, rows, np.append(first, own))
        made = replace(made, cost=np.append(np.zeros(len(first)), program.cost[own]))
        share = float(stack.probabilities[branch == b].sum())
        parts.append(Part(share, place[first], own, made))
    return Parts(z, _of(program, np.flatnonzero(of_row == NOTHING_KNOWN), z), tuple(parts))


def _of(program: Matrices, rows: IntArray, columns: IntArray) -> Matrices:
    return replace(
        program,
        a=sparse.csc_array(sparse.csr_array(program.a)[rows][:, columns]),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        column_lower=program.column_lower[columns],
        column_upper=program.column_upper[columns],
        cost=program.cost[columns],
        integer=program.integer[columns],
        offset=0.0,
        labels=[program.labels[row] for row in rows],
        gates=NO_GATES,
    )


def with_first(parts: Parts, part: Part) -> Part:
    """Return a part that decides all first columns by itself and earns its share of what they earn."""
    root, own, n = parts.root, part.program, len(part.first)
    seen = sparse.csc_array((np.ones(n), (np.arange(n), part.first)), shape=(n, root.n_columns))
    above = sparse.hstack([root.a, sparse.csc_array((root.n_rows, len(part.own)))])
    a = sparse.csc_array(sparse.vstack([above, sparse.hstack([own.a[:, :n] @ seen, own.a[:, n:]])]))
    program = replace(
        own,
        a=a,
        row_lower=np.append(root.row_lower, own.row_lower),
        row_upper=np.append(root.row_upper, own.row_upper),
        column_lower=np.append(root.column_lower, own.column_lower[n:]),
        column_upper=np.append(root.column_upper, own.column_upper[n:]),
        cost=np.append(part.probability * root.cost, own.cost[n:]),
        integer=np.append(root.integer, own.integer[n:]),
        labels=(*root.labels, *own.labels),
    )
    return replace(part, first=np.arange(root.n_columns), program=program)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to a part.

    Attributes
    ----------
    part
        Which.
    z
        What is decided [z of the part]; None: the part chooses.
    price
        What it pays for a unit of z where it chooses [z of the part].
    whole
        Whether its integers count.
    """

    part: int
    z: tuple[float, ...] | None
    price: tuple[float, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Worth:
    """The answer of a part.

    Attributes
    ----------
    ended
        How it ended.
    value
        What it earns, less what it pays; where it has no plan with z, how far it is from one, as a negative number.
    bound
        What it cannot exceed.
    slope
        Change of the value per unit of z, where z was given and integers do not count.
    x
        Its plan, or None.
    """

    ended: Ended
    value: float
    bound: float
    slope: Array
    x: Array | None


def answering(parts: tuple[Part, ...]) -> Callable[[Ask], Worth]:
    """Return what answers questions to parts; a part's sessions stay live between them."""
    known: dict[int, _Live] = {}

    def answer(ask: Ask) -> Worth:
        if ask.part not in known:
            known[ask.part] = _Live(parts[ask.part])
        return known[ask.part].answer(ask)

    return answer


class KeptBranches:
    """Asks parts where another executor does, and keeps their answers in a file: what stands there is not asked again.

    Parameters
    ----------
    executor
        Where parts are asked.
    path
        The file.
    """

    def __init__(self, executor: Executor, path: Path) -> None:
        self.executor, self.path = executor, path

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the parts to workers."""
        parts = cast("tuple[Part, ...]", job.plan)
        programs = [replace(part, program=replace(part.program, labels=())) for part in parts]
        plan = digest({"study": job.name, "parts": plain(programs)})
        with Kept(self.executor, Journal(self.path, plan, composed(Worth, Ended))).crew(job) as crew:
            yield crew


class _Live:
    """A part with its live programs."""

    def __init__(self, part: Part) -> None:
        self.part, self.n = part, len(part.first)
        self.gap: HighsSession | None = None

    @cached_property
    def line(self) -> tuple[HighsSession, Any]:
        """The linear program, and the basis at which its runs begin: that of its best plan, where it has one."""
        session = HighsSession(relaxed(self.part.program), threads=1)
        found = session.solve().ended is Ended.OPTIMAL
        return session, session.basis if found else session.no_basis()

    def answer(self, ask: Ask) -> Worth:
        """Return the answer to a question."""
        program = self.part.program
        if ask.z is None:
            cost = program.cost.copy()
            cost[: self.n] -= np.array(ask.price or np.zeros(self.n))
            made = replace(program if ask.whole else relaxed(program), cost=cost)
            return self._told(HighsSession(made, threads=1).solve())
        z = np.array(ask.z)
        if ask.whole:
            lower, upper = program.column_lower.copy(), program.column_upper.copy()
            lower[: self.n] = upper[: self.n] = z
            return self._told(HighsSession(replace(program, column_lower=lower, column_upper=upper), threads=1).solve())
        session, basis = self.line
        session.restart(basis)
        found = self._told(self._at(session, z))
        return found if found.ended is not Ended.INFEASIBLE else self._distance(z)

    def _at(self, session: HighsSession, z: Array) -> Outcome:
        session.set_column_bounds(np.arange(self.n), z, z)
        return session.solve()

    def _told(self, outcome: Outcome) -> Worth:
        value = -np.inf if outcome.objective is None else outcome.objective
        bound = value if outcome.bound is None else outcome.bound
        slope = np.zeros(self.n) if outcome.column_price is None else outcome.column_price[: self.n]
        return Worth(outcome.ended, value, bound, slope, outcome.x)

    def _distance(self, z: Array) -> Worth:
        """Return how far a part is from having a plan with z, and the slope of that: what z must keep to."""
        if self.gap is None:
            self.gap = HighsSession(_loose(relaxed(self.part.program)), threads=1)
        self.gap.restart(HighsSession.no_basis())
        found = self._told(self._at(self.gap, z))
        if found.ended is not Ended.OPTIMAL:
            raise SolverError("A branch of the states has no plan whatever is decided before.")
        return replace(found, ended=Ended.INFEASIBLE, bound=-np.inf, x=None)


def _loose(program: Matrices) -> Matrices:
    """Return a program in which every row may be missed; what it earns is the negative of all that is missed."""
    rows = program.n_rows
    more = sparse.eye_array(rows, format="csc")
    integer: NDArray[np.bool_] = np.zeros(program.n_columns + 2 * rows, dtype=bool)
    return replace(
        program,
        a=sparse.csc_array(sparse.hstack([program.a, more, -more])),
        column_lower=np.append(program.column_lower, np.zeros(2 * rows)),
        column_upper=np.append(program.column_upper, np.full(2 * rows, np.inf)),
        cost=np.append(np.zeros(program.n_columns), np.full(2 * rows, -1.0)),
        integer=integer,
    )


@dataclass(frozen=True, slots=True)
class Decomposed:
    """What a decomposition gave.

    Attributes
    ----------
    x
        The best plan by the columns of the stack, or None.
    value, bound
        What it earns and what none exceeds, as maximised, without the constant of the objective.
    rounds
        How often all parts were asked.
    ended
        Optimal where it ended by itself; else at the limit of time, or infeasible.
    """

    x: Array | None
    value: float
    bound: float
    rounds: int
    ended: Ended


def joined(parts: Parts, z: Array, own: Sequence[Array], n: int) -> Array:
    """Return a plan by the columns of the stack: z, and of each part what comes after its columns of z."""
    x = np.zeros(n)
    x[parts.z] = z
    for part, mine in zip(parts.parts, own, strict=True):
        x[part.own] = mine[len(part.first) :]
    return x

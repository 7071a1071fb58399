r"""The extensive form of a stochastic program: the programs of all states, stacked.

The instance of each state is formulated by itself, as always; nothing of a family is written again. Let :math:`G_t(s)`
be the states that nobody can tell from s in period t. A column is what it is by its block, the ids of its record and
its period t, and the columns of all states of :math:`G_t(s)` are **one** column: what is decided before a state is
known is decided once. All other columns stand once a state. With the columns put in place,

.. math:: \max \sum_s \pi_s\, c_s' x_s \quad\text{with}\quad \underline b_s \le A_s x_s \le \overline b_s \ \ \forall s

and a row that several states have word for word, number for number, stands once. A shared column costs the mean of
what it costs in its states.

**The past.** In a period in which two states cannot be told apart, both have the rows and bounds of the first of them,
in which least changes. Where one has others, and changes what cannot vary over time, it changes what came before it is
known: that is refused (:class:`PastError`). What varies over time holds from the date on and can only tell on a row
before it through a mean over some time, such as a yield at the end of a process that began before: that is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fabopt.domain.tolerances import SAME
from fabopt.errors import UserError
from fabopt.model.collector import collector_off
from fabopt.model.columns import decided
from fabopt.model.families import IntArray
from fabopt.model.gates import NO_GATES, Gates
from fabopt.model.tables import Arrays, ModelTables
from fabopt.model.told import Told
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices, RowLabels, settled
from fabopt.solve.search import Structure, structure


class PastError(UserError):
    """A state changes what comes before it is known; the message is a full sentence."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A state as the stack sees it.

    Attributes
    ----------
    name, probability
        What it is called, and its share of all cases.
    known
        What is known on the way to it: a name, and the position of the period from which it is known.
    tables
        Its model.
    throughout
        What it changes for all time, since it cannot vary over it.
    """

    name: str
    probability: float
    known: tuple[tuple[str, int], ...]
    tables: ModelTables
    throughout: tuple[str, ...] = ()

    def seen(self, period: int) -> tuple[str, ...]:
        """Return what is known in a period."""
        return tuple(name for name, first in self.known if first <= period)


@dataclass(frozen=True)
class Stack:
    """The programs of all states as one.

    Attributes
    ----------
    branches
        The states.
    program
        The program: expected value of what the tables value.
    columns, rows
        For each state, the column [columns of its model] and the row [rows of its model] of the program.
    together
        For each state and period, the first state that nobody can tell from it [states, T].
    """

    branches: tuple[Branch, ...]
    program: Matrices
    columns: tuple[IntArray, ...]
    rows: tuple[IntArray, ...]
    together: IntArray

    @property
    def probabilities(self) -> Array:
        """Probability of each state [states]."""
        return np.array([branch.probability for branch in self.branches])

    @cached_property
    def structure(self) -> Structure:
        """What a search may use of it."""
        down, kinds = np.zeros(self.program.n_columns, dtype=bool), np.zeros(self.program.n_rows, dtype=np.int64)
        period = np.zeros(self.program.n_columns, dtype=np.int64)
        for branch, columns, rows in zip(self.branches, self.columns, self.rows, strict=True):
            own = structure(branch.tables)
            down[columns], kinds[rows], period[columns] = own.down, own.kinds, own.period
        return Structure(down, kinds, period, ())

    def share(self, mine: Sequence[IntArray], n: int) -> Array:
        """Return how likely it is that a column or row counts [n]: the probabilities of its states, added up."""
        total = np.zeros(n)
        for probability, at in zip(self.probabilities, mine, strict=True):
            total[at] += probability
        return total

    def shared(self, state: int) -> int:
        """Return the first period in which nobody takes a state for another one; T where that never comes."""
        alone = [
            t for t in range(self.together.shape[1]) if (self.together[:, t] == self.together[state, t]).sum() == 1
        ]
        return alone[0] if alone else self.together.shape[1]

    @property
    def first(self) -> int:
        """The first period in which anything is known: all that is decided before it is decided now."""
        known = np.flatnonzero((self.together != self.together[0]).any(axis=0))
        return int(known[0]) if len(known) else self.together.shape[1]

    def expected(self, costs: Sequence[Array]) -> Array:
        """Return the mean over the states of linear functions of their plans [columns]."""
        total = np.zeros(self.program.n_columns)
        for probability, cost, at in zip(self.probabilities, costs, self.columns, strict=True):
            np.add.at(total, at, probability * cost)
        return total

    def plan(self, plans: Sequence[Array]) -> Array:
        """Return plans of the states as one [columns]: of what they share, that of the first."""
        x = np.zeros(self.program.n_columns)
        for plan, at in reversed(list(zip(plans, self.columns, strict=True))):
            x[at] = plan
        return x


@collector_off()
def stacked(branches: Sequence[Branch], *, relaxed: bool = False) -> Stack:
    """Return the programs of some states as one.

    Parameters
    ----------
    branches
        The states, those in which least changes first; their probabilities add up to one, and their periods are the
        same.
    relaxed
        Whether the program goes without its integers.

    Raises
    ------
    PastError
        If states have other periods, or a state changes what comes before it is known.
    fabopt.model.families.ModelError
        If the largest level of a gate has no end.
    """
    first = branches[0]
    labels = first.tables.columns.labels
    for branch in branches:
        if branch.tables.columns.labels != labels:
            raise PastError(f"The state '{branch.name}' has other periods than '{first.name}'; states share them.")
    together = _together(branches, len(labels))
    programs = [branch.tables.arrays() for branch in branches]
    columns = _Columns(branches, programs, together)
    rows = _Rows(branches, programs, together, columns)
    n, cost = columns.n, np.zeros(columns.n)
    for branch, program, at in zip(branches, programs, columns.at, strict=True):
        np.add.at(cost, at, branch.probability * program.cost)
    whole = Matrices(
        a=rows.matrix(n),
        row_lower=rows.joined("row_lower"),
        row_upper=rows.joined("row_upper"),
        column_lower=columns.lower,
        column_upper=columns.upper,
        cost=cost,
        integer=np.zeros(n, dtype=bool) if relaxed else columns.integer,
        offset=0.0,
        labels=rows.labels(),
        gates=_gates(branches, columns.at, rows.at),
    )
    return Stack(tuple(branches), settled(whole), tuple(columns.at), tuple(rows.at), together)


def _together(branches: Sequence[Branch], periods: int) -> IntArray:
    """Return by state and period the first state that nobody can tell from it [states, T]."""
    together = np.zeros((len(branches), periods), dtype=np.int64)
    for t in range(periods):
        first: dict[tuple[str, ...], int] = {}
        for s, branch in enumerate(branches):
            together[s, t] = first.setdefault(branch.seen(t), s)
    return together


class _Columns:
    """Where the columns of each state stand, with the bounds of all."""

    def __init__(self, branches: Sequence[Branch], programs: Sequence[Arrays], together: IntArray) -> None:
        self.branches, self.n = branches, 0
        self.at: list[IntArray] = []
        self.shared: list[NDArray[np.bool_]] = []
        """By state: which of its columns are decided for other states, too."""
        self.lower, self.upper, self.integer = np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool)
        known: dict[tuple[int, str, tuple[str, ...]], int] = {}
        members = [np.bincount(mine, minlength=len(branches)) for mine in together.T]
        wanted: dict[int, int] = {}
        for s, (branch, program) in enumerate(zip(branches, programs, strict=True)):
            tables = branch.tables
            period, owner = decided(tables.net, tables.columns), np.append(together[s], s)
            several = np.array([m[g] > 1 for m, g in zip(members, together[s], strict=True)] + [False])
            self.shared.append(several[period])
            places = [
                (block.offset + i, (int(owner[period[block.offset + i]]), block.name, tuple(block.keys[i])))
                for block in tables.columns
                for i in np.flatnonzero(self.shared[s][block.columns]).tolist()
            ]
            at = np.full(len(period), -1, dtype=np.int64)
            at[[column for column, _ in places]] = [known.get(place, -1) for _, place in places]
            fresh = at < 0
            at[fresh] = self.n + np.arange(int(fresh.sum()))
            self.n += int(fresh.sum())
            for column, place in places:
                if fresh[column]:
                    known[place] = int(at[column])
                    wanted[known[place]] = int(members[period[column]][place[0]])
            self.lower = np.concatenate([self.lower, program.column_lower[fresh]])
            self.upper = np.concatenate([self.upper, program.column_upper[fresh]])
            self.integer = np.concatenate([self.integer, program.integer[fresh]])
            self.at.append(at)
            self._agree(branch, program, at, fresh)
        there = np.bincount(np.concatenate(self.at), minlength=self.n)
        for column, count in wanted.items():
            if there[column] < count:  # one state has no such decision: nobody who might be in it can take it
                self.upper[column] = min(self.upper[column], max(self.lower[column], 0.0))

    def _agree(self, branch: Branch, program: Arrays, at: IntArray, fresh: NDArray[np.bool_]) -> None:
        """Refuse bounds of shared columns that are other ones in a state."""
        theirs = ((self.lower, program.column_lower), (self.upper, program.column_upper))
        for known, mine in theirs:
            apart = np.flatnonzero(~fresh & ~_alike(known[at], mine))
            if len(apart) and branch.throughout:
                block, key = next(
                    (b.name, b.keys[int(apart[0]) - b.offset])
                    for b in branch.tables.columns
                    if b.offset <= apart[0] < b.offset + len(b)
                )
                raise PastError(_past(branch, f"what may be decided ({block} {' '.join(key)})"))


class _Rows:
    """Where the rows of each state stand: those that several have word for word stand once."""

    def __init__(
        self, branches: Sequence[Branch], programs: Sequence[Arrays], together: IntArray, columns: _Columns
    ) -> None:
        self.branches, self.programs, self.together = branches, programs, together
        self.at: list[IntArray] = []
        self.kept: list[NDArray[np.bool_]] = []
        self.matrices: list[sparse.csr_array] = []
        self.n = 0
        self.known: dict[tuple[str, tuple[str, ...]], list[tuple[int, int]]] = {}
        for s, program in enumerate(programs):
            by_row = program.a.tocsr()
            placed = sparse.csr_array(
                (by_row.data, columns.at[s][by_row.indices], by_row.indptr), shape=(by_row.shape[0], columns.n)
            )
            placed.sort_indices()
            self.matrices.append(placed)
            apart = (~columns.shared[s]).astype(float)
            self._add(s, np.asarray(abs(by_row).sign() @ apart) == 0.0)

    def _add(self, s: int, early: NDArray[np.bool_]) -> None:
        """Number the rows of a state; ``early``: rows of which every column is decided for other states, too."""
        tables, period = self.branches[s].tables, _row_periods(self.branches[s].tables)
        told, at = RowLabels.of(tables), np.full(tables.n_rows, -1, dtype=np.int64)
        common = np.flatnonzero(early).tolist()
        for row in common if s else []:
            at[row] = self._same(s, row, told(row), int(period[row]))
        fresh = at < 0
        at[fresh] = self.n + np.arange(int(fresh.sum()))
        self.n += int(fresh.sum())
        for row in common:
            if fresh[row]:
                self.known.setdefault(told(row), []).append((s, row))
        self.at.append(at)
        self.kept.append(fresh)

    def _same(self, s: int, row: int, label: tuple[str, tuple[str, ...]], period: int) -> int:
        """Return the row of the program that stands for this one, or -1.

        Raises
        ------
        PastError
            If another one, or none, is in its place in a state that cannot be told apart then, by a lasting change.
        """
        known = self.known.get(label, ())
        for other, there in known:
            if self._alike(s, row, other, there):
                return int(self.at[other][there])
        owner = int(self.together[s, period]) if period < self.together.shape[1] else s
        theirs = next((there for other, there in known if other == owner), -1)
        branch = self.branches[s]
        if owner != s and branch.throughout and (theirs >= 0 or not self._has(owner, label)):
            rows = branch.tables.rows[label[0]]
            name = rows.names[row - branch.tables.offsets[label[0]]]
            raise PastError(_past(branch, rows.family.limited.format(name=name, period=label[1][-1])))
        return int(self.at[owner][theirs]) if owner != s and theirs >= 0 else -1

    def _has(self, s: int, label: tuple[str, tuple[str, ...]]) -> bool:
        family, key = label
        rows = self.branches[s].tables.rows.get(family)
        return rows is not None and key in set(map(tuple, rows.keys))

    def _alike(self, s: int, row: int, other: int, there: int) -> bool:
        one, two = self.matrices[s], self.matrices[other]
        mine, theirs = (slice(m.indptr[r], m.indptr[r + 1]) for m, r in ((one, row), (two, there)))
        if not np.array_equal(one.indices[mine], two.indices[theirs]):
            return False
        if not _alike(one.data[mine], two.data[theirs]).all():
            return False
        a, b = self.programs[s], self.programs[other]
        sides = ((a.row_lower[row], b.row_lower[there]), (a.row_upper[row], b.row_upper[there]))
        return all(bool(_alike(np.array([x]), np.array([y]))[0]) for x, y in sides)

    def matrix(self, n: int) -> sparse.csc_array:
        """Return the rows of all states."""
        parts = [matrix[kept] for matrix, kept in zip(self.matrices, self.kept, strict=True)]
        stacked_rows = sparse.vstack([sparse.csr_array(part) for part in parts], format="csr")
        return sparse.csc_array(sparse.csr_array(stacked_rows, shape=(self.n, n)))

    def joined(self, what: str) -> Array:
        """Return a side of all rows."""
        pairs = zip(self.programs, self.kept, strict=True)
        return np.concatenate([getattr(program, what)[kept] for program, kept in pairs])

    def labels(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return family and key of each row; of one that not all states have, with the name of its first state."""
        firsts = np.cumsum([0, *(int(kept.sum()) for kept in self.kept)])
        told = [RowLabels.of(branch.tables) for branch in self.branches]
        own = [np.flatnonzero(kept) for kept in self.kept]

        def label(row: int) -> tuple[str, tuple[str, ...]]:
            s = int(np.searchsorted(firsts, row, side="right")) - 1
            family, key = told[s](int(own[s][row - firsts[s]]))
            return family, (*key, self.branches[s].name)

        return Told(label, np.arange(self.n))


def _row_periods(tables: ModelTables) -> IntArray:
    """Return the (first) period of each row; T where it has none."""
    T = len(tables.columns.labels)
    periods = [np.where(rows.period < 0, T, rows.period) for rows in tables.rows.values()]
    return np.concatenate([np.zeros(0, np.int64), *periods]).astype(np.int64)


def _alike(one: Array, two: Array) -> NDArray[np.bool_]:
    """Return where numbers are the same but for rounding."""
    with np.errstate(invalid="ignore"):
        near = np.abs(one - two) <= SAME * np.maximum(np.abs(one), np.abs(two))
    alike: NDArray[np.bool_] = (one == two) | near
    return alike


def _past(branch: Branch, what: str) -> str:
    more = f" and {len(branch.throughout) - 3} more" if len(branch.throughout) > 3 else ""
    always = f"{', '.join(branch.throughout[:3])}{more}"
    return (
        f"The state '{branch.name}' changes the past: {what} is another one in it, before it is known. What it "
        f"changes cannot vary over time: {always}. Let it be known from an earlier date ('from'), or change numbers "
        "that may vary over time: they hold from the date on."
    )


def _gates(branches: Sequence[Branch], columns: Sequence[IntArray], rows: Sequence[IntArray]) -> Gates:
    """Return the gates of all states; those of a row that several share stand once."""
    row, level, names = list[int](), list[int](), list[tuple[str, ...]]()
    gate, column, share = list[IntArray](), list[IntArray](), list[Array]()
    capacity, totals, seen = set[int](), set[int](), set[int]()
    for branch, at, place in zip(branches, columns, rows, strict=True):
        own = branch.tables.gates
        capacity.update(place[own.capacity].tolist())
        totals.update(place[own.totals].tolist())
        number = np.full(len(own), -1, dtype=np.int64)
        for i, there in enumerate(place[own.row].tolist()):
            if there not in seen:
                seen.add(there)
                number[i] = len(row)
                row.append(there)
                level.append(int(at[own.level[i]]))
                names.append(own.names[i])
        kept = number[own.gate] >= 0
        gate.append(number[own.gate][kept])
        column.append(at[own.column[kept]])
        share.append(own.share[kept])
    if not row:
        return NO_GATES
    whole = [np.array(many, dtype=np.int64) for many in (row, level, sorted(capacity), sorted(totals))]
    return Gates(
        row=whole[0],
        level=whole[1],
        gate=np.concatenate(gate),
        column=np.concatenate(column),
        share=np.concatenate(share),
        names=tuple(names),
        capacity=whole[2],
        totals=whole[3],
    )

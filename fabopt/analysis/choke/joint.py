r"""Limits that only help together (F7): minimal sets that reach a target, and minimal sets that block it.

Fix a target. A set :math:`S` of limits *reaches* it if some plan is worth the target once all of :math:`S` is moved
(taken away, or by a finite step). Reaching is monotone. Then

* a **minimal relaxation set** reaches the target and no proper part of it does;
* a **minimal blocking set** blocks the target as long as it is kept, whatever else is moved, and no proper part does.

Each family is the family of minimal hitting sets of the other. MARCO finds both: a small program on the sets proposes
the smallest set not yet decided; a set that reaches is shrunk to a minimal one and its supersets are closed; a set
that does not is grown to a maximal one, whose complement blocks, and its subsets are closed.

The question "does this set reach it" may be answered yes, no, or not at all (time). What stays open is listed: a set
whose minimality then is not proven says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from fabopt.analysis.choke.bench import linear
from fabopt.analysis.choke.oracle import Basis, Gain, Oracle
from fabopt.analysis.frames import frame_of
from fabopt.plan.groups import LIFTED, Relief, Step
from fabopt.plan.problem import Interval
from fabopt.solve.budget import OutOfTimeError
from fabopt.solve.matrices import Matrices
from fabopt.solve.session import Ended, HighsSession

if TYPE_CHECKING:
    import pandas as pd

Names = frozenset[str]
Reaches = Callable[[Names], bool | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A minimal set.

    Attributes
    ----------
    members
        Names in it, in the order given.
    proven
        Whether it is proven that no part of it does the same.
    """

    members: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class Sets:
    """Minimal sets that reach, and minimal sets that block.

    Attributes
    ----------
    reaching
        Minimal relaxation sets, smallest first. One empty set: the target is reached as things stand.
    blocking
        Minimal blocking sets, smallest first. One empty set: the target is out of reach with all of them moved.
    open
        Sets that could not be decided.
    asked
        Number of questions that were put.
    complete
        Whether both families are complete: every set was decided.
    """

    reaching: tuple[Found, ...]
    blocking: tuple[Found, ...]
    open: tuple[tuple[str, ...], ...]
    asked: int
    complete: bool


class _Answers:
    """Answers with what earlier ones imply; None for all the rest once the questions or the time are spent."""

    def __init__(self, reaches: Reaches, most: float) -> None:
        self.reaches, self.most, self.asked = reaches, most, 0
        self.yes: list[Names] = []
        self.no: list[Names] = []
        self.unknown: set[Names] = set()
        self.spent = False

    def __call__(self, names: Names) -> bool | None:
        if any(known <= names for known in self.yes):
            return True
        if any(names <= known for known in self.no):
            return False
        if names in self.unknown:
            return None
        if self.spent or self.asked >= self.most:
            self.spent = True
            return None
        self.asked += 1
        try:
            answer = self.reaches(names)
        except OutOfTimeError:
            self.spent = True
            return None
        if answer is None:
            self.unknown.add(names)
        else:
            (self.yes if answer else self.no).append(names)
        return answer


class _Map:
    """The sets that are not decided yet, as a small program: 1 where a name is in the set; few names first."""

    def __init__(self, n: int) -> None:
        weight = 1.0 + np.arange(n) / (n * (n + 1.0))  # among sets of the same size the first names go first
        self.n = n
        self.session = HighsSession(
            Matrices(
                a=sparse.csc_array((0, n)),
                row_lower=np.zeros(0),
                row_upper=np.zeros(0),
                column_lower=np.zeros(n),
                column_upper=np.ones(n),
                cost=-weight,
                integer=np.ones(n, dtype=bool),
                offset=0.0,
                labels=(),
            ),
            threads=1,
        )

    def next(self) -> list[int] | None:
        """Return the smallest set that is not decided, or None."""
        outcome = self.session.solve()
        if outcome.ended is not Ended.OPTIMAL or outcome.x is None:
            return None
        chosen: list[int] = np.flatnonzero(outcome.x > 0.5).tolist()
        return chosen

    def close_above(self, at: Sequence[int]) -> None:
        """Close a set and all its supersets."""
        self._row(at, [], -np.inf, len(at) - 1.0)

    def close_below(self, outside: Sequence[int]) -> None:
        """Close the complement of ``outside`` and all its subsets."""
        self._row(outside, [], 1.0, np.inf)

    def close(self, at: Sequence[int]) -> None:
        """Close one set alone."""
        rest = [i for i in range(self.n) if i not in set(at)]
        self._row(at, rest, -np.inf, len(at) - 1.0)

    def _row(self, plus: Sequence[int], minus: Sequence[int], low: float, high: float) -> None:
        columns = np.array([*plus, *minus], dtype=np.int64)
        values = np.concatenate([np.ones(len(plus)), -np.ones(len(minus))])
        self.session.add_row(columns, values, low, high)


def marco(names: Sequence[str], reaches: Reaches, most: float = np.inf) -> Sets:
    """Return the minimal sets that reach and the minimal sets that block, by whatever ``reaches`` means.

    Parameters
    ----------
    names
        What may be moved.
    reaches
        Whether moving a set is enough; monotone; None where that could not be told.
    most
        Most questions that may be put.
    """
    ask = _Answers(reaches, most)
    reaching: list[tuple[Names, bool]] = []
    blocking: list[tuple[Names, bool]] = []
    _explore(names, ask, reaching, blocking)
    place = {name: i for i, name in enumerate(names)}

    def ordered(sets: Sequence[tuple[Names, bool]]) -> tuple[Found, ...]:
        members = [Found(tuple(sorted(s, key=place.__getitem__)), proven) for s, proven in sets]
        return tuple(sorted(members, key=lambda f: (len(f.members), [place[m] for m in f.members])))

    unknown = sorted(ask.unknown, key=lambda s: (len(s), sorted(place[m] for m in s)))
    return Sets(
        reaching=ordered(reaching),
        blocking=ordered(blocking),
        open=tuple(tuple(sorted(s, key=place.__getitem__)) for s in unknown),
        asked=ask.asked,
        complete=not ask.spent and not unknown,
    )


def _explore(
    names: Sequence[str], ask: _Answers, reaching: list[tuple[Names, bool]], blocking: list[tuple[Names, bool]]
) -> None:
    whole = frozenset(names)
    if ask(whole) is False:
        blocking.append((frozenset(), True))
        return
    if not names:
        if ask(whole):
            reaching.append((whole, True))
        return
    undecided = _Map(len(names))
    while not ask.spent and (at := undecided.next()) is not None:
        seed = frozenset(names[i] for i in at)
        answer = ask(seed)
        if answer is None:
            undecided.close(at)
        elif answer:
            least, proven = _shrunk(names, seed, ask)
            reaching.append((least, proven))
            undecided.close_above([i for i, name in enumerate(names) if name in least])
            if not least:
                return
        else:
            most, proven = _grown(names, seed, ask)
            blocking.append((whole - most, proven))
            undecided.close_below([i for i, name in enumerate(names) if name not in most])


def _shrunk(names: Sequence[str], seed: Names, ask: _Answers) -> tuple[Names, bool]:
    proven = True
    for name in names:
        if name in seed:
            answer = ask(seed - {name})
            if answer:
                seed = seed - {name}
            proven = proven and answer is not None
    return seed, proven


def _grown(names: Sequence[str], seed: Names, ask: _Answers) -> tuple[Names, bool]:
    proven = True
    for name in names:
        if name not in seed:
            answer = ask(seed | {name})
            if answer is False:
                seed = seed | {name}
            proven = proven and answer is not None
    return seed, proven


@dataclass(frozen=True, slots=True)
class Joint:
    """Which limits reach a target together.

    Attributes
    ----------
    target
        Value to be reached.
    step
        By how much each limit of a set moves.
    sets
        By id of the group.
    gains
        Certified gain of each reaching set, in their order.
    """

    target: float
    step: Step
    sets: Sets
    gains: tuple[Gain, ...]

    def containing(self, id: str) -> tuple[Found, ...]:
        """Return the minimal relaxation sets that a limit is a member of."""
        return tuple(reaching for reaching in self.sets.reaching if id in reaching.members)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a set."""
        rows: list[dict[str, object]] = [
            {"set": "reaches", "members": " + ".join(f.members), "proven": f.proven, "gain_lo": g.lo, "gain_hi": g.hi}
            for f, g in zip(self.sets.reaching, self.gains, strict=True)
        ]
        rows += [
            {"set": "blocks", "members": " + ".join(f.members), "proven": f.proven, "gain_lo": None, "gain_hi": None}
            for f in self.sets.blocking
        ]
        return frame_of(rows)


def candidates(oracle: Oracle, ids: Sequence[str], step: Step = LIFTED) -> tuple[str, ...]:
    """Return the groups that a search is worth: at a limit in the plan, or exceeded where all of them are moved.

    The plan with all of them moved is one of the relaxation, with fractions for integers; a limit that neither
    plan touches is left out of the search, which the searcher should say.
    """
    problem = oracle.problem
    assert problem.x is not None
    relief = problem.relief(ids, step)
    free = oracle.ask([partial(linear, "relaxed", relief)])[0].x
    kept = []
    for id in ids:
        group = problem.counted(problem.group(id))
        touched = [problem.at_limit(group, x).any() for x in (problem.x, free) if x is not None]
        if any(touched) or free is None:
            kept.append(id)
    return tuple(kept)


def minimal_sets(
    oracle: Oracle,
    ids: Sequence[str],
    target: float | None = None,
    step: Step = LIFTED,
    most: float = 50,
    basis: Basis = "certified",
) -> Joint:
    """Return which limits reach a target together, and which block it.

    Parameters
    ----------
    oracle
        With the plan.
    ids
        Groups that may be moved.
    target
        Value to be reached; the least value that is proven better than the base when left out.
    step
        By how much the limits of a set move.
    most
        Most questions put to the oracle.
    basis
        ``plan``: with the integers of the plan held. A set that reaches then does so for sure; a blocking set is
        proven where the relaxation does not reach the target without it either.
    """
    problem = oracle.problem

    def relief(names: Names | Sequence[str]) -> Relief:
        return problem.relief([i for i in ids if i in names], step)

    if basis == "plan":
        goal = oracle.base.lo + oracle.eps if target is None else target
        sets = marco(ids, lambda s: oracle.plan_value(relief(s)) >= goal, most)
        without = [relief([i for i in ids if i not in f.members]) for f in sets.blocking]
        try:
            tops = oracle.relaxed_values(without)
        except OutOfTimeError:
            tops = [np.inf] * len(without)
        blocking = tuple(replace(f, proven=top < goal) for f, top in zip(sets.blocking, tops, strict=True))
        sets = replace(sets, blocking=blocking)
        return Joint(
            goal, step, sets, tuple(_plan_gain(oracle, relief(minimal_sets.members)) for minimal_sets in sets.reaching)
        )
    goal = oracle.better if target is None else target
    sets = marco(ids, lambda s: oracle.improves(relief(s), goal), most)
    gains = oracle.gains([relief(minimal_sets.members) for minimal_sets in sets.reaching])
    return Joint(goal, step, sets, tuple(gains))


def _plan_gain(oracle: Oracle, relief: Relief) -> Gain:
    """Return a gain of which only the plan's part was asked."""
    value = oracle.plan_value(relief)
    over = Interval(value, np.inf).over(oracle.base)
    return Gain(relief, max(0.0, value - oracle.base.lo), over.lo, over.hi, over.proof(oracle.eps), 0.0, ())

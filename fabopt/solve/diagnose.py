"""Why there is no plan: the one place that says so, to ``solve``, ``choke``, ``validate`` and the API.

1. *Shortages.* An elastic run gives slack to what customers require, then, if that is not enough, to every limit, and
   finds the least relative amounts with which there is a plan. It is quick at any size.
2. *Conflict.* Of the limits that the dual of an elastic run points at, a deletion filter keeps a set that cannot all
   hold and of which none can be left out. Where time is up first, it says that the set may not be smallest. Where the
   relaxation has a plan, only integers conflict: the filter then asks the mixed-integer program itself, and that
   something comes as integers is one of the limits. (HiGHS' own search for an infeasible subsystem is not safe on
   mixed-integer programs, and on large ones it ends with all rows.)
3. *Repair.* By how much each limit of the conflict would have to move alone so that there is a plan.

Rows that only say what decisions mean always hold; they are named where they clash by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from scipy import sparse

from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import CLOSE
from fabopt.io.problems import Positions
from fabopt.model.families import EndlessError, Named
from fabopt.model.tables import ModelTables
from fabopt.network.places import place_of
from fabopt.network.tables import Array, Network
from fabopt.solve.budget import TimeBudget
from fabopt.solve.finish import linear_answer
from fabopt.solve.matrices import Matrices
from fabopt.solve.options import SolveOptions
from fabopt.solve.requirements import LOWER, UPPER, Required, Requirement, all_rows, required
from fabopt.solve.session import Ended, HighsSession, Outcome
from fabopt.solve.solution import Conflict, Ref

T = TypeVar("T")

DIAGNOSIS_SECONDS = 30.0
"""Longest time spent on finding out why there is no plan."""

REQUIRED = ("demand", "backlog_balance", "safety_stock", "target")
"""Families that an elastic run relaxes first: what customers and planners ask for."""

MOST_REPAIRS = 20
"""Most limits of a conflict for which a repair is sought."""

FILTERING = 0.7
"""Share of the time by which the conflict is found; the rest is for repairs."""


def explain_infeasible(
    tables: ModelTables, matrices: Matrices, budget: TimeBudget, threads: int = 0
) -> tuple[Conflict, ...]:
    """Return shortages, whether integers alone conflict, and a smallest set of limits that cannot all hold.

    Parameters
    ----------
    tables, matrices
        The model, which has no plan.
    budget
        Time that may be spent.
    threads
        Threads of the solver, the same as in the run itself.
    """
    needs = required(tables, matrices)
    return _Diagnosis(replace(needs, program=needs.program.lenient()), tables, budget, threads).told()


class _Diagnosis:
    """The questions that are put to a program without a plan, within a time."""

    def __init__(self, required: Required, tables: ModelTables, budget: TimeBudget, threads: int) -> None:
        self.found, self.tables, self.budget, self.threads = required, tables, budget, threads

    def told(self) -> tuple[Conflict, ...]:
        """Return why there is no plan: what is missing, and what cannot all hold."""
        relaxed = self._session()
        relaxed.relax_integers()
        whole = bool(self.found.program.integer.any()) and self._solved(relaxed).ended is Ended.OPTIMAL
        told = [_whole_numbers()] if whole else []
        with self.budget.part(until=FILTERING):
            told += self._shortages()
            kept, proved = self._smallest(whole)
        repairs = [self._repair(one) if i < MOST_REPAIRS else None for i, one in enumerate(kept)]
        told += [_clash(one, repair, len(kept)) for one, repair in zip(kept, repairs, strict=True)]
        if not proved:
            says = "Time was up before that set was proved smallest: it cannot all hold, but fewer of it may clash too."
            told.append(Conflict("time", (), "", 0.0, "", says))
        return tuple(told)

    def _session(self) -> HighsSession:
        return HighsSession(self.found.program, threads=self.threads, budget=self.budget)

    def _solved(self, session: HighsSession, gap: float = 0.0) -> Outcome:
        return session.solve(gap=gap) if session.integer.any() else linear_answer(session)

    # -- amounts -----------------------------------------------------------------------------------------------------

    def _shortages(self) -> list[Conflict]:
        """Return what is missing of what is required; if that is not enough, what would have to move."""
        movable = [one for one in self.found.requirements if one.relaxable and one.parts]
        asked = [one for one in movable if one.family in REQUIRED and one.side != "at most"]
        for candidates, signs in ((asked, (LOWER,)), (movable, (UPPER, LOWER))):
            session = self._session()
            slack = _Slack(session, candidates, signs)
            outcome = self._solved(session, gap=1e-3)
            if outcome.x is not None:
                return [_shortage(one, sign, size) for one, sign, size in slack.moved(outcome.x)]
        return []

    def _repair(self, one: Requirement) -> tuple[int, float] | None:
        """Return which way, and how far, a limit would have to move alone; None where that is not enough."""
        if not one.relaxable or self.budget.over:
            return None
        session = self._session()
        if one.side == "whole":
            session.set_integrality(np.array(one.columns, dtype=np.int64), False)
            return (0, 0.0) if self._solved(session).x is not None else None
        slack = _Slack(session, [one], (UPPER, LOWER))
        outcome = self._solved(session)
        moved = [] if outcome.x is None else slack.moved(outcome.x)
        return (moved[0][1], moved[0][2]) if moved else None

    # -- the set -----------------------------------------------------------------------------------------------------

    def _smallest(self, whole: bool) -> tuple[list[Requirement], bool]:
        """Return a set of limits that cannot all hold, and whether it is proved that none can be left out."""
        asked = _Asked(self, whole)
        candidates = [one for one in self.found.requirements if whole or one.parts]
        if asked.clashes([]):  # what always holds clashes by itself
            self.found = all_rows(self.tables, self.found)
            asked = _Asked(self, whole)
            known = {id(one) for one in candidates}
            candidates = [one for one in self.found.requirements if id(one) not in known and one.parts]
        elif not whole:
            pointed = self._pointed_at(candidates)
            candidates = pointed if asked.clashes(pointed) else candidates
        kept = smallest(candidates, asked.clashes, self.budget)
        return kept, not asked.unsure and not self.budget.over

    def _pointed_at(self, candidates: Sequence[Requirement]) -> list[Requirement]:
        """Return the limits with a dual in the elastic relaxation: they alone are infeasible with what always holds."""
        session = self._session()
        session.relax_integers()
        _Slack(session, candidates, (UPPER, LOWER))
        outcome = self._solved(session)
        if outcome.row_price is None:
            return list(candidates)
        price = np.abs(outcome.row_price)
        return [one for one in candidates if any(price[row] > 0.0 for row, _ in one.parts)]


class _Asked:
    """Asks whether a set of limits clashes, all others taken away."""

    def __init__(self, diagnosis: _Diagnosis, whole: bool) -> None:
        self.diagnosis, self.whole, self.unsure = diagnosis, whole, False
        self.session = diagnosis._session()
        self.columns = np.array(
            [c for one in diagnosis.found.requirements for c in one.columns] if whole else [], dtype=np.int64
        )
        if not whole:
            self.session.relax_integers()

    def clashes(self, kept: Sequence[Requirement]) -> bool:
        """Return whether the requirements that are kept cannot all hold, all others being dropped."""
        program, session = self.diagnosis.found.program, self.session
        low, high = program.row_lower.copy(), program.row_upper.copy()
        _write(self.diagnosis.found.requirements, low, high, None, None)
        _write(kept, low, high, program.row_lower, program.row_upper)
        session.set_row_bounds(np.arange(len(low)), low, high)
        if len(self.columns):
            session.set_integrality(self.columns, False)
            whole = np.array([c for one in kept for c in one.columns], dtype=np.int64)
            if len(whole):
                session.set_integrality(whole, True)
        outcome = self.diagnosis._solved(session)
        self.unsure |= outcome.ended is not Ended.INFEASIBLE and outcome.x is None
        return outcome.ended is Ended.INFEASIBLE


def _write(some: Sequence[Requirement], low: Array, high: Array, lower: Array | None, upper: Array | None) -> None:
    """Give the sides of rows that limits stand in their bounds, or none."""
    for one in some:
        for row, sign in one.parts:
            if sign == UPPER:
                high[row] = np.inf if upper is None else upper[row]
            else:
                low[row] = -np.inf if lower is None else lower[row]


class _Slack:
    """Columns by which limits may be missed, priced relative to their size; the program then has no other aim."""

    def __init__(self, session: HighsSession, limits: Sequence[Requirement], signs: Sequence[int]) -> None:
        self.ways: list[tuple[Requirement, int]] = []
        rows: list[int] = []
        ends = [0]
        for one in limits:
            for sign in signs:
                own = [row for row, side in one.parts if side == sign]
                if own:
                    self.ways.append((one, sign))
                    rows += own
                    ends.append(len(rows))
        toward = np.repeat([-float(way) for _, way in self.ways], np.diff(ends))
        shape = (session.a.shape[0], len(self.ways))
        entries = sparse.csc_array((toward, np.array(rows, dtype=np.int32), np.array(ends)), shape=shape)
        bounds = np.abs([one.bound for one, _ in self.ways])
        # A limit of nothing has the size of the others or, where there are none, what the solver counts as one.
        usual = np.median(bounds[bounds > 0]) if np.any(bounds > 0) else session.row_unit[rows].max(initial=0.0)
        self.size = np.where(bounds > 0, bounds, usual)
        n = len(self.ways)
        session.set_costs(np.zeros(len(session.cost)))
        self.columns = session.add_columns(entries, -1.0 / self.size, np.zeros(n), np.full(n, np.inf))

    def moved(self, x: Array) -> list[tuple[Requirement, int, float]]:
        """Return the limits that a plan misses, which way, and by how much."""
        by = zip(self.ways, x[self.columns].tolist(), (CLOSE * self.size).tolist(), strict=True)
        return [(one, sign, amount) for (one, sign), amount, least in by if amount > least]


def smallest(limits: Sequence[T], clashes: Callable[[list[T]], bool], budget: TimeBudget) -> list[T]:
    """Return a set of limits that clashes and of which none can be left out.

    Limits are left out in ever smaller parts: halves, quarters, single ones. When the budget is over
    first, what is returned still clashes but need not be smallest.
    """
    kept, size = list(limits), max(len(limits) // 2, 1)
    while True:
        start = 0
        while start < len(kept) and not budget.over:
            fewer = kept[:start] + kept[start + size :]
            if clashes(fewer):
                kept = fewer
            else:
                start += size
        if size == 1 or budget.over:
            return kept
        size = max(size // 2, 1)


def placed(conflicts: Sequence[Conflict], net: Network, data: Instance, positions: Positions) -> tuple[Conflict, ...]:
    """Return conflicts with the file and line of the data of each limit.

    Parameters
    ----------
    conflicts
        Why there is no plan.
    net, data
        The network, and the instance it was lowered from.
    positions
        Where each part of the instance was written.
    """

    def where(ref: Ref) -> str:
        place = place_of(net, data, positions, ref.family, ref.entity, at=ref.at, period=ref.period, side=ref.side)
        return "" if place is None else place.where

    return tuple(replace(one, places=tuple(filter(None, map(where, one.refs)))) for one in conflicts)


def located(error: EndlessError, net: Network, data: Instance, positions: Positions) -> EndlessError:
    """Return a refusal with the file, line and field of the record that it is about; see :func:`placed`."""
    place = place_of(net, data, positions, error.family, error.entity)
    return error if place is None else type(error)(f"{place}: {error}", error.family, error.entity)


# -- words -------------------------------------------------------------------------------------------------------------


def _ref(one: Requirement) -> Ref:
    return Ref(one.family, one.entity, one.at, one.period, one.side)


def _amount(sign: int, size: float, unit: str) -> str:
    return f"{size:,.6g} {unit}".rstrip() + (" more" if sign == UPPER else " less")


def _shortage(one: Requirement, sign: int, size: float) -> Conflict:
    words = one.words[:1].upper() + one.words[1:]
    if sign == LOWER:
        says = f"{words}{{}}; it is missed by {size:,.6g} {one.unit}".rstrip() + "."
    else:
        says = f"{words}{{}}; it is exceeded by {size:,.6g} {one.unit}".rstrip() + "."
    return Conflict("shortage", (_ref(one),), one.name, size, one.unit, says)


def _clash(one: Requirement, repair: tuple[int, float] | None, count: int) -> Conflict:
    head = f"One of {count} limits that cannot all hold" if count > 1 else "A limit that cannot hold"
    if repair is None:
        then = "moving it alone is not enough" if one.relaxable else "it cannot be moved"
    elif one.side == "whole":
        then = "with fractions there would be a plan"
    else:
        then = f"with {_amount(*repair, one.unit)} there would be a plan"
    size = 0.0 if repair is None else repair[1]
    return Conflict("conflict", (_ref(one),), one.name, size, one.unit, f"{head}: {one.words}{{}}; {then}.")


def _whole_numbers() -> Conflict:
    says = "With fractions of whole units and lots there would be a plan: only the integers conflict."
    return Conflict("whole_numbers", (), "", 0.0, "", says)


# -- no limit, no time -------------------------------------------------------------------------------------------------

_HELD_BY = {"start": "an upper level or a capacity", "order": "a limit of orders", "stock": "a limit of the stock"}
"""What holds back the decisions of a block; those of the first that move are named."""


def explain_unbounded(
    tables: ModelTables, matrices: Matrices, budget: TimeBudget, threads: int = 0
) -> tuple[Conflict, ...]:
    """Return the decisions along which the value grows without limit, and by how much.

    A direction along which every row and bound still holds, with the least sum of changes for a gain of 1, has few
    decisions in it.

    Parameters
    ----------
    tables, matrices
        The model, whose value has no limit.
    budget
        Time that may be spent.
    threads
        Threads of the solver.
    """
    ray = _ray(matrices, budget, threads)
    moved = [(name, own) for name in _HELD_BY if (own := _moved(tables, ray, name))]
    if not moved:
        return ()
    name, own = moved[0]
    names = [record.name for record, _ in own]
    refs = tuple(Ref(name, record.id) for record, _ in own)
    gain = 1.0 / own[0][1]
    along = f"each unit of {names[0]} gains {gain:,.6g}" if len(own) > 1 else f"each unit gains {gain:,.6g}"
    says = f"The value grows without limit along {', '.join(names)}{{}}: {along}; give {_HELD_BY[name]}."
    return (Conflict("unbounded", refs, names[0], gain, "", says),)


def _moved(tables: ModelTables, ray: Array, name: str) -> list[tuple[Named, float]]:
    """Return the records of a block that move along a direction, and by how much in all."""
    net = tables.net
    records: dict[str, Sequence[Named]] = {"start": net.activities, "order": net.units, "stock": net.materials}
    moved = np.abs(tables.columns[name].values(ray)).sum(axis=1)
    large = np.flatnonzero(moved > CLOSE * np.max(moved, initial=0.0)).tolist()
    return [(records[name][e], float(moved[e])) for e in large]


def _ray(matrices: Matrices, budget: TimeBudget, threads: int) -> Array:
    """Return the shortest direction [columns] in which every row and bound still holds and the value gains 1."""
    m = matrices
    flat = replace(
        m,
        a=sparse.csc_array(sparse.vstack([m.a, sparse.csr_array(m.cost[None, :])], format="csc")),
        row_lower=np.append(np.where(np.isfinite(m.row_lower), 0.0, -np.inf), 1.0),
        row_upper=np.append(np.where(np.isfinite(m.row_upper), 0.0, np.inf), 1.0),
        column_lower=np.where(np.isfinite(m.column_lower), 0.0, -np.inf),
        column_upper=np.where(np.isfinite(m.column_upper), 0.0, np.inf),
        cost=np.where(np.isfinite(m.column_lower), -1.0, np.where(np.isfinite(m.column_upper), 1.0, 0.0)),
        integer=np.zeros(m.n_columns, dtype=bool),
        offset=0.0,
    )
    x = HighsSession(flat, threads=threads, budget=budget).solve().x
    return np.zeros(m.n_columns) if x is None else x


def explain_time(bound: float | None, options: SolveOptions) -> tuple[Conflict, ...]:
    """Return what is known where the time limit came before any plan, and what to raise."""
    known = "nothing bounds it yet" if bound is None else f"no plan can be better than {bound:,.6g}"
    says = (
        f"No plan was found within {options.time_limit:g} s, which does not say that there is none; {known}. Give more "
        f"time (--time-limit, now {options.time_limit:g} s)."
    )
    return (Conflict("time", (), "", 0.0, "", says),)

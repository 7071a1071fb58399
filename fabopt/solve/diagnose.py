"""Why there is no plan, in the user's words.

1. *Shortages.* An elastic run gives slack to what customers require, then, if that is not enough, to every soft family
   but the balances, then to these too, and finds the least relative amounts with which there is a plan. It is quick at
   any size and names amounts.
2. *Conflict.* Of the requirements that the dual of the elastic run points at, a deletion filter keeps a set that cannot
   all hold and of which none can be left out (as far as time allows). Balances are laws of nature; they are named only
   where nothing else is at fault.
3. *Whole numbers.* Where the relaxation has a plan, only whole numbers conflict; the filter then asks the mixed-integer
   program itself. (HiGHS' own search for an infeasible subsystem is not safe on mixed-integer programs.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from fabopt.model.balance import BALANCE
from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray
from fabopt.model.tables import ModelTables
from fabopt.solve.matrices import Matrices
from fabopt.solve.session import Ended, HighsSession
from fabopt.solve.solution import Conflict

REQUIRED = ("demand", "backlog_balance", "safety_stock", "target")
"""Families that an elastic run relaxes first: what customers and planners ask for."""

_SMALL = 1e-6


@dataclass(frozen=True, slots=True)
class _Row:
    """What is known of a row of a family."""

    family: Family
    entity: str
    name: str
    period: str
    unit: str
    rhs: float

    def sentence(self) -> str:
        return self.family.sentence(self.name, self.period, self.rhs, self.unit)


def explain_infeasible(
    tables: ModelTables, matrices: Matrices, seconds: float, threads: int = 0
) -> tuple[Conflict, ...]:
    """Return shortages, the conflicting requirements, and whether whole numbers alone conflict.

    Parameters
    ----------
    tables, matrices
        The model, which has no plan.
    seconds
        Time that may be spent.
    threads
        Threads of the solver, the same as in the run itself.
    """
    deadline = time.monotonic() + seconds
    rows = _rows(tables)
    fixed = {limit.row for limit in tables.limits if not limit.relaxable}
    soft = np.array([i for i, row in enumerate(rows) if row.family.soft and i not in fixed], dtype=np.int64)
    required = np.array([i for i in soft if rows[i].family.name in REQUIRED], dtype=np.int64)
    found: list[Conflict] = []
    relaxed = HighsSession(matrices, threads=threads)
    relaxed.set_costs(np.zeros(matrices.n_columns))
    relaxed.relax_integers()
    whole = relaxed.solve(time_limit=_left(deadline)).ended is Ended.OPTIMAL
    if whole:
        found.append(_whole_numbers())
    firm = np.array([i for i in soft if rows[i].family is not BALANCE], dtype=np.int64)
    for candidates, lower_only in ((required, True), (firm, False), (soft, False)):
        short = _shortages(HighsSession(matrices, threads=threads), rows, candidates, lower_only, _left(deadline))
        found += short
        if short:
            break
    session = relaxed
    if whole:
        session = HighsSession(matrices, threads=threads)
        session.set_costs(np.zeros(matrices.n_columns))
    for candidates in (firm, soft):
        chosen = candidates
        if not whole:
            chosen = _pointed_at(HighsSession(matrices, threads=threads), candidates, _left(deadline))
        kept = _filter(session, _groups(rows, chosen), candidates, deadline)
        if kept:
            break
    return (*found, *_conflicts(rows, kept))


def explain_unbounded(columns: Columns, session: HighsSession) -> tuple[Conflict, ...]:
    """Return the decisions along which the value grows without limit, at most three."""
    found = []
    places = [(block, key) for block in columns for key in block.keys]
    for column in session.unbounded_columns()[:3]:
        if column < len(places):
            block, key = places[column]
            words = " ".join(key)
            sentence = (
                f"The value grows without limit along '{block.name} {words}': a limit or a cost is missing there."
            )
            found.append(Conflict("unbounded", block.name, key[0], words, key[-1], 0.0, "", sentence))
    return tuple(found)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 1.0)


def _rows(tables: ModelTables) -> list[_Row]:
    found = []
    for rows in tables.rows.values():
        bound = np.where(np.isfinite(rows.upper), rows.upper, rows.lower).tolist()
        for i, key in enumerate(rows.keys):
            period = key[-1] if rows.family.index[-1] in ("period", "window") else "the horizon"
            entity = key[0] if len(rows.family.index) > 1 or period == "the horizon" else rows.family.name
            found.append(_Row(rows.family, entity, rows.names[i], period, rows.units[i], bound[i]))
    return found


def _elastic(session: HighsSession, rows: IntArray, lower_only: bool) -> tuple[IntArray, IntArray]:
    """Add a slack to each side of the rows, priced relative to the row's size; return columns and their rows."""
    low = rows[np.isfinite(session.row_lower[rows])]
    high = rows[np.isfinite(session.row_upper[rows])] if not lower_only else np.zeros(0, dtype=np.int64)
    where = np.concatenate([low, high])
    sign = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
    size = np.concatenate([session.row_lower[low], session.row_upper[high]])
    n = len(where)
    entries = sparse.csc_array((sign, where.astype(np.int32), np.arange(n + 1)), shape=(session.a.shape[0], n))
    session.set_costs(np.zeros(len(session.cost)))
    columns = session.add_columns(entries, -1.0 / np.maximum(1.0, np.abs(size)), np.zeros(n), np.full(n, np.inf))
    return columns, where


def _shortages(
    session: HighsSession, rows: Sequence[_Row], candidates: IntArray, lower_only: bool, seconds: float
) -> list[Conflict]:
    if not len(candidates):
        return []
    columns, where = _elastic(session, candidates, lower_only)
    outcome = session.solve(time_limit=seconds, gap=1e-3)
    if outcome.x is None:
        return []
    found = []
    for amount, row in zip(outcome.x[columns].tolist(), where.tolist(), strict=True):
        if amount > _SMALL * max(1.0, abs(rows[row].rhs)):
            r = rows[row]
            sentence = f"{r.sentence()}; it is missed by {amount:,.6g} {r.unit}."
            found.append(Conflict("shortage", r.family.name, r.entity, r.name, r.period, amount, r.unit, sentence))
    return found


def _pointed_at(session: HighsSession, soft: IntArray, seconds: float) -> IntArray:
    """Return the soft rows with a dual in the elastic relaxation: they alone are infeasible with the hard rows."""
    session.relax_integers()
    _elastic(session, soft, False)
    outcome = session.solve(time_limit=seconds)
    if outcome.row_price is None:
        return soft
    return soft[np.abs(outcome.row_price[soft]) > 1e-9]


def _groups(rows: Sequence[_Row], chosen: IntArray) -> list[IntArray]:
    """Return rows in groups of one family and entity."""
    groups: dict[tuple[str, str], list[int]] = {}
    for i in chosen.tolist():
        groups.setdefault((rows[i].family.name, rows[i].entity), []).append(i)
    return [np.array(members, dtype=np.int64) for members in groups.values()]


def _filter(session: HighsSession, groups: list[IntArray], soft: IntArray, deadline: float) -> list[IntArray]:
    """Return a smallest set of groups that cannot all hold, as far as time allows; none if hard rows alone clash."""
    lower, upper = session.matrices.row_lower, session.matrices.row_upper

    def clashes(kept: list[IntArray]) -> bool:
        low, high = lower.copy(), upper.copy()
        low[soft], high[soft] = -np.inf, np.inf
        for group in kept:
            low[group], high[group] = lower[group], upper[group]
        session.set_row_bounds(np.arange(len(low)), low, high)
        return session.solve(time_limit=_left(deadline)).ended is Ended.INFEASIBLE

    if clashes([]) or not clashes(groups):
        return []
    return smallest(groups, clashes, deadline)


def smallest(groups: list[IntArray], clashes: Callable[[list[IntArray]], bool], deadline: float) -> list[IntArray]:
    """Return a set of groups that clashes and of which no group can be left out.

    Groups are left out in ever smaller parts: halves, quarters, single ones. When ``deadline`` (of the monotonic clock)
    comes first, what is returned still clashes but need not be smallest.
    """
    kept, size = list(groups), max(len(groups) // 2, 1)
    while True:
        start = 0
        while start < len(kept) and time.monotonic() < deadline:
            fewer = kept[:start] + kept[start + size :]
            if clashes(fewer):
                kept = fewer
            else:
                start += size
        if size == 1 or time.monotonic() >= deadline:
            return kept
        size = max(size // 2, 1)


def _conflicts(rows: Sequence[_Row], kept: list[IntArray]) -> list[Conflict]:
    found = []
    for group in kept:
        first = rows[int(group[0])]
        periods = [rows[i].period for i in group.tolist()]
        when = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
        more = "" if len(periods) == 1 else f" (and the like up to {periods[-1]})"
        sentence = f"One of {len(kept)} requirements that cannot all hold: {first.sentence()}{more}."
        if len(kept) == 1:
            sentence = f"A requirement that cannot hold: {first.sentence()}{more}."
        found.append(Conflict("conflict", first.family.name, first.entity, first.name, when, 0.0, first.unit, sentence))
    return found


def _whole_numbers() -> Conflict:
    sentence = "With fractions of whole units and lots there would be a plan: only the whole numbers conflict."
    return Conflict("whole_numbers", "", "", "", "", 0.0, "", sentence)

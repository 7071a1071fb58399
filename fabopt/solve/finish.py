"""From the incumbent to the plan that is reported: integers exact, prices, and a fixed choice among equals.

1. Integers are rounded and held; the linear program that is left is solved. Its duals are the prices.
2. The tie-break: on the optimal face (columns with a reduced cost and rows with a dual stay where they are) a generic
   positive weight on every column is minimised. The face does not depend on which of its points or duals was found, so
   equal inputs give the same plan, and it is the one that moves least.
3. Every row, bound and integer is verified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import COUNTS, FEASIBLE, SAME
from fabopt.network.tables import Array
from fabopt.solve.outcome import FAR_APART, Basis, Dropped, Ranges
from fabopt.solve.session import DUAL, PRIMAL, Ended, HighsSession, Outcome, SolverError

_GOLDEN = 0.6180339887498949

PIVOTS = 12_000
"""Simplex iterations on a change of a large program after which it is solved from nothing instead. On 33,000 rows x
56,000 columns that takes as long as 20,000 of them; the longest question of a ranking, a tenth more of what all makers
of memory start, takes 7,800. The first stage of another plan held in a state of 29,000 rows has no end in ten minutes
from the basis without it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The plan, with prices per unit of right-hand side or bound, in the unit of the objective that they are of."""

    x: Array
    row_price: Array
    column_price: Array
    ranges: Ranges | None = None
    """Where the prices hold, of a linear program; None where integers are held."""
    basis: Basis | None = None
    """The basis that the prices belong to; None where the objective has several stages."""
    dropped: tuple[Dropped, ...] = ()
    """Orders that nothing used, which are no longer in the plan."""


def finish(session: HighsSession, x: Array, cost: Array, priced: Array | None = None) -> Finished | None:
    """Return the exact plan and its prices, or None if no plan has the rounded integers.

    Parameters
    ----------
    session
        The live model, with every earlier objective held.
    x
        The incumbent [columns].
    cost
        The last objective [columns]; the plan is best in it, integers held.
    priced
        An earlier objective, in whose money the prices are to be; the last one when left out.

    Raises
    ------
    SolverError
        If the plan breaks a row, bound or integer by more than :data:`~fabopt.domain.tolerances.FEASIBLE`.
    """
    with session.finishing():
        return _finished(session, x, cost, priced)


def _finished(session: HighsSession, x: Array, cost: Array, priced: Array | None) -> Finished | None:
    linear = not session.integer.any()
    session.set_costs(cost)
    session.hold_integers(x)
    try:
        held = linear_answer(session)
        ranges = session.ranges() if linear and held.ended is Ended.OPTIMAL else None
        basis = session.named_basis() if priced is None else None
        if held.ended is Ended.INFEASIBLE:
            return None
        if held.x is None or held.row_price is None or held.column_price is None:
            raise SolverError(f"The program with integers held ended with {held.ended.value!r}, without prices.")
        best = _break_ties(session, held.x, held.row_price, held.column_price)
        plan = held.x if best is None or _worse(cost, best, held.x, session.money_unit) else best
        plan = _snapped(session, plan)
        broken = session.violation(plan)
        if priced is not None:
            held = _prices(session, priced)
            ranges = session.ranges() if linear and held.ended is Ended.OPTIMAL else None
    finally:
        session.release_integers()
    if broken > FEASIBLE:
        raise SolverError(
            f"The plan breaks a row or bound by {broken:.2g} of its size; {FEASIBLE:g} is allowed. {FAR_APART}"
        )
    if held.row_price is None or held.column_price is None:
        raise SolverError(f"The program with integers held ended with {held.ended.value!r}, without prices.")
    return Finished(plan, held.row_price, held.column_price, ranges, basis)


def linear_answer(session: HighsSession, pivots: int | None = None) -> Outcome:
    """Solve the linear program: the one ladder of what is tried where HiGHS gives up or its answer breaks a row.

    From where the session stands; from there without scaling; a large program from nothing by the interior point
    method; from nothing by the simplex method.

    Parameters
    ----------
    session
        The program.
    pivots
        Simplex iterations after which it begins from nothing; 0: at once; None: :data:`PIVOTS` from a basis of a
        large program, else never.

    Raises
    ------
    SolverError
        If it gives up on each of the ways.
    """
    if pivots is None and session.matrices.large and not session.level and session.basis.valid:
        pivots = PIVOTS
    for way in [] if pivots == 0 else [session.solve, session.solve_afresh]:
        try:
            with session.within(pivots):
                outcome = way()
        except SolverError:
            continue
        if outcome.ended is Ended.TIME_LIMIT and pivots is not None and not session.budget.over:
            break
        if stands(session, outcome):
            return outcome
    if session.matrices.large or pivots is not None:
        try:
            outcome = session.solve_from_nothing()
        except SolverError:
            pass
        else:
            if stands(session, outcome):
                return outcome
    return session.solve_by_simplex()


def stands(session: HighsSession, outcome: Outcome) -> bool:
    """Return whether an answer may be believed: HiGHS can call optimal what breaks a row, or give no plan with it."""
    if outcome.x is None:
        return outcome.ended is not Ended.OPTIMAL
    return session.violation(outcome.x) <= FEASIBLE


def _prices(session: HighsSession, cost: Array) -> Outcome:
    """Return the outcome for an earlier objective that no row holds any more; its prices are those of the plan too.

    The plan that is best in a later objective is among the best in the earlier one, and prices belong to all of these.
    """
    rows = np.arange(session.matrices.n_rows, len(session.row_lower), dtype=np.int64)
    session.set_row_bounds(rows, np.full(len(rows), -np.inf), np.full(len(rows), np.inf))
    session.set_costs(cost)
    return linear_answer(session)


def _worse(cost: Array, plan: Array, than: Array, money: float) -> bool:
    value = float(cost @ than)
    return float(cost @ plan) < value - COUNTS * max(money, abs(value))


def weights(columns: int) -> Array:
    """Return positive weights [columns] that no two columns share: 1 plus the multiples of the golden ratio mod 1."""
    return np.asarray(1.0 + np.modf(np.arange(1, columns + 1) * _GOLDEN)[0])


def _break_ties(session: HighsSession, x: Array, row_price: Array, column_price: Array) -> Array | None:
    """Return the point of the optimal face with the least weight, or None if the solver gives none.

    None of a large program either in which next to nothing has a cost: its face is nearly all of it, and has no end in
    minutes.
    """
    if session.matrices.large and session.level:
        return None
    money, one = session.money_unit, session.column_unit
    columns = np.flatnonzero(np.abs(column_price) * one > COUNTS * money).astype(np.int64)
    tight = (np.abs(row_price) * session.row_unit > COUNTS * money) & (session.row_lower < session.row_upper)
    side = np.where(row_price > 0, session.row_upper, session.row_lower)
    rows = np.flatnonzero(tight & np.isfinite(side)).astype(np.int64)
    before = (
        session.column_lower.copy(),
        session.column_upper.copy(),
        session.row_lower.copy(),
        session.row_upper.copy(),
    )
    at = np.clip(x, before[0], before[1])[columns]
    session.set_column_bounds(columns, at, at)
    session.set_row_bounds(rows, side[rows], side[rows])
    cost, offset = session.cost, session.offset
    session.set_costs(np.where(np.isfinite(before[0]), -weights(len(x)) / one, 0.0))
    try:
        # The plan stands for other costs: on 56,000 columns the primal takes 0.6 s from it, the dual 2 to 5 s.
        with session.by(PRIMAL if session.matrices.large else DUAL):
            outcome = linear_answer(session)
    finally:
        session.set_costs(cost, offset)
        session.set_column_bounds(columns, before[0][columns], before[1][columns])
        session.set_row_bounds(rows, before[2][rows], before[3][rows])
    return outcome.x if outcome.ended is Ended.OPTIMAL else None


def _snapped(session: HighsSession, x: Array) -> Array:
    """Return ``x`` with values next to a bound at the bound."""
    x = np.clip(x, session.column_lower, session.column_upper)
    one = session.column_unit
    for bound in (session.column_lower, session.column_upper):
        with np.errstate(invalid="ignore"):
            near = np.abs(x - bound) <= SAME * np.maximum(one, np.abs(bound))
        x = np.where(np.isfinite(bound) & near, bound, x)
    return np.where(np.abs(x) < SAME * one, 0.0, x)

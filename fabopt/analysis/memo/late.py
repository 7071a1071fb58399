r"""The last responsible date of a signature: until when it may wait before the plan loses more than a stated amount.

Let :math:`v_d` be the value of the best plan in which nothing is signed before the period d, and :math:`v_0` that of
the plan. The last responsible date is the last d with :math:`v_0 - v_d \le` tolerance; :math:`v_\infty` is the value
if it is never signed.

What is forbidden before d grows with d (:class:`.signable.Signable`), so :math:`v_d` never rises: bisection finds the
date. It begins at the period in which the plan signs: the one after it tells what a period's waiting costs. Where the
program is small, every :math:`v_d` is the optimum with integers searched again. On a large one integers are held. A
purchase is then a linear program with columns closed, and the same holds. An order is a whole number: it is dropped, or
moved to the first period from d on in which it may be placed (a contract's exercise and exit move with its signature),
or never signed, and the best of the three is taken: the exact :math:`v_d` may be more, and the date later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fabopt.analysis.memo.signable import AGREEMENTS, Several, Signable
from fabopt.analysis.replan import Again, Answer
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.perturbation import Perturbation, bounds_at


@dataclass(frozen=True, slots=True)
class Delay:
    """What waiting with a signature costs.

    Attributes
    ----------
    decide_by
        Position of the last period in which signing costs no more than the tolerance; None where even never signing
        costs no more, or time did not allow to find it.
    late
        Answer by period of signature, for those that were asked, up to the first after ``decide_by``.
    without
        Answer if it is never signed; None where time did not allow to ask.
    worth_until
        Position of the last period in which signing is worth more than the tolerance; None where it was not found.
    """

    decide_by: int | None
    late: Mapping[int, Answer] = field(default_factory=dict)
    without: Answer | None = None
    worth_until: int | None = None


@dataclass(frozen=True, slots=True)
class Delays:
    """Looks for the last responsible dates of signatures.

    Attributes
    ----------
    again
        The plan's program.
    last
        Position of the last reported period.
    tolerance
        Million dollars that the plan may lose.
    """

    again: Again
    last: int
    tolerance: float

    def without(self, what: Signable) -> Answer:
        """Return what is left of the plan if something is never signed, as far as it takes to decide on it."""
        return self.again.without(what.forbidden(self.again.plan, None), self.tolerance, far=_far(what))

    def ended(self, what: Signable) -> Answer:
        """Return what is left of the plan if a contract in force ends now, as far as it takes to decide on it."""
        return self.again.without(what.ended(self.again.plan), self.tolerance)

    def search(self, what: Signable, without: Answer, left: Callable[[str], bool]) -> Delay:
        """Return the last responsible date of a signature.

        Parameters
        ----------
        what
            What is signed.
        without
            What is left if it never is.
        left
            Told what is asked next; says whether there is time for it.
        """
        if self._good(without):
            return Delay(None, {}, without)
        began = what.planned(self.again.plan)
        answers: dict[int, Answer] = {}

        def good(period: int) -> bool | None:
            if period not in answers:
                if not left(f"signing {what.id} in period {period}"):
                    return None
                answers[period] = self._signed(what, period, without)
            return self._good(answers[period])

        date = self._walk(good, began) if self.again.whole else self._halves(good, began)
        known = {t: answers[t] for t in sorted(answers) if date is None or t <= date + 1}
        return Delay(date, known, without)

    def until(self, what: Signable, known: Delay, left: Callable[[str], bool]) -> Delay:
        """Return what is known of a signature, with the last period in which it is worth more than the tolerance.

        Parameters
        ----------
        what
            What is signed.
        known
            Its last responsible date, and what is left if it never is signed.
        left
            Told what is asked next; says whether there is time for it.
        """
        without = known.without
        assert without is not None
        if without.x is None:  # only bounded so far, or none is possible
            held = without
            if without.bound > -np.inf:
                held = self.again.value(what.forbidden(self.again.plan, None), far=_far(what))
            if held.x is None:
                return known
            without = replace(held, bound=max(without.bound, held.value))
        least = without.value + self.tolerance
        low = what.planned(self.again.plan) if known.decide_by is None else known.decide_by
        high = self.last + 1
        while high - low > 1:
            middle = (low + high) // 2
            if not left(f"worth of {what.id}, signed in period {middle}"):
                return replace(known, without=without)
            answer = known.late.get(middle) or self._signed(what, middle, without)
            low, high = (middle, high) if answer.value > least else (low, middle)
        return replace(known, without=without, worth_until=low)

    def _signed(self, what: Signable, period: int, without: Answer) -> Answer:
        """Return what is left if something is signed in a period: of what is ordered as integers, dropped or moved."""
        plan = self.again.plan
        # To wait with one purchase is near to the plan, with all of the same goods as far as to do without.
        answer = self.again.value(what.forbidden(plan, period), far=isinstance(what, Several))
        if not what.units or self.again.whole:
            return answer
        change = move(plan, what, period)
        moved = answer if change is None else self.again.value(change)
        return max(answer, moved, without, key=lambda one: one.value)

    def _good(self, answer: Answer) -> bool:
        return self.again.base - answer.value <= self.tolerance + self.again.plan.problem.near()

    def _walk(self, good: Callable[[int], bool | None], began: int) -> int | None:
        """Return the last good period, all of them asked in turn up to the first that is not."""
        for period in range(began + 1, self.last + 1):
            answer = good(period)
            if answer is None:
                return None
            if not answer:
                return period - 1
        return self.last

    def _halves(self, good: Callable[[int], bool | None], began: int) -> int | None:
        """Return the last good period: by steps that double from the first, whose loss is told, then by halves."""
        low, high, step = began, self.last + 1, 1
        while high - low > 1:
            middle = min(low + step, self.last) if high > self.last else (low + high) // 2
            answer = good(middle)
            if answer is None:
                return None
            low, high, step = (middle, high, 2 * step) if answer else (low, middle, step)
        return low


def _far(what: Signable) -> bool:
    """Return whether a plan without something is far from the plan: what all of a lab's accelerators need.

    Measured on 32,000 rows x 51,000 columns: from nothing 1.2 to 2.9 s, whether there is a plan without it or not; from
    the basis 0.2 s to more than 300 s.
    """
    return what.kind == "capacity" and not what.units


def move(plan: SolvedProgram, what: Signable, period: int) -> Perturbation | None:
    """Return the change that moves the orders of before a period to the first period from it on that may have them.

    The decisions of a contract all move by as many periods as its signature. None where nothing can be moved.
    """
    places = _delayed(plan, what, period) if what.kind in AGREEMENTS else _gathered(plan, what, period)
    if not places:
        return None
    lower, upper = np.array(list(places.values())).T
    moved = bounds_at(plan.program, np.array(list(places), dtype=np.int64), lower, upper)
    return what.forbidden(plan, period).then(moved)


Bounds = dict[int, tuple[float, float]]
"""New lower and upper bound by column."""


def _gathered(plan: SolvedProgram, what: Signable, period: int) -> Bounds:
    """Return the bounds of the first period that may have the orders of before, of each unit."""
    program, columns = plan.program, plan.tables.columns
    levels = columns["order"].values(plan.x)
    bounds: Bounds = {}
    for id in what.units:
        at = columns.at.unit[id]
        order, placed = columns["order"].index[at], columns["placed"].index[at]
        amount = levels[at]
        before = float(amount[what.at or 0 : period].sum())
        open_ = [t for t in range(period, len(order)) if order[t] >= 0 and program.column_lower[order[t]] <= 0.0]
        if before <= 0.0 or not open_:
            continue
        first = open_[0]
        column, flag = int(order[first]), int(placed[first])
        if program.integer[column]:
            number = min(round(amount[first] + before), program.column_upper[column])
            bounds[column] = number, number
        if flag >= 0:
            bounds[flag] = 1.0, float(program.column_upper[flag])
        if column not in bounds and flag < 0:
            continue  # nothing whole: what is dropped may be ordered later as it is
        bounds.setdefault(column, (program.column_lower[column], program.column_upper[column]))
    return bounds


def _delayed(plan: SolvedProgram, what: Signable, period: int) -> Bounds:
    """Return the bounds of a contract's decisions, all of them moved as far as its signature is."""
    orders, at = plan.tables.columns["order"], [plan.tables.columns.at.unit[id] for id in what.units]
    if not at:
        return {}
    rows, taken = orders.index[at], orders.values(plan.x)[at] > 0.5
    signed = np.flatnonzero(taken[0])
    later = [t for t in range(period, len(rows[0])) if rows[0][t] >= 0]
    if not len(signed) or signed[0] >= period or not later:
        return {}
    delay = later[0] - int(signed[0])
    bounds: Bounds = {}
    for row in rows:
        bounds |= {int(column): (0.0, 0.0) for column in row if column >= 0}
    for row, done in zip(rows, taken, strict=True):
        for t in np.flatnonzero(done).tolist():
            if t + delay < len(row) and row[t + delay] >= 0:
                bounds[int(row[t + delay])] = 1.0, 1.0
    return bounds

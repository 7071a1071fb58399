"""All that is asked about a lab's signatures: what each is worth, until when it may wait, how far its terms may move.

In this order, the most expensive first in each: what is left if it is never signed; the last responsible date of what
is proved to be worth signing; what that left undecided, integers searched again, and its date; the same of purchases of
the same goods together that are not worth signing alone, as one makes up for another; what is left where a contract in
force ends; up to which date signing is worth anything. So that where time is short, what is advised has its date before
anything else is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import numpy as np

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.late import Delay, Delays
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.parts import Bought
from fabopt.analysis.memo.records import Signature, Together, WalkAway
from fabopt.analysis.memo.signable import AGREEMENTS, Several, Signable
from fabopt.analysis.memo.signatures import dated, loss_within, order_of_weight, signature, together
from fabopt.analysis.memo.walk_away import walk_aways
from fabopt.analysis.replan import Again, Answer
from fabopt.domain.kinds import KINDS
from fabopt.solve.budget import TimeBudget

Asked = Callable[[Delays, Signable, Delay], Delay | None]
"""A question about a signature, after what is known of it; None where time was up."""


def weigh(
    mine: Ground,
    signable: Sequence[Signable],
    cash: Cash,
    tolerance: float,
    *,
    budget: TimeBudget,
    seconds: float,
    workers: int,
) -> tuple[tuple[Signature, ...], tuple[WalkAway, ...], tuple[Together, ...]]:
    """Return what a lab signs in its plan, by weight, how far its terms may move, and what can be left alone only.

    Parameters
    ----------
    mine
        The lab's plan.
    signable
        What it may sign.
    cash
        What it pays in it.
    tolerance
        Million dollars that may be lost by a delay.
    budget
        Time for it; what it does not allow is listed.
    seconds
        Longest search of one plan.
    workers
        Questions at a time.
    """
    return _Weighing(mine, tolerance, budget, seconds, workers).all(signable, cash)


class _Weighing:
    """The questions as they go, and what is known of each signature, by its id."""

    def __init__(self, mine: Ground, tolerance: float, budget: TimeBudget, seconds: float, workers: int) -> None:
        self.mine, self.tolerance, self.budget, self.seconds = mine, tolerance, budget, seconds
        self.again = Again(mine.plan, seconds=seconds, budget=budget)
        self.delays = [Delays(self.again.twin(), mine.reported[-1].index, tolerance) for _ in range(max(workers, 1))]
        self.known: dict[str, Delay] = {}
        self._turn = Lock()

    def all(
        self, signable: Sequence[Signable], cash: Cash
    ) -> tuple[tuple[Signature, ...], tuple[WalkAway, ...], tuple[Together, ...]]:
        """Ask everything, and return it."""
        mine, bought = self.mine, Bought.of(self.mine)
        every = [one for what in signable for one in what.orders(mine.plan)]
        pairs = [(what, signed) for what in every if (signed := signature(mine, what, cash, bought)) is not None]
        pairs.sort(key=lambda pair: -_paid(pair[1]))
        new = [what for what, signed in pairs if not signed.signed]
        in_force = [what for what, signed in pairs if signed.signed and what.kind in AGREEMENTS]
        self._each(new, self._never)
        self._each(self._advised(new), self._date)
        self._each([what for what in new if self._open(what)], self._search)
        self._each([what for what in self._advised(new) if self.known[what.id].decide_by is None], self._date)
        some = self._alike(signable, new)
        self._each(some, self._never)
        self._each([what for what in some if self._open(what)], self._search)
        self._each(self._advised(some), self._date)
        self._each(in_force, self._ended)
        self._each(self._advised(new), self._worth)
        weighed = [
            dated(mine, signed, self.known.get(what.id, Delay(None)), self.again, self.tolerance)
            for what, signed in pairs
        ]
        latest = {id: delay.worth_until for id, delay in self.known.items()}
        ordered = order_of_weight(weighed)
        needed = (together(mine, one, self.known.get(one.id, Delay(None)), self.again, self.tolerance) for one in some)
        return ordered, walk_aways(mine, ordered, latest), tuple(one for one in needed if one is not None)

    # -- questions ---------------------------------------------------------------------------------------------------

    def _never(self, delays: Delays, what: Signable, known: Delay) -> Delay | None:
        return replace(known, without=delays.without(what)) if self._allows(f"{what.id} never signed") else None

    def _ended(self, delays: Delays, what: Signable, known: Delay) -> Delay | None:
        return replace(known, without=delays.ended(what)) if self._allows(f"{what.id} ended") else None

    def _date(self, delays: Delays, what: Signable, known: Delay) -> Delay | None:
        if known.without is None or not self._allows(f"last responsible date of {what.id}"):
            return None
        return delays.search(what, known.without, self._allows)

    def _search(self, delays: Delays, what: Signable, known: Delay) -> Delay | None:
        """Ask for what is left without a signature, integers searched again: as close as it takes to decide."""
        without = known.without
        if without is None or not self._allows(f"{what.id} never signed, integers searched again"):
            return None
        again = delays.again
        gap = 0.5 * self.tolerance / max(abs(again.base), self.tolerance)
        found = again.searched(what.forbidden(again.plan, None), self.seconds, gap)
        bound = max(min(found.bound, without.bound), found.value)
        return replace(known, without=replace(found if found.value > without.value else without, bound=bound))

    def _worth(self, delays: Delays, what: Signable, known: Delay) -> Delay | None:
        if not self._allows(f"until when {what.id} is worth anything"):
            return None
        return delays.until(what, known, self._allows)

    def _each(self, these: Iterable[Signable], ask: Asked) -> None:
        """Ask the same of some, in order and several at a time: an answer does not depend on which thread asks."""
        waiting = iter(list(these))

        def work(delays: Delays) -> None:
            while True:
                with self._turn:
                    what = next(waiting, None)
                if what is None:
                    return
                found = ask(delays, what, self.known.get(what.id, Delay(None)))
                if found is not None:
                    self.known[what.id] = found

        with ThreadPoolExecutor(len(self.delays)) as pool:
            list(pool.map(work, self.delays))

    def _allows(self, what: str) -> bool:
        with self._turn:
            return self.budget.allows(what)

    # -- what is decided ---------------------------------------------------------------------------------------------

    def _advised(self, these: Iterable[Signable]) -> list[Signable]:
        """Return what is proved to be worth signing, the most urgent by what is left without it first."""
        there = [(self._within(what)[0], what) for what in these if self._without(what) is not None]
        return [what for least, what in sorted(there, key=lambda pair: -pair[0]) if least > self.tolerance]

    def _alike(self, signable: Iterable[Signable], new: Iterable[Signable]) -> list[Several]:
        """Return purchases that one makes up for another: of the same goods, but for those that are advised alone.

        Only where the plan has one of them. Components are of many sorts, of which none makes up for another.
        """
        advised = {what.id for what in self._advised(new)}
        asked = {what.id for what in new if self._without(what) is not None} - advised
        by_goods: dict[tuple[str, str], list[Signable]] = {}
        for what in signable:
            if what.what and what.id not in advised:
                sort = what.item if what.what == KINDS["component"].paid else ""
                by_goods.setdefault((what.what, sort), []).append(what)
        several = (Several.of(some, [what.id for what in some if what.id in asked]) for some in by_goods.values())
        return [some for some in several if some.told and len(some.members) > 1]

    def _open(self, what: Signable) -> bool:
        """Return whether it is proved neither that it is worth signing nor that it is not."""
        if self._without(what) is None:
            return False
        least, most = self._within(what)
        return least <= self.tolerance < most

    def _without(self, what: Signable) -> Answer | None:
        known: Mapping[str, Delay] = self.known
        return known[what.id].without if what.id in known else None

    def _within(self, what: Signable) -> tuple[float, float]:
        without = self._without(what)
        return (0.0, np.inf) if without is None else loss_within(self.mine, self.again, without)


def _paid(signed: Signature) -> float:
    return 0.0 if signed.paid is None else signed.paid.value

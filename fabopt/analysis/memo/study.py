"""From a result to the whole procurement memo of a lab: every analysis once, within a budget of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fabopt.analysis.alternatives.study import AlternativesOptions, alternatives
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.study import choke_points
from fabopt.analysis.memo import chips, chokes
from fabopt.analysis.memo.chances import Chances, chances
from fabopt.analysis.memo.choices import choices, others
from fabopt.analysis.memo.flips import Search
from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.late import Delay, Delays
from fabopt.analysis.memo.losses import losses
from fabopt.analysis.memo.own import own_chips
from fabopt.analysis.memo.records import Memo, Signature
from fabopt.analysis.memo.second_source import second_sources
from fabopt.analysis.memo.signable import signables
from fabopt.analysis.memo.signatures import dated, order_of_weight, signature
from fabopt.analysis.memo.standing import headline, standing
from fabopt.analysis.memo.turning import Turning, tornado_for, turning
from fabopt.analysis.portfolio.study import portfolio
from fabopt.analysis.replan import Again
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.domain.tolerances import MILD
from fabopt.plan.plan import Plan
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import SolverError

if TYPE_CHECKING:
    from pathlib import Path


SHARES: Mapping[str, float] = {
    "choke points": 0.2,
    "signatures": 0.15,
    "losses": 0.08,
    "own silicon": 0.02,
    "alternatives": 0.1,
    "assumptions": 0.25,
    "flip points": 0.2,
}
"""Part of the budget that each analysis may take."""

SEARCH = 20.0
"""Seconds of the longest search of one plan."""


@dataclass(frozen=True, slots=True)
class MemoOptions:
    """What is asked of a memo.

    Attributes
    ----------
    lab
        Id of the lab that it is written for.
    tolerance
        Million dollars that the plan may lose by a signature's delay: what defines a last responsible date; None:
        :data:`~fabopt.domain.tolerances.MILD` of its value, to one digit.
    within
        Share of the plan's value that an alternative may be worse.
    top
        How many limits, assumptions and signatures are looked at in full.
    sweep
        Folder of a sweep, from which chances come; None without one.
    seed, workers
        Seed of solver and draws; programs at a time, one solver thread each.
    """

    lab: str
    tolerance: float | None = None
    within: float = 0.01
    top: int = 10
    sweep: Path | None = None
    seed: int = 0
    workers: int = 2


def memo_of(plan: Plan, asked: MemoOptions, budget: TimeBudget) -> Memo:
    """Return the procurement memo of a lab.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    budget
        Time for it. What it does not allow is listed.

    Raises
    ------
    fabopt.errors.StudyError
        If there is no plan or no such lab, the result is seen from one party's perspective, or its objective is not
        money.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    with budget.catching_signals():
        with budget.timed("the plan"):
            base = ground(plan, asked.lab)
        return _Writing(base, asked, budget).memo()


class _Writing:
    """A memo as it is put together."""

    def __init__(self, base: Ground, asked: MemoOptions, budget: TimeBudget) -> None:
        self.ground, self.asked, self.budget = base, asked, budget
        value = abs(base.of.objective)
        self.tolerance = float(f"{MILD * value:.0e}") if asked.tolerance is None else asked.tolerance
        self.again = Again(base.plan, seconds=SEARCH, budget=budget)
        self.signable = signables(base.plan, base.lab)

    def memo(self) -> Memo:
        """Return the memo."""
        base, budget = self.ground, self.budget
        likely = self._chances()
        with self._analysis("portfolio"):
            memo = portfolio(base.of, base.lab, own := budget.sub())
            self._lacks(own.left_out)
        with self._analysis("choke points"):
            study = choke_points(base.of, self._choke(), own := budget.sub())
            self._lacks(own.left_out)
            limits = chokes.scarce(study, self.asked.top)
            reliefs = chokes.reliefs(base, limits)
        with self._analysis("signatures"):
            signed = self._signatures()
        with self._analysis("losses"):
            lost = losses(base, self.again, budget.allows)
        with self._analysis("own silicon"):
            own_silicon = own_chips(base, self.again, budget, SEARCH)
        near, turns = None, Turning((), (), (), ())
        with self._analysis("alternatives"), self._kept():
            near = alternatives(base.of, AlternativesOptions(within=self.asked.within, seconds=SEARCH), budget.sub())
            self._lacks(near.left_out)
        tornado: Tornado | None = None
        with self._analysis("assumptions"), self._kept():
            tornado = tornado_for(base, self.asked.workers, self.asked.top, budget)
        with self._analysis("flip points"), self._kept():
            search = Search(self.tolerance, budget, self.asked.workers)
            turns = turning(base, study, tornado, signed, self.signable, search=search)
        mix = chips.mix_by_year(base)
        bought = [case.chip for case in memo.chips if case.standing == "bought"]
        return Memo(
            lab=base.lab,
            name=base.name,
            instance=base.data.about.title or base.of.run.instance,
            scenario=base.of.run.scenario or "",
            decision=base.net.periods[0].start.isoformat(),
            until=base.until,
            tolerance=base.money(self.tolerance, "asked: tolerance"),
            standing=standing(base, budget.seconds_by_stage, budget.left_out),
            headline=headline(base, mix, reliefs, signed),
            signatures=signed,
            mix=mix,
            reasons=chips.reasons(base, memo, signed),
            chokes=chokes.by_year(base, study),
            reliefs=reliefs,
            rivals=chokes.rivals(base, limits),
            sources=second_sources(base, bought),
            own=own_silicon,
            losses=lost,
            assumptions=turns.key,
            flips=turns.flips,
            choices=() if near is None else choices(base, near, self.signable),
            alternatives=() if near is None else others(base, near, self.signable),
            within=None if near is None else base.money(near.allowed, f"alternatives: within {self.asked.within:g}"),
            watch=turns.watch,
            chances=likely.by_period,
            cases=likely.cases,
            all_assumptions=turns.all,
        )

    @contextmanager
    def _analysis(self, name: str) -> Iterator[None]:
        """Give an analysis its part of the time, and list what it leaves out under its name."""
        budget, first = self.budget, len(self.budget.left_out)
        with budget.part(seconds=SHARES.get(name, 1.0) * budget.seconds), budget.timed(name):
            yield
        budget.left_out[first:] = [f"{name}: {what}" for what in budget.left_out[first:]]

    def _lacks(self, what: Iterable[str]) -> None:
        """List what an analysis left out."""
        for item in what:
            self.budget.leave_out(item)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep the memo where the solver gives up on an analysis: what was asked of it is listed as left out."""
        try:
            yield
        except (SolverError, OutOfTimeError) as error:
            self.budget.leave_out(f"all of it: {error}")

    def _choke(self) -> ChokeOptions:
        asked = self.asked
        return ChokeOptions(lab=asked.lab, top=asked.top, seed=asked.seed, workers=asked.workers, draws=0)

    def _chances(self) -> Chances:
        """Return the chances from a sweep: first, since a folder that does not fit is told before anything is asked."""
        if self.asked.sweep is None:
            return Chances((), 0, 0)
        with self._analysis("sweep"):
            of_targets = chances(self.asked.sweep, self.ground.of, self.ground.lab)
            if of_targets.without_plan:
                self.budget.leave_out(f"{of_targets.without_plan} of {of_targets.cases} cases, which have no plan")
        return of_targets

    def _signatures(self) -> tuple[Signature, ...]:
        """Return what is signed: first what each is worth, then their dates, the most expensive first."""
        base, again, left = self.ground, self.again, self.budget.allows
        pairs = [(what, signatures) for what in self.signable if (signatures := signature(base, what)) is not None]
        pairs.sort(key=lambda pair: -_paid(pair[1]))
        search = Delays(again, base.reported[-1].index, self.tolerance)
        delays: dict[str, Delay] = {}
        for what, signatures in pairs:
            if not signatures.signed and left(f"{what.id} never signed"):
                delays[what.id] = Delay(None, {}, search.without(what))
        for what, signatures in sorted(pairs, key=lambda pair: _lost(delays, pair[0].id, again.base)):
            known = delays.get(signatures.id)
            if known is not None and known.without is not None and left(f"last responsible date of {what.id}"):
                delays[what.id] = search.search(what, known.without, left)
        return order_of_weight(
            [dated(base, signatures, delays.get(signatures.id, Delay(None)), again) for _, signatures in pairs]
        )


def _paid(signature: Signature) -> float:
    return 0.0 if signature.paid is None else signature.paid.value


def _lost(delays: Mapping[str, Delay], id: str, base: float) -> float:
    """Return what is left without a signature, below the plan's value: the most expensive come first."""
    known = delays.get(id)
    return 0.0 if known is None or known.without is None else known.without.value - base

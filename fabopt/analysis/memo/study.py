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
from fabopt.analysis.memo.chances import Chances, chances, drawn_chances
from fabopt.analysis.memo.choices import choices, others
from fabopt.analysis.memo.flips import Search
from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.hedging import check_hedge, hedged, hedging
from fabopt.analysis.memo.losses import losses
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.own import own_chips
from fabopt.analysis.memo.records import Memo, WalkAway
from fabopt.analysis.memo.second_source import second_sources
from fabopt.analysis.memo.signable import signables
from fabopt.analysis.memo.since import since
from fabopt.analysis.memo.standing import headline, standing
from fabopt.analysis.memo.turning import Turning, tornado_for, turning, with_changes
from fabopt.analysis.memo.weighed import weigh
from fabopt.analysis.memo.worth import worth
from fabopt.analysis.portfolio.study import portfolio
from fabopt.analysis.replan import Again
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.domain.tolerances import MILD
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.plan.seen import seen_by
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import SolverError

if TYPE_CHECKING:
    from pathlib import Path

    from fabopt.analysis.draws.records import MonteCarlo
    from fabopt.analysis.hedge.records import Hedge


SHARES: Mapping[str, float] = {
    "the lab's plan": 0.3,
    "signatures": 0.3,
    "choke points": 0.2,
    "portfolio": 0.1,
    "losses": 0.08,
    "own silicon": 0.02,
    "alternatives": 0.1,
    "assumptions": 0.2,
    "flip points": 0.2,
}
"""Part of the budget that each analysis may take; they come in this order, and what is over is the next ones'."""

SEARCH = 20.0
"""Seconds of the longest search of one plan."""

LAB_GAP = 0.5 * MILD
"""Gap of the lab's plan: what its proof leaves open is less than the tolerance, which is rounded to one digit."""


@dataclass(frozen=True, slots=True)
class MemoOptions:
    """What is asked of a memo.

    Attributes
    ----------
    lab
        Id of the lab that it is written for.
    tolerance
        Million dollars that the lab may lose by a signature's delay: what defines a last responsible date; None:
        :data:`~fabopt.domain.tolerances.MILD` of the value of its plan, to one digit.
    within
        Share of the plan's value that an alternative may be worse.
    top
        How many limits, assumptions and signatures are looked at in full.
    sweep, draws
        Folder of a sweep, or draws of the data around the plan, from which chances come; None without.
    hedge
        What was found of a plan under several states of the same data; None without.
    seed, workers
        Seed of solver and draws; programs at a time, one solver thread each.
    """

    lab: str
    tolerance: float | None = None
    within: float = 0.01
    top: int = 10
    sweep: Path | None = None
    draws: MonteCarlo | None = None
    hedge: Hedge | None = None
    seed: int = 0
    workers: int = 2

    def allowed(self, mine: Ground) -> float:
        """Return what the lab of a plan may lose by a signature's delay, million dollars."""
        return float(f"{MILD * abs(mine.of.objective):.0e}") if self.tolerance is None else self.tolerance


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
        likely = _chances(base, asked, budget)
        with budget.part(seconds=SHARES["the lab's plan"] * budget.seconds), budget.timed("the lab's plan"):
            mine = ground(seen_by(plan, asked.lab, budget, gap=LAB_GAP), asked.lab)
        return _Writing(base, mine, asked, budget, likely).memo()


def walk_away_of(plan: Plan, asked: MemoOptions, budget: TimeBudget) -> tuple[WalkAway, ...]:
    """Return how far each term of what a lab should sign may move before signing is worth nothing to it.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        Lab, tolerance and workers.
    budget
        Time for it. What it does not allow is listed.

    Raises
    ------
    fabopt.errors.StudyError, fabopt.solve.results.folder.ResultError, fabopt.solve.outcome.SolverError
        As :func:`memo_of`.
    """
    with budget.catching_signals():
        ground(plan, asked.lab)  # refuses what is no plan of all
        with budget.part(share=0.5):
            mine = ground(seen_by(plan, asked.lab, budget, gap=LAB_GAP), asked.lab)
        own, tolerance = signables(mine.plan, mine.lab, mine.done), asked.allowed(mine)
        return weigh(mine, own, Cash.of(mine), tolerance, budget=budget, seconds=SEARCH, workers=asked.workers)[1]


def _chances(base: Ground, asked: MemoOptions, budget: TimeBudget) -> Chances:
    """Return the chances of targets: first, since what does not fit the plan is told before anything is asked."""
    if asked.hedge is not None:
        check_hedge(asked.hedge, base.of)
    if asked.sweep is not None and asked.draws is not None:
        raise StudyError("Chances come from a sweep or from draws: name one of them.")
    if asked.draws is not None:
        of_targets = drawn_chances(asked.draws, base.of, base.lab)
    elif asked.sweep is not None:
        of_targets = chances(asked.sweep, base.of, base.lab)
    else:
        return Chances((), 0, 0)
    if of_targets.without_plan:
        which = "sweep" if asked.draws is None else "draws"
        budget.leave_out(f"{which}: {of_targets.without_plan} of {of_targets.cases} cases, which have no plan")
    return of_targets


class _Writing:
    """A memo as it is put together: from the plan that everybody else is held at, and from the lab's own."""

    def __init__(self, base: Ground, mine: Ground, asked: MemoOptions, budget: TimeBudget, likely: Chances) -> None:
        self.base, self.mine, self.asked, self.budget, self.likely = base, mine, asked, budget, likely
        self.tolerance = asked.allowed(mine)
        self.again = Again(base.plan, seconds=SEARCH, budget=budget)
        self.signable = signables(mine.plan, mine.lab, mine.done)
        self.begun: list[str] = []
        self.cut: set[str] = set()

    def memo(self) -> Memo:
        """Return the memo."""
        base, mine, budget = self.base, self.mine, self.budget
        cash, hedge = Cash.of(mine), self.asked.hedge
        with self._analysis("signatures"):
            signed, limits_of_terms, some = weigh(
                mine, self.signable, cash, self.tolerance, budget=budget, seconds=SEARCH, workers=self.asked.workers
            )
        with self._analysis("choke points"), self._kept():
            study = choke_points(mine.of, self._choke(), own := budget.sub())
            self._lacks(own.left_out)
            limits = chokes.scarce(study, self.asked.top)
            reliefs = chokes.reliefs(mine, limits)
        with self._analysis("portfolio"):
            case = portfolio(mine.of, base.lab, own := budget.sub())
            self._lacks(own.left_out)
        bought = [one.chip for one in case.chips if one.standing == "bought"]
        with self._analysis("losses"):
            lost = losses(base, self.again, budget.allows)
        with self._analysis("own silicon"):
            own_silicon = own_chips(base, self.again, budget, SEARCH)
        near, turns = None, Turning((), (), (), ())
        with self._analysis("alternatives"), self._kept():
            near = alternatives(mine.of, AlternativesOptions(within=self.asked.within, seconds=SEARCH), budget.sub())
            self._lacks(near.left_out)
        tornado: Tornado | None = None
        with self._analysis("assumptions"), self._kept():
            tornado = tornado_for(mine, study, self.signable, bought, asked=self._tornado(), budget=budget)
        with self._analysis("flip points"), self._kept():
            search = Search(self.tolerance, budget, self.asked.workers)
            turns = turning(mine, study, tornado, signed, self.signable, search=search)
        signed = with_changes(signed, turns.flips)
        if hedge is not None:
            signed = hedged(mine, signed, hedge, self.signable)
        found = {
            "signatures": [s for s in signed if s.verdict != "not run"], "choke points": limits,
            "portfolio": case.chips, "losses": lost,
            "own silicon": own_silicon, "alternatives": near, "assumptions": tornado, "flip points": turns.flips,
        }  # fmt: skip
        mix = chips.mix_by_year(mine)
        return Memo(
            lab=base.lab,
            name=base.name,
            instance=base.data.about.title or base.of.run.instance,
            scenario=base.of.run.scenario or "",
            decision=(base.data.pins.done_until or base.net.periods[0].start).isoformat(),
            until=base.until,
            tolerance=base.money(self.tolerance, "asked: tolerance"),
            standing=standing(mine, budget.seconds_by_stage, budget.left_out),
            given=standing(base, {}, (), of="the given plan's manifest"),
            headline=headline(mine, mix, reliefs, signed),
            signatures=signed,
            walk_aways=limits_of_terms,
            budget=cash.budget(),
            outlays=cash.outlays(),
            periods=tuple(period.label for period in mine.reported),
            ran=self._ran(found),
            mix=mix,
            reasons=chips.reasons(mine, case, signed),
            chokes=chokes.by_year(mine, study),
            reliefs=reliefs,
            rivals=chokes.rivals(mine, limits),
            sources=second_sources(mine, bought),
            own=own_silicon,
            losses=lost,
            assumptions=turns.key,
            flips=turns.flips,
            choices=() if near is None else choices(mine, near, self.signable),
            alternatives=() if near is None else others(mine, near, self.signable),
            within=None if near is None else base.money(near.allowed, f"alternatives: within {self.asked.within:g}"),
            watch=turns.watch,
            chances=self.likely.by_period,
            cases=self.likely.cases,
            sampled="" if not self.likely.cases else "sweep" if self.asked.draws is None else "draws",
            hedging=None if hedge is None else hedging(hedge, self.signable),
            all_assumptions=turns.all,
            since=since(mine),
            together=some,
            worth=worth(mine),
        )

    def _ran(self, found: Mapping[str, object]) -> tuple[str, ...]:
        """Return the analyses that found something, or came to their end and found nothing."""
        return tuple(name for name in self.begun if found[name] or name not in self.cut)

    @contextmanager
    def _analysis(self, name: str) -> Iterator[None]:
        """Give an analysis its part of the time, and list what it leaves out under its name."""
        budget, first = self.budget, len(self.budget.left_out)
        if not budget.over:
            self.begun.append(name)
        with budget.part(seconds=SHARES[name] * budget.seconds), budget.timed(name):
            yield
        if len(budget.left_out) > first:
            self.cut.add(name)
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

    def _tornado(self) -> TornadoOptions:
        return TornadoOptions(top=self.asked.top, workers=self.asked.workers)

    def _choke(self) -> ChokeOptions:
        asked = self.asked
        return ChokeOptions(top=asked.top, seed=asked.seed, workers=asked.workers, draws=0)

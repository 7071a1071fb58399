"""From a result to the whole procurement memo of a lab: every analysis once, within a budget of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.asked import Asked as ChokeAsked
from fabopt.analysis.choke.study import choke_points
from fabopt.analysis.memo import chips, chokes
from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.records import Memo
from fabopt.analysis.memo.second_source import second_sources
from fabopt.analysis.memo.standing import headline, standing
from fabopt.analysis.portfolio.study import portfolio

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    Read = Callable[[str], pd.DataFrame]

Tell = Callable[[str, float], None]
"""Told the name of each analysis and how long it took."""

SHARES: Mapping[str, float] = {"choke points": 0.3}
"""Part of the budget that an analysis may take, where it can be told."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a memo.

    Attributes
    ----------
    lab
        Id of the lab that it is written for.
    minutes
        Time that may be spent; what it does not allow is listed.
    tolerance
        Million dollars that the plan may lose by a signature's delay: what defines a last responsible date.
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
    minutes: float = 10.0
    tolerance: float = 100.0
    within: float = 0.01
    top: int = 10
    sweep: Path | None = None
    seed: int = 0
    workers: int = 2


def memo_of(manifest: Mapping[str, Any], read: Read, instance: str, asked: Asked, tell: Tell | None = None) -> Memo:
    """Return the procurement memo of a lab.

    Parameters
    ----------
    manifest
        What is known of the run.
    read
        Returns a table of the result by its name.
    instance
        The instance that was solved, as JSON.
    asked
        What is asked.
    tell
        Told of each analysis.

    Raises
    ------
    fabopt.analysis.choke.asked.AskedError
        If there is no plan or no such lab, the result is seen from one party's perspective, or its objective is not
        money.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    clock = _Clock(tell)
    with clock.step("the plan"):
        base = ground(manifest, read, instance, asked.lab)
    return _Writing(base, asked, clock, instance).memo()


class _Clock:
    """Times the analyses, and keeps what they left out."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}
        self.left_out: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
        if self.tell is not None:
            self.tell(name, self.seconds[name])

    def lacks(self, name: str, what: Iterator[str] | tuple[str, ...]) -> None:
        """Keep what an analysis left out."""
        self.left_out += [f"{name}: {item}" for item in what]


class _Writing:
    """A memo as it is put together."""

    def __init__(self, base: Ground, asked: Asked, clock: _Clock, instance: str) -> None:
        self.ground, self.asked, self.clock, self.instance = base, asked, clock, instance

    def memo(self) -> Memo:
        """Return the memo."""
        base, clock, data = self.ground, self.clock, self.ground.data
        with clock.step("portfolio"):
            found = portfolio(base.manifest, base.read, self.instance, base.lab)
        with clock.step("choke points"):
            study = choke_points(base.for_choke(), self._choke())
            clock.lacks("choke points", study.unexplored)
            limits = chokes.scarce(study, self.asked.top)
            reliefs = chokes.reliefs(base, limits)
        mix = chips.mix_by_year(base)
        bought = [case.chip for case in found.chips if case.standing == "bought"]
        return Memo(
            lab=base.lab,
            name=base.name,
            instance=data.about.title or base.manifest["instance"],
            scenario=base.manifest["scenario"] or "",
            decision=base.net.periods[0].start.isoformat(),
            until=base.until,
            tolerance=base.money(self.asked.tolerance, "asked: tolerance"),
            standing=standing(base, clock.seconds, clock.left_out),
            headline=headline(base, mix, reliefs, ()),
            signatures=(),
            mix=mix,
            reasons=chips.reasons(base, found),
            chokes=chokes.by_year(base, study),
            reliefs=reliefs,
            rivals=chokes.rivals(base, limits),
            sources=second_sources(base, bought),
            own=(),
            losses=(),
            assumptions=(),
            flips=(),
            choices=(),
            alternatives=(),
            within=None,
            watch=(),
            chances=(),
            cases=0,
            all_assumptions=(),
        )

    def _choke(self) -> ChokeAsked:
        asked = self.asked
        minutes = asked.minutes * SHARES["choke points"]
        return ChokeAsked(
            lab=asked.lab, top=asked.top, minutes=minutes, seed=asked.seed, workers=asked.workers, draws=0
        )

r"""Flip points: where a number of the data would have to stand for a recommendation to turn.

A signature is advice as long as the plan loses more than a tolerance without it, everything else planned anew around
the plan's integers: it turns where :math:`v(a) - v_s(a)` falls to the tolerance (:mod:`.weighing`). The first
choke point turns where another limit is the one of which 10 % more earns most.

1. **As things are**, each signature is weighed once, and the prices of both programs tell, for every number, to which
   side its worth falls (:mod:`fabopt.analysis.sensitivity.adjoint`). In a large program that side alone is searched, in
   a small one both are.
2. **The end of the range** is solved, then **the far end**: a :data:`REACH`-th of the number or as many times it, or as
   far as the rules of the instance allow and a plan stands. A recommendation that stands at both is taken to stand
   between them.
3. **Between** the last value at which it stands and the first at which it has turned, the point is enclosed: by the
   slope first, by secants from the side on which it stands, else by halves, until the two are within :data:`CLOSE` of
   the number, or :data:`ROUGH` for the choke point of a large program.

Signatures come first, then the choke point. What the time did not allow, and what cannot be weighed because other
decisions are possible there, is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from fabopt.analysis.memo.assumptions import number_amount
from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.records import Amount, Assumption, Flip
from fabopt.analysis.memo.tracks import (
    CHOKE,
    Flips,
    Task,
    Track,
    distance,
    falls,
    instead,
    labels_of,
    left_out,
    next_value,
    rounded,
)
from fabopt.analysis.memo.weighing import NOTHING, Line, Scales, Slopes, Weighed
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import End
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.domain.instance import Instance
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.session import SolverError

REACH = 10.0
"""How many times a number, or which part of it, is searched."""

CLOSE = 0.01
"""Share of a number within which its flip point is enclosed."""

ROUGH = 0.05
"""The same for the choke point of a large program, where each value costs several programs."""

ROUNDS = 8
"""Most values that are tried between a recommendation that stands and one that has turned."""

BACK = 2
"""How often half the way is tried where no plan stands at the end of a search."""

SIDES: tuple[End, End] = ("low", "high")


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched.

    Attributes
    ----------
    tolerance
        Loss without a signature up to which it is no advice, in the unit of the objective.
    budget
        Time that may be spent; without end when left out.
    workers
        Numbers that are searched at a time.
    """

    tolerance: float = 0.0
    budget: TimeBudget = field(default_factory=TimeBudget)
    workers: int = 1


def flips(
    ends: Ends,
    assumptions: Sequence[Assumption],
    recommendations: Sequence[Forbidden],
    *,
    search: Search,
    tornado: Tornado | None = None,
    others: Sequence[Forbidden] = (),
) -> Flips:
    """Return where recommendations turn against assumptions.

    Parameters
    ----------
    ends
        The instance and its plan.
    assumptions
        The numbers, in the order in which they are searched.
    recommendations
        The signatures that are advice; the first choke point, if there is one, is searched beside them.
    search
        Tolerance, time and workers.
    tornado
        Whose labels of the choke point at the ends of ranges are used, where integers were held in it.
    others
        What else might be signed, to say what takes a signature's place.
    """
    return _Study(ends, recommendations, search, others).flips(assumptions, tornado)


class _Study:
    """Flip points of one plan."""

    def __init__(
        self, ends: Ends, recommendations: Sequence[Forbidden], search: Search, others: Sequence[Forbidden]
    ) -> None:
        self.ends, self.search = ends, search
        self.who = {one.id: one for one in recommendations}
        self.ids = (*self.who, CHOKE) if ends.choke else tuple(self.who)
        self.others = (*recommendations, *others)
        self.large = ends.plan.program.large
        self.slight = max(search.tolerance, ends.plan.problem.near(ends.objective))
        self.scales = [Scales(ends) for _ in range(max(search.workers, 1))]
        self.worth, outcomes = self.scales[0].now(recommendations)
        self.slopes = Slopes(ends, recommendations, outcomes)

    def flips(self, assumptions: Sequence[Assumption], tornado: Tornado | None) -> Flips:
        """Return where assumptions change the advice, and what was left out."""
        tasks = [self._task(assumption) for assumption in assumptions]
        for labels in (None, labels_of(tornado)):
            self._all(partial(self._ranges, labels=labels), tasks)
            self._all(partial(self._far, choke=labels is not None), tasks)
        flips = tuple(flip for task in tasks for flip in self._flips(task))
        left = tuple(one for task in tasks for one in left_out(task, self.ids))
        return Flips(flips, left)

    def _all(self, work: Callable[[Scales, Task], None], tasks: Sequence[Task]) -> None:
        """Do the same with all tasks, each worker with a session of its own and with the same tasks each time."""
        n = len(self.scales)

        def some(k: int) -> None:
            for task in tasks[k::n]:
                work(self.scales[k], task)

        with ThreadPoolExecutor(n) as pool:
            list(pool.map(some, range(n)))

    def _task(self, assumption: Assumption) -> Task:
        """Return what is searched along a number: in a large program only where the worth of a signature falls."""
        line = Line(self.ends.numbers, self.ends.numbers[assumption.path], REACH)
        now = line.number.value
        toward = self.slopes.toward(assumption.path)
        tracks = []
        for id in self.ids:
            worth = self.worth.get(id, np.inf)
            slight = worth <= self.slight
            for end in SIDES:
                change = toward.get((id, end), np.nan)
                if slight or not self.large or not change >= 0:
                    room = abs(line.number.range[0 if end == "low" else 1] - now)
                    slope = change / room if room else np.nan
                    tracks.append(Track(id, end, now, worth, slope, why="slight" if slight else None))
        return Task(assumption, line, tracks)

    # -- ends ----------------------------------------------------------------------------------------------------------

    def _ranges(self, scales: Scales, task: Task, labels: Mapping[tuple[str, End], tuple[float, str]] | None) -> None:
        """Look at the ends of the range: for signatures, or with what is known of it for the choke point."""
        for end in SIDES:
            known = None if labels is None else labels.get((task.assumption.path, end))
            tracks = task.side(end, labels is not None)
            if known is not None:
                for track in tracks:
                    self._judge(scales, task, track, known[0], Weighed({}, {}, known[1]))
            elif tracks and (stop := task.line.edge(end)) is not None:
                self._visit(scales, task, tracks, stop)

    def _far(self, scales: Scales, task: Task, choke: bool) -> None:
        """Look at the far ends: for signatures, or for the choke point."""
        for end in SIDES:
            tracks = task.side(end, choke)
            if not tracks or not self._time(tracks):
                continue
            start = max((t.at for t in tracks), key=lambda at: abs(at - task.line.number.value))
            stop = task.line.far(end, start)
            if stop is not None:
                self._visit(scales, task, tracks, stop)

    def _visit(self, scales: Scales, task: Task, tracks: Sequence[Track], stop: tuple[float, Instance]) -> None:
        """Solve one end for all that may turn there; where no plan stands, half the way, then a quarter."""
        at, data = stop
        for _ in range(BACK + 1):
            weighed = self._weigh(scales, task, tracks, at, data)
            if weighed is not None or not self._time(tracks):
                break
            at = rounded(0.5 * (at + tracks[0].at))
            moved = task.line.data(at)
            if isinstance(moved, str):
                break
            data = moved
        for track in tracks:
            if weighed is None and track.open:
                track.why = "no plan" if track.at == task.line.number.value else None
            elif weighed is not None and weighed.structure:
                track.why = "structure"
            elif weighed is not None:
                self._judge(scales, task, track, at, weighed)

    def _weigh(
        self, scales: Scales, task: Task, tracks: Sequence[Track], at: float, data: Instance | None = None
    ) -> Weighed | None:
        """Return the plan at a value, or None where there is none or the time is up."""
        moved = task.line.data(at) if data is None else data
        if isinstance(moved, str) or not self._time(tracks):
            return None
        who = [self.who[track.id] for track in tracks if track.id != CHOKE]
        try:
            return scales.at(moved, who, any(track.id == CHOKE for track in tracks))
        except SolverError:
            return None
        except OutOfTimeError:
            self._time(tracks)
            return None

    def _time(self, tracks: Sequence[Track]) -> bool:
        """Return whether there is time left; what is searched is marked where there is none."""
        left = not self.search.budget.over
        for track in () if left else tracks:
            track.why = "time"
        return left

    # -- between -------------------------------------------------------------------------------------------------------

    def _judge(self, scales: Scales, task: Task, track: Track, at: float, weighed: Weighed) -> None:
        """Take in what was found at a value: it stands still, or it has turned and the point is enclosed."""
        over = self._over(track, weighed)
        if over > 0:
            track.at, track.worth = at, over + self.slight
        else:
            self._enclose(scales, task, track, at, weighed)

    def _over(self, track: Track, weighed: Weighed) -> float:
        """Return by how much a recommendation is worth more than the tolerance; for the choke point 1 or -1."""
        if track.id == CHOKE:
            return 1.0 if weighed is NOTHING or weighed.choke == self.ends.choke else -1.0
        return (self.worth if weighed is NOTHING else weighed.losses)[track.id] - self.slight

    def _enclose(self, scales: Scales, task: Task, track: Track, at: float, weighed: Weighed) -> None:
        """Move the last value at which a recommendation stands and the first at which it has turned together."""
        now = task.line.number.value
        near = ROUGH if self.large and track.id == CHOKE else CLOSE
        sign, close = (1.0 if at > now else -1.0), near * abs(now)
        a, over, slope = abs(track.at - now), track.worth - self.slight, track.slope
        b, turned, guessed = abs(at - now), weighed, False
        for _ in range(ROUNDS):
            if b - a <= close:
                break
            t, guess = next_value(a, b, over, slope, close, guessed)
            t = abs(rounded(now + sign * t) - now)
            there = self._weigh(scales, task, [track], now + sign * t) if a < t < b else None
            if there is None or there.structure:
                break
            if (more := self._over(track, there)) > 0:
                slope, guessed = (more - over) / (t - a) if np.isfinite(over) else np.nan, False
                a, over = t, more
            else:
                turned = turned if there.choke == "" else there
                b, guessed = t, guess
        track.at, track.turned = rounded(now + sign * a), rounded(now + sign * b)
        track.estimate = rounded(now + sign * min(max(falls(a, over, slope), a), b))
        track.to = self._to(track, turned)

    def _to(self, track: Track, turned: Weighed) -> str:
        """Return what takes the place of a recommendation: another limit, or what is bought more of without it."""
        if track.id == CHOKE:
            return turned.choke or ""
        x, before = turned.without.get(track.id), self.ends.plan.x
        return "" if x is None else instead(track.id, self.others, before, x, self.ends.plan.problem.nothing)

    # -- records -------------------------------------------------------------------------------------------------------

    def _flips(self, task: Task) -> Iterator[Flip]:
        """Yield the flip points of a number; one without a point where a recommendation turns to neither side."""
        for id in self.ids:
            mine = [t for t in task.tracks if t.id == id]
            turned = [t for t in mine if t.turned is not None]
            far = [t.at if t.turned is None else t.turned for t in mine] + [task.line.number.value]
            if min(far) < max(far):
                for track in turned or (None,):
                    yield self._flip(task, id, track, (min(far), max(far)))

    def _flip(self, task: Task, id: str, track: Track | None, searched: tuple[float, float]) -> Flip:
        number = task.line.number
        low, high = number.range
        at = away = None
        inside = False
        if track is not None and track.turned is not None and track.estimate is not None:
            (a, b), origin = sorted((track.at, track.turned)), f"re-solve: {number.path}"
            at = Amount(track.estimate, "as written", origin, low=a, high=b, unit_text=number.quantity.unit)
            inside = low <= track.estimate <= high
            away = distance(track.estimate, low, high, number.value, origin)
        return Flip(
            path=number.path,
            name=task.assumption.name,
            recommendation=id,
            recommendation_name=self.ends.choke if id == CHOKE else self.who[id].name,
            at=at,
            searched=searched,
            now=number_amount(number, self.ends.numbers.data),
            range_low=low,
            range_high=high,
            inside=inside,
            distance=away,
            to="" if track is None else track.to,
        )

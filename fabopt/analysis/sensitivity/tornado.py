r"""The tornado: which numbers matter, found by the adjoint and proven by solving again.

1. **Adjoint** (:mod:`.adjoint`): what every number with a range is worth, from one solve. Prices that a plan has at a
   kink are some of many, so the same movements are also priced at :data:`PAIRS` neighbouring programs in which every
   limit is moved at random by about :data:`NUDGE`; the largest of the answers decides who is looked at further.
2. **Both sides**: those numbers are moved by :data:`SIDE` of the way to each end and the linear program is solved
   again, whole numbers held. Where the two slopes differ, the number stands at a kink.
3. **Ends**: the widest are solved at their low and high. With the whole numbers of the plan held this is a linear
   program; when it is asked for, whole numbers may move, to the gap of the run. The choke point of each end is the
   limit of which 10 % more earns most there.

**Worth of information.** Before the plan's whole numbers are decided, knowing a number exactly is worth what they could
then be chosen better. At an end, the regret is what plans with other whole numbers would earn more than the plan's own:

.. math:: r = \max\{0,\ (v_\text{free} - v_\text{held})_\text{end} - (v_\text{free} - v_\text{held})_\text{now}\}

with :math:`v_\text{free}` the mixed-integer plan found where whole numbers are free, or else the bound in which they
may be fractions. Straight between the ends, and zero at the value, the mean regret over the triangular distribution is

.. math:: \tfrac13 \left( w\, r_\text{low} + (1 - w)\, r_\text{high} \right) \qquad w = \frac{\text{value} - \text{low}}
          {\text{high} - \text{low}}

This is an estimate of the expected value of perfect information about that number alone. What does not need whole
numbers is re-planned at no cost in it, so what it leaves out is the worth of knowing before such decisions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from fabopt.analysis.choke.bench import TINY
from fabopt.analysis.choke.groups import together
from fabopt.analysis.choke.problem import sides
from fabopt.analysis.choke.reprice import Repriced
from fabopt.analysis.choke.saved import Restored
from fabopt.analysis.sensitivity.adjoint import Prices, Slope, slopes
from fabopt.analysis.sensitivity.numbers import End, Moved, Number, Numbers
from fabopt.analysis.sensitivity.records import GAVE_UP, Bar, EndValue, Gauge, NumberSlope, Tornado
from fabopt.domain.instance import Instance
from fabopt.model.limits import limits
from fabopt.network.lower import lower
from fabopt.network.tables import Network
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.patch import Patch, between, held
from fabopt.solve.session import LARGE
from fabopt.solve.whatif import Answer, WhatIf

PAIRS, NUDGE = 4, 1e-3
"""How many neighbouring programs are priced too, and by about how much their limits are moved."""

SIDE = 1e-3
"""Share of the way to an end at which the slope of a side is found."""

WIDER = 3
"""Numbers whose sides are found, for each that is solved at its ends."""

APART = 0.02
"""Slopes of two sides that differ by more than this share are a kink."""

Tell = Callable[[str, float], None]
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a tornado.

    Attributes
    ----------
    top
        Numbers that are solved at their ends.
    gauge
        Whether whole numbers are held at the ends, or free to move.
    workers
        Processes that price numbers, and threads that solve ends.
    """

    top: int = 20
    gauge: Gauge = "held"
    workers: int = 1


class Ends:
    """Solves an instance with numbers moved, from the plan.

    Parameters
    ----------
    numbers
        The numbers and their movements.
    plan
        The plan, brought back to life.
    gauge
        Whether whole numbers are held or free to move.

    Attributes
    ----------
    base
        The plan itself, priced.
    objective
        Its objective.
    choke
        Label of its choke point, empty where nothing earns anything.
    """

    def __init__(self, numbers: Numbers, plan: Restored, gauge: Gauge = "held") -> None:
        self.numbers, self.plan, self.gauge = numbers, plan, gauge
        self.whatif = WhatIf(plan.net, replace(plan.options, threads=1), plan=plan.x, basis=plan.basis)
        self._reprice = Repriced(plan, [p.index for p in plan.net.periods if p.reported], ())
        self._labels = {group.id: group.label for group in plan.problem.groups}
        self.base = self.whatif.held()
        if self.base.objective is None:
            raise ValueError("The plan does not stand with its whole numbers held.")
        self.objective = self.base.objective
        self.choke = self._first(self.base, None)

    def all(self, numbers: Sequence[Number], workers: int) -> list[tuple[EndValue | None, EndValue | None]]:
        """Return both ends of some numbers, in their order, by a few threads with sessions of their own."""
        if numbers and self.plan.program.integer.any():
            _ = self._now  # asked once, before others copy it
        return self._shared(lambda ends, n: (ends.end(n, "low"), ends.end(n, "high")), numbers, workers)

    def both_sides(self, slopes: Sequence[NumberSlope], workers: int) -> list[NumberSlope]:
        """Return numbers with the slopes of both sides, found by solving again; order and threads as :meth:`all`."""
        return self._shared(_both, slopes, workers)

    def _shared(self, ask: Callable[[Ends, S], T], items: Sequence[S], workers: int) -> list[T]:
        benches = [self, *(self._twin() for _ in range(min(workers, len(items)) - 1))]

        def work(k: int) -> list[T]:
            return [ask(benches[k], item) for item in items[k :: len(benches)]]

        with ThreadPoolExecutor(len(benches)) as pool:
            done = list(pool.map(work, range(len(benches))))
        return [done[i % len(benches)][i // len(benches)] for i in range(len(items))]

    def _twin(self) -> Ends:
        other = copy(self)
        other.whatif = self.whatif.twin()
        return other

    def slope(self, path: str, end: End) -> float | None:
        """Return the change of the objective over the whole way to an end by the slope of that side, or None."""
        moved = self.numbers.near(path, end, SIDE)
        try:
            answer = None if moved is None else self.whatif.held(self.net(moved))
        except SolverError:
            return None
        if answer is None or answer.objective is None:
            return None
        return (answer.objective - self.objective) / SIDE

    def end(self, number: Number, end: End) -> EndValue | None:
        """Return a number at an end of its range, solved; None where its value is that end."""
        if not any(number.room(end)):
            return None
        moved = self.numbers.at(number.path, end)
        if isinstance(moved, str):
            return EndValue(0.0, number.value, None, None, None, "", "refused", moved, None)
        try:
            return self._solved(number, end, moved)
        except SolverError as error:
            at = number.shown(end, moved.share)
            return EndValue(moved.share, at, None, None, None, "", GAVE_UP, str(error), None)

    def _solved(self, number: Number, end: End, moved: Moved) -> EndValue:
        net = self.net(moved.data)
        answer = self.whatif.held(net, far=True) if self.gauge == "held" else self.whatif.full(net)
        found = answer.objective
        return EndValue(
            share=moved.share,
            value=number.shown(end, moved.share),
            objective=found,
            change=None if found is None else found - self.objective,
            bound=answer.bound,
            choke=self.first(answer, moved.data),
            ended=answer.ended.value,
            note=_note(moved, answer),
            regret=self._regret(net, answer),
        )

    def held(self, data: Instance) -> Answer:
        """Return the answer of an instance with the whole numbers of the plan."""
        return self.whatif.held(self.net(data))

    def net(self, data: Instance) -> Network:
        """Return the network of an instance."""
        return lower(data, self.plan.net.name)

    def first(self, answer: Answer, data: Instance) -> str:
        """Return the label of the limit of which 10 % more earns most, of the answer that was asked last."""
        return self.choke if answer.x is self.base.x else self._first(answer, data)

    def _first(self, answer: Answer, data: Instance | None) -> str:
        tables = answer.case.tables
        if answer.x is None or answer.objective is None or tables is None:
            return ""
        if answer.cold is not None and data is not None:
            gains = self._reprice(data) or {}
        else:
            tables = replace(tables, limits=limits(tables.net, tables.columns, tables.rows))
            stage = answer.case.stage
            worth = stage.sign * (answer.objective - stage.constant)
            outcome = Outcome(
                answer.ended, answer.x, worth, worth, 0.0, 0, answer.row_price, answer.column_price
            )  # fmt: skip
            program = held(answer.case.program, answer.x)
            gains = self._reprice.gains(tables, program, self.whatif.session("held"), outcome)
        first = max(gains, key=lambda id: gains[id], default=None)
        if first is None or gains[first] <= TINY * (1.0 + abs(answer.objective)):
            return ""
        return self._labels.get(first, first)

    def _regret(self, net: Network, answer: Answer) -> float | None:
        """Return what other whole numbers would earn more there, beyond what they might earn as things are."""
        if answer.cold is not None or not self.plan.program.integer.any():
            return None if answer.cold is not None else 0.0
        there, now = self._more(net, answer), self._now
        return None if there is None or now is None else max(0.0, there - now)

    @cached_property
    def _now(self) -> float | None:
        """What other whole numbers would earn more as things are."""
        return self._more(self.plan.net, self.base)

    def _more(self, net: Network, answer: Answer) -> float | None:
        """Return what whole numbers that are free earn more than those of the plan."""
        kept = answer if self.gauge == "held" else self.whatif.held(net)
        free = self.whatif.relaxed(net, far=net is not self.plan.net) if self.gauge == "held" else self.whatif.full(net)
        if kept.objective is None or free.objective is None:
            return None
        return self.plan.stage.sign * (free.objective - kept.objective)


def _note(moved: Moved, answer: Answer) -> str:
    said = []
    if moved.share < 1.0:
        said.append(f"the rules of the instance allow {100.0 * moved.share:g} % of the way: {moved.refused}")
    if answer.cold is not None:
        said.append(f"other decisions are possible there: {answer.cold}")
    if answer.ended is Ended.INFEASIBLE:
        said.append("no plan has these whole numbers there")
    return "; ".join(said)


def neighbours(ends: Ends, count: int = PAIRS) -> list[Prices]:
    """Return the plan and its prices, and those of neighbouring programs in which every limit is moved a little."""
    pairs = [_prices(ends.base)]
    for k in range(count):
        answer = ends.whatif.held(_nudged(ends.plan, k))
        if answer.x is not None:
            pairs.append(_prices(answer))
    return pairs


def _prices(answer: Answer) -> Prices:
    assert answer.x is not None
    assert answer.row_price is not None
    assert answer.column_price is not None
    return Prices(answer.x, answer.row_price, answer.column_price)


def _nudged(plan: Restored, k: int) -> Patch:
    """Return a patch that loosens (k even) or tightens (k odd) every limit by a random amount of about NUDGE."""
    rng = np.random.default_rng([0, k])
    sign = 1.0 if k % 2 == 0 else -1.0
    groups = [g for g in plan.problem.groups if g.relaxable and len(g)]
    relief = together(g.by(sign * NUDGE * (0.5 + rng.random(len(g))) * g.base) for g in groups)
    low, high, top = sides(plan.program, relief)
    low = np.minimum(low, high)
    top = np.maximum(top, plan.program.column_lower)
    return between(plan.program, replace(plan.program, row_lower=low, row_upper=high, column_upper=top))


def tornado(
    name: str, said: str, unit: str, numbers: Numbers, plan: Restored, asked: Asked, tell: Tell | None = None
) -> Tornado:
    """Return what the numbers of an instance are worth.

    Parameters
    ----------
    name, said
        The instance, and in words the plan.
    unit
        Unit of the objective.
    numbers
        Its numbers.
    plan
        The plan, brought back to life.
    asked
        What is asked.
    tell
        Told of each step and its seconds.
    """
    clock = _Clock(tell)
    ends = Ends(numbers, plan, asked.gauge)
    pairs = neighbours(ends)
    clock.step("neighbouring prices")
    found = slopes(numbers, plan.net.name, plan.options, pairs, asked.workers)
    clock.step("adjoint")
    slope = {s.path: _number_slope(numbers[s.path], s) for s in found}
    order = sorted(found, key=_reach, reverse=True)
    looked_at = [s for s in order if _reach(s) > 0][: WIDER * asked.top]
    if plan.program.n_columns < LARGE:  # another structure is a program from nothing: minutes where it is large
        looked_at += [s for s in order if s.low is None and s.high is None and s not in looked_at]
    slope |= {n.path: n for n in ends.both_sides([slope[s.path] for s in looked_at], asked.workers)}
    clock.step("both sides")
    chosen = sorted(slope.values(), key=_width, reverse=True)
    widest = [n for n in chosen if _width(n) > 0][: asked.top]
    solved = ends.all([numbers[n.path] for n in widest], asked.workers)
    bars = [
        Bar(n, low, high, _information(numbers[n.path], low, high))
        for n, (low, high) in zip(widest, solved, strict=True)
    ]
    clock.step("ends")
    return Tornado(
        name=name,
        held=said,
        objective=ends.objective,
        objective_name=plan.options.objective,
        unit=unit,
        choke=ends.choke,
        gauge=asked.gauge,
        bars=tuple(sorted(bars, key=lambda bar: -bar.span)),
        slopes=tuple(chosen),
        steps=clock.seconds,
        notes=_notes(found),
    )


class _Clock:
    """Tells and keeps how long each step took."""

    def __init__(self, tell: Tell | None) -> None:
        self.tell, self.seconds, self._last = tell, dict[str, float](), time.monotonic()

    def step(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name], self._last = now - self._last, now
        if self.tell is not None:
            self.tell(name, self.seconds[name])


def _reach(s: Slope) -> float:
    """Return the largest change that any of the prices gives a number."""
    return max((abs(v) for side in (s.low, s.high) if side is not None for v in side), default=0.0)


def _width(n: NumberSlope) -> float:
    return max(abs(v) for v in (n.at_low or 0.0, n.at_high or 0.0))


def _number_slope(number: Number, s: Slope) -> NumberSlope:
    low, high = number.range
    return NumberSlope(
        path=number.path,
        unit=number.quantity.unit,
        value=number.value,
        low=low,
        high=high,
        series=len(number.quantity.points) > 1,
        quality=number.quality,
        source=number.source,
        at_low=None if s.low is None else s.low[0],
        at_high=None if s.high is None else s.high[0],
        reason=s.reason,
    )


def _both(ends: Ends, n: NumberSlope) -> NumberSlope:
    """Return a number with the slopes of both sides, found by solving again."""
    number = ends.numbers[n.path]
    low = ends.slope(n.path, "low") if any(number.room("low")) else n.at_low
    high = ends.slope(n.path, "high") if any(number.room("high")) else n.at_high
    found = replace(n, at_low=low, at_high=high, checked=True)
    less, more = found.per_unit
    kink = less is not None and more is not None and abs(less + more) > APART * max(abs(less), abs(more))
    return replace(found, kink=kink)


def _information(number: Number, low: EndValue | None, high: EndValue | None) -> float:
    """Return the mean regret over the triangular distribution, straight between value and ends."""
    bottom, top = number.range
    weight = (number.value - bottom) / (top - bottom)
    regrets = [0.0 if e is None or e.regret is None else e.regret for e in (low, high)]
    return (weight * regrets[0] + (1.0 - weight) * regrets[1]) / 3.0


def _notes(found: Sequence[Slope]) -> tuple[str, ...]:
    open_ = [s for s in found if s.low is None and s.high is None]
    half = [s for s in found if (s.low is None) != (s.high is None)]
    notes = []
    if open_:
        notes.append(f"Numbers without a slope, whose smallest movement is no small change: {len(open_)}.")
    if half:
        notes.append(f"Numbers with a slope to one side only, for the same reason: {len(half)}.")
    return tuple(notes)

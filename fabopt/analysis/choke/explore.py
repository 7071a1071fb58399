"""What is found out about each limit: prices, gains, steps, relief in time, whole things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from fabopt.analysis.choke import records
from fabopt.analysis.choke.assemble import Facts, certified, mean_amount
from fabopt.analysis.choke.attribution import Attribution
from fabopt.analysis.choke.bench import Question, linear
from fabopt.analysis.choke.derivative import (
    GroupPrice,
    Price,
    group_prices,
    prices,
    slope,
    with_ranges,
)
from fabopt.analysis.choke.finite import average_price, first_gain, saturation, trace
from fabopt.analysis.choke.joint import Joint
from fabopt.analysis.choke.lead import AfterLead, after_lead, quickest
from fabopt.analysis.choke.oracle import BATCH, Gain, Oracle
from fabopt.analysis.choke.ranking import FIRST, TEN, over, place, screened
from fabopt.analysis.choke.whole import most_promising, things
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import STEP
from fabopt.network.tables import Array
from fabopt.plan.groups import LIFTED, NO_RELIEF, STEPS, LimitGroup, Relief, Step
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.session import Outcome

CURVE = 0.25
"""How far the gain curve is traced, as a share of the limit."""

CURVES = 3
"""How many limits get a curve, and a search for the last date to order where programs are large."""


@dataclass
class Found:
    """What is known of one limit so far."""

    group: LimitGroup
    price: GroupPrice
    promise: float
    relaxed_promise: float
    plan_ten: float | None = None
    relaxed_ten: float | None = None
    ten: Gain | None = None
    steps: tuple[records.Step, ...] = ()
    lifted: Gain | None = None
    ranges: Price | None = None
    relaxed_price: Price | None = None
    relief: AfterLead | None = None
    late: Gain | None = None
    average: records.Average | None = None
    curve: tuple[records.CurvePoint, ...] = ()
    plan_after: Array | None = None
    alone: dict[str, float] = field(default_factory=dict)
    runs: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Id of the group."""
        return self.group.id

    @property
    def step_ten(self) -> records.Step:
        """The finite relief by which limits are ranked."""
        interval = None if self.ten is None else certified(self.ten)
        return records.Step(TEN.label, mean_amount(self.group, TEN), self.plan_ten or 0.0, interval, self.relaxed_ten)

    @property
    def gain(self) -> float:
        """Gain at +10 %."""
        return self.step_ten.gain

    @property
    def record_basis(self) -> str:
        """What the gain is the gain of."""
        plan = (self.plan_ten or 0.0) > 0.0 or (self.relaxed_ten or 0.0) <= 0.0
        return "plan" if plan else "relaxation"


class Explorer:
    """Asks the oracle about the limits of a plan.

    Parameters
    ----------
    plan, data
        The plan and its instance.
    oracle
        The oracle of the plan's problem.
    large
        Whether integers are held rather than searched.
    """

    def __init__(self, plan: SolvedProgram, data: Instance, oracle: Oracle, large: bool) -> None:
        self.plan, self.oracle, self.large = plan, oracle, large
        self.facts = Facts(plan, data)
        self.found: dict[str, Found] = {}
        self.top: list[str] = []
        self.joint: Joint | None = None
        self.shares: Attribution | None = None
        self.base: dict[Question, Outcome] = {}

    def label(self, id: str) -> str:
        """Return the label of a group."""
        return self.oracle.problem.group(id).label

    def cost(self, id: str, share: float) -> float | None:
        """Return what it costs to move a group by a share of its base; None where nothing has a price."""
        return self.facts.cost(self.found[id].group, share)

    @property
    def ranked(self) -> list[Found]:
        """All limits, the largest gain first, of those not asked for a gain the largest promise; obligations last."""
        promise = {f.id: f.promise if f.plan_ten is None else 0.0 for f in self.found.values()}
        return sorted(
            self.found.values(), key=lambda f: (f.group.obligation, self._behind(f), -place(f.gain), -promise[f.id])
        )

    def _behind(self, f: Found) -> bool:
        """Whether it ranks behind what the plan itself can use: on a large program, where integers are held."""
        return self.large and f.record_basis == "relaxation"

    @property
    def capacities(self) -> list[Found]:
        """All limits that are no obligations, the largest gain first."""
        return [f for f in self.ranked if not f.group.obligation]

    # -- linear programs ---------------------------------------------------------------------------------------------

    def price(self, until: float = 1.0) -> None:
        """Find prices both ways of every limit that can be moved, and what the duals promise of +10 %.

        By ``until``, a share of the time of the part around it, no price is begun any more: one stands for both then.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            If there is no time for the prices of the plan itself.
        """
        questions: tuple[Question, ...] = ("fixed", "relaxed")
        for question in questions:
            self.base[question] = self.oracle.ask([partial(linear, question, NO_RELIEF)])[0]
        with self.oracle.budget.part(until=until):
            groups = group_prices(self.oracle, ranges=False).groups
        for price in groups:
            group = self.oracle.problem.counted(self.oracle.problem.group(price.id))
            ten = group.relief(TEN)
            held, relaxed = (max(slope(self.base[q], ten), 0.0) for q in questions)
            self.found[price.id] = Found(group, price, held, relaxed)
        if single := sum(not f.price.whole.both for f in self.found.values()):
            self.oracle.budget.leave_out(f"both prices of {single} limits: one stands for both")

    def screen(self, top: int) -> None:
        """Ask for gains at +10 % as :meth:`_screen` does, as far as time allows, and take the first."""
        with self.oracle.budget.attempt("gains at +10 % of more limits: what the prices promise ranks them"):
            self._screen(top)
        self.top = [f.id for f in self.ranked[:top]]
        with self.oracle.budget.attempt("gains of the members of classes alone"):
            self._members([self.found[id] for id in self.top])

    def _members(self, some: Sequence[Found]) -> None:
        """Ask what 10 % more of each member of some classes gains alone; nothing where prices promise nothing."""
        counted = self.oracle.problem.counted
        reliefs = {(f.id, m.id): counted(m).relief(TEN) for f in some for m in f.group.members}
        asked = {key: r for key, r in reliefs.items() if slope(self.base["fixed"], r) > self.oracle.eps}
        values = self.oracle.plan_values(list(asked.values()))
        gains = {key: over(self.oracle, v) for key, v in zip(asked, values, strict=True)}
        for id, member in reliefs:
            self.found[id].alone[member] = gains.get((id, member), 0.0)

    def _screen(self, top: int) -> None:
        """Ask for gains at +10 % in the order of what the prices promise, until no other can be among the first.

        What relief of a limit gains when what uses it is ordered whole, the plan's linear program cannot say: there the
        relaxation is asked.
        """
        groups = [f.group for f in self.found.values()]
        for some in screened(self.oracle, self.base["fixed"], groups, max(top, FIRST), self.large) if groups else ():
            for id, gain in some.items():
                self.found[id].plan_ten = gain
        stuck = [f for f in self.found.values() if (f.plan_ten or 0.0) <= 0.0 and f.relaxed_promise > self.oracle.eps]
        stuck = sorted(stuck, key=lambda f: -f.relaxed_promise)[: top if self.large else len(stuck)]
        values = self.oracle.relaxed_values([f.group.relief(TEN) for f in stuck])
        for f, value in zip(stuck, values, strict=True):
            f.relaxed_ten = self._over(value, self._relaxed_base())

    def _over(self, value: float, base: float) -> float:
        """Return a gain; one that is too small to count is none."""
        return value - base if value - base > self.oracle.eps else 0.0

    def _relaxed_base(self) -> float:
        value = self.base["relaxed"].objective
        return np.inf if value is None else value

    def certify_first(self, most: int) -> None:
        """Search for the certified gain at +10 % of the first limits, and for a closer bound of the plan itself."""
        first = [self.found[id] for id in self.top[:most]]
        reliefs = [NO_RELIEF, *(f.group.relief(TEN) for f in first)]
        batch = self.oracle.effort.workers
        for at in range(0, len(reliefs), batch):
            with self.oracle.budget.part(share=batch / max(len(reliefs) - at, batch)):
                self.oracle.certify(reliefs[at : at + batch])
        for f, gain in zip(first, self.oracle.gains(reliefs[1:]), strict=True):
            f.ten = gain

    def step(self) -> None:
        """Ask for the finite steps of the limits that gain most; on a small program of the others what status needs.

        The first three also get ranges of their prices, the curve (its corners on a small program), and the average
        price.
        """
        others = [] if self.large else [f.id for f in self.ranked if f.id not in self.top]
        for ids, steps in ((self.top, STEPS), (others, (TEN, LIFTED))):
            for first in range(0, len(ids), BATCH):
                some = [self.found[id] for id in ids[first : first + BATCH]]
                with self.oracle.budget.attempt(f"finite steps of {', '.join(f.group.label for f in some)}"):
                    self._steps(some, steps)
        for id in self.top[:CURVES]:
            with self.oracle.budget.attempt(f"the curve of {self.found[id].group.label}"):
                self._curves(self.found[id])

    def _steps(self, some: Sequence[Found], steps: Sequence[Step]) -> None:
        gains = self.oracle.gains([f.group.relief(step) for step in steps for f in some])
        for n, f in enumerate(some):
            own = gains[n :: len(some)]
            f.steps = tuple(self._step(f, step, gain) for step, gain in zip(steps, own, strict=True))
            f.lifted = own[-1]
            f.runs = tuple(dict.fromkeys(run for gain in own for run in gain.runs))
            f.ten = f.ten or own[steps.index(TEN)]

    def _step(self, f: Found, step: Step, gain: Gain) -> records.Step:
        runs = [self.oracle.runs[n] for n in gain.runs]
        tops = [run.hi for run in runs if run.question == "relaxed"]
        relaxed = self._over(tops[0], self._relaxed_base()) if tops else None
        return records.Step(
            step.label, mean_amount(f.group, step), self._over(gain.plan, 0.0), certified(gain), relaxed
        )

    def _curves(self, f: Found) -> None:
        direction = self.oracle.problem.direction(f.id)
        f.ranges = with_ranges(self.oracle, [direction], [f.price.whole])[0]
        f.relaxed_price = prices(self.oracle, [direction], "relaxed")[0]
        size = float(f.group.base[np.isfinite(f.group.base)].mean()) if np.isfinite(f.group.base).any() else 0.0
        if size <= 0 or (f.lifted is not None and f.lifted.hi <= self.oracle.eps):
            return
        if self.large:
            f.curve = self._points(f)
            return
        by_base = f.group.by(np.where(np.isfinite(f.group.base), f.group.base, 0.0), f.group.label)
        curve = trace(self.oracle, by_base, CURVE, "fixed")
        f.curve = tuple(records.CurvePoint(t, value, None, self._next(by_base, t)) for t, value in curve.breakpoints)
        if not self.large:
            f.average = self._average(direction, CURVE * size)

    def _points(self, f: Found) -> tuple[records.CurvePoint, ...]:
        """Return the curve of a large program at the finite steps: it has thousands of corners, a program each."""
        gains = {s.share: known.plan_gain for s, known in zip(STEPS, f.steps, strict=False) if 0 < s.share <= CURVE}
        base = self.oracle.base.lo
        return tuple(records.CurvePoint(t, base + gain, None, "") for t, gain in sorted({0.0: 0.0, **gains}.items()))

    def _next(self, direction: Relief, t: float) -> str:
        """Return the limit whose worth rises most at a corner of the curve; empty where none does."""
        if not 0 < t < CURVE:
            return ""
        small = STEP * CURVE
        before, after = self.oracle.ask([partial(linear, "fixed", direction.times(t + d)) for d in (-small, small)])
        rise = {
            f.id: slope(after, f.group.relief(TEN)) - slope(before, f.group.relief(TEN))
            for f in self.found.values()
            if f.group.relief(TEN).key != direction.times(0.1).key
        }
        best = max(rise, key=lambda id: rise[id], default=None)
        return self.label(best) if best is not None and rise[best] > self.oracle.eps else ""

    def _average(self, direction: Relief, most: float) -> records.Average:
        price = average_price(self.oracle, direction, most)
        first = first_gain(self.oracle, direction, most)
        last = None if first is None else saturation(self.oracle, direction, most)
        ends = [None if i is None or not np.isfinite(i.hi) else i.hi for i in (first, last)]
        return records.Average(price.lo, price.at or 0.0, *ends)

    def lead(self) -> None:
        """Ask what relief by 10 % earns after its own lead time, and for the first until when it may be ordered."""
        for n, id in enumerate(self.top):
            f = self.found[id]
            with self.oracle.budget.attempt(f"relief of {f.group.label} after its lead time"):
                self._lead(f, full=n < CURVES or not self.large)

    def _lead(self, f: Found, full: bool) -> None:
        lever = quickest(f.group.levers, self.facts.first)
        periods = tuple(sorted({int(t) for t in f.group.periods if t >= 0}))
        if not periods:
            f.relief = AfterLead("", None, f.gain, None, None, False)
            return

        def earns(at: tuple[int, ...]) -> float:
            return over(self.oracle, self.oracle.plan_value(f.group.in_periods(at).relief(TEN)))

        f.relief = after_lead(earns, periods, lever, f.plan_ten) if full else _once(earns, periods, lever, f)
        if lever is not None and not self.large:
            f.late = self.oracle.gain(f.group.from_period(lever[1]).relief(TEN))
        f.plan_after = self.oracle.ask([partial(linear, "fixed", f.group.relief(TEN))])[0].x

    def whole(self, most: int) -> tuple[records.WholeThing, ...]:
        """Give the plan one and two more of the whole things that its prices promise most."""
        periods = self.oracle.problem.reportable or tuple(range(self.plan.net.n_periods))
        price = self.base["fixed"].row_price if self.found else None
        if price is None:
            return ()
        chosen = most_promising(things(self.plan.tables, periods), price, most)
        values = self.oracle.plan_values([thing.relief for thing in chosen])
        exact = self.oracle.gains([t.relief for t in chosen]) if not self.large else [None] * len(chosen)
        labels = [p.label for p in self.plan.net.periods]
        discount = [p.discount for p in self.plan.net.periods]
        whole = [
            records.WholeThing(
                unit=t.unit.id,
                name=t.unit.name,
                owner=t.unit.tags.owner,
                period=labels[t.period],
                count=t.count,
                plan_gain=over(self.oracle, value) if np.isfinite(value) else None,
                certified=None if gain is None else certified(gain),
                cost=None if t.unit.cost is None else t.count * float(t.unit.cost[0]) * discount[0],
            )
            for t, value, gain in zip(chosen, values, exact, strict=True)
        ]
        return tuple(sorted(whole, key=lambda w: -(w.plan_gain or 0.0)))


def _once(
    earns: Callable[[tuple[int, ...]], float], periods: tuple[int, ...], lever: tuple[str, int] | None, f: Found
) -> AfterLead:
    """Return relief after its lead time without the search for the last date to order."""
    present = f.plan_ten or 0.0
    if lever is None:
        return AfterLead("", None, present, None, None, False)
    unit, lead = lever
    left = tuple(t for t in periods if t >= lead)
    late = min(earns(left), present) if left else 0.0
    return AfterLead(unit, lead, present, late, None, late <= 0.0 < present)

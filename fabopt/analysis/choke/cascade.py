r"""The cascade (F10): what binds, what binds next, and next.

The limit with the largest gain is moved; then the one with the largest gain on top of it, and so on. Where none gains
alone, the cheapest minimal set that gains together is moved at once. The steps telescope: their gains sum to the value
at the end less the base. The order matters, so each step carries the gain that its limits have standing alone.

Which limit has the largest gain is found without valuing them all: the relaxation bounds every gain from above, and
limits are valued in the order of that bound until the next bound is below the best gain found.

The cascade ends when nothing gains any more, when the limit that was moved is demand (the chain then makes all that
anybody wants), when value has no limit left, at the depth that was asked for, or when the time is up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fabopt.analysis.choke.joint import marco
from fabopt.analysis.choke.oracle import BATCH, Basis, Gain, Oracle
from fabopt.analysis.frames import frame_of
from fabopt.plan.groups import LIFTED, LimitGroup, Relief, Step
from fabopt.plan.problem import Interval
from fabopt.solve.budget import OutOfTimeError

if TYPE_CHECKING:
    import pandas as pd

End = Literal["nothing gains", "demand is met", "no limit is left", "depth", "undecided", "time"]


@dataclass(frozen=True, slots=True)
class CascadeStep:
    """One step of the cascade.

    Attributes
    ----------
    members
        Ids of the limits that are moved: one, or several that only gain together.
    before, after
        Value before and after.
    gain
        Gain of the step, of the best plans known; the gains of all steps sum to the gain of the cascade.
    alone
        Gain of the same limits without the steps before.
    cost
        What it costs to move them; None where no cost was given.
    lead
        Periods until the quickest lever of the slowest of them acts; None where one of them has no lever.
    decided
        Whether it is proven that no other single limit gains more at this point.
    """

    members: tuple[str, ...]
    before: Interval
    after: Interval
    gain: float
    alone: Gain
    cost: float | None
    lead: float | None
    decided: bool

    @property
    def proven(self) -> Interval:
        """What is proven of the gain of the step."""
        return self.after.over(self.before)


@dataclass(frozen=True, slots=True)
class Cascade:
    """The steps in order, and why there is no further one."""

    steps: tuple[CascadeStep, ...]
    end: End

    @property
    def frame(self) -> pd.DataFrame:
        """One row a step."""
        return frame_of(
            [
                {
                    "step": i, "members": " + ".join(s.members), "before": s.before.lo, "after": s.after.lo,
                    "gain": s.gain, "proven_lo": s.proven.lo, "proven_hi": s.proven.hi, "alone_lo": s.alone.lo,
                    "alone_hi": s.alone.hi, "cost": s.cost, "lead": s.lead, "decided": s.decided,
                }
                for i, s in enumerate(self.steps, 1)
            ]
        )  # fmt: skip


def cascade(
    oracle: Oracle,
    ids: Sequence[str],
    step: Step = LIFTED,
    *,
    depth: int = 10,
    basis: Basis = "certified",
    costs: Mapping[str, float] | None = None,
    most: float = 50,
) -> Cascade:
    """Return what binds, and what binds next.

    Parameters
    ----------
    oracle
        With the plan.
    ids
        Groups that may be moved.
    step
        By how much each is moved.
    depth
        Most steps.
    basis
        ``plan``: with the integers of the plan held.
    costs
        Cost of moving each group by the step; decides among minimal sets.
    most
        Most questions of a search for a minimal set.
    """
    search = _Search(oracle, step, basis, costs or {}, most)
    left, steps = list(ids), list[CascadeStep]()
    relief, value = oracle.problem.relief([], step), search.base
    while len(steps) < depth:
        try:
            cascade = search.single(relief, value, left) or search.several(relief, value, left)
            if cascade is None:
                return Cascade(tuple(steps), "undecided" if search.open else "nothing gains")
            members, after, decided = cascade
            steps.append(search.record(members, value, after, decided))
        except OutOfTimeError:
            return Cascade(tuple(steps), "time")
        if all(_is_demand(oracle.problem.group(id)) for id in members):
            return Cascade(tuple(steps), "demand is met")
        if np.isinf(after.lo):
            return Cascade(tuple(steps), "no limit is left")
        left = [id for id in left if id not in members]
        relief, value = relief + oracle.problem.relief(members, step), after
    return Cascade(tuple(steps), "depth")


Choice = tuple[tuple[str, ...], Interval, bool]


class _Search:
    """Finds the next step."""

    def __init__(self, oracle: Oracle, step: Step, basis: Basis, costs: Mapping[str, float], most: float) -> None:
        self.oracle, self.step, self.basis, self.costs = oracle, step, basis, costs
        self.most = most
        self.base = oracle.base if basis == "certified" else oracle.values([oracle.problem.relief([], step)], basis)[0]
        self.open = False

    def more(self, relief: Relief, ids: Sequence[str]) -> Relief:
        """Return a relief with a step of more limits."""
        return relief + self.oracle.problem.relief(ids, self.step)

    def single(self, relief: Relief, value: Interval, left: Sequence[str]) -> Choice | None:
        """Return the limit with the largest gain, or None where none is known to gain."""
        wider = [self.more(relief, [id]) for id in left]
        bound = dict(zip(left, self._bounds(wider), strict=True))
        order = sorted(range(len(left)), key=lambda i: -bound[left[i]])
        known: dict[str, Interval] = {}
        best: str | None = None
        batch = BATCH
        for first in range(0, len(order), batch):
            some = order[first : first + batch]
            floor = value.lo if best is None else known[best].lo
            if bound[left[some[0]]] <= floor + self.oracle.eps:
                break
            for i, gain in zip(some, self.oracle.values([wider[i] for i in some], self.basis), strict=True):
                known[left[i]] = gain
                if gain.lo > value.lo + self.oracle.eps and (best is None or gain.lo > known[best].lo):
                    best = left[i]
        if best is None:
            self.open = any(i.hi > value.lo + self.oracle.eps for i in known.values())
            return None
        others = [known[id].hi if id in known else bound[id] for id in left if id != best]
        return (best,), known[best], max(others, default=-np.inf) <= known[best].lo + self.oracle.eps

    def _bounds(self, reliefs: Sequence[Relief]) -> list[float]:
        if self.basis == "plan":
            return [np.inf] * len(reliefs)
        return self.oracle.relaxed_values(reliefs)

    def several(self, relief: Relief, value: Interval, left: Sequence[str]) -> Choice | None:
        """Return the cheapest minimal set that gains together (of equals the one that gains most), or None."""
        goal = value.hi + self.oracle.eps

        def reaches(names: frozenset[str]) -> bool | None:
            wider = self.more(relief, [id for id in left if id in names])
            if self.basis == "plan":
                return self.oracle.plan_value(wider) >= goal
            return self.oracle.improves(wider, goal)

        sets = marco(left, reaches, self.most)
        self.open = self.open or not sets.complete
        if not sets.reaching:
            return None
        values = self.oracle.values([self.more(relief, s.members) for s in sets.reaching], self.basis)
        cheap = [sum(self.costs.get(id, 0.0) for id in s.members) for s in sets.reaching]
        first = min(range(len(values)), key=lambda i: (cheap[i], -values[i].lo, len(sets.reaching[i].members)))
        return sets.reaching[first].members, values[first], sets.complete

    def record(self, members: tuple[str, ...], before: Interval, after: Interval, decided: bool) -> CascadeStep:
        """Return the step in which some limits were relieved, from the certified values before and after it."""
        groups = [self.oracle.problem.group(id) for id in members]
        leads = [_lead(group) for group in groups]
        known = [self.costs[id] for id in members if id in self.costs]
        return CascadeStep(
            members=members,
            before=before,
            after=after,
            gain=after.lo - before.lo,
            alone=self._alone(members),
            cost=sum(known) if len(known) == len(members) else None,
            lead=None if any(lead is None for lead in leads) else max(lead for lead in leads if lead is not None),
            decided=decided,
        )

    def _alone(self, members: tuple[str, ...]) -> Gain:
        relief = self.oracle.problem.relief(members, self.step)
        if self.basis == "certified":
            return self.oracle.gain(relief)
        plan = max(0.0, self.oracle.plan_value(relief) - self.base.lo)
        return Gain(relief, plan, plan, plan, "undecided", 0.0, ())


def _is_demand(group: LimitGroup) -> bool:
    """Return whether it is what somebody wants at most; what is required at least is a different limit."""
    return group.kind == "demand" and bool(np.all(group.row_sign > 0))


def _lead(group: LimitGroup) -> float | None:
    return min((lever.lead for lever in group.levers), default=None)

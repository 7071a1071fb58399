r"""How sure the choke point is: draws from the ranges of the data, and the change that dethrones it.

**Draws** of the data (:mod:`fabopt.analysis.draws.engine`) are priced again, each limit relieved by 10 %: how often a
limit ranks first and among the first three, and how its gain is spread.

**Dethroning.** Of the numbers whose draws go with the lead of the first over the second (Spearman's rank correlation),
the strongest are moved alone, to the end of the range that takes the lead away; where another limit is first there,
bisection finds the smallest change that does it. It is the smallest of those that were tried, and it is said how many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fabopt.analysis.choke.records import Dethrone, Draws, Stability
from fabopt.analysis.choke.reprice import Repriced
from fabopt.analysis.draws.distributions import uniform
from fabopt.analysis.draws.engine import Quantiles, Spread, couplings, moved, quantiles, spreads
from fabopt.analysis.draws.indices import rank_correlation
from fabopt.domain.instance import Instance
from fabopt.io.tree import Tree
from fabopt.network.tables import Array
from fabopt.plan.plan import Plan
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.work.executor import Executor, InProcess, Job

TRIED = 4
"""How many numbers are moved alone in search of one that dethrones."""

LATE = "late"
"""What became of a draw for which there was no time."""

HALVINGS = 5
"""Bisections of a change that dethrones: to about 3 % of the range."""

Gains = Callable[[Instance], Mapping[str, float] | None]
"""Gains at +10 % by limit group of an instance; None where it has no plan with the integers held.

An :class:`~fabopt.solve.budget.OutOfTimeError` says that there was no time to find out."""

Draw = tuple[str, Quantiles, Mapping[str, float], int]
"""What became of a draw, where its numbers stand, its gains by group, and how many numbers went back."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the draws gave: the quantiles that stood, and the gains by group, one row a draw that has a plan."""

    quantiles: tuple[Quantiles, ...]
    groups: tuple[str, ...]
    gains: Array
    asked: int
    refused: int
    without_plan: int
    put_back: int


class Drawing:
    """Draws the data of an instance and asks for the gains.

    Parameters
    ----------
    tree, data
        The instance.
    gains
        Gains of an instance.
    seed
        The seed.
    budget
        Time for all draws: none is begun in less time than the longest has taken so far.
    """

    def __init__(self, tree: Tree, data: Instance, gains: Gains, seed: int, budget: TimeBudget) -> None:
        self.tree, self.data, self.gains, self.seed, self.budget = tree, data, gains, seed, budget
        self.spreads = spreads(tree, data)
        self.couplings, self.longest = couplings(data, self.spreads), 0.0

    def __call__(self, number: int) -> Draw:
        """Return the draw of a number."""
        at = quantiles(self.spreads, self.seed, number, self.couplings)
        if self.budget.over or self.budget.left < self.longest:
            return LATE, at, {}, 0
        began = self.budget.spent
        drawn = moved(self.tree, self.data, self.spreads, at)
        if drawn is None:
            return "refused", at, {}, 0
        instance, back = drawn
        try:
            found_gains = self.gains(instance)
        except OutOfTimeError:
            return LATE, at, {}, 0
        self.longest = max(self.longest, self.budget.spent - began)
        kept = {path: q for path, q in at.items() if path not in back}
        if found_gains is None:
            return "without plan", kept, {}, len(back)
        return "stood", kept, found_gains, len(back)


@dataclass(frozen=True, slots=True)
class Source:
    """What a worker elsewhere makes draws of: the plan, and what is asked of each draw.

    Attributes
    ----------
    plan
        The plan, with what another process needs of it (:meth:`fabopt.plan.plan.Plan.light`).
    periods, always
        Positions of the periods that count, and ids of the groups whose gain is always asked.
    seed
        The seed.
    seconds
        Time for all draws.
    """

    plan: Plan
    periods: tuple[int, ...]
    always: tuple[str, ...]
    seed: int
    seconds: float


def elsewhere(source: Source) -> Drawing:
    """Return what makes draws in another process."""
    plan, budget = source.plan, TimeBudget(source.seconds)
    gains = Repriced(plan.solved, source.periods, source.always, budget)
    return Drawing(plan.tree, plan.data, gains, source.seed, budget)


def _here(drawing: Drawing) -> Drawing:
    return drawing


def sample(
    drawing: Drawing,
    groups: Sequence[str],
    count: int,
    executor: Executor | None = None,
    source: Source | None = None,
) -> Sample:
    """Draw the data and ask for the gains.

    Parameters
    ----------
    drawing
        What makes a draw here.
    groups
        Ids of the limit groups that are ranked.
    count
        Number of draws.
    executor
        Where draws are made; in this process, one after the other, when left out.
    source
        Of what another process makes them, where they are made there.
    """
    job: Job[Any, int, Draw] = Job("draw", _here, drawing) if source is None else Job("draw", elsewhere, source)
    drawn = dict[int, Draw]()
    with (executor or InProcess()).crew(job) as crew:
        for number, draw in crew.run(range(count)):
            drawn[number] = draw
            if drawing.budget.cancelled:
                break
    done = [drawn[number] for number in sorted(drawn) if drawn[number][0] != LATE]
    stood = [d for d in done if d[0] == "stood"]
    return Sample(
        quantiles=tuple(d[1] for d in stood),
        groups=tuple(groups),
        gains=np.array([[d[2].get(g, 0.0) for g in groups] for d in stood]).reshape(len(stood), len(groups)),
        asked=len(done),
        refused=sum(d[0] == "refused" for d in done),
        without_plan=sum(d[0] == "without plan" for d in done),
        put_back=sum(d[3] for d in stood),
    )


def stability(drawn: Sample) -> dict[str, Stability]:
    """Return how each group fares over the draws; empty where none stood."""
    if not len(drawn.gains):
        return {}
    order = np.argsort(-drawn.gains, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    low, median, high = np.percentile(drawn.gains, (10, 50, 90), axis=0)
    return {
        group: Stability(
            first=float(np.mean((rank[:, i] == 0) & (drawn.gains[:, i] > 0))),
            top3=float(np.mean((rank[:, i] < 3) & (drawn.gains[:, i] > 0))),
            low=float(low[i]),
            median=float(median[i]),
            high=float(high[i]),
        )
        for i, group in enumerate(drawn.groups)
    }


def summary(drawn: Sample, seed: int, wanted: int, change: Dethrone | None, tried: int) -> Draws:
    """Return the record of the draws with what a reader must know of them."""
    notes = []
    if drawn.asked < wanted:
        notes.append(f"Time allowed {drawn.asked} of {wanted} draws.")
    if drawn.refused:
        notes.append(f"{drawn.refused} draws broke the rules of the instance and were given up.")
    if drawn.without_plan:
        notes.append(f"{drawn.without_plan} draws have no plan with the integers of this one, or none was found.")
    if drawn.put_back:
        notes.append(
            f"In the others {drawn.put_back:,} numbers went back to their values, for rules would refuse them."
        )
    if tried:
        notes.append(f"{tried} numbers were moved alone in search of one that dethrones.")
    return Draws(drawn.asked, len(drawn.gains), seed, change, tuple(notes))


def strongest(drawn: Sample, first: str, most: int = TRIED) -> tuple[tuple[str, float], ...]:
    """Return the levers whose draws go with the lead of a group over the best other, strongest first.

    Parameters
    ----------
    drawn
        The draws.
    first
        Id of the group.
    most
        How many levers.

    Returns
    -------
    tuple of (lever, quantile)
        The quantile is the end of the range towards which the lead falls.
    """
    i = drawn.groups.index(first)
    if len(drawn.gains) < 4 or drawn.gains.shape[1] < 2:
        return ()
    lead = drawn.gains[:, i] - np.delete(drawn.gains, i, axis=1).max(axis=1)
    strongest = []
    for path in dict.fromkeys(p for q in drawn.quantiles for p in q):
        found = rank_correlation(np.array([q.get(path, 0.5) for q in drawn.quantiles]), lead)
        if found:
            strongest.append((path, found))
    strongest.sort(key=lambda item: -abs(item[1]))
    return tuple((path, 0.0 if r > 0 else 1.0) for path, r in strongest[:most])


def dethrone(
    tree: Tree,
    data: Instance,
    gains: Gains,
    first: str,
    candidates: Sequence[tuple[str, float]],
    labels: Mapping[str, str],
) -> tuple[Dethrone | None, int]:
    """Return the smallest change of one number that puts another limit first, and how many numbers were tried.

    Parameters
    ----------
    tree, data, gains
        The instance, and the gains of one.
    first
        Id of the group that is first.
    candidates
        Levers with the quantile towards which they are moved.
    labels
        Label of each group.
    """
    spreads_by_path = {spread.path: spread for spread in spreads(tree, data)}
    best: Dethrone | None = None
    tried = 0
    for path, end in candidates:
        try:
            change = _smallest(tree, data, gains, first, spreads_by_path[path], end)
        except OutOfTimeError:
            break
        tried += 1
        if change is not None and (best is None or abs(change[0]) < abs(best.change)):
            best = Dethrone(path, change[0], labels.get(change[1], change[1]))
    return best, tried


def _smallest(
    tree: Tree, data: Instance, gains: Gains, first: str, spread: Spread, end: float
) -> tuple[float, str] | None:
    """Return the smallest change, as a share of the value, that puts another group first, and which."""
    q = spread.quantity
    low, high, _ = q.range_of(q.points[0])
    middle = 0.0 if not low < high else (q.value - low) / (high - low)
    spread = replace(spread, distribution=uniform)  # moved between the ends of its range, not drawn

    def leader(at: float) -> str | None:
        drawn = moved(tree, data, (spread,), {spread.path: at})
        after = None if drawn is None or drawn[1] else gains(drawn[0])
        return max(after, key=lambda g: after[g]) if after else None

    there = leader(end)
    if there is None or there == first:
        return None
    near, far = middle, end
    for _ in range(HALVINGS):
        half = (near + far) / 2
        other = leader(half)
        if other is not None and other != first:
            far, there = half, other
        else:
            near = half
    value = uniform(far, low, q.value, high)
    return (value / q.value - 1.0 if q.value else 0.0), there

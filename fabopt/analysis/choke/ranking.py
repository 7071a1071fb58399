"""The one ranking of what holds a plan back: by what 10 % more of a limit in every counted period adds to the plan.

Classes of limits that take each other's place are ranked as one. Gains are those of the plan with its integers held,
asked in the order of what the prices promise (a price bounds a gain from above) until no other limit can be among the
first. `solve`, `show`, `choke` and `memo` all rank by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from fabopt.analysis.choke.bench import Effort, linear
from fabopt.analysis.choke.derivative import slope
from fabopt.analysis.choke.oracle import BATCH, Oracle
from fabopt.analysis.choke.timeline import counted
from fabopt.errors import StudyError
from fabopt.model.words import record_of
from fabopt.network.tables import Network
from fabopt.plan.groups import NO_RELIEF, LimitGroup, Relief, percent
from fabopt.plan.plan import Plan
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.ranked import Ranked
from fabopt.solve.session import Outcome, SolverError

TEN = percent(10)

FIRST = 10
"""How many limits of a ranking are sure to be those that gain most."""

FIRST_LARGE = 5
"""The same where a large program is only shown."""

AT_ONCE = 2
"""How many of them are asked at a time of a large program; the answers do not depend on it."""

MOST_OF_YEAR = 12
"""Most limits that are asked for their gain of one year."""


def over(oracle: Oracle, value: float) -> float:
    """Return what a value gains over the plan's; a gain that is too small to count is none."""
    gain = value - oracle.base.lo
    return gain if gain > oracle.eps else 0.0


def place(gain: float) -> float:
    """Return a gain as ranks have it: what differs by rounding alone is equal."""
    return float(f"{gain:.9e}")


def promises(base: Outcome, reliefs: Mapping[str, Relief]) -> dict[str, float]:
    """Return what the prices of a plan promise of reliefs, at most."""
    return {id: max(slope(base, relief), 0.0) for id, relief in reliefs.items()}


def screened(
    oracle: Oracle, base: Outcome, groups: Iterable[LimitGroup], top: int, large: bool
) -> Iterator[dict[str, float]]:
    """Yield gains at +10 %, integers held, of the limits that gain most, as they are asked.

    Parameters
    ----------
    oracle
        With the plan.
    base
        The linear program of the plan.
    groups
        Limits with their entries in the periods that count.
    top
        How many capacities are sure to be among them.
    large
        Whether limits are asked a few at a time, and at most four times ``top``; else all.
    """
    by_id = {g.id: g for g in groups}
    promise = promises(base, {id: g.relief(TEN) for id, g in by_id.items()})
    order = sorted(promise, key=lambda id: -promise[id])
    batch, most = (BATCH, 4 * top) if large else (max(len(order), 1), len(order))
    gains: dict[str, float] = {}
    for first in range(0, most, batch):
        some = order[first : first + batch]
        known = sorted((gain for id, gain in gains.items() if not by_id[id].obligation), reverse=True)[:top]
        if not some or (len(known) == top and promise[some[0]] <= known[-1]):
            break
        values = oracle.plan_values([by_id[id].relief(TEN) for id in some])
        new = {id: over(oracle, value) for id, value in zip(some, values, strict=True)}
        gains |= new
        yield new


def years_of(net: Network, periods: Iterable[int]) -> dict[str, list[int]]:
    """Return the positions of periods by calendar year."""
    years: dict[str, list[int]] = {}
    for t in periods:
        years.setdefault(str(net.periods[t].start.year), []).append(t)
    return years


def of_year(oracle: Oracle, base: Outcome, groups: Iterable[LimitGroup], own: Sequence[int]) -> list[tuple[str, float]]:
    """Return which limits gain what from 10 % more in some periods alone, the most first.

    They are asked in the order of what the prices promise, until no other can gain more than the best.
    """
    reliefs = {g.id: g.only(np.isin(g.periods, own)).relief(TEN) for g in groups}
    promise = promises(base, {id: relief for id, relief in reliefs.items() if relief})
    order = sorted((id for id in promise if promise[id] > oracle.eps), key=lambda id: -promise[id])
    gains: dict[str, float] = {}
    for first in range(0, min(len(order), MOST_OF_YEAR), BATCH):
        some = order[first : first + BATCH]
        if gains and promise[some[0]] <= max(gains.values()):
            break
        values = oracle.plan_values([reliefs[id] for id in some])
        gains |= {id: over(oracle, value) for id, value in zip(some, values, strict=True)}
    return sorted(((id, gain) for id, gain in gains.items() if gain > 0), key=lambda pair: -place(pair[1]))


def ranking(plan: Plan) -> tuple[Ranked, ...]:
    """Return the limits that hold a plan back, those that gain most first; no obligations.

    None where choke points of the plan are not told, or the solver does not find its prices again.
    """
    try:
        plan.of_system("choke points are those of the system's plan")
        return _of(plan)
    except (ResultError, SolverError, StudyError):
        return ()


def _of(plan: Plan) -> tuple[Ranked, ...]:
    solved = plan.solved
    problem = replace(solved.problem.by_class(plan.net), reportable=counted(plan.net).periods)
    large = solved.program.large
    effort = Effort(workers=AT_ONCE if large else 1, seed=solved.options.seed)
    groups = {g.id: g for g in problem.movable}
    capacities = [g for g in groups.values() if not g.obligation]
    gains: dict[str, float] = {}
    with Oracle(problem, effort, basis=solved.basis) as oracle:
        base = oracle.ask([partial(linear, "fixed", NO_RELIEF)])[0]
        for some in screened(oracle, base, capacities, FIRST_LARGE if large else FIRST, large):
            gains |= some
    ranked = sorted((id for id in gains if gains[id] > 0), key=lambda id: -place(gains[id]))
    return tuple(_ranked(plan.net, base, groups[id], gains[id]) for id in (ranked[:FIRST_LARGE] if large else ranked))


def _ranked(net: Network, base: Outcome, group: LimitGroup, gain: float) -> Ranked:
    labels = [p.label for p in net.periods]
    priced = [
        t for n, t in enumerate(group.periods.tolist())
        if t >= 0 and slope(base, group.only(np.arange(len(group)) == n).relief(TEN)) > 0.0
    ]  # fmt: skip
    return Ranked(
        id=group.id,
        label=group.label,
        owner=group.owner,
        first=labels[min(priced)] if priced else "",
        last=labels[max(priced)] if priced else "",
        price=slope(base, group.by(np.ones(len(group)))),
        per=record_of(group.family).per_unit(group.unit),
        members=len(group.parts),
        gain=gain,
    )

"""From a plan to what all plans nearly as good have in common, and how far they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.analysis.alternatives.band import Band
from fabopt.analysis.alternatives.measures import Measure, decisions, mixes
from fabopt.analysis.alternatives.records import Alternatives, Change, Mix, Other, Spread
from fabopt.domain.names import display_names
from fabopt.domain.tolerances import SHOWN
from fabopt.errors import StudyError
from fabopt.network.tables import Array, Network
from fabopt.plan.plan import Plan
from fabopt.plan.problem import Interval
from fabopt.solve.budget import TimeBudget


@dataclass(frozen=True, slots=True)
class AlternativesOptions:
    """What is asked of the alternatives.

    Attributes
    ----------
    within
        Share of the objective that a plan may be worse.
    until
        Label of the last period whose orders count; empty: all.
    seconds
        Longest search of one question.
    """

    within: float = 0.01
    until: str = ""
    seconds: float = 20.0


BOUNDED, ASKED = 0.6, 0.9
"""Shares of the time by which measures are bounded, and by which their least and most are searched."""


def alternatives(plan: Plan, asked: AlternativesOptions, budget: TimeBudget | None = None) -> Alternatives:
    """Return what is known of the plans nearly as good as one that was solved.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    budget
        Time for it; without end when left out. What it did not allow is listed.

    Raises
    ------
    StudyError
        If the share or the period makes no sense, or the result is seen from one party's perspective.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    if not 0 <= asked.within < 1:
        raise StudyError(f"Plans may be worse by a share from 0 to below 1, not by {asked.within:g}.")
    solved, budget = plan.of_system("alternatives are those of the system's plan").solved, budget or TimeBudget()
    band = Band(solved, asked.within, asked.seconds, budget)
    orders = decisions(solved.tables, _position(solved.net, asked.until))
    groups = mixes(solved.tables, display_names(plan.data))
    bounded: list[Measure] = []
    others: dict[int, tuple[Other, ...]] = {}
    with budget.catching_signals():
        with budget.stage("bounds", until=BOUNDED):
            first = sorted(orders, key=lambda m: m.kind != "contract")
            for measure in (*first, *(m for members in groups for m in members)):
                if not budget.over:
                    band.bound(measure)
                    bounded.append(measure)
        with budget.part(until=ASKED), budget.timed("least and most"):
            reached = {id(measure): band.spread(measure) for measure in bounded}
        with budget.timed("plans that differ most"):
            for number, members in enumerate(groups):
                if all(id(m) in reached for m in members) and not budget.over:
                    others[number] = _others(band, members, [reached[id(m)] for m in members], orders)

    def spread(measure: Measure) -> Spread:
        return _spread(band, measure, *reached[id(measure)])

    return Alternatives(
        name=plan.name,
        held=plan.held,
        objective=band.worth(solved.x),
        objective_name=solved.options.objective,
        unit=plan.unit,
        within=asked.within,
        allowed=band.allowed,
        exact=band.exact,
        until=asked.until,
        spreads=tuple(spread(m) for m in orders if id(m) in reached),
        mixes=tuple(
            Mix(groups[n][0].kind, groups[n][0].unit, tuple(spread(m) for m in groups[n]), alternatives)
            for n, alternatives in others.items()
        ),
        left_out=(
            *(m.name for m in orders if id(m) not in reached),
            *(f"mix by {members[0].kind}, {members[0].unit}" for n, members in enumerate(groups) if n not in others),
        ),
    )


def _position(net: Network, label: str) -> int:
    labels = [p.label for p in net.periods]
    if not label:
        return len(labels) - 1
    if label not in labels:
        raise StudyError(f"{label!r} is no period of the horizon, which runs from {labels[0]} to {labels[-1]}.")
    return labels.index(label)


def _spread(band: Band, measure: Measure, least: Interval, most: Interval) -> Spread:
    """Return a record; plans that were found after the measure was asked count too."""
    values = [measure.of(x) for x in band.pool]
    return Spread(
        kind=measure.kind,
        id=measure.id,
        name=measure.name,
        what=measure.what,
        unit=measure.unit,
        owner=measure.owner,
        now=values[0],
        least=_told(Interval(least.lo, max(least.lo, min(least.hi, *values))), band.none(measure)),
        most=_told(Interval(min(most.hi, max(most.lo, *values)), most.hi), band.none(measure)),
    )


def _told(interval: Interval, none: float) -> Interval:
    """Return an interval with 0 for an end that is no more than none."""
    return Interval(*(0.0 if abs(end) <= none else end for end in (interval.lo, interval.hi)))


def _others(
    band: Band, members: Sequence[Measure], ends: Sequence[tuple[Interval, Interval]], orders: Sequence[Measure]
) -> tuple[Other, ...]:
    """Return the plan that differs most in a mix, and the one that has least of its largest member."""
    now = np.array([m.of(band.plan.x) for m in members])
    total = float(now.sum())
    low, high = np.array([least.lo for least, _ in ends]), np.array([most.hi for _, most in ends])
    if total <= max(map(band.none, members)) or not (np.isfinite(low).all() and np.isfinite(high).all()):
        return ()
    most = band.farthest(members, np.minimum(low, now), np.maximum(high, now))
    largest = members[int(np.argmax(now))]
    plans = [("differs most", most.x, most.bound), (f"least {largest.name}", band.least(largest), most.bound)]
    others: list[Other] = []
    for how, x, bound in plans:
        if x is None:
            continue
        there = tuple(m.of(x) for m in members)
        moved = float(np.abs(np.array(there) - now).sum()) / (2.0 * total)
        if moved > SHOWN and there not in [other.there for other in others]:
            changes = _changes(band, orders, x)
            others.append(Other(how, band.worth(x), there, moved, max(bound / (2.0 * total), moved), changes))
    return tuple(others)


def _changes(band: Band, orders: Sequence[Measure], other: Array) -> tuple[Change, ...]:
    """Return the orders and contracts in which two plans differ."""
    rows = [(m, m.of(band.plan.x), m.of(other)) for m in orders]
    return tuple(
        Change(m.id, m.name, m.what, m.unit, now, there)
        for m, now, there in rows
        if abs(there - now) > max(SHOWN * abs(now), band.none(m))
    )

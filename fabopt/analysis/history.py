"""Past and plan in one: what was observed before the decision date, what the plan has by year, and published figures.

A history is drawn of every measure of which the section `outcomes` has an observed figure for one value of one tag
(shipments of a designer, IT power of a lab); what all these figures leave out is left out. Flows are those of a
calendar year, or at the pace of the part of it that is known; levels those at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from fabopt.analysis.expectations import values_of
from fabopt.domain.measured import MEASURED, MeasureName, Tagged, TagName, Where
from fabopt.domain.outcomes import Outcome
from fabopt.network.lowering.limits import is_level
from fabopt.network.lowering.measured import Scope
from fabopt.plan.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a history.

    Attributes
    ----------
    measure, tag, unit
        The measure, the tag whose values are told apart, and the unit (a flow: for a year).
    series, year
        Value of the tag, and the calendar year.
    what
        Whether it was observed, is published of the future, or is the plan's.
    value, low, high
        The number with its range; of the plan, the number itself.
    """

    measure: MeasureName
    tag: TagName
    unit: str
    series: str
    year: int
    what: Literal["observed", "published", "plan"]
    value: float
    low: float
    high: float


def history(plan: Plan) -> tuple[Point, ...]:
    """Return what was observed, is published and is planned, by year, of measures with a past."""
    outcomes, start = plan.data.outcomes.values(), plan.net.periods[0].start
    told = {one for one in map(of_one, outcomes) if one is not None}
    past = dict.fromkeys(of_one(one) for one in outcomes if one.observed(start))
    return tuple(point for key in past if key is not None and key in told for point in _points(plan, *key))


def history_frame(points: tuple[Point, ...]) -> pd.DataFrame:
    """Return a history as a frame, a row each."""
    import pandas as pd

    columns = ["measure", "tag", "unit", "series", "year", "what", "value", "low", "high"]
    return pd.DataFrame([[getattr(point, name) for name in columns] for point in points], columns=columns)


def of_one(outcome: Outcome) -> tuple[MeasureName, TagName, Tagged | None] | None:
    """Return the measure and the tag of a figure of one value of one tag, and what it leaves out."""
    named = list(outcome.where.named)
    alone = outcome.ratio_to is None and outcome.added_since is None
    single = len(named) == 1 and len(named[0][1]) == 1
    if not alone or not single or MEASURED[outcome.of].party or MEASURED[outcome.of].after:
        return None
    return outcome.of, named[0][0], outcome.where.not_


def _points(plan: Plan, of: MeasureName, tag: TagName, but: Tagged | None) -> Iterator[Point]:
    scope = Scope(*plan.lowered)
    every = scope.measure(of, [Where.model_validate({"not": but})])
    level, unit, start = is_level(of, every), MEASURED[of].units[0], plan.net.periods[0].start
    for outcome in plan.data.outcomes.values():
        if of_one(outcome) == (of, tag, but) and outcome.since.year == outcome.until.year:
            series, figure = dict(outcome.where.named)[tag][0], outcome.figure
            each = 1.0 if level else a_year(outcome)
            low, high = figure.bounds
            what: Literal["observed", "published"] = "observed" if outcome.observed(start) else "published"
            yield Point(of, tag, unit, series, outcome.until.year, what, each * figure.value, each * low, each * high)
    for values in scope.each((tag,), every.chosen):
        amounts = values_of(plan, scope.measure(of, [Where.model_validate({**values, "not": but})]))
        for year, group in groupby(plan.net.periods, key=lambda period: period.start.year):
            periods = [period for period in group if period.reported]
            if not periods:
                continue
            at = [period.index for period in periods]
            value = amounts[at[-1]] if level else np.sum(amounts[at]) / sum(period.years for period in periods)
            if value or year > start.year:
                yield Point(of, tag, unit, values[tag], year, "plan", float(value), float(value), float(value))


def a_year(outcome: Outcome) -> float:
    """Return what a figure of a flow is multiplied by to be that of a year."""
    if outcome.figure.unit.endswith("/month"):
        return 12.0
    if outcome.figure.unit.endswith("/year"):
        return 1.0
    return DAYS / ((outcome.until - outcome.since).days + 1)

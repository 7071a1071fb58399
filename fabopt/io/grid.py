"""An instance on another grid of time: by month to a date and as it is after it, without writing it again.

Rates, durations, dates and changes *per* a time mean the same on every grid. Three fields of expansions count periods
of the length of the first (`ramp`, `order_every`, `max_per_period`): they are said anew for the new length, so that a
ramp takes as long and so much may be ordered in a time as before. A rule that holds `by: period` holds by the new
ones, and so does a minimum run that is given in periods in a plain network: no instance says how it should be.
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import groupby
from typing import Any

from fabopt.domain.calendar import NOMINAL_YEARS, Calendar, Length, parse_when
from fabopt.domain.expansion import Expansion
from fabopt.domain.instance import Instance
from fabopt.domain.rules_expansions import expansions
from fabopt.errors import UserError
from fabopt.io.load import apply_merge
from fabopt.io.problems import brief
from fabopt.io.tree import Tree

_TO = re.compile(r"\s*(week|month|quarter|half-year|year)s?(?:\s+to\s+(\S+))?\s*")
_FORMS = "write it like 'month', 'month to 2028Q4', or '27 months, 8 quarters'"


class GridError(UserError):
    """An instance cannot be taken on a grid; the message is a full sentence."""


def on_grid(tree: Tree, instance: Instance, grid: str) -> Tree:
    """Return the tree of an instance with other periods.

    Parameters
    ----------
    tree, instance
        The instance.
    grid
        ``month``: the whole horizon by month. ``month to 2028Q4``: by month up to the end of that period, and after it
        in the periods that the instance has. Anything else is taken for ``horizon.periods``: ``27 months, 8 quarters``.

    Raises
    ------
    GridError
        When the date is no end of a period of the instance, or no end of one of the new length.
    InstanceError
        When the periods are none, or do not meet the calendar.
    """
    found = _TO.fullmatch(grid)
    periods = grid if found is None else _stretches(instance.horizon.calendar, found[1], found[2], grid)  # type: ignore[arg-type]
    name = f"grid {grid.strip()}"
    stated = {"period": None} if "period" in tree.raw["horizon"] else {}
    tree = apply_merge(tree, {"horizon": {"periods": periods, **stated}}, name)
    first = re.search(r"[a-z-]+", periods.lower())
    length = "" if first is None else first[0].removesuffix("s")
    if length not in NOMINAL_YEARS:
        return tree  # what it is not is told with the instance
    ratio = instance.horizon.calendar.years[0] / NOMINAL_YEARS[length]
    changed: dict[str, Any] = {}
    for path, expansion in expansions(instance):
        inner = changed
        for part in path:
            inner = inner.setdefault(str(part), {})
        inner |= _counted(expansion, ratio)
    return apply_merge(tree, changed, f"{name}, by period") if ratio != 1.0 and changed else tree


def _stretches(calendar: Calendar, length: Length, until: str | None, grid: str) -> str:
    """Return the stretches of a grid up to the end of a period, and of the instance's own after it."""
    end = calendar.end
    if until is not None:
        try:
            end = parse_when(until, last=True) + timedelta(days=1)
        except ValueError as error:
            raise GridError(f"The grid {brief(grid)} does not end on a date: {error}.") from error
    after = [span for span in calendar.spans if span.start >= end]
    edges = {span.start for span in calendar.spans[1:]} | {calendar.end}
    if end not in edges:
        near = min(edges, key=lambda edge: abs((edge - end).days)) - timedelta(days=1)
        raise GridError(f"The grid {brief(grid)} ends inside a period of the instance; the nearest end is {near}.")
    try:
        new = Calendar(calendar.start, ((1, length),))
    except ValueError as error:
        raise GridError(f"The grid {brief(grid)} does not begin with the horizon: {error}.") from error
    count = new.period_index(end)
    if count < 1 or new.start_of(count) != end:
        raise GridError(f"The grid {brief(grid)} has no {length} that ends where {end - timedelta(days=1)} does.")
    named = {years: word for word, years in NOMINAL_YEARS.items()}
    rest = [f"{len(list(group))} {named[years]}s" for years, group in groupby(span.years for span in after)]
    return ", ".join([f"{count} {length}s", *rest])


def _counted(expansion: Expansion[Any], ratio: float) -> dict[str, Any]:
    """Return what an expansion counts in periods, of which there are `ratio` times as many in a time."""
    finer, coarser = max(1, round(ratio)), max(1, round(1.0 / ratio))
    ramp = [share for share in expansion.ramp[:-1] for _ in range(finer)] + [expansion.ramp[-1]]
    if coarser > 1:
        padded = [*ramp[:-1], *[ramp[-1]] * (-(len(ramp) - 1) % coarser)]
        means = [sum(padded[at : at + coarser]) / coarser for at in range(0, len(padded), coarser)]
        ramp = [*means, ramp[-1]]
    # So much may be ordered at a date: dates keep their distance where periods are finer, and are joined where not.
    every = expansion.order_every * finer
    joined = max(1, coarser // every) if coarser > 1 else 1
    return {
        "ramp": ramp,
        "order_every": max(1, round(every / coarser)),
        "max_per_period": expansion.max_per_period * joined,
    }

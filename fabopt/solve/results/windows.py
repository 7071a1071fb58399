"""Budgets, group limits and integer groups: what the plan has in each of their windows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from fabopt.model.sums import SUMS
from fabopt.network.tables import Array, Budget, GroupLimit, Network, WholeGroup
from fabopt.solve.results.columns import TAG_NAMES
from fabopt.solve.results.decided import decisions, stood_before, term_by_period
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    from fabopt.solve.results.frames import Frames

Group = Budget | GroupLimit | WholeGroup


def window_rows(make: Frames, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `windows`; limits on sums stand as in the table `limits`."""
    net = make.net
    decided = decisions(net, solution)
    sums = (state for state in solution.limits if state.family in SUMS)
    stands = {entity: list(states) for entity, states in groupby(sums, key=lambda state: state.entity)}
    rows: list[dict[str, Any]] = []
    for kind, group, unit, sense, limits in _groups(net):
        states = stands.get(group.id, []) if kind == "group" else []
        used = [state.used for state in states] or _used(make, group, decided)
        stated = [state.limit for state in states] or limits.tolist()
        rows += _rows(make, kind, group, unit, sense, stated, used)
    names = ("id", "name", *TAG_NAMES, "window_kind", "first", "last", "unit", "sense", "limit", "used")
    return {name: [row[name] for row in rows] for name in names}


def _groups(net: Network) -> Iterable[tuple[str, Group, str, str, Array]]:
    """Yield kind, record, unit, sense and limit per window of every group."""
    for budget in net.budgets:
        yield "budget", budget, "M USD", "<=", budget.amount
    for group in net.groups:
        yield "group", group, group.unit, group.sense, group.rhs
    for whole in net.whole_groups:
        yield "whole", whole, whole.unit, "multiple of", np.full(len(whole.windows), whole.lot)


def _used(make: Frames, group: Group, decided: dict[tuple[str, str], Array]) -> list[float]:
    """Return the sum of a group's terms by window."""
    opening = stood_before(make.net)
    parts = [np.zeros(make.net.n_periods), *(term_by_period(term, decided, opening) for term in group.terms)]
    per_period = np.sum(parts, axis=0)
    return [float(sum(per_period[t] for t in window)) for window in group.windows]


def _rows(
    make: Frames,
    kind: str,
    group: Group,
    unit: str,
    sense: str,
    limits: Iterable[float],
    used: Iterable[float],
) -> Iterable[dict[str, Any]]:
    for window, limit, have in zip(group.windows, limits, used, strict=True):
        yield {
            "id": group.id,
            "name": group.name,
            **{name: getattr(group.tags, name) for name in TAG_NAMES},
            "window_kind": kind,
            "first": str(make.labels[min(window)]) if window else "",
            "last": str(make.labels[max(window)]) if window else "",
            "unit": unit,
            "sense": sense,
            "limit": float(limit),
            "used": have,
        }

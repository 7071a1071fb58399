r"""Loops that run on what they make themselves: when they can, and what can be taken out of them.

Nothing of a loop is there before it runs, and in a balance all of a period comes at once: a round of it may begin with
what the same round gives back, or with what is lent. Whether it can is a question of recipes alone. With levels
:math:`x_{a,t} \ge 0` of the activities and orders of a group over the periods of the horizon, stocks :math:`s_{i,t}`
and what is taken out, :math:`z_{i,t}`,

.. math:: z_{i,t} + s_{i,t} \le \sigma_i s_{i,t-1} + \sum_{a,\tau} \mu_{a,i,\tau,t-\tau}\, x_{a,t-\tau}

for each material and capacity :math:`i` and period :math:`t` before there is any of it from elsewhere. Amounts are left
aside, so the plans form a cone, and one linear program finds the largest support of it: the most of
:math:`\sum \min(x, 1) + \sum \min(z, 1)`. A loop that gives back just what it takes runs, and what it makes on the side
can be had, but nothing can be taken out of the loop itself: for that more must come out than goes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fabopt.network.explode import Node
from fabopt.network.links import Links
from fabopt.network.tables import Array

LARGEST = 1e6
"""Largest level in that program: a loop that gains less than its reciprocal a round counts as one without gain."""

_THERE = 0.5  # the largest support has 1 or 0, apart from rounding


@dataclass
class _Program:
    """Columns and entries of the program; a row is a material or capacity (a node) in a period."""

    earliest: Mapping[Node, float]
    upper: list[float] = field(default_factory=list)
    wanted: dict[int, tuple[Node, int]] = field(default_factory=dict)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    row: dict[tuple[Node, int], int] = field(default_factory=dict)

    def column(self, upper: float, effects: Sequence[tuple[Node, int, float]]) -> int:
        """Add a column with its effects on nodes in periods; those on what is there anyway are left out."""
        self.upper.append(upper)
        place = len(self.upper) - 1
        for node, period, amount in effects:
            if period < self.earliest[node]:
                row = self.row.setdefault((node, period), len(self.row))
                self.entries.append((row, place, -amount))
        return place

    def support(self) -> set[tuple[Node, int]]:
        """Return the wanted columns that some plan has, as node and period."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        rows, columns, amounts = zip(*self.entries, strict=True)
        matrix: Any = csr_matrix((amounts, (rows, columns)), shape=(len(self.row), len(self.upper)))
        cost = np.zeros(len(self.upper))
        cost[list(self.wanted)] = -1.0
        bounds = [(0.0, most) for most in self.upper]
        support = linprog(cost, A_ub=matrix, b_ub=np.zeros(len(self.row)), bounds=bounds, method="highs")
        if support.x is None:
            return set(self.wanted.values())  # unknown: nothing is called out of reach
        return {at for place, at in self.wanted.items() if support.x[place] > _THERE}


def running(links: Links, group: Sequence[Node], earliest: Mapping[Node, float]) -> dict[Node, int]:
    """Return what a group of activities and units can begin, and what can be had of it, with the first period of each.

    Parameters
    ----------
    links
        The network.
    group
        Nodes ("activity", id) and ("unit", id).
    earliest
        First period in which there is some of each node ("material", id) and ("resource", id) from elsewhere.
    """
    program = _Program(earliest)
    begun = [(node, period, effects) for node in group for period, effects in _effects(links, node)]
    size: dict[Node, float] = {}
    for _, _, effects in begun:
        for other, _, amount in effects:
            size[other] = max(size.get(other, 0.0), abs(amount))
    for node, period, effects in begun:
        scaled = [(other, at, amount / size[other]) for other, at, amount in effects if amount]
        program.wanted[program.column(1.0, scaled)] = (node, period)
        program.column(LARGEST, scaled)
    if not program.entries:
        return {}
    for node, period in list(program.row):
        program.wanted[program.column(1.0, [(node, period, -1.0)])] = (node, period)
    _stocks(links, program)
    first: dict[Node, int] = {}
    for node, period in program.support():
        first[node] = min(first.get(node, period), period)
    return first


def _stocks(links: Links, program: _Program) -> None:
    """Keep what can be stored, from the first period in which there may be some to the last."""
    touched: dict[str, list[int]] = {}
    for (kind, key), period in program.row:
        if kind == "material" and links.materials[key].storable:
            touched.setdefault(key, []).append(period)
    for key, periods in touched.items():
        node = ("material", key)
        for period in range(min(periods), max(periods)):
            kept = [(node, period, -1.0), (node, period + 1, links.materials[key].kept(links.net.n_periods)[period])]
            program.column(LARGEST, kept)


def _effects(links: Links, node: Node) -> Iterator[tuple[int, list[tuple[Node, int, float]]]]:
    """Yield the periods in which something may begin, with what it does to materials and capacities in which period."""
    kind, key = node
    T = links.net.n_periods
    record = links.activities[key] if kind == "activity" else links.units[key]
    if kind == "unit" and links.units[key].total <= 0:
        return
    for start in range(T):
        if record.upper is not None and record.upper[start] <= 0:
            continue
        does = _does(links, key, start) if kind == "activity" else _adds(links, key, start)
        yield start, [(other, start + age, amount) for other, age, amount in does if start + age < T]


def _does(links: Links, key: str, start: int) -> Iterator[tuple[Node, int, float]]:
    flows = {id(flow): flow for flow in (*links.inputs[key], *links.outputs[key])}
    yield from ((("material", flow.material), flow.age, float(flow.amount[start])) for flow in flows.values())
    yield from ((("resource", use.resource), use.age, -float(use.amount[start])) for use in links.uses[key])


def _adds(links: Links, key: str, start: int) -> Iterator[tuple[Node, int, float]]:
    for part in (*links.parts[key], *links.releases[key]):
        yield ("material", part.material), part.age, float(np.broadcast_to(part.amount, links.net.n_periods)[start])
    effects = {id(effect): effect for effect in (*links.added[key], *links.occupied[key])}
    for effect in effects.values():
        by_age: Array = effect.by_order(links.net.n_periods)[start]
        yield from ((("resource", effect.resource), age, float(by_age[age])) for age in range(by_age.size))

r"""What remains of a plan when a supplier stops: the largest part of the plan that does without it, as rows.

A supplier that stops from period f to period g begins nothing in between: :math:`x'_{a,t} = 0` for what it runs
(`fabopt.network.suppliers`) and :math:`f \le t \le g`; of the last period it stops for a part q only,
:math:`x'_{a,g} \le (1 - q)\, x_{a,g}`. What that touches is found by reachability in the network's
graph: doings and things that lie behind what the supplier runs and before the compute that is measured. For these the
remaining plan :math:`x'` from f on keeps

* :math:`x'_{a,t} \le x_{a,t}`, :math:`y'_{e,t} \le y_{e,t}`: nothing is done beyond the plan;
* the balance of every touched material and the capacity of every resource to which a touched unit adds, with
  :math:`x', y', s'` in place of x, y, s (:mod:`fabopt.model.remainder`).

So a part with two sources depends on each by what the plan takes from it, and what is in work or deployed when the
supplier stops is still there. All is linear; the rows are exact: a remaining plan exists if and only if the plan, with
the supplier stopped and nothing else done, can still be carried out to that extent. Where a touched material has other
takers, the compute that is measured comes first. Whole lots and switches may be cut to a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fabopt.network.links import Links
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.suppliers import Supplier
from fabopt.network.tables import Activity, Array, GroupLimit, Remainder, Tags

if TYPE_CHECKING:
    from fabopt.network.graph import Graph

REMAINS = Tags(stage="resilience", kind="resilience", role="remaining")
"""Tags of what remains of a plan: all limits on the same stop share it."""

Node = tuple[str, str]
"""Kind ("activity", "unit", "material", "resource") and id."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A supplier that begins nothing from the period `first` to the period `last`, of which it stops for a `part`."""

    supplier: Supplier
    first: int
    last: int
    part: float = 1.0


def touched(graph: Graph, stopped: Iterable[Node], measured: Iterable[Node]) -> tuple[frozenset[Node], frozenset[Node]]:
    """Return what lies behind stopped doings (with them), and the part of it that leads to what is measured."""
    import networkx as nx

    behind: set[Node] = set()
    for node in stopped:
        behind |= {node, *nx.descendants(graph, node)}
    before: set[Node] = set()
    for node in measured:
        before |= {node, *nx.ancestors(graph, node)}
    return frozenset(behind), frozenset(behind & before)


@dataclass
class Remaining:
    """The remaining plan under a stop: columns, rows and the sub-network that are added to the network.

    Attributes
    ----------
    stopped
        Activities and units that the supplier runs.
    behind, kept
        What the stop touches, and the part of it that leads to what is measured.
    measured
        Materials that are measured; they have no balance of their own.
    until
        Last period that is looked at.
    label
        What ids and names of the columns begin with.
    """

    links: Links
    stop: Stop
    stopped: frozenset[Node]
    behind: frozenset[Node]
    kept: frozenset[Node]
    measured: frozenset[Node]
    until: int
    label: str
    activities: list[Activity] = field(default_factory=list)
    definitions: list[GroupLimit] = field(default_factory=list)
    columns: dict[Node, str] = field(default_factory=dict)

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self.links.net.n_periods

    def write(self) -> None:
        """Add columns for what is touched, and their rows."""
        for activity in self.links.net.activities:
            self._doing(("activity", activity.id), activity.name, activity.unit, activity.upper)
        for unit in self.links.net.units:
            self._doing(("unit", unit.id), unit.name, unit.unit, unit.upper)
        for material in self.links.net.materials:
            node = ("material", material.id)
            if material.storable and node in self.kept - self.measured:
                upper = self._open(np.full(self.periods, material.stock_limit))
                self._column(node, f"stock of {material.name}", material.unit, upper)

    def part(self) -> Remainder:
        """Return the part of the network in which the remaining plan keeps its balances and capacities."""
        net, kept = self.links.net, self.kept - self.measured
        touched = [("activity", a.id) for a in net.activities] + [("unit", u.id) for u in net.units]
        decided = [(node, self.columns.get(node, "")) for node in touched if node in self.behind]
        stocks = [(node, name) for node, name in self.columns.items() if node[0] == "material"]
        return Remainder(
            self.label,
            self.stop.first,
            self.until,
            tuple(m.id for m in net.materials if ("material", m.id) in kept),
            tuple(r.id for r in net.resources if ("resource", r.id) in kept),
            (*decided, *stocks),
        )

    def made(self, material: str) -> Expression:
        """Return what is made of a material in the remaining plan, by period of arrival."""
        total = Expression()
        for flow in self.links.makers[material]:
            self._split(total, ("activity", flow.activity), flow.age, later(np.maximum(flow.amount, 0.0), flow.age))
        return total

    def _open(self, upper: Array | None) -> Array:
        """Return upper bounds that are zero outside the periods that are looked at."""
        bounds = np.full(self.periods, np.inf) if upper is None else upper.copy()
        bounds[: self.stop.first] = 0.0
        bounds[self.until + 1 :] = 0.0
        return bounds

    def _column(self, node: Node, name: str, unit: str, upper: Array) -> None:
        column = f"{self.label}:{node[0]}:{node[1]}"
        self.columns[node] = column
        self.activities.append(Activity(column, f"{name}, remaining", unit, REMAINS, upper=upper))

    def _doing(self, node: Node, name: str, unit: str, upper: Array | None) -> None:
        """Add the remaining level of an activity, or the remaining orders of a unit: no more than planned."""
        if node not in self.kept:
            return
        bounds = self._open(upper)
        left = np.ones(self.periods)
        if node in self.stopped:
            left[self.stop.first : self.stop.last] = 0.0
            left[self.stop.last] = 1.0 - self.stop.part
            bounds[left == 0.0] = 0.0
        if not bounds.any():
            return
        # The plan's own bound holds through the row; a loose one would only widen the range of numbers.
        self._column(node, name, unit, np.where(bounds > 0.0, np.inf, 0.0))
        terms = Expression()
        terms.add(("activity", self.columns[node], 0), np.ones(self.periods))
        terms.add((node[0], node[1], 0), -left)
        windows = tuple((t,) for t in np.flatnonzero(bounds).tolist())
        self.definitions.append(
            GroupLimit(
                self.columns[node], f"{name}, no more than planned", unit, "<=", windows, np.zeros(len(windows)),
                terms.rows(), REMAINS, family="as_planned",
            )
        )  # fmt: skip

    def _split(self, total: Expression, node: Node, age: int, coefficient: Array) -> None:
        """Add the effect of a doing of a given age, by period of the row: planned before the stop, remaining after.

        What the stop touches without leading to what is measured is not done any more; what it does not touch is done
        as planned.
        """
        if node not in self.behind:
            total.add((*node, age), coefficient)
            return
        after = np.arange(self.periods) - age >= self.stop.first
        total.add((*node, age), np.where(after, 0.0, coefficient))
        if node in self.columns:
            total.add(("activity", self.columns[node], age), np.where(after, coefficient, 0.0))


def later(amount: Array, age: int) -> Array:
    """Return amounts by start as amounts by period of effect; nothing comes from before the horizon."""
    return np.concatenate([np.zeros(min(age, amount.size)), amount[: max(amount.size - age, 0)]])

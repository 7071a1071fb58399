r"""Which of the inputs that differ move the orders: each alone is put into the first plan's instance and solved again.

An order is counted in money, at what a unit of it costs. Of the difference :math:`d` between the orders of two plans
(by unit and period, retirements as less), a change of input that alone makes :math:`d'` explains

.. math:: \sum_k c_k \min(|d_k|, |d'_k|)\,[d_k d'_k > 0] \Big/ \sum_k c_k |d_k| .

Inputs act together, so that shares need not add up to one. The search for each begins with the first plan; where plans
are worth nearly the same, orders may differ without reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fabopt.analysis.compare.pricing import Pricing
from fabopt.analysis.compare.records import Move
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import CLOSE
from fabopt.io.difference import Difference
from fabopt.network.lower import lower
from fabopt.plan.plan import Plan
from fabopt.plan.solved import options_of
from fabopt.solve.budget import TimeBudget
from fabopt.solve.results.folder import Read
from fabopt.solve.run import solve
from fabopt.solve.start import start_plan

Orders = Mapping[tuple[str, str], float]
"""Units ordered, less those retired, by id and period."""

ALL = "all that differs"


class Moves:
    """Finds what moves the orders between two plans.

    Parameters
    ----------
    called
        What the other plan is called.
    first, other
        The plans.
    """

    def __init__(self, called: str, first: Plan, other: Plan) -> None:
        self.called, self.first = called, first
        self.mine, self.theirs = (_orders(plan.table) for plan in (first, other))
        tables = [plan.table("core/units") for plan in (first, other)]
        self.cost = {
            key: abs(cost)
            for table in tables
            for key, cost in zip(zip(table["id"], table["period"], strict=True), table["unit_cost"], strict=True)
        }
        self.name = {id: name for table in tables for id, name in zip(table["id"], table["name"], strict=True)}
        self.difference = _less(self.theirs, self.mine)

    def rows(
        self, changes: Sequence[Difference], data: Instance, pricing: Pricing, most: int, budget: TimeBudget
    ) -> tuple[Move, ...]:
        """Return what each of the first changes moves alone, and before them what all that differs has moved."""
        rows = [self._row(ALL, self.difference)]
        for number, change in enumerate(changes):
            if number >= most:
                rows.append(self._not(change.path, f"Not one of the {most} that were to be solved."))
            elif not budget.allows(f"what {change.path} moves"):
                rows.append(self._not(change.path, "There was no time for it."))
            else:
                with budget.timed(f"orders with {change.path}"):
                    rows.append(self._alone(change, pricing.with_change(change, data), budget))
        return tuple(rows)

    def _alone(self, change: Difference, data: Instance | str, budget: TimeBudget) -> Move:
        if isinstance(data, str):
            return self._not(change.path, data)
        first = self.first
        start = start_plan("the first plan", first.table("core/decisions"))
        net = lower(data, first.run.instance)
        solution = solve(net, options_of(first.run), extra=first.hooks, start=start, budget=budget.sub())
        if not solution.has_plan or solution.orders is None:
            return self._not(change.path, f"With it alone there is no plan ({solution.status}).")
        retired = np.zeros_like(solution.orders) if solution.retired is None else solution.retired
        there = {
            (unit.id, period.label): float(solution.orders[e, period.index] - retired[e, period.index])
            for e, unit in enumerate(net.units)
            for period in net.periods
        }
        return self._row(change.path, _less(there, self.mine))

    def _row(self, path: str, moved: Orders) -> Move:
        worth = {key: self.cost.get(key, 0.0) * abs(amount) for key, amount in moved.items()}
        alike = {
            key: self.cost.get(key, 0.0) * min(abs(amount), abs(moved.get(key, 0.0)))
            for key, amount in self.difference.items()
            if amount * moved.get(key, 0.0) > 0.0
        }
        whole = sum(self.cost.get(key, 0.0) * abs(amount) for key, amount in self.difference.items())
        first = max(moved, key=lambda key: (worth[key], abs(moved[key])), default=None)
        said = "" if first is None else f"{self.name[first[0]]} in {first[1]}: {moved[first]:+,.4g}"
        share = sum(alike.values()) / whole if whole > 0.0 else None
        return Move(self.called, path, len(moved), sum(worth.values()), share, said, "")

    def _not(self, path: str, reason: str) -> Move:
        return Move(self.called, path, None, None, None, "", reason)


def _orders(read: Read) -> Orders:
    units = read("core/units")
    amounts = (units["ordered"] - units["retired"]).tolist()
    return dict(zip(zip(units["id"], units["period"], strict=True), amounts, strict=True))


def _less(one: Orders, other: Orders) -> Orders:
    """Return by how much orders differ, without what differs by rounding alone."""
    less = {}
    for key in dict.fromkeys((*other, *one)):
        a, b = one.get(key, 0.0), other.get(key, 0.0)
        if abs(a - b) > CLOSE * max(abs(a), abs(b), 1.0):
            less[key] = a - b
    return less

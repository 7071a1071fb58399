r"""What every ordered step of capacity costs its owner, and what it earns it at list prices.

A step is an order of capacity by somebody who sells what is made on it: a phase of a fab, a line, a maker's plant, and
the scanners of a fab. It is used for what is made beyond what stands without it and beyond what was ordered before it.

* Cost: all that its owner pays for it, upkeep too, less what it is worth at the end of the horizon; discounted.
* Earned: with :math:`m_a(t)` what the owner is paid for a start of activity a at list prices, less what it costs the
  owner, discounted, and :math:`F_{s}(t)` the share of a capacity's use that falls on the step s,
  :math:`\sum_{a,t} x_a(t)\, m_a(t)\, w_{a,s}\, \bar F_{a,s}(t)`, where :math:`\bar F` is the mean of F over the periods
  in which a start uses the capacity. What needs added capacity of several kinds of one owner (a phase, its scanners) is
  shared among them by their costs: :math:`w`.
* Prepaid: what customers prepay to the owner by contract goes to its steps that earn less than they cost, the earliest
  first.

A step that loses would lose as well when it is ordered a little later, as long as what it would still earn, of the use
that it has in the plan, does not cover what it costs then: so far it is ``closed``.

A step ``earns``, or it is ``prepaid``, or it ``loses``; where its owner is paid for nothing that uses it, it is for its
``own use``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.movements import activity_uses, unit_capacity
from fabopt.network.parties import parties_of, payments_between
from fabopt.network.tables import Array, Network, Payment
from fabopt.solve.results.columns import MONEY, OF_ROW, PERIOD, REPORTED, UNIT, TableSpec, number, text
from fabopt.solve.results.decided import decisions, stood_before, term_by_period
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd

STEPS = ("expansion", "tool_order")
"""Roles of the units that are steps."""

Verdict = Literal["earns", "prepaid", "loses", "own use"]

EARNINGS = TableSpec(
    "earnings",
    "domain",
    "an order of capacity by who sells what is made on it: what it costs its owner, and earns at list prices",
    (
        PERIOD,
        REPORTED,
        text("id", "id of the unit"),
        text("name", "its name"),
        text("owner", "who pays for it and is paid for what is made on it"),
        UNIT,
        number("ordered", OF_ROW, "how much is ordered"),
        number(
            "cost", MONEY, "what its owner pays for it, less what it is worth at the end of the horizon; discounted"
        ),
        number("earned", MONEY, "margin at list prices of what is made on it; discounted"),
        number("prepaid", MONEY, "part of what customers have prepaid that it takes to cover the rest"),
        text("verdict", "earns, prepaid, loses, or own use where its owner is paid for nothing that uses it"),
        text("closed", "of a step that loses, the last period in a row in which it would lose as well; else empty"),
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """An order of capacity: position of its unit, period of the order, what it comes to for its owner, and, where it
    loses, the last period in a row in which it would lose as well.
    """

    unit: int
    period: int
    owner: str
    cost: float
    earned: float
    prepaid: float
    verdict: Verdict
    closed: int | None = None


def earning_rows(net: Network, solution: Solution) -> dict[str, Any]:
    """Return the columns of the table `earnings`, in the order of the units and periods."""
    rows = []
    for step in steps(net, solution):
        unit, period = net.units[step.unit], net.periods[step.period]
        told = (period.label, period.reported, unit.id, unit.name, step.owner, unit.unit)
        ordered = float(solution.orders[step.unit, step.period])
        closed = "" if step.closed is None else net.periods[step.closed].label
        rows.append((*told, ordered, step.cost, step.earned, step.prepaid, step.verdict, closed))
    return {name: [row[n] for row in rows] for n, name in enumerate(EARNINGS.names)}


def steps(net: Network, solution: Solution) -> list[Step]:
    """Return every ordered step of a plan with its verdict.

    Parameters
    ----------
    net, solution
        The network, and a solution with a plan.
    """
    books = _Books(net, solution)
    orders = [
        (n, t)
        for n, unit in enumerate(net.units)
        if unit.tags.role in STEPS
        for t in np.flatnonzero(solution.orders[n] > SAME).tolist()
    ]
    costs = {at: books.cost(*at) for at in orders}
    by_period, sold = books.earned(costs)
    earned = {at: float(earns.sum()) for at, earns in by_period.items()}
    pool = books.prepayments()
    found = []
    for at in sorted(orders, key=lambda at: at[1]):
        owner, short = books.owner[at[0]], costs[at] - earned[at]
        enough = short <= SAME * max(abs(costs[at]), abs(earned[at]))
        given = 0.0 if enough or at[0] not in sold else min(pool.get(owner, 0.0), short)
        covered = short - given <= SAME * abs(costs[at])
        verdict: Verdict = "earns" if enough else "prepaid" if covered else "loses"
        if at[0] not in sold:
            verdict = "own use"
        given = given if verdict == "prepaid" else 0.0
        pool[owner] = pool.get(owner, 0.0) - given
        closed = books.closed(at, by_period[at]) if verdict == "loses" else None
        found.append(Step(*at, owner, costs[at], earned[at], given, verdict, closed))
    return sorted(found, key=lambda step: (step.unit, step.period))


def losing(frame: pd.DataFrame, labels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the steps of the table `earnings` that lose money, or would: id of the unit and period of the order.

    Parameters
    ----------
    frame, labels
        The table, and the labels of all periods in their order.
    """
    rows, place = frame[frame["verdict"] == "loses"], {label: t for t, label in enumerate(labels)}
    return tuple(
        dict.fromkeys(
            (unit, label)
            for unit, first, last in zip(rows["id"], rows["period"], rows["closed"], strict=True)
            for label in labels[place[first] : place[last] + 1]
        )
    )


class _Books:
    """What decisions of a plan cost and bring each party, discounted."""

    def __init__(self, net: Network, solution: Solution) -> None:
        self.net, self.solution = net, solution
        self.discount = np.array([period.discount for period in net.periods])
        self.owner: list[str] = parties_of(net, "unit_at_end").tolist()
        self.bearer: list[str] = parties_of(net, "unit").tolist()
        self.runner: list[str] = parties_of(net, "activity").tolist()
        self.paid: dict[tuple[str, str], list[Payment]] = defaultdict(list)
        for payment in payments_between(net):
            self.paid[payment.term.kind, payment.term.id].append(payment)

    def brings(self, kind: str, key: str, party: str) -> Array:
        """Return what a party is paid, less what it pays, for one of a decision, by the period of the decision [T]."""
        brings = np.zeros(self.net.n_periods)
        for payment in self.paid.get((kind, key), ()):
            if party in (payment.payee, payment.payer):
                money = payment.money
                due = (money.coefficient * self.discount)[money.shift :]
                brings[: len(due)] += due if party == payment.payee else -due
        return brings

    def cost(self, n: int, t: int) -> float:
        """Return what an order costs its owner, less what it is worth to it at the end."""
        return float(self._costs(n, t)[t])

    def _costs(self, n: int, t: int) -> Array:
        """Return what an order of t would cost its owner in each period, less what it is worth to it at the end [T]."""
        unit, owner, T = self.net.units[n], self.owner[n], self.net.n_periods
        amount, placed = float(self.solution.orders[n, t]), float(self.solution.placed[n, t])
        cost = -amount * self.brings("unit", unit.id, owner)
        if self.bearer[n] == owner:
            for each, times in ((unit.cost, amount), (unit.fixed_cost, placed)):
                cost += 0.0 if each is None else times * np.broadcast_to(each, T) * self.discount
        worth = 0.0 if unit.terminal_value is None else np.asarray(unit.terminal_value)
        return np.asarray(cost - amount * self.net.end_discount * worth)

    def closed(self, at: tuple[int, int], earned: Array) -> int:
        """Return the last period in a row in which an order that loses would lose as well.

        Parameters
        ----------
        at, earned
            The order, and what it earns by period of its use [T].
        """
        n, t = at
        costs, there = self._costs(n, t), self._brought(n, t)
        for later in range(t + 1, self.net.n_periods):
            instead = self._brought(n, later)
            share = np.divide(instead, there, out=np.zeros(len(there)), where=there > 0.0)
            if float(np.minimum(share, 1.0) @ earned) >= costs[later]:
                return later - 1
        return self.net.n_periods - 1

    def _brought(self, n: int, t: int) -> Array:
        """Return what one of a unit ordered in t adds to the first capacity that it adds to [T]."""
        T = self.net.n_periods
        effect = next(e for e in self.net.unit_effects if e.unit == self.net.units[n].id and e.gains)
        return np.concatenate([np.zeros(t), np.maximum(effect.by_order(T)[t, : T - t], 0.0)])

    def prepayments(self) -> dict[str, float]:
        """Return what customers prepay by contract, by who is paid."""
        decided, opening = decisions(self.net, self.solution), stood_before(self.net)
        pool: dict[str, float] = defaultdict(float)
        for payments in self.paid.values():
            for payment in payments:
                if payment.kind == "prepayment":
                    pool[payment.payee] += float(self.discount @ term_by_period(payment.money, decided, opening))
        return pool

    def earned(self, costs: dict[tuple[int, int], float]) -> tuple[dict[tuple[int, int], Array], set[int]]:
        """Return what every step earns by period of its use [T], and the units used for what owners are paid for."""
        net, T = self.net, self.net.n_periods
        share, price = self._shares(costs)
        resource = {r.id: n for n, r in enumerate(net.resources)}
        uses: dict[str, dict[int, list[tuple[int, Array]]]] = defaultdict(lambda: defaultdict(list))
        for use in net.uses:
            if resource[use.resource] in share:
                uses[use.activity][resource[use.resource]].append((use.age, np.asarray(use.amount)))
        earned = {at: np.zeros(T) for at in costs}
        sold: set[int] = set()
        for a, activity in enumerate(net.activities):
            for owner in {self.owner[e] for r in uses.get(activity.id, ()) for e, _ in share[r]}:
                mine = {
                    r: parts
                    for r, parts in uses[activity.id].items()
                    if any(self.owner[e] == owner for e, _ in share[r])
                }
                if any(payment.payee == owner for payment in self.paid.get(("activity", activity.id), ())):
                    sold |= {e for r in mine for e, _ in share[r] if self.owner[e] == owner}
                margin = self.brings("activity", activity.id, owner)
                if self.runner[a] == owner and activity.cost is not None:
                    margin = margin - np.broadcast_to(activity.cost, T) * self.discount
                money = self.solution.levels[a] * margin
                if not money.any():
                    continue
                weight: dict[int, Array] = {}
                for r, parts in mine.items():
                    total = np.sum([amount for _, amount in parts], axis=0)
                    needed = _mean(parts, total, np.sum(list(share[r].values()), axis=0)) > 0.0
                    weight[r] = np.where(needed, price[r] * total, 0.0)
                whole = np.sum(list(weight.values()), axis=0)
                for r, parts in mine.items():
                    part = money * np.divide(weight[r], whole, out=np.zeros(T), where=whole > 0.0)
                    total = np.sum([amount for _, amount in parts], axis=0)
                    for age, amount in parts:
                        at_use = part * np.divide(amount, total, out=np.zeros(T), where=total > 0.0)
                        for at, of_use in share[r].items():
                            earned[at][age:] += at_use[: max(T - age, 0)] * of_use[age:]
        return earned, sold

    def _shares(
        self, costs: dict[tuple[int, int], float]
    ) -> tuple[dict[int, dict[tuple[int, int], Array]], dict[int, float]]:
        """Return by resource the share of its use [T] that falls on each step, and what a capacity of them costs."""
        net, solution, T = self.net, self.solution, self.net.n_periods
        others = solution.orders.copy()
        for n, t in costs:
            others[n, t] = 0.0
        added, _ = unit_capacity(net, others, np.zeros_like(others))
        # What is turned to another use is no longer there, whoever ordered that.
        _, occupied = unit_capacity(net, solution.orders, np.zeros_like(others))
        base = np.array([r.base for r in net.resources]).reshape(len(net.resources), T) + added - occupied
        used = activity_uses(net, solution.levels).total(len(net.resources), T)
        position = {unit.id: n for n, unit in enumerate(net.units)}
        place = {r.id: n for n, r in enumerate(net.resources)}
        gives: dict[int, dict[tuple[int, int], Array]] = defaultdict(dict)
        for effect in net.unit_effects:
            n, r = position[effect.unit], place[effect.resource]
            for t in (t for unit, t in costs if unit == n and effect.gains):
                brought = np.zeros(T)
                brought[t:] = solution.orders[n, t] * np.maximum(effect.by_order(T)[t, : T - t], 0.0)
                gives[r][n, t] = gives[r].get((n, t), 0.0) + brought
        shares: dict[int, dict[tuple[int, int], Array]] = {}
        price: dict[int, float] = {}
        for r, by_step in gives.items():
            before, shares[r] = np.maximum(base[r], 0.0), {}
            for at in sorted(by_step, key=lambda at: at[1]):
                on = np.clip(used[r] - before, 0.0, by_step[at])
                shares[r][at] = np.divide(on, used[r], out=np.zeros(T), where=used[r] > 0.0)
                before = before + by_step[at]
            capacity = float(np.sum(list(by_step.values())))
            spent = sum(costs[at] for at in by_step)
            price[r] = max(spent, SAME) / capacity if capacity > 0.0 else 0.0
        return shares, price


def _mean(parts: list[tuple[int, Array]], total: Array, of_use: Array) -> Array:
    """Return the mean of a share of use [T] over the periods in which a start of each period uses a capacity."""
    periods = len(of_use)
    mean = np.zeros(periods)
    for age, amount in parts:
        later = np.concatenate([of_use[age:], np.zeros(min(age, periods))])
        mean += np.divide(amount, total, out=np.zeros(periods), where=total > 0.0) * later
    return mean

r"""The price at which a chip enters a lab's plan, integers held.

Let a chip's price to one lab fall by a share f in every reported period. Where only costs to the whole chain count,
its cost of making falls by the same share: cost = price x (1 - margin), and the margin stays. Where the plan is the
buyers', what they pay falls: the price, or, for a lab's own chip, its parts at list prices. With :math:`g` the
discounted cost of making by shipment and :math:`v(f)` the value of the linear program in which integers are held,
the chip enters at :math:`f^* = \inf\{f : v(f) > v(0)\}`: the least loss of any plan that takes some of it,

.. math:: f^* = \min_x \frac{v(0) - c \cdot x}{g \cdot x} \quad \text{over plans with } g \cdot x > 0

This needs no choice among degenerate prices: one row :math:`g \cdot x = \varepsilon` is added, and its price is what
the plan loses per unit of :math:`g \cdot x` near zero. Where the lab's budget binds, a lower price also frees budget;
then the coefficients of its row move with f, and f is found by Newton's method on the price of the row. At
:math:`f^*` the prices of the program prove the plan at hand still best (complementary slackness), else
:math:`\varepsilon` was too large and is made smaller.

The fleet's worth at the end of the horizon stays: a lower price to one lab moves no replacement cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.analysis.portfolio.records import Entry
from fabopt.domain.tolerances import BEST, OTHERS, SAME, STEP, STILL
from fabopt.model.families import IntArray
from fabopt.model.objective import cost_vector
from fabopt.network.lowering.builder import PER_THOUSAND, Chain
from fabopt.network.tables import Array
from fabopt.network.tagged import ids, packages, tagged
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.entries import find
from fabopt.solve.options import BUYERS
from fabopt.solve.outcome import Ended, Outcome
from fabopt.solve.perturbation import Perturbation, Values, numbers_at, row_more

FEW = STEP
"""Share of the plan's largest shipment that it is made to take, at first."""

SMALLER = 3
"""How often a tenth of them is tried where the plan at hand is not proved best."""

ROUNDS = 20
"""Most steps of Newton's method."""


@dataclass(frozen=True, slots=True)
class Deals:
    """The shipments of a chip to a lab in reported periods.

    Attributes
    ----------
    columns, periods
        Columns of the program, and the period of each.
    cost, price, system
        Cost that falls with the price, price to the lab, and server, network and installation, M USD per thousand
        [columns].
    paid
        What the objective counts of the price, M USD per thousand: nothing, where payments cancel [columns].
    charged
        What of the price the lab pays to others, and so counts in its budget: all, or nothing for a chip of its own.
    discount
        Factor of each period [columns].
    """

    columns: IntArray
    periods: IntArray
    cost: Array
    price: Array
    paid: Array
    charged: Array
    system: Array
    discount: Array

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.columns)


def deals(plan: SolvedProgram, chain: Chain, chip: str, sites: list[str]) -> Deals:
    """Return the shipments of a chip to the sites of a lab in reported periods."""
    start, at = plan.tables.columns["start"].index, plan.tables.columns.at.activity
    deals = [
        (start[at[shipment.id], period.index], period.index)
        for shipment in tagged(plan.net.activities, role="shipment", chip=chip)
        if shipment.tags.site in sites
        for period in plan.net.periods
        if period.reported and start[at[shipment.id], period.index] >= 0
    ]
    columns, t = np.array(deals, dtype=np.int64).reshape(-1, 2).T
    data, package, none = chain.instance.chips[chip], packages(plan.net)[chip], np.zeros(chain.n)
    price = chain.mean(data.price)[t] * PER_THOUSAND
    whose = chain.instance.designers[data.designer].lab or data.designer
    apart = whose not in {chain.instance.sites[site].lab for site in sites}
    discount = np.array([plan.net.periods[i].discount for i in t.tolist()])
    cost, paid = chain.unit_cost.get(package, none)[t], np.zeros(len(t))
    if plan.options.perspective == BUYERS or plan.options.party:
        cost = (1.0 if plan.options.party else 1.0 - OTHERS) * price if apart else chain.list_cost.get(package, none)[t]
        paid = (cost_vector(plan.tables.terms, plan.tables.columns.n)[columns] - plan.program.cost[columns]) / discount
    return Deals(
        columns=columns,
        periods=t,
        cost=cost,
        price=price,
        paid=paid,
        charged=price * apart,
        system=chain.mean(data.system_cost)[t] * PER_THOUSAND,
        discount=discount,
    )


class Market:
    """A plan's linear program in which shipments are forced at a lower price.

    Parameters
    ----------
    plan
        A plan brought back to life.
    budget
        Time for all that is asked; without end when left out.

    Raises
    ------
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended what was asked.
    """

    def __init__(self, plan: SolvedProgram, budget: TimeBudget | None = None) -> None:
        self.plan, self.resolver = plan, plan.resolver(budget)
        self.base = self.resolver.ask()
        self.roles = {material.id: material.tags.role for material in plan.net.materials}
        self.rows = [key[0] if family == "balance" else family for family, key in plan.program.labels]

    def entry(self, deals: Deals, chip: str, lab: str) -> Entry | None:
        """Return what would bring shipments in; None where no plan with these integers has any of them."""
        made = deals.cost * deals.discount
        weight = made if np.all(made > 0) else deals.discount
        few = FEW * float(weight.mean()) * self._largest(deals)
        forced = _Forced(self, deals, made, weight, self._budget_rows(deals, lab))
        for _ in range(SMALLER):
            share, outcome = forced.search(few)
            if outcome.ended is not Ended.OPTIMAL:
                return None
            if exact := self._best(outcome):
                break
            few *= 0.1
        return self._entry(forced, share, outcome, chip, exact)

    def _largest(self, deals: Deals) -> float:
        """Return the largest shipment of the plan; where it has none, what the solver counts as one of these."""
        levels = self.plan.tables.columns["start"].values(self.plan.x)
        shipped = [a.tags.role == "shipment" for a in self.plan.net.activities]
        return float(levels[shipped].max(initial=0.0)) or float(self.plan.problem.units.column[deals.columns].max())

    def _budget_rows(self, deals: Deals, lab: str) -> IntArray:
        """Return the row of the lab's budget for each shipment, -1 where there is none."""
        a, labels = self.plan.program.a, self.plan.program.labels
        own = {("budget", budget) for budget in ids(self.plan.net.budgets, role="budget", lab=lab)}
        rows = [
            [
                row
                for row in a.indices[a.indptr[j] : a.indptr[j + 1]].tolist()
                if labels[row][0] == "budget" and (labels[row][0], labels[row][1][0]) in own
            ]
            for j in deals.columns.tolist()
        ]
        return np.array([row[0] if row else -1 for row in rows], dtype=np.int64)

    def _best(self, outcome: Outcome) -> bool:
        """Return whether the prices of a program prove the plan at hand best in it."""
        assert outcome.row_price is not None
        assert outcome.column_price is not None
        assert self.base.x is not None
        n, m = len(self.base.x), self.plan.program.n_rows
        held, x = self.resolver.in_mode("fixed"), self.base.x
        short = _short(outcome.row_price[:m], np.asarray(held.a @ x), held.row_lower, held.row_upper)
        short += _short(outcome.column_price[:n], x, held.column_lower, held.column_upper)
        return short <= BEST * self.plan.problem.size

    def _entry(self, forced: _Forced, share: float, outcome: Outcome, chip: str, exact: bool) -> Entry:
        """Say in dollars of its period what the first accelerator costs and earns."""
        assert outcome.x is not None
        assert outcome.row_price is not None
        entry = forced.found
        taken = np.flatnonzero(outcome.x[entry.columns] > SAME * outcome.x[entry.columns].max())
        j = int(taken[np.argmin(entry.periods[taken])])
        column, scale = int(entry.columns[j]), 1.0 / (PER_THOUSAND * entry.discount[j])
        parts = {"package": 0.0, "budget": 0.0, "other": 0.0, "worth": 0.0}
        entries = self.plan.program.a[:, [column]].tocoo()
        for row, value in zip(entries.coords[0].tolist(), entries.data.tolist(), strict=True):
            thing = self.rows[row]
            kind = (
                "package"
                if self.roles.get(thing) == "package"
                else "worth"
                if self.roles.get(thing) == "asset"
                else "budget"
                if row == forced.budget[j]
                else "other"
            )
            parts[kind] += float(value * outcome.row_price[row] * scale)
        system, paid = float(entry.system[j]) / PER_THOUSAND, float(entry.paid[j]) / PER_THOUSAND
        # What lands after the end has a worth.
        landing = float(self.plan.program.cost[column] * scale) + system + paid
        price, cost = float(entry.price[j]) / PER_THOUSAND, float(entry.cost[j]) / PER_THOUSAND
        priced = cost > 0.0 and price > 0.0 and share < 1.0 - SAME
        return Entry(
            period=self.plan.net.periods[int(entry.periods[j])].label,
            price=price,
            below=price * (1.0 - share) if priced else None,
            cut=share,
            cost=cost,
            package=parts["package"] + paid,
            system=system,
            budget=parts["budget"],
            other=parts["other"],
            worth=landing - parts["worth"],
            exact=exact,
        )


class _Forced:
    """Shipments of which the plan is made to take a few, at a price that may be cut."""

    def __init__(self, market: Market, deals: Deals, made: Array, weight: Array, budget: IntArray) -> None:
        self.market, self.found, self.made, self.budget = market, deals, made, budget
        self.paid, program = np.flatnonzero(budget >= 0).astype(np.int64), market.plan.program
        self.taken = np.zeros(program.n_columns)
        self.taken[deals.columns] = weight
        self.entries = budget[self.paid] + program.n_rows * deals.columns[self.paid]
        self.coefficient = program.a.data[find(program.a, self.entries)[0]]

    def search(self, few: float) -> tuple[float, Outcome]:
        """Return the share by which the price must fall for the plan to take a few, and the program there."""
        low, high, share = 0.0, np.inf, 0.0
        for _ in range(ROUNDS):
            outcome = self.market.resolver.ask(self._at(share, few))
            if outcome.ended is not Ended.OPTIMAL or outcome.row_price is None or outcome.x is None:
                return share, outcome
            loss, x = -float(outcome.row_price[-1]), outcome.x[self.found.columns]
            low, high = (share, high) if loss > 0 else (low, share)
            freed = outcome.row_price[self.budget[self.paid]] * self.found.charged[self.paid]
            gain = float(self.made @ x + freed @ x[self.paid])
            if abs(loss) * few <= STILL * abs(gain):
                break
            if gain <= 0.0:  # a lower price lowers no cost and frees no budget
                return np.inf, outcome
            share += loss * few / gain
            if not low <= share <= high:
                share = 0.5 * (low + high)
        return share, outcome

    def _at(self, share: float, few: float) -> Perturbation:
        """Return the change that lowers the price by a share and makes the plan take a few."""
        program, deals = self.market.plan.program, self.found
        cheaper = numbers_at(program, deals.columns, program.cost[deals.columns] + share * self.made)
        paid = Values(self.entries, self.coefficient, self.coefficient - share * deals.charged[self.paid])
        forced = row_more(program, self.taken, few, few)
        return cheaper.then(Perturbation(entries=paid, n_rows=program.n_rows)).then(forced)


def _short(price: Array, at: Array, low: Array, high: Array) -> float:
    """Return what a plan falls short of the bound that prices prove, a sum of terms none of which is negative."""
    side = np.where(price > 0, high, low)
    counts = price != 0.0
    return float(np.sum(price[counts] * (side[counts] - at[counts])))

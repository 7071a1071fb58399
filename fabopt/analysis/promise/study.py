r"""When a delivery can be promised: a quantity of a chip beside all that the plan delivers, integers held.

With :math:`S_t` what the plan ships of the chip to the lab up to period t, a promise of :math:`q` by period d is

.. math:: \sum_{\tau \le t} x_\tau \ge S_t + q \qquad \text{for all } t \ge d

so that nothing is taken from what is promised already. What is possible by d is possible later, so halving finds the
earliest d; its cost is what the plan's value falls by. Where no plan with integers as fractions has it by d either, no
plan at all has. By the period before the earliest the most that can be shipped is asked, and the prices of that linear
program say of which limits more would bring it nearer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from fabopt.analysis.choke.derivative import slope
from fabopt.analysis.explain.names import known
from fabopt.analysis.promise.records import Borne, Displaced, Nearer, Offer, Promise
from fabopt.domain.names import display_names
from fabopt.domain.tolerances import COUNTS
from fabopt.errors import StudyError
from fabopt.model.families import IntArray
from fabopt.model.payoff import payoff
from fabopt.network.parties import parties
from fabopt.network.tables import Array
from fabopt.network.tagged import ids, tagged
from fabopt.plan.groups import percent
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import Growth, Perturbation, aimed_at
from fabopt.solve.resolver import Mode, worth

MORE = 0.01
"""Share of the quantity by which one more is tried."""

MOST = 8
"""Limits that are told as what would bring a delivery nearer."""

TEN = percent(10)


def promise(plan: Plan, chip: str, quantity: float, lab: str = "", budget: TimeBudget | None = None) -> Promise:
    """Return when a quantity of a chip can be delivered, what it costs and whom it displaces.

    Parameters
    ----------
    plan
        The solved plan.
    chip
        Id of the chip.
    quantity
        Accelerators, beside what the plan delivers.
    lab
        Id of the lab that gets them; empty: whoever takes them.
    budget
        Time for it; without end when left out. What it does not allow is left out and said.

    Raises
    ------
    StudyError
        If there is no such chip or lab, the quantity is not positive, nothing of the chip can be shipped there, or the
        plan is not the best of the system or the buyers.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    plan.of_system("a delivery is promised in the system's plan")
    known("chip", chip, plan.data.chips, plan.run.instance)
    if lab:
        known("lab", lab, plan.data.labs, plan.run.instance)
    if not (np.isfinite(quantity) and quantity > 0):
        raise StudyError(f"A quantity is a positive number of accelerators, not {quantity:g}.")
    if not plan.in_money:
        raise StudyError(
            f"The plan was made for {plan.run.options.objective}; a promise costs money, so solve for value."
        )
    budget = TimeBudget() if budget is None else budget
    with budget.catching_signals():
        return _Study(plan, chip, quantity / 1e3, lab, budget).run()


class _Study:
    """A promise as it is looked into."""

    def __init__(self, plan: Plan, chip: str, quantity: float, lab: str, budget: TimeBudget) -> None:
        self.source, self.plan, self.chip, self.quantity, self.lab = plan, plan.solved, chip, quantity, lab
        self.budget, self.names = budget, display_names(plan.data)
        self.resolver = self.plan.resolver(budget)
        where = {"chip": chip, "lab": lab} if lab else {"chip": chip}
        self.columns = self._starts(ids(self.plan.net.activities, role="shipment", **where))
        if not (self.columns >= 0).any():
            to = f" to {self.names[lab]}" if lab else ""
            raise StudyError(f"No {self.names[chip]} can be shipped{to}: no site takes it, or a rule forbids it.")
        self.base = self.plan.problem.value(self.plan.x)
        self.last = max(p.index for p in self.plan.net.periods if p.reported)

    def _starts(self, activities: tuple[str, ...]) -> IntArray:
        """Return the columns of what is shipped [shipments, T]; -1 where nothing can be."""
        index, at = self.plan.tables.columns["start"].index, self.plan.tables.columns.at.activity
        return np.array([index[at[id]] for id in activities], dtype=np.int64).reshape(-1, self.plan.net.n_periods)

    def run(self) -> Promise:
        """Return what is known of the promise."""
        labels = [p.label for p in self.plan.net.periods]
        asked = self._memory("fixed", self.quantity)
        earliest = self._first(lambda t: asked(t).objective is not None)
        relaxed = self._memory("relaxed", self.quantity)
        never = self.last if earliest is None else earliest - 1
        impossible = -1
        with self.budget.attempt("whether other orders would allow it earlier"):
            possible = self._first(lambda t: relaxed(t).ended is not Ended.INFEASIBLE, never)
            impossible = never if possible is None else possible - 1
        offers: list[Offer] = []
        for t in () if earliest is None else _spread(earliest, self.last):
            with self.budget.attempt(f"what it costs by {labels[t]}"):
                offers.append(self._offer(t, asked(t)))
        before = self.last if earliest is None else earliest - 1
        could, nearer = None, tuple[Nearer, ...]()
        if before >= 0:
            with self.budget.attempt("what would bring it nearer"):
                could, nearer = self._nearer(before)
        then = None if earliest is None else asked(earliest).x
        return Promise(
            name=self.source.name,
            held=self.source.held,
            chip=self.chip,
            lab=self.lab,
            chip_name=self.names[self.chip],
            lab_name=self.names[self.lab],
            quantity=self.quantity * 1e3,
            earliest="" if earliest is None else labels[earliest],
            impossible="" if impossible < 0 else labels[impossible],
            offers=tuple(offers),
            displaced=() if then is None or earliest is None else tuple(self._displaced(then, earliest)),
            borne=() if then is None else tuple(self._borne(then)),
            before="" if before < 0 else labels[before],
            could=could,
            nearer=nearer,
            left_out=tuple(self.budget.left_out),
        )

    def _memory(self, mode: Mode, quantity: float) -> Callable[[int], Outcome]:
        """Return what answers a promise by a period, each asked once."""
        answers: dict[int, Outcome] = {}

        def asked(t: int) -> Outcome:
            if t not in answers:
                answers[t] = self.resolver.ask(self._promised(t, quantity), mode)
            return answers[t]

        return asked

    def _promised(self, by: int, quantity: float) -> Perturbation:
        """Return the rows of a promise by a period."""
        program, n = self.plan.program, self.plan.net.n_periods
        rows, least = [], []
        for t in range(by, n):
            there = self.columns[:, : t + 1]
            there = there[there >= 0]
            row = np.zeros(program.n_columns)
            row[there] = 1.0
            rows.append(row)
            least.append(float(self.plan.x[there].sum()) + quantity)
        none = np.zeros(0)
        growth = Growth(
            columns=sparse.csc_array((program.n_rows, 0)), cost=none, column_lower=none, column_upper=none,
            integer=none.astype(bool), rows=sparse.csr_array(np.array(rows)), row_lower=np.array(least),
            row_upper=np.full(len(rows), np.inf),
        )  # fmt: skip
        return Perturbation(growth=growth)

    def _first(self, possible: Callable[[int], bool], last: int | None = None) -> int | None:
        """Return the first period up to a last one by which it is possible, by halves; None where it is by none."""
        high = self.last if last is None else last
        if high < 0 or not possible(high):
            return None
        low = -1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if possible(middle) else (middle, high)
        return high

    def _offer(self, by: int, outcome: Outcome) -> Offer:
        """Return what the quantity costs by a period, and one more of them."""
        cost = max(self.base - worth(outcome), 0.0)
        next_one = None
        try:
            more = self.resolver.ask(self._promised(by, (1.0 + MORE) * self.quantity))
        except SolverError:
            more = outcome
        if more.objective is not None and more is not outcome:
            next_one = max(self.base - more.objective - cost, 0.0) / (MORE * self.quantity) * 1e3
        return Offer(self.plan.net.periods[by].label, cost, cost / self.quantity * 1e3, next_one)

    def _displaced(self, then: Array, by: int) -> Iterator[Displaced]:
        """Yield the shipments up to a period that change, the largest loss first."""
        net = self.plan.net
        pairs: dict[tuple[str, str], list[str]] = {}
        for shipment in tagged(net.activities, role="shipment"):
            pairs.setdefault((shipment.tags.lab, shipment.tags.chip), []).append(shipment.id)
        rows = []
        for (lab, chip), shipments in pairs.items():
            columns = self._starts(tuple(shipments))[:, : by + 1]
            columns = columns[columns >= 0]
            now, after = float(self.plan.x[columns].sum()), float(then[columns].sum())
            if abs(after - now) > max(COUNTS, 1e-3 * self.quantity):
                rows.append(Displaced(self.names[lab], self.names[chip], now, after))
        yield from sorted(rows, key=lambda row: row.then - row.now)

    def _borne(self, then: Array) -> Iterator[Borne]:
        """Yield what each party gains or loses, those first that lose most."""
        change = then - self.plan.x
        found = []
        for party in parties(self.plan.net):
            mine = payoff(self.plan.tables, party)
            found.append(Borne(self.names[party], float(mine @ change[: len(mine)])))
        small = self.plan.problem.near()
        yield from sorted((one for one in found if abs(one.gain) > small), key=lambda one: one.gain)

    def _nearer(self, by: int) -> tuple[float | None, tuple[Nearer, ...]]:
        """Return how many could be there by a period, and what more of would bring more."""
        program = self.plan.program
        here = self.columns[:, : by + 1]
        here = here[here >= 0]
        cost = np.zeros(program.n_columns)
        cost[here] = 1.0
        most = self.resolver.ask(aimed_at(program, cost))
        if most.objective is None:
            return None, ()
        could = most.objective - float(self.plan.x[here].sum())
        missing = self.quantity - could
        problem = self.plan.problem.by_class(self.plan.net)
        found = []
        for group in problem.groups:
            if not group.relaxable or group.obligation:
                continue
            brings = slope(most, group.relief(TEN))
            if brings > COUNTS * max(self.quantity, 1.0):
                owner = self.names[group.owner]
                found.append(Nearer(group.label, owner, group.kind, brings, 0.1 * missing / brings))
        return could, tuple(sorted(found, key=lambda one: -one.brings)[:MOST])


def _spread(first: int, last: int) -> tuple[int, ...]:
    """Return the periods whose cost is told: the first three, then ever further apart."""
    steps = (0, 1, 2, 4, 8, 16)
    return tuple(t for t in dict.fromkeys(min(first + step, last) for step in steps))

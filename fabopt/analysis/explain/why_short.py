r"""Why a lab is short in a period: the most that could reach it, traced back to the limits that bind (pegging).

With deliveries to all others and the integers held, the lab's deliveries :math:`c \cdot x` in the period are
maximised. Let y be the prices of the rows and d the reduced costs of the columns at the maximum, b and u the sides and
bounds at which they stand, and F the columns that are held. Then, exactly,

.. math:: \max c \cdot x = \sum_i y_i \Bigl(b_i - \sum_{j \in F} a_{ij} x_j\Bigr) + \sum_{j \notin F} d_j u_j +
          \sum_{j \in F} c_j x_j

Each term belongs to a limit: its price times its amount, with what the plan's orders add to it. What is held for others
is a term of its own, and takes away; what is there already (stock, receipts) is one too. Shares are those of all that
does not take away, others' own limits set against what is held for them. Where several limits bind at once, the prices
are one of several that prove the maximum.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fabopt.analysis.choke.options import hold_others
from fabopt.analysis.explain.records import Peg, WhyShort
from fabopt.domain.tolerances import rounding
from fabopt.model.limits import Limit
from fabopt.network.tables import Array, Demand
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget
from fabopt.solve.few_costs import maximum
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, Outcome, SolverError
from fabopt.solve.perturbation import held

DEMANDS = ("demand", "backlog_balance")
"""Families of rows that say what a customer wants."""


def why_short(plan: SolvedProgram, lab: str, name: str, period: int, budget: TimeBudget | None = None) -> WhyShort:
    """Return the most that could reach a lab in a period, and the limits that it is due to.

    Parameters
    ----------
    plan
        A plan brought back to life.
    lab, name
        Id and display name of the lab.
    period
        Position of the period.
    budget
        Time for it; without end when left out.

    Raises
    ------
    fabopt.errors.StudyError
        If the lab wants nothing.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    index, net = plan.tables.columns["deliver"].index, plan.net
    mine = [j for j, demand in enumerate(net.demands) if demand.tags.lab == lab]
    own = hold_others(plan, lab)
    cost = np.zeros(plan.program.n_columns)
    for j in mine:
        columns = index[j, :, period]
        cost[columns[columns >= 0]] = weight(net.demands[j])
    program = held(replace(own.program, cost=cost, offset=0.0), own.x)
    outcome = maximum(program, f"the most that can reach {name}", plan.options.seed, budget)
    if outcome.ended is not Ended.OPTIMAL or outcome.objective is None:
        raise SolverError(f"The most that could reach {lab} could not be found: the solver ended with {outcome.ended}.")
    units = {material.id: material.unit for material in net.materials}
    return WhyShort.of(
        _Pegging(plan, program, lab).pegs(outcome),
        lab=lab,
        name=name,
        period=net.periods[period].label,
        unit=", ".join(dict.fromkeys(units[net.demands[j].material] for j in mine)),
        wanted=sum(weight(net.demands[j]) * float(net.demands[j].quantity[period]) for j in mine),
        delivered=float(cost @ plan.x),
        most=outcome.objective,
    )


def weight(demand: Demand) -> float:
    """Return the compute in one unit of a demand's material; one where it is not compute."""
    return demand.weight or 1.0


class _Pegging:
    """Gives the terms of a linear program's maximum to the limits that they belong to."""

    def __init__(self, plan: SolvedProgram, program: Matrices, lab: str) -> None:
        self.plan, self.program, self.lab = plan, program, lab
        self.by_row: dict[int, Limit] = {}
        self.by_column: dict[int, Limit] = {}
        for limit in plan.limits:
            place, at = (self.by_row, limit.row) if limit.row >= 0 else (self.by_column, limit.column)
            place.setdefault(at, limit)
        self.demands = {demand.id: demand for demand in plan.net.demands}
        self.materials = {material.id: material for material in plan.net.materials}
        self.labels = [period.label for period in plan.net.periods]
        self.deliver = {
            int(column): (j, t)
            for (j, _, t), column in np.ndenumerate(plan.tables.columns["deliver"].index)
            if column >= 0
        }
        self.keys = [(block.name, key) for block in plan.tables.columns for key in block.keys]

    def pegs(self, outcome: Outcome) -> tuple[Peg, ...]:
        """Return the terms that add up to the maximum, those of each limit and period together, the largest first."""
        assert outcome.row_price is not None
        assert outcome.column_price is not None
        terms: dict[Peg, tuple[float, float]] = {}
        for peg, price, amount in self._terms(outcome.row_price, outcome.column_price):
            before = terms.get(peg, (0.0, price))
            terms[peg] = before[0] + price * amount, before[1]
        most = outcome.objective or 0.0
        small = rounding(most, *(term for term, _ in terms.values()))
        pegs = [
            replace(peg, price=price, amount=term / price, term=term)
            for peg, (term, price) in terms.items()
            if abs(term) > small or (most <= small and peg.kind not in ("there", "held"))
        ]
        return tuple(sorted(pegs, key=lambda peg: -peg.term))

    def _terms(self, row_price: Array, column_price: Array) -> list[tuple[Peg, float, float]]:
        p = self.program
        fixed, x = p.column_lower == p.column_upper, p.column_lower
        rows = p.a.tocsr()
        pegs: list[tuple[Peg, float, float]] = []
        for i in np.flatnonzero(row_price).tolist():
            price, peg = float(row_price[i]), self._of_row(i)
            side = float(p.row_upper[i] if price > 0 else p.row_lower[i])
            pegs.append((peg, price, side if np.isfinite(side) else 0.0))
            at = slice(rows.indptr[i], rows.indptr[i + 1])
            for j, value in zip(rows.indices[at].tolist(), rows.data[at].tolist(), strict=True):
                if fixed[j] and x[j] != 0.0:
                    pegs.append((self._of_column(j) if j in self.deliver else peg, price, -float(value * x[j])))
        for j in np.flatnonzero(~fixed & (column_price != 0.0)).tolist():
            price = float(column_price[j])
            bound = float(p.column_upper[j] if price > 0 else p.column_lower[j])
            if np.isfinite(bound) and bound != 0.0:
                pegs.append((self._of_column(j), price, bound))
        held_there = np.flatnonzero(fixed & (p.cost != 0.0)).tolist()
        return pegs + [(self._of_column(j), float(p.cost[j]), float(x[j])) for j in held_there]

    def _of_row(self, row: int) -> Peg:
        limit = self.by_row.get(row)
        if limit is not None:
            if limit.family in DEMANDS:
                return self._of_demand(self.demands[limit.entity], limit.period)
            return self._of_limit(limit)
        family, key = self.program.labels[row]
        if row >= self.plan.tables.n_rows:
            return self._own(" ".join((family, *key)))
        period = key[-1] if key[-1] in self.labels else ""
        material = self.materials.get(key[0]) if family == "balance" else None
        if material is None:
            return Peg("rule", f"{family}:{key[0]}", f"{key[0]} ({family.replace('_', ' ')})", "", "", period, "")
        tags = material.tags
        name = f"{material.name}: stock and arrivals"
        return Peg("there", f"balance:{material.id}", name, tags.owner, tags.stage, period, material.unit)

    def _of_column(self, column: int) -> Peg:
        if column in self.deliver:
            j, t = self.deliver[column]
            return self._of_demand(self.plan.net.demands[j], t)
        if column in self.by_column:
            return self._of_limit(self.by_column[column])
        if column >= len(self.keys):
            return self._own(f"decision {column - len(self.keys) + 1}")
        block, key = self.keys[column]
        period = key[-1] if key[-1] in self.labels else ""
        return Peg("rule", f"{block}:{key[0]}", f"{key[0]} ({block})", "", "", period, "")

    def _own(self, name: str) -> Peg:
        """Return what a hook has added and no limit was registered for."""
        return Peg("rule", f"own:{name}", f"{name} (of your own)", "", "", "", "")

    def _of_demand(self, demand: Demand, period: int) -> Peg:
        tags, unit = demand.tags, self.materials[demand.material].unit
        kind = "demand" if tags.lab == self.lab else "held"
        name = demand.name if kind == "demand" else f"held for {demand.name}"
        return Peg(kind, f"demand:{demand.id}", name, tags.customer, tags.stage, self.labels[period], unit)

    def _of_limit(self, limit: Limit) -> Peg:
        period = self.labels[limit.period] if limit.period >= 0 else ""
        id = f"{limit.family}:{limit.entity}"
        return Peg(limit.kind, id, limit.name, limit.owner, limit.stage, period, limit.unit)

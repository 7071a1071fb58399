r"""What a plan must keep to, one requirement at a time: the parts of which a conflict is made.

A **requirement** is one limit of the data in one period: a side of a row (a capacity, a demand, a budget), a bound of a
decision (a level, an order, a stock, a pin), or that a record comes as integers. What follows from the meaning of
decisions (balances, lots, orders that must be placed) is no requirement: it always holds.

So that each can be taken away by itself, the program is written again with the bounds that are limits as rows:
:math:`x_j \le u_j` becomes a row, and the column is free upwards. The constants of gates follow from what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from fabopt.model.families import IntArray, Named, Rows
from fabopt.model.sums import SUMS
from fabopt.model.tables import ModelTables
from fabopt.model.words import record_of
from fabopt.network.tables import Demand, GroupLimit, Network
from fabopt.solve.matrices import Matrices
from fabopt.solve.opened import with_zeros

Bound = Literal["at most", "at least", "exactly", "whole"]

UPPER, LOWER = 1, -1


@dataclass(frozen=True, slots=True)
class Requirement:
    """One limit of the data.

    Attributes
    ----------
    family
        Family of its row, block of its column (order, start, stock), ``pin``, ``hook``, or ``whole``.
    entity, name, unit
        Id and display name of the record, and unit of the bound.
    at, period
        Position and label of the period (first of a window); -1 and empty where it is one of the whole horizon.
    side, bound
        Which way it limits, and at how much.
    parts
        Rows of the rewritten program that it stands in, each with :data:`UPPER` or :data:`LOWER`.
    columns
        Columns that it makes whole.
    relaxable
        Whether anybody can move it.
    words
        The limit in words, without place and amount of repair.
    """

    family: str
    entity: str
    name: str
    unit: str
    at: int
    period: str
    side: Bound
    bound: float
    parts: tuple[tuple[int, int], ...] = ()
    columns: tuple[int, ...] = ()
    relaxable: bool = True
    said: str = ""

    @property
    def words(self) -> str:
        """The limit in words: ``level of make-a in 2027 at least 6``."""
        if self.said:
            return self.said
        what = record_of(self.family).limited.format(name=self.name, period=self.period)
        return f"{what} {self.side} {self.bound:,.6g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Required:
    """A program with its requirements.

    Attributes
    ----------
    program
        The program with those bounds as rows that are limits, and without an objective.
    requirements
        In the order of rows, then of columns, then of records that come whole.
    """

    program: Matrices
    requirements: tuple[Requirement, ...]


def required(tables: ModelTables, matrices: Matrices) -> Required:
    """Return a program with the requirements that it is made of.

    The model leaves out decisions whose limit is zero; here they are in, so that a limit of zero is a requirement too
    (not where hooks have added to the program, which are known as they stand alone).
    """
    if matrices.n_rows == tables.n_rows and matrices.n_columns == tables.columns.n:
        opened, program = with_zeros(tables)
        return _Writer(opened, tables.net, program).written()
    return _Writer(tables, tables.net, matrices).written()


def all_rows(tables: ModelTables, required: Required) -> Required:
    """Return the same with every row that was none as a requirement too: for a clash of what always holds."""
    taken = {row for one in required.requirements for row, _ in one.parts}
    more = []
    for name, rows in tables.rows.items():
        for i in range(len(rows)):
            row = tables.offsets[name] + i
            sides = _sides(rows.lower[i], rows.upper[i])
            if row not in taken and sides is not None:
                side, bound, signs = sides
                period = _period(tables, rows, i)
                says = rows.family.sentence(rows.names[i], period, bound, rows.units[i])
                one = Requirement(
                    name, rows.keys[i][0], rows.names[i], rows.units[i], int(rows.period[i]), period, side, bound,
                    tuple((row, sign) for sign in signs), said=says, relaxable=False,
                )  # fmt: skip
                more.append(one)
    return replace(required, requirements=(*required.requirements, *more))


def _sides(lower: float, upper: float) -> tuple[Bound, float, tuple[int, ...]] | None:
    """Return which way a row limits, its bound, and its sides; None where it does not."""
    if np.isfinite(lower) and np.isfinite(upper):
        return "exactly", float(upper), (UPPER, LOWER)
    if np.isfinite(upper):
        return "at most", float(upper), (UPPER,)
    return ("at least", float(lower), (LOWER,)) if np.isfinite(lower) else None


def _period(tables: ModelTables, rows: Rows, i: int) -> str:
    """Return the period or window of a row in words."""
    return rows.keys[i][-1] if rows.family.index[-1] in ("period", "window") else "the horizon"


class _Writer:
    """Writes bounds as rows and gathers requirements."""

    def __init__(self, tables: ModelTables, net: Network, matrices: Matrices) -> None:
        self.tables, self.net, self.matrices = tables, net, matrices
        self.lower, self.upper = matrices.column_lower.copy(), matrices.column_upper.copy()
        self.added: list[int] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.found: list[Requirement] = []

    def written(self) -> Required:
        """Return all that a plan must do, each as rows or bounds that can be dropped."""
        for name, rows in self.tables.rows.items():
            self._family(name, rows)
        self._hooks()
        self._levels()
        self._orders()
        self._stocks()
        self._whole()
        m, n = self.matrices, len(self.added)
        unit = sparse.csc_array((np.ones(n), (np.arange(n), np.array(self.added, dtype=np.int64))), (n, m.n_columns))
        program = replace(
            m,
            a=sparse.csc_array(sparse.vstack([m.a, unit], format="csc")),
            row_lower=np.concatenate([m.row_lower, self.low]),
            row_upper=np.concatenate([m.row_upper, self.high]),
            column_lower=self.lower,
            column_upper=self.upper,
            cost=np.zeros(m.n_columns),
            offset=0.0,
        )
        return Required(program, tuple(self.found))

    def _row_of(self, column: int, lower: float, upper: float) -> int:
        """Write a bound of a column as a row and return it; the column is free on that side, down to zero."""
        if np.isfinite(lower):
            self.lower[column] = min(self.lower[column], 0.0)
        if np.isfinite(upper):
            self.upper[column] = np.inf
        self.added.append(column)
        self.low.append(lower)
        self.high.append(upper)
        return self.matrices.n_rows + len(self.added) - 1

    def _bounded(self, family: str, record: Named, column: int, t: int, lower: float, upper: float) -> None:
        """Add what the bounds of a column require."""
        label = self.tables.columns.labels[t]
        entity, name, unit = record.id, record.name, record.unit
        below, above = lower > 0.0, np.isfinite(upper)
        if below and lower == upper and family == "order":  # pinned; of a level both ends are fields of their own
            both = self._row_of(column, lower, upper)
            pin = ((both, UPPER), (both, LOWER))
            self.found.append(Requirement(family, entity, name, unit, t, label, "exactly", upper, pin))
            return
        if below:
            parts = ((self._row_of(column, lower, np.inf), LOWER),)
            self.found.append(Requirement(family, entity, name, unit, t, label, "at least", lower, parts))
        if above:
            parts = ((self._row_of(column, -np.inf, upper), UPPER),)
            self.found.append(Requirement(family, entity, name, unit, t, label, "at most", upper, parts))

    # -- rows --------------------------------------------------------------------------------------------------------

    def _family(self, name: str, rows: Rows) -> None:
        """Add the requirements that are rows of a family."""
        first, low, high = self.tables.offsets[name], self.matrices.row_lower, self.matrices.row_upper
        for i, (e, t) in enumerate(zip(rows.entity.tolist(), rows.period.tolist(), strict=True)):
            row = first + i
            sides = _sides(low[row], high[row])
            if sides is None:
                continue
            side, bound, signs = sides
            period = _period(self.tables, rows, i)
            one = Requirement(
                name, rows.keys[i][0], rows.names[i], rows.units[i], t, period, side, bound,
                tuple((row, sign) for sign in signs),
            )  # fmt: skip
            self.found += self._as_limit(one, e, row)

    def _as_limit(self, one: Requirement, e: int, row: int) -> Iterator[Requirement]:
        """Yield what a row is as a limit of the data: nothing where it only says what decisions mean."""
        net = self.net
        if one.family == "balance":
            yield from self._supply(one, e, row)
        elif one.family == "demand":
            yield replace(one, parts=(*one.parts, *self._widths(e, one.at)))
        elif one.family == "capacity":
            adds = any(f.resource == one.entity and np.any(f.profile > 0) for f in net.unit_effects)
            more = f"{one.words}, apart from what units add" if adds else ""
            yield replace(one, relaxable=net.resources[e].relaxable, said=more)
        elif one.family in SUMS:
            yield replace(one, relaxable=net.groups[e].relaxable and SUMS[one.family].soft)
        elif one.family == "total_orders":
            yield replace(one, at=-1, period="")
        elif one.family == "order_min":
            yield replace(one, bound=net.units[e].min_order)
        elif one.family == "min_level":
            least = net.activities[e].lower
            yield replace(one, bound=0.0 if least is None else float(least[one.at]))
        elif one.family == "min_run":
            yield replace(one, side="at least", bound=float(net.activities[e].min_run))
        elif one.family == "pin":
            yield self._pin(one, net.definitions[e])
        elif one.family in ("installed", "backlog_balance", "safety_stock", "budget", "target"):
            yield one

    def _supply(self, one: Requirement, e: int, row: int) -> Iterator[Requirement]:
        """Yield what is there at the beginning or comes whatever is decided, and what may not be thrown away."""
        material, there = self.net.materials[e], one.bound
        opens = one.at == 0 and material.opening > 0.0
        what = f"opening stock of {one.name}" if opens else f"receipts of {one.name} in {one.period}"
        amount = f"{there:,.6g} {one.unit}".rstrip()
        if there != 0.0:
            yield replace(one, side="at most", parts=((row, UPPER),), said=f"{what} at most {amount}")
        if material.disposal_cost is None:
            words = f"{what} at least {amount}, of which nothing may be thrown away"
            if there == 0.0:
                words = f"nothing of {one.name} in {one.period} may be thrown away"
            yield replace(one, side="at least", parts=((row, LOWER),), said=words)

    def _widths(self, demand: int, t: int) -> list[tuple[int, int]]:
        """Write the widths of a demand's steps as rows, so that more demand is demand on any of them."""
        columns = self.tables.columns["deliver"].index[demand, :, t]
        narrow = [c for c in columns.tolist() if c >= 0 and np.isfinite(self.upper[c])]
        return [(self._row_of(c, -np.inf, float(self.upper[c])), UPPER) for c in narrow]

    def _pin(self, one: Requirement, row: GroupLimit) -> Requirement:
        """Return a decision that a row of its own holds."""
        kind, entity = row.terms[0].kind, row.terms[0].id
        held: dict[str, tuple[str, Sequence[Named | Demand]]] = {
            "activity": ("level of", self.net.activities),
            "retire": ("retired units of", self.net.units),
            "demand": ("deliveries to", self.net.demands),
            "stock": ("stock of", self.net.materials),
        }
        what, records = held[kind]
        name = next((record.name for record in records if record.id == entity), entity)
        return replace(one, family="pin", entity=entity, name=f"{what} {name}")

    def _hooks(self) -> None:
        """Add the rows that hooks have made."""
        m = self.matrices
        for row in range(self.tables.n_rows, m.n_rows):
            sides = _sides(m.row_lower[row], m.row_upper[row])
            if sides is not None:
                side, bound, signs = sides
                family, key = m.labels[row]
                name = f"{family}[{', '.join(key)}]" if key else family
                parts = tuple((row, sign) for sign in signs)
                self.found.append(Requirement("hook", name, name, "", -1, "", side, bound, parts))

    # -- bounds ------------------------------------------------------------------------------------------------------

    def _levels(self) -> None:
        start, lots = self.tables.columns["start"], self.tables.columns["lots"]
        self.upper[lots.columns] = np.inf  # the level's own limit holds them too
        for a, t in np.argwhere(start.index >= 0).tolist():
            column, activity = int(start.index[a, t]), self.net.activities[a]
            lower, upper = float(self.lower[column]), float(self.upper[column])
            if lower > 0.0 or np.isfinite(upper):
                self._bounded("start", activity, column, t, lower, upper)

    def _orders(self) -> None:
        order, totals = self.tables.columns["order"], self.tables.rows.get("total_orders")
        in_all = set() if totals is None else set(totals.entity.tolist())
        for e, t in np.argwhere(order.index >= 0).tolist():
            column, unit = int(order.index[e, t]), self.net.units[e]
            lower, upper = float(self.lower[column]), float(self.upper[column])
            own = np.inf if unit.upper is None else float(unit.upper[t])
            held = unit.pinned is not None and not np.isnan(unit.pinned[t])
            if held or upper < np.floor(min(own, unit.total)):  # pinned, or moved by a hook
                self._bounded("order", unit, column, t, lower, upper)
            elif unit.total < own and e not in in_all:
                self._bounded("total_orders", unit, column, t, lower, unit.total)
            else:  # where the total is less, its own row says so
                self.upper[column] = np.inf
                self._bounded("order", unit, column, t, lower, own)

    def _stocks(self) -> None:
        stock = self.tables.columns["stock"]
        for m, t in np.argwhere(stock.index >= 0).tolist():
            column = int(stock.index[m, t])
            if np.isfinite(self.upper[column]):
                self._bounded("stock", self.net.materials[m], column, t, 0.0, float(self.upper[column]))

    # -- integers -----------------------------------------------------------------------------------------------

    def _whole(self) -> None:
        columns = self.tables.columns
        for e, unit in enumerate(self.net.units):
            both = np.concatenate([columns[block].index[e] for block in ("order", "retire")])
            self._comes_whole(unit, both, f"orders of {unit.name} as integers")
        for a, activity in enumerate(self.net.activities):
            words = f"level of {activity.name} in whole lots of {activity.lot or 0.0:,.6g} {activity.unit}".rstrip()
            self._comes_whole(activity, columns["lots"].index[a], words)
        counters = iter(columns["counter"].index[:, 0].tolist())
        for group in self.net.whole_groups:
            own = np.array([next(counters) for _ in group.windows], dtype=np.int64)
            words = f"{group.name} in whole lots of {group.lot:,.6g} {group.unit}".rstrip()
            self._comes_whole(group, own, words)

    def _comes_whole(self, record: Named, columns: IntArray, words: str) -> None:
        own = tuple(int(c) for c in columns.tolist() if c >= 0 and self.matrices.integer[c])
        if own:
            whole = Requirement("whole", record.id, record.name, record.unit, -1, "", "whole", 0.0, (), own, said=words)
            self.found.append(whole)

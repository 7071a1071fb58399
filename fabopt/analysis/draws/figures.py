"""What is reported of the plan of a draw: amounts by period, read from columns, prices and tags, without tables.

They are those of the tables of a result (`domain/fleet`, `domain/shipments`, `core/demands`), which a test holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fabopt.analysis.targets.target import operating
from fabopt.model.linear import sum_at
from fabopt.model.tables import ModelTables
from fabopt.network.lowering.stops import later
from fabopt.network.tables import Array, Network, Observed

Key: TypeAlias = tuple[str, str, str]
"""Quantity, whose (empty: of all), and unit."""

POWER, COMPUTE, RUNNING = "power", "compute", "accelerators running"
BY_DESIGNER, BY_LAB, DELIVERED = "shipments by designer", "shipments by lab", "delivered"
PRICE, ITS_PRICE = "price of compute", "price"
FLOWS = (BY_DESIGNER, BY_LAB, DELIVERED)
"""What adds up over periods."""
UNITS: Mapping[str, str] = {
    POWER: "GW facility",
    COMPUTE: "kH100e",
    RUNNING: "kaccelerator",
    BY_DESIGNER: "kaccelerator",
    BY_LAB: "kaccelerator",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A plan as arrays.

    Attributes
    ----------
    tables
        Its model.
    x, row_price
        Columns and prices of rows, those of the program first.
    """

    tables: ModelTables
    x: Array
    row_price: Array

    @property
    def net(self) -> Network:
        """The network."""
        return self.tables.net

    def levels(self) -> dict[str, Array]:
        """Return the level of each activity by period [T]."""
        start = self.tables.columns["start"].values(self.x)
        return {a.id: start[n] for n, a in enumerate(self.net.activities)}

    def delivered(self) -> Array:
        """Return what is delivered [demands, T]."""
        return np.asarray(self.tables.columns["deliver"].values(self.x).sum(axis=1))

    def prices(self) -> dict[str, Array]:
        """Return the price of one more of each material in a period, not discounted [T]."""
        prices = np.zeros((len(self.net.materials), self.net.n_periods))
        if "balance" in self.tables.rows:
            rows, first = self.tables.rows["balance"], self.tables.offsets["balance"]
            prices[rows.entity, rows.period] = self.row_price[first : first + len(rows)]
        prices /= np.array([p.discount for p in self.net.periods])
        return {m.id: prices[n] for n, m in enumerate(self.net.materials)}


def figures(read: Read, money: str) -> dict[Key, Array]:
    """Return amounts and prices of a plan by period [T]; a price is not a number where nothing is sold.

    Parameters
    ----------
    read
        The plan.
    money
        Unit of money; empty where the objective is none, so that there are no prices.
    """
    sums = _Sums(read.net.n_periods)
    _running(read, sums)
    _shipments(read, sums)
    _demands(read, sums, money)
    return sums.found


class _Sums:
    """Amounts that are added up by key."""

    def __init__(self, periods: int) -> None:
        self.found: dict[Key, Array] = {}
        self._periods = periods

    def add(self, quantity: str, who: str, amount: Array) -> None:
        """Add an amount of all, and of one where it is somebody's."""
        for of in dict.fromkeys(("", who)) if quantity in (POWER, COMPUTE, RUNNING) else (who,):
            key = quantity, of, UNITS[quantity]
            self.found[key] = self.found.get(key, np.zeros(self._periods)) + amount


def _running(read: Read, sums: _Sums) -> None:
    levels, lab = read.levels(), {a.id: a.tags.lab for a in read.net.activities}
    uses = operating(read.net)
    for id in dict.fromkeys(use.activity for use in uses):
        sums.add(RUNNING, lab[id], levels[id])
    for use in uses:
        drawn = later(use.amount * levels[use.activity], use.age) / 1000.0
        sums.add(POWER, lab[use.activity], drawn)


def _shipments(read: Read, sums: _Sums) -> None:
    levels, tags = read.levels(), {a.id: a.tags for a in read.net.activities if a.tags.stage == "deployment"}
    packages = {m.id for m in read.net.materials if m.tags.stage == "packaging"}
    for flow in read.net.flows:
        if flow.activity in tags and flow.material in packages and np.any(flow.amount < 0.0):
            shipped = later(np.maximum(-flow.amount, 0.0) * levels[flow.activity], flow.age)
            sums.add(BY_DESIGNER, tags[flow.activity].item, shipped)
            sums.add(BY_LAB, tags[flow.activity].lab, shipped)


def _demands(read: Read, sums: _Sums, money: str) -> None:
    delivered, prices = read.delivered(), read.prices()
    labs = any(d.weight > 0.0 for d in read.net.demands)
    unit = {m.id: m.unit for m in read.net.materials}
    paid, compute = np.zeros(read.net.n_periods), np.zeros(read.net.n_periods)
    for n, demand in enumerate(read.net.demands):
        price = prices[demand.material]
        if demand.weight > 0.0:
            sums.add(COMPUTE, demand.tags.lab or demand.tags.customer, demand.weight * delivered[n])
            paid, compute = paid + price * delivered[n], compute + demand.weight * delivered[n]
        elif not labs:
            sums.found[DELIVERED, demand.name, unit[demand.material]] = delivered[n]
            if money:
                sums.found[ITS_PRICE, demand.name, f"{money} per {unit[demand.material]}"] = price
    if labs and money:
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(compute > 0.0, paid / compute, np.nan)
        sums.found[PRICE, "", f"{money} per kH100e"] = worth


def published(read: Read) -> dict[str, float]:
    """Return what a plan has of each published figure, by id; those of prices and without a number are left out."""
    found = {}
    for one in read.net.outcomes:
        if one.priced:
            continue
        amount, under = _observed(read, one), 1.0 if one.over is None else _observed(read, one.over)
        if under:
            found[one.id] = amount / under
    return found


def _observed(read: Read, one: Observed) -> float:
    if not one.decided:
        return one.constant
    return one.constant + sum_at(one.terms, one.window, read.net, read.tables.columns, read.x)

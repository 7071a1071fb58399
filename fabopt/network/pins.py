"""Pinned decisions that cannot hold by themselves, whatever else is decided.

What is pinned before the date up to which everything is done (``pins.done_until``) is a fact of an earlier plan, under
the limits of that time: it is not held to the limits of the instance as it is now.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from fabopt.domain.base import Fault, Path
from fabopt.domain.horizon import Pins
from fabopt.domain.tolerances import FEASIBLE, INTEGER, NEGLIGIBLE, above
from fabopt.network.lengths import full_age
from fabopt.network.tables import Activity, Array, Demand, Material, Network, Unit

R = TypeVar("R")

Levels = Mapping[int, float]


def pin_faults(net: Network, pins: Pins) -> Iterator[Fault]:
    """Yield every pin that cannot hold by itself, at its path in the instance.

    Parameters
    ----------
    net
        The network before anything is held in it.
    pins
        The decisions to be held; their periods are those of the horizon.
    """
    check = _Check(net, pins)
    yield from check.section("units", {u.id: u for u in net.units}, check.orders)
    yield from check.section("activities", {a.id: a for a in net.activities}, check.levels)
    yield from check.section(
        "retired", {u.id: u for u in net.units}, check.retired, lambda u: u.retire_cost is not None
    )
    yield from check.section("deliveries", {d.id: d for d in net.demands}, check.delivered)
    yield from check.section("stocks", {m.id: m for m in net.materials}, check.stocks, lambda m: m.storable)


class _Check:
    """The checks of each section; each yields the position of a period, what is wrong, and what to do."""

    def __init__(self, net: Network, pins: Pins) -> None:
        self.net, self.pins = net, pins
        self.at = {period.label: period.index for period in net.periods}
        done = pins.done_until
        self.open = [done is None or period.start >= done for period in net.periods]
        self.ages = dict(zip((u.id for u in net.units), full_age(net), strict=True))

    def section(
        self,
        name: str,
        records: Mapping[str, R],
        faults_of: Callable[[R, Levels], Iterator[tuple[int, str, str]]],
        decided: Callable[[R], bool] = lambda record: True,
    ) -> Iterator[Fault]:
        """Yield the faults of one section of pins in periods that are still open, and in all where nothing holds them.

        ``decided``: whether the network has such a decision of a record, which a pin then holds.
        """
        for key, by_label in getattr(self.pins, name).items():
            path: Path = ("pins", name, key)
            if key not in records:
                if any(self.open[self.at[label]] for label in by_label if label in self.at):
                    near = difflib.get_close_matches(key, list(records), n=1)
                    hint = f"did you mean '{near[0]}'?" if near else ""
                    yield Fault(path, f"there is nothing to pin with the id '{key}'", hint)
                elif any(by_label.values()):
                    message = f"what was done of '{key}' would be lost: the instance has it no longer"
                    yield Fault(path, message, "leave it in the instance, with a limit of 0 if no more of it is wanted")
                continue
            levels = {self.at[label]: level for label, level in by_label.items() if label in self.at}
            for t, message, hint in faults_of(records[key], levels):
                if self.open[t] or not decided(records[key]):
                    yield Fault((*path, self.net.periods[t].label), message, hint)

    # -- sections ----------------------------------------------------------------------------------------------------

    def orders(self, unit: Unit, levels: Levels) -> Iterator[tuple[int, str, str]]:
        """Orders against the limit of a period and in all, least orders, integers."""
        for t, count in levels.items():
            most = np.inf if unit.upper is None else float(unit.upper[t])
            if _above(count, most):
                yield t, f"{count:g} are ordered, but a period may order at most {most:g}", "raise 'upper' or pin less"
            elif count > 0.0 and _above(unit.min_order, count):
                yield t, f"{count:g} are ordered, but an order has at least {unit.min_order:g}", "pin more, or none"
            elif count > 0.0 and _above(math.ceil(count / unit.max_order - NEGLIGIBLE) * unit.min_order, count):
                said = f"{count:g} are ordered, but each of several orders has {unit.min_order:g} to {unit.max_order:g}"
                yield t, said, "pin more, or less"
            elif unit.whole and not _whole(count):
                yield t, f"{count:g} are ordered, but only integers can be", "pin an integer"
        total = sum(levels.values())
        if levels and _above(total, unit.total):
            message = f"with it {total:g} are ordered, but at most {unit.total:g} may be in all"
            yield max(levels), message, "raise 'total' or pin less"

    def levels(self, activity: Activity, levels: Levels) -> Iterator[tuple[int, str, str]]:
        """Levels against their limits and lots."""
        for t, level in levels.items():
            most = np.inf if activity.upper is None else float(activity.upper[t])
            least = 0.0 if activity.lower is None else float(activity.lower[t])
            off = activity.on_off and level == 0.0
            if _above(level, most):
                yield t, f"the level is {level:g}, but may be at most {most:g}", "raise 'upper' or pin less"
            elif _above(least, level) and not off:
                yield t, f"the level is {level:g}, but must be at least {least:g}", "lower 'lower' or pin more"
            elif activity.lot and not _whole(level / activity.lot):
                yield (
                    t,
                    f"the level is {level:g}, but comes in lots of {activity.lot:g}",
                    "pin whole lots",
                )

    def retired(self, unit: Unit, levels: Levels) -> Iterator[tuple[int, str, str]]:
        """Retirements against what stands, with all that can have been ordered by then."""
        for t in sorted(levels):
            count, so_far = levels[t], sum(level for s, level in levels.items() if s <= t)
            there = np.arange(self.net.n_periods) + self.ages[unit.id] <= t
            stands = unit.opening + self._orderable(unit, int(np.sum(there)))
            if count > 0.0 and unit.retire_cost is None:
                yield t, f"{count:g} are retired, but none can be", "give the unit a 'retire_cost'"
            elif count > 0.0 and _above(so_far, stands):
                before = "" if so_far == count else f" ({so_far:g} with those before)"
                yield t, f"{count:g} are retired{before}, but {stands:g} stand by then", "retire no more than stand"
            elif unit.whole and not _whole(count):
                yield t, f"{count:g} are retired, but only integers can be", "pin an integer"

    def _orderable(self, unit: Unit, periods: int) -> float:
        """Return the most that can be ordered in the first periods, with what is pinned of it."""
        own = {self.at[label]: n for label, n in self.pins.units.get(unit.id, {}).items() if label in self.at}
        most = 0.0
        for t in range(max(periods, 0)):
            limit = np.inf if unit.upper is None else float(unit.upper[t])
            if unit.pinned is not None and not np.isnan(unit.pinned[t]):
                limit = float(unit.pinned[t])
            most += own.get(t, limit)
        return min(most, unit.total)

    def delivered(self, demand: Demand, levels: Levels) -> Iterator[tuple[int, str, str]]:
        """Deliveries against what is wanted: in the period, or up to it where demand waits."""
        for t, amount in levels.items():
            first = t if demand.expiry is None else max(t - demand.expiry, 0)
            wanted = float(demand.quantity[first : t + 1].sum())
            if _above(amount, wanted):
                yield t, f"{amount:g} are delivered, but {wanted:g} are wanted", "raise 'quantity' or pin less"
            elif demand.required and demand.expiry is None and _above(wanted, amount):
                yield t, f"{amount:g} are delivered, but {wanted:g} are required", "pin what is required"

    def stocks(self, material: Material, levels: Levels) -> Iterator[tuple[int, str, str]]:
        """Stocks against what may be stored, must be, and can be there."""
        limits = np.full(self.net.n_periods, material.stock_limit if material.storable else 0.0)
        for t, amount in levels.items():
            limit = limits[t]
            least = 0.0 if material.safety_stock is None else float(material.safety_stock[t])
            there = self._there(material, t)
            if _above(amount, limit):
                what = f"at most {limit:g} can be stored" if material.storable else "it cannot be stored"
                yield t, f"{amount:g} are in stock, but {what}", "raise 'stock_limit' or pin less"
            elif not np.any(material.shortfall_cost) and _above(least, amount):
                yield t, f"{amount:g} are in stock, but {least:g} must be", "pin the safety stock or more"
            elif _above(amount, there):
                yield t, f"{amount:g} are in stock, but at most {there:g} can be there", "pin less, or raise 'opening'"

    def _there(self, material: Material, t: int) -> float:
        """Return the most that can be in stock: without end where anything makes it."""
        made = any(f.material == material.id and np.any(f.amount > 0) for f in self.net.flows)
        if made or any(
            part.material == material.id and np.any(np.asarray(part.amount) > 0) for part in self.net.unit_materials
        ):
            return np.inf
        receipts: Array = np.zeros(self.net.n_periods) if material.receipts is None else material.receipts
        left = material.opening
        for s in range(t + 1):
            left = (left if s == 0 else left * material.kept(self.net.n_periods)[s - 1]) + float(receipts[s])
        return left


def _above(number: float, limit: float) -> bool:
    return above(number, limit, FEASIBLE)


def _whole(number: float) -> bool:
    return abs(number - round(number)) <= INTEGER * max(1.0, abs(number))

r"""Columns of the model: every decision, in blocks, with its bounds, before any algebra.

===========  ============================  ==================================================  ====================
block        index                         meaning                                             unit
===========  ============================  ==================================================  ====================
start        activity, period              level x[a,t] started in t                           unit of the activity
on           activity, period              1 while an on/off activity is on; of several        0 or 1, or units
                                           units, how many are
switch       activity, period              1 where it is switched on; how many are             0 to 1, or units
lots         activity, period              number of whole lots                                lot
order        unit, period                  units y[e,t] ordered in t                           unit
placed       unit, period                  orders placed: 1 or 0 where their size has no limit order
retire       unit, period                  units retired at the start of t                     unit
stock        material, period              stock s[i,t] at the end of t                        unit of the material
disposal     material, period              thrown away at a cost                               unit of the material
deliver      demand, step, period          delivered on a value step                           unit of the material
unmet        demand, period                not delivered, at a penalty                         unit of the material
backlog      demand, step, period          waiting at the end of t                             unit of the material
lost         demand, step, period          given up in t because it waited too long            unit of the material
shortfall    material, period              stock missing below the safety stock                unit of the material
counter      whole group, window           number of whole lots of the group                   lot
reached      period                        1 in the period that reaches the target             0 or 1
least_share  (single)                      least share of its demand that a customer gets      share
missed       outcome, side                 by how much a published outcome is missed           half its range
===========  ============================  ==================================================  ====================

A column whose upper limit is zero is left out, and so are stocks of what cannot be stored, disposal that is free (the
balance is then an inequality) and penalties that are zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import WHOLE
from fabopt.model.aim import Aim
from fabopt.model.families import IntArray, ModelError, by_period
from fabopt.model.index import Positions, positions
from fabopt.model.told import Keys, Told
from fabopt.network.tables import Activity, Array, Demand, Network, Unit

SIDES = ("below", "above")
"""Sides on which a published outcome may be missed, in the order of their columns."""


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of column.

    Attributes
    ----------
    index
        Column of the model for each place, -1 where there is none: [n, T], or [n, steps, T] for demand blocks.
    keys
        Readable key of each column, in the order of the columns.
    lower, upper, integer
        Per column of the block.
    offset
        First column of the block in the model.
    dated
        Whether the last axis of ``index`` is that of the periods.
    """

    name: str
    index: IntArray
    keys: Sequence[tuple[str, ...]]
    lower: Array
    upper: Array
    integer: NDArray[np.bool_]
    offset: int
    dated: bool = True

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.lower)

    def values(self, x: Array) -> Array:
        """Return the block's part of a plan ``x`` [columns] in the shape of ``index``, zero where no column is."""
        return np.where(self.index >= 0, x[np.maximum(self.index, 0)] if len(x) else 0.0, 0.0)

    def spread(self, per_column: Array, fill: float) -> Array:
        """Return an array of one entry a column in the shape of ``index``, ``fill`` where no column is."""
        result = np.full(self.index.shape, fill)
        result[self.index >= 0] = per_column
        return result

    @property
    def columns(self) -> slice:
        """The block's columns in the model."""
        return slice(self.offset, self.offset + len(self))


@dataclass(frozen=True, slots=True)
class Columns:
    """All blocks by name, the positions of the network's records, and the labels of the periods."""

    blocks: Mapping[str, Block]
    at: Positions
    labels: tuple[str, ...]
    aim: Aim

    def __getitem__(self, name: str) -> Block:
        """Return the block ``name``."""
        return self.blocks[name]

    def __iter__(self) -> Iterator[Block]:
        """Iterate over the blocks in the order of their columns."""
        return iter(self.blocks.values())

    @property
    def n(self) -> int:
        """Number of columns."""
        return sum(len(block) for block in self)

    def stacked(self, what: str) -> NDArray[Any]:
        """Return ``lower``, ``upper`` or ``integer`` of all columns [n]."""
        return np.concatenate([getattr(block, what) for block in self])


class _Builder:
    """Gives columns their numbers, block by block."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.blocks: dict[str, Block] = {}
        self.next = 0

    def add(
        self,
        name: str,
        ids: Sequence[tuple[str, ...]],
        exists: NDArray[np.bool_],
        lower: Array | float,
        upper: Array | float,
        integer: NDArray[np.bool_] | bool = False,
        labelled: bool = True,
    ) -> None:
        """Add a block; ``exists`` is [n, T] or [n, steps, T], and the keys are ``ids[n]``, step, label.

        A block that is not ``labelled`` is [n, 1], and its keys end with the id.
        """
        places = np.flatnonzero(exists)
        count = len(places)
        index = np.full(exists.shape, -1, dtype=np.int64)
        index[exists] = self.next + np.arange(count)
        steps = exists.shape[1] if exists.ndim == 3 else 0
        self.blocks[name] = Block(
            name=name,
            index=index,
            keys=Told(Keys(tuple(ids), steps, self.labels if labelled else ()), places),
            lower=np.broadcast_to(np.asarray(lower, dtype=float), exists.shape)[exists],
            upper=np.broadcast_to(np.asarray(upper, dtype=float), exists.shape)[exists],
            integer=np.broadcast_to(np.asarray(integer, dtype=bool), exists.shape)[exists],
            offset=self.next,
            dated=labelled,
        )
        self.next += count


def make_columns(net: Network, aim: Aim | None = None) -> Columns:
    """Return all columns of the model of ``net``, with those that ``aim`` asks for.

    Raises
    ------
    ModelError
        If ids repeat, or a bound makes no sense.
    """
    labels = tuple(period.label for period in net.periods)
    aim = aim or Aim()
    build = _Builder(labels)
    _activities(build, net.activities, net.n_periods)
    _units(build, net.units, net.n_periods)
    _materials(build, net)
    _demands(build, net.demands, net.n_periods)
    _shortfall(build, net)
    _counters(build, net)
    _aims(build, aim, net)
    return Columns(MappingProxyType(build.blocks), positions(net), labels, aim)


def decided(net: Network, columns: Columns) -> IntArray:
    """Return the position of the period in which each column is decided [n]; T where only the whole horizon tells.

    An order is decided when it is placed, whenever it is delivered; lots of a window with its last period.
    """
    T = net.n_periods
    last = [max(window, default=T) for group in net.whole_groups for window in group.windows]
    when = []
    for block in columns:
        period = np.broadcast_to(np.arange(T), block.index.shape) if block.dated else np.full(block.index.shape, T)
        if block.name == "counter":
            period = np.array(last, dtype=np.int64).reshape(block.index.shape)
        when.append(period[block.index >= 0])
    return np.concatenate([np.zeros(0, np.int64), *when]).astype(np.int64)


def _activities(build: _Builder, activities: Sequence[Activity], T: int) -> None:
    ids = [(a.id,) for a in activities]
    lower = by_period([a.lower for a in activities], T)
    upper = by_period([a.upper for a in activities], T, np.inf)
    exists = (upper > 0) | (lower > 0)
    on_off = np.array([a.on_off for a in activities], dtype=bool)[:, None]
    build.add("start", ids, exists, np.where(on_off, 0.0, lower), upper)
    units = np.array([a.units for a in activities], dtype=float)[:, None]
    build.add("on", ids, exists & on_off, 0.0, units, True)
    switched = np.array([a.on_off and has_switch(a) for a in activities], dtype=bool)[:, None]
    counted = np.array([a.counts_starts and a.units > 1 for a in activities], dtype=bool)[:, None]
    build.add("switch", ids, exists & switched, 0.0, units, counted)
    lot = np.array([a.lot or np.nan for a in activities], dtype=float)[:, None]
    build.add("lots", ids, exists & ~np.isnan(lot), 0.0, np.floor(upper / lot + WHOLE), True)


def has_switch(activity: Activity) -> bool:
    """Return whether it matters when an activity is switched on."""
    return activity.start_cost > 0 or activity.min_run > 1 or activity.min_off > 1 or activity.counts_starts


def _units(build: _Builder, units: Sequence[Unit], T: int) -> None:
    ids = [(u.id,) for u in units]
    limit = order_limits(units, T)
    pinned = by_period([u.pinned for u in units], T, np.nan)
    free = np.isnan(pinned)
    whole = np.array([u.whole for u in units], dtype=bool)[:, None]
    lower = np.where(free, 0.0, pinned)
    upper = np.where(free, limit, pinned)
    exists = upper > 0
    # What is pinned needs no integer to be found; it is a fact, even where it is a fraction.
    build.add("order", ids, exists, lower, upper, whole & free)
    size = np.array([u.max_order for u in units], dtype=float)[:, None]
    with np.errstate(invalid="ignore"):
        several = np.where(np.isinf(size), 1.0, np.ceil(upper / size - WHOLE))
    build.add("placed", ids, exists & has_placing(units, T), 0.0, several, True)
    may = np.array([u.retire_cost is not None for u in units], dtype=bool)
    stands = may & (np.array([u.opening > 0 for u in units], dtype=bool) | exists.any(axis=1))
    build.add("retire", ids, np.repeat(stands[:, None], T, axis=1), 0.0, np.inf, whole)


def order_limits(units: Sequence[Unit], T: int) -> Array:
    """Return the most of each unit that one period may order [n, T], from its own and its total limit."""
    total = np.array([u.total for u in units], dtype=float)[:, None]
    upper: Array = np.minimum(by_period([u.upper for u in units], T, np.inf), total)
    whole = np.array([u.whole for u in units], dtype=bool)[:, None]
    return np.where(whole, np.floor(upper + WHOLE), upper)


def has_placing(units: Sequence[Unit], T: int) -> NDArray[np.bool_]:
    """Return where an order needs the 0-1 decision to place it: a fixed cost, or a least order [n, T]."""
    fixed = by_period([u.fixed_cost for u in units], T)
    least = np.array([u.min_order for u in units], dtype=float)[:, None]
    result: NDArray[np.bool_] = (fixed != 0) | (least > 0)
    return result


def _materials(build: _Builder, net: Network) -> None:
    T, materials = net.n_periods, net.materials
    ids = [(m.id,) for m in materials]
    every = np.ones((len(materials), T), dtype=bool)
    limit = np.array([np.full(T, m.stock_limit if m.storable else 0.0) for m in materials]).reshape(-1, T)
    build.add("stock", ids, every & (limit > 0), 0.0, limit)
    priced = np.array([bool(m.disposal_cost) for m in materials], dtype=bool)[:, None]
    build.add("disposal", ids, every & priced, 0.0, np.inf)


def window_sum(values: Array, periods: int) -> Array:
    """Return the sum of the last ``periods`` entries up to and including each one [..., T]."""
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    last = np.arange(1, values.shape[-1] + 1)
    return np.asarray(total[..., last] - total[..., np.maximum(last - periods, 0)])


def step_widths(demands: Sequence[Demand], T: int) -> Array:
    """Return the width of every value step [demands, steps, T]; zero where a demand has fewer steps."""
    steps = max((len(d.steps) for d in demands), default=0)
    width = np.zeros((len(demands), steps, T))
    for j, demand in enumerate(demands):
        for k, step in enumerate(demand.steps):
            width[j, k] = step.width
    return width


def _demands(build: _Builder, demands: Sequence[Demand], T: int) -> None:
    ids = [(d.id,) for d in demands]
    width = step_widths(demands, T)
    waits, late, upper = np.zeros_like(width), np.zeros_like(width), width.copy()
    served = np.array([d.expiry is None for d in demands], dtype=bool)
    upper[_last_steps(demands, width) & served[:, None, None]] = np.inf
    for j, demand in enumerate(demands):
        if demand.expiry is None:
            continue
        if demand.expiry < 0:
            raise ModelError(f"Demand {demand.id!r}: expiry must be zero periods or more, not {demand.expiry}.")
        waits[j] = window_sum(width[j], demand.expiry)
        upper[j] = np.where(window_sum(width[j], demand.expiry + 1) > 0, np.inf, 0.0)
        if demand.required:
            waits[j, :, -1:] = 0.0  # nothing required may still wait at the end of the horizon
        else:
            late[j, :, demand.expiry :] = width[j][:, : T - demand.expiry]
    build.add("deliver", ids, upper > 0, 0.0, upper)
    penalty = np.array([_is_unmet(d) for d in demands], dtype=bool)[:, None]
    build.add("unmet", ids, penalty & (width.sum(axis=1) > 0), 0.0, np.inf)
    build.add("backlog", ids, waits > 0, 0.0, waits)
    build.add("lost", ids, late > 0, 0.0, late)


def _is_unmet(demand: Demand) -> bool:
    return not demand.required and demand.expiry is None and demand.lost_cost > 0


def step_values(demands: Sequence[Demand], shape: tuple[int, ...]) -> Array:
    """Return the value of every value step [demands, steps, T]; zero where a demand has fewer steps."""
    value = np.zeros(shape)
    for j, demand in enumerate(demands):
        for k, step in enumerate(demand.steps):
            value[j, k] = step.value
    return value


def _last_steps(demands: Sequence[Demand], width: Array) -> NDArray[np.bool_]:
    """Return which steps [demands, steps, T] are the last of a period in which values do not rise from step to step.

    Such a step is held by the demand row alone: the row's price is then the price of one more unit of demand, and not
    split between a row and a bound.
    """
    value, wanted = step_values(demands, width.shape), width > 0
    least = np.minimum.accumulate(np.where(wanted, value, np.inf), axis=1)
    falls = np.all(~wanted[:, 1:] | (value[:, 1:] <= least[:, :-1]), axis=1)
    later = np.cumsum(wanted[:, ::-1], axis=1)[:, ::-1]
    result: NDArray[np.bool_] = wanted & (later == 1) & falls[:, None, :]
    return result


def safety(net: Network) -> Array:
    """Return the safety stocks [materials, T], zero where there are none."""
    return by_period([m.safety_stock for m in net.materials], net.n_periods)


def _shortfall(build: _Builder, net: Network) -> None:
    soft = np.array([np.any(np.asarray(m.shortfall_cost) > 0) for m in net.materials], dtype=bool)[:, None]
    build.add("shortfall", [(m.id,) for m in net.materials], soft & (safety(net) > 0), 0.0, np.inf)


def window_label(window: Sequence[int], labels: Sequence[str]) -> str:
    """Return a window of periods in words: ``2027Q1``, ``2027Q1..2027Q4``, or a list where it has gaps."""
    if not window:
        return "-"
    first, last = min(window), max(window)
    if first == last:
        return labels[first]
    if last - first + 1 == len(set(window)):
        return f"{labels[first]}..{labels[last]}"
    return ",".join(labels[t] for t in window)


def window_labels(windows: Sequence[Sequence[int]], labels: Sequence[str]) -> list[str]:
    """Return the label of every window of a row; a window that repeats gets a number."""
    words = [window_label(window, labels) for window in windows]
    return [w if w not in words[:i] else f"{w} #{words[:i].count(w) + 1}" for i, w in enumerate(words)]


def _counters(build: _Builder, net: Network) -> None:
    labels = [period.label for period in net.periods]
    ids: list[tuple[str, ...]] = []
    lower: list[float] = []
    for group in net.whole_groups:
        signed = any(float(np.min(term.coefficient)) < 0 for term in group.terms)
        ids += [(group.id, label) for label in window_labels(group.windows, labels)]
        lower += [-np.inf if signed else 0.0] * len(group.windows)
    exists = np.ones((len(ids), 1), dtype=bool)
    build.add("counter", ids, exists, np.array(lower, dtype=float)[:, None], np.inf, True, labelled=False)


def _aims(build: _Builder, aim: Aim, net: Network) -> None:
    build.add("reached", [()], np.full((1, net.n_periods), aim.target is not None), 0.0, 1.0, True)
    build.add("least_share", [("least",)], np.full((1, 1), aim.fairness), 0.0, 1.0, labelled=False)
    sides = [(outcome.id, side) for outcome in net.outcomes for side in SIDES]
    build.add("missed", sides, np.full((len(sides), 1), aim.agreement), 0.0, np.inf, labelled=False)

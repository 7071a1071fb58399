"""The registry of limits: every row or bound that restricts somebody, with owner, unit and levers.

Analysis enumerates these records and never takes a name apart. A limit is the right-hand side of a row (``row`` >= 0)
or the upper bound of a column (``column`` >= 0): of an order, a start, a stock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fabopt.model.columns import Columns
from fabopt.model.families import Family, Rows
from fabopt.model.sums import SUMS
from fabopt.network.tables import CONTRACT, DECISIONS, Network, Tags

Side = Literal["upper", "lower", "both"]
Kind = Literal["physical", "contract", "policy", "demand", "cash", "law"]


BOUNDS = (
    Family(
        name="order",
        index=("unit", "period"),
        unit="unit",
        says="{name}: at most {rhs} {unit} may be ordered in {period}",
        price_says="the right to order {one} of {name} in {period}",
        per="{unit} to order",
        label="{name} (orders)",
        limited="orders of {name} in {period}",
    ),
    Family(
        name="start",
        index=("activity", "period"),
        unit="unit of the activity",
        says="{name}: at most {rhs} {unit} may be started in {period}",
        price_says="{one} of {name} to start in {period}",
        per="{unit} to start",
        label="{name} (starts)",
        limited="level of {name} in {period}",
    ),
    Family(
        name="stock",
        index=("material", "period"),
        unit="unit of the material",
        says="{name}: at most {rhs} {unit} are in stock at the end of {period}",
        price_says="room for {one} of {name} at the end of {period}",
        per="{unit} of room",
        label="{name} (stock)",
        limited="stock of {name} at the end of {period}",
    ),
)
"""Records of the blocks of columns whose upper bounds are limits."""


def obliges(side: Side) -> bool:
    """Return whether a limit on this side says what must be done (a capacity says what can be done at most)."""
    return side != "upper"


@dataclass(frozen=True, slots=True)
class Lever:
    """A unit whose order relieves a limit: its id, and the lead time in periods until it does."""

    unit: str
    lead: float


@dataclass(frozen=True, slots=True)
class Limit:
    """One right-hand side or bound that restricts somebody.

    Attributes
    ----------
    family
        Constraint family, or for a bound the block of the column: ``order``, ``start``, ``stock``.
    entity, name
        Id and display name of the record.
    period
        Position of the period, or of the first of a window; -1 where the limit is one of the whole horizon.
    row, column
        Row or column of the model; the other is -1.
    side
        Side of the row that is the limit.
    levers
        Units that add to what is limited.
    """

    family: str
    entity: str
    name: str
    period: int
    owner: str
    stage: str
    region: str
    unit: str
    row: int
    column: int
    side: Side
    kind: Kind
    relaxable: bool
    levers: tuple[Lever, ...] = ()


def limits(net: Network, columns: Columns, rows: Mapping[str, Rows]) -> tuple[Limit, ...]:
    """Return all limits of the model, in the order of its rows, then of its columns."""
    offsets = dict(zip(rows, np.cumsum([0, *(len(r) for r in rows.values())]), strict=False))
    limits: list[Limit] = []
    made = {f.material for f in net.flows if np.any(f.amount > 0)}
    for name, family in rows.items():
        limits += _of_family(net, family, made, int(offsets[name]))
    return (*limits, *_bounds(net, columns))


def _limit(tags: Tags, entity: str, name: str, unit: str, **more: object) -> Limit:
    given: dict[str, object] = {
        "period": -1,
        "row": -1,
        "column": -1,
        "side": "upper",
        "kind": "physical",
        "relaxable": True,
        **more,
    }
    return Limit(entity=entity, name=name, owner=tags.owner, stage=tags.stage, region=tags.region, unit=unit, **given)  # type: ignore[arg-type]


def _of_family(net: Network, rows: Rows, made: Set[str], first: int) -> Iterator[Limit]:
    """Yield the rows of a family that are limits; its first row is ``first``, ``made`` are materials produced."""
    name = rows.family.name
    levers, lead = _levers(net), {unit.id: unit.lead for unit in net.units}
    for i, (e, t) in enumerate(zip(rows.entity.tolist(), rows.period.tolist(), strict=True)):
        side: Side = "both" if rows.lower[i] == rows.upper[i] else "upper" if np.isfinite(rows.upper[i]) else "lower"
        if name == "capacity":
            r = net.resources[e]
            yield _limit(
                r.tags, r.id, r.name, r.unit, row=first + i, family=name, period=t, kind=r.limit_kind,
                relaxable=r.relaxable, levers=levers.get(r.id, ()),
            )  # fmt: skip
        elif name == "balance" and net.materials[e].id not in made:
            m = net.materials[e]
            if m.tags.stage == CONTRACT:  # money that was prepaid
                continue
            yield _limit(m.tags, m.id, m.name, m.unit, row=first + i, family=name, period=t)
        elif name in ("demand", "backlog_balance"):
            d = net.demands[e]
            yield _limit(
                d.tags, d.id, d.name, rows.units[i], row=first + i, family=name, period=t, kind="demand", side=side
            )
        elif name == "total_orders" and net.units[e].instrument not in DECISIONS:
            u = net.units[e]
            yield _limit(u.tags, u.id, u.name, u.unit, row=first + i, family=name)
        elif name == "budget":
            b = net.budgets[e]
            yield _limit(b.tags, b.id, b.name, rows.units[i], row=first + i, family=name, period=t, kind="cash")
        elif name in SUMS:
            g = net.groups[e]
            yield _limit(
                g.tags, g.id, g.name, g.unit, row=first + i, family=name, period=t, kind=g.limit_kind,
                relaxable=g.relaxable and rows.family.soft, side=side,
                levers=tuple(Lever(unit, lead[unit]) for unit in g.levers),
            )  # fmt: skip
        elif name == "safety_stock":
            m = net.materials[e]
            yield _limit(
                m.tags, m.id, m.name, m.unit, row=first + i, family=name, period=t, kind="policy", side="lower"
            )


def _levers(net: Network) -> dict[str, tuple[Lever, ...]]:
    lead = {unit.id: unit.lead for unit in net.units}
    by_row: dict[str, list[Lever]] = {}
    for effect in net.unit_effects:
        lever = Lever(effect.unit, lead[effect.unit])
        if np.any(effect.profile > 0) and lever not in by_row.setdefault(effect.resource, []):
            by_row[effect.resource].append(lever)
    return {resource: tuple(levers) for resource, levers in by_row.items()}


def _bounds(net: Network, columns: Columns) -> Iterator[Limit]:
    """Yield the finite upper bounds of orders, starts and stocks that are free to move."""
    for name, records in (("order", net.units), ("start", net.activities), ("stock", net.materials)):
        block = columns[name]
        free = np.isfinite(block.upper) & (block.lower < block.upper)
        for e, t in np.argwhere(block.index >= 0).tolist():
            column = int(block.index[e, t])
            record = records[e]
            if getattr(record, "instrument", "") in DECISIONS:
                continue
            if free[column - block.offset]:
                yield _limit(
                    record.tags, record.id, record.name, record.unit, family=name, period=t, column=column
                )  # fmt: skip

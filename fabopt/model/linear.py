r"""Rows over decisions that the instance names: budgets, limits on sums, integer groups and definitions.

.. math::
   \sum_{t \in W} \sum_{\theta} c_\theta(t)\, D_\theta(t - h_\theta) \;\le\; B_W \qquad
   \sum_{t \in W} \sum_{\theta} c_\theta(t)\, D_\theta(t - h_\theta) \;\lesseqgtr\; R_W \qquad
   \sum_{t \in W} \sum_{\theta} c_\theta(t)\, D_\theta(t - h_\theta) = \ell\, n_W,\; n_W \in \mathbb{Z}

===========  ===========================================================  ===================
symbol       meaning                                                      unit
===========  ===========================================================  ===================
D_theta(t)   the decision a term names: starts, orders, deliveries over   unit of the decision
             all steps, stock, units retired
c_theta(t)   its coefficient in the period of the row                     unit of the row per unit
h_theta      shift: the row's period t sees the decision of t - h         periods
W            window of periods: one row a window                          -
B, R         ceiling on spending; right-hand side of a limit on a sum     million dollars; unit of the row
l, n         lot of the group and the number of lots, an integer      unit of the row, 1
===========  ===========================================================  ===================

What lies before the decision date is no decision and counts nothing, but for the opening stock, which is the stock of
"period -1", and what was on then. The price of a budget is the value of one million dollars more to spend in its
window; that of a limit on a sum the value of one unit more on its right-hand side. What such a sum stands for, a rule
of an owner, a contract, what must survive a stop, is its family (:mod:`fabopt.model.sums`); a plain network's own are
``group_limit``. A definition only says what decisions mean that a limit speaks of, or holds what is pinned: it is
nobody's limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from fabopt.model.columns import Columns, window_labels
from fabopt.model.families import Family, IntArray, ModelError, Rows, Triplets, assemble
from fabopt.model.sums import DEFINITIONS, LIMITS
from fabopt.network.tables import Array, GroupLimit, Network, Term

BUDGET = Family(
    name="budget",
    index=("budget", "window"),
    unit="million dollars",
    says="{name}: at most {rhs} million dollars may be spent in {period}",
    price_says="{one} to spend, {name}, in {period}",
    soft=True,
    per="{unit} to spend",
    limited="budget {name} in {period}",
)
WHOLE_GROUP = Family(
    name="whole_group",
    index=("group", "window"),
    unit="unit of the row",
    says="{name}: the sum is an integer of lots in {period}",
    price_says="one {unit} of {name} in {period} outside its whole lots",
)
FAMILIES = (BUDGET, *LIMITS, WHOLE_GROUP, *DEFINITIONS)

BLOCK = {
    "activity": "start",
    "unit": "order",
    "demand": "deliver",
    "stock": "stock",
    "retire": "retire",
    "placed": "placed",
    "on": "on",
    "switch": "switch",
    "value": "deliver",
}
"""Block of columns by kind of term."""
TABLE = {
    "stock": "material",
    "retire": "unit",
    "placed": "unit",
    "on": "activity",
    "switch": "activity",
    "value": "demand",
}
"""Table that a kind of term names a record of, where that is not its own name."""


class _Group(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def windows(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def terms(self) -> tuple[Term, ...]: ...


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the rows of budgets, limits on sums, whole groups and definitions: one a window each.

    Raises
    ------
    ModelError
        If a term names what is not in the network, a record a family that its table does not hold, or a row has not
        one limit a window.
    """
    amounts = [b.amount for b in net.budgets]
    units, senses = ["million dollars"] * len(amounts), ["<="] * len(amounts)
    return (
        _limited(BUDGET, list(enumerate(net.budgets)), units, senses, amounts, net, columns),
        *_sums(LIMITS, net.groups, net, columns),
        _whole(net, columns),
        *_sums(DEFINITIONS, net.definitions, net, columns),
    )


def _sums(families: Sequence[Family], groups: Sequence[GroupLimit], net: Network, columns: Columns) -> Iterator[Rows]:
    """Yield the rows of limits or definitions, family by family; those of one family are in the order of the table."""
    members: dict[str, list[tuple[int, GroupLimit]]] = {family.name: [] for family in families}
    for place, group in enumerate(groups):
        if group.family not in members:
            raise ModelError(f"{group.id!r} is of the family {group.family!r}, which has no place in its table.")
        members[group.family].append((place, group))
    for family in families:
        own = members[family.name]
        if own:
            kept = [group for _, group in own]
            units, senses, limits = [g.unit for g in kept], [g.sense for g in kept], [g.rhs for g in kept]
            yield _limited(family, own, units, senses, limits, net, columns)


def _limited(
    family: Family,
    members: Sequence[tuple[int, _Group]],
    units: Sequence[str],
    senses: Sequence[str],
    limits: Sequence[Array],
    net: Network,
    columns: Columns,
) -> Rows:
    """Return the rows of some records of a table, each with its place there."""
    groups = [group for _, group in members]
    entries, opening = entries_of(groups, net, columns)
    sides = [(len(g.windows), s, np.atleast_1d(r)) for g, s, r in zip(groups, senses, limits, strict=True)]
    for group, (windows, _, limit) in zip(groups, sides, strict=True):
        if len(limit) != windows:
            raise ModelError(f"{group.id!r} has {windows} windows but {len(limit)} limits; it needs one a window.")
    rhs = np.concatenate([np.zeros(0), *(limit for _, _, limit in sides)]) - opening
    sense = np.repeat([s for _, s, _ in sides], [n for n, _, _ in sides]) if sides else np.zeros(0, dtype=str)
    lower = np.where(sense == "<=", -np.inf, rhs)
    upper = np.where(sense == ">=", np.inf, rhs)
    return _named(family, members, units, entries, lower, upper, columns)


def summed(terms: Sequence[Term], periods: Sequence[int], net: Network, columns: Columns) -> tuple[Array, float]:
    """Return the sum of terms over periods as coefficients [columns], and what opening stocks add to it."""
    sum_of = GroupLimit("sum", "sum", "", "<=", (tuple(periods),), np.zeros(1), tuple(terms))
    entries, opening = entries_of([sum_of], net, columns)
    _, col, val = entries.merged()
    coefficients = np.zeros(columns.n)
    coefficients[col] = val
    return coefficients, float(opening[0])


def sum_at(terms: Sequence[Term], periods: Sequence[int], net: Network, columns: Columns, x: Array) -> float:
    """Return the sum of terms over periods at a point: `x` by column, which may have more behind them.

    Only what has a coefficient is multiplied: a product over all columns is cut up among threads, which on a busy
    machine wait for each other a thousand times longer than they count.
    """
    coefficients, opening = summed(terms, periods, net, columns)
    there = np.flatnonzero(coefficients)
    return opening + float(coefficients[there] @ x[there])


def _whole(net: Network, columns: Columns) -> Rows:
    entries, opening = entries_of(net.whole_groups, net, columns)
    lots = np.repeat([g.lot for g in net.whole_groups], [len(g.windows) for g in net.whole_groups])
    entries.add(np.arange(len(opening)), columns["counter"].index[:, 0], -lots)
    units = [g.unit for g in net.whole_groups]
    members = list(enumerate(net.whole_groups))
    return _named(WHOLE_GROUP, members, units, entries, 0.0 - opening, 0.0 - opening, columns)


def entries_of(groups: Sequence[_Group], net: Network, columns: Columns) -> tuple[Triplets, Array]:
    """Return the entries of the groups' terms, rows numbered by window, and what opening stocks add [windows]."""
    entries = Triplets()
    opening = np.zeros(sum(len(g.windows) for g in groups))
    first = 0
    for group in groups:
        row = np.repeat(first + np.arange(len(group.windows), dtype=np.int64), [len(w) for w in group.windows])
        period = np.array([t for window in group.windows for t in window], dtype=np.int64)
        first += len(group.windows)
        kinds: dict[str, list[Term]] = {}
        for term in group.terms:
            kinds.setdefault(term.kind, []).append(term)
        for terms in kinds.values():
            _terms(entries, opening, group, terms, row, period, net, columns)
    return entries, opening


def _terms(
    entries: Triplets,
    opening: Array,
    group: _Group,
    terms: Sequence[Term],
    row: IntArray,
    period: IntArray,
    net: Network,
    columns: Columns,
) -> None:
    """Add the entries of a group's terms of one kind, all at once: there are thousands in a chain."""
    kind = terms[0].kind
    entity = _entities(group, terms, columns)
    index = columns[BLOCK[kind]].index[entity]  # [terms, T], or [terms, steps, T] for deliveries
    seen = period - np.array([term.shift for term in terms], dtype=np.int64)[:, None]
    coefficient = np.array([term.coefficient for term in terms])[:, period]
    around = np.array([term.cyclic for term in terms], dtype=bool)[:, None]
    seen = np.where(around, seen % net.n_periods, seen)
    if kind in ("stock", "on"):
        stood = [net.materials[e].opening if kind == "stock" else net.activities[e].was_on for e in entity]
        before = seen == -1
        np.add.at(opening, np.broadcast_to(row, seen.shape)[before], (coefficient * np.array(stood)[:, None])[before])
    if index.ndim > 2:
        seen, coefficient = seen[:, None, :], coefficient[:, None, :]
    inside = (seen >= 0) & (seen < net.n_periods)
    at = np.clip(seen, 0, net.n_periods - 1)
    if kind == "value":
        worth = np.zeros(index.shape)
        for n, place in enumerate(entity):
            for k, step in enumerate(net.demands[place].steps):
                worth[n, k] = step.value
        coefficient = coefficient * np.take_along_axis(worth, at, axis=-1)
    column = np.take_along_axis(index, at, axis=-1)
    entries.add(row, np.where(inside, column, -1), coefficient)


def _entities(group: _Group, terms: Sequence[Term], columns: Columns) -> list[int]:
    """Return the places in their table of what terms of one kind name."""
    kind = terms[0].kind
    table = TABLE.get(kind, kind)
    at: Mapping[str, int] = getattr(columns.at, table)
    for term in terms:
        if term.id not in at:
            raise ModelError(f"{group.id!r} names the {table} {term.id!r}, which is not in the network.")
    return [at[term.id] for term in terms]


def _named(
    family: Family,
    members: Sequence[tuple[int, _Group]],
    units: Sequence[str],
    entries: Triplets,
    lower: Array,
    upper: Array,
    columns: Columns,
) -> Rows:
    ids: list[tuple[str, str]] = []
    windows: list[tuple[int, ...]] = []
    places = np.zeros(len(lower), dtype=np.int64)
    for place, group in members:
        labels = window_labels(group.windows, columns.labels)
        places[len(ids) : len(ids) + len(labels)] = place
        ids += [(group.id, label) for label in labels]
        windows += group.windows
    known = {place: (group.id, group.name, unit) for (place, group), unit in zip(members, units, strict=True)}
    return assemble(
        family,
        entries,
        lower,
        upper,
        key=ids.__getitem__,
        who=known,
        entity=places,
        period=np.array([min(window, default=0) for window in windows], dtype=np.int64),
        keep=np.ones(len(lower), dtype=bool),
    )

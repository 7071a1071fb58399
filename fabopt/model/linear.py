r"""Rows over decisions that the instance names: budgets, group limits, whole-number groups and definitions.

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
B, R         ceiling on spending; right-hand side of a group limit        million dollars; unit of the row
l, n         lot of the group and the number of lots, a whole number      unit of the row, 1
===========  ===========================================================  ===================

What lies before the decision date is no decision and counts nothing, but for the opening stock, which is the stock of
"period -1". The price of a budget is the value of one million dollars more to spend in its window; that of a group
limit the value of one unit more on its right-hand side. A definition is a row like a group limit that only says what
decisions mean which a group limit speaks of (what remains of a plan when a supplier stops): it is nobody's limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from fabopt.model.columns import Columns, window_labels
from fabopt.model.families import Family, IntArray, ModelError, Rows, Triplets, assemble
from fabopt.network.tables import Array, GroupLimit, Network, Term

BUDGET = Family(
    name="budget",
    index=("budget", "window"),
    unit="million dollars",
    says="{name}: at most {rhs} million dollars may be spent in {period}",
    price_says="one more million dollars in {name} for {period}",
    soft=True,
)
GROUP_LIMIT = Family(
    name="group_limit",
    index=("group", "window"),
    unit="unit of the row",
    says="{name} holds in {period}, with a limit of {rhs} {unit}",
    price_says="one more {unit} in the limit {name} for {period}",
    soft=True,
)
WHOLE_GROUP = Family(
    name="whole_group",
    index=("group", "window"),
    unit="unit of the row",
    says="{name}: the sum is a whole number of lots in {period}",
    price_says="one {unit} of {name} in {period} outside its whole lots",
)
DEFINITION = Family(
    name="definition",
    index=("group", "window"),
    unit="unit of the row",
    says="{name} in {period} holds with {rhs} {unit} beside decisions, by what it means",
    price_says="one more {unit} in what {name} means in {period}",
)
FAMILIES = (BUDGET, GROUP_LIMIT, WHOLE_GROUP, DEFINITION)

BLOCK = {
    "activity": "start",
    "unit": "order",
    "demand": "deliver",
    "stock": "stock",
    "retire": "retire",
    "placed": "placed",
    "on": "on",
    "switch": "switch",
}
"""Block of columns by kind of term."""
TABLE = {"stock": "material", "retire": "unit", "placed": "unit", "on": "activity", "switch": "activity"}
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
    """Return the rows of budgets, group limits, whole groups and definitions: one a window each.

    Raises
    ------
    ModelError
        If a term names what is not in the network, or a row has not one limit a window.
    """
    count = len(net.budgets)
    amounts = [b.amount for b in net.budgets]
    return (
        _limited(BUDGET, net.budgets, ["million dollars"] * count, ["<="] * count, amounts, net, columns),
        _limited(
            GROUP_LIMIT,
            net.groups,
            [g.unit for g in net.groups],
            [g.sense for g in net.groups],
            [g.rhs for g in net.groups],
            net,
            columns,
        ),
        _whole(net, columns),
        _limited(
            DEFINITION,
            net.definitions,
            [g.unit for g in net.definitions],
            [g.sense for g in net.definitions],
            [g.rhs for g in net.definitions],
            net,
            columns,
        ),
    )


def _limited(
    family: Family,
    groups: Sequence[_Group],
    units: Sequence[str],
    senses: Sequence[str],
    limits: Sequence[Array],
    net: Network,
    columns: Columns,
) -> Rows:
    entries, opening = _entries(groups, net, columns)
    sides = [(len(g.windows), s, np.atleast_1d(r)) for g, s, r in zip(groups, senses, limits, strict=True)]
    for group, (windows, _, limit) in zip(groups, sides, strict=True):
        if len(limit) != windows:
            raise ModelError(f"{group.id!r} has {windows} windows but {len(limit)} limits; it needs one a window.")
    rhs = np.concatenate([np.zeros(0), *(limit for _, _, limit in sides)]) - opening
    sense = np.repeat([s for _, s, _ in sides], [n for n, _, _ in sides]) if sides else np.zeros(0, dtype=str)
    lower = np.where(sense == "<=", -np.inf, rhs)
    upper = np.where(sense == ">=", np.inf, rhs)
    return _named(family, groups, units, entries, lower, upper, net, columns)


def summed(terms: Sequence[Term], periods: Sequence[int], net: Network, columns: Columns) -> tuple[Array, float]:
    """Return the sum of terms over periods as coefficients [columns], and what opening stocks add to it."""
    sum_of = GroupLimit("sum", "sum", "", "<=", (tuple(periods),), np.zeros(1), tuple(terms))
    entries, opening = _entries([sum_of], net, columns)
    _, col, val = entries.merged()
    coefficients = np.zeros(columns.n)
    coefficients[col] = val
    return coefficients, float(opening[0])


def _whole(net: Network, columns: Columns) -> Rows:
    entries, opening = _entries(net.whole_groups, net, columns)
    lots = np.repeat([g.lot for g in net.whole_groups], [len(g.windows) for g in net.whole_groups])
    entries.add(np.arange(len(opening)), columns["counter"].index[:, 0], -lots)
    units = [g.unit for g in net.whole_groups]
    return _named(WHOLE_GROUP, net.whole_groups, units, entries, 0.0 - opening, 0.0 - opening, net, columns)


def _entries(groups: Sequence[_Group], net: Network, columns: Columns) -> tuple[Triplets, Array]:
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
    if kind == "stock":
        stock = np.array([net.materials[place].opening for place in entity])[:, None]
        before = seen == -1
        np.add.at(opening, np.broadcast_to(row, seen.shape)[before], (coefficient * stock)[before])
    if index.ndim > 2:
        seen, coefficient = seen[:, None, :], coefficient[:, None, :]
    inside = (seen >= 0) & (seen < net.n_periods)
    column = np.take_along_axis(index, np.clip(seen, 0, net.n_periods - 1), axis=-1)
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
    groups: Sequence[_Group],
    units: Sequence[str],
    entries: Triplets,
    lower: Array,
    upper: Array,
    net: Network,
    columns: Columns,
) -> Rows:
    labels = [label for g in groups for label in window_labels(g.windows, columns.labels)]
    group = np.repeat(np.arange(len(groups)), [len(g.windows) for g in groups]).astype(np.int64)
    first = [min(window, default=0) for g in groups for window in g.windows]
    return assemble(
        family,
        entries,
        lower,
        upper,
        key=[(groups[g].id, label) for g, label in zip(group.tolist(), labels, strict=True)].__getitem__,
        who=[(g.id, g.name, unit) for g, unit in zip(groups, units, strict=True)],
        entity=group,
        period=np.array(first, dtype=np.int64),
        keep=np.ones(len(lower), dtype=bool),
    )

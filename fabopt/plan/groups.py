r"""Limit groups: what a planner can name and move, and by how much.

A **limit group** is all rows (or bounds) of one family and record: the exposures of a fab over the periods, a party's
budget over its windows. A group is a direction in the space of right-hand sides: with amounts :math:`d_{k,i} \ge 0`,
relief by :math:`t` turns an upper side :math:`a_i x \le b_i` into :math:`a_i x \le b_i + t\, d_{k,i}`, a lower side
:math:`a_i x \ge b_i` into :math:`a_i x \ge b_i - t\, d_{k,i}`, and an upper bound :math:`x_j \le u_j` into
:math:`x_j \le u_j + t\, d_{k,j}`. So the optimal value never falls along a group. The groups come from the registry
of limits; no name is taken apart.

Where a row is a limit on both sides (demand that must be met), its sides are two groups: one may take more, or require
less. Both are of an obligation (:func:`fabopt.model.limits.obliges`), and none is ranked as a capacity.

Groups that take each other's place (:mod:`fabopt.network.substitutes`) are joined to a **class**: a group whose relief
is that of all its members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fabopt.model.families import IntArray
from fabopt.model.limits import Kind, Lever, Limit, obliges
from fabopt.model.words import said
from fabopt.network.tables import Array
from fabopt.solve.matrices import Matrices
from fabopt.solve.perturbation import Perturbation, bounds_at, sides_at

CAPACITY = "capacity"
"""Family of what activities use, of which classes are made."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far limits move: by so many units, by a share of what is there, or out of the way.

    Attributes
    ----------
    label
        In words: ``+1 unit``, ``+10 %``, ``lifted``.
    units
        Units added to every entry.
    share
        Share of the base added to every entry.
    """

    label: str
    units: float = 0.0
    share: float = 0.0


LIFTED = Step("lifted", units=np.inf)
"""The limit taken away."""


def units(count: float) -> Step:
    """Return the step of so many units in every entry."""
    return Step(f"+{count:g} unit{'' if count == 1 else 's'}", units=count)


def percent(count: float) -> Step:
    """Return the step of so many per cent of what is there."""
    return Step(f"+{count:g} %", share=count / 100.0)


STEPS = (units(1), percent(1), percent(5), percent(10), percent(25), LIFTED)
"""The finite steps of a report."""

BEFORE: Mapping[Step, Step] = {percent(5): percent(1), percent(25): percent(10), LIFTED: percent(25)}
"""From which step on the way a limit is moved by another one, where programs are large: the same in every study."""


@dataclass(frozen=True, slots=True)
class Relief:
    """A change of limits, positive where they loosen: by how much each side or bound moves (infinite: taken away).

    As a direction, the amounts are those of one unit of movement.

    Attributes
    ----------
    label
        In words.
    upper, lower
        Amount by row: the upper side rises by it, the lower side falls by it.
    column
        Amount by column: the upper bound rises by it.
    after
        The relief from whose answer this one is asked where the program is large; None: the program as it stands.
    """

    label: str
    upper: Mapping[int, float]
    lower: Mapping[int, float]
    column: Mapping[int, float]
    after: Relief | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """What it changes, without its label."""
        return tuple(tuple(sorted((i, a) for i, a in part.items() if a)) for part in self._parts)

    @property
    def _parts(self) -> tuple[Mapping[int, float], Mapping[int, float], Mapping[int, float]]:
        return self.upper, self.lower, self.column

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return any(any(part.values()) for part in self._parts)

    @property
    def loosens(self) -> bool:
        """Whether it changes something and tightens nothing."""
        return bool(self) and all(a >= 0 for part in self._parts for a in part.values())

    @property
    def unbounded(self) -> bool:
        """Whether it takes a limit away."""
        return any(np.isinf(a) for part in self._parts for a in part.values())

    @property
    def way(self) -> tuple[Relief, ...]:
        """The reliefs before it on its way, in order."""
        return () if self.after is None else (*self.after.way, self.after)

    def __add__(self, other: Relief) -> Relief:
        if not self:
            return other
        upper, lower, column = (_summed(a, b) for a, b in zip(self._parts, other._parts, strict=True))
        return Relief(" with ".join(x for x in (self.label, other.label) if x), upper, lower, column, self)

    def on(self, program: Matrices) -> Perturbation:
        """Return it as a perturbation of a program."""

        def at(part: Mapping[int, float]) -> tuple[IntArray, Array]:
            places = sorted(part)
            return np.array(places, dtype=np.int64), np.array([part[i] for i in places], dtype=float)

        (up, more), (down, less), (columns, wider) = map(at, self._parts)
        rows = np.union1d(up, down)
        low, high = program.row_lower[rows], program.row_upper[rows]
        low[np.searchsorted(rows, down)] -= less
        high[np.searchsorted(rows, up)] += more
        bounds = bounds_at(program, columns, program.column_lower[columns], program.column_upper[columns] + wider)
        return sides_at(program, rows, low, high).then(bounds)

    def times(self, t: float) -> Relief:
        """Return ``t`` times the amounts (0 times an infinite amount is none)."""
        upper, lower, column = ({i: t * a for i, a in part.items()} if t else {} for part in self._parts)
        return Relief(f"{t:g} x {self.label}", upper, lower, column)

    def named(self, label: str) -> Relief:
        """Return it under another label."""
        return replace(self, label=label)

    def covers(self, other: Relief) -> bool:
        """Return whether every plan that ``other`` allows is allowed by this one too."""
        return all(
            mine.get(i, 0.0) >= theirs.get(i, 0.0)
            for mine, theirs in zip(self._parts, other._parts, strict=True)
            for i in {*mine, *theirs}
        )


NO_RELIEF = Relief("", {}, {}, {})
"""Nothing is moved."""


def _summed(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {i: a.get(i, 0.0) + b.get(i, 0.0) for i in {**a, **b}}


@dataclass(frozen=True, slots=True)
class LimitGroup:
    """All rows and bounds of one family and record.

    Entries are the rows, then the columns; n is their number.

    Attributes
    ----------
    id, family, entity, label
        Unique id, family and record that it is of, and display name.
    unit
        Unit of right-hand side and amounts.
    kind
        What sort of limit it is.
    relaxable
        False for what cannot be moved (physics, law).
    obligation
        Whether it says what must be done.
    levers
        Units whose order relieves it.
    rows
        Rows [r] of the program.
    row_sign
        By row [r]: 1 where the upper side is the limit, -1 where the lower side is.
    columns
        Columns [c] whose upper bound is the limit.
    periods
        Position of the period by entry [n]; -1 where it is a limit of the whole horizon.
    base
        Size of the right-hand side or bound by entry [n], with what the plan adds: 100 % of a step.
    members
        Of a class: the groups that are joined in it, with all their entries.
    """

    id: str
    family: str
    entity: str
    label: str
    unit: str
    kind: Kind
    owner: str
    stage: str
    region: str
    relaxable: bool
    obligation: bool
    levers: tuple[Lever, ...]
    rows: IntArray
    row_sign: IntArray
    columns: IntArray
    periods: IntArray
    base: Array
    members: tuple[LimitGroup, ...] = ()

    @property
    def parts(self) -> tuple[LimitGroup, ...]:
        """Its members, or itself where it is no class."""
        return self.members or (self,)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.rows) + len(self.columns)

    @property
    def less(self) -> bool:
        """Whether relief is less of it: all of its sides are lower ones."""
        return not len(self.columns) and bool(np.all(self.row_sign < 0))

    def amounts(self, step: Step) -> Array:
        """Return the amount of each entry [n] for a step, in the unit of the group."""
        return np.asarray(step.units + step.share * self.base)

    def only(self, keep: Sequence[bool] | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> LimitGroup:
        """Return the group with the entries of a mask [n]."""
        mask = np.asarray(keep, dtype=bool)
        of_row, of_column = mask[: len(self.rows)], mask[len(self.rows) :]
        return replace(
            self,
            rows=self.rows[of_row],
            row_sign=self.row_sign[of_row],
            columns=self.columns[of_column],
            periods=self.periods[mask],
            base=self.base[mask],
        )

    def from_period(self, first: int) -> LimitGroup:
        """Return the group with the entries of period ``first`` and later; limits of the whole horizon stay out."""
        return self.only(self.periods >= first)

    def in_periods(self, periods: Iterable[int]) -> LimitGroup:
        """Return the group with the entries of some periods, and those of the whole horizon."""
        return self.only(np.isin(self.periods, [-1, *periods]))

    def relief(self, step: Step) -> Relief:
        """Return the relief of every entry by a step."""
        relief = self.by(self.amounts(step), f"{self.label} {step.label}")
        return replace(relief, after=self.relief(BEFORE[step])) if step in BEFORE else relief

    def by(self, amounts: Array, label: str = "") -> Relief:
        """Return the relief by an amount for each entry [n]."""
        rows, signs = self.rows.tolist(), self.row_sign.tolist()
        parts: tuple[dict[int, float], dict[int, float], dict[int, float]] = ({}, {}, {})
        for row, sign, amount in zip(rows, signs, amounts.tolist(), strict=False):
            parts[0 if sign > 0 else 1][row] = amount
        for column, amount in zip(self.columns.tolist(), amounts[len(rows) :].tolist(), strict=True):
            parts[2][column] = amount
        return Relief(label or self.label, *parts)


def together(reliefs: Iterable[Relief]) -> Relief:
    """Return several reliefs at once."""
    result = NO_RELIEF
    for relief in reliefs:
        result = result + relief
    return result


def groups_of(limits: Sequence[Limit], base: Sequence[float]) -> tuple[LimitGroup, ...]:
    """Return the limits grouped by family, record and side, in the order of the registry.

    Parameters
    ----------
    limits
        Entries of the registry, with their row or column.
    base
        Size of each right-hand side or bound, with what the plan adds.
    """
    groups: dict[tuple[str, str, int], list[int]] = {}
    for i, limit in enumerate(limits):
        for sign in (1, -1):
            if limit.side == "both" or limit.side == ("upper" if sign > 0 else "lower"):
                groups.setdefault((limit.family, limit.entity, sign), []).append(i)
    return tuple(_group([limits[i] for i in at], sign, [base[i] for i in at]) for (*_, sign), at in groups.items())


def _group(limits: Sequence[Limit], sign: int, base: Sequence[float]) -> LimitGroup:
    first = limits[0]
    order = sorted(range(len(limits)), key=lambda i: limits[i].row < 0)  # rows first; the order is stable
    limits, base = [limits[i] for i in order], [base[i] for i in order]
    rows = [limit.row for limit in limits if limit.row >= 0]
    least = first.side == "both" and sign < 0
    label = said(first.family, first.name)
    return LimitGroup(
        id=f"{first.family}:{first.entity}{':least' if least else ''}",
        family=first.family,
        entity=first.entity,
        label=f"{label}, the least" if least else label,
        unit=first.unit,
        kind=first.kind,
        owner=first.owner,
        stage=first.stage,
        region=first.region,
        relaxable=all(limit.relaxable for limit in limits),
        obligation=all(obliges(limit.side) for limit in limits),
        levers=first.levers,
        rows=np.array(rows, dtype=np.int64),
        row_sign=np.full(len(rows), sign, dtype=np.int64),
        columns=np.array([limit.column for limit in limits if limit.row < 0], dtype=np.int64),
        periods=np.array([limit.period for limit in limits], dtype=np.int64),
        base=np.abs(np.array(base, dtype=float)),
    )


def by_class(
    groups: Sequence[LimitGroup], classes: Iterable[Sequence[str]], names: Mapping[str, str]
) -> tuple[LimitGroup, ...]:
    """Return the groups with the capacities of each class joined to one, in the place of the first of them.

    Parameters
    ----------
    groups
        Limit groups.
    classes
        Ids of the resources that take each other's place, class by class.
    names
        What owners are called, by id.
    """
    number = {entity: n for n, members in enumerate(classes) for entity in members}
    members: dict[int, list[LimitGroup]] = {}
    for group in groups:
        if group.family == CAPACITY and group.entity in number:
            members.setdefault(number[group.entity], []).append(group)
    first = {own[0].id: own for own in members.values()}
    joined = {group.id for own in members.values() if len(own) > 1 for group in own[1:]}
    made = [
        _joined(first[group.id], names) if len(first.get(group.id, ())) > 1 else group
        for group in groups
        if group.id not in joined
    ]
    labels = Counter(group.label for group in made)
    return tuple(_told_apart(group) if group.members and labels[group.label] > 1 else group for group in made)


def _told_apart(group: LimitGroup) -> LimitGroup:
    """Return a class under the name of its first member, where another has the same words."""
    return replace(group, label=f"{group.members[0].label} and {len(group.members) - 1} more")


def _joined(members: Sequence[LimitGroup], names: Mapping[str, str]) -> LimitGroup:
    """Return groups of rows as one."""
    first = members[0]
    owners, regions = (
        list(dict.fromkeys(names)) for names in zip(*((m.owner, m.region) for m in members), strict=True)
    )
    return replace(
        first,
        id=f"class:{first.entity}",
        entity="",
        label=_called([m.label for m in members], [names.get(owner, owner) for owner in owners]),
        owner=", ".join(owners),
        region=regions[0] if len(regions) == 1 else "",
        levers=tuple(dict.fromkeys(lever for m in members for lever in m.levers)),
        rows=np.concatenate([m.rows for m in members]),
        row_sign=np.concatenate([m.row_sign for m in members]),
        periods=np.concatenate([m.periods for m in members]),
        base=np.concatenate([m.base for m in members]),
        members=tuple(members),
    )


def _called(labels: Sequence[str], owners: Sequence[str]) -> str:
    """Return what to call a class: the words that its members' names begin and end with, how many, and whose.

    Of names that differ in a place only, those before it.
    """
    words = [label.split() for label in labels]
    least = min(map(len, words))
    begins = next((n for n in range(least) if len({w[n] for w in words}) > 1), least)
    ends = next((n for n in range(least - begins) if len({w[-1 - n] for w in words}) > 1), least - begins)
    places = begins > 0 and words[0][begins - 1] == "at"  # what follows names where, whatever its last words are
    shared = words[0][: begins - 1] if places else words[0][:begins] + words[0][len(words[0]) - ends :]
    if shared:  # the names may differ in all that stands before a bracket
        shared[0] = shared[0].removeprefix("(").removesuffix(")") if shared[0].startswith("(") else shared[0]
    named = " and ".join([", ".join(owners[:-1]), *owners[-1:]] if len(owners) > 1 else owners)
    whose = f"of {len(owners)} owners" if len(owners) > 3 else f"of {named}" if named else ""
    return " ".join([*shared, f"({len(labels)} limits", f"{whose})"]).replace(" )", ")")

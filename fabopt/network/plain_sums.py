"""Numbers by period of the plain `network:` section, and its limits on sums as tables of the process network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from fabopt.domain import plain as spec
from fabopt.domain.plain_base import Labels
from fabopt.domain.plain_horizon import AT_ONCE, PeriodNames, Windows
from fabopt.domain.plain_rows import Budget, Group, Term
from fabopt.domain.quantity import Quantity
from fabopt.network import tables
from fabopt.network.lengths import Lengths
from fabopt.network.tables import Array, Period

Numbers = Quantity | tuple[Quantity, ...] | None


def one(number: Quantity | None, default: float) -> float:
    """Return a number, or what it is when left out."""
    return default if number is None else number.value


def tags_of(labels: Labels, section: str, key: str) -> tables.Tags:
    """Return the tags of a record of a section of the network."""
    return tables.Tags(**{**dict(labels), "role": labels.role or ""}, field=f"network.{section}.{key}")


class Series:
    """Numbers of a plain network over the periods of one horizon; their lists and names of periods are known to fit."""

    def __init__(self, network: spec.PlainNetwork, periods: tuple[Period, ...], names: PeriodNames) -> None:
        self.network = network
        self.periods = periods
        self.names = names
        self.lengths = Lengths.of(periods)
        self.each = tuple((t,) for t in range(len(periods)))

    def series(self, numbers: Numbers, default: float = 0.0) -> Array:
        """One number for each period: a list as it stands, a series averaged over the period."""
        return self.windowed(numbers, self.each, default)

    def rate(self, numbers: Numbers, default: float = 0.0) -> Array:
        """One amount for each period: a list as it stands, what is stated once by the length of the period."""
        rate = self.series(numbers, default)
        return rate if isinstance(numbers, tuple) else rate * self.lengths.sizes

    def maybe(self, numbers: Numbers, *, rate: bool = False) -> Array | None:
        """Like `series` or `rate`, but None where nothing was given."""
        return None if numbers is None else (self.rate(numbers) if rate else self.series(numbers))

    def per_period(self, number: Quantity | None) -> float | Array:
        """What one unit costs in each period, nothing when left out; one number where periods are of one length."""
        return self.lengths.one(one(number, 0.0) * self.lengths.sizes)

    def windowed(self, numbers: Numbers, windows: Windows, default: float) -> Array:
        """One number for each window; a series is averaged from the first to the last day of the window."""
        if numbers is None:
            return np.full(len(windows), default)
        if isinstance(numbers, tuple):
            return np.array([number.value for number in numbers])
        if numbers.shape == "constant":
            return np.full(len(windows), numbers.value)
        return np.array([numbers.mean(self.periods[min(w)].start, self.periods[max(w)].end) for w in windows])


class Sums(Series):
    """Budgets and limits on sums, those included that materials and demands state in a field of their own."""

    def budgets(self) -> tuple[tables.Budget, ...]:
        """Return the budgets."""
        budgets = []
        for key, item in self.network.budgets.items():
            windows = self.names.windows(item)
            amount = self.limit(item, item.amount, windows)
            tags = tags_of(item.tags, "budgets", key)
            budgets.append(tables.Budget(key, item.name or key, windows, amount, self.terms(item.terms), tags))
        return tuple(budgets)

    def limits(self) -> tuple[tables.GroupLimit, ...]:
        """Return the limits on sums: of groups, of last stocks, of least deliveries."""
        return (*self._groups(), *self._last_stocks(), *self._least_deliveries())

    def _groups(self) -> Iterator[tables.GroupLimit]:
        for key, item in self.network.groups.items():
            windows, terms = self.names.windows(item), self.terms(item.terms)
            for n, (field, sense, numbers) in enumerate(item.sides):
                yield tables.GroupLimit(
                    id=f"{key}:{field}" if n else key,
                    name=item.name or key,
                    unit=item.unit,
                    sense=sense,
                    windows=windows,
                    rhs=self.limit(item, numbers, windows),
                    terms=terms,
                    tags=tags_of(item.tags, "groups", f"{key}.{field}" if n else key),
                    limit_kind=item.limit_kind,
                    relaxable=item.relaxable,
                )

    def _last_stocks(self) -> Iterator[tables.GroupLimit]:
        senses = (("exactly", "=="), ("at_most", "<="), ("at_least", ">="))
        for key, item in self.network.materials.items():
            for field, sense in senses:
                number = None if item.final is None else getattr(item.final, field)
                if number is None:
                    continue
                amount = one(item.opening, 0.0) if number == "opening" else number.value
                yield tables.GroupLimit(
                    id=f"{key}:final:{field}",
                    name=f"{item.name or key}, last stock",
                    unit=item.unit,
                    sense=sense,  # type: ignore[arg-type]
                    windows=self.each[-1:],
                    rhs=np.array([amount]),
                    terms=self.terms((Term(stock=key),)),
                    tags=tags_of(item.tags, "materials", f"{key}.final"),
                )

    def _least_deliveries(self) -> Iterator[tables.GroupLimit]:
        for key, item in self.network.demands.items():
            least = self.rate(item.at_least)
            windows = tuple(window for window in self.each if least[window[0]] > 0.0)
            if windows:
                yield tables.GroupLimit(
                    id=f"{key}:at_least",
                    name=f"{item.name or key}, least",
                    unit=self.network.materials[item.material or key].unit,
                    sense=">=",
                    windows=windows,
                    rhs=least[least > 0.0],
                    terms=self.terms((Term(demand=key),)),
                    tags=tags_of(item.tags, "demands", f"{key}.at_least"),
                    limit_kind="demand",
                )

    def whole_groups(self) -> tuple[tables.WholeGroup, ...]:
        """Return the sums that must be whole."""
        return tuple(
            tables.WholeGroup(
                id=key,
                name=item.name or key,
                unit=item.unit,
                windows=self.names.windows(item),
                terms=self.terms(item.terms),
                lot=one(item.lot, 1.0),
                tags=tags_of(item.tags, "whole_groups", key),
            )
            for key, item in self.network.whole_groups.items()
        )

    def limit(self, row: Budget | Group, numbers: Numbers, windows: Windows) -> Array:
        """One limit for each window: in each period by its length where decisions are counted, not what is at once."""
        limit = self.windowed(numbers, windows, 0.0)
        stated = isinstance(numbers, tuple) or row.windows or row.window != "period"
        return limit if stated or all(term.counted[0] in AT_ONCE for term in row.terms) else limit * self.lengths.sizes

    def terms(self, terms: tuple[Term, ...]) -> tuple[tables.Term, ...]:
        """Return the terms of a sum, with one for every record that a term chooses by tags."""
        return tuple(
            tables.Term(kind, key, factor * coefficient, term.shift + shift, self.network.cyclic)
            for term in terms
            for coefficient in (self.series(term.coefficient, 1.0),)
            for key in self.network.chosen(term)
            for kind, factor, shift in _COUNTS[term.counted[0]]
        )


_Counted = Literal["activity", "unit", "demand", "stock", "retire", "placed", "on", "switch"]
_COUNTS: Mapping[str, tuple[tuple[_Counted, float, int], ...]] = {
    **{kind: ((kind, 1.0, 0),) for kind in ("activity", "unit", "demand", "stock", "retire", "placed", "on")},
    "start": (("switch", 1.0, 0),),
    "stop": (("on", 1.0, 1), ("on", -1.0, 0), ("switch", 1.0, 0)),
}
"""By kind of term: kind, factor and shift of the decisions that it counts. What was on and is not was switched off."""

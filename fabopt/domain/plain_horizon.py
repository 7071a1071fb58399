"""The plain `network:` section against its horizon: periods by name, windows, and lists of the right length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fabopt.domain.base import Fault, Path, Record
from fabopt.domain.plain import PlainNetwork
from fabopt.domain.plain_base import Numbers
from fabopt.domain.plain_rows import Budget, Group, Row

Windows = tuple[tuple[int, ...], ...]

AT_ONCE = ("stock", "on")
"""Kinds of terms that count what is there at once, and not what happens in a period."""
_SIDES = ("limit", "at_least", "at_most")
"""Fields of a group that have one number for each window."""
_FREE_LISTS = frozenset({"ages", "ramp"})
"""Lists of numbers that run over age, not over periods."""


@dataclass(frozen=True, slots=True)
class PeriodNames:
    """The periods of a horizon by the names that a section may use.

    Attributes
    ----------
    labels
        Label of each period.
    years
        Calendar year in which each begins.
    even
        Whether all are of one length.
    """

    labels: tuple[str, ...]
    years: tuple[int, ...]
    even: bool = True

    def index(self, name: str) -> int | None:
        """Return the index of a period named by its label or by its number from 1, or None."""
        if name in self.labels:
            return self.labels.index(name)
        # A label of a year, 2027, is a number too; it comes first.
        if name.isascii() and name.isdigit() and 1 <= int(name) <= len(self.labels):
            return int(name) - 1
        return None

    def windows(self, row: Row) -> Windows:
        """Return the windows of a row, each a tuple of period indices; names that lead nowhere are left out."""
        if row.windows:
            named = (tuple(self.index(name) for name in window) for window in row.windows)
            return tuple(tuple(index for index in window if index is not None) for window in named)
        indices = range(len(self.labels))
        if row.window == "horizon":
            return (tuple(indices),)
        if row.window == "period":
            return tuple((t,) for t in indices)
        return tuple(tuple(t for t in indices if self.years[t] == year) for year in dict.fromkeys(self.years))


def horizon_faults(network: PlainNetwork, periods: PeriodNames) -> list[Fault]:
    """Find lists that have not one number for each period or window, and periods that the horizon does not have.

    Parameters
    ----------
    network
        The section.
    periods
        The periods of its horizon.

    Returns
    -------
    list of Fault
        Paths are relative to the section; empty when all fit.
    """
    rows: dict[str, Mapping[str, Row]] = {
        "budgets": network.budgets,
        "groups": network.groups,
        "whole_groups": network.whole_groups,
    }
    faults = list(_lengths(network, (), len(periods.labels)))
    for section, named in rows.items():
        for key, row in named.items():
            faults += _row_faults(row, (section, key), periods)
    for key, unit in network.units.items():
        for name in unit.pinned:
            faults += _unknown_period(name, ("units", key, "pinned", name), periods)
    return faults if periods.even else [*faults, *_counted_in_periods(network, rows)]


def _counted_in_periods(network: PlainNetwork, rows: Mapping[str, Mapping[str, Row]]) -> Iterator[Fault]:
    """Yield what counts periods one by one, which says nothing where they are of unequal length."""
    hint = "give the horizon periods of one length, or leave this out"
    unlike = "counts periods, and those of the horizon are of unequal length"
    if network.cyclic:
        yield Fault(("cyclic",), f"what goes round {unlike}", hint)
    path: Path
    for key, material in network.materials.items():
        if material.shelf_life:
            yield Fault(("materials", key, "shelf_life"), f"a shelf life {unlike}", hint)
    for key, activity in network.activities.items():
        for name, says in (("min_run", "a least run"), ("min_off", "a least rest")):
            if activity.on_off is not None and getattr(activity.on_off, name) > 1:
                yield Fault(("activities", key, "on_off", name), f"{says} {unlike}", hint)
    for key, demand in network.demands.items():
        if demand.backlog is not None and demand.backlog.expiry > 0:
            path = ("demands", key, "backlog", "expiry")
            yield Fault(path, f"waiting {unlike}", hint)
    for section, named in rows.items():
        for key, row in named.items():
            for place, term in enumerate(row.terms):
                if term.shift > 0:
                    path = (section, key, "terms", place, "shift")
                    yield Fault(path, f"a shift {unlike}", hint)
            if isinstance(row, Group) and not row.windows and row.window == "period":
                for field, _, limit in row.sides:
                    yield from _mixed(row, limit, (section, key, field))


def _mixed(row: Group, limit: Numbers | None, path: Path) -> Iterator[Fault]:
    """Yield a limit of which it is not known whether it is so much per period or so much at once."""
    stocks = [term.counted[0] in AT_ONCE for term in row.terms]
    if limit is not None and not isinstance(limit, tuple) and limit.value and any(stocks) and not all(stocks):
        message = "levels and flows are added up, so a limit stated once is neither per period nor at once"
        yield Fault(path, f"{message}; the periods of the horizon are of unequal length", "give one number a period")


def _lengths(value: object, path: Path, needed: int) -> Iterator[Fault]:
    """Walk a record for lists of numbers by period; a budget's amount and a group's limit follow their windows."""
    if isinstance(value, Record):
        for name, field in type(value).model_fields.items():
            by_window = (isinstance(value, Budget) and name == "amount") or (
                isinstance(value, Group) and name in _SIDES
            )
            if name not in _FREE_LISTS and not by_window:
                yield from _lengths(getattr(value, name), (*path, field.alias or name), needed)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _lengths(entry, (*path, key), needed)
    elif isinstance(value, tuple) and value:
        if isinstance(value[0], Record):
            for place, entry in enumerate(value):
                yield from _lengths(entry, (*path, place), needed)
        elif not isinstance(value[0], str | tuple) and len(value) != needed:
            yield _wrong_length(path, len(value), needed, "period")


def _row_faults(row: Row, path: Path, periods: PeriodNames) -> Iterator[Fault]:
    for place, window in enumerate(row.windows):
        for position, name in enumerate(window):
            yield from _unknown_period(name, (*path, "windows", place, position), periods)
    needed = len(periods.windows(row))
    for field in ("amount", *_SIDES):
        numbers = getattr(row, field, None)
        if isinstance(numbers, tuple) and len(numbers) != needed:
            what = "period" if not row.windows and row.window == "period" else "window"
            yield _wrong_length((*path, field), len(numbers), needed, what)


def _wrong_length(path: Path, length: int, needed: int, what: str) -> Fault:
    entries = "entry" if length == 1 else "entries"
    return Fault(
        path,
        f"the list has {length} {entries}, but there {'is' if needed == 1 else 'are'} {needed} {what}"
        f"{'' if needed == 1 else 's'}",
        f"give one number for each {what}",
    )


def _unknown_period(name: str, path: Path, periods: PeriodNames) -> Iterator[Fault]:
    if periods.index(name) is None:
        first, last, count = periods.labels[0], periods.labels[-1], len(periods.labels)
        yield Fault(
            path,
            f"the horizon has no period '{name}'",
            f"it runs from {first} to {last}; a number counts its periods from 1 to {count}",
        )

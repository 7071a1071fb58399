"""From a plan and a date to the instance in which all that was decided before the date is held.

The horizon keeps its start, so that nothing is restated: what is in work, in stock, on order and in the fleet at the
new date follows from what is held. Numbers that may vary over time and are not what they were for the plan hold from
the date on; before it, those of the plan stand, since it was made and carried out with them. A series of straight lines
is written in steps then, each period at its mean, which is what the plan sees of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from fabopt.domain.calendar import parse_when
from fabopt.domain.instance import Instance
from fabopt.domain.plain_rows import Row
from fabopt.domain.quantity import Point, Quantity
from fabopt.errors import StudyError
from fabopt.io.levers import list_levers, set_lever
from fabopt.io.shape import kinds_at, locate
from fabopt.io.tree import Tree
from fabopt.network.lowering.builder import make_periods
from fabopt.network.tables import Network, Period
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

Pinned = dict[str, Any]


def first_open(periods: Sequence[Period], to: str) -> int:
    """Return the position of the period that begins at the new decision date.

    Raises
    ------
    StudyError
        When the date is none, or no period but the first begins then.
    """
    later = periods[1:]
    span = f"from {later[0].label} to {later[-1].label}" if later else "of which there is none"
    try:
        day = parse_when(to)
    except ValueError as error:
        raise StudyError(f"The new decision date: {error}.") from error
    first_open = next((p.index for p in later if p.start == day), None)
    if first_open is None:
        raise StudyError(f"No period begins at {to[:40]!r}: name one after the first of the horizon, {span}.")
    return first_open


def pinned(net: Network, read: Read, before: int) -> Pinned:
    """Return what a plan decides before a period, as the section ``pins`` of an instance.

    Parameters
    ----------
    net
        The network that is to be held; what it has and the plan has not was not decided: nothing. What the plan has
        done and it has not is kept all the same, so that it is missed (`fabopt.network.pins`).
    read
        Returns a table of the plan by its name.
    before
        Position of the first period that is open.
    """
    labels = [p.label for p in net.periods[:before]]
    units, activities = read("core/units"), read("core/activities")
    stored = [m.id for m in net.materials if m.storable]
    return {
        "units": _filled(units, "ordered", [u.id for u in net.units], labels),
        "activities": _filled(activities, "level", [a.id for a in net.activities], labels),
        "retired": _filled(units, "retired", [u.id for u in net.units if u.retire_cost is not None], labels),
        "deliveries": _filled(read("core/demands"), "delivered", [d.id for d in net.demands], labels),
        "stocks": _filled(read("core/materials"), "stock", stored, labels),
        "done_until": str(net.periods[before].start),
    }


def orders_in(net: Network, read: Read, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return what a plan orders of the units of a network in some periods."""
    own = [unit.id for unit in net.units]
    return {id: levels for id, levels in _filled(read("core/units"), "ordered", own, labels).items() if id in own}


def _filled(frame: pd.DataFrame, column: str, ids: Sequence[str], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    levels = {id: dict.fromkeys(labels, 0.0) for id in ids}
    for id, period, value in zip(frame["id"], frame["period"], frame[column], strict=True):
        if period in labels and (id in levels or value > 0.0):
            levels.setdefault(str(id), {})[period] = max(float(value), 0.0)
    return levels


def dated(tree: Tree, now: Instance, then: Instance, before: int) -> tuple[Tree, tuple[str, ...]]:
    """Return an instance whose numbers are those of the plan before a period, and its own from that period on.

    Parameters
    ----------
    tree, now
        The instance as it is known now.
    then
        The instance of the plan.
    before
        Position of the first period that is open.

    Returns
    -------
    Tree and tuple of str
        Levers that cannot vary over time, and so hold throughout, are named.
    """
    _, periods = make_periods(now)
    known = _by_lever(then, periods)
    raw, throughout = tree.raw, []
    for lever in list_levers(now):
        base, place = _by_period(tree, lever.path)
        old, new = known.get(base), lever.quantity
        if old is None or _by_window(tree, base):
            continue
        if place is not None:
            if place < before:
                value = old.mean(periods[place].start, periods[place].end)
                raw = set_lever(raw, lever.path, {"unit": new.unit, "value": value}, Instance)
        elif _same(old, new):
            continue
        elif any(k.quantity and k.quantity.series for k in kinds_at(Instance, locate(Instance, tree.raw, base))):
            steps = {str(day): value for day, value in _steps(old, new, periods, before).items()}
            raw = set_lever(raw, base, {"unit": new.unit, "steps": steps}, Instance)
        else:
            throughout.append(base)
    return replace(tree, raw=raw), tuple(throughout)


def _by_period(tree: Tree, path: str) -> tuple[str, int | None]:
    """Return the lever that a list of numbers by period stands at, and the place in it; otherwise the lever itself."""
    base, _, last = path.rpartition(".")
    if last.isdecimal() and base:
        kinds = kinds_at(Instance, locate(Instance, tree.raw, base))
        if any(kind.is_list and kind.quantity is not None and kind.quantity.series for kind in kinds):
            return base, int(last)
    return path, None


def _by_window(tree: Tree, path: str) -> bool:
    """Whether a number is the side of a sum over windows: it holds as it is now, for what is still to be decided."""
    return any(
        k.record and issubclass(k.record, Row) for k in kinds_at(Instance, locate(Instance, tree.raw, path)[:-1])
    )


def _by_lever(data: Instance, periods: Sequence[Period]) -> dict[str, Quantity]:
    """Return the numbers of an instance by lever, also in the form of a series those that are given as a list."""
    by_lever = {lever.path: lever.quantity for lever in list_levers(data)}
    lists: dict[str, dict[int, Quantity]] = {}
    for path, quantity in by_lever.items():
        base, _, last = path.rpartition(".")
        if last.isdecimal():
            lists.setdefault(base, {})[int(last)] = quantity
    for base, by_place in lists.items():
        points = tuple(Point(p.start, by_place[p.index].value) for p in periods if p.index in by_place)
        if points:
            by_lever[base] = Quantity(by_place[min(by_place)].unit, points, "steps")
    return by_lever


def _same(first: Quantity, second: Quantity) -> bool:
    def course(q: Quantity) -> Any:
        return q.shape, q.before, [(p.when, p.value) for p in q.points]

    return bool(course(first) == course(second))


def _steps(old: Quantity, new: Quantity, periods: Sequence[Period], before: int) -> Mapping[date, float]:
    """Return the old course before a period and the new one from it on."""
    day = periods[before].start
    steps: dict[date, float] = {periods[0].start: old.at(periods[0].start)}
    if old.shape == "linear":
        steps |= {p.start: old.mean(p.start, p.end) for p in periods[:before]}
    else:
        steps |= {p.when: p.value for p in old.points if p.when is not None and p.when < day}
    if new.shape == "linear":
        steps |= {p.start: new.mean(p.start, p.end) for p in periods[before:]}
    else:
        steps[day] = new.at(day)
        steps |= {p.when: p.value for p in new.points if p.when is not None and p.when > day}
    return dict(sorted(steps.items()))

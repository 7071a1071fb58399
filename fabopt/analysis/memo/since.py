"""The page of a memo on what happened since the plan before: of a plan that was rolled on with actuals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from fabopt.analysis.lever_names import lever_name
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Amount, Unit
from fabopt.analysis.memo.records.since import Changed, Fact, Since
from fabopt.analysis.roll.facts import NUMBER
from fabopt.domain.horizon import Actual
from fabopt.domain.tolerances import CLOSE, SHOWN


def since(mine: Ground) -> Since | None:
    """Return what happened since the plan before; None where the plan was not rolled on with actuals."""
    pins = mine.data.pins
    if not pins.actuals or pins.done_until is None:
        return None
    passed = [p.label for p in mine.net.periods[: mine.done]]
    told = {one.period for one in pins.actuals}
    to = mine.net.periods[len(passed)].label
    facts = sorted((_fact(mine, one) for one in pins.actuals), key=_weight)
    units = mine.read("core/units")
    there = units[units["ordered"] > 0.0]
    now = {(id, label): float(n) for id, label, n in zip(there["id"], there["period"], there["ordered"], strict=True)}
    due = tuple(
        (unit.name, _amount(now[unit.id, to], unit.unit, f"core/units[id={unit.id}, period={to}].ordered"))
        for unit in mine.net.units
        if (unit.id, to) in now and unit.tags.owner == mine.lab
    )
    first = next(label for label in passed if label in told)
    return Since(first, passed[-1], to, tuple(facts), tuple(_changed(mine, now, len(passed))), due)


def _fact(mine: Ground, one: Actual) -> Fact:
    name = lever_name(mine.data, one.name) if one.what == NUMBER else one.name
    before = f"plan before: {one.what} of {one.name} in {one.period}"
    off = abs(one.happened - one.planned) > SHOWN * max(abs(one.happened), abs(one.planned))
    share = (one.happened - one.planned) / one.planned if one.planned else None
    worth = one.worth if off else None
    return Fact(
        one.what,
        name,
        one.period,
        _amount(one.planned, one.unit, before),
        _amount(one.happened, one.unit, f"actuals: {one.source}"),
        None if share is None else Amount(share if off else 0.0, "share", f"actuals: {one.source}, over {before}"),
        None if worth is None else Amount(worth, "MUSD", f"{before}, at its prices"),
    )


def _weight(fact: Fact) -> tuple[float, float]:
    return (
        -abs(fact.worth.value) if fact.worth is not None else 0.0,
        -abs(fact.share.value) if fact.share is not None else 0.0,
    )


def _changed(mine: Ground, now: dict[tuple[str, str], float], first: int) -> Iterator[Changed]:
    """Yield the orders of open periods that are not those of the plan before, the lab's own first."""
    before = mine.data.pins.orders_before
    units = {unit.id: unit for unit in mine.net.units}
    rows = []
    for id, orders in before.items():
        unit = units.get(id)
        most = max((abs(n) for n in orders.values()), default=0.0)
        for period in mine.net.periods[first:] if unit is not None else ():
            was, is_now = orders.get(period.label, 0.0), now.get((id, period.label), 0.0)
            if unit is None or not period.reported or abs(was - is_now) <= CLOSE * max(most, was, is_now):
                continue
            rows.append(
                Changed(
                    unit.name, mine.called(unit.tags.owner), period.label,
                    _amount(was, unit.unit, f"plan before: orders of {id} in {period.label}"),
                    _amount(is_now, unit.unit, f"core/units[id={id}, period={period.label}].ordered"),
                    unit.tags.owner == mine.lab,
                )
            )  # fmt: skip
    return iter(sorted(rows, key=lambda row: not row.mine))


def _amount(value: float, unit: str, origin: str) -> Amount:
    """Return a number in a unit of the instance."""
    known = [one for one in get_args(Unit) if one == unit]
    return Amount(value, known[0], origin) if known else Amount(value, "as written", origin, unit_text=unit)

"""Orders of an earlier plan, and what changing them is to count for when the plan is made again (docs/roll.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from fabopt.domain.base import Fault, Frozen, Path, Record
from fabopt.domain.calendar import Calendar

SHARE = 0.05
"""What changing an order counts for where nobody says otherwise: a share of what it costs."""


class Stability(Record):
    """What was ordered in an earlier plan, and a charge for ordering otherwise: it steers the plan and is no money."""

    share: Annotated[float, Field(ge=0, le=1)] = SHARE
    """Charge for one unit more or less in a period, as a share of what that unit costs (0.05 is 5 %, an assumption)."""
    orders: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """What was ordered: unit id, then period label, then number ordered. In periods that are not named all is free."""


def stability_faults(stability: Stability | None, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is no period of the horizon, and orders of less than nothing."""
    for name, orders in () if stability is None else stability.orders.items():
        yield from by_period_faults(("stability", "orders", name), orders, calendar)


def by_period_faults(path: Path, numbers: Mapping[str, float], calendar: Calendar) -> Iterator[Fault]:
    """Yield labels that are no period of the horizon, and numbers of what is decided that are less than nothing."""
    labels = calendar.labels
    for label, number in numbers.items():
        if label not in labels:
            hint = f"periods run from {labels[0]} to {labels[-1]}"
            yield Fault((*path, label), f"'{label}' is no period of the horizon", hint)
        if number < 0:
            yield Fault((*path, label), f"a decision cannot be negative, as {number:g} is")

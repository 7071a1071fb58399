"""A plan at a later decision date, in words and tables: its worth, its regrets, what is there, what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis.roll.records import Changed, Outcome, Roll
from fabopt.domain.tolerances import rounding
from fabopt.report.base import Report, notes, with_rows
from fabopt.report.sweep import worth
from fabopt.report.text import TextTable, amount, clip, percent

if TYPE_CHECKING:
    import pandas as pd

MOST, NAME = 12, 38
"""Rows of a table, and the widest name."""


class RollReport(Report):
    """A plan whose decision date has moved: ``print`` it, or look at its parts.

    Attributes
    ----------
    found
        The records.
    result
        The new plan, a `fabopt.Result` like any other.
    """

    offers = ".frame .next .opening .result"

    def __init__(self, found: Roll, result: Any) -> None:
        self.found, self.result = found, result

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentence(self.found)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a commitment that would be another if all could be decided again."""
        return self.found.frame

    @property
    def next(self) -> pd.DataFrame:
        """One row an order from the date on that is not that of the plan as it was."""
        return self.found.next_frame

    @property
    def opening(self) -> pd.DataFrame:
        """One row something that is there at the new decision date: stock, work, fleet, orders."""
        return self.found.opening_frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        found = self.found
        orders = [c for c in found.regrets if c.kind == "order"]
        starts = [c for c in found.regrets if c.kind == "starts"]
        made = (
            value_table(found),
            changed_table(f"Orders before {found.to} that would be others", "held", "free", orders),
            changed_table(f"Work started before {found.to} that would be other", "held", "free", starts),
            changed_table(
                f"Orders from {found.to} on that are not those of the plan as it was", "now", "was", found.next
            ),
            opening_table(found),
        )
        return with_rows(*made)

    def below(self, width: int) -> list[str]:
        """Return what a reader must know."""
        return notes(method(self.found), width)

    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""
        return self.found.as_dict()


def sentence(found: Roll) -> str:
    """Return the answer in one sentence."""
    if found.held.objective is None:
        return (
            f"No plan of {found.name} keeps to what was decided before {found.to} ({found.held.status}); "
            f"with all open there is {'one' if found.free.objective is not None else 'none either'}."
        )
    what = "worth" if found.objective_name == "value" else found.objective_name
    text = (
        f"Held to what was decided before {found.to}, {found.name} has a plan {what} "
        f"{worth(found.held.objective, found.unit)}"
    )
    regret, span = found.regret, found.regret_range
    if regret is None or span is None:
        return f"{text}; whether another past were better was not found ({found.free.status})."
    low, high = span
    if high <= rounding(found.held.objective):
        return f"{text} and regrets nothing: if all could be decided again, nothing would be better."
    if high - low <= rounding(found.held.objective):
        text += f" and regrets {worth(high, found.unit)}"
    elif low <= 0.0:
        text += f" and regrets at most {worth(high, found.unit)}"
    else:
        text += f" and regrets between {worth(low, found.unit)} and {worth(high, found.unit)}"
    orders = sum(c.kind == "order" for c in found.regrets)
    if not found.regrets:
        return f"{text}."
    first = found.regrets[0]
    when = f" in {first.period}" if first.period else ""
    return (
        f"{text}; if all could be decided again, {orders:,} orders and {len(found.regrets) - orders:,} sorts of work "
        f"before the date would be others, first {clip(first.name, NAME)}{when}: "
        f"{amount(first.free)} instead of {amount(first.held)} {first.unit}".rstrip()
        + "."
    )


def value_table(found: Roll) -> TextTable:
    """Return the three plans."""
    said = (
        ("the plan as it was, for its own data", found.before),
        (f"held to what was decided before {found.to}", found.held),
        ("if all could be decided again", found.free),
    )
    rows = [(name, *_cells(outcome)) for name, outcome in said]
    unit = f", {found.unit}" if found.unit else ""
    headers = ("plan", "status", "objective", "bound", "gap")
    return TextTable(f"Objective ({found.objective_name}){unit}", headers, tuple(rows), left=2)


def _cells(outcome: Outcome) -> tuple[str, str, str, str]:
    numbers = ("-" if n is None else amount(n) for n in (outcome.objective, outcome.bound))
    return (outcome.status, *numbers, percent(outcome.gap))  # type: ignore[return-value]


def changed_table(title: str, first: str, other: str, rows: Sequence[Changed]) -> TextTable:
    """Return decisions that differ, as the records order them."""
    cells = [
        (clip(c.name, NAME), c.owner or "-", c.what, c.period, amount(c.held), amount(c.free), c.unit)
        for c in rows[:MOST]
    ]
    more = f" (the first {MOST} of {len(rows):,})" if len(rows) > MOST else ""
    headers = ("what", "owner", "", "when", first, other, "unit")
    return TextTable(f"{title}{more}", headers, tuple(cells), left=4)


def opening_table(found: Roll) -> TextTable:
    """Return what is there at the date: all that is on order and in the fleet, the largest of the rest by kind."""
    order = {"on order": 0, "fleet": 1, "in work": 2, "stock": 3}
    rows = sorted(found.opening, key=lambda row: order[row.kind])
    cells = [(row.kind, clip(row.name, NAME), row.owner or "-", amount(row.quantity), row.unit) for row in rows]
    more = f" (the first {MOST} of {len(cells):,})" if len(cells) > MOST else ""
    headers = ("", "what", "owner", "quantity", "unit")
    return TextTable(f"What is there at the start of {found.to}{more}", headers, tuple(cells[:MOST]), left=3)


def method(found: Roll) -> list[str]:
    """Return what a reader must know."""
    notes = [
        f"Orders, contracts, work started, deliveries and stocks before {found.to} are those of the plan; the horizon "
        "keeps its start, and money is still discounted to it."
    ]
    if found.inputs:
        dated = len(found.inputs) - len(found.throughout)
        notes.append(
            f"{len(found.inputs):,} numbers are not those of the plan as it was; {dated:,} from {found.to} on."
        )
    if found.throughout:
        some = ", ".join(clip(path, NAME) for path in found.throughout[:3])
        more = f" and {len(found.throughout) - 3} more" if len(found.throughout) > 3 else ""
        notes.append(f"These cannot vary over time and hold before the date too: {some}{more}.")
    if found.raised:
        first = found.raised[0]
        notes.append(
            f"Work that was started before is finished whatever the capacity is then: {len(found.raised)} limits are "
            f"counted higher, first {clip(first.name, NAME)} in {first.period}, by {amount(first.more)} {first.unit}."
        )
    return notes

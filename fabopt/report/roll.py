"""A plan at a later decision date, in words and tables: its worth, its regrets, what is there, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fabopt.analysis.roll.records import Changed, Roll
from fabopt.domain.tolerances import rounding
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, between, in_unit, money, percent

MOST = 12
"""Rows of a table."""


def roll_report(found: Roll, result: Any) -> Report[Roll]:
    """Return a plan whose decision date has moved: its worth, its regrets, what is there, what is next."""
    orders = [c for c in found.regrets if c.kind == "order"]
    starts = [c for c in found.regrets if c.kind == "starts"]
    later = f"Orders from {found.to} on that are not those of the plan as it was"
    return Report(
        "roll",
        found,
        (sentence(found),),
        (
            _values(found),
            _changed(f"Orders before {found.to} that would be others", "held", "free", orders),
            _changed(f"Work started before {found.to} that would be other", "held", "free", starts),
            _changed(later, "now", "was", found.next),
            _opening(found),
        ),
        tuple(method(found)),
        {"regrets": lambda: found.frame, "next": lambda: found.next_frame, "opening": lambda: found.opening_frame},
        data=found.as_dict,
        result=result,
    )


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
        f"{money(found.held.objective, found.unit)}"
    )
    regret, span = found.regret, found.regret_range
    if regret is None or span is None:
        return f"{text}; whether another past were better was not found ({found.free.status})."
    low, high = span
    if high <= rounding(found.held.objective):
        return f"{text} and regrets nothing: if all could be decided again, nothing would be better."
    text += f" and regrets {between(low, high, found.unit)}"
    orders = sum(c.kind == "order" for c in found.regrets)
    if not found.regrets:
        return f"{text}."
    first = found.regrets[0]
    when = f" in {first.period}" if first.period else ""
    return (
        f"{text}; if all could be decided again, {orders:,} orders and {len(found.regrets) - orders:,} sorts of work "
        f"before the date would be others, first {first.name}{when}: "
        f"{amount(first.free)} instead of {amount(first.held)} {first.unit}".rstrip()
        + "."
    )


def _values(found: Roll) -> Table:
    said = (
        ("the plan as it was, for its own data", found.before),
        (f"held to what was decided before {found.to}", found.held),
        ("if all could be decided again", found.free),
    )
    rows = [(name, one.status, one.objective, one.bound, percent(one.gap)) for name, one in said]
    headers = ("plan", "status", "objective", "bound", "gap")
    return Table(f"Objective ({found.objective_name}){in_unit(found.unit)}", headers, rows, left=2)


def _changed(title: str, first: str, other: str, rows: Sequence[Changed]) -> Table:
    """Return decisions that differ, as the records order them."""
    cells = [(c.name, c.owner or None, c.what, c.period, c.held, c.free, c.unit) for c in rows]
    return Table(title, ("what", "owner", "", "when", first, other, "unit"), cells, left=4, most=MOST)


def _opening(found: Roll) -> Table:
    """Return what is there at the date: all that is on order and in the fleet, the largest of the rest by kind."""
    order = {"on order": 0, "fleet": 1, "in work": 2, "stock": 3}
    rows = [
        (row.kind, row.name, row.owner or None, row.quantity, row.unit)
        for row in sorted(found.opening, key=lambda row: order[row.kind])
    ]
    title = f"What is there at the start of {found.to}"
    return Table(title, ("", "what", "owner", "quantity", "unit"), rows, left=3, most=MOST)


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
        some = ", ".join(path for path in found.throughout[:3])
        more = f" and {len(found.throughout) - 3} more" if len(found.throughout) > 3 else ""
        notes.append(f"These cannot vary over time and hold before the date too: {some}{more}.")
    if found.raised:
        first = found.raised[0]
        notes.append(
            f"Work that was started before is finished whatever the capacity is then: {len(found.raised)} limits are "
            f"counted higher, first {first.name} in {first.period}, by {amount(first.more)} {first.unit}."
        )
    return notes

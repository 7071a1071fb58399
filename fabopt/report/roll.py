"""A plan at a later decision date, in words and tables: its worth, its regrets, what is there, what is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.roll.facts import NUMBER
from fabopt.analysis.roll.records import Changed, Happened, Roll
from fabopt.domain.tolerances import rounding
from fabopt.report.report import Report
from fabopt.report.text import (
    Table,
    between,
    few,
    in_unit,
    listed,
    money,
    of_unit,
    percent,
    signed,
    whole,
    with_rows,
)

MOST = 12
"""Rows of a table."""


def roll_report(roll: Roll, result: Any, called: Callable[[str], str] = str) -> Report[Roll]:
    """Return a plan whose decision date has moved: its worth, its regrets, what is there, what is next.

    Parameters
    ----------
    roll
        What was found.
    result
        The new plan.
    called
        What a number is called, by its path.
    """
    orders = [c for c in roll.regrets if c.kind == "order"]
    starts = [c for c in roll.regrets if c.kind == "starts"]
    later = f"Orders from {roll.to} on that are not those of the plan as it was"
    return Report(
        "roll",
        roll,
        (*_since(roll, called), sentence(roll)),
        (
            *with_rows(_happened(roll, called)),
            *with_rows(_changed(f"What else was not as planned before {roll.to}", "now", "planned", roll.followed)),
            _values(roll),
            _changed(f"Orders before {roll.to} that would be others", "held", "free", orders),
            _changed(f"Work started before {roll.to} that would be other", "held", "free", starts),
            _changed(later, "now", "was", roll.next),
            *with_rows(_changed(f"Deliveries from {roll.to} on that are not as they were", "now", "was", roll.pushed)),
            _opening(roll),
        ),
        tuple(method(roll, called)),
        {"regrets": lambda: roll.frame, "next": lambda: roll.next_frame, "opening": lambda: roll.opening_frame}
        | {"actuals": lambda: roll.actuals_frame, "followed": lambda: roll.followed_frame}
        | {"pushed": lambda: roll.pushed_frame},
        data=roll.as_dict,
        result=result,
    )


def _since(roll: Roll, called: Callable[[str], str]) -> Iterator[str]:
    """Yield what was off in one sentence, where anything is told of the past."""
    if not roll.told:
        return
    off = [one for one in roll.actuals if one.off]
    if not off:
        yield f"What is told of the time before {roll.to} is what was planned; all else counts as planned."
        return
    first = max(off, key=lambda one: (abs(one.worth or 0.0), abs(one.share or 0.0)))
    text = (
        f"Not as planned before {roll.to}: {len(off):,} of {len(roll.actuals):,} actuals, first "
        f"{_what(first, called)} in {first.period}: {of_unit(first.happened, first.unit)} where {whole(first.planned)} "
        f"{'was' if whole(first.planned) == '1' else 'were'} planned"
    )
    if first.worth:
        much = "more" if first.worth > 0 else "less"
        text += f", worth {money(abs(first.worth), roll.unit)} {much} at the margin, by the prices of that plan"
    if roll.lost is not None:
        what = "worth" if roll.objective_name == "value" else roll.objective_name
        much = "less" if roll.lost > 0 else "more"
        text += (
            f". With {'all that is new' if roll.inputs else 'it'} the plan is {what} "
            f"{money(abs(roll.lost), roll.unit)} {much} in all"
        )
    yield f"{text}."


def _what(one: Happened, called: Callable[[str], str]) -> str:
    return lever_phrase(called(one.name)) if one.what == NUMBER else one.name


def _happened(roll: Roll, called: Callable[[str], str]) -> Table:
    """Return what was told beside what was planned, the largest worth first."""
    rows = [
        (
            f"{one.what.replace('_', ' ')}: {_what(one, called)}", one.period, one.planned, one.happened,
            _by(one), one.worth if one.off else None, one.unit,
        )
        for one in sorted(roll.actuals, key=lambda one: -abs(one.worth or 0.0))
    ]  # fmt: skip
    title = (
        f"What happened before {roll.to} against the plan; worth of the difference to all, at the margin, at the "
        f"prices of the plan as it was, before costs{in_unit(roll.unit)}"
    )
    return Table(title, ("what", "when", "planned", "happened", "off by", "worth", "unit"), rows, left=2, most=MOST)


def _by(one: Happened) -> str:
    """Return by how much something was off, in its unit and per cent."""
    if not one.off:
        return "as planned"
    return signed(one.change) + ("" if one.share is None else f" ({signed(100.0 * one.share)} %)")


def sentence(roll: Roll) -> str:
    """Return the answer in one sentence."""
    if roll.held.objective is None:
        return (
            f"No plan of {roll.name} keeps to what was decided before {roll.to} ({roll.held.status}); "
            f"with all open there is {'one' if roll.free.objective is not None else 'none either'}."
        )
    what = "worth" if roll.objective_name == "value" else roll.objective_name
    text = (
        f"Held to what was decided before {roll.to}, {roll.name} has a plan {what} "
        f"{money(roll.held.objective, roll.unit)}"
    )
    regret, span = roll.regret, roll.regret_range
    if regret is None or span is None:
        return f"{text}; whether another past were better was not found ({roll.free.status})."
    low, high = span
    if high <= rounding(roll.held.objective):
        return f"{text} and regrets nothing: if all could be decided again, nothing would be better."
    text += f" and regrets {between(low, high, roll.unit)}"
    orders = sum(c.kind == "order" for c in roll.regrets)
    if not roll.regrets:
        return f"{text}."
    first = roll.regrets[0]
    when = f" in {first.period}" if first.period else ""
    return (
        f"{text}; if all could be decided again, {orders:,} orders and {len(roll.regrets) - orders:,} sorts of work "
        f"before the date would be others, first {first.name}{when}: "
        f"{of_unit(first.free, first.unit)} instead of {whole(first.held)}."
    )


def _values(roll: Roll) -> Table:
    said = (
        ("the plan as it was, for its own data", roll.before),
        (f"held to what was decided before {roll.to}", roll.held),
        ("if all could be decided again", roll.free),
    )
    rows = [(name, one.status, one.objective, one.bound, percent(one.gap)) for name, one in said]
    headers = ("plan", "status", "objective", "bound", "gap")
    return Table(f"Objective ({roll.objective_name}){in_unit(roll.unit)}", headers, rows, left=2)


def _changed(title: str, first: str, other: str, rows: Sequence[Changed]) -> Table:
    """Return decisions that differ, as the records order them."""
    cells = [(c.name, c.owner or None, c.what, c.period, c.held, c.free, c.unit) for c in rows]
    return Table(title, ("what", "owner", "", "when", first, other, "unit"), cells, left=4, most=MOST)


def _opening(roll: Roll) -> Table:
    """Return what is there at the date: all that is on order and in the fleet, the largest of the rest by kind."""
    order = {"on order": 0, "fleet": 1, "in work": 2, "stock": 3}
    rows = [
        (row.kind, row.name, row.owner or None, row.quantity, row.unit)
        for row in sorted(roll.opening, key=lambda row: order[row.kind])
    ]
    title = f"What is there at the start of {roll.to}"
    return Table(title, ("", "what", "owner", "quantity", "unit"), rows, left=3, most=MOST)


def method(roll: Roll, called: Callable[[str], str] = str) -> list[str]:
    """Return what a reader must know."""
    notes = [
        f"Orders, contracts, work started, deliveries and stocks before {roll.to} are those of the plan"
        f"{', but for what happened otherwise' if roll.followed else ''}; the horizon keeps its start, and money is "
        "still discounted to it."
    ]
    if roll.told:
        notes.append(
            f"What is not told of the time before {roll.to} counts as planned, or as near to it as what is told allows"
            + (f": {len(roll.followed):,} other things of it moved." if roll.followed else ".")
        )
    notes.extend(f"Not used: {one.what} of {one.name} in {one.period}: {one.why}." for one in roll.unused)
    if roll.inputs:
        dated = len(roll.inputs) - len(roll.throughout)
        notes.append(
            f"Numbers that are not those of the plan as it was: {len(roll.inputs):,}; {dated:,} from {roll.to} on."
        )
    if roll.charged:
        notes.append(
            f"Orders from {roll.to} on that are not those of the plan as it was were charged "
            f"{money(roll.charged, roll.unit)} in the choice of the plan; no value here counts it."
        )
    if roll.throughout:
        some = listed(few([lever_phrase(called(path)) for path in roll.throughout], 3))
        notes.append(f"These cannot vary over time and hold before the date too: {some}.")
    if roll.raised:
        first = roll.raised[0]
        notes.append(
            f"Work that was started before is finished whatever the capacity is then: limits that are counted higher: "
            f"{len(roll.raised):,}, first {first.name} in {first.period}, by {of_unit(first.more, first.unit)}."
        )
    return notes

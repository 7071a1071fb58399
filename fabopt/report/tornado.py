"""The tornado in words, a table and a picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.sensitivity.adjoint import NO_TIME
from fabopt.analysis.sensitivity.records import GAVE_UP, Bar, EndValue, NumberSlope, Tornado
from fabopt.domain.tolerances import rounding
from fabopt.domain.unit_words import unit_words
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, signed, worth

BASES = {
    "held": "integers held",
    "whole": "integers free",
}
FIRST = re.compile(r" \(the first is [^()]*\)")
"""The key of a decision within a note, which is for the data."""
MOST = 8
"""Rows of the smaller tables."""


def tornado_report(tornado: Tornado, called: Callable[[str], str] = str) -> Report[Tornado]:
    """Return which numbers matter: the bars, where the choke point is another, and what it is worth to know more.

    Parameters
    ----------
    tornado
        What was found.
    called
        What a number is called, by its path.
    """

    def charts() -> dict[str, Any]:
        from fabopt.report.tornado_chart import tornado_chart

        chart = tornado_chart(tornado, called)
        return {} if chart is None else {"tornado": chart}

    return Report(
        "tornado",
        tornado,
        (sentence(tornado, called),),
        (_bars(tornado, called), _chokes(tornado, called), _information(tornado, called), _kinks(tornado, called)),
        tuple(method(tornado, called)),
        {"tornado": lambda: tornado.frame, "numbers": lambda: tornado.numbers},
        charts,
        tornado.as_dict,
    )


def sentence(tornado: Tornado, called: Callable[[str], str] = str) -> str:
    """Return the answer in one sentence."""
    count = len(tornado.slopes)
    unpriced = sum(slope.reason == NO_TIME for slope in tornado.slopes)
    moving = [slope for slope in tornado.slopes if slope.at_low or slope.at_high]
    if not tornado.bars and (unpriced or moving):
        text = f"The ends of no number of {tornado.name} were solved; of {count - unpriced:,} that were priced, "
        if not moving:
            return f"{text}none moves the {tornado.objective_name}."
        return f"{text}{lever_phrase(called(moving[0].path))} moves the {tornado.objective_name} most."
    if not tornado.bars:
        return f"None of the {count:,} numbers of {tornado.name} that have a range moves the {tornado.objective_name}."
    first = tornado.bars[0]
    ends = [
        f"{'+' if end.change > 0 else ''}{worth(end.change, tornado.unit)} at {amount(end.value)}{_unit(first)}"
        for end in (first.low, first.high)
        if end is not None and end.change is not None
    ]
    moves = " and ".join(ends) if ends else "no plan at its ends"
    widest = lever_phrase(called(first.number.path))
    text = (
        f"Of the {count:,} numbers of {tornado.name} that have a range, {widest} moves the {tornado.objective_name} of "
        f"{worth(tornado.objective, tornado.unit)} most: {moves}"
    )
    moved = [bar for bar in tornado.bars if _turns(tornado, bar)]
    if tornado.choke:
        text += f"; the choke point, {tornado.choke}, " + (
            f"is another at an end of {len(moved)} of the {len(tornado.bars)} widest"
            if moved
            else f"stays the same at the ends of the {len(tornado.bars)} widest"
        )
    known = _informative(tornado)
    if known:
        best = lever_phrase(called(max(known, key=lambda bar: bar.information).number.path))
        text += f"; worth most to know before anything is ordered is {best}"
    return text + "."


def _bars(tornado: Tornado, called: Callable[[str], str]) -> Table:
    """Return the bars: the number, its range, what its ends change, and how good the range is."""
    rows = [
        (
            called(bar.number.path) + " (a series)" * bar.number.series, bar.number.unit, _origin(bar.number),
            f"{amount(bar.number.low)} {amount(bar.number.value)} {amount(bar.number.high)}",
            _change(tornado, bar.low), _change(tornado, bar.high),
        )
        for bar in tornado.bars
    ]  # fmt: skip
    title = f"Change of the {tornado.objective_name} at each end{in_unit(tornado.unit)}; {BASES[tornado.basis]}"
    headers = ("number", "unit", "range from", "low value high", "at its low", "at its high")
    return Table(f"{title}; * another choke point", headers, rows, left=3)


def _origin(n: NumberSlope) -> str:
    """Return where a range comes from: its first source and how many more, or that it is assumed."""
    if n.quality == "assumed" or not n.source:
        return n.quality
    first, *others = n.source.split(", ")
    return f"{first} +{len(others)}" if others else first


def _change(tornado: Tornado, end: EndValue | None) -> str | None:
    if end is None:
        return None
    if end.share == 0:
        return "refused"
    if end.change is None:
        return "unknown" if end.ended == GAVE_UP else "no plan"
    mark = "*" if _turned(tornado, end) else " "
    return f"{signed(end.change)}{'~' if end.share < 1 else ''}{mark}"


def _chokes(tornado: Tornado, called: Callable[[str], str]) -> Table:
    """Return where the choke point changes."""
    rows = [
        (called(bar.number.path), end.choke or "none", f"{amount(end.value)}{_unit(bar)}")
        for bar in tornado.bars
        for end in (bar.low, bar.high)
        if end is not None and _turned(tornado, end)
    ]
    return Table(
        f"Where the choke point is not {tornado.choke or 'none'}", ("number", "choke point", "at"), rows, left=2
    )


def _information(tornado: Tornado, called: Callable[[str], str]) -> Table:
    """Return what it would be worth to know the numbers better, most first."""
    known = sorted(_informative(tornado), key=lambda bar: -bar.information)
    rows = [(called(bar.number.path), _origin(bar.number), bar.information) for bar in known]
    title = f"Worth of knowing a number before integers are decided{in_unit(tornado.unit)}; an estimate"
    return Table(title, ("number", "range from", "worth"), rows, left=2, most=MOST)


def _kinks(tornado: Tornado, called: Callable[[str], str]) -> Table:
    """Return the numbers whose worth is not the same to either side."""
    rows = [
        (called(n.path), n.unit, *(None if x is None else signed(x) for x in n.per_unit))
        for n in tornado.slopes
        if n.kink and any(x is not None and signed(x) != "0" for x in n.per_unit)
    ]
    title = f"Numbers at a kink: change of the {tornado.objective_name} for one unit less and one more"
    headers = ("number", "unit", "one less", "one more")
    return Table(title + in_unit(tornado.unit), headers, rows, left=2, most=MOST)


def method(tornado: Tornado, called: Callable[[str], str]) -> list[str]:
    """Return what a reader must know, one text a line."""
    checked = sum(s.checked for s in tornado.slopes)
    lines = [
        f"Slopes of {len(tornado.slopes):,} numbers are the prices of {tornado.held} (adjoint); both sides were solved "
        f"again for {checked}, the ends of ranges for {len(tornado.bars)}, {BASES[tornado.basis]}.",
        "A number whose limit has slack has the slope zero, however wide its range: it is not among the ends.",
        *tornado.notes,
    ]
    if any(bar.number.series for bar in tornado.bars):
        lines.insert(1, "Of a series the first point is shown; all its points move together.")
    if tornado.bars:
        lines.append(
            "The path of each number, which --set and --lever take, is in the table tornado (--table tornado)."
        )
    ends = [(bar, end) for bar in tornado.bars for end in (bar.low, bar.high) if end is not None]
    lines += [
        f"{called(bar.number.path)} at {amount(end.value)}: {FIRST.sub('', end.note).rstrip('.')}."
        for bar, end in ends
        if end.note
    ]
    return lines


def _informative(tornado: Tornado) -> list[Bar]:
    """Return the bars of which it is worth more than rounding to know the number."""
    return [bar for bar in tornado.bars if bar.information > rounding(tornado.objective)]


def _turns(tornado: Tornado, bar: Bar) -> bool:
    return any(e is not None and _turned(tornado, e) for e in (bar.low, bar.high))


def _turned(tornado: Tornado, end: EndValue) -> bool:
    """Return whether another limit is the choke point at an end."""
    return end.change is not None and end.choke != tornado.choke


def _unit(bar: Bar) -> str:
    return f" {unit_words(bar.number.unit)}".rstrip()

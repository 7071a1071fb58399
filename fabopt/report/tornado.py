"""The tornado in words, a table and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.analysis.sensitivity.records import GAVE_UP, Bar, EndValue, NumberSlope, Tornado
from fabopt.domain.tolerances import rounding
from fabopt.report.base import SavedReport, notes, with_rows
from fabopt.report.csv_text import frame_csv
from fabopt.report.text import TextTable, amount, clip, money

if TYPE_CHECKING:
    import pandas as pd

GAUGES = {
    "held": "whole numbers held",
    "whole": "whole numbers free",
}
MOST, LEVER = 8, 36
"""Rows of the smaller tables, and the widest name of a number."""


class TornadoReport(SavedReport):
    """Which numbers matter: ``print`` it, or look at its parts.

    Attributes
    ----------
    found
        The records.
    """

    offers = ".frame .numbers .chart() .save(folder)"
    name = "tornado"

    def __init__(self, found: Tornado) -> None:
        self.found = found

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentence(self.found)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a bar, widest first."""
        return self.found.frame

    @property
    def numbers(self) -> pd.DataFrame:
        """One row a number with a range: what it is worth by the adjoint."""
        return self.found.numbers

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        found = self.found
        return with_rows(bar_table(found), choke_table(found), information_table(found), kink_table(found))

    def below(self, width: int) -> list[str]:
        """Return what a reader must know."""
        return notes(method(self.found), width)

    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""
        return self.found.as_dict()

    def chart(self) -> Any:
        """Return the picture as an Altair chart; None where nothing moves the objective."""
        from fabopt.report.tornado_chart import tornado_chart

        return tornado_chart(self.found)

    def files(self) -> Mapping[str, str]:
        """Return the tables that are written, as CSV by file name."""
        return {"tornado.csv": frame_csv(self.frame), "numbers.csv": frame_csv(self.numbers)}

    def draw(self) -> Mapping[str, bytes]:
        """Return the picture by file name; none where nothing moves the objective."""
        from fabopt.report.charts.style import pictures

        chart = self.chart()
        return {} if chart is None else pictures({self.name: chart})


def sentence(found: Tornado) -> str:
    """Return the answer in one sentence."""
    count = len(found.slopes)
    if not found.bars:
        return f"None of the {count:,} numbers of {found.name} that have a range moves the {found.objective_name}."
    first = found.bars[0]
    ends = [
        f"{signed(end.change, found.unit)} at {amount(end.value)}{_unit(first)}"
        for end in (first.low, first.high)
        if end is not None and end.change is not None
    ]
    moves = " and ".join(ends) if ends else "no plan at its ends"
    text = (
        f"Of the {count:,} numbers of {found.name} that have a range, {first.number.path} moves the "
        f"{found.objective_name} of {worth(found.objective, found.unit)} most: {moves}"
    )
    moved = [bar for bar in found.bars if _turns(found, bar)]
    if found.choke:
        text += f"; the choke point, {found.choke}, " + (
            f"is another at an end of {len(moved)} of the {len(found.bars)} widest"
            if moved
            else f"stays the same at the ends of the {len(found.bars)} widest"
        )
    known = _informative(found)
    if known:
        best = max(known, key=lambda bar: bar.information).number.path
        text += f"; worth most to know before anything is ordered is {best}"
    return text + "."


def bar_table(found: Tornado) -> TextTable:
    """Return the bars: the number, its range, what its ends change, and how good the range is."""
    rows = []
    for bar in found.bars:
        n = bar.number
        span = f"{amount(n.low)} {amount(n.value)} {amount(n.high)}{'…' if n.series else ''}"
        ends = (_change(found, bar.low), _change(found, bar.high))
        rows.append((shown(n.path, LEVER), _plain_unit(n), _origin(n), span, *ends))
    title = (
        f"Change of the {found.objective_name} at each end{_in(found)}; {GAUGES[found.gauge]}; * another choke point"
    )
    headers = ("number", "unit", "range", "low value high", "at low", "at high")
    return TextTable(title, headers, tuple(rows), left=3)


def _plain_unit(n: NumberSlope) -> str:
    return "" if n.unit == "1" else n.unit


def _origin(n: NumberSlope) -> str:
    """Return where a range comes from: its first source and how many more, or that it is assumed."""
    if n.quality == "assumed" or not n.source:
        return n.quality
    first, *others = n.source.split(", ")
    return f"{first} +{len(others)}" if others else first


def _change(found: Tornado, end: EndValue | None) -> str:
    if end is None:
        return "-"
    if end.share == 0:
        return "refused"
    if end.change is None:
        return "unknown" if end.ended == GAVE_UP else "no plan"
    mark = "*" if _turned(found, end) else " "
    return f"{_plus(end.change)}{'~' if end.share < 1 else ''}{mark}"


def choke_table(found: Tornado) -> TextTable:
    """Return where the choke point changes."""
    rows = [
        (shown(bar.number.path, LEVER), end.choke or "none", f"{amount(end.value)}{_unit(bar)}")
        for bar in found.bars
        for end in (bar.low, bar.high)
        if end is not None and _turned(found, end)
    ]
    title = f"Where the choke point is not {found.choke or 'none'}"
    return TextTable(title, ("number", "choke point", "at"), tuple(rows), left=2)


def information_table(found: Tornado) -> TextTable:
    """Return what it would be worth to know the numbers better, most first."""
    known = sorted(_informative(found), key=lambda bar: -bar.information)
    rows = [(shown(b.number.path, LEVER), _origin(b.number), amount(b.information)) for b in known]
    title = f"Worth of knowing a number before whole numbers are decided{_in(found)}; an estimate"
    return TextTable(title, ("number", "range", "worth"), tuple(rows[:MOST]), left=2)


def kink_table(found: Tornado) -> TextTable:
    """Return the numbers whose worth is not the same to either side."""
    rows = []
    for n in [s for s in found.slopes if s.kink][:MOST]:
        less, more = n.per_unit
        rows.append((shown(n.path, LEVER), _plain_unit(n), *("-" if x is None else _plus(x) for x in (less, more))))
    title = f"Numbers at a kink: change of the {found.objective_name} for one unit less and one more{_in(found)}"
    return TextTable(title, ("number", "unit", "one less", "one more"), tuple(rows), left=2)


def method(found: Tornado) -> list[str]:
    """Return what a reader must know, one text a line."""
    checked = sum(s.checked for s in found.slopes)
    lines = [
        f"Adjoint of {found.held} for {len(found.slopes):,} numbers; slopes of both sides solved again for {checked}, "
        f"ends for {len(found.bars)}, {GAUGES[found.gauge]}.",
        "A number whose limit has slack has the slope zero, however wide its range: it is not among the ends.",
        *found.notes,
    ]
    if any(bar.number.series for bar in found.bars):
        lines.insert(1, "… is a series, of which the first point is shown; all its points move together.")
    ends = [(bar, end) for bar in found.bars for end in (bar.low, bar.high) if end is not None]
    lines += [f"{bar.number.path} at {amount(end.value)}: {end.note}." for bar, end in ends if end.note]
    return lines


def _informative(found: Tornado) -> list[Bar]:
    """Return the bars of which it is worth more than rounding to know the number."""
    return [bar for bar in found.bars if bar.information > rounding(found.objective)]


def _turns(found: Tornado, bar: Bar) -> bool:
    return any(e is not None and _turned(found, e) for e in (bar.low, bar.high))


def _turned(found: Tornado, end: EndValue) -> bool:
    """Return whether another limit is the choke point at an end."""
    return end.change is not None and end.choke != found.choke


def _in(found: Tornado) -> str:
    return f", {found.unit}" if found.unit else ""


def _unit(bar: Bar) -> str:
    return f" {_plain_unit(bar.number)}".rstrip()


def _plus(value: float) -> str:
    return f"{'+' if value > 0 else ''}{amount(value)}"


def worth(value: float, unit: str) -> str:
    """Write a value of the objective with its unit."""
    return money(value, "M USD") if unit == "million dollars" else f"{amount(value)} {unit}".rstrip()


def signed(value: float, unit: str) -> str:
    """Write a change of the objective with its sign and unit."""
    return f"{'+' if value > 0 else ''}{worth(value, unit)}"


def shown(text: str, width: int) -> str:
    """Return a lever path in a given width, its end kept: that says which number it is."""
    return text if len(text) <= width else "…" + clip(text[-(width - 1) :], width)

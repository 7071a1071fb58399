"""Frames of analyses as text for people: the bill of a block of power, and the reconciliation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fabopt.report.text import WIDTH, Table, amount, wrap

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.bill import Bill


def bill_lines(bill: Bill, width: int = WIDTH) -> list[str]:
    """Return a bill as lines: what it is, one line an item with its range, then the arithmetic in words."""
    kind = "IT power" if bill.it else "facility power"
    title = f"{amount(bill.power_mw)} MW of {kind} filled with {bill.name}, at yields and prices of {bill.day}"
    rows = tuple(
        (row.stage, row.item, amount(row.quantity), row.unit, amount(row.low), amount(row.high)) for row in bill.rows
    )
    table = Table("", ("stage", "item", "quantity", "unit", "low", "high"), rows, left=2)
    lines = [*wrap(title, width), *table.lines(width)[1:], "", "How:"]
    for row in bill.rows:
        lines += [f"  {line}" for line in wrap(f"{row.item}: {row.how}", width - 2)]
    return lines


def reconcile_lines(frame: pd.DataFrame, width: int = WIDTH) -> list[str]:
    """Return a reconciliation as lines: implied against published, and the explanation of what lies outside."""
    if frame.empty:
        return ["The instance has no published figures to be held against (section published)."]
    rows = tuple(
        (
            row.measure,
            row.of,
            _when(row.since, row.until),
            row.unit,
            amount(row.implied),
            amount(row.published),
            f"{amount(row.low)}-{amount(row.high)}",
            "" if row.inside else "outside",
        )
        for row in _rows(frame)
    )
    headers = ("measure", "of", "when", "unit", "implied", "published", "range", "")
    lines = Table("What the instance implies, against published figures", headers, rows, left=4).lines(width)
    outside = frame[~frame["inside"].astype(bool)]
    lines += ["", f"{len(frame) - len(outside)} of {len(frame)} inside their range"]
    for row in _rows(outside):
        why = row.explanation or "not explained in the instance"
        lines += [
            f"  {line}" for line in wrap(f"{row.measure} of {row.of}, {_when(row.since, row.until)}: {why}", width - 2)
        ]
    return lines


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows with their columns as attributes."""
    yield from frame.itertuples(index=False)


def _when(since: str, until: str) -> str:
    """Return a time in short: a year, quarter or month where it is one, else from month to month."""
    year, first, last = since[:4], since[5:], until[5:]
    if until[:4] == year:
        if (first, last) == ("01-01", "12-31"):
            return year
        quarters = {("01-01", "03-31"): 1, ("04-01", "06-30"): 2, ("07-01", "09-30"): 3, ("10-01", "12-31"): 4}
        if (first, last) in quarters:
            return f"{year}Q{quarters[first, last]}"
    return since[:7] if since[:7] == until[:7] else f"{since[:7]} to {until[:7]}"

"""Frames of analyses as text for people: the bill of a block of power, and the reconciliation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import plain
from fabopt.report.report import Report
from fabopt.report.text import Table, amount

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.bill import Bill


def bill_report(bill: Bill) -> Report[Bill]:
    """Return a bill: what it is, one line an item with its range, and the arithmetic in words."""
    kind = "IT power" if bill.it else "facility power"
    title = f"{amount(bill.power_mw)} MW of {kind} filled with {bill.name}, at yields and prices of {bill.day}"
    whole = [(row.item, row.quantity, row.low, row.high) for row in bill.rows if row.stage == "whole"]
    rows = [
        (row.stage, row.item, row.quantity, row.unit, row.low, row.high) for row in bill.rows if row.stage != "whole"
    ]
    return Report(
        "bill",
        bill,
        (title,),
        (
            Table("The whole at what its buyer pays, M USD", ("section", "paid", "low", "high"), whole),
            Table("What it takes", ("stage", "item", "quantity", "unit", "low", "high"), rows, left=2),
            Table("How", ("item", ""), [(row.item, row.how) for row in bill.rows], left=2),
        ),
        frames={"bill": lambda: bill.frame},
        data=lambda: {**plain(bill), "day": str(bill.day)},
    )


def reconcile_report(frame: pd.DataFrame) -> Report[pd.DataFrame]:
    """Return a reconciliation: implied against published, and the explanation of what lies outside."""
    rows: list[Any] = list(frame.itertuples(index=False))
    outside = [row for row in rows if not row.inside]
    said = f"{len(rows) - len(outside)} of {len(rows)} inside their range"
    held = [
        (
            row.measure, row.of, _when(row.since, row.until), row.unit, row.implied, row.published,
            f"{amount(row.low)}-{amount(row.high)}", "" if row.inside else "outside",
        )
        for row in rows
    ]  # fmt: skip
    why = [
        (row.measure, row.of, _when(row.since, row.until), row.explanation or "not explained in the instance")
        for row in outside
    ]
    headers = ("measure", "of", "when", "unit", "implied", "published", "range", "")
    return Report(
        "reconcile",
        frame,
        (said if rows else "The instance has no published figures to be held against (section published).",),
        (
            Table("What the instance implies, against published figures", headers, held, left=4),
            Table("What lies outside its range", ("measure", "of", "when", "why"), why, left=4),
        ),
        frames={"published": lambda: frame},
        data=lambda: {"published": frame.astype(object).where(frame.notna(), None).to_dict("records")},
    )


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

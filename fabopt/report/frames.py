"""Frames of analyses as text for people: the bill of a block of power, and the reconciliation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabopt.report.answer import wrap
from fabopt.report.text import WIDTH, TextTable, amount

if TYPE_CHECKING:
    from fabopt.analysis.bill import Bill


def bill_lines(bill: Bill, width: int = WIDTH) -> list[str]:
    """Return a bill as lines: what it is, one line an item with its range, then the arithmetic in words."""
    kind = "IT power" if bill.it else "facility power"
    title = f"{amount(bill.power_mw)} MW of {kind} filled with {bill.name}, at yields and prices of {bill.day}"
    rows = tuple(
        (row.stage, row.item, amount(row.quantity), row.unit, amount(row.low), amount(row.high)) for row in bill.rows
    )
    table = TextTable("", ("stage", "item", "quantity", "unit", "low", "high"), rows, left=2)
    lines = [*wrap(title, width), *table.lines(width)[1:], "", "How:"]
    for row in bill.rows:
        lines += [f"  {line}" for line in wrap(f"{row.item}: {row.how}", width - 2)]
    return lines

"""Names in the place of ids in what people read; frames and records keep the ids, which questions are asked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from fabopt.domain.names import Names
from fabopt.report.report import Report
from fabopt.report.text import Table

R = TypeVar("R")

HEADS = frozenset(
    {
        "buyer", "chip", "customer", "demand", "designer", "for", "from", "lab", "material", "name", "of", "owner",
        "party", "supplier", "what stops", "whose",
    }
)  # fmt: skip
"""Heads of columns in which things and parties stand by their ids."""


def named(report: Report[R], names: Names) -> Report[R]:
    """Return a report in whose tables things and parties are called by their names."""
    return replace(report, tables=tuple(_named(table, names) for table in report.tables))


def _named(table: Table, names: Names) -> Table:
    at = {n for n, head in enumerate(table.headers[: table.left]) if head in HEADS}

    def told(row: Sequence[object]) -> tuple[object, ...]:
        whole = len(row) == len(table.headers)
        return tuple(called(str(cell), names) if whole and n in at else cell for n, cell in enumerate(row))

    return replace(table, rows=tuple(map(told, table.rows)), total=told(table.total)) if at else table


def called(text: str, names: Names) -> str:
    """Return an id, or ids with commas between them, as names; what is no id stands as it is."""
    return ", ".join(names[id] for id in text.split(", "))

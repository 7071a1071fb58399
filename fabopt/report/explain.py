"""Answers to questions about a plan, in a sentence and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.records import plain
from fabopt.analysis.explain.questions import Answer
from fabopt.analysis.explain.records import WhyNot
from fabopt.report.answer import wrap
from fabopt.report.portfolio import BASIS
from fabopt.report.text import WIDTH, TextTable, amount, clip

if TYPE_CHECKING:
    import pandas as pd


class ExplainReport:
    """The answer to one question: ``print`` it, or take its frame.

    Attributes
    ----------
    record
        The record.
    """

    def __init__(self, record: Answer) -> None:
        self.record = record

    @property
    def sentence(self) -> str:
        """The answer in words."""
        return why_not_sentence(self.record)

    @property
    def frame(self) -> pd.DataFrame:
        """What stands behind the sentence."""
        return self.record.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        return tuple(table for table in (why_not_table(self.record),) if table.rows)

    @property
    def basis(self) -> str:
        """What the numbers mean."""
        return BASIS.format(lab=clip(self.record.name, 40)) if self.record.case.entry is not None else ""

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the answer as lines of at most `width` characters."""
        lines = wrap(self.sentence, width)
        for table in self.tables:
            lines += ["", *table.lines(width)]
        return [*lines, "", *wrap(self.basis, width)] if self.basis else lines

    def as_dict(self) -> dict[str, Any]:
        """Return sentence and record as data for JSON."""
        return {"sentence": self.sentence, **plain(self.record)}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"ExplainReport: {self.sentence}\ntry print(...), .frame .record"

    def _repr_html_(self) -> str:
        from html import escape

        from fabopt.report.html import table_html

        return "\n".join([f"<p>{escape(self.sentence)}</p>", *(table_html(table) for table in self.tables)])


def why_not_sentence(record: WhyNot) -> str:
    """Say why a lab does not buy a chip, and from which price on it would."""
    case, entry = record.case, record.case.entry
    chip, lab = clip(case.name, 40), clip(record.name, 40)
    if case.standing == "bought":
        return f"{lab} does buy {chip}: {amount(case.bought)} thousand accelerators; {case.why}."
    text = f"{lab} does not buy {chip}: {clip(case.why, 200)}."
    if entry is not None and entry.below is not None and case.standing == "enters":
        text += f" It enters if its price falls below {amount(entry.below)} USD ({amount(entry.price)} now)."
    return text


def why_not_table(record: WhyNot) -> TextTable:
    """Return the sum of the first accelerator at the present price."""
    entry = record.case.entry
    rows: tuple[tuple[str, str], ...] = ()
    if entry is not None:
        rows = (
            ("package: its cost, and what its scarce parts would earn elsewhere", amount(entry.package)),
            ("+ server, network and installation", amount(entry.system)),
            ("+ what its payment displaces in the lab's budget", amount(entry.budget)),
            ("+ what it takes of policies and group limits", amount(entry.other)),
            ("- what it is worth at the lab's site", amount(entry.worth)),
            ("= what the plan loses by it", amount(entry.lacks)),
        )
    return TextTable(
        "" if entry is None else f"The first accelerator, in {entry.period}", ("", "USD per accelerator"), rows
    )

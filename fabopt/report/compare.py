"""Plans side by side in words and tables: who gains, who loses, what is ordered, what binds, and which inputs differ.

Numbers come from the records (`fabopt.analysis.compare.records`); here they are only written down. Further forms (a
page, a workbook) take the same records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.analysis.compare.records import TABLES, Comparison, Difference, Gain, Plan
from fabopt.report.answer import wrap
from fabopt.report.compare_tables import at_end, plan_table, plan_tables, signed
from fabopt.report.text import WIDTH, TextTable, amount, money, percent, thousands

if TYPE_CHECKING:
    import pandas as pd

NOTICED = 0.0005
"""Change as a share of what all have, below which nobody is said to gain or lose."""


class ComparisonReport:
    """Plans side by side: ``print`` it, or look at its parts.

    Attributes
    ----------
    comparison
        The records.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @property
    def sentence(self) -> str:
        """Who gains and who loses, and what it is worth, in a sentence or two for each plan."""
        return " ".join(_sentence(self.comparison, plan) for plan in self._others)

    @property
    def frame(self) -> pd.DataFrame:
        """Who has what by period in each plan against the first."""
        return self.comparison.frame

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as a data frame: plans, gains, chip_mix, orders, worth, limits, inputs, difference.

        Raises
        ------
        fabopt.analysis.explosion.AnalysisError
            When there is no such table.
        """
        return self.comparison.table(name)

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        made = [plan_table(self.comparison)]
        for plan in self._others:
            made += plan_tables(self.comparison, plan)
        return tuple(table for table in made if table.rows)

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return everything as lines of at most `width` characters."""
        lines = wrap(self.sentence, width)
        for difference in self.comparison.difference:
            lines += wrap(certainty(self.comparison, difference), width)
        for table in self.tables:
            lines += ["", *table.lines(width)]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Return sentence and records as data for JSON."""
        found = self.comparison
        records = {name: [asdict(row) for row in getattr(found, name)] for name in TABLES}
        head = {"sentence": self.sentence, "money": found.money, "periods": found.periods, "dates": found.dates}
        return {**head, **records}

    @property
    def _others(self) -> tuple[Plan, ...]:
        return self.comparison.plans[1:]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"ComparisonReport: {self.sentence}\ntry print(...), .frame .table(name) .comparison"

    def _repr_html_(self) -> str:
        from html import escape

        from fabopt.report.html import table_html

        said = [self.sentence, *(certainty(self.comparison, d) for d in self.comparison.difference)]
        return "\n".join([*(f"<p>{escape(text)}</p>" for text in said), *(table_html(t) for t in self.tables)])


# -- the sentence ----------------------------------------------------------------------------------------------------


def _sentence(found: Comparison, plan: Plan) -> str:
    date = found.dates[-1]
    rows = at_end(found, plan, "running")
    if not rows:
        return f"Under {plan.name}, {_moves(at_end(found, plan, 'delivered'), DELIVERED, date)}. {_worth(found, plan)}"
    said = _moves(rows, ACCELERATORS, date)
    compute = _moves(at_end(found, plan, "compute"), COMPUTE, "")
    if not (compute.startswith("nobody") and said.startswith("nobody")):
        said += f"; in compute, {compute}"
    return f"Under {plan.name}, {said}. {_worth(found, plan)}"


ACCELERATORS, COMPUTE, DELIVERED = "accelerators", "H100 equivalents", "units delivered"
"""What is gained or lost, as the sentence says it."""


def _moves(rows: Sequence[Gain], goods: str, date: str) -> str:
    """Say who gains most and who loses most, and what all together do."""
    least = max(NOTICED * sum(max(row.base, row.value) for row in rows), 1e-9)
    by = f" by {date}" if date else ""
    up = max(rows, key=lambda row: row.change, default=None)
    down = min(rows, key=lambda row: row.change, default=None)
    parts = []
    if up is not None and up.change > least:
        parts.append(f"{up.name} gains {_quantity(up.change, goods)}{by}{_share(up.share)}")
    if down is not None and down.change < -least:
        parts.append(f"{down.name} loses {_quantity(-down.change, goods)}{'' if parts else by}{_share(down.share)}")
    if not parts:
        return f"nobody has noticeably more or fewer {goods}{by}"
    if goods != DELIVERED and len(rows) > 1:
        base, total = sum(row.base for row in rows), sum(row.change for row in rows)
        way = "gain" if total > 0.0 else "lose"
        share = _share(total / base if base else None)
        parts.append(
            f"all together {way} {thousands(abs(total))}{share}" if abs(total) > least else "all stay as they are"
        )
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


def _quantity(value: float, goods: str) -> str:
    return f"{amount(value) if goods == DELIVERED else thousands(value)} {goods}"


def _share(share: float | None) -> str:
    return "" if share is None else f" ({signed(100.0 * share)} %)"


def _worth(found: Comparison, plan: Plan) -> str:
    first = found.plans[0]
    change = plan.value - first.value
    if abs(change) <= 1e-9 * max(abs(first.value), 1.0):
        return f"The plan is worth as much as {first.name}."
    share = f" ({signed(100.0 * change / abs(first.value))} %)" if first.value else ""
    way = "more" if change > 0.0 else "less"
    return f"The plan is worth {money(abs(change), found.money)} {way} than {first.name}{share}."


def certainty(found: Comparison, difference: Difference) -> str:
    """Say what the gaps leave open about the difference in value."""
    first = found.plans[0]
    plan = next(p for p in found.plans if p.name == difference.plan)
    if difference.low is None or difference.high is None:
        return f"How much {first.name} and {plan.name} may fall short of the best in value is not known."
    if difference.high - difference.low <= 1e-9 * max(abs(first.value), 1.0):
        return f"Both {first.name} and {plan.name} are proved best, so the difference is exact."
    low, high = (f"{'-' if v < 0.0 else ''}{money(abs(v), found.money)}" for v in (difference.low, difference.high))
    gaps = f"{first.name} is proved to within {percent(first.gap)}, {plan.name} to within {percent(plan.gap)}"
    if difference.open:
        return (
            f"{gaps}: more than the difference in value, which lies between {low} and {high} with both proved best. "
            "Which of the two is worth more is not shown; solve both with a smaller --gap to tell."
        )
    return f"{gaps}: with both proved best, the difference in value lies between {low} and {high}."

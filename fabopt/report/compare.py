"""Plans side by side in words and tables: who gains, who loses, what is ordered, what binds, and which inputs differ.

Numbers come from the records (`fabopt.analysis.compare.records`); here they are only written down: as text, as a page
with pictures, as a workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from fabopt.analysis.compare.records import TABLES, Comparison, Difference, Gain, Plan
from fabopt.analysis.lever_names import lever_phrase
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.tolerances import CLOSE, rounding
from fabopt.report.compare_tables import at_end, choke_table, plan_table, plan_tables, side_tables, signed
from fabopt.report.report import Report
from fabopt.report.text import amount, money, percent, thousands

NOTICED = 0.0005
"""Change as a share of what all have, below which nobody is said to gain or lose."""

NAMED = 3
"""Inputs that a sentence names."""


def comparison_report(
    comparison: Comparison, names: Names = NO_NAMES, called: Callable[[str], str] = str
) -> Report[Comparison]:
    """Return plans side by side: who gains and who loses, what the difference shows, what the inputs explain.

    Parameters
    ----------
    comparison
        What was found.
    names
        What things and parties are called, by id.
    called
        What a number is called, by its path.
    """
    others = comparison.plans[1:]
    shows = [
        said
        for difference in comparison.difference
        for said in (certainty(comparison, difference), explanation(comparison, difference, called))
    ]
    said = (" ".join(_sentence(comparison, plan, names) for plan in others), *shows, *_moved(comparison, called))

    def charts() -> Mapping[str, Any]:
        from fabopt.report.compare_charts import charts

        return charts(comparison, names, called)

    def workbook() -> bytes:
        from fabopt.report.compare_workbook import workbook_bytes

        return workbook_bytes(comparison, said)

    return Report(
        "compare",
        comparison,
        said,
        (
            plan_table(comparison),
            choke_table(comparison, names),
            *side_tables(comparison),
            *(table for plan in others for table in plan_tables(comparison, plan, called)),
        ),
        frames={name: partial(comparison.table, name) for name in ("gains", *(n for n in TABLES if n != "gains"))},
        charts=charts,
        data=lambda: {
            "money": comparison.money,
            "periods": comparison.periods,
            "dates": comparison.dates,
            **{name: getattr(comparison, name) for name in TABLES},
        },
        warnings=tuple(certainty(comparison, d) for d in comparison.difference if d.withheld),
        workbook=workbook,
    )


# -- the sentence ----------------------------------------------------------------------------------------------------


def _sentence(comparison: Comparison, plan: Plan, names: Names = NO_NAMES) -> str:
    date = comparison.dates[-1]
    rows = at_end(comparison, plan, "running")
    if not rows:
        delivered = _moves(at_end(comparison, plan, "delivered"), DELIVERED, date, names)
        return f"Under {plan.name}, {delivered}. {_worth(comparison, plan)}"
    said = _moves(rows, ACCELERATORS, date, names)
    compute = _moves(at_end(comparison, plan, "compute"), COMPUTE, "", names)
    if not (compute.startswith("nobody") and said.startswith("nobody")):
        said += f"; in compute, {compute}"
    return f"Under {plan.name}, {said}. {_worth(comparison, plan)}"


ACCELERATORS, COMPUTE, DELIVERED = "accelerators", "H100 equivalents", "units delivered"
"""What is gained or lost, as the sentence says it."""


def _moves(rows: Sequence[Gain], goods: str, date: str, names: Names = NO_NAMES) -> str:
    """Say who gains most and who loses most, and what all together do."""
    least = NOTICED * sum(max(row.base, row.value) for row in rows)
    by = f" by {date}" if date else ""
    up = max(rows, key=lambda row: row.change, default=None)
    down = min(rows, key=lambda row: row.change, default=None)
    parts = []
    if up is not None and up.change > least:
        parts.append(f"{names[up.name]} gains {_quantity(up.change, goods)}{by}{_share(up.share)}")
    if down is not None and down.change < -least:
        parts.append(
            f"{names[down.name]} loses {_quantity(-down.change, goods)}{'' if parts else by}{_share(down.share)}"
        )
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


def _worth(comparison: Comparison, plan: Plan) -> str:
    first = comparison.plans[0]
    difference = next(d for d in comparison.difference if d.plan == plan.name)
    change = difference.change
    if difference.withheld == "horizon":
        return f"What the plan and {first.name} are worth covers different times and is not compared."
    if abs(change) <= rounding(first.value):
        return f"The plan is worth as much as {first.name}."
    share = f" ({signed(100.0 * change / abs(first.value))} %)" if first.value else ""
    way = "more" if change > 0.0 else "less"
    apart = f"{money(abs(change), comparison.money)} {way} than {first.name}{share}"
    if difference.withheld == "gap":
        return f"The plan comes to {apart}, which is within the gaps and proves nothing."
    return f"The plan is worth {apart}."


def certainty(comparison: Comparison, difference: Difference) -> str:
    """Say what the difference in value shows, or why it shows nothing."""
    first = comparison.plans[0]
    plan = next(p for p in comparison.plans if p.name == difference.plan)
    if difference.withheld == "horizon":
        return f"{first.name} runs from {first.horizon}, {plan.name} from {plan.horizon}: values are not of like times."
    if difference.withheld == "objective":
        return (
            f"{first.name} was solved for {first.objective}, {plan.name} for {plan.objective}: the difference in value "
            "is what one aim costs the other, and shows nothing about the inputs."
        )
    if difference.low is None or difference.high is None:
        return f"How much {first.name} and {plan.name} may fall short of the best in value is not known."
    if difference.high - difference.low <= rounding(first.value):
        return f"Both {first.name} and {plan.name} are proved best, so the difference is exact."
    low, high = (
        f"{'-' if v < 0.0 else ''}{money(abs(v), comparison.money)}" for v in (difference.low, difference.high)
    )
    gaps = f"{first.name} is proved to within {percent(first.gap)}, {plan.name} to within {percent(plan.gap)}"
    if difference.withheld:
        return (
            f"Withheld: {gaps}, more than the difference in value, which lies between {low} and {high} with both "
            "proved best. Which of the two is worth more is not shown; give --decide SECONDS to solve both further."
        )
    return f"{gaps}: with both proved best, the difference in value lies between {low} and {high}."


def explanation(comparison: Comparison, difference: Difference, called: Callable[[str], str] = str) -> str:
    """Say what the inputs that differ are worth to the first plan."""
    first = comparison.plans[0].name
    rows = [row for row in comparison.inputs if row.plan == difference.plan]
    if not rows:
        return f"No input of {difference.plan} differs from {first}'s."
    text = (
        f"From {first} to {difference.plan} {'one input differs' if len(rows) == 1 else f'{len(rows)} inputs differ'}"
    )
    solved = [f"{lever_phrase(called(row.path))} ({_change(comparison, row.held)})" for row in rows[:NAMED] if row.held]
    if difference.held is None:
        text += f"; worth most, each alone: {', '.join(solved)}" if solved else ""
        return f"{text}. What they are worth together to {first} cannot be told: {difference.reason}"
    if len(rows) == 1:
        text += f": {lever_phrase(called(rows[0].path))}"
    elif solved:
        text += f"; worth most, each alone: {', '.join(solved)}"
    rest = difference.change - difference.held
    text += f". With the integers of {first} held, {'it is' if len(rows) == 1 else 'together they are'} worth "
    text += _change(comparison, difference.held)
    if abs(rest) > max(CLOSE * abs(difference.held), rounding(comparison.plans[0].value)) and not difference.withheld:
        text += f"; other integers in {difference.plan} make {_change(comparison, rest)} of the difference"
    return f"{text}."


def _moved(comparison: Comparison, called: Callable[[str], str]) -> Iterator[str]:
    """Say of each plan which inputs move its orders."""
    for plan in comparison.plans[1:]:
        mine = [row for row in comparison.moves if row.plan == plan.name]
        if not mine:
            continue
        whole, *each = mine
        if not whole.orders:
            yield f"No order of {plan.name} differs."
            continue
        rows = sorted((row for row in each if row.share), key=lambda row: -(row.share or 0.0))
        moving = [f"{lever_phrase(called(row.path))} {percent(row.share)}" for row in rows[:NAMED]]
        still = sum(row.orders == 0 for row in each)
        left = sum(row.orders is None for row in each)
        text = f"Orders that differ: {whole.orders:,}, first {whole.first}; alone, "
        text += f"of what they cost, these move: {', '.join(moving)}" if moving else "no input moves any of them"
        text += f"; {still:,} of {len(each):,} inputs move no order" if still else ""
        yield text + (f"; {left:,} were not solved." if left else ".")


def _change(comparison: Comparison, value: float) -> str:
    sign = "-" if value < 0.0 else "+"
    return f"{sign}{money(abs(value), comparison.money)}"

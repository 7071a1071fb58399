"""What a plan of a plain network decides: what is ordered, what runs and when it is on, what nobody takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fabopt.analysis.plan_tables import reported
from fabopt.report.text import Table, few, percent

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.plan import Plan

MOST_ROWS = 12
MOST_SPANS = 3


def decided(plan: Plan, dates: Sequence[str]) -> list[Table]:
    """Return what is ordered, what runs, and what is thrown away or left, in the reported periods.

    Parameters
    ----------
    plan
        A plan.
    dates
        Labels of the periods by whose ends amounts are added up.
    """
    labels = plan.table("core/periods")["period"].tolist()
    return [_ordered(plan, labels), _running(plan, labels, dates), _left(plan, dates[-1])]


def _ordered(plan: Plan, labels: Sequence[str]) -> Table:
    rows = []
    for own in _by_record(reported(plan.table("core/units"))):
        when = own.loc[own["ordered"] > 0.0, "period"].tolist()
        gone = float(own["retired"].sum())
        cells = (_name(own), _unit(own), _spans(when, labels) or None, float(own["ordered"].sum()), gone or None)
        rows.append(cells)
    headers = ("unit", "counted in", "ordered in", "ordered", "retired")
    return Table("What is built or ordered", headers, rows, left=3, most=MOST_ROWS)


def _running(plan: Plan, labels: Sequence[str], dates: Sequence[str]) -> Table:
    """Levels by the ends of years, cumulated, and when what is on or off is on."""
    steps = {row.id for row in plan.net.definitions if row.family == "in_step"}
    switched = {activity.id for activity in plan.net.activities if activity.on_off}
    rows: list[tuple[object, ...]] = []
    for own in _by_record(reported(plan.table("core/activities"))):
        key = own["id"].iloc[0]
        if key in steps:
            continue
        ends = [own[own["period"].isin(labels[: labels.index(date) + 1])]["level"].sum() for date in dates]
        on = _spans(own.loc[own["on"] > 0.0, "period"].tolist(), labels) if key in switched else None
        rows.append((_name(own), _unit(own), on, *map(float, ends)))
    headers: tuple[str, ...] = ("activity", "unit", "on in", *(f"by {date}" for date in dates))
    if not switched:
        headers, rows = (*headers[:2], *headers[3:]), [(*row[:2], *row[3:]) for row in rows]
    return Table("What runs: level, added up", headers, rows, left=3 if switched else 2, most=MOST_ROWS)


def _left(plan: Plan, last: str) -> Table:
    rows = []
    for own in _by_record(reported(plan.table("core/materials"))):
        away, stock = float(own["disposed"].sum()), float(own.loc[own["period"] == last, "stock"].sum())
        came = float(own[["received", "made"]].sum().sum() + own["carried"].iloc[0])
        if away > 0.0 or stock > 0.0:
            rows.append((_name(own), _unit(own), away or None, stock or None, percent((away + stock) / came)))
    headers = ("material", "unit", "thrown away", f"in stock after {last}", "of all there was")
    return Table("What nobody takes", headers, rows, left=2, most=MOST_ROWS)


def _by_record(frame: pd.DataFrame) -> list[pd.DataFrame]:
    return [own for _, own in frame.groupby("id", sort=False)]


def _name(own: pd.DataFrame) -> str:
    return str(own["name"].iloc[0])


def _unit(own: pd.DataFrame) -> str:
    return str(own["unit"].iloc[0])


def _spans(periods: Sequence[str], labels: Sequence[str]) -> str:
    """Return periods in words: ``2027Q1 to 2027Q3, 2028Q2``."""
    at = [labels.index(period) for period in periods]
    starts = [t for t in at if t - 1 not in at]
    ends = [t for t in at if t + 1 not in at]
    spans = [labels[a] if a == b else f"{labels[a]} to {labels[b]}" for a, b in zip(starts, ends, strict=True)]
    return ", ".join(few(spans, MOST_SPANS))

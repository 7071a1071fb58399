"""What companies make, earn and pay, as tables to read: a company below the other, its measures by time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fabopt.analysis.companies import BY, COMPANIES, LINES, companies, wide
from fabopt.analysis.explain.names import known
from fabopt.plan.plan import Plan
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted, money
from fabopt.solve.results.columns import MONEY
from fabopt.solve.results.frames import labelled

if TYPE_CHECKING:
    import pandas as pd

ABREAST = 6
"""Columns of time in a table."""
PARTIAL = 0.95
"""Below this share of a year its head says how much of it there is."""
NOTES = (
    "Numbers are those of the whole time of a column; IT power and facility power stand at its end. Money is that of "
    "its time, not discounted.",
    "Revenue, cost and capex are booked when they are decided: capacity when it is ordered, goods when their making "
    "starts, accelerators when they ship. What is made for growth weighs on a margin before it is sold; what was "
    "ordered or started before the decision date is in none.",
    "Deliveries at the marginal price are no revenue: what one more unit is worth to the buyer, times all units.",
)


def companies_report(plan: Plan, per: str = "year", of: Sequence[str] = (), by: Sequence[str] = ()) -> Report[Plan]:
    """Return what companies make, earn and pay.

    Parameters
    ----------
    plan
        The plan.
    per, by
        See :func:`fabopt.analysis.companies.companies`.
    of
        Ids of the companies that are told; all of them when empty.

    Raises
    ------
    fabopt.errors.StudyError
        When there is no such company, or no such way to put together or tell apart.
    """
    frame = companies(plan, per, by)
    for name in of:
        known("company", name, list(dict.fromkeys(frame["company"])), plan.name)
    frame = frame[frame["company"].isin(of)] if of else frame
    frame = frame.reset_index(drop=True)
    shown = companies(plan, per) if by else frame
    shown = shown[shown["company"].isin(of)] if of else shown[shown["kinds"] != "market"]
    markets = 0 if of else int(frame.loc[frame["kinds"] == "market", "company"].nunique())
    rest = [f"{counted(markets, 'other market')} for wafers or memory: see the table companies."] if markets else []
    return Report(
        "companies",
        plan,
        (_sentence(plan, frame, per),),
        tuple(_tables(shown)),
        (*NOTES, *_unknown(shown), *rest),
        {"companies": lambda: _labelled(frame, by), "wide": lambda: wide(frame, by)},
        data=lambda: {"rows": frame.astype(object).where(frame.notna(), None).to_dict("records")},
    )


def _labelled(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    columns = (*COMPANIES.columns, *(BY[name] for name in by))
    return labelled(frame.copy(), COMPANIES.says, {column.name: column.unit for column in columns})


def _sentence(plan: Plan, frame: pd.DataFrame, per: str) -> str:
    """Return what is told: of how many, of which time, and whether the past is known."""
    planned, past = frame[frame["when"] == "plan"], frame[(frame["when"] == "past") & frame["value"].notna()]
    labels = list(dict.fromkeys(planned["period"]))
    number = planned["company"].nunique()
    text = f"{number} {'company' if number == 1 else 'companies'} of {plan.name} by {per}"
    text += f", {labels[0]} to {labels[-1]}" if labels else ""
    seen = f"{counted(len(past), 'observed figure')} of the past" if len(past) else "no observed figure of the past"
    return f"{text}{_largest(planned)}; {seen}."


def _largest(planned: pd.DataFrame) -> str:
    """Say whose margin is the largest; nothing where nobody has one."""
    margins = planned[planned["measure"] == "margin"].groupby("name", sort=False)["value"].sum()
    if margins.empty or margins.max() <= 0.0:
        return ""
    return f"; the largest margin is that of {margins.idxmax()}, {money(float(margins.max()))}"


def _tables(frame: pd.DataFrame) -> Iterator[Table]:
    """Yield tables with a few columns of time each."""
    frame = frame.sort_values("start", kind="stable")
    told = frame[frame["value"].notna()]
    labels = list(dict.fromkeys(zip(told["period"], told["when"], strict=True)))
    years = dict(zip(zip(told["period"], told["when"], strict=True), told["years"], strict=True))
    values = told.set_index(["company", "measure", "when", "period"])["value"].to_dict()
    named = dict(zip(frame["company"], frame["name"], strict=True))
    order = list(dict.fromkeys(frame.sort_index()["company"]))
    for first in range(0, len(labels), ABREAST):
        here = labels[first : first + ABREAST]
        rows: list[tuple[object, ...]] = []
        for company in order:
            lines = []
            for measure, line in LINES.items():
                cells = [values.get((company, measure, when, label)) for label, when in here]
                if any(cells):
                    lines.append((f"  {line.says}, {_unit(line.unit)}", *(_cell(cell, line.unit) for cell in cells)))
            rows += [(named[company],), *lines] if lines else []
        heads = [_head(label, when, years[label, when]) for label, when in here]
        span = "" if len(labels) <= ABREAST else f", {here[0][0]} to {here[-1][0]}"
        yield Table(f"By company{span}", ("", *heads), rows)


def _head(label: str, when: str, years: float) -> str:
    """Return the head of a time; a year that the plan has only a part of says so."""
    if when == "past":
        return f"{label} observed"
    part = len(label) == 4 and years < PARTIAL  # a label of four digits is a year
    return f"{label}, {12.0 * years:.0f} months" if part else label


def _unit(unit: str) -> str:
    return "bn USD" if unit == MONEY else unit.split(" ")[0]


def _cell(value: float | None, unit: str) -> str:
    return "" if value is None else amount(value / 1000.0 if unit == MONEY else value)


def _unknown(frame: pd.DataFrame) -> Iterator[str]:
    """Yield why a number of the plan is not told, with whose it is."""
    lacking = frame[(frame["when"] == "plan") & (frame["why"] != "") & (frame["measure"] == "revenue")]
    for why, rows in lacking.groupby("why", sort=False):
        yield f"No revenue and no margin of {', '.join(dict.fromkeys(rows['name']))}: {why}."

r"""What each company makes, earns and pays by period, past and plan: the tables of a plan added up by company.

How each is counted is told in `fabopt.analysis.books`. Of the past there is what the instance states as observed
(section `outcomes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fabopt.analysis.books import MONEY_LINES, Books
from fabopt.analysis.history import DAYS, a_year, of_one
from fabopt.analysis.plan_tables import Times, times_by
from fabopt.domain.calendar import span_of
from fabopt.domain.measured import MeasureName, TagName
from fabopt.domain.names import display_names
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan
from fabopt.solve.results.build import find_table, spec_of
from fabopt.solve.results.columns import MONEY, OF_ROW, Column, TableSpec, number, text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Line:
    """A measure of companies.

    Attributes
    ----------
    says, unit
        What it is, and what it is counted in.
    level
        Whether it is what stands at the end of a period, and no flow.
    observed
        The measure of published figures that is the same, and the tag that names the company.
    each
        What one of the unit of such a figure is in the unit of the line.
    """

    says: str
    unit: str
    level: bool = False
    observed: tuple[MeasureName, TagName] | None = None
    each: float = 1.0


LINES: Mapping[str, Line] = {
    "wafers": Line("wafers started", "thousand wafers", observed=("wafer_starts", "owner")),
    "hbm_stacks": Line("HBM stacks finished", "thousand stacks", observed=("hbm_stacks", "owner")),
    "packages": Line("packages started", "thousand packages", observed=("packages", "owner")),
    "accelerators": Line(
        "accelerators shipped, of its design", "thousand accelerators", observed=("shipments", "designer")
    ),
    "other_chips": Line("other chips shipped, of its design", "thousand chips"),
    "it_power_shipped": Line(
        "IT power shipped, of its design", "GW IT",
        observed=("it_power_shipped", "designer"), each=1e-3,
    ),
    "accelerators_received": Line("accelerators received", "thousand accelerators", observed=("shipments", "lab")),
    "it_power": Line(
        "IT power in the field, at the end", "GW IT",
        level=True, observed=("it_power_installed", "lab"), each=1e-3,
    ),
    "power": Line(
        "facility power drawn, at the end", "GW facility",
        level=True, observed=("power", "lab"), each=1e-3,
    ),
    "tools": Line("lithography tools delivered", "tools"),
    **{measure: Line(says, MONEY) for measure, says in MONEY_LINES.items()},
}  # fmt: skip
"""Measures of companies by name, in the order in which they are told."""

COMPANIES = TableSpec(
    "companies",
    "analysis",
    "a quantity or an amount of money of a company in a period, past or plan",
    (
        text("company", "id of the company, lab or market; what belongs to one counts as its own"),
        text("name", "display name"),
        text("kinds", "what it is or owns: lab, designer, market, fab, memory_maker, packaging_line, scanner ..."),
        text("measure", f"what is counted: {', '.join(LINES)}"),
        text("says", "the measure in words"),
        text("when", "past: observed, as the instance states it; plan: of the plan"),
        text("period", "label of the time: a period of the plan, or that of an observed figure"),
        text("start", "first day"),
        text("end", "first day after it"),
        number("years", "year", "length of the time that is covered"),
        text("unit", "unit of the value, for the whole time of the row"),
        number("value", OF_ROW, "the number; empty where it cannot be told"),
        number("low", OF_ROW, "low end of the range of an observed figure"),
        number("high", OF_ROW, "high end of it"),
        text("basis", "what it rests on: plan, observed, list price, contract, marginal price, resource cost"),
        text("source", "titles of the sources of an observed figure"),
        text("why", "why there is no value"),
    ),
)
BY: Mapping[str, Column] = {
    "item": text("item", "node, HBM generation, chip, site, or what is paid for"),
    "other": text("other", "the other party: who it is made for, shipped to or from, who pays or is paid"),
}
"""What a measure may be told apart by, beside company and time."""
NO_PAST = "the instance states no money of the past"


def table_of(plan: Plan, name: str) -> tuple[TableSpec, pd.DataFrame]:
    """Return a table of a plan by its name, of those that a result keeps and this one, with what its columns mean.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When there is no plan, or no such table.
    """
    if not plan.has_plan:
        return COMPANIES, plan.table(name)  # which says so
    path = find_table(name, [COMPANIES])
    own = path == f"{COMPANIES.group}/{COMPANIES.name}"
    return (COMPANIES, companies(plan)) if own else (spec_of(path), plan.table(path))


def companies(plan: Plan, per: str = "period", by: Sequence[str] = ()) -> pd.DataFrame:
    """Return what companies make, earn and pay, a row each, with the columns of `COMPANIES`.

    Parameters
    ----------
    plan
        The plan; of its periods the reported ones count.
    per
        ``period``, ``quarter`` or ``year``; a period that is longer than a quarter stands by itself.
    by
        ``item`` or ``other`` or both: a row for each, in columns of these names behind `says`. There are then no rows
        of the past, none without anything, and no margins, which are the whole company's.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When there is no plan.
    fabopt.errors.StudyError
        When it cannot be told apart by that.
    """
    for name in by:
        if name not in BY:
            raise StudyError(f"Companies cannot be told apart by {name!r}; there are {', '.join(BY)}.")
    books = Books(plan)
    times = times_by(plan.table("core/periods"), per)
    frame = _together(books.rows(), times, by)
    rows = list(_told(books, times, frame, by) if by else _whole(books, times, frame))
    return _framed(books, [*([] if by else _past(books, per)), *rows], by)


def _together(rows: pd.DataFrame, times: Times, by: Sequence[str]) -> pd.DataFrame:
    """Return rows added up by time, and by what is asked; of levels what stands at the end of a time."""
    levels = rows["measure"].map(lambda measure: LINES[measure].level).astype(bool)
    rows = rows[rows["period"].isin(times.last) | ~levels]
    rows = rows.assign(period=rows["period"].map(times.of))
    groups = rows.groupby(["company", "measure", *by, "period"], sort=False)
    return groups.agg(value=("value", "sum"), basis=("basis", _joined)).reset_index()


def _joined(values: pd.Series[str]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))


Row = dict[str, object]
"""A row of the table by its columns; what it does not have is empty."""


def _told(books: Books, times: Times, frame: pd.DataFrame, by: Sequence[str]) -> Iterator[Row]:
    """Yield the rows that have something, told apart."""
    measures = {name: n for n, name in enumerate(LINES)}
    frame = frame[frame["value"] != 0.0]
    place = frame["company"].map(books.order) * len(LINES) + frame["measure"].map(measures)
    names = ["company", "measure", *by, "period", "value", "basis"]
    for values in frame.iloc[place.argsort(kind="stable")][names].itertuples(index=False, name=None):
        row: Row = dict(zip(names, values, strict=True))
        yield {**row, **times.spans[str(row["period"])], "when": "plan"}


def _whole(books: Books, times: Times, frame: pd.DataFrame) -> Iterator[Row]:
    """Yield a row for every time and measure of a company; why there is no number, where there is none."""
    by_time = frame.set_index(["company", "measure", "period"])
    value, basis = by_time["value"].to_dict(), by_time["basis"].to_dict()
    rests = frame.groupby(["company", "measure"])["basis"].agg(_joined).to_dict()
    for company in sorted(set(frame["company"]), key=books.order.__getitem__):
        measures = [measure for measure in LINES if (company, measure) in rests]
        unknown = books.unknown(company, measures)
        for label, span in times.spans.items():
            amounts = {measure: value.get((company, measure, label), 0.0) for measure in measures}
            if "revenue" in amounts and "margin" not in unknown:
                amounts["margin"] = amounts["revenue"] - amounts.get("cost", 0.0)
            for measure in LINES:
                row: Row = {"company": company, "measure": measure, "period": label, **span, "when": "plan"}
                if measure in unknown:
                    yield {**row, "why": unknown[measure]}
                elif measure in amounts:
                    rest = basis.get((company, measure, label)) or rests.get((company, measure), "revenue and cost")
                    yield {**row, "value": amounts[measure], "basis": rest}


def _past(books: Books, per: str) -> Iterator[Row]:
    """Yield what the instance states as observed, and that it states no money of these times.

    By year, what stands at the end of a year is that year's.
    """
    lines = {line.observed: (measure, line) for measure, line in LINES.items() if line.observed}
    start, sources = books.plan.net.periods[0].start, books.plan.data.sources
    money: dict[tuple[str, str], Row] = {}
    names = display_names(books.plan.data)
    for outcome in books.plan.data.outcomes.values():
        one = of_one(outcome) if outcome.observed(start) else None
        if one is None or one[:2] not in lines:
            continue
        measure, line = lines[one[:2]]
        figure, end = outcome.figure, outcome.until + timedelta(days=1)
        each = line.each * (1.0 if line.level else a_year(outcome) * (end - outcome.since).days / DAYS)
        ends_year = line.level and per == "year" and end.month == end.day == 1
        span = span_of(outcome.since.replace(month=1, day=1) if ends_year else outcome.since, end)
        row: Row = {
            "company": books.company(dict(outcome.where.named)[one[1]][0]),
            "period": span.label, "start": span.start.isoformat(), "end": span.end.isoformat(), "years": span.years,
            "when": "past",
        }  # fmt: skip
        low, high = figure.bounds
        yield {
            **row, "measure": measure, "value": each * figure.value, "low": each * low, "high": each * high,
            "basis": f"observed: {outcome.where.worded(names.__getitem__)}",
            "source": "; ".join(dict.fromkeys(sources[key].title for key in figure.source if key in sources)),
        }  # fmt: skip
        money.setdefault((str(row["company"]), str(row["period"])), row)
    for row in money.values():
        yield from ({**row, "measure": name, "why": NO_PAST} for name in ("revenue", "cost", "margin"))


def _framed(books: Books, rows: Sequence[Row], by: Sequence[str]) -> pd.DataFrame:
    """Return rows as a frame with all columns."""
    import pandas as pd

    columns = [*COMPANIES.names]
    columns[columns.index("says") + 1 : columns.index("says") + 1] = by
    texts = [column.name for column in (*COMPANIES.columns, *BY.values()) if column.kind == "text"]
    told = [
        {
            **dict.fromkeys(texts, ""),
            **row,
            "name": books.names.get(str(row["company"]), row["company"]),
            "kinds": ", ".join(books.kinds.get(str(row["company"]), ())),
            "says": LINES[str(row["measure"])].says,
            "unit": LINES[str(row["measure"])].unit,
        }
        for row in rows
    ]
    numbers = [column.name for column in COMPANIES.columns if column.kind == "number"]
    return pd.DataFrame(told, columns=columns).astype(dict.fromkeys(numbers, "float64"))


def wide(frame: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table `companies` with a column for each time, in their order, and a row for each measure.

    Parameters
    ----------
    frame, by
        What :func:`companies` returns, and by what it was told apart.
    """
    keys = ["company", "name", "measure", *by, "unit"]
    labels = list(dict.fromkeys(frame.sort_values("start", kind="stable")["period"]))
    rows = list(dict.fromkeys(frame[keys].itertuples(index=False, name=None)))
    measures = {name: n for n, name in enumerate(LINES)}
    companies = {name: n for n, name in enumerate(dict.fromkeys(frame.loc[frame["when"] == "plan", "company"]))}
    rows.sort(key=lambda row: (companies.get(row[0], len(companies)), measures[row[2]]))
    values = frame.set_index([*keys, "period"])["value"].unstack("period")
    made = values.reindex(rows)[labels].reset_index()
    return made.rename_axis(columns=None)

"""The tables of a plan that a page looks into, with the columns that its filters act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fabopt.analysis.assumptions import assumption_frame
from fabopt.analysis.companies import companies
from fabopt.analysis.lever_names import WORDS
from fabopt.analysis.plan_tables import binding, reported
from fabopt.model.limits import obliges
from fabopt.report.names import COLUMNS
from fabopt.report.perspective import LEDGER, ledger_rows
from fabopt.report.viewer.packed import packed
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.domain.instance import Instance
    from fabopt.plan.plan import Plan

WHOLE = "all"
"""Period of a limit of the whole horizon."""
NUMBERS = "name when value setting unit low high basis range source_title as_of confidence note path"
"""Columns of the numbers that a plan rests on."""

Takes = Mapping[str, tuple[str, ...]]

CHIPS: Takes = {"lab": ("lab",), "company": ("designer",), "chip": ("chip",), "region": ("region",)}
MIX: Takes = {"lab": ("lab",), "company": ("designer",), "chip": ("chip",)}
SITES: Takes = {"lab": ("lab",), "region": ("region",)}
OWNED: Takes = {"lab": ("owner",), "company": ("owner",), "region": ("region",)}
STEPS: Takes = {"lab": ("owner",), "company": ("owner",)}
PARTIES: Takes = {"lab": ("party",), "company": ("party",)}
PAID: Takes = {"lab": ("payer", "payee"), "company": ("payer", "payee")}
SIGNED: Takes = {"lab": ("buyer", "supplier"), "company": ("buyer", "supplier")}
NAMED: Takes = {"lab": ("company",), "company": ("company",)}
BOUGHT: Takes = {"lab": ("customer",), "company": ("customer",), "region": ("region",)}


@dataclass(frozen=True, slots=True)
class Held:
    """A table as a page holds it.

    Attributes
    ----------
    frame
        Its rows.
    takes
        Columns that a filter acts on, by its key: a row stays where one of them has the value that is asked for.
    """

    frame: pd.DataFrame
    takes: Takes = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return it as data for JSON, with the kind of names of its ids."""
        names = {column: COLUMNS[column] for column in self.frame.columns if column in COLUMNS}
        return {
            **packed(self.frame),
            "takes": {key: list(columns) for key, columns in self.takes.items()},
            "names": names,
        }


def tables_of(plan: Plan) -> dict[str, Held]:
    """Return the tables of a plan that a page holds, by name: what is reported of them."""
    read = plan.table
    where = dict(read("domain/power")[["site", "region"]].drop_duplicates().itertuples(index=False, name=None))

    def held(name: str, columns: str, takes: Takes = {}) -> Held:  # noqa: B006 (never changed)
        rows = read(name)
        rows = reported(rows) if "reported" in rows else rows
        rows = (
            rows.assign(region=rows["site"].map(where).fillna("")) if "site" in rows and "region" not in rows else rows
        )
        return Held(rows[columns.split()], takes)

    return {
        "fleet": held("domain/fleet", "period lab site region designer chip running idle facility_mw", CHIPS),
        "shipments": held("domain/shipments", "period lab site region designer chip kaccelerator", CHIPS),
        "mix": held("domain/chip_mix", "period lab designer chip running kh100e", MIX),
        "compute": held("domain/compute", "period lab workload wanted delivered", {"lab": ("lab",)}),
        "power": held("domain/power", "period lab site region firm added used free", SITES),
        "demands": held("core/demands", "period id name customer region unit quantity delivered unmet", BOUGHT),
        "orders": held("domain/orders", "period name stage owner unit ordered retired effective cost", STEPS),
        "earnings": held("domain/earnings", "period name owner unit ordered cost earned prepaid verdict", STEPS),
        "limits": Held(_limits(read), OWNED),
        "capacities": Held(_capacities(read), OWNED),
        "ledger": Held(_frame(ledger_rows(plan), LEDGER), PARTIES),
        "transfers": _worded(held("domain/transfers", "period payer payee what item amount", PAID), "what"),
        "budgets": held("domain/spending", "party name first last spent limit", PARTIES),
        "contracts": held(
            "domain/contracts",
            "name buyer supplier signed exercised cancelled unit taken short prepaid purchases shortfall paid",
            SIGNED,
        ),
        "windows": _windows(read),
        "companies": Held(_companies(plan), NAMED),
        "numbers": Held(_numbers(plan.data)),
        "sources": Held(_frame(_sources(plan.data), ("title", "as_of", "confidence", "note", "address"))),
    }


def _worded(table: Held, column: str) -> Held:
    """Return a table with the words of a column as they are written: ``HBM`` for ``hbm``."""
    return Held(table.frame.assign(**{column: table.frame[column].replace(dict(WORDS))}), table.takes)


def _frame(rows: Any, columns: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))


def _limits(read: Read) -> pd.DataFrame:
    """Return the limits with a price by period, what 1 % more of each is worth, and their class: stage and kind."""
    rows = binding(read("core/limits"))
    rows = rows[(rows["price"] > 0.0) & ~rows["side"].map(obliges).astype(bool)]
    kinds = [
        kind if kind == stage or not stage else f"{stage}, {kind}"
        for stage, kind in zip(rows["stage"], rows["kind"], strict=True)
    ]
    key = rows["family"] + "|" + rows["id"] + "|" + rows["side"]
    when = rows["period"].where(rows["period"] != "", WHOLE)
    rows = rows.assign(limit_id=key, period=when, **{"class": kinds})
    return rows[["period", "class", "limit_id", "name", "owner", "region", "unit", "limit", "used", "price", "gain"]]


def _capacities(read: Read) -> pd.DataFrame:
    """Return what share of each capacity that there is of a resource is used, by period."""
    rows = reported(read("core/resources"))
    there = rows["base"] + rows["added"]
    rows = rows.assign(share=(rows["used"] + rows["occupied"]) / there)
    rows = rows[(there > 0.0) & (there < float("inf"))]
    return rows[["period", "id", "name", "stage", "owner", "region", "share"]]


def _windows(read: Read) -> Held:
    """Return what is taken under contracts in each of their windows, with their names and parties."""
    rows = reported(read("domain/contract_windows"))
    who = read("domain/contracts")[["contract", "name", "buyer", "supplier"]]
    rows = rows.merge(who, on="contract", how="left")
    columns = [
        "name",
        "buyer",
        "supplier",
        "first",
        "last",
        "unit",
        "minimum",
        "maximum",
        "taken",
        "short",
        "purchases",
    ]
    return Held(rows[columns], SIGNED)


def _companies(plan: Plan) -> pd.DataFrame:
    """Return what companies make, earn and pay by quarter, past and plan."""
    columns = "company name says when period start unit value low high basis source why"
    return companies(plan, "quarter")[columns.split()]


def _numbers(data: Instance) -> pd.DataFrame:
    """Return everything that an instance assumes, a setting that is no number as it is written in an instance."""
    frame = assumption_frame(data)
    when = ["" if day is None or day != day else f"{day:%Y-%m-%d}" for day in frame["when"]]
    return frame.assign(when=when)[NUMBERS.split()]


def _sources(data: Instance) -> Any:
    for key, note in data.sources.items():
        yield note.title or key, note.as_of, note.confidence, note.note, note.address

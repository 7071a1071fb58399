"""The views of a page, each a question with what answers it: charts, tables and maps of the tables of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fabopt.report.text import in_unit


@dataclass(frozen=True, slots=True)
class View:
    """A view.

    Attributes
    ----------
    id, title
        Its name in the address, and in the menu.
    says
        What it answers, in a sentence or two.
    parts
        What stands in it, in order, as data for the page.
    """

    id: str
    title: str
    says: str
    parts: Sequence[dict[str, Any]]


def stack(
    table: str, title: str, measures: Sequence[tuple[str, str, str, float]], by: str, share: str = ""
) -> dict[str, Any]:
    """Return a chart of amounts over time.

    Parameters
    ----------
    table
        Table of the plan that it is made of.
    title
        Over it.
    measures
        What can be shown: column, name, unit, and what a number is multiplied by.
    by
        Columns that can be stacked, the usual one first: ``lab chip``.
    share
        Whether shares of all can be shown: ``share`` or ``amount``, as which it stands first; empty: no.
    """
    return {
        "kind": "stack",
        "table": table,
        "title": title,
        "measures": [dict(zip(("column", "says", "unit", "scale"), one, strict=True)) for one in measures],
        "by": [(column, WORDS.get(column, column)) for column in by.split()],
        "share": share,
    }


WORDS = {"designer": "company (designer)", "what": "what for"}
"""What columns are called, where not by their own word."""


def rows(
    table: str, title: str, columns: Sequence[str], *, sort: int = -1, down: bool = True, choices: str | None = None
) -> dict[str, Any]:
    """Return a table.

    Parameters
    ----------
    table
        Table of the plan.
    title
        Over it, with the unit of the numbers where all share one.
    columns
        Each ``name|head`` for a text, ``name|head|number`` for a number, ``name|head|wide`` for a long text.
    sort, down
        Column that it is sorted by first, and whether the largest come first.
    choices
        Columns whose texts can be chosen from beside a search; None where nothing is searched.
    """
    made = []
    for column in columns:
        name, head, *kind = column.split("|")
        made.append({"name": name, "head": head, "number": kind == ["number"], "wide": kind == ["wide"]})
    search = choices is not None
    return {
        "kind": "rows", "table": table, "title": title, "columns": made, "sort": sort, "down": down,
        "search": search, "choices": (choices or "").split(),
    }  # fmt: skip


def html(text: str, whole: bool = True) -> dict[str, Any]:
    """Return what stands in a view as it is, with its texts escaped; `whole`: it says that no filter reaches it."""
    return {"kind": "html", "html": text, "whole": whole}


def views(money: str, static: dict[str, str]) -> tuple[View, ...]:
    """Return the views of a page in order.

    Parameters
    ----------
    money
        Unit of money.
    static
        HTML of what no filter reaches, by name.
    """
    of = in_unit(money)
    power = ("facility_mw", "Facility power in use", "GW", 0.001)
    running = ("running", "Accelerators running", "thousand", 1.0)
    compute = ("kh100e", "Compute", "million H100 equivalents", 0.001)
    shipped = ("kaccelerator", "Accelerators shipped in the period", "thousand", 1.0)
    return (
        View("overview", "Overview", "", (
            html(static["overview"], whole=False),
            stack("fleet", "Power", (power, running), "lab chip region designer site"),
            stack("mix", "Compute", (compute,), "chip lab designer"),
            html(static["answer"]),
        )),
        View("chain", "Map of the chain", "What moves from lithography tools to a lab's compute in a period. Move "
             "the slider, or use the arrow keys on it. A ribbon's ends are its part in what a box gives and takes; "
             "boxes of a column share its height.", (
            {"kind": "flow"},
            {"kind": "heat", "table": "capacities", "title": "Use of capacity: share of what is there in the period",
             "key": "id", "name": "name", "head": "capacity", "column": "share", "form": "share",
             "whose": {"name": "owner", "head": "owner"}},
        )),
        View("choke", "Choke points", "Which limits hold the plan back, by class (stage of the chain and kind of "
             f"limit) and period: what 1 % more of each is worth at its price{of}, discounted, with the "
             "integers of the plan held. A price holds for small changes; worths of different limits do not add up for "
             "large ones. Open a class to see its limits.", (
            {"kind": "heat", "table": "limits", "title": f"Worth of 1 % more of each limit in the period{of}",
             "key": "limit_id", "name": "name", "head": "class, limit", "column": "gain", "form": "amount",
             "classes": "class", "whose": {"name": "owner", "head": "owner"}},
            html(static["choke"]),
        )),
        View("who", "Who gets what", "Accelerators, power and compute by lab, chip, site and region; and what is "
             "delivered of what is wanted.", (
            stack("fleet", "Running", (running, power, ("idle", "Accelerators left off", "thousand", 1.0)),
                  "lab chip designer site region", "amount"),
            stack("shipments", "Shipped", (shipped,), "lab chip designer site region", "amount"),
            stack("compute", "Compute", (("delivered", "Compute delivered", "million H100 equivalents", 0.001),
                  ("wanted", "Compute wanted at any price", "million H100 equivalents", 0.001)), "workload lab",
                  "amount"),
            rows("demands", "Delivered of what is wanted, in the period", (
                "period|period", "name|demand", "customer|customer", "unit|unit", "quantity|wanted|number",
                "delivered|delivered|number", "unmet|unmet|number"), choices="period customer"),
        )),
        View("mix", "Chip mix", "Which chips make the compute.", (
            stack("mix", "Mix", (compute, running), "chip designer lab", "share"),
        )),
        View("power", "Power", "Facility power in use at the sites, and what stands there: firm, and added.", (
            stack("fleet", "In use", (power,), "lab site region chip designer", "amount"),
            rows("power", "Facility power by site at the end of the period, MW", (
                "period|period", "lab|lab", "site|site", "region|region", "firm|firm|number", "added|added|number",
                "used|used|number", "free|free|number"), choices="period"),
        )),
        View("money", "Money", f"Who pays whom{of}. Prices between parties of the chain are transfers: they net "
             "to zero over all.", (
            rows("ledger", f"What each party pays, is paid and has over the whole horizon{of}, discounted", (
                "party|party", "counts with|counts with", "own worth and cost|own worth and cost|number",
                "pays|pays|number", "is paid|is paid|number", "has|has|number")),
            stack("transfers", "Payments", (("amount", "Payments in the period", money or "money", 1.0),),
                  "what payer payee item", "amount"),
            rows("budgets", f"Budgets: spent of the ceiling in the window{of}", (
                "name|budget", "party|party", "first|from", "last|to", "spent|spent|number", "limit|ceiling|number")),
        )),
        View("companies", "Companies", "What each company makes, earns and pays by quarter, past (observed) and "
             "plan. A number is that of the whole time over its column, which may be a year; power stands at its end. "
             "Money is that of its time, not discounted, and booked when it is decided.", (
            {"kind": "heat", "table": "companies", "title": "By company", "key": "company", "name": "name",
             "head": "company", "column": "value", "form": "amount", "pick": "says", "start": "start", "why": "why"},
            rows("companies", "All of it, with what each number rests on", (
                "name|company", "says|measure", "when|when", "period|period", "value|value|number", "unit|unit",
                "low|low|number", "high|high|number", "basis|rests on|wide", "source|sources|wide",
                "why|why none|wide"), choices="name says when"),
        )),
        View("contracts", "Contracts and orders", "What is signed, and what is taken of it; what is to be ordered.", (
            rows("contracts", f"Contracts over the whole horizon: amounts in their unit, money{of}", (
                "name|contract|wide", "buyer|buyer", "supplier|supplier", "signed|signed", "exercised|exercised",
                "cancelled|left", "unit|unit", "taken|taken|number", "short|paid, not taken|number",
                "prepaid|prepaid|number", "purchases|owed for what is taken|number", "paid|paid in all|number")),
            rows("windows", f"What is taken under contracts, by window; money{of}", (
                "name|contract|wide", "buyer|buyer", "supplier|supplier", "first|from", "last|to", "unit|unit",
                "minimum|least|number", "maximum|most|number", "taken|taken|number", "short|paid, not taken|number",
                "purchases|owed|number")),
            rows("orders", f"Orders: what is ordered, built or retired, from when it acts, and its cost{of} of "
                 "the period", (
                "period|ordered in", "name|what|wide", "owner|owner", "stage|stage", "unit|unit",
                "ordered|ordered|number", "retired|retired|number", "effective|acts from", "cost|cost|number"),
                choices="period stage"),
            rows("earnings", f"Whether each step earns its cost for its owner{of}, discounted", (
                "period|ordered in", "name|what|wide", "owner|owner", "unit|unit", "ordered|ordered|number",
                "cost|cost|number", "earned|margin on it|number", "prepaid|prepaid|number", "verdict|verdict"),
                choices="verdict"),
        )),
        View("facts", "Published figures", "What goes in and what comes out, against figures that were published.", (
            html(static["facts"]),
            html(static["calibrate"]),
        )),
        View("numbers", "Assumptions", "Every number that the plan rests on, with its range and where it comes from. "
             "Search for words: all of them must stand in the row.", (
            rows("numbers", "What the instance assumes", (
                "name|number|wide", "when|from", "value|value|number", "setting|setting", "unit|unit",
                "low|low|number", "high|high|number", "basis|value is", "range|range is", "source_title|sources|wide",
                "as_of|as of", "confidence|confidence", "note|note|wide", "path|lever"),
                choices="basis range confidence"),
            rows("sources", "Sources", (
                "title|title|wide", "as_of|as of", "confidence|confidence", "note|what it says|wide",
                "address|where")),
        )),
        View("compare", "Comparison", "This plan beside others.", (html(static["compare"]),)),
        View("studies", "Studies", "Studies of this plan that were saved.", (html(static["studies"]),)),
    )  # fmt: skip

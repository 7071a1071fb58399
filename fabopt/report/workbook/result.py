"""The workbook of a result: the answer, money that adds up to it, the plan by period, its tables, its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from fabopt.analysis.companies import COMPANIES, companies, wide
from fabopt.analysis.plan_tables import binding
from fabopt.domain.names import display_names
from fabopt.io.workbook.cells import new_workbook, put
from fabopt.report.answer import STATUS_SAYS, answer
from fabopt.report.perspective import whose
from fabopt.report.workbook.inputs import inputs_sheet, sources_sheet
from fabopt.report.workbook.sheets import Cross, Forms, Placed, columns_sheet, cross, table_sheet
from fabopt.solve.results.build import ALL_TABLES

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from fabopt.plan.plan import Plan
    from fabopt.solve.results.folder import Read

_CORE = ("costs", "terminal", "limits", "periods", "terms")
"""Tables of the core that go into the workbook, besides all of the domain that have rows."""
_TERMINAL: Mapping[str, tuple[str, ...]] = {
    "terminal_stock": ("stock",),
    "terminal_landing": ("landing",),
    "terminal_units": ("unit", "retired"),
}
"""Terms of the value at the end, and the kinds of rows of the table 'terminal' that make them."""
_GIVEN = "worth whatever is decided"
_MONEY_FORM = "#,##0.00;[Red]-#,##0.00"


def workbook_bytes(plan: Plan) -> bytes:
    """Return a plan as a workbook, the same bytes for the same result."""
    run, data = plan.run, plan.data
    money = run.money_unit
    into = BytesIO()
    with new_workbook(f"Plan for {run.instance}", into) as book:
        forms = Forms(book)
        # Sheets come in the order in which they are made; these are filled when the tables have their places.
        names = ("summary", "money", "by period", "by company")
        summary, flows, by_period, by_company = (book.add_worksheet(name) for name in names)
        placed = _tables(book, forms, plan.table, money)
        value = _money(flows, forms, placed, money, run.constant_value)
        _summary(summary, forms, plan, value)
        _by_period(by_period, forms, placed, money)
        placed[COMPANIES.name] = _companies(book, forms, plan, by_company)
        inputs_sheet(book, forms, data)
        sources_sheet(book, forms, data)
        columns_sheet(book, forms, (spec for spec in (*ALL_TABLES, COMPANIES) if spec.name in placed), money)
    return into.getvalue()


def _tables(book: Workbook, forms: Forms, read: Read, money: str) -> dict[str, Placed]:
    """Write the tables that have rows; of the limits those that hold the plan back."""
    placed: dict[str, Placed] = {}
    for spec in sorted(ALL_TABLES, key=lambda spec: spec.group == "core"):
        if spec.group == "core" and spec.name not in _CORE:
            continue
        frame = read(f"{spec.group}/{spec.name}")
        if spec.name == "limits":
            frame = binding(frame)[spec.names]
            spec = replace(spec, says=f"{spec.says}; here those that hold the plan back in reported periods")
        if len(frame) or spec.name in _CORE:
            placed[spec.name] = table_sheet(book, forms, spec, frame, money)
    return placed


def _companies(book: Workbook, forms: Forms, plan: Plan, sheet: Worksheet) -> Placed:
    """Write the table of companies, and a sheet of the same numbers with a column for each time."""
    frame = companies(plan)
    told, across = frame.astype(object).where(frame.notna(), None), wide(frame)
    words = list(across.columns).index("unit") + 1
    put(sheet, 0, 0, "by company: past (observed) and plan, the numbers of 'companies' by time", forms.title)
    for place, name in enumerate(across.columns):
        put(sheet, 2, place, name, forms.head)
        sheet.set_column(place, place, 22 if place < words else 13)
    for line, row in enumerate(across.astype(object).where(across.notna(), None).to_numpy(), start=3):
        for place, value in enumerate(row):
            put(sheet, line, place, value, forms.get("#,##0.00") if place >= words else None)
    sheet.freeze_panes(3, words)
    return table_sheet(book, forms, COMPANIES, told, plan.run.money_unit)


def _money(
    sheet: Worksheet, forms: Forms, placed: Mapping[str, Placed], money: str, constant: float
) -> tuple[str, float]:
    """Write values and costs by period and how the discounted value comes about; return its cell and its value.

    Every number is a formula over the sheets 'costs', 'terminal' and 'periods', and is held against what the optimiser
    counted ('terms').
    """
    from xlsxwriter.utility import xl_range, xl_range_abs

    periods = placed["periods"].frame
    labels, last = [str(label) for label in periods["period"]], len(periods)
    unit = f" ({money})" if money else ""
    put(sheet, 0, 0, "money: values (+) and costs (-)", forms.title)
    table = Cross(f"by period, in the money of the period{unit}", placed["costs"], "term", "amount")
    factors = cross(sheet, forms, 2, table, labels)
    put(sheet, factors, 0, "discount factor", forms.get(bold=True))
    for place, factor in enumerate(periods["discount"].tolist(), start=1):
        put(sheet, factors, place, factor, forms.get("0.000000"))
    weights = xl_range_abs(factors, 1, factors, last)
    by_term = placed["costs"].frame.groupby("term")["discounted"].sum().to_dict()
    lines = [
        (term, f"=SUMPRODUCT({xl_range(line, 1, line, last)},{weights})", float(by_term[term]))
        for line, term in enumerate(table.keys, start=4)
    ]
    lines += _at_the_end(placed["terminal"])
    if constant:
        lines.append((_GIVEN, f"={constant!r}", constant))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, last + 1, 15)
    sheet.freeze_panes(4, 1)
    return _comes_about(sheet, forms, factors + 2, lines, placed["terms"], unit)


def _at_the_end(end: Placed) -> list[tuple[str, str, float]]:
    """Return term, formula and value of what is there, or still to come, after the last period."""
    lines = []
    for term, kinds in _TERMINAL.items():
        rows = end.frame[end.frame["kind"].isin(kinds)]
        if len(rows):
            value = float((rows["amount"] * rows["unit_worth"] * rows["discount"]).sum())
            chosen = "+".join(f'({end.cells("kind")}="{kind}")' for kind in kinds)
            product = "*".join(end.cells(name) for name in ("amount", "unit_worth", "discount"))
            lines.append((term, f"=SUMPRODUCT(({chosen})*{product})", value))
    return lines


def _comes_about(
    sheet: Worksheet, forms: Forms, top: int, lines: list[tuple[str, str, float]], terms: Placed, unit: str
) -> tuple[str, float]:
    """Write the terms of the discounted value, each held against what the optimiser counted."""
    from xlsxwriter.utility import xl_rowcol_to_cell as cell

    number, bold = forms.get(_MONEY_FORM), forms.get(_MONEY_FORM, bold=True)
    put(sheet, top, 0, f"discounted to the decision date{unit}", forms.title)
    for place, name in enumerate(("term", "from the tables", "as optimised", "difference")):
        put(sheet, top + 1, place, name, forms.head)
    stated = dict(zip(terms.frame["term"], terms.frame["amount"].astype(float), strict=True))
    first = line = top + 2
    for term, formula, value in lines:
        counted = value if term == _GIVEN else stated.get(term, 0.0)
        put(sheet, line, 0, term)
        sheet.write_formula(line, 1, formula, number, value)
        of_term = f"=SUMIFS({terms.cells('amount')},{terms.cells('term')},{cell(line, 0)})"
        sheet.write_formula(line, 2, of_term if term != _GIVEN else f"={cell(line, 1)}", number, counted)
        sheet.write_formula(line, 3, f"={cell(line, 1)}-{cell(line, 2)}", number, value - counted)
        line += 1
    put(sheet, line, 0, "discounted value", forms.get(bold=True))
    value = sum(amount for _, _, amount in lines)
    counted = sum(amount if term == _GIVEN else stated.get(term, 0.0) for term, _, amount in lines)
    for place, total in enumerate((value, counted, value - counted), start=1):
        sheet.write_formula(line, place, f"=SUM({cell(first, place)}:{cell(line - 1, place)})", bold, total)
    return f"'money'!{cell(line, 1, row_abs=True, col_abs=True)}", value


def _summary(sheet: Worksheet, forms: Forms, plan: Plan, value: tuple[str, float]) -> None:
    """Write what was solved, the answer, how good the plan is, and whether the money adds up to it."""
    cell, summary = value
    run, unit, stated = plan.run, plan.run.money_unit, plan.value
    put(sheet, 0, 0, f"Plan for {run.instance}", forms.title)
    sheet.merge_range(1, 0, 1, 2, None, forms.get(wrap=True))
    put(sheet, 1, 0, answer(plan).sentence, forms.get(wrap=True))
    sheet.set_row(1, 64)
    facts: list[tuple[str, object, str]] = [
        ("instance", run.instance, ""),
        ("scenario and settings", "; ".join(run.sets) or "none", ""),
        ("objective", run.options.sought, ""),
        ("whose value counts", whose(plan.perspective, display_names(plan.data)), ""),
        ("how the run ended", STATUS_SAYS.get(run.status, run.status), ""),
        ("objective value", run.objective, run.objective_unit),
        ("bound: no plan is better", run.bound, run.objective_unit),
        ("gap", run.gap, "share"),
        ("what the gap is a share of", run.gap_denominator, run.objective_unit),
        ("first and last period", " to ".join(run.periods), ""),
        ("fabopt", run.versions.fabopt, "version"),
        ("solver (highspy)", run.versions.highspy, "version"),
        ("hash of the inputs", run.input_hash, ""),
    ]
    for line, (name, fact, of) in enumerate(facts, start=3):
        form = "0.00%" if name == "gap" else _MONEY_FORM if isinstance(fact, float) else ""
        for place, (one, shape) in enumerate(((name, forms.get(bold=True)), (fact, forms.get(form)), (of, None))):
            put(sheet, line, place, one, shape)
    line = 4 + len(facts)
    put(sheet, line, 0, "Check: does the money add up?", forms.title)
    checks = (
        ("discounted value, as solved", None, stated),
        ("the same from the sheet 'money'", f"={cell}", summary),
        ("difference", f"=B{line + 2}-B{line + 3}", stated - summary),
    )
    for below, (name, formula, number) in enumerate(checks, start=line + 1):
        put(sheet, below, 0, name, forms.get(bold=True))
        if formula is None:
            put(sheet, below, 1, number, forms.get(_MONEY_FORM))
        else:
            sheet.write_formula(below, 1, formula, forms.get(_MONEY_FORM), number)
        put(sheet, below, 2, unit)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.set_column(2, 2, 14)
    sheet.freeze_panes(1, 0)


def _by_period(sheet: Worksheet, forms: Forms, placed: Mapping[str, Placed], money: str) -> None:
    """Write who gets how much by period, as formulas over the tables."""
    labels = [str(label) for label in placed["periods"].frame["period"]]
    wanted = (
        ("accelerators installed by chip (thousand)", "deployments", "chip", "kaccelerator", True),
        ("accelerators installed by lab (thousand)", "deployments", "lab", "kaccelerator", True),
        ("compute running by lab (thousand H100 equivalents)", "chip_mix", "lab", "kh100e", False),
        ("compute running by chip (thousand H100 equivalents)", "chip_mix", "chip", "kh100e", False),
        ("facility power in use by lab (MW)", "power", "lab", "used", False),
        ("wafers started by owner (thousand)", "wafer_starts", "owner", "kwafer", True),
        (f"orders of capacity by owner ({money})", "orders", "owner", "cost", True),
        (f"payments made to each party ({money})", "transfers", "payee", "amount", True),
        (f"payments made by each party ({money})", "transfers", "payer", "amount", True),
    )
    put(sheet, 0, 0, "by period: every number is the sum of rows of the sheet that it names", forms.title)
    top = 2
    for title, name, key, value, over_time in wanted:
        if name in placed:
            table = Cross(f"{title}, from '{name}'", placed[name], key, value, over_time)
            top = cross(sheet, forms, top, table, labels) + 1
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(labels) + 1, 13)
    sheet.freeze_panes(1, 1)

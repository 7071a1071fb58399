"""Plans side by side as a workbook: differences, sums and totals are formulas over the tables that stand in it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from fabopt.analysis.compare.records import Comparison
from fabopt.io.workbook.cells import new_workbook, put
from fabopt.report.text import proof
from fabopt.report.workbook.sheets import HEAD, Forms, Placed, columns_sheet, table_sheet
from fabopt.solve.results.columns import MONEY, OF_ROW, Column, TableSpec, flag, number, text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_FORM = "#,##0.00;[Red]-#,##0.00"
_ALONE = f"{MONEY}, alone"
"""Unit of what inputs are worth each, which is never added up."""
_PLAN = text("plan", "the plan that is held against the first one")
_PERIOD = text("period", "label of the period")
_BINDS = f"{MONEY} for 1 % more"
_UNIT_PRICE = f"{MONEY} per unit of the row"


def _pair(unit: str, of: str) -> tuple[Column, ...]:
    return (
        number("base", unit, f"{of} in the first plan"),
        number("value", unit, f"{of} in the other plan"),
        number("change", unit, "value less base"),
    )


_TABLES = (
    TableSpec(
        "gains", "domain", "what a lab, designer or demand has in a period",
        (
            _PLAN, text("measure", "running, compute, power, shipped in the period, delivered since the start"),
            text("unit", "unit of base, value and change"), text("who", "id"), text("name", "name"), _PERIOD,
            *_pair(OF_ROW, "what it has"), number("share", "1", "change as a share of base"),
        ),
    ),
    TableSpec(
        "chip_mix", "domain", "a chip's part in a lab's compute in a period",
        (
            _PLAN, text("lab", "lab"), text("designer", "designer of the chip"), text("chip", "chip"), _PERIOD,
            *_pair("kH100e", "compute"), number("base_share", "1", "share of the lab's compute in the first plan"),
            number("value_share", "1", "share of the lab's compute in the other plan"),
        ),
    ),
    TableSpec(
        "orders", "domain", "an order of capacity that is not the same in both plans; retirements are negative",
        (
            _PLAN, text("id", "id of what is ordered"), text("name", "name"), text("stage", "stage of the chain"),
            text("owner", "owner"), text("instrument", "kind of order"), text("unit", "unit of base, value and change"),
            _PERIOD, *_pair(OF_ROW, "units"), number("cost_change", MONEY, "change of the cost, money of the period"),
        ),
    ),
    TableSpec(
        "worth", "domain", "what a kind of value (+), cost (-) or transfer comes to for a party, discounted",
        (
            _PLAN, text("party", "party"), text("term", "kind of value, cost or transfer"),
            flag("transfer", "whether it goes between parties and adds up to zero"), *_pair(MONEY, "its amount"),
        ),
    ),
    TableSpec(
        "limits", "domain", "a limit that binds in one of the plans at least",
        (
            _PLAN, text("family", "family of limits"), text("id", "id"), text("side", "upper or lower"),
            text("name", "name"), text("owner", "owner"), text("kind", "kind"), text("unit", "unit of the limit"),
            text("binds", "in which plan"), text("base_binds", "when in the first plan"),
            text("value_binds", "when in the other"),
            number("base_price", _UNIT_PRICE, "worth of one unit in every period, in the first plan"),
            number("value_price", _UNIT_PRICE, "worth of one unit in every period, in the other"),
            *_pair(_BINDS, "worth of 1 % more throughout"),
        ),
    ),
    TableSpec(
        "inputs", "domain", "an input that differs; worth to the first plan, each alone, so sums mean nothing",
        (
            _PLAN, text("path", "its lever"), text("base", "in the first plan's instance"),
            text("value", "in the other's"), number("factor", "times", "by how much it was scaled"),
            number("at_prices", _ALONE, "worth at the first plan's prices"),
            number("held", _ALONE, "worth with the first plan's integers held, solved again"),
            text("reason", "why there is no worth"),
        ),
    ),
    TableSpec(
        "moves", "domain", "what an input that differs moves of the orders, alone; first what all that differs moved",
        (
            _PLAN, text("path", "its lever"), number("orders", "1", "orders that are others"),
            number("moved", MONEY, "what they cost, money of their periods"),
            number("share", "1", "share of the difference between the plans' orders that it makes alone"),
            text("first", "the dearest of them"), text("reason", "why it was not solved"),
        ),
    ),
)  # fmt: skip
"""The sheets of tables, one a kind of record."""


def workbook_bytes(comparison: Comparison, said: Sequence[str]) -> bytes:
    """Return plans side by side as a workbook, the same bytes for the same plans.

    Parameters
    ----------
    comparison
        The records.
    said
        The sentences that stand on its first sheet.
    """
    into = BytesIO()
    with new_workbook(f"Plans side by side: {', '.join(plan.name for plan in comparison.plans)}", into) as book:
        forms = Forms(book)
        # Sheets come in the order in which they are made; these are filled when the tables have their places.
        summary, sides, chokes = (book.add_worksheet(name) for name in ("summary", "side by side", "choke points"))
        placed = {
            spec.name: _table(book, forms, spec, comparison) for spec in _TABLES if getattr(comparison, spec.name)
        }
        _summary(summary, forms, comparison, said)
        _side_by_side(sides, forms, comparison, placed)
        _choke_points(chokes, forms, comparison)
        columns_sheet(book, forms, (spec for spec in _TABLES if spec.name in placed), comparison.money)
    return into.getvalue()


def _table(book: Workbook, forms: Forms, spec: TableSpec, comparison: Comparison) -> Placed:
    """Write a table; where it has numbers of both plans, their difference is a formula."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    frame = comparison.table(spec.name).astype(object)
    frame = frame.where(frame.notna(), None)  # what there is nothing of leaves its cell empty
    placed = table_sheet(book, forms, spec, frame, comparison.money)
    if "change" in spec.names:
        sheet = book.sheetnames[spec.name]
        place = spec.names.index("change")
        for line, change in enumerate(frame["change"].tolist(), start=HEAD + 1):
            value, base = (xl_rowcol_to_cell(line, place - back) for back in (1, 2))
            sheet.write_formula(line, place, f"={value}-{base}", forms.get(_FORM), change)
    return placed


def _summary(sheet: Worksheet, forms: Forms, comparison: Comparison, said: Sequence[str]) -> None:
    """Write the sentences and the plans, each value against that of the first."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    put(sheet, 0, 0, "Plans side by side", forms.title)
    for line, sentence in enumerate(said, start=1):
        sheet.merge_range(line, 0, line, 9, None, forms.get(wrap=True))
        put(sheet, line, 0, sentence, forms.get(wrap=True))
        sheet.set_row(line, 16 * (1 + len(sentence) // 150))
    unit = f" ({comparison.money})" if comparison.money else ""
    heads = (
        ("plan", 24), ("instance", 20), ("scenario", 18), ("settings", 30), ("status", 14), ("objective", 18),
        ("horizon", 22), (f"value{unit}", 18), (f"the best may be worth more by{unit}", 18), ("gap", 10),
        (f"against the first{unit}", 18), ("withheld", 14),
    )  # fmt: skip
    top = len(said) + 2
    for place, (head, width) in enumerate(heads):
        put(sheet, top, place, head, forms.head)
        sheet.set_column(place, place, width)
    withheld = {difference.plan: difference.withheld for difference in comparison.difference}
    first = xl_rowcol_to_cell(top + 1, 7, row_abs=True, col_abs=True)
    for line, plan in enumerate(comparison.plans, start=top + 1):
        facts = (
            plan.name, plan.instance, plan.scenario, "; ".join(plan.sets), proof(plan.status), plan.objective,
            plan.horizon,
        )  # fmt: skip
        for place, fact in enumerate(facts):
            put(sheet, line, place, fact)
        for place, number_, form in ((7, plan.value, _FORM), (8, plan.short, _FORM), (9, plan.gap, "0.00%")):
            put(sheet, line, place, "unknown" if number_ is None else number_, forms.get(form))
        change = plan.value - comparison.plans[0].value
        sheet.write_formula(line, 10, f"={xl_rowcol_to_cell(line, 7)}-{first}", forms.get(_FORM), change)
        put(sheet, line, 11, withheld.get(plan.name, ""))
    sheet.freeze_panes(1, 1)


@dataclass(frozen=True, slots=True)
class _Sums:
    """A table of sums with a column a plan: rows of a sheet by a key, of which other columns have given values."""

    title: str
    source: Placed
    key: str
    given: Mapping[str, str | Literal[False]]

    def rows(self) -> dict[str, dict[str, tuple[float, float]]]:
        """Return by key and other plan the sums of base and value."""
        frame = self.source.frame
        for column, value in self.given.items():
            frame = frame[frame[column] == value]
        sums = frame.groupby([self.key, "plan"], sort=False)[["base", "value"]].sum()
        rows: dict[str, dict[str, tuple[float, float]]] = {}
        for (key, plan), base, value in zip(sums.index, sums["base"], sums["value"], strict=True):
            rows.setdefault(str(key), {})[str(plan)] = (float(base), float(value))
        return dict(sorted(rows.items(), key=lambda item: -max(abs(n) for pair in item[1].values() for n in pair)))


def _side_by_side(sheet: Worksheet, forms: Forms, comparison: Comparison, placed: Mapping[str, Placed]) -> None:
    """Write who has what and what it costs, a column a plan, as formulas over the tables."""
    put(sheet, 0, 0, "side by side: every number is a sum of rows of the sheet that is named", forms.title)
    unit = f" ({comparison.money}, discounted)" if comparison.money else " (discounted)"
    wanted = []
    if "worth" in placed:
        wanted += [
            _Sums(f"value (+) and cost (-) by term{unit}, from 'worth'", placed["worth"], "term", {"transfer": False}),
            _Sums(f"value less cost by party{unit}, from 'worth'", placed["worth"], "party", {}),
        ]
    for measure, says in (
        ("running", "accelerators running (thousand)"),
        ("compute", "compute (thousand H100 equivalents)"),
        ("power", "facility power (GW)"),
    ):
        if any(row.measure == measure for row in comparison.gains):
            title = f"{says} by lab at {comparison.dates[-1]}, from 'gains'"
            wanted.append(_Sums(title, placed["gains"], "who", {"measure": measure, "period": comparison.dates[-1]}))
    top = 2
    for table in wanted:
        top = _sums(sheet, forms, top, table, [plan.name for plan in comparison.plans]) + 1
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2 * len(comparison.plans), 18)
    sheet.freeze_panes(1, 1)


def _sums(sheet: Worksheet, forms: Forms, top: int, table: _Sums, plans: Sequence[str]) -> int:
    """Write a table of sums from row `top` on; the first row below it is returned."""
    from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

    number_, bold = forms.get(_FORM), forms.get(_FORM, bold=True)
    put(sheet, top, 0, table.title, forms.title)
    put(sheet, top + 1, 0, table.key, forms.head)
    for place, plan in enumerate(plans, start=1):
        put(sheet, top + 1, place, plan, forms.head)
    for place in range(1, len(plans)):
        put(sheet, top + 1, len(plans) + place, f"{plans[place]} less {plans[0]}", forms.head)
    said = {column: "FALSE" if value is False else f'"{value}"' for column, value in table.given.items()}
    given = "".join(f"*({table.source.cells(column)}={value})" for column, value in said.items())
    first, rows = top + 2, table.rows()
    totals = [0.0] * (2 * len(plans) - 1)
    for line, (key, sums) in enumerate(rows.items(), start=first):
        put(sheet, line, 0, key)
        base = sums.get(plans[1], (0.0, 0.0))[0]
        numbers = [base, *(sums.get(plan, (0.0, 0.0))[1] for plan in plans[1:])]
        numbers += [value - base for value in numbers[1:]]
        named = xl_rowcol_to_cell(line, 0, col_abs=True)
        for place in range(len(plans)):
            chosen = xl_rowcol_to_cell(top + 1, max(place + 1, 2), row_abs=True)
            column = table.source.cells("value" if place else "base")
            keys = f"({table.source.cells(table.key)}={named})*({table.source.cells('plan')}={chosen}){given}"
            sheet.write_formula(line, place + 1, f"=SUMPRODUCT({keys},{column})", number_, numbers[place])
        for place in range(1, len(plans)):
            formula = f"={xl_rowcol_to_cell(line, place + 1)}-{xl_rowcol_to_cell(line, 1)}"
            sheet.write_formula(line, len(plans) + place, formula, number_, numbers[len(plans) + place - 1])
        totals = [total + value for total, value in zip(totals, numbers, strict=True)]
    below = first + len(rows)
    put(sheet, below, 0, "total", forms.get(bold=True))
    for place, total in enumerate(totals, start=1):
        sheet.write_formula(below, place, f"=SUM({xl_range(first, place, below - 1, place)})", bold, total)
    return below + 1


def _choke_points(sheet: Worksheet, forms: Forms, comparison: Comparison) -> None:
    """Write what holds each plan back most in each period, and what 1 % more of it is worth."""
    unit = f" ({_BINDS.replace(MONEY, comparison.money)})" if comparison.money else " (for 1 % more)"
    put(sheet, 0, 0, "choke points: the limit of which 1 % more is worth most in a period", forms.title)
    put(sheet, 1, 0, "period", forms.head)
    sheet.set_column(0, 0, 12)
    for n, plan in enumerate(comparison.plans):
        for place, (head, width) in enumerate(((plan.name, 48), ("owner", 20), (f"worth{unit}", 20)), start=1 + 3 * n):
            put(sheet, 1, place, head, forms.head)
            sheet.set_column(place, place, width)
    at = {(row.plan, row.period): row for row in comparison.choke_points}
    for line, period in enumerate(comparison.periods, start=2):
        put(sheet, line, 0, period)
        for n, plan in enumerate(comparison.plans):
            row = at[plan.name, period]
            put(sheet, line, 1 + 3 * n, row.name or "nothing")
            put(sheet, line, 2 + 3 * n, row.owner)
            put(sheet, line, 3 + 3 * n, row.gain, forms.get(_FORM))
    sheet.freeze_panes(2, 1)

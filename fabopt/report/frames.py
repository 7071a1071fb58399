"""Frames of analyses as text for people: the bill of a block of power, and the reconciliation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import plain
from fabopt.domain.tolerances import CLOSE
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted

if TYPE_CHECKING:
    from fabopt.analysis.agreement import Agreement, OutcomeRow, Reconciled
    from fabopt.analysis.bill import Bill


def bill_report(bill: Bill) -> Report[Bill]:
    """Return a bill: what it is, one line an item with its range, and the arithmetic in words."""
    kind = "IT power" if bill.it else "facility power"
    title = f"{amount(bill.power_mw)} MW of {kind} filled with {bill.name}, at yields and prices of {bill.day}"
    whole = [(row.item, row.quantity, row.low, row.high) for row in bill.rows if row.stage == "whole"]
    rows = [
        (row.stage, row.item, row.quantity, row.unit, row.low, row.high) for row in bill.rows if row.stage != "whole"
    ]
    return Report(
        "bill",
        bill,
        (title,),
        (
            Table(
                "The whole at what its buyer pays, M USD (low, high: all at that end; draws: 10, 50, 90 %)",
                ("section", "paid", "low", "high"),
                whole,
            ),
            Table("What it takes", ("stage", "item", "quantity", "unit", "low", "high"), rows, left=2),
            Table("How", ("item", ""), [(row.item, row.how) for row in bill.rows], left=2),
        ),
        frames={"bill": lambda: bill.frame},
        data=lambda: {**plain(bill), "day": str(bill.day)},
    )


def reconcile_report(reconciled: Reconciled) -> Report[Reconciled]:
    """Return a reconciliation: inputs and outcomes against published figures, and why some lie outside."""
    frame = reconciled.published
    rows: list[Any] = list(frame.itertuples(index=False))
    outside = [row for row in rows if not row.inside]
    held = [
        (
            row.measure, row.of, _when(row.since, row.until), row.unit, row.implied, row.published,
            f"{amount(row.low)}-{amount(row.high)}", "" if row.inside else "outside",
        )
        for row in rows
    ]  # fmt: skip
    why = [
        (row.measure, row.of, _when(row.since, row.until), row.explanation or "not explained in the instance")
        for row in outside
    ]
    headers = ("measure", "of", "when", "unit", "implied", "published", "range", "")
    tables = (
        Table("What the instance implies, against published figures", headers, held, left=4),
        *outcome_tables(reconciled.outcomes, "What the plan has, against published outcomes"),
        Table("What lies outside its range", ("measure", "of", "when", "why"), why, left=4),
    )
    return Report(
        "reconcile",
        reconciled,
        tuple(_reconciled(reconciled, len(rows) - len(outside), len(rows))),
        tables,
        frames={"published": lambda: frame, "outcomes": lambda: reconciled.frame},
        data=lambda: {
            "published": frame.astype(object).where(frame.notna(), None).to_dict("records"),
            "outcomes": [{**asdict(row), "inside": row.inside} for row in reconciled.outcomes],
        },
    )


def _reconciled(reconciled: Reconciled, inside: int, count: int) -> Iterator[str]:
    """Yield how many figures lie inside their ranges, inputs and outcomes apart."""
    if count:
        yield f"Inputs: {inside} of {count} inside their range."
    if reconciled.outcomes:
        there = sum(row.inside for row in reconciled.outcomes)
        yield f"Outcomes of {reconciled.plan}: {there} of {len(reconciled.outcomes)} inside their range."
    elif reconciled.stated:
        yield (
            f"The {reconciled.stated} outcomes of the instance are held against a plan: fabopt reconcile RESULT; "
            "with --feasible, whether they can all hold at once."
        )
    elif not count:
        yield "The instance has no published figures to be held against (sections published and outcomes)."


def outcome_tables(rows: Sequence[OutcomeRow], title: str) -> tuple[Table, ...]:
    """Return published outcomes against a plan, and why some lie outside their range."""
    heads = ("outcome", "when", "unit", "plan", "published", "range", "")
    held = [
        (
            row.name, row.since if row.since == row.until else f"{row.since} to {row.until}", row.unit, row.planned,
            row.published, f"{amount(row.low)}-{amount(row.high)}",
            "" if row.inside else "below" if row.missed < 0 else "above",
        )
        for row in rows
    ]  # fmt: skip
    why = [(row.name, row.explanation or "not explained in the instance") for row in rows if not row.inside]
    return Table(title, heads, held, left=3), Table("Outcomes outside their range", ("outcome", "why"), why, left=2)


def agreement_report(agreement: Agreement) -> Report[Agreement]:
    """Return whether published outcomes can all hold at once, what clashes, and what move of data ends it."""
    clashes = [
        (str(n), kind, name)
        for n, clash in enumerate(agreement.clashes, 1)
        for kind, names in (("figure", clash.figures), ("limit", clash.limits))
        for name in names
    ]
    moves = [(m.path, m.unit, m.value, m.to, f"{100 * m.share:.0f} %", m.left) for m in agreement.moves]
    tables = (
        *outcome_tables(agreement.rows, "The plan that misses least, against published outcomes"),
        Table("What cannot all hold: without any one of a clash the others can", ("clash", "", ""), clashes, left=3),
        Table(
            "A move of data within its ranges with which all hold, one after the other",
            ("number", "unit", "from", "to", "of the way", "still missed"), moves, left=2,
        ),
    )  # fmt: skip
    return Report(
        "feasible",
        agreement,
        (_agrees(agreement),),
        tables,
        tuple(_how(agreement)),
        {"outcomes": lambda: agreement.frame},
        data=lambda: plain(agreement),
    )


def _agrees(agreement: Agreement) -> str:
    count, inside = len(agreement.rows), sum(row.inside for row in agreement.rows)
    one, name = count == 1, agreement.name
    which = f"the published outcome of {name}" if one else f"all {count} published outcomes of {name}"
    if agreement.agrees:
        return (
            f"T{which[1:]} can hold: a plan has it."
            if one
            else f"A{which[1:]} can hold at once: a plan has all of them."
        )
    if agreement.least <= CLOSE:
        text = f"No plan was found that has {which}, and none is proven not to"
    elif one:
        text = f"T{which[1:]} cannot hold"
    else:
        text = f"The {count} published outcomes of {name} cannot all hold at once"
    missed = "misses it" if one else f"has {inside}, and misses the others"
    text += f": the plan that misses least {missed} by {amount(agreement.missed)} half ranges"
    if agreement.relaxed <= CLOSE < agreement.least:
        text += "; only because some things come as integers"
    if agreement.ended:
        numbers, s = counted(len(agreement.moves), "number"), "s" if len(agreement.moves) == 1 else ""
        ranges = "its range" if s else "their ranges"
        text += f". {'It holds' if one else 'All hold'} once {numbers} move{s} within {ranges}"
    return f"{text}."


def _how(agreement: Agreement) -> Iterator[str]:
    yield "A miss is counted in half the range of its figure; no plan misses less than " + (
        f"{amount(agreement.least)} in all ({amount(agreement.relaxed)} with fractions for integers)."
    )
    if agreement.clashes and not agreement.ended:
        yield f"Of numbers with a range {agreement.tried} were moved; no move that ends it was found."
    elif agreement.moves:
        yield "The move of data is one that was found; that none is smaller is not proved."
    if not all(clash.whole for clash in agreement.clashes):
        yield "Time was over before every part of a clash was tried: it may hold more than it must."
    if agreement.left_out:
        yield f"Time did not allow: {', '.join(agreement.left_out)}."


def _when(since: str, until: str) -> str:
    """Return a time in short: a year, quarter or month where it is one, else from month to month."""
    year, first, last = since[:4], since[5:], until[5:]
    if until[:4] == year:
        if (first, last) == ("01-01", "12-31"):
            return year
        quarters = {("01-01", "03-31"): 1, ("04-01", "06-30"): 2, ("07-01", "09-30"): 3, ("10-01", "12-31"): 4}
        if (first, last) in quarters:
            return f"{year}Q{quarters[first, last]}"
    return since[:7] if since[:7] == until[:7] else f"{since[:7]} to {until[:7]}"

"""Frames of analyses as text for people: the bill of a block of power, and the reconciliation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.analysis.expectations import expectations_frame
from fabopt.analysis.frames import plain
from fabopt.analysis.history import history_frame
from fabopt.analysis.skill import frame_of, plain_of
from fabopt.domain.tolerances import CLOSE
from fabopt.report.report import Report
from fabopt.report.skill import skill_lines, skill_tables
from fabopt.report.text import Table, amount, between, counted, in_unit, money, thousands

if TYPE_CHECKING:
    from fabopt.analysis.agreement import Agreement
    from fabopt.analysis.bill import Bill
    from fabopt.analysis.expectations import ExpectationRow
    from fabopt.analysis.history import Point
    from fabopt.analysis.reconcile import OutcomeRow, Reconciled
    from fabopt.analysis.skill import Skill


def bill_report(bill: Bill) -> Report[Bill]:
    """Return a bill: what it is, one line an item with its range, and the arithmetic in words."""
    kind = "IT power" if bill.it else "facility power"
    filled = f"{amount(bill.power_mw)} MW of {kind} filled with {bill.name}"
    pieces = next((f" {thousands(row.quantity)} accelerators" for row in bill.rows if row.item == "accelerators"), "")
    paid = next((row for row in bill.rows if (row.stage, row.item) == ("whole", "total")), None)
    cost = f" and cost their buyer {money(paid.quantity)} ({between(paid.low, paid.high)})" if paid else ""
    title = f"{filled} take{pieces}{cost}, at yields and prices of {bill.day}."
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


def reconcile_report(
    reconciled: Reconciled,
    found: Sequence[Skill] = (),
    expected: Sequence[ExpectationRow] = (),
    past: tuple[Point, ...] = (),
    charts: Callable[[], Mapping[str, Any]] = dict,
) -> Report[Reconciled]:
    """Return a reconciliation: figures against the instance and its plan, why some lie outside, skill, expectations."""
    return Report(
        "reconcile",
        reconciled,
        (*_reconciled(reconciled), *skill_lines(found), *_expected(expected)),
        (
            outcome_table(reconciled.of("input"), "What goes in (inputs), against published figures", "instance"),
            outcome_table(reconciled.of("outcome"), "What comes out (outcomes), against published figures", "plan"),
            _outside(reconciled.rows),
            *skill_tables(found),
            _expectations(expected),
        ),
        frames={
            "outcomes": lambda: reconciled.frame,
            "skill": lambda: frame_of(found),
            "expectations": lambda: expectations_frame(expected),
            "history": lambda: history_frame(past),
        },
        charts=charts,
        data=lambda: {
            "plan": reconciled.plan,
            "outcomes": [_told(row) for row in reconciled.rows],
            "predictions": [plain_of(one) for one in found],
            "expectations": [{**asdict(row), "holds": row.holds} for row in expected],
        },
    )


def _told(row: OutcomeRow) -> dict[str, object]:
    given = asdict(row) | {"inside": row.inside}
    return {key: None if value != value else value for key, value in given.items()}


def _reconciled(reconciled: Reconciled) -> Iterator[str]:
    """Yield how many figures lie inside their ranges, inputs and outcomes apart."""
    inputs, outcomes = reconciled.of("input"), reconciled.of("outcome")
    if inputs:
        yield f"Inputs: {sum(row.inside for row in inputs)} of {len(inputs)} inside their range."
    if outcomes:
        inside = sum(row.inside for row in outcomes)
        yield f"Outcomes of {reconciled.plan}: {inside} of {len(outcomes)} inside their range."
    if reconciled.waiting:
        yield f"The other {reconciled.waiting} figures and expectations of the instance are held against a plan."
    if not reconciled.rows and not reconciled.waiting:
        yield "The instance has no published figures to be held against (section outcomes)."


def _expected(rows: Sequence[ExpectationRow]) -> Iterator[str]:
    """Yield how many expectations hold."""
    if rows:
        told = sum(not row.holds and bool(row.why) for row in rows)
        explained = f"; of the others {told} explained in the instance" if not all(row.holds for row in rows) else ""
        yield f"Expectations: {sum(row.holds for row in rows)} of {len(rows)} hold{explained}."


def _expectations(rows: Sequence[ExpectationRow]) -> Table:
    told: list[tuple[object, ...]] = []
    for row in rows:
        verdict = "holds" if row.holds else "broken"
        told += [(row.name,)] if row.name != row.id else []
        told += [(f"  {row.id}", verdict, f"{row.broken:,} of {row.looked_at:,}", row.worst or "-")]
        told += [(f"  Why: {row.told}",)] if row.told else []
    return Table("What is expected of a plan", ("expectation", "", "cases broken", "what breaks it most"), told, left=4)


def outcome_table(rows: Sequence[OutcomeRow], title: str, has: str) -> Table:
    """Return published figures against what there is, those of one thing counted below each other."""
    things: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        when = row.since if row.since == row.until else f"{row.since} to {row.until}"
        verdict = "" if row.inside else "below" if row.missed < 0 else "above" if row.missed > 0 else "unknown"
        span = f"{amount(row.low)}-{amount(row.high)}"
        told = (f"  {row.id}", when, row.planned, row.published, span, verdict)
        things.setdefault(f"{row.says}{in_unit(row.unit)}", []).append(told)
    held = [line for thing, lines in things.items() for line in ((thing,), *lines)]
    return Table(title, ("figure", "when", has, "published", "range", ""), held, left=2)


def _outside(rows: Sequence[OutcomeRow]) -> Table:
    why = [(row.id, row.since, row.why or "not explained in the instance") for row in rows if not row.inside]
    return Table("What lies outside its range", ("figure", "from", "why"), why, left=3)


def agreement_report(agreement: Agreement, called: Callable[[str], str] = str) -> Report[Agreement]:
    """Return whether published outcomes can all hold at once, what clashes, and what move of data ends it."""
    clashes = [
        (str(n), kind, name)
        for n, clash in enumerate(agreement.clashes, 1)
        for kind, names in (("figure", clash.figures), ("limit", clash.limits))
        for name in names
    ]
    moves = [(called(m.path), m.path, m.unit, m.value, m.to, f"{100 * m.share:.0f} %", m.left) for m in agreement.moves]
    tables = (
        outcome_table(agreement.rows, "The plan that misses least, against published figures", "plan"),
        _outside(agreement.rows),
        Table("What cannot all hold: without any one of a clash the others can", ("clash", "", ""), clashes, left=3),
        Table(
            "A move of data within its ranges with which all hold, one after the other",
            ("number", "its path", "unit", "from", "to", "of the way", "still missed"), moves, left=3,
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
        plan = "a plan with fractions for integers" if agreement.fractions else "a plan"
        return (
            f"T{which[1:]} can hold: {plan} has it."
            if one
            else f"A{which[1:]} can hold at once: {plan} has all of them."
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
    if agreement.clashes:
        yield (
            f"{counted(agreement.asked, 'linear program')} told what clashes: figures and limits that have no price "
            "where least is missed are no part of it and were not tried; each of the others was left out by itself."
        )
    if agreement.clashes and not agreement.ended:
        yield f"Of numbers with a range {agreement.tried} were moved; no move that ends it was found."
    elif agreement.moves:
        yield "The move of data is one that was found; that none is smaller is not proved."
    if not all(clash.whole for clash in agreement.clashes):
        yield "Time was over before every part of a clash was tried: it may hold more than it must."
    if agreement.left_out:
        yield f"Time did not allow: {', '.join(agreement.left_out)}."

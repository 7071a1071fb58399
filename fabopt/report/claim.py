"""Claims about the choke point, and what became of them, in words and a table."""

from __future__ import annotations

from collections.abc import Sequence

from fabopt.analysis.choke.claim import Decided
from fabopt.analysis.frames import frame_of, plain
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, few, in_unit, listed, percent, worth

NAMED = 3
"""Limits of a subject, and numbers behind them, that are named; the records have all."""


def claim_report(
    decided: Sequence[Decided], unit: str, held: str, left_out: Sequence[str] = ()
) -> Report[tuple[Decided, ...]]:
    """Return what became of claims: a sentence each, and what was computed.

    Parameters
    ----------
    decided
        The claims.
    unit
        Unit of the objective.
    held
        What plan the integers were held from.
    left_out
        Sentences about what there was no time for.
    """
    notes = (
        f"Plan: {held}. Relief is 10 % more of every limit of the subject at once, in the periods of the claim, "
        "integers held. Proved: the next unit has a price at every optimal dual, or relief adds more than the gap "
        "leaves open. Refuted: it adds nothing, and in the relaxation no more than the gap. Else undecided.",
        "The smallest change is the largest share of the capacities of the subject, in those periods, at which the "
        "claim is true with the plan's integers held; other data were not moved.",
        *left_out,
    )
    return Report(
        "choke",
        tuple(decided),
        tuple(_sentence(d, unit) for d in decided),
        (_table(decided, unit),),
        notes,
        {"claims": lambda: frame_of([_row(d) for d in decided])},
        data=lambda: {"unit": unit, "claims": plain(tuple(decided))},
    )


def _sentence(d: Decided, unit: str) -> str:
    span = d.first if d.first == d.last else f"{d.first} to {d.last}"
    some = listed(few(d.limits, NAMED))
    text = f"'{d.claim.text}' is {d.verdict}: {d.why}. In {span}, 10 % more of {some} adds {worth(d.gain, unit)}"
    text += f" (the gap leaves {worth(d.doubt, unit)} open)"
    if d.relaxed_gain is not None:
        text += f", in the relaxation {worth(d.relaxed_gain, unit)}"
    if d.rival:
        text += f"; {d.rival} adds {worth(d.rival_gain or 0.0, unit)}"
    return f"{text}.{_change(d)}"


def _change(d: Decided) -> str:
    if d.verdict == "proved":
        return ""
    if not d.searched:
        return " Whether it is true with less of these capacities was not found out in time."
    if d.change is None:
        return " No share of these capacities was found at which it is true."
    text = f" It would be true with {percent(d.change.scale)} of these capacities"
    within = [r for r in d.change.reaches if r.within]
    if not within:
        return f"{text}, which no range of their own numbers reaches."
    some = listed(few([f"{r.lever} at {amount(r.needed)} instead of {amount(r.value)}" for r in within], NAMED))
    reach = "all" if len(within) == len(d.change.reaches) else f"{len(within)} of {len(d.change.reaches)}"
    return f"{text}; {reach} of their own numbers have a range that reaches this: {some}."


def _table(decided: Sequence[Decided], unit: str) -> Table:
    rows = [
        (
            d.claim.text, d.verdict, len(d.limits), d.price, d.gain, d.relaxed_gain, d.rival_gain, d.doubt,
            percent(d.change.scale) if d.change else None if d.searched else "not run",
        )
        for d in decided
    ]  # fmt: skip
    headers = ("claim", "is", "limits", "next 1 %", "+10 %", "relaxation", "best other", "gap", "true at")
    return Table(f"Claims: what relief is worth{in_unit(unit)}", headers, rows, left=2)


def _row(d: Decided) -> dict[str, object]:
    return {
        "claim": d.claim.text,
        "verdict": d.verdict,
        "why": d.why,
        "limits": "; ".join(d.limits),
        "first": d.first,
        "last": d.last,
        "price": d.price,
        "gain": d.gain,
        "relaxed_gain": d.relaxed_gain,
        "doubt": d.doubt,
        "rival": d.rival,
        "rival_gain": d.rival_gain,
        "scale": None if d.change is None else d.change.scale,
        "searched": d.searched,
    }

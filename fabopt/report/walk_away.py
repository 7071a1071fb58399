"""How far each term of what a lab should sign may move before signing is worth nothing to it, in words and a table."""

from __future__ import annotations

from collections.abc import Sequence

from fabopt.analysis.frames import frame_of
from fabopt.analysis.memo.records import Amount, WalkAway
from fabopt.report.memo.people import People, step_of
from fabopt.report.memo.words import all_undone
from fabopt.report.report import Report
from fabopt.report.text import Table, counted

UNITS = {"share": "share", "USD": "USD", "MUSD": "M USD"}


def walk_away_report(name: str, records: tuple[WalkAway, ...], left_out: Sequence[str]) -> Report[tuple[WalkAway, ...]]:
    """Return how far the terms of a lab's signatures may move.

    Parameters
    ----------
    name
        Display name of the lab.
    records
        Of each signature that is proved to be worth it.
    left_out
        What there was no time for.
    """
    names = {one.signature: one.what for one in records}
    said = (
        f"For {name} {counted(len(records), 'signature')} {'is' if len(records) == 1 else 'are'} proved to be worth "
        "it; each term may move so far, alone, before that is worth nothing.",
    )
    notes = [
        "By exposure: what signing is worth over what the term costs for each part that it moves. Signed by: the last "
        "period in which signing is worth more than the tolerance, everything planned again; -: not run.",
        *([f"Time did not allow: {'; '.join(all_undone('en', left_out, names))}."] if left_out else []),
    ]
    frame = {"terms": lambda: frame_of([_row(one) for one in records])}
    return Report("walk-away", records, said, (_table(records),), tuple(notes), frame)


def _table(records: Sequence[WalkAway]) -> Table:
    people = People("en", step_of([one.latest for one in records if one.latest]))

    def shown(amount: Amount | None) -> str:
        return "" if amount is None else people.amount(amount, noun=False)

    rows = tuple(
        (_called(one, people), one.supplier, shown(one.worth), shown(one.price), shown(one.least), shown(one.most),
         shown(one.prepaid), shown(one.cancelled), people.period(one.latest) if one.latest else "-")
        for one in records
    )  # fmt: skip
    head = ("what", "from", "is worth", "price up to", "delivers at least", "take or pay up to", "prepaid up to",
            "cancelled, chance up to", "signed by")  # fmt: skip
    return Table("How far terms may move", head, rows, 2)


def _called(one: WalkAway, people: People) -> str:
    """Return what it is called: one order of several with its date, a contract in force as one."""
    order = f", order of {people.short_period(one.order)}" if one.order else ""
    return f"{one.what}{order}{' (in force)' if one.in_force else ''}"


def _row(one: WalkAway) -> dict[str, object]:
    row: dict[str, object] = {"signature": one.signature, "what": one.what, "supplier": one.supplier}
    for name in ("worth", "due", "price", "least", "most", "prepaid", "cancelled"):
        amount: Amount | None = getattr(one, name)
        row[name] = None if amount is None else amount.value
    unit = one.least.unit_text or one.least.unit
    return {**row, "unit": unit, "latest": one.latest, "order": one.order, "in force": one.in_force}

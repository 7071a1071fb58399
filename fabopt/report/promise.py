"""A promised delivery in words and tables: when, at what cost, displacing whom, and what would bring it nearer."""

from __future__ import annotations

from fabopt.analysis.frames import frame_of
from fabopt.analysis.promise.records import Borne, Displaced, Nearer, Offer, Promise
from fabopt.report.report import Report
from fabopt.report.text import Table, amount

MOST = 10
"""Rows of a table that are shown."""

BASIS = (
    "Beside all that the plan delivers, integers (orders, steps, lots) held as in the plan, everything else planned "
    "again. The cost is what the plan's value falls by, what the accelerators are worth to those who get them counted "
    "in; what parties gain or lose is at list prices. What 10 % more of a limit brings is at the margin, in every "
    "period."
)
"""What the numbers of a promise mean."""


def promise_report(record: Promise) -> Report[Promise]:
    """Return when a quantity can be delivered, what it costs, whom it displaces, and what would bring it nearer."""
    notes = (BASIS, *([f"Time did not allow: {', '.join(record.left_out)}."] if record.left_out else []))
    return Report(
        "promise",
        record,
        (sentence(record),),
        (_offers(record), _displaced(record), _borne(record), _nearer(record)),
        notes,
        {
            "offers": lambda: frame_of(record.offers, Offer),
            "displaced": lambda: frame_of(record.displaced, Displaced),
            "borne": lambda: frame_of(record.borne, Borne),
            "nearer": lambda: frame_of(record.nearer, Nearer),
        },
    )


def sentence(record: Promise) -> str:
    """Return when it can be there, at what cost, and what is known of earlier."""
    to = f" for {record.lab_name}" if record.lab else ""
    what = f"{amount(record.quantity)} more {record.chip_name}{to}"
    if not record.earliest:
        said = f"{what} cannot be there in the reported periods with the orders of the plan"
    else:
        said = f"{what} can be there by the end of {record.earliest}"
        first = record.offers[0] if record.offers else None
        if first is not None and first.period == record.earliest:
            said += f", which costs all together {amount(first.cost)} M USD, {amount(first.each)} USD each"
    if record.impossible:
        said += f"; no plan at all has them by {record.impossible}"
    elif record.before:
        said += "; whether other orders would bring them earlier is open"
    return f"{said}."


def _offers(record: Promise) -> Table:
    rows = tuple(
        (one.period, amount(one.cost), amount(one.each), "-" if one.next_one is None else amount(one.next_one))
        for one in record.offers
    )
    return Table("By when, at what cost", ("by the end of", "cost, M USD", "each, USD", "one more, USD"), rows, 1)


def _displaced(record: Promise) -> Table:
    rows = tuple(
        (
            one.lab,
            one.chip,
            amount(one.now),
            amount(one.then),
            f"{'+' if one.then > one.now else ''}{amount(one.then - one.now)}",
        )
        for one in record.displaced[:MOST]
    )
    title = f"Whose deliveries change, by {record.earliest}, thousand accelerators"
    return Table(title, ("lab", "chip", "plan", "then", "change"), rows, 2)


def _borne(record: Promise) -> Table:
    rows = tuple((one.party, amount(one.gain)) for one in record.borne[:MOST])
    return Table(f"Who gains and loses, by {record.earliest}", ("party", "gain, M USD"), rows, 1)


def _nearer(record: Promise) -> Table:
    rows = tuple(
        (one.limit, one.owner, amount(1e3 * one.brings), f"{amount(100 * one.needed)} %") for one in record.nearer
    )
    could = "" if record.could is None else f" ({amount(1e3 * max(record.could, 0.0))} can be there then)"
    title = f"What would bring it to {record.before}{could}"
    return Table(title, ("limit", "owner", "10 % more brings", "needed"), rows, 2)

"""A lab's portfolio in words and tables: chip mix, why each chip is in or out, suppliers, exposure."""

from __future__ import annotations

from fabopt.analysis.portfolio.records import ChipCase, Entry, Portfolio, Share
from fabopt.domain.names import NO_NAMES, Names
from fabopt.report.answer import MOST_ROWS, mix_table, percent_whole, share_of, thinned
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, few, listed

MOST = 12
"""Rows of a table that are shown."""

KINDS = ("designer", "foundry", "memory-maker", "packager", "region")
"""Kinds of supplier that are shown; companies and capacities stand among the single points of failure."""

MOST_NAMES = 6
"""Suppliers of a kind that are shown."""

BASIS = (
    "Entry prices hold with the plan's integers (orders, steps, lots) held, for a price to {lab} alone in every "
    "reported period. In the system's plan only costs to the whole chain count, and a price is a transfer: a chip "
    "enters when its cost of making is low enough, and a lower price is taken to lower that cost by the same share "
    "(the margin stays) and to free {lab}'s budget where one binds. In the buyers' plan the price itself counts."
)
"""What an entry price means."""


def portfolio_report(record: Portfolio, names: Names = NO_NAMES) -> Report[Portfolio]:
    """Return what a lab's compute stands on: its chips, what would bring others in, its suppliers, their loss."""
    entering = any(case.entry is not None for case in record.chips)
    return Report(
        "portfolio",
        record,
        (sentence(record, names),),
        (
            _mix(record),
            workload_table(record, names),
            bought_table(record),
            entry_table(record),
            kept_out_table(record),
            supplier_table(record),
            point_table(record),
        ),
        (*([BASIS.format(lab=record.name)] if entering else []), *record.notes),
        {
            "chips": lambda: record.chip_frame,
            "mix": lambda: record.mix_frame,
            "exposure": lambda: record.exposure_frame,
            "points": lambda: record.point_frame,
        },
    )


def sentence(record: Portfolio, names: Names = NO_NAMES) -> str:
    """Return what a lab runs on, what would enter next, and on whom it depends most."""
    lab, shares = record.name, _at(record, record.until)
    total = sum(shares.values())
    if total > 0.0:
        first = sorted(shares.items(), key=lambda item: -item[1])
        parts = [f"{percent_whole(n / total)} {_name(record, chip)}" for chip, n in first[:3]]
        rest = sum(n for _, n in first[3:]) / total
        parts += [f"{percent_whole(rest)} others"] if rest > 0.0 else []
        text = f"{lab}'s compute in {record.until} is {listed(parts)}."
    else:
        text = f"{lab} runs no compute in {record.until}."
    text += _next(record)
    most = _largest(record, names)
    return text + (f" {most}" if most else "")


def _next(record: Portfolio) -> str:
    """Say which chip comes in next, and below which price."""
    near = [case for case in record.chips if case.entry is not None]
    for case in near:
        if case.standing == "enters" and case.entry is not None and case.entry.below is not None:
            return (
                f" {case.name} enters if its price falls below {amount(case.entry.below)} USD "
                f"({amount(case.entry.price)} now)."
            )
    if near and near[0].standing == "ties":
        return f" {near[0].name} is worth just what it costs."
    return " No lower price brings another chip in." if record.money else ""


def _largest(record: Portfolio, names: Names = NO_NAMES) -> str:
    designers = {e.supplier for e in record.exposure if e.kind == "designer"}
    now = [e for e in record.exposure if e.period == record.until]
    owners = [e for e in now if e.kind == "owner" and e.supplier not in designers]
    most = max(owners, key=lambda e: e.share, default=None)
    if most is None:
        return ""
    single = any(point.kind == "owner" and point.id == most.supplier for point in record.points)
    tail = ", and nobody else can make its part" if single else ""
    return f"Most hangs on {names[most.supplier]}: {percent_whole(most.share)} of that compute{tail}."


def _name(record: Portfolio, chip: str) -> str:
    return next((case.name for case in record.chips if case.chip == chip), f"{chip} (a contract)")


def _at(record: Portfolio, period: str, workload: str | None = None) -> dict[str, float]:
    """Return compute by chip in a period."""
    amounts: dict[str, float] = {}
    for row in record.mix:
        if row.period == period and workload in (None, row.workload):
            amounts[row.chip] = amounts.get(row.chip, 0.0) + row.kh100e
    return amounts


def _mix(record: Portfolio) -> Table:
    compute: dict[tuple[str, str], float] = {}
    for row in record.mix:
        if row.reported:
            compute[row.chip, row.period] = compute.get((row.chip, row.period), 0.0) + row.kh100e
    return mix_table(compute, _dates(record.mix, record.until))


def _dates(mix: tuple[Share, ...], until: str) -> list[str]:
    """Return the last reported period of each calendar year in which there is compute, thinned to a few."""
    labels = list(dict.fromkeys(row.period for row in mix if row.reported))
    dates = thinned(list({label[:4]: label for label in sorted(labels)}.values()) or [until])
    return dates if until in dates else [*dates, until]


def workload_table(record: Portfolio, names: Names = NO_NAMES) -> Table:
    """Return each chip's share of each workload in the last reported period."""
    workloads = list(dict.fromkeys(row.workload for row in record.mix if row.period == record.until))
    at = {w: _at(record, record.until, w) for w in workloads}
    chips = dict.fromkeys(chip for w in workloads for chip in at[w])
    rows = [(chip, *(share_of(at[w].get(chip, 0.0), sum(at[w].values())) for w in workloads)) for chip in chips]
    return Table(
        f"What runs on what in {record.until}: share of each workload",
        ("chip", *(names[w] for w in workloads)),
        rows,
    )


def bought_table(record: Portfolio) -> Table:
    """Return what is bought, and what the plan loses without it."""
    rows = [
        (c.chip, c.designer, c.bought, c.running, *_loss(record, c)) for c in record.chips if c.standing == "bought"
    ]
    title = f"Bought to {record.until}: thousand accelerators; value lost if {record.name} bought none"
    headers = ("chip", "designer", "bought", "running", "M USD lost", "USD each")
    return Table(title, headers, rows, left=2, most=MOST)


def _loss(record: Portfolio, case: ChipCase) -> tuple[object, object]:
    if case.loss is None:
        return "no plan" if record.money else None, None
    return case.loss, 1000.0 * case.loss / case.bought


def entry_table(record: Portfolio) -> Table:
    """Return what would bring in what is not bought, the nearest first."""
    near = [(case, case.entry) for case in record.chips if case.entry is not None]
    rows = [
        (
            case.chip, entry.period, entry.price, _below(entry), entry.lacks, entry.package, entry.system,
            entry.budget + entry.other, entry.worth,
        )
        for case, entry in near
    ]  # fmt: skip
    headers = ("chip", "first in", "price", "enters below", "lacks", "= package", "+ system", "+ limits", "- worth")
    title = "Not bought: price below which it enters, and the first one's sum at that price; USD per accelerator"
    return Table(title, headers, rows, left=2, most=MOST)


def _below(entry: Entry) -> str:
    return "negative" if entry.below is None else amount(entry.below) + ("" if entry.exact else "*")


def kept_out_table(record: Portfolio) -> Table:
    """Return the chips that no price brings in, by the reason."""
    out = [c for c in record.chips if c.entry is None and c.standing != "bought"]
    rows = [(", ".join(case.name for case in out if case.why == why), why) for why in dict.fromkeys(c.why for c in out)]
    return Table("Not bought whatever they cost" if record.money else "Not bought", ("chips", "why"), rows, left=2)


def supplier_table(record: Portfolio) -> Table:
    """Return the share of compute that depends on each supplier, by kind, at the ends of years."""
    dates = _dates(record.mix, record.until)
    shares = {(e.kind, e.supplier, e.period): e.share for e in record.exposure}
    rows: list[tuple[str, ...]] = []
    for kind in KINDS:
        names = dict.fromkeys(e.supplier for e in record.exposure if e.kind == kind and e.period in dates)
        ordered = sorted(names, key=lambda name: -shares.get((kind, name, record.until), 0.0))
        shown = few(ordered, MOST_NAMES)
        for n, name in enumerate(shown[: len(shown) - (len(shown) < len(ordered))]):
            cells = (percent_whole(shares.get((kind, name, date), 0.0)) for date in dates)
            rows.append(("" if n else kind, name, *cells))
        if len(ordered) > MOST_NAMES:
            rows.append(("", f"... {len(ordered) - MOST_NAMES} more"))
    title = "Share of its compute that each supplier has had a hand in since the decision date"
    return Table(title, ("kind", "supplier", *dates), rows, left=2)


def point_table(record: Portfolio) -> Table:
    """Return the single points of failure, the largest share first."""
    rows = [
        (point.kind, point.name, percent_whole(point.share), ", ".join((*point.chips, *point.demands)))
        for point in record.points
    ]
    title = (
        f"Single points of failure: share of compute in {record.until}, and what nobody could make or serve without it"
    )
    return Table(title, ("kind", "name", "share", "what stops"), rows, left=4, most=MOST_ROWS)

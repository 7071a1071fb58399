"""A lab's portfolio in words and tables: chip mix, why each chip is in or out, suppliers, exposure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.records import plain
from fabopt.analysis.portfolio.records import ChipCase, Entry, Portfolio, Share
from fabopt.report.answer import MOST_DATES, percent_whole, shortened
from fabopt.report.base import Report, with_rows
from fabopt.report.text import TextTable, amount, clip, wrap

if TYPE_CHECKING:
    import pandas as pd

MOST = 12
"""Rows of a table that are shown."""

KINDS = ("designer", "foundry", "memory-maker", "packager", "region")
"""Kinds of supplier that are shown; companies and capacities stand among the single points of failure."""

MOST_NAMES = 6
"""Suppliers of a kind that are shown."""

BASIS = (
    "Entry prices hold with the plan's whole numbers (orders, steps, lots) held, for a price to {lab} alone in every "
    "reported period. In this plan only costs to the whole chain count, and a price is a transfer: a chip enters when "
    "its cost of making is low enough, and a lower price is taken to lower that cost by the same share (the margin "
    "stays) and to free {lab}'s budget where one binds."
)
"""What an entry price means."""


class PortfolioReport(Report):
    """What a lab's compute stands on: ``print`` it, or look at its parts.

    Attributes
    ----------
    record
        The records.
    """

    offers = ".chips .mix .exposure .points .record"

    def __init__(self, record: Portfolio) -> None:
        self.record = record

    @property
    def sentence(self) -> str:
        """The answer in a few words."""
        return sentence(self.record)

    @property
    def chips(self) -> pd.DataFrame:
        """One row a chip of the instance: where it stands, and what would bring it in (USD per accelerator)."""
        return self.record.chip_frame

    @property
    def mix(self) -> pd.DataFrame:
        """Compute by period, workload and chip, thousand H100 equivalents."""
        return self.record.mix_frame

    @property
    def exposure(self) -> pd.DataFrame:
        """Share of the lab's compute that depends on each supplier, by period."""
        return self.record.exposure_frame

    @property
    def points(self) -> pd.DataFrame:
        """Single points of failure."""
        return self.record.point_frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        made = (
            mix_table(self.record),
            workload_table(self.record),
            bought_table(self.record),
            entry_table(self.record),
            supplier_table(self.record),
            point_table(self.record),
        )
        return with_rows(*made)

    def below(self, width: int) -> list[str]:
        """Return which chips are not bought whatever they cost, and what an entry price means."""
        lines: list[str] = []
        kept_out = [c for c in self.record.chips if c.entry is None and c.standing != "bought"]
        if kept_out:
            lines += ["", "Not bought whatever they cost" if self.record.money else "Not bought"]
            for why in dict.fromkeys(case.why for case in kept_out):
                names = ", ".join(clip(case.name, 40) for case in kept_out if case.why == why)
                lines += [f"  {line}" for line in wrap(f"{names}: {why}.", width - 2)]
        if any(case.entry is not None for case in self.record.chips):
            lines += ["", *wrap(BASIS.format(lab=clip(self.record.name, 40)), width)]
        return lines

    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""
        return {**plain(self.record)}


def sentence(record: Portfolio) -> str:
    """Return what a lab runs on, what would enter next, and on whom it depends most."""
    lab, shares = clip(record.name, 40), _at(record, record.until)
    total = sum(shares.values())
    if total > 0.0:
        first = sorted(shares.items(), key=lambda item: -item[1])
        parts = [f"{percent_whole(n / total)} {_name(record, chip)}" for chip, n in first[:3]]
        rest = sum(n for _, n in first[3:]) / total
        parts += [f"{percent_whole(rest)} others"] if rest > 0.0 else []
        text = f"{lab}'s compute in {record.until} is {_and(parts)}."
    else:
        text = f"{lab} runs no compute in {record.until}."
    text += _next(record)
    most = _largest(record)
    return text + (f" {most}" if most else "")


def _next(record: Portfolio) -> str:
    """Say which chip comes in next, and below which price."""
    near = [case for case in record.chips if case.entry is not None]
    for case in near:
        if case.standing == "enters" and case.entry is not None and case.entry.below is not None:
            return (
                f" {clip(case.name, 40)} enters if its price falls below {amount(case.entry.below)} USD "
                f"({amount(case.entry.price)} now)."
            )
    if near and near[0].standing == "ties":
        return f" {clip(near[0].name, 40)} is worth just what it costs."
    return " No lower price brings another chip in." if record.money else ""


def _largest(record: Portfolio) -> str:
    designers = {e.supplier for e in record.exposure if e.kind == "designer"}
    now = [e for e in record.exposure if e.period == record.until]
    owners = [e for e in now if e.kind == "owner" and e.supplier not in designers]
    most = max(owners, key=lambda e: e.share, default=None)
    if most is None:
        return ""
    single = any(point.kind == "owner" and point.id == most.supplier for point in record.points)
    tail = ", and nobody else can make its part" if single else ""
    return f"Most hangs on {clip(most.supplier, 40)}: {percent_whole(most.share)} of that compute{tail}."


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _name(record: Portfolio, chip: str) -> str:
    return next((clip(case.name, 60) for case in record.chips if case.chip == chip), f"{clip(chip, 60)} (a contract)")


def _at(record: Portfolio, period: str, workload: str | None = None) -> dict[str, float]:
    """Return compute by chip in a period."""
    found: dict[str, float] = {}
    for row in record.mix:
        if row.period == period and workload in (None, row.workload):
            found[row.chip] = found.get(row.chip, 0.0) + row.kh100e
    return found


def mix_table(record: Portfolio) -> TextTable:
    """Return each chip's share of the lab's compute at the ends of years."""
    dates = _dates(record.mix, record.until)
    at = {date: _at(record, date) for date in dates}
    rows = []
    for chip in dict.fromkeys(row.chip for row in record.mix if row.reported):
        shares = [_share(at[d].get(chip, 0.0), sum(at[d].values())) for d in dates]
        rows.append((at[record.until].get(chip, 0.0), (chip, *shares, amount(at[record.until].get(chip, 0.0)))))
    ordered = tuple(cells for _, cells in sorted(rows, key=lambda row: -row[0]))
    title = "Chip mix: share of compute; thousand H100 equivalents"
    return TextTable(title, ("chip", *dates, f"kH100e {record.until}"), ordered)


def _dates(mix: tuple[Share, ...], until: str) -> list[str]:
    """Return the last reported period of each calendar year in which there is compute, thinned to a few."""
    labels = list(dict.fromkeys(row.period for row in mix if row.reported))
    dates = list({label[:4]: label for label in sorted(labels)}.values()) or [until]
    while len(dates) > MOST_DATES:
        dates = dates[::-1][::2][::-1]
    return dates if until in dates else [*dates, until]


def _share(part: float, total: float) -> str:
    return percent_whole(part / total) if total > 0.0 else "-"


def workload_table(record: Portfolio) -> TextTable:
    """Return each chip's share of each workload in the last reported period."""
    workloads = list(dict.fromkeys(row.workload for row in record.mix if row.period == record.until))
    at = {w: _at(record, record.until, w) for w in workloads}
    chips = dict.fromkeys(chip for w in workloads for chip in at[w])
    rows = tuple((chip, *(_share(at[w].get(chip, 0.0), sum(at[w].values())) for w in workloads)) for chip in chips)
    return TextTable(f"What runs on what in {record.until}: share of each workload", ("chip", *workloads), rows)


def bought_table(record: Portfolio) -> TextTable:
    """Return what is bought, and what the plan loses without it."""
    rows = [
        (c.chip, c.designer, amount(c.bought), amount(c.running), _loss(record, c), _each(c))
        for c in record.chips
        if c.standing == "bought"
    ]
    return TextTable(
        f"Bought to {record.until}: thousand accelerators; value lost if {clip(record.name, 30)} bought none",
        ("chip", "designer", "bought", "running", "M USD lost", "USD each"),
        tuple(rows[:MOST]),
        left=2,
    )


def _loss(record: Portfolio, case: ChipCase) -> str:
    if case.loss is None:
        return "no plan" if record.money else "-"
    return amount(case.loss)


def _each(case: ChipCase) -> str:
    return "-" if case.loss is None else amount(1000.0 * case.loss / case.bought)


def entry_table(record: Portfolio) -> TextTable:
    """Return what would bring in what is not bought, the nearest first."""
    rows = [
        (case.chip, case.entry.period, amount(case.entry.price), _below(case), *_parts(case.entry))
        for case in record.chips
        if case.entry is not None
    ]
    return TextTable(
        "Not bought: price below which it enters, and the first one's sum at that price; USD per accelerator",
        ("chip", "first in", "price", "enters below", "lacks", "= package", "+ system", "+ limits", "- worth"),
        tuple(rows[:MOST]),
        left=2,
    )


def _below(case: ChipCase) -> str:
    if case.entry is None or case.entry.below is None:
        return "negative"
    return amount(case.entry.below) + ("" if case.entry.exact else "*")


def _parts(entry: Entry) -> tuple[str, ...]:
    numbers = entry.lacks, entry.package, entry.system, entry.budget + entry.other, entry.worth
    return tuple(amount(n) for n in numbers)


def supplier_table(record: Portfolio) -> TextTable:
    """Return the share of compute that depends on each supplier, by kind, at the ends of years."""
    dates = _dates(record.mix, record.until)
    shares = {(e.kind, e.supplier, e.period): e.share for e in record.exposure}
    rows = []
    for kind in KINDS:
        names = dict.fromkeys(e.supplier for e in record.exposure if e.kind == kind and e.period in dates)
        ordered = sorted(names, key=lambda name: -shares.get((kind, name, record.until), 0.0))
        for n, name in enumerate(ordered[:MOST_NAMES]):
            cells = (percent_whole(shares.get((kind, name, date), 0.0)) for date in dates)
            rows.append(("" if n else kind, name, *cells))
        if len(ordered) > MOST_NAMES:
            rows.append(("", f"... {len(ordered) - MOST_NAMES} more", *[""] * len(dates)))
    title = "Share of its compute that each supplier has had a hand in since the decision date"
    return TextTable(title, ("kind", "supplier", *dates), tuple(rows), left=2)


def point_table(record: Portfolio) -> TextTable:
    """Return the single points of failure, the largest share first."""
    rows = [
        (point.kind, point.name, percent_whole(point.share), ", ".join((*point.chips, *point.demands)))
        for point in record.points
    ]
    return TextTable(
        f"Single points of failure: share of compute in {record.until}, and what nobody could make or serve without it",
        ("kind", "name", "share", "what stops"),
        shortened(rows, 4),
        left=4,
    )

"""Answers to questions about a plan, in a sentence and a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.records import plain
from fabopt.analysis.explain.questions import Answer
from fabopt.analysis.explain.records import HELD, MadeFrom, NextUnit, Part, WhyNot, WhyShort
from fabopt.domain.tolerances import CLOSE
from fabopt.model.words import priced
from fabopt.report.answer import MOST_ROWS, percent_whole, shortened
from fabopt.report.base import Report, notes, with_rows
from fabopt.report.portfolio import BASIS
from fabopt.report.text import TextTable, amount, clip, money

if TYPE_CHECKING:
    import pandas as pd

SLIGHT = 0.005
"""A share that is not told."""

PEGGING = (
    "The most is found with the plan's whole numbers (orders, steps, lots) and its deliveries to all others held, "
    "money left aside. A limit's part is its amount, with what orders add to it, times what one more unit would add; "
    "what is held for others, beyond what their own limits allow, takes away from the sum of the parts and leaves the "
    "most. Where several limits bind at once, the split between them is one of several."
)
"""What the parts of the most mean."""

NEXT = (
    "The difference between the plan and the plan with one more unit, whole numbers (orders, steps, lots) held. Values "
    "are those of what is delivered; the plan's gain also counts what changes of the costs of making and running it, "
    "and of what the fleet is worth after the last period."
)
"""What the gains of customers mean."""

MIXING = (
    "The plan is followed back through lead times and stocks: wafers and exposures are those that the parts were made "
    "of, whenever that was. Where several make and several take one material, each taker gets the same mixture."
)
"""What the shares of sources mean."""


class ExplainReport(Report):
    """The answer to one question: ``print`` it, or take its frame.

    Attributes
    ----------
    record
        The record.
    """

    offers = ".frame .record"

    def __init__(self, record: Answer) -> None:
        self.record = record

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if isinstance(self.record, WhyNot):
            return why_not_sentence(self.record)
        if isinstance(self.record, WhyShort):
            return why_short_sentence(self.record)
        return next_sentence(self.record) if isinstance(self.record, NextUnit) else from_sentence(self.record)

    @property
    def frame(self) -> pd.DataFrame:
        """What stands behind the sentence."""
        return self.record.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        made: tuple[TextTable, ...]
        if isinstance(self.record, WhyNot):
            made = (why_not_table(self.record),)
        elif isinstance(self.record, WhyShort):
            made = limit_table(self.record), owner_table(self.record)
        elif isinstance(self.record, NextUnit):
            made = (next_table(self.record),)
        else:
            made = (from_table(self.record),)
        return with_rows(*made)

    @property
    def basis(self) -> str:
        """What the numbers mean."""
        if isinstance(self.record, WhyNot):
            return BASIS.format(lab=clip(self.record.name, 40)) if self.record.case.entry is not None else ""
        if isinstance(self.record, WhyShort):
            return PEGGING
        return NEXT if isinstance(self.record, NextUnit) else MIXING if self.record.origins else ""

    def below(self, width: int) -> list[str]:
        """Return what the numbers mean."""
        return notes([self.basis], width) if self.basis else []

    def records(self) -> Mapping[str, Any]:
        """Return the record as plain data."""
        return {**plain(self.record)}


def why_not_sentence(record: WhyNot) -> str:
    """Say why a lab does not buy a chip, and from which price on it would."""
    case, entry = record.case, record.case.entry
    chip, lab = clip(case.name, 40), clip(record.name, 40)
    if case.standing == "bought":
        return f"{lab} does buy {chip}: {amount(case.bought)} thousand accelerators; {case.why}."
    text = f"{lab} does not buy {chip}: {clip(case.why, 200)}."
    if entry is not None and entry.below is not None and case.standing == "enters":
        text += f" It enters if its price falls below {amount(entry.below)} USD ({amount(entry.price)} now)."
    return text


def why_not_table(record: WhyNot) -> TextTable:
    """Return the sum of the first accelerator at the present price."""
    entry = record.case.entry
    rows: tuple[tuple[str, str], ...] = ()
    if entry is not None:
        rows = (
            ("package: its cost, and what its scarce parts would earn elsewhere", amount(entry.package)),
            ("+ server, network and installation", amount(entry.system)),
            ("+ what its payment displaces in the lab's budget", amount(entry.budget)),
            ("+ what it takes of policies and group limits", amount(entry.other)),
            ("- what it is worth at the lab's site", amount(entry.worth)),
            ("= what the plan loses by it", amount(entry.lacks)),
        )
    return TextTable(
        "" if entry is None else f"The first accelerator, in {entry.period}", ("", "USD per accelerator"), rows
    )


def why_short_sentence(record: WhyShort) -> str:
    """Say what a lab gets, what the most is that could reach it, and what that is due to."""
    lab, unit, small = clip(record.name, 40), record.unit, CLOSE * max(record.wanted, record.delivered)
    got = f"{lab} gets {amount(record.delivered)} of {amount(record.wanted)} {unit} wanted in {record.period}"
    if record.delivered >= record.wanted - small:
        return f"{got}: it is not short."
    if record.most <= small:
        names = _and([clip(part.name, 40) for part in record.limits if part.kind != "demand"][:3])
        return f"{got}: nothing can reach it then{f', for {names} allows nothing' if names else ''}."
    told = [f"{clip(part.name, 60)} ({percent_whole(part.share or 0.0)})" for part in record.due[:3]]
    if record.most > record.delivered + small:
        most = amount(record.most)
        text = f"{got}, though {most} could reach it without taking from others: the plan does better otherwise."
    else:
        text = f"{got}, and no more can reach it without taking from others."
    held = sum(-(part.share or 0.0) for part in record.away if part.kind == "held")
    if held < SLIGHT:
        return f"{text} That most is due to {_and(told)}."
    part = percent_whole(record.most / record.allowed)
    return (
        f"{text} That most is {part} of what the limits allow, which is due to {_and(told)}; "
        f"{percent_whole(held)} of it is {HELD}."
    )


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def limit_table(record: WhyShort) -> TextTable:
    """Return the limits that the most is due to, what takes away, and what is left."""
    title = f"What the limits allow in {record.period}, and what is left of it, {record.unit}"
    heads = ("limit", "owner", "stage", "binds", record.unit, "share")
    return TextTable(title, heads, _adding_up(record, record.due, _limit_cells, 4), left=4)


def owner_table(record: WhyShort) -> TextTable:
    """Return the same by owner and stage."""
    due = _by_owner(record.due)
    return TextTable(
        "By owner and stage",
        ("owner", "stage", "kind", record.unit, "share"),
        _adding_up(record, due, lambda p: (p.owner or "-", p.stage or "-", SAID.get(p.kind, p.kind)), 3),
        left=3,
    )


def _by_owner(parts: Sequence[Part]) -> list[Part]:
    found: dict[tuple[str, str, str], Part] = {}
    for part in parts:
        key = (part.owner, part.stage, part.kind)
        found[key] = replace(part, term=part.term + (found[key].term if key in found else 0.0))
    return sorted(found.values(), key=lambda part: -part.term)


def _limit_cells(part: Part) -> tuple[str, ...]:
    return (part.name, part.owner or "-", part.stage or "-", _span(part))


def _adding_up(
    record: WhyShort, due: Sequence[Part], cells: Callable[[Part], tuple[str, ...]], words: int
) -> tuple[tuple[str, ...], ...]:
    """Return the first rows, the sum of the others, and how the most comes about from all."""

    def row(names: tuple[str, ...], term: float) -> tuple[str, ...]:
        part = term / record.allowed if record.allowed > 0.0 else 0.0
        share = percent_whole(part if abs(part) >= SLIGHT else 0.0) if record.allowed > 0.0 else "-"
        return (*names, *[""] * (words - len(names)), amount(term), share)

    first, rest = due[:MOST_ROWS], due[MOST_ROWS:]
    rows = [row(cells(part), part.term) for part in first]
    if rest:
        rows.append(row((f"... {len(rest)} more",), sum(part.term for part in rest)))
    if not record.away:
        return tuple(rows)
    held = sum(part.term for part in record.away if part.kind == "held")
    other = sum(part.term for part in record.away if part.kind != "held")
    rows.append(row(("all that is allowed",), record.allowed))
    rows += [row(("held for others, net of theirs",), held)] if held else []
    rows += [row(("contracts and rules that take away",), other)] if other else []
    return (*rows, row(("the most",), record.most))


SAID = {"held": "held for others", "there": "stock and arrivals", "demand": "its own demand"}
"""Kinds of terms that are no kinds of limits."""


def _span(part: Part) -> str:
    if not part.periods:
        return "-"
    first, last = part.periods[0], part.periods[-1]
    return first if first == last else f"{first} to {last}"


def next_sentence(record: NextUnit) -> str:
    """Say what one more unit of a limit gains, who gets it, and who gives something up."""
    of, when = (record.family, clip(record.name, 40), record.unit), (record.periods[0], record.periods[-1])
    said = priced(*of, *when, less=record.less)
    unit = said[:1].upper() + said[1:]
    if not record.gains:
        return f"{unit} goes to nobody: the plan has no use for it."
    dollars = record.gain_unit == "M USD"
    total = money(record.gain) if dollars else f"{amount(record.gain)} {record.gain_unit}".rstrip()
    text = f"{unit} gains the plan {total}."
    up = [f"{clip(g.customer, 40)} ({amount(g.value)} M USD more)" for g in record.gains if g.value > 0.0]
    down = [f"{clip(g.customer, 40)} gives up {amount(-g.value)} M USD" for g in record.gains if g.value < 0.0]
    text += f" It goes to {_and(up[:3])}" if up else " Nobody gets more value"
    return f"{text}; {_and(down[:3])}." if down else f"{text}."


def next_table(record: NextUnit) -> TextTable:
    """Return who gets how much."""
    rows = [(g.customer, f"{g.value:+,.4g}", f"{g.amount:+,.4g}", g.unit) for g in record.gains]
    headers = ("customer", "M USD", "delivered", "unit")
    return TextTable("Worth of deliveries, discounted, and their amount, over all periods", headers, shortened(rows, 4))


def from_sentence(record: MadeFrom) -> str:
    """Say what a unit of a chip takes, and from whom most of each comes."""
    chip = clip(record.name, 40)
    if not record.started:
        some = f"; it is in {_and(list(record.periods[:3]))}" if record.periods else ""
        return f"No {chip} is packaged in {record.period}{some}."
    told = []
    for block in dict.fromkeys(row.block for row in record.origins if row.each is not None):
        rows = [row for row in record.origins if row.block == block]
        shares = _and([f"{percent_whole(row.share)} {clip(row.source or 'unnamed', 30)}" for row in rows[:3]])
        told.append(f"{amount(sum(row.each or 0.0 for row in rows))} {block} ({shares})")
    return f"Each {chip} packaged in {record.period} ({amount(record.started)} thousand) takes {_and(told)}."


def from_table(record: MadeFrom) -> TextTable:
    """Return the sources of each part, and of the wafers and exposures behind it."""
    rows = [
        (
            f"  {row.block} for {row.behind}" if row.behind else row.block,
            row.source or "unnamed",
            "-" if row.each is None else amount(row.each),
            percent_whole(row.share),
        )
        for row in record.origins
    ]
    return TextTable(f"From where, {record.period}", ("what", "from", "each takes", "share"), tuple(rows), left=2)

"""Answers to questions about a plan, in a sentence and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fabopt.analysis.explain.questions import Answer
from fabopt.analysis.explain.records import HELD, NextUnit, Part, Pegging, WhyNot, WhyShort
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.tolerances import CLOSE, rounding
from fabopt.domain.unit_words import unit_words, with_unit
from fabopt.model.objective import SAID as TERMS
from fabopt.model.words import priced
from fabopt.report.answer import MOST_ROWS, percent_whole
from fabopt.report.portfolio import BASIS
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, listed, money, signed

SLIGHT = 0.005
"""A share that is not told."""

PEGGING = (
    "The most is found with the plan's integers (orders, steps, lots) and its deliveries to all others held, "
    "money left aside. A limit's part is its amount, with what orders add to it, times what one more unit would add; "
    "what is held for others, beyond what their own limits allow, takes away from the sum of the parts and leaves the "
    "most. Where several limits bind at once, the split between them is one of several."
)
"""What the parts of the most mean."""

NEXT = (
    "The difference between the plan and the plan with one more unit, integers (orders, steps, lots) held. What "
    "customers gain is the worth of their deliveries alone; the plan's own gain counts the other parts of the first "
    "table too."
)
"""What the gains of customers mean."""

MIXING = (
    "The plan is followed back through lead times and stocks: wafers and exposures are those that the parts were made "
    "of, whenever that was. Where several make and several take one material, each taker gets the same mixture."
)
"""What the shares of sources mean."""


def explain_report(record: Answer, names: Names = NO_NAMES) -> Report[Answer]:
    """Return the answer to one question, the numbers behind it, and what they mean."""
    tables: tuple[Table, ...]
    if isinstance(record, WhyNot):
        said, tables = why_not_sentence(record), (why_not_table(record),)
        basis = BASIS.format(lab=record.name) if record.case.entry is not None else ""
    elif isinstance(record, WhyShort):
        said, tables, basis = why_short_sentence(record), (limit_table(record), owner_table(record)), PEGGING
    elif isinstance(record, NextUnit):
        said, tables, basis = next_sentence(record, names), (part_table(record), next_table(record)), NEXT
    else:
        said, tables, basis = from_sentence(record, names), (from_table(record),), MIXING if record.origins else ""
    return Report("explain", record, (said,), tables, (basis,) if basis else (), {"explain": lambda: record.frame})


def why_not_sentence(record: WhyNot) -> str:
    """Say why a lab does not buy a chip, and from which price on it would."""
    case, entry = record.case, record.case.entry
    chip, lab = case.name, record.name
    if case.standing == "bought":
        return f"{lab} does buy {chip}: {amount(case.bought)} thousand accelerators; {case.why}."
    text = f"{lab} does not buy {chip}: {case.why}."
    if entry is not None and entry.below is not None and case.standing == "enters":
        text += f" It enters if its price falls below {amount(entry.below)} USD ({amount(entry.price)} now)."
    return text


def why_not_table(record: WhyNot) -> Table:
    """Return the sum of the first accelerator at the present price."""
    entry = record.case.entry
    if entry is None:
        return Table("", (), ())
    rows = (
        ("package: its cost, and what its scarce parts would earn elsewhere", entry.package),
        ("+ server, network and installation", entry.system),
        ("+ what its payment displaces in the lab's budget", entry.budget),
        ("+ what it takes of policies and group limits", entry.other),
        ("- what it is worth at the lab's site", entry.worth),
        ("= what the plan loses by it", entry.lacks),
    )
    return Table(f"The first accelerator, in {entry.period}", ("", "USD per accelerator"), rows)


def why_short_sentence(record: WhyShort) -> str:
    """Say what a lab gets, what the most is that could reach it, and what that is due to."""
    lab, unit, small = record.name, record.unit, CLOSE * max(record.wanted, record.delivered)
    got = f"{lab} gets {amount(record.delivered)} of {with_unit(amount(record.wanted), unit)} wanted in {record.period}"
    if record.delivered >= record.wanted - small:
        return f"{got}: it is not short."
    if record.most <= small:
        names = listed([part.name for part in record.limits if part.kind != "demand"][:3])
        return f"{got}: nothing can reach it then{f', for {names} allows nothing' if names else ''}."
    told = [f"{part.name} ({percent_whole(part.share or 0.0)})" for part in record.due[:3]]
    if record.most > record.delivered + small:
        most = amount(record.most)
        text = f"{got}, though {most} could reach it without taking from others: the plan does better otherwise."
    else:
        text = f"{got}, and no more can reach it without taking from others."
    held = sum(-(part.share or 0.0) for part in record.away if part.kind == "held")
    if held < SLIGHT:
        return f"{text} That most is due to {listed(told)}."
    part = percent_whole(record.most / record.allowed)
    return (
        f"{text} That most is {part} of what the limits allow, which is due to {listed(told)}; "
        f"{percent_whole(held)} of it is {HELD}."
    )


def limit_table(record: WhyShort) -> Table:
    """Return the limits that the most is due to, what takes away, and what is left."""
    title = f"What the limits allow in {record.period}, and what is left of it"
    heads = ("limit", "owner", "stage", "binds", unit_words(record.unit) or "amount", "share")
    return Table(title, heads, _adding_up(record, record.due, _limit_cells, 4), left=4)


def owner_table(record: WhyShort) -> Table:
    """Return the same by owner and stage."""
    due = _by_owner(record.due)
    return Table(
        "By owner and stage",
        ("owner", "stage", "kind", unit_words(record.unit) or "amount", "share"),
        _adding_up(record, due, lambda p: (p.owner or "-", p.stage or "-", SAID.get(p.kind, p.kind)), 3),
        left=3,
    )


def _by_owner(parts: Sequence[Part]) -> list[Part]:
    by_owner: dict[tuple[str, str, str], Part] = {}
    for part in parts:
        key = (part.owner, part.stage, part.kind)
        by_owner[key] = replace(part, term=part.term + (by_owner[key].term if key in by_owner else 0.0))
    return sorted(by_owner.values(), key=lambda part: -part.term)


def _limit_cells(part: Part) -> tuple[str, ...]:
    return (part.name, part.owner or "-", part.stage or "-", _span(part))


def _adding_up(
    record: WhyShort, due: Sequence[Part], cells: Callable[[Part], tuple[str, ...]], words: int
) -> list[tuple[object, ...]]:
    """Return the first rows, the sum of the others, and how the most comes about from all."""

    def row(names: tuple[str, ...], term: float) -> tuple[object, ...]:
        part = term / record.allowed if record.allowed > 0.0 else 0.0
        share = percent_whole(part if abs(part) >= SLIGHT else 0.0) if record.allowed > 0.0 else None
        return (*names, *[""] * (words - len(names)), term, share)

    most = MOST_ROWS + (len(due) == MOST_ROWS + 1)  # one alone is not told as one more
    first, rest = due[:most], due[most:]
    rows = [row(cells(part), part.term) for part in first]
    if rest:
        rows.append(row((f"... {len(rest)} more",), sum(part.term for part in rest)))
    if not record.away:
        return rows
    held = sum(part.term for part in record.away if part.kind == "held")
    other = sum(part.term for part in record.away if part.kind != "held")
    rows.append(row(("all that is allowed",), record.allowed))
    rows += [row(("held for others, net of theirs",), held)] if held else []
    rows += [row(("contracts and rules that take away",), other)] if other else []
    return [*rows, row(("the most",), record.most)]


SAID = {"held": "held for others", "there": "stock and arrivals", "demand": "its own demand"}
"""Kinds of terms that are no kinds of limits."""


def _span(part: Part) -> str:
    if not part.periods:
        return "-"
    first, last = part.periods[0], part.periods[-1]
    return first if first == last else f"{first} to {last}"


def next_sentence(record: NextUnit, names: Names = NO_NAMES) -> str:
    """Say what one more unit of a limit gains, who gets it, and who gives something up."""
    said = priced(record.family, record.name, record.unit, record.periods[0], record.periods[-1], less=record.less)
    unit = said[:1].upper() + said[1:]
    if not record.gains:
        return f"{unit} goes to nobody: the plan has no use for it."
    dollars = record.gain_unit == "M USD"
    total = money(record.gain) if dollars else with_unit(amount(record.gain), record.gain_unit)
    text = f"{unit} gains the plan {total}."
    up = [f"{names[g.customer]} ({amount(g.value)} M USD more)" for g in record.gains if g.value > 0.0]
    down = [f"{names[g.customer]} gives up {amount(-g.value)} M USD" for g in record.gains if g.value < 0.0]
    text += f" It goes to {listed(up[:3])}" if up else " Nobody gets more value"
    return f"{text}; {listed(down[:3])}." if down else f"{text}."


def part_table(record: NextUnit) -> Table:
    """Return what the gain is made of: its parts add up to it."""
    small = rounding(max((abs(change) for _, change in record.terms), default=0.0))
    parts = sorted(((name, change) for name, change in record.terms if abs(change) > small), key=lambda part: -part[1])
    rows = [(TERMS[name], signed(change)) for name, change in parts]
    title = f"What the gain is made of, discounted{in_unit(record.gain_unit)}"
    return Table(title, ("part", "change"), rows, total=("the plan's gain", signed(sum(c for _, c in record.terms))))


def next_table(record: NextUnit) -> Table:
    """Return who gets how much."""
    rows = [(g.customer, signed(g.value), signed(g.amount), g.unit) for g in record.gains]
    title = "Whose deliveries change: their worth, discounted, and their amount, over all periods"
    return Table(title, ("customer", "M USD", "delivered", "unit"), rows, most=MOST_ROWS)


def from_sentence(record: Pegging, names: Names = NO_NAMES) -> str:
    """Say what a unit of a chip takes, and from whom most of each comes."""
    chip = record.name
    if not record.started:
        some = f"; it is in {listed(list(record.periods[:3]))}" if record.periods else ""
        return f"No {chip} is packaged in {record.period}{some}."
    told = []
    for block in dict.fromkeys(row.block for row in record.origins if row.each is not None):
        rows = [row for row in record.origins if row.block == block]
        shares = listed([f"{percent_whole(row.share)} {names[row.source] or 'unnamed'}" for row in rows[:3]])
        told.append(f"{amount(sum(row.each or 0.0 for row in rows))} {block} ({shares})")
    return f"Each {chip} packaged in {record.period} ({amount(record.started)} thousand) takes {listed(told)}."


def from_table(record: Pegging) -> Table:
    """Return the sources of each part, and of the wafers and exposures behind it."""
    rows = [
        (
            f"  {row.block} for {row.behind}" if row.behind else row.block,
            row.source or "unnamed",
            row.each,
            percent_whole(row.share),
        )
        for row in record.origins
    ]
    return Table(f"From where, {record.period}", ("what", "from", "pieces each takes", "share"), rows, left=2)

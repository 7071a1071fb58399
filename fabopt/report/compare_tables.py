"""The tables of a comparison of plans: one function a table, numbers from its records alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fabopt.analysis.compare.records import Comparison, Gain, Mix, Plan
from fabopt.report.answer import MOST_ROWS, percent_whole, shortened, thinned
from fabopt.report.text import TextTable, amount, percent, proof

MOST_YEARS = 4
"""Year ends that a table shows."""


def plan_table(found: Comparison) -> TextTable:
    """Return the plans: what was solved, its value, and how good it is."""
    rows = []
    for plan in found.plans:
        solved = f"{plan.instance}{f', scenario {plan.scenario}' if plan.scenario else ''}"
        short = "unknown" if plan.short is None else amount(plan.short)
        rows.append((plan.name, solved, proof(plan.status), amount(plan.value), short, percent(plan.gap)))
    unit = f", {found.money}" if found.money else ""
    headers = ("plan", "solved", "status", "value", "may be short by", "gap")
    return TextTable(
        f"Plans: discounted value less cost, and what the best may be worth more{unit}", headers, tuple(rows), left=3
    )


def plan_tables(found: Comparison, plan: Plan, most: int = MOST_ROWS) -> list[TextTable]:
    """Return the tables of one plan against the first, each with so many rows at most."""
    against = f"{plan.name} against {found.plans[0].name}"
    mix = f"Chip mix at {found.dates[-1]}, {against}: share of compute; thousand H100 equivalents"
    return [
        gain_table(found, plan, "running", f"Who gains, {against}: thousand accelerators running", most),
        gain_table(found, plan, "compute", f"Compute, {against}: thousand H100 equivalents", most),
        gain_table(found, plan, "power", f"Facility power in use, {against}: GW", most),
        shipped_table(found, plan, f"Shipments by designer, {against}: thousand accelerators", most),
        gain_table(found, plan, "delivered", f"Delivered since the start, {against}", most),
        mix_table(found, plan, mix, most),
        worth_table(found, plan, "party", f"Value less cost by party, with what others pay it, {against}", most),
        worth_table(found, plan, "term", f"Value and cost by term, {against}", most),
        order_table(found, plan, f"Orders that differ, {against}: units, where they differ", most),
        limit_table(found, plan, f"What binds otherwise, {against}: worth of 1 % more throughout", most),
        input_table(found, plan, f"Inputs that differ, {against}", most),
    ]


def side_tables(found: Comparison, most: int = MOST_ROWS) -> list[TextTable]:
    """Return tables with a column a plan, for three plans or more: two stand side by side in each of the others."""
    if len(found.plans) < 3:
        return []
    unit = f"; discounted {found.money}" if found.money else ""
    terms = [(r.plan, r.term.replace("_", " "), r.base, r.value) for r in found.worth if not r.transfer]
    parties = [(r.plan, r.party or "-", r.base, r.value) for r in found.worth]
    made = []
    for measure, says in (("running", "Thousand accelerators running"), ("delivered", "Delivered since the start")):
        rows = [(r.plan, r.name, r.base, r.value) for p in found.plans for r in at_end(found, p, measure)]
        made.append(_side_by_side(found, f"{says} by {found.dates[-1]}", rows, measure == "running", most))
    made.append(_side_by_side(found, f"Value less cost by party, with what others pay it{unit}", parties, True, most))
    made.append(_side_by_side(found, f"Value and cost by term{unit}", terms, True, most))
    return made


def _side_by_side(
    found: Comparison, title: str, rows: Sequence[tuple[str, str, float, float]], adds_up: bool, most: int
) -> TextTable:
    """Return sums by name in each plan, from rows of other plan, name, amount in the first plan and in the other."""
    names = [plan.name for plan in found.plans]
    sums: dict[str, dict[str, float]] = {}
    for plan, name, base, value in rows:
        own = sums.setdefault(name, dict.fromkeys(names, 0.0))
        own[plan] += value
        own[names[0]] += base if plan == names[1] else 0.0
    ordered = sorted(sums.items(), key=lambda item: -max(abs(value) for value in item[1].values()))
    cells = [(name, *(amount(value) for value in own.values())) for name, own in ordered]
    last = ("all", *(amount(sum(own[name] for own in sums.values())) for name in names))
    kept = shortened(cells, len(last), most)
    return TextTable(title, ("", *(_short(name) for name in names)), (*kept, last) if adds_up and cells else kept)


def at_end(found: Comparison, plan: Plan, measure: str) -> list[Gain]:
    """Return what everybody has at the last year end."""
    return [row for row in found.gains if (row.plan, row.measure, row.period) == (plan.name, measure, found.dates[-1])]


def years(found: Comparison) -> list[str]:
    """Return the year ends that a table shows, the last one included."""
    return thinned(found.dates)[-MOST_YEARS:]


def gain_table(found: Comparison, plan: Plan, measure: str, title: str, most: int) -> TextTable:
    """Return the changes of a measure at the ends of years, and what stands behind the last."""
    return _over_years(found, plan, measure, title, {date: date for date in years(found)}, "by", most)


def shipped_table(found: Comparison, plan: Plan, title: str, most: int) -> TextTable:
    """Return the changes of what designers ship in each calendar year."""
    ends: dict[str, str] = {}
    waiting: list[str] = []
    for period in found.periods:
        waiting.append(period)
        if period in found.dates:
            ends.update(dict.fromkeys(waiting, period))
            waiting = []
    kept = {period: date for period, date in ends.items() if date in years(found)}
    return _over_years(found, plan, "shipped", title, kept, "year to", most)


Pair = tuple[float, float]
"""What the first plan has, and what the other."""


def _over_years(
    found: Comparison, plan: Plan, measure: str, title: str, ends: Mapping[str, str], says: str, most: int
) -> TextTable:
    """Return a measure added up over the periods that belong to each year end, by who has it."""
    people: dict[str, dict[str, Pair]] = {}
    for row in found.gains:
        if (row.plan, row.measure) == (plan.name, measure) and row.period in ends:
            own, date = people.setdefault(row.name, {}), ends[row.period]
            base, value = own.get(date, (0.0, 0.0))
            own[date] = (base + row.base, value + row.value)
    dates = list(dict.fromkeys(ends.values()))
    pairs = {who: [own.get(date, (0.0, 0.0)) for date in dates] for who, own in people.items()}
    adds_up = measure != "delivered"  # demands count in different units
    shown = [who for who, own in pairs.items() if any(a != b if not adds_up else a or b for a, b in own)]
    ordered = sorted(shown, key=lambda who: pairs[who][-1][0] - pairs[who][-1][1])
    cells = _middle_left_out([_cells(who, pairs[who]) for who in ordered], most + most // 2)
    if adds_up and len(cells) > 1:
        sums = [(sum(p[n][0] for p in pairs.values()), sum(p[n][1] for p in pairs.values())) for n in range(len(dates))]
        cells.append(_cells("all", sums))
    headers = ("", *(f"{says} {date}" for date in dates), _short(found.plans[0].name), _short(plan.name), "change")
    return TextTable(title, headers, tuple(cells))


def _cells(who: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    base, value = pairs[-1]
    return (who, *(signed(b - a) for a, b in pairs), amount(base), amount(value), _percent(base, value))


def _middle_left_out(rows: Sequence[tuple[str, ...]], most: int) -> list[tuple[str, ...]]:
    """Return those that gain most and those that lose most."""
    if len(rows) <= most:
        return list(rows)
    width = len(rows[0]) - 1
    half = most // 2
    return [*rows[:half], (f"... {len(rows) - 2 * half} between", *[""] * width), *rows[-half:]]


def mix_table(found: Comparison, plan: Plan, title: str, most: int) -> TextTable:
    """Return each chip's share of all compute at the last year end in both plans."""
    rows = [row for row in found.chip_mix if (row.plan, row.period) == (plan.name, found.dates[-1])]
    totals = (sum(row.base for row in rows), sum(row.value for row in rows))
    chips: dict[tuple[str, str], list[Mix]] = {}
    for row in rows:
        chips.setdefault((row.chip, row.designer), []).append(row)
    made: list[tuple[float, tuple[str, ...]]] = []
    for (chip, designer), own in chips.items():
        sums = (sum(row.base for row in own), sum(row.value for row in own))
        shares = [percent_whole(n / total) if total > 0.0 else "-" for n, total in zip(sums, totals, strict=True)]
        made.append(
            (abs(sums[1] - sums[0]), (chip, designer, *shares, *(amount(n) for n in sums), signed(sums[1] - sums[0])))
        )
    ordered = [cells for _, cells in sorted(made, key=lambda row: -row[0])]
    one, two = _short(found.plans[0].name), _short(plan.name)
    headers = ("chip", "designer", one, two, f"kH100e {one}", f"kH100e {two}", "change")
    return TextTable(title, headers, shortened(ordered, len(headers), most), left=2)


def worth_table(found: Comparison, plan: Plan, by: str, title: str, most: int) -> TextTable:
    """Return what each party gets with what it is paid and pays, or each term comes to; both add up to the values."""
    sums: dict[str, tuple[float, float]] = {}
    for row in found.worth:
        if row.plan == plan.name and not (row.transfer and by == "term"):
            key = (row.party or "-") if by == "party" else row.term.replace("_", " ")
            before = sums.get(key, (0.0, 0.0))
            sums[key] = (before[0] + row.base, before[1] + row.value)
    ordered = sorted(sums.items(), key=lambda item: -abs(item[1][1] - item[1][0]))
    cells = [(key, amount(a), amount(b), signed(b - a)) for key, (a, b) in ordered]
    total = (sum(a for a, _ in sums.values()), sum(b for _, b in sums.values()))
    headers = (by, _short(found.plans[0].name), _short(plan.name), "change")
    last = ("all", amount(total[0]), amount(total[1]), signed(total[1] - total[0]))
    unit = f"; discounted {found.money}" if found.money else ""
    return TextTable(title + unit, headers, (*shortened(cells, len(headers), most), last) if cells else ())


def order_table(found: Comparison, plan: Plan, title: str, most: int) -> TextTable:
    """Return the orders that differ, those first whose cost changes most."""
    sums: dict[str, list[Any]] = {}
    for row in found.orders:
        if row.plan == plan.name:
            own = sums.setdefault(row.id, [row, 0.0, 0.0, 0.0, [], []])
            own[1], own[2], own[3] = own[1] + row.base, own[2] + row.value, own[3] + abs(row.cost_change)
            own[4] += [row.period] if row.base else []
            own[5] += [row.period] if row.value else []
    ordered = sorted(sums.values(), key=lambda own: -own[3])
    cells = [
        (row.name, row.owner or "-", row.unit or "-", amount(a), amount(b), _span(when_a), _span(when_b))
        for row, a, b, _, when_a, when_b in ordered
    ]
    one, two = _short(found.plans[0].name), _short(plan.name)
    headers = ("order", "owner", "unit", one, two, f"when {one}", f"when {two}")
    return TextTable(title, headers, shortened(cells, len(headers), most), left=3)


def _span(periods: Iterable[str]) -> str:
    """Return the first and the last of the periods in which orders differ."""
    there = list(periods)
    return "-" if not there else there[0] if len(there) == 1 else f"{min(there)}..{max(there)}"


def limit_table(found: Comparison, plan: Plan, title: str, most: int) -> TextTable:
    """Return the limits whose worth changes most, and in which plan each binds."""
    changed = (row for row in found.limits if row.plan == plan.name and (row.binds != "both" or row.change))
    rows = sorted(changed, key=lambda row: -abs(row.change))
    one, two = _short(found.plans[0].name), _short(plan.name)
    cells = [
        (row.name, row.owner or "-", row.kind, row.binds, amount(row.base), amount(row.value), signed(row.change))
        for row in rows
    ]
    headers = ("limit", "owner", "kind", "binds", one, two, "change")
    unit = f", {found.money}" if found.money else ""
    return TextTable(title + unit, headers, shortened(cells, len(headers), most), left=4)


def choke_table(found: Comparison) -> TextTable:
    """Return what holds each plan back most, over spans of periods in which no plan's choke point changes."""
    by_plan = {
        plan.name: {row.period: row for row in found.choke_points if row.plan == plan.name} for plan in found.plans
    }
    spans: list[list[str]] = []
    for period in found.periods:
        names = [rows[period].name for rows in by_plan.values()]
        if spans and names == [rows[spans[-1][0]].name for rows in by_plan.values()]:
            spans[-1].append(period)
        else:
            spans.append([period])
    rows = [
        (
            _span((own[0], own[-1]) if len(own) > 1 else own),
            *(f"{rows[own[0]].name or 'nothing'}{_of(rows[own[0]].owner)}" for rows in by_plan.values()),
        )
        for own in spans
    ]
    return TextTable(
        "Choke points: the limit of which 1 % more is worth most in a period, and whose it is",
        ("periods", *by_plan),
        tuple(rows),
        left=1 + len(by_plan),
    )


def _of(owner: str) -> str:
    return f" ({owner})" if owner else ""


def input_table(found: Comparison, plan: Plan, title: str, most: int) -> TextTable:
    """Return the inputs that differ, with what each is worth to the first plan."""
    one, two = _short(found.plans[0].name), _short(plan.name)
    cells = [
        (
            row.path,
            "-" if row.base is None else row.base,
            ("-" if row.value is None else row.value) + _times(row.factor),
            *("-" if worth is None else signed(worth) for worth in (row.at_prices, row.held)),
        )
        for row in found.inputs
        if row.plan == plan.name
    ]
    unit = f", {found.money}" if found.money else ""
    heads = ("lever", one, two, "at prices", "solved")
    return TextTable(f"{title}: what each alone is worth{unit}", heads, shortened(cells, len(heads), most), left=3)


def _times(factor: float | None) -> str:
    return "" if factor is None else f" (x {factor:.4g})"


def _percent(base: float, value: float) -> str:
    if base == 0.0:
        return "new" if value else "-"
    return f"{signed(100.0 * (value - base) / abs(base))} %"


def signed(value: float) -> str:
    """Write a change with its sign; what rounds to nothing is 0."""
    text = amount(abs(value))
    return "0" if abs(value) < 0.005 else f"{'+' if value > 0.0 else '-'}{text}"


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"

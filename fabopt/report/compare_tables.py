"""The tables of a comparison of plans: one function a table, numbers from its records alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fabopt.analysis.compare.records import Comparison, Gain, Plan
from fabopt.domain.names import NO_NAMES, Names
from fabopt.model.objective import SAID
from fabopt.report.answer import MOST_ROWS, percent_whole, thinned
from fabopt.report.text import Table, amount, in_unit, percent, proof

MOST_YEARS = 4
"""Year ends that a table shows."""


def plan_table(comparison: Comparison) -> Table:
    """Return the plans: what was solved, its value, and how good it is."""
    rows = [
        (
            plan.name,
            f"{plan.instance}{f', scenario {plan.scenario}' if plan.scenario else ''}",
            proof(plan.status),
            plan.value,
            "unknown" if plan.short is None else plan.short,
            percent(plan.gap),
        )
        for plan in comparison.plans
    ]
    headers = ("plan", "solved", "status", "value", "may be short by", "gap")
    title = "Plans: discounted value less cost, and what the best may be worth more"
    return Table(title + in_unit(comparison.money), headers, rows, left=3)


def plan_tables(comparison: Comparison, plan: Plan, called: Callable[[str], str] = str) -> list[Table]:
    """Return the tables of one plan against the first."""
    against = f"{plan.name} against {comparison.plans[0].name}"
    mix = f"Chip mix at {comparison.dates[-1]}, {against}: share of compute; thousand H100 equivalents"
    dates = {date: date for date in years(comparison)}
    return [
        _over_years(comparison, plan, "running", f"Who gains, {against}: thousand accelerators running", dates),
        _over_years(comparison, plan, "compute", f"Compute, {against}: thousand H100 equivalents", dates),
        _over_years(comparison, plan, "power", f"Facility power in use, {against}: GW", dates),
        shipped_table(comparison, plan, f"Shipments by designer, {against}: thousand accelerators"),
        _over_years(comparison, plan, "delivered", f"Delivered since the start, {against}", dates),
        mix_table(comparison, plan, mix),
        worth_table(comparison, plan, "party", f"Value less cost by party, with what others pay it, {against}"),
        worth_table(comparison, plan, "term", f"Value and cost by term, {against}"),
        order_table(comparison, plan, f"Orders that differ, {against}: units, where they differ"),
        limit_table(comparison, plan, f"What binds otherwise, {against}: worth of 1 % more throughout"),
        input_table(comparison, plan, f"Inputs that differ, {against}: what each alone is worth", called),
        move_table(comparison, plan, f"What moves the orders, {against}: each input alone", called),
    ]


def side_tables(comparison: Comparison) -> list[Table]:
    """Return tables with a column a plan, for three plans or more: two stand side by side in each of the others."""
    if len(comparison.plans) < 3:
        return []
    unit = f"; discounted {comparison.money}" if comparison.money else ""
    terms = [
        (r.plan, SAID.get(r.term, r.term.replace("_", " ")), r.base, r.value)
        for r in comparison.worth
        if not r.transfer
    ]
    parties = [(r.plan, r.party or "-", r.base, r.value) for r in comparison.worth]
    made = []
    for measure, says in (("running", "Thousand accelerators running"), ("delivered", "Delivered since the start")):
        rows = [(r.plan, r.name, r.base, r.value) for p in comparison.plans for r in at_end(comparison, p, measure)]
        made.append(
            _side_by_side(
                comparison, f"{says} by {comparison.dates[-1]}", rows, measure == "running", WHO.get(measure, "lab")
            )
        )
    made.append(
        _side_by_side(comparison, f"Value less cost by party, with what others pay it{unit}", parties, True, "party")
    )
    made.append(_side_by_side(comparison, f"Value and cost by term{unit}", terms, True, "term"))
    return made


def _term(name: str) -> str:
    return SAID.get(name, name.replace("_", " "))


def _side_by_side(
    comparison: Comparison, title: str, rows: Sequence[tuple[str, str, float, float]], adds_up: bool, who: str
) -> Table:
    """Return sums by name in each plan, from rows of other plan, name, amount in the first plan and in the other."""
    names = [plan.name for plan in comparison.plans]
    sums: dict[str, dict[str, float]] = {}
    for plan, name, base, value in rows:
        own = sums.setdefault(name, dict.fromkeys(names, 0.0))
        own[plan] += value
        own[names[0]] += base if plan == names[1] else 0.0
    ordered = sorted(sums.items(), key=lambda item: -max(abs(value) for value in item[1].values()))
    cells = [(name, *own.values()) for name, own in ordered]
    total = ("all", *(sum(own[name] for own in sums.values()) for name in names)) if adds_up else ()
    return Table(title, (who, *names), cells, most=MOST_ROWS, total=total)


def at_end(comparison: Comparison, plan: Plan, measure: str) -> list[Gain]:
    """Return what everybody has at the last year end."""
    return [
        row
        for row in comparison.gains
        if (row.plan, row.measure, row.period) == (plan.name, measure, comparison.dates[-1])
    ]


def years(comparison: Comparison) -> list[str]:
    """Return the year ends that a table shows, the last one included."""
    return thinned(comparison.dates)[-MOST_YEARS:]


def shipped_table(comparison: Comparison, plan: Plan, title: str) -> Table:
    """Return the changes of what designers ship in each calendar year."""
    ends: dict[str, str] = {}
    waiting: list[str] = []
    for period in comparison.periods:
        waiting.append(period)
        if period in comparison.dates:
            ends.update(dict.fromkeys(waiting, period))
            waiting = []
    kept = {period: date for period, date in ends.items() if date in years(comparison)}
    return _over_years(comparison, plan, "shipped", title, kept, "year to")


WHO: Mapping[str, str] = {"shipped": "designer", "delivered": "demand"}
"""Who has a measure; of others a lab."""

Pair = tuple[float, float]
"""What the first plan has, and what the other."""


def _over_years(
    comparison: Comparison, plan: Plan, measure: str, title: str, ends: Mapping[str, str], says: str = "by"
) -> Table:
    """Return a measure added up over the periods that belong to each year end, by who has it."""
    people: dict[str, dict[str, Pair]] = {}
    for row in comparison.gains:
        if (row.plan, row.measure) == (plan.name, measure) and row.period in ends:
            who = row.name + in_unit(row.unit) if measure == "delivered" else row.name
            own, date = people.setdefault(who, {}), ends[row.period]
            base, value = own.get(date, (0.0, 0.0))
            own[date] = (base + row.base, value + row.value)
    dates = list(dict.fromkeys(ends.values()))
    pairs = {who: [own.get(date, (0.0, 0.0)) for date in dates] for who, own in people.items()}
    adds_up = measure != "delivered"  # demands count in different units
    shown = [who for who, own in pairs.items() if any(a != b if not adds_up else a or b for a, b in own)]
    ordered = sorted(shown, key=lambda who: pairs[who][-1][0] - pairs[who][-1][1])
    sums = [(sum(p[n][0] for p in pairs.values()), sum(p[n][1] for p in pairs.values())) for n in range(len(dates))]
    return Table(
        title,
        (WHO.get(measure, "lab"), *(f"{says} {date}" for date in dates), comparison.plans[0].name, plan.name, "change"),
        [_cells(who, pairs[who]) for who in ordered],
        most=MOST_ROWS + MOST_ROWS // 2,
        ends=True,
        total=_cells("all", sums) if adds_up and len(ordered) > 1 else (),
    )


def _cells(who: str, pairs: Sequence[Pair]) -> tuple[object, ...]:
    base, value = pairs[-1]
    return (who, *(signed(b - a) for a, b in pairs), base, value, _percent(base, value))


def mix_table(comparison: Comparison, plan: Plan, title: str) -> Table:
    """Return each chip's share of all compute at the last year end in both plans."""
    sums: dict[tuple[str, str], Pair] = {}
    for row in comparison.chip_mix:
        if (row.plan, row.period) == (plan.name, comparison.dates[-1]):
            a, b = sums.get((row.chip, row.designer), (0.0, 0.0))
            sums[row.chip, row.designer] = a + row.base, b + row.value
    totals = [sum(pair[n] for pair in sums.values()) for n in (0, 1)]
    rows = [
        (
            chip, designer,
            *(percent_whole(n / total) if total > 0.0 else None for n, total in zip((a, b), totals, strict=True)),
            a, b, signed(b - a),
        )
        for (chip, designer), (a, b) in sorted(sums.items(), key=_by_change)
    ]  # fmt: skip
    one, two = comparison.plans[0].name, plan.name
    headers = ("chip", "designer", one, two, f"thousand H100e {one}", f"thousand H100e {two}", "change")
    return Table(title, headers, rows, left=2, most=MOST_ROWS)


def _by_change(item: tuple[Any, Pair]) -> float:
    return -abs(item[1][1] - item[1][0])


def worth_table(comparison: Comparison, plan: Plan, by: str, title: str) -> Table:
    """Return what each party gets with what it is paid and pays, or each term comes to; both add up to the values."""
    sums: dict[str, Pair] = {}
    for row in comparison.worth:
        if row.plan == plan.name and not (row.transfer and by == "term"):
            key = (row.party or "-") if by == "party" else _term(row.term)
            before = sums.get(key, (0.0, 0.0))
            sums[key] = (before[0] + row.base, before[1] + row.value)
    rows = [(key, a, b, signed(b - a)) for key, (a, b) in sorted(sums.items(), key=_by_change)]
    first, other = (sum(pair[n] for pair in sums.values()) for n in (0, 1))
    unit = f"; discounted {comparison.money}" if comparison.money else ""
    headers = (by, comparison.plans[0].name, plan.name, "change")
    return Table(title + unit, headers, rows, most=MOST_ROWS, total=("all", first, other, signed(other - first)))


def order_table(comparison: Comparison, plan: Plan, title: str) -> Table:
    """Return the orders that differ, those first whose cost changes most."""
    sums: dict[str, list[Any]] = {}
    for row in comparison.orders:
        if row.plan == plan.name:
            own = sums.setdefault(row.id, [row, 0.0, 0.0, 0.0, [], []])
            own[1], own[2], own[3] = own[1] + row.base, own[2] + row.value, own[3] + abs(row.cost_change)
            own[4] += [row.period] if row.base else []
            own[5] += [row.period] if row.value else []
    rows = [
        (row.name, row.owner or None, row.unit or None, a, b, _span(when_a), _span(when_b))
        for row, a, b, _, when_a, when_b in sorted(sums.values(), key=lambda own: -own[3])
    ]
    one, two = comparison.plans[0].name, plan.name
    headers = ("order", "owner", "unit", one, two, f"when {one}", f"when {two}")
    return Table(title, headers, rows, left=3, most=MOST_ROWS)


def _span(periods: Iterable[str]) -> str | None:
    """Return the first and the last of the periods in which orders differ."""
    there = list(periods)
    return None if not there else there[0] if len(there) == 1 else f"{min(there)}..{max(there)}"


def limit_table(comparison: Comparison, plan: Plan, title: str) -> Table:
    """Return the limits whose worth changes most, and in which plan each binds."""
    changed = (row for row in comparison.limits if row.plan == plan.name and (row.binds != "both" or row.change))
    rows = [
        (row.name, row.owner or None, row.kind, row.binds, row.base, row.value, signed(row.change))
        for row in sorted(changed, key=lambda row: -abs(row.change))
    ]
    headers = ("limit", "owner", "kind", "binds", comparison.plans[0].name, plan.name, "change")
    return Table(title + in_unit(comparison.money), headers, rows, left=4, most=MOST_ROWS)


def choke_table(comparison: Comparison, names: Names = NO_NAMES) -> Table:
    """Return what holds each plan back most, over spans of periods in which no plan's choke point changes."""
    by_plan = {
        plan.name: {row.period: row for row in comparison.choke_points if row.plan == plan.name}
        for plan in comparison.plans
    }
    spans: list[list[str]] = []
    for period in comparison.periods:
        here = [rows[period].name for rows in by_plan.values()]
        if spans and here == [rows[spans[-1][0]].name for rows in by_plan.values()]:
            spans[-1].append(period)
        else:
            spans.append([period])
    rows = [
        (
            _span((own[0], own[-1]) if len(own) > 1 else own),
            *(f"{rows[own[0]].name or 'nothing'}{_of(names[rows[own[0]].owner])}" for rows in by_plan.values()),
        )
        for own in spans
    ]
    return Table(
        "Choke points: the limit of which 1 % more is worth most in a period, and whose it is",
        ("periods", *by_plan),
        rows,
        left=1 + len(by_plan),
    )


def _of(owner: str) -> str:
    return f" ({owner})" if owner else ""


def input_table(comparison: Comparison, plan: Plan, title: str, called: Callable[[str], str]) -> Table:
    """Return the inputs that differ, with what each is worth to the first plan."""
    rows = [
        (
            called(row.path),
            row.path,
            row.base,
            ("-" if row.value is None else row.value) + _times(row.factor),
            *(None if worth is None else signed(worth) for worth in (row.at_prices, row.held)),
        )
        for row in comparison.inputs
        if row.plan == plan.name
    ]
    heads = ("input", "its path", comparison.plans[0].name, plan.name, "at prices", "solved")
    return Table(title + in_unit(comparison.money), heads, rows, left=4, most=MOST_ROWS)


def move_table(comparison: Comparison, plan: Plan, title: str, called: Callable[[str], str]) -> Table:
    """Return which orders the inputs that differ move."""
    rows = [
        (
            called(row.path),
            row.orders,
            row.moved,
            None if row.share is None else percent(row.share),
            row.first or row.reason,
        )
        for row in comparison.moves
        if row.plan == plan.name
    ]  # fmt: skip
    heads = ("input", "orders", "moved", "of the difference", "dearest")
    return Table(title + in_unit(comparison.money), heads, rows, left=1, most=MOST_ROWS)


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

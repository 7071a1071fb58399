"""The answer of a plan: one sentence, then what reaches whom by when, the chip mix, and what holds it back most.

Everything is read from the tables of a result, so that the same words come from a fresh solve and from a folder that
was loaded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from fabopt.analysis.frames import frame_of
from fabopt.analysis.headlines import Headlines, headlines
from fabopt.analysis.plan_tables import (
    Holding,
    accelerators,
    every_period,
    free_obligations,
    holding,
    last_of_years,
    obligations,
    reported,
    unranked,
)
from fabopt.domain.goals import NOTHING
from fabopt.domain.names import display_names
from fabopt.domain.tolerances import EXACT, OTHERS, rounding, same
from fabopt.domain.unit_words import with_unit
from fabopt.report.decided import decided
from fabopt.report.headlines import headline_data, headline_sentence, headline_tables
from fabopt.report.named import named
from fabopt.report.perspective import buyers_sentence, gains, in_whose_money, ledger, seen_sentence, whose
from fabopt.report.report import Report
from fabopt.report.text import (
    Table,
    amount,
    counted,
    digits,
    few,
    in_unit,
    listed,
    money,
    per_unit,
    percent,
    seconds,
    thousands,
    worth,
)
from fabopt.solve.options import BUYERS, SYSTEM
from fabopt.solve.results.folder import Read
from fabopt.solve.results.ranked import Ranked

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.plan import Plan

MOST_ROWS = 8
MOST_DATES = 6
MOST_NAMED = 3

STATUS_SAYS = {
    "optimal": "proved best",
    "within_gap": "proved within the gap asked for",
    "wider_gap": "best found; not proved within the gap asked for",
    "time_limit": "best found when time was up",
    "interrupted": "best found when interrupted",
}


def answer(plan: Plan) -> Report[Plan]:
    """Return what a plan says: who runs how much by when, the chip mix, what holds it back, and how good it is.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the run has no plan.
    """
    run, read = plan.run, plan.table
    periods, names = read("core/periods"), display_names(plan.data)
    dates = year_ends(periods)
    found = headlines(plan)
    tables: list[Table] = []
    if len(reported(read("domain/fleet"))):
        sentence = _chain_sentence(plan, found)
        tables += [_reach(read, dates), _mix(read, dates)]
    else:
        sentence = _plain_sentence(plan, found)
        tables += [_deliveries(read, dates), *decided(plan, dates)]
    tables += [*headline_tables(found, plan.run.money_unit, names), _contracts(plan)]
    if run.given is not None:
        sentence = f"{seen_sentence(plan)} {sentence}"
        tables.insert(0, gains(plan, MOST_ROWS))
    if plan.perspective == BUYERS:
        tables.append(ledger(plan, MOST_ROWS))
    tables += [_holds_back(plan), _obliges(plan)]
    if run.reached and run.options.target is not None:
        target = thousands(run.options.target)
        sentence = f"The target of {target} H100 equivalents is reached in {run.reached}. {sentence}"
    report = Report(
        "solve",
        plan,
        (sentence,),
        tuple(tables),
        closing_lines(plan),
        {"use": lambda: frame_of(found.use), "stood": lambda: frame_of(found.stood)},
        data=lambda: {"headlines": headline_data(found)},
    )
    return named(in_whose_money(report, plan.perspective), names)


def year_ends(periods: pd.DataFrame) -> list[str]:
    """Return the labels of the last reported period of each calendar year, thinned to a few that fit a line."""
    return thinned(last_of_years(periods))


def thinned(labels: Sequence[str]) -> list[str]:
    """Return labels of which as many are left out as it takes to fit a line; the last one is kept."""
    last = list(labels)
    while len(last) > MOST_DATES:
        last = last[::-1][::2][::-1]  # every other one, the final one kept
    return last


def closing_lines(plan: Plan) -> tuple[str, ...]:
    """Return the last lines: objective, bound, gap, time, and how good the plan is known to be."""
    run, unit = plan.run, plan.unit
    seen = "" if plan.perspective == SYSTEM else f" for {whose(plan.perspective, display_names(plan.data))}"
    whole = "" if not run.options.relaxed else " of the LP relaxation"
    parts = [f"objective {run.objective_name}{seen}{whole} {_in_unit(plan.objective, unit)}"]
    if run.bound is not None:
        parts.append(f"bound {_in_unit(run.bound, unit)}")
    parts.append(f"gap {_gap(plan)}")
    size = run.size
    counts = f"{size.columns:,} columns ({counted(size.integers, 'integer')}), {size.rows:,} rows"
    told = (", ".join(parts), *_beside(plan), *_premiums(plan), *_in_order(plan), *_left_out(plan), *_open(plan))
    told = (*told, *_dropped(plan), *_earning(plan))
    if run.options.relaxed:
        told = (*told, "LP relaxation: integers are dropped, so the plan may take parts of what comes whole")
    return (*told, f"{STATUS_SAYS.get(run.status, run.status)}, {seconds(run.seconds)}; {counts}")


def _premiums(plan: Plan) -> tuple[str, ...]:
    """Say in a line how much of the objective only steers the plan; nothing where that is nothing."""
    run = plan.run
    if abs(run.premiums) <= rounding(plan.objective):
        return ()
    steers, worth = (_in_unit(amount, plan.unit) for amount in (run.premiums, plan.objective - run.premiums))
    stable = plan.data.stability is not None
    named = {"premiums of tastes": not stable or plan.data.tastes or plan.data.premiums, "charges for changes": stable}
    what = " and ".join(name for name, there in named.items() if there)
    return (f"{steers} of it are {what}: they steer the plan, and no value counts them; without, {worth}",)


def _beside(plan: Plan) -> tuple[str, ...]:
    """Say what counts in the objective of the buyers beside what they get; nothing for others."""
    if plan.perspective != BUYERS:
        return ()
    return (
        f"of what sellers earn, {percent(OTHERS)} counts in it: among plans that are as good for the buyers, the best",
    )


def _in_order(plan: Plan) -> tuple[str, ...]:
    """Say of each of several objectives how far it went, and what the plan has of it; nothing where there is one."""
    goals = plan.run.options.goals
    if len(goals) == 1:
        return ()
    told = []
    for goal, stage in zip(goals, plan.run.stages, strict=False):
        unit = plan.run.money_unit if stage.unit == "million dollars" else stage.unit
        if stage.objective is None or stage.final is None:
            continue
        given = "" if same(stage.objective, stage.final) else f", of which the plan has {_in_unit(stage.final, unit)}"
        told.append(f"{goal.said} {_in_unit(stage.objective, unit)}{given}")
    return (f"objectives in order: {'; '.join(told)}",)


def _gap(plan: Plan) -> str:
    """Return the gap with what it is a share of: ``0.18 % of 28,889 bn USD``."""
    gap, of = plan.run.gap, plan.run.gap_denominator
    if gap is None or of is None:
        return percent(gap)
    alone = same(abs(plan.objective), of)
    return f"{percent(gap)} of {'the objective' if alone else _in_unit(of, plan.unit)}"


def _left_out(plan: Plan) -> tuple[str, ...]:
    """Say what a gap's denominator leaves out, in a line; nothing where it leaves out nothing."""
    of, value = plan.run.gap_denominator, plan.objective
    if of is None or plan.run.gap is None or same(abs(value), of):
        return ()
    aside = _in_unit(value - of if value >= of else value + of, plan.unit)
    return (f"the gap is a share of the objective less {aside} that stand whatever is planned",)


def _open(plan: Plan) -> tuple[str, ...]:
    """Say in the unit of the objective what a gap leaves open; nothing where the plan is proved best."""
    gap, unit = plan.run.gap, plan.unit
    if gap is None or plan.run.bound is None or gap <= EXACT or plan.run.options.tolerance != NOTHING:
        return ()
    left = money(plan.doubt) if unit == "M USD" else worth(plan.doubt, unit)
    return (f"the gap leaves {left} open: a decision that is worth less may be taken or left",)


def _dropped(plan: Plan) -> tuple[str, ...]:
    """Say which orders were taken off because nothing used them; nothing where there were none."""
    dropped = plan.run.dropped
    if not dropped:
        return ()
    told = [f"{amount(one.amount)} of {one.name} in {one.period}" for one in dropped]
    return (f"{counted(len(dropped), 'order')} that nothing used taken off: {listed(few(told, MOST_NAMED))}",)


def _earning(plan: Plan) -> tuple[str, ...]:
    """Say how many steps that lose money for their owners were forbidden, and how many are left."""
    if plan.run.earning is None:
        return ()
    made, left = plan.run.earning, int((plan.table("domain/earnings")["verdict"] == "loses").sum())
    says = f"{counted(len(made.forbidden), 'step')} that would lose money for their owners forbidden"
    again = f", the plan solved again {counted(made.passes, 'time')}" if made.passes else ""
    return (f"{says}{again}; {counted(left, 'step')} of the plan {'loses' if left == 1 else 'lose'} money",)


def _in_unit(value: float, unit: str) -> str:
    return money(value, unit) if unit in ("", "M USD") else with_unit(digits(value, 6), unit)


def _chain_sentence(plan: Plan, found: Headlines) -> str:
    installed, stood = accelerators(plan.table, "domain/deployments"), found.stood[-1]
    words = (
        f"By {stood.period} the labs run {thousands(stood.running)} accelerators on {amount(stood.power)} GW of "
        "facility power, "
        f"worth {thousands(stood.usable)} usable H100 equivalents (installed, at nominal performance: "
        f"{thousands(stood.installed)})"
    )
    by_chip = installed.groupby("chip", sort=False)["kaccelerator"].sum().sort_values(ascending=False, kind="stable")
    total = float(by_chip.sum())
    if total > 0.0:
        words += (
            f"; {thousands(total)} are installed under this plan, "
            f"{percent_whole(by_chip.iloc[0] / total)} of them {_chip(plan, by_chip.index[0])}"
        )
    return f"{words}. {_worth(plan, found)}"


def _chip(plan: Plan, id: str) -> str:
    return plan.data.chips[id].name if id in plan.data.chips else id


def _plain_sentence(plan: Plan, found: Headlines) -> str:
    demands = reported(plan.table("core/demands"))
    parts = []
    for unit, rows in demands.groupby("unit", sort=False):
        given, wanted = float(rows["delivered"].sum()), float(rows["quantity"].sum())
        of = f" of {amount(wanted)}" if isfinite(wanted) else ""
        parts.append(with_unit(f"{amount(given)}{of}", str(unit)) + (" wanted" if of else ""))
    if not parts:
        return _worth(plan, found)
    return f"The plan delivers {' and '.join(parts[:3])}. {_worth(plan, found)}"


def _worth(plan: Plan, found: Headlines) -> str:
    """Say what is paid and what it costs; where nothing has a value, what the plan is worth."""
    theirs = f"{buyers_sentence(plan)} " if plan.perspective == BUYERS else ""
    if said := headline_sentence(found, plan.run.money_unit):
        return f"{theirs}{said}"
    if theirs:
        return theirs.rstrip()
    value, unit = plan.value, plan.run.money_unit
    if value < 0.0:
        return f"Its discounted cost less value is {money(-value, unit)}."
    return f"Its discounted value less cost is {money(value, unit)}."


def percent_whole(share: float) -> str:
    """Write a share as a whole percent."""
    return f"{round(100.0 * share) + 0:.0f} %"


def _sums(rows: pd.DataFrame, whose: str, column: str) -> dict[tuple[str, str], float]:
    """Return the sums of a column by whose they are and period."""
    sums = rows.groupby([whose, "period"])[column].sum()
    return dict(zip(sums.index, sums.tolist(), strict=True))


def _reach(read: Read, dates: Sequence[str]) -> Table:
    """Accelerators running by lab at the ends of years, and the power they draw at the last of them."""
    fleet = reported(read("domain/fleet"))
    counted = _sums(accelerators(read, "domain/fleet"), "lab", "running")
    drawn = _sums(fleet, "lab", "facility_mw")
    power = {lab: drawn.get((lab, dates[-1]), 0.0) / 1000.0 for lab in map(str, fleet["lab"].unique())}
    rows = [
        (lab, *(counted.get((lab, date), 0.0) for date in dates), power[lab])
        for lab in sorted(power, key=lambda lab: -power[lab])
    ]
    title = "What reaches whom: thousand accelerators running; GW of facility power"
    return Table(title, ("lab", *dates, f"GW {dates[-1]}"), rows, most=MOST_ROWS)


def _mix(read: Read, dates: Sequence[str]) -> Table:
    return mix_table(_sums(reported(read("domain/chip_mix")), "chip", "kh100e"), dates)


def mix_table(compute: Mapping[tuple[str, str], float], dates: Sequence[str]) -> Table:
    """Return each chip's share of compute at some dates, and its compute at the last, from that by chip and period."""
    totals = {date: sum(n for (_, period), n in compute.items() if period == date) for date in dates}
    chips = [c for c in dict.fromkeys(chip for chip, _ in compute) if any(compute.get((c, d), 0.0) for d in dates)]
    rows = [
        (chip, *(share_of(compute.get((chip, d), 0.0), totals[d]) for d in dates), compute.get((chip, dates[-1]), 0.0))
        for chip in sorted(chips, key=lambda chip: -compute.get((chip, dates[-1]), 0.0))
    ]
    title = "Chip mix: share of compute; thousand H100 equivalents"
    return Table(title, ("chip", *dates, f"thousand H100e {dates[-1]}"), rows, most=MOST_ROWS)


def share_of(part: float, total: float) -> str | None:
    """Write a part of a total as a whole percent; nothing where there is no total."""
    return percent_whole(part / total) if total > 0.0 else None


def _deliveries(read: Read, dates: Sequence[str]) -> Table:
    """What is delivered to each demand by the ends of years, cumulated, of what was wanted."""
    periods = read("core/periods")["period"].tolist()
    rows = []
    for _, own in reported(read("core/demands")).groupby("id", sort=False):
        got = [float(own[own["period"].isin(periods[: periods.index(date) + 1])]["delivered"].sum()) for date in dates]
        rows.append((own["name"].iloc[0], own["unit"].iloc[0], *got, float(own["quantity"].sum())))
    headers = ("demand", "unit", *(f"by {date}" for date in dates), "wanted")
    return Table("What reaches whom: delivered", headers, rows, left=2, most=MOST_ROWS)


def _contracts(plan: Plan) -> Table:
    """What became of each contract, over the whole horizon."""
    rows = []
    for row in plan.table("domain/contracts").to_dict("records"):
        state = f"signed {row['signed']}" if row["signed"] else "not signed"
        for name in ("exercised", "cancelled"):
            state += f", {name} {row[name]}" if row[name] else ""
        taken = with_unit(amount(row["taken"]), row["unit"]) if row["taken"] or row["unit"] else None
        rows.append((row["name"], row["buyer"], row["supplier"], state, taken, row["short"] or None, row["paid"]))
    headers = ("contract", "buyer", "supplier", "state", "taken", "short", "paid")
    title = f"Contracts, over the whole horizon: taken; paid for and not taken; paid{in_unit(plan.run.money_unit)}"
    return Table(title, headers, rows, left=4, most=MOST_ROWS)


def relief(limit: Holding) -> tuple[str, float | None]:
    """Write what one unit of relief of a limit in every period is worth, and 1 %."""
    return per_unit(limit.price, limit.per), limit.gain


def _holds_back(plan: Plan) -> Table:
    """The limits whose relief gains most, as `choke` ranks them; by their prices where it does not study the plan."""
    unit, limits = in_unit(plan.run.money_unit), plan.table("core/limits")
    when = every_period(plan.table("core/periods"))
    if not (ranked := ranked_limits(plan)):
        title = f"What holds it back most, by prices: worth of one unit more in {when}, and of 1 % more{unit}"
        return _priced(title, "limit", "more", holding(limits, MOST_ROWS))
    rows: list[tuple[object, ...]] = [
        (r.label, r.owner or None, r.when, per_unit(r.price, r.per), r.gain) for r in ranked[:MOST_ROWS]
    ]
    rows += [(one.name, one.owner or None, one.when, *relief(one)) for one in unranked(limits, MOST_ROWS)]
    title = f"What holds it back most: worth of one unit more in {when}, and of 10 % more, integers held{unit}"
    return Table(title, ("limit", "owner", "binds", "1 more", "10 % more"), rows, left=3)


def ranked_limits(plan: Plan) -> tuple[Ranked, ...]:
    """Return what holds a plan back as its result keeps it; of one that is not saved it is found here."""
    if plan.run.ranking is not None:
        return plan.run.ranking
    from fabopt.analysis.choke.ranking import ranking

    found = ranking(plan)
    plan.run = replace(plan.run, ranking=found)
    return found


def _obliges(plan: Plan) -> Table:
    """What must be done, and what less of it would be worth by its prices, the most first; how much of it is free."""
    unit, limits = in_unit(plan.run.money_unit), plan.table("core/limits")
    when = every_period(plan.table("core/periods"))
    title = f"What it must do: worth of one unit less in {when}, and of 1 % less{unit}"
    table = _priced(title, "obligation", "less", obligations(limits, MOST_ROWS))
    free = free_obligations(limits)
    said = f"{counted(free, 'obligation')} {'costs' if free == 1 else 'cost'} nothing"
    if free and not table.rows:
        return Table("What it must do", (said,), (("less of each would gain nothing",),))
    return replace(table, rows=(*table.rows, (said, "", "", "", ""))) if free else table


def _priced(title: str, what: str, way: str, limits: Sequence[Holding]) -> Table:
    rows = [(one.name, one.owner or None, one.when, *relief(one)) for one in limits]
    return Table(title, (what, "owner", "binds", f"1 {way}", f"1 % {way}"), rows, left=3)

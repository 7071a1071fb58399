"""Draws of the data in words and tables: bands, chances of targets and of choke points, which numbers matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fabopt.analysis.draws.records import Band, MonteCarlo
from fabopt.analysis.draws.study import OBJECTIVE
from fabopt.domain.names import NO_NAMES, Names
from fabopt.report.answer import percent_whole, thinned
from fabopt.report.draws_charts import charts
from fabopt.report.report import Report
from fabopt.report.text import Table, counted, figure, in_unit, listed, of_unit, percent

MOST = 14
"""Rows of a table that are shown."""

NAMED = 3
"""Choke points that the sentence names."""

UNIQUE = (
    "What a draw is worth is unique. Its amounts, prices and choke points are those of one best plan and one set of "
    "prices: where several are equally good, another one would do as well."
)


def draws_report(record: MonteCarlo, names: Names = NO_NAMES, called: Callable[[str], str] = str) -> Report[MonteCarlo]:
    """Return what draws of the data say of a plan."""
    return Report(
        "draws",
        record,
        (sentence(record),),
        (
            band_table(record),
            chance_table(record),
            reached_table(record),
            choke_table(record),
            matter_table(record, called),
        ),
        notes(record),
        {
            "bands": lambda: record.band_frame,
            "chances": lambda: record.chance_frame,
            "published": lambda: record.published_frame,
            "chokes": lambda: record.choke_frame,
            "numbers": lambda: record.matter_frame,
            "draws": lambda: record.draw_frame,
        },
        lambda: charts(record, names),
    )


def sentence(record: MonteCarlo) -> str:
    """Return the answer: what the plan is worth over the draws, what it reaches, and what holds it back."""
    stood = len(record.stood)
    if not stood:
        return f"None of {len(record.draws):,} draws of the data has a plan like {record.plan}."
    worth = next(band for band in record.bands if band.figure == OBJECTIVE)
    low, middle, high = (figure(_known(v), record.unit) for v in (worth.p10, worth.p50, worth.p90))
    text = (
        f"Over {stood:,} draws of {record.numbers:,} numbers {record.plan} makes {low} to {high} "
        f"(P10 to P90; P50 {middle}; {figure(record.objective, record.unit)} as it stands)."
    )
    last = [chance for chance in record.chances if chance.period == record.periods[-1] and not chance.of]
    if last:
        parts = [f"{of_unit(c.amount, c.unit)} in {percent_whole(c.chance)}" for c in last]
        text += f" By {record.periods[-1]} it reaches {listed(parts)} of the draws."
    first = [choke for choke in record.chokes if not choke.period][:NAMED]
    if first:
        text += f" The choke point is {listed([f'{c.limit} in {percent_whole(c.chance)}' for c in first])}."
    return text


def notes(record: MonteCarlo) -> tuple[str, ...]:
    """Return what a reader must know of the draws."""
    said, states = [], [draw.status for draw in record.draws]
    if not record.complete:
        said.append(f"{len(record.draws):,} of {record.asked:,} draws are finished.")
    if refused := states.count("refused"):
        said.append(f"{counted(refused, 'draw')} broke the rules of the instance and had to be given up.")
    if lost := states.count("without plan"):
        said.append(f"In {counted(lost, 'draw')} no plan has the integers of this one, or none was found.")
    if back := sum(bool(draw.back) for draw in record.draws):
        numbers = sum(len(draw.back) for draw in record.draws) / back
        said.append(
            f"In {counted(back, 'draw')} {numbers:,.0f} numbers on average went back to their values, for rules refuse "
            "what was drawn."
        )
    if gave := sum(draw.given_way for draw in record.stood):
        said.append(f"In {gave:,} draws orders are fewer than planned, or limits that contradict each other gave way.")
    if record.matters:
        said.append(
            f"Of {len(record.matters):,} numbers the largest would explain {percent_whole(record.by_chance)} by chance "
            f"in {len(record.stood):,} draws; {_explain(sum(m.told for m in record.matters))} more."
        )
    screened = record.screening
    held = "Integers are held as in the plan."
    if screened is None:
        held += " What free integers would earn more was not asked: --exact N solves the first N draws so."
    else:
        held += (
            f" Free, they earn {percent(screened.mean)} more on average and {percent(screened.worst)} at the most in "
            f"the {counted(screened.draws, 'draw')} that were solved so, within a gap of {percent(screened.proof)}."
        )
    return (*said, held, UNIQUE)


def _explain(number: int) -> str:
    return f"{number:,} explain{'s' * (number == 1)}" if number else "none explains"


def _known(value: float | None) -> float:
    assert value is not None
    return value


def band_table(record: MonteCarlo) -> Table:
    """Return the bands of the whole, and of the last period of what has no sum."""
    whole = [band for band in record.bands if not band.period]
    summed = {(band.figure, band.of) for band in whole}
    last = [b for b in record.bands if b.period == record.periods[-1] and (b.figure, b.of) not in summed]
    figures: dict[str, list[Band]] = {}
    for band in (*whole[:1], *last, *whole[1:]):
        figures.setdefault(f"{band.figure}{in_unit(band.unit)}", []).append(band)
    rows = [row for figure, bands in figures.items() for row in ((figure,), *map(_band, bands))]
    headers = ("whose", "when", "plan", "P10", "P50", "P90")
    title = (
        f"Bands of {len(record.stood):,} draws, in {record.periods[-1]} or over all periods: below P10, P50 and P90 "
        "lie 10, 50 and 90 % of the draws"
    )
    return Table(title, headers, rows, left=2, most=3 * MOST)


def _band(band: Band) -> tuple[object, ...]:
    return (band.of or "all", band.period or "all periods", band.plan, band.p10, band.p50, band.p90)


def chance_table(record: MonteCarlo) -> Table:
    """Return the chance of each target by period, thinned to a few."""
    shown = thinned(list(record.periods))
    shown = shown if record.periods[-1] in shown else [*shown, record.periods[-1]]
    goals = dict.fromkeys((c.target, c.of, c.amount, c.unit) for c in record.chances)
    at = {(c.target, c.of, c.amount, c.period): c.chance for c in record.chances}
    rows = [
        (target, of or "all", of_unit(size, unit), *(percent_whole(at[target, of, size, p]) for p in shown))
        for target, of, size, unit in goals
    ]
    return Table(
        "Share of the draws that reach a target by", ("target", "whose", "amount", *shown), rows, left=3, most=MOST
    )


def reached_table(record: MonteCarlo) -> Table:
    """Return the chance of each published figure."""
    rows = [
        (
            r.figure,
            r.unit,
            r.until,
            r.stated,
            r.plan,
            r.p10,
            r.p50,
            r.p90,
            percent_whole(r.reached),
            percent_whole(r.inside),
        )
        for r in record.published
    ]
    headers = ("figure", "unit", "until", "published", "plan", "P10", "P50", "P90", "reached", "in its range")
    return Table("Published figures: share of the draws that reach them", headers, rows, left=3, most=MOST)


def choke_table(record: MonteCarlo) -> Table:
    """Return the share of the draws in which each limit is the choke point: of the whole plan, and by period."""
    shown = thinned(list(record.periods))
    at = {(c.limit, c.period): c.chance for c in record.chokes}
    named = ((name, [at.get((name, period), 0.0) for period in ("", *shown)]) for name in _by_size(record))
    rows = [(name, *map(_share, shares)) for name, shares in named if any(shares)]
    how = "by what 10 % more earns; by period, by its price" if record.by_gain else "10 % more by its price"
    title = f"Share of the draws in which a limit is the choke point: {how}"
    return Table(title, ("limit", "whole", *shown), rows, most=MOST)


def _share(share: float) -> str:
    return percent_whole(share) if share else ""


def _by_size(record: MonteCarlo) -> Sequence[str]:
    """Return limits by how often they are the choke point of the whole, then of a period."""
    whole: dict[str, float] = {}
    parts: dict[str, float] = {}
    for choke in record.chokes:
        sums = parts if choke.period else whole
        sums[choke.limit] = sums.get(choke.limit, 0.0) + choke.chance
    return sorted({**whole, **parts}, key=lambda name: (-whole.get(name, 0.0), -parts.get(name, 0.0), name))


def matter_table(record: MonteCarlo, called: Callable[[str], str] = str) -> Table:
    """Return the numbers that explain more of the objective than chance would."""
    rows = [
        (
            called(m.lever),
            m.lever,
            f"{m.first:.2f}",
            "" if m.low is None or m.high is None else f"{max(m.low, 0.0):.2f} to {min(m.high, 1.0):.2f}",
            f"{m.rank:+.2f}",
        )
        for m in record.matters
        if m.told
    ]
    title = (
        "Numbers that matter: the share of the variance of the objective that each explains alone (Sobol, first "
        "order), with its 90 % interval, and the rank correlation with it"
    )
    return Table(title, ("number", "its path", "share", "90 % interval", "correlation"), rows, left=2, most=MOST)

"""What a plan under several states says: what to sign now, what to wait for, and what insurance is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from fabopt.analysis.hedge.records import IMPOSSIBLE, MEAN, STOCHASTIC, WAIT, WORK, Hedge
from fabopt.analysis.states.measure import mean
from fabopt.domain.tolerances import rounding
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted, few, figure, in_unit, listed, of_unit, round_percent

MOST = 12
"""Rows of a table."""

MOST_STATES = 6
"""States that have a column of their own in a table of text."""

NAMED = 3
"""Orders that a sentence names."""

REMOVED = {"cvar": "of the mean of the worst {tail}", "mean+cvar": "of the mean of the worst {tail}",
           "worst": "of the worst case"}  # fmt: skip


def hedge_report(record: Hedge) -> Report[Hedge]:
    """Return what a plan under several states says."""
    tables = (_decisions(record), _information(record), _waiting(record), _regrets(record), _candidates(record),
              _chokes(record))  # fmt: skip

    def charts() -> Mapping[str, Any]:
        from fabopt.report.hedge_charts import charts

        return charts(record)

    names = ("regrets", "candidates", "decisions", "chokes")
    return Report(
        "hedge",
        record,
        tuple(said(record)),
        tables,
        tuple(_notes(record)),
        {name: partial(record.table, name) for name in names},
        charts=charts,
        data=record.as_dict,
    )


def said(record: Hedge) -> Iterator[str]:
    """Yield the answer: what to sign now and what to wait for, what that is worth, and the cheapest hedge."""
    yield _now(record)
    own = record.information
    known, worth = own.perfect_information, own.stochastic_solution
    if known is None:
        text = "What it is worth to know now what comes (EVPI) was not solved"
    else:
        text = f"To know now what comes would be worth {figure(known, record.unit)} (EVPI)"
    if worth is not None:
        text += f"; planning with states is worth {figure(worth, record.unit)} over the plan for mean data (VSS)"
    elif own.mean_value is not None:
        why = next((one.reason for one in record.regrets if one.plan == MEAN), "not solved")
        text += "; the first stage of the plan for mean data " + (
            "leaves a state without a plan" if why == IMPOSSIBLE else f"is not judged in the states: {why}"
        )
    yield f"{text}."
    yield _cheapest(record)


def _now(record: Hedge) -> str:
    now = [one for one in record.decisions if one.verdict != WAIT]
    wait = [one for one in record.decisions if one.verdict == WAIT]
    if not record.known:
        return "Nothing is ever known that is not known now, so there is nothing to hedge."
    if not now and not wait:
        return f"Nothing is decided before {record.known}, when it is known what comes."

    def names(rows: list[Any]) -> str:
        return listed(few([one.name for one in rows], NAMED))

    work = any(one.instrument == WORK for one in record.decisions)
    do = "start" if work else "sign"
    parts = [f"{do} now: {names(now)}" if now else f"{do} nothing now"]
    hedges = [one for one in now if one.verdict != "sign now"]
    if hedges:
        parts.append(f"of these as a hedge, since not every state wants as much: {names(hedges)}")
    if wait:
        parts.append(f"wait until {record.known} with {names(wait)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _cheapest(record: Hedge) -> str:
    if not record.candidates and record.information.mean_value is None:
        return "There is no plan for mean data, or it was not solved, so no hedge beside it was looked for."
    if not record.candidates and not record.orders:
        return f"Nothing is ordered before {record.known or 'the end'}, so no order could be a hedge."
    if not record.candidates:
        return "No plan orders anything before then that the plan for mean data does not, so there is no hedge to buy."
    solved = sum(one.removed is not None for one in record.candidates)
    best = record.cheapest
    searched = f"of {counted(record.searched, 'candidate')} ({solved} solved)"
    if not solved:
        why = listed(list(dict.fromkeys(one.reason or "not solved" for one in record.candidates)))
        return f"No order that is added to the plan for mean data could be judged, {searched}: {why}."
    if best is None:
        return f"No order that is added to the plan for mean data is a hedge, {searched}."
    what = _removed(record)
    text = (
        f"The cheapest hedge beside the plan for mean data, {searched}: {of_unit(best.amount, best.unit)} of "
        f"{best.name} in {best.periods}".replace("  ", " ")
    )
    text += f" for {figure(best.cost, record.unit)}: it removes {figure(best.removed or 0.0, record.unit)} {what}"
    return f"{text}, {amount(best.per_dollar)} per unit of money." if best.per_dollar is not None else f"{text}."


def _removed(record: Hedge) -> str:
    name = record.risk.split()[0]
    return REMOVED.get(name, "of the largest regret").format(tail=round_percent(1.0 - record.level))


def _decisions(record: Hedge) -> Table:
    rows = [
        (
            one.name,
            one.owner or None,
            one.verdict,
            one.now,
            one.least,
            one.most,
            one.unit,
            one.until or None,
            one.waiting,
        )
        for one in record.decisions
    ]
    heads = ("what", "owner", "", "now", "least", "most", "unit", "until", "waiting costs")
    title = (
        f"Decided before {record.known or 'the end'}: by this plan, and least and most by the best plans for one "
        f"state; what waiting a period costs{in_unit(record.unit)}"
    )
    return Table(title, heads, rows, left=3, most=MOST)


def _information(record: Hedge) -> Table:
    own = record.information
    rows = [
        ("known from the start which state comes: wait and see (WS)", own.wait_and_see),
        ("decided now what must be decided now: recourse (RP)", own.recourse),
        ("first stage of the plan for mean data (EEV)", own.frozen),
        ("that plan, were the mean what comes (EV)", own.mean_value),
        ("value of perfect information (EVPI)", own.perfect_information),
        ("value of the stochastic solution (VSS)", own.stochastic_solution),
    ]
    return Table(f"What knowing is worth, in the mean{in_unit(record.unit)}", ("", record.objective_name), rows, left=1)


def _waiting(record: Hedge) -> Table:
    own = record.waiting
    rows = [] if own is None else [
        (f"{'no order' if record.orders else 'nothing started'} in {own.held}: what that loses", own.loss),
        ("all known a period sooner: what that gains", own.sooner),
    ]  # fmt: skip
    return Table(
        f"What waiting a period is worth, as the plan is judged{in_unit(record.unit)}", ("", "worth"), rows, left=1
    )


def _regrets(record: Hedge) -> Table:
    states = list(record.probabilities)
    plans = list(dict.fromkeys(row.plan for row in record.regrets))
    at = {(row.plan, row.state): row for row in record.regrets}
    rows = []
    for plan in plans:
        each = [at[plan, state].regret for state in states]
        known = [one for one in each if one is not None]
        called = _called(record, plan)
        weighed = None
        if len(known) == len(states):
            weighed = mean([*record.probabilities.values()], known)
        shown = each if len(states) <= MOST_STATES else []
        rows.append((called, *shown, max(known) if weighed is not None else None, weighed))
    heads = ("signed", *(states if len(states) <= MOST_STATES else []), "largest", "mean")
    return Table(
        f"Regret of what is signed now, if a state comes{in_unit(record.unit)}", heads, rows, left=1, most=MOST
    )


def _called(record: Hedge, plan: str) -> str:
    """Return whose first stage it is: that of this plan, of the one for mean data, or of the best for a state."""
    return f"best for {plan}" if plan in record.probabilities else plan


def _means(record: Hedge) -> dict[str, float]:
    """Return what each first stage is worth in the mean, where it is known in every state."""
    worth: dict[str, dict[str, float]] = {}
    for row in record.regrets:
        if row.value is not None:
            worth.setdefault(row.plan, {})[row.state] = row.value
    shares = record.probabilities
    return {
        plan: mean([*shares.values()], [v[s] for s in shares]) for plan, v in worth.items() if len(v) == len(shares)
    }


def _candidates(record: Hedge) -> Table:
    rows = [
        (one.name, one.owner or None, one.periods, one.amount, one.unit, one.cost, one.mean, one.regret, one.tail,
         one.per_dollar if one.reason == "" else one.reason)
        for one in record.candidates
    ]  # fmt: skip
    heads = ("order", "owner", "when", "more", "unit", "costs", "mean", "largest regret", "worst cases", "per money")
    title = (
        "Hedges beside the orders of the plan for mean data: by how much better each makes the mean, the largest "
        f"regret and the mean of the worst {round_percent(1.0 - record.level)}, its cost counted{in_unit(record.unit)}"
    )
    return Table(title, heads, rows, left=3, most=MOST)


def _chokes(record: Hedge) -> Table:
    """Return the choke point of each state, a row a run of periods with the same."""
    rows: list[list[Any]] = []
    for row in record.chokes:
        what = (row.state, row.name or None, row.owner or None)
        if rows and (rows[-1][0], *rows[-1][2:4]) == what:
            rows[-1][1] = f"{rows[-1][1].partition(' to ')[0]} to {row.period}"
            rows[-1][4] = max(rows[-1][4], row.gain)
        else:
            rows.append([row.state, row.period, row.name or None, row.owner or None, row.gain])
    title = f"What holds the plan back most in each state: worth of 1 % more in a period{in_unit(record.unit)}"
    return Table(
        title, ("state", "periods", "limit", "owner", "worth"), [tuple(r) for r in rows], left=4, most=2 * MOST
    )


def _notes(record: Hedge) -> Iterator[str]:
    before = f"before {record.known or 'the end'}"
    if record.orders:
        text = f"What is signed now are orders, contracts and retirements {before}"
    else:
        text = f"Nothing is ordered {before}, so what commits is all work that is started till then"
    yield f"{text}; all else is decided again, by what is known at its time in each state."
    if record.relaxed:
        yield "The plan and all programs are LP relaxations: parts of what comes whole may be ordered."
    if record.risk != "expected":
        yield f"The plan is judged by {record.risk}; RP is that of the plan which is best by its mean."
    if record.unaveraged:
        some = listed(few(record.unaveraged, NAMED))
        yield f"States differ in what has no mean; for mean data it stands as planned: {some}."
    yield f"{counted(record.solves, 'program')} solved of at most {record.most}."
    if record.not_run:
        yield f"Not solved, for --solves or an interrupt ended it: {listed(few(record.not_run, NAMED))}."
    recourse = record.information.recourse
    means = _means(record)
    best = max(means, key=lambda plan: record.sign * means[plan], default=STOCHASTIC)
    lead = record.sign * (means[best] - means[STOCHASTIC]) if best in means and STOCHASTIC in means else 0.0
    if record.risk == "expected" and recourse is not None and lead > rounding(recourse):
        yield (
            f"What is signed now in the plan '{_called(record, best)}' is better in the mean than this plan by "
            f"{figure(lead, record.unit)}; RP counts it. Solve with a smaller --gap to plan with it."
        )
    if recourse is not None and record.open > rounding(recourse):
        yield f"Gaps of the programs leave up to {figure(record.open, record.unit)} open in each figure."

"""A plan under several states in words: what it is worth, what is decided now, and what in each state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.analysis.states.records import StatesInfo, phases
from fabopt.domain.unit_words import unit_words, with_unit
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted, in_unit, money, percent, round_percent, seconds

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.plan import Plan

MOST = 12
"""Rows of a table."""

_BESIDE = {
    "expected": "",
    "cvar": "the mean of the worst {tail}",
    "mean+cvar": "{weight} of the mean of the worst {tail} and the rest of the mean",
    "worst": "the worst state",
    "regret": "the largest regret",
}


def states_report(info: StatesInfo, plans: Mapping[str, Plan]) -> Report[StatesInfo]:
    """Return a plan under several states: the answer in a sentence, the plan now, the plan by state.

    Parameters
    ----------
    info
        What was solved.
    plans
        The plan of each state, by name.
    """
    ordered = _orders(info, plans)
    tables = (_states(info), *_now(info, plans, ordered), _later(info, ordered), _limits(info))
    return Report(
        "states",
        info,
        (sentence(info, ordered),),
        tables,
        _closing(info),
        {"states": lambda: _frame(info), "orders": lambda: ordered},
        data=lambda: {"states": [{"name": s.name, "probability": s.probability, "objective": s.objective}
                                 for s in info.states]},
    )  # fmt: skip


def sentence(info: StatesInfo, ordered: pd.DataFrame) -> str:
    """Return the answer in one sentence."""
    unit, n = info.objective_unit, len(info.states)
    assert info.objective is not None
    assert info.expected is not None
    figures = [s.objective for s in info.states]
    ends = _ends(min(figures), max(figures), unit)
    what = info.objective_name.replace("_", " ")
    text = f"Under {counted(n, 'state')} the expected {what} is {_figure(info.expected, unit)} ({ends})"
    beside = _said(info)
    if beside:
        text += f", and {beside} is {_figure(info.objective, unit)}"
    if info.first == 0:
        whole = all(state.alone == 0 for state in info.states)
        return f"{text}; {'the state' if whole else 'a part of what comes'} is known from the start."
    until = info.periods[info.first] if info.first < len(info.periods) else ""
    now = int((ordered["phase"] == "now").sum()) if len(ordered) else 0
    if not until:
        return f"{text}."
    what = counted(now, "order") if now else "what is started"
    are = "are" if now > 1 else "is"
    return f"{text}; {what} before {until}, when it is known which state comes, {are} decided for all states alike."


def _said(info: StatesInfo) -> str:
    risk = info.judged
    return _BESIDE[risk.name].format(tail=round_percent(1.0 - risk.level), weight=round_percent(risk.weight))


def _figure(value: float, unit: str) -> str:
    return money(value, unit) if unit in ("M USD", "") else with_unit(amount(value), unit)


def _ends(low: float, high: float, unit: str) -> str:
    """Write the span over the states, in the smaller unit where the larger one does not tell its ends apart."""
    first, last = _figure(low, unit), _figure(high, unit)
    if first == last and amount(low) != amount(high):
        return with_unit(f"{amount(low)} to {amount(high)}", unit)
    return f"{first} to {last}" if first != last else f"{first} in each"


def _states(info: StatesInfo) -> Table:
    rows = [
        (s.name, s.description or None, percent(s.probability), _known(info, s.alone), s.objective) for s in info.states
    ]
    what = info.objective_name.replace("_", " ")
    headers = ("state", "", "probability", "known from", what)
    return Table(f"States: {what}{in_unit(info.objective_unit)}", headers, rows, left=2)


def _known(info: StatesInfo, alone: int) -> str:
    return info.periods[alone] if alone < len(info.periods) else "-"


def _orders(info: StatesInfo, plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Return the orders of all phases: those that several states share once, with the first state of the phase."""
    import pandas as pd

    parts = []
    for number, (_, names, periods) in enumerate(phases(info)):
        table = plans[names[0]].table("core/units")
        rows = table[table["period"].isin(periods) & (table["ordered"] > 0.0)]
        phase = "now" if number == 0 else " or ".join(names)
        parts.append(rows[["period", "id", "name", "owner", "ordered", "unit"]].assign(phase=phase))
    return pd.concat(parts, ignore_index=True)


def _now(info: StatesInfo, plans: Mapping[str, Plan], ordered: pd.DataFrame) -> list[Table]:
    """Return what is ordered, and what is started most, before anything is known."""
    mine = ordered[ordered["phase"] == "now"]
    rows = [tuple(row) for row in mine[["period", "name", "owner", "ordered", "unit"]].to_numpy().tolist()]
    until = _known(info, info.first)
    tables = [
        Table(f"Ordered before {until}, for all states", ("when", "what", "owner", "", "unit"), rows, left=3, most=MOST)
    ]
    if rows:
        return tables
    _, names, periods = phases(info)[0]
    started = plans[names[0]].table("core/activities")
    started = started[started["period"].isin(periods) & (started["level"] > 0.0)]
    cells = [tuple(row) for row in started[["period", "name", "level", "unit"]].to_numpy().tolist()]
    return [
        Table(f"Started before {until}, for all states", ("when", "what", "level", "unit"), cells, left=2, most=MOST)
    ]


def _later(info: StatesInfo, ordered: pd.DataFrame) -> Table:
    """Return how much is ordered of each thing once something is known, a column for each phase."""
    later = ordered[ordered["phase"] != "now"]
    names = list(dict.fromkeys(later["phase"]))
    totals: dict[tuple[Any, ...], dict[str, float]] = {}
    columns = (later[name].tolist() for name in ("name", "owner", "unit", "phase", "ordered"))
    for name, owner, unit, phase, number in zip(*columns, strict=True):
        own = totals.setdefault((name, owner, unit), {})
        own[phase] = own.get(phase, 0.0) + float(number)
    # What differs most between the states stands first.
    spread = sorted(totals.items(), key=lambda one: min(one[1].get(n, 0.0) for n in names) / max(one[1].values()))
    rows = [(what, owner or None, *(own.get(n, 0.0) for n in names), unit) for (what, owner, unit), own in spread]
    title = "Ordered once it is known, by state"
    return Table(title, ("what", "owner", *names, "unit"), rows, left=2, most=MOST)


def _limits(info: StatesInfo) -> Table:
    """Return what holds the plan back before anything is known, by its price."""
    total: dict[tuple[str, str, str], float] = {}
    for limit in info.limits or ():
        key = (limit.name, limit.owner, limit.unit)
        total[key] = total.get(key, 0.0) + limit.price
    rows = [(name, owner or None, price, f"per {unit_words(unit, one=True)}" if unit else None)
            for (name, owner, unit), price in sorted(total.items(), key=lambda one: -one[1])]  # fmt: skip
    title = "What holds it back before it is known: worth of one unit more, by all states together"
    return Table(title, ("limit", "owner", "price", ""), rows, left=2, most=MOST)


def _frame(info: StatesInfo) -> pd.DataFrame:
    from fabopt.analysis.frames import frame_of

    return frame_of(info.states)


def _closing(info: StatesInfo) -> tuple[str, ...]:
    size, unit = info.size, info.objective_unit
    judged = f"judged by {info.risk}" if info.risk != "expected" else "judged by its mean"
    bound = "" if info.bound is None else f", bound {_figure(info.bound, unit)}"
    gap = "gap unknown" if info.gap is None else f"gap {percent(info.gap)}"
    forbidden = len(info.earning.forbidden) if info.earning else 0
    loses = f"{counted(forbidden, 'step')} that lose money as planned are forbidden in every state"
    unpriced = "not told: what holds it back before it is known, which takes prices of all states together"
    return (
        *([loses] if forbidden else []),
        *([unpriced] if info.limits is None else []),
        f"{judged}: {_figure(info.objective or 0.0, unit)}{bound}, {gap}",
        "each state's result holds what was decided before it was known; its prices are those of somebody who knows",
        f"{info.status.replace('_', ' ')}, {seconds(info.seconds)}; {size.columns:,} columns "
        f"({counted(size.integers, 'integer')}), {size.rows:,} rows",
    )

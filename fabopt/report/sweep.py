"""A sweep in words and tables: what the plans are worth, what goes with it, the choke points, what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any

from fabopt.analysis.draws.indices import rank_correlation
from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.sweep.case import UNKNOWN
from fabopt.analysis.sweep.design import LeverColumn
from fabopt.analysis.sweep.records import LONG, Outcome, Sweep
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, money, signed

MOST = 12
"""Rows of a table."""


def sweep_report(sweep: Sweep, called: Callable[[str], str] = str) -> Report[Sweep]:
    """Return what the plans of a sweep are worth, what goes with it, the choke points, what failed.

    Parameters
    ----------
    sweep
        What was found.
    called
        What a number is called, by its path.
    """
    alone = sweep.design.spec.method == "one-at-a-time"
    levers = alone_table(sweep, called) if alone else lever_table(sweep, called)
    return Report(
        "sweep",
        sweep,
        (sentence(sweep, called),),
        (scenario_table(sweep), levers, choke_table(sweep), failed_table(sweep)),
        frames={"cases": lambda: sweep.frame, **{name: partial(sweep.table, name) for name in LONG}},
        data=sweep.as_dict,
    )


def sentence(sweep: Sweep, called: Callable[[str], str] = str) -> str:
    """Return the answer in one sentence."""
    design, plans = sweep.design, _plans(sweep)
    runs = f"{len(sweep.outcomes):,} runs of {design.name}"
    if not sweep.complete:
        runs = f"{len(sweep.outcomes):,} runs of {design.name} that are finished, out of {len(design.cases):,},"
    if not plans:
        return f"None of the {runs} has a plan{_failures(sweep)}."
    values = [_objective(o) for o in plans]
    low, high = money(min(values), sweep.unit), money(max(values), sweep.unit)
    span = low if low == high else f"{low} to {high}"
    text = f"Of {runs} {len(plans):,} {'has' if len(plans) == 1 else 'have'} a plan, {_what(sweep)} {span}"
    chokes = _counted([o.choke for o in plans if o.choke not in ("", UNKNOWN)])
    if chokes:
        named = [f"{name} in {count:,}" for name, count in chokes[:2]]
        text += f"; the choke point is {' and '.join(named)}"
        text += f", and one of {len(chokes) - 2} others elsewhere" if len(chokes) > 2 else ""
    return f"{text}{_most(sweep, called)}{_failures(sweep)}."


def _most(sweep: Sweep, called: Callable[[str], str]) -> str:
    """Say which lever goes with the objective most; nothing where there are not two that can be ranked."""
    ranks = {lever.path: _rank_correlation(pairs) for lever, pairs in _pairs(sweep) if lever.numeric}
    known = {path: rank for path, rank in ranks.items() if rank is not None}
    if len(known) < 2 or sweep.design.spec.method == "one-at-a-time":
        return ""
    first = max(known, key=lambda path: abs(known[path]))
    return f"; it goes most with {lever_phrase(called(first))}" if known[first] else ""


def _what(sweep: Sweep) -> str:
    return "worth" if sweep.design.spec.solve.objective == "value" else sweep.design.spec.solve.objective


def _failures(sweep: Sweep) -> str:
    counted = _counted([o.status for o in sweep.outcomes if o.objective is None])
    if not counted:
        return ""
    return "; without a plan: " + ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counted)


def scenario_table(sweep: Sweep) -> Table:
    """Return what the plans of each scenario are worth."""
    rows: list[tuple[object, ...]] = []
    for place, name in enumerate(sweep.design.scenarios):
        mine = [o for o in sweep.outcomes if sweep.design.cases[o.case].scenario == place]
        values = [_objective(o) for o in mine if o.objective is not None]
        ends = [f(values) for f in (min, median, max)] if values else [None] * 3
        rows.append((name, len(mine), len(values), *ends))
    title = f"Objective ({sweep.design.spec.solve.objective}) by scenario{in_unit(sweep.unit)}"
    headers = ("scenario", "runs", "plans", "least", "median", "most")
    return Table(title, headers, rows if len(rows) > 1 else (), most=MOST)


def _pairs(sweep: Sweep) -> Iterator[tuple[LeverColumn, list[tuple[Any, float]]]]:
    """Yield each lever with its values and the objectives there, where it has any."""
    for place, lever in enumerate(sweep.design.levers):
        pairs = [(o.levers[place], _objective(o)) for o in _plans(sweep)]
        pairs = [pair for pair in pairs if pair[0] is not None and pair[0] != ""]
        if pairs:
            yield lever, pairs


def lever_table(sweep: Sweep, called: Callable[[str], str] = str) -> Table:
    """Return how the objective goes with each lever, those that go with it most first."""
    rows = [_lever_row(lever, pairs, called) for lever, pairs in _pairs(sweep)]
    rows.sort(key=lambda row: -row[0])
    title = (
        f"Levers from least to most: mean objective in the lowest and in the highest third of each"
        f"{in_unit(sweep.unit)}; rank correlation of both"
    )
    headers = ("lever", "its path", "unit", "least", "most", "mean lowest", "mean highest", "correlation")
    return Table(title, headers, [cells for _, cells in rows], left=3, most=MOST)


def _lever_row(
    lever: LeverColumn, pairs: Sequence[tuple[Any, float]], called: Callable[[str], str]
) -> tuple[float, tuple[object, ...]]:
    """Return how strongly the objective goes with a lever, and its cells: the runs of its lowest and highest third."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    values = [value for value, _ in ordered]
    third = max(len(ordered) // 3, 1)
    low = [objective for value, objective in ordered if value <= values[third - 1]]
    high = [objective for value, objective in ordered if value >= values[-third]]
    rank = _rank_correlation(pairs) if lever.numeric else None
    shown = [amount(v) if lever.numeric else str(v) for v in (values[0], values[-1])]
    means = [sum(side) / len(side) for side in (low, high)]
    return abs(rank or 0.0), (
        called(lever.path),
        lever.path,
        lever.unit,
        *shown,
        *means,
        None if rank is None else f"{rank:+.2f}",
    )


def alone_table(sweep: Sweep, called: Callable[[str], str] = str) -> Table:
    """Return what each lever changes alone, widest first."""
    rows = []
    cases = sweep.design.cases
    base = {cases[o.case].scenario: _objective(o) for o in _plans(sweep) if not cases[o.case].settings}
    for o in sweep.outcomes:
        case = cases[o.case]
        if case.settings and case.scenario in base:
            change = None if o.objective is None else o.objective - base[case.scenario]
            said = f"no plan: {o.status}" if change is None else signed(change)
            size = float("inf") if change is None else abs(change)
            path, _, to = case.said.partition("=")
            rows.append((size, (called(path), path, to, sweep.design.scenarios[case.scenario], said)))
    rows.sort(key=lambda row: -row[0])
    title = f"Change of the objective for one lever alone{in_unit(sweep.unit)}"
    headers = ("lever", "its path", "set to", "scenario", "change")
    return Table(title, headers, [cells for _, cells in rows], left=4, most=MOST)


def choke_table(sweep: Sweep) -> Table:
    """Return the choke points, with the range of the objective where each is one."""
    rows = []
    for name, count in _counted([o.choke for o in _plans(sweep)]):
        mine = [o for o in _plans(sweep) if o.choke == name]
        values = [_objective(o) for o in mine]
        gains = [o.choke_gain for o in mine if o.choke_gain is not None]
        reach = f"{amount(min(values))} to {amount(max(values))}"
        rows.append((name or "none: no limit earns anything", count, reach, median(gains) if gains else None))
    title = f"Choke points: runs, objective there, median worth of 10 % more{in_unit(sweep.unit)}"
    return Table(title, ("choke point", "runs", "objective", "10 % more"), rows, most=MOST)


def failed_table(sweep: Sweep) -> Table:
    """Return the runs without a plan, with their reasons."""
    rows = [
        (str(o.case), o.status, sweep.design.cases[o.case].said, o.reason or None)
        for o in sweep.outcomes
        if o.objective is None
    ]
    return Table("Runs without a plan", ("case", "status", "settings", "reason"), rows, left=4, most=MOST)


def _objective(outcome: Outcome) -> float:
    assert outcome.objective is not None
    return outcome.objective


def _plans(sweep: Sweep) -> list[Outcome]:
    return [o for o in sweep.outcomes if o.objective is not None]


def _counted(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return names with how often they stand there, most often first."""
    return sorted(((name, names.count(name)) for name in dict.fromkeys(names)), key=lambda pair: -pair[1])


def _rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Spearman's rank correlation; None where one side is the same in all runs."""
    if len({a for a, _ in pairs}) < 2 or len({b for _, b in pairs}) < 2:
        return None
    import numpy as np

    return rank_correlation(*np.array(pairs, dtype=float).T)

"""A sweep in words and tables: what the plans are worth, what goes with it, the choke points, what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from fabopt.analysis.sweep.case import UNKNOWN
from fabopt.analysis.sweep.design import LeverColumn
from fabopt.analysis.sweep.records import Sweep
from fabopt.report.base import Report, with_rows
from fabopt.report.text import TextTable, amount, clip, money

if TYPE_CHECKING:
    import pandas as pd

MOST, LEVER = 12, 44
"""Rows of a table, and the widest name of a lever."""

Outcome = Mapping[str, Any]


class SweepReport(Report):
    """A sweep: ``print`` it, or look at its frames.

    Attributes
    ----------
    found
        The record.
    """

    offers = ".frame .labs .power .chips .demands"

    def __init__(self, found: Sweep) -> None:
        self.found = found

    @property
    def complete(self) -> bool:
        """Whether all cases are finished."""
        return self.found.complete

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return sentence(self.found)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a case: levers, status, objective, bound, gap, choke point, figures."""
        return self.found.frame

    @property
    def labs(self) -> pd.DataFrame:
        """One row a case, lab and year: accelerators, power, compute."""
        return self.found.labs

    @property
    def power(self) -> pd.DataFrame:
        """One row a case, lab and reported period: facility power."""
        return self.found.power

    @property
    def chips(self) -> pd.DataFrame:
        """One row a case, chip and year: accelerators, compute, share."""
        return self.found.chips

    @property
    def demands(self) -> pd.DataFrame:
        """One row a case, demand and year: wanted, delivered."""
        return self.found.demands

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        alone = self.found.design.spec.method == "one-at-a-time"
        levers = alone_table(self.found) if alone else lever_table(self.found)
        made = (scenario_table(self.found), levers, choke_table(self.found), failed_table(self.found))
        return with_rows(*made)

    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""
        return self.found.as_dict()


def sentence(found: Sweep) -> str:
    """Return the answer in one sentence."""
    design, plans = found.design, _plans(found)
    runs = f"{len(found.outcomes):,} runs of {design.name}"
    if not found.complete:
        runs = f"{len(found.outcomes):,} runs of {design.name} that are finished, out of {len(design.cases):,},"
    if not plans:
        return f"None of the {runs} has a plan{_failures(found)}."
    values = [o["objective"] for o in plans]
    low, high = worth(min(values), found.unit), worth(max(values), found.unit)
    span = low if low == high else f"{low} to {high}"
    text = f"Of {runs} {len(plans):,} {'has' if len(plans) == 1 else 'have'} a plan, {_what(found)} {span}"
    chokes = _counted([o["choke"] for o in plans if o["choke"] not in ("", UNKNOWN)])
    if chokes:
        named = [f"{name} in {count:,}" for name, count in chokes[:2]]
        text += f"; the choke point is {' and '.join(named)}"
        text += f", and one of {len(chokes) - 2} others elsewhere" if len(chokes) > 2 else ""
    return f"{text}{_failures(found)}."


def _what(found: Sweep) -> str:
    return "worth" if found.design.spec.solve.objective == "value" else found.design.spec.solve.objective


def _failures(found: Sweep) -> str:
    counted = _counted([o["status"] for o in found.outcomes if o.get("objective") is None])
    if not counted:
        return ""
    return "; without a plan: " + ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counted)


def scenario_table(found: Sweep) -> TextTable:
    """Return what the plans of each scenario are worth."""
    rows = []
    for place, name in enumerate(found.design.scenarios):
        mine = [o for o in found.outcomes if found.design.cases[o["case"]].scenario == place]
        values = [o["objective"] for o in mine if o.get("objective") is not None]
        ends = [amount(f(values)) for f in (min, median, max)] if values else ["-"] * 3
        rows.append((name, f"{len(mine):,}", f"{len(values):,}", *ends))
    title = f"Objective ({found.design.spec.solve.objective}) by scenario{_in(found)}"
    shown = rows[:MOST] if len(rows) > 1 else []
    return TextTable(title, ("scenario", "runs", "plans", "least", "median", "most"), tuple(shown))


def lever_table(found: Sweep) -> TextTable:
    """Return how the objective goes with each lever, those that go with it most first."""
    rows = []
    for place, lever in enumerate(found.design.levers):
        pairs = [(o["levers"][place], o["objective"]) for o in _plans(found)]
        pairs = [pair for pair in pairs if pair[0] is not None and pair[0] != ""]
        if pairs:
            rows.append(_lever_row(lever, pairs))
    rows.sort(key=lambda row: -row[0])
    title = f"Levers: mean objective in the lowest and highest third of each{_in(found)}; rank correlation"
    headers = ("lever", "unit", "least", "most", "lowest", "highest", "rank")
    return TextTable(title, headers, tuple(cells for _, cells in rows[:MOST]), left=2)


def _lever_row(lever: LeverColumn, pairs: Sequence[tuple[Any, float]]) -> tuple[float, tuple[str, ...]]:
    """Return how strongly the objective goes with a lever, and its cells: the runs of its lowest and highest third."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    values = [value for value, _ in ordered]
    third = max(len(ordered) // 3, 1)
    low = [objective for value, objective in ordered if value <= values[third - 1]]
    high = [objective for value, objective in ordered if value >= values[-third]]
    rank = _rank_correlation(pairs) if lever.numeric else None
    shown = [amount(v) if lever.numeric else str(v) for v in (values[0], values[-1])]
    means = [amount(sum(side) / len(side)) for side in (low, high)]
    unit = "" if lever.unit == "1" else lever.unit
    return abs(rank or 0.0), (clip(lever.path, LEVER), unit, *shown, *means, "-" if rank is None else f"{rank:+.2f}")


def alone_table(found: Sweep) -> TextTable:
    """Return what each lever changes alone, widest first."""
    rows = []
    base: dict[int, float] = {}
    for o in _plans(found):
        case = found.design.cases[o["case"]]
        if not case.settings:
            base[case.scenario] = o["objective"]
    for o in found.outcomes:
        case = found.design.cases[o["case"]]
        if case.settings and case.scenario in base:
            change = None if o.get("objective") is None else o["objective"] - base[case.scenario]
            cell = f"no plan: {o['status']}" if change is None else f"{change:+,.4g}"
            scenario = found.design.scenarios[case.scenario]
            size = float("inf") if change is None else abs(change)
            rows.append((size, (clip(case.said, 60), scenario, cell)))
    rows.sort(key=lambda row: -row[0])
    title = f"Change of the objective for one lever alone{_in(found)}"
    return TextTable(title, ("lever", "scenario", "change"), tuple(cells for _, cells in rows[:MOST]), left=2)


def choke_table(found: Sweep) -> TextTable:
    """Return the choke points, with the range of the objective where each is one."""
    plans = _plans(found)
    rows = []
    for name, count in _counted([o["choke"] for o in plans])[:MOST]:
        mine = [o for o in plans if o["choke"] == name]
        values = [o["objective"] for o in mine]
        gains = [o["choke_gain"] for o in mine if o["choke_gain"] is not None]
        span = f"{amount(min(values))} to {amount(max(values))}"
        rows.append(
            (name or "none: no limit earns anything", f"{count:,}", span, amount(median(gains)) if gains else "-")
        )
    title = f"Choke points: runs, objective there, median worth of 10 % more{_in(found)}"
    return TextTable(title, ("choke point", "runs", "objective", "10 % more"), tuple(rows))


def failed_table(found: Sweep) -> TextTable:
    """Return the runs without a plan, with their reasons."""
    rows = [
        (str(o["case"]), o["status"], clip(found.design.cases[o["case"]].said, 40), o["reason"] or "-")
        for o in found.outcomes
        if o.get("objective") is None
    ]
    more = f" (the first {MOST} of {len(rows):,})" if len(rows) > MOST else ""
    headers = ("case", "status", "settings", "reason")
    return TextTable(f"Runs without a plan{more}", headers, tuple(rows[:MOST]), left=4)


def worth(value: float, unit: str) -> str:
    """Write an objective with its unit."""
    return money(value, unit) if unit == "M USD" else f"{value:,.6g} {unit}".rstrip()


def _plans(found: Sweep) -> list[Outcome]:
    return [o for o in found.outcomes if o.get("objective") is not None]


def _counted(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return names with how often they stand there, most often first."""
    return sorted(((name, names.count(name)) for name in dict.fromkeys(names)), key=lambda pair: -pair[1])


def _in(found: Sweep) -> str:
    return f", {found.unit}" if found.unit else ""


def _rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Spearman's rank correlation; None where one side is the same in all runs."""
    if len({a for a, _ in pairs}) < 2 or len({b for _, b in pairs}) < 2:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr([a for a, _ in pairs], [b for _, b in pairs]).statistic)

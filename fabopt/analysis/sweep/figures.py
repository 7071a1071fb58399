"""What is kept of the plan of each case: figures of the whole, and tables by lab, chip or demand and year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fabopt.analysis.plan_tables import accelerators, last_of_years, reported
from fabopt.io.problems import brief, nearest
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[str | float, ...]


def _running(read: Read, period: str) -> float:
    return _sum(accelerators(read, "domain/fleet"), period, "running")


def _power(read: Read, period: str) -> float:
    return _sum(reported(read("domain/fleet")), period, "facility_mw") / 1000.0


def _compute(read: Read, period: str) -> float:
    return _sum(reported(read("domain/chip_mix")), period, "kh100e")


def _installed(read: Read, period: str) -> float:
    labels = list(read("core/periods")["period"])
    until = labels[: labels.index(period) + 1]
    rows = accelerators(read, "domain/deployments")
    return float(rows.loc[rows["period"].isin(until), "kaccelerator"].sum())


def _sum(frame: pd.DataFrame, period: str, column: str) -> float:
    return float(frame.loc[frame["period"] == period, column].sum())


FIGURES: Mapping[str, tuple[str, str, Callable[[Read, str], float]]] = {
    "accelerators": ("thousand accelerators", "accelerators that run", _running),
    "power": ("GW facility", "facility power that the labs draw", _power),
    "compute": ("thousand H100 equivalents", "compute of all labs", _compute),
    "installed": ("thousand accelerators", "accelerators installed under the plan so far", _installed),
}
"""Figures by name: unit, meaning, and how they are read from a plan in a period."""


def figure_problem(figure: str, labels: Sequence[str]) -> tuple[str, str] | None:
    """Return what is wrong with the name of a figure and a hint, or None."""
    name, at, period = figure.partition("@")
    if name not in FIGURES:
        return f"there is no figure {brief(name)}", nearest(name, FIGURES) or f"there are {', '.join(FIGURES)}"
    if at and period not in labels:
        return f"{brief(period)} is no reported period", f"periods run from {labels[0]} to {labels[-1]}"
    return None


def figures(names: Sequence[str], read: Read) -> list[float]:
    """Return figures of a plan; those without a period are of the last reported one."""
    last = str(reported(read("core/periods"))["period"].iloc[-1])
    figures = []
    for figure in names:
        name, at, period = figure.partition("@")
        figures.append(FIGURES[name][2](read, period if at else last))
    return figures


def lab_rows(read: Read) -> tuple[Row, ...]:
    """Return lab, period, accelerators running and installed in the year, facility GW, compute (kH100e)."""
    periods = read("core/periods")
    fleet, counted = reported(read("domain/fleet")), accelerators(read, "domain/fleet")
    deployed, mix = accelerators(read, "domain/deployments"), reported(read("domain/chip_mix"))
    year = dict(zip(periods["period"], periods["start"].str[:4], strict=True))
    rows: list[Row] = []
    for lab in fleet["lab"].unique():
        mine = {name: f[f["lab"] == lab] for name, f in zip("fcdm", (fleet, counted, deployed, mix), strict=True)}
        for period in last_of_years(periods):
            in_year = mine["d"][mine["d"]["period"].map(year) == year[period]]
            rows.append(
                (
                    str(lab),
                    period,
                    _sum(mine["c"], period, "running"),
                    float(in_year["kaccelerator"].sum()),
                    _sum(mine["f"], period, "facility_mw") / 1000.0,
                    _sum(mine["m"], period, "kh100e"),
                )
            )
    return tuple(rows)


def power_rows(read: Read) -> tuple[Row, ...]:
    """Return lab, period and facility GW that the lab draws, for every reported period."""
    fleet, labels = reported(read("domain/fleet")), reported(read("core/periods"))["period"].astype(str)
    return tuple(
        (str(lab), period, _sum(own, period, "facility_mw") / 1000.0)
        for lab, own in fleet.groupby("lab", sort=False)
        for period in labels
    )


def chip_rows(read: Read) -> tuple[Row, ...]:
    """Return chip, period, accelerators running, compute (kH100e), share of all compute."""
    mix = reported(read("domain/chip_mix"))
    ends = last_of_years(read("core/periods"))
    total = {period: _sum(mix, period, "kh100e") for period in ends}
    rows: list[Row] = []
    for chip, own in mix.groupby("chip", sort=False):
        for period in ends:
            made = _sum(own, period, "kh100e")
            share = made / total[period] if total[period] > 0.0 else 0.0
            rows.append((str(chip), period, _sum(own, period, "running"), made, share))
    return tuple(rows)


def demand_rows(read: Read) -> tuple[Row, ...]:
    """Return demand, its unit, period, what was wanted and delivered in the year."""
    demands, periods = reported(read("core/demands")), read("core/periods")
    year = dict(zip(periods["period"], periods["start"].str[:4], strict=True))
    rows: list[Row] = []
    for demand, own in demands.groupby("id", sort=False):
        for period in last_of_years(periods):
            inside = own[own["period"].map(year) == year[period]]
            unit = str(own["unit"].iloc[0])
            wanted, got = float(inside["quantity"].sum()), float(inside["delivered"].sum())
            rows.append((str(demand), unit, period, wanted, got))
    return tuple(rows)

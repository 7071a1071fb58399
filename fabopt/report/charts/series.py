"""Amounts over time, stacked: power by lab, compute by chip, deliveries of a plain network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis.plan_tables import reported
from fabopt.domain.names import NO_NAMES, Names
from fabopt.report.charts.style import (
    INK,
    NAME,
    ChartError,
    altair,
    beside,
    colours,
    ranked,
    time_axis,
)
from fabopt.report.names import UNNAMED, ByKind, in_column
from fabopt.report.text import amount, clip, plain_line
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT, LINE = 400, 270, 14
"""Size of a panel and height of a line of text, in pixels."""


def panels(read: Read, lab: str = "", names: ByKind = UNNAMED) -> list[Any]:
    """Return the panels of the plan: power by lab and compute by chip; deliveries where nothing is deployed."""
    labels = period_labels(read)
    if len(reported(read("domain/fleet"))):
        return [
            stacked(power_rows(read, lab), "lab", "Facility power in use, GW", labels, names=in_column(names, "lab")),
            stacked(
                compute_rows(read, lab), "chip", "Compute, million H100 equivalents", labels,
                names=in_column(names, "chip"),
            ),
        ]  # fmt: skip
    got = reported(read("core/demands"))
    if not len(got):
        raise ChartError("The plan has neither accelerators nor demands, so there is nothing to draw over time.")
    got = got.assign(amount=got["delivered"], demand=got["name"])
    return [
        stacked(own, "demand", f"Delivered, {clip(str(unit), NAME) or 'units'} per period", labels)
        for unit, own in got.groupby("unit", sort=False)
    ]


def power_panel(read: Read, lab: str = "", names: ByKind = UNNAMED) -> Any:
    """Return facility power in use by lab, GW, with a line on what stands."""
    alt = altair()

    rows, labels = power_rows(read, lab), period_labels(read)
    most = available_rows(read, lab)
    top = float(most["available"].max())
    layers = stacked(rows, "lab", "Facility power, GW", labels, top=top, names=in_column(names, "lab"))
    line = alt.Chart(most).mark_tick(color="black", thickness=2.5, size=WIDTH / len(labels), orient="horizontal")
    return layers + line.encode(
        x=alt.X("period:O", sort=labels),
        y=alt.Y("available:Q"),
        tooltip=[alt.Tooltip("period:O"), alt.Tooltip("available:Q", title="stands, GW", format=",.3~f")],
    )


def mix_panel(read: Read, lab: str = "", names: ByKind = UNNAMED) -> Any:
    """Return each chip's share of the compute of all labs, or of one, percent."""
    rows = compute_rows(read, lab)
    total = rows.groupby("period", sort=False)["amount"].transform("sum")
    shares = rows[total > 0.0].assign(amount=100.0 * rows["amount"] / total)
    labels, called = period_labels(read), in_column(names, "chip")
    return stacked(shares, "chip", "Share of compute, %", labels, top=100.0, width=520, names=called)


def power_rows(read: Read, lab: str = "") -> pd.DataFrame:
    """Return facility power in use by period and lab (column `amount`, GW)."""
    fleet = _of(reported(read("domain/fleet")), lab)
    return fleet.assign(amount=fleet["facility_mw"] / 1000.0)


def available_rows(read: Read, lab: str = "") -> pd.DataFrame:
    """Return facility power that stands at the sites by period (column `available`, GW)."""
    power = _of(reported(read("domain/power")), lab)
    power = power.assign(available=(power["firm"] + power["added"]) / 1000.0)
    sums: pd.DataFrame = power.groupby("period", sort=False)[["available"]].sum().reset_index()
    return sums


def compute_rows(read: Read, lab: str = "") -> pd.DataFrame:
    """Return compute by period and chip (column `amount`, million H100 equivalents)."""
    mix = _of(reported(read("domain/chip_mix")), lab)
    return mix.assign(amount=mix["kh100e"] / 1000.0)


def _of(rows: pd.DataFrame, lab: str) -> pd.DataFrame:
    """Return the rows of a lab, or all; ChartError where there are none."""
    own = rows[rows["lab"] == lab] if lab else rows
    if len(own):
        return own
    labs = ", ".join(clip(str(name), NAME) for name in rows["lab"].unique())
    if not labs:
        raise ChartError("The plan runs no accelerators, so there is no power or compute to draw.")
    raise ChartError(f"The plan has no lab '{clip(lab, NAME)}'; there are {labs}.")


def period_labels(read: Read) -> list[str]:
    """Return the labels of the reported periods."""
    return [str(label) for label in reported(read("core/periods"))["period"]]


def stacked(
    rows: pd.DataFrame,
    by: str,
    title: str,
    labels: Sequence[str],
    top: float = 0.0,
    width: int = WIDTH,
    height: int = HEIGHT,
    names: Names = NO_NAMES,
) -> Any:
    """Return stacked steps over time, the largest series at the bottom, each named where it ends.

    Parameters
    ----------
    rows
        Columns `period`, `amount` and the one named by `by`.
    by
        Column whose values become series.
    title
        Title with the unit.
    labels
        Periods in order.
    top
        Upper end of the axis, where it lies above the sums.
    width, height
        Pixels.
    names
        What the series are called.
    """
    alt = altair()
    import pandas as pd

    joined, order = ranked(rows, by)
    table = [{**row, "name": plain_line(names[row["series"]])} for row in stack(joined, order, labels)]
    ceiling = max(top, max((row["high"] for row in table), default=0.0)) or 1.0
    scale = alt.Scale(domain=order, range=colours(order))
    y = alt.Scale(domain=[0, ceiling], nice=False)
    x = alt.X("period:O", sort=list(labels), scale=alt.Scale(domain=list(labels)), axis=time_axis(labels))
    bars = (
        alt.Chart(pd.DataFrame(table, columns=["period", "series", "name", "amount", "low", "high"]))
        .mark_bar(binSpacing=0, stroke="white", strokeWidth=0.6)
        .encode(
            x=x,
            y=alt.Y("low:Q", title=title, scale=y, axis=alt.Axis(tickCount=6)),
            y2="high:Q",
            color=alt.Color("series:N", scale=scale, legend=None),
            tooltip=[
                alt.Tooltip("name:N", title=by),
                alt.Tooltip("period:O"),
                alt.Tooltip("amount:Q", title=clip(title, NAME), format=",.3~f"),
            ],
        )
    )
    lines = _names(table, labels, ceiling * LINE / height, ceiling)
    text = alt.Chart(lines).mark_text(align="left", dx=12, baseline="middle", color=INK)
    square = alt.Chart(lines[lines["first"]]).mark_point(shape="square", filled=True, size=60, opacity=1, xOffset=6)
    at = {"x": alt.value("width"), "y": alt.Y("place:Q", scale=y)}
    text = text.encode(**at, text="says:N")
    square = square.encode(**at, color=alt.Color("series:N", scale=scale, legend=None))
    return alt.layer(bars, text, square).properties(width=width, height=height)


def stack(joined: pd.DataFrame, order: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row a period and series with the ends of its piece, piled up in order."""
    amounts = {(p, s): float(a) for p, s, a in zip(joined["period"], joined["series"], joined["amount"], strict=True)}
    rows = []
    for period in labels:
        low = 0.0
        for name in order:
            size = amounts.get((period, name), 0.0)
            rows.append({"period": period, "series": name, "amount": size, "low": low, "high": low + size})
            low += size
    return rows


def _names(table: Sequence[dict[str, Any]], labels: Sequence[str], line: float, ceiling: float) -> pd.DataFrame:
    """Return the lines of the name of each series, at its last piece."""
    last = [row for row in table if row["period"] == labels[-1]]
    series = {
        row["series"]: (row["name"], (row["low"] + row["high"]) / 2.0, f": {amount(row['amount'])}") for row in last
    }
    return beside(series, line, line / 2.0, ceiling)

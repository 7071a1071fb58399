"""The picture of a result: power by lab and compute by chip over time (or deliveries, for a plain network).

Charts are Vega-Lite through Altair and are drawn by vl-convert, without a browser.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabopt.analysis.plan_tables import reported

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[[str], pd.DataFrame]

FORMATS = (".svg", ".png")
MOST_SERIES = 7


class ChartError(ValueError):
    """A picture that cannot be drawn; the message is a full sentence."""


def result_chart(title: str, read: Read) -> Any:
    """Return the Altair chart of a result.

    Parameters
    ----------
    title
        Title of the picture.
    read
        Returns a table by its name (``domain/fleet``).
    """
    import altair as alt

    fleet, mix, demands = (reported(read(name)) for name in ("domain/fleet", "domain/chip_mix", "core/demands"))
    if len(fleet):
        power = fleet.assign(amount=fleet["facility_mw"] / 1000.0)
        compute = mix.assign(amount=mix["kh100e"] / 1000.0)
        panels = [
            _areas(read, power, "lab", "Facility power in use, GW", "tableau10"),
            _areas(read, compute, "chip", "Compute, million H100 equivalents", "set2"),
        ]
    else:
        got = demands.assign(amount=demands["delivered"], demand=demands["name"])
        panels = [
            _areas(read, own, "demand", f"Delivered, {unit} per period", "tableau10")
            for unit, own in got.groupby("unit", sort=False)
        ]
    chart = alt.hconcat(*panels).resolve_scale(color="independent")
    return chart.properties(title=title).configure_axis(grid=False).configure_view(stroke=None)


def _areas(read: Read, rows: pd.DataFrame, by: str, title: str, scheme: str) -> Any:
    """Return stacked steps over time, largest series at the bottom; small ones are joined as 'others'."""
    import altair

    alt: Any = altair  # its own annotations know fewer calls than it takes
    sums = rows.groupby(by, sort=False)["amount"].sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in sums.index[:MOST_SERIES]]
    shown = rows[by].where(rows[by].isin(names), "others")
    order = [*names, "others"] if len(sums) > MOST_SERIES else names
    joined = rows.assign(series=shown).groupby(["period", "series"], sort=False)[["amount"]].sum().reset_index()
    data = [
        {"period": period, "series": name, "amount": value, "order": order.index(name)}
        for period, name, value in zip(joined["period"], joined["series"], joined["amount"], strict=True)
    ]
    labels = reported(read("core/periods"))["period"].tolist()
    return (
        alt.Chart(alt.Data(values=data), title=title, width=380, height=260)
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X("period:O", sort=labels, scale=alt.Scale(domain=labels), title=None, axis=_axis(labels)),
            y=alt.Y("amount:Q", title=None),
            color=alt.Color("series:N", sort=order, title=by, scale=alt.Scale(scheme=scheme)),
            order=alt.Order("order:Q"),
        )
    )


def _axis(labels: list[str]) -> Any:
    """Return an axis with at most about a dozen labels."""
    import altair as alt

    step = max(1, -(-len(labels) // 12))
    return alt.Axis(values=labels[::step], labelAngle=-60)


def save_chart(path: Path, title: str, read: Read) -> None:
    """Write the picture of a result as SVG or PNG, by the file's ending.

    Raises
    ------
    ChartError
        When the ending is another one.
    """
    import vl_convert

    if path.suffix.lower() not in FORMATS:
        raise ChartError(f"A chart is written as {' or '.join(FORMATS)}, not as '{path.suffix}'.")
    spec = result_chart(title, read).to_json()
    if path.suffix.lower() == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
    else:
        path.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))

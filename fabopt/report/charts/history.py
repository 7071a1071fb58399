"""Past and plan in one picture: observed figures, the plan's years, and published figures with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis.history import Point, history_frame
from fabopt.domain.measured import MEASURED
from fabopt.report.charts.style import INK, PALETTE, altair, beside, finished, heading
from fabopt.report.names import UNNAMED, ByKind, in_column
from fabopt.report.text import plain_line

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT, LINE = 430, 330, 14
"""Size of a panel and height of a line of text, in pixels."""

LARGER = {
    "kaccelerator": ("million accelerators", 1e-3),
    "MW": ("GW", 1e-3),
    "kH100e": ("million H100 equivalents", 1e-3),
}
"""Larger units in which whole worlds are drawn, and one of the measure's own in it."""

COLOURS = (*PALETTE, "#000000", "#8c8c8c")
"""Colours of the series; a world has more labs than the palette colours."""

LEAST = 1e-3
"""Smallest part of the largest number of a panel that is drawn on its logarithmic axis."""


def past_chart(points: Sequence[Point], name: str, said: str, names: ByKind = UNNAMED) -> Any:
    """Return the picture of a history, None where there is no past."""
    alt = altair()
    if not points:
        return None
    groups = list(dict.fromkeys((point.measure, point.tag) for point in points))
    panels = [_panel([point for point in points if (point.measure, point.tag) == group], names) for group in groups]
    caption = (
        "Circles and full lines: observed, with ranges. Squares and broken lines: the plan. Bars with diamonds: "
        "published of the future, with ranges. A year of which a part is planned stands at the pace of that part; what "
        "is installed is that at the end of a year.",
    )
    chart = alt.hconcat(*panels, spacing=24).resolve_scale(color="independent")
    return finished(chart.properties(title=heading(f"Past and plan of {name}", (*caption, said))))


def _panel(points: Sequence[Point], names: ByKind) -> Any:
    alt = altair()
    unit, factor = LARGER.get(points[0].unit, (points[0].unit, 1.0))
    rows, called = history_frame(tuple(points)), in_column(names, points[0].tag)
    rows["name"] = [plain_line(called[series]) for series in rows["series"]]
    rows[["value", "low", "high"]] *= factor
    top = float(rows[["value", "high"]].max().max())
    rows = rows[rows["value"] > LEAST * top]
    rows["low"] = rows["low"].clip(lower=0.5 * LEAST * top)
    last = rows[rows["what"] == "plan"].sort_values("year").groupby("series").last().sort_values("value").reset_index()
    order = [str(name) for name in reversed(last["series"])]
    order += [str(name) for name in dict.fromkeys(rows["series"]) if name not in order]
    scale = alt.Scale(domain=order, range=[COLOURS[n % len(COLOURS)] for n in range(len(order))])
    color = alt.Color("series:N", scale=scale, legend=None)
    low, high = float(rows[["value", "low"]].min().min()), float(rows[["value", "high"]].max().max())
    y_scale = alt.Scale(type="log", domain=[low, high], nice=False)
    says = MEASURED[points[0].measure].says
    flow = "" if MEASURED[points[0].measure].level else " a year"
    title = f"{says[:1].upper()}{says[1:]} by {points[0].tag}, {unit}{flow}"
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("value:Q", scale=y_scale, title=title, axis=alt.Axis(tickCount=6, format="~g"))
    tooltip = [
        alt.Tooltip("name:N", title=points[0].tag),
        *(alt.Tooltip(f"{name}:N") for name in ("year", "what")),
    ] + [alt.Tooltip(f"{name}:Q", format=",.3~f") for name in ("value", "low", "high")]
    base = alt.Chart(rows).encode(x=x, color=color, tooltip=tooltip)
    observed, plan, published = (
        base.transform_filter(alt.datum.what == what) for what in ("observed", "plan", "published")
    )
    known = base.transform_filter(alt.datum.what != "published")
    layers = [
        known.mark_line(opacity=0.25, strokeWidth=1).encode(y=y),
        observed.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q", scale=y_scale), y2="high:Q"),
        observed.mark_line().encode(y=y),
        observed.mark_point(filled=True, size=45, opacity=1).encode(y=y),
        plan.mark_line(strokeDash=[5, 3]).encode(y=y),
        plan.mark_point(shape="square", filled=True, size=35, opacity=1).encode(y=y),
        published.mark_rule(strokeWidth=4, opacity=0.3).encode(y=alt.Y("low:Q", scale=y_scale), y2="high:Q"),
        published.mark_point(shape="diamond", size=70, opacity=0.9).encode(y=y),
        *_names(last, low, high, y_scale, color),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _names(last: pd.DataFrame, low: float, high: float, scale: Any, color: Any) -> list[Any]:
    """Return the names of the series beside the ends of their lines."""
    alt = altair()
    import numpy as np

    if not len(last):
        return []
    wide = float(np.log(high / low))
    shown = zip(last["series"], last["name"], last["value"], strict=True)
    ends = {str(id): (str(name), float(np.log(value / low)), "") for id, name, value in shown}
    named = beside(ends, wide * LINE / HEIGHT, 0.0, wide)
    named["place"] = low * np.exp(named["place"])
    at = {"x": alt.value("width"), "y": alt.Y("place:Q", scale=scale)}
    text = alt.Chart(named).mark_text(align="left", dx=14, baseline="middle", color=INK).encode(**at, text="says:N")
    square = alt.Chart(named[named["first"]]).mark_point(shape="square", filled=True, size=60, opacity=1, xOffset=6)
    square = square.encode(**at, color=color)
    return [text, square]

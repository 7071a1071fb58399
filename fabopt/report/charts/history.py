"""Past and plan in one picture: observed figures, the plan's years, and published figures with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fabopt.analysis.history import Point, history_frame
from fabopt.domain.measured import MEASURED
from fabopt.report.charts.style import INK, NAME, PALETTE, altair, finished, heading, spread
from fabopt.report.text import clip

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


def past_chart(points: Sequence[Point], name: str, said: str) -> Any:
    """Return the picture of a history, None where there is no past."""
    alt = altair()
    if not points:
        return None
    groups = list(dict.fromkeys((point.measure, point.tag) for point in points))
    panels = [_panel([point for point in points if (point.measure, point.tag) == group]) for group in groups]
    caption = (
        "Circles and full lines: observed, with ranges. Squares and broken lines: the plan. Bars with diamonds: "
        "published of the future, with ranges. A year of which a part is planned stands at the pace of that part; what "
        "is installed is that at the end of a year.",
    )
    chart = alt.hconcat(*panels, spacing=24).resolve_scale(color="independent")
    return finished(chart.properties(title=heading(f"Past and plan of {name}", (*caption, said))))


def _panel(points: Sequence[Point]) -> Any:
    alt = altair()
    unit, factor = LARGER.get(points[0].unit, (points[0].unit, 1.0))
    rows = history_frame(tuple(points))
    rows[["value", "low", "high"]] *= factor
    top = float(rows[["value", "high"]].max().max())
    rows = rows[rows["value"] > LEAST * top]
    rows["low"] = rows["low"].clip(lower=0.5 * LEAST * top)
    last = rows[rows["what"] == "plan"].sort_values("year").groupby("series").last().sort_values("value")
    order = [str(name) for name in reversed(last.index)]
    order += [str(name) for name in dict.fromkeys(rows["series"]) if name not in order]
    scale = alt.Scale(domain=order, range=[COLOURS[n % len(COLOURS)] for n in range(len(order))])
    color = alt.Color("series:N", scale=scale, legend=None)
    low, high = float(rows[["value", "low"]].min().min()), float(rows[["value", "high"]].max().max())
    y_scale = alt.Scale(type="log", domain=[low, high], nice=False)
    says = MEASURED[points[0].measure].says
    flow = "" if MEASURED[points[0].measure].level else " a year"
    title = f"{says[:1].upper()}{says[1:]} by {points[0].tag}, {unit}{flow}"
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", scale=y_scale, title=title, axis=alt.Axis(tickCount=6, format="~g"))
    tooltip = [alt.Tooltip(f"{name}:N") for name in ("series", "year", "what")] + [
        alt.Tooltip(f"{name}:Q", format=",.3~f") for name in ("value", "low", "high")
    ]
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
        *_names(last["value"].to_dict(), low, high, y_scale, color),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _names(ends: dict[Any, float], low: float, high: float, scale: Any, color: Any) -> list[Any]:
    """Return the names of the series beside the ends of their lines."""
    alt = altair()
    import numpy as np
    import pandas as pd

    if not ends:
        return []
    wide = np.log(high / low)
    places = spread([float(np.log(value / low)) for value in ends.values()], wide * LINE / HEIGHT, 0.0, wide)
    named = pd.DataFrame(
        {"series": [str(name) for name in ends], "place": [low * float(np.exp(place)) for place in places]}
    )
    named["says"] = [clip(name, NAME) for name in named["series"]]
    at = alt.Chart(named).encode(y=alt.Y("place:Q", scale=scale))
    text = at.mark_text(align="left", dx=14, baseline="middle", color=INK).encode(x=alt.value(WIDTH), text="says:N")
    square = at.mark_point(shape="square", filled=True, size=60, opacity=1).encode(x=alt.value(WIDTH + 6), color=color)
    return [text, square]

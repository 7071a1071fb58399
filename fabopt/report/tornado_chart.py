"""Pictures of sensitivity: the tornado, value functions, the map of choke points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fabopt.analysis.sensitivity.curve import ValueFunction
from fabopt.analysis.sensitivity.phases import Phases
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.report.charts.style import PALETTE, altair, finished, heading, letter_map
from fabopt.report.text import amount, clip, few, listed

NAME = 52
"""Longest name in a picture."""

LOW, HIGH, TURNS = "at its low", "at its high", "another choke point"
COLOURS = ("#9ecae1", "#08519c")
"""Light and dark blue: told apart in grey, and by the colour-blind."""


def tornado_chart(tornado: Tornado) -> Any:
    """Return the bars, widest at the top, with a mark where the choke point is another; None without bars."""
    alt = altair()
    import pandas as pd

    rows = bar_rows(tornado)
    if not rows:
        return None
    data = pd.DataFrame(rows)
    order = list(dict.fromkeys(data["number"]))
    unit = f", {tornado.unit}" if tornado.unit else ""
    y = alt.Y("number:N", sort=order, title=None, axis=alt.Axis(labelLimit=380))
    base = alt.Chart(data)
    bars = base.mark_bar(stroke="#333333", strokeWidth=0.4).encode(
        x=alt.X("change:Q", title=f"change of the {tornado.objective_name}{unit}"),
        y=y,
        color=alt.Color("end:N", title=None, scale=alt.Scale(domain=[LOW, HIGH], range=list(COLOURS))),
        order=alt.Order("size:Q", sort="descending"),
    )
    points = base.transform_filter("datum.turns").mark_point(
        shape="diamond", filled=True, size=70, color="#d95f02", stroke="black"
    )
    marks = points.encode(x="change:Q", y=y, shape=alt.Shape("mark:N", title=None, scale=alt.Scale(range=["diamond"])))
    sources = sorted({s for b in tornado.bars for s in b.number.source.split(", ") if s})
    caption = [
        f"{clip(tornado.held, 80)}; the choke point is {clip(tornado.choke or 'none', 60)}",
        _rests_on(sources),
    ]
    title = alt.TitleParams(f"What the ends of each range change{unit}", subtitle=caption, anchor="start")
    # A layer without a row would leave the axis of names without a size.
    layers = [bars, marks] if data["turns"].any() else [bars]
    return finished(alt.layer(*layers).properties(width=460, title=title))


def _rests_on(sources: Iterable[str]) -> str:
    """Return the line of a caption that names the sources of the numbers that are moved."""
    said = listed(few(list(sources), 12))
    return f"Sources: {clip(said, 100)}" if said else "Sources: none; what is moved is assumed"


def bar_rows(tornado: Tornado) -> list[dict[str, object]]:
    """Return what the picture shows: one row a bar and end."""
    rows: list[dict[str, object]] = []
    for bar in tornado.bars:
        n = bar.number
        unit = "" if n.unit == "1" else f" {n.unit}"
        name = f"{_tail(n.path)}  ({amount(n.low)} to {amount(n.high)}{unit})"
        for label, end in ((LOW, bar.low), (HIGH, bar.high)):
            if end is not None and end.change is not None:
                rows.append(
                    {
                        "number": name,
                        "lever": n.path,
                        "end": label,
                        "at": f"{amount(end.value)}{unit}",
                        "change": end.change,
                        "size": abs(end.change),
                        "turns": end.choke != tornado.choke,
                        "mark": TURNS,
                        "choke": end.choke,
                    }
                )
    return rows


def _tail(path: str) -> str:
    """Return a lever path whose end is kept: it says which number it is."""
    return path if len(path) <= NAME else f"…{path[-(NAME - 1) :]}"


def value_chart(value_function: ValueFunction) -> Any:
    """Return the curve with its breakpoints, and what is certified with integers free."""
    alt = altair()
    import pandas as pd

    money = f", {value_function.money}" if value_function.money else ""
    x = alt.X("at:Q", title=value_function.lever.label, scale=alt.Scale(zero=False))
    y = alt.Y("objective:Q", title=f"{value_function.objective_name}{money}", scale=alt.Scale(zero=False))
    held = alt.Chart(pd.DataFrame(value_function.breakpoints, columns=["at", "objective"]))
    layers = [
        held.mark_line(color=COLOURS[1]).encode(x=x, y=y),
        held.mark_point(color=COLOURS[1], filled=True, size=36).encode(x=x, y=y),
        alt.Chart(pd.DataFrame({"at": [value_function.lever.value]}))
        .mark_rule(strokeDash=[4, 3], color="#555555")
        .encode(x="at:Q"),
    ]
    if value_function.points:
        rows = [(p.at, p.objective, p.bound) for p in value_function.points]
        free = alt.Chart(pd.DataFrame(rows, columns=["at", "objective", "bound"]))
        layers.append(free.mark_rule(color="#d95f02", strokeWidth=3).encode(x="at:Q", y="objective:Q", y2="bound:Q"))
        layers.append(free.mark_point(color="#d95f02", shape="diamond", filled=True, size=60).encode(x="at:Q", y=y))
    chokes = ", then ".join(dict.fromkeys(s.choke or "none" for s in value_function.stretches))
    caption = [
        f"Choke point: {clip(chokes, 110)}",
        "Line: integers held" + ("; diamonds: free, up to the bound" if value_function.points else "")
        + "; dashed: as in the instance",
        _rests_on(value_function.source),
    ]  # fmt: skip
    title = alt.TitleParams(f"The {value_function.objective_name} against one number", subtitle=caption, anchor="start")
    return finished(alt.layer(*layers).properties(width=460, height=280, title=title))


def phase_chart(phases: Phases, letters: Mapping[str, str]) -> Any:
    """Return the map of choke points, each cell with the letter of its choke point."""
    alt = altair()
    import pandas as pd

    says = {choke: f"{letter}  {clip(choke or 'none', NAME)}" for choke, letter in letters.items()}
    rows = [(c.x, c.y, letters[c.choke], says[c.choke]) for c in phases.cells if c.objective is not None]
    cells = letter_map(
        pd.DataFrame(rows, columns=["x", "y", "letter", "name"]),
        list(dict.fromkeys(says.values())),
        PALETTE,
        x=alt.X("x:O", title=phases.x.label, axis=alt.Axis(format="~g", labelAngle=0)),
        y=alt.Y("y:O", title=phases.y.label, sort="descending", axis=alt.Axis(format="~g")),
    )
    caption = (
        f"Integers held; in the instance {amount(phases.x.value)} and {amount(phases.y.value)}",
        _rests_on(dict.fromkeys((*phases.sources[0], *phases.sources[1]))),
    )
    title = heading("Which limit is the choke point where", caption)
    return finished(cells.properties(width=420, height=320, title=title))

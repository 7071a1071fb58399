"""Pictures of sensitivity: the tornado, value functions, the map of choke points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fabopt.analysis.sensitivity.curve import ValueFunction
from fabopt.analysis.sensitivity.dial import Dial
from fabopt.analysis.sensitivity.phases import Phases
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.report.charts.style import PALETTE, altair, finished, heading, letter_map, name_axis
from fabopt.report.text import amount, clip, few, listed, plain_line, wrap

NAME = 58
"""Longest line of a name in a picture."""

LOW, HIGH, TURNS = "at its low", "at its high", "another choke point"
COLOURS = ("#9ecae1", "#08519c")
"""Light and dark blue: told apart in grey, and by the colour-blind."""


def tornado_chart(tornado: Tornado, called: Callable[[str], str] = str) -> Any:
    """Return the bars, widest at the top, with a mark where the choke point is another; None without bars."""
    alt = altair()
    import pandas as pd

    rows = bar_rows(tornado, called)
    if not rows:
        return None
    data = pd.DataFrame(rows)
    order = list(dict.fromkeys(data["number"]))
    unit = f", {tornado.unit}" if tornado.unit else ""
    y = alt.Y("number:N", sort=order, title=None, axis=name_axis(order, NAME))
    base = alt.Chart(data)
    bars = base.mark_bar(stroke="#333333", strokeWidth=0.4).encode(
        x=alt.X("change:Q", title=f"change of the {tornado.objective_name}{unit}"),
        y=y,
        color=alt.Color("end:N", title=None, scale=alt.Scale(domain=[LOW, HIGH], range=list(COLOURS))),
        order=alt.Order("size:Q", sort="descending"),
        tooltip=[
            alt.Tooltip("number:N"),
            alt.Tooltip("at:N", title="moved to"),
            alt.Tooltip("change:Q", title=f"change{unit}", format="+,.4~g"),
            alt.Tooltip("choke:N", title="choke point"),
            alt.Tooltip("lever:N"),
        ],
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


def bar_rows(tornado: Tornado, called: Callable[[str], str] = str) -> list[dict[str, object]]:
    """Return what the picture shows: one row a bar and end."""
    rows: list[dict[str, object]] = []
    names = told_apart({bar.number.path: called(bar.number.path) for bar in tornado.bars})
    for bar in tornado.bars:
        n = bar.number
        unit = "" if n.unit == "1" else f" {n.unit}"
        name = f"{names[n.path]} ({amount(n.low)} to {amount(n.high)}{unit})"
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


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by path; where two are equal, the path stands behind."""
    count = Counter(names.values())
    return {path: plain_line(name if count[name] == 1 else f"{name}: {path}") for path, name in names.items()}


def _moved(dial: Dial, called: Callable[[str], str]) -> str | list[str]:
    """Return the title of an axis along which a number is moved: what it is called, and its unit."""
    name = called(dial.path)
    lines = wrap(name if dial.unit == "1" else f"{name}, {dial.unit}", NAME)
    return lines if len(lines) > 1 else lines[0]


def value_chart(value_function: ValueFunction, called: Callable[[str], str] = str) -> Any:
    """Return the curve with its breakpoints, and what is certified with integers free."""
    alt = altair()
    import pandas as pd

    money = f", {value_function.money}" if value_function.money else ""
    x = alt.X("at:Q", title=_moved(value_function.lever, called), scale=alt.Scale(zero=False))
    y = alt.Y("objective:Q", title=f"{value_function.objective_name}{money}", scale=alt.Scale(zero=False))
    held = alt.Chart(pd.DataFrame(value_function.breakpoints, columns=["at", "objective"]))
    layers = [
        held.mark_line(color=COLOURS[1]).encode(x=x, y=y),
        held.mark_point(color=COLOURS[1], filled=True, size=36).encode(
            x=x, y=y, tooltip=[alt.Tooltip(f"{name}:Q", format=",.4~g") for name in ("at", "objective")]
        ),
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


def phase_chart(phases: Phases, letters: Mapping[str, str], called: Callable[[str], str] = str) -> Any:
    """Return the map of choke points, each cell with the letter of its choke point."""
    alt = altair()
    import pandas as pd

    says = {choke: f"{letter}  {plain_line(choke or 'none')}" for choke, letter in letters.items()}
    rows = [(c.x, c.y, letters[c.choke], says[c.choke]) for c in phases.cells if c.objective is not None]
    cells = letter_map(
        pd.DataFrame(rows, columns=["x", "y", "letter", "name"]),
        list(dict.fromkeys(says.values())),
        PALETTE,
        x=alt.X("x:O", title=_moved(phases.x, called), axis=alt.Axis(format="~g", labelAngle=0)),
        y=alt.Y("y:O", title=_moved(phases.y, called), sort="descending", axis=alt.Axis(format="~g")),
    )
    caption = (
        f"Integers held; in the instance {amount(phases.x.value)} and {amount(phases.y.value)}",
        _rests_on(dict.fromkeys((*phases.sources[0], *phases.sources[1]))),
    )
    title = heading("Which limit is the choke point where", caption)
    return finished(cells.properties(width=420, height=320, title=title))

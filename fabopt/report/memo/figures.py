"""The memo's pictures, from its record alone: dates of signatures, chips and choke point by year, assumptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fabopt.analysis.memo.records import Memo
from fabopt.report.charts.series import stacked
from fabopt.report.charts.style import INK, MOST_SERIES, altair, name_axis, specified
from fabopt.report.memo.people import People
from fabopt.report.memo.words import limit_name, words
from fabopt.report.text import clip, plain_line, wrap
from fabopt.report.tornado_chart import COLOURS

FONT = "Noto Sans SC"
FONTS = f"{FONT}, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Segoe UI, Arial, sans-serif"
"""The font that pictures are drawn in, which has Latin and Chinese letters, and what stands in for it elsewhere."""

EXTRA_FONTS = ("pylopdf_fonts_ko",)
"""Packages of fonts that stand in where the others lack a letter; the extra ``fonts`` installs them."""

FIGURES = ("gantt", "mix", "choke", "tornado")
"""Names of the pictures."""

NAME, NUMBER, DATE, ASSUMPTIONS, ORDERS = 46, 60, 10, 10, 12
"""Longest line of a name, of a number with its range, and of a period; how many assumptions and orders are shown."""

_MONEY = {"en": 1000.0, "zh": 100.0}
"""Million dollars in a unit of the axes of money."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture: its Vega-Lite specification, and as SVG and PNG."""

    spec: Mapping[str, Any]
    svg: str
    png: bytes


def figures(memo: Memo, people: People) -> dict[str, Drawn]:
    """Return the pictures by name; those with nothing to show are left out."""
    made = zip(FIGURES, (gantt_chart, mix_chart, choke_chart, tornado_chart), strict=True)
    charts = {name: draw(memo, people) for name, draw in made}
    return {name: _drawn(chart) for name, chart in charts.items() if chart is not None}


def gantt_chart(memo: Memo, people: People) -> Any:
    """Return when each order that is advised is signed in the plan, delivered, and may be signed at last.

    Deliveries after the reported periods end at the edge.
    """
    alt = altair()
    import pandas as pd

    said, place = words(people.lang)["chart"], {label: n for n, label in enumerate(memo.periods)}
    end, rows = len(place), []
    orders = [s for s in memo.advice if s.planned in place][:ORDERS]
    for n, one in enumerate(orders):
        order = said["order"].format(when=clip(people.short_period(one.planned), DATE)) if one.one_of_several else ""
        name = f"{n + 1}. {plain_line(limit_name(people.lang, one.what))}{order}"
        first = place.get(one.first, end)
        rows.append((name, place[one.planned], first, place.get(one.last, end - 1) + 1, place.get(one.decide_by)))
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["what", "signed", "first", "last", "latest"])
    labels = "[" + ",".join(f"'{people.short_period(label)}'" for label in memo.periods) + "]"
    axis = alt.Axis(values=list(range(0, end + 1, 4 if end > 8 else 1)), labelExpr=f"{labels}[datum.value] || ''")
    y = alt.Y("what:N", sort=list(data["what"]), title=None, axis=name_axis(data["what"], NAME, 320))
    x = alt.X("signed:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, end], nice=False))
    base = alt.Chart(data).encode(y=y)
    waits = base.mark_bar(height=3, color=INK).encode(x=x, x2="first:Q")
    comes = base.transform_filter("datum.last > datum.first").mark_bar(height=10, color=COLOURS[0])
    latest = base.transform_filter("isValid(datum.latest)").mark_point(
        filled=True, shape="diamond", size=70, color="#d95f02", stroke="black"
    )
    tip = [alt.Tooltip("what:N"), alt.Tooltip("latest:Q", title=said["latest"])]
    return alt.layer(
        waits, comes.encode(x="first:Q", x2="last:Q"), latest.encode(x="latest:Q", tooltip=tip)
    ).properties(width=360, height=alt.Step(_step(data["what"], 15, NAME)))


def mix_chart(memo: Memo, people: People) -> Any:
    """Return each chip's share of the lab's compute by year."""
    import pandas as pd

    said = words(people.lang)["chart"]
    if not memo.mix:
        return None
    totals: dict[str, float] = {}
    for row in memo.mix:
        totals[row.name] = totals.get(row.name, 0.0) + row.share.value
    kept = sorted(totals, key=lambda name: -totals[name])[: MOST_SERIES - 1]
    if len(totals) == MOST_SERIES:
        kept = list(totals)
    rows = [(row.year, row.name if row.name in kept else said["others"], 100.0 * row.share.value) for row in memo.mix]
    years = list(dict.fromkeys(row.year for row in memo.mix))
    data = pd.DataFrame(rows, columns=["period", said["chip"], "amount"])
    return stacked(data, said["chip"], said["share"], years, top=100.0, width=190, height=150)


def choke_chart(memo: Memo, people: People) -> Any:
    """Return what holds the lab back in each year, and what 10 % more of it is worth."""
    alt = altair()
    import pandas as pd

    said = words(people.lang)["chart"]
    rows = [
        (year.year, year.worth.value / _MONEY[people.lang], plain_line(limit_name(people.lang, year.limit)))
        for year in memo.chokes
    ]
    if not rows:
        return None
    y = alt.Y("year:O", title=None, sort=[row[0] for row in rows])
    base = alt.Chart(pd.DataFrame(rows, columns=["year", "worth", "limit"])).encode(y=y)
    bars = base.mark_bar(color=COLOURS[0]).encode(
        x=alt.X("worth:Q", title=f"{said['worth']}, {said['money']}", axis=alt.Axis(tickCount=4)),
        tooltip=[alt.Tooltip("limit:N"), alt.Tooltip("worth:Q", format=",.3~g")],
    )
    parts = [(year, line, 13 * n - 6.5 * more) for year, _, name in rows for n, line, more in _two_lines(name)]
    lines = alt.Chart(pd.DataFrame(parts, columns=["year", "line", "below"])).encode(y=y)
    text = lines.mark_text(align="left", dx=5, dy=alt.ExprRef("datum.below"), color=INK)
    return (bars + text.encode(x=alt.datum(0), text="line:N")).properties(width=300, height=150)


def tornado_chart(memo: Memo, people: People) -> Any:
    """Return what the ends of the ranges of the assumptions that matter most change.

    A diamond: another choke point of the whole chain. A wavy sign before a name: not solved again, but a straight line
    by the plan's prices.
    """
    alt = altair()
    import pandas as pd

    said = words(people.lang)["chart"]
    rows = []
    for one in memo.assumptions[:ASSUMPTIONS]:
        mark = "" if one.solved else "≈ "
        name = f"{mark}{plain_line(limit_name(people.lang, one.name or one.path))} ({people.span(one.value)})"
        for end, at, choke in (("low", one.at_low, one.choke_low), ("high", one.at_high, one.choke_high)):
            if at is not None:
                turns = one.solved and bool(choke) and choke != one.choke_now
                rows.append((name, said[end], at.value / _MONEY[people.lang], abs(at.value), turns))
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["number", "end", "change", "size", "turns"])
    order = list(dict.fromkeys(data["number"]))
    y = alt.Y("number:N", sort=order, title=None, axis=name_axis(order, NUMBER))
    x = alt.X("change:Q", title=f"{said['change']}, {said['money']}", axis=alt.Axis(tickCount=5, labelOverlap=True))
    colour = alt.Color("end:N", title=None, scale=alt.Scale(domain=[said["low"], said["high"]], range=list(COLOURS)))
    bars = (
        alt.Chart(data)
        .mark_bar(stroke="#333333", strokeWidth=0.4)
        .encode(x=x, y=y, color=colour, order=alt.Order("size:Q", sort="descending"))
    )
    layers = [bars]
    if data["turns"].any():
        marks = alt.Chart(data[data["turns"]].assign(mark=said["turns"]))
        shape = alt.Shape("mark:N", title=None, scale=alt.Scale(range=["diamond"]))
        layers.append(
            marks.mark_point(filled=True, size=60, color="#d95f02", stroke="black").encode(x=x, y=y, shape=shape)
        )
    return alt.layer(*layers).properties(width=270, height=alt.Step(_step(order, 17, NUMBER)))


def _step(names: Iterable[str], one: int, wide: int) -> int:
    """Return the height of a row: more where a name takes two lines."""
    return one if all(len(name) <= wide for name in names) else one + 10


def _two_lines(name: str) -> list[tuple[int, str, int]]:
    """Return the lines of a name within a bar: the number of each, its text, and how many follow the first."""
    first, *rest = wrap(name, NAME)
    lines = [first, clip(" ".join(rest), NAME)] if rest else [first]
    return [(n, line, len(lines) - 1) for n, line in enumerate(lines)]


def _drawn(chart: Any) -> Drawn:
    spec = specified(chart.configure(font=FONTS))
    return Drawn(spec, *_pictures(json.dumps(spec, sort_keys=True)))


@lru_cache(4 * len(FIGURES))
def _pictures(text: str) -> tuple[str, bytes]:
    """Return a specification as SVG and PNG: who looks at a memo and then saves it has it drawn once."""
    import vl_convert

    _register()
    return vl_convert.vegalite_to_svg(text), vl_convert.vegalite_to_png(text, scale=3)


@cache
def _register() -> None:
    import vl_convert

    for folder in font_folders():
        vl_convert.register_font_directory(folder)


def font_folders() -> list[str]:
    """Return the folders of fonts: Noto SC with Chinese letters, and those of the extra ``fonts`` that are there."""
    import pylopdf_fonts_zh_cn

    extra = [spec.origin for name in EXTRA_FONTS if (spec := find_spec(name)) is not None and spec.origin]
    return [str(file.parent) for file in (pylopdf_fonts_zh_cn.sans_path(), *map(Path, extra))]

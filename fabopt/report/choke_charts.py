"""Pictures of a choke-point study: relief now and after its lead time, the cascade, the choke point over time."""

from __future__ import annotations

from typing import Any

from fabopt.analysis.choke.records import Study
from fabopt.report.charts.style import PALETTE, altair, finished, name_axis, time_axis
from fabopt.report.text import plain_line

MOST = 10
NAME = 46
"""Longest line of the name of a limit in a picture."""

THERE, TODAY = "if it were there", "ordered today"
DARK, LIGHT = PALETTE[0], PALETTE[1]


def charts(study: Study) -> dict[str, Any]:
    """Return the Altair charts by name; those with nothing to show are left out."""
    made = {"relief": relief_chart(study), "cascade": cascade_chart(study), "timeline": timeline_chart(study)}
    return {name: finished(chart) for name, chart in made.items() if chart is not None}


def relief_chart(study: Study) -> Any:
    """Return bars of what 10 % more earns if it were there, and after its lead time; None where nothing gains."""
    alt = altair()
    import pandas as pd

    rows = []
    for record in [r for r in study.limits if r.gain > 0][:MOST]:
        late = record.relief.gain_after_lead if record.relief and record.relief.gain_after_lead is not None else 0.0
        rows += [
            (plain_line(record.label), THERE, record.gain),
            (plain_line(record.label), TODAY, late),
        ]
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["limit", "relief", "gain"])
    order = list(dict.fromkeys(data["limit"]))
    return (
        alt.Chart(data, title=f"What 10 % more earns, {study.info.money}", width=420)
        .mark_bar()
        .encode(
            x=alt.X("gain:Q", title=None),
            y=alt.Y("limit:N", sort=order, title=None, axis=name_axis(order, NAME)),
            yOffset=alt.YOffset("relief:N", sort=[THERE, TODAY]),
            color=alt.Color("relief:N", title=None, scale=alt.Scale(domain=[THERE, TODAY], range=[DARK, LIGHT])),
        )
    )


def cascade_chart(study: Study) -> Any:
    """Return the waterfall of the cascade from the value of the plan; None without a cascade."""
    alt = altair()
    import pandas as pd

    if not study.cascade:
        return None
    start = study.cascade[0].value_before
    data = pd.DataFrame(
        [
            (f"{s.order}. {plain_line(' with '.join(s.lifted))}", s.value_before - start, s.value_after - start)
            for s in study.cascade
        ],
        columns=["step", "before", "after"],
    )
    return (
        alt.Chart(data, title=f"What binds next when each is lifted: gain over the plan, {study.info.money}", width=420)
        .mark_bar(color=DARK)
        .encode(
            x=alt.X("before:Q", title=None),
            x2="after:Q",
            y=alt.Y("step:N", sort=data["step"].tolist(), title=None, axis=name_axis(data["step"], NAME)),
        )
    )


def timeline_chart(study: Study) -> Any:
    """Return what 10 % more of the first limits is worth by period; None where nothing binds."""
    alt = altair()
    import pandas as pd

    labels = study.info.periods
    chosen = [r for r in study.limits[:6] if any(v > 0 for v in r.worth_by_period)]
    rows = [
        (plain_line(r.label), label, value)
        for r in chosen
        for label, value in zip(labels, r.worth_by_period, strict=True)
    ]
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["limit", "period", "worth"])
    bars = (
        alt.Chart(data, width=460, height=54)
        .mark_bar(binSpacing=0, color=DARK)
        .encode(
            x=alt.X("period:O", sort=list(labels), title=None, axis=time_axis(labels)),
            y=alt.Y("worth:Q", title=None, axis=alt.Axis(tickCount=3)),
        )
    )
    order = list(dict.fromkeys(data["limit"]))
    head = alt.Header(
        labelAngle=0, labelAlign="left", labelOrient="top", labelAnchor="start", labelFontWeight="bold", labelPadding=2
    )
    return bars.facet(row=alt.Row("limit:N", sort=order, title=None, header=head), spacing=8).properties(
        title=f"Worth of 10 % more in each period, by its price, {study.info.money}"
    )

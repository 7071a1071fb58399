"""Pictures of plans side by side: compute over time, choke points, who gains, what it costs, which inputs matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fabopt.analysis.compare.records import Comparison
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.tolerances import CLOSE
from fabopt.report.charts.grids import owned
from fabopt.report.charts.style import (
    INK,
    NAME,
    PALETTE,
    altair,
    beside,
    finished,
    heading,
    letter_map,
    name_axis,
    time_axis,
)
from fabopt.report.text import amount, clip, in_unit, plain_line
from fabopt.report.tornado_chart import told_apart

WIDTH, HEIGHT, CELL, BAR = 560, 260, 30, 15
"""Size of a picture, width of a period's cell and height of a bar, pixels."""

WIDE = 52
"""Longest line of a name beside bars, characters."""

BARS = 16
"""Most bars of a picture for each plan."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def charts(comparison: Comparison, names: Names = NO_NAMES, called: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the pictures that there is something to draw for by name, in the order of the page.

    Parameters
    ----------
    comparison
        The plans side by side.
    names
        What things and parties are called, by id.
    called
        What a number is called, by its path.
    """
    drawn = {
        "over-time": over_time(comparison),
        "choke-points": choke_points(comparison, names),
        "gains": gains(comparison, names),
        "terms": terms(comparison),
        "inputs": inputs(comparison, called),
    }
    return {name: chart for name, chart in drawn.items() if chart is not None}


def over_time(comparison: Comparison) -> Any:
    """Return the compute of all labs over time, a line a plan, named where it ends."""
    import pandas as pd

    alt = altair()
    sums = {plan.name: dict.fromkeys(comparison.periods, 0.0) for plan in comparison.plans}
    rows = [row for row in comparison.gains if row.measure == "compute"]
    for row in rows:
        sums[row.plan][row.period] += row.value / 1000.0
        if row.plan == comparison.plans[1].name:
            sums[comparison.plans[0].name][row.period] += row.base / 1000.0
    if not rows:
        return None
    data = pd.DataFrame(
        [(clip(plan, NAME), period, size) for plan, own in sums.items() for period, size in own.items()],
        columns=["plan", "period", "amount"],
    )
    names = [clip(plan, NAME) for plan in sums]
    top = float(data["amount"].max()) or 1.0
    last = sorted((sums[plan][comparison.periods[-1]], clip(plan, NAME)) for plan in sums)
    ends = beside({name: (name, size, f": {amount(size)}") for size, name in last}, top * 14 / HEIGHT, 0.0, top)
    y = alt.Scale(domain=[0, top])
    scale = _scale(names)
    lines = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("period:O", sort=list(comparison.periods), axis=time_axis(comparison.periods)),
            y=alt.Y("amount:Q", title="Compute, million H100 equivalents", scale=y),
            color=alt.Color("plan:N", scale=scale, legend=None),
            tooltip=["plan:N", "period:O", alt.Tooltip("amount:Q", title="million H100 equivalents", format=",.4~f")],
        )
    )
    at = {"x": alt.value("width"), "y": alt.Y("place:Q", scale=y)}
    text = alt.Chart(ends).mark_text(align="left", dx=14, baseline="middle", color=INK).encode(**at, text="says:N")
    square = alt.Chart(ends[ends["first"]]).mark_point(shape="square", filled=True, size=60, opacity=1, xOffset=6)
    square = square.encode(**at, color=alt.Color("series:N", scale=scale, legend=None))
    return _picture(
        alt.layer(lines, text, square).properties(width=WIDTH, height=HEIGHT), "Compute of all labs by plan"
    )


def choke_points(comparison: Comparison, names: Names = NO_NAMES) -> Any:
    """Return a row a plan and a column a period, each cell with the letter of what holds the plan back most."""
    import pandas as pd

    alt = altair()
    named = {
        (row.family, row.id, row.side): owned(row.name, names[row.owner] if row.owner else "")
        for row in comparison.choke_points
    }
    named.pop(("", "", ""), None)
    if not named:
        return None
    letters = {key: LETTERS[n % 26] * (1 + n // 26) for n, key in enumerate(named)}
    says = {key: f"{letters[key]}  {name}" for key, name in named.items()}
    rows = [
        (clip(row.plan, NAME), row.period, letters[key], says[key], row.gain)
        for row in comparison.choke_points
        if (key := (row.family, row.id, row.side)) in named
    ]
    gain = alt.Tooltip("gain:Q", title=f"1 % more{in_unit(comparison.money)}", format=",.4~f")
    cells = letter_map(
        pd.DataFrame(rows, columns=["plan", "period", "letter", "name", "gain"]),
        list(says.values()),
        PALETTE,
        x=alt.X("period:O", sort=list(comparison.periods), axis=time_axis(comparison.periods)),
        y=alt.Y("plan:N", sort=[clip(plan.name, NAME) for plan in comparison.plans], title=None),
        tooltip=["plan:N", "period:O", alt.Tooltip("name:N", title="limit"), gain],
    )
    size = {"width": max(CELL * len(comparison.periods), 200), "height": CELL * len(comparison.plans)}
    return _picture(cells.properties(**size), "Choke points: the limit of which 1 % more is worth most in a period")


def gains(comparison: Comparison, names: Names = NO_NAMES) -> Any:
    """Return who has more and who less at the last year end, in compute, else in what is delivered."""
    measure = "compute" if any(row.measure == "compute" for row in comparison.gains) else "delivered"
    rows = [
        (row.plan, names[row.name], row.change)
        for row in comparison.gains
        if (row.measure, row.period) == (measure, comparison.dates[-1])
    ]
    compute = measure == "compute"
    goods, unit = ("compute", "thousand H100 equivalents") if compute else ("what is delivered", "units of each demand")
    return _bars(comparison, rows, f"change by {comparison.dates[-1]}, {unit}", f"Who gains and who loses in {goods}")


def terms(comparison: Comparison) -> Any:
    """Return what becomes of values and costs, transfers left out."""
    sums: dict[tuple[str, str], float] = {}
    for row in comparison.worth:
        if not row.transfer:
            key = (row.plan, row.term.replace("_", " "))
            sums[key] = sums.get(key, 0.0) + row.change
    rows = [(plan, term, change) for (plan, term), change in sums.items()]
    return _bars(
        comparison, rows, f"change, discounted{in_unit(comparison.money)}", "Value and cost by term: what changes"
    )


def inputs(comparison: Comparison, called: Callable[[str], str] = str) -> Any:
    """Return what each changed input is worth alone to the first plan, solved again, else at its prices."""
    worth = [(row.plan, row.path, row.at_prices if row.held is None else row.held) for row in comparison.inputs]
    names = told_apart({path: called(path) for _, path, _ in worth})
    rows = [(plan, names[path], value) for plan, path, value in worth if value is not None]
    says = f"What each changed input is worth alone to {comparison.plans[0].name}"
    return _bars(comparison, rows, f"integers held{in_unit(comparison.money)}", says)


def _bars(comparison: Comparison, rows: Sequence[tuple[str, str, float]], title: str, says: str) -> Any:
    """Return bars to the left and right of zero, the largest first, a bar a plan beside each other."""
    import pandas as pd

    alt = altair()
    size: dict[str, float] = {}
    for _, name, change in rows:
        size[name] = max(size.get(name, 0.0), abs(change))
    least = CLOSE * max(size.values(), default=0.0)
    order = sorted((name for name in size if size[name] > least), key=lambda name: -size[name])
    kept = order[:BARS]
    if not kept:
        return None
    shown = {name: plain_line(name) for name in kept}
    plans = [clip(plan.name, NAME) for plan in comparison.plans[1:]]
    data = pd.DataFrame(
        [(clip(plan, NAME), shown[name], change) for plan, name, change in rows if name in shown],
        columns=["plan", "name", "change"],
    )
    y = alt.Y("name:N", sort=list(shown.values()), title=None, axis=name_axis(shown.values(), WIDE))
    scale = _scale([clip(plan.name, NAME) for plan in comparison.plans])
    legend = alt.Legend(title=None, values=plans) if len(plans) > 1 else None
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("change:Q", title=title, axis=alt.Axis(tickCount=7)),
            y=y,
            yOffset=alt.YOffset("plan:N", sort=plans),
            color=alt.Color("plan:N", scale=scale, legend=legend),
            tooltip=["plan:N", "name:N", alt.Tooltip("change:Q", format="+,.4~f")],
        )
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=INK).encode(x="at:Q")
    chart = alt.layer(bars, zero).properties(width=WIDTH, height=max(len(kept) * BAR * len(plans), 40))
    left_out = f"; {len(order) - len(kept)} smaller ones are left out" if len(order) > len(kept) else ""
    return _picture(chart, f"{says}{left_out}")


def _scale(names: Sequence[str]) -> Any:
    return altair().Scale(domain=list(names), range=[PALETTE[n % len(PALETTE)] for n in range(len(names))])


def _picture(chart: Any, says: str) -> Any:
    return finished(chart.properties(title=heading(says, ())))

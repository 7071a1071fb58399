"""Pictures of what a plan under several states says: regret by what is signed and what comes, hedges by their cost."""

from __future__ import annotations

from typing import Any

from fabopt.analysis.hedge.records import MEAN, STOCHASTIC, Hedge
from fabopt.report.charts.style import PALETTE, SEQUENTIAL, altair, finished, name_axis
from fabopt.report.text import amount, clip, plain_line

MOST, NAME = 10, 40
CELL, ROW = 92, 24


def charts(record: Hedge) -> dict[str, Any]:
    """Return the Altair charts by name; those with nothing to show are left out."""
    made = {"regret": regret_chart(record), "hedges": hedge_chart(record)}
    return {name: finished(chart) for name, chart in made.items() if chart is not None}


def regret_chart(record: Hedge) -> Any:
    """Return the heat map of regret: a row a first stage that is signed, a column a state; None without one."""
    alt = altair()
    import pandas as pd

    rows = [
        (_called(row.plan), clip(row.state, NAME), row.regret, amount(row.regret))
        for row in record.regrets
        if row.regret is not None
    ]
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["signed", "state", "regret", "says"])
    most = float(data["regret"].max())
    data = data.assign(dark=data["regret"] > 0.5 * most)
    signed, states = list(dict.fromkeys(data["signed"])), [clip(name, NAME) for name in record.probabilities]
    base = alt.Chart(data).encode(
        x=alt.X(
            "state:N", sort=states, title="if this comes", axis=alt.Axis(labelAngle=0, orient="top", labelLimit=CELL)
        ),
        y=alt.Y("signed:N", sort=signed, title=None, axis=alt.Axis(labelLimit=240)),
    )
    cells = base.mark_rect().encode(color=alt.Color("regret:Q", scale=alt.Scale(range=SEQUENTIAL), legend=None))
    text = base.mark_text().encode(
        text="says:N", color=alt.condition("datum.dark", alt.value("white"), alt.value("black"))
    )
    title = f"Regret of what is signed now{f', {record.unit}' if record.unit else ''}"
    return alt.layer(cells, text).properties(title=title, width=CELL * len(states), height=ROW * len(signed))


def hedge_chart(record: Hedge) -> Any:
    """Return bars of what each candidate removes, beside what it costs; None without one."""
    alt = altair()
    import pandas as pd

    rows: list[tuple[str, str, float]] = []
    for one in [c for c in record.candidates if c.removed is not None][:MOST]:
        name = plain_line(f"{one.name}, {amount(one.amount)} {one.unit}".strip())
        rows += [(name, "removes", float(one.removed or 0.0)), (name, "costs", one.cost)]
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["order", "what", "money"])
    order = list(dict.fromkeys(data["order"]))
    title = f"Hedges beside the orders of the plan for mean data{f', {record.unit}' if record.unit else ''}"
    return (
        alt.Chart(data, title=title, width=420)
        .mark_bar()
        .encode(
            x=alt.X("money:Q", title=None),
            y=alt.Y("order:N", sort=order, title=None, axis=name_axis(order, NAME)),
            yOffset=alt.YOffset("what:N", sort=["removes", "costs"]),
            color=alt.Color(
                "what:N", title=None, scale=alt.Scale(domain=["removes", "costs"], range=list(PALETTE[:2]))
            ),
        )
    )


def _called(plan: str) -> str:
    return plan if plan in (STOCHASTIC, MEAN) else f"best for {clip(plan, NAME)}"

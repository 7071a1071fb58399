"""Pictures whose rows are limits or capacities and whose columns are periods: use of capacity, choke points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis.plan_tables import binding, reported
from fabopt.report.charts.series import period_labels
from fabopt.report.charts.style import INK, SEQUENTIAL, ChartError, altair, heading, time_axis, told
from fabopt.report.names import PARTY, UNNAMED, ByKind
from fabopt.report.text import plain_line
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd

CELL, ROW, NAME = 30, 17, 104
"""Width and height of a cell, pixels, and longest name of a row beside it, characters."""
WIDEST = 1200
"""Most pixels of all cells of a row; with more periods, cells are narrower, and the narrow have no numbers."""
FULL = 0.9995
"""Share of a capacity from which it counts as full."""
WHOLE = "all"
"""Column of limits that hold over the whole horizon."""


def use_rows(read: Read, top: int, names: ByKind = UNNAMED) -> pd.DataFrame:
    """Return what share of its capacity each resource uses by period, for those that are full most often.

    Parameters
    ----------
    read
        Returns a table by its name.
    top
        Resources that are kept: those full in most reported periods, then those with the highest mean use.
    names
        What owners are called.

    Returns
    -------
    pandas.DataFrame
        Columns id, row (name and owner), stage, period, unit, capacity, used, share (1), priced (whether one more
        unit has a worth), in the order of the chain; `capacity` is what stands, `used` with what units occupy.
    """
    rows = reported(read("core/resources"))
    rows = rows.assign(capacity=rows["base"] + rows["added"], used=rows["used"] + rows["occupied"])
    rows = rows[(rows["capacity"] > 0.0) & (rows["capacity"] < float("inf"))]
    rows = rows.assign(share=(rows["used"] / rows["capacity"]).clip(lower=0.0))
    if not len(rows):
        raise ChartError("The plan has no capacities, so there is no use of them to draw.")
    full = (rows["share"] >= FULL).groupby(rows["id"], sort=False).sum()
    mean = rows.groupby("id", sort=False)["share"].mean()
    best = sorted(mean.index, key=lambda i: (-int(full[i]), -float(mean[i])))[:top]
    rows = rows[rows["id"].isin(best)]
    limits = binding(read("core/limits"))
    priced = set(zip(limits["id"], limits["period"], strict=True))
    keys = zip(rows["id"], rows["period"], strict=True)
    called = _distinct(dict(zip(rows["id"], _named(rows, names), strict=True)))
    rows = rows.assign(row=rows["id"].map(called), priced=[key in priced for key in keys])
    return rows[["id", "row", "stage", "period", "unit", "capacity", "used", "share", "priced"]].reset_index(drop=True)


def use_chart(title: str, read: Read, caption: str, top: int, names: ByKind = UNNAMED) -> Any:
    """Return the heat map of the use of capacity: percent in each cell, a dot where one more unit has a worth."""
    alt = altair()

    rows, labels = use_rows(read, top, names), period_labels(read)
    count = read("core/resources")["id"].nunique()
    order = list(dict.fromkeys(rows["row"]))
    data = rows.assign(percent=100.0 * rows["share"], says=[f"{100.0 * s:.0f}" for s in rows["share"]])
    base = alt.Chart(data).encode(
        x=alt.X("period:O", sort=labels, scale=alt.Scale(domain=labels), axis=time_axis(labels)),
        y=alt.Y("row:N", sort=order, title=None, axis=_row_axis(order)),
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "percent:Q",
            title="capacity in use, %",
            scale=alt.Scale(domain=[0, 100], range=list(SEQUENTIAL), clamp=True),
        ),
        tooltip=[
            alt.Tooltip("row:N", title="capacity"),
            alt.Tooltip("period:O"),
            alt.Tooltip("used:Q", format=",.4~f"),
            alt.Tooltip("capacity:Q", title="stands", format=",.4~f"),
            alt.Tooltip("unit:N"),
            alt.Tooltip("priced:N", title="one more is worth something"),
        ],
    )
    text = base.mark_text(fontSize=9, dx=-3).encode(
        text="says:N", color=alt.condition("datum.percent > 55", alt.value("white"), alt.value(INK))
    )
    offset = 10 if _cell(labels) == CELL else 0
    dots = (
        base.transform_filter("datum.priced")
        .mark_point(shape="circle", filled=True, size=26, opacity=1, xOffset=offset, stroke="white", strokeWidth=0.8)
        .encode(color=alt.value("#E69F00"))
    )
    said = [
        f"Percent of what stands in the period; a dot: one more unit is worth something. {len(order)} of {count} "
        "capacities: those full in most periods, then the fullest.",
        caption,
    ]
    layers = alt.layer(cells, text, dots) if _cell(labels) == CELL else cells + dots.encode(size=alt.value(12))
    return layers.properties(
        width=_cell(labels) * len(labels), height=ROW * len(order), title=heading(f"Use of capacity: {title}", said)
    )


def _cell(labels: Sequence[str]) -> float:
    """Return the width of a cell."""
    return min(CELL, WIDEST / len(labels))


def choke_rows(read: Read, top: int, names: ByKind = UNNAMED) -> pd.DataFrame:
    """Return what 1 % more of each limit is worth by period, at its price, for the limits that hold back most.

    Parameters
    ----------
    read
        Returns a table by its name.
    top
        Limits that are kept: those that hold back most in some period, then those worth most in all.
    names
        What owners are called.

    Returns
    -------
    pandas.DataFrame
        Columns limit (family, id and side), row (name and owner), period, gain (in the unit of money, discounted),
        first (whether no other limit is worth more in the period); the worthiest limit first.
    """
    rows = binding(read("core/limits"))
    if not len(rows):
        raise ChartError("No limit of the plan has a price, so nothing is worth relieving a little.")
    key = rows["family"] + "|" + rows["id"] + "|" + rows["side"]
    rows = rows.assign(limit=key, row=_named(rows, names), period=rows["period"].where(rows["period"] != "", WHOLE))
    # Two limits of the same name are one row each: the name of the second is numbered.
    rows = rows.groupby(["limit", "row", "period"], sort=False)[["gain"]].sum().reset_index()
    rows["row"] = rows["limit"].map(_distinct(dict(zip(rows["limit"], rows["row"], strict=True))))
    rows["first"] = rows["gain"] == rows.groupby("period", sort=False)["gain"].transform("max")
    total = rows.groupby("limit", sort=False)["gain"].sum()
    leads = set(rows.loc[rows["first"], "limit"])
    chosen = sorted(total.index, key=lambda i: (i not in leads, -float(total[i])))[:top]
    order = {limit: n for n, limit in enumerate(sorted(chosen, key=lambda i: -float(total[i])))}
    kept = rows[rows["limit"].isin(chosen)]
    return kept.sort_values("limit", key=lambda c: c.map(order), kind="stable").reset_index(drop=True)


def choke_chart(title: str, read: Read, caption: str, top: int, money: str, names: ByKind = UNNAMED) -> Any:
    """Return the map of choke points: the darker, the more relief is worth; a diamond on the most of each period."""
    alt = altair()

    rows, labels = choke_rows(read, top, names), period_labels(read)
    labels = [*labels, WHOLE] if WHOLE in set(rows["period"]) else labels
    order = list(dict.fromkeys(rows["row"]))
    unit = f", {money}" if money else ""
    base = alt.Chart(rows).encode(
        x=alt.X("period:O", sort=labels, scale=alt.Scale(domain=labels), axis=time_axis(labels)),
        y=alt.Y("row:N", sort=order, title=None, axis=_row_axis(order)),
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "gain:Q",
            title=f"1 % more{unit}",
            scale=alt.Scale(type="sqrt", domainMin=0, range=["#e8eef6", SEQUENTIAL[1]]),
        ),
        tooltip=[
            alt.Tooltip("row:N", title="limit"),
            alt.Tooltip("period:O"),
            alt.Tooltip("gain:Q", title=f"worth of 1 % more{unit}", format=",.4~f"),
        ],
    )
    marks = (
        base.transform_filter("datum.first")
        .mark_point(shape="diamond", filled=True, size=80, opacity=1, stroke="white", strokeWidth=1)
        .encode(color=alt.value("#E69F00"))
    )
    count = binding(read("core/limits")).groupby(["family", "id", "side"]).ngroups
    said = [
        f"Worth of 1 % more of each limit at its price, discounted, integers held{unit}; a diamond: most in its "
        f"period. {len(order)} of {count} limits with a price; a limit over several periods stands in its first.",
        caption,
    ]
    return alt.layer(cells, marks).properties(
        width=_cell(labels) * len(labels),
        height=ROW * len(order),
        title=heading(f"Choke points over time: {title}", said),
    )


def _named(rows: pd.DataFrame, names: ByKind) -> list[str]:
    """Return the names of rows with their owner, where it is not named already."""
    return [
        owned(str(name), names[PARTY][str(owner)] if owner else "")
        for name, owner in zip(rows["name"], rows["owner"], strict=True)
    ]


def owned(name: str, owner: str) -> str:
    """Return a name with its owner behind it, where the name does not say whose it is.

    What an owner is called in brackets, "Amazon (without Anthropic)", need not be said.
    """
    told = owner.partition(" (")[0].casefold() in name.casefold()
    return plain_line(name if told else f"{name} ({owner})")


def _row_axis(order: Sequence[str]) -> Any:
    """Return the axis of the names of rows; of one that is too long the middle is left out."""
    return altair().Axis(labelLimit=620, labelPadding=6, **told({name: [_squeezed(name, NAME)] for name in order}))


def _squeezed(name: str, width: int) -> str:
    """Return a name in a given width, what is left out taken from the middle: its end says what of the place it is."""
    tail = width // 3
    return name if len(name) <= width else f"{name[: width - tail - 1].rstrip()}…{name[-tail:]}"


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by key of which no two are equal: the second of a name is numbered."""
    seen: dict[str, int] = {}
    out = {}
    for key, name in names.items():
        seen[name] = seen.get(name, 0) + 1
        out[key] = name if seen[name] == 1 else f"{name} [{seen[name]}]"
    return out

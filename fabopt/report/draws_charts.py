"""Pictures of draws: fans of what the plan reaches over time, and the chance of each choke point by period."""

from __future__ import annotations

from typing import Any

from fabopt.analysis.draws.figures import COMPUTE, DELIVERED, ITS_PRICE, POWER, PRICE
from fabopt.analysis.draws.records import Band, MonteCarlo
from fabopt.domain.names import NO_NAMES, Names
from fabopt.report.charts.series import stacked
from fabopt.report.charts.style import INK, PALETTE, altair, finished, time_axis
from fabopt.report.text import wrap

WIDTH, HEIGHT, TITLE = 420, 190, 34
"""Size of a fan, pixels, and longest line of its title, characters."""
FANS = (COMPUTE, POWER, PRICE)
MOST_FANS = 4


def charts(record: MonteCarlo, names: Names = NO_NAMES) -> dict[str, Any]:
    """Return the Altair charts by name; those with nothing to show are left out."""
    made = {"bands": fan_chart(record, names), "choke-chances": choke_chart(record)}
    return {name: finished(chart) for name, chart in made.items() if chart is not None}


def fan_chart(record: MonteCarlo, names: Names = NO_NAMES) -> Any:
    """Return the fans of compute, power and its price; of a plain network what is delivered, and its prices."""
    fans: dict[tuple[str, str], list[Band]] = {}
    for band in record.bands:
        mine = (band.figure in FANS and not band.of) or band.figure in (DELIVERED, ITS_PRICE)
        if mine and band.period and band.p50 is not None:
            fans.setdefault((band.figure, band.of), []).append(band)
    drawn = [_fan(record, bands, names) for bands in list(fans.values())[:MOST_FANS]]
    if not drawn:
        return None
    title = f"P10 to P90 and P50 of {len(record.stood):,} draws; dashed: the plan as it stands"
    return altair().vconcat(*drawn, spacing=14).properties(title=title)


def _fan(record: MonteCarlo, bands: list[Band], names: Names) -> Any:
    alt = altair()
    import pandas as pd

    labels, first = list(record.periods), bands[0]
    data = pd.DataFrame([(b.period, b.p10, b.p50, b.p90, b.plan) for b in bands])
    data.columns = pd.Index(["period", "p10", "p50", "p90", "plan"])
    x = alt.X("period:O", sort=labels, scale=alt.Scale(domain=labels), axis=time_axis(labels))
    title = wrap(f"{first.figure}{f' of {names[first.of]}' if first.of else ''}, {first.unit}", TITLE)
    base = alt.Chart(data).encode(x=x)
    tips = [alt.Tooltip(name, format=",.3~f") for name in ("p10:Q", "p50:Q", "p90:Q", "plan:Q")]
    area = base.mark_area(color=PALETTE[0], opacity=0.3).encode(
        y=alt.Y("p10:Q", title=title, scale=alt.Scale(zero=True)), y2="p90:Q", tooltip=[alt.Tooltip("period:O"), *tips]
    )
    middle = base.mark_line(color=PALETTE[0], strokeWidth=2).encode(y="p50:Q")
    plan = base.mark_line(color=INK, strokeDash=[5, 4]).encode(y="plan:Q")
    return alt.layer(area, middle, plan).properties(width=WIDTH, height=HEIGHT)


def choke_chart(record: MonteCarlo) -> Any:
    """Return the chance of each limit to be the choke point, by period, stacked; None where nothing binds."""
    import pandas as pd

    rows = [(c.period, c.limit, 100.0 * c.chance) for c in record.chokes if c.period]
    if not rows:
        return None
    data = pd.DataFrame(rows, columns=["period", "limit", "amount"])
    title = "Draws in which it is the choke point, %"
    chart = stacked(data, "limit", title, record.periods, top=100.0, width=520)
    return chart.properties(title="Choke point by period: the limit of which 10 % more is worth most by its price")

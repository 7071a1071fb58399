"""The table of markets: what other buyers of wafers and memory get, and what the last of it is worth to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fabopt.domain.tolerances import SAME
from fabopt.solve.results.columns import PERIOD, REPORTED, UNIT, TableSpec, number, text

if TYPE_CHECKING:
    import pandas as pd

MARKETS = TableSpec(
    "markets",
    "domain",
    "what other buyers of wafers or memory get in a period",
    (
        PERIOD,
        REPORTED,
        text("market", "market"),
        text("node", "node of this part of the market; empty: any that serves it"),
        UNIT,
        number("wanted", "as in column unit", "what it would take at the market price"),
        number("delivered", "as in column unit", "what it gets"),
        number(
            "marginal",
            "thousand USD per wafer, or USD per GB",
            "worth of the last of it: with an elasticity the price at which it takes no more; empty: it gets nothing",
        ),
    ),
)
EXTRA = "extra"
"""Role of what is wanted only below the market price."""


def market_rows(core: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the table `markets` from the core tables."""
    key = ["period", "reported", "customer", "node", "unit"]
    demands, steps = core["demands"], core["deliveries"]
    demands = demands[(demands["kind"] == "market") & (demands["stage"] == "market")]
    wanted = demands[demands["role"] != EXTRA].groupby(key, sort=False)["quantity"].sum()
    steps = steps[(steps["kind"] == "market") & (steps["stage"] == "market")]
    delivered = steps.groupby(key, sort=False)["delivered"].sum()
    served = steps[steps["delivered"] > SAME * steps["width"]]
    table = wanted.rename("wanted").to_frame()
    table["delivered"] = delivered.reindex(table.index, fill_value=0.0)
    table["marginal"] = served.groupby(key, sort=False)["unit_value"].min().reindex(table.index)
    return table.reset_index().rename(columns={"customer": "market"})

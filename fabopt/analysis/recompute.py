r"""The plan's worth once more, from the tables on disk alone.

.. math::
   V = V_0 + \sum_t \delta_t \Big( \sum v\,d - \sum (c\,x + f\,w + g\,v) - \sum (c\,y + F\,z + r\,q) - \sum (h\,s + o\,w
   + p\,f) - \sum (\beta\,b + \lambda\,l) \Big) + \delta_{\text{end}} \sum (\text{amount} \times \text{worth})

Nothing here comes from the model, the network or the solver: only the Parquet files of a result are read, with the
quantities and the prices that stand in them. When the sum equals the objective, the tables tell the whole plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DISCOUNTED: Mapping[str, tuple[tuple[float, str, str], ...]] = {
    "deliveries": ((1.0, "delivered", "unit_value"),),
    "activities": ((-1.0, "level", "unit_cost"), (-1.0, "on", "fixed_cost"), (-1.0, "switched_on", "start_cost")),
    "units": ((-1.0, "ordered", "unit_cost"), (-1.0, "placed", "fixed_cost"), (-1.0, "retired", "retire_cost")),
    "materials": (
        (-1.0, "stock", "carrying_cost"),
        (-1.0, "disposed", "disposal_cost"),
        (-1.0, "shortfall", "shortfall_cost"),
    ),
    "demands": (
        (-1.0, "backlog", "backlog_cost"),
        (-1.0, "unmet", "lost_cost"),
        (-1.0, "lost", "lost_cost"),
    ),
}
"""Table, then sign, quantity and price of each product in it, all of the row's own period."""


def recomputed_value(folder: Path, constant: float = 0.0) -> float:
    """Return the discounted value of the plan in a result folder (M USD).

    Parameters
    ----------
    folder
        The result's folder.
    constant
        Worth that is there whatever is decided (`constant_value` in the manifest), M USD.
    """
    discount = _table(folder, "periods").set_index("period")["discount"]
    total = constant
    for name, products in DISCOUNTED.items():
        rows = _table(folder, name)
        factor = rows["period"].map(discount).astype(float)
        for sign, quantity, price in products:
            total += sign * float((rows[quantity].astype(float) * rows[price] * factor).sum())
    end = _table(folder, "terminal")
    return total + float((end["amount"] * end["unit_worth"] * end["discount"]).sum())


def _table(folder: Path, name: str) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(folder / "core" / f"{name}.parquet")

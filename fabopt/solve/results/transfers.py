"""What parties inside the chain pay each other: prices that net to zero, and so are no part of the plan's value.

Every row has a payer and a payee. Wafers, substrates and packaging are paid when they are started, HBM when it is
finished, accelerators when they are shipped, scanners when they are ordered, at the price of that period. What all
parties receive is what all pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.solve.results.columns import MONEY, OF_ROW, PERIOD, REPORTED, UNIT, TableSpec, number, text

if TYPE_CHECKING:
    import pandas as pd

    Tables = Mapping[str, "pd.DataFrame"]

TRANSFERS = TableSpec(
    "transfers",
    "domain",
    "a payment between two parties inside the chain in a period, at prices; they net to zero",
    (
        PERIOD,
        REPORTED,
        text("payer", "who pays"),
        text("payee", "who is paid"),
        text("what", "wafers, hbm, substrates, packaging, accelerators or scanners"),
        text("item", "node, generation, substrate, line, chip or scanner class"),
        UNIT,
        number("quantity", OF_ROW, "how much changes hands"),
        number("price", "USD per piece", "price of one (wafer, stack, package, accelerator, tool)"),
        number("amount", MONEY, "quantity x price"),
    ),
)


def transfers(data: Instance, core: Tables, shipments: pd.DataFrame, hbm: pd.DataFrame) -> pd.DataFrame:
    """Return the payments between parties.

    Parameters
    ----------
    data
        The instance that was solved.
    core
        The core tables by name.
    shipments, hbm
        The domain tables of these names.
    """
    import pandas as pd

    activities, uses, resources, units = core["activities"], core["uses"], core["resources"], core["units"]
    counted = activities["unit"] == "kwafer"
    lines = resources[(resources["stage"] == "packaging") & (resources["unit"] == "kwafer")]
    wafers = activities[counted & activities["stage"].isin(["wafer", "market"])]
    substrates = activities[(activities["stage"] == "substrate")]
    packaging = uses[uses["resource"].isin(set(lines["id"]))]
    scanners = units[(units["stage"] == "lithography") & (units["ordered"] > 0.0)]
    makers = {key: scanner.maker for key, scanner in data.scanners.items()}
    parts = [
        _part("wafers", wafers, "customer", "owner", "node", "level"),
        _part("hbm", hbm.assign(unit="kstack"), "designer", "owner", "generation", "kstack"),
        _part("substrates", substrates, "customer", "owner", "item", "level"),
        _part("packaging", packaging, "customer", "owner", "site", "amount"),
        _part("accelerators", shipments.assign(unit="kaccelerator"), "lab", "designer", "chip", "kaccelerator"),
        _part("scanners", scanners.assign(maker=scanners["item"].map(makers)), "owner", "maker", "item", "ordered"),
    ]
    rows = pd.concat(parts, ignore_index=True)
    prices = _price_lists(data)
    known = [item in prices[what] for what, item in zip(rows["what"], rows["item"], strict=True)]
    rows = rows[pd.Series(known, index=rows.index, dtype=bool)].reset_index(
        drop=True
    )  # a plain network may use the same tags; it has no price list
    rows["price"] = _prices(prices, core["periods"], rows)
    # Thousands of pieces times dollars are thousands of dollars; tools are counted singly, in millions.
    pieces = rows["quantity"].where(rows["unit"] == "tool", rows["quantity"] * 1e3)
    return rows.assign(amount=pieces * rows["price"] * 1e-6)[TRANSFERS.names]


def _part(what: str, rows: pd.DataFrame, payer: str, payee: str, item: str, quantity: str) -> pd.DataFrame:
    """Return the payments for one kind of goods, by the names of the columns that tell who, what and how much."""
    import pandas as pd

    return pd.DataFrame(
        {
            "period": rows["period"],
            "reported": rows["reported"],
            "payer": rows[payer].astype("str"),
            "payee": rows[payee].astype("str"),
            "what": what,
            "item": rows[item],
            "unit": rows["unit"],
            "quantity": rows[quantity],
        }
    )


def _price_lists(data: Instance) -> dict[str, dict[str, Quantity]]:
    """Return the prices of each kind of goods by item."""
    return {
        "wafers": {key: node.wafer_price for key, node in data.nodes.items()},
        "hbm": {key: hbm.price for key, hbm in data.hbm.items()},
        "substrates": {key: substrate.price for key, substrate in data.substrates.items()},
        "packaging": {key: line.wafer_price for key, line in data.packaging_lines.items()},
        "accelerators": {key: chip.price for key, chip in data.chips.items()},
        "scanners": {key: scanner.price for key, scanner in data.scanners.items()},
    }


def _prices(prices: Mapping[str, Mapping[str, Quantity]], periods: pd.DataFrame, rows: pd.DataFrame) -> list[float]:
    """Return the price of each row in dollars: the mean over its period."""
    days = {
        label: (date.fromisoformat(start), date.fromisoformat(end))
        for label, start, end in zip(periods["period"], periods["start"], periods["end"], strict=True)
    }
    keys = list(zip(rows["what"], rows["item"], rows["period"], strict=True))
    dollars = {
        (what, item, period): prices[what][item].mean(*days[period]) * (1e6 if what == "scanners" else 1.0)
        for what, item, period in dict.fromkeys(keys)
    }
    return [dollars[key] for key in keys]

"""What components are counted in: pieces, in any word for them, or megawatts."""

from __future__ import annotations

from fabopt.domain.quantity import Quantity
from fabopt.domain.units import COUNTED

MEGAWATT = "MW"
"""What is counted that is no piece."""
PIECE = "piece"
"""What stands for a piece of anything."""

_WORDS = (PIECE, *(word for word in COUNTED if word not in (PIECE, "H100e")))

RATES = (*(f"k{word}/month" for word in _WORDS), f"{MEGAWATT}/month")
"""Units of capacities and orders."""
PRICES = (*(f"USD/{word}" for word in _WORDS), f"USD/{MEGAWATT}")
"""Units of prices."""
NUMBERS = (*(f"k{word}" for word in _WORDS), MEGAWATT)
"""Units of stocks and deliveries."""


def counts(quantity: Quantity, unit: str) -> bool:
    """Return whether a quantity in one of these units, or without one, counts what `unit` says."""
    if quantity.unit == "1":
        return True
    word = quantity.unit.removeprefix("USD/").partition("/")[0]
    word = word if word == MEGAWATT or quantity.unit.startswith("USD/") else word.removeprefix("k")
    return word == unit or (word == PIECE and unit != MEGAWATT)

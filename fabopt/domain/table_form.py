"""How a table may be written that was not made for an instance, as the schema has it."""

from __future__ import annotations

from typing import Any

SEPARATORS = {",": "','", ";": "';'", "\t": "tabs", "|": "'|'"}
"""What may stand between cells, and its name."""
DECIMALS, THOUSANDS = (".", ","), (".", ",", " ", "'")
"""Signs within numbers."""
MOST_SKIPPED = 1000
"""Most lines above the headings."""

WRITTEN: dict[str, Any] = {
    "separator": {"enum": list(SEPARATORS), "description": "What stands between cells"},
    "decimal": {"enum": list(DECIMALS), "description": "Decimal mark"},
    "thousands": {"enum": list(THOUSANDS), "description": "What divides thousands"},
    "dates": {"type": "string", "description": "How dates are written: DD.MM.YYYY, QN YYYY, MMM YYYY"},
    "missing": {"description": "A cell that stands for nothing, or a list of them"},
    "skip": {"type": "integer", "minimum": 0, "maximum": MOST_SKIPPED, "description": "Lines above the headings"},
    "where": {"type": "object", "description": "The cell that a row must have, or a list of them, by heading"},
}
"""Fields that say how a table is written, and which of its rows are read."""

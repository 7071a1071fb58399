"""What the section ``tables`` says of a table that was not made for an instance, as JSON Schema."""

from __future__ import annotations

from typing import Any

from fabopt.domain.quantity_raw import PROVENANCE, SHAPES
from fabopt.domain.quantity_schema import SHARED
from fabopt.domain.table_form import WRITTEN
from fabopt.io.foreign import BARE, READ_AS

_OF_NUMBERS = {key: SHARED["quantity-sourced"]["properties"][key] for key in PROVENANCE}
_COLUMN: dict[str, Any] = {
    "title": "Column",
    "type": "object",
    "required": ["field"],
    "additionalProperties": False,
    "properties": {
        "field": {"type": "string", "description": "Field of the entry, with dots where it lies in another"},
        "unit": {"type": "string", "description": f"Unit of its numbers; {BARE}: that of the field"},
        "as": {"enum": list(READ_AS), "description": "What its cells are, where they are no numbers"},
        "values": {"type": "object", "description": "What a cell stands for"},
        "fixed": {"type": "boolean", "description": "Whether all rows of an entry say the same"},
        "times": {"type": "number", "description": "Factor of its numbers"},
        "before": {"description": "Value before the first date"},
        **_OF_NUMBERS,
    },
}
FOREIGN: dict[str, Any] = {
    "title": "Table that was not made for an instance",
    "type": "object",
    "required": ["file", "columns"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "description": "CSV file in the folder of the instance"},
        "columns": {
            "type": "object",
            "minProperties": 1,
            "description": "Fields by heading; columns that do not stand here are left out",
            "additionalProperties": {"anyOf": [{"type": "string"}, _COLUMN]},
        },
        "shape": {"enum": list(SHAPES), "description": "Shape of series, where a column is mapped to 'date'"},
        **WRITTEN,
        **_OF_NUMBERS,
    },
}
"""A table of the section ``tables`` by what is said of it."""

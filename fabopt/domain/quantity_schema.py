"""JSON Schema of a quantity, so that editors complete and check its forms."""

from __future__ import annotations

from typing import Any, get_args

from fabopt.domain.quantity import Confidence, Limits
from fabopt.domain.quantity_raw import SHAPES
from fabopt.domain.table_form import WRITTEN

_TEXT = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*\S*( \S+)?\s*$"
_PROVENANCE: dict[str, Any] = {
    "source": {
        "description": "Id in the table of sources, or a list of ids",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    },
    "as_of": {"description": "Date of the source", "type": ["string", "integer", "null"]},
    "confidence": {"description": "How far it can be trusted", "enum": [*get_args(Confidence), None]},
    "assumed": {"description": "True where it is an assumption", "type": "boolean"},
    "note": {"description": "What the source says, or how it was derived", "type": "string"},
    "times": {"description": "Factor on value, low and high", "type": "number", "minimum": 0},
}


_TEXT_FORM: dict[str, Any] = {
    "type": "string",
    "pattern": _TEXT,
    "description": "Number and unit, like '180 kwafer/month'",
}
_NUMBER: dict[str, Any] = {"anyOf": [{"type": "number"}, _TEXT_FORM]}
_BEFORE: dict[str, Any] = {**_NUMBER, "description": "Value before the first date; absent: the first value"}
_UNIT: dict[str, Any] = {"type": ["string", "integer"], "description": "Unit of the bare numbers here"}
_SOURCED: dict[str, Any] = {
    "title": "Sourced number",
    "type": "object",
    "required": ["value"],
    "additionalProperties": False,
    "properties": {
        "value": _NUMBER,
        "unit": _UNIT,
        "low": _NUMBER,
        "high": _NUMBER,
        "range": {"description": "Half-width, such as 15%", "type": ["string", "number"]},
        **_PROVENANCE,
    },
}
_POINTS: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [{"type": "number"}, _TEXT_FORM, _SOURCED]},
}


def _series(shape: str) -> dict[str, Any]:
    return {
        "title": f"Series ({shape})",
        "type": "object",
        "required": [shape],
        "additionalProperties": False,
        "properties": {shape: _POINTS, "before": _BEFORE, "unit": _UNIT, **_PROVENANCE},
    }


_COLUMN: dict[str, Any] = {
    "title": "Series from a table",
    "type": "object",
    "required": ["csv", "column"],
    "additionalProperties": False,
    "properties": {
        "csv": {"type": "string", "description": "Table in the instance's folder, first column 'date'"},
        "column": {"type": "string"},
        "date": {"type": "string", "description": "Heading of the dates, where the table was not made for an instance"},
        **WRITTEN,
        "shape": {"enum": list(SHAPES)},
        "before": _BEFORE,
        "unit": _UNIT,
        **_PROVENANCE,
    },
}

SHARED: dict[str, dict[str, Any]] = {
    "quantity-text": _TEXT_FORM,
    "quantity-sourced": _SOURCED,
    "quantity-linear": _series("linear"),
    "quantity-steps": _series("steps"),
    "quantity-table": _COLUMN,
}
"""Parts that are the same in every quantity; a whole schema needs each only once."""


def quantity_schema(unit: str, limits: Limits, series: bool) -> dict[str, Any]:
    """Return the JSON Schema of a quantity in `unit`; limits apply to bare numbers, in that unit, and so does what is
    plausible (`x-usual`).
    """
    bare: dict[str, Any] = {"type": "number", "description": f"In {unit}"}
    names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
    bare |= {names[name]: getattr(limits, name) for name in names if getattr(limits, name) is not None}
    shared = ["quantity-text", "quantity-sourced"]
    if series:
        shared += ["quantity-linear", "quantity-steps", "quantity-table"]
    usual = {} if limits.usual is None else {"x-usual": list(limits.usual)}
    return {"anyOf": [bare, *(SHARED[name] for name in shared)], "x-unit": unit, **usual}

"""JSON Schema of a quantity, so that editors complete and check its forms."""

from __future__ import annotations

from typing import Any, get_args

from fabopt.domain.quantity import Confidence, Limits

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


def quantity_schema(unit: str, limits: Limits, series: bool) -> dict[str, Any]:
    """Return the JSON Schema of a quantity in `unit`; limits apply to bare numbers, in that unit."""
    text = {"type": "string", "pattern": _TEXT, "description": f"Number and unit, like '3 {unit}'"}
    bare: dict[str, Any] = {"type": "number", "description": f"In {unit}"}
    names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
    bare |= {names[name]: getattr(limits, name) for name in names if getattr(limits, name) is not None}
    number = {"anyOf": [{"type": "number"}, text]}
    sourced = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": number,
            "unit": {"type": ["string", "integer"], "description": "Unit of the bare numbers beside it"},
            "low": number,
            "high": number,
            "range": {"description": "Half-width, such as 15%", "type": ["string", "number"]},
            **_PROVENANCE,
        },
    }
    forms: list[dict[str, Any]] = [bare, text, sourced]
    if series:
        entries = {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [{"type": "number"}, text, sourced]},
        }
        common = {"unit": {"type": ["string", "integer"]}, **_PROVENANCE}
        forms += [
            {
                "type": "object",
                "required": [shape],
                "additionalProperties": False,
                "properties": {shape: entries, **common},
            }
            for shape in ("linear", "steps")
        ]
        forms.append(
            {
                "type": "object",
                "required": ["csv", "column"],
                "additionalProperties": False,
                "properties": {
                    "csv": {
                        "type": "string",
                        "description": "Table in the instance's folder, first column 'date'",
                    },
                    "column": {"type": "string"},
                    "shape": {"enum": ["linear", "steps"]},
                    **common,
                },
            }
        )
    return {"anyOf": forms, "x-unit": unit}

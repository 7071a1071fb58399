"""The schema of an instance for editors (JSON Schema) and for readers (a page in Markdown)."""

from __future__ import annotations

import inspect
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fabopt.domain.base import meanings
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.quantity_schema import SHARED
from fabopt.io.foreign_schema import FOREIGN
from fabopt.io.like import LIKE, TIMES
from fabopt.io.load import Scenario
from fabopt.io.shape import fields_of, kinds

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LINK = re.compile(r"\[([^]]+)\]\([^)]*\)")
_LIKE: dict[str, Any] = {
    "type": "object",
    "properties": {
        LIKE: {"type": "string", "description": "Record of the section that it is as, but for what it says itself"},
        TIMES: {"type": "object", "description": "Fields that are so many times as much as there"},
    },
}
_NAME = {"type": "string"}
_LIMITS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def instance_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an instance file.

    Parameters
    ----------
    model
        Schema of the instance.

    Returns
    -------
    dict
        The model's schema, with `include`, `tables` and `scenarios`, which only files have, and with no section
        required: an instance may be spread over several files.
    """
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.pop("$defs", {})
    scenario = Scenario.model_json_schema(by_alias=True)
    names = {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
    tables = [*names["anyOf"], FOREIGN, {"type": "array", "items": {"anyOf": [_NAME, FOREIGN]}}]
    schema["properties"] |= {
        "include": {**names, "description": "Further files of the instance, whose sections are joined"},
        "tables": {
            "type": "object",
            "additionalProperties": {"anyOf": tables},
            "description": "CSV tables whose rows are entries of a section",
        },
        "scenarios": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/Scenario"},
            "description": "Named overlays",
        },
    }
    schema.pop("required", None)
    for section in model.model_fields:
        for ids, record in schema["properties"].get(section, {}).get("patternProperties", {}).items():
            entry = {"if": {"required": [LIKE]}, "then": _LIKE, "else": record}
            schema["properties"][section]["patternProperties"][ids] = entry
    body: dict[str, Any] = _hoisted({**schema, "$defs": {**definitions, "Scenario": scenario}})
    body["$defs"] |= {name: {key: _hoisted(value) for key, value in part.items()} for name, part in SHARED.items()}
    return {"$schema": _DIALECT, **body}


def _hoisted(node: Any) -> Any:
    """Replace the parts that all quantities share by references to one definition of each."""
    if isinstance(node, list):
        return [_hoisted(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    for name, part in SHARED.items():
        if node == part:
            return {"$ref": f"#/$defs/{name}"}
    return {key: _hoisted(value) for key, value in node.items()}


def schema_markdown(model: type[BaseModel]) -> str:
    """Return a page that lists every record of an instance with its fields, forms, defaults and descriptions."""
    lines = [
        "# What an instance holds",
        "",
        _prose(model),
        "",
        "A quantity may be written as a bare number in the unit that the table names, as text with a unit "
        "(`180 kwafer/month`), or as a mapping with `value`, `unit`, `low`, `high` or `range`, `source`, `as_of`, "
        "`confidence`, `assumed`, `note`, `times`. A series may also be a mapping with `linear` or `steps` (dates and "
        "numbers), or with `csv` and `column`. Outside what it usually is, `fabopt validate` doubts a number.",
        "",
        "A record of a section may be `like` another of it: what it does not say itself is as there, and fields under "
        "`times` are so many times as much (`like: rubin`, `times: {performance: {value: 1.4, low: 1.2, high: 1.7}}`), "
        "with the range and the source of the factor. This is worked out when the files are read.",
        "",
    ]
    for record in _records(model):
        lines += [f"## {record.__name__}", ""]
        if record is not model:
            lines += [_prose(record), ""]
        lines += ["| field | form | default | what it is |", "|---|---|---|---|"]
        says = meanings(record)
        lines += [_row(name, field, _line(says.get(name, ""))) for name, field in fields_of(record).items()]
        lines.append("")
    return "\n".join(lines)


def schema_rows(model: type[BaseModel]) -> list[tuple[str, str, str, str, str]]:
    """Return every field of every record of an instance: record, field, form, default, meaning."""
    return [
        (
            record.__name__,
            name,
            _LINK.sub(r"\1", _form(field.annotation, tuple(field.metadata))),
            _default(field),
            _line(says.get(name, "")),
        )
        for record in _records(model)
        for says in (meanings(record),)
        for name, field in fields_of(record).items()
    ]


def _records(model: type[BaseModel]) -> list[type[BaseModel]]:
    """List a record and all below it, each once, in the order in which they are met."""
    records: dict[type[BaseModel], None] = {}

    def visit(annotation: Any) -> None:
        """Collect the records below a schema."""
        for kind in kinds(annotation):
            if kind.record is not None and kind.record not in records:
                records[kind.record] = None
                for field in kind.record.model_fields.values():
                    visit(field.annotation)
            elif kind.is_mapping or kind.is_list:
                for argument in get_args(kind.type):
                    if argument is not Ellipsis:
                        visit(argument)

    visit(model)
    return list(records)


def _row(name: str, field: FieldInfo, says: str) -> str:
    form, says = _form(field.annotation, tuple(field.metadata)).replace("|", "\\|"), says.replace("|", "\\|")
    return f"| `{name}` | {form} | {_default(field)} | {says} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Quantity):
        return f"{default.value:g}" + ("" if default.unit == "1" else f" {default.unit}")
    if default is None or default == "" or isinstance(default, BaseModel) or default in ((), [], {}):
        return ""
    return str(default).lower() if isinstance(default, bool) else f"`{default}`"


def _form(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    """Say in words how a field is written."""
    while get_origin(annotation) is Annotated:
        annotation, *extra = get_args(annotation)
        metadata = (*metadata, *extra)
    declared = next((entry for entry in metadata if isinstance(entry, In)), None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if declared is not None and (annotation is Quantity or Quantity in arguments):
        return _quantity_form(declared, listed=annotation is not Quantity and origin is not dict)
    if origin in (Union, types.UnionType):
        return " or ".join(_form(entry, metadata) for entry in arguments if entry is not type(None))
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin is dict:
        return f"mapping of {_form(arguments[0])} to {_form(arguments[1], metadata)}"
    if origin in (list, tuple):
        return f"list of {_form(arguments[0], metadata)}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if annotation is str and any(getattr(entry, "pattern", None) for entry in metadata):
        return "id"
    plain = {str: "text", bool: "true or false", int: "integer", float: "number"}
    return plain.get(annotation, getattr(annotation, "__name__", "any"))


def _quantity_form(declared: In, listed: bool) -> str:
    limits = [
        f"{sign} {getattr(declared.limits, name):g}"
        for name, sign in _LIMITS.items()
        if getattr(declared.limits, name) is not None
    ]
    unit = "pure number" if declared.unit == "1" else declared.unit
    series = ", may vary over time" if declared.series else ""
    per_period = ", or a list by period" if listed and declared.series else ""
    usual = declared.limits.usual
    sizes = f", usually {usual.low:g} to {usual.high:g}" if usual else ""
    whole = ", usually whole" if declared.limits.whole else ""
    return unit + (f" {', '.join(limits)}" if limits else "") + sizes + whole + series + per_period


def _prose(record: type[BaseModel]) -> str:
    return _line(inspect.getdoc(record) or "")


def _line(text: str) -> str:
    return " ".join(text.split())

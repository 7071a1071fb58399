"""A record of which every field has something: what a template is tried on before a real one is computed."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def blank(kind: type[T]) -> T:
    """Return a record of a kind: numbers are one, texts a letter, lists have one member, nothing is left out."""
    made: T = _value(kind)
    return made


def _value(kind: Any) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _value(hints[f.name]) for f in fields(kind)})  # type: ignore[operator]
    if origin in (Union, types.UnionType):
        return _value(next(arg for arg in args if arg is not type(None)))
    if origin is Literal:
        return next(arg for arg in args if arg != "")
    if origin is tuple:
        return (_value(args[0]),) if args[-1] is Ellipsis else tuple(_value(arg) for arg in args)
    if origin is Mapping:
        return {"x": _value(args[1])}
    return {str: "x", bool: False, int: 1, float: 1.0}[kind]

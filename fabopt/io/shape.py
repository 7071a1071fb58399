"""What the schema says stands at a path of the raw tree."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fabopt.domain.base import Path, by_fields
from fabopt.domain.calendar import parse_when
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In


@dataclass(frozen=True, slots=True)
class Kind:
    """One type that the schema allows at a place, and for a quantity how it is declared."""

    type: Any
    quantity: In | None = None

    @property
    def record(self) -> type[BaseModel] | None:
        """The record, when it is one."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, BaseModel) else None

    @property
    def is_quantity(self) -> bool:
        """Whether a quantity stands here."""
        return self.type is Quantity

    @property
    def is_mapping(self) -> bool:
        """Whether a mapping from ids stands here."""
        return get_origin(self.type) is dict

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return get_origin(self.type) in (list, tuple)


def kinds(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Kind, ...]:
    """Take a type annotation apart: every alternative of it but None."""
    units = [entry for entry in metadata if isinstance(entry, In)]
    while get_origin(annotation) is Annotated:
        annotation, *extra = get_args(annotation)
        units += [entry for entry in extra if isinstance(entry, In)]
    if get_origin(annotation) in (Union, types.UnionType):
        alternatives = (kinds(arg, units) for arg in get_args(annotation) if arg is not type(None))
        return tuple(kind for alternative in alternatives for kind in alternative)
    return (Kind(annotation, units[0] if units else None),)


def field_key(name: str, field: FieldInfo) -> str:
    """Name under which a field is written in an instance."""
    return field.alias or name


@by_fields
def fields_of(record: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Fields of a record by the name under which they are written."""
    return {field_key(name, field): field for name, field in record.model_fields.items()}


def children(kind: Kind, key: str | int) -> tuple[Kind, ...]:
    """What stands under a key of something of this kind; empty when the schema has nothing there."""
    if kind.record is not None:
        field = fields_of(kind.record).get(str(key))
        return () if field is None else kinds(field.annotation, field.metadata)
    declared = () if kind.quantity is None else (kind.quantity,)
    if kind.is_mapping:
        return kinds(get_args(kind.type)[1], declared)
    if kind.is_list and isinstance(key, int | str) and str(key).isdecimal():
        return kinds(get_args(kind.type)[0], declared)
    return ()


def key_text(key: object) -> str:
    """Write a key of a validated mapping as a part of a lever path: a date in full, an integer without point."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def matching_key(kind: Kind, raw: Mapping[str, Any], parts: Sequence[str]) -> tuple[str, int] | None:
    """Find the key of a raw mapping that the next parts of a lever path name.

    Dates and numbers may be written in several ways (``2027Q3`` is ``2027-07-01``), and a number may have a point.

    Returns
    -------
    tuple of str and int, or None
        The key as it stands in `raw` and how many parts it takes.
    """
    key_type = kinds(get_args(kind.type)[0])[0].type
    if key_type in (int, float):
        whole = {_number(key): key for key in raw}
        for size in (2, 1):
            wanted = _number(".".join(parts[:size])) if len(parts) >= size else None
            if wanted is not None and wanted in whole:
                return whole[wanted], size
    if key_type is date:
        days = {_day(key): key for key in raw}
        wanted_day = _day(parts[0])
        return (days[wanted_day], 1) if wanted_day is not None and wanted_day in days else None
    return (parts[0], 1) if parts[0] in raw else None


def _number(key: str) -> float | None:
    try:
        return float(key)
    except ValueError:
        return None


def _day(key: str) -> date | None:
    try:
        return parse_when(key)
    except ValueError:
        return None


def locate(model: type[BaseModel], raw: object, lever: str) -> Path:
    """Path in the raw tree of a lever; parts that the tree leaves out, or writes in a short form, stay as they are."""
    parts = lever.strip().partition("@")[0].split(".")
    path: list[str | int] = []
    here: tuple[Kind, ...] = (Kind(model),)
    while parts:
        key: str | int = parts[0]
        size = 1
        if isinstance(raw, list) and parts[0].isdecimal():
            key = int(parts[0])
        elif isinstance(raw, Mapping):
            reached = (matching_key(kind, raw, parts) for kind in here if kind.is_mapping)
            key, size = next((match for match in reached if match is not None), (parts[0], 1))
        path.append(key)
        here = tuple(child for kind in here for child in children(kind, key))
        if isinstance(raw, list):
            raw = raw[key] if isinstance(key, int) and key < len(raw) else None
        else:
            raw = raw.get(key) if isinstance(raw, Mapping) else None
        parts = parts[size:]
    return tuple(path)


def kinds_at(model: type[BaseModel], path: Path) -> tuple[Kind, ...]:
    """What the schema allows at a path; empty when it has nothing there."""
    here: tuple[Kind, ...] = (Kind(model),)
    for key in path:
        here = tuple(child for kind in here for child in children(kind, key))
    return here

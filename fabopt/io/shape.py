"""What the schema says stands at a path of the raw tree."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fabopt.domain.base import Path
from fabopt.domain.quantity import In, Quantity


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
    found = [entry for entry in metadata if isinstance(entry, In)]
    while get_origin(annotation) is Annotated:
        annotation, *extra = get_args(annotation)
        found += [entry for entry in extra if isinstance(entry, In)]
    if get_origin(annotation) in (Union, types.UnionType):
        alternatives = (kinds(arg, found) for arg in get_args(annotation) if arg is not type(None))
        return tuple(kind for alternative in alternatives for kind in alternative)
    return (Kind(annotation, found[0] if found else None),)


def field_key(name: str, field: FieldInfo) -> str:
    """Name under which a field is written in an instance."""
    return field.alias or name


def fields_of(record: type[BaseModel]) -> dict[str, FieldInfo]:
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
    if kind.is_list and isinstance(key, int | str) and str(key).isdigit():
        return kinds(get_args(kind.type)[0], declared)
    return ()


def kinds_at(model: type[BaseModel], path: Path) -> tuple[Kind, ...]:
    """What the schema allows at a path; empty when it has nothing there."""
    here: tuple[Kind, ...] = (Kind(model),)
    for key in path:
        here = tuple(child for kind in here for child in children(kind, key))
    return here

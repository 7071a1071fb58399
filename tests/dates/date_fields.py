"""Every field of the schema that is a date or a duration, found by walking the schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel

from fabopt.domain.instance import Instance
from fabopt.domain.quantity_field import In


def parts(annotation: Any) -> Iterator[Any]:
    """What an annotation is made of, itself and its metadata included."""
    yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def time_fields() -> set[str]:
    """Record and name of each field with a date, or with a quantity in months, in it."""
    found: set[str] = set()
    seen: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = [Instance]
    while waiting:
        record = waiting.pop()
        if record in seen:
            continue
        seen.add(record)
        for name, field in record.model_fields.items():
            inside = [*parts(field.annotation), *field.metadata]
            if any(p is date or (isinstance(p, In) and p.unit == "month") for p in inside):
                found.add(f"{record.__name__}.{name}")
            waiting += [p for p in inside if isinstance(p, type) and issubclass(p, BaseModel)]
    return found

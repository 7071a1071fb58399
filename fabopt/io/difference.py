"""What differs between two instances, lever by lever: path, what stands in one and in the other.

Only what can change a plan is compared: numbers with their units, dates, choices, records that stand in one alone.
Names of sources, ranges, notes, and the sections that no plan of one state depends on are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from fabopt.domain.quantity import Point, Quantity
from fabopt.domain.tolerances import ROUNDING
from fabopt.io.shape import fields_of, key_text

SAYS_NOTHING = frozenset(
    {"about", "sources", "outcomes", "expectations", "distributions", "correlations", "disruptions", "states", "events"}
)
"""Sections that no plan of one state depends on."""

_MOST = 240
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A lever, or a record, that is not the same in two instances.

    Attributes
    ----------
    path
        Its lever path, with ``@`` and the date for one point of a series.
    before, after
        What stands there, as text with unit; None where it is absent.
    factor
        By how much it was scaled, where it is a number or a whole series that was; None otherwise.
    """

    path: str
    before: str | None
    after: str | None
    factor: float | None = None


def differences(before: BaseModel, after: BaseModel) -> tuple[Difference, ...]:
    """Return what differs between two instances, in the order of the schema and of the entries."""
    return tuple(
        differences
        for key in fields_of(type(before))
        if key not in SAYS_NOTHING
        for differences in _compared(key, _field(before, key), _field(after, key))
    )


def _field(record: BaseModel, key: str) -> Any:
    names = dict(zip(fields_of(type(record)), type(record).model_fields, strict=True))
    return getattr(record, names[key])


def _compared(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Quantity) and isinstance(after, Quantity):
        yield from _quantities(path, before, after)
    elif isinstance(before, BaseModel) and type(before) is type(after):
        for key in fields_of(type(before)):
            yield from _compared(f"{path}.{key}", _field(before, key), _field(after, key))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _compared(f"{path}.{key_text(key)}", before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif _records(before) and _records(after):
        for n in range(max(len(before), len(after))):
            pair = [many[n] if n < len(many) else _ABSENT for many in (before, after)]
            yield from _compared(f"{path}.{n}", *pair)
    elif before is _ABSENT or after is _ABSENT or before != after:
        yield Difference(path, _said(before), _said(after))


def _records(value: object) -> bool:
    """Whether it is a list of records, which are compared one by one."""
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, BaseModel) for item in value)


def _quantities(path: str, before: Quantity, after: Quantity) -> Iterator[Difference]:
    dates = [point.when for point in before.points]
    pairs = list(zip(before.points, after.points, strict=False))
    other = before.shape != after.shape or before.unit != after.unit or dates != [p.when for p in after.points]
    if before.before is not None and after.before is not None:
        pairs.append((Point(None, before.before), Point(None, after.before)))
    elif before.before != after.before:
        other = True
    if other:
        yield Difference(path, _said(before), _said(after))
        return
    changed = [(a, b) for a, b in pairs if not _same(a.value, b.value)]
    factor = _factor(pairs) if changed else None
    if changed and (factor is not None or any(a.when is None for a, _ in changed)):
        yield Difference(path, _said(before), _said(after), factor)
        return
    for a, b in changed:
        one, two = (f"{_number(point.value)}{_unit(before)}" for point in (a, b))
        yield Difference(f"{path}@{a.when}", one, two, _factor([(a, b)]))


def _factor(pairs: list[tuple[Point, Point]]) -> float | None:
    """Return the one factor that leads from every first to every second number; None where there is none."""
    ratios = [b.value / a.value for a, b in pairs if a.value != 0.0]
    if not ratios or any(a.value == 0.0 and b.value != 0.0 for a, b in pairs):
        return None
    return ratios[0] if all(_same(ratio, ratios[0]) for ratio in ratios) else None


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= ROUNDING * max(abs(a), abs(b))


def _said(value: Any) -> str | None:
    if value is _ABSENT or value is None:
        return None
    text = _text(value)
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."


def _text(value: Any) -> str:
    """Write a value in short: of a record what is not its default, of a series its points."""
    if isinstance(value, Quantity):
        if value.shape == "constant":
            return f"{_number(value.value)}{_unit(value)}"
        first = [] if value.before is None else [f"{_number(value.before)} before"]
        return ", ".join((*first, *(f"{_number(p.value)} at {p.when}" for p in value.points))) + _unit(value)
    if isinstance(value, BaseModel):
        fields = zip(fields_of(type(value)), type(value).model_fields.items(), strict=True)
        given = [
            (key, getattr(value, name))
            for key, (name, field) in fields
            if field.is_required() or getattr(value, name) != field.get_default(call_default_factory=True)
        ]
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in given if item is not None) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(key)}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float) -> str:
    return f"{value:.6g}"


def _unit(quantity: Quantity) -> str:
    return "" if quantity.unit == "1" else f" {quantity.unit}"

"""Levers: the stable path of each number of an instance, and how one is set in the raw tree.

A lever is the path of a field (``fabs.tsmc-n3.capacity``), of one point of a series
(``fabs.tsmc-n3.capacity@2027-12-31``), or of what holds before a series (``fabs.tsmc-n3.capacity@before``). It is set
to a value (``200 kwafer/month``, ``200``), scaled (``*1.1``) or moved (``+5 MW``, ``+-5 MW``), which keeps the source:
a series is scaled and moved as a whole unless a point is named. A series is never set to one number, which would
flatten it: it takes another series. A value that replaces another has no source and counts as assumed. Fields that are
no quantities (dates, choices, flags, integers) are set the same way.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fabopt.domain.base import FieldProblem, Path
from fabopt.domain.calendar import parse_when
from fabopt.domain.plain_sets import with_record
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.quantity_raw import SHAPES
from fabopt.errors import UserError
from fabopt.io.problems import InstanceError, brief, nearest
from fabopt.io.shape import Kind, children, fields_of, key_text, locate, matching_key
from fabopt.io.yaml import parse_yaml, resolve_scalar

Model = TypeVar("Model", bound=BaseModel)

BEFORE = "before"
"""In the place of a date: what holds before the first point of a series."""

_MOST_NAMED = 12
_ABSENT = object()


class LeverError(UserError):
    """A lever that the instance does not have, or a setting that it cannot take; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A number that can be set.

    Attributes
    ----------
    path
        Its lever path.
    quantity
        Its value in this instance.
    """

    path: str
    quantity: Quantity

    @property
    def shown(self) -> float | str:
        """Its value as it can be set again: a number, or a series as YAML writes it (``{linear: {2026-07-01: 4}}``)."""
        q = self.quantity
        if q.shape == "constant":
            return q.value
        points = ", ".join(f"{point.when}: {point.value!r}" for point in q.points)
        before = "" if q.before is None else f", before: {q.before!r}"
        return f"{{{q.shape}: {{{points}}}{before}}}"

    @property
    def points(self) -> tuple[str, ...]:
        """Paths of the points of a series; empty for a constant."""
        if self.quantity.shape == "constant":
            return ()
        return tuple(f"{self.path}@{point.when}" for point in self.quantity.points)


def list_levers(instance: BaseModel, like: BaseModel | None = None) -> list[Lever]:
    """List every quantity of an instance with its lever path, in the order of the schema and the instance.

    Parameters
    ----------
    instance
        The instance.
    like
        Another instance: parts that both hold, the same in memory, are left out.
    """
    return [Lever(path, quantity) for path, quantity in _walk(instance, "", like)]


def currency_rates(raw: Mapping[str, Any]) -> dict[str, float]:
    """US dollars for one unit of each currency of the section ``currencies``; faulty ones are left to validation."""
    section = raw.get("currencies")
    rates: dict[str, float] = {}
    if isinstance(section, Mapping):
        for code, given in section.items():
            try:
                rates[str(code)] = In("1", gt=0).read(given).value
            except FieldProblem:
                continue
    return rates


def _walk(node: object, path: str, like: object = None) -> Iterator[tuple[str, Quantity]]:
    if node is like:
        return
    if isinstance(node, Quantity):
        yield path, node
    elif isinstance(node, BaseModel):
        for (name, _), key in zip(type(node).model_fields.items(), fields_of(type(node)), strict=True):
            yield from _walk(getattr(node, name), _join(path, key), getattr(like, name, None))
    elif isinstance(node, Mapping):
        known = like if isinstance(like, Mapping) else {}
        for key, value in node.items():
            yield from _walk(value, _join(path, key_text(key)), known.get(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _walk(value, _join(path, str(index)))


def with_quantities(instance: Model, changes: Mapping[str, Quantity]) -> Model:
    """Return an instance with some quantities put in the place of others, by lever path.

    Nothing is validated: for small movements, by which a rule that stands would not break. Rates of exchange are read
    when an instance is validated, so this moves no price that is written in a currency.
    """
    starts = {start for lever in changes for start in accumulate(lever.split("."), "{}.{}".format)}
    changed: Model = _replaced(instance, "", changes, starts)
    return changed


def _replaced(node: Any, path: str, changes: Mapping[str, Quantity], starts: Set[str]) -> Any:
    if isinstance(node, Quantity):
        return changes.get(path, node)

    def below(key: str) -> bool:
        return _join(path, key) in starts

    if isinstance(node, BaseModel):
        keys = dict(zip(type(node).model_fields, fields_of(type(node)), strict=True))
        inside = {name: key for name, key in keys.items() if below(key)}
        update = {
            name: _replaced(getattr(node, name), _join(path, key), changes, starts) for name, key in inside.items()
        }
        return node.model_copy(update=update) if update else node
    if isinstance(node, Mapping):
        texts = {k: key_text(k) for k in node if below(key_text(k))}
        changed = {k: _replaced(node[k], _join(path, text), changes, starts) for k, text in texts.items()}
        return type(node)({**node, **changed}) if changed else node  # type: ignore[call-arg]
    if isinstance(node, list | tuple):
        return type(node)(
            _replaced(v, _join(path, str(i)), changes, starts) if below(str(i)) else v for i, v in enumerate(node)
        )
    return node


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def set_lever(raw: dict[str, Any], lever: str, setting: object, model: type[BaseModel]) -> dict[str, Any]:
    """Return a raw tree in which one lever is set; the tree given stays as it is.

    Parameters
    ----------
    raw
        Raw tree of an instance.
    lever
        Path of a field, with ``@`` and a date for one point of a series, or ``@before``.
    setting
        A number, flag, text, list or mapping; a text that begins with ``*`` scales what is there, one that begins with
        ``+`` is added to it.
    model
        Schema of the tree.

    Raises
    ------
    LeverError
        When there is no such lever, with the nearest name, or the setting is nothing that it can take.
    """
    path, at, when = lever.strip().partition("@")
    if not path or len(lever) > 300:
        raise LeverError(f"{brief(lever)} is no lever; write it like fabs.tsmc-n3.capacity")
    day: date | str | None = None
    if at:
        try:
            day = BEFORE if when == BEFORE else parse_when(when)
        except ValueError as error:
            raise LeverError(f"lever {brief(lever)}: {error}") from error
    parts = tuple(path.split("."))
    if parts[0] == "network" and len(parts) > 3 and isinstance(raw.get("network"), Mapping):
        raw = {**raw, "network": with_record(raw["network"], parts[1], parts[2])}
    change = _Change(lever, parts, day, read_setting(setting), raw)
    changed: dict[str, Any] = change.descend((Kind(model),), raw, None, 0)
    return changed


def lever_place(model: type[BaseModel], raw: Mapping[str, Any], lever: str) -> Path:
    """Return the path in the raw tree of a lever, of one point of a series down to that point."""
    path, node = locate(model, raw, lever), raw
    _, at, when = lever.strip().partition("@")
    if not at:
        return path
    for key in path:
        node = node[key]  # type: ignore[index]
    day = when if when == BEFORE else _day(when)
    return (*path, BEFORE) if day == BEFORE else (*path, *((point_at(node, day) if day else None) or ()))


@dataclass(frozen=True, slots=True)
class Scale:
    """A setting that scales what is there: ``*1.1``."""

    factor: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A setting that is added to what is there: ``+5 MW``."""

    by: object


def read_setting(setting: object) -> object:
    """Read a setting: a factor, what is added, a plain value, or a list or mapping in YAML's flow style.

    Raises
    ------
    LeverError
        When it is none.
    """
    if isinstance(setting, numbers.Real) and not isinstance(setting, bool):
        # A number of a notebook may be one of numpy's, which validation would not take for an integer.
        return int(setting) if isinstance(setting, numbers.Integral) else float(setting)
    if not isinstance(setting, str):
        return setting
    text = setting.strip()
    if not text:
        raise LeverError("a lever needs a value, such as '200 kwafer/month' or '*1.1'")
    if text.startswith("*"):
        factor = resolve_scalar(text[1:].strip())
        if isinstance(factor, str | bool | None) or not 0 <= factor <= 1e12 or math.isnan(factor):
            raise LeverError(f"{brief(text)} is no factor; write it like '*1.1', with 0 or more")
        return Scale(float(factor))
    if text.startswith("+"):
        return Shift(resolve_scalar(text[1:].strip()))
    if text[0] in "[{":
        try:
            return parse_yaml(text, "").value
        except InstanceError as error:
            raise LeverError(f"{brief(text)}: {error.problems[0].message}") from error
    return resolve_scalar(text)


@dataclass(frozen=True, slots=True)
class _Change:
    """One setting on its way down the tree."""

    lever: str
    parts: tuple[str, ...]
    day: date | str | None
    setting: object
    top: Mapping[str, Any]

    def descend(self, here: tuple[Kind, ...], raw: Any, default: object, depth: int) -> Any:
        """Return what stands at this depth after the change; `default` is the schema's value where raw is absent."""
        if depth == len(self.parts):
            return self._set(here, raw, default)
        part = self.parts[depth]
        for kind in here:
            if kind.record is not None:
                return self._into_record(kind, kind.record, raw, depth)
        for kind in here:
            below = children(kind, part)
            if kind.is_mapping and isinstance(raw, Mapping):
                match = matching_key(kind, raw, self.parts[depth:])
                if match is not None:
                    key, size = match
                    return {**raw, key: self.descend(below, raw[key], None, depth + size)}
            if kind.is_list and below and isinstance(raw, list) and int(part) < len(raw):
                changed = list(raw)
                changed[int(part)] = self.descend(below, raw[int(part)], None, depth + 1)
                return changed
        raise self._unknown(depth, list(raw) if isinstance(raw, Mapping) else [])

    def _into_record(self, kind: Kind, record: type[BaseModel], raw: Any, depth: int) -> dict[str, Any]:
        part = self.parts[depth]
        fields = fields_of(record)
        if part not in fields:
            raise self._unknown(depth, list(fields))
        raw = {} if raw is _ABSENT or raw is None else raw
        if not isinstance(raw, Mapping) or (part not in raw and not raw.keys() <= fields.keys()):
            raw = self._long_form(record, raw)
        default = fields[part].get_default(call_default_factory=True)
        changed = self.descend(children(kind, part), raw.get(part, _ABSENT), default, depth + 1)
        return {**raw, part: changed}

    def _long_form(self, record: type[BaseModel], raw: object) -> dict[str, Any]:
        """Write out a record that is given in a short form."""
        try:
            return record.model_validate(raw).model_dump(mode="json", by_alias=True)
        except ValidationError as error:
            raise LeverError(f"lever {brief(self.lever)} lies in a part that is not valid itself") from error

    def _set(self, here: tuple[Kind, ...], raw: Any, default: object) -> Any:
        quantities = any(kind.is_quantity for kind in here)
        if not quantities and self.day is not None:
            raise LeverError(f"{brief(self.lever)} is no series, so it has no point at {self.day}")
        if isinstance(raw, list) and quantities and self.day is None:
            return self._set_list(raw, next(kind.quantity for kind in here if kind.quantity is not None))
        if quantities:
            return self._set_quantity(raw, default, next(kind.quantity for kind in here if kind.quantity is not None))
        if isinstance(self.setting, Shift):
            raise LeverError(f"{brief(self.lever)} is no quantity, so nothing can be added to it")
        listed = isinstance(self.setting, list) and any(kind.is_list for kind in here)
        grouped = any(kind.record is not None or kind.is_mapping for kind in here)
        if grouped and not listed and not isinstance(self.setting, Mapping):
            names = [name for kind in here if kind.record for name in fields_of(kind.record)]
            names = names or (list(raw) if isinstance(raw, Mapping) else [])
            raise LeverError(f"{brief(self.lever)} is a group of levers{_named(names)}")
        if not isinstance(self.setting, Scale):
            return self.setting
        base = default if raw is _ABSENT else raw
        if isinstance(base, bool) or not isinstance(base, int | float):
            raise LeverError(f"{brief(self.lever)} is no number, so it cannot be scaled")
        scaled = base * self.setting.factor
        return int(scaled) if isinstance(base, int) and scaled == int(scaled) else scaled

    def _set_list(self, raw: list[Any], declared: In) -> Any:
        """Return amounts by period after the change: all of them scaled or moved, or others in their place."""
        if isinstance(self.setting, Scale):
            return [_scaled_raw(entry, self.setting.factor) for entry in raw]
        if isinstance(self.setting, Shift):
            return [self._shifted(entry, declared, self.setting) for entry in raw]
        if isinstance(self.setting, Mapping | list | bool):
            return self.setting
        raise LeverError(
            f"{brief(self.lever)} is a list of {len(raw)} amounts, which one number would flatten: scale it ('*1.1'), "
            f"move it ('+5', with its unit), set one amount ({self.lever}.0), or give a list ('[1, 2]')"
        )

    def _set_quantity(self, raw: Any, default: object, declared: In) -> Any:
        if raw is _ABSENT or raw is None:
            raw = default.raw() if isinstance(default, Quantity) else None
        if self.day is not None:
            return self._set_point(raw, self.day, declared)
        if not isinstance(self.setting, Scale | Shift):
            points = None if isinstance(self.setting, Mapping | list | bool) else _points(raw)
            if points:
                raise self._flattens(list(points))
            return self._in_place_of(raw, declared)
        if raw is None:
            raise LeverError(f"{brief(self.lever)} has no value that could be {_done(self.setting)}")
        if isinstance(self.setting, Shift):
            return self._shifted(raw, declared, self.setting)
        return _scaled_raw(raw, self.setting.factor)

    def _in_place_of(self, raw: Any, declared: In) -> Any:
        """Return the setting in the unit in which the lever is shown; what is set to what it is keeps its range."""
        setting, rates = self.setting, currency_rates(self.top)
        try:
            here = declared.read(raw, rates)
        except FieldProblem:
            return setting  # nothing that holds stands there
        if here.unit != declared.unit:  # a number without a unit would mean another one here
            if _bare(setting):
                setting = {"value": setting, "unit": here.unit}
            elif isinstance(setting, Mapping) and "unit" not in setting and all(map(_bare, _numbers(setting))):
                setting = {**setting, "unit": here.unit}
        try:
            there = declared.read(setting, rates)
        except FieldProblem:
            return setting  # validation says why
        if isinstance(self.setting, Mapping) and self.setting.keys() - {*SHAPES, BEFORE}:
            return setting  # it says more than its numbers
        return raw if _same_numbers(here, there) else setting

    def _shifted(self, raw: Any, declared: In, shift: Shift) -> dict[str, Any]:
        """Return the raw form of a quantity with something added to its points and their ranges: one point, or all."""
        rates = currency_rates(self.top)
        try:
            here = declared.read(raw, rates)
            by = In(here.unit).read(shift.by, rates).value  # an amount is in the unit that it was written in
        except FieldProblem as error:
            raise LeverError(f"{brief(self.lever)} cannot be moved by {brief(shift.by)}: {error}") from error
        moved = tuple(p.plus(by, declared.limits) if self.day in (None, p.when) else p for p in here.points)
        return replace(here, points=moved).raw()

    def _flattens(self, days: list[str]) -> LeverError:
        first = str(days[0])
        return LeverError(
            f"{brief(self.lever)} is a series of {len(days)} points, which one number would flatten: scale it "
            f"('*1.1'), move it ('+5', with its unit), set one point ({self.lever}@{first}), or give a series "
            f"('{{linear: {{{first}: ...}}}}')"
        )

    def _set_point(self, raw: Any, day: date | str, declared: In) -> Any:
        points = _points(raw)
        if points is None:
            raise LeverError(f"{brief(self.lever)} is no series, so it has no point at {day}")
        if day == BEFORE:
            return self._set_before(raw, declared)
        place = point_at(raw, day)
        if place is None:
            raise LeverError(f"{brief(self.lever)}: the series has no point at {day}{_named(list(points))}")
        (shape, key), entry = place, self.setting
        if isinstance(entry, Shift):
            return self._shifted(raw, declared, entry)
        if isinstance(entry, Scale):
            return {**raw, shape: {**points, key: _scaled_raw(points[key], entry.factor)}}
        if _bare(entry) and "unit" in raw:  # as everywhere, in the unit in which the lever is shown
            entry = {"value": entry, "unit": declared.read(raw, currency_rates(self.top)).unit}
        if isinstance(times := raw.get("times", 1.0), int | float) and times != 1.0:
            if times == 0.0:
                raise LeverError(f"{brief(self.lever)}: the series is scaled by 0, so none of its points can be set")
            entry = _scaled_raw(entry, 1.0 / times)  # what a point is set to is what it is, scaled before or not
        return {**raw, shape: {**points, key: entry}}

    def _set_before(self, raw: Any, declared: In) -> dict[str, Any]:
        """Return a series with another number before its first date, in the unit in which the lever is shown."""
        if isinstance(self.setting, Scale | Shift):
            raise LeverError(f"{brief(self.lever)} is set to a number; it is scaled and moved with its series")
        rates = currency_rates(self.top)
        try:
            here = declared.read(raw, rates)
            before = In(here.unit).read(self.setting, rates).value
        except FieldProblem as error:
            raise LeverError(f"{brief(self.lever)} cannot be {brief(self.setting)}: {error}") from error
        return {**here.raw(), BEFORE: before}

    def _unknown(self, depth: int, known: list[str]) -> LeverError:
        """Return the error that names the nearest lever, or the section in which such an id stands."""
        part, before, after = self.parts[depth], self.parts[:depth], self.parts[depth + 1 :]
        sections = [name for name, section in self.top.items() if isinstance(section, dict) and part in section]
        if depth == 0 and sections:
            hint = f"did you mean '{'.'.join((sections[0], *self.parts))}'?"
        else:
            hint = nearest(".".join((*before, part, *after)), (".".join((*before, k, *after)) for k in known))
            near = nearest(part, known)
            hint = hint if near else ""
        if not hint:
            hint = _named(known).removeprefix(": ")
        return LeverError(f"there is no lever {brief(self.lever)}" + (f"; {hint}" if hint else ""))


def _scaled_raw(raw: Any, factor: float) -> Any:
    """Scale the raw form of a quantity, keeping provenance."""
    if not isinstance(raw, Mapping):
        return {"value": raw, "times": factor}
    before = raw.get("times", 1.0)
    known = isinstance(before, int | float) and not isinstance(before, bool)
    # A factor that is no number stays as it is, so that validation reports it where it stands.
    return {**raw, "times": before * factor} if known else dict(raw)


def _points(raw: Any) -> Mapping[Any, Any] | None:
    """Return the points of the raw form of a series by their dates; None for anything else."""
    shape = next((name for name in SHAPES if isinstance(raw, Mapping) and name in raw), None)
    return raw[shape] if shape is not None and isinstance(raw[shape], Mapping) else None


def point_at(raw: Any, day: date | str) -> tuple[str, Any] | None:
    """Return shape and key under which a point stands in the raw form of a series; None where there is none."""
    shape = next((name for name in SHAPES if isinstance(raw, Mapping) and name in raw), "")
    keys = (key for key in _points(raw) or () if _day(key) == day)
    return next(((shape, key) for key in keys), None)


def _numbers(raw: Mapping[Any, Any]) -> list[Any]:
    """Return what stands for numbers in the raw form of a quantity."""
    points = _points(raw)
    return [*points.values()] if points is not None else [raw.get("value")]


def _bare(entry: object) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool)


def _same_numbers(one: Quantity, other: Quantity) -> bool:
    """Return whether two quantities are the same but for their ranges and provenance."""
    shapes = [(q.unit, q.shape, q.before, [(p.when, p.value) for p in q.points]) for q in (one, other)]
    return shapes[0] == shapes[1]


def _done(setting: Scale | Shift) -> str:
    return "scaled" if isinstance(setting, Scale) else "moved"


def _day(key: object) -> date | None:
    try:
        return parse_when(key)
    except ValueError:
        return None


def _named(names: list[str]) -> str:
    shown = ", ".join(str(name) for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f": there are {shown}{more}" if names else ""

"""Reading a quantity from its raw form, with every fault at its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Literal, get_args

from fabopt.domain.base import Fault, FieldProblem, Path
from fabopt.domain.calendar import parse_when
from fabopt.domain.quantity import Confidence, Limits, Point, Quantity
from fabopt.domain.text import printable
from fabopt.domain.units import UnitError, checked_number, conversion, split_text, unit

PROVENANCE = ("source", "as_of", "confidence", "assumed", "note")
"""What is said of where a number comes from."""
_NUMBERS = ("value", "unit", "low", "high", "range", "times")
SHAPES: tuple[Literal["linear", "steps"], ...] = ("linear", "steps")
"""What a series is between its dates."""
_MOST_POINTS = 5000
_LONGEST_NOTE = 4000
_HUGE = 10**40
_WRITE = "write a number, a text like '180 kwafer/month', or a mapping with 'value'"


class _Reader:
    """Reads one quantity; gathers faults instead of stopping at the first."""

    def __init__(self, canonical: str, limits: Limits, rates: Mapping[str, float] | None) -> None:
        self.canonical = canonical
        self.limits = limits
        self.rates = rates
        self.faults: list[Fault] = []

    def fault(self, path: Path, message: str, hint: str = "") -> None:
        """Keep a fault at a path inside the raw form."""
        self.faults.append(Fault(path, message, hint))

    def number(self, raw: object, path: Path, plain_unit: str, stated: bool = False) -> tuple[float, str] | None:
        """Read a number and the unit it was written in, converted to the canonical unit.

        A text without a unit has that of the field only where one was `stated` beside it.
        """
        try:
            if isinstance(raw, str):
                value, written = split_text(raw)
                written = written or (plain_unit if stated else "" if unit(plain_unit).dimension else "1")
                if not written:
                    raise UnitError(f"'{raw.strip()}' has no unit")
            elif isinstance(raw, int | float) and not isinstance(raw, bool):
                value, written = checked_number(_float(raw), str(raw)[:60]), plain_unit
            else:
                raise UnitError(f"{_kind(raw)} is no number")
            times, over = conversion(written, self.canonical, self.rates)
        except UnitError as error:
            self.fault(path, str(error), self._expected())
            return None
        return value * times / over, written

    def _expected(self) -> str:
        if self.canonical == "1":
            return "give a pure number, such as 0.62 or '62 %'"
        return f"give a number in {self.canonical}, such as '3 {self.canonical}'"

    def point(
        self, raw: object, path: Path, when: date | None, inherited: str, factor: float, stated: bool = False
    ) -> Point | None:
        """Read one number with its range and provenance; `stated`: the inherited unit was written down."""
        if not isinstance(raw, Mapping):
            read = self.number(raw, path, inherited, stated)
            if read is None:
                return None
            point = Point(when, read[0] * factor)
            self._check(point, path)
            return point
        if "value" not in raw:
            self.fault(path, "a quantity needs 'value'", _WRITE)
            return None
        plain_unit = self.unit_of(raw, path, inherited)
        if plain_unit is None:
            return None
        stated = stated or "unit" in raw
        read = self.number(raw["value"], (*path, "value"), plain_unit, stated)
        if read is None:
            return None
        value, written = read
        # A bare low or high is in the unit that the mapping names, else in that of its value.
        beside = plain_unit if "unit" in raw else written
        low, high = self._range(raw, path, value, beside, stated)
        times = factor * self.times(raw, path)
        low, high = (self._edge(edge, times, value * times) for edge in (low, high))
        point = Point(when, value * times, low, high, **self.provenance(raw, path))
        self._check(point, path)
        return point

    def unit_of(self, raw: Mapping[object, object], path: Path, inherited: str) -> str | None:
        """Return the unit of bare numbers in a mapping, or None after a fault."""
        given = raw.get("unit", inherited)
        if not isinstance(given, str):
            if given == 1 and not isinstance(given, bool):
                return "1"
            self.fault((*path, "unit"), f"{_kind(given)} is no unit", self._expected())
            return None
        try:
            conversion(given, self.canonical, self.rates)
        except UnitError as error:
            self.fault((*path, "unit"), str(error), self._expected())
            return None
        return given

    def times(self, raw: Mapping[object, object], path: Path) -> float:
        """Return the factor of a mapping, 1 where none is given or after a fault."""
        factor = raw.get("times", 1.0)
        if isinstance(factor, int | float) and not isinstance(factor, bool) and 0 <= factor <= 1e12:
            return float(factor)
        self.fault((*path, "times"), f"{_kind(factor)} is no factor between 0 and 1e12")
        return 1.0

    def _range(
        self, raw: Mapping[object, object], path: Path, value: float, plain_unit: str, stated: bool
    ) -> tuple[float | None, float | None]:
        if "range" in raw:
            if "low" in raw or "high" in raw:
                self.fault((*path, "range"), "give either 'range' or 'low' and 'high'")
                return None, None
            share = self._share(raw["range"], (*path, "range"))
            return (None, None) if share is None else (value - share * abs(value), value + share * abs(value))
        edges: list[float | None] = []
        for key in ("low", "high"):
            given = raw.get(key)
            read = None if given is None else self.number(given, (*path, key), plain_unit, stated)
            edges.append(None if read is None else read[0])
        return edges[0], edges[1]

    def _share(self, raw: object, path: Path) -> float | None:
        try:
            if isinstance(raw, str):
                number, written = split_text(raw)
                times, over = conversion(written or "1", "1")
                share = number * times / over
            elif isinstance(raw, int | float) and not isinstance(raw, bool):
                share = float(raw)
            else:
                share = -1.0
        except (UnitError, OverflowError):
            share = -1.0
        if 0 <= share <= 1:
            return share
        self.fault(path, f"{_kind(raw)} is no half-width of a range", "write it like '15%', at most 100%")
        return None

    def provenance(self, raw: Mapping[object, object], path: Path) -> dict[str, Any]:
        """Read source, as_of, confidence, assumed and note of a mapping."""
        provenance: dict[str, Any] = {}
        source = raw.get("source", ())
        source = [source] if isinstance(source, str) else source
        if isinstance(source, list | tuple) and all(isinstance(entry, str) and entry for entry in source):
            provenance["source"] = tuple(dict.fromkeys(source))
        else:
            self.fault((*path, "source"), "a source is an id from the table of sources, or a list of ids")
        as_of = raw.get("as_of")
        if isinstance(as_of, int) and not isinstance(as_of, bool):
            as_of = str(as_of)
        if as_of is None or (isinstance(as_of, str) and len(as_of) <= 40):
            provenance["as_of"] = as_of
        else:
            self.fault((*path, "as_of"), f"{_kind(as_of)} is no date of a source")
        confidence = raw.get("confidence")
        if confidence is None or confidence in get_args(Confidence):
            provenance["confidence"] = confidence
        else:
            known = ", ".join(get_args(Confidence))
            self.fault((*path, "confidence"), f"{_kind(confidence)} is no confidence", f"one of {known}")
        assumed = raw.get("assumed", False)
        if isinstance(assumed, bool):
            provenance["assumed"] = assumed
        else:
            self.fault((*path, "assumed"), f"'assumed' is true or false, not {_kind(assumed)}")
        note = raw.get("note", "")
        if isinstance(note, str) and len(note) <= _LONGEST_NOTE:
            provenance["note"] = note
        else:
            self.fault((*path, "note"), f"a note is a text of at most {_LONGEST_NOTE} characters")
        return provenance

    def _edge(self, edge: float | None, times: float, value: float) -> float | None:
        """Return the scaled edge of a range, which ends where the limits of the field do."""
        return edge if edge is None or times == 1.0 else self.limits.clip(edge * times, value)

    def _check(self, point: Point, path: Path) -> None:
        """Check order and limits of a point's numbers."""
        for label, number in (("value", point.value), ("low", point.low), ("high", point.high)):
            expected = "" if number is None else self.limits.broken_by(number)
            if expected:
                what = "the value" if label == "value" else f"'{label}'"
                shown = "" if self.canonical == "1" else f" {self.canonical}"
                self.fault(path, f"{what} is {number:g}{shown}; it must be {expected}{shown}")
                return
        if point.low is not None and point.high is not None and point.low > point.high:
            self.fault(path, f"low {point.low:g} lies above high {point.high:g}")
        elif point.low is not None and point.low > point.value:
            self.fault(path, f"low {point.low:g} lies above the value {point.value:g}")
        elif point.high is not None and point.high < point.value:
            self.fault(path, f"high {point.high:g} lies below the value {point.value:g}")

    def series(self, raw: Mapping[object, object], shape: Literal["linear", "steps"]) -> Quantity | None:
        """Read a series of points."""
        self.unknown(raw, (shape, "before", "unit", "times", *PROVENANCE), ())
        entries = raw[shape]
        plain_unit = self.unit_of(raw, (), self.canonical)
        if not isinstance(entries, Mapping) or not entries or len(entries) > _MOST_POINTS:
            self.fault((shape,), f"a series is a mapping from 1 to {_MOST_POINTS} dates to numbers")
            return None
        factor = self.times(raw, ())
        whole = self.provenance(raw, ())
        if plain_unit is None:
            return None
        points: dict[date, Point] = {}
        for key, entry in entries.items():
            path: Path = (shape, key if isinstance(key, str | int) else str(key))
            try:
                when = parse_when(key)
            except ValueError as error:
                self.fault(path, str(error))
                continue
            if when in points:
                self.fault(path, f"the series has two values for {when}")
                continue
            if isinstance(entry, Mapping):
                self.unknown(entry, (*_NUMBERS, *PROVENANCE), path)
            point = self.point(entry, path, when, plain_unit, factor, "unit" in raw)
            if point is not None:
                points[when] = point
        before = self.point(raw["before"], ("before",), None, plain_unit, factor) if "before" in raw else None
        if isinstance(raw.get("before"), Mapping):
            self.fault(("before",), "what holds before a series is a number", "give its range and source at the dates")
        if self.faults:
            return None
        ordered = [points[when] for when in sorted(points)]
        series = _assemble(self.canonical, shape, ordered, whole, self.limits)
        return series if before is None else replace(series, before=before.value)

    def unknown(self, raw: Mapping[object, object], known: tuple[str, ...], path: Path) -> None:
        """Report the fields of a mapping that no quantity has."""
        for key in raw:
            if key not in known:
                place: Path = (*path, key if isinstance(key, str | int) else str(key))
                self.fault(place, f"a quantity has no field {_kind(key)}", "it has " + ", ".join(known))


def read_quantity(raw: object, canonical: str, limits: Limits, rates: Mapping[str, float] | None = None) -> Quantity:
    """Read a quantity from its raw form.

    Parameters
    ----------
    raw
        A number in the canonical unit, a text with unit, or a mapping.
    canonical
        Unit of the result.
    limits
        What every number must satisfy.
    rates
        US dollars for one unit of each other currency.

    Raises
    ------
    FieldProblem
        With every fault found, each at its path inside `raw`.
    """
    reader = _Reader(canonical, limits, rates)
    quantity = _read(reader, raw, canonical)
    if quantity is None or reader.faults:
        raise FieldProblem(reader.faults)
    return quantity


def _read(reader: _Reader, raw: object, canonical: str) -> Quantity | None:
    if isinstance(raw, Mapping):
        shapes = [shape for shape in SHAPES if shape in raw]
        if len(shapes) == 2 or (shapes and "value" in raw):
            reader.fault((), "give one of 'value', 'linear' and 'steps'")
            return None
        if shapes:
            return reader.series(raw, shapes[0])
        reader.unknown(raw, (*_NUMBERS, *PROVENANCE), ())
    elif not isinstance(raw, str | int | float) or isinstance(raw, bool):
        reader.fault((), f"{_kind(raw)} is no quantity", _WRITE)
        return None
    point = reader.point(raw, (), None, canonical, 1.0)
    if point is None:
        return None
    plain = Point(None, point.value, point.low, point.high)
    whole = {name: getattr(point, name) for name in PROVENANCE}
    return _assemble(canonical, "constant", [plain], whole, reader.limits)


def _assemble(
    canonical: str,
    shape: Literal["constant", "linear", "steps"],
    points: list[Point],
    whole: dict[str, Any],
    limits: Limits,
) -> Quantity:
    sources = dict.fromkeys(whole["source"])
    for point in points:
        sources |= dict.fromkeys(point.source)
    sourced = bool(whole["source"]) or all(point.source for point in points)
    assumed = whole["assumed"] or not sourced or any(point.assumed for point in points)
    whole = whole | {"source": tuple(sources), "assumed": assumed}
    return Quantity(canonical, tuple(points), shape, **whole, limits=limits)


def _float(raw: int | float) -> float:
    try:
        return float(raw)
    except OverflowError:
        return float("inf")


def _kind(raw: object) -> str:
    """Name a raw value in a message, short and plain."""
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, list | tuple):
        return "a list"
    if isinstance(raw, int | float):
        return "a huge number" if abs(raw) > _HUGE else f"{raw}"
    text = printable(str(raw)[:60])
    return f"'{text if len(text) <= 40 else text[:37] + '...'}'"

"""Records that are as another of their section but for what they say: ``like: rubin``.

``times`` says of fields that they are so many times as much as there, with a range and a source of that factor: a
generation of chips from the one before. All of it is worked out where the files are read, so that an instance holds
the records in full: scenarios, levers and what is saved know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fabopt.domain.base import FieldProblem, Path
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.quantity_raw import SHAPES
from fabopt.domain.units import UnitError, split_text
from fabopt.io.overlay import QUANTITY, VALUES, overlaid
from fabopt.io.problems import Positions, Problem, brief, nearest

LIKE, TIMES = "like", "times"
_FACTOR = In("1", gt=0)
_WIDTH = In("1", ge=0, le=1)


def written_out(raw: Mapping[str, Any], positions: Positions) -> tuple[dict[str, Any], list[Problem]]:
    """Return a raw tree with every record in full that is like another, and what is wrong with any of them."""
    full, problems = dict(raw), list[Problem]()
    for section, records in raw.items():
        if isinstance(records, Mapping) and any(isinstance(r, Mapping) and LIKE in r for r in records.values()):
            writer = _Section(section, records, positions, problems)
            full[section] = {key: writer.full(key, ()) for key in records}
    return full, problems


class _Section:
    """One section, of which each record is written out once."""

    def __init__(self, section: str, records: Mapping[Any, Any], positions: Positions, problems: list[Problem]) -> None:
        self.section, self.records = section, records
        self.positions, self.problems = positions, problems
        self.known: dict[Any, Any] = {}

    def full(self, key: Any, asked: tuple[Any, ...]) -> Any:
        """Return a record in full; `asked` are the records that are like it."""
        record = self.records[key]
        if not isinstance(record, Mapping) or LIKE not in record:
            return record
        if key not in self.known:
            self.known[key] = self._written(key, record, (*asked, key))
        return self.known[key]

    def _written(self, key: Any, record: Mapping[str, Any], asked: tuple[Any, ...]) -> dict[str, Any]:
        path: Path = (self.section, key)
        own = {field: value for field, value in record.items() if field not in (LIKE, TIMES)}
        other = record[LIKE]
        if not isinstance(other, str) or not isinstance(self.records.get(other), Mapping):
            known = [str(name) for name in self.records if name != key]
            self._fault((*path, LIKE), f"there is no {brief(other)} in {self.section}", nearest(str(other), known))
            return own
        if other in asked:
            circle = " is like ".join(map(str, (*asked, other)))
            self._fault((*path, LIKE), f"records are like each other in a circle: {circle}")
            return own
        base = dict(self.full(other, asked))
        factors = record.get(TIMES, {})
        if not isinstance(factors, Mapping):
            self._fault((*path, TIMES), "it is no mapping of fields to factors", "write 'times: {price: 1.1}'")
            factors = {}
        for field, raw in factors.items():
            place: Path = (*path, TIMES, field)
            factor = self._factor(raw, place)
            if base.get(field) is None:
                hint = nearest(str(field), map(str, base)) or "state it in one of the two"
                self._fault(place, f"{brief(other)} says nothing of {brief(field)}", hint)
            elif factor is not None:
                base[field] = self._scaled(base[field], factor, other, place)
        return overlaid(base, own, path, self.positions, self.problems)

    def _factor(self, raw: object, path: Path) -> Quantity | None:
        try:
            return _FACTOR.read(raw)
        except FieldProblem as problem:
            for fault in problem.faults:
                self._fault((*path, *fault.path), fault.message, fault.hint)
            return None

    def _scaled(self, node: Any, factor: Quantity, other: str, path: Path) -> Any:
        """Return what stands in a field so many times as much, with the range and the provenance of both."""
        if isinstance(node, Mapping) and not (VALUES & node.keys() and node.keys() <= QUANTITY):
            return {key: self._scaled(entry, factor, other, path) for key, entry in node.items()}
        if isinstance(node, Mapping):
            series = next((shape for shape in SHAPES if isinstance(node.get(shape), Mapping)), None)
            if series is None:
                return _times(node, factor, other)
            scaled = {when: self._scaled(entry, factor, other, path) for when, entry in node[series].items()}
            before = {"before": _part(node["before"], factor.value)} if "before" in node else {}
            return {**node, series: scaled, **before}
        if isinstance(node, bool | list | None) or (isinstance(node, str) and not node[:1].isdigit()):
            self._fault(path, f"{brief(node)} is no number, so it cannot be so many times as much")
            return node
        return _times({"value": node}, factor, other)

    def _fault(self, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(Problem.at(self.positions, path, message, hint=hint))


def _times(node: Mapping[str, Any], factor: Quantity, other: str) -> dict[str, Any]:
    """Return the raw form of one number so many times as much."""
    (by,) = factor.points
    scaled = {**node, TIMES: node.get(TIMES, 1.0) * by.value}
    width = None if by.low is by.high is None else _width(node)
    if width is not None:
        scaled |= {"low": _part(node.get("value"), 1.0 - width), "high": _part(node.get("value"), 1.0 + width)}
        del scaled["range"]
    for edge, share in (("low", by.low), ("high", by.high)):
        if share is not None:
            scaled[edge] = _part(scaled.get(edge, node.get("value")), share / by.value)
    sources = [node.get("source"), *factor.source]
    named = [name for given in sources for name in ([given] if isinstance(given, str) else given or ())]
    if named:
        scaled["source"] = list(dict.fromkeys(named))
    if node.get("assumed") or factor.assumed:
        scaled = {**scaled, "assumed": True}
        scaled.pop("confidence", None)
    else:
        scaled["confidence"] = "estimate"
    scaled["note"] = f"{by.value:g} times {other}" + (f": {factor.note}" if factor.note else "")
    return scaled


def _part(number: Any, share: float) -> Any:
    """Return a raw number so many times as much, a text in its own unit; what is no number is told where it is read."""
    if isinstance(number, str):
        try:
            amount, written = split_text(number)
        except UnitError:
            return number
        return f"{amount * share!r} {written}".rstrip()
    return number * share if isinstance(number, int | float) and not isinstance(number, bool) else number


def _width(node: Mapping[str, Any]) -> float | None:
    """Return the half-width of the range of a number as a share of it, None where it has none."""
    try:
        return None if "range" not in node else _WIDTH.read(node["range"]).value
    except FieldProblem:
        return None

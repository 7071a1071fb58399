"""Everything that an instance assumes as rows: numbers with range and source, dates, choices and flags.

A row is a number, a point of a series, what holds before a series, or a setting that is no quantity: a date, a choice
of a list, a flag, a plain number (how many steps), a list of plain numbers. What names or describes something, and
what refers to another record by its id, is the structure of the chain and no assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_origin

from pydantic import BaseModel

from fabopt.analysis.frames import frame_of
from fabopt.analysis.lever_names import lever_name
from fabopt.domain.instance import Instance
from fabopt.domain.names import display_names
from fabopt.domain.quantity import Point, Quantity
from fabopt.io.levers import BEFORE
from fabopt.io.shape import Kind, children, fields_of, key_text

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED, ASSUMED = "published", "assumed"
QUANTITIES = ("constant", "linear", "steps")
"""Shapes of rows that have a unit, a range and a source."""
STRUCTURE = ("about", "sources")
"""Sections in which nothing is assumed."""

Shape = Literal["constant", "linear", "steps", "number", "list", "date", "choice", "flag"]


@dataclass(frozen=True, slots=True)
class AssumptionRow:
    """A number, a point of a series, or another setting of an instance.

    Attributes
    ----------
    path
        Its lever path; of a point of a series with ``@`` and the date, of what holds before a series with ``@before``.
    name
        What it is called: ``Bridgeworks, interposer yield``.
    shape
        A quantity that is constant, or a point of one that runs linear or in steps; a plain number, a list of plain
        numbers, a date, a choice, a flag.
    when
        Date of a point; None elsewhere.
    value
        The number, in `unit`; None for what is none.
    setting
        What is no number, as it is written in an instance: a date, a choice, ``true``, ``[0.5, 1.0]``; else empty.
    unit
        Unit of value, low and high; "1" for a pure number, empty for what is no quantity.
    low, high
        Range of the number; None for what has none.
    range
        Whether the range is published or, in any part, assumed; empty where there is none.
    basis
        Whether the number is published or assumed; empty for what is no quantity.
    source, source_title
        Ids of the sources, with commas, and their titles, with semicolons.
    as_of, confidence, note
        Date of the source, how far the number can be trusted, and what was noted; empty where nothing is said.
    """

    path: str
    name: str
    shape: Shape
    when: date | None = None
    value: float | None = None
    setting: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    range: str = ""
    basis: str = ""
    source: str = ""
    source_title: str = ""
    as_of: str = ""
    confidence: str = ""
    note: str = ""


def assumption_rows(data: Instance) -> tuple[AssumptionRow, ...]:
    """Return everything that an instance assumes, in the order of the schema and of the entries."""
    titles, names = {key: note.title or key for key, note in data.sources.items()}, display_names(data)
    rows: list[AssumptionRow] = []
    for path, leaf, kinds in _walk(data, "", ()):
        if isinstance(leaf, Quantity):
            rows += _of_quantity(path, lever_name(data, path, names), leaf, titles)
        elif (said := _setting(leaf, kinds)) is not None:
            shape, value, setting = said
            rows.append(AssumptionRow(path, lever_name(data, path, names), shape, value=value, setting=setting))
    return tuple(rows)


def assumption_frame(data: Instance) -> pd.DataFrame:
    """Return :func:`assumption_rows` as a frame: `when` as datetime, numbers as floats, everything else as text."""
    import pandas as pd

    frame = frame_of(assumption_rows(data), AssumptionRow)
    frame["when"] = pd.to_datetime(frame["when"])
    numbers = ["value", "low", "high"]
    frame[numbers] = frame[numbers].astype(float)
    return frame


def _walk(node: object, path: str, kinds: Sequence[Kind]) -> Iterator[tuple[str, Any, Sequence[Kind]]]:
    """Yield every leaf of an instance with its lever path and what the schema allows there."""
    if isinstance(node, BaseModel):
        record = Kind(type(node))
        for name, key in zip(type(node).model_fields, fields_of(type(node)), strict=True):
            if path or key not in STRUCTURE:
                yield from _walk(getattr(node, name), f"{path}.{key}" if path else key, children(record, key))
    elif isinstance(node, Mapping):
        below = tuple(child for kind in kinds if kind.is_mapping for child in children(kind, ""))
        for key, value in node.items():
            yield from _walk(value, f"{path}.{key_text(key)}", below)
    elif isinstance(node, tuple) and not _plain_numbers(node):
        for index, value in enumerate(node):
            if isinstance(value, str):
                break  # a list of words is structure
            below = tuple(child for kind in kinds if kind.is_list for child in children(kind, index))
            yield from _walk(value, f"{path}.{index}", below)
    else:
        yield path, node, kinds


def _plain_numbers(node: tuple[object, ...]) -> bool:
    return bool(node) and all(isinstance(item, int | float) for item in node)


def _setting(leaf: object, kinds: Sequence[Kind]) -> tuple[Shape, float | None, str] | None:
    """Return shape, number and text of what is no quantity; None for structure, and where anything may stand."""
    if any(kind.type is Any for kind in kinds):
        return None  # settings of other levers, as events and states have them
    if isinstance(leaf, bool):
        return "flag", None, str(leaf).lower()
    if isinstance(leaf, int | float):
        return "number", float(leaf), ""
    if isinstance(leaf, date):
        return "date", None, str(leaf)
    if isinstance(leaf, tuple):
        return "list", None, str(list(leaf))
    if isinstance(leaf, str) and any(get_origin(kind.type) is Literal for kind in kinds):
        return "choice", None, leaf
    return None


def _of_quantity(path: str, name: str, q: Quantity, titles: Mapping[str, str]) -> Iterator[AssumptionRow]:
    points = () if q.before is None else (Point(None, q.before),)
    # One that lacks a source, or is declared assumed, makes the whole assumed; else the whole was declared so.
    declared = q.assumed and all(_sources(q, point) and not point.assumed for point in q.points)
    for point in (*points, *q.points):
        before = point.when is None and q.shape != "constant"
        low, high, assumed = (None, None, False) if before else q.range_of(point)
        sources = _sources(q, point)
        published = not q.assumed or (bool(sources) and not point.assumed and not declared)
        yield AssumptionRow(
            path=f"{path}@{BEFORE}" if before else path if point.when is None else f"{path}@{point.when}",
            name=name,
            shape=q.shape,
            when=point.when,
            value=point.value,
            unit=q.unit,
            low=low,
            high=high,
            range="" if before else ASSUMED if assumed else PUBLISHED,
            basis=PUBLISHED if published else ASSUMED,
            source=", ".join(sources),
            source_title="; ".join(titles.get(source, source) for source in sources),
            as_of=point.as_of or q.as_of or "",
            confidence=point.confidence or q.confidence or "",
            note=point.note or q.note,
        )


def _sources(q: Quantity, point: Point) -> tuple[str, ...]:
    """Return the sources of a point: its own, else those of the whole; of a series without, points may lack them."""
    if point.source or not q.assumed or len(q.points) == 1:
        return point.source or q.source
    of_points = {source for other in q.points for source in other.source}
    return tuple(source for source in q.source if source not in of_points)

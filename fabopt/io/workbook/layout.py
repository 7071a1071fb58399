"""Which sheets a workbook of an instance has, and how the path of a field is written in a cell.

A sheet is a section (``fabs``, ``network.activities``) with one row a number or word: the id of the entry, the field in
it, then the value with unit, range and provenance. What is no section of entries (the horizon, the demand curve, rates
of exchange) stands in the sheet ``general`` with the whole path as its field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from fabopt.domain.base import Path
from fabopt.io.shape import Kind, children, fields_of, kinds, kinds_at

GENERAL = "general"
HELP = "read me"
FIELDS = "fields"
WRITTEN_WITH = "Sheets that it was written with: "
"""Begins the line of the sheet `HELP` that lists them, so that one that is lost is seen."""
COLUMNS = (
    "id",
    "field",
    "when",
    "value",
    "unit",
    "low",
    "high",
    "source",
    "as_of",
    "confidence",
    "assumed",
    "note",
    "meaning",
)
"""Heads of the columns in order; `meaning` is for people and is not read."""
BESIDE = ("low", "high", "source", "as_of", "confidence", "assumed", "note")
"""Columns that say more about a number; fields of a quantity by the same names."""
BEFORE = "before"
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')


def sections(model: type[BaseModel]) -> list[Path]:
    """Return the paths of the sections whose entries are records, in the order of the schema."""
    return list(_sections(Kind(model), (), 2))


def _sections(kind: Kind, path: Path, depth: int) -> Iterator[Path]:
    if kind.record is None or depth == 0:
        return
    for name in fields_of(kind.record):
        for child in children(kind, name):
            if child.is_mapping and any(entry.record for entry in kinds(get_args(child.type)[1])):
                yield (*path, name)
            else:
                yield from _sections(child, (*path, name), depth - 1)


def is_flat(model: type[BaseModel], path: Path) -> bool:
    """Whether the entries of a section hold words and plain numbers alone, so that each fits one row of a table."""
    entries = [entry for kind in kinds_at(model, path) for entry in children(kind, "")]
    return all(
        entry.record is not None
        and all(map(_is_plain, (c for name in fields_of(entry.record) for c in children(entry, name))))
        for entry in entries
    )


def _is_plain(kind: Kind) -> bool:
    return not (kind.record or kind.is_quantity or kind.is_mapping or kind.is_list)


def write_path(path: Path) -> str:
    """Write a path with dots; a part with a dot or a quote of its own stands in quotes."""
    parts = [str(part) for part in path]
    return ".".join(part if _PART.fullmatch(part) and part[0] != '"' else json.dumps(part) for part in parts)


def read_path(text: str) -> tuple[str, ...] | None:
    """Read a path as :func:`write_path` writes it; None when it is none."""
    parts = _PART.findall(text)
    if not parts or ".".join(parts) != text:
        return None
    try:
        return tuple(str(json.loads(part)) if part[0] == '"' else part for part in parts)
    except ValueError:
        return None


def holds_quantity(model: type[BaseModel], path: Path) -> bool:
    """Whether the schema has a quantity at a path."""
    return any(kind.is_quantity for kind in kinds_at(model, path))

"""Records as data frames and as plain data; pandas is imported when a frame is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def frame_of(rows: Iterable[Any], kind: type[Any] | None = None) -> pd.DataFrame:
    """Return a frame with one line a record and a column for each of its fields, in their order.

    Parameters
    ----------
    rows
        Frozen records, or mappings.
    kind
        Class of the records, for the columns of a frame without rows.
    """
    import pandas as pd

    made = [row if isinstance(row, Mapping) else {f.name: getattr(row, f.name) for f in fields(row)} for row in rows]
    return pd.DataFrame(made, columns=None if kind is None else [f.name for f in fields(kind)])


def plain(value: Any) -> Any:
    """Return a record, or what is made of records, as data for JSON: no infinity, no tuple, no array."""
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value + 0.0 if abs(value) < float("inf") else None  # no zero with a sign
    return value

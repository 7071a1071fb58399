"""Frames as compact data for a page: texts as the different ones and where each stands, numbers rounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 6
"""Significant digits that a page holds; its charts and tables show about four."""


def packed(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a frame as data for JSON.

    Returns
    -------
    dict
        ``rows``, and by name of each column a list of numbers (None: no number, or no limit), or for texts ``texts``
        and ``at``, the place of each row's text in them.
    """
    return {"rows": len(frame), "columns": {str(name): _column(frame[name].tolist()) for name in frame.columns}}


def _column(values: Sequence[Any]) -> Any:
    if all(isinstance(value, bool | int | float) for value in values):
        return [rounded(value) for value in values]
    texts: dict[str, int] = {}
    at = [texts.setdefault("" if value is None else str(value), len(texts)) for value in values]
    return {"texts": list(texts), "at": at}


def rounded(value: float) -> float | int | None:
    """Return a number with the digits that a page holds; None where it is none, or without limit."""
    if isinstance(value, bool):
        return int(value)
    short = float(f"{value:.{DIGITS}g}") + 0.0
    if short != short or abs(short) == float("inf"):
        return None
    return int(short) if short.is_integer() else short

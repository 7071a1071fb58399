"""The memo's record as JSON: every number with all its digits, written and read again without loss."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from fabopt.analysis.memo.records import Memo
from fabopt.report.memo.errors import MemoError

FORMAT = 1
RECORD = "memo.json"
MOST_BYTES = 50_000_000


def to_json(memo: Memo) -> str:
    """Return the record as JSON."""
    return json.dumps({"format": FORMAT, "memo": as_data(memo)}, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def as_data(value: Any) -> Any:
    """Return a record as data for JSON, without loss: what is not finite is written as text."""
    if is_dataclass(value):
        return {f.name: as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def is_memo(path: Path) -> bool:
    """Return whether a folder holds a memo."""
    return (path / RECORD).is_file()


def read(path: Path) -> Memo:
    """Return the memo of a folder.

    Raises
    ------
    MemoError
        When it is none, or one of another format.
    """
    from pydantic import TypeAdapter, ValidationError

    file = path / RECORD
    try:
        if file.stat().st_size > MOST_BYTES:
            raise MemoError(f"{file} has more than {MOST_BYTES // 10**6} MB.")
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MemoError(f"{file} cannot be read: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise MemoError(
            f"{file} was not written in the format that this version of fabopt reads ({FORMAT}); "
            "write the memo again from its result."
        )
    try:
        return TypeAdapter(Memo).validate_python(data.get("memo"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MemoError(f"{file} is no memo: {place or 'the record'}: {first['msg']}.") from error

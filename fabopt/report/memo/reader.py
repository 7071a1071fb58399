"""The memo's record as JSON: every number with all its digits, written and read again without loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from fabopt.analysis.memo.records import Memo
from fabopt.io.seal import SavedError, as_bytes, read_record, sealed
from fabopt.io.swap import standing
from fabopt.report.memo.errors import MemoError

FORMAT = 4
RECORD = "memo.json"


def to_json(memo: Memo, files: Mapping[str, bytes]) -> bytes:
    """Return the record as JSON, with the hashes of the memo's other files."""
    return as_bytes(sealed({"memo": as_data(memo)}, FORMAT, files))


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
    return (standing(path, RECORD, tell=False) / RECORD).is_file()


def read(path: Path) -> Memo:
    """Return the memo of a folder.

    Raises
    ------
    MemoError
        When it is none, one of another format, or was changed after it was written.
    """
    from pydantic import TypeAdapter, ValidationError

    file = standing(path, RECORD) / RECORD
    try:
        data = read_record(file, FORMAT, "write the memo again from its result")
    except OSError as error:
        raise MemoError(f"{file} cannot be read: {error.strerror or error}.") from error
    except SavedError as error:
        raise MemoError(str(error)) from error
    try:
        return TypeAdapter(Memo).validate_python(data.get("memo"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MemoError(f"{file} is no memo: {place or 'the record'}: {first['msg']}.") from error

"""Records of saved folders: JSON with the version of its format, the hash of every file, and a hash of itself.

Every folder that fabopt writes (a result, a memo, a sweep, a report) holds one such record. By it a reader knows that
what it reads is what was written, and a writer which files of an older folder are fabopt's own, unchanged, and may go.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from fabopt.errors import UserError

R = TypeVar("R")

MOST_BYTES = 50_000_000
"""Largest record that is read, bytes."""
FORMAT, FILES, HASH = "format", "files", "hash"
"""Keys that every record has beside its own."""


class SavedError(UserError):
    """Something saved that cannot be read, or not be written; the message is a full sentence for the user."""


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_of(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record without its own hash, whatever the order of its keys."""
    rest = {key: value for key, value in data.items() if key != HASH}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode())


def sealed(data: Mapping[str, Any], format_: int, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return a record with the version of its format, the hashes of its folder's other files, and its own hash."""
    hashes = {name: sha256(content) for name, content in sorted(files.items())}
    return sealed_with(data, format_, hashes)


def sealed_with(data: Mapping[str, Any], format_: int, hashes: Mapping[str, str]) -> dict[str, Any]:
    """Return a record as :func:`sealed` does, the hashes of the files being known."""
    whole: dict[str, Any] = json.loads(json.dumps({**data, FORMAT: format_, FILES: dict(hashes)}, allow_nan=False))
    return {**whole, HASH: hash_of(whole)}


def as_bytes(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON."""
    return (json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def read_json(text: str | bytes, shown: object) -> Any:
    """Return the value of a JSON text that may be anything at all.

    Parameters
    ----------
    text
        The text, or its bytes in UTF-8.
    shown
        What it is called in a message: its file.

    Raises
    ------
    SavedError
        When it is no JSON, nested too deeply, or holds what is no finite number.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except RecursionError as error:
        raise SavedError(f"{shown} cannot be read: it is nested too deeply.") from error
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError and those of the numbers
        raise SavedError(f"{shown} cannot be read: {error}.") from error


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:40])


def _whole(text: str) -> int:
    return int(text) if len(text) <= 25 else int(_no_number(text[:40] + "..."))


def read_record(file: Path, format_: int, again: str) -> dict[str, Any]:
    """Return a record as it was written.

    Parameters
    ----------
    file
        The file.
    format_
        Version of the format that is read.
    again
        How to have it made again, an imperative: "solve again: ...".

    Raises
    ------
    FileNotFoundError
        When there is none.
    SavedError
        When it cannot be read, has another format, or was changed after it was written.
    """
    data = read_json(_bytes(file), file)
    if not isinstance(data, dict) or data.get(FORMAT) != format_ or isinstance(data[FORMAT], bool):
        raise SavedError(
            f"{file} was not written in the format that this version of fabopt reads ({format_}); {again}."
        )
    if not is_sealed(data):
        raise SavedError(f"{file} was changed after it was written; {again}.")
    return data


def record_as(kind: type[R], data: Mapping[str, Any]) -> R:
    """Return a saved record as one of a kind, its fields strictly of their types; what else stands in it is left out.

    Raises
    ------
    SavedError
        When it is none: "field: what is wrong with it".
    """
    try:
        return cast("R", _adapter(cast("Any", kind)).validate_json(json.dumps(data), strict=True))
    except ValidationError as error:
        first = error.errors()[0]
        raise SavedError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def is_sealed(data: Mapping[str, Any]) -> bool:
    """Return whether a record, or a row, is what its own hash says."""
    try:
        return data.get(HASH) == hash_of(data)
    except (RecursionError, ValueError, TypeError):
        return False


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SavedError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(data) > MOST_BYTES:
        raise SavedError(f"{file} cannot be read: it has more than {MOST_BYTES // 10**6} MB.")
    return data


def read_file(folder: Path, name: str, hashes: Mapping[str, str]) -> bytes:
    """Return one file of a saved folder, held against its hash.

    Raises
    ------
    SavedError
        When it is missing, or is not what was written.
    """
    if name not in hashes:
        raise SavedError(f"{folder} holds no {name}.")
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise SavedError(f"{folder / name} cannot be read: {error.strerror or error}.") from error
    if sha256(data) != hashes[name]:
        raise SavedError(f"{folder / name} was changed after the result was written.")
    return data


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a folder, by relative name: fabopt's own, those of it that were changed, and other people's.

    Attributes
    ----------
    own
        Written by fabopt, unchanged.
    changed
        Written by fabopt and changed since; everything, where there is a record and it cannot be trusted.
    foreign
        What fabopt did not write.
    whole
        Whether the record is sound and every file of it is there, unchanged.
    """

    own: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    whole: bool


def contents(folder: Path, record: str) -> Contents:
    """Return whose the files of a folder are, by the record in it.

    Parameters
    ----------
    folder
        The folder.
    record
        Name of its record.
    """
    names = list(_names(folder))
    if record not in names:
        return Contents((), (), tuple(names), whole=False)
    known = _hashes(folder / record)
    if known is None:
        return Contents((), tuple(names), (), whole=False)
    foreign = [name for name in names if name not in known and name != record]
    own = [name for name in names if name in known and _digest(folder / name) == known[name]]
    changed = [name for name in names if name in known and name not in own]
    return Contents((*own, record), tuple(changed), tuple(foreign), whole=len(own) == len(known))


def _names(folder: Path, above: str = "") -> list[str]:
    """Return the relative names of all that is no folder, links not followed."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            inside = entry.is_dir(follow_symlinks=False)
            names += _names(Path(entry.path), f"{above}{entry.name}/") if inside else [f"{above}{entry.name}"]
    return names


def _hashes(file: Path) -> Mapping[str, str] | None:
    """Return the hashes in a record of whatever format; None where it cannot be trusted."""
    try:
        data = read_json(_bytes(file), file)
    except (OSError, SavedError):
        return None
    sound = isinstance(data, dict) and isinstance(data.get(FILES), dict) and is_sealed(data)
    return data[FILES] if sound else None


def _digest(file: Path) -> str:
    """Return the SHA-256 of a file; nothing where it is no plain file, or cannot be read."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return ""
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""

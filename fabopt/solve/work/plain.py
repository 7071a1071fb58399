"""Answers as JSON and back: numbers, text, tuples, mappings, arrays, and records of kinds that the reader names.

What is read is data alone: a record is made of its fields, and only of a kind that the reader expects.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
from scipy import sparse

from fabopt.io.seal import SavedError

KIND, OF = "kind", "of"
NUMBER, TUPLE, MAPPING, ARRAY, SPARSE, BYTES = "number", "tuple", "mapping", "array", "sparse", "bytes"
DTYPES = ("bool", "int8", "int32", "int64", "float64")
FORMS = {"csc": sparse.csc_array, "csr": sparse.csr_array}


def plain(value: Any) -> Any:
    """Return a value as JSON has it.

    Raises
    ------
    TypeError
        When it holds something else than numbers, text, sequences, mappings, arrays, records and enumerations.
    """
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else {KIND: NUMBER, OF: str(value)}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, tuple):
        return {KIND: TUPLE, OF: [plain(one) for one in value]}
    if isinstance(value, Mapping):
        return {KIND: MAPPING, OF: [[plain(key), plain(one)] for key, one in value.items()]}
    if isinstance(value, bytes):
        return {KIND: BYTES, OF: base64.b64encode(value).decode()}
    if isinstance(value, np.ndarray) and value.dtype.name in DTYPES:
        return {KIND: ARRAY, OF: plain(value.tobytes()), "shape": list(value.shape), "dtype": value.dtype.name}
    if isinstance(value, sparse.csc_array | sparse.csr_array):
        parts = [plain(part) for part in (value.data, value.indices, value.indptr)]
        return {KIND: SPARSE, OF: parts, "shape": list(value.shape), "form": value.format}
    if isinstance(value, Enum):
        return {KIND: type(value).__name__, OF: plain(value.value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {KIND: type(value).__name__, OF: {f.name: plain(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{type(value).__name__} is no plain data.")


def read(data: Any, kinds: Mapping[str, type]) -> Any:
    """Return what :func:`plain` made JSON of.

    Parameters
    ----------
    data
        The JSON.
    kinds
        Records and enumerations that may stand in it, by name.

    Raises
    ------
    SavedError
        When it is something else.
    """
    try:
        return _read(data, kinds)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SavedError(f"No answer that is expected: {error}.") from error


def _read(data: Any, kinds: Mapping[str, type]) -> Any:
    if isinstance(data, list):
        return [_read(one, kinds) for one in data]
    if not isinstance(data, dict):
        return data
    kind, of = data[KIND], data[OF]
    if kind == NUMBER:
        return float(of)
    if kind == TUPLE:
        return tuple(_read(one, kinds) for one in of)
    if kind == MAPPING:
        return {_read(key, kinds): _read(one, kinds) for key, one in of}
    if kind == BYTES:
        return base64.b64decode(of, validate=True)
    if kind == ARRAY:
        if data["dtype"] not in DTYPES:
            raise ValueError(f"an array of {data['dtype']}")
        return np.frombuffer(_read(of, kinds), data["dtype"]).reshape(data["shape"]).copy()
    if kind == SPARSE:
        parts = tuple(_read(part, kinds) for part in of)
        return FORMS[data["form"]](parts, shape=tuple(data["shape"]))
    made = kinds[kind]
    return made(_read(of, kinds)) if issubclass(made, Enum) else made(**{k: _read(v, kinds) for k, v in of.items()})

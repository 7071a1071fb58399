"""A result on disk: a folder with the instance, the tables, the manifest and the solver's log.

::

    results/tutorial/
      manifest.json        what was solved, how, how good it is, and the hash of every other file
      instance.json        the instance after overlays: solving it again gives the same plan
      solver.log
      core/*.parquet       the plan in the words of the process network
      domain/*.parquet     the plan in the words of the chain

The tables of equal plans are equal byte for byte: no time, path or name of a machine goes into them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabopt import __version__
from fabopt.io.files import atomic_dir, check_replaceable
from fabopt.solve.results.columns import TableSpec

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
MANIFEST = "manifest.json"
INSTANCE = "instance.json"
LOG = "solver.log"


class ResultError(Exception):
    """A result that cannot be written or read; the message is a full sentence for the user."""


def write_result(
    path: Path,
    manifest: Mapping[str, Any],
    tables: Mapping[TableSpec, pd.DataFrame],
    instance: str,
    log: str,
) -> None:
    """Write a result folder, whole or not at all, in the place of an older one.

    Parameters
    ----------
    path
        The folder.
    manifest
        What is known of the run; `format` and `files` (with their SHA-256) are added here.
    tables
        The tables by their records.
    instance
        The instance as canonical JSON.
    log
        The solver's log.

    Raises
    ------
    ResultError
        When something else than a result stands there, or the folder cannot be written.
    """
    files = {INSTANCE: instance.encode(), LOG: log.encode()}
    for spec, frame in tables.items():
        files[f"{spec.group}/{spec.name}.parquet"] = parquet_bytes(spec, frame)
    whole = {
        "format": FORMAT,
        **manifest,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    files[MANIFEST] = (json.dumps(whole, indent=2, allow_nan=False) + "\n").encode()
    try:
        with atomic_dir(path, MANIFEST) as folder:
            for name, data in files.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResultError(f"The result cannot be written to {path}: {reason}.") from error


def check_target(path: Path) -> None:
    """Refuse, before anything is solved, a folder that a result could not be written to.

    Raises
    ------
    ResultError
        When something else than a result stands there.
    """
    try:
        check_replaceable(path, MANIFEST)
    except OSError as error:
        raise ResultError(f"The result cannot be written to {path}: {error.strerror or error}.") from error


def arrow_schema(spec: TableSpec) -> pa.Schema:
    """Return the Arrow schema of a table; unit and meaning of each column are in its metadata."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}
    return pa.schema(
        [
            pa.field(c.name, kinds[c.kind], nullable=False, metadata={"unit": c.unit, "description": c.says})
            for c in spec.columns
        ],
        metadata={"table": spec.name, "row": spec.says},
    )


def parquet_bytes(spec: TableSpec, frame: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a Parquet file, the same for the same table."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = arrow_schema(spec)
    table = pa.Table.from_arrays(
        [pa.array(frame[c.name].to_numpy(), type=schema.field(c.name).type) for c in spec.columns], schema=schema
    )
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def read_manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of a result folder.

    Raises
    ------
    ResultError
        When the folder is no result, or one of another format.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        hint = (
            f" It is an instance: solve it first (fabopt solve {path})." if (path / "instance.yaml").is_file() else ""
        )
        raise ResultError(f"{path} is no result: there is no {MANIFEST} in it.{hint}") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ResultError(f"{path / MANIFEST} cannot be read: {error}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ResultError(f"{path} was not written in the format that this version of fabopt reads ({FORMAT}).")
    return manifest


def check_version(manifest: Mapping[str, Any]) -> None:
    """Refuse a result of another version of fabopt, for a study that takes its plan as one of today's model.

    Raises
    ------
    ResultError
        When another version solved it.
    """
    solved = manifest.get("versions", {}).get("fabopt", "unknown")
    if solved != __version__:
        raise ResultError(
            f"The result of {manifest['instance']} is one of fabopt {solved}, this is {__version__}: its plan may not "
            "be one of today's model. Solve it again: fabopt solve with the result's folder solves the same instance."
        )


def read_file(path: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    """Read one file of a result and hold it against the manifest's hash.

    Raises
    ------
    ResultError
        When it is missing, or is not what was written.
    """
    known = manifest.get("files", {})
    if name not in known:
        raise ResultError(f"{path} holds no {name}.")
    try:
        data = (path / name).read_bytes()
    except OSError as error:
        raise ResultError(f"{path / name} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != known[name]:
        raise ResultError(f"{path / name} was changed after the result was written.")
    return data


def read_table(path: Path, name: str, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Read one table (``core/activities``) of a result.

    Raises
    ------
    ResultError
        When it is missing, or is not what was written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    data = read_file(path, f"{name}.parquet", manifest)
    frame: pd.DataFrame = parquet.read_table(pa.BufferReader(data)).to_pandas()
    return frame

"""A result on disk: a folder with the instance, the tables, the manifest and the solver's log.

::

    results/tutorial/
      manifest.json        what was solved, how, how good it is, the hash of every other file, and its own
      instance.json        the instance after overlays: solving it again gives the same plan
      solver.log
      core/*.parquet       the plan in the words of the process network
      domain/*.parquet     the plan in the words of the chain

The tables of equal plans are equal byte for byte: no time, path or name of a machine goes into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fabopt import __version__
from fabopt.io.files import check_place
from fabopt.io.seal import SavedError, as_bytes, read_record, record_as, sealed
from fabopt.io.seal import read_file as read_saved
from fabopt.io.swap import standing, write_folder
from fabopt.io.tree import RESULT_FILE, RESULT_RECORD, STATES_RECORD, under_states
from fabopt.solve.results.columns import TableSpec
from fabopt.solve.results.run_info import RunInfo, run_info_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Read = Callable[[str], "pd.DataFrame"]
"""Returns a table of a result by its path (``core/units``)."""

FORMAT = 4
MANIFEST, INSTANCE, STATES = RESULT_RECORD, RESULT_FILE, STATES_RECORD
LOG = "solver.log"


@dataclass(frozen=True, slots=True)
class _Files:
    files: Mapping[str, str]


class ResultError(SavedError):
    """A result that cannot be written or read; the message is a full sentence for the user."""


def result_files(run: RunInfo, tables: Mapping[TableSpec, pd.DataFrame], instance: str, log: str) -> dict[str, bytes]:
    """Return the files of a result folder by their names.

    Parameters
    ----------
    run
        What is known of the run; in the manifest `format`, `files` (with their SHA-256) and `hash` are added.
    tables
        The tables by their records.
    instance
        The instance as canonical JSON.
    log
        The solver's log.
    """
    files = {INSTANCE: instance.encode(), LOG: log.encode()}
    for spec, frame in tables.items():
        files[f"{spec.group}/{spec.name}.parquet"] = parquet_bytes(spec, frame)
    return {**files, MANIFEST: as_bytes(sealed(run.as_dict(), FORMAT, files))}


def write_result(path: Path, files: Mapping[str, bytes], record: str = MANIFEST) -> None:
    """Write a result folder, whole or not at all, in the place of an older one; what people put there is kept.

    Parameters
    ----------
    path
        The folder.
    files
        What :func:`result_files` returns, or the files of a folder with another record.
    record
        Name of the record among them.

    Raises
    ------
    ResultError
        When something else than such a result stands there, or the folder cannot be written.
    """
    try:
        write_folder(path, record, files)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResultError(f"The result cannot be written to {path}: {reason}.") from error


def check_target(path: Path, record: str = MANIFEST) -> None:
    """Refuse, before anything is solved, a folder that a result could not be written to.

    Raises
    ------
    ResultError
        When something else than a result stands there, or nothing can be written there.
    """
    try:
        check_place(path, record)
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


def result_at(path: Path) -> Path:
    """Return where the result that is called `path` stands; elsewhere only where a run was stopped in the swap."""
    return standing(path, MANIFEST)


def is_result(path: Path) -> bool:
    """Return whether a result stands at `path`."""
    return (standing(path, MANIFEST, tell=False) / MANIFEST).is_file()


def read_manifest(path: Path) -> tuple[RunInfo, Mapping[str, str]]:
    """Read the manifest of a result folder: what is known of the run, and the hashes of its files.

    Raises
    ------
    ResultError
        When the folder is no result, one of another format, or its manifest was changed.
    """
    kept = (path / INSTANCE).is_file()
    again = f"solve it again: fabopt solve {path} --out DIR" if kept else "solve its instance again"
    try:
        manifest = read_record(path / MANIFEST, FORMAT, again)
    except FileNotFoundError as error:
        hint = (
            f" It is an instance: solve it first (fabopt solve {path})." if (path / "instance.yaml").is_file() else ""
        )
        if (path / STATES).is_file():
            raise ResultError(f"{path}: {under_states(path)}.") from error
        raise ResultError(f"{path} is no result: there is no {MANIFEST} in it.{hint}") from error
    except SavedError as error:
        raise ResultError(str(error)) from error
    try:
        return run_info_of(manifest), record_as(_Files, manifest).files
    except SavedError as error:
        raise ResultError(f"{path / MANIFEST} is no manifest of a result: {error}; {again}.") from error


def check_version(run: RunInfo) -> None:
    """Refuse a result of another version of fabopt, for a study that takes its plan as one of today's model.

    Raises
    ------
    ResultError
        When another version solved it.
    """
    solved = run.versions.fabopt
    if solved != __version__:
        raise ResultError(
            f"The result of {run.instance} is one of fabopt {solved}, this is {__version__}: its plan may not "
            "be one of today's model. Solve it again: fabopt solve with the result's folder solves the same instance."
        )


def read_file(path: Path, name: str, hashes: Mapping[str, str]) -> bytes:
    """Read one file of a saved folder and hold it against its hash.

    Raises
    ------
    ResultError
        When it is missing, or is not what was written.
    """
    try:
        return read_saved(path, name, hashes)
    except SavedError as error:
        raise ResultError(str(error)) from error


def read_table(path: Path, spec: TableSpec, name: str, hashes: Mapping[str, str]) -> pd.DataFrame:
    """Read one table of a saved folder.

    Parameters
    ----------
    path, hashes
        The folder, and the hashes of its files.
    spec
        The columns that it must have.
    name
        Its file.

    Raises
    ------
    ResultError
        When it is missing, is not what was written, or has not the columns of its record.
    """
    import pyarrow as pa
    from pyarrow import parquet

    data = read_file(path, name, hashes)
    try:
        table = parquet.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        table.validate(full=True)
        frame: pd.DataFrame = table.to_pandas(use_threads=False)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise ResultError(f"{path / name} is no table: {error}.") from error
    there = dict(zip(table.schema.names, table.schema.types, strict=True))
    lacking = [field.name for field in arrow_schema(spec) if there.get(field.name) != field.type]
    if lacking:
        raise ResultError(f"{path / name} has no column {lacking[0]} of the kind that {spec.name} has.")
    return frame

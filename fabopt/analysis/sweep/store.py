"""A sweep on disk: a folder to which every finished case is written at once.

::

    sweeps/power/
      sweep.json       what was asked, how far it came, and the hash of every table
      runs.jsonl       one line a finished case, in the order in which they were done
      cases.parquet    one row a case, in order
      labs.parquet, power.parquet, chips.parquet, demands.parquet

The tables are made from the lines of ``runs.jsonl``, sorted, so that they are the same whatever was done first and
however often the sweep was stopped. A line that was cut off in writing is dropped, and its case solved again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fabopt import __version__
from fabopt.analysis.sweep.design import Design
from fabopt.analysis.sweep.records import Sweep
from fabopt.io.files import atomic_write
from fabopt.solve.results.folder import ResultError, parquet_bytes

FORMAT = 2
MANIFEST, RUNS = "sweep.json", "runs.jsonl"


class Store:
    """The folder of a sweep, open for writing.

    Parameters
    ----------
    folder
        The folder; it is made.
    design
        The sweep.
    resume
        Whether an unfinished sweep that stands there goes on; otherwise it is refused, and a finished one replaced.

    Attributes
    ----------
    finished
        What is finished already, by number of the case.

    Raises
    ------
    ResultError
        When something else stands there, or another sweep than this one is to go on.
    """

    def __init__(self, folder: Path, design: Design, resume: bool) -> None:
        self.folder, self.design = folder, design
        self.finished: dict[int, Mapping[str, Any]] = {}
        try:
            self._open(resume)
        except OSError as error:
            raise ResultError(f"The sweep cannot be written to {folder}: {error.strerror or error}.") from error

    def _open(self, resume: bool) -> None:
        before = _manifest(self.folder)
        if before is None and self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise ResultError(f"{self.folder} is there already and holds no {MANIFEST}: fabopt does not replace it.")
        self.folder.mkdir(parents=True, exist_ok=True)
        runs = self.folder / RUNS
        if before is not None and resume:
            if before.get("digest") != self.design.digest:
                raise ResultError(
                    f"{self.folder} was begun with other data, another specification or other versions, so it cannot "
                    "go on; name another folder."
                )
            self.finished = _read_runs(runs, len(self.design.cases))
        elif before is not None and not before.get("complete"):
            done = len(_read_runs(runs, int(before.get("runs", 0))))
            if done:
                raise ResultError(
                    f"{self.folder} holds {done:,} finished of {before.get('runs'):,} runs: go on with --resume, or "
                    "name another folder."
                )
        if not self.finished:
            for old in (*self.folder.glob("*.parquet"), runs):
                old.unlink(missing_ok=True)
        self._write_manifest({}, complete=False)

    def add(self, outcome: Mapping[str, Any]) -> None:
        """Write what became of a case, so that it stands even if the machine stops now."""
        line = json.dumps(outcome, allow_nan=False, separators=(",", ":")) + "\n"
        with (self.folder / RUNS).open("a", encoding="utf-8") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())

    def close(self, sweep: Sweep) -> None:
        """Write the tables of what is finished."""
        hashes = {}
        for spec, frame in sweep.tables:
            data, name = parquet_bytes(spec, frame), f"{spec.name}.parquet"
            atomic_write(self.folder / name, data)
            hashes[name] = hashlib.sha256(data).hexdigest()
        self._write_manifest(hashes, sweep.complete)

    def _write_manifest(self, hashes: Mapping[str, str], complete: bool) -> None:
        design = self.design
        manifest = {
            "format": FORMAT,
            "complete": complete,
            "instance": design.name,
            "scenarios": list(design.scenarios),
            "hashes": list(design.hashes),
            "sets": list(design.sets),
            "levers": [lever.path for lever in design.levers],
            "spec": design.spec.model_dump(mode="json", by_alias=True),
            "runs": len(design.cases),
            "digest": design.digest,
            "version": __version__,
            "files": dict(hashes),
        }
        atomic_write(self.folder / MANIFEST, json.dumps(manifest, indent=2, allow_nan=False) + "\n")


def saved(folder: Path) -> dict[str, Any]:
    """Return the manifest of a sweep that stands in a folder.

    Raises
    ------
    ResultError
        When there is none, or one of another format.
    """
    found = _manifest(folder)
    if found is None:
        raise ResultError(f"{folder} is no sweep: there is no {MANIFEST} in it; fabopt sweep writes one.")
    return found


def _manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a sweep; None where the folder is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ResultError(f"{folder / MANIFEST} cannot be read: {error}.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultError(f"{folder} was not written in the format that this version of fabopt reads ({FORMAT}).")
    return found


def _read_runs(path: Path, runs: int) -> dict[int, Mapping[str, Any]]:
    """Return the finished cases, and cut off what was not written to the end."""
    found: dict[int, Mapping[str, Any]] = {}
    if not path.is_file():
        return found
    whole = 0
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            outcome = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            outcome = None
        if not isinstance(outcome, dict) or outcome.get("case") not in range(runs):
            break
        found[outcome["case"]] = outcome
        whole += len(line)
    if whole < path.stat().st_size:
        os.truncate(path, whole)
    return found

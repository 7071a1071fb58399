"""A sweep on disk: a folder to which every finished case is written at once.

::

    sweeps/power/
      sweep.json       what was asked, how far it came, the hash of every file, and its own
      runs.jsonl       one line a finished case, in the order in which they were done, each with its hash
      cases.parquet    one row a case, in order
      labs.parquet, power.parquet, chips.parquet, demands.parquet

The tables are made from the lines of ``runs.jsonl``, sorted, so that they are the same whatever was done first and
however often the sweep was stopped. A line that was cut off in writing is dropped, and its case solved again.

Where a finished sweep stands, another one is written beside it, as ``NAME.part``, and takes its place when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fabopt import __version__
from fabopt.analysis.sweep.design import Design
from fabopt.analysis.sweep.records import Outcome, Sweep
from fabopt.io.files import atomic_write, check_place
from fabopt.io.seal import SavedError, as_bytes, contents, read_record, record_as, sealed_with, sha256
from fabopt.io.swap import LOG, free, put_in_place, recover, standing, write_folder
from fabopt.solve.results.folder import ResultError, parquet_bytes
from fabopt.solve.work.journal import Lines, append, key_of, line_of, lines, record

FORMAT = 5
MANIFEST, RUNS = "sweep.json", "runs.jsonl"
LINES = record(Outcome)


@dataclass(frozen=True, slots=True)
class _Solve:
    objective: str


@dataclass(frozen=True, slots=True)
class _Spec:
    method: str
    solve: _Solve


@dataclass(frozen=True, slots=True)
class SavedSweep:
    """What is known of a sweep that stands in a folder."""

    complete: bool
    instance: str
    scenarios: tuple[str, ...]
    hashes: tuple[str, ...]
    sets: tuple[str, ...]
    levers: tuple[str, ...]
    spec: _Spec
    runs: int
    digest: str
    version: str
    files: Mapping[str, str]


class Store:
    """The folder of a sweep, open for writing.

    Parameters
    ----------
    folder
        The folder; it is made. A finished sweep that stands there is not touched before this one is whole.
    design
        The sweep.
    resume
        Whether an unfinished sweep that stands there goes on; otherwise it is refused.

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
        self.finished: dict[int, Outcome] = {}
        try:
            self._open(resume)
        except OSError as error:
            raise ResultError(f"The sweep cannot be written to {folder}: {error.strerror or error}.") from error

    def _open(self, resume: bool) -> None:
        folder, part = self.folder, self.folder.with_name(f"{self.folder.name}.part")
        check_place(folder, MANIFEST)
        recover(folder, MANIFEST)
        if os.path.lexists(part):
            check_place(part, MANIFEST)
            if contents(part, MANIFEST).whole and saved(part).complete:  # stopped just before it took its place
                LOG.warning("%s was whole when a run was stopped; it stands at %s now.", part, folder)
                put_in_place(part.absolute(), folder.absolute(), MANIFEST)
        begun = part if os.path.lexists(part) else folder
        before = _manifest(begun)
        if before is not None and resume and before.digest != self.design.digest:
            raise ResultError(
                f"{begun} was begun with other data, another specification or other versions, so it cannot go on; name "
                "another folder."
            )
        over = before is not None and before.complete
        if over and begun == part:
            raise ResultError(f"{part} holds a whole sweep that was changed after it was written: move it away first.")
        found = _of(self.design.digest if before is None else before.digest, lines(begun / RUNS, LINES))
        if before is not None and not (resume or over) and found.good:
            raise ResultError(
                f"{begun} holds {len(found.good):,} finished of {before.runs:,} runs: go on with --resume, or name "
                "another folder."
            )
        if resume:
            self.finished = {row.case: row for _, row in found.good.values()}
        self.known: Mapping[str, str] = {} if before is None or over else before.files
        self.done = over and resume and len(self.finished) == len(self.design.cases)
        self.work = part if over and not self.done else begun
        if not self.done:
            self._begin(found, begun)

    def _begin(self, found: Lines[Outcome], begun: Path) -> None:
        """Make the folder ready for more lines; what is in it and no line of this sweep is kept under another name."""
        runs = self.work / RUNS
        good = b"".join(raw for raw, _ in found.good.values()) if self.finished else b""
        if not self.work.is_dir() or not any(self.work.iterdir()):
            write_folder(self.work, MANIFEST, {MANIFEST: self._manifest({}, complete=False), RUNS: good})
            return
        atomic_write(self.work / MANIFEST, self._manifest({}, complete=False))
        if found.bad and self.work == begun:
            self._keep(runs)
        if not runs.is_file() or runs.read_bytes() != good:
            atomic_write(runs, good)

    def _keep(self, path: Path) -> None:
        kept = free(path.with_name(f"{path.name}.kept"))
        os.rename(path, kept)
        LOG.warning("%s was changed after it was written; it is kept as %s.", path, kept)

    def add(self, outcome: Outcome) -> None:
        """Write what became of a case, so that it stands even if the machine stops now.

        Raises
        ------
        ResultError
            When it cannot be written; the cases before it stand.
        """
        try:
            append(self.work / RUNS, line_of(key_of(self.design.digest, outcome.case), outcome, LINES))
        except OSError as error:
            raise ResultError(
                f"{self.work / RUNS} cannot be written ({error.strerror or error}); the cases before it stand, and the "
                "same command with --resume goes on."
            ) from error

    def close(self, sweep: Sweep) -> None:
        """Write the tables of what is finished; a sweep that is whole takes the place of the one before.

        Raises
        ------
        ResultError
            When they cannot be written; the finished cases stand.
        """
        if self.done:
            return
        try:
            self._close(sweep)
        except OSError as error:
            raise ResultError(
                f"The tables of the sweep cannot be written to {self.work} ({error.strerror or error}); its cases "
                "stand there, and the same command with --resume goes on."
            ) from error

    def _close(self, sweep: Sweep) -> None:
        hashes = {}
        for spec, frame in sweep.tables:
            data, name = parquet_bytes(spec, frame), f"{spec.name}.parquet"
            there = self.work / name
            if there.is_file() and sha256(there.read_bytes()) not in (self.known.get(name), sha256(data)):
                self._keep(there)
            atomic_write(there, data)
            hashes[name] = sha256(data)
        if sweep.complete:
            hashes[RUNS] = sha256((self.work / RUNS).read_bytes())
        atomic_write(self.work / MANIFEST, self._manifest(hashes, sweep.complete))
        if self.work != self.folder and sweep.complete:
            put_in_place(self.work.absolute(), self.folder.absolute(), MANIFEST)
        elif self.work != self.folder:
            LOG.warning("%s stays as it was; what is finished of the new sweep is in %s.", self.folder, self.work)

    def _manifest(self, hashes: Mapping[str, str], complete: bool) -> bytes:
        design = self.design
        manifest = {
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
        }
        return as_bytes(sealed_with(manifest, FORMAT, hashes))


def sweep_at(folder: Path) -> Path:
    """Return where the sweep that is called `folder` stands; elsewhere only where a run was stopped in the swap."""
    return standing(folder, MANIFEST)


def saved(folder: Path) -> SavedSweep:
    """Return what is known of a sweep that stands in a folder.

    Raises
    ------
    ResultError
        When there is none, one of another format, or it was changed after it was written.
    """
    manifest = _manifest(folder)
    if manifest is None:
        raise ResultError(f"{folder} is no sweep: there is no {MANIFEST} in it; fabopt sweep writes one.")
    return manifest


def _manifest(folder: Path) -> SavedSweep | None:
    """Return what is known of a sweep; None where the folder is none."""
    again = "sweep again into another folder"
    try:
        manifest = read_record(folder / MANIFEST, FORMAT, again)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except SavedError as error:
        raise ResultError(str(error)) from error
    try:
        return record_as(SavedSweep, manifest)
    except SavedError as error:
        raise ResultError(f"{folder / MANIFEST} is no manifest of a sweep: {error}; {again}.") from error


def _of(digest: str, found: Lines[Outcome]) -> Lines[Outcome]:
    """Return the lines of one sweep; those of another count as changed."""
    good = {key: (raw, row) for key, (raw, row) in found.good.items() if key == key_of(digest, row.case)}
    return Lines(good, found.bad or len(good) < len(found.good))

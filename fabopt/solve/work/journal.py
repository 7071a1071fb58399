"""Finished work on disk: a file to which every item is written as it is done, so that none is done twice.

One line an item: its key, the answer as plain data, and a hash of the line. The key is a hash of the plan and the item,
so that a line counts wherever the same is asked again, and for nothing else. A line that was cut off in writing is
dropped, and its item done again. Nothing of a line is run: it is JSON, read as a record of a known kind.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from fabopt.io.seal import HASH, SavedError, hash_of, is_sealed, read_json, record_as
from fabopt.solve.work.executor import Executor, Job
from fabopt.solve.work.versions import versions

P = TypeVar("P")
I = TypeVar("I")
R = TypeVar("R")

KEY, ANSWER = "key", "answer"


def digest(what: Mapping[str, Any]) -> str:
    """Return a hash of what a study depends on, and of the versions in use: the same hash, the same answers."""
    text = json.dumps({**what, "versions": versions()}, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(plan: str, item: Any) -> str:
    """Return the key of an item of plain data under the digest of its plan."""
    raw = asdict(item) if is_dataclass(item) and not isinstance(item, type) else item
    text = json.dumps([plan, raw], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def line_of(key: str, answer: Any) -> bytes:
    """Return the line that keeps an answer, a record of plain values."""
    row = json.loads(json.dumps({KEY: key, ANSWER: asdict(answer)}, allow_nan=False))
    return (json.dumps({**row, HASH: hash_of(row)}, separators=(",", ":")) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Lines(Generic[R]):
    """What stands in a journal: whole lines, raw and read, by key; and whether others were changed."""

    good: Mapping[str, tuple[bytes, R]]
    bad: bool


def lines(path: Path, kind: type[R]) -> Lines[R]:
    """Read a journal of answers of a kind; a last line that was cut off in writing is left out."""
    good: dict[str, tuple[bytes, R]] = {}
    bad = False
    for raw in path.read_bytes().splitlines(keepends=True) if path.is_file() else ():
        found = _read(raw, path, kind)
        if found is not None:
            good[found[0]] = raw, found[1]
        elif raw.endswith(b"\n"):
            bad = True
    return Lines(good, bad)


def _read(raw: bytes, path: Path, kind: type[R]) -> tuple[str, R] | None:
    """Return key and answer of a line; None where it is no whole one."""
    try:
        row = read_json(raw, path)
        if not (isinstance(row, dict) and raw.endswith(b"\n") and is_sealed(row)):
            return None
        return str(row[KEY]), record_as(kind, row[ANSWER])
    except (SavedError, KeyError, TypeError):
        return None


def append(path: Path, line: bytes) -> None:
    """Write a line, so that it stands even if the machine stops now.

    Raises
    ------
    OSError
        When it cannot be written; the lines before it stand.
    """
    with path.open("ab") as stream:
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())


class Journal(Generic[R]):
    """The finished items of one study, open for more.

    Parameters
    ----------
    path
        The file; lines of other studies may stand in it and stay.
    plan
        Digest of what the study depends on.
    kind
        Kind of its answers: a record of plain values.

    Attributes
    ----------
    finished
        What was finished before, by key.
    """

    def __init__(self, path: Path, plan: str, kind: type[R]) -> None:
        self.path, self.plan = path, plan
        self.finished: dict[str, R] = {key: answer for key, (_, answer) in lines(path, kind).good.items()}
        self._cut = path.is_file() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0

    def find(self, item: Any) -> R | None:
        """Return the answer to an item that is finished."""
        return self.finished.get(key_of(self.plan, item))

    def add(self, item: Any, answer: R) -> None:
        """Write an answer; errors as for :func:`append`."""
        key = key_of(self.plan, item)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        append(self.path, (b"\n" if self._cut else b"") + line_of(key, answer))
        self._cut = False
        self.finished[key] = answer


def finish(
    executor: Executor,
    job: Job[P, I, R],
    items: Sequence[I],
    journal: Journal[R] | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> list[R]:
    """Return the answers to items in their order; what a journal has is not done again.

    Parameters
    ----------
    executor
        Where they are done.
    job
        What they have in common.
    items
        The items.
    journal
        Where answers are kept as they come; what stands there counts.
    tell
        Told how many are finished, of how many.

    Raises
    ------
    fabopt.solve.work.executor.LostError
        When workers have ended at an item as often as they may; all others are in the journal.
    """
    found: dict[int, R] = {}
    for place, item in enumerate(items) if journal is not None else ():
        answer = journal.find(item) if journal is not None else None
        if answer is not None:
            found[place] = answer
    todo = [place for place in range(len(items)) if place not in found]
    if tell is not None and found:
        tell(len(found), len(items))
    for place, answer in _asked(executor, job, [items[p] for p in todo]):
        found[todo[place]] = answer
        if journal is not None:
            journal.add(items[todo[place]], answer)
        if tell is not None:
            tell(len(found), len(items))
    return [found[place] for place in range(len(items))]


def _asked(executor: Executor, job: Job[P, I, R], items: Sequence[I]) -> Iterator[tuple[int, R]]:
    """Yield what is asked of workers; where nothing is, none begins."""
    if items:
        with executor.crew(job) as crew:
            yield from crew.run(items)

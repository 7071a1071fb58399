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
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from fabopt.io.seal import HASH, SavedError, hash_of, is_sealed, read_json, record_as
from fabopt.solve.work.executor import Crew, Executor, Job
from fabopt.solve.work.plain import plain
from fabopt.solve.work.plain import read as read_plain
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


@dataclass(frozen=True, slots=True)
class Form(Generic[R]):
    """How answers stand in a line: what makes JSON of one, and what reads it, with a SavedError where it is none."""

    write: Callable[[R], Any]
    read: Callable[[Any], R]


def record(kind: type[R]) -> Form[R]:
    """Return the form of answers that are records of plain values, of one kind."""
    return Form(asdict, partial(record_as, kind))  # type: ignore[arg-type]


def composed(*kinds: type) -> Form[Any]:
    """Return the form of answers that are put together of arrays, plain data, and records of some kinds."""
    return Form(plain, partial(read_plain, kinds={kind.__name__: kind for kind in kinds}))


def line_of(key: str, answer: R, form: Form[R]) -> bytes:
    """Return the line that keeps an answer."""
    row = json.loads(json.dumps({KEY: key, ANSWER: form.write(answer)}, allow_nan=False))
    return (json.dumps({**row, HASH: hash_of(row)}, separators=(",", ":")) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Lines(Generic[R]):
    """What stands in a journal: whole lines, raw and read, by key; and whether others were changed."""

    good: Mapping[str, tuple[bytes, R]]
    bad: bool


def lines(path: Path, form: Form[R]) -> Lines[R]:
    """Read a journal; a last line that was cut off in writing is left out."""
    good: dict[str, tuple[bytes, R]] = {}
    bad = False
    for raw in path.read_bytes().splitlines(keepends=True) if path.is_file() else ():
        found = _read(raw, path, form)
        if found is not None:
            good[found[0]] = raw, found[1]
        elif raw.endswith(b"\n"):
            bad = True
    return Lines(good, bad)


def _read(raw: bytes, path: Path, form: Form[R]) -> tuple[str, R] | None:
    """Return key and answer of a line; None where it is no whole one."""
    try:
        row = read_json(raw, path)
        if not (isinstance(row, dict) and raw.endswith(b"\n") and is_sealed(row)):
            return None
        return str(row[KEY]), form.read(row[ANSWER])
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
    form
        How its answers stand in it.

    Attributes
    ----------
    finished
        What was finished before, by key.

    Raises
    ------
    SavedError
        When something else than a file stands there.
    """

    def __init__(self, path: Path, plan: str, form: Form[R]) -> None:
        if path.exists() and not path.is_file():
            raise SavedError(f"{path} is no file, so nothing can be kept there; name another one.")
        self.path, self.plan, self.form = path, plan, form
        self.finished: dict[str, R] = {key: answer for key, (_, answer) in lines(path, form).good.items()}
        self._cut = path.is_file() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0

    def find(self, item: Any) -> R | None:
        """Return the answer to an item that is finished."""
        return self.finished.get(key_of(self.plan, item))

    def add(self, item: Any, answer: R) -> None:
        """Write an answer.

        Raises
        ------
        SavedError
            When it cannot be written; the answers before it stand.
        """
        key = key_of(self.plan, item)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            append(self.path, (b"\n" if self._cut else b"") + line_of(key, answer, self.form))
        except OSError as error:
            raise SavedError(
                f"{self.path} cannot be written ({error.strerror or error}); what is finished stands there, and the "
                "same command goes on with it."
            ) from error
        self._cut = False
        self.finished[key] = answer


class Kept:
    """Does items where another executor does them, and keeps each answer as it comes; what stands is not done again.

    Parameters
    ----------
    executor
        Where items are done.
    journal
        Where answers are kept.
    of
        What of an item its answer depends on, as plain data; all of it when left out.
    counts
        Whether an answer is worth keeping: one that was cut short by time is not. All are when left out.
    """

    def __init__(
        self,
        executor: Executor,
        journal: Journal[Any],
        of: Callable[[Any], Any] | None = None,
        counts: Callable[[Any], bool] | None = None,
    ) -> None:
        self.executor, self.journal, self.of, self.counts = executor, journal, of or _same, counts or _any

    @contextmanager
    def crew(self, job: Job[P, I, R]) -> Iterator[Crew[I, R]]:
        """Give the job to workers, with the first item that nobody has answered."""
        with ExitStack() as opened:
            yield _KeptCrew(self, job, opened)


class _KeptCrew(Generic[P, I, R]):
    def __init__(self, kept: Kept, job: Job[P, I, R], opened: ExitStack) -> None:
        self._kept, self._job, self._opened = kept, job, opened
        self._crew: Crew[I, R] | None = None

    def run(self, items: Sequence[I]) -> Iterator[tuple[int, R]]:
        """Yield the answers that stand, then the others as they are done."""
        journal, asked, todo = self._kept.journal, [self._kept.of(item) for item in items], list[int]()
        for place, what in enumerate(asked):
            answer = journal.find(what)
            if answer is None:
                todo.append(place)
            else:
                yield place, answer
        if todo and self._crew is None:
            self._crew = self._opened.enter_context(self._kept.executor.crew(self._job))
        for n, answer in self._crew.run([items[place] for place in todo]) if todo and self._crew is not None else ():
            if self._kept.counts(answer):
                journal.add(asked[todo[n]], answer)
            yield todo[n], answer


def _same(item: Any) -> Any:
    return item


def _any(answer: Any) -> bool:
    return True

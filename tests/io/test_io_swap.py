"""A folder is replaced so that nothing is lost, whatever system call fails and whenever the process is killed."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fabopt.io import swap
from fabopt.io.seal import as_bytes, contents, sealed
from fabopt.io.swap import recover, standing, write_folder

RECORD = "manifest.json"
CALLS = ("open", "write", "fsync", "close", "rename", "unlink", "rmdir", "makedirs")
"""System calls that change what is on the disk, or hand it over."""
KILLED = 9


class FaultyOS:
    """The module ``os``, of which the n-th call that touches the disk fails or ends the process; it does not wait."""

    def __init__(self, at: int, fail: Callable[[], None]) -> None:
        self.at, self.fail, self.count = at, fail, 0
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name) if name != "fsync" else lambda handle: None
        if name not in CALLS:
            return real

        def call(*args: Any, **more: Any) -> Any:
            self.count += 1
            self.calls.append((name, args[0]))
            if self.count == self.at:
                if name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                if name == "close":
                    real(*args)
                self.fail()
            return real(*args, **more)

        return call


def io_error() -> None:
    raise OSError(errno.EIO, "the disk is on fire")


def kill() -> None:
    os._exit(KILLED)


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> FaultyOS:
    """Spare the disk of the machine; nobody pulls its plug."""
    quick = FaultyOS(0, kill)
    monkeypatch.setattr(swap, "os", quick)
    return quick


def files(text: str) -> dict[str, bytes]:
    data = {"log": f"log {text}".encode(), "core/a": f"a {text}".encode(), "core/b": f"b {text}".encode()}
    return {RECORD: as_bytes(sealed({"text": text}, 1, data)), **data}


def write(path: Path, text: str) -> None:
    write_folder(path, RECORD, files(text))


def text_of(path: Path) -> str:
    """Return which of the versions stands in a folder, which must be whole."""
    assert contents(path, RECORD).whole
    return (path / "log").read_text().removeprefix("log ")


def everything(parent: Path) -> dict[str, list[Path]]:
    """Return where each content is, of all files below a folder."""
    found: dict[str, list[Path]] = {}
    for file in sorted(parent.rglob("*")):
        if file.is_file():
            found.setdefault(file.read_text(), []).append(file)
    return found


def killed(monkeypatch: pytest.MonkeyPatch, at: int, path: Path, text: str) -> bool:
    """Write in a process that is killed at the n-th system call; return whether it came so far."""
    child = os.fork()
    if not child:
        logging.disable()
        swap.os = FaultyOS(at, kill)  # type: ignore[attr-defined]
        try:
            write(path, text)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


NOTE, EDIT = "what I think of it", "log that I have corrected"


def nothing(path: Path) -> None:
    pass


def noted(path: Path) -> None:
    (path / "mine").mkdir()
    (path / "mine" / "note.txt").write_text(NOTE)


def edited(path: Path) -> None:
    noted(path)
    (path / "log").write_text(EDIT)


def check_after_a_stop(path: Path, people: list[str], old: bool) -> None:
    """Whatever happened, a whole version is read, the next run writes, and what people wrote is there."""
    there = standing(path, RECORD)
    found = everything(path.parent)
    assert all(text in found for text in people)
    if old and EDIT not in people:
        assert text_of(there) in ("1", "2")
    elif old:
        assert (there / RECORD).is_file()
    write(path, "3")
    assert text_of(path) == "3"
    found = everything(path.parent)
    assert all(text in found for text in people)
    if NOTE in people and EDIT not in people:
        assert found[NOTE] == [path / "mine" / "note.txt"]
    if EDIT in people:  # the folder in which something was changed is kept whole, but for what was moved
        assert (found[EDIT][0].parent / "core" / "a").read_text() == "a 1"


@pytest.mark.parametrize(
    ("old", "people", "change"),
    [(False, [], nothing), (True, [], nothing), (True, [NOTE], noted), (True, [NOTE, EDIT], edited)],
    ids=["first", "replaced", "noted", "edited"],
)
@pytest.mark.parametrize("way", ["killed", "failed"])
def test_whichever_system_call_is_the_last_nothing_is_lost(old, people, change, way, tmp_path, monkeypatch):
    at, stops = 0, 0
    while True:
        at += 1
        path = tmp_path / str(at) / "results" / "toy"
        if old:
            write(path, "1")
            change(path)
        if way == "killed":
            stopped = killed(monkeypatch, at, path, "2")
        else:
            faulty = FaultyOS(at, io_error)
            with monkeypatch.context() as patch:
                patch.setattr(swap, "os", faulty)
                try:
                    write(path, "2")
                    raised = ""
                except OSError as error:
                    raised = str(error)
            assert "on fire" in raised or not raised
            stopped = faulty.count >= at
            if not raised:
                assert text_of(path) == "2"
        check_after_a_stop(path, people, old)
        if not stopped:
            break
        stops += 1
        shutil.rmtree(tmp_path / str(at))
    assert stops >= 20


def test_a_hundred_kills_one_after_the_other_lose_nothing(tmp_path, monkeypatch):
    path = tmp_path / "toy"
    write(path, "1")
    noted(path)
    kills = at = 0
    while kills < 100:
        at += 1
        if killed(monkeypatch, at, path, "2"):
            kills += 1
        else:
            at = 0
        assert text_of(standing(path, RECORD)) in ("1", "2")
        assert NOTE in everything(tmp_path)
    write(path, "3")
    assert text_of(path) == "3"
    assert everything(tmp_path)[NOTE] == [path / "mine" / "note.txt"]


def test_files_and_folders_are_flushed_before_they_are_named(tmp_path, calls):
    path = tmp_path / "toy"
    write(path, "1")
    write(path, "2")
    flushed: set[str] = set()
    opened = ""
    for name, what in calls.calls:
        if name == "open":
            opened = str(what)
        elif name == "fsync":
            flushed.add(opened)
        elif name == "rename" and ".new-" in str(what):
            written = {f"{what}/{file}" for file in files("")} | {str(what), f"{what}/core", str(tmp_path)}
            assert written <= flushed
            flushed.clear()
    assert flushed == {str(tmp_path)}  # and the names themselves at the end


def test_a_reader_moves_nothing_and_says_what_it_reads(tmp_path, caplog):
    path = tmp_path / "toy"
    write(path, "1")
    path.rename(tmp_path / "toy.old-999999999-00000000")
    before = sorted(tmp_path.rglob("*"))
    there = standing(path, RECORD)
    assert text_of(there) == "1"
    assert "is not there: a run was stopped while it put it in place" in caplog.text
    assert sorted(tmp_path.rglob("*")) == before
    write(path, "2")
    path.rename(tmp_path / "toy.new-999999999-00000000")  # the new one was whole before the old one was moved
    write(tmp_path / "toy.old-999999999-00000000", "1")
    assert text_of(standing(path, RECORD)) == "2"
    recover(path, RECORD)
    assert text_of(path) == "2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy"]


def test_what_a_running_process_writes_is_left_to_it(tmp_path):
    for what in ("new", "old"):
        write(tmp_path / f"toy.{what}-{os.getppid()}-00000000", "theirs")
    recover(tmp_path / "toy", RECORD)
    assert sorted(p.name.partition("-")[0] for p in tmp_path.iterdir()) == ["toy.new", "toy.old"]


def test_what_was_not_written_to_its_end_is_told_and_left(tmp_path, caplog):
    left = tmp_path / "toy.new-999999999-00000000"
    write(left, "half")
    (left / "core" / "b").unlink()
    write(tmp_path / "toy", "1")
    assert f"{left} is what a run that was stopped had written until then" in caplog.text
    assert (left / "log").read_text() == "log half"
    assert text_of(standing(tmp_path / "toy", RECORD)) == "1"


def test_a_newer_folder_that_never_took_its_place_is_kept_beside(tmp_path, caplog):
    write(tmp_path / "toy", "1")
    write(tmp_path / "toy.new-999999999-00000000", "2")
    write(tmp_path / "toy", "3")
    assert (text_of(tmp_path / "toy"), text_of(tmp_path / "toy.kept-1")) == ("3", "2")
    assert "it is kept as" in caplog.text


def test_folders_that_only_look_alike_are_nobody_s_business(tmp_path):
    for name in ("toy.new-ideas", "toy.old-1-2", "toy.old", "toys.old-999999999-00000000"):
        write(tmp_path / name, "mine")
    write(tmp_path / "toy", "1")
    write(tmp_path / "toy", "2")
    assert all(text_of(tmp_path / name) == "mine" for name in ("toy.new-ideas", "toy.old-1-2", "toy.old"))
    assert text_of(tmp_path / "toys.old-999999999-00000000") == "mine"


def test_what_people_put_there_moves_along_and_what_they_changed_is_kept_beside(tmp_path, caplog):
    path = tmp_path / "toy"
    write(path, "1")
    edited(path)
    os.symlink("/nowhere", path / "link")
    write(path, "2")
    assert text_of(path) == "2"
    assert (path / "mine" / "note.txt").read_text() == NOTE
    assert os.readlink(path / "link") == "/nowhere"
    kept = tmp_path / "toy.kept-1"
    assert (kept / "log").read_text() == EDIT
    assert (kept / "core" / "a").read_text() == "a 1"
    assert "kept what fabopt did not write: link, mine/note.txt" in caplog.text
    assert f"was changed after it was written (log); it is kept as {kept}" in caplog.text
    write(path, "3")
    assert (path / "mine" / "note.txt").read_text() == NOTE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy", "toy.kept-1"]


@pytest.mark.parametrize("how", ["edited", "cut", "deleted hash", "nested"])
def test_a_folder_whose_record_cannot_be_trusted_is_kept_whole(tmp_path, how):
    path = tmp_path / "toy"
    write(path, "1")
    text = (path / RECORD).read_text()
    changed = {
        "edited": text.replace('"1"', '"one"'),
        "cut": text[:40],
        "deleted hash": text.replace('"hash"', '"hush"'),
        "nested": "[" * 10_000 + "]" * 10_000,
    }[how]
    (path / RECORD).write_text(changed)
    write(path, "2")
    assert text_of(path) == "2"
    assert (tmp_path / "toy.kept-1" / RECORD).read_text() == changed
    assert (tmp_path / "toy.kept-1" / "core" / "b").read_text() == "b 1"


def test_a_name_that_the_new_folder_takes_too_is_not_written_over(tmp_path):
    path = tmp_path / "toy"
    write(path, "1")
    (path / "table").write_text(NOTE)
    data = {**files("2"), "table": b"new"}
    del data[RECORD]
    write_folder(path, RECORD, {RECORD: as_bytes(sealed({}, 1, data)), **data})
    assert (path / "table").read_bytes() == b"new"
    assert (tmp_path / "toy.kept-1" / "table").read_text() == NOTE

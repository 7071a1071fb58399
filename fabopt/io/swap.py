"""Putting a finished folder in the place of an older one, so that at every moment one of them stands and is found.

1. ``NAME.new-<id>`` is written and flushed to the disk, its record last.
2. ``NAME`` is renamed to ``NAME.old-<id>``, where there is one.
3. ``NAME.new-<id>`` is renamed to ``NAME``.
4. The old folder is put away: what people had put there moves into the new one; if something of it was changed, the
   whole of it becomes ``NAME.kept-<n>``; only what fabopt wrote and nobody changed is deleted.

Whatever stops the process, the folder of 1 is either without a record, and then the old one has not been touched, or
whole. Who reads ``NAME`` and does not find it reads the whole new one, or else the old one (:func:`standing`); who next
writes there puts in order what a stop has left (:func:`recover`). Both say so. Nothing is deleted on the way of an
exception but a folder that was not written to its end. An id names the process, so that the folders of one that still
runs are left to it.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from fabopt.io.seal import contents

LOG = logging.getLogger("fabopt")
"""Tells people what was found, moved or kept; without a handler, Python writes it to stderr."""

_LEFT = re.compile(r"(new|old)-(\d+)-[0-9a-f]{8}")
_active: set[Path] = set()
"""Folders that this process is writing or moving now."""


def write_folder(path: Path, record: str, files: Mapping[str, bytes], others: Sequence[str] = ()) -> None:
    """Write a folder, whole or not at all, in the place of an older one.

    Parameters
    ----------
    path
        The folder; those above it are made.
    record
        Name of its record among `files`: an existing folder is replaced only when it holds one or is empty, so that a
        wrong name does not cost somebody a folder of their own.
    files
        Contents by relative name.
    others
        Names of records of other folders that may share this one: they stay in it with their files.

    Raises
    ------
    FileExistsError
        When something else stands at `path`.
    OSError
        When it cannot be written; what stood there stands there then, or is found by :func:`standing`.
    """
    check_replaceable(path, record, *others)
    target = path.absolute()
    os.makedirs(target.parent, exist_ok=True)
    recover(target, record)
    new = _beside(target, "new")
    _active.add(new)
    try:
        _fill(new, record, files)
        put_in_place(new, target, record)
    finally:
        _active.discard(new)


def put_in_place(new: Path, target: Path, record: str) -> None:
    """Rename a whole folder to `target`, and put away the one that stood there; errors as for :func:`write_folder`."""
    old = _beside(target, "old")
    _active.add(old)
    try:
        _exchange(new, old, target)
        if os.path.lexists(old):
            _put_away_or_tell(old, target, record)
    finally:
        _active.discard(old)


def check_replaceable(path: Path, *records: str) -> None:
    """Refuse a folder that :func:`write_folder` would not replace.

    Raises
    ------
    FileExistsError
        When something stands at `path` that is neither empty nor holds one of the files `records`.
    """
    target = path.absolute()
    if target.is_symlink() or (target.exists() and not _replaceable(target, records)):
        raise FileExistsError(f"{path} is there already and holds no {records[0]}: fabopt does not replace it")


def _replaceable(target: Path, records: Sequence[str]) -> bool:
    return target.is_dir() and (any((target / name).is_file() for name in records) or not any(target.iterdir()))


def standing(path: Path, record: str, *, tell: bool = True) -> Path:
    """Return where the folder that is called `path` stands: there, or where a process that was stopped has left it.

    Nothing is moved: to read is not to write. It is told where the folder stands elsewhere, unless `tell` is false.
    """
    if os.path.lexists(path):
        return path
    target = path.absolute()
    news = [left for left in _left(target, "new") if contents(left, record).whole]
    olds = [left for left in _left(target, "old") if (left / record).is_file()]
    if not news and not olds:
        return path
    latest = (news or olds)[-1]
    if tell:
        LOG.warning("%s is not there: a run was stopped while it put it in place; %s is read instead.", path, latest)
    return path.parent / latest.name


def recover(target: Path, record: str) -> None:
    """Put in order what processes that were stopped have left beside `target`, and say what was found."""
    target = target.absolute()
    for left in (*_left(target, "new"), *reversed(_left(target, "old"))):
        if _runs(left):
            continue
        try:
            _recover(left, target, record)
        except OSError as error:
            LOG.warning("%s was left by a run that was stopped, and cannot be moved: %s.", left, error.strerror)


def _recover(left: Path, target: Path, record: str) -> None:
    if left.name.startswith(f"{target.name}.old-"):
        if os.path.lexists(target):
            _put_away(left, target, record)
        else:
            os.rename(left, target)
            LOG.warning("A run was stopped while it replaced %s; the older one stands there again.", target)
    elif not contents(left, record).whole:
        LOG.warning("%s is what a run that was stopped had written until then; it can be deleted.", left)
    elif os.path.lexists(target):
        kept = kept_beside(target)
        os.rename(left, kept)
        LOG.warning("%s was whole when a run was stopped; it is kept as %s.", left, kept)
    else:
        os.rename(left, target)
        LOG.warning("%s was whole when a run was stopped; it stands at %s now.", left, target)


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f"{target.name}.{what}-{os.getpid()}-{secrets.token_hex(4)}")


def _left(target: Path, what: str) -> list[Path]:
    """Return the folders of one sort that stand beside `target`, the newest last."""
    start, left = f"{target.name}.", list[tuple[int, Path]]()
    try:
        entries = list(os.scandir(target.parent))
    except OSError:
        return []
    for entry in entries:
        match = _LEFT.fullmatch(entry.name[len(start) :]) if entry.name.startswith(start) else None
        if match and match[1] == what and entry.is_dir(follow_symlinks=False):
            left.append((entry.stat(follow_symlinks=False).st_mtime_ns, target.with_name(entry.name)))
    return [path for _, path in sorted(left)]


def _runs(left: Path) -> bool:
    """Return whether the process that made a folder may still be at work on it."""
    match = _LEFT.fullmatch(left.name.rpartition(".")[2])
    assert match is not None
    process = int(match[2])
    if process == os.getpid():
        return left in _active
    if os.name == "nt":  # where a signal 0 is no question
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _fill(new: Path, record: str, files: Mapping[str, bytes]) -> None:
    """Write all files and flush them, the record last."""
    folders = sorted({new / Path(name).parent for name in files} | {new})
    try:
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
        for name in (*(name for name in files if name != record), record):
            write_flushed(new / name, files[name])
        for folder in reversed(folders):
            flush_folder(folder)
    except BaseException:
        _remove(new, files, folders)  # not written to its end, so it is nobody's only copy
        raise


def _remove(new: Path, files: Mapping[str, bytes], folders: list[Path]) -> None:
    for path, remove in [*((new / name, os.unlink) for name in files), *((f, os.rmdir) for f in reversed(folders))]:
        try:
            remove(path)
        except OSError:
            continue


def write_flushed(path: Path, data: bytes) -> None:
    """Write a file that was not there and flush it to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write into a folder that one may not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)


def _exchange(new: Path, old: Path, target: Path) -> None:
    """Rename `target` to `old` and `new` to `target`; on an error put back what was moved."""
    try:
        flush_folder(target.parent)
        if os.path.lexists(target):
            os.rename(target, old)
        try:
            os.rename(new, target)
        except BaseException:
            if os.path.lexists(old) and not os.path.lexists(target):
                os.rename(old, target)
            raise
        flush_folder(target.parent)
    except OSError as error:
        where = f"; it stands whole at {new}" if os.path.lexists(new) else ""
        raise OSError(error.errno, f"{error.strerror or error}{where}", str(target)) from error


def _put_away_or_tell(old: Path, target: Path, record: str) -> None:
    """Put away an older folder; the new one stands, so that a failure is told and no more."""
    try:
        _put_away(old, target, record)
    except OSError as error:
        said = error.strerror or error
        LOG.warning("The older %s could not be put away (%s); what is left of it is at %s.", target, said, old)


def _put_away(old: Path, target: Path, record: str) -> None:
    old_contents = contents(old, record)
    moved = [name for name in old_contents.foreign if _carried(old / name, target / name, target)]
    if moved:
        LOG.warning("%s: kept what fabopt did not write: %s.", target, _listed(moved))
    changed = [*old_contents.changed, *(name for name in old_contents.foreign if name not in moved)]
    if changed:
        kept = kept_beside(target)
        os.rename(old, kept)
        LOG.warning("%s was changed after it was written (%s); it is kept as %s.", target, _listed(changed), kept)
        return
    for name in old_contents.own:  # the record last: until then it says what is fabopt's own
        os.unlink(old / name)
    for folder, _, _ in os.walk(old, topdown=False):
        os.rmdir(folder)
    flush_folder(target.parent)


def _carried(source: Path, goal: Path, target: Path) -> bool:
    """Move what people put into the old folder to the same place in the new one, unless something stands there."""
    if os.path.lexists(goal):
        return False
    above = [folder for folder in goal.parents if folder.is_relative_to(target)]
    if any(os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()) for folder in above):
        return False
    os.makedirs(goal.parent, exist_ok=True)
    os.rename(source, goal)
    return True


def free(path: Path) -> Path:
    """Return the first name ``NAME-<n>`` that is not taken, from 1."""
    number = 1
    while os.path.lexists(unused := path.with_name(f"{path.name}-{number}")):
        number += 1
    return unused


def kept_beside(target: Path) -> Path:
    """Return a free name ``NAME.kept-<n>``."""
    return free(target.with_name(f"{target.name}.kept"))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"

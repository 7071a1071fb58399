"""Reading files inside a folder and nowhere else, and writing files and folders so that nobody sees half of one."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fabopt.io.problems import InstanceError, Problem, brief

MOST_BYTES = 20_000_000
"""Largest file that is read, bytes."""


def inside(root: Path, name: object, asked_by: Problem) -> Path:
    """Resolve a file name that an instance gives; it must stay inside the instance's folder.

    Parameters
    ----------
    root
        The instance's folder.
    name
        Relative file name as written.
    asked_by
        A problem placed where the name was written; its message is replaced when the name is refused.

    Raises
    ------
    InstanceError
        When the name is not a relative name of a file that lies in the folder, links followed.
    """
    if not isinstance(name, str) or not name or "\0" in name or len(name) > 500:
        raise _refused(asked_by, f"{brief(name)} is no file name")
    folder = root.resolve()
    if Path(name).is_absolute() or not (folder / name).resolve().is_relative_to(folder):
        raise _refused(asked_by, f"{brief(name)} lies outside the instance's folder")
    found = (folder / name).resolve()
    if not found.is_file():
        raise _refused(asked_by, f"there is no file {brief(name)}")
    return found


def _refused(problem: Problem, message: str) -> InstanceError:
    return InstanceError([Problem(problem.file, problem.line, problem.path, message)])


def read_text(path: Path, shown: str) -> tuple[str, str]:
    """Read a UTF-8 file of at most `MOST_BYTES`.

    Returns
    -------
    tuple of str
        The text, and the SHA-256 of the file's bytes in hexadecimal.

    Raises
    ------
    InstanceError
        When the file cannot be read, is too large or is not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InstanceError([Problem(shown, None, "", f"the file cannot be read: {reason}")]) from error
    if len(data) > MOST_BYTES:
        raise InstanceError([Problem(shown, None, "", f"the file has more than {MOST_BYTES // 10**6} MB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        hint = "it is UTF-16: save it as UTF-8" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "save it as UTF-8"
        raise InstanceError([Problem(shown, line, "", "the file is not UTF-8 text", hint=hint)]) from error
    return text, hashlib.sha256(data).hexdigest()


def atomic_write(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name beside it, then rename it, so that it is there whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:  # of the temporary name nobody has heard
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def atomic_dir(path: Path, marker: str) -> Iterator[Path]:
    """Fill a new folder under a temporary name, then put it in the place of `path`.

    When the body raises, the temporary folder goes and what stood at `path` stays.

    Parameters
    ----------
    path
        The folder to make or replace; the folders above it are made.
    marker
        Name of a file that every such folder holds. An existing folder is replaced only when it holds this file or
        is empty, so that a wrong name does not cost somebody a folder of their own.

    Yields
    ------
    pathlib.Path
        The temporary folder, on the same file system.

    Raises
    ------
    FileExistsError
        When something else stands at `path`.
    """
    check_replaceable(path, marker)
    target = path.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        temporary.chmod(0o777 & ~_umask())
        yield temporary
        _exchange(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_replaceable(path: Path, marker: str) -> None:
    """Refuse a folder that :func:`atomic_dir` would not replace.

    Raises
    ------
    FileExistsError
        When something stands at `path` that is neither empty nor holds the file `marker`.
    """
    target = path.absolute()
    if target.is_symlink() or (target.exists() and not _replaceable(target, marker)):
        raise FileExistsError(f"{path} is there already and holds no {marker}: fabopt does not replace it")


def _replaceable(target: Path, marker: str) -> bool:
    return target.is_dir() and ((target / marker).is_file() or not any(target.iterdir()))


def _exchange(temporary: Path, target: Path) -> None:
    """Rename `temporary` to `target`, keeping the old folder until the new one stands."""
    if not target.exists():
        temporary.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    try:
        target.rename(old / "was")
        try:
            temporary.rename(target)
        except OSError:
            (old / "was").rename(target)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

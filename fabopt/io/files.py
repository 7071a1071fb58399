"""Reading files inside a folder and nowhere else; writing files whole or not at all; trying a place before the work."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from fabopt.io.problems import InstanceError, Problem, brief
from fabopt.io.seal import SavedError
from fabopt.io.swap import LOG, check_replaceable, flush_folder, free, write_flushed

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
    inside_path = (folder / name).resolve()
    if not inside_path.is_file():
        raise _refused(asked_by, f"there is no file {brief(name)}")
    return inside_path


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
    target = path.absolute()
    new = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        try:
            write_flushed(new, data)
            os.replace(new, target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        flush_folder(target.parent)
    except OSError as error:  # of the temporary name nobody has heard
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_place(path: Path, *records: str) -> None:
    """Refuse, before anything is computed, a folder that could not be written.

    Parameters
    ----------
    path
        The folder.
    records
        Names of the records by which an older one is known.

    Raises
    ------
    OSError
        When something else stands there, something above it is no folder, or nothing can be made there.
    """
    check_replaceable(path, *records)
    above = path.absolute().parent
    while not os.path.lexists(above):
        above = above.parent
    _try(above, path)


def check_file(path: Path) -> None:
    """Refuse, before anything is computed, a file that could not be written; its folder must be there.

    Raises
    ------
    OSError
        When a folder stands there, or nothing can be made in its folder.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    _try(path.absolute().parent, path)


def _try(folder: Path, asked: Path) -> None:
    if not folder.is_dir():
        missing = f"{folder} is no folder" if os.path.lexists(folder) else f"there is no folder {folder}"
        raise NotADirectoryError(errno.ENOTDIR, missing, str(asked))
    try:
        tempfile.TemporaryDirectory(prefix=".fabopt-", dir=folder).cleanup()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(asked)) from error


def kept(path: Path, save: Callable[[Path], object]) -> Path | None:
    """Save at `path`, or elsewhere where that fails, and say so; what took long is not lost to a full disk.

    Parameters
    ----------
    path
        The folder that was asked for.
    save
        Saves into a folder; beside the one asked for, the folder of work, the folder for temporary files and the home
        are tried.

    Returns
    -------
    pathlib.Path or None
        Where it was saved; None where no place takes it.
    """
    for place in (lambda: path, *(_elsewhere(path, above) for above in (Path.cwd, _temporary, Path.home))):
        try:
            folder = place()
            save(folder)
        except (OSError, RuntimeError, SavedError) as error:
            LOG.error("%s", error if isinstance(error, SavedError) else f"{path} cannot be written: {error}.")
            continue
        if folder != path:
            LOG.error("It was written to %s instead.", folder)
        return folder
    return None


def _elsewhere(path: Path, above: Callable[[], Path]) -> Callable[[], Path]:
    return lambda: free(above() / f"{path.name}.rescued")


def _temporary() -> Path:
    return Path(tempfile.gettempdir())

"""The instances and notebooks that come with fabopt: in the package where it is installed, else beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from fabopt.errors import UserError
from fabopt.io.folder import check_new
from fabopt.io.problems import brief, nearest
from fabopt.io.tree import INSTANCE_FILE

NOTEBOOKS = "notebooks"
"""Folder of the notebooks; no instance has this name."""
_PACKAGE = Path(__file__).parents[1]


def shipped_folder(kind: str) -> Path:
    """Return the folder of what is shipped, ``instances`` or ``notebooks``: `setup.py` puts both into the package."""
    inside = _PACKAGE / kind
    return inside if inside.is_dir() else _PACKAGE.parent / kind


def shipped_names() -> list[str]:
    """Return the names of the instances that come with fabopt: ``tutorial``, ``textbook/giapetto``."""
    root = shipped_folder("instances")
    return sorted(file.parent.relative_to(root).as_posix() for file in root.rglob(INSTANCE_FILE))


def shipped(name: str) -> Path:
    """Return the folder of an instance that comes with fabopt: ``tutorial``, ``textbook/giapetto``.

    Raises
    ------
    UserError
        When there is none of this name.
    """
    known = shipped_names()
    if name not in known:
        near = nearest(name, known)
        raise UserError(
            f"There is no instance {brief(name)} that comes with fabopt{f'; {near}' if near else '.'} "
            f"There are: {', '.join(known) or 'none, as the installation is not whole'}."
        )
    return shipped_folder("instances") / name


def copy_shipped(source: Path, folder: Path) -> None:
    """Copy what is shipped into a folder that does not hold anything yet.

    Raises
    ------
    InstanceError
        When the folder holds anything.
    OSError
        When it cannot be written.
    """
    check_new(folder)
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))

"""Versions of what an answer depends on: where two of them differ, so may the answers."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata

COUNTED = ("fabopt", "highspy", "pyomo", "numpy", "scipy")
"""Packages on which answers depend."""
PYTHON = "python"
ABSENT = "not installed"


def version_of(name: str) -> str:
    """Return the version of a package in this process."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ABSENT


def versions(*more: str) -> dict[str, str]:
    """Return the version of Python and of each package that counts, and of some more."""
    return {PYTHON: platform.python_version(), **{name: version_of(name) for name in (*COUNTED, *more)}}


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return in words what is of another version there than here; empty where nothing is."""
    return ", ".join(
        f"{name} {theirs.get(name, ABSENT)} instead of {here}"
        for name, here in ours.items()
        if theirs.get(name) != here
    )

"""Overlays: changes of a raw tree, merged over it.

Mappings merge key by key, lists and scalars replace, null deletes. A quantity counts as one thing: an overlay that
gives its value or its series replaces it with its source and range, since they spoke for the old number; an overlay
that gives only other fields of it (a range, a note) merges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fabopt.domain.base import Path
from fabopt.io.problems import InstanceError, Place, Positions, Problem, brief, nearest

VALUES = frozenset({"value", "linear", "steps"})
"""Fields that hold a quantity's own numbers."""
QUANTITY = VALUES | {
    "before",
    "unit",
    "low",
    "high",
    "range",
    "times",
    "source",
    "as_of",
    "confidence",
    "assumed",
    "note",
}
"""Fields of the raw form of a quantity."""


def overlay(base: dict[str, Any], change: Mapping[str, Any], positions: Positions) -> dict[str, Any]:
    """Merge a change over a raw tree and return the result; neither is changed.

    Parameters
    ----------
    base
        Raw tree.
    change
        Tree of changes.
    positions
        Where the parts of the change were written, for problems.

    Raises
    ------
    InstanceError
        When the change deletes what is not there.
    """
    problems: list[Problem] = []
    merged = overlaid(base, change, (), positions, problems)
    if problems:
        raise InstanceError(problems)
    return merged


def overlaid(
    base: Mapping[str, Any],
    change: Mapping[str, Any],
    path: Path,
    positions: Positions,
    problems: list[Problem],
) -> dict[str, Any]:
    """Return a part of a tree with a change merged over it; problems are placed below the path, and added."""
    merged = dict(base)
    for key, new in change.items():
        here = (*path, key)
        if new is None:
            if key not in base:
                message = f"there is no {brief(key)} to delete"
                problems.append(Problem.at(positions, here, message, hint=nearest(key, base)))
            merged.pop(key, None)
        elif isinstance(new, Mapping) and isinstance(base.get(key), Mapping) and not _replaces(base[key], new):
            merged[key] = overlaid(base[key], new, here, positions, problems)
        else:
            merged[key] = new
    return merged


def _replaces(base: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether both are quantities and the new one brings its own numbers."""
    return (
        bool(VALUES & new.keys()) and bool(VALUES & base.keys()) and new.keys() <= QUANTITY and base.keys() <= QUANTITY
    )


def moved_places(places: Mapping[Path, Place], old: Path, new: Path) -> dict[Path, Place]:
    """Places of all that lies below `old`, as if it lay below `new`."""
    size = len(old)
    return {(*new, *path[size:]): place for path, place in places.items() if path[:size] == old}

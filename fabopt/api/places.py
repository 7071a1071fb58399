"""Names and places: what instances are called, and where results are written when nobody says."""

from __future__ import annotations

from pathlib import Path

RESULTS = Path("results")
"""Folder that results are written to where none is named."""

MEMOS = Path("memos")
"""Folder that memos are written to where none is named."""

WORKERS = 2
"""Programs that a study solves at a time, one solver thread each."""


def path_of(place: str | Path | None) -> Path | None:
    """Return a place that somebody has named as a path."""
    return None if place is None else Path(place)


def name_of(path: Path) -> str:
    """Return the name of an instance: that of its folder, or of its file where that has a name of its own."""
    if path.suffix in (".yaml", ".yml", ".json") and path.stem != "instance":
        return path.stem
    folder = path.parent if path.suffix in (".yaml", ".yml", ".json") else path
    return folder.resolve().name


def default_folder(instance: str, scenario: str | None, perspective: str | None, own: str | None) -> Path:
    """Return where a result is saved when no folder is named: ``results/<instance>[-<scenario>][-<perspective>]``.

    A perspective is named where it is not the instance's own.
    """
    seen = "" if perspective in (None, own or "system") else f"-{perspective.replace(':', '-')}"
    return RESULTS / f"{instance}{f'-{scenario}' if scenario else ''}{seen}"


def states_folder(instance: str, scenario: str | None) -> Path:
    """Return where a result under several states is saved: ``results/<instance>[-<scenario>]-states``."""
    return RESULTS / f"{instance}{f'-{scenario}' if scenario else ''}-states"


def default_sweep_folder(instance: str, spec: Path) -> Path:
    """Return where a sweep is saved when no folder is named: ``results/sweeps/<instance>-<file>``."""
    return RESULTS / "sweeps" / f"{instance}-{spec.stem}"


def default_memo_folder(lab: str, lang: str) -> Path:
    """Return where a memo is saved when no folder is named: ``memos/<lab>``, with the language unless it is English."""
    return MEMOS / (lab if lang == "en" else f"{lab}-{lang}")

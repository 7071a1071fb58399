"""Levers as people call them: names of records in the place of ids, words in the place of fields."""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.domain.instance import Instance
from fabopt.domain.names import display_names
from fabopt.io.shape import key_text

WORDS: Mapping[str, str] = {
    "boms": "bill of materials",
    "euv": "EUV",
    "hbm": "HBM",
    "it": "IT",
    "pue": "PUE",
}
"""Words of fields that are not written as they stand."""


def lever_name(instance: Instance, path: str, names: Mapping[str, str] | None = None) -> str:
    """Return what a lever is called: ``Bridgeworks, interposer yield``.

    Parameters
    ----------
    instance
        The instance.
    path
        The lever. The record that it stands in and those that it refers to are called by their names where they have
        one; a point of a series is left out.
    names
        What :func:`~fabopt.domain.names.display_names` returns of the instance, where many levers are named.
    """
    names = display_names(instance) if names is None else names
    section, *rest = path.partition("@")[0].split(".")
    records = getattr(instance, section, None)
    if section == "network" and rest:
        section, *rest = rest
        records = getattr(instance.network, section, None)
    if not rest:
        return _words(section)
    who, after = _record(records, rest, names)
    if who is None:
        return f"{_words(section)}, {_told(names, after)}"
    return f"{who}, {_told(names, after)}" if after else f"{_words(section)}, {who}"


def lever_phrase(name: str) -> str:
    """Return the name of a lever as it stands in a sentence: ``interposer yield of Bridgeworks``."""
    who, comma, field = name.partition(", ")
    if not comma or ", " in field:
        return name
    return f"{field} of {'the ' if who[:1].islower() else ''}{who}"


def _told(names: Mapping[str, str], parts: list[str]) -> str:
    """Return fields in words, with a comma before and after each record that they refer to."""
    words, named = "", True
    for part in parts:
        name = names.get(part)
        between = "" if not words else ", " if name or named else " "
        words, named = words + between + (name or _words(part)), name is not None
    return words


def _record(records: object, parts: list[str], names: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """Return the name of the record that a path enters, and what of the path comes after its id."""
    if not isinstance(records, Mapping):
        return None, parts
    ids = {key_text(key): record for key, record in records.items()}
    for size in range(len(parts), 0, -1):  # an id may have dots
        id = ".".join(parts[:size])
        if id in ids:
            return getattr(ids[id], "name", "") or names.get(id) or id, parts[size:]
    return None, parts


def _words(field: str) -> str:
    return " ".join(WORDS.get(word, word) for word in field.split("_"))

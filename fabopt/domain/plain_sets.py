"""Sets of the plain `network:` section: records that are written once and stand for every member.

A record, an entry of a mapping or a term of a sum with ``for`` is written out for every combination of members::

    sets:
      plants: {seattle: {capacity: 350}, san-diego: {capacity: 600}}
      markets: [new-york, chicago]
    values:
      miles: {seattle: {new-york: 2.5, chicago: 1.7}, san-diego: {new-york: 2.5, chicago: 1.8}}
    activities:
      ship-{p}-{m}:
        for: {p: plants, m: markets}
        where: {"miles[p,m]": {at_most: 2}}
        inputs: {"{p}": 1}
        outputs: {"{m}": 1}
        cost: "{miles[p,m]}"

A reference in braces is the member (``{p}``), what the set says of it (``{p.capacity}``) or an entry of `values`
(``{miles[p,m]}``). Alone it stands for what is written there, whatever that is; inside a text for its letters. The
conditions of ``where`` are a closed language: nothing is ever evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from fabopt.domain.base import FieldProblem, Path
from fabopt.domain.plain_loops import Writer

SECTIONS = ("materials", "resources", "activities", "units", "demands", "budgets", "groups", "whole_groups")
"""Sections whose records may have ``for``."""

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Spelled:
    """A section with its loops written out.

    Attributes
    ----------
    raw
        The section, without ``for``.
    made
        By path of what a loop or a reference has made: the path where it is written.
    """

    raw: dict[str, Any]
    made: Mapping[Path, Path] = field(default_factory=dict)

    def placed(self, error: ValidationError) -> ValidationError:
        """Return an error of the section, with each fault at the path where it is written."""
        lines: list[InitErrorDetails] = []
        for detail in error.errors(include_url=False):
            context, at = dict(detail.get("ctx", {})), detail["loc"]
            cause = context.get("error")
            if isinstance(cause, FieldProblem) and not at:
                context["error"] = FieldProblem(replace(f, path=written(self.made, f.path)) for f in cause.faults)
            lines.append(
                {"type": detail["type"], "loc": written(self.made, at), "input": detail["input"], "ctx": context}
            )
        return ValidationError.from_exception_data(error.title, lines)


def written(made: Mapping[Path, Path], path: Path) -> Path:
    """Return where what stands at a path is written, from where all that was made is."""
    for size in range(len(path), 0, -1):
        if path[:size] in made:
            return (*made[path[:size]], *path[size:])
    return path


def written_path(instance: object, path: Path) -> Path:
    """Return where what stands at a path of an instance is written; a loop of its plain network may have made it."""
    network = getattr(instance, "network", None)
    if network is None or path[:1] != ("network",):
        return path
    return ("network", *network.written(path[1:]))


def has_loops(raw: object) -> bool:
    """Whether anything in a section is written with sets."""
    if isinstance(raw, Mapping):
        return "for" in raw or any(has_loops(value) for value in raw.values())
    return isinstance(raw, list) and any(has_loops(value) for value in raw)


def spelled(raw: Mapping[str, Any]) -> Spelled:
    """Write out the loops of a plain network.

    Parameters
    ----------
    raw
        The section as it was written.

    Raises
    ------
    FieldProblem
        With every fault of sets, loops, conditions and references, at its path in the section.
    """
    writer = Writer(raw)
    result = {
        name: writer.node(content, {}, (name,), (name,)) if name in SECTIONS else content
        for name, content in raw.items()
    }
    if writer.faults:
        raise FieldProblem(dict.fromkeys(writer.faults))
    return Spelled(result, writer.made)


def with_record(raw: Mapping[str, Any], section: str, key: str) -> Mapping[str, Any]:
    """Return a section in which a record that a loop makes, or that has loops inside, is written out.

    It takes the place of what loops make of it. Nothing changes where there is no loop or no such record.
    """
    here = raw.get(section)
    if section not in SECTIONS or not isinstance(here, Mapping) or not has_loops(here):
        return raw
    try:
        record = spelled(raw).raw[section].get(key, _NOTHING)
    except FieldProblem:
        return raw
    return raw if record is _NOTHING else {**raw, section: {**here, key: record}}

"""Writing the raw tree of an instance as a folder: ``instance.yaml``, and ``sources.csv`` where it has sources."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from fabopt.domain.text import printable
from fabopt.io.problems import InstanceError, Problem
from fabopt.io.swap import write_folder as write_files
from fabopt.io.tree import INSTANCE_FILE
from fabopt.io.yaml import resolve_scalar

SOURCES = "sources"


class _Dumper(yaml.SafeDumper):
    """Writes plain data so that it reads back the same under the rules of YAML 1.2."""

    def ignore_aliases(self, data: object) -> bool:
        """Write what stands twice twice, with no anchor."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    plain = isinstance(resolve_scalar(text), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def check_new(path: Path) -> None:
    """Refuse a folder that holds anything.

    Raises
    ------
    InstanceError
        When there is something at the path that is no empty folder.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        message = "is there already and is no empty folder; fabopt does not write over it"
        raise InstanceError([Problem("", None, "", f"{path} {message}")])


def write_folder(raw: Mapping[str, Any], path: Path, head: Sequence[str] = ()) -> None:
    """Write an instance's folder, whole or not at all.

    Parameters
    ----------
    raw
        Its sections as plain data.
    path
        The folder to make; it must not hold anything yet.
    head
        Lines that stand above all, as comments.

    Raises
    ------
    InstanceError
        When the folder holds something, or cannot be written.
    """
    check_new(path)
    sections = dict(raw)
    table = _as_table(sections.get(SOURCES))
    if table is not None:
        del sections[SOURCES]
        sections = {"tables": {SOURCES: f"{SOURCES}.csv"}, **sections}
    comments = "".join(f"# {printable(line)}".rstrip() + "\n" for line in head)
    files = {INSTANCE_FILE: (comments + yaml_text(sections)).encode()}
    if table is not None:
        files[f"{SOURCES}.csv"] = table.encode()
    try:
        write_files(path, INSTANCE_FILE, files)
    except OSError as error:
        raise InstanceError([Problem("", None, "", f"{path} cannot be made: {error.strerror or error}")]) from error


def yaml_text(sections: Mapping[str, Any]) -> str:
    """Return sections as YAML, a blank line between them; what holds only words and numbers stands on one line."""
    parts = (
        yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
        if not isinstance(value, Mapping | list)
        else yaml.dump(
            {key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
        )
        for key, value in sections.items()
    )
    return "\n".join(parts)


def _as_table(section: object) -> str | None:
    """Return a section as a CSV table; None when a cell would not read back as the text that it is."""
    if not isinstance(section, Mapping) or not section:
        return None
    names = list(dict.fromkeys(name for entry in section.values() for name in entry))
    rows = [[key, *(str(entry.get(name, "")) for name in names)] for key, entry in section.items()]
    if not all(_stays_text(cell) for row in rows for cell in row):
        return None
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows([["id", *names], *rows])
    return stream.getvalue()


def _stays_text(cell: str) -> bool:
    """Whether a cell of a CSV table reads back as it is, and is no formula to a spreadsheet that opens the file."""
    plain = cell == cell.strip() and cell[:1] not in ("[", "{", "=", "+", "-", "@") and "\r" not in cell
    return plain and (not cell or isinstance(resolve_scalar(cell), str) or cell.isdecimal())

"""The raw tree of an instance: plain data, where each part was written, and which files it came from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fabopt.domain.base import Path as FieldPath
from fabopt.io.files import inside, read_text
from fabopt.io.like import written_out
from fabopt.io.problems import InstanceError, Layer, Place, Positions, Problem, brief, nearest
from fabopt.io.seal import SavedError, read_json
from fabopt.io.swap import standing
from fabopt.io.tables import Tables, resolve_series
from fabopt.io.yaml import Parsed, parse_yaml

INSTANCE_FILE = "instance.yaml"
RESULT_FILE = "instance.json"
RESULT_RECORD = "manifest.json"
STATES_RECORD = "states.json"
"""Record of a folder that holds a plan under several states: a result folder for each."""
_MOST_INCLUDES = 200


@dataclass(frozen=True, slots=True)
class Tree:
    """An instance before validation; functions return changed copies and never change one.

    Attributes
    ----------
    root
        The instance's folder.
    raw
        The sections as plain data, without `include`, `tables` and `scenarios`.
    positions
        Where each part was written.
    files
        SHA-256 of every file that was read, by name relative to `root`.
    scenarios
        The section `scenarios` as plain data; scenario files join when they are asked for.
    applied
        Scenarios and lever settings that were applied, in order.
    """

    root: Path
    raw: dict[str, Any]
    positions: Positions
    files: Mapping[str, str]
    scenarios: Mapping[str, Any]
    applied: tuple[str, ...] = ()

    def changed(self, raw: dict[str, Any], layer: Layer, what: tuple[str, ...] = ()) -> Tree:
        """Return the tree with other data, the layer that says where it was written, and what was applied."""
        return replace(self, raw=raw, positions=self.positions.under(layer), applied=(*self.applied, *what))


def read_tree(path: Path | str, problems: list[Problem] | None = None) -> Tree:
    """Read an instance's folder, or one instance file, without applying scenarios.

    Parameters
    ----------
    path
        A folder with ``instance.yaml`` (or ``instance.json``, as a result holds it), or such a file.
    problems
        Where problems of parts of the files go, so that the rest is read all the same; when left out they are raised.

    Raises
    ------
    InstanceError
        With every problem found in the files.
    """
    main = _main_file(Path(path))
    reader = _FolderReader(main.parent)
    top = reader.document(main, main.name)
    raw, places = reader.joined(top, main.name)
    scenarios = raw.pop("scenarios", None) or {}
    if not isinstance(scenarios, dict):
        reader.problems.append(Problem.at(_positions(places), ("scenarios",), "scenarios is no mapping"))
        scenarios = {}
    tables = Tables(main.parent)
    resolved, extra, faults = resolve_series(raw, (), _positions(places), tables)
    positions = _positions(places | extra)
    resolved, unlike = written_out(resolved, positions)
    tree = [*reader.problems, *faults, *unlike]
    if tree and problems is None:
        raise InstanceError(tree)
    if problems is not None:
        problems += tree
    files = reader.files | tables.files
    return Tree(main.parent, resolved, positions, files, scenarios)


def tree_of_json(text: str) -> Tree:
    """Return an instance that a result holds, from its JSON.

    Raises
    ------
    fabopt.io.seal.SavedError
        When it is no JSON, or no mapping.
    """
    raw = read_json(text, RESULT_FILE)
    if not isinstance(raw, dict):
        raise SavedError(f"{RESULT_FILE} holds no instance.")
    return Tree(Path(), raw, Positions(), {}, {})


def read_scenario_file(tree: Tree, name: str) -> tuple[Parsed, Tree] | None:
    """Read ``scenarios/<name>.yaml``; None when there is none. The tree returned knows the file's SHA-256."""
    shown = f"scenarios/{name}.yaml"
    if not (tree.root / shown).exists():
        return None
    path = inside(tree.root, shown, Problem(shown, None, "", ""))
    text, digest = read_text(path, shown)
    return parse_yaml(text, shown), replace(tree, files={**tree.files, shown: digest})


def scenario_names(tree: Tree) -> tuple[str, ...]:
    """Names of all scenarios of an instance, those in files of the folder ``scenarios`` included."""
    folder = tree.root / "scenarios"
    files = [path.stem for path in sorted(folder.glob("*.yaml"))] if folder.is_dir() else []
    return tuple(dict.fromkeys([*tree.scenarios, *files]))


def _positions(places: Mapping[FieldPath, Place]) -> Positions:
    return Positions((Layer(places),))


def _main_file(path: Path) -> Path:
    if path.is_file():
        if path.suffix not in (".yaml", ".yml", ".json"):
            hint = f"read a workbook in first: fabopt import {path} --out DIR" if path.suffix == ".xlsx" else ""
            message = "an instance is a folder, or a YAML or JSON file"
            raise InstanceError([Problem(str(path), None, "", message, hint=hint)])
        return path
    if not path.is_dir():
        left = standing(path, RESULT_RECORD)
        if left != path:  # the folder of a result that a run was stopped over
            return left / RESULT_FILE
        hint = ""
        if path.parent.is_dir():
            hint = nearest(path.name, (entry.name for entry in path.parent.iterdir() if entry.is_dir()))
        raise InstanceError([Problem(str(path), None, "", "there is no such instance", hint=hint)])
    for name in (INSTANCE_FILE, RESULT_FILE):
        if (path / name).is_file():
            return path / name
    if (path / STATES_RECORD).is_file():
        raise InstanceError([Problem(str(path), None, "", under_states(path))])
    raise InstanceError([Problem(str(path), None, "", f"the folder holds no {INSTANCE_FILE}")])


def under_states(path: Path) -> str:
    """Return what to do with a folder that holds a plan under several states, where one plan is meant."""
    named = ", ".join(sorted(str(record.parent) for record in path.glob(f"*/{RESULT_RECORD}")))
    return f"it holds a plan under several states, and this is asked of one plan; name that of a state: {named}"


class _FolderReader:
    """Reads the files of a folder into one tree; gathers problems."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = {}
        self.problems: list[Problem] = []

    def document(self, path: Path, shown: str) -> Parsed:
        """Read one YAML or JSON file whose top is a mapping."""
        text, digest = read_text(path, shown)
        self.files[shown] = digest
        parsed = parse_json(text, shown) if path.suffix == ".json" else parse_yaml(text, shown)
        if parsed.value is None:
            return Parsed({}, parsed.places)
        if not isinstance(parsed.value, dict):
            raise InstanceError([Problem(shown, 1, "", "an instance file is a mapping of sections")])
        return parsed

    def joined(self, top: Parsed, main: str) -> tuple[dict[str, Any], dict[FieldPath, Place]]:
        """Join the main file with its includes and tables."""
        raw: dict[str, Any] = dict(top.value)
        places = dict(top.places)
        positions = _positions(top.places)
        included = self._names(raw.pop("include", None), ("include",), positions)
        tables = raw.pop("tables", None) or {}
        seen = {main}
        for path, name in included:
            asked = Problem.at(positions, path, "")
            try:
                file = inside(self.root, name, asked)
                if str(name) in seen:
                    self.problems.append(replace(asked, message=f"{brief(name)} is included twice"))
                    continue
                seen.add(str(name))
                part = self.document(file, str(name))
            except InstanceError as error:
                self.problems += error.problems
                continue
            for key in ("include", "tables"):
                if key in part.value:
                    where = Problem.at(_positions(part.places), (key,), f"'{key}' stands in {main} only")
                    self.problems.append(where)
            self._merge(raw, places, part, 1)
        self._join_tables(tables, raw, places, positions)
        return raw, places

    def _names(self, raw: object, path: FieldPath, positions: Positions) -> list[tuple[FieldPath, object]]:
        if raw is None:
            return []
        names = raw if isinstance(raw, list) else [raw]
        if len(names) > _MOST_INCLUDES:
            self.problems.append(Problem.at(positions, path, f"more than {_MOST_INCLUDES} files"))
            return []
        return [((*path, index) if isinstance(raw, list) else path, name) for index, name in enumerate(names)]

    def _merge(self, raw: dict[str, Any], places: dict[FieldPath, Place], part: Parsed, depth: int) -> None:
        """Add the sections of another file, joined down to a depth; what is there already must not be given again."""
        raw.update(self._joined(raw, part.value, (), depth, places, part))
        for path, place in part.places.items():
            places.setdefault(path, place)

    def _joined(
        self, here: Any, more: Any, at: FieldPath, depth: int, places: Mapping[FieldPath, Place], part: Parsed
    ) -> Any:
        """Return two parts of files in one; below the depth each is whole."""
        if here is None and len(at) <= depth:
            return more
        if len(at) > depth or not (isinstance(here, dict) and isinstance(more, dict)):
            self._twice(at, places, part)
            return here
        below = max(depth, 2) if at == ("network",) else depth  # a section of sections
        joined = {
            key: self._joined(here[key], value, (*at, key), below, places, part) if key in here else value
            for key, value in more.items()
        }
        return {**here, **joined}

    def _twice(self, path: FieldPath, places: Mapping[FieldPath, Place], part: Parsed) -> None:
        first = places.get(path)
        hint = f"first in {first}" if first else ""
        message = f"{brief(path[-1])} is given twice"
        self.problems.append(Problem.at(_positions(part.places), path, message, hint=hint))

    def _join_tables(
        self, tables: object, raw: dict[str, Any], places: dict[FieldPath, Place], positions: Positions
    ) -> None:
        if not isinstance(tables, dict):
            self.problems.append(Problem.at(positions, ("tables",), "tables maps sections to CSV files"))
            return
        reader = Tables(self.root)
        for section, given in tables.items():
            depth = len(section.split("."))
            for path, name in self._names(given, ("tables", section), positions):
                below = depth
                try:
                    if isinstance(name, dict):
                        below += 1  # some fields of an entry may stand elsewhere
                        part = reader.foreign(name, section, path, positions, ids_by_name(raw, section))
                    else:
                        part = reader.entries(name, section, Problem.at(positions, path, ""))
                except InstanceError as error:
                    self.problems += error.problems
                    continue
                self._merge(raw, places, part, below)
        self.files |= reader.files


def ids_by_name(raw: Mapping[str, Any], section: str) -> dict[str, str]:
    """Return the ids of the entries of a section by display name; names that stand for several are left out."""
    entries: Any = raw
    for part in section.split("."):
        entries = entries.get(part) if isinstance(entries, dict) else None
    named = [
        (entry["name"], key)
        for key, entry in (entries.items() if isinstance(entries, dict) else ())
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    ]
    times = Counter(name for name, _ in named)
    return {name: key for name, key in named if times[name] == 1}


def parse_json(text: str, shown: str) -> Parsed:
    """Read a JSON document; duplicate keys and numbers that JSON does not have are refused.

    Raises
    ------
    InstanceError
        When the text is not such a document.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = dict(pairs)
        if len(unique) != len(pairs):
            raise ValueError("a key stands twice in a mapping")
        return unique

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number of JSON")

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise InstanceError([Problem(shown, line, "", f"this is not JSON: {error}")]) from error
    return Parsed(value, {(): Place(shown)})

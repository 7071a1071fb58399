"""YAML as plain data with the place of every scalar and key, under the rules of YAML 1.2's core schema.

``NO`` is text, ``1e3`` a number, ``012`` twelve, a date text; a key is always text. Refused are duplicate keys, tags,
merge keys, several documents in a file, and files that would exhaust the machine: more than 20 MB, nested deeper than
100, or with aliases that expand to more than two million nodes. The parser's events are read with a stack of our own,
since the library's composer recurses in C and falls over on deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import Reader

from fabopt.domain.base import Path
from fabopt.io.problems import InstanceError, Place, Problem, brief

MOST_NODES = 2_000_000
"""Most scalars, lists and mappings in a file, aliases expanded."""
MOST_DEPTH = 100
"""Deepest nesting."""

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMERIC = frozenset("+-.0123456789")  # what a number begins with
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,9})?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(slots=True)
class _Node:
    """A scalar (`value`), a list (`items` of nodes) or a mapping (`items` of pairs of key node and node).

    `size` counts its entries with aliases expanded.
    """

    kind: str
    line: int
    value: object = None
    text: str = ""
    items: list[_Node] = field(default_factory=list)
    complete: bool = True
    size: int = 1


@dataclass(frozen=True, slots=True)
class Parsed:
    """Plain data (dict, list, str, int, float, bool, None) and the place of each path in it."""

    value: Any
    places: dict[Path, Place]


def resolve_scalar(text: str) -> str | int | float | bool | None:
    """Read an unquoted scalar under YAML 1.2's core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in _NUMERIC:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEX.fullmatch(text):
        return int(text[2:], 16)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def parse_yaml(text: str, file: str, first_line: int = 1) -> Parsed:
    """Read a YAML document.

    Parameters
    ----------
    text
        The document.
    file
        Its name, for places and problems.
    first_line
        The line of `file` on which the text begins.

    Raises
    ------
    InstanceError
        With one problem, placed, when the text is not YAML or is refused.
    """
    reader = _Reader(file, first_line)
    try:
        node = reader.read(text)
    except yaml.YAMLError as error:
        raise reader.error(_line(error, text), f"this is not YAML: {_reason(error)}") from error
    if node is None:
        return Parsed(None, {(): Place(file, first_line)})
    places: dict[Path, Place] = {}
    value = reader.build(node, (), places)
    return Parsed(value, places)


class _Reader:
    def __init__(self, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.nodes = 0

    def error(self, line: int | None, message: str, hint: str = "") -> InstanceError:
        """Return the error about a line."""
        place = None if line is None else line + self.first_line
        return InstanceError([Problem(self.file, place, "", message, hint=hint)])

    def count(self, line: int) -> None:
        """Count an entry, and refuse more than a file may hold."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.error(line, f"more than {MOST_NODES} entries, aliases expanded")

    def read(self, text: str) -> _Node | None:
        """Read the events of one document into nodes."""
        root: _Node | None = None
        stack: list[_Node] = []
        anchors: dict[str, _Node] = {}
        for event in self.events(text):
            line = 0 if event.start_mark is None else event.start_mark.line
            if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                self.close(stack.pop())
                continue
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise self.error(line, "a second document begins here; an instance file holds one")
            if not isinstance(event, yaml.NodeEvent):
                continue
            node = self.node(event, line, anchors)
            if stack:
                stack[-1].items.append(node)
            else:
                root = node
            if not node.complete and not isinstance(event, yaml.AliasEvent):
                stack.append(node)
                if len(stack) > MOST_DEPTH:
                    raise self.error(line, f"nested deeper than {MOST_DEPTH}")
        return root

    def close(self, node: _Node) -> None:
        """Complete a list or mapping, unless its aliases stand for more than can be built."""
        node.complete = True
        node.size += sum(item.size for item in node.items)
        if node.size > MOST_NODES:
            raise self.error(node.line, f"more than {MOST_NODES} entries, aliases expanded")

    def events(self, text: str) -> Iterator[yaml.Event]:
        """Yield the parser's events; those of an empty document are none."""
        yield from yaml.parse(text, Loader=_LOADER)

    def node(self, event: yaml.NodeEvent, line: int, anchors: dict[str, _Node]) -> _Node:
        """Return the node that an event begins; `anchors` has those that may be meant by an alias."""
        if isinstance(event, yaml.AliasEvent):
            known = anchors.get(event.anchor or "")
            if known is None or not known.complete:
                raise self.error(line, f"alias {brief(event.anchor)} stands for nothing before it")
            return known
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self.error(line, f"tag {brief(tag)} is refused", "write plain values; quote what is text")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            node = _Node("scalar", line, resolve_scalar(event.value) if plain else event.value, event.value)
            if plain and event.value == "<<":
                node.kind = "merge"
        else:
            kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
            node = _Node(kind, line, complete=False)
        self.count(line)
        if event.anchor is not None:
            anchors[event.anchor] = node
        return node

    def build(self, node: _Node, path: Path, places: dict[Path, Place]) -> object:
        """Build plain data; an alias is built anew wherever it stands."""
        self.count(node.line)
        places.setdefault(path, Place(self.file, node.line + self.first_line))
        if len(path) > MOST_DEPTH:
            raise self.error(node.line, f"nested deeper than {MOST_DEPTH}")
        if node.kind == "list":
            return [self.build(item, (*path, index), places) for index, item in enumerate(node.items)]
        if node.kind != "mapping":
            return node.value
        built: dict[str, object] = {}
        for key, item in zip(node.items[::2], node.items[1::2], strict=True):
            name = self.key(key)
            if name in built:
                first = places[(*path, name)]
                raise self.error(key.line, f"key {brief(name)} stands twice", f"first in line {first.line}")
            places[(*path, name)] = Place(self.file, key.line + self.first_line)
            built[name] = self.build(item, (*path, name), places)
        return built

    def key(self, node: _Node) -> str:
        """Return the text of a key."""
        if node.kind == "merge":
            raise self.error(node.line, "merge key '<<' is refused", "write the entries out, or use a scenario")
        if node.kind != "scalar":
            raise self.error(node.line, "a key must be a text or a number, not a list or a mapping")
        if not node.text:
            raise self.error(node.line, "a key is empty")
        return node.text


def _line(error: yaml.YAMLError, text: str) -> int | None:
    """Line of an error, from 0; one about a character that YAML does not allow has no mark of its own."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line)
    lines = Reader.NON_PRINTABLE.search(text)
    return None if lines is None else text.count("\n", 0, lines.start())


def _reason(error: yaml.YAMLError) -> str:
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return str(reason).splitlines()[0]

"""Writing out the loops of the plain `network:` section (:mod:`fabopt.domain.plain_sets`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fabopt.domain.base import Fault, Path

MOST = 200_000
"""Most records, entries and terms that loops may write out."""

_NAME = r"[a-z0-9][a-z0-9_-]*"
_REFERENCE = re.compile(rf"\{{({_NAME})(?:\.({_NAME})|\[([^\]{{}}]*)\])?\}}")
_SUBJECT = re.compile(rf"({_NAME})(?:\.({_NAME})|\[([^\]{{}}]*)\])?")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_TESTS = ("not", "given", "at_least", "at_most")
_NOTHING = object()

Scope = Mapping[str, tuple[str, Mapping[str, Any]]]
"""By variable: the member that it stands for, and what its set says of it."""


class _MissingError(Exception):
    """A reference leads nowhere; the message says why."""


class Writer:
    """Writes out one section; gathers faults.

    Attributes
    ----------
    faults
        What is wrong with sets, loops, conditions and references, at its path in the section.
    made
        By path of what a loop or a reference has made: the path where it is written.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.made: dict[Path, Path] = {}
        self.count = 0
        self.sets = {
            name: members
            for name, given in _mapping(raw.get("sets")).items()
            if (members := self.members(given, ("sets", str(name)))) is not None
        }
        self.values = _mapping(raw.get("values"))
        for name in self.values.keys() & self.sets.keys():
            self.fault(("values", name), f"'{name}' is a set too", "give one of them another name")

    def fault(self, path: Path, message: str, hint: str = "") -> None:
        """Keep a fault at a path of what was written."""
        self.faults.append(Fault(path, message, hint))

    def members(self, given: Any, path: Path) -> dict[str, Mapping[str, Any]] | None:
        """Return the members of a set with what it says of each, or None after a fault."""
        if isinstance(given, Mapping):
            pairs = list(given.items())
        elif isinstance(given, list | tuple):
            pairs = [(entry, {}) for entry in given]
        else:
            self.fault(path, "a set is a list of ids, or a mapping from ids to what is said of them")
            return None
        members: dict[str, Mapping[str, Any]] = {}
        for place, (key, says) in enumerate(pairs):
            at = (*path, key if isinstance(given, Mapping) else place)
            member = str(key)
            if isinstance(key, bool) or not isinstance(key, str | int) or not _SLUG.fullmatch(member):
                self.fault(at, f"'{member[:60]}' is no id of a member", "write lower-case letters, digits and hyphens")
            elif member in members:
                self.fault(at, f"'{member}' stands twice in the set")
            elif says is not None and not isinstance(says, Mapping):
                self.fault(at, f"what a set says of '{member}' is a mapping", f"write {member}: {{size: 3}}, say")
            else:
                members[member] = says or {}
        return members

    def node(self, raw: Any, scope: Scope, here: Path, at: Path) -> Any:
        """Return a part with its loops written out; it is made at the path `here` and written at `at`."""
        if isinstance(raw, Mapping):
            return self.mapping(raw, scope, here, at)
        if isinstance(raw, list | tuple):
            return self.entries(raw, scope, here, at)
        return self.text(raw, scope, at) if scope and isinstance(raw, str) else raw

    def mapping(self, raw: Mapping[str, Any], scope: Scope, here: Path, at: Path) -> dict[str, Any]:
        """Return a mapping with its loops written out; an entry that stands by itself goes over what they make."""
        out: dict[str, Any] = {}
        by_loops = set[str]()
        alone = {key for key, value in raw.items() if not _loops(value)}
        for key, value in raw.items():
            looped = _loops(value)
            for inner, body in self.each(value, scope, (*at, key)):
                made = str(self.text(key, inner, (*at, key))) if inner else key
                if made in by_loops:
                    if looped:
                        hint = "put every variable of the loop into the id, as in 'ship-{p}-{c}'"
                        self.fault((*at, key), f"'{made}' is made twice", hint)
                    continue
                source = (*at, key)
                if looped:
                    by_loops.add(made)
                if not (looped and made in alone):
                    if made != key:
                        self.made[(*here, made)] = source
                    out[made] = self.node(body, inner, (*here, made), source)
                    continue
                out[made] = self.node(raw[made], scope, (*here, made), (*at, made))
                if isinstance(raw[made], Mapping):
                    rest = {name: value for name, value in body.items() if name not in raw[made]}
                    self.made |= {(*here, made, name): (*source, name) for name in rest}
                    out[made] = self.node(rest, inner, (*here, made), source) | out[made]
        return out

    def entries(self, raw: list[Any] | tuple[Any, ...], scope: Scope, here: Path, at: Path) -> list[Any]:
        """Return a list in which every entry with ``for`` is written out."""
        out: list[Any] = []
        for place, value in enumerate(raw):
            for inner, body in self.each(value, scope, (*at, place)):
                if len(out) != place or _loops(value):
                    self.made[(*here, len(out))] = (*at, place)
                out.append(self.node(body, inner, (*here, len(out)), (*at, place)))
        return out

    def each(self, raw: Any, scope: Scope, at: Path) -> Iterator[tuple[Scope, Any]]:
        """Yield the scopes over which an entry is written out, with what is written out in each."""
        if not _loops(raw):
            yield scope, raw
            return
        loop, conditions = raw["for"], raw.get("where", {})
        body = {key: value for key, value in raw.items() if key not in ("for", "where")}
        if not isinstance(loop, Mapping) or not loop:
            self.fault((*at, "for"), "a loop maps variables to sets", "write for: {p: plants}")
            return
        if not isinstance(conditions, Mapping):
            self.fault((*at, "where"), "conditions are a mapping", "write where: {p: {not: c}}")
            return
        mine = {key: test for key, test in conditions.items() if "of" not in raw or self.of_loop(key, scope, loop)}
        if len(mine) < len(conditions):  # what is left chooses records by their tags
            body["where"] = {key: test for key, test in conditions.items() if key not in mine}
        for inner in self.scopes(list(loop.items()), scope, (*at, "for")):
            self.count += 1
            if self.count == MOST:
                self.fault((*at, "for"), f"loops write out more than {MOST:,} entries", "leave some out with 'where'")
            if self.count >= MOST:
                return
            held = [self.holds(key, test, inner, (*at, "where", key)) for key, test in mine.items()]
            if all(held):
                yield inner, body

    def of_loop(self, key: object, scope: Scope, loop: Mapping[str, Any]) -> bool:
        """Whether a condition speaks of variables, and not of tags."""
        written = _SUBJECT.fullmatch(str(key))
        return written is not None and (written[1] in scope or written[1] in loop or written[3] is not None)

    def scopes(self, loop: list[tuple[str, Any]], scope: Scope, at: Path) -> Iterator[Scope]:
        """Yield every combination of members, the last variable fastest; a set may depend on variables before it."""
        if not loop:
            yield scope
            return
        (variable, given), *rest = loop
        for member, says in self.chosen(str(variable), given, scope, (*at, variable)).items():
            yield from self.scopes(rest, {**scope, str(variable): (member, says)}, at)

    def chosen(self, variable: str, given: Any, scope: Scope, at: Path) -> Mapping[str, Mapping[str, Any]]:
        """Return the members that a variable runs over; none after a fault."""
        if not re.fullmatch(_NAME, variable):
            self.fault(at, f"'{variable[:60]}' is no name of a variable", "write a word such as p")
            return {}
        given = self.text(given, scope, at) if isinstance(given, str) else given
        if isinstance(given, str):
            if given not in self.sets:
                self.fault(at, f"there is no set '{given[:60]}'", _known(self.sets, "the sets are"))
                return {}
            members: Mapping[str, Mapping[str, Any]] = self.sets[given]
        else:
            members = self.members(given, at) or {}
        if variable in members:
            self.fault(
                at, f"'{variable}' is a member too, so a condition could mean either", "call the variable p, say"
            )
            return {}
        return members

    def text(self, raw: Any, scope: Scope, at: Path) -> Any:
        """Return a text with its references filled in; one that is nothing but a reference is what it refers to."""
        if not isinstance(raw, str):
            return raw
        try:
            alone = _REFERENCE.fullmatch(raw)
            if alone:
                return self.referred(alone, scope)
            return _REFERENCE.sub(lambda found: _letters(self.referred(found, scope), found[0]), raw)
        except _MissingError as missing:
            self.fault(at, str(missing))
            return 0

    def referred(self, names: re.Match[str], scope: Scope) -> Any:
        """Return what a reference refers to."""
        name, attribute, index = names.groups()
        if index is not None:
            return self.entry(name, [part.strip() for part in index.split(",")], scope)
        if name not in scope:
            raise _MissingError(f"'{name}' is no variable of this loop{_dash(_known(scope, 'there are'))}")
        member, says = scope[name]
        if attribute is None:
            return member
        if attribute not in says:
            raise _MissingError(f"the set of '{name}' says no '{attribute}' of '{member}'")
        return says[attribute]

    def entry(self, table: str, index: list[str], scope: Scope) -> Any:
        """Return an entry of a table of `values`."""
        if table not in self.values:
            raise _MissingError(f"there are no values '{table}'{_dash(_known(self.values, 'there are'))}")
        at = [scope[part][0] if part in scope else part for part in index]
        node: Any = self.values[table]
        for part in at:
            node = _below(node, part)
            if node is _NOTHING:
                raise _MissingError(f"values '{table}' have nothing for {', '.join(at)}")
        return node

    def holds(self, key: object, test: Any, scope: Scope, at: Path) -> bool:
        """Whether a condition holds; what is not given meets none but ``given: false``."""
        subject = _SUBJECT.fullmatch(str(key))
        if subject is None or (subject[3] is None and subject[1] not in scope) or (
            subject[3] is not None and subject[1] not in self.values
        ):  # fmt: skip
            known = _known([*scope, *self.values], "a condition is on one of")
            self.fault(at, f"'{str(key)[:60]}' is neither a variable of this loop nor an entry of values", known)
            return False
        try:
            holds = self.referred(subject, scope)
        except _MissingError:
            holds = _NOTHING
        tests = test if isinstance(test, Mapping) else {"is": test}
        if not tests or any(name not in _TESTS for name in tests if isinstance(test, Mapping)):
            self.fault(at, "this is no condition", "write a value, a list of them, or " + ", ".join(_TESTS))
            return False
        met = [self.meets(holds, str(name), wanted, scope, (*at, name)) for name, wanted in tests.items()]
        return all(met)

    def meets(self, met: Any, name: str, wanted: Any, scope: Scope, at: Path) -> bool:
        """Whether what was found meets one test."""
        if name == "given":
            if not isinstance(wanted, bool):
                self.fault(at, "'given' is true or false")
            return (met is not _NOTHING) is bool(wanted)
        if met is _NOTHING:
            return False
        if name in ("at_least", "at_most"):
            number, bound = _number(met), _number(self.meant(wanted, scope))
            if number is None or bound is None:
                self.fault(at, "only numbers are compared", f"{str(met)[:40]!r} and {str(wanted)[:40]!r} stand here")
                return False
            return number >= bound if name == "at_least" else number <= bound
        words = wanted if isinstance(wanted, list | tuple) else [wanted]
        given = [meant for meant in (self.meant(word, scope) for word in words) if meant is not _NOTHING]
        same = any(_plain(met) == _plain(meant) for meant in given)
        return bool(given) and same is not (name == "not")

    def meant(self, word: Any, scope: Scope) -> Any:
        """Return what a word of a condition means: a variable is its member, ``p.region`` what the set says of it."""
        meant = _SUBJECT.fullmatch(word) if isinstance(word, str) else None
        if meant is None or meant[1] not in scope or meant[3] is not None:
            return word
        member, says = scope[meant[1]]
        return member if meant[2] is None else says.get(meant[2], _NOTHING)


def _loops(raw: Any) -> bool:
    return isinstance(raw, Mapping) and "for" in raw


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _below(node: Any, part: str) -> Any:
    if isinstance(node, Mapping):
        if part in node:
            return node[part]
        return next((value for key, value in node.items() if str(key) == part), _NOTHING)
    return _NOTHING


def _letters(match: Any, reference: str) -> str:
    if isinstance(match, str | int | float) and not isinstance(match, bool):
        return str(match)
    raise _MissingError(f"{reference} is no text that could stand inside another")


def _plain(value: Any) -> Any:
    number = _number(value)
    return str(value) if number is None else number


def _number(raw: Any) -> float | None:
    """Return the number of a quantity as it is written; None for what is none."""
    if isinstance(raw, Mapping):
        raw = raw.get("value")
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        return float(raw)
    except ValueError:
        return None


def _known(names: Any, head: str) -> str:
    shown = ", ".join(map(str, list(names)[:12]))
    return f"{head} {shown}" if shown else ""


def _dash(text: str) -> str:
    return f"; {text}" if text else ""

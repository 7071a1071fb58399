"""From a raw tree to a validated model, with every fault as a placed problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fabopt.domain.base import FieldProblem, Path, Record, meanings
from fabopt.domain.plain_sets import has_loops, written_path
from fabopt.domain.text import steering
from fabopt.io.levers import currency_rates, list_levers
from fabopt.io.problems import InstanceError, Positions, Problem, brief, nearest
from fabopt.io.shape import children, fields_of, kinds_at, locate
from fabopt.io.tree import Tree

Model = TypeVar("Model", bound=BaseModel)

_NOTHING = object()
_COMPARES = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}
_SAYS = {
    "int_type": "should be an integer",
    "int_parsing": "should be an integer",
    "int_from_float": "should be an integer",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "finite_number": "should be a finite number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "string_type": "should be text",
    "dict_type": "should be a mapping",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "model_type": "should be a mapping of fields",
    "model_attributes_type": "should be a mapping of fields",
}


def validate(tree: Tree, model: type[Model], like: tuple[Tree, Model] | None = None) -> Model:
    """Validate a raw tree against a schema.

    Currencies convert at the rates of the section ``currencies``. Where the schema has a section ``sources``, every
    source that a quantity names must stand in it. An instance must also keep the rules of `fabopt.domain.rules`.

    Parameters
    ----------
    tree, model
        The tree and its schema.
    like
        A valid tree that this one was made from, and its instance: what both share is not read again.

    Raises
    ------
    InstanceError
        With every problem found, each with file, line and field: of the form of fields, and of what holds between them
        as far as the parts whose form is right can tell.
    """
    context = {"currencies": currency_rates(tree.raw)}
    steered = list(_steering(tree.raw, (), tree.positions, None if like is None else like[0].raw))
    if steered:
        raise InstanceError(steered)
    try:
        instance = model.model_validate(tree.raw if like is None else _shared(tree, *like), context=context)
    except ValidationError as error:
        problems = problems_of(error, tree.raw, tree.positions, model)
        raise InstanceError([*problems, *_beyond(error, tree, model, context)]) from error
    known = None if like is None else like[1]
    problems = [*_unknown_sources(instance, tree, known), *_broken_rules(instance, tree.positions)]
    if problems:
        raise InstanceError(problems)
    return instance


def _steering(node: object, path: Path, positions: Positions, like: object) -> Iterator[Problem]:
    """Texts and keys with signs that would steer a terminal, or turn the letters of a page round, but for what another
    tree, in which there are none, has too in the same place of memory.
    """
    if node is like:
        return
    if isinstance(node, str):
        sign = steering(node)
        if sign:
            hint = "write it without control characters and signs of direction"
            yield Problem.at(positions, path, f"{brief(node)} holds the sign {sign}", hint=hint)
    elif isinstance(node, Mapping):
        known = like if isinstance(like, Mapping) else {}
        for key, entry in node.items():
            yield from _steering(key, (*path, str(key)), positions, None)
            yield from _steering(entry, (*path, str(key)), positions, known.get(key))
    elif isinstance(node, list | tuple):
        for index, entry in enumerate(node):
            yield from _steering(entry, (*path, index), positions, None)


def _shared(tree: Tree, other: Tree, instance: BaseModel) -> dict[str, Any]:
    """Return a raw tree with what another one has too, in the same place of memory, as it was validated there."""
    if tree.raw.get("currencies") is not other.raw.get("currencies"):
        return tree.raw
    shared: dict[str, Any] = {}
    for name, content in tree.raw.items():
        before, known = other.raw.get(name), getattr(instance, name, None)
        if content is before and known is not None:
            shared[name] = known
        elif name == "network" and has_loops(content):
            shared[name] = content  # what loops make depends on sets and values beside them
        elif isinstance(content, Mapping) and isinstance(before, Mapping) and isinstance(known, Mapping):
            same = {key: entry for key, entry in before.items() if key in known}
            shared[name] = {key: known[key] if entry is same.get(key) else entry for key, entry in content.items()}
        else:
            shared[name] = content
    return shared


_ROUNDS = 4
"""How often parts are taken out whose form is wrong, so that rules can be held against the rest."""


def _beyond(error: ValidationError, tree: Tree, model: type[BaseModel], context: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong beyond the form of fields, in an instance without the entries whose form is wrong.

    What speaks of anything that was taken out is left for the next time: it may be its loss that is told.
    """
    raw: dict[str, Any] = tree.raw
    gone, lost = set[str](), set[str]()
    for _ in range(_ROUNDS):
        for path in {_raw_path(detail, raw)[0][:2] for detail in error.errors(include_url=False)}:
            section = raw.get(str(path[0])) if path else None
            if isinstance(section, dict) and len(path) == 2 and path[1] in section:
                gone.add(str(path[1]))
                lost |= {str(path[1]), *_words(section[path[1]])}
                raw = {**raw, str(path[0]): {key: entry for key, entry in section.items() if key != path[1]}}
            elif path and path[0] in raw:
                gone |= set(map(str, section)) if isinstance(section, dict) else set()
                lost |= {str(path[0]), *_words(section)}
                raw = {key: entry for key, entry in raw.items() if key != path[0]}
        try:
            instance = model.model_validate(raw, context=dict(context))
        except ValidationError as again:
            error = again
            continue
        pruned = replace(tree, raw=raw)
        beyond = [*_unknown_sources(instance, pruned), *_broken_rules(instance, tree.positions)]
        return [problem for problem in beyond if not _speaks_of(problem, raw, gone, lost)]
    return []


def _speaks_of(problem: Problem, raw: Mapping[str, Any], gone: set[str], words: set[str]) -> bool:
    """Whether the entry that a problem stands in names any entry that is gone, or its message any word of them."""
    section, _, rest = problem.path.partition(".")
    key = rest.partition(".")[0]
    content = raw.get(section)
    entry = content.get(key) if isinstance(content, Mapping) else None
    named = {section, key, *_words(entry)}
    return not gone.isdisjoint(named) or any(f"'{word}'" in str(problem) for word in words)


def _words(node: object) -> Iterator[str]:
    """Yield every key and text in a part of a tree."""
    if isinstance(node, Mapping):
        for key, entry in node.items():
            yield str(key)
            yield from _words(entry)
    elif isinstance(node, list | tuple):
        for entry in node:
            yield from _words(entry)
    elif isinstance(node, str):
        yield node


def problems_of(
    error: ValidationError,
    raw: object,
    positions: Positions,
    model: type[BaseModel],
    prefix: Path = (),
) -> list[Problem]:
    """Turn pydantic's errors into problems.

    Parameters
    ----------
    error
        What validation raised.
    raw
        The data that was validated.
    positions
        Where its parts were written.
    model
        The schema.
    prefix
        Path under which `raw` stands in the tree that `positions` speaks of.
    """
    problems: dict[Problem, None] = {}
    details = [(detail, *_raw_path(detail, raw)) for detail in error.errors(include_url=False)]
    compared = {path for detail, path, _ in details if detail["type"] in _COMPARES}
    for detail, path, in_key in details:
        if detail["type"] == "literal_error" and path in compared:
            continue  # a number or a word: the number is what was meant
        if detail["type"] == "too_short" and any(path == other[: len(path)] != other for _, other, _ in details):
            continue  # it is short of the entries in which something is wrong
        for problem in _problems(detail, path, in_key, raw, positions, model, prefix):
            problems[problem] = None
    return list(problems)


def _raw_path(detail: ErrorDetails, raw: object) -> tuple[Path, bool]:
    """Return the path in the raw tree of an error, and whether the error is about the last key itself.

    Pydantic's location also names members of unions and steps of validators, which are skipped.
    """
    path: list[str | int] = []
    here: object = raw
    location = detail["loc"]
    for index, part in enumerate(location):
        if part == "[key]":
            return tuple(path), True
        below = _below(here, part)
        if below is not _NOTHING:
            here = below
        elif not (index == len(location) - 1 and detail["type"] == "missing"):
            continue
        path.append(part)
    return tuple(path), False


def _below(here: object, part: str | int) -> object:
    """What stands under a key or list position in raw data, or `_NOTHING`."""
    if isinstance(here, Mapping) and part in here:
        return here[part]
    if isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
        return here[part]
    return _NOTHING


def _problems(
    detail: ErrorDetails,
    path: Path,
    in_key: bool,
    raw: object,
    positions: Positions,
    model: type[BaseModel],
    prefix: Path,
) -> Iterator[Problem]:
    kind = detail["type"]
    full = (*prefix, *path)
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, FieldProblem):
        for fault in cause.faults:
            yield Problem.at(positions, (*full, *fault.path), fault.message, hint=fault.hint)
    elif kind == "extra_forbidden":
        moved = {key: how for kind in kinds_at(model, path[:-1]) if kind.record for key, how in _moved(kind.record)}
        hint = moved.get(str(path[-1])) or _field_hint(str(path[-1]), _fields_at(model, raw, path[:-1]))
        yield Problem.at(positions, full, "no such field", hint=hint)
    elif kind == "missing":
        yield Problem.at(positions, full, "this field is missing", expected=_expected(model, path))
    elif kind == "string_pattern_mismatch":
        hint = "write lower-case letters, digits and hyphens, beginning with a letter or digit"
        word = path[-1] if in_key else detail["input"]
        yield Problem.at(positions, full, f"{brief(word)} is no id", value=word, hint=hint)
    elif kind == "literal_error":
        choices = str(detail.get("ctx", {}).get("expected", ""))
        words = [word.strip(" '") for word in choices.replace(" or ", ", ").split(",")]
        message = f"{brief(detail['input'])} is none of {choices}"
        hint = nearest(str(detail["input"])[:60], words)
        yield Problem.at(positions, full, message, value=detail["input"], hint=hint)
    elif isinstance(cause, ValueError):
        yield Problem.at(positions, full, str(cause), value=detail["input"])
    elif kind in _COMPARES:
        word, bound = _COMPARES[kind]
        message = f"{brief(detail['input'])} must be {word} {detail.get('ctx', {}).get(bound)}"
        yield Problem.at(positions, full, message, value=detail["input"])
    else:
        says = _SAYS.get(kind) or detail["msg"].replace("Input should", "should").removeprefix("Value error, ")
        given = brief(path[-1] if in_key else detail["input"])
        message = f"{given} {says}" if says.startswith("should") else says
        yield Problem.at(positions, full, message, value=detail["input"])


def _field_hint(word: str, known: list[str]) -> str:
    near = nearest(word, known)
    if near or not known:
        return near
    return "the fields here are " + ", ".join(known[:20]) + (" ..." if len(known) > 20 else "")


def _fields_at(model: type[BaseModel], raw: object, path: Path) -> list[str]:
    return [name for kind in kinds_at(model, path) if kind.record for name in fields_of(kind.record)]


def _moved(record: type[BaseModel]) -> Iterable[tuple[str, str]]:
    return record.moved.items() if issubclass(record, Record) else ()


def _expected(model: type[BaseModel], path: Path) -> str:
    """Say what a missing field is: its description and, for a quantity, its unit."""
    for kind in kinds_at(model, path[:-1]):
        if kind.record is None or str(path[-1]) not in fields_of(kind.record):
            continue
        unit = next((child.quantity.unit for child in children(kind, path[-1]) if child.quantity), "")
        says = meanings(kind.record).get(str(path[-1]), "").split("\n")[0].rstrip(".")
        in_unit = f" ({unit})" if unit and unit != "1" else ""
        return f"expected: {says}{in_unit}" if says else ""
    return ""


def _unknown_sources(instance: BaseModel, tree: Tree, like: BaseModel | None = None) -> Iterator[Problem]:
    """Name sources that are not listed; what another instance with the same sources has too is not looked at again."""
    known = getattr(instance, "sources", None)
    if not isinstance(known, Mapping):
        return
    same = like is not None and known.keys() == getattr(like, "sources", {}).keys()
    for lever in list_levers(instance, like if same else None):
        for source in lever.quantity.source:
            if source not in known:
                path = written_path(instance, locate(type(instance), tree.raw, lever.path))
                message = f"{brief(source)} is no source of this instance"
                hint = nearest(source, known) or "list it in the section 'sources'"
                yield Problem.at(tree.positions, path, message, value=source, hint=hint)


def _broken_rules(instance: BaseModel, positions: Positions) -> Iterator[Problem]:
    # The schema of a whole chain is not needed to validate its parts.
    from fabopt.domain.instance import Instance
    from fabopt.domain.rules import problems
    from fabopt.io.uncertainty import Spoken

    if isinstance(instance, Instance):
        stated = bool(instance.distributions or instance.correlations)
        for fault in (*problems(instance), *(Spoken(instance).faults() if stated else ())):
            yield Problem.at(positions, fault.path, fault.message, hint=fault.hint)

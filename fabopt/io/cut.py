"""A smaller instance cut out of a larger one: what some labs, designers or chips need, and nothing else.

What a record says stays as it was written. Where it names what is not kept, the name goes; where nothing would be left
of a list or mapping that had something, the record goes, since an empty list of customers means everybody. Rules on the
chain (policies, contracts, limits, outcomes, scenarios ...) stay where they still hold of what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from fabopt.domain.base import Path as FieldPath
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import things
from fabopt.domain.names import party_names, readable
from fabopt.domain.needed import Kept, also_used_by, needed, purchases
from fabopt.domain.references import Reference, occurrences, references
from fabopt.errors import UserError
from fabopt.io.load import apply_scenario
from fabopt.io.problems import InstanceError, nearest
from fabopt.io.tree import Tree, read_scenario_file, scenario_names
from fabopt.io.validate import validate

_ROUNDS = 20
"""Most times that rules are dropped which do not hold of what is left; one that was dropped may have held another."""


_FIXED = frozenset({"about", "horizon", "solving", "currencies", "demand_curve"})
"""Sections that are no rules and stay as they are."""
_PARTIES = ("customer", "owner", "party", "supplier", "buyer")
"""Where a rule names somebody by what they are in it."""


class CutError(UserError):
    """What was asked for cannot be cut out of an instance."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A smaller instance.

    Attributes
    ----------
    tree, instance
        It, as plain data and validated.
    kept, dropped
        How many records of each section stay and go, where any do.
    rules
        Rules on the chain that went with what they were about, as `section.id`.
    scenarios
        Names of scenarios that went.
    shared
        What others drew on too, in a sentence each.
    """

    tree: Tree
    instance: Instance
    kept: Mapping[str, int]
    dropped: Mapping[str, int]
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    shared: tuple[str, ...]


def read_only(texts: Sequence[str], instance: Instance) -> dict[str, tuple[str, ...]]:
    """Return names by section from texts such as `lab=anthropic,designer=nvidia`; a kind may be given several times.

    Raises
    ------
    CutError
        When there is no such kind, or nothing of this name.
    """
    word = {kind.name: kind for kind in things()}
    known = {**word, **{kind.section: kind for kind in word.values()}}
    only: dict[str, tuple[str, ...]] = {}
    for text in (part.strip() for given in texts for part in given.split(",")):
        name, equals, key = (part.strip() for part in text.partition("="))
        kind = known.get(name.replace("-", "_"))
        if not equals or kind is None:
            there = ", ".join(kind.name for kind in word.values() if kind.records(instance))
            hint = nearest(name, known)
            raise CutError(
                f"{text!r} is not KIND=NAME, such as lab=anthropic{f'; {hint}' if hint else '.'} Kinds here: {there}."
            )
        records = kind.records(instance)
        called = {getattr(record, "name", ""): id_ for id_, record in records.items()}
        found = key if key in records else called.get(key, key)
        if found not in records:
            there = ", ".join(sorted(records)) or "none"
            hint = nearest(key, records)
            raise CutError(f"There is no {kind.one} {key!r}{f'; {hint}' if hint else '.'} There are: {there}.")
        only[kind.section] = (*only.get(kind.section, ()), found)
    if not only:
        raise CutError("Say what to keep: --only lab=NAME,designer=NAME.")
    return only


def cut(
    tree: Tree, instance: Instance, only: Mapping[str, Sequence[str]], check: Callable[[Tree, Instance], object]
) -> Cut:
    """Cut a smaller instance out of one.

    Parameters
    ----------
    tree, instance
        The larger one, as plain data and validated.
    only
        What is kept, by section; of other sections, what that needs.
    check
        Raises an `InstanceError` where an instance that is valid by itself cannot be lowered.

    Raises
    ------
    CutError
        When nothing is left to plan, or what is left does not hold together.
    """
    kept = needed(instance, only)
    if not kept["labs"] or not kept["chips"]:
        raise CutError(_nothing(instance, only))
    raw = deepcopy(tree.raw)
    for kind in things():
        if kind.section in raw:
            raw[kind.section] = {key: value for key, value in raw[kind.section].items() if key in kept[kind.section]}
    dropped_rules = _pruned(raw, instance, kept)
    _only_known(raw)
    tree = replace(tree, raw=raw)
    ids = {name for kind in things() for name in _records(instance, kind.section)}
    tree, small, more = _held(tree, ids, check)
    scenarios, tree = _scenarios(tree)
    sections = [kind.section for kind in things()]
    gone = {section: len(_records(instance, section)) - len(kept[section]) for section in sections}
    return Cut(
        tree=replace(tree, raw=_with_sources(tree.raw)),
        instance=small,
        kept={section: len(kept[section]) for section in sections if kept[section]},
        dropped={section: number for section, number in gone.items() if number},
        rules=tuple(dict.fromkeys([*dropped_rules, *more])),
        scenarios=scenarios,
        shared=tuple(_shared(instance, kept)),
    )


def _nothing(instance: Instance, only: Mapping[str, Sequence[str]]) -> str:
    """Say why no chip is left that a lab could buy."""
    by_lab: dict[str, set[str]] = {}
    for lab, chip in purchases(instance):
        by_lab.setdefault(lab, set()).add(instance.chips[chip].designer)
    labs = only.get("labs", tuple(by_lab))
    asked = ", ".join(name for names in only.values() for name in names)
    sold = "; ".join(f"{lab} may buy of {', '.join(sorted(by_lab.get(lab, ())) or ['nobody'])}" for lab in labs)
    return f"Nothing is left to plan with {asked}: no lab could buy a chip. {sold}."


def _pruned(raw: dict[str, Any], instance: Instance, kept: Kept) -> list[str]:
    """Take out of the plain data what names something that is not kept; return the rules that went with it."""
    gone = {section: {*_records(instance, section)} - names for section, names in kept.items()}
    gone["parts"] = {part for die in gone["dies"] for part in instance.dies[die].bins or (die,)}
    gone["compute_labs"] = gone["labs"]
    gone["parties"] = gone["labs"] | gone["designers"] | gone["markets"]
    customers = Reference("policies.*.customers.!", "parties", "party")
    rules: list[str] = []
    found = [
        (path, reference)
        for reference in (*references(), customers)
        for path, name in occurrences(instance, reference.pattern)
        if name in gone.get(reference.target, ())
    ]
    # From the end of each list, so that what is still to be taken out keeps its place.
    for path, reference in sorted(found, key=lambda one: [str(part).zfill(8) for part in one[0]], reverse=True):
        rules += _without(raw, path, reference)
    for key in kept["components"]:
        if instance.components[key].local:  # what serves only sites elsewhere
            here = {instance.sites[site].region for site in kept["sites"]}
            sources = instance.components[key].sources
            for source in [name for name, one in sources.items() if one.region not in here]:
                _taken_out(raw, ("components", key, "sources", source))
    tags = {kind.name: gone[kind.section] for kind in things()} | dict.fromkeys(_PARTIES, gone["parties"])
    for section in [name for name in raw if name not in gone and name not in _FIXED and isinstance(raw[name], dict)]:
        spoken = [key for key, record in raw[section].items() if _speaks_of(record, tags)]
        for key in spoken:
            del raw[section][key]
        rules += [f"{section}.{key}" for key in spoken]
    few = [key for key, one in raw.get("policies", {}).items() if len(one.get("customers", "ab")) < 2]
    for key in few:
        del raw["policies"][key]
    return rules + [f"policies.{key}" for key in few]


def _speaks_of(node: Any, tags: Mapping[str, Collection[str]]) -> bool:
    """Return whether a rule chooses by a tag what is gone; what is gone of a list of several is taken out of it."""
    if isinstance(node, list):
        return any(_speaks_of(part, tags) for part in node)
    if not isinstance(node, dict):
        return False
    for key, value in node.items():
        if key in tags and isinstance(value, str) and value in tags[key]:
            return True
        if key in tags and isinstance(value, list) and value:
            left = [name for name in value if not (isinstance(name, str) and name in tags[key])]
            if not left:
                return True
            node[key] = left
        elif _speaks_of(value, tags):
            return True
    return False


def _records(instance: Instance, section: str) -> Mapping[str, Any]:
    records: Mapping[str, Any] = getattr(instance, section)
    return records


def _without(raw: dict[str, Any], path: FieldPath, reference: Reference) -> Iterator[str]:
    """Take one name out of plain data; yield the rule that goes with it, where one does."""
    chain, last = _holders(raw, path), path[-1]
    if not chain:
        return  # it went before, or is written in a short form
    holder = chain[-1]
    a_name = not reference.pattern.endswith(("!", "[]"))
    rule = path[0] not in {kind.section for kind in things()}
    if (a_name and rule) or (len(holder) == 1 and (rule or path[0] == "components") and len(path) > 3):
        depth = 2 if rule else len(path) - 2  # the whole rule; of a component, the source that had this customer alone
        if path[0] == "components" and path[2] != "sources":
            del holder[last]
            return
        del chain[depth - 1][path[depth - 1]]
        if rule:
            yield ".".join(map(str, path[:2]))
        return
    del holder[last]


def _only_known(raw: dict[str, Any]) -> None:
    """Leave out lists of parties and regions, which would name what is gone: they are known by being used."""
    for section in ("parties", "regions"):
        if isinstance(raw.get(section), list):
            del raw[section]


def _held(
    tree: Tree, ids: Collection[str], check: Callable[[Tree, Instance], object]
) -> tuple[Tree, Instance, list[str]]:
    """Drop what does not hold of what is left until all does: rules, and what is said by the id of something gone."""
    sections = {kind.section for kind in things()}
    rules: list[str] = []
    for _ in range(_ROUNDS):
        try:
            small = validate(tree, Instance)
            check(tree, small)
            return tree, small, rules
        except InstanceError as error:
            raw, gone = deepcopy(tree.raw), False
            places = {tuple(problem.path.split(".")) for problem in error.problems}
            for place in sorted(places, reverse=True):  # of a list, the last first
                rule = place[0] not in sections
                if (rule and len(place) > 1 and place[0] not in _FIXED) or (place[-1] in ids and len(place) > 3):
                    short = place[:2] if rule else place
                    if _taken_out(raw, short):
                        gone = True
                        rules += [".".join(short)] if rule else []
            if not gone:
                raise CutError(f"What is left does not hold together:\n{error}") from error
            tree = replace(tree, raw=raw)
    raise CutError("What is left does not hold together: rules on the chain refer to each other in a circle.")


def _taken_out(raw: dict[str, Any], place: tuple[str, ...]) -> bool:
    """Take one entry out of plain data; return whether it was there."""
    chain = _holders(raw, place)
    if not chain:
        return False
    holder, last = chain[-1], place[-1]
    del holder[int(last) if isinstance(holder, list) else last]
    return True


def _holders(raw: dict[str, Any], path: FieldPath) -> list[Any]:
    """Return what holds each part of a path in plain data, from the outside; nothing where the path leads nowhere."""
    holders: list[Any] = []
    here: Any = raw
    for part in path:
        at = int(part) if isinstance(here, list) and str(part).isdecimal() else part
        if at not in (range(len(here)) if isinstance(here, list) else here if isinstance(here, dict) else ()):
            return []
        holders.append(here)
        here = here[at]
    return holders


def _scenarios(tree: Tree) -> tuple[tuple[str, ...], Tree]:
    """Keep the scenarios that still apply, those in files as sections; return the names of those that went."""
    kept: dict[str, Any] = {}
    gone: list[str] = []
    for name in scenario_names(tree):
        try:
            validate(apply_scenario(tree, name, Instance), Instance)
        except InstanceError:
            gone.append(name)
            continue
        file = read_scenario_file(tree, name)
        kept[name] = tree.scenarios[name] if file is None else file[0].value
    raw = {**tree.raw, "scenarios": kept} if kept else tree.raw
    return tuple(gone), replace(tree, raw=raw, scenarios=kept)


def _with_sources(raw: dict[str, Any]) -> dict[str, Any]:
    """Return plain data with the sources that something in it names."""
    named: set[str] = set()

    def visit(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            if key == "source":
                named.update([value] if isinstance(value, str) else value if isinstance(value, list) else ())
            visit(value)

    visit({section: value for section, value in raw.items() if section != "sources"})
    sources = {key: value for key, value in (raw.get("sources") or {}).items() if key in named}
    return {key: value for key, value in {**raw, "sources": sources}.items() if value not in ({}, [])}


def _shared(instance: Instance, kept: Kept) -> Iterator[str]:
    """Yield what is kept and others drew on: things of one kind with the same others in one sentence."""
    names = party_names(instance)
    together: dict[tuple[str, ...], list[str]] = {}
    for kind, key, others in also_used_by(instance, kept):
        name = getattr(kind.records(instance)[key], "name", "") or readable(key)
        together.setdefault((kind.one, kind.many, *others), []).append(name)
    for (one, many, *who_else), things_ in together.items():
        who = ", ".join(names[other] for other in who_else)
        yield f"{one if len(things_) == 1 else many} {', '.join(things_)}: also {who}"

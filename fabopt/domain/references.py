"""References between the sections of an instance: one table of what refers to what, and the check over it.

A pattern is the schema path of a reference with three wildcards: ``*`` is any id, ``[]`` any entry of a list,
and ``!`` at the end means that the *keys* of the mapping refer (``nodes.*.exposures.!``: scanner classes).
Without ``!`` the value at the path refers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fabopt.domain.base import Fault, Path
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS, splittable, things, tradable, unlockable
from fabopt.domain.parties import parties


@dataclass(frozen=True, slots=True)
class Reference:
    """One kind of reference.

    Attributes
    ----------
    pattern
        Where it stands (wildcards in the module's docstring).
    target
        Which group of names it must be in: a section, or a group that :func:`names` draws from them.
    what
        What such a name is called in a message.
    """

    pattern: str
    target: str
    what: str


RULES: tuple[tuple[str, str], ...] = (
    ("barred_flows.[].origin", "regions"),
    ("barred_flows.[].destination", "regions"),
    ("barred_flows.[].labs.[]", "labs"),
    ("barred_flows.[].chips.[]", "chips"),
    ("diversity.*.labs.[]", "compute_labs"),
    ("resilience.*.labs.[]", "compute_labs"),
    ("tastes.*.labs.[]", "compute_labs"),
    ("tastes.*.mix.!", "designers"),
    ("premiums.*.designer", "designers"),
    ("premiums.*.labs.[]", "compute_labs"),
    ("premiums.*.without.[]", "chips"),
    ("contracts.*.buyer", "parties"),
    ("states.*.parent", "states"),
    ("predictions.*.outcomes.!", "outcomes"),
    ("predictions.*.outcomes.*.[]", "outcomes"),
)
"""What rules on the chain refer to: pattern and group of names; what they name of kinds comes from these."""

SAYS: Mapping[str, str] = {
    "parts": "die or bin",
    "technologies": "technology of a packaging line",
    "parties": "party",
    "regions": "region",
    "compute_labs": "lab",
    "outcomes": "outcome",
    "states": "state",
}
"""What a name of a group is called that is no section of one kind."""


def references() -> Iterator[Reference]:
    """Yield every slug that refers to another section, except the sources of quantities, which stand everywhere."""
    word = {**{kind.section: kind.one for kind in KINDS.values()}, **SAYS}
    for kind in things():
        for path, target in kind.refers:
            yield Reference(f"{kind.section}.*.{path}", target, word[target])
    for pattern, target in RULES:
        yield Reference(pattern, target, word[target])
    for place, named in (("policies.*.splits", splittable()), ("contracts.*.goods", tradable())):
        for key, (kind, stake) in named.items():
            target = stake.group or kind.section
            yield Reference(f"{place}.{key}.[]", target, word[target])
    for section, kind in unlockable().items():
        yield Reference(f"contracts.*.unlocks.{section}.[]", section, kind.one)


@dataclass(frozen=True, slots=True)
class Group:
    """Names that stand in no section of records: where they are used, and the section that may declare them.

    Attributes
    ----------
    what
        What such a name is called in a message.
    section
        Section that may list all of them; empty where there is none.
    patterns
        Where they are used (wildcards in the module's docstring).
    settled
        Sections of records whose ids are such names too.
    """

    what: str
    section: str
    patterns: tuple[str, ...]
    settled: tuple[str, ...] = ()


_PLAIN = ("materials", "activities", "resources", "units", "demands", "budgets")


def _tags(*fields: str) -> tuple[str, ...]:
    return tuple(f"network.{section}.*.tags.{field}" for section in _PLAIN for field in fields)


def named_groups() -> tuple[Group, ...]:
    """Return the groups of names that are known by being used."""
    owners = tuple(f"{kind.section}.*.{kind.owner}" for kind in things() if kind.owned)
    regions = tuple(f"{kind.section}.*.{kind.region}" for kind in things() if kind.region)
    settled = tuple(kind.section for kind in things() if kind.party)
    return (
        Group("party", "parties", (*owners, *_tags("owner", "customer")), settled),
        Group("region", "regions", (*regions, *_tags("region"))),
        Group("technology", "", ("packaging_lines.*.technologies.[]", "chips.*.boms.*.technology")),
        *(Group(field, "", _tags(field)) for field in ("stage", "node", "chip", "lab", "site", "workload")),
    )


def sections() -> tuple[str, ...]:
    """Return the sections that are mappings from ids to records."""
    return ("sources", *(kind.section for kind in things()))


def names(instance: Instance) -> dict[str, tuple[str, ...]]:
    """Return what each group holds: the sections, and groups drawn from them (parts, technologies, ...)."""
    groups: dict[str, tuple[str, ...]] = {"sources": tuple(instance.sources)}
    regions: dict[str, None] = {}
    for kind in KINDS.values():
        records = kind.records(instance)
        groups[kind.section] = tuple(records)
        for record in records.values() if not kind.plain else ():
            regions |= dict.fromkeys(kind.regions(record))
    # A die with bins becomes its bins: only they can go into a package.
    groups["parts"] = _unique(name for die_id, die in instance.dies.items() for name in die.bins or (die_id,))
    groups["technologies"] = _unique(name for line in instance.packaging_lines.values() for name in line.technologies)
    groups["regions"] = tuple(regions)
    groups["parties"], groups["outcomes"] = parties(instance), tuple(instance.outcomes)
    groups["states"] = tuple(instance.states)
    plain = () if instance.network is None else instance.network.demands.values()
    groups["compute_labs"] = _unique([*instance.labs, *(demand.tags.lab for demand in plain if demand.tags.lab)])
    return groups


def dangling(instance: Instance) -> list[Fault]:
    """Return a fault for every reference that leads nowhere, with the nearest valid name."""
    groups = names(instance)
    faults: list[Fault] = []
    for reference in references():
        known = groups[reference.target]
        for path, name in occurrences(instance, reference.pattern):
            if name not in known:
                hint = _hint(name, known, groups)
                if reference.target == "parts" and name in instance.dies:
                    hint = f"that die comes in bins: {', '.join(instance.dies[name].bins)}"
                faults.append(Fault(path, f"there is no {reference.what} '{name}'", hint))
    return [*faults, *_undeclared(instance)]


def named(instance: Instance, group: Group) -> Iterator[tuple[Path, str]]:
    """Yield where names of a group are used and which they are; those that are left empty are passed over."""
    for pattern in group.patterns:
        for path, name in occurrences(instance, pattern):
            if name:
                yield path, name


def _undeclared(instance: Instance) -> Iterator[Fault]:
    """Names that a section that declares such names leaves out, and parties of which something is known in vain."""
    for group in named_groups():
        declared: tuple[str, ...] = getattr(instance, group.section) if group.section else ()
        if isinstance(declared, Mapping):  # says something of some, and does not list all
            used = parties(instance)
            yield from (
                Fault((group.section, name), f"there is no {group.what} '{name}'", nearest(name, used))
                for name in declared
                if name not in used
            )
            continue
        known = (*declared, *(name for section in group.settled for name in getattr(instance, section)))
        for path, name in named(instance, group) if declared else ():
            if name not in known:
                hint = nearest(name, known)
                yield Fault(path, f"the {group.what} '{name}' does not stand in the section '{group.section}'", hint)


def occurrences(instance: Instance, pattern: str) -> Iterator[tuple[Path, str]]:
    """Yield where a pattern occurs in an instance and the name that stands there."""
    yield from _follow(instance, tuple(pattern.split(".")), ())


def where_named(record: Any, path: str) -> Iterator[str]:
    """Yield the names that stand in a record where a pattern says."""
    for _, name in _follow(record, tuple(path.split(".")), ()):
        yield name


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the known name most like `name`, or a few known ones where none is like it."""
    choices = tuple(known)
    folded = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{folded[close[0]]}'?"
    if not choices:
        return ""
    shown = ", ".join(choices[:6])
    return f"known: {shown}" if len(choices) <= 6 else f"known: {shown} and {len(choices) - 6} more"


def _follow(part: Any, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, str]]:
    if part is None:
        return
    if not steps:
        yield path, part
        return
    head, rest = steps[0], steps[1:]
    if head == "!":
        yield from (((*path, key), key) for key in part)
    elif head == "*":
        for key, entry in part.items():
            yield from _follow(entry, rest, (*path, key))
    elif head == "[]":
        for place, entry in enumerate(part):
            yield from _follow(entry, rest, (*path, place))
    else:
        yield from _follow(getattr(part, head), rest, (*path, head))


def _hint(name: str, known: tuple[str, ...], groups: Mapping[str, tuple[str, ...]]) -> str:
    """Name the section in which a misplaced name does exist; otherwise the nearest valid name."""
    if not difflib.get_close_matches(name, known, n=1):
        elsewhere = [section for section in sections() if name in groups[section]]
        if elsewhere:
            return f"'{name}' stands in section '{elsewhere[0]}'"
    return nearest(name, known)


def _unique(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given))

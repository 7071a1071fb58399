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


REFERENCES: tuple[Reference, ...] = (
    Reference("nodes.*.exposures.!", "scanners", "scanner class"),
    Reference("fabs.*.nodes.[]", "nodes", "process node"),
    Reference("fabs.*.scanners.!", "scanners", "scanner class"),
    Reference("memory_makers.*.fab", "fabs", "fab"),
    Reference("memory_makers.*.node", "nodes", "process node"),
    Reference("memory_makers.*.offers.!", "hbm", "HBM generation"),
    Reference("memory_makers.*.qualified.!", "designers", "designer"),
    Reference("memory_makers.*.qualified.*.!", "hbm", "HBM generation"),
    Reference("memory_makers.*.qualifying.!", "designers", "designer"),
    Reference("memory_makers.*.qualifying.*.!", "hbm", "HBM generation"),
    Reference("memory_makers.*.opening_share.!", "designers", "designer"),
    Reference("dies.*.designer", "designers", "designer"),
    Reference("dies.*.node", "nodes", "process node"),
    Reference("dies.*.fabs.!", "fabs", "fab"),
    Reference("chips.*.designer", "designers", "designer"),
    Reference("chips.*.boms.*.dies.!", "parts", "die or bin"),
    Reference("chips.*.boms.*.hbm.!", "hbm", "HBM generation"),
    Reference("chips.*.boms.*.substrates.!", "substrates", "substrate"),
    Reference("chips.*.boms.*.components.!", "components", "component"),
    Reference("components.*.needs.!", "components", "component"),
    Reference("components.*.stock.!", "parties", "party"),
    Reference("components.*.order_book.!", "parties", "party"),
    Reference("components.*.sources.*.customers.[]", "parties", "party"),
    Reference("chips.*.boms.*.technology", "technologies", "technology of a packaging line"),
    Reference("chips.*.boms.*.lines.[]", "packaging_lines", "packaging line"),
    Reference("chips.*.performance.!", "workloads", "workload"),
    Reference("chips.*.customers.[]", "labs", "lab"),
    Reference("chips.*.sells_as.[]", "chips", "chip"),
    Reference("chips.*.programme.funded_by", "labs", "lab"),
    Reference("designers.*.lab", "labs", "lab"),
    Reference("labs.*.designers.!", "designers", "designer"),
    Reference("models.*.compute.!", "workloads", "workload"),
    Reference("labs.*.demand.split.!", "workloads", "workload"),
    Reference("labs.*.demand.tasks.*.split.!", "workloads", "workload"),
    Reference("labs.*.demand.tasks.*.models.!", "models", "AI model"),
    Reference("labs.*.fleet.!", "sites", "site"),
    Reference("labs.*.fleet.*.!", "chips", "chip"),
    Reference("sites.*.lab", "labs", "lab"),
    Reference("markets.*.fabs.!", "fabs", "fab"),
    Reference("markets.*.fabs.*", "nodes", "process node"),
    Reference("barred_flows.[].origin", "regions", "region"),
    Reference("barred_flows.[].destination", "regions", "region"),
    Reference("barred_flows.[].labs.[]", "labs", "lab"),
    Reference("barred_flows.[].chips.[]", "chips", "chip"),
    Reference("diversity.*.labs.[]", "compute_labs", "lab"),
    Reference("resilience.*.labs.[]", "compute_labs", "lab"),
    Reference("policies.*.splits.fabs.[]", "fabs", "fab"),
    Reference("policies.*.splits.packaging_lines.[]", "packaging_lines", "packaging line"),
    Reference("policies.*.splits.memory_makers.[]", "memory_makers", "memory maker"),
    Reference("policies.*.splits.substrates.[]", "substrates", "substrate"),
    Reference("policies.*.splits.scanners.[]", "scanners", "scanner class"),
    Reference("policies.*.splits.chips.[]", "chips", "chip"),
    Reference("policies.*.splits.resources.[]", "resources", "resource of the plain network"),
    Reference("contracts.*.buyer", "parties", "party"),
    Reference("contracts.*.goods.fabs.[]", "fabs", "fab"),
    Reference("contracts.*.goods.packaging_lines.[]", "packaging_lines", "packaging line"),
    Reference("contracts.*.goods.memory_makers.[]", "memory_makers", "memory maker"),
    Reference("contracts.*.goods.scanners.[]", "scanners", "scanner class"),
    Reference("contracts.*.goods.chips.[]", "chips", "chip"),
    Reference("contracts.*.goods.resources.[]", "resources", "resource of the plain network"),
    Reference("contracts.*.goods.materials.[]", "materials", "material of the plain network"),
    Reference("contracts.*.goods.hbm.[]", "hbm", "HBM generation"),
    Reference("contracts.*.goods.substrates.[]", "substrates", "substrate"),
    Reference("contracts.*.goods.dies.[]", "parts", "die or bin"),
    Reference("contracts.*.goods.compute.[]", "workloads", "workload"),
    Reference("contracts.*.unlocks.fabs.[]", "fabs", "fab"),
    Reference("contracts.*.unlocks.packaging_lines.[]", "packaging_lines", "packaging line"),
    Reference("contracts.*.unlocks.memory_makers.[]", "memory_makers", "memory maker"),
    Reference("contracts.*.unlocks.substrates.[]", "substrates", "substrate"),
    Reference("contracts.*.unlocks.units.[]", "units", "unit of the plain network"),
)
"""Every slug that refers to another section, except the sources of quantities, which stand everywhere."""


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


NAMED: tuple[Group, ...] = (
    Group(
        "party",
        "parties",
        (
            *(f"{section}.*.owner" for section in ("fabs", "memory_makers", "packaging_lines", "substrates")),
            "components.*.sources.*.owner",
            "scanners.*.maker",
            *_tags("owner", "customer"),
        ),
        ("labs", "designers", "markets"),
    ),
    Group(
        "region",
        "regions",
        (
            *(f"{section}.*.region" for section in ("scanners", "fabs", "memory_makers", "packaging_lines")),
            *(f"{section}.*.region" for section in ("substrates", "designers", "labs", "sites")),
            "components.*.sources.*.region",
            *_tags("region"),
        ),
    ),
    Group("technology", "", ("packaging_lines.*.technologies.[]", "chips.*.boms.*.technology")),
    *(Group(field, "", _tags(field)) for field in ("stage", "node", "chip", "lab", "site", "workload")),
)
"""Names that are known by being used."""

SECTIONS: tuple[str, ...] = (
    "sources",
    "scanners",
    "nodes",
    "fabs",
    "hbm",
    "memory_makers",
    "packaging_lines",
    "substrates",
    "components",
    "designers",
    "dies",
    "chips",
    "workloads",
    "models",
    "labs",
    "sites",
    "markets",
)
"""Sections that are mappings from ids to records."""


def names(instance: Instance) -> dict[str, tuple[str, ...]]:
    """Return what each group holds: the sections, and groups drawn from them (parts, technologies, ...)."""
    groups: dict[str, tuple[str, ...]] = {name: tuple(getattr(instance, name)) for name in SECTIONS}
    # A die with bins becomes its bins: only they can go into a package.
    groups["parts"] = _unique(name for die_id, die in instance.dies.items() for name in die.bins or (die_id,))
    groups["technologies"] = _unique(name for line in instance.packaging_lines.values() for name in line.technologies)
    owned: list[Any] = [
        *instance.fabs.values(),
        *instance.memory_makers.values(),
        *instance.packaging_lines.values(),
    ]
    groups["owners"] = _unique(record.owner for record in owned)
    placed: list[Any] = [
        *owned,
        *instance.scanners.values(),
        *instance.substrates.values(),
        *(source for component in instance.components.values() for source in component.sources.values()),
        *instance.designers.values(),
        *instance.labs.values(),
        *instance.sites.values(),
    ]
    for section in ("resources", "materials", "units"):
        groups[section] = () if instance.network is None else tuple(getattr(instance.network, section))
    groups["parties"] = parties(instance)
    plain = () if instance.network is None else instance.network.demands.values()
    groups["compute_labs"] = _unique([*instance.labs, *(demand.tags.lab for demand in plain if demand.tags.lab)])
    groups["regions"] = _unique(record.region for record in placed if record.region is not None)
    return groups


def dangling(instance: Instance) -> list[Fault]:
    """Return a fault for every reference that leads nowhere, with the nearest valid name."""
    groups = names(instance)
    faults: list[Fault] = []
    for reference in REFERENCES:
        known = groups[reference.target]
        for path, name in occurrences(instance, reference.pattern):
            if name not in known:
                hint = _hint(name, known, groups)
                if reference.target == "parts" and name in instance.dies:
                    hint = f"that die comes in bins: {', '.join(instance.dies[name].bins)}"
                faults.append(Fault(path, f"there is no {reference.what} '{name}'", hint))
    return [*faults, *_undeclared(instance), *_missing_sources(instance, groups)]


def named(instance: Instance, group: Group) -> Iterator[tuple[Path, str]]:
    """Yield where names of a group are used and which they are; those that are left empty are passed over."""
    for pattern in group.patterns:
        for path, name in occurrences(instance, pattern):
            if name:
                yield path, name


def _undeclared(instance: Instance) -> Iterator[Fault]:
    """Names that a section that declares such names leaves out, and parties of which something is known in vain."""
    for group in NAMED:
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
        elsewhere = [section for section in SECTIONS if name in groups[section]]
        if elsewhere:
            return f"'{name}' stands in section '{elsewhere[0]}'"
    return nearest(name, known)


def _missing_sources(instance: Instance, groups: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """Sources of published figures; those of quantities are checked where they are read."""
    known = groups["sources"]
    for name, figure in instance.published.items():
        for source in figure.source:
            if source not in known:
                hint = nearest(source, known)
                yield Fault(("published", name, "source"), f"there is no source '{source}'", hint)


def _unique(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given))

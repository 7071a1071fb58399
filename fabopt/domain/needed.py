"""What some things of a chain need: the part of it upstream of their chips, and who else draws on that part.

A thing needs what it refers to, but for what its kind can do without (`Kind.loose`). What stands upstream is needed
for what it offers, too: makers of a generation of HBM, lines of a technology, components that every package
takes, the sites of a lab, and other buyers of wafers of a fab, since they take part of its capacity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from fabopt.domain.components import MW_OF_SITE, RACK, TAKERS, carriers
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import BUILT_IN, Kind, things
from fabopt.domain.references import where_named
from fabopt.domain.users import may_buy

Kept = dict[str, set[str]]
"""Names by section."""


def purchases(instance: Instance) -> Iterator[tuple[str, str]]:
    """Yield each lab with each chip that it may buy."""
    for lab in instance.labs:
        yield from ((lab, chip) for chip in instance.chips if may_buy(instance, lab, chip))


def _fleets(instance: Instance) -> Iterator[tuple[str, str]]:
    """Yield each lab with each chip of its fleet."""
    for lab, record in instance.labs.items():
        for chips in record.fleet.values():
            yield from ((lab, chip) for chip in chips)


def needed(instance: Instance, only: Mapping[str, Collection[str]]) -> Kept:
    """Return what stays of each kind where only these are kept of some.

    Parameters
    ----------
    instance
        The instance.
    only
        Names by section; of a section that is not named, what the others need.
    """
    pairs = [
        (lab, chip)
        for lab, chip in (*purchases(instance), *_fleets(instance))
        if lab in only.get("labs", instance.labs)
        and chip in only.get("chips", instance.chips)
        and instance.chips[chip].designer in only.get("designers", instance.designers)
    ]
    kept: Kept = {kind.section: set() for kind in things()}
    kept["labs"] |= {*only.get("labs", (lab for lab, _ in pairs))}
    kept["chips"] |= {chip for _, chip in pairs}
    kept["designers"] |= {*only.get("designers", ())}
    _spread(instance, kept, only)
    return kept


def upstream(instance: Instance, chips: Collection[str]) -> Kept:
    """Return what some chips need upstream of them: no lab, no site, no other buyer."""
    kept: Kept = {kind.section: set() for kind in things()}
    kept["chips"] |= {*chips}
    _spread(instance, kept, {"labs": (), "markets": (), "sites": ()})
    return kept


def _spread(instance: Instance, kept: Kept, only: Mapping[str, Collection[str]]) -> None:
    """Add what is needed by what is kept, until nothing more is."""
    die_of = {part: die for die, record in instance.dies.items() for part in record.bins or (die,)}
    refers = [(kind, path, target) for kind in things() for path, target in kind.refers if path not in kind.loose]
    while True:
        before = sum(map(len, kept.values()))
        for kind, path, target in refers:
            for key in kept[kind.section]:
                for name in where_named(kind.records(instance)[key], path):
                    if target == "parts":
                        kept["dies"].add(die_of[name])
                    elif target in kept:
                        kept[target].add(name)
        for section, offered in _offered(instance, kept).items():
            kept[section] |= {*offered}
        for kind in things():
            if kind.section not in _SERVED:
                kept[kind.section] |= _unasked(instance, kind, kept)
        for section, names in only.items():
            if section in kept:
                kept[section] &= {*names}
        if sum(map(len, kept.values())) == before:
            return


def _offered(instance: Instance, kept: Kept) -> dict[str, list[str]]:
    """Return what stands upstream because of what it offers to what is kept, and who else draws on it."""
    boms = [bom for chip in kept["chips"] for bom in instance.chips[chip].boms.values()]
    technologies = {bom.technology for bom in boms if not bom.lines}
    return {
        "memory_makers": [
            key
            for key, maker in instance.memory_makers.items()
            if kept["hbm"] & {*maker.offers} and kept["designers"] & {*maker.qualified, *maker.qualifying}
        ],
        "packaging_lines": [
            key for key, line in instance.packaging_lines.items() if technologies & {*line.technologies}
        ],
        "components": [key for key in instance.components if _taken(instance, key, kept)],
        "sites": [key for key, site in instance.sites.items() if site.lab in kept["labs"]],
        "markets": [key for key, market in instance.markets.items() if kept["fabs"] & {*market.fabs}],
    }


def _taken(instance: Instance, key: str, kept: Kept) -> bool:
    """Return whether a component is taken with something that is kept, unasked."""
    component = instance.components[key]
    if component.per is None:
        return False
    if component.per not in TAKERS or component.per == RACK:
        return bool(kept["components"] & {*carriers(instance.components, key)} - {key})
    takers = kept[{MW_OF_SITE: "sites", "wafer": "nodes"}.get(component.per, "chips")]
    return bool(takers) and (component.amount is not None or bool(takers & {*component.amounts}))


_SERVED = frozenset(kind.section for kind in BUILT_IN)
"""Sections whose records are there for something; those of a kind that was added stay where all they name does."""


def _unasked(instance: Instance, kind: Kind, kept: Kept) -> set[str]:
    named = [(path, target) for path, target in kind.refers if target in kept and path not in kind.loose]
    return {
        key
        for key, record in kind.records(instance).items()
        if all(name in kept[target] for path, target in named for name in where_named(record, path))
    }


def also_used_by(instance: Instance, kept: Kept) -> Iterator[tuple[Kind, str, tuple[str, ...]]]:
    """Yield what is kept and split among customers, with who else drew on it in the whole instance and is not kept."""
    others: dict[tuple[str, str], set[str]] = {}
    for chip, record in instance.chips.items():
        if chip not in kept["chips"]:
            for section, names in upstream(instance, [chip]).items():
                for name in names:
                    others.setdefault((section, name), set()).add(record.designer)
    for lab, chip in purchases(instance):
        if lab not in kept["labs"]:
            others.setdefault(("chips", chip), set()).add(lab)
    for kind in things():
        for name in kind.records(instance) if kind.split is not None else ():
            who = others.get((kind.section, name), set()) - {*kept["labs"]}
            if name in kept[kind.section] and who:
                yield kind, name, tuple(sorted(who))

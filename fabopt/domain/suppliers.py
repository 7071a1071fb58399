"""Which suppliers of each kind an instance names; docs/diversity.md has the kinds."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.domain.disruptions import Failing
from fabopt.domain.diversity import SupplierKind
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import things
from fabopt.domain.users import buyers


def supplier_names(instance: Instance, kind: SupplierKind) -> tuple[str, ...]:
    """Return the suppliers of a kind that the instance names, in its order; in a plain network by their tags."""
    return tuple(dict.fromkeys(name for name in (*_of_chain(instance, kind), *_of_plain(instance, kind)) if name))


def failing_names(instance: Instance, kind: Failing) -> tuple[str, ...]:
    """Return what of a kind may fail in an instance."""
    if kind != "site":
        return supplier_names(instance, kind)
    plain = () if instance.network is None else instance.network.activities.values()
    places = (instance.fabs, instance.memory_makers, instance.packaging_lines, instance.sites)
    named = (*(name for section in places for name in section), *(a.tags.site for a in plain))
    return tuple(dict.fromkeys(name for name in named if name))


def designers_of(instance: Instance, lab: str) -> tuple[str, ...]:
    """Return the designers whose chips a lab can run: it has some, or they are sold to it."""
    record = instance.labs[lab]
    held = {chip for fleet in record.fleet.values() for chip in fleet}
    chips = [c for c in instance.chips if c in held or lab in buyers(instance, c)]
    useful = (instance.chips[c].designer for c in chips if instance.chips[c].performance)
    return tuple(dict.fromkeys(useful))


def _of_chain(instance: Instance, kind: SupplierKind) -> Iterator[str]:
    if kind in ("designer", "owner"):
        yield from instance.designers
    if kind == "foundry":
        made = {fab for die in instance.dies.values() for fab in die.fabs}
        yield from (fab.owner for name, fab in instance.fabs.items() if name in made)
    if kind == "memory-maker":
        yield from instance.memory_makers
    if kind == "packager":
        yield from (line.owner for line in instance.packaging_lines.values())
        chips = instance.chips.values()
        yield from (c.designer for c in chips if any(bom.technology is None for bom in c.boms.values()))
    if kind in ("owner", "region"):
        for of in (thing for thing in things() if thing.owned):
            for record in of.records(instance).values():
                yield from of.owners(record) if kind == "owner" else of.regions(record)
        if kind == "owner":
            yield from (contract.supplier for contract in instance.contracts.values())


def _of_plain(instance: Instance, kind: SupplierKind) -> Iterator[str]:
    if instance.network is None:
        return
    for activity in instance.network.activities.values():
        tags = activity.tags
        if kind == "designer" and tags.stage == "compute":
            yield tags.item
        if kind == "designer" and tags.stage == "deployment" and tags.owner != tags.lab:
            yield tags.owner
        if kind == "foundry" and tags.stage == "wafer":
            yield tags.owner
        if kind == "memory-maker" and tags.stage == "memory":
            yield tags.site
        if kind == "packager" and tags.stage in ("interposer", "packaging"):
            yield tags.owner
        if kind in ("owner", "region"):
            yield getattr(tags, kind)
    if kind in ("owner", "region"):
        for resource in instance.network.resources.values():
            yield getattr(resource.tags, kind)

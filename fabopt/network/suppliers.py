"""Who stands behind each activity: designers, foundries, memory makers, packagers, owners, regions, resources.

A supplier *runs* an activity that cannot start without it:

============  ==========================================================================================
kind          activities of a supplier
============  ==========================================================================================
designer      deliveries of its chips to sites
foundry       wafers of dies in its fabs
memory-maker  HBM that it makes
packager      interposers and packages on its lines; of a chip without a line, its own assembly
owner         whatever the company itself does, or does on what it owns (a lab is no supplier of its own)
region        whatever is made in the region, or on what stands there, up to the finished package
resource      whatever uses the resource; the power of a site stands for the site
============  ==========================================================================================

Everything is a filter over tags and uses, so that a plain network with tags of its own has suppliers too.
"""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.network.tables import Activity, Network, Resource, Tags

KINDS = ("designer", "foundry", "memory-maker", "packager", "owner", "region", "resource")
"""Kinds of supplier."""

Supplier = tuple[str, str]
"""Kind and id of a supplier."""


def suppliers(net: Network) -> dict[Supplier, dict[str, None]]:
    """Return the activities that each supplier runs, as ordered sets: kinds in their order, then as in the network."""
    resources = {resource.id: resource for resource in net.resources}
    used: dict[str, list[Resource]] = {}
    for use in net.uses:
        if use.amount.any():
            used.setdefault(use.activity, []).append(resources[use.resource])
    suppliers: dict[Supplier, dict[str, None]] = {}
    for activity in net.activities:
        for supplier in _behind(activity, used.get(activity.id, [])):
            suppliers.setdefault(supplier, {})[activity.id] = None
    return dict(sorted(suppliers.items(), key=lambda item: KINDS.index(item[0][0])))


def unit_suppliers(net: Network) -> dict[Supplier, dict[str, None]]:
    """Return the units that each owner and region stands behind: it builds them, or they take what it has to give."""
    resources = {resource.id: resource.tags for resource in net.resources}
    taken: dict[str, list[Tags]] = {}
    for effect in net.unit_effects:
        if effect.profile.min(initial=0.0) < 0.0:
            taken.setdefault(effect.unit, []).append(resources[effect.resource])
    unit_suppliers: dict[Supplier, dict[str, None]] = {}
    for unit in net.units:
        for tags in (unit.tags, *taken.get(unit.id, [])):
            if tags.owner and not tags.lab:
                unit_suppliers.setdefault(("owner", tags.owner), {})[unit.id] = None
            if tags.region and not tags.lab:
                unit_suppliers.setdefault(("region", tags.region), {})[unit.id] = None
    return unit_suppliers


def _behind(activity: Activity, used: list[Resource]) -> Iterator[Supplier]:
    tags = activity.tags
    if tags.stage == "deployment" and tags.owner not in ("", tags.lab):
        yield "designer", tags.owner
    if tags.stage == "wafer" and tags.owner:
        yield "foundry", tags.owner
    if tags.stage == "memory" and tags.site:
        yield "memory-maker", tags.site
    if tags.stage in ("interposer", "packaging") and tags.owner:
        yield "packager", tags.owner
    for owner in (tags.owner, *(resource.tags.owner for resource in used)):
        if owner not in ("", tags.lab):
            yield "owner", owner
    for region in (tags.region, *(resource.tags.region for resource in used)):
        if region and not tags.lab:
            yield "region", region
    for resource in used:
        yield "resource", resource.id

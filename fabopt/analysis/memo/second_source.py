"""Whether a lab's chips could be made without each company that its compute depends on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import amount, cells
from fabopt.analysis.memo.records import SecondSource
from fabopt.network.suppliers import suppliers
from fabopt.network.tables import Network

ROLES: Mapping[str, str] = {
    "memory": "memory-maker",
    "wafer": "foundry",
    "deployment": "designer",
    "interposer": "packager",
    "packaging": "packager",
    "substrate": "substrate-maker",
    "lithography": "tool-maker",
}
"""What a company is called that owns activities or capacities of a stage; the first that fits."""

OWNER = "owner"
"""Kind of supplier that a company is: whatever it does itself, or others do on what it owns."""


def role(net: Network, owner: str) -> str:
    """Return what a company does, a word; ``owner`` where its stages say nothing."""
    tags = [*(activity.tags for activity in net.activities), *(resource.tags for resource in net.resources)]
    stages = {own.stage for own in tags if own.owner == owner}
    return next((word for stage, word in ROLES.items() if stage in stages), OWNER)


def second_sources(ground: Ground, chips: Sequence[str]) -> tuple[SecondSource, ...]:
    """Return whether each company that the lab's compute depends on at the end can be replaced.

    It can be if every chip that the lab buys could still be made, by some route, and brought to one of its sites.

    Parameters
    ----------
    ground
        The result.
    chips
        Chips that the lab buys.
    """
    net, read, lab, until = ground.net, ground.read, ground.lab, ground.until
    runs, found = suppliers(net), []
    before = makeable(net, ())
    mine = {chip: {f"asset:{chip}:{site}" for site in ground.sites} & before for chip in chips}
    exposure = cells("domain/exposure", "share", lab=lab, kind=OWNER, period=until).rows(read)
    for id in dict.fromkeys(exposure["supplier"].astype(str)):
        left = makeable(net, runs.get((OWNER, id), {}))
        lost = tuple(chip for chip in chips if mine[chip] and not mine[chip] & left)
        share = cells("domain/exposure", "share", lab=lab, kind=OWNER, supplier=id, period=until)
        found.append(SecondSource(ground.called(id), role(net, id), amount(share, "share", read), not lost, lost))
    return tuple(sorted(found, key=lambda s: -s.share.value))


def makeable(net: Network, without: Collection[str]) -> set[str]:
    """Return the materials that can come into being without some activities; what is in stock does not count.

    An activity can run if no capacity that it uses is nothing for ever, and all that it takes can come into being.
    """
    there = {r.id for r in net.resources if np.any(r.base > 0)}
    there |= {e.resource for e in net.unit_effects if np.any(e.profile > 0)}
    able = {a.id for a in net.activities if a.upper is None or np.any(a.upper > 0)} - set(without)
    able -= {use.activity for use in net.uses if use.resource not in there and np.any(use.amount > 0)}
    inputs: dict[str, set[str]] = {a: set() for a in able}
    outputs: dict[str, set[str]] = {a: set() for a in able}
    for flow in net.flows:
        if flow.activity in able:
            if np.any(flow.amount < 0):
                inputs[flow.activity].add(flow.material)
            if np.any(flow.amount > 0):
                outputs[flow.activity].add(flow.material)
    made: set[str] = {part.material for part in net.unit_materials if part.amount > 0}
    waiting = able
    while ready := {a for a in waiting if inputs[a] <= made}:
        made |= {material for a in ready for material in outputs[a]}
        waiting = waiting - ready
    return made

"""Whether a lab's chips could be made without each company that its compute depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import amount, cells
from fabopt.analysis.memo.records import SecondSource
from fabopt.domain.kinds import KINDS
from fabopt.network.explode import makeable
from fabopt.network.suppliers import suppliers
from fabopt.network.tables import Network
from fabopt.network.tagged import ids

ROLES: Mapping[str, str] = {
    "memory": "memory-maker",
    "wafer": "foundry",
    "deployment": "designer",
    "interposer": "packager",
    "packaging": "packager",
    "component": "component-maker",
    "lithography": "tool-maker",
}
"""What a company is called that owns activities or capacities of a stage; the first that fits."""

OWNER = "owner"
"""Kind of supplier that a company is: whatever it does itself, or others do on what it owns."""


def role(net: Network, owner: str) -> str:
    """Return what a company does, a word, or the kind of thing that it owns; ``owner`` where neither is known."""
    tags = [*(activity.tags for activity in net.activities), *(resource.tags for resource in net.resources)]
    stages = {own.stage for own in tags if own.owner == owner}
    known = (word for stage, word in ROLES.items() if stage in stages)
    added = (own.kind for own in tags if own.owner == owner and own.kind in KINDS and KINDS[own.kind].owned)
    return next(known, next(added, OWNER))


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
    runs, second_sources = suppliers(net), []
    before = makeable(net, ())
    mine = {chip: before.intersection(ids(net.materials, role="asset", chip=chip, lab=lab)) for chip in chips}
    exposure = cells("domain/exposure", "share", lab=lab, kind=OWNER, period=until).rows(read)
    for id in dict.fromkeys(exposure["supplier"].astype(str)):
        left = makeable(net, runs.get((OWNER, id), {}))
        lost = tuple(chip for chip in chips if mine[chip] and not mine[chip] & left)
        share = cells("domain/exposure", "share", lab=lab, kind=OWNER, supplier=id, period=until)
        second_sources.append(
            SecondSource(ground.called(id), role(net, id), amount(share, "share", read), not lost, lost)
        )
    return tuple(sorted(second_sources, key=lambda s: -s.share.value))

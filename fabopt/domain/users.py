"""Who uses the things that allocation policies split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fabopt.domain.components import MW_OF_SITE, carriers, packaged
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import KINDS, splittable
from fabopt.domain.memory import MemoryMaker
from fabopt.domain.parties import parties
from fabopt.domain.pieces import counts
from fabopt.domain.quantity import Quantity
from fabopt.domain.things import Things

NOBODY = "nobody"
"""What runs on behalf of no customer."""


def users_of(instance: Instance, on: Things) -> tuple[str, ...] | None:
    """Return the customers of what a policy splits, in the order of the instance; None where a name leads nowhere."""
    of, names = splittable()[on.kind][0], set(on.names)
    if not names <= set(of.records(instance)):
        return None
    if of.name in _USERS:
        return tuple(dict.fromkeys(_USERS[of.name](instance, names)))
    return tuple(key for user in of.users for key in KINDS[user].records(instance)) or parties(instance)


TECHNOLOGIES = {"packaging_lines": "technologies", "memory_makers": "offers", "fabs": "nodes"}
"""By kind of thing that makes several technologies, generations or nodes: the field that names them."""


def technologies(instance: Instance, kind: str, name: str) -> tuple[str, ...]:
    """Return the technologies, generations or nodes that a thing of a kind of :data:`TECHNOLOGIES` makes."""
    return tuple(getattr(getattr(instance, kind)[name], TECHNOLOGIES[kind]))


def in_unit(instance: Instance, on: Things, quantity: Quantity, unit: str) -> bool:
    """Return whether a quantity is in the unit of what is split; components are counted each in its own."""
    if on.kind != "components":
        return quantity.unit in ("1", unit)
    words = (instance.components[name].unit for name in on.names if name in instance.components)
    alike = quantity.unit.startswith("USD/") == unit.startswith("USD/")
    return quantity.unit == "1" or (alike and all(counts(quantity, word) for word in words))


def may_buy(instance: Instance, lab_id: str, chip_id: str) -> bool:
    """Return whether a lab may buy a chip: it can use the designer, and the chip is sold to it."""
    chip = instance.chips[chip_id]
    return chip.designer in instance.labs[lab_id].designers and (not chip.customers or lab_id in chip.customers)


def buyers(instance: Instance, chip_id: str) -> list[str]:
    """Return the labs that may buy a chip: they have a site and can use its designer, and it is still sold to them."""
    chip, homes = instance.chips[chip_id], {site.lab for site in instance.sites.values()}
    lesser = any(chip_id in other.sells_as for other in instance.chips.values())
    if not (chip.boms or chip.stock.value > 0.0 or lesser):
        return []
    return [lab_id for lab_id in instance.labs if lab_id in homes and may_buy(instance, lab_id, chip_id)]


def _of_fabs(instance: Instance, names: set[str]) -> Iterator[str]:
    for die in instance.dies.values():
        if names & set(die.fabs):
            yield die.designer
    for maker in instance.memory_makers.values():
        if maker.fab in names:
            yield from _designers(maker)
    for market_id, market in instance.markets.items():
        if names & set(market.fabs):
            yield market_id


def _of_lines(instance: Instance, names: set[str]) -> Iterator[str]:
    for chip in instance.chips.values():
        for bom in chip.boms.values():
            lines = (n for n in names if bom.technology in instance.packaging_lines[n].technologies)
            if any(not bom.lines or line in bom.lines for line in lines):
                yield chip.designer


def _of_makers(instance: Instance, names: set[str]) -> Iterator[str]:
    for maker_id, maker in instance.memory_makers.items():
        if maker_id in names:
            yield from _designers(maker)


def _designers(maker: MemoryMaker) -> Iterator[str]:
    yield from maker.qualified
    yield from maker.qualifying


def _of_components(instance: Instance, names: set[str]) -> Iterator[str]:
    """Yield who orders components: designers per package and wafer, labs per accelerator and site, makers for theirs.

    What is taken with another component is ordered by whoever orders that one.
    """
    components = instance.components
    while more := {carrier for name in names for carrier in carriers(components, name)} - names:
        names = names | more
    for chip_id, chip in instance.chips.items():
        if any(names & set(packaged(components, chip_id, bom.components)) for bom in chip.boms.values()):
            yield chip.designer
    for component in (component for name, component in components.items() if name in names):
        if component.per == "accelerator":
            for chip_id in instance.chips:
                yield from buyers(instance, chip_id) if component.each(chip_id) is not None else ()
        if component.per == MW_OF_SITE:
            yield from (site.lab for key, site in instance.sites.items() if component.each(key) is not None)
        if component.per == "wafer":
            taking = {
                key for key, fab in instance.fabs.items() if any(component.each(n) is not None for n in fab.nodes)
            }
            yield from _of_fabs(instance, taking)
    for other in components.values():
        if names & set(other.needs):
            yield from (source.owner for source in other.sources.values())


def _of_scanners(instance: Instance, names: set[str]) -> Iterator[str]:
    for fab in instance.fabs.values():
        if any(name in names and fleet.buys for name, fleet in fab.scanners.items()):
            yield fab.owner


def _of_chips(instance: Instance, names: set[str]) -> Iterator[str]:
    for chip_id in instance.chips:
        if chip_id in names:
            yield from buyers(instance, chip_id)


def _of_resources(instance: Instance, names: set[str]) -> Iterator[str]:
    if instance.network is not None:
        for activity in instance.network.activities.values():
            if names & set(activity.uses):
                yield activity.tags.customer or NOBODY


_USERS: Mapping[str, Callable[[Instance, set[str]], Iterator[str]]] = {
    "fab": _of_fabs,
    "packaging_line": _of_lines,
    "memory_maker": _of_makers,
    "component": _of_components,
    "scanner": _of_scanners,
    "chip": _of_chips,
    "resource": _of_resources,
}
"""Who uses things of a kind, by the data of an instance."""

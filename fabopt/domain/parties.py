"""Who is a party of an instance, and whose the things are that contracts speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fabopt.domain.instance import Instance


def parties(instance: Instance) -> tuple[str, ...]:
    """Return the parties of an instance, in its order: labs, designers, owners of capacity, makers, other buyers, and
    the owners, customers and labs of its plain network.
    """
    owned: list[Mapping[str, Any]] = [
        instance.fabs, instance.memory_makers, instance.packaging_lines, instance.substrates
    ]  # fmt: skip
    found: dict[str, None] = dict.fromkeys([*instance.labs, *instance.designers])
    found |= dict.fromkeys(record.owner for section in owned for record in section.values())
    made = (component.sources.values() for component in instance.components.values())
    found |= dict.fromkeys(source.owner for sources in made for source in sources)
    found |= dict.fromkeys(scanner.maker for scanner in instance.scanners.values())
    found |= dict.fromkeys(instance.markets)
    if instance.network is not None:
        net = instance.network
        sections: list[Mapping[str, Any]] = [
            net.resources, net.materials, net.activities, net.units, net.demands, net.budgets
        ]  # fmt: skip
        for section in sections:
            for record in section.values():
                found |= dict.fromkeys((record.tags.owner, record.tags.customer, record.tags.lab))
    found.pop("", None)
    return tuple(found)


def owners(instance: Instance, kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return who owns the things of a kind that are named (an empty text for what nobody owns); unknown names are
    passed over.
    """
    field = {"scanners": "maker", "chips": "designer"}.get(kind, "owner")
    found: dict[str, None] = {}
    for name in names:
        if kind in ("resources", "units"):
            section: Mapping[str, Any] = {} if instance.network is None else getattr(instance.network, kind)
            if name in section:
                found[section[name].tags.owner] = None
        elif name in getattr(instance, kind):
            found[getattr(getattr(instance, kind)[name], field)] = None
    return tuple(found)


def as_seen_by(instance: Instance, party: str) -> Instance:
    """Return an instance as a party weighs it: with the party's own discount rate, where it has one."""
    known = instance.parties[party] if isinstance(instance.parties, Mapping) and party in instance.parties else None
    if known is None or known.discount_rate is None:
        return instance
    return instance.model_copy(
        update={"horizon": instance.horizon.model_copy(update={"discount_rate": known.discount_rate})}
    )
